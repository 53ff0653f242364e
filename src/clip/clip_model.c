/* SPDX-License-Identifier: MIT */
/* A model: its description, two towers on a compute device. */
#include "clip/clip_model.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/clip_tower.h"

/* Packing the text tower costs as much time as reading its weights for this many texts. */
#define TEXTS_UNPACKED 3

struct ClipModel {
    Checkpoint *checkpoint;
    Compute *compute, *image_compute;
    ComputePrecision image_precision;
    VisionTower *vision; // NULL until first used
    TextTower *text;     // NULL until first used
    size_t text_count;   // number of texts encoded so far
};

RvStatus rv_clip_open(Checkpoint *checkpoint, Compute *compute, ComputePrecision image_precision,
                      ClipModel **out, RvError *err)
{
    *out = NULL;
    RvStatus status = rv_vision_tower_check(checkpoint, err);
    if (status == RV_OK)
        status = rv_text_tower_check(checkpoint, err);
    ClipModel *model = status == RV_OK ? rv_mem_alloc(1, sizeof *model, err) : NULL;
    if (model == NULL) {
        rv_checkpoint_close(checkpoint);
        return status == RV_OK ? RV_ERROR_MEMORY : status;
    }
    model->checkpoint = checkpoint;
    model->compute = model->image_compute = compute;
    model->image_precision = image_precision;
    *out = model;
    return RV_OK;
}

void rv_clip_close(ClipModel *model)
{
    if (model == NULL)
        return;
    rv_vision_tower_destroy(model->vision);
    rv_text_tower_destroy(model->text);
    rv_checkpoint_close(model->checkpoint);
    free(model);
}

const ModelSpec *rv_clip_spec(const ClipModel *model)
{
    return rv_checkpoint_spec(model->checkpoint);
}

/* Infinite or undefined weights would otherwise enter the library unnoticed. */
static RvStatus check_finite(const ClipModel *model, const float *values, size_t count, RvError *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return rv_error_set(err, RV_ERROR_FORMAT,
                                "%s: the model gives values that are not finite; its weights are damaged",
                                rv_checkpoint_path(model->checkpoint));
    }
    return RV_OK;
}

void rv_clip_set_image_device(ClipModel *model, Compute *compute, ComputePrecision precision)
{
    if (compute == model->image_compute && precision == model->image_precision)
        return;
    rv_vision_tower_destroy(model->vision);
    model->vision = NULL;
    model->image_compute = compute;
    model->image_precision = precision;
}

RvStatus rv_clip_prepare_images(ClipModel *model, RvError *err)
{
    if (model->vision != NULL)
        return RV_OK;
    return rv_vision_tower_create(model->checkpoint, model->image_compute, model->image_precision,
                                  &model->vision, err);
}

RvStatus rv_clip_encode_images(ClipModel *model, const uint8_t *inputs_rgb_u8, size_t image_count,
                               float *embeddings, RvError *err)
{
    RvStatus status = rv_clip_prepare_images(model, err);
    if (status != RV_OK)
        return status;
    status = rv_vision_tower_encode(model->vision, inputs_rgb_u8, image_count, embeddings, err);
    if (status != RV_OK)
        return status;
    return check_finite(model, embeddings, image_count * (size_t)rv_clip_spec(model)->dimensions, err);
}

static RvStatus check_tokens(const TextSpec *text, const int32_t *tokens, size_t token_count, RvError *err)
{
    if (token_count < 1 || token_count > (size_t)text->context_length)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a text of %zu tokens; the model takes 1 to %d",
                            token_count, text->context_length);
    for (size_t i = 0; i < token_count; i++) {
        if (tokens[i] < 0 || tokens[i] >= text->vocabulary_size)
            return rv_error_set(err, RV_ERROR_ARGUMENT, "token number %d; the model knows 0 to %d",
                                (int)tokens[i], text->vocabulary_size - 1);
    }
    return RV_OK;
}

/* A process that encodes a single text never packs. One that goes on packs after TEXTS_UNPACKED texts. */
static RvStatus prepare_text(ClipModel *model, RvError *err)
{
    if (model->text_count == TEXTS_UNPACKED) {
        rv_text_tower_destroy(model->text);
        model->text = NULL;
    }
    if (model->text != NULL)
        return RV_OK;
    bool at_use = model->text_count < TEXTS_UNPACKED;
    return rv_text_tower_create(model->checkpoint, model->compute, at_use, &model->text, err);
}

RvStatus rv_clip_encode_text(ClipModel *model, const int32_t *tokens, size_t token_count, float *embedding,
                             RvError *err)
{
    RvStatus status = check_tokens(&rv_clip_spec(model)->text, tokens, token_count, err);
    if (status == RV_OK)
        status = prepare_text(model, err);
    if (status != RV_OK)
        return status;
    model->text_count++;
    status = rv_text_tower_encode(model->text, tokens, token_count, embedding, err);
    if (status != RV_OK)
        return status;
    return check_finite(model, embedding, (size_t)rv_clip_spec(model)->dimensions, err);
}
