/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/tensor_names.c. */
#include "clip_support.h"

#include "clip/families/name_schemes.h"

static const NameRule hugging_face_names[] = {NAMES_HF_VISION, NAMES_HF_TEXT, NAMES_END};
static const NameRule custom_text_names[] = {NAMES_CUSTOM_TEXT, NAMES_END};
static const NameRule timm_names[] = {NAMES_TIMM_VISION, NAMES_CUSTOM_TEXT, NAMES_END};
static const NameRule bert_names[] = {NAMES_BERT("bert."), NAMES_END};
static const NameScheme openai = {.marks = {MARK_OPENAI, "token_embedding.weight"}};
static const NameScheme custom_text = {.marks = {MARK_OPENAI, MARK_CUSTOM_TEXT}, .rules = custom_text_names};
static const NameScheme hugging_face = {.marks = {MARK_HF}, .rules = hugging_face_names};
static const NameScheme timm = {.marks = {MARK_TIMM}, .rules = timm_names};
static const NameScheme bert = {.marks = {"bert.pooler.dense.weight"}, .rules = bert_names};

static void tensor_names_find_translates(void **state)
{
    static const struct {
        const NameScheme *scheme;
        const char *canonical, *first, *last;
        int count;
        bool transposed;
    } cases[] = {
        {&hugging_face, "visual.proj", "visual_projection.weight", NULL, 1, true},
        {&hugging_face, "text_projection", "text_projection.weight", NULL, 1, true},
        {&hugging_face, "visual.ln_pre.bias", "vision_model.pre_layrnorm.bias", NULL, 1, false},
        {&hugging_face, "token_embedding.weight", "text_model.embeddings.token_embedding.weight", NULL, 1,
         false},
        {&hugging_face, "visual.transformer.resblocks.11.attn.in_proj_weight",
         "vision_model.encoder.layers.11.self_attn.q_proj.weight",
         "vision_model.encoder.layers.11.self_attn.v_proj.weight", 3, false},
        {&hugging_face, "transformer.resblocks.0.attn.in_proj_bias",
         "text_model.encoder.layers.0.self_attn.q_proj.bias",
         "text_model.encoder.layers.0.self_attn.v_proj.bias", 3, false},
        {&hugging_face, "transformer.resblocks.3.mlp.c_proj.bias", "text_model.encoder.layers.3.mlp.fc2.bias",
         NULL, 1, false},
        {&hugging_face, "visual.transformer.resblocks.1.ln_2.weight",
         "vision_model.encoder.layers.1.layer_norm2.weight", NULL, 1, false},
        {&timm, "visual.transformer.resblocks.7.attn.in_proj_bias", "visual.trunk.blocks.7.attn.qkv.bias",
         NULL, 1, false},
        {&timm, "visual.proj", "visual.trunk.head.weight", NULL, 1, true},
        {&timm, "visual.attn_pool.attn.in_proj_weight", "visual.trunk.attn_pool.q.weight", NULL, 2, false},
        {&timm, "transformer.resblocks.0.ln_1.bias", "text.transformer.resblocks.0.ln_1.bias", NULL, 1,
         false},
        {&bert, "transformer.resblocks.10.attn.in_proj_weight",
         "bert.encoder.layer.10.attention.self.query.weight",
         "bert.encoder.layer.10.attention.self.value.weight", 3, false},
        {&bert, "ln_embedding.bias", "bert.embeddings.LayerNorm.bias", NULL, 1, false},
        {NULL, "visual.proj", "visual.proj", NULL, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorPieces pieces;
        rv_tensor_names_find(cases[i].scheme, cases[i].canonical, &pieces);
        assert_int_equal(pieces.count, cases[i].count);
        assert_int_equal(pieces.transposed, cases[i].transposed);
        assert_string_equal(pieces.names[0], cases[i].first);
        if (cases[i].last != NULL)
            assert_string_equal(pieces.names[2], cases[i].last);
    }
}

/* timm keeps a third of the packed layer apart. */
static void tensor_names_find_tells_the_parts(void **state)
{
    TensorPieces pieces;
    rv_tensor_names_find(&timm, "visual.attn_pool.attn.in_proj_bias", &pieces);
    assert_string_equal(pieces.names[1], "visual.trunk.attn_pool.kv.bias");
    assert_int_equal(pieces.part_count, 3);
    assert_int_equal(pieces.parts[0], 1);
    assert_int_equal(pieces.parts[1], 2);
}

/* What no rule fits keeps its name. */
static void tensor_names_find_leaves_others(void **state)
{
    static const char *const names[] = {"",
                                        "visual",
                                        "visual.transformer.resblocks.",
                                        "transformer.resblocks.0",
                                        "transformer.resblocks..ln_1.weight",
                                        "transformer.resblocks.0.ln_3.weight",
                                        "transformer.resblocks.12345678.ln_1.weight"};
    TensorPieces pieces;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        rv_tensor_names_find(&hugging_face, names[i], &pieces);
        assert_int_equal(pieces.count, 1);
        assert_string_equal(pieces.names[0], names[i]);
    }
}

/* A name that does not fit into its place is cut, never written beyond it. */
static void tensor_names_find_cuts_long_names(void **state)
{
    char name[2 * TENSOR_NAME_MAX] = "transformer.";
    TensorPieces pieces;
    memset(name + 12, 'x', sizeof name - 13);
    rv_tensor_names_find(&custom_text, name, &pieces);
    assert_int_equal(strlen(pieces.names[0]), TENSOR_NAME_MAX - 1);
    rv_tensor_names_find(NULL, name, &pieces);
    assert_int_equal(strlen(pieces.names[0]), TENSOR_NAME_MAX - 1);
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
    static const NameScheme *const schemes[] = {&openai, &custom_text, &hugging_face, NULL};
    static const struct {
        const char *names[4];
        const NameScheme *scheme;
        const char *text_projection;
    } cases[] = {
        {{"visual.conv1.weight", "token_embedding.weight"}, &openai, "text_projection"},
        {{"visual.conv1.weight", "text.token_embedding.weight"}, &custom_text, "text.text_projection"},
        {{"vision_model.embeddings.patch_embedding.weight"}, &hugging_face, "text_projection.weight"},
        {{"conv1.weight"}, NULL, "text_projection"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TensorTable table;
        TensorPieces pieces;
        add_names(&table, cases[i].names);
        const NameScheme *scheme = rv_tensor_names_scheme(schemes, &table);
        assert_ptr_equal(scheme, cases[i].scheme);
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
        {{"m.vision_model.embeddings.class_embedding", "m.vision_model.embeddings.patch_embedding.weight",
          "y.x"},
         2,
         0,
         "two known names are one model"},
        {{"m.visual.trunk.patch_embed.proj.weight", "m.x", "y.x"}, 2, 0, "timm's names"},
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
        cmocka_unit_test(tensor_names_find_translates),
        cmocka_unit_test(tensor_names_find_tells_the_parts),
        cmocka_unit_test(tensor_names_find_leaves_others),
        cmocka_unit_test(tensor_names_find_cuts_long_names),
        cmocka_unit_test(tensor_names_scheme_tells_by_names),
        cmocka_unit_test(tensor_names_strip_prefix_takes_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
