/* SPDX-License-Identifier: MIT */
/* How pictures become the inputs of an encoder's model. */
#ifndef RV_ENCODER_INPUT_H
#define RV_ENCODER_INPUT_H

#include "pixels/model_input.h"
#include "reelvec/encoder.h"

/* Returns the model's preprocessing, valid until the encoder is closed. Any thread. */
const ModelInput *rv_encoder_input(const RvEncoder *encoder);

#endif
