/* SPDX-License-Identifier: MIT */
/* Lists out of the codes of a library: learnt and filled, or filled further. */
#include "search/ivf/ivf_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "search/ivf/ivf_train.h"

#define SAMPLE_ROWS_PER_LIST 64
// Rows that get their lists together; whole blocks.
#define SPAN_ROWS (CODE_BLOCK_ROWS * 512)
#define RUN_TASK ((size_t)64)

size_t rv_list_segments(const ListFile *lists, const CodeFile *codes)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < codes->segment_count; i++) {
        rows += codes->segments[i].row_count;
        if (memcmp(codes->segments[i].token, lists->token, sizeof lists->token) == 0)
            return rows == lists->row_count && codes->dimensions == lists->dimensions ? i + 1 : 0;
    }
    return 0;
}

/* ---- learning ----------------------------------------------------------------------------------------- */

static bool is_usable(const CodeSegment *segment, size_t row)
{
    return isfinite(segment->bounds[row].scale) && isfinite(segment->bounds[row].error);
}

/* One row out of each of `wanted` equal parts of the codes. codes [wanted, width], scales [wanted]. */
static size_t take_sample(const CodeFile *file, size_t wanted, uint64_t seed, uint8_t *codes, float *scales)
{
    size_t kept = 0, segment_index = 0, base = 0;
    for (size_t i = 0; i < wanted; i++) {
        size_t from = (size_t)((double)i / (double)wanted * (double)file->row_count);
        size_t to = (size_t)((double)(i + 1) / (double)wanted * (double)file->row_count);
        size_t row = to > from ? from + rv_random_next(&seed) % (to - from) : from;
        while (row - base >= file->segments[segment_index].row_count)
            base += file->segments[segment_index++].row_count;
        const CodeSegment *segment = &file->segments[segment_index];
        if (!is_usable(segment, row - base) ||
            rv_code_ranges_hold(segment->gone, segment->gone_count, segment->rows[row - base].key))
            continue;
        memcpy(codes + kept * segment->width, segment->coarse + (row - base) * segment->width,
               segment->width);
        scales[kept++] = segment->bounds[row - base].scale;
    }
    return kept;
}

typedef struct Means {
    size_t count, width;
    float *means, *spreads; // [count, width], [count]
} Means;

static void clear_means(Means *means)
{
    free(means->means);
    free(means->spreads);
}

/* As many lists as a list has rows: then choosing lists and looking into one costs alike. */
static size_t choose_count(const CodeFile *file, const ListSettings *settings)
{
    size_t wanted = settings->lists > 0 ? settings->lists : (size_t)lround(sqrt((double)file->row_count));
    wanted = wanted < file->row_count ? wanted : file->row_count;
    wanted = wanted < LISTS_MAX ? wanted : LISTS_MAX;
    return wanted > 1 ? wanted : 1;
}

static RvStatus learn(const CodeFile *file, ThreadPool *pool, const ListSettings *settings, Means *out,
                      RvError *err)
{
    size_t count = choose_count(file, settings), width = rv_row_code_width(file->dimensions);
    size_t wanted =
        SAMPLE_ROWS_PER_LIST * count < file->row_count ? SAMPLE_ROWS_PER_LIST * count : file->row_count;
    *out = (Means){.count = 1,
                   .width = width,
                   .means = rv_mem_alloc(count * width, sizeof *out->means, err),
                   .spreads = rv_mem_alloc(count, sizeof *out->spreads, err)};
    uint8_t *codes = rv_mem_alloc_aligned(wanted, width, err);
    float *scales = rv_mem_alloc(wanted, sizeof *scales, err);
    bool good = out->means != NULL && out->spreads != NULL && codes != NULL && scales != NULL;
    RvStatus status = good ? RV_OK : RV_ERROR_MEMORY;
    ListSample sample = {width, 0, codes, scales};
    if (status == RV_OK)
        sample.row_count = take_sample(file, wanted, settings->seed, codes, scales);
    if (status == RV_OK && sample.row_count > 0) {
        out->count = count < sample.row_count ? count : sample.row_count;
        status = rv_list_train(&sample, pool, settings->seed, &out->count, out->means, out->spreads, err);
    }
    free(codes);
    free(scales);
    return status;
}

/* ---- filling ------------------------------------------------------------------------------------------ */

typedef struct PlacedRun {
    ListRun run;
    uint32_t list;
} PlacedRun;

typedef struct Filling {
    const CodeFile *file;
    ThreadPool *pool;
    const Means *means;
    ListCentres centres;
    PlacedRun *runs;
    size_t run_count, run_capacity;
    uint32_t *lists; // [SPAN_ROWS]
    CodeSegment *segment;
    uint64_t base;     // rows before the segment
    size_t span_first; // of the segment
    size_t first_run;  // of the span
    atomic_bool damaged;
} Filling;

static void check_block(void *context, size_t index, int worker)
{
    (void)worker;
    Filling *filling = context;
    if (!rv_code_block_is_good(filling->segment, filling->span_first / CODE_BLOCK_ROWS + index,
                               rv_code_kernels()))
        atomic_store(&filling->damaged, true);
}

static void sum_runs(void *context, size_t index, int worker)
{
    (void)worker;
    const Filling *filling = context;
    const CodeSegment *segment = filling->segment;
    size_t end = filling->first_run + (index + 1) * RUN_TASK;
    for (size_t i = filling->first_run + index * RUN_TASK; i < end && i < filling->run_count; i++) {
        ListRun *run = &filling->runs[i].run;
        size_t row = run->first - filling->base;
        run->checksum =
            rv_code_block_checksum(segment->coarse + row * segment->width, segment->bounds + row,
                                   segment->rows + row, run->count, segment->width, rv_code_kernels());
    }
}

static RvStatus add_run(Filling *filling, uint64_t first, uint32_t list, RvError *err)
{
    if (filling->run_count == filling->run_capacity) {
        PlacedRun *runs =
            rv_mem_grow(filling->runs, &filling->run_capacity, filling->run_count + 1, sizeof *runs, err);
        if (runs == NULL)
            return RV_ERROR_MEMORY;
        filling->runs = runs;
    }
    filling->runs[filling->run_count++] = (PlacedRun){{(uint32_t)first, 0, 0}, list};
    return RV_OK;
}

/* Rows of the segment from span_first on. */
static RvStatus fill_span(Filling *filling, size_t count, RvError *err)
{
    CodeSegment *segment = filling->segment;
    RvStatus status = RV_OK;
    rv_threads_run(filling->pool, (count + CODE_BLOCK_ROWS - 1) / CODE_BLOCK_ROWS, check_block, filling);
    if (atomic_load(&filling->damaged))
        return rv_error_set(err, RV_ERROR_FORMAT, "the codes are damaged");
    rv_list_assign(&filling->centres, filling->pool, segment->coarse + filling->span_first * segment->width,
                   count, filling->lists);
    filling->first_run = filling->run_count;
    for (size_t i = 0; status == RV_OK && i < count; i++) {
        size_t row = filling->span_first + i;
        uint32_t list = is_usable(segment, row) ? filling->lists[i] : (uint32_t)filling->means->count;
        PlacedRun *open =
            filling->run_count > filling->first_run ? &filling->runs[filling->run_count - 1] : NULL;
        if (open == NULL || open->list != list || open->run.count == LIST_RUN_ROWS)
            status = add_run(filling, filling->base + row, list, err);
        if (status == RV_OK)
            filling->runs[filling->run_count - 1].run.count++;
    }
    rv_threads_run(filling->pool, (filling->run_count - filling->first_run + RUN_TASK - 1) / RUN_TASK,
                   sum_runs, filling);
    return status;
}

static RvStatus fill_segments(Filling *filling, size_t first_segment, RvError *err)
{
    RvStatus status = RV_OK;
    filling->base = 0;
    for (size_t i = 0; status == RV_OK && i < filling->file->segment_count; i++) {
        filling->segment = &filling->file->segments[i];
        size_t rows = filling->segment->row_count;
        for (size_t first = 0; status == RV_OK && i >= first_segment && first < rows; first += SPAN_ROWS) {
            filling->span_first = first;
            status = fill_span(filling, rows - first < SPAN_ROWS ? rows - first : SPAN_ROWS, err);
        }
        filling->base += rows;
    }
    return status;
}

static RvStatus take_runs(Filling *filling, const ListFile *before, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t list = 0; list <= before->list_count; list++) {
        for (uint64_t i = before->starts[list]; status == RV_OK && i < before->starts[list + 1]; i++) {
            status = add_run(filling, before->runs[i].first, (uint32_t)list, err);
            if (status == RV_OK)
                filling->runs[filling->run_count - 1].run = before->runs[i];
        }
    }
    return status;
}

/* The runs by list; within one they stay in their order. */
static RvStatus pack(const Filling *filling, const ListSettings *settings, ListFile *out, RvError *err)
{
    const Means *means = filling->means;
    RvStatus status = rv_list_file_create(filling->file->dimensions, means->count, filling->file->row_count,
                                          filling->run_count, out, err);
    if (status != RV_OK)
        return status;
    out->settings = *settings;
    memcpy(out->token, filling->file->token, sizeof out->token);
    memcpy(out->means, means->means, means->count * means->width * sizeof *means->means);
    memcpy(out->spreads, means->spreads, means->count * sizeof *means->spreads);
    // starts[list + 1] moves from the list's start to its end.
    for (size_t i = 0; i < filling->run_count; i++) {
        if (filling->runs[i].list < means->count)
            out->starts[filling->runs[i].list + 2]++;
    }
    for (size_t list = 2; list < means->count + 2; list++)
        out->starts[list] += out->starts[list - 1];
    for (size_t i = 0; i < filling->run_count; i++)
        out->runs[out->starts[filling->runs[i].list + 1]++] = filling->runs[i].run;
    return RV_OK;
}

/* The lists of `before` (NULL: none) and the rows of the segments from first_segment on. */
static RvStatus fill(const CodeFile *file, ThreadPool *pool, const Means *means, const ListFile *before,
                     size_t first_segment, const ListSettings *settings, ListFile *out, RvError *err)
{
    Filling filling = {.file = file,
                       .pool = pool,
                       .means = means,
                       .lists = rv_mem_alloc(SPAN_ROWS, sizeof *filling.lists, err)};
    RvStatus status = filling.lists != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = rv_list_centres_init(&filling.centres, means->means, means->count, means->width, err);
    if (status == RV_OK && before != NULL)
        status = take_runs(&filling, before, err);
    if (status == RV_OK)
        status = fill_segments(&filling, first_segment, err);
    if (status == RV_OK)
        status = pack(&filling, settings, out, err);
    rv_list_centres_clear(&filling.centres);
    free(filling.lists);
    free(filling.runs);
    return status;
}

static RvStatus check_rows(const CodeFile *codes, RvError *err)
{
    if (codes->row_count > LIST_ROWS_MAX)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "no lists of %zu rows", codes->row_count);
    return RV_OK;
}

RvStatus rv_list_build(const CodeFile *codes, ThreadPool *pool, const ListSettings *settings, ListFile *out,
                       RvError *err)
{
    Means means = {0};
    *out = (ListFile){0};
    RvStatus status = check_rows(codes, err);
    if (status == RV_OK)
        status = learn(codes, pool, settings, &means, err);
    if (status == RV_OK)
        status = fill(codes, pool, &means, NULL, 0, settings, out, err);
    clear_means(&means);
    return status;
}

RvStatus rv_list_extend(const CodeFile *codes, ThreadPool *pool, const ListFile *before, ListFile *out,
                        RvError *err)
{
    Means means = {before->list_count, before->width, before->means, before->spreads};
    *out = (ListFile){0};
    RvStatus status = check_rows(codes, err);
    return status == RV_OK ? fill(codes, pool, &means, before, rv_list_segments(before, codes),
                                  &before->settings, out, err)
                           : status;
}

RvStatus rv_list_compare(const CodeFile *codes, ThreadPool *pool, const ListFile *lists, bool *same,
                         RvError *err)
{
    Means means = {lists->list_count, lists->width, lists->means, lists->spreads};
    ListFile again = {0};
    *same = false;
    // The part of the codes that the lists are of.
    CodeFile listed = {.dimensions = codes->dimensions,
                       .segments = codes->segments,
                       .segment_count = rv_list_segments(lists, codes),
                       .row_count = lists->row_count};
    if (listed.segment_count == 0)
        return RV_OK;
    RvStatus status = fill(&listed, pool, &means, NULL, 0, &lists->settings, &again, err);
    *same = status == RV_OK && again.run_count == lists->run_count &&
            memcmp(again.starts, lists->starts, (lists->list_count + 2) * sizeof *lists->starts) == 0 &&
            memcmp(again.runs, lists->runs, lists->run_count * sizeof *lists->runs) == 0;
    rv_list_file_close(&again);
    return status;
}
