/* SPDX-License-Identifier: MIT */
/* Notes of a library, for every database with an SqlLink: functions of StoreBackend. */
#ifndef RV_SQL_NOTE_H
#define RV_SQL_NOTE_H

#include "store/store_backend.h"

RvStatus rv_sql_get_note(Store *store, const char *name, char **value, RvError *err);
RvStatus rv_sql_put_note(Store *store, const char *name, const char *value, RvError *err);

/* Of a library whose column `created` is a text. */
RvStatus rv_sql_created(Store *store, char **text, RvError *err);

#define SQL_NOTE_FUNCTIONS .get_note = rv_sql_get_note, .put_note = rv_sql_put_note

#endif
