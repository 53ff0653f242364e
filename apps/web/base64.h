/* SPDX-License-Identifier: MIT */
/* Base64 as of RFC 4648, section 4. */
#ifndef RV_WEB_BASE64_H
#define RV_WEB_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Both: free() the result. NULL: no memory; of decoding also: it is none. */
char *base64_encode(const void *bytes, size_t size_bytes);
uint8_t *base64_decode(const char *text, size_t length, size_t *size_bytes);

#endif
