/* SPDX-License-Identifier: MIT */
/* A checkpoint of any known family and format: what model it is, and its tensors under their canonical names.
 */
#ifndef RV_CHECKPOINT_H
#define RV_CHECKPOINT_H

#include "clip/checkpoint/tensor.h"
#include "clip/model_spec.h"
#include "reelvec/log.h"
#include "reelvec/status.h"

typedef struct Checkpoint Checkpoint;

/* Open a Hugging Face folder, an open_clip folder, or a weight file (.safetensors, .bin, .pt, .index.json),
 * whose configuration is then read from the files beside it. Warnings name what had to be guessed. Errors:
 * NOT_FOUND, IO, FORMAT, UNSUPPORTED, MISMATCH (configuration and weights disagree). Each message names file,
 * tensor and what to do. */
RvStatus rv_checkpoint_open(const char *path, const RvLog *log, Checkpoint **out, RvError *err);
void rv_checkpoint_close(Checkpoint *checkpoint);

/* The results are borrowed from the checkpoint and valid until it is closed. */
const ModelSpec *rv_checkpoint_spec(const Checkpoint *checkpoint);
const char *rv_checkpoint_format(
    const Checkpoint *checkpoint); // "huggingface", "open_clip", "openai-torchscript", "openai"
const char *rv_checkpoint_path(const Checkpoint *checkpoint);
WeightType rv_checkpoint_weight_type(const Checkpoint *checkpoint); // type of the largest tensors

/* Returns the number of elements of all tensors that the model uses. */
size_t rv_checkpoint_parameter_count(const Checkpoint *checkpoint);

/* SHA-256 of the weight file. For several files it is the SHA-256 of their digests (hexadecimal) in the order
 * of their names. Remembered by path, size and time (base/checksum.h). The first time for a content, the checksums of
 * PyTorch's archives are compared too. Errors: IO, FORMAT (damaged), MEMORY. */
RvStatus rv_checkpoint_sha256(Checkpoint *checkpoint, char hex[65], RvError *err);

/* Read a tensor by its canonical name ("visual.transformer.resblocks.0.attn.in_proj_weight", "visual.proj",
 * ...) as float32[element_count] in OpenAI's layout. It may be stored with axes of length 1 before the
 * others. It is joined from pieces or transposed if the format stores it so. Errors: MISMATCH unless it has
 * the expected shape; IO, FORMAT, MEMORY. */
RvStatus rv_checkpoint_read(const Checkpoint *checkpoint, const char *name, const size_t *shape, int rank,
                            float *dst, RvError *err);

/* Read rows first_row .. first_row + row_count - 1 of a tensor of two or more dimensions. The tensor must
 * have passed rv_checkpoint_check with this shape, and no format may store it transposed. Errors: IO,
 * FORMAT. */
RvStatus rv_checkpoint_read_rows(const Checkpoint *checkpoint, const char *name, const size_t *shape,
                                 int rank, size_t first_row, size_t row_count, float *dst, RvError *err);

/* Check that the tensor exists in the expected shape; nothing is read. Errors: MISMATCH if not. */
RvStatus rv_checkpoint_check(const Checkpoint *checkpoint, const char *name, const size_t *shape, int rank,
                             RvError *err);

/* Returns a tensor that every format stores in one piece ("token_embedding.weight"), or NULL if there is
 * none. Borrowed from the checkpoint. */
const Tensor *rv_checkpoint_tensor(const Checkpoint *checkpoint, const char *name);

#endif
