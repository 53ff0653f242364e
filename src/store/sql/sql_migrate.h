/* SPDX-License-Identifier: MIT */
/* A library's schema as a list of numbered migrations, and the one way to apply them.
 *
 * A new library gets all of them, an older one those that it lacks, from the first process that opens it for
 * writing. A reader uses an older library as it is. So does a writer that the database does not allow to
 * change tables.
 *
 * If a transaction can undo changes of tables, all migrations are one transaction: if the process is killed,
 * the version is the old one. If not, every version is recorded by itself, after its statements. If the
 * process is killed then, a part of the next version may be there already. So the statements must be
 * repeatable (CREATE ... IF NOT EXISTS), also while another process runs the same ones. */
#ifndef RV_SQL_MIGRATE_H
#define RV_SQL_MIGRATE_H

#include "store/store_backend.h"

/* A statement of a schema, as tools/embed_sql.py makes them of schema.sql. */
typedef struct SchemaStep {
    int version;      // of the schema that it belongs to, rising; 0 ends the list
    const char *name; // of the table, index, view or trigger that it makes; "": it makes none
    const char *sql;
} SchemaStep;

typedef struct SqlMigrations {
    const SchemaStep *steps;
    /* Begin the transaction, and keep other processes from migrating. NULL: a change of a table ends a
     * transaction. */
    RvStatus (*begin)(Store *store, RvError *err);
    /* After begin: set store->schema_version to that of the library, 0 if there is none. */
    RvStatus (*look)(Store *store, RvError *err);
    /* Commit if status is RV_OK, else roll back; returns the status of the whole. */
    RvStatus (*end)(Store *store, RvStatus status, RvError *err);
    RvStatus (*execute)(Store *store, const char *sql, RvError *err);
    /* Record the version. from 0: the library is new. Must not lower a recorded version. */
    RvStatus (*record)(Store *store, int from, int to, RvError *err);
    /* True if the last failure was that this user may not change tables here. NULL: that is known before. */
    bool (*is_forbidden)(const Store *store);
} SqlMigrations;

/* Returns the version after all steps. */
int rv_schema_newest(const SchemaStep *steps);
/* Returns the statement of the newest version that makes the object `name`, which must exist. */
const char *rv_schema_statement(const SchemaStep *steps, const char *name);

/* Bring a library from store->schema_version (0: there is none) to the newest version, and set
 * store->schema_version to it. Steps that another process did meanwhile are not repeated. */
RvStatus rv_sql_migrate(Store *store, const SqlMigrations *migrations, RvError *err);
/* The same for a library that was opened for writing. If this user may not change tables, it stays as it is. */
RvStatus rv_sql_upgrade(Store *store, const SqlMigrations *migrations, RvError *err);

#endif
