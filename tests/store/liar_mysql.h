/* SPDX-License-Identifier: MIT */
/* The lying server in MySQL's protocol. */
#ifndef RV_TESTS_LIAR_MYSQL_H
#define RV_TESTS_LIAR_MYSQL_H

#include "liar.h"
#include "mysql_peer.h"

static inline void liar_mysql_add(PeerPacket *packet, const LiarValue *value, Lie lie)
{
    if (value->null) {
        peer_add_number(packet, 0xfb, 1);
    } else if (lie == LIE_LONG) {
        static char bytes[200000];
        memset(bytes, '9', sizeof bytes);
        peer_add_number(packet, 0xfd, 1);
        peer_add_number(packet, sizeof bytes, 3);
        peer_add(packet, bytes, sizeof bytes);
    } else {
        peer_add_string(packet, value->bytes, value->size);
    }
}

static inline bool liar_mysql_columns(int connection, PeerPacket *packet, int columns)
{
    peer_add_length(packet, (uint64_t)columns);
    bool good = peer_send(connection, packet);
    for (int i = 0; good && i < columns; i++) {
        peer_add_string(packet, "def", 3);
        peer_add(packet, "\0\0\0", 3);
        peer_add_string(packet, "column", 6);
        peer_add_string(packet, "column", 6);
        peer_add(packet, "\x0c\x3f\0\0\0\1\0\xfd\0\0\0\0\0", 13); // binary, VAR_STRING
        good = peer_send(connection, packet);
    }
    return good && peer_send_end_of_rows(connection, packet);
}

static inline bool liar_mysql_rows(int connection, PeerPacket *packet, const LiarRows *rows, Lie lie)
{
    bool good = liar_mysql_columns(connection, packet, rows->columns);
    int64_t repeats = rows->count == 0          ? 1
                      : lie == LIE_MANY_ROWS    ? 5000
                      : lie == LIE_ENDLESS_ROWS ? INT64_MAX
                                                : 1;
    for (int64_t i = 0; good && i < repeats; i++) {
        for (int row = 0; good && row < rows->count; row++) {
            for (int column = 0; column < rows->columns; column++)
                liar_mysql_add(packet, &rows->values[row][column], lie);
            if (lie == LIE_CUT_ROW) {
                packet->size = packet->size > 1 ? packet->size - 1 : 0;
                peer_add_number(packet, 0xfe7fffffff, 5);
            }
            good = peer_send(connection, packet);
        }
    }
    return good && peer_send_end_of_rows(connection, packet);
}

static inline bool liar_mysql_answer(Liar *liar, int connection, PeerPacket *packet, const char *sql)
{
    Lie lie;
    LiarRows rows;
    bool has_rows = liar_decide(liar, sql, &lie, &rows);
    size_t size = 0;
    if (liar_dies(liar, sql))
        return false;
    switch (lie) {
    case LIE_CLOSE:
    case LIE_COPY:
        return false;
    case LIE_GARBAGE:
        return liar_send_garbage(connection);
    case LIE_SILENCE:
        free(peer_receive(connection, &size, &packet->sequence)); // until the client goes
        return false;
    case LIE_ERROR:
        return peer_send_error(connection, packet, "1064 \x1b]0;owned\x07 a\n\tline");
    case LIE_FILE:
        peer_add(packet, "\xfb/etc/passwd", 12);
        if (!peer_send(connection, packet))
            return false;
        char *file = peer_receive(connection, &size, &packet->sequence);
        if (file == NULL)
            return false;
        liar_note(liar, file, size);
        free(file);
        packet->sequence++;
        return peer_send_ok(connection, packet, "0 0");
    default:
        break;
    }
    if (!has_rows || lie == LIE_OK || rows.columns == 0)
        return peer_send_ok(connection, packet, "1 2");
    return liar_mysql_rows(connection, packet, &rows, lie);
}

/* COM_STMT_PREPARE: as many parameters as the statement has, or a lie. */
static inline bool liar_mysql_prepare(Liar *liar, int connection, PeerPacket *packet, const char *sql)
{
    Lie lie;
    LiarRows rows;
    int parameters = 0;
    for (const char *at = sql; *at != '\0'; at++)
        parameters += *at == '?';
    liar_decide(liar, sql, &lie, &rows);
    if (lie == LIE_CLOSE)
        return false;
    if (lie == LIE_GARBAGE)
        return liar_send_garbage(connection);
    if (lie == LIE_ERROR)
        return peer_send_error(connection, packet, "1064 no");
    parameters = lie == LIE_MORE_COLUMNS ? 3000 : lie == LIE_FEWER_COLUMNS ? 1 : parameters;
    peer_add_number(packet, 0, 1);
    peer_add_number(packet, 1, 4);
    peer_add_number(packet, 0, 2);
    peer_add_number(packet, (uint64_t)parameters, 2);
    peer_add_number(packet, 0, 3);
    bool good = peer_send(connection, packet);
    for (int i = 0; good && i < parameters; i++) {
        peer_add(packet, "\3def\0\0\0\1?\0\x0c\x3f\0\0\0\0\0\xfd\0\0\0\0\0", 23);
        good = peer_send(connection, packet);
    }
    return good && peer_send_end_of_rows(connection, packet);
}

static inline bool liar_mysql_greet(Liar *liar, int connection, PeerPacket *packet)
{
    static const uint8_t zeros[10] = {0};
    const char *plugin = liar->first_plugin != NULL ? liar->first_plugin : "mysql_native_password";
    const uint32_t abilities = 0x1 | 0x2 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000;
    peer_add_number(packet, 10, 1);
    peer_add(packet, "5.5.5-11.8.2-MariaDB", 21);
    peer_add_number(packet, 1, 4);
    peer_add(packet, "abcdefgh", 9);
    peer_add_number(packet, abilities & 0xffff, 2);
    peer_add_number(packet, 45, 1);
    peer_add_number(packet, 2, 2);
    peer_add_number(packet, abilities >> 16, 2);
    peer_add_number(packet, 21, 1);
    peer_add(packet, zeros, 10);
    peer_add(packet, "ijklmnopqrst", 13);
    peer_add(packet, plugin, strlen(plugin) + 1);
    size_t size = 0;
    if (!peer_send(connection, packet))
        return false;
    for (int round = 0; round < 1 + (liar->plugin != NULL); round++) {
        char *reply = peer_receive(connection, &size, &packet->sequence);
        if (reply == NULL)
            return false;
        liar_note(liar, reply, size);
        free(reply);
        packet->sequence++;
        if (round == 0 && liar->plugin != NULL) {
            peer_add_number(packet, 0xfe, 1);
            if (liar->plugin[0] != '\0') // none: the way of before 4.1
                peer_add(packet, liar->plugin, strlen(liar->plugin) + 1);
            if (strcmp(liar->plugin, "dialog") == 0)
                peer_add(packet, "\2Password:", 11);
            if (!peer_send(connection, packet))
                return false;
        }
    }
    return peer_send_ok(connection, packet, "0 0");
}

static inline void liar_mysql_serve(Liar *liar, int connection)
{
    PeerPacket packet = {0};
    size_t size = 0;
    char *command = NULL;
    bool good = liar_mysql_greet(liar, connection, &packet);
    while (good && (command = peer_receive(connection, &size, &packet.sequence)) != NULL && command[0] != 1) {
        packet.sequence++;
        if (command[0] == 3)
            good = liar_mysql_answer(liar, connection, &packet, command + 1);
        else if (command[0] == 0x16)
            good = liar_mysql_prepare(liar, connection, &packet, command + 1);
        else if (command[0] != 0x19 && command[0] != 0x18) // COM_STMT_CLOSE and long data have no answer
            good = peer_send_ok(connection, &packet, "1 0");
        free(command);
        command = NULL;
    }
    free(command);
    free(packet.bytes);
    close(connection);
}

static inline void *liar_mysql_run(void *user)
{
    Liar *liar = user;
    int connection;
    while ((connection = accept(liar->listener, NULL, NULL)) >= 0) {
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        liar_mysql_serve(liar, connection);
    }
    return NULL;
}

#endif
