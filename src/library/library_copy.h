/* SPDX-License-Identifier: MIT */
/* Videos with their frames from one store into another. */
#ifndef RV_LIBRARY_COPY_H
#define RV_LIBRARY_COPY_H

#include "reelvec/copy.h"
#include "store/store.h"

/* As rv_library_copy. Videos that are left out are named to log. */
RvStatus rv_copy_library(Store *from, Store *to, const RvLog *log, const RvCopyOptions *options,
                         RvCopyReport *report, RvError *err);

/* NOT_FOUND: no video of the library has this name. */
RvStatus rv_copy_no_video(Store *from, const char *name, RvError *err);

/* ARGUMENT: source and target are one library. verb: "copied onto". */
RvStatus rv_copy_onto_itself(const Store *from, const char *verb, RvError *err);

#endif
