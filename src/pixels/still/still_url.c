/* SPDX-License-Identifier: MIT */
/* The bytes of a picture from a web server, bounded in size and time. */
#include "pixels/still/still_url.h"

#include "base/error.h"
#include "base/web.h"

#define MAX_REDIRECTS 10L
#define SILENCE_S 30L // limit of the time without a byte from the server
#define TOTAL_S 120L  // limit for the whole picture

/* One request. */
typedef struct Transfer {
    const char *name;                // for messages
    const RvPictureOptions *options; // NULL: nobody ends it early
    Buffer *body;
    RvStatus status; // of storing the body
    RvError *err;
} Transfer;

static RvStatus too_large(const Transfer *transfer)
{
    return rv_error_set(transfer->err, RV_ERROR_MEMORY, "%s: pictures of at most %zu bytes are read",
                        transfer->name, transfer->body->max_bytes);
}

/* Called with the decompressed bytes, so that the limit applies to their full size. */
static size_t take_body(char *bytes, size_t item_bytes, size_t count, void *user)
{
    Transfer *transfer = user;
    size_t size_bytes = item_bytes * count;
    if (size_bytes > transfer->body->max_bytes - transfer->body->size_bytes)
        transfer->status = too_large(transfer);
    else
        transfer->status = rv_buffer_append(transfer->body, bytes, size_bytes, transfer->err);
    return transfer->status == RV_OK ? size_bytes : 0;
}

/* Called at least once a second. */
static int watch(void *user, curl_off_t expected, curl_off_t received, curl_off_t to_send, curl_off_t sent)
{
    (void)expected, (void)received, (void)to_send, (void)sent;
    const Transfer *transfer = user;
    return transfer->options->cancelled(transfer->options->cancelled_user) ? 1 : 0;
}

static void set_options(CURL *curl, Transfer *transfer)
{
    if (transfer->options != NULL && transfer->options->cancelled != NULL) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    }
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, ""); // all compressions that libcurl supports
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, TOTAL_S);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->body->max_bytes);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L); // the page of a 404 is not a picture
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
}

static RvStatus refused(const Transfer *transfer, long answer)
{
    const char *name = transfer->name;
    if (answer == 404 || answer == 410)
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server answers %ld, no such picture; check the address", name, answer);
    return rv_error_set(transfer->err, RV_ERROR_NETWORK, "%s: the server answers %ld; %s", name, answer,
                        answer >= 500 ? "try again later" : "check the address, and whether it may be read");
}

static RvStatus judge(CURL *curl, const Transfer *transfer, CURLcode result)
{
    const char *name = transfer->name;
    long answer = 0;
    curl_off_t announced = -1;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (transfer->status != RV_OK)
        return transfer->status;
    switch (result) {
    case CURLE_OK:
        return RV_OK;
    case CURLE_ABORTED_BY_CALLBACK:
        return rv_error_set(transfer->err, RV_ERROR_CANCELLED, "%s: cancelled", name);
    case CURLE_HTTP_RETURNED_ERROR:
        return refused(transfer, answer);
    case CURLE_FILESIZE_EXCEEDED:
        return too_large(transfer);
    case CURLE_OUT_OF_MEMORY:
        return rv_error_memory(transfer->err, transfer->body->size_bytes);
    case CURLE_TOO_MANY_REDIRECTS:
        return rv_error_set(
            transfer->err, RV_ERROR_NETWORK,
            "%s: the server sends from one address to the next more than %ld times; check the "
            "address",
            name, MAX_REDIRECTS);
    case CURLE_OPERATION_TIMEDOUT:
        return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                            "%s: the server is too slow or silent; try again later", name);
    case CURLE_PARTIAL_FILE:
        if (announced > 0)
            return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                                "%s: only %zu of %lld bytes came; try again later", name,
                                transfer->body->size_bytes, (long long)announced);
        break;
    default:
        break;
    }
    return rv_error_set(transfer->err, RV_ERROR_NETWORK,
                        "%s: cannot be fetched: %s; check the address and the network", name,
                        curl_easy_strerror(result));
}

RvStatus rv_still_fetch(const char *url, const char *name, const RvPictureOptions *options, Buffer *out,
                        RvError *err)
{
    Transfer transfer = {.name = name, .options = options, .body = out, .err = err};
    CURL *curl =
        rv_web_request(&(WebRequest){.url = url, .redirects_max = MAX_REDIRECTS, .silence_s = SILENCE_S});
    if (curl == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: cannot start fetching", name);
    set_options(curl, &transfer);
    CURLcode result = curl_easy_perform(curl);
    RvStatus status = judge(curl, &transfer, result);
    curl_easy_cleanup(curl);
    return status;
}
