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

#define CONFIG "{\"a\": 1}"

enum {
    AT_HUB_CONFIG,
    AT_HUB_WORDS,
    AT_HUB_WEIGHTS,
    ARCHIVE_WORDS,
    ARCHIVE_WEIGHTS,
    ARCHIVE_COPY,
    SERVER_FILES
};

typedef struct Fixture {
    char folder[256], base_url[200], endpoint[200];
    char words_url[200], weights_url[200], copy_url[200];
    HttpFile files[SERVER_FILES];
    HttpServer *server;
    ModelFile hub_files[3], archive_files[2];
    ModelForm forms[2];
    ModelSource source;
    RvFetchOptions options;
    char log[4000];
} Fixture;

static void keep_log(void *user, RvLogLevel level, const char *message)
{
    Fixture *fixture = user;
    size_t used = strlen(fixture->log);
    snprintf(fixture->log + used, sizeof fixture->log - used, "%d %s\n", (int)level, message);
}

/* A model in two forms: a repository's folder, whose configuration has no known digest, and an archive at
 * plain addresses, whose weights have two. */
static void make_source(Fixture *fixture)
{
    fixture->hub_files[0] =
        (ModelFile){.name = "config.json", .repository = "owner/test-1", .revision = "abc123"};
    fixture->hub_files[1] = (ModelFile){.name = "vocab.json",
                                        .repository = "owner/test-1",
                                        .revision = "abc123",
                                        .sha256 = WORDS_SHA256,
                                        .size_bytes = sizeof WORDS - 1};
    fixture->hub_files[2] = (ModelFile){.name = "pytorch_model.bin",
                                        .repository = "owner/test-1",
                                        .revision = "abc123",
                                        .sha256 = WEIGHTS_SHA256,
                                        .size_bytes = sizeof WEIGHTS - 1};
    fixture->archive_files[0] =
        (ModelFile){.name = "vocab.txt.gz", .urls = {fixture->words_url}, .sha256 = WORDS_SHA256};
    fixture->archive_files[1] = (ModelFile){
        .name = "Test-1.pt", .urls = {fixture->weights_url, fixture->copy_url}, .sha256 = WEIGHTS_SHA256};
    fixture->forms[0] = (ModelForm){.folder = "test-1", .files = fixture->hub_files, .file_count = 3};
    fixture->forms[1] = (ModelForm){
        .folder = "Test-1", .checkpoint = "Test-1.pt", .files = fixture->archive_files, .file_count = 2};
    fixture->source = (ModelSource){.model = {.name = "Test/1"}, .forms = fixture->forms, .form_count = 2};
}

static int set_up(void **state)
{
    static const struct {
        const char *path, *bytes;
    } files[SERVER_FILES] = {
        [AT_HUB_CONFIG] = {"/hub/owner/test-1/resolve/abc123/config.json", CONFIG},
        [AT_HUB_WORDS] = {"/hub/owner/test-1/resolve/abc123/vocab.json", WORDS},
        [AT_HUB_WEIGHTS] = {"/hub/owner/test-1/resolve/abc123/pytorch_model.bin", WEIGHTS},
        [ARCHIVE_WORDS] = {"/clip/vocab.txt.gz", WORDS},
        [ARCHIVE_WEIGHTS] = {"/clip/Test-1.pt", WEIGHTS},
        [ARCHIVE_COPY] = {"/copy/Test-1.pt", WEIGHTS},
    };
    Fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    const char *build = getenv("REELVEC_BUILD");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/fetch-XXXXXX", build != NULL ? build : "/tmp");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    for (size_t i = 0; i < SERVER_FILES; i++)
        fixture->files[i] =
            (HttpFile){.path = files[i].path, .bytes = files[i].bytes, .size_bytes = strlen(files[i].bytes)};
    fixture->server = http_server_start(fixture->files, SERVER_FILES);
    if (fixture->server == NULL)
        return -1;
    http_server_url(fixture->server, "/clip/", fixture->base_url, sizeof fixture->base_url);
    http_server_url(fixture->server, "/hub/", fixture->endpoint, sizeof fixture->endpoint);
    http_server_url(fixture->server, "/clip/vocab.txt.gz", fixture->words_url, sizeof fixture->words_url);
    http_server_url(fixture->server, "/clip/Test-1.pt", fixture->weights_url, sizeof fixture->weights_url);
    http_server_url(fixture->server, "/copy/Test-1.pt", fixture->copy_url, sizeof fixture->copy_url);
    make_source(fixture);
    setenv("HF_ENDPOINT", fixture->endpoint, 1);
    unsetenv("HF_TOKEN");
    fixture->options = (RvFetchOptions){
        .folder = fixture->folder, .stall_timeout_s = 2, .log = {.write = keep_log, .user = fixture}};
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
    snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static RvStatus fetch(Fixture *fixture, RvError *err)
{
    fixture->log[0] = '\0';
    return rv_model_source_fetch(&fixture->source, &fixture->options, err);
}

static void assert_there(const Fixture *fixture, size_t form)
{
    char path[MODEL_PATH_SIZE];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(rv_model_form_is_there(&fixture->forms[i], fixture->folder, path, sizeof path),
                         i == form);
}

static void model_fetch_takes_the_first_form_once(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    size_t unknown = 0;
    if (fetch(fixture, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_there(fixture, 0);
    // The size comes before the files; what nothing is known of is said to be so.
    assert_non_null(strstr(fixture->log, "Test/1: 3 files, over 32 bytes, from 127.0.0.1:"));
    assert_non_null(strstr(fixture->log, "config.json: no SHA-256 is known for it"));
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, &unknown, &err), RV_OK);
    assert_int_equal(unknown, 1);
    // What is there and right is not fetched again.
    assert_int_equal(fetch(fixture, &err), RV_OK);
    for (int i = AT_HUB_CONFIG; i <= AT_HUB_WEIGHTS; i++)
        assert_int_equal(fixture->files[i].request_count, 1);
    assert_int_equal(fixture->files[ARCHIVE_WEIGHTS].request_count, 0);
}

/* What the addresses answer, and which form comes of it. */
static void model_fetch_tries_the_next_address(void **state)
{
    static const struct {
        HttpBehaviour hub, weights, copy;
        RvStatus status;
        size_t form;
        const char *message, *why;
    } cases[] = {
        {HTTP_MISSING, HTTP_GOOD, HTTP_GOOD, RV_OK, 1, NULL, "the other form"},
        {HTTP_FORBIDDEN, HTTP_MISSING, HTTP_GOOD, RV_OK, 1, NULL, "the other address of the other form"},
        {HTTP_MISSING, HTTP_MISSING, HTTP_MISSING, RV_ERROR_NETWORK, 2, "no address gave it", "none of them"},
    };
    Fixture *fixture = *state;
    char command[400];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        snprintf(command, sizeof command, "rm -rf '%s'/*", fixture->folder);
        assert_int_equal(system(command), 0);
        fixture->files[AT_HUB_WEIGHTS].behaviour = cases[i].hub;
        fixture->files[ARCHIVE_WEIGHTS].behaviour = cases[i].weights;
        fixture->files[ARCHIVE_COPY].behaviour = cases[i].copy;
        RvStatus status = fetch(fixture, &err);
        if (status != cases[i].status ||
            (cases[i].message != NULL && strstr(err.message, cases[i].message) == NULL))
            fail_msg("%s: status %d, %s", cases[i].why, status, err.message);
        assert_there(fixture, cases[i].form);
        if (status != RV_OK) { // every address with what it answered
            assert_int_equal(err.hint, RV_HINT_MODEL_ADD);
            assert_non_null(strstr(err.message, "pytorch_model.bin: the server answered 404"));
            assert_non_null(strstr(err.message, "/clip/Test-1.pt: the server answered 404"));
            assert_non_null(strstr(err.message, "/copy/Test-1.pt: the server answered 404"));
        }
    }
}

/* Forms share files: what one address answered is known already. */
static void model_fetch_asks_no_address_twice(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    ModelFile converted[3] = {fixture->hub_files[0], fixture->hub_files[1], fixture->hub_files[2]};
    ModelForm forms[2] = {fixture->forms[0], {.folder = "test-1", .files = converted, .file_count = 3}};
    converted[2].name = "model.safetensors";
    fixture->source.forms = forms;
    fixture->files[AT_HUB_CONFIG].behaviour = HTTP_MISSING;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    assert_int_equal(fixture->files[AT_HUB_CONFIG].request_count, 1);
    assert_non_null(strstr(err.message, "config.json: the server answered 404"));
    assert_int_equal(err.hint, RV_HINT_MODEL_ADD);
}

static void model_fetch_takes_no_wrong_weights(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->files[AT_HUB_WEIGHTS].bytes = "weights of a tost";
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_there(fixture, 1);
    fixture->files[ARCHIVE_WEIGHTS].bytes = fixture->files[ARCHIVE_COPY].bytes = "weights of a tost";
    damage(fixture, "Test-1/Test-1.pt", "weights of a tost");
    assert_int_equal(fetch(fixture, &err), RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "SHA-256"));
}

/* A transfer that breaks off is worth going on with; starting over somewhere else is not. */
static void model_fetch_goes_on_where_it_broke_off(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->files[AT_HUB_WEIGHTS].behaviour = HTTP_CUT_ONCE;
    fixture->files[AT_HUB_WEIGHTS].cut_after = 5;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "run the command again to go on"));
    assert_int_equal(fixture->files[ARCHIVE_WEIGHTS].request_count, 0);
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_int_equal(fixture->files[AT_HUB_WEIGHTS].last_start, 5);
    assert_there(fixture, 0);
}

static void model_fetch_replaces_a_damaged_file(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(fetch(fixture, &err), RV_OK);
    damage(fixture, "test-1/pytorch_model.bin", "weights of a tost");
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, NULL, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "pytorch_model.bin"));
    assert_int_equal(err.hint, RV_HINT_MODEL_FETCH_AGAIN);
    assert_string_equal(err.hint_subject, "Test/1");
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, NULL, &err), RV_OK);
    assert_int_equal(fixture->files[AT_HUB_WORDS].request_count, 1);
}

/* A form that is there is the model: it is not fetched in another one beside it. */
static void model_fetch_keeps_the_form_that_is_there(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->files[AT_HUB_CONFIG].behaviour = HTTP_MISSING;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_there(fixture, 1);
    fixture->files[AT_HUB_CONFIG].behaviour = HTTP_GOOD;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_there(fixture, 1);
}

static void model_fetch_from_a_mirror(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->options.base_url = fixture->base_url;
    setenv("HF_TOKEN", "hf_secret", 1);
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_there(fixture, 1);
    assert_int_equal(fixture->files[AT_HUB_CONFIG].request_count, 0);
    assert_string_equal(fixture->files[ARCHIVE_WEIGHTS].authorization, "");
}

static void model_fetch_gives_the_token_to_the_endpoint(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    setenv("HF_TOKEN", "hf_secret", 1);
    fixture->files[AT_HUB_WEIGHTS].behaviour = HTTP_FORBIDDEN;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_string_equal(fixture->files[AT_HUB_WEIGHTS].authorization, "Bearer hf_secret");
    assert_string_equal(fixture->files[ARCHIVE_WEIGHTS].authorization, "");
    setenv("HF_TOKEN", "hf\r\nX-Evil: 1", 1);
    assert_int_equal(fetch(fixture, &err), RV_ERROR_ARGUMENT);
    assert_null(strstr(err.message, "Evil"));
    unsetenv("HF_TOKEN");
    setenv("HF_ENDPOINT", "ftp://hub", 1);
    assert_int_equal(fetch(fixture, &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "HF_ENDPOINT"));
}

/* A proxy stands for all that a request in clear goes through. */
static void model_fetch_sends_the_token_to_nobody_in_clear(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char proxy[200];
    http_server_url(fixture->server, "", proxy, sizeof proxy);
    setenv("http_proxy", proxy, 1);
    setenv("no_proxy", "127.0.0.1", 1);
    setenv("HF_ENDPOINT", "http://127.0.0.1.hub.invalid", 1);
    setenv("HF_TOKEN", "hf_secret", 1);
    fixture->files[AT_HUB_CONFIG].path =
        "http://127.0.0.1.hub.invalid/owner/test-1/resolve/abc123/config.json";
    assert_int_equal(fetch(fixture, &err), RV_OK);
    unsetenv("http_proxy");
    unsetenv("no_proxy");
    assert_int_equal(fixture->files[AT_HUB_CONFIG].request_count, 1);
    assert_string_equal(fixture->files[AT_HUB_CONFIG].authorization, "");
    assert_non_null(strstr(fixture->log, "HF_TOKEN is not sent"));
}

/* The password of a mirror or of an endpoint is used and never shown. */
static void model_fetch_shows_no_password(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char url[200];
    snprintf(url, sizeof url, "http://me:s3cret@%s", fixture->endpoint + strlen("http://"));
    setenv("HF_ENDPOINT", url, 1);
    fixture->files[AT_HUB_WEIGHTS].behaviour = fixture->files[ARCHIVE_WORDS].behaviour = HTTP_MISSING;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(fixture->files[AT_HUB_CONFIG].authorization, "Basic "));
    assert_null(strstr(err.message, "s3cret"));
    assert_null(strstr(fixture->log, "s3cret"));
    assert_non_null(strstr(fixture->log, "//127.0.0.1:"));
    setenv("HF_ENDPOINT", "me:s3cret@hub", 1);
    assert_int_equal(fetch(fixture, &err), RV_ERROR_ARGUMENT);
    assert_null(strstr(err.message, "s3cret"));
    fixture->options.base_url = "ftp://me:s3cret@mirror";
    setenv("HF_ENDPOINT", fixture->endpoint, 1);
    assert_int_equal(fetch(fixture, &err), RV_ERROR_ARGUMENT);
    assert_null(strstr(err.message, "s3cret"));
    assert_non_null(strstr(err.message, "@mirror"));
}

/* Of most models the table knows only about how large they are. */
static void model_fetch_says_about_how_large_it_is(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->source.model.size_about_bytes = 1542000000;
    fixture->hub_files[2].sha256 = NULL;
    fixture->hub_files[2].size_bytes = 0;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_non_null(strstr(fixture->log, "Test/1: 3 files, about 1.5 GB, from 127.0.0.1:"));
    assert_non_null(strstr(fixture->log, "pytorch_model.bin: 17 bytes"));
}

/* What came first holds, and how to take another one is said whether the size differs or only the content. */
static void model_fetch_says_how_to_take_another_file(void **state)
{
    static const char *const others[] = {"{\"a\": 22222}", "{\"a\": 2}"};
    Fixture *fixture = *state;
    RvError err = {0};
    char path[400];
    fixture->source.form_count = 1;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    snprintf(path, sizeof path, "%s/test-1/config.json", fixture->folder);
    for (size_t i = 0; i < 2; i++) {
        fixture->files[AT_HUB_CONFIG].bytes = others[i];
        fixture->files[AT_HUB_CONFIG].size_bytes = strlen(others[i]);
        unlink(path);
        assert_int_not_equal(fetch(fixture, &err), RV_OK);
        if (strstr(err.message,
                   "test-1/fetched.txt when the file first came; remove the model to take the new file") ==
            NULL)
            fail_msg("%s: %s", others[i], err.message);
    }
}

/* A failure is in the error; what is told on the way are those before it. */
static void model_fetch_says_a_failure_once(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->source.form_count = 1;
    fixture->files[AT_HUB_CONFIG].behaviour = HTTP_MISSING;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "config.json: the server answered 404"));
    assert_null(strstr(fixture->log, "answered 404"));
    fixture->source.form_count = 2;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_non_null(strstr(fixture->log, "config.json: the server answered 404"));
}

static void model_fetch_refuses_what_is_no_address(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->options.base_url = "/srv/mirror";
    assert_int_equal(fetch(fixture, &err), RV_ERROR_ARGUMENT);
    fixture->options.base_url = "file:///srv/mirror";
    assert_int_equal(fetch(fixture, &err), RV_ERROR_ARGUMENT);
}

static void model_fetch_knows_its_names(void **state)
{
    (void)state;
    RvError err = {0};
    assert_int_equal(rv_model_fetch("RN50", NULL, &err), RV_ERROR_NOT_FOUND);
    assert_string_equal(err.message, "RN50: not a known model");
    assert_int_equal(err.hint, RV_HINT_MODEL_LIST);
    assert_int_equal(rv_model_verify("RN50", NULL, NULL, &err), RV_ERROR_NOT_FOUND);
}

static void model_verify_says_what_is_missing(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(rv_model_verify("vit-b/32", fixture->folder, NULL, &err), RV_ERROR_NOT_FOUND);
    assert_int_equal(err.hint, RV_HINT_MODEL_FETCH);
    assert_string_equal(err.hint_subject, "ViT-B/32");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(model_fetch_takes_the_first_form_once),
        CASE(model_fetch_tries_the_next_address),
        CASE(model_fetch_asks_no_address_twice),
        CASE(model_fetch_takes_no_wrong_weights),
        CASE(model_fetch_goes_on_where_it_broke_off),
        CASE(model_fetch_replaces_a_damaged_file),
        CASE(model_fetch_keeps_the_form_that_is_there),
        CASE(model_fetch_from_a_mirror),
        CASE(model_fetch_gives_the_token_to_the_endpoint),
        CASE(model_fetch_sends_the_token_to_nobody_in_clear),
        CASE(model_fetch_shows_no_password),
        CASE(model_fetch_says_about_how_large_it_is),
        CASE(model_fetch_says_how_to_take_another_file),
        CASE(model_fetch_says_a_failure_once),
        CASE(model_fetch_refuses_what_is_no_address),
        CASE(model_fetch_knows_its_names),
        CASE(model_verify_says_what_is_missing),
    };
    return cmocka_run_group_tests_name("models/model_fetch", tests, NULL, NULL);
}
