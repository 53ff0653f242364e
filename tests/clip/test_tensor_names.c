/* SPDX-License-Identifier: MIT */
/* Tests of clip/tensor_names.c. */
#include "clip_support.h"

#include "clip/tensor_names.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensor_names_hugging_face_translates),
        cmocka_unit_test(tensor_names_hugging_face_knows_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
