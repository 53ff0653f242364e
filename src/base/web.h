/* SPDX-License-Identifier: MIT */
/* Requests to web servers through libcurl: what all of them have in common. */
#ifndef RV_BASE_WEB_H
#define RV_BASE_WEB_H

#include <curl/curl.h>
#include <stdbool.h>

typedef struct WebRequest {
    const char *url;     // http:// or https://
    bool keeps_to_https; // redirects from https:// to http:// are refused
    long redirects_max, silence_s;
} WebRequest;

/* Returns a handle with the request's address, redirects, time limits and certificates set, or NULL if memory
 * is refused. libcurl is initialised once for the process. May be called from any thread. Release with
 * curl_easy_cleanup. */
CURL *rv_web_request(const WebRequest *request);

#endif
