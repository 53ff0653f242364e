/* SPDX-License-Identifier: MIT */
/* A proxy in front of a PostgreSQL server that writes down what its clients ask, one line each:
 *
 *   == SCENE         as the test names it, after an empty line
 *   * DATABASE       a connection begins
 *   > SQL            one statement, whose values are sent apart (protocol message Parse)
 *   >> SQL           statements without values, sent as one text (Query)
 *   < rows           the data of a COPY begins
 *
 *     store --> proxy (a thread, poll) --> server
 *                 |
 *                 v  notes, in the order in which the statements came
 *
 * White space inside of a statement is one blank. Connections with TLS are not understood. */
#ifndef RV_TESTS_STATEMENT_PROXY_H
#define RV_TESTS_STATEMENT_PROXY_H

#include "postgres_admin.h"
#include "wire.h"

#define PROXY_CONNECTIONS_MAX 8

typedef struct ProxyConnection {
    int client, server; // -1: the entry is free
    bool has_started;   // the start-up packet has come: from now on each message has a type
    bool is_copying;
    WireBytes pending; // the beginning of a message
} ProxyConnection;

typedef struct StatementProxy {
    PostgresPlace place; // of the server
    const char *name;    // of the library's database or schema, which is written as LIBRARY
    int listener, port;
    ProxyConnection connections[PROXY_CONNECTIONS_MAX];
    pthread_mutex_t lock; // of the notes
    WireBytes notes;
    pthread_t thread;
} StatementProxy;

/* place: of the server. name: borrowed; no two runs of a test have the same, so it is written as LIBRARY. */
void proxy_start(StatementProxy *proxy, const PostgresPlace *place, const char *name);

/* From now on what comes belongs to this scene. */
void proxy_begin_scene(StatementProxy *proxy, const char *scene);

/* Ends all connections. Returns the notes, which the caller frees. */
char *proxy_stop(StatementProxy *proxy);

#endif
