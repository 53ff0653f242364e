/* SPDX-License-Identifier: MIT */
/* Making codes of rows: the whole file, or a segment for what has changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/codes/codes.h"
#include "store/new_file.h"

#define ENCODE_TASK ((size_t)32)
// Changed rows are read from the database by every query: up to this share of the rows that costs little.
#define CHANGED_SHARE 256
#define CHANGED_MIN 4096
// If more of the rows in the file are out of date, the whole file is written again.
#define GONE_SHARE 4

/* ---- encoding blocks ---------------------------------------------------------------------------------- */

/* Rows on their way into one segment; written block by block. */
typedef struct Encoder {
    ThreadPool *pool;
    int dimensions, descriptor;
    uint64_t offset; // of the segment
    CodeLayout layout;
    uint64_t row_limit, row_count; // of the segment; written or waiting
    size_t waiting;                // rows in the arrays below, up to CODE_BLOCK_ROWS x blocks
    uint8_t *coarse, *fine;        // [BATCH_ROWS, width]
    RowBound *bounds;
    CodeRow *rows;
    double *workspace; // [workers, width]
    const FrameBlock *block;
    size_t block_first, block_count; // the rows of `block` that are being encoded
} Encoder;

#define BATCH_ROWS (CODE_BLOCK_ROWS * 16)

static RvStatus open_encoder(Encoder *encoder, ThreadPool *pool, int dimensions, int descriptor,
                             uint64_t offset, uint64_t row_count, uint64_t dead_count, RvError *err)
{
    *encoder = (Encoder){.pool = pool,
                         .dimensions = dimensions,
                         .descriptor = descriptor,
                         .offset = offset,
                         .row_limit = row_count};
    if (!rv_code_layout(dimensions, row_count, dead_count, &encoder->layout))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "too many rows for codes");
    size_t width = encoder->layout.width;
    size_t workers = pool != NULL ? (size_t)rv_threads_count(pool) : 1;
    encoder->coarse = rv_mem_alloc_aligned(BATCH_ROWS, width, err);
    encoder->fine = rv_mem_alloc_aligned(BATCH_ROWS, width, err);
    encoder->bounds = rv_mem_alloc(BATCH_ROWS, sizeof *encoder->bounds, err);
    encoder->rows = rv_mem_alloc(BATCH_ROWS, sizeof *encoder->rows, err);
    encoder->workspace = rv_mem_alloc_aligned(workers * width, sizeof *encoder->workspace, err);
    bool good = encoder->coarse != NULL && encoder->fine != NULL && encoder->bounds != NULL &&
                encoder->rows != NULL && encoder->workspace != NULL;
    return good ? RV_OK : RV_ERROR_MEMORY;
}

static void close_encoder(Encoder *encoder)
{
    free(encoder->coarse);
    free(encoder->fine);
    free(encoder->bounds);
    free(encoder->rows);
    free(encoder->workspace);
}

static void encode_task(void *context, size_t index, int worker)
{
    Encoder *encoder = context;
    const FrameBlock *block = encoder->block;
    size_t width = encoder->layout.width;
    size_t end =
        (index + 1) * ENCODE_TASK < encoder->block_count ? (index + 1) * ENCODE_TASK : encoder->block_count;
    for (size_t i = index * ENCODE_TASK; i < end; i++) {
        size_t from = encoder->block_first + i, to = encoder->waiting + i;
        CodeRow *row = &encoder->rows[to];
        *row = (CodeRow){.key = rv_store_key(block->video_ids[from], block->frame_numbers[from]),
                         .time_s = block->times_s[from]};
        uint8_t *fine = encoder->fine + to * width;
        rv_row_code_encode(block->embeddings + from * (size_t)encoder->dimensions, encoder->dimensions,
                           encoder->workspace + (size_t)worker * width, encoder->coarse + to * width, fine,
                           &encoder->bounds[to], &row->bound);
        row->checksum = rv_code_row_checksum(row, fine, width, rv_code_kernels());
    }
}

static RvStatus write_waiting(Encoder *encoder, RvError *err)
{
    const CodeLayout *layout = &encoder->layout;
    size_t count = encoder->waiting, width = layout->width;
    uint64_t first = encoder->row_count - count, at = encoder->offset;
    uint64_t checksums[BATCH_ROWS / CODE_BLOCK_ROWS];
    size_t block_count = 0;
    for (size_t row = 0; row < count; row += CODE_BLOCK_ROWS) {
        size_t rows = count - row < CODE_BLOCK_ROWS ? count - row : CODE_BLOCK_ROWS;
        checksums[block_count++] =
            rv_code_block_checksum(encoder->coarse + row * width, encoder->bounds + row, encoder->rows + row,
                                   rows, width, rv_code_kernels());
    }
    const struct {
        const void *bytes;
        uint64_t part;
        size_t item_bytes, count;
        uint64_t first;
    } parts[] = {{encoder->coarse, layout->coarse, width, count, first},
                 {encoder->bounds, layout->bounds, sizeof(RowBound), count, first},
                 {checksums, layout->checksums, sizeof *checksums, block_count, first / CODE_BLOCK_ROWS},
                 {encoder->fine, layout->fine, width, count, first},
                 {encoder->rows, layout->rows, sizeof(CodeRow), count, first}};
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < sizeof parts / sizeof parts[0]; i++)
        status = rv_code_write(encoder->descriptor, parts[i].bytes, parts[i].count * parts[i].item_bytes,
                               at + parts[i].part + parts[i].first * parts[i].item_bytes, err);
    encoder->waiting = 0;
    return status;
}

static RvStatus encode_block(void *user, const FrameBlock *block, RvError *err)
{
    Encoder *encoder = user;
    RvStatus status = RV_OK;
    encoder->block = block;
    if (block->count > encoder->row_limit - encoder->row_count)
        return rv_error_set(err, RV_ERROR_INTERNAL, "more rows than were counted");
    for (encoder->block_first = 0; status == RV_OK && encoder->block_first < block->count;) {
        size_t room = BATCH_ROWS - encoder->waiting, left = block->count - encoder->block_first;
        encoder->block_count = left < room ? left : room;
        size_t task_count = (encoder->block_count + ENCODE_TASK - 1) / ENCODE_TASK;
        rv_threads_run(encoder->pool, task_count, encode_task, encoder);
        encoder->block_first += encoder->block_count;
        encoder->waiting += encoder->block_count;
        encoder->row_count += encoder->block_count;
        if (encoder->waiting == BATCH_ROWS)
            status = write_waiting(encoder, err);
    }
    return status;
}

/* ---- what to do --------------------------------------------------------------------------------------- */

typedef struct Update {
    Codes *codes;
    Store *store;
    ThreadPool *pool;
    DerivedState state;
    int dimensions;
    KeyRange *changed;
    size_t changed_count;
    int64_t changed_rows; // in the library
    int64_t row_count;    // of a whole file
    bool whole;           // write the whole file again
    bool needed;
    NewFile file; // LIBRARY-codes-new is the lock also where the file is made longer
    uint8_t token[STORE_TOKEN_BYTES];
    uint64_t offset; // of an appended segment
    uint8_t previous[STORE_TOKEN_BYTES];
} Update;

static RvStatus count_changed(Update *update, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < update->changed_count; i++) {
        int64_t count = 0;
        status = rv_store_count_frames(update->store, &update->changed[i], &count, err);
        update->changed_rows += count;
    }
    return status;
}

static size_t count_in_ranges(const CodeSegment *segment, const KeyRange *ranges, size_t count)
{
    size_t rows = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end =
            ranges[i].last < INT64_MAX ? rv_code_rows_below(segment, ranges[i].last + 1) : segment->row_count;
        rows += end - rv_code_rows_below(segment, ranges[i].first);
    }
    return rows;
}

/* Rows of the file that are out of date, before and now; those that are both count twice. */
static size_t count_gone(const CodeFile *file, const KeyRange *changed, size_t changed_count)
{
    size_t gone = 0;
    for (size_t s = 0; s < file->segment_count; s++) {
        const CodeSegment *segment = &file->segments[s];
        gone += count_in_ranges(segment, segment->gone, segment->gone_count);
        gone += count_in_ranges(segment, changed, changed_count);
    }
    return gone;
}

static RvStatus plan_change(Update *update, const CodeFile *file, int64_t min_rows, RvError *err)
{
    size_t gone = count_gone(file, update->changed, update->changed_count), rows = file->row_count;
    size_t changed_rows = (size_t)update->changed_rows;
    size_t enough = rows / CHANGED_SHARE > CHANGED_MIN ? rows / CHANGED_SHARE : CHANGED_MIN;
    enough = (size_t)min_rows < CHANGED_MIN ? (size_t)min_rows : enough;
    struct stat facts;
    bool grows = fstat(file->descriptor, &facts) == 0 && facts.st_nlink == 1 &&
                 file->segment_count < CODE_SEGMENTS_MAX && changed_rows <= rows;
    bool stale = gone > rows / GONE_SHARE;
    update->whole = stale || !grows;
    update->needed = stale || changed_rows >= enough || update->changed_count >= enough;
    update->offset = file->end;
    memcpy(update->previous, file->token, sizeof update->previous);
    return update->needed && update->whole
               ? rv_store_count_frames(update->store, NULL, &update->row_count, err)
               : RV_OK;
}

/* Decide within a snapshot whether the codes must be written (`needed`), and whether the whole file is
 * written or a segment is appended (`whole`). `min_rows` is CODES_MIN_ROWS; a test passes less, which lowers
 * `enough` too.
 *
 *     rows     rows in the file                 changed  rows of the library that the change log names
 *     gone     rows of the file out of date     ranges   entries of the change log
 *     enough   the larger of rows / CHANGED_SHARE and CHANGED_MIN
 *
 *     case                                     what is written
 *     no usable file, library < min_rows       nothing
 *     no usable file, library >= min_rows      the whole file
 *     the change log is empty                  nothing
 *     gone > rows / GONE_SHARE                 the whole file
 *     changed >= enough, or ranges >= enough   a segment with the changed rows; but the whole file if
 *                                              - changed > rows,
 *                                              - the file has CODE_SEGMENTS_MAX segments, or
 *                                              - it has a second name: a copy of the library uses it too
 *     otherwise                                nothing: queries read the changed rows from the library
 *
 * Example: a file of 1,000,000 rows, so enough is 4,096. 2,000 new frames: nothing. 10,000 new frames: a
 * segment. 300,000 frames indexed again: the whole file, because more than 250,000 rows are out of date. */
static RvStatus plan(Update *update, int64_t min_rows, RvError *err)
{
    RvStatus status = rv_store_derived_changes(update->store, &update->state, &update->changed,
                                               &update->changed_count, err);
    if (status != RV_OK)
        return status;
    CodeFile *file = rv_codes_hold(update->codes, update->store, &update->state, update->dimensions);
    if (file == NULL) {
        status = rv_store_count_frames(update->store, NULL, &update->row_count, err);
        update->whole = true;
        update->needed = update->row_count >= min_rows;
        return status;
    }
    status = count_changed(update, err);
    if (status == RV_OK && update->changed_count > 0)
        status = plan_change(update, file, min_rows, err);
    rv_code_file_release(file);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

/* Rows of the filter as a segment at the offset, without its header. */
static RvStatus write_rows(Update *update, int descriptor, const FrameFilter *filter, uint64_t offset,
                           int64_t row_count, uint64_t dead_count, RvError *err)
{
    Encoder encoder;
    RvStatus status = open_encoder(&encoder, update->pool, update->dimensions, descriptor, offset,
                                   (uint64_t)row_count, dead_count, err);
    if (status == RV_OK)
        status = rv_store_scan(update->store, filter, encode_block, &encoder, err);
    if (status == RV_OK && encoder.waiting > 0)
        status = write_waiting(&encoder, err);
    if (status == RV_OK && encoder.row_count != (uint64_t)row_count)
        status = rv_error_set(err, RV_ERROR_INTERNAL, "fewer rows than were counted");
    close_encoder(&encoder);
    return status;
}

static RvStatus write_whole(Update *update, RvError *err)
{
    RvStatus status = rv_new_file_begin(&update->file, err);
    if (status == RV_OK)
        status = write_rows(update, update->file.descriptor, NULL, 0, update->row_count, 0, err);
    if (status == RV_OK)
        status = rv_code_write_header(update->file.descriptor, 0, update->dimensions,
                                      (uint64_t)update->row_count, NULL, 0, update->token, NULL, err);
    return status;
}

/* Behind the last segment, where nobody reads before the library names the new one. */
static RvStatus write_segment(Update *update, RvError *err)
{
    int descriptor = open(update->file.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", update->file.path, strerror(errno));
    FrameFilter filter = {.ranges = update->changed, .range_count = update->changed_count};
    RvStatus status = write_rows(update, descriptor, &filter, update->offset, update->changed_rows,
                                 update->changed_count, err);
    if (status == RV_OK)
        status = rv_code_write_header(descriptor, update->offset, update->dimensions,
                                      (uint64_t)update->changed_rows, update->changed, update->changed_count,
                                      update->token, update->previous, err);
    close(descriptor);
    return status;
}

static RvStatus place_file(void *user, RvError *err)
{
    Update *update = user;
    return update->whole ? rv_new_file_place(&update->file, err) : RV_OK;
}

/* In one snapshot: what to do, and with `write` the codes of its rows. */
static RvStatus work(Update *update, int64_t min_rows, bool write, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    free(update->changed);
    update->changed = NULL;
    update->changed_rows = 0;
    update->needed = update->whole = false;
    RvStatus status = rv_store_begin_snapshot(update->store, err);
    if (status != RV_OK)
        return status;
    status = rv_store_identity(update->store, &identity, &present, err);
    update->dimensions = identity.dimensions;
    if (status == RV_OK)
        status = rv_store_derived_state(update->store, CODES_NAME, &update->state, err);
    if (status == RV_OK && present)
        status = plan(update, min_rows, err);
    if (status == RV_OK && update->needed && write)
        status = update->whole ? write_whole(update, err) : write_segment(update, err);
    rv_store_end_snapshot(update->store);
    return status;
}

static RvStatus make_and_publish(Update *update, int64_t min_rows, RvError *err)
{
    bool done = false;
    RvStatus status = RV_OK;
    // Changes must be logged before the snapshot that the codes are made of.
    if (!update->state.registered)
        status = rv_store_derived_register(update->store, CODES_NAME, err);
    if (status == RV_OK && getrandom(update->token, sizeof update->token, 0) != (ssize_t)sizeof update->token)
        status = rv_error_set(err, RV_ERROR_IO, "no random numbers: %s", strerror(errno));
    if (status == RV_OK)
        status = work(update, min_rows, true, err);
    if (status == RV_OK && update->needed && update->state.registered)
        status = rv_store_derived_publish(update->store, CODES_NAME, &update->state, update->token,
                                          place_file, update, &done, err);
    return status;
}

RvStatus rv_codes_update(Codes *codes, Store *store, ThreadPool *pool, int64_t min_rows, RvError *err)
{
    if (rv_store_is_read_only(store))
        return RV_OK;
    Update *update = rv_mem_alloc(1, sizeof *update, err);
    if (update == NULL)
        return RV_ERROR_MEMORY;
    *update = (Update){.codes = codes, .store = store, .pool = pool, .file.descriptor = -1};
    min_rows = min_rows > 0 ? min_rows : CODES_MIN_ROWS;
    RvStatus status = rv_store_derived_state(store, CODES_NAME, &update->state, err);
    bool supported = status == RV_OK && update->state.supported;
    if (supported)
        status = rv_new_file_init(&update->file, store, CODES_SUFFIX, err);
    if (supported && status == RV_OK)
        status = work(update, min_rows, false, err);
    if (supported && status == RV_OK && update->needed) {
        status = rv_new_file_take(&update->file, err);
        if (status == RV_OK && update->file.taken)
            status = make_and_publish(update, min_rows, err);
        rv_new_file_drop(&update->file);
    }
    free(update->changed);
    free(update);
    return status;
}
