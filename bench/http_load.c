/* SPDX-License-Identifier: MIT */
/* Clients of an HTTP server on this machine, for bench/serve_load.
 *
 *     http_load crowd PORT TARGETS FIRST SECONDS CLIENTS ADDRESSES
 *         CLIENTS ask for the lines of the file TARGETS in turn, from line FIRST on, each for the next one as
 *         soon as it has its answer. Their addresses are 127.0.1.1 and following, ADDRESSES in all. One more
 *         client at 127.0.2.1 pauses for a tenth of a second after each answer. Prints a line for each request:
 *             crowd|polite STATUS SECONDS
 *         STATUS 0: the connection ended before the answer did; -1: not answered yet when the time was over.
 *         The last line is "cpu SECONDS", what this program used.
 *     http_load fetch PORT TARGET RANGE
 *         read the bytes RANGE (as in the header: 0-, 5-9, -10), throw them away, and print status and count
 *     http_load cat FILE
 *         the same with what cat writes: start it with a connection of this machine for its output
 *     http_load pipe
 *         the same with standard input
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench_support.h"

#define REQUEST_SIZE 4096
#define HEAD_SIZE 8192
#define PIECE_SIZE 262144
#define PAUSE_S 0.1 // of the polite client
#define RETRY_S 1.0 // if the server does not say when
#define UNKNOWN (-1)

enum { BROKEN = 0, UNANSWERED = -1 }; // instead of a status

typedef struct Sample {
    bool polite;
    int status;
    double taken_s;
} Sample;

typedef struct Head {
    char text[HEAD_SIZE];
    size_t size;
    bool whole, closes;
    int status;
    double retry_s;
    long long left; // bytes of the body that are still to come; UNKNOWN: until the connection ends
} Head;

typedef struct Client {
    int fd; // -1: no connection
    struct sockaddr_in from;
    bool polite, asks, reused; // asks: a request is under way; reused: its connection has had one before
    double begun_s, wake_s;    // wake_s: when it asks again, if it does not ask
    char request[REQUEST_SIZE];
    size_t request_size, sent;
    Head head;
} Client;

typedef struct Load {
    int port, epoll;
    char **targets;
    size_t target_count, next;
    char *target_text; // what `targets` point into
    Client *clients;
    size_t client_count;
    Sample *samples;
    size_t sample_count, sample_room;
} Load;

/* ---- an answer ---------------------------------------------------------------------------------------- */

/* Returns the value of a header, or NULL. */
static const char *find_header(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(text, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return NULL;
}

/* Takes bytes of the answer; returns true if it is complete. */
static bool take_bytes(Head *head, const char *bytes, size_t size)
{
    if (!head->whole) {
        size_t room = sizeof head->text - 1 - head->size, part = size < room ? size : room;
        memcpy(head->text + head->size, bytes, part);
        head->size += part;
        head->text[head->size] = '\0';
        char *end = strstr(head->text, "\r\n\r\n");
        if (end == NULL && part < size)
            bench_fail("the server's headers are larger than %d bytes", HEAD_SIZE);
        if (end == NULL)
            return false;
        size_t body = head->size - (size_t)(end + 4 - head->text) + (size - part);
        end[2] = '\0';
        const char *length = find_header(head->text, "Content-Length"),
                   *connection = find_header(head->text, "Connection"),
                   *retry = find_header(head->text, "Retry-After");
        if (find_header(head->text, "Transfer-Encoding") != NULL)
            bench_fail("the server answers in chunks, which this program does not understand");
        head->whole = true;
        head->status = strlen(head->text) > 9 ? atoi(head->text + 9) : 0;
        head->left = length != NULL ? atoll(length) : UNKNOWN;
        head->closes = strncmp(head->text, "HTTP/1.1", 8) != 0 || length == NULL ||
                       (connection != NULL && strncasecmp(connection, "close", 5) == 0);
        head->retry_s = retry != NULL && atof(retry) > 0 ? atof(retry) : RETRY_S;
        size = body;
    }
    if (head->left >= 0)
        head->left -= (long long)size;
    return head->left != UNKNOWN && head->left <= 0;
}

/* ---- a client ----------------------------------------------------------------------------------------- */

static void note(Load *load, const Client *client, int status)
{
    if (load->sample_count == load->sample_room) {
        load->sample_room = load->sample_room * 2 + 1024;
        load->samples = bench_must(realloc(load->samples, load->sample_room * sizeof *load->samples));
    }
    load->samples[load->sample_count++] = (Sample){client->polite, status, rv_clock_s() - client->begun_s};
}

static void watch(Load *load, Client *client, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(load->epoll, operation, client->fd, &event) != 0)
        bench_fail("epoll: %s", strerror(errno));
}

static void hang_up(Client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

/* Sends what the socket takes; the rest when there is room. */
static void send_request(Load *load, Client *client)
{
    ssize_t sent =
        send(client->fd, client->request + client->sent, client->request_size - client->sent, MSG_NOSIGNAL);
    if (sent > 0)
        client->sent += (size_t)sent;
    // An error shows itself again when the answer is read.
    bool waits = client->sent < client->request_size && (sent >= 0 || errno == EAGAIN || errno == ENOTCONN);
    watch(load, client, EPOLL_CTL_MOD, waits ? EPOLLOUT : EPOLLIN);
}

static void connect_and_send(Load *load, Client *client)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
    int yes = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->head = (Head){0};
    client->sent = 0;
    client->reused = client->fd >= 0;
    if (client->reused) {
        send_request(load, client);
        return;
    }
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        bench_fail("no socket: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(client->fd, (struct sockaddr *)&client->from, sizeof client->from) != 0)
        bench_fail("no address 127.0.x.x on this machine: %s", strerror(errno));
    watch(load, client, EPOLL_CTL_ADD, EPOLLOUT);
    if (connect(client->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        bench_fail("port %d: %s", load->port, strerror(errno));
}

static void ask(Load *load, Client *client)
{
    const char *target = load->targets[load->next++ % load->target_count];
    int size = snprintf(client->request, sizeof client->request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", target, load->port);
    if (size < 0 || (size_t)size >= sizeof client->request)
        bench_fail("an address is longer than %d bytes", REQUEST_SIZE);
    client->request_size = (size_t)size;
    client->begun_s = rv_clock_s();
    client->asks = true;
    connect_and_send(load, client);
}

static void finish(Load *load, Client *client, int status)
{
    note(load, client, status);
    client->asks = false;
    client->wake_s = rv_clock_s() + (client->polite ? PAUSE_S : 0);
    if (status == BROKEN || status == 429 || status == 503)
        client->wake_s = rv_clock_s() + (status == BROKEN ? RETRY_S : client->head.retry_s);
    if (status == BROKEN || client->head.closes)
        hang_up(client);
}

static void receive(Load *load, Client *client)
{
    static char piece[PIECE_SIZE];
    ssize_t got = recv(client->fd, piece, sizeof piece, 0);
    Head *head = &client->head;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) {
        if (client->asks && take_bytes(head, piece, (size_t)got))
            finish(load, client, head->status);
        return;
    }
    if (!client->asks) { // the server has closed a connection that was idle
        hang_up(client);
    } else if (client->reused && head->size == 0) { // as above, while the request was on its way
        hang_up(client);
        connect_and_send(load, client);
    } else {
        finish(load, client, got == 0 && head->whole && head->left == UNKNOWN ? head->status : BROKEN);
        hang_up(client);
    }
}

/* ---- all of them -------------------------------------------------------------------------------------- */

/* Those whose pause is over ask. Returns the milliseconds until the next one does. */
static int wake(Load *load, double until_s)
{
    double now_s = rv_clock_s(), first_s = until_s;
    for (size_t i = 0; i < load->client_count; i++) {
        Client *client = &load->clients[i];
        if (!client->asks && client->wake_s <= now_s)
            ask(load, client);
        else if (!client->asks && client->wake_s < first_s)
            first_s = client->wake_s;
    }
    return first_s > now_s ? (int)((first_s - now_s) * 1e3) + 1 : 0;
}

static void run_load(Load *load, double seconds)
{
    double until_s = rv_clock_s() + seconds;
    struct epoll_event events[256];
    while (rv_clock_s() < until_s) {
        int count = epoll_wait(load->epoll, events, 256, wake(load, until_s));
        for (int i = 0; i < count; i++) {
            Client *client = events[i].data.ptr;
            if (client->fd < 0)
                continue;
            if (client->asks && client->sent < client->request_size && (events[i].events & EPOLLOUT))
                send_request(load, client);
            else
                receive(load, client);
        }
    }
    for (size_t i = 0; i < load->client_count; i++) {
        if (load->clients[i].asks)
            note(load, &load->clients[i], UNANSWERED);
        hang_up(&load->clients[i]);
    }
}

static void read_targets(Load *load, const char *path)
{
    size_t size;
    char *text = bench_read_file(path, &size), *place = NULL;
    load->target_text = text = bench_must(realloc(text, size + 1));
    text[size] = '\0';
    load->targets = bench_must(calloc(size / 2 + 1, sizeof *load->targets));
    for (char *line = strtok_r(text, "\n", &place); line != NULL; line = strtok_r(NULL, "\n", &place))
        load->targets[load->target_count++] = line;
    if (load->target_count == 0)
        bench_fail("%s: has no line", path);
}

static int crowd(char **arguments)
{
    Load load = {.port = atoi(arguments[0]), .next = strtoul(arguments[2], NULL, 10)};
    unsigned address_count = (unsigned)atoi(arguments[5]);
    load.client_count = strtoul(arguments[4], NULL, 10) + 1;
    load.clients = bench_must(calloc(load.client_count, sizeof *load.clients));
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load.epoll < 0 || address_count < 1 || address_count > 250)
        bench_fail("ADDRESSES: 1 to 250");
    read_targets(&load, arguments[1]);
    for (size_t i = 0; i < load.client_count; i++) {
        Client *client = &load.clients[i];
        client->fd = -1;
        client->polite = i + 1 == load.client_count;
        client->from.sin_family = AF_INET;
        client->from.sin_addr.s_addr =
            htonl(client->polite ? 0x7f000201 : 0x7f000101 + (unsigned)i % address_count);
    }
    run_load(&load, atof(arguments[3]));
    for (size_t i = 0; i < load.sample_count; i++)
        printf("%s %d %.6f\n", load.samples[i].polite ? "polite" : "crowd", load.samples[i].status,
               load.samples[i].taken_s);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("cpu %.3f\n", (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                             1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec));
    close(load.epoll);
    free(load.samples);
    free(load.clients);
    free(load.targets);
    free(load.target_text);
    return 0;
}

/* ---- bytes -------------------------------------------------------------------------------------------- */

static int fetch(char **arguments)
{
    static char piece[PIECE_SIZE];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[0]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_fail("port %s: %s", arguments[0], strerror(errno));
    int size =
        snprintf(piece, sizeof piece, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nRange: bytes=%s\r\n\r\n",
                 arguments[1], arguments[0], arguments[2]);
    if (send(fd, piece, (size_t)size, MSG_NOSIGNAL) != size)
        bench_fail("port %s: %s", arguments[0], strerror(errno));
    Head head = {0};
    long long total = 0;
    for (bool complete = false; !complete;) {
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        if (got <= 0)
            bench_fail("the connection ended before the answer did");
        bool had_head = head.whole;
        complete = take_bytes(&head, piece, (size_t)got);
        if (!had_head && head.whole)
            total = atoll(find_header(head.text, "Content-Length"));
    }
    printf("%d %lld\n", head.status, total);
    return close(fd);
}

static int drain(int fd)
{
    static char piece[PIECE_SIZE];
    long long total = 0;
    for (ssize_t got; (got = read(fd, piece, sizeof piece)) > 0;)
        total += got;
    printf("200 %lld\n", total);
    return close(fd);
}

static int run_cat(const char *path)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&here, &size) != 0)
        bench_fail("no connection of this machine: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        int out = socket(AF_INET, SOCK_STREAM, 0);
        if (out < 0 || connect(out, (struct sockaddr *)&here, size) != 0 || dup2(out, STDOUT_FILENO) < 0)
            _exit(1);
        close(out);
        execlp("cat", "cat", path, (char *)NULL);
        _exit(1);
    }
    int fd = child > 0 ? accept(listener, NULL, NULL) : -1;
    if (fd < 0)
        bench_fail("cat cannot be started: %s", strerror(errno));
    drain(fd);
    if (waitpid(child, &status, 0) != child || status != 0)
        bench_fail("%s: cat failed", path);
    return close(listener);
}

int main(int argument_count, char **arguments)
{
    const char *what = argument_count > 1 ? arguments[1] : "";
    if (strcmp(what, "crowd") == 0 && argument_count == 8)
        return crowd(arguments + 2);
    if (strcmp(what, "fetch") == 0 && argument_count == 5)
        return fetch(arguments + 2);
    if (strcmp(what, "cat") == 0 && argument_count == 3)
        return run_cat(arguments[2]);
    if (strcmp(what, "pipe") == 0)
        return drain(STDIN_FILENO);
    bench_fail(
        "http_load crowd PORT TARGETS FIRST SECONDS CLIENTS ADDRESSES | fetch PORT TARGET RANGE | cat FILE "
        "| pipe");
}
