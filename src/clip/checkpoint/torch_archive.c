/* SPDX-License-Identifier: MIT */
/* PyTorch's ZIP archives, of TorchScript modules and of torch.save, as named tensors. */
#include "clip/checkpoint/torch_archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/torch_tensors.h"
#include "clip/checkpoint/zip_reader.h"

#define PIECE_BYTES ((size_t)256 << 10) // of a file that is verified

typedef struct TorchArchive {
    const char *path;
    ZipArchive zip;
    char root[ZIP_NAME_MAX]; // "archive/"
    TensorTable *table;
} TorchArchive;

bool rv_torch_archive_looks_like(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

/* Find the entry root + name. Errors: UNSUPPORTED if it is compressed. */
static RvStatus find_entry(const TorchArchive *archive, const char *name, const ZipEntry **out, RvError *err)
{
    char full[2 * ZIP_NAME_MAX];
    snprintf(full, sizeof full, "%s%s", archive->root, name);
    *out = rv_zip_find(&archive->zip, full);
    if (*out == NULL)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: has no entry %s; fetch the file again", archive->path,
                            full);
    if (!(*out)->stored)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: entry %s is compressed; save it again with torch.save", archive->path, full);
    return RV_OK;
}

static RvStatus find_storage(void *context, const TorchStorage *storage, const char *tensor,
                             const uint8_t **bytes, size_t *size_bytes, RvError *err)
{
    (void)tensor; // the entry's name says more in a message
    char name[ZIP_NAME_MAX];
    const ZipEntry *entry = NULL;
    snprintf(name, sizeof name, "data/%s", storage->key);
    RvStatus status = find_entry(context, name, &entry, err);
    if (status != RV_OK)
        return status;
    *bytes = entry->bytes;
    *size_bytes = entry->size_bytes;
    return RV_OK;
}

/* Find the folder of the only entry FOLDER/data.pkl. */
static RvStatus find_root(TorchArchive *archive, RvError *err)
{
    for (size_t i = 0; i < archive->zip.count; i++) {
        const char *name = archive->zip.entries[i].name;
        const char *slash = strchr(name, '/');
        if (slash != NULL && strcmp(slash, "/data.pkl") == 0) {
            snprintf(archive->root, sizeof archive->root, "%.*s", (int)(slash - name + 1), name);
            return RV_OK;
        }
    }
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: an archive, but none of PyTorch's (no data.pkl)",
                        archive->path);
}

static const ZipEntry *find_fact(const TorchArchive *archive, const char *fact)
{
    char name[2 * ZIP_NAME_MAX];
    snprintf(name, sizeof name, "%s%s", archive->root, fact);
    return rv_zip_find(&archive->zip, name);
}

static RvStatus check_byte_order(const TorchArchive *archive, RvError *err)
{
    const ZipEntry *entry = find_fact(archive, "byteorder");
    if (entry == NULL || (entry->size_bytes == 6 && memcmp(entry->bytes, "little", 6) == 0))
        return RV_OK;
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: not little-endian; save it again on a little-endian machine", archive->path);
}

static RvStatus read_pickle(TorchArchive *archive, RvError *err)
{
    const ZipEntry *entry = NULL;
    RvStatus status = find_entry(archive, "data.pkl", &entry, err);
    if (status != RV_OK)
        return status;
    if (entry->size_bytes > UINT32_MAX ||
        (entry->crc32 != 0 &&
         crc32(crc32(0, NULL, 0), entry->bytes, (uInt)entry->size_bytes) != entry->crc32))
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: checksum of data.pkl is wrong; fetch the file again",
                            archive->path);
    Pickle pickle = {0};
    const TorchStorages storages = {.path = archive->path, .find = find_storage, .context = archive};
    status = rv_pickle_read(entry->bytes, entry->size_bytes, archive->path, &pickle, err);
    if (status == RV_OK)
        status = rv_torch_tensors_read(&pickle, &storages, archive->table, err);
    rv_pickle_clear(&pickle);
    return status;
}

RvStatus rv_torch_archive_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                               RvError *err)
{
    TorchArchive archive = {.path = path, .table = table};
    RvStatus status = rv_zip_open(bytes, size_bytes, path, &archive.zip, err);
    if (status == RV_OK)
        status = find_root(&archive, err);
    if (status == RV_OK)
        status = check_byte_order(&archive, err);
    if (status == RV_OK)
        status = read_pickle(&archive, err);
    if (status == RV_OK && find_fact(&archive, "constants.pkl") != NULL)
        table->torchscript = true;
    rv_zip_clear(&archive.zip);
    return status;
}

/* ---- checksums ----------------------------------------------------------------------------------------- */

static RvStatus verify_entry(const TensorSource *source, const ZipEntry *entry, uint8_t *piece, RvError *err)
{
    uLong sum = crc32(0, NULL, 0);
    for (size_t at = 0; at < entry->size_bytes;) {
        size_t some = entry->size_bytes - at < PIECE_BYTES ? entry->size_bytes - at : PIECE_BYTES;
        RvStatus status = rv_tensor_source_read(source, entry->bytes + at, some, piece, err);
        if (status != RV_OK)
            return status;
        sum = crc32(sum, piece, (uInt)some);
        at += some;
    }
    return sum == entry->crc32
               ? RV_OK
               : rv_error_set(err, RV_ERROR_FORMAT, "%s: checksum of %s is wrong; fetch the file again",
                              source->path, entry->name);
}

RvStatus rv_torch_archive_verify(const TensorSource *source, RvError *err)
{
    ZipArchive zip = {0};
    uint8_t *piece = rv_mem_alloc(PIECE_BYTES, 1, err);
    RvStatus status = piece != NULL
                          ? rv_zip_open(source->map->bytes, source->map->size_bytes, source->path, &zip, err)
                          : RV_ERROR_MEMORY;
    for (size_t i = 0; i < zip.count && status == RV_OK; i++) {
        if (zip.entries[i].stored && zip.entries[i].crc32 != 0)
            status = verify_entry(source, &zip.entries[i], piece, err);
    }
    rv_zip_clear(&zip);
    free(piece);
    return status;
}
