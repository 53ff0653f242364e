/* SPDX-License-Identifier: MIT */
/* SQL scripts for other databases: plain tables and rows, blobs as hexadecimal literals. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_file.h"
#include "json_text.h"
#include "terminal.h"
#include "text.h"

#define ROWS_PER_INSERT 16 // with 512 numbers each: 66 kB, far below every server's limit for a statement

static const struct DialectWords {
    const char *bytes, *real;           // types of columns
    const char *before_hex, *after_hex; // text around a hexadecimal literal
    bool backslash;                     // a backslash in a string is an escape
} dialects[] = {
    [DIALECT_SQLITE] = {"BLOB", "REAL", "X'", "'", false},
    [DIALECT_MYSQL] = {"LONGBLOB", "DOUBLE", "X'", "'", true},
    [DIALECT_POSTGRES] = {"BYTEA", "DOUBLE PRECISION", "'\\x", "'::bytea", false},
};

static void write_hex(FILE *file, SqlDialect dialect, const void *bytes, size_t size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    char block[2 * 512];
    const unsigned char *at = bytes;
    fputs(dialects[dialect].before_hex, file);
    while (size_bytes > 0) {
        size_t count = size_bytes < 512 ? size_bytes : 512;
        for (size_t i = 0; i < count; i++) {
            block[2 * i] = digits[at[i] >> 4];
            block[2 * i + 1] = digits[at[i] & 15];
        }
        fwrite(block, 1, 2 * count, file);
        at += count;
        size_bytes -= count;
    }
    fputs(dialects[dialect].after_hex, file);
}

/* Servers refuse bytes that are not UTF-8; they become U+FFFD. A terminal gets nothing that it would obey. */
static bool write_string(FILE *file, SqlDialect dialect, const char *text)
{
    char *clean = cli_is_terminal(file) ? cli_text_clean(text) : NULL;
    json_t *string = cli_json_string(clean != NULL ? clean : text);
    free(clean);
    if (string == NULL)
        return false;
    fputc('\'', file);
    for (const char *at = json_string_value(string); *at != '\0'; at++) {
        if (*at == '\'' || (*at == '\\' && dialects[dialect].backslash))
            fputc(*at, file);
        fputc(*at, file);
    }
    fputc('\'', file);
    json_decref(string);
    return true;
}

void cli_sql_tables(FILE *file, SqlDialect dialect, bool pictures)
{
    const char *bytes = dialects[dialect].bytes, *real = dialects[dialect].real;
    const char *path = dialect == DIALECT_MYSQL ? "LONGTEXT" : "TEXT";
    fprintf(file,
            "-- Written by `reelvec export --format sql`. embedding_data: float32, little endian.\n"
            "CREATE TABLE videos (video_id BIGINT PRIMARY KEY, path %s NOT NULL, content_key %s NOT NULL, "
            "duration %s NOT NULL,\n  frame_rate %s NOT NULL, width INTEGER NOT NULL, height INTEGER NOT "
            "NULL, codec "
            "%s NOT NULL, sampling %s NOT NULL, state %s NOT NULL, error %s NOT NULL);\n"
            "CREATE TABLE frames (video_id BIGINT NOT NULL, frame_number BIGINT NOT NULL, time %s NOT NULL,\n"
            "  embedding_data %s NOT NULL, PRIMARY KEY (video_id, frame_number));\n",
            path, path, real, real, path, path, path, path, real, bytes);
    if (pictures)
        fprintf(file,
                "CREATE TABLE frame_pictures (video_id BIGINT NOT NULL, frame_number BIGINT NOT NULL,\n"
                "  frame_data %s NOT NULL, PRIMARY KEY (video_id, frame_number));\n",
                bytes);
    fputs("BEGIN;\n", file);
}

bool cli_sql_video(FILE *file, SqlDialect dialect, const RvVideo *video)
{
    const char *texts[] = {video->codec, video->sampling, video->state_name, video->error};
    fprintf(file, "INSERT INTO videos VALUES (%" PRId64 ", ", video->video_id);
    bool good = write_string(file, dialect, video->path);
    fputs(", ", file);
    good = good && write_string(file, dialect, video->content_key);
    fprintf(file, ", %.17g, %.17g, %d, %d", video->duration_s, video->frame_rate, video->width,
            video->height);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && good; i++) {
        fputs(", ", file);
        good = write_string(file, dialect, texts[i]);
    }
    fputs(");\n", file);
    return good;
}

void cli_sql_frames(FILE *file, SqlDialect dialect, const RvFrameRows *rows)
{
    size_t row_bytes = (size_t)rows->dimensions * sizeof(float);
    for (size_t i = 0; i < rows->count; i++) {
        fputs(i % ROWS_PER_INSERT == 0 ? "INSERT INTO frames VALUES\n  (" : ",\n  (", file);
        fprintf(file, "%" PRId64 ", %" PRId64 ", %.17g, ", rows->video_ids[i], rows->frame_numbers[i],
                rows->times_s[i]);
        write_hex(file, dialect, (const char *)rows->embeddings + i * row_bytes, row_bytes);
        fputc(')', file);
        if ((i + 1) % ROWS_PER_INSERT == 0 || i + 1 == rows->count)
            fputs(";\n", file);
    }
}

void cli_sql_picture(FILE *file, SqlDialect dialect, int64_t video_id, int64_t frame_number, const void *jpeg,
                     size_t size_bytes)
{
    fprintf(file, "INSERT INTO frame_pictures VALUES (%" PRId64 ", %" PRId64 ", ", video_id, frame_number);
    write_hex(file, dialect, jpeg, size_bytes);
    fputs(");\n", file);
}

void cli_sql_end(FILE *file)
{
    fputs("COMMIT;\n", file);
}
