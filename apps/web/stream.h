/* SPDX-License-Identifier: MIT */
/* Answers that come bit by bit from another thread: events, converted video. */
#ifndef RV_WEB_STREAM_H
#define RV_WEB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct MHD_Connection;
typedef struct Stream Stream;
typedef struct Streams Streams; // those of a server that have not ended

/* What `read` returns instead of a number of bytes. */
#define STREAM_NOTHING_YET 0 // call stream_wake when there is something
#define STREAM_END (-1)
#define STREAM_BROKEN (-2) // the client sees that its answer is cut

typedef struct StreamSource {
    /* Copy at most max_bytes into buffer; never waits. Called by one thread at a time. */
    ssize_t (*read)(void *user, char *buffer, size_t max_bytes);
    /* The client has the whole answer, or has gone: called once, after the last read. */
    void (*release)(void *user);
} StreamSource;

/* NULL: no memory; `user` is then still the caller's. The stream has two holders: the answer, and the producer, who
 * calls stream_release when it will not wake it again. */
Stream *stream_create(const StreamSource *source, void *user);
void stream_release(Stream *stream); // NULL is accepted
/* The same for the answer's side: there will be no answer. */
void stream_drop(Stream *stream);

/* There is something to read, or the end. Any thread. */
void stream_wake(Stream *stream);
/* True once the answer is over: sent, the client gone, or the server ending. Looks at the socket. Any thread. */
bool stream_is_over(Stream *stream);

/* ---- for exchange.c and server.c ---- */

Streams *streams_create(void);
void streams_destroy(Streams *streams);
/* End them all: they are read no more. */
void streams_end(Streams *streams);

/* Before the answer begins. socket: of the connection. */
void stream_attach(Stream *stream, Streams *streams, struct MHD_Connection *connection, int socket);
/* As MHD_ContentReaderCallback and MHD_ContentReaderFreeCallback. */
ssize_t stream_read(void *stream, uint64_t position, char *buffer, size_t max_bytes);
void stream_finish(void *stream);

#endif
