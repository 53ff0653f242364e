/* SPDX-License-Identifier: MIT */
/* From an address to its route. */
#include "routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part of a path has to be plain: what needs an encoding is no number, no digest and no name of ours. */
static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
        if (!plain)
            return false;
    }
    return length > 0;
}

/* What stands for a {name} of a pattern: pieces of both texts. */
typedef struct Match {
    const char *name, *value;
    size_t name_length, value_length;
} Match;

/* Returns false if the path does not have the pattern. */
static bool match(const char *pattern, const char *path, Match matches[REQUEST_VALUES_MAX], size_t *count)
{
    *count = 0;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t name_length = strcspn(pattern + 1, "}");
        const char *behind = pattern + name_length + 2;
        size_t part = strcspn(path, "/"), suffix = strcspn(behind, "/");
        if (part <= suffix || strncmp(path + part - suffix, behind, suffix) != 0 ||
            !is_plain(path, part - suffix) || *count == REQUEST_VALUES_MAX)
            return false;
        matches[(*count)++] = (Match){pattern + 1, path, name_length, part - suffix};
        pattern = behind + suffix;
        path += part;
    }
    return *path == '\0';
}

static bool keep_values(Request *request, const Match *matches, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += matches[i].name_length + matches[i].value_length + 2;
    char *to = malloc(bytes + 1);
    if (to == NULL)
        return false;
    request->value_text = to;
    for (size_t i = 0; i < count; i++) {
        request->values[i].name = to;
        to += sprintf(to, "%.*s", (int)matches[i].name_length, matches[i].name) + 1;
        request->values[i].value = to;
        to += sprintf(to, "%.*s", (int)matches[i].value_length, matches[i].value) + 1;
    }
    request->value_count = count;
    return true;
}

static void write_methods(int methods, char *text, size_t size_bytes)
{
    static const struct {
        int method;
        const char *name;
    } names[] = {{METHOD_GET, "GET"},
                 {METHOD_HEAD, "HEAD"},
                 {METHOD_POST, "POST"},
                 {METHOD_DELETE, "DELETE"},
                 {METHOD_OPTIONS, "OPTIONS"}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(text);
        if (methods & names[i].method)
            snprintf(text + length, size_bytes - length, "%s%s", length > 0 ? ", " : "", names[i].name);
    }
}

bool routes_find(Request *request)
{
    Match matches[REQUEST_VALUES_MAX];
    size_t count = 0;
    int methods = 0;
    for (size_t i = 0; i < web_route_count; i++) {
        const Route *route = &web_routes[i];
        if (!match(route->pattern, request->path, matches, &count))
            continue;
        methods |= route->methods;
        if (!(route->methods & request->method))
            continue;
        request->route = route;
        if (!keep_values(request, matches, count))
            reply_memory(&request->reply);
        return request->reply.status == 0;
    }
    if (methods == 0) {
        reply_error(&request->reply, 404, "no_such_address", "there is nothing at this address");
        return false;
    }
    char text[64];
    write_methods(methods, text, sizeof text);
    reply_error(&request->reply, 405, "method_not_allowed", "this address is for %s", text);
    reply_header(&request->reply, "Allow", "%s", text);
    return false;
}
