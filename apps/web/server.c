/* SPDX-License-Identifier: MIT */
/* The server's life: its parts in the order in which they need each other, and its end. */
#include <errno.h>
#include <ifaddrs.h>
#include <microhttpd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access_log.h"
#include "address_range.h"
#include "bodies.h"
#include "context.h"
#include "exchange.h"
#include "ffmpeg.h"
#include "guard.h"
#include "jobs.h"
#include "listener.h"
#include "metrics.h"
#include "pictures.h"
#include "plays.h"
#include "ranked.h"
#include "seats.h"
#include "shelf.h"
#include "sprite_cache.h"
#include "stream.h"
#include "text_vectors.h"
#include "token.h"
#include "web_clock.h"
#include "web_error.h"
#include "work_folder.h"
#include "workers.h"

#define HEADER_BYTES 32768 // of a request; the buffer of a connection
#define FILES_EACH 3
#define FILES_PLAY 8
#define FILES_SPARE 128
#define CLIPS_AT_ONCE 2    // requests; each has one ffmpeg
#define LAST_ANSWERS_S 2.0 // for what is refused at the end to be sent

/* ---- options ------------------------------------------------------------------------------------------ */

/* Each connection is a file, and a video that is sent is two more; a conversion has pipes and the video. */
static int connections_allowed(int wanted, int plays)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return wanted;
    rlim_t spare = FILES_SPARE + FILES_PLAY * (rlim_t)plays, needed = FILES_EACH * (rlim_t)wanted + spare;
    if (files.rlim_cur < needed) {
        files.rlim_cur = files.rlim_max < needed ? files.rlim_max : needed;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
            return wanted;
    }
    if (files.rlim_cur >= needed)
        return wanted;
    return files.rlim_cur > spare + FILES_SPARE ? (int)((files.rlim_cur - spare) / FILES_EACH)
                                                : FILES_SPARE / FILES_EACH;
}

static void set_whole(int *limit, int value)
{
    *limit = *limit > 0 ? *limit : value;
}

static void set_real(double *limit, double value)
{
    *limit = *limit > 0 ? *limit : value;
}

static void set_size(size_t *limit, size_t mebibytes)
{
    *limit = *limit > 0 ? *limit : mebibytes << 20;
}

static void fill_limits(WebLimits *limits)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    set_whole(&limits->connections, 1000);
    set_whole(&limits->connections_per_client, 512);
    set_whole(&limits->queued, 1024);
    set_whole(&limits->queued_per_client, 512);
    set_whole(&limits->workers, cores > 2 ? (int)(cores < 64 ? cores : 64) : 2);
    set_whole(&limits->plays, 8);
    set_whole(&limits->io_threads, 2);
    set_real(&limits->headers_s, 20);
    set_real(&limits->idle_s, 60);
    set_real(&limits->body_s, 20);
    set_real(&limits->search_s, 60);
    set_real(&limits->stop_s, 10);
    set_size(&limits->json_bytes, 1);
    set_size(&limits->picture_bytes, 32);
    set_size(&limits->body_bytes, 256);
    set_size(&limits->pictures_bytes, 128);
    set_size(&limits->clip_bytes, 4096);
    if (limits->io_threads > WEB_IO_THREADS_MAX)
        limits->io_threads = WEB_IO_THREADS_MAX;
    limits->connections = connections_allowed(limits->connections, limits->plays);
}

/* "" or "/name": no slash at the end, nothing that an address has to encode. */
static RvStatus read_base_path(const char *given, char **out, RvError *err)
{
    size_t length = given != NULL ? strlen(given) : 0;
    while (length > 0 && given[length - 1] == '/')
        length--;
    if (length > 0 && (given[0] != '/' || length > 200 || strstr(given, "//") != NULL ||
                       strspn(given, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~") !=
                           strlen(given)))
        return web_error(err, RV_ERROR_ARGUMENT, "%s: is no base path; give one like /reelvec", given);
    *out = strndup(given != NULL ? given : "", length);
    return *out != NULL ? RV_OK : web_error_memory(err);
}

static RvStatus copy_roots(const char *const *roots, char ***out, RvError *err)
{
    size_t count = 0;
    while (roots != NULL && roots[count] != NULL)
        count++;
    *out = calloc(count + 1, sizeof **out);
    for (size_t i = 0; *out != NULL && i < count; i++) {
        struct stat facts;
        (*out)[i] = realpath(roots[i], NULL);
        if ((*out)[i] == NULL || stat((*out)[i], &facts) != 0)
            return web_error(err, RV_ERROR_NOT_FOUND, "%s: %s", roots[i], strerror(errno));
        if (!S_ISDIR(facts.st_mode))
            return web_error(err, RV_ERROR_ARGUMENT, "%s: is no folder; name the one that it lies in",
                             roots[i]);
    }
    return *out != NULL ? RV_OK : web_error_memory(err);
}

/* ---- the address -------------------------------------------------------------------------------------- */

/* An address of this machine that others reach. */
static void find_own_address(int family, char text[CLIENT_ADDRESS_SIZE])
{
    struct ifaddrs *all = NULL;
    snprintf(text, CLIENT_ADDRESS_SIZE, "localhost");
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != family || (one->ifa_flags & IFF_LOOPBACK) ||
            !(one->ifa_flags & IFF_UP))
            continue;
        if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr))
            continue;
        clients_write_address(one->ifa_addr, text);
        break;
    }
    freeifaddrs(all);
}

/* "http://name:8470/base/"; port 0: none. NULL: no memory. */
static char *make_address(const WebServer *server, const char *scheme, const char *host, int port)
{
    char *address = NULL, number[16] = "";
    bool bare6 = strchr(host, ':') != NULL && host_is_address(host);
    if (port != 0)
        snprintf(number, sizeof number, ":%d", port);
    if (asprintf(&address, "%s://%s%s%s%s%s/", scheme, bare6 ? "[" : "", host, bare6 ? "]" : "", number,
                 server->base_path) < 0)
        return NULL;
    return address;
}

/* With the token, if there is one. */
static char *make_link(const WebServer *server, const char *address)
{
    char *link = NULL;
    bool guarded = server->token != NULL;
    return asprintf(&link, "%s%s%s", address, guarded ? "?token=" : "", guarded ? server->token : "") < 0
               ? NULL
               : link;
}

static RvStatus write_address(WebServer *server, const WebOptions *options, RvError *err)
{
    char host[256];
    const char *listen = options->listen;
    const char *name = options->hosts != NULL ? options->hosts[0] : NULL;
    bool any4 = listen != NULL && strcmp(listen, "0.0.0.0") == 0,
         any6 = listen != NULL && strcmp(listen, "::") == 0;
    server->proxied = options->proxies != NULL && options->proxies[0] != NULL;
    if (name != NULL && !listener_is_loopback(listen) && !server->proxied)
        snprintf(host, sizeof host, "%s", name);
    else if (any4 || any6)
        find_own_address(any4 ? AF_INET : AF_INET6, host);
    else
        snprintf(host, sizeof host, "%s", listen != NULL ? listen : "localhost");
    server->address = make_address(server, "http", host, server->port);
    server->link = server->address != NULL ? make_link(server, server->address) : NULL;
    bool good = server->link != NULL;
    if (server->proxied && name != NULL) { // the proxy has the certificate
        server->proxy_address = make_address(server, "https", name, 0);
        server->proxy_link = server->proxy_address != NULL ? make_link(server, server->proxy_address) : NULL;
        good = good && server->proxy_link != NULL;
    }
    return good ? RV_OK : web_error_memory(err);
}

/* ---- connections -------------------------------------------------------------------------------------- */

static ClientsRoom find_room(void *user, const char *address)
{
    WebServer *server = user;
    return clients_room(server->clients, address, guard_is_proxy(server->guard, address));
}

static void take_connection(void *user, int fd, const struct sockaddr *address, socklen_t size)
{
    WebServer *server = user;
    if (!clients_add(server->clients, fd, address)) {
        close(fd);
        return;
    }
    metrics_count(server->metrics, METRICS_CONNECTIONS);
    struct MHD_Daemon *daemon = server->daemons[fd % server->daemon_count];
    if (MHD_add_connection(daemon, fd, address, size) != MHD_YES)
        clients_forget(server->clients, fd); // which has closed it
}

static void note_refusal(void *user, const char *address, ClientsRoom why)
{
    WebServer *server = user;
    bool full = why == CLIENTS_FULL;
    metrics_count(server->metrics, full ? METRICS_REFUSED_FULL : METRICS_REFUSED_CLIENT);
    access_log_line(server, RV_LOG_INFO, "client=%s refused=%s", address, full ? "full" : "client");
}

static RvStatus start_daemons(WebServer *server, RvError *err)
{
    const WebLimits *limits = &server->limits;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    for (; server->daemon_count < limits->io_threads; server->daemon_count++) {
        struct MHD_Daemon *daemon = MHD_start_daemon(
            flags, 0, NULL, NULL, exchange_answer, server, MHD_OPTION_CONNECTION_LIMIT,
            (unsigned)limits->connections + 2 * CLIENTS_SPARE, MHD_OPTION_CONNECTION_TIMEOUT,
            (unsigned)limits->idle_s + 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, exchange_note_address, server,
            MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
            exchange_connection, server, MHD_OPTION_END);
        if (daemon == NULL)
            return web_error(err, RV_ERROR_MEMORY, "the threads of the server do not start");
        server->daemons[server->daemon_count] = daemon;
    }
    const ListenerHooks hooks = {
        .user = server, .room = find_room, .accepted = take_connection, .refused = note_refusal};
    return listener_start(server->listener, &hooks, err);
}

/* ---- starting and stopping ---------------------------------------------------------------------------- */

static RvStatus make_settings(WebServer *server, const WebOptions *options, RvError *err)
{
    bool loopback = listener_is_loopback(options->listen);
    if (!loopback && options->token_file == NULL)
        return web_error(err, RV_ERROR_ARGUMENT, "%s: others reach this address, so a token is needed",
                         options->listen);
    server->limits = options->limits;
    fill_limits(&server->limits);
    server->log = options->log;
    server->allow_urls = options->allow_urls;
    server->ffmpeg = ffmpeg_find();
    work_folders_sweep();
    server->started_s = web_clock_s();
    server->model_error = strdup(options->model_error != NULL ? options->model_error : "none was given");
    if (server->model_error == NULL)
        return web_error_memory(err);
    RvStatus status = read_base_path(options->base_path, &server->base_path, err);
    if (status == RV_OK)
        status = copy_roots(options->media_roots, &server->media_roots, err);
    if (status == RV_OK && options->token_file != NULL)
        status = token_read(options->token_file, &server->token, err);
    server->port = options->port;
    if (status == RV_OK)
        status = listener_open(options->listen, &server->port, &server->listener, err);
    if (status == RV_OK)
        status = write_address(server, options, err);
    return status;
}

/* Only a file can be indexed into from here: the password of a library on a server is not kept. */
static RvStatus make_jobs(WebServer *server, RvError *err)
{
    const char *uri = shelf_uri(server->shelf);
    const JobsOptions options = {.library = uri, .encoder = server->encoder};
    if (server->media_roots[0] == NULL || server->encoder == NULL || shelf_is_remote(server->shelf) ||
        strncmp(uri, "memory:", 7) == 0)
        return RV_OK;
    return jobs_create(&options, &server->jobs, err);
}

static RvStatus make_parts(WebServer *server, const WebOptions *options, RvLibrary *library, RvError *err)
{
    const WebLimits *limits = &server->limits;
    const ClientLimits of_clients = {limits->connections, limits->connections_per_client, limits->headers_s,
                                     limits->idle_s, limits->body_s};
    // A server's address has a password that is not ours to keep; a file's path is changed where it is shown.
    bool shown =
        library != NULL && (options->library_uri == NULL || strstr(options->library_uri, "://") != NULL);
    const char *uri = shown ? rv_library_uri(library) : options->library_uri;
    RvStatus status = guard_create(options, server->port, server->token, &server->guard, err);
    if (status == RV_OK)
        status = metrics_create(&server->metrics, err);
    if (status == RV_OK)
        status = shelf_create(uri, &options->library, library, server->encoder, &server->shelf, err);
    if (status == RV_OK)
        status = pictures_create(server->encoder, limits->pictures_bytes, &server->pictures, err);
    if (status == RV_OK)
        status = text_vectors_create(server->encoder, &server->text_vectors, err);
    if (status == RV_OK)
        status = ranked_create(&server->ranked, err);
    if (status == RV_OK)
        status = plays_create(&server->plays, err);
    if (status == RV_OK)
        status =
            seats_create(limits->plays, (limits->plays + 1) / 2, exchange_seat, &server->play_seats, err);
    if (status == RV_OK)
        status = seats_create(CLIPS_AT_ONCE, 1, NULL, &server->clip_seats, err);
    if (status == RV_OK)
        status = sprite_cache_create(&server->sprites, err);
    if (status == RV_OK)
        status = make_jobs(server, err);
    if (status == RV_OK && (server->bodies = bodies_create(limits->body_bytes)) == NULL)
        status = web_error_memory(err);
    if (status == RV_OK && (server->streams = streams_create()) == NULL)
        status = web_error_memory(err);
    if (status == RV_OK)
        status = clients_create(&of_clients, &server->clients, err);
    if (status == RV_OK)
        status = workers_create(limits->workers, limits->queued, limits->queued_per_client, exchange_resume,
                                &server->workers, err);
    return status;
}

RvStatus web_start(const WebOptions *options, RvLibrary *library, RvEncoder *encoder, WebServer **out,
                   RvError *err)
{
    *out = NULL;
    WebServer *server = calloc(1, sizeof *server);
    if (server == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&server->log_mutex, NULL);
    server->encoder = encoder;
    RvStatus status = make_settings(server, options, err);
    if (status == RV_OK)
        status = make_parts(server, options, library, err);
    if (status == RV_OK)
        status = start_daemons(server, err);
    if (status == RV_OK)
        *out = server;
    else
        web_stop(server);
    return status;
}

static void wait_for_answers(WebServer *server, double seconds)
{
    Patience patience = web_patience(seconds);
    while (atomic_load(&server->running) > 0 && web_patience_lasts(&patience))
        usleep(10000);
}

static void clear(WebServer *server)
{
    workers_destroy(server->workers);
    bodies_destroy(server->bodies);
    plays_destroy(server->plays);
    seats_destroy(server->play_seats);
    seats_destroy(server->clip_seats);
    jobs_destroy(server->jobs);
    guard_destroy(server->guard);
    clients_destroy(server->clients);
    shelf_destroy(server->shelf);
    metrics_destroy(server->metrics);
    pictures_destroy(server->pictures);
    text_vectors_destroy(server->text_vectors);
    ranked_destroy(server->ranked);
    sprite_cache_destroy(server->sprites);
    streams_destroy(server->streams);
    listener_close(server->listener);
    for (size_t i = 0; server->media_roots != NULL && server->media_roots[i] != NULL; i++)
        free(server->media_roots[i]);
    free(server->media_roots);
    free(server->base_path);
    ffmpeg_forget(server->ffmpeg);
    free(server->model_error);
    free(server->address);
    free(server->link);
    free(server->proxy_address);
    free(server->proxy_link);
    free(server->token);
    pthread_mutex_destroy(&server->log_mutex);
    free(server);
}

void web_stop(WebServer *server)
{
    if (server == NULL)
        return;
    if (server->listener != NULL)
        listener_stop(server->listener);
    atomic_store(&server->stopping, true);
    seats_stop(server->play_seats); // who waits for one gets none that is left now
    if (server->streams != NULL)
        streams_end(server->streams); // they may have no end of their own
    if (server->jobs != NULL)
        jobs_stop(server->jobs);
    wait_for_answers(server, server->limits.stop_s);
    atomic_store(&server->cancels, true);
    // Their connections are resumed, so that none is suspended when the daemons stop.
    if (server->workers != NULL)
        workers_stop(server->workers);
    wait_for_answers(server, LAST_ANSWERS_S);
    for (int i = 0; i < server->daemon_count; i++)
        MHD_stop_daemon(server->daemons[i]);
    clear(server);
}

int web_port(const WebServer *server)
{
    return server->port;
}

const char *web_address(const WebServer *server)
{
    return server->address;
}

const char *web_link(const WebServer *server)
{
    return server->link;
}

bool web_is_proxied(const WebServer *server)
{
    return server->proxied;
}

const char *web_proxy_address(const WebServer *server)
{
    return server->proxy_address;
}

const char *web_proxy_link(const WebServer *server)
{
    return server->proxy_link;
}

bool web_has_token(const WebServer *server)
{
    return server->token != NULL;
}

bool web_is_loopback(const char *address)
{
    return listener_is_loopback(address);
}
