/* SPDX-License-Identifier: MIT */
/* Pictures per second of whole models of several families. Their weights are generated, since speed does not depend on
 * them; a model's files are made in $TMPDIR when it is opened, and deleted once its vision tower is packed.
 *
 *     bench_models [SECONDS [THREADS [BATCH]]]
 *         every model in float32 and in the fast precision, in turn, for SECONDS (20) in all; of each the fastest
 *         call counts. The last column is the rate of arithmetic beside that of ViT-B/32 in the same precision,
 *         which is how its share of the machine's peak compares with ViT-B/32's
 *     bench_models list
 *         for bench/run: one line per model, its name and sizes as JSON, or why this build does not read it
 *     bench_models serve MODEL BATCH THREADS float32|fast
 *         for bench/run: each call embeds BATCH pictures */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "bench_support.h"
#include "clip/clip_model.h"
#include "clip/families.h"

#define TILE_BYTES ((size_t)1 << 20) // of generated weights, repeated
#define BATCH_MAX 64

/* ---- the models ---------------------------------------------------------------------------------------- */

typedef struct Model {
    const char *name, *file, *settings; // file: of the settings
} Model;

/* Texts take no part: their towers are as small as can be. */
#define CLIP_SETTINGS(dimensions, side, layers, width, patch)                                                \
    "{\"model_cfg\": {\"embed_dim\": " dimensions                                                            \
    ", \"quick_gelu\": true, \"vision_cfg\": {\"image_size\": " side ", \"layers\": " layers                 \
    ", \"width\": " width ", \"patch_size\": " patch                                                         \
    "}, \"text_cfg\": {\"vocab_size\": 514, \"width\": 64, \"heads\": 1, \"layers\": 1}}}"
#define SIGLIP_SETTINGS(side, patch)                                                                         \
    "{\"model_type\": \"siglip\", \"vision_config\": {\"image_size\": " side ", \"patch_size\": " patch      \
    "}, \"text_config\": {\"hidden_size\": 64, \"intermediate_size\": 256, \"num_attention_heads\": 1, "     \
    "\"num_hidden_layers\": 1, \"vocab_size\": 256000, \"projection_size\": 768}}"
static const char pe_core[] =
    "{\"model_cfg\": {\"embed_dim\": 1024, \"custom_text\": true, \"vision_cfg\": {\"image_size\": 224, "
    "\"timm_model_name\": \"vit_pe_core_base_patch16_224\", \"timm_pool\": \"map\"}, \"text_cfg\": {\"context_length\": 32, "
    "\"vocab_size\": 514, \"width\": 64, \"heads\": 1, \"layers\": 1}}, \"preprocess_cfg\": {\"resize_mode\": \"squash\"}}";
static const char chinese_clip[] =
    "{\"model_type\": \"chinese_clip\", \"projection_dim\": 512, \"vision_config\": {\"hidden_size\": 768, "
    "\"intermediate_size\": 3072, \"num_hidden_layers\": 12, \"num_attention_heads\": 12, \"image_size\": 224, "
    "\"patch_size\": 16}, \"text_config\": {\"hidden_size\": 64, \"intermediate_size\": 256, \"num_attention_heads\": 1, "
    "\"num_hidden_layers\": 1, \"vocab_size\": 514, \"max_position_embeddings\": 512}}";

static const Model models[] = {
    {"ViT-B/32", "open_clip_config.json", CLIP_SETTINGS("512", "224", "12", "768", "32")},
    {"ViT-B/16", "open_clip_config.json", CLIP_SETTINGS("512", "224", "12", "768", "16")},
    {"ViT-L/14", "open_clip_config.json", CLIP_SETTINGS("768", "224", "24", "1024", "14")},
    {"SigLIP 2 B/32-256", "config.json", SIGLIP_SETTINGS("256", "32")},
    {"SigLIP 2 B/16-256", "config.json", SIGLIP_SETTINGS("256", "16")},
    {"SigLIP 2 B/16-512", "config.json", SIGLIP_SETTINGS("512", "16")},
    {"PE-Core B/16", "open_clip_config.json", pe_core},
    {"Chinese-CLIP B/16", "config.json", chinese_clip},
    {"smoke", "open_clip_config.json", CLIP_SETTINGS("96", "64", "2", "128", "16")},
};
/* How many are measured; the last one is only for trying whether everything runs. */
enum { LISTED = sizeof models / sizeof models[0], MODELS = LISTED - 1 };

static RvStatus describe(const Model *model, const ModelFamily **family, ModelSpec *spec, RvError *err)
{
    json_t *json = bench_must(json_loads(model->settings, 0, NULL));
    bool hugging_face = strcmp(model->file, "config.json") == 0;
    FamilySource source = {.path = model->name, .folder = "/nonexistent", .config_path = model->file};
    *(hugging_face ? &source.hugging_face : &source.open_clip) = json;
    RvStatus status = rv_families_describe(&source, family, spec, err);
    json_decref(json);
    return status;
}

/* Floating-point operations that a picture needs: two per multiply-add. If the class token is the embedding, the last
 * block computes that alone. */
static double operations_per_picture(const ModelSpec *spec)
{
    const VisionSpec *vision = &spec->vision;
    double tokens = (double)rv_model_spec_picture_tokens(spec), width = vision->tower.width;
    double mlp = 2 * width * vision->tower.mlp_width, squares = width * width;
    double side = (double)spec->input.size, all = side * side * 3 * width;
    double block = tokens * (4 * squares + mlp + 2 * tokens * width);
    if (vision->pooling == VISION_POOL_CLASS_TOKEN)
        all += (vision->tower.layers - 1) * block + tokens * 2 * squares + 2 * squares + mlp +
               2 * tokens * width;
    else
        all += vision->tower.layers * block + tokens * (2 * squares + 2 * width) + squares +
               2 * width * vision->pool_mlp_width;
    if (vision->projection != PROJECTION_NONE)
        all += width * spec->dimensions;
    return 2 * all;
}

/* ---- their files --------------------------------------------------------------------------------------- */

typedef struct Writer {
    const ModelSpec *spec;
    const NameScheme *names;
    FILE *header; // safetensors' JSON
    size_t size_bytes;
    const char *mark; // a name that is looked for; NULL: none
    bool found;
} Writer;

/* Returns the part of a tensor's name that a block or the pooling gives it, or NULL. */
static const char *part_in_block(const char *name)
{
    const char *block = strstr(name, "resblocks."), *pool = strstr(name, "attn_pool.");
    if (pool != NULL)
        return pool + strlen("attn_pool.");
    return block != NULL ? strchr(block + strlen("resblocks."), '.') + 1 : NULL;
}

static void block_shape(const char *part, size_t width, size_t mlp_width, size_t shape[2])
{
    const struct {
        const char *part;
        size_t rows, columns; // columns 0: a vector
    } known[] = {
        {"attn.in_proj_weight", 3 * width, width}, {"attn.in_proj_bias", 3 * width, 0},
        {"attn.out_proj.weight", width, width},    {"mlp.c_fc.weight", mlp_width, width},
        {"mlp.c_fc.bias", mlp_width, 0},           {"mlp.c_proj.weight", width, mlp_width},
    };
    shape[0] = width;
    shape[1] = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(part, known[i].part) == 0) {
            shape[0] = known[i].rows;
            shape[1] = known[i].columns;
        }
    }
}

/* The shape of a tensor by its canonical name; 0 for the axes that it does not have. */
static void shape_of(const ModelSpec *spec, const char *name, size_t shape[4])
{
    bool visual = strncmp(name, "visual.", 7) == 0;
    const TowerSpec *tower = visual ? &spec->vision.tower : &spec->text.tower;
    size_t width = (size_t)tower->width, text_width = (size_t)spec->text.tower.width;
    size_t patch = (size_t)spec->vision.patch_size, dimensions = (size_t)spec->dimensions;
    bool two = spec->text.projection == PROJECTION_TWO_LAYERS;
    size_t between = two ? (size_t)spec->text.projection_width : text_width;
    const struct {
        const char *name;
        size_t shape[4];
    } known[] = {
        {"visual.conv1.weight", {width, 3, patch, patch}},
        {"visual.positional_embedding", {rv_model_spec_picture_tokens(spec), width}},
        {"visual.proj", {width, dimensions}},
        {"visual.proj_bias", {dimensions}},
        {"token_embedding.weight", {(size_t)spec->text.vocabulary_size, text_width}},
        {"positional_embedding", {(size_t)spec->text.position_rows, text_width}},
        {"token_type_embedding", {(size_t)spec->text.token_types, text_width}},
        {"text_projection_in", {text_width, between}},
        {"text_projection", {between, dimensions}},
        {"text_projection_bias", {dimensions}},
    };
    const char *part = part_in_block(name);
    memset(shape, 0, 4 * sizeof *shape);
    shape[0] = width;
    if (part != NULL) {
        bool pools = strstr(name, "attn_pool.") != NULL;
        block_shape(part, width, (size_t)(pools ? spec->vision.pool_mlp_width : tower->mlp_width), shape);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0)
            memcpy(shape, known[i].shape, sizeof known[i].shape);
    }
}

/* Write the entry of one piece of a tensor. */
static void write_piece(Writer *writer, const TensorPieces *pieces, int piece, const size_t shape[4])
{
    size_t stored[4], count = 1;
    memcpy(stored, shape, sizeof stored);
    if (pieces->transposed && shape[1] != 0) {
        stored[0] = shape[1];
        stored[1] = shape[0];
    }
    stored[0] = stored[0] / (size_t)pieces->part_count * (size_t)pieces->parts[piece];
    fprintf(writer->header, "%s\"%s\": {\"dtype\": \"F16\", \"shape\": [", writer->size_bytes > 0 ? ", " : "",
            pieces->names[piece]);
    for (int i = 0; i < 4 && stored[i] != 0; i++) {
        fprintf(writer->header, "%s%zu", i > 0 ? ", " : "", stored[i]);
        count *= stored[i];
    }
    fprintf(writer->header, "], \"data_offsets\": [%zu, %zu]}", writer->size_bytes,
            writer->size_bytes + 2 * count);
    writer->size_bytes += 2 * count;
}

/* For rv_model_spec_tensors: write the entries of a tensor, or only look for the mark if there is one. */
static bool visit(void *context, const char *name)
{
    Writer *writer = context;
    TensorPieces pieces;
    size_t shape[4];
    rv_tensor_names_find(writer->names, name, &pieces);
    shape_of(writer->spec, name, shape);
    for (int i = 0; i < pieces.count && i < TENSOR_PIECES_MAX; i++) {
        if (writer->mark == NULL)
            write_piece(writer, &pieces, i, shape);
        else
            writer->found = writer->found || strcmp(pieces.names[i], writer->mark) == 0;
    }
    return true;
}

/* Returns the first scheme of names by which a file of this model would be recognised. */
static const NameScheme *choose_names(const ModelFamily *family, const ModelSpec *spec)
{
    for (const NameScheme *const *scheme = family->schemes; *scheme != NULL; scheme++) {
        bool all = true;
        for (int i = 0; i < 2 && (*scheme)->marks[i] != NULL; i++) {
            Writer writer = {.spec = spec, .names = *scheme, .mark = (*scheme)->marks[i]};
            rv_model_spec_tensors(spec, visit, &writer);
            all = all && writer.found;
        }
        if (all)
            return *scheme;
    }
    bench_fail("%s: no names for its tensors", spec->family);
}

static FILE *create_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return bench_must(fopen(path, "wb"));
}

/* Numbers of magnitudes from 2^-9 to 2^-4, in float16. */
static void fill_tile(uint16_t *tile)
{
    uint64_t state = 1;
    for (size_t i = 0; i < TILE_BYTES / 2; i++) {
        uint64_t random = rv_random_next(&state) >> 16;
        tile[i] = (uint16_t)((random & 0x83ff) | (6 + (random >> 20) % 5) << 10);
    }
}

static void write_weights(const char *folder, const char *name, const ModelFamily *family,
                          const ModelSpec *spec)
{
    char *header = NULL;
    size_t header_bytes = 0;
    Writer writer = {.spec = spec, .names = choose_names(family, spec)};
    writer.header = bench_must(open_memstream(&header, &header_bytes));
    fputc('{', writer.header);
    rv_model_spec_tensors(spec, visit, &writer);
    fputc('}', writer.header);
    fclose(writer.header);
    FILE *file = create_file(folder, name);
    uint64_t length = header_bytes;
    uint16_t *tile = bench_must(malloc(TILE_BYTES));
    fill_tile(tile);
    fwrite(&length, sizeof length, 1, file);
    fwrite(header, 1, header_bytes, file);
    for (size_t left = writer.size_bytes; left > 0;) {
        size_t some = left < TILE_BYTES ? left : TILE_BYTES;
        fwrite(tile, 1, some, file);
        left -= some;
    }
    if (ferror(file) || fclose(file) != 0)
        bench_fail("%s: cannot write the weights of %s", folder, spec->family);
    free(tile);
    free(header);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    FILE *file = create_file(folder, name);
    fputs(text, file);
    fclose(file);
}

/* ---- measuring ----------------------------------------------------------------------------------------- */

typedef struct Job {
    const Model *model;
    ClipModel *clip; // NULL: this build does not read the model
    uint8_t *pictures;
    float *embeddings;
    size_t batch, call_count;
    double seconds; // of the fastest call
} Job;

static void open_job(Job *job, const Model *model, Compute *compute, ComputePrecision precision, size_t batch)
{
    static const char *const files[] = {"open_clip_config.json", "config.json", "open_clip_model.safetensors",
                                        "model.safetensors"};
    const ModelFamily *family;
    ModelSpec spec;
    RvError err = {0};
    char folder[2048], path[4096];
    const char *temporary = getenv("TMPDIR");
    *job = (Job){.model = model, .batch = batch, .seconds = 1e9};
    bench_check(describe(model, &family, &spec, &err), &err);
    snprintf(folder, sizeof folder, "%s/reelvec-bench-XXXXXX", temporary != NULL ? temporary : "/tmp");
    bench_must(mkdtemp(folder));
    write_text(folder, model->file, model->settings);
    write_weights(folder, strcmp(model->file, files[0]) == 0 ? files[2] : files[3], family, &spec);
    Checkpoint *checkpoint = NULL;
    RvStatus status = rv_checkpoint_open(folder, NULL, &checkpoint, &err);
    if (status == RV_OK)
        status = rv_clip_open(checkpoint, compute, precision, &job->clip, &err);
    if (status == RV_OK)
        status = rv_clip_prepare_images(job->clip, &err);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
    bench_check(status, &err);
    size_t size_bytes = batch * 3 * (size_t)spec.input.size * (size_t)spec.input.size;
    uint64_t state = 1;
    job->pictures = bench_must(malloc(size_bytes));
    job->embeddings = bench_must(calloc(batch * (size_t)spec.dimensions, sizeof *job->embeddings));
    for (size_t i = 0; i < size_bytes; i++)
        job->pictures[i] = (uint8_t)rv_random_next(&state);
}

static void close_job(Job *job)
{
    rv_clip_close(job->clip);
    free(job->pictures);
    free(job->embeddings);
}

static void work(void *context)
{
    Job *job = context;
    RvError err = {0};
    bench_check(rv_clip_encode_images(job->clip, job->pictures, job->batch, job->embeddings, &err), &err);
}

static void run_once(Job *job)
{
    double begun_s = rv_clock_s();
    work(job);
    double seconds = rv_clock_s() - begun_s;
    job->seconds = seconds < job->seconds ? seconds : job->seconds;
}

static Compute *open_compute(int thread_count)
{
    Compute *compute = NULL;
    RvError err = {0};
    bench_check(
        rv_compute_open(&(ComputeOptions){.device = "cpu", .thread_count = thread_count}, &compute, &err),
        &err);
    return compute;
}

static double rate_of(const Job *job)
{
    return operations_per_picture(rv_clip_spec(job->clip)) * (double)job->batch / job->seconds;
}

static void print_jobs(const Job jobs[MODELS][2])
{
    printf("%-18s %6s %8s | %9s %9s %9s | %9s %9s %9s | %5s\n", "model", "tokens", "GFLOP", "float32/s",
           "GFLOP/s", "of B/32's", "fast/s", "GFLOP/s", "of B/32's", "ratio");
    for (size_t i = 0; i < MODELS; i++) {
        if (jobs[i][0].clip == NULL)
            continue;
        const ModelSpec *spec = rv_clip_spec(jobs[i][0].clip);
        printf("%-18s %6zu %8.1f", models[i].name, rv_model_spec_picture_tokens(spec),
               1e-9 * operations_per_picture(spec));
        for (int precision = 0; precision < 2; precision++) {
            const Job *job = &jobs[i][precision];
            printf(" | %9.2f %9.1f %9.3f", (double)job->batch / job->seconds, 1e-9 * rate_of(job),
                   rate_of(job) / rate_of(&jobs[0][precision]));
        }
        printf(" | %5.2f\n", jobs[i][0].seconds / jobs[i][1].seconds);
    }
}

static void measure_all(double limit_s, int thread_count, size_t batch)
{
    static Job jobs[MODELS][2];
    const ModelFamily *family;
    ModelSpec spec;
    Compute *compute = open_compute(thread_count);
    for (size_t i = 0; i < MODELS; i++) {
        RvError err = {0};
        if (describe(&models[i], &family, &spec, &err) != RV_OK) {
            printf("%s: left out: %s\n", models[i].name, err.message);
            continue;
        }
        open_job(&jobs[i][0], &models[i], compute, COMPUTE_FLOAT32, batch);
        open_job(&jobs[i][1], &models[i], compute, COMPUTE_FAST, batch);
    }
    double start_s = rv_clock_s();
    int rounds = 0;
    for (; rounds < 3 || rv_clock_s() - start_s < limit_s; rounds++) {
        for (size_t i = 0; i < 2 * MODELS; i++) {
            if (jobs[i / 2][i % 2].clip != NULL)
                run_once(&jobs[i / 2][i % 2]);
        }
    }
    printf("%s kernels, %d threads, batches of %zu, %d rounds in turn; the fastest call of each\n",
           rv_compute_kernels(compute), compute->thread_count, batch, rounds);
    print_jobs((const Job(*)[2])jobs);
    for (size_t i = 0; i < 2 * MODELS; i++)
        close_job(&jobs[i / 2][i % 2]);
    rv_compute_close(compute);
}

/* ---- for bench/run ------------------------------------------------------------------------------------- */

static void list(void)
{
    static const char *const activations[] = {[ACTIVATION_QUICK_GELU] = "quick_gelu",
                                              [ACTIVATION_GELU] = "gelu",
                                              [ACTIVATION_GELU_TANH] = "gelu_tanh"};
    for (size_t i = 0; i < LISTED; i++) {
        const ModelFamily *family;
        ModelSpec spec;
        RvError err = {0};
        if (describe(&models[i], &family, &spec, &err) != RV_OK) {
            printf("{\"name\": \"%s\", \"why_not\": \"this build does not read it\"}\n", models[i].name);
            continue;
        }
        const VisionSpec *vision = &spec.vision;
        printf(
            "{\"name\": \"%s\", \"operations\": %.0f, \"side\": %d, \"patch\": %d, \"width\": %d, \"layers\": %d, "
            "\"heads\": %d, \"mlp\": %d, \"dimensions\": %d, \"activation\": \"%s\", \"class_token\": %d, "
            "\"norm_before\": %d, \"patch_bias\": %d, \"rotary\": %d, \"pool_heads\": %d, \"pool_mlp\": %d, "
            "\"projects\": %d}\n",
            models[i].name, operations_per_picture(&spec), spec.input.size, vision->patch_size,
            vision->tower.width, vision->tower.layers, vision->tower.heads, vision->tower.mlp_width,
            spec.dimensions, activations[vision->tower.activation], vision->class_token, vision->ln_pre,
            vision->patch_bias, vision->rotary, vision->pool_heads, vision->pool_mlp_width,
            vision->projection != PROJECTION_NONE);
    }
}

static void serve(char **arguments)
{
    size_t index = 0, batch = strtoul(arguments[1], NULL, 10);
    while (index < LISTED && strcmp(models[index].name, arguments[0]) != 0)
        index++;
    if (index == LISTED || batch < 1 || batch > BATCH_MAX)
        bench_fail("%s: no such model, or a batch that is not 1 to %d", arguments[0], BATCH_MAX);
    Compute *compute = open_compute(atoi(arguments[2]));
    Job job;
    open_job(&job, &models[index], compute,
             strcmp(arguments[3], "fast") == 0 ? COMPUTE_FAST : COMPUTE_FLOAT32, batch);
    bench_serve(&(Turns){.work = work, .context = &job, .window_s = 0.4});
    close_job(&job);
    rv_compute_close(compute);
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 2 && strcmp(arguments[1], "list") == 0) {
        list();
        return 0;
    }
    if (argument_count == 6 && strcmp(arguments[1], "serve") == 0) {
        serve(arguments + 2);
        return 0;
    }
    long batch = argument_count > 3 ? atol(arguments[3]) : 8;
    if (argument_count > 4 || batch < 1 || batch > BATCH_MAX)
        bench_fail("usage: bench_models [SECONDS [THREADS [BATCH]]]\n"
                   "       bench_models list\n"
                   "       bench_models serve MODEL BATCH THREADS float32|fast");
    measure_all(argument_count > 1 ? atof(arguments[1]) : 20, argument_count > 2 ? atoi(arguments[2]) : 0,
                (size_t)batch);
    return 0;
}
