/* SPDX-License-Identifier: MIT */
/* The file of a video. A library may come from anywhere and name any file, so what neither is called a video nor begins
 * like one is not sent. */
#include "media_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct Ending {
    const char *ending, *type;
} Ending;

static const Ending endings[] = {
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"mov", "video/quicktime"},
    {"qt", "video/quicktime"},
    {"webm", "video/webm"},
    {"mkv", "video/x-matroska"},
    {"mka", "audio/x-matroska"},
    {"ts", "video/mp2t"},
    {"m2ts", "video/mp2t"},
    {"mts", "video/mp2t"},
    {"tsv", "video/mp2t"},
    {"avi", "video/x-msvideo"},
    {"flv", "video/x-flv"},
    {"f4v", "video/mp4"},
    {"wmv", "video/x-ms-wmv"},
    {"asf", "video/x-ms-asf"},
    {"mpg", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"vob", "video/mpeg"},
    {"m2v", "video/mpeg"},
    {"ogv", "video/ogg"},
    {"ogg", "video/ogg"},
    {"3gp", "video/3gpp"},
    {"3g2", "video/3gpp2"},
    {"mxf", "application/mxf"},
    {"y4m", "video/x-yuv4mpeg"},
    {"dv", "video/x-dv"},
    {"gif", "image/gif"},
    {"nut", "video/x-nut"},
    {"h264", "video/h264"},
    {"264", "video/h264"},
    {"h265", "video/h265"},
    {"hevc", "video/h265"},
    {"265", "video/h265"},
    {"ivf", "video/x-ivf"},
    {"rm", "application/vnd.rn-realmedia"},
    {"divx", "video/x-msvideo"},
    {"mpv", "video/mpeg"},
    {"insv", "video/mp4"},
    {"lrv", "video/mp4"},
    {"mjpeg", "video/x-motion-jpeg"},
    {"apng", "image/apng"},
};

typedef struct Beginning {
    size_t offset;
    const char *bytes;
    size_t size;
    const char *type;
} Beginning;

static const Beginning beginnings[] = {
    {4, "ftyp", 4, "video/mp4"},
    {4, "moov", 4, "video/quicktime"},
    {4, "mdat", 4, "video/quicktime"},
    {4, "wide", 4, "video/quicktime"},
    {0, "\x1A\x45\xDF\xA3", 4, "video/x-matroska"},
    {8, "AVI ", 4, "video/x-msvideo"},
    {0, "FLV\x01", 4, "video/x-flv"},
    {0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11", 8, "video/x-ms-asf"},
    {0, "OggS", 4, "video/ogg"},
    {0, "\x00\x00\x01\xBA", 4, "video/mpeg"},
    {0, "\x00\x00\x01\xB3", 4, "video/mpeg"},
    {0, "\x06\x0E\x2B\x34", 4, "application/mxf"},
    {0, "YUV4MPEG2 ", 10, "video/x-yuv4mpeg"},
    {0, "GIF8", 4, "image/gif"},
};

#define SYNC_BYTES 1024 // in which a transport stream has begun

/* Three packets in a row, of 188 bytes or, with their times before them, of 192. */
static bool begins_transport(int fd)
{
    unsigned char bytes[SYNC_BYTES + 2 * 192];
    ssize_t got = pread(fd, bytes, sizeof bytes, 0);
    for (ssize_t at = 0; at < SYNC_BYTES && at < got; at++) {
        for (ssize_t step = 188; step <= 192; step += 4) {
            if (at + 2 * step < got && bytes[at] == 0x47 && bytes[at + step] == 0x47 &&
                bytes[at + 2 * step] == 0x47)
                return true;
        }
    }
    return false;
}

/* Endings that files of other kinds have too, as those of programs and tables. */
static bool is_other(int fd, const char *ending)
{
    static const char *const transports[] = {"ts", "mts", "m2ts", "tsv"};
    char start[4] = "";
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        if (strcasecmp(ending, transports[i]) == 0)
            return !begins_transport(fd);
    }
    bool dv = strcasecmp(ending, "dv") == 0, rm = strcasecmp(ending, "rm") == 0;
    if (!dv && !rm)
        return false;
    ssize_t got = pread(fd, start, sizeof start, 0);
    return got < 4 || memcmp(start, dv ? "\x1F\x07\x00" : ".RM", 3) != 0;
}

/* by_name: the ending says what it is. */
static const char *type_of(int fd, const char *path, bool by_name)
{
    char start[16] = "";
    const char *dot = by_name ? strrchr(path, '.') : NULL;
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(dot + 1, endings[i].ending) == 0)
            return is_other(fd, dot + 1) ? NULL : endings[i].type;
    }
    ssize_t got = pread(fd, start, sizeof start, 0);
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        const Beginning *one = &beginnings[i];
        if (got >= (ssize_t)(one->offset + one->size) &&
            memcmp(start + one->offset, one->bytes, one->size) == 0)
            return one->type;
    }
    return !by_name && begins_transport(fd) ? "video/mp2t" : NULL;
}

static bool refuse(Request *request, int fd, int status, const char *code, const char *message)
{
    reply_error(&request->reply, status, code, "%s", message);
    if (fd >= 0)
        close(fd);
    return false;
}

bool media_file_open(Request *request, const RvVideo *video, MediaFile *out)
{
    struct stat facts;
    if (strstr(video->path, "://") != NULL)
        return refuse(request, -1, 404, "no_file", "the video is not a file of this machine");
    // A pipe that stands in the file's place must not be waited for.
    int fd = open(video->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return refuse(request, fd, 403, "not_readable", "the video's file may not be read by this server");
    if (fd < 0 || fstat(fd, &facts) != 0)
        return refuse(request, fd, 410, "file_gone", "the video's file is not there any more");
    if (!S_ISREG(facts.st_mode))
        return refuse(request, fd, 410, "file_gone", "there is no file in the video's place any more");
    // Of one that nobody could read a frame of, the name says nothing.
    const char *type = facts.st_size > 0 ? type_of(fd, video->path, video->frame_count > 0) : NULL;
    if (type == NULL)
        return refuse(request, fd, 403, "no_video", "the file is no video");
    *out = (MediaFile){.fd = fd, .type = type, .size_bytes = (uint64_t)facts.st_size};
    snprintf(out->etag, sizeof out->etag, "%llx-%llx-%llx", (unsigned long long)facts.st_size,
             (unsigned long long)facts.st_mtim.tv_sec * 1000000000ull +
                 (unsigned long long)facts.st_mtim.tv_nsec,
             (unsigned long long)facts.st_ino);
    struct tm parts;
    gmtime_r(&facts.st_mtim.tv_sec, &parts);
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    snprintf(out->date, sizeof out->date, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday],
             parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
             parts.tm_sec);
    return true;
}
