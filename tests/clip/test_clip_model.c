/* SPDX-License-Identifier: MIT */
/* Tests of clip/clip_model.c and its towers against the embeddings of the original PyTorch implementation. */
#include "clip_support.h"

#include <time.h>

#include "clip/clip_model.h"
#include "clip/tokenizer/clip_tokenizer.h"
#include "cuda_in_tests.h"
#include "known_checkpoint.h"
#include "reelvec/image.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

typedef struct OpenModel {
    Compute *compute;
    ClipModel *model;
} OpenModel;

/* kernels: value for REELVEC_CPU, NULL for the best. */
static OpenModel open_model(const char *path, const char *kernels, ComputePrecision precision)
{
    OpenModel open = {0};
    Checkpoint *checkpoint = NULL;
    RvError err = {0};
    if (kernels != NULL)
        setenv("REELVEC_CPU", kernels, 1);
    else
        unsetenv("REELVEC_CPU");
    assert_ok(rv_compute_open(&(ComputeOptions){.thread_count = 2}, &open.compute, &err), err);
    assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
    assert_ok(rv_clip_open(checkpoint, open.compute, precision, &open.model, &err), err);
    return open;
}

/* On the fake CUDA device or the machine's; skips where there is none. */
static OpenModel open_model_on_cuda(const char *name, bool fake, ComputePrecision precision)
{
    OpenModel open = {.compute = open_cuda_or_skip(fake, 1)};
    Checkpoint *checkpoint = NULL;
    RvError err = {0};
    char path[4096];
    if (!known_checkpoint_ensure(name, path, sizeof path)) {
        rv_compute_close(open.compute);
        skip();
    }
    assert_ok(rv_checkpoint_open(path, NULL, &checkpoint, &err), err);
    assert_ok(rv_clip_open(checkpoint, open.compute, precision, &open.model, &err), err);
    return open;
}

static void close_model(OpenModel *open)
{
    rv_clip_close(open->model);
    rv_compute_close(open->compute);
}

static void open_known(const char *name, const char *kernels, ComputePrecision precision, OpenModel *open)
{
    char path[4096];
    require_golden("golden/golden.json");
    if (!known_checkpoint_ensure(name, path, sizeof path))
        skip();
    *open = open_model(path, kernels, precision);
}

/* Bounds of one comparison and the worst that was seen. */
typedef struct Bounds {
    double difference, cosine; // difference: of the wanted vector's largest magnitude; 0: not asked
    double worst_difference, worst_cosine;
    ComputePrecision precision; // of what is compared
} Bounds;

static const Bounds exact = {.difference = 2e-4, .cosine = 0.999999, .worst_cosine = 1};
/* What the fast precision promises. On these models it reaches 0.9999996. */
static const Bounds fast = {.cosine = 0.9999, .worst_cosine = 1, .precision = COMPUTE_FAST};
/* The same of CUDA, which has float16 for it. */
static const Bounds fast_cuda = {.cosine = 0.9995, .worst_cosine = 1, .precision = COMPUTE_FAST};
static const Bounds halves = {.cosine = 0.99999, .worst_cosine = 1};

static void compare(const char *label, const float *found, const json_t *wanted, Bounds *bounds)
{
    double largest = 0, difference = 0, dot = 0, found_square = 0, wanted_square = 0;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        double w = json_number_value(json_array_get(wanted, i)), f = found[i];
        largest = fmax(largest, fabs(w));
        difference = fmax(difference, fabs(w - f));
        dot += w * f;
        found_square += f * f;
        wanted_square += w * w;
    }
    double cosine = dot / sqrt(found_square * wanted_square), relative = difference / largest;
    bounds->worst_difference = fmax(bounds->worst_difference, relative);
    bounds->worst_cosine = fmin(bounds->worst_cosine, cosine);
    if (!(cosine >= bounds->cosine) || (bounds->difference > 0 && !(relative <= bounds->difference)))
        fail_msg("%s: cosine %.9f, difference %g", label, cosine, relative);
}

static void check_texts(const OpenModel *open, const json_t *golden, Bounds *bounds)
{
    size_t i;
    json_t *row;
    float embedding[1024];
    json_array_foreach(json_object_get(golden, "texts"), i, row)
    {
        const json_t *tokens = json_object_get(row, "tokens");
        int32_t numbers[77];
        size_t count = json_array_size(tokens);
        assert_in_range(count, 2, 77);
        for (size_t k = 0; k < count; k++)
            numbers[k] = (int32_t)json_integer_value(json_array_get(tokens, k));
        RvError err = {0};
        assert_ok(rv_clip_encode_text(open->model, numbers, count, embedding, &err), err);
        compare(json_string_value(json_object_get(row, "text")), embedding, json_object_get(row, "embedding"),
                bounds);
    }
}

/* The pictures as the model takes them: golden/pixels/FILE.SIZE.png. */
static void check_images(const OpenModel *open, json_t *golden, Bounds *bounds)
{
    const char *name;
    json_t *row;
    float embedding[1024];
    int size = rv_clip_spec(open->model)->input.size;
    json_object_foreach(json_object_get(golden, "images"), name, row)
    {
        char relative[512], path[4096];
        RvPicture *picture = NULL;
        RvError err = {0};
        snprintf(relative, sizeof relative, "golden/pixels/%s.%d.png", name, size);
        assert_true(shared_path(relative, path, sizeof path));
        assert_ok(rv_picture_load(path, NULL, &picture, &err), err);
        RvImage image = rv_picture_image(picture);
        assert_true(image.width == size && image.height == size && image.channel_count == 3);
        assert_ok(rv_clip_encode_images(open->model, image.pixels_u8, 1, embedding, &err), err);
        compare(name, embedding, json_object_get(row, "embedding"), bounds);
        rv_picture_destroy(picture);
    }
}

/* All golden embeddings of `model` ("tiny", "vitb32") by what `open` has open. */
static void check_golden(const char *label, const char *model, OpenModel *open, Bounds bounds)
{
    json_t *golden = load_golden("golden/golden.json");
    const json_t *part = json_object_get(json_object_get(golden, "models"), model);
    clock_t start = clock();
    check_texts(open, part, &bounds);
    check_images(open, (json_t *)part, &bounds);
    print_message(
        "%s, %s: largest difference %.1e, lowest cosine 1 - %.1e, %.1f s of processor time\n", label,
        strcmp(open->compute->device, "cpu") == 0 ? rv_compute_kernels(open->compute) : open->compute->device,
        bounds.worst_difference, 1 - bounds.worst_cosine, (double)(clock() - start) / CLOCKS_PER_SEC);
    json_decref(golden);
    close_model(open);
}

static void check_known(const char *name, const char *model, const char *kernels, Bounds bounds)
{
    OpenModel open;
    open_known(name, kernels, bounds.precision, &open);
    check_golden(name, model, &open, bounds);
}

static void clip_encode_equals_the_original_in_every_layout(void **state)
{
    check_known("tiny", "tiny", NULL, exact);
    check_known("tiny-sharded", "tiny", NULL, exact);
    check_known("tiny-bin", "tiny", NULL, exact);
    check_known("tiny-oldbin", "tiny", NULL, exact);
    check_known("tiny-f16-bin", "tiny", NULL, halves);
    check_known("tiny-openclip", "tiny", NULL, exact);
    check_known("tiny-f16", "tiny", NULL, halves);
    check_known("tiny-f16-openclip", "tiny", NULL, halves);
}

static void clip_encode_equals_the_original_on_every_cpu_level(void **state)
{
    check_known("tiny", "tiny", "scalar", exact);
    check_known("tiny", "tiny", "avx2", exact);
    check_known("tiny", "tiny", "avx512", exact);
}

static void clip_encode_is_close_to_the_original_in_the_fast_precision(void **state)
{
    check_known("tiny", "tiny", "scalar", fast);
    check_known("tiny", "tiny", "avx2", fast);
    check_known("tiny", "tiny", "avx512", fast);
    check_known("tiny", "tiny", NULL, fast);
}

static void skip_when_sanitized(void)
{
    if (SANITIZED) {
        print_message("takes too long under AddressSanitizer: use a build without -Db_sanitize\n");
        skip();
    }
}

static void clip_encode_equals_the_original_at_full_size(void **state)
{
    skip_when_sanitized();
    check_known("vitb32", "vitb32", NULL, exact);
    check_known("vitb32", "vitb32", NULL, fast);
}

static void clip_encode_equals_the_original_at_full_size_everywhere(void **state)
{
    const char *wanted = getenv("REELVEC_SLOW_TESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        print_message("set REELVEC_SLOW_TESTS=1 for scalar, AVX2 and F16 at full size\n");
        skip();
    }
    skip_when_sanitized();
    check_known("vitb32", "vitb32", "avx2", exact);
    check_known("vitb32", "vitb32", "scalar", exact);
    check_known("vitb32", "vitb32", "avx2", fast);
    check_known("vitb32", "vitb32", "scalar", fast);
    check_known("vitb32-f16", "vitb32", NULL, halves);
}

/* An archive that PyTorch writes from NAME's weights; skips where there is no PyTorch. */
static void make_archive(const char *name, const char *options, char path[4096])
{
    char folder[4096], below[256], command[16384];
    require_golden("golden/golden.json");
    if (!known_checkpoint_ensure(name, folder, sizeof folder))
        skip();
    if (system("/usr/bin/python3 -c 'import torch, numpy' 2>/dev/null") != 0) {
        print_message("needs PyTorch: install python3-torch\n");
        skip();
    }
    snprintf(below, sizeof below, "torch-%s", name);
    for (const char *at = options; *at != '\0'; at++) // one folder per kind of archive
        snprintf(below + strlen(below), sizeof below - strlen(below), "%c", *at == ' ' ? '_' : *at);
    build_path(below, path, 4096);
    const char *source = getenv("REELVEC_SOURCE");
    assert_non_null(source);
    snprintf(command, sizeof command,
             "mkdir -p '%s' && cp '%s/golden/bpe_simple_vocab_16e6.txt.gz' '%s/' && /usr/bin/python3 "
             "'%s/tools/make_torch_archive.py' '%s' '%s/model.pt' %s",
             path, getenv("REELVEC_SHARED"), path, source, folder, path, options);
    strcat(path, "/model.pt");
    RvError err = {0};
    MappedFile map = {0};
    if (rv_file_map(path, &map, &err) != RV_OK)
        assert_int_equal(system(command), 0);
    rv_file_unmap(&map);
}

static void clip_encode_equals_the_original_from_torchscript(void **state)
{
    static const struct {
        const char *options;
        const Bounds *bounds;
    } cases[] = {
        {"--dtype mixed", &halves},
        {"--dtype F32", &exact},
        {"--dtype F32 --kind state_dict", &exact},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[4096];
        make_archive("tiny-openclip", cases[i].options, path);
        OpenModel open = open_model(path, NULL, COMPUTE_FLOAT32);
        check_golden(cases[i].options, "tiny", &open, *cases[i].bounds);
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        assert_ok(rv_tokenizer_open(path, NULL, 49408, NULL, &tokenizer, &err), err);
        rv_tokenizer_close(tokenizer);
    }
}

static void clip_encode_equals_the_original_from_torchscript_at_full_size(void **state)
{
    const char *wanted = getenv("REELVEC_SLOW_TESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        print_message("set REELVEC_SLOW_TESTS=1 for a TorchScript archive at full size\n");
        skip();
    }
    skip_when_sanitized();
    char path[4096];
    make_archive("vitb32-openclip", "--dtype mixed", path);
    OpenModel open = open_model(path, NULL, COMPUTE_FLOAT32);
    check_golden("vitb32.pt", "vitb32", &open, halves);
}

/* Every picture alone, in a call of 5 and in one of 37, which is cut into several runs: the same to the bit.
 */
static void check_batches(ComputePrecision precision)
{
    enum { COUNT = 37, SIZE = 64, DIMENSIONS = 96 };
    OpenModel open;
    char path[4096];
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    open = open_model(path, NULL, precision);
    uint8_t *inputs = malloc(COUNT * SIZE * SIZE * 3);
    float *together = malloc(COUNT * DIMENSIONS * sizeof *together),
          *apart = malloc(COUNT * DIMENSIONS * sizeof *apart);
    assert_true(inputs != NULL && together != NULL && apart != NULL);
    uint64_t random = 6;
    for (size_t i = 0; i < COUNT * SIZE * SIZE * 3; i++)
        inputs[i] = (uint8_t)next_random(&random);
    RvError err = {0};
    assert_ok(rv_clip_encode_images(open.model, inputs, COUNT, together, &err), err);
    static const size_t batches[] = {1, 5};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < COUNT; i += batches[k]) {
            size_t count = COUNT - i < batches[k] ? COUNT - i : batches[k];
            assert_ok(rv_clip_encode_images(open.model, inputs + i * SIZE * SIZE * 3, count,
                                            apart + i * DIMENSIONS, &err),
                      err);
        }
        assert_memory_equal(apart, together, COUNT * DIMENSIONS * sizeof *apart);
    }
    assert_memory_not_equal(together, together + DIMENSIONS, DIMENSIONS * sizeof *together);
    free(inputs);
    free(together);
    free(apart);
    close_model(&open);
}

static void clip_encode_images_does_not_depend_on_the_batch(void **state)
{
    check_batches(COMPUTE_FLOAT32);
    check_batches(COMPUTE_FAST);
}

static void check_cuda(const char *name, const char *model, bool fake)
{
    require_golden("golden/golden.json");
    OpenModel open = open_model_on_cuda(name, fake, COMPUTE_FLOAT32);
    check_golden(name, model, &open, exact);
    open = open_model_on_cuda(name, fake, COMPUTE_FAST);
    check_golden(name, model, &open, fast_cuda);
}

static void clip_encode_equals_the_original_on_cuda(void **state)
{
    check_cuda("tiny", "tiny", false);
    check_cuda("vitb32", "vitb32", false);
}

static void clip_encode_equals_the_original_on_the_fake_cuda_device(void **state)
{
    check_cuda("tiny", "tiny", true);
}

enum { CUDA_IMAGES = 11, CUDA_SIZE = 64, CUDA_DIMENSIONS = 96 };

static void fill_images(uint8_t *inputs)
{
    uint64_t random = 6;
    for (size_t i = 0; i < CUDA_IMAGES * CUDA_SIZE * CUDA_SIZE * 3; i++)
        inputs[i] = (uint8_t)next_random(&random);
}

/* A call of several runs, whose pictures go to the device while it computes, as the same by one. */
static void clip_encode_images_is_the_same_in_runs(void **state)
{
    static uint8_t inputs[CUDA_IMAGES * CUDA_SIZE * CUDA_SIZE * 3];
    float together[CUDA_IMAGES * CUDA_DIMENSIONS], found[CUDA_IMAGES * CUDA_DIMENSIONS];
    RvError err = {0};
    fill_images(inputs);
    OpenModel open = open_model_on_cuda("tiny-bytes", true, COMPUTE_FAST);
    FakeCuda *fake = fake_cuda_state();
    assert_ok(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, together, &err), err);
    close_model(&open);
    open = open_model_on_cuda("tiny-bytes", true, COMPUTE_FAST);
    open.compute->images_per_run = 3;
    for (int turn = 0; turn < 4; turn++) {
        memset(found, 0, sizeof found);
        assert_ok(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, found, &err), err);
        assert_memory_equal(found, together, sizeof found);
    }
    close_model(&open);
    assert_int_equal(fake->allocations, 0);
}

/* Less memory than is wanted, from the beginning or while a run is issued: smaller runs, the same values. */
static void clip_encode_images_goes_on_with_less_memory(void **state)
{
    static uint8_t inputs[CUDA_IMAGES * CUDA_SIZE * CUDA_SIZE * 3];
    float expected[CUDA_IMAGES * CUDA_DIMENSIONS], found[CUDA_IMAGES * CUDA_DIMENSIONS];
    RvError err = {0};
    fill_images(inputs);
    OpenModel open = open_model_on_cuda("tiny-bytes", true, COMPUTE_FLOAT32);
    FakeCuda *fake = fake_cuda_state();
    assert_ok(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, expected, &err), err);
    for (int turn = 0; turn < 6; turn++) {
        fake->refuse_launch = turn % 2 == 0 ? 0 : FAKE_NEVER;
        assert_ok(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, found, &err), err);
        assert_memory_equal(found, expected, sizeof found);
    }
    size_t used = fake->used_bytes;
    close_model(&open);
    // What a run needs is refused once, later and later, until nothing is.
    open = open_model_on_cuda("tiny-bytes", true, COMPUTE_FLOAT32);
    fake->memory_bytes = used + used / 2;
    assert_ok(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, found, &err), err);
    assert_memory_equal(found, expected, sizeof found);
    close_model(&open);
    assert_int_equal(fake->allocations, 0);
}

/* Every allocation of the tower in turn: an error or fewer pictures at once, never a wrong value or a leak.
 */
static void clip_prepare_images_survives_every_refusal(void **state)
{
    static uint8_t inputs[CUDA_IMAGES * CUDA_SIZE * CUDA_SIZE * 3];
    float found[CUDA_DIMENSIONS];
    int refused = 0, smaller = 0;
    fill_images(inputs);
    FakeCuda *fake = fake_cuda_state();
    for (long good = 0;; good++) {
        RvError err = {0};
        OpenModel open = open_model_on_cuda("tiny-bytes", true, COMPUTE_FAST);
        fake->fail_alloc = good;
        RvStatus status = rv_clip_encode_images(open.model, inputs, 1, found, &err);
        bool met = fake->fail_alloc == FAKE_NEVER;
        assert_true(status == RV_OK || status == RV_ERROR_MEMORY);
        refused += met && status != RV_OK;
        smaller += met && status == RV_OK;
        close_model(&open);
        assert_int_equal(fake->allocations, 0);
        if (!met)
            break;
    }
    assert_true(refused > 10 && smaller >= 5);
}

static void clip_encode_images_tells_that_the_device_is_lost(void **state)
{
    static uint8_t inputs[CUDA_IMAGES * CUDA_SIZE * CUDA_SIZE * 3];
    float found[CUDA_IMAGES * CUDA_DIMENSIONS];
    RvError err = {0};
    fill_images(inputs);
    OpenModel open = open_model_on_cuda("tiny-bytes", true, COMPUTE_FAST);
    FakeCuda *fake = fake_cuda_state();
    open.compute->images_per_run = 4;
    assert_ok(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, found, &err), err);
    fake->fail_launch = 30;
    assert_int_equal(rv_clip_encode_images(open.model, inputs, CUDA_IMAGES, found, &err), RV_ERROR_IO);
    assert_non_null(strstr(err.message, "launch failure"));
    close_model(&open);
    assert_int_equal(fake->allocations, 0);
}

static void clip_encode_text_pools_at_the_first_end_token(void **state)
{
    char path[4096];
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    OpenModel open = open_model(path, NULL, COMPUTE_FLOAT32);
    const int32_t shorter[] = {512, 40, 513}, longer[] = {512, 40, 513, 41, 513};
    float first[96], second[96];
    RvError err = {0};
    assert_ok(rv_clip_encode_text(open.model, shorter, 3, first, &err), err);
    assert_ok(rv_clip_encode_text(open.model, longer, 5, second, &err), err);
    assert_memory_equal(first, second, sizeof first);
    close_model(&open);
}

/* The first texts read the weights from the file, later ones have them packed. */
static void clip_encode_text_gives_the_same_bits_every_time(void **state)
{
    static const char *const layouts[] = {"tiny", "tiny-openclip", "tiny-f16"};
    const int32_t tokens[] = {49406, 320, 1125, 49407};
    float first[1024], again[1024];
    RvError err = {0};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        char path[4096];
        if (!known_checkpoint_ensure(layouts[i], path, sizeof path))
            skip();
        OpenModel open = open_model(path, NULL, COMPUTE_FLOAT32);
        size_t bytes = (size_t)rv_clip_spec(open.model)->dimensions * sizeof *first;
        assert_ok(rv_clip_encode_text(open.model, tokens, 4, first, &err), err);
        for (int text = 1; text < 6; text++) {
            assert_ok(rv_clip_encode_text(open.model, tokens, 4, again, &err), err);
            if (memcmp(first, again, bytes) != 0)
                fail_msg("%s: text %d", layouts[i], text);
        }
        close_model(&open);
    }
}

static void clip_encode_text_refuses_bad_tokens(void **state)
{
    char path[4096];
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    OpenModel open = open_model(path, NULL, COMPUTE_FLOAT32);
    int32_t tokens[78] = {512, 514};
    float embedding[96];
    RvError err = {0};
    assert_int_equal(rv_clip_encode_text(open.model, tokens, 2, embedding, &err), RV_ERROR_ARGUMENT);
    tokens[1] = -1;
    assert_int_equal(rv_clip_encode_text(open.model, tokens, 2, embedding, &err), RV_ERROR_ARGUMENT);
    tokens[1] = 0;
    assert_int_equal(rv_clip_encode_text(open.model, tokens, 78, embedding, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_clip_encode_text(open.model, tokens, 0, embedding, &err), RV_ERROR_ARGUMENT);
    assert_ok(rv_clip_encode_text(open.model, tokens, 77, embedding, &err), err);
    close_model(&open);
}

/* A checkpoint with one infinite weight: an error, not a library full of NaN. */
static void clip_encode_refuses_weights_that_are_not_finite(void **state)
{
    char path[4096], folder[4096], file[4200];
    Buffer bytes, config;
    RvError err = {0};
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    build_path("infinite", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(file, sizeof file, "%s/model.safetensors", path);
    read_scratch(file, &bytes);
    snprintf(file, sizeof file, "%s/config.json", path);
    read_scratch(file, &config);
    snprintf(file, sizeof file, "%s/config.json", folder);
    write_whole(file, config.bytes, config.size_bytes);
    uint64_t header_bytes;
    memcpy(&header_bytes, bytes.bytes, 8);
    const float infinite = INFINITY;
    memcpy(bytes.bytes + 8 + header_bytes, &infinite, sizeof infinite); // in the patch convolution
    snprintf(file, sizeof file, "%s/model.safetensors", folder);
    write_whole(file, bytes.bytes, bytes.size_bytes);
    uint8_t *input = calloc(64 * 64, 3);
    float embedding[96];
    for (int precision = COMPUTE_FLOAT32; precision <= COMPUTE_FAST; precision++) {
        OpenModel open = open_model(folder, NULL, (ComputePrecision)precision);
        assert_int_equal(rv_clip_encode_images(open.model, input, 1, embedding, &err), RV_ERROR_FORMAT);
        assert_non_null(strstr(err.message, "not finite"));
        close_model(&open);
    }
    free(input);
    rv_buffer_clear(&bytes);
    rv_buffer_clear(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_encode_equals_the_original_in_every_layout),
        cmocka_unit_test(clip_encode_equals_the_original_on_every_cpu_level),
        cmocka_unit_test(clip_encode_is_close_to_the_original_in_the_fast_precision),
        cmocka_unit_test(clip_encode_equals_the_original_at_full_size),
        cmocka_unit_test(clip_encode_equals_the_original_at_full_size_everywhere),
        cmocka_unit_test(clip_encode_equals_the_original_from_torchscript),
        cmocka_unit_test(clip_encode_equals_the_original_from_torchscript_at_full_size),
        cmocka_unit_test(clip_encode_images_does_not_depend_on_the_batch),
        cmocka_unit_test(clip_encode_equals_the_original_on_cuda),
        cmocka_unit_test(clip_encode_equals_the_original_on_the_fake_cuda_device),
        cmocka_unit_test(clip_encode_images_is_the_same_in_runs),
        cmocka_unit_test(clip_encode_images_goes_on_with_less_memory),
        cmocka_unit_test(clip_prepare_images_survives_every_refusal),
        cmocka_unit_test(clip_encode_images_tells_that_the_device_is_lost),
        cmocka_unit_test(clip_encode_text_pools_at_the_first_end_token),
        cmocka_unit_test(clip_encode_text_gives_the_same_bits_every_time),
        cmocka_unit_test(clip_encode_text_refuses_bad_tokens),
        cmocka_unit_test(clip_encode_refuses_weights_that_are_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
