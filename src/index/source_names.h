/* SPDX-License-Identifier: MIT */
/* What names and first bytes say of a source: whether it is meant as a video. */
#ifndef RV_SOURCE_NAMES_H
#define RV_SOURCE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a file's name, or the path of an address, ends like a video's. */
bool rv_source_named_like_video(const char *path_or_url);

/* A folder that systems keep for themselves: lost+found, recycle bins, snapshots and thumbnails of NAS
 * devices. */
bool rv_source_is_system_folder(const char *name);

/* A file of up to 16 MiB whose first bytes are text, as no video's are: TypeScript named .ts, a web page that
 * was saved as .mp4. A file that cannot be read is none. */
bool rv_source_holds_text(const char *path, int64_t size_bytes);

#endif
