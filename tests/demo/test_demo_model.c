/* SPDX-License-Identifier: MIT */
/* The shipped demo model and video: the C engine computes what PyTorch computed, and the queries beside the
 * video find the right scenes. */
#include "demo_fixture.h"

/* The bounds of the golden values: largest difference as a share of the largest magnitude, and cosine. */
#define MAX_DIFFERENCE 2e-4
#define MIN_COSINE 0.999999
#define MIN_RIGHT_SHARE 0.9
#define DIMENSIONS 512

static void assert_close(const char *name, const float *found, const json_t *wanted)
{
    double largest = 0, worst = 0, dot = 0, found_square = 0, wanted_square = 0;
    assert_int_equal(json_array_size(wanted), DIMENSIONS);
    for (size_t i = 0; i < DIMENSIONS; i++) {
        double value = json_number_value(json_array_get(wanted, i));
        largest = fmax(largest, fabs(value));
        worst = fmax(worst, fabs(value - found[i]));
        dot += value * found[i];
        wanted_square += value * value;
        found_square += (double)found[i] * found[i];
    }
    double cosine = dot / sqrt(wanted_square * found_square);
    if (!(worst <= MAX_DIFFERENCE * largest) || !(cosine >= MIN_COSINE))
        fail_msg("%s: differs by %g of the largest magnitude, cosine %.9f", name, worst / largest, cosine);
}

static void texts_give_what_pytorch_gives(void **state)
{
    DemoFixture *fixture = *state;
    size_t i;
    json_t *row;
    assert_true(json_array_size(json_object_get(fixture->reference, "texts")) >= 5);
    json_array_foreach(json_object_get(fixture->reference, "texts"), i, row)
    {
        const char *text = text_of(row, "text");
        const json_t *wanted = json_object_get(row, "tokens");
        float embedding[DIMENSIONS];
        int32_t *tokens = NULL;
        size_t token_count = 0;
        RvError err = {0};
        if (rv_encoder_tokenize(fixture->encoder, text, strlen(text), &tokens, &token_count, &err) != RV_OK ||
            rv_encoder_encode_text(fixture->encoder, text, strlen(text), RV_LENGTH_MODEL, embedding, &err) !=
                RV_OK)
            fail_msg("%s: %s", text, err.message);
        assert_int_equal(token_count, json_array_size(wanted));
        for (size_t token = 0; token < token_count; token++)
            assert_int_equal(tokens[token], json_integer_value(json_array_get(wanted, token)));
        rv_free(tokens);
        assert_close(text, embedding, json_object_get(row, "embedding"));
    }
}

static void pictures_give_what_pytorch_gives(void **state)
{
    DemoFixture *fixture = *state;
    size_t i;
    json_t *row;
    assert_true(json_array_size(json_object_get(fixture->reference, "images")) >= 3);
    json_array_foreach(json_object_get(fixture->reference, "images"), i, row)
    {
        char name[256], path[2048];
        float embedding[DIMENSIONS];
        RvPicture *picture = NULL;
        RvError err = {0};
        snprintf(name, sizeof name, "examples/media/%s", text_of(row, "file"));
        source_path(name, path);
        if (rv_picture_load(path, NULL, &picture, &err) != RV_OK)
            fail_msg("%s", err.message);
        RvImage image = rv_picture_image(picture);
        if (rv_encoder_encode_images(fixture->encoder, &image, 1, RV_LENGTH_MODEL, embedding, &err) != RV_OK)
            fail_msg("%s", err.message);
        rv_picture_destroy(picture);
        assert_close(name, embedding, json_object_get(row, "embedding"));
    }
}

/* The fast precision on the scenes' pictures and on frames of noise. */
static void pictures_in_the_fast_precision_are_close_to_float32(void **state)
{
    DemoFixture *fixture = *state;
    enum { NOISE_COUNT = 8 };
    char path[2048];
    RvEncoder *encoder = NULL;
    RvError err = {0};
    source_path("models/demo", path);
    if (rv_encoder_open(path, &(RvEncoderOptions){.precision = RV_PRECISION_FAST}, &encoder, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_string_equal(rv_encoder_info(encoder)->precision, "fast");
    size_t side = (size_t)rv_encoder_info(encoder)->image_size, picture_count, i;
    json_t *row, *rows = json_object_get(fixture->reference, "images");
    picture_count = json_array_size(rows);
    uint8_t *inputs = malloc((picture_count + NOISE_COUNT) * side * side * 3);
    assert_non_null(inputs);
    json_array_foreach(rows, i, row)
    {
        char name[256];
        RvPicture *picture = NULL;
        snprintf(name, sizeof name, "examples/media/%s", text_of(row, "file"));
        source_path(name, path);
        if (rv_picture_load(path, NULL, &picture, &err) != RV_OK)
            fail_msg("%s", err.message);
        RvImage image = rv_picture_image(picture);
        assert_int_equal(rv_encoder_preprocess(encoder, &image, inputs + i * side * side * 3, &err), RV_OK);
        rv_picture_destroy(picture);
    }
    srand(3);
    for (size_t at = picture_count * side * side * 3; at < (picture_count + NOISE_COUNT) * side * side * 3;
         at++)
        inputs[at] = (uint8_t)(rand() >> 8);
    double worst = 1;
    for (i = 0; i < picture_count + NOISE_COUNT; i++) {
        float exact[DIMENSIONS], fast[DIMENSIONS];
        const uint8_t *input = inputs + i * side * side * 3;
        if (rv_encoder_encode_inputs(fixture->encoder, input, 1, RV_LENGTH_ONE, exact, &err) != RV_OK ||
            rv_encoder_encode_inputs(encoder, input, 1, RV_LENGTH_ONE, fast, &err) != RV_OK)
            fail_msg("%s", err.message);
        double cosine = 0;
        for (size_t k = 0; k < DIMENSIONS; k++)
            cosine += (double)exact[k] * fast[k];
        worst = fmin(worst, cosine);
    }
    print_message("lowest cosine 1 - %.1e\n", 1 - worst);
    assert_true(worst >= 0.9999);
    free(inputs);
    rv_encoder_close(encoder);
}

/* Whether the time lies in the scene. */
static bool in_scene(const DemoFixture *fixture, double time_s, json_int_t scene)
{
    const json_t *row = json_array_get(fixture->scenes, (size_t)scene);
    assert_non_null(row);
    return time_s >= json_number_value(json_object_get(row, "start")) &&
           time_s < json_number_value(json_object_get(row, "end"));
}

static RvHits search(const DemoFixture *fixture, const RvTerm *terms, size_t term_count)
{
    RvHits hits;
    RvError err = {0};
    if (rv_library_search(fixture->library, fixture->encoder, terms, term_count, NULL, &hits, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(hits.count, 5);
    return hits;
}

/* The share of queries whose first hit lies in the right scene; the others are printed. */
static double right_share(const DemoFixture *fixture, const char *list, const char *key, bool pictures)
{
    const json_t *rows = json_object_get(fixture->queries, list);
    size_t i, right = 0;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        char path[2048];
        RvTerm term = {.kind = RV_TERM_TEXT, .value = text_of(row, key), .weight = 1};
        if (pictures)
            picture_term(row, key, path, &term);
        RvHits hits = search(fixture, &term, 1);
        bool good =
            in_scene(fixture, hits.items[0].time_s, json_integer_value(json_object_get(row, "scene")));
        if (!good)
            print_message("%s: found second %g instead of scene %lld\n", text_of(row, key),
                          hits.items[0].time_s, (long long)json_integer_value(json_object_get(row, "scene")));
        right += good;
        rv_hits_clear(&hits);
    }
    print_message("%s: %zu of %zu right\n", list, right, json_array_size(rows));
    return (double)right / (double)json_array_size(rows);
}

static void texts_find_their_scenes(void **state)
{
    DemoFixture *fixture = *state;
    assert_true(json_array_size(json_object_get(fixture->queries, "texts")) >= 30);
    assert_true(json_array_size(fixture->scenes) >= 20);
    assert_true(right_share(fixture, "texts", "text", false) >= MIN_RIGHT_SHARE);
}

static void pictures_find_their_scenes(void **state)
{
    DemoFixture *fixture = *state;
    assert_true(json_array_size(json_object_get(fixture->queries, "images")) >= 3);
    assert_true(right_share(fixture, "images", "file", true) >= MIN_RIGHT_SHARE);
}

static void text_and_picture_that_disagree_find_both_scenes(void **state)
{
    DemoFixture *fixture = *state;
    const json_t *query = json_object_get(fixture->queries, "combined");
    const json_t *scenes = json_object_get(query, "scenes");
    char path[2048];
    RvTerm terms[2] = {{.kind = RV_TERM_TEXT, .value = text_of(query, "text"), .weight = 1}};
    picture_term(query, "image", path, &terms[1]);
    RvHits hits = search(fixture, terms, 2);
    assert_int_equal(json_array_size(scenes), 2);
    for (size_t i = 0; i < 2; i++) {
        json_int_t scene = json_integer_value(json_array_get(scenes, i));
        bool found = false;
        for (size_t hit = 0; hit < hits.count; hit++)
            found |= in_scene(fixture, hits.items[hit].time_s, scene);
        if (!found)
            fail_msg("no frame of scene %lld is among the five", (long long)scene);
    }
    rv_hits_clear(&hits);
}

static double border_of(const DemoFixture *fixture, json_int_t scene, const char *key)
{
    return json_number_value(json_object_get(json_array_get(fixture->scenes, (size_t)scene), key));
}

/* As a moment the sequence is both scenes, and what is between them. */
static bool spans_scenes(const DemoFixture *fixture, const RvTerm *terms, json_int_t first, json_int_t last)
{
    RvHits hits;
    RvError err = {0};
    RvSearchOptions options = {.top = 1, .moments = true};
    if (rv_library_search(fixture->library, fixture->encoder, terms, 2, &options, &hits, &err) != RV_OK)
        fail_msg("%s", err.message);
    bool good = hits.count == 1 && hits.items[0].start_s == border_of(fixture, first, "start") &&
                hits.items[0].end_s == border_of(fixture, last, "end");
    rv_hits_clear(&hits);
    return good;
}

/* Whether the best sequence of texts beside the video has a frame of each one's scene. within_s 0: the default. */
static bool finds_in_order(const DemoFixture *fixture, const size_t *rows, size_t part_count, double within_s)
{
    const json_t *texts = json_object_get(fixture->queries, "texts");
    RvTerm terms[RV_SEQUENCE_PARTS_MAX];
    RvSearchOptions options = {.top = 1, .within_s = within_s};
    RvHits hits;
    RvError err = {0};
    for (size_t part = 0; part < part_count; part++)
        terms[part] = (RvTerm){.kind = RV_TERM_TEXT,
                               .value = text_of(json_array_get(texts, rows[part]), "text"),
                               .weight = 1,
                               .part = (int64_t)part};
    if (rv_library_search(fixture->library, fixture->encoder, terms, part_count, &options, &hits, &err) !=
        RV_OK)
        fail_msg("%s", err.message);
    bool good = hits.count == 1 && hits.items[0].part_count == part_count;
    for (size_t part = 0; good && part < part_count; part++) {
        const json_t *row = json_array_get(texts, rows[part]);
        good = in_scene(fixture, hits.items[0].parts[part].time_s,
                        json_integer_value(json_object_get(row, "scene")));
    }
    if (good && part_count == 2)
        assert_true(spans_scenes(
            fixture, terms, json_integer_value(json_object_get(json_array_get(texts, rows[0]), "scene")),
            json_integer_value(json_object_get(json_array_get(texts, rows[1]), "scene"))));
    if (good)
        print_message("\"%s\" at %g s, then \"%s\" at %g s\n", terms[0].value, hits.items[0].parts[0].time_s,
                      terms[1].value, hits.items[0].parts[1].time_s);
    rv_hits_clear(&hits);
    return good;
}

static void sequences_find_their_scenes_in_order(void **state)
{
    DemoFixture *fixture = *state;
    // The texts stand in the order of their scenes; those of a pair are at most 12 s apart.
    for (size_t pair = 0; pair < 10; pair++) {
        const size_t rows[] = {4 * pair, 4 * pair + 3}, turned[] = {rows[1], rows[0]};
        if (!finds_in_order(fixture, rows, 2, 0) || !finds_in_order(fixture, rows, 2, 12))
            fail_msg("the scenes of texts %zu and %zu are not found in order", rows[0], rows[1]);
        if (finds_in_order(fixture, turned, 2, 0))
            fail_msg("the scenes of texts %zu and %zu are found the other way round", rows[1], rows[0]);
    }
    static const size_t chains[][4] = {{2, 6, 8, 12}, {15, 18, 20, 21}, {23, 25, 30, 32}};
    for (size_t i = 0; i < 3; i++)
        assert_true(finds_in_order(fixture, chains[i], 4, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_give_what_pytorch_gives),
        cmocka_unit_test(pictures_give_what_pytorch_gives),
        cmocka_unit_test(pictures_in_the_fast_precision_are_close_to_float32),
        cmocka_unit_test(texts_find_their_scenes),
        cmocka_unit_test(pictures_find_their_scenes),
        cmocka_unit_test(text_and_picture_that_disagree_find_both_scenes),
        cmocka_unit_test(sequences_find_their_scenes_in_order),
    };
    return cmocka_run_group_tests(tests, open_demo, close_demo);
}
