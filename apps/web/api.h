/* SPDX-License-Identifier: MIT */
/* The handlers of all addresses (route_table.c). */
#ifndef RV_WEB_API_H
#define RV_WEB_API_H

#include "request.h"

void api_healthz(Request *request, Reply *reply);
void api_metrics(Request *request, Reply *reply);
void api_page(Request *request, Reply *reply);      // the page itself
void api_page_file(Request *request, Reply *reply); // {file}: what it consists of
void api_page_style(Request *request, Reply *reply);
void api_login(Request *request, Reply *reply); // instead of the page: 401 and a field for the token
void api_openapi(Request *request, Reply *reply);

void api_library(Request *request, Reply *reply);
void api_videos(Request *request, Reply *reply);
void api_video(Request *request, Reply *reply);
void api_frames(Request *request, Reply *reply);
void api_frame_picture(Request *request, Reply *reply);
void api_sprite(Request *request, Reply *reply);
void api_sprite_picture(Request *request, Reply *reply);
void api_scores(Request *request, Reply *reply);
void api_media(Request *request, Reply *reply);
void api_play(Request *request, Reply *reply);
void api_search(Request *request, Reply *reply);
void api_picture_upload(Request *request, Reply *reply);
void api_picture(Request *request, Reply *reply);
void api_export(Request *request, Reply *reply);
void api_clips(Request *request, Reply *reply);
void api_embeddings(Request *request, Reply *reply);

void api_jobs(Request *request, Reply *reply);
void api_job_start(Request *request, Reply *reply);
void api_job(Request *request, Reply *reply);
void api_job_cancel(Request *request, Reply *reply);
void api_job_events(Request *request, Reply *reply);

#endif
