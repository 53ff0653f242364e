/* SPDX-License-Identifier: MIT */
/* The whole program on a generated checkpoint and generated clips. */
#include "program_run.h"

#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

#include "reelvec/image.h"

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){
        .name = "program", .clips = {"gop50_closed.mp4", "cover.png"}, .indexed = 1, .library = true});
}

static void index_tells_each_video_once(void **state)
{
    (void)state;
    program_need_clips();
    char expected[1300];
    RunResult result = RUN("index", fixture.clip);
    assert_status(&result, 0);
    snprintf(expected, sizeof expected, "%s: 12 frames, 0 new (unchanged)\n", fixture.clip);
    assert_string_equal(result.output, expected);
    run_clear(&result);
    result = RUN("index", fixture.clip, "--library", "again.db", "--every", "3", "--quiet");
    assert_status(&result, 0);
    snprintf(expected, sizeof expected, "%s: 4 frames, 4 new (complete)\n", fixture.clip);
    assert_string_equal(result.output, expected);
    assert_string_equal(result.errors, "");
    run_clear(&result);
    result =
        RUN("index", fixture.clip, "--library", "again.db", "--every", "6"); // nobody is left in the dark
    assert_status(&result, 0);
    assert_holds(result.errors,
                 ": its 4 frames (interval:3) are replaced by those of another choice (interval:6)\n");
    run_clear(&result);
}

static void index_names_what_failed(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("index", "/no/such.mp4", fixture.clip, "--library", "partly.db");
    assert_status(&result, 3);
    assert_holds(result.errors, "reelvec: /no/such.mp4: No such file or directory\n");
    assert_holds(result.output, "12 frames, 12 new (complete)\n");
    run_clear(&result);
    result = RUN("index", "/no/such.mp4", "--library", "nothing.db"); // for that no library is made
    assert_status(&result, 1);
    assert_holds(result.errors, "reelvec: /no/such.mp4: No such file or directory\n");
    run_clear(&result);
    program_shell("test ! -e nothing.db");
    result = RUN("index", fixture.other_clip, "--library", "none.db");
    assert_status(&result, 1);
    assert_string_equal(result.output, "");
    assert_holds(result.errors, "cover.png");
    run_clear(&result);
}

static void index_draws_a_bar_on_a_terminal(void **state)
{
    (void)state;
    program_need_clips();
    const char *const words[] = {"index", fixture.clip, "--library", "bar.db", NULL};
    RunResult result = program_run(words, &(RunOptions){.terminal = true});
    assert_status(&result, 0);
    assert_holds(result.errors, "\rgop50_closed.mp4:   0%|");
    assert_holds(result.errors, "| 0/12 [00:0");
    assert_holds(result.errors, "\r\033[Kreelvec: 1 new; 12 frames in 00:0"); // the bar goes
    assert_holds(result.errors, "x real time\r\n");
    run_clear(&result);
}

static void index_interrupted_keeps_what_is_done(void **state)
{
    (void)state;
    program_need_clips();
    const char *const words[] = {"index", fixture.clip, "--library", "stop.db", "--every", "0.001", NULL};
    RunResult result = program_run(words, &(RunOptions){.interrupt_after = "begun"});
    assert_status(&result, 130);
    assert_holds(result.errors, "reelvec: interrupted; run the same command to go on\n");
    assert_string_equal(result.output, "");
    run_clear(&result);
    result = RUN("verify", "--library", "stop.db");
    assert_status(&result, 0);
    run_clear(&result);
}

static void search_formats_agree(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("search", "--like", "gop50_closed.mp4@7", "--top", "3", "--format", "json");
    assert_status(&result, 0);
    json_error_t fault;
    json_t *first = json_loads(result.output, JSON_DISABLE_EOF_CHECK, &fault);
    assert_non_null(first);
    assert_int_equal(json_integer_value(json_object_get(first, "rank")), 1);
    assert_int_equal(json_integer_value(json_object_get(first, "frame_number")), 8);
    assert_true(json_real_value(json_object_get(first, "time")) == 7);
    assert_true(fabs(json_real_value(json_object_get(first, "score")) - 1) < 1e-5);
    assert_int_equal(json_object_size(first), 5);
    char path[1100];
    assert_non_null(realpath(fixture.clip, path));
    assert_string_equal(json_string_value(json_object_get(first, "video")), path);
    json_decref(first);
    run_clear(&result);
    result = RUN("search", "--like", "gop50_closed.mp4@7", "--top", "1");
    assert_status(&result, 0);
    char row[1300];
    snprintf(row, sizeof row, "score\n    8  0:00:07.0  %s  1.0000\n", path); // not below the folder: whole
    assert_holds(result.output, row);
    run_clear(&result);
    result = RUN("search", "--like", "gop50_closed.mp4@7", "--top", "1", "--format", "csv");
    assert_status(&result, 0);
    assert_int_equal(strncmp(result.output, "rank,video,frame_number,time,score\r\n1,", 38), 0);
    run_clear(&result);
}

static void search_by_stored_frames_needs_no_model(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result =
        RUN("search", "--model", "nowhere", "--like", "gop50_closed.mp4@7", "--top", "1", "--format", "csv");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("search", "--model", "nowhere", "--like", "gop50_closed.mp4@7", "--text", "a");
    assert_status(&result, 1);
    assert_holds(result.errors, "nowhere");
    run_clear(&result);
}

static void search_obeys_its_filters(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result =
        RUN("search", "a dog", "--after", "0:03", "--before", "5", "--top", "100", "--format", "csv");
    assert_status(&result, 0);
    size_t lines = 0;
    for (const char *at = result.output; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 4);
    run_clear(&result);
    result = RUN("search", "a dog", "--video", "other*");
    assert_status(&result, 1);
    assert_string_equal(result.output, "");
    assert_string_equal(result.errors,
                        "reelvec: no video matches 'other*'; `reelvec list` shows their paths\n");
    run_clear(&result);
    result = RUN("search", "--like", "gop50_closed.mp4@12:30");
    assert_status(&result, 2);
    assert_holds(result.errors, "gop50_closed.mp4: is 12.0 s long; there is no frame at 750.0 s");
    run_clear(&result);
    result = RUN("search", "a dog", "--moments", "--top", "1", "--video", "*gop50*", "--format", "json");
    assert_status(&result, 0);
    assert_null(strstr(result.output, "\"start\": 0.0, \"end\": 0.0"));
    run_clear(&result);
    result = RUN("search", "a dog", "--moments", "--pad", "100", "--top", "1", "--video", "*gop50*",
                 "--format", "csv");
    assert_status(&result, 0);
    assert_holds(result.output, ",0,12");
    run_clear(&result);
    result = RUN("search", "a dog", "--pad", "1");
    assert_status(&result, 2);
    assert_holds(result.errors, "search: --pad needs --moments");
    run_clear(&result);
    result = RUN("search", "a dog", "--min-score", "2");
    assert_status(&result, 0);
    assert_string_equal(result.output, "");
    assert_string_equal(result.errors, "reelvec: no frame of the library matches\n");
    run_clear(&result);
    result = RUN("search", "--like", "other.mp4@3");
    assert_status(&result, 1);
    assert_holds(result.errors, "other.mp4");
    run_clear(&result);
    result = RUN("search", "--image", "/no/such.png", "a dog");
    assert_status(&result, 1);
    assert_holds(result.errors, "/no/such.png: No such file or directory");
    run_clear(&result);
}

static void search_reads_queries_from_a_pipe(void **state)
{
    (void)state;
    program_need_clips();
    const char *const words[] = {"search", "--top", "1", "--format", "json", NULL};
    RunResult result = program_run(words, &(RunOptions){.input = "a dog\n\nimage:/no/such.png\n12:30 noon"});
    assert_status(&result, 3);
    assert_int_equal(strncmp(result.output, "{\"query\": \"a dog\", \"rank\": 1, ", 30), 0);
    assert_holds(result.output, "\n{\"query\": \"12:30 noon\", \"rank\": 1, ");
    assert_holds(result.errors, "reelvec: /no/such.png: ");
    run_clear(&result);
    result = program_run(words, NULL);
    assert_status(&result, 2);
    run_clear(&result);
}

static void search_prompts_on_a_terminal(void **state)
{
    (void)state;
    program_need_clips();
    char input[1300];
    snprintf(input, sizeof input, "a dog\nimage:%s\n\nnever asked\n", fixture.other_clip);
    const char *const words[] = {"search", "--top", "1", NULL};
    RunResult result = program_run(words, &(RunOptions){.terminal = true, .input = input});
    assert_status(&result, 0);
    size_t prompts = 0;
    for (const char *at = result.errors; (at = strstr(at, "Enter your query: ")) != NULL; at++)
        prompts++;
    assert_int_equal(prompts, 3);
    const char *header = strstr(result.output, "frame ");
    assert_non_null(header);
    assert_non_null(strstr(header + 1, "frame "));
    run_clear(&result);
}

static void assert_png(const char *name, int width, int height)
{
    char path[600];
    unsigned char header[24] = {0};
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(header, 1, sizeof header, file), sizeof header);
    fclose(file);
    assert_memory_equal(header, "\x89PNG\r\n\x1a\n", 8);
    if (width > 0)
        assert_int_equal(header[18] << 8 | header[19], width);
    if (height > 0)
        assert_int_equal(header[22] << 8 | header[23], height);
}

static void assert_jpeg(const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    RvPicture *picture = NULL;
    unsigned char magic[2] = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(magic, 1, 2, file), 2);
    fclose(file);
    assert_memory_equal(magic, "\xff\xd8", 2);
    assert_int_equal(rv_picture_load(path, NULL, &picture, NULL), RV_OK);
    assert_int_equal(rv_picture_image(picture).width, 64 + 5 * 320 + 4 * 20);
    rv_picture_destroy(picture);
}

static void hints_tell_what_was_probably_meant(void **state)
{
    (void)state;
    program_need_clips();
    char path[600];
    snprintf(path, sizeof path, "%s/photo.jpg", fixture.folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fclose(file);
    static const struct {
        const char *words[4], *hint;
    } cases[] = {
        {{"search", "photo.jpg"},
         "reelvec: 'photo.jpg' is looked for as words, though a file is called so; "
         "--image photo.jpg asks with the picture\n"},
        {{"search", "--text", "photo.jpg"}, "reelvec: 'photo.jpg' is looked for as words"},
        {{"search", "0.5:a dog"},
         "reelvec: '0.5:a dog' is looked for as it stands; a text with a weight goes "
         "behind --text\n"},
        {{"search", "4:3 screen"}, ""},
        {{"search", "other.jpg"}, ""},
        {{"search", "photo.jpg", "--quiet"}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = program_run(cases[i].words, NULL);
        assert_status(&result, 0);
        if (cases[i].hint[0] == '\0')
            assert_string_equal(result.errors, "");
        assert_holds(result.errors, cases[i].hint);
        run_clear(&result);
    }
    RunResult ratio = RUN("search", "4:3 screen", "--format", "csv");
    RunResult plain = RUN("search", "3 screen", "--format", "csv");
    assert_string_not_equal(ratio.output, plain.output);
    run_clear(&ratio);
    run_clear(&plain);
}

/* A search for two stored frames, one after the other. */
static RunResult search_sequence(const char *format, const char *sheet)
{
    return RUN("search", "--like", "gop50_closed.mp4@2", "--then", "", "--like", "gop50_closed.mp4@7",
               "--top", "1", "--format", format, "--sheet", sheet);
}

static void sequences_have_parts_in_every_format(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = search_sequence("json", "pairs.png");
    assert_status(&result, 0);
    assert_png("pairs.png", 64 + 2 * 320 + 20, 0);
    json_error_t fault;
    json_t *first = json_loads(result.output, 0, &fault);
    assert_non_null(first);
    static const struct {
        const char *key;
        double value;
    } numbers[] = {{"time", 2}, {"start", 2}, {"end", 8}, {"time_1", 2}, {"time_2", 7}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(json_real_value(json_object_get(first, numbers[i].key)) == numbers[i].value);
    assert_int_equal(json_integer_value(json_object_get(first, "frame_number_2")), 8);
    assert_true(fabs(json_real_value(json_object_get(first, "score")) - 1) < 1e-5);
    assert_true(fabs(json_real_value(json_object_get(first, "score_2")) - 1) < 1e-5);
    assert_int_equal(json_object_size(first), 13);
    json_decref(first);
    run_clear(&result);
    result = search_sequence("csv", "pairs.png");
    assert_status(&result, 0);
    assert_holds(result.output, "rank,video,frame_number,time,score,start,end,frame_number_1,time_1,score_1,"
                                "frame_number_2,time_2,score_2\r\n1,");
    run_clear(&result);
    result = search_sequence("table", "pairs.png");
    assert_status(&result, 0);
    assert_holds(result.output, "  score     time 1  score 1     time 2  score 2\n0:00:02.0  0:00:08.0  ");
    assert_holds(result.output, "  1.0000  0:00:02.0   1.0000  0:00:07.0   1.0000\n");
    run_clear(&result);
    result = RUN("search", "--like", "gop50_closed.mp4@2", "--then", "", "--like", "gop50_closed.mp4@7",
                 "--min-score", "2");
    assert_status(&result, 0);
    assert_string_equal(result.errors, "reelvec: no sequence of frames of the library matches\n");
    run_clear(&result);
    result = RUN("search", "a dog", "--then", "a cat", "--ann");
    assert_status(&result, 2);
    assert_holds(result.errors, "reelvec: a sequence is compared with every frame");
    run_clear(&result);
}

static void sheets_are_written(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("search", "a dog", "--sheet", "hits.png");
    assert_status(&result, 0);
    assert_png("hits.png", 64 + 5 * 320 + 4 * 20, 0);
    run_clear(&result);
    result = RUN("search", "a dog", "--sheet", "hits.jpg");
    assert_status(&result, 0);
    assert_jpeg("hits.jpg");
    run_clear(&result);
    result = RUN("sheet", "gop50_closed.mp4", "-o", "stored.png"); // by name: only the library knows it
    assert_status(&result, 0);
    assert_png("stored.png", 64 + 6 * 240 + 5 * 20, 0);
    run_clear(&result);
    result = RUN("sheet", fixture.clip, "-o", "sampled.png", "--library", "memory:", "--columns", "4",
                 "--every", "2");
    assert_status(&result, 0);
    assert_png("sampled.png", 64 + 4 * 240 + 3 * 20, 0);
    run_clear(&result);
    result = RUN("sheet", fixture.clip, "-o", "/no/such/folder/x.png");
    assert_status(&result, 1);
    assert_holds(result.errors, "/no/such/folder/x.png: cannot write: No such file or directory");
    run_clear(&result);
}

static void sheet_takes_the_file_that_is_here(void **state)
{
    (void)state;
    program_need_clips();
    char path[600];
    snprintf(path, sizeof path, "%s/gop50_closed.mp4", fixture.folder); // the library's is elsewhere
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs("no video", file) >= 0);
    fclose(file);
    RunResult result = RUN("sheet", "gop50_closed.mp4", "-o", "here.png");
    assert_status(&result, 1);
    assert_holds(result.errors, "gop50_closed.mp4");
    run_clear(&result);
    assert_int_equal(unlink(path), 0);
    result = RUN("sheet", "gop50_closed.mp4", "-o", "here.png");
    assert_status(&result, 0);
    run_clear(&result);
}

static void sheet_thins_out_long_videos(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result =
        RUN("sheet", fixture.clip, "-o", "thin.png", "--library", "memory:", "--every", "0.04");
    assert_status(&result, 0);
    assert_holds(result.errors, "of 300 frames, evenly spread\n");
    assert_png("thin.png", 0, 0);
    run_clear(&result);
}

static void embed_gives_vectors_in_order(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("embed", "--text", "a dog", "--image", fixture.other_clip, "--text", "");
    assert_status(&result, 0);
    const char *const inputs[] = {"a dog", fixture.other_clip, ""};
    char *line = result.output;
    for (size_t i = 0; i < 3; i++) {
        json_error_t fault;
        json_t *object = json_loads(line, JSON_DISABLE_EOF_CHECK, &fault);
        assert_non_null(object);
        assert_string_equal(json_string_value(json_object_get(object, "input")), inputs[i]);
        json_t *embedding = json_object_get(object, "embedding");
        assert_int_equal(json_array_size(embedding),
                         json_integer_value(json_object_get(object, "dimensions")));
        double sum = 0;
        for (size_t j = 0; j < json_array_size(embedding); j++)
            sum += pow(json_real_value(json_array_get(embedding, j)), 2);
        assert_true(fabs(sum - 1) < 1e-5);
        json_decref(object);
        line = strchr(line, '\n') + 1;
    }
    run_clear(&result);
    result = RUN("embed", "--text", "a dog", "--text", "a cat", "--format", "npy", "--no-normalize");
    assert_status(&result, 0);
    assert_int_equal(result.output_bytes, 128 + 2 * 96 * 4);
    assert_memory_equal(result.output, "\x93NUMPY", 6);
    run_clear(&result);
    result = RUN("embed", "--text", "a dog", "--image", "/no/such.png", "-o", "never.json");
    assert_status(&result, 1);
    char path[600];
    snprintf(path, sizeof path, "%s/never.json", fixture.folder);
    assert_int_equal(access(path, F_OK), -1);
    run_clear(&result);
}

static void inspect_shows_what_the_model_gets(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("inspect", "tokens", "ab");
    assert_status(&result, 0);
    json_error_t fault;
    json_t *tokens = json_loads(result.output, 0, &fault);
    assert_int_equal(json_array_size(tokens), 4); // start, a, b, end
    json_decref(tokens);
    run_clear(&result);
    result = RUN("inspect", "tokens", "a\xc3\xa9", "--format", "table");
    assert_status(&result, 0);
    assert_string_equal(result.output, "token  text\n"
                                       "  512  <|startoftext|>\n"
                                       "   64  a\n"
                                       "  127  <0xC3>\n"
                                       "  358  <0xA9></w>\n"
                                       "  513  <|endoftext|>\n");
    run_clear(&result);
    result = RUN("inspect", "tokens", "b", "-f", "json");
    assert_status(&result, 0);
    assert_holds(result.output, "{\"token\": 512, \"text\": \"<|startoftext|>\"}\n");
    assert_holds(result.output, "\"text\": \"b</w>\"}\n");
    run_clear(&result);
    result = RUN("inspect", "pixels", fixture.other_clip, "-o", "input.png");
    assert_status(&result, 0);
    assert_png("input.png", 64, 64);
    run_clear(&result);
}

/* What `words` print with a picture of tests/pixels/data, and perhaps --no-exif-rotation. */
static RunResult run_with_picture(const char *const *words, const char *name, bool stored)
{
    char path[1100];
    const char *all[8] = {0};
    const char *source = getenv("REELVEC_SOURCE");
    snprintf(path, sizeof path, "%s/tests/pixels/data/%s", source != NULL ? source : ".", name);
    size_t count = 0;
    for (; words[count] != NULL; count++)
        all[count] = strcmp(words[count], "PICTURE") == 0 ? path : words[count];
    all[count] = stored ? "--no-exif-rotation" : NULL;
    RunResult result = program_run(all, NULL);
    assert_status(&result, 0);
    return result;
}

static void pictures_are_turned_upright(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const commands[][7] = {
        {"search", "--image", "PICTURE", "--format", "csv"},
        {"embed", "--image", "PICTURE", "--format", "npy"},
        {"inspect", "pixels", "PICTURE", "-o", "/dev/stdout"},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        RunResult upright = run_with_picture(commands[i], "rgb.png", true);
        RunResult turned = run_with_picture(commands[i], "turned_8.png", false);
        RunResult stored = run_with_picture(commands[i], "turned_8.png", true);
        assert_int_equal(turned.output_bytes, upright.output_bytes);
        assert_memory_equal(turned.output, upright.output, upright.output_bytes);
        assert_true(stored.output_bytes != upright.output_bytes ||
                    memcmp(stored.output, upright.output, upright.output_bytes) != 0);
        run_clear(&upright);
        run_clear(&turned);
        run_clear(&stored);
    }
}

static void sheets_do_not_replace_the_picture_that_is_asked_with(void **state)
{
    (void)state;
    program_need_clips();
    const char *source = getenv("REELVEC_SOURCE");
    program_shell(
        "cp '%s/tests/pixels/data/rgb.png' asked.png && cp asked.png kept.png && ln -f asked.png linked.png",
        source != NULL ? source : ".");
    RunResult result = RUN("search", "--image", "0.5:asked.png", "a dog", "--sheet", "linked.png");
    assert_status(&result, 2);
    assert_holds(result.errors, "search: --sheet linked.png is the picture that is asked with");
    run_clear(&result);
    program_shell("cmp asked.png kept.png");
    result = RUN("search", "--image", "asked.png", "--sheet", "linked.png", "--force"); // nor if it is forced
    assert_status(&result, 2);
    assert_holds(result.errors, "search: --sheet linked.png is the picture that is asked with");
    run_clear(&result);
    result = RUN("search", "--image", "asked.png", "--sheet", "kept.png", "--force"); // any other picture is
    assert_status(&result, 0);
    run_clear(&result);
    program_shell("cmp -s asked.png kept.png && exit 1; exit 0");
}

static void pictures_come_through_pipes(void **state)
{
    (void)state;
    program_need_clips();
    RunOptions piped = {.input = "P3 3 2 255\n255 0 0  0 255 0  0 0 255  9 9 9  80 80 80  255 255 255\n"};
    static const char *const commands[][6] = {{"search", "--image", "-", "--format", "csv"},
                                              {"embed", "--image", "-"},
                                              {"inspect", "pixels", "-", "-o", "piped.png"}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        RunResult result = program_run(commands[i], &piped);
        assert_status(&result, 0);
        run_clear(&result);
    }
    piped.input = "no picture at all\n";
    RunResult result = program_run(commands[1], &piped);
    assert_status(&result, 1);
    assert_holds(result.errors, "/dev/stdin: not a picture; give a ");
    run_clear(&result);
}

static void library_commands_tell_what_is_there(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("list", "--format", "json");
    assert_status(&result, 0);
    assert_holds(result.output,
                 "\"frames\": 12, \"duration\": 12.0, \"state\": \"complete\", \"sampling\": \"interval:1\"");
    run_clear(&result);
    result = RUN("info", "--format", "json");
    assert_status(&result, 0);
    assert_holds(result.output, "\"frames\": 12");
    assert_holds(result.output, "\"dimensions\": 96");
    run_clear(&result);
    result = RUN("info");
    assert_holds(result.output, "\nframes             12\n");
    run_clear(&result);
    result = RUN("verify");
    assert_status(&result, 0);
    assert_string_equal(result.output, "");
    assert_string_equal(result.errors, "reelvec: no faults\n");
    run_clear(&result);
    result = RUN("doctor");
    assert_status(&result, 0);
    assert_holds(result.output, "library.db: 1 video\n");
    run_clear(&result);
    result = RUN("model", "info", fixture.model, "--format", "json");
    assert_status(&result, 0);
    assert_holds(result.output, "\"dimensions\": 96, \"image_size\": 64");
    run_clear(&result);
    result = RUN("model", "info", fixture.model, "--format", "json", "--precision", "fast");
    assert_status(&result, 0);
    assert_holds(result.output, "\"precision\": \"fast\"");
    run_clear(&result);
    setenv("REELVEC_PRECISION", "float32", 1);
    result = RUN("model", "info", fixture.model);
    assert_status(&result, 0);
    assert_holds(result.output, "pictures in float32 precision\n");
    run_clear(&result);
    setenv("REELVEC_PRECISION", "double", 1);
    result = RUN("model", "info", fixture.model);
    unsetenv("REELVEC_PRECISION");
    assert_status(&result, 2);
    assert_holds(result.errors, "REELVEC_PRECISION: 'double' is unknown; give auto, float32 or fast");
    run_clear(&result);
}

static void remove_takes_names_and_patterns_only_if_asked(void **state)
{
    (void)state;
    program_need_clips();
    const char *const names[][2] = {{fixture.clip}, {"gop50_closed.mp4"}, {"gop50*", "--glob"}};
    for (size_t i = 0; i < 3; i++) {
        RunResult result = RUN("index", fixture.clip, "--library", "remove.db", "--every", "6");
        assert_status(&result, 0);
        run_clear(&result);
        if (names[i][1] != NULL) {
            result = RUN("remove", names[i][0], "--library", "remove.db");
            assert_status(&result, 1);
            assert_string_equal(result.output, "");
            assert_holds(result.errors, "as a pattern it means 1 video, the first is /");
            assert_holds(result.errors, "add --glob to remove it\n");
            run_clear(&result);
        }
        result = RUN("remove", names[i][0], "--library", "remove.db", names[i][1]);
        assert_status(&result, 0);
        assert_holds(result.output, "gop50_closed.mp4: removed, 2 frames\n");
        run_clear(&result);
    }
    RunResult result = RUN("remove", "gop50*", "--library", "remove.db");
    assert_status(&result, 1);
    assert_string_equal(result.errors, "reelvec: gop50*: no such video in the library; see `reelvec list`\n");
    run_clear(&result);
    result = RUN("remove", "", "--library", "remove.db", "--glob");
    assert_status(&result, 1);
    assert_string_equal(result.errors, "reelvec: an empty name means no video\n");
    run_clear(&result);
    // As search --video and remove say it.
    result = RUN("list", "gop50*", "--library", "remove.db", "--quiet");
    assert_status(&result, 1);
    assert_string_equal(result.errors, "reelvec: no video matches 'gop50*'; `reelvec list` shows all\n");
    run_clear(&result);
}

static void library_of_another_model_is_refused(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("index", fixture.clip, "--no-normalize");
    assert_status(&result, 1);
    assert_holds(result.errors, "library.db: ");
    run_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_tells_each_video_once),
        cmocka_unit_test(index_names_what_failed),
        cmocka_unit_test(index_draws_a_bar_on_a_terminal),
        cmocka_unit_test(index_interrupted_keeps_what_is_done),
        cmocka_unit_test(search_formats_agree),
        cmocka_unit_test(sequences_have_parts_in_every_format),
        cmocka_unit_test(search_by_stored_frames_needs_no_model),
        cmocka_unit_test(search_obeys_its_filters),
        cmocka_unit_test(search_reads_queries_from_a_pipe),
        cmocka_unit_test(search_prompts_on_a_terminal),
        cmocka_unit_test(hints_tell_what_was_probably_meant),
        cmocka_unit_test(sheets_are_written),
        cmocka_unit_test(sheet_takes_the_file_that_is_here),
        cmocka_unit_test(sheet_thins_out_long_videos),
        cmocka_unit_test(embed_gives_vectors_in_order),
        cmocka_unit_test(inspect_shows_what_the_model_gets),
        cmocka_unit_test(pictures_are_turned_upright),
        cmocka_unit_test(sheets_do_not_replace_the_picture_that_is_asked_with),
        cmocka_unit_test(pictures_come_through_pipes),
        cmocka_unit_test(library_commands_tell_what_is_there),
        cmocka_unit_test(remove_takes_names_and_patterns_only_if_asked),
        cmocka_unit_test(library_of_another_model_is_refused),
    };
    return cmocka_run_group_tests_name("cli/program", tests, set_up_group, program_tear_down);
}
