/* SPDX-License-Identifier: MIT */
/* The list of arguments with which ffmpeg cuts a clip or makes a preview. */
#ifndef RV_CUT_CUT_ARGUMENTS_H
#define RV_CUT_CUT_ARGUMENTS_H

#include <stddef.h>

#include "cut/cut_container.h"

/* Words, each one argument; words[count] is NULL. */
typedef struct ArgumentList {
    char **words;
    size_t count, capacity;
    RvStatus status; // of the first word that could not be added
} ArgumentList;

void rv_arguments_clear(ArgumentList *list);

/* What is cut, from where, into what. */
typedef struct CutPlan {
    const CutSource *source;
    const CutBorders *borders;
    CutProgram *program;
    const CutContainer *container;
    bool exact;
    const char *output;   // the file to write
    const char *texts;    // what rv_cut_text_arguments has made; NULL: nothing
    const char *timecode; // of the clip's first frame; NULL: none
    int thread_count;
} CutPlan;

/* Write the arguments of a clip, the program's path first. encoder: receives the name of the picture's encoder, "copy"
 * if it is copied. Errors: UNSUPPORTED (no encoder), MEMORY. */
RvStatus rv_cut_arguments(const CutPlan *plan, ArgumentList *out, const char **encoder, RvError *err);

/* True if converted subtitles need a run of their own before: ffmpeg before 7.0 cannot end them with the clip where it
 * converts them, but where it copies them. */
bool rv_cut_needs_texts(const CutPlan *plan);

/* Write the arguments that convert the subtitles into a file of their own, plan->output. Errors: MEMORY. */
RvStatus rv_cut_text_arguments(const CutPlan *plan, ArgumentList *out, RvError *err);

typedef struct PreviewPlan {
    const CutSource *source;
    const CutBorders *borders;
    CutProgram *program;
    bool webp; // else GIF
    int width; // pixels, at most
    double frame_rate;
    const char *output;
    int thread_count;
} PreviewPlan;

/* The same for an animated picture. Errors: UNSUPPORTED (no encoder of WebP), MEMORY. */
RvStatus rv_preview_arguments(const PreviewPlan *plan, ArgumentList *out, RvError *err);

#endif
