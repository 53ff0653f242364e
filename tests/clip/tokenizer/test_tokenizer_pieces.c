/* SPDX-License-Identifier: MIT */
/* Tests of rv_tokenizer_piece in clip/tokenizer/clip_tokenizer.c: the texts of tokens, for every kind of vocabulary. */
#include "clip_support.h"

#include <unistd.h>

#include "clip/tokenizer/clip_bpe.h"
#include "clip/tokenizer/clip_tokenizer.h"

typedef struct Kind {
    TokenizerSpec spec;
    const char *golden, *name; // a file of ../shared, and what it is called beside weights
    int vocabulary_size;
} Kind;

static const Kind clip = {{TOKENIZER_CLIP, TEXT_CLEAN_KIND, TOKEN_OF_KIND, TOKEN_OF_KIND},
                          "golden/bpe_simple_vocab_16e6.txt.gz",
                          "bpe_simple_vocab_16e6.txt.gz",
                          49408};
static const Kind gemma_json = {{TOKENIZER_GEMMA, TEXT_CLEAN_LOWER, TOKEN_NONE, TOKEN_OF_KIND},
                                "golden_models/small_bpe.tokenizer.json",
                                "tokenizer.json",
                                2000};
static const Kind gemma_proto = {{TOKENIZER_GEMMA, TEXT_CLEAN_LOWER, TOKEN_NONE, TOKEN_OF_KIND},
                                 "golden_models/small_bpe.model",
                                 "tokenizer.model",
                                 2000};
static const Kind unigram = {{TOKENIZER_UNIGRAM, TEXT_CLEAN_WHITESPACE, TOKEN_OF_KIND, TOKEN_OF_KIND},
                             "golden_models/small_unigram.model",
                             "sentencepiece.bpe.model",
                             1202};
static const Kind wordpiece = {{TOKENIZER_WORDPIECE, TEXT_CLEAN_KIND, TOKEN_OF_KIND, TOKEN_OF_KIND},
                               "golden_models/vocab.txt",
                               "vocab.txt",
                               21128};

/* Skips where the shared folder lacks the file. */
static Tokenizer *open_kind(const Kind *kind)
{
    static unsigned made;
    char folder[4000], path[4096], target[4200], name[64];
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    require_golden(kind->golden);
    assert_true(shared_path(kind->golden, path, sizeof path));
    snprintf(name, sizeof name, "token-pieces-%u", made++);
    build_path(name, folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(target, sizeof target, "%s/%s", folder, kind->name);
    unlink(target);
    assert_int_equal(symlink(path, target), 0);
    assert_ok(rv_tokenizer_open(folder, &kind->spec, kind->vocabulary_size, NULL, &tokenizer, &err), err);
    return tokenizer;
}

/* The pieces of a text with a bar between them. */
static void join_pieces(const Tokenizer *tokenizer, const char *text, Buffer *out)
{
    int32_t *tokens = NULL;
    size_t count = 0;
    RvError err = {0};
    assert_ok(rv_tokenizer_encode(tokenizer, text, strlen(text), &tokens, &count, &err), err);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            assert_ok(rv_buffer_append(out, "|", 1, &err), err);
        assert_ok(rv_tokenizer_piece(tokenizer, tokens[i], out, &err), err);
    }
    free(tokens);
}

static void tokenizer_piece_shows_how_a_text_is_cut(void **state)
{
    static const struct {
        const Kind *kind;
        const char *text, *pieces;
    } cases[] = {
        {&clip, "A photo of cats, cafés",
         "<|startoftext|>|a</w>|photo</w>|of</w>|cats</w>|,</w>|caf|és</w>|<|endoftext|>"},
        {&clip, "猫", "<|startoftext|>|<0xE7>|<0x8C>|<0xAB></w>|<|endoftext|>"},
        {&clip, "", "<|startoftext|>|<|endoftext|>"},
        {&gemma_json, "Ein Hund", "ein|▁h|und|<eos>"},
        {&gemma_proto, "Ein Hund", "ein|▁h|und|<eos>"},
        {&gemma_json, "𠮷 <eos>", "<0xF0>|<0xA0>|<0xAE>|<0xB7>|▁|<eos>|<eos>"},
        {&unigram, "Ein Hund am Strand", "<s>|▁|<unk>|i|n|▁Hund|▁a|m|▁Strand|</s>"},
        {&unigram, "看 猫", "<s>|▁|<unk>|▁|猫|</s>"},
        {&wordpiece, "Hunde am Strand", "[CLS]|hu|##nd|##e|am|st|##ran|##d|[SEP]"},
        {&wordpiece, "一只猫在看 café 𠮷", "[CLS]|一|只|猫|在|看|cafe|[UNK]|[SEP]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Tokenizer *tokenizer = open_kind(cases[i].kind);
        Buffer found;
        rv_buffer_init(&found, 4096);
        join_pieces(tokenizer, cases[i].text, &found);
        if (strcmp((const char *)found.bytes, cases[i].pieces) != 0)
            fail_msg("%s: %s", cases[i].text, (const char *)found.bytes);
        rv_buffer_clear(&found);
        rv_tokenizer_close(tokenizer);
    }
}

/* Every token below the size of the vocabulary can be shown, and what is none is empty. */
static void tokenizer_piece_takes_any_number(void **state)
{
    const Kind *const kinds[] = {&clip, &gemma_json, &gemma_proto, &unigram, &wordpiece};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Tokenizer *tokenizer = open_kind(kinds[i]);
        const int32_t none[] = {-1, INT32_MIN, INT32_MAX, kinds[i]->vocabulary_size};
        const int32_t step = kinds[i] == &clip ? 499 : 1; // of CLIP each takes some milliseconds
        size_t empty = 0;
        Buffer piece;
        RvError err = {0};
        rv_buffer_init(&piece, 8192);
        for (int32_t token = 0; token < kinds[i]->vocabulary_size; token += step) {
            rv_buffer_reset(&piece);
            assert_ok(rv_tokenizer_piece(tokenizer, token, &piece, &err), err);
            empty += piece.size_bytes == 0;
        }
        assert_in_range(empty, 0, kinds[i] == &wordpiece ? 2 : 0); // two lines of its file are white space
        rv_buffer_reset(&piece);
        for (size_t k = 0; k < sizeof none / sizeof none[0]; k++)
            assert_ok(rv_tokenizer_piece(tokenizer, none[k], &piece, &err), err);
        assert_int_equal(piece.size_bytes, 0);
        rv_buffer_clear(&piece);
        rv_tokenizer_close(tokenizer);
    }
}

/* Of a vocabulary in which a token is a merge of itself. */
static void clip_bpe_piece_ends_with_a_merge_of_itself(void **state)
{
    static const struct {
        int32_t left, right;
    } merges[] = {{1, 2}, {2, 1}, {1, 1}, {3, 1}, {1, 3}}; // 3 stands for nothing
    for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
        ClipBpe bpe = {0};
        Buffer piece;
        RvError err = {0};
        rv_buffer_init(&piece, 8192);
        assert_ok(rv_bpe_init(&bpe.vocabulary.merges, 1, &err), err);
        bpe.vocabulary.byte_tokens['a'] = 2;
        rv_bpe_add(&bpe.vocabulary.merges, merges[i].left, merges[i].right, 1);
        assert_int_equal(rv_clip_bpe_piece(&bpe, 1, &piece, &err), RV_ERROR_MEMORY);
        assert_non_null(strstr(err.message, "token 1 is longer than 1024 bytes"));
        rv_bpe_clear(&bpe.vocabulary.merges);
        rv_buffer_clear(&piece);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokenizer_piece_shows_how_a_text_is_cut),
        cmocka_unit_test(tokenizer_piece_takes_any_number),
        cmocka_unit_test(clip_bpe_piece_ends_with_a_merge_of_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
