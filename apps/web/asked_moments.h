/* SPDX-License-Identifier: MIT */
/* The moments of a request's body: {"moments": [{"video": ID, "start": S, "end": S, "name", "time", "score"}]}. */
#ifndef RV_WEB_ASKED_MOMENTS_H
#define RV_WEB_ASKED_MOMENTS_H

#include "asking.h"

#define ASKED_MOMENTS_MAX 10000

typedef struct AskedMoments {
    RvMoment *items; // texts are those of the body and of the library's list
    const RvVideo **videos;
    size_t count;
} AskedMoments;

/* body and asking (with its videos) have to live as long as *out. Returns false with an error in the reply: 400, 404
 * (no such video). The caller clears *out in any case. */
bool asked_moments_read(AskedMoments *out, const Asking *asking, const json_t *body);
void asked_moments_clear(AskedMoments *moments);

/* See that the videos are files that may be read, or URLs where they are allowed. Returns false with an error in the
 * reply. */
bool asked_moments_check_files(const AskedMoments *moments, Request *request);

#endif
