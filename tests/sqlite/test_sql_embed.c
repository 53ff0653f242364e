/* SPDX-License-Identifier: MIT */
/* Tests of apps/sqlite/sql_embed.c and of the loadable extension: which model, when it is refused, and that
 * the embeddings are the encoder's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clips.h"
#include "known_checkpoint.h"
#include "reelvec/encoder.h"
#include "sql_functions.h"

#define MODEL "tiny-bytes"
#define OTHER_MODEL "tiny-f16-bytes"

typedef struct Fixture {
    sqlite3 *db;
    char model[1024], other[1024], sha256[65];
    RvEncoder *encoder;
    float expected[4096]; // of "a red car"
} Fixture;

static int set_up(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    RvError err = {0};
    const char *sha256 = NULL;
    assert_non_null(fixture);
    assert_true(known_checkpoint_ensure(MODEL, fixture->model, sizeof fixture->model));
    assert_true(known_checkpoint_ensure(OTHER_MODEL, fixture->other, sizeof fixture->other));
    if (rv_encoder_open(fixture->model, NULL, &fixture->encoder, &err) != RV_OK ||
        rv_encoder_weights_sha256(fixture->encoder, &sha256, &err) != RV_OK ||
        rv_encoder_encode_text(fixture->encoder, "a red car", 9, RV_LENGTH_ONE, fixture->expected, &err) !=
            RV_OK)
        fail_msg("%s", err.message);
    strcpy(fixture->sha256, sha256);
    assert_int_equal(sqlite3_open(":memory:", &fixture->db), SQLITE_OK);
    setenv("REELVEC_MODEL", fixture->model, 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    assert_int_equal(sqlite3_close(fixture->db), SQLITE_OK);
    rv_encoder_close(fixture->encoder);
    free(fixture);
    unsetenv("REELVEC_MODEL");
    return 0;
}

static void load(Fixture *fixture, const SqlFunctionOptions *options)
{
    assert_int_equal(sql_functions_register(fixture->db, options), SQLITE_OK);
}

/* The row that a library has of its model. */
static void make_library(Fixture *fixture, const char *name, const char *sha256)
{
    char *sql =
        sqlite3_mprintf("CREATE TABLE library (id INTEGER, kind TEXT, model_name TEXT, weights_sha256 TEXT);"
                        "INSERT INTO library VALUES (1, 'frames', %Q, %Q)",
                        name, sha256);
    assert_int_equal(sqlite3_exec(fixture->db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
}

static sqlite3_stmt *step(Fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(fixture->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(fixture->db));
    return statement;
}

static void assert_fails(Fixture *fixture, const char *sql, const char *words)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(fixture->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code != SQLITE_ERROR || strstr(sqlite3_errmsg(fixture->db), words) == NULL)
        fail_msg("%s: %s\n wanted: %s", sql, sqlite3_errmsg(fixture->db), words);
    sqlite3_finalize(statement);
}

static void assert_gives_red_car(Fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement = step(fixture, sql);
    size_t size_bytes = (size_t)rv_encoder_info(fixture->encoder)->dimensions * sizeof(float);
    assert_int_equal(sqlite3_column_bytes(statement, 0), size_bytes);
    assert_memory_equal(sqlite3_column_blob(statement, 0), fixture->expected, size_bytes);
    sqlite3_finalize(statement);
}

static void embed_text_gives_what_the_encoder_gives(void **state)
{
    Fixture *fixture = *state;
    load(fixture, NULL);
    make_library(fixture, "a name", fixture->sha256);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
    assert_gives_red_car(fixture, "SELECT embed_text('a red' || ' car')");
    // More texts than are remembered, then the first again.
    for (int i = 0; i < 20; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT embed_text('text %d')", i);
        sqlite3_finalize(step(fixture, sql));
    }
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
}

static void embed_image_gives_what_the_encoder_gives(void **state)
{
    Fixture *fixture = *state;
    char path[1100];
    RvPicture *picture = NULL;
    RvError err = {0};
    if (!clip_path("cover.png", path, sizeof path))
        skip();
    load(fixture, NULL);
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size_bytes = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(rv_picture_decode(bytes, size_bytes, NULL, &picture, &err), RV_OK);
    RvImage image = rv_picture_image(picture);
    assert_int_equal(
        rv_encoder_encode_images(fixture->encoder, &image, 1, RV_LENGTH_ONE, fixture->expected, &err), RV_OK);
    rv_picture_destroy(picture);
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(fixture->db, "SELECT embed_image(?1)", -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_blob(statement, 1, bytes, (int)size_bytes, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_memory_equal(sqlite3_column_blob(statement, 0), fixture->expected,
                        (size_t)sqlite3_column_bytes(statement, 0));
    sqlite3_finalize(statement);
}

static void embed_refuses_what_it_cannot_embed(void **state)
{
    static const struct {
        const char *sql, *words, *why;
    } cases[] = {
        {"SELECT embed_text('')", "embed_text: the text is empty", "nothing to look for"},
        {"SELECT embed_text('  ')", "embed_text: the text is empty", "spaces"},
        {"SELECT embed_text(7)", "embed_text: the argument must be text", "a number"},
        {"SELECT embed_text(x'61')", "embed_text: the argument must be text", "a blob"},
        {"SELECT embed_image('photo.png')", "embed_image: the argument must be the bytes of a picture",
         "a path"},
        {"SELECT embed_image(x'')", "embed_image: the argument must be the bytes of a picture", "no bytes"},
        {"SELECT embed_image(x'0102')", "embed_image: picture: not a picture", "other bytes"},
    };
    Fixture *fixture = *state;
    load(fixture, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fails(fixture, cases[i].sql, cases[i].words);
    sqlite3_stmt *statement = step(fixture, "SELECT embed_text(NULL) IS NULL AND embed_image(NULL) IS NULL");
    assert_int_equal(sqlite3_column_int(statement, 0), 1);
    sqlite3_finalize(statement);
}

static void embed_refuses_another_model_than_the_librarys(void **state)
{
    Fixture *fixture = *state;
    setenv("REELVEC_MODEL", fixture->other, 1);
    load(fixture, NULL);
    make_library(fixture, "tiny", fixture->sha256);
    assert_fails(fixture, "SELECT embed_text('a')",
                 "embed_text: the library holds embeddings of tiny (weights ");
    assert_fails(fixture, "SELECT embed_text('a')", "set REELVEC_MODEL to the model that made the library");
    // A text that was embedded while there was no library must not slip through.
    assert_int_equal(sqlite3_exec(fixture->db, "ALTER TABLE library RENAME TO hidden", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_finalize(step(fixture, "SELECT embed_text('a')"));
    assert_int_equal(sqlite3_exec(fixture->db, "ALTER TABLE hidden RENAME TO library", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_fails(fixture, "SELECT embed_text('a')", "the library holds embeddings of tiny");
}

static void embed_takes_the_model_that_was_asked_for(void **state)
{
    Fixture *fixture = *state;
    SqlFunctionOptions options = {.model = fixture->model, .thread_count = 1};
    setenv("REELVEC_MODEL", "/no/such/model", 1);
    load(fixture, &options);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
}

static void embed_says_what_is_missing(void **state)
{
    Fixture *fixture = *state;
    load(fixture, NULL);
    setenv("REELVEC_MODEL", "/no/such/model", 1);
    assert_fails(fixture, "SELECT embed_text('a')", "/no/such/model");
    // The library's own name is looked up among the models of the models folder only, never as a path.
    unsetenv("REELVEC_MODEL");
    make_library(fixture, fixture->model, fixture->sha256);
    assert_fails(fixture, "SELECT embed_text('a')", "; set REELVEC_MODEL to its checkpoint");
    setenv("REELVEC_MODEL", fixture->model, 1);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
}

/* Where the library says that its model lay, if the weights there are the library's. */
static void embed_finds_the_librarys_model_at_its_place(void **state)
{
    static const char place[] = "CREATE TABLE library_notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
                                "INSERT INTO library_notes VALUES ('model_path', %Q)";
    Fixture *fixture = *state;
    unsetenv("REELVEC_MODEL");
    load(fixture, NULL);
    make_library(fixture, "tiny", fixture->sha256);
    char *sql = sqlite3_mprintf(place, fixture->other);
    assert_int_equal(sqlite3_exec(fixture->db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    assert_fails(fixture, "SELECT embed_text('a')", "the library was made with the model tiny");
    sql = sqlite3_mprintf("UPDATE library_notes SET value = %Q", fixture->model);
    assert_int_equal(sqlite3_exec(fixture->db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
}

/* Write what the library remembers of its model besides the weights. */
static void set_use(Fixture *fixture, int version, const char *details)
{
    char *sql = sqlite3_mprintf("UPDATE library SET preprocess_version = %d;"
                                "DELETE FROM library_notes WHERE name = 'model';"
                                "INSERT INTO library_notes SELECT 'model', %Q WHERE %Q != ''",
                                version, details, details);
    assert_int_equal(sqlite3_exec(fixture->db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
}

/* The same weights, resized in another way or with another tokenizer: refused as in a search. */
static void embed_refuses_another_use_of_the_weights(void **state)
{
    static const struct {
        int version;
        const char *details, *refused; // NULL: it is not
        const char *why;
    } cases[] = {
        {1, "", NULL, "a plain CLIP"},
        {1, "preprocessing=squash bilinear", NULL, "what is left of an earlier model"},
        {1010, "family=clip; preprocessing=shortest bilinear; tokenizer=clip",
         "embed_text: the library: holds embeddings of tiny with preprocessing shortest bilinear, the model ",
         "the filter"},
        {1010, "family=clip; preprocessing=shortest bilinear; tokenizer=clip",
         " but preprocessing shortest bicubic; set REELVEC_MODEL to the model that made the library",
         "its end"},
        {1010, "family=clip; preprocessing=shortest bicubic; tokenizer=gemma lower",
         "with tokenizer gemma lower, the model ", "the tokenizer"},
        {1111, "", "was made with preprocessing 1111, this reelvec has 1", "a note that was lost"},
    };
    Fixture *fixture = *state;
    load(fixture, NULL);
    make_library(fixture, "tiny", fixture->sha256);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')"); // the columns are not there yet
    assert_int_equal(sqlite3_exec(fixture->db,
                                  "ALTER TABLE library ADD COLUMN preprocess_version INTEGER;"
                                  "CREATE TABLE library_notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].why);
        set_use(fixture, cases[i].version, cases[i].details);
        if (cases[i].refused != NULL)
            assert_fails(fixture, "SELECT embed_text('a red car')", cases[i].refused);
        else
            assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
    }
    set_use(fixture, 1, "");
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
}

static void embed_ignores_a_foreign_library_table(void **state)
{
    Fixture *fixture = *state;
    load(fixture, NULL);
    assert_int_equal(sqlite3_exec(fixture->db, "CREATE TABLE library (book TEXT)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
}

static void extension_loads_into_a_connection(void **state)
{
    Fixture *fixture = *state;
    char *message = NULL;
    const char *extension = getenv("REELVEC_SQLITE_EXTENSION");
    assert_non_null(extension);
    sqlite3_db_config(fixture->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
    if (sqlite3_load_extension(fixture->db, extension, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    make_library(fixture, "tiny", fixture->sha256);
    assert_gives_red_car(fixture, "SELECT embed_text('a red car')");
    sqlite3_stmt *statement = step(fixture, "SELECT dot_product(embed_text('a'), embed_text('a'))");
    assert_true(sqlite3_column_double(statement, 0) > 0.99999 &&
                sqlite3_column_double(statement, 0) < 1.00001);
    sqlite3_finalize(statement);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(embed_text_gives_what_the_encoder_gives),
        CASE(embed_image_gives_what_the_encoder_gives),
        CASE(embed_refuses_what_it_cannot_embed),
        CASE(embed_refuses_another_model_than_the_librarys),
        CASE(embed_takes_the_model_that_was_asked_for),
        CASE(embed_says_what_is_missing),
        CASE(embed_finds_the_librarys_model_at_its_place),
        CASE(embed_refuses_another_use_of_the_weights),
        CASE(embed_ignores_a_foreign_library_table),
        CASE(extension_loads_into_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
