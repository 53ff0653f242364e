/* SPDX-License-Identifier: MIT */
/* Pictures that people ask with. */
#include "pictures.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared_bytes.h"
#include "web_clock.h"
#include "web_error.h"

#define COUNT_MAX 1024
#define FETCH_S 30.0     // of a picture from a URL, with the wait for those before
#define WAIT_NS 50000000 // between two looks whether it is cancelled

// 64 million are 192 MB in memory; no camera makes more.
static const RvPictureOptions decoding = {.max_pixels = (uint64_t)1 << 26};

typedef struct Kept {
    char name[PICTURE_NAME_SIZE];
    uint8_t *bytes;
    size_t size_bytes;
    float *vector; // NULL: not embedded yet
    uint64_t used;
} Kept;

struct Pictures {
    RvEncoder *encoder;
    size_t dimensions, bytes_max, bytes;
    pthread_mutex_t mutex;
    pthread_mutex_t decoding_mutex;
    pthread_mutex_t
        fetching_mutex; // of a picture from a URL until it is embedded: the library does both in one
    Kept kept[COUNT_MAX];
    size_t count;
    uint64_t clock;
};

RvStatus pictures_create(RvEncoder *encoder, size_t bytes_max, Pictures **out, RvError *err)
{
    Pictures *pictures = calloc(1, sizeof *pictures);
    if (pictures == NULL)
        return web_error_memory(err);
    pictures->encoder = encoder;
    pictures->dimensions = encoder != NULL ? (size_t)rv_encoder_info(encoder)->dimensions : 0;
    pictures->bytes_max = bytes_max;
    pthread_mutex_init(&pictures->mutex, NULL);
    pthread_mutex_init(&pictures->decoding_mutex, NULL);
    pthread_mutex_init(&pictures->fetching_mutex, NULL);
    *out = pictures;
    return RV_OK;
}

/* ---- with the mutex held ------------------------------------------------------------------------------ */

static void drop(Pictures *pictures, size_t at)
{
    Kept *kept = &pictures->kept[at];
    pictures->bytes -= kept->size_bytes;
    shared_bytes_release(kept->bytes);
    free(kept->vector);
    *kept = pictures->kept[--pictures->count];
}

static Kept *find(Pictures *pictures, const char *name)
{
    for (size_t i = 0; i < pictures->count; i++) {
        if (strcmp(pictures->kept[i].name, name) == 0) {
            pictures->kept[i].used = ++pictures->clock;
            return &pictures->kept[i];
        }
    }
    return NULL;
}

static void make_room(Pictures *pictures, size_t size_bytes)
{
    while (pictures->count > 0 &&
           (pictures->count == COUNT_MAX || pictures->bytes + size_bytes > pictures->bytes_max)) {
        size_t oldest = 0;
        for (size_t i = 1; i < pictures->count; i++) {
            if (pictures->kept[i].used < pictures->kept[oldest].used)
                oldest = i;
        }
        drop(pictures, oldest);
    }
}

void pictures_destroy(Pictures *pictures)
{
    if (pictures == NULL)
        return;
    while (pictures->count > 0)
        drop(pictures, 0);
    pthread_mutex_destroy(&pictures->mutex);
    pthread_mutex_destroy(&pictures->decoding_mutex);
    pthread_mutex_destroy(&pictures->fetching_mutex);
    free(pictures);
}

/* ---- adding ------------------------------------------------------------------------------------------- */

static void name_of(const void *bytes, size_t size_bytes, char name[PICTURE_NAME_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes, size_bytes, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(name + 2 * i, 3, "%02x", digest[i]);
}

RvStatus pictures_add(Pictures *pictures, const void *bytes, size_t size_bytes, char name[PICTURE_NAME_SIZE],
                      int *width, int *height, RvError *err)
{
    RvPicture *picture = NULL;
    if (size_bytes > pictures->bytes_max)
        return web_error(err, RV_ERROR_MEMORY, "the picture is larger than all that are kept together");
    name_of(bytes, size_bytes, name);
    pthread_mutex_lock(&pictures->decoding_mutex);
    RvStatus status = rv_picture_decode(bytes, size_bytes, &decoding, &picture, err);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        *width = image.width;
        *height = image.height;
    }
    rv_picture_destroy(picture);
    pthread_mutex_unlock(&pictures->decoding_mutex);
    if (status != RV_OK)
        return status;
    void *copy = shared_bytes_create(bytes, size_bytes);
    if (copy == NULL)
        return web_error_memory(err);
    pthread_mutex_lock(&pictures->mutex);
    if (find(pictures, name) == NULL) {
        make_room(pictures, size_bytes);
        Kept *kept = &pictures->kept[pictures->count++];
        *kept = (Kept){.bytes = copy, .size_bytes = size_bytes, .used = ++pictures->clock};
        memcpy(kept->name, name, sizeof kept->name);
        pictures->bytes += size_bytes;
        copy = NULL;
    }
    pthread_mutex_unlock(&pictures->mutex);
    shared_bytes_release(copy);
    return RV_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static const char *type_of(const uint8_t *bytes, size_t size_bytes)
{
    static const struct {
        size_t offset;
        const char *bytes;
        size_t size;
        const char *type;
    } types[] = {{0, "\x89PNG", 4, "image/png"}, {0, "\xFF\xD8\xFF", 3, "image/jpeg"},
                 {0, "GIF8", 4, "image/gif"},    {8, "WEBP", 4, "image/webp"},
                 {0, "BM", 2, "image/bmp"},      {4, "ftypavif", 8, "image/avif"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (size_bytes >= types[i].offset + types[i].size &&
            memcmp(bytes + types[i].offset, types[i].bytes, types[i].size) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

bool pictures_get(Pictures *pictures, const char *name, void **bytes, size_t *size_bytes, const char **type)
{
    *bytes = NULL;
    pthread_mutex_lock(&pictures->mutex);
    const Kept *kept = find(pictures, name);
    if (kept != NULL) {
        *bytes = shared_bytes_hold(kept->bytes);
        *size_bytes = kept->size_bytes;
        *type = type_of(kept->bytes, kept->size_bytes);
    }
    pthread_mutex_unlock(&pictures->mutex);
    return *bytes != NULL;
}

RvStatus pictures_embed_bytes(Pictures *pictures, const void *bytes, size_t size_bytes, float *vector,
                              RvError *err)
{
    RvPicture *picture = NULL;
    pthread_mutex_lock(&pictures->decoding_mutex);
    RvStatus status = rv_picture_decode(bytes, size_bytes, &decoding, &picture, err);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        status = rv_encoder_encode_images(pictures->encoder, &image, 1, RV_LENGTH_MODEL, vector, err);
    }
    rv_picture_destroy(picture);
    pthread_mutex_unlock(&pictures->decoding_mutex);
    return status;
}

typedef struct Fetch {
    bool (*cancelled)(void *user);
    void *user;
    Patience patience;
} Fetch;

static bool is_over(void *user)
{
    Fetch *fetch = user;
    return !web_patience_lasts(&fetch->patience) || fetch->cancelled(fetch->user);
}

/* Returns false if it is cancelled before its turn comes. */
static bool begin_fetch(Pictures *pictures, Fetch *fetch)
{
    struct timespec soon;
    do {
        if (is_over(fetch))
            return false;
        clock_gettime(CLOCK_MONOTONIC, &soon);
        soon.tv_nsec += WAIT_NS;
        soon.tv_sec += soon.tv_nsec / 1000000000;
        soon.tv_nsec %= 1000000000;
    } while (pthread_mutex_clocklock(&pictures->fetching_mutex, CLOCK_MONOTONIC, &soon) != 0);
    return true;
}

RvStatus pictures_embed_url(Pictures *pictures, const char *url, bool (*cancelled)(void *user), void *user,
                            float *vector, RvError *err)
{
    RvPicture *picture = NULL;
    RvPictureOptions options = decoding;
    Fetch fetch = {cancelled, user, web_patience(FETCH_S)};
    options.cancelled = is_over;
    options.cancelled_user = &fetch;
    if (!begin_fetch(pictures, &fetch))
        return web_error(err, RV_ERROR_CANCELLED, "%s: it was not fetched in time", url);
    RvStatus status = rv_picture_load(url, &options, &picture, err);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        status = rv_encoder_encode_images(pictures->encoder, &image, 1, RV_LENGTH_MODEL, vector, err);
    }
    rv_picture_destroy(picture);
    pthread_mutex_unlock(&pictures->fetching_mutex);
    return status;
}

RvStatus pictures_embed(Pictures *pictures, const char *name, float *vector, RvError *err)
{
    size_t vector_bytes = pictures->dimensions * sizeof *vector, size_bytes = 0;
    void *bytes = NULL;
    const char *type = NULL;
    pthread_mutex_lock(&pictures->mutex);
    const Kept *kept = find(pictures, name);
    bool known = kept != NULL && kept->vector != NULL;
    if (known)
        memcpy(vector, kept->vector, vector_bytes);
    pthread_mutex_unlock(&pictures->mutex);
    if (known)
        return RV_OK;
    if (!pictures_get(pictures, name, &bytes, &size_bytes, &type))
        return web_error(err, RV_ERROR_NOT_FOUND, "the picture is not kept (any more); upload it again");
    RvStatus status = pictures_embed_bytes(pictures, bytes, size_bytes, vector, err);
    shared_bytes_release(bytes);
    float *copy = status == RV_OK ? malloc(vector_bytes) : NULL;
    if (copy == NULL)
        return status; // it is embedded again the next time
    memcpy(copy, vector, vector_bytes);
    pthread_mutex_lock(&pictures->mutex);
    Kept *again = find(pictures, name);
    if (again != NULL && again->vector == NULL) {
        again->vector = copy;
        copy = NULL;
    }
    pthread_mutex_unlock(&pictures->mutex);
    free(copy);
    return RV_OK;
}

size_t pictures_bytes(Pictures *pictures)
{
    pthread_mutex_lock(&pictures->mutex);
    size_t bytes = pictures->bytes;
    pthread_mutex_unlock(&pictures->mutex);
    return bytes;
}
