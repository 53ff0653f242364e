/* SPDX-License-Identifier: MIT */
/* The word that was probably meant. */
#ifndef RV_CLI_SUGGEST_H
#define RV_CLI_SUGGEST_H

#include <stddef.h>

/* Returns the candidate nearest to the word by edit distance (insert, delete, change, swap of neighbours), or
 * the only one that begins with it, or NULL if none is near. */
const char *cli_suggest(const char *word, const char *const *candidates, size_t count);

#endif
