/* SPDX-License-Identifier: MIT */
/* The parameters of an address as the JSON body that would ask the same. */
#ifndef RV_WEB_QUESTION_ADDRESS_H
#define RV_WEB_QUESTION_ADDRESS_H

#include "request.h"

/* NULL, with an error in the reply, if a parameter is unknown or no number. Release with json_decref. */
json_t *question_of_address(Request *request);

#endif
