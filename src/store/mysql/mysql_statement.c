/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: statements and transactions on a connection that is made again if it is
 * lost. */
#include <errmsg.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/mysql/mysql_store.h"
#include "store/sql/text_escape.h"

#define STATEMENT_MAX ((size_t)16 << 20)

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
        // libmariadb escapes with or without backslashes, as the server's mode requires.
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
    for (char *at = text; *at != '\0'; at++) { // the caller's locale may write another decimal sign
        if (*at == ',')
            *at = '.';
    }
    return rv_buffer_append(sql, text, strlen(text), err);
}

typedef struct Writer {
    MysqlStore *store;
    const SqlStatement *statement;
} Writer;

static RvStatus place_value(void *user, Buffer *sql, size_t index, RvError *err)
{
    const Writer *writer = user;
    const SqlValue *value = &writer->statement->values[index];
    if (value->type == SQL_INTEGER)
        return rv_buffer_append_format(sql, err, "%lld", (long long)value->integer);
    if (value->type == SQL_REAL)
        return rv_mysql_append_real(sql, value->real, err);
    return rv_mysql_append_text(writer->store, sql, value->bytes, err);
}

/* ---- running ------------------------------------------------------------------------------------------ */

static bool is_gone(const MysqlStore *store)
{
    return store->error_number == CR_SERVER_GONE_ERROR || store->error_number == CR_SERVER_LOST;
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
        return rv_wire_given_up(store->base.uri, err);
    if (status != RV_OK)
        return status;
    status = rv_mysql_ask(store, sql, size_bytes, answer, &began, err);
    if (status != RV_OK && !began && is_gone(store) && !store->is_given_up && may_connect) {
        status = rv_mysql_reconnect(store, err);
        if (status == RV_OK)
            status = rv_mysql_ask(store, sql, size_bytes, answer, &began, err);
    }
    return status;
}

RvStatus rv_mysql_execute(MysqlStore *store, const SqlStatement *statement, ServerAnswer *out, RvError *err)
{
    Buffer sql;
    Writer writer = {store, statement};
    rv_buffer_init(&sql, STATEMENT_MAX);
    RvStatus status = rv_sql_write(statement, &sql, place_value, &writer, err);
    if (status == RV_OK)
        status = rv_mysql_run(store, (const char *)sql.bytes, sql.size_bytes, out, err);
    rv_buffer_clear(&sql);
    return status;
}

RvStatus rv_mysql_query(MysqlStore *store, ServerAnswer *out, RvError *err, const char *format, ...)
{
    SqlStatement statement;
    va_list values;
    rv_sql_statement_init(&statement);
    va_start(values, format);
    RvStatus status = rv_sql_add_list(&store->base, &statement, err, format, values);
    va_end(values);
    if (status == RV_OK)
        status = rv_mysql_execute(store, &statement, out, err);
    rv_sql_statement_clear(&statement);
    return status;
}

RvStatus rv_mysql_begin(MysqlStore *store, const char *sql, RvError *err)
{
    RvStatus status = rv_mysql_query(store, NULL, err, sql);
    store->in_transaction = status == RV_OK;
    return status;
}

RvStatus rv_mysql_end(MysqlStore *store, RvStatus status, RvError *err)
{
    if (status == RV_OK)
        status = rv_mysql_query(store, NULL, err, "COMMIT");
    if (status != RV_OK) {
        unsigned number = store->error_number;
        rv_mysql_query(store, NULL, NULL, "ROLLBACK");
        store->error_number = number; // of the statement that failed
    }
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
