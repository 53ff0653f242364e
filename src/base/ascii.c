/* SPDX-License-Identifier: MIT */
/* Comparing words of ASCII, with regard to case and without. */
#include "base/ascii.h"

#include <string.h>

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool rv_ascii_begins(const char *text, const char *beginning)
{
    while (*beginning != '\0' && lower(*text) == lower(*beginning)) {
        text++;
        beginning++;
    }
    return *beginning == '\0';
}

bool rv_ascii_equal(const char *left, const char *right)
{
    while (*left != '\0' && lower(*left) == lower(*right)) {
        left++;
        right++;
    }
    return lower(*left) == lower(*right);
}

/* Returns the part of text that is as long as the ending, NULL if text is shorter. */
static const char *last_part(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);
    return length >= ending_length ? text + length - ending_length : NULL;
}

bool rv_ascii_ends(const char *text, const char *ending)
{
    const char *part = last_part(text, ending);
    return part != NULL && rv_ascii_equal(part, ending);
}

bool rv_text_ends(const char *text, const char *ending)
{
    const char *part = last_part(text, ending);
    return part != NULL && strcmp(part, ending) == 0;
}
