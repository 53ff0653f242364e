/* SPDX-License-Identifier: MIT */
/* The file of inverted lists beside a library: which rows of the codes lie near each other.
 *
 *     header | means | spreads | starts of lists | runs
 *
 * It is read whole, so that nothing that happens to it later matters, and written whole under another name.
 * It belongs to the codes whose segment has its token. */
#include "search/ivf/ivf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers lie in the file as in memory");
_Static_assert(sizeof(ListRun) == 16, "the file holds them as they lie in memory");

#define MAGIC "RVLISTS1"
#define VERSION 1
// Parts start on a cache line.
#define PART_ALIGNMENT ((uint64_t)64)

typedef struct Header {
    char magic[8];
    uint32_t version, dimensions;
    uint64_t row_count, run_count;
    uint32_t list_count, asked_lists, asked_probes, padding;
    uint64_t seed;
    uint8_t token[STORE_TOKEN_BYTES];
    uint64_t body_checksum; // of everything behind the header's part
    uint64_t checksum;      // of the members above
} Header;

#define BODY (((uint64_t)sizeof(Header) + PART_ALIGNMENT - 1) / PART_ALIGNMENT * PART_ALIGNMENT)

typedef struct Layout {
    uint64_t width, spreads, starts, runs, size;
} Layout;

static uint64_t align(uint64_t value)
{
    return (value + PART_ALIGNMENT - 1) / PART_ALIGNMENT * PART_ALIGNMENT;
}

/* false where the numbers are not those of any file; with these bounds nothing overflows. */
static bool lay_out(int64_t dimensions, uint64_t list_count, uint64_t row_count, uint64_t run_count,
                    Layout *out)
{
    if (dimensions < 1 || dimensions > STORE_MAX_DIMENSIONS || list_count < 1 || list_count > LISTS_MAX ||
        row_count > LIST_ROWS_MAX || run_count > row_count)
        return false;
    out->width = rv_row_code_width((int)dimensions);
    out->spreads = align(BODY + list_count * out->width * sizeof(float));
    out->starts = align(out->spreads + list_count * sizeof(float));
    out->runs = align(out->starts + (list_count + 2) * sizeof(uint64_t));
    out->size = out->runs + run_count * sizeof(ListRun);
    return out->size <= SIZE_MAX / 2;
}

static void point_into(ListFile *file, const Layout *layout)
{
    file->width = layout->width;
    file->means = (float *)(file->bytes + BODY);
    file->spreads = (float *)(file->bytes + layout->spreads);
    file->starts = (uint64_t *)(file->bytes + layout->starts);
    file->runs = (ListRun *)(file->bytes + layout->runs);
}

/* ---- writing ------------------------------------------------------------------------------------------ */

RvStatus rv_list_file_create(int dimensions, size_t list_count, uint64_t row_count, size_t run_count,
                             ListFile *out, RvError *err)
{
    Layout layout;
    *out = (ListFile){
        .dimensions = dimensions, .list_count = list_count, .row_count = row_count, .run_count = run_count};
    if (!lay_out(dimensions, list_count, row_count, run_count, &layout))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "no lists of %llu rows",
                            (unsigned long long)row_count);
    out->size_bytes = layout.size;
    out->bytes = rv_mem_alloc_aligned(layout.size, 1, err);
    if (out->bytes == NULL)
        return RV_ERROR_MEMORY;
    memset(out->bytes, 0, layout.size);
    point_into(out, &layout);
    return RV_OK;
}

RvStatus rv_list_file_write(ListFile *file, int descriptor, RvError *err)
{
    const CodeKernels *kernels = rv_code_kernels();
    Header *header = (Header *)file->bytes;
    *header = (Header){.version = VERSION,
                       .dimensions = (uint32_t)file->dimensions,
                       .row_count = file->row_count,
                       .run_count = file->run_count,
                       .list_count = (uint32_t)file->list_count,
                       .asked_lists = file->settings.lists,
                       .asked_probes = file->settings.probes,
                       .seed = file->settings.seed,
                       .body_checksum = kernels->checksum(file->bytes + BODY, file->size_bytes - BODY)};
    memcpy(header->magic, MAGIC, sizeof header->magic);
    memcpy(header->token, file->token, sizeof header->token);
    header->checksum = kernels->checksum(header, offsetof(Header, checksum));
    RvStatus status = rv_code_write(descriptor, file->bytes, file->size_bytes, 0, err);
    if (status == RV_OK && fdatasync(descriptor) != 0)
        status = rv_error_set(err, RV_ERROR_IO, "cannot write the lists: %s", strerror(errno));
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static const char *fault_of_header(const Header *header, size_t size_bytes, Layout *layout)
{
    if (memcmp(header->magic, MAGIC, sizeof header->magic) != 0 ||
        header->checksum != rv_code_kernels()->checksum(header, offsetof(Header, checksum)))
        return "is damaged or another program's";
    if (header->version != VERSION)
        return "is of another version";
    if (!lay_out(header->dimensions, header->list_count, header->row_count, header->run_count, layout) ||
        layout->size != size_bytes)
        return "is cut short";
    return NULL;
}

/* Lists and runs rise, and there are as many rows as the header says. */
static bool runs_are_good(const ListFile *file)
{
    uint64_t rows = 0;
    if (file->starts[0] != 0 || file->starts[file->list_count + 1] != file->run_count)
        return false;
    for (size_t list = 0; list <= file->list_count; list++) {
        uint64_t end = 0;
        if (file->starts[list + 1] < file->starts[list] || file->starts[list + 1] > file->run_count)
            return false;
        for (uint64_t i = file->starts[list]; i < file->starts[list + 1]; i++) {
            const ListRun *run = &file->runs[i];
            if (run->first < end || run->count < 1 || run->count > LIST_RUN_ROWS ||
                run->count > file->row_count || run->first > file->row_count - run->count)
                return false;
            end = (uint64_t)run->first + run->count;
            rows += run->count;
        }
    }
    return rows == file->row_count;
}

static bool numbers_are_good(const ListFile *file)
{
    for (size_t i = 0; i < file->list_count * file->width; i++) {
        if (!isfinite(file->means[i]))
            return false;
    }
    for (size_t i = 0; i < file->list_count; i++) {
        if (!isfinite(file->spreads[i]) || file->spreads[i] < 0)
            return false;
    }
    return true;
}

/* The mean square of distances from a mean is that of lengths without that of the mean. */
static RvStatus measure_distance(ListFile *file, RvError *err)
{
    double *sums = rv_mem_alloc(file->width, sizeof *sums, err), squares = 0,
           count = (double)file->list_count;
    if (sums == NULL)
        return RV_ERROR_MEMORY;
    for (size_t list = 0; list < file->list_count; list++) {
        for (size_t i = 0; i < file->width; i++) {
            double value = file->means[list * file->width + i];
            sums[i] += value;
            squares += value * value;
        }
    }
    squares /= count;
    for (size_t i = 0; i < file->width; i++)
        squares -= sums[i] / count * (sums[i] / count);
    file->distance = squares > 0 ? sqrt(squares) : 0;
    free(sums);
    return RV_OK;
}

static const char *fault_of_body(const ListFile *file, uint64_t body_checksum)
{
    if (rv_code_kernels()->checksum(file->bytes + BODY, file->size_bytes - BODY) != body_checksum ||
        !runs_are_good(file) || !numbers_are_good(file))
        return "is damaged";
    return NULL;
}

RvStatus rv_list_file_parse(uint8_t *bytes, size_t size_bytes, const char *name, ListFile *out, RvError *err)
{
    Header header = {0};
    Layout layout = {0};
    const char *fault = "is cut short";
    *out = (ListFile){.bytes = bytes, .size_bytes = size_bytes};
    if (size_bytes >= BODY) {
        memcpy(&header, bytes, sizeof header);
        fault = fault_of_header(&header, size_bytes, &layout);
    }
    if (fault == NULL) {
        out->dimensions = (int)header.dimensions;
        out->list_count = header.list_count;
        out->row_count = header.row_count;
        out->run_count = header.run_count;
        out->settings = (ListSettings){header.asked_lists, header.asked_probes, header.seed};
        memcpy(out->token, header.token, sizeof out->token);
        point_into(out, &layout);
        fault = fault_of_body(out, header.body_checksum);
    }
    RvStatus status = fault == NULL ? RV_OK : rv_error_set(err, RV_ERROR_FORMAT, "%s: %s", name, fault);
    if (status == RV_OK) {
        out->checked = rv_mem_alloc(out->run_count, sizeof *out->checked, err);
        status = out->checked != NULL ? measure_distance(out, err) : RV_ERROR_MEMORY;
    }
    if (status != RV_OK)
        rv_list_file_close(out);
    return status;
}

static RvStatus read_all(int descriptor, const char *path, uint8_t *bytes, size_t size_bytes, RvError *err)
{
    size_t done = 0;
    while (done < size_bytes) {
        ssize_t count = pread(descriptor, bytes + done, size_bytes - done, (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
        if (count == 0)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: is cut short", path);
        done += (size_t)count;
    }
    return RV_OK;
}

RvStatus rv_list_file_open(const char *path, ListFile *out, RvError *err)
{
    struct stat facts;
    Header header;
    Layout layout;
    uint8_t *bytes = NULL;
    const char *fault = NULL;
    *out = (ListFile){0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return rv_error_set(err, errno == ENOENT ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: %s", path,
                            strerror(errno));
    // The size is checked against the header before memory is allocated for it.
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
        fault = "is not a regular file";
    else if (facts.st_size < (off_t)BODY ||
             pread(descriptor, &header, sizeof header, 0) != (ssize_t)sizeof header)
        fault = "is cut short";
    else
        fault = fault_of_header(&header, (size_t)facts.st_size, &layout);
    RvStatus status = fault == NULL ? RV_OK : rv_error_set(err, RV_ERROR_FORMAT, "%s: %s", path, fault);
    if (status == RV_OK) {
        bytes = rv_mem_alloc_aligned((size_t)facts.st_size, 1, err);
        status =
            bytes == NULL ? RV_ERROR_MEMORY : read_all(descriptor, path, bytes, (size_t)facts.st_size, err);
    }
    close(descriptor);
    if (status == RV_OK)
        return rv_list_file_parse(bytes, (size_t)facts.st_size, path, out, err);
    free(bytes);
    return status;
}

void rv_list_file_close(ListFile *file)
{
    free(file->checked);
    free(file->bytes);
    *file = (ListFile){0};
}
