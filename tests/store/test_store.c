/* SPDX-License-Identifier: MIT */
/* The store's contract about the library as a whole: its model, counts, faults, opening. */
#include "contract.h"

#include "store/model_details.h"

/* ---- the model ---------------------------------------------------------------------------------------- */

static void identity_is_absent_then_kept(void **state)
{
    Fixture *fixture = *state;
    ModelIdentity read = {0};
    bool present = true;
    assert_ok(rv_store_identity(fixture->store, &read, &present, err));
    assert_false(present);
    claim(fixture->store);
    claim(fixture->store);
    reopen(fixture);
    assert_ok(rv_store_identity(fixture->store, &read, &present, err));
    assert_true(present);
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    assert_string_equal(read.name, model.name);
    assert_string_equal(read.weights_sha256, model.weights_sha256);
    assert_int_equal(read.dimensions, TEST_DIMENSIONS);
    assert_int_equal(read.preprocess_version, STORE_PREPROCESS_VERSION);
    assert_true(read.normalized);
}

static void require_identity_refuses_other_models(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 2);
    ModelIdentity other = test_model(768);
    snprintf(other.name, sizeof other.name, "ViT-L/14");
    assert_refused(
        rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
        "holds embeddings of ViT-T/8 (8 dimensions, weights 0123456789ab...), the model is ViT-L/14 (768 "
        "dimensions, weights 0123456789ab...)");
    other = test_model(TEST_DIMENSIONS);
    other.weights_sha256[0] = 'f';
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "weights f123456789ab");
    other = test_model(TEST_DIMENSIONS);
    other.normalized = false;
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "are normalised");
    other = test_model(TEST_DIMENSIONS);
    other.preprocess_version = 7;
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "preprocessing 1");
    other = test_model(TEST_DIMENSIONS);
    snprintf(other.name, sizeof other.name, "a folder with the same weights");
    assert_ok(rv_store_require_identity(fixture->store, &other, err));
    other.dimensions = 0;
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_ARGUMENT, "1 to 65536");
}

/* A model that is no plain CLIP: the library keeps what shifts its embeddings besides the weights. */
static ModelIdentity detailed_model(int version, const char *details)
{
    ModelIdentity identity = test_model(TEST_DIMENSIONS);
    identity.preprocess_version = version;
    snprintf(identity.details, sizeof identity.details, "%s", details);
    return identity;
}

static void details_of_the_model_are_remembered(void **state)
{
    Fixture *fixture = *state;
    static const char hugging_face[] =
        "family=siglip; preprocessing=squash bilinear rgb-first; tokenizer=gemma lower; "
        "tokenizer_sha256=7da53ca29fb16f6b";
    ModelIdentity read, model = detailed_model(1111, hugging_face), other;
    bool present = false;
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 2);
    reopen(fixture);
    assert_ok(rv_store_identity(fixture->store, &read, &present, err));
    assert_int_equal(read.preprocess_version, 1111);
    assert_string_equal(read.details, hugging_face);
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    put(fixture->store, begin(fixture->store, "/b.mp4"), 1, 2);
    other = detailed_model(
        1100, "family=siglip; preprocessing=squash bicubic; tokenizer=gemma canonicalize; later=1");
    snprintf(other.name, sizeof other.name, "an open_clip folder");
    assert_refused_with_hint(
        rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
        "holds embeddings of ViT-T/8 with preprocessing squash bilinear rgb-first and tokenizer gemma "
        "lower, the model an open_clip folder has the same weights (0123456789ab...) but preprocessing "
        "squash bicubic and tokenizer gemma canonicalize",
        RV_HINT_MODEL);
    other =
        detailed_model(1111, "family=siglip; preprocessing=squash bilinear rgb-first; tokenizer=gemma lower; "
                             "tokenizer_sha256=8da53ca29fb16f6b");
    assert_ok(rv_store_require_identity(fixture->store, &other, err)); // the file was saved again
    other = test_model(TEST_DIMENSIONS);                               // a plain CLIP
    assert_refused(rv_store_require_identity(fixture->store, &other, err), RV_ERROR_MISMATCH,
                   "but family clip and preprocessing shortest bicubic and tokenizer clip");
    other = detailed_model(1111, "family=siglip");
    assert_ok(rv_store_require_identity(fixture->store, &other, err)); // nothing that differs
}

typedef struct Told {
    char line[1024];
    int count;
} Told;

static void note_warning(void *user, RvLogLevel level, const char *message)
{
    Told *told = user;
    if (level != RV_LOG_WARNING || strstr(message, "tokenizer") == NULL)
        return;
    snprintf(told->line, sizeof told->line, "%s", message);
    told->count++;
}

/* Stored embeddings do not depend on it: one warning for each file, which names both. */
static void another_file_of_the_tokenizer_is_told(void **state)
{
    Fixture *fixture = *state;
    Told told = {.count = 0};
    ModelIdentity model = detailed_model(1111, "tokenizer=gemma lower; tokenizer_sha256=7da53ca29fb16f6b"),
                  saved_again =
                      detailed_model(1111, "tokenizer=gemma lower; tokenizer_sha256=8da53ca29fb16f6b"),
                  other_kind = detailed_model(1111, "tokenizer=gemma canonicalize; tokenizer_sha256=9");
    if (!fixture->backend->is_kept)
        return; // a library in memory cannot be opened again
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 2);
    rv_store_close(fixture->store);
    assert_ok(
        rv_store_open(fixture->uri, &(StoreOptions){.log = {note_warning, &told}}, &fixture->store, err));
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    assert_int_equal(told.count, 0);
    for (int i = 0; i < 3; i++)
        assert_ok(rv_store_require_identity(fixture->store, &saved_again, err));
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.line, "was made with the tokenizer file 7da53ca29fb1..., that of the model "
                                      "ViT-T/8 is 8da53ca29fb1...: "));
    put(fixture->store, begin(fixture->store, "/b.mp4"), 1, 2);
    assert_refused(rv_store_require_identity(fixture->store, &other_kind, err), RV_ERROR_MISMATCH,
                   "with tokenizer gemma lower and tokenizer file 7da53ca29fb1...");
    assert_int_equal(told.count, 1);
}

/* Two processes claim an empty library for two uses of the same weights: one of them writes. */
static void claims_of_two_uses_at_once_do_not_mix(void **state)
{
    Fixture *fixture = *state;
    Store *other = NULL;
    ModelIdentity model = detailed_model(1111, "normalisation=0 0 0, 1 1 1"),
                  second = detailed_model(1111, "normalisation=0.5 0.5 0.5, 0.5 0.5 0.5");
    if (!fixture->backend->is_kept)
        return; // one process has a library in memory
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    int64_t id = begin(fixture->store, "/a.mp4");
    assert_ok(rv_store_open(fixture->uri, &create_options, &other, err));
    assert_ok(rv_store_require_identity(other, &second, err));
    assert_refused(put_test_frames(fixture->store, id, 1, 2, TEST_DIMENSIONS, err), RV_ERROR_MISMATCH,
                   "another model has claimed the library meanwhile");
    put(other, id, 1, 2);
    rv_store_close(other);
    assert_refused(rv_store_require_identity(fixture->store, &model, err), RV_ERROR_MISMATCH,
                   "with normalisation 0.5 0.5 0.5, 0.5 0.5 0.5, the model");
}

/* The version of a plain CLIP does not tell its kind of GELU. A library that an older version made has no line. */
static void details_of_a_plain_clip_are_compared(void **state)
{
    Fixture *fixture = *state;
    ModelIdentity quick = detailed_model(STORE_PREPROCESS_VERSION,
                                         "family=clip; activation=quick_gelu quick_gelu"),
                  erf = detailed_model(STORE_PREPROCESS_VERSION, "family=clip; activation=gelu gelu"),
                  unknown = test_model(TEST_DIMENSIONS);
    assert_ok(rv_store_require_identity(fixture->store, &erf, err));
    assert_ok(rv_store_require_identity(fixture->store, &quick, err)); // no frames are there yet
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 2);
    reopen(fixture);
    assert_refused(rv_store_require_identity(fixture->store, &erf, err), RV_ERROR_MISMATCH,
                   "with activation quick_gelu quick_gelu, the model");
    assert_ok(rv_store_require_identity(fixture->store, &unknown, err));
    assert_ok(rv_store_require_identity(fixture->store, &quick, err));
}

/* What an old library of a plain CLIP holds is not changed, and a library that is free forgets its model. */
static void plain_models_leave_no_details(void **state)
{
    Fixture *fixture = *state;
    char *note = NULL;
    bool present = false;
    ModelIdentity read, detailed = detailed_model(1100, "family=siglip; preprocessing=squash bicubic"),
                        plain = test_model(TEST_DIMENSIONS);
    claim(fixture->store);
    assert_ok(rv_store_get_note(fixture->store, STORE_NOTE_MODEL, &note, err));
    assert_null(note);
    assert_ok(rv_store_require_identity(fixture->store, &detailed, err));
    assert_ok(rv_store_require_identity(fixture->store, &plain, err));
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 2);
    reopen(fixture);
    assert_ok(rv_store_identity(fixture->store, &read, &present, err));
    assert_int_equal(read.preprocess_version, STORE_PREPROCESS_VERSION);
    assert_string_equal(read.details, "");
    assert_string_equal(rv_identity_details(&read), STORE_PLAIN_DETAILS);
    assert_refused(
        rv_store_require_identity(fixture->store, &detailed, err), RV_ERROR_MISMATCH,
        "holds embeddings of ViT-T/8 with family clip and preprocessing shortest bicubic, the model");
}

static void library_without_frames_can_be_claimed_again(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 2);
    assert_ok(rv_store_remove_video(fixture->store, id, err));
    ModelIdentity other = test_model(16);
    assert_ok(rv_store_require_identity(fixture->store, &other, err));
    id = begin(fixture->store, "/b.mp4");
    assert_ok(put_test_frames(fixture->store, id, 1, 2, 16, err));
    assert_refused(put_test_frames(fixture->store, id, 1, 2, TEST_DIMENSIONS, err), RV_ERROR_MISMATCH,
                   "these have 8");
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static void info_counts_and_measures(void **state)
{
    Fixture *fixture = *state;
    RvLibraryInfo info = {0};
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    assert_int_equal(info.frame_count, 0);
    assert_string_equal(info.model_name, "");
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    model.normalized = false;
    bool cosine = strcmp(fixture->backend->name, "mariadb") == 0;
    if (cosine) {
        assert_refused(rv_store_require_identity(fixture->store, &model, err), RV_ERROR_UNSUPPORTED,
                       "compares by cosine");
        model.normalized = true;
    }
    assert_ok(rv_store_require_identity(fixture->store, &model, err));
    int64_t a = begin(fixture->store, "/a.mp4"), b = begin(fixture->store, "/b.mp4");
    put(fixture->store, a, 1, 2);
    float longer[TEST_DIMENSIONS] = {3, 4}, shorter[TEST_DIMENSIONS] = {0, 0.5f};
    FrameRecord two[] = {{1, 0, longer, NULL, 0}, {2, 1, shorter, (const uint8_t *)"PICTURE x", 9}};
    assert_ok(rv_store_put_frames(fixture->store, b, two, 2, TEST_DIMENSIONS, err));
    assert_ok(rv_store_finish_video(fixture->store, a, 2, err));
    assert_ok(rv_store_fail_video(fixture->store, b, "broken", err));
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    if (fixture->backend->variable == NULL)
        assert_string_equal(info.uri, fixture->uri);
    assert_null(strchr(info.uri, '%')); // the password has some
    // SQLite libraries have a change log since version 2, notes since version 3; servers' have notes since
    // version 2.
    assert_int_equal(info.schema_version, fixture->backend->variable == NULL ? 3 : 2);
    assert_string_equal(info.model_name, "ViT-T/8");
    assert_int_equal(info.dimensions, TEST_DIMENSIONS);
    assert_true(info.normalized == cosine);
    assert_int_equal(info.video_count, 2);
    assert_int_equal(info.complete_count, 1);
    assert_int_equal(info.failed_count, 1);
    assert_int_equal(info.frame_count, 4);
    assert_int_equal(info.embedding_bytes, 4 * TEST_DIMENSIONS * 4);
    assert_int_equal(info.picture_bytes, 11 + 11 + 9);
    assert_true(info.size_bytes > info.embedding_bytes);
    assert_true(info.min_embedding_length == 0.5 && info.max_embedding_length == 5);
    assert_int_equal(info.min_picture_height, 360);
    assert_int_equal(info.max_picture_height, 360);
}

/* Small texts by name, any bytes; a library that has none gives none. */
static void notes_are_kept(void **state)
{
    static const char *const values[] = {"/models/a b", "/models/\xff\xfe 'quoted' \\ %s", "",
                                         "/models/\xc3\xa4"};
    Fixture *fixture = *state;
    char *value = NULL;
    assert_ok(rv_store_get_note(fixture->store, STORE_NOTE_MODEL_PATH, &value, err));
    assert_null(value);
    if (strcmp(fixture->backend->name, "singlestore") == 0) {
        assert_refused(rv_store_put_note(fixture->store, "a", "b", err), RV_ERROR_UNSUPPORTED,
                       "keeps no notes");
        return;
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_ok(rv_store_put_note(fixture->store, STORE_NOTE_MODEL_PATH, values[i], err));
        assert_ok(rv_store_put_note(fixture->store, STORE_NOTE_MODEL_PATH, values[i], err));
        assert_ok(rv_store_put_note(fixture->store, "other", "more", err));
        reopen(fixture);
        assert_ok(rv_store_get_note(fixture->store, STORE_NOTE_MODEL_PATH, &value, err));
        assert_string_equal(value, values[i]);
        free(value);
    }
    RvLibraryInfo info;
    claim(fixture->store);
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    assert_string_equal(info.model_path, values[3]);
    assert_ok(rv_store_begin_snapshot(fixture->store, err));
    assert_refused(rv_store_put_note(fixture->store, "a", "b", err), RV_ERROR_IO, "nothing was written");
    assert_ok(rv_store_get_note(fixture->store, "other", &value, err));
    assert_string_equal(value, "more");
    free(value);
    rv_store_end_snapshot(fixture->store);
}

/* Nothing that is written changes it, and no other library has it. */
static void the_identity_of_a_library_is_its_own(void **state)
{
    Fixture *fixture = *state;
    char first[STORE_ID_SIZE], later[STORE_ID_SIZE];
    assert_ok(rv_store_id(fixture->store, first, err));
    assert_int_equal(strspn(first, "0123456789abcdef"), STORE_ID_SIZE - 1);
    assert_int_equal(strlen(first), STORE_ID_SIZE - 1);
    claim(fixture->store);
    put(fixture->store, begin(fixture->store, "/a.mp4"), 1, 3);
    reopen(fixture);
    assert_ok(rv_store_id(fixture->store, later, err));
    assert_string_equal(later, first);
    Store *other = NULL;
    assert_ok(rv_store_open("memory:", &(StoreOptions){.create = true}, &other, err));
    assert_ok(rv_store_id(other, later, err));
    assert_string_not_equal(later, first);
    rv_store_close(other);
}

static void verify_finds_each_fault(void **state)
{
    Fixture *fixture = *state;
    claim(fixture->store);
    int64_t id = begin(fixture->store, "/a.mp4");
    put(fixture->store, id, 1, 3);
    assert_int_equal(count_faults(fixture->store), 0);
    put(fixture->store, id, 5, 1);
    assert_int_equal(count_faults(fixture->store), 0); // a gap, but the video is not complete
    assert_ok(rv_store_finish_video(fixture->store, id, 3, err));
    assert_int_equal(count_faults(fixture->store), 1);
    float vector[TEST_DIMENSIONS] = {0.5f};
    FrameRecord bad[] = {{4, 1, vector, (const uint8_t *)"JUNK", 4}};
    assert_ok(rv_store_put_frames(fixture->store, id, bad, 1, TEST_DIMENSIONS, err));
    assert_int_equal(count_faults(fixture->store),
                     3); // time falls, length is not 1, the picture does not decode
    vector[0] = 1;
    bad[0].time_s = 3;
    bad[0].jpeg = NULL;
    assert_ok(rv_store_put_frames(fixture->store, id, bad, 1, TEST_DIMENSIONS, err));
    assert_int_equal(count_faults(fixture->store), 1); // no picture
    int64_t empty = begin(fixture->store, "/b.mp4");
    assert_ok(rv_store_finish_video(fixture->store, empty, 3, err));
    assert_int_equal(count_faults(fixture->store), 2); // complete without frames
}

static void open_refuses_what_it_does_not_know(void **state)
{
    static const struct {
        const char *uri, *words;
        RvStatus status;
    } cases[] = {
#ifndef REELVEC_WITH_POSTGRES
        {"postgresql://host/db", "postgres: not in this build; configure with -Dpostgres=enabled",
         RV_ERROR_UNSUPPORTED},
        {"postgres://host/db", "postgres: not in this build", RV_ERROR_UNSUPPORTED},
#endif
#ifndef REELVEC_WITH_MYSQL
        {"mariadb://host/db", "mariadb: not in this build; configure with -Dmysql=enabled",
         RV_ERROR_UNSUPPORTED},
        {"SingleStore://host/db", "singlestore: not in this build", RV_ERROR_UNSUPPORTED},
#endif
        {"ftp://host/db", "unknown kind of library", RV_ERROR_UNSUPPORTED},
        {"memory:name", "has no name", RV_ERROR_ARGUMENT},
        {"", "empty", RV_ERROR_ARGUMENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        assert_refused(rv_store_open(cases[i].uri, &create_options, &store, err), cases[i].status,
                       cases[i].words);
        assert_null(store);
    }
    rv_store_close(NULL);
}

static const BackendCase cases[] = {
    CASE(identity_is_absent_then_kept),
    CASE(require_identity_refuses_other_models),
    CASE(library_without_frames_can_be_claimed_again),
    CASE(details_of_the_model_are_remembered),
    CASE(another_file_of_the_tokenizer_is_told),
    CASE(claims_of_two_uses_at_once_do_not_mix),
    CASE(details_of_a_plain_clip_are_compared),
    CASE(plain_models_leave_no_details),
    CASE(notes_are_kept),
    CASE(the_identity_of_a_library_is_its_own),
    CASE(info_counts_and_measures),
    CASE(verify_finds_each_fault),
    CASE(open_refuses_what_it_does_not_know),
};

int main(void)
{
    return run_on_backends("store_contract", ANY_BACKEND, cases, sizeof cases / sizeof cases[0]);
}
