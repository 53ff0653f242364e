/* SPDX-License-Identifier: MIT */
/* Base64 as of RFC 4648, section 4. */
#ifndef RV_APPS_BASE64_H
#define RV_APPS_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Returns the number of characters, without the NUL behind them. */
size_t base64_length(size_t size_bytes);

/* Write them and a NUL. At most INT_MAX / 2 bytes. */
void base64_write(const void *bytes, size_t size_bytes, char *text);

/* free() the result. NULL: no memory, or it is none. */
uint8_t *base64_decode(const char *text, size_t length, size_t *size_bytes);

#endif
