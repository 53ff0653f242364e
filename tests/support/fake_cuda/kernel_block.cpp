/* SPDX-License-Identifier: MIT */
/* Blocks of kernels as fibers, and the list of reelvec's kernels. */
#include "kernel_block.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#include "compute/cuda/all_kernels.cu"
#include "fake_cuda.h"

#define THREADS_MAX 1024
#define STACK_BYTES (128 * 1024)

dim3 threadIdx, blockIdx;
__attribute__((aligned(256))) unsigned char kernel_dynamic_shared[48 * 1024];

enum State { READY, AT_BLOCK_BARRIER, AT_WARP_BARRIER, ENDED };

/* A fiber is made once and runs one thread after the other. */
struct Fiber {
    ucontext_t context;
    jmp_buf place; // where it continues
    void *stack;
    bool started;
    State state;
    unsigned exchanges; // number of exchanges so far
};

static Fiber fibers[THREADS_MAX];
static ucontext_t scheduler;
static unsigned thread_count, current;
static uint64_t lanes[2][THREADS_MAX];
static const char *fault;
static const FakeKernel *running;
static const void *running_params;

uint64_t *kernel_lanes()
{
    return lanes[fibers[current].exchanges++ % 2] + current / 32 * 32;
}

#if defined(__SANITIZE_ADDRESS__)

/* AddressSanitizer must know which stack is in use. */
static const void *scheduler_stack;
static size_t scheduler_stack_bytes;

static void leave_fiber()
{
    void *fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, scheduler_stack, scheduler_stack_bytes);
    swapcontext(&fibers[current].context, &scheduler);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
}

static void enter_fiber()
{
    void *fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, fibers[current].stack, STACK_BYTES);
    swapcontext(&scheduler, &fibers[current].context);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
}

static void fiber_begins()
{
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_stack_bytes);
}

#else

/* Jumps take a tenth of the time of swapcontext, which reads the signal mask from the kernel each time. */
static jmp_buf scheduler_place;

static void leave_fiber()
{
    if (_setjmp(fibers[current].place) == 0)
        _longjmp(scheduler_place, 1);
}

static void enter_fiber()
{
    Fiber *fiber = &fibers[current];
    if (_setjmp(scheduler_place) != 0)
        return;
    if (fiber->started)
        _longjmp(fiber->place, 1);
    fiber->started = true;
    swapcontext(&scheduler, &fiber->context);
}

static void fiber_begins() {}

#endif

/* Let threads first .. end - 1 continue if all of them that have not ended are at the barrier. They run in
 * rising order, so the last one is checked first. */
static void release(unsigned first, unsigned end, State barrier)
{
    for (unsigned i = end; i > first; i--) {
        if (fibers[i - 1].state != barrier && fibers[i - 1].state != ENDED)
            return;
    }
    for (unsigned i = first; i < end; i++) {
        if (fibers[i].state == barrier)
            fibers[i].state = READY;
    }
}

static void release_warp_of(unsigned index)
{
    unsigned first = index / 32 * 32, end = first + 32 < thread_count ? first + 32 : thread_count;
    release(first, end, AT_WARP_BARRIER);
}

static void wait_at(State barrier)
{
    fibers[current].state = barrier;
    if (barrier == AT_WARP_BARRIER)
        release_warp_of(current);
    else
        release(0, thread_count, AT_BLOCK_BARRIER);
    leave_fiber();
}

void __syncthreads()
{
    wait_at(AT_BLOCK_BARRIER);
}

void __syncwarp()
{
    wait_at(AT_WARP_BARRIER);
}

void kernel_fault(const char *reason)
{
    fault = reason;
    leave_fiber();
    abort(); // never reached
}

static void run_threads()
{
    fiber_begins();
    for (;;) {
        running->call(running_params);
        fibers[current].state = ENDED;
        release_warp_of(current);
        release(0, thread_count, AT_BLOCK_BARRIER);
        leave_fiber();
    }
}

static void ready_fiber(Fiber *fiber)
{
    fiber->state = READY;
    fiber->exchanges = 0;
    if (fiber->stack != nullptr)
        return;
    fiber->stack = std::malloc(STACK_BYTES);
    if (fiber->stack == nullptr)
        abort();
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_BYTES;
    fiber->context.uc_link = nullptr;
    makecontext(&fiber->context, run_threads, 0);
    // Otherwise AddressSanitizer would clear its data about the whole stack at every switch, which takes
    // longer than everything else.
    fiber->context.uc_stack.ss_size = 0;
}

/* After a fault the fibers are somewhere inside a kernel, so new ones are made. */
static void drop_fibers()
{
    for (Fiber &fiber : fibers) {
        std::free(fiber.stack);
        fiber = Fiber();
    }
}

static void run_block()
{
    for (unsigned i = 0; i < thread_count; i++)
        ready_fiber(&fibers[i]);
    for (bool any = true; any && fault == nullptr;) {
        any = false;
        for (unsigned i = 0; i < thread_count && fault == nullptr; i++) {
            if (fibers[i].state != READY)
                continue;
            current = i;
            threadIdx = dim3{i, 0, 0};
            enter_fiber();
            any = true;
        }
    }
    for (unsigned i = 0; i < thread_count && fault == nullptr; i++) {
        if (fibers[i].state != ENDED)
            fault = "threads wait at a barrier that others never reach";
    }
}

int fake_kernel_run(const FakeKernel *kernel, const unsigned grid[3], unsigned threads, const void *params)
{
    running = kernel;
    running_params = params;
    thread_count = threads;
    fault = nullptr;
    for (blockIdx.z = 0; blockIdx.z < grid[2]; blockIdx.z++) {
        for (blockIdx.y = 0; blockIdx.y < grid[1]; blockIdx.y++) {
            for (blockIdx.x = 0; blockIdx.x < grid[0] && fault == nullptr; blockIdx.x++)
                run_block();
        }
    }
    if (fault != nullptr) {
        std::fprintf(stderr, "%s: %s\n", kernel->name, fault);
        drop_fibers();
    }
    return fault != nullptr;
}

#define KERNEL_ENTRY(name, Params)                                                                           \
    {#name, sizeof(Params), [](const void *params) { name(*(const Params *)params); }},
static const FakeKernel kernels[] = {CUDA_KERNELS(KERNEL_ENTRY)};

const FakeKernel *fake_kernel_find(const char *name)
{
    for (const FakeKernel &kernel : kernels) {
        if (std::strcmp(kernel.name, name) == 0)
            return &kernel;
    }
    return nullptr;
}
