/* SPDX-License-Identifier: MIT */
/* Tests of src/library/library_search.c on an indexed video: pictures find their frames, terms combine as the
 * mean of vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clips.h"
#include "http_server.h"
#include "library/library_search.h"
#include "library_fixture.h"

#define TOLERANCE 1e-5

static RvHits search(Fixture *fixture, const RvTerm *terms, size_t term_count, const RvSearchOptions *options)
{
    RvHits hits;
    RvError err = {0};
    if (rv_library_search(fixture->library, fixture->encoder, terms, term_count, options, &hits, &err) !=
        RV_OK)
        fail_msg("%s", err.message);
    return hits;
}

static int setup_indexed(void **state)
{
    int result = fixture_setup(state);
    Fixture *fixture = *state;
    RvIndexReport report;
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, NULL, &report, NULL), RV_OK);
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->other_video, NULL, &report, NULL),
        RV_OK);
    return result;
}

/* The score that a term gives to a frame; every frame is asked for. */
static double score_of(Fixture *fixture, const RvTerm *terms, size_t term_count, const char *video,
                       int64_t frame_number)
{
    RvSearchOptions all = {.top = FIXTURE_FRAMES + FIXTURE_OTHER_FRAMES};
    RvHits hits = search(fixture, terms, term_count, &all);
    double score = NAN;
    assert_int_equal(hits.count, FIXTURE_FRAMES + FIXTURE_OTHER_FRAMES);
    for (size_t i = 0; i < hits.count; i++) {
        if (hits.items[i].frame_number == frame_number && strstr(hits.items[i].video, video) != NULL)
            score = hits.items[i].score;
    }
    rv_hits_clear(&hits);
    return score;
}

static void a_stored_frame_finds_itself_first(void **state)
{
    Fixture *fixture = *state;
    for (int second = 0; second < FIXTURE_FRAMES; second++) {
        RvTerm term = {.kind = RV_TERM_FRAME, .value = "clip.mp4", .time_s = second + 0.3, .weight = 1};
        RvHits hits = search(fixture, &term, 1, NULL);
        assert_int_equal(hits.count, 5);
        assert_int_equal(hits.items[0].frame_number, second + 1);
        assert_true(fabs(hits.items[0].score - 1) < TOLERANCE);
        rv_hits_clear(&hits);
    }
}

static void text_and_frame_score_their_mean(void **state)
{
    Fixture *fixture = *state;
    RvTerm terms[] = {{.kind = RV_TERM_TEXT, .value = "a red square", .weight = 1},
                      {.kind = RV_TERM_FRAME, .value = "clip.mp4", .time_s = 3, .weight = 1}};
    RvTerm weighted[] = {terms[0], terms[1]};
    RvTerm against[] = {terms[0], terms[1]};
    weighted[1].weight = 0.3;
    against[1].weight = -1;
    for (int64_t frame = 1; frame <= FIXTURE_FRAMES; frame++) {
        double text = score_of(fixture, &terms[0], 1, "clip.mp4", frame);
        double like = score_of(fixture, &terms[1], 1, "clip.mp4", frame);
        assert_true(fabs(score_of(fixture, terms, 2, "clip.mp4", frame) - (text + like) / 2) < TOLERANCE);
        assert_true(fabs(score_of(fixture, weighted, 2, "clip.mp4", frame) - (text + 0.3 * like) / 1.3) <
                    TOLERANCE);
        assert_true(fabs(score_of(fixture, against, 2, "clip.mp4", frame) - (text - like) / 2) < TOLERANCE);
    }
}

static void every_frame_of_a_video_has_its_score(void **state)
{
    Fixture *fixture = *state;
    RvTerm term = {.kind = RV_TERM_TEXT, .value = "a red square", .weight = 1};
    RvFrameScores scores = {0};
    RvError err = {0};
    assert_int_equal(rv_library_video_scores(fixture->library, fixture->encoder, &term, 1, NULL, "clip.mp4",
                                             &scores, &err),
                     RV_OK);
    assert_int_equal(scores.count, FIXTURE_FRAMES);
    for (size_t i = 0; i < scores.count; i++) {
        const RvFrameScore *frame = &scores.items[i];
        assert_true(frame->frame_number == (int64_t)i + 1 && frame->time_s == (double)i);
        assert_true(frame->score == score_of(fixture, &term, 1, "clip.mp4", frame->frame_number));
        assert_true(frame->end_s > frame->time_s && (i + 1 == scores.count || frame->end_s == (double)i + 1));
    }
    rv_frame_scores_clear(&scores);
    static const RvSearchOptions odd = {.reserved = {1}}, elsewhere = {.video_glob = "other.mp4"};
    static const struct {
        const char *video;
        const RvSearchOptions *options;
        RvStatus status;
        const char *words;
    } refusals[] = {
        {"nothing.mp4", NULL, RV_ERROR_NOT_FOUND, "nothing.mp4: no such video"},
        {"*.mp4", NULL, RV_ERROR_ARGUMENT, "names 2 videos"},
        {NULL, NULL, RV_ERROR_NOT_FOUND, "no such video"},
        {"clip.mp4", &elsewhere, RV_ERROR_NOT_FOUND, "not among those that are searched"},
        {"clip.mp4", &odd, RV_ERROR_ARGUMENT, "RvSearchOptions"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        RvStatus status = rv_library_video_scores(fixture->library, fixture->encoder, &term, 1,
                                                  refusals[i].options, refusals[i].video, &scores, &err);
        if (status != refusals[i].status || strstr(err.message, refusals[i].words) == NULL)
            fail_msg("%s: %s", refusals[i].words, err.message);
        assert_true(scores.items == NULL && scores.count == 0);
    }
    RvTerm parts[] = {term, term};
    parts[1].part = 1;
    assert_int_equal(rv_library_video_scores(fixture->library, fixture->encoder, parts, 2, NULL, "clip.mp4",
                                             &scores, &err),
                     RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "ask for its parts one by one"));
}

static bool at_once(void *user)
{
    *(size_t *)user += 1;
    return true;
}

/* A server that sends a few bytes and then nothing: the query's picture never comes. */
static void searches_end_early_while_a_picture_is_fetched(void **state)
{
    Fixture *fixture = *state;
    uint8_t bytes[64] = {0};
    HttpFile file = {.path = "/never.png",
                     .bytes = bytes,
                     .size_bytes = sizeof bytes,
                     .behaviour = HTTP_STALL,
                     .cut_after = 8};
    HttpServer *server = http_server_start(&file, 1);
    assert_non_null(server);
    char url[256];
    http_server_url(server, file.path, url, sizeof url);
    RvTerm terms[] = {{.kind = RV_TERM_TEXT, .value = "a red square", .weight = 1},
                      {.kind = RV_TERM_IMAGE_FILE, .value = url, .weight = 1}};
    size_t asked = 0;
    RvSearchOptions limited = {.timeout_s = 0.3},
                    cancelled = {.cancelled = at_once, .cancelled_user = &asked};
    RvHits hits;
    RvError err = {0};
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, terms, 2, &limited, &hits, &err),
                     RV_ERROR_CANCELLED);
    assert_string_equal(err.message, "the search took longer than the 0.3 s that it was given");
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, terms, 2, &cancelled, &hits, &err),
                     RV_ERROR_CANCELLED);
    assert_string_equal(err.message, "the search was cancelled");
    assert_int_equal(asked, 1);
    assert_int_equal(hits.count, 0);
    http_server_stop(server);
}

static void terms_that_leave_nothing_are_refused(void **state)
{
    Fixture *fixture = *state;
    RvTerm terms[] = {{.kind = RV_TERM_TEXT, .value = "a red square", .weight = 0.1},
                      {.kind = RV_TERM_TEXT, .value = "a red square", .weight = 0.2},
                      {.kind = RV_TERM_TEXT, .value = "a red square", .weight = -0.3}};
    RvSearchOptions options = {0};
    RvHits hits;
    RvError err = {0};
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, terms, 3, &options, &hits, &err),
                     RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "cancel each other out"));
    options.fusion = RV_FUSION_RRF; // ranks term by term, where nothing cancels
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, terms, 3, &options, &hits, &err),
                     RV_OK);
    rv_hits_clear(&hits);
}

static void bad_terms_are_refused_with_a_reason(void **state)
{
    static const struct {
        RvTerm term;
        RvStatus status;
        const char *part;
        const char *why;
    } cases[] = {
        {{.kind = RV_TERM_TEXT, .value = " \t", .weight = 1}, RV_ERROR_ARGUMENT, "empty", "blank text"},
        {{.kind = RV_TERM_FRAME, .value = "nobody.mp4", .weight = 1},
         RV_ERROR_NOT_FOUND,
         "nobody.mp4",
         "no such video"},
        {{.kind = RV_TERM_FRAME, .value = "*.mp4", .weight = 1},
         RV_ERROR_ARGUMENT,
         "names 2 videos",
         "two videos match"},
        {{.kind = RV_TERM_FRAME, .value = "clip.mp4", .time_s = 750, .weight = 1},
         RV_ERROR_ARGUMENT,
         "s long",
         "beyond the end"},
        {{.kind = RV_TERM_FRAME, .value = "clip.mp4", .time_s = -1, .weight = 1},
         RV_ERROR_ARGUMENT,
         "no time",
         "before the beginning"},
        {{.kind = RV_TERM_IMAGE_FILE, .value = "/no/such.png", .weight = 1},
         RV_ERROR_NOT_FOUND,
         "/no/such.png",
         "no such picture"},
        {{.kind = RV_TERM_IMAGE_FILE, .value = "this file", .weight = 1},
         RV_ERROR_FORMAT,
         "test_library_search.c",
         "not a picture"},
        {{.kind = RV_TERM_TEXT, .value = "x", .weight = NAN}, RV_ERROR_ARGUMENT, "weight", "no number"},
        {{.kind = RV_TERM_TEXT, .value = "x"},
         RV_ERROR_ARGUMENT,
         "the weight 0",
         "a weight that says nothing"},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvHits hits;
        RvError err = {0};
        RvTerm term = cases[i].term;
        char source[1024];
        if (term.kind == RV_TERM_IMAGE_FILE && strcmp(term.value, "this file") == 0) {
            snprintf(source, sizeof source, "%s/tests/library/test_library_search.c",
                     getenv("REELVEC_SOURCE"));
            term.value = source;
        }
        RvStatus status = rv_library_search(fixture->library, fixture->encoder, &term, 1, NULL, &hits, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].part) == NULL)
            fail_msg("%s: %s, '%s'", cases[i].why, rv_status_name(status), err.message);
    }
    RvHits hits;
    RvError err = {0};
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, NULL, 0, NULL, &hits, NULL),
                     RV_ERROR_ARGUMENT);
    RvTerm term = {.kind = RV_TERM_TEXT, .value = "a dog", .weight = 1};
    RvSearchOptions options = {.video_glob = "*.mkv"};
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, &term, 1, &options, &hits, &err),
                     RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "no video matches '*.mkv'"));
    double never = 2;
    options = (RvSearchOptions){.video_glob = "clip.mp4", .min_score = &never};
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, &term, 1, &options, &hits, &err),
                     RV_OK);
    assert_int_equal(hits.count, 0);
}

static void empty_library_says_how_to_fill_it(void **state)
{
    Fixture *fixture = *state;
    RvTerm term = {.kind = RV_TERM_TEXT, .value = "anything", .weight = 1};
    RvHits hits;
    RvError err = {0};
    assert_int_equal(rv_library_search(fixture->library, fixture->encoder, &term, 1, NULL, &hits, &err),
                     RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "the library is empty"));
    assert_int_equal(err.hint, RV_HINT_INDEX);
}

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static void searches_use_the_threads_that_were_asked_for(void **state)
{
    Fixture *fixture = *state;
    static const int counts[] = {1, 2, 5};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        RvLibraryOptions options = {.mode = RV_OPEN_READ, .thread_count = counts[i]};
        RvTerm term = {.kind = RV_TERM_FRAME, .value = "clip.mp4", .time_s = 1, .weight = 1};
        RvLibrary *library = NULL;
        RvHits hits;
        int before = count_threads();
        assert_int_equal(rv_library_open(fixture->library_path, &options, &library, NULL), RV_OK);
        assert_int_equal(rv_library_search(library, NULL, &term, 1, NULL, &hits, NULL), RV_OK);
        assert_int_equal(count_threads() - before, counts[i] - 1); // the caller's is one of them
        rv_hits_clear(&hits);
        rv_library_close(library);
    }
    RvLibraryOptions options = {.thread_count = RV_THREADS_MAX + 1}, unknown = {.mode = (RvOpenMode)3};
    RvLibrary *library = NULL;
    assert_int_equal(rv_library_open("memory:", &options, &library, NULL), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_library_open("memory:", &unknown, &library, NULL), RV_ERROR_ARGUMENT);
}

static void batches_beyond_the_limit_are_refused(void **state)
{
    Fixture *fixture = *state;
    RvIndexOptions options = {.batch_size = RV_INDEX_BATCH_MAX + 1};
    RvError err = {0};
    assert_int_equal(
        rv_library_index(fixture->library, fixture->encoder, fixture->video, &options, NULL, &err),
        RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "1 to 256"));
}

static void hits_become_moments(void **state)
{
    Fixture *fixture = *state;
    RvTerm term = {.kind = RV_TERM_FRAME, .value = "clip.mp4", .time_s = 3, .weight = 1};
    RvSearchOptions all = {.top = FIXTURE_FRAMES + FIXTURE_OTHER_FRAMES};
    RvHits hits = search(fixture, &term, 1, &all);
    RvFrameScores scores;
    RvMoments moments;
    size_t found = 0;
    assert_int_equal(
        rv_library_video_scores(fixture->library, NULL, &term, 1, NULL, "clip.mp4", &scores, NULL), RV_OK);
    hits.items[1].video_id = 1000;                   // it was removed meanwhile
    hits.items[2].end_s = hits.items[2].start_s + 7; // a moment
    assert_int_equal(rv_library_moments(fixture->library, &hits, "a name", &moments, NULL), RV_OK);
    assert_int_equal(moments.count, hits.count);
    for (size_t i = 0; i < moments.count; i++) {
        const RvMoment *moment = &moments.items[i];
        const RvHit *hit = &hits.items[i];
        char name[32];
        snprintf(name, sizeof name, "a name %zu", i + 1);
        assert_string_equal(moment->name, name);
        assert_string_equal(moment->video, hit->video);
        assert_true(moment->start_s == hit->start_s && moment->time_s == hit->time_s);
        assert_true(moment->score == hit->score);
        for (size_t k = 0; k < scores.count && i > 2 && hit->video_id == scores.video_id; k++) {
            if (scores.items[k].frame_number != hit->frame_number)
                continue;
            assert_true(moment->end_s == scores.items[k].end_s);
            found++;
        }
    }
    assert_true(found >= FIXTURE_FRAMES - 3);
    assert_true(moments.items[1].end_s == moments.items[1].start_s + 1);
    assert_true(moments.items[2].end_s == hits.items[2].end_s);
    rv_moments_clear(&moments);
    // One hit has the name alone, and none is no error.
    size_t count = hits.count;
    hits.count = 1;
    assert_int_equal(rv_library_moments(fixture->library, &hits, "a name", &moments, NULL), RV_OK);
    assert_string_equal(moments.items[0].name, "a name");
    rv_moments_clear(&moments);
    assert_int_equal(rv_library_moments(fixture->library, &hits, NULL, &moments, NULL), RV_OK);
    assert_null(moments.items[0].name);
    rv_moments_clear(&moments);
    hits.count = 0;
    assert_int_equal(rv_library_moments(fixture->library, &hits, "a name", &moments, NULL), RV_OK);
    assert_int_equal(moments.count, 0);
    rv_moments_clear(&moments);
    hits.count = count;
    rv_hits_clear(&hits);
    rv_frame_scores_clear(&scores);
}

static void frame_at_is_the_nearest_of_one_video(void **state)
{
    static const struct {
        const char *name;
        double time_s;
        RvStatus status;
        int64_t frame_number;
        const char *part;
    } cases[] = {
        {"clip.mp4", 0, RV_OK, 1, NULL},
        {"clip.mp4", 3.4, RV_OK, 4, NULL},
        {"clip.mp4", 3.6, RV_OK, 5, NULL},
        {"clip.mp4", 12.5, RV_OK, 12, NULL}, // a person's clock rounds
        {"clip.mp4", 13.5, RV_ERROR_ARGUMENT, 0, "clip.mp4: is 12.0 s long; there is no frame at 13.5 s"},
        {"clip.mp4", -1, RV_ERROR_ARGUMENT, 0, "no time"},
        {"*.mp4", 1, RV_ERROR_ARGUMENT, 0, "names 2 videos"},
        {"nobody.mp4", 1, RV_ERROR_NOT_FOUND, 0, "nobody.mp4: no such video"},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t video_id = 0;
        RvFrameInfo frame = {0};
        RvError err = {0};
        RvStatus status =
            rv_library_frame_at(fixture->library, cases[i].name, cases[i].time_s, &video_id, &frame, &err);
        if (status != cases[i].status ||
            (cases[i].part != NULL && strstr(err.message, cases[i].part) == NULL))
            fail_msg("%s at %g: status %d, %s", cases[i].name, cases[i].time_s, status, err.message);
        if (status != RV_OK)
            continue;
        assert_int_equal(frame.frame_number, cases[i].frame_number);
        assert_true(frame.time_s == (double)(cases[i].frame_number - 1));
        assert_true(video_id > 0);
    }
}

static void player_time_is_what_each_player_counts(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double ffmpeg_s, mpv_s, vlc_s; // ahead of the library's time
        const char *why;
    } cases[] = {
        {"plain.mp4", 0, 0, 0, "begins at 0"},
        {"plain.ts", 0, 0, 0, "begins at 1.4 s, from where all count"},
        {"offset5.mkv", 0, 0, 5, "begins at 5 s: VLC counts from 0"},
        {"fragmented.mp4", 0, 0.08, 0.08, "begins at 0.08 s: only FFmpeg counts from there"},
        {"late_video.mkv", 0, 0, 0, "sound 2 s before: time zero is the sound's"},
        {"sound_100s_before.mkv", 0, 0, 0, "100 s before, and the header says so"},
        {"broken_clock.ts", 100, 100, 100, "clocks that differ: time zero is the first frame, not the sound"},
        {"raw.h264", 0, 0, 0, "no time stamps"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        double expected_s[] = {cases[i].ffmpeg_s, cases[i].mpv_s, cases[i].vlc_s};
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        for (RvPlayer player = RV_PLAYER_FFMPEG; player <= RV_PLAYER_VLC; player++) {
            double player_s = 0;
            assert_int_equal(rv_video_player_time(path, player, 1.5, &player_s, NULL), RV_OK);
            if (fabs(player_s - 1.5 - expected_s[player]) > 0.035)
                fail_msg("%s (%s), player %d: %g", cases[i].clip, cases[i].why, player, player_s);
        }
    }
    double player_s;
    assert_int_equal(rv_video_player_time("/no/such.mp4", RV_PLAYER_MPV, 0, &player_s, NULL),
                     RV_ERROR_NOT_FOUND);
    assert_int_equal(rv_video_player_time("/no/such.mp4", (RvPlayer)3, 0, &player_s, NULL),
                     RV_ERROR_ARGUMENT);
}

/* mpv goes on to the next frame, so it is told when the one on screen came. */
static void mpv_is_sent_to_the_frame_on_screen(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double time_s, mpv_s;
    } cases[] = {
        {"plain.mp4", 1.53, 1.52}, {"plain.mp4", 1.52, 1.52},     {"plain.mp4", 1.559, 1.52},
        {"plain.mkv", 1.53, 1.52}, {"fragmented.mp4", 1.53, 1.6}, // which counts from 0.08 s before
        {"plain.mp4", 0, 0},       {"plain.mp4", 1e6, 1e6},       // behind the end
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        double mpv_s = 0, vlc_s = 0;
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        assert_int_equal(rv_video_player_time(path, RV_PLAYER_MPV, cases[i].time_s, &mpv_s, NULL), RV_OK);
        assert_int_equal(rv_video_player_time(path, RV_PLAYER_VLC, cases[i].time_s, &vlc_s, NULL), RV_OK);
        if (fabs(mpv_s - cases[i].mpv_s) > 0.001)
            fail_msg("%s at %g: %g", cases[i].clip, cases[i].time_s, mpv_s);
        if (i < 4)
            assert_true(vlc_s == cases[i].time_s);
    }
}

static bool note_frame(void *user, const RvVideoFrame *frame)
{
    RvVideoFrame *last = user;
    assert_int_equal(frame->frame_number, last->frame_number + 1);
    *last = *frame;
    return true;
}

static void sampling_a_span_ends_inside_the_video(void **state)
{
    Fixture *fixture = *state;
    RvSamplingOptions span = {.interval_s = 0.5, .from_s = 9.25, .to_s = 10.75}, late = {.from_s = 12.25};
    RvVideoFrame last = {0};
    RvError err = {0};
    assert_int_equal(rv_video_sample(fixture->video, &span, 64, note_frame, &last, (RvLog){0}, &err), RV_OK);
    assert_int_equal(last.frame_number, 4);
    assert_true(last.time_s == 10.75);
    assert_int_equal(rv_video_sample(fixture->video, &late, 64, note_frame, &last, (RvLog){0}, &err),
                     RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "clip.mp4: is 12.0 s long; there is no frame at 12.2 s"));
    RvIndexOptions index = {.sampling = span};
    assert_int_equal(rv_library_index(fixture->library, fixture->encoder, fixture->video, &index, NULL, &err),
                     RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "whole videos"));
}

static bool count_frames(void *user, const RvVideoFrame *frame)
{
    int *count = user;
    assert_true(frame->image.height > 0);
    return ++*count < 2;
}

static void sampling_without_options_takes_the_defaults(void **state)
{
    Fixture *fixture = *state;
    int count = 0;
    assert_int_equal(rv_video_sample(fixture->video, NULL, 64, count_frames, &count, (RvLog){0}, NULL),
                     RV_OK);
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stored_frame_finds_itself_first, setup_indexed, fixture_teardown),
        cmocka_unit_test_setup_teardown(text_and_frame_score_their_mean, setup_indexed, fixture_teardown),
        cmocka_unit_test_setup_teardown(every_frame_of_a_video_has_its_score, setup_indexed,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(hits_become_moments, setup_indexed, fixture_teardown),
        cmocka_unit_test_setup_teardown(frame_at_is_the_nearest_of_one_video, setup_indexed,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(sampling_a_span_ends_inside_the_video, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(player_time_is_what_each_player_counts),
        cmocka_unit_test(mpv_is_sent_to_the_frame_on_screen),
        cmocka_unit_test_setup_teardown(searches_end_early_while_a_picture_is_fetched, setup_indexed,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(terms_that_leave_nothing_are_refused, setup_indexed,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(bad_terms_are_refused_with_a_reason, setup_indexed, fixture_teardown),
        cmocka_unit_test_setup_teardown(searches_use_the_threads_that_were_asked_for, setup_indexed,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(batches_beyond_the_limit_are_refused, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(sampling_without_options_takes_the_defaults, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(empty_library_says_how_to_fill_it, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
