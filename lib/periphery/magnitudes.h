/* SPDX-License-Identifier: MIT */
/* Magnitudes of any number of values, counted in bins of a sixty-fourth of an octave: counting
 * knows
 * no order, so that neither threads nor the cutting of batches change what follows from it. */
#ifndef AIMCI_MAGNITUDES_H
#define AIMCI_MAGNITUDES_H

#include <stdatomic.h>

#include "core/core.h"

enum { AIMCI_MAGNITUDE_BITS = 6, AIMCI_MAGNITUDE_BINS = 255 << AIMCI_MAGNITUDE_BITS };

typedef struct aimci_magnitudes {
    _Atomic uint32_t largest; /* bits of the float, which are ordered like magnitudes */
    _Atomic uint32_t counts[AIMCI_MAGNITUDE_BINS];
} aimci_magnitudes;

/* How a range follows. */
typedef enum aimci_range_rule {
    AIMCI_RULE_MAX,
    AIMCI_RULE_QUANTILE,
    AIMCI_RULE_MEAN_SQUARE,
    AIMCI_RULE_ENTROPY
} aimci_range_rule;

/* Any thread, at once; values are finite. */
void aimci_magnitudes_add(aimci_magnitudes *m, size_t n, const float *values);
/* Those of values below 0 by themselves. */
void aimci_magnitudes_add_signs(aimci_magnitudes *above, aimci_magnitudes *below, size_t n,
                                const float *values);
/* What other counted, too. */
void aimci_magnitudes_join(aimci_magnitudes *m, const aimci_magnitudes *other);

/* The bound of a converter of this resolution (as of its field res; without steps: nothing is lost
 * by rounding, and the largest is taken). quantile: 0 ... 1, of QUANTILE. 0: there are only zeros.
 */
double aimci_magnitudes_range(const aimci_magnitudes *m, aimci_range_rule rule, double quantile,
                              double res);

/* Both ends of a converter of this resolution with a code more, as UNSIGNED ones have, by any rule
 * but ENTROPY; QUANTILE leaves out as much at either end. The lower end of values of one sign is
 * that of a bin. False: there are only zeros, and nothing is written. */
bool aimci_magnitudes_limits(const aimci_magnitudes *above, const aimci_magnitudes *below,
                             aimci_range_rule rule, double quantile, double res, double *low,
                             double *high);

#endif
