/* SPDX-License-Identifier: MIT */
/* Text for servers: any bytes in columns that must be UTF-8, and addresses without their passwords. */
#include "store/sql/text_escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/store.h"

/* True for U+EF80 to U+EFFF, which stand for bytes: EE BE 80 to EE BF BF. */
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

/* True if the text up to `end` is what may follow a host's ':': ports, also of several hosts. */
static bool is_ports(const char *text, const char *end)
{
    const char *comma = memchr(text, ',', (size_t)(end - text));
    const char *digits_end = comma != NULL ? comma : end;
    for (; text < digits_end; text++) {
        if (*text < '0' || *text > '9')
            return false;
    }
    return true;
}

/* Returns the first ':' in a list of hosts that is not inside of an IPv6 address in brackets, or NULL. */
static const char *find_port(const char *hosts, const char *end)
{
    for (const char *at = hosts; at < end; at++) {
        if (*at == ':')
            return at;
        bool may_be_address = *at == '[' && (at == hosts || at[-1] == ',');
        size_t length = may_be_address ? strspn(at + 1, "0123456789abcdefABCDEF:.") : 0;
        if (may_be_address && at[1 + length] == ']')
            at += 1 + length;
    }
    return NULL;
}

/* Returns where a password may begin in an address: at the first ':' after the scheme, unless only a port
 * follows. NULL: nowhere. */
static const char *find_password(const char *name, const char *parameters)
{
    const char *colon = memchr(name, ':', (size_t)(parameters - name)), *hosts = name;
    for (const char *at = name; at < parameters; at++)
        hosts = *at == '@' ? at + 1 : hosts;
    if (colon == NULL || colon >= hosts)
        colon = find_port(hosts, parameters);
    if (colon == NULL || strchr(colon, '@') != NULL)
        return colon;
    return is_ports(colon + 1, colon + strcspn(colon, "/?#")) ? NULL : colon;
}

/* A password that was not escaped may contain any sign, so everything between the first ':' after the scheme
 * and the last '@' counts as the password. If there is an '@' after a '?', it may belong to the password or
 * to a parameter; then all of that is left out. */
static void show_address(const char *uri, const char *name, char *shown, size_t size_bytes)
{
    const char *parameters = name + strcspn(name, "?#"), *colon = find_password(name, parameters);
    const char *at = colon != NULL ? strrchr(colon, '@') : NULL;
    if (colon == NULL)
        snprintf(shown, size_bytes, "%.*s", (int)(parameters - uri), uri);
    else if (at == NULL || at > parameters)
        snprintf(shown, size_bytes, "%.*s", (int)(colon - uri), uri);
    else
        snprintf(shown, size_bytes, "%.*s%.*s", (int)(colon - uri), uri, (int)(parameters - at), at);
}

/* Returns where a word begins that is followed by a password: "password=", in small or large letters. */
static const char *find_password_word(const char *text)
{
    static const char word[] = "password";
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (word[i] != '\0' && (text[i] | 0x20) == word[i])
            i++;
        if (word[i] == '\0' && text[i + strspn(text + i, " ")] == '=')
            return text;
    }
    return NULL;
}

void rv_store_show_uri(const char *uri, char *shown, size_t size_bytes)
{
    const char *name = strstr(uri, "://"), *word = find_password_word(uri);
    bool is_path =
        (uri[0] == '/' && name == NULL) || strncmp(uri, "./", 2) == 0 || strncmp(uri, "../", 3) == 0;
    const char *colon = strchr(uri, ':'), *at = strrchr(uri, '@');
    if (is_path) {
        snprintf(shown, size_bytes, "%s", uri);
    } else if (name != NULL) {
        show_address(uri, name + 3, shown, size_bytes);
    } else if (word != NULL) {
        snprintf(shown, size_bytes, "%.*s...", (int)(word - uri), uri); // host=... password=...
    } else if (colon != NULL && at != NULL && colon < at) {
        // An address that was mistyped: kind:user:password@host, or without the kind.
        const char *second = memchr(colon + 1, ':', (size_t)(at - colon - 1));
        colon = second != NULL ? second : colon;
        snprintf(shown, size_bytes, "%.*s...%s", (int)(colon - uri), uri, at);
    } else {
        snprintf(shown, size_bytes, "%s", uri);
    }
}

void rv_store_one_line(const char *text, char *line, size_t size_bytes)
{
    size_t length = 0;
    for (; *text != '\0' && length + 1 < size_bytes; text++) {
        bool space = *text == ' ' || *text == '\n' || *text == '\r' || *text == '\t';
        if (!space)
            line[length++] = *text;
        else if (length > 0 && line[length - 1] != ' ')
            line[length++] = ' ';
    }
    while (length > 0 && line[length - 1] == ' ')
        length--;
    line[length] = '\0';
}

char *rv_store_uri_for_show(const char *uri, RvError *err)
{
    char *shown = rv_mem_copy_string(uri, err); // what is shown is no longer
    if (shown != NULL)
        rv_store_show_uri(uri, shown, strlen(uri) + 1);
    return shown;
}
