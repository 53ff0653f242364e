/* SPDX-License-Identifier: MIT */
/* Connections to servers: limits for the time of an answer, and keepalive probes. */
#include "store/sql/server_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/parse.h"

#define POLL_MAX_S 3600.0

double rv_wire_deadline(int timeout_s)
{
    return timeout_s > 0 ? rv_clock_s() + timeout_s : 0;
}

WireState rv_wire_wait(int socket, double deadline_s)
{
    struct pollfd descriptor = {.fd = socket, .events = POLLIN};
    if (socket < 0)
        return WIRE_BROKEN;
    for (;;) {
        double left_s = deadline_s > 0 ? deadline_s - rv_clock_s() : POLL_MAX_S;
        if (left_s <= 0)
            return WIRE_TIMED_OUT;
        left_s = left_s < POLL_MAX_S ? left_s : POLL_MAX_S;
        int ready = poll(&descriptor, 1, (int)(left_s * 1000) + 1);
        if (ready > 0)
            return WIRE_READY;
        if (ready < 0 && errno != EINTR)
            return WIRE_BROKEN;
    }
}

void rv_wire_keep_alive(int socket)
{
    const struct {
        int level, option, value;
    } settings[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, WIRE_KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, WIRE_KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, WIRE_KEEPALIVE_COUNT},
#if defined(TCP_USER_TIMEOUT) // Linux's
        {IPPROTO_TCP, TCP_USER_TIMEOUT, WIRE_USER_TIMEOUT_MS},
#endif
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        setsockopt(socket, settings[i].level, settings[i].option, &settings[i].value,
                   sizeof settings[i].value);
}

void rv_wire_shut(int socket)
{
    int ended[2];
    if (socket < 0)
        return;
    shutdown(socket, SHUT_RDWR);
    // After shutdown() alone, what has come already could still be read, megabytes of it. So the descriptor is
    // replaced by that of a socket which is at its end.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ended) != 0)
        return;
    close(ended[1]);
    dup3(ended[0], socket, O_CLOEXEC);
    close(ended[0]);
}

RvStatus rv_wire_parse_timeout(const char *text, const char *show, int *timeout_s, RvError *err)
{
    int64_t seconds = WIRE_ANSWER_TIMEOUT_S;
    if (text != NULL && !rv_parse_int64(text, 0, WIRE_ANSWER_TIMEOUT_MAX_S, &seconds))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: answer_timeout is not a whole number of seconds from 0 (no limit) to %d",
                            show, WIRE_ANSWER_TIMEOUT_MAX_S);
    *timeout_s = (int)seconds;
    return RV_OK;
}

RvStatus rv_wire_given_up(const char *show, RvError *err)
{
    return rv_error_set(err, RV_ERROR_NETWORK, "%s: the connection was given up; run the command again",
                        show);
}

RvStatus rv_wire_timed_out(const char *show, int timeout_s, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_NETWORK,
        "%s: the server has not answered for %d seconds; run the command again when it does, or give "
        "?answer_timeout=SECONDS (0: no limit) with the address",
        show, timeout_s);
}
