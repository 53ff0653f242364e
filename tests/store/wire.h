/* SPDX-License-Identifier: MIT */
/* What servers of the tests share: a listener with its thread, bytes that go out, bytes that come in. */
#ifndef RV_TESTS_WIRE_H
#define RV_TESTS_WIRE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct WireServer {
    int listener, port;
    void (*serve)(void *user, int connection); // until the connection ends
    void *user;
    pthread_t thread;
} WireServer;

/* Listens on a port of its own at 127.0.0.1. Returns the socket. */
int wire_listen(int *port);

/* Listens so, and serves one connection after the other. */
void wire_start(WireServer *server, void (*serve)(void *user, int connection), void *user);
void wire_stop(WireServer *server);

/* From now on connections are refused. */
void wire_refuse(WireServer *server);

/* What is to be sent. */
typedef struct WireBytes {
    uint8_t *bytes;
    size_t size, capacity;
} WireBytes;

void wire_add(WireBytes *out, const void *bytes, size_t size);

/* false: the connection has ended. */
bool wire_send(int connection, const void *bytes, size_t size);
bool wire_receive(int connection, void *bytes, size_t size);

/* Sends what was added. */
bool wire_flush(int connection, WireBytes *out);

#endif
