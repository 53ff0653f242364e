/* SPDX-License-Identifier: MIT */
/* Independent items, shared out among the threads. Each thread takes its items through all operations by
 * itself: nobody waits for others after an operation, and rows stay in the cache of the core that made them. */
#include <stdlib.h>

#include "base/mem.h"
#include "compute/cpu/cpu_device.h"

/* Every share reads all weights once, so shares must have enough rows, and the more the more threads read at
 * the same time. Measured: two threads with 50 rows each (docs/speed/log.md). So few threads share, and the
 * memory of their parts, 8 MB a thread in the fast precision, stays small. */
#define SHARE_ROWS_PER_THREAD 25

static CpuDevice make_part(const CpuDevice *device, size_t worker)
{
    CpuDevice part = *device;
    part.base.thread_count = 1;
    part.pool = NULL;
    part.owns_pool = false;
    part.workspace = cpu_workspace(device, worker);
    part.i16_space = NULL;
    part.images_u8 = NULL;
    part.parts = NULL;
    return part;
}

/* Make what is missing of the parts. Returns false if there is no memory for them. */
static bool prepare_parts(CpuDevice *device)
{
    size_t count = (size_t)device->base.thread_count;
    if (device->parts == NULL) {
        CpuDevice *parts = rv_mem_alloc(count, sizeof *parts, NULL);
        if (parts == NULL)
            return false;
        for (size_t worker = 0; worker < count; worker++)
            parts[worker] = make_part(device, worker);
        device->parts = parts;
    }
    for (size_t worker = 0; worker < count && device->i16_space != NULL; worker++) {
        if (rv_cpu_i16_space_create(&device->parts[worker], NULL) != RV_OK)
            return false;
    }
    return true;
}

void rv_cpu_parts_destroy(CpuDevice *device)
{
    for (int worker = 0; device->parts != NULL && worker < device->base.thread_count; worker++)
        rv_cpu_i16_space_destroy(&device->parts[worker]);
    free(device->parts);
    device->parts = NULL;
}

typedef struct ShareJob {
    CpuDevice *parts;
    size_t share_items;
    ShareWork work;
    void *context;
} ShareJob;

static void run_share(void *context, size_t index, int worker)
{
    const ShareJob *job = context;
    job->work(job->context, &job->parts[worker].base, index * job->share_items, job->share_items);
}

/* All shares are equally large. The items that are left over are done by all threads together, and so are all
 * if the pool works for somebody else: alone, a share's thread would stay alone for the whole batch. */
void rv_cpu_share(Compute *compute, size_t count, size_t item_rows, ShareWork work, void *context)
{
    CpuDevice *device = (CpuDevice *)compute;
    size_t threads = (size_t)compute->thread_count, share_items = count / threads;
    bool shares =
        threads > 1 && share_items * item_rows >= SHARE_ROWS_PER_THREAD * threads && prepare_parts(device);
    ShareJob job = {device->parts, share_items, work, context};
    size_t shared =
        shares && rv_threads_try_run(device->pool, threads, run_share, &job) ? threads * share_items : 0;
    if (shared < count)
        work(context, compute, shared, count - shared);
}
