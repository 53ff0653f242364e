/* SPDX-License-Identifier: MIT */
/* The terms of a query as people write them. */
#ifndef RV_CLI_TERMS_H
#define RV_CLI_TERMS_H

#include "options.h"
#include "reelvec/library.h"

/* Read the weight of a term: "0.3:photo.png" is "photo.png" with weight 0.3. A weight is a plain decimal
 * number, a colon, and something after it; without one it is 1. Returns the rest of text. */
const char *cli_term_weight(const char *text, double *weight);

/* True if --text would read a weight from it: not if a digit follows the colon, as in "4:3 screen". */
bool cli_term_is_weighted(const char *text);

/* True if the text looks like a file name and such a file exists. */
bool cli_term_is_file(const char *text);

/* Split VIDEO@TIME at the last '@', so that names may contain one. option: for messages, "like". *video must be freed.
 * Errors: ARGUMENT (a part is missing, or TIME is no time). */
RvStatus cli_term_split_place(const char *option, const char *value, char **video, double *time_s,
                              RvError *err);

/* Parse a term. option is "text", "then", "image", "like", "not", or NULL for a text without weight. If a file of the
 * whole name exists, the value of "image" has no weight. value is borrowed; *storage holds what had to be
 * copied and must be freed with the term. Errors: ARGUMENT (empty, weight 0, VIDEO@TIME with a part
 * missing). */
RvStatus cli_term_parse(const char *option, const char *value, RvTerm *term, char **storage, RvError *err);

/* Returns a short name of the query for people: "a dog" + photo.png - "a cat", then "a bird". Free with free(). */
char *cli_terms_describe(const RvTerm *terms, size_t count);

#endif
