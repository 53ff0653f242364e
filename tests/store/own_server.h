/* SPDX-License-Identifier: MIT */
/* Servers of a test's own, by the scripts of tests/servers. */
#ifndef RV_TESTS_OWN_SERVER_H
#define RV_TESTS_OWN_SERVER_H

#include <stdio.h>
#include <sys/types.h>

typedef struct OwnServer {
    pid_t pid;
    int in; // of the script; closing it ends the script
    FILE *out;
    char uri[600];
} OwnServer;

/* Runs a script with three arguments; uri is the line that it prints first. */
void own_server_run(OwnServer *server, const char *script, const char *first, const char *second,
                    const char *third);

/* Starts "postgres" or "mariadb". database: one that is not there yet, for uri; NULL: the one that the script
 * names. */
void own_server_start(OwnServer *server, const char *kind, const char *database);

/* Ends the server with kill -9 and starts it again. */
void own_server_kill(OwnServer *server);

void own_server_stop(OwnServer *server);

#endif
