/* SPDX-License-Identifier: MIT */
/* Embeddings of the last texts. So few that looking through all of them takes no time beside embedding one. */
#include "text_vectors.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web_error.h"

#define TEXTS_MAX 1024
#define TEXT_BYTES_MAX 4096 // longer ones are not kept

typedef struct Entry {
    char *text;
    float *vector;
    uint64_t used;
} Entry;

struct TextVectors {
    RvEncoder *encoder;
    size_t dimensions;
    pthread_mutex_t mutex;
    Entry entries[TEXTS_MAX];
    size_t count;
    uint64_t clock;
};

RvStatus text_vectors_create(RvEncoder *encoder, TextVectors **out, RvError *err)
{
    TextVectors *vectors = calloc(1, sizeof *vectors);
    if (vectors == NULL)
        return web_error_memory(err);
    vectors->encoder = encoder;
    vectors->dimensions = encoder != NULL ? (size_t)rv_encoder_info(encoder)->dimensions : 0;
    pthread_mutex_init(&vectors->mutex, NULL);
    *out = vectors;
    return RV_OK;
}

void text_vectors_destroy(TextVectors *vectors)
{
    if (vectors == NULL)
        return;
    for (size_t i = 0; i < vectors->count; i++) {
        free(vectors->entries[i].text);
        free(vectors->entries[i].vector);
    }
    pthread_mutex_destroy(&vectors->mutex);
    free(vectors);
}

/* With the mutex held. */
static Entry *find(TextVectors *vectors, const char *text)
{
    for (size_t i = 0; i < vectors->count; i++) {
        if (strcmp(vectors->entries[i].text, text) == 0)
            return &vectors->entries[i];
    }
    return NULL;
}

/* A new place, or that of the text that was asked for longest ago. */
static Entry *free_place(TextVectors *vectors)
{
    if (vectors->count < TEXTS_MAX) {
        vectors->entries[vectors->count] = (Entry){0};
        return &vectors->entries[vectors->count++];
    }
    Entry *oldest = &vectors->entries[0];
    for (size_t i = 1; i < TEXTS_MAX; i++) {
        if (vectors->entries[i].used < oldest->used)
            oldest = &vectors->entries[i];
    }
    return oldest;
}

static void keep(TextVectors *vectors, const char *text, const float *vector)
{
    size_t bytes = vectors->dimensions * sizeof *vector;
    Entry entry = {.text = strdup(text), .vector = malloc(bytes)};
    if (entry.text == NULL || entry.vector == NULL) {
        free(entry.text);
        free(entry.vector);
        return; // it is embedded again the next time
    }
    memcpy(entry.vector, vector, bytes);
    pthread_mutex_lock(&vectors->mutex);
    entry.used = ++vectors->clock;
    Entry *place = find(vectors, text);
    if (place == NULL)
        place = free_place(vectors);
    free(place->text);
    free(place->vector);
    *place = entry;
    pthread_mutex_unlock(&vectors->mutex);
}

RvStatus text_vectors_get(TextVectors *vectors, const char *text, float *vector, bool *hit, RvError *err)
{
    pthread_mutex_lock(&vectors->mutex);
    Entry *entry = find(vectors, text);
    *hit = entry != NULL;
    if (entry != NULL) {
        entry->used = ++vectors->clock;
        memcpy(vector, entry->vector, vectors->dimensions * sizeof *vector);
    }
    pthread_mutex_unlock(&vectors->mutex);
    if (*hit)
        return RV_OK;
    size_t length = strlen(text);
    RvStatus status = rv_encoder_encode_text(vectors->encoder, text, length, RV_LENGTH_MODEL, vector, err);
    if (status == RV_OK && length <= TEXT_BYTES_MAX)
        keep(vectors, text, vector);
    return status;
}

size_t text_vectors_count(TextVectors *vectors)
{
    pthread_mutex_lock(&vectors->mutex);
    size_t count = vectors->count;
    pthread_mutex_unlock(&vectors->mutex);
    return count;
}
