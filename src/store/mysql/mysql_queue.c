/* SPDX-License-Identifier: MIT */
/* MariaDB library: the table of jobs, and its statements in MariaDB's words. */
#include <stdarg.h>

#include "store/mysql/mysql_store.h"

static const char *const schema[] = {
    "CREATE TABLE IF NOT EXISTS index_jobs ("
    "  job_id BIGINT PRIMARY KEY AUTO_INCREMENT,"
    "  path LONGTEXT NOT NULL,"
    "  path_key CHAR(64) CHARACTER SET ascii NOT NULL UNIQUE,"
    "  settings LONGTEXT NOT NULL,"
    "  state VARCHAR(16) CHARACTER SET ascii NOT NULL,"
    "  worker LONGTEXT NOT NULL,"
    "  lease_number BIGINT NOT NULL,"
    "  lease_until DOUBLE NOT NULL,"
    "  attempts INT NOT NULL,"
    "  message LONGTEXT NOT NULL,"
    "  created DATETIME NOT NULL,"
    "  updated DATETIME NOT NULL,"
    "  KEY index_jobs_by_state (state, job_id)"
    ") ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    NULL,
};

/* Locks only of the rows that a statement is about, not of the gaps between them: takers do not wait for each
 * other. */
static RvStatus queue_begin(Store *base, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    RvStatus status = rv_mysql_query(store, NULL, err, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    return status == RV_OK ? rv_mysql_begin(store, "START TRANSACTION", err) : status;
}

static RvStatus queue_end(Store *base, RvStatus status, RvError *err)
{
    return rv_mysql_end((MysqlStore *)base, status, err);
}

static RvStatus queue_query(Store *base, size_t columns, QueueRowCallback callback, void *user, RvError *err,
                            const char *format, ...)
{
    ServerAnswer answer = rv_answer(columns, QUEUE_MAX_ROWS);
    va_list values;
    va_start(values, format);
    RvStatus status =
        rv_mysql_query_list((MysqlStore *)base, columns > 0 ? &answer : NULL, err, format, values);
    va_end(values);
    if (status == RV_OK && columns > 0)
        status = rv_answer_queue_rows(&answer, callback, user, err);
    rv_answer_clear(&answer);
    return status;
}

const StoreQueue rv_mysql_mariadb_queue = {
    .schema = schema,
    .insert = "INSERT IGNORE INTO index_jobs (path, path_key, settings, state, worker, lease_number, "
              "lease_until, attempts, message, created, updated) "
              "VALUES (%s, %s, %s, 'waiting', '', 0, 0, 0, '', now(), now())",
    .now = "unix_timestamp(now(6))",
    .by_state = " FORCE INDEX (index_jobs_by_state)",
    .limit = "SET SESSION idle_transaction_timeout = %d",
    .note_write = "REPLACE INTO library_notes (name, value) VALUES (%s, %s)",
    .begin = queue_begin,
    .end = queue_end,
    .query = queue_query,
};
