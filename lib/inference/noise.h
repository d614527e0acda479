/* SPDX-License-Identifier: MIT */
/* What a conductance noise model is: one file, one of these.
 *
 *     target -> program -> programmed conductance and drift state, both fixed from then on
 *                          -> at time t: drifted conductance with the read noise of this read
 *
 * Conductances in uS, times in seconds since the end of programming. Functions work on n devices at
 * once, so that what depends on the time alone is computed once. */
#ifndef AIMCI_NOISE_H
#define AIMCI_NOISE_H

#include <aimc/inference.h>

#include "core/config.h"
#include "core/random.h"

/* Every model's values begin with these. */
typedef struct aimci_noise_params {
    double g_max, g_min;
    bool extrapolate;
} aimci_noise_params;

/* n devices: what was asked for, what they were programmed to, and what they keep of their drift
 * (an exponent, a standard normal, or nothing, by model). */
typedef struct aimci_devices {
    size_t n;
    const float *target;
    float *programmed, *state;
} aimci_devices;

typedef struct aimci_noise_ops {
    const aimci_kind *kind;
    /* contradictions; also fills what defaults leave open; NULL: nothing to do */
    aimc_status (*resolve)(void *params);
    /* programmed from target, z standard normals */
    void (*program)(const void *params, const aimci_devices *d, const float *z);
    /* state from target; NULL: 0 */
    void (*state)(const void *params, const aimci_devices *d, const float *z);
    /* conductances that one read at time t >= 0 finds */
    void (*read)(const void *params, const aimci_devices *d, double t, const float *z, float *g);
    bool programmed_at_0; /* a read at t = 0 finds the programmed conductances as they are */
    bool noise; /* z is the noise of a read; else it is where the devices are at that time */
    /* the times that were measured, seconds; NULL: the law holds at any */
    void (*measured)(const void *params, double *first, double *last);
} aimci_noise_ops;

#define AIMCI_NOISE_MODEL(name) extern const aimci_noise_ops aimci_noise_ops_##name;
#include "kinds.def"

struct aimc_noise_model {
    aimc_context *ctx;
    const aimci_noise_ops *ops;
    aimc_config *config;
    void *params; /* resolved copy of the configuration's values */
    _Atomic uint32_t refs;
};

aimc_noise_model *aimci_noise_model_ref(aimc_noise_model *model);

static inline const aimci_noise_params *aimci_noise_range(const aimc_noise_model *model)
{
    return model->params;
}

/* Is t a time at which the model says something? Failure names the caller. */
aimc_status aimci_noise_check_time(const char *caller, const aimc_noise_model *model, double t);

/* n standard normals of stream line under this key. */
void aimci_draw_normals(const aimci_key *key, uint32_t line, float *z, size_t n);

/* ---- for the models ------------------------------------------------------------------------- */

/* c[0] + c[1] x + ... */
double aimci_polynomial(const double *c, size_t n, double x);

/* y at x of the points (xs, ys), linear between them and constant beyond. */
double aimci_interpolate(const double *xs, const double *ys, size_t n, double x);

#define AIMCI_NOISE_FIELDS(g_max_default, g_min_default, src)                                      \
    AIMCI_NUMBER(aimci_noise_params, g_max, g_max_default, 0, 1e6, "uS",                           \
                 "largest conductance that is programmed", src),                                   \
        AIMCI_NUMBER(aimci_noise_params, g_min, g_min_default, 0, 1e6, "uS",                       \
                     "smallest conductance that is programmed", src)

#define AIMCI_NOISE_EXTRAPOLATE(src)                                                               \
    AIMCI_FLAG(aimci_noise_params, extrapolate, 0,                                                 \
               "allow times outside the measured ones: the law of the nearest interval goes on",   \
               src)

#endif
