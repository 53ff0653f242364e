/* SPDX-License-Identifier: MIT */
/* NumPy's .npy format, version 1.0 (numpy.lib.format). */
#include "npy.h"

#include <stdint.h>
#include <string.h>

#define PREFIX_BYTES 10 // magic, version, length of the header
#define ALIGNMENT 64

void cli_npy_header(FILE *file, size_t rows, size_t columns)
{
    char header[256];
    int length = snprintf(header, sizeof header,
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, columns);
    size_t total = ((size_t)length + 1 + PREFIX_BYTES + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - PREFIX_BYTES;
    fwrite("\x93NUMPY\x01\x00", 1, 8, file);
    fputc((int)(total & 0xff), file);
    fputc((int)(total >> 8), file);
    fprintf(file, "%-*s\n", (int)total - 1, header);
}

void cli_npy_values(FILE *file, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        const unsigned char bytes[4] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                        (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
        fwrite(bytes, 1, sizeof bytes, file);
    }
}
