/* SPDX-License-Identifier: MIT */
/* All addresses. A test compares this table with page/openapi.json. */
#include "api.h"
#include "routes.h"

#define READ (METHOD_GET | METHOD_HEAD)

const Route web_routes[] = {
    {READ, "/", "page", api_page, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {READ, "/page/style.css", "page_style", api_page_style, ROUTE_LIGHT, ROUTE_NO_BODY, true},
    {READ, "/page/{file}", "page_file", api_page_file, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {READ, "/healthz", "healthz", api_healthz, ROUTE_LIGHT, ROUTE_NO_BODY, true},
    {READ, "/metrics", "metrics", api_metrics, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {READ, "/api/v1/openapi.json", "openapi", api_openapi, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {READ, "/api/v1/library", "library", api_library, ROUTE_LIBRARY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos", "videos", api_videos, ROUTE_HEAVY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}", "video", api_video, ROUTE_HEAVY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}/frames", "frames", api_frames, ROUTE_LIBRARY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}/frames/{number}.jpg", "frame_picture", api_frame_picture, ROUTE_LIBRARY,
     ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}/sprite.json", "sprite", api_sprite, ROUTE_LIBRARY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}/sprite.jpg", "sprite_picture", api_sprite_picture, ROUTE_HEAVY, ROUTE_NO_BODY,
     false},
    {READ, "/api/v1/videos/{id}/media", "media", api_media, ROUTE_HEAVY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}/play", "play", api_play, ROUTE_PLAY, ROUTE_NO_BODY, false},
    {READ, "/api/v1/videos/{id}/scores", "scores", api_scores, ROUTE_HEAVY, ROUTE_NO_BODY, false},
    {METHOD_POST, "/api/v1/videos/{id}/scores", "scores", api_scores, ROUTE_HEAVY, ROUTE_JSON, false},
    {READ, "/api/v1/search", "search", api_search, ROUTE_HEAVY, ROUTE_NO_BODY, false},
    {METHOD_POST, "/api/v1/search", "search", api_search, ROUTE_HEAVY, ROUTE_JSON, false},
    {METHOD_POST, "/api/v1/pictures", "picture_upload", api_picture_upload, ROUTE_HEAVY, ROUTE_PICTURE,
     false},
    {READ, "/api/v1/pictures/{sha256}", "picture", api_picture, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {METHOD_POST, "/api/v1/export", "export", api_export, ROUTE_HEAVY, ROUTE_JSON, false},
    {METHOD_POST, "/api/v1/clips", "clips", api_clips, ROUTE_CLIPS, ROUTE_JSON, false},
    {READ, "/api/v1/jobs", "jobs", api_jobs, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {METHOD_POST, "/api/v1/jobs", "jobs", api_job_start, ROUTE_HEAVY, ROUTE_JSON, false},
    {READ, "/api/v1/jobs/{id}", "job", api_job, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {METHOD_DELETE, "/api/v1/jobs/{id}", "job", api_job_cancel, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {READ, "/api/v1/jobs/{id}/events", "job_events", api_job_events, ROUTE_LIGHT, ROUTE_NO_BODY, false},
    {METHOD_POST, "/v1/embeddings", "embeddings", api_embeddings, ROUTE_LONG, ROUTE_PICTURE, false},
};
const size_t web_route_count = sizeof web_routes / sizeof web_routes[0];
