/* SPDX-License-Identifier: MIT */
/* Whole runs of `reelvec sql`, `export`, `import` and `index --shard` on a generated model and clips. */
#include "program_run.h"

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(&(ProgramNeeds){.name = "data",
                                          .clips = {"gop50_closed.mp4", "plain.mp4", "cover.png", "cut.mp4"},
                                          .indexed = 2,
                                          .library = true});
}

static void sql_prints_every_format(void **state)
{
    static const struct {
        const char *format, *blobs, *sql, *expected, *why;
    } cases[] = {
        {"table", "size", "SELECT 1 AS a, 'x' AS word, 0.5 AS r UNION SELECT 22, 'yy', NULL",
         " a  word    r\n 1  x     0.5\n22  yy\n", "numbers to the right, NULL empty"},
        {"csv", "size", "SELECT 1 AS a, 'x,\"y\"' AS b, NULL AS c, x'0aff' AS d",
         "a,b,c,d\r\n1,\"x,\"\"y\"\"\",,<2 bytes>\r\n", "quotes"},
        {"json", "size", "SELECT 1 AS a, 'x' AS b, NULL AS c, 0.1 AS d, x'0aff' AS e",
         "{\"a\": 1, \"b\": \"x\", \"c\": null, \"d\": 0.1, \"e\": \"<2 bytes>\"}\n", "types are kept"},
        {"json", "hex", "SELECT x'0aff' AS e, x'' AS f", "{\"e\": \"0aff\", \"f\": \"\"}\n",
         "blobs as digits"},
        {"csv", "size", "SELECT 1 AS a; ; SELECT 2 AS b -- the end", "a\r\n1\r\nb\r\n2\r\n",
         "two statements"},
        {"csv", "size", "SELECT count(*) AS n FROM frames_with_pictures WHERE frame_data IS NOT NULL",
         "n\r\n16\r\n", "views work"},
        {"csv", "size", "SELECT 1 AS a WHERE 0", "a\r\n", "no rows"},
        {"csv", "size", "SELECT readfile('/dev/null') AS a, readfile('/no/such') AS b",
         "a,b\r\n<0 bytes>,\r\n", "files"},
        {"table", "size", "SELECT char(27) || 'c' AS a", "a\n?c\n", "a terminal is safe"},
    };
    (void)state;
    program_need_clips();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = RUN("sql", "--format", cases[i].format, "--blobs", cases[i].blobs, cases[i].sql);
        assert_status(&result, 0);
        if (strcmp(result.output, cases[i].expected) != 0)
            fail_msg("%s (%s):\n%s", cases[i].sql, cases[i].why, result.output);
        run_clear(&result);
    }
}

/* The frames that dot_product finds are those of `reelvec search`, in their order. */
static void sql_ranks_as_search_does(void **state)
{
    (void)state;
    program_need_clips();
    RunResult sql = RUN("sql", "--format", "csv",
                        "SELECT frame_number, path FROM frames JOIN videos USING (video_id) ORDER BY "
                        "dot_product(embedding_data, embed_text('a red car')) DESC LIMIT 5");
    RunResult search = RUN("search", "a red car", "--format", "csv");
    assert_status(&sql, 0);
    assert_status(&search, 0);
    char *line = strtok(sql.output, "\r\n");
    assert_string_equal(line, "frame_number,path");
    size_t count = 0;
    const char *at = search.output;
    while ((line = strtok(NULL, "\r\n")) != NULL) {
        char expected[1300], number[32];
        const char *comma = strchr(line, ',');
        snprintf(number, sizeof number, "%.*s", (int)(comma - line), line);
        snprintf(expected, sizeof expected, "%s", comma + 1);
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
        char row[2000];
        snprintf(row, sizeof row, "%.*s", (int)strcspn(at, "\r\n"), at);
        assert_holds(row, expected);
        char wanted[40];
        snprintf(wanted, sizeof wanted, ",%s,", number);
        assert_holds(row, wanted);
        count++;
    }
    assert_int_equal(count, 5);
    run_clear(&sql);
    run_clear(&search);
}

static void sql_embeds_a_picture_file(void **state)
{
    (void)state;
    program_need_clips();
    char sql[1400];
    snprintf(sql, sizeof sql, "SELECT vector_length(embed_image(readfile('%s'))) > 0 AS good",
             fixture.clips[2]);
    RunResult result = RUN("sql", "--format", "csv", sql);
    assert_status(&result, 0);
    assert_string_equal(result.output, "good\r\n1\r\n");
    run_clear(&result);
}

static void sql_changes_nothing_without_write(void **state)
{
    static const char *const statements[] = {
        "DELETE FROM frames",
        "CREATE TABLE x (a)",
        "VACUUM INTO 'copy.db'",
        "PRAGMA user_version = 99",
        "UPDATE videos SET path = ''",
        "BEGIN; DROP TABLE frames",
        "VACUUM",
        "CREATE TEMP TABLE t AS SELECT * FROM frames; DELETE FROM frames",
        "CREATE TEMP TABLE t (a); CREATE INDEX main.i ON frames (time)",
        "CREATE TEMP TABLE t (a); VACUUM INTO 'copy.db'",
        "ATTACH 'library.db' AS o; DELETE FROM o.frames",
        "ATTACH 'library.db' AS o; CREATE TABLE o.t (a)",
        "ATTACH ':memory:' AS o; CREATE TABLE o.t (a)",
        "CREATE TEMP TABLE t (a); ALTER TABLE frames ADD COLUMN a",
    };
    (void)state;
    program_need_clips();
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        RunResult result = RUN("sql", statements[i]);
        assert_status(&result, 1);
        assert_holds(result.errors, "add --write to allow it");
        run_clear(&result);
    }
    char copy[400];
    snprintf(copy, sizeof copy, "%s/copy.db", fixture.folder);
    assert_int_not_equal(access(copy, F_OK), 0);
    RunResult result = RUN("sql", "--format", "csv", "SELECT count(*) AS n FROM frames");
    assert_string_equal(result.output, "n\r\n16\r\n");
    run_clear(&result);
}

/* What is explained does not run. A PRAGMA that is asked for is not one that is set. */
static void sql_explains_and_tells_without_write(void **state)
{
    static const char *const statements[] = {
        "EXPLAIN DELETE FROM frames",
        "EXPLAIN QUERY PLAN DELETE FROM videos WHERE state = 'failed'",
        "EXPLAIN INSERT INTO library_notes SELECT * FROM library_notes",
        "EXPLAIN DROP TABLE frames",
        "EXPLAIN VACUUM",
        "EXPLAIN VACUUM INTO 'copy.db'",
        "EXPLAIN PRAGMA user_version = 99",
        "EXPLAIN PRAGMA journal_mode = wal",
        "PRAGMA table_info(frames)",
        "PRAGMA index_list(frames)",
        "PRAGMA foreign_key_list(frames)",
        "PRAGMA user_version",
        "PRAGMA integrity_check",
        "PRAGMA journal_mode",
        "PRAGMA main.Journal_Mode",
        "SELECT name FROM pragma_table_info('frames')",
    };
    static const struct {
        const char *sql, *words;
    } refused[] = {
        {"PRAGMA journal_mode = wal", "sql: this statement changes the library, or may; add --write"},
        {"PRAGMA journal_mode(wal)", "sql: this statement changes the library, or may; add --write"},
        {"PRAGMA journal_mode; PRAGMA wal_checkpoint",
         "sql: this statement changes the library, or may; add --write"},
        {"PRAGMA incremental_vacuum", "sql: this statement changes the library, or may; add --write"},
        {"PRAGMA journal_mode; DELETE FROM frames",
         "sql: this statement changes the library, or may; add --write"},
        {"EXPLAIN VACUUM; VACUUM INTO 'copy.db'",
         "sql: this statement changes the library or writes another file, or may"},
        {"ATTACH ':memory:' AS o; CREATE TABLE o.t (a)",
         "sql: this statement changes the attached database 'o', or may"},
        {"ATTACH 'library.db' AS o; DELETE FROM o.frames",
         "sql: this statement changes the attached database 'o', or may"},
        {"ATTACH 'library.db' AS o; INSERT INTO main.library_notes SELECT * FROM o.library_notes",
         "sql: this statement changes the library, or may; add --write"},
        {"ATTACH 'file:library.db?vfs=unix-excl' AS o; SELECT count(*) FROM o.videos",
         "no such vfs: unix-excl"},
        {"ATTACH 'file:library.db?vfs=unix-dotfile' AS o", "no such vfs: unix-dotfile"},
        {"ATTACH 'new.db' AS o", "unable to open database: new.db"},
    };
    (void)state;
    program_need_clips();
    program_shell("cp library.db before.db");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        RunResult result = RUN("sql", statements[i]);
        assert_status(&result, 0);
        run_clear(&result);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        RunResult result = RUN("sql", refused[i].sql);
        assert_status(&result, 1);
        assert_holds(result.errors, refused[i].words);
        run_clear(&result);
    }
    program_shell(
        "test ! -e copy.db && test ! -e new.db && test ! -e library.db-shm && cmp library.db before.db && rm before.db");
}

/* They are no part of the library. */
static void sql_takes_temporary_tables(void **state)
{
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"CREATE TEMP TABLE t AS SELECT frame_number AS n FROM frames; SELECT count(*) FROM t",
         "count(*)\r\n16\r\n"},
        {"CREATE TEMPORARY TABLE t (a); INSERT INTO t VALUES (1), (2); UPDATE t SET a = a + 1; "
         "DELETE FROM t WHERE a > 2; SELECT a FROM t; DROP TABLE t",
         "a\r\n2\r\n"},
        {"CREATE TABLE temp.frames (a); SELECT count(*) FROM frames",
         "count(*)\r\n0\r\n"}, // it hides the other
        {"CREATE TEMP TABLE t (a); CREATE INDEX temp.i ON t (a); REINDEX temp.i; ANALYZE temp.t; "
         "ALTER TABLE t ADD COLUMN b; ALTER TABLE t RENAME TO u; SELECT b FROM u",
         "b\r\n"},
        {"CREATE TEMP VIEW v AS SELECT max(frame_number) AS m FROM frames; SELECT m > 0 AS some FROM v; DROP VIEW v",
         "some\r\n1\r\n"},
        {"BEGIN; CREATE TEMP TABLE t (a); COMMIT; SELECT a FROM t", "a\r\n"},
        {"ATTACH 'library.db' AS o; CREATE TEMP TABLE t AS SELECT * FROM o.frames; SELECT count(*) FROM t",
         "count(*)\r\n16\r\n"},
    };
    (void)state;
    program_need_clips();
    program_shell("cp library.db before.db");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = RUN("sql", "--format", "csv", cases[i].sql);
        assert_status(&result, 0);
        assert_string_equal(result.output, cases[i].expected);
        run_clear(&result);
    }
    // Triggers do not run here, so a temporary one does nothing to the library either.
    RunResult result = RUN(
        "sql", "CREATE TEMP TABLE t (a); CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM frames; "
               "END; INSERT INTO t VALUES (1); SELECT count(*) FROM frames");
    assert_status(&result, 0);
    assert_string_equal(result.errors, "");
    run_clear(&result);
    result = RUN("sql", "CREATE TEMP TRIGGER g AFTER INSERT ON frames BEGIN SELECT 1; END");
    assert_status(&result, 1);
    assert_holds(result.errors, "changes the library, or may; add --write to allow it");
    run_clear(&result);
    program_shell("cmp library.db before.db && rm before.db");
}

static void sql_keeps_columns_of_the_same_name(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("sql", "--format", "json", "SELECT 1 AS a, 2 AS a, 3 AS a, 4 AS a_2, 5 AS 'b'");
    assert_status(&result, 0);
    assert_string_equal(result.output, "{\"a\": 1, \"a_2\": 2, \"a_3\": 3, \"a_2_2\": 4, \"b\": 5}\n");
    run_clear(&result);
}

static void sql_writes_when_asked(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("export", "--to", "writable.db", "--quiet");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("sql", "--library", "writable.db", "--write", "--format", "csv",
                 "DELETE FROM videos WHERE path LIKE '%plain.mp4'; SELECT count(*) AS n FROM frames");
    assert_status(&result, 0);
    assert_string_equal(result.output, "n\r\n12\r\n"); // its frames went with it
    run_clear(&result);
    result = RUN("sql", "--library", "writable.db", "--write", "BEGIN; DELETE FROM videos");
    assert_status(&result, 1);
    assert_string_equal(result.errors,
                        "reelvec: sql: the transaction was not committed; its changes are undone\n");
    run_clear(&result);
    result = RUN("verify", "--library", "writable.db");
    assert_status(&result, 0);
    run_clear(&result);
}

static void sql_says_what_is_wrong(void **state)
{
    static const struct {
        const char *library, *sql;
        int status;
        const char *words;
    } cases[] = {
        {NULL, "SELECT nope", 1, "library.db: no such column: nope"},
        {NULL, "SELECT", 1, "library.db: incomplete input"},
        {"none.db", "SELECT 1", 1, "none.db: no library here"},
        {"postgresql://host/db", "SELECT 1", 1, "ask a server with its own client"},
        {"memory:", "SELECT 1", 1, "`reelvec sql` reads library files"},
        {NULL, "SELECT load_extension('x')", 1, "not authorized"},
        {NULL, "SELECT embed_text('')", 1, "embed_text: the text is empty"},
    };
    (void)state;
    program_need_clips();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = RUN("sql", cases[i].sql, "--library",
                               cases[i].library != NULL ? cases[i].library : fixture.library);
        assert_status(&result, cases[i].status);
        assert_holds(result.errors, cases[i].words);
        run_clear(&result);
    }
    RunResult result = RUN("sql", "SELECT embed_text('a')", "--model", fixture.other_model);
    assert_status(&result, 1);
    assert_holds(result.errors, "the library holds embeddings of");
    run_clear(&result);
}

static void sql_reads_a_script_and_can_be_interrupted(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = program_run((const char *const[]){"sql", "-f", "csv", "-", NULL},
                                   &(RunOptions){.input = "SELECT 1 AS a;\nSELECT 2 AS b;\n"});
    assert_status(&result, 0);
    assert_string_equal(result.output, "a\r\n1\r\nb\r\n2\r\n");
    run_clear(&result);
    const char *const words[] = {"sql", "-f", "csv",
                                 "SELECT 'begun' AS state; WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
                                 "SELECT x + 1 FROM c) SELECT count(*) FROM c",
                                 NULL};
    result = program_run(words, &(RunOptions){.interrupt_after = "begun"});
    assert_status(&result, 130);
    assert_string_equal(result.output, "state\r\nbegun\r\ncount(*)\r\n");
    assert_holds(result.errors, "interrupted");
    run_clear(&result);
}

static void export_and_import_join_libraries(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result = RUN("export", "--to", "one.db", "--video", "*plain.mp4");
    assert_status(&result, 0);
    assert_holds(result.output, "1 video copied with 4 frames, 0 there already, 0 left out\n");
    run_clear(&result);
    result = RUN("export", "--to", "two.db", "--video", "*gop50*");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("import", "one.db", "two.db", "none.db", "--library", "all.db");
    assert_status(&result, 3);
    assert_holds(result.output, "one.db: 1 video copied with 4 frames");
    assert_holds(result.output, "two.db: 1 video copied with 12 frames");
    assert_holds(result.errors, "none.db: no library here");
    run_clear(&result);
    result = RUN("import", "one.db", "two.db", "--library", "all.db");
    assert_status(&result, 0);
    assert_holds(result.output, "two.db: 0 videos copied with 0 frames, 1 there already, 0 left out\n");
    run_clear(&result);
    RunResult one = RUN("search", "a red car", "--format", "csv");
    RunResult all = RUN("search", "a red car", "--format", "csv", "--library", "all.db");
    assert_status(&all, 0);
    assert_string_equal(one.output, all.output);
    run_clear(&one);
    run_clear(&all);
    result = RUN("export", "--to", fixture.library);
    assert_status(&result, 2);
    assert_holds(result.errors, "onto itself");
    assert_null(strstr(result.errors, "begun")); // nothing has
    run_clear(&result);
    result = RUN("export", "--to", "never.db", "--video", "nothing*");
    assert_status(&result, 1);
    assert_holds(result.errors, "library.db: no video matches 'nothing*'; `reelvec list` shows their paths");
    assert_null(strstr(result.errors, "begun"));
    run_clear(&result);
    program_shell("test ! -e never.db");
}

static void import_refuses_another_models_library(void **state)
{
    (void)state;
    program_need_clips();
    RunResult result =
        RUN("index", fixture.other_clip, "--library", "other.db", "--model", fixture.other_model);
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("import", "other.db");
    assert_status(&result, 1);
    assert_holds(result.errors,
                 "; copy into another library, or embed the videos anew with `reelvec reembed --library FROM "
                 "--to TO --model /");
    assert_null(strstr(result.errors, "begun"));
    run_clear(&result);
}

static void export_writes_files_that_others_read(void **state)
{
    (void)state;
    program_need_clips();
    static const char check[] =
        "import numpy as np, csv, json, base64, sqlite3\n"
        "a = np.load('f.npy'); keys = list(csv.DictReader(open('f.csv')))\n"
        "b = list(csv.DictReader(open('j.csv'))); c = list(csv.DictReader(open('b.csv')))\n"
        "assert a.shape[0] == len(keys) == len(b) == len(c) == 16 and a.dtype == np.float32\n"
        "for row, key, j, k in zip(a, keys, b, c):\n"
        "    assert (row == np.array(json.loads(j['embedding']), np.float32)).all()\n"
        "    assert (row == np.frombuffer(base64.b64decode(k['embedding']), '<f4')).all()\n"
        "    assert all(key[n] == j[n] == k[n] for n in ('path', 'frame_number', 'time'))\n"
        "db = sqlite3.connect('library.db'); copy = sqlite3.connect(':memory:')\n"
        "copy.executescript(open('s.sql').read())\n"
        "for table in ('video_id, path, content_key, duration, frame_rate, width, height, codec, sampling, "
        "state, "
        "error FROM videos', 'video_id, frame_number, time, embedding_data FROM frames', 'video_id, "
        "frame_number, "
        "frame_data FROM frame_pictures'):\n"
        "    rows = db.execute('SELECT ' + table).fetchall()\n"
        "    assert rows and sorted(rows) == sorted(copy.execute('SELECT ' + table).fetchall()), table\n"
        "assert [(k['path'], int(k['frame_number'])) for k in keys] == db.execute('SELECT path, frame_number "
        "FROM "
        "frames JOIN videos USING (video_id) ORDER BY frame_id').fetchall()\n";
    const char *const runs[][9] = {{"export", "--format", "npy", "-o", "f.npy"},
                                   {"export", "--format", "csv", "-o", "j.csv"},
                                   {"export", "--format", "csv", "-o", "b.csv", "--embeddings", "base64"},
                                   {"export", "--format", "sql", "-o", "s.sql", "--pictures"}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        RunResult result = program_run(runs[i], NULL);
        assert_status(&result, 0);
        run_clear(&result);
    }
    const char *arguments[] = {"/usr/bin/python3", "-c", check, NULL};
    RunResult result = run_program(arguments, &(RunOptions){.folder = fixture.folder});
    assert_status(&result, 0);
    run_clear(&result);
}

static void export_quotes_for_each_dialect(void **state)
{
    static const struct {
        const char *dialect, *path, *hex;
    } cases[] = {{"sqlite", "'it''s a \\ back.mp4'", "X'"},
                 {"mysql", "'it''s a \\\\ back.mp4'", "X'"},
                 {"postgres", "'it''s a \\ back.mp4'", "'\\x"}};
    (void)state;
    program_need_clips();
    RunResult result = RUN("export", "--to", "quotes.db", "--video", "*plain.mp4", "-q");
    assert_status(&result, 0);
    run_clear(&result);
    result = RUN("sql", "--write", "-l", "quotes.db", "UPDATE videos SET path = 'it''s a \\ back.mp4'");
    assert_status(&result, 0);
    run_clear(&result);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        result = RUN("export", "--format", "sql", "--dialect", cases[i].dialect, "-l", "quotes.db", "-q");
        assert_status(&result, 0);
        assert_holds(result.output, cases[i].path);
        assert_holds(result.output, cases[i].hex);
        run_clear(&result);
    }
}

static void export_says_what_it_needs(void **state)
{
    static const struct {
        const char *words[6];
        const char *message;
    } cases[] = {
        {{"export"}, "needs either --to LIBRARY or --format"},
        {{"export", "--to", "x.db", "--format", "csv"}, "needs either --to LIBRARY or --format"},
        {{"export", "--format", "npy"}, "npy writes two files; add -o FILE.npy"},
        {{"export", "--to", "x.db", "-o", "y"}, "--to names the library"},
        {{"import"}, "needs LIBRARY..."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RunResult result = program_run(cases[i].words, NULL);
        assert_status(&result, 2);
        assert_holds(result.errors, cases[i].message);
        run_clear(&result);
    }
    program_need_clips();
    RunResult result = RUN("export", "--format", "csv", "-o", "/dev/full");
    assert_status(&result, 1);
    assert_holds(result.errors, "/dev/full: cannot");
    run_clear(&result);
}

/* Every video is in exactly one shard, whatever its name. */
static void index_splits_a_list_into_shards(void **state)
{
    (void)state;
    program_need_clips();
    size_t total = 0;
    for (int shard = 1; shard <= 3; shard++) {
        char part[16], library[32];
        snprintf(part, sizeof part, "%d/3", shard);
        snprintf(library, sizeof library, "shard-%d.db", shard);
        RunResult result = RUN("index", "--shard", part, "--library", library, "--every", "4", fixture.clip,
                               fixture.other_clip, "-q");
        assert_status(&result, 0);
        for (const char *at = result.output; (at = strchr(at, '\n')) != NULL; at++)
            total++;
        run_clear(&result);
        RunResult joined = RUN("import", library, "--library", "joined.db", "-q");
        assert_status(&joined, 0);
        run_clear(&joined);
    }
    assert_int_equal(total, 2);
    RunResult result = RUN("sql", "-l", "joined.db", "-f", "csv", "SELECT count(*) AS n FROM videos");
    assert_string_equal(result.output, "n\r\n2\r\n");
    run_clear(&result);
    static const char *const wrong[] = {"0/3", "4/3", "1/0", "1", "/", "1/3x", "-1/3", "1/100001"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        result = RUN("index", "--shard", wrong[i], fixture.clip);
        assert_status(&result, 2);
        assert_holds(result.errors, "--shard");
        run_clear(&result);
    }
}

static void damage_is_shown_where_people_look(void **state)
{
    (void)state;
    program_need_clips();
    const char *cut = fixture.clips[3];
    static const struct {
        const char *words[8];
        const char *output, *errors;
    } steps[] = {
        {{"index", "--library", "damaged.db"}, "(complete)", "cut short after"},
        {{"list", "--library", "damaged.db"}, "  damaged  interval:1", "cut.mp4: damaged after "},
        {{"list", "--library", "damaged.db", "--format", "json"}, "\"error\": \"damaged after ", ""},
        {{"list", "--library", "damaged.db", "--format", "csv"}, ",complete,interval:1,", ""},
        {{"info", "--library", "damaged.db"}, "1 (1 complete, 1 of them damaged, 0 failed)", ""},
        {{"info", "--library", "damaged.db", "--format", "json"}, "\"damaged\": 1", ""},
        {{"verify", "--library", "damaged.db"}, "", "cut.mp4: damaged after "},
        {{"export", "--library", "damaged.db", "--to", "damaged-too.db"}, "", ""},
        {{"list", "--library", "damaged-too.db", "--format", "csv"}, "; cut short after ", ""},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const char *words[PROGRAM_WORDS_MAX] = {0};
        size_t count = 0;
        for (; steps[i].words[count] != NULL; count++)
            words[count] = steps[i].words[count];
        if (strcmp(words[0], "index") == 0)
            words[count] = cut;
        RunResult result = program_run(words, NULL);
        assert_status(&result, 0);
        assert_holds(result.output, steps[i].output);
        assert_holds(result.errors, steps[i].errors);
        run_clear(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sql_prints_every_format),
        cmocka_unit_test(sql_ranks_as_search_does),
        cmocka_unit_test(sql_embeds_a_picture_file),
        cmocka_unit_test(sql_changes_nothing_without_write),
        cmocka_unit_test(sql_takes_temporary_tables),
        cmocka_unit_test(sql_explains_and_tells_without_write),
        cmocka_unit_test(sql_keeps_columns_of_the_same_name),
        cmocka_unit_test(sql_writes_when_asked),
        cmocka_unit_test(sql_says_what_is_wrong),
        cmocka_unit_test(sql_reads_a_script_and_can_be_interrupted),
        cmocka_unit_test(export_and_import_join_libraries),
        cmocka_unit_test(import_refuses_another_models_library),
        cmocka_unit_test(export_writes_files_that_others_read),
        cmocka_unit_test(export_quotes_for_each_dialect),
        cmocka_unit_test(export_says_what_it_needs),
        cmocka_unit_test(damage_is_shown_where_people_look),
        cmocka_unit_test(index_splits_a_list_into_shards),
    };
    return cmocka_run_group_tests(tests, set_up_group, program_tear_down);
}
