/* SPDX-License-Identifier: MIT */
/* Polynomial step: the step is a polynomial of the normalised state, one for each direction.
 *
 *     z = (w - b-) / (b+ - b-),  y_s = max(c_s[0] + c_s[1] z + ... + c_s[7] z^7, 0)
 *     w <- w + s S_s y_s (1 + sigma xi)
 *
 * then clipped to [b-, b+]. Fits of measured conductance updates overshoot below zero near the
 * ends; the maximum keeps such a pulse from moving backward. arXiv:2509.18121 (2025) fits
 * ferroelectric cells by polynomials of degree 5. */
#include <math.h>

#include "device/laws/polynomial_step.h"
#include "device/pulse_merge.h"

typedef struct polynomial_step {
    aimci_pulsed base;
    aimci_list coefficients_up, coefficients_down;
} polynomial_step;

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, polynomial_step)
const aimci_device_kernels AIMCI_K(polynomial_step) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static void law(const void *params, void *out)
{
    const polynomial_step *p = params;
    aimci_law *law = out;
    const size_t n_up = p->coefficients_up.n, n_down = p->coefficients_down.n;
    law->n = (int32_t)(n_up > n_down ? n_up : n_down);
    for (size_t k = 0; k < AIMCI_LAW_COEFFICIENTS; k++) {
        law->up[k] = k < n_up ? (float)p->coefficients_up.v[k] : 0.0f;
        law->down[k] = k < n_down ? (float)p->coefficients_down.v[k] : 0.0f;
    }
}

static double horner(const aimci_list *c, double z)
{
    double y = 0;
    for (size_t k = c->n; k-- > 0;)
        y = y * z + c->v[k];
    return fmax(y, 0);
}

static double mean_step(const void *params, double w, bool up)
{
    const polynomial_step *p = params;
    const double z = (w - p->base.w_min) / (p->base.w_max - p->base.w_min);
    return aimci_pulsed_step(&p->base, up) *
           horner(up ? &p->coefficients_up : &p->coefficients_down, fmin(fmax(z, 0), 1));
}

/* mean of the up and the down step at mid-range */
static double granularity(const void *params)
{
    const aimci_pulsed *p = params;
    const double mid = (p->w_min + p->w_max) / 2;
    return (mean_step(params, mid, true) + mean_step(params, mid, false)) / 2;
}

static aimc_status check_coefficients(const char *name, const aimci_list *c)
{
    if (c->n >= 1 && c->n <= AIMCI_LAW_COEFFICIENTS)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID,
                      "polynomial_step: %s has %zu coefficients; 1 to %d are allowed", name, c->n,
                      AIMCI_LAW_COEFFICIENTS);
}

static aimc_status check(const void *params)
{
    const polynomial_step *p = params;
    aimc_status st = aimci_pulsed_check(&p->base);
    if (!st)
        st = check_coefficients("coefficients_up", &p->coefficients_up);
    if (!st)
        st = check_coefficients("coefficients_down", &p->coefficients_down);
    if (!st && !(granularity(p) > 0))
        st = aimci_fail(AIMC_ERR_INVALID, "polynomial_step: coefficients_up and coefficients_down "
                                          "make steps of 0 at mid-range");
    return st;
}

#define SRC "arXiv:2509.18121 (2025)"

static const aimci_field fields[] = {
    AIMCI_PULSED_FIELDS(polynomial_step),
    AIMCI_NUMBERS(polynomial_step, coefficients_up, 1, -AIMCI_HUGE, AIMCI_HUGE, "dw_min",
                  "coefficients of the up step by rising power of the state, 0 at the lower bound "
                  "and 1 at the upper; at most 8",
                  SRC),
    AIMCI_NUMBERS(polynomial_step, coefficients_down, 1, -AIMCI_HUGE, AIMCI_HUGE, "dw_min",
                  "coefficients of the down step, likewise", SRC),
    AIMCI_WRITE_NOISE_FIELDS(polynomial_step),
};

AIMCI_DEFINE_KIND(polynomial_step, "device", "step is a polynomial of the normalised state", SRC,
                  fields, polynomial_step, .n_children = AIMCI_PULSED_CHILDREN, .check = check);

const aimci_device_ops aimci_device_ops_polynomial_step = {
    .kind = &aimci_kind_polynomial_step,
    .pulsed = true,
    .fitted = {"coefficients_up", "coefficients_down"},
    .fit_rank = 7,
    .kernels = AIMCI_LIST_VARIANTS(polynomial_step),
    .law_size = sizeof(aimci_law),
    .law = law,
    .mean_step = mean_step,
    .granularity = granularity,
};
#endif
