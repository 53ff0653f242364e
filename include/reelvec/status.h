/* SPDX-License-Identifier: MIT */
/* What every reelvec call returns, and the message that goes with a failure. */
#ifndef REELVEC_STATUS_H
#define REELVEC_STATUS_H

#include <stdint.h>

#if defined(__GNUC__)
#define RV_API __attribute__((visibility("default")))
#else
#define RV_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum RvStatus {
    RV_OK = 0,
    RV_ERROR_ARGUMENT,    /* an argument or a combination of arguments is not valid */
    RV_ERROR_NOT_FOUND,   /* no such file, video, frame, model */
    RV_ERROR_IO,          /* reading or writing failed: permissions, full disk, broken device */
    RV_ERROR_FORMAT,      /* the content of a file or an answer is invalid or damaged */
    RV_ERROR_UNSUPPORTED, /* well formed, but not supported by this build or this version */
    RV_ERROR_MISMATCH,    /* two things do not belong together: model and library, config and weights */
    RV_ERROR_NETWORK,     /* a server did not answer, or answered with an error */
    RV_ERROR_MEMORY,      /* out of memory, or over a limit that protects it */
    RV_ERROR_BUSY,        /* another process holds the library or the video */
    RV_ERROR_CANCELLED,   /* a callback asked to stop; what was finished is kept */
    RV_ERROR_INTERNAL     /* a bug in reelvec */
} RvStatus;

/* The most threads that any option may ask for. */
#define RV_THREADS_MAX 1024

/* How structs grow. Options, and structs that a caller allocates and reelvec fills, end in reserved members.
 * Later versions turn them into named members. In options they must be 0, as in a zeroed struct. If one is
 * not, the call returns ARGUMENT, because the program was made for a newer reelvec. Structs that reelvec
 * allocates may get members at their end, so a program must not allocate or copy arrays of them. RvLog,
 * RvFrameInfo and the lists of items and count do not change. */

#define RV_ERROR_MESSAGE_SIZE 1024
#define RV_ERROR_SUBJECT_SIZE 128

/* What to do about a failure, if that is another call or another option. It is a value and not a text,
 * because the command line shows it as an option or a command, Python as an argument or a method. NAME is
 * RvError.hint_subject. New hints may be added: treat an unknown one as RV_HINT_NONE. */
typedef enum RvHint {
    RV_HINT_NONE,
    /* libraries */
    RV_HINT_VERIFY,         /* verify the library */
    RV_HINT_VERIFY_RESTORE, /* verify the library, then restore a copy or index again */
    RV_HINT_CREATE_LIBRARY, /* there is no library: index into it to create it */
    RV_HINT_INDEX,          /* the library is empty: index videos */
    RV_HINT_INDEX_REST,     /* the library has only the video's beginning: index it again */
    RV_HINT_LIST_VIDEOS,    /* list the library's videos to see their names */
    /* models of libraries */
    RV_HINT_MODEL,            /* use another library or its own model, which is found if none is named; or
                                 re-embed it with the other one (rv_library_reembed) */
    RV_HINT_MODEL_OR_LIBRARY, /* use the model NAME, or search another library */
    RV_HINT_NORMALIZE,        /* use another library, or index with normalised embeddings */
    RV_HINT_NO_NORMALIZE,     /* use another library, or index without normalising */
    RV_HINT_NORMALIZE_HERE,   /* index with normalised embeddings, or into another kind of library */
    /* models */
    RV_HINT_MODEL_LIST,         /* list the known models */
    RV_HINT_MODEL_FETCH,        /* fetch the model NAME */
    RV_HINT_MODEL_FETCH_AGAIN,  /* fetch the model NAME again */
    RV_HINT_MODEL_FETCH_OR_ADD, /* fetch the model NAME, or add its files */
    RV_HINT_MODEL_ADD,          /* or download the files by hand and add them */
    RV_HINT_MODEL_LOCATE,       /* name the checkpoint, or add it */
    RV_HINT_MODEL_NAME,         /* give the added model that name */
    RV_HINT_MODEL_REPLACE,      /* remove the model NAME first, or add this one under another name */
    /* indexing and searching */
    RV_HINT_SHARD,       /* index a part on each machine instead of a queue */
    RV_HINT_NO_QUEUE,    /* index it without the queue, or let the server work without a password */
    RV_HINT_IMAGE,       /* pictures are what searches ask with, not what is indexed */
    RV_HINT_BUILD_INDEX, /* build an approximate index */
    RV_HINT_MEAN_FUSION, /* use the fusion `mean` with the approximate index */
    RV_HINT_CPU,         /* use the device `cpu` */
    RV_HINT_PARTIAL,     /* a part of a cluster is unreachable: search the rest */
    /* re-embedding */
    RV_HINT_FROM_PICTURES, /* embed the stored pictures of such videos, which are smaller than their frames */
    RV_HINT_REPLACE,       /* or replace the video that is there */
    /* clips */
    RV_HINT_FFMPEG, /* install the ffmpeg program, or name it */
    RV_HINT_FORCE,  /* or let the file that is there be replaced */
    RV_HINT_EXACT,  /* cut it exactly instead of copying */
    /* copies */
    RV_HINT_REEMBED /* copy into another library, or embed the videos for that one with its model NAME
                       (rv_library_reembed) */
} RvHint;

/* Filled by the call that failed. The message is one line that says what failed and on what. It also says
 * what to do, unless that is the hint. */
typedef struct RvError {
    RvStatus status;
    RvHint hint;
    char message[RV_ERROR_MESSAGE_SIZE];
    char hint_subject[RV_ERROR_SUBJECT_SIZE]; /* "" if the hint has no NAME */
    uint64_t reserved[4];
} RvError;

/* The status as a short English noun phrase ("not found"). Never NULL. */
RV_API const char *rv_status_name(RvStatus status);

/* Free a buffer that a call returned (tokens, pictures). NULL is accepted. Threads: any. Structs that own
 * memory have a _clear function instead, handles a _close. */
RV_API void rv_free(void *buffer);

#ifdef __cplusplus
}
#endif
#endif
