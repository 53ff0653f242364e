/* SPDX-License-Identifier: MIT */
/* Status names, error messages, log lines. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

const char *rv_status_name(RvStatus status)
{
    static const char *const names[] = {
        [RV_OK] = "ok",
        [RV_ERROR_ARGUMENT] = "bad argument",
        [RV_ERROR_NOT_FOUND] = "not found",
        [RV_ERROR_IO] = "input/output error",
        [RV_ERROR_FORMAT] = "bad format",
        [RV_ERROR_UNSUPPORTED] = "unsupported",
        [RV_ERROR_MISMATCH] = "mismatch",
        [RV_ERROR_NETWORK] = "network error",
        [RV_ERROR_MEMORY] = "out of memory",
        [RV_ERROR_BUSY] = "busy",
        [RV_ERROR_CANCELLED] = "cancelled",
        [RV_ERROR_INTERNAL] = "internal error",
    };
    if ((unsigned)status >= sizeof names / sizeof names[0])
        return "unknown status";
    return names[status];
}

static void replace_control_characters(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
}

static RvStatus set_error(RvError *err, RvStatus status, RvHint hint, const char *subject, const char *format,
                          va_list arguments)
{
    if (err == NULL)
        return status;
    // Message and subject are built in copies because those of *err may be among the arguments.
    char message[RV_ERROR_MESSAGE_SIZE], name[RV_ERROR_SUBJECT_SIZE];
    vsnprintf(message, sizeof message, format, arguments);
    snprintf(name, sizeof name, "%s", subject != NULL ? subject : "");
    replace_control_characters(message);
    replace_control_characters(name);
    err->status = status;
    err->hint = hint;
    snprintf(err->message, sizeof err->message, "%s", message);
    snprintf(err->hint_subject, sizeof err->hint_subject, "%s", name);
    return status;
}

RvStatus rv_error_set(RvError *err, RvStatus status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(err, status, RV_HINT_NONE, NULL, format, arguments);
    va_end(arguments);
    return status;
}

RvStatus rv_error_set_hint(RvError *err, RvStatus status, RvHint hint, const char *subject,
                           const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(err, status, hint, subject, format, arguments);
    va_end(arguments);
    return status;
}

RvStatus rv_error_wrap(RvError *err, RvStatus status, const RvError *cause, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(err, status, cause->hint, cause->hint_subject, format, arguments);
    va_end(arguments);
    return status;
}

RvStatus rv_error_memory(RvError *err, size_t size_bytes)
{
    return rv_error_set(err, RV_ERROR_MEMORY, "out of memory: %zu bytes were refused", size_bytes);
}

RvStatus rv_error_check_reserved(const char *struct_name, const uint64_t *reserved, size_t count,
                                 RvError *err)
{
    for (size_t i = 0; i < count; i++) {
        if (reserved[i] != 0)
            return rv_error_set(err, RV_ERROR_ARGUMENT,
                                "%s: made for a newer reelvec: a member that this version reserves is not 0",
                                struct_name);
    }
    return RV_OK;
}

void rv_log_line(const RvLog *log, RvLogLevel level, const char *format, ...)
{
    if (log == NULL || log->write == NULL)
        return;
    char message[RV_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    replace_control_characters(message);
    log->write(log->user, level, message);
}
