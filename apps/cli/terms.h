/* SPDX-License-Identifier: MIT */
/* The terms of a query as people write them. */
#ifndef RV_CLI_TERMS_H
#define RV_CLI_TERMS_H

#include "options.h"
#include "reelvec/library.h"

/* "0.3:photo.png" is "photo.png" with weight 0.3. A weight is a plain decimal number, a colon, and something
 * behind it. Without weight: 1. Gives the rest of text. */
const char *cli_term_weight(const char *text, double *weight);

/* Whether --text would read a weight from it: not where a digit follows the colon, as in "4:3 screen". */
bool cli_term_is_weighted(const char *text);

/* Whether it is the name of a file that is there, and looks like one. */
bool cli_term_is_file(const char *text);

/* option: "text", "image", "like", "not"; NULL: a text as it stands, without weight. The value of "image" is
 * the whole of it where there is such a file. value is borrowed, but storage (to be freed with
 * the term) holds what had to be copied. ARGUMENT: empty, weight 0, VIDEO@TIME without either. */
RvStatus cli_term_parse(const char *option, const char *value, RvTerm *term, char **storage, RvError *err);

/* A short name of the query for people: "a dog" + photo.png - "a cat". To be freed. */
char *cli_terms_describe(const RvTerm *terms, size_t count);

#endif
