/* SPDX-License-Identifier: MIT */
/* `reelvec timeline` and `reelvec search --export`, as whole runs. */
#include <sys/stat.h>

#include "program_run.h"

static void write_list(const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static char *read_file(const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    size_t size_bytes = fread(text, 1, (1 << 20) - 1, file);
    assert_true(size_bytes < (1 << 20) - 1);
    fclose(file);
    return text;
}

static void assert_file_holds(const char *name, const char *part)
{
    char *text = read_file(name);
    if (text == NULL)
        fail_msg("%s is not there", name);
    assert_holds(text, part);
    free(text);
}

static void assert_no_file(const char *name)
{
    char *text = read_file(name);
    if (text != NULL)
        fail_msg("%s is there", name);
}

/* Runs the program with these words; checks the status and that its errors hold the text. */
#define CHECK(status_wanted, said, ...)                                                                      \
    do {                                                                                                     \
        RunResult checked = RUN(__VA_ARGS__);                                                                \
        assert_status(&checked, status_wanted);                                                              \
        assert_holds(checked.errors, said);                                                                  \
        run_clear(&checked);                                                                                 \
    } while (0)

static void timeline_writes_files_of_a_list(void **state)
{
    (void)state;
    program_need_clips();
    write_list("cuts.csv", "start,end,name\n0.5,1.5,one\n0:02,2.5,\"two, 2\"\n");
    RunResult result = RUN("timeline", "cuts.csv", "--video", fixture.clip, "-o", "cuts.llc.csv");
    assert_status(&result, 0);
    assert_string_equal(result.output, "cuts.llc.csv: 2 moments\n");
    assert_string_equal(result.errors, "");
    run_clear(&result);
    char *text = read_file("cuts.llc.csv");
    assert_string_equal(text, "Start,End,Name\n0.5,1.5,one\n2,2.5,\"two, 2\"\n");
    free(text);
    result =
        RUN("timeline", "cuts.csv", "--video", fixture.clip, "-o", "-", "--format", "webvtt", "--title", "T");
    assert_status(&result, 0);
    assert_holds(result.output, "WEBVTT - T\n\n00:00:00.500 --> 00:00:01.500\none\n");
    run_clear(&result);
    CHECK(0, "", "timeline", "cuts.csv", "--video", fixture.clip, "-o", "handles.srt", "--handles", "0.25");
    assert_file_holds("handles.srt", "00:00:00,250 --> 00:00:01,750\none\n");
}

static void timeline_reads_standard_input(void **state)
{
    (void)state;
    program_need_clips();
    char line[1400];
    snprintf(line, sizeof line, "{\"video\": \"%s\", \"start\": 1, \"end\": 2}\n", fixture.clip);
    const char *words[] = {"timeline", "-", "-o", "-", "-f", "srt", NULL};
    RunResult result = program_run(words, &(RunOptions){.input = line});
    assert_status(&result, 0);
    assert_holds(result.output, "1\n00:00:01,000 --> 00:00:02,000\n");
    run_clear(&result);
    result = program_run(words, &(RunOptions){.input = ""});
    assert_status(&result, 1);
    assert_holds(result.errors, "standard input: holds no moments");
    run_clear(&result);
}

static void timeline_writes_a_file_for_each_video(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp '%s' one.mkv && cp '%s' two.mkv", fixture.clip, fixture.clip);
    write_list("two.csv", "video,start,end\none.mkv,0,1\ntwo.mkv,1,2\none.mkv,2,3\n");
    RunResult result = RUN("timeline", "two.csv", "-o", "two.chapters.xml");
    assert_status(&result, 0);
    assert_string_equal(result.output, "two.chapters.xml, two_two.chapters.xml: 3 moments\n");
    run_clear(&result);
    assert_file_holds("two_two.chapters.xml", "<ChapterTimeStart>00:00:01.000000000</ChapterTimeStart>");
    CHECK(2, "standard output takes one", "timeline", "two.csv", "-o", "-", "-f", "srt");
    CHECK(2, "and /dev/stderr takes one; name a file", "timeline", "two.csv", "-o", "/dev/stderr", "-f", "srt");
    // YouTube wants three chapters in each, but what is refused has no need of that.
    result = RUN("timeline", "two.csv", "-o", "-", "-f", "youtube");
    assert_status(&result, 2);
    assert_string_equal(result.errors,
                        "reelvec: youtube makes 2 files of these moments, and standard output takes "
                        "one; name a file\n");
    run_clear(&result);
    result = RUN("timeline", "two.csv", "-o", "two.chapters.xml", "-f", "youtube");
    assert_status(&result, 2);
    assert_string_equal(result.errors, "reelvec: two.chapters.xml: is there already; --force replaces it\n");
    run_clear(&result);
    write_list("two_two.youtube.txt", "mine");
    result = RUN("timeline", "two.csv", "-o", "two.youtube.txt", "-f", "youtube");
    assert_status(&result, 2);
    assert_string_equal(result.errors,
                        "reelvec: two_two.youtube.txt: is there already; --force replaces it\n");
    run_clear(&result);
    CHECK(0, "YouTube shows chapters if there are at least 3", "timeline", "two.csv", "-o", "new.txt", "-f",
          "youtube");
    // The other file is there already: nothing is written.
    program_shell("rm two.chapters.xml");
    CHECK(2, "two_two.chapters.xml: is there already; --force replaces it", "timeline", "two.csv", "-o",
          "two.chapters.xml");
    assert_no_file("two.chapters.xml");
}

static void timeline_replaces_only_what_it_may(void **state)
{
    (void)state;
    program_need_clips();
    write_list("cuts.csv", "start,end\n0,1\n");
    write_list("there.vtt", "mine");
    CHECK(2, "there.vtt: is there already; --force replaces it", "timeline", "cuts.csv", "--video",
          fixture.clip, "-o", "there.vtt");
    assert_file_holds("there.vtt", "mine");
    CHECK(0, "", "timeline", "cuts.csv", "--video", fixture.clip, "-o", "there.vtt", "--force");
    assert_file_holds("there.vtt", "WEBVTT");
    program_shell("cp '%s' film.vtt", fixture.clip); // its name was mistyped
    CHECK(2, "film.vtt: is there already, and is a file of another kind", "timeline", "cuts.csv", "--video",
          fixture.clip, "-o", "film.vtt", "--force");
    CHECK(1, "no/such/folder/a.vtt: cannot write", "timeline", "cuts.csv", "--video", fixture.clip, "-o",
          "no/such/folder/a.vtt");
    CHECK(0, "", "timeline", "cuts.csv", "--video", fixture.clip, "-o", "/dev/null", "-f", "srt");
}

static void timeline_says_what_is_wrong(void **state)
{
    (void)state;
    write_list("cuts.csv", "video,start,end\ngone.mp4,0,1\n");
    write_list("no_video.csv", "start,end\n0,1\n");
    write_list("bad.csv", "start,end\n5,1\n");
    CHECK(2, "timeline: needs -o FILE", "timeline", "cuts.csv");
    CHECK(2, "timeline: needs MOMENTS", "timeline", "-o", "a.srt");
    CHECK(2, "a.xyz: no format has this ending; say it by --format NAME", "timeline", "cuts.csv", "-o",
          "a.xyz");
    CHECK(2, "-: standard output has no ending", "timeline", "cuts.csv", "-o", "-");
    CHECK(2, "--format: there is no format 'webvt'; did you mean webvtt?", "timeline", "cuts.csv", "-o", "-",
          "-f", "webvt");
    CHECK(2, "--format: there is no format 'avid'", "timeline", "cuts.csv", "-o", "-", "-f", "avid");
    CHECK(2, "--rate: 'fast' is no rate; write 25, 29.97 or 30000/1001", "timeline", "cuts.csv", "-o",
          "a.csv", "--rate", "fast");
    CHECK(1, "nowhere.csv: no such file", "timeline", "nowhere.csv", "-o", "a.srt");
    CHECK(1, ".: cannot read: Is a directory", "timeline", ".", "-o", "a.srt");
    CHECK(1, "bad.csv: line 2: ends at 1, before it starts at 5", "timeline", "bad.csv", "-o", "a.srt");
    CHECK(2, "no_video.csv: moment 1 names no video; add --video FILE", "timeline", "no_video.csv", "-o",
          "a.srt");
    CHECK(1, "gone.mp4", "timeline", "cuts.csv", "-o", "a.srt");
    assert_no_file("a.srt");
}

static void timeline_exports_the_rest(void **state)
{
    (void)state;
    program_need_clips();
    char text[3000];
    snprintf(text, sizeof text, "video,start,end\n%s,0,1\ngone.mp4,0,1\n%s,90000,90001\n", fixture.clip,
             fixture.clip);
    write_list("some.csv", text);
    RunResult result = RUN("timeline", "some.csv", "-o", "some.srt");
    assert_status(&result, 3);
    assert_holds(result.output, "some.srt: 1 moment\n");
    assert_holds(result.errors, "gone.mp4");
    assert_holds(result.errors, "from 25:00:00.0 to 25:00:01.0 is outside of its video and is left out");
    run_clear(&result);
    result = RUN("timeline", "some.csv", "-o", "quiet.srt", "--quiet");
    assert_status(&result, 3);
    assert_string_equal(result.errors, "");
    run_clear(&result);
}

static void help_lists_every_format(void **state)
{
    (void)state;
    RunResult result = RUN("timeline", "--help");
    assert_status(&result, 0);
    static const char *const parts[] = {"csv  .csv",   "llc-csv  .llc.csv",           "m3u8  .m3u8 .m3u",
                                        "otio  .otio", "mkv-chapters  .chapters.xml", "--record-start TC"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_holds(result.output, parts[i]);
    run_clear(&result);
}

static void search_exports_its_hits(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("search", "a dog", "--top", "2", "--export", "hits.llc.csv", "--format", "csv");
    assert_status(&result, 0);
    assert_string_equal(result.errors, "reelvec: hits.llc.csv: 2 moments\n");
    assert_int_equal(count_in(result.output, "\r\n"), 3);
    run_clear(&result);
    assert_file_holds("hits.llc.csv", ",a dog 1\n");
    assert_file_holds("hits.llc.csv", ",a dog 2\n");
    // The first sample lasts up to the second.
    result = RUN("search", "a dog", "--after", "0", "--before", "0", "--top", "1", "--export", "-",
                 "--export-format", "llc-csv");
    assert_status(&result, 0);
    assert_string_equal(result.output, "Start,End,Name\n0,1,a dog\n");
    run_clear(&result);
    CHECK(2, "hits.llc.csv: is there already", "search", "a dog", "--export", "hits.llc.csv");
    CHECK(2, "--export needs the query on the command line", "search", "--export", "b.srt");
    CHECK(2, "--export-format: there is no format 'x'", "search", "a dog", "--export", "b", "--export-format",
          "x");
    CHECK(2, "--rate needs --export FILE", "search", "a dog", "--rate", "25");
    CHECK(1, "no frame of the library matches; nothing is exported", "search", "a dog", "--min-score", "2",
          "--export", "none.srt");
    assert_no_file("none.srt");
}

static void search_exports_moments(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("search", "a dog", "--moments", "--top", "1000", "--export", "moments.csv",
                           "--title", "Dogs", "--quiet");
    assert_status(&result, 0);
    assert_string_equal(result.errors, "");
    run_clear(&result);
    assert_file_holds("moments.csv", "name,video,start,end,time,score,rate,");
    assert_file_holds("moments.csv", fixture.clip);
}

#define SEQUENCE                                                                                             \
    "search", "--like", "gop50_closed.mp4@2", "--then", "", "--like", "gop50_closed.mp4@7", "--top", "1",    \
        "--quiet"

/* A sequence that was printed and read again is the moment that is exported at once, but for its name. */
static void sequences_are_read_back_as_printed(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const formats[] = {"json", "csv"};
    RunResult result = RUN(SEQUENCE, "--export", "at-once.llc.csv");
    assert_status(&result, 0);
    run_clear(&result);
    assert_file_holds("at-once.llc.csv", "Start,End,Name\n2,8,");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        result = RUN(SEQUENCE, "--format", formats[i]);
        assert_status(&result, 0);
        write_list("sequences", result.output);
        run_clear(&result);
        result = RUN("timeline", "sequences", "-o", "-", "--format", "llc-csv");
        assert_status(&result, 0);
        assert_string_equal(result.output, "Start,End,Name\n2,8,gop50_closed 0:00:02.0\n");
        run_clear(&result);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const ProgramNeeds needs = {
        .name = "cli-timeline", .clips = {"gop50_closed.mp4"}, .indexed = 1, .library = true};
    return program_set_up(&needs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeline_writes_files_of_a_list),
        cmocka_unit_test(timeline_reads_standard_input),
        cmocka_unit_test(timeline_writes_a_file_for_each_video),
        cmocka_unit_test(timeline_replaces_only_what_it_may),
        cmocka_unit_test(timeline_says_what_is_wrong),
        cmocka_unit_test(timeline_exports_the_rest),
        cmocka_unit_test(help_lists_every_format),
        cmocka_unit_test(search_exports_its_hits),
        cmocka_unit_test(search_exports_moments),
        cmocka_unit_test(sequences_are_read_back_as_printed),
    };
    return cmocka_run_group_tests_name("cli/timeline", tests, set_up, program_tear_down);
}
