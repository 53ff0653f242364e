/* SPDX-License-Identifier: MIT */
/* What signals do to the program, and what is removed before one ends it. Handlers call only functions that
 * are safe in them (signal-safety(7)). */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "progress.h"

#define TEMPORARY_COUNT 8
#define PATH_BYTES 4096

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDING_SIGNALS (sizeof ending_signals / sizeof ending_signals[0])

static volatile sig_atomic_t interrupt_count, interrupt_signal;

// Written by one thread at a time. `used` is set last and cleared first, so that handlers see only complete
// names.
static struct {
    char path[PATH_BYTES];
    atomic_bool used;
} temporaries[TEMPORARY_COUNT];
static atomic_bool catches_interrupts, clears_at_end;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        errno = 0; // nobody can be told of a failure
}

static void remove_temporaries(void)
{
    for (size_t i = 0; i < TEMPORARY_COUNT; i++) {
        if (atomic_load(&temporaries[i].used))
            unlink(temporaries[i].path);
    }
}

/* ---- interrupts --------------------------------------------------------------------------------------- */

static void set_handler(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction before, action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    // A signal that was ignored at the start, as under nohup, stays ignored.
    if (sigaction(signal_number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(signal_number, &action, NULL);
}

static void note_interrupt(int signal_number)
{
    int saved = errno;
    bool last = interrupt_count++ > 0, terminal = isatty(STDERR_FILENO);
    // The terminal has written "^C" behind the cursor. A progress bar is erased; any other text keeps its
    // line.
    if (terminal)
        say(cli_progress_on_screen() ? "\r\033[K" : "\n");
    if (last) {
        remove_temporaries();
        _exit(128 + signal_number);
    }
    interrupt_signal = signal_number;
    if (terminal)
        say("reelvec: stopping after the running step; once more stops at once\n");
    errno = saved;
}

/* Handler for commands that do not stop by themselves: they end as without a handler, but leave no temporary
 * files. */
static void end_by(int signal_number)
{
    remove_temporaries();
    raise(signal_number); // SA_RESETHAND has restored the default action
}

void cli_catch_interrupts(void)
{
    atomic_store(&catches_interrupts, true);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        set_handler(ending_signals[i], note_interrupt, SA_RESTART);
}

bool cli_interrupted(void)
{
    return interrupt_count > 0;
}

int cli_interrupt_status(void)
{
    return 128 + interrupt_signal;
}

/* ---- another program ---------------------------------------------------------------------------------- */

static volatile sig_atomic_t program_waited_for, program_signal;

static void leave_to_program(int signal_number)
{
    int saved = errno;
    program_signal = signal_number;
    if (signal_number == SIGTERM || signal_number == SIGHUP)
        kill((pid_t)program_waited_for, signal_number);
    errno = saved;
}

static const int program_signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
#define PROGRAM_SIGNALS (sizeof program_signals / sizeof program_signals[0])

void cli_hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < PROGRAM_SIGNALS; i++)
        sigaddset(&held, program_signals[i]);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

void cli_release_signals(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

bool cli_wait_for_program(pid_t program, const sigset_t *mask, int *ended, int *signal_number)
{
    struct sigaction before[PROGRAM_SIGNALS];
    program_waited_for = program;
    program_signal = 0;
    for (size_t i = 0; i < PROGRAM_SIGNALS; i++) {
        sigaction(program_signals[i], NULL, &before[i]);
        set_handler(program_signals[i], leave_to_program, SA_RESTART);
    }
    cli_release_signals(mask);
    pid_t found;
    do {
        found = waitpid(program, ended, 0);
    } while (found < 0 && errno == EINTR);
    int saved = errno;
    for (size_t i = 0; i < PROGRAM_SIGNALS; i++)
        sigaction(program_signals[i], &before[i], NULL);
    *signal_number = program_signal;
    errno = saved;
    return found == program;
}

/* ---- temporary files ---------------------------------------------------------------------------------- */

void cli_temporary_add(const char *path)
{
    size_t length = strlen(path);
    if (!atomic_exchange(&clears_at_end, true) && !atomic_load(&catches_interrupts)) {
        for (size_t i = 0; i < ENDING_SIGNALS; i++)
            set_handler(ending_signals[i], end_by, (int)(SA_RESETHAND | SA_NODEFER));
    }
    for (size_t i = 0; i < TEMPORARY_COUNT && length < PATH_BYTES; i++) {
        if (atomic_load(&temporaries[i].used))
            continue;
        memcpy(temporaries[i].path, path, length + 1);
        atomic_store(&temporaries[i].used, true);
        return;
    }
}

void cli_temporary_forget(const char *path)
{
    for (size_t i = 0; i < TEMPORARY_COUNT; i++) {
        if (atomic_load(&temporaries[i].used) && strcmp(temporaries[i].path, path) == 0)
            atomic_store(&temporaries[i].used, false);
    }
}

/* ---- files that became shorter ------------------------------------------------------------------------ */

/* Read a hexadecimal number at *text and move *text behind it. */
static uintptr_t read_hex(const char **text)
{
    uintptr_t value = 0;
    for (;; (*text)++) {
        char digit = **text;
        if (digit >= '0' && digit <= '9')
            value = value * 16 + (uintptr_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            value = value * 16 + (uintptr_t)(digit - 'a' + 10);
        else
            return value;
    }
}

/* Parse "START-END rights offset device inode   PATH", the format of proc(5). Returns PATH if the address is
 * between START and END, otherwise NULL. */
static char *path_of_line(char *line, uintptr_t address)
{
    const char *at = line;
    uintptr_t start = read_hex(&at), end = *at == '-' ? (at++, read_hex(&at)) : 0;
    char *path = strchr(line, '/');
    return address >= start && address < end ? path : NULL;
}

/* Returns the path of the file that is mapped at the address, or NULL if there is none or it cannot be
 * found. */
static const char *mapped_file(uintptr_t address)
{
    static char text[2 * PATH_BYTES]; // called only once per process
    size_t length = 0;
    ssize_t got = 0;
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (maps >= 0 && (got = read(maps, text + length, sizeof text - 1 - length)) > 0) {
        length += (size_t)got;
        text[length] = '\0';
        char *line = text;
        for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            char *path = path_of_line(line, address);
            if (path != NULL)
                return path;
        }
        length -= (size_t)(line - text);
        memmove(text, line, length);
        if (length == sizeof text - 1)
            break;
    }
    return NULL;
}

// Handler of SIGBUS: a mapped file has lost the page that was read. Prints the file's name and ends the
// program.
static void end_by_bus_error(int signal_number, siginfo_t *info, void *context)
{
    static atomic_flag once = ATOMIC_FLAG_INIT;
    (void)context;
    while (atomic_flag_test_and_set(&once))
        pause(); // another thread is printing the message and ends the program
    const char *found = mapped_file((uintptr_t)info->si_addr);
    if (found == NULL) { // the address does not belong to a file: end as without a handler
        signal(signal_number, SIG_DFL);
        return;
    }
    remove_temporaries();
    char path[PATH_BYTES];
    size_t length = 0;
    for (; found[length] != '\0' && length + 1 < sizeof path; length++)
        path[length] = (unsigned char)found[length] < 0x20 || found[length] == 0x7f ? '?' : found[length];
    path[length] = '\0';
    say("reelvec: ");
    say(path);
    say(": became shorter while it was being read, or its disk failed; run the command again when the file "
        "is whole\n");
    _exit(1);
}

void cli_signals_begin(void)
{
    struct sigaction action = {.sa_sigaction = end_by_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}
