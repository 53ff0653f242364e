/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint/json_file.c, and that its readers do not call a file damaged where memory runs
 * out. */
#include "clip_support.h"

#include "clip/checkpoint/json_file.h"
#include "clip/checkpoint/safetensors.h"
#include "clip/tokenizer/vocabulary.h"

/* jansson's allocations: the one of this number fails, and all after it; 0: none. */
static size_t allocation, failing;

static void *allocate(size_t size_bytes)
{
    allocation++;
    return failing != 0 && allocation >= failing ? NULL : malloc(size_bytes);
}

static const char text[] =
    "{\"a\": [1, -2.5, \"a text of more than twenty characters\"], \"b\": {\"c\": \"d\", "
    "\"a key of more than twenty characters\": null}, \"e\": [[], {}]}";

static RvStatus parse(RvError *err)
{
    json_t *json = NULL;
    RvStatus status = rv_json_parse(text, sizeof text - 1, "f", "", &json, err);
    json_decref(json);
    return status;
}

static RvStatus read_safetensors(RvError *err)
{
    static const char header[] =
        "{\"a tensor of more than twenty characters\": {\"dtype\": \"F32\", \"shape\": [1], "
        "\"data_offsets\": [0, 4]}}";
    uint8_t file[8 + sizeof header - 1 + 4] = {sizeof header - 1};
    memcpy(file + 8, header, sizeof header - 1);
    TensorTable table = {0};
    RvStatus status = rv_safetensors_read(file, sizeof file, "f", &table, err);
    rv_tensor_table_clear(&table);
    return status;
}

/* The smallest tokenizer.json is too large for every n in turn; a merge of two bytes will do, as of OpenAI's
 * file. */
static RvStatus read_pair(RvError *err)
{
    static char vocabulary[16384];
    size_t used = 0;
    used += (size_t)snprintf(vocabulary, sizeof vocabulary, "{");
    for (int i = 0; i < 512; i++) {
        int byte = i % 256;
        bool shows = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        // Bytes that do not show stand for 256 + their running number.
        int hidden = byte < 33 ? byte : byte < 161 ? 33 + byte - 127 : 67;
        used += (size_t)snprintf(vocabulary + used, sizeof vocabulary - used, "\"\\u%04x%s\": %d, ",
                                 shows ? byte : 256 + hidden, i < 256 ? "" : "</w>", i);
    }
    used += (size_t)snprintf(vocabulary + used, sizeof vocabulary - used,
                             "\"<|startoftext|>\": 512, \"<|endoftext|>\": 513}");
    Vocabulary out;
    RvStatus status = rv_vocabulary_read_pair(vocabulary, used, "", 0, "v", "m", 514, &out, err);
    rv_vocabulary_clear(&out);
    return status;
}

static void json_readers_say_when_memory_runs_out(void **state)
{
    RvStatus (*const readers[])(RvError *) = {parse, read_safetensors, read_pair};
    json_set_alloc_funcs(allocate, free);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        RvError err = {0};
        allocation = failing = 0;
        RvStatus status = readers[i](&err);
        size_t count = allocation, step = count > 300 ? count / 100 : 1;
        if (status != RV_OK) {
            json_set_alloc_funcs(malloc, free);
            fail_msg("reader %zu: %s", i, err.message);
        }
        assert_true(count > 5);
        for (failing = 1; failing <= count && (status == RV_OK || status == RV_ERROR_MEMORY);
             failing += step) {
            allocation = 0;
            status = readers[i](&err);
            if (status != RV_ERROR_MEMORY) {
                json_set_alloc_funcs(malloc, free);
                fail_msg("reader %zu, allocation %zu of %zu: %d %s", i, failing, count, status, err.message);
            }
        }
    }
    json_set_alloc_funcs(malloc, free);
}

static void json_parse_says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "f: head: line 1: "},
        {"[1]", "not a JSON object"},
        {"{\"a\": 1,\n \"a\": 2}", "line 2: duplicate"},
        {"{\"a\": aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "invalid token"},
        {"{\"a\": \"bbbbbbbbbbbbbbbbbbbbbbbbbbb", "premature end"},
        {"{\"a\": \"\\x\"}", "invalid escape"},
        {"{a\": 1}", "line 1"},
        {"{\"a\" 1}", "line 1"},
        {"{\"a\": \"b\" \"c\"}", "line 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json = NULL;
        RvError err = {0};
        RvStatus status = rv_json_parse(cases[i].text, strlen(cases[i].text), "f", "head: ", &json, &err);
        if (status != RV_ERROR_FORMAT || strstr(err.message, cases[i].message) == NULL || json != NULL)
            fail_msg("%s: %d %s", cases[i].text, status, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parse_says_what_is_wrong),
        cmocka_unit_test(json_readers_say_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
