/* SPDX-License-Identifier: MIT */
/* Text for servers: bytes that are not UTF-8 kept in columns that must be, addresses without their passwords.
 */
#include "store/store_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/store.h"

/* U+EF80 to U+EFFF, which stand for bytes: EE BE 80 to EE BF BF. */
static bool is_escape(const unsigned char *bytes)
{
    return bytes[0] == 0xee && (bytes[1] == 0xbe || bytes[1] == 0xbf) && (bytes[2] & 0xc0) == 0x80;
}

RvStatus rv_store_text_encode(const char *bytes, Buffer *out, RvError *err)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + strlen(bytes);
    RvStatus status = rv_buffer_reserve(out, (size_t)(end - at) + 1, err);
    while (status == RV_OK && at < end) {
        uint32_t character = 0;
        size_t length = rv_utf8_read(at, (size_t)(end - at), &character);
        if (character != RV_UTF8_BAD && !is_escape(at)) {
            status = rv_buffer_append(out, at, length, err);
            at += length;
            continue;
        }
        unsigned code = 0xef00u + *at++;
        unsigned char escape[3] = {0xee, (unsigned char)(0x80 | (code >> 6 & 0x3f)),
                                   (unsigned char)(0x80 | (code & 0x3f))};
        status = rv_buffer_append(out, escape, sizeof escape, err);
    }
    return status;
}

void rv_store_text_decode(char *text)
{
    unsigned char *to = (unsigned char *)text;
    const unsigned char *at = to;
    while (*at != '\0') {
        if (is_escape(at)) {
            *to++ = (unsigned char)((at[1] & 0x03) << 6 | (at[2] & 0x3f));
            at += 3;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

void rv_store_show_uri(const char *uri, char *shown, size_t size_bytes)
{
    const char *name = strstr(uri, "://");
    // A password that was not escaped may hold any sign: everything between the first ':' behind the scheme
    // and the last '@' is taken for it.
    const char *at = name != NULL ? strrchr(name, '@') : NULL;
    const char *colon = at != NULL ? memchr(name + 3, ':', (size_t)(at - name - 3)) : NULL;
    if (colon == NULL)
        snprintf(shown, size_bytes, "%s", uri);
    else
        snprintf(shown, size_bytes, "%.*s%s", (int)(colon - uri), uri, at);
    if (name != NULL)
        shown[strcspn(shown, "?#")] = '\0';
}

char *rv_store_uri_for_show(const char *uri, RvError *err)
{
    size_t size_bytes = strlen(uri) + 1;
    char *shown = rv_mem_alloc(size_bytes, 1, err);
    if (shown != NULL)
        rv_store_show_uri(uri, shown, size_bytes);
    return shown;
}
