/* SPDX-License-Identifier: MIT */
/* Copying videos from one library into another. */
#ifndef REELVEC_COPY_H
#define REELVEC_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvLibrary RvLibrary; /* reelvec/library.h */

typedef struct RvCopyProgress {
    const char *video;
    size_t videos_done, videos_expected;
    size_t frames_done, frames_expected; /* of all videos, including those that were there already */
    double elapsed_s;
} RvCopyProgress;

/* Zeroed options are good defaults. */
typedef struct RvCopyOptions {
    const char *video_glob; /* which videos, by RvNaming; NULL: all; NOT_FOUND if it matches none */
    bool replace;           /* replace a video of the same path with other content, instead of refusing it */
    int batch_size;         /* frames per transaction; 0: 64 */
    /* Called after every batch. Return false to stop: what was finished is kept, and the call returns
     * CANCELLED. */
    bool (*progress)(void *user, const RvCopyProgress *progress);
    void *progress_user;
    uint64_t reserved[8];
} RvCopyOptions;

typedef struct RvCopyReport {
    size_t videos_copied, videos_present; /* present: there already, also under another path */
    size_t videos_refused;                /* each is named in the target's log */
    size_t frames_copied;
    uint64_t reserved[8];
} RvCopyReport;

/* Copy videos with their states, frames and pictures from one library into another of any kind, batch by
 * batch. After an interruption, another call continues from where it stopped. A video that is incomplete in
 * `from` is incomplete in `to`; indexing can continue it there. A video that cannot be read or is refused
 * does not stop the others. Threads: any; a call waits for other calls on either library. Errors:
 * MISMATCH (embeddings of another model), those of reading and writing. */
RV_API RvStatus rv_library_copy(RvLibrary *from, RvLibrary *to, const RvCopyOptions *options,
                                RvCopyReport *report, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
