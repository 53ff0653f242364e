/* SPDX-License-Identifier: MIT */
/* What a library remembers of its model besides the weights: one line that names what shifts embeddings. */
#ifndef RV_STORE_MODEL_DETAILS_H
#define RV_STORE_MODEL_DETAILS_H

#include <stdbool.h>
#include <stddef.h>

/* "KEY=VALUE; KEY=VALUE". Keys that this version writes:
 *     family              "siglip"
 *     activation          of the towers for pictures and for texts: "gelu_tanh gelu_tanh"
 *     preprocessing       resizing and filter: "squash bilinear"; "rgb-first" after it, see ModelInput
 *     normalisation       mean and deviation of R, G, B: "0.5 0.5 0.5, 0.5 0.5 0.5"
 *     mask                of texts: "causal", "padding", "none"
 *     heads               of the towers for pictures and for texts, and of the pooling by attention: "12 12 12"
 *     epsilon             of the layer norms of both towers: "1e-06 1e-06"
 *     tokenizer           kind and cleaning: "gemma lower"
 *     tokenizer_sha256    of the tokenizer's file, for CLIP of the vocabulary's content; left out where there is none
 * A key that only one of two lines has is not compared, so that a later version may add some. */

/* What a library tells of itself that has no such line: an older version made it for a plain CLIP. */
#define STORE_PLAIN_DETAILS "family=clip; preprocessing=shortest bicubic; tokenizer=clip"

/* Copy the value of a key, cut to size_bytes. Returns false, and "", if the line has none. */
bool rv_model_detail(const char *details, const char *key, char *value, size_t size_bytes);

/* True if no key has another value in the second line. tokenizer_sha256 may: stored embeddings are of pictures, which a
 * tokenizer's file does not shift, and saving it again changes its bytes. */
bool rv_model_details_agree(const char *one, const char *other);

/* Write the SHA-256 of both tokenizers' files. Returns true if both lines have one and they differ. */
bool rv_model_details_tokenizers(const char *one, const char *other, char one_sha256[65],
                                 char other_sha256[65]);

/* Write those values of the first line that differ in the second one: "preprocessing squash bilinear and tokenizer
 * gemma lower"; digests are cut. "" if none does. */
void rv_model_details_differing(const char *one, const char *other, char *text, size_t size_bytes);

#endif
