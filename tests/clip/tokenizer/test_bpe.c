/* SPDX-License-Identifier: MIT */
/* Tests of clip/tokenizer/bpe.c. */
#include "clip_support.h"

#include <time.h>

#include "clip/tokenizer/bpe.h"

/* OpenAI's loop, word for word: slow and plain. */
static size_t merge_plainly(int32_t (*merges)[3], size_t merge_count, int32_t *tokens, size_t count)
{
    for (;;) {
        size_t best = merge_count;
        for (size_t i = 0; i + 1 < count; i++) {
            for (size_t m = 0; m < best; m++) {
                if (tokens[i] == merges[m][0] && tokens[i + 1] == merges[m][1])
                    best = m;
            }
        }
        if (best == merge_count)
            return count;
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            bool pair = i + 1 < count && tokens[i] == merges[best][0] && tokens[i + 1] == merges[best][1];
            tokens[kept++] = pair ? merges[best][2] : tokens[i];
            i += pair;
        }
        count = kept;
    }
}

static void bpe_merge_equals_the_plain_loop(void **state)
{
    uint64_t random = 3;
    for (int round = 0; round < 300; round++) {
        // Merges in any order: also pairs that come to be after their turn.
        int32_t merges[24][3];
        size_t merge_count = next_random(&random) % 24 + 1;
        BpeTable table;
        RvError err = {0};
        assert_ok(rv_bpe_init(&table, merge_count, &err), err);
        for (size_t i = 0; i < merge_count; i++) {
            bool known = true;
            while (known) { // every pair once
                merges[i][0] = (int32_t)(next_random(&random) % (4 + i));
                merges[i][1] = (int32_t)(next_random(&random) % (4 + i));
                known = false;
                for (size_t k = 0; k < i; k++)
                    known = known || (merges[k][0] == merges[i][0] && merges[k][1] == merges[i][1]);
            }
            merges[i][2] = 4 + (int32_t)(i * 7 % merge_count);
            rv_bpe_add(&table, merges[i][0], merges[i][1], merges[i][2]);
        }
        int32_t fast[64], plain[64];
        size_t count = next_random(&random) % 64;
        for (size_t i = 0; i < count; i++)
            fast[i] = plain[i] = (int32_t)(next_random(&random) % 4);
        size_t plain_count = merge_plainly(merges, merge_count, plain, count);
        assert_ok(rv_bpe_merge(&table, fast, &count, &err), err);
        assert_int_equal(count, plain_count);
        assert_memory_equal(fast, plain, count * sizeof *fast);
        rv_bpe_clear(&table);
    }
}

static void bpe_merge_of_a_very_long_word_ends_soon(void **state)
{
    enum { COUNT = 1 << 20 };
    BpeTable table;
    RvError err = {0};
    assert_ok(rv_bpe_init(&table, 20, &err), err);
    for (int32_t i = 0; i < 20; i++)
        rv_bpe_add(&table, i, i, i + 1);
    int32_t *tokens = calloc(COUNT, sizeof *tokens);
    assert_non_null(tokens);
    size_t count = COUNT;
    clock_t start = clock();
    assert_ok(rv_bpe_merge(&table, tokens, &count, &err), err);
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 20);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
    free(tokens);
    rv_bpe_clear(&table);
}

static void bpe_add_gives_a_pair_its_last_rank(void **state)
{
    BpeTable table;
    RvError err = {0};
    assert_ok(rv_bpe_init(&table, 3, &err), err);
    rv_bpe_add(&table, 1, 2, 10);
    rv_bpe_add(&table, 2, 3, 11);
    rv_bpe_add(&table, 1, 2, 12);
    int32_t tokens[3] = {1, 2, 3};
    size_t count = 3;
    assert_ok(rv_bpe_merge(&table, tokens, &count, &err), err);
    assert_int_equal(count, 2);
    assert_int_equal(tokens[1], 11);
    rv_bpe_clear(&table);
    assert_int_equal(rv_bpe_init(&table, BPE_MERGE_MAX + 1, &err), RV_ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bpe_merge_equals_the_plain_loop),
        cmocka_unit_test(bpe_merge_of_a_very_long_word_ends_soon),
        cmocka_unit_test(bpe_add_gives_a_pair_its_last_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
