/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/clip_tokenizer.c with the kinds of the newer families, against the originals' tokens. */
#include "clip_support.h"

#include <time.h>
#include <unistd.h>

#include "clip/tokenizer/clip_tokenizer.h"

#define MODELS "golden_models/"

static const TokenizerSpec gemma_lower = {TOKENIZER_GEMMA, TEXT_CLEAN_LOWER, TOKEN_NONE, TOKEN_NONE};
static const TokenizerSpec gemma_canonical = {TOKENIZER_GEMMA, TEXT_CLEAN_CANONICALIZE, TOKEN_NONE,
                                              TOKEN_NONE};
static const TokenizerSpec siglip2 = {TOKENIZER_GEMMA, TEXT_CLEAN_LOWER, TOKEN_NONE, TOKEN_OF_KIND};
static const TokenizerSpec xlmr = {TOKENIZER_UNIGRAM, TEXT_CLEAN_KIND, TOKEN_OF_KIND, TOKEN_OF_KIND};
static const TokenizerSpec open_clip_xlmr = {TOKENIZER_UNIGRAM, TEXT_CLEAN_WHITESPACE, TOKEN_OF_KIND,
                                             TOKEN_OF_KIND};
static const TokenizerSpec chinese = {TOKENIZER_WORDPIECE, TEXT_CLEAN_KIND, TOKEN_OF_KIND, TOKEN_OF_KIND};

/* A folder of the build that holds nothing but this text as a file of this name. */
static void make_folder(const char *name, const char *file, const void *bytes, size_t size_bytes,
                        char folder[4096])
{
    static const char *const all[] = {"tokenizer.json", "tokenizer.model", "sentencepiece.bpe.model",
                                      "spiece.model", "vocab.txt"};
    char path[4200];
    RvError err = {0};
    build_path(name, folder, 4096);
    assert_ok(rv_file_make_folders(folder, &err), err);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, all[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size_bytes, out), size_bytes);
    assert_int_equal(fclose(out), 0);
}

/* The same with a golden file of another name. */
static void copy_golden(const char *name, const char *golden, const char *file, char folder[4096])
{
    char path[4096];
    Buffer bytes;
    assert_true(shared_path(golden, path, sizeof path));
    read_scratch(path, &bytes);
    make_folder(name, file, bytes.bytes, bytes.size_bytes, folder);
    rv_buffer_clear(&bytes);
}

static Tokenizer *open_tokenizer(const char *path, const TokenizerSpec *spec, int vocabulary_size)
{
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    assert_ok(rv_tokenizer_open(path, spec, vocabulary_size, NULL, &tokenizer, &err), err);
    return tokenizer;
}

/* Returns how many rows of a golden file differ, and shows the first few. */
static size_t count_differences(const Tokenizer *tokenizer, const char *golden, const char *member,
                                size_t wanted_rows)
{
    json_t *rows = load_golden(golden), *row;
    size_t i, differences = 0;
    assert_int_equal(json_array_size(rows), wanted_rows);
    json_array_foreach(rows, i, row)
    {
        const json_t *text = json_object_get(row, "text"), *wanted = json_object_get(row, member);
        int32_t *tokens = NULL;
        size_t count = 0;
        RvError err = {0};
        assert_ok(rv_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text), &tokens,
                                      &count, &err),
                  err);
        bool same = count == json_array_size(wanted);
        for (size_t k = 0; k < count && same; k++)
            same = tokens[k] == json_integer_value(json_array_get(wanted, k));
        if (!same && differences++ < 5) {
            print_message("row %zu of %s: %s\n", i, golden, json_string_value(text));
            for (size_t k = 0; k < count; k++)
                print_message("%d ", (int)tokens[k]);
            print_message("\n");
        }
        free(tokens);
    }
    json_decref(rows);
    return differences;
}

static void tokenizer_equals_sentencepiece_bpe(void **state)
{
    char folder[4096];
    require_golden(MODELS "small_bpe.model");
    copy_golden("tokens-small-bpe-model", MODELS "small_bpe.model", "tokenizer.model", folder);
    Tokenizer *tokenizer = open_tokenizer(folder, &gemma_lower, 2000);
    assert_int_equal(count_differences(tokenizer, MODELS "tokens_small_bpe.json", "tokens", 500), 0);
    rv_tokenizer_close(tokenizer);
}

/* tokenizer.json takes "<eos>" and the like inside a text as those tokens, which SentencePiece does not: the rows with
 * such texts are different on purpose. */
static void tokenizer_equals_sentencepiece_bpe_from_json(void **state)
{
    char folder[4096];
    require_golden(MODELS "small_bpe.tokenizer.json");
    copy_golden("tokens-small-bpe-json", MODELS "small_bpe.tokenizer.json", "tokenizer.json", folder);
    Tokenizer *tokenizer = open_tokenizer(folder, &gemma_lower, 2000);
    assert_int_equal(count_differences(tokenizer, MODELS "tokens_small_bpe.json", "tokens", 500), 2);
    rv_tokenizer_close(tokenizer);
}

static void tokenizer_equals_sentencepiece_unigram(void **state)
{
    static const char *const files[][2] = {{"small_unigram.model", "sentencepiece.bpe.model"},
                                           {"small_unigram.tokenizer.json", "tokenizer.json"}};
    char folder[4096], golden[256];
    require_golden(MODELS "small_unigram.model");
    for (size_t i = 0; i < 2; i++) {
        snprintf(golden, sizeof golden, MODELS "%s", files[i][0]);
        copy_golden("tokens-small-unigram", golden, files[i][1], folder);
        Tokenizer *tokenizer = open_tokenizer(folder, &xlmr, 1202);
        assert_int_equal(count_differences(tokenizer, MODELS "tokens_small_unigram.json", "tokens", 500), 0);
        rv_tokenizer_close(tokenizer);
    }
}

static void tokenizer_equals_chinese_clip(void **state)
{
    char folder[4096];
    require_golden(MODELS "vocab.txt");
    copy_golden("tokens-chinese", MODELS "vocab.txt", "vocab.txt", folder);
    Tokenizer *tokenizer = open_tokenizer(folder, &chinese, 21128);
    assert_int_equal(count_differences(tokenizer, MODELS "tokens_chinese.json", "tokens", 300), 0);
    rv_tokenizer_close(tokenizer);
}

/* The rows of golden files are padded, which the text tower does itself. */
typedef struct GoldenRow {
    size_t context_length;
    int32_t pad_token;
} GoldenRow;

/* Compare the rows of a golden file of embeddings with those of the tokenizer. */
static void check_rows(const Tokenizer *tokenizer, GoldenRow row, const char *golden, const char *model)
{
    json_t *file = load_golden(golden), *text;
    const json_t *texts = json_object_get(json_object_get(json_object_get(file, "models"), model), "texts");
    size_t i;
    assert_true(json_array_size(texts) > 1);
    json_array_foreach(texts, i, text)
    {
        const json_t *words = json_object_get(text, "text"), *wanted = json_object_get(text, "tokens");
        RvError err = {0};
        int32_t *tokens = NULL;
        size_t count = 0;
        assert_ok(rv_tokenizer_encode(tokenizer, json_string_value(words), json_string_length(words), &tokens,
                                      &count, &err),
                  err);
        count = rv_tokenizer_cut(tokenizer, tokens, count, row.context_length);
        assert_true(count <= json_array_size(wanted));
        for (size_t k = 0; k < json_array_size(wanted); k++)
            assert_int_equal(k < count ? tokens[k] : row.pad_token,
                             json_integer_value(json_array_get(wanted, k)));
        free(tokens);
    }
    json_decref(file);
}

/* Gemma's own vocabulary of 256,000 pieces, which is not stored: REELVEC_TEST_GEMMA names the folder of its
 * tokenizer.json. */
static void tokenizer_equals_gemma(void **state)
{
    const char *path = getenv("REELVEC_TEST_GEMMA");
    require_golden(MODELS "tokens_gemma.json");
    if (path == NULL) {
        print_message("REELVEC_TEST_GEMMA names no folder with Gemma's tokenizer.json\n");
        skip();
    }
    clock_t start = clock();
    Tokenizer *tokenizer = open_tokenizer(path, &gemma_lower, 256000);
    print_message("opened in %.0f ms\n", (double)(clock() - start) * 1000 / CLOCKS_PER_SEC);
    assert_int_equal(count_differences(tokenizer, MODELS "tokens_gemma.json", "tokens", 500), 0);
    rv_tokenizer_close(tokenizer);
    tokenizer = open_tokenizer(path, &gemma_canonical, 256000);
    assert_int_equal(count_differences(tokenizer, MODELS "tokens_gemma.json", "tokens_openclip", 500), 0);
    rv_tokenizer_close(tokenizer);
    tokenizer = open_tokenizer(path, &siglip2, 256000);
    check_rows(tokenizer, (GoldenRow){64, 0}, MODELS "golden_siglip2.json", "siglip2-b32/hf");
    rv_tokenizer_close(tokenizer);
}

static void tokenizer_equals_the_golden_rows(void **state)
{
    static const struct {
        const char *golden, *model, *vocabulary, *name;
        const TokenizerSpec *spec;
        int vocabulary_size;
        GoldenRow row;
    } cases[] = {
        {"golden_siglip2.json",
         "siglip2-tiny/hf",
         "small_bpe.tokenizer.json",
         "tokenizer.json",
         &siglip2,
         2000,
         {64, 0}},
        {"golden_siglip2.json",
         "siglip2-tiny/openclip",
         "small_bpe.model",
         "tokenizer.model",
         &siglip2,
         2000,
         {64, 0}},
        {"golden_xlmr.json",
         "xlmr-tiny/openclip",
         "small_unigram.model",
         "sentencepiece.bpe.model",
         &xlmr,
         1202,
         {77, 1}},
        {"golden_xlmr.json",
         "xlmr-tiny/openclip",
         "small_unigram.model",
         "sentencepiece.bpe.model",
         &open_clip_xlmr,
         1202,
         {77, 1}},
        {"golden_chineseclip.json",
         "chineseclip-tiny/hf",
         "vocab.txt",
         "vocab.txt",
         &chinese,
         21128,
         {52, 0}},
        {"golden_chineseclip.json",
         "chineseclip-tiny/ofa",
         "vocab.txt",
         "vocab.txt",
         &chinese,
         21128,
         {52, 0}},
        {"golden_pecore.json",
         "pecore-tiny/facebook",
         "../golden/bpe_simple_vocab_16e6.txt.gz",
         "bpe_simple_vocab_16e6.txt.gz",
         NULL,
         49408,
         {32, 0}},
        {"golden_pecore.json",
         "pecore-g-tiny/openclip",
         "../golden/bpe_simple_vocab_16e6.txt.gz",
         "bpe_simple_vocab_16e6.txt.gz",
         NULL,
         49408,
         {72, 0}},
        {"golden_clip.json",
         "clip-nocausal/openclip",
         "../golden/bpe_simple_vocab_16e6.txt.gz",
         "bpe_simple_vocab_16e6.txt.gz",
         NULL,
         49408,
         {77, 0}},
    };
    require_golden(MODELS "golden_siglip2.json");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[4096], golden[256];
        snprintf(golden, sizeof golden, MODELS "%s", cases[i].vocabulary);
        copy_golden("tokens-rows", golden, cases[i].name, folder);
        Tokenizer *tokenizer = open_tokenizer(folder, cases[i].spec, cases[i].vocabulary_size);
        snprintf(golden, sizeof golden, MODELS "%s", cases[i].golden);
        check_rows(tokenizer, cases[i].row, golden, cases[i].model);
        rv_tokenizer_close(tokenizer);
    }
}

static void tokenizer_cut_keeps_the_end_token(void **state)
{
    char folder[4096];
    require_golden(MODELS "vocab.txt");
    copy_golden("tokens-cut", MODELS "vocab.txt", "vocab.txt", folder);
    for (int adds_end = 0; adds_end < 2; adds_end++) {
        TokenizerSpec spec = chinese;
        spec.end = adds_end ? TOKEN_OF_KIND : TOKEN_NONE;
        Tokenizer *tokenizer = open_tokenizer(folder, &spec, 21128);
        int32_t *tokens = NULL;
        size_t count = 0;
        RvError err = {0};
        assert_ok(rv_tokenizer_encode(tokenizer, "a b c d", 7, &tokens, &count, &err), err);
        assert_int_equal(count, adds_end ? 6 : 5);
        int32_t fourth = tokens[3];
        assert_int_equal(rv_tokenizer_cut(tokenizer, tokens, count, count), count);
        assert_int_equal(rv_tokenizer_cut(tokenizer, tokens, count, 4), 4);
        assert_int_equal(tokens[0], 101);
        assert_int_equal(tokens[3], adds_end ? 102 : fourth);
        free(tokens);
        rv_tokenizer_close(tokenizer);
    }
}

/* A tokenizer.json of a few tokens with one part in another state. */
#define JSON(normalizer, pre_tokenizer, added, model)                                                        \
    "{\"added_tokens\":" added ",\"normalizer\":" normalizer ",\"pre_tokenizer\":" pre_tokenizer             \
    ",\"model\":{" model "}}"
#define TOKENS "\"vocab\":{\"<eos>\":0,\"<unk>\":1,\"a\":2,\"b\":3,\"ab\":4}"
#define BPE_OF(more) "\"type\":\"BPE\",\"unk_token\":\"<unk>\"," more TOKENS ",\"merges\":[\"a b\"]"
#define BPE BPE_OF("\"fuse_unk\":true,")
#define STEP(type, more) "{\"type\":\"" type "\"" more "}"
#define REPLACE(kind, pattern, content)                                                                      \
    STEP("Replace", ",\"pattern\":{\"" kind "\":\"" pattern "\"},\"content\":\"" content "\"")
#define SPACES REPLACE("String", " ", "\xe2\x96\x81")
#define METASPACE STEP("Metaspace", ",\"replacement\":\"\xe2\x96\x81\"")
#define STEPS(list, steps) "{\"type\":\"Sequence\",\"" list "\":[" steps "]}"
#define UNIGRAM(more)                                                                                        \
    "\"type\":\"Unigram\",\"vocab\":[[\"</s>\",0],[\"<unk>\",0],[\"a\",-1],[\"b\",-2],[\"ab\",-2.5]]" more

static void tokenizer_open_refuses_a_tokenizer_json(void **state)
{
    static const struct {
        const char *json;
        RvStatus status;
        const char *says, *why;
        int vocabulary_size;
    } cases[] = {
        {"", RV_ERROR_FORMAT, "object was expected", "empty", 5},
        {"[]", RV_ERROR_FORMAT, "object was expected", "a list", 5},
        {"{}", RV_ERROR_FORMAT, "no model.vocab", "no model", 5},
        {"{\"model\":7}", RV_ERROR_FORMAT, "object was expected", "a model of another type", 5},
        {"{\"model\":{\"vocab\":{\"a\":1", RV_ERROR_FORMAT, "too early", "cut in the vocabulary", 5},
        {"{\"model\":{\"vocab\":{\"a\":1,\"a\":2}}}", RV_ERROR_FORMAT, "twice", "one text for two numbers",
         5},
        {"{\"model\":{\"vocab\":{\"a\":1,\"b\":1}}}", RV_ERROR_FORMAT, "two tokens have number 1",
         "one number for two texts", 5},
        {"{\"model\":{\"vocab\":{\"a\":-1}}}", RV_ERROR_FORMAT, "-1", "a negative number", 5},
        {"{\"model\":{\"vocab\":{\"a\":1e9}}}", RV_ERROR_FORMAT, "integer", "a number with an exponent", 5},
        {"{\"model\":{\"vocab\":{\"a\":99999999999}}}", RV_ERROR_MISMATCH,
         "has more tokens than the model's 5: a has number", "a large number", 5},
        {"{\"model\":{\"vocab\":{\"\":1}}}", RV_ERROR_FORMAT, "0 bytes", "a token without text", 5},
        {"{\"model\":{\"vocab\":{\"\\ud800\":1}}}", RV_ERROR_FORMAT, "damaged string",
         "half a surrogate pair", 5},
        {"{\"model\":{\"vocab\":{\"\xff\":1}}}", RV_ERROR_FORMAT, "not UTF-8", "no UTF-8", 5},
        {"{\"model\":{\"type\":\"WordPiece\"," TOKENS "}}", RV_ERROR_UNSUPPORTED, "WordPiece", "another type",
         5},
        {"{\"model\":{\"type\":\"BPE\"," TOKENS "}}", RV_ERROR_FORMAT, "merges", "no merges", 5},
        {JSON(SPACES, "null", "[]",
              "\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":true," TOKENS ",\"merges\":[\"b b\"]"),
         RV_ERROR_FORMAT, "has 1 merges, which make 0 of 1 tokens", "a token that no merge makes", 5},
        {"{\"model\":{\"type\":\"BPE\"," TOKENS ",\"merges\":[\"ab\"]}}", RV_ERROR_FORMAT, "merge 1",
         "a merge of one token", 5},
        {"{\"model\":{\"type\":\"BPE\"," TOKENS ",\"merges\":[\"a b a\"]}}", RV_ERROR_FORMAT, "merge 1",
         "a merge of three tokens", 5},
        {"{\"model\":{\"type\":\"BPE\"," TOKENS ",\"merges\":[[\"a\",\"b\",\"c\"]]}}", RV_ERROR_FORMAT,
         "merge 1", "a list of three", 5},
        {JSON(SPACES, "null", "[]", BPE), RV_ERROR_MISMATCH, "has 5 tokens, the model knows 500",
         "a vocabulary of another model", 500},
        {JSON(SPACES, "null", "[]", BPE), RV_ERROR_MISMATCH,
         "has more tokens than the model's 4: ", "a number that the model lacks", 4},
        {JSON("{\"type\":\"Nmt\"}", "null", "[]", BPE), RV_ERROR_UNSUPPORTED, "the normalizer Nmt",
         "a normaliser", 5},
        {JSON("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"BertNormalizer\"}]}", "null", "[]", BPE),
         RV_ERROR_UNSUPPORTED, "BertNormalizer", "a normaliser in a sequence", 5},
        {JSON("{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"b\"}", "null", "[]", BPE),
         RV_ERROR_UNSUPPORTED, "Replace", "another replacement", 5},
        {JSON("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", "null", "[]", BPE),
         RV_ERROR_FORMAT, "precompiled_charsmap", "a table of characters that is none", 5},
        {JSON("null", "{\"type\":\"ByteLevel\"}", "[]", BPE), RV_ERROR_UNSUPPORTED,
         "the pre-tokenizer ByteLevel", "a pre-tokenizer", 5},
        {JSON("null", "null", "[]", BPE ",\"dropout\":0.1"), RV_ERROR_UNSUPPORTED, "dropout", "dropout", 5},
        {JSON("null", "null", "[]", BPE ",\"ignore_merges\":true"), RV_ERROR_UNSUPPORTED, "ignore_merges",
         "whole words first", 5},
        {JSON("null", "null", "[]", BPE ",\"byte_fallback\":true") " x", RV_ERROR_FORMAT, "more follows",
         "something behind the end", 5},
        {JSON("null", "null", "[{\"content\":\"a\",\"id\":3}]", BPE), RV_ERROR_FORMAT, "numbers 2 and 3",
         "an added token with another number", 5},
        {JSON("null", "null", "[{\"content\":\"a\"}]", BPE), RV_ERROR_FORMAT, "without content or id",
         "an added token without number", 5},
        {JSON("null", "null", "[{\"content\":\"a\",\"id\":2,\"lstrip\":true}]", BPE), RV_ERROR_UNSUPPORTED,
         "lstrip", "an added token with a condition", 5},
        {JSON(SPACES, "null", "[{\"content\":\"a\",\"id\":2,\"normalized\":true}]", BPE),
         RV_ERROR_UNSUPPORTED, "normalized", "an added token that is looked for in the normalised text", 5},
        {JSON(STEPS("normalizers", STEP("Strip", "") "," SPACES), "null", "[]", BPE), RV_ERROR_UNSUPPORTED,
         "the normalizer Strip", "spaces taken from the ends alone", 5},
        {JSON("null", "null", "[]", BPE), RV_ERROR_UNSUPPORTED, "no step replaces spaces",
         "spaces as they are", 5},
        {JSON("null", STEP("WhitespaceSplit", ""), "[]", BPE), RV_ERROR_UNSUPPORTED,
         "no step replaces spaces", "spaces that are left out", 5},
        {JSON("null", "null", "[]", UNIGRAM(",\"unk_id\":1")), RV_ERROR_UNSUPPORTED,
         "no step replaces spaces", "spaces as they are, of a unigram model", 5},
        {JSON(SPACES, "null", "[]", BPE_OF("\"fuse_unk\":false,")), RV_ERROR_UNSUPPORTED, "fuse_unk",
         "unknown characters one by one", 5},
        {JSON(SPACES, "null", "[]", BPE_OF("")), RV_ERROR_UNSUPPORTED, "fuse_unk",
         "unknown characters one by one by default", 5},
        {JSON("null", "null", "[]", UNIGRAM("")), RV_ERROR_FORMAT, "unk_id", "no number of the unknown", 5},
        {JSON("null", METASPACE, "[]", UNIGRAM(",\"unk_id\":1")), RV_ERROR_MISMATCH,
         "is a unigram vocabulary", "a file of another family", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[4096];
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        make_folder("tokens-refused", "tokenizer.json", cases[i].json, strlen(cases[i].json), folder);
        RvStatus status =
            rv_tokenizer_open(folder, &siglip2, cases[i].vocabulary_size, NULL, &tokenizer, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL ||
            strstr(err.message, "tokenizer.json") == NULL || strchr(err.message, '\n') != NULL)
            fail_msg("%s: %d %s", cases[i].why, (int)status, err.message);
        assert_null(tokenizer);
    }
}

/* The same steps where they come down to what reelvec does. */
static void tokenizer_open_takes_steps_of_sentencepiece(void **state)
{
    static const char *const files[] = {
        JSON(SPACES, "null", "[{\"content\":\"a\",\"id\":2,\"normalized\":false}]", BPE),
        JSON(STEPS("normalizers", STEP("Strip", "") "," REPLACE("Regex", " {2,}", " ") "," SPACES), "null",
             "[]", BPE),
        JSON(STEP("Strip", ""), STEPS("pretokenizers", STEP("WhitespaceSplit", "") "," METASPACE), "[]", BPE),
        JSON("null", METASPACE, "[]", BPE),
        // "ab" needs no merge if it is an added token.
        JSON(SPACES, "null", "[{\"content\":\"ab\",\"id\":4}]",
             "\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":true," TOKENS ",\"merges\":[]"),
        JSON(SPACES, "null", "[]", BPE_OF("\"fuse_unk\":false,\"byte_fallback\":true,")),
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char folder[4096];
        make_folder("tokens-steps", "tokenizer.json", files[i], strlen(files[i]), folder);
        rv_tokenizer_close(open_tokenizer(folder, &gemma_lower, 5));
    }
}

static void tokenizer_open_refuses_deep_and_large_files(void **state)
{
    enum { DEPTH = 100000 };
    char folder[4096], path[4200];
    static char deep[DEPTH + 16] = "{\"decoder\":";
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    memset(deep + strlen(deep), '[', DEPTH);
    make_folder("tokens-deep", "tokenizer.json", deep, strlen(deep), folder);
    assert_int_equal(rv_tokenizer_open(folder, &siglip2, 5, NULL, &tokenizer, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "nested too deeply"));
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    if (truncate(path, (off_t)2 << 30) != 0) // a file without blocks
        skip();
    char digest[65] = "unchanged"; // hashing it would take seconds
    assert_ok(rv_tokenizer_sha256(folder, &siglip2, 5, digest, &err), err);
    assert_string_equal(digest, "");
    assert_int_equal(rv_tokenizer_open(folder, &siglip2, 5, NULL, &tokenizer, &err), RV_ERROR_MEMORY);
    assert_non_null(strstr(err.message, "tokenizer.json"));
    unlink(path);
}

/* As a tree "[]," takes 48 times its bytes. */
static void tokenizer_open_refuses_a_large_tree(void **state)
{
    enum { ITEMS = 1 << 20 };
    static const char *const parts[] = {"\"added_tokens\"", "\"normalizer\"", "\"pre_tokenizer\"",
                                        "\"model\":{\"other\""};
    char folder[4096];
    char *json = malloc(3 * ITEMS + 64);
    assert_non_null(json);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        size_t at = (size_t)sprintf(json, "{%s:[", parts[i]);
        for (size_t k = 0; k < ITEMS; k++, at += 3)
            memcpy(json + at, "[],", 3);
        at += (size_t)sprintf(json + at, "[]]}");
        make_folder("tokens-tree", "tokenizer.json", json, at, folder);
        assert_int_equal(rv_tokenizer_open(folder, &siglip2, 5, NULL, &tokenizer, &err), RV_ERROR_FORMAT);
        assert_non_null(strstr(err.message, "more than 2097152 bytes"));
    }
    // Many parts, each of which is small.
    size_t at = (size_t)sprintf(json, "{\"model\":{");
    for (int i = 0; at < 3 * ITEMS; i++)
        at += (size_t)sprintf(json + at, "\"%d\":[[],[],[],[],[],[],[],[],[],[]],", i);
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    make_folder("tokens-tree", "tokenizer.json", json, at, folder);
    assert_int_equal(rv_tokenizer_open(folder, &siglip2, 5, NULL, &tokenizer, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "more than 2097152 bytes"));
    free(json);
}

static void tokenizer_open_refuses_missing_files(void **state)
{
    const TokenizerSpec *const specs[] = {&siglip2, &xlmr, &chinese};
    const char *const wanted[] = {"tokenizer.json or tokenizer.model", "sentencepiece.bpe.model",
                                  "vocab.txt"};
    char folder[4096];
    for (size_t i = 0; i < 3; i++) {
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        make_folder("tokens-missing", "other.txt", "x", 1, folder);
        assert_int_equal(rv_tokenizer_open(folder, specs[i], 5, NULL, &tokenizer, &err), RV_ERROR_NOT_FOUND);
        assert_non_null(strstr(err.message, wanted[i]));
    }
}

/* Of SentencePiece's own files: every beginning of one, and copies with damage. */
static void tokenizer_open_takes_no_damaged_model(void **state)
{
    char path[4096], folder[4096];
    size_t size_bytes;
    uint64_t random = 14;
    require_golden(MODELS "small_bpe.model");
    assert_true(shared_path(MODELS "small_bpe.model", path, sizeof path));
    uint8_t *bytes = read_whole(path, &size_bytes);
    for (size_t kept = 0; kept < size_bytes; kept += 1 + kept / 40) {
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        make_folder("tokens-damaged", "tokenizer.model", bytes, kept, folder);
        RvStatus status = rv_tokenizer_open(folder, &siglip2, 2000, NULL, &tokenizer, &err);
        assert_true(status == RV_ERROR_FORMAT || status == RV_ERROR_MISMATCH);
        assert_non_null(strstr(err.message, "tokenizer.model"));
    }
    for (int i = 0; i < 300; i++) {
        size_t damaged_bytes = size_bytes;
        uint8_t *damaged = damage(bytes, &damaged_bytes, &random);
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        make_folder("tokens-damaged", "tokenizer.model", damaged, damaged_bytes, folder);
        RvStatus status = rv_tokenizer_open(folder, &siglip2, 2000, NULL, &tokenizer, &err);
        assert_true((status == RV_OK) == (tokenizer != NULL));
        assert_true(status == RV_OK || err.message[0] != '\0');
        rv_tokenizer_close(tokenizer);
        free(damaged);
    }
    free(bytes);
}

/* A merge whose result is no token is found when a text needs it. */
/* As merges.txt: a list that was cut off gives other tokens without any error. */
static void tokenizer_open_refuses_merges_that_were_cut_off(void **state)
{
    char source[4096], folder[4096], path[4200];
    RvError err = {0};
    Tokenizer *tokenizer = NULL;
    require_golden(MODELS "small_bpe.tokenizer.json");
    assert_true(shared_path(MODELS "small_bpe.tokenizer.json", source, sizeof source));
    json_t *json = json_load_file(source, 0, NULL);
    json_t *merges = json_object_get(json_object_get(json, "model"), "merges");
    size_t count = json_array_size(merges);
    assert_true(count > 1000);
    build_path("tokens-cut-merges", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    assert_int_equal(json_dump_file(json, path, JSON_COMPACT), 0);
    rv_tokenizer_close(open_tokenizer(folder, &siglip2, 2000));
    while (json_array_size(merges) > count - count / 50)
        json_array_remove(merges, json_array_size(merges) - 1);
    assert_int_equal(json_dump_file(json, path, JSON_COMPACT), 0);
    json_decref(json);
    assert_int_equal(rv_tokenizer_open(folder, &siglip2, 2000, NULL, &tokenizer, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "tokenizer.json: has "));
    assert_non_null(strstr(err.message, "merges, which make "));
}

static void tokenizer_encode_refuses_a_merge_to_nothing(void **state)
{
    static const char json[] =
        JSON(SPACES, "null", "[]",
             "\"unk_token\":\"<unk>\",\"fuse_unk\":true," TOKENS ",\"merges\":[\"b a\",\"a b\"]");
    char folder[4096];
    int32_t *tokens = NULL;
    size_t count = 0;
    RvError err = {0};
    make_folder("tokens-merge", "tokenizer.json", json, strlen(json), folder);
    Tokenizer *tokenizer = open_tokenizer(folder, &siglip2, 5);
    assert_ok(rv_tokenizer_encode(tokenizer, "abc", 3, &tokens, &count, &err), err);
    assert_int_equal(count, 3);
    free(tokens);
    assert_int_equal(rv_tokenizer_encode(tokenizer, "ba", 2, &tokens, &count, &err), RV_ERROR_FORMAT);
    assert_null(tokens);
    assert_non_null(strstr(err.message, "makes no token"));
    rv_tokenizer_close(tokenizer);
}

static void tokenizer_encode_takes_any_string(void **state)
{
    enum { SIZE = 1 << 20 };
    static const struct {
        const char *golden, *name;
        const TokenizerSpec *spec;
        int vocabulary_size;
    } kinds[] = {{"small_bpe.model", "tokenizer.model", &siglip2, 2000},
                 {"small_bpe.tokenizer.json", "tokenizer.json", &siglip2, 2000},
                 {"small_unigram.model", "sentencepiece.bpe.model", &open_clip_xlmr, 1202},
                 {"vocab.txt", "vocab.txt", &chinese, 21128}};
    static const char *const fillers[] = {
        "a", " ", "\xff", "_", "\xef\xb7\xba", "\xe4\xb8\xad", "&", "\xcc\x81", "\xea\xb0\x80", "ab ", ""};
    require_golden(MODELS "small_bpe.model");
    char *text = malloc(SIZE);
    assert_non_null(text);
    clock_t start = clock();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char folder[4096], golden[256];
        snprintf(golden, sizeof golden, MODELS "%s", kinds[i].golden);
        copy_golden("tokens-any", golden, kinds[i].name, folder);
        Tokenizer *tokenizer = open_tokenizer(folder, kinds[i].spec, kinds[i].vocabulary_size);
        for (size_t k = 0; k < sizeof fillers / sizeof fillers[0]; k++) {
            size_t length = strlen(fillers[k]), count = 0;
            int32_t *tokens = NULL;
            RvError err = {0};
            uint64_t random = k + 1;
            for (size_t at = 0; at < SIZE; at++)
                text[at] = length > 0 ? fillers[k][at % length] : (char)next_random(&random);
            assert_ok(rv_tokenizer_encode(tokenizer, text, SIZE, &tokens, &count, &err), err);
            for (size_t at = 0; at < count; at++)
                assert_true(tokens[at] >= 0 && tokens[at] < kinds[i].vocabulary_size);
            free(tokens);
        }
        rv_tokenizer_close(tokenizer);
    }
    free(text);
    print_message("texts of 1 MiB: %.2f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokenizer_equals_sentencepiece_bpe),
        cmocka_unit_test(tokenizer_equals_sentencepiece_bpe_from_json),
        cmocka_unit_test(tokenizer_equals_sentencepiece_unigram),
        cmocka_unit_test(tokenizer_equals_chinese_clip),
        cmocka_unit_test(tokenizer_equals_gemma),
        cmocka_unit_test(tokenizer_equals_the_golden_rows),
        cmocka_unit_test(tokenizer_cut_keeps_the_end_token),
        cmocka_unit_test(tokenizer_open_refuses_a_tokenizer_json),
        cmocka_unit_test(tokenizer_open_takes_steps_of_sentencepiece),
        cmocka_unit_test(tokenizer_open_refuses_deep_and_large_files),
        cmocka_unit_test(tokenizer_open_refuses_a_large_tree),
        cmocka_unit_test(tokenizer_open_refuses_missing_files),
        cmocka_unit_test(tokenizer_open_takes_no_damaged_model),
        cmocka_unit_test(tokenizer_open_refuses_merges_that_were_cut_off),
        cmocka_unit_test(tokenizer_encode_refuses_a_merge_to_nothing),
        cmocka_unit_test(tokenizer_encode_takes_any_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
