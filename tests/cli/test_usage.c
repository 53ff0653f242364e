/* SPDX-License-Identifier: MIT */
/* The program's help, its usage errors, and what it says about bad input: no model and no library needed. */
#include "program_run.h"

/* An empty home for models and libraries, so that nothing depends on the user's. */
static int set_up(void **state)
{
    (void)state;
    return program_make_folder("usage") ? 0 : -1;
}

static const char *const command_names[][2] = {
    {"index"},
    {"search"},
    {"list"},
    {"info"},
    {"remove"},
    {"verify"},
    {"sheet"},
    {"embed"},
    {"inspect", "tokens"},
    {"inspect", "pixels"},
    {"doctor"},
    {"model", "list"},
    {"model", "fetch"},
    {"model", "info"},
    {"model", "verify"},
};

static void program_help_names_every_command(void **state)
{
    (void)state;
    const char *words[] = {"--help", NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.errors, "");
    for (size_t i = 0; i < sizeof command_names / sizeof command_names[0]; i++) {
        char entry[64];
        snprintf(entry, sizeof entry, "\n  %s%s%s", command_names[i][0],
                 command_names[i][1] != NULL ? " " : "",
                 command_names[i][1] != NULL ? command_names[i][1] : "");
        if (strstr(result.output, entry) == NULL)
            fail_msg("no%s in the help", entry);
    }
    run_clear(&result);
}

static void program_help_of_each_command_is_complete(void **state)
{
    (void)state;
    static const char *const parts[] = {"Usage: reelvec ", "\nOptions:\n", "\nExamples:\n  reelvec ",
                                        "\nExit status:\n", "-h, --help"};
    for (size_t i = 0; i < sizeof command_names / sizeof command_names[0]; i++) {
        const char *words[4] = {command_names[i][0]};
        words[command_names[i][1] != NULL ? 1 : 0] =
            command_names[i][1] != NULL ? command_names[i][1] : command_names[i][0];
        words[command_names[i][1] != NULL ? 2 : 1] = "--help";
        RunResult result = program_run(words, NULL);
        assert_int_equal(result.status, 0);
        for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
            if (strstr(result.output, parts[part]) == NULL)
                fail_msg("%s: no '%s' in the help", command_names[i][0], parts[part]);
        }
        for (char *line = strtok(result.output, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            if (strlen(line) > 80)
                fail_msg("%s: a line of %zu", command_names[i][0], strlen(line));
        }
        run_clear(&result);
    }
}

/* Everything that is wrong on the command line itself: status 2, one line. */
static void program_refuses_wrong_usage(void **state)
{
    (void)state;
    static const struct {
        const char *words[PROGRAM_WORDS_MAX];
        const char *message;
    } cases[] = {
        {{"serach", "dog"}, "reelvec: unknown command 'serach'; did you mean 'search'?\n"},
        {{"frobnicate"}, "reelvec: unknown command 'frobnicate'; see `reelvec --help`\n"},
        {{"--libary"}, "reelvec: unknown option --libary; did you mean --library?\n"},
        {{"--verison"}, "reelvec: unknown option --verison; did you mean --version?\n"},
        {{"--frobnicate"}, "reelvec: unknown option --frobnicate; see `reelvec --help`\n"},
        {{"-x"}, "reelvec: unknown option -x; see `reelvec --help`\n"},
        {{"--top", "3", "list"},
         "reelvec: list: unknown option --top; `reelvec search` has it, this command has not\n"},
        {{"--tpo", "3", "search", "x"}, "reelvec: unknown option --tpo; did you mean --top?\n"},
        {{"-library", "x.db", "list"},
         "reelvec: -library: long options have two dashes; did you mean --library?\n"},
        {{"list", "-library=x.db"},
         "reelvec: list: -library=x.db: long options have two dashes; did you mean --library=x.db?\n"},
        {{"fetch", "ViT-B/32"}, "reelvec: unknown command 'fetch'; did you mean 'model fetch'?\n"},
        {{"search", "--ex", "x"},
         "reelvec: search: --ex may be --export, --export-format, --exact-cut, --exact or --explain; write more of "
         "it\n"},
        {{"--library", "x.db"}, "reelvec: --library: needs a command behind it; see `reelvec --help`\n"},
        {{"--library", "x.db", "serach"}, "reelvec: unknown command 'serach'; did you mean 'search'?\n"},
        {{"--device", "cpu", "list"},
         "reelvec: list: unknown option --device; `reelvec index` has it, this command has not\n"},
        {{"export", "--format", "parquet"},
         "reelvec: export: --format: 'parquet' is unknown; give csv, npy or sql\n"},
        {{"export", "--format", "none"},
         "reelvec: export: --format: 'none' is unknown; give csv, npy or sql\n"},
        {{"search", "--top", "abc", "x"},
         "reelvec: search: --top: 'abc' is not a whole number from 1 to 1000000\n"},
        {{"search", "--min-score", "abc", "x"}, "reelvec: search: --min-score: 'abc' is not a number\n"},
        {{"index", "--batch", "257", "x"},
         "reelvec: index: --batch: '257' is not a whole number from 1 to 256\n"},
        {{"model"}, "reelvec: model: needs a command; see `reelvec model --help`\n"},
        {{"model", "fecth"}, "reelvec: unknown command 'model fecth'; did you mean 'model fetch'?\n"},
        {{"model", "frobnicate"},
         "reelvec: unknown command 'model frobnicate'; see `reelvec model --help`\n"},
        {{"help", "serch"}, "reelvec: unknown command 'serch'; did you mean 'search'?\n"},
        {{"search", "--formt=json", "x"},
         "reelvec: search: unknown option --formt; did you mean --format?\n"},
        {{"search", "--top", "0", "x"},
         "reelvec: search: --top: '0' is not a whole number from 1 to 1000000\n"},
        {{"search", ""}, "reelvec: the query is empty; say what to look for\n"},
        {{"search", "--then", "x"},
         "reelvec: search: --then 'x': nothing stands before it; say first what it follows\n"},
        {{"search", "x", "--then", "", "--then", "y"},
         "reelvec: search: --then 'y': nothing stands before it; say first what it follows\n"},
        {{"search", "x", "--then", ""},
         "reelvec: search: nothing stands behind the last --then ''; say what follows\n"},
        {{"search", "x", "--then", "--image", "y.png"},
         "reelvec: search: --then needs a text; a part without one begins with --then '' --image ...\n"},
        {{"search", "x", "--within", "3"},
         "reelvec: search: --within is for sequences; give what follows with --then\n"},
        {{"search", "x", "--clips", "-"},
         "reelvec: search: --clips -: clips are files of their own; name a folder for them\n"},
        {{"search", "x", "--handles", "1"},
         "reelvec: search: --handles needs --export FILE or --clips FOLDER\n"},
        {{"search", "x", "--force"},
         "reelvec: search: --force needs --export FILE, --clips FOLDER or --sheet OUT\n"},
        {{"search", "x", "--then", "y", "--within", "0"},
         "reelvec: search: --within: must be above 0, not 0\n"},
        {{"search", "x", "--then", "y", "--within", "-1"},
         "reelvec: search: --within: must be above 0, not -1\n"},
        {{"search", "x", "--then", "y", "--within", "x"}, "reelvec: search: --within: 'x' is not a number\n"},
        {{"search", "--text", " "}, "reelvec: the query is empty; say what to look for\n"},
        {{"search", "--text", "0:dog"}, "reelvec: --text: '0:dog' has a weight of 0 or beyond 1e+06\n"},
        {{"search", "--like", "a.mp4"},
         "reelvec: --like: 'a.mp4' is not VIDEO@TIME, as in holiday.mp4@1:23\n"},
        {{"index"}, "reelvec: index: needs PATH|URL...; see `reelvec index --help`\n"},
        {{"index", "--every", "2", "--keyframes", "x"},
         "reelvec: index: --every, --keyframes, --scenes and --compat exclude each other\n"},
        {{"sheet", "x"}, "reelvec: sheet: needs -o OUT.png or OUT.jpg\n"},
        {{"sheet", "x", "y", "-o", "z"},
         "reelvec: sheet: too many arguments ('y'); see `reelvec sheet --help`\n"},
        {{"embed"}, "reelvec: embed: needs --text TEXT or --image FILE, once or more often\n"},
        {{"inspect", "pixels", "x.png"}, "reelvec: inspect pixels: needs -o OUT.png\n"},
        {{"inspect", "tokens"}, "reelvec: inspect tokens: needs TEXT; see `reelvec inspect tokens --help`\n"},
        {{"remove"}, "reelvec: remove: needs VIDEO...; see `reelvec remove --help`\n"},
        {{"search", "--video", "a.mp4", "--video", "b.mp4", "x"},
         "reelvec: search: --video: counts once, and is there as 'a.mp4' and 'b.mp4'; one pattern may mean "
         "several\n"},
        {{"list", "--format", "xml"}, "reelvec: list: --format: 'xml' is unknown; give table, json or csv\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = program_run(cases[i].words, NULL);
        if (result.status != 2 || strcmp(result.errors, cases[i].message) != 0 || result.output_bytes != 0)
            fail_msg("%s %s: status %d\n%snot\n%s", cases[i].words[0], cases[i].words[1], result.status,
                     result.errors, cases[i].message);
        run_clear(&result);
    }
}

/* The ending of its name says what a file is, in every command. */
static void names_without_a_known_ending_are_refused(void **state)
{
    static const struct {
        const char *words[6], *message;
    } cases[] = {
        {{"sheet", "x", "-o", "z"}, ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"sheet", "x", "-o", "png"}, ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"search", "x", "--sheet", "z/.png"},
         ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"search", "x", "--sheet", "z.d/z"},
         ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"inspect", "pixels", "x.png", "-o", "z"},
         ": pictures are written as .png; give a name that ends so\n"},
        {{"search", "x", "--sheet", "-"},
         ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"sheet", "x.mp4", "-o", "-"}, ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"sheet", "x", "-o", "z.gif"}, ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"search", "x", "--sheet", "z.webp"},
         ": pictures are written as .png or .jpg; give a name that ends so\n"},
        {{"inspect", "pixels", "x.png", "-o", "z.jpg"},
         ": pictures are written as .png; give a name that ends so\n"},
        {{"timeline", "x.csv", "-o", "z"}, ": no format has this ending; say it by --format NAME, `reelvec"},
        {{"search", "x", "--export", "z"},
         ": no format has this ending; say it by --export-format NAME, `reelvec"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *words[PROGRAM_WORDS_MAX] = {NULL}, *name = NULL;
        char expected[300];
        for (size_t k = 0; k < 6 && cases[i].words[k] != NULL; k++)
            name = words[k] = cases[i].words[k];
        snprintf(expected, sizeof expected, "reelvec: %s%s", name, cases[i].message);
        RunResult result = program_run(words, NULL);
        if (result.status != 2 || strncmp(result.errors, expected, strlen(expected)) != 0 ||
            result.output_bytes != 0)
            fail_msg("%s: status %d\n%snot\n%s", name, result.status, result.errors, expected);
        run_clear(&result);
    }
}

static void program_without_arguments_shows_help_as_an_error(void **state)
{
    (void)state;
    const char *words[] = {NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 2);
    assert_int_equal(strncmp(result.errors, "Usage: reelvec", 14), 0);
    run_clear(&result);
}

static void program_prints_its_version(void **state)
{
    (void)state;
    const char *words[] = {"--version", NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "reelvec " REELVEC_TEST_VERSION "\n");
    run_clear(&result);
    for (size_t i = 0; i < 2; i++) {
        const char *letters[] = {i == 0 ? "-v" : "-V", NULL};
        result = program_run(letters, NULL);
        assert_int_equal(result.status, 0);
        assert_string_equal(result.output, "reelvec " REELVEC_TEST_VERSION "\n");
        run_clear(&result);
    }
}

/* They go to the command as if they stood behind it. */
static void options_may_stand_in_front_of_the_command(void **state)
{
    static const struct {
        const char *words[PROGRAM_WORDS_MAX];
        const char *part;
    } cases[] = {
        {{"--library", "/no/such/front.db", "list"}, "/no/such/front.db"},
        {{"--library=/no/such/front.db", "search", "dog"}, "/no/such/front.db"},
        {{"-l/no/such/front.db", "list"}, "/no/such/front.db"},
        {{"-q", "-l", "/no/such/front.db", "ann", "info"}, "/no/such/front.db"},
        {{"--model", "/no/such/model", "embed", "--text", "x"}, "/no/such/model"},
        {{"--top", "3", "--format=json", "-ql", "/no/such/front.db", "search", "dog"}, "/no/such/front.db"},
        {{"--moments", "--library", "/no/such/front.db", "search", "dog"}, "/no/such/front.db"},
        {{"-l", "/no/such/front.db", "list", "-l", "/no/such/behind.db"}, "/no/such/behind.db"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = program_run(cases[i].words, NULL);
        if (result.status != 1 || strstr(result.errors, cases[i].part) == NULL)
            fail_msg("%s: status %d: %s", cases[i].words[0], result.status, result.errors);
        run_clear(&result);
    }
    const char *words[] = {"--threads", "2", "--help", NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 0);
    for (char *line = strtok(result.output, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strlen(line) > 80)
            fail_msg("a line of %zu: %s", strlen(line), line);
    }
    run_clear(&result);
}

static void program_help_of_a_group(void **state)
{
    (void)state;
    const char *words[] = {"model", "--help", NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.output, "model fetch NAME..."));
    assert_null(strstr(result.output, "inspect"));
    run_clear(&result);
}

/* Bad input that is found on opening: status 1, one line that says what to do. */
static void program_says_what_is_missing(void **state)
{
    static const struct {
        const char *words[PROGRAM_WORDS_MAX];
        const char *part;
    } cases[] = {
        {{"embed", "--text", "x"}, "ViT-B/32: not here yet; fetch it with `reelvec model fetch ViT-B/32`"},
        {{"embed", "--text", "x", "--model", "/no/such/model"}, "/no/such/model: no such file or folder"},
        {{"inspect", "tokens", "x", "--model", "RN50"},
         "RN50: no such file or folder, nor a known or added model"},
        {{"model", "fetch", "RN50"}, "RN50: not a known model"},
        {{"model", "verify", "ViT-B/32"}, "fetch it with `reelvec model fetch ViT-B/32`"},
        {{"search", "dog"}, ""},
        {{"list"}, ""},
        {{"info", "--library", "/no/such/library.db"}, "/no/such/library.db"},
        {{"verify", "--library", "/etc/passwd"}, "/etc/passwd"},
        {{"remove", "x.mp4", "--library", "/no/such/library.db"}, "/no/such/library.db"},
        {{"sheet", "/no/such/video.mp4", "-o", "/tmp/never.png"},
         "neither a file nor a video in the library"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = program_run(cases[i].words, NULL);
        const char *newline = strchr(result.errors, '\n');
        if (result.status != 1 || result.output_bytes != 0 || strstr(result.errors, cases[i].part) == NULL ||
            strncmp(result.errors, "reelvec: ", 9) != 0 || newline == NULL || newline[1] != '\0')
            fail_msg("%s %s: status %d: %s", cases[i].words[0], cases[i].words[1], result.status,
                     result.errors);
        run_clear(&result);
    }
}

static void program_lists_the_known_models(void **state)
{
    (void)state;
    static const char first_lines[] =
        "name,dimensions,image_size,languages,size,checked,fetched,known,repository,url,"
        "sha256,size_bytes,path,revision,size_about_bytes,disk_bytes,licence,licence_note,coco,coco_cn,msrvtt,"
        "imagenet,accuracy_source,msrvtt_source\r\n"
        "ViT-B/32,512,224,English,609 MB,SHA-256,false,true,openai/clip-vit-base-patch32,";
    const char *words[] = {"model", "list", "--format", "csv", NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.errors, "");
    assert_int_equal(strncmp(result.output, first_lines, strlen(first_lines)), 0);
    assert_non_null(strstr(result.output, "\r\nViT-B/32-DataComp,512,224,English,?,not pinned,false,true,"));
    run_clear(&result);
}

static void program_doctor_works_on_an_empty_machine(void **state)
{
    (void)state;
    const char *words[] = {"doctor", NULL};
    RunResult result = program_run(words, NULL);
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.output, "reelvec     " REELVEC_TEST_VERSION "\n"));
    assert_non_null(strstr(result.output, "library.db: not there yet"));
    run_clear(&result);
}

static void program_reports_a_full_disk(void **state)
{
    (void)state;
    const char *program = getenv("REELVEC_PROGRAM");
    char command[600];
    snprintf(command, sizeof command, "'%s' --help > /dev/full", program);
    const char *words[] = {"/bin/sh", "-c", command, NULL};
    RunResult result = run_program(words, NULL);
    assert_int_equal(result.status, 1);
    assert_string_equal(result.errors, "reelvec: standard output: No space left on device\n");
    run_clear(&result);
}

static void program_ends_quietly_on_a_broken_pipe(void **state)
{
    (void)state;
    const char *program = getenv("REELVEC_PROGRAM");
    char command[600];
    snprintf(command, sizeof command, "{ sleep 0.2; '%s' --help; echo $? >&2; } | true", program);
    const char *words[] = {"/bin/sh", "-c", command, NULL};
    RunResult result = run_program(words, NULL);
    assert_string_equal(result.errors, "141\n");
    run_clear(&result);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(program_help_names_every_command),
        CASE(program_help_of_each_command_is_complete),
        CASE(names_without_a_known_ending_are_refused),
        CASE(program_refuses_wrong_usage),
        CASE(program_without_arguments_shows_help_as_an_error),
        CASE(program_prints_its_version),
        CASE(options_may_stand_in_front_of_the_command),
        CASE(program_help_of_a_group),
        CASE(program_says_what_is_missing),
        CASE(program_lists_the_known_models),
        CASE(program_doctor_works_on_an_empty_machine),
        CASE(program_reports_a_full_disk),
        CASE(program_ends_quietly_on_a_broken_pipe),
    };
    return cmocka_run_group_tests_name("cli/usage", tests, NULL, NULL);
}
