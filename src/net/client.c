/* Client: opening, closing, and finding clients. Reading is in query.c, writing in output.c, both of which
 * know this file and are not known to it. */
#include "net/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/output.h"

struct client_hooks client_hooks;

static client **clients;
static int client_total, client_capacity;
static uint64_t last_id;
static client *closing;

client *client_new(int fd, uint32_t flags, const struct peer *peer, source_callback *on_events) {
    client *c = alloc_zeroed(sizeof(*c));
    c->source = (struct source){on_events, fd};
    c->flags = flags;
    c->resp = 2;
    c->id = ++last_id;
    c->created_ms = c->last_activity_ms = clock_monotonic_ms();
    if (peer) c->peer = *peer;
    c->local = address_remember_local(fd);
    if (!loop_add(&c->source, EPOLLIN)) {
        close(fd);
        alloc_free(c, sizeof(*c));
        return NULL;
    }
    alloc_make_room(clients, client_total, client_capacity);
    c->index = client_total;
    clients[client_total++] = c;
    client_hooks.opened(c);
    return c;
}

void client_close_soon(client *c, enum client_flag how) {
    c->flags |= how;
    if (how == CLIENT_CLOSE_AFTER_REPLY && c->reply_head) return; /* output_flush comes back to it */
    c->flags |= CLIENT_CLOSE_NOW;
    if (c->flags & CLIENT_CLOSING) return;
    c->flags |= CLIENT_CLOSING;
    c->next_closing = closing;
    closing = c;
}

void client_close_marked(void) {
    if (closing) output_flush_all(); /* so that nobody has to be looked for in a long queue */
    while (closing) {
        client *c = closing;
        closing = c->next_closing;
        client_hooks.closed(c);
        loop_remove(&c->source);
        close(c->source.fd);
        clients[c->index] = clients[--client_total];
        clients[c->index]->index = c->index;
        alloc_free(c, sizeof(*c));
    }
}

void client_update_events(client *c) {
    bool stopped = c->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_CLOSE_NOW);
    loop_change(&c->source, (stopped ? 0 : EPOLLIN) | (c->flags & CLIENT_WANTS_WRITE ? EPOLLOUT : 0));
}

int client_count(void) { return client_total; }
client *client_at(int index) { return clients[index]; }

client *client_by_id(uint64_t id) {
    for (int i = 0; i < client_total; i++)
        if (clients[i]->id == id) return clients[i];
    return NULL;
}

void client_local_text(const client *c, char text[CLIENT_ADDRESS_BYTES]) {
    address_format_local(text, c->source.fd, c->local);
}

void client_peer_text(const client *c, char text[CLIENT_ADDRESS_BYTES]) {
    if (c->flags & CLIENT_UNIX_SOCKET)
        client_local_text(c, text);
    else
        address_format(text, c->flags & CLIENT_TCP6, c->peer.ip, c->peer.port);
}

bool client_is_local(const client *c) {
    static const unsigned char loopback6[16] = {[15] = 1};
    static const unsigned char mapped4[12] = {[10] = 0xFF, [11] = 0xFF};
    if (c->flags & CLIENT_UNIX_SOCKET) return true;
    if (!(c->flags & CLIENT_TCP6)) return c->peer.ip[0] == 127;
    return memcmp(c->peer.ip, loopback6, sizeof(loopback6)) == 0 ||
           (memcmp(c->peer.ip, mapped4, sizeof(mapped4)) == 0 && c->peer.ip[12] == 127);
}

void client_describe(const client *c, char text[CLIENT_DESCRIPTION_BYTES]) {
    char address[CLIENT_ADDRESS_BYTES];
    client_peer_text(c, address);
    snprintf(text, CLIENT_DESCRIPTION_BYTES, "id=%llu addr=%s", (unsigned long long)c->id, address);
}
