/* SPDX-License-Identifier: MIT */
/* One clip or preview, from the moment to the file. */
#ifndef RV_CUT_CUT_CLIP_H
#define RV_CUT_CUT_CLIP_H

#include "cut/cut_program.h"
#include "cut/kept_files.h"
#include "reelvec/cut.h"

/* What the clips of one call share. */
typedef struct CutRun {
    const RvCutOptions *options;
    CutProgram *program;
    const KeptFiles *kept;
    bool preview, webp;        // webp: of a preview whose name is made
    size_t clip, clip_count;   // clip: from 1
    double done_s, expected_s; // of the clips before this one, and of all
    double begun_s;            // on the clock
} CutRun;

/* Seconds that a moment takes with its handles, for the progress. */
double rv_cut_length_s(const RvMoment *moment, const RvCutOptions *options);

/* Cut one moment. path: of the file; or folder and name (without ending), and path is NULL. Errors: as rv_cut. */
RvStatus rv_cut_clip(const CutRun *run, const RvMoment *moment, const char *path, const char *folder,
                     const char *name, RvCut *out, RvError *err);

#endif
