/* SPDX-License-Identifier: MIT */
/* The library's model, for every database with an SqlLink. */
#ifndef RV_SQL_MODEL_H
#define RV_SQL_MODEL_H

#include "store/sql/sql_row.h"
#include "store/store_backend.h"

/* Functions of StoreBackend. */
RvStatus rv_sql_get_identity(Store *store, ModelIdentity *out, bool *present, RvError *err);
RvStatus rv_sql_claim_identity(Store *store, const ModelIdentity *wanted, ModelIdentity *out, RvError *err);

#define SQL_MODEL_FUNCTIONS .get_identity = rv_sql_get_identity, .claim_identity = rv_sql_claim_identity

/* Read the library's model. Must be called in a transaction. Until it ends, no other process can claim the
 * library, or write frames. */
RvStatus rv_sql_lock_claim(Store *store, ModelIdentity *out, bool *present, RvError *err);
/* Must be called in a transaction that writes frames. Checks that the video still exists and that the library
 * is still that of the model which the caller checked. Both cannot change until the transaction ends. Errors:
 * NOT_FOUND, MISMATCH. */
RvStatus rv_sql_check_target(Store *store, int64_t video_id, RvError *err);

/* model_name, weights_sha256, dimensions, preprocess_version, normalized as a number. */
#define SQL_MODEL_COLUMNS "ttddd"

/* Read a row of those columns. *present is false if no model has claimed the library. */
RvStatus rv_sql_read_identity(const SqlRow *row, ModelIdentity *out, bool *present, RvError *err);

#endif
