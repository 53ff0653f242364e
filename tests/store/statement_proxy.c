/* SPDX-License-Identifier: MIT */
#include "statement_proxy.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PROTOCOL_MAJOR 3 // of a start-up packet; other packets ask for TLS or cancel a statement
#define STAND_IN "LIBRARY"

/* ---- notes -------------------------------------------------------------------------------------------- */

/* A text with the library's name replaced and each run of white space as one blank. */
static void add_text(StatementProxy *proxy, const char *text)
{
    size_t name_bytes = strlen(proxy->name);
    text += strspn(text, " \t\r\n");
    while (*text != '\0') {
        size_t blanks = strspn(text, " \t\r\n");
        if (blanks > 0) {
            text += blanks;
            if (*text != '\0')
                wire_add(&proxy->notes, " ", 1);
        } else if (strncmp(text, proxy->name, name_bytes) == 0) {
            wire_add(&proxy->notes, STAND_IN, strlen(STAND_IN));
            text += name_bytes;
        } else {
            wire_add(&proxy->notes, text++, 1);
        }
    }
}

static void note(StatementProxy *proxy, const char *sign, const char *text)
{
    pthread_mutex_lock(&proxy->lock);
    wire_add(&proxy->notes, sign, strlen(sign));
    add_text(proxy, text);
    wire_add(&proxy->notes, "\n", 1);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_begin_scene(StatementProxy *proxy, const char *scene)
{
    note(proxy, "\n== ", scene);
}

/* ---- the client's messages ---------------------------------------------------------------------------- */

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Names and values follow each other, each with its NUL. The body ends with an empty name. */
static void read_start(StatementProxy *proxy, ProxyConnection *connection, const uint8_t *body, size_t size)
{
    if (size < 5 || body[size - 1] != '\0' || read_u32(body) >> 16 != PROTOCOL_MAJOR)
        return;
    connection->has_started = true;
    const char *at = (const char *)body + 4, *end = (const char *)body + size, *database = "";
    while (at < end && *at != '\0') {
        const char *value = at + strlen(at) + 1;
        if (value >= end)
            return;
        if (strcmp(at, "database") == 0)
            database = value;
        at = value + strlen(value) + 1;
    }
    note(proxy, "* ", strcmp(database, proxy->place.database) == 0 ? proxy->name : database);
}

static void read_message(StatementProxy *proxy, ProxyConnection *connection, char type, const uint8_t *body,
                         size_t size)
{
    const char *text = (const char *)body;
    bool is_data = type == 'd';
    if (is_data && !connection->is_copying)
        note(proxy, "< ", "rows");
    connection->is_copying = is_data;
    if (size == 0 || memchr(body, '\0', size) == NULL)
        return;
    if (type == 'Q')
        note(proxy, ">> ", text);
    size_t name_bytes = strlen(text) + 1; // of the prepared statement
    if (type == 'P' && memchr(body + name_bytes, '\0', size - name_bytes) != NULL)
        note(proxy, "> ", text + name_bytes);
}

/* Reads the messages that are complete, and keeps the rest. */
static void read_messages(StatementProxy *proxy, ProxyConnection *connection)
{
    WireBytes *pending = &connection->pending;
    size_t at = 0;
    for (;;) {
        size_t type_bytes = connection->has_started ? 1 : 0, left = pending->size - at;
        if (left < type_bytes + 4)
            break;
        const uint8_t *message = pending->bytes + at;
        size_t length = read_u32(message + type_bytes); // counts itself
        if (length < 4 || left < type_bytes + length)
            break;
        const uint8_t *body = message + type_bytes + 4;
        if (connection->has_started)
            read_message(proxy, connection, (char)message[0], body, length - 4);
        else
            read_start(proxy, connection, body, length - 4);
        at += type_bytes + length;
    }
    memmove(pending->bytes, pending->bytes + at, pending->size - at);
    pending->size -= at;
}

/* ---- connections -------------------------------------------------------------------------------------- */

static int connect_to_server(const PostgresPlace *place)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses = NULL;
    int server = -1;
    if (getaddrinfo(place->host, place->port, &hints, &addresses) != 0)
        return -1;
    for (struct addrinfo *at = addresses; at != NULL && server < 0; at = at->ai_next) {
        server = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (server >= 0 && connect(server, at->ai_addr, at->ai_addrlen) != 0) {
            close(server);
            server = -1;
        }
    }
    freeaddrinfo(addresses);
    return server;
}

static void end_connection(ProxyConnection *connection)
{
    close(connection->client);
    close(connection->server);
    free(connection->pending.bytes);
    *connection = (ProxyConnection){.client = -1, .server = -1};
}

/* Returns false if nobody listens any more. */
static bool accept_client(StatementProxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL);
    if (client < 0)
        return false;
    ProxyConnection *connection = proxy->connections;
    while (connection < proxy->connections + PROXY_CONNECTIONS_MAX && connection->client >= 0)
        connection++;
    int server =
        connection < proxy->connections + PROXY_CONNECTIONS_MAX ? connect_to_server(&proxy->place) : -1;
    if (server < 0) {
        close(client);
        return true;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    *connection = (ProxyConnection){.client = client, .server = server};
    return true;
}

/* What the client says is noted before the server hears it, so before anything that follows from it. */
static void forward(StatementProxy *proxy, ProxyConnection *connection, bool from_client)
{
    static uint8_t bytes[1 << 16];
    ssize_t got = recv(from_client ? connection->client : connection->server, bytes, sizeof bytes, 0);
    if (got > 0 && from_client) {
        wire_add(&connection->pending, bytes, (size_t)got);
        read_messages(proxy, connection);
    }
    if (got <= 0 || !wire_send(from_client ? connection->server : connection->client, bytes, (size_t)got))
        end_connection(connection);
}

static void *run(void *user)
{
    enum { COUNT = 1 + 2 * PROXY_CONNECTIONS_MAX };
    StatementProxy *proxy = user;
    struct pollfd waited[COUNT] = {{.fd = proxy->listener, .events = POLLIN}};
    for (bool listens = true; listens;) {
        for (int i = 0; i < PROXY_CONNECTIONS_MAX; i++) {
            waited[1 + 2 * i] = (struct pollfd){.fd = proxy->connections[i].client, .events = POLLIN};
            waited[2 + 2 * i] = (struct pollfd){.fd = proxy->connections[i].server, .events = POLLIN};
        }
        if (poll(waited, COUNT, -1) < 0)
            continue;
        for (int i = 0; i < PROXY_CONNECTIONS_MAX; i++) {
            ProxyConnection *connection = &proxy->connections[i];
            if (waited[1 + 2 * i].revents != 0)
                forward(proxy, connection, true);
            if (waited[2 + 2 * i].revents != 0 && connection->server >= 0)
                forward(proxy, connection, false);
        }
        if (waited[0].revents != 0)
            listens = accept_client(proxy);
    }
    for (int i = 0; i < PROXY_CONNECTIONS_MAX; i++) {
        if (proxy->connections[i].client >= 0)
            end_connection(&proxy->connections[i]);
    }
    return NULL;
}

void proxy_start(StatementProxy *proxy, const PostgresPlace *place, const char *name)
{
    *proxy = (StatementProxy){.place = *place, .name = name};
    for (int i = 0; i < PROXY_CONNECTIONS_MAX; i++)
        proxy->connections[i] = (ProxyConnection){.client = -1, .server = -1};
    proxy->listener = wire_listen(&proxy->port);
    assert_int_equal(pthread_mutex_init(&proxy->lock, NULL), 0);
    assert_int_equal(pthread_create(&proxy->thread, NULL, run, proxy), 0);
}

char *proxy_stop(StatementProxy *proxy)
{
    shutdown(proxy->listener, SHUT_RDWR);
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    pthread_mutex_destroy(&proxy->lock);
    wire_add(&proxy->notes, "", 1);
    return (char *)proxy->notes.bytes;
}
