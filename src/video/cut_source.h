/* SPDX-License-Identifier: MIT */
/* What must be known of a video to cut it: its streams, and the time stamps of the frames at the borders. */
#ifndef RV_VIDEO_CUT_SOURCE_H
#define RV_VIDEO_CUT_SOURCE_H

#include "reelvec/status.h"
#include "video/cut_facts.h"

/* Open a video and read what it consists of. Release with rv_cut_source_close. Errors: as rv_video_open. */
RvStatus rv_cut_source_open(const char *path_or_url, const VideoOptions *options, CutSource *out,
                            RvError *err);
void rv_cut_source_close(CutSource *source);

/* Find the frames that are on screen from start_us up to end_us. Reads the packets near the two borders; decodes
 * from the beginning only if time stamps are missing. Errors: ARGUMENT if the video ends before the start; those of
 * reading. */
RvStatus rv_cut_source_borders(CutSource *source, int64_t start_us, int64_t end_us, CutBorders *out,
                               RvError *err);

#endif
