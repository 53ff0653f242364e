/* SPDX-License-Identifier: MIT */
/* The ffmpeg program: where it is, what it can do, what its error output means. */
#ifndef RV_CUT_CUT_PROGRAM_H
#define RV_CUT_CUT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "cut/child.h"
#include "reelvec/status.h"

typedef struct CutProgram {
    char *path;
    char version[64];
    int major, minor; // 999 if it is no release: built from the newest sources
    char *encoders;   // its list of encoders; NULL until rv_cut_program_encodes is called
} CutProgram;

/* named: the program's path, or a name to look for on PATH; NULL: REELVEC_FFMPEG, else "ffmpeg". Release with
 * rv_cut_program_clear. Errors: NOT_FOUND (RV_HINT_FFMPEG), UNSUPPORTED. */
RvStatus rv_cut_program_find(const char *named, CutProgram *out, RvError *err);
void rv_cut_program_clear(CutProgram *program);

bool rv_cut_program_is_from(const CutProgram *program, int major, int minor);

/* True if the program has this encoder. */
bool rv_cut_program_encodes(CutProgram *program, const char *encoder);

/* Read "ffmpeg version N.N..." from the first line of `-version`. Returns false if it is not ffmpeg's. */
bool rv_cut_program_read_version(const char *line, CutProgram *program);

/* Write the line of ffmpeg's error output that tells the cause, without its "[mp4 @ 0x55...]"; "" if there is none. */
void rv_cut_program_cause(const char *errors, char *line, size_t size_bytes);

/* The error for a run that failed. path: the clip's; name: the video's, for messages. Returns RV_OK for an exit status
 * of 0. */
RvStatus rv_cut_program_failed(const ChildResult *result, const char *name, const char *path,
                               double silence_s, RvError *err);

#endif
