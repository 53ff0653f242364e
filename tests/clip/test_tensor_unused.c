/* SPDX-License-Identifier: MIT */
/* Tests of clip/tensor_unused.c. */
#include "clip_support.h"

#include "clip/families/name_schemes.h"
#include "clip/tensor_unused.h"

static const NameRule hugging_face_names[] = {NAMES_HF_VISION, NAMES_HF_TEXT, NAMES_END};
static const NameRule custom_text_names[] = {NAMES_CUSTOM_TEXT, NAMES_END};
static const NameScheme openai = {.rules = NULL}, custom_text = {.rules = custom_text_names},
                        hugging_face = {.rules = hugging_face_names};

static ModelSpec small_spec(void)
{
    ModelSpec spec = rv_model_spec_clip();
    spec.vision.tower.layers = 2;
    spec.text.tower.layers = 1;
    return spec;
}

typedef struct Filling {
    TensorTable *table;
    const NameScheme *scheme;
    const char *left_out;
} Filling;

static bool add(void *context, const char *name)
{
    Filling *filling = context;
    TensorPieces pieces;
    RvError err = {0};
    rv_tensor_names_find(filling->scheme, name, &pieces);
    for (int i = 0; i < pieces.count; i++) {
        if (filling->left_out == NULL || strcmp(filling->left_out, name) != 0)
            assert_ok(rv_tensor_table_add(filling->table, pieces.names[i], &(Tensor){0}, "f", NULL, &err),
                      err);
    }
    return true;
}

/* What a family names besides what is always idle. */
static const char *const idle[] = {"bert.pooler.*", NULL};

/* All names of a model of that configuration without left_out, and one more. */
static RvStatus check(const NameScheme *scheme, const char *left_out, const char *more, LogLines *lines,
                      RvError *err)
{
    TensorTable table = {0};
    Filling filling = {.table = &table, .scheme = scheme, .left_out = left_out};
    const RvLog log = log_into(lines);
    const ModelSpec spec = small_spec();
    rv_model_spec_tensors(&spec, add, &filling);
    assert_ok(rv_tensor_table_add(&table, more, &(Tensor){0}, "f", NULL, err), *err);
    assert_ok(rv_tensor_table_sort(&table, err), *err);
    RvStatus status = rv_tensor_unused_check(&table, scheme, idle, &spec, "model", &log, err);
    rv_tensor_table_clear(&table);
    return status;
}

static void tensor_unused_check_judges_by_name(void **state)
{
    static const struct {
        const NameScheme *scheme;
        const char *name;
        RvStatus status;
        size_t warnings;
        const char *why;
    } cases[] = {
        {&openai, "visual.transformer.resblocks.0.ls_1.gamma", RV_ERROR_UNSUPPORTED, 0, "a layer's scale"},
        {&openai, "visual.transformer.resblocks.1.attn.ln_q.weight", RV_ERROR_UNSUPPORTED, 0,
         "norms of queries"},
        {&openai, "transformer.resblocks.0.mlp.ln.weight", RV_ERROR_UNSUPPORTED, 0, "a norm inside the MLP"},
        {&openai, "transformer.resblocks.1.ln_1.weight", RV_ERROR_UNSUPPORTED, 0, "a layer too many"},
        {&openai, "visual.attn_pool.probe", RV_ERROR_UNSUPPORTED, 0, "another way to pool"},
        {&openai, "text_projection.bias", RV_ERROR_UNSUPPORTED, 0, "a bias"},
        {&custom_text, "text.cls_emb", RV_ERROR_UNSUPPORTED, 0, "a class token of texts"},
        {&hugging_face, "text_model.head.weight", RV_ERROR_UNSUPPORTED, 0, "a head of texts"},
        {&hugging_face, "visual_projection.bias", RV_ERROR_UNSUPPORTED, 0, "a bias, too"},
        {&openai, "bert.embeddings.x", RV_ERROR_UNSUPPORTED, 0, "another text tower"},
        {&openai, "bert.pooler.dense.weight", RV_OK, 0, "the family says that nothing reads it"},
        {&openai, "logit_scale", RV_OK, 0, "of training"},
        {&openai, "logit_bias", RV_OK, 0, "of training"},
        {&openai, "input_resolution", RV_OK, 0, "OpenAI's sizes"},
        {&openai, "attn_mask", RV_OK, 0, "the causal mask"},
        {&custom_text, "text.attn_mask", RV_OK, 0, "the causal mask of a custom text tower"},
        {&hugging_face, "vision_model.embeddings.position_ids", RV_OK, 0, "0, 1, 2, ..."},
        {&hugging_face, "classifier.weight", RV_OK, 1, "something beside the towers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        LogLines lines;
        RvStatus status = check(cases[i].scheme, NULL, cases[i].name, &lines, &err);
        if (status != cases[i].status || lines.count != cases[i].warnings ||
            (status != RV_OK && strstr(err.message, cases[i].name) == NULL) ||
            (lines.count > 0 && strstr(lines.text, cases[i].name) == NULL))
            fail_msg("%s: %d %s %s", cases[i].why, status, err.message, lines.text);
    }
}

/* Another model's weights: that a tensor is missing says more, and the model says it. */
static void tensor_unused_check_leaves_missing_tensors_to_the_model(void **state)
{
    RvError err = {0};
    LogLines lines;
    assert_ok(check(&openai, "visual.proj", "visual.head.weight", &lines, &err), err);
    assert_int_equal(lines.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensor_unused_check_judges_by_name),
        cmocka_unit_test(tensor_unused_check_leaves_missing_tensors_to_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
