/* SPDX-License-Identifier: MIT */
/* The server's side of MySQL's protocol, in packets. What sends returns false if the connection has ended. */
#ifndef RV_TESTS_MYSQL_PACKETS_H
#define RV_TESTS_MYSQL_PACKETS_H

#include "wire.h"

typedef struct Packets {
    int connection;
    WireBytes out; // the content of the packet that is being written; to be freed
    uint8_t sequence;
} Packets;

void packet_add_number(Packets *packets, uint64_t value, size_t size_bytes);
void packet_add_length(Packets *packets, uint64_t value); // a length-encoded integer
void packet_add_string(Packets *packets, const void *bytes, size_t size);

bool packet_send(Packets *packets);

/* The content of the next packet, with a NUL behind it, to be freed; NULL at the end of the connection. What
 * is sent next answers it. */
char *packet_receive(Packets *packets, size_t *size);

bool packet_send_ok(Packets *packets, uint64_t changed_rows, uint64_t inserted_id);
bool packet_send_error(Packets *packets, const char *text); // "NUMBER TEXT"
bool packet_send_end_of_rows(Packets *packets);

/* The description of one column, of bytes. */
bool packet_send_column(Packets *packets, const char *name, size_t length);

/* Protocol version 10, as MySQL 5.7 greets: no TLS, no shortened ends of rows. */
bool packet_send_greeting(Packets *packets, const char *version, const char *plugin);

#endif
