/* SPDX-License-Identifier: MIT */
/* The file of a clip: written under another name, locked meanwhile, renamed when it is whole. */
#ifndef RV_CUT_CUT_FILE_H
#define RV_CUT_CUT_FILE_H

#include <stdbool.h>

#include "reelvec/status.h"

typedef struct CutFile {
    char *path, *temporary; // temporary: PATH.PID.part
    int descriptor;         // of the temporary file, which is locked; -1: none
    bool force;
} CutFile;

/* Create the temporary file, and remove those that killed processes left beside it. Release with rv_cut_file_abandon,
 * also after a commit. Errors: IO (with what to do), BUSY (this process writes it already), MEMORY. */
RvStatus rv_cut_file_begin(CutFile *file, const char *path, bool force, RvError *err);

/* Bring the file to the disk and give it its name. mark: a text that rv_cut_file_compare recognises. Without force
 * nothing that has appeared there meanwhile is replaced; *present: it is this very clip, made by another process. Errors:
 * ARGUMENT, IO. */
RvStatus rv_cut_file_commit(CutFile *file, const char *mark, bool *present, RvError *err);
void rv_cut_file_abandon(CutFile *file);

typedef enum CutFileState {
    CUT_FILE_NONE,   // nothing has that name
    CUT_FILE_SAME,   // it has this mark
    CUT_FILE_OTHER,  // it has another one, or none where it would have one
    CUT_FILE_UNKNOWN // this file system keeps no marks
} CutFileState;

CutFileState rv_cut_file_compare(const char *path, const char *mark);

#endif
