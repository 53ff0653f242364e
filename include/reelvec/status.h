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
    RV_ERROR_ARGUMENT,    /* the caller asked for something that makes no sense */
    RV_ERROR_NOT_FOUND,   /* no such file, video, frame, model */
    RV_ERROR_IO,          /* reading or writing failed: permissions, full disk, broken device */
    RV_ERROR_FORMAT,      /* the bytes are not what they should be */
    RV_ERROR_UNSUPPORTED, /* well formed, but not in this build or not yet known */
    RV_ERROR_MISMATCH,    /* two things do not belong together: model and library, config and weights */
    RV_ERROR_NETWORK,     /* a URL did not answer, or answered with an error */
    RV_ERROR_MEMORY,      /* out of memory, or over a limit that guards it */
    RV_ERROR_BUSY,        /* somebody else holds the library */
    RV_ERROR_CANCELLED,   /* a callback asked to stop; what was finished is kept */
    RV_ERROR_INTERNAL     /* our own mistake */
} RvStatus;

/* The most threads that any option may ask for. */
#define RV_THREADS_MAX 1024

/* How structs grow. Options, and structs that a caller allocates and reelvec fills, end in reserved members,
 * which later versions use for members of their own. In options they must be 0, as they are in a zeroed
 * struct; else the call fails with ARGUMENT, since the program was made for a newer reelvec. Structs that
 * reelvec allocates may get members at their end, so a program does not allocate or copy them as arrays.
 * RvLog, RvImage, RvFrameInfo and the lists of items and count stay as they are. */

#define RV_ERROR_MESSAGE_SIZE 1024

/* What would help after a failure, for programs that say it in words of their own. */
typedef enum RvHint {
    RV_HINT_NONE,
    RV_HINT_VERIFY,       /* check the library */
    RV_HINT_INDEX,        /* index the videos, or index them again */
    RV_HINT_RETRY_FAILED, /* index again with retry_failed */
    RV_HINT_SHARD,        /* index a part on each machine instead of a list of several machines */
    RV_HINT_MODEL,        /* name the model that made the library, or use another library */
    RV_HINT_MODEL_FETCH,  /* fetch the model */
    RV_HINT_MODEL_ADD,    /* bring the checkpoint by hand and add it */
    RV_HINT_MODEL_NAME,   /* give the added model another name */
    RV_HINT_IMAGE         /* pictures are what searches ask with, not what is indexed */
} RvHint;

/* Filled by the call that failed: one line that says what failed, on what, and what to do. */
typedef struct RvError {
    RvStatus status;
    RvHint hint;
    char message[RV_ERROR_MESSAGE_SIZE];
    uint64_t reserved[4];
} RvError;

/* The status as a short English noun phrase ("not found"). Never NULL. */
RV_API const char *rv_status_name(RvStatus status);

#ifdef __cplusplus
}
#endif
#endif
