/* SPDX-License-Identifier: MIT */
/* Pictures that people ask with: in memory, by their SHA-256, as many as there is room for. */
#ifndef RV_WEB_PICTURES_H
#define RV_WEB_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/encoder.h"

typedef struct Pictures Pictures;

#define PICTURE_NAME_SIZE 65 // SHA-256 as hexadecimal digits

/* encoder: borrowed; NULL: pictures cannot be embedded. Errors: MEMORY. */
RvStatus pictures_create(RvEncoder *encoder, size_t bytes_max, Pictures **out, RvError *err);
void pictures_destroy(Pictures *pictures);

/* Keep a picture, for which others may have to go. It is decoded to see that it is one, one at a time, whatever the
 * number of threads: a small file may become very large. Errors: FORMAT, UNSUPPORTED, MEMORY (too large). */
RvStatus pictures_add(Pictures *pictures, const void *bytes, size_t size_bytes, char name[PICTURE_NAME_SIZE],
                      int *width, int *height, RvError *err);

/* Its bytes, to be given back (shared_bytes_release), and its type ("image/png"; static). Returns false if it is not
 * there (any more). */
bool pictures_get(Pictures *pictures, const char *name, void **bytes, size_t *size_bytes, const char **type);

/* Its embedding, float32[dimensions], as long as the model makes it. Errors: NOT_FOUND, those of embedding. */
RvStatus pictures_embed(Pictures *pictures, const char *name, float *vector, RvError *err);

/* The same of bytes that are not kept, and of what is at an http(s) URL. Errors: FORMAT, UNSUPPORTED, those of embedding
 * and fetching. */
RvStatus pictures_embed_bytes(Pictures *pictures, const void *bytes, size_t size_bytes, float *vector,
                              RvError *err);
RvStatus pictures_embed_url(Pictures *pictures, const char *url, bool (*cancelled)(void *user), void *user,
                            float *vector, RvError *err);

size_t pictures_bytes(Pictures *pictures);

#endif
