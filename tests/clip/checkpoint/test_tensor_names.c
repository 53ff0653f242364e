/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/tensor_names.c. */
#include "clip_support.h"

#include "clip/checkpoint/tensor_names.h"

static void tensor_names_hugging_face_translates(void **state)
{
    static const struct {
        const char *openai, *first, *last;
        int count;
        bool transposed;
    } cases[] = {
        {"visual.proj", "visual_projection.weight", NULL, 1, true},
        {"text_projection", "text_projection.weight", NULL, 1, true},
        {"visual.ln_pre.bias", "vision_model.pre_layrnorm.bias", NULL, 1, false},
        {"token_embedding.weight", "text_model.embeddings.token_embedding.weight", NULL, 1, false},
        {"visual.transformer.resblocks.11.attn.in_proj_weight",
         "vision_model.encoder.layers.11.self_attn.q_proj.weight",
         "vision_model.encoder.layers.11.self_attn.v_proj.weight", 3, false},
        {"transformer.resblocks.0.attn.in_proj_bias", "text_model.encoder.layers.0.self_attn.q_proj.bias",
         "text_model.encoder.layers.0.self_attn.v_proj.bias", 3, false},
        {"transformer.resblocks.3.mlp.c_proj.bias", "text_model.encoder.layers.3.mlp.fc2.bias", NULL, 1,
         false},
        {"visual.transformer.resblocks.1.ln_2.weight", "vision_model.encoder.layers.1.layer_norm2.weight",
         NULL, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorPieces pieces;
        assert_true(rv_tensor_names_hugging_face(cases[i].openai, &pieces));
        assert_int_equal(pieces.count, cases[i].count);
        assert_int_equal(pieces.transposed, cases[i].transposed);
        assert_string_equal(pieces.names[0], cases[i].first);
        if (cases[i].last != NULL)
            assert_string_equal(pieces.names[2], cases[i].last);
    }
}

static void tensor_names_hugging_face_knows_no_others(void **state)
{
    static const char *const names[] = {"",
                                        "visual",
                                        "visual.transformer.resblocks.",
                                        "transformer.resblocks.0",
                                        "transformer.resblocks..ln_1.weight",
                                        "transformer.resblocks.0.ln_3.weight",
                                        "transformer.resblocks.12345678.ln_1.weight"};
    TensorPieces pieces;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(rv_tensor_names_hugging_face(names[i], &pieces));
}

static void add_names(TensorTable *table, const char *const *names)
{
    RvError err = {0};
    *table = (TensorTable){0};
    for (; *names != NULL; names++)
        assert_ok(rv_tensor_table_add(table, *names, &(Tensor){0}, "f", NULL, &err), err);
    assert_ok(rv_tensor_table_sort(table, &err), err);
}

static void tensor_names_scheme_tells_by_names(void **state)
{
    static const struct {
        const char *names[4];
        NameScheme scheme;
        const char *text_projection;
    } cases[] = {
        {{"visual.conv1.weight", "token_embedding.weight"}, NAMES_OPENAI, "text_projection"},
        {{"visual.conv1.weight", "text.token_embedding.weight"}, NAMES_CUSTOM_TEXT, "text.text_projection"},
        {{"vision_model.embeddings.class_embedding"}, NAMES_HUGGING_FACE, "text_projection.weight"},
        {{"conv1.weight"}, NAMES_UNKNOWN, "text_projection"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        TensorPieces pieces;
        add_names(&table, cases[i].names);
        NameScheme scheme = rv_tensor_names_scheme(&table);
        assert_int_equal(scheme, cases[i].scheme);
        rv_tensor_names_find(scheme, "text_projection", &pieces);
        assert_string_equal(pieces.names[0], cases[i].text_projection);
        rv_tensor_table_clear(&table);
    }
}

/* The order of the names, and with it the order in a file, does not matter. */
static void tensor_names_strip_prefix_takes_the_model(void **state)
{
    static const struct {
        const char *names[6];
        size_t kept, warnings;
        const char *why;
    } cases[] = {
        {{"visual.conv1.weight", "ema.visual.conv1.weight", "x"}, 3, 0, "no prefix: all stay"},
        {{"module.visual.conv1.weight", "module.ln_final.weight", "epoch"},
         2,
         0,
         "one prefix, the rest goes"},
        {{"m.vision_model.embeddings.class_embedding", "m.x", "y.x"}, 2, 0, "Hugging Face's names"},
        {{"EMA.visual.conv1.weight", "EMA.x", "state_dict.visual.conv1.weight"}, 1, 1, "averages come last"},
        {{"a.visual.conv1.weight", "a.x", "state_dict.visual.conv1.weight"}, 1, 1, "state_dict comes first"},
        {{"a.visual.conv1.weight", "a.x", "bb.visual.conv1.weight"}, 2, 1, "the shortest comes first"},
        {{"ema_model.visual.conv1.weight", "ema_model.x"}, 2, 0, "only an average is there"},
        {{"xvisual.conv1.weight", "visual.conv1.weights"}, 2, 0, "no name that every CLIP has"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        RvError err = {0};
        LogLines lines;
        const RvLog log = log_into(&lines);
        add_names(&table, cases[i].names);
        rv_tensor_names_strip_prefix(&table, "f.pt", &log);
        assert_ok(rv_tensor_table_sort(&table, &err), err);
        if (table.count != cases[i].kept || lines.count != cases[i].warnings)
            fail_msg("%s: %zu kept, %s", cases[i].why, table.count, lines.text);
        rv_tensor_table_clear(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensor_names_hugging_face_translates),
        cmocka_unit_test(tensor_names_hugging_face_knows_no_others),
        cmocka_unit_test(tensor_names_scheme_tells_by_names),
        cmocka_unit_test(tensor_names_strip_prefix_takes_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
