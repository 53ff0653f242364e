/* SPDX-License-Identifier: MIT */
/* What a golden model receives: the rows of tokens of its texts and the first values of its pictures. */
#ifndef RV_TESTS_GOLDEN_INPUTS_H
#define RV_TESTS_GOLDEN_INPUTS_H

#include "golden_models.h"

#include "clip/tokenizer/clip_tokenizer.h"

/* The rows of the golden file are padded to the context length. */
static inline size_t golden_check_rows(const Tokenizer *tokenizer, const TextSpec *spec, const json_t *texts)
{
    size_t i, checked = 0;
    json_t *row;
    json_array_foreach(texts, i, row)
    {
        const json_t *text = json_object_get(row, "text"), *wanted = json_object_get(row, "tokens");
        RvError err = {0};
        int32_t *tokens = NULL;
        size_t count = 0;
        if (!json_is_string(text))
            continue;
        assert_ok(rv_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text), &tokens,
                                      &count, &err),
                  err);
        count = rv_tokenizer_cut(tokenizer, tokens, count, (size_t)spec->context_length);
        assert_int_equal(json_array_size(wanted), spec->context_length);
        for (size_t k = 0; k < json_array_size(wanted); k++)
            assert_int_equal(k < count ? tokens[k] : spec->pad_token,
                             json_integer_value(json_array_get(wanted, k)));
        free(tokens);
        checked++;
    }
    return checked;
}

/* The first values of red, normalised, to 1e-5. */
static inline void golden_check_input_first(const ModelSpec *spec, const GoldenModel *which, json_t *images)
{
    const size_t size_bytes = 3 * (size_t)spec->input.size * (size_t)spec->input.size;
    uint8_t *pixels = malloc(size_bytes);
    const char *name;
    json_t *row;
    assert_non_null(pixels);
    json_object_foreach(images, name, row)
    {
        const json_t *wanted = json_object_get(row, "input_first");
        golden_pixels(&spec->input, which, name, pixels);
        assert_int_equal(json_array_size(wanted), 8);
        for (size_t i = 0; i < 8; i++) {
            double found = ((double)pixels[3 * i] / 255 - (double)spec->image_mean[0]) /
                           (double)spec->image_deviation[0];
            if (!(fabs(found - json_number_value(json_array_get(wanted, i))) <= 1e-5))
                fail_msg("%s: value %zu is %.7f", name, i, found);
        }
    }
    free(pixels);
}

/* Both, of a model whose checkpoint has a tokenizer if the golden file has texts. */
static inline void golden_inputs_check(const GoldenModel *which)
{
    char path[4096], file[128], key[128];
    Checkpoint *checkpoint = NULL;
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    golden_model_ensure(which, path);
    snprintf(file, sizeof file, "golden_models/golden_%s.json", which->family);
    snprintf(key, sizeof key, "%s/%s", which->model, which->layout);
    json_t *golden = load_golden(file), *part = json_object_get(json_object_get(golden, "models"), key);
    assert_non_null(part);
    assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
    const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
    assert_ok(rv_tokenizer_open(path, &spec->tokenizer, spec->text.vocabulary_size, NULL, &tokenizer, &err),
              err);
    assert_true(golden_check_rows(tokenizer, &spec->text, json_object_get(part, "texts")) > 1);
    golden_check_input_first(spec, which, json_object_get(part, "images"));
    rv_tokenizer_close(tokenizer);
    rv_checkpoint_close(checkpoint);
    json_decref(golden);
}

#endif
