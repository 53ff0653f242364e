/* SPDX-License-Identifier: MIT */
/* The approximate index of a library: built, dropped, described. */
#ifndef REELVEC_ANN_H
#define REELVEC_ANN_H

#include <stdbool.h>
#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvLibrary RvLibrary; /* reelvec/library.h */

/* Zeroed options are good defaults. */
typedef struct RvAnnOptions {
    const char *kind;     /* "ivf", "hnsw", ..., if the kind of library has it; NULL: its best */
    const char *settings; /* "m=16,ef_construction=64"; NULL: the defaults */
    uint64_t reserved[8];
} RvAnnOptions;

typedef struct RvAnnInfo {
    bool present;
    char kind[32];
    char settings[160];
    int64_t size_bytes;  /* 0 if the database does not say */
    int64_t row_count;   /* frames in it; 0 if the database does not say */
    int64_t newer_count; /* frames that are not in it yet; searches compare them one by one */
    bool automatic;      /* RV_SCAN_AUTO uses it */
    char fault[256];     /* why it is not used, and what to do; "" if it is used */
    uint64_t reserved[8];
} RvAnnInfo;

/* Threads: any; calls on one library wait for each other. */

/* Build the library's approximate index, or replace it. Errors: UNSUPPORTED if this kind of library has none,
 * or none for its model; ARGUMENT for an unknown kind or setting. */
RV_API RvStatus rv_library_ann_build(RvLibrary *library, const RvAnnOptions *options, RvError *err);

/* Delete the index. *dropped (may be NULL): true if there was one. */
RV_API RvStatus rv_library_ann_drop(RvLibrary *library, bool *dropped, RvError *err);

/* Describe the index; out->present is false if there is none. */
RV_API RvStatus rv_library_ann_info(RvLibrary *library, RvAnnInfo *out, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
