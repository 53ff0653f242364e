/* SPDX-License-Identifier: MIT */
#include "address_range.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

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
