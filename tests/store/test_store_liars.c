/* SPDX-License-Identifier: MIT */
/* Servers that lie: whatever one of them answers to any statement, every call ends with a status, soon, and
 * with nothing read that is not there (run it with -Db_sanitize=address,undefined). Servers that want the
 * password do not get it. */
#include "store_support.h"

#include <signal.h>

#include "liar.h"
#include "store/store_backend.h"

typedef struct Kind {
    const char *scheme;
    const StoreBackend *backend; // NULL: not in this build
} Kind;

#ifdef REELVEC_WITH_POSTGRES
#define POSTGRES &store_postgres_backend
#else
#define POSTGRES NULL
#endif
#ifdef REELVEC_WITH_MYSQL
#define MARIADB &store_mariadb_backend
#define SINGLESTORE &store_singlestore_backend
#else
#define MARIADB NULL
#define SINGLESTORE NULL
#endif

static const Kind kinds[] = {{"postgresql", POSTGRES}, {"mariadb", MARIADB}, {"singlestore", SINGLESTORE}};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static void start(Liar *liar, const Kind *kind, const char *parameters, char *uri, size_t size_bytes)
{
    liar->postgres = kind == &kinds[0];
    liar_start(liar);
    snprintf(uri, size_bytes, "%s://me:s3cret@127.0.0.1:%d/db%s", kind->scheme, liar->server.port,
             parameters);
}

/* ---- a session that asks for everything --------------------------------------------------------------- */

#define SESSION_AFTER_LIE 10 // statements, after which nothing new is to be learned

typedef struct Outcome {
    Liar *liar;
    int failed;
    RvStatus status; // the first that was not RV_OK
    RvError error;
} Outcome;

static bool is_over(const Outcome *outcome)
{
    return outcome->liar->lie_at >= 0 &&
           atomic_load(&outcome->liar->asked) > outcome->liar->lie_at + SESSION_AFTER_LIE;
}

static void note(Outcome *outcome, RvStatus status, const RvError *err)
{
    if (status == RV_OK)
        return;
    for (const char *at = err->message; *at != '\0'; at++)
        assert_true((unsigned char)*at >= 0x20);
    assert_int_not_equal(err->message[0], '\0');
    assert_null(strstr(err->message, "s3cret"));
    if (outcome->failed++ == 0) {
        outcome->status = status;
        outcome->error = *err;
    }
}

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        RvError error_ = {0};                                                                                \
        RvError *err = &error_;                                                                              \
        if (!is_over(outcome))                                                                               \
            note(outcome, (call), err);                                                                      \
    } while (0)

static RvStatus take_frame(void *user, const FrameRow *row, RvError *err)
{
    unsigned char sum = 0;
    (void)err;
    for (size_t i = 0; row->fault == NULL && i < row->embedding_bytes; i++)
        sum = (unsigned char)(sum + ((const unsigned char *)row->embedding)[i]);
    *(unsigned *)user += sum;
    return RV_OK;
}

static RvStatus take_picture(void *user, int64_t number, const uint8_t *jpeg, size_t size_bytes, RvError *err)
{
    (void)err;
    for (size_t i = 0; jpeg != NULL && i < size_bytes; i++)
        *(unsigned *)user += jpeg[i] + (unsigned)number;
    return RV_OK;
}

static void take_fault(void *user, const char *line)
{
    *(unsigned *)user += (unsigned)strlen(line);
}

static void read_library(Store *store, Outcome *outcome)
{
    const StoreBackend *backend = store->backend;
    ModelIdentity model = {0};
    StoredVideo video = {0};
    RvVideos videos = {0};
    bool flag = false;
    int64_t number = 0;
    unsigned sum = 0;
    uint8_t *jpeg = NULL;
    size_t size_bytes = 0;
    KeyRange range = {rv_store_key(1, 1), rv_store_key(STORE_MAX_VIDEO_ID, STORE_MAX_FRAME_NUMBER)};
    float vector[TEST_DIMENSIONS] = {1};
    FrameFilter filter = {0};
    NearestQuery query = {.vector = vector, .dimensions = TEST_DIMENSIONS, .count = 2, .filter = &filter};
    TRY(rv_store_identity(store, &model, &flag, err));
    TRY(rv_store_find_path(store, "/v.mp4", &video, &flag, err));
    rv_stored_video_clear(&video);
    TRY(backend->has_video(store, 1, &flag, err));
    TRY(backend->list_videos(store, &videos, err));
    rv_videos_clear(&videos);
    TRY(backend->list_paths(store, &videos, err));
    rv_videos_clear(&videos);
    TRY(backend->visit_frames(store, &range, take_frame, &sum, err));
    for (int approximate = 0; approximate < 2; approximate++) {
        query.approximate = approximate == 1;
        flag = false;
        bool begun = rv_store_begin_snapshot(store, NULL) == RV_OK;
        TRY(backend->nearest(store, &query, take_frame, &sum, &flag, err));
        if (begun)
            rv_store_end_snapshot(store);
    }
    TRY(rv_store_picture(store, 1, 1, &jpeg, &size_bytes, err));
    free(jpeg);
    TRY(backend->pictures(store, 1, 1, &number, take_picture, &sum, err));
    TRY(backend->size_bytes(store, &number, err));
    TRY(backend->check(store, take_fault, &sum, err));
    char *text = NULL;
    TRY(rv_store_get_note(store, "place", &text, err));
    free(text);
    RvAnnInfo info = {0};
    TRY(backend->ann_info(store, &info, err));
}

static void write_library(Store *store, Outcome *outcome)
{
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    VideoFacts facts = test_facts("/new.mp4");
    int64_t id = 0;
    TRY(rv_store_require_identity(store, &model, err));
    TRY(rv_store_begin_video(store, &facts, 0, &id, err));
    TRY(put_test_frames(store, 1, 1, 2, TEST_DIMENSIONS, err));
    TRY(rv_store_finish_video(store, 1, 2.5, err));
    AnnRequest request = {.kind = &store->backend->ann_kinds[0]};
    TRY(store->backend->ann_build(store, &request, err));
    if (store->backend->queue == NULL)
        return;
    TRY(rv_store_put_note(store, "place", "another", err));
    const char *path = "/v.mp4";
    RvStrings paths = {.items = (char **)&path, .count = 1};
    RvQueueCounts counts = {0};
    RvQueueJob job = {0};
    TRY(rv_store_queue_add(store, &paths, "settings", false, err));
    TRY(rv_store_queue_count(store, "settings", &counts, err));
    TRY(rv_store_queue_take(store, "settings", 60, &job, err));
    if (job.path != NULL) {
        TRY(rv_store_queue_renew(store, &job, err));
        TRY(rv_store_queue_end(store, &job, RV_QUEUE_DONE, NULL, err));
    }
    rv_queue_job_clear(&job);
}

static void play(Liar *liar, const char *uri, Outcome *outcome)
{
    Store *store = NULL;
    StoreOptions options = {.create = true};
    *outcome = (Outcome){.liar = liar};
    TRY(rv_store_open(uri, &options, &store, err));
    if (store == NULL)
        return;
    read_library(store, outcome);
    write_library(store, outcome);
    rv_store_close(store);
}

/* The statements of a session, by their numbers: each once that is another than those before it, or, with
 * REELVEC_SLOW_TESTS, all. */
typedef struct Statements {
    int numbers[LIAR_LOG_MAX], count;
} Statements;

static Statements find_statements(const Kind *kind)
{
    static char log[LIAR_LOG_MAX][LIAR_LOG_BYTES];
    Statements out = {.count = 0};
    Liar liar = {.lie_at = -1, .log = log};
    Outcome outcome;
    char uri[200];
    start(&liar, kind, "", uri, sizeof uri);
    play(&liar, uri, &outcome);
    liar_stop(&liar);
    // MariaDB loads rows by an ability that this server has not.
    if (outcome.failed > (kind->backend == MARIADB))
        fail_msg("%s: an honest server: %s", kind->scheme, outcome.error.message);
    int asked = atomic_load(&liar.asked);
    assert_in_range(asked, 20, LIAR_LOG_MAX - 1);
    for (int at = 0; at < asked; at++) {
        bool again = false;
        for (int earlier = 0; earlier < at && getenv("REELVEC_SLOW_TESTS") == NULL; earlier++)
            again = again || strcmp(log[earlier], log[at]) == 0;
        if (!again)
            out.numbers[out.count++] = at;
    }
    return out;
}

/* Lies about the form of rows that nobody may take for an answer. */
static bool must_be_noticed(const Liar *liar)
{
    bool one = strcmp(liar->statement, "") != 0 && liar_columns(liar->statement) == 1;
    switch (liar->lie) {
    case LIE_FEWER_COLUMNS:
    case LIE_NO_COLUMNS:
    case LIE_MORE_COLUMNS:
        return true;
    case LIE_ONE_COLUMN:
        return !one;
    case LIE_OK:
    case LIE_ERROR:
        return true;
    default:
        return false;
    }
}

static bool is_unread(const char *statement)
{
    return strstr(statement, "set_config") != NULL || strstr(statement, "pg_advisory") != NULL ||
           strstr(statement, "is_shared_tier") != NULL ||
           strncmp(statement, "SELECT CAST(sum(file_size)", 26) == 0;
}

static void every_lie_ends_with_a_status(void **state)
{
    const Kind *kind = *state;
    Statements statements = find_statements(kind);
    int lies = 0;
    for (int i = 0; i < statements.count; i++) {
        for (int lie = LIE_FEWER_COLUMNS; lie < LIE_COUNT; lie++) {
            Liar liar = {.lie = (Lie)lie, .lie_at = statements.numbers[i]};
            Outcome outcome;
            char uri[200];
            start(&liar, kind, "?answer_timeout=5", uri, sizeof uri);
            play(&liar, uri, &outcome);
            liar_stop(&liar);
            lies++;
            if (lie == LIE_FEWER_COLUMNS && !liar.had_rows)
                lie = LIE_BINARY; // there are no rows to lie about
            if (liar.had_rows && must_be_noticed(&liar) && !is_unread(liar.statement) && outcome.failed == 0)
                fail_msg("%s: lie %d was believed: %s", kind->scheme, lie, liar.statement);
            if (memmem(liar.received, liar.received_bytes, "root:", 5) != NULL)
                fail_msg("a file was sent");
        }
    }
    print_message("%s: %d lies\n", kind->scheme, lies);
}

/* ---- time and memory ---------------------------------------------------------------------------------- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void silence_has_an_end(void **state)
{
    const Kind *kind = *state;
    // The first statement of all, and one inside a transaction.
    for (int at = 0; at < (kind->backend == SINGLESTORE ? 1 : 12); at += 11) {
        Liar liar = {.lie = LIE_SILENCE, .lie_at = at};
        Outcome outcome;
        char uri[200];
        start(&liar, kind, "?answer_timeout=1", uri, sizeof uri);
        double began = seconds_now();
        play(&liar, uri, &outcome);
        liar_stop(&liar);
        if (outcome.status != RV_ERROR_NETWORK || strstr(outcome.error.message, "for 1 seconds") == NULL)
            fail_msg("%s: %s: %s", kind->scheme, liar.statement, outcome.error.message);
        assert_true(seconds_now() - began < 4);
    }
    Store *store = NULL;
    char uri[200];
    snprintf(uri, sizeof uri, "%s://127.0.0.1:1/db?answer_timeout=soon", kind->scheme);
    assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_ARGUMENT, "answer_timeout");
}

/* Lists of all videos may be long (test_store_answer.c has their bound); what is behind all others is not
 * waited for. */
static void endless_rows_are_refused(void **state)
{
    const Kind *kind = *state;
    Statements statements = find_statements(kind);
    for (int i = 0; i < statements.count; i++) {
        Liar liar = {.lie = LIE_ENDLESS_ROWS, .lie_at = statements.numbers[i]};
        Outcome outcome;
        char uri[200];
        start(&liar, kind, "", uri, sizeof uri);
        double began = seconds_now();
        play(&liar, uri, &outcome);
        liar_stop(&liar);
        if (seconds_now() - began > 10)
            fail_msg("%s: %s took %.1f s", kind->scheme, liar.statement, seconds_now() - began);
        if (liar.had_rows && liar_columns(liar.statement) != LIAR_VIDEO_COLUMNS && outcome.failed == 0)
            fail_msg("%s: %s was believed", kind->scheme, liar.statement);
    }
}

/* ---- passwords ---------------------------------------------------------------------------------------- */

static bool got_password(const Liar *liar)
{
    return memmem(liar->received, liar->received_bytes, "s3cret", 6) != NULL;
}

static void mariadb_keeps_the_password_from_who_asks_for_it(void **state)
{
    static const struct {
        const char *first_plugin, *plugin, *parameters;
        bool given;
    } cases[] = {
        {NULL, "mysql_clear_password", "", false},
        {NULL, "mysql_clear_password", "?tls=require", false},
        {NULL, "mysql_clear_password", "?tls=verify", false},
        {NULL, "mysql_clear_password", "?auth=challenge", false},
        {NULL, "dialog", "", false},
        {NULL, "dialog", "?tls=require", false},
        {NULL, "", "", false},
        {NULL, "mysql_old_password", "", false},
        {NULL, "caching_sha2_password", "", false},
        {NULL, "sha256_password", "", false},
        {"mysql_clear_password", NULL, "", false},
        {"mysql_clear_password", NULL, "?tls=require", false},
        {"dialog", NULL, "", false},
        {NULL, "mysql_clear_password", "?auth=any", true}, // else this test could not fail
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Liar liar = {.lie_at = -1, .plugin = cases[i].plugin, .first_plugin = cases[i].first_plugin};
        Store *store = NULL;
        RvError err = {0};
        char uri[200];
        start(&liar, &kinds[1], cases[i].parameters, uri, sizeof uri);
        rv_store_open(uri, NULL, &store, &err);
        rv_store_close(store);
        liar_stop(&liar);
        if (got_password(&liar) != cases[i].given)
            fail_msg("%s, %s: %s", cases[i].plugin != NULL ? cases[i].plugin : cases[i].first_plugin,
                     cases[i].parameters, err.message);
        if (cases[i].plugin != NULL && strcmp(cases[i].plugin, "dialog") == 0 &&
            strstr(err.message, "asks for the password itself") == NULL)
            fail_msg("%s", err.message);
    }
    Store *store = NULL;
    assert_refused(rv_store_open("mariadb://127.0.0.1:1/db?auth=perhaps", NULL, &store, err),
                   RV_ERROR_ARGUMENT, "challenge or any");
}

/* 127.1 is this machine to who asks for the connection, and may be any to who reads the address. */
static void postgres_keeps_the_password_from_other_machines(void **state)
{
    static const struct {
        const char *host, *parameters, *words;
        bool given;
    } cases[] = {
        {"127.1", "", "?sslmode=disable", false},
        {"127.1", "?sslmode=require", "?sslmode=disable", false},
        {"127.1", "?sslmode=verify-full", "?sslmode=disable", false},
        {"127.1,127.0.0.1", "", "?sslmode=disable", false},
        {"127.0.0.1,127.1", "?answer_timeout=5", "?sslmode=disable", false},
        {"127.1", "?sslmode=disable", "", true}, // else this test could not fail
    };
    (void)state;
    // Newer clients are held to more; the last case is about older ones' ways.
    setenv("PGREQUIREAUTH", "password", 1);
    unsetenv("PGSSLMODE");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Liar liar = {.lie_at = -1, .ask_cleartext = true};
        Store *store = NULL;
        RvError err = {0};
        char uri[200];
        start(&liar, &kinds[0], "", uri, sizeof uri);
        int port = liar.server.port;
        if (strchr(cases[i].host, ',') != NULL)
            snprintf(uri, sizeof uri, "postgresql://me:s3cret@%.*s:%d,%s:%d/db%s",
                     (int)strcspn(cases[i].host, ","), cases[i].host, port, strchr(cases[i].host, ',') + 1,
                     port, cases[i].parameters);
        else
            snprintf(uri, sizeof uri, "postgresql://me:s3cret@%s:%d/db%s", cases[i].host, port,
                     cases[i].parameters);
        RvStatus status = rv_store_open(uri, NULL, &store, &err);
        rv_store_close(store);
        liar_stop(&liar);
        if (got_password(&liar) != cases[i].given || (status == RV_OK) != cases[i].given ||
            strstr(err.message, cases[i].words) == NULL)
            fail_msg("%s: %s", uri, err.message);
    }
    unsetenv("PGREQUIREAUTH");
}

static void mariadb_asks_other_machines_for_a_certificate(void **state)
{
    (void)state;
    Liar liar = {.lie_at = -1, .plugin = "mysql_clear_password"};
    Store *store = NULL;
    char uri[200];
    start(&liar, &kinds[1], "", uri, sizeof uri);
    snprintf(uri, sizeof uri, "mariadb://me:s3cret@127.1:%d/db", liar.server.port);
    assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_NETWORK, "the server does not encrypt");
    liar_stop(&liar);
    assert_false(got_password(&liar));
}

int main(void)
{
    struct CMUnitTest tests[KIND_COUNT * 3 + 3] = {0};
    static char names[KIND_COUNT * 3][80];
    size_t count = 0;
    static const struct {
        const char *name;
        void (*function)(void **state);
    } cases[] = {{"every_lie_ends_with_a_status", every_lie_ends_with_a_status},
                 {"silence_has_an_end", silence_has_an_end},
                 {"endless_rows_are_refused", endless_rows_are_refused}};
    signal(SIGPIPE, SIG_IGN);
    for (size_t k = 0; k < KIND_COUNT; k++) {
        for (size_t i = 0; kinds[k].backend != NULL && i < 3; i++) {
            snprintf(names[count], sizeof names[count], "%s_%s", kinds[k].scheme, cases[i].name);
            tests[count] =
                (struct CMUnitTest){names[count], cases[i].function, NULL, NULL, (void *)&kinds[k]};
            count++;
        }
    }
    if (kinds[0].backend != NULL)
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(postgres_keeps_the_password_from_other_machines);
    if (kinds[1].backend != NULL) {
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(mariadb_keeps_the_password_from_who_asks_for_it);
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(mariadb_asks_other_machines_for_a_certificate);
    }
    return _cmocka_run_group_tests("store_liars", tests, count, NULL, NULL);
}
