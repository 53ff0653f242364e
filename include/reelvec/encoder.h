/* SPDX-License-Identifier: MIT */
/* CLIP: text and pictures to embeddings. Needs neither video nor library. */
#ifndef REELVEC_ENCODER_H
#define REELVEC_ENCODER_H

#include <stdint.h>

#include "reelvec/image.h"
#include "reelvec/log.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvEncoder RvEncoder;
typedef struct RvEngine RvEngine;           /* reelvec/engine.h */
typedef struct RvStoredModel RvStoredModel; /* reelvec/model.h */

/* How long embeddings are. */
typedef enum RvLength {
    RV_LENGTH_ONE,  /* scaled to length 1, so that their dot product is a cosine */
    RV_LENGTH_MODEL /* as the model computes them */
} RvLength;

/* How pictures are embedded; texts are always embedded in float32. Embeddings of both precisions can be
 * compared and stored in one library. */
typedef enum RvPrecision {
    RV_PRECISION_AUTO,    /* FAST if that is faster on the device, else FLOAT32 */
    RV_PRECISION_FLOAT32, /* 32-bit floats throughout */
    RV_PRECISION_FAST /* CPU: products of 16-bit integers, cosine to float32 at least 0.9999; CUDA: float16
                         with sums in float32, at least 0.9995 */
} RvPrecision;

/* Zeroed options are good defaults. */
typedef struct RvEncoderOptions {
    int thread_count;   /* 0: one per core that this process may use; at most RV_THREADS_MAX */
    const char *device; /* for pictures: "cpu", "cuda", "cuda:1"; NULL or "auto": REELVEC_DEVICE if that is
                           set, else CUDA if it works, else the CPU. Texts: always the CPU */
    RvPrecision precision;
    RvLog log;
    /* Encoders on one engine of the same model, device and precision are one, with the log of the first one,
     * which must stay valid until all of them are closed. thread_count is then the engine's. NULL: an encoder
     * of its own. */
    RvEngine *engine;
    uint64_t reserved[7];
} RvEncoderOptions;

typedef struct RvModelInfo {
    const char *name;   /* "ViT-B/32" if these are known weights, else the folder's or file's name; taken
                                from the path until rv_encoder_weights_sha256 has been called */
    const char *path;   /* what was opened */
    const char *format; /* "huggingface", "open_clip"; of weights without configuration "openai-torchscript",
                                "openai" (a state dict), or another publisher's name */
    const char *weight_type; /* "F32", "F16", "BF16" */
    const char *activation;  /* of the vision tower: "quick_gelu", "gelu", "gelu_tanh" */
    const char *kernels;     /* CPU level in use: "scalar", "avx2", ..., as in REELVEC_CPU */
    const char *device;      /* for pictures: "cpu", "cuda:0"; "auto": not chosen yet */
    const char *device_name; /* "avx2", "NVIDIA H100 80GB HBM3"; empty: not chosen yet */
    const char *precision;   /* for pictures: "float32", "fast" */
    int dimensions;          /* length of an embedding */
    int image_size;          /* side of the model's input in pixels */
    int patch_size;
    int context_length; /* tokens of a text, start and end included */
    int vocabulary_size;
    int vision_width, vision_layers, vision_heads;
    int text_width, text_layers, text_heads;
    size_t parameter_count;
    int thread_count;
    int batch_size;              /* pictures that a call should have to keep the device busy */
    const char *family;          /* the kind of model: "clip", "siglip", "pe_core", "chinese_clip", ... */
    const char *text_activation; /* as activation, of the text tower */
    const char *tokenizer;     /* "clip" (byte-level BPE), "gemma", "unigram" (SentencePiece), "wordpiece" */
    const char *resize;        /* pictures: "shortest" (side, then cropped), "squash", "longest" (padded) */
    const char *resize_filter; /* "bicubic", "bilinear" */
    float image_mean[3], image_deviation[3]; /* of R, G, B between 0 and 1 */
    int vision_mlp_width, text_mlp_width;
    const char *vision_norm, *text_norm; /* of the blocks: "pre" (x + f(norm(x))), "post" (norm(x + f(x))) */
    const char *vision_pooling; /* "class token", "attention" (of one learned query over all tokens) */
    const char *text_pooling;   /* "end token", "first token", "last position" (of the padded row), "mean" */
    const char *text_mask; /* "causal", "none" (padding takes part), "padding" (padding does not) */
    const char *vision_projection, *text_projection; /* "matrix", "linear" (with bias), "two layers", "none" */
    const char *positions; /* of pictures: "learned", "learned and rotary" */
    const char *cleaning;  /* of texts: "clip", "bert", "none", "lower case", "canonicalize", "whitespace", "siglip" */
} RvModelInfo;

/* Threads: any number of threads may use one encoder, which runs their calls one after the other. */

/* Open a checkpoint: a Hugging Face or open_clip folder, a weight file (.pt, .bin, .safetensors) with its
 * settings beside it, or the name of a fetched model ("ViT-B/32"). Files are mapped; weights are packed when
 * a tower is first used. Errors: NOT_FOUND, FORMAT, MISMATCH, UNSUPPORTED, MEMORY. */
RV_API RvStatus rv_encoder_open(const char *model, const RvEncoderOptions *options, RvEncoder **out,
                                RvError *err);
RV_API void rv_encoder_close(RvEncoder *encoder);

/* Facts of the model. Strings are valid until the encoder is closed, those of the device until it changes;
 * see rv_encoder_open_device. */
RV_API const RvModelInfo *rv_encoder_info(const RvEncoder *encoder);

/* SHA-256 of the weights as 64 hexadecimal digits. Reads the whole checkpoint the first time; kept in the
 * user's cache folder by path, size and time afterwards. The string is valid until the encoder is closed. */
RV_API RvStatus rv_encoder_weights_sha256(RvEncoder *encoder, const char **out, RvError *err);

/* What shifts embeddings besides the weights: "family=siglip; activation=gelu_tanh gelu_tanh; preprocessing=squash
 * bilinear rgb-first; normalisation=...; mask=none; tokenizer=gemma lower; tokenizer_sha256=...", as libraries
 * remember it. Hashes the weights and the tokenizer's file as rv_encoder_weights_sha256 does; valid
 * until the encoder is closed. */
RV_API RvStatus rv_encoder_details(RvEncoder *encoder, const char **out, RvError *err);

/* Compare the encoder's model with the one that made a library's embeddings. library: its name in messages. If only
 * the tokenizer's file is another one, that is a warning in the encoder's log. Errors: MISMATCH, those of
 * rv_encoder_details. */
RV_API RvStatus rv_encoder_check_stored(RvEncoder *encoder, const char *library, const RvStoredModel *stored,
                                        RvError *err);

/* Embed a text. text: UTF-8 of size_bytes bytes (NUL bytes are allowed). embedding: float32[dimensions]. A
 * text that is longer than the context length is cut (the end token is kept), with a warning in the log. */
RV_API RvStatus rv_encoder_encode_text(RvEncoder *encoder, const char *text, size_t size_bytes,
                                       RvLength length, float *embedding, RvError *err);

/* Choose the device for pictures now, so that the info has device, precision and batch size. Otherwise it is
 * chosen at the first picture. If the device fails later, the CPU replaces it, with a warning in the log; the
 * failed call is computed there, and nothing is lost. Errors: UNSUPPORTED (there is no such device as
 * REELVEC_DEVICE), ARGUMENT, MEMORY. */
RV_API RvStatus rv_encoder_open_device(RvEncoder *encoder, RvError *err);

/* Pack the weights for pictures now. Otherwise they are packed at the first picture. This takes about as long
 * as embedding ten pictures, so call it while the first pictures are being prepared on another thread. */
RV_API RvStatus rv_encoder_prepare_images(RvEncoder *encoder, RvError *err);

/* How many videos to decode at once to keep the device busy; valid after rv_encoder_open_device. It is 1 for
 * the CPU, because decoding uses the same cores. */
RV_API int rv_encoder_jobs(const RvEncoder *encoder);

/* Embed pictures. embeddings: float32[image_count, dimensions]. Pictures are resized and cropped as in CLIP
 * (Pillow's bicubic, centre crop). An embedding does not depend on the other pictures of the call; on CUDA it
 * may differ by rounding. */
RV_API RvStatus rv_encoder_encode_images(RvEncoder *encoder, const RvImage *images, size_t image_count,
                                         RvLength length, float *embeddings, RvError *err);

/* The same from model inputs: inputs_rgb_u8 uint8[image_count, image_size, image_size, 3]. */
RV_API RvStatus rv_encoder_encode_inputs(RvEncoder *encoder, const uint8_t *inputs_rgb_u8, size_t image_count,
                                         RvLength length, float *embeddings, RvError *err);

/* Compute the model's input for a picture: input_rgb_u8 uint8[image_size, image_size, 3]. */
RV_API RvStatus rv_encoder_preprocess(RvEncoder *encoder, const RvImage *image, uint8_t *input_rgb_u8,
                                      RvError *err);

/* The token numbers of a text, with start and end, not cut. Free *tokens with rv_free. */
RV_API RvStatus rv_encoder_tokenize(RvEncoder *encoder, const char *text, size_t size_bytes, int32_t **tokens,
                                    size_t *token_count, RvError *err);

/* The text of a token number as the model's vocabulary spells it: "cat</w>" (CLIP), "\u2581cat" (SentencePiece),
 * "##s" (WordPiece); bytes that are no whole character are written as <0xE4>. Empty if no token has the number.
 * For showing how a text is cut. Free *text with rv_free. */
RV_API RvStatus rv_encoder_token_text(RvEncoder *encoder, int32_t token, char **text, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
