/* SPDX-License-Identifier: MIT */
/* The lying server in PostgreSQL's protocol. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "liar.h"

/* Messages that go out together. */
typedef struct Messages {
    WireBytes bytes;
    size_t began; // where the last of them says its length
} Messages;

static void add_number(Messages *out, uint64_t value, int size)
{
    while (size-- > 0)
        wire_add(&out->bytes, &(uint8_t){(uint8_t)(value >> (8 * size))}, 1);
}

static void begin_message(Messages *out, char kind)
{
    wire_add(&out->bytes, &kind, 1);
    out->began = out->bytes.size;
    add_number(out, 0, 4);
}

static void end_message(Messages *out)
{
    uint32_t length = htonl((uint32_t)(out->bytes.size - out->began));
    memcpy(out->bytes.bytes + out->began, &length, 4);
}

static void add_message(Messages *out, char kind, const void *bytes, size_t size)
{
    begin_message(out, kind);
    wire_add(&out->bytes, bytes, size);
    end_message(out);
}

static void add_columns(Messages *out, int columns)
{
    begin_message(out, 'T');
    add_number(out, (uint64_t)columns, 2);
    for (int i = 0; i < columns; i++) {
        wire_add(&out->bytes, "column", 7);
        add_number(out, 0, 6);
        add_number(out, 25, 4);
        add_number(out, 0xffff, 2);
        add_number(out, 0xffffffff, 4);
        add_number(out, 0, 2);
    }
    end_message(out);
}

static void add_row(Messages *out, const LiarRows *rows, int row, Lie lie)
{
    begin_message(out, 'D');
    add_number(out, (uint64_t)rows->columns, 2);
    for (int i = 0; i < rows->columns; i++) {
        const LiarValue *value = &rows->values[row][i];
        if (value->null) {
            add_number(out, 0xffffffff, 4);
        } else if (lie == LIE_LONG) {
            add_number(out, LIAR_LONG_BYTES, 4);
            wire_add(&out->bytes, liar_long_value(), LIAR_LONG_BYTES);
        } else {
            add_number(out, lie == LIE_CUT_ROW ? 0x7fffff00 : value->size, 4);
            wire_add(&out->bytes, value->bytes, value->size);
        }
    }
    end_message(out);
}

/* False: the connection ends. */
static bool answer(Liar *liar, int connection, Messages *out, const char *sql)
{
    Lie lie;
    LiarRows rows;
    char byte;
    bool has_rows = liar_decide(liar, sql, &lie, &rows);
    if (liar_dies(liar, sql))
        return false;
    if (lie == LIE_CLOSE || lie == LIE_FILE)
        return false;
    if (liar->fail_at != NULL && strstr(sql, liar->fail_at) != NULL) {
        char text[600];
        int size = snprintf(text, sizeof text, "SERROR%cC08006%cM%s%c", 0, 0, liar->fail_with, 0);
        add_message(out, 'E', text, (size_t)size + 1);
        return true;
    }
    if (lie == LIE_GARBAGE)
        return liar_send_garbage(connection);
    if (lie == LIE_SILENCE) {
        while (recv(connection, &byte, 1, 0) == 1) {
        }
        return false;
    }
    if (lie == LIE_ERROR) {
        static const char text[] = "SERROR\0C42\x1b[3\0M\x1b]0;owned\x07 a\n\tline\0";
        add_message(out, 'E', text, sizeof text);
    } else if (lie == LIE_COPY) {
        add_message(out, 'H', "\0\0\0", 3);
    } else if (strncmp(sql, "COPY", 4) == 0 && lie != LIE_OK && lie != LIE_ROWS) {
        add_message(out, 'G', "\1\0\0", 3);
    } else if (!has_rows || lie == LIE_OK) {
        add_message(out, 'C', "UPDATE 1", 9);
    } else {
        int64_t repeats = liar_repeats(&rows, lie);
        add_columns(out, rows.columns);
        for (int64_t i = 0; i < repeats; i++) {
            for (int row = 0; row < rows.count; row++)
                add_row(out, &rows, row, lie);
            if (out->bytes.size > 1 << 16 && !wire_flush(connection, &out->bytes))
                return false;
        }
        add_message(out, 'C', "SELECT 1", 9);
    }
    return true;
}

/* A message's content with a NUL behind it; kind 0: one of those that have none. */
static char *read_message(int connection, char *kind, size_t *size)
{
    uint32_t length = 0;
    if ((*kind != 0 && !wire_receive(connection, kind, 1)) || !wire_receive(connection, &length, 4))
        return NULL;
    *size = ntohl(length) - 4;
    char *content = *size < 1 << 24 ? calloc(1, *size + 1) : NULL;
    if (content != NULL && !wire_receive(connection, content, *size)) {
        free(content);
        return NULL;
    }
    return content;
}

static bool greet(Liar *liar, int connection, Messages *out)
{
    static const char *const parameters[] = {"server_encoding\0UTF8", "client_encoding\0UTF8",
                                             "standard_conforming_strings\0on", "server_version\00017.2"};
    static const size_t sizes[] = {21, 21, 31, 20};
    char kind = 0, *startup;
    size_t size = 0;
    // TLS and GSSAPI are declined.
    while ((startup = read_message(connection, &kind, &size)) != NULL && size == 4) {
        free(startup);
        if (!wire_send(connection, "N", 1))
            return false;
    }
    if (startup == NULL)
        return false;
    free(startup);
    if (liar->ask_cleartext) {
        add_message(out, 'R', "\0\0\0\3", 4);
        kind = 'p';
        char *password = wire_flush(connection, &out->bytes) ? read_message(connection, &kind, &size) : NULL;
        if (password == NULL)
            return false;
        liar_note(liar, password, size);
        free(password);
    }
    add_message(out, 'R', "\0\0\0\0", 4);
    for (size_t i = 0; i < 4; i++)
        add_message(out, 'S', parameters[i], sizes[i]);
    add_message(out, 'K', "\0\0\0\1\0\0\0\2", 8);
    add_message(out, 'Z', "I", 1);
    return wire_flush(connection, &out->bytes);
}

/* The extended protocol's messages up to a Sync, or a simple query. */
void liar_postgres_serve(void *user, int connection)
{
    Liar *liar = user;
    Messages out = {0};
    char kind = 'x', *content = NULL, *sql = NULL;
    size_t size = 0;
    bool good = greet(liar, connection, &out);
    kind = 'x';
    while (good && (content = read_message(connection, &kind, &size)) != NULL && kind != 'X') {
        size_t before = out.bytes.size;
        if (kind == 'Q') {
            good = answer(liar, connection, &out, content);
            if (good && out.bytes.bytes[before] != 'G') // waits for data
                add_message(&out, 'Z', "I", 1);
        } else if (kind == 'c' || kind == 'f') {
            add_message(&out, kind == 'c' ? 'C' : 'E', kind == 'c' ? "COPY 1" : "SERROR\0C57014\0Mgiven up\0",
                        kind == 'c' ? 7 : 25);
            add_message(&out, 'Z', "I", 1);
        } else if (kind == 'P') {
            free(sql);
            sql = strdup(content + strlen(content) + 1);
            add_message(&out, '1', "", 0);
        } else if (kind == 'B') {
            add_message(&out, '2', "", 0);
        } else if (kind == 'E') {
            good = answer(liar, connection, &out, sql != NULL ? sql : "");
            // What has no rows was described so.
            if (good && out.bytes.size > before && out.bytes.bytes[before] == 'C') {
                out.bytes.size = before;
                add_message(&out, 'n', "", 0);
                add_message(&out, 'C', "UPDATE 1", 9);
            }
        } else if (kind == 'S') {
            add_message(&out, 'Z', "I", 1);
        }
        if (good && (kind == 'Q' || kind == 'S' || kind == 'c' || kind == 'f'))
            good = wire_flush(connection, &out.bytes);
        free(content);
        content = NULL;
    }
    free(content);
    free(sql);
    free(out.bytes.bytes);
}
