/* SPDX-License-Identifier: MIT */
/* Normalisation before the cutting, as tokenizer.json describes it. Its pairs of normaliser and pre-tokenizer come down to
 * SentencePiece's own settings: which characters are replaced, a space before the text, one space between words. */
#include "clip/tokenizer/pieces/sentence_steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define SPACE_SYMBOL "\xe2\x96\x81" // U+2581

/* A list of steps while it is read. */
typedef struct Reading {
    const char *path;
    SentenceModel *model;
    RvError *err;
    const json_t *strip; // a step that takes spaces from the ends alone; NULL: none
    bool marks_spaces;   // a step puts SentencePiece's symbol in the place of spaces
} Reading;

static const char *member(const json_t *step, const char *name)
{
    const char *text = json_string_value(json_object_get(step, name));
    return text != NULL ? text : "";
}

static RvStatus refuse(const Reading *reading, const json_t *step, const char *kind)
{
    return rv_error_set(reading->err, RV_ERROR_UNSUPPORTED,
                        "%s: the %s %.60s, or these settings of it, which reelvec does not have",
                        reading->path, kind, member(step, "type"));
}

static RvStatus add_step(const Reading *reading, const json_t *step, SentenceStep kind)
{
    SentenceModel *model = reading->model;
    if (model->step_count == SENTENCE_STEPS_MAX)
        return refuse(reading, step, "normalizer");
    model->steps[model->step_count++] = kind;
    return RV_OK;
}

/* Returns the number of bytes that the base64 text stands for, or SIZE_MAX if it is none. */
static size_t decode_base64(const char *text, size_t size_bytes, uint8_t *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t count = 0;
    uint32_t bits = 0, bit_count = 0;
    while (size_bytes > 0 && text[size_bytes - 1] == '=')
        size_bytes--;
    for (size_t i = 0; i < size_bytes; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            return SIZE_MAX;
        bits = bits << 6 | (uint32_t)(digit - digits);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[count++] = (uint8_t)(bits >> bit_count);
        }
    }
    return count;
}

static RvStatus read_charsmap(const Reading *reading, const json_t *step)
{
    const json_t *text = json_object_get(step, "precompiled_charsmap");
    SentenceModel *model = reading->model;
    if (json_is_null(text) || (json_is_string(text) && json_string_length(text) == 0))
        return RV_OK;
    if (!json_is_string(text) || model->charsmap.unit_count > 0)
        return refuse(reading, step, "normalizer");
    uint8_t *bytes = rv_mem_alloc(json_string_length(text), 1, reading->err);
    if (bytes == NULL)
        return RV_ERROR_MEMORY;
    size_t size_bytes = decode_base64(json_string_value(text), json_string_length(text), bytes);
    RvStatus status = rv_charsmap_init(&model->charsmap, bytes, size_bytes == SIZE_MAX ? 0 : size_bytes,
                                       reading->path, reading->err);
    free(bytes);
    return status == RV_OK ? add_step(reading, step, SENTENCE_CHARSMAP) : status;
}

/* Replacements of spaces: by SentencePiece's symbol, or several by one. */
static RvStatus read_replace(Reading *reading, const json_t *step)
{
    const json_t *pattern = json_object_get(step, "pattern");
    const char *content = member(step, "content");
    bool by_space = strcmp(content, " ") == 0 || strcmp(content, SPACE_SYMBOL) == 0;
    if (strcmp(member(pattern, "String"), " ") == 0 && strcmp(content, SPACE_SYMBOL) == 0) {
        reading->marks_spaces = true; // which is done at the end
        return RV_OK;
    }
    if (strcmp(member(pattern, "Regex"), " {2,}") == 0 && by_space) {
        reading->model->squeeze_spaces = true;
        return RV_OK;
    }
    return refuse(reading, step, "normalizer");
}

static RvStatus read_normalizer(Reading *reading, const json_t *step)
{
    static const struct {
        const char *name;
        SentenceStep kind;
    } plain[] = {{"Lowercase", SENTENCE_LOWER},
                 {"NFC", SENTENCE_NFC},
                 {"NFD", SENTENCE_NFD},
                 {"NFKC", SENTENCE_NFKC},
                 {"NFKD", SENTENCE_NFKD}};
    const char *type = member(step, "type");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(type, plain[i].name) == 0)
            return add_step(reading, step, plain[i].kind);
    }
    if (strcmp(type, "Precompiled") == 0)
        return read_charsmap(reading, step);
    if (strcmp(type, "Replace") == 0)
        return read_replace(reading, step);
    if (strcmp(type, "Prepend") == 0 && strcmp(member(step, "prepend"), SPACE_SYMBOL) == 0) {
        reading->model->dummy_prefix = true;
        return RV_OK;
    }
    if (strcmp(type, "Strip") == 0) {
        reading->strip = step;
        return RV_OK;
    }
    return refuse(reading, step, "normalizer");
}

static RvStatus read_pre_tokenizer(Reading *reading, const json_t *step)
{
    const char *type = member(step, "type"), *scheme = member(step, "prepend_scheme");
    if (strcmp(type, "WhitespaceSplit") == 0) {
        reading->model->squeeze_spaces = true;
        return RV_OK;
    }
    if (strcmp(type, "Metaspace") == 0 && strcmp(member(step, "replacement"), SPACE_SYMBOL) == 0) {
        const json_t *add = json_object_get(step, "add_prefix_space");
        reading->marks_spaces = true;
        reading->model->dummy_prefix = scheme[0] != '\0' ? strcmp(scheme, "never") != 0 : !json_is_false(add);
        return RV_OK;
    }
    // The normaliser has replaced all spaces before, so that this splits nothing.
    if (strcmp(type, "Split") == 0 && strcmp(member(json_object_get(step, "pattern"), "String"), " ") == 0 &&
        strcmp(member(step, "behavior"), "MergedWithPrevious") == 0)
        return RV_OK;
    return refuse(reading, step, "pre-tokenizer");
}

/* One step, or a sequence of them. */
static RvStatus read_list(Reading *reading, const json_t *step, const char *list,
                          RvStatus (*read)(Reading *, const json_t *))
{
    RvStatus status = RV_OK;
    size_t i;
    json_t *inner;
    if (step == NULL || json_is_null(step))
        return RV_OK;
    if (strcmp(member(step, "type"), "Sequence") != 0)
        return read(reading, step);
    json_array_foreach(json_object_get(step, list), i, inner)
    {
        if (status == RV_OK)
            status = read(reading, inner);
    }
    return status;
}

RvStatus rv_sentence_read_steps(const json_t *normalizer, const json_t *pre_tokenizer, const char *path,
                                SentenceModel *model, RvError *err)
{
    Reading reading = {.path = path, .model = model, .err = err};
    RvStatus status = read_list(&reading, normalizer, "normalizers", read_normalizer);
    if (status == RV_OK)
        status = read_list(&reading, pre_tokenizer, "pretokenizers", read_pre_tokenizer);
    if (status != RV_OK)
        return status;
    // Spaces are taken from the ends and from between words, or not at all.
    if (reading.strip != NULL && !model->squeeze_spaces)
        return refuse(&reading, reading.strip, "normalizer");
    if (!reading.marks_spaces)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: no step replaces spaces by U+2581 (Replace or Metaspace), as reelvec does",
                            path);
    return RV_OK;
}
