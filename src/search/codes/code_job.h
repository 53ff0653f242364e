/* SPDX-License-Identifier: MIT */
/* What a scan of the codes is to look for, and where. */
#ifndef RV_CODE_JOB_H
#define RV_CODE_JOB_H

#include "base/threads.h"
#include "search/codes/code_file.h"

/* Rows that follow each other in one of the file's segments. */
typedef struct CodeRun {
    uint64_t first;        // counted over the segments
    size_t count;          // 1 to CODE_BLOCK_ROWS
    uint64_t checksum;     // of what the file holds of them, as rv_code_block_checksum has it
    atomic_uchar *checked; // 1 when it was found right
} CodeRun;

#define CODE_PIECE_RUNS ((size_t)32)

/* Rows of the file that are worth looking at, in rounds. What a round holds may depend on what the rounds
 * before it found. */
typedef struct CodeRows {
    size_t segment_count; // the rows are of the file's first so many segments
    /* Begin the next round. enough: as many rows were found as are wanted, and all score `threshold` at
     * least. Returns false if there is no further round. */
    bool (*next)(struct CodeRows *rows, bool enough, double threshold, size_t *piece_count);
    /* runs [CODE_PIECE_RUNS]: those of one piece of the round; returns their number. Threads: any number. */
    size_t (*runs)(const struct CodeRows *rows, size_t piece, CodeRun *runs);
} CodeRows;

typedef struct CodeScan {
    CodeFile *file;
    ThreadPool *pool; // NULL: the caller's thread alone
    const RowQuery *query;
    size_t limit;             // how many of the best are wanted; SIZE_MAX: all from min_score up
    const double *min_score;  // NULL: no bound
    const int64_t *video_ids; // [video_count], rising: rows of others do not count; NULL: all videos
    size_t video_count;
    bool some_videos;                 // video_ids leaves out videos of the library
    const double *after_s, *before_s; // inclusive; NULL: no bound
    const KeyRange *changed;          // [changed_count], rising, apart: rows whose codes are out of date
    size_t changed_count;
    // Called on the caller's thread between blocks; if it returns true, the scan ends. NULL: not called.
    bool (*stops)(void *user);
    void *stops_user;
    CodeRows *rows; // what to look at, and besides every row of the segments behind; NULL: every row
    struct CodeDevice *device; // code_device.h: has the rows of the file and makes the first pass over all of
                               // them; NULL: the processor makes it
    bool *device_answered;     // set to whether the device made the first pass; NULL: not wanted
} CodeScan;

/* Whether the row is one that the scan looks for: its video, its time, and that its code is up to date. */
bool rv_code_row_counts(const CodeScan *job, const CodeSegment *segment, const CodeRow *row);
/* With a filter that leaves rows out: whether a row of this block counts; count: at least 1. Blocks without one need not
 * be scored. */
bool rv_code_block_counts(const CodeScan *job, const CodeSegment *segment, size_t first, size_t count);

#endif
