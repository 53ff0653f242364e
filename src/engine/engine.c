/* SPDX-License-Identifier: MIT */
/* What libraries and encoders of one process share: threads, the device, opened models, memory of searches.
 */
#include "reelvec/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/engine_parts.h"

#define DEVICE_NAME_BYTES 32

struct RvEngine {
    atomic_int holder_count;
    int thread_count;
    char device[DEVICE_NAME_BYTES]; // "": none was named
    pthread_mutex_t mutex;          // guards pool
    ThreadPool *pool;               // NULL until it is needed
    Shared *searches, *models;
};

RvStatus rv_engine_create(const RvEngineOptions *options, RvEngine **out, RvError *err)
{
    static const RvEngineOptions defaults;
    *out = NULL;
    if (options == NULL)
        options = &defaults;
    if (RV_CHECK_RESERVED(RvEngineOptions, options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    const char *device = options->device != NULL ? options->device : "";
    RvStatus status = rv_threads_check(options->thread_count, err);
    if (status == RV_OK && strlen(device) >= DEVICE_NAME_BYTES)
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%.100s: no such device", device);
    if (status != RV_OK)
        return status;
    RvEngine *engine = rv_mem_alloc(1, sizeof *engine, err);
    if (engine == NULL)
        return RV_ERROR_MEMORY;
    atomic_init(&engine->holder_count, 1);
    engine->thread_count = options->thread_count;
    snprintf(engine->device, sizeof engine->device, "%s", device);
    pthread_mutex_init(&engine->mutex, NULL);
    status = rv_shared_create(&engine->searches, err);
    if (status == RV_OK)
        status = rv_shared_create(&engine->models, err);
    if (status == RV_OK)
        *out = engine;
    else
        rv_engine_release(engine);
    return status;
}

void rv_engine_destroy(RvEngine *engine)
{
    rv_engine_release(engine);
}

RvStatus rv_engine_hold(RvEngine *engine, int thread_count, RvEngine **out, RvError *err)
{
    *out = engine;
    if (engine == NULL)
        return rv_engine_create(&(RvEngineOptions){.thread_count = thread_count}, out, err);
    atomic_fetch_add(&engine->holder_count, 1);
    return RV_OK;
}

void rv_engine_release(RvEngine *engine)
{
    if (engine == NULL || atomic_fetch_sub(&engine->holder_count, 1) > 1)
        return;
    rv_threads_destroy(engine->pool);
    rv_shared_destroy(engine->searches);
    rv_shared_destroy(engine->models);
    pthread_mutex_destroy(&engine->mutex);
    free(engine);
}

RvStatus rv_engine_pool(RvEngine *engine, ThreadPool **out, RvError *err)
{
    pthread_mutex_lock(&engine->mutex);
    RvStatus status =
        engine->pool == NULL ? rv_threads_create(engine->thread_count, &engine->pool, err) : RV_OK;
    *out = engine->pool;
    pthread_mutex_unlock(&engine->mutex);
    return status;
}

const char *rv_engine_device(const RvEngine *engine)
{
    return engine->device[0] != '\0' ? engine->device : NULL;
}

Shared *rv_engine_searches(RvEngine *engine)
{
    return engine->searches;
}

Shared *rv_engine_models(RvEngine *engine)
{
    return engine->models;
}
