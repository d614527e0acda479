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
#include "core/fitted.h"
#include "core/random.h"
#include "kernels/kernels.h"

/* Every model's values begin with these. */
typedef struct aimci_noise_params {
    double g_max, g_min;
    bool extrapolate;
} aimci_noise_params;

/* Devices that one stream serves; a result does not depend on which thread takes them. */
enum { AIMCI_DEVICES_AT_ONCE = 256 };

/* At most so many devices: what was asked for, what they were programmed to, and what they keep of
 * their drift (an exponent, a standard normal, or nothing, by model). */
typedef struct aimci_devices {
    const aimci_kernels *kernels; /* of this processor */
    size_t n;
    const float *target;
    float *programmed, *state;
    size_t reads; /* of each device: 1 but where ops->reads_several */
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
    bool reads_several;   /* d->reads of them, one after the other in z and g, for little more */
    bool programmed_at_0; /* a read at t = 0 finds the programmed conductances as they are */
    bool noise; /* z is the noise of a read; else it is where the devices are at that time */
    /* the times that were measured, seconds; NULL: the law holds at any */
    void (*measured)(const void *params, double *first, double *last);
    const aimci_fitted_table *fitted; /* ranges of the fits; NULL: nothing was fitted */
} aimci_noise_ops;

#define AIMCI_NOISE_MODEL(name) extern const aimci_noise_ops aimci_noise_ops_##name;
#include "kinds.def"

/* What temperature does (temperature.c): how much faster devices drift, how many times as well they
 * conduct, and the variance of thermal noise over the conductance, uS, later and at time 0. */
typedef struct aimci_temperature {
    double acceleration, conduction, thermal, thermal_at_0;
} aimci_temperature;

struct aimc_noise_model {
    aimc_context *ctx;
    const aimci_noise_ops *ops;
    aimc_config *config;
    void *params; /* resolved copy of the configuration's values */
    aimci_temperature temperature;
    _Atomic uint32_t refs;
};

aimc_noise_model *aimci_noise_model_ref(aimc_noise_model *model);

static inline const aimci_noise_params *aimci_noise_range(const aimc_noise_model *model)
{
    return model->params;
}

/* Is t a time at which the model says something? Failure names the caller. */
aimc_status aimci_noise_check_time(const char *caller, const aimc_noise_model *model, double t);

/* How many of the model's fits are used outside their range at time t. */
size_t aimci_noise_outside(const aimc_noise_model *model, double t);

/* ---- for the models ------------------------------------------------------------------------- */

/* c[0] + c[1] x + ... */
double aimci_polynomial(const double *c, size_t n, double x);

/* What a range of a fit is of: the time of a read, which 0 is not, and both ends of the
 * conductances. */
double aimci_fitted_time(const void *params, double t, double range[2]);
double aimci_fitted_g_min(const void *params, double t, double range[2]);
double aimci_fitted_g_max(const void *params, double t, double range[2]);

/* y at x of the points (xs, ys), linear between them and constant beyond. */
double aimci_interpolate(const double *xs, const double *ys, size_t n, double x);

/* The nested configuration of every model, child 0 of its kind. */
#define AIMCI_NOISE_TEMPERATURE                                                                    \
    AIMCI_CHILD("temperature", 0, "temperature", "temperature",                                    \
                "what another temperature does to the devices", "docs/models/temperature.md")

#define AIMCI_NOISE_FIELDS(g_max_default, g_min_default, src)                                      \
    AIMCI_NUMBER(aimci_noise_params, g_max, g_max_default, 0, 1e6, "uS",                           \
                 "largest conductance that is programmed", src),                                   \
        AIMCI_NUMBER(aimci_noise_params, g_min, g_min_default, 0, 1e6, "uS",                       \
                     "smallest conductance that is programmed", src),                              \
        AIMCI_NOISE_TEMPERATURE

#define AIMCI_NOISE_EXTRAPOLATE(src)                                                               \
    AIMCI_FLAG(aimci_noise_params, extrapolate, 0,                                                 \
               "allow times outside the measured ones: the law of the nearest interval goes on",   \
               src)

#endif
