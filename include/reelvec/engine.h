/* SPDX-License-Identifier: MIT */
/* Shared by the libraries and encoders of one process: threads, the device, opened models, memory of
 * searches. */
#ifndef REELVEC_ENGINE_H
#define REELVEC_ENGINE_H

#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvEngine RvEngine;

/* Zeroed options are good defaults. */
typedef struct RvEngineOptions {
    int thread_count;   /* of all work together; 0: one per core that this process may use; at most
                           RV_THREADS_MAX */
    const char *device; /* default of RvLibraryOptions.device and RvEncoderOptions.device */
    uint64_t reserved[8];
} RvEngineOptions;

/* Create an engine, for programs that open several libraries or encoders, or use them from several threads.
 * Pass it in RvLibraryOptions and RvEncoderOptions. Libraries of the same file share what searches keep in
 * memory. Encoders of the same model and options share one model. Without an engine, each library and encoder
 * has threads of its own. Threads: all functions of this header may be called from any thread at any time.
 * Errors: ARGUMENT, MEMORY. */
RV_API RvStatus rv_engine_create(const RvEngineOptions *options, RvEngine **out, RvError *err);
/* Destroy an engine. What open libraries and encoders use is kept until they are closed. NULL is accepted. */
RV_API void rv_engine_destroy(RvEngine *engine);

#ifdef __cplusplus
}
#endif
#endif
