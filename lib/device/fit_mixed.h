/* SPDX-License-Identifier: MIT */
/* Many devices at once: a nonlinear mixed-effects model. The numbers x of a device are drawn,
 *
 *     x = mean + b,   b ~ N(0, W),   W diagonal, 0 for numbers that all devices share
 *
 * In turns (Lindstrom and Bates, Biometrics 46:673 (1990)): each device's most likely numbers,
 * given mean and W; near these its readings tell y x - x A x / 2, which makes
 *
 *     mean = (sum M)^-1 sum (1 + A W)^-1 y,   M = (1 + A W)^-1 A
 *
 * also where A is singular; W by the restricted likelihood (Patterson and Thompson, Biometrika
 * 58:545 (1971)); and the noise, which all devices have in common, by the likelihood of which the
 * numbers are integrated out: else they take a part of it. Where devices lie far apart and tell
 * little, the quadratics end beside the greatest likelihood: its slope, from differences, is then
 * brought to 0 (with the integrals as Laplace has them: Wolfinger, Biometrika 80:791 (1993)).
 *
 *     fit_effects.c     means and spreads, from what each device tells
 *     fit_mixed.c       the turns: devices and noise */
#ifndef AIMCI_FIT_MIXED_H
#define AIMCI_FIT_MIXED_H

#include "device/fit.h"

/* Of one device: what its readings tell of its numbers, and of the means: pull - weight mean. */
typedef struct aimci_told {
    aimci_information own;
    double weight[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS], pull[AIMCI_MAX_SLOTS];
} aimci_told;

typedef struct aimci_mixed {
    aimci_slots slots;
    aimci_told *told; /* [n] */
    size_t n;
    bool is_fixed[AIMCI_MAX_SLOTS]; /* the mean is a unit */
    bool varies[AIMCI_MAX_SLOTS];
    double mean[AIMCI_MAX_SLOTS], covariance[AIMCI_MAX_SLOTS][AIMCI_MAX_SLOTS];
    double spread[AIMCI_MAX_SLOTS];           /* variance between devices; 0 where nothing varies */
    double spread_error[AIMCI_MAX_SLOTS];     /* its variance */
    aimci_walk_noise noise;                   /* of all devices */
    double noise_variance[AIMCI_NOISE_SLOTS]; /* of the noise as a vector; infinite: none */
    /* of a step of means and spreads */
    double from[AIMCI_MAX_SLOTS]; /* the means before it: boxes and damping hold them */
    double bent[AIMCI_MAX_SLOTS]; /* slopes of the likelihood that no quadratic has */
    double damping;
} aimci_mixed;

/* Means, spreads and noise; each: with estimates of their own, which become those that are most
 * likely among the others. */
aimc_status aimci_mixed_fit(aimc_context *ctx, aimci_candidate *each, const aimci_traces *traces,
                            const aimci_extent *extents, size_t n, aimci_mixed *out);
void aimci_mixed_close(aimc_context *ctx, aimci_mixed *m);

/* Standard error of a combination of the means, and the degrees of freedom that its quantiles are
 * to be taken of (Satterthwaite, Biometrics Bull. 2:110 (1946)): infinite where nothing varies. */
double aimci_mixed_error(const aimci_mixed *m, const double *gradient, double *freedom);

/* ---- effects -------------------------------------------------------------------------------- */

/* Columns of a x = b by elimination; both are overwritten, b by x. Returns the logarithm of
 * |det a|. */
double aimci_mixed_solve(double a[][AIMCI_MAX_SLOTS], size_t n, double b[][AIMCI_MAX_SLOTS + 1],
                         size_t columns);

/* weight and pull of all devices, with the spreads as they are. */
void aimci_mixed_tell(aimci_mixed *m);

/* How a device pulls at a mean. */
double aimci_mixed_pull(const aimci_mixed *m, size_t d, size_t k);

/* The means and their covariance; returns the logarithm of the determinant of what all tell. */
double aimci_mixed_means(aimci_mixed *m, double damping);

/* Means and spreads, each given the other, until both stay. */
void aimci_mixed_effects(aimci_mixed *m);

void aimci_mixed_spread_errors(aimci_mixed *m);

/* What a mean is large or small beside: a half its middle, others themselves. */
double aimci_mixed_size(const aimci_mixed *m, size_t k);

#endif
