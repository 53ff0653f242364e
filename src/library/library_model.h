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

/* The library's model must be the encoder's (NULL fits). *present: false if the library is empty, which has no model.
 * Errors: MISMATCH, those of rv_encoder_details. */
RvStatus rv_store_check_encoder(Store *store, RvEncoder *encoder, ModelIdentity *identity, bool *present,
                                RvError *err);

#endif
