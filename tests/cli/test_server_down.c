/* SPDX-License-Identifier: MIT */
/* `reelvec index` whose server goes away in the middle: it is named once, and not for every video that is
 * left. */
#include "program_run.h"

#include <signal.h>

#include "../store/liar.h"

static int set_up_group(void **state)
{
    (void)state;
    return program_set_up(
        &(ProgramNeeds){.name = "server-down", .clips = {"plain.mp4", "mpeg4.mp4", "odd.mp4", "mjpeg.avi"}});
}

static void index_names_the_server_once(void **state)
{
    const char *scheme = *state;
    bool postgres = strcmp(scheme, "postgresql") == 0;
    program_need_clips();
    for (int jobs = 1; jobs < 4; jobs += 2) {
        Liar liar = {.lie_at = -1, .unclaimed = true, .die_at = "INSERT INTO videos", .postgres = postgres};
        char uri[200], count[8];
        liar_start(&liar);
        snprintf(uri, sizeof uri, "%s://me:s3cret@127.0.0.1:%d/db", scheme, liar.server.port);
        snprintf(count, sizeof count, "%d", jobs);
        const char *words[] = {"index",
                               "-q",
                               "--jobs",
                               count,
                               "--model",
                               fixture.model,
                               "--library",
                               uri,
                               fixture.clips[0],
                               fixture.clips[1],
                               fixture.clips[2],
                               fixture.clips[3],
                               NULL};
        RunResult result = program_run(words, NULL);
        liar_stop(&liar);
        assert_status(&result, 1);
        assert_null(strstr(result.errors, "s3cret"));
        assert_int_equal(count_in(result.errors, "left to the next run"), 1);
        if (count_in(result.errors, "\n") != 2)
            fail_msg("%s", result.errors);
        run_clear(&result);
    }
}

#ifdef REELVEC_WITH_POSTGRES
/* The coordinator of a cluster answers, one of its workers does not. */
static void index_names_a_silent_worker_once(void **state)
{
    static const char *const messages[] = {
        ("connection to the remote node me@10.0.0.2:5432 failed with the following error: Connection refused\n"
         "\tIs the server running on that host and accepting TCP/IP connections?"),
        "connection to the remote node me@example.org@10.0.0.2:5432 failed with the following error: a@b",
        "connection to the remote node me@10.0.0.2:5432 failed",
        "could not establish any connections to the node 10.0.0.2:5432 after 30000 ms",
        "failure on connection marked as essential: 10.0.0.2:5432"};
    (void)state;
    program_need_clips();
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        Liar liar = {.lie_at = -1,
                     .unclaimed = true,
                     .fail_at = "INSERT INTO videos",
                     .fail_with = messages[i],
                     .postgres = true};
        char uri[200];
        liar_start(&liar);
        snprintf(uri, sizeof uri, "postgresql://me@127.0.0.1:%d/db", liar.server.port);
        const char *words[] = {"index",          "-q", "--model",        fixture.model,
                               "--library",      uri,  fixture.clips[0], fixture.clips[1],
                               fixture.clips[2], NULL};
        RunResult result = program_run(words, NULL);
        liar_stop(&liar);
        assert_status(&result, 1);
        assert_holds(result.errors, "the worker 10.0.0.2:5432 of the cluster does not answer");
        assert_holds(result.errors, "`search --partial`");
        if (count_in(result.errors, "10.0.0.2") != 1 || count_in(result.errors, "left to the next run") != 1)
            fail_msg("%s", result.errors);
        run_clear(&result);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef REELVEC_WITH_POSTGRES
        {"postgres_index_names_the_server_once", index_names_the_server_once, NULL, NULL, "postgresql"},
        cmocka_unit_test(index_names_a_silent_worker_once),
#endif
#ifdef REELVEC_WITH_MYSQL
        {"mariadb_index_names_the_server_once", index_names_the_server_once, NULL, NULL, "mariadb"},
#endif
        {0},
    };
    signal(SIGPIPE, SIG_IGN);
    return _cmocka_run_group_tests("server_down", tests, sizeof tests / sizeof tests[0] - 1, set_up_group,
                                   program_tear_down);
}
