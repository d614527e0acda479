/* SPDX-License-Identifier: MIT */
/* Columns of the time-sliced array: a ladder of segments, inputs as durations. */
#ifndef AIMCI_LADDER_H
#define AIMCI_LADDER_H

#include "periphery/wires.h"

/* A column whose segments are reduced one after the other, from the far end, to one source and one
 * resistance. Every cell stays connected when its pulse has ended, so the resistances do not depend
 * on time, the charge is linear in the durations, and no time steps are needed.
 *
 * g: [n] conductances of both cells of each pair together, siemens; flip: read at the far end.
 * share[j]: current at the read-out per volt and siemens of difference of pair j. Returns the
 * current of the offset of the read-out's voltage. */
double aimci_ladder_reduce(const aimci_wires_params *params, size_t n, bool flip, const double *g,
                           double *share);

#endif
