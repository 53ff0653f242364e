/* SPDX-License-Identifier: MIT */
/* Queries that come one per line, from a terminal or a pipe. */
#ifndef RV_CLI_SEARCH_LINES_H
#define RV_CLI_SEARCH_LINES_H

#include "search_run.h"

/* Both return the exit status. A query that fails is reported, and the next one is read. */

/* Read queries at a terminal until an empty line. */
int cli_search_prompt(const Search *search);

/* Read queries from a pipe or file, one per line, to its end. */
int cli_search_lines(const Search *search);

#endif
