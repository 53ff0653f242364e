/* SPDX-License-Identifier: MIT */
/* POST and GET /api/v1/jobs, GET and DELETE /api/v1/jobs/{id}, GET /api/v1/jobs/{id}/events: indexing folders below the
 * media roots. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "context.h"
#include "jobs.h"
#include "members.h"

static bool refuse(Request *request, const char *message)
{
    reply_error(&request->reply, 400, "bad_parameter", "%s", message);
    return false;
}

static int64_t count_roots(const WebServer *server)
{
    int64_t count = 0;
    while (server->media_roots != NULL && server->media_roots[count] != NULL)
        count++;
    return count;
}

/* The real path of what a client named below a root: no way out of it, neither by dots nor by links. */
static bool find_place(Request *request, JobWish *wish, char real[PATH_MAX])
{
    char path[PATH_MAX];
    size_t length = strlen(wish->place);
    int size = snprintf(path, sizeof path, "%s/%s", wish->place, wish->folder);
    bool there = size > 0 && (size_t)size < sizeof path && realpath(path, real) != NULL;
    bool inside = there && strncmp(real, wish->place, length) == 0 &&
                  (real[length] == '\0' || real[length] == '/' || wish->place[length - 1] == '/');
    wish->path = real;
    if (!inside) // whether there is such a thing elsewhere is nobody's business
        reply_error(&request->reply, 404, "no_such_folder", "there is no such folder below the media root");
    return inside;
}

static bool read_wish(Request *request, const json_t *body, JobWish *wish, char real[PATH_MAX])
{
    static const char *const names[] = {"root", "folder", "every", "retry_failed", NULL};
    const WebServer *server = request->server;
    const json_t *root = json_object_get(body, "root"), *folder = json_object_get(body, "folder");
    const json_t *every = json_object_get(body, "every"), *retry = json_object_get(body, "retry_failed");
    if (!members_are_known(request, body, names))
        return false;
    if (root != NULL && !json_is_integer(root))
        return refuse(request, "root has to be the number of a media root");
    if (folder != NULL && !json_is_string(folder))
        return refuse(request, "folder has to be a text");
    if (every != NULL &&
        (!json_is_number(every) || !(json_number_value(every) >= 0.01 && json_number_value(every) <= 3600)))
        return refuse(request, "every has to be a number of seconds from 0.01 to 3600");
    if (retry != NULL && !json_is_boolean(retry))
        return refuse(request, "retry_failed has to be true or false");
    *wish = (JobWish){.root = json_integer_value(root),
                      .folder = folder != NULL ? json_string_value(folder) : "",
                      .every_s = json_number_value(every),
                      .retry_failed = json_is_true(retry)};
    if (wish->root < 0 || wish->root >= count_roots(server)) {
        reply_error(&request->reply, 404, "no_such_root", "there is no media root %lld",
                    (long long)wish->root);
        return false;
    }
    wish->place = server->media_roots[wish->root];
    return find_place(request, wish, real);
}

void api_job_start(Request *request, Reply *reply)
{
    WebServer *server = request->server;
    RvError err = {0};
    JobWish wish;
    char real[PATH_MAX];
    int64_t id = 0;
    if (server->jobs == NULL) {
        reply_error(reply, 501, "no_jobs",
                    "this server indexes nothing: it has no media root, no model, or a library "
                    "that is not a file");
        return;
    }
    json_t *body = request_json(request);
    if (body != NULL && read_wish(request, body, &wish, real)) {
        if (jobs_add(server->jobs, &wish, &id, &err) != RV_OK)
            reply_failure(reply, &err);
        else
            reply_json(reply, 201, jobs_show(server->jobs, id));
    }
    json_decref(body);
}

void api_jobs(Request *request, Reply *reply)
{
    const WebServer *server = request->server;
    reply_json(reply, 200,
               json_pack("{s:o}", "jobs", server->jobs != NULL ? jobs_list(server->jobs) : json_array()));
    reply_header(reply, "Cache-Control", "no-store");
}

static void refuse_id(Request *request)
{
    reply_error(&request->reply, 404, "no_such_job", "there is no job %s (any more)",
                request_value(request, "id"));
}

void api_job(Request *request, Reply *reply)
{
    const WebServer *server = request->server;
    int64_t id;
    json_t *job =
        server->jobs != NULL && request_number(request, "id", &id) ? jobs_show(server->jobs, id) : NULL;
    if (job != NULL)
        reply_json(reply, 200, job);
    else
        refuse_id(request);
    reply_header(reply, "Cache-Control", "no-store");
}

void api_job_cancel(Request *request, Reply *reply)
{
    const WebServer *server = request->server;
    int64_t id;
    if (server->jobs != NULL && request_number(request, "id", &id) && jobs_cancel(server->jobs, id))
        reply_empty(reply, 204);
    else
        refuse_id(request);
}

void api_job_events(Request *request, Reply *reply)
{
    const WebServer *server = request->server;
    int64_t id;
    bool there = server->jobs != NULL && request_number(request, "id", &id);
    json_t *job = there ? jobs_show(server->jobs, id) : NULL;
    Stream *stream = job != NULL && request->method != METHOD_HEAD ? jobs_watch(server->jobs, id) : NULL;
    if (stream != NULL)
        reply_stream(reply, 200, "text/event-stream", stream);
    else if (job != NULL && request->method == METHOD_HEAD)
        reply_bytes(reply, 200, "text/event-stream", "", 0, NULL);
    else
        refuse_id(request);
    reply_header(reply, "Cache-Control", "no-store");
    reply_header(reply, "X-Accel-Buffering", "no"); // of nginx
    json_decref(job);
}
