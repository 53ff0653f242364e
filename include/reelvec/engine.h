/* SPDX-License-Identifier: MIT */
/* What libraries and encoders of one process share: threads, the device, opened models, memory of searches.
 */
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
    const char *device; /* as RvLibraryOptions.device and RvEncoderOptions.device, which override it */
    uint64_t reserved[8];
} RvEngineOptions;

/* An engine is for programs that open several libraries or encoders, or use them from several threads: pass
 * it in RvLibraryOptions and RvEncoderOptions. Libraries of the same file share what searches keep in memory;
 * encoders of the same model and options are one. Without one, each library and encoder has its own threads.
 * Threads: all functions may be called from any thread at any time. Errors: ARGUMENT, MEMORY. */
RV_API RvStatus rv_engine_create(const RvEngineOptions *options, RvEngine **out, RvError *err);
/* Libraries and encoders that are still open keep what they use. NULL is accepted. */
RV_API void rv_engine_destroy(RvEngine *engine);

#ifdef __cplusplus
}
#endif
#endif
