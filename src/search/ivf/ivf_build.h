/* SPDX-License-Identifier: MIT */
/* Lists out of the codes of a library: learnt and filled, or filled further. */
#ifndef RV_IVF_BUILD_H
#define RV_IVF_BUILD_H

#include "base/threads.h"
#include "search/ivf/ivf_file.h"

/* Lists of all rows of the codes. Reads the codes alone, and needs beside them the sample (64 rows a list)
 * and 24 bytes a run of rows. Errors: MEMORY, UNSUPPORTED; FORMAT where the codes are damaged. */
RvStatus rv_list_build(const CodeFile *codes, ThreadPool *pool, const ListSettings *settings, ListFile *out,
                       RvError *err);

/* The lists of `before`, which are of the codes' first segments (rv_list_segments), and in them the rows of
 * the other segments. */
RvStatus rv_list_extend(const CodeFile *codes, ThreadPool *pool, const ListFile *before, ListFile *out,
                        RvError *err);

/* Whether the lists hold what their means and the rows of the codes' first segments give. */
RvStatus rv_list_compare(const CodeFile *codes, ThreadPool *pool, const ListFile *lists, bool *same,
                         RvError *err);

/* How many of the codes' segments the lists are of; 0: they belong to other codes. */
size_t rv_list_segments(const ListFile *lists, const CodeFile *codes);

#endif
