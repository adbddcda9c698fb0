/* Address: the ends of connections as text, remembered or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/address.h"

static void addresses_are_shown_with_their_port(void **state) {
    (void)state;
    char text[ADDRESS_TEXT_BYTES];
    address_format(text, false, (const unsigned char[]){127, 0, 0, 1}, 6379);
    assert_string_equal(text, "127.0.0.1:6379");
    address_format(text, false, (const unsigned char[]){255, 255, 255, 255}, 65535);
    assert_string_equal(text, "255.255.255.255:65535");
    address_format(text, true, (const unsigned char[16]){[15] = 1}, 0);
    assert_string_equal(text, "[::1]:0");
    address_format(text, true, (const unsigned char[16]){0x20, 1, 0xd, 0xb8, [15] = 7}, 6379);
    assert_string_equal(text, "[2001:db8::7]:6379");
}

/* --- Local ends --- */

#define CONNECTIONS 100

static int far_ends[CONNECTIONS], near_ends[CONNECTIONS];

/* A socket that listens at all addresses of the machine, and its port. */
static int listen_at_all(uint16_t *port) {
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t len = sizeof(any);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(listen(fd, CONNECTIONS), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    *port = ntohs(any.sin_port);
    return fd;
}

/* Connects to 127.0.0.number. */
static void connect_to(int listener, uint16_t port, int number, int i) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)number - 1);
    far_ends[i] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(far_ends[i], (struct sockaddr *)&address, sizeof(address)), 0);
    near_ends[i] = accept(listener, NULL, NULL);
    assert_true(near_ends[i] >= 0);
}

static void disconnect(int i) {
    close(far_ends[i]);
    close(near_ends[i]);
}

static void a_local_end_is_remembered_once(void **state) {
    (void)state;
    uint16_t port;
    int listener = listen_at_all(&port);
    connect_to(listener, port, 1, 0);
    connect_to(listener, port, 1, 1);
    connect_to(listener, port, 2, 2);
    uint8_t number = address_remember_local(near_ends[0]);
    assert_int_not_equal(number, 0);
    assert_int_equal(address_remember_local(near_ends[1]), number);
    assert_int_not_equal(address_remember_local(near_ends[2]), number);
    for (int i = 0; i < 3; i++) disconnect(i);
    close(listener);
}

static void local_ends_are_right_whether_there_was_room_for_them_or_not(void **state) {
    (void)state;
    uint16_t port;
    int listener = listen_at_all(&port), forgotten = 0;
    char text[ADDRESS_TEXT_BYTES], expected[ADDRESS_TEXT_BYTES];
    for (int i = 0; i < CONNECTIONS; i++) {
        connect_to(listener, port, i + 1, i);
        uint8_t number = address_remember_local(near_ends[i]);
        forgotten += number == 0;
        address_format_local(text, near_ends[i], number);
        snprintf(expected, sizeof(expected), "127.0.0.%d:%d", i + 1, port);
        assert_string_equal(text, expected);
    }
    assert_in_range(forgotten, 1, CONNECTIONS - 1);
    for (int i = 0; i < CONNECTIONS; i++) disconnect(i);
    close(listener);
}

static void a_unix_socket_is_shown_by_its_path(void **state) {
    (void)state;
    char dir[] = "/tmp/stint-address-XXXXXX", text[ADDRESS_TEXT_BYTES], expected[ADDRESS_TEXT_BYTES];
    assert_non_null(mkdtemp(dir));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    address_format_local(text, fd, address_remember_local(fd));
    snprintf(expected, sizeof(expected), "%s:0", address.sun_path);
    assert_string_equal(text, expected);
    close(fd);
    unlink(address.sun_path);
    rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_shown_with_their_port),
        cmocka_unit_test(a_local_end_is_remembered_once),
        cmocka_unit_test(a_unix_socket_is_shown_by_its_path),
        cmocka_unit_test(local_ends_are_right_whether_there_was_room_for_them_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
