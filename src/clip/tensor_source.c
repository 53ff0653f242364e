/* SPDX-License-Identifier: MIT */
/* Reading a tensor's elements out of its file, which may shrink or vanish while it is in use. */
#include "clip/tensor_source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "clip/tensor_table.h"

/* 16-bit elements on their way to float32: small enough for a thread's stack and a core's nearest cache. */
#define PIECE_BYTES ((size_t)16 << 10)

static RvStatus read_exactly(const TensorSource *source, const uint8_t *from, size_t size_bytes, void *dst,
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
        return read_exactly(tensor->source, from, count * element_bytes, dst, err);
    uint8_t piece[PIECE_BYTES];
    Tensor held = {.type = tensor->type, .bytes = piece};
    while (count > 0) {
        size_t some = count < PIECE_BYTES / element_bytes ? count : PIECE_BYTES / element_bytes;
        RvStatus status = read_exactly(tensor->source, from, some * element_bytes, piece, err);
        if (status != RV_OK)
            return status;
        rv_tensor_read(&held, 0, some, dst);
        from += some * element_bytes;
        dst += some;
        count -= some;
    }
    return RV_OK;
}
