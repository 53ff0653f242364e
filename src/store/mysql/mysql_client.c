/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: one statement on the current connection, its answer, errors. */
#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/error.h"
#include "store/mysql/mysql_store.h"
#include "store/sql/text_escape.h"

/* ---- errors ------------------------------------------------------------------------------------------- */

static const struct ErrorMeaning {
    unsigned number;
    RvStatus status;
    const char *advice;
} meanings[] = {
    {CR_SERVER_GONE_ERROR, RV_ERROR_NETWORK,
     "; run the command again when the server answers, what was finished is kept"},
    {CR_SERVER_LOST, RV_ERROR_NETWORK,
     "; run the command again when the server answers, what was finished is kept"},
    {CR_CONNECTION_ERROR, RV_ERROR_NETWORK, "; check the address, and that the server runs"},
    {CR_CONN_HOST_ERROR, RV_ERROR_NETWORK, "; check the address, and that the server runs"},
    {CR_UNKNOWN_HOST, RV_ERROR_NETWORK, "; check the address"},
    {CR_SSL_CONNECTION_ERROR, RV_ERROR_NETWORK,
     "; give the server's certificate authority as ?tls_ca=FILE and the host by the name in its certificate, "
     "or ?tls=require to trust any certificate"},
    {CR_OUT_OF_MEMORY, RV_ERROR_MEMORY, ""},
    {ER_ACCESS_DENIED_ERROR, RV_ERROR_IO, "; check user and password"},
    {ER_DBACCESS_DENIED_ERROR, RV_ERROR_IO, "; the server's administrator can GRANT the rights"},
    {ER_TABLEACCESS_DENIED_ERROR, RV_ERROR_IO, "; the server's administrator can GRANT the rights"},
    {ER_LOCK_WAIT_TIMEOUT, RV_ERROR_BUSY, "; run the command again"},
    {ER_LOCK_DEADLOCK, RV_ERROR_BUSY, "; run the command again"},
    {ER_SERVER_SHUTDOWN, RV_ERROR_NETWORK, "; run the command again when the server answers"},
    {ER_OPTION_PREVENTS_STATEMENT, RV_ERROR_IO, "; this server is a read-only copy"},
};

static RvStatus fail(MysqlStore *store, unsigned number, const char *message, RvError *err)
{
    RvStatus status = RV_ERROR_IO;
    const char *advice = "";
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].number == number) {
            status = meanings[i].status;
            advice = meanings[i].advice;
        }
    }
    char line[RV_ERROR_MESSAGE_SIZE];
    store->error_number = number;
    rv_store_one_line(message, line, sizeof line);
    return rv_error_set(err, status, "%s: %.500s%s", store->base.uri, line, advice);
}

RvStatus rv_mysql_fail(MysqlStore *store, RvError *err)
{
    return fail(store, mysql_errno(store->connection), mysql_error(store->connection), err);
}

RvStatus rv_mysql_fail_statement(MysqlStore *store, MYSQL_STMT *statement, RvError *err)
{
    return fail(store, mysql_stmt_errno(statement), mysql_stmt_error(statement), err);
}

/* ---- asking --------------------------------------------------------------------------------------- */

void rv_mysql_give_up(MysqlStore *store)
{
    store->is_given_up = true;
    rv_wire_shut(mysql_get_socket(store->connection));
}

static RvStatus take_names(MysqlStore *store, MYSQL_RES *result, ServerAnswer *answer, RvError *err)
{
    unsigned columns = mysql_num_fields(result);
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    RvStatus status = rv_answer_begin(answer, &store->base, columns, err);
    for (unsigned i = 0; status == RV_OK && i < columns; i++) {
        const char *name = fields[i].name != NULL ? fields[i].name : "";
        status = rv_answer_add(answer, &store->base, name, strlen(name), err);
    }
    return status;
}

static RvStatus take_rows(MysqlStore *store, MYSQL_RES *result, ServerAnswer *answer, RvError *err)
{
    unsigned columns = mysql_num_fields(result);
    MYSQL_ROW row = NULL;
    RvStatus status = take_names(store, result, answer, err);
    while (status == RV_OK && (row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; status == RV_OK && lengths != NULL && i < columns; i++)
            status = rv_answer_add(answer, &store->base, row[i], lengths[i], err);
        if (status == RV_OK)
            status = rv_answer_end_row(answer, &store->base, err);
    }
    if (status == RV_OK && mysql_errno(store->connection) != 0)
        return rv_mysql_fail(store, err);
    if (status != RV_OK)
        rv_mysql_give_up(store); // else freeing the result would read all the rest of it
    return status;
}

RvStatus rv_mysql_ask(MysqlStore *store, const char *sql, size_t size_bytes, ServerAnswer *answer,
                      bool *began, RvError *err)
{
    int timeout_s = store->is_patient ? 0 : store->answer_timeout_s;
    *began = false;
    store->error_number = 0;
    if (mysql_send_query(store->connection, sql, size_bytes) != 0)
        return rv_mysql_fail(store, err);
    if (rv_wire_wait(mysql_get_socket(store->connection), rv_wire_deadline(timeout_s)) == WIRE_TIMED_OUT) {
        rv_mysql_give_up(store);
        return rv_wire_timed_out(store->base.uri, timeout_s, err);
    }
    if (mysql_read_query_result(store->connection) != 0)
        return rv_mysql_fail(store, err);
    *began = true;
    MYSQL_RES *result = mysql_use_result(store->connection);
    if (result == NULL && mysql_errno(store->connection) != 0)
        return rv_mysql_fail(store, err);
    if (result == NULL && answer->columns != 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: the server gave no rows where it should",
                            store->base.uri);
    if (result == NULL) {
        store->changed_rows = (int64_t)mysql_affected_rows(store->connection);
        store->new_id = (int64_t)mysql_insert_id(store->connection);
        return RV_OK;
    }
    RvStatus status = take_rows(store, result, answer, err);
    mysql_free_result(result);
    return status;
}
