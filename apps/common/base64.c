/* SPDX-License-Identifier: MIT */
/* Base64 by OpenSSL, which leaves the padding's bytes in what it decodes, and takes blanks at both ends. */
#include "base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

size_t base64_length(size_t size_bytes)
{
    return (size_bytes + 2) / 3 * 4;
}

void base64_write(const void *bytes, size_t size_bytes, char *text)
{
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)size_bytes);
}

uint8_t *base64_decode(const char *text, size_t length, size_t *size_bytes)
{
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    if (length == 0 || length % 4 != 0 || length > INT_MAX / 2 || memchr(text, '=', length - padding) != NULL)
        return NULL;
    uint8_t *bytes = malloc(length / 4 * 3 + 1);
    int got = bytes != NULL ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : -1;
    if (got < (int)(length / 4 * 3)) { // what is not of the alphabet, blanks included
        free(bytes);
        return NULL;
    }
    *size_bytes = (size_t)got - padding;
    return bytes;
}
