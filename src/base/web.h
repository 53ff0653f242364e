/* SPDX-License-Identifier: MIT */
/* Requests to web servers through libcurl: what all of them have in common. */
#ifndef RV_BASE_WEB_H
#define RV_BASE_WEB_H

#include <curl/curl.h>
#include <stdbool.h>

typedef struct WebRequest {
    const char *url;     // http:// or https://
    bool keeps_to_https; // no redirect leads from https:// to http://
    long redirects_max, silence_s;
} WebRequest;

/* A handle with the request's address, redirects, time limits and certificates set; NULL: out of memory.
 * Started once for the process; any thread. Release with curl_easy_cleanup. */
CURL *rv_web_request(const WebRequest *request);

#endif
