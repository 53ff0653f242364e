/* SPDX-License-Identifier: MIT */
/* What shifts a model's embeddings besides its weights, as libraries remember it (store/model_details.h). */
#ifndef RV_ENCODER_MODEL_WORDS_H
#define RV_ENCODER_MODEL_WORDS_H

#include "clip/checkpoint.h"
#include "store/store.h"

/* Set the identity's preprocess_version and details. Hashes the tokenizer, and remembers that (base/checksum.h). Errors:
 * IO, MEMORY. */
RvStatus rv_model_words(const Checkpoint *checkpoint, ModelIdentity *out, RvError *err);

#endif
