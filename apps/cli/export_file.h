/* SPDX-License-Identifier: MIT */
/* The library's frames as files for other programs. */
#ifndef RV_CLI_EXPORT_FILE_H
#define RV_CLI_EXPORT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "reelvec/library.h"

typedef enum ExportFormat { EXPORT_CSV, EXPORT_NPY, EXPORT_SQL } ExportFormat;
typedef enum SqlDialect { DIALECT_SQLITE, DIALECT_MYSQL, DIALECT_POSTGRES } SqlDialect;

typedef struct ExportFile {
    const CliCommon *common;
    ExportFormat format;
    const char *path; // NULL for standard output
    const char *video_glob;
    bool base64; // csv: write embeddings as base64 instead of JSON
    SqlDialect dialect;
    bool pictures; // sql: write frame_pictures too
} ExportFile;

/* Returns the exit status. */
int cli_export_file(const ExportFile *settings);

/* ---- export_sql.c ---- */

/* Write the CREATE TABLE statements of a script; with `pictures` the table frame_pictures too. */
void cli_sql_tables(FILE *file, SqlDialect dialect, bool pictures);

/* Write an INSERT of the video. Returns false if memory is refused. */
bool cli_sql_video(FILE *file, SqlDialect dialect, const RvVideo *video);

/* Write INSERTs of a block of rows, their embeddings as hexadecimal literals. */
void cli_sql_frames(FILE *file, SqlDialect dialect, const RvFrameRows *rows);

/* Write an INSERT of a frame's JPEG. */
void cli_sql_picture(FILE *file, SqlDialect dialect, int64_t video_id, int64_t frame_number, const void *jpeg,
                     size_t size_bytes);

/* Write the end of the script. */
void cli_sql_end(FILE *file);

#endif
