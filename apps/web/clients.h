/* SPDX-License-Identifier: MIT */
/* The connections that are open: whose they are, how many a client has, and how long they may take. */
#ifndef RV_WEB_CLIENTS_H
#define RV_WEB_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "reelvec/status.h"

#define CLIENT_ADDRESS_SIZE 64
#define CLIENTS_SPARE 32 // connections above the limit, while others are ended for them

typedef struct Clients Clients;

/* What a connection is waited for. */
typedef enum ClientPhase {
    CLIENT_FIRST_HEADERS, // of its first request, or of one that has begun
    CLIENT_HEADERS,       // of its next one, if there is any: nothing of it has come
    CLIENT_BODY,
    CLIENT_ANSWER // nothing: the server works, or MHD's own limit of inactivity holds
} ClientPhase;

typedef struct Client {
    int fd;
    char address[CLIENT_ADDRESS_SIZE]; // without port; of IPv4 as of IPv6: "127.0.0.1"
    char group[CLIENT_ADDRESS_SIZE];
    bool adopted;
    ClientPhase phase;
    double since_s, until_s; // by web_clock_s; until 0: no limit
    struct SentFile *file;   // that is being sent to it; of the connection's thread; NULL: none
    char *uri;               // of the request that begins, as it was sent
    struct Client *next, *previous;
} Client;

typedef struct ClientLimits {
    int connections, connections_per_client;
    double headers_s, idle_s, body_s;
} ClientLimits;

/* Starts a thread that closes the connections whose time is over. Time in which the server stood still is not counted, but
 * for libmicrohttpd's own limit, idle_s, behind which nothing goes on. Errors: MEMORY. */
RvStatus clients_create(const ClientLimits *limits, Clients **out, RvError *err);
void clients_destroy(Clients *clients);

/* A new connection, which counts from now on. Returns false if there is no memory. If nobody adopts it within seconds,
 * it is forgotten; then the descriptor is not touched, which may be another's by then. */
bool clients_add(Clients *clients, int fd, const struct sockaddr *address);
/* The connection's owner takes it on. NULL: it was never added. */
Client *clients_adopt(Clients *clients, int fd);
void clients_forget(Clients *clients, int fd); // one that was not adopted
void clients_remove(Clients *clients, Client *client);

/* Set what the connection is waited for from now on. body_bytes: of CLIENT_BODY; 0: not known. */
void clients_wait(Clients *clients, Client *client, ClientPhase phase, size_t body_bytes);

/* A file is sent to the connection up to its byte `end`; -1: none any more. If it becomes shorter, the connection is
 * closed (sent_files.h). The descriptor stays the caller's. By the connection's thread. */
void clients_send_file(Clients *clients, Client *client, int file, uint64_t end);

typedef enum ClientsRoom { CLIENTS_ROOM, CLIENTS_FULL, CLIENTS_FULL_FOR_ONE } ClientsRoom;
/* May one more connection from the address be taken? If there is no room, one that has been silent for two seconds is
 * ended for it. exempt: the limit of one client does not count for it. */
ClientsRoom clients_room(Clients *clients, const char *address, bool exempt);
size_t clients_count(Clients *clients);

/* True once the other side of the connection has ended it, and nothing of it is left to be read. Any thread. */
bool clients_has_gone(int fd);

/* Write an address without its port. */
void clients_write_address(const struct sockaddr *address, char text[CLIENT_ADDRESS_SIZE]);
/* Write what the address counts as where clients share something: of IPv6 its /64, of which one client has every
 * address. */
void clients_write_group(const char *address, char group[CLIENT_ADDRESS_SIZE]);

#endif
