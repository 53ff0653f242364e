/* SPDX-License-Identifier: MIT */
/* The CUDA driver and cuBLASLt, loaded at run time. */
#include "compute/cuda/cuda_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A symbol, and the field of a table that its address is written to. */
typedef struct Symbol {
    const char *name;
    void *field;
} Symbol;

static void *open_in(const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", name) >= (int)sizeof path)
        return NULL;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); // both have threads and state of their own
}

/* Open a library in the folder REELVEC_CUDA_LIBRARIES if that is set; else in the system's folders, then in
 * `other`. */
static void *open_library(const char *name, const char *other)
{
    const char *folder = getenv("REELVEC_CUDA_LIBRARIES");
    if (folder != NULL && folder[0] != '\0')
        return open_in(folder, name);
    void *library = open_in("", name);
    return library == NULL && other != NULL ? open_in(other, name) : library;
}

/* Find all symbols. Returns NULL, or the name of the first that is missing. */
static const char *find_symbols(void *library, const Symbol *symbols, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (address == NULL)
            return symbols[i].name;
        memcpy(symbols[i].field, &address, sizeof address); // ISO C has no cast from void * to a function
    }
    return NULL;
}

static RvStatus check_version(CudaDriver *driver, RvError *err)
{
    if (driver->driver_version(&driver->version) != 0)
        driver->version = 0;
    if (driver->version >= CUDA_DRIVER_MIN)
        return RV_OK;
    return rv_error_set_hint(
        err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
        "cuda: the driver is too old: it offers CUDA %d.%d, %d.%d is needed (update the NVIDIA driver)",
        driver->version / 1000, driver->version % 1000 / 10, CUDA_DRIVER_MIN / 1000,
        CUDA_DRIVER_MIN % 1000 / 10);
}

static RvStatus initialise(CudaDriver *driver, RvError *err)
{
    int count = 0, result = driver->init(0);
    if (result == 0)
        result = driver->device_count(&count);
    if (result == CUDA_RESULT_NO_DEVICE || (result == 0 && count == 0))
        return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
                                 "cuda: no device: the NVIDIA driver is there and finds no GPU");
    if (result == 0)
        return RV_OK;
    const char *text = NULL;
    driver->error_text(result, &text);
    return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
                             "cuda: the NVIDIA driver does not start: %s",
                             text != NULL ? text : "unknown error");
}

RvStatus rv_cuda_driver_open(CudaDriver *driver, RvError *err)
{
#define CUDA_DRIVER_SYMBOL(field, symbol, parameters) {symbol, &driver->field},
    const Symbol symbols[] = {CUDA_DRIVER_FUNCTIONS(CUDA_DRIVER_SYMBOL)};
    *driver = (CudaDriver){0};
    driver->library = open_library("libcuda.so.1", NULL);
    if (driver->library == NULL)
        return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
                                 "cuda: no driver: libcuda.so.1 is not there (install the NVIDIA driver)");
    const char *missing = find_symbols(driver->library, symbols, sizeof symbols / sizeof symbols[0]);
    // If a driver lacks a function, its version is the more useful message, if it is known.
    RvStatus status = driver->driver_version != NULL ? check_version(driver, err) : RV_OK;
    if (status == RV_OK && missing != NULL)
        return rv_error_set_hint(
            err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
            "cuda: the driver is too old: libcuda.so.1 lacks %s (update the NVIDIA driver)", missing);
    return status == RV_OK ? initialise(driver, err) : status;
}

void rv_cuda_driver_close(CudaDriver *driver)
{
    if (driver->library != NULL)
        dlclose(driver->library);
    *driver = (CudaDriver){0};
}

static bool open_version(CublasLt *cublaslt, const char *name)
{
#define CUBLASLT_SYMBOL(field, symbol, parameters) {symbol, &cublaslt->field},
    const Symbol symbols[] = {CUBLASLT_FUNCTIONS(CUBLASLT_SYMBOL)};
    size_t (*version)(void) = NULL;
    const Symbol version_symbol = {"cublasLtGetVersion", &version};
    *cublaslt = (CublasLt){0};
    cublaslt->library = open_library(name, "/usr/local/cuda/lib64");
    if (cublaslt->library != NULL &&
        find_symbols(cublaslt->library, symbols, sizeof symbols / sizeof symbols[0]) == NULL &&
        cublaslt->create(&cublaslt->handle) == 0) {
        if (find_symbols(cublaslt->library, &version_symbol, 1) == NULL)
            cublaslt->version = version();
        return true;
    }
    cublaslt->handle = NULL;
    rv_cublaslt_close(cublaslt);
    return false;
}

RvStatus rv_cublaslt_open(CublasLt *cublaslt, RvError *err)
{
    static const char *const names[] = {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (open_version(cublaslt, names[i]))
            return RV_OK;
    }
    return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_CPU, NULL,
                             "cuda: no cuBLASLt that works with this driver: install libcublas "
                             "(libcublasLt.so.13, .12 or .11) and put its folder into LD_LIBRARY_PATH");
}

void rv_cublaslt_close(CublasLt *cublaslt)
{
    if (cublaslt->handle != NULL)
        cublaslt->destroy(cublaslt->handle);
    if (cublaslt->library != NULL)
        dlclose(cublaslt->library);
    *cublaslt = (CublasLt){0};
}
