/* SPDX-License-Identifier: MIT */
#include "members.h"

#include <string.h>

bool members_are_known(Request *request, const json_t *json, const char *const *names)
{
    // Iterating does not change the object, but has no const of its own.
    json_t *object = (json_t *)(uintptr_t)json;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, key) != 0)
            name++;
        if (*name == NULL) {
            reply_error(&request->reply, 400, "bad_parameter", "there is no member %.40s", key);
            return false;
        }
    }
    return true;
}

bool members_text(Request *request, const json_t *json, const char *name, size_t max_bytes, const char **out)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL || json_is_null(value))
        return true;
    *out = json_string_value(value);
    if (*out != NULL && json_string_length(value) <= max_bytes)
        return true;
    reply_error(&request->reply, 400, "bad_parameter", "%s has to be a text", name);
    return false;
}
