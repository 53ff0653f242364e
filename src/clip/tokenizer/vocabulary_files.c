/* SPDX-License-Identifier: MIT */
/* Finding the vocabulary files beside a checkpoint. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "clip/checkpoint/json_file.h"
#include "clip/tokenizer/tokenizer_files.h"
#include "clip/tokenizer/vocabulary.h"

static const char gz_name[] = "bpe_simple_vocab_16e6.txt.gz";

static RvStatus open_pair(const char *vocab_path, const char *merges_path, int vocabulary_size,
                          Vocabulary *out, RvError *err)
{
    Buffer json, merges;
    rv_buffer_init(&json, VOCABULARY_MAX_BYTES);
    rv_buffer_init(&merges, VOCABULARY_MAX_BYTES);
    RvStatus status = rv_file_read(vocab_path, &json, err);
    if (status == RV_OK)
        status = rv_file_read(merges_path, &merges, err);
    if (status == RV_OK)
        status =
            rv_vocabulary_read_pair((const char *)json.bytes, json.size_bytes, (const char *)merges.bytes,
                                    merges.size_bytes, vocab_path, merges_path, vocabulary_size, out, err);
    rv_buffer_clear(&json);
    rv_buffer_clear(&merges);
    return status;
}

static RvStatus open_one(const char *path, bool is_gz, int vocabulary_size, Vocabulary *out, RvError *err)
{
    Buffer file;
    rv_buffer_init(&file, VOCABULARY_MAX_BYTES);
    RvStatus status = rv_file_read(path, &file, err);
    if (status == RV_OK && is_gz)
        status = rv_vocabulary_read_gz(file.bytes, file.size_bytes, path, vocabulary_size, out, err);
    else if (status == RV_OK)
        status = rv_vocabulary_read_tokenizer_json((const char *)file.bytes, file.size_bytes, path,
                                                   vocabulary_size, out, err);
    rv_buffer_clear(&file);
    return status;
}

/* Log tokens that were added to the vocabulary. Their texts are not recognised, so they are split like any
 * other text. */
static void warn_of_added(const char *folder, const Vocabulary *vocabulary, const RvLog *log)
{
    char path[4096];
    json_t *json = NULL, *entry = NULL;
    const char *symbol = NULL, *first = vocabulary->added_token;
    size_t count = vocabulary->added_count;
    if (rv_tokenizer_file(folder, "added_tokens.json", path) &&
        rv_json_file_read(path, VOCABULARY_MAX_BYTES, &json, NULL) == RV_OK) {
        json_object_foreach(json, symbol, entry)
        {
            if (!rv_vocabulary_is_basic(symbol) && count++ == 0)
                first = symbol;
        }
    }
    if (count > 0)
        rv_log_line(
            log, RV_LOG_WARNING,
            "%s: %zu tokens were added to the vocabulary (\"%.60s\"%s); reelvec does not look for them in "
            "texts, which then get other tokens",
            folder, count, first, count > 1 ? ", ..." : "");
    json_decref(json);
}

/* In a folder, the files of Hugging Face and open_clip come first. Beside a file, OpenAI's vocabulary comes
 * first, because it belongs to OpenAI's .pt files. */
static RvStatus find_beside(const char *folder, bool openai_first, VocabularyPaths *out, RvError *err)
{
    out->is_gz = openai_first && rv_tokenizer_file(folder, gz_name, out->path);
    if (out->is_gz)
        return RV_OK;
    if (rv_tokenizer_file(folder, "merges.txt", out->merges_path) &&
        rv_tokenizer_file(folder, "vocab.json", out->path))
        return RV_OK;
    out->merges_path[0] = '\0';
    if (rv_tokenizer_file(folder, "tokenizer.json", out->path))
        return RV_OK;
    out->is_gz = rv_tokenizer_file(folder, gz_name, out->path);
    if (out->is_gz)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_NOT_FOUND,
                        "%s: no vocabulary beside the weights; wanted vocab.json and merges.txt, "
                        "tokenizer.json, or OpenAI's %s",
                        folder, gz_name);
}

RvStatus rv_vocabulary_find(const char *checkpoint_path, VocabularyPaths *out, RvError *err)
{
    char folder[TOKENIZER_PATH_BYTES];
    bool is_folder;
    *out = (VocabularyPaths){0};
    RvStatus status = rv_tokenizer_folder(checkpoint_path, folder, &is_folder, err);
    return status == RV_OK ? find_beside(folder, !is_folder, out, err) : status;
}

RvStatus rv_vocabulary_open(const char *checkpoint_path, int vocabulary_size, const RvLog *log,
                            Vocabulary *out, RvError *err)
{
    *out = (Vocabulary){0};
    VocabularyPaths files;
    char folder[TOKENIZER_PATH_BYTES];
    RvStatus status = rv_vocabulary_find(checkpoint_path, &files, err);
    if (status == RV_OK)
        status = rv_tokenizer_folder(checkpoint_path, folder, NULL, err);
    if (status != RV_OK)
        return status;
    status = files.merges_path[0] != '\0'
                 ? open_pair(files.path, files.merges_path, vocabulary_size, out, err)
                 : open_one(files.path, files.is_gz, vocabulary_size, out, err);
    if (status == RV_OK)
        warn_of_added(folder, out, log);
    return status;
}
