/* SPDX-License-Identifier: MIT */
/* A video as answers show it. */
#ifndef RV_WEB_VIDEO_JSON_H
#define RV_WEB_VIDEO_JSON_H

#include "asking.h"

/* full: with what only the video's own answer has. NULL: no memory. */
json_t *video_json(const Asking *asking, const RvVideo *video, bool full);

/* The last part of a path or URL, without parameters. Free with free(). */
char *video_json_name(const char *path);

#endif
