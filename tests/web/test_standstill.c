/* SPDX-License-Identifier: MIT */
/* A server that stands still for some time, as on a virtual machine that is paused: that time is nobody's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "served.h"

#define LIMIT_S 4 // of what is tested
#define STANDSTILL_S 5

static const char body[] = "{\"terms\": [{\"text\": \"a\"}]}";

typedef struct Fixture {
    WebServer *server;
    char head[200];
    int fd;
} Fixture;

static Fixture start(const WebLimits *limits)
{
    Fixture fixture = {0};
    WebOptions options = {.library_uri = "/nowhere/none.db", .limits = *limits};
    RvError err = {0};
    if (web_start(&options, NULL, NULL, &fixture.server, &err) != RV_OK)
        fail_msg("%s", err.message);
    int port = web_port(fixture.server);
    snprintf(fixture.head, sizeof fixture.head,
             "POST /api/v1/search HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
             "Connection: close\r\nContent-Length: %zu\r\n\r\n",
             port, strlen(body));
    fixture.fd = connect_to(port);
    return fixture;
}

static void say(const Fixture *fixture, const char *text, size_t count)
{
    assert_int_equal(send(fixture->fd, text, count, MSG_NOSIGNAL), count);
}

static void read_all(const Fixture *fixture, char *got, size_t size_bytes)
{
    size_t count = 0;
    for (ssize_t more; count < size_bytes - 1; count += (size_t)more) {
        more = recv(fixture->fd, got + count, size_bytes - 1 - count, 0);
        if (more <= 0)
            break;
    }
    got[count] = '\0';
    close(fixture->fd);
}

/* What only a request that came whole, and was looked at, is told. */
static void expect_an_answer(const Fixture *fixture)
{
    char got[2000];
    read_all(fixture, got, sizeof got);
    if (strstr(got, "library_gone") == NULL)
        fail_msg("%s", got[0] != '\0' ? got : "nothing");
}

/* From another process, as this one does nothing meanwhile. */
static void stand_still(void)
{
    pid_t process = getpid(), child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kill(process, SIGSTOP);
        sleep(STANDSTILL_S);
        kill(process, SIGCONT);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Until the server counts the request of the fixture, besides the one that asks. */
static void wait_until_it_runs(const Fixture *fixture)
{
    char got[65536];
    for (int i = 0; i < 600; i++) {
        Fixture other = {.fd = connect_to(web_port(fixture->server))};
        static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        say(&other, request, strlen(request));
        read_all(&other, got, sizeof got);
        if (strstr(got, "reelvec_requests_running 2") != NULL)
            return;
        usleep(50000);
    }
    fail_msg("%s", got);
}

static void headers_and_bodies_have_the_time_that_is_left(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        Fixture fixture = start(&(WebLimits){.headers_s = LIMIT_S, .body_s = LIMIT_S});
        size_t length = strlen(fixture.head), first = i == 0 ? length / 2 : length;
        say(&fixture, fixture.head, first);
        usleep(500000); // what has come was read
        stand_still();
        say(&fixture, fixture.head + first, length - first);
        say(&fixture, body, strlen(body));
        expect_an_answer(&fixture);
        web_stop(fixture.server);
    }
}

static void a_server_that_ends_waits_as_long_as_before(void **state)
{
    (void)state;
    pthread_t thread;
    Fixture fixture = start(&(WebLimits){.stop_s = LIMIT_S});
    say(&fixture, fixture.head, strlen(fixture.head));
    wait_until_it_runs(&fixture); // the headers have been read
    assert_int_equal(pthread_create(&thread, NULL, stop_server, fixture.server), 0);
    usleep(200000); // it waits
    stand_still();
    say(&fixture, body, strlen(body));
    expect_an_answer(&fixture);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(headers_and_bodies_have_the_time_that_is_left),
                                       cmocka_unit_test(a_server_that_ends_waits_as_long_as_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
