/* SPDX-License-Identifier: MIT */
/* Requests to web servers through libcurl: what all of them have in common. */
#include "base/web.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "reelvec/version.h"

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void set_protocols(CURL *curl, const WebRequest *request)
{
    bool https_only = request->keeps_to_https && rv_ascii_begins(request->url, "https:");
#if LIBCURL_VERSION_NUM >= 0x075500
    const char *protocols = https_only ? "https" : "http,https";
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
#else
    long protocols = https_only ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, protocols);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, protocols);
#endif
}

/* Use the certificates that the curl command would use. Machines behind proxies often need their own. */
static void set_certificates(CURL *curl)
{
    const char *certificates = getenv("CURL_CA_BUNDLE");
    if (certificates == NULL)
        certificates = getenv("SSL_CERT_FILE");
    if (certificates != NULL && certificates[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
}

CURL *rv_web_request(const WebRequest *request)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    pthread_once(&started, start_curl);
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return NULL;
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    set_protocols(curl, request);
    set_certificates(curl);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, request->redirects_max);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "reelvec/" REELVEC_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, request->silence_s);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request->silence_s);
    return curl;
}
