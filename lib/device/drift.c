/* SPDX-License-Identifier: MIT */
/* Conductance drift: parameters of the nested configuration "drift" of every device. The kernel is
 * in relaxation.c. A higher temperature hurries time: dt is worth
 *
 *     dt exp(E / k (1 / T_0 - 1 / T))
 *
 * at the reference temperature T_0, S. Arrhenius, Z. Phys. Chem. 4:226 (1889). */
#include "device/drift.h"

#include "core/physical.h"

typedef struct drift_params {
    double nu, t_0, nu_dtod, nu_std;
    double wg_ratio, g_offset, w_offset, nu_k, log_g0;
    double reset_tol, w_noise_std;
} drift_params;

typedef struct arrhenius_params {
    double energy, temperature, reference;
} arrhenius_params;

#define ARRHENIUS "S. Arrhenius, Z. Phys. Chem. 4:226 (1889)"

static const aimci_field arrhenius_fields[] = {
    AIMCI_NUMBER(arrhenius_params, energy, 0, 0, 10, "eV",
                 "activation energy: time passes faster at a higher temperature; 0 = off",
                 ARRHENIUS),
    AIMCI_NUMBER(arrhenius_params, temperature, 300, 1, 1500, "K", "temperature of the devices",
                 ARRHENIUS),
    AIMCI_NUMBER(arrhenius_params, reference, 300, 1, 1500, "K",
                 "temperature at which t_0 and nu were measured", ARRHENIUS),
};

AIMCI_DEFINE_KIND(arrhenius, "arrhenius", "a process that heat makes faster", ARRHENIUS,
                  arrhenius_fields, arrhenius_params, .n_children = 0, .tacit = true);

/* How many times as fast it runs. */
static double acceleration(const aimc_config *drift)
{
    arrhenius_params p;
    aimci_config_read(aimci_config_child(drift, "heat"), &aimci_kind_arrhenius, &p);
    return aimci_arrhenius(p.energy, p.temperature, p.reference);
}

#define SRC   "Karpov et al., J. Appl. Phys. 102:124503 (2007)"
#define STATE "Nandakumar et al., J. Appl. Phys. 124:152135 (2018)"

static const aimci_field fields[] = {
    AIMCI_NUMBER(drift_params, nu, 0, 0, 100, "1",
                 "mean drift exponent: conductance falls as (t / t_0)^-nu; 0 = no drift", SRC),
    AIMCI_NUMBER(drift_params, t_0, 1, AIMCI_POSITIVE, AIMCI_HUGE, "time",
                 "reference time, in the unit of the time passed to aimc_tile_drift_trained()",
                 SRC),
    AIMCI_NUMBER(drift_params, nu_dtod, 0, 0, AIMCI_HUGE, "relative",
                 "device-to-device spread of nu", SRC),
    AIMCI_NUMBER(drift_params, nu_std, 0, 0, AIMCI_HUGE, "relative",
                 "spread of nu from call to call", AIMCI_SRC_RASCH),
    AIMCI_NUMBER(drift_params, wg_ratio, 1, AIMCI_POSITIVE, AIMCI_HUGE, "weight/conductance",
                 "weight per conductance: w = wg_ratio (g - g_offset) + w_offset", AIMCI_SRC_RASCH),
    AIMCI_NUMBER(drift_params, g_offset, 0, -AIMCI_HUGE, AIMCI_HUGE, "conductance",
                 "conductance at weight w_offset", AIMCI_SRC_RASCH),
    AIMCI_NUMBER(drift_params, w_offset, 0, -AIMCI_HUGE, AIMCI_HUGE, "weight",
                 "weight at conductance g_offset", AIMCI_SRC_RASCH),
    AIMCI_NUMBER(
        drift_params, nu_k, 0, -AIMCI_HUGE, AIMCI_HUGE, "1",
        "decrease of nu with the logarithm of the conductance; no effect where that is not "
        "above 0",
        STATE),
    AIMCI_NUMBER(drift_params, log_g0, 0, -AIMCI_HUGE, AIMCI_HUGE, "1",
                 "logarithm of the conductance at which the exponent is nu", STATE),
    AIMCI_NUMBER(
        drift_params, reset_tol, 1e-7, 0, AIMCI_HUGE, "weight",
        "a weight that changed by more since the last call was written: its clock restarts",
        AIMCI_SRC_RASCH),
    AIMCI_NUMBER(drift_params, w_noise_std, 0, 0, AIMCI_HUGE, "weight",
                 "standard deviation of the noise of one call, which does not add up over calls",
                 AIMCI_SRC_RASCH),
    AIMCI_CHILD("heat", 0, "arrhenius", "arrhenius", "how another temperature hurries time",
                "docs/models/temperature.md"),
};

AIMCI_DEFINE_KIND(drift, "drift", "drift of a device's conductance with time", SRC, fields,
                  drift_params, .n_children = 1);

aimci_drift aimci_drift_of(const aimc_config *device, double *t_0)
{
    const aimc_config *drift = aimci_config_child(device, "drift");
    const drift_params *p = aimci_config_values(drift, &aimci_kind_drift);
    if (!p || !(p->nu > 0))
        return (aimci_drift){.nu = 0};
    *t_0 = p->t_0 / acceleration(drift);
    double offset = p->g_offset * p->wg_ratio + p->w_offset;
    if (offset < p->reset_tol && offset > -p->reset_tol)
        offset = 0;
    return (aimci_drift){
        .nu = (float)p->nu,
        .nu_spread = (float)(p->nu * p->nu_dtod),
        .nu_std = (float)p->nu_std,
        .nu_k = (float)p->nu_k,
        .per_weight = (float)(1 / p->wg_ratio),
        .g_at_0 = (float)(p->g_offset - p->w_offset / p->wg_ratio),
        .log_g0 = (float)p->log_g0,
        .offset = (float)offset,
        .tolerance = (float)p->reset_tol,
        .noise = (float)p->w_noise_std,
    };
}
