/* SPDX-License-Identifier: MIT */
/* CLIP checkpoints whose every weight is a known function of its tensor's name and its index. */
#ifndef RV_TESTS_KNOWN_CHECKPOINT_H
#define RV_TESTS_KNOWN_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum KnownType { KNOWN_F32, KNOWN_F16, KNOWN_BF16 } KnownType;
/* KNOWN_BIN and KNOWN_OLD_BIN: pytorch_model.bin, in PyTorch's two formats, with projections transposed by
 * strides as in Hugging Face's first files. */
typedef enum KnownLayout {
    KNOWN_HUGGING_FACE,
    KNOWN_SHARDED,
    KNOWN_OPEN_CLIP,
    KNOWN_BIN,
    KNOWN_OLD_BIN
} KnownLayout;

typedef struct KnownCheckpoint {
    const char *config; // "tiny" or "vitb32"
    KnownType type;
    KnownLayout layout;
    const char *vocabulary_gz; // CLIP's merges; NULL: 514 tokens (bytes, bytes that end a word, start, end),
                               // no merges
} KnownCheckpoint;

/* Weight i (row-major) of the tensor whose name in OpenAI's code is NAME:
 *   z = splitmix64(FNV-1a-64(NAME) + (i + 1) * 0x9E3779B97F4A7C15), u = (z >> 40) / 2^24,
 *   value = (2 u - 1) * amplitude + offset in float32; amplitude and offset are in list_tensors.
 * Makes the folder and writes weights, configuration and vocabulary. Returns false, with a line on standard
 * error, if it fails. */
bool known_checkpoint_write(const KnownCheckpoint *checkpoint, const char *folder);

/* Write the path of $REELVEC_BUILD/checkpoints/NAME, which is made first if it is missing. NAME: config, then
 * what differs from the default, in this order: "-f16" or "-bf16", "-sharded", "-openclip", "-bin" or
 * "-oldbin", "-bytes" (the vocabulary of 514; otherwise CLIP's, from the shared folder). Returns false if
 * CLIP's vocabulary is not there; the test should then call skip(). */
bool known_checkpoint_ensure(const char *name, char *path, size_t size_bytes);

#endif
