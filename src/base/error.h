/* SPDX-License-Identifier: MIT */
/* Writing the message of a failure, at the place that detects it. */
#ifndef RV_BASE_ERROR_H
#define RV_BASE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

/* Write status and message into err (which may be NULL) and return the status, for `return
 * rv_error_set(...)`. Control characters in the message become '?', so that a hostile file name cannot break
 * the line. */
RvStatus rv_error_set(RvError *err, RvStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a hint. subject: the name that the hint is about; NULL if none. The other functions set
 * RV_HINT_NONE. Messages never name options or commands of a front: what to call instead is a hint
 * (reelvec/status.h). */
RvStatus rv_error_set_hint(RvError *err, RvStatus status, RvHint hint, const char *subject,
                           const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same with the hint of `cause`, whose message is usually an argument. */
RvStatus rv_error_wrap(RvError *err, RvStatus status, const RvError *cause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Set RV_ERROR_MEMORY; the message names the number of bytes that were refused. Returns the status. */
RvStatus rv_error_memory(RvError *err, size_t size_bytes);

/* ARGUMENT unless all reserved members of a caller's struct are 0: the caller was made for a newer reelvec.
 */
RvStatus rv_error_check_reserved(const char *struct_name, const uint64_t *reserved, size_t count,
                                 RvError *err);

/* The same for a pointer to the struct. */
#define RV_CHECK_RESERVED(type, pointer, err)                                                                \
    rv_error_check_reserved(#type, (pointer)->reserved,                                                      \
                            sizeof((const type *)(pointer))->reserved / sizeof(uint64_t), err)

/* Pass a formatted line to the log. Does nothing if log is NULL or has no function. Control characters become
 * '?'. */
void rv_log_line(const RvLog *log, RvLogLevel level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
