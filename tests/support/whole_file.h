/* SPDX-License-Identifier: MIT */
/* Files written and read at once, for tests. Include it after <cmocka.h>. */
#ifndef RV_TESTS_WHOLE_FILE_H
#define RV_TESTS_WHOLE_FILE_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Returns all bytes of a file. Free with free(). */
static inline uint8_t *read_whole(const char *path, size_t *size_bytes)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    *size_bytes = (size_t)facts.st_size;
    uint8_t *bytes = malloc(*size_bytes);
    FILE *file = fopen(path, "rb");
    assert_true(bytes != NULL && file != NULL);
    assert_int_equal(fread(bytes, 1, *size_bytes, file), *size_bytes);
    fclose(file);
    return bytes;
}

static inline void write_whole(const char *path, const void *bytes, size_t size_bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

/* Returns the number of files in the folder whose names do not begin with a dot. */
static inline size_t files_in(const char *folder)
{
    DIR *stream = opendir(folder);
    size_t count = 0;
    assert_non_null(stream);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        count += entry->d_name[0] != '.';
    closedir(stream);
    return count;
}

#endif
