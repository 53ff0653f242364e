/* SPDX-License-Identifier: MIT */
/* All of reelvec's C interface. */
#ifndef REELVEC_REELVEC_H
#define REELVEC_REELVEC_H

#include "reelvec/ann.h"
#include "reelvec/copy.h"
#include "reelvec/cut.h"
#include "reelvec/encoder.h"
#include "reelvec/engine.h"
#include "reelvec/files.h"
#include "reelvec/image.h"
#include "reelvec/index.h"
#include "reelvec/library.h"
#include "reelvec/log.h"
#include "reelvec/media.h"
#include "reelvec/model.h"
#include "reelvec/queue.h"
#include "reelvec/reembed.h"
#include "reelvec/rows.h"
#include "reelvec/sampling.h"
#include "reelvec/search.h"
#include "reelvec/sources.h"
#include "reelvec/status.h"
#include "reelvec/timeline.h"
#include "reelvec/version.h"
#include "reelvec/video.h"

#endif
