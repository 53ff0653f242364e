/* SPDX-License-Identifier: MIT */
/* The end of a server while requests are still on their way (apps/web/server.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "served.h"

#define STOP_S 0.3
#define CLIENTS 6

/* The last byte comes before the end, while the workers stop, and when they have stopped. */
static void a_body_that_comes_after_the_workers_ended(void **state)
{
    char path[] = "/tmp/reelvec_stop_XXXXXX", library[64], head[200], got[2000];
    assert_non_null(mkdtemp(path));
    snprintf(library, sizeof library, "%s/none.db", path);
    WebOptions options = {.library_uri = library, .limits = {.stop_s = STOP_S, .workers = 2}};
    WebServer *server = NULL;
    RvError err = {0};
    pthread_t thread;
    int fds[CLIENTS], answered = 0;
    if (web_start(&options, NULL, NULL, &server, &err) != RV_OK)
        fail_msg("%s", err.message);
    snprintf(head, sizeof head,
             "POST /api/v1/search HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
             "Connection: close\r\nContent-Length: 26\r\n\r\n{\"terms\": [{\"text\": \"a\"}]",
             web_port(server));
    for (size_t i = 0; i < CLIENTS; i++) {
        fds[i] = connect_to(web_port(server));
        assert_int_equal(send(fds[i], head, strlen(head), MSG_NOSIGNAL), strlen(head));
    }
    usleep(200000); // the headers have been read
    assert_int_equal(pthread_create(&thread, NULL, stop_server, server), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        usleep((useconds_t)(STOP_S * 1e6) / (CLIENTS / 2));
        send(fds[i], "}", 1, MSG_NOSIGNAL); // or it is closed already
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        ssize_t size = recv(fds[i], got, sizeof got - 1, 0);
        got[size > 0 ? size : 0] = '\0';
        answered += size > 0;
        if (size > 0)
            assert_int_equal(strncmp(got, "HTTP/1.1 ", 9), 0);
        close(fds[i]);
    }
    pthread_join(thread, NULL);
    rmdir(path);
    assert_true(answered > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_body_that_comes_after_the_workers_ended)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
