/* SPDX-License-Identifier: MIT */
/* GET /api/v1/library: what is served, by which model, and what this server can do. */
#include <string.h>

#include "api.h"
#include "asking.h"
#include "context.h"

/* videos: NULL: the library is not there. */
static json_t *describe_model(const WebServer *server, const ShelfVideos *videos)
{
    if (server->encoder == NULL)
        return json_pack("{s:n, s:o}", "name", "error", reply_text(server->model_error));
    const RvModelInfo *info = rv_encoder_info(server->encoder);
    json_t *model = json_pack("{s:o, s:s, s:i, s:i, s:i}", "name", reply_text(info->name), "family",
                              info->family, "dimensions", info->dimensions, "image_size", info->image_size,
                              "context_length", info->context_length);
    if (videos != NULL && videos->other_model != NULL)
        json_object_set_new(model, "error", reply_text(videos->other_model));
    return model;
}

static const char *state_of(const ShelfVideos *videos)
{
    if (videos == NULL)
        return "absent";
    if (videos->other_model != NULL)
        return "other_model";
    return videos->frame_count > 0 ? "ready" : "empty";
}

/* Folders by number; clients never name paths. */
static json_t *list_roots(const WebServer *server)
{
    json_t *roots = json_array();
    for (size_t i = 0; server->media_roots != NULL && server->media_roots[i] != NULL; i++) {
        const char *path = server->media_roots[i], *slash = strrchr(path, '/');
        const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
        json_array_append_new(roots, json_pack("{s:I, s:o}", "id", (json_int_t)i, "name", reply_text(name)));
    }
    return roots;
}

static json_t *describe_server(const WebServer *server)
{
    return json_pack("{s:b, s:b, s:o, s:I, s:I}", "ffmpeg", server->ffmpeg != NULL, "urls",
                     server->allow_urls, "media_roots", list_roots(server), "picture_bytes",
                     (json_int_t)server->limits.picture_bytes, "json_bytes",
                     (json_int_t)server->limits.json_bytes);
}

static json_t *count_videos(const ShelfVideos *videos)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "total", (json_int_t)(videos != NULL ? videos->videos.count : 0),
                     "complete", (json_int_t)(videos != NULL ? videos->complete_count : 0), "indexing",
                     (json_int_t)(videos != NULL ? videos->indexing_count : 0), "failed",
                     (json_int_t)(videos != NULL ? videos->failed_count : 0));
}

void api_library(Request *request, Reply *reply)
{
    WebServer *server = request->server;
    Asking asking;
    // A library that is not there yet is a state that the page explains, not a failure.
    bool there = asking_videos(&asking, request);
    bool gone = !there && strcmp(reply->code, "library_gone") == 0;
    if (!there && !gone) {
        asking_end(&asking);
        return;
    }
    const char *uri = shelf_uri(server->shelf), *slash = strrchr(uri, '/');
    json_t *answer = json_pack(
        "{s:s, s:s, s:o, s:o, s:I, s:o, s:o}", "version", rv_version(), "state",
        state_of(there ? asking.videos : NULL), "name", reply_text(slash != NULL ? slash + 1 : uri), "videos",
        count_videos(asking.videos), "frames", (json_int_t)(there ? asking.videos->frame_count : 0), "model",
        describe_model(server, there ? asking.videos : NULL), "capabilities", describe_server(server));
    char tag[20];
    snprintf(tag, sizeof tag, "%016llx", (unsigned long long)(there ? asking.videos->state : 0));
    if (answer != NULL)
        json_object_set_new(answer, "tag", json_string(tag));
    char details[RV_MODEL_DETAILS_SIZE] = "", id[RV_LIBRARY_ID_SIZE];
    RvError err = {0};
    if (answer != NULL)
        json_object_set_new(answer, "id",
                            there && rv_library_id(asking.book->library, id, &err) == RV_OK ? json_string(id)
                                                                                            : json_null());
    if (there && rv_library_model_details(asking.book->library, details, sizeof details, &err) == RV_OK &&
        answer != NULL)
        json_object_set_new(answer, "model_details", reply_text(details));
    asking_end(&asking);
    reply_clear(reply);
    reply_json(reply, 200, answer);
    reply_header(reply, "Cache-Control", "no-store");
}
