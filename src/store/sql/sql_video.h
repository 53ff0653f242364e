/* SPDX-License-Identifier: MIT */
/* Rows of videos, for every database with an SqlLink: functions of StoreBackend. */
#ifndef RV_SQL_VIDEO_H
#define RV_SQL_VIDEO_H

#include "store/sql/sql_row.h"
#include "store/store_backend.h"

RvStatus rv_sql_find_video(Store *store, VideoColumn column, const char *value, StoredVideo *out, bool *found,
                           RvError *err);
RvStatus rv_sql_has_video(Store *store, int64_t video_id, bool *found, RvError *err);
RvStatus rv_sql_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                            RvError *err);
RvStatus rv_sql_change_video(Store *store, int64_t video_id, const VideoChange *change, RvError *err);
RvStatus rv_sql_remove_video(Store *store, int64_t video_id, RvError *err);
RvStatus rv_sql_list_videos(Store *store, RvVideos *out, RvError *err);
RvStatus rv_sql_list_paths(Store *store, RvVideos *out, RvError *err);

#define SQL_VIDEO_FUNCTIONS                                                                                  \
    .find_video = rv_sql_find_video, .has_video = rv_sql_has_video, .begin_video = rv_sql_begin_video,       \
    .change_video = rv_sql_change_video, .list_videos = rv_sql_list_videos, .list_paths = rv_sql_list_paths

/* video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling,
 * state, error, the number of frames; a letter each as in SqlReader. */
#define SQL_VIDEO_COLUMNS "dttddfddfttttd"

/* Read a row of those columns. The caller clears *out, also on failure. */
RvStatus rv_sql_read_video(const SqlRow *row, StoredVideo *out, RvError *err);

#endif
