/* SPDX-License-Identifier: MIT */
/* Names of files that answers are saved as. */
#include "saved_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "naming/file_name.h"
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

char *saved_name_clean(const char *text, const char *otherwise)
{
    char *name = malloc(NAME_BYTES_MAX + 2 + strlen(otherwise));
    size_t size = 0;
    if (name == NULL)
        return NULL;
    for (size_t step; *text != '\0' && size < NAME_BYTES_MAX; text += step) {
        unsigned char byte = (unsigned char)*text;
        step = rv_file_name_bad(text);
        bool good = step == 0;
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
    if (rv_file_name_is_device(name)) {
        memmove(name + 1, name, strlen(name) + 1);
        name[0] = '_';
    }
    return name;
}
