/* SPDX-License-Identifier: MIT */
/* How other checkpoints call the tensors that OpenAI's code named first. */
#ifndef RV_TENSOR_NAMES_H
#define RV_TENSOR_NAMES_H

#include <stdbool.h>

#include "clip/checkpoint/tensor_table.h"

/* Where one of OpenAI's tensors is found: in one piece, or in several that follow each other along the first
 * axis. */
typedef struct TensorPieces {
    char names[3][TENSOR_NAME_MAX];
    int count;
    bool transposed; // stored as [columns, rows]
} TensorPieces;

/* Hugging Face's names for a tensor; false where it has none. */
bool rv_tensor_names_hugging_face(const char *name, TensorPieces *out);

/* How a checkpoint names its tensors. */
typedef enum NameScheme {
    NAMES_UNKNOWN,
    NAMES_HUGGING_FACE,
    NAMES_OPENAI,
    NAMES_CUSTOM_TEXT // OpenAI's, but those of the text tower begin with "text.", as open_clip's custom text
                      // towers do
} NameScheme;
NameScheme rv_tensor_names_scheme(const TensorTable *tensors);

/* Where a tensor of OpenAI's name is found in a checkpoint of that scheme. */
void rv_tensor_names_find(NameScheme scheme, const char *name, TensorPieces *out);

/* Training programs put something before all names ("state_dict.module."), and may keep several models in a
 * file: the names of one stay, without it, and all other tensors go. Averages ("ema") are taken last, as
 * PyTorch's users expect; if several are left, "state_dict." comes first, then the shortest, and a warning
 * names what there is. A table whose names need nothing taken away stays as it is. Sort it afterwards. */
void rv_tensor_names_strip_prefix(TensorTable *tensors, const char *path, const RvLog *log);

/* Every tensor of a model with these numbers of layers, by OpenAI's name; ends early where visit returns
 * false. */
void rv_tensor_names_visit(int vision_layers, int text_layers, bool (*visit)(void *context, const char *name),
                           void *context);

#endif
