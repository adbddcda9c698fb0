/* Client: one connection, its unread request bytes and its unsent replies.
 *
 * A client that is idle holds this struct and nothing else: the query buffer exists only while a request is
 * incomplete, reply chunks only while replies are unsent.
 *
 * What the server knows of a client beyond the connection (name, database number, authentication ...) is its
 * session, opaque here. */
#ifndef STINT_NET_CLIENT_H
#define STINT_NET_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/slice.h"
#include "net/address.h"
#include "net/loop.h"

struct database;
struct session;
struct query;
struct reply_chunk;

enum client_flag {
    CLIENT_UNIX_SOCKET = 1 << 0,
    CLIENT_CLOSE_AFTER_REPLY = 1 << 1, /* take no more requests, close when the replies are sent */
    CLIENT_CLOSE_NOW = 1 << 2,         /* close at the end of the turn without sending */
    CLIENT_WANTS_WRITE = 1 << 3,       /* EPOLLOUT is registered */
    CLIENT_FLUSH_QUEUED = 1 << 4,      /* in the list of clients with replies to send */
    CLIENT_REPLY_OFF = 1 << 5,         /* CLIENT REPLY OFF */
    CLIENT_REPLY_SKIP = 1 << 6,        /* the running request gets no reply */
    CLIENT_REPLY_SKIP_NEXT = 1 << 7,   /* CLIENT REPLY SKIP: the next request gets no reply */
    CLIENT_REPLIED_ERROR = 1 << 8,     /* the running request was answered with an error */
    CLIENT_SUBSCRIBED = 1 << 9,        /* has subscriptions to channels or patterns */
    CLIENT_NO_EVICT = 1 << 10,
    CLIENT_NO_TOUCH = 1 << 11,
    CLIENT_AUTHENTICATED = 1 << 12,
    CLIENT_TCP6 = 1 << 13,
    CLIENT_CLOSING = 1 << 14,        /* in the list of clients to close */
    CLIENT_WAITING = 1 << 15,        /* has requests that can't run yet */
    CLIENT_RESUMED = 1 << 16,        /* in the list of clients whose requests can run again */
    CLIENT_BLOCKED = 1 << 17,        /* the first of them waits for a key */
    CLIENT_IN_TRANSACTION = 1 << 18, /* after MULTI */
    CLIENT_EXECUTING = 1 << 19,      /* within EXEC */
    CLIENT_MONITOR = 1 << 20,        /* is shown all requests */
    CLIENT_PAUSED = 1 << 21,         /* the first of them waits for the end of CLIENT PAUSE */
    CLIENT_TRACKING = 1 << 22,       /* is told when keys change that it has read */
    CLIENT_REDIRECTED_TO = 1 << 23,  /* is told so for others */
    CLIENT_CAN_REDIRECT = 1 << 24,   /* CLIENT CAPA REDIRECT */
};

/* The other end of a TCP connection. */
struct peer {
    unsigned char ip[16]; /* IPv4: the first 4 */
    uint16_t port;
};

typedef struct client client;
struct client {
    struct source source; /* first: what epoll hands back */
    uint32_t flags;       /* enum client_flag */
    uint8_t resp;         /* protocol version of the replies: 2 or 3 */
    uint8_t local;        /* this side's end: a number of net/address.h */

    /* Replies not yet sent: a chain of chunks; reply_at..reply_end is the free room in the last one. */
    char *reply_at;
    char *reply_end;
    struct reply_chunk *reply_head;
    struct reply_chunk *reply_tail;
    size_t reply_sent;         /* bytes of the first chunk already sent */
    size_t reply_memory_bytes; /* memory of all chunks */

    struct query *query; /* an incomplete request, or NULL */

    struct database *db;     /* selected */
    struct session *session; /* what server/ knows of the client */

    struct client *next_flush;   /* CLIENT_FLUSH_QUEUED */
    struct client *next_closing; /* CLIENT_CLOSING */

    uint64_t id;                 /* unique for the life of the process, from 1 */
    int64_t created_ms;          /* monotonic */
    int64_t last_activity_ms;    /* monotonic; when bytes last came or went, or a wait ended */
    int64_t soft_limit_since_ms; /* monotonic; when the reply memory went over the soft limit, 0: it is not */
    uint64_t bytes_in, bytes_out; /* of the connection's life */
    struct peer peer;
    int index; /* in the array of all clients */
};

/* What is done when clients come and go; set once at start. */
struct client_hooks {
    void (*opened)(client *c); /* sets session and db */
    void (*closed)(client *c); /* frees them, the query buffer and the replies */
};
extern struct client_hooks client_hooks;

/* A client for a connected socket (non-blocking), which is taken over; flags tell unix sockets and IPv6,
 * on_events (with the client as source) is called when the socket is ready. NULL if the kernel will not watch
 * the socket, which is closed then. */
client *client_new(int fd, uint32_t flags, const struct peer *peer, source_callback *on_events);

/* Marks the client to be closed: CLIENT_CLOSE_AFTER_REPLY when its replies are sent, CLIENT_CLOSE_NOW at the
 * end of the batch, replies or not. It runs no further request. The struct stays valid until then. */
void client_close_soon(client *c, enum client_flag how);
/* Closes and frees all clients that were marked. Called between batches only. */
void client_close_marked(void);

/* Registers the events that the client's flags ask for. */
void client_update_events(client *c);

/* All clients: index 0 to client_count() - 1, in no order that lasts longer than until one is closed. */
int client_count(void);
client *client_at(int index);
/* The client with that id, or NULL. */
client *client_by_id(uint64_t id);

/* "127.0.0.1:6379", "[::1]:6379" or "/path:0": the two ends of the connection, as CLIENT LIST shows them. */
#define CLIENT_ADDRESS_BYTES ADDRESS_TEXT_BYTES
void client_peer_text(const client *c, char text[CLIENT_ADDRESS_BYTES]);
void client_local_text(const client *c, char text[CLIENT_ADDRESS_BYTES]);
/* Whether the connection comes from this machine. */
bool client_is_local(const client *c);

/* "id=7 addr=127.0.0.1:50000": for log lines. */
#define CLIENT_DESCRIPTION_BYTES (CLIENT_ADDRESS_BYTES + 40)
void client_describe(const client *c, char text[CLIENT_DESCRIPTION_BYTES]);

#endif
