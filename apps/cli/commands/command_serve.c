/* SPDX-License-Identifier: MIT */
/* reelvec serve: the library in a browser, and as an HTTP interface. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/help_text.h"
#include "cli/message.h"
#include "cli/open.h"
#include "cli/signals.h"
#include "web/web_server.h"

#define PATH_BYTES 4096

typedef struct ServeSettings {
    CliCommon common;
    CliReal port;
    int workers, connections, per_client, queue, plays, clip_space;
    const char *listen, *base_path, *token_file;
    CliReal timeout, client_timeout;
    bool open, allow_urls, log;
} ServeSettings;

#define FIELD(field) offsetof(ServeSettings, field)

static const CliOption options[] = {
    {.name = "port",
     .letter = 'p',
     .argument = "N",
     .help = "the port (8470); 0: any free one",
     .kind = CLI_REAL,
     .offset = FIELD(port),
     .min = 0,
     .max = 65535},
    {.name = "open", .help = "open the page in the browser", .kind = CLI_FLAG, .offset = FIELD(open)},
    {.name = "listen",
     .argument = "ADDRESS",
     .help = "the address to listen on (this machine alone); 0.0.0.0 and :: let others in who know the token",
     .kind = CLI_TEXT,
     .offset = FIELD(listen)},
    {.name = "token-file",
     .argument = "FILE",
     .help = "ask for the token in this file, which is made if it is not there; needed for other machines "
             "(serve-token in the user's data folder)",
     .kind = CLI_TEXT,
     .offset = FIELD(token_file)},
    {.name = "host",
     .argument = "NAME",
     .help = "a name under which browsers reach this server, as behind a proxy; may be repeated",
     .kind = CLI_LIST},
    {.name = "base-path",
     .argument = "PATH",
     .help = "what all addresses begin with, as behind a proxy: /reelvec",
     .kind = CLI_TEXT,
     .offset = FIELD(base_path)},
    {.name = "proxy",
     .argument = "ADDRESS",
     .help = "believe X-Forwarded-For, -Proto and -Host of this address, or range like 10.0.0.0/24; may be "
             "repeated",
     .kind = CLI_LIST},
    {.name = "allow-origin",
     .argument = "ORIGIN",
     .help = "let pages of this origin (https://name) call the interface; may be repeated",
     .kind = CLI_LIST},
    {.name = "allow-urls",
     .help = "let clients name pictures by URL, which the server then fetches",
     .kind = CLI_FLAG,
     .offset = FIELD(allow_urls)},
    {.name = "media",
     .argument = "ROOT",
     .help = "a folder whose videos may be indexed from the page; may be repeated",
     .kind = CLI_LIST},
    {.name = "log",
     .help = "a line on standard error for each request",
     .kind = CLI_FLAG,
     .offset = FIELD(log)},
    {.name = "workers",
     .argument = "N",
     .help = "how many searches run at once (one per core)",
     .kind = CLI_WHOLE,
     .offset = FIELD(workers),
     .min = 1,
     .max = 256},
    {.name = "queue",
     .argument = "N",
     .help = "how many requests wait at most, of one client half as many (1024)",
     .kind = CLI_WHOLE,
     .offset = FIELD(queue),
     .min = 2,
     .max = 100000},
    {.name = "connections",
     .argument = "N",
     .help = "how many connections at most (1000)",
     .kind = CLI_WHOLE,
     .offset = FIELD(connections),
     .min = 1,
     .max = 100000},
    {.name = "per-client",
     .argument = "N",
     .help = "how many connections of one address at most (512)",
     .kind = CLI_WHOLE,
     .offset = FIELD(per_client),
     .min = 1,
     .max = 100000},
    {.name = "plays",
     .argument = "N",
     .help = "how many videos are converted for viewers at once, of one client half as many (8)",
     .kind = CLI_WHOLE,
     .offset = FIELD(plays),
     .min = 1,
     .max = 256},
    {.name = "clip-space",
     .argument = "N",
     .help = "how many MiB on the disk the clips of one request may take (4096)",
     .kind = CLI_WHOLE,
     .offset = FIELD(clip_space),
     .min = 1,
     .max = 1048576},
    {.name = "timeout",
     .argument = "SECONDS",
     .help = "give a search up after so long (60)",
     .kind = CLI_REAL,
     .offset = FIELD(timeout),
     .min = 0.001,
     .max = 1e6},
    {.name = "client-timeout",
     .argument = "SECONDS",
     .help = "how long a client may take to send a request (20)",
     .kind = CLI_REAL,
     .offset = FIELD(client_timeout),
     .min = 0.1,
     .max = 3600},
    CLI_OPTION_LIBRARY(ServeSettings),
    CLI_OPTION_MODEL(ServeSettings),
    CLI_OPTION_THREADS(ServeSettings),
    CLI_OPTION_PRECISION(ServeSettings),
    CLI_OPTION_SEARCH_DEVICE(ServeSettings),
    CLI_OPTION_QUIET(ServeSettings),
};

/* To be told to end is how a server ends, so it is no failure: not for a service manager, nor for a shell. */
static const CliHelpEntry exit_statuses[] = {
    {"0", "told to end: Ctrl-C, SIGTERM, a hangup"}, {"1", "failed"}, {"2", "wrong usage"}, {NULL, NULL}};

#ifdef REELVEC_WITH_WEB

typedef struct Serve {
    const ServeSettings *settings;
    RvLibrary *library;
    RvEncoder *encoder;
    WebServer *server;
    WebOptions options;
    const char **lists; // the repeated options; each ends with NULL
    char library_path[PATH_BYTES], token_path[PATH_BYTES], model_error[2 * RV_ERROR_MESSAGE_SIZE];
} Serve;

/* ---- what is served ----------------------------------------------------------------------------------- */

static void write_log(void *user, RvLogLevel level, const char *message)
{
    const ServeSettings *settings = user;
    if (level <= RV_LOG_WARNING ? !settings->common.quiet : settings->log)
        fprintf(stderr, "%s\n", message);
}

/* Returns the path as it is found from everywhere, so that a mistyped one is seen. Free with free(). NULL: no
 * memory. */
static char *whole_path(const char *path)
{
    char folder[PATH_BYTES], *whole = NULL;
    if (path[0] == '/' || strncmp(path, "memory:", 7) == 0 || getcwd(folder, sizeof folder) == NULL)
        return strdup(path);
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return asprintf(&whole, "%s/%s", folder, path) >= 0 ? whole : NULL;
}

static void say_that_it_waits(const Serve *serve)
{
    char *path = whole_path(serve->options.library_uri);
    cli_message("%s: there is no library here; the server waits until `reelvec index` makes it",
                path != NULL ? path : serve->options.library_uri);
    free(path);
}

/* A library that is not there yet can be made while its address is served. */
static RvStatus open_library(Serve *serve, RvError *err)
{
    const CliCommon *common = &serve->settings->common;
    const char *uri = cli_library(common);
    RvLog log = cli_log(common, NULL);
    serve->options.library =
        (RvLibraryOptions){.mode = RV_OPEN_READ, .thread_count = common->thread_count, .log = log};
    if (common->device != NULL && strcmp(common->device, "auto") != 0)
        serve->options.library.device = common->device;
    if (uri == NULL && rv_library_default_path(serve->library_path, PATH_BYTES, err) != RV_OK)
        return err->status;
    serve->options.library_uri = uri != NULL ? uri : serve->library_path;
    RvStatus status =
        rv_library_open(serve->options.library_uri, &serve->options.library, &serve->library, err);
    if (status != RV_ERROR_NOT_FOUND || strstr(serve->options.library_uri, "://") != NULL)
        return status;
    if (!common->quiet)
        say_that_it_waits(serve);
    return RV_OK;
}

/* Without a model stored frames can still be looked at and searched with; the page says what is missing. */
static RvStatus open_model(Serve *serve, RvError *err)
{
    const CliCommon *common = &serve->settings->common;
    const char *details;
    RvStatus status =
        cli_open_library_encoder(common, serve->library, cli_log(common, NULL), &serve->encoder, err);
    if (status == RV_OK) { // what the first search would wait for
        const RvModelInfo *info = rv_encoder_info(serve->encoder);
        float *vector = calloc((size_t)info->dimensions, sizeof *vector);
        RvError ignored = {0};
        if (vector != NULL && rv_encoder_details(serve->encoder, &details, &ignored) == RV_OK)
            rv_encoder_encode_text(serve->encoder, "a", 1, RV_LENGTH_ONE, vector, &ignored);
        free(vector);
        return RV_OK;
    }
    if (!cli_model_is_open(common))
        return status;
    snprintf(serve->model_error, sizeof serve->model_error, "%s", err->message);
    serve->options.model_error = serve->model_error;
    cli_fail(err);
    cli_message("texts and pictures cannot be searched for");
    return RV_OK;
}

/* ---- options ------------------------------------------------------------------------------------------ */

static const char **put_list(const char **to, const CliValues *values, const char *name,
                             const char *const **list)
{
    *list = to;
    for (size_t i = 0; i < values->count; i++) {
        const CliOption *option = values->items[i].option;
        if (option != NULL && strcmp(option->name, name) == 0)
            *to++ = values->items[i].value;
    }
    *to++ = NULL;
    return to;
}

/* serve-token in the folder of the default library, which is made if need be. */
static RvStatus find_token_file(Serve *serve, RvError *err)
{
    if (serve->settings->token_file != NULL) {
        serve->options.token_file = serve->settings->token_file;
        return RV_OK;
    }
    if (web_is_loopback(serve->settings->listen))
        return RV_OK;
    RvStatus status = rv_library_default_path(serve->token_path, PATH_BYTES, err);
    char *slash = status == RV_OK ? strrchr(serve->token_path, '/') : NULL;
    if (slash == NULL)
        return status;
    for (char *part = strchr(serve->token_path + 1, '/'); part != NULL; part = strchr(part + 1, '/')) {
        *part = '\0';
        mkdir(serve->token_path, 0700); // a failure shows when the file is made
        *part = '/';
    }
    snprintf(slash, (size_t)(serve->token_path + PATH_BYTES - slash), "/serve-token");
    serve->options.token_file = serve->token_path;
    return RV_OK;
}

static RvStatus set_options(Serve *serve, const CliValues *values, RvError *err)
{
    const ServeSettings *settings = serve->settings;
    WebOptions *to = &serve->options;
    WebLimits *limits = &to->limits;
    serve->lists = calloc(values->count + 4, sizeof *serve->lists);
    if (serve->lists == NULL)
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    const char **next = put_list(serve->lists, values, "host", &to->hosts);
    next = put_list(next, values, "proxy", &to->proxies);
    next = put_list(next, values, "allow-origin", &to->origins);
    put_list(next, values, "media", &to->media_roots);
    to->listen = settings->listen;
    to->port = settings->port.given ? (int)settings->port.value : WEB_PORT;
    to->base_path = settings->base_path;
    to->allow_urls = settings->allow_urls;
    to->log = (RvLog){write_log, (void *)settings};
    limits->workers = settings->workers;
    limits->connections = settings->connections;
    limits->connections_per_client = settings->per_client;
    limits->queued = settings->queue;
    limits->queued_per_client = settings->queue / 2;
    limits->plays = settings->plays;
    limits->clip_bytes = (size_t)settings->clip_space << 20;
    if (settings->timeout.given)
        limits->search_s = settings->timeout.value;
    if (settings->client_timeout.given)
        limits->headers_s = limits->body_s = limits->idle_s = settings->client_timeout.value;
    return find_token_file(serve, err);
}

/* ---- running ------------------------------------------------------------------------------------------ */

/* A file of ours alone that leads to the link: what programs are started with, everybody on the machine can read.
 * Returns false if it cannot be made. */
static bool write_page(const char *link, char path[PATH_BYTES])
{
    static const char page[] = "<!doctype html><meta charset=\"utf-8\"><title>reelvec</title>\n"
                               "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n";
    const char *folder = getenv("XDG_RUNTIME_DIR");
    if (folder == NULL || folder[0] != '/')
        folder = getenv("TMPDIR");
    snprintf(path, PATH_BYTES, "%s/reelvec-XXXXXX.html",
             folder != NULL && folder[0] == '/' ? folder : "/tmp");
    int fd = mkostemps(path, 5, O_CLOEXEC); // which nobody else may read
    if (fd < 0) {
        path[0] = '\0';
        return false;
    }
    cli_temporary_add(path);
    bool good = dprintf(fd, page, link) > 0;
    return close(fd) == 0 && good;
}

static void remove_page(const char *path)
{
    if (path[0] == '\0')
        return;
    unlink(path);
    cli_temporary_forget(path);
}

/* The shell lets go of the browser, which may run longer than we do. */
static void open_browser(const char *address)
{
    extern char **environ;
    char script[] = "(${BROWSER:-xdg-open} \"$1\" || open \"$1\") >/dev/null 2>&1 </dev/null &";
    char *words[] = {"sh", "-c", script, "sh", (char *)address, NULL};
    pid_t child;
    if (posix_spawnp(&child, "sh", NULL, NULL, words, environ) == 0)
        waitpid(child, NULL, 0);
}

static void print_code(const char *link)
{
    char *code = web_qr_code(link);
    if (code != NULL)
        printf("\n%s\n", code);
    free(code);
}

/* Behind a proxy the first line is what the proxy asks. Where browsers go is said if it is known. */
static void announce_proxy(const Serve *serve, bool shown)
{
    const char *address = web_proxy_address(serve->server), *link = web_proxy_link(serve->server);
    bool quiet = serve->settings->common.quiet;
    cli_print("%s", web_address(serve->server));
    if (address != NULL && shown)
        cli_print("%s", link);
    if (address != NULL && shown && web_has_token(serve->server))
        print_code(link);
    if (address != NULL && !shown && !quiet)
        cli_message("browsers open %s, which the proxy passes on to this address", address);
    if (address == NULL && !quiet)
        cli_message(
            "this is the address that the proxy asks; where browsers find the proxy is not known without --host");
}

/* Where no person reads, as in a journal, the token is not shown. */
static void announce(const Serve *serve)
{
    const WebServer *server = serve->server;
    bool guarded = web_has_token(server), shown = isatty(STDOUT_FILENO), proxied = web_is_proxied(server);
    if (proxied)
        announce_proxy(serve, shown);
    else
        cli_print("%s", shown ? web_link(server) : web_address(server));
    if (guarded && shown && !proxied)
        print_code(web_link(server));
    bool told = shown && (!proxied || web_proxy_link(server) != NULL);
    if (guarded && !told && !serve->settings->common.quiet)
        cli_message("the token is in %s; a link ends with ?token= and it", serve->options.token_file);
    if (!serve->settings->common.quiet)
        cli_message(serve->library != NULL ? "%s is served at this address; Ctrl-C ends the server"
                                           : "%s will be served at this address; Ctrl-C ends the server",
                    serve->options.library_uri);
    cli_flush();
}

static int serve_until_interrupted(Serve *serve)
{
    RvError err = {0};
    cli_catch_interrupts();
    if (web_start(&serve->options, serve->library, serve->encoder, &serve->server, &err) != RV_OK)
        return cli_fail(&err);
    announce(serve);
    char page[PATH_BYTES] = "";
    if (serve->settings->open && !web_has_token(serve->server))
        open_browser(web_address(serve->server));
    else if (serve->settings->open && write_page(web_link(serve->server), page))
        open_browser(page);
    else if (serve->settings->open)
        cli_message("the browser is not opened: no file can be made for it");
    while (!cli_interrupted())
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    remove_page(page);
    web_stop(serve->server);
    return CLI_DONE;
}

static int run(const CliCommand *command, void *user, const CliValues *values)
{
    ServeSettings *settings = user;
    Serve serve = {.settings = settings};
    RvError err = {0};
    int status = CLI_DONE;
    (void)command;
    if (set_options(&serve, values, &err) != RV_OK || open_library(&serve, &err) != RV_OK ||
        open_model(&serve, &err) != RV_OK)
        status = cli_fail(&err);
    if (status == CLI_DONE)
        status = serve_until_interrupted(&serve);
    rv_library_close(serve.library);
    rv_encoder_close(serve.encoder);
    free(serve.lists);
    return status;
}

#else

static int run(const CliCommand *command, void *settings, const CliValues *values)
{
    (void)command;
    (void)settings;
    (void)values;
    cli_message("this reelvec was built without libmicrohttpd or libqrencode, which `reelvec serve` needs");
    return CLI_FAILED;
}

#endif

const CliCommand cli_command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "search in a browser, and by HTTP",
    .description =
        "Serves the library's page, and the HTTP interface under it, until Ctrl-C. The address is printed. By "
        "default only this machine reaches it. With --listen others do who know the token: a terminal shows it "
        "as part of the link, and as a QR code; otherwise it is only in its file. TLS is the work of a proxy in front.\n"
        "The library is searched as it is at that moment, also while another process indexes into it. If there is none "
        "yet, the server says so and waits for it.\n"
        "A client is told to try again later (429, 503) if it has too many connections or requests.",
    .examples = "  reelvec serve --open\n"
                "  reelvec serve --listen 0.0.0.0 --host media.lan\n"
                "  reelvec serve --base-path /reelvec --proxy 127.0.0.1 --host example.org --log\n",
    CLI_OPTIONS(ServeSettings, options),
    .exit_statuses = exit_statuses,
    .min_arguments = 0,
    .max_arguments = 0,
    .run = run,
};
