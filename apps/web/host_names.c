/* SPDX-License-Identifier: MIT */
/* Names of hosts and ranges of addresses. */
#include "host_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web_error.h"

struct HostNames {
    char **items;
    size_t count;
};

/* ---- names -------------------------------------------------------------------------------------------- */

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

/* ---- addresses ---------------------------------------------------------------------------------------- */

/* Returns false if it is no address. *of4: it is one of IPv4. */
static bool read_address(const char *text, uint8_t bytes[16], bool *of4)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    *of4 = inet_pton(AF_INET, text, bytes + 12) == 1;
    if (*of4)
        memcpy(bytes, mapped, sizeof mapped);
    return *of4 || inet_pton(AF_INET6, text, bytes) == 1;
}

bool host_is_address(const char *text)
{
    uint8_t bytes[16];
    bool of4;
    return read_address(text, bytes, &of4);
}

bool address_range_read(const char *text, AddressRange *out)
{
    char address[64];
    bool of4;
    size_t length = strcspn(text, "/");
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (!read_address(address, out->address, &of4))
        return false;
    int most = of4 ? 32 : 128, bits = most;
    if (text[length] == '/') {
        const char *digits = text + length + 1;
        if (*digits == '\0' || strlen(digits) > 3 || strspn(digits, "0123456789") != strlen(digits))
            return false;
        bits = atoi(digits);
    }
    out->bits = bits + (128 - most);
    return bits <= most;
}

bool address_range_has(const AddressRange *range, const char *address)
{
    uint8_t bytes[16];
    bool of4;
    if (!read_address(address, bytes, &of4))
        return false;
    int whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(bytes, range->address, (size_t)whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ range->address[whole]) >> (8 - rest) == 0;
}
