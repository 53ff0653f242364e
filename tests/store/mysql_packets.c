/* SPDX-License-Identifier: MIT */
#include "mysql_packets.h"

#include <stdlib.h>
#include <string.h>

void packet_add_number(Packets *packets, uint64_t value, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        wire_add(&packets->out, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

void packet_add_length(Packets *packets, uint64_t value)
{
    size_t size_bytes = value < 251 ? 1 : value < 65536 ? 2 : 3;
    if (size_bytes > 1)
        packet_add_number(packets, size_bytes == 2 ? 0xfc : 0xfd, 1);
    packet_add_number(packets, value, size_bytes);
}

void packet_add_string(Packets *packets, const void *bytes, size_t size)
{
    packet_add_length(packets, size);
    wire_add(&packets->out, bytes, size);
}

bool packet_send(Packets *packets)
{
    size_t size = packets->out.size;
    uint8_t header[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), packets->sequence++};
    return wire_send(packets->connection, header, sizeof header) &&
           wire_flush(packets->connection, &packets->out);
}

char *packet_receive(Packets *packets, size_t *size)
{
    uint8_t header[4];
    if (!wire_receive(packets->connection, header, 4))
        return NULL;
    *size = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    packets->sequence = (uint8_t)(header[3] + 1);
    char *content = calloc(1, *size + 1);
    if (!wire_receive(packets->connection, content, *size)) {
        free(content);
        return NULL;
    }
    return content;
}

bool packet_send_ok(Packets *packets, uint64_t changed_rows, uint64_t inserted_id)
{
    packet_add_number(packets, 0, 1);
    packet_add_length(packets, changed_rows);
    packet_add_length(packets, inserted_id);
    packet_add_number(packets, 2, 2); // autocommit
    packet_add_number(packets, 0, 2);
    return packet_send(packets);
}

bool packet_send_error(Packets *packets, const char *text)
{
    const char *space = strchr(text, ' ');
    packet_add_number(packets, 0xff, 1);
    packet_add_number(packets, (uint64_t)atoi(text), 2);
    wire_add(&packets->out, "#HY000", 6);
    wire_add(&packets->out, space + 1, strlen(space + 1));
    return packet_send(packets);
}

bool packet_send_end_of_rows(Packets *packets)
{
    wire_add(&packets->out, "\xfe\0\0\2\0", 5);
    return packet_send(packets);
}

bool packet_send_column(Packets *packets, const char *name, size_t length)
{
    packet_add_string(packets, "def", 3);
    wire_add(&packets->out, "\0\0\0", 3);
    packet_add_string(packets, name, length);
    packet_add_string(packets, name, length);
    wire_add(&packets->out, "\x0c\x3f\0\0\0\1\0\xfd\0\0\0\0\0", 13); // binary, VAR_STRING
    return packet_send(packets);
}

bool packet_send_greeting(Packets *packets, const char *version, const char *plugin)
{
    static const uint8_t zeros[10] = {0};
    const uint32_t abilities = 0x1 | 0x2 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000;
    packet_add_number(packets, 10, 1);
    wire_add(&packets->out, version, strlen(version) + 1);
    packet_add_number(packets, 1, 4);
    wire_add(&packets->out, "abcdefgh", 9);
    packet_add_number(packets, abilities & 0xffff, 2);
    packet_add_number(packets, 45, 1);
    packet_add_number(packets, 2, 2);
    packet_add_number(packets, abilities >> 16, 2);
    packet_add_number(packets, 21, 1);
    wire_add(&packets->out, zeros, sizeof zeros);
    wire_add(&packets->out, "ijklmnopqrst", 13);
    wire_add(&packets->out, plugin, strlen(plugin) + 1);
    return packet_send(packets);
}
