/* SPDX-License-Identifier: MIT */
/* How other checkpoints call the tensors that OpenAI's code named first. */
#ifndef RV_CLIP_TENSOR_NAMES_H
#define RV_CLIP_TENSOR_NAMES_H

#include <stdbool.h>

#include "clip/tensor_table.h"

/* Where one of OpenAI's tensors is found: in one piece, or in several that follow each other along the first
 * axis. */
typedef struct TensorPieces {
    char names[3][TENSOR_NAME_MAX];
    int count;
    bool transposed; // stored as [columns, rows]
} TensorPieces;

/* Hugging Face's names for a tensor; false where it has none. */
bool rv_tensor_names_hugging_face(const char *name, TensorPieces *out);

#endif
