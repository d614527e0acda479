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
/* What other counted, too. */
void aimci_magnitudes_join(aimci_magnitudes *m, const aimci_magnitudes *other);

/* The bound of a converter of this resolution (as of its field res; without steps: nothing is lost
 * by rounding, and the largest is taken). quantile: 0 ... 1, of QUANTILE. 0: there are only zeros.
 */
double aimci_magnitudes_range(const aimci_magnitudes *m, aimci_range_rule rule, double quantile,
                              double res);

#endif
