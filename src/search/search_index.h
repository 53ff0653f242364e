/* SPDX-License-Identifier: MIT */
/* What searches of a library use besides its rows: codes, lists, a device that holds codes. */
#ifndef RV_SEARCH_INDEX_H
#define RV_SEARCH_INDEX_H

#include "base/shared_objects.h"
#include "search/codes/codes.h"
#include "search/codes/device_choice.h"
#include "search/ivf/ivf.h"

/* What a process holds in memory of one library. */
typedef struct SearchMemory {
    CodeMemory codes;
    ListMemory lists;
    DeviceMemory device;
} SearchMemory;

/* The same for one handle, which also has a log; each reason for a slower search is logged once per handle.
 * Threads: any number, each with a store of its own. */
typedef struct SearchIndex {
    SearchMemory *memory;
    Shared *shared; // where `memory` is held; NULL: `memory` is this index's own
    Codes codes;
    Lists lists;
    DeviceChoice device;
    atomic_bool ensured; // rv_search_index_ensure has run
} SearchIndex;

/* device: as RvLibraryOptions.device. shared: the memory of all handles of the store's file with this device
 * is one, by the file's device and inode; NULL: this index has memory of its own. Errors: ARGUMENT, MEMORY.
 */
RvStatus rv_search_index_create(Shared *shared, Store *store, const char *device, RvLog log,
                                SearchIndex **out, RvError *err);
void rv_search_index_destroy(SearchIndex *index); // NULL is accepted

/* Codes for a library that can have them and has none, if it is large enough. Works once in the life of the
 * index, and only if the store may write. A failure goes to the log. */
void rv_search_index_ensure(SearchIndex *index, Store *store, ThreadPool *pool);

/* As rv_library_ann_*, for every kind of library: lists if it keeps codes, else the database's index. */
RvStatus rv_search_index_build(SearchIndex *index, Store *store, ThreadPool *pool,
                               const RvAnnOptions *options, RvError *err);
RvStatus rv_search_index_drop(Store *store, bool *dropped, RvError *err);
RvStatus rv_search_index_info(SearchIndex *index, Store *store, RvAnnInfo *out, RvError *err);

#endif
