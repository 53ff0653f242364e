/* SPDX-License-Identifier: MIT */
/* Normalisation before the cutting, as tokenizer.json describes it. */
#ifndef RV_SENTENCE_STEPS_H
#define RV_SENTENCE_STEPS_H

#include <jansson.h>

#include "clip/tokenizer/pieces/sentence_model.h"

/* Set the model's steps by the members "normalizer" and "pre_tokenizer", which may be NULL. Errors: UNSUPPORTED, with
 * the name of a step that reelvec does not have; FORMAT; MEMORY. */
RvStatus rv_sentence_read_steps(const json_t *normalizer, const json_t *pre_tokenizer, const char *path,
                                SentenceModel *model, RvError *err);

#endif
