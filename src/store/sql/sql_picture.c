/* SPDX-License-Identifier: MIT */
/* Stored pictures: one, or a block of them. */
#include "store/sql/sql_picture.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/sql_link.h"

/* Append an expression: frame_data, or NULL if it is longer than a picture may be, so that a server does not
 * send it. */
static RvStatus add_picture(Store *store, SqlStatement *statement, RvError *err)
{
    const char *byte_length = store->backend->link->words->byte_length;
    if (byte_length == NULL)
        return rv_sql_add(store, statement, err, "frame_data");
    return rv_sql_add(store, statement, err, "CASE WHEN %w(frame_data) <= %d THEN frame_data END",
                      byte_length, (int64_t)STORE_MAX_PICTURE_BYTES);
}

/* ---- one ---------------------------------------------------------------------------------------------- */

typedef struct WantedPicture {
    int64_t video_id, frame_number;
    bool found;
    uint8_t *jpeg; // owned
    size_t size_bytes;
} WantedPicture;

static RvStatus copy_picture(void *user, const SqlRow *row, RvError *err)
{
    WantedPicture *out = user;
    const uint8_t *jpeg = NULL;
    out->found = true;
    if (!rv_sql_is_picture(&row->values[0], &jpeg, &out->size_bytes))
        return rv_store_bad_picture(row->store, out->video_id, out->frame_number, err);
    out->jpeg = rv_mem_alloc(out->size_bytes, 1, err);
    if (out->jpeg == NULL)
        return RV_ERROR_MEMORY;
    memcpy(out->jpeg, jpeg, out->size_bytes);
    return RV_OK;
}

RvStatus rv_sql_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                        size_t *size_bytes, RvError *err)
{
    WantedPicture wanted = {.video_id = video_id, .frame_number = frame_number};
    SqlReader reader = {"b", .max_rows = 1, .is_binary = true, .row = copy_picture, .user = &wanted};
    SqlStatement statement;
    rv_sql_statement_init(&statement);
    RvStatus status = rv_sql_add(store, &statement, err, "SELECT ");
    if (status == RV_OK)
        status = add_picture(store, &statement, err);
    if (status == RV_OK)
        status = rv_sql_add(store, &statement, err,
                            " FROM frame_pictures WHERE video_id = %d AND frame_number = %d", video_id,
                            frame_number);
    if (status == RV_OK)
        status = store->backend->link->run(store, &statement, &reader, err);
    rv_sql_statement_clear(&statement);
    if (status == RV_OK && !wanted.found)
        status = rv_store_no_picture(store, video_id, frame_number, err);
    if (status != RV_OK)
        return status;
    *jpeg = wanted.jpeg;
    *size_bytes = wanted.size_bytes;
    return RV_OK;
}

/* ---- a block ------------------------------------------------------------------------------------------ */

#define BLOCK_BYTES ((int64_t)8 << 20) // a block has more only if a single picture has

/* Computes where a block of pictures ends, from their sizes in the order of numbers. */
typedef struct PictureBlock {
    int64_t count, last_number, size_bytes;
    bool full;
} PictureBlock;

static void add_to_block(PictureBlock *block, int64_t frame_number, int64_t size_bytes)
{
    int64_t counted = size_bytes > 0 && size_bytes <= (int64_t)STORE_MAX_PICTURE_BYTES ? size_bytes : 0;
    if (block->full || (block->count > 0 && block->size_bytes + counted > BLOCK_BYTES)) {
        block->full = true;
        return;
    }
    block->size_bytes += counted;
    block->last_number = frame_number;
    block->full = ++block->count == PICTURE_BLOCK_ROWS;
}

static RvStatus add_size(void *user, const SqlRow *row, RvError *err)
{
    int64_t number = 0, size_bytes = 0;
    RvStatus status = rv_sql_integer(row, 0, "a picture", 0, INT64_MAX, &number, err);
    if (status == RV_OK)
        status = rv_sql_integer(row, 1, "a picture", 0, INT64_MAX, &size_bytes, err);
    if (status == RV_OK)
        add_to_block(user, number, size_bytes);
    return status;
}

/* Read the pictures' sizes first, so that the size of a block is bounded. */
static RvStatus measure(Store *store, int64_t video_id, int64_t first_number, PictureBlock *block,
                        RvError *err)
{
    SqlReader reader = {"dd", .max_rows = PICTURE_BLOCK_ROWS, .is_binary = true, .row = add_size,
                        .user = block};
    return rv_sql_query(
        store, &reader, err,
        "SELECT frame_number, coalesce(%w(frame_data), 0) FROM frame_pictures WHERE video_id = "
        "%d AND frame_number >= %d ORDER BY frame_number LIMIT %d",
        store->backend->link->words->byte_length, video_id, first_number, (int64_t)PICTURE_BLOCK_ROWS);
}

typedef struct BlockReader {
    PictureRowCallback callback;
    void *user;
} BlockReader;

static RvStatus hand_picture(void *user, const SqlRow *row, RvError *err)
{
    const BlockReader *reader = user;
    const uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    int64_t number = 0;
    bool good = rv_sql_is_picture(&row->values[1], &jpeg, &size_bytes);
    RvStatus status = rv_sql_integer(row, 0, "a picture", 0, INT64_MAX, &number, err);
    if (status != RV_OK)
        return status;
    return reader->callback(reader->user, number, good ? jpeg : NULL, good ? size_bytes : 0, err);
}

RvStatus rv_sql_pictures(Store *store, int64_t video_id, int64_t first_number, int64_t *covered_to,
                         PictureRowCallback callback, void *user, RvError *err)
{
    PictureBlock block = {0};
    BlockReader pictures = {callback, user};
    RvStatus status = measure(store, video_id, first_number, &block, err);
    *covered_to = block.full ? block.last_number : INT64_MAX;
    if (status != RV_OK || block.count == 0)
        return status;
    SqlReader reader = {"db", .max_rows = (size_t)block.count, .is_binary = true, .row = hand_picture,
                        .user = &pictures};
    SqlStatement statement;
    rv_sql_statement_init(&statement);
    status = rv_sql_add(store, &statement, err, "SELECT frame_number, ");
    if (status == RV_OK)
        status = add_picture(store, &statement, err);
    if (status == RV_OK)
        status =
            rv_sql_add(store, &statement, err,
                       " FROM frame_pictures WHERE video_id = %d AND frame_number >= %d AND frame_number "
                       "<= %d ORDER BY frame_number LIMIT %d",
                       video_id, first_number, block.last_number, block.count);
    if (status == RV_OK)
        status = store->backend->link->run(store, &statement, &reader, err);
    rv_sql_statement_clear(&statement);
    return status;
}
