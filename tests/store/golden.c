/* SPDX-License-Identifier: MIT */
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Lines {
    FILE *file;
    char *line; // without its end; "(the end)" after the last
    size_t capacity;
} Lines;

/* Returns false at the end. */
static bool next_line(Lines *lines)
{
    if (getline(&lines->line, &lines->capacity, lines->file) >= 0) {
        lines->line[strcspn(lines->line, "\n")] = '\0';
        return true;
    }
    free(lines->line);
    lines->line = strdup("(the end)");
    lines->capacity = 0;
    return false;
}

static bool next_line_without_comments(Lines *lines)
{
    bool more;
    do
        more = next_line(lines);
    while (lines->line[0] == '#');
    return more;
}

static void close_lines(Lines *lines)
{
    free(lines->line);
    fclose(lines->file);
}

static void write_file(const char *path, const char *head, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(head, file) >= 0 && fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    print_message("%s is written\n", path);
}

/* Prints the first difference. */
static bool is_same(Lines *expected, Lines *got)
{
    char scene[200] = "before the first";
    bool more = true, same = true;
    while (more && same) {
        more = next_line_without_comments(expected);
        more = next_line(got) || more;
        same = strcmp(expected->line, got->line) == 0;
        if (strncmp(got->line, "== ", 3) == 0)
            snprintf(scene, sizeof scene, "%s", got->line + 3);
    }
    if (!same)
        print_message("scene:    %s\nexpected: %s\ngot:      %s\n", scene, expected->line, got->line);
    return same;
}

void golden_compare(const char *file, const char *head, char *text)
{
    char path[4200];
    const char *source = getenv("REELVEC_SOURCE"), *wanted = getenv("REELVEC_WRITE_GOLDEN");
    snprintf(path, sizeof path, "%s/tests/%s", source != NULL ? source : ".", file);
    if (wanted != NULL && strcmp(wanted, "1") == 0) {
        write_file(path, head, text);
        return;
    }
    Lines expected = {.file = fopen(path, "r")}, got = {.file = fmemopen(text, strlen(text), "r")};
    if (expected.file == NULL)
        fail_msg("%s is missing; REELVEC_WRITE_GOLDEN=1 writes it", path);
    assert_non_null(got.file);
    bool same = is_same(&expected, &got);
    close_lines(&expected);
    close_lines(&got);
    if (!same)
        fail_msg("that is not what %s says; if the change is meant, REELVEC_WRITE_GOLDEN=1 writes it anew",
                 path);
}
