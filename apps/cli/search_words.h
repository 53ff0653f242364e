/* SPDX-License-Identifier: MIT */
/* The words of a query on the command line: what they may have been meant as, and what is a weight. */
#ifndef RV_CLI_SEARCH_WORDS_H
#define RV_CLI_SEARCH_WORDS_H

#include "options.h"
#include "search_run.h"

/* True for a value of the option of this name. */
bool cli_search_is(const CliValue *value, const char *name);

/* Print a hint if the text was probably meant as something else. option: its name; NULL for none. */
void cli_search_hint(const Search *search, const char *option, const char *value);

/* Say how quotes are set if they were probably forgotten: each word is a term then. Once, and only to people. */
void cli_search_hint_quotes(const Search *search, const CliValues *values);

/* Of --like: a video that is called so (4:3.mp4) goes before a weight. Sets *plain to the value with the weight 1
 * then, else to NULL; free it with free(). Opens the library if it has to know; what is wrong with that is said
 * when it is opened for the search. Prints what is wrong; returns the exit status. */
int cli_search_settle_weight(Search *search, const char *value, char **plain);

#endif
