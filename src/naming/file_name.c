/* SPDX-License-Identifier: MIT */
#include "naming/file_name.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

size_t rv_file_name_bad(const char *text)
{
    // U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
    static const char *const turns[] = {"\xD8\x9C",     "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xAA",
                                        "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD", "\xE2\x80\xAE",
                                        "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"};
    unsigned char first = (unsigned char)text[0], second = first != '\0' ? (unsigned char)text[1] : 0;
    if (first == '\0')
        return 0;
    if (first < ' ' || first == 0x7F || strchr("/\\:*?\"<>|", first) != NULL)
        return 1;
    if (first == 0xC2 && second >= 0x80 && second < 0xA0)
        return 2;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        size_t length = strlen(turns[i]);
        if (strncmp(text, turns[i], length) == 0)
            return length;
    }
    return 0;
}

// In ASCII, the same in every locale.
static bool is_word(const char *text, const char *upper)
{
    for (; *upper != '\0'; text++, upper++) {
        if (*text != *upper && *text != *upper - 'A' + 'a')
            return false;
    }
    return true;
}

bool rv_file_name_is_device(const char *name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"}, *const numbered[] = {"COM", "LPT"};
    size_t length = strcspn(name, ".");
    while (length > 0 && name[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (length == 3 && is_word(name, devices[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
        if (length == 4 && is_word(name, numbered[i]) && name[3] >= '0' && name[3] <= '9')
            return true;
    }
    return false;
}

char *rv_file_name_key(const char *name)
{
    size_t bytes = 0;
    uint8_t *folded = u8_casefold((const uint8_t *)name, strlen(name) + 1, NULL, UNINORM_NFC, NULL, &bytes);
    return folded != NULL ? (char *)folded : strdup(name); // what is not UTF-8 is its own
}
