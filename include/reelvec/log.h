/* SPDX-License-Identifier: MIT */
/* Where warnings go. The library never prints; it hands lines to the caller's function. */
#ifndef REELVEC_LOG_H
#define REELVEC_LOG_H

typedef enum RvLogLevel { RV_LOG_ERROR, RV_LOG_WARNING, RV_LOG_INFO, RV_LOG_DEBUG } RvLogLevel;

/* `write` may be NULL (silence). It may be called from any of the library's threads, one call at a time per
 * opened object. `message` is one line without its newline, and is valid only during the call. */
typedef struct RvLog {
    void (*write)(void *user, RvLogLevel level, const char *message);
    void *user;
} RvLog;

#endif
