/* SPDX-License-Identifier: MIT */
/* The library: frames of videos with embedding, time and picture. This header has opening and reading one.
 * Indexing, searching and the rest have headers of their own, which it includes. */
#ifndef REELVEC_LIBRARY_H
#define REELVEC_LIBRARY_H

#include <stdint.h>

#include "reelvec/ann.h"
#include "reelvec/copy.h"
#include "reelvec/encoder.h"
#include "reelvec/index.h"
#include "reelvec/log.h"
#include "reelvec/queue.h"
#include "reelvec/reembed.h"
#include "reelvec/rows.h"
#include "reelvec/search.h"
#include "reelvec/sources.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvLibrary RvLibrary;
typedef struct RvEngine RvEngine; /* reelvec/engine.h */

typedef enum RvOpenMode {
    RV_OPEN_WRITE,  /* an existing library */
    RV_OPEN_CREATE, /* the same; an empty one is made if there is none */
    RV_OPEN_READ    /* an existing library; calls that would change it are refused */
} RvOpenMode;

/* Zeroed options are good defaults. */
typedef struct RvLibraryOptions {
    RvOpenMode mode;
    /* NULL or "cpu": searches run on the CPU. "cuda", "cuda:N": libraries that have codes (see code_count)
     * are searched on that GPU if they fit, with the same hits. The first search copies the codes there,
     * which is worthwhile if many searches follow. "auto": the same, if there is a GPU. */
    const char *device;
    int thread_count; /* of searches, and of making and checking codes and lists; 0: one per core that this
                         process may use; at most RV_THREADS_MAX */
    RvLog log;
    RvEngine *engine; /* threads and memory that this library shares with others; thread_count is then the
                         engine's. NULL: nothing is shared */
    uint64_t reserved[7];
} RvLibraryOptions;

/* Threads: any number of threads may call rv_library_search with one handle at the same time. A library in
 * memory answers them one after the other, and so does one whose file was renamed or removed since it was
 * opened. The other calls on one handle wait for each other: while rv_library_index runs, rv_library_list waits,
 * and a search does not. Any number of handles and processes may read while one writes. A handle must not be in
 * use when it is closed, nor be used in a child process after fork(). */

/* Open a library. uri: a file path (SQLite), "memory:" (nothing is kept), or the address of a server. NULL:
 * rv_library_default_path(). Errors: NOT_FOUND, FORMAT (not a library), UNSUPPORTED (of a newer version),
 * BUSY, IO. */
RV_API RvStatus rv_library_open(const char *uri, const RvLibraryOptions *options, RvLibrary **out,
                                RvError *err);
RV_API void rv_library_close(RvLibrary *library);

/* The address of the library as messages show it, without password. Valid until the library is closed. */
RV_API const char *rv_library_uri(const RvLibrary *library);

/* Open the model that made the library's embeddings, wherever it is now (rv_model_locate); "ViT-B/32" if the
 * library is empty. Errors: NOT_FOUND, with a message that names the model and how to get it; those of
 * rv_encoder_open. */
RV_API RvStatus rv_library_open_encoder(RvLibrary *library, const RvEncoderOptions *options, RvEncoder **out,
                                        RvError *err);

/* Compare the encoder's model with the one that made the library's embeddings, as every search does first. An empty
 * library fits every model. Errors: MISMATCH, those of rv_encoder_details, those of reading. */
RV_API RvStatus rv_library_check_encoder(RvLibrary *library, RvEncoder *encoder, RvError *err);

/* Path of the default library in the user's data folder ($XDG_DATA_HOME/reelvec/library.db). Any thread. */
RV_API RvStatus rv_library_default_path(char *path, size_t size_bytes, RvError *err);

/* ---- looking inside --------------------------------------------------------------------------------- */

/* The paths of all videos, with video_id, sampling, state and duration_s; other members may be empty. They
 * are ordered by path. The call is fast in a library of any size. */
RV_API RvStatus rv_library_paths(RvLibrary *library, RvVideos *out, RvError *err);

/* The videos that the name selects (NULL: all), ordered by path; see RvNaming. It is not an error if there
 * are none. */
RV_API RvStatus rv_library_list(RvLibrary *library, const char *name, RvVideos *out, RvError *err);

/* The same. *naming (may be NULL): the way of naming that found them. */
RV_API RvStatus rv_library_find(RvLibrary *library, const char *name, RvVideos *out, RvNaming *naming,
                                RvError *err);

/* The frames of one video by number. */
RV_API RvStatus rv_library_frames(RvLibrary *library, int64_t video_id, RvFrames *out, RvError *err);

/* The stored frame that is nearest to a time of the one video that `name` selects (see RvNaming): what a term
 * RV_TERM_FRAME means. *video_id: the video. Errors: NOT_FOUND (no such video, or none of its frames is stored),
 * ARGUMENT (several videos; a time after the video's end). */
RV_API RvStatus rv_library_frame_at(RvLibrary *library, const char *name, double time_s, int64_t *video_id,
                                    RvFrameInfo *out, RvError *err);

/* The stored picture (JPEG) of a frame. Free *jpeg with rv_free. Errors: NOT_FOUND. */
RV_API RvStatus rv_library_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                                   size_t *size_bytes, RvError *err);

/* Pass all frames of the videos that video_glob selects (NULL: all; see RvNaming) to `rows`, in blocks,
 * ordered by video_id and frame number. They are one state of the library, whatever others write meanwhile.
 * `rows` must not use the library. If it returns false, the call returns CANCELLED. Errors: FORMAT (damaged
 * rows). */
RV_API RvStatus rv_library_embeddings(RvLibrary *library, const char *video_glob,
                                      bool (*rows)(void *user, const RvFrameRows *rows), void *user,
                                      RvError *err);

/* What the library remembers of its model besides the weights, in the words of rv_encoder_details; "" if it is empty.
 * size_bytes: RV_MODEL_DETAILS_SIZE is enough. */
RV_API RvStatus rv_library_model_details(RvLibrary *library, char *details, size_t size_bytes, RvError *err);

/* What tells the library from every other one, however its file is called and wherever it lies: 32 hexadecimal digits
 * that are drawn when a library is made. A library of an older version has those of the second in which it was made, one
 * on a server those of its address. A copied file has the same; rv_library_copy makes a library of its own. */
#define RV_LIBRARY_ID_SIZE 33
RV_API RvStatus rv_library_id(RvLibrary *library, char id[RV_LIBRARY_ID_SIZE], RvError *err);

/* How long the library's embeddings are; RV_LENGTH_ONE if it is empty. Where they are as the model computes them, the
 * score of one term is not a cosine but the dot product with a vector of length 1. */
RV_API RvStatus rv_library_length(RvLibrary *library, RvLength *out, RvError *err);

/* Counts and extremes. It reads every row and the header of every picture, which takes long in a large library.
 * If only the counts are wanted, rv_library_list is the cheap way to them: it returns state and frame count of
 * every video without reading the frames. */
RV_API RvStatus rv_library_info(RvLibrary *library, RvLibraryInfo *out, RvError *err);

/* Check everything: the database's own integrity, lengths of embeddings, finite values, frame numbers without
 * gaps, that pictures can be decoded, and that codes are those of the frames. Each fault is passed to `fault`
 * as one line. Returns RV_OK even if there are faults; see *fault_count. */
RV_API RvStatus rv_library_verify(RvLibrary *library, void (*fault)(void *user, const char *line), void *user,
                                  size_t *fault_count, RvError *err);

/* Remove a video with all its frames and release the space. */
RV_API RvStatus rv_library_remove(RvLibrary *library, int64_t video_id, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
