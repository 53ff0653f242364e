/* SPDX-License-Identifier: MIT */
/* Tensors of a checkpoint that the model does not use. */
#include "clip/tensor_unused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Endings of names (from a dot or the beginning on) of tensors that take no part in computing embeddings. */
static const char *const always_idle[] = {
    "logit_scale",  "logit_bias", "input_resolution", "context_length", "vocab_size",
    "position_ids", "attn_mask",  "causal_mask",      "n_averaged",     "num_batches_tracked"};

/* Beginnings of the names inside the towers. */
static const char *const tower_prefixes[] = {"visual.",
                                             "transformer.",
                                             "text.",
                                             "vision_model.",
                                             "text_model.",
                                             "visual_projection",
                                             "text_projection",
                                             "ln_final",
                                             "token_embedding",
                                             "positional_embedding",
                                             "bert."};

typedef struct Usage {
    const TensorTable *tensors;
    const NameScheme *names;
    const char *const *idle;
    bool *used; // [tensors->count]
    bool complete;
} Usage;

static bool mark(void *context, const char *name)
{
    Usage *usage = context;
    TensorPieces pieces;
    rv_tensor_names_find(usage->names, name, &pieces);
    for (int i = 0; i < pieces.count; i++) {
        const NamedTensor *found = rv_tensor_table_find(usage->tensors, pieces.names[i]);
        if (found == NULL) {
            usage->complete = false;
            return false;
        }
        usage->used[found - usage->tensors->items] = true;
    }
    return true;
}

static bool is_idle(const Usage *usage, const char *name)
{
    for (size_t i = 0; i < sizeof always_idle / sizeof always_idle[0]; i++) {
        if (rv_tensor_names_ends(name, always_idle[i]))
            return true;
    }
    for (const char *const *pattern = usage->idle; pattern != NULL && *pattern != NULL; pattern++) {
        if (rv_tensor_names_fits(*pattern, name))
            return true;
    }
    return false;
}

static bool is_in_tower(const char *name)
{
    for (size_t i = 0; i < sizeof tower_prefixes / sizeof tower_prefixes[0]; i++) {
        if (strncmp(name, tower_prefixes[i], strlen(tower_prefixes[i])) == 0)
            return true;
    }
    return false;
}

/* Write how many more there are than the one that is named. */
static void write_more(char text[32], size_t count)
{
    text[0] = '\0';
    if (count > 1)
        snprintf(text, 32, " and %zu more", count - 1);
}

// Report the tensors that no part of the model reads: an error for those inside the towers, a warning for
// others.
static RvStatus judge(const Usage *usage, const ModelSpec *spec, const char *path, const RvLog *log,
                      RvError *err)
{
    const NamedTensor *inside = NULL, *outside = NULL;
    size_t inside_count = 0, outside_count = 0;
    for (size_t i = 0; i < usage->tensors->count; i++) {
        const NamedTensor *tensor = &usage->tensors->items[i];
        if (usage->used[i] || is_idle(usage, tensor->name))
            continue;
        bool in_tower = is_in_tower(tensor->name);
        if (in_tower && inside_count++ == 0)
            inside = tensor;
        if (!in_tower && outside_count++ == 0)
            outside = tensor;
    }
    char more[32];
    write_more(more, inside_count);
    if (inside != NULL)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: tensor %.200s%s would not be used: a model with %d vision and %d text "
            "layers has none; take weights and configuration from one model, of a kind that reelvec runs",
            path, inside->name, more, spec->vision.tower.layers, spec->text.tower.layers);
    write_more(more, outside_count);
    if (outside != NULL)
        rv_log_line(log, RV_LOG_WARNING, "%s: tensor %.200s%s is no part of CLIP and is not used", path,
                    outside->name, more);
    return RV_OK;
}

RvStatus rv_tensor_unused_check(const TensorTable *tensors, const NameScheme *names, const char *const *idle,
                                const ModelSpec *spec, const char *path, const RvLog *log, RvError *err)
{
    Usage usage = {.tensors = tensors, .names = names, .idle = idle, .complete = true};
    usage.used = rv_mem_alloc(tensors->count + 1, sizeof *usage.used, err);
    if (usage.used == NULL)
        return RV_ERROR_MEMORY;
    rv_model_spec_tensors(spec, mark, &usage);
    RvStatus status = usage.complete ? judge(&usage, spec, path, log, err) : RV_OK;
    free(usage.used);
    return status;
}
