/* SPDX-License-Identifier: MIT */
/* Streams: answers that another thread makes arrive whole, end when their client goes, and when the server does
 * (apps/web/stream.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

#define PIECES 3000

/* A producer that makes numbers one after the other, and may be slower or faster than what reads them. */
typedef struct Numbers {
    pthread_mutex_t mutex;
    unsigned made, read;
    bool endless, ended;
    atomic_int released;
    Stream *stream;
    pthread_t thread;
    bool threaded;
} Numbers;

typedef struct Served {
    struct MHD_Daemon *daemon;
    Streams *streams;
    Numbers *numbers;
    unsigned port;
} Served;

static ssize_t read_numbers(void *user, char *buffer, size_t max_bytes)
{
    Numbers *numbers = user;
    pthread_mutex_lock(&numbers->mutex);
    size_t got = 0;
    while (numbers->read < numbers->made && got + 4 <= max_bytes) {
        memcpy(buffer + got, &numbers->read, 4);
        numbers->read++;
        got += 4;
    }
    bool ended = numbers->ended && numbers->read == numbers->made;
    pthread_mutex_unlock(&numbers->mutex);
    return got > 0 ? (ssize_t)got : ended ? STREAM_END : STREAM_NOTHING_YET;
}

static void release_numbers(void *user)
{
    atomic_fetch_add(&((Numbers *)user)->released, 1);
}

static void *make_numbers(void *user)
{
    Numbers *numbers = user;
    unsigned random = 7;
    for (unsigned i = 0; (numbers->endless || i < PIECES) && !stream_is_over(numbers->stream); i++) {
        random = random * 1664525 + 1013904223;
        if (random >> 28 == 0)
            usleep(random >> 22 & 511);
        pthread_mutex_lock(&numbers->mutex);
        numbers->made++;
        pthread_mutex_unlock(&numbers->mutex);
        stream_wake(numbers->stream);
    }
    pthread_mutex_lock(&numbers->mutex);
    numbers->ended = true;
    pthread_mutex_unlock(&numbers->mutex);
    stream_wake(numbers->stream);
    stream_release(numbers->stream);
    return NULL;
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **context)
{
    static const StreamSource source = {read_numbers, release_numbers};
    Served *served = user;
    if (*context == NULL) {
        *context = served;
        return MHD_YES;
    }
    Stream *stream = stream_create(&source, served->numbers);
    served->numbers->stream = stream;
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    stream_attach(stream, served->streams, connection, fd);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_read, stream, stream_finish);
    served->numbers->threaded =
        pthread_create(&served->numbers->thread, NULL, make_numbers, served->numbers) == 0;
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static void start(Served *served, Numbers *numbers, bool endless)
{
    *numbers = (Numbers){.endless = endless};
    pthread_mutex_init(&numbers->mutex, NULL);
    *served = (Served){.streams = streams_create(), .numbers = numbers};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    served->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                                      answer, served, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
    assert_non_null(served->daemon);
    served->port = MHD_get_daemon_info(served->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static int ask(const Served *served)
{
    static const char request[] =
        "GET / HTTP/1.0\r\n\r\n"; // its answer ends with the connection, without chunks
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)served->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(fd, request, sizeof request - 1), sizeof request - 1);
    return fd;
}

static void stop(Served *served, Numbers *numbers)
{
    if (numbers->threaded)
        pthread_join(numbers->thread, NULL);
    streams_end(served->streams);
    MHD_stop_daemon(served->daemon);
    streams_destroy(served->streams);
    assert_int_equal(atomic_load(&numbers->released), 1);
    pthread_mutex_destroy(&numbers->mutex);
}

static void stream_brings_all_that_is_made(void **state)
{
    for (int round = 0; round < 20; round++) {
        Served served;
        Numbers numbers;
        static unsigned char got[PIECES * 4 + 4096];
        size_t size = 0;
        start(&served, &numbers, false);
        int fd = ask(&served);
        for (ssize_t piece; (piece = read(fd, got + size, sizeof got - size)) > 0;)
            size += (size_t)piece;
        close(fd);
        unsigned char *body = memmem(got, size, "\r\n\r\n", 4);
        assert_non_null(body);
        assert_int_equal(got + size - (body + 4), PIECES * 4);
        for (unsigned i = 0, number; i < PIECES; i++) {
            memcpy(&number, body + 4 + 4 * i, 4);
            assert_int_equal(number, i);
        }
        stop(&served, &numbers);
    }
}

static void stream_ends_when_its_client_goes(void **state)
{
    Served served;
    Numbers numbers;
    char some[1000];
    start(&served, &numbers, true);
    int fd = ask(&served);
    assert_true(read(fd, some, sizeof some) > 0);
    close(fd);
    stop(&served, &numbers); // joins the producer, which would never end
}

static void stream_ends_with_the_server(void **state)
{
    Served served;
    Numbers numbers;
    char some[1000];
    start(&served, &numbers, true);
    int fd = ask(&served);
    assert_true(read(fd, some, sizeof some) > 0);
    streams_end(served.streams);
    while (read(fd, some, sizeof some) > 0) {
    }
    close(fd);
    stop(&served, &numbers);
}

static void stream_without_an_answer_is_released(void **state)
{
    static const StreamSource source = {read_numbers, release_numbers};
    Numbers numbers = {0};
    Stream *stream = stream_create(&source, &numbers);
    stream_drop(stream);
    assert_true(stream_is_over(stream));
    assert_int_equal(atomic_load(&numbers.released), 0);
    stream_release(stream);
    assert_int_equal(atomic_load(&numbers.released), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_brings_all_that_is_made),
        cmocka_unit_test(stream_ends_when_its_client_goes),
        cmocka_unit_test(stream_ends_with_the_server),
        cmocka_unit_test(stream_without_an_answer_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
