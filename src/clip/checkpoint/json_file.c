/* SPDX-License-Identifier: MIT */
/* JSON from files and from bytes, with a limit. Running out of memory is reported as such. */
#include "clip/checkpoint/json_file.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"

/* True if jansson failed for lack of memory. It then leaves the message empty, or reports a complete string
 * as an invalid token or as no key. With any other cause, what these two messages refuse never ends with a
 * quotation mark. */
static bool ran_out_of_memory(const json_error_t *cause, const char *bytes, size_t size_bytes)
{
    static const char no_token[] = "invalid token", no_key[] = "string or '}' expected";
    bool of_string = strncmp(cause->text, no_token, sizeof no_token - 1) == 0 ||
                     strncmp(cause->text, no_key, sizeof no_key - 1) == 0;
    return cause->text[0] == '\0' || json_error_code(cause) == json_error_out_of_memory ||
           (of_string && cause->position > 0 && (size_t)cause->position <= size_bytes &&
            bytes[cause->position - 1] == '"');
}

RvStatus rv_json_parse(const void *bytes, size_t size_bytes, const char *path, const char *part, json_t **out,
                       RvError *err)
{
    json_error_t cause = {0};
    *out = json_loadb(bytes != NULL ? bytes : "", size_bytes, JSON_REJECT_DUPLICATES, &cause);
    if (json_is_object(*out))
        return RV_OK;
    bool memory = *out == NULL && ran_out_of_memory(&cause, bytes, size_bytes);
    json_decref(*out);
    *out = NULL;
    if (memory)
        return rv_error_memory(err, size_bytes);
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: %sline %d: %s", path, part,
                        cause.line < 1 ? 1 : cause.line,
                        cause.text[0] != '\0' ? cause.text : "not a JSON object");
}

RvStatus rv_json_file_read(const char *path, size_t max_bytes, json_t **out, RvError *err)
{
    *out = NULL;
    Buffer text;
    rv_buffer_init(&text, max_bytes);
    RvStatus status = rv_file_read(path, &text, err);
    if (status == RV_OK)
        status = rv_json_parse(text.bytes, text.size_bytes, path, "", out, err);
    rv_buffer_clear(&text);
    return status;
}
