/* SPDX-License-Identifier: MIT */
/* The listening sockets. A connection for which there is no room is told so and closed, without anybody waiting: its
 * socket is kept a moment, because closing one with unread bytes would take the answer away from the client. */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "web_clock.h"
#include "web_error.h"

#define SOCKETS_MAX 8
#define BACKLOG 1024
#define LINGERING 128
#define LINGER_S 1.0

typedef struct Lingering {
    int fd;
    double until_s;
} Lingering;

struct Listener {
    int sockets[SOCKETS_MAX];
    int socket_count;
    int wake;
    bool started;
    pthread_t thread;
    ListenerHooks hooks;
    Lingering lingering[LINGERING]; // a ring
    size_t lingering_first, lingering_count;
};

/* ---- opening ------------------------------------------------------------------------------------------ */

bool listener_is_loopback(const char *address)
{
    struct in_addr of4;
    struct in6_addr of6;
    if (address == NULL || strcmp(address, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, address, &of4) == 1)
        return ntohl(of4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, address, &of6) == 1 && IN6_IS_ADDR_LOOPBACK(&of6);
}

/* both: an IPv6 socket takes IPv4 too. */
static int open_socket(const struct addrinfo *info, int port, bool both)
{
    union {
        struct sockaddr any;
        struct sockaddr_in of4;
        struct sockaddr_in6 of6;
    } address;
    int on = 1, only6 = !both;
    if (info->ai_addrlen > sizeof address)
        return -1;
    memcpy(&address, info->ai_addr, info->ai_addrlen);
    if (info->ai_family == AF_INET)
        address.of4.sin_port = htons((uint16_t)port);
    else
        address.of6.sin6_port = htons((uint16_t)port);
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6);
    if (bind(fd, &address.any, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
                                              : ((struct sockaddr_in6 *)&address)->sin6_port);
}

static RvStatus open_all(Listener *listener, const char *address, const struct addrinfo *infos, int *port,
                         RvError *err)
{
    int cause = 0;
    for (const struct addrinfo *info = infos; info != NULL && listener->socket_count < SOCKETS_MAX;
         info = info->ai_next) {
        if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
            continue;
        int fd = open_socket(info, *port, address != NULL && strcmp(address, "::") == 0);
        if (fd < 0) {
            // A machine without IPv6 has no ::1; what is taken on one of both is taken.
            if (cause == 0 || errno == EADDRINUSE)
                cause = errno;
            continue;
        }
        listener->sockets[listener->socket_count++] = fd;
        if (*port == 0)
            *port = port_of(fd);
    }
    bool taken = cause == EADDRINUSE;
    if (listener->socket_count > 0 && !taken)
        return RV_OK;
    const char *shown = address != NULL ? address : "localhost";
    if (taken)
        return web_error(err, RV_ERROR_IO, "%s: port %d is taken by another program; give another port",
                         shown, *port);
    return web_error(err, RV_ERROR_IO, "%s: cannot listen on port %d: %s", shown, *port, strerror(cause));
}

/* A port that is free on all addresses: the one that the first of them gets may be taken on another. */
static RvStatus open_any(Listener *listener, const char *address, const struct addrinfo *infos, int *port,
                         RvError *err)
{
    RvStatus status = RV_ERROR_IO;
    for (int i = 0; i < 32 && status == RV_ERROR_IO; i++) {
        while (listener->socket_count > 0)
            close(listener->sockets[--listener->socket_count]);
        *port = 0;
        status = open_all(listener, address, infos, port, err);
    }
    return status;
}

RvStatus listener_open(const char *address, int *port, Listener **out, RvError *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *infos = NULL; // without a name: loopback
    Listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        return web_error_memory(err);
    listener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    RvStatus status = RV_OK;
    if (listener->wake < 0)
        status = web_error(err, RV_ERROR_IO, "no event descriptor: %s", strerror(errno));
    int failed = status == RV_OK ? getaddrinfo(address, "0", &hints, &infos) : 0;
    if (status == RV_OK && failed != 0)
        status = web_error(err, RV_ERROR_ARGUMENT, "%s: is no address: %s",
                           address != NULL ? address : "localhost", gai_strerror(failed));
    if (status == RV_OK)
        status = *port != 0 ? open_all(listener, address, infos, port, err)
                            : open_any(listener, address, infos, port, err);
    if (infos != NULL)
        freeaddrinfo(infos);
    if (status == RV_OK)
        *out = listener;
    else
        listener_close(listener);
    return status;
}

/* ---- refusing ----------------------------------------------------------------------------------------- */

static void close_lingering(Listener *listener, double now_s)
{
    while (listener->lingering_count > 0) {
        Lingering *oldest = &listener->lingering[listener->lingering_first];
        if (oldest->until_s > now_s)
            return;
        close(oldest->fd);
        listener->lingering_first = (listener->lingering_first + 1) % LINGERING;
        listener->lingering_count--;
    }
}

static void refuse(Listener *listener, int fd, ClientsRoom why)
{
    static const char body[] = "{\"error\":{\"code\":\"too_many_connections\",\"message\":\"%s\"}}\n";
    char text[512], filled[256];
    bool one = why == CLIENTS_FULL_FOR_ONE;
    snprintf(filled, sizeof filled, body,
             one ? "this client has too many connections; close some" : "the server has no room; try again");
    int size =
        snprintf(text, sizeof text,
                 "HTTP/1.1 %s\r\nContent-Type: application/json\r\nRetry-After: 2\r\nConnection: close\r\n"
                 "X-Content-Type-Options: nosniff\r\nContent-Length: %zu\r\n\r\n%s",
                 one ? "429 Too Many Requests" : "503 Service Unavailable", strlen(filled), filled);
    if (send(fd, text, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL) != size) {
        close(fd);
        return;
    }
    shutdown(fd, SHUT_WR);
    if (listener->lingering_count == LINGERING)
        close_lingering(listener, listener->lingering[listener->lingering_first].until_s);
    size_t at = (listener->lingering_first + listener->lingering_count++) % LINGERING;
    listener->lingering[at] = (Lingering){fd, web_clock_s() + LINGER_S};
}

/* ---- taking ------------------------------------------------------------------------------------------- */

static void take(Listener *listener, int socket_fd)
{
    const ListenerHooks *hooks = &listener->hooks;
    for (int i = 0; i < 64; i++) { // then the other sockets have their turn
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int on = 1;
        int fd = accept4(socket_fd, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
            usleep(20000); // they wait in the system's queue
        if (fd < 0)
            return;
        char text[CLIENT_ADDRESS_SIZE];
        clients_write_address((struct sockaddr *)&address, text);
        ClientsRoom room = hooks->room(hooks->user, text);
        if (room != CLIENTS_ROOM) {
            hooks->refused(hooks->user, text, room);
            refuse(listener, fd, room);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        hooks->accepted(hooks->user, fd, (struct sockaddr *)&address, size);
    }
}

static void *run(void *user)
{
    Listener *listener = user;
    struct pollfd polled[SOCKETS_MAX + 1];
    for (;;) {
        for (int i = 0; i < listener->socket_count; i++)
            polled[i] = (struct pollfd){.fd = listener->sockets[i], .events = POLLIN};
        polled[listener->socket_count] = (struct pollfd){.fd = listener->wake, .events = POLLIN};
        int ready =
            poll(polled, (nfds_t)listener->socket_count + 1, listener->lingering_count > 0 ? 500 : -1);
        if (ready < 0 && errno != EINTR)
            return NULL;
        close_lingering(listener, web_clock_s());
        if (ready > 0 && polled[listener->socket_count].revents != 0)
            return NULL;
        for (int i = 0; i < listener->socket_count && ready > 0; i++) {
            if (polled[i].revents != 0)
                take(listener, listener->sockets[i]);
        }
    }
}

RvStatus listener_start(Listener *listener, const ListenerHooks *hooks, RvError *err)
{
    listener->hooks = *hooks;
    if (pthread_create(&listener->thread, NULL, run, listener) != 0)
        return web_error_memory(err);
    listener->started = true;
    return RV_OK;
}

void listener_stop(Listener *listener)
{
    uint64_t one = 1;
    if (listener->started && write(listener->wake, &one, sizeof one) == sizeof one) {
        pthread_join(listener->thread, NULL);
        listener->started = false;
    }
    for (int i = 0; i < listener->socket_count; i++)
        close(listener->sockets[i]);
    listener->socket_count = 0;
}

void listener_close(Listener *listener)
{
    if (listener == NULL)
        return;
    listener_stop(listener);
    for (size_t i = 0; i < listener->lingering_count; i++)
        close(listener->lingering[(listener->lingering_first + i) % LINGERING].fd);
    if (listener->wake >= 0)
        close(listener->wake);
    free(listener);
}
