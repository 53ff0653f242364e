/* SPDX-License-Identifier: MIT */
/* The token's file. */
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "web_error.h"

#define TOKEN_BYTES 33 // 44 letters, without padding
#define TOKEN_MAX 256
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static RvStatus make(char text[TOKEN_MAX], RvError *err)
{
    unsigned char bytes[TOKEN_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return web_error(err, RV_ERROR_INTERNAL, "no random numbers for a token");
    for (size_t i = 0; i < TOKEN_BYTES / 3; i++) {
        unsigned three = (unsigned)bytes[3 * i] << 16 | (unsigned)bytes[3 * i + 1] << 8 | bytes[3 * i + 2];
        for (size_t k = 0; k < 4; k++)
            text[4 * i + k] = LETTERS[three >> (18 - 6 * k) & 63];
    }
    text[TOKEN_BYTES / 3 * 4] = '\0';
    return RV_OK;
}

static RvStatus read_file(int fd, const char *path, char text[TOKEN_MAX], RvError *err)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        return web_error(err, RV_ERROR_FORMAT, "%s: is no file with a token", path);
    // One that a service manager hands in belongs to root, who may have let our group read it.
    mode_t others = facts.st_uid == geteuid() ? 077 : 07;
    if ((facts.st_mode & others) != 0)
        return web_error(err, RV_ERROR_ARGUMENT, "%s: others may read this token; `chmod 600` it", path);
    ssize_t got = read(fd, text, TOKEN_MAX - 1);
    if (got < 0)
        return web_error(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    text[got] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    size_t length = strlen(text);
    if (length < TOKEN_MIN || strspn(text, LETTERS) != length)
        return web_error(err, RV_ERROR_FORMAT,
                         "%s: has no token (%d or more of A-Z a-z 0-9 - _); remove the file and one is made",
                         path, TOKEN_MIN);
    return RV_OK;
}

static RvStatus write_file(int fd, const char *path, const char *text, RvError *err)
{
    char line[TOKEN_MAX + 1];
    int size = snprintf(line, sizeof line, "%s\n", text);
    if (write(fd, line, (size_t)size) == size && fsync(fd) == 0)
        return RV_OK;
    RvStatus status = web_error(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    unlink(path);
    return status;
}

RvStatus token_read(const char *path, char **out, RvError *err)
{
    char text[TOKEN_MAX];
    RvStatus status = make(text, err);
    if (status != RV_OK)
        return status;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        status = write_file(fd, path, text, err);
    } else if (errno == EEXIST) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        status = fd >= 0 ? read_file(fd, path, text, err)
                         : web_error(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    } else {
        status = web_error(err, RV_ERROR_IO, "%s: cannot keep a token there: %s", path, strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    if (status == RV_OK && (*out = strdup(text)) == NULL)
        status = web_error_memory(err);
    return status;
}
