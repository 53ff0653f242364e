/* SPDX-License-Identifier: MIT */
/* Bytes as base64 (RFC 4648). */
#ifndef RV_CLI_BASE64_H
#define RV_CLI_BASE64_H

#include <stddef.h>

/* Returns the number of characters, without the NUL behind them. */
size_t cli_base64_length(size_t size_bytes);

/* Write them and a NUL. */
void cli_base64_write(const void *bytes, size_t size_bytes, char *text);

#endif
