/* SPDX-License-Identifier: MIT */
/* A server's address, kind://user:password@host:port/database?name=value, in parts. */
#include "store/sql/server_address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Returns a decoded copy of `length` bytes. NULL if an escape is broken or stands for NUL, or if memory is
 * short. */
static char *decode(const char *text, size_t length)
{
    char *copy = rv_mem_alloc(length + 1, 1, NULL);
    char *to = copy;
    for (size_t i = 0; copy != NULL && i < length; i++) {
        *to = text[i];
        if (text[i] == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0)) {
                free(copy);
                return NULL;
            }
            *to = (char)(high * 16 + low);
            i += 2;
        }
        to++;
    }
    return copy;
}

/* user[:password] */
static bool take_user(const char *text, size_t length, ServerAddress *out)
{
    const char *colon = memchr(text, ':', length);
    size_t user = colon != NULL ? (size_t)(colon - text) : length;
    out->user = decode(text, user);
    if (colon != NULL)
        out->password = decode(colon + 1, length - user - 1);
    return out->user != NULL && (colon == NULL || out->password != NULL);
}

/* host[:port], or [host]:port for an IPv6 address. */
static bool take_host(const char *text, size_t length, ServerAddress *out)
{
    const char *end = text + length, *port = NULL;
    const char *host_end = end;
    if (length > 0 && text[0] == '[') {
        host_end = memchr(text, ']', length);
        if (host_end == NULL)
            return false;
        text++;
        port = host_end + 1 < end ? host_end + 1 : NULL;
    } else {
        port = memchr(text, ':', length);
        host_end = port != NULL ? port : end;
    }
    if (host_end > text)
        out->host = decode(text, (size_t)(host_end - text));
    if (host_end > text && out->host == NULL)
        return false;
    if (port == NULL)
        return true;
    char digits[8] = {0};
    int64_t number = 0;
    size_t size = (size_t)(end - port) - 1;
    if (*port != ':' || size >= sizeof digits)
        return false;
    memcpy(digits, port + 1, size);
    bool good = rv_parse_int64(digits, 1, 65535, &number);
    out->port = (int)number;
    return good;
}

/* name=value&name=value */
static bool take_parameters(const char *text, ServerAddress *out)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "&");
        const char *equals = memchr(text, '=', length);
        if (equals == NULL || out->parameter_count == ADDRESS_PARAMETERS_MAX)
            return false;
        struct AddressParameter *parameter = &out->parameters[out->parameter_count++];
        parameter->name = decode(text, (size_t)(equals - text));
        parameter->value = decode(equals + 1, length - (size_t)(equals - text) - 1);
        if (parameter->name == NULL || parameter->value == NULL)
            return false;
        text += length + (text[length] == '&');
    }
    return true;
}

static bool take_parts(const char *uri, ServerAddress *out)
{
    const char *at = strstr(uri, "://");
    if (at == NULL)
        return false;
    at += 3;
    const char *end = at + strcspn(at, "/?#");
    const char *sign = memchr(at, '@', (size_t)(end - at));
    if (strchr(end, '@') != NULL && sign == NULL)
        return false; // most likely a '/' in the password
    if (sign != NULL && memchr(sign + 1, '@', (size_t)(end - sign - 1)) != NULL)
        return false; // a '@' in the password
    if (sign != NULL && !take_user(at, (size_t)(sign - at), out))
        return false;
    at = sign != NULL ? sign + 1 : at;
    if (!take_host(at, (size_t)(end - at), out))
        return false;
    if (*end == '/') {
        size_t length = strcspn(end + 1, "?#");
        if (length > 0 && (out->database = decode(end + 1, length)) == NULL)
            return false;
        end += 1 + length;
    }
    return *end == '\0' || (*end == '?' && take_parameters(end + 1, out));
}

RvStatus rv_store_parse_address(const char *uri, const char *show, ServerAddress *out, RvError *err)
{
    *out = (ServerAddress){0};
    if (take_parts(uri, out))
        return RV_OK;
    rv_store_clear_address(out);
    return rv_error_set(
        err, RV_ERROR_ARGUMENT,
        "%s: not an address that can be read; write %.*s://USER:PASSWORD@HOST:PORT/DATABASE, and %%40 "
        "for @, %%3A for :, %%2F for /, %%25 for %% inside user and password",
        show, (int)strcspn(show, ":"), show);
}

void rv_store_clear_address(ServerAddress *address)
{
    free(address->user);
    free(address->password);
    free(address->host);
    free(address->database);
    for (int i = 0; i < address->parameter_count; i++) {
        free(address->parameters[i].name);
        free(address->parameters[i].value);
    }
    *address = (ServerAddress){0};
}

const char *rv_store_address_parameter(const ServerAddress *address, const char *name)
{
    for (int i = 0; i < address->parameter_count; i++) {
        if (strcmp(address->parameters[i].name, name) == 0)
            return address->parameters[i].value;
    }
    return NULL;
}

bool rv_store_is_this_machine(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (host == NULL || host[0] == '\0' || host[0] == '/' || strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Returns the place of the parameter name=... in a list of them, or NULL if it is not there. */
static const char *find_parameter(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (*list != '\0') {
        if (strncmp(list, name, length) == 0 && list[length] == '=')
            return list;
        list += strcspn(list, "&");
        list += *list == '&';
    }
    return NULL;
}

RvStatus rv_store_take_parameter(const char *uri, const char *show, const char *name, char **rest,
                                 char **value, RvError *err)
{
    const char *list = strchr(uri, '?');
    const char *found = list != NULL ? find_parameter(list + 1, name) : NULL;
    *value = NULL;
    *rest = rv_mem_copy_string(uri, err);
    if (*rest == NULL)
        return RV_ERROR_MEMORY;
    if (found == NULL)
        return RV_OK;
    const char *text = found + strlen(name) + 1;
    size_t length = strcspn(text, "&");
    *value = decode(text, length);
    if (*value == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the parameter %s cannot be read", show, name);
    // Together with the sign before or after it.
    char *from = *rest + (found - uri);
    const char *behind = text + length;
    bool last = *behind == '\0';
    memmove(last ? from - 1 : from, *rest + (behind - uri) + !last, strlen(behind) + last);
    return RV_OK;
}
