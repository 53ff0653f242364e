/* SPDX-License-Identifier: MIT */
/* Answers that come bit by bit from another thread. While there is nothing to send the connection is suspended:
 *
 *   connection's thread: stream_read -> source->read gives nothing -> suspend
 *   producer's thread:   more data, stream_wake -> resume -> stream_read
 *
 * The stream's mutex is held around both, so that no wake is lost between the read and the suspension. */
#include "stream.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>

#include "clients.h"

struct Streams {
    pthread_mutex_t mutex;
    Stream *first;
    bool ended;
};

struct Stream {
    pthread_mutex_t mutex;
    StreamSource source;
    void *user;
    int holders;
    bool suspended, over, released;
    struct MHD_Connection *connection;
    int socket;
    Streams *streams; // NULL: not attached
    Stream *next, *previous;
};

Streams *streams_create(void)
{
    Streams *streams = calloc(1, sizeof *streams);
    if (streams != NULL)
        pthread_mutex_init(&streams->mutex, NULL);
    return streams;
}

void streams_destroy(Streams *streams)
{
    if (streams == NULL)
        return;
    pthread_mutex_destroy(&streams->mutex);
    free(streams);
}

static void resume(Stream *stream)
{
    if (stream->suspended) {
        stream->suspended = false;
        MHD_resume_connection(stream->connection);
    }
}

void streams_end(Streams *streams)
{
    pthread_mutex_lock(&streams->mutex);
    streams->ended = true;
    for (Stream *stream = streams->first; stream != NULL; stream = stream->next) {
        pthread_mutex_lock(&stream->mutex);
        stream->over = true;
        resume(stream);
        pthread_mutex_unlock(&stream->mutex);
    }
    pthread_mutex_unlock(&streams->mutex);
}

Stream *stream_create(const StreamSource *source, void *user)
{
    Stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    pthread_mutex_init(&stream->mutex, NULL);
    stream->source = *source;
    stream->user = user;
    stream->holders = 2;
    stream->socket = -1;
    return stream;
}

void stream_release(Stream *stream)
{
    if (stream == NULL)
        return;
    pthread_mutex_lock(&stream->mutex);
    bool last = --stream->holders == 0, releases = last && !stream->released;
    pthread_mutex_unlock(&stream->mutex);
    if (releases)
        stream->source.release(stream->user);
    if (!last)
        return;
    pthread_mutex_destroy(&stream->mutex);
    free(stream);
}

void stream_drop(Stream *stream)
{
    if (stream == NULL)
        return;
    pthread_mutex_lock(&stream->mutex);
    stream->over = true;
    pthread_mutex_unlock(&stream->mutex);
    stream_release(stream);
}

void stream_wake(Stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    resume(stream);
    pthread_mutex_unlock(&stream->mutex);
}

bool stream_is_over(Stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    if (!stream->over && stream->socket >= 0 && clients_has_gone(stream->socket)) {
        stream->over = true;
        resume(stream);
    }
    bool over = stream->over;
    pthread_mutex_unlock(&stream->mutex);
    return over;
}

void stream_attach(Stream *stream, Streams *streams, struct MHD_Connection *connection, int socket)
{
    pthread_mutex_lock(&streams->mutex);
    pthread_mutex_lock(&stream->mutex); // its producer runs already
    stream->connection = connection;
    stream->socket = socket;
    stream->streams = streams;
    stream->next = streams->first;
    if (stream->next != NULL)
        stream->next->previous = stream;
    streams->first = stream;
    stream->over = stream->over || streams->ended;
    pthread_mutex_unlock(&stream->mutex);
    pthread_mutex_unlock(&streams->mutex);
}

ssize_t stream_read(void *user, uint64_t position, char *buffer, size_t max_bytes)
{
    Stream *stream = user;
    (void)position;
    pthread_mutex_lock(&stream->mutex);
    ssize_t got = stream->over ? STREAM_BROKEN : stream->source.read(stream->user, buffer, max_bytes);
    if (got == STREAM_NOTHING_YET) {
        MHD_suspend_connection(stream->connection);
        stream->suspended = true;
    }
    pthread_mutex_unlock(&stream->mutex);
    return got == STREAM_END      ? MHD_CONTENT_READER_END_OF_STREAM
           : got == STREAM_BROKEN ? MHD_CONTENT_READER_END_WITH_ERROR
                                  : got;
}

void stream_finish(void *user)
{
    Stream *stream = user;
    Streams *streams = stream->streams;
    pthread_mutex_lock(&streams->mutex);
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        streams->first = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    pthread_mutex_unlock(&streams->mutex);
    pthread_mutex_lock(&stream->mutex);
    stream->over = true;
    stream->socket = -1;
    bool releases = !stream->released;
    stream->released = true;
    pthread_mutex_unlock(&stream->mutex);
    if (releases)
        stream->source.release(stream->user);
    stream_release(stream);
}
