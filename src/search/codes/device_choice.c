/* SPDX-License-Identifier: MIT */
/* The compute device that was asked for to search a library's codes, and when it is left for the processor.
 */
#include "search/codes/device_choice.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "compute/compute.h"

RvStatus rv_device_memory_init(DeviceMemory *memory, const char *name, RvError *err)
{
    *memory = (DeviceMemory){0};
    pthread_mutex_init(&memory->mutex, NULL);
    if (name == NULL || strcmp(name, "cpu") == 0)
        return RV_OK;
    memory->asked = true;
    snprintf(memory->name, sizeof memory->name, "%s", name);
    return rv_compute_check_name(name, err);
}

void rv_device_memory_clear(DeviceMemory *memory)
{
    rv_code_device_close(memory->device);
    pthread_mutex_destroy(&memory->mutex);
}

bool rv_device_choice_asked(const DeviceChoice *choice)
{
    return choice->memory->asked;
}

static void warn(DeviceChoice *choice, const Store *store, const char *reason)
{
    if (!atomic_exchange(&choice->warned, true))
        rv_log_line(&choice->log, RV_LOG_WARNING, "%s: searched on the CPU: %s", rv_store_uri(store), reason);
}

static void leave_device(DeviceMemory *memory)
{
    rv_code_device_close(memory->device);
    memory->device = NULL;
    memory->name[0] = '\0';
}

/* The mutex is held. */
static RvStatus find_device(DeviceChoice *choice, const Store *store, CodeFile *file, ThreadPool *pool,
                            CodeDevice **out, bool *damaged, RvError *err)
{
    DeviceMemory *memory = choice->memory;
    RvError reason = {0};
    if (memory->name[0] == '\0' ||
        (memory->refuses && memcmp(memory->refused, file->token, sizeof memory->refused) == 0))
        return RV_OK;
    if (memory->device == NULL) {
        RvStatus status = rv_code_device_open(memory->name, &memory->device, err);
        if (status != RV_OK)
            return status;
    }
    if (memory->device == NULL) {
        leave_device(memory);
        return RV_OK;
    }
    RvStatus status = rv_code_device_load(memory->device, file, pool, damaged, &reason);
    memory->refuses = status == RV_ERROR_MEMORY || status == RV_ERROR_UNSUPPORTED;
    memcpy(memory->refused, file->token, sizeof memory->refused);
    if (status == RV_OK && !*damaged)
        *out = memory->device;
    if (status != RV_OK)
        warn(choice, store, reason.message);
    if (status != RV_OK && !memory->refuses)
        leave_device(memory);
    return RV_OK;
}

RvStatus rv_device_choice_take(DeviceChoice *choice, const Store *store, CodeFile *file, ThreadPool *pool,
                               CodeDevice **out, bool *damaged, RvError *err)
{
    *out = NULL;
    *damaged = false;
    pthread_mutex_lock(&choice->memory->mutex);
    RvStatus status = find_device(choice, store, file, pool, out, damaged, err);
    if (*out == NULL)
        pthread_mutex_unlock(&choice->memory->mutex);
    return status;
}

bool rv_device_choice_give_back(DeviceChoice *choice, const Store *store, CodeDevice *device)
{
    const char *failure = device != NULL ? rv_code_device_failure(device) : NULL;
    if (failure != NULL) {
        warn(choice, store, failure);
        leave_device(choice->memory);
    }
    if (device != NULL)
        pthread_mutex_unlock(&choice->memory->mutex);
    return failure != NULL;
}
