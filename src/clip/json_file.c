/* SPDX-License-Identifier: MIT */
/* JSON files, read whole with a limit. */
#include "clip/json_file.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"

RvStatus rv_json_file_read(const char *path, size_t max_bytes, json_t **out, RvError *err)
{
    *out = NULL;
    Buffer text;
    rv_buffer_init(&text, max_bytes);
    RvStatus status = rv_file_read(path, &text, err);
    if (status == RV_OK) {
        json_error_t cause = {0};
        json_t *value = json_loadb(text.bytes != NULL ? (const char *)text.bytes : "", text.size_bytes,
                                   JSON_REJECT_DUPLICATES, &cause);
        if (json_is_object(value)) {
            *out = value;
        } else {
            json_decref(value);
            status =
                rv_error_set(err, RV_ERROR_FORMAT, "%s: line %d: %s", path, cause.line < 1 ? 1 : cause.line,
                             cause.text[0] != '\0' ? cause.text : "not a JSON object");
        }
    }
    rv_buffer_clear(&text);
    return status;
}
