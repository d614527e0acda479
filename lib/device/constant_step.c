/* SPDX-License-Identifier: MIT */
/* Constant step: every pulse changes the weight by the same amount on average, up to hard bounds.
 *
 *     w <- clip(w + s S_s (1 + sigma xi), b-, b+)
 *
 * Gokmen and Vlasov, Front. Neurosci. 10:333 (2016). */
#include "device/laws/constant_step.h"
#include "device/pulse_merge.h"

typedef struct constant_step {
    aimci_pulsed base;
} constant_step;

AIMCI_DECLARE_VARIANTS(aimci_device_kernels, constant_step)
const aimci_device_kernels AIMCI_K(constant_step) = {.pulse = aimci_pulse, .merge = aimci_merge};

#ifdef AIMCI_ISA_IS_C
static void law(const void *params, void *out)
{
    (void)params;
    ((aimci_law *)out)->noise.additive = 1;
}

static const aimci_field fields[] = {AIMCI_PULSED_FIELDS(constant_step)};

AIMCI_DEFINE_KIND(constant_step, "device", "constant step up and down to hard bounds",
                  AIMCI_SRC_PULSED, fields, constant_step, .n_children = AIMCI_PULSED_CHILDREN);

const aimci_device_ops aimci_device_ops_constant_step = {
    .kind = &aimci_kind_constant_step,
    .fitted = {"dw_min", "up_down", "w_max", "w_min"},
    .fit_rank = 1,
    .pulsed = true,
    .kernels = AIMCI_LIST_VARIANTS(constant_step),
    .law_size = sizeof(aimci_law),
    .law = law,
};
#endif
