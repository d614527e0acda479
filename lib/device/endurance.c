/* SPDX-License-Identifier: MIT */
/* What use does to every device: parameters of the nested configurations "endurance", how the
 * window closes with the pulses that a device took, and "read_disturb", how its state moves with
 * reads. The kernels are in relaxation.c. */
#include "device/endurance.h"

#include "core/elementary.h"

typedef struct endurance_params {
    double onset, onset_dtod, max_exponent, min_exponent, least;
} endurance_params;

#define LAMMIE                                                                                     \
    "Lammie, Rahimi Azghadi and Ielmini, Semicond. Sci. Technol. 36:065003 (2021), gradual "       \
    "failure"

static const aimci_field endurance_fields[] = {
    AIMCI_NUMBER(endurance_params, onset, 0, 0, AIMCI_HUGE, "pulses",
                 "pulses after which the bounds of a device begin to close; 0 = they never do",
                 LAMMIE),
    AIMCI_NUMBER(endurance_params, onset_dtod, 0, 0, 10, "1",
                 "device-to-device spread of the logarithm of onset", LAMMIE),
    AIMCI_NUMBER(endurance_params, max_exponent, 0.1, 0, 100, "1",
                 "after onset the upper bound falls as (pulses / onset)^-max_exponent", LAMMIE),
    AIMCI_NUMBER(endurance_params, min_exponent, 0.1, 0, 100, "1",
                 "and the lower bound as (pulses / onset)^-min_exponent", LAMMIE),
    AIMCI_NUMBER(endurance_params, least, 0, 0, 1, "relative",
                 "share of a fresh device's bounds below which they do not fall", LAMMIE),
};

AIMCI_DEFINE_KIND(endurance, "endurance", "how a device's window closes with its pulses", LAMMIE,
                  endurance_fields, endurance_params, .n_children = 0, .tacit = true);

aimci_endurance aimci_endurance_of(const aimc_config *device)
{
    const endurance_params *p =
        aimci_config_values(aimci_config_child(device, "endurance"), &aimci_kind_endurance);
    if (!p || !(p->onset > 0))
        return (aimci_endurance){.onset = 0};
    return (aimci_endurance){.onset = (float)p->onset,
                             .spread = (float)p->onset_dtod,
                             .max_exponent = (float)p->max_exponent,
                             .min_exponent = (float)p->min_exponent,
                             .least = (float)p->least};
}

typedef struct disturb_params {
    double rate, target;
} disturb_params;

#define SHIM "after Shim, Luo, Seo and Yu, IEEE IRPS (2020), growth with saturation"

static const aimci_field disturb_fields[] = {
    AIMCI_NUMBER(disturb_params, rate, 0, 0, 0.5, "1/read",
                 "share of the distance to target that a read takes off the state; 0 = none", SHIM),
    AIMCI_NUMBER(disturb_params, target, 0, -AIMCI_HUGE, AIMCI_HUGE, "weight",
                 "where reads lead to, within the bounds of each device", SHIM),
};

AIMCI_DEFINE_KIND(read_disturb, "read_disturb", "how reads move a device's state", SHIM,
                  disturb_fields, disturb_params, .n_children = 0, .tacit = true);

aimci_disturb aimci_disturb_of(const aimc_config *device)
{
    const disturb_params *p =
        aimci_config_values(aimci_config_child(device, "read_disturb"), &aimci_kind_read_disturb);
    if (!p || !(p->rate > 0))
        return (aimci_disturb){.rate = 0};
    return (aimci_disturb){.rate = -aimci_log1p(-p->rate), .target = (float)p->target};
}
