/* SPDX-License-Identifier: MIT */
/* The lying server in MySQL's protocol. */
#include <stdlib.h>
#include <string.h>

#include "liar.h"
#include "mysql_packets.h"

static bool send_rows(Packets *packets, const LiarRows *rows, Lie lie)
{
    packet_add_length(packets, (uint64_t)rows->columns);
    bool good = packet_send(packets);
    for (int i = 0; good && i < rows->columns; i++)
        good = packet_send_column(packets, "column", 6);
    good = good && packet_send_end_of_rows(packets);
    int64_t row_count = rows->count, repeats = liar_repeats(rows, lie);
    for (int64_t i = 0; good && row_count > 0 && i / row_count < repeats; i++) {
        const LiarValue *values = rows->values[i % row_count];
        for (int column = 0; column < rows->columns; column++) {
            if (values[column].null)
                packet_add_number(packets, 0xfb, 1);
            else if (lie == LIE_LONG)
                packet_add_string(packets, liar_long_value(), LIAR_LONG_BYTES);
            else
                packet_add_string(packets, values[column].bytes, values[column].size);
        }
        if (lie == LIE_CUT_ROW) {
            packets->out.size -= packets->out.size > 0;
            packet_add_number(packets, 0xfe7fffffff, 5);
        }
        good = packet_send(packets);
    }
    return good && packet_send_end_of_rows(packets);
}

static bool answer(Liar *liar, Packets *packets, const char *sql)
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
        return liar_send_garbage(packets->connection);
    case LIE_SILENCE:
        free(packet_receive(packets, &size)); // until the client goes
        return false;
    case LIE_ERROR:
        return packet_send_error(packets, "1064 \x1b]0;owned\x07 a\n\tline");
    case LIE_FILE:
        wire_add(&packets->out, "\xfb/etc/passwd", 12);
        if (!packet_send(packets))
            return false;
        char *file = packet_receive(packets, &size);
        if (file == NULL)
            return false;
        liar_note(liar, file, size);
        free(file);
        return packet_send_ok(packets, 0, 0);
    default:
        break;
    }
    if (!has_rows || lie == LIE_OK || rows.columns == 0)
        return packet_send_ok(packets, 1, 2);
    return send_rows(packets, &rows, lie);
}

/* COM_STMT_PREPARE: as many parameters as the statement has, or a lie. */
static bool prepare(Liar *liar, Packets *packets, const char *sql)
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
        return liar_send_garbage(packets->connection);
    if (lie == LIE_ERROR)
        return packet_send_error(packets, "1064 no");
    parameters = lie == LIE_MORE_COLUMNS ? 3000 : lie == LIE_FEWER_COLUMNS ? 1 : parameters;
    packet_add_number(packets, 0, 1);
    packet_add_number(packets, 1, 4);
    packet_add_number(packets, 0, 2);
    packet_add_number(packets, (uint64_t)parameters, 2);
    packet_add_number(packets, 0, 3);
    bool good = packet_send(packets);
    for (int i = 0; good && i < parameters; i++) {
        wire_add(&packets->out, "\3def\0\0\0\1?\0\x0c\x3f\0\0\0\0\0\xfd\0\0\0\0\0", 23);
        good = packet_send(packets);
    }
    return good && packet_send_end_of_rows(packets);
}

static bool greet(Liar *liar, Packets *packets)
{
    const char *plugin = liar->first_plugin != NULL ? liar->first_plugin : "mysql_native_password";
    size_t size = 0;
    if (!packet_send_greeting(packets, "5.5.5-11.8.2-MariaDB", plugin))
        return false;
    for (int round = 0; round < 1 + (liar->plugin != NULL); round++) {
        char *reply = packet_receive(packets, &size);
        if (reply == NULL)
            return false;
        liar_note(liar, reply, size);
        free(reply);
        if (round == 0 && liar->plugin != NULL) {
            packet_add_number(packets, 0xfe, 1);
            if (liar->plugin[0] != '\0') // none: the way of before 4.1
                wire_add(&packets->out, liar->plugin, strlen(liar->plugin) + 1);
            if (strcmp(liar->plugin, "dialog") == 0)
                wire_add(&packets->out, "\2Password:", 11);
            if (!packet_send(packets))
                return false;
        }
    }
    return packet_send_ok(packets, 0, 0);
}

void liar_mysql_serve(void *user, int connection)
{
    Liar *liar = user;
    Packets packets = {.connection = connection};
    size_t size = 0;
    char *command = NULL;
    bool good = greet(liar, &packets);
    while (good && (command = packet_receive(&packets, &size)) != NULL && command[0] != 1) {
        if (command[0] == 3)
            good = answer(liar, &packets, command + 1);
        else if (command[0] == 0x16)
            good = prepare(liar, &packets, command + 1);
        else if (command[0] != 0x19 && command[0] != 0x18) // COM_STMT_CLOSE and long data have no answer
            good = packet_send_ok(&packets, 1, 0);
        free(command);
        command = NULL;
    }
    free(command);
    free(packets.out.bytes);
}
