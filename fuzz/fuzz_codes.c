/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as the file of codes beside a library, and a search of them.
 *
 * The first byte says how they are taken. Bit 0: as they are. Else they are a row of segments without the
 * gaps between their parts, which are put where the layout has them. Bit 1: lengths, the chain of tokens and
 * the checksum of headers are made right, bit 2: those of blocks and rows, so that damage reaches what they
 * guard. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search/codes/code_scan.h"

#define AS_THEY_ARE 1
#define MEND_HEADERS 2
#define MEND_ROWS 4
#define FILE_MAX_BYTES ((size_t)1 << 20)
#define ROWS_MAX 2048
#define DIMENSIONS_MAX 512

// As code_file.c has it.
typedef struct Header {
    char magic[8];
    uint32_t version, dimensions;
    uint64_t row_count, dead_count, size_bytes;
    uint8_t token[STORE_TOKEN_BYTES], previous[STORE_TOKEN_BYTES];
    uint64_t dead_checksum, checksum;
} Header;
_Static_assert(sizeof(Header) == 88, "no gaps");

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* What is left of the input. */
typedef struct Input {
    const uint8_t *bytes;
    size_t size_bytes;
} Input;

static void take(Input *input, void *out, size_t size_bytes)
{
    size_t count = input->size_bytes < size_bytes ? input->size_bytes : size_bytes;
    memcpy(out, input->bytes, count);
    memset((uint8_t *)out + count, 0, size_bytes - count);
    input->bytes += count;
    input->size_bytes -= count;
}

static void mend_rows(uint8_t *segment, const CodeLayout *layout, uint64_t row_count)
{
    const CodeKernels *kernels = rv_code_kernels();
    CodeRow *rows = (CodeRow *)(segment + layout->rows);
    uint64_t *checksums = (uint64_t *)(segment + layout->checksums);
    for (uint64_t i = 0; i < row_count; i++)
        rows[i].checksum = rv_code_row_checksum(&rows[i], segment + layout->fine + i * layout->width,
                                                layout->width, kernels);
    for (uint64_t block = 0; block < layout->block_count; block++) {
        uint64_t first = block * CODE_BLOCK_ROWS, left = row_count - first;
        checksums[block] =
            rv_code_block_checksum(segment + layout->coarse + first * layout->width,
                                   (const RowBound *)(segment + layout->bounds) + first, rows + first,
                                   left < CODE_BLOCK_ROWS ? left : CODE_BLOCK_ROWS, layout->width, kernels);
    }
}

/* One segment behind `end` bytes; gives the new end, or `end` where it does not fit. */
static size_t put_segment(Input *input, uint8_t how, uint8_t *file, size_t end, Header *last)
{
    Header header;
    CodeLayout layout;
    take(input, &header, sizeof header);
    if (end + sizeof header > FILE_MAX_BYTES)
        return end;
    if (!rv_code_layout(header.dimensions, header.row_count, header.dead_count, &layout) ||
        header.row_count > ROWS_MAX || layout.size > FILE_MAX_BYTES - end) {
        memcpy(file + end, &header, sizeof header);
        *last = header;
        return end + sizeof header;
    }
    uint8_t *segment = file + end;
    const struct {
        uint64_t at, size_bytes;
    } parts[] = {{layout.coarse, header.row_count * layout.width},
                 {layout.bounds, header.row_count * sizeof(RowBound)},
                 {layout.checksums, layout.block_count * sizeof(uint64_t)},
                 {layout.fine, header.row_count * layout.width},
                 {layout.rows, header.row_count * sizeof(CodeRow)},
                 {layout.dead, header.dead_count * sizeof(KeyRange)}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        take(input, segment + parts[i].at, parts[i].size_bytes);
    if ((how & MEND_ROWS) != 0)
        mend_rows(segment, &layout, header.row_count);
    if ((how & MEND_HEADERS) != 0) {
        header.size_bytes = layout.size;
        memcpy(header.previous, last->token, sizeof header.previous);
        header.dead_checksum =
            rv_code_kernels_scalar.checksum(segment + layout.dead, header.dead_count * sizeof(KeyRange));
        header.checksum = rv_code_kernels_scalar.checksum(&header, offsetof(Header, checksum));
    }
    memcpy(segment, &header, sizeof header);
    *last = header;
    return end + layout.size;
}

/* Rows that a search gives rise, and each is of the file. */
static void scan(CodeFile *file, const CodeScan *how)
{
    RowQuery query;
    float vector[DIMENSIONS_MAX] = {0.6f, 0.8f};
    bool usable = false;
    CodeOutcome outcome = CODES_DAMAGED;
    CodeCandidate *candidates = NULL;
    size_t count = 0;
    CodeScan job = *how;
    if (rv_row_query_init(&query, vector, file->dimensions, &usable, NULL) != RV_OK)
        abort();
    job.file = file;
    job.query = &query;
    if (usable && rv_code_scan(&job, &outcome, &candidates, &count, NULL) != RV_OK)
        abort();
    for (size_t i = 1; i < count && outcome == CODES_ANSWER; i++) {
        if (candidates[i].key < candidates[i - 1].key)
            abort();
    }
    if (count > file->row_count)
        abort();
    free(candidates);
    rv_row_query_clear(&query);
}

static void use(const char *path, const Header *last)
{
    CodeFile *file = NULL;
    RvError err = {0};
    static const double low = -0.5, after = 1;
    static const int64_t videos[] = {1, 3};
    static const KeyRange changed[] = {{0, 5}, {(int64_t)1 << 32, ((int64_t)1 << 32) + 1}};
    if (rv_code_file_open(path, (int)last->dimensions, last->token, NULL, &file, &err) != RV_OK) {
        if (err.message[0] == '\0')
            abort(); // a failure without a message
        return;
    }
    if (file->dimensions <= DIMENSIONS_MAX) {
        scan(file, &(CodeScan){.limit = 1});
        scan(file, &(CodeScan){.limit = SIZE_MAX, .min_score = &low});
        scan(file, &(CodeScan){.limit = 1,
                               .video_ids = videos,
                               .video_count = 2,
                               .some_videos = true,
                               .after_s = &after,
                               .changed = changed,
                               .changed_count = 2});
    }
    for (size_t i = 0; i < file->segment_count; i++) {
        CodeSegment *segment = &file->segments[i];
        if (rv_code_rows_below(segment, INT64_MAX) > segment->row_count)
            abort();
        for (size_t row = 0; row < segment->row_count; row++)
            rv_code_row_is_good(segment, row, rv_code_kernels());
    }
    rv_code_file_release(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    Input input = {bytes, size_bytes};
    uint8_t how = 0, *file = calloc(FILE_MAX_BYTES, 1);
    size_t end = 0;
    Header last = {0};
    char path[] = "/tmp/reelvec-fuzz-XXXXXX";
    if (file == NULL || size_bytes > FILE_MAX_BYTES / 2)
        goto done;
    take(&input, &how, 1);
    if ((how & AS_THEY_ARE) != 0) {
        end = input.size_bytes;
        memcpy(file, input.bytes, end);
        memcpy(&last, file, sizeof last);
    }
    while ((how & AS_THEY_ARE) == 0 && input.size_bytes > 0) {
        size_t before = end;
        end = put_segment(&input, how, file, end, &last);
        if (end == before)
            break;
    }
    int descriptor = mkstemp(path);
    if (descriptor < 0 || write(descriptor, file, end) != (ssize_t)end)
        abort();
    close(descriptor);
    use(path, &last);
    unlink(path);
done:
    free(file);
    return 0;
}
