/* SPDX-License-Identifier: MIT */
/* The file of codes beside a library: its layout, what makes it valid, mapping it. */
#ifndef RV_CODE_FILE_H
#define RV_CODE_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "search/codes/row_code.h"
#include "store/store.h"

/* Rows whose codes share one checksum. */
#define CODE_BLOCK_ROWS ((size_t)128)
/* More segments than this are joined into one. */
#define CODE_SEGMENTS_MAX 256

/* What is known of a row beside its codes. */
typedef struct CodeRow {
    int64_t key;
    double time_s;
    RowFineBound bound;
    uint64_t checksum; // of the members above and the fine code
} CodeRow;
_Static_assert(sizeof(CodeRow) == 32 && sizeof(RowBound) == 8, "the file holds them as they lie in memory");

/* One segment: rows in rising order of keys, and the keys that it takes out of the segments before it. */
typedef struct CodeSegment {
    size_t row_count, width;
    const uint8_t *coarse;     // [row_count, width]
    const RowBound *bounds;    // [row_count]
    const uint64_t *checksums; // [blocks of CODE_BLOCK_ROWS]
    const uint8_t *fine;       // [row_count, width]
    const CodeRow *rows;       // [row_count]
    const KeyRange *dead;      // [dead_count] of earlier segments
    size_t dead_count;
    KeyRange *gone; // owned: keys of this segment that later ones took out, rising, apart
    size_t gone_count;
    uint8_t token[STORE_TOKEN_BYTES];
    atomic_uchar *checked;      // of the mapping, [blocks]: 1 when the checksum was found right
    atomic_uchar *checked_rows; // [row_count]: the same of rows
    struct CodeMapping *mapping;
} CodeSegment;

/* A file up to the segment that a state of the library names. It never changes: when the file has grown, the
 * new state is another CodeFile, which shares the mapped segments and what is known of their checksums. */
typedef struct CodeFile {
    atomic_int holder_count;
    int descriptor;
    int dimensions;
    CodeSegment *segments; // [segment_count]
    size_t segment_count;
    size_t row_count;
    uint64_t end; // bytes of the file up to the end of the last segment
    uint8_t token[STORE_TOKEN_BYTES];
} CodeFile;

/* Sizes and places within a segment, in bytes from its start. */
typedef struct CodeLayout {
    size_t width, block_count;
    uint64_t coarse, bounds, checksums, fine, rows, dead, size;
} CodeLayout;

/* Returns false if no segment can have these numbers. */
bool rv_code_layout(int64_t dimensions, uint64_t row_count, uint64_t dead_count, CodeLayout *out);

/* Map the segments up to the one with the token. known: NULL, or an open file; the segments that it has of
 * the same file are taken from it. *out is to be released. Errors: FORMAT with the reason if the file is not
 * the library's, damaged or cut short; NOT_FOUND, IO, MEMORY. The checksums of the planes are checked when
 * blocks are first used. */
RvStatus rv_code_file_open(const char *path, int dimensions, const uint8_t *token, const CodeFile *known,
                           CodeFile **out, RvError *err);
/* Hold an open file once more; returns it. Threads: any number, also for the release. */
CodeFile *rv_code_file_hold(CodeFile *file);
void rv_code_file_release(CodeFile *file); // NULL is accepted
/* Whether the mapped bytes are still there: a file that was cut would fault on reading. */
bool rv_code_file_is_whole(const CodeFile *file);

/* Returns whether the checksum of a block, or of a row, is the one in the file. */
bool rv_code_block_is_good(CodeSegment *segment, size_t block, const CodeKernels *kernels);
bool rv_code_row_is_good(const CodeSegment *segment, size_t row, const CodeKernels *kernels);
uint64_t rv_code_row_checksum(const CodeRow *row, const uint8_t *fine, size_t width,
                              const CodeKernels *kernels);
uint64_t rv_code_block_checksum(const uint8_t *coarse, const RowBound *bounds, const CodeRow *rows,
                                size_t count, size_t width, const CodeKernels *kernels);

/* Rows of the segment whose keys are below this one: the place of the row that has it, if one has. */
size_t rv_code_rows_below(const CodeSegment *segment, int64_t key);
/* Whether the key lies in one of the ranges, which rise and lie apart. */
bool rv_code_ranges_hold(const KeyRange *ranges, size_t count, int64_t key);

/* Write the header of a segment whose other parts are in place; then it can be read. */
RvStatus rv_code_write_header(int descriptor, uint64_t offset, int dimensions, uint64_t row_count,
                              const KeyRange *dead, size_t dead_count, const uint8_t *token,
                              const uint8_t *previous, RvError *err);
/* All of the bytes at the offset. Errors: IO. */
RvStatus rv_code_write(int descriptor, const void *bytes, size_t size_bytes, uint64_t offset, RvError *err);

#endif
