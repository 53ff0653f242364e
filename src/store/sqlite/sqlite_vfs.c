/* SPDX-License-Identifier: MIT */
/* SQLite's view of the file system, for libraries: reading without making any file.
 *
 * A library is in SQLite's write-ahead log mode. To read such a file, SQLite needs LIBRARY-wal and
 * LIBRARY-shm, and makes them if they are missing. If a user who may only read makes them, they belong to that
 * user, and other users who may write to the library cannot write to them. Therefore a connection for reading
 * makes neither:
 *
 *   - LIBRARY-wal is missing or empty: everything is in the library itself, and is read from there
 *     ("alone"), as SQLite reads a file that has no write-ahead log. Two bytes of the header are
 *     changed on their way in.
 *   - LIBRARY-wal has content: a process is writing, or was interrupted. SQLite reads log and library
 *     together, with LIBRARY-shm; if the user may only read the library, with an existing one (its parameter
 *     readonly_shm: opened for reading, never made).
 *
 * SQLite checks which of the two is the case each time it begins to read. This file must keep a writer that
 * comes later from changing the library under a reader that is alone. Writers put rows into the log first,
 * which does no harm. Only the transfer of the log into the library (a checkpoint) does harm:
 *
 *   - Readers that are alone hold a shared flock() on the library's folder while they read. Connections
 *     of this file system take that lock exclusively before a checkpoint. If they do not get it at once,
 *     there is no checkpoint and the log stays longer. A lock on the library itself would not work: when
 *     a process closes any descriptor of a file, it loses the locks that SQLite holds on that file.
 *   - Other programs do not know that lock. After every read of a page, the file's size and time of change
 *     must be the same as when the reading began. If not, the page is not used, and the reader gets
 *     SQLITE_BUSY. A change within one tick of the clock that stamps files would not be noticed, so
 *     reading begins only when the last change is older than that.
 *
 * Sources: sqlite.org/walformat.html (2.3, numbers of the locks), sqlite.org/fileformat2.html (1.3, the
 * header), sqlite.org/c3ref/vfs.html. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/sqlite/sqlite_store.h"

// Offsets in the library's header.
#define HEADER_BYTES 100
#define VERSIONS_AT 18 // of the format, for writing and for reading; 2: with a write-ahead log
#define COUNTER_AT 24  // of changes; by it SQLite checks whether its cache is still valid
#define COUNTED_AT 92  // the counter for which the number of pages in the header is valid

// A log: header (walformat.html 2.1.1), frames. The last bit of the magic number is the byte order.
#define LOG_HEADER_BYTES 32
#define LOG_MAGIC 0x377f0682u

#define WRITE_LOCK 0
#define CHECKPOINT_LOCK 1
#define FIRST_READ_LOCK 3
// How often a reader asks for WRITE_LOCK before it gets it, which takes about two seconds in all.
#define WRITE_LOCK_TRIES 65
#define TICK_NS 20000000L // the clock of file times advances every 1 to 10 ms

typedef struct Stamp {
    struct timespec changed;
    off_t size_bytes;
} Stamp;

/* An open library. The file object of the system's own VFS follows it in memory. */
typedef struct LibraryFile {
    sqlite3_file base;
    sqlite3_file *real;
    const char *path;     // SQLite's; valid as long as the file is open
    int file;             // for take_stamp; see open_to_look
    int folder;           // to lock; -1: cannot be opened
    bool reader;          // opened for reading
    bool only_looks;      // reader: LIBRARY-shm is opened for reading too
    bool alone;           // reads without a log now
    bool locked;          // the folder
    bool expects_log;     // there was a log when reading began, so reading alone is not allowed
    int write_lock_tries; // since reading began
    Stamp stamp;          // while alone: that of the library when reading began
} LibraryFile;

#define REAL_OFFSET ((sizeof(LibraryFile) + 15) / 16 * 16)

static sqlite3_vfs *system_vfs(void)
{
    return sqlite3_vfs_find(NULL);
}

static LibraryFile *library_of(sqlite3_file *file)
{
    return (LibraryFile *)file;
}

/* ---- reading alone ------------------------------------------------------------------------------------ */

static uint32_t get_u32(const unsigned char *bytes, bool big_endian)
{
    return big_endian
               ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]
               : (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

/* Returns a descriptor that is only good for fstat, so that closing it releases no lock of SQLite's. LOOK_AT_PATH where
 * there is no such thing; -1 if it cannot be opened. */
#define LOOK_AT_PATH (-2)
static int open_to_look(const char *path)
{
#if defined(O_PATH)
    return open(path, O_PATH | O_CLOEXEC);
#else
    (void)path;
    return LOOK_AT_PATH;
#endif
}

static bool take_stamp(const LibraryFile *file, Stamp *out)
{
    struct stat facts;
    if ((file->file == LOOK_AT_PATH ? stat(file->path, &facts) : fstat(file->file, &facts)) != 0)
        return false;
    *out = (Stamp){facts.st_mtim, facts.st_size};
    return true;
}

static bool same_stamp(const Stamp *a, const Stamp *b)
{
    return a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
           a->size_bytes == b->size_bytes;
}

/* Returns the nanoseconds until a further change would have a different time. */
static long wait_for_tick(const Stamp *stamp)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time_t seconds = now.tv_sec - stamp->changed.tv_sec;
    if (seconds < 0 || seconds > 1)
        return 0;
    long long age = (long long)seconds * 1000000000 + now.tv_nsec - stamp->changed.tv_nsec;
    return age >= 0 && age < TICK_NS ? (long)(TICK_NS - age) : 0;
}

/* Returns true if the log contains more than its header. The header is checked as SQLite does when it reads a
 * log from its beginning. A log without a good header counts as missing: SQLite cannot repair it while
 * reading, and would wait for a writer to do so. If the log cannot be read, SQLite decides, so true is
 * returned. */
static bool log_counts(const char *path)
{
    unsigned char header[LOG_HEADER_BYTES];
    struct stat facts;
    uint32_t words[LOG_HEADER_BYTES / 4], first = 0, second = 0;
    int log = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (log < 0)
        return errno != ENOENT;
    // SQLite holds no lock on the log, so closing it is harmless.
    ssize_t got = pread(log, header, sizeof header, 0);
    bool longer = fstat(log, &facts) == 0 && facts.st_size > LOG_HEADER_BYTES;
    close(log);
    if (got < 0)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && got == LOG_HEADER_BYTES; i++)
        words[i] = get_u32(header + 4 * i, true);
    if (got != LOG_HEADER_BYTES || !longer || (words[0] & ~1u) != LOG_MAGIC)
        return false;
    for (size_t i = 0; i < 6; i += 2) {
        first += get_u32(header + 4 * i, words[0] & 1) + second;
        second += get_u32(header + 4 * i + 4, words[0] & 1) + first;
    }
    return first == words[6] && second == words[7];
}

static bool has_log(const LibraryFile *file)
{
    char name[4096 + 8];
    int length = snprintf(name, sizeof name, "%s-wal", file->path);
    return length > 0 && (size_t)length < sizeof name && log_counts(name);
}

static void end_alone(LibraryFile *file)
{
    if (file->locked)
        flock(file->folder, LOCK_UN);
    file->locked = file->alone = false;
}

/* Begin to read alone. Called after the library itself was locked for reading, so that no log can be removed
 * from now on. */
static int begin_alone(LibraryFile *file)
{
    // SQLite will find the log too, and read it. If it is emptied before that, the library must not be read.
    file->expects_log = has_log(file);
    if (!file->expects_log && file->folder >= 0) {
        file->locked = flock(file->folder, LOCK_SH | LOCK_NB) == 0;
        if (!file->locked && errno == EWOULDBLOCK)
            return SQLITE_BUSY; // a checkpoint is running
    }
    file->alone = take_stamp(file, &file->stamp);
    long wait_ns = file->alone && !file->expects_log ? wait_for_tick(&file->stamp) : 0;
    if (wait_ns > 0) {
        nanosleep(&(struct timespec){0, wait_ns}, NULL);
        file->alone = take_stamp(file, &file->stamp) && wait_for_tick(&file->stamp) == 0;
    }
    if (!file->alone)
        end_alone(file);
    return file->alone ? SQLITE_OK : SQLITE_BUSY;
}

/* Write a number for the state of the file in place of the header's counter, which writers of a log do not
 * always raise. SQLite drops its cache if the number has changed. */
static void put_state(const Stamp *stamp, unsigned char *out)
{
    uint64_t state = (uint64_t)stamp->changed.tv_sec * 1000000000 + (uint64_t)stamp->changed.tv_nsec;
    state = (state ^ (uint64_t)stamp->size_bytes << 20) * 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(state >> (56 - 8 * i));
}

static void change_header(const LibraryFile *file, unsigned char *bytes, int count, sqlite3_int64 offset)
{
    if (offset == 0 && count >= HEADER_BYTES) {
        bool counted = memcmp(bytes + COUNTER_AT, bytes + COUNTED_AT, 4) == 0;
        put_state(&file->stamp, bytes + COUNTER_AT);
        if (counted)
            memcpy(bytes + COUNTED_AT, bytes + COUNTER_AT, 4);
        for (int i = 0; i < 2; i++)
            bytes[VERSIONS_AT + i] = bytes[VERSIONS_AT + i] == 2 ? 1 : bytes[VERSIONS_AT + i];
    } else if (offset == COUNTER_AT && count >= 4) {
        put_state(&file->stamp, bytes);
    }
}

/* ---- the methods of an open library ------------------------------------------------------------------- */

static int close_library(sqlite3_file *base)
{
    LibraryFile *file = library_of(base);
    int code = file->real->pMethods->xClose(file->real);
    end_alone(file);
    if (file->file >= 0)
        close(file->file);
    if (file->folder >= 0)
        close(file->folder);
    return code;
}

static int read_library(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset)
{
    LibraryFile *file = library_of(base);
    int code = file->real->pMethods->xRead(file->real, bytes, count, offset);
    if (!file->alone || (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ))
        return code;
    // SQLite reads the counter alone before it looks for a log.
    Stamp now;
    if ((file->expects_log && offset != COUNTER_AT) || !take_stamp(file, &now) ||
        !same_stamp(&now, &file->stamp))
        return SQLITE_BUSY;
    if (code == SQLITE_OK)
        change_header(file, bytes, count, offset);
    return code;
}

static int write_library(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xWrite(real, bytes, count, offset);
}

static int truncate_library(sqlite3_file *base, sqlite3_int64 size_bytes)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xTruncate(real, size_bytes);
}

static int sync_library(sqlite3_file *base, int flags)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xSync(real, flags);
}

static int size_library(sqlite3_file *base, sqlite3_int64 *size_bytes)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xFileSize(real, size_bytes);
}

static int lock_library(sqlite3_file *base, int level)
{
    LibraryFile *file = library_of(base);
    int code = file->real->pMethods->xLock(file->real, level);
    if (code != SQLITE_OK || !file->reader || level != SQLITE_LOCK_SHARED || file->alone)
        return code;
    code = begin_alone(file);
    if (code != SQLITE_OK)
        file->real->pMethods->xUnlock(file->real, SQLITE_LOCK_NONE);
    return code;
}

static int unlock_library(sqlite3_file *base, int level)
{
    LibraryFile *file = library_of(base);
    int code = file->real->pMethods->xUnlock(file->real, level);
    if (level == SQLITE_LOCK_NONE)
        end_alone(file);
    return code;
}

static int check_lock_of_library(sqlite3_file *base, int *reserved)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xCheckReservedLock(real, reserved);
}

static int control_library(sqlite3_file *base, int operation, void *argument)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xFileControl(real, operation, argument);
}

static int sector_of_library(sqlite3_file *base)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xSectorSize(real);
}

static int traits_of_library(sqlite3_file *base)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

/* After this call SQLite reads the log too, under locks that every program knows. */
static int map_shared(sqlite3_file *base, int region, int size_bytes, int extend, void volatile **out)
{
    LibraryFile *file = library_of(base);
    int code = file->real->pMethods->xShmMap(file->real, region, size_bytes, extend, out);
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_READONLY)
        end_alone(file);
    return code;
}

static int lock_shared(sqlite3_file *base, int first, int count, int flags)
{
    LibraryFile *file = library_of(base);
    bool transfer = !file->reader && file->folder >= 0 && first == CHECKPOINT_LOCK && count == 1 &&
                    (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    bool locks = (flags & SQLITE_SHM_LOCK) != 0;
    // A reader asks for this lock if nobody has read the log into LIBRARY-shm yet: if no writer holds it,
    // SQLite gives up, since a reader cannot do it. But LIBRARY-shm is open elsewhere, or SQLite would not
    // have come so far, and that writer has just begun. As long as the lock seems to be taken, SQLite looks
    // again.
    if (file->only_looks && first == WRITE_LOCK && locks && file->write_lock_tries++ < WRITE_LOCK_TRIES)
        return SQLITE_BUSY;
    if (transfer && locks) {
        file->locked = flock(file->folder, LOCK_EX | LOCK_NB) == 0;
        if (!file->locked && errno == EWOULDBLOCK)
            return SQLITE_BUSY;
    }
    int code = file->real->pMethods->xShmLock(file->real, first, count, flags);
    if (code == SQLITE_OK && first >= FIRST_READ_LOCK)
        file->write_lock_tries = 0; // it reads
    if (transfer && file->locked && (!locks || code != SQLITE_OK)) {
        flock(file->folder, LOCK_UN);
        file->locked = false;
    }
    return code;
}

static void barrier_of_shared(sqlite3_file *base)
{
    sqlite3_file *real = library_of(base)->real;
    real->pMethods->xShmBarrier(real);
}

static int unmap_shared(sqlite3_file *base, int remove)
{
    sqlite3_file *real = library_of(base)->real;
    return real->pMethods->xShmUnmap(real, remove);
}

// Version 2: only the shared memory is mapped, so every page goes through read_library.
static const sqlite3_io_methods library_methods = {
    .iVersion = 2,
    .xClose = close_library,
    .xRead = read_library,
    .xWrite = write_library,
    .xTruncate = truncate_library,
    .xSync = sync_library,
    .xFileSize = size_library,
    .xLock = lock_library,
    .xUnlock = unlock_library,
    .xCheckReservedLock = check_lock_of_library,
    .xFileControl = control_library,
    .xSectorSize = sector_of_library,
    .xDeviceCharacteristics = traits_of_library,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = barrier_of_shared,
    .xShmUnmap = unmap_shared,
};

/* ---- the file system ---------------------------------------------------------------------------------- */

static int open_folder(const char *path)
{
    char folder[4096 + 8];
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : 0;
    if (slash == NULL || length >= sizeof folder)
        return -1;
    memcpy(folder, path, length);
    folder[length] = '\0';
    return open(length > 0 ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    sqlite3_vfs *real = system_vfs();
    base->pMethods = NULL;
    if (real == NULL || (size_t)vfs->szOsFile < REAL_OFFSET + (size_t)real->szOsFile)
        return SQLITE_CANTOPEN;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || name == NULL)
        return real->xOpen(real, name, base, flags, out_flags);
    LibraryFile *file = library_of(base);
    int got_flags = 0;
    *file = (LibraryFile){
        .real = (sqlite3_file *)((char *)base + REAL_OFFSET), .path = name, .file = -1, .folder = -1};
    memset(file->real, 0, (size_t)real->szOsFile);
    int code = real->xOpen(real, name, file->real, flags, &got_flags);
    if (code == SQLITE_OK)
        file->file = open_to_look(name);
    if (code == SQLITE_OK && (file->file == -1 || file->real->pMethods->iVersion < 2))
        code = SQLITE_CANTOPEN;
    if (code != SQLITE_OK) {
        if (file->real->pMethods != NULL)
            file->real->pMethods->xClose(file->real);
        if (file->file >= 0)
            close(file->file);
        return code;
    }
    file->folder = open_folder(name);
    file->reader = (flags & SQLITE_OPEN_READONLY) != 0;
    file->only_looks = sqlite3_uri_boolean(name, "readonly_shm", 0) != 0;
    if (out_flags != NULL)
        *out_flags = got_flags;
    file->base.pMethods = &library_methods;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return system_vfs()->xDelete(system_vfs(), name, sync);
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    size_t length = strlen(name);
    int code = system_vfs()->xAccess(system_vfs(), name, flags, out);
    if (code == SQLITE_OK && flags == SQLITE_ACCESS_EXISTS && *out && length > 4 &&
        strcmp(name + length - 4, "-wal") == 0)
        *out = log_counts(name);
    return code;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int size_bytes, char *out)
{
    (void)vfs;
    return system_vfs()->xFullPathname(system_vfs(), name, size_bytes, out);
}

static void *open_extension(sqlite3_vfs *vfs, const char *name)
{
    (void)vfs;
    return system_vfs()->xDlOpen(system_vfs(), name);
}

static void extension_error(sqlite3_vfs *vfs, int size_bytes, char *out)
{
    (void)vfs;
    system_vfs()->xDlError(system_vfs(), size_bytes, out);
}

static void (*find_in_extension(sqlite3_vfs *vfs, void *extension, const char *name))(void)
{
    (void)vfs;
    return system_vfs()->xDlSym(system_vfs(), extension, name);
}

static void close_extension(sqlite3_vfs *vfs, void *extension)
{
    (void)vfs;
    system_vfs()->xDlClose(system_vfs(), extension);
}

static int random_bytes(sqlite3_vfs *vfs, int size_bytes, char *out)
{
    (void)vfs;
    return system_vfs()->xRandomness(system_vfs(), size_bytes, out);
}

static int sleep_us(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return system_vfs()->xSleep(system_vfs(), microseconds);
}

static int current_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    return system_vfs()->xCurrentTime(system_vfs(), out);
}

static int last_error(sqlite3_vfs *vfs, int size_bytes, char *out)
{
    (void)vfs;
    return system_vfs()->xGetLastError(system_vfs(), size_bytes, out);
}

// SQLite puts it into its own list and writes pNext. It is the only object here that changes after the start.
static sqlite3_vfs library_vfs = {
    .iVersion = 1,
    .mxPathname = 4096,
    .zName = SQLITE_LIBRARY_VFS,
    .xOpen = open_file,
    .xDelete = delete_file,
    .xAccess = access_file,
    .xFullPathname = full_name,
    .xDlOpen = open_extension,
    .xDlError = extension_error,
    .xDlSym = find_in_extension,
    .xDlClose = close_extension,
    .xRandomness = random_bytes,
    .xSleep = sleep_us,
    .xCurrentTime = current_time,
    .xGetLastError = last_error,
};

void rv_sqlite_vfs_register(void)
{
    sqlite3_mutex *mutex =
        sqlite3_initialize() == SQLITE_OK ? sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1) : NULL;
    sqlite3_mutex_enter(mutex);
    sqlite3_vfs *real = system_vfs();
    if (sqlite3_vfs_find(SQLITE_LIBRARY_VFS) == NULL && real != NULL) {
        library_vfs.szOsFile = (int)REAL_OFFSET + real->szOsFile;
        library_vfs.mxPathname = real->mxPathname;
        sqlite3_vfs_register(&library_vfs, 0);
    }
    sqlite3_mutex_leave(mutex);
}

/* A program may unload the library and continue to use SQLite. */
__attribute__((destructor)) static void unregister(void)
{
    sqlite3_vfs_unregister(&library_vfs);
}
