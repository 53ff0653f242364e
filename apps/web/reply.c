/* SPDX-License-Identifier: MIT */
/* The answer to a request, until it is handed to the connection. */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES 1024
#define JSON_TYPE "application/json"

typedef struct StatusRow {
    int http;
    const char *code;
} StatusRow;

static const StatusRow statuses[] = {
    [RV_OK] = {200, ""},
    [RV_ERROR_ARGUMENT] = {400, "bad_argument"},
    [RV_ERROR_NOT_FOUND] = {404, "not_found"},
    [RV_ERROR_IO] = {500, "io"},
    [RV_ERROR_FORMAT] = {500, "damaged"},
    [RV_ERROR_UNSUPPORTED] = {501, "unsupported"},
    [RV_ERROR_MISMATCH] = {409, "mismatch"},
    [RV_ERROR_NETWORK] = {502, "network"},
    [RV_ERROR_MEMORY] = {503, "memory"},
    [RV_ERROR_BUSY] = {503, "busy"},
    [RV_ERROR_CANCELLED] = {504, "timeout"},
    [RV_ERROR_INTERNAL] = {500, "internal"},
};
#define STATUS_COUNT (sizeof statuses / sizeof statuses[0])

/* What the page has words for. */
static const char *const hints[] = {
    [RV_HINT_VERIFY] = "verify",
    [RV_HINT_VERIFY_RESTORE] = "verify",
    [RV_HINT_CREATE_LIBRARY] = "index",
    [RV_HINT_INDEX] = "index",
    [RV_HINT_INDEX_REST] = "index",
    [RV_HINT_LIST_VIDEOS] = "list_videos",
    [RV_HINT_MODEL] = "model",
    [RV_HINT_MODEL_OR_LIBRARY] = "model",
    [RV_HINT_MODEL_FETCH] = "model_fetch",
    [RV_HINT_MODEL_FETCH_AGAIN] = "model_fetch",
    [RV_HINT_MODEL_FETCH_OR_ADD] = "model_fetch",
    [RV_HINT_MODEL_LOCATE] = "model",
    [RV_HINT_BUILD_INDEX] = "build_index",
    [RV_HINT_MEAN_FUSION] = "mean_fusion",
    [RV_HINT_PARTIAL] = "partial",
};
#define HINT_COUNT (sizeof hints / sizeof hints[0])

void reply_init(Reply *reply)
{
    *reply = (Reply){.file = -1};
}

static void clear_body(Reply *reply)
{
    if (reply->kind == REPLY_BYTES && reply->release != NULL)
        reply->release((void *)reply->bytes);
    if (reply->file >= 0)
        close(reply->file);
    stream_drop(reply->stream);
    reply->bytes = NULL;
    reply->release = NULL;
    reply->size_bytes = 0;
    reply->file = -1;
    reply->stream = NULL;
    reply->type = NULL;
    reply->code[0] = '\0';
    reply->kind = REPLY_BYTES;
}

static void clear_headers(Reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        free(reply->headers[i].value);
    reply->header_count = 0;
}

void reply_clear(Reply *reply)
{
    clear_body(reply);
    clear_headers(reply);
    reply_init(reply);
}

/* ---- the kinds ---------------------------------------------------------------------------------------- */

void reply_bytes(Reply *reply, int status, const char *type, const void *bytes, size_t size_bytes,
                 void (*release)(void *bytes))
{
    clear_body(reply);
    reply->status = status;
    reply->type = type;
    reply->bytes = bytes;
    reply->size_bytes = size_bytes;
    reply->release = release;
}

void reply_empty(Reply *reply, int status)
{
    reply_bytes(reply, status, NULL, "", 0, NULL);
}

void reply_file(Reply *reply, int status, const char *type, int file, uint64_t offset, uint64_t size_bytes)
{
    clear_body(reply);
    reply->status = status;
    reply->type = type;
    reply->kind = REPLY_FILE;
    reply->file = file;
    reply->file_offset = offset;
    reply->size_bytes = size_bytes;
}

void reply_stream(Reply *reply, int status, const char *type, Stream *stream)
{
    clear_body(reply);
    reply->status = status;
    reply->type = type;
    reply->kind = REPLY_STREAM;
    reply->stream = stream;
}

void reply_memory(Reply *reply)
{
    static const char text[] = "{\"error\":{\"code\":\"memory\",\"message\":\"out of memory\"}}\n";
    clear_headers(reply);
    reply_bytes(reply, 503, JSON_TYPE, text, sizeof text - 1, NULL);
    snprintf(reply->code, sizeof reply->code, "memory");
}

void reply_json(Reply *reply, int status, json_t *value)
{
    char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(value);
    if (text != NULL)
        reply_bytes(reply, status, JSON_TYPE, text, strlen(text), free);
    else
        reply_memory(reply);
}

/* ---- errors ------------------------------------------------------------------------------------------- */

static void set_error(Reply *reply, int status, const char *code, const char *hint, const char *message)
{
    json_t *fields = json_pack("{s:s, s:o}", "code", code, "message", reply_text(message));
    if (fields != NULL && hint != NULL)
        json_object_set_new(fields, "hint", json_string(hint));
    reply_json(reply, status, json_pack("{s:o}", "error", fields));
    snprintf(reply->code, sizeof reply->code, "%s", code);
    if (status == 503 || status == 429)
        reply_header(reply, "Retry-After", "1");
}

void reply_error(Reply *reply, int status, const char *code, const char *format, ...)
{
    char message[RV_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    set_error(reply, status, code, NULL, message);
}

int reply_status_of(RvStatus status)
{
    return (size_t)status < STATUS_COUNT ? statuses[status].http : 500;
}

void reply_failure(Reply *reply, const RvError *err)
{
    const char *code = (size_t)err->status < STATUS_COUNT ? statuses[err->status].code : "internal";
    const char *hint = (size_t)err->hint < HINT_COUNT ? hints[err->hint] : NULL;
    set_error(reply, reply_status_of(err->status), code, hint, err->message);
}

/* ---- headers ------------------------------------------------------------------------------------------ */

void reply_header(Reply *reply, const char *name, const char *format, ...)
{
    char value[HEADER_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    char *to = value;
    for (const char *from = value; *from != '\0'; from++) {
        if ((unsigned char)*from >= ' ' && (unsigned char)*from < 0x7F)
            *to++ = *from;
    }
    *to = '\0';
    char *copy = strdup(value);
    if (reply->header_count < REPLY_HEADERS_MAX && copy != NULL)
        reply->headers[reply->header_count++] = (ReplyHeader){name, copy};
    else
        free(copy);
}

void reply_cacheable(Reply *reply, const char *etag, bool immutable)
{
    reply_header(reply, "ETag", "\"%s\"", etag);
    reply_header(reply, "Cache-Control", "%s",
                 immutable ? "private, max-age=31536000, immutable" : "private, no-cache");
}

/* ---- texts -------------------------------------------------------------------------------------------- */

json_t *reply_text(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    size_t length = strlen(text);
    char *clean = malloc(3 * length + 1), *to = clean;
    if (clean == NULL)
        return NULL;
    for (const char *at = text; *at != '\0';) {
        // jansson tells what is UTF-8: the longest character that begins here.
        size_t size = 4, left = strlen(at);
        json_t *character = NULL;
        for (; size > 0 && character == NULL; size -= character == NULL)
            character = size <= left ? json_stringn(at, size) : NULL;
        // Four bytes may be several characters, which are as good.
        memcpy(to, size > 0 ? at : "\xEF\xBF\xBD", size > 0 ? size : 3);
        to += size > 0 ? size : 3;
        at += size > 0 ? size : 1;
        json_decref(character);
    }
    *to = '\0';
    string = json_string(clean);
    free(clean);
    return string;
}
