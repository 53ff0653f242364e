/* SPDX-License-Identifier: MIT */
/* Applying a schema's migrations. */
#include "store/sql/sql_migrate.h"

#include <string.h>

#include "base/error.h"

int rv_schema_newest(const SchemaStep *steps)
{
    int version = 0;
    for (size_t i = 0; steps[i].version != 0; i++)
        version = steps[i].version;
    return version;
}

const char *rv_schema_statement(const SchemaStep *steps, const char *name)
{
    const char *sql = NULL;
    for (size_t i = 0; steps[i].version != 0; i++)
        sql = strcmp(steps[i].name, name) == 0 ? steps[i].sql : sql;
    return sql;
}

static RvStatus execute_version(Store *store, const SqlMigrations *migrations, int version, RvError *err)
{
    RvStatus status = RV_OK;
    for (const SchemaStep *step = migrations->steps; status == RV_OK && step->version != 0; step++) {
        if (step->version == version)
            status = migrations->execute(store, step->sql, err);
    }
    return status;
}

/* Run the steps after store->schema_version, and set it to the version that was recorded. */
static RvStatus execute_all(Store *store, const SqlMigrations *migrations, RvError *err)
{
    int newest = rv_schema_newest(migrations->steps);
    RvStatus status = RV_OK;
    for (int version = store->schema_version + 1; status == RV_OK && version <= newest; version++) {
        status = execute_version(store, migrations, version, err);
        // In a transaction it is enough to record the last version.
        if (status != RV_OK || (migrations->begin != NULL && version < newest))
            continue;
        status = migrations->record(store, store->schema_version, version, err);
        if (status == RV_OK)
            store->schema_version = version;
    }
    return status;
}

RvStatus rv_sql_migrate(Store *store, const SqlMigrations *migrations, RvError *err)
{
    if (migrations->begin == NULL)
        return execute_all(store, migrations, err);
    RvStatus status = migrations->begin(store, err);
    if (status != RV_OK)
        return status;
    // Another process may have been faster.
    status = migrations->look(store, err);
    int before = store->schema_version;
    if (status == RV_OK)
        status = execute_all(store, migrations, err);
    status = migrations->end(store, status, err);
    if (status != RV_OK)
        store->schema_version = before;
    return status;
}

RvStatus rv_sql_upgrade(Store *store, const SqlMigrations *migrations, RvError *err)
{
    if (store->schema_version >= rv_schema_newest(migrations->steps))
        return RV_OK;
    RvError cause = {0};
    RvStatus status = rv_sql_migrate(store, migrations, &cause);
    bool forbidden = status != RV_OK && migrations->is_forbidden != NULL && migrations->is_forbidden(store);
    if (status == RV_OK || forbidden)
        return RV_OK;
    return rv_error_wrap(err, status, &cause, "%s", cause.message);
}
