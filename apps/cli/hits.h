/* SPDX-License-Identifier: MIT */
/* Showing the results of a search: as rows, and as a contact sheet. */
#ifndef RV_CLI_HITS_H
#define RV_CLI_HITS_H

#include "reelvec/library.h"
#include "terminal_picture.h"

/* Print rows on stdout in an output format. part_count: of the sequences that the hits are, each of which shows its
 * parts; 1: they are none. query is repeated in each row; NULL for none. Returns false if memory is refused. */
bool cli_hits_print(const RvHits *hits, int format, bool moments, size_t part_count, const char *query);

/* Write the hits side by side with captions as a picture; sequences one below the other, their parts side by side. title:
 * the query in words. */
RvStatus cli_hits_sheet(RvLibrary *library, const RvHits *hits, bool moments, const char *title,
                        const char *path, bool force, RvError *err);

/* Show the same pictures in the terminal that `out` is, as many side by side as fit. Errors: MEMORY, those of reading. */
RvStatus cli_hits_show(RvLibrary *library, const RvHits *hits, bool moments, CliPictures how, FILE *out,
                       RvError *err);

/* Make a stored frame a picture for a sheet, at most of the given size in pixels. *out is NULL if its JPEG is
 * damaged. Release with cairo_surface_destroy. */
struct _cairo_surface;
RvStatus cli_stored_picture(RvLibrary *library, int64_t video_id, int64_t frame_number, int max_width,
                            int max_height, struct _cairo_surface **out, RvError *err);

#endif
