/* SPDX-License-Identifier: MIT */
/* The names that checkpoints use for the tensors of a model, by rules. */
#include "clip/checkpoint/tensor_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/error.h"

#define BLOCK_DIGITS_MAX 6

/* What stands in a name in place of '#' and of '*'. */
typedef struct Wildcards {
    const char *block, *rest;
    size_t block_length;
} Wildcards;

static bool fits(const char *pattern, const char *name, Wildcards *out)
{
    *out = (Wildcards){.block = "", .rest = ""};
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*') {
            out->rest = name;
            return true;
        }
        if (*pattern != '#') {
            if (*name++ != *pattern)
                return false;
            continue;
        }
        out->block = name;
        while (isdigit((unsigned char)*name))
            name++;
        out->block_length = (size_t)(name - out->block);
        if (out->block_length < 1 || out->block_length > BLOCK_DIGITS_MAX)
            return false;
    }
    return *name == '\0';
}

bool rv_tensor_names_fits(const char *pattern, const char *name)
{
    Wildcards found;
    return fits(pattern, name, &found);
}

static void write_name(char dst[TENSOR_NAME_MAX], const char *pattern, const Wildcards *found)
{
    size_t used = 0;
    dst[0] = '\0';
    for (; *pattern != '\0' && used < TENSOR_NAME_MAX - 1; pattern++) {
        const char *from = *pattern == '#' ? found->block : *pattern == '*' ? found->rest : pattern;
        size_t length = *pattern == '#' ? found->block_length : *pattern == '*' ? strlen(from) : 1;
        used += (size_t)snprintf(dst + used, TENSOR_NAME_MAX - used, "%.*s", (int)length, from);
    }
}

void rv_tensor_names_find(const NameScheme *scheme, const char *name, TensorPieces *out)
{
    *out = (TensorPieces){.count = 1, .parts = {1}, .part_count = 1};
    Wildcards found;
    const NameRule *rule = scheme != NULL ? scheme->rules : NULL;
    while (rule != NULL && rule->canonical != NULL && !fits(rule->canonical, name, &found))
        rule++;
    if (rule == NULL || rule->canonical == NULL) {
        snprintf(out->names[0], TENSOR_NAME_MAX, "%s", name);
        return;
    }
    *out = (TensorPieces){.transposed = rule->transposed};
    for (; out->count < TENSOR_PIECES_MAX && rule->stored[out->count] != NULL; out->count++) {
        int parts = rule->parts[out->count] > 0 ? rule->parts[out->count] : 1;
        write_name(out->names[out->count], rule->stored[out->count], &found);
        out->parts[out->count] = parts;
        out->part_count += parts;
    }
}

const NameScheme *rv_tensor_names_scheme(const NameScheme *const *schemes, const TensorTable *tensors)
{
    for (; *schemes != NULL; schemes++) {
        bool there = true;
        for (size_t i = 0; i < 2 && (*schemes)->marks[i] != NULL; i++)
            there = there && rv_tensor_table_find(tensors, (*schemes)->marks[i]) != NULL;
        if (there)
            return *schemes;
    }
    return NULL;
}

bool rv_tensor_names_ends(const char *name, const char *ending)
{
    return rv_text_ends(name, ending) &&
           (strlen(name) == strlen(ending) || name[strlen(name) - strlen(ending) - 1] == '.');
}

/* ---- prefixes ------------------------------------------------------------------------------------------ */

#define PREFIX_MAX 8

/* Returns the number of bytes before a name that every model has in one of the schemes: the convolution of
 * its patches. SIZE_MAX if the name does not end in one. */
static size_t prefix_length(const char *name)
{
    static const char *const known[] = {"visual.conv1.weight", "visual.trunk.patch_embed.proj.weight",
                                        "vision_model.embeddings.class_embedding",
                                        "vision_model.embeddings.patch_embedding.weight"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (rv_tensor_names_ends(name, known[i]))
            return length - strlen(known[i]);
    }
    return SIZE_MAX;
}

/* True if a prefix is that of an average over training steps or of a teacher, not of the model itself. */
static bool is_average(const char *prefix)
{
    static const char *const words[] = {"ema", "averag", "swa_", "teacher", "momentum"};
    char lower[TENSOR_NAME_MAX];
    size_t i = 0;
    for (; prefix[i] != '\0' && i < sizeof lower - 1; i++)
        lower[i] = (char)tolower((unsigned char)prefix[i]);
    lower[i] = '\0';
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        if (strstr(lower, words[k]) != NULL)
            return true;
    }
    return false;
}

/* Sorts the model that is wanted to the front. */
static int compare_prefixes(const void *a, const void *b)
{
    static const char usual[] = "state_dict.";
    const char *left = a, *right = b;
    int left_average = is_average(left), right_average = is_average(right);
    if (left_average != right_average)
        return left_average - right_average;
    int left_usual = strncmp(left, usual, sizeof usual - 1) == 0;
    int right_usual = strncmp(right, usual, sizeof usual - 1) == 0;
    if (left_usual != right_usual)
        return right_usual - left_usual;
    size_t left_length = strlen(left), right_length = strlen(right);
    if (left_length != right_length)
        return left_length < right_length ? -1 : 1;
    return strcmp(left, right);
}

static void keep_only(TensorTable *tensors, const char *prefix)
{
    size_t length = strlen(prefix), kept = 0;
    for (size_t i = 0; i < tensors->count; i++) {
        NamedTensor item = tensors->items[i];
        if (strncmp(item.name, prefix, length) != 0 || item.name[length] == '\0') {
            free(item.name);
            free(item.gathered);
            continue;
        }
        memmove(item.name, item.name + length, strlen(item.name + length) + 1);
        tensors->items[kept++] = item;
    }
    tensors->count = kept;
    tensors->sorted = false;
}

void rv_tensor_names_strip_prefix(TensorTable *tensors, const char *path, const RvLog *log)
{
    char prefixes[PREFIX_MAX][TENSOR_NAME_MAX];
    size_t count = 0;
    for (size_t i = 0; i < tensors->count; i++) {
        const char *name = tensors->items[i].name;
        size_t length = prefix_length(name);
        if (length == 0)
            return;
        if (length == SIZE_MAX || count == PREFIX_MAX)
            continue;
        snprintf(prefixes[count], TENSOR_NAME_MAX, "%.*s", (int)length, name);
        bool again = false; // a model may have two of the known names
        for (size_t k = 0; k < count; k++)
            again = again || strcmp(prefixes[k], prefixes[count]) == 0;
        count += !again;
    }
    if (count == 0)
        return;
    qsort(prefixes, count, sizeof prefixes[0], compare_prefixes);
    if (count > 1)
        rv_log_line(log, RV_LOG_WARNING,
                    "%s: holds %zu models; that of \"%s\" is taken, not that of \"%s\"%s", path, count,
                    prefixes[0], prefixes[1], count > 2 ? " and others" : "");
    keep_only(tensors, prefixes[0]);
}
