/* SPDX-License-Identifier: MIT */
/* The public encoder: checkpoint, device, tokenizer and preprocessing behind one handle. */
#include "reelvec/encoder.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/vector.h"
#include "clip/checkpoint.h"
#include "clip/clip_model.h"
#include "clip/tokenizer/clip_tokenizer.h"
#include "encoder/encoder_device.h"
#include "encoder/encoder_identity.h"
#include "encoder/encoder_info.h"
#include "encoder/encoder_input.h"
#include "encoder/model_words.h"
#include "engine/engine_parts.h"
#include "models/model_source.h"

/* Fewest images worth a call, regardless of the device. */
#define BATCH_MIN 16
#define TOKEN_TEXT_MAX_BYTES 8192 // 1024 bytes of a token, each written as <0xE4>

struct RvEncoder {
    RvEngine *engine; // held once by each who opened the encoder
    bool is_shared;   // opened on an engine
    pthread_mutex_t mutex;
    ImageDevice images;
    ClipModel *model;
    Checkpoint *checkpoint; // owned; the model reads from it
    Tokenizer *tokenizer;   // opened when the first text is embedded
    // [input_count, image_size, image_size, 3]; allocated when the first image is embedded
    uint8_t *inputs_u8;
    size_t input_count; // capacity of inputs_u8; a call with more images uses it several times
    char path[4096];
    char name[128];
    ModelIdentity identity; // weights_sha256 "": not known yet; name and normalized are not used
    atomic_bool identified; // the identity is known, and does not change any more
    RvModelInfo info;
    RvLog log;
};

/* Choose the name to show. It is the known name if the weights are known (they have been hashed) or are where
 * they were fetched to. Otherwise it is the last part of the path. The shapes are no name: several models
 * share them. */
static void name_model(RvEncoder *encoder)
{
    const char *sha256 = encoder->identity.weights_sha256;
    if (sha256[0] == '\0')
        sha256 = NULL;
    if (rv_model_name_of(encoder->path, sha256, encoder->name, sizeof encoder->name))
        return;
    size_t end = strlen(encoder->path);
    while (end > 1 && encoder->path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && encoder->path[start - 1] != '/')
        start--;
    snprintf(encoder->name, sizeof encoder->name, "%.*s", (int)(end - start), encoder->path + start);
}

/* Write the current facts about the device into the info. */
static void fill_device(RvEncoder *encoder)
{
    const ImageDevice *images = &encoder->images;
    const Compute *compute = images->compute != NULL ? images->compute : images->cpu;
    size_t side = (size_t)(encoder->info.image_size / encoder->info.patch_size);
    size_t batch = compute->rows_per_run / (side * side + 1);
    if (batch > compute->images_per_run)
        batch = compute->images_per_run;
    encoder->info.batch_size = batch > BATCH_MIN ? (int)batch : BATCH_MIN;
    encoder->info.device = images->compute != NULL ? compute->device : "auto";
    encoder->info.device_name = images->compute != NULL ? compute->device_name : "";
    bool fast = images->compute != NULL
                    ? images->precision == COMPUTE_FAST
                    : images->wanted == RV_PRECISION_FAST ||
                          (images->wanted == RV_PRECISION_AUTO && rv_compute_fast_is_faster(compute));
    encoder->info.precision = fast ? "fast" : "float32";
}

// Write the facts about model and device into the info.
static void fill_info(RvEncoder *encoder)
{
    name_model(encoder);
    encoder->info = (RvModelInfo){
        .name = encoder->name,
        .path = encoder->path,
        .kernels = rv_compute_kernels(encoder->images.cpu),
        .thread_count = rv_compute_thread_count(encoder->images.cpu),
    };
    rv_encoder_info_of_model(encoder->checkpoint, &encoder->info);
    fill_device(encoder);
}

static void destroy_encoder(void *object)
{
    RvEncoder *encoder = object;
    rv_tokenizer_close(encoder->tokenizer);
    rv_clip_close(encoder->model);
    rv_image_device_close(&encoder->images);
    pthread_mutex_destroy(&encoder->mutex);
    free(encoder->inputs_u8);
    free(encoder);
}

/* What an encoder is opened with. */
typedef struct Opening {
    const RvEncoderOptions *options;
    RvEngine *engine;
    char path[4096];
    char device[32]; // "": by rv_image_device_choose
} Opening;

static RvStatus open_parts(RvEncoder *encoder, const Opening *opening, RvError *err)
{
    RvEncoderOptions options = *opening->options;
    ThreadPool *pool = NULL;
    options.device = opening->device[0] != '\0' ? opening->device : NULL;
    RvStatus status = rv_engine_pool(opening->engine, &pool, err);
    if (status == RV_OK)
        status = rv_checkpoint_open(encoder->path, &encoder->log, &encoder->checkpoint, err);
    if (status != RV_OK)
        return status;
    status = rv_image_device_init(&encoder->images, &options, pool, err);
    if (status != RV_OK) {
        rv_checkpoint_close(encoder->checkpoint);
        return status;
    }
    return rv_clip_open(encoder->checkpoint, encoder->images.cpu, COMPUTE_FLOAT32, &encoder->model, err);
}

static RvStatus make_encoder(void *user, void **out, RvError *err)
{
    const Opening *opening = user;
    RvEncoder *encoder = rv_mem_alloc(1, sizeof *encoder, err);
    if (encoder == NULL)
        return RV_ERROR_MEMORY;
    pthread_mutex_init(&encoder->mutex, NULL);
    encoder->log = opening->options->log;
    encoder->engine = opening->engine;
    encoder->is_shared = opening->options->engine != NULL;
    snprintf(encoder->path, sizeof encoder->path, "%s", opening->path);
    RvStatus status = open_parts(encoder, opening, err);
    if (status != RV_OK) {
        encoder->checkpoint = NULL;
        destroy_encoder(encoder);
        return status;
    }
    fill_info(encoder);
    *out = encoder;
    return RV_OK;
}

RvStatus rv_encoder_open(const char *model, const RvEncoderOptions *options, RvEncoder **out, RvError *err)
{
    static const RvEncoderOptions defaults;
    Opening opening = {.options = options != NULL ? options : &defaults};
    void *encoder = NULL;
    char key[4200];
    *out = NULL;
    options = opening.options;
    if (RV_CHECK_RESERVED(RvEncoderOptions, options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    RvStatus status = rv_model_find(model, opening.path, sizeof opening.path, err);
    if (status == RV_OK)
        status = rv_engine_hold(options->engine, options->thread_count, &opening.engine, err);
    if (status != RV_OK)
        return status;
    const char *device = options->device != NULL ? options->device : rv_engine_device(opening.engine);
    snprintf(opening.device, sizeof opening.device, "%s", device != NULL ? device : "");
    snprintf(key, sizeof key, "%d:%s:%s", (int)options->precision, opening.device, opening.path);
    status = options->engine != NULL ? rv_shared_hold(rv_engine_models(opening.engine), key, make_encoder,
                                                      &opening, &encoder, err)
                                     : make_encoder(&opening, &encoder, err);
    if (status != RV_OK)
        rv_engine_release(opening.engine);
    *out = encoder;
    return status;
}

void rv_encoder_close(RvEncoder *encoder)
{
    if (encoder == NULL)
        return;
    RvEngine *engine = encoder->engine;
    if (encoder->is_shared)
        rv_shared_release(rv_engine_models(engine), encoder, destroy_encoder);
    else
        destroy_encoder(encoder);
    rv_engine_release(engine);
}

const RvModelInfo *rv_encoder_info(const RvEncoder *encoder)
{
    return &encoder->info;
}

static RvStatus identify(RvEncoder *encoder, RvError *err)
{
    ModelIdentity *identity = &encoder->identity;
    if (identity->weights_sha256[0] != '\0')
        return RV_OK;
    RvStatus status = rv_model_words(encoder->checkpoint, identity, err);
    if (status == RV_OK)
        status = rv_checkpoint_sha256(encoder->checkpoint, identity->weights_sha256, err);
    identity->dimensions = encoder->info.dimensions;
    if (status != RV_OK)
        identity->weights_sha256[0] = '\0';
    else
        name_model(encoder);
    return status;
}

/* Scale the embedding to length 1 if that is wanted. Fails if it has no direction: weights that overflow
 * produce embeddings that no search can use. */
static RvStatus finish_embedding(const RvEncoder *encoder, float *embedding, RvLength wanted, RvError *err)
{
    size_t dimensions = (size_t)encoder->info.dimensions;
    double length = rv_vector_length(embedding, dimensions);
    if (!rv_vector_has_direction(length))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: the model gives an embedding of length %g; its weights are broken",
                            encoder->path, length);
    if (wanted == RV_LENGTH_ONE)
        rv_vector_normalize(embedding, dimensions, length);
    return RV_OK;
}

static RvStatus open_tokenizer(RvEncoder *encoder, RvError *err)
{
    if (encoder->tokenizer != NULL)
        return RV_OK;
    return rv_tokenizer_open(encoder->path, &rv_clip_spec(encoder->model)->tokenizer,
                             encoder->info.vocabulary_size, &encoder->log, &encoder->tokenizer, err);
}

static RvStatus tokenize(RvEncoder *encoder, const char *text, size_t size_bytes, int32_t **tokens,
                         size_t *token_count, RvError *err)
{
    *tokens = NULL;
    *token_count = 0;
    RvStatus status = open_tokenizer(encoder, err);
    return status == RV_OK
               ? rv_tokenizer_encode(encoder->tokenizer, text, size_bytes, tokens, token_count, err)
               : status;
}

static RvStatus token_text(RvEncoder *encoder, int32_t token, char **text, RvError *err)
{
    Buffer piece;
    rv_buffer_init(&piece, TOKEN_TEXT_MAX_BYTES);
    *text = NULL;
    RvStatus status = open_tokenizer(encoder, err);
    if (status == RV_OK)
        status = rv_tokenizer_piece(encoder->tokenizer, token, &piece, err);
    if (status == RV_OK) {
        *text = rv_mem_copy_string(piece.bytes != NULL ? (const char *)piece.bytes : "", err);
        status = *text != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    rv_buffer_clear(&piece);
    return status;
}

static RvStatus encode_text(RvEncoder *encoder, const char *text, size_t size_bytes, RvLength length,
                            float *embedding, RvError *err)
{
    int32_t *tokens = NULL;
    size_t token_count = 0;
    RvStatus status = tokenize(encoder, text, size_bytes, &tokens, &token_count, err);
    if (status != RV_OK)
        return status;
    size_t context_length = (size_t)encoder->info.context_length;
    if (token_count > context_length) {
        rv_log_line(&encoder->log, RV_LOG_WARNING, "the text has %zu tokens; the model reads the first %zu",
                    token_count, context_length);
        token_count = rv_tokenizer_cut(encoder->tokenizer, tokens, token_count, context_length);
    }
    status = rv_clip_encode_text(encoder->model, tokens, token_count, embedding, err);
    free(tokens);
    return status == RV_OK ? finish_embedding(encoder, embedding, length, err) : status;
}

static RvStatus open_device(RvEncoder *encoder, RvError *err)
{
    RvStatus status = rv_image_device_choose(&encoder->images, encoder->model, err);
    if (status == RV_OK)
        fill_device(encoder);
    return status;
}

/* True if the device that failed is not the CPU: the caller then repeats the call on the CPU. The reason is
 * in `failure`. */
static bool falls_back(RvEncoder *encoder, const RvError *failure, RvError *err)
{
    if (rv_image_device_fall_back(&encoder->images, encoder->model, failure)) {
        fill_device(encoder);
        return true;
    }
    if (err != NULL)
        *err = *failure;
    return false;
}

static RvStatus prepare_images(RvEncoder *encoder, RvError *err)
{
    RvError failure = {0};
    RvStatus status = open_device(encoder, err);
    if (status != RV_OK)
        return status;
    status = rv_clip_prepare_images(encoder->model, &failure);
    if (status != RV_OK && falls_back(encoder, &failure, err))
        status = rv_clip_prepare_images(encoder->model, err);
    return status;
}

int rv_encoder_jobs(const RvEncoder *encoder)
{
    const ImageDevice *images = &encoder->images;
    return rv_compute_jobs(images->compute != NULL ? images->compute : images->cpu);
}

static RvStatus encode_inputs(RvEncoder *encoder, const uint8_t *inputs_rgb_u8, size_t image_count,
                              RvLength length, float *embeddings, RvError *err)
{
    RvError failure = {0};
    RvStatus status = open_device(encoder, err);
    if (status != RV_OK)
        return status;
    status = rv_clip_encode_images(encoder->model, inputs_rgb_u8, image_count, embeddings, &failure);
    // Nothing is lost: the whole call is computed again.
    if (status != RV_OK && falls_back(encoder, &failure, err))
        status = rv_clip_encode_images(encoder->model, inputs_rgb_u8, image_count, embeddings, err);
    for (size_t i = 0; i < image_count && status == RV_OK; i++)
        status = finish_embedding(encoder, embeddings + i * (size_t)encoder->info.dimensions, length, err);
    return status;
}

const ModelInput *rv_encoder_input(const RvEncoder *encoder)
{
    return &rv_clip_spec(encoder->model)->input;
}

RvStatus rv_encoder_preprocess(RvEncoder *encoder, const RvImage *image, uint8_t *input_rgb_u8, RvError *err)
{
    return rv_model_input_make(rv_encoder_input(encoder), image, input_rgb_u8, err);
}

static RvStatus encode_images(RvEncoder *encoder, const RvImage *images, size_t image_count, RvLength length,
                              float *embeddings, RvError *err)
{
    size_t input_bytes = (size_t)encoder->info.image_size * (size_t)encoder->info.image_size * 3;
    if (encoder->inputs_u8 == NULL) {
        RvStatus status = open_device(encoder, err);
        if (status != RV_OK)
            return status;
        encoder->input_count = (size_t)encoder->info.batch_size;
        encoder->inputs_u8 = rv_mem_alloc_aligned(encoder->input_count, input_bytes, err);
        if (encoder->inputs_u8 == NULL)
            return RV_ERROR_MEMORY;
    }
    for (size_t first = 0; first < image_count; first += encoder->input_count) {
        size_t count =
            image_count - first < encoder->input_count ? image_count - first : encoder->input_count;
        for (size_t i = 0; i < count; i++) {
            RvStatus status =
                rv_encoder_preprocess(encoder, &images[first + i], encoder->inputs_u8 + i * input_bytes, err);
            if (status != RV_OK)
                return status;
        }
        RvStatus status = encode_inputs(encoder, encoder->inputs_u8, count, length,
                                        embeddings + first * (size_t)encoder->info.dimensions, err);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

/* ---- calls, one after the other ----------------------------------------------------------------------- */

static RvEncoder *enter(RvEncoder *encoder)
{
    pthread_mutex_lock(&encoder->mutex);
    return encoder;
}

static RvStatus leave(RvEncoder *encoder, RvStatus status)
{
    pthread_mutex_unlock(&encoder->mutex);
    return status;
}

const RvLog *rv_encoder_log(const RvEncoder *encoder)
{
    return &encoder->log;
}

/* Once it is known, it is had without waiting for what another thread embeds meanwhile. */
static RvStatus need_identity(RvEncoder *encoder, RvError *err)
{
    if (atomic_load(&encoder->identified))
        return RV_OK;
    RvStatus status = leave(encoder, identify(enter(encoder), err));
    if (status == RV_OK)
        atomic_store(&encoder->identified, true);
    return status;
}

RvStatus rv_encoder_base_identity(RvEncoder *encoder, const ModelIdentity **out, RvError *err)
{
    *out = &encoder->identity;
    return need_identity(encoder, err);
}

RvStatus rv_encoder_weights_sha256(RvEncoder *encoder, const char **out, RvError *err)
{
    *out = encoder->identity.weights_sha256;
    return need_identity(encoder, err);
}

RvStatus rv_encoder_details(RvEncoder *encoder, const char **out, RvError *err)
{
    RvStatus status = need_identity(encoder, err);
    *out = rv_identity_details(&encoder->identity);
    return status;
}

RvStatus rv_encoder_tokenize(RvEncoder *encoder, const char *text, size_t size_bytes, int32_t **tokens,
                             size_t *token_count, RvError *err)
{
    return leave(encoder, tokenize(enter(encoder), text, size_bytes, tokens, token_count, err));
}

RvStatus rv_encoder_token_text(RvEncoder *encoder, int32_t token, char **text, RvError *err)
{
    return leave(encoder, token_text(enter(encoder), token, text, err));
}

RvStatus rv_encoder_encode_text(RvEncoder *encoder, const char *text, size_t size_bytes, RvLength length,
                                float *embedding, RvError *err)
{
    return leave(encoder, encode_text(enter(encoder), text, size_bytes, length, embedding, err));
}

RvStatus rv_encoder_open_device(RvEncoder *encoder, RvError *err)
{
    return leave(encoder, open_device(enter(encoder), err));
}

RvStatus rv_encoder_prepare_images(RvEncoder *encoder, RvError *err)
{
    return leave(encoder, prepare_images(enter(encoder), err));
}

RvStatus rv_encoder_encode_inputs(RvEncoder *encoder, const uint8_t *inputs_rgb_u8, size_t image_count,
                                  RvLength length, float *embeddings, RvError *err)
{
    return leave(encoder, encode_inputs(enter(encoder), inputs_rgb_u8, image_count, length, embeddings, err));
}

RvStatus rv_encoder_encode_images(RvEncoder *encoder, const RvImage *images, size_t image_count,
                                  RvLength length, float *embeddings, RvError *err)
{
    return leave(encoder, encode_images(enter(encoder), images, image_count, length, embeddings, err));
}
