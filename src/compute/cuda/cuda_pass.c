/* SPDX-License-Identifier: MIT */
/* Passes of the CUDA device: operations recorded as a graph, which starts all their kernels with one call. */
#include "compute/cuda/cuda_device.h"

static void clear_pass(CudaDevice *device, CudaPass *pass)
{
    if (pass->executable != NULL)
        device->driver.executable_destroy(pass->executable);
    *pass = (CudaPass){0};
}

/* The entry of this pass; a new one takes a free place or that of the pass that was not used for longest. */
static CudaPass *find_pass(CudaDevice *device, const void *owner, size_t number, int slot)
{
    CudaPass *place = &device->passes[0];
    for (size_t i = 0; i < CUDA_PASSES; i++) {
        CudaPass *pass = &device->passes[i];
        if (pass->owner == owner && pass->number == number && pass->slot == slot)
            return pass;
        if (pass->last_use < place->last_use)
            place = pass;
    }
    clear_pass(device, place);
    *place = (CudaPass){.owner = owner, .number = number, .slot = slot};
    return place;
}

bool rv_cuda_pass_begin(Compute *compute, const void *owner, size_t number)
{
    CudaDevice *device = (CudaDevice *)compute;
    const CudaDriver *driver = &device->driver;
    device->pass_state = CUDA_PASS_NONE;
    if (!rv_cuda_enter(device))
        return false;
    bool known = false;
    for (size_t i = 0; i < CUDA_PASSES && !known; i++) {
        const CudaPass *pass = &device->passes[i];
        known = pass->owner == owner && pass->number == number && pass->slot == device->slot;
    }
    device->pass = find_pass(device, owner, number, device->slot);
    device->pass->last_use = ++device->pass_count;
    if (!known) {
        device->pass_state = CUDA_PASS_DIRECT;
        return true;
    }
    if (!rv_cuda_good(device,
                      driver->stream_wait_event(device->stream, device->slots[device->slot].uploaded, 0),
                      "an event"))
        return false;
    if (device->pass->executable != NULL) {
        device->pass_state = CUDA_PASS_REPLAY;
        return false;
    }
    if (!rv_cuda_good(device, driver->capture_begin(device->stream, CUDA_CAPTURE_RELAXED), "recording"))
        return false;
    device->pass_state = CUDA_PASS_RECORD;
    return true;
}

static void finish_recording(CudaDevice *device)
{
    const CudaDriver *driver = &device->driver;
    CudaHandle graph = NULL;
    // The recording has to be ended also where one of its operations failed.
    int result = driver->capture_end(device->stream, &graph);
    if (device->failure.status == RV_OK && rv_cuda_good(device, result, "recording"))
        rv_cuda_good(device, driver->graph_instantiate(&device->pass->executable, graph, 0), "recording");
    if (graph != NULL)
        driver->graph_destroy(graph);
}

void rv_cuda_pass_end(Compute *compute)
{
    CudaDevice *device = (CudaDevice *)compute;
    const CudaDriver *driver = &device->driver;
    CudaPassState state = device->pass_state;
    device->pass_state = CUDA_PASS_NONE;
    if (state == CUDA_PASS_RECORD)
        finish_recording(device);
    if (device->failure.status != RV_OK || (state != CUDA_PASS_RECORD && state != CUDA_PASS_REPLAY))
        return;
    if (rv_cuda_good(device, driver->graph_launch(device->pass->executable, device->stream),
                     "start of a pass"))
        rv_cuda_good(device, driver->event_record(device->slots[device->slot].consumed, device->stream),
                     "an event");
}

void rv_cuda_pass_forget(Compute *compute, const void *owner)
{
    CudaDevice *device = (CudaDevice *)compute;
    if (device->driver.context_set(device->context) != 0)
        return;
    device->driver.stream_wait(device->stream); // a pass that runs keeps its recording and its buffers
    for (size_t i = 0; i < CUDA_PASSES; i++) {
        if (owner == NULL || device->passes[i].owner == owner)
            clear_pass(device, &device->passes[i]);
    }
}
