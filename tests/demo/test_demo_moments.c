/* SPDX-License-Identifier: MIT */
/* Moments of the demo video beside its scenes: how much of both is the same. Prints the tables of docs/moments.md. */
#include "demo_fixture.h"

#define MEDIAN_LEAST 0.8

typedef struct Span {
    double start_s, end_s;
} Span;

/* Intersection over union. */
static double overlap(Span a, Span b)
{
    double both = fmin(a.end_s, b.end_s) - fmax(a.start_s, b.start_s);
    return both > 0 ? both / (fmax(a.end_s, b.end_s) - fmin(a.start_s, b.start_s)) : 0;
}

static Span scene_of(const DemoFixture *fixture, const json_t *query)
{
    const json_t *scene =
        json_array_get(fixture->scenes, (size_t)json_integer_value(json_object_get(query, "scene")));
    return (Span){json_number_value(json_object_get(scene, "start")),
                  json_number_value(json_object_get(scene, "end"))};
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Print a line, which must be in the page too. */
static void print_line(const char *page, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    print_message("%s\n", line);
    if (strstr(page, line) == NULL)
        fail_msg("docs/moments.md does not have this line");
}

/* Free with free(). */
static char *load_page(void)
{
    char path[2048], *text = calloc(1, 1 << 20);
    assert_non_null(text);
    source_path("docs/moments.md", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static void assert_moments_are_apart(const RvHits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        assert_true(hit->start_s >= 0 && hit->start_s <= hit->time_s && hit->time_s < hit->end_s &&
                    hit->end_s <= 96);
        for (size_t j = 0; j < i; j++)
            assert_true(hits->items[j].end_s <= hit->start_s || hit->end_s <= hits->items[j].start_s);
    }
}

static RvHit best_moment(const DemoFixture *fixture, RvLibrary *library, const RvTerm *term)
{
    RvHits hits = {0};
    RvError err = {0};
    RvSearchOptions options = {.moments = true};
    if (rv_library_search(library, fixture->encoder, term, 1, &options, &hits, &err) != RV_OK)
        fail_msg("%s: %s", term->value, err.message);
    assert_int_equal(hits.count, 5);
    assert_moments_are_apart(&hits);
    RvHit best = hits.items[0];
    best.video = NULL;
    rv_hits_clear(&hits);
    return best;
}

typedef struct Overlaps {
    double median, mean, least;
} Overlaps;

/* page NULL: no line for each query. */
static Overlaps measure(const DemoFixture *fixture, RvLibrary *library, const char *list, const char *key,
                        const char *page)
{
    const json_t *rows = json_object_get(fixture->queries, list);
    double overlaps[64], sum = 0;
    size_t i, count = json_array_size(rows);
    json_t *row;
    assert_in_range(count, 1, 64);
    json_array_foreach(rows, i, row)
    {
        char path[2048];
        RvTerm term = {.kind = RV_TERM_TEXT, .value = text_of(row, key), .weight = 1};
        if (strcmp(key, "file") == 0)
            picture_term(row, key, path, &term);
        Span scene = scene_of(fixture, row);
        RvHit best = best_moment(fixture, library, &term);
        overlaps[i] = overlap((Span){best.start_s, best.end_s}, scene);
        sum += overlaps[i];
        if (page != NULL)
            print_line(page, "| %s | %g to %g | %g to %g | %.2f |", text_of(row, key), scene.start_s,
                       scene.end_s, best.start_s, best.end_s, overlaps[i]);
    }
    qsort(overlaps, count, sizeof *overlaps, compare_numbers);
    return (Overlaps){(overlaps[(count - 1) / 2] + overlaps[count / 2]) / 2, sum / (double)count,
                      overlaps[0]};
}

static void moments_overlap_the_scenes_that_are_asked_for(void **state)
{
    DemoFixture *fixture = *state;
    char *page = load_page();
    assert_int_equal(json_array_size(json_object_get(fixture->queries, "texts")), 41);
    Overlaps texts = measure(fixture, fixture->library, "texts", "text", page);
    Overlaps pictures = measure(fixture, fixture->library, "images", "file", page);
    print_line(page, "| 41 texts | 1 s | %.2f | %.2f | %.2f |", texts.median, texts.mean, texts.least);
    print_line(page, "| 7 pictures | 1 s | %.2f | %.2f | %.2f |", pictures.median, pictures.mean,
               pictures.least);
    assert_true(texts.median >= MEDIAN_LEAST && pictures.median >= MEDIAN_LEAST);
    free(page);
}

/* Where samples do not lie on the borders of scenes, moments are as exact as the samples are near to each other. */
static void moments_are_as_exact_as_the_sampling(void **state)
{
    static const struct {
        RvSamplingOptions sampling;
        const char *name;
        double median_least;
    } cases[] = {
        {{.interval_s = 0.2}, "0.2 s", 0.9},
        {{.interval_s = 0.35}, "0.35 s", 0.8},
        {{.interval_s = 0.7}, "0.7 s", 0.8},
        {{.interval_s = 1.3}, "1.3 s", 0.6},
        {{.kind = RV_SAMPLING_KEYFRAMES}, "keyframes", 0.8},
    };
    DemoFixture *fixture = *state;
    char *page = load_page(), video[2048];
    source_path("examples/media/demo.mp4", video);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvLibraryOptions create = {.mode = RV_OPEN_CREATE};
        RvIndexOptions options = {.sampling = cases[i].sampling};
        RvLibrary *library = NULL;
        RvIndexReport report;
        RvError err = {0};
        if (rv_library_open("memory:", &create, &library, &err) != RV_OK ||
            rv_library_index(library, fixture->encoder, video, &options, &report, &err) != RV_OK)
            fail_msg("%s", err.message);
        Overlaps texts = measure(fixture, library, "texts", "text", NULL);
        print_line(page, "| 41 texts | %s | %.2f | %.2f | %.2f |", cases[i].name, texts.median, texts.mean,
                   texts.least);
        assert_true(texts.median >= cases[i].median_least);
        rv_library_close(library);
    }
    free(page);
}

/* As many as are wanted, though the best rows lie in few moments. */
static void there_are_as_many_moments_as_are_wanted(void **state)
{
    DemoFixture *fixture = *state;
    RvTerm term = {.kind = RV_TERM_TEXT, .value = "a slide with words", .weight = 1};
    for (size_t top = 1; top <= 10; top++) {
        RvHits hits = {0};
        RvError err = {0};
        RvSearchOptions options = {.moments = true, .top = top};
        assert_int_equal(
            rv_library_search(fixture->library, fixture->encoder, &term, 1, &options, &hits, &err), RV_OK);
        assert_int_equal(hits.count, top);
        assert_moments_are_apart(&hits);
        rv_hits_clear(&hits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_overlap_the_scenes_that_are_asked_for),
        cmocka_unit_test(moments_are_as_exact_as_the_sampling),
        cmocka_unit_test(there_are_as_many_moments_as_are_wanted),
    };
    return cmocka_run_group_tests(tests, open_demo, close_demo);
}
