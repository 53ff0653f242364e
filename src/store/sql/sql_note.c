/* SPDX-License-Identifier: MIT */
/* Notes of a library: the table library_notes. */
#include "store/sql/sql_note.h"

#include "store/sql/sql_link.h"

static RvStatus take_note(void *user, const SqlRow *row, RvError *err)
{
    char **value = user;
    bool there = row->values[0].type != SQL_NULL && *value == NULL;
    return there ? rv_sql_text(row, 0, "library_notes", value, err) : RV_OK;
}

RvStatus rv_sql_get_note(Store *store, const char *name, char **value, RvError *err)
{
    SqlReader reader = {"t", .max_rows = SQL_FEW_ROWS, .row = take_note, .user = value};
    return rv_sql_query(store, &reader, err, "SELECT value FROM library_notes WHERE name = %s", name);
}

RvStatus rv_sql_put_note(Store *store, const char *name, const char *value, RvError *err)
{
    return rv_sql_run(store, err, "%w (%s, %s)%w", store->backend->link->words->note_head, name, value,
                      store->backend->link->words->note_tail);
}

static RvStatus take_created(void *user, const SqlRow *row, RvError *err)
{
    return rv_sql_text(row, 0, "library", user, err);
}

RvStatus rv_sql_created(Store *store, char **text, RvError *err)
{
    SqlReader reader = {"t", .max_rows = 1, .row = take_created, .user = text};
    *text = NULL;
    return rv_sql_query(store, &reader, err, "SELECT created FROM library WHERE id = 1");
}
