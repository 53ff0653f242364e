/* SPDX-License-Identifier: MIT */
#include "program_run.h"

#include <sys/stat.h>

#include "clips.h"
#include "known_checkpoint.h"

ProgramFixture fixture;

bool program_make_folder(const char *name)
{
    const char *build = getenv("REELVEC_BUILD");
    fixture = (ProgramFixture){.clip = fixture.clips[0], .other_clip = fixture.clips[1]};
    snprintf(fixture.folder, sizeof fixture.folder, "%s/%s-XXXXXX", build != NULL ? build : "/tmp", name);
    if (mkdtemp(fixture.folder) == NULL)
        return false;
    snprintf(fixture.library, sizeof fixture.library, "%s/library.db", fixture.folder);
    snprintf(fixture.videos, sizeof fixture.videos, "%s/videos", fixture.folder);
    unsetenv("REELVEC_LIBRARY");
    unsetenv("REELVEC_MODEL");
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    unsetenv("CLICOLOR");
    unsetenv("CLICOLOR_FORCE");
    unsetenv("TERM");
    setenv("REELVEC_CONFIG", "", 1);
    setenv("XDG_DATA_HOME", fixture.folder, 1);
    setenv("XDG_CACHE_HOME", fixture.folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    return true;
}

static bool find_clip(const ProgramNeeds *needs, size_t index)
{
    char link[400];
    if (!clip_path(needs->clips[index], fixture.clips[index], sizeof fixture.clips[index]))
        return false;
    snprintf(link, sizeof link, "%s/%zu-%s", fixture.videos, index, needs->clips[index]);
    return !needs->linked || symlink(fixture.clips[index], link) == 0;
}

int program_set_up(const ProgramNeeds *needs)
{
    if (!program_make_folder(needs->name) || (needs->linked && mkdir(fixture.videos, 0700) != 0))
        return -1;
    fixture.ready =
        known_checkpoint_ensure("tiny-bytes", fixture.model, sizeof fixture.model) &&
        known_checkpoint_ensure("tiny-f16-bytes", fixture.other_model, sizeof fixture.other_model);
    for (size_t i = 0; i < PROGRAM_CLIPS_MAX && needs->clips[i] != NULL; i++)
        fixture.ready = fixture.ready && find_clip(needs, i);
    if (!needs->no_model)
        setenv("REELVEC_MODEL", fixture.model, 1);
    if (needs->library)
        setenv("REELVEC_LIBRARY", fixture.library, 1);
    for (size_t i = 0; fixture.ready && i < needs->indexed; i++) {
        RunResult result = RUN("index", "--quiet", fixture.clips[i]);
        int status = result.status;
        if (status != 0)
            print_error("%s", result.errors);
        run_clear(&result);
        if (status != 0)
            return status;
    }
    return 0;
}

int program_tear_down(void **state)
{
    char command[400];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", fixture.folder);
    return system(command);
}

void program_need_clips(void)
{
    if (fixture.ready)
        return;
    print_message("skipped: needs the package ffmpeg for its clips\n");
    skip();
}

RunResult program_run(const char *const *words, const RunOptions *options)
{
    const char *arguments[PROGRAM_WORDS_MAX + 2] = {getenv("REELVEC_PROGRAM")};
    assert_non_null(arguments[0]);
    for (size_t i = 0; i < PROGRAM_WORDS_MAX && words[i] != NULL; i++)
        arguments[i + 1] = words[i];
    RunOptions here = options != NULL ? *options : (RunOptions){0};
    here.folder = fixture.folder;
    return run_program(arguments, &here);
}

void program_shell(const char *format, ...)
{
    char line[4000], command[4400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    snprintf(command, sizeof command, "cd '%s' && { %s; }", fixture.folder, line);
    if (system(command) != 0)
        fail_msg("%s", command);
}

void assert_status(const RunResult *result, int status)
{
    if (result->status != status)
        fail_msg("status %d, not %d\n%s%s", result->status, status, result->output, result->errors);
}

void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, text);
}

size_t count_in(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}
