/* SPDX-License-Identifier: MIT */
/* One stream's decoder: packets in, frames with a time stamp out. */
#ifndef RV_VIDEO_DECODER_H
#define RV_VIDEO_DECODER_H

#include "video/frame.h"
#include "video/video_internal.h"

typedef struct Decoder Decoder;

typedef enum DecoderEvent {
    DECODER_FRAME,        // a frame came out
    DECODER_WANTS_PACKET, // call rv_decoder_send with a packet, or with NULL to drain
    DECODER_DRAINED,      // nothing more comes out before a flush
    DECODER_DAMAGED       // a packet was refused; decoding can go on
} DecoderEvent;

typedef struct DecodedFrame {
    AVFrame *av; // owned by the decoder; on its device if it has one; av_frame_move_ref takes the planes
    bool has_pts;
    int64_t pts;      // ticks of the stream; from the frame, or from the packets' decoding times in order
    int64_t duration; // ticks; 0 if unknown
    bool keyframe;    // its packet was marked as a keyframe
} DecodedFrame;

/* Open a decoder for the reader's chosen stream. The reader is borrowed and must outlive it. Errors:
 * UNSUPPORTED, MEMORY. */
RvStatus rv_decoder_open(const VideoReader *reader, Decoder **out, RvError *err);
void rv_decoder_close(Decoder *decoder);

/* Send a packet; NULL drains. May be called only after DECODER_WANTS_PACKET. Errors: MEMORY. */
RvStatus rv_decoder_send(Decoder *decoder, const AVPacket *packet, RvError *err);
/* Advance by one event. *out is set if it is DECODER_FRAME, and is valid until the next call. Errors:
 * MEMORY. */
RvStatus rv_decoder_receive(Decoder *decoder, DecoderEvent *event, DecodedFrame *out, RvError *err);

/* Drop the decoder's state. The next packet must be one at which decoding can begin. */
void rv_decoder_flush(Decoder *decoder);

/* Turn a decoded frame into a Frame; takes the planes of av. The caller sets pts_us. Errors: MEMORY. */
RvStatus rv_decoder_take(const VideoReader *reader, AVFrame *av, Frame *out, RvError *err);

#endif
