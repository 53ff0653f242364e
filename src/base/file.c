/* SPDX-License-Identifier: MIT */
/* Whole files: mapping, reading, SHA-256; and the user's folders. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/mem.h"

#define READ_CHUNK_BYTES ((size_t)1 << 18)
#define PIECES_PER_QUESTION 64 // the caller is asked whether to stop about every ten milliseconds of hashing

static RvStatus open_regular(const char *path, int *descriptor, size_t *size_bytes, RvError *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        return rv_error_set(err, missing ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: %s", path, strerror(errno));
    }
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a regular file", path);
    }
    *descriptor = fd;
    *size_bytes = (size_t)facts.st_size;
    return RV_OK;
}

RvStatus rv_file_map(const char *path, MappedFile *out, RvError *err)
{
    *out = (MappedFile){0};
    int fd = -1;
    size_t size_bytes = 0;
    RvStatus status = open_regular(path, &fd, &size_bytes, err);
    if (status != RV_OK)
        return status;
    if (size_bytes > 0) {
        void *memory = mmap(NULL, size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (memory == MAP_FAILED)
            status = rv_error_set(err, RV_ERROR_IO, "%s: cannot map: %s", path, strerror(errno));
        else
            *out = (MappedFile){.bytes = memory, .size_bytes = size_bytes, .descriptor = fd};
    }
    if (out->bytes == NULL)
        close(fd);
    return status;
}

void rv_file_unmap(MappedFile *file)
{
    if (file->bytes != NULL) {
        munmap((void *)file->bytes, file->size_bytes);
        close(file->descriptor);
    }
    *file = (MappedFile){0};
}

/* Whether the path names a pipe. */
static bool is_pipe(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

static RvStatus open_pipe(const char *path, int *descriptor, RvError *err)
{
    *descriptor = open(path, O_RDONLY | O_CLOEXEC); // blocks until a process opens the other end for writing
    return *descriptor >= 0 ? RV_OK : rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
}

/* Pass the bytes of a file to `take` piece by piece. A pipe is refused unless `pipes` is set. */
static RvStatus read_pieces(const char *path, bool pipes,
                            RvStatus (*take)(void *, const void *, size_t, RvError *), void *context,
                            RvError *err)
{
    int fd = -1;
    size_t size_bytes = 0;
    RvStatus status =
        pipes && is_pipe(path) ? open_pipe(path, &fd, err) : open_regular(path, &fd, &size_bytes, err);
    if (status != RV_OK)
        return status;
    uint8_t *piece = rv_mem_alloc_aligned(READ_CHUNK_BYTES, 1, err);
    if (piece == NULL)
        status = RV_ERROR_MEMORY;
    while (status == RV_OK) {
        ssize_t got = read(fd, piece, READ_CHUNK_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
        if (got <= 0)
            break;
        status = take(context, piece, (size_t)got, err);
    }
    free(piece);
    close(fd);
    return status;
}

static RvStatus take_into_buffer(void *context, const void *bytes, size_t size_bytes, RvError *err)
{
    return rv_buffer_append(context, bytes, size_bytes, err);
}

static RvStatus read_whole(const char *path, bool pipes, Buffer *out, RvError *err)
{
    RvError cause = {0};
    RvStatus status = read_pieces(path, pipes, take_into_buffer, out, &cause);
    if (status == RV_ERROR_MEMORY)
        return rv_error_set(err, status, "%s: %s", path, cause.message);
    if (status != RV_OK && err != NULL)
        *err = cause;
    return status;
}

RvStatus rv_file_read(const char *path, Buffer *out, RvError *err)
{
    return read_whole(path, false, out, err);
}

RvStatus rv_file_read_stream(const char *path, Buffer *out, RvError *err)
{
    return read_whole(path, true, out, err);
}

bool rv_file_is_url(const char *path_or_url)
{
    return rv_ascii_begins(path_or_url, "http://") || rv_ascii_begins(path_or_url, "https://");
}

/* Returns where the authority (user, password, host) begins: behind "KIND://" of any kind, also behind
 * "http:/", a common slip. Returns NULL if it is a path. */
static const char *find_authority(const char *path_or_url)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    size_t length = strspn(path_or_url, letters);
    const char *behind = path_or_url + length;
    bool web = rv_ascii_begins(path_or_url, "http:/") || rv_ascii_begins(path_or_url, "https:/");
    if (length == 0 || (strncmp(behind, "://", 3) != 0 && !web))
        return NULL;
    return behind + 1 + strspn(behind + 1, "/");
}

/* Returns what follows user and password, or the authority itself if it has none. */
static const char *find_host(const char *authority)
{
    size_t length = strcspn(authority, "/?#");
    // A password may contain "@": the host follows the last one.
    const char *at = memrchr(authority, '@', length), *colon = memchr(authority, ':', length);
    // A password may also contain "/", which should have been written as %2F. It shows as a port that is no
    // number.
    if (at == NULL && colon != NULL && authority[0] != '[' &&
        strspn(colon + 1, "0123456789") < (size_t)(authority + length - colon - 1))
        at = strrchr(authority, '@');
    return at != NULL ? at + 1 : authority;
}

bool rv_file_is_address(const char *path_or_url)
{
    return find_authority(path_or_url) != NULL;
}

void rv_file_show_url(const char *path_or_url, char *shown, size_t size_bytes)
{
    const char *authority = find_authority(path_or_url);
    const char *host = authority != NULL ? find_host(authority) : path_or_url, *kept = authority;
    if (authority == NULL)
        kept = path_or_url;
    // for other kinds of address the user name stays visible
    else if (!rv_file_is_url(path_or_url) && host != authority)
        kept = authority + strcspn(authority, ":@");
    bool user = kept != authority && authority != NULL;
    snprintf(shown, size_bytes, "%.*s%s%s", (int)(kept - path_or_url), path_or_url, user ? "@" : "", host);
}

char *rv_file_copy_shown(const char *path_or_url, RvError *err)
{
    char *shown = rv_mem_copy_string(path_or_url, err); // what is shown is no longer
    if (shown != NULL)
        rv_file_show_url(path_or_url, shown, strlen(path_or_url) + 1);
    return shown;
}

char *rv_file_copy_absolute(const char *path, RvError *err)
{
    if (path[0] == '/')
        return rv_mem_copy_string(path, err);
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char *part = slash != NULL ? strndup(path, (size_t)(slash - path)) : strdup(".");
    if (part == NULL) {
        rv_error_memory(err, strlen(path));
        return NULL;
    }
    // A folder that is not there (any more) is taken to be below this one.
    char *folder = realpath(part, NULL), *absolute = NULL;
    if (folder == NULL && (folder = realpath(".", NULL)) != NULL)
        name = path;
    free(part);
    if (folder == NULL)
        rv_error_set(err, RV_ERROR_IO, "%s: the current folder cannot be found: %s", path, strerror(errno));
    else if (asprintf(&absolute, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < 0)
        absolute = (rv_error_memory(err, strlen(folder) + strlen(name)), NULL);
    free(folder);
    return absolute;
}

bool rv_file_is_gone(const char *path)
{
    struct stat facts;
    return stat(path, &facts) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

struct Sha256 {
    EVP_MD_CTX *context;
};

RvStatus rv_sha256_create(Sha256 **out, RvError *err)
{
    *out = NULL;
    Sha256 *sha = rv_mem_alloc(1, sizeof *sha, err);
    if (sha == NULL)
        return RV_ERROR_MEMORY;
    sha->context = EVP_MD_CTX_new();
    if (sha->context == NULL || EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL) != 1) {
        rv_sha256_finish(sha, NULL);
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start SHA-256");
    }
    *out = sha;
    return RV_OK;
}

void rv_sha256_update(Sha256 *sha, const void *bytes, size_t size_bytes)
{
    EVP_DigestUpdate(sha->context, bytes, size_bytes);
}

void rv_sha256_finish(Sha256 *sha, char hex[65])
{
    if (sha == NULL)
        return;
    if (hex != NULL) {
        unsigned char digest[EVP_MAX_MD_SIZE] = {0};
        EVP_DigestFinal_ex(sha->context, digest, NULL);
        for (int i = 0; i < 32; i++)
            snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    EVP_MD_CTX_free(sha->context);
    free(sha);
}

RvStatus rv_sha256_text(const char *text, char hex[65], RvError *err)
{
    Sha256 *sha = NULL;
    RvStatus status = rv_sha256_create(&sha, err);
    if (status != RV_OK)
        return status;
    rv_sha256_update(sha, text, strlen(text));
    rv_sha256_finish(sha, hex);
    return RV_OK;
}

/* The state of hashing one file. */
typedef struct FileDigest {
    Sha256 *sha;
    const char *path;
    bool (*cancelled)(void *user, int64_t done_bytes); // NULL: hashing cannot be cancelled
    void *user;
    size_t piece_count;
    int64_t done_bytes;
} FileDigest;

static RvStatus take_into_sha256(void *context, const void *bytes, size_t size_bytes, RvError *err)
{
    FileDigest *digest = context;
    bool ask = digest->cancelled != NULL && digest->piece_count++ % PIECES_PER_QUESTION == 0;
    if (ask && digest->cancelled(digest->user, digest->done_bytes))
        return rv_error_set(err, RV_ERROR_CANCELLED, "%s: stopped", digest->path);
    rv_sha256_update(digest->sha, bytes, size_bytes);
    digest->done_bytes += (int64_t)size_bytes;
    return RV_OK;
}

RvStatus rv_file_sha256_unless(const char *path, bool (*cancelled)(void *user, int64_t done_bytes),
                               void *user, char hex[65], RvError *err)
{
    FileDigest digest = {.path = path, .cancelled = cancelled, .user = user};
    RvStatus status = rv_sha256_create(&digest.sha, err);
    if (status != RV_OK)
        return status;
    status = read_pieces(path, false, take_into_sha256, &digest, err);
    rv_sha256_finish(digest.sha, status == RV_OK ? hex : NULL);
    return status;
}

RvStatus rv_file_sha256(const char *path, char hex[65], RvError *err)
{
    return rv_file_sha256_unless(path, NULL, NULL, hex, err);
}

static RvStatus take_into_digest(void *context, const void *bytes, size_t size_bytes, RvError *err)
{
    (void)err;
    EVP_DigestUpdate(context, bytes, size_bytes);
    return RV_OK;
}

RvStatus rv_file_git_id(const char *path, char hex[41], RvError *err)
{
    struct stat facts;
    char head[40];
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    if (stat(path, &facts) != 0)
        return rv_error_set(err, errno == ENOENT ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: %s", path,
                            strerror(errno));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha1(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start SHA-1");
    }
    int length = snprintf(head, sizeof head, "blob %lld", (long long)facts.st_size);
    EVP_DigestUpdate(context, head, (size_t)length + 1);
    RvStatus status = read_pieces(path, false, take_into_digest, context, err);
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    for (int i = 0; i < 20 && status == RV_OK; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return status;
}

static RvStatus user_folder(const char *variable, const char *below_home, char *path, size_t size_bytes,
                            RvError *err)
{
    const char *base = getenv(variable);
    if (base != NULL && base[0] == '/')
        return rv_file_join(base, "reelvec", path, size_bytes, err);
    const char *home = getenv("HOME");
    if (home == NULL || home[0] != '/')
        return rv_error_set(err, RV_ERROR_NOT_FOUND, "no home folder: set HOME or %s", variable);
    char folder[4096];
    RvStatus status = rv_file_join(home, below_home, folder, sizeof folder, err);
    return status == RV_OK ? rv_file_join(folder, "reelvec", path, size_bytes, err) : status;
}

RvStatus rv_file_data_folder(char *path, size_t size_bytes, RvError *err)
{
    return user_folder("XDG_DATA_HOME", ".local/share", path, size_bytes, err);
}

RvStatus rv_file_cache_folder(char *path, size_t size_bytes, RvError *err)
{
    return user_folder("XDG_CACHE_HOME", ".cache", path, size_bytes, err);
}

RvStatus rv_file_make_folders(const char *path, RvError *err)
{
    char partial[4096];
    size_t length = strlen(path);
    if (length >= sizeof partial)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        if (mkdir(partial, 0755) != 0 && errno != EEXIST)
            return rv_error_set(err, RV_ERROR_IO, "%s: cannot make the folder: %s", partial, strerror(errno));
    }
    return RV_OK;
}

RvStatus rv_file_join(const char *folder, const char *name, char *path, size_t size_bytes, RvError *err)
{
    int length = snprintf(path, size_bytes, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= size_bytes)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s/%s: path too long", folder, name);
    return RV_OK;
}
