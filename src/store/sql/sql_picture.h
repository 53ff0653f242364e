/* SPDX-License-Identifier: MIT */
/* Stored pictures, for every database with an SqlLink: functions of StoreBackend. */
#ifndef RV_SQL_PICTURE_H
#define RV_SQL_PICTURE_H

#include "store/store_backend.h"

RvStatus rv_sql_picture(Store *store, int64_t video_id, int64_t frame_number, uint8_t **jpeg,
                        size_t *size_bytes, RvError *err);
/* For servers: a block of pictures in two messages. */
RvStatus rv_sql_pictures(Store *store, int64_t video_id, int64_t first_number, int64_t *covered_to,
                         PictureRowCallback callback, void *user, RvError *err);

#endif
