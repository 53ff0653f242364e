/* SPDX-License-Identifier: MIT */
/* AMX's tile instructions on a processor that has none: it refuses each, the signal's handler does what the
 * instruction should have done and goes on behind it. So compiled programs run as they are. */
#ifndef RV_TESTS_AMX_EMULATION_H
#define RV_TESTS_AMX_EMULATION_H

#include <stdbool.h>

/* Take over SIGILL until somebody else does (cmocka, at the end of each test). What is not a correct tile
 * instruction goes to the handler before. Each thread has its own tile registers. */
void amx_emulation_start(void);

/* Whether this thread's tile registers are configured. */
bool amx_emulation_in_use(void);

#endif
