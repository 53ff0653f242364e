/* SPDX-License-Identifier: MIT */
/* A CLIP checkpoint of any known format: its configuration and its tensors under OpenAI's names. */
#include "clip/checkpoint/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/checkpoint_config.h"
#include "clip/checkpoint/checkpoint_files.h"
#include "clip/checkpoint/tensor_names.h"
#include "clip/checkpoint/tensor_unused.h"

struct Checkpoint {
    char *path;
    const char *format;
    ClipConfig config;
    WeightFiles files;
    NameScheme names;
};

/* ---- opening ------------------------------------------------------------------------------------------- */

static RvStatus read_config(Checkpoint *checkpoint, FolderKind kind, const char *folder, const RvLog *log,
                            RvError *err)
{
    checkpoint->format = kind == FOLDER_HUGGING_FACE ? "huggingface" : "open_clip";
    return kind == FOLDER_HUGGING_FACE ? rv_config_hugging_face(folder, log, &checkpoint->config, err)
                                       : rv_config_open_clip(folder, &checkpoint->config, err);
}

/* True for OpenAI's own files, which contain their sizes as tensors. */
static bool is_openais_own(const Checkpoint *checkpoint)
{
    return checkpoint->names == NAMES_OPENAI &&
           rv_tensor_table_find(&checkpoint->files.tensors, "input_resolution") != NULL;
}

/* Without a configuration file, what the shapes do not tell is assumed to be as in OpenAI's models. A warning
 * is logged if that is a guess. */
static RvStatus guess_config(Checkpoint *checkpoint, const char *folder, const RvLog *log, RvError *err)
{
    const char *path = checkpoint->path;
    if (checkpoint->names == NAMES_HUGGING_FACE)
        return rv_error_set(err, RV_ERROR_NOT_FOUND,
                            "%s/config.json: not there, and the weights need it; fetch it too", folder);
    if (checkpoint->names == NAMES_CUSTOM_TEXT)
        return rv_error_set(err, RV_ERROR_NOT_FOUND,
                            "%s/open_clip_config.json: not there, and the weights need it; fetch it too",
                            folder);
    checkpoint->format = checkpoint->files.tensors.torchscript ? "openai-torchscript" : "openai";
    RvStatus status = rv_config_from_shapes(&checkpoint->files.tensors, path, &checkpoint->config, err);
    if (status == RV_OK && !is_openais_own(checkpoint))
        rv_log_line(
            log, RV_LOG_WARNING,
            "%s: no configuration beside it; taken as one of OpenAI's models (QuickGELU, heads of 64, "
            "OpenAI's "
            "mean and deviation of pictures); if it is another, put its open_clip_config.json into %s",
            path, folder);
    return status;
}

/* Choose the configuration beside the weights by the naming scheme of their tensors. */
static RvStatus choose_config(Checkpoint *checkpoint, const char *folder, const RvLog *log, RvError *err)
{
    bool has_config = rv_weight_files_have(folder, "config.json");
    bool has_open_clip_config = rv_weight_files_have(folder, "open_clip_config.json");
    if (is_openais_own(checkpoint))
        return guess_config(checkpoint, folder, log, err);
    if (has_open_clip_config && checkpoint->names != NAMES_HUGGING_FACE)
        return read_config(checkpoint, FOLDER_OPEN_CLIP, folder, log, err);
    if (has_config)
        return read_config(checkpoint, FOLDER_HUGGING_FACE, folder, log, err);
    return guess_config(checkpoint, folder, log, err);
}

static RvStatus open_folder(Checkpoint *checkpoint, const RvLog *log, RvError *err)
{
    FolderKind kind;
    const char *weights = NULL, *folder = checkpoint->path;
    char path[4096];
    RvStatus status = rv_weight_files_find(folder, &kind, &weights, err);
    // Read the configuration first: it is small, and it names the kind of model if that is not CLIP.
    if (status == RV_OK && kind != FOLDER_BARE)
        status = read_config(checkpoint, kind, folder, log, err);
    if (status == RV_OK)
        status = rv_file_join(folder, weights, path, sizeof path, err);
    if (status == RV_OK)
        status = rv_weight_files_open(path, log, &checkpoint->files, err);
    if (status != RV_OK)
        return status;
    checkpoint->names = rv_tensor_names_scheme(&checkpoint->files.tensors);
    return kind == FOLDER_BARE ? choose_config(checkpoint, folder, log, err) : RV_OK;
}

static RvStatus open_file(Checkpoint *checkpoint, const RvLog *log, RvError *err)
{
    const char *path = checkpoint->path, *slash = strrchr(path, '/');
    char folder[4096];
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", path);
    snprintf(folder, sizeof folder, "%.*s", (int)length, slash == NULL ? "." : path);
    RvStatus status = rv_weight_files_open(path, log, &checkpoint->files, err);
    if (status != RV_OK)
        return status;
    checkpoint->names = rv_tensor_names_scheme(&checkpoint->files.tensors);
    return choose_config(checkpoint, folder, log, err);
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
    if (status == RV_OK)
        status = rv_tensor_unused_check(&checkpoint->files.tensors, checkpoint->names, &checkpoint->config,
                                        path, log, err);
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

const ClipConfig *rv_checkpoint_config(const Checkpoint *checkpoint)
{
    return &checkpoint->config;
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

RvStatus rv_checkpoint_sha256(Checkpoint *checkpoint, char hex[65], RvError *err)
{
    if (checkpoint->files.count == 1)
        return rv_checksum_cached(checkpoint->files.items[0].path, hex, err);
    Sha256 *sha = NULL;
    RvStatus status = rv_sha256_create(&sha, err);
    for (size_t i = 0; i < checkpoint->files.count && status == RV_OK; i++) {
        status = rv_checksum_cached(checkpoint->files.items[i].path, hex, err);
        if (status == RV_OK)
            rv_sha256_update(sha, hex, strlen(hex));
    }
    rv_sha256_finish(sha, status == RV_OK ? hex : NULL);
    return status;
}

/* ---- tensors ------------------------------------------------------------------------------------------- */

/* Write the shape that each piece must have: the whole shape divided along the first axis, or transposed. */
static void piece_shape(const TensorPieces *pieces, const size_t *shape, int rank,
                        size_t out[TENSOR_MAX_RANK])
{
    memcpy(out, shape, (size_t)rank * sizeof *shape);
    if (pieces->transposed && rank == 2) {
        out[0] = shape[1];
        out[1] = shape[0];
    }
    out[0] /= (size_t)pieces->count;
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
    if (tensor->tensor.rank != rank || memcmp(tensor->tensor.shape, shape, (size_t)rank * sizeof *shape) != 0)
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
    piece_shape(&pieces, shape, rank, wanted);
    for (int i = 0; i < pieces.count; i++) {
        RvStatus status = check_piece(checkpoint, pieces.names[i], wanted, rank, err);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

/* dst[columns, rows] = tensor[rows, columns] transposed. */
static RvStatus read_transposed(const Tensor *tensor, float *dst, RvError *err)
{
    size_t rows = tensor->shape[0], columns = tensor->shape[1];
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
    size_t piece_rows = shape[0] / (size_t)pieces.count, columns = 1;
    for (int i = 1; i < rank; i++)
        columns *= shape[i];
    while (row_count > 0) {
        size_t piece = first_row / piece_rows, row = first_row % piece_rows;
        size_t some = row_count < piece_rows - row ? row_count : piece_rows - row;
        const NamedTensor *found = rv_tensor_table_find(&checkpoint->files.tensors, pieces.names[piece]);
        RvStatus status = rv_tensor_fetch(&found->tensor, row * columns, some * columns, dst, err);
        if (status != RV_OK)
            return status;
        first_row += some;
        row_count -= some;
        dst += some * columns;
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
