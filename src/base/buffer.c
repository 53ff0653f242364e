/* SPDX-License-Identifier: MIT */
/* A growing array of bytes that has a maximum size. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define BUFFER_FIRST_CAPACITY 256

void rv_buffer_init(Buffer *buffer, size_t max_bytes)
{
    *buffer = (Buffer){.max_bytes = max_bytes < SIZE_MAX / 4 ? max_bytes : SIZE_MAX / 4};
}

void rv_buffer_clear(Buffer *buffer)
{
    free(buffer->bytes);
    rv_buffer_init(buffer, buffer->max_bytes);
}

static RvStatus grow(Buffer *buffer, size_t size_bytes, RvError *err)
{
    if (size_bytes > buffer->max_bytes - buffer->size_bytes)
        return rv_error_set(err, RV_ERROR_MEMORY, "more than the allowed %zu bytes", buffer->max_bytes);
    size_t needed = buffer->size_bytes + size_bytes + 1;
    if (needed <= buffer->capacity_bytes)
        return RV_OK;
    size_t capacity = buffer->capacity_bytes > 0 ? buffer->capacity_bytes : BUFFER_FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL)
        return rv_error_memory(err, capacity);
    buffer->bytes = bytes;
    buffer->capacity_bytes = capacity;
    buffer->bytes[buffer->size_bytes] = '\0';
    return RV_OK;
}

RvStatus rv_buffer_reserve(Buffer *buffer, size_t size_bytes, RvError *err)
{
    if (buffer->status == RV_OK)
        buffer->status = grow(buffer, size_bytes, err);
    return buffer->status;
}

RvStatus rv_buffer_append(Buffer *buffer, const void *bytes, size_t size_bytes, RvError *err)
{
    RvStatus status = rv_buffer_reserve(buffer, size_bytes, err);
    if (status != RV_OK)
        return status;
    if (size_bytes > 0)
        memcpy(buffer->bytes + buffer->size_bytes, bytes, size_bytes);
    buffer->size_bytes += size_bytes;
    buffer->bytes[buffer->size_bytes] = '\0';
    return RV_OK;
}

RvStatus rv_buffer_append_format(Buffer *buffer, RvError *err, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    RvStatus status = length < 0 ? rv_error_set(err, RV_ERROR_INTERNAL, "cannot format text")
                                 : rv_buffer_reserve(buffer, (size_t)length, err);
    if (status == RV_OK) {
        vsnprintf((char *)buffer->bytes + buffer->size_bytes, (size_t)length + 1, format, again);
        buffer->size_bytes += (size_t)length;
    }
    va_end(again);
    return status;
}

void rv_buffer_reset(Buffer *buffer)
{
    buffer->size_bytes = 0;
    buffer->status = RV_OK;
    if (buffer->bytes != NULL)
        buffer->bytes[0] = '\0';
}
