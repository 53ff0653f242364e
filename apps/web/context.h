/* SPDX-License-Identifier: MIT */
/* What all handlers share: the parts of a running server. */
#ifndef RV_WEB_CONTEXT_H
#define RV_WEB_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "web_server.h"

struct MHD_Daemon;

#define WEB_IO_THREADS_MAX 16

struct WebServer {
    WebLimits limits; // with their defaults filled in
    RvLog log;
    pthread_mutex_t log_mutex;
    RvEncoder *encoder; // borrowed; NULL: see model_error
    char *model_error;
    char *base_path; // "" or "/name"
    char **media_roots;
    bool allow_urls;
    struct Ffmpeg *ffmpeg; // NULL: there is none
    int port;
    char *address, *link;             // of the page; link: with the token
    bool proxied;                     // a proxy is in front
    char *proxy_address, *proxy_link; // of the page there; NULL: not known
    char *token;                      // NULL: none is asked for
    struct Guard *guard;
    struct Clients *clients;
    struct Bodies *bodies;
    struct Workers *workers;
    struct Shelf *shelf;
    struct Metrics *metrics;
    struct Pictures *pictures;
    struct TextVectors *text_vectors;
    struct Ranked *ranked;
    struct Listener *listener;
    struct Streams *streams;
    struct SpriteCache *sprites;
    struct Plays *plays;
    struct Seats *play_seats, *clip_seats;
    struct Jobs *jobs; // NULL: nothing can be indexed
    struct MHD_Daemon *daemons[WEB_IO_THREADS_MAX];
    int daemon_count;
    atomic_int running;   // requests between their headers and the end of their answer
    atomic_bool stopping; // running answers are finished, nothing new begins
    atomic_bool cancels;  // what still runs is given up
    double started_s;
};

#endif
