/* SPDX-License-Identifier: MIT */
/* JSON from files and from bytes, with a limit; who runs out of memory is told so. */
#ifndef RV_JSON_FILE_H
#define RV_JSON_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "reelvec/status.h"

/* The top-level object of these bytes; release with json_decref. path and part ("damaged header, ", "") begin
 * the message. Keys that stand twice are refused. Errors: FORMAT, MEMORY. */
RvStatus rv_json_parse(const void *bytes, size_t size_bytes, const char *path, const char *part, json_t **out,
                       RvError *err);

/* The file's top-level object; release with json_decref. Keys that stand twice are refused. Errors:
 * NOT_FOUND, IO, FORMAT, MEMORY (larger than max_bytes). */
RvStatus rv_json_file_read(const char *path, size_t max_bytes, json_t **out, RvError *err);

#endif
