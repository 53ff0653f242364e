/* SPDX-License-Identifier: MIT */
/* The page and what it consists of, and the description of the interface. */
#include <stdio.h>
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

void api_login(Request *request, Reply *reply)
{
    (void)request;
    const PageFile *file = find_page_file("login.html");
    reply_bytes(reply, 401, file->type, file->bytes, file->size_bytes, NULL);
    snprintf(reply->code, sizeof reply->code, "token_required");
    reply_header(reply, "Cache-Control", "no-store");
}

void api_openapi(Request *request, Reply *reply)
{
    send_page_file(request, reply, "openapi.json");
}
