/* SPDX-License-Identifier: MIT */
/* A checkpoint of any known family and format: what model it is, and its tensors under their canonical names.
 */
#include "clip/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/checkpoint_files.h"
#include "clip/checkpoint/config_reader.h"
#include "clip/checkpoint/torch_archive.h"
#include "clip/families.h"
#include "clip/tensor_unused.h"

struct Checkpoint {
    char *path;
    const char *format;
    const ModelFamily *family;
    ModelSpec spec;
    WeightFiles files;
    const NameScheme *names; // NULL: canonical ones
};

/* ---- opening ------------------------------------------------------------------------------------------- */

/* Read the configuration file of this kind and let a family describe the model; *known has the rest. */
static RvStatus describe(Checkpoint *checkpoint, FolderKind kind, const FamilySource *known, RvError *err)
{
    FamilySource source = *known; // the configuration lives as long as this function
    char path[4096];
    json_t *json = NULL;
    RvStatus status = RV_OK;
    if (kind != FOLDER_BARE) {
        bool hugging_face = kind == FOLDER_HUGGING_FACE;
        status = rv_config_load(source.folder, hugging_face ? "config.json" : "open_clip_config.json", path,
                                &json, err);
        *(hugging_face ? &source.hugging_face : &source.open_clip) = json;
        source.config_path = path;
        checkpoint->format = hugging_face ? "huggingface" : "open_clip";
    }
    if (status == RV_OK)
        status = rv_families_describe(&source, &checkpoint->family, &checkpoint->spec, err);
    if (status == RV_OK && kind == FOLDER_BARE)
        checkpoint->format =
            checkpoint->files.tensors.torchscript ? "openai-torchscript" : checkpoint->family->bare_format;
    json_decref(json);
    return status;
}

static bool has_tensor(const Checkpoint *checkpoint, const char *name)
{
    return rv_tensor_table_find(&checkpoint->files.tensors, name) != NULL;
}

static bool has_hugging_face_names(const Checkpoint *checkpoint)
{
    return has_tensor(checkpoint, "vision_model.embeddings.patch_embedding.weight");
}

/* Weights that do not say what they are: their shapes tell too little. */
static RvStatus check_bare(const Checkpoint *checkpoint, const char *folder, RvError *err)
{
    const char *needed = has_hugging_face_names(checkpoint) ? "config.json" : NULL;
    if (has_tensor(checkpoint, "text.token_embedding.weight") ||
        has_tensor(checkpoint, "text.proj.0.weight") ||
        has_tensor(checkpoint, "visual.trunk.patch_embed.proj.weight"))
        needed = "open_clip_config.json";
    return needed == NULL
               ? RV_OK
               : rv_error_set(err, RV_ERROR_NOT_FOUND,
                              "%s/%s: not there, and the weights need it; fetch it too", folder, needed);
}

/* Choose the configuration beside the weights by the names of their tensors. OpenAI's own files contain their
 * sizes as tensors, and need none. */
static RvStatus describe_weights(Checkpoint *checkpoint, FamilySource *source, RvError *err)
{
    source->tensors = &checkpoint->files.tensors;
    bool is_openais_own =
        has_tensor(checkpoint, "visual.conv1.weight") && has_tensor(checkpoint, "input_resolution");
    bool hugging_face = has_hugging_face_names(checkpoint);
    if (!is_openais_own && !hugging_face && rv_weight_files_have(source->folder, "open_clip_config.json"))
        return describe(checkpoint, FOLDER_OPEN_CLIP, source, err);
    if (!is_openais_own && rv_weight_files_have(source->folder, "config.json"))
        return describe(checkpoint, FOLDER_HUGGING_FACE, source, err);
    RvStatus status = check_bare(checkpoint, source->folder, err);
    return status == RV_OK ? describe(checkpoint, FOLDER_BARE, source, err) : status;
}

static RvStatus open_folder(Checkpoint *checkpoint, const RvLog *log, RvError *err)
{
    FolderKind kind;
    const char *weights = NULL, *folder = checkpoint->path;
    char path[4096];
    FamilySource source = {.path = checkpoint->path, .folder = folder, .log = log};
    RvStatus status = rv_weight_files_find(folder, rv_families_know, &kind, &weights, err);
    // Read the configuration first: it is small, and it names the kind of model if that is not CLIP.
    if (status == RV_OK && kind != FOLDER_BARE)
        status = describe(checkpoint, kind, &source, err);
    if (status == RV_OK)
        status = rv_file_join(folder, weights, path, sizeof path, err);
    if (status == RV_OK)
        status = rv_weight_files_open(path, log, &checkpoint->files, err);
    return status == RV_OK && kind == FOLDER_BARE ? describe_weights(checkpoint, &source, err) : status;
}

static RvStatus open_file(Checkpoint *checkpoint, const RvLog *log, RvError *err)
{
    const char *path = checkpoint->path, *slash = strrchr(path, '/');
    char folder[4096];
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", path);
    snprintf(folder, sizeof folder, "%.*s", (int)length, slash == NULL ? "." : path);
    FamilySource source = {.path = path, .folder = folder, .log = log};
    RvStatus status = rv_weight_files_open(path, log, &checkpoint->files, err);
    return status == RV_OK ? describe_weights(checkpoint, &source, err) : status;
}

RvStatus rv_checkpoint_open(const char *path, const RvLog *log, Checkpoint **out, RvError *err)
{
    *out = NULL;
    struct stat facts;
    bool is_folder = stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
    Checkpoint *checkpoint = rv_mem_alloc(1, sizeof *checkpoint, err);
    if (checkpoint == NULL)
        return RV_ERROR_MEMORY;
    checkpoint->path = rv_mem_copy_string(path, err);
    RvStatus status = RV_ERROR_MEMORY;
    if (checkpoint->path != NULL) {
        // "folder/" and "folder" are the same.
        for (size_t end = strlen(checkpoint->path); is_folder && end > 1 && checkpoint->path[end - 1] == '/';
             end--)
            checkpoint->path[end - 1] = '\0';
        status = is_folder ? open_folder(checkpoint, log, err) : open_file(checkpoint, log, err);
    }
    if (status == RV_OK) {
        const TensorTable *tensors = &checkpoint->files.tensors;
        checkpoint->names = rv_tensor_names_scheme(checkpoint->family->schemes, tensors);
        status = rv_tensor_unused_check(tensors, checkpoint->names, checkpoint->family->idle,
                                        &checkpoint->spec, path, log, err);
    }
    if (status != RV_OK)
        rv_checkpoint_close(checkpoint);
    else
        *out = checkpoint;
    return status;
}

void rv_checkpoint_close(Checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    rv_weight_files_close(&checkpoint->files);
    free(checkpoint->path);
    free(checkpoint);
}

/* ---- facts --------------------------------------------------------------------------------------------- */

const ModelSpec *rv_checkpoint_spec(const Checkpoint *checkpoint)
{
    return &checkpoint->spec;
}

const char *rv_checkpoint_format(const Checkpoint *checkpoint)
{
    return checkpoint->format;
}

const char *rv_checkpoint_path(const Checkpoint *checkpoint)
{
    return checkpoint->path;
}

WeightType rv_checkpoint_weight_type(const Checkpoint *checkpoint)
{
    const TensorTable *tensors = &checkpoint->files.tensors;
    WeightType type = WEIGHT_F32;
    size_t largest = 0;
    for (size_t i = 0; i < tensors->count; i++) {
        if (tensors->items[i].fault == NULL && tensors->items[i].tensor.element_count > largest) {
            largest = tensors->items[i].tensor.element_count;
            type = tensors->items[i].tensor.type;
        }
    }
    return type;
}

size_t rv_checkpoint_parameter_count(const Checkpoint *checkpoint)
{
    const TensorTable *tensors = &checkpoint->files.tensors;
    size_t count = 0;
    for (size_t i = 0; i < tensors->count; i++) {
        if (tensors->items[i].fault == NULL)
            count += tensors->items[i].tensor.element_count;
    }
    return count;
}

/* The digest says nothing of a file that came damaged; an archive's own checksums do. They are compared once for each
 * content. */
static RvStatus hash_file(const WeightFile *file, char hex[65], RvError *err)
{
    char key[128], known[65];
    RvStatus status = rv_checksum_cached(file->path, hex, err);
    if (status != RV_OK || !rv_torch_archive_looks_like(file->map.bytes, file->map.size_bytes))
        return status;
    snprintf(key, sizeof key, "zip-checksums %s", hex);
    if (rv_checksum_recall(key, known))
        return RV_OK;
    status = rv_torch_archive_verify(&file->source, err);
    if (status == RV_OK)
        rv_checksum_remember(key, hex);
    return status;
}

RvStatus rv_checkpoint_sha256(Checkpoint *checkpoint, char hex[65], RvError *err)
{
    if (checkpoint->files.count == 1)
        return hash_file(&checkpoint->files.items[0], hex, err);
    Sha256 *sha = NULL;
    RvStatus status = rv_sha256_create(&sha, err);
    for (size_t i = 0; i < checkpoint->files.count && status == RV_OK; i++) {
        status = hash_file(&checkpoint->files.items[i], hex, err);
        if (status == RV_OK)
            rv_sha256_update(sha, hex, strlen(hex));
    }
    rv_sha256_finish(sha, status == RV_OK ? hex : NULL);
    return status;
}

/* ---- tensors ------------------------------------------------------------------------------------------- */

/* Write the shape that a piece must have: its part of the first axis, or the whole shape transposed. */
static void piece_shape(const TensorPieces *pieces, int piece, const size_t *shape, int rank,
                        size_t out[TENSOR_MAX_RANK])
{
    memcpy(out, shape, (size_t)rank * sizeof *shape);
    if (pieces->transposed && rank == 2) {
        out[0] = shape[1];
        out[1] = shape[0];
    }
    out[0] = out[0] / (size_t)pieces->part_count * (size_t)pieces->parts[piece];
}

/* Axes of length 1 before the others make no difference. */
static bool has_shape(const Tensor *tensor, const size_t *shape, int rank)
{
    int more = tensor->rank - rank;
    for (int i = 0; i < more; i++) {
        if (tensor->shape[i] != 1)
            return false;
    }
    return more >= 0 && memcmp(tensor->shape + more, shape, (size_t)rank * sizeof *shape) == 0;
}

static RvStatus check_piece(const Checkpoint *checkpoint, const char *name, const size_t *shape, int rank,
                            RvError *err)
{
    char found[TENSOR_SHAPE_TEXT_BYTES], wanted[TENSOR_SHAPE_TEXT_BYTES];
    rv_tensor_shape_text(shape, rank, wanted);
    const NamedTensor *tensor = rv_tensor_table_find(&checkpoint->files.tensors, name);
    if (tensor == NULL)
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: tensor %s %s is missing; the weights are not those of this configuration",
                            checkpoint->path, name, wanted);
    if (tensor->fault != NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: tensor %s %s; save the model as contiguous F32, F16 or BF16", tensor->file,
                            name, tensor->fault);
    rv_tensor_shape_text(tensor->tensor.shape, tensor->tensor.rank, found);
    if (!has_shape(&tensor->tensor, shape, rank))
        return rv_error_set(
            err, RV_ERROR_MISMATCH,
            "%s: tensor %s has shape %s, the configuration asks for %s; take both from one model",
            tensor->file, name, found, wanted);
    return RV_OK;
}

RvStatus rv_checkpoint_check(const Checkpoint *checkpoint, const char *name, const size_t *shape, int rank,
                             RvError *err)
{
    TensorPieces pieces;
    size_t wanted[TENSOR_MAX_RANK];
    rv_tensor_names_find(checkpoint->names, name, &pieces);
    for (int i = 0; i < pieces.count; i++) {
        piece_shape(&pieces, i, shape, rank, wanted);
        RvStatus status = check_piece(checkpoint, pieces.names[i], wanted, rank, err);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

/* dst[columns, rows] = tensor[rows, columns] transposed. */
static RvStatus read_transposed(const Tensor *tensor, float *dst, RvError *err)
{
    size_t rows = tensor->shape[tensor->rank - 2], columns = tensor->shape[tensor->rank - 1];
    float *row = rv_mem_alloc_aligned(columns, sizeof *row, err);
    if (row == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < rows; i++) {
        RvStatus status = rv_tensor_fetch(tensor, i * columns, columns, row, err);
        if (status != RV_OK) {
            free(row);
            return status;
        }
        for (size_t j = 0; j < columns; j++)
            dst[j * rows + i] = row[j];
    }
    free(row);
    return RV_OK;
}

RvStatus rv_checkpoint_read(const Checkpoint *checkpoint, const char *name, const size_t *shape, int rank,
                            float *dst, RvError *err)
{
    RvStatus status = rv_checkpoint_check(checkpoint, name, shape, rank, err);
    if (status != RV_OK)
        return status;
    TensorPieces pieces;
    rv_tensor_names_find(checkpoint->names, name, &pieces);
    for (int i = 0; i < pieces.count; i++) {
        const Tensor *piece = &rv_tensor_table_find(&checkpoint->files.tensors, pieces.names[i])->tensor;
        if (pieces.transposed && rank == 2)
            return read_transposed(piece, dst, err);
        status = rv_tensor_fetch(piece, 0, piece->element_count, dst, err);
        if (status != RV_OK)
            return status;
        dst += piece->element_count;
    }
    return RV_OK;
}

RvStatus rv_checkpoint_read_rows(const Checkpoint *checkpoint, const char *name, const size_t *shape,
                                 int rank, size_t first_row, size_t row_count, float *dst, RvError *err)
{
    TensorPieces pieces;
    rv_tensor_names_find(checkpoint->names, name, &pieces);
    size_t part_rows = shape[0] / (size_t)pieces.part_count, columns = 1, begin = 0;
    for (int i = 1; i < rank; i++)
        columns *= shape[i];
    for (int i = 0; i < pieces.count && row_count > 0; i++) {
        size_t end = begin + part_rows * (size_t)pieces.parts[i];
        if (first_row < end) {
            size_t some = end - first_row < row_count ? end - first_row : row_count;
            const NamedTensor *found = rv_tensor_table_find(&checkpoint->files.tensors, pieces.names[i]);
            RvStatus status =
                rv_tensor_fetch(&found->tensor, (first_row - begin) * columns, some * columns, dst, err);
            if (status != RV_OK)
                return status;
            first_row += some;
            row_count -= some;
            dst += some * columns;
        }
        begin = end;
    }
    return RV_OK;
}

const Tensor *rv_checkpoint_tensor(const Checkpoint *checkpoint, const char *name)
{
    TensorPieces pieces;
    rv_tensor_names_find(checkpoint->names, name, &pieces);
    const NamedTensor *found = rv_tensor_table_find(&checkpoint->files.tensors, pieces.names[0]);
    return pieces.count == 1 && !pieces.transposed && found != NULL && found->fault == NULL ? &found->tensor
                                                                                            : NULL;
}
