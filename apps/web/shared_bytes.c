/* SPDX-License-Identifier: MIT */
/* The number of owners stands before the bytes, so that these are what is passed around. */
#include "shared_bytes.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct Shared {
    atomic_size_t owners;
    unsigned char bytes[];
} Shared;

static Shared *shared_of(void *bytes)
{
    return (Shared *)(void *)((unsigned char *)bytes - offsetof(Shared, bytes));
}

void *shared_bytes_create(const void *bytes, size_t size_bytes)
{
    Shared *shared = malloc(sizeof *shared + size_bytes);
    if (shared == NULL)
        return NULL;
    atomic_init(&shared->owners, 1);
    memcpy(shared->bytes, bytes, size_bytes);
    return shared->bytes;
}

void *shared_bytes_hold(void *bytes)
{
    atomic_fetch_add(&shared_of(bytes)->owners, 1);
    return bytes;
}

void shared_bytes_release(void *bytes)
{
    if (bytes != NULL && atomic_fetch_sub(&shared_of(bytes)->owners, 1) == 1)
        free(shared_of(bytes));
}
