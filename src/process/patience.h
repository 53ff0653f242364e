/* SPDX-License-Identifier: MIT */
/* How long something is waited for, in time that passes while this process runs. While it is stopped, or the machine is
 * (a virtual one that is paused), the clock goes on, but nothing that is waited for can come. */
#ifndef RV_PROCESS_PATIENCE_H
#define RV_PROCESS_PATIENCE_H

#include <stdbool.h>

/* What lies between two looks is counted up to here; who waits looks more often. */
#define PATIENCE_LOOK_S 1.0

typedef struct Patience {
    double left_s, looked_s; // looked: by a clock that never goes back
} Patience;

/* For who looks at many limits every so often: by how much the process stood still since *looked_s, which becomes now_s. */
static inline double rv_standstill_s(double *looked_s, double now_s)
{
    double passed_s = now_s - *looked_s;
    *looked_s = now_s;
    return passed_s > PATIENCE_LOOK_S ? passed_s - PATIENCE_LOOK_S : 0;
}

/* False once it is over. To be asked again and again while waiting. */
static inline bool rv_patience_lasts(Patience *patience, double now_s)
{
    double passed_s = now_s - patience->looked_s;
    patience->left_s -= passed_s - rv_standstill_s(&patience->looked_s, now_s);
    return patience->left_s > 0;
}

#endif
