/* SPDX-License-Identifier: MIT */
/* A server of a small library that answers one statement otherwise than it should: which one and how is the
 * test's choice. liar_mysql.h and liar_postgres.h speak the protocols. */
#ifndef RV_TESTS_LIAR_H
#define RV_TESTS_LIAR_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIAR_COLUMNS_MAX 40
#define LIAR_ROWS_MAX 8
#define LIAR_LOG_MAX 300
#define LIAR_LOG_BYTES 80
#define LIAR_VIDEO_COLUMNS 14

typedef enum Lie {
    LIE_NONE,
    // Rows that are not what was asked for.
    LIE_FEWER_COLUMNS,
    LIE_ONE_COLUMN,
    LIE_NO_COLUMNS,
    LIE_MORE_COLUMNS,
    LIE_MANY_ROWS,
    LIE_NO_ROWS,
    LIE_NULLS,
    LIE_EMPTY,
    LIE_SHORT,  // the first byte of each value
    LIE_LONG,   // 200,000 bytes each
    LIE_WORDS,  // text with signs of control
    LIE_BINARY, // NULs and bytes that are no UTF-8
    // Something else than rows, or rows instead of something else.
    LIE_OK,
    LIE_ROWS,
    LIE_ERROR,
    LIE_CUT_ROW, // a row that ends in the middle of a value
    LIE_GARBAGE,
    LIE_CLOSE,
    LIE_COPY, // PostgreSQL: a copy begins
    LIE_FILE, // MySQL's protocol: the client is asked for a file
    LIE_COUNT,
    // Only where a test asks for them.
    LIE_SILENCE,
    LIE_ENDLESS_ROWS,
} Lie;

/* What asks for an answer, and the answer: rows between ';', values between '|'. i: an integer, d: a double,
 * v: a vector of TEST_DIMENSIONS, x: bytes, ~ NULL. */
typedef struct LiarAnswer {
    const char *part; // of the statement; the first that fits counts
    int columns;
    const char *rows;
} LiarAnswer;

#define LIAR_SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LIAR_VIDEO "1|/v.mp4|sha256:00|10|20|2.5|64|36|25|h264|interval:1|complete||2"

static const LiarAnswer liar_answers[] = {
    {"information_schema.tables WHERE table_schema = database()", 1,
     "library;videos;frames;frame_pictures;frames_with_pictures;library_notes"},
    {"FROM pg_class WHERE relname", 1, "library;videos;frames;frame_pictures;frames_with_pictures;library_notes"},
    {"SELECT kind, schema_version", 2, "frames|2"},
    {"SELECT value FROM library_notes", 1, "a note"},
    {"pg_is_in_recovery", 1, "f"},
    {"@@max_allowed_packet", 1, "16777216"},
    {"@@memsql_version", 1, "8.9.1"},
    {"is_shared_tier", 2, "is_shared_tier|OFF"},
    {"SELECT model_name", 5, "ViT-T/8|" LIAR_SHA "|8|1|1"},
    {"ORDER BY distance", 5, "i:1|i:1|d:0|v:|d:0.5;i:1|i:2|d:1|v:|d:0.25"},
    {"ORDER BY similarity", 5, "i:1|i:1|d:0|v:|d:0.5;i:1|i:2|d:1|v:|d:0.25"},
    {"<#>", 5, "i:1|i:1|d:0|v:|d:-0.5;i:1|i:2|d:1|v:|d:-0.25"},
    {"length(frame_data), 0)", 2, "i:1|i:9;i:2|i:9"},
    {"SELECT CASE WHEN", 1, "x:504943545552452031"},
    {"CASE WHEN", 2, "i:1|x:504943545552452031;i:2|x:504943545552452032"},
    {"FETCH FORWARD", 4, "i:1|i:1|d:0|v:;i:1|i:2|d:1|v:"},
    {"FROM frames WHERE ((video_id", 4, "i:1|i:1|d:0|v:;i:1|i:2|d:1|v:"},
    {"LEFT JOIN frames f", 2, "1|7"},
    {"indisvalid AND i.indrelid", 1, "frames_pkey"},
    {"content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling, state, "
     "error, ",
     LIAR_VIDEO_COLUMNS, LIAR_VIDEO},
    {"INSERT INTO videos", 1, "2"}, // PostgreSQL's RETURNING; in MySQL's protocol it gives no rows
    {"AND video_id <> ", 1, ""},
    {"SELECT video_id FROM videos", 1, "1"},
    {"SELECT 1 FROM", 1, "1"},
    {"SELECT settings, count(*)", 2, ""},
    {"SELECT state, count(*)", 2, "waiting|3;done|1"},
    {"SELECT job_id, lease_number", 5, "1|0|0|/v.mp4|host:1"},
    {"SELECT job_id FROM", 1, "1"},
    {"pg_get_indexdef", 4, "CREATE INDEX i USING hnsw (embedding_data vector_ip_ops)|m=16|1000|100"},
    {"SHOW CREATE TABLE", 2,
     "frames|CREATE TABLE frames (VECTOR KEY `frames_embedding_index` (x) `M`=16, '{\"nlist\":4}')"},
    {"extversion", 2, "t|0.8.0"},
    {"pg_total_relation_size", 1, "4096"},
    {"file_size", 1, "4096"},
    {"SELECT count(*) FROM frames", 1, "2"},
    {"SELECT set_config", 1, "x"},
    {"SELECT pg_advisory", 1, ""},
};

typedef struct LiarValue {
    uint8_t bytes[200];
    size_t size;
    bool null;
} LiarValue;

typedef struct LiarRows {
    int columns, count;
    LiarValue values[LIAR_ROWS_MAX][LIAR_COLUMNS_MAX];
} LiarRows;

typedef struct Liar {
    bool postgres;
    Lie lie;
    int lie_at;                  // the statement, counted from 0; -1: none
    char (*log)[LIAR_LOG_BYTES]; // how each statement begins, LIAR_LOG_MAX of them; NULL: not wanted
    atomic_int asked;            // statements that came
    char statement[8192];        // the one that was lied to
    bool had_rows;               // whether it should have been answered with rows
    const char *plugin;          // MySQL's protocol: asked for after the greeting; NULL: none
    const char *first_plugin;    // named in the greeting; NULL: mysql_native_password
    bool ask_cleartext;          // PostgreSQL: for the password
    char received[4096];         // while the client proved itself
    size_t received_bytes;
    bool unclaimed;     // no model has claimed the library
    const char *die_at; // a part of the statement at which the server goes away for good; NULL: never
    int fetched;
    int listener, port;
    pthread_t thread;
} Liar;

/* ---- answers ------------------------------------------------------------------------------------------ */

static inline const LiarAnswer *liar_find(const char *sql)
{
    for (size_t i = 0; i < sizeof liar_answers / sizeof liar_answers[0]; i++) {
        if (strstr(sql, liar_answers[i].part) != NULL)
            return &liar_answers[i];
    }
    return NULL;
}

static inline void liar_put_big_endian(LiarValue *value, uint64_t bits)
{
    for (int i = 0; i < 8; i++)
        value->bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
    value->size = 8;
}

static inline void liar_put_vector(LiarValue *value, bool postgres)
{
    enum { DIMENSIONS = 8 };
    value->size = DIMENSIONS * 4 + (postgres ? 4 : 0);
    if (postgres)
        value->bytes[1] = DIMENSIONS;
    // The first number is 1, the others are 0.
    memcpy(value->bytes + (postgres ? 4 : 0), postgres ? "\x3f\x80\0\0" : "\0\0\x80\x3f", 4);
}

static inline void liar_read_value(const char *text, size_t length, bool postgres, LiarValue *value)
{
    double real;
    *value = (LiarValue){.null = length == 1 && text[0] == '~'};
    if (length >= 2 && text[1] == ':' && text[0] == 'v') {
        liar_put_vector(value, postgres);
    } else if (length >= 2 && text[1] == ':' && text[0] == 'x') {
        for (size_t i = 2; i + 1 < length; i += 2) {
            unsigned byte = 0;
            sscanf(text + i, "%2x", &byte);
            value->bytes[value->size++] = (uint8_t)byte;
        }
    } else if (length >= 2 && text[1] == ':' && postgres) {
        uint64_t bits = (uint64_t)strtoll(text + 2, NULL, 10);
        real = strtod(text + 2, NULL);
        if (text[0] == 'd')
            memcpy(&bits, &real, sizeof bits);
        liar_put_big_endian(value, bits);
    } else {
        size_t skipped = length >= 2 && text[1] == ':' ? 2 : 0;
        value->size = length - skipped < sizeof value->bytes ? length - skipped : sizeof value->bytes;
        memcpy(value->bytes, text + skipped, value->size);
    }
}

static inline void liar_read_rows(const LiarAnswer *answer, bool postgres, LiarRows *rows)
{
    *rows = (LiarRows){.columns = answer->columns};
    for (const char *at = answer->rows; *at != '\0'; rows->count++) {
        for (int column = 0; column < answer->columns; column++) {
            size_t length = strcspn(at, "|;");
            liar_read_value(at, length, postgres, &rows->values[rows->count][column]);
            at += length + (at[length] != '\0');
        }
    }
}

static inline void liar_bend_value(Lie lie, LiarValue *value)
{
    static const char words[] = "\x1b]0;owned\x07 18446744073709551616\n\tnan",
                      binary[] = "1\0\xff\xfe\x80\0\1\2\3";
    value->null = value->null || lie == LIE_NULLS;
    if (lie == LIE_EMPTY)
        value->size = 0;
    else if (lie == LIE_SHORT)
        value->size = value->size > 0;
    else if (lie == LIE_WORDS)
        value->size = sizeof words - 1, memcpy(value->bytes, words, sizeof words - 1);
    else if (lie == LIE_BINARY)
        value->size = sizeof binary - 1, memcpy(value->bytes, binary, sizeof binary - 1);
}

static inline void liar_bend(Lie lie, LiarRows *rows)
{
    int columns = rows->columns;
    rows->columns = lie == LIE_FEWER_COLUMNS  ? columns - 1
                    : lie == LIE_ONE_COLUMN   ? 1
                    : lie == LIE_NO_COLUMNS   ? 0
                    : lie == LIE_MORE_COLUMNS ? columns + 3
                                              : columns;
    if (lie == LIE_NO_ROWS)
        rows->count = 0;
    for (int row = 0; row < rows->count; row++) {
        for (int column = 0; column < rows->columns; column++)
            liar_bend_value(lie, &rows->values[row][column]);
    }
}

/* Nobody listens any more; the connection is to be closed. */
static inline bool liar_dies(Liar *liar, const char *sql)
{
    if (liar->die_at == NULL || strstr(sql, liar->die_at) == NULL)
        return false;
    shutdown(liar->listener, SHUT_RDWR);
    return true;
}

/* The next statement's lie; *rows: its rows, bent. False: it is answered without rows. */
static inline bool liar_decide(Liar *liar, const char *sql, Lie *lie, LiarRows *rows)
{
    const LiarAnswer *answer = liar_find(sql);
    int number = atomic_fetch_add(&liar->asked, 1);
    if (liar->log != NULL && number < LIAR_LOG_MAX)
        snprintf(liar->log[number], LIAR_LOG_BYTES, "%s", sql);
    *lie = number == liar->lie_at ? liar->lie : LIE_NONE;
    if (answer != NULL && !liar->postgres && strncmp(sql, "INSERT", 6) == 0)
        answer = NULL;
    if (*lie == LIE_ENDLESS_ROWS && answer != NULL && answer->columns == LIAR_VIDEO_COLUMNS)
        *lie = LIE_NONE;
    if (*lie != LIE_NONE) {
        snprintf(liar->statement, sizeof liar->statement, "%s", sql);
        liar->had_rows = answer != NULL;
    }
    if (answer == NULL && *lie != LIE_ROWS)
        return false;
    static const LiarAnswer number_one = {"", 1, "1"};
    static const LiarAnswer nobody = {"", 5, "~|~|~|~|~"};
    if (liar->unclaimed && strncmp(sql, "SELECT model_name", 17) == 0)
        answer = &nobody;
    liar_read_rows(answer != NULL ? answer : &number_one, liar->postgres, rows);
    // A cursor ends.
    if (strncmp(sql, "FETCH", 5) == 0 && liar->fetched++ % 2 == 1)
        rows->count = 0;
    if (*lie != LIE_NONE && rows->count == 0)
        liar->had_rows = false;
    liar_bend(*lie, rows);
    return true;
}

/* ---- bytes -------------------------------------------------------------------------------------------- */

static inline bool liar_send(int connection, const void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = (const char *)bytes + sent;
        size -= (size_t)sent;
    }
    return true;
}

static inline bool liar_send_garbage(int connection)
{
    uint8_t bytes[3000];
    uint32_t state = 12345;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
    liar_send(connection, bytes, sizeof bytes);
    return false; // and closes
}

/* ---- the server --------------------------------------------------------------------------------------- */

static inline void liar_start(Liar *liar, void *(*run)(void *))
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    liar->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(liar->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(liar->listener, 8), 0);
    assert_int_equal(getsockname(liar->listener, (struct sockaddr *)&address, &size), 0);
    liar->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&liar->thread, NULL, run, liar), 0);
}

static inline void liar_stop(Liar *liar)
{
    shutdown(liar->listener, SHUT_RDWR);
    pthread_join(liar->thread, NULL);
    close(liar->listener);
}

static inline void liar_note(Liar *liar, const void *bytes, size_t size)
{
    size_t room = sizeof liar->received - liar->received_bytes;
    size = size < room ? size : room;
    memcpy(liar->received + liar->received_bytes, bytes, size);
    liar->received_bytes += size;
}

#endif
