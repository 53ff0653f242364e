/* SPDX-License-Identifier: MIT */
/* Errors that all of the server uses. */
#include "web_error.h"

#include <stdarg.h>
#include <stdio.h>

RvStatus web_error(RvError *err, RvStatus status, const char *format, ...)
{
    va_list arguments;
    *err = (RvError){.status = status};
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    return status;
}

RvStatus web_error_memory(RvError *err)
{
    return web_error(err, RV_ERROR_MEMORY, "out of memory");
}
