/* SPDX-License-Identifier: MIT */
/* The arguments with which ffmpeg makes fragmented MP4 of a video from a time on. */
#ifndef RV_WEB_PLAY_ARGUMENTS_H
#define RV_WEB_PLAY_ARGUMENTS_H

#include <stddef.h>

#include "ffmpeg.h"
#include "reelvec/reelvec.h"

typedef struct PlayWish {
    Ffmpeg *ffmpeg;
    const char *path;
    const RvMedia *media;
    double t_s;  // of moments; the answer's time 0
    bool copies; // packets as they are, else H.264 and AAC
    int height;  // of the picture, at most; not if it copies
} PlayWish;

#define PLAY_WORDS_MAX 96

typedef struct PlayArguments {
    const char *items[PLAY_WORDS_MAX + 1]; // the last is NULL
    char *owned[16];
    size_t count, owned_count;
    bool bad; // no memory
} PlayArguments;

/* True if the packets can be put into MP4 as they are, and some browser plays them. */
bool play_can_copy(const RvMedia *media);

/* Check `bad` before use. The caller clears *out; items are valid as long as it and the wish. */
void play_arguments_make(const PlayWish *wish, PlayArguments *out);
void play_arguments_clear(PlayArguments *arguments);

#endif
