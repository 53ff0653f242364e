/* SPDX-License-Identifier: MIT */
/* Migrations over a database that is a list of tables: every call fails once, with and without transactions.
 */
#include "store/sql/sql_migrate.h"
#include "store_support.h"

#define TABLES_MAX 8

static const SchemaStep steps[] = {
    {1, "library", "library"},   {1, "", "settings"},
    {2, "notes", "notes"},       {2, "notes_by_name", "notes_by_name"},
    {3, "library", "library 3"}, {0, NULL, NULL},
};

typedef struct FakeDatabase {
    Store base; // first
    int version;
    const char *tables[TABLES_MAX];
    size_t table_count;
    // What a rollback brings back.
    int version_before;
    size_t table_count_before;
    int calls, fail_at; // fail_at 0: none fails
    RvStatus failure;
    char log[200];
} FakeDatabase;

static RvStatus next_call(FakeDatabase *database, char name)
{
    size_t length = strlen(database->log);
    assert_true(length + 1 < sizeof database->log);
    database->log[length] = name;
    return ++database->calls == database->fail_at ? database->failure : RV_OK;
}

static RvStatus begin(Store *store, RvError *err)
{
    FakeDatabase *database = (FakeDatabase *)store;
    (void)err;
    database->version_before = database->version;
    database->table_count_before = database->table_count;
    return next_call(database, 'b');
}

static RvStatus look(Store *store, RvError *err)
{
    FakeDatabase *database = (FakeDatabase *)store;
    (void)err;
    store->schema_version = database->version;
    return next_call(database, 'l');
}

/* Also a step that fails may have been carried out. */
static RvStatus execute(Store *store, const char *sql, RvError *err)
{
    FakeDatabase *database = (FakeDatabase *)store;
    bool there = false;
    (void)err;
    for (size_t i = 0; i < database->table_count; i++)
        there = there || strcmp(database->tables[i], sql) == 0;
    if (!there)
        database->tables[database->table_count++] = sql;
    return next_call(database, 'x');
}

static RvStatus record(Store *store, int from, int to, RvError *err)
{
    FakeDatabase *database = (FakeDatabase *)store;
    (void)err;
    assert_int_equal(from, database->version);
    RvStatus status = next_call(database, (char)('0' + to));
    if (status == RV_OK)
        database->version = to;
    return status;
}

static RvStatus end(Store *store, RvStatus status, RvError *err)
{
    FakeDatabase *database = (FakeDatabase *)store;
    (void)err;
    RvStatus ended = next_call(database, status == RV_OK ? 'c' : 'r');
    status = status == RV_OK ? ended : status;
    if (status != RV_OK) {
        database->version = database->version_before;
        database->table_count = database->table_count_before;
    }
    return status;
}

static bool is_forbidden(const Store *store)
{
    return ((const FakeDatabase *)store)->failure == RV_ERROR_IO;
}

static const SqlMigrations with_transactions = {steps, begin, look, end, execute, record, is_forbidden},
                           without = {steps, NULL, NULL, NULL, execute, record, is_forbidden};

static void calls_come_in_order(void **state)
{
    static const struct {
        const SqlMigrations *migrations;
        int from;
        const char *log, *why;
    } cases[] = {
        {&with_transactions, 0, "blxxxxx3c", "a new library"},
        {&with_transactions, 1, "blxxx3c", "version 1"},
        {&with_transactions, 2, "blx3c", "version 2"},
        {&with_transactions, 3, "", "nothing to do"},
        {&without, 0, "xx1xx2x3", "a new library, each version by itself"},
        {&without, 1, "xx2x3", "version 1, each by itself"},
        {&without, 3, "", "nothing to do"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FakeDatabase database = {.version = cases[i].from, .base.schema_version = cases[i].from};
        assert_ok(rv_sql_upgrade(&database.base, cases[i].migrations, err));
        if (strcmp(database.log, cases[i].log) != 0)
            fail_msg("%s: %s instead of %s", cases[i].why, database.log, cases[i].log);
        assert_int_equal(database.base.schema_version, 3);
        assert_int_equal(database.version, 3);
    }
}

static void what_another_process_did_is_left(void **state)
{
    (void)state;
    FakeDatabase database = {.version = 3, .base.schema_version = 1};
    assert_ok(rv_sql_upgrade(&database.base, &with_transactions, err));
    assert_string_equal(database.log, "blc");
    assert_int_equal(database.base.schema_version, 3);
}

/* Whichever call fails, or is the last of a process, the next upgrade ends with all tables, each once. */
static void after_any_failure_the_next_one_completes(void **state)
{
    (void)state;
    for (int transactions = 0; transactions < 2; transactions++) {
        const SqlMigrations *migrations = transactions ? &with_transactions : &without;
        for (int from = 0; from < 3; from++) {
            RvStatus status = RV_ERROR_NETWORK;
            for (int fail_at = 1; status != RV_OK; fail_at++) {
                FakeDatabase database = {.version = from,
                                         .base.schema_version = from,
                                         .fail_at = fail_at,
                                         .failure = RV_ERROR_NETWORK};
                for (size_t i = 0; steps[i].version != 0 && steps[i].version <= from; i++)
                    database.tables[database.table_count++] = steps[i].sql;
                status = rv_sql_migrate(&database.base, migrations, NULL);
                assert_int_equal(database.base.schema_version, database.version);
                assert_true(status == RV_OK || !transactions || database.version == from);
                database.failure = RV_OK;
                assert_ok(rv_sql_migrate(&database.base, migrations, err));
                assert_int_equal(database.version, 3);
                assert_int_equal(database.table_count, 5);
            }
        }
    }
}

static void a_user_without_the_right_leaves_the_library_as_it_is(void **state)
{
    (void)state;
    for (int transactions = 0; transactions < 2; transactions++) {
        FakeDatabase database = {.version = 1, .base.schema_version = 1, .failure = RV_ERROR_IO};
        database.fail_at = transactions ? 3 : 1; // the first step
        assert_ok(rv_sql_upgrade(&database.base, transactions ? &with_transactions : &without, err));
        assert_int_equal(database.base.schema_version, 1);
        assert_int_equal(database.version, 1);
    }
}

static void statements_are_found_by_the_name_of_what_they_make(void **state)
{
    (void)state;
    assert_int_equal(rv_schema_newest(steps), 3);
    assert_string_equal(rv_schema_statement(steps, "notes"), "notes");
    assert_string_equal(rv_schema_statement(steps, "library"), "library 3"); // the newest
    assert_null(rv_schema_statement(steps, "nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_come_in_order),
        cmocka_unit_test(what_another_process_did_is_left),
        cmocka_unit_test(after_any_failure_the_next_one_completes),
        cmocka_unit_test(a_user_without_the_right_leaves_the_library_as_it_is),
        cmocka_unit_test(statements_are_found_by_the_name_of_what_they_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
