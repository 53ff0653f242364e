/* SPDX-License-Identifier: MIT */
/* What nearly every handler begins with: the library, its videos, the video of the address. */
#ifndef RV_WEB_ASKING_H
#define RV_WEB_ASKING_H

#include <jansson.h>

#include "request.h"
#include "shelf.h"

typedef struct Asking {
    Request *request;
    ShelfBook *book;
    ShelfVideos *videos;  // NULL: asking_library was called
    const RvVideo *video; // of asking_video
} Asking;

/* Each returns false with an error in the reply: 503 (library_gone, and what opening says), 404. asking_end follows in
 * any case. */
bool asking_library(Asking *asking, Request *request);
bool asking_videos(Asking *asking, Request *request);
bool asking_video(Asking *asking, Request *request); // {id}
/* Have the videos read again, if they are older than that. Returns false with an error in the reply. */
bool asking_again(Asking *asking, double age_s);
void asking_end(Asking *asking);

/* An address of this server as answers have it, base path included. */
json_t *asking_address(const Request *request, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Of a frame's picture, with the tag for which it never changes. */
json_t *asking_picture(const Asking *asking, const RvVideo *video, int64_t frame_number);

/* A video's path as people may see it: of a URL without user and password. Free with free(). */
char *asking_shown_path(const char *path);

#endif
