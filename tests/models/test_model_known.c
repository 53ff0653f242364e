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

#include "models/model_answer.h"
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

static bool is_digest(const char *text)
{
    return text == NULL || (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64);
}

static void check_form(const ModelForm *form)
{
    assert_true(rv_model_is_plain_name(form->folder));
    for (size_t i = 0; i < form->file_count; i++) {
        const ModelFile *file = &form->files[i];
        assert_true(rv_model_is_plain_name(file->name) && is_digest(file->sha256));
        // A revision is a commit, or left open; a branch would be another file
        // tomorrow.
        assert_true(file->revision == NULL ||
                    (file->repository != NULL && rv_model_is_hex(file->revision, 40)));
        assert_true((file->repository != NULL) != (file->urls[0] != NULL));
        // OpenAI's addresses carry the digest of their file.
        for (size_t k = 0; k < MODEL_ADDRESSES_MAX && file->urls[k] != NULL; k++) {
            assert_int_equal(strncmp(file->urls[k], "https://", 8), 0);
            if (strstr(file->urls[k], "openaipublic") != NULL)
                assert_non_null(strstr(file->urls[k], file->sha256));
        }
    }
}

/* Whoever chooses reads these; every figure names its source. */
static void check_facts(const RvKnownModel *model)
{
    const double figures[] = {model->coco_recall, model->coco_cn_recall, model->msrvtt_recall,
                              model->imagenet_accuracy};
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_true(figures[i] == 0 || (figures[i] > 20 && figures[i] < 100));
        sum += figures[i];
    }
    assert_true(sum > 0 && model->accuracy_source != NULL);
    assert_non_null(model->licence);
    assert_true(model->size_about_bytes >= (uint64_t)200000000 &&
                (model->size_bytes == 0 || model->size_about_bytes == model->size_bytes));
    assert_true(model->dimensions >= 512 && model->dimensions <= 1152);
    assert_true(model->image_size % 32 == 0 || model->image_size == 336);
}

static void model_known_table_is_sound(void **state)
{
    (void)state;
    const RvKnownModel *model;
    size_t count = 0;
    for (; (model = rv_model_known(count)) != NULL; count++) {
        const ModelSource *source = rv_model_source(model->name);
        const ModelForm *first = &source->forms[0], *form = NULL;
        const ModelFile *weights = &first->files[first->file_count - 1];
        uint64_t size_bytes = 0;
        assert_ptr_equal(&source->model, model);
        assert_ptr_equal(rv_model_source(model->repository), source);
        for (size_t k = 0; k < source->form_count; k++)
            check_form(&source->forms[k]);
        for (size_t k = 0; k < first->file_count; k++)
            size_bytes += first->files[k].size_bytes;
        // The row says what the first form is.
        assert_non_null(strstr(model->weights_url, weights->name));
        assert_non_null(strstr(model->weights_url, weights->repository));
        assert_true(model->size_bytes == (weights->size_bytes > 0 ? size_bytes : 0));
        assert_true((model->weights_sha256 == NULL) == (weights->sha256 == NULL));
        assert_ptr_equal(model->revision, weights->revision);
        assert_non_null(
            strstr(model->weights_url, model->revision != NULL ? model->revision : "/resolve/main/"));
        check_facts(model);
        if (weights->sha256 != NULL) {
            assert_string_equal(model->weights_sha256, weights->sha256);
            assert_ptr_equal(rv_model_source_of_weights(weights->sha256, &form), source);
            assert_ptr_equal(form, first);
        }
    }
    assert_int_equal(count, rv_model_source_count);
    assert_string_equal(rv_model_known(0)->weights_sha256,
                        "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f");
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
        {"openai/clip-vit-base-patch32", "ViT-B/32", "its repository"},
        {"CLIP-ViT-B-32-laion2B-s34B-b79K", "ViT-B/32-laion2B", "the last part of a repository"},
        {"vit-b-32-datacomp", "ViT-B/32-DataComp", "another one of the same shape"},
        {"google/siglip2-base-patch16-256", "SigLIP2-B/16-256", "a repository of Google's"},
        {"pe-core-b16-224", "PE-Core-B/16-224", "the last part of Meta's"},
        {"chinese-clip-l-14", "Chinese-CLIP-L/14", "not the one for 336 pixels"},
        {"siglip2-b-16-256", "SigLIP2-B/16-256", "another size than 224"},
        {"ViT-B/3", NULL, "only a beginning"},
        {"ViT-B/322", NULL, "more than the name"},
        {"RN50", NULL, "not a transformer"},
        {"", NULL, "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ModelSource *source = rv_model_source(cases[i].name);
        if ((source != NULL) != (cases[i].found != NULL))
            fail_msg("%s: %s", cases[i].name, cases[i].why);
        if (source != NULL)
            assert_string_equal(source->model.name, cases[i].found);
    }
}

static void model_find_says_how_to_fetch(void **state)
{
    (void)state;
    RvError err = {0};
    char path[MODEL_PATH_SIZE];
    assert_int_equal(rv_model_find("vit-b-32", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
    assert_string_equal(err.message, "ViT-B/32: not here yet");
    assert_int_equal(err.hint, RV_HINT_MODEL_FETCH_OR_ADD);
    assert_string_equal(err.hint_subject, "ViT-B/32");
    assert_int_equal(rv_model_find("ViT-Z/99", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "nor a known or added model"));
    assert_int_equal(err.hint, RV_HINT_MODEL_LIST);
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

static void model_find_prefers_the_form_that_is_published_now(void **state)
{
    Fixture *fixture = *state;
    char path[MODEL_PATH_SIZE], expected[600];
    touch(fixture->folder, "reelvec/models/ViT-B-32/ViT-B-32.pt");
    touch(fixture->folder, "reelvec/models/ViT-B-32/bpe_simple_vocab_16e6.txt.gz");
    touch(fixture->folder, "reelvec/models/clip-vit-base-patch32/pytorch_model.bin");
    touch(fixture->folder, "reelvec/models/clip-vit-base-patch32/tokenizer.json");
    assert_int_equal(rv_model_find("ViT-B/32", path, sizeof path, NULL), RV_OK);
    snprintf(expected, sizeof expected, "%s/reelvec/models/clip-vit-base-patch32", fixture->folder);
    assert_string_equal(path, expected);
    char name[128];
    assert_true(rv_model_name_of(path, NULL, name, sizeof name));
    assert_string_equal(name, "ViT-B/32");
}

static bool join_names(void *user, const char *name, const char *path)
{
    (void)path;
    strcat(strcat(user, name), " ");
    return true;
}

static void model_added_ones_have_names(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char path[MODEL_PATH_SIZE], names[200] = "", expected[600], before[4096];
    assert_int_equal(rv_model_each_added(join_names, names, &err),
                     RV_OK); // no folder yet
    touch(fixture->folder, "reelvec/models/mine/config.json");
    touch(fixture->folder, "reelvec/models/mine/model.safetensors");
    touch(fixture->folder, "reelvec/models/archive/some.pt");
    touch(fixture->folder, "reelvec/models/empty/config.json");
    touch(fixture->folder, "reelvec/models/.adding-abc/model.safetensors");
    touch(fixture->folder, "reelvec/models/ViT-B-16/ViT-B-16.pt");
    assert_int_equal(rv_model_each_added(join_names, names, &err), RV_OK);
    assert_string_equal(names, "archive mine ");
    // A plain name is the added model, also where something else of that name
    // lies here.
    touch(fixture->folder, "mine");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(fixture->folder), 0);
    RvStatus status = rv_model_find("mine", path, sizeof path, &err);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(status, RV_OK);
    snprintf(expected, sizeof expected, "%s/reelvec/models/mine", fixture->folder);
    assert_string_equal(path, expected);
    assert_int_equal(rv_model_find("archive", path, sizeof path, &err), RV_OK);
    snprintf(expected, sizeof expected, "%s/reelvec/models/archive/some.pt", fixture->folder);
    assert_string_equal(path, expected);
    assert_int_equal(rv_model_find("empty", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
}

static void model_remove_deletes_nothing_else(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char path[MODEL_PATH_SIZE];
    struct stat facts;
    touch(fixture->folder, "reelvec/models/mine/model.safetensors");
    touch(fixture->folder, "reelvec/models/ViT-B-32/ViT-B-32.pt");
    touch(fixture->folder, "reelvec/kept");
    static const char *const refused[] = {"..", ".", "../kept", "mine/", "nothing", ""};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(rv_model_remove(refused[i], NULL, &err), RV_ERROR_NOT_FOUND);
    assert_int_equal(rv_model_remove("vit-b/32", NULL, &err), RV_OK);
    assert_int_equal(rv_model_find("mine", path, sizeof path, &err), RV_OK);
    assert_int_equal(rv_model_remove("mine", NULL, &err), RV_OK);
    assert_int_equal(rv_model_find("mine", path, sizeof path, &err), RV_ERROR_NOT_FOUND);
    snprintf(path, sizeof path, "%s/reelvec/kept", fixture->folder);
    assert_int_equal(stat(path, &facts), 0);
    snprintf(path, sizeof path, "%s/reelvec/models/ViT-B-32", fixture->folder);
    assert_int_not_equal(stat(path, &facts), 0);
}

/* What somebody else has put among the files keeps the model: nothing of it is
 * deleted then. */
static void model_remove_keeps_a_folder_with_other_things(void **state)
{
    static const char *const others[] = {"notes.txt", "pictures/one.json", ".hidden"};
    static const char *const files[] = {"model.safetensors", "config.json", "vocab.txt", "fetched.txt"};
    Fixture *fixture = *state;
    RvError err = {0};
    char name[300], path[MODEL_PATH_SIZE];
    struct stat facts;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
            snprintf(name, sizeof name, "reelvec/models/mine/%s", files[k]);
            touch(fixture->folder, name);
        }
        snprintf(name, sizeof name, "reelvec/models/mine/%s", others[i]);
        touch(fixture->folder, name);
        assert_int_equal(rv_model_remove("mine", NULL, &err), RV_ERROR_IO);
        assert_non_null(strstr(err.message, "models/mine: not removed: "));
        for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
            snprintf(path, sizeof path, "%s/reelvec/models/mine/%s", fixture->folder, files[k]);
            assert_int_equal(stat(path, &facts), 0);
        }
        snprintf(path, sizeof path, "rm -r '%s/%s'", fixture->folder,
                 strchr(others[i], '/') != NULL ? "reelvec/models/mine/pictures" : name);
        assert_int_equal(system(path), 0);
        assert_int_equal(rv_model_remove("mine", NULL, &err), RV_OK);
        assert_int_equal(rv_model_remove("mine", NULL, &err), RV_ERROR_NOT_FOUND);
    }
}

/* A link that stands for a model's folder goes, and the folder stays. */
static void model_remove_takes_a_link(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char path[MODEL_PATH_SIZE], link[MODEL_PATH_SIZE];
    struct stat facts;
    touch(fixture->folder, "elsewhere/model.safetensors");
    touch(fixture->folder, "reelvec/models/other/model.safetensors");
    snprintf(link, sizeof link, "%s/reelvec/models/linked", fixture->folder);
    snprintf(path, sizeof path, "%s/elsewhere", fixture->folder);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(rv_model_remove("linked", NULL, &err), RV_OK);
    assert_int_not_equal(lstat(link, &facts), 0);
    assert_int_equal(symlink("/no/such/folder", link), 0);
    assert_int_equal(rv_model_remove("linked", NULL, &err), RV_OK);
    assert_int_not_equal(lstat(link, &facts), 0);
    strcat(path, "/model.safetensors");
    assert_int_equal(stat(path, &facts), 0);
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

static void model_size_text_has_a_unit_that_suits(void **state)
{
    static const struct {
        uint64_t size_bytes;
        const char *text;
    } cases[] = {{0, "0 bytes"},         {999, "999 bytes"},          {3008, "3.0 kB"},
                 {999949, "999.9 kB"},   {999950, "1.0 MB"},          {608862599, "608.9 MB"},
                 {1542000000, "1.5 GB"}, {3000000000000, "3000.0 GB"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        rv_model_size_text(cases[i].size_bytes, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

/* As Meta and OFA publish theirs. */
static void model_find_takes_the_only_archive_of_a_folder(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char folder[512], wanted[600], path[MODEL_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/PE-Core", fixture->folder);
    touch(fixture->folder, "PE-Core/PE.pt");
    touch(fixture->folder, "PE-Core/README.md");
    snprintf(wanted, sizeof wanted, "%s/PE.pt", folder);
    assert_int_equal(rv_model_find(folder, path, sizeof path, NULL), RV_OK);
    assert_string_equal(path, wanted);
    // Which of two nobody knows, and other weights come first.
    touch(fixture->folder, "PE-Core/second.pth");
    assert_int_equal(rv_model_find(folder, path, sizeof path, &err), RV_ERROR_ARGUMENT);
    assert_non_null(
        strstr(err.message, "PE-Core: holds 2 checkpoints, PE.pt and second.pth; name one of them"));
    unlink(wanted);
    touch(fixture->folder, "PE-Core/model.safetensors");
    assert_int_equal(rv_model_find(folder, path, sizeof path, NULL), RV_OK);
    assert_string_equal(path, folder);
}

/* What an installer puts down for all users is found behind the user's own, and left alone. */
static void model_find_knows_the_models_of_all_users(void **state)
{
    Fixture *fixture = *state;
    RvError err = {0};
    char bases[1200], path[MODEL_PATH_SIZE], expected[600], names[200] = "", before[256] = "";
    size_t unknown_count = 0;
    const char *bases_before = getenv("XDG_DATA_DIRS");
    snprintf(before, sizeof before, "%s", bases_before != NULL ? bases_before : "");
    touch(fixture->folder, "first/reelvec/models/drawn/model.safetensors");
    touch(fixture->folder, "second/reelvec/models/drawn/model.safetensors");
    touch(fixture->folder, "second/reelvec/models/other/model.safetensors");
    touch(fixture->folder, "second/reelvec/models/ViT-B-32/ViT-B-32.pt");
    touch(fixture->folder, "second/reelvec/models/ViT-B-32/bpe_simple_vocab_16e6.txt.gz");
    touch(fixture->folder, "reelvec/models/mine/model.safetensors");
    snprintf(bases, sizeof bases, "first::%s/none:%s/first/:%s/second:%s/first", fixture->folder,
             fixture->folder, fixture->folder, fixture->folder);
    setenv("XDG_DATA_DIRS", bases, 1);
    assert_int_equal(rv_model_each_added(join_names, names, &err), RV_OK);
    assert_string_equal(names, "mine drawn other ");
    assert_int_equal(rv_model_find("drawn", path, sizeof path, &err), RV_OK);
    snprintf(expected, sizeof expected, "%s/first/reelvec/models/drawn", fixture->folder);
    assert_string_equal(path, expected);
    assert_int_equal(rv_model_find("vit-b/32", path, sizeof path, &err), RV_OK);
    assert_non_null(strstr(path, "/second/reelvec/models/ViT-B-32/ViT-B-32.pt"));
    assert_int_equal(rv_model_verify("vit-b/32", NULL, &unknown_count, &err), RV_ERROR_MISMATCH);
    assert_non_null(strstr(err.message, "/second/"));
    assert_int_equal(rv_model_verify("other", NULL, &unknown_count, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "nothing to compare with"));
    static const char *const names_there[] = {"drawn", "ViT-B/32"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rv_model_remove(names_there[i], NULL, &err), RV_ERROR_IO);
        assert_non_null(strstr(err.message, "it is installed for all users of this machine"));
        assert_int_equal(rv_model_find(names_there[i], path, sizeof path, &err), RV_OK);
    }
    // The user's own comes first, and is what is removed.
    touch(fixture->folder, "reelvec/models/drawn/model.safetensors");
    names[0] = '\0';
    assert_int_equal(rv_model_each_added(join_names, names, &err), RV_OK);
    assert_string_equal(names, "drawn mine other ");
    snprintf(expected, sizeof expected, "%s/reelvec/models/drawn", fixture->folder);
    assert_int_equal(rv_model_find("drawn", path, sizeof path, &err), RV_OK);
    assert_string_equal(path, expected);
    assert_int_equal(rv_model_remove("drawn", NULL, &err), RV_OK);
    assert_int_equal(rv_model_find("drawn", path, sizeof path, &err), RV_OK);
    assert_non_null(strstr(path, "/first/"));
    setenv("XDG_DATA_DIRS", before, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_known_table_is_sound),
        cmocka_unit_test(model_source_matches_names),
        cmocka_unit_test(model_size_text_has_a_unit_that_suits),
        cmocka_unit_test_setup_teardown(model_find_says_how_to_fetch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_needs_weights_and_vocabulary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_prefers_the_form_that_is_published_now, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_added_ones_have_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_remove_deletes_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_remove_keeps_a_folder_with_other_things, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_remove_takes_a_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_prefers_an_existing_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_takes_the_only_archive_of_a_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(model_find_knows_the_models_of_all_users, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("models/model_known", tests, NULL, NULL);
}
