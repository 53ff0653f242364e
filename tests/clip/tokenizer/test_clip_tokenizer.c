/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/clip_tokenizer.c against the original tokenizer's values. */
#include "clip_support.h"

#include <time.h>
#include <unistd.h>

#include "clip/tokenizer/clip_tokenizer.h"
#include "known_checkpoint.h"

/* The original's tokens with its ftfy step; where ftfy repairs text that was decoded wrongly, without that.
 */
#define GOLDEN "golden/tokens_original.json"

static Tokenizer *open_tokenizer(const char *path, int vocabulary_size)
{
    Tokenizer *tokenizer = NULL;
    RvError err = {0};
    assert_ok(rv_tokenizer_open(path, NULL, vocabulary_size, NULL, &tokenizer, &err), err);
    return tokenizer;
}

static void check_golden_rows(const Tokenizer *tokenizer)
{
    json_t *rows = load_golden(GOLDEN);
    size_t i;
    json_t *row;
    assert_true(json_array_size(rows) >= 439);
    json_array_foreach(rows, i, row)
    {
        const json_t *text = json_object_get(row, "text");
        const json_t *wanted = json_object_get(row, "tokens_without_encoding_fix");
        if (wanted == NULL)
            wanted = json_object_get(row, "tokens");
        int32_t *tokens = NULL;
        size_t count = 0;
        RvError err = {0};
        assert_ok(rv_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text), &tokens,
                                      &count, &err),
                  err);
        bool same = count == json_array_size(wanted);
        for (size_t k = 0; k < count && same; k++)
            same = tokens[k] == json_integer_value(json_array_get(wanted, k));
        if (!same)
            fail_msg("row %zu: %s", i, json_string_value(text));
        free(tokens);
    }
    json_decref(rows);
}

static void tokenizer_encode_equals_the_original_from_vocab_json(void **state)
{
    char path[4096];
    require_golden(GOLDEN);
    if (!known_checkpoint_ensure("tiny", path, sizeof path))
        skip();
    Tokenizer *tokenizer = open_tokenizer(path, 49408);
    check_golden_rows(tokenizer);
    rv_tokenizer_close(tokenizer);
}

static void tokenizer_encode_equals_the_original_from_the_gz(void **state)
{
    char path[4096];
    require_golden(GOLDEN);
    if (!shared_path("golden/bpe_simple_vocab_16e6.txt.gz", path, sizeof path))
        skip();
    // As if a .pt lay beside it.
    strcpy(strrchr(path, '/'), "/ViT-B-32.pt");
    Tokenizer *tokenizer = open_tokenizer(path, 49408);
    check_golden_rows(tokenizer);
    rv_tokenizer_close(tokenizer);
}

static void tokenizer_encode_equals_the_original_from_tokenizer_json(void **state)
{
    char folder[4096], path[4200];
    require_golden(GOLDEN);
    if (!known_checkpoint_ensure("tiny", folder, sizeof folder))
        skip();
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    json_t *vocabulary = json_load_file(path, 0, NULL), *merges = json_array();
    snprintf(path, sizeof path, "%s/merges.txt", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[1024];
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "#version", 8) != 0)
            json_array_append_new(merges, json_string(line));
    }
    fclose(file);
    json_t *json = json_pack("{s:{s:s,s:s,s:o,s:o}}", "model", "type", "BPE", "end_of_word_suffix", "</w>",
                             "vocab", vocabulary, "merges", merges);
    RvError err = {0};
    build_path("tokenizer-json", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    assert_int_equal(json_dump_file(json, path, JSON_COMPACT), 0);
    json_decref(json);
    Tokenizer *tokenizer = open_tokenizer(folder, 49408);
    check_golden_rows(tokenizer);
    rv_tokenizer_close(tokenizer);
}

static void write_digest(const char *path, char hex[65])
{
    static const TokenizerSpec clip = {.start = TOKEN_OF_KIND, .end = TOKEN_OF_KIND};
    RvError err = {0};
    assert_ok(rv_tokenizer_sha256(path, &clip, 49408, hex, &err), err);
}

/* One vocabulary has one digest in its three forms. The second time it comes from the cache. */
static void tokenizer_sha256_is_of_the_content(void **state)
{
    char folder[4096], pair[65], gz[65], json[65], other[65], command[20700];
    require_golden(GOLDEN);
    if (!known_checkpoint_ensure("tiny", folder, sizeof folder))
        skip();
    for (int turn = 0; turn < 2; turn++) {
        write_digest(folder, pair);
        assert_int_equal(strlen(pair), 64);
        assert_true(shared_path("golden/bpe_simple_vocab_16e6.txt.gz", command, 4096));
        strcpy(strrchr(command, '/'), "/ViT-B-32.pt");
        write_digest(command, gz);
        build_path("tokenizer-json", command, 4096); // of the case before
        write_digest(command, json);
        assert_string_equal(gz, pair);
        assert_string_equal(json, pair);
    }
    char changed[4096];
    build_path("shuffled-merges", changed, sizeof changed);
    snprintf(command, sizeof command,
             "mkdir -p '%s' && cp '%s/vocab.json' '%s' && sed '5{h;d};6G' '%s/merges.txt' >'%s/merges.txt'",
             changed, folder, changed, folder, changed);
    assert_int_equal(system(command), 0);
    write_digest(changed, other);
    assert_int_equal(strlen(other), 64);
    assert_string_not_equal(other, pair);
    build_path("no-vocabulary-here", changed, sizeof changed);
    write_digest(changed, other);
    assert_string_equal(other, "");
}

/* Of a model whose table has other rows than the 514 tokens of the files. */
static void tokenizer_open_refuses_the_vocabulary_of_another_clip(void **state)
{
    static const struct {
        int vocabulary_size;
        int32_t told_end;
        const char *message;
    } cases[] = {
        {514, 0, NULL},
        {514, 513, NULL},
        {578, 0, NULL}, // padded, or with tokens that were added
        {2000, 513, NULL},
        {579, 0, "vocab.json: has 514 tokens, the model knows 579; take both from one model"},
        {49408, 0, "vocab.json: has 514 tokens, the model knows 49408; take both from one model"},
        {49408, 49407, "vocab.json: has 514 tokens, the model knows 49408; take both from one model"},
        {514, 512, "vocab.json: <|endoftext|> is token 513, and eos_token_id of config.json is 512; take"},
        {578, 577, "vocab.json: <|endoftext|> is token 513, and eos_token_id of config.json is 577; take"},
    };
    char path[4096];
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const TokenizerSpec spec = {
            .start = TOKEN_OF_KIND, .end = TOKEN_OF_KIND, .told_end = cases[i].told_end};
        Tokenizer *tokenizer = NULL;
        RvError err = {0};
        char digest[65];
        RvStatus status = rv_tokenizer_open(path, &spec, cases[i].vocabulary_size, NULL, &tokenizer, &err);
        if (cases[i].message == NULL
                ? status != RV_OK
                : status != RV_ERROR_MISMATCH || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%d, %d: %d %s", cases[i].vocabulary_size, (int)cases[i].told_end, (int)status,
                     err.message);
        rv_tokenizer_close(tokenizer);
        assert_ok(rv_tokenizer_sha256(path, &spec, cases[i].vocabulary_size, digest, &err), err);
        assert_int_equal(strlen(digest), cases[i].message == NULL ? 64 : 0);
    }
}

/* OpenAI's code pools a text at its highest number. */
static void tokenizer_open_wants_the_end_token_to_be_the_highest(void **state)
{
    char folder[4096], path[4200];
    RvError err = {0};
    assert_true(known_checkpoint_ensure("tiny-bytes", folder, sizeof folder));
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    json_t *vocabulary = json_load_file(path, 0, NULL);
    assert_int_equal(json_object_set_new(vocabulary, "ab", json_integer(514)), 0);
    json_t *json =
        json_pack("{s:{s:s,s:o,s:[s]}}", "model", "type", "BPE", "vocab", vocabulary, "merges", "a b");
    build_path("end-not-last", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    assert_int_equal(json_dump_file(json, path, JSON_COMPACT), 0);
    json_decref(json);
    for (int told = 0; told <= 1; told++) {
        const TokenizerSpec spec = {.start = TOKEN_OF_KIND, .end = TOKEN_OF_KIND, .told_end = told ? 513 : 0};
        Tokenizer *tokenizer = NULL;
        RvStatus status = rv_tokenizer_open(folder, &spec, 515, NULL, &tokenizer, &err);
        assert_int_equal(status, told ? RV_OK : RV_ERROR_MISMATCH);
        if (!told)
            assert_non_null(
                strstr(err.message, "<|endoftext|> is token 513, and others of a text go up to 514"));
        rv_tokenizer_close(tokenizer);
    }
}

static void tokenizer_encode_takes_special_tokens_from_the_text(void **state)
{
    char path[4096];
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    Tokenizer *tokenizer = open_tokenizer(path, 514);
    static const char text[] = "a<|StartOfText|> <|endoftext|>b";
    const int32_t wanted[] = {512, 'a' - 33 + 256, 512, 513, 'b' - 33 + 256, 513};
    int32_t *tokens = NULL;
    size_t count = 0;
    RvError err = {0};
    assert_ok(rv_tokenizer_encode(tokenizer, text, strlen(text), &tokens, &count, &err), err);
    assert_int_equal(count, 6);
    assert_memory_equal(tokens, wanted, sizeof wanted);
    free(tokens);
    rv_tokenizer_close(tokenizer);
}

static void tokenizer_encode_limits_and_long_texts(void **state)
{
    enum { SIZE = 1 << 20 };
    char path[4096];
    bool whole = known_checkpoint_ensure("tiny", path, sizeof path);
    if (!whole)
        assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    Tokenizer *tokenizer = open_tokenizer(path, whole ? 49408 : 514);
    char *text = malloc(SIZE + 1);
    assert_non_null(text);
    static const char fillers[] = {'a', ' ', '\xff', '.', '&', '7'};
    RvError err = {0};
    int32_t *tokens = NULL;
    size_t count = 0;
    clock_t start = clock();
    for (size_t i = 0; i < sizeof fillers; i++) {
        memset(text, fillers[i], SIZE + 1);
        assert_ok(rv_tokenizer_encode(tokenizer, text, SIZE, &tokens, &count, &err), err);
        assert_true(fillers[i] == ' ' ? count == 2 : count > 2);
        free(tokens);
    }
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 26 * 7 % 26);
    assert_ok(rv_tokenizer_encode(tokenizer, text, SIZE, &tokens, &count, &err), err);
    free(tokens);
    print_message("seven texts of 1 MiB: %.2f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 60);
    assert_int_equal(rv_tokenizer_encode(tokenizer, text, SIZE + 1, &tokens, &count, &err),
                     RV_ERROR_ARGUMENT);
    assert_null(tokens);
    free(text);
    rv_tokenizer_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokenizer_encode_equals_the_original_from_vocab_json),
        cmocka_unit_test(tokenizer_encode_equals_the_original_from_the_gz),
        cmocka_unit_test(tokenizer_encode_equals_the_original_from_tokenizer_json),
        cmocka_unit_test(tokenizer_sha256_is_of_the_content),
        cmocka_unit_test(tokenizer_open_refuses_the_vocabulary_of_another_clip),
        cmocka_unit_test(tokenizer_open_wants_the_end_token_to_be_the_highest),
        cmocka_unit_test(tokenizer_encode_takes_special_tokens_from_the_text),
        cmocka_unit_test(tokenizer_encode_limits_and_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
