/* SPDX-License-Identifier: MIT */
/* The names that checkpoints use for the tensors of a model, by rules. The canonical names are those of
 * OpenAI's code. */
#ifndef RV_TENSOR_NAMES_H
#define RV_TENSOR_NAMES_H

#include <stdbool.h>

#include "clip/checkpoint/tensor_table.h"
#include "reelvec/log.h"

#define TENSOR_PIECES_MAX 3

/* Where a tensor is stored: in one piece, or in several that follow each other along the first axis. */
typedef struct TensorPieces {
    char names[TENSOR_PIECES_MAX][TENSOR_NAME_MAX];
    int parts[TENSOR_PIECES_MAX]; // how many of part_count equal parts of the first axis a piece holds
    int count, part_count;
    bool transposed; // stored as [columns, rows]
} TensorPieces;

/* One line of a scheme. In all names '#' is the number of a block and a '*' at the end whatever follows. */
typedef struct NameRule {
    const char *canonical;
    const char *stored[TENSOR_PIECES_MAX]; // its pieces; unused ones are NULL
    bool transposed;
    int parts[TENSOR_PIECES_MAX]; // 0: 1
} NameRule;

/* How a checkpoint names its tensors. */
typedef struct NameScheme {
    const char *marks[2];  // tensors of the checkpoint that tell the scheme; the second may be NULL
    const NameRule *rules; // the first that fits is taken; after the last, canonical is NULL. NULL: no rules
} NameScheme;

/* Returns the first of the schemes (NULL after the last) whose marks are all there, or NULL. */
const NameScheme *rv_tensor_names_scheme(const NameScheme *const *schemes, const TensorTable *tensors);

/* Write where a tensor is stored. A name that no rule fits is stored as it is; that too if the scheme is
 * NULL. */
void rv_tensor_names_find(const NameScheme *scheme, const char *name, TensorPieces *out);

/* True if the name fits a pattern of a rule. */
bool rv_tensor_names_fits(const char *pattern, const char *name);

/* True if the name is `ending`, or ends in a point and that. */
bool rv_tensor_names_ends(const char *name, const char *ending);

/* Training programs put a prefix before all names ("state_dict.module.") and may store several models in a
 * file. Keep the names of one model, without the prefix, and remove all other tensors. Averages ("ema") are
 * chosen last, as PyTorch's users expect. If several models are left, "state_dict." comes first, then the
 * shortest prefix, and a warning names the choices. A table without prefixes is unchanged. Sort the table
 * afterwards. */
void rv_tensor_names_strip_prefix(TensorTable *tensors, const char *path, const RvLog *log);

#endif
