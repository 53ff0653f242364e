/* SPDX-License-Identifier: MIT */
/* One line for each request. */
#ifndef RV_WEB_ACCESS_LOG_H
#define RV_WEB_ACCESS_LOG_H

#include "reelvec/log.h"
#include "request.h"

/* Count the answer, and write "time=... client=... method=GET path=/api/v1/search status=200 ..." to the server's log.
 * Parameters are left out: they tell what people look for, and may be the token. sent: the client has all of it. */
void access_log_write(WebServer *server, const Request *request, bool sent);
/* Any other line: level, then name=value pairs. */
void access_log_line(WebServer *server, RvLogLevel level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
