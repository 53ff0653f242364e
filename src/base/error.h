/* SPDX-License-Identifier: MIT */
/* Writing the message of a failure, at the place that detects it. */
#ifndef RV_BASE_ERROR_H
#define RV_BASE_ERROR_H

#include <stddef.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

/* Write status and message into err (NULL is accepted) and give the status back, for `return
 * rv_error_set(...)`. Control characters in the result become '?', so that a hostile name cannot break the
 * line. */
RvStatus rv_error_set(RvError *err, RvStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* RV_ERROR_MEMORY with the amount that was refused. */
RvStatus rv_error_memory(RvError *err, size_t size_bytes);

/* Hand a formatted line to the log; nothing happens where log is NULL or has no function. */
void rv_log_line(const RvLog *log, RvLogLevel level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
