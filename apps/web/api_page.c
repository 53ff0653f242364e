/* SPDX-License-Identifier: MIT */
/* The page and what it consists of, and the description of the interface. */
#include <string.h>

#include "api.h"
#include "page_files.h"

static void send_page_file(Request *request, Reply *reply, const char *name)
{
    for (size_t i = 0; i < page_file_count; i++) {
        const PageFile *file = &page_files[i];
        if (strcmp(file->name, name) != 0)
            continue;
        if (request_knows(request, file->etag))
            reply_empty(reply, 304);
        else
            reply_bytes(reply, 200, file->type, file->bytes, file->size_bytes, NULL);
        reply_cacheable(reply, file->etag, false);
        return;
    }
    reply_error(reply, 404, "no_such_address", "there is nothing at this address");
}

void api_page(Request *request, Reply *reply)
{
    send_page_file(request, reply, "index.html");
}

void api_page_file(Request *request, Reply *reply)
{
    send_page_file(request, reply, request_value(request, "file"));
}

void api_openapi(Request *request, Reply *reply)
{
    send_page_file(request, reply, "openapi.json");
}
