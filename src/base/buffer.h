/* SPDX-License-Identifier: MIT */
/* A growing array of bytes that has a maximum size. */
#ifndef RV_BASE_BUFFER_H
#define RV_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

/* bytes[size_bytes] is always a NUL that is not part of the size, so text can be read as a C string. */
typedef struct Buffer {
    uint8_t *bytes;
    size_t size_bytes;
    size_t capacity_bytes;
    size_t max_bytes;
    RvStatus status; // of the first append that failed
} Buffer;

/* Start empty. Nothing is allocated before the first append. _clear frees the memory. */
void rv_buffer_init(Buffer *buffer, size_t max_bytes);
void rv_buffer_clear(Buffer *buffer);

/* Append a copy of the bytes. Errors: MEMORY, also if the buffer would exceed its maximum; its content is
 * then unchanged. After a failure nothing more is appended, and all calls return the status of the failure, so
 * that one check after several appends is enough; err has the first message. */
RvStatus rv_buffer_append(Buffer *buffer, const void *bytes, size_t size_bytes, RvError *err);
RvStatus rv_buffer_append_format(Buffer *buffer, RvError *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Make room for size_bytes more without changing the size. Errors: as of an append. */
RvStatus rv_buffer_reserve(Buffer *buffer, size_t size_bytes, RvError *err);

/* Set the size to 0, forget a failure and keep the memory. */
void rv_buffer_reset(Buffer *buffer);

#endif
