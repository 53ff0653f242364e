/* SPDX-License-Identifier: MIT */
/* The sheets that were made last, by their tags. */
#ifndef RV_WEB_SPRITE_CACHE_H
#define RV_WEB_SPRITE_CACHE_H

#include <stddef.h>

#include "reelvec/status.h"

typedef struct SpriteCache SpriteCache;
RvStatus sprite_cache_create(SpriteCache **out, RvError *err);
void sprite_cache_destroy(SpriteCache *cache);
/* A copy (free()), or NULL. */
void *sprite_cache_get(SpriteCache *cache, const char *tag, size_t *size_bytes);
void sprite_cache_put(SpriteCache *cache, const char *tag, const void *jpeg, size_t size_bytes);

#endif
