/* SPDX-License-Identifier: MIT */
/* The text tower: embeddings of tokens and positions, blocks, pooling, projection. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clip/checkpoint/tensor_source.h"
#include "clip/clip_tower.h"

static const char token_table[] = "token_embedding.weight";

struct TextTower {
    Compute *compute;
    TextSpec spec;
    size_t dimensions;
    const Tensor *token_embedding; // in the mapped file; a text needs only a few of its rows
    LinearWeights *projection_in;  // of two layers
    LinearWeights *projection;     // NULL: none
    DeviceBuffer *positions; // [context_length, width], from the first token's on, with the token type added
    DeviceBuffer *ln_embedding_gain, *ln_embedding_shift, *ln_final_gain, *ln_final_shift;
    BlockStack stack;
    BlockSpace space;
    DeviceBuffer *output; // [dimensions]
    float *host_rows;     // [context_length, width]
};

static void init_tower(TextTower *tower, const ModelSpec *spec)
{
    tower->spec = spec->text;
    tower->dimensions = (size_t)spec->dimensions;
    tower->stack = (BlockStack){.tower = spec->text.tower, .causal = spec->text.causal};
}

static RvStatus load_norm(WeightLoader *loader, bool is_there, const char *gain_name, const char *shift_name,
                          size_t width, DeviceBuffer **gain, DeviceBuffer **shift, RvError *err)
{
    if (!is_there)
        return RV_OK;
    RvStatus status = rv_weight_loader_table(loader, gain_name, 0, width, gain, err);
    return status == RV_OK ? rv_weight_loader_table(loader, shift_name, 0, width, shift, err) : status;
}

static RvStatus load_projection(TextTower *tower, WeightLoader *loader, RvError *err)
{
    const TextSpec *spec = &tower->spec;
    size_t input_count = (size_t)spec->tower.width;
    RvStatus status = RV_OK;
    if (spec->projection == PROJECTION_NONE)
        return RV_OK;
    if (spec->projection == PROJECTION_TWO_LAYERS) {
        status =
            rv_weight_loader_projection(loader, "text_projection_in", input_count,
                                        (size_t)spec->projection_width, NULL, &tower->projection_in, err);
        input_count = (size_t)spec->projection_width;
    }
    if (status != RV_OK)
        return status;
    const char *bias = spec->projection == PROJECTION_LINEAR ? "text_projection_bias" : NULL;
    return rv_weight_loader_projection(loader, "text_projection", input_count, tower->dimensions, bias,
                                       &tower->projection, err);
}

// Load the tensors of the tower, or only check them. The table of token embeddings is only checked: a text
// reads its rows from the file.
static RvStatus load(TextTower *tower, WeightLoader *loader, RvError *err)
{
    const TextSpec *spec = &tower->spec;
    size_t width = (size_t)spec->tower.width;
    RvStatus status = rv_checkpoint_check(loader->checkpoint, token_table,
                                          (const size_t[]){(size_t)spec->vocabulary_size, width}, 2, err);
    if (status == RV_OK)
        status = rv_weight_loader_rows(loader, "positional_embedding", (size_t)spec->position_rows, width,
                                       (size_t)spec->position_offset, (size_t)spec->context_length,
                                       spec->token_types > 0 ? "token_type_embedding" : NULL,
                                       (size_t)spec->token_types, &tower->positions, err);
    if (status == RV_OK)
        status = load_norm(loader, spec->embedding_norm, "ln_embedding.weight", "ln_embedding.bias", width,
                           &tower->ln_embedding_gain, &tower->ln_embedding_shift, err);
    if (status == RV_OK)
        status = rv_block_stack_load(&tower->stack, loader, "transformer", err);
    if (status == RV_OK)
        status = load_norm(loader, spec->final_norm, "ln_final.weight", "ln_final.bias", width,
                           &tower->ln_final_gain, &tower->ln_final_shift, err);
    return status == RV_OK ? load_projection(tower, loader, err) : status;
}

RvStatus rv_text_tower_check(const Checkpoint *checkpoint, RvError *err)
{
    TextTower tower = {0};
    WeightLoader loader = {.checkpoint = checkpoint};
    init_tower(&tower, rv_checkpoint_spec(checkpoint));
    return load(&tower, &loader, err);
}

RvStatus rv_text_tower_create(const Checkpoint *checkpoint, Compute *compute, bool at_use, TextTower **out,
                              RvError *err)
{
    *out = NULL;
    TextTower *tower = rv_mem_alloc(1, sizeof *tower, err);
    if (tower == NULL)
        return RV_ERROR_MEMORY;
    tower->compute = compute;
    init_tower(tower, rv_checkpoint_spec(checkpoint));
    tower->token_embedding = rv_checkpoint_tensor(checkpoint, token_table);
    size_t rows = (size_t)tower->spec.context_length, width = (size_t)tower->spec.tower.width;
    WeightLoader loader = {.checkpoint = checkpoint, .compute = compute, .at_use = at_use};
    RvStatus status = load(tower, &loader, err);
    rv_weight_loader_clear(&loader);
    if (status == RV_OK)
        status = rv_block_space_create(compute, &tower->spec.tower, COMPUTE_FLOAT32, rows,
                                       (size_t)tower->spec.projection_width, &tower->space, err);
    if (status == RV_OK) {
        tower->output = compute->ops->buffer_create(compute, tower->dimensions, COMPUTE_FLOAT32, err);
        tower->host_rows = rv_mem_alloc_aligned(rows * width, sizeof(float), err);
        status = tower->output != NULL && tower->host_rows != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status != RV_OK)
        rv_text_tower_destroy(tower);
    else
        *out = tower;
    return status;
}

void rv_text_tower_destroy(TextTower *tower)
{
    if (tower == NULL)
        return;
    Compute *compute = tower->compute;
    DeviceBuffer *buffers[] = {tower->positions,     tower->ln_embedding_gain, tower->ln_embedding_shift,
                               tower->ln_final_gain, tower->ln_final_shift,    tower->output};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        compute->ops->buffer_destroy(compute, buffers[i]);
    compute->ops->linear_destroy(compute, tower->projection_in);
    compute->ops->linear_destroy(compute, tower->projection);
    rv_block_stack_clear(&tower->stack);
    rv_block_space_clear(compute, &tower->space);
    free(tower->host_rows);
    free(tower);
}

/* Which tokens of a text are computed, and which of them are pooled. */
typedef struct TextRow {
    size_t given; // tokens that are not padding
    size_t count; // tokens that are computed
    size_t first_pooled, pooled_count;
} TextRow;

/* OpenAI pools at the first end token (argmax), even if the text itself spells one out. If the mask is
 * causal, what follows that token cannot change it and is left out. */
static TextRow plan_row(const TextSpec *spec, const int32_t *tokens, size_t token_count)
{
    TextRow row = {.given = token_count, .count = token_count, .pooled_count = 1};
    size_t end = 0;
    while (tokens[end] != tokens[token_count - 1])
        end++;
    if (spec->pads)
        row.count = (size_t)spec->context_length;
    switch (spec->pooling) {
    case TEXT_POOL_END:
        row.first_pooled = end;
        if (spec->causal)
            row.given = row.count = end + 1;
        break;
    case TEXT_POOL_FIRST:
        break;
    case TEXT_POOL_LAST:
        row.first_pooled = row.count - 1;
        break;
    case TEXT_POOL_MEAN:
        row.pooled_count = token_count;
        break;
    }
    return row;
}

/* Read the embeddings of the row's tokens into host_rows. */
static RvStatus read_tokens(TextTower *tower, const TextRow *row, const int32_t *tokens, RvError *err)
{
    size_t width = (size_t)tower->spec.tower.width;
    for (size_t i = 0; i < row->count; i++) {
        float *dst = tower->host_rows + i * width;
        if (i > row->given) { // padding after padding
            memcpy(dst, dst - width, width * sizeof *dst);
            continue;
        }
        size_t token = (size_t)(i < row->given ? tokens[i] : tower->spec.pad_token);
        RvStatus status = rv_tensor_fetch(tower->token_embedding, token * width, width, dst, err);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

/* The mean of the pooled rows of the stream, into the first row of narrow. */
static void pool_mean(TextTower *tower, size_t row_count)
{
    Compute *compute = tower->compute;
    size_t width = (size_t)tower->spec.tower.width;
    float *rows = tower->host_rows;
    compute->ops->download(compute, rows, tower->space.stream, row_count * width);
    for (size_t i = 1; i < row_count; i++) {
        for (size_t k = 0; k < width; k++)
            rows[k] += rows[i * width + k];
    }
    for (size_t k = 0; k < width; k++)
        rows[k] /= (float)row_count;
    compute->ops->upload(compute, tower->space.narrow, rows, width);
}

/* Bring the pooled vector into tower->output. */
static void pool(TextTower *tower, const TextRow *row)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    const BlockSpace *space = &tower->space;
    size_t width = (size_t)tower->spec.tower.width;
    const bool mean = tower->spec.pooling == TEXT_POOL_MEAN;
    const DeviceRows pooled = {space->stream, row->first_pooled * width, width},
                     narrow = {space->narrow, 0, width};
    const DeviceRows output = {tower->output, 0, tower->dimensions};
    const DeviceRows hidden = {space->wide, 0, (size_t)tower->spec.projection_width};
    DeviceRows vector = tower->projection != NULL ? narrow : output;
    if (tower->spec.final_norm)
        ops->layer_norm(compute, pooled, row->pooled_count, width, tower->ln_final_gain,
                        tower->ln_final_shift, tower->spec.tower.epsilon, mean ? pooled : vector);
    else
        vector = pooled;
    if (mean) {
        pool_mean(tower, row->pooled_count);
        vector = narrow;
    }
    if (tower->projection_in != NULL) {
        ops->linear(compute, tower->projection_in, vector, 1, hidden,
                    (LinearEpilogue){ACTIVATION_GELU, false});
        vector = hidden;
    }
    if (tower->projection != NULL)
        ops->linear(compute, tower->projection, vector, 1, output, (LinearEpilogue){ACTIVATION_NONE, false});
}

RvStatus rv_text_tower_encode(TextTower *tower, const int32_t *tokens, size_t token_count, float *embedding,
                              RvError *err)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    const BlockSpace *space = &tower->space;
    size_t width = (size_t)tower->spec.tower.width;
    const TextRow row = plan_row(&tower->spec, tokens, token_count);
    RvStatus status = read_tokens(tower, &row, tokens, err);
    if (status != RV_OK)
        return status;
    const DeviceRows stream = {space->stream, 0, width};
    ops->upload(compute, space->stream, tower->host_rows, row.count * width);
    ops->add_rows(compute, stream, row.count, width, tower->positions, row.count);
    if (tower->spec.embedding_norm)
        ops->layer_norm(compute, stream, row.count, width, tower->ln_embedding_gain,
                        tower->ln_embedding_shift, tower->spec.tower.epsilon, stream);
    rv_block_stack_run(&tower->stack, space, 1, row.count, row.first_pooled,
                       tower->spec.pooling == TEXT_POOL_MEAN ? row.count : 1);
    pool(tower, &row);
    ops->download(compute, embedding, tower->output, tower->dimensions);
    return ops->status != NULL ? ops->status(compute, err) : RV_OK;
}
