/* SPDX-License-Identifier: MIT */
#include "postgres_admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#ifdef REELVEC_WITH_POSTGRES

#include <libpq-fe.h>

/* Locks that a failed test has left are not waited for. */
#define SESSION "SET client_min_messages = warning; SET lock_timeout = '20s'"

void postgres_admin_run(const char *uri, const char *sql)
{
    const char *const statements[] = {SESSION, sql};
    char message[600] = "";
    PGconn *connection = PQconnectdb(uri);
    if (PQstatus(connection) != CONNECTION_OK)
        snprintf(message, sizeof message, "%s", PQerrorMessage(connection));
    for (size_t i = 0; message[0] == '\0' && i < sizeof statements / sizeof statements[0]; i++) {
        PGresult *result = PQexec(connection, statements[i]);
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            snprintf(message, sizeof message, "%.200s: %s", statements[i], PQerrorMessage(connection));
        PQclear(result);
    }
    PQfinish(connection);
    if (message[0] != '\0')
        fail_msg("%s", message);
}

void postgres_admin_place(const char *uri, PostgresPlace *out)
{
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    assert_non_null(options);
    *out = (PostgresPlace){.host = "127.0.0.1", .port = "5432"};
    const struct {
        const char *keyword;
        char *to;
        size_t size_bytes;
    } parts[] = {{"host", out->host, sizeof out->host},
                 {"port", out->port, sizeof out->port},
                 {"dbname", out->database, sizeof out->database}};
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            if (option->val != NULL && strcmp(option->keyword, parts[i].keyword) == 0)
                snprintf(parts[i].to, parts[i].size_bytes, "%s", option->val);
        }
    }
    PQconninfoFree(options);
}

#else

void postgres_admin_run(const char *uri, const char *sql)
{
    fail_msg("%s: %s: this build has no PostgreSQL", uri, sql);
}

void postgres_admin_place(const char *uri, PostgresPlace *out)
{
    *out = (PostgresPlace){0};
    fail_msg("%s: this build has no PostgreSQL", uri);
}

#endif
