/* SPDX-License-Identifier: MIT */
/* The ffmpeg program: where it is and what it can do. */
#ifndef RV_WEB_FFMPEG_H
#define RV_WEB_FFMPEG_H

#include <stdbool.h>

#define FFMPEG_NICER 5 // than the server, which has to answer meanwhile

typedef struct Ffmpeg Ffmpeg;

/* Returns NULL if there is none that will do, or no memory. Free with ffmpeg_forget, which accepts NULL. */
Ffmpeg *ffmpeg_find(void);
void ffmpeg_forget(Ffmpeg *ffmpeg);

const char *ffmpeg_path(const Ffmpeg *ffmpeg);
/* A version that is no release counts as new. */
bool ffmpeg_is_from(const Ffmpeg *ffmpeg, int major, int minor);
/* Can it convert PQ and HLG for a display of standard range? Asks the program the first time. Threads: any. */
bool ffmpeg_maps_tones(Ffmpeg *ffmpeg);

#endif
