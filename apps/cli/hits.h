/* SPDX-License-Identifier: MIT */
/* Showing what a search found: as rows, and as a contact sheet. */
#ifndef RV_CLI_HITS_H
#define RV_CLI_HITS_H

#include "reelvec/library.h"

/* Rows on stdout in an output format; query: shown with each row, NULL for none. False without memory. */
bool cli_hits_print(const RvHits *hits, int format, bool moments, const char *query);

/* The hits side by side with captions. title: what was searched. */
RvStatus cli_hits_sheet(RvLibrary *library, const RvHits *hits, bool moments, const char *title,
                        const char *path, RvError *err);

/* A stored frame as a picture for a sheet, at most so large; *out is NULL where its JPEG is damaged. */
struct _cairo_surface;
RvStatus cli_stored_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, int max_width,
                            int max_height, struct _cairo_surface **out, RvError *err);

#endif
