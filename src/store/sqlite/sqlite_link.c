/* SPDX-License-Identifier: MIT */
/* SQLite library: how statements that are written once reach the database. */
#include <string.h>

#include "base/utf8.h"
#include "store/sql/sql_link.h"
#include "store/sqlite/sqlite_store.h"

#define STATEMENT_MAX ((size_t)1 << 17)

static RvStatus link_begin(Store *base, SqlMode mode, RvError *err)
{
    (void)mode; // only one writes at a time
    return rv_sqlite_begin((SqliteStore *)base, err);
}

static RvStatus link_end(Store *base, RvStatus status, RvError *err)
{
    return rv_sqlite_end((SqliteStore *)base, status, err);
}

static RvStatus place_mark(void *user, Buffer *sql, size_t index, RvError *err)
{
    (void)user;
    (void)index;
    return rv_buffer_append(sql, "?", 1, err);
}

/* Names and messages may be any bytes. They are bound as TEXT if they are UTF-8, else as BLOB. So they are
 * read back unchanged, and a name has only one representation. */
static void bind_bytes(sqlite3_stmt *statement, int index, const char *text)
{
    // Lengths were checked by the front, so neither call can fail.
    size_t length = strlen(text);
    if (rv_utf8_is_valid(text, length))
        sqlite3_bind_text(statement, index, text, (int)length, SQLITE_STATIC);
    else
        sqlite3_bind_blob(statement, index, text, (int)length, SQLITE_STATIC);
}

static void bind_values(const SqlStatement *statement, sqlite3_stmt *prepared)
{
    for (size_t i = 0; i < statement->count; i++) {
        const SqlValue *value = &statement->values[i];
        int at = (int)i + 1; // a value that is not bound is NULL
        if (value->type == SQL_INTEGER)
            sqlite3_bind_int64(prepared, at, value->integer);
        else if (value->type == SQL_REAL)
            sqlite3_bind_double(prepared, at, value->real);
        else if (value->type == SQL_TEXT)
            bind_bytes(prepared, at, value->bytes);
    }
}

static SqlValue read_value(sqlite3_stmt *prepared, int column)
{
    SqlValue value = {0};
    switch (sqlite3_column_type(prepared, column)) {
    case SQLITE_INTEGER:
        value.type = SQL_INTEGER;
        value.integer = sqlite3_column_int64(prepared, column);
        break;
    case SQLITE_FLOAT:
        value.type = SQL_REAL;
        value.real = sqlite3_column_double(prepared, column);
        break;
    case SQLITE_TEXT:
        value.type = SQL_TEXT;
        value.bytes = sqlite3_column_text(prepared, column);
        value.size_bytes = (size_t)sqlite3_column_bytes(prepared, column);
        break;
    case SQLITE_BLOB:
        value.type = SQL_BYTES;
        value.bytes = sqlite3_column_blob(prepared, column);
        value.size_bytes = (size_t)sqlite3_column_bytes(prepared, column);
        break;
    default:
        break;
    }
    return value;
}

static RvStatus read_rows(SqliteStore *store, sqlite3_stmt *prepared, const SqlReader *reader, RvError *err)
{
    SqlRow row = {.store = &store->base};
    size_t columns = strlen(reader->columns);
    bool there = true;
    RvStatus status = RV_OK;
    for (size_t count = 0; status == RV_OK && count < reader->max_rows; count++) {
        status = rv_sqlite_step(store, prepared, &there, err);
        if (status != RV_OK || !there)
            break;
        for (size_t i = 0; i < columns; i++) {
            // Names are valid only after the first step: if the schema has changed, it prepares the statement again.
            row.names[i] = sqlite3_column_name(prepared, (int)i);
            row.values[i] = read_value(prepared, (int)i);
        }
        status = reader->row(reader->user, &row, err);
    }
    return status;
}

/* Return the kept statement if it has the same text, else prepare a new one. */
static RvStatus prepare(SqliteStore *store, const char *sql, sqlite3_stmt **out, RvError *err)
{
    if (store->last == NULL || strcmp(sqlite3_sql(store->last), sql) != 0)
        return rv_sqlite_prepare(store, sql, out, err);
    *out = store->last;
    store->last = NULL;
    return RV_OK;
}

static void keep(SqliteStore *store, sqlite3_stmt *prepared)
{
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
    sqlite3_finalize(store->last); // a callback may have left one
    store->last = prepared;
}

static RvStatus link_run(Store *base, const SqlStatement *statement, const SqlReader *reader, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    sqlite3_stmt *prepared = NULL;
    Buffer sql;
    rv_buffer_init(&sql, STATEMENT_MAX);
    RvStatus status = rv_sql_write(statement, &sql, place_mark, NULL, err);
    if (status == RV_OK)
        status = prepare(store, (const char *)sql.bytes, &prepared, err);
    rv_buffer_clear(&sql);
    if (status == RV_OK) {
        bind_values(statement, prepared);
        status = reader != NULL ? read_rows(store, prepared, reader, err)
                                : rv_sqlite_step(store, prepared, NULL, err);
    }
    if (status == RV_OK)
        keep(store, prepared);
    else
        sqlite3_finalize(prepared);
    return status;
}

static int64_t link_changed(const Store *base)
{
    return sqlite3_changes(((const SqliteStore *)base)->db);
}

static int64_t link_last_id(const Store *base)
{
    return sqlite3_last_insert_rowid(((const SqliteStore *)base)->db);
}

/* Enter the deleted rows into the change log. */
static RvStatus link_after_delete(Store *base, int64_t video_id, RvError *err)
{
    KeyRange keys = rv_store_video_keys(video_id);
    return rv_sqlite_log_change((SqliteStore *)base, keys.first, keys.last, err);
}

static RvStatus link_begin_claim(Store *base, const ModelIdentity *wanted, RvError *err)
{
    (void)wanted;
    return rv_sqlite_begin((SqliteStore *)base, err);
}

static const SqlWords words = {
    .now = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
    .cascades = true,
    .insert_tail = "",
    .note_head = "REPLACE INTO library_notes (name, value) VALUES",
    .note_tail = "",
    .normalized = "normalized",
    .lock_video = "",
    .lock_library = "",
    .lock_claim = "",
};

const SqlLink rv_sqlite_link = {
    .words = &words,
    .begin = link_begin,
    .end = link_end,
    .run = link_run,
    .changed = link_changed,
    .last_id = link_last_id,
    .after_delete = link_after_delete,
    .begin_claim = link_begin_claim,
    .end_claim = link_end,
};
