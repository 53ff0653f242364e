/* SPDX-License-Identifier: MIT */
/* The names that other checkpoints use for the tensors of OpenAI's code. */
#ifndef RV_TENSOR_NAMES_H
#define RV_TENSOR_NAMES_H

#include <stdbool.h>

#include "clip/checkpoint/tensor_table.h"
#include "reelvec/log.h"

/* Where one of OpenAI's tensors is stored: in one piece, or in several that follow each other along the first
 * axis. */
typedef struct TensorPieces {
    char names[3][TENSOR_NAME_MAX];
    int count;
    bool transposed; // stored as [columns, rows]
} TensorPieces;

/* Write Hugging Face's names for a tensor. Returns false if it has none. */
bool rv_tensor_names_hugging_face(const char *name, TensorPieces *out);

/* How a checkpoint names its tensors. */
typedef enum NameScheme {
    NAMES_UNKNOWN,
    NAMES_HUGGING_FACE,
    NAMES_OPENAI,
    // OpenAI's, but the text tower's names begin with "text.", as in open_clip's custom text towers
    NAMES_CUSTOM_TEXT
} NameScheme;

/* Returns the scheme by which the tensors are named, found by names that only one scheme has. */
NameScheme rv_tensor_names_scheme(const TensorTable *tensors);

/* Write where a tensor of OpenAI's name is stored in a checkpoint of that scheme. */
void rv_tensor_names_find(NameScheme scheme, const char *name, TensorPieces *out);

/* Training programs put a prefix before all names ("state_dict.module.") and may store several models in a
 * file. Keep the names of one model, without the prefix, and remove all other tensors. Averages ("ema") are
 * chosen last, as PyTorch's users expect. If several models are left, "state_dict." comes first, then the
 * shortest prefix, and a warning names the choices. A table without prefixes is unchanged. Sort the table
 * afterwards. */
void rv_tensor_names_strip_prefix(TensorTable *tensors, const char *path, const RvLog *log);

/* Call visit with OpenAI's name of every tensor of a model with these numbers of layers. Ends early if visit
 * returns false. */
void rv_tensor_names_visit(int vision_layers, int text_layers, bool (*visit)(void *context, const char *name),
                           void *context);

#endif
