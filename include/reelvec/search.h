/* SPDX-License-Identifier: MIT */
/* Searching: terms in, hits out. */
#ifndef REELVEC_SEARCH_H
#define REELVEC_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/image.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvEncoder RvEncoder; /* reelvec/encoder.h */
typedef struct RvLibrary RvLibrary; /* reelvec/library.h */
typedef struct RvMoments RvMoments; /* reelvec/timeline.h */

typedef enum RvTermKind {
    RV_TERM_TEXT,       /* value: UTF-8 */
    RV_TERM_IMAGE_FILE, /* value: path or URL of a still picture */
    RV_TERM_IMAGE,      /* image */
    RV_TERM_FRAME, /* value: one video (see RvNaming); the stored frame that is nearest to time_s; ARGUMENT if
                      the video is shorter */
    RV_TERM_VECTOR /* vector: float32[dimensions] */
} RvTermKind;

typedef struct RvTerm {
    RvTermKind kind;
    const char *value;
    const RvImage *image;
    const float *vector;
    double time_s;
    double weight;         /* usually 1; negative: frames unlike the term rank higher; 0: ARGUMENT */
    bool no_exif_rotation; /* of RV_TERM_IMAGE_FILE: as in RvPictureOptions */
    /* Terms of part 0 alone: frames are looked for. Terms of parts 0, 1, ...: sequences, in which a frame for each
     * part follows the one before it. At most RV_SEQUENCE_PARTS_MAX parts, each with a term. */
    int64_t part;
    uint64_t reserved[3];
} RvTerm;

#define RV_SEQUENCE_PARTS_MAX 8

typedef enum RvFusion {
    RV_FUSION_MEAN,   /* weighted mean of the normalised vectors: (text + image) / 2 */
    RV_FUSION_ZSCORE, /* weighted sum of each term's standardised scores */
    RV_FUSION_RRF     /* reciprocal rank fusion, weight / (60 + rank) summed over the terms */
} RvFusion;

typedef enum RvScan {
    RV_SCAN_AUTO,       /* with the approximate index if there is one and it pays, else every frame */
    RV_SCAN_EXACT,      /* every frame is compared */
    RV_SCAN_APPROXIMATE /* with the approximate index; NOT_FOUND if there is none. If it is out of date, every
                           frame is compared, with a warning in the log */
} RvScan;

/* How a search was done. Texts are static, lower case, without a full stop. */
typedef struct RvSearchReport {
    const char *way;    /* "nearest": the database found the frames; "codes": only the frames that codes
                           selected were read; "rows": every frame was read; "": nothing to search */
    const char *reason; /* why this way */
    bool by_index;      /* through the approximate index */
    bool on_device;     /* the device compared the codes */
    const char *index_reason, *device_reason; /* why, or why not; "" if it was no question */
    int64_t frames_with_codes;                /* that the codes name */
    int64_t frames_scored;            /* whose embeddings were read and compared; some twice for moments */
    int64_t lists_probed, list_count; /* of an index of a library file */
    int64_t videos_unreachable;       /* left out of the search (RvSearchOptions.partial) */
    uint64_t reserved[7];
} RvSearchReport;

/* Zeroed options are good defaults. */
typedef struct RvSearchOptions {
    size_t top; /* 0: 5 */
    RvFusion fusion;
    const char *video_glob; /* which videos, by RvNaming; NULL: all; NOT_FOUND if it matches none */
    const double *min_score, *after_s, *before_s; /* NULL: no bound; times are inclusive */
    /* Hits are spans of videos: around the best frames, as far as the scores of the video stay nearer to the
     * best one's than to those that the video has anyway. Spans of one video do not overlap. */
    bool moments;
    /* If some machines of a cluster do not answer, search the videos that the others have, with a warning in the
     * log, instead of failing with NETWORK, as it does only if none of the videos is left. */
    bool partial;
    double moment_gap_s; /* frames of one moment are so far apart at most if others are between them that show
                            less; 0: 2.5 x the sampling interval, or 5 s */
    RvScan scan;         /* RV_FUSION_ZSCORE and RV_FUSION_RRF always look at every frame */
    /* Called on the caller's thread between the terms of a query and between blocks of frames, and at least once a
     * second while a picture is fetched; if it returns true, the search ends with CANCELLED and without hits. It must
     * not use the library. NULL: not called. A database that finds the frames itself is not interrupted, nor is the
     * first search that makes the codes. */
    bool (*cancelled)(void *user);
    void *cancelled_user;
    /* A search that takes longer ends with CANCELLED and without hits, at the same places. Waiting for another call
     * does not count. 0: no limit. */
    double timeout_s;
    RvSearchReport *report; /* filled in if the search succeeds; NULL: not wanted */
    double pad_s; /* moments are so much longer on either side, within the video; they may overlap then. With
                     moments only */
    double within_s; /* of a sequence: the most seconds from one part to the next, inclusive; 0: 60 */
    uint64_t reserved[2];
} RvSearchOptions;

/* The frame of one part of a sequence. */
typedef struct RvHitPart {
    int64_t frame_number;
    double time_s, score;
    uint64_t reserved[4];
} RvHitPart;

typedef struct RvHit {
    int64_t video_id;
    const char *video; /* path or URL; valid until the hits are cleared */
    int64_t frame_number;
    double time_s;
    double score;
    /* Of the moment: from its first frame up to the sample after its last one, or to the end of the video. Without
     * moments both are time_s. Of a sequence: see rv_library_search. */
    double start_s, end_s;
    const RvHitPart *parts; /* [part_count], of a sequence, in its order; else NULL; valid as `video` is */
    size_t part_count;      /* of a sequence; else 0 */
    uint64_t reserved[2];
} RvHit;

typedef struct RvHits {
    RvHit *items;
    size_t count;
} RvHits;

/* The best frames, best first; ties by video path, then frame number.
 *
 * Sequences (RvTerm.part): a chain has one frame of one video for each part, with rising times, at most within_s
 * seconds from one to the next. Every frame passes the filters, min_score included, with its part's score; the chain's
 * score is the mean of its parts' scores. Order: the best chain first, then the next best whose span, from the time of
 * its first frame to that of its last, both inclusive, has no moment in common with the span of a better one in the same
 * video, and so on; ties by path, then the earlier first part, then the earlier second part, and so on. The hit's
 * frame_number, time_s and start_s are those of the first part, end_s is up to when the frame of the last one stands for
 * the video (RvFrameScore.end_s); with moments start_s and end_s are where the moments of those frames begin and end. Sequences are always exact; ARGUMENT for another
 * fusion than the mean, and for RV_SCAN_APPROXIMATE.
 *
 * The caller clears *out. encoder: may be
 * NULL if no term is a text or a picture. Threads: any number per library and encoder; an encoder embeds their
 * terms one after the other. A library with a device (RvLibraryOptions.device) compares codes for one search at a
 * time. Errors: ARGUMENT (no terms), NOT_FOUND (an empty library; the name of a video means none), MISMATCH (another
 * model), CANCELLED, those of reading a picture. */
RV_API RvStatus rv_library_search(RvLibrary *library, RvEncoder *encoder, const RvTerm *terms,
                                  size_t term_count, const RvSearchOptions *options, RvHits *out,
                                  RvError *err);
RV_API void rv_hits_clear(RvHits *hits);

/* The hits as moments, in their order, for rv_timeline_make and rv_cut_list: from start_s to end_s. A hit that is a single
 * frame lasts as long as the frame stands for its video (RvFrameScore.end_s), for which the frames of its video are read; a
 * second if it is gone. name: what they are called, several of them "NAME 1", "NAME 2"; NULL: they have no names.
 * The caller clears *out with rv_moments_clear. Errors: MEMORY, those of reading. */
RV_API RvStatus rv_library_moments(RvLibrary *library, const RvHits *hits, const char *name, RvMoments *out,
                                   RvError *err);

typedef struct RvFrameScore {
    int64_t frame_number;
    double time_s, end_s; /* from when up to when the frame stands for the video */
    double score;
    uint64_t reserved[2];
} RvFrameScore;

/* Frames of one video, by time. */
typedef struct RvFrameScores {
    int64_t video_id;
    RvFrameScore *items;
    size_t count;
    uint64_t reserved[4];
} RvFrameScores;

/* The score of every frame of a video, as rv_library_search gives it. video: names one (see RvNaming). options: of the
 * search; top, moments and the bounds of score and time are not looked at. RV_FUSION_ZSCORE and RV_FUSION_RRF compare
 * every frame that the search looks at, so they read them all. The caller clears *out. Threads and errors: as
 * rv_library_search; ARGUMENT too if the name means several videos, NOT_FOUND if it is not among those of
 * options->video_glob. */
RV_API RvStatus rv_library_video_scores(RvLibrary *library, RvEncoder *encoder, const RvTerm *terms,
                                        size_t term_count, const RvSearchOptions *options, const char *video,
                                        RvFrameScores *out, RvError *err);
RV_API void rv_frame_scores_clear(RvFrameScores *scores);

#ifdef __cplusplus
}
#endif
#endif
