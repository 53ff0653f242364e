/* SPDX-License-Identifier: MIT */
/* 64-bit FNV-1a of bytes, as in make_expected.py. */
#ifndef RV_TESTS_FNV_H
#define RV_TESTS_FNV_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t fnv(const uint8_t *bytes, size_t size_bytes)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size_bytes; i++)
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    return value;
}

#endif
