/* SPDX-License-Identifier: MIT */
/* Kinds of files that clips can be: by ending, what ffmpeg calls them, what they can hold, how it is encoded. */
#ifndef RV_CUT_CUT_CONTAINER_H
#define RV_CUT_CUT_CONTAINER_H

#include <stdbool.h>

#include "cut/cut_program.h"
#include "reelvec/status.h"
#include "video/cut_source.h"

typedef enum ContainerFamily {
    FAMILY_MP4, // and QuickTime
    FAMILY_MATROSKA,
    FAMILY_WEBM,
    FAMILY_TS,
    FAMILY_PS,
    FAMILY_AVI,
    FAMILY_OGG,
    FAMILY_OTHER
} ContainerFamily;

typedef struct CutContainer {
    const char *ending; // without its dot
    const char *muxer;  // ffmpeg's name
    ContainerFamily family;
    const char *text; // the codec of subtitles that are text; NULL: none
    bool even;        // frames must be evenly spaced
    /* Ticks of a second in which it stores times, if it stores lengths of frames too; 0 if it stores none, or if the ticks
     * are not known; CONTAINER_CHOSEN_TICKS if ffmpeg is told. */
    int ticks_per_s;
} CutContainer;

#define CONTAINER_CHOSEN_TICKS (-1)

/* The container of an ending, in any case of letters, or of a file's name. NULL if there is none. */
const CutContainer *rv_cut_container(const char *ending);
const CutContainer *rv_cut_container_of_file(const char *path);

/* True for gif and webp, which previews end in. */
bool rv_cut_is_preview_ending(const char *ending);

/* The container for clips of a video: its own if it can be written, by its name where several are one format; else
 * Matroska. */
const CutContainer *rv_cut_container_of_source(const CutSource *source);

/* Write the endings that there are: "mp4, mov, ...". */
void rv_cut_container_list(char *text, size_t size_bytes);

typedef struct CutEncoder {
    const char *name;
    const char *const *options; // ends with NULL
} CutEncoder;

/* The encoder of the picture. Errors: UNSUPPORTED if the program has none that the container takes. */
RvStatus rv_cut_picture_encoder(const CutContainer *container, const CutSource *source, CutProgram *program,
                                CutEncoder *out, RvError *err);

/* The encoder of a sound track, and its bits a second (0: it needs none). Errors: UNSUPPORTED. */
RvStatus rv_cut_sound_encoder(const CutContainer *container, const CutTrack *track, CutProgram *program,
                              const char **name, int *bits_per_s, RvError *err);

/* The codec that a track of subtitles or a font gets in this container: "copy", an encoder; NULL: it is left out. */
const char *rv_cut_subtitle_codec(const CutContainer *container, const CutTrack *track);

#endif
