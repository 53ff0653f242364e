/* SPDX-License-Identifier: MIT */
/* Tests of what a library remembers of its model: small generated models that share their weights and are used in
 * different ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "known_checkpoint.h"
#include "library_fixture.h"
#include "reelvec/model.h"
#include "shared.h"

#define PLAIN "tiny-openclip-bytes"
#define PATH_BYTES 400

/* Run a shell command, whose arguments are quoted paths of the test. */
__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
    char command[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_int_equal(system(command), 0);
}

/* A copy of the generated model with other settings and the same weights. change: for sed. */
static void make_changed(const Fixture *fixture, const char *name, const char *change,
                         char folder[PATH_BYTES])
{
    char plain[2048];
    assert_true(known_checkpoint_ensure(PLAIN, plain, sizeof plain));
    snprintf(folder, PATH_BYTES, "%s/%s", fixture->folder, name);
    shell("cp -r '%s' '%s' && chmod -R u+w '%s' && sed -i '%s' '%s/open_clip_config.json' && "
          "! cmp -s '%s/open_clip_config.json' '%s/open_clip_config.json'",
          plain, folder, folder, change, folder, plain, folder);
}

/* A copy of the generated model that says how pictures are resized: other pixels, the same weights. */
static void make_resized(const Fixture *fixture, const char *name, const char *setting,
                         char folder[PATH_BYTES])
{
    char change[300];
    snprintf(change, sizeof change, "s/\"preprocess_cfg\": {/\"preprocess_cfg\": {%s, /", setting);
    make_changed(fixture, name, change, folder);
}

static RvEncoder *open_model(const char *folder)
{
    RvEncoder *encoder = NULL;
    RvEncoderOptions options = {.thread_count = 2};
    RvError err = {0};
    if (rv_encoder_open(folder, &options, &encoder, &err) != RV_OK)
        fail_msg("%s", err.message);
    return encoder;
}

static RvStatus index_with(Fixture *fixture, RvEncoder *encoder, RvError *err)
{
    return rv_library_index(fixture->library, encoder, fixture->video, NULL, NULL, err);
}

static RvStatus search_with(Fixture *fixture, RvEncoder *encoder, RvError *err)
{
    const RvTerm term = {.kind = RV_TERM_TEXT, .value = "a red car", .weight = 1};
    RvHits hits = {0};
    RvStatus status = rv_library_search(fixture->library, encoder, &term, 1, NULL, &hits, err);
    rv_hits_clear(&hits);
    return status;
}

static void assert_refused(RvStatus status, const RvError *err, RvStatus wanted, const char *part)
{
    if (status != wanted || strstr(err->message, part) == NULL)
        fail_msg("status %d: %s", (int)status, err->message);
}

static void assert_details(const Fixture *fixture, const char *wanted)
{
    char details[RV_MODEL_DETAILS_SIZE];
    assert_int_equal(rv_library_model_details(fixture->library, details, sizeof details, NULL), RV_OK);
    assert_string_equal(details, wanted);
}

static void reopen(Fixture *fixture, RvOpenMode mode)
{
    RvLibraryOptions options = {.mode = mode};
    rv_library_close(fixture->library);
    assert_int_equal(rv_library_open(fixture->library_path, &options, &fixture->library, NULL), RV_OK);
}

static void the_same_weights_used_otherwise_are_refused(void **state)
{
    Fixture *fixture = *state;
    char bilinear[PATH_BYTES], squash[PATH_BYTES], plain[2048];
    RvError err = {0};
    const char *details = NULL, *sha256 = NULL, *other_sha256 = NULL;
    assert_true(known_checkpoint_ensure(PLAIN, plain, sizeof plain));
    make_resized(fixture, "bilinear", "\"resize_mode\": \"squash\", \"interpolation\": \"bilinear\"",
                 bilinear);
    make_resized(fixture, "bicubic", "\"resize_mode\": \"squash\", \"interpolation\": \"bicubic\"", squash);
    RvEncoder *models[3] = {open_model(bilinear), open_model(squash), open_model(plain)};
    RvLength length = RV_LENGTH_MODEL;
    assert_int_equal(rv_library_length(fixture->library, &length, NULL), RV_OK);
    assert_int_equal(length, RV_LENGTH_ONE);
    assert_details(fixture, "");
    if (index_with(fixture, models[0], &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(rv_encoder_details(models[0], &details, NULL), RV_OK);
    assert_details(fixture, details);
    assert_non_null(strstr(details,
                           "family=clip; activation=quick_gelu quick_gelu; preprocessing=squash bilinear; "
                           "normalisation=0.481454"));
    assert_non_null(strstr(details, "; tokenizer=clip"));
    assert_int_equal(rv_encoder_weights_sha256(models[0], &sha256, NULL), RV_OK);
    assert_int_equal(rv_encoder_weights_sha256(models[1], &other_sha256, NULL), RV_OK);
    assert_string_equal(sha256, other_sha256);
    for (int read_only = 0; read_only <= 1; read_only++) {
        reopen(fixture, read_only ? RV_OPEN_READ : RV_OPEN_CREATE);
        assert_int_equal(search_with(fixture, models[0], &err), RV_OK);
        assert_refused(
            search_with(fixture, models[1], &err), &err, RV_ERROR_MISMATCH,
            "holds embeddings of bilinear with preprocessing squash bilinear, the model bicubic has the "
            "same weights (");
        assert_non_null(strstr(err.message, "...) but preprocessing squash bicubic"));
        assert_int_equal(err.hint, RV_HINT_MODEL);
        assert_refused(search_with(fixture, models[2], &err), &err, RV_ERROR_MISMATCH,
                       "but preprocessing shortest bicubic");
    }
    reopen(fixture, RV_OPEN_CREATE);
    assert_refused(index_with(fixture, models[1], &err), &err, RV_ERROR_MISMATCH, "squash bicubic");
    for (int i = 0; i < 3; i++)
        rv_encoder_close(models[i]);
}

/* The library finds its own model, and says what differs if only another one is left. */
static void the_checkpoint_is_found_by_its_details(void **state)
{
    Fixture *fixture = *state;
    char bilinear[PATH_BYTES], squash[PATH_BYTES];
    RvEncoder *found = NULL;
    RvError err = {0};
    make_resized(fixture, "bilinear", "\"resize_mode\": \"squash\", \"interpolation\": \"bilinear\"",
                 bilinear);
    make_resized(fixture, "bicubic", "\"resize_mode\": \"squash\", \"interpolation\": \"bicubic\"", squash);
    setenv("XDG_DATA_HOME", fixture->folder, 1);
    RvEncoder *model = open_model(bilinear);
    assert_int_equal(index_with(fixture, model, &err), RV_OK);
    rv_encoder_close(model);
    assert_int_equal(rv_library_open_encoder(fixture->library, NULL, &found, &err), RV_OK);
    assert_string_equal(rv_encoder_info(found)->path, bilinear);
    rv_encoder_close(found);
    // The place holds the other model now; the right one is in the models folder under another name.
    shell("mkdir -p '%s/reelvec/models' && mv '%s' '%s/reelvec/models/mine' && cp -r '%s' '%s'",
          fixture->folder, bilinear, fixture->folder, squash, bilinear);
    assert_int_equal(rv_library_open_encoder(fixture->library, NULL, &found, &err), RV_OK);
    assert_non_null(strstr(rv_encoder_info(found)->path, "/reelvec/models/mine"));
    rv_encoder_close(found);
    shell("rm -r '%s/reelvec/models/mine'", fixture->folder);
    assert_refused(rv_library_open_encoder(fixture->library, NULL, &found, &err), &err, RV_ERROR_NOT_FOUND,
                   "made with bilinear with preprocessing squash bilinear; ");
    assert_non_null(strstr(err.message, "/bilinear has the same weights but preprocessing squash bicubic"));
    assert_null(found);
    // What lies there is no model that opens: the reason is told.
    shell("echo '{\"model_cfg\": 7}' >'%s/open_clip_config.json'", bilinear);
    assert_refused(rv_library_open_encoder(fixture->library, NULL, &found, &err), &err, RV_ERROR_NOT_FOUND,
                   "is not in the models folder, and what lies at its place is refused (");
    assert_non_null(strstr(err.message, "/bilinear/open_clip_config.json: model_cfg has no vision_cfg"));
    shell("rm -r '%s'", bilinear);
    assert_refused(rv_library_open_encoder(fixture->library, NULL, &found, &err), &err, RV_ERROR_NOT_FOUND,
                   "which is neither in the models folder nor at ");
    unsetenv("XDG_DATA_HOME");
}

/* A library is not changed by being read or refused. */
static void libraries_of_a_plain_clip_stay_as_they_are(void **state)
{
    Fixture *fixture = *state;
    char squash[PATH_BYTES], plain[2048], before[65], after[65];
    RvError err = {0};
    assert_true(known_checkpoint_ensure(PLAIN, plain, sizeof plain));
    make_resized(fixture, "squash", "\"resize_mode\": \"squash\", \"interpolation\": \"bicubic\"", squash);
    RvEncoder *model = open_model(plain), *other = open_model(squash);
    assert_int_equal(index_with(fixture, model, &err), RV_OK);
    reopen(fixture, RV_OPEN_READ);
    assert_int_equal(rv_file_sha256(fixture->library_path, before, NULL), RV_OK);
    assert_details(fixture,
                   "family=clip; activation=quick_gelu quick_gelu; preprocessing=shortest bicubic; "
                   "normalisation=0.48145467 0.457827508 0.408210725, 0.268629551 0.26130259 0.275777102; "
                   "mask=causal; heads=2 1; epsilon=1e-05 1e-05; tokenizer=clip; "
                   "tokenizer_sha256=4621dd9c731c9330389ca3477b48afba9f5466d61b92a01785077834caf90cfb");
    assert_int_equal(search_with(fixture, model, &err), RV_OK);
    assert_refused(search_with(fixture, other, &err), &err, RV_ERROR_MISMATCH,
                   "with preprocessing shortest bicubic, the model squash has the same weights");
    reopen(fixture, RV_OPEN_CREATE);
    assert_refused(index_with(fixture, other, &err), &err, RV_ERROR_MISMATCH, "squash bicubic");
    reopen(fixture, RV_OPEN_READ);
    assert_int_equal(rv_file_sha256(fixture->library_path, after, NULL), RV_OK);
    assert_string_equal(before, after);
    rv_encoder_close(other);
    rv_encoder_close(model);
}

static void make_anew(Fixture *fixture)
{
    rv_library_close(fixture->library);
    fixture->library = NULL;
    shell("rm -f '%s' '%s-wal' '%s-shm'", fixture->library_path, fixture->library_path,
          fixture->library_path);
    reopen(fixture, RV_OPEN_CREATE);
}

static void change_details(Fixture *fixture, const char *statement)
{
    sqlite3 *database = NULL;
    rv_library_close(fixture->library);
    fixture->library = NULL;
    assert_int_equal(sqlite3_open(fixture->library_path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, statement, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(database), 1);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    reopen(fixture, RV_OPEN_CREATE);
}

/* As an older version made it, which remembered no details of a plain CLIP. */
static void forget_details(Fixture *fixture)
{
    change_details(fixture, "DELETE FROM library_notes WHERE name = 'model'");
}

/* The kind of GELU, the values of pixels and the mask belong to a model that is prepared as OpenAI's too. */
static void plain_clips_are_told_apart(void **state)
{
    static const struct {
        const char *name, *change, *says;
    } cases[] = {
        {"gelu", "s/\"quick_gelu\": true/\"quick_gelu\": false/", "but activation gelu gelu"},
        {"mean", "s/\"mean\": \\[0.48145466/\"mean\": [0.5/", "but normalisation 0.5 0.4578"},
        {"mask", "s/\"text_cfg\": {/\"text_cfg\": {\"no_causal_mask\": true, /", "but mask none"},
        {"heads", "s/\"head_width\": [0-9]*/\"head_width\": 16/", "but heads 8 1"},
    };
    Fixture *fixture = *state;
    char plain[2048], folder[PATH_BYTES];
    RvError err = {0};
    assert_true(known_checkpoint_ensure(PLAIN, plain, sizeof plain));
    RvEncoder *model = open_model(plain);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_changed(fixture, cases[i].name, cases[i].change, folder);
        RvEncoder *other = open_model(folder);
        RvStoredModel stored = {.name = "plain", .preprocess_version = 1}; // as the SQL functions read it
        assert_int_equal(rv_encoder_weights_sha256(model, &stored.weights_sha256, NULL), RV_OK);
        assert_int_equal(rv_encoder_details(model, &stored.details, NULL), RV_OK);
        assert_int_equal(rv_encoder_check_stored(model, "library", &stored, &err), RV_OK);
        assert_refused(rv_encoder_check_stored(other, "library", &stored, &err), &err, RV_ERROR_MISMATCH,
                       cases[i].says);
        stored.details = NULL;
        assert_int_equal(rv_encoder_check_stored(other, "library", &stored, &err), RV_OK);
        make_anew(fixture);
        assert_int_equal(index_with(fixture, model, &err), RV_OK);
        assert_refused(index_with(fixture, other, &err), &err, RV_ERROR_MISMATCH, cases[i].says);
        reopen(fixture, RV_OPEN_READ);
        assert_refused(search_with(fixture, other, &err), &err, RV_ERROR_MISMATCH, cases[i].says);
        forget_details(fixture);
        assert_details(fixture, "family=clip; preprocessing=shortest bicubic; tokenizer=clip");
        assert_int_equal(search_with(fixture, other, &err), RV_OK);
        assert_int_equal(search_with(fixture, model, &err), RV_OK);
        make_anew(fixture);
        assert_int_equal(index_with(fixture, other, &err), RV_OK);
        assert_int_equal(search_with(fixture, other, &err), RV_OK);
        assert_refused(search_with(fixture, model, &err), &err, RV_ERROR_MISMATCH, "has the same weights");
        rv_encoder_close(other);
    }
    rv_encoder_close(model);
}

static void keep_warning(void *user, RvLogLevel level, const char *message)
{
    char *kept = user;
    if (level == RV_LOG_WARNING && strstr(message, "tokenizer") != NULL)
        snprintf(kept, 1024, "%s", message);
}

/* Stored embeddings are of pictures: another file of the tokenizer is told of, in searches and index runs. */
static void another_file_of_the_tokenizer_is_told(void **state)
{
    Fixture *fixture = *state;
    char maker[2048], folder[PATH_BYTES], other[PATH_BYTES];
    const char *details = NULL;
    RvError err = {0};
    if (!shared_path("golden_models/make_model.py", maker, sizeof maker) || access(maker, R_OK) != 0 ||
        system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
        print_message("needs golden_models in the shared folder, and python3-numpy\n");
        skip();
    }
    snprintf(folder, sizeof folder, "%s/xlmr", fixture->folder);
    snprintf(other, sizeof other, "%s/other", fixture->folder);
    // Saved again: with a field that no reader of SentencePiece's files knows.
    shell("mkdir '%s' && /usr/bin/python3 '%s' xlmr-tiny '%s' --layout openclip && cp -r '%s' '%s' && "
          "test -f '%s/sentencepiece.bpe.model' && printf '\\172\\001 ' >>'%s/sentencepiece.bpe.model'",
          folder, maker, folder, folder, other, other, other);
    RvEncoder *model = open_model(folder), *changed = open_model(other);
    if (index_with(fixture, model, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(rv_encoder_details(model, &details, NULL), RV_OK);
    assert_details(fixture, details);
    assert_non_null(strstr(details, "family=xlm_roberta; activation="));
    assert_non_null(strstr(details, "; tokenizer=unigram"));
    assert_non_null(strstr(details, "; tokenizer_sha256="));
    for (int search = 0; search <= 1; search++) {
        char warning[1024] = "", before[65] = "", after[65] = "", words[200];
        RvLibraryOptions options = {.log = {keep_warning, warning}};
        rv_library_close(fixture->library);
        assert_int_equal(rv_library_open(fixture->library_path, &options, &fixture->library, NULL), RV_OK);
        assert_int_equal(search ? search_with(fixture, model, &err) : index_with(fixture, model, &err),
                         RV_OK);
        assert_string_equal(warning, "");
        if ((search ? search_with(fixture, changed, &err) : index_with(fixture, changed, &err)) != RV_OK)
            fail_msg("%s", err.message);
        assert_int_equal(rv_encoder_details(model, &details, NULL), RV_OK);
        memcpy(before, strstr(details, "tokenizer_sha256=") + 17, 12);
        assert_int_equal(rv_encoder_details(changed, &details, NULL), RV_OK);
        memcpy(after, strstr(details, "tokenizer_sha256=") + 17, 12);
        snprintf(words, sizeof words,
                 "with the tokenizer file %s..., that of the model other is %s...: ", before, after);
        if (strstr(warning, words) == NULL)
            fail_msg("%s\n wanted: %s", warning, words);
    }
    rv_encoder_close(changed);
    rv_encoder_close(model);
    // The last index run left the other folder's place. The library finds its own file where it is now, and makes do
    // with the other one where it is gone.
    setenv("XDG_DATA_HOME", fixture->folder, 1);
    shell("mkdir -p '%s/reelvec/models' && mv '%s' '%s/reelvec/models/mine'", fixture->folder, folder,
          fixture->folder);
    assert_int_equal(rv_library_open_encoder(fixture->library, NULL, &model, &err), RV_OK);
    assert_non_null(strstr(rv_encoder_info(model)->path, "/reelvec/models/mine"));
    rv_encoder_close(model);
    shell("rm -r '%s/reelvec/models/mine'", fixture->folder);
    assert_int_equal(rv_library_open_encoder(fixture->library, NULL, &model, &err), RV_OK);
    assert_string_equal(rv_encoder_info(model)->name, "other");
    rv_encoder_close(model);
    unsetenv("XDG_DATA_HOME");
    // Without a tokenizer pictures are embedded all the same.
    shell("rm -f '%s'/*.model '%s'/tokenizer*", other, other);
    model = open_model(other);
    if (index_with(fixture, model, &err) != RV_OK)
        fail_msg("%s", err.message);
    rv_encoder_close(model);
}

/* Settings of the towers, in which the shapes of the weights have no say. */
static void towers_are_told_apart(void **state)
{
    static const struct {
        const char *change, *there, *here;
    } cases[] = {
        {"s/\"num_attention_heads\": 2/\"num_attention_heads\": 4/", "with heads 2 1,", "but heads 4 1"},
        {"s/\"num_attention_heads\": 1/\"num_attention_heads\": 2/", "with heads 2 1,", "but heads 2 2"},
        {"0,/1e-05/s/1e-05/1e-04/", "with epsilon 1e-05 1e-05,", "but epsilon 0.0001 1e-05"},
        {"s/^ \"text_config\"\\(.*\\)1e-05/ \"text_config\"\\11e-06/", "with epsilon 1e-05 1e-05,",
         "but epsilon 1e-05 1e-06"},
    };
    Fixture *fixture = *state;
    char plain[2048], folder[PATH_BYTES];
    RvError err = {0};
    assert_true(known_checkpoint_ensure("tiny-bytes", plain, sizeof plain));
    RvEncoder *model = open_model(plain);
    assert_int_equal(index_with(fixture, model, &err), RV_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(folder, sizeof folder, "%s/towers%zu", fixture->folder, i);
        shell("cp -r '%s' '%s' && chmod -R u+w '%s' && sed -i '%s' '%s/config.json'", plain, folder, folder,
              cases[i].change, folder);
        RvEncoder *other = open_model(folder);
        assert_refused(search_with(fixture, other, &err), &err, RV_ERROR_MISMATCH, cases[i].here);
        assert_non_null(strstr(err.message, cases[i].there));
        assert_refused(index_with(fixture, other, &err), &err, RV_ERROR_MISMATCH, cases[i].here);
        rv_encoder_close(other);
    }
    // Older versions remembered neither.
    change_details(fixture, "UPDATE library_notes SET value = substr(value, 1, instr(value, '; heads') - 1) "
                            "WHERE name = 'model'");
    RvEncoder *other = open_model(folder);
    assert_int_equal(search_with(fixture, other, &err), RV_OK);
    rv_encoder_close(other);
    rv_encoder_close(model);
}

/* Log the warnings of a search, or of an index run, with this model. */
static void collect_warning(Fixture *fixture, RvEncoder *encoder, bool search, char warning[1024])
{
    RvError err = {0};
    RvLibraryOptions options = {.mode = RV_OPEN_CREATE, .log = {keep_warning, warning}};
    warning[0] = '\0';
    rv_library_close(fixture->library);
    assert_int_equal(rv_library_open(fixture->library_path, &options, &fixture->library, NULL), RV_OK);
    if ((search ? search_with(fixture, encoder, &err) : index_with(fixture, encoder, &err)) != RV_OK)
        fail_msg("%s", err.message);
}

/* CLIP's vocabulary is remembered by what it says, in whichever form it is written; libraries of older versions know
 * none. */
static void another_vocabulary_of_clip_is_told(void **state)
{
    Fixture *fixture = *state;
    char plain[2048], same[PATH_BYTES], other[PATH_BYTES], warning[1024], words[200];
    const char *details[3];
    assert_true(known_checkpoint_ensure(PLAIN, plain, sizeof plain));
    snprintf(same, sizeof same, "%s/same", fixture->folder);
    snprintf(other, sizeof other, "%s/other", fixture->folder);
    shell("cp -r '%s' '%s' && cp -r '%s' '%s' && chmod -R u+w '%s' '%s'", plain, same, plain, other, same,
          other);
    shell("cd '%s' && (printf '{\"model\": {\"merges\": [], \"vocab\": ' && cat vocab.json && echo '}}') "
          ">tokenizer.json && rm vocab.json merges.txt",
          same);
    shell("cd '%s' && sed -i 's/\"a\": 64/\"a\": 65/;s/\"b\": 65/\"b\": 64/' vocab.json && "
          "! cmp -s vocab.json '%s/vocab.json'",
          other, plain);
    RvEncoder *models[3] = {open_model(plain), open_model(same), open_model(other)};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rv_encoder_details(models[i], &details[i], NULL), RV_OK);
        details[i] = strstr(details[i], "tokenizer_sha256=");
        assert_non_null(details[i]);
    }
    assert_string_equal(details[0], details[1]);
    assert_string_not_equal(details[0], details[2]);
    collect_warning(fixture, models[0], false, warning);
    snprintf(words, sizeof words,
             "with the tokenizer file %.12s..., that of the model other is %.12s...: ", details[0] + 17,
             details[2] + 17);
    for (int search = 0; search <= 1; search++) {
        collect_warning(fixture, models[1], search, warning);
        assert_string_equal(warning, "");
        collect_warning(fixture, models[2], search, warning);
        if (strstr(warning, words) == NULL)
            fail_msg("%s\n wanted: %s", warning, words);
    }
    change_details(
        fixture, "UPDATE library_notes SET value = substr(value, 1, instr(value, '; tokenizer_sha256') - 1) "
                 "WHERE name = 'model'");
    collect_warning(fixture, models[2], true, warning);
    assert_string_equal(warning, "");
    for (int i = 0; i < 3; i++)
        rv_encoder_close(models[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_weights_used_otherwise_are_refused),
        TEST(the_checkpoint_is_found_by_its_details),
        TEST(libraries_of_a_plain_clip_stay_as_they_are),
        TEST(another_file_of_the_tokenizer_is_told),
        TEST(another_vocabulary_of_clip_is_told),
        TEST(towers_are_told_apart),
        TEST(plain_clips_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
