/* SPDX-License-Identifier: MIT */
/* From moments to files: clips and animated previews, cut by the ffmpeg program. */
#ifndef REELVEC_CUT_H
#define REELVEC_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"
#include "reelvec/timeline.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bounds of the options of previews; 0 stands for the usual value in any case. */
#define RV_PREVIEW_WIDTH_MIN 16
#define RV_PREVIEW_WIDTH_MAX 8192
#define RV_PREVIEW_RATE_MIN 0.1
#define RV_PREVIEW_RATE_MAX 50.0

/* The longest handles, in seconds. */
#define RV_CUT_HANDLES_MAX 86400.0

typedef struct RvCutProgress {
    const char *video;           /* path, or address without user and password */
    const char *path;            /* of the clip */
    size_t clip, clips_expected; /* clip: from 1 */
    double done_s, expected_s;   /* seconds of video, of all clips together */
    double elapsed_s;
} RvCutProgress;

typedef enum RvCutOutcome {
    RV_CUT_FAILED,
    RV_CUT_MADE,
    RV_CUT_PRESENT /* it is there already, cut before from the same file at the same borders in the same way */
} RvCutOutcome;

/* Zeroed options are good defaults. */
typedef struct RvCutOptions {
    const char
        *ffmpeg; /* the program; NULL: REELVEC_FFMPEG of the environment, else the first `ffmpeg` on PATH */
    /* false: the packets are copied, from the last keyframe that is not later than the start, so that a clip may begin
     * earlier than asked (RvCut.early_s). true: picture and sound are encoded again, and the clip has exactly the
     * frames that are on screen from the start up to the end. */
    bool exact;
    bool force; /* replace what is there */
    double
        handles_s; /* begin so much earlier and end so much later, within the video; at most RV_CUT_HANDLES_MAX */
    const char
        *container; /* of names that are made: "mp4", "mkv", ...; NULL: the video's own if it can be written,
                              else "mkv" */
    const char *name; /* how names are made; NULL: "{video}_{start}-{end}". {video}: the video's name without
                              folder and ending; {start}, {end}: 0.01.23.500; {n}: 001, the place among the moments;
                              {name}: the moment's; {score}: 0.312; {{ and }}: braces. Behind a dot may stand the
                              container, of previews gif or webp. Only where names are made: `path` is a folder */
    int thread_count; /* of ffmpeg; 0: as it likes */
    double silence_s; /* ffmpeg is ended if it makes no progress for so long; 0: 120 */
    /* Previews only. */
    int width;         /* pixels, RV_PREVIEW_WIDTH_MIN to _MAX; 0: 480; never enlarged */
    double frame_rate; /* frames a second, RV_PREVIEW_RATE_MIN to _MAX; 0: 12.5 */
    /* Called several times a second on the caller's thread. Return false to stop: ffmpeg is ended, the half-made file
     * removed, and the call returns CANCELLED. Clips that were finished stay. */
    bool (*progress)(void *user, const RvCutProgress *progress);
    void *user;
    RvLog log;
    uint64_t reserved[8];
} RvCutOptions;

/* A clip, as it has become. Texts are valid until rv_cut_clear, or during RvCutEnded. */
typedef struct RvCut {
    RvCutOutcome outcome;
    char *path;            /* of the clip */
    double start_s, end_s; /* what it shows, by the clock of the video that it is cut from */
    double
        early_s; /* how much earlier than asked the clip begins: 0 if it is exact, or to less than a frame */
    int64_t frame_count; /* 0 if it was not counted: of clips longer than two minutes, and WebP */
    int64_t size_bytes;
    char encoder[32];  /* of the picture; "copy" if it is copied */
    char timecode[16]; /* of the first frame, if the video has one; else "" */
    uint64_t reserved[8];
} RvCut;

/* How one clip of a list ended. index: of the moment. status: RV_OK, or why there is no clip (*err). */
typedef void (*RvCutEnded)(void *user, size_t index, RvStatus status, const RvCut *cut, const RvError *err);

typedef struct RvCutReport {
    size_t made, present, failed;
    uint64_t reserved[8];
} RvCutReport;

/* Threads: any number of calls at once. A file is written under another name (PATH.PID.part) and gets its own when it
 * is whole and on the disk. Those that a killed process left in a folder are removed by the next call that makes a clip
 * in that folder. Two that write the same PATH have a file each; the last one to end has the name, and without force the
 * first.
 * Sources are opened as for indexing: a local file cannot make ffmpeg open anything else. */

/* Cut one moment of a video into a file. path: its ending is the container; a folder (one that is there, or a path that
 * ends in '/'; it is made): the name is made as RvCutOptions.name says. options: NULL is allowed. *out: cleared by the
 * caller; NULL is allowed. A start before the video is moved to its beginning, an end behind it to its end, with a
 * warning in the log. Errors: NOT_FOUND (no such video; no ffmpeg), ARGUMENT (the moment is empty or outside of the
 * video; no such container; something else is at `path` and force is not set), UNSUPPORTED (no video stream, no encoder),
 * IO (the disk is full, the folder not writable), FORMAT (ffmpeg refuses the source), CANCELLED. */
RV_API RvStatus rv_cut(const RvMoment *moment, const char *path, const RvCutOptions *options, RvCut *out,
                       RvError *err);

/* Cut moments, one after the other, into files of a folder, which is made; a single one also into the file that `folder`
 * names by an ending of clips. One that fails does not stop the others: it goes to `ended` (NULL is allowed) and is
 * counted. Clips that are there already are left alone, so that another call goes on where one was stopped. Of moments
 * that would have the same name the second gets _2 behind it, the third _3; a number that makes the name of another
 * moment is passed over. Errors: NOT_FOUND (no ffmpeg), ARGUMENT (several moments and the name of one clip; a template
 * that says nothing), IO (the folder), CANCELLED. */
RV_API RvStatus rv_cut_list(const RvMoment *moments, size_t count, const char *folder,
                            const RvCutOptions *options, RvCutEnded ended, void *ended_user,
                            RvCutReport *report, RvError *err);

/* An animated picture of a moment: path ends in .gif or .webp, or is a folder (then GIF). Everything else is as with
 * rv_cut; options->exact and container are not looked at. Errors: those of rv_cut; ARGUMENT if the moment with its
 * handles is longer than 60 s. */
RV_API RvStatus rv_cut_preview(const RvMoment *moment, const char *path, const RvCutOptions *options,
                               RvCut *out, RvError *err);
RV_API void rv_cut_clear(RvCut *cut);

/* The program that would be used, and its version ("5.1.9-0+deb12u1"). ffmpeg: as in the options. Errors: NOT_FOUND,
 * with the hint RV_HINT_FFMPEG; UNSUPPORTED if the program is not ffmpeg, or one before 4.3. */
RV_API RvStatus rv_cut_ffmpeg(const char *ffmpeg, char *path, size_t path_bytes, char *version,
                              size_t version_bytes, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
