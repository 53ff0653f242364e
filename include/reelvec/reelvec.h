/* SPDX-License-Identifier: MIT */
/* All of reelvec's C interface. */
#ifndef REELVEC_REELVEC_H
#define REELVEC_REELVEC_H

#include "reelvec/encoder.h"
#include "reelvec/image.h"
#include "reelvec/library.h"
#include "reelvec/log.h"
#include "reelvec/model.h"
#include "reelvec/status.h"
#include "reelvec/video.h"

#define REELVEC_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that is linked, which may be newer than the header's. */
RV_API const char *rv_version(void);

/* What the library stands on, a fact per call: "FFmpeg" and "SQLite" with their versions, "hwaccel" with the
 * types of video hardware and whether each opens here (which may take a second). */
RV_API void rv_describe_build(void (*fact)(void *user, const char *name, const char *value), void *user);

#ifdef __cplusplus
}
#endif
#endif
