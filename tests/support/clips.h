/* SPDX-License-Identifier: MIT */
/* Generated video clips for tests: made on first use by tools/make_clips, kept in $REELVEC_BUILD/clips. */
#ifndef RV_TESTS_CLIPS_H
#define RV_TESTS_CLIPS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shared.h"

/* FFmpeg 7 counts the last frame's length into the length of the Matroska files that it makes, FFmpeg 5 does not.
 * Include <libavformat/version.h> for this. */
#define MKV_LAST(newer, older) (LIBAVFORMAT_VERSION_MAJOR >= 61 ? (newer) : (older))

/* Write the path of the clip `name`, which is made first if it is missing. Returns 0 if it cannot be made
 * because the package ffmpeg is missing; the test should then call skip(). */
static inline int clip_path(const char *name, char *path, size_t size_bytes)
{
    static int tried;
    char folder[1024], command[4096];
    build_path("clips", folder, sizeof folder);
    snprintf(path, size_bytes, "%s/%s", folder, name);
    if (access(path, R_OK) == 0)
        return 1;
    if (tried)
        return 0;
    tried = 1;
    const char *source = getenv("REELVEC_SOURCE");
    // The script holds a lock: if several tests come here at once, one makes the clips and the others wait.
    snprintf(command, sizeof command, "'%s/tools/make_clips' '%s' >&2", source != NULL ? source : ".",
             folder);
    if (system(command) != 0)
        printf("tools/make_clips failed: install the package ffmpeg\n");
    if (access(path, R_OK) == 0)
        return 1;
    printf("%s could not be made: install the package ffmpeg\n", path);
    return 0;
}

#endif
