/* SPDX-License-Identifier: MIT */
#include "sprite_cache.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web_error.h"

#define KEPT_MAX 64
#define KEPT_BYTES_MAX ((size_t)32 << 20)

typedef struct Kept {
    char tag[128];
    void *jpeg;
    size_t size_bytes;
    uint64_t used;
} Kept;

struct SpriteCache {
    pthread_mutex_t mutex;
    Kept kept[KEPT_MAX];
    size_t count, bytes;
    uint64_t clock;
};

RvStatus sprite_cache_create(SpriteCache **out, RvError *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&(*out)->mutex, NULL);
    return RV_OK;
}

/* With the mutex held. */
static void drop(SpriteCache *cache, size_t at)
{
    cache->bytes -= cache->kept[at].size_bytes;
    free(cache->kept[at].jpeg);
    cache->kept[at] = cache->kept[--cache->count];
}

void sprite_cache_destroy(SpriteCache *cache)
{
    if (cache == NULL)
        return;
    while (cache->count > 0)
        drop(cache, 0);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

/* With the mutex held. */
static Kept *find(SpriteCache *cache, const char *tag)
{
    for (size_t i = 0; i < cache->count; i++) {
        if (strcmp(cache->kept[i].tag, tag) == 0)
            return &cache->kept[i];
    }
    return NULL;
}

void *sprite_cache_get(SpriteCache *cache, const char *tag, size_t *size_bytes)
{
    void *copy = NULL;
    pthread_mutex_lock(&cache->mutex);
    Kept *kept = find(cache, tag);
    if (kept != NULL) {
        kept->used = ++cache->clock;
        copy = malloc(kept->size_bytes);
    }
    if (copy != NULL) {
        memcpy(copy, kept->jpeg, kept->size_bytes);
        *size_bytes = kept->size_bytes;
    }
    pthread_mutex_unlock(&cache->mutex);
    return copy;
}

void sprite_cache_put(SpriteCache *cache, const char *tag, const void *jpeg, size_t size_bytes)
{
    void *copy = size_bytes <= KEPT_BYTES_MAX / 4 ? malloc(size_bytes) : NULL;
    if (copy == NULL || strlen(tag) >= sizeof cache->kept[0].tag) {
        free(copy);
        return; // it is made again the next time
    }
    memcpy(copy, jpeg, size_bytes);
    pthread_mutex_lock(&cache->mutex);
    if (find(cache, tag) == NULL) {
        while (cache->count == KEPT_MAX || (cache->count > 0 && cache->bytes + size_bytes > KEPT_BYTES_MAX)) {
            size_t oldest = 0;
            for (size_t i = 1; i < cache->count; i++)
                oldest = cache->kept[i].used < cache->kept[oldest].used ? i : oldest;
            drop(cache, oldest);
        }
        Kept *kept = &cache->kept[cache->count++];
        *kept = (Kept){.jpeg = copy, .size_bytes = size_bytes, .used = ++cache->clock};
        strcpy(kept->tag, tag);
        cache->bytes += size_bytes;
        copy = NULL;
    }
    pthread_mutex_unlock(&cache->mutex);
    free(copy);
}
