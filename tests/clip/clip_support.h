/* SPDX-License-Identifier: MIT */
/* What the tests of clip/ share: golden values, scratch files, damage with a fixed seed. */
#ifndef RV_TESTS_CLIP_SUPPORT_H
#define RV_TESTS_CLIP_SUPPORT_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/random.h"
#include "reelvec/log.h"
#include "shared.h"
#include "whole_file.h"

/* Fail the test with the message that the call left. */
#define assert_ok(call, err)                                                                                 \
    do {                                                                                                     \
        if ((call) != RV_OK)                                                                                 \
            fail_msg("%s", (err).message);                                                                   \
    } while (0)

/* The same numbers for the same seed in every run. */
#define next_random rv_random_next

/* A copy of bytes with one to four of them changed, or cut off, in memory of exactly that size (so that
 * AddressSanitizer sees every step beyond it). */
static inline uint8_t *damage(const uint8_t *bytes, size_t *size_bytes, uint64_t *random)
{
    if (next_random(random) % 4 == 0)
        *size_bytes = next_random(random) % *size_bytes;
    uint8_t *copy = malloc(*size_bytes > 0 ? *size_bytes : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, *size_bytes);
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '}', '[', '-', '9'};
    for (uint64_t i = next_random(random) % 4 + 1; i > 0 && *size_bytes > 0; i--) {
        uint64_t choice = next_random(random);
        copy[choice % *size_bytes] =
            choice >> 60 < 8 ? telling[(choice >> 32) % sizeof telling] : (uint8_t)(choice >> 40);
    }
    return copy;
}

/* Skips the test where the golden values are not there; call it before anything is opened, since skip()
 * jumps. */
static inline void require_golden(const char *name)
{
    char path[4096];
    if (!shared_path(name, path, sizeof path))
        skip();
}

static inline json_t *load_golden(const char *name)
{
    char path[4096];
    assert_true(shared_path(name, path, sizeof path));
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    return json;
}

/* An empty scratch folder. */
static inline const char *make_scratch_folder(const char *name)
{
    static char folder[2048];
    char command[4200];
    RvError err = {0};
    build_path(name, folder, sizeof folder);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    assert_ok(rv_file_make_folders(folder, &err), err);
    return folder;
}

/* The lines of a log, one after the other. */
typedef struct LogLines {
    char text[4096];
    size_t count;
} LogLines;

static inline void keep_line(void *user, RvLogLevel level, const char *message)
{
    LogLines *lines = user;
    size_t used = strlen(lines->text);
    snprintf(lines->text + used, sizeof lines->text - used, "%d %s\n", (int)level, message);
    lines->count++;
}

static inline RvLog log_into(LogLines *lines)
{
    *lines = (LogLines){0};
    return (RvLog){.write = keep_line, .user = lines};
}

static inline void read_scratch(const char *path, Buffer *out)
{
    RvError err = {0};
    rv_buffer_init(out, (size_t)1 << 30);
    assert_ok(rv_file_read(path, out, &err), err);
}

#endif
