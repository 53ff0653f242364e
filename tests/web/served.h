/* SPDX-License-Identifier: MIT */
/* A server of this process, as tests ask and end it. */
#ifndef RV_TESTS_SERVED_H
#define RV_TESTS_SERVED_H

#include <arpa/inet.h>
#include <sys/socket.h>

#include "web_server.h"

/* A connection to a port of this machine, on which nothing is waited for longer than 20 s. */
static inline int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* For a thread of its own. */
static inline void *stop_server(void *server)
{
    web_stop(server);
    return NULL;
}

#endif
