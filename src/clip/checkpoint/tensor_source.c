/* SPDX-License-Identifier: MIT */
/* Reading a tensor's elements from its file, which may shrink or vanish while it is in use. */
#include "clip/checkpoint/tensor_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/tensor_table.h"

/* Size of the buffer for 16-bit elements that are converted to float32: small enough for a thread's stack and
 * a core's first cache. */
#define PIECE_BYTES ((size_t)16 << 10)

RvStatus rv_tensor_source_read(const TensorSource *source, const uint8_t *from, size_t size_bytes, void *dst,
                               RvError *err)
{
    uint8_t *to = dst;
    off_t offset = (off_t)(from - source->map->bytes);
    while (size_bytes > 0) {
        ssize_t got = pread(source->map->descriptor, to, size_bytes, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rv_error_set(err, RV_ERROR_IO, "%s: %s", source->path, strerror(errno));
        if (got == 0)
            return rv_error_set(err, RV_ERROR_FORMAT,
                                "%s: became shorter while it was in use; fetch the file again", source->path);
        to += got;
        offset += got;
        size_bytes -= (size_t)got;
    }
    return RV_OK;
}

RvStatus rv_tensor_fetch(const Tensor *tensor, size_t first, size_t count, float *dst, RvError *err)
{
    if (tensor->source == NULL) {
        rv_tensor_read(tensor, first, count, dst);
        return RV_OK;
    }
    size_t element_bytes = rv_weight_type_bytes(tensor->type);
    const uint8_t *from = tensor->bytes + first * element_bytes;
    if (tensor->type == WEIGHT_F32)
        return rv_tensor_source_read(tensor->source, from, count * element_bytes, dst, err);
    uint8_t piece[PIECE_BYTES];
    Tensor held = {.type = tensor->type, .bytes = piece};
    while (count > 0) {
        size_t some = count < PIECE_BYTES / element_bytes ? count : PIECE_BYTES / element_bytes;
        RvStatus status = rv_tensor_source_read(tensor->source, from, some * element_bytes, piece, err);
        if (status != RV_OK)
            return status;
        rv_tensor_read(&held, 0, some, dst);
        from += some * element_bytes;
        dst += some;
        count -= some;
    }
    return RV_OK;
}

/* Copy the elements row by row of the last dimension, following the strides of the others. */
static void gather_rows(const Tensor *tensor, const uint8_t *from, uint8_t *dst)
{
    size_t element_bytes = rv_weight_type_bytes(tensor->type), at[TENSOR_MAX_RANK] = {0};
    size_t columns = tensor->rank > 0 ? tensor->shape[tensor->rank - 1] : 1;
    size_t step = tensor->rank > 0 ? tensor->stride[tensor->rank - 1] : 1;
    for (size_t done = 0; done < tensor->element_count; done += columns) {
        size_t place = 0;
        for (int i = 0; i < tensor->rank - 1; i++)
            place += at[i] * tensor->stride[i];
        for (size_t k = 0; k < columns; k++, dst += element_bytes)
            memcpy(dst, from + (place + k * step) * element_bytes, element_bytes);
        for (int i = tensor->rank - 1; i-- > 0 && ++at[i] == tensor->shape[i];)
            at[i] = 0;
    }
}

RvStatus rv_tensor_gather(const Tensor *tensor, uint8_t *dst, RvError *err)
{
    size_t extent = 0, element_bytes = rv_weight_type_bytes(tensor->type);
    if (!rv_tensor_extent(tensor, &extent))
        return rv_error_memory(err, SIZE_MAX);
    uint8_t *held = NULL;
    if (tensor->source != NULL) {
        held = rv_mem_alloc_aligned(extent, element_bytes, err);
        RvStatus status = held != NULL ? rv_tensor_source_read(tensor->source, tensor->bytes,
                                                               extent * element_bytes, held, err)
                                       : RV_ERROR_MEMORY;
        if (status != RV_OK) {
            free(held);
            return status;
        }
    }
    gather_rows(tensor, held != NULL ? held : tensor->bytes, dst);
    free(held);
    return RV_OK;
}
