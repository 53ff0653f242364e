/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void *run(void *user)
{
    WireServer *server = user;
    int connection;
    while ((connection = accept(server->listener, NULL, NULL)) >= 0) {
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        server->serve(server->user, connection);
        close(connection);
    }
    return NULL;
}

int wire_listen(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

void wire_start(WireServer *server, void (*serve)(void *user, int connection), void *user)
{
    *server = (WireServer){.serve = serve, .user = user};
    server->listener = wire_listen(&server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

void wire_refuse(WireServer *server)
{
    shutdown(server->listener, SHUT_RDWR);
}

void wire_stop(WireServer *server)
{
    wire_refuse(server);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

void wire_add(WireBytes *out, const void *bytes, size_t size)
{
    if (out->size + size > out->capacity) {
        out->capacity = 2 * (out->size + size) + 256;
        out->bytes = realloc(out->bytes, out->capacity);
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

bool wire_send(int connection, const void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = (const char *)bytes + sent;
        size -= (size_t)sent;
    }
    return true;
}

bool wire_receive(int connection, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = recv(connection, (char *)bytes + done, size - done, 0);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

bool wire_flush(int connection, WireBytes *out)
{
    bool sent = wire_send(connection, out->bytes, out->size);
    out->size = 0;
    return sent;
}
