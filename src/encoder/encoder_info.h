/* SPDX-License-Identifier: MIT */
/* The facts of a model, in the words of the public interface. */
#ifndef RV_ENCODER_INFO_H
#define RV_ENCODER_INFO_H

#include "clip/checkpoint.h"
#include "reelvec/encoder.h"

/* Set the members that follow from the checkpoint alone. Their strings are valid as long as it is open. */
void rv_encoder_info_of_model(const Checkpoint *checkpoint, RvModelInfo *info);

#endif
