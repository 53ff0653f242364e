/* SPDX-License-Identifier: MIT */
/* Codes of a library's rows: kept in LIBRARY-codes beside it, used by searches, and always checked against the rows.
 */
#ifndef RV_CODES_H
#define RV_CODES_H

#include <pthread.h>

#include "base/threads.h"
#include "search/codes/code_file.h"

#define CODES_SUFFIX "-codes"
#define CODES_NAME "codes"

/* Rows from which codes pay: scoring this many rows out of SQLite takes about as long as everything else of a
 * query. */
#define CODES_MIN_ROWS 20000

/* What a process holds of the codes of one library, for all handles of that library. Threads: any number. */
typedef struct CodeMemory {
    pthread_mutex_t mutex;                    // guards the members below
    CodeFile *file;                           // the newest that was used; NULL: none
    bool invalid;                             // a file was found to be wrong. It is not opened again while
    uint8_t invalid_token[STORE_TOKEN_BYTES]; // the library names the same token
} CodeMemory;

void rv_code_memory_init(CodeMemory *memory);
void rv_code_memory_clear(CodeMemory *memory);

/* The codes as one handle of the library sees them: the first reason why they cannot be used goes to its log.
 * Threads: any number may call, each with a store of its own. */
typedef struct Codes {
    CodeMemory *memory; // borrowed
    RvLog log;
    atomic_bool warned;
} Codes;

/* The library's file for `state`, to be released. NULL: there is none that belongs to `state`; why a file
 * that is there cannot be used goes to the log. */
CodeFile *rv_codes_hold(Codes *codes, Store *store, const DerivedState *state, int dimensions);
/* The same with the library's state as it is now. If *file is NULL, state->published is true if the library
 * names codes all the same. */
RvStatus rv_codes_find(Codes *codes, Store *store, DerivedState *state, CodeFile **file, RvError *err);
/* The file was found to be wrong: no handle uses it again. */
void rv_codes_invalidate(Codes *codes, const Store *store, const CodeFile *file, const char *reason);
/* Log that the codes are not used, once per handle. */
void rv_codes_warn(Codes *codes, const Store *store, const char *reason);

/* Bring the codes up to date if the library can keep them, has min_rows rows at least (0: CODES_MIN_ROWS) and
 * enough has changed. Must not be called inside a snapshot. Returns OK without work if another process is
 * already doing it. Errors: those of reading and writing; the library is as good as before. */
RvStatus rv_codes_update(Codes *codes, Store *store, ThreadPool *pool, int64_t min_rows, RvError *err);

/* Compare the codes with the rows: each fault is one line. Libraries without codes have no faults. */
RvStatus rv_codes_verify(Codes *codes, Store *store, void (*fault)(void *user, const char *line), void *user,
                         size_t *fault_count, RvError *err);

/* Bytes of the file and rows in it; 0 if there is none. */
RvStatus rv_codes_size(Codes *codes, Store *store, int64_t *size_bytes, int64_t *row_count, RvError *err);

#endif
