/* SPDX-License-Identifier: MIT */
/* Tests of src/timeline/formats/: the formats that are lists, on timelines made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline/format.h"
#include "timeline/formats/list_text.h"

#define TEXT_MAX_BYTES ((size_t)64 << 20)

/* What a format logs, a line each. */
typedef struct Notes {
    char text[2000];
} Notes;

static void take_note(void *user, RvLogLevel level, const char *message)
{
    Notes *notes = user;
    assert_int_equal(level, RV_LOG_WARNING);
    strncat(notes->text, message, sizeof notes->text - strlen(notes->text) - 2);
    strcat(notes->text, "\n");
}

/* 29.97 drop-frame with a timecode; 25 without; the third has no video. */
static TimelineSource sources[] = {
    {.media = {.path = "/v/talk.mp4",
               .rate = {30000, 1001},
               .frame_count = 17982,
               .duration_s = 599.9994,
               .has_timecode = true,
               .drop_frame = true,
               .start_frame = 107892},
     .drop_frame = true,
     .name = "talk.mp4",
     .stem = "talk",
     .url = "file:///v/talk.mp4"},
    {.media = {.path = "/v/a, \"b\" \xe9.mkv", .rate = {25, 1}, .frame_count = 1500, .duration_s = 60},
     .name = "a, \"b\" \xef\xbf\xbd.mkv",
     .stem = "a, \"b\" \xef\xbf\xbd",
     .url = "file:///v/a%2C%20%22b%22%20%E9.mkv"},
    {.media = {.path = "https://host/sound.ogg", .duration_s = 100},
     .name = "sound.ogg",
     .stem = "sound",
     .url = "https://host/sound.ogg"},
};

/* Names with what each format takes for its own. */
static TimelineClip hard_clips[] = {
    {.name = "second <b>&amp;</b>, {\\an8} a=b;c#d\\e \"q\"",
     .start_s = 62.5,
     .end_s = 64.25,
     .time_s = 63,
     .score = 0.25,
     .in = 1873,
     .length = 52,
     .record_in = 0,
     .record_length = 52},
    {.name = "first \xf0\x9f\x9a\x80 --> x",
     .start_s = 1.0005,
     .end_s = 3661.9996,
     .time_s = 2,
     .score = NAN,
     .in = 30,
     .length = 60,
     .record_in = 52,
     .record_length = 60},
};

static Timeline timeline_of(TimelineClip *clips, size_t count, const RvLog *log)
{
    return (Timeline){.title = "T <1>",
                      .rate = {30000, 1001},
                      .drop_frame = true,
                      .record_start = 107892,
                      .sources = sources,
                      .source_count = sizeof sources / sizeof sources[0],
                      .clips = clips,
                      .clip_count = count,
                      .log = log};
}

static char *write_text(const TimelineFormat *format, const Timeline *timeline)
{
    Buffer out;
    RvError err = {0};
    rv_buffer_init(&out, TEXT_MAX_BYTES);
    if (format->write(timeline, &out, &err) != RV_OK)
        fail_msg("%s: %s", format->info.name, err.message);
    assert_int_equal(strlen((char *)out.bytes), out.size_bytes);
    return (char *)out.bytes;
}

static void check_text(const TimelineFormat *format, const Timeline *timeline, const char *wanted)
{
    char *text = write_text(format, timeline);
    if (strcmp(text, wanted) != 0)
        fail_msg("%s:\n%s\nnot\n%s", format->info.name, text, wanted);
    free(text);
}

static void formats_escape_what_is_theirs(void **state)
{
    (void)state;
    RvLog log = {0};
    Timeline timeline = timeline_of(hard_clips, 2, &log);
    check_text(&rv_format_webvtt, &timeline,
               "WEBVTT - T <1>\n"
               "\n00:00:01.001 --> 01:01:02.000\nfirst \xf0\x9f\x9a\x80 --&gt; x\n"
               "\n00:01:02.500 --> 00:01:04.250\n"
               "second &lt;b&gt;&amp;amp;&lt;/b&gt;, {\\an8} a=b;c#d\\e \"q\"\n");
    check_text(&rv_format_srt, &timeline,
               "1\n00:00:01,001 --> 01:01:02,000\nfirst \xf0\x9f\x9a\x80 --\xe2\x80\xba x\n"
               "\n2\n00:01:02,500 --> 00:01:04,250\n"
               "second \xe2\x80\xb9"
               "b\xe2\x80\xba&amp;\xe2\x80\xb9/b\xe2\x80\xba, (\\an8) a=b;c#d\\e \"q\"\n");
    check_text(&rv_format_llc, &timeline,
               "{\n  \"version\": 2,\n  \"mediaFileName\": \"talk.mp4\",\n  \"cutSegments\": [\n"
               "    {\n      \"start\": 62.5,\n      \"end\": 64.25,\n"
               "      \"name\": \"second <b>&amp;</b>, {\\\\an8} a=b;c#d\\\\e \\\"q\\\"\"\n    },\n"
               "    {\n      \"start\": 1.0005,\n      \"end\": 3661.9996,\n"
               "      \"name\": \"first \xf0\x9f\x9a\x80 --> x\"\n    }\n  ]\n}\n");
    check_text(&rv_format_llc_csv, &timeline,
               "Start,End,Name\n62.5,64.25,\"second <b>&amp;</b>, {\\an8} a=b;c#d\\e \"\"q\"\"\"\n"
               "1.001,3662,first \xf0\x9f\x9a\x80 --> x\n");
    check_text(&rv_format_matroska_chapters, &timeline,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<!DOCTYPE Chapters SYSTEM \"matroskachapters.dtd\">\n<Chapters>\n  <EditionEntry>\n"
               "    <ChapterAtom>\n      <ChapterTimeStart>00:00:01.000500000</ChapterTimeStart>\n"
               "      <ChapterTimeEnd>01:01:01.999600000</ChapterTimeEnd>\n      <ChapterDisplay>\n"
               "        <ChapterString>first \xf0\x9f\x9a\x80 --&gt; x</ChapterString>\n"
               "        <ChapterLanguage>und</ChapterLanguage>\n      </ChapterDisplay>\n    </ChapterAtom>\n"
               "    <ChapterAtom>\n      <ChapterTimeStart>00:01:02.500000000</ChapterTimeStart>\n"
               "      <ChapterTimeEnd>00:01:04.250000000</ChapterTimeEnd>\n      <ChapterDisplay>\n"
               "        <ChapterString>second &lt;b&gt;&amp;amp;&lt;/b&gt;, {\\an8} a=b;c#d\\e "
               "&quot;q&quot;</ChapterString>\n"
               "        <ChapterLanguage>und</ChapterLanguage>\n      </ChapterDisplay>\n    </ChapterAtom>\n"
               "  </EditionEntry>\n</Chapters>\n");
    check_text(
        &rv_format_m3u8, &timeline,
        "#EXTM3U\n#PLAYLIST:T <1>\n"
        "#EXTINF:2,second <b>&amp;</b>\xe2\x80\x9a {\\an8} a=b;c#d\\e \"q\"\n#EXTVLCOPT:start-time=62.5\n"
        "#EXTVLCOPT:stop-time=64.25\nfile:///v/talk.mp4\n"
        "#EXTINF:3661,first \xf0\x9f\x9a\x80 --> x\n#EXTVLCOPT:start-time=1.001\n"
        "#EXTVLCOPT:stop-time=3662\nfile:///v/talk.mp4\n");
    check_text(&rv_format_mpv_edl, &timeline,
               "# mpv EDL v0\n"
               "%11%/v/talk.mp4,62.5,1.75,title=%41%second <b>&amp;</b>, {\\an8} a=b;c#d\\e \"q\"\n"
               "%11%/v/talk.mp4,1.0005,3660.9991,title=%16%first \xf0\x9f\x9a\x80 --> x\n");
}

static void chapters_of_ffmpeg_do_not_overlap(void **state)
{
    (void)state;
    Notes notes = {""};
    RvLog log = {take_note, &notes};
    TimelineClip clips[] = {
        {.name = "c\\", .start_s = 30, .end_s = 40},
        {.name = "a=b;c#d\\e", .start_s = 1.5, .end_s = 12.25},
        {.name = "b", .start_s = 10, .end_s = 11},
        {.name = "d", .start_s = 30, .end_s = 35},
    };
    Timeline timeline = timeline_of(clips, 4, &log);
    check_text(&rv_format_ffmetadata, &timeline,
               ";FFMETADATA1\ntitle=T <1>\n"
               "[CHAPTER]\nTIMEBASE=1/1000000\nSTART=0\nEND=1500000\ntitle=Beginning\n"
               "[CHAPTER]\nTIMEBASE=1/1000000\nSTART=1500000\nEND=10000000\ntitle=a\\=b\\;c\\#d\\\\e\n"
               "[CHAPTER]\nTIMEBASE=1/1000000\nSTART=10000000\nEND=11000000\ntitle=b\n"
               "[CHAPTER]\nTIMEBASE=1/1000000\nSTART=30000000\nEND=40000000\ntitle=d / c\\\\ \n");
    assert_string_equal(notes.text,
                        "talk.mp4: 1 of 4 moments has the same start as another; they are one chapter\n"
                        "talk.mp4: 1 chapter ends where the next one begins, because they overlap\n");
}

static void csv_has_seconds_frames_and_labels(void **state)
{
    (void)state;
    RvLog log = {0};
    TimelineClip clips[] = {
        {.source = 0,
         .name = "a",
         .start_s = 60.06,
         .end_s = 61.061,
         .time_s = 60.5,
         .score = 0.285714,
         .in = 1800,
         .length = 30,
         .record_in = 0,
         .record_length = 30},
        {.source = 1,
         .name = "b, c",
         .start_s = 0.04,
         .end_s = 1,
         .time_s = 0.04,
         .score = -0.5,
         .in = 1,
         .length = 24,
         .record_in = 30,
         .record_length = 29},
        {.source = 2, .name = "=1+1", .start_s = 5, .end_s = 6, .time_s = 5, .score = NAN},
    };
    Timeline timeline = timeline_of(clips, 3, &log);
    check_text(
        &rv_format_csv, &timeline,
        "name,video,start,end,time,score,rate,first_frame,frame_count,source_in,source_out,record_in,record_out\r\n"
        "a,/v/talk.mp4,60.06,61.061,60.5,0.285714,30000/1001,1800,30,01:01:00;02,01:01:01;02,01:00:00;00,"
        "01:00:01;00\r\n"
        "\"b, c\",\"/v/a, \"\"b\"\" \xe9.mkv\",0.04,1,0.04,-0.5,25/1,1,24,00:00:00:01,00:00:01:00,01:00:01;00,"
        "01:00:01;29\r\n"
        "=1+1,https://host/sound.ogg,5,6,5,,,,,,,,\r\n");
}

/* A file's own clock may stand anywhere when the video begins. */
static void formats_of_the_files_clock_count_from_there(void **state)
{
    (void)state;
    RvLog log = {0};
    TimelineClip clips[] = {{.name = "n", .start_s = 1, .end_s = 2}};
    TimelineSource source = sources[0];
    source.media.zero_s = 20.5;
    Timeline timeline = timeline_of(clips, 1, &log);
    timeline.sources = &source;
    check_text(&rv_format_mpv_edl, &timeline, "# mpv EDL v0\n%11%/v/talk.mp4,21.5,1,title=%1%n\n");
    check_text(&rv_format_llc_csv, &timeline, "Start,End,Name\n1,2,n\n");
    static const struct {
        const char *container, *vlc, *matroska;
    } cases[] = {
        {"mov,mp4,m4a,3gp,3g2,mj2", ":start-time=21.5\n#EXTVLCOPT:stop-time=22.5\n",
         "Start>00:00:01.000000000<"},
        {"matroska,webm", ":start-time=21.5\n#EXTVLCOPT:stop-time=22.5\n", "Start>00:00:21.500000000<"},
        {"mpegts", ":start-time=1\n#EXTVLCOPT:stop-time=2\n", "Start>00:00:01.000000000<"},
        {"", ":start-time=1\n", "Start>00:00:01.000000000<"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(source.media.container, sizeof source.media.container, "%s", cases[i].container);
        char *playlist = write_text(&rv_format_m3u8, &timeline);
        char *chapters = write_text(&rv_format_matroska_chapters, &timeline);
        if (strstr(playlist, cases[i].vlc) == NULL || strstr(chapters, cases[i].matroska) == NULL)
            fail_msg("%s:\n%s%s", cases[i].container, playlist, chapters);
        free(playlist);
        free(chapters);
    }
    source.media.zero_s = -3;
    check_text(&rv_format_mpv_edl, &timeline, "# mpv EDL v0\n%11%/v/talk.mp4,-2,1,title=%1%n\n");
    // Both ends count on one clock, also if it reaches 0 within the clip.
    source.media.zero_s = -1.5;
    strcpy(source.media.container, "matroska,webm");
    char *chapters = write_text(&rv_format_matroska_chapters, &timeline);
    char *playlist = write_text(&rv_format_m3u8, &timeline);
    assert_non_null(strstr(chapters, "Start>00:00:00.000000000<"));
    assert_non_null(strstr(chapters, "End>00:00:00.500000000<"));
    assert_non_null(strstr(playlist, ":start-time=0\n#EXTVLCOPT:stop-time=0.5\n"));
    free(chapters);
    free(playlist);
}

static void players_that_go_to_key_frames_are_said(void **state)
{
    (void)state;
    static const TimelineFormat *const formats[] = {&rv_format_mlt, &rv_format_mpv_edl, &rv_format_otio};
    static const char *const players[] = {"MLT", "mpv", NULL};
    for (size_t i = 0; i < 3; i++) {
        Notes notes = {""};
        RvLog log = {take_note, &notes};
        TimelineClip clips[] = {
            {.name = "n", .start_s = 1, .end_s = 2, .in = 30, .length = 30, .record_length = 30}};
        TimelineSource source = sources[0];
        Timeline timeline = timeline_of(clips, 1, &log);
        timeline.sources = &source;
        timeline.source_count = 1;
        free(write_text(formats[i], &timeline));
        assert_string_equal(notes.text, "");
        strcpy(source.media.container, "mpegts");
        free(write_text(formats[i], &timeline));
        char wanted[100] = "";
        if (players[i] != NULL)
            snprintf(wanted, sizeof wanted, "/v/talk.mp4 is in MPEG-TS: %s goes to the nearest key frame",
                     players[i]);
        assert_true(strncmp(notes.text, wanted, strlen(wanted)) == 0);
        assert_int_equal(notes.text[0] == '\0', players[i] == NULL);
    }
}

/* ---- YouTube ------------------------------------------------------------------------------------------ */

typedef struct Chapter {
    double start_s;
    const char *name;
} Chapter;

static void check_youtube(const Chapter *chapters, size_t count, const char *wanted, const char *notes_wanted)
{
    Notes notes = {""};
    RvLog log = {take_note, &notes};
    TimelineClip clips[16] = {0};
    for (size_t i = 0; i < count; i++)
        clips[i] = (TimelineClip){.name = (char *)chapters[i].name,
                                  .start_s = chapters[i].start_s,
                                  .end_s = chapters[i].start_s + 1};
    Timeline timeline = timeline_of(clips, count, &log);
    check_text(&rv_format_youtube, &timeline, wanted);
    assert_string_equal(notes.text, notes_wanted);
}

static void youtube_keeps_its_rules(void **state)
{
    (void)state;
    static const Chapter good[] = {{0, "a"}, {10, "b"}, {75.9, "c <3"}};
    check_youtube(good, 3,
                  "0:00 a\n0:10 b\n1:15 c \xe2\x80\xb9"
                  "3\n",
                  "");
    static const Chapter late[] = {{20, "b"}, {12, "a"}, {589, "c"}};
    check_youtube(
        late, 3, "0:00 Beginning\n0:12 a / b\n9:49 c\n",
        "talk.mp4: 1 of 3 moments is named together with the one before, because chapters of YouTube last at "
        "least 10 seconds\n");
    static const Chapter early[] = {{9.5, "a"}, {10, "b"}, {300, "c"}};
    check_youtube(early, 3, "0:00 a\n0:10 b\n5:00 c\n",
                  "talk.mp4: the first chapter begins at 0:00, as YouTube demands\n");
    static const Chapter near_end[] = {{0, "a"}, {30, "b"}, {595, "c"}};
    check_youtube(
        near_end, 3, "0:00 a\n0:30 b / c\n",
        "talk.mp4: 1 of 3 moments is named together with the one before, because chapters of YouTube last at "
        "least 10 seconds\n"
        "talk.mp4: YouTube shows chapters if there are at least 3; this list has 2\n");
}

static void youtube_names_as_many_as_fit(void **state)
{
    (void)state;
    Notes notes = {""};
    RvLog log = {take_note, &notes};
    TimelineClip clips[40];
    for (size_t i = 0; i < 40; i++)
        clips[i] = (TimelineClip){.name = "a red car in the rain", .start_s = 30, .end_s = 31};
    Timeline timeline = timeline_of(clips, 40, &log);
    check_text(&rv_format_youtube, &timeline,
               "0:00 Beginning\n0:30 a red car in the rain / a red car in the rain / a red car in the rain / "
               "a red car in the rain / ...\n");
}

static void youtube_writes_hours_and_says_what_is_too_long(void **state)
{
    (void)state;
    Notes notes = {""};
    RvLog log = {take_note, &notes};
    TimelineClip *clips = calloc(400, sizeof *clips);
    TimelineSource longer = sources[0];
    longer.media.duration_s = 0; // not known
    assert_non_null(clips);
    for (size_t i = 0; i < 400; i++)
        clips[i] =
            (TimelineClip){.name = "a name", .start_s = 20.0 * (double)i, .end_s = 20.0 * (double)i + 1};
    Timeline timeline = timeline_of(clips, 400, &log);
    timeline.sources = &longer;
    char *text = write_text(&rv_format_youtube, &timeline);
    assert_non_null(strstr(text, "\n59:40 a name\n1:00:00 a name\n"));
    assert_non_null(strstr(text, "\n2:13:00 a name\n"));
    assert_non_null(strstr(notes.text, "YouTube takes descriptions of at most 5000\n"));
    free(text);
    free(clips);
}

/* ---- what all share ----------------------------------------------------------------------------------- */

static const TimelineFormat *const lists[] = {&rv_format_csv,     &rv_format_llc,
                                              &rv_format_llc_csv, &rv_format_webvtt,
                                              &rv_format_srt,     &rv_format_youtube,
                                              &rv_format_m3u8,    &rv_format_ffmetadata,
                                              &rv_format_mpv_edl, &rv_format_matroska_chapters};
#define LIST_COUNT (sizeof lists / sizeof lists[0])

static void formats_take_ten_thousand_clips(void **state)
{
    (void)state;
    RvLog log = {0};
    TimelineClip *clips = calloc(10000, sizeof *clips);
    assert_non_null(clips);
    for (size_t i = 0; i < 10000; i++)
        clips[i] = (TimelineClip){.name = "n",
                                  .start_s = (double)(i * 7919 % 10000),
                                  .end_s = (double)(i * 7919 % 10000) + 0.5,
                                  .in = 1,
                                  .length = 1,
                                  .record_length = 1};
    Timeline timeline = timeline_of(clips, 10000, &log);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        char *text = write_text(lists[i], &timeline);
        assert_true(strlen(text) > 2000);
        free(text);
    }
    free(clips);
}

/* A time that a format cannot hold exactly is the nearest that it can, and no clip becomes empty. */
static void formats_round_to_what_they_hold(void **state)
{
    (void)state;
    RvLog log = {0};
    TimelineClip clips[] = {{.name = "n", .start_s = 1.00049, .end_s = 1.0004999}};
    Timeline timeline = timeline_of(clips, 1, &log);
    check_text(&rv_format_llc_csv, &timeline, "Start,End,Name\n1,1.001,n\n");
    check_text(&rv_format_mpv_edl, &timeline, "# mpv EDL v0\n%11%/v/talk.mp4,1.00049,0.00001,title=%1%n\n");
    clips[0].start_s = 360000;
    clips[0].end_s = 360000.5;
    check_text(&rv_format_srt, &timeline, "1\n100:00:00,000 --> 100:00:00,500\nn\n");
}

static void formats_stop_at_the_first_failure(void **state)
{
    (void)state;
    RvLog log = {0};
    Timeline timeline = timeline_of(hard_clips, 2, &log);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        for (size_t room = 0; room < 200; room++) {
            Buffer out;
            RvError err = {0};
            rv_buffer_init(&out, room);
            RvStatus status = lists[i]->write(&timeline, &out, &err);
            if (status != RV_OK)
                assert_true(status == RV_ERROR_MEMORY && err.message[0] != '\0');
            rv_buffer_clear(&out);
        }
    }
}

static void formats_can_be_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *file, *format;
    } cases[] = {
        {"cuts.csv", "csv"},
        {"/a/cuts.LLC", "llc"},
        {"cuts.llc.csv", "llc-csv"},
        {"cuts.vtt", "webvtt"},
        {"cuts.srt", "srt"},
        {"cuts.ffmetadata", "ffmetadata"},
        {"a.chapters.xml", "mkv-chapters"},
        {"cuts.txt", "youtube"},
        {"cuts.m3u8", "m3u8"},
        {"cuts.m3u", "m3u8"},
        {"cuts.mpv.edl", "mpv-edl"},
        {"cuts.edl", "edl"},
        {"cuts.xml", "xmeml"},
        {".csv", NULL},
        {"cuts", NULL},
        {"cuts.csv/", NULL},
        {"", NULL},
        {"csv", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const RvTimelineFormatInfo *found = rv_timeline_format_of_file(cases[i].file);
        if (cases[i].format == NULL ? found != NULL
                                    : found == NULL || strcmp(found->name, cases[i].format) != 0)
            fail_msg("%s: %s", cases[i].file, found != NULL ? found->name : "none");
    }
    for (size_t i = 0; i < LIST_COUNT; i++) {
        size_t count = 0;
        for (size_t k = 0; k < rv_timeline_format_count(); k++)
            count += rv_timeline_format(k) == &lists[i]->info;
        assert_int_equal(count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_escape_what_is_theirs),
        cmocka_unit_test(chapters_of_ffmpeg_do_not_overlap),
        cmocka_unit_test(csv_has_seconds_frames_and_labels),
        cmocka_unit_test(formats_of_the_files_clock_count_from_there),
        cmocka_unit_test(players_that_go_to_key_frames_are_said),
        cmocka_unit_test(youtube_keeps_its_rules),
        cmocka_unit_test(youtube_names_as_many_as_fit),
        cmocka_unit_test(youtube_writes_hours_and_says_what_is_too_long),
        cmocka_unit_test(formats_take_ten_thousand_clips),
        cmocka_unit_test(formats_round_to_what_they_hold),
        cmocka_unit_test(formats_stop_at_the_first_failure),
        cmocka_unit_test(formats_can_be_told_apart),
    };
    return cmocka_run_group_tests_name("timeline/list_formats", tests, NULL, NULL);
}
