/* SPDX-License-Identifier: MIT */
#include "sent_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "web_clock.h"
#include "web_error.h"

#define LOOK_MS 250
#define END_S 0.5 // that the thread is waited for

struct SentFile {
    int connection;
    int fd; // of its own: the caller's is closed when the answer is over, which is not told in time
    uint64_t end;
    bool looked_at; // by the thread now, which releases it if it was removed meanwhile
    bool removed;
    SentFile *next, *previous;
};

struct SentFiles {
    pthread_mutex_t mutex;
    pthread_cond_t changed; // ends, ended
    SentFile *first;
    bool ends, ended;
    int holders; // the owner and the thread
};

/* Never with the mutex held: closing a file, too, may wait for its disk. */
static void release(SentFile *file)
{
    close(file->fd);
    free(file);
}

/* With the mutex held. */
static void take_out(SentFiles *files, SentFile *file)
{
    if (file->previous != NULL)
        file->previous->next = file->next;
    else
        files->first = file->next;
    if (file->next != NULL)
        file->next->previous = file->previous;
}

/* With the mutex held, but not while the disk is asked. */
static void look_at(SentFiles *files, SentFile *file)
{
    struct stat facts;
    file->looked_at = true;
    pthread_mutex_unlock(&files->mutex);
    bool cut = fstat(file->fd, &facts) == 0 && (uint64_t)facts.st_size < file->end;
    pthread_mutex_lock(&files->mutex);
    file->looked_at = false;
    if (cut && !file->removed)
        shutdown(file->connection, SHUT_RDWR); // MHD, which owns the descriptor, sees the end and closes it
}

/* Drop the owner's hold or the thread's. With the mutex held, which is released. */
static void drop(SentFiles *files)
{
    bool last = --files->holders == 0;
    pthread_mutex_unlock(&files->mutex);
    if (!last)
        return;
    pthread_cond_destroy(&files->changed);
    pthread_mutex_destroy(&files->mutex);
    free(files);
}

static void *watch(void *user)
{
    SentFiles *files = user;
    pthread_mutex_lock(&files->mutex);
    while (!files->ends) {
        for (SentFile *file = files->first, *next; file != NULL && !files->ends; file = next) {
            look_at(files, file);
            next = file->next;
            if (!file->removed)
                continue;
            take_out(files, file);
            pthread_mutex_unlock(&files->mutex);
            release(file);
            pthread_mutex_lock(&files->mutex);
            next = files->first; // the next one may be gone
        }
        if (!files->ends)
            web_condition_wait(&files->changed, &files->mutex, LOOK_MS);
    }
    files->ended = true;
    pthread_cond_broadcast(&files->changed);
    drop(files);
    return NULL;
}

RvStatus sent_files_create(SentFiles **out, RvError *err)
{
    pthread_t thread;
    SentFiles *files = calloc(1, sizeof *files);
    if (files == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&files->mutex, NULL);
    web_condition_init(&files->changed);
    files->holders = 2;
    if (pthread_create(&thread, NULL, watch, files) != 0) {
        files->holders = 1;
        pthread_mutex_lock(&files->mutex);
        drop(files);
        return web_error_memory(err);
    }
    pthread_detach(thread);
    *out = files;
    return RV_OK;
}

void sent_files_destroy(SentFiles *files)
{
    if (files == NULL)
        return;
    Patience patience = web_patience(END_S);
    pthread_mutex_lock(&files->mutex);
    files->ends = true;
    pthread_cond_broadcast(&files->changed);
    while (!files->ended && web_patience_lasts(&patience))
        web_condition_wait(&files->changed, &files->mutex, LOOK_MS);
    drop(files);
}

SentFile *sent_files_add(SentFiles *files, int connection, int file, uint64_t end)
{
    SentFile *sent = calloc(1, sizeof *sent);
    int fd = sent != NULL ? fcntl(file, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0) {
        free(sent);
        return NULL;
    }
    *sent = (SentFile){.connection = connection, .fd = fd, .end = end};
    pthread_mutex_lock(&files->mutex);
    sent->next = files->first;
    if (sent->next != NULL)
        sent->next->previous = sent;
    files->first = sent;
    pthread_mutex_unlock(&files->mutex);
    return sent;
}

void sent_files_remove(SentFiles *files, SentFile *file)
{
    if (file == NULL)
        return;
    pthread_mutex_lock(&files->mutex);
    file->removed = true;
    bool ours = !file->looked_at;
    if (ours)
        take_out(files, file);
    pthread_mutex_unlock(&files->mutex);
    if (ours)
        release(file);
}
