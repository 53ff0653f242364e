/* SPDX-License-Identifier: MIT */
/* A library for LD_PRELOAD in front of libc: one call of a kind fails, as on a machine that is out of it.
 *
 *   RV_FAULT=KIND:N      call number N (from 1) of that kind fails
 *   RV_FAULT=KIND:N+     that call and all later ones
 *   RV_FAULT=KIND:0      none fails
 *   RV_FAULT_COUNT=FILE  receives the number of calls of that kind when the process ends
 *
 * KIND: memory (allocations), media (those of FFmpeg's libraries), read (EIO), write (ENOSPC), sync (EIO),
 * map (ENOMEM, of files), open (EMFILE), thread (EAGAIN). Calls on descriptors count only if they are regular
 * files outside of the system's folders, and allocations only if reelvec or a library that promises to bear
 * their failure asked for them (fontconfig and libcrypto do not). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size_bytes);
void *__libc_calloc(size_t count, size_t size_bytes);
void *__libc_realloc(void *old, size_t size_bytes);
void *__libc_memalign(size_t alignment, size_t size_bytes);

typedef enum Kind {
    KIND_NONE,
    KIND_MEMORY,
    KIND_MEDIA,
    KIND_READ,
    KIND_WRITE,
    KIND_SYNC,
    KIND_MAP,
    KIND_OPEN,
    KIND_THREAD
} Kind;

static const char *const kind_names[] = {"none", "memory", "media", "read",  "write",
                                         "sync", "map",    "open",  "thread"};
static const char *const bearing[] = {"reelvec", "libsqlite3", "libjansson", NULL};
static const char *const of_ffmpeg[] = {"libav", "libswscale", NULL};

static Kind failing;
static long fail_at;
static bool fail_on;
static atomic_long calls;

static struct Range {
    uintptr_t start, end;
} ranges[32];
static size_t range_count;

static int note_object(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = slash != NULL ? slash + 1 : info->dlpi_name;
    bool counts = name[0] == '\0'; // the program itself
    counts = counts && failing == KIND_MEMORY;
    for (const char *const *part = failing == KIND_MEDIA ? of_ffmpeg : bearing; *part != NULL; part++)
        counts = counts || strstr(name, *part) != NULL;
    for (size_t i = 0; counts && i < info->dlpi_phnum && range_count < sizeof ranges / sizeof ranges[0];
         i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            ranges[range_count++] = (struct Range){start, start + info->dlpi_phdr[i].p_memsz};
        }
    }
    return 0;
}

static void write_count(void)
{
    const char *path = getenv("RV_FAULT_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file == NULL)
        return;
    fprintf(file, "%ld\n", (long)calls);
    fclose(file);
}

__attribute__((constructor)) static void begin(void)
{
    const char *fault = getenv("RV_FAULT");
    const char *colon = fault != NULL ? strchr(fault, ':') : NULL;
    if (colon == NULL)
        return;
    char *end = NULL;
    fail_at = strtol(colon + 1, &end, 10);
    fail_on = *end == '+';
    atexit(write_count);
    for (size_t i = 1; i < sizeof kind_names / sizeof kind_names[0]; i++) {
        if (strlen(kind_names[i]) == (size_t)(colon - fault) &&
            strncmp(fault, kind_names[i], (size_t)(colon - fault)) == 0)
            failing = (Kind)i;
    }
    dl_iterate_phdr(note_object, NULL);
}

static bool fails(Kind kind, int reason)
{
    if (kind != failing)
        return false;
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (fail_at == 0 || call < fail_at || (call > fail_at && !fail_on))
        return false;
    errno = reason;
    return true;
}

static bool is_ours(const char *path)
{
    static const char *const system_folders[] = {"/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/dev/"};
    for (size_t i = 0; i < sizeof system_folders / sizeof system_folders[0]; i++) {
        if (strncmp(path, system_folders[i], strlen(system_folders[i])) == 0)
            return false;
    }
    return path[0] == '/';
}

static bool fails_on(Kind kind, int descriptor, int reason)
{
    if (kind != failing)
        return false;
    char link_name[64], path[4096];
    snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link_name, path, sizeof path - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    return is_ours(path) && fails(kind, reason);
}

static bool allocation_fails(const void *caller)
{
    if (failing != KIND_MEMORY && failing != KIND_MEDIA)
        return false;
    for (size_t i = 0; i < range_count; i++) {
        if ((uintptr_t)caller >= ranges[i].start && (uintptr_t)caller < ranges[i].end)
            return fails(failing, ENOMEM);
    }
    return false;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size_bytes)
{
    return allocation_fails(CALLER) ? NULL : __libc_malloc(size_bytes);
}

void *calloc(size_t count, size_t size_bytes)
{
    return allocation_fails(CALLER) ? NULL : __libc_calloc(count, size_bytes);
}

void *realloc(void *old, size_t size_bytes)
{
    return allocation_fails(CALLER) ? NULL : __libc_realloc(old, size_bytes);
}

void *aligned_alloc(size_t alignment, size_t size_bytes)
{
    return allocation_fails(CALLER) ? NULL : __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void **out, size_t alignment, size_t size_bytes)
{
    if (allocation_fails(CALLER))
        return ENOMEM;
    *out = __libc_memalign(alignment, size_bytes);
    return *out != NULL ? 0 : ENOMEM;
}

/* The next definition of a function, that of libc. */
#define NEXT(name)                                                                                           \
    static __typeof__(name) *next;                                                                           \
    if (next == NULL)                                                                                        \
    *(void **)&next = dlsym(RTLD_NEXT, #name)

ssize_t read(int descriptor, void *bytes, size_t size_bytes)
{
    NEXT(read);
    return fails_on(KIND_READ, descriptor, EIO) ? -1 : next(descriptor, bytes, size_bytes);
}

ssize_t pread(int descriptor, void *bytes, size_t size_bytes, off_t offset)
{
    NEXT(pread);
    return fails_on(KIND_READ, descriptor, EIO) ? -1 : next(descriptor, bytes, size_bytes, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t size_bytes, off64_t offset)
{
    NEXT(pread64);
    return fails_on(KIND_READ, descriptor, EIO) ? -1 : next(descriptor, bytes, size_bytes, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t size_bytes)
{
    NEXT(write);
    return fails_on(KIND_WRITE, descriptor, ENOSPC) ? -1 : next(descriptor, bytes, size_bytes);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size_bytes, off_t offset)
{
    NEXT(pwrite);
    return fails_on(KIND_WRITE, descriptor, ENOSPC) ? -1 : next(descriptor, bytes, size_bytes, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size_bytes, off64_t offset)
{
    NEXT(pwrite64);
    return fails_on(KIND_WRITE, descriptor, ENOSPC) ? -1 : next(descriptor, bytes, size_bytes, offset);
}

int ftruncate(int descriptor, off_t size_bytes)
{
    NEXT(ftruncate);
    return fails_on(KIND_WRITE, descriptor, ENOSPC) ? -1 : next(descriptor, size_bytes);
}

int ftruncate64(int descriptor, off64_t size_bytes)
{
    NEXT(ftruncate64);
    return fails_on(KIND_WRITE, descriptor, ENOSPC) ? -1 : next(descriptor, size_bytes);
}

int fsync(int descriptor)
{
    NEXT(fsync);
    return fails_on(KIND_SYNC, descriptor, EIO) ? -1 : next(descriptor);
}

int fdatasync(int descriptor)
{
    NEXT(fdatasync);
    return fails_on(KIND_SYNC, descriptor, EIO) ? -1 : next(descriptor);
}

void *mmap(void *address, size_t size_bytes, int protection, int flags, int descriptor, off_t offset)
{
    NEXT(mmap);
    if (descriptor >= 0 && fails_on(KIND_MAP, descriptor, ENOMEM))
        return MAP_FAILED;
    return next(address, size_bytes, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t size_bytes, int protection, int flags, int descriptor, off64_t offset)
{
    NEXT(mmap64);
    if (descriptor >= 0 && fails_on(KIND_MAP, descriptor, ENOMEM))
        return MAP_FAILED;
    return next(address, size_bytes, protection, flags, descriptor, offset);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    NEXT(open);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return failing == KIND_OPEN && is_ours(path) && fails(KIND_OPEN, EMFILE) ? -1 : next(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    NEXT(open64);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return failing == KIND_OPEN && is_ours(path) && fails(KIND_OPEN, EMFILE) ? -1 : next(path, flags, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    NEXT(pthread_create);
    return fails(KIND_THREAD, EAGAIN) ? EAGAIN : next(thread, attributes, run, argument);
}
