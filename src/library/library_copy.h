/* SPDX-License-Identifier: MIT */
/* Videos with their frames from one store into another. */
#ifndef RV_LIBRARY_COPY_H
#define RV_LIBRARY_COPY_H

#include "reelvec/copy.h"
#include "store/store.h"

/* As rv_library_copy. Videos that are left out are named to log. */
RvStatus rv_copy_library(Store *from, Store *to, const RvLog *log, const RvCopyOptions *options,
                         RvCopyReport *report, RvError *err);

#endif
