/* SPDX-License-Identifier: MIT */
/* Errors of a read-out that are drawn once, and saved with its tile. */
#ifndef AIMCI_FIXED_ERRORS_H
#define AIMCI_FIXED_ERRORS_H

#include "core/core.h"

struct aimci_periphery;

/* NULL: none. */
typedef struct aimci_fixed_errors {
    float *noises;       /* [n_out] standard deviation of the output noise */
    float *nonlinearity; /* [n_out] coefficients n_i */
    float *offsets;      /* [n_out] v_i */
    float *polarity;     /* like w: 1 + w_read_asymmetry_dtod xi */
} aimci_fixed_errors;

aimc_status aimci_fixed_errors_draw(struct aimci_periphery *periphery);
void aimci_fixed_errors_destroy(const struct aimci_periphery *periphery);

/* One of them as others see it; rows 0: a vector. */
typedef struct aimci_fixed {
    const char *name;
    float *data;
    size_t rows, cols, ld;
    float min; /* allowed */
} aimci_fixed;

/* Those that this read-out has. */
#define AIMCI_N_FIXED 4
size_t aimci_periphery_fixed(const struct aimci_periphery *periphery,
                             aimci_fixed list[AIMCI_N_FIXED]);

/* After they were replaced. */
void aimci_periphery_changed(struct aimci_periphery *periphery);

#endif
