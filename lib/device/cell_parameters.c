/* SPDX-License-Identifier: MIT */
#include "device/cell_parameters.h"
#include "device/model.h"

static bool takes_pulses(const aimc_device *d, int32_t number)
{
    (void)number;
    return aimci_device_pulsed(d) != NULL;
}

static bool is_of_model(const aimc_device *d, int32_t number)
{
    return takes_pulses(d, number) && d->ops->own_parameters[number - AIMCI_CELL_OWN];
}

static bool has_reference(const aimc_device *d, int32_t number)
{
    return takes_pulses(d, number) && d->ops->has_reference;
}

/* Of what relaxes, memory is only spent on what differs from cell to cell. */
static bool decay_varies(const aimc_device *d, int32_t number)
{
    (void)number;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    return p && p->lifetime > 0 && p->lifetime_dtod > 0;
}

static bool diffusion_varies(const aimc_device *d, int32_t number)
{
    (void)number;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    return p && p->diffusion > 0 && p->diffusion_dtod > 0;
}

static bool reset_varies(const aimc_device *d, int32_t number)
{
    (void)number;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    return p && p->reset_dtod > 0;
}

static bool drifts(const aimc_device *d, int32_t number)
{
    (void)number;
    return d->relaxation.drift.nu > 0;
}

static bool drift_varies(const aimc_device *d, int32_t number)
{
    return drifts(d, number) && d->relaxation.drift.nu_spread > 0;
}

static bool counts_pulses(const aimc_device *d, int32_t number)
{
    (void)number;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    return p && (p->count_pulses || d->endurance.onset > 0);
}

static bool wears_out(const aimc_device *d, int32_t number)
{
    (void)number;
    return d->endurance.onset > 0;
}

static bool onset_varies(const aimc_device *d, int32_t number)
{
    return wears_out(d, number) && d->endurance.spread > 0;
}

static bool has_write_noise(const aimc_device *d, int32_t number)
{
    (void)number;
    const aimci_pulsed *p = aimci_device_pulsed(d);
    return p && p->write_noise_std > 0;
}

const aimci_cell_parameter aimci_cell_parameters[AIMCI_N_NAMED_PARAMETERS] = {
    {AIMCI_CELL_MAX, "max_bound", "weight", takes_pulses},
    {AIMCI_CELL_MIN, "min_bound", "weight", takes_pulses},
    {AIMCI_CELL_UP, "dwmin_up", "weight", takes_pulses},
    {AIMCI_CELL_DOWN, "dwmin_down", "weight", takes_pulses},
    {AIMCI_CELL_OWN, NULL, NULL, is_of_model},
    {AIMCI_CELL_OWN + 1, NULL, NULL, is_of_model},
    {AIMCI_CELL_OWN + 2, NULL, NULL, is_of_model},
    {AIMCI_CELL_OWN + 3, NULL, NULL, is_of_model},
    {AIMCI_CELL_REFERENCE, "reference", "weight", has_reference},
    {AIMCI_CELL_DECAY, "decay_scales", "1/mini-batch", decay_varies},
    {AIMCI_CELL_DIFFUSION, "diffusion_rates", "weight", diffusion_varies},
    {AIMCI_CELL_RESET, "reset_bias", "weight", reset_varies},
    {AIMCI_CELL_DRIFT_NU, "drift_nu", "1", drift_varies},
    {AIMCI_CELL_DRIFT_ANCHOR, "drift_anchor", "weight", drifts},
    {AIMCI_CELL_DRIFT_LAST, "drift_last", "weight", drifts},
    {AIMCI_CELL_DRIFT_AGE, "drift_age", "t_0", drifts},
    {AIMCI_CELL_PULSES, "pulses", "pulses", counts_pulses},
    {AIMCI_CELL_PULSES_REST, "pulses_rest", "pulses", wears_out},
    {AIMCI_CELL_ONSET, "endurance_onset", "pulses", onset_varies},
    {AIMCI_CELL_FRESH_MAX, "fresh_max_bound", "weight", wears_out},
    {AIMCI_CELL_FRESH_MIN, "fresh_min_bound", "weight", wears_out},
    {AIMCI_CELL_P, "persistent_weights", "weight", has_write_noise},
};

const char *aimci_cell_parameter_name(const aimci_cell_parameter *parameter,
                                      const aimc_device *device)
{
    return parameter->name ? parameter->name
                           : device->ops->own_parameters[parameter->number - AIMCI_CELL_OWN];
}
