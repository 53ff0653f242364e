/* SPDX-License-Identifier: MIT */
/* A new library of every kind, for cases that run on all of them. */
#ifndef RV_TESTS_BACKEND_FIXTURE_H
#define RV_TESTS_BACKEND_FIXTURE_H

#include "store_support.h"

typedef struct Backend {
    const char *name;
    const char *variable; // where the address of a server stands; NULL: no server
    bool is_kept;         // closing and opening again finds the same library
    const char *option;   // of the build, where it leaves the backend out; NULL: it is there
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
    {"memory", NULL, false, NULL},
    {"sqlite", NULL, true, NULL},
    {"postgres", "REELVEC_TEST_POSTGRES", true, POSTGRES_OPTION},
    {"mariadb", "REELVEC_TEST_MARIADB", true, MYSQL_OPTION},
};

typedef struct Fixture {
    const Backend *backend;
    char folder[4096];
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
    char database[64];
    snprintf(database, sizeof database, "reelvec_test_%d_%d", (int)getpid(), ++libraries);
    if (!is_there(fixture->backend))
        return 0;
    if (fixture->backend->variable != NULL)
        server_database(fixture->backend->variable, database, fixture->uri, sizeof fixture->uri);
    else if (fixture->backend->is_kept)
        snprintf(fixture->uri, sizeof fixture->uri, "%s/library.db", fixture->folder);
    else
        snprintf(fixture->uri, sizeof fixture->uri, "memory:");
    assert_ok(rv_store_open(fixture->uri, &create_options, &fixture->store, err));
    return 0;
}

static inline int close_fixture(void **state)
{
    Fixture *fixture = *state;
    rv_store_close(fixture->store);
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

/* Every case on every backend, or on those that are servers; one whose server is not there is one skipped
 * case. */
static inline int run_on_backends(const char *group, bool servers_only, const BackendCase *cases,
                                  size_t case_count)
{
    enum { BACKEND_COUNT = sizeof backends / sizeof backends[0], NAME_BYTES = 128 };
    size_t capacity = BACKEND_COUNT * case_count, count = 0;
    char(*names)[NAME_BYTES] = calloc(capacity, sizeof *names);
    struct CMUnitTest *tests = calloc(capacity, sizeof *tests);
    for (size_t b = 0; b < BACKEND_COUNT; b++) {
        bool there = is_there(&backends[b]);
        if (servers_only && backends[b].variable == NULL)
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
