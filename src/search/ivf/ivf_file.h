/* SPDX-License-Identifier: MIT */
/* The file of inverted lists beside a library: which rows of the codes lie near each other. */
#ifndef RV_IVF_FILE_H
#define RV_IVF_FILE_H

#include <stdatomic.h>

#include "search/codes/code_file.h"

#define LIST_RUN_ROWS ((size_t)128)
#define LISTS_MAX 65536
#define LIST_ROWS_MAX ((uint64_t)UINT32_MAX)

/* Rows that follow each other in a segment of the codes and are of one list. */
typedef struct ListRun {
    uint32_t first, count; // rows of the codes, counted over the segments; 1 to LIST_RUN_ROWS
    uint64_t checksum;     // of what the codes hold of them, as rv_code_block_checksum has it
} ListRun;

/* How the lists were made. */
typedef struct ListSettings {
    uint32_t lists, probes; // as they were asked for; 0: by the number of rows, by the scores
    uint64_t seed;
} ListSettings;

/* The lists of the rows of the codes' first segments. */
typedef struct ListFile {
    int dimensions;
    size_t width, list_count, run_count;
    uint64_t row_count; // rows of the codes that have lists: all up to the segment with the token
    uint8_t token[STORE_TOKEN_BYTES];
    ListSettings settings;
    float *means;          // [list_count, width]: mean row of each list, in the space of the codes
    float *spreads;        // [list_count]: root of the mean square distance of a row from the mean
    double distance;       // root of the mean square distance of a list's mean from the mean of all
    uint64_t *starts;      // [list_count + 2]: list i has runs [starts[i], starts[i + 1]). The one after the
                           // last holds rows without usable codes, which are always looked at
    ListRun *runs;         // [run_count], rising within a list
    atomic_uchar *checked; // owned, [run_count]: 1 when the checksum was found right
    uint8_t *bytes;        // owned: the file
    size_t size_bytes;
} ListFile;

/* An empty file in memory, its arrays to be filled: means, spreads, starts, runs. Errors: MEMORY, UNSUPPORTED
 * (more rows than lists can name). */
RvStatus rv_list_file_create(int dimensions, size_t list_count, uint64_t row_count, size_t run_count,
                             ListFile *out, RvError *err);
/* Write the filled file to the descriptor, and to the disk. */
RvStatus rv_list_file_write(ListFile *file, int descriptor, RvError *err);

/* Read and check it: everything but the runs' checksums. NOT_FOUND, IO, MEMORY; FORMAT with the reason. */
RvStatus rv_list_file_open(const char *path, ListFile *out, RvError *err);
/* The same for bytes in memory, which it takes over, also on failure. name: for messages. */
RvStatus rv_list_file_parse(uint8_t *bytes, size_t size_bytes, const char *name, ListFile *out, RvError *err);
void rv_list_file_close(ListFile *file);

#endif
