/* SPDX-License-Identifier: MIT */
/* SQLite library: a connection to a file, whatever its path looks like, through the file system of sqlite_vfs.c. */
#include <ctype.h>

#include "base/buffer.h"
#include "store/sqlite/sqlite_store.h"

/* The path as a "file:" URI (RFC 3986): every byte that could mean something else is escaped. */
static RvStatus make_uri(const char *path, const char *parameters, Buffer *out, RvError *err)
{
    rv_buffer_append_format(out, err, "file:");
    for (const char *at = path; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        bool plain =
            (byte < 0x80 && isalnum(byte)) || byte == '/' || byte == '.' || byte == '-' || byte == '_';
        rv_buffer_append_format(out, err, plain ? "%c" : "%%%02X", byte);
    }
    return rv_buffer_append_format(out, err, "?%s", parameters);
}

int rv_sqlite_connect(const char *path, int flags, const char *parameters, sqlite3 **out)
{
    Buffer name;
    *out = NULL;
    rv_sqlite_vfs_register();
    rv_buffer_init(&name, 1 << 16);
    // A name that starts with "file:" or is ":memory:" is not a path to SQLite. "./" before it makes it one.
    RvStatus status = parameters != NULL
                          ? make_uri(path, parameters, &name, NULL)
                          : rv_buffer_append_format(&name, NULL, "%s%s", path[0] == '/' ? "" : "./", path);
    int code = SQLITE_NOMEM;
    if (status == RV_OK)
        code = sqlite3_open_v2((const char *)name.bytes, out,
                               flags | SQLITE_OPEN_NOMUTEX | (parameters != NULL ? SQLITE_OPEN_URI : 0),
                               SQLITE_LIBRARY_VFS);
    rv_buffer_clear(&name);
    return code;
}
