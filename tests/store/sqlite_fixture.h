/* SPDX-License-Identifier: MIT */
/* A temporary folder with the path of an SQLite library in it, and whole files. */
#ifndef RV_TESTS_SQLITE_FIXTURE_H
#define RV_TESTS_SQLITE_FIXTURE_H

#include "store_support.h"

#include <sys/stat.h>

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

/* All bytes of a file; free with free(). */
static inline uint8_t *read_whole(const char *path, size_t *size)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    *size = (size_t)facts.st_size;
    uint8_t *bytes = malloc(*size);
    FILE *file = fopen(path, "rb");
    assert_true(bytes != NULL && file != NULL);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline void write_whole(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

#endif
