/* SPDX-License-Identifier: MIT */
/* CLIP's byte-pair tokenizer: text to token numbers. */
#ifndef RV_CLIP_TOKENIZER_H
#define RV_CLIP_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

typedef struct Tokenizer Tokenizer;

/* checkpoint_path: a folder with vocab.json + merges.txt, or tokenizer.json, or bpe_simple_vocab_16e6.txt.gz;
 * or a weight file that has one of them beside it. vocabulary_size: what the model's token embedding has; a
 * token number at or over it is a MISMATCH. */
RvStatus rv_tokenizer_open(const char *checkpoint_path, int vocabulary_size, const RvLog *log,
                           Tokenizer **out, RvError *err);
void rv_tokenizer_close(Tokenizer *tokenizer);

/* Start and end included, not cut. *tokens is to be freed with free(). Errors: MEMORY, ARGUMENT (over 1 MiB).
 * Invalid UTF-8 is replaced by U+FFFD as Python does. */
RvStatus rv_tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t size_bytes,
                             int32_t **tokens, size_t *token_count, RvError *err);

#endif
