/* SPDX-License-Identifier: MIT */
/* Comparing the codes with the rows that they were made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/codes/codes.h"

// Lines beyond these say nothing new.
#define FAULTS_MAX 100

typedef struct Verify {
    CodeFile *file;
    const KeyRange *changed;
    size_t changed_count;
    void (*fault)(void *user, const char *line);
    void *user;
    size_t *fault_count;
    size_t faults;    // of the codes
    size_t row_count; // rows of the library whose codes must be there
    uint8_t *coarse, *fine;
    double *workspace;
} Verify;

static void report(Verify *verify, const char *what, int64_t key)
{
    char text[160];
    if (verify->faults++ >= FAULTS_MAX)
        return;
    if (key != 0)
        snprintf(text, sizeof text, "codes: video %lld, frame %lld: %s", (long long)(key >> 32),
                 (long long)(key & UINT32_MAX), what);
    else
        snprintf(text, sizeof text, "codes: %s", what);
    ++*verify->fault_count;
    if (verify->fault != NULL)
        verify->fault(verify->user, text);
}

static bool is_alive(const Verify *verify, const CodeSegment *segment, size_t row)
{
    int64_t key = segment->rows[row].key;
    return !rv_code_ranges_hold(segment->gone, segment->gone_count, key) &&
           !rv_code_ranges_hold(verify->changed, verify->changed_count, key);
}

/* The row of the segment with the key. */
static bool find_row(const CodeSegment *segment, int64_t key, size_t *row)
{
    *row = rv_code_rows_below(segment, key);
    return *row < segment->row_count && segment->rows[*row].key == key;
}

static bool same_code(Verify *verify, const CodeSegment *segment, size_t row, const float *embedding,
                      double time_s)
{
    RowBound bound;
    RowFineBound fine_bound;
    rv_row_code_encode(embedding, verify->file->dimensions, verify->workspace, verify->coarse, verify->fine,
                       &bound, &fine_bound);
    return memcmp(verify->coarse, segment->coarse + row * segment->width, segment->width) == 0 &&
           memcmp(verify->fine, segment->fine + row * segment->width, segment->width) == 0 &&
           memcmp(&bound, &segment->bounds[row], sizeof bound) == 0 &&
           memcmp(&fine_bound, &segment->rows[row].bound, sizeof fine_bound) == 0 &&
           memcmp(&time_s, &segment->rows[row].time_s, sizeof time_s) == 0;
}

static RvStatus verify_block(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    Verify *verify = user;
    for (size_t i = 0; i < block->count; i++) {
        int64_t key = rv_store_key(block->video_ids[i], block->frame_numbers[i]);
        if (rv_code_ranges_hold(verify->changed, verify->changed_count, key))
            continue;
        verify->row_count++;
        size_t row = 0, s = verify->file->segment_count;
        // The last segment that has the key counts.
        while (s > 0 && !find_row(&verify->file->segments[s - 1], key, &row))
            s--;
        if (s == 0 || !is_alive(verify, &verify->file->segments[s - 1], row))
            report(verify, "the row has no code", key);
        else if (!same_code(verify, &verify->file->segments[s - 1], row,
                            block->embeddings + i * (size_t)block->dimensions, block->times_s[i]))
            report(verify, "the code is not that of the row", key);
    }
    return RV_OK;
}

static void verify_checksums(Verify *verify)
{
    size_t alive = 0;
    for (size_t s = 0; s < verify->file->segment_count; s++) {
        CodeSegment *segment = &verify->file->segments[s];
        for (size_t block = 0; block * CODE_BLOCK_ROWS < segment->row_count; block++) {
            if (!rv_code_block_is_good(segment, block, rv_code_kernels()))
                report(verify, "a block has the wrong checksum", segment->rows[block * CODE_BLOCK_ROWS].key);
        }
        for (size_t row = 0; row < segment->row_count; row++) {
            alive += is_alive(verify, segment, row);
            if (!rv_code_row_is_good(segment, row, rv_code_kernels()))
                report(verify, "the fine code has the wrong checksum", segment->rows[row].key);
        }
    }
    if (verify->faults == 0 && alive != verify->row_count)
        report(verify, "there are codes of rows that are not in the library", 0);
}

static RvStatus verify_file(Store *store, Verify *verify, RvError *err)
{
    size_t width = rv_row_code_width(verify->file->dimensions);
    verify->coarse = rv_mem_alloc_aligned(1, width, err);
    verify->fine = rv_mem_alloc_aligned(1, width, err);
    verify->workspace = rv_mem_alloc_aligned(width, sizeof *verify->workspace, err);
    bool good = verify->coarse != NULL && verify->fine != NULL && verify->workspace != NULL;
    RvStatus status = good ? rv_store_scan(store, NULL, verify_block, verify, err) : RV_ERROR_MEMORY;
    if (status == RV_OK)
        verify_checksums(verify);
    free(verify->coarse);
    free(verify->fine);
    free(verify->workspace);
    return status;
}

RvStatus rv_codes_verify(Codes *codes, Store *store, void (*fault)(void *user, const char *line), void *user,
                         size_t *fault_count, RvError *err)
{
    Verify verify = {.fault = fault, .user = user, .fault_count = fault_count};
    DerivedState state;
    KeyRange *changed = NULL;
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = rv_codes_find(codes, store, &state, &verify.file, err);
    if (verify.file != NULL)
        status = rv_store_derived_changes(store, &state, &changed, &verify.changed_count, err);
    verify.changed = changed;
    if (status == RV_OK && verify.file != NULL)
        status = verify_file(store, &verify, err);
    else if (status == RV_OK && state.published)
        report(&verify,
               "the file is missing, damaged or not the library's; it is made again with the next videos", 0);
    rv_store_end_snapshot(store);
    rv_code_file_release(verify.file);
    free(changed);
    return status;
}
