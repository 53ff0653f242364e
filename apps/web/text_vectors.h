/* SPDX-License-Identifier: MIT */
/* Embeddings of the texts that were asked for last: while a page refines a query, most of its terms stay. */
#ifndef RV_WEB_TEXT_VECTORS_H
#define RV_WEB_TEXT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/encoder.h"

typedef struct TextVectors TextVectors;

/* encoder: borrowed; NULL: every text is refused. Errors: MEMORY. */
RvStatus text_vectors_create(RvEncoder *encoder, TextVectors **out, RvError *err);
void text_vectors_destroy(TextVectors *vectors);

/* vector: float32[dimensions], as long as the model makes it. *hit: it was there. Any thread. Errors: those of
 * rv_encoder_encode_text. */
RvStatus text_vectors_get(TextVectors *vectors, const char *text, float *vector, bool *hit, RvError *err);

size_t text_vectors_count(TextVectors *vectors);

#endif
