/* SPDX-License-Identifier: MIT */
/* Names of files that answers are saved as. */
#include "saved_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "percent.h"

#define NAME_BYTES_MAX 120

/* The encoding of RFC 8187. */
void saved_name_add(Reply *reply, bool attachment, const char *name)
{
    char text[768] = "", *to = text;
    for (const char *at = name; *at != '\0' && to < text + sizeof text - PERCENT_BYTES - 1; at++)
        to = percent_put(to, (unsigned char)*at);
    reply_header(reply, "Content-Disposition", "%s; filename*=UTF-8''%s",
                 attachment ? "attachment" : "inline", text);
}

/* Number of bytes of a character that turns the direction of what follows, so that a name looks like another one; 0: it
 * does not. */
static size_t turns(const char *at)
{
    static const char *const marks[] = {"\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xAA", "\xE2\x80\xAB",
                                        "\xE2\x80\xAC", "\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA6",
                                        "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (strncmp(at, marks[i], 3) == 0)
            return 3;
    }
    return 0;
}

/* Is it the name of a device of Windows, which no file may have there, whatever its ending is? */
static bool is_device(const char *name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"}, *const numbered[] = {"COM", "LPT"};
    size_t length = strcspn(name, ".");
    while (length > 0 && name[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (length == 3 && strncasecmp(name, devices[i], 3) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
        if (length == 4 && strncasecmp(name, numbered[i], 3) == 0 && name[3] >= '0' && name[3] <= '9')
            return true;
    }
    return false;
}

char *saved_name_clean(const char *text, const char *otherwise)
{
    char *name = malloc(NAME_BYTES_MAX + 2 + strlen(otherwise));
    size_t size = 0;
    if (name == NULL)
        return NULL;
    for (size_t step; *text != '\0' && size < NAME_BYTES_MAX; text += step) {
        unsigned char byte = (unsigned char)*text;
        step = turns(text);
        bool good = byte >= ' ' && byte != 0x7F && step == 0 && strchr("/\\:*?\"<>|", byte) == NULL;
        step = step > 0 ? step : 1;
        if (size > 0 || (byte != '.' && byte != ' ')) // hidden files, and names that only look alike
            name[size++] = (char)(good ? byte : '_');
    }
    if (*text != '\0') { // a character that was cut goes as a whole
        while (size > 0 && ((unsigned char)name[size - 1] & 0xC0) == 0x80)
            size--;
        if (size > 0 && ((unsigned char)name[size - 1] & 0x80) != 0)
            size--;
    }
    while (size > 0 && (name[size - 1] == ' ' || name[size - 1] == '.'))
        size--;
    name[size] = '\0';
    if (size == 0)
        strcpy(name, otherwise);
    if (is_device(name)) {
        memmove(name + 1, name, strlen(name) + 1);
        name[0] = '_';
    }
    return name;
}
