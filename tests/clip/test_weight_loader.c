/* SPDX-License-Identifier: MIT */
/* Tests of clip/weight_loader.c: a layer whose weights cannot be read. The golden models show that they are read
 * right. */
#include "clip/weight_loader.h"

#include "clip_support.h"

#include <unistd.h>

#include "known_checkpoint.h"

/* The device's threads read the rows, and what one of them met is what the caller is told. */
static void linear_names_a_file_that_became_shorter(void **state)
{
    static const ComputePrecision precisions[] = {COMPUTE_FLOAT32, COMPUTE_FAST};
    for (size_t i = 0; i < 2; i++) {
        const char *folder = make_scratch_folder("shorter-checkpoint");
        char weights[4200];
        RvError err = {0};
        Checkpoint *checkpoint = NULL;
        Compute *compute = NULL;
        assert_true(known_checkpoint_write(&(KnownCheckpoint){.config = "tiny"}, folder));
        assert_ok(rv_checkpoint_open(folder, NULL, &checkpoint, &err), err);
        assert_ok(rv_compute_open(&(ComputeOptions){.device = "cpu", .thread_count = 3}, &compute, &err),
                  err);
        snprintf(weights, sizeof weights, "%s/model.safetensors", folder);
        assert_int_equal(truncate(weights, 4096), 0);

        const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
        size_t width = (size_t)spec->vision.tower.width;
        WeightLoader loader = {.checkpoint = checkpoint, .compute = compute, .precision = precisions[i]};
        LinearWeights *layer = NULL;
        RvStatus status =
            rv_weight_loader_linear(&loader, "visual.transformer.resblocks.1.attn.in_proj_weight",
                                    (const size_t[]){3 * width, width}, 2, NULL, &layer, &err);
        assert_int_equal(status, RV_ERROR_FORMAT);
        assert_null(layer);
        assert_non_null(strstr(err.message, "model.safetensors: became shorter while it was in use"));
        rv_weight_loader_clear(&loader);
        rv_compute_close(compute);
        rv_checkpoint_close(checkpoint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_names_a_file_that_became_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
