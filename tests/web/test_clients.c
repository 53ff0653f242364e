/* SPDX-License-Identifier: MIT */
/* Limits of connections hold, and the server ends, while a disk does not answer (apps/web/clients.c, sent_files.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients.h"
#include "web_clock.h"

static atomic_int asked;    // how often the disk was asked
static atomic_bool silent;  // whether it answers
static atomic_bool answers; // the end of its silence

/* In place of the C library's. */
int fstat(int fd, struct stat *facts)
{
    atomic_fetch_add(&asked, 1);
    while (atomic_load(&silent) && !atomic_load(&answers))
        usleep(1000);
    return fstatat(fd, "", facts, AT_EMPTY_PATH);
}

static bool ends_within(int fd, int milliseconds)
{
    char bytes[256];
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    ssize_t got = 1;
    while (got > 0) {
        if (poll(&polled, 1, milliseconds) <= 0)
            return false;
        got = read(fd, bytes, sizeof bytes);
    }
    return true;
}

static Client *connect_one(Clients *clients, int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_true(clients_add(clients, pair[0], NULL));
    Client *client = clients_adopt(clients, pair[0]);
    assert_non_null(client);
    clients_wait(clients, client, CLIENT_ANSWER, 0);
    return client;
}

static int make_file(off_t size)
{
    char path[] = "/tmp/reelvec-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ftruncate(fd, size), 0);
    return fd;
}

static Clients *create(void)
{
    Clients *clients = NULL;
    RvError err = {0};
    const ClientLimits limits = {10, 10, 0.3, 0.3, 0.3};
    assert_int_equal(clients_create(&limits, &clients, &err), RV_OK);
    return clients;
}

static void test_a_connection_whose_file_is_cut_ends(void **state)
{
    (void)state;
    int pair[2], whole_pair[2], file = make_file(1000), whole = make_file(1000);
    Clients *clients = create();
    Client *client = connect_one(clients, pair), *other = connect_one(clients, whole_pair);
    clients_send_file(clients, client, file, 1000);
    clients_send_file(clients, other, whole, 1000);
    assert_false(ends_within(pair[1], 600));
    assert_int_equal(ftruncate(file, 999), 0);
    assert_true(ends_within(pair[1], 10000));
    assert_false(ends_within(whole_pair[1], 600));
    clients_remove(clients, client);
    clients_remove(clients, other);
    clients_destroy(clients);
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(whole_pair[i]);
    }
    close(file);
    close(whole);
}

static void test_a_disk_that_is_silent_stops_nothing(void **state)
{
    (void)state;
    int pair[2], slow_pair[2], file = make_file(1000);
    Clients *clients = create();
    Client *client = connect_one(clients, pair), *slow = connect_one(clients, slow_pair);
    atomic_store(&silent, true);
    int before = atomic_load(&asked);
    clients_send_file(clients, client, file, 1000);
    while (atomic_load(&asked) == before)
        usleep(1000);
    clients_wait(clients, slow, CLIENT_FIRST_HEADERS, 0);
    assert_true(ends_within(slow_pair[1], 10000));
    // The answers go on and end, too.
    clients_send_file(clients, client, -1, 0);
    clients_send_file(clients, client, file, 1000);
    clients_remove(clients, client);
    clients_remove(clients, slow);
    double start_s = web_clock_s();
    clients_destroy(clients);
    assert_true(web_clock_s() - start_s < 5);
    atomic_store(&answers, true);
    usleep(200000); // its thread lets go of what it has
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(slow_pair[i]);
    }
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_connection_whose_file_is_cut_ends),
                                       cmocka_unit_test(test_a_disk_that_is_silent_stops_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
