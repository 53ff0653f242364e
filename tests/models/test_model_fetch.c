/* SPDX-License-Identifier: MIT */
/* Tests of models/model_fetch.c: a small made-up model from a local mirror. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_server.h"
#include "models/model_source.h"

/* printf 'weights of a test' | sha256sum; printf 'words of a test' | sha256sum */
#define WEIGHTS "weights of a test"
#define WEIGHTS_SHA256 "8f33a6d3fbda0768fa845cef0ee94223d5e046387b22f6647c73963ad4682f46"
#define WORDS "words of a test"
#define WORDS_SHA256 "71e2be4f85e4a604b6b0e4a26b9197e95af5fc1b8b316f79ca8c599a766f05bf"

static const RvKnownModel test_model = {.name = "Test/1",
                                        .weights_url = "https://nowhere.invalid/abc/Test-1.pt",
                                        .weights_sha256 = WEIGHTS_SHA256,
                                        .dimensions = 8,
                                        .image_size = 16};
static const ModelSource test_source = {.model = &test_model,
                                        .vocabulary_url = "https://nowhere.invalid/words.txt.gz",
                                        .vocabulary_sha256 = WORDS_SHA256};

typedef struct Fixture {
    char folder[256], base_url[200];
    HttpFile files[2];
    HttpServer *server;
    RvFetchOptions options;
} Fixture;

static int set_up(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    const char *build = getenv("REELVEC_BUILD");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/fetch-XXXXXX", build != NULL ? build : "/tmp");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    fixture->files[0] =
        (HttpFile){.path = "/clip/Test-1.pt", .bytes = WEIGHTS, .size_bytes = strlen(WEIGHTS)};
    fixture->files[1] = (HttpFile){.path = "/clip/words.txt.gz", .bytes = WORDS, .size_bytes = strlen(WORDS)};
    fixture->server = http_server_start(fixture->files, 2);
    if (fixture->server == NULL)
        return -1;
    http_server_url(fixture->server, "/clip/", fixture->base_url, sizeof fixture->base_url);
    fixture->options =
        (RvFetchOptions){.base_url = fixture->base_url, .folder = fixture->folder, .stall_timeout_s = 2};
    return 0;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    http_server_stop(fixture->server);
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    int status = system(command);
    free(fixture);
    return status;
}

static void damage(const Fixture *fixture, const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/Test-1/%s", fixture->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void model_fetch_installs_both_files_once(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    if (rv_model_source_fetch(&test_source, &fixture->options, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(rv_model_source_verify(&test_source, fixture->folder, &err), RV_OK);
    assert_int_equal(fixture->files[0].request_count, 1);
    // What is there and right is not fetched again.
    assert_int_equal(rv_model_source_fetch(&test_source, &fixture->options, &err), RV_OK);
    assert_int_equal(fixture->files[0].request_count, 1);
    assert_int_equal(fixture->files[1].request_count, 1);
}

static void model_fetch_replaces_a_damaged_file(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(rv_model_source_fetch(&test_source, &fixture->options, &err), RV_OK);
    damage(fixture, "Test-1.pt", "weights of a tost");
    assert_int_equal(rv_model_source_verify(&test_source, fixture->folder, &err), RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "Test-1.pt"));
    assert_non_null(strstr(err.message, "reelvec model fetch Test/1"));
    assert_int_equal(rv_model_source_fetch(&test_source, &fixture->options, &err), RV_OK);
    assert_int_equal(rv_model_source_verify(&test_source, fixture->folder, &err), RV_OK);
    assert_int_equal(fixture->files[1].request_count, 1);
}

static void model_fetch_stops_at_the_first_failure(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->files[1].behaviour = HTTP_MISSING;
    assert_int_equal(rv_model_source_fetch(&test_source, &fixture->options, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "/clip/words.txt.gz: the server answered 404"));
    assert_int_equal(fixture->files[0].request_count, 0);
}

static void model_fetch_refuses_what_is_no_address(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->options.base_url = "/srv/mirror";
    assert_int_equal(rv_model_source_fetch(&test_source, &fixture->options, &err), RV_ERROR_ARGUMENT);
    fixture->options.base_url = "file:///srv/mirror";
    assert_int_equal(rv_model_source_fetch(&test_source, &fixture->options, &err), RV_ERROR_ARGUMENT);
}

static void model_fetch_knows_its_names(void **state)
{
    (void)state;
    RvError err = {0};
    assert_int_equal(rv_model_fetch("RN50", NULL, &err), RV_ERROR_NOT_FOUND);
    assert_string_equal(err.message, "RN50: not a known model (see `reelvec model list`)");
    assert_int_equal(rv_model_verify("RN50", NULL, &err), RV_ERROR_NOT_FOUND);
}

static void model_verify_says_what_is_missing(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(rv_model_verify("vit-b/32", fixture->folder, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "reelvec model fetch ViT-B/32"));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(model_fetch_installs_both_files_once),
        CASE(model_fetch_replaces_a_damaged_file),
        CASE(model_fetch_stops_at_the_first_failure),
        CASE(model_fetch_refuses_what_is_no_address),
        CASE(model_fetch_knows_its_names),
        CASE(model_verify_says_what_is_missing),
    };
    return cmocka_run_group_tests_name("models/model_fetch", tests, NULL, NULL);
}
