/* SPDX-License-Identifier: MIT */
/* The scores of rows that a query was compared with: of whole videos, as many as are kept. */
#include "search/kept_scores.h"

#include <stdlib.h>

#include "base/find.h"
#include "base/mem.h"

static RvStatus begin_video(KeptScores *kept, int64_t video_id, RvError *err)
{
    if (kept->video_count == kept->video_capacity) {
        KeptVideo *videos =
            rv_mem_grow(kept->videos, &kept->video_capacity, kept->video_count + 1, sizeof *videos, err);
        if (videos == NULL)
            return RV_ERROR_MEMORY;
        kept->videos = videos;
    }
    kept->videos[kept->video_count++] = (KeptVideo){video_id, kept->row_count};
    return RV_OK;
}

/* The last video is only kept in part. */
static void leave_out_last(KeptScores *kept)
{
    kept->video_count--;
    kept->row_count = kept->video_count > 0 ? kept->videos[kept->video_count - 1].end : 0;
    kept->full = true;
}

RvStatus rv_kept_scores_add(KeptScores *kept, int64_t video_id, const KeptRow *row, RvError *err)
{
    if (kept->full)
        return RV_OK;
    if (kept->video_count == 0 || kept->videos[kept->video_count - 1].video_id != video_id) {
        RvStatus status = begin_video(kept, video_id, err);
        if (status != RV_OK)
            return status;
    }
    if (kept->row_count >= kept->row_limit) {
        leave_out_last(kept);
        return RV_OK;
    }
    if (kept->row_count == kept->row_capacity) {
        KeptRow *rows = rv_mem_grow(kept->rows, &kept->row_capacity, kept->row_count + 1, sizeof *rows, err);
        if (rows == NULL)
            return RV_ERROR_MEMORY;
        kept->rows = rows;
    }
    kept->rows[kept->row_count++] = *row;
    kept->videos[kept->video_count - 1].end = kept->row_count;
    return RV_OK;
}

void rv_kept_scores_clear(KeptScores *kept)
{
    free(kept->rows);
    free(kept->videos);
    *kept = (KeptScores){0};
}

RvStatus rv_kept_scores_of(const KeptScores *kept, int64_t video_id, RvFrameScores *out, bool *found,
                           RvError *err)
{
    size_t at = rv_find_first(kept->videos, kept->video_count, sizeof *kept->videos,
                              offsetof(KeptVideo, video_id), video_id);
    *out = (RvFrameScores){.video_id = video_id};
    *found = at < kept->video_count && kept->videos[at].video_id == video_id;
    if (!*found)
        return RV_OK;
    size_t first = at > 0 ? kept->videos[at - 1].end : 0, count = kept->videos[at].end - first;
    out->items = rv_mem_alloc_aligned(count, sizeof *out->items, err);
    if (out->items == NULL)
        return RV_ERROR_MEMORY;
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        const KeptRow *row = &kept->rows[first + i];
        out->items[i] =
            (RvFrameScore){.frame_number = row->frame_number, .time_s = row->time_s, .score = row->score};
    }
    return RV_OK;
}
