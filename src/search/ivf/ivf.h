/* SPDX-License-Identifier: MIT */
/* The approximate index of a library that has codes: inverted lists, kept in LIBRARY-lists beside it. They
 * tell a search which rows to look at and nothing else, so that an index that is out of date or wrong can
 * lose hits but never give wrong ones. */
#ifndef RV_IVF_H
#define RV_IVF_H

#include "base/threads.h"
#include "search/codes/codes.h"
#include "search/ivf/ivf_file.h"

#define LISTS_SUFFIX "-lists"

/* Rows from which searches use the lists without being asked to. */
#define LISTS_MIN_ROWS 1000000

#define LIST_FAULT_BYTES 256

/* What a process holds of the lists of one library, for all handles of that library. Threads: any number. */
typedef struct ListMemory {
    pthread_mutex_t mutex;                           // guards the members below
    struct HeldLists *held;                          // NULL: none, or a file that cannot be read
    char fault[LIST_FAULT_BYTES];                    // why the file is not used; "": none
    uint64_t device, inode, size_bytes, modified_ns; // which file was read or found faulty; inode 0: none
} ListMemory;

void rv_list_memory_init(ListMemory *memory);
void rv_list_memory_clear(ListMemory *memory);

/* The lists as one handle of the library sees them: the first reason why they cannot be used goes to its log.
 * Threads: any number may call, each with a store of its own. */
typedef struct Lists {
    ListMemory *memory; // borrowed
    RvLog log;
    atomic_bool warned;
} Lists;

/* As rv_library_ann_*, for libraries whose index is made of codes. */
RvStatus rv_lists_build(Lists *lists, Codes *codes, Store *store, ThreadPool *pool,
                        const RvAnnOptions *options, RvError *err);
RvStatus rv_lists_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_lists_info(Lists *lists, Codes *codes, Store *store, RvAnnInfo *out, RvError *err);

/* Update existing lists to match the codes. Must not be called inside a snapshot. Returns OK without work if
 * another process is already doing it. */
RvStatus rv_lists_update(Lists *lists, Codes *codes, Store *store, ThreadPool *pool, RvError *err);

/* Compare the lists with the codes: each fault is one line. To be called if the codes have no faults. */
RvStatus rv_lists_verify(Lists *lists, Codes *codes, Store *store, ThreadPool *pool,
                         void (*fault)(void *user, const char *line), void *user, size_t *fault_count,
                         RvError *err);

/* Whether the library has lists, good ones or not. */
RvStatus rv_lists_present(Store *store, bool *present, RvError *err);
/* The lists of these codes, to be released, and how many of the codes' segments they cover. NULL: there are
 * none that fit; why a file that is there cannot be used goes to the log. */
const ListFile *rv_lists_hold(Lists *lists, Store *store, const CodeFile *codes, size_t *segments);
void rv_lists_release(const ListFile *file); // NULL is accepted
/* The lists were found to be wrong: no handle uses them again. */
void rv_lists_invalidate(Lists *lists, const Store *store, const ListFile *file, const char *reason);

#endif
