/* SPDX-License-Identifier: MIT */
/* The token that clients of other machines have to know. */
#ifndef RV_WEB_TOKEN_H
#define RV_WEB_TOKEN_H

#include "reelvec/status.h"

#define TOKEN_MIN 16

/* Read the token that the file has; if there is none, make one of 264 random bits and a file that only its owner may
 * read. Free *out with free(). Errors: IO, FORMAT (no token in it), ARGUMENT (others may read it), MEMORY. */
RvStatus token_read(const char *path, char **out, RvError *err);

#endif
