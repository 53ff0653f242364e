/* SPDX-License-Identifier: MIT */
/* GET /healthz and /metrics. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "asking.h"
#include "bodies.h"
#include "clients.h"
#include "context.h"
#include "metrics.h"
#include "pictures.h"
#include "plays.h"
#include "text_vectors.h"
#include "web_clock.h"
#include "workers.h"

void api_healthz(Request *request, Reply *reply)
{
    bool stopping = atomic_load(&request->server->stopping);
    reply_json(reply, stopping ? 503 : 200, json_pack("{s:s}", "status", stopping ? "stopping" : "ok"));
    reply_header(reply, "Cache-Control", "no-store");
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Metrics are asked for when all else waits: a library on a server is not waited for. */
static ShelfVideos *look_at_videos(Request *request)
{
    Asking asking;
    if (!shelf_is_remote(request->server->shelf)) {
        asking_videos(&asking, request);
        asking_end(&asking);
        if (request->reply.status != 0) {
            reply_clear(&request->reply);
            return NULL;
        }
    }
    return shelf_last_videos(request->server->shelf);
}

void api_metrics(Request *request, Reply *reply)
{
    WebServer *server = request->server;
    WorkersState workers = workers_state(server->workers);
    ShelfVideos *videos = look_at_videos(request);
    const MetricsGauge gauges[] = {
        {"reelvec_library_up", "1 if the library can be read.", videos != NULL},
        {"reelvec_library_of_model", "1 if the library can be read and is of the server's model.",
         videos != NULL && server->encoder != NULL && videos->other_model == NULL},
        {"reelvec_library_frames", "Frames in the library.",
         videos != NULL ? (double)videos->frame_count : 0},
        {"reelvec_library_videos", "Videos in the library.",
         videos != NULL ? (double)videos->videos.count : 0},
        {"reelvec_connections", "Open connections.", (double)clients_count(server->clients)},
        {"reelvec_requests_running", "Requests whose answer has not ended.", atomic_load(&server->running)},
        {"reelvec_queue_length", "Requests that wait for a worker.", (double)workers.queued},
        {"reelvec_workers", "Threads for requests that take long.", (double)workers.threads},
        {"reelvec_workers_busy", "Of them, those that work.", (double)workers.running},
        {"reelvec_plays", "Videos that are converted for viewers.", (double)plays_count(server->plays)},
        {"reelvec_body_bytes", "Bodies of requests in memory.", (double)bodies_bytes(server->bodies)},
        {"reelvec_picture_bytes", "Uploaded pictures in memory.", (double)pictures_bytes(server->pictures)},
        {"reelvec_texts_cached", "Embeddings of texts in memory.",
         (double)text_vectors_count(server->text_vectors)},
        {"reelvec_resident_bytes", "Memory of the process.", resident_bytes()},
        {"reelvec_uptime_seconds", "Since the server started.", web_clock_s() - server->started_s},
    };
    char *text = metrics_write(server->metrics, gauges, sizeof gauges / sizeof gauges[0]);
    shelf_return_videos(server->shelf, videos);
    if (text == NULL)
        reply_memory(reply);
    else
        reply_bytes(reply, 200, "text/plain; version=0.0.4; charset=utf-8", text, strlen(text), free);
    reply_header(reply, "Cache-Control", "no-store");
}
