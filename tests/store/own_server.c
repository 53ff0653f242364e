/* SPDX-License-Identifier: MIT */
#include "own_server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The next line of the script. */
static void read_line(OwnServer *server, char *line, size_t size_bytes)
{
    if (server->out == NULL || fgets(line, (int)size_bytes, server->out) == NULL)
        fail_msg("the script has ended");
    line[strcspn(line, "\n")] = '\0';
}

void own_server_run(OwnServer *server, const char *script, const char *first, const char *second,
                    const char *third)
{
    int to[2], from[2];
    const char *source = getenv("REELVEC_SOURCE");
    char path[4200];
    snprintf(path, sizeof path, "%s/tests/servers/%s", source != NULL ? source : ".", script);
    assert_true(pipe(to) == 0 && pipe(from) == 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execlp("python3", "python3", path, first, second, third, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    fcntl(to[1], F_SETFD, FD_CLOEXEC); // no other child of the test keeps it open
    server->in = to[1];
    server->out = fdopen(from[0], "r");
    read_line(server, server->uri, sizeof server->uri);
}

void own_server_start(OwnServer *server, const char *kind, const char *database)
{
    const char *folder = getenv("REELVEC_TEST_SERVERS_FOLDER");
    assert_non_null(folder);
    own_server_run(server, "servers.py", folder, "serve", kind);
    char *name = strrchr(server->uri, '/') + 1;
    if (database != NULL)
        snprintf(name, sizeof server->uri - (size_t)(name - server->uri), "%s", database);
}

void own_server_kill(OwnServer *server)
{
    static const char *const answers[] = {"killed", "started"};
    char line[64] = "";
    assert_int_equal(write(server->in, "kill\n", 5), 5);
    for (size_t i = 0; i < 2; i++) {
        read_line(server, line, sizeof line);
        assert_string_equal(line, answers[i]);
    }
}

void own_server_stop(OwnServer *server)
{
    int status = 0;
    close(server->in);
    fclose(server->out);
    waitpid(server->pid, &status, 0);
}
