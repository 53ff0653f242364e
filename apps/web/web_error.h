/* SPDX-License-Identifier: MIT */
/* Errors that all of the server uses. */
#ifndef RV_WEB_ERROR_H
#define RV_WEB_ERROR_H

#include "reelvec/status.h"

/* Fill in err and return the status. */
RvStatus web_error(RvError *err, RvStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
RvStatus web_error_memory(RvError *err);

#endif
