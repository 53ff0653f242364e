/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/vocabulary.c on the smallest vocabulary there is, and on broken ones. */
#include "clip_support.h"

#include <zlib.h>

#include "clip/tokenizer/vocabulary.h"
#include "known_checkpoint.h"

typedef struct VocabularyFiles {
    Buffer json, merges;
} VocabularyFiles;

static int load_files(void **state)
{
    static VocabularyFiles files;
    char folder[4096], path[4200];
    assert_true(known_checkpoint_ensure("tiny-bytes", folder, sizeof folder));
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    read_scratch(path, &files.json);
    snprintf(path, sizeof path, "%s/merges.txt", folder);
    read_scratch(path, &files.merges);
    *state = &files;
    return 0;
}

static int clear_files(void **state)
{
    VocabularyFiles *files = *state;
    rv_buffer_clear(&files->json);
    rv_buffer_clear(&files->merges);
    return 0;
}

static RvStatus read_pair(const VocabularyFiles *files, const char *merges, int size, Vocabulary *out,
                          RvError *err)
{
    return rv_vocabulary_read_pair((const char *)files->json.bytes, files->json.size_bytes, merges,
                                   strlen(merges), "v", "m", size, out, err);
}

static void vocabulary_read_pair_takes_bytes_alone(void **state)
{
    Vocabulary vocabulary;
    RvError err = {0};
    assert_ok(read_pair(*state, "#version: 0.2\n", 514, &vocabulary, &err), err);
    assert_int_equal(vocabulary.start_token, 512);
    assert_int_equal(vocabulary.end_token, 513);
    assert_int_equal(vocabulary.byte_tokens['!'], 0);
    assert_int_equal(vocabulary.byte_tokens[0], 188);
    assert_int_equal(vocabulary.byte_end_tokens['!'], 256);
    assert_int_equal(vocabulary.byte_end_tokens[173], 511);
    rv_vocabulary_clear(&vocabulary);
}

static void vocabulary_read_pair_refuses(void **state)
{
    static const struct {
        const char *merges;
        int size;
        RvStatus status;
        const char *message, *why;
    } cases[] = {
        {"", 513, RV_ERROR_MISMATCH,
         "has more tokens than the model's 513: ", "more tokens than the model has"},
        {"#version: 0.2\na b\n", 514, RV_ERROR_FORMAT, "no token ab", "a merge into nothing"},
        {"a\n", 514, RV_ERROR_FORMAT, "merge 1", "one symbol"},
        {"a b c\n", 514, RV_ERROR_FORMAT, "merge 1", "three symbols"},
        {"a  b\n", 514, RV_ERROR_FORMAT, "merge 1", "two blanks"},
        {" b\n", 514, RV_ERROR_FORMAT, "merge 1", "an empty symbol"},
        {"a zzz\n", 514, RV_ERROR_FORMAT, "no token zzz", "an unknown symbol"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Vocabulary vocabulary;
        RvError err = {0};
        RvStatus status = read_pair(*state, cases[i].merges, cases[i].size, &vocabulary, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
    }
}

static void vocabulary_read_pair_refuses_bad_json(void **state)
{
    static const struct {
        const char *json, *message;
    } cases[] = {
        {"", "line 1"},
        {"[]", "not a JSON object"},
        {"{}", "no token"},
        {"{\"!\": \"0\"}", "has no number"},
        {"{\"!\": -1}", "has no number"},
        {"{\"!\": 99999999999}", "has more tokens than the model's 514"},
        {"{\"!\": 1, \"!\": 2}", "duplicate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Vocabulary vocabulary;
        RvError err = {0};
        RvStatus status = rv_vocabulary_read_pair(cases[i].json, strlen(cases[i].json), "", 0, "v", "m", 514,
                                                  &vocabulary, &err);
        if (status == RV_OK || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].json, status, err.message);
    }
}

static void vocabulary_read_tokenizer_json_takes_both_kinds_of_merges(void **state)
{
    const VocabularyFiles *files = *state;
    static const char *const merges[] = {"[\"a b\"]", "[[\"a\", \"b\"]]"};
    for (size_t i = 0; i < 2; i++) {
        Buffer json;
        Vocabulary vocabulary;
        RvError err = {0};
        rv_buffer_init(&json, 1 << 20);
        // The vocabulary, with "ab" before its last brace.
        assert_ok(rv_buffer_append_format(&json, &err,
                                          "{\"model\": {\"type\": \"BPE\", \"merges\": %s, \"vocab\": %.*s, "
                                          "\"ab\": 514}}}",
                                          merges[i], (int)files->json.size_bytes - 1,
                                          (const char *)files->json.bytes),
                  err);
        assert_ok(rv_vocabulary_read_tokenizer_json((const char *)json.bytes, json.size_bytes, "t", 515,
                                                    &vocabulary, &err),
                  err);
        assert_int_equal(vocabulary.merges.merge_count, 1);
        int32_t tokens[2] = {vocabulary.byte_tokens['a'], vocabulary.byte_tokens['b']};
        size_t count = 2;
        assert_ok(rv_bpe_merge(&vocabulary.merges, tokens, &count, &err), err);
        assert_int_equal(tokens[0], 514);
        rv_vocabulary_clear(&vocabulary);
        rv_buffer_clear(&json);
    }
}

/* The vocabulary of bytes with `more` before its last brace, as a tokenizer.json. */
static RvStatus read_tokenizer(const VocabularyFiles *files, const char *more, const char *merges,
                               const char *added, Vocabulary *out, RvError *err)
{
    Buffer json;
    rv_buffer_init(&json, 1 << 20);
    assert_ok(rv_buffer_append_format(&json, err,
                                      "{\"added_tokens\": %s, \"model\": {\"type\": \"BPE\", \"merges\": %s, "
                                      "\"vocab\": %.*s%s}}}",
                                      added, merges, (int)files->json.size_bytes - 1,
                                      (const char *)files->json.bytes, more),
              *err);
    RvStatus status =
        rv_vocabulary_read_tokenizer_json((const char *)json.bytes, json.size_bytes, "t", 600, out, err);
    rv_buffer_clear(&json);
    return status;
}

/* A file that was cut at the end of a line has whole merges, but too few for its tokens. */
static void vocabulary_counts_merges(void **state)
{
    static const struct {
        const char *more, *merges, *added;
        RvStatus status;
        const char *why;
    } cases[] = {
        {", \"ab\": 514", "[]", "[]", RV_ERROR_FORMAT, "no merge for a token"},
        {", \"ab\": 514, \"abc\": 515", "[\"a b\"]", "[]", RV_ERROR_FORMAT, "one merge for two"},
        {", \"ab\": 514, \"abc\": 515", "[\"a b\", \"ab c\"]", "[]", RV_OK, "all of them"},
        {", \"ab\": 514", "[\"a b\", \"a b\"]", "[]", RV_OK, "one twice"},
        {", \"<pad>\": 514", "[]", "[]", RV_OK, "a token by its shape that no merge makes"},
        {", \"PAD\": 514", "[]", "[{\"id\": 514, \"content\": \"PAD\"}]", RV_OK, "a token that was added"},
        {", \"<b</w>\": 514", "[]", "[]", RV_ERROR_FORMAT, "a token that only looks like one without merges"},
    };
    Vocabulary vocabulary;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        RvStatus status =
            read_tokenizer(*state, cases[i].more, cases[i].merges, cases[i].added, &vocabulary, &err);
        if (status != cases[i].status || (status != RV_OK && strstr(err.message, "fetch it again") == NULL))
            fail_msg("%s: %d %s", cases[i].why, status, err.message);
        rv_vocabulary_clear(&vocabulary);
    }
    const VocabularyFiles *files = *state;
    RvError err = {0};
    char json[16384];
    int length = snprintf(json, sizeof json, "%.*s, \"ab\": 514, \"cd\": 515}",
                          (int)files->json.size_bytes - 1, (const char *)files->json.bytes);
    assert_in_range(length, 1, sizeof json - 1);
    assert_int_equal(rv_vocabulary_read_pair(json, (size_t)length, "#version\na b\n", 13, "v", "merges.txt",
                                             600, &vocabulary, &err),
                     RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "merges.txt: has 1 merges, and the vocabulary's tokens need 2"));
}

static void vocabulary_read_tokenizer_json_refuses(void **state)
{
    static const struct {
        const char *json;
        RvStatus status;
    } cases[] = {
        {"{}", RV_ERROR_FORMAT},
        {"{\"model\": {\"type\": \"Unigram\", \"vocab\": [], \"merges\": []}}", RV_ERROR_UNSUPPORTED},
        {"{\"model\": {\"end_of_word_suffix\": \"##\", \"vocab\": {}, \"merges\": []}}",
         RV_ERROR_UNSUPPORTED},
        {"{\"model\": {\"vocab\": {}, \"merges\": [7]}}", RV_ERROR_FORMAT},
        {"{\"model\": {\"vocab\": {}, \"merges\": [[\"a\"]]}}", RV_ERROR_FORMAT},
        {"{\"model\": {\"vocab\": {}, \"merges\": []}, \"added_tokens\": [1, {\"id\": {}}]}",
         RV_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Vocabulary vocabulary;
        RvError err = {0};
        RvStatus status = rv_vocabulary_read_tokenizer_json(cases[i].json, strlen(cases[i].json), "t", 514,
                                                            &vocabulary, &err);
        if (status != cases[i].status || err.message[0] == '\0')
            fail_msg("%s: %d %s", cases[i].json, status, err.message);
    }
}

static void vocabulary_read_gz_refuses(void **state)
{
    uint8_t packed[256];
    z_stream stream = {
        .next_in = (Bytef *)"title\na b\n", .avail_in = 10, .next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t packed_bytes = sizeof packed - stream.avail_out;
    deflateEnd(&stream);
    Vocabulary vocabulary;
    RvError err = {0};
    assert_int_equal(rv_vocabulary_read_gz(packed, packed_bytes, "v.gz", 49408, &vocabulary, &err),
                     RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "has 1 merges"));
    assert_int_equal(rv_vocabulary_read_gz(packed, packed_bytes - 9, "v.gz", 49408, &vocabulary, &err),
                     RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "damaged gzip"));
    assert_int_equal(rv_vocabulary_read_gz((const uint8_t *)"text", 4, "v.gz", 49408, &vocabulary, &err),
                     RV_ERROR_FORMAT);
}

/* A megabyte of gzip that unpacks to a gigabyte ends at the limit. */
static void vocabulary_read_gz_refuses_bombs(void **state)
{
    size_t plain_bytes = (size_t)80 << 20, room = (size_t)1 << 20;
    uint8_t *packed = malloc(room), *zeros = calloc(plain_bytes, 1);
    assert_true(packed != NULL && zeros != NULL);
    z_stream stream = {
        .next_in = zeros, .avail_in = (uInt)plain_bytes, .next_out = packed, .avail_out = (uInt)room};
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t packed_bytes = room - stream.avail_out;
    deflateEnd(&stream);
    Vocabulary vocabulary;
    RvError err = {0};
    assert_int_equal(rv_vocabulary_read_gz(packed, packed_bytes, "v.gz", 49408, &vocabulary, &err),
                     RV_ERROR_MEMORY);
    free(packed);
    free(zeros);
}

static void vocabulary_open_says_what_is_missing(void **state)
{
    Vocabulary vocabulary;
    RvError err = {0};
    char folder[4096];
    build_path("no-vocabulary", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    assert_int_equal(rv_vocabulary_open(folder, 514, NULL, &vocabulary, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "merges.txt"));
    strcat(folder, "/model.pt");
    assert_int_equal(rv_vocabulary_open(folder, 514, NULL, &vocabulary, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "bpe_simple_vocab_16e6.txt.gz"));
}

static void write_into(const char *folder, const char *name, const void *bytes, size_t size_bytes)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_whole(path, bytes, size_bytes);
}

/* Beside a weight file that is named itself lie the same files as in a folder; added tokens are named. */
static void vocabulary_open_takes_what_lies_beside_a_file(void **state)
{
    const VocabularyFiles *files = *state;
    Vocabulary vocabulary;
    RvError err = {0};
    LogLines lines;
    const RvLog log = log_into(&lines);
    char folder[4096], path[4200], command[4200];
    build_path("vocabulary-beside", folder, sizeof folder);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    assert_ok(rv_file_make_folders(folder, &err), err);
    snprintf(path, sizeof path, "%s/pytorch_model.bin", folder);
    write_into(folder, "vocab.json", files->json.bytes, files->json.size_bytes);
    write_into(folder, "merges.txt", files->merges.bytes, files->merges.size_bytes);
    write_into(folder, "added_tokens.json", "{\"<|endoftext|>\": 513}", 22);
    assert_ok(rv_vocabulary_open(path, 514, &log, &vocabulary, &err), err);
    rv_vocabulary_clear(&vocabulary);
    assert_int_equal(lines.count, 0);
    write_into(folder, "added_tokens.json", "{\"<cat>\": 514}", 14);
    assert_ok(rv_vocabulary_open(folder, 514, &log, &vocabulary, &err), err);
    rv_vocabulary_clear(&vocabulary);
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.text, "<cat>"));
    assert_ok(
        read_tokenizer(files, "", "[]",
                       "[{\"id\": 513, \"content\": \"<|endoftext|>\"}, {\"id\": 514, \"content\": \"x\"}]",
                       &vocabulary, &err),
        err);
    assert_int_equal(vocabulary.added_count, 1);
    assert_string_equal(vocabulary.added_token, "x");
    rv_vocabulary_clear(&vocabulary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vocabulary_read_pair_takes_bytes_alone),
        cmocka_unit_test(vocabulary_read_pair_refuses),
        cmocka_unit_test(vocabulary_read_pair_refuses_bad_json),
        cmocka_unit_test(vocabulary_read_tokenizer_json_takes_both_kinds_of_merges),
        cmocka_unit_test(vocabulary_counts_merges),
        cmocka_unit_test(vocabulary_open_takes_what_lies_beside_a_file),
        cmocka_unit_test(vocabulary_read_tokenizer_json_refuses),
        cmocka_unit_test(vocabulary_read_gz_refuses),
        cmocka_unit_test(vocabulary_read_gz_refuses_bombs),
        cmocka_unit_test(vocabulary_open_says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, load_files, clear_files);
}
