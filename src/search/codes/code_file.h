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
    atomic_uchar *checked; // owned, [blocks]: 1 when the checksum was found right
    void *mapping;         // owned
    size_t mapping_bytes;
} CodeSegment;

typedef struct CodeFile {
    int descriptor; // -1: none
    int dimensions;
    CodeSegment *segments;
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

/* false where the numbers are not those of any segment. */
bool rv_code_layout(int64_t dimensions, uint64_t row_count, uint64_t dead_count, CodeLayout *out);

/* Map the segments up to the one with the token. FORMAT with the reason where the file is not the library's,
 * damaged or cut short; NOT_FOUND, IO, MEMORY. The checksums of the planes are checked when blocks are first
 * used. */
RvStatus rv_code_file_open(const char *path, int dimensions, const uint8_t *token, CodeFile *out,
                           RvError *err);
/* The same for a file of which the beginning is mapped already, when another process has appended to it. On
 * failure the file stays as it was. */
RvStatus rv_code_file_extend(CodeFile *file, const char *path, const uint8_t *token, RvError *err);
void rv_code_file_close(CodeFile *file);
/* Whether the mapped bytes are still there: a file that was cut would fault on reading. */
bool rv_code_file_is_whole(const CodeFile *file);

/* Tell the system that rows first to first + count of the coarse plane are read next: where the mapping is
 * new, one call is cheaper than a fault every few pages, and the processor fetches ahead only what is mapped.
 */
void rv_code_touch(const CodeSegment *segment, size_t first, size_t count);

/* Rows first to first + count, a whole block or the last one, have the checksum that the file says. */
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
