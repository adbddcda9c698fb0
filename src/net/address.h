/* Address: the ends of connections as text. */
#ifndef STINT_NET_ADDRESS_H
#define STINT_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* "127.0.0.1:6379", "[::1]:6379" or "/path:0". */
#define ADDRESS_TEXT_BYTES 160

/* Writes an IP address (IPv4: 4 bytes, IPv6: 16) and a port. */
void address_format(char text[ADDRESS_TEXT_BYTES], bool v6, const unsigned char *ip, uint16_t port);

/* Looks at this side's end of a connected socket, and remembers it if there is room: only few are different.
 * Returns a number to find it by, 0 if it is not remembered. */
uint8_t address_remember_local(int fd);
/* Writes it: what is remembered under that number, else what the kernel says. */
void address_format_local(char text[ADDRESS_TEXT_BYTES], int fd, uint8_t number);

#endif
