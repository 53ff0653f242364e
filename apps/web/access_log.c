/* SPDX-License-Identifier: MIT */
/* Log lines of name=value pairs, which people and programs read. */
#include "access_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "context.h"
#include "metrics.h"
#include "routes.h"
#include "web_clock.h"

#define LINE_BYTES 1024
#define PATH_BYTES 256

static const char *method_name(Method method)
{
    return method == METHOD_GET       ? "GET"
           : method == METHOD_HEAD    ? "HEAD"
           : method == METHOD_POST    ? "POST"
           : method == METHOD_DELETE  ? "DELETE"
           : method == METHOD_OPTIONS ? "OPTIONS"
                                      : "other";
}

void access_log_line(WebServer *server, RvLogLevel level, const char *format, ...)
{
    char line[LINE_BYTES], when[40];
    struct timespec now;
    struct tm parts;
    if (server->log.write == NULL)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &parts);
    int size = snprintf(line, sizeof line, "time=%s.%03ldZ ", when, now.tv_nsec / 1000000);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + size, sizeof line - (size_t)size, format, arguments);
    va_end(arguments);
    for (char *at = line; *at != '\0'; at++) { // names of files may have anything in them
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = '?';
    }
    pthread_mutex_lock(&server->log_mutex);
    server->log.write(server->log.user, level, line);
    pthread_mutex_unlock(&server->log_mutex);
}

/* What came is shown as far as it is printable. */
static void copy_path(const Request *request, char path[PATH_BYTES])
{
    const char *from = request->path != NULL ? request->path : "";
    size_t i = 0;
    for (; from[i] != '\0' && i + 1 < PATH_BYTES; i++) {
        unsigned char byte = (unsigned char)from[i];
        path[i] = byte > ' ' && byte < 0x7F && byte != '"' && byte != '=' ? (char)byte : '?';
    }
    path[i] = '\0';
}

void access_log_write(WebServer *server, const Request *request, bool sent)
{
    char path[PATH_BYTES];
    const Reply *reply = &request->reply;
    double end_s = web_clock_s();
    size_t route = request->route != NULL ? (size_t)(request->route - web_routes) : web_route_count;
    // 499: the client went away, as others write it.
    int status = sent ? reply->status : 499;
    uint64_t bytes = sent && request->method != METHOD_HEAD ? reply->size_bytes : 0;
    metrics_answer(server->metrics, route, status, end_s - request->start_s, bytes);
    copy_path(request, path);
    char more[128] = "";
    if (request->worked_s > 0)
        snprintf(more, sizeof more, " queue_ms=%.1f", (request->worked_s - request->queued_s) * 1e3);
    if (reply->code[0] != '\0') {
        size_t length = strlen(more);
        snprintf(more + length, sizeof more - length, " error=%s", reply->code);
    }
    access_log_line(server, status >= 500 && status != 503 ? RV_LOG_WARNING : RV_LOG_INFO,
                    "client=%s method=%s path=%s status=%d ms=%.1f bytes=%llu%s", request->peer,
                    method_name(request->method), path, status, (end_s - request->start_s) * 1e3,
                    (unsigned long long)bytes, more);
}
