/* SPDX-License-Identifier: MIT */
/* The web server of a library: what starts it and what ends it. */
#ifndef RV_WEB_SERVER_H
#define RV_WEB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/reelvec.h"

typedef struct WebServer WebServer;

#define WEB_PORT 8470

/* What clients may ask for at once. A member that is 0 has the default behind it. */
typedef struct WebLimits {
    int connections;            // in all: 1000, or what the limit of open files allows
    int connections_per_client; // 512; proxies are not counted
    int queued;                 // heavy requests that wait: 1024
    int queued_per_client;      // 512
    int workers;                // heavy requests that run: one per core, at least 2
    int plays;                  // videos that are converted at once: 8; of one client half as many
    int io_threads;             // threads that read and write connections: 2
    double headers_s;           // until the headers of a connection's first request have come: 20
    double idle_s;              // until those of its next one have come: 60
    double body_s;              // until a body has come, and a second for each 32 KiB of it: 20
    double search_s;            // a search ends after: 60
    double stop_s;              // running answers have so long to end when the server stops: 10
    size_t json_bytes;          // the largest JSON body: 1 MiB
    size_t picture_bytes;       // the largest picture: 32 MiB
    size_t body_bytes;          // bodies in memory at once: 256 MiB
    size_t pictures_bytes;      // uploaded pictures that are kept: 128 MiB
    size_t clip_bytes;          // on the disk, that the clips of one request take, about: 4 GiB
} WebLimits;

typedef struct WebOptions {
    const char *listen;     // an address; NULL: 127.0.0.1 and ::1
    int port;               // 0: any free one, see web_port
    const char *base_path;  // "/reelvec": in front of every address; NULL: ""
    const char *token_file; // where the token is kept and made if it is not there; NULL: no token, which an
                            // address that is not a loopback one refuses
    const char *const *hosts, *const *proxies, *const *origins,
                                                   *const *media_roots; // end with NULL, or are NULL
    bool allow_urls;
    RvLibraryOptions library; // with which a library that was replaced is opened again
    const char *library_uri;  // where `library` of web_start was opened, or will be
    const char *model_error;  // why there is no encoder; NULL: there is one
    WebLimits limits;
    RvLog log; // warnings and errors; INFO: a line for each request
} WebOptions;

/* Start the server on threads of its own. library: NULL if there is none yet at library_uri; it is opened when it is
 * there. encoder: NULL if there is none; texts and pictures cannot be searched for then. Both are borrowed until
 * web_stop, all else is copied. Errors: ARGUMENT (an option), IO (the address is taken, the token file), MEMORY. */
RvStatus web_start(const WebOptions *options, RvLibrary *library, RvEncoder *encoder, WebServer **out,
                   RvError *err);

/* Refuse new connections, finish the answers that run, and release everything. NULL is accepted. */
void web_stop(WebServer *server);

/* The port, the address of the page, and a link to it that has the token, if there is one. Valid until web_stop. */
int web_port(const WebServer *server);
const char *web_address(const WebServer *server);
const char *web_link(const WebServer *server);
bool web_has_token(const WebServer *server);
/* Behind a named proxy browsers open another address: https, as the proxy has the certificate, and the first of
 * options.hosts. NULL: no name was given. */
bool web_is_proxied(const WebServer *server);
const char *web_proxy_address(const WebServer *server);
const char *web_proxy_link(const WebServer *server);

/* True if only this machine reaches the address: 127.0.0.0/8, ::1, localhost, NULL. */
bool web_is_loopback(const char *address);

/* Text lines that show the address as a QR code, for a terminal. Free with free(). NULL: no memory, or too long. */
char *web_qr_code(const char *text);

#endif
