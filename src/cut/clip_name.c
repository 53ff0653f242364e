/* SPDX-License-Identifier: MIT */
/* Names of clips, from a template. */
#include "cut/clip_name.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "naming/file_name.h"

/* Of file systems 255; the ending and ".1234567.part" come behind it. */
#define NAME_BYTES_MAX 200
#define TEXT_BYTES_MAX 4096

// "0.01.23.500": names do without colons.
static void add_time(Buffer *text, double seconds)
{
    int64_t ms = seconds > 0 && seconds < 1e9 ? llround(seconds * 1000) : 0;
    rv_buffer_append_format(text, NULL, "%" PRId64 ".%02d.%02d.%03d", ms / 3600000, (int)(ms / 60000 % 60),
                            (int)(ms / 1000 % 60), (int)(ms % 1000));
}

// Add the last part of a path or URL without its ending.
static void add_video(Buffer *text, const char *video)
{
    size_t length = rv_file_is_url(video) ? strcspn(video, "?#") : strlen(video);
    while (length > 0 && video[length - 1] == '/')
        length--;
    size_t from = length;
    while (from > 0 && video[from - 1] != '/')
        from--;
    size_t end = length;
    for (size_t i = from + 1; i < length; i++) {
        if (video[i] == '.')
            end = i;
    }
    rv_buffer_append(text, video + from, end - from, NULL);
}

static bool add_word(Buffer *text, const char *word, size_t length, const RvMoment *moment, size_t number,
                     size_t count)
{
#define IS(name) (length == sizeof(name) - 1 && memcmp(word, name, sizeof(name) - 1) == 0)
    if (IS("video")) {
        add_video(text, moment->video);
    } else if (IS("start")) {
        add_time(text, moment->start_s);
    } else if (IS("end")) {
        add_time(text, moment->end_s);
    } else if (IS("n")) {
        int digits = 3;
        for (size_t limit = 1000; count >= limit && digits < 12; limit *= 10)
            digits++;
        rv_buffer_append_format(text, NULL, "%0*zu", digits, number);
    } else if (IS("name")) {
        if (moment->name != NULL)
            rv_buffer_append(text, moment->name, strlen(moment->name), NULL);
        else
            add_video(text, moment->video);
    } else if (IS("score")) {
        if (isfinite(moment->score))
            rv_buffer_append_format(text, NULL, "%.3f", moment->score);
    } else {
        return false;
    }
    return true;
#undef IS
}

// Replace what file systems, shells or other systems stumble over, and cut to a length.
static char *clean(const char *text, RvError *err)
{
    Buffer name;
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    rv_buffer_init(&name, TEXT_BYTES_MAX);
    while (at < end) {
        uint32_t code;
        size_t length = rv_utf8_read(at, (size_t)(end - at), &code);
        bool bad = code == RV_UTF8_BAD || rv_file_name_bad((const char *)at) > 0;
        bad = bad || (name.size_bytes == 0 && (code == '.' || code == '-' || code == ' '));
        if (name.size_bytes + length > NAME_BYTES_MAX)
            break;
        rv_buffer_append(&name, bad ? (const uint8_t *)"_" : at, bad ? 1 : length, err);
        at += length;
    }
    while (name.size_bytes > 0 &&
           (name.bytes[name.size_bytes - 1] == ' ' || name.bytes[name.size_bytes - 1] == '.'))
        name.bytes[--name.size_bytes] = '\0';
    if (name.size_bytes > 0 && rv_file_name_is_device((const char *)name.bytes) &&
        rv_buffer_append(&name, "_", 1, err) == RV_OK) {
        memmove(name.bytes + 1, name.bytes, name.size_bytes - 1);
        name.bytes[0] = '_';
    }
    if (name.size_bytes == 0 && name.status == RV_OK)
        rv_error_set(err, RV_ERROR_ARGUMENT, "the name of a clip would be empty");
    if (name.size_bytes > 0 && name.status == RV_OK)
        return (char *)name.bytes;
    rv_buffer_clear(&name);
    return NULL;
}

RvStatus rv_clip_name(const char *name_template, const RvMoment *moment, size_t number, size_t count,
                      char **out, RvError *err)
{
    Buffer text;
    RvStatus status = RV_OK;
    RvError cause = {0};
    *out = NULL;
    if (strchr(name_template, '/') != NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "'%s': names of clips hold no '/'", name_template);
    rv_buffer_init(&text, TEXT_BYTES_MAX * 4);
    for (const char *at = name_template; *at != '\0' && status == RV_OK;) {
        size_t length = strcspn(at, "{}");
        rv_buffer_append(&text, at, length, &cause);
        at += length;
        if (at[0] == '\0')
            break;
        if (at[1] == at[0]) { // "{{" is a brace itself
            rv_buffer_append(&text, at, 1, &cause);
            at += 2;
            continue;
        }
        const char *close = at[0] == '{' ? at + 1 + strcspn(at + 1, "{}") : at;
        if (close[0] != '}' || close == at) {
            status = rv_error_set(&cause, RV_ERROR_ARGUMENT,
                                  "'%s': a %c without its %s; a brace itself is written twice, as %c%c",
                                  name_template, at[0], at[0] == '{' ? "}" : "{", at[0], at[0]);
            break;
        }
        if (!add_word(&text, at + 1, (size_t)(close - at - 1), moment, number, count))
            status = rv_error_set(
                &cause, RV_ERROR_ARGUMENT,
                "'%s': there is no %.*s; there are {video}, {start}, {end}, {n}, {name}, {score}",
                name_template, (int)(close - at + 1), at);
        at = close + 1;
    }
    if (status == RV_OK && text.status != RV_OK)
        status = text.status;
    if (status == RV_OK) {
        *out = clean(text.bytes != NULL ? (const char *)text.bytes : "", &cause);
        status = *out != NULL ? RV_OK : cause.status;
    }
    rv_buffer_clear(&text);
    if (status != RV_OK && err != NULL)
        *err = cause;
    return status;
}
