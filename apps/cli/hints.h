/* SPDX-License-Identifier: MIT */
/* What to do about an error of the library, in the words of the command line: options and commands. */
#ifndef RV_CLI_HINTS_H
#define RV_CLI_HINTS_H

#include <stddef.h>

#include "reelvec/reelvec.h"

/* Room for a message and the words of its hint. */
#define CLI_ERROR_TEXT_SIZE (RV_ERROR_MESSAGE_SIZE + 1024)

/* Write the message of the error and the words of its hint. Returns text. */
const char *cli_error_text(const RvError *err, char *text, size_t size_bytes);

#endif
