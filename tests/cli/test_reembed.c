/* SPDX-License-Identifier: MIT */
/* Whole runs of `reelvec reembed` with two generated models and clips: what it says, makes and refuses. */
#include "program_run.h"

#define REEMBED(...) RUN("reembed", "--model", fixture.other_model, __VA_ARGS__)

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){
        .name = "reembed", .clips = {"gop50_closed.mp4", "plain.mp4"}, .linked = true, .library = true});
}

/* Two videos of 24 frames in videos/, indexed anew. */
static int set_up(void **state)
{
    (void)state;
    if (!fixture.ready)
        return 0;
    program_shell("rm -rf *.db* videos && mkdir videos && cp '%s' videos/one.mp4 && cp '%s' videos/two.mp4",
                  fixture.clip, fixture.other_clip);
    RunResult result = RUN("index", "--quiet", "videos/one.mp4");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("index", "--quiet", "--every", "0.333333", "videos/two.mp4");
    assert_status(&result, 0);
    run_clear(&result);
    return 0;
}

static void expect(RunResult result, int status, const char *output, const char *errors)
{
    assert_status(&result, status);
    assert_holds(result.output, output);
    assert_holds(result.errors, errors);
    run_clear(&result);
}

static char *text_of(const char *library)
{
    RunResult result = RUN(
        "sql", "--library", library, "--format", "csv", "--blobs", "hex",
        "SELECT video_id, path, sampling, state, error, frame_number, time, embedding_data, "
        "frame_data FROM videos JOIN frames USING (video_id) JOIN frame_pictures USING (video_id, frame_number) ORDER BY 1, 6");
    assert_status(&result, 0);
    char *text = strdup(result.output);
    run_clear(&result);
    assert_non_null(text);
    return text;
}

static void reembed_makes_what_indexing_makes(void **state)
{
    (void)state;
    program_need_clips();
    expect(REEMBED("--to", "new.db"), 0,
           "library.db: 2 videos embedded anew with 24 frames, 0 there already, 0 left out\n", "24 frames");
    expect(REEMBED("--to", "new.db", "--quiet"), 0,
           "library.db: 0 videos embedded anew with 0 frames, 2 there already, 0 left out\n", "");
    const char *const fresh[] = {"--quiet", "--library", "fresh.db", "--model", fixture.other_model};
    expect(RUN("index", fresh[0], fresh[1], fresh[2], fresh[3], fresh[4], "videos/one.mp4"), 0, "", "");
    expect(RUN("index", fresh[0], fresh[1], fresh[2], fresh[3], fresh[4], "--every", "0.333333",
               "videos/two.mp4"),
           0, "", "");
    char *made = text_of("new.db"), *indexed = text_of("fresh.db");
    assert_string_equal(made, indexed);
    free(made);
    free(indexed);
    expect(RUN("verify", "--library", "new.db"), 0, "", "no faults");
    expect(RUN("info", "--library", "new.db"), 0,
           "\nfamily             clip\nactivation         quick_gelu quick_gelu\n"
           "preprocessing      shortest bicubic\nnormalisation      0.481454",
           "");
    expect(RUN("info", "--library", "new.db"), 0,
           "\nmask               causal\nheads              2 1\nepsilon            1e-05 1e-05\n"
           "tokenizer          clip\ntokenizer SHA-256  4621dd9c",
           "");
    expect(RUN("info", "--library", "new.db", "--format", "json"), 0,
           "\"model_details\": {\"family\": \"clip\", \"activation\": \"quick_gelu quick_gelu\", "
           "\"preprocessing\": \"shortest bicubic\", \"normalisation\": \"0.481454",
           "");
    expect(RUN("info", "--library", "new.db", "--format", "json"), 0,
           "\"mask\": \"causal\", \"heads\": \"2 1\", \"epsilon\": \"1e-05 1e-05\", \"tokenizer\": \"clip\", "
           "\"tokenizer_sha256\": \"4621dd9c731c9330389ca3477b48afba9f5466d61b92a01785077834caf90cfb\"}, "
           "\"model_path\"",
           "");
    expect(RUN("search", "--library", "new.db", "--model", fixture.other_model, "a red car"), 0, "one.mp4",
           "");
}

static void gone_and_changed_videos_need_to_be_asked_for(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("rm videos/one.mp4 && printf more >>videos/two.mp4");
    RunResult result = REEMBED("--to", "new.db");
    assert_status(&result, 3);
    assert_holds(result.output, "0 videos embedded anew with 0 frames, 0 there already, 2 left out");
    assert_holds(result.errors,
                 "one.mp4: its file is gone; --from-pictures embeds its stored pictures instead, "
                 "which are smaller JPEGs\n");
    assert_holds(result.errors, "two.mp4: its file has changed; --from-pictures embeds");
    run_clear(&result);
    expect(
        REEMBED("--to", "new.db", "--from-pictures"), 0,
        "2 videos embedded anew (2 from stored pictures) with 24 frames, 0 there already, 0 left out",
        "one.mp4: embedded from stored pictures (JPEGs of 160x120 for frames of 160x120), because its file is "
        "gone\n");
    expect(RUN("info", "--library", "new.db"), 0, "2 (2 complete, 2 embedded from stored pictures, 0 failed)",
           "");
    expect(RUN("info", "--library", "new.db", "--format", "json"), 0, "\"damaged\": 0, \"from_pictures\": 2",
           "");
    expect(RUN("list", "--library", "new.db"), 0, "pictures  interval:0.333333",
           "two.mp4: embedded from stored pictures (JPEGs of ");
    expect(RUN("list", "--library", "new.db"), 0, "missing   interval:1", "because its file has changed");
    expect(RUN("verify", "--library", "new.db"), 0, "", "two.mp4: embedded from stored pictures (JPEGs of ");
}

/* Nothing is made by a command that cannot do its work. */
static void reembed_says_what_is_wrong(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *const words[8];
        int status;
        const char *errors;
    } cases[] = {
        {{"--to", "new.db"}, 2, "reembed: needs --model MODEL, the new library's model"},
        {{"--model", "OTHER"}, 2, "reembed: needs --to LIBRARY, the new library"},
        {{"--model", "OTHER", "--to", "./library.db"}, 2, "cannot be re-embedded into itself"},
        {{"--model", "OTHER", "--to", "new.db", "--library", "none.db"},
         1,
         "none.db: no library here; make one"},
        {{"--model", "OTHER", "--to", "new.db", "--library", "empty.db"},
         1,
         "empty.db: has no embeddings of any model yet; fill it with `reelvec index VIDEO`"},
        {{"--model", "./nothing", "--to", "new.db"}, 1, "nothing"},
        {{"--model", "OTHER", "--to", "new.db", "--video", "nothing*"},
         1,
         "library.db: no video matches 'nothing*'"},
        {{"--model", "OTHER", "--to", "old.db"},
         1,
         "; the new library must be empty or of the new model: give another one\n"},
        {{"--model", "OTHER", "--to", "old.db"},
         1,
         "old.db: holds embeddings of tiny-bytes (96 dimensions, weights "},
        {{"--model", "OTHER", "--to", "old.db"},
         1,
         "), the model is tiny-f16-bytes (96 dimensions, weights "},
    };
    expect(RUN("sql", "--library", "empty.db", "--write", "SELECT 1"), 1, "", "no library here");
    expect(RUN("index", "--library", "empty.db", "--quiet", "videos/one.mp4"), 0, "", "");
    expect(
        RUN("sql", "--library", "empty.db", "--write",
            "DELETE FROM videos; UPDATE library SET model_name = NULL, weights_sha256 = NULL, dimensions = NULL, "
            "preprocess_version = NULL, normalized = NULL"),
        0, "", "");
    expect(RUN("export", "--quiet", "--to", "old.db"), 0, "", "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *words[10] = {"reembed"};
        for (size_t k = 0; cases[i].words[k] != NULL; k++)
            words[k + 1] = strcmp(cases[i].words[k], "OTHER") == 0 ? fixture.other_model : cases[i].words[k];
        if (i == 0)
            unsetenv("REELVEC_MODEL");
        RunResult result = program_run(words, NULL);
        setenv("REELVEC_MODEL", fixture.model, 1);
        expect(result, cases[i].status, "", cases[i].errors);
        program_shell("test ! -e new.db");
    }
}

/* What a search or an index run with another model says, and that its way out works. */
static void another_model_is_refused_with_the_next_step(void **state)
{
    (void)state;
    program_need_clips();
    static const char advice[] =
        "; use another library or pass the model that made it; where --model, "
        "REELVEC_MODEL and the settings name none, it is found by itself; `reelvec reembed` makes a library of the "
        "other one\n";
    expect(RUN("search", "--model", fixture.other_model, "a red car"), 1, "", advice);
    expect(RUN("index", "--model", fixture.other_model, "videos/one.mp4"), 1, "", advice);
    expect(RUN("search", "--model", fixture.other_model, "a red car"), 1, "",
           "library.db: holds embeddings of tiny-bytes (96 dimensions, weights ");
}

/* Neither command has the option --model, which other messages of this kind speak of. */
static void a_copy_between_two_models_is_refused_with_its_way_out(void **state)
{
    (void)state;
    program_need_clips();
    expect(REEMBED("--to", "other.db", "--quiet", "--video", "one.mp4"), 0, "1 video", "");
    for (int turn = 0; turn < 2; turn++) {
        RunResult result = turn == 0 ? RUN("export", "--to", "other.db") : RUN("import", "other.db");
        assert_status(&result, 1);
        assert_holds(result.errors,
                     turn == 0 ? "library.db: holds embeddings of tiny-bytes (96 dimensions, weights "
                               : "other.db: holds embeddings of tiny-f16-bytes (96 dimensions, weights ");
        assert_holds(result.errors,
                     turn == 0 ? "other.db those of tiny-f16-bytes (" : "library.db those of tiny-bytes (");
        // By its place, which is known.
        assert_holds(result.errors, "`reelvec reembed --library FROM --to TO --model /");
        assert_holds(result.errors, turn == 0 ? "/tiny-f16-bytes`\n" : "/tiny-bytes`\n");
        assert_null(strstr(result.errors, "found by itself"));
        run_clear(&result);
    }
    expect(REEMBED("--to", "other.db", "--quiet"), 0, "1 video embedded anew", "");
}

static void an_interrupted_run_goes_on(void **state)
{
    (void)state;
    program_need_clips();
    const char *const words[] = {"reembed", "--model", fixture.other_model, "--to", "new.db", "--batch",
                                 "1",       NULL};
    RunOptions options = {.interrupt_after = "begun"};
    RunResult result = program_run(words, &options);
    bool cut = result.status == 130;
    if (cut)
        assert_holds(result.errors, "interrupted; run the same command to go on");
    else
        assert_status(&result, 0); // it was faster than the signal
    run_clear(&result);
    expect(REEMBED("--to", "new.db"), 0, "0 left out", "");
    expect(REEMBED("--to", "whole.db"), 0, "2 videos", "");
    char *made = text_of("new.db"), *whole = text_of("whole.db");
    assert_string_equal(made, whole);
    free(made);
    free(whole);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

static void what_is_refused_has_not_begun(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("reembed", "--model", fixture.other_model, "--to", "library.db");
    assert_status(&result, 2);
    assert_null(strstr(result.errors, "begun"));
    run_clear(&result);
    expect(REEMBED("--to", "first.db"), 0, "2 videos", "");
    result = RUN("reembed", "--model", fixture.model, "--to", "first.db"); // which is of another model
    assert_status(&result, 1);
    assert_holds(result.errors, "give another one");
    assert_null(strstr(result.errors, "begun"));
    run_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_refused_has_not_begun),
        TEST(reembed_makes_what_indexing_makes),
        TEST(gone_and_changed_videos_need_to_be_asked_for),
        TEST(reembed_says_what_is_wrong),
        TEST(another_model_is_refused_with_the_next_step),
        TEST(a_copy_between_two_models_is_refused_with_its_way_out),
        TEST(an_interrupted_run_goes_on),
    };
    return cmocka_run_group_tests(tests, set_up_group, program_tear_down);
}
