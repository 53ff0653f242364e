/* SPDX-License-Identifier: MIT */
/* The lying server in PostgreSQL's protocol. */
#ifndef RV_TESTS_LIAR_POSTGRES_H
#define RV_TESTS_LIAR_POSTGRES_H

#include "liar.h"

/* Messages that go out together. */
typedef struct LiarMessages {
    uint8_t *bytes;
    size_t size, capacity, began;
} LiarMessages;

static inline void liar_add(LiarMessages *out, const void *bytes, size_t size)
{
    if (out->size + size > out->capacity) {
        out->capacity = 2 * (out->size + size) + 256;
        out->bytes = realloc(out->bytes, out->capacity);
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static inline void liar_add_number(LiarMessages *out, uint64_t value, int size)
{
    while (size-- > 0)
        liar_add(out, &(uint8_t){(uint8_t)(value >> (8 * size))}, 1);
}

static inline void liar_begin(LiarMessages *out, char kind)
{
    liar_add(out, &kind, 1);
    out->began = out->size;
    liar_add_number(out, 0, 4);
}

static inline void liar_end(LiarMessages *out)
{
    uint32_t length = htonl((uint32_t)(out->size - out->began));
    memcpy(out->bytes + out->began, &length, 4);
}

static inline void liar_message(LiarMessages *out, char kind, const void *bytes, size_t size)
{
    liar_begin(out, kind);
    liar_add(out, bytes, size);
    liar_end(out);
}

static inline bool liar_flush(int connection, LiarMessages *out)
{
    bool sent = liar_send(connection, out->bytes, out->size);
    out->size = 0;
    return sent;
}

static inline void liar_describe(LiarMessages *out, int columns)
{
    liar_begin(out, 'T');
    liar_add_number(out, (uint64_t)columns, 2);
    for (int i = 0; i < columns; i++) {
        liar_add(out, "column", 7);
        liar_add_number(out, 0, 6);
        liar_add_number(out, 25, 4);
        liar_add_number(out, 0xffff, 2);
        liar_add_number(out, 0xffffffff, 4);
        liar_add_number(out, 0, 2);
    }
    liar_end(out);
}

static inline void liar_row(LiarMessages *out, const LiarRows *rows, int row, Lie lie)
{
    liar_begin(out, 'D');
    liar_add_number(out, (uint64_t)rows->columns, 2);
    for (int i = 0; i < rows->columns; i++) {
        const LiarValue *value = &rows->values[row][i];
        if (value->null) {
            liar_add_number(out, 0xffffffff, 4);
        } else if (lie == LIE_LONG) {
            static uint8_t bytes[200000];
            memset(bytes, '9', sizeof bytes);
            liar_add_number(out, sizeof bytes, 4);
            liar_add(out, bytes, sizeof bytes);
        } else {
            liar_add_number(out, lie == LIE_CUT_ROW ? 0x7fffff00 : value->size, 4);
            liar_add(out, value->bytes, value->size);
        }
    }
    liar_end(out);
}

/* False: the connection ends. */
static inline bool liar_postgres_answer(Liar *liar, int connection, LiarMessages *out, const char *sql)
{
    Lie lie;
    LiarRows rows;
    char byte;
    bool has_rows = liar_decide(liar, sql, &lie, &rows);
    if (liar_dies(liar, sql))
        return false;
    if (lie == LIE_CLOSE || lie == LIE_FILE)
        return false;
    if (lie == LIE_GARBAGE)
        return liar_send_garbage(connection);
    if (lie == LIE_SILENCE) {
        while (recv(connection, &byte, 1, 0) == 1) {
        }
        return false;
    }
    if (lie == LIE_ERROR) {
        static const char text[] = "SERROR\0C42\x1b[3\0M\x1b]0;owned\x07 a\n\tline\0";
        liar_message(out, 'E', text, sizeof text);
    } else if (lie == LIE_COPY) {
        liar_message(out, 'H', "\0\0\0", 3);
    } else if (strncmp(sql, "COPY", 4) == 0 && lie != LIE_OK && lie != LIE_ROWS) {
        liar_message(out, 'G', "\1\0\0", 3);
    } else if (!has_rows || lie == LIE_OK) {
        liar_message(out, 'C', "UPDATE 1", 9);
    } else {
        int64_t repeats = rows.count == 0           ? 1
                          : lie == LIE_MANY_ROWS    ? 5000
                          : lie == LIE_ENDLESS_ROWS ? INT64_MAX
                                                    : 1;
        liar_describe(out, rows.columns);
        for (int64_t i = 0; i < repeats; i++) {
            for (int row = 0; row < rows.count; row++)
                liar_row(out, &rows, row, lie);
            if (out->size > 1 << 16 && !liar_flush(connection, out))
                return false;
        }
        liar_message(out, 'C', "SELECT 1", 9);
    }
    return true;
}

static inline bool liar_receive(int connection, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = recv(connection, (char *)bytes + done, size - done, 0);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* A message's content with a NUL behind it; kind 0: one of those that have none. */
static inline char *liar_read(int connection, char *kind, size_t *size)
{
    uint32_t length = 0;
    if ((*kind != 0 && !liar_receive(connection, kind, 1)) || !liar_receive(connection, &length, 4))
        return NULL;
    *size = ntohl(length) - 4;
    char *content = *size < 1 << 24 ? calloc(1, *size + 1) : NULL;
    if (content != NULL && !liar_receive(connection, content, *size)) {
        free(content);
        return NULL;
    }
    return content;
}

static inline bool liar_postgres_greet(Liar *liar, int connection, LiarMessages *out)
{
    static const char *const parameters[] = {"server_encoding\0UTF8", "client_encoding\0UTF8",
                                             "standard_conforming_strings\0on", "server_version\00017.2"};
    static const size_t sizes[] = {21, 21, 31, 20};
    char kind = 0, *startup;
    size_t size = 0;
    // TLS and GSSAPI are declined.
    while ((startup = liar_read(connection, &kind, &size)) != NULL && size == 4) {
        free(startup);
        if (!liar_send(connection, "N", 1))
            return false;
    }
    if (startup == NULL)
        return false;
    free(startup);
    if (liar->ask_cleartext) {
        liar_message(out, 'R', "\0\0\0\3", 4);
        kind = 'p';
        char *password = liar_flush(connection, out) ? liar_read(connection, &kind, &size) : NULL;
        if (password == NULL)
            return false;
        liar_note(liar, password, size);
        free(password);
    }
    liar_message(out, 'R', "\0\0\0\0", 4);
    for (size_t i = 0; i < 4; i++)
        liar_message(out, 'S', parameters[i], sizes[i]);
    liar_message(out, 'K', "\0\0\0\1\0\0\0\2", 8);
    liar_message(out, 'Z', "I", 1);
    return liar_flush(connection, out);
}

/* The extended protocol's messages up to a Sync, or a simple query. */
static inline void liar_postgres_serve(Liar *liar, int connection)
{
    LiarMessages out = {0};
    char kind = 'x', *content = NULL, *sql = NULL;
    size_t size = 0;
    bool good = liar_postgres_greet(liar, connection, &out);
    kind = 'x';
    while (good && (content = liar_read(connection, &kind, &size)) != NULL && kind != 'X') {
        size_t before = out.size;
        if (kind == 'Q') {
            good = liar_postgres_answer(liar, connection, &out, content);
            if (good && out.bytes[before] != 'G') // waits for data
                liar_message(&out, 'Z', "I", 1);
        } else if (kind == 'c' || kind == 'f') {
            liar_message(&out, kind == 'c' ? 'C' : 'E',
                         kind == 'c' ? "COPY 1" : "SERROR\0C57014\0Mgiven up\0", kind == 'c' ? 7 : 25);
            liar_message(&out, 'Z', "I", 1);
        } else if (kind == 'P') {
            free(sql);
            sql = strdup(content + strlen(content) + 1);
            liar_message(&out, '1', "", 0);
        } else if (kind == 'B') {
            liar_message(&out, '2', "", 0);
        } else if (kind == 'E') {
            good = liar_postgres_answer(liar, connection, &out, sql != NULL ? sql : "");
            // What has no rows was described so.
            if (good && out.size > before && out.bytes[before] == 'C') {
                out.size = before;
                liar_message(&out, 'n', "", 0);
                liar_message(&out, 'C', "UPDATE 1", 9);
            }
        } else if (kind == 'S') {
            liar_message(&out, 'Z', "I", 1);
        }
        if (good && (kind == 'Q' || kind == 'S' || kind == 'c' || kind == 'f'))
            good = liar_flush(connection, &out);
        free(content);
        content = NULL;
    }
    free(content);
    free(sql);
    free(out.bytes);
    close(connection);
}

static inline void *liar_postgres_run(void *user)
{
    Liar *liar = user;
    int connection;
    while ((connection = accept(liar->listener, NULL, NULL)) >= 0) {
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        liar_postgres_serve(liar, connection);
    }
    return NULL;
}

#endif
