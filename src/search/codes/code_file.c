/* SPDX-License-Identifier: MIT */
/* The file of codes beside a library: its layout, what makes it valid, mapping it.
 *
 * A file is a row of segments. The library's token names the last segment that counts; each segment names the
 * token before its own. What lies behind the last one is the rest of an interrupted write, and is written
 * over. A segment is written once, and its header last, so readers that map it never see it change.
 *
 *     header | coarse codes | bounds | checksums of blocks | fine codes | rows | keys taken out of earlier
 * segments */
#include "search/codes/code_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "naming/same_file.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers lie in the file as in memory");

#define MAGIC "RVCODES1"
#define VERSION 1
// Segments start on a page of every usual system, parts on a page of most.
#define SEGMENT_ALIGNMENT ((uint64_t)65536)
#define PART_ALIGNMENT ((uint64_t)4096)
#define ROWS_MAX ((uint64_t)1 << 40)

typedef struct Header {
    char magic[8];
    uint32_t version, dimensions;
    uint64_t row_count, dead_count, size_bytes;
    uint8_t token[STORE_TOKEN_BYTES], previous[STORE_TOKEN_BYTES];
    uint64_t dead_checksum;
    uint64_t checksum; // of the members above
} Header;

static uint64_t align(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

bool rv_code_layout(int64_t dimensions, uint64_t row_count, uint64_t dead_count, CodeLayout *out)
{
    // 2^40 rows of 2^16 bytes in two planes stay far below 2^63.
    if (dimensions < 1 || dimensions > STORE_MAX_DIMENSIONS || row_count > ROWS_MAX || dead_count > ROWS_MAX)
        return false;
    uint64_t width = rv_row_code_width((int)dimensions);
    out->width = width;
    out->block_count = (row_count + CODE_BLOCK_ROWS - 1) / CODE_BLOCK_ROWS;
    out->coarse = PART_ALIGNMENT;
    out->bounds = align(out->coarse + row_count * width, PART_ALIGNMENT);
    out->checksums = align(out->bounds + row_count * sizeof(RowBound), PART_ALIGNMENT);
    out->fine = align(out->checksums + out->block_count * sizeof(uint64_t), PART_ALIGNMENT);
    out->rows = align(out->fine + row_count * width, PART_ALIGNMENT);
    out->dead = align(out->rows + row_count * sizeof(CodeRow), PART_ALIGNMENT);
    out->size = align(out->dead + dead_count * sizeof(KeyRange), SEGMENT_ALIGNMENT);
    return out->size <= SIZE_MAX / 2;
}

static uint64_t header_checksum(const Header *header)
{
    return rv_code_kernels_scalar.checksum(header, offsetof(Header, checksum));
}

/* ---- writing ------------------------------------------------------------------------------------------ */

RvStatus rv_code_write(int descriptor, const void *bytes, size_t size_bytes, uint64_t offset, RvError *err)
{
    const uint8_t *at = bytes;
    while (size_bytes > 0) {
        ssize_t written = pwrite(descriptor, at, size_bytes, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return rv_error_set(err, RV_ERROR_IO, "cannot write the codes: %s", strerror(errno));
        at += written;
        offset += (uint64_t)written;
        size_bytes -= (size_t)written;
    }
    return RV_OK;
}

RvStatus rv_code_write_header(int descriptor, uint64_t offset, int dimensions, uint64_t row_count,
                              const KeyRange *dead, size_t dead_count, const uint8_t *token,
                              const uint8_t *previous, RvError *err)
{
    CodeLayout layout;
    if (!rv_code_layout(dimensions, row_count, dead_count, &layout))
        return rv_error_set(err, RV_ERROR_INTERNAL, "a segment of codes that cannot be");
    Header header = {.version = VERSION,
                     .dimensions = (uint32_t)dimensions,
                     .row_count = row_count,
                     .dead_count = dead_count,
                     .size_bytes = layout.size,
                     .dead_checksum = rv_code_kernels_scalar.checksum(dead, dead_count * sizeof *dead)};
    memcpy(header.magic, MAGIC, sizeof header.magic);
    memcpy(header.token, token, sizeof header.token);
    if (previous != NULL)
        memcpy(header.previous, previous, sizeof header.previous);
    header.checksum = header_checksum(&header);
    RvStatus status = rv_code_write(descriptor, dead, dead_count * sizeof *dead, offset + layout.dead, err);
    // The file must reach to the segment's end. It is never cut: another process may map what lies behind.
    struct stat facts;
    uint64_t end = offset + layout.size;
    if (status == RV_OK && (fstat(descriptor, &facts) != 0 ||
                            ((uint64_t)facts.st_size < end && ftruncate(descriptor, (off_t)end) != 0)))
        status = rv_error_set(err, RV_ERROR_IO, "cannot write the codes: %s", strerror(errno));
    if (status == RV_OK)
        status = rv_code_write(descriptor, &header, sizeof header, offset, err);
    // The library names the segment only when it is on the disk.
    if (status == RV_OK && fdatasync(descriptor) != 0)
        status = rv_error_set(err, RV_ERROR_IO, "cannot write the codes: %s", strerror(errno));
    return status;
}

/* ---- mapping ------------------------------------------------------------------------------------------ */

static RvStatus unusable(const char *path, const char *reason, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s", path, reason);
}

static RvStatus read_header(const CodeFile *file, const char *path, uint64_t offset, uint64_t file_bytes,
                            Header *header, CodeLayout *layout, RvError *err)
{
    if (offset + sizeof *header > file_bytes ||
        pread(file->descriptor, header, sizeof *header, (off_t)offset) != (ssize_t)sizeof *header)
        return unusable(path, "ends before the part that the library names", err);
    if (memcmp(header->magic, MAGIC, sizeof header->magic) != 0 ||
        header->checksum != header_checksum(header))
        return unusable(path, "is damaged or another program's", err);
    if (header->version != VERSION || header->dimensions != (uint32_t)file->dimensions)
        return unusable(path, "is of another version or model", err);
    if (!rv_code_layout(header->dimensions, header->row_count, header->dead_count, layout) ||
        layout->size != header->size_bytes || layout->size > file_bytes - offset)
        return unusable(path, "is cut short", err);
    if (memcmp(header->previous, file->token, sizeof file->token) != 0)
        return unusable(path, "holds parts that do not follow each other", err);
    return RV_OK;
}

/* The bytes of one segment, shared by the files that hold it. */
typedef struct CodeMapping {
    atomic_int holder_count;
    void *memory;
    size_t size_bytes;
    atomic_uchar *checked; // [blocks], then [rows]
} CodeMapping;

static void release_mapping(CodeMapping *mapping)
{
    if (mapping == NULL || atomic_fetch_sub(&mapping->holder_count, 1) > 1)
        return;
    munmap(mapping->memory, mapping->size_bytes);
    free(mapping->checked);
    free(mapping);
}

static RvStatus make_mapping(void *memory, const CodeLayout *layout, size_t row_count, CodeMapping **out,
                             RvError *err)
{
    CodeMapping *mapping = rv_mem_alloc(1, sizeof *mapping, err);
    atomic_uchar *checked = rv_mem_alloc(layout->block_count + row_count, sizeof *checked, err);
    if (mapping == NULL || checked == NULL) {
        free(mapping);
        free(checked);
        munmap(memory, layout->size);
        return RV_ERROR_MEMORY;
    }
    *mapping = (CodeMapping){.memory = memory, .size_bytes = layout->size, .checked = checked};
    atomic_init(&mapping->holder_count, 1);
    *out = mapping;
    return RV_OK;
}

static void clear_segment(CodeSegment *segment)
{
    release_mapping(segment->mapping);
    free(segment->gone);
    *segment = (CodeSegment){0};
}

static bool ranges_rise(const KeyRange *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].last < ranges[i].first || (i > 0 && ranges[i].first <= ranges[i - 1].last))
            return false;
    }
    return true;
}

static RvStatus map_segment(const CodeFile *file, const char *path, uint64_t offset, const Header *header,
                            const CodeLayout *layout, CodeSegment *segment, RvError *err)
{
    void *memory = mmap(NULL, layout->size, PROT_READ, MAP_SHARED, file->descriptor, (off_t)offset);
    if (memory == MAP_FAILED)
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot map: %s", path, strerror(errno));
    const uint8_t *bytes = memory;
    *segment = (CodeSegment){.row_count = header->row_count,
                             .width = layout->width,
                             .coarse = bytes + layout->coarse,
                             .bounds = (const RowBound *)(bytes + layout->bounds),
                             .checksums = (const uint64_t *)(bytes + layout->checksums),
                             .fine = bytes + layout->fine,
                             .rows = (const CodeRow *)(bytes + layout->rows),
                             .dead = (const KeyRange *)(bytes + layout->dead),
                             .dead_count = header->dead_count};
    memcpy(segment->token, header->token, sizeof segment->token);
    RvStatus status = make_mapping(memory, layout, segment->row_count, &segment->mapping, err);
    if (status == RV_OK) {
        segment->checked = segment->mapping->checked;
        segment->checked_rows = segment->checked + layout->block_count;
    }
    if (status == RV_OK &&
        (rv_code_kernels_scalar.checksum(segment->dead, segment->dead_count * sizeof(KeyRange)) !=
             header->dead_checksum ||
         !ranges_rise(segment->dead, segment->dead_count)))
        status = unusable(path, "is damaged", err);
    if (status != RV_OK)
        clear_segment(segment);
    return status;
}

/* gone of every segment, which is empty so far, from the dead keys of those after it. */
static RvStatus gather_gone(CodeFile *file, RvError *err)
{
    KeyRange *later = NULL;
    size_t later_count = 0;
    RvStatus status = RV_OK;
    for (size_t i = file->segment_count; status == RV_OK && i-- > 0;) {
        CodeSegment *segment = &file->segments[i];
        if (later_count > 0) {
            segment->gone = rv_mem_alloc(later_count, sizeof *later, err);
            if (segment->gone == NULL)
                status = RV_ERROR_MEMORY;
            else
                memcpy(segment->gone, later, later_count * sizeof *later);
            segment->gone_count = segment->gone != NULL ? later_count : 0;
        }
        if (status != RV_OK || segment->dead_count == 0)
            continue;
        KeyRange *joined = rv_mem_alloc(later_count + segment->dead_count, sizeof *joined, err);
        if (joined == NULL) {
            status = RV_ERROR_MEMORY;
            break;
        }
        if (later_count > 0)
            memcpy(joined, later, later_count * sizeof *joined);
        memcpy(joined + later_count, segment->dead, segment->dead_count * sizeof *joined);
        later_count = rv_store_join_ranges(joined, later_count + segment->dead_count);
        free(later);
        later = joined;
    }
    free(later);
    return status;
}

static void append_segment(CodeFile *file, const CodeSegment *segment, uint64_t size_bytes)
{
    file->segments[file->segment_count++] = *segment;
    file->row_count += segment->row_count;
    file->end += size_bytes;
    memcpy(file->token, segment->token, sizeof file->token);
}

static bool has_token(const CodeFile *file, const uint8_t *token)
{
    return file->segment_count > 0 && memcmp(file->token, token, sizeof file->token) == 0;
}

/* The segments of `known` up to the one with the token, or all of them. */
static void share_segments(CodeFile *file, const CodeFile *known, const uint8_t *token)
{
    struct stat here, there;
    if (fstat(file->descriptor, &here) != 0 || fstat(known->descriptor, &there) != 0 ||
        !rv_same_file(&here, &there) || file->dimensions != known->dimensions)
        return;
    for (size_t i = 0; i < known->segment_count && !has_token(file, token); i++) {
        CodeSegment segment = known->segments[i];
        atomic_fetch_add(&segment.mapping->holder_count, 1);
        segment.gone = NULL;
        segment.gone_count = 0;
        append_segment(file, &segment, segment.mapping->size_bytes);
    }
}

/* Map segments from file->end on until one has the token. */
static RvStatus map_segments(CodeFile *file, const char *path, const uint8_t *token, RvError *err)
{
    struct stat facts;
    if (fstat(file->descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
        return unusable(path, "is not a regular file", err);
    RvStatus status = RV_OK;
    while (status == RV_OK && !has_token(file, token)) {
        Header header;
        CodeLayout layout;
        CodeSegment segment;
        if (file->segment_count == CODE_SEGMENTS_MAX)
            return unusable(path, "has too many parts", err);
        status = read_header(file, path, file->end, (uint64_t)facts.st_size, &header, &layout, err);
        if (status == RV_OK)
            status = map_segment(file, path, file->end, &header, &layout, &segment, err);
        if (status == RV_OK)
            append_segment(file, &segment, layout.size);
    }
    return status == RV_OK ? gather_gone(file, err) : status;
}

RvStatus rv_code_file_open(const char *path, int dimensions, const uint8_t *token, const CodeFile *known,
                           CodeFile **out, RvError *err)
{
    *out = NULL;
    CodeFile *file = rv_mem_alloc(1, sizeof *file, err);
    if (file == NULL)
        return RV_ERROR_MEMORY;
    *file = (CodeFile){.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK),
                       .dimensions = dimensions};
    atomic_init(&file->holder_count, 1);
    RvStatus status = RV_OK;
    if (file->descriptor < 0)
        status = rv_error_set(err, errno == ENOENT ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: %s", path,
                              strerror(errno));
    if (status == RV_OK) {
        file->segments = rv_mem_alloc(CODE_SEGMENTS_MAX, sizeof *file->segments, err);
        status = file->segments != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status == RV_OK && known != NULL)
        share_segments(file, known, token);
    if (status == RV_OK)
        status = map_segments(file, path, token, err);
    if (status == RV_OK)
        *out = file;
    else
        rv_code_file_release(file);
    return status;
}

CodeFile *rv_code_file_hold(CodeFile *file)
{
    atomic_fetch_add(&file->holder_count, 1);
    return file;
}

void rv_code_file_release(CodeFile *file)
{
    if (file == NULL || atomic_fetch_sub(&file->holder_count, 1) > 1)
        return;
    for (size_t i = 0; i < file->segment_count; i++)
        clear_segment(&file->segments[i]);
    free(file->segments);
    if (file->descriptor >= 0)
        close(file->descriptor);
    free(file);
}

bool rv_code_file_is_whole(const CodeFile *file)
{
    struct stat facts;
    return fstat(file->descriptor, &facts) == 0 && (uint64_t)facts.st_size >= file->end;
}

/* ---- checks ------------------------------------------------------------------------------------------- */

uint64_t rv_code_row_checksum(const CodeRow *row, const uint8_t *fine, size_t width,
                              const CodeKernels *kernels)
{
    return kernels->checksum(fine, width) * 3 + kernels->checksum(row, offsetof(CodeRow, checksum));
}

uint64_t rv_code_block_checksum(const uint8_t *coarse, const RowBound *bounds, const CodeRow *rows,
                                size_t count, size_t width, const CodeKernels *kernels)
{
    return kernels->checksum(coarse, count * width) * 5 +
           kernels->checksum(bounds, count * sizeof *bounds) * 3 +
           kernels->checksum(rows, count * sizeof *rows);
}

bool rv_code_block_is_good(CodeSegment *segment, size_t block, const CodeKernels *kernels)
{
    if (atomic_load_explicit(&segment->checked[block], memory_order_relaxed) != 0)
        return true;
    size_t first = block * CODE_BLOCK_ROWS, count = segment->row_count - first;
    count = count < CODE_BLOCK_ROWS ? count : CODE_BLOCK_ROWS;
    bool good = rv_code_block_checksum(segment->coarse + first * segment->width, segment->bounds + first,
                                       segment->rows + first, count, segment->width,
                                       kernels) == segment->checksums[block];
    if (good)
        atomic_store_explicit(&segment->checked[block], 1, memory_order_relaxed);
    return good;
}

bool rv_code_row_is_good(const CodeSegment *segment, size_t row, const CodeKernels *kernels)
{
    return rv_code_row_checksum(&segment->rows[row], segment->fine + row * segment->width, segment->width,
                                kernels) == segment->rows[row].checksum;
}

size_t rv_code_rows_below(const CodeSegment *segment, int64_t key)
{
    return rv_find_first(segment->rows, segment->row_count, sizeof *segment->rows, offsetof(CodeRow, key),
                         key);
}

bool rv_code_ranges_hold(const KeyRange *ranges, size_t count, int64_t key)
{
    // The first range that ends at or after the key.
    size_t at = rv_find_first(ranges, count, sizeof *ranges, offsetof(KeyRange, last), key);
    return at < count && ranges[at].first <= key;
}
