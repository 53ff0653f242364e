/* SPDX-License-Identifier: MIT */
/* POST /api/v1/pictures and GET /api/v1/pictures/{sha256}. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "asking.h"
#include "context.h"
#include "pictures.h"
#include "shared_bytes.h"

/* The body is the picture, of whatever type the client says: what it is its bytes tell. */
void api_picture_upload(Request *request, Reply *reply)
{
    char name[PICTURE_NAME_SIZE];
    int width = 0, height = 0;
    RvError err = {0};
    if (request->body_bytes == 0) {
        reply_error(reply, 400, "no_picture", "the body is empty; it has to be a picture");
        return;
    }
    RvStatus status = pictures_add(request->server->pictures, request->body, request->body_bytes, name,
                                   &width, &height, &err);
    if (status == RV_ERROR_FORMAT || status == RV_ERROR_UNSUPPORTED || status == RV_ERROR_NOT_FOUND)
        reply_error(reply, 422, "no_picture", "the body is no picture that can be read: %s", err.message);
    else if (status != RV_OK)
        reply_failure(reply, &err);
    else
        reply_json(reply, 201,
                   json_pack("{s:s, s:i, s:i, s:I, s:o}", "sha256", name, "width", width, "height", height,
                             "bytes", (json_int_t)request->body_bytes, "address",
                             asking_address(request, "/api/v1/pictures/%s", name)));
}

void api_picture(Request *request, Reply *reply)
{
    const char *name = request_value(request, "sha256"), *type = NULL;
    void *bytes = NULL;
    size_t size = 0;
    if (!pictures_get(request->server->pictures, name, &bytes, &size, &type)) {
        reply_error(reply, 404, "no_such_picture", "the picture is not kept (any more); upload it again");
        return;
    }
    if (request_knows(request, name)) {
        shared_bytes_release(bytes);
        reply_empty(reply, 304);
    } else {
        reply_bytes(reply, 200, type, bytes, size, shared_bytes_release);
    }
    reply_cacheable(reply, name, true);
}
