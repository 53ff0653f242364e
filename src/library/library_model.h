/* SPDX-License-Identifier: MIT */
/* The library's own model, opened. */
#ifndef RV_LIBRARY_MODEL_H
#define RV_LIBRARY_MODEL_H

#include "reelvec/encoder.h"
#include "store/store.h"

/* As rv_library_open_encoder. */
RvStatus rv_store_open_encoder(Store *store, const RvEncoderOptions *options, RvEncoder **out, RvError *err);

/* As rv_library_model_details. */
RvStatus rv_store_model_details(Store *store, char *details, size_t size_bytes, RvError *err);

#endif
