/* SPDX-License-Identifier: MIT */
/* What a request asks the library. */
#include "question.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "members.h"
#include "metrics.h"
#include "pictures.h"
#include "question_address.h"
#include "tag_hash.h"
#include "text_vectors.h"

#define TOP_DEFAULT 500
#define LIMIT_DEFAULT 50
#define TEXT_BYTES_MAX 16384

static bool refuse(const Asking *asking, const char *code, const char *message)
{
    reply_error(&asking->request->reply, 400, code, "%s", message);
    return false;
}

static bool fail(const Asking *asking, const RvError *err)
{
    reply_failure(&asking->request->reply, err);
    return false;
}

/* ---- terms -------------------------------------------------------------------------------------------- */

/* Room for the vector of the term that comes next; NULL, with an error, if there is no model or no memory. */
static float *vector_room(Question *question, const Asking *asking)
{
    const WebServer *server = asking->request->server;
    if (server->encoder == NULL) {
        reply_error(&asking->request->reply, 503, "no_model", "no model is loaded: %s", server->model_error);
        return NULL;
    }
    size_t dimensions = (size_t)rv_encoder_info(server->encoder)->dimensions;
    if (question->vectors == NULL)
        question->vectors = calloc(QUESTION_TERMS_MAX * dimensions, sizeof *question->vectors);
    if (question->vectors == NULL) {
        reply_memory(&asking->request->reply);
        return NULL;
    }
    return question->vectors + question->term_count * dimensions;
}

static bool read_text(Question *question, const Asking *asking, const char *text, RvTerm *term)
{
    RvError err = {0};
    bool hit = false;
    WebServer *server = asking->request->server;
    if (text[strspn(text, " \t\r\n")] == '\0')
        return refuse(asking, "empty_text", "a text of the query is empty; say what to look for");
    if (strlen(text) > TEXT_BYTES_MAX)
        return refuse(asking, "bad_term", "a text of the query is too long");
    float *vector = vector_room(question, asking);
    if (vector == NULL)
        return false;
    if (text_vectors_get(server->text_vectors, text, vector, &hit, &err) != RV_OK)
        return fail(asking, &err);
    metrics_count(server->metrics, hit ? METRICS_TEXT_HIT : METRICS_TEXT_MISS);
    term->kind = RV_TERM_VECTOR;
    term->vector = vector;
    return true;
}

static bool read_picture(Question *question, const Asking *asking, const char *name, RvTerm *term)
{
    RvError err = {0};
    float *vector = vector_room(question, asking);
    if (vector == NULL)
        return false;
    RvStatus status = pictures_embed(asking->request->server->pictures, name, vector, &err);
    if (status == RV_ERROR_NOT_FOUND) {
        reply_error(&asking->request->reply, 404, "no_such_picture", "%s", err.message);
        return false;
    }
    term->kind = RV_TERM_VECTOR;
    term->vector = vector;
    return status == RV_OK || fail(asking, &err);
}

static bool read_url(Question *question, const Asking *asking, const char *url, RvTerm *term)
{
    WebServer *server = asking->request->server;
    RvError err = {0};
    if (!server->allow_urls) {
        reply_error(&asking->request->reply, 403, "urls_not_allowed",
                    "this server fetches no pictures from URLs");
        return false;
    }
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return refuse(asking, "bad_term", "the URL of a picture has to begin with http:// or https://");
    float *vector = vector_room(question, asking);
    if (vector == NULL)
        return false;
    term->kind = RV_TERM_VECTOR;
    term->vector = vector;
    return pictures_embed_url(server->pictures, url, request_client_gone, asking->request, vector, &err) ==
               RV_OK ||
           fail(asking, &err);
}

/* The time of a frame that is named by its number. */
static bool find_time(const Asking *asking, const RvVideo *video, int64_t number, double *time_s)
{
    RvFrames frames = {0};
    RvError err = {0};
    bool found = false;
    if (rv_library_frames(asking->book->library, video->video_id, &frames, &err) != RV_OK)
        return fail(asking, &err);
    for (size_t i = 0; i < frames.count && !found; i++) {
        found = frames.items[i].frame_number == number;
        *time_s = frames.items[i].time_s;
    }
    rv_frames_clear(&frames);
    if (!found)
        reply_error(&asking->request->reply, 404, "no_such_frame", "the video has no frame %lld",
                    (long long)number);
    return found;
}

static bool read_frame(const Asking *asking, const json_t *frame, RvTerm *term)
{
    const json_t *id = json_object_get(frame, "video"), *number = json_object_get(frame, "number");
    const json_t *time = json_object_get(frame, "time");
    if (!json_is_integer(id) || (number != NULL) == (time != NULL) || json_object_size(frame) != 2 ||
        !(json_is_integer(number) || json_is_number(time)))
        return refuse(asking, "bad_term",
                      "a frame has to be {\"video\": ID, \"number\": N} or with \"time\": SECONDS");
    const RvVideo *video = shelf_video(asking->videos, json_integer_value(id));
    if (video == NULL) {
        reply_error(&asking->request->reply, 404, "no_such_video", "the library has no video %lld",
                    (long long)json_integer_value(id));
        return false;
    }
    term->kind = RV_TERM_FRAME;
    term->value = video->path;
    term->time_s = json_number_value(time);
    return number == NULL || find_time(asking, video, json_integer_value(number), &term->time_s);
}

static bool read_term(Question *question, const Asking *asking, const json_t *json)
{
    RvTerm term = {.weight = 1};
    const json_t *weight = json_object_get(json, "weight"), *part = json_object_get(json, "part");
    const json_t *text = json_object_get(json, "text"), *picture = json_object_get(json, "picture");
    const json_t *url = json_object_get(json, "url"), *frame = json_object_get(json, "frame");
    size_t members = (weight != NULL) + (part != NULL) + (text != NULL) + (picture != NULL) + (url != NULL) +
                     (frame != NULL);
    if (!json_is_object(json) || members != json_object_size(json) ||
        members - (weight != NULL) - (part != NULL) != 1)
        return refuse(
            asking, "bad_term",
            "a term has to be an object with one of text, picture, frame, url, and at most weight and part");
    if (weight != NULL)
        term.weight = json_number_value(weight);
    if ((weight != NULL && !json_is_number(weight)) || !isfinite(term.weight) || term.weight == 0 ||
        fabs(term.weight) > 1e6)
        return refuse(asking, "bad_weight", "a weight has to be a number other than 0");
    if (part != NULL && (!json_is_integer(part) || json_integer_value(part) < 0 ||
                         json_integer_value(part) >= RV_SEQUENCE_PARTS_MAX))
        return refuse(asking, "bad_part", "a query has at most 8 parts, with the numbers 0 to 7");
    term.part = json_integer_value(part);
    bool good = false;
    if (json_is_string(text))
        good = read_text(question, asking, json_string_value(text), &term);
    else if (json_is_string(picture))
        good = read_picture(question, asking, json_string_value(picture), &term);
    else if (json_is_string(url))
        good = read_url(question, asking, json_string_value(url), &term);
    else if (json_is_object(frame))
        good = read_frame(asking, frame, &term);
    else
        return refuse(asking, "bad_term", "text, picture and url of a term are texts, frame is an object");
    if (good)
        question->terms[question->term_count++] = term;
    return good;
}

static bool read_terms(Question *question, const Asking *asking, const json_t *terms)
{
    size_t count = json_array_size(terms);
    if (!json_is_array(terms) || count == 0)
        return refuse(asking, "no_terms", "the query has no terms; say what to look for");
    if (count > QUESTION_TERMS_MAX)
        return refuse(asking, "bad_term", "the query has too many terms");
    for (size_t i = 0; i < count; i++) {
        if (!read_term(question, asking, json_array_get(terms, i)))
            return false;
        if (request_client_gone(asking->request))
            return false;
    }
    return true;
}

/* ---- options ------------------------------------------------------------------------------------------ */

/* Of searches and scores alike, so that one query can be used for both. */
static const char *const members[] = {"terms",     "fusion",    "scan", "video", "videos", "after",
                                      "before",    "min_score", "gap",  "pad",   "within", "timeout",
                                      "partial",   "moments",   "top",  "limit", "cursor", "group",
                                      "per_video", "part",      NULL};

static bool read_number(const Asking *asking, const json_t *json, const char *name, double min, double max,
                        const double **given, double *out)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    *out = json_number_value(value);
    if (!json_is_number(value) || !(*out >= min && *out <= max)) {
        reply_error(&asking->request->reply, 400, "bad_parameter", "%s has to be a number from %g to %g",
                    name, min, max);
        return false;
    }
    if (given != NULL)
        *given = out;
    return true;
}

static bool read_whole(const Asking *asking, const json_t *json, const char *name, int64_t min, int64_t max,
                       int64_t *out)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max) {
        reply_error(&asking->request->reply, 400, "bad_parameter",
                    "%s has to be a whole number from %lld to %lld", name, (long long)min, (long long)max);
        return false;
    }
    *out = json_integer_value(value);
    return true;
}

static bool read_flag(const Asking *asking, const json_t *json, const char *name, bool *out)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    *out = json_is_true(value);
    if (json_is_boolean(value))
        return true;
    reply_error(&asking->request->reply, 400, "bad_parameter", "%s has to be true or false", name);
    return false;
}

/* words: end with NULL; *out is the number of the one that is given. */
static bool read_word(const Asking *asking, const json_t *json, const char *name, const char *const *words,
                      int *out)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    for (int i = 0; json_is_string(value) && words[i] != NULL; i++) {
        if (strcmp(words[i], json_string_value(value)) == 0) {
            *out = i;
            return true;
        }
    }
    reply_error(&asking->request->reply, 400, "bad_parameter", "%s has another value than is known", name);
    return false;
}

static bool read_videos(Question *question, const Asking *asking, const json_t *json)
{
    const json_t *pattern = json_object_get(json, "videos"), *id = json_object_get(json, "video");
    if ((pattern != NULL && !json_is_string(pattern)) || (id != NULL && !json_is_integer(id)) ||
        (pattern != NULL && id != NULL))
        return refuse(asking, "bad_parameter", "video is the number of one, videos the pattern of several");
    if (pattern != NULL && json_string_value(pattern)[0] != '\0')
        question->options.video_glob = json_string_value(pattern);
    if (id == NULL)
        return true;
    const RvVideo *video = shelf_video(asking->videos, json_integer_value(id));
    if (video == NULL) {
        reply_error(&asking->request->reply, 404, "no_such_video", "the library has no video %lld",
                    (long long)json_integer_value(id));
        return false;
    }
    question->video_path = question->options.video_glob = video->path;
    return true;
}

static bool read_paging(Question *question, const Asking *asking, const json_t *json)
{
    static const char *const groups[] = {"none", "video", NULL};
    int group = 0;
    int64_t top = TOP_DEFAULT;
    const json_t *cursor = json_object_get(json, "cursor");
    if (!read_whole(asking, json, "limit", 1, QUESTION_LIMIT_MAX, &question->limit))
        return false;
    top = question->limit > top ? question->limit : top;
    if (!read_whole(asking, json, "top", 1, QUESTION_TOP_MAX, &top) ||
        !read_whole(asking, json, "per_video", 1, 100, &question->per_video) ||
        !read_word(asking, json, "group", groups, &group))
        return false;
    question->options.top = (size_t)top;
    question->by_video = group == 1;
    question->has_cursor = cursor != NULL && !json_is_null(cursor);
    if (question->has_cursor &&
        (!json_is_string(cursor) || !cursor_read(json_string_value(cursor), &question->cursor)))
        return refuse(asking, "bad_cursor", "this is no cursor of this server");
    return true;
}

static bool read_options(Question *question, const Asking *asking, const json_t *json)
{
    static const char *const fusions[] = {"mean", "zscore", "rrf", NULL};
    static const char *const scans[] = {"auto", "exact", "approximate", NULL};
    RvSearchOptions *options = &question->options;
    const WebLimits *limits = &asking->request->server->limits;
    int fusion = RV_FUSION_MEAN, scan = RV_SCAN_AUTO;
    options->timeout_s = limits->search_s;
    options->cancelled = request_client_gone;
    options->cancelled_user = asking->request;
    if (!read_word(asking, json, "fusion", fusions, &fusion) ||
        !read_word(asking, json, "scan", scans, &scan) ||
        !read_number(asking, json, "min_score", -1e9, 1e9, &options->min_score, &question->min_score) ||
        !read_number(asking, json, "after", 0, 1e9, &options->after_s, &question->after_s) ||
        !read_number(asking, json, "before", 0, 1e9, &options->before_s, &question->before_s) ||
        !read_number(asking, json, "gap", 0, 1e9, NULL, &options->moment_gap_s) ||
        !read_number(asking, json, "pad", 0, 1e6, NULL, &options->pad_s) ||
        !read_number(asking, json, "within", 0.001, 1e9, NULL, &options->within_s) ||
        !read_number(asking, json, "timeout", 0.001, limits->search_s, NULL, &options->timeout_s) ||
        !read_whole(asking, json, "part", 0, RV_SEQUENCE_PARTS_MAX - 1, &question->part) ||
        !read_flag(asking, json, "moments", &options->moments) ||
        !read_flag(asking, json, "partial", &options->partial))
        return false;
    options->fusion = (RvFusion)fusion;
    options->scan = (RvScan)scan;
    return read_videos(question, asking, json);
}

/* ---- all ---------------------------------------------------------------------------------------------- */

/* Of everything that decides the ranked list. */
static uint64_t digest_of(const json_t *json)
{
    json_t *rest = json_copy((json_t *)json);
    json_object_del(rest, "cursor");
    json_object_del(rest, "limit");
    json_object_del(rest, "per_video");
    json_object_del(rest, "timeout");
    char *text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t digest = tag_hash_text(TAG_HASH_START, text);
    free(text);
    json_decref(rest);
    return digest;
}

bool question_read(Question *question, const Asking *asking, bool paged)
{
    Request *request = asking->request;
    *question = (Question){.limit = LIMIT_DEFAULT, .per_video = 3};
    question->json = request->method == METHOD_POST ? request_json(request) : question_of_address(request);
    if (question->json == NULL || !members_are_known(asking->request, question->json, members) ||
        !read_options(question, asking, question->json) ||
        (paged && !read_paging(question, asking, question->json)))
        return false;
    question->digest = digest_of(question->json);
    question->raw_lengths = asking->videos->length == RV_LENGTH_MODEL;
    return read_terms(question, asking, json_object_get(question->json, "terms"));
}

bool question_keep_part(Question *question, const Asking *asking)
{
    size_t kept = 0;
    for (size_t i = 0; i < question->term_count; i++) {
        if (question->terms[i].part != question->part)
            continue;
        question->terms[kept] = question->terms[i];
        question->terms[kept++].part = 0;
    }
    question->term_count = kept;
    return kept > 0 || refuse(asking, "no_terms", "this part of the query has no terms");
}

void question_clear(Question *question)
{
    json_decref(question->json);
    free(question->vectors);
    *question = (Question){0};
}

const char *question_score_kind(const Question *question)
{
    for (size_t i = 0; i < question->term_count; i++) {
        if (question->terms[i].part > 0)
            return "sequence";
    }
    if (question->options.fusion == RV_FUSION_ZSCORE)
        return "zscore";
    if (question->options.fusion == RV_FUSION_RRF)
        return "rrf";
    bool plain = question->term_count == 1 && question->terms[0].weight > 0;
    if (question->raw_lengths)
        return plain ? "dot" : "weighted_dot";
    return plain ? "cosine" : "weighted_cosine";
}
