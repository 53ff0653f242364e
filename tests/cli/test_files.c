/* SPDX-License-Identifier: MIT */
/* Whole runs of the program: what it does to files that are there already, what becomes of its output, what
 * it shows of a hostile library. */
#include "program_run.h"

#include "whole_file.h"

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(
        &(ProgramNeeds){.name = "files", .clips = {"plain.mp4"}, .indexed = 1, .library = true});
}

/* By the shell, in the folder, with $reelvec for the program. */
static RunResult run_shell(const char *script)
{
    const char *arguments[] = {"/bin/sh", "-c", script, NULL};
    setenv("reelvec", getenv("REELVEC_PROGRAM"), 1);
    setenv("clip", fixture.clip, 1);
    return run_program(arguments, &(RunOptions){.folder = fixture.folder});
}

static void assert_file_holds(const char *name, const void *bytes, size_t size_bytes)
{
    char path[600];
    size_t got = 0;
    snprintf(path, sizeof path, "%s/%s", fixture.folder, name);
    uint8_t *now = read_whole(path, &got);
    assert_int_equal(got, size_bytes);
    assert_memory_equal(now, bytes, size_bytes);
    free(now);
}

static void output_never_replaces_a_library_or_somebodys_list(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const scripts[] = {
        "\"$reelvec\" export --format csv -o library.db",
        "\"$reelvec\" export --format npy -o library.db",
        "\"$reelvec\" export --format sql -o library.db",
        "\"$reelvec\" embed --text x -o library.db",
        "cp library.db sheet.png; \"$reelvec\" sheet plain.mp4 -o sheet.png",
        "\"$reelvec\" search x --sheet sheet.png",
    };
    size_t size_bytes = 0;
    uint8_t *library = read_whole(fixture.library, &size_bytes);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        RunResult result = run_shell(scripts[i]);
        if (result.status != 2 || strstr(result.errors, "a library or another SQLite database") == NULL)
            fail_msg("%s: status %d, %s", scripts[i], result.status, result.errors);
        run_clear(&result);
        assert_file_holds("library.db", library, size_bytes);
    }
    assert_file_holds("sheet.png", library, size_bytes);
    free(library);
    static const char mine[] = "when,what\r\n1998,a film\r\n";
    char path[600];
    snprintf(path, sizeof path, "%s/frames.csv", fixture.folder);
    write_whole(path, mine, sizeof mine - 1);
    RunResult result = RUN("export", "--format", "npy", "-o", "frames.npy");
    assert_status(&result, 2);
    assert_holds(result.errors, "frames.csv: is there already, and is not the list of frames");
    run_clear(&result);
    assert_file_holds("frames.csv", mine, sizeof mine - 1);
    // Its own is replaced, as every night.
    unlink(path);
    for (int night = 0; night < 2; night++) {
        result = RUN("export", "--format", "npy", "-o", "frames.npy");
        assert_status(&result, 0);
        run_clear(&result);
    }
}

/* A sheet is replaced by the next one, a photo only if that is said. */
static void pictures_replace_those_that_reelvec_wrote(void **state)
{
    (void)state;
    program_need_clips();
    const char *source = getenv("REELVEC_SOURCE");
    static const struct {
        const char *words[8], *ending;
    } cases[] = {
        {{"search", "a dog", "--sheet"}, "png"},
        {{"search", "a dog", "--sheet"}, "jpg"},
        {{"sheet", "plain.mp4", "-o"}, "png"},
        {{"sheet", "plain.mp4", "-o"}, "jpg"},
        {{"sheet", "--around", "plain.mp4@2", "-o"}, "png"},
        {{"inspect", "pixels", "photo.png", "-o"}, "png"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[32];
        const char *words[PROGRAM_WORDS_MAX];
        size_t count = 0;
        snprintf(name, sizeof name, "own.%s", cases[i].ending);
        while (cases[i].words[count] != NULL) {
            words[count] = cases[i].words[count];
            count++;
        }
        words[count++] = name;
        words[count] = NULL;
        program_shell("cp '%s/tests/pixels/data/rgb.png' photo.png; rm -f %s", source != NULL ? source : ".",
                      name);
        for (int time = 0; time < 2; time++) {
            RunResult result = program_run(words, NULL);
            assert_status(&result, 0);
            run_clear(&result);
        }
        program_shell("grep -q reelvec %s; cp photo.png %s", name, name);
        RunResult result = program_run(words, NULL);
        assert_status(&result, 2);
        assert_string_equal(result.output, ""); // before anything was done
        char message[200];
        snprintf(
            message, sizeof message,
            "reelvec: %s: is there already, and is a picture that was not written by reelvec; give another name, or "
            "--force to replace it\n",
            name);
        assert_string_equal(result.errors, message);
        run_clear(&result);
        program_shell("cmp photo.png %s", name);
        words[count] = "--force";
        words[count + 1] = NULL;
        result = program_run(words, NULL);
        assert_status(&result, 0);
        run_clear(&result);
        program_shell("grep -q reelvec %s; cp library.db %s", name, name);
        result = program_run(words, NULL); // a library is never replaced
        assert_status(&result, 2);
        assert_holds(result.errors,
                     "is a library or another SQLite database; it is not replaced by a picture");
        run_clear(&result);
    }
    program_shell("rm own.*");
}

static void output_that_cannot_be_written_is_said(void **state)
{
    (void)state;
    program_need_clips();
    static const char *const commands[] = {
        "list",
        "info",
        "search x",
        "sql 'SELECT 1'",
        "sql 'SELECT 1; SELECT 2'",
        "sql \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 30000) SELECT x FROM c\"",
        "index \"$clip\" --retry-failed --every 0.3 --library other.db",
        "export --format csv",
        "index \"$clip\" --library new.db",
        "remove plain.mp4 --library new.db",
    };
    static const struct {
        const char *where, *words;
    } places[] = {{">/dev/full", "standard output: No space left on device"},
                  {">&-", "standard output: Bad file descriptor"}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        for (size_t j = 0; j < 2; j++) {
            char script[400];
            snprintf(script, sizeof script,
                     "cp -f library.db new.db; rm -f other.db; exec \"$reelvec\" %s %s", commands[i],
                     places[j].where);
            RunResult result = run_shell(script);
            if (result.status != 1 || count_in(result.errors, places[j].words) != 1)
                fail_msg("%s: status %d\n%s", script, result.status, result.errors);
            run_clear(&result);
        }
    }
    // A file that is opened does not get the number of a closed stream, and with it what is printed.
    RunResult result =
        run_shell("\"$reelvec\" export --format csv -o closed.csv >&- 2>&-; "
                  "\"$reelvec\" export --format csv -o open.csv >/dev/null; cmp closed.csv open.csv");
    assert_status(&result, 0);
    run_clear(&result);
    result = run_shell(
        "echo video,start,end >many.csv; for i in $(seq 400); do echo \"$clip,1,2\"; done >>many.csv; ulimit -f 2; "
        "\"$reelvec\" timeline -f llc-csv -o small.csv many.csv");
    assert_status(&result, 1);
    assert_holds(result.errors, "small.csv: cannot write: File too large");
    run_clear(&result);
    result = run_shell("ulimit -f 2; \"$reelvec\" export --format csv -o small.csv");
    assert_status(&result, 1);
    assert_holds(result.errors, "small.csv");
    assert_holds(result.errors, "File too large");
    run_clear(&result);
    result = run_shell("ls | grep -c part");
    assert_string_equal(result.output, "0\n");
    run_clear(&result);
}

/* Named as an open descriptor, standard output gets what a file would, and nothing else: no counts, no rows. It is
 * called so here, as nothing can replace what lies in that folder, whatever the program does wrong. */
static void standard_output_by_name_is_standard_output(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *command, *option, *ending;
    } cases[] = {
        {"export --format csv", "-o", "csv"},
        {"export --format sql", "-o", "sql"},
        {"embed --text x --format npy", "-o", "npy"},
        {"timeline same.csv --force -f csv", "-o", "csv"},
        {"search x --force --export-format csv", "--export", "csv"},
        {"search x --top 1", "--sheet", "png"},
        {"sheet plain.mp4", "-o", "png"},
    };
    program_shell("printf 'video,start,end\\n%s,1,2\\n' >same.csv", fixture.clip);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[600];
        snprintf(script, sizeof script,
                 "set -e; rm -f by-name.*; \"$reelvec\" %s %s by-name.%s >rows; "
                 "\"$reelvec\" %s %s /proc/self/fd/1 >to-file; cmp to-file by-name.%s; "
                 "\"$reelvec\" %s %s /dev/fd/1 | cmp - by-name.%s; test $(wc -c <to-file) -gt 10",
                 cases[i].command, cases[i].option, cases[i].ending, cases[i].command, cases[i].option,
                 cases[i].ending, cases[i].command, cases[i].option, cases[i].ending);
        RunResult result = run_shell(script);
        if (result.status != 0)
            fail_msg("%s: status %d\n%s%s", script, result.status, result.output, result.errors);
        run_clear(&result);
    }
    RunResult result = run_shell("\"$reelvec\" export --format npy -o /proc/self/fd/1 >to-file");
    assert_status(&result, 2);
    assert_holds(result.errors, "npy writes two files");
    run_clear(&result);
}

static void exit_status_says_which_signal_it_was(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *signal_name;
        int status;
    } cases[] = {{"TERM", 143}, {"HUP", 129}, {"INT", 130}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[900];
        // The recursion never ends. Background processes of sh ignore SIGINT, so that kill comes from behind.
        snprintf(script, sizeof script,
                 "mkfifo told; { read line; sleep 0.1; kill -%s $$; cat; } <told >/dev/null & "
                 "exec \"$reelvec\" sql -f csv \"SELECT 1; WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT "
                 "x + 1 "
                 "FROM c) SELECT count(*) FROM c\" >told",
                 cases[i].signal_name);
        RunResult result = run_shell(script);
        assert_status(&result, cases[i].status);
        assert_holds(result.errors, "interrupted");
        run_clear(&result);
        char path[600];
        snprintf(path, sizeof path, "%s/told", fixture.folder);
        unlink(path);
    }
}

/* A pipe is written to once somebody reads it; until then the program can be ended. */
static void pipes_wait_for_their_readers(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = run_shell("mkfifo told.csv; { sleep 0.2; cat told.csv; } & "
                                 "\"$reelvec\" search x -n 1 --export told.csv --export-format csv; wait");
    assert_status(&result, 0);
    assert_holds(result.output, "video");
    run_clear(&result);
    result =
        run_shell("exec timeout --preserve-status -s TERM 1 \"$reelvec\" search x -n 1 --export told.csv");
    assert_status(&result, 143);
    run_clear(&result);
}

static void hostile_library_reaches_no_terminal(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = run_shell("cp library.db hostile.db; \"$reelvec\" sql --write --library hostile.db "
                                 "\"UPDATE library SET model_name = "
                                 "'a' || char(27) || ']0;pwned' || char(7, 8238); UPDATE videos SET path = "
                                 "'/v/' || char(27, 155, 8238) || "
                                 "'.mp4'\"");
    assert_status(&result, 0);
    run_clear(&result);
    static const char *const scripts[] = {
        "\"$reelvec\" info --library hostile.db",
        "\"$reelvec\" list --library hostile.db",
        "\"$reelvec\" sql --library hostile.db \"SELECT 1 AS \\\"$(printf "
        "'a\\033]0;b\\007\\342\\200\\256')\\\", path "
        "FROM videos\"",
        "\"$reelvec\" sql --library hostile.db \"SELECT \\\"$(printf 'a\\033]0;b\\007')\\\"()\"",
        "\"$reelvec\" search x --library hostile.db",
        "\"$reelvec\" verify --library hostile.db",
        ("cp hostile.db \"$(printf 'x\\033]0;y.db')\"; \"$reelvec\" info --library \"$(printf "
         "'x\\033]0;y.db')\""),
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        result = run_shell(scripts[i]);
        assert_true(result.status != 127 && result.output_bytes + result.error_bytes > 0);
        for (size_t j = 0; j < 2; j++) {
            const char *text = j == 0 ? result.output : result.errors;
            if (strpbrk(text, "\033\007") != NULL || strstr(text, "\xc2\x9b") != NULL ||
                strstr(text, "\xe2\x80\xae") != NULL)
                fail_msg("%s: an escape came out", scripts[i]);
        }
        run_clear(&result);
    }
}

/* Texts for programs are cleaned on a terminal alone. */
static void rows_for_programs_reach_no_terminal_as_they_are(void **state)
{
    (void)state;
    program_need_clips();
    static const struct {
        const char *words[12];
        const char *shown; // on the terminal
        bool raw;          // elsewhere the escape itself is written
    } cases[] = {
        {{"list", "-f", "csv"}, "/???]0;y.mp4", true},
        {{"sql", "-f", "csv", "SELECT path, char(27) AS \"\033[2J\" FROM videos"}, "/???]0;y.mp4,?", true},
        {{"search", "x", "-f", "csv"}, "/???]0;y.mp4", true},
        {{"export", "-q", "--format", "csv"}, "/???]0;y.mp4", true},
        {{"export", "-q", "--format", "sql"}, "/???]0;y.mp4'", true},
        {{"search", "x", "-n", "1", "--export", "-", "--export-format", "csv"}, "/???]0;y.mp4", true},
        {{"list", "-f", "json"}, "/\\u001B\\u009B\\u202E]0;y.mp4", false},
    };
    program_shell(
        "cp '%s' \"$(printf '\\033\\302\\233\\342\\200\\256]0;y.mp4')\"; cp library.db rows.db; "
        "'%s' sql --write --library rows.db \"UPDATE videos SET path = '%s/' || char(27, 155, 8238) || ']0;y.mp4'\"",
        fixture.clip, getenv("REELVEC_PROGRAM"), fixture.folder);
    setenv("REELVEC_LIBRARY", "rows.db", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = program_run(cases[i].words, &(RunOptions){.terminal = true, .columns = 200});
        assert_status(&result, 0);
        assert_holds(result.errors, cases[i].shown);
        if (strchr(result.errors, '\033') != NULL || strstr(result.errors, "\xc2\x9b") != NULL ||
            strstr(result.errors, "\xe2\x80\xae") != NULL)
            fail_msg("%s: an escape came out:\n%s", cases[i].words[0], result.errors);
        run_clear(&result);
        result = program_run(cases[i].words, NULL);
        assert_status(&result, 0);
        if (cases[i].raw)
            assert_holds(result.output, "/\033\xc2\x9b\xe2\x80\xae]0;y.mp4");
        else
            assert_holds(result.output, "/\\u001B\xc2\x9b\xe2\x80\xae]0;y.mp4");
        run_clear(&result);
    }
    setenv("REELVEC_LIBRARY", fixture.library, 1);
}

static void columns_may_have_any_name(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = run_shell("\"$reelvec\" sql -f json \"SELECT 1 AS \\\"$(printf 'a\\377\\033')\\\"\"");
    assert_status(&result, 0);
    assert_string_equal(result.output, "{\"a\xef\xbf\xbd?\": 1}\n");
    run_clear(&result);
}

static void reading_commands_leave_no_file(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result =
        run_shell("mkdir only && cp library.db only/l.db && for c in list info 'search x' verify "
                  "'sql SELECT(1)' 'export --format csv' 'sheet plain.mp4 -o s.png'; do "
                  "\"$reelvec\" $c --library only/l.db >/dev/null || echo \"$c\"; ls only; done | sort "
                  "| uniq -c");
    assert_status(&result, 0);
    assert_string_equal(result.output, "      7 l.db\n");
    run_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_never_replaces_a_library_or_somebodys_list),
        cmocka_unit_test(pictures_replace_those_that_reelvec_wrote),
        cmocka_unit_test(output_that_cannot_be_written_is_said),
        cmocka_unit_test(standard_output_by_name_is_standard_output),
        cmocka_unit_test(exit_status_says_which_signal_it_was),
        cmocka_unit_test(pipes_wait_for_their_readers),
        cmocka_unit_test(hostile_library_reaches_no_terminal),
        cmocka_unit_test(rows_for_programs_reach_no_terminal_as_they_are),
        cmocka_unit_test(columns_may_have_any_name),
        cmocka_unit_test(reading_commands_leave_no_file),
    };
    return cmocka_run_group_tests_name("files and output", tests, set_up_group, program_tear_down);
}
