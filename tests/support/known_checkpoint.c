/* SPDX-License-Identifier: MIT */
/* CLIP checkpoints whose every weight is a known function of its tensor's name and its index. */
#include "known_checkpoint.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "shared.h"
#include "torch_writer.h"

#define TENSOR_MAX 640
#define PIECE_ELEMENTS 65536
#define CLIP_MERGES (49152 - 256 - 2)

typedef struct KnownConfig {
    const char *name;
    int image, patch, vision_width, vision_layers, vision_heads;
    int context, vocabulary, text_width, text_layers, text_heads, dimensions;
} KnownConfig;

static const KnownConfig configs[] = {
    {"vitb32", 224, 32, 768, 12, 12, 77, 49408, 512, 12, 8, 512},
    // All dimensions are different, so that a confusion of two is noticed.
    {"tiny", 64, 16, 128, 3, 2, 77, 49408, 64, 2, 1, 96},
};

/* A tensor as it is written, and the source of its values. */
typedef struct KnownTensor {
    char name[128], source[128]; // source: OpenAI's name
    size_t shape[4];
    int rank;
    size_t first; // index of its first value in the source
    bool transposed;
    float amplitude, offset;
} KnownTensor;

typedef struct TensorList {
    KnownTensor items[TENSOR_MAX];
    size_t count;
    const KnownConfig *config;
    bool openai_names;
} TensorList;

/* ---- values -------------------------------------------------------------------------------------------- */

static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}

static float known_value(const KnownTensor *tensor, uint64_t seed, size_t index)
{
    uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    float u = (float)(z >> 40) / 16777216.0f;
    return (2.0f * u - 1.0f) * tensor->amplitude + tensor->offset;
}

/* Round to nearest, ties to even. */
static uint16_t half_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude < 0x38800000) { // subnormal: after adding 0.5 the low bits are rounded multiples of 2^-24
        float shifted;
        memcpy(&shifted, &magnitude, sizeof shifted);
        shifted += 0.5f;
        memcpy(&bits, &shifted, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3f000000));
    }
    magnitude += 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | (magnitude - 0x38000000) >> 13);
}

static uint16_t brain_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static size_t element_count(const KnownTensor *tensor)
{
    size_t count = 1;
    for (int i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}

static size_t type_bytes(KnownType type)
{
    return type == KNOWN_F32 ? 4 : 2;
}

static void put_value(uint8_t *dst, KnownType type, float value)
{
    uint16_t word = type == KNOWN_F16 ? half_of(value) : brain_of(value);
    if (type == KNOWN_F32)
        memcpy(dst, &value, sizeof value);
    else
        memcpy(dst, &word, sizeof word);
}

static bool write_values(FILE *file, const KnownTensor *tensor, KnownType type)
{
    uint8_t *piece = malloc(PIECE_ELEMENTS * 4);
    uint64_t seed = hash_name(tensor->source);
    size_t count = element_count(tensor), size_bytes = type_bytes(type);
    bool good = piece != NULL;
    for (size_t first = 0; first < count && good; first += PIECE_ELEMENTS) {
        size_t length = count - first < PIECE_ELEMENTS ? count - first : PIECE_ELEMENTS;
        for (size_t i = 0; i < length; i++) {
            size_t at = first + i;
            if (tensor->transposed) // [rows, columns] of a source [columns, rows]
                at = at % tensor->shape[1] * tensor->shape[0] + at / tensor->shape[1];
            put_value(piece + i * size_bytes, type, known_value(tensor, seed, tensor->first + at));
        }
        good = fwrite(piece, size_bytes, length, file) == length;
    }
    free(piece);
    return good;
}

/* ---- tensors ------------------------------------------------------------------------------------------- */

/* openai: the name in the source; hugging_face: the name in the other layout. Shapes are those of the
 * source. */
static KnownTensor *add(TensorList *list, const char *openai, const char *hugging_face, size_t rows,
                        size_t columns, double amplitude, double offset)
{
    KnownTensor *tensor = &list->items[list->count++];
    *tensor = (KnownTensor){.rank = columns > 0 ? 2
                                    : rows > 0  ? 1
                                                : 0,
                            .shape = {rows, columns},
                            .amplitude = (float)amplitude,
                            .offset = (float)offset};
    snprintf(tensor->source, sizeof tensor->source, "%s", openai);
    snprintf(tensor->name, sizeof tensor->name, "%s", list->openai_names ? openai : hugging_face);
    return tensor;
}

/* Add a pair NAME.weight and NAME.bias under `openai` and `hugging_face`. */
static void add_pair(TensorList *list, const char *openai, const char *hugging_face, size_t rows,
                     size_t columns, double amplitude)
{
    char names[4][128];
    snprintf(names[0], sizeof names[0], "%s.weight", openai);
    snprintf(names[1], sizeof names[1], "%s.weight", hugging_face);
    snprintf(names[2], sizeof names[2], "%s.bias", openai);
    snprintf(names[3], sizeof names[3], "%s.bias", hugging_face);
    bool norm = columns == 0;
    add(list, names[0], names[1], rows, columns, norm ? 0.2 : amplitude, norm ? 1 : 0);
    add(list, names[2], names[3], rows, 0, norm ? 0.1 : 0.05, 0);
}

static void add_attention(TensorList *list, const char *from, const char *to, size_t width, double amplitude)
{
    char weight[96], bias[96], name[96];
    snprintf(weight, sizeof weight, "%s.attn.in_proj_weight", from);
    snprintf(bias, sizeof bias, "%s.attn.in_proj_bias", from);
    if (list->openai_names) {
        add(list, weight, "", 3 * width, width, amplitude, 0);
        add(list, bias, "", 3 * width, 0, 0.05, 0);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s.self_attn.%c_proj.weight", to, "qkv"[i]);
        add(list, weight, name, width, width, amplitude, 0)->first = i * width * width;
        snprintf(name, sizeof name, "%s.self_attn.%c_proj.bias", to, "qkv"[i]);
        add(list, bias, name, width, 0, 0.05, 0)->first = i * width;
    }
}

static void add_tower(TensorList *list, const char *openai, const char *hugging_face, int width, int layers)
{
    double spread = sqrt(3.0), attention = pow(width, -0.5);
    double projection = pow(width, -0.5) * pow(2.0 * layers, -0.5), inner = pow(2.0 * width, -0.5);
    size_t w = (size_t)width;
    for (int i = 0; i < layers; i++) {
        char from[64], to[64], names[10][96];
        static const char *const parts[10] = {
            "attn.out_proj", "self_attn.out_proj", "ln_1",    "layer_norm1", "ln_2",
            "layer_norm2",   "mlp.c_fc",           "mlp.fc1", "mlp.c_proj",  "mlp.fc2"};
        snprintf(from, sizeof from, "%s.resblocks.%d", openai, i);
        snprintf(to, sizeof to, "%s.encoder.layers.%d", hugging_face, i);
        for (int k = 0; k < 10; k++)
            snprintf(names[k], sizeof names[k], "%s.%s", k % 2 == 0 ? from : to, parts[k]);
        add_attention(list, from, to, w, spread * attention);
        add_pair(list, names[0], names[1], w, w, spread * projection);
        add_pair(list, names[2], names[3], w, 0, 0);
        add_pair(list, names[4], names[5], w, 0, 0);
        add_pair(list, names[6], names[7], 4 * w, w, spread * inner);
        add_pair(list, names[8], names[9], w, 4 * w, spread * projection);
    }
}

/* Add a projection, which is stored transposed by Hugging Face. */
static void add_projection(TensorList *list, const char *openai, const char *hugging_face, int width)
{
    size_t rows = (size_t)width, columns = (size_t)list->config->dimensions;
    KnownTensor *tensor = add(list, openai, hugging_face, rows, columns, sqrt(3.0) * pow(width, -0.5), 0);
    if (!list->openai_names) {
        tensor->transposed = true;
        tensor->shape[0] = columns;
        tensor->shape[1] = rows;
    }
}

static void list_tensors(TensorList *list)
{
    const KnownConfig *c = list->config;
    double spread = sqrt(3.0);
    size_t vision = (size_t)c->vision_width, text = (size_t)c->text_width, patch = (size_t)c->patch;
    size_t grid = (size_t)(c->image / c->patch);
    KnownTensor *conv = add(list, "visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight",
                            vision, 3, spread * 0.03, 0);
    conv->rank = 4;
    conv->shape[2] = conv->shape[3] = patch;
    add(list, "visual.class_embedding", "vision_model.embeddings.class_embedding", vision, 0, spread * 0.5,
        0);
    add(list, "visual.positional_embedding", "vision_model.embeddings.position_embedding.weight",
        grid * grid + 1, vision, spread * 0.3, 0);
    add(list, "visual.ln_pre.weight", "vision_model.pre_layrnorm.weight", vision, 0, 0.2, 1);
    add(list, "visual.ln_post.weight", "vision_model.post_layernorm.weight", vision, 0, 0.2, 1);
    add(list, "ln_final.weight", "text_model.final_layer_norm.weight", text, 0, 0.2, 1);
    add(list, "visual.ln_pre.bias", "vision_model.pre_layrnorm.bias", vision, 0, 0.1, 0);
    add(list, "visual.ln_post.bias", "vision_model.post_layernorm.bias", vision, 0, 0.1, 0);
    add(list, "ln_final.bias", "text_model.final_layer_norm.bias", text, 0, 0.1, 0);
    add_tower(list, "visual.transformer", "vision_model", c->vision_width, c->vision_layers);
    add_projection(list, "visual.proj", "visual_projection.weight", c->vision_width);
    add(list, "token_embedding.weight", "text_model.embeddings.token_embedding.weight", (size_t)c->vocabulary,
        text, spread * 0.5, 0);
    add(list, "positional_embedding", "text_model.embeddings.position_embedding.weight", (size_t)c->context,
        text, spread * 0.2, 0);
    add_tower(list, "transformer", "text_model", c->text_width, c->text_layers);
    add_projection(list, "text_projection", "text_projection.weight", c->text_width);
    add(list, "logit_scale", "logit_scale", 1, 0, 0, log(1 / 0.07));
}

/* ---- files --------------------------------------------------------------------------------------------- */

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return file;
}

/* Closes the file. Returns false if any write failed. */
static bool finish(FILE *file)
{
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

static bool write_safetensors(const char *folder, const char *name, const KnownTensor *tensors, size_t count,
                              KnownType type)
{
    static const char *const type_names[] = {"F32", "F16", "BF16"};
    char *header = malloc(count * 320 + 64);
    FILE *file = header != NULL ? create(folder, name) : NULL;
    if (file == NULL) {
        free(header);
        return false;
    }
    size_t used = (size_t)sprintf(header, "{\"__metadata__\": {\"format\": \"pt\"}"), at = 0;
    for (size_t i = 0; i < count; i++) {
        const KnownTensor *tensor = &tensors[i];
        used += (size_t)sprintf(header + used, ", \"%s\": {\"dtype\": \"%s\", \"shape\": [", tensor->name,
                                type_names[type]);
        for (int k = 0; k < tensor->rank; k++)
            used += (size_t)sprintf(header + used, k > 0 ? ", %zu" : "%zu", tensor->shape[k]);
        size_t end = at + element_count(tensor) * type_bytes(type);
        used += (size_t)sprintf(header + used, "], \"data_offsets\": [%zu, %zu]}", at, end);
        at = end;
    }
    header[used++] = '}';
    while (used % 8 != 0)
        header[used++] = ' ';
    uint64_t header_bytes = used;
    bool good = fwrite(&header_bytes, 8, 1, file) == 1 && fwrite(header, 1, used, file) == used;
    for (size_t i = 0; i < count && good; i++)
        good = write_values(file, &tensors[i], type);
    free(header);
    return finish(file) && good;
}

typedef struct TorchSource {
    const KnownTensor *tensors;
    KnownType type;
} TorchSource;

static bool write_torch_values(FILE *file, void *context, size_t index)
{
    const TorchSource *source = context;
    KnownTensor tensor = source->tensors[index];
    tensor.transposed = false; // it is expressed by the strides
    return write_values(file, &tensor, source->type);
}

static bool write_bin(const char *folder, const TensorList *list, KnownType type, bool legacy)
{
    static const char *const storages[] = {"Float", "Half", "BFloat16"};
    TorchTensor *tensors = calloc(list->count, sizeof *tensors);
    char path[4096];
    snprintf(path, sizeof path, "%s/pytorch_model.bin", folder);
    for (size_t i = 0; i < list->count && tensors != NULL; i++) {
        const KnownTensor *from = &list->items[i];
        tensors[i] = (TorchTensor){.name = from->name,
                                   .storage = storages[type],
                                   .rank = from->rank,
                                   .element_count = element_count(from)};
        memcpy(tensors[i].shape, from->shape, sizeof from->shape);
        size_t step = 1;
        for (int k = from->rank; k-- > 0; step *= from->shape[k])
            tensors[i].stride[k] = step;
        if (from->transposed) {
            tensors[i].stride[0] = 1;
            tensors[i].stride[1] = from->shape[0];
        }
    }
    TorchSource source = {.tensors = list->items, .type = type};
    bool good =
        tensors != NULL && torch_write(path, legacy, tensors, list->count, write_torch_values, &source);
    free(tensors);
    return good;
}

/* Write two shards, cut in the middle of the list, and the index that names them. */
static bool write_shards(const char *folder, const TensorList *list, KnownType type)
{
    static const char *const names[2] = {"model-00001-of-00002.safetensors",
                                         "model-00002-of-00002.safetensors"};
    size_t half = list->count / 2;
    FILE *file = create(folder, "model.safetensors.index.json");
    if (file == NULL)
        return false;
    fprintf(file, "{\"metadata\": {\"total_size\": 0}, \"weight_map\": {");
    for (size_t i = 0; i < list->count; i++)
        fprintf(file, "%s\"%s\": \"%s\"", i > 0 ? ", " : "", list->items[i].name, names[i >= half]);
    fprintf(file, "}}\n");
    return finish(file) && write_safetensors(folder, names[0], list->items, half, type) &&
           write_safetensors(folder, names[1], list->items + half, list->count - half, type);
}

static bool write_hugging_face_config(const char *folder, const KnownConfig *c)
{
    FILE *file = create(folder, "config.json");
    if (file == NULL)
        return false;
    fprintf(
        file,
        "{\"model_type\": \"clip\", \"projection_dim\": %d,\n"
        " \"vision_config\": {\"hidden_act\": \"quick_gelu\", \"layer_norm_eps\": 1e-05, \"image_size\": "
        "%d,\n"
        "  \"patch_size\": %d, \"hidden_size\": %d, \"intermediate_size\": %d, \"num_hidden_layers\": %d,\n"
        "  \"num_attention_heads\": %d, \"num_channels\": 3},\n",
        c->dimensions, c->image, c->patch, c->vision_width, 4 * c->vision_width, c->vision_layers,
        c->vision_heads);
    fprintf(
        file,
        " \"text_config\": {\"hidden_act\": \"quick_gelu\", \"layer_norm_eps\": 1e-05, \"vocab_size\": %d,\n"
        "  \"max_position_embeddings\": %d, \"hidden_size\": %d, \"intermediate_size\": %d,\n"
        "  \"num_hidden_layers\": %d, \"num_attention_heads\": %d, \"bos_token_id\": %d, \"eos_token_id\": "
        "%d}}\n",
        c->vocabulary, c->context, c->text_width, 4 * c->text_width, c->text_layers, c->text_heads,
        c->vocabulary - 2, c->vocabulary - 1);
    if (!finish(file) || (file = create(folder, "preprocessor_config.json")) == NULL)
        return false;
    fprintf(file, "{\"do_normalize\": true, \"resample\": 3, \"rescale_factor\": 0.00392156862745098,\n"
                  " \"image_mean\": [0.48145466, 0.4578275, 0.40821073],\n"
                  " \"image_std\": [0.26862954, 0.26130258, 0.27577711]}\n");
    return finish(file);
}

static bool write_open_clip_config(const char *folder, const KnownConfig *c)
{
    FILE *file = create(folder, "open_clip_config.json");
    if (file == NULL)
        return false;
    fprintf(file,
            "{\"model_cfg\": {\"embed_dim\": %d, \"quick_gelu\": true,\n"
            "  \"vision_cfg\": {\"image_size\": %d, \"layers\": %d, \"width\": %d, \"head_width\": %d, "
            "\"patch_size\": "
            "%d},\n"
            "  \"text_cfg\": {\"context_length\": %d, \"vocab_size\": %d, \"width\": %d, \"heads\": %d, "
            "\"layers\": "
            "%d}},\n"
            " \"preprocess_cfg\": {\"mean\": [0.48145466, 0.4578275, 0.40821073],\n"
            "  \"std\": [0.26862954, 0.26130258, 0.27577711]}}\n",
            c->dimensions, c->image, c->vision_layers, c->vision_width, c->vision_width / c->vision_heads,
            c->patch, c->context, c->vocabulary, c->text_width, c->text_heads, c->text_layers);
    return finish(file);
}

/* ---- vocabulary ---------------------------------------------------------------------------------------- */

/* Write the printable character that stands for the byte with token number `token` (0 to 255), as UTF-8. */
static void byte_symbol(int token, char symbol[4])
{
    int code = token < 94    ? 33 + token
               : token < 106 ? 161 + token - 94
               : token < 188 ? 174 + token - 106
                             : 68 + token;
    if (code < 128)
        sprintf(symbol, "%c", code);
    else
        sprintf(symbol, "%c%c", 0xc0 | code >> 6, 0x80 | (code & 0x3f));
}

static void write_symbol(FILE *file, const char *symbol, const char *ending, int number)
{
    fprintf(file, number > 0 ? ", \"" : "\"");
    for (; *symbol != '\0'; symbol++)
        fprintf(file, *symbol == '"' || *symbol == '\\' ? "\\%c" : "%c", *symbol);
    fprintf(file, "%s\": %d", ending, number);
}

/* Write the merges of the .gz, if there is one, to both files. */
static bool write_merges(FILE *vocabulary, FILE *merges, const char *gz, int *number)
{
    char line[1024];
    gzFile source = gzopen(gz, "rb");
    bool good = source != NULL && gzgets(source, line, sizeof line) != NULL;
    for (int i = 0; i < CLIP_MERGES && good; i++) {
        good = gzgets(source, line, sizeof line) != NULL;
        line[strcspn(line, "\n")] = '\0';
        char *space = strchr(line, ' ');
        if (!good || space == NULL)
            break;
        fprintf(merges, "%s\n", line);
        memmove(space, space + 1, strlen(space));
        write_symbol(vocabulary, line, "", (*number)++);
    }
    if (source != NULL)
        gzclose(source);
    if (!good)
        fprintf(stderr, "%s: not CLIP's merges\n", gz);
    return good;
}

static bool write_vocabulary(const char *folder, const char *gz)
{
    FILE *vocabulary = create(folder, "vocab.json");
    FILE *merges = vocabulary != NULL ? create(folder, "merges.txt") : NULL;
    if (merges == NULL) {
        if (vocabulary != NULL)
            fclose(vocabulary);
        return false;
    }
    int number = 0;
    bool good = true;
    fprintf(vocabulary, "{");
    fprintf(merges, "#version: 0.2\n");
    for (; number < 512; number++) {
        char symbol[4];
        byte_symbol(number % 256, symbol);
        write_symbol(vocabulary, symbol, number < 256 ? "" : "</w>", number);
    }
    if (gz != NULL)
        good = write_merges(vocabulary, merges, gz, &number);
    write_symbol(vocabulary, "<|startoftext|>", "", number);
    write_symbol(vocabulary, "<|endoftext|>", "", number + 1);
    fprintf(vocabulary, "}");
    bool finished = finish(vocabulary);
    return finish(merges) && finished && good;
}

/* ---- front --------------------------------------------------------------------------------------------- */

static bool make_folders(const char *path)
{
    char partial[4096];
    size_t length = strlen(path);
    for (size_t i = 1; i <= length && length < sizeof partial; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(partial, i + 1, "%s", path);
        if (mkdir(partial, 0755) != 0 && errno != EEXIST) {
            fprintf(stderr, "%s: %s\n", partial, strerror(errno));
            return false;
        }
    }
    return true;
}

bool known_checkpoint_write(const KnownCheckpoint *checkpoint, const char *folder)
{
    TensorList *list = calloc(1, sizeof *list);
    KnownConfig config = {0};
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        if (strcmp(configs[i].name, checkpoint->config) == 0)
            config = configs[i];
    }
    if (config.name == NULL || list == NULL || !make_folders(folder)) {
        free(list);
        return false;
    }
    if (checkpoint->vocabulary_gz == NULL)
        config.vocabulary = 514;
    list->config = &config;
    list->openai_names = checkpoint->layout == KNOWN_OPEN_CLIP;
    list_tensors(list);
    bool good = false;
    if (checkpoint->layout == KNOWN_OPEN_CLIP)
        good = write_open_clip_config(folder, &config) &&
               write_safetensors(folder, "open_clip_model.safetensors", list->items, list->count,
                                 checkpoint->type);
    else if (!write_hugging_face_config(folder, &config))
        good = false;
    else if (checkpoint->layout == KNOWN_BIN || checkpoint->layout == KNOWN_OLD_BIN)
        good = write_bin(folder, list, checkpoint->type, checkpoint->layout == KNOWN_OLD_BIN);
    else
        good =
            checkpoint->layout == KNOWN_SHARDED
                ? write_shards(folder, list, checkpoint->type)
                : write_safetensors(folder, "model.safetensors", list->items, list->count, checkpoint->type);
    free(list);
    return good && write_vocabulary(folder, checkpoint->vocabulary_gz);
}

bool known_checkpoint_ensure(const char *name, char *path, size_t size_bytes)
{
    char gz[4096], below[512], unfinished[4096];
    snprintf(below, sizeof below, "checkpoints/%s", name);
    build_path(below, path, size_bytes);
    if (access(path, R_OK) == 0)
        return true;
    KnownCheckpoint checkpoint = {.config = strncmp(name, "vitb32", 6) == 0 ? "vitb32" : "tiny"};
    checkpoint.type = strstr(name, "-bf16") != NULL  ? KNOWN_BF16
                      : strstr(name, "-f16") != NULL ? KNOWN_F16
                                                     : KNOWN_F32;
    checkpoint.layout = strstr(name, "-sharded") != NULL    ? KNOWN_SHARDED
                        : strstr(name, "-openclip") != NULL ? KNOWN_OPEN_CLIP
                        : strstr(name, "-oldbin") != NULL   ? KNOWN_OLD_BIN
                        : strstr(name, "-bin") != NULL      ? KNOWN_BIN
                                                            : KNOWN_HUGGING_FACE;
    if (strstr(name, "-bytes") == NULL) {
        if (!shared_path("golden/bpe_simple_vocab_16e6.txt.gz", gz, sizeof gz))
            return false;
        checkpoint.vocabulary_gz = gz;
    }
    // Tests run in parallel. So the checkpoint is made in another folder and then moved to its place. If
    // another test was faster, its checkpoint is kept.
    snprintf(unfinished, sizeof unfinished, "%s.%ld", path, (long)getpid());
    if (!known_checkpoint_write(&checkpoint, unfinished)) {
        fprintf(stderr, "%s: could not be made\n", unfinished);
        exit(1);
    }
    if (rename(unfinished, path) != 0) {
        char command[4200];
        snprintf(command, sizeof command, "rm -rf '%s'", unfinished);
        if (system(command) != 0)
            fprintf(stderr, "%s: is left over\n", unfinished);
    }
    return access(path, R_OK) == 0;
}
