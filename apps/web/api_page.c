/* SPDX-License-Identifier: MIT */
/* The page and what it consists of, and the description of the interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "page_files.h"

static const PageFile *find_page_file(const char *name)
{
    for (size_t i = 0; i < page_file_count; i++) {
        if (strcmp(page_files[i].name, name) == 0)
            return &page_files[i];
    }
    return NULL;
}

static void send_page_file(Request *request, Reply *reply, const char *name)
{
    const PageFile *file = find_page_file(name);
    if (file == NULL) {
        reply_error(reply, 404, "no_such_address", "there is nothing at this address");
        return;
    }
    if (request_knows(request, file->etag))
        reply_empty(reply, 304);
    else
        reply_bytes(reply, 200, file->type, file->bytes, file->size_bytes, NULL);
    reply_cacheable(reply, file->etag, false);
}

void api_page(Request *request, Reply *reply)
{
    send_page_file(request, reply, "index.html");
}

void api_page_file(Request *request, Reply *reply)
{
    send_page_file(request, reply, request_value(request, "file"));
}

void api_page_style(Request *request, Reply *reply)
{
    send_page_file(request, reply, "style.css");
}

/* The page for the token with a line before its field. NULL: no memory. Free with free(). */
static char *add_line(const PageFile *file, const char *line, size_t *size_bytes)
{
    static const char field[] = "<input";
    const char *page = (const char *)file->bytes,
               *at = memmem(page, file->size_bytes, field, sizeof field - 1);
    size_t before = at != NULL ? (size_t)(at - page) : file->size_bytes, length = strlen(line);
    char *whole = malloc(file->size_bytes + length);
    if (whole == NULL)
        return NULL;
    memcpy(whole, page, before);
    memcpy(whole + before, line, length);
    memcpy(whole + before + length, page + before, file->size_bytes - before);
    *size_bytes = file->size_bytes + length;
    return whole;
}

void api_login(Request *request, Reply *reply)
{
    static const char wrong[] = "<p role=\"alert\"><b>This token is wrong. <span lang=\"de\">Das Token ist "
                                "falsch.</span> <span lang=\"zh\">令牌不正确。</span></b></p>\n";
    const PageFile *file = find_page_file("login.html");
    const char *token = request_parameter(request, "token");
    size_t size_bytes;
    char *told = token != NULL && token[0] != '\0' ? add_line(file, wrong, &size_bytes) : NULL;
    if (told != NULL)
        reply_bytes(reply, 401, file->type, told, size_bytes, free);
    else
        reply_bytes(reply, 401, file->type, file->bytes, file->size_bytes, NULL);
    snprintf(reply->code, sizeof reply->code, "token_required");
    reply_header(reply, "Cache-Control", "no-store");
}

void api_openapi(Request *request, Reply *reply)
{
    send_page_file(request, reply, "openapi.json");
}
