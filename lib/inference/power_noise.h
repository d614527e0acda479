/* SPDX-License-Identifier: MIT */
/* What the phase-change-like models share: polynomial programming noise, power-law drift, 1/f read
 * noise.
 *
 *     programming  g_p = max(0, g + a_p s(r) xi),  r = g / g_max
 *                  s(r) = (g_max / reference) max(0, P(r))
 *     drift        g_d = g_p ((t + t_0) / t_0)^-nu
 *     read         g_r = max(0, g_d + a_r g_d Q(r_p) L(t) xi),  r_p = g_p / g_max
 *                  L(t) = sqrt(log((t + t_0 + t_read) / (2 t_read)))
 *
 * Joshi et al., Nat. Commun. 11:2473 (2020); Nandakumar et al., IEEE ICECS (2019). */
#ifndef AIMCI_POWER_NOISE_H
#define AIMCI_POWER_NOISE_H

#include "inference/noise.h"

typedef struct aimci_power_noise {
    aimci_noise_params base;
    double prog_noise_scale, read_noise_scale, drift_scale, t_0, t_read;
    double prog_coeff_g_max_reference;
    aimci_list prog_coeff;
    double prog_scale; /* resolved: g_max / reference */
} aimci_power_noise;

/* Coefficients that are not given become these, measured at this g_max; given ones are for
 * prog_coeff_g_max_reference, or for g_max when that is 0. */
aimc_status aimci_power_resolve(aimci_power_noise *p, const double *coeff, size_t n,
                                double reference);

/* The spread is for the g_max it was measured at, and scaled to others. */
double aimci_power_spread_g_max(const void *params, double t, double range[2]);

void aimci_power_program(const void *params, const aimci_devices *d, const float *z);

/* Q of devices programmed to r */
typedef void aimci_power_quality(const void *params, const aimci_devices *d, const float *r,
                                 float *q);

void aimci_power_read(const void *params, const aimci_devices *d, double t, const float *z,
                      float *g, aimci_power_quality *quality);

/* r = g / g_max; c[0] + c[1] r + ...; log r, of small r kept finite */
void aimci_power_ratios(const aimci_power_noise *p, size_t n, const float *g, float *r);
void aimci_power_polynomial(const double *c, size_t n_terms, size_t n, const float *r, float *y);
void aimci_power_log_ratios(const aimci_devices *d, const float *r, float *log_r);

/* not fmaxf() and fminf(), which are calls */
static inline float aimci_larger(float a, float b)
{
    return a > b ? a : b;
}

static inline float aimci_smaller(float a, float b)
{
    return a < b ? a : b;
}

/* That of phase-change memory, min(0.0088 / max(r^0.65, 0.001), 0.2). */
aimci_power_quality aimci_pcm_quality;

#define AIMCI_POWER_FIELDS(t_0_default, t_read_default, src)                                       \
    AIMCI_NUMBERS(aimci_power_noise, prog_coeff, 0, -1e6, 1e6, "uS",                               \
                  "spread after programming as a polynomial of g/g_max, constant first; empty: "   \
                  "the published one",                                                             \
                  src),                                                                            \
        AIMCI_NUMBER(aimci_power_noise, prog_coeff_g_max_reference, 0, 0, 1e6, "uS",               \
                     "g_max that prog_coeff was measured at; 0: the published one for the "        \
                     "published polynomial, g_max for a given one",                                \
                     src),                                                                         \
        AIMCI_NUMBER(aimci_power_noise, prog_noise_scale, 1, 0, 1e6, "1",                          \
                     "factor on the programming noise; 0: none", src),                             \
        AIMCI_NUMBER(aimci_power_noise, read_noise_scale, 1, 0, 1e6, "1",                          \
                     "factor on the read noise; 0: none", src),                                    \
        AIMCI_NUMBER(aimci_power_noise, drift_scale, 1, 0, 1e6, "1",                               \
                     "factor on the drift exponents; 0: no drift", src),                           \
        AIMCI_NUMBER(aimci_power_noise, t_0, t_0_default, 0, 1e9, "s",                             \
                     "time between the programming pulse and the first read", src),                \
        AIMCI_NUMBER(aimci_power_noise, t_read, t_read_default, 1e-12, 1e3, "s",                   \
                     "duration of a read", src)

#endif
