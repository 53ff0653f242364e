/* SPDX-License-Identifier: MIT */
/* Moments from JSON: objects one after the other (a line each, as searches print them), an array of them, or an
 * object that holds such an array as "moments" or "hits". */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "timeline/moments_read.h"

#define WHERE_BYTES 64

static RvStatus read_value(MomentFacts *facts, MomentWord word, const json_t *value, const char *where,
                           RvError *err)
{
    if (json_is_null(value))
        return RV_OK;
    if (json_is_string(value))
        return rv_moment_text(facts, word, json_string_value(value), where, err);
    if (json_is_number(value))
        return rv_moment_number(facts, word, json_number_value(value), where, err);
    return rv_moment_number(facts, word, NAN, where,
                            err); // neither of both: the message says what it must be
}

static RvStatus read_facts(MomentFacts *facts, json_t *object, const char *where, RvError *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    RvStatus status = RV_OK;
    json_object_foreach(object, key, value)
    {
        MomentWord word;
        if (status == RV_OK && rv_moment_word(key, &word))
            status = read_value(facts, word, value, where, err);
    }
    return status;
}

static RvStatus read_object(json_t *object, const MomentFacts *shared, const char *where, MomentList *list,
                            RvError *err)
{
    MomentFacts facts = {0};
    if (!json_is_object(object))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: is no object like {\"video\": ..., \"start\": ..., \"end\": ...}", where);
    RvStatus status = read_facts(&facts, object, where, err);
    if (status == RV_OK && shared != NULL && !facts.given[MOMENT_VIDEO]) {
        facts.given[MOMENT_VIDEO] = shared->given[MOMENT_VIDEO];
        facts.texts[MOMENT_VIDEO] = shared->texts[MOMENT_VIDEO];
    }
    return status == RV_OK ? rv_moment_add(list, &facts, where, err) : status;
}

static RvStatus read_array(const json_t *array, const MomentFacts *shared, MomentList *list, RvError *err)
{
    size_t index = 0;
    json_t *item = NULL;
    RvStatus status = RV_OK;
    json_array_foreach(array, index, item)
    {
        char where[WHERE_BYTES];
        snprintf(where, sizeof where, "moment %zu", index + 1);
        if (status == RV_OK)
            status = read_object(item, shared, where, list, err);
    }
    return status;
}

/* An array, an object with an array and perhaps the video of all, or a moment. */
static RvStatus read_root(json_t *root, const char *where, MomentList *list, RvError *err)
{
    if (json_is_array(root))
        return read_array(root, NULL, list, err);
    json_t *moments = json_object_get(root, "moments");
    if (moments == NULL)
        moments = json_object_get(root, "hits");
    if (!json_is_array(moments))
        return read_object(root, NULL, where, list, err);
    MomentFacts shared = {0};
    RvStatus status = read_facts(&shared, root, where, err);
    return status == RV_OK ? read_array(moments, &shared, list, err) : status;
}

static RvStatus parse(const char *text, size_t size_bytes, size_t line, json_t **root, json_error_t *cause,
                      RvError *err)
{
    *root = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, cause);
    if (*root != NULL)
        return RV_OK;
    if (cause->text[0] == '\0' || json_error_code(cause) == json_error_out_of_memory)
        return rv_error_memory(err, size_bytes);
    bool nul = json_error_code(cause) == json_error_null_character;
    return rv_error_set(err, RV_ERROR_FORMAT, "line %zu: %s",
                        line + (size_t)(cause->line > 1 ? cause->line - 1 : 0),
                        nul ? "a text holds the character NUL (\\u0000)" : cause->text);
}

RvStatus rv_moments_read_json(const char *text, size_t size_bytes, MomentList *list, RvError *err)
{
    size_t line = 1;
    for (;;) {
        for (; size_bytes > 0 && strchr(" \t\r\n", *text) != NULL; text++, size_bytes--)
            line += *text == '\n';
        if (size_bytes == 0)
            return RV_OK;
        char where[WHERE_BYTES];
        json_t *root = NULL;
        json_error_t cause = {0};
        RvStatus status = parse(text, size_bytes, line, &root, &cause, err);
        snprintf(where, sizeof where, "line %zu", line);
        if (status == RV_OK)
            status = read_root(root, where, list, err);
        json_decref(root);
        if (status != RV_OK)
            return status;
        for (int i = 0; i < cause.position; i++)
            line += text[i] == '\n';
        text += cause.position;
        size_bytes -= (size_t)cause.position;
    }
}
