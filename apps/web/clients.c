/* SPDX-License-Identifier: MIT */
/* The connections that are open. One thread looks four times a second for those that are too slow: a client that sends
 * a byte now and then is never idle, so the limits are of the whole, not of the pause. */
#include "clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sent_files.h"
#include "web_clock.h"
#include "web_error.h"

#define LOOK_MS 250
#define SILENT_S 2.0
#define BODY_BYTES_PER_S 32768.0

struct Clients {
    ClientLimits limits;
    pthread_mutex_t mutex;
    pthread_cond_t ends_now;
    pthread_t thread;
    SentFiles *files;
    bool ends;
    Client *first;
    size_t count;
};

static const char too_slow[] =
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

static void close_slow(Client *client)
{
    // Between two requests it could be taken for the answer to one that is on its way.
    if (client->phase != CLIENT_HEADERS &&
        send(client->fd, too_slow, sizeof too_slow - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        client->until_s = 0; // it is closed all the same
    client->until_s = 0;
    shutdown(client->fd, SHUT_RDWR); // MHD, which owns the descriptor, sees the end and closes it
}

/* With the mutex held. */
static void take_out(Clients *clients, Client *client)
{
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        clients->first = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    clients->count--;
    free(client->uri);
    free(client);
}

/* The time in which the server stood still, but what of it was before the client's own. */
static void give_back(Client *client, double stood_s, double now_s)
{
    double own_s = now_s - client->since_s, moved_s = stood_s < own_s ? stood_s : own_s;
    client->since_s += moved_s;
    client->until_s += moved_s;
}

static void *watch(void *user)
{
    Clients *clients = user;
    double looked_s = web_clock_s();
    pthread_mutex_lock(&clients->mutex);
    while (!clients->ends) {
        double now_s = web_clock_s(), stood_s = rv_standstill_s(&looked_s, now_s);
        for (Client *client = clients->first, *next; client != NULL; client = next) {
            next = client->next;
            if (client->until_s == 0)
                continue;
            give_back(client, stood_s, now_s);
            if (now_s <= client->until_s)
                continue;
            if (client->adopted)
                close_slow(client);
            else
                take_out(clients, client);
        }
        web_condition_wait(&clients->ends_now, &clients->mutex, LOOK_MS);
    }
    pthread_mutex_unlock(&clients->mutex);
    return NULL;
}

RvStatus clients_create(const ClientLimits *limits, Clients **out, RvError *err)
{
    Clients *clients = calloc(1, sizeof *clients);
    if (clients == NULL)
        return web_error_memory(err);
    RvStatus status = sent_files_create(&clients->files, err);
    if (status != RV_OK) {
        free(clients);
        return status;
    }
    clients->limits = *limits;
    pthread_mutex_init(&clients->mutex, NULL);
    web_condition_init(&clients->ends_now);
    if (pthread_create(&clients->thread, NULL, watch, clients) != 0) {
        sent_files_destroy(clients->files);
        free(clients);
        return web_error_memory(err);
    }
    *out = clients;
    return RV_OK;
}

void clients_destroy(Clients *clients)
{
    if (clients == NULL)
        return;
    pthread_mutex_lock(&clients->mutex);
    clients->ends = true;
    pthread_cond_signal(&clients->ends_now);
    pthread_mutex_unlock(&clients->mutex);
    pthread_join(clients->thread, NULL);
    sent_files_destroy(clients->files);
    pthread_cond_destroy(&clients->ends_now);
    pthread_mutex_destroy(&clients->mutex);
    free(clients);
}

void clients_write_address(const struct sockaddr *address, char text[CLIENT_ADDRESS_SIZE])
{
    text[0] = '\0';
    if (address == NULL)
        return;
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, CLIENT_ADDRESS_SIZE);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *of6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(of6))
            inet_ntop(AF_INET, of6->s6_addr + 12, text, CLIENT_ADDRESS_SIZE);
        else
            inet_ntop(AF_INET6, of6, text, CLIENT_ADDRESS_SIZE);
    }
}

void clients_write_group(const char *address, char group[CLIENT_ADDRESS_SIZE])
{
    struct in6_addr of6;
    if (strchr(address, ':') == NULL || inet_pton(AF_INET6, address, &of6) != 1) {
        memmove(group, address, strlen(address) + 1);
        return;
    }
    memset(of6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &of6, group, CLIENT_ADDRESS_SIZE);
}

bool clients_add(Clients *clients, int fd, const struct sockaddr *address)
{
    Client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return false;
    client->fd = fd;
    clients_write_address(address, client->address);
    clients_write_group(client->address, client->group);
    client->since_s = web_clock_s();
    client->until_s = client->since_s + clients->limits.headers_s;
    pthread_mutex_lock(&clients->mutex);
    client->next = clients->first;
    if (client->next != NULL)
        client->next->previous = client;
    clients->first = client;
    clients->count++;
    pthread_mutex_unlock(&clients->mutex);
    return true;
}

/* With the mutex held. */
static Client *find_new(Clients *clients, int fd)
{
    Client *client = clients->first;
    while (client != NULL && (client->fd != fd || client->adopted))
        client = client->next;
    return client;
}

Client *clients_adopt(Clients *clients, int fd)
{
    pthread_mutex_lock(&clients->mutex);
    Client *client = find_new(clients, fd);
    if (client != NULL)
        client->adopted = true;
    pthread_mutex_unlock(&clients->mutex);
    return client;
}

void clients_forget(Clients *clients, int fd)
{
    pthread_mutex_lock(&clients->mutex);
    Client *client = find_new(clients, fd);
    if (client != NULL)
        take_out(clients, client);
    pthread_mutex_unlock(&clients->mutex);
}

void clients_remove(Clients *clients, Client *client)
{
    if (client == NULL)
        return;
    sent_files_remove(clients->files, client->file);
    pthread_mutex_lock(&clients->mutex);
    take_out(clients, client);
    pthread_mutex_unlock(&clients->mutex);
}

void clients_wait(Clients *clients, Client *client, ClientPhase phase, size_t body_bytes)
{
    const ClientLimits *limits = &clients->limits;
    double seconds = phase == CLIENT_FIRST_HEADERS ? limits->headers_s
                     : phase == CLIENT_HEADERS     ? limits->idle_s
                                                   : limits->body_s + (double)body_bytes / BODY_BYTES_PER_S;
    pthread_mutex_lock(&clients->mutex);
    client->phase = phase;
    client->since_s = web_clock_s();
    client->until_s = phase == CLIENT_ANSWER ? 0 : web_clock_s() + seconds;
    pthread_mutex_unlock(&clients->mutex);
}

void clients_send_file(Clients *clients, Client *client, int file, uint64_t end)
{
    sent_files_remove(clients->files, client->file);
    client->file = file >= 0 ? sent_files_add(clients->files, client->fd, file, end) : NULL;
}

/* With the mutex held: end the connection that has said nothing for the longest time, if that is long enough for anybody
 * who has something to say. Returns false if there is none. */
static bool make_room(Clients *clients)
{
    Client *oldest = NULL;
    double latest_s = web_clock_s() - SILENT_S;
    for (Client *client = clients->first; client != NULL; client = client->next) {
        bool silent = client->adopted && client->until_s > 0 &&
                      (client->phase == CLIENT_FIRST_HEADERS || client->phase == CLIENT_HEADERS);
        if (silent && client->since_s < latest_s && (oldest == NULL || client->since_s < oldest->since_s))
            oldest = client;
    }
    if (oldest != NULL)
        close_slow(oldest);
    return oldest != NULL;
}

ClientsRoom clients_room(Clients *clients, const char *address, bool exempt)
{
    int same = 0;
    char group[CLIENT_ADDRESS_SIZE];
    clients_write_group(address, group);
    pthread_mutex_lock(&clients->mutex);
    size_t most = (size_t)clients->limits.connections;
    // One that is ended is counted until its thread has noticed.
    bool full = clients->count >= most && (clients->count >= most + CLIENTS_SPARE || !make_room(clients));
    for (const Client *client = clients->first; client != NULL && !exempt && !full; client = client->next)
        same += strcmp(client->group, group) == 0;
    pthread_mutex_unlock(&clients->mutex);
    if (full)
        return CLIENTS_FULL;
    return same >= clients->limits.connections_per_client ? CLIENTS_FULL_FOR_ONE : CLIENTS_ROOM;
}

bool clients_has_gone(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

size_t clients_count(Clients *clients)
{
    pthread_mutex_lock(&clients->mutex);
    size_t count = clients->count;
    pthread_mutex_unlock(&clients->mutex);
    return count;
}
