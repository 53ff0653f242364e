/* SPDX-License-Identifier: MIT */
/* The pictures before and after a time of a video, for a contact sheet. */
#ifndef RV_CLI_SHEET_AROUND_H
#define RV_CLI_SHEET_AROUND_H

#include "options.h"
#include "reelvec/library.h"
#include "sheet_page.h"

typedef struct SheetPlace {
    const char *video; // as the user named it
    double time_s;     // the time to look around
    size_t side_count; // pictures before it, and as many after it
    double step_s; // 0: the pictures that the library has stored; otherwise decoded from the video, one every
                   // step_s seconds
    RvLog log;
} SheetPlace;

/* Fill the page with stored pictures of the library's video; fewer where the video begins or ends. The picture that
 * is nearest to the time is marked. *any is false if the library has not one of the pictures. Errors: those of
 * rv_library_frame_at. */
RvStatus cli_sheet_around_stored(const SheetPlace *place, RvLibrary *library, SheetPage *page, bool *any,
                                 RvError *err);

/* The same from the video's file or URL. place->step_s is not 0. Errors: those of rv_video_sample. */
RvStatus cli_sheet_around_decoded(const SheetPlace *place, const char *path_or_url, SheetPage *page,
                                  RvError *err);

#endif
