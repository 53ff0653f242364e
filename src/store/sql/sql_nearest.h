/* SPDX-License-Identifier: MIT */
/* Rows near a vector, found by a server, with a proof that none is missing. */
#ifndef RV_SQL_NEAREST_H
#define RV_SQL_NEAREST_H

#include "store/sql/server_answer.h"

#define NEAREST_COLUMNS 5     // video_id, frame_number, time, embedding_data, and the server's score
#define NEAREST_ROW_BYTES 256 // of an answer, beside the vector

/* What a server provides. */
typedef struct SqlNearest {
    /* The score is a cosine times the query's length. A vector of length 0 has no score. The score differs
     * from the dot product by the rounding of the stored vector's length. */
    bool is_cosine;
    /* Write the `limit` rows with the best scores to *out, which is empty, in the order of keys. Uses no
     * approximate index. */
    RvStatus (*find)(Store *store, const NearestQuery *query, size_t limit, ServerAnswer *out, RvError *err);
    /* The same by the approximate index, about query->count rows; no rows if there is no index. */
    RvStatus (*find_by_index)(Store *store, const NearestQuery *query, ServerAnswer *out, RvError *err);
    /* The row's score; larger is nearer. Returns false if the row has no such number. */
    bool (*score)(const ServerAnswer *answer, size_t row, double *out);
    RvStatus (*hand_rows)(const ServerAnswer *answer, FrameRowCallback callback, void *user, RvError *err);
} SqlNearest;

/* As StoreBackend.nearest. */
RvStatus rv_sql_nearest(Store *store, const SqlNearest *server, const NearestQuery *query,
                        FrameRowCallback callback, void *user, bool *done, RvError *err);

#endif
