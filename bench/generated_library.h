/* SPDX-License-Identifier: MIT */
/* Libraries of vectors without videos. The vectors are passed, or generated so that they are like those of
 * frames. */
#ifndef RV_BENCH_GENERATED_LIBRARY_H
#define RV_BENCH_GENERATED_LIBRARY_H

#include <stdbool.h>

#include "store/store.h"

/* Vectors in scenes of 20 frames that drift, in a narrow cone of directions; every fifth scene is static. As
 * with CLIP, the cosine of two pictures is about 0.5, that of two frames of a scene about 0.95. */
typedef struct Generator {
    int dimensions;
    bool topics; // each scene shows one of 400 subjects; false: each scene has a direction of its own
} Generator;

/* Fills vector[dimensions], of length 1, which is always the same for the same frame. */
void bench_make_frame(const Generator *generator, size_t frame, float *vector);

/* Fills the vector of a query for one of the scenes of row_count frames. If text is false, it is like a
 * picture of the scene. If text is true, it is from another cone, and its cosine with matching frames is 0.2
 * to 0.3. */
void bench_make_query(const Generator *generator, size_t row_count, size_t query, bool text, float *vector);

typedef struct LibraryPlan {
    const Generator *generator;
    const float *vectors; // [row_count, dimensions] instead of the generator's; may be NULL
    size_t first_row, row_count, rows_per_video, picture_bytes; // rows from first_row to row_count - 1
    int dimensions;
    const char *folder; // of the videos; NULL: /videos
} LibraryPlan;

/* Adds videos of one frame per second; in a new library they get the ids 1, 2, ... A library that has frames of a model
 * already keeps that model. Returns the seconds that the store took. */
double bench_fill_library(Store *store, const LibraryPlan *plan);

Store *bench_open_store(const char *uri, StoreOptions options);

#endif
