/* SPDX-License-Identifier: MIT */
/* Re-embedding: the steps of a video that another library, the old one, has with another model's embeddings. */
#ifndef RV_INDEX_INDEX_ORIGIN_H
#define RV_INDEX_INDEX_ORIGIN_H

#include "index/index_state.h"

/* The steps of index/index_video.h for a video with an origin. Steps marked S use the target's store. */

RvStatus rv_origin_begin(IndexVideo *video, RvError *err);
/* S: after the row of the path was looked up. Compares the file with the old row by size and time; the content
 * key stays "" if only its content can tell. */
RvStatus rv_origin_look(IndexVideo *video, RvError *err);
/* S: the target's row of the path decides:
 *
 *     row                                   what is done
 *     none                                  a new row
 *     other content or sampling             refused, or replaced if the origin allows it
 *     complete, or as far as the old row    nothing; the outcome is UNCHANGED
 *     interrupted                           continued; from the start if it took pictures and now does not, or
 *                                           the other way round
 *     failed, but not in the old library    replaced
 *
 * Errors: NOT_FOUND if the file is gone or has changed and its pictures are not to be taken. */
RvStatus rv_origin_decide(IndexVideo *video, RvError *err);
/* Read the list of old frames and choose the sampling; open nothing of the video itself. */
RvStatus rv_origin_open(IndexVideo *video, RvError *err);
/* Opening the video failed with this status, *err. True if its stored pictures are embedded instead. */
bool rv_origin_falls_back(IndexVideo *video, RvStatus opened, RvError *err);
/* S: once the row has begun: record that pictures are embedded, so that an interrupted run leaves it said. */
RvStatus rv_origin_note(IndexVideo *video, RvError *err);
/* S: give the row the state that the old one has. damage: of the video; of pictures what rv_origin_note
 * recorded. Errors: FORMAT if frames of the old library are missing. */
RvStatus rv_origin_finish(IndexVideo *video, const char *damage, RvError *err);

#endif
