/* SPDX-License-Identifier: MIT */
/* Tests of the families clip and xlm_roberta against the embeddings of open_clip's own code. */
#include "golden_models.h"

#define OPEN_CLIP(family, model, dtype)                                                                      \
    {                                                                                                        \
        family, model, "openclip", dtype, NULL                                                               \
    }

static void family_clip_equals_open_clip(void **state)
{
    static const GoldenModel models[] = {
        OPEN_CLIP("clip", "clip-squash", "F32"),   OPEN_CLIP("clip", "clip-longest", "F32"),
        OPEN_CLIP("clip", "clip-quick", "F32"),    OPEN_CLIP("clip", "clip-bilinear", "F32"),
        OPEN_CLIP("clip", "clip-nocausal", "F32"),
    };
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        golden_model_check_levels(&models[i]);
    golden_model_check(&(GoldenModel)OPEN_CLIP("clip", "clip-nocausal", "F16"), NULL, &golden_exact);
}

static void family_xlm_roberta_equals_open_clip(void **state)
{
    golden_model_check_levels(&(GoldenModel)OPEN_CLIP("xlmr", "xlmr-tiny", "F32"));
}

static void family_xlm_roberta_equals_open_clip_at_full_size(void **state)
{
    const char *wanted = getenv("REELVEC_SLOW_TESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        print_message("set REELVEC_SLOW_TESTS=1 for XLM-RoBERTa at full size, a model of 1.5 GB\n");
        skip();
    }
    const GoldenModel model = OPEN_CLIP("xlmr", "xlmr-b32", "F32");
    golden_model_check(&model, NULL, &golden_exact);
    golden_model_remove(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family_clip_equals_open_clip),
        cmocka_unit_test(family_xlm_roberta_equals_open_clip),
        cmocka_unit_test(family_xlm_roberta_equals_open_clip_at_full_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
