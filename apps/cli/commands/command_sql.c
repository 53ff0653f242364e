/* SPDX-License-Identifier: MIT */
/* reelvec sql: statements on an SQLite library, with the vector functions. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/sql_library.h"
#include "sqlite/sql_functions.h"

typedef struct SqlSettings {
    CliCommon common;
    int format, blobs;
    bool write;
} SqlSettings;

#define FIELD(field) offsetof(SqlSettings, field)

enum { BLOBS_SIZE, BLOBS_HEX };

static const CliOption options[] = {
    {.name = "write",
     .letter = 'w',
     .help = "allow statements that change the library",
     .kind = CLI_FLAG,
     .offset = FIELD(write)},
    CLI_OPTION_FORMAT(SqlSettings),
    {.name = "blobs",
     .argument = "size|hex",
     .help = "show vectors and pictures by their size, or as hexadecimal digits",
     .kind = CLI_CHOICE,
     .offset = FIELD(blobs),
     .choices = "size|hex"},
    CLI_OPTION_LIBRARY(SqlSettings),
    CLI_OPTION_MODEL(SqlSettings),
    CLI_OPTION_THREADS(SqlSettings),
    CLI_OPTION_QUIET(SqlSettings),
};

typedef struct Session {
    const SqlSettings *settings;
    sqlite3 *db;
    const char *name;   // of the library, for messages
    SqlChanges changes; // of the statement that was prepared last
} Session;

/* The result of one statement, printed as a table of its own. */
typedef struct Result {
    const SqlSettings *settings;
    sqlite3_stmt *statement;
    Output output;
    Column columns[OUTPUT_MAX_COLUMNS];
    Cell cells[OUTPUT_MAX_COLUMNS];
    char *texts[OUTPUT_MAX_COLUMNS]; // texts of cells that are not owned by SQLite
} Result;

static char *blob_text(const void *bytes, size_t size_bytes, int blobs)
{
    static const char digits[] = "0123456789abcdef";
    char *text = NULL;
    if (blobs == BLOBS_SIZE)
        return asprintf(&text, "<%zu bytes>", size_bytes) >= 0 ? text : NULL;
    text = malloc(2 * size_bytes + 1);
    for (size_t i = 0; i < size_bytes && text != NULL; i++) {
        text[2 * i] = digits[((const unsigned char *)bytes)[i] >> 4];
        text[2 * i + 1] = digits[((const unsigned char *)bytes)[i] & 15];
    }
    if (text != NULL)
        text[2 * size_bytes] = '\0';
    return text;
}

// Fill a cell of the row from a column of the statement. Returns false if memory is refused.
static bool fill_cell(Result *result, int column)
{
    Cell *cell = &result->cells[column];
    *cell = (Cell){.kind = CELL_TEXT};
    switch (sqlite3_column_type(result->statement, column)) {
    case SQLITE_NULL:
        cell->kind = CELL_NULL;
        return true;
    case SQLITE_INTEGER:
        cell->kind = CELL_WHOLE;
        cell->whole = sqlite3_column_int64(result->statement, column);
        return true;
    case SQLITE_FLOAT:
        cell->kind = CELL_REAL;
        cell->real = sqlite3_column_double(result->statement, column);
        break;
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(result->statement, column);
        result->texts[column] = blob_text(bytes, (size_t)sqlite3_column_bytes(result->statement, column),
                                          result->settings->blobs);
        cell->text = result->texts[column];
        return cell->text != NULL;
    }
    default:
        break;
    }
    cell->text = (const char *)sqlite3_column_text(result->statement, column);
    return cell->text != NULL;
}

static bool print_row(Result *result)
{
    bool good = true;
    int count = (int)result->output.column_count;
    for (int i = 0; i < count && good; i++)
        good = fill_cell(result, i);
    good = good && cli_output_row(&result->output, result->cells);
    for (int i = 0; i < count; i++) {
        free(result->texts[i]);
        result->texts[i] = NULL;
    }
    return good;
}

static int fail_sql(const Session *session, int code)
{
    if ((code & 0xff) == SQLITE_INTERRUPT && cli_interrupted()) {
        cli_message("interrupted");
        return CLI_INTERRUPTED;
    }
    cli_message("%s: %s", session->name, sqlite3_errmsg(session->db));
    return CLI_FAILED;
}

/* Print row by row; tables are printed at the end. */
static int print_rows(const Session *session, Result *result)
{
    int code, count = sqlite3_column_count(result->statement);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_column_name(result->statement, i);
        if (name == NULL)
            return cli_fail_memory();
        result->columns[i] = (Column){.key = name, .title = name, .kind = COLUMN_VALUE};
    }
    if (!cli_output_begin(&result->output, session->settings->format, result->columns, (size_t)count, stdout))
        return cli_fail_memory();
    bool good = true;
    while ((code = sqlite3_step(result->statement)) == SQLITE_ROW && good && !cli_interrupted())
        good = print_row(result) && !ferror(stdout);
    if (code == SQLITE_ROW && cli_interrupted())
        code = SQLITE_INTERRUPT;
    if (ferror(stdout))
        return CLI_FAILED; // cli_finish reports why
    good = cli_output_end(&result->output) && good;
    if (!good)
        return cli_fail_memory();
    return code == SQLITE_DONE ? CLI_DONE : fail_sql(session, code);
}

static int refuse_change(const SqlChanges *changes)
{
    if (changes->attached[0] != '\0' && !changes->library)
        cli_message(
            "sql: this statement changes the attached database '%s', or may; add --write to allow it, or use "
            "a temporary table, which needs no --write",
            changes->attached);
    else if (!changes->other && !changes->temporary) // as VACUUM INTO, of which SQLite tells nothing
        cli_message(
            "sql: this statement changes the library or writes another file, or may; add --write to allow it");
    else
        cli_message("sql: this statement changes the library, or may; add --write to allow it");
    return CLI_FAILED;
}

// Run one statement and print its rows. Returns the exit status.
static int run_statement(const Session *session, sqlite3_stmt *statement)
{
    int count = sqlite3_column_count(statement);
    if (!session->settings->write && !cli_sql_changes_nothing(&session->changes, statement))
        return refuse_change(&session->changes);
    if (count > OUTPUT_MAX_COLUMNS) {
        cli_message("sql: a result of %d columns; at most %d can be shown", count, OUTPUT_MAX_COLUMNS);
        return CLI_FAILED;
    }
    if (count == 0) {
        int code = sqlite3_step(statement);
        return code == SQLITE_DONE ? CLI_DONE : fail_sql(session, code);
    }
    Result *result = calloc(1, sizeof *result);
    if (result == NULL)
        return cli_fail_memory();
    result->settings = session->settings;
    result->statement = statement;
    int status = print_rows(session, result);
    free(result);
    return status;
}

static int run_script(Session *session, const char *sql)
{
    int status = CLI_DONE;
    while (*sql != '\0' && status == CLI_DONE) {
        sqlite3_stmt *statement = NULL;
        const char *rest = NULL;
        session->changes = (SqlChanges){0};
        int code = sqlite3_prepare_v2(session->db, sql, -1, &statement, &rest);
        if (code != SQLITE_OK)
            status = fail_sql(session, code);
        else if (statement != NULL)
            status = run_statement(session, statement);
        sqlite3_finalize(statement);
        cli_flush(); // a reader of the pipe receives this result while the next statement runs
        sql = status == CLI_DONE ? rest : "";
    }
    return status;
}

/* Read a script from standard input, at most 64 MiB. Returns NULL with a message on failure. Free with
 * free(). */
static char *read_script(void)
{
    char *text = NULL;
    size_t size_bytes = 0, max_bytes = (size_t)64 << 20;
    FILE *memory = open_memstream(&text, &size_bytes);
    char block[65536];
    size_t got;
    while (memory != NULL && size_bytes <= max_bytes && (got = fread(block, 1, sizeof block, stdin)) > 0) {
        fwrite(block, 1, got, memory);
        fflush(memory);
    }
    bool good = memory != NULL && !ferror(memory);
    if (memory != NULL && fclose(memory) != 0)
        good = false;
    if (!good)
        cli_fail_memory();
    else if (ferror(stdin) || size_bytes > max_bytes || strlen(text) != size_bytes)
        cli_message("sql: standard input: not a readable script of at most 64 MiB");
    else
        return text;
    free(text);
    return NULL;
}

static int stop_when_interrupted(void *user)
{
    (void)user;
    return cli_interrupted();
}

static int query(const SqlSettings *settings, const char *sql)
{
    Session session = {.settings = settings};
    char path[PATH_MAX];
    RvError err = {0};
    const char *model = settings->common.model;
    SqlFunctionOptions function_options = {.model = model, .thread_count = settings->common.thread_count};
    if (cli_sql_open(cli_library(&settings->common), settings->write, path, sizeof path, &session.db, &err) !=
        RV_OK)
        return cli_fail(&err);
    session.name = path;
    cli_sql_watch(session.db, &session.changes);
    cli_catch_interrupts();
    sqlite3_progress_handler(session.db, 10000, stop_when_interrupted, NULL);
    int code = sql_functions_register(session.db, &function_options);
    int status = code == SQLITE_OK ? run_script(&session, sql) : fail_sql(&session, code);
    if (settings->write && sqlite3_get_autocommit(session.db) == 0) {
        cli_message("sql: the transaction was not committed; its changes are undone");
        status = status == CLI_DONE ? CLI_FAILED : status;
    }
    sqlite3_close_v2(session.db);
    return status;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    SqlSettings *settings = user;
    int status = CLI_DONE;
    const char *sql = cli_values_argument(values, 0);
    char *script = strcmp(sql, "-") == 0 ? read_script() : NULL;
    if (strcmp(sql, "-") == 0)
        status = script != NULL ? query(settings, script) : CLI_FAILED;
    else
        status = query(settings, sql);
    free(script);
    return status;
}

const CliCommand cli_command_sql = {
    .name = "sql",
    .arguments = "STATEMENTS",
    .summary = "SQL on a library file, with vector functions",
    .description =
        "Runs SQLite's SQL on the library and prints what it gives; '-' reads the statements from standard "
        "input. Nothing can be changed without --write, nor another file written; EXPLAIN and PRAGMAs that only tell "
        "something need none. Temporary tables and views are no part of the library, and last as long as the command.\n"
        "Besides SQLite's functions there are dot_product(a, b), embed_text('...'), embed_image(blob), "
        "vector_from_json(text), vector_to_json(vector), vector_length(vector), which counts its numbers, "
        "and "
        "vector_norm(vector), and the shell's readfile(path). The tables are videos, frames (video_id, "
        "frame_number, time, embedding_data) "
        "and "
        "frame_pictures (frame_data); the view frames_with_pictures joins them.\n"
        "The extension libreelvec_sqlite brings the same functions to every other program that uses SQLite.",
    .examples = "  reelvec sql \"SELECT frame_number, time,\n"
                "      dot_product(embedding_data, embed_text('a red car'))\n"
                "      AS score FROM frames ORDER BY score DESC LIMIT 5\"\n"
                "  reelvec sql --format csv \"SELECT path, duration FROM videos\"\n"
                "  reelvec sql --write \"DELETE FROM videos WHERE state = 'failed'\"\n",
    CLI_OPTIONS(SqlSettings, options),
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
