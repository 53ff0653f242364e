/* SPDX-License-Identifier: MIT */
/* A new library of every kind, for cases that run on all of them. */
#ifndef RV_TESTS_BACKEND_FIXTURE_H
#define RV_TESTS_BACKEND_FIXTURE_H

#include "postgres_admin.h"
#include "store_support.h"

typedef struct Backend {
    const char *name;
    const char *variable; // holds the address of a server; NULL: no server
    bool is_kept;         // closing and opening again finds the same library
    const char *option;   // of the build, if it leaves the backend out; NULL: it is there
    // The variable names a database, because a test cannot make one on all nodes of a cluster. Each library
    // gets a schema in it. Other servers get a database for each library.
    bool is_cluster;
} Backend;

#ifdef REELVEC_WITH_POSTGRES
#define POSTGRES_OPTION NULL
#else
#define POSTGRES_OPTION "postgres"
#endif
#ifdef REELVEC_WITH_MYSQL
#define MYSQL_OPTION NULL
#else
#define MYSQL_OPTION "mysql"
#endif

static const Backend backends[] = {
    {"memory", NULL, false, NULL, false},
    {"sqlite", NULL, true, NULL, false},
    {"postgres", "REELVEC_TEST_POSTGRES", true, POSTGRES_OPTION, false},
    {"mariadb", "REELVEC_TEST_MARIADB", true, MYSQL_OPTION, false},
    {"citus", "REELVEC_TEST_CITUS", true, POSTGRES_OPTION, true},
};

static inline const Backend *backend_named(const char *name)
{
    const Backend *backend = backends;
    while (strcmp(backend->name, name) != 0)
        backend++;
    return backend;
}

typedef struct Fixture {
    const Backend *backend;
    char folder[4096];
    char name[64]; // of the database or schema
    char uri[4200];
    Store *store;
} Fixture;

static const StoreOptions create_options = {.create = true};

/* The address of a database of this name on the server that the variable names. */
static inline void server_database(const char *variable, const char *database, char *uri, size_t size_bytes)
{
    const char *server = getenv(variable);
    assert_non_null(server);
    snprintf(uri, size_bytes, "%.*s/%s", (int)(strrchr(server, '/') - server), server, database);
}

/* Writes the address of a new library on a server. On a cluster its schema is made. */
static inline void make_server_library(const Backend *backend, const char *name, char *uri, size_t size_bytes)
{
    if (!backend->is_cluster) {
        server_database(backend->variable, name, uri, size_bytes);
        return;
    }
    char sql[100];
    const char *database = getenv(backend->variable);
    assert_non_null(database);
    snprintf(sql, sizeof sql, "CREATE SCHEMA %s", name);
    postgres_admin_run(database, sql);
    // The extensions are in `public`.
    snprintf(uri, size_bytes, "%s%coptions=-csearch_path%%3D%s%%2Cpublic", database,
             strchr(database, '?') != NULL ? '&' : '?', name);
}

/* On a cluster, removes the schema with the library. Other servers belong to the tests, and keep it. */
static inline void drop_server_library(const Backend *backend, const char *name)
{
    char sql[100];
    snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", name);
    if (backend->is_cluster)
        postgres_admin_run(getenv(backend->variable), sql);
}

static inline bool is_there(const Backend *backend)
{
    return backend->option == NULL && (backend->variable == NULL || getenv(backend->variable) != NULL);
}

/* A line that says what switches the tests of a backend on. */
static inline void explain_absence(const Backend *backend)
{
    char name[64];
    if (backend->option != NULL) {
        print_message("%s is not in this build: configure with -D%s=enabled\n", backend->name,
                      backend->option);
        return;
    }
    if (backend->is_cluster) {
        print_message(
            "%s is not set: it is the address of a database on a coordinator, in which every node has "
            "the extensions %s and vector\n",
            backend->variable, backend->name);
        return;
    }
    snprintf(name, sizeof name, "%s_WHY", backend->variable);
    const char *why = getenv(name);
    print_message("%s is not set: ./test starts the servers%s%s\n", backend->variable,
                  why != NULL ? "; not this time: " : "", why != NULL ? why : "");
}

static inline int open_fixture(void **state)
{
    static int libraries = 0;
    Fixture *fixture = calloc(1, sizeof *fixture);
    fixture->backend = *state;
    *state = fixture;
    make_test_folder(fixture->folder, sizeof fixture->folder);
    snprintf(fixture->name, sizeof fixture->name, "reelvec_test_%d_%d", (int)getpid(), ++libraries);
    if (!is_there(fixture->backend))
        return 0;
    if (fixture->backend->variable != NULL)
        make_server_library(fixture->backend, fixture->name, fixture->uri, sizeof fixture->uri);
    else if (fixture->backend->is_kept)
        snprintf(fixture->uri, sizeof fixture->uri, "%s/library.db", fixture->folder);
    else
        snprintf(fixture->uri, sizeof fixture->uri, "memory:");
    RvError error = {0};
    if (rv_store_open(fixture->uri, &create_options, &fixture->store, &error) != RV_OK) {
        // After this failure close_fixture is not called.
        drop_server_library(fixture->backend, fixture->name);
        fail_msg("%s: %s", fixture->backend->name, error.message);
    }
    return 0;
}

static inline int close_fixture(void **state)
{
    Fixture *fixture = *state;
    rv_store_close(fixture->store);
    if (is_there(fixture->backend))
        drop_server_library(fixture->backend, fixture->name);
    remove_test_folder(fixture->folder);
    free(fixture);
    return 0;
}

static inline void reopen(Fixture *fixture)
{
    if (!fixture->backend->is_kept)
        return;
    rv_store_close(fixture->store);
    fixture->store = NULL;
    assert_ok(rv_store_open(fixture->uri, NULL, &fixture->store, err));
}

typedef struct BackendCase {
    const char *name;
    void (*function)(void **state);
} BackendCase;

#define CASE(function)                                                                                       \
    {                                                                                                        \
#function, function                                                                                  \
    }

static void skip_without_server(void **state)
{
    Fixture *fixture = *state;
    explain_absence(fixture->backend);
    skip();
}

typedef enum BackendKind {
    ANY_BACKEND,
    SERVER_WITH_DATABASES, // on which tests make databases
    CLUSTER
} BackendKind;

static inline bool is_of_kind(const Backend *backend, BackendKind kind)
{
    if (kind == CLUSTER)
        return backend->is_cluster;
    return kind == ANY_BACKEND || (backend->variable != NULL && !backend->is_cluster);
}

/* Runs every case on every backend of the kind. For a server that is not there one case is skipped. */
static inline int run_on_backends(const char *group, BackendKind kind, const BackendCase *cases,
                                  size_t case_count)
{
    enum { BACKEND_COUNT = sizeof backends / sizeof backends[0], NAME_BYTES = 128 };
    size_t capacity = BACKEND_COUNT * case_count, count = 0;
    char(*names)[NAME_BYTES] = calloc(capacity, sizeof *names);
    struct CMUnitTest *tests = calloc(capacity, sizeof *tests);
    for (size_t b = 0; b < BACKEND_COUNT; b++) {
        bool there = is_there(&backends[b]);
        if (!is_of_kind(&backends[b], kind))
            continue;
        for (size_t c = 0; c < (there ? case_count : 1); c++, count++) {
            snprintf(names[count], NAME_BYTES, "%s_%s", backends[b].name, there ? cases[c].name : group);
            tests[count] = (struct CMUnitTest){names[count], there ? cases[c].function : skip_without_server,
                                               open_fixture, close_fixture, (void *)&backends[b]};
        }
    }
    int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    free(names);
    return failed;
}

#endif
