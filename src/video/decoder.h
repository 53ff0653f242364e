/* SPDX-License-Identifier: MIT */
/* One stream's decoder: packets in, frames with a time stamp out. */
#ifndef RV_VIDEO_DECODER_H
#define RV_VIDEO_DECODER_H

#include "video/video_internal.h"

typedef struct Decoder Decoder;

typedef enum DecoderEvent {
    DECODER_FRAME,        // a frame came out
    DECODER_WANTS_PACKET, // send one, or drain
    DECODER_DRAINED,      // no more before a flush
    DECODER_DAMAGED       // a packet was refused; go on
} DecoderEvent;

typedef struct DecodedFrame {
    AVFrame *av; // owned by the decoder, on its device where there is one; av_frame_move_ref takes the planes
    bool has_pts;
    int64_t pts;      // ticks of the stream; the frame's own, or in order from the packets' decoding times
    int64_t duration; // ticks; 0 unknown
    bool keyframe;    // its packet was marked as one
} DecodedFrame;

/* Errors: UNSUPPORTED, MEMORY. The reader is borrowed. */
RvStatus rv_decoder_open(const VideoReader *reader, Decoder **out, RvError *err);
void rv_decoder_close(Decoder *decoder);

/* NULL drains. Call only after DECODER_WANTS_PACKET. Errors: MEMORY. */
RvStatus rv_decoder_send(Decoder *decoder, const AVPacket *packet, RvError *err);
RvStatus rv_decoder_receive(Decoder *decoder, DecoderEvent *event, DecodedFrame *out, RvError *err);

/* Forget everything; the next packet must be one that decoding can begin with. */
void rv_decoder_flush(Decoder *decoder);

/* A frame as the rest of reelvec sees it; takes the planes of av. pts_us is the caller's. Errors: MEMORY. */
RvStatus rv_decoder_take(const VideoReader *reader, AVFrame *av, Frame *out, RvError *err);

#endif
