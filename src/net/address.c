/* Address: formatting without printf, since CLIENT LIST shows two addresses of each of thousands of clients.
 *
 * The local ends of all connections are the addresses that clients reach the server by. Asking the kernel for
 * each costs most of a CLIENT LIST; so they are looked at when connections come, and kept as text in a table
 * that clients refer to by number. It only grows; when it is full, other ends are asked for as needed. */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "base/number.h"

#define REMEMBERED_MAX 64

union end {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static struct remembered {
    union end end;
    socklen_t len;
    char text[ADDRESS_TEXT_BYTES];
} * remembered[REMEMBERED_MAX]; /* by number, from 1 */
static uint8_t remembered_count;

static char *format_v4(char *at, const unsigned char *ip) {
    for (int i = 0; i < 4; i++) {
        if (i) *at++ = '.';
        at += number_format_i64(at, ip[i]);
    }
    return at;
}

static char *format_v6(char *at, const unsigned char *ip) {
    *at++ = '[';
    inet_ntop(AF_INET6, ip, at, INET6_ADDRSTRLEN);
    at += strlen(at);
    *at++ = ']';
    return at;
}

void address_format(char text[ADDRESS_TEXT_BYTES], bool v6, const unsigned char *ip, uint16_t port) {
    char *at = v6 ? format_v6(text, ip) : format_v4(text, ip);
    *at++ = ':';
    at += number_format_i64(at, port);
    *at = '\0';
}

static void format_end(char text[ADDRESS_TEXT_BYTES], const union end *end) {
    if (end->any.sa_family == AF_INET6) {
        address_format(text, true, end->v6.sin6_addr.s6_addr, ntohs(end->v6.sin6_port));
    } else if (end->any.sa_family == AF_INET) {
        address_format(text, false, (const unsigned char *)&end->v4.sin_addr, ntohs(end->v4.sin_port));
    } else {
        size_t len = strnlen(end->local.sun_path, sizeof(end->local.sun_path));
        memcpy(text, end->local.sun_path, len);
        memcpy(text + len, ":0", sizeof(":0"));
    }
}

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(":0") <= ADDRESS_TEXT_BYTES,
               "room for every path");

static socklen_t get_local(int fd, union end *end) {
    socklen_t len = sizeof(*end);
    *end = (union end){.local.sun_family = AF_UNIX};
    getsockname(fd, &end->any, &len);
    return len;
}

uint8_t address_remember_local(int fd) {
    union end end;
    socklen_t len = get_local(fd, &end);
    for (uint8_t i = 0; i < remembered_count; i++)
        if (remembered[i]->len == len && memcmp(&remembered[i]->end, &end, len) == 0) return i + 1;
    if (remembered_count == REMEMBERED_MAX) return 0;
    struct remembered *r = alloc(sizeof(*r));
    r->end = end;
    r->len = len;
    format_end(r->text, &end);
    remembered[remembered_count++] = r;
    return remembered_count;
}

void address_format_local(char text[ADDRESS_TEXT_BYTES], int fd, uint8_t number) {
    if (number > 0 && number <= remembered_count) {
        memcpy(text, remembered[number - 1]->text, ADDRESS_TEXT_BYTES);
        return;
    }
    union end end;
    get_local(fd, &end);
    format_end(text, &end);
}
