/* SPDX-License-Identifier: MIT */
/* Programs whose output is an answer.
 *
 *   program --pipe--> thread of the play --ring--> stream's read, on the connection's thread
 *
 * A ring that is full stops the program, whose pipe is then not read. Its standard error is read all the time, with
 * pauses. A play is held by its thread and by the stream. The stream's functions are never called with the play's mutex
 * held, because the stream calls `read` with its own. */
#include "plays.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ffmpeg.h"
#include "process/program.h"
#include "web_clock.h"
#include "web_error.h"

#define RING_BYTES ((size_t)1 << 20)
#define ERROR_BYTES 4096
#define LOOK_MS 200  // for a client that went while the ring is full
#define FIRST_S 30.0 // until the first bytes
#define LAST_S 1.0   // that what it says is read after its output has ended

typedef struct Play {
    Plays *plays;
    char **arguments;
    pthread_mutex_t mutex;
    pthread_cond_t changed; // something came, or the end
    uint8_t *ring;
    size_t begin, count;
    bool ended, failed;
    RvError err; // of starting
    char errors[ERROR_BYTES];
    size_t error_bytes;
    int poke; // eventfd: there is room again
    int holders;
    Stream *stream;
} Play;

struct Plays {
    pthread_mutex_t mutex;
    pthread_cond_t gone;
    size_t count;
};

/* ---- all of them -------------------------------------------------------------------------------------- */

RvStatus plays_create(Plays **out, RvError *err)
{
    Plays *plays = calloc(1, sizeof *plays);
    if (plays == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&plays->mutex, NULL);
    web_condition_init(&plays->gone);
    *out = plays;
    return RV_OK;
}

void plays_destroy(Plays *plays)
{
    if (plays == NULL)
        return;
    pthread_mutex_lock(&plays->mutex);
    while (plays->count > 0)
        pthread_cond_wait(&plays->gone, &plays->mutex);
    pthread_mutex_unlock(&plays->mutex);
    pthread_cond_destroy(&plays->gone);
    pthread_mutex_destroy(&plays->mutex);
    free(plays);
}

size_t plays_count(Plays *plays)
{
    pthread_mutex_lock(&plays->mutex);
    size_t count = plays->count;
    pthread_mutex_unlock(&plays->mutex);
    return count;
}

/* ---- one ---------------------------------------------------------------------------------------------- */

static void let_go(Play *play)
{
    pthread_mutex_lock(&play->mutex);
    bool last = --play->holders == 0;
    pthread_mutex_unlock(&play->mutex);
    if (!last)
        return;
    for (size_t i = 0; play->arguments != NULL && play->arguments[i] != NULL; i++)
        free(play->arguments[i]);
    free(play->arguments);
    if (play->poke >= 0)
        close(play->poke);
    free(play->ring);
    pthread_cond_destroy(&play->changed);
    pthread_mutex_destroy(&play->mutex);
    free(play);
}

static void enter(Plays *plays)
{
    pthread_mutex_lock(&plays->mutex);
    plays->count++;
    pthread_mutex_unlock(&plays->mutex);
}

/* It counts no more: its process is gone, and nothing of the server is used any more. */
static void leave(Plays *plays)
{
    pthread_mutex_lock(&plays->mutex);
    plays->count--;
    pthread_cond_broadcast(&plays->gone);
    pthread_mutex_unlock(&plays->mutex);
}

static char **copy_arguments(const char *const *arguments)
{
    size_t count = 0;
    while (arguments[count] != NULL)
        count++;
    char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = strdup(arguments[i]);
        if (copy[i] == NULL) {
            while (i > 0)
                free(copy[--i]);
            free(copy);
            return NULL;
        }
    }
    return copy;
}

static Play *create(Plays *plays, const char *const *arguments)
{
    Play *play = calloc(1, sizeof *play);
    if (play == NULL)
        return NULL;
    play->plays = plays;
    play->holders = 1;
    pthread_mutex_init(&play->mutex, NULL);
    web_condition_init(&play->changed);
    play->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    play->arguments = copy_arguments(arguments);
    play->ring = malloc(RING_BYTES);
    if (play->poke >= 0 && play->arguments != NULL && play->ring != NULL)
        return play;
    let_go(play);
    return NULL;
}

/* ---- the thread --------------------------------------------------------------------------------------- */

/* Returns false at the end of the output. */
static bool take_output(Play *play, int output)
{
    uint8_t bytes[65536];
    pthread_mutex_lock(&play->mutex);
    size_t room = RING_BYTES - play->count;
    pthread_mutex_unlock(&play->mutex);
    if (room == 0)
        return true;
    ssize_t got = read(output, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    pthread_mutex_lock(&play->mutex);
    size_t at = (play->begin + play->count) % RING_BYTES;
    size_t whole = (size_t)got < RING_BYTES - at ? (size_t)got : RING_BYTES - at;
    memcpy(play->ring + at, bytes, whole);
    memcpy(play->ring, bytes + whole, (size_t)got - whole);
    play->count += (size_t)got;
    pthread_cond_broadcast(&play->changed);
    pthread_mutex_unlock(&play->mutex);
    if (got > 0)
        stream_wake(play->stream);
    return got > 0;
}

/* Keep the end of what it says. Returns false at the end. */
static bool take_errors(Play *play, int errors)
{
    char bytes[PROGRAM_READ_BYTES];
    ssize_t got = read(errors, bytes, sizeof bytes);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    size_t count = (size_t)got < ERROR_BYTES ? (size_t)got : ERROR_BYTES;
    pthread_mutex_lock(&play->mutex);
    size_t keep = play->error_bytes < ERROR_BYTES - count ? play->error_bytes : ERROR_BYTES - count;
    memmove(play->errors, play->errors + play->error_bytes - keep, keep);
    memcpy(play->errors + keep, bytes + got - count, count);
    play->error_bytes = keep + count;
    pthread_mutex_unlock(&play->mutex);
    return got > 0;
}

/* What it has started may go on to write there for ever. */
static void take_last_errors(Play *play, int errors, bool open)
{
    struct pollfd polled = {.fd = errors, .events = POLLIN};
    Patience patience = web_patience(LAST_S);
    while (open && web_patience_lasts(&patience) && poll(&polled, 1, LOOK_MS) > 0) {
        open = take_errors(play, errors);
        usleep(PROGRAM_PAUSE_MS * 1000);
    }
}

/* Until the output's end or the client's. Returns true if all of the output was taken. */
static bool pass_on(Play *play, const Program *program)
{
    bool errors_open = true;
    double errors_from_s = 0;
    uint64_t pokes;
    while (!stream_is_over(play->stream)) {
        bool pauses = web_clock_s() < errors_from_s;
        pthread_mutex_lock(&play->mutex);
        bool room = play->count < RING_BYTES;
        pthread_mutex_unlock(&play->mutex);
        struct pollfd polled[] = {{.fd = room ? program->output : -1, .events = POLLIN},
                                  {.fd = errors_open && !pauses ? program->errors : -1, .events = POLLIN},
                                  {.fd = play->poke, .events = POLLIN}};
        if (poll(polled, 3, pauses ? PROGRAM_PAUSE_MS : LOOK_MS) < 0)
            continue;
        if (polled[2].revents != 0 && read(play->poke, &pokes, sizeof pokes) < 0)
            continue;
        if (polled[1].revents != 0) {
            errors_open = take_errors(play, program->errors);
            errors_from_s = web_clock_s() + PROGRAM_PAUSE_MS * 1e-3;
        }
        if (polled[0].revents != 0 && !take_output(play, program->output)) {
            take_last_errors(play, program->errors, errors_open);
            return true;
        }
    }
    return false;
}

/* A program that has closed its output ends by itself. */
static int wait_for_end(const Program *program)
{
    siginfo_t info = {0};
    for (int i = 0; i < 100 && info.si_pid == 0; i++) {
        if (waitid(P_PID, (id_t)program->process, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
            break;
        if (info.si_pid == 0)
            usleep(10000);
    }
    return rv_program_end(program);
}

static void *run(void *user)
{
    Play *play = user;
    Program program;
    RvError err = {0};
    bool failed = true, is_program;
    const char *const *arguments = (const char *const *)play->arguments;
    int cause = rv_program_start(arguments, FFMPEG_NICER, &program, &is_program);
    if (cause != 0) {
        web_error(&err, is_program ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: cannot be started: %s",
                  arguments[0], strerror(cause));
    } else {
        bool whole = pass_on(play, &program);
        int state = whole ? wait_for_end(&program) : rv_program_end(&program);
        rv_program_close(&program);
        failed = !whole || !WIFEXITED(state) || WEXITSTATUS(state) != 0;
    }
    pthread_mutex_lock(&play->mutex);
    play->ended = true;
    play->failed = failed;
    play->err = err;
    pthread_cond_broadcast(&play->changed);
    pthread_mutex_unlock(&play->mutex);
    stream_wake(play->stream);
    stream_release(play->stream);
    leave(play->plays);
    let_go(play);
    return NULL;
}

/* ---- the answer's side -------------------------------------------------------------------------------- */

static ssize_t read_ring(void *user, char *buffer, size_t max_bytes)
{
    Play *play = user;
    pthread_mutex_lock(&play->mutex);
    bool full = play->count == RING_BYTES;
    size_t size = play->count < max_bytes ? play->count : max_bytes;
    if (size > RING_BYTES - play->begin)
        size = RING_BYTES - play->begin;
    memcpy(buffer, play->ring + play->begin, size);
    play->begin = (play->begin + size) % RING_BYTES;
    play->count -= size;
    ssize_t got = size > 0       ? (ssize_t)size
                  : !play->ended ? STREAM_NOTHING_YET
                  : play->failed ? STREAM_BROKEN
                                 : STREAM_END;
    pthread_mutex_unlock(&play->mutex);
    uint64_t one = 1;
    if (full && size > 0 && write(play->poke, &one, sizeof one) < 0)
        return got; // it looks by itself soon
    return got;
}

static void release(void *user)
{
    Play *play = user;
    uint64_t one = 1;
    if (write(play->poke, &one, sizeof one) < 0)
        one = 0; // it looks by itself soon
    let_go(play);
}

/* The number by which the program reaches the file (api_play.c) says nothing to anybody. */
static void name_file(char *line)
{
    static const char word[] = "the file";
    char path[64], *at = line;
    snprintf(path, sizeof path, "/proc/%ld/fd/", (long)getpid());
    while ((at = strstr(at, path)) != NULL) {
        char *end = at + strlen(path);
        end += strspn(end, "0123456789");
        if (at - line >= 5 && memcmp(at - 5, "file:", 5) == 0)
            at -= 5;
        memmove(at + strlen(word), end, strlen(end) + 1); // which is shorter
        memcpy(at, word, strlen(word));
        at += strlen(word);
    }
}

/* The last line that the program wrote. */
static void tell_cause(const Play *play, Reply *reply)
{
    char line[512] = "";
    size_t end = play->error_bytes;
    while (end > 0 && (play->errors[end - 1] == '\n' || play->errors[end - 1] == '\r'))
        end--;
    size_t begin = end;
    while (begin > 0 && play->errors[begin - 1] != '\n')
        begin--;
    size_t size = end - begin < sizeof line - 1 ? end - begin : sizeof line - 1;
    memcpy(line, play->errors + begin, size);
    name_file(line);
    if (play->err.status != RV_OK)
        reply_error(reply, 500, "io", "%s", play->err.message);
    else
        reply_error(reply, 502, "cannot_convert", "the video cannot be converted: %s",
                    line[0] != '\0' ? line : "ffmpeg does not say why");
}

/* Returns true once there is something to send. */
static bool wait_for_first(Play *play, Request *request, Reply *reply)
{
    Patience patience = web_patience(FIRST_S);
    pthread_mutex_lock(&play->mutex);
    while (play->count == 0 && !play->ended && web_patience_lasts(&patience) && !request_client_gone(request))
        web_condition_wait(&play->changed, &play->mutex, 50);
    bool there = play->count > 0;
    if (!there && play->ended)
        tell_cause(play, reply);
    else if (!there)
        reply_error(reply, 504, "timeout", "ffmpeg made nothing within %g s", FIRST_S);
    pthread_mutex_unlock(&play->mutex);
    return there;
}

void plays_answer(Plays *plays, Request *request, Reply *reply, const char *type,
                  const char *const *arguments)
{
    static const StreamSource source = {read_ring, release};
    Play *play = create(plays, arguments);
    if (play == NULL) {
        reply_memory(reply);
        return;
    }
    enter(plays);
    pthread_t thread;
    Stream *stream = play->stream = stream_create(&source, play);
    play->holders = 2;
    if (stream == NULL || pthread_create(&thread, NULL, run, play) != 0) {
        leave(plays);
        let_go(play);
        if (stream != NULL) { // whose second holder lets go of the play
            stream_drop(stream);
            stream_release(stream);
        } else {
            let_go(play);
        }
        reply_memory(reply);
        return;
    }
    pthread_detach(thread);
    if (wait_for_first(play, request, reply))
        reply_stream(reply, 200, type, stream);
    else
        stream_drop(stream);
}
