/* SPDX-License-Identifier: MIT */
/* A block of a CUDA kernel on the host. Its threads are fibers that run in turn, so that barriers and
 * shuffles work as on a device. */
#ifndef RV_TESTS_KERNEL_BLOCK_H
#define RV_TESTS_KERNEL_BLOCK_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define __global__
#define __device__
#define __shared__ static // one block runs at a time
#define __align__(bytes) __attribute__((aligned(bytes)))
#define DYNAMIC_SHARED(type, name) type *name = (type *)kernel_dynamic_shared

struct dim3 {
    unsigned x, y, z;
};

struct float2 {
    float x, y;
};

struct __align__(16) uint4
{
    unsigned x, y, z, w;
};

static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w)
{
    return uint4{x, y, z, w};
}

template <typename Value> static inline Value min(Value a, Value b)
{
    return a < b ? a : b;
}

/* Returns sum plus the products of four signed bytes. */
static inline int __dp4a(int left, int right, int sum)
{
    for (int i = 0; i < 32; i += 8)
        sum += (int8_t)(left >> i) * (int8_t)(right >> i);
    return sum;
}

static inline float __double2float_ru(double value)
{
    float near = (float)value;
    return near < value ? std::nextafter(near, INFINITY) : near;
}

static inline float __double2float_rd(double value)
{
    return -__double2float_ru(-value);
}

/* Not atomic, because threads change only at barriers. */
static inline unsigned atomicAdd(unsigned *at, unsigned value)
{
    unsigned before = *at;
    *at += value;
    return before;
}

extern dim3 threadIdx, blockIdx;
extern unsigned char kernel_dynamic_shared[48 * 1024];

/* Wait for the other threads of the block or of the warp that have not ended. */
void __syncthreads();
void __syncwarp();

/* End the launch as failed, and write the reason to standard error. */
[[noreturn]] void kernel_fault(const char *reason);

/* Returns eight bytes for each lane of this warp. The next call returns others, so that lanes that run later
 * can still read these. */
uint64_t *kernel_lanes();

template <typename Value> static inline Value __shfl_sync(unsigned, Value value, int lane)
{
    static_assert(sizeof(Value) <= 8, "one slot");
    uint64_t *lanes = kernel_lanes();
    std::memcpy(lanes + threadIdx.x % 32, &value, sizeof value);
    __syncwarp();
    std::memcpy(&value, lanes + lane % 32, sizeof value);
    return value;
}

template <typename Value> static inline Value __shfl_xor_sync(unsigned mask, Value value, int lanes)
{
    return __shfl_sync(mask, value, (int)(threadIdx.x % 32) ^ lanes);
}

#endif
