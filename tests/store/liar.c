/* SPDX-License-Identifier: MIT */
#include "liar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What asks for an answer, and the answer: rows between ';', values between '|'. i: an integer, d: a double,
 * v: a vector of TEST_DIMENSIONS, x: bytes, ~ NULL. */
typedef struct LiarAnswer {
    const char *part; // of the statement; the first that fits counts
    int columns;
    const char *rows;
} LiarAnswer;

#define LIAR_SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LIAR_PATHS "SELECT video_id, path, sampling, duration, state FROM videos"
#define LIAR_VIDEO "1|/v.mp4|sha256:00|10|20|2.5|64|36|25|h264|interval:1|complete||2"

static const LiarAnswer liar_answers[] = {
    {"information_schema.tables WHERE table_schema = database()", 1,
     "library;videos;frames;frame_pictures;frames_with_pictures;library_notes"},
    {"SELECT 'relation', relname", 2,
     "schema|public;relation|library;relation|videos;relation|frames;relation|frame_pictures;"
     "relation|frames_with_pictures;relation|library_notes"},
    {"SELECT kind, schema_version", 2, "frames|2"},
    {"SELECT value FROM library_notes", 1, "a note"},
    {"pg_is_in_recovery", 2, "f|f"},
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
    {"INSERT INTO videos", 1, "2"}, // PostgreSQL's RETURNING; in MySQL's protocol it gives no rows
    {LIAR_PATHS, 5, "1|/v.mp4|interval:1|2.5|complete"},
    {"content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling, state, "
     "error, ",
     LIAR_VIDEO_COLUMNS, LIAR_VIDEO},
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
    {"extversion", 3, "t|0.8.0|public"},
    {"pg_total_relation_size", 1, "4096"},
    {"file_size", 1, "4096"},
    {"SELECT count(*) FROM frames", 1, "2"},
    {"SELECT set_config", 1, "x"},
    {"SELECT pg_advisory", 1, ""},
};

static const LiarAnswer *find(const char *sql)
{
    for (size_t i = 0; i < sizeof liar_answers / sizeof liar_answers[0]; i++) {
        if (strstr(sql, liar_answers[i].part) != NULL)
            return &liar_answers[i];
    }
    return NULL;
}

int liar_columns(const char *sql)
{
    const LiarAnswer *answer = find(sql);
    return answer != NULL ? answer->columns : -1;
}

static void put_big_endian(LiarValue *value, uint64_t bits)
{
    for (int i = 0; i < 8; i++)
        value->bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
    value->size = 8;
}

static void put_vector(LiarValue *value, bool postgres)
{
    enum { DIMENSIONS = 8 };
    value->size = DIMENSIONS * 4 + (postgres ? 4 : 0);
    if (postgres)
        value->bytes[1] = DIMENSIONS;
    // The first number is 1, the others are 0.
    memcpy(value->bytes + (postgres ? 4 : 0), postgres ? "\x3f\x80\0\0" : "\0\0\x80\x3f", 4);
}

static void read_value(const char *text, size_t length, bool postgres, LiarValue *value)
{
    double real;
    *value = (LiarValue){.null = length == 1 && text[0] == '~'};
    if (length >= 2 && text[1] == ':' && text[0] == 'v') {
        put_vector(value, postgres);
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
        put_big_endian(value, bits);
    } else {
        size_t skipped = length >= 2 && text[1] == ':' ? 2 : 0;
        value->size = length - skipped < sizeof value->bytes ? length - skipped : sizeof value->bytes;
        memcpy(value->bytes, text + skipped, value->size);
    }
}

static void read_rows(const LiarAnswer *answer, bool postgres, LiarRows *rows)
{
    *rows = (LiarRows){.columns = answer->columns};
    for (const char *at = answer->rows; *at != '\0'; rows->count++) {
        for (int column = 0; column < answer->columns; column++) {
            size_t length = strcspn(at, "|;");
            read_value(at, length, postgres, &rows->values[rows->count][column]);
            at += length + (at[length] != '\0');
        }
    }
}

static void bend_value(Lie lie, LiarValue *value)
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

static void bend(Lie lie, LiarRows *rows)
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
            bend_value(lie, &rows->values[row][column]);
    }
}

bool liar_dies(Liar *liar, const char *sql)
{
    if (liar->die_at == NULL || strstr(sql, liar->die_at) == NULL)
        return false;
    wire_refuse(&liar->server);
    return true;
}

bool liar_decide(Liar *liar, const char *sql, Lie *lie, LiarRows *rows)
{
    const LiarAnswer *answer = find(sql);
    int number = atomic_fetch_add(&liar->asked, 1);
    if (liar->log != NULL && number < LIAR_LOG_MAX)
        snprintf(liar->log[number], LIAR_LOG_BYTES, "%s", sql);
    *lie = number == liar->lie_at ? liar->lie : LIE_NONE;
    if (answer != NULL && !liar->postgres && strncmp(sql, "INSERT", 6) == 0)
        answer = NULL;
    // A list of all videos may be long.
    if (*lie == LIE_ENDLESS_ROWS && answer != NULL &&
        (answer->columns == LIAR_VIDEO_COLUMNS || strcmp(answer->part, LIAR_PATHS) == 0))
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
    read_rows(answer != NULL ? answer : &number_one, liar->postgres, rows);
    // A cursor ends.
    if (strncmp(sql, "FETCH", 5) == 0 && liar->fetched++ % 2 == 1)
        rows->count = 0;
    if (*lie != LIE_NONE && rows->count == 0)
        liar->had_rows = false;
    bend(*lie, rows);
    return true;
}

int64_t liar_repeats(const LiarRows *rows, Lie lie)
{
    if (rows->count == 0)
        return 1;
    return lie == LIE_MANY_ROWS ? 5000 : lie == LIE_ENDLESS_ROWS ? INT64_MAX : 1;
}

const void *liar_long_value(void)
{
    static char bytes[LIAR_LONG_BYTES];
    return memset(bytes, '9', sizeof bytes);
}

bool liar_send_garbage(int connection)
{
    uint8_t bytes[3000];
    uint32_t state = 12345;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
    wire_send(connection, bytes, sizeof bytes);
    return false;
}

void liar_note(Liar *liar, const void *bytes, size_t size)
{
    size_t room = sizeof liar->received - liar->received_bytes;
    size = size < room ? size : room;
    memcpy(liar->received + liar->received_bytes, bytes, size);
    liar->received_bytes += size;
}

void liar_start(Liar *liar)
{
    wire_start(&liar->server, liar->postgres ? liar_postgres_serve : liar_mysql_serve, liar);
}

void liar_stop(Liar *liar)
{
    wire_stop(&liar->server);
}
