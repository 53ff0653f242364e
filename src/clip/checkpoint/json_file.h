/* SPDX-License-Identifier: MIT */
/* JSON from files and from bytes, with a limit. Running out of memory is reported as such. */
#ifndef RV_JSON_FILE_H
#define RV_JSON_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "reelvec/status.h"

/* Parse the top-level object of these bytes; release with json_decref. path and part ("damaged header, ", "")
 * begin the message. Duplicate keys are refused. Errors: FORMAT, MEMORY. */
RvStatus rv_json_parse(const void *bytes, size_t size_bytes, const char *path, const char *part, json_t **out,
                       RvError *err);

/* Read the file's top-level object; release with json_decref. Duplicate keys are refused. Errors: NOT_FOUND,
 * IO, FORMAT, MEMORY (also if the file is larger than max_bytes). */
RvStatus rv_json_file_read(const char *path, size_t max_bytes, json_t **out, RvError *err);

#endif
