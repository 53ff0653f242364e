/* SPDX-License-Identifier: MIT */
/* The functions of the CUDA driver that only FFmpeg uses, so that its device "cuda" opens on the fake one:
 * contexts on a stack, memory with a pitch, copies of rectangles. FFmpeg looks up many more functions when it
 * loads the driver; those return that they are not supported. Structures are those of CUDA's driver
 * interface. */
#include "fake_cuda.h"

#include <stdint.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, INVALID_CONTEXT = 201, NOT_SUPPORTED = 801, STACK_DEPTH = 16 };

#define EXPORT __attribute__((visibility("default")))

int cuCtxSetCurrent(void *context);
int cuMemAlloc_v2(uint64_t *address, size_t size_bytes);
int cuDevicePrimaryCtxRelease_v2(int device);
void *fake_cuda_current(void);
int fake_cuda_begin_copy(void); // returns 0 or a CUresult

static _Thread_local void *stack[STACK_DEPTH];
static _Thread_local int depth;

EXPORT int cuCtxPushCurrent_v2(void *context)
{
    if (depth == STACK_DEPTH)
        return INVALID_VALUE;
    stack[depth++] = fake_cuda_current();
    return cuCtxSetCurrent(context);
}

EXPORT int cuCtxPopCurrent_v2(void **context)
{
    if (depth == 0)
        return INVALID_CONTEXT;
    if (context != NULL)
        *context = fake_cuda_current();
    return cuCtxSetCurrent(stack[--depth]);
}

// FFmpeg 7.1 refuses a driver without it.
EXPORT int cuCtxGetCurrent(void **context)
{
    *context = fake_cuda_current();
    return SUCCESS;
}

EXPORT int cuCtxSetLimit(int limit, size_t value)
{
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxRelease(int device)
{
    return cuDevicePrimaryCtxRelease_v2(device);
}

EXPORT int cuMemAllocPitch_v2(uint64_t *address, size_t *pitch, size_t width_bytes, size_t height,
                              unsigned element_bytes)
{
    *pitch = (width_bytes + 511) / 512 * 512;
    return cuMemAlloc_v2(address, *pitch * height);
}

/* CUDA_MEMCPY2D. Memory is of the host, of the device, or an array; there are no arrays here. */
typedef struct Copy2D {
    size_t src_x_bytes, src_y;
    int src_type;
    const void *src_host;
    uint64_t src_device;
    void *src_array;
    size_t src_pitch;
    size_t dst_x_bytes, dst_y;
    int dst_type;
    void *dst_host;
    uint64_t dst_device;
    void *dst_array;
    size_t dst_pitch;
    size_t width_bytes, height;
} Copy2D;
enum { MEMORY_HOST = 1, MEMORY_DEVICE = 2 };

EXPORT int cuMemcpy2DAsync_v2(const Copy2D *copy, void *stream)
{
    if ((copy->src_type != MEMORY_HOST && copy->src_type != MEMORY_DEVICE) ||
        (copy->dst_type != MEMORY_HOST && copy->dst_type != MEMORY_DEVICE))
        return INVALID_VALUE;
    const char *src =
        copy->src_type == MEMORY_HOST ? copy->src_host : (const char *)(uintptr_t)copy->src_device;
    char *dst = copy->dst_type == MEMORY_HOST ? copy->dst_host : (char *)(uintptr_t)copy->dst_device;
    int result = fake_cuda_begin_copy();
    for (size_t y = 0; y < copy->height && result == SUCCESS; y++)
        memcpy(dst + (copy->dst_y + y) * copy->dst_pitch + copy->dst_x_bytes,
               src + (copy->src_y + y) * copy->src_pitch + copy->src_x_bytes, copy->width_bytes);
    return result;
}

EXPORT int cuMemcpy2D_v2(const Copy2D *copy)
{
    return cuMemcpy2DAsync_v2(copy, NULL);
}

#define NOT_HERE(name)                                                                                       \
    EXPORT int name(void);                                                                                   \
    EXPORT int name(void)                                                                                    \
    {                                                                                                        \
        return NOT_SUPPORTED;                                                                                \
    }
NOT_HERE(cuArrayCreate_v2)
NOT_HERE(cuCtxGetDevice)
NOT_HERE(cuDeviceGetByPCIBusId)
NOT_HERE(cuDeviceGetLuid)
NOT_HERE(cuDeviceGetPCIBusId)
NOT_HERE(cuDeviceGetUuid_v2)
NOT_HERE(cuDeviceComputeCapability)
NOT_HERE(cuMemAllocManaged)
NOT_HERE(cuMemsetD8Async)
NOT_HERE(cuMemcpy)
NOT_HERE(cuMemcpyAsync)
NOT_HERE(cuMemcpyHtoD_v2)
NOT_HERE(cuMemcpyDtoH_v2)
NOT_HERE(cuMemcpyDtoD_v2)
NOT_HERE(cuMemcpyDtoDAsync_v2)
NOT_HERE(cuDevicePrimaryCtxReset)
NOT_HERE(cuStreamQuery)
NOT_HERE(cuStreamAddCallback)
NOT_HERE(cuEventQuery)
NOT_HERE(cuLinkCreate)
NOT_HERE(cuLinkAddData)
NOT_HERE(cuLinkComplete)
NOT_HERE(cuLinkDestroy)
NOT_HERE(cuModuleGetGlobal)
NOT_HERE(cuTexObjectCreate)
NOT_HERE(cuTexObjectDestroy)
NOT_HERE(cuGLGetDevices_v2)
NOT_HERE(cuGraphicsGLRegisterImage)
NOT_HERE(cuGraphicsUnregisterResource)
NOT_HERE(cuGraphicsMapResources)
NOT_HERE(cuGraphicsUnmapResources)
NOT_HERE(cuGraphicsSubResourceGetMappedArray)
NOT_HERE(cuGraphicsResourceGetMappedPointer_v2)
NOT_HERE(cuDeviceGetUuid)
NOT_HERE(cuImportExternalMemory)
NOT_HERE(cuDestroyExternalMemory)
NOT_HERE(cuExternalMemoryGetMappedBuffer)
NOT_HERE(cuExternalMemoryGetMappedMipmappedArray)
NOT_HERE(cuMipmappedArrayGetLevel)
NOT_HERE(cuMipmappedArrayDestroy)
NOT_HERE(cuImportExternalSemaphore)
NOT_HERE(cuDestroyExternalSemaphore)
NOT_HERE(cuSignalExternalSemaphoresAsync)
NOT_HERE(cuWaitExternalSemaphoresAsync)
NOT_HERE(cuArray3DCreate_v2)
NOT_HERE(cuArrayDestroy)
NOT_HERE(cuEGLStreamProducerConnect)
NOT_HERE(cuEGLStreamProducerDisconnect)
NOT_HERE(cuEGLStreamConsumerDisconnect)
NOT_HERE(cuEGLStreamProducerPresentFrame)
NOT_HERE(cuEGLStreamProducerReturnFrame)
