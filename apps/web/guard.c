/* SPDX-License-Identifier: MIT */
/* Who may ask. A page of another site must not reach this server through the browser of somebody who may: neither by a
 * name that its owner points to this machine's address (DNS rebinding: Host is checked), nor by requests from its own
 * address (Origin and Sec-Fetch-Site are checked). */
#include "guard.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address_range.h"
#include "context.h"
#include "host_names.h"
#include "listener.h"
#include "web_error.h"

#define POLICY                                                                                               \
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "            \
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
#define COOKIE_SECONDS 31536000
#define COOKIE_SIZE 32

struct Guard {
    HostNames *hosts; // names that may stand in Host
    AddressRange *proxies;
    size_t proxy_count;
    char **origins;
    size_t origin_count;
    bool
        any_address; // every IP address may stand in Host: nobody can point a name of theirs at this server that way
    const char *token;
    char cookie[COOKIE_SIZE];
};

/* ---- opening ------------------------------------------------------------------------------------------ */

static size_t count_of(const char *const *texts)
{
    size_t count = 0;
    while (texts != NULL && texts[count] != NULL)
        count++;
    return count;
}

static RvStatus read_hosts(Guard *guard, const WebOptions *options, RvError *err)
{
    char name[256];
    guard->any_address = !listener_is_loopback(options->listen);
    RvStatus status = host_names_create(&guard->hosts, err);
    const char *const own[] = {"localhost", "127.0.0.1", "::1", options->listen};
    for (size_t i = 0; status == RV_OK && i < sizeof own / sizeof own[0]; i++) {
        if (own[i] != NULL)
            status = host_names_add(guard->hosts, own[i], err);
    }
    if (status == RV_OK && guard->any_address && gethostname(name, sizeof name - 7) == 0) {
        name[sizeof name - 7] = '\0';
        if (name[0] != '\0' && host_names_add(guard->hosts, name, err) == RV_OK && strchr(name, '.') == NULL)
            status = host_names_add(guard->hosts, strcat(name, ".local"), err);
    }
    for (size_t i = 0; status == RV_OK && i < count_of(options->hosts); i++)
        status = host_names_add(guard->hosts, options->hosts[i], err);
    return status;
}

static RvStatus read_proxies(Guard *guard, const char *const *proxies, RvError *err)
{
    size_t count = count_of(proxies);
    guard->proxies = calloc(count + 1, sizeof *guard->proxies);
    if (guard->proxies == NULL)
        return web_error_memory(err);
    for (; guard->proxy_count < count; guard->proxy_count++) {
        const char *text = proxies[guard->proxy_count];
        if (!address_range_read(text, &guard->proxies[guard->proxy_count]))
            return web_error(err, RV_ERROR_ARGUMENT,
                             "%s: is no address of a proxy; give 10.0.0.2 or 10.0.0.0/24", text);
    }
    return RV_OK;
}

static RvStatus read_origins(Guard *guard, const char *const *origins, RvError *err)
{
    size_t count = count_of(origins);
    guard->origins = calloc(count + 1, sizeof *guard->origins);
    if (guard->origins == NULL)
        return web_error_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *host = strstr(origins[i], "://");
        bool web = strncmp(origins[i], "http://", 7) == 0 || strncmp(origins[i], "https://", 8) == 0;
        if (!web || host[3] == '\0' || strchr(host + 3, '/') != NULL)
            return web_error(err, RV_ERROR_ARGUMENT, "%s: is no origin; give https://name[:port]",
                             origins[i]);
        guard->origins[i] = strdup(origins[i]);
        if (guard->origins[i] == NULL)
            return web_error_memory(err);
        guard->origin_count++;
    }
    return RV_OK;
}

RvStatus guard_create(const WebOptions *options, int port, const char *token, Guard **out, RvError *err)
{
    Guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        return web_error_memory(err);
    guard->token = token;
    // Browsers keep cookies by name of the host, whatever its port.
    snprintf(guard->cookie, sizeof guard->cookie, "reelvec_%d", port);
    RvStatus status = read_hosts(guard, options, err);
    if (status == RV_OK)
        status = read_proxies(guard, options->proxies, err);
    if (status == RV_OK)
        status = read_origins(guard, options->origins, err);
    if (status == RV_OK)
        *out = guard;
    else
        guard_destroy(guard);
    return status;
}

void guard_destroy(Guard *guard)
{
    if (guard == NULL)
        return;
    host_names_destroy(guard->hosts);
    for (size_t i = 0; i < guard->origin_count; i++)
        free(guard->origins[i]);
    free(guard->origins);
    free(guard->proxies);
    free(guard);
}

/* ---- proxies ------------------------------------------------------------------------------------------ */

bool guard_is_proxy(const Guard *guard, const char *address)
{
    for (size_t i = 0; i < guard->proxy_count; i++) {
        if (address_range_has(&guard->proxies[i], address))
            return true;
    }
    return false;
}

#define LINES_MAX 16

/* The last lines of a header that may come several times. */
typedef struct Lines {
    const char *name;
    const char *values[LINES_MAX];
    size_t count;
} Lines;

static enum MHD_Result take_line(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
    Lines *lines = user;
    (void)kind;
    if (strcasecmp(name, lines->name) != 0 || value == NULL)
        return MHD_YES;
    if (lines->count == LINES_MAX)
        memmove(lines->values, lines->values + 1, --lines->count * sizeof *lines->values);
    lines->values[lines->count++] = value;
    return MHD_YES;
}

static void find_lines(const Request *request, const char *name, Lines *lines)
{
    *lines = (Lines){.name = name};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_line, lines);
}

/* What the proxy itself said of the client: the last word, as it may have put its own behind the client's. NULL:
 * nothing. */
static const char *last_word(const Request *request, const char *name)
{
    Lines lines;
    find_lines(request, name, &lines);
    if (lines.count == 0)
        return NULL;
    const char *line = lines.values[lines.count - 1], *comma = strrchr(line, ',');
    line = comma != NULL ? comma + 1 : line;
    return line + strspn(line, " \t");
}

/* From the end of one line of X-Forwarded-For. Returns true if all of it are proxies. */
static bool read_chain(const Guard *guard, Request *request, const char *chain)
{
    for (size_t end = strlen(chain); end > 0;) {
        size_t start = end;
        while (start > 0 && chain[start - 1] != ',')
            start--;
        char one[CLIENT_ADDRESS_SIZE];
        size_t from = start + strspn(chain + start, " \t");
        size_t length = from < end ? end - from : 0;
        while (length > 0 && (chain[from + length - 1] == ' ' || chain[from + length - 1] == '\t'))
            length--;
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), chain + from);
        if (!host_is_address(one))
            return false;
        snprintf(request->peer, sizeof request->peer, "%s", one);
        if (!guard_is_proxy(guard, one))
            return false;
        end = start > 0 ? start - 1 : 0;
    }
    return true;
}

/* The client is the last address of X-Forwarded-For that is not a proxy's: what stands before it the client may have
 * written itself, lines of its own too. */
static void read_forwarded(const Guard *guard, Request *request)
{
    const char *scheme = last_word(request, "X-Forwarded-Proto");
    request->secure = scheme != NULL && strcasecmp(scheme, "https") == 0;
    Lines lines;
    find_lines(request, "X-Forwarded-For", &lines);
    while (lines.count > 0 && read_chain(guard, request, lines.values[lines.count - 1]))
        lines.count--;
}

/* ---- Host and Origin ---------------------------------------------------------------------------------- */

static bool check_host(const Guard *guard, Request *request, const char *given)
{
    char host[256];
    if (given == NULL || request_header_lines(request, "Host") > 1 ||
        !host_of_text(given, host, sizeof host)) {
        reply_error(&request->reply, 400, "bad_host", "the request names no host, or not one alone");
        return false;
    }
    if ((guard->any_address && host_is_address(host)) || host_names_has(guard->hosts, host))
        return true;
    reply_error(&request->reply, 403, "host_not_allowed",
                "this server is not known as '%s'; name it when the server is started", host);
    return false;
}

static bool is_named_origin(const Guard *guard, const char *origin)
{
    for (size_t i = 0; i < guard->origin_count; i++) {
        if (strcasecmp(guard->origins[i], origin) == 0)
            return true;
    }
    return false;
}

/* Both as "name[:port]"; the port of a scheme may be left out. */
static bool same_place(const char *origin, const char *host)
{
    const char *standard = strncasecmp(origin, "https://", 8) == 0 ? ":443" : ":80";
    const char *place = strstr(origin, "://");
    if (place == NULL)
        return false;
    place += 3;
    size_t place_length = strlen(place), host_length = strlen(host), length = strlen(standard);
    if (place_length > length && strcmp(place + place_length - length, standard) == 0)
        place_length -= length;
    if (host_length > length && strcmp(host + host_length - length, standard) == 0)
        host_length -= length;
    return place_length == host_length && strncasecmp(place, host, host_length) == 0;
}

/* A link from elsewhere may be followed to the page, in a tab of its own. All else that a page elsewhere can make a
 * browser load, frames too, would make this server work, or show what it has. */
static bool opens_page(Request *request)
{
    const char *mode = request_header(request, "Sec-Fetch-Mode"),
               *dest = request_header(request, "Sec-Fetch-Dest"), *base = request->server->base_path;
    size_t length = strlen(base);
    bool of_base = strncmp(request->path, base, length) == 0;
    return of_base && request->method == METHOD_GET && mode != NULL && strcmp(mode, "navigate") == 0 &&
           dest != NULL && strcmp(dest, "document") == 0 &&
           (strcmp(request->path + length, "/") == 0 || (length > 0 && request->path[length] == '\0'));
}

static bool check_origin(const Guard *guard, Request *request, const char *host)
{
    const char *origin = request_header(request, "Origin");
    const char *site = request_header(request, "Sec-Fetch-Site");
    bool named = origin != NULL && is_named_origin(guard, origin);
    bool foreign = origin != NULL && !named && !same_place(origin, host);
    if (!foreign && !named && !opens_page(request) && site != NULL)
        foreign = strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    if (foreign)
        reply_error(&request->reply, 403, "origin_not_allowed",
                    "pages of other sites may not use this server");
    return !foreign;
}

bool guard_admit(const Guard *guard, Request *request)
{
    const char *host = request_header(request, "Host"), *forwarded = NULL;
    snprintf(request->peer, sizeof request->peer, "%s", request->client->address);
    if (guard_is_proxy(guard, request->client->address)) {
        read_forwarded(guard, request);
        forwarded = last_word(request, "X-Forwarded-Host");
    }
    clients_write_group(request->peer, request->group);
    // Both, as a proxy that does not set the second one passes on what its client wrote there.
    return check_host(guard, request, host) && (forwarded == NULL || check_host(guard, request, forwarded)) &&
           check_origin(guard, request, forwarded != NULL ? forwarded : host);
}

/* ---- the token ---------------------------------------------------------------------------------------- */

/* Takes as long if they are not the same. */
static bool is_same(const char *given, const char *wanted)
{
    unsigned char left[SHA256_DIGEST_LENGTH], right[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)given, strlen(given), left);
    SHA256((const unsigned char *)wanted, strlen(wanted), right);
    return CRYPTO_memcmp(left, right, sizeof left) == 0;
}

/* The parameters as they were sent, but for the token, each behind ? or &. */
static void copy_parameters(const Request *request, char *text, size_t size_bytes)
{
    const char *at = strchr(request->client->uri, '?');
    size_t used = 0;
    text[0] = '\0';
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(++at, "&");
        if (length > 0 && strncmp(at, "token=", 6) != 0 && used + length + 2 < size_bytes)
            used += (size_t)sprintf(text + used, "%c%.*s", used > 0 ? '&' : '?', (int)length, at);
        at += length;
    }
}

/* Back to the same address without the token, which the cookie has from now on. */
static void send_cookie(const Guard *guard, Request *request)
{
    Reply *reply = &request->reply;
    const char *base = request->server->base_path;
    char parameters[512];
    copy_parameters(request, parameters, sizeof parameters);
    reply_empty(reply, 303);
    reply_header(reply, "Set-Cookie", "%s=%s; Path=%s/; Max-Age=%d; HttpOnly; SameSite=Lax%s", guard->cookie,
                 guard->token, base, COOKIE_SECONDS, request->secure ? "; Secure" : "");
    // The path goes back as it came, but it must not begin with two slashes, which would be another host.
    reply_header(reply, "Location", "%s/%s%s", base, request->path + strspn(request->path, "/"), parameters);
    reply_header(reply, "Cache-Control", "no-store");
}

bool guard_has_token(const Guard *guard, Request *request)
{
    if (guard->token == NULL)
        return true;
    const char *bearer = request_header(request, "Authorization");
    const char *cookie = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, guard->cookie);
    const char *parameter = request_parameter(request, "token");
    if (bearer != NULL && strncasecmp(bearer, "Bearer ", 7) == 0)
        return is_same(bearer + 7 + strspn(bearer + 7, " "), guard->token);
    bool reads = request->method == METHOD_GET || request->method == METHOD_HEAD;
    // One of an old link does not outdo a good cookie.
    if (parameter != NULL && reads && is_same(parameter, guard->token)) {
        if (strncmp(request->path, "/api/", 5) == 0)
            return true;
        send_cookie(guard, request);
        return false;
    }
    return cookie != NULL && is_same(cookie, guard->token);
}

/* ---- headers ------------------------------------------------------------------------------------------ */

void guard_add_headers(const Guard *guard, Request *request)
{
    Reply *reply = &request->reply;
    const char *origin = request_header(request, "Origin");
    bool named = origin != NULL && is_named_origin(guard, origin);
    if (named) {
        reply_header(reply, "Access-Control-Allow-Origin", "%s", origin);
        reply_header(reply, "Access-Control-Expose-Headers",
                     "ETag, Content-Range, Content-Disposition, Retry-After, Reelvec-Start, Reelvec-End, "
                     "Reelvec-Moments-Written, Reelvec-Moments-Left-Out, Reelvec-Notes");
    }
    if (guard->origin_count > 0) // also the answer to who has none is not for those who have one
        reply_header(reply, "Vary", "Origin");
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    reply_header(reply, "Content-Security-Policy", "%s", POLICY);
    reply_header(reply, "Referrer-Policy", "no-referrer");
    reply_header(reply, "X-Frame-Options", "DENY");
    reply_header(reply, "Cross-Origin-Resource-Policy", named ? "cross-origin" : "same-origin");
}
