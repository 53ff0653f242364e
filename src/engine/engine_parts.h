/* SPDX-License-Identifier: MIT */
/* The parts of an engine, for the handles that are opened on it. */
#ifndef RV_ENGINE_PARTS_H
#define RV_ENGINE_PARTS_H

#include "base/shared_objects.h"
#include "base/threads.h"
#include "reelvec/engine.h"

/* One more holder, to be released; returns the engine. If engine is NULL, *out is a new one with so many
 * threads. Errors: ARGUMENT, MEMORY. */
RvStatus rv_engine_hold(RvEngine *engine, int thread_count, RvEngine **out, RvError *err);
void rv_engine_release(RvEngine *engine); // NULL is accepted

/* The threads, started by the first call. Borrowed. Errors: MEMORY. */
RvStatus rv_engine_pool(RvEngine *engine, ThreadPool **out, RvError *err);
/* The engine's device; NULL: none was named. */
const char *rv_engine_device(const RvEngine *engine);
/* By the file of a library: what searches keep of it (SearchMemory). */
Shared *rv_engine_searches(RvEngine *engine);
/* By model and options: opened models. */
Shared *rv_engine_models(RvEngine *engine);

#endif
