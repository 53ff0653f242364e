/* SPDX-License-Identifier: MIT */
/* The ffmpeg program: where it is, what it can do, what its error output means. */
#include "cut/cut_program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define LIST_BYTES_MAX (1 << 20)
#define QUESTION_S 20 // for `-version` and `-encoders`
#define OLDEST_MAJOR 4
#define OLDEST_MINOR 3
#define NO_RELEASE 999

/* ---- finding ------------------------------------------------------------------------------------------- */

static bool is_program(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && access(path, X_OK) == 0;
}

// Look in the folders of PATH; relative ones are passed over. Returns false if it is in none.
static bool find_on_path(const char *name, char *path, size_t size_bytes)
{
    const char *folders = getenv("PATH");
    if (folders == NULL || folders[0] == '\0')
        folders = "/usr/local/bin:/usr/bin:/bin";
    while (*folders != '\0') {
        int length = (int)strcspn(folders, ":");
        int written = snprintf(path, size_bytes, "%.*s/%s", length, folders, name);
        if (folders[0] == '/' && written > 0 && (size_t)written < size_bytes && is_program(path))
            return true;
        folders += length;
        folders += *folders == ':';
    }
    return false;
}

static RvStatus find_path(const char *named, char *path, size_t size_bytes, RvError *err)
{
    const char *setting = getenv("REELVEC_FFMPEG");
    if (named == NULL && setting != NULL && setting[0] != '\0')
        named = setting;
    const char *name = named != NULL ? named : "ffmpeg";
    if (strchr(name, '/') == NULL) {
        if (find_on_path(name, path, size_bytes))
            return RV_OK;
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_FFMPEG, NULL,
                                 "there is no program %s on PATH", name);
    }
    if (strlen(name) >= size_bytes || !is_program(name))
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_FFMPEG, NULL, "%s: is not a program", name);
    memcpy(path, name, strlen(name) + 1);
    return RV_OK;
}

/* ---- asking -------------------------------------------------------------------------------------------- */

static bool keep_line(void *user, const char *line)
{
    Buffer *text = user;
    rv_buffer_append_format(text, NULL, "%s\n", line);
    return false;
}

// Run the program with one question. The text of its standard output is appended to `text`.
static RvStatus ask(const CutProgram *program, const char *question, Buffer *text, RvError *err)
{
    const char *const arguments[] = {program->path, "-hide_banner", question, NULL};
    ChildOptions options = {.arguments = arguments, .line = keep_line, .user = text, .silence_s = QUESTION_S};
    ChildResult result;
    RvStatus status = rv_child_run(&options, &result, err);
    if (status == RV_OK && (result.end != CHILD_EXITED || result.code != 0 || text->size_bytes == 0))
        status = rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_FFMPEG, NULL,
                                   "%s: does not answer %s as ffmpeg does", program->path, question);
    rv_buffer_clear(&result.errors);
    return status;
}

bool rv_cut_program_read_version(const char *line, CutProgram *program)
{
    static const char beginning[] = "ffmpeg version ";
    if (strncmp(line, beginning, sizeof beginning - 1) != 0)
        return false;
    line += sizeof beginning - 1;
    int length = (int)strcspn(line, " \n");
    snprintf(program->version, sizeof program->version, "%.*s", length, line);
    const char *number = program->version + (program->version[0] == 'n');
    // "N-109542-g..." and dates are not releases.
    bool release = sscanf(number, "%d.%d", &program->major, &program->minor) == 2 && program->major < 1000;
    if (!release)
        program->major = program->minor = NO_RELEASE;
    return length > 0;
}

bool rv_cut_program_is_from(const CutProgram *program, int major, int minor)
{
    return program->major > major || (program->major == major && program->minor >= minor);
}

RvStatus rv_cut_program_find(const char *named, CutProgram *out, RvError *err)
{
    char path[PATH_MAX];
    Buffer text;
    *out = (CutProgram){0};
    RvStatus status = find_path(named, path, sizeof path, err);
    if (status != RV_OK)
        return status;
    out->path = rv_mem_copy_string(path, err);
    if (out->path == NULL)
        return RV_ERROR_MEMORY;
    rv_buffer_init(&text, LIST_BYTES_MAX);
    status = ask(out, "-version", &text, err);
    if (status == RV_OK && !rv_cut_program_read_version((const char *)text.bytes, out))
        status =
            rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_FFMPEG, NULL, "%s: is not ffmpeg", path);
    if (status == RV_OK && !rv_cut_program_is_from(out, OLDEST_MAJOR, OLDEST_MINOR))
        status = rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_FFMPEG, NULL,
                                   "%s: is ffmpeg %s; %d.%d is the oldest that will do", path, out->version,
                                   OLDEST_MAJOR, OLDEST_MINOR);
    rv_buffer_clear(&text);
    if (status != RV_OK)
        rv_cut_program_clear(out);
    return status;
}

void rv_cut_program_clear(CutProgram *program)
{
    free(program->path);
    free(program->encoders);
    *program = (CutProgram){0};
}

bool rv_cut_program_encodes(CutProgram *program, const char *encoder)
{
    char word[64];
    if (program->encoders == NULL) {
        Buffer text;
        rv_buffer_init(&text, LIST_BYTES_MAX);
        if (ask(program, "-encoders", &text, NULL) == RV_OK)
            program->encoders = (char *)text.bytes;
        else
            rv_buffer_clear(&text);
    }
    // " V....D libx264              libx264 H.264 / AVC ..."
    snprintf(word, sizeof word, " %s ", encoder);
    return program->encoders != NULL && strstr(program->encoders, word) != NULL;
}

/* ---- what went wrong ----------------------------------------------------------------------------------- */

// Lines that say only that something else has failed.
static bool says_little(const char *line)
{
    static const char *const parts[] = {"Conversion failed",
                                        "Error while processing the decoded data",
                                        "Error while decoding stream",
                                        "Error submitting packet to decoder",
                                        "Error initializing output stream",
                                        "Error opening output file",
                                        "Error opening input file",
                                        "Task finished with error code",
                                        "Terminating thread with return code",
                                        "Could not write header",
                                        "Could not open encoder before EOF",
                                        "Error writing trailer",
                                        "Error closing file",
                                        "Nothing was written into output file",
                                        "Last message repeated",
                                        "maybe incorrect parameters"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strstr(line, parts[i]) != NULL)
            return true;
    }
    return line[0] == '\0';
}

// Pass over "[mp4 @ 0x5581]" and blanks.
static const char *skip_origin(const char *line)
{
    line += strspn(line, " \t");
    while (line[0] == '[' && strchr(line, ']') != NULL && strstr(line, " @ ") != NULL) {
        line = strchr(line, ']') + 1;
        line += strspn(line, " \t");
    }
    return line;
}

void rv_cut_program_cause(const char *errors, char *line, size_t size_bytes)
{
    // The last telling line: what comes first is often about a fault in the source that is got over.
    line[0] = '\0';
    char little[512] = "";
    while (*errors != '\0') {
        char text[512];
        int length = (int)strcspn(errors, "\r\n");
        snprintf(text, sizeof text, "%.*s", length, errors);
        const char *from = skip_origin(text);
        if (!says_little(from))
            snprintf(line, size_bytes, "%s", from);
        else if (from[0] != '\0')
            snprintf(little, sizeof little, "%s", from);
        errors += length;
        errors += strspn(errors, "\r\n");
    }
    if (line[0] == '\0')
        snprintf(line, size_bytes, "%s", little);
}

RvStatus rv_cut_program_failed(const ChildResult *result, const char *name, const char *path,
                               double silence_s, RvError *err)
{
    const char *errors = result->errors.bytes != NULL ? (const char *)result->errors.bytes : "";
    char cause[512];
    rv_cut_program_cause(errors, cause, sizeof cause);
    if (result->end == CHILD_CANCELLED)
        return rv_error_set(err, RV_ERROR_CANCELLED, "%s: stopped", path);
    if (result->end == CHILD_SILENT)
        return rv_error_set(err, RV_ERROR_IO, "%s: ffmpeg made no progress for %.3g s and was ended", name,
                            silence_s);
    if (strstr(errors, "No space left on device") != NULL)
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be written: the disk is full", path);
    if (strstr(errors, "File too large") != NULL || strstr(errors, "Disk quota exceeded") != NULL)
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be written: a file may not become so large here",
                            path);
    if (result->end == CHILD_SIGNALLED)
        return rv_error_set(err, RV_ERROR_IO, "%s: ffmpeg was ended by signal %d (%s)%s%s", name,
                            result->code, strsignal(result->code), cause[0] != '\0' ? ": " : "", cause);
    if (result->code == 0)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: ffmpeg failed (exit status %d): %s", name, result->code,
                        cause[0] != '\0' ? cause : "it does not say why");
}
