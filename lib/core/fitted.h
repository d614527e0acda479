/* SPDX-License-Identifier: MIT */
/* Constants that were fitted carry the range that they were fitted in. */
#ifndef AIMCI_FITTED_H
#define AIMCI_FITTED_H

#include <aimc/extrapolation.h>

#include "core/core.h"

typedef struct aimci_fitted {
    const char *constant, *variable, *unit;
    double range[2];
    const char *source;
    /* What the constant is used at, of parameters and a time; NaN: it is not in use. The range may
     * be replaced where the parameters decide it. */
    double (*at)(const void *params, double t, double range[2]);
} aimci_fitted;

/* A table of them, as its owner has it. */
typedef struct aimci_fitted_table {
    const aimci_fitted *each;
    size_t n;
} aimci_fitted_table;
#define AIMCI_FITTED_TABLE(array)                                                                  \
    {                                                                                              \
        array, sizeof array / sizeof array[0]                                                      \
    }

/* Is this one used outside its range? Then found says how. */
bool aimci_fitted_is_outside(const aimci_fitted *fitted, const void *params, double t,
                             aimc_extrapolation *found);

/* How many constants are used outside their range; found, when not NULL, becomes number i. */
size_t aimci_fitted_outside(const aimci_fitted_table *table, const void *params, double t, size_t i,
                            aimc_extrapolation *found);

/* The public call behind a getter: number i of those outside. */
aimc_status aimci_fitted_get(const char *caller, const aimci_fitted_table *table,
                             const void *params, double t, size_t i, aimc_extrapolation *out);

/* "survey_energy at adc_bits = 1 bit: fitted to 4 ... 17 (source)" */
void aimci_fitted_describe(const aimc_extrapolation *e, aimci_text *text);

#endif
