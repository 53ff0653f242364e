/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: the link through which common statements reach the server. */
#include <mysqld_error.h>

#include "base/error.h"
#include "store/mysql/mysql_store.h"

/* SQL_WRITE_FAIR locks only the rows that a statement is about, not the gaps between them, so that workers
 * which take jobs do not wait for each other. */
static RvStatus link_begin(Store *base, SqlMode mode, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    RvStatus status = mode == SQL_WRITE_FAIR
                          ? rv_mysql_query(store, NULL, err, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                          : RV_OK;
    return status == RV_OK ? rv_mysql_begin(store, "START TRANSACTION", err) : status;
}

static RvStatus link_end(Store *base, RvStatus status, RvError *err)
{
    return rv_mysql_end((MysqlStore *)base, status, err);
}

static RvStatus link_run(Store *base, const SqlStatement *statement, const SqlReader *reader, RvError *err)
{
    ServerAnswer answer = rv_answer_for(reader);
    RvStatus status = rv_mysql_execute((MysqlStore *)base, statement, &answer, err);
    if (status == RV_OK && reader != NULL)
        status = rv_answer_read(&answer, base, reader, NULL, err);
    rv_answer_clear(&answer);
    return status;
}

static int64_t link_changed(const Store *base)
{
    return ((const MysqlStore *)base)->changed_rows;
}

static int64_t link_last_id(const Store *base)
{
    return ((const MysqlStore *)base)->new_id;
}

static bool link_is_taken(const Store *base)
{
    return ((const MysqlStore *)base)->error_number == ER_DUP_ENTRY;
}

/* ---- the claim ---------------------------------------------------------------------------------------- */

/* MariaDB ends a transaction when a table is changed. Locked tables stay locked, and no other can be used. */
static RvStatus mariadb_begin_claim(Store *base, const ModelIdentity *wanted, RvError *err)
{
    bool notes = wanted->details[0] != '\0' && base->has_notes;
    return rv_mysql_query((MysqlStore *)base, NULL, err,
                          notes ? "LOCK TABLES library WRITE, frames WRITE, library_notes WRITE"
                                : "LOCK TABLES library WRITE, frames WRITE");
}

static RvStatus mariadb_end_claim(Store *base, RvStatus status, RvError *err)
{
    (void)err;
    rv_mysql_query((MysqlStore *)base, NULL, NULL, "UNLOCK TABLES");
    return status;
}

static bool link_is_deadlock(const Store *base)
{
    return ((const MysqlStore *)base)->error_number == ER_LOCK_DEADLOCK;
}

/* SingleStore has no such locks. */
static RvStatus singlestore_begin_claim(Store *base, const ModelIdentity *wanted, RvError *err)
{
    (void)base;
    (void)wanted;
    (void)err;
    return RV_OK;
}

static RvStatus singlestore_end_claim(Store *base, RvStatus status, RvError *err)
{
    (void)base;
    (void)err;
    return status;
}

static RvStatus link_set_dimensions(Store *base, int before, const ModelIdentity *wanted, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    const MysqlDialect *dialect = store->dialect;
    (void)before;
    if (wanted->dimensions > dialect->max_dimensions)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: %s holds vectors of up to %d dimensions, the model gives %d; use another kind of library",
            base->uri, dialect->name, dialect->max_dimensions, wanted->dimensions);
    if (!wanted->normalized && dialect->only_normalized)
        return rv_error_set_hint(
            err, RV_ERROR_UNSUPPORTED, RV_HINT_NORMALIZE_HERE, NULL,
            "%s: MariaDB compares by cosine, which is the dot product of vectors of length 1 only",
            base->uri);
    return dialect->set_dimensions(store, wanted->dimensions, err);
}

/* ---- the tables --------------------------------------------------------------------------------------- */

/* There are no foreign keys: MariaDB's cascades do not update its vector index, and SingleStore has none. */
#define COMMON_WORDS                                                                                         \
    .now = "now()", .has_digests = true, .counts_by_join = true, .finds_id_first = true, .insert_tail = "",  \
    .note_head = "REPLACE INTO library_notes (name, value) VALUES", .note_tail = "",                         \
    .byte_length = "length", .normalized = "normalized", .lock_claim = ""

static const SqlWords mariadb_words = {
    COMMON_WORDS,
    .lock_video = " LOCK IN SHARE MODE",
    .lock_library = "LOCK IN SHARE MODE",
};
static const SqlWords singlestore_words = {
    COMMON_WORDS,
    .lock_video = "",
    .lock_library = "",
};

#define COMMON_FUNCTIONS                                                                                     \
    .begin = link_begin, .end = link_end, .run = link_run, .changed = link_changed, .last_id = link_last_id, \
    .is_taken = link_is_taken, .is_deadlock = link_is_deadlock, .set_dimensions = link_set_dimensions

const SqlLink rv_mysql_mariadb_link = {
    .words = &mariadb_words,
    .begin_claim = mariadb_begin_claim,
    .end_claim = mariadb_end_claim,
    COMMON_FUNCTIONS,
};
const SqlLink rv_mysql_singlestore_link = {
    .words = &singlestore_words,
    .begin_claim = singlestore_begin_claim,
    .end_claim = singlestore_end_claim,
    COMMON_FUNCTIONS,
};
