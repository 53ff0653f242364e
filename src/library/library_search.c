/* SPDX-License-Identifier: MIT */
/* From what a person asks with (texts, pictures, stored frames) to query vectors, and on to ranked frames. */
#include "library/library_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/vector.h"
#include "library/frame_at.h"
#include "library/library_model.h"
#include "search/fusion.h"
#include "search/query.h"
#include "search/query_options.h"
#include "search/video_scores.h"
#include "store/video_name.h"

#define TERMS_MAX 1024
#define MEAN_LENGTH_MIN 1e-5 // far above rounding, far below what two different texts leave

/* What ends a search early: its caller, or its time. */
typedef struct SearchLimit {
    const RvSearchOptions *options; // the caller's; may be NULL
    double start_s;
    bool late; // options->timeout_s has passed
} SearchLimit;

/* As RvSearchOptions.cancelled. */
static bool is_over(void *user)
{
    SearchLimit *limit = user;
    const RvSearchOptions *options = limit->options;
    if (options == NULL)
        return false;
    limit->late = options->timeout_s > 0 && rv_clock_s() - limit->start_s > options->timeout_s;
    return limit->late || (options->cancelled != NULL && options->cancelled(options->cancelled_user));
}

static RvStatus cancelled(const SearchLimit *limit, RvError *err)
{
    if (limit->late)
        return rv_error_set(err, RV_ERROR_CANCELLED, "the search took longer than the %g s that it was given",
                            limit->options->timeout_s);
    return rv_error_set(err, RV_ERROR_CANCELLED, "the search was cancelled");
}

static RvStatus encode_picture_file(RvEncoder *encoder, const RvTerm *term, SearchLimit *limit, float *vector,
                                    RvError *err)
{
    RvPicture *picture = NULL;
    RvPictureOptions options = {
        .no_exif_rotation = term->no_exif_rotation, .cancelled = is_over, .cancelled_user = limit};
    RvStatus status = rv_picture_load(term->value, &options, &picture, err);
    if (status != RV_OK)
        return status;
    RvImage image = rv_picture_image(picture);
    status = rv_encoder_encode_images(encoder, &image, 1, RV_LENGTH_MODEL, vector, err);
    rv_picture_destroy(picture);
    return status;
}

static RvStatus encode_stored_frame(Store *store, const RvTerm *term, int dimensions, float *vector,
                                    RvError *err)
{
    int64_t video_id = 0;
    RvFrameInfo frame;
    RvStatus status = rv_frame_at(store, term->value, term->time_s, &video_id, &frame, err);
    return status == RV_OK ? rv_store_embedding(store, video_id, frame.frame_number, vector, dimensions, err)
                           : status;
}

static RvStatus make_vector(Store *store, RvEncoder *encoder, const RvTerm *term, int dimensions,
                            SearchLimit *limit, float *vector, RvError *err)
{
    RvStatus status = RV_OK;
    bool needs_encoder =
        term->kind == RV_TERM_TEXT || term->kind == RV_TERM_IMAGE || term->kind == RV_TERM_IMAGE_FILE;
    if (needs_encoder && encoder == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a query by text or picture needs a model");
    switch (term->kind) {
    case RV_TERM_TEXT:
        if (term->value[strspn(term->value, " \t\r\n")] == '\0')
            return rv_error_set(err, RV_ERROR_ARGUMENT, "the query is empty; say what to look for");
        status =
            rv_encoder_encode_text(encoder, term->value, strlen(term->value), RV_LENGTH_MODEL, vector, err);
        break;
    case RV_TERM_IMAGE_FILE:
        status = encode_picture_file(encoder, term, limit, vector, err);
        break;
    case RV_TERM_IMAGE:
        status = rv_encoder_encode_images(encoder, term->image, 1, RV_LENGTH_MODEL, vector, err);
        break;
    case RV_TERM_FRAME:
        status = encode_stored_frame(store, term, dimensions, vector, err);
        break;
    case RV_TERM_VECTOR:
        memcpy(vector, term->vector, (size_t)dimensions * sizeof *vector);
        break;
    default:
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "unknown kind of query term");
    }
    return status == RV_OK ? rv_search_normalize(vector, dimensions, err) : status;
}

/* NOT_FOUND where the name means no video at all. */
static RvStatus require_video(Store *store, const char *name, RvError *err)
{
    RvVideos videos = {0};
    RvNaming naming = RV_NAMED_NONE;
    char *shown = rv_file_copy_shown(name, err);
    RvStatus status = shown != NULL ? rv_store_list_paths(store, &videos, err) : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = rv_video_name_filter(shown, &videos, &naming, err);
    if (status == RV_OK && videos.count == 0)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_LIST_VIDEOS, NULL,
                                   "no video matches '%s'", shown);
    rv_videos_clear(&videos);
    free(shown);
    return status;
}

static bool has_part(const QueryVector *query, size_t term_count, size_t part)
{
    for (size_t i = 0; i < term_count; i++) {
        if (query[i].part == part)
            return true;
    }
    return false;
}

/* If the mean has no direction, every frame has the score 0 and the order has no meaning. All vectors have
 * length 1. A part without terms is refused later. */
static RvStatus refuse_nothing(const QueryVector *query, size_t term_count, int dimensions, RvError *err)
{
    float *mean = rv_mem_alloc((size_t)dimensions, sizeof *mean, err);
    RvStatus status = mean != NULL ? RV_OK : RV_ERROR_MEMORY;
    for (size_t part = 0; part < RV_SEQUENCE_PARTS_MAX && status == RV_OK; part++) {
        if (!has_part(query, term_count, part))
            continue;
        status = rv_fusion_part_vector(query, term_count, part, dimensions, mean, err);
        if (status == RV_OK && rv_vector_length(mean, (size_t)dimensions) < MEAN_LENGTH_MIN)
            status = rv_error_set(err, RV_ERROR_ARGUMENT,
                                  "the terms of the query cancel each other out; change one, or its weight");
    }
    free(mean);
    return status;
}

/* One query vector per term. vectors: [term_count, dimensions]. */
static RvStatus make_vectors(Store *store, RvEncoder *encoder, const RvTerm *terms, size_t term_count,
                             int dimensions, SearchLimit *limit, float *vectors, QueryVector *query,
                             RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; i < term_count && status == RV_OK; i++) {
        float *vector = vectors + i * (size_t)dimensions;
        status = RV_CHECK_RESERVED(RvTerm, &terms[i], err);
        if (status != RV_OK)
            break;
        query[i] = (QueryVector){.vector = vector, .weight = terms[i].weight, .part = (size_t)terms[i].part};
        if (terms[i].part < 0 || terms[i].part >= RV_SEQUENCE_PARTS_MAX)
            status = rv_error_set(err, RV_ERROR_ARGUMENT, "a sequence has at most %d parts",
                                  RV_SEQUENCE_PARTS_MAX);
        else if (!isfinite(query[i].weight))
            status =
                rv_error_set(err, RV_ERROR_ARGUMENT, "the weight of a query term is not a finite number");
        else if (query[i].weight == 0)
            status = rv_error_set(err, RV_ERROR_ARGUMENT,
                                  "a query term has the weight 0; give it 1, or leave the term out");
        else if (is_over(limit))
            status = RV_ERROR_CANCELLED;
        else
            status = make_vector(store, encoder, &terms[i], dimensions, limit, vector, err);
    }
    return status;
}

/* What a query gives: the best frames, or every frame of one video. */
typedef struct Answer {
    RvHits *hits;
    const char *video; // NULL: hits
    RvFrameScores *scores;
} Answer;

static RvStatus score_video(Store *store, ThreadPool *pool, const QueryVector *query, size_t term_count,
                            int dimensions, const RvSearchOptions *options, const Answer *answer,
                            RvError *err)
{
    int64_t video_id = 0;
    RvStatus status = rv_video_named(store, answer->video, &video_id, err);
    return status == RV_OK ? rv_search_video_scores(store, pool, query, term_count, dimensions, options,
                                                    video_id, answer->scores, err)
                           : status;
}

static RvStatus ask(SearchIndex *index, Store *store, ThreadPool *pool, RvEncoder *encoder,
                    const RvTerm *terms, size_t term_count, const RvSearchOptions *options,
                    const Answer *answer, RvError *err)
{
    if (term_count == 0 || term_count > TERMS_MAX)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a query has 1 to %d terms; this one has %zu", TERMS_MAX,
                            term_count);
    SearchLimit limit = {.options = options, .start_s = rv_clock_s()};
    RvSearchOptions limited = options != NULL ? *options : (RvSearchOptions){0};
    limited.cancelled = is_over;
    limited.cancelled_user = &limit;
    ModelIdentity identity;
    bool present = false;
    RvStatus status = rv_store_limit_wait(store, limited.timeout_s, err);
    if (status == RV_OK)
        status = rv_store_check_encoder(store, encoder, &identity, &present, err);
    if (status != RV_OK)
        return status;
    if (!present)
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_INDEX, NULL, "%s: the library is empty",
                                 rv_store_uri(store));
    int dimensions = identity.dimensions;
    float *vectors = rv_mem_alloc_aligned(term_count, (size_t)dimensions * sizeof *vectors, err);
    QueryVector *query = rv_mem_alloc(term_count, sizeof *query, err);
    if (vectors == NULL || query == NULL)
        status = RV_ERROR_MEMORY;
    else
        status = make_vectors(store, encoder, terms, term_count, dimensions, &limit, vectors, query, err);
    if (status == RV_OK && limited.fusion == RV_FUSION_MEAN)
        status = refuse_nothing(query, term_count, dimensions, err);
    if (status == RV_OK && answer->video != NULL)
        status = score_video(store, pool, query, term_count, dimensions, &limited, answer, err);
    else if (status == RV_OK)
        status =
            rv_search_frames(index, store, pool, query, term_count, dimensions, &limited, answer->hits, err);
    if (status == RV_OK && answer->video == NULL && answer->hits->count == 0 && limited.video_glob != NULL)
        status = require_video(store, limited.video_glob, err);
    free(query);
    free(vectors);
    return status == RV_ERROR_CANCELLED ? cancelled(&limit, err) : rv_query_status(&limited, status, err);
}

RvStatus rv_query_search(SearchIndex *index, Store *store, ThreadPool *pool, RvEncoder *encoder,
                         const RvTerm *terms, size_t term_count, const RvSearchOptions *options, RvHits *out,
                         RvError *err)
{
    Answer answer = {.hits = out};
    *out = (RvHits){0};
    return ask(index, store, pool, encoder, terms, term_count, options, &answer, err);
}

RvStatus rv_query_video_scores(Store *store, ThreadPool *pool, RvEncoder *encoder, const RvTerm *terms,
                               size_t term_count, const RvSearchOptions *options, const char *video,
                               RvFrameScores *out, RvError *err)
{
    Answer answer = {.video = video != NULL ? video : "", .scores = out};
    *out = (RvFrameScores){0};
    return ask(NULL, store, pool, encoder, terms, term_count, options, &answer, err);
}
