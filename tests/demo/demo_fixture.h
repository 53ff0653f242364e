/* SPDX-License-Identifier: MIT */
/* A library of the demo video, made with the demo model, and what is known of its scenes. */
#ifndef RV_TESTS_DEMO_FIXTURE_H
#define RV_TESTS_DEMO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reelvec/reelvec.h"

typedef struct DemoFixture {
    char folder[128];
    RvEncoder *encoder;
    RvLibrary *library;
    json_t *reference, *queries, *scenes;
} DemoFixture;

static inline void source_path(const char *name, char path[2048])
{
    const char *source = getenv("REELVEC_SOURCE");
    snprintf(path, 2048, "%s/%s", source != NULL ? source : ".", name);
}

static inline json_t *load_json(const char *name)
{
    char path[2048];
    json_error_t where;
    source_path(name, path);
    json_t *json = json_load_file(path, 0, &where);
    if (json == NULL)
        fail_msg("%s: %s", path, where.text);
    return json;
}

static inline int open_demo(void **state)
{
    char path[2048];
    RvError err = {0};
    RvLibraryOptions options = {.mode = RV_OPEN_CREATE};
    RvIndexReport report;
    DemoFixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    strcpy(fixture->folder, "/tmp/reelvec-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    setenv("XDG_CACHE_HOME", fixture->folder, 1);
    source_path("models/demo", path);
    if (rv_encoder_open(path, &(RvEncoderOptions){.precision = RV_PRECISION_FLOAT32}, &fixture->encoder,
                        &err) != RV_OK)
        fail_msg("%s", err.message);
    snprintf(path, sizeof path, "%s/library.db", fixture->folder);
    if (rv_library_open(path, &options, &fixture->library, &err) != RV_OK)
        fail_msg("%s", err.message);
    source_path("examples/media/demo.mp4", path);
    if (rv_library_index(fixture->library, fixture->encoder, path, NULL, &report, &err) != RV_OK)
        fail_msg("%s", err.message);
    fixture->reference = load_json("models/demo/reference.json");
    fixture->queries = load_json("examples/media/queries.json");
    fixture->scenes = load_json("examples/media/demo.scenes.json");
    *state = fixture;
    return 0;
}

static inline int close_demo(void **state)
{
    DemoFixture *fixture = *state;
    char command[256];
    json_decref(fixture->reference);
    json_decref(fixture->queries);
    json_decref(fixture->scenes);
    rv_library_close(fixture->library);
    rv_encoder_close(fixture->encoder);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    free(fixture);
    return system(command);
}

static inline const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static inline void picture_term(const json_t *row, const char *key, char path[2048], RvTerm *term)
{
    char name[256];
    snprintf(name, sizeof name, "examples/media/%s", text_of(row, key));
    source_path(name, path);
    *term = (RvTerm){.kind = RV_TERM_IMAGE_FILE, .value = path, .weight = 1};
}

#endif
