/* SPDX-License-Identifier: MIT */
/* Files as torch.save writes them: a ZIP archive, or the older format of pickles and storages. */
#include "torch_writer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Write a number, little endian like everything here. */
static void put(FILE *file, uint64_t value, int size_bytes)
{
    for (int i = 0; i < size_bytes; i++)
        fputc((int)(value >> 8 * i & 0xff), file);
}

/* BINUNICODE */
static void put_text(FILE *file, const char *text)
{
    fputc('X', file);
    put(file, strlen(text), 4);
    fputs(text, file);
}

/* A tuple of BININT. */
static void put_sizes(FILE *file, const size_t *sizes, int count)
{
    fputc('(', file);
    for (int i = 0; i < count; i++) {
        fputc('J', file);
        put(file, sizes[i], 4);
    }
    fputc('t', file);
}

/* torch._utils._rebuild_tensor_v2(storage, 0, shape, stride, False, OrderedDict()) */
static void put_tensor(FILE *file, bool legacy, const TorchTensor *tensor, size_t number)
{
    char key[24];
    snprintf(key, sizeof key, "%zu", number);
    fputs("ctorch._utils\n_rebuild_tensor_v2\n((", file);
    put_text(file, "storage");
    fprintf(file, "ctorch\n%sStorage\n", tensor->storage);
    put_text(file, key);
    put_text(file, "cpu");
    fputc('J', file);
    put(file, tensor->element_count, 4);
    fputs(legacy ? "NtQK" : "tQK", file);
    fputc(0, file);
    put_sizes(file, tensor->shape, tensor->rank);
    put_sizes(file, tensor->stride, tensor->rank);
    fputs("\x89"
          "ccollections\nOrderedDict\n)RtR",
          file);
}

static void put_state(FILE *file, bool legacy, const TorchTensor *tensors, size_t count)
{
    fputs("\x80\x02}(", file);
    for (size_t i = 0; i < count; i++) {
        put_text(file, tensors[i].name);
        put_tensor(file, legacy, &tensors[i], i);
    }
    fputs("u.", file);
}

/* ---- the older format ---------------------------------------------------------------------------------- */

static bool write_legacy(FILE *file, const TorchTensor *tensors, size_t count, TorchValues values,
                         void *context)
{
    static const char head[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." // magic number
                               "\x80\x02M\xe9\x03."                                        // 1001
                               "\x80\x02}(X\x0d\0\0\0little_endian\x88u.";
    fwrite(head, 1, sizeof head - 1, file);
    put_state(file, true, tensors, count);
    fputs("\x80\x02](", file);
    for (size_t i = 0; i < count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        put_text(file, key);
    }
    fputs("e.", file);
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        put(file, tensors[i].element_count, 8);
        good = values(file, context, i);
    }
    return good;
}

/* ---- ZIP ---------------------------------------------------------------------------------------------- */

typedef struct Entry {
    char name[64];
    uint32_t crc, at;
    size_t size_bytes;
} Entry;

/* Write the header before an entry's bytes, or its record in the directory. */
static void put_entry(FILE *file, const Entry *entry, bool central)
{
    put(file, central ? 0x02014b50 : 0x04034b50, 4);
    put(file, 20, central ? 4 : 2); // versions
    put(file, 0, 8);                // flags, method, time, date
    put(file, entry->crc, 4);
    put(file, entry->size_bytes, 4);
    put(file, entry->size_bytes, 4);
    put(file, strlen(entry->name), 2);
    put(file, 0, 2); // extra field
    if (central) {
        put(file, 0, 8); // comment, volume, attributes
        put(file, 0, 2);
        put(file, entry->at, 4);
    }
    fputs(entry->name, file);
}

/* Add what was written to memory as an entry, and free the memory. */
static bool add_entry(FILE *file, Entry *entry, FILE *memory, char **bytes, size_t *size_bytes, bool good)
{
    good = fclose(memory) == 0 && good;
    entry->at = (uint32_t)ftell(file);
    entry->size_bytes = *size_bytes;
    entry->crc = (uint32_t)crc32(crc32(0, NULL, 0), (const Bytef *)*bytes, (uInt)*size_bytes);
    put_entry(file, entry, false);
    good = fwrite(*bytes, 1, *size_bytes, file) == *size_bytes && good;
    free(*bytes);
    return good;
}

static bool write_zip(FILE *file, const TorchTensor *tensors, size_t count, TorchValues values, void *context)
{
    Entry *entries = calloc(count + 1, sizeof *entries);
    bool good = entries != NULL;
    for (size_t i = 0; i <= count && good; i++) {
        char *bytes = NULL;
        size_t size_bytes = 0;
        FILE *memory = open_memstream(&bytes, &size_bytes);
        if (memory == NULL)
            good = false;
        if (good && i == 0) {
            snprintf(entries[0].name, sizeof entries[0].name, "archive/data.pkl");
            put_state(memory, false, tensors, count);
        } else if (good) {
            snprintf(entries[i].name, sizeof entries[i].name, "archive/data/%zu", i - 1);
            good = values(memory, context, i - 1);
        }
        good = memory != NULL && add_entry(file, &entries[i], memory, &bytes, &size_bytes, good);
    }
    long at = ftell(file);
    for (size_t i = 0; i <= count && good; i++)
        put_entry(file, &entries[i], true);
    long end = ftell(file);
    put(file, 0x06054b50, 8);
    put(file, count + 1, 2);
    put(file, count + 1, 2);
    put(file, (uint64_t)(end - at), 4);
    put(file, (uint64_t)at, 4);
    put(file, 0, 2);
    free(entries);
    return good;
}

bool torch_write(const char *path, bool legacy, const TorchTensor *tensors, size_t count, TorchValues values,
                 void *context)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool good = legacy ? write_legacy(file, tensors, count, values, context)
                       : write_zip(file, tensors, count, values, context);
    good = !ferror(file) && good;
    return fclose(file) == 0 && good;
}
