/* SPDX-License-Identifier: MIT */
/* Lists of moments from files and pipes. */
#ifndef RV_CLI_MOMENTS_FILE_H
#define RV_CLI_MOMENTS_FILE_H

#include "reelvec/timeline.h"

/* Read a list of moments; "-" is standard input. video: of moments that name none; NULL: each must name its own. The result
 * points into *storage; the caller clears both, *out with free(). Errors: those of rv_moments_read with the file's name,
 * NOT_FOUND, IO, ARGUMENT (a moment without a video). */
RvStatus cli_moments_read(const char *path, const char *video, RvMoments *storage, RvMoment **out,
                          RvError *err);

#endif
