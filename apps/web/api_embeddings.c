/* SPDX-License-Identifier: MIT */
/* POST /v1/embeddings: vectors of texts and pictures, as clients of several servers ask for them:
 *
 *   OpenAI     {"input": "text"} or ["text", ...]
 *   Infinity   the same with "modality": "image", and data URIs or URLs as input
 *   Jina       {"input": [{"text": "..."}, {"image": "base64, data URI or URL"}]}
 *   vLLM       {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "..."}}]}]}
 *
 * The vectors have length 1. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api.h"
#include "common/base64.h"
#include "context.h"
#include "members.h"
#include "metrics.h"
#include "pictures.h"
#include "text_vectors.h"
#include "web_clock.h"

#define INPUTS_MAX 1024
#define TEXT_BYTES_MAX 65536

typedef struct Wish {
    Request *request;
    bool pictures; // strings are pictures
    bool base64;
    size_t dimensions;
    float *vector;
    json_t *data; // of the answer
    int64_t tokens;
    double until_s; // by web_clock_s
} Wish;

static bool refuse(const Wish *wish, const char *code, const char *message)
{
    reply_error(&wish->request->reply, 400, code, "%s", message);
    return false;
}

/* ---- vectors ------------------------------------------------------------------------------------------ */

static bool add_vector(Wish *wish)
{
    double square = 0;
    for (size_t i = 0; i < wish->dimensions; i++)
        square += (double)wish->vector[i] * wish->vector[i];
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    for (size_t i = 0; i < wish->dimensions; i++)
        wish->vector[i] = (float)(wish->vector[i] * scale);
    json_t *embedding = NULL;
    if (wish->base64) { // 32-bit floats, little-endian
        size_t size_bytes = wish->dimensions * sizeof *wish->vector;
        char *text = malloc(base64_length(size_bytes) + 1);
        if (text != NULL)
            base64_write(wish->vector, size_bytes, text);
        embedding = text != NULL ? json_string(text) : NULL;
        free(text);
    } else {
        embedding = json_array();
        for (size_t i = 0; i < wish->dimensions; i++)
            json_array_append_new(embedding, json_real(wish->vector[i]));
    }
    json_t *item = json_pack("{s:s, s:I, s:o}", "object", "embedding", "index",
                             (json_int_t)json_array_size(wish->data), "embedding", embedding);
    if (json_array_append_new(wish->data, item) == 0)
        return true;
    reply_memory(&wish->request->reply);
    return false;
}

static bool add_text(Wish *wish, const char *text)
{
    WebServer *server = wish->request->server;
    RvError err = {0};
    bool hit = false;
    int32_t *tokens = NULL;
    size_t count = 0, length = strlen(text);
    if (text[strspn(text, " \t\r\n")] == '\0')
        return refuse(wish, "empty_text", "a text is empty");
    if (length > TEXT_BYTES_MAX)
        return refuse(wish, "bad_input", "a text is too long");
    RvStatus status = text_vectors_get(server->text_vectors, text, wish->vector, &hit, &err);
    if (status == RV_OK)
        status = rv_encoder_tokenize(server->encoder, text, length, &tokens, &count, &err);
    rv_free(tokens);
    if (status != RV_OK) {
        reply_failure(&wish->request->reply, &err);
        return false;
    }
    metrics_count(server->metrics, hit ? METRICS_TEXT_HIT : METRICS_TEXT_MISS);
    size_t context = (size_t)rv_encoder_info(server->encoder)->context_length;
    wish->tokens += (int64_t)(count < context ? count : context);
    return add_vector(wish);
}

static bool add_url(Wish *wish, const char *url)
{
    WebServer *server = wish->request->server;
    RvError err = {0};
    if (!server->allow_urls) {
        reply_error(&wish->request->reply, 403, "urls_not_allowed",
                    "this server fetches no pictures from URLs");
        return false;
    }
    if (pictures_embed_url(server->pictures, url, request_client_gone, wish->request, wish->vector, &err) ==
        RV_OK)
        return add_vector(wish);
    reply_failure(&wish->request->reply, &err);
    return false;
}

/* A URL, a data URI, or bare base64. */
static bool add_picture(Wish *wish, const char *text)
{
    RvError err = {0};
    size_t size = 0;
    if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0)
        return add_url(wish, text);
    if (strncasecmp(text, "data:", 5) == 0) {
        const char *comma = strchr(text, ',');
        if (comma == NULL || comma - text < 12 || strncasecmp(comma - 7, ";base64", 7) != 0)
            return refuse(wish, "bad_input", "a data URI of a picture has to be data:image/TYPE;base64,...");
        text = comma + 1;
    }
    uint8_t *bytes = base64_decode(text, strlen(text), &size);
    if (bytes == NULL)
        return refuse(wish, "bad_input", "a picture has to be base64, a data URI or a URL");
    RvStatus status = pictures_embed_bytes(wish->request->server->pictures, bytes, size, wish->vector, &err);
    free(bytes);
    if (status == RV_OK)
        return add_vector(wish);
    if (status == RV_ERROR_FORMAT || status == RV_ERROR_UNSUPPORTED)
        reply_error(&wish->request->reply, 422, "no_picture", "a picture cannot be read: %s", err.message);
    else
        reply_failure(&wish->request->reply, &err);
    return false;
}

/* ---- inputs ------------------------------------------------------------------------------------------- */

static bool add_input(Wish *wish, const json_t *input)
{
    const json_t *text = json_object_get(input, "text"), *image = json_object_get(input, "image");
    if (json_is_object(input) && json_object_size(input) == 1 && json_is_string(text))
        return add_text(wish, json_string_value(text));
    if (json_is_object(input) && json_object_size(input) == 1 && json_is_string(image))
        return add_picture(wish, json_string_value(image));
    if (!json_is_string(input))
        return refuse(wish, "bad_input",
                      "an input has to be a text, {\"text\": ...} or {\"image\": ...}; tokens are not taken");
    const char *string = json_string_value(input);
    // Nobody looks for such a text.
    if (wish->pictures || strncasecmp(string, "data:image/", 11) == 0)
        return add_picture(wish, string);
    return add_text(wish, string);
}

static bool add_inputs(Wish *wish, const json_t *input)
{
    if (!json_is_array(input))
        return add_input(wish, input);
    size_t count = json_array_size(input);
    if (count == 0 || count > INPUTS_MAX)
        return refuse(wish, "bad_input", "there have to be 1 to 1,024 inputs");
    for (size_t i = 0; i < count; i++) {
        if (web_clock_s() > wish->until_s) {
            reply_error(&wish->request->reply, 504, "timeout", "the vectors took too long; ask for fewer");
            return false;
        }
        if (request_client_gone(wish->request) || !add_input(wish, json_array_get(input, i)))
            return false;
    }
    return true;
}

static bool add_part(Wish *wish, const json_t *part)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *text = json_object_get(part, "text"), *image = json_object_get(part, "image_url");
    if (json_is_object(image))
        image = json_object_get(image, "url");
    if (type != NULL && strcmp(type, "text") == 0 && json_is_string(text))
        return add_text(wish, json_string_value(text));
    if (type != NULL && strcmp(type, "image_url") == 0 && json_is_string(image))
        return add_picture(wish, json_string_value(image));
    return refuse(wish, "bad_input", "a part of a message has to be of type text or image_url");
}

/* One message of one part: the model has no vector of a text and a picture together. */
static bool add_messages(Wish *wish, const json_t *messages)
{
    const json_t *content = json_object_get(json_array_get(messages, 0), "content");
    if (json_array_size(messages) != 1 || (json_is_array(content) && json_array_size(content) != 1))
        return refuse(wish, "bad_input", "messages has to be one message with one part, a text or a picture");
    if (json_is_string(content))
        return add_text(wish, json_string_value(content));
    return add_part(wish, json_array_get(content, 0));
}

/* ---- the request -------------------------------------------------------------------------------------- */

static bool read_options(Wish *wish, const json_t *body)
{
    static const char *const names[] = {"input",      "messages", "model", "encoding_format",
                                        "dimensions", "modality", "user",  NULL};
    const char *model = "reelvec", *encoding = "float", *modality = "text";
    const json_t *dimensions = json_object_get(body, "dimensions");
    const char *own = rv_encoder_info(wish->request->server->encoder)->name;
    if (!members_are_known(wish->request, body, names) ||
        !members_text(wish->request, body, "model", SIZE_MAX, &model) ||
        !members_text(wish->request, body, "encoding_format", SIZE_MAX, &encoding) ||
        !members_text(wish->request, body, "modality", SIZE_MAX, &modality))
        return false;
    if (strcasecmp(model, own) != 0 && strcmp(model, "reelvec") != 0) {
        reply_error(&wish->request->reply, 404, "model_not_found",
                    "the model here is %s; \"reelvec\" means it too", own);
        return false;
    }
    wish->base64 = strcmp(encoding, "base64") == 0;
    if (!wish->base64 && strcmp(encoding, "float") != 0)
        return refuse(wish, "bad_parameter", "encoding_format has to be float or base64");
    wish->pictures = strcmp(modality, "image") == 0;
    if (!wish->pictures && strcmp(modality, "text") != 0)
        return refuse(wish, "bad_parameter", "modality has to be text or image");
    if (dimensions != NULL && !json_is_null(dimensions) &&
        json_integer_value(dimensions) != (json_int_t)wish->dimensions) {
        reply_error(&wish->request->reply, 400, "bad_parameter", "the vectors of %s have %zu dimensions", own,
                    wish->dimensions);
        return false;
    }
    if ((json_object_get(body, "input") != NULL) == (json_object_get(body, "messages") != NULL))
        return refuse(wish, "bad_input", "there has to be either input or messages");
    return true;
}

static void embed(Wish *wish, const json_t *body)
{
    Reply *reply = &wish->request->reply;
    const json_t *messages = json_object_get(body, "messages");
    if (!read_options(wish, body) ||
        !(messages != NULL ? add_messages(wish, messages) : add_inputs(wish, json_object_get(body, "input"))))
        return;
    json_t *usage = json_pack("{s:I, s:I}", "prompt_tokens", (json_int_t)wish->tokens, "total_tokens",
                              (json_int_t)wish->tokens);
    reply_json(reply, 200,
               json_pack("{s:s, s:O, s:o, s:o}", "object", "list", "data", wish->data, "model",
                         reply_text(rv_encoder_info(wish->request->server->encoder)->name), "usage", usage));
    reply_header(reply, "Cache-Control", "no-store");
}

void api_embeddings(Request *request, Reply *reply)
{
    WebServer *server = request->server;
    Wish wish = {.request = request, .until_s = web_clock_s() + server->limits.search_s};
    if (server->encoder == NULL) {
        reply_error(reply, 503, "no_model", "no model is loaded: %s", server->model_error);
        return;
    }
    json_t *body = request_json(request);
    if (body == NULL)
        return;
    wish.dimensions = (size_t)rv_encoder_info(server->encoder)->dimensions;
    wish.vector = calloc(wish.dimensions, sizeof *wish.vector);
    wish.data = json_array();
    if (wish.vector == NULL || wish.data == NULL)
        reply_memory(reply);
    else
        embed(&wish, body);
    json_decref(wish.data);
    free(wish.vector);
    json_decref(body);
}
