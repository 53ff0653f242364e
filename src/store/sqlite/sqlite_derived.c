/* SPDX-License-Identifier: MIT */
/* SQLite library: tokens of derived data, and the log of changes since a file was made.
 *
 * A file belongs to the library if its token is the one in derived_data. That token changes in the same
 * transaction in which the log is cut, so library and log always agree, even after an old copy of either is
 * restored. The log of a name is complete as long as the schema is the one under which it was registered
 * (schema_cookie counts changes of the schema): then nobody has dropped the triggers for a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sqlite/sqlite_store.h"

static RvStatus derived_path(Store *base, const char *suffix, char *path, size_t size_bytes, RvError *err)
{
    // SQLite's own name for the file: absolute, links followed, as for its log.
    const char *name = sqlite3_db_filename(((SqliteStore *)base)->db, "main");
    int length = name != NULL ? snprintf(path, size_bytes, "%s%s", name, suffix) : 0;
    if (length <= 0 || (size_t)length >= size_bytes)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no place for files beside it", base->uri);
    return RV_OK;
}

/* The last change that the log has ever contained, even if it has been cut since. */
#define NEWEST "SELECT seq FROM sqlite_sequence WHERE name = 'frame_changes'"

static RvStatus read_state(SqliteStore *store, const char *name, DerivedState *out, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    *out = (DerivedState){.supported = true};
    RvStatus status = rv_sqlite_integer(store, "PRAGMA schema_version", 0, &out->schema_cookie, err);
    if (status == RV_OK)
        status = rv_sqlite_integer(store, NEWEST, 0, &out->newest, err);
    if (status == RV_OK)
        status = rv_sqlite_prepare(
            store, "SELECT token, log_position, schema_cookie FROM derived_data WHERE name = ?1", &statement,
            err);
    if (status == RV_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        status = rv_sqlite_step(store, statement, &row, err);
    }
    if (status == RV_OK && row) {
        out->registered = sqlite3_column_int64(statement, 2) == out->schema_cookie;
        out->position = sqlite3_column_int64(statement, 1);
        out->published = out->registered && out->position <= out->newest &&
                         sqlite3_column_type(statement, 0) == SQLITE_BLOB &&
                         sqlite3_column_bytes(statement, 0) == STORE_TOKEN_BYTES;
        if (out->published)
            memcpy(out->token, sqlite3_column_blob(statement, 0), STORE_TOKEN_BYTES);
    }
    sqlite3_finalize(statement);
    return status;
}

static RvStatus derived_state(Store *base, const char *name, DerivedState *out, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    return store->base.schema_version >= 2 ? read_state(store, name, out, err) : RV_OK;
}

typedef struct RangeList {
    KeyRange *ranges;
    size_t count, capacity;
} RangeList;

/* Columns: first_id, last_id. */
static RvStatus append_range(void *user, const SqlRow *row, RvError *err)
{
    RangeList *list = user;
    KeyRange range = {0};
    RvStatus status = rv_sql_integer(row, 0, "frame_changes", INT64_MIN, INT64_MAX, &range.first, err);
    if (status == RV_OK)
        status = rv_sql_integer(row, 1, "frame_changes", INT64_MIN, INT64_MAX, &range.last, err);
    if (status != RV_OK)
        return status;
    if (list->count == list->capacity) {
        KeyRange *items = rv_mem_grow(list->ranges, &list->capacity, list->count + 1, sizeof *items, err);
        if (items == NULL)
            return RV_ERROR_MEMORY;
        list->ranges = items;
    }
    list->ranges[list->count++] = range;
    return RV_OK;
}

static RvStatus derived_changes(Store *base, const DerivedState *state, KeyRange **ranges, size_t *count,
                                RvError *err)
{
    RangeList list = {0};
    SqlReader reader = {"dd", .max_rows = SIZE_MAX, .row = append_range, .user = &list};
    RvStatus status =
        rv_sql_query(base, &reader, err, "SELECT first_id, last_id FROM frame_changes WHERE change_id > %d",
                     state->position);
    *ranges = list.ranges;
    *count = list.count;
    return status;
}

static RvStatus write_state(SqliteStore *store, const char *name, const uint8_t *token, int64_t position,
                            int64_t cookie, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    RvStatus status = rv_sqlite_prepare(
        store,
        "INSERT INTO derived_data (name, token, log_position, schema_cookie) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (name) DO UPDATE SET token = excluded.token, "
        "log_position = excluded.log_position, schema_cookie = excluded.schema_cookie",
        &statement, err);
    if (status == RV_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        if (token != NULL)
            sqlite3_bind_blob(statement, 2, token, STORE_TOKEN_BYTES, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 3, position);
        sqlite3_bind_int64(statement, 4, cookie);
        status = rv_sqlite_step(store, statement, NULL, err);
    }
    sqlite3_finalize(statement);
    return status;
}

static RvStatus derived_register(Store *base, const char *name, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    DerivedState state = {0};
    RvStatus status = rv_sqlite_begin(store, err);
    if (status != RV_OK)
        return status;
    status = read_state(store, name, &state, err);
    if (status == RV_OK && !state.registered)
        status = write_state(store, name, NULL, state.newest, state.schema_cookie, err);
    return rv_sqlite_end(store, status, err);
}

static bool same_state(const DerivedState *a, const DerivedState *b)
{
    return a->registered == b->registered && a->published == b->published && a->position == b->position &&
           a->schema_cookie == b->schema_cookie && memcmp(a->token, b->token, sizeof a->token) == 0;
}

static RvStatus derived_publish(Store *base, const char *name, const DerivedState *seen, const uint8_t *token,
                                RvStatus (*place)(void *user, RvError *err), void *user, bool *done,
                                RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    DerivedState now = {0};
    RvStatus status = rv_sqlite_begin(store, err);
    if (status != RV_OK)
        return status;
    status = read_state(store, name, &now, err);
    bool unchanged =
        status == RV_OK && seen->registered && same_state(&now, seen) && seen->newest <= now.newest;
    if (unchanged)
        status = place(user, err);
    if (unchanged && status == RV_OK)
        status = write_state(store, name, token, seen->newest, now.schema_cookie, err);
    if (unchanged && status == RV_OK)
        status = rv_sqlite_run(
            store,
            "DELETE FROM frame_changes WHERE change_id <= (SELECT min(log_position) FROM derived_data)", err);
    status = rv_sqlite_end(store, status, err);
    *done = unchanged && status == RV_OK;
    return status;
}

const StoreDerived rv_sqlite_derived = {
    .path = derived_path,
    .state = derived_state,
    .changes = derived_changes,
    .register_name = derived_register,
    .publish = derived_publish,
};
