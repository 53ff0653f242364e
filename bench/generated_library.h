/* SPDX-License-Identifier: MIT */
/* Libraries of vectors without videos: made by a formula as frames of videos are, or given. */
#ifndef RV_BENCH_GENERATED_LIBRARY_H
#define RV_BENCH_GENERATED_LIBRARY_H

#include <stdbool.h>

#include "store/store.h"

/* Vectors in scenes of 20 frames that drift, in a narrow cone of directions; every fifth scene stands still.
 * Two pictures have a cosine of about 0.5, two frames of a scene of about 0.95, as with CLIP. */
typedef struct Generator {
    int dimensions;
    bool topics; // scenes show one of 400 subjects; false: each has a direction of its own
} Generator;

/* vector[dimensions] of length 1, the same for the same frame. */
void bench_make_frame(const Generator *generator, size_t frame, float *vector);

/* A query for some scene of row_count frames. Image-like: a picture of it. Text-like: from another cone, with
 * a cosine of 0.2 to 0.3 to what fits. */
void bench_make_query(const Generator *generator, size_t row_count, size_t query, bool text, float *vector);

typedef struct LibraryPlan {
    const Generator *generator;
    const float *vectors; // [row_count, dimensions] instead of the generator's; may be NULL
    size_t first_row, row_count, rows_per_video, picture_bytes; // rows from first_row to row_count - 1
    int dimensions;
    const char *folder; // of the videos; NULL: /videos
} LibraryPlan;

/* Adds videos of one frame per second; in a new library they get the ids 1, 2, ... Returns the seconds that the
 * store took. */
double bench_fill_library(Store *store, const LibraryPlan *plan);

Store *bench_open_store(const char *uri, StoreOptions options);

#endif
