/* SPDX-License-Identifier: MIT */
/* The compute device that was asked for to search a library's codes, and when it is left for the processor.
 */
#ifndef RV_DEVICE_CHOICE_H
#define RV_DEVICE_CHOICE_H

#include <pthread.h>

#include "search/codes/code_device.h"

#define DEVICE_NAME_BYTES 32

/* What a process holds of the device for one library: one search uses it at a time. */
typedef struct DeviceMemory {
    bool asked;                   // a device was asked for; never changes
    pthread_mutex_t mutex;        // guards the members below, and the device
    char name[DEVICE_NAME_BYTES]; // as it was asked for; "": none, or it has failed
    CodeDevice *device;           // opened by the first search
    bool refuses;
    uint8_t refused[STORE_TOKEN_BYTES]; // the codes that it did not take
} DeviceMemory;

/* name: as ComputeOptions.device; NULL or "cpu": none. Errors: ARGUMENT (no such name). */
RvStatus rv_device_memory_init(DeviceMemory *memory, const char *name, RvError *err);
void rv_device_memory_clear(DeviceMemory *memory);

/* The device as one handle of the library sees it: the first reason why the processor searches instead goes
 * to its log. */
typedef struct DeviceChoice {
    DeviceMemory *memory; // borrowed
    RvLog log;
    atomic_bool warned;
} DeviceChoice;

/* Whether a device was asked for, even if it has failed since. */
bool rv_device_choice_asked(const DeviceChoice *choice);
/* The device with the file's codes, until it is given back: other searches wait for that. *out NULL: search
 * on the processor, give nothing back. *damaged: the codes are. The only error is that there is no such
 * device. */
RvStatus rv_device_choice_take(DeviceChoice *choice, const Store *store, CodeFile *file, ThreadPool *pool,
                               CodeDevice **out, bool *damaged, RvError *err);
/* NULL is accepted. A device that failed meanwhile is not used again. Returns whether it has failed. */
bool rv_device_choice_give_back(DeviceChoice *choice, const Store *store, CodeDevice *device);

#endif
