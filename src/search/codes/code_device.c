/* SPDX-License-Identifier: MIT */
/* A library's codes in the memory of a compute device, for the first pass of searches. */
#include "search/codes/code_device.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/device_codes.h"

_Static_assert(DEVICE_CODE_BLOCK == CODE_BLOCK_ROWS, "blocks are the same");
_Static_assert(sizeof(RowBound) == 2 * sizeof(float), "bounds go there as they are");

// Rows that are checked, and then sent, at once.
#define PIECE_BLOCKS ((size_t)512)
// Of the free memory: the rest is left to embedding.
#define MEMORY_SHARE 7 / 8
// More rows than one in so many are more than the processor would leave open.
#define ABOVE_SHARE 16
#define ABOVE_MIN ((size_t)4096)

typedef struct DeviceSegment {
    DeviceCodes *codes; // NULL: the segment has no rows
    size_t row_count;
    uint8_t token[STORE_TOKEN_BYTES];
} DeviceSegment;

struct CodeDevice {
    Compute *compute;
    const DeviceCodeOps *ops;
    DeviceSegment segments[CODE_SEGMENTS_MAX];
    size_t segment_count, row_count, width;
    // Room for searches.
    float *best;         // [block_count], of all segments
    uint32_t *counted;   // a bit per row of the longest segment
    uint32_t *above;     // [above_limit] of one segment
    CodeDeviceRow *rows; // [above_limit]
    size_t block_count, above_limit;
    RvError failure; // status RV_OK: none
};

RvStatus rv_code_device_open(const char *name, CodeDevice **out, RvError *err)
{
    ComputeOptions options = {.device = name, .thread_count = 1, .without_linear = true};
    Compute *compute = NULL;
    *out = NULL;
    RvStatus status = rv_compute_open(&options, &compute, err);
    if (status != RV_OK)
        return status;
    if (compute->ops->codes == NULL) {
        rv_compute_close(compute);
        return RV_OK;
    }
    CodeDevice *device = rv_mem_alloc(1, sizeof *device, err);
    if (device == NULL) {
        rv_compute_close(compute);
        return RV_ERROR_MEMORY;
    }
    device->compute = compute;
    device->ops = compute->ops->codes;
    *out = device;
    return RV_OK;
}

/* Forget the segments from this one on. */
static void drop_segments(CodeDevice *device, size_t first)
{
    for (size_t i = first; i < device->segment_count; i++) {
        device->ops->destroy(device->compute, device->segments[i].codes);
        device->row_count -= device->segments[i].row_count;
        device->segments[i] = (DeviceSegment){0};
    }
    device->segment_count = first < device->segment_count ? first : device->segment_count;
}

static void free_room(CodeDevice *device)
{
    free(device->best);
    free(device->counted);
    free(device->above);
    free(device->rows);
    device->best = NULL;
    device->counted = device->above = NULL;
    device->rows = NULL;
}

void rv_code_device_close(CodeDevice *device)
{
    if (device == NULL)
        return;
    drop_segments(device, 0);
    free_room(device);
    rv_compute_close(device->compute);
    free(device);
}

/* ---- loading ------------------------------------------------------------------------------------------ */

/* Leading segments that are there already. */
static size_t count_kept(const CodeDevice *device, const CodeFile *file)
{
    size_t kept = 0;
    while (kept < device->segment_count && kept < file->segment_count &&
           device->width == file->segments[kept].width &&
           memcmp(device->segments[kept].token, file->segments[kept].token, STORE_TOKEN_BYTES) == 0)
        kept++;
    return kept;
}

static RvStatus check_room(const CodeDevice *device, const CodeFile *file, RvError *err)
{
    size_t needed = 0, free_bytes = device->compute->ops->free_bytes(device->compute);
    for (size_t i = device->segment_count; i < file->segment_count; i++)
        needed += device->ops->size_bytes(file->segments[i].row_count, file->segments[i].width);
    if (needed <= free_bytes * MEMORY_SHARE)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_MEMORY,
                        "%s (%s): searching %zu frames there needs %zu MiB of memory, %zu MiB are free",
                        device->compute->device, device->compute->device_name, file->row_count, needed >> 20,
                        free_bytes >> 20);
}

typedef struct Check {
    CodeSegment *segment;
    const CodeKernels *kernels;
    size_t first_block;
    atomic_bool damaged;
} Check;

static void check_block(void *context, size_t index, int worker)
{
    Check *check = context;
    (void)worker;
    if (!rv_code_block_is_good(check->segment, check->first_block + index, check->kernels))
        atomic_store(&check->damaged, true);
}

static void send_rows(const CodeDevice *device, DeviceCodes *codes, const CodeSegment *segment, size_t first,
                      size_t count, double *times_s)
{
    for (size_t i = 0; i < count; i++)
        times_s[i] = segment->rows[first + i].time_s;
    device->ops->write(device->compute, codes, first, count, segment->coarse + first * segment->width,
                       &segment->bounds[first].scale, times_s);
}

static RvStatus send_segment(const CodeDevice *device, DeviceCodes *codes, CodeSegment *segment,
                             ThreadPool *pool, bool *damaged, RvError *err)
{
    size_t blocks = rv_divide_up(segment->row_count, CODE_BLOCK_ROWS);
    double *times_s = rv_mem_alloc(PIECE_BLOCKS * CODE_BLOCK_ROWS, sizeof *times_s, err);
    Check check = {.segment = segment, .kernels = rv_code_kernels()};
    if (times_s == NULL)
        return RV_ERROR_MEMORY;
    for (size_t first = 0; first < blocks && !atomic_load(&check.damaged); first += PIECE_BLOCKS) {
        size_t count = blocks - first < PIECE_BLOCKS ? blocks - first : PIECE_BLOCKS;
        size_t row = first * CODE_BLOCK_ROWS, left = segment->row_count - row;
        check.first_block = first;
        rv_threads_run(pool, count, check_block, &check);
        if (!atomic_load(&check.damaged))
            send_rows(device, codes, segment, row,
                      left < count * CODE_BLOCK_ROWS ? left : count * CODE_BLOCK_ROWS, times_s);
    }
    free(times_s);
    *damaged = atomic_load(&check.damaged);
    return device->compute->ops->status(device->compute, err);
}

static RvStatus add_segment(CodeDevice *device, CodeSegment *segment, ThreadPool *pool, bool *damaged,
                            RvError *err)
{
    DeviceSegment *added = &device->segments[device->segment_count];
    DeviceCodes *codes = NULL;
    RvStatus status = RV_OK;
    if (segment->row_count > 0)
        status = device->ops->create(device->compute, segment->row_count, segment->width, &codes, err);
    if (status == RV_OK && codes != NULL)
        status = send_segment(device, codes, segment, pool, damaged, err);
    if (status != RV_OK || *damaged) {
        device->ops->destroy(device->compute, codes);
        return status;
    }
    *added = (DeviceSegment){.codes = codes, .row_count = segment->row_count};
    memcpy(added->token, segment->token, sizeof added->token);
    device->row_count += segment->row_count;
    device->segment_count++;
    return RV_OK;
}

static RvStatus make_room(CodeDevice *device, RvError *err)
{
    size_t longest = 1, share = device->row_count / ABOVE_SHARE;
    free_room(device);
    device->block_count = 0;
    for (size_t i = 0; i < device->segment_count; i++) {
        size_t rows = device->segments[i].row_count;
        device->block_count += rv_divide_up(rows, CODE_BLOCK_ROWS);
        longest = rows > longest ? rows : longest;
    }
    device->above_limit = share > ABOVE_MIN ? share : ABOVE_MIN;
    device->best = rv_mem_alloc(device->block_count, sizeof *device->best, err);
    device->counted = rv_mem_alloc(rv_divide_up(longest, 32), sizeof *device->counted, err);
    device->above = rv_mem_alloc(device->above_limit, sizeof *device->above, err);
    device->rows = rv_mem_alloc(device->above_limit, sizeof *device->rows, err);
    bool good =
        device->best != NULL && device->counted != NULL && device->above != NULL && device->rows != NULL;
    return good ? RV_OK : RV_ERROR_MEMORY;
}

RvStatus rv_code_device_load(CodeDevice *device, CodeFile *file, ThreadPool *pool, bool *damaged,
                             RvError *err)
{
    size_t kept = count_kept(device, file);
    *damaged = false;
    if (kept == file->segment_count && kept == device->segment_count && device->best != NULL)
        return RV_OK;
    drop_segments(device, kept);
    device->width = file->segment_count > 0 ? file->segments[0].width : 0;
    RvStatus status = check_room(device, file, err);
    for (size_t i = kept; i < file->segment_count && status == RV_OK && !*damaged; i++)
        status = add_segment(device, &file->segments[i], pool, damaged, err);
    if (status == RV_OK && !*damaged)
        status = make_room(device, err);
    if (status != RV_OK || *damaged)
        drop_segments(device, 0);
    return status;
}

/* ---- searching ---------------------------------------------------------------------------------------- */

static void set_bits(uint32_t *words, size_t first, size_t end, bool value)
{
    while (first < end) {
        size_t bit = first % 32, count = end - first < 32 - bit ? end - first : 32 - bit;
        uint32_t mask = (uint32_t)(((uint64_t)1 << count) - 1) << bit;
        words[first / 32] = value ? words[first / 32] | mask : words[first / 32] & ~mask;
        first += count;
    }
}

static void set_range(uint32_t *words, const CodeSegment *segment, KeyRange range, bool value)
{
    size_t end = range.last < INT64_MAX ? rv_code_rows_below(segment, range.last + 1) : segment->row_count;
    set_bits(words, rv_code_rows_below(segment, range.first), end, value);
}

/* Which rows of the segment count, times aside; NULL: all of them. */
static const uint32_t *counted_rows(const CodeDevice *device, const CodeScan *job, const CodeSegment *segment)
{
    uint32_t *words = device->counted;
    if (!job->some_videos && job->changed_count == 0 && segment->gone_count == 0)
        return NULL;
    memset(words, job->some_videos ? 0 : 0xff, rv_divide_up(segment->row_count, 32) * sizeof *words);
    for (size_t i = 0; job->some_videos && i < job->video_count; i++)
        set_range(words, segment, rv_store_video_keys(job->video_ids[i]), true);
    for (size_t i = 0; i < job->changed_count; i++)
        set_range(words, segment, job->changed[i], false);
    for (size_t i = 0; i < segment->gone_count; i++)
        set_range(words, segment, segment->gone[i], false);
    return words;
}

bool rv_code_device_score(CodeDevice *device, const CodeScan *job, const float **best, size_t *count)
{
    float *to = device->best;
    DeviceCodeQuery query = {.code = &job->query->code,
                             .step = job->query->step,
                             .error_factor = job->query->norm * job->query->inflation,
                             .slack = job->query->slack,
                             .after_s = job->after_s,
                             .before_s = job->before_s};
    for (size_t i = 0; i < device->segment_count; i++) {
        if (device->segments[i].codes == NULL)
            continue;
        query.counted = counted_rows(device, job, &job->file->segments[i]);
        device->ops->score(device->compute, device->segments[i].codes, &query, to);
        to += rv_divide_up(device->segments[i].row_count, CODE_BLOCK_ROWS);
    }
    *best = device->best;
    *count = device->block_count;
    return device->compute->ops->status(device->compute, &device->failure) == RV_OK;
}

bool rv_code_device_above(CodeDevice *device, double threshold, const CodeDeviceRow **rows, size_t *count)
{
    size_t found = 0;
    for (size_t i = 0; i < device->segment_count && found <= device->above_limit; i++) {
        const DeviceSegment *segment = &device->segments[i];
        size_t left = device->above_limit - found, added = 0;
        if (segment->codes != NULL)
            added = device->ops->above(device->compute, segment->codes, threshold, device->above,
                                       left < segment->row_count ? left : segment->row_count);
        for (size_t k = 0; k < added && k < left; k++)
            device->rows[found + k] = (CodeDeviceRow){(uint32_t)i, device->above[k]};
        found += added;
    }
    *rows = device->rows;
    *count = found;
    return device->compute->ops->status(device->compute, &device->failure) == RV_OK &&
           found <= device->above_limit;
}

void rv_code_device_reject(CodeDevice *device, const char *reason)
{
    rv_error_set(&device->failure, RV_ERROR_INTERNAL, "%s (%s): %s", device->compute->device,
                 device->compute->device_name, reason);
}

const char *rv_code_device_failure(const CodeDevice *device)
{
    return device->failure.status != RV_OK ? device->failure.message : NULL;
}
