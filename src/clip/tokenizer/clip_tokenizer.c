/* SPDX-License-Identifier: MIT */
/* A model's tokenizer: its kind by the model's spec, its files, cleaning, start and end tokens. */
#include "clip/tokenizer/clip_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "clip/tokenizer/clip_bpe.h"
#include "clip/tokenizer/pieces/sentence_encode.h"
#include "clip/tokenizer/pieces/wordpiece.h"
#include "clip/tokenizer/text_clean.h"
#include "clip/tokenizer/tokenizer_files.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)
/* Cleaning lengthens a text by less than this factor (the worst cases are 3: U+FFFD for one bad byte, and NFC
 * of U+1D160). */
#define CLEAN_GROWTH 4

struct Tokenizer {
    TokenizerSpec spec; // with start and end resolved: a number or TOKEN_NONE
    union {             // by spec.kind
        ClipBpe clip;
        SentenceModel sentence;
        WordPiece wordpiece;
    };
};

/* Returns the number of the first of these texts that is a piece, or TOKEN_NONE. */
static int32_t find_symbol(const PieceTable *pieces, const char *first, const char *second)
{
    int32_t number = rv_pieces_find(pieces, first, strlen(first));
    if (number < 0 && second != NULL)
        number = rv_pieces_find(pieces, second, strlen(second));
    return number >= 0 ? number : TOKEN_NONE;
}

/* ---- files --------------------------------------------------------------------------------------------- */

static RvStatus read_json(const char *path, int vocabulary_size, SentenceModel *out, RvError *err)
{
    JsonScan scan;
    RvStatus status = rv_json_scan_open(&scan, path, err);
    if (status == RV_OK)
        status = rv_sentence_read_json(&scan, path, vocabulary_size, out, err);
    rv_json_scan_close(&scan);
    return status;
}

static RvStatus read_proto(const char *path, int vocabulary_size, SentenceModel *out, RvError *err)
{
    Buffer file;
    rv_buffer_init(&file, SENTENCE_FILE_MAX_BYTES);
    RvStatus status = rv_file_read(path, &file, err);
    if (status == RV_OK)
        status = rv_sentence_read_proto(file.bytes, file.size_bytes, path, vocabulary_size, out, err);
    rv_buffer_clear(&file);
    return status;
}

/* The names of a kind's files, the first one that is there counts. */
static const char *const gemma_files[] = {"tokenizer.json", "tokenizer.model", NULL};
static const char *const unigram_files[] = {"sentencepiece.bpe.model", "spiece.model", "tokenizer.model",
                                            "tokenizer.json", NULL};
static const char *const wordpiece_files[] = {"vocab.txt", NULL};

/* Returns the name of the kind's file in the folder, or NULL. */
static const char *find_file(TokenizerKind kind, const char *folder, char path[TOKENIZER_PATH_BYTES])
{
    static const char *const *const files[] = {[TOKENIZER_GEMMA] = gemma_files,
                                               [TOKENIZER_UNIGRAM] = unigram_files,
                                               [TOKENIZER_WORDPIECE] = wordpiece_files};
    const char *const *name = files[kind];
    while (*name != NULL && !rv_tokenizer_file(folder, *name, path))
        name++;
    return *name;
}

static RvStatus open_sentence(Tokenizer *tokenizer, const char *folder, int vocabulary_size, RvError *err)
{
    char path[TOKENIZER_PATH_BYTES];
    bool wants_unigram = tokenizer->spec.kind == TOKENIZER_UNIGRAM;
    const char *name = find_file(tokenizer->spec.kind, folder, path);
    if (name == NULL)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no tokenizer beside the weights; wanted %s", folder,
                            wants_unigram
                                ? "sentencepiece.bpe.model, spiece.model, tokenizer.model or tokenizer.json"
                                : "tokenizer.json or tokenizer.model");
    bool is_json = strcmp(name, "tokenizer.json") == 0;
    RvStatus status = is_json ? read_json(path, vocabulary_size, &tokenizer->sentence, err)
                              : read_proto(path, vocabulary_size, &tokenizer->sentence, err);
    if (status == RV_OK && tokenizer->sentence.is_unigram != wants_unigram)
        status = rv_error_set(err, RV_ERROR_MISMATCH,
                              "%s: is a %s vocabulary, this model wants %s; take both from one model", path,
                              wants_unigram ? "BPE" : "unigram", wants_unigram ? "unigram" : "BPE");
    return status;
}

static RvStatus open_wordpiece(Tokenizer *tokenizer, const char *folder, int vocabulary_size, RvError *err)
{
    char path[TOKENIZER_PATH_BYTES];
    if (find_file(TOKENIZER_WORDPIECE, folder, path) == NULL)
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no tokenizer beside the weights; wanted vocab.txt",
                            folder);
    Buffer file;
    rv_buffer_init(&file, VOCABULARY_MAX_BYTES);
    RvStatus status = rv_file_read(path, &file, err);
    if (status == RV_OK)
        status = rv_wordpiece_read((const char *)file.bytes, file.size_bytes, path, vocabulary_size,
                                   &tokenizer->wordpiece, err);
    rv_buffer_clear(&file);
    return status;
}

static RvStatus open_clip(Tokenizer *tokenizer, const char *checkpoint_path, int vocabulary_size,
                          const RvLog *log, RvError *err)
{
    VocabularyPaths paths;
    RvStatus status = rv_clip_bpe_open(checkpoint_path, vocabulary_size, log, &tokenizer->clip, err);
    if (status == RV_OK)
        status = rv_vocabulary_find(checkpoint_path, &paths, err);
    return status == RV_OK ? rv_vocabulary_check_fit(&tokenizer->clip.vocabulary, paths.path,
                                                     tokenizer->spec.told_end, vocabulary_size, err)
                           : status;
}

static RvStatus open_kind(Tokenizer *tokenizer, const char *checkpoint_path, int vocabulary_size,
                          const RvLog *log, RvError *err)
{
    char folder[TOKENIZER_PATH_BYTES];
    TokenizerKind kind = tokenizer->spec.kind;
    if (kind == TOKENIZER_CLIP)
        return open_clip(tokenizer, checkpoint_path, vocabulary_size, log, err);
    RvStatus status = rv_tokenizer_folder(checkpoint_path, folder, NULL, err);
    if (status != RV_OK)
        return status;
    return kind == TOKENIZER_WORDPIECE ? open_wordpiece(tokenizer, folder, vocabulary_size, err)
                                       : open_sentence(tokenizer, folder, vocabulary_size, err);
}

/* ---- start and end ------------------------------------------------------------------------------------- */

static int32_t own_start(const Tokenizer *tokenizer)
{
    switch (tokenizer->spec.kind) {
    case TOKENIZER_CLIP:
        return tokenizer->clip.vocabulary.start_token;
    case TOKENIZER_WORDPIECE:
        return tokenizer->wordpiece.start;
    case TOKENIZER_UNIGRAM:
        return find_symbol(&tokenizer->sentence.pieces, "<s>", NULL);
    case TOKENIZER_GEMMA:
        break;
    }
    return TOKEN_NONE;
}

static int32_t own_end(const Tokenizer *tokenizer)
{
    switch (tokenizer->spec.kind) {
    case TOKENIZER_CLIP:
        return tokenizer->clip.vocabulary.end_token;
    case TOKENIZER_WORDPIECE:
        return tokenizer->wordpiece.end;
    case TOKENIZER_UNIGRAM:
        return find_symbol(&tokenizer->sentence.pieces, "</s>", "<eos>");
    case TOKENIZER_GEMMA:
        break;
    }
    return find_symbol(&tokenizer->sentence.pieces, "<eos>", "</s>");
}

static RvStatus resolve_ends(Tokenizer *tokenizer, const char *checkpoint_path, int vocabulary_size,
                             RvError *err)
{
    TokenizerSpec *spec = &tokenizer->spec;
    bool own = spec->end == TOKEN_OF_KIND;
    if (spec->start == TOKEN_OF_KIND)
        spec->start = own_start(tokenizer);
    if (own)
        spec->end = own_end(tokenizer);
    if (own && spec->end == TOKEN_NONE)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: the tokenizer has no end token", checkpoint_path);
    if (spec->start >= vocabulary_size || spec->end >= vocabulary_size)
        return rv_error_set(
            err, RV_ERROR_MISMATCH, "%s: start or end token %d, the model knows %d; take both from one model",
            checkpoint_path, (int)(spec->start > spec->end ? spec->start : spec->end), vocabulary_size);
    return RV_OK;
}

/* ---- the front ----------------------------------------------------------------------------------------- */

RvStatus rv_tokenizer_open(const char *checkpoint_path, const TokenizerSpec *spec, int vocabulary_size,
                           const RvLog *log, Tokenizer **out, RvError *err)
{
    static const TokenizerSpec clip = {.start = TOKEN_OF_KIND, .end = TOKEN_OF_KIND};
    *out = NULL;
    Tokenizer *tokenizer = rv_mem_alloc(1, sizeof *tokenizer, err);
    if (tokenizer == NULL)
        return RV_ERROR_MEMORY;
    tokenizer->spec = spec != NULL ? *spec : clip;
    RvStatus status = open_kind(tokenizer, checkpoint_path, vocabulary_size, log, err);
    if (status == RV_OK)
        status = resolve_ends(tokenizer, checkpoint_path, vocabulary_size, err);
    if (status != RV_OK)
        rv_tokenizer_close(tokenizer);
    else
        *out = tokenizer;
    return status;
}

void rv_tokenizer_close(Tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    if (tokenizer->spec.kind == TOKENIZER_CLIP)
        rv_clip_bpe_clear(&tokenizer->clip);
    else if (tokenizer->spec.kind == TOKENIZER_WORDPIECE)
        rv_wordpiece_clear(&tokenizer->wordpiece);
    else
        rv_sentence_clear(&tokenizer->sentence);
    free(tokenizer);
}

static RvStatus encode_clean(const Tokenizer *tokenizer, const Buffer *text, TokenList *list, RvError *err)
{
    const uint8_t *bytes = text->bytes;
    size_t size_bytes = text->size_bytes;
    if (size_bytes == 0)
        return RV_OK;
    switch (tokenizer->spec.kind) {
    case TOKENIZER_CLIP:
        return rv_clip_bpe_encode(&tokenizer->clip, bytes, size_bytes, list, err);
    case TOKENIZER_WORDPIECE:
        return rv_wordpiece_encode(&tokenizer->wordpiece, bytes, size_bytes, list, err);
    case TOKENIZER_GEMMA:
    case TOKENIZER_UNIGRAM:
        break;
    }
    return rv_sentence_encode(&tokenizer->sentence, bytes, size_bytes, list, err);
}

static RvStatus encode(const Tokenizer *tokenizer, const char *text, size_t size_bytes, TokenList *list,
                       RvError *err)
{
    const TokenizerSpec *spec = &tokenizer->spec;
    Buffer clean;
    rv_buffer_init(&clean, CLEAN_GROWTH * TEXT_MAX_BYTES);
    RvStatus status = spec->kind == TOKENIZER_CLIP
                          ? rv_text_clean(text, size_bytes, &clean, err)
                          : rv_text_clean_as(spec->cleaning, text, size_bytes, &clean, err);
    if (status == RV_OK && spec->start >= 0)
        status = rv_token_list_add(list, spec->start, err);
    if (status == RV_OK)
        status = encode_clean(tokenizer, &clean, list, err);
    if (status == RV_OK && spec->end >= 0)
        status = rv_token_list_add(list, spec->end, err);
    rv_buffer_clear(&clean);
    return status;
}

RvStatus rv_tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t size_bytes,
                             int32_t **tokens, size_t *token_count, RvError *err)
{
    *tokens = NULL;
    *token_count = 0;
    if (size_bytes > TEXT_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a text of %zu bytes; reelvec takes %zu", size_bytes,
                            TEXT_MAX_BYTES);
    TokenList list = {0};
    RvStatus status = encode(tokenizer, text, size_bytes, &list, err);
    if (status == RV_OK && list.tokens == NULL) { // nothing, but not NULL
        list.tokens = rv_mem_alloc(1, sizeof *list.tokens, err);
        status = list.tokens != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status != RV_OK) {
        free(list.tokens);
        return status;
    }
    *tokens = list.tokens;
    *token_count = list.count;
    return RV_OK;
}

/* Append text whose bytes may be parts of characters. */
static RvStatus append_readable(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        uint32_t code;
        char byte[8];
        size_t length = rv_utf8_read(text + at, size_bytes - at, &code);
        if (code != RV_UTF8_BAD && code != 0) {
            status = rv_buffer_append(out, text + at, length, err);
            at += length;
            continue;
        }
        snprintf(byte, sizeof byte, "<0x%02X>", (unsigned)text[at++]);
        status = rv_buffer_append(out, byte, strlen(byte), err);
    }
    return status;
}

RvStatus rv_tokenizer_piece(const Tokenizer *tokenizer, int32_t token, Buffer *out, RvError *err)
{
    size_t size_bytes = 0;
    if (tokenizer->spec.kind == TOKENIZER_CLIP) {
        Buffer piece;
        rv_buffer_init(&piece, TEXT_MAX_BYTES);
        RvStatus status = rv_clip_bpe_piece(&tokenizer->clip, token, &piece, err);
        if (status == RV_OK)
            status = append_readable(piece.bytes, piece.size_bytes, out, err);
        rv_buffer_clear(&piece);
        return status;
    }
    const uint8_t *text = tokenizer->spec.kind == TOKENIZER_WORDPIECE
                              ? rv_pieces_text(&tokenizer->wordpiece.pieces, token, &size_bytes)
                              : rv_pieces_text(&tokenizer->sentence.pieces, token, &size_bytes);
    return text != NULL ? append_readable(text, size_bytes, out, err) : RV_OK;
}

/* ---- digests ------------------------------------------------------------------------------------------- */

/* Opening refuses larger files, which would take long to hash. */
static bool is_too_large(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && (uint64_t)facts.st_size > JSON_SCAN_MAX_BYTES;
}

/* CLIP's vocabulary by its content. Reading takes longer than looking up what it gave the last time for the same
 * files. */
static RvStatus digest_clip(const char *checkpoint_path, const TokenizerSpec *spec, int vocabulary_size,
                            char hex[65], RvError *err)
{
    VocabularyPaths files;
    char key[256], one[65] = "", other[65] = "";
    Tokenizer *tokenizer = NULL;
    RvError cause = {0};
    if (rv_vocabulary_find(checkpoint_path, &files, NULL) != RV_OK || is_too_large(files.path) ||
        is_too_large(files.merges_path) || rv_checksum_cached(files.path, one, NULL) != RV_OK ||
        (files.merges_path[0] != '\0' && rv_checksum_cached(files.merges_path, other, NULL) != RV_OK))
        return RV_OK;
    snprintf(key, sizeof key, "clip-vocabulary-1 %d %d %s%s%s", vocabulary_size, (int)spec->told_end,
             files.is_gz ? "gz" : one, files.is_gz ? one : "", other);
    if (rv_checksum_recall(key, hex))
        return RV_OK;
    RvStatus status = rv_tokenizer_open(checkpoint_path, spec, vocabulary_size, NULL, &tokenizer, &cause);
    if (status == RV_OK)
        status = rv_vocabulary_sha256(&tokenizer->clip.vocabulary, hex, &cause);
    if (status == RV_OK)
        rv_checksum_remember(key, hex);
    else
        hex[0] = '\0';
    rv_tokenizer_close(tokenizer);
    return status == RV_ERROR_MEMORY ? rv_error_set(err, status, "%s", cause.message) : RV_OK;
}

RvStatus rv_tokenizer_sha256(const char *checkpoint_path, const TokenizerSpec *spec, int vocabulary_size,
                             char hex[65], RvError *err)
{
    char folder[TOKENIZER_PATH_BYTES], path[TOKENIZER_PATH_BYTES];
    hex[0] = '\0';
    if (spec->kind == TOKENIZER_CLIP)
        return digest_clip(checkpoint_path, spec, vocabulary_size, hex, err);
    if (rv_tokenizer_folder(checkpoint_path, folder, NULL, NULL) != RV_OK ||
        find_file(spec->kind, folder, path) == NULL || is_too_large(path))
        return RV_OK;
    return rv_checksum_cached(path, hex, err);
}

size_t rv_tokenizer_cut(const Tokenizer *tokenizer, int32_t *tokens, size_t token_count,
                        size_t context_length)
{
    if (token_count <= context_length)
        return token_count;
    if (tokenizer->spec.end >= 0)
        tokens[context_length - 1] = tokenizer->spec.end;
    return context_length;
}
