/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: statements, values, errors. */
#include <errmsg.h>
#include <mysqld_error.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/mysql/mysql_store.h"
#include "store/sql/text_escape.h"

#define STATEMENT_MAX ((size_t)16 << 20)

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

/* ---- writing statements ------------------------------------------------------------------------------- */

RvStatus rv_mysql_append_text(MysqlStore *store, Buffer *sql, const char *text, RvError *err)
{
    if (text == NULL)
        return rv_buffer_append(sql, "NULL", 4, err);
    Buffer encoded;
    rv_buffer_init(&encoded, ANSWER_TEXT_MAX + 1);
    RvStatus status = rv_store_text_encode(text, &encoded, err);
    if (status == RV_OK)
        status = rv_buffer_reserve(sql, 2 * encoded.size_bytes + 3, err);
    if (status == RV_OK) {
        char *to = (char *)sql->bytes + sql->size_bytes;
        *to = '\'';
        // libmariadb follows what the server said of backslashes.
        unsigned long length = mysql_real_escape_string(
            store->connection, to + 1, encoded.size_bytes > 0 ? (const char *)encoded.bytes : "",
            encoded.size_bytes);
        to[1 + length] = '\'';
        sql->size_bytes += length + 2;
        sql->bytes[sql->size_bytes] = '\0';
    }
    rv_buffer_clear(&encoded);
    return status;
}

RvStatus rv_mysql_append_bytes(Buffer *sql, const void *bytes, size_t size_bytes, RvError *err)
{
    static const char digits[] = "0123456789ABCDEF";
    RvStatus status = rv_buffer_reserve(sql, 2 * size_bytes + 4, err);
    if (status != RV_OK)
        return status;
    uint8_t *to = sql->bytes + sql->size_bytes;
    const uint8_t *from = bytes;
    *to++ = 'X';
    *to++ = '\'';
    for (size_t i = 0; i < size_bytes; i++) {
        *to++ = (uint8_t)digits[from[i] >> 4];
        *to++ = (uint8_t)digits[from[i] & 15];
    }
    *to++ = '\'';
    *to = '\0';
    sql->size_bytes += 2 * size_bytes + 3;
    return RV_OK;
}

RvStatus rv_mysql_append_real(Buffer *sql, double value, RvError *err)
{
    char text[40];
    // With an exponent it is a double and not a decimal number.
    snprintf(text, sizeof text, "%.17e", value);
    for (char *at = text; *at != '\0'; at++) { // the caller's locale may have another sign there
        if (*at == ',')
            *at = '.';
    }
    return rv_buffer_append(sql, text, strlen(text), err);
}

static RvStatus write_statement(MysqlStore *store, Buffer *sql, const char *format, va_list arguments,
                                RvError *err)
{
    RvStatus status = RV_OK;
    while (status == RV_OK && *format != '\0') {
        size_t length = strcspn(format, "%");
        status = rv_buffer_append(sql, format, length, err);
        format += length;
        if (status != RV_OK || *format == '\0')
            break;
        if (format[1] == 's')
            status = rv_mysql_append_text(store, sql, va_arg(arguments, const char *), err);
        else if (format[1] == 'd')
            status = rv_buffer_append_format(sql, err, "%lld", (long long)va_arg(arguments, int64_t));
        else if (format[1] == 'f')
            status = rv_mysql_append_real(sql, va_arg(arguments, double), err);
        else
            status = rv_buffer_append(sql, "%", 1, err);
        format += 2;
    }
    return status;
}

/* ---- statements --------------------------------------------------------------------------------------- */

static bool is_gone(const MysqlStore *store)
{
    return store->error_number == CR_SERVER_GONE_ERROR || store->error_number == CR_SERVER_LOST;
}

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
        rv_mysql_give_up(store); // else freeing the result would read the rest of it, however long
    return status;
}

/* *began: the server has begun to answer. */
static RvStatus ask(MysqlStore *store, const char *sql, size_t size_bytes, ServerAnswer *answer, bool *began,
                    RvError *err)
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

RvStatus rv_mysql_run(MysqlStore *store, const char *sql, size_t size_bytes, ServerAnswer *out, RvError *err)
{
    ServerAnswer unread = rv_answer_unread();
    ServerAnswer *answer = out != NULL ? out : &unread;
    bool began = false, may_connect = !store->in_transaction && !store->is_connecting;
    RvStatus status = RV_OK;
    if (store->is_given_up && may_connect)
        status = rv_mysql_reconnect(store, err);
    else if (store->is_given_up)
        return rv_error_set(err, RV_ERROR_NETWORK, "%s: the connection was given up; run the command again",
                            store->base.uri);
    if (status != RV_OK)
        return status;
    status = ask(store, sql, size_bytes, answer, &began, err);
    if (status != RV_OK && !began && is_gone(store) && !store->is_given_up && may_connect) {
        status = rv_mysql_reconnect(store, err);
        if (status == RV_OK)
            status = ask(store, sql, size_bytes, answer, &began, err);
    }
    return status;
}

RvStatus rv_mysql_query(MysqlStore *store, ServerAnswer *out, RvError *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    RvStatus status = rv_mysql_query_list(store, out, err, format, arguments);
    va_end(arguments);
    return status;
}

RvStatus rv_mysql_query_list(MysqlStore *store, ServerAnswer *out, RvError *err, const char *format,
                             va_list arguments)
{
    Buffer sql;
    rv_buffer_init(&sql, STATEMENT_MAX);
    RvStatus status = write_statement(store, &sql, format, arguments, err);
    if (status == RV_OK)
        status = rv_mysql_run(store, (const char *)sql.bytes, sql.size_bytes, out, err);
    rv_buffer_clear(&sql);
    return status;
}

RvStatus rv_mysql_begin(MysqlStore *store, const char *sql, RvError *err)
{
    RvStatus status = rv_mysql_query(store, NULL, err, sql);
    store->in_transaction = status == RV_OK;
    return status;
}

RvStatus rv_mysql_begin_writing(MysqlStore *store, RvError *err)
{
    RvStatus status = rv_mysql_begin(store, "START TRANSACTION", err);
    if (status != RV_OK)
        return status;
    status = rv_store_queue_fence(&store->base, err);
    return status == RV_OK ? RV_OK : rv_mysql_end(store, status, err);
}

RvStatus rv_mysql_end(MysqlStore *store, RvStatus status, RvError *err)
{
    if (status == RV_OK)
        status = rv_mysql_query(store, NULL, err, "COMMIT");
    if (status != RV_OK)
        rv_mysql_query(store, NULL, NULL, "ROLLBACK");
    store->in_transaction = false;
    return status;
}

RvStatus rv_mysql_integer(MysqlStore *store, const char *sql, int64_t fallback, int64_t *out, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    *out = fallback;
    RvStatus status = rv_mysql_query(store, &answer, err, sql);
    if (status == RV_OK && rv_answer_value(&answer, 0, 0, NULL) != NULL)
        status = rv_answer_integer(&answer, &store->base, 0, 0, "answer", INT64_MIN, INT64_MAX, out, err);
    rv_answer_clear(&answer);
    return status;
}
