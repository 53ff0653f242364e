/* SPDX-License-Identifier: MIT */
/* JSON files, read whole with a limit. */
#ifndef RV_CLIP_JSON_FILE_H
#define RV_CLIP_JSON_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "reelvec/status.h"

/* The file's top-level object; release with json_decref. Keys that stand twice are refused. Errors:
 * NOT_FOUND, IO, FORMAT, MEMORY (larger than max_bytes). */
RvStatus rv_json_file_read(const char *path, size_t max_bytes, json_t **out, RvError *err);

#endif
