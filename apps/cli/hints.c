/* SPDX-License-Identifier: MIT */
/* What to do about an error of the library, in the words of the command line: options and commands. */
#include "hints.h"

#include <stdio.h>
#include <string.h>

#include "shell_word.h"

/* Each continues the message of the library; NAME stands for the error's hint_subject. */
static const char *const words[] = {
    [RV_HINT_NONE] = "",
    [RV_HINT_VERIFY] = "; run `reelvec verify`",
    [RV_HINT_VERIFY_RESTORE] = "; run `reelvec verify`, then restore a copy or index again",
    [RV_HINT_CREATE_LIBRARY] = "; make one with `reelvec index`",
    [RV_HINT_INDEX] = "; fill it with `reelvec index VIDEO`",
    [RV_HINT_INDEX_REST] = "; `reelvec index` adds the rest",
    [RV_HINT_LIST_VIDEOS] = "; `reelvec list` shows their paths",
    [RV_HINT_MODEL] =
        "; use another library or pass the model that made it; where --model, REELVEC_MODEL and the settings "
        "name none, it is found by itself; `reelvec reembed` makes a library of the other one",
    [RV_HINT_MODEL_OR_LIBRARY] = "; pass --model NAME or search another library",
    [RV_HINT_NORMALIZE] = "; use another library or index without --no-normalize",
    [RV_HINT_NO_NORMALIZE] = "; use another library or index with --no-normalize",
    [RV_HINT_NORMALIZE_HERE] = "; index without --no-normalize, or into another kind of library",
    [RV_HINT_MODEL_LIST] = " (see `reelvec model list`)",
    [RV_HINT_MODEL_FETCH] = "; fetch it with `reelvec model fetch NAME`",
    [RV_HINT_MODEL_FETCH_AGAIN] = "; fetch it again with `reelvec model fetch NAME`",
    [RV_HINT_MODEL_FETCH_OR_ADD] =
        "; fetch it with `reelvec model fetch NAME`, or give files that you have to "
        "`reelvec model add`",
    [RV_HINT_MODEL_ADD] = "; or get the files by hand, see `reelvec model add --help`",
    [RV_HINT_MODEL_LOCATE] =
        "; name its checkpoint with --model or REELVEC_MODEL, or give it to `reelvec model add`",
    [RV_HINT_MODEL_NAME] = " with --name",
    [RV_HINT_MODEL_REPLACE] = "; `reelvec model remove NAME` first, or give another name with --name",
    [RV_HINT_SHARD] = "; with this kind of library give each machine its part with --shard",
    [RV_HINT_NO_QUEUE] = "; index it without --queue, or let the server do without them",
    [RV_HINT_IMAGE] = "; pictures are for `search --image`",
    [RV_HINT_BUILD_INDEX] = "; build one with `reelvec ann build`",
    [RV_HINT_MEAN_FUSION] = "; use --fusion mean with the approximate index",
    [RV_HINT_CPU] = "; use --device cpu",
    [RV_HINT_PARTIAL] = "; meanwhile `search --partial` finds what the other machines have",
    [RV_HINT_FROM_PICTURES] = "; --from-pictures embeds its stored pictures instead, which are smaller JPEGs",
    [RV_HINT_REPLACE] = "; --replace lets it give way",
    [RV_HINT_FFMPEG] =
        "; install ffmpeg (4.3 or newer; on Debian and Ubuntu `apt install ffmpeg`), or name the program in "
        "REELVEC_FFMPEG",
    [RV_HINT_FORCE] = ", or --force to replace it",
    [RV_HINT_EXACT] = "; --exact-cut encodes it again instead of copying",
    [RV_HINT_REEMBED] =
        "; copy into another library, or embed the videos anew with `reelvec reembed --library FROM --to TO "
        "--model NAME`",
};

const char *cli_error_text(const RvError *err, char *text, size_t size_bytes)
{
    size_t count = sizeof words / sizeof words[0];
    const char *hint = (size_t)err->hint < count && words[err->hint] != NULL ? words[err->hint] : "";
    const char *name = strstr(hint, "NAME");
    char word[4 * RV_ERROR_SUBJECT_SIZE + 3]; // a library's name of a model may be any text
    if (name != NULL)
        snprintf(text, size_bytes, "%s%.*s%s%s", err->message, (int)(name - hint), hint,
                 cli_shell_word(err->hint_subject, word, sizeof word), name + strlen("NAME"));
    else
        snprintf(text, size_bytes, "%s%s", err->message, hint);
    return text;
}
