/* SPDX-License-Identifier: MIT */
/* Tests of models/model_fetch.c: repositories whose revision the table leaves open, and digests that are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "http_server.h"
#include "models/model_record.h"
#include "models/model_source.h"
#include "whole_file.h"

#define FIRST "1111111111111111111111111111111111111111"
#define SECOND "2222222222222222222222222222222222222222"
#define ABSENT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
/* printf 'weights, first' | sha256sum; printf 'weights, other' | sha256sum; printf '{"a": 1}' | git hash-object --stdin */
#define WEIGHTS "weights, first"
#define OTHER_WEIGHTS "weights, other"
#define CONFIG "{\"a\": 1}"
#define WORDS "words"

/* What the repository has: on its branch, at two commits, and where the large file lies. */
enum {
    BRANCH_CONFIG,
    BRANCH_WEIGHTS,
    FIRST_CONFIG,
    FIRST_WORDS,
    FIRST_WEIGHTS,
    SECOND_CONFIG,
    CONTENT,
    SERVER_FILES
};

typedef struct Fixture {
    char folder[256], endpoint[200], sha256[65], git_id[41];
    HttpFile files[SERVER_FILES];
    HttpServer *server;
    ModelFile model_files[3];
    ModelForm form;
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

static void digests_of(Fixture *fixture, const char *text, char sha256[65], char git_id[41])
{
    char path[400];
    snprintf(path, sizeof path, "%s/scratch", fixture->folder);
    write_whole(path, text, strlen(text));
    assert_int_equal(rv_file_sha256(path, sha256, NULL), RV_OK);
    assert_int_equal(rv_file_git_id(path, git_id, NULL), RV_OK);
    unlink(path);
}

static int set_up(void **state)
{
    static const struct {
        const char *path, *bytes, *commit;
    } files[SERVER_FILES] = {
        [BRANCH_CONFIG] = {"/hub/owner/test/resolve/main/config.json", CONFIG, FIRST},
        [BRANCH_WEIGHTS] = {"/hub/owner/test/resolve/main/model.safetensors", WEIGHTS, FIRST},
        [FIRST_CONFIG] = {"/hub/owner/test/resolve/" FIRST "/config.json", CONFIG, FIRST},
        [FIRST_WORDS] = {"/hub/owner/test/resolve/" FIRST "/tokenizer.json", WORDS, FIRST},
        [FIRST_WEIGHTS] = {"/hub/owner/test/resolve/" FIRST "/model.safetensors", "", FIRST},
        [SECOND_CONFIG] = {"/hub/owner/test/resolve/" SECOND "/config.json", "{\"b\": 2}", SECOND},
        [CONTENT] = {"/content/1234", WEIGHTS, NULL},
    };
    char ignored[41];
    Fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    const char *build = getenv("REELVEC_BUILD");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/pins-XXXXXX", build != NULL ? build : "/tmp");
    if (mkdtemp(fixture->folder) == NULL)
        return -1;
    digests_of(fixture, WEIGHTS, fixture->sha256, ignored);
    char config_sha256[65];
    digests_of(fixture, CONFIG, config_sha256, fixture->git_id);
    for (size_t i = 0; i < SERVER_FILES; i++)
        fixture->files[i] = (HttpFile){.path = files[i].path,
                                       .bytes = files[i].bytes,
                                       .size_bytes = strlen(files[i].bytes),
                                       .commit = files[i].commit};
    fixture->files[FIRST_CONFIG].linked_sha256 = fixture->git_id;
    fixture->files[FIRST_WEIGHTS].behaviour = HTTP_REDIRECT;
    fixture->files[FIRST_WEIGHTS].redirect_to = "/content/1234";
    fixture->files[FIRST_WEIGHTS].linked_sha256 = fixture->sha256;
    fixture->server = http_server_start(fixture->files, SERVER_FILES);
    if (fixture->server == NULL)
        return -1;
    http_server_url(fixture->server, "/hub", fixture->endpoint, sizeof fixture->endpoint);
    static const char *const names[] = {"config.json", "tokenizer.json", "model.safetensors"};
    for (size_t i = 0; i < 3; i++)
        fixture->model_files[i] = (ModelFile){.name = names[i], .repository = "owner/test"};
    fixture->form = (ModelForm){.folder = "test", .files = fixture->model_files, .file_count = 3};
    fixture->source = (ModelSource){.model = {.name = "Test"}, .forms = &fixture->form, .form_count = 1};
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

static RvStatus fetch(Fixture *fixture, RvError *err)
{
    fixture->log[0] = '\0';
    return rv_model_source_fetch(&fixture->source, &fixture->options, err);
}

static void put(const Fixture *fixture, const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/test/%s", fixture->folder, name);
    if (text != NULL)
        write_whole(path, text, strlen(text));
    else
        unlink(path);
}

static ModelRecord record_of(const Fixture *fixture)
{
    ModelRecord record;
    char path[400];
    RvError err = {0};
    snprintf(path, sizeof path, "%s/test", fixture->folder);
    if (rv_model_record_read(path, &record, &err) != RV_OK)
        fail_msg("%s", err.message);
    return record;
}

static void pins_the_commit_that_the_branch_stands_at(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    size_t unknown = 0;
    if (fetch(fixture, &err) != RV_OK)
        fail_msg("%s", err.message);
    ModelRecord record = record_of(fixture);
    assert_string_equal(rv_model_record_commit(&record, "owner/test"), FIRST);
    assert_non_null(strstr(fixture->log, "owner/test: at commit " FIRST));
    // Every file is of that commit; the branch was asked once and gave nothing.
    assert_int_equal(fixture->files[BRANCH_CONFIG].head_count, 1);
    assert_int_equal(fixture->files[BRANCH_CONFIG].request_count, 0);
    assert_int_equal(fixture->files[BRANCH_WEIGHTS].head_count, 0);
    // What each was compared with.
    assert_int_equal(rv_model_record_file(&record, "config.json")->check, CHECK_GIT);
    assert_int_equal(rv_model_record_file(&record, "tokenizer.json")->check, CHECK_NOTHING);
    assert_int_equal(rv_model_record_file(&record, "model.safetensors")->check, CHECK_SERVER);
    assert_string_equal(rv_model_record_file(&record, "model.safetensors")->sha256, fixture->sha256);
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, &unknown, &err), RV_OK);
    assert_int_equal(unknown, 1);
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_int_equal(fixture->files[FIRST_CONFIG].request_count, 1);
}

/* The branch moves on; the model stays what it is. */
static void goes_on_at_the_commit_that_was_kept(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->files[CONTENT].behaviour = HTTP_CUT_ONCE;
    fixture->files[CONTENT].cut_after = 6;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    fixture->files[BRANCH_CONFIG].commit = fixture->files[BRANCH_WEIGHTS].commit = SECOND;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_int_equal(fixture->files[CONTENT].last_start, 6);
    assert_int_equal(fixture->files[BRANCH_WEIGHTS].head_count, 0);
    put(fixture, "config.json", NULL);
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_int_equal(fixture->files[FIRST_CONFIG].request_count, 2);
    assert_int_equal(fixture->files[SECOND_CONFIG].request_count, 0);
    ModelRecord record = record_of(fixture);
    assert_int_equal(rv_model_record_file(&record, "config.json")->check, CHECK_GIT); // still
}

/* What was kept decides: about files that lie here, and about files that come again. */
static void compares_with_what_was_kept(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(fetch(fixture, &err), RV_OK);
    put(fixture, "model.safetensors", OTHER_WEIGHTS);
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, NULL, &err),
                     RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "model.safetensors: SHA-256 is "));
    assert_int_equal(fetch(fixture, &err), RV_OK); // it is fetched again
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, NULL, &err), RV_OK);
    // A file of which the server states nothing is compared too.
    put(fixture, "tokenizer.json", NULL);
    fixture->files[FIRST_WORDS].bytes = "swords";
    fixture->files[FIRST_WORDS].size_bytes = 6;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK); // another size
    fixture->files[FIRST_WORDS].bytes = "sword";
    fixture->files[FIRST_WORDS].size_bytes = 5;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "fetched.txt when the file first came"));
}

static void refuses_a_server_that_states_another_digest(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(fetch(fixture, &err), RV_OK);
    put(fixture, "model.safetensors", NULL);
    fixture->files[FIRST_WEIGHTS].linked_sha256 = ABSENT;
    int before = fixture->files[CONTENT].request_count;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "the server states the SHA-256 " ABSENT));
    assert_non_null(strstr(err.message, "fetched.txt when the file first came"));
    assert_int_equal(fixture->files[CONTENT].request_count, before + 1); // its answer began, and was left
    // The first time, what is stated must be true.
    char command[400];
    snprintf(command, sizeof command, "rm -r '%s/test'", fixture->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(fetch(fixture, &err), RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "SHA-256"));
    assert_null(strstr(err.message, "first came"));
}

/* A revision that the table knows is asked for; a server that says it serves another one is told of. */
static void warns_of_a_server_that_states_another_commit(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    for (size_t i = 0; i < 3; i++)
        fixture->model_files[i].revision = FIRST;
    fixture->files[FIRST_WORDS].commit = SECOND;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    const char *said = strstr(fixture->log, "the server states commit ");
    assert_non_null(strstr(fixture->log, "tokenizer.json of owner/test: the server states commit " SECOND
                                         ", and " FIRST " was asked for"));
    assert_null(strstr(said + 1, "the server states commit "));
}

/* Mirrors and other servers of the same layout may state nothing at all. */
static void takes_the_branch_where_no_commit_is_stated(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    fixture->model_files[1] = fixture->model_files[0];
    fixture->model_files[1].name = "tokenizer_config.json";
    fixture->model_files[1].optional = true;
    for (size_t i = 0; i < SERVER_FILES; i++)
        fixture->files[i].commit = NULL;
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_non_null(strstr(fixture->log, "owner/test: the server states no commit"));
    ModelRecord record = record_of(fixture);
    assert_null(rv_model_record_commit(&record, "owner/test"));
    assert_int_equal(rv_model_record_file(&record, "config.json")->check, CHECK_NOTHING);
    assert_int_equal(fixture->files[BRANCH_CONFIG].request_count, 1);
    put(fixture, "config.json", "{\"a\": 2}");
    assert_int_equal(fetch(fixture, &err), RV_OK);
    assert_int_equal(fixture->files[BRANCH_CONFIG].request_count, 2);
}

/* A file that the commit does not have: said with its address, and nothing is left behind. */
static void names_a_file_that_is_missing(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char path[400];
    fixture->files[FIRST_CONFIG].behaviour = HTTP_MISSING;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "/resolve/" FIRST "/config.json: the server answered 404"));
    snprintf(path, sizeof path, "%s/test", fixture->folder);
    assert_int_not_equal(access(path, F_OK), 0);
    fixture->files[FIRST_CONFIG].behaviour = HTTP_GOOD;
    fixture->files[FIRST_WEIGHTS].behaviour = HTTP_MISSING;
    assert_int_equal(fetch(fixture, &err), RV_ERROR_NETWORK);
    assert_int_equal(access(path, F_OK), 0); // the rest came, and its commit is kept
    fixture->files[FIRST_WEIGHTS].behaviour = HTTP_REDIRECT;
    assert_int_equal(fetch(fixture, &err), RV_OK);
}

static void refuses_a_damaged_record(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    assert_int_equal(fetch(fixture, &err), RV_OK);
    put(fixture, "fetched.txt", "commit owner/test main\n");
    assert_int_equal(fetch(fixture, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "test/fetched.txt: line 1 is none that reelvec wrote"));
    assert_int_equal(rv_model_source_verify(&fixture->source, fixture->folder, NULL, &err), RV_ERROR_FORMAT);
    put(fixture, "fetched.txt", NULL);
    assert_int_equal(fetch(fixture, &err), RV_OK);
}

static void record_reads_what_it_writes_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool good;
        const char *why;
    } cases[] = {
        {"", true, "empty"},
        {"# a comment\n\n", true, "no line counts"},
        {"commit owner/test " FIRST "\n", true, "a commit"},
        {"commit owner/test " FIRST, true, "no line end"},
        {"file a.json " ABSENT " 12 git\n", true, "a file"},
        {"commit owner/test main\n", false, "a branch is no commit"},
        {"commit test " FIRST "\n", false, "no owner"},
        {"commit ../test " FIRST "\n", false, "a way out of the folder"},
        {"commit owner/a/b " FIRST "\n", false, "two slashes"},
        {"commit owner/test " FIRST "\ncommit owner/test " SECOND "\n", false, "two commits"},
        {"file ../a " ABSENT " 12 git\n", false, "a way out of the folder"},
        {"file a.json " ABSENT " -1 git\n", false, "no size"},
        {"file a.json " ABSENT " 12 luck\n", false, "no check"},
        {"file a.json " FIRST " 12 git\n", false, "a short digest"},
        {"file a.json " ABSENT " 12 git more\n", false, "too much"},
        {"file a.json " ABSENT " 12\n", false, "too little"},
        {"file a.json " ABSENT " 12 git\nfile a.json " ABSENT " 12 git\n", false, "twice"},
        {"other\n", false, "another word"},
    };
    Fixture *fixture = *state;
    ModelRecord record, again;
    RvError err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvStatus status = rv_model_record_parse("f", cases[i].text, strlen(cases[i].text), &record, &err);
        if (status != (cases[i].good ? RV_OK : RV_ERROR_FORMAT))
            fail_msg("%s: status %d", cases[i].why, status);
        if (status != RV_OK)
            assert_int_equal(record.file_count + record.commit_count, 0);
    }
    assert_int_equal(rv_model_record_parse("f", "a\0b", 3, &record, &err), RV_ERROR_FORMAT);
    record = (ModelRecord){0};
    Downloaded downloaded = {.sha256 = ABSENT, .size_bytes = 77, .check = CHECK_SERVER};
    char name[16];
    for (int i = 0; i < MODEL_RECORD_FILES; i++) {
        snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(rv_model_record_put_file(&record, name, &downloaded, &err), RV_OK);
    }
    assert_int_equal(rv_model_record_put_file(&record, "more", &downloaded, &err), RV_ERROR_ARGUMENT);
    downloaded.size_bytes = 78;
    assert_int_equal(rv_model_record_put_file(&record, "f3", &downloaded, &err), RV_OK); // replaces
    assert_int_equal(rv_model_record_put_commit(&record, "owner/test", FIRST, &err), RV_OK);
    assert_int_equal(rv_model_record_put_commit(&record, "owner/test", SECOND, &err), RV_OK);
    assert_int_equal(rv_model_record_write(fixture->folder, &record, &err), RV_OK);
    assert_int_equal(rv_model_record_read(fixture->folder, &again, &err), RV_OK);
    assert_memory_equal(&record, &again, sizeof record);
    assert_int_equal(rv_model_record_write("/no/such/folder", &record, &err), RV_ERROR_IO);
}

/* Every file of a known model, and the repositories it comes from, find room in a record. */
static void record_has_room_for_the_known_models(void **state)
{
    (void)state;
    for (size_t i = 0; i < rv_model_source_count; i++) {
        for (size_t k = 0; k < rv_model_sources[i].form_count; k++)
            assert_true(rv_model_sources[i].forms[k].file_count <= MODEL_RECORD_FILES / 2);
    }
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(pins_the_commit_that_the_branch_stands_at),
        CASE(goes_on_at_the_commit_that_was_kept),
        CASE(compares_with_what_was_kept),
        CASE(refuses_a_server_that_states_another_digest),
        CASE(warns_of_a_server_that_states_another_commit),
        CASE(takes_the_branch_where_no_commit_is_stated),
        CASE(names_a_file_that_is_missing),
        CASE(refuses_a_damaged_record),
        CASE(record_reads_what_it_writes_and_nothing_else),
        cmocka_unit_test(record_has_room_for_the_known_models),
    };
    return cmocka_run_group_tests_name("models/model_pins", tests, NULL, NULL);
}
