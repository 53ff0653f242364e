/* SPDX-License-Identifier: MIT */
/* MariaDB library: the table of jobs, and the pieces of its statements in MariaDB's dialect. */
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

const StoreQueue rv_mysql_mariadb_queue = {
    .schema = schema,
    .insert = "INSERT IGNORE INTO index_jobs (path, path_key, settings, state, worker, lease_number, "
              "lease_until, attempts, message, created, updated) "
              "VALUES (%s, %s, %s, 'waiting', '', 0, 0, 0, '', now(), now())",
    .clock = "unix_timestamp(now(6))",
    .by_state = " FORCE INDEX (index_jobs_by_state)",
    .limit = "SET SESSION idle_transaction_timeout = %d",
};
