/* SPDX-License-Identifier: MIT */
/* Facts of videos that do not exist, for tests of timelines. Include it after <cmocka.h>. */
#ifndef RV_TESTS_MADE_MEDIA_H
#define RV_TESTS_MADE_MEDIA_H

#include "timeline/timeline_cuts.h"

typedef struct MadeMedia {
    const char *path;
    RvRate rate;
    double length_s;
    const char *timecode; // NULL: none
    int channels;         // of one track of sound; 0: no sound
    bool variable;
    double first_frame_s;
    int tracks; // of sound; 0: one if there are channels
} MadeMedia;

/* What made_media_read knows, until the next call. The last has no path. */
void made_media_set(const MadeMedia *videos);

/* A TimelineMediaRead. NOT_FOUND if it does not know the path. Counts its calls. */
RvStatus made_media_read(const char *path, RvMedia *out, RvError *err);
extern int made_media_reads;

/* A log that keeps its lines in made_log, each followed by a newline. */
RvLog made_log_start(void);
extern char made_log[8192];

#endif
