/* SPDX-License-Identifier: MIT */
/* What Linux has and macOS has not, under Linux's names. Meson puts this header in front of every source file there
 * (-include), and nowhere else. Compiled against the headers of macOS 11 (tools/check_libc macos), never run. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <xlocale.h>

#define st_mtim st_mtimespec
#define TCP_KEEPIDLE TCP_KEEPALIVE
#define fdatasync fsync

/* ---- threads ------------------------------------------------------------------------------------------- */

/* There is no affinity: all cores may be used. */
typedef struct MacosCores {
    int count;
} cpu_set_t;
#define CPU_COUNT(set) ((set)->count)

static inline int sched_getaffinity(pid_t process, size_t size_bytes, cpu_set_t *set)
{
    (void)process;
    (void)size_bytes;
    set->count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return 0;
}

static inline int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
    (void)attributes;
    return clock == CLOCK_REALTIME ? 0 : ENOTSUP;
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static inline void *memrchr(const void *bytes, int wanted, size_t size_bytes)
{
    for (const unsigned char *first = bytes, *at = first + size_bytes; at > first;) {
        if (*--at == (unsigned char)wanted)
            return (void *)(uintptr_t)at;
    }
    return NULL;
}

static inline void *reallocarray(void *old, size_t count, size_t item_bytes)
{
    size_t size_bytes = 0;
    if (__builtin_mul_overflow(count, item_bytes, &size_bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, size_bytes);
}

/* The arguments of qsort_r and of its function are in another order there. */
typedef struct MacosOrder {
    int (*compare)(const void *a, const void *b, void *context);
    void *context;
} MacosOrder;

static inline int macos_compare(void *order, const void *a, const void *b)
{
    const MacosOrder *linux_order = order;
    return linux_order->compare(a, b, linux_order->context);
}

static inline void macos_qsort_r(void *items, size_t count, size_t item_bytes,
                                 int (*compare)(const void *a, const void *b, void *context), void *context)
{
    MacosOrder order = {compare, context};
    qsort_r(items, count, item_bytes, &order, macos_compare);
}
#define qsort_r macos_qsort_r

/* At most 256 bytes, as all callers want. */
static inline ssize_t getrandom(void *bytes, size_t size_bytes, unsigned flags)
{
    (void)flags;
    return getentropy(bytes, size_bytes) == 0 ? (ssize_t)size_bytes : -1;
}

/* ---- descriptors --------------------------------------------------------------------------------------- */

/* Programs that are started get none but their own three (rv_program_start), so that the moment between the two calls
 * harms nothing. */
#define SOCK_CLOEXEC 0

static inline int pipe2(int ends[2], int flags)
{
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2 && (flags & O_CLOEXEC) != 0; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
}

static inline int dup3(int from, int to, int flags)
{
    int descriptor = dup2(from, to);
    if (descriptor >= 0 && (flags & O_CLOEXEC) != 0)
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
}

#define CLOSE_RANGE_CLOEXEC 4
/* Only as it is called: from a number to the highest, to be closed by exec. Safe between fork() and exec. */
static inline int close_range(unsigned first, unsigned last, int flags)
{
    (void)last;
    (void)flags;
    for (int descriptor = (int)first, count = getdtablesize(); descriptor < count; descriptor++)
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return 0;
}

/* Callers go on without what these would give. */
#define MFD_CLOEXEC 1
static inline int memfd_create(const char *name, unsigned flags)
{
    (void)name;
    (void)flags;
    errno = ENOSYS;
    return -1;
}

static inline ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t size_bytes,
                                      unsigned flags)
{
    (void)from, (void)from_at, (void)to, (void)to_at, (void)size_bytes, (void)flags;
    errno = ENOSYS;
    return -1;
}

/* ---- files --------------------------------------------------------------------------------------------- */

#define RENAME_NOREPLACE RENAME_EXCL
#define renameat2 renameatx_np
#define fsetxattr(descriptor, name, value, size, flags) fsetxattr(descriptor, name, value, size, 0, flags)
#define getxattr(path, name, value, size) getxattr(path, name, value, size, 0, 0)
