/* SPDX-License-Identifier: MIT */
/* A temporary folder with the path of an SQLite library in it. */
#ifndef RV_TESTS_SQLITE_FIXTURE_H
#define RV_TESTS_SQLITE_FIXTURE_H

#include "store_support.h"
#include "whole_file.h"

typedef struct Fixture {
    char folder[4096];
    char path[4200];
} Fixture;

static int make_folder(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    make_test_folder(fixture->folder, sizeof fixture->folder);
    snprintf(fixture->path, sizeof fixture->path, "%s/library.db", fixture->folder);
    *state = fixture;
    return 0;
}

static int drop_folder(void **state)
{
    Fixture *fixture = *state;
    chmod(fixture->folder, 0700);
    remove_test_folder(fixture->folder);
    free(fixture);
    return 0;
}

#endif
