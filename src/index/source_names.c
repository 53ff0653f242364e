/* SPDX-License-Identifier: MIT */
/* What names and first bytes say about a source: whether it is meant as a video. */
#include "index/source_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"

#define SNIFFED_BYTES 1024
#define SNIFFED_FILE_MAX ((int64_t)16 << 20) // larger files are hardly text, and opening them takes time
#define ENDING_MAX 8

bool rv_source_named_like_video(const char *path_or_url)
{
    static const char *const endings[] = {
        "264",  "265",  "360", "3g2",  "3gp", "3gp2", "3gpp",  "amv",   "asf",  "av1",  "avi", "dav",
        "divx", "dv",   "evo", "f4v",  "flv", "gif",  "h264",  "h265",  "hevc", "insv", "ivf", "lrv",
        "m1v",  "m2p",  "m2t", "m2ts", "m2v", "m4v",  "mj2",   "mjpeg", "mjpg", "mk3d", "mkv", "mod",
        "mov",  "mp2v", "mp4", "mp4v", "mpe", "mpeg", "mpeg4", "mpg",   "mpv",  "mts",  "mxf", "nsv",
        "nut",  "obu",  "ogm", "ogv",  "qt",  "rm",   "rmvb",  "tod",   "tp",   "trp",  "ts",  "vob",
        "vro",  "webm", "wm",  "wmv",  "wtv", "xvid", "y4m",   "dvr-ms"};
    // For an address only the part before its query counts.
    size_t length = rv_file_is_url(path_or_url) ? strcspn(path_or_url, "?#") : strlen(path_or_url);
    size_t begin = length;
    while (begin > 0 && path_or_url[begin - 1] != '.' && path_or_url[begin - 1] != '/')
        begin--;
    char ending[ENDING_MAX];
    if (begin < 2 || path_or_url[begin - 1] != '.' || path_or_url[begin - 2] == '/' ||
        length - begin >= sizeof ending)
        return false;
    snprintf(ending, sizeof ending, "%.*s", (int)(length - begin), path_or_url + begin);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (rv_ascii_equal(ending, endings[i]))
            return true;
    }
    return false;
}

bool rv_source_is_system_folder(const char *name)
{
    static const char *const names[] = {"lost+found",   "@eaDir",   "#recycle",
                                        "#snapshot",    "@Recycle", "@Recently-Snapshot",
                                        "$RECYCLE.BIN", "RECYCLER", "System Volume Information"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (rv_ascii_equal(name, names[i]))
            return true;
    }
    return false;
}

/* Text is letters of any alphabet, line ends and tabs. YUV4MPEG2 is the only video format that begins with a
 * line of text. */
static bool is_text(const unsigned char *bytes, size_t count)
{
    static const char y4m[] = "YUV4MPEG2";
    if (count == 0 || (count >= sizeof y4m - 1 && memcmp(bytes, y4m, sizeof y4m - 1) == 0))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool space = bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\f';
        if ((bytes[i] < 0x20 && !space) || bytes[i] == 0x7f)
            return false;
    }
    return true;
}

bool rv_source_holds_text(const char *path, int64_t size_bytes)
{
    unsigned char bytes[SNIFFED_BYTES];
    int descriptor = size_bytes <= SNIFFED_FILE_MAX ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (descriptor < 0)
        return false;
    ssize_t count = read(descriptor, bytes, sizeof bytes);
    close(descriptor);
    return count > 0 && is_text(bytes, (size_t)count);
}
