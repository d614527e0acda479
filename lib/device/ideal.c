/* SPDX-License-Identifier: MIT */
/* Ideal device: no pulses, no bounds. Updates are exact: W <- W - eta d x'. The baseline of every
 * comparison. */
#include "device/model.h"

typedef struct ideal {
    double lifetime, diffusion, reset_std;
} ideal;

#define SRC "definition"

static const aimci_field fields[] = {
    AIMCI_NUMBER(ideal, lifetime, 0, 0, AIMCI_HUGE, "mini-batches",
                 "decay toward 0: each mini-batch takes 1/lifetime of the weight; 0 = off", SRC),
    AIMCI_NUMBER(ideal, diffusion, 0, 0, AIMCI_HUGE, "weight",
                 "standard deviation of the noise added each mini-batch; 0 = off", SRC),
    AIMCI_NUMBER(ideal, reset_std, 0.01, 0, AIMCI_HUGE, "weight", "standard deviation of one reset",
                 SRC),
    AIMCI_DRIFT_FIELD,
    AIMCI_DISTURB_FIELD,
};

AIMCI_DEFINE_KIND(ideal, "device", "exact updates without pulses or bounds", SRC, fields, ideal,
                  .n_children = 2);

static void relaxation(const void *params, aimci_relaxation *u)
{
    const ideal *p = params;
    u->decay = p->lifetime > 1 ? (float)(1 - 1 / p->lifetime) : 1.0f;
    u->diffusion = (float)p->diffusion;
    u->reset_std = (float)p->reset_std;
}

const aimci_device_ops aimci_device_ops_ideal = {
    .kind = &aimci_kind_ideal,
    .relaxation = relaxation,
};
