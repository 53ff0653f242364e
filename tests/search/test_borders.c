/* SPDX-License-Identifier: MIT */
/* Borders of moments, out of times and scores alone. */
#include "../store/store_support.h"

#include "search/borders.h"
#include "search/frame_spans.h"
#include "search/select.h"

#define FRAMES_MAX 4000

/* Scores in the order of time, one a second; the first one above 9 ends them. */
static size_t make_frames(const double *scores, RvFrameScore *frames)
{
    size_t count = 0;
    for (; scores[count] <= 9; count++)
        frames[count] = (RvFrameScore){
            .frame_number = (int64_t)count + 1, .time_s = (double)count, .score = scores[count]};
    rv_frame_ends(frames, count, 1, (double)count);
    return count;
}

#define END 10.0

static void borders_lie_where_the_scores_leave_the_peak(void **state)
{
    static const struct {
        double scores[32];
        size_t peak, first, last;
        const char *why;
    } cases[] = {
        {{.1, .2, .1, .8, .9, .8, .1, .2, .1, .1, END}, 4, 3, 5, "a scene in the middle"},
        {{.9, .8, .8, .1, .2, .1, .1, .1, .2, .1, END}, 0, 0, 2, "at the start"},
        {{.1, .1, .2, .1, .2, .1, .1, .8, .8, .9, END}, 9, 7, 9, "at the end"},
        {{.1, .1, .2, .1, .2, .9, .1, .2, .1, .1, END}, 5, 5, 5, "of one frame"},
        {{.5, END}, 0, 0, 0, "a video of one frame"},
        {{.1, .9, END}, 1, 0, 1, "a video of two frames"},
        {{.5, .5, .5, .5, .5, .5, .5, END}, 2, 0, 6, "all scores are equal"},
        {{.50, .52, .49, .51, .53, .50, .48, .51, .52, .50, END}, 4, 0, 9, "one scene: nothing stands out"},
        {{.1, .2, .1, .8, .2, .9, .8, .1, .2, .1, END}, 5, 3, 6, "one frame below is bridged"},
        {{.1, .2, .1, .8, .2, .1, .9, .8, .1, .2, .1, END}, 6, 6, 7, "two are not: near scenes are two"},
        {{.1, .1, .1, .1, .6, .6, .6, .6, .6, .2, .2, .2, .2, .1, .1, END}, 4, 4, 8, "frames that are equal"},
        {{-.9, -.8, -.9, -.2, -.1, -.2, -.9, -.8, -.9, -.9, END}, 4, 3, 5, "negative scores"},
        {{-.5, .6, .7, .6, -.4, -.5, -.4, -.5, -.4, -.5, END}, 2, 1, 3, "of both signs"},
        {{.1, .3, .3, .3, .9, .8, .9, .3, .3, .4, .1, .1, .2, END},
         4,
         4,
         6,
         "a neighbour that shows some of it"},
        {{.1, .9, .8, .9, .8, .9, .8, .9, .8, .9, .1, .2, .1, END}, 1, 1, 9, "a scene longer than the rest"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvFrameScore frames[32];
        ScoreCurve curve;
        size_t count = make_frames(cases[i].scores, frames);
        assert_ok(rv_borders_init(&curve, frames, count, NULL, 2.5, err));
        FrameSpan span = rv_borders_around(&curve, cases[i].peak);
        if (span.first != cases[i].first || span.last != cases[i].last)
            fail_msg("%s: frames %zu to %zu", cases[i].why, span.first, span.last);
    }
}

/* A scene of 60 frames in a video of 3,600, at a distance of some deviations of the noise. */
static void noise_neither_splits_nor_joins(void **state)
{
    (void)state;
    RvFrameScore *frames = calloc(FRAMES_MAX, sizeof *frames);
    assert_non_null(frames);
    for (uint64_t round = 1; round <= 20; round++) {
        uint64_t seed = round;
        ScoreCurve curve;
        size_t peak = 1000;
        for (size_t i = 0; i < 3600; i++) {
            double noise = -6;
            for (int k = 0; k < 12; k++)
                noise += next_uniform(&seed);
            bool inside = i >= 1000 && i < 1060;
            frames[i] = (RvFrameScore){.time_s = (double)i, .score = (inside ? 0.3 : 0.1) + 0.02 * noise};
            if (frames[i].score > frames[peak].score)
                peak = i;
        }
        rv_frame_ends(frames, 3600, 1, 3600);
        assert_ok(rv_borders_init(&curve, frames, 3600, NULL, 2.5, err));
        FrameSpan span = rv_borders_around(&curve, peak);
        assert_int_equal(span.first, 1000);
        assert_int_equal(span.last, 1059);
        for (size_t i = 1000; i < 1060; i++)
            frames[i].score -= 0.2;
        assert_ok(rv_borders_init(&curve, frames, 3600, NULL, 2.5, err));
        span = rv_borders_around(&curve, peak);
        if (span.first != 0 || span.last != 3599)
            fail_msg("noise alone, round %d: frames %zu to %zu", (int)round, span.first, span.last);
    }
    free(frames);
}

static void spans_stay_among_the_frames_that_are_allowed_and_free(void **state)
{
    (void)state;
    RvFrameScore frames[32];
    bool taken[32] = {false};
    ScoreCurve curve;
    size_t count = make_frames((double[]){.1, .8, .8, .9, .8, .8, .8, .1, .1, .2, .1, .1, .1, END}, frames);
    assert_ok(rv_borders_init(&curve, frames, count, NULL, 2.5, err));
    curve.allowed = (FrameSpan){2, 4};
    FrameSpan span = rv_borders_around(&curve, 3);
    assert_true(span.first == 2 && span.last == 4);
    curve.allowed = (FrameSpan){0, count - 1};
    curve.taken = taken;
    taken[2] = taken[5] = true;
    span = rv_borders_around(&curve, 3);
    assert_true(span.first == 3 && span.last == 4);
}

static void what_goes_on_from_a_better_moment_is_its_slope(void **state)
{
    static const struct {
        double scores[32];
        size_t first, last; // of the better moment
        size_t peak;
        bool slope;
        const char *why;
    } cases[] = {
        {{.1, .1, .9, .9, .9, .45, .1, .1, .2, .1, END}, 2, 4, 5, true, "a fade"},
        {{.1, .1, .45, .9, .9, .9, .1, .1, .2, .1, END}, 3, 5, 2, true, "a fade in"},
        {{.1, .1, .1, .9, .8, .7, .6, .48, .4, .34, .3, .2, .1, .1, .1, END},
         3,
         5,
         6,
         true,
         "it ends slowly"},
        {{.1, .1, .1, .9, .9, .9, .45, .43, .46, .1, .1, .1, END},
         3,
         5,
         8,
         false,
         "a cut to a scene that shows some"},
        {{.1, .1, .45, .43, .46, .9, .9, .9, .1, .1, .1, .1, END}, 5, 7, 4, false, "a cut from one"},
        {{.1, .9, .9, .9, .1, .1, .1, .4, .4, .1, .1, .1, .1, END}, 1, 3, 7, false, "far away"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvFrameScore frames[32];
        bool taken[32] = {false};
        ScoreCurve curve;
        size_t count = make_frames(cases[i].scores, frames);
        assert_ok(rv_borders_init(&curve, frames, count, NULL, 2.5, err));
        curve.taken = taken;
        for (size_t f = cases[i].first; f <= cases[i].last; f++)
            taken[f] = true;
        FrameSpan span = rv_borders_around(&curve, cases[i].peak);
        if (rv_borders_is_slope(&curve, &span, cases[i].peak) != cases[i].slope)
            fail_msg("%s", cases[i].why);
    }
}

static void frames_without_a_fixed_distance_stand_until_the_next_one(void **state)
{
    (void)state;
    // Scenes: the second and the third are far longer than the gap, and show the same.
    RvFrameScore frames[] = {{1, 0, 0, .1},   {2, 4, 0, .8},   {3, 40, 0, .9},   {4, 90, 0, .1},
                             {5, 93, 0, .15}, {6, 99, 0, .1},  {7, 105, 0, .12}, {8, 110, 0, .8},
                             {9, 112, 0, .1}, {10, 114, 0, .8}};
    ScoreCurve curve;
    rv_frame_ends(frames, 10, 0, 120);
    assert_ok(rv_borders_init(&curve, frames, 10, NULL, 5, err));
    FrameSpan span = rv_borders_around(&curve, 2);
    assert_true(frames[span.first].time_s == 4 && frames[span.last].end_s == 90);
    span = rv_borders_around(&curve, 9);
    assert_true(frames[span.first].time_s == 110 && frames[span.last].end_s == 120);
}

static void frames_end_where_the_next_one_begins(void **state)
{
    static const struct {
        double interval_s, duration_s;
        double times_s[4], ends_s[4];
        const char *why;
    } cases[] = {
        {1, 4, {0, 1, 2, 3}, {1, 2, 3, 4}, "one a second"},
        {1, 4.7, {0, 1, 2, 3}, {1, 2, 3, 4.7}, "the last one to the end of the video"},
        {1, 3.2, {0, 1, 2, 3}, {1, 2, 3, 3.2}, "no further than that"},
        {1, 0, {0, 1, 2, 3}, {1, 2, 3, 4}, "a length that is not known"},
        {1, 60, {0, 1, 2, 3}, {1, 2, 3, 4}, "the rest is missing"},
        {1, 60, {0, 1, 7, 8}, {1, 2, 8, 9}, "some are missing"},
        {10, 36, {0, 10, 20, 30}, {10, 20, 30, 36}, "a longer interval"},
        {0, 60, {0, 1, 7, 8}, {1, 7, 8, 60}, "no fixed distance: until the next one, however late"},
        {0, 0, {0, 1, 7, 8}, {1, 7, 8, 9}, "nor a length"},
        {0, 9, {0, 2, 2, 8}, {2, 8, 8, 9}, "two at one time"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvFrameScore frames[4];
        for (size_t f = 0; f < 4; f++)
            frames[f] = (RvFrameScore){.time_s = cases[i].times_s[f]};
        rv_frame_ends(frames, 4, cases[i].interval_s, cases[i].duration_s);
        for (size_t f = 0; f < 4; f++) {
            if (frames[f].end_s != cases[i].ends_s[f])
                fail_msg("%s: frame %zu ends at %g", cases[i].why, f + 1, frames[f].end_s);
        }
    }
    RvFrameScore only = {.time_s = 0};
    rv_frame_ends(&only, 1, 5, 0.5);
    assert_true(only.end_s == 0.5);
    rv_frame_ends(NULL, 0, 1, 1);
}

/* ---- scores of which bounds are known -------------------------------------------------------------------- */

typedef struct Settler {
    ScoreBounds bounds;
    RvFrameScore *frames;
    const float *scores;
    size_t count;
} Settler;

static void settle(void *user, size_t frame)
{
    Settler *settler = user;
    settler->frames[frame].score = settler->scores[frame];
    settler->bounds.low[frame] = settler->bounds.high[frame] = settler->scores[frame];
    settler->count++;
}

/* Every moment of both curves, best first. */
static void assert_same_moments(ScoreCurve *known, ScoreCurve *bounded, const float *scores, int round)
{
    static bool taken[2][200];
    memset(taken, 0, sizeof taken);
    assert_true(known->level == bounded->level);
    known->taken = taken[0];
    bounded->taken = taken[1];
    for (;;) {
        size_t peak = known->count;
        for (size_t i = 0; i < known->count; i++) {
            if (!taken[0][i] && (peak == known->count || scores[i] > scores[peak]))
                peak = i;
        }
        if (peak == known->count)
            return;
        FrameSpan span = rv_borders_around(known, peak), same = rv_borders_around(bounded, peak);
        bool slope = rv_borders_is_slope(known, &span, peak),
             stands = rv_borders_stands_out(known, scores[peak]);
        if (span.first != same.first || span.last != same.last ||
            slope != rv_borders_is_slope(bounded, &same, peak) ||
            stands != rv_borders_stands_out(bounded, rv_borders_score(bounded, peak)))
            fail_msg("round %d: frame %zu: %zu to %zu, %zu to %zu", round, peak, span.first, span.last,
                     same.first, same.last);
        for (size_t i = span.first; i <= span.last; i++)
            taken[0][i] = taken[1][i] = true;
    }
}

static void bounds_give_what_the_scores_give(void **state)
{
    enum { COUNT_MAX = 200, ROUNDS = 2000 };
    (void)state;
    uint64_t seed = 4;
    float scores[COUNT_MAX], low[COUNT_MAX], high[COUNT_MAX];
    double values[COUNT_MAX], *room = values;
    RvFrameScore frames[COUNT_MAX], other[COUNT_MAX];
    size_t frame_count = 0, settled = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = 1 + next_random(&seed) % COUNT_MAX;
        // From nearly nothing to more than the scores differ by; some of which nothing is known.
        double error = pow(10, -6 + 6 * next_uniform(&seed)), scene = 0;
        bool coarse = round % 4 == 0;
        for (size_t i = 0; i < count; i++) {
            if (i % 7 == 0)
                scene = next_uniform(&seed);
            scores[i] = coarse ? (float)(next_random(&seed) % 5) : (float)(scene + .1 * next_uniform(&seed));
            low[i] = scores[i] - (float)(error * next_uniform(&seed));
            high[i] = scores[i] + (float)(error * next_uniform(&seed));
            if (round % 3 == 0 && next_random(&seed) % 10 == 0) {
                low[i] = -INFINITY;
                high[i] = INFINITY;
            }
            frames[i] = (RvFrameScore){.frame_number = (int64_t)i + 1,
                                       .time_s = (double)(i * (round % 5 + 1)) / 2,
                                       .score = scores[i]};
            other[i] = frames[i];
            other[i].score = low[i] == high[i] ? scores[i] : 0;
        }
        rv_frame_ends(frames, count, 0, 0);
        rv_frame_ends(other, count, 0, 0);
        Settler settler = {{low, high, &room, settle, &settler}, other, scores, 0};
        ScoreCurve known, bounded;
        assert_ok(rv_borders_init(&known, frames, count, NULL, 5, err));
        assert_ok(rv_borders_init(&bounded, other, count, &settler.bounds, 5, err));
        assert_same_moments(&known, &bounded, scores, round);
        frame_count += count;
        settled += settler.count;
    }
    print_message("%zu of %zu scores were asked for\n", settled, frame_count);
    assert_true(settled < frame_count);
}

static int compare_values(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void select_gives_what_sorting_gives(void **state)
{
    enum { COUNT_MAX = 500 };
    (void)state;
    uint64_t seed = 2;
    double values[COUNT_MAX], sorted[COUNT_MAX];
    for (int round = 0; round < 3000; round++) {
        size_t count = 1 + next_random(&seed) % (round % 2 == 0 ? 8 : COUNT_MAX);
        size_t place = next_random(&seed) % count;
        for (size_t i = 0; i < count; i++)
            values[i] = round % 5 == 0   ? (double)(next_random(&seed) % 3)
                        : round % 5 == 1 ? (double)i
                        : round % 5 == 2 ? -(double)i
                        : round % 5 == 3 ? fabs((double)i - (double)count / 2)
                                         : next_uniform(&seed);
        if (round % 7 == 0)
            values[next_random(&seed) % count] = INFINITY;
        memcpy(sorted, values, sizeof sorted);
        qsort(sorted, count, sizeof *sorted, compare_values);
        assert_true(rv_select(values, count, place) == sorted[place]);
        qsort(values, count, sizeof *values, compare_values);
        assert_memory_equal(values, sorted, count * sizeof *values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borders_lie_where_the_scores_leave_the_peak),
        cmocka_unit_test(noise_neither_splits_nor_joins),
        cmocka_unit_test(spans_stay_among_the_frames_that_are_allowed_and_free),
        cmocka_unit_test(what_goes_on_from_a_better_moment_is_its_slope),
        cmocka_unit_test(frames_without_a_fixed_distance_stand_until_the_next_one),
        cmocka_unit_test(frames_end_where_the_next_one_begins),
        cmocka_unit_test(bounds_give_what_the_scores_give),
        cmocka_unit_test(select_gives_what_sorting_gives),
    };
    return cmocka_run_group_tests_name("borders", tests, NULL, NULL);
}
