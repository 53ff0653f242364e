/* SPDX-License-Identifier: MIT */
/* Versions: of the headers, of the linked library, and of what it stands on. */
#ifndef REELVEC_VERSION_H
#define REELVEC_VERSION_H

#include "reelvec/status.h"

#define REELVEC_VERSION "0.1.0"

/* The number of the binary interface, which is also the number in the shared library's name. It rises with
 * every change that breaks programs compiled before. A test compares the interface with the table
 * tests/project/abi.txt. */
#define REELVEC_API_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* Threads: all functions of this header may be called from any thread at any time. */

/* The version of the library that is linked, which may be newer than the header's. */
RV_API const char *rv_version(void);

/* REELVEC_API_VERSION of the library that is linked. A program that loads the library by itself compares it.
 */
RV_API int rv_api_version(void);

/* What the library is built on, one fact per call: "FFmpeg", "CUDA" and "SQLite" with their versions,
 * "hwaccel" with the types of video hardware and whether each opens here (which may take a second). */
RV_API void rv_describe_build(void (*fact)(void *user, const char *name, const char *value), void *user);

#ifdef __cplusplus
}
#endif
#endif
