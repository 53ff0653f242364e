/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: making the tables, recognising a library, its model. */
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/mysql/mysql_store.h"

#define LIBRARY_TABLE "library"
#define TABLES_MAX 32 // of these names, in small and large letters

RvStatus rv_mysql_create_schema(MysqlStore *store, RvError *err)
{
    // Statements that make tables end transactions here, so each may stand alone: what is there is left as it
    // is, and the row of `library` comes last. Two processes may do this at once.
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && store->dialect->schema[i] != NULL; i++)
        status = rv_mysql_query(store, NULL, err, store->dialect->schema[i]);
    if (status == RV_OK)
        status = rv_mysql_query(store, NULL, err,
                                "INSERT IGNORE INTO library (id, kind, schema_version, created) "
                                "VALUES (1, %s, %d, now())",
                                STORE_LIBRARY_KIND, (int64_t)STORE_SCHEMA_VERSION);
    return status;
}

static RvStatus check_library_row(MysqlStore *store, bool *empty, RvError *err)
{
    ServerAnswer answer = rv_answer(ANSWER_LIBRARY_COUNT, 1);
    RvStatus status =
        rv_mysql_query(store, &answer, err, "SELECT kind, schema_version FROM library WHERE id = 1");
    if (status != RV_OK && store->error_number == ER_BAD_FIELD_ERROR)
        status =
            rv_error_set(err, RV_ERROR_FORMAT,
                         "%s: the database has a table `library` of another program; choose another database",
                         store->base.uri);
    // Made, but not to its end: creating goes on from there.
    *empty = status == RV_OK && answer.rows == 0;
    if (status == RV_OK && !*empty)
        status = rv_answer_library(&answer, &store->base, err);
    rv_answer_clear(&answer);
    return status;
}

/* there: the first name of a library that the database has, missing: the first that it lacks, or NULL. */
static RvStatus list_tables(MysqlStore *store, const char **there, const char **missing, RvError *err)
{
    static const char *const names[] = {LIBRARY_TABLE, "videos", "frames", "frame_pictures",
                                        "frames_with_pictures"};
    enum { NAME_COUNT = sizeof names / sizeof names[0] };
    bool found[NAME_COUNT] = {0};
    ServerAnswer answer = rv_answer(1, TABLES_MAX);
    RvStatus status = rv_mysql_query(
        store, &answer, err,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND "
        "table_name IN ('library', 'videos', 'frames', 'frame_pictures', 'frames_with_pictures')");
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        const char *name = rv_answer_value(&answer, row, 0, NULL);
        for (int i = 0; i < NAME_COUNT; i++)
            found[i] = found[i] || (name != NULL && strcmp(name, names[i]) == 0);
    }
    rv_answer_clear(&answer);
    *there = *missing = NULL;
    for (int i = 0; i < NAME_COUNT; i++) {
        *there = found[i] && *there == NULL ? names[i] : *there;
        *missing = !found[i] && *missing == NULL ? names[i] : *missing;
    }
    return status;
}

RvStatus rv_mysql_check_schema(MysqlStore *store, bool *empty, RvError *err)
{
    const char *there = NULL, *missing = NULL;
    RvStatus status = list_tables(store, &there, &missing, err);
    *empty = there == NULL;
    if (status != RV_OK || *empty)
        return status;
    if (strcmp(there, LIBRARY_TABLE) != 0)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: the database has a table `%s` of another program; choose another database",
                            store->base.uri, there);
    status = check_library_row(store, empty, err);
    // The row comes last: if it is there, all tables are, though they may not have been when they were
    // listed.
    if (status == RV_OK && !*empty && missing != NULL)
        status = list_tables(store, &there, &missing, err);
    if (status == RV_OK && !*empty && missing != NULL)
        status = rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is missing; restore a copy or index again",
                              store->base.uri, missing);
    return status;
}

/* ---- the model ---------------------------------------------------------------------------------------- */

RvStatus rv_mysql_read_identity(MysqlStore *store, const char *lock, ModelIdentity *out, bool *present,
                                RvError *err)
{
    char sql[200];
    ServerAnswer answer = rv_answer(ANSWER_IDENTITY_COUNT, 1);
    snprintf(sql, sizeof sql,
             "SELECT model_name, weights_sha256, dimensions, preprocess_version, normalized FROM library "
             "WHERE id = 1 %s",
             lock);
    *present = false;
    RvStatus status = rv_mysql_query(store, &answer, err, sql);
    if (status == RV_OK)
        status = rv_answer_identity(&answer, &store->base, out, present, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_mysql_get_identity(Store *base, ModelIdentity *out, bool *present, RvError *err)
{
    return rv_mysql_read_identity((MysqlStore *)base, "", out, present, err);
}

/* What the kind of server cannot hold, with the reason. */
static RvStatus check_wanted(MysqlStore *store, const ModelIdentity *wanted, RvError *err)
{
    if (wanted->dimensions > store->dialect->max_dimensions)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: %s holds vectors of up to %d dimensions, the model gives %d; use another kind of "
            "library",
            store->base.uri, store->dialect->name, store->dialect->max_dimensions, wanted->dimensions);
    if (!wanted->normalized && store->dialect == &rv_mysql_mariadb)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: MariaDB compares by cosine, which is the dot product of vectors of length 1 only; "
            "index without --no-normalize, or into another kind of library",
            store->base.uri);
    return RV_OK;
}

static RvStatus write_identity(MysqlStore *store, const ModelIdentity *identity, RvError *err)
{
    return rv_mysql_query(store, NULL, err,
                          "UPDATE library SET model_name = %s, weights_sha256 = %s, dimensions = %d, "
                          "preprocess_version = %d, normalized = %d WHERE id = 1",
                          identity->name, identity->weights_sha256, (int64_t)identity->dimensions,
                          (int64_t)identity->preprocess_version, (int64_t)identity->normalized);
}

static RvStatus claim(MysqlStore *store, const ModelIdentity *wanted, ModelIdentity *out, RvError *err)
{
    bool present = false;
    int64_t has_frames = 0;
    RvStatus status = rv_mysql_read_identity(store, "", out, &present, err);
    if (status == RV_OK && present)
        status = rv_mysql_integer(store, "SELECT 1 FROM frames LIMIT 1", 0, &has_frames, err);
    if (status != RV_OK || has_frames != 0)
        return status;
    status = check_wanted(store, wanted, err);
    // The column first: a claim that breaks off in between is done again from the start.
    if (status == RV_OK)
        status = store->dialect->set_dimensions(store, wanted->dimensions, err);
    if (status == RV_OK)
        status = write_identity(store, wanted, err);
    *out = *wanted;
    return status;
}

RvStatus rv_mysql_claim_identity(Store *base, const ModelIdentity *wanted, ModelIdentity *out, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    *out = (ModelIdentity){0};
    // MariaDB ends a transaction where a table changes; locked tables stay ours over that.
    bool locks = store->dialect == &rv_mysql_mariadb;
    RvStatus status =
        locks ? rv_mysql_query(store, NULL, err, "LOCK TABLES library WRITE, frames WRITE") : RV_OK;
    if (status != RV_OK)
        return status;
    status = claim(store, wanted, out, err);
    if (locks)
        rv_mysql_query(store, NULL, NULL, "UNLOCK TABLES");
    return status;
}
