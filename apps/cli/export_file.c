/* SPDX-License-Identifier: MIT */
/* The library's frames as files for other programs: CSV, NumPy, SQL. */
#include "export_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "common/base64.h"
#include "message.h"
#include "npy.h"
#include "open.h"
#include "out_file.h"
#include "output.h"
#include "progress.h"
#include "signals.h"
#include "text.h"

/* Bytes of a float32 in JSON: comma, sign, 9 digits, point, exponent. */
#define NUMBER_BYTES 18

static const Column csv_columns[] = {
    {"path", NULL, COLUMN_TEXT},
    {"frame_number", NULL, COLUMN_WHOLE},
    {"time", NULL, COLUMN_TIME},
    {"embedding", NULL, COLUMN_TEXT},
};
enum { KEY_COLUMNS = 3, ALL_COLUMNS = 4 };

typedef struct Export {
    const ExportFile *settings;
    RvLibrary *library;
    RvLibrary *picture_library; // a second handle: pictures are read while rows are still being delivered
    RvVideos videos;            // all videos that match the pattern
    OutFile main, keys;         // keys is the CSV file beside an .npy
    Output rows;                // written to main or keys
    char *text;                 // text of one embedding
    size_t frame_count, last_video;
    int dimensions; // 0 before the first block
    CliProgress progress;
    size_t frames_expected;
    RvError error; // error that occurred inside a callback
} Export;

/* Returns the video of a row, or NULL if it was added to the library after the list was read. Rows come video
 * by video, so the last result is tried first. */
static const RvVideo *video_of(Export *export, int64_t video_id)
{
    for (size_t i = 0; i < export->videos.count; i++) {
        size_t at = (export->last_video + i) % export->videos.count;
        if (export->videos.items[at].video_id == video_id) {
            export->last_video = at;
            return &export->videos.items[at];
        }
    }
    return NULL;
}

/* Check that every row has a listed video, and only numbers that text can represent. */
static bool check_rows(Export *export, const RvFrameRows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const float *embedding = rows->embeddings + i * (size_t)rows->dimensions;
        const RvVideo *video = video_of(export, rows->video_ids[i]);
        bool finite = isfinite(rows->times_s[i]);
        for (int j = 0; j < rows->dimensions; j++)
            finite = finite && isfinite(embedding[j]);
        if (video == NULL)
            cli_error(&export->error, RV_ERROR_BUSY,
                      "the library changed while it was being exported; run the same command again");
        else if (!finite)
            cli_error(&export->error, RV_ERROR_FORMAT,
                      "%s, frame %lld: holds values that are not finite; run `reelvec verify`", video->path,
                      (long long)rows->frame_numbers[i]);
        if (video == NULL || !finite)
            return false;
    }
    return true;
}

static void write_json(const float *values, int count, char *text)
{
    for (int i = 0; i < count; i++)
        text += sprintf(text, "%c%.9g", i == 0 ? '[' : ',', (double)values[i]);
    strcpy(text, "]");
}

static bool write_csv_row(Export *export, const RvFrameRows *rows, size_t row)
{
    const RvVideo *video = video_of(export, rows->video_ids[row]);
    const float *embedding = rows->embeddings + row * (size_t)rows->dimensions;
    size_t row_bytes = (size_t)rows->dimensions * sizeof *embedding;
    if (export->settings->format == EXPORT_CSV && export->settings->base64)
        base64_write(embedding, row_bytes, export->text);
    else if (export->settings->format == EXPORT_CSV)
        write_json(embedding, rows->dimensions, export->text);
    const Cell cells[ALL_COLUMNS] = {{.text = video->path},
                                     {.whole = rows->frame_numbers[row]},
                                     {.real = rows->times_s[row]},
                                     {.text = export->text}};
    return cli_output_row(&export->rows, cells);
}

static bool write_pictures(Export *export, const RvFrameRows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        uint8_t *jpeg = NULL;
        size_t size_bytes = 0;
        RvStatus status = rv_library_picture(export->picture_library, rows->video_ids[i],
                                             rows->frame_numbers[i], &jpeg, &size_bytes, &export->error);
        if (status == RV_ERROR_NOT_FOUND) // a frame may have no picture
            continue;
        if (status != RV_OK)
            return false;
        cli_sql_picture(export->main.file, export->settings->dialect, rows->video_ids[i],
                        rows->frame_numbers[i], jpeg, size_bytes);
        rv_free(jpeg);
    }
    return true;
}

// Callback of the library: write a block of rows. Returns false to stop, with the reason in export->error.
static bool write_rows(void *user, const RvFrameRows *rows)
{
    Export *export = user;
    bool good = true;
    if (export->text == NULL) {
        export->text = malloc((size_t)rows->dimensions * NUMBER_BYTES + 8);
        export->dimensions = rows->dimensions;
    }
    if (export->text == NULL) {
        cli_error(&export->error, RV_ERROR_MEMORY, "out of memory");
        return false;
    }
    good = check_rows(export, rows);
    for (size_t i = 0; i < rows->count && good && export->settings->format != EXPORT_SQL; i++)
        good = write_csv_row(export, rows, i);
    if (good && export->settings->format == EXPORT_NPY)
        cli_npy_values(export->main.file, rows->embeddings, rows->count * (size_t)rows->dimensions);
    if (good && export->settings->format == EXPORT_SQL) {
        cli_sql_frames(export->main.file, export->settings->dialect, rows);
        good = !export->settings->pictures || write_pictures(export, rows);
    }
    export->frame_count += rows->count;
    cli_progress_report(&export->progress, export->frame_count, export->frames_expected, 0);
    return good && !cli_interrupted() && !ferror(export->main.file);
}

static RvStatus begin_files(Export *export, RvError *err)
{
    const ExportFile *settings = export->settings;
    FILE *file = export->main.file;
    bool csv = settings->format == EXPORT_CSV, good = true;
    if (settings->format == EXPORT_NPY)
        cli_npy_header(file, 0, 0); // written again at the end, when the shape is known
    if (settings->format != EXPORT_SQL)
        good = cli_output_begin(&export->rows, OUTPUT_CSV, csv_columns, csv ? ALL_COLUMNS : KEY_COLUMNS,
                                csv ? file : export->keys.file);
    else
        cli_sql_tables(file, settings->dialect, settings->pictures);
    for (size_t i = 0; i < export->videos.count && good && settings->format == EXPORT_SQL; i++)
        good = cli_sql_video(file, settings->dialect, &export->videos.items[i]);
    return good ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
}

static RvStatus end_files(Export *export, RvError *err)
{
    FILE *file = export->main.file;
    if (export->settings->format == EXPORT_SQL) {
        cli_sql_end(file);
    } else if (export->settings->format == EXPORT_NPY) {
        if (fseek(file, 0, SEEK_SET) != 0)
            return cli_error(err, RV_ERROR_IO, "%s: cannot go back in it: %s", export->settings->path,
                             strerror(errno));
        cli_npy_header(file, export->frame_count, (size_t) export->dimensions);
    }
    return RV_OK;
}

static void tell_failed_write(Export *export)
{
    const char *path = export->settings->path;
    // Flush again: what could not be written is still in the buffer, so the error occurs again and its reason
    // is known.
    errno = 0;
    if (path == NULL)
        cli_flush();
    else
        fflush(export->main.file);
    cli_error(&export->error, RV_ERROR_IO, "%s: cannot write: %s", path != NULL ? path : "standard output",
              errno != 0 ? strerror(errno) : "the disk may be full");
}

static RvStatus write_files(Export *export, RvError *err)
{
    RvStatus status = begin_files(export, err);
    if (status != RV_OK)
        return status;
    // A bar among the rows of a terminal would spoil both.
    bool quiet = export->settings->common->quiet || (export->settings->path == NULL && isatty(STDOUT_FILENO));
    cli_progress_begin(&export->progress, quiet, "Exporting frames",
                       export->settings->path != NULL ? export->settings->path : "export", false);
    status = rv_library_embeddings(export->library, export->settings->video_glob, write_rows, export, err);
    cli_progress_end(&export->progress);
    if (status == RV_ERROR_CANCELLED && ferror(export->main.file))
        tell_failed_write(export);
    if (export->error.status != RV_OK && status == RV_ERROR_CANCELLED) {
        *err = export->error;
        return err->status;
    }
    return status == RV_OK ? end_files(export, err) : status;
}

/* "frames.npy" to "frames.csv". Returns NULL if memory is refused. */
static char *keys_path(const char *path)
{
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".npy") == 0)
        length -= 4;
    char *keys = NULL;
    return asprintf(&keys, "%.*s.csv", (int)length, path) >= 0 ? keys : NULL;
}

/* The user named only the .npy file. A CSV file beside it is replaced only if it comes from such an
 * export. */
static RvStatus check_keys(const char *keys, RvError *err)
{
    static const char header[] = "path,frame_number,time";
    char line[sizeof header + 2] = "";
    FILE *file = fopen(keys, "rbe");
    bool empty = file == NULL || fgets(line, sizeof line, file) == NULL;
    if (file != NULL)
        fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (empty || strcmp(line, header) == 0)
        return RV_OK;
    return cli_error(
        err, RV_ERROR_ARGUMENT,
        "%s: is there already, and is not the list of frames of an .npy export, which belongs there; "
        "give another name, or remove it",
        keys);
}

static RvStatus open_libraries(Export *export, RvLog log, RvError *err)
{
    RvStatus status = cli_open_library(export->settings->common, RV_OPEN_READ, log, &export->library, err);
    if (status == RV_OK && export->settings->pictures)
        status = cli_open_library(export->settings->common, RV_OPEN_READ, log, &export->picture_library, err);
    if (status == RV_OK)
        status = rv_library_list(export->library, export->settings->video_glob, &export->videos, err);
    if (status == RV_OK && export->videos.count == 0 && export->settings->video_glob != NULL)
        status = cli_error(err, RV_ERROR_NOT_FOUND, "no video matches '%s'; `reelvec list` shows their paths",
                           export->settings->video_glob);
    for (size_t i = 0; i < export->videos.count && status == RV_OK; i++)
        export->frames_expected += (size_t) export->videos.items[i].frame_count;
    return status;
}

// Open the libraries and files, write everything, and give the files their names; the .npy file last.
static RvStatus export_all(Export *export, const char *keys, RvError *err)
{
    const char *path = export->settings->path;
    RvStatus status = open_libraries(export, cli_log(export->settings->common, &export->progress), err);
    if (status == RV_OK && path != NULL)
        status = cli_out_open(&export->main, path, keys != NULL ? RV_FILE_NPY : RV_FILE_TEXT, err);
    if (status == RV_OK && keys != NULL)
        status = check_keys(keys, err);
    if (status == RV_OK && keys != NULL)
        status = cli_out_open(&export->keys, keys, RV_FILE_TEXT, err);
    if (status == RV_OK)
        status = write_files(export, err);
    if (status == RV_OK && keys != NULL)
        status = cli_out_commit(&export->keys, err);
    if (status == RV_OK && path != NULL)
        status = cli_out_commit(&export->main, err);
    if (keys != NULL)
        cli_out_abandon(&export->keys);
    if (path != NULL)
        cli_out_abandon(&export->main);
    return status;
}

int cli_export_file(const ExportFile *settings)
{
    Export export = {.settings = settings, .main = {.file = settings->path == NULL ? stdout : NULL}};
    RvError err = {0};
    char *keys = settings->format == EXPORT_NPY ? keys_path(settings->path) : NULL;
    if (settings->format == EXPORT_NPY && keys == NULL)
        return cli_fail_memory();
    cli_catch_interrupts();
    RvStatus status = export_all(&export, keys, &err);
    int exit_status = CLI_DONE;
    if (status == RV_ERROR_CANCELLED && cli_interrupted()) {
        cli_message("interrupted; nothing was kept");
        exit_status = CLI_INTERRUPTED;
    } else if (status == RV_ERROR_IO && settings->path == NULL && ferror(stdout)) {
        exit_status = CLI_FAILED; // cli_finish reports why
    } else if (status != RV_OK) {
        exit_status = cli_fail(&err);
    } else if (settings->path != NULL) {
        cli_print("%s: %zu frame%s", settings->path, export.frame_count, export.frame_count == 1 ? "" : "s");
    }
    free(export.text);
    free(keys);
    rv_videos_clear(&export.videos);
    rv_library_close(export.picture_library);
    rv_library_close(export.library);
    return exit_status;
}
