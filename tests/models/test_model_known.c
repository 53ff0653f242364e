/* SPDX-License-Identifier: MIT */
/* Tests of models/model_known.c: the table, names, where models are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/model_source.h"

typedef struct Fixture {
    char folder[256];
} Fixture;

static int set_up(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    const char *build = getenv("REELVEC_BUILD");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/known-XXXXXX", build != NULL ? build : "/tmp");
    *state = fixture;
    return mkdtemp(fixture->folder) != NULL ? setenv("XDG_DATA_HOME", fixture->folder, 1) : -1;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    int status = system(command);
    free(fixture);
    return status;
}

static void touch(const char *folder, const char *name)
{
    char path[600], parent[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
        mkdir(parent, 0755);
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void model_known_addresses_carry_their_digests(void **state)
{
    (void)state;
    size_t count = 0;
    const RvKnownModel *models = rv_model_known(&count);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strlen(models[i].weights_sha256), 64);
        assert_int_equal(strspn(models[i].weights_sha256, "0123456789abcdef"), 64);
        assert_non_null(strstr(models[i].weights_url, models[i].weights_sha256));
        assert_int_equal(strncmp(models[i].weights_url, "https://", 8), 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(models[i].weights_sha256, models[j].weights_sha256);
    }
    assert_string_equal(models[0].weights_sha256,
                        "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af");
}

static void model_source_matches_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *found, *why;
    } cases[] = {
        {"ViT-B/32", "ViT-B/32", "the name itself"},
        {"vit-b/32", "ViT-B/32", "case does not count"},
        {"ViT-B-16", "ViT-B/16", "as its file is called"},
        {"vit/b/32", "ViT-B/32", "dash and slash alike"},
        {"ViT-L/14", "ViT-L/14", "a name that is the beginning of another"},
        {"vit-l-14-336px", "ViT-L/14@336px", "as its file is called, with @"},
        {"ViT-L/14@336px", "ViT-L/14@336px", "the name itself, with @"},
        {"ViT-B/3", NULL, "only a beginning"},
        {"ViT-B/322", NULL, "more than the name"},
        {"RN50", NULL, "not a transformer"},
        {"", NULL, "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSource source;
        bool found = rv_model_source(cases[i].name, &source);
        if (found != (cases[i].found != NULL))
            fail_msg("%s: %s", cases[i].name, cases[i].why);
        if (found)
            assert_string_equal(source.model->name, cases[i].found);
    }
}

static void model_source_folder_is_named_after_the_weights(void **state)
{
    (void)state;
    ModelSource source;
    char path[MODEL_PATH_SIZE];
    assert_true(rv_model_source("vit-l/14@336px", &source));
    assert_int_equal(rv_model_source_folder(&source, "/somewhere", path, sizeof path, NULL), RV_OK);
    assert_string_equal(path, "/somewhere/ViT-L-14-336px");
    RvError err;
    char small[8];
    assert_int_equal(rv_model_source_folder(&source, "/somewhere", small, sizeof small, &err),
                     RV_ERROR_ARGUMENT);
}

static void model_find_says_how_to_fetch(void **state)
{
    (void)state;
    RvError err = {0};
    char path[MODEL_PATH_SIZE];
    assert_int_equal(rv_model_find("vit-b-32", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
    assert_string_equal(err.message, "ViT-B/32: not here yet; fetch it with `reelvec model fetch ViT-B/32`");
    assert_int_equal(rv_model_find("ViT-Z/99", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "nor a known model"));
    assert_int_equal(rv_model_find("", path, sizeof path, &err), RV_ERROR_ARGUMENT);
}

static void model_find_needs_weights_and_vocabulary(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char path[MODEL_PATH_SIZE], expected[600];
    touch(fixture->folder, "reelvec/models/ViT-B-32/ViT-B-32.pt");
    assert_int_equal(rv_model_find("ViT-B/32", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
    touch(fixture->folder, "reelvec/models/ViT-B-32/bpe_simple_vocab_16e6.txt.gz");
    assert_int_equal(rv_model_find("ViT-B/32", path, sizeof path, &err), RV_OK);
    snprintf(expected, sizeof expected, "%s/reelvec/models/ViT-B-32/ViT-B-32.pt", fixture->folder);
    assert_string_equal(path, expected);
}

static void model_find_prefers_an_existing_path(void **state)
{
    Fixture *fixture = *state;
    char before[4096], path[MODEL_PATH_SIZE];
    assert_non_null(getcwd(before, sizeof before));
    touch(fixture->folder, "ViT-B/32/config.json");
    assert_int_equal(chdir(fixture->folder), 0);
    RvStatus status = rv_model_find("ViT-B/32", path, sizeof path, NULL);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(status, RV_OK);
    assert_string_equal(path, "ViT-B/32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_known_addresses_carry_their_digests),
        cmocka_unit_test(model_source_matches_names),
        cmocka_unit_test(model_source_folder_is_named_after_the_weights),
        cmocka_unit_test_setup_teardown(model_find_says_how_to_fetch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_needs_weights_and_vocabulary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_prefers_an_existing_path, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("models/model_known", tests, NULL, NULL);
}
