/* SPDX-License-Identifier: MIT */
#include "host_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address_range.h"
#include "web_error.h"

struct HostNames {
    char **items;
    size_t count;
};

RvStatus host_names_create(HostNames **out, RvError *err)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? RV_OK : web_error_memory(err);
}

void host_names_destroy(HostNames *names)
{
    for (size_t i = 0; names != NULL && i < names->count; i++)
        free(names->items[i]);
    if (names != NULL)
        free(names->items);
    free(names);
}

RvStatus host_names_add(HostNames *names, const char *name, RvError *err)
{
    char host[256];
    struct in6_addr of6;
    bool bare6 = inet_pton(AF_INET6, name, &of6) == 1;
    if (bare6)
        snprintf(host, sizeof host, "%s", name);
    else if (!host_of_text(name, host, sizeof host))
        return web_error(err, RV_ERROR_ARGUMENT, "%s: is no name of a host", name);
    char **items = realloc(names->items, (names->count + 1) * sizeof *items);
    if (items == NULL)
        return web_error_memory(err);
    names->items = items;
    items[names->count] = strdup(host);
    if (items[names->count] == NULL)
        return web_error_memory(err);
    names->count++;
    return RV_OK;
}

bool host_names_has(const HostNames *names, const char *host)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcasecmp(names->items[i], host) == 0)
            return true;
    }
    return false;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits <= 5 && text[digits] == '\0';
}

bool host_of_text(const char *text, char *host, size_t size_bytes)
{
    bool bracket = text[0] == '[';
    const char *start = text + bracket;
    size_t length = strcspn(start, bracket ? "]" : ":");
    const char *behind = start + length;
    if (bracket && *behind++ != ']')
        return false;
    if (length == 0 || length >= size_bytes || length > 253 || (*behind != '\0' && *behind != ':') ||
        (*behind == ':' && !is_port(behind + 1)))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)start[i];
        if (!isalnum(byte) && byte != '-' && byte != '.' && byte != '_' && !(bracket && byte == ':'))
            return false;
        host[i] = (char)tolower(byte);
    }
    host[length] = '\0';
    if (!bracket && length > 1 && host[length - 1] == '.')
        host[length - 1] = '\0';
    return !bracket || host_is_address(host);
}
