/* SPDX-License-Identifier: MIT */
/* Addresses of machines, and ranges of them. */
#ifndef RV_WEB_ADDRESS_RANGE_H
#define RV_WEB_ADDRESS_RANGE_H

#include <stdbool.h>
#include <stdint.h>

/* True for an IPv4 or IPv6 address. */
bool host_is_address(const char *text);

/* Addresses of one kind; IPv4 as IPv6 writes it. */
typedef struct AddressRange {
    uint8_t address[16];
    int bits;
} AddressRange;

/* "10.0.0.2", "10.0.0.0/24", "fd00::/8". Returns false if it is none. */
bool address_range_read(const char *text, AddressRange *out);
bool address_range_has(const AddressRange *range, const char *address);

#endif
