/* SPDX-License-Identifier: MIT */
/* Re-embedding: the videos of a library into another one, with the embeddings of another model. */
#ifndef REELVEC_REEMBED_H
#define REELVEC_REEMBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/copy.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvEncoder RvEncoder; /* reelvec/encoder.h */
typedef struct RvLibrary RvLibrary; /* reelvec/library.h */

/* Zeroed options are good defaults. */
typedef struct RvReembedOptions {
    const char *video_glob; /* which videos, by RvNaming; NULL: all; NOT_FOUND if it matches none */
    bool from_pictures; /* if a video's file is gone or has changed, or its address does not answer, embed its
                               stored pictures. They are smaller than its frames and compressed as JPEG, so
                               embeddings differ; see rv_video_is_from_pictures */
    bool replace;       /* replace a video of the same path with other content or sampling, instead of
                               leaving it out */
    bool exact_pixels;  /* as in RvSamplingOptions */
    int batch_size;     /* these four as in RvIndexOptions and RvIndexList */
    int jobs;
    const char *hwaccel;
    double skip_similar;
    /* Called after every batch, and several times a second while no batch is ready. Return false to stop: what
     * was finished is kept, and the call returns CANCELLED. */
    bool (*progress)(void *user, const RvCopyProgress *progress);
    /* Called for each video that is left out, with the reason. NULL: the target's log names them. */
    void (*left_out)(void *user, const char *video, const RvError *why);
    void *user; /* of both */
    uint64_t reserved[8];
} RvReembedOptions;

typedef struct RvReembedReport {
    size_t videos_embedded;      /* by this call */
    size_t videos_from_pictures; /* of those */
    size_t videos_present;       /* there already */
    size_t videos_left_out;
    size_t frames_embedded;
    size_t videos_elsewhere; /* left to another process that embeds them now */
    uint64_t reserved[7];
} RvReembedReport;

/* RV_OK if the library has embeddings that can be made anew, and to_uri (as for rv_library_open) is another
 * library. It reads little and opens nothing. Errors: NOT_FOUND, ARGUMENT. */
RV_API RvStatus rv_library_reembed_possible(RvLibrary *from, const char *to_uri, RvError *err);

/* Embed the videos of one library with the encoder's model, into another library of any kind that is empty or
 * of this model. Each video is decoded anew with its own sampling; path, state, frame numbers, times and
 * pictures are those of `from`, and so is the order of the videos. A video whose frames are not those of `from`
 * any more is left out. `from` is only read, and can be searched meanwhile. After an interruption another call
 * goes on where it stopped; complete videos are skipped. Of several calls at once for one target, also of other
 * processes, each leaves to the others what they embed. Videos that are incomplete or failed in `from` are so
 * in `to`, with the frames that there are. A video that is left out does not stop the others. Threads: any;
 * calls wait for each other as those of rv_library_copy. All callbacks run on the caller's thread. Errors:
 * NOT_FOUND (nothing to embed), ARGUMENT (both are one library), MISMATCH (the target is of another model),
 * those of reading and writing the libraries. */
RV_API RvStatus rv_library_reembed(RvLibrary *from, RvLibrary *to, RvEncoder *encoder,
                                   const RvReembedOptions *options, RvReembedReport *report, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
