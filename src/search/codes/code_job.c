/* SPDX-License-Identifier: MIT */
/* Which rows of the codes count for a scan. */
#include "search/codes/code_job.h"

#include "base/find.h"

static bool has_video(const CodeScan *job, int64_t video_id)
{
    if (job->video_ids == NULL)
        return true;
    size_t at = rv_find_first(job->video_ids, job->video_count, sizeof *job->video_ids, 0, video_id);
    return at < job->video_count && job->video_ids[at] == video_id;
}

bool rv_code_row_counts(const CodeScan *job, const CodeSegment *segment, const CodeRow *row)
{
    return (job->after_s == NULL || row->time_s >= *job->after_s) &&
           (job->before_s == NULL || row->time_s <= *job->before_s) && has_video(job, row->key >> 32) &&
           !rv_code_ranges_hold(job->changed, job->changed_count, row->key) &&
           !rv_code_ranges_hold(segment->gone, segment->gone_count, row->key);
}

bool rv_code_block_counts(const CodeScan *job, const CodeSegment *segment, size_t first, size_t count)
{
    if (!job->some_videos && job->after_s == NULL && job->before_s == NULL)
        return true;
    // Keys rise, so most blocks are of one video.
    int64_t video_id = segment->rows[first].key >> 32;
    if (segment->rows[first + count - 1].key >> 32 == video_id && !has_video(job, video_id))
        return false;
    for (size_t i = first; i < first + count; i++) {
        if (rv_code_row_counts(job, segment, &segment->rows[i]))
            return true;
    }
    return false;
}
