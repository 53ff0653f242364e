/* SPDX-License-Identifier: MIT */
/* What names and first bytes say about a source: whether it is meant as a video. */
#ifndef RV_SOURCE_NAMES_H
#define RV_SOURCE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* True if the name of a file, or the path of an address, has a video's ending. */
bool rv_source_named_like_video(const char *path_or_url);

/* True for folders that systems keep for themselves: lost+found, recycle bins, snapshots and thumbnails of
 * NAS devices. */
bool rv_source_is_system_folder(const char *name);

/* True for a file of up to 16 MiB whose first bytes are text, which no video's are: TypeScript named .ts, a
 * web page saved as .mp4. False if the file cannot be read. */
bool rv_source_holds_text(const char *path, int64_t size_bytes);

#endif
