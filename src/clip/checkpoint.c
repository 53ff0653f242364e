/* SPDX-License-Identifier: MIT */
/* A CLIP checkpoint of any known format: its configuration and its tensors under OpenAI's names. */
#include "clip/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint_config.h"
#include "clip/checkpoint_files.h"
#include "clip/tensor_names.h"
#include "clip/torch_archive.h"

struct Checkpoint {
    char *path;
    const char *format;
    ClipConfig config;
    WeightFiles files;
    bool hugging_face_names;
    bool text_prefix; // open_clip's custom text towers put "text." before the names of the text tower
};

/* ---- opening ------------------------------------------------------------------------------------------- */

static void detect_names(Checkpoint *checkpoint)
{
    const TensorTable *tensors = &checkpoint->files.tensors;
    checkpoint->hugging_face_names =
        rv_tensor_table_find(tensors, "visual.conv1.weight") == NULL &&
        rv_tensor_table_find(tensors, "vision_model.embeddings.class_embedding") != NULL;
    checkpoint->text_prefix = rv_tensor_table_find(tensors, "token_embedding.weight") == NULL &&
                              rv_tensor_table_find(tensors, "text.token_embedding.weight") != NULL;
}

static RvStatus open_bare(Checkpoint *checkpoint, const RvLog *log, RvError *err)
{
    const char *path = checkpoint->path;
    if (checkpoint->hugging_face_names)
        return rv_error_set(err, RV_ERROR_NOT_FOUND,
                            "%s/config.json: not there, and the weights need it; fetch it too", path);
    if (checkpoint->text_prefix)
        return rv_error_set(err, RV_ERROR_NOT_FOUND,
                            "%s/open_clip_config.json: not there, and the weights need it; fetch it too",
                            path);
    rv_log_line(log, RV_LOG_WARNING, "%s: no configuration; taken as one of OpenAI's models (QuickGELU)",
                path);
    checkpoint->format = "open_clip";
    return rv_config_from_shapes(&checkpoint->files.tensors, checkpoint->files.items[0].path,
                                 &checkpoint->config, err);
}

static RvStatus open_folder(Checkpoint *checkpoint, const RvLog *log, RvError *err)
{
    FolderKind kind;
    const char *weights = NULL;
    RvStatus status = rv_weight_files_find(checkpoint->path, &kind, &weights, err);
    if (status != RV_OK)
        return status;
    // The configuration first: it is small, and tells what the folder is if it is not CLIP.
    if (kind == FOLDER_HUGGING_FACE) {
        checkpoint->format = "huggingface";
        status = rv_config_hugging_face(checkpoint->path, log, &checkpoint->config, err);
    } else if (kind == FOLDER_OPEN_CLIP) {
        checkpoint->format = "open_clip";
        status = rv_config_open_clip(checkpoint->path, log, &checkpoint->config, err);
    }
    if (status == RV_OK)
        status = rv_weight_files_open_folder(checkpoint->path, weights, &checkpoint->files, err);
    if (status != RV_OK)
        return status;
    detect_names(checkpoint);
    return kind == FOLDER_BARE ? open_bare(checkpoint, log, err) : RV_OK;
}

static RvStatus open_file(Checkpoint *checkpoint, RvError *err)
{
    const char *path = checkpoint->path;
    MappedFile file;
    RvStatus status = rv_file_map(path, &file, err);
    if (status != RV_OK)
        return status;
    bool is_zip = rv_torch_archive_looks_like(file.bytes, file.size_bytes);
    bool is_pickle = file.size_bytes > 2 && file.bytes[0] == 0x80 && file.bytes[1] <= 5;
    rv_file_unmap(&file);
    if (is_pickle)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: PyTorch's old format, without an archive; load it in Python and torch.save it again", path);
    size_t length = strlen(path);
    if (!is_zip && length > 12 && strcmp(path + length - 12, ".safetensors") == 0)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: name the folder that holds it, with its configuration", path);
    if (!is_zip)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: not a checkpoint; wanted a Hugging Face or open_clip folder, or OpenAI's .pt file", path);
    checkpoint->format = "openai-torchscript";
    status = rv_weight_files_open_archive(path, &checkpoint->files, err);
    if (status != RV_OK)
        return status;
    detect_names(checkpoint);
    return rv_config_from_shapes(&checkpoint->files.tensors, path, &checkpoint->config, err);
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
        // "folder/" and "folder" are one.
        for (size_t end = strlen(checkpoint->path); is_folder && end > 1 && checkpoint->path[end - 1] == '/';
             end--)
            checkpoint->path[end - 1] = '\0';
        status = is_folder ? open_folder(checkpoint, log, err) : open_file(checkpoint, err);
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

/* Where a tensor of OpenAI's name is found in this checkpoint. */
static void find_pieces(const Checkpoint *checkpoint, const char *name, TensorPieces *out)
{
    if (checkpoint->hugging_face_names && rv_tensor_names_hugging_face(name, out))
        return;
    bool prefix = checkpoint->text_prefix && strncmp(name, "visual.", 7) != 0;
    *out = (TensorPieces){.count = 1};
    snprintf(out->names[0], TENSOR_NAME_MAX, "%s%s", prefix ? "text." : "", name);
}

/* The shape that each piece must have: the whole's, divided along the first axis, or turned round. */
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
    find_pieces(checkpoint, name, &pieces);
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
    find_pieces(checkpoint, name, &pieces);
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
    find_pieces(checkpoint, name, &pieces);
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
    find_pieces(checkpoint, name, &pieces);
    const NamedTensor *found = rv_tensor_table_find(&checkpoint->files.tensors, pieces.names[0]);
    return pieces.count == 1 && !pieces.transposed && found != NULL && found->fault == NULL ? &found->tensor
                                                                                            : NULL;
}
