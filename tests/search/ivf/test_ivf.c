/* SPDX-License-Identifier: MIT */
/* Searches by lists: most of the best rows, never a wrong one, new ones at once; whatever happens to the
 * rows, the codes and the file. */
#include "lists_support.h"

#include <sys/stat.h>

#define ROWS 4000

typedef struct Made {
    Store *store;
    float *rows;
} Made;

/* Two videos, the first twice as long. */
static Made make_library(const char *path, const char *settings)
{
    Made made = {open_codes_store(path, false, NULL), malloc(ROWS * DIMENSIONS * sizeof(float))};
    assert_non_null(made.rows);
    make_scenes(1, made.rows, ROWS);
    add_rows(made.store, "/m.mp4", made.rows, ROWS / 3 * 2, DIMENSIONS);
    add_rows(made.store, "/b.mp4", made.rows + ROWS / 3 * 2 * DIMENSIONS, ROWS - ROWS / 3 * 2, DIMENSIONS);
    RvAnnOptions options = {.settings = settings};
    assert_ok(build_lists(made.store, NULL, &options, err));
    return made;
}

static void drop_made(Made *made)
{
    close_codes_store(made->store);
    free(made->rows);
}

static double measure_recall(const Made *made, Store *rows, int query_count, bool near,
                             const RvSearchOptions *options, const char *why)
{
    uint64_t seed = 11;
    size_t good = 0;
    for (int q = 0; q < query_count; q++) {
        float vector[DIMENSIONS];
        make_query(&seed, made->rows + next_random(&seed) % ROWS * DIMENSIONS, near, vector);
        good += check_answer(made->store, rows, vector, options, why);
    }
    return (double)good / ((double)query_count * (double)options->top);
}

/* ---- what is found ------------------------------------------------------------------------------------ */

static void recall_has_a_floor(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, NULL);
    Store *rows = open_rows(fixture->path);
    static const struct {
        bool near;
        size_t top;
        double floor;
        const char *why;
    } cases[] = {
        {true, 10, 0.95, "like pictures"},
        {true, 1, 0.95, "like pictures, the best alone"},
        {true, 100, 0.95, "like pictures, many"},
        {false, 10, 0.9, "like texts"},
        {false, 1, 0.9, "like texts, the best alone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvSearchOptions options = {.top = cases[i].top};
        double recall = measure_recall(&made, rows, 30, cases[i].near, &options, cases[i].why);
        print_message("    %s: recall@%zu %.3f\n", cases[i].why, cases[i].top, recall);
        assert_true(recall >= cases[i].floor);
    }
    assert_no_faults(made.store);
    close_codes_store(rows);
    drop_made(&made);
}

/* A number of probes is kept to, but never at the price of hits; more of them find more. */
static void probes_bound_what_is_looked_at(void **state)
{
    Fixture *fixture = *state;
    static const struct {
        const char *settings, *shown;
        double least, most;
    } cases[] = {{"lists=200,probes=1", "lists=200,probes=1", 0, 0.9},
                 {"lists=200,probes=200,seed=3", "lists=200,probes=200,seed=3", 1, 1}};
    RvSearchOptions options = {.top = 10};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[4300];
        snprintf(path, sizeof path, "%s/%zu.db", fixture->folder, i);
        Made made = make_library(path, cases[i].settings);
        Store *rows = open_rows(path);
        assert_string_equal(lists_info(made.store).settings, cases[i].shown);
        double recall = measure_recall(&made, rows, 20, false, &options, cases[i].settings);
        print_message("    %s: recall@10 of texts %.3f\n", cases[i].settings, recall);
        assert_true(recall >= cases[i].least && recall <= cases[i].most);
        close_codes_store(rows);
        drop_made(&made);
    }
}

static void filters_come_before_the_count(void **state)
{
    Fixture *fixture = *state;
    static const char *const settings[] = {NULL, "probes=1"};
    for (size_t s = 0; s < 2; s++) {
        char path[4300];
        snprintf(path, sizeof path, "%s/%zu.db", fixture->folder, s);
        Made made = make_library(path, settings[s]);
        Store *rows = open_rows(path);
        double after = 700, before = 703, score = 0.2, high = 0.9, none = 2;
        // check_answer demands as many hits as the rows give; the recall must not fall behind filters.
        const RvSearchOptions cases[] = {
            {.top = 10, .video_glob = "/b*"},
            {.top = 10, .after_s = &after, .before_s = &before},
            {.top = 10, .after_s = &after},
            {.top = 10, .video_glob = "/m*", .after_s = &after, .before_s = &before},
            {.top = 10, .min_score = &score},
            {.top = 10, .min_score = &high},
            {.top = 10, .min_score = &none},
            {.top = 10, .video_glob = "nothing"},
            {.top = 3000},
            {.top = ROWS * 2},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            char why[100];
            snprintf(why, sizeof why, "%s, filter %zu", settings[s] != NULL ? settings[s] : "default", i);
            measure_recall(&made, rows, 8, true, &cases[i], why);
            measure_recall(&made, rows, 8, false, &cases[i], why);
        }
        // Six rows pass: then they are the answer, whatever the lists say.
        assert_true(measure_recall(&made, rows, 8, false, &cases[1], "six rows") * 10 >= 6);
        close_codes_store(rows);
        drop_made(&made);
    }
}

static void several_terms_and_moments_go_by_the_mean(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, NULL);
    Store *rows = open_rows(fixture->path);
    uint64_t seed = 12;
    for (int q = 0; q < 10; q++) {
        float one[DIMENSIONS], two[DIMENSIONS], mean[DIMENSIONS];
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, true, one);
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, true, two);
        QueryVector terms[] = {{one, 1}, {two, -0.5}};
        assert_ok(rv_fusion_mean_vector(terms, 2, DIMENSIONS, mean, err));
        QueryVector together = {mean, 1};
        for (int moments = 0; moments < 2; moments++) {
            RvSearchOptions options = {.top = 5, .scan = RV_SCAN_APPROXIMATE, .moments = moments == 1};
            RvHits apart = {0}, joined = {0};
            assert_ok(rv_search_frames(index_of(made.store), made.store, NULL, terms, 2, DIMENSIONS, &options,
                                       &apart, err));
            assert_ok(rv_search_frames(index_of(made.store), made.store, NULL, &together, 1, DIMENSIONS,
                                       &options, &joined, err));
            assert_true(apart.count > 1);
            assert_same_hits(&apart, &joined, "terms and their mean");
            rv_hits_clear(&apart);
            rv_hits_clear(&joined);
        }
        RvHits hits = {0};
        RvSearchOptions options = {.top = 5, .scan = RV_SCAN_APPROXIMATE, .fusion = RV_FUSION_RRF};
        assert_refused(rv_search_frames(index_of(made.store), made.store, NULL, terms, 2, DIMENSIONS,
                                        &options, &hits, err),
                       RV_ERROR_ARGUMENT, "every frame");
    }
    close_codes_store(rows);
    drop_made(&made);
}

static bool has_moment(const RvHits *hits, const RvHit *moment)
{
    for (size_t i = 0; i < hits->count; i++) {
        RvHits found = {&hits->items[i], 1};
        if (found.items->video_id == moment->video_id && found.items->frame_number == moment->frame_number) {
            assert_same_hits(&found, &(RvHits){(RvHit *)moment, 1}, "a moment by lists");
            return true;
        }
    }
    return false;
}

/* Videos whose frames lists find are read whole, so a moment has the borders that it has by all rows. */
static void moments_by_lists_have_the_borders_of_the_rows(void **state)
{
    enum { QUERIES = 20, TOP = 12 };
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, NULL);
    uint64_t seed = 21;
    size_t found = 0, rounds = 0;
    for (int q = 0; q < QUERIES; q++) {
        float vector[DIMENSIONS];
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, q % 2 == 0, vector);
        QueryVector term = {vector, 1};
        RvHits by_lists = {0}, by_rows = {0};
        RvSearchReport report = {0};
        RvSearchOptions options = {
            .moments = true, .top = TOP, .scan = RV_SCAN_APPROXIMATE, .report = &report};
        assert_ok(rv_search_frames(index_of(made.store), made.store, NULL, &term, 1, DIMENSIONS, &options,
                                   &by_lists, err));
        assert_true(report.by_index && report.lists_probed > 0);
        // What was read twice is counted twice.
        assert_true(report.frames_scored > 0 && report.frames_scored <= 2 * ROWS);
        options.scan = RV_SCAN_EXACT;
        options.top = 1000;
        assert_ok(rv_search_frames(NULL, made.store, NULL, &term, 1, DIMENSIONS, &options, &by_rows, err));
        assert_string_equal(report.way, "rows");
        assert_int_equal(by_lists.count, TOP < by_rows.count ? TOP : by_rows.count);
        for (size_t i = 0; i < by_lists.count; i++)
            found += has_moment(&by_rows, &by_lists.items[i]);
        rounds += by_lists.count;
        rv_hits_clear(&by_lists);
        rv_hits_clear(&by_rows);
    }
    print_message("%zu of %zu moments by lists are those of the rows\n", found, rounds);
    assert_true(found * 10 >= rounds * 9);
    drop_made(&made);
}

static void answers_do_not_depend_on_threads(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, NULL);
    ThreadPool *pool = NULL;
    uint64_t seed = 13;
    assert_ok(rv_threads_create(4, &pool, err));
    for (int q = 0; q < 60; q++) {
        float vector[DIMENSIONS];
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, q % 2 == 0, vector);
        QueryVector term = {vector, 1};
        RvSearchOptions options = {.top = 20, .scan = RV_SCAN_APPROXIMATE};
        RvHits one = {0}, many = {0};
        assert_ok(rv_search_frames(index_of(made.store), made.store, NULL, &term, 1, DIMENSIONS, &options,
                                   &one, err));
        assert_ok(rv_search_frames(index_of(made.store), made.store, pool, &term, 1, DIMENSIONS, &options,
                                   &many, err));
        assert_same_hits(&one, &many, "threads");
        rv_hits_clear(&one);
        rv_hits_clear(&many);
    }
    rv_threads_destroy(pool);
    drop_made(&made);
}

static void the_same_rows_give_the_same_lists(void **state)
{
    Fixture *fixture = *state;
    char path[4300];
    Made made = make_library(fixture->path, "lists=40");
    lists_path(fixture->path, path, sizeof path);
    ThreadPool *pool = NULL;
    ListFile first, again;
    assert_ok(rv_threads_create(5, &pool, err));
    assert_ok(rv_list_file_open(path, &first, err));
    for (int seed = 1; seed <= 2; seed++) {
        RvAnnOptions options = {.settings = seed == 1 ? "lists=40" : "lists=40,seed=2"};
        assert_ok(build_lists(made.store, pool, &options, err));
        assert_ok(rv_list_file_open(path, &again, err));
        bool same =
            again.size_bytes == first.size_bytes && memcmp(again.bytes, first.bytes, first.size_bytes) == 0;
        assert_int_equal(same, seed == 1);
        rv_list_file_close(&again);
    }
    rv_list_file_close(&first);
    rv_threads_destroy(pool);
    drop_made(&made);
}

/* ---- settings ----------------------------------------------------------------------------------------- */

static void settings_that_make_no_sense_are_refused(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, NULL);
    static const struct {
        const char *kind, *settings, *words;
    } cases[] = {
        {"hnsw", NULL, "there are ivf"},       {"ivf", "lists=0", "from 1 to 65536"},
        {"ivf", "lists=65537", "lists needs"}, {"ivf", "probes=0", "probes needs"},
        {"ivf", "probes", "probes needs"},     {"ivf", "seed=-1", "seed needs"},
        {"ivf", "m=16", "no setting m"},       {"ivf", "lists=2,lists=3", "twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvAnnOptions options = {cases[i].kind, cases[i].settings};
        assert_refused(build_lists(made.store, NULL, &options, err), RV_ERROR_ARGUMENT, cases[i].words);
    }
    assert_string_equal(lists_info(made.store).settings, "lists=63");
    drop_made(&made);
}

/* ---- when it is used ---------------------------------------------------------------------------------- */

static void small_libraries_use_lists_when_asked_alone(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, "lists=200,probes=1");
    Store *rows = open_rows(fixture->path);
    RvAnnInfo info = lists_info(made.store);
    assert_true(info.present && !info.automatic);
    assert_int_equal(info.row_count, ROWS);
    assert_int_equal(info.newer_count, 0);
    uint64_t seed = 14;
    size_t missed = 0;
    for (int q = 0; q < 20; q++) {
        float vector[DIMENSIONS];
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, false, vector);
        // One probe misses much: searches that miss nothing have not used it.
        for (int scan = RV_SCAN_AUTO; scan <= RV_SCAN_EXACT; scan++) {
            RvSearchOptions options = {.top = 10, .scan = (RvScan)scan};
            assert_codes_change_nothing(made.store, rows, vector, DIMENSIONS, &options, "not asked for");
        }
        missed += check_answer(made.store, rows, vector, &(RvSearchOptions){.top = 10}, "asked for") < 10;
    }
    assert_true(missed > 5);
    RvHits hits = {0};
    QueryVector term = {made.rows, 1};
    RvSearchOptions options = {.scan = RV_SCAN_APPROXIMATE};
    assert_refused_with_hint(
        rv_search_frames(index_of(rows), rows, NULL, &term, 1, DIMENSIONS, &options, &hits, err),
        RV_ERROR_NOT_FOUND, "no approximate index", RV_HINT_BUILD_INDEX);
    bool dropped = false;
    assert_ok(rv_search_index_drop(made.store, &dropped, err));
    assert_true(dropped);
    assert_false(lists_info(made.store).present);
    assert_refused_with_hint(
        rv_search_frames(index_of(made.store), made.store, NULL, &term, 1, DIMENSIONS, &options, &hits, err),
        RV_ERROR_NOT_FOUND, "no approximate index", RV_HINT_BUILD_INDEX);
    close_codes_store(rows);
    drop_made(&made);
}

static RvStatus keep_best(void *user, const ScoredBlock *block, RvError *err)
{
    (void)err;
    double *best = user;
    for (size_t i = 0; i < block->rows->count; i++)
        *best = block->scores[i] > *best ? block->scores[i] : *best;
    return RV_OK;
}

static double best_score(Store *store, const float *vector, bool by_lists)
{
    static const int64_t ids[] = {1, 2};
    CodeScan scan = {.limit = 1, .video_ids = ids, .video_count = 2};
    double best = -2;
    assert_true(scan_codes(store, &scan, by_lists, vector, DIMENSIONS, keep_best, &best));
    return best;
}

/* One probe misses the best row now and then. Which searches take this way is the plan's: test_scan_plan. */
static void a_scan_by_lists_leaves_rows_out(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, "lists=200,probes=1");
    uint64_t seed = 17;
    size_t missed = 0;
    for (int q = 0; q < 40; q++) {
        float vector[DIMENSIONS];
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, false, vector);
        missed += best_score(made.store, vector, true) < best_score(made.store, vector, false);
    }
    print_message("    %zu of 40 missed\n", missed);
    assert_true(missed > 0);
    drop_made(&made);
}

/* ---- changes ------------------------------------------------------------------------------------------ */

/* The row that fits best was not there when the lists were made. */
static void new_changed_and_removed_rows_count_at_once(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, "probes=1");
    uint64_t seed = 15;
    for (int step = 0; step < 40; step++) {
        float vector[DIMENSIONS];
        char path[64];
        fill_random(&seed, vector, DIMENSIONS, 1);
        assert_ok(rv_search_normalize(vector, DIMENSIONS, err));
        FrameRecord best = {1 + (int64_t)(next_random(&seed) % 500), 5000 + step, vector, NULL, 0};
        snprintf(path, sizeof path, "/new%d.mp4", step);
        if (step % 4 == 0) // a new row
            add_rows(made.store, path, vector, 1, DIMENSIONS);
        else if (step % 4 == 1) // another vector in the place of one
            assert_ok(rv_store_put_frames(made.store, 1, &best, 1, DIMENSIONS, err));
        else if (step % 4 == 2)
            run_sql(fixture->path,
                    "DELETE FROM frames WHERE frame_id IN (SELECT frame_id FROM frames ORDER BY "
                    "random() LIMIT 50)");
        if (step % 8 >= 4) // the codes know it, the lists do not
            assert_ok(update_codes(made.store, 1, err));
        if (step % 16 >= 12)
            assert_ok(update_lists(made.store, err));
        forget_rows(fixture->path);
        Store *rows = open_rows(fixture->path);
        RvSearchOptions options = {.top = 1};
        size_t good = check_answer(made.store, rows, vector, &options, "after a change");
        // Once it is in a list, one probe may miss it.
        if (step % 4 < 2 && step % 16 < 12)
            assert_int_equal(good, 1);
        check_answer(made.store, rows, vector, &(RvSearchOptions){.top = 30}, "after a change");
        close_codes_store(rows);
    }
    assert_ok(rv_store_remove_video(made.store, 2, err));
    forget_rows(fixture->path);
    Store *rows = open_rows(fixture->path);
    check_answer(made.store, rows, made.rows + 3900 * DIMENSIONS, &(RvSearchOptions){.top = 30}, "removed");
    close_codes_store(rows);
    assert_string_equal(lists_info(made.store).fault, "");
    drop_made(&made);
}

static void updates_take_new_rows_into_the_lists(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, NULL);
    float *more = malloc(1000 * DIMENSIONS * sizeof *more);
    assert_non_null(more);
    make_scenes(2, more, 1000);
    add_rows(made.store, "/new.mp4", more, 1000, DIMENSIONS);
    assert_int_equal(lists_info(made.store).newer_count, 1000);
    assert_ok(update_codes(made.store, 1, err));
    assert_int_equal(lists_info(made.store).newer_count, 1000);
    assert_no_faults(made.store);
    assert_ok(update_lists(made.store, err));
    RvAnnInfo info = lists_info(made.store);
    assert_int_equal(info.newer_count, 0);
    assert_int_equal(info.row_count, ROWS + 1000);
    assert_string_equal(info.settings, "lists=63"); // those that were there, with more rows
    assert_no_faults(made.store);
    forget_rows(fixture->path);
    Store *rows = open_rows(fixture->path);
    assert_true(measure_recall(&made, rows, 10, true, &(RvSearchOptions){.top = 10}, "extended") >= 0.95);
    close_codes_store(rows);
    // Nothing to do: the file stays.
    struct stat before, after;
    char path[4300];
    lists_path(fixture->path, path, sizeof path);
    assert_int_equal(stat(path, &before), 0);
    assert_ok(update_lists(made.store, err));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    free(more);
    drop_made(&made);
}

/* Codes that were made anew are not those of the lists: these are left, and the next update makes them again.
 */
static void lists_of_other_codes_are_left(void **state)
{
    Fixture *fixture = *state;
    Made made = make_library(fixture->path, "lists=20,probes=2");
    char codes[4300];
    snprintf(codes, sizeof codes, "%s" CODES_SUFFIX, fixture->path);
    close_codes_store(made.store);
    assert_int_equal(unlink(codes), 0);
    LogCount log = {0};
    made.store = open_codes_store(fixture->path, false, &log);
    assert_ok(update_codes(made.store, 1, err));
    log = (LogCount){0};
    Store *rows = open_rows(fixture->path);
    uint64_t seed = 16;
    for (int q = 0; q < 5; q++) {
        float vector[DIMENSIONS];
        make_query(&seed, made.rows + next_random(&seed) % ROWS * DIMENSIONS, false, vector);
        assert_int_equal(check_answer(made.store, rows, vector, &(RvSearchOptions){.top = 10}, "stale"), 10);
    }
    assert_int_equal(log.lines, 1);
    assert_non_null(strstr(log.last, "other codes"));
    RvAnnInfo info = lists_info(made.store);
    assert_non_null(strstr(info.fault, "other codes"));
    assert_true(info.present && !info.automatic);
    size_t faults = 0;
    assert_ok(verify_lists(made.store, NULL, &faults, err));
    assert_int_equal(faults, 1);
    assert_ok(update_lists(made.store, err));
    info = lists_info(made.store);
    assert_string_equal(info.fault, "");
    assert_string_equal(info.settings, "lists=20,probes=2"); // as they were asked for
    assert_no_faults(made.store);
    measure_recall(&made, rows, 10, true, &(RvSearchOptions){.top = 10}, "made again");
    close_codes_store(rows);
    drop_made(&made);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(recall_has_a_floor),
        CASE(probes_bound_what_is_looked_at),
        CASE(filters_come_before_the_count),
        CASE(several_terms_and_moments_go_by_the_mean),
        CASE(moments_by_lists_have_the_borders_of_the_rows),
        CASE(answers_do_not_depend_on_threads),
        CASE(the_same_rows_give_the_same_lists),
        CASE(settings_that_make_no_sense_are_refused),
        CASE(small_libraries_use_lists_when_asked_alone),
        CASE(a_scan_by_lists_leaves_rows_out),
        CASE(new_changed_and_removed_rows_count_at_once),
        CASE(updates_take_new_rows_into_the_lists),
        CASE(lists_of_other_codes_are_left),
    };
    return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
