/* SPDX-License-Identifier: MIT */
/* Chains of random small videos against all of them, sorted; and of a long video against the plain definition. */
#include "../store/store_support.h"

#include "search/sequence.h"

#define ROUNDS 3000
#define MAX_ROWS 24
#define MAX_CHAINS 200000

/* One video and what is asked of it. */
typedef struct Video {
    size_t count, part_count;
    double times_s[MAX_ROWS], within_s;
    float scores[RV_SEQUENCE_PARTS_MAX][MAX_ROWS];
} Video;

static Chain *all; // [all_count], best first
static size_t all_count, all_parts;

/* ---- the definition ----------------------------------------------------------------------------------- */

static double score_of(const Video *video, const size_t *rows)
{
    double sum = video->scores[video->part_count - 1][rows[video->part_count - 1]];
    for (size_t part = video->part_count - 1; part-- > 0;)
        sum = video->scores[part][rows[part]] + sum;
    return sum / (double)video->part_count;
}

static void add_chains(const Video *video, size_t part, size_t *rows)
{
    if (part == video->part_count) {
        assert_true(all_count < MAX_CHAINS);
        all[all_count].score = score_of(video, rows);
        memcpy(all[all_count++].rows, rows, sizeof all[0].rows);
        return;
    }
    for (size_t row = 0; row < video->count; row++) {
        double step_s = part > 0 ? video->times_s[row] - video->times_s[rows[part - 1]] : 0;
        rows[part] = row;
        if ((part == 0 || (step_s > 0 && step_s <= video->within_s)) && video->scores[part][row] > -INFINITY)
            add_chains(video, part + 1, rows);
    }
}

static int compare_chains(const void *a, const void *b)
{
    const Chain *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    for (size_t part = 0; part < all_parts; part++) {
        if (left->rows[part] != right->rows[part])
            return left->rows[part] < right->rows[part] ? -1 : 1;
    }
    return 0;
}

static bool overlap(const Video *video, const Chain *one, const Chain *other)
{
    size_t last = video->part_count - 1;
    return video->times_s[one->rows[0]] <= video->times_s[other->rows[last]] &&
           video->times_s[other->rows[0]] <= video->times_s[one->rows[last]];
}

static void find_all(const Video *video)
{
    size_t rows[RV_SEQUENCE_PARTS_MAX] = {0};
    all_count = 0;
    all_parts = video->part_count;
    add_chains(video, 0, rows);
    qsort(all, all_count, sizeof *all, compare_chains);
}

/* ---- against it --------------------------------------------------------------------------------------- */

static float make_score(uint64_t *seed, int kind)
{
    if (next_random(seed) % 7 == 0)
        return -INFINITY;
    // Few values, whose sums are exact, so that many chains are equal; or any.
    return kind == 0 ? (float)(next_random(seed) % 4) / 4 : (float)(2 * next_uniform(seed) - 1);
}

static void make_video(Video *video, uint64_t *seed)
{
    static const double steps_s[] = {0, 0.5, 1, 1, 1, 7}, withins_s[] = {0.5, 1, 2, 3.25, 1000};
    *video = (Video){.count = next_random(seed) % (MAX_ROWS + 1),
                     .part_count = 1 + next_random(seed) % 4,
                     .within_s = withins_s[next_random(seed) % 5]};
    if (video->part_count == 4 && video->count > 16)
        video->count = 16;
    int kind = (int)(next_random(seed) % 2);
    double time_s = 0;
    for (size_t row = 0; row < video->count; row++) {
        time_s += steps_s[next_random(seed) % 6];
        video->times_s[row] = time_s;
        for (size_t part = 0; part < video->part_count; part++)
            video->scores[part][row] = make_score(seed, kind);
    }
}

static SequenceRows rows_of(const Video *video)
{
    SequenceRows rows = {.count = video->count,
                         .part_count = video->part_count,
                         .times_s = video->times_s,
                         .within_s = video->within_s};
    for (size_t part = 0; part < video->part_count; part++)
        rows.scores[part] = video->scores[part];
    return rows;
}

typedef struct Found {
    bool rows[RV_SEQUENCE_PARTS_MAX][MAX_ROWS];
    size_t count;
} Found;

static void note_found(void *user, size_t part, size_t row)
{
    Found *found = user;
    found->rows[part][row] = true;
    found->count++;
}

static bool is_free(const Video *video, const Chain *chain, const Chain *taken, size_t taken_count)
{
    for (size_t i = 0; i < taken_count; i++) {
        if (overlap(video, chain, &taken[i]))
            return false;
    }
    return true;
}

/* Rows of all rivals of the best chain, and no rows that are in no such chain. */
static void check_rivals(const Video *video, Sequence *sequence, const Chain *best, const Chain *taken,
                         size_t taken_count, double score)
{
    Found found = {0}, allowed = {0};
    assert_ok(rv_sequence_rivals(sequence, best, score, note_found, &found, err));
    for (size_t i = 0; i < all_count; i++) {
        if (all[i].score < score - 1e-9 || !is_free(video, &all[i], taken, taken_count))
            continue;
        for (size_t part = 0; part < video->part_count; part++) {
            allowed.rows[part][all[i].rows[part]] = true;
            // Sums are rounded in another order.
            if (all[i].score > score + 1e-9 && overlap(video, &all[i], best))
                assert_true(found.rows[part][all[i].rows[part]]);
        }
    }
    for (size_t part = 0; part < video->part_count; part++) {
        for (size_t row = 0; row < video->count; row++)
            assert_true(!found.rows[part][row] || allowed.rows[part][row]);
    }
}

/* Takes `limit` chains at most, and compares them. */
static void compare(const Video *video, Sequence *sequence, uint64_t *seed, size_t limit, int round)
{
    static Chain taken[MAX_ROWS];
    size_t taken_count = 0;
    find_all(video);
    for (size_t i = 0; i < all_count && taken_count < limit; i++) {
        Chain chain;
        if (!is_free(video, &all[i], taken, taken_count))
            continue;
        if (!rv_sequence_best(sequence, &chain))
            fail_msg("round %d: only %zu chains", round, taken_count);
        bool same = chain.score == all[i].score;
        for (size_t part = 0; part < video->part_count; part++)
            same = same && chain.rows[part] == all[i].rows[part];
        if (!same)
            fail_msg("round %d: chain %zu from row %zu scores %.9g, expected from row %zu %.9g", round,
                     taken_count, chain.rows[0], chain.score, all[i].rows[0], all[i].score);
        check_rivals(video, sequence, &chain, taken, taken_count, chain.score - 0.25 * next_uniform(seed));
        assert_ok(rv_sequence_take(sequence, &chain, err));
        taken[taken_count++] = chain;
    }
    Chain more;
    if (taken_count < limit)
        assert_false(rv_sequence_best(sequence, &more));
}

static void chains_are_those_of_the_definition(void **state)
{
    (void)state;
    uint64_t seed = 1;
    all = malloc(MAX_CHAINS * sizeof *all);
    assert_non_null(all);
    for (int round = 0; round < ROUNDS; round++) {
        Video video;
        Sequence sequence;
        make_video(&video, &seed);
        SequenceRows rows = rows_of(&video);
        assert_ok(rv_sequence_init(&sequence, &rows, err));
        compare(&video, &sequence, &seed, next_random(&seed) % 3 == 0 ? 2 : MAX_ROWS, round);
        // Again, with other scores of some rows.
        for (size_t i = 0; i < 3 && video.count > 0; i++) {
            size_t row = next_random(&seed) % video.count;
            video.scores[next_random(&seed) % video.part_count][row] = make_score(&seed, 1);
            rv_sequence_changed(&sequence, row);
        }
        rv_sequence_restart(&sequence);
        compare(&video, &sequence, &seed, MAX_ROWS, round);
        rv_sequence_clear(&sequence);
    }
    free(all);
}

/* ---- a long video ------------------------------------------------------------------------------------- */

#define LONG_ROWS 3000
#define LONG_PARTS 3
#define LONG_WITHIN 20

/* The best sum of the parts from `part` on that begins at `row`, without taken rows; by plain loops. */
static void fill_plain(float scores[LONG_PARTS][LONG_ROWS], const bool *taken,
                       double rest[LONG_PARTS][LONG_ROWS])
{
    for (size_t part = LONG_PARTS; part-- > 0;) {
        for (size_t row = 0; row < LONG_ROWS; row++) {
            double best = part + 1 < LONG_PARTS ? -INFINITY : 0;
            for (size_t next = row + 1;
                 part + 1 < LONG_PARTS && next <= row + LONG_WITHIN && next < LONG_ROWS && !taken[next];
                 next++)
                best = fmax(best, rest[part + 1][next]);
            rest[part][row] = taken[row] ? -INFINITY : scores[part][row] + best;
        }
    }
}

static void chains_of_a_long_video(void **state)
{
    (void)state;
    uint64_t seed = 2;
    static double times_s[LONG_ROWS], rest[LONG_PARTS][LONG_ROWS];
    static float scores[LONG_PARTS][LONG_ROWS];
    static bool taken[LONG_ROWS];
    SequenceRows rows = {
        .count = LONG_ROWS, .part_count = LONG_PARTS, .times_s = times_s, .within_s = LONG_WITHIN};
    for (size_t row = 0; row < LONG_ROWS; row++) {
        times_s[row] = (double)row;
        for (size_t part = 0; part < LONG_PARTS; part++)
            scores[part][row] = (float)next_uniform(&seed);
    }
    for (size_t part = 0; part < LONG_PARTS; part++)
        rows.scores[part] = scores[part];
    Sequence sequence;
    Chain chain;
    assert_ok(rv_sequence_init(&sequence, &rows, err));
    size_t count = 0;
    for (; rv_sequence_best(&sequence, &chain); count++) {
        double best = -INFINITY;
        fill_plain(scores, taken, rest);
        for (size_t row = 0; row < LONG_ROWS; row++)
            best = fmax(best, rest[0][row]);
        if (fabs(best / LONG_PARTS - chain.score) > 1e-12)
            fail_msg("chain %zu scores %.12g, expected %.12g", count, chain.score, best / LONG_PARTS);
        for (size_t row = chain.rows[0]; row <= chain.rows[LONG_PARTS - 1]; row++)
            taken[row] = true;
        assert_ok(rv_sequence_take(&sequence, &chain, err));
    }
    assert_true(count > LONG_ROWS / LONG_WITHIN / LONG_PARTS);
    rv_sequence_clear(&sequence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_are_those_of_the_definition),
        cmocka_unit_test(chains_of_a_long_video),
    };
    return cmocka_run_group_tests_name("sequence", tests, NULL, NULL);
}
