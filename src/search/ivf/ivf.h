/* SPDX-License-Identifier: MIT */
/* The approximate index of a library that has codes: inverted lists, kept in LIBRARY-lists beside it. They
 * tell a search which rows to look at and nothing else, so that an index that is out of date or wrong can
 * lose hits but never give wrong ones. */
#ifndef RV_IVF_H
#define RV_IVF_H

#include "base/threads.h"
#include "search/ivf/ivf_file.h"

#define LISTS_SUFFIX "-lists"

/* Rows from which searches use the lists without being asked to. */
#define LISTS_MIN_ROWS 1000000

/* What a store keeps of the file between searches. */
typedef struct ListCache {
    ListFile file;                                   // bytes NULL: none
    char fault[256];                                 // why the file is not used; "": none
    uint64_t device, inode, size_bytes, modified_ns; // which file was read or found faulty; inode 0: none
    bool complained;
} ListCache;

/* As rv_library_ann_*, for every kind of library: lists where it keeps codes, else the database's index. */
RvStatus rv_lists_build(Store *store, ThreadPool *pool, const RvAnnOptions *options, RvError *err);
RvStatus rv_lists_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_lists_info(Store *store, RvAnnInfo *out, RvError *err);

/* Bring lists that are there in line with the codes. Outside of snapshots. Another process that does the same
 * is left to it. */
RvStatus rv_lists_update(Store *store, ThreadPool *pool, RvError *err);

/* Compare the lists with the codes: each fault is one line. To be called where the codes have no faults. */
RvStatus rv_lists_verify(Store *store, void (*fault)(void *user, const char *line), void *user,
                         size_t *fault_count, RvError *err);

/* ---- parts of the above ---- */

/* Whether the library has lists, good ones or not. */
RvStatus rv_lists_present(Store *store, bool *present, RvError *err);
/* The lists of these codes and how many of the codes' segments they cover; NULL where there are none that
 * fit. Borrowed until the next call. Why a file that is there cannot be used goes to the log, once. */
ListFile *rv_lists_open(Store *store, const CodeFile *codes, size_t *segments);
/* Forget the file, which was found to be wrong. */
void rv_lists_distrust(Store *store, const char *reason);

#endif
