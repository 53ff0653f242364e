/* SPDX-License-Identifier: MIT */
/* Whole runs of `search --play`, with programs in place of the players that write what they are given. */
#include "program_run.h"

#include <sys/stat.h>

#define FFPLAY "-autoexit\n-hide_banner\n-nostats\n-loglevel\nerror\n"
#define STRANGE "-a \"b\" $(c) d%e;\né.mp4" // a name with a line end

static int set_up_group(void **state)
{
    (void)state;
    int status = program_set_up(&(ProgramNeeds){
        .name = "play", .clips = {"gop50_closed.mp4", "plain.mp4"}, .indexed = 1, .library = true});
    if (status == 0)
        program_shell("mkdir bin other");
    return status;
}

/* A player that writes its arguments, a line for each, and says something on standard output. */
static void make_player(const char *path, const char *rest)
{
    program_shell(
        "printf '%%s\\n' '#!/bin/sh' 'printf \"%%s\\n\" \"$@\" >args' 'echo playing' \"%s\" >'%s' && chmod +x '%s'",
        rest, path, path);
}

/* PATH for the program, and nothing that the machine has. */
static void set_path(const char *folder)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", fixture.folder, folder);
    setenv("PATH", path, 1);
}

static char *old_path;

static int set_up(void **state)
{
    (void)state;
    old_path = strdup(getenv("PATH"));
    unsetenv("DISPLAY"); // these players open no window
    unsetenv("WAYLAND_DISPLAY");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    setenv("PATH", old_path, 1);
    free(old_path);
    unsetenv("REELVEC_PLAYER");
    program_shell("rm -rf bin/* other/* args");
    return 0;
}

static void assert_arguments(const char *expected)
{
    char path[600], text[4000];
    snprintf(path, sizeof path, "%s/args", fixture.folder);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("no player was started");
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    if (strcmp(text, expected) != 0)
        fail_msg("the player got\n%snot\n%s", text, expected);
}

static void play_starts_each_player_its_way(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *player, *before, *after; // of the video's path
    } players[] = {
        {"mpv", "--start=+3.000000\n--\n", ""},
        {"vlc", "--start-time=3.000000\nfile://", ""},
        {"ffplay", FFPLAY "-ss\n3.000000\n-i\nfile:", ""},
        {"cvlc-4", "--start-time=3.000000\nfile://", ""},
        {"mpv.sh", "--start=+3.000000\n--\n", ""},
    };
    for (size_t i = 0; i < sizeof players / sizeof players[0]; i++) {
        char path[600], expected[3000];
        snprintf(path, sizeof path, "other/%s", players[i].player);
        make_player(path, "");
        RunResult result =
            RUN("search", "--like", "gop50_closed.mp4@3", "--format", "csv", "--play", "--player", path);
        assert_status(&result, 0);
        assert_holds(result.output, "gop50_closed.mp4,4,3,");
        assert_string_equal(result.errors, "playing\n"); // rows are alone on standard output
        run_clear(&result);
        snprintf(expected, sizeof expected, "%s%s\n", players[i].before, fixture.clip);
        assert_arguments(expected);
    }
}

static void play_takes_the_first_player_on_path(void **state)
{
    (void)state;
    program_need_clips();
    make_player("bin/ffplay", "");
    make_player("bin/vlc", "");
    program_shell("mkdir bin/mpv"); // a folder is no program
    set_path("bin");
    RunResult result = RUN("search", "--like", "gop50_closed.mp4@3", "--play");
    assert_status(&result, 0);
    run_clear(&result);
    char expected[3000];
    snprintf(expected, sizeof expected, "--start-time=3.000000\nfile://%s\n", fixture.clip);
    assert_arguments(expected);
    setenv("REELVEC_PLAYER", "ffplay", 1);
    result = RUN("search", "--like", "gop50_closed.mp4@3", "--moments", "--play");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("doctor");
    assert_holds(result.output, "/bin/ffplay (`search --play`)");
    run_clear(&result);
}

static void play_takes_any_file_name(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp '%s' './%s'", fixture.other_clip, STRANGE);
    RunResult result = RUN("index", "--quiet", "--library", "strange.db", "./" STRANGE);
    assert_status(&result, 0);
    run_clear(&result);
    char *folder = realpath(fixture.folder, NULL), expected[3000];
    static const char *const players[] = {"mpv", "vlc", "ffplay"};
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "other/%s", players[i]);
        make_player(path, "");
        result = RUN("search", "--library", "strange.db", "a dog", "--after", "2", "--before", "2", "--play",
                     "--player", path);
        assert_status(&result, 0);
        run_clear(&result);
        if (i == 0)
            snprintf(expected, sizeof expected, "--start=+2.000000\n--\n%s/%s\n", folder, STRANGE);
        else if (i == 1)
            snprintf(
                expected, sizeof expected,
                "--start-time=2.000000\nfile://%s/-a%%20%%22b%%22%%20%%24%%28c%%29%%20d%%25e%%3B%%0A%%C3%%A9.mp4\n",
                folder);
        else
            snprintf(expected, sizeof expected, FFPLAY "-ss\n2.000000\n-i\nfile:%s/%s\n", folder, STRANGE);
        assert_arguments(expected);
    }
    free(folder);
}

static void play_says_what_is_wrong(void **state)
{
    (void)state;
    program_need_clips();
    make_player("other/mpv", "exit 2");
    make_player("other/totem", "");
    make_player("other/vlc", "kill -9 \\$\\$");
    program_shell("printf 'no program' >other/ffplay; chmod +x other/ffplay; touch bin/vlc");
    set_path("bin");
    static const struct {
        const char *words[6];
        int status;
        const char *message;
        bool rows; // were printed before
    } faults[] = {
        {{"--play"},
         1,
         "no player is on PATH (mpv, vlc, ffplay); install one, or name it with --player or REELVEC_PLAYER\n",
         false},
        {{"--play", "--player", "vlc"}, 1, "--player: 'vlc' is no program on PATH\n", false},
        {{"--play", "--player", "other/nothing/mpv"},
         1,
         "--player: 'other/nothing/mpv' is no program\n",
         false},
        {{"--play", "--player", "other/totem"},
         2,
         "--player: how 'other/totem' is told where to begin is not known",
         false},
        {{"--player", "other/mpv"}, 2, "--player belongs to --play\n", false},
        {{"--play", "--player", "other/mpv"},
         1,
         "other/mpv: ended with status 2; neither DISPLAY nor WAYLAND_DISPLAY is set",
         true},
        {{"--play", "--player", "other/vlc"}, 1, "other/vlc: was ended by signal 9\n", true},
        {{"--play", "--player", "other/ffplay"},
         1,
         "other/ffplay: cannot be started: Exec format error\n",
         true},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const char *words[PROGRAM_WORDS_MAX] = {"search", "--like", "gop50_closed.mp4@3"};
        for (size_t k = 0; k < 6 && faults[i].words[k] != NULL; k++)
            words[3 + k] = faults[i].words[k];
        RunResult result = program_run(words, NULL);
        if (result.status != faults[i].status || strstr(result.errors, faults[i].message) == NULL ||
            (result.output_bytes > 0) != faults[i].rows)
            fail_msg("'%s': status %d, %s", faults[i].message, result.status, result.errors);
        run_clear(&result);
    }
    setenv("REELVEC_PLAYER", "totem", 1);
    RunResult result = RUN("search", "--like", "gop50_closed.mp4@3", "--play");
    assert_status(&result, 2);
    assert_holds(result.errors, "REELVEC_PLAYER: how 'totem' is told");
    run_clear(&result);
    result = RUN("doctor");
    assert_holds(result.output, "REELVEC_PLAYER: how 'totem' is told");
    run_clear(&result);
}

static void play_says_when_the_video_is_gone(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp '%s' gone.mp4", fixture.other_clip);
    RunResult result = RUN("index", "--quiet", "--library", "gone.db", "gone.mp4");
    assert_status(&result, 0);
    run_clear(&result);
    program_shell("rm gone.mp4");
    make_player("other/mpv", "");
    result = RUN("search", "--library", "gone.db", "a dog", "--play", "--player", "other/mpv");
    assert_status(&result, 1);
    assert_holds(result.output, "gone.mp4");
    assert_holds(result.errors, "gone.mp4: no such file\n");
    run_clear(&result);
    program_shell("test ! -e args");
}

/* What an export left out is told by the exit status also if the player plays well. */
static void play_keeps_the_status_of_the_export(void **state)
{
    (void)state;
    program_need_clips();
    program_shell("cp '%s' a.mp4; cp '%s' b.mp4", fixture.clip, fixture.other_clip);
    RunResult result = RUN("index", "--quiet", "--library", "two.db", "a.mp4", "b.mp4");
    assert_status(&result, 0);
    run_clear(&result);
    char best[600];
    result = RUN("search", "--library", "two.db", "a dog", "--top", "1", "--format", "csv");
    snprintf(best, sizeof best, "%s", strstr(result.output, "/a.mp4,") != NULL ? "b.mp4" : "a.mp4");
    run_clear(&result);
    program_shell("rm %s", best); // the other one, which is not played
    make_player("other/mpv", "");
    result = RUN("search", "--library", "two.db", "a dog", "--top", "100", "--export", "cuts.edl", "--play",
                 "--player", "other/mpv");
    assert_status(&result, 3);
    run_clear(&result);
    program_shell("test -s args");
}

static void play_needs_the_query_on_the_command_line(void **state)
{
    (void)state;
    program_need_clips();
    make_player("other/mpv", "");
    const char *words[] = {"search", "--play", "--player", "other/mpv", NULL};
    RunResult result = program_run(words, &(RunOptions){.input = "a dog\n"});
    assert_status(&result, 2);
    assert_string_equal(result.errors, "reelvec: search: --play needs the query on the command line\n");
    run_clear(&result);
}

/* Only the program gets the signal here, from the player itself as soon as that runs, so the player goes on, and is
 * waited for. */
static void play_leaves_interrupts_to_the_player(void **state)
{
    (void)state;
    program_need_clips();
    make_player("other/mpv", "kill -INT \\$PPID; echo done >>args");
    RunResult result = RUN("search", "--like", "gop50_closed.mp4@3", "--play", "--player", "other/mpv");
    assert_status(&result, 130);
    assert_string_equal(result.errors, "playing\n");
    run_clear(&result);
    char expected[3000];
    snprintf(expected, sizeof expected, "--start=+3.000000\n--\n%s\ndone\n", fixture.clip);
    assert_arguments(expected);
}

static void play_passes_a_request_to_end_on(void **state)
{
    (void)state;
    program_need_clips();
    make_player("other/mpv",
                "trap 'echo ended >>args; exit 0' TERM; echo ready >>args; while :; do sleep 0.05; done");
    program_shell(
        "'%s' search --like gop50_closed.mp4@3 --play --player other/mpv >/dev/null 2>&1 & "
        "while ! grep -q ready args 2>/dev/null; do sleep 0.02; done; kill $!; status=0; wait $! || status=$?; "
        "test $status = 143",
        getenv("REELVEC_PROGRAM"));
    char expected[3000];
    snprintf(expected, sizeof expected, "--start=+3.000000\n--\n%s\nready\nended\n", fixture.clip);
    assert_arguments(expected);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(play_starts_each_player_its_way),
        CASE(play_takes_the_first_player_on_path),
        CASE(play_takes_any_file_name),
        CASE(play_says_what_is_wrong),
        CASE(play_says_when_the_video_is_gone),
        CASE(play_keeps_the_status_of_the_export),
        CASE(play_needs_the_query_on_the_command_line),
        CASE(play_leaves_interrupts_to_the_player),
        CASE(play_passes_a_request_to_end_on),
    };
    return cmocka_run_group_tests_name("cli/play", tests, set_up_group, program_tear_down);
}
