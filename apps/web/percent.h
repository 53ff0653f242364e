/* SPDX-License-Identifier: MIT */
/* Percent-encoding of all but the unreserved characters of RFC 3986, as RFC 8187 wants it in headers too. */
#ifndef RV_WEB_PERCENT_H
#define RV_WEB_PERCENT_H

#include <stddef.h>

#define PERCENT_BYTES 3 // of one byte, at most

/* Write the byte, and a NUL behind it. Returns the address of the NUL. */
char *percent_put(char *to, unsigned char byte);

/* Bytes that percent_put makes of a text, without the NUL. */
size_t percent_size(const char *text, size_t length);

#endif
