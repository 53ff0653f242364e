/* SPDX-License-Identifier: MIT */
/* What tests do on a PostgreSQL server by themselves, without a library. */
#ifndef RV_TESTS_POSTGRES_ADMIN_H
#define RV_TESTS_POSTGRES_ADMIN_H

typedef struct PostgresPlace {
    char host[256], port[16], database[128];
} PostgresPlace;

/* Runs statements on the database of the address. The test fails if the server refuses one. */
void postgres_admin_run(const char *uri, const char *sql);

/* Where the address leads. */
void postgres_admin_place(const char *uri, PostgresPlace *out);

#endif
