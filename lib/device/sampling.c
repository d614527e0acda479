/* SPDX-License-Identifier: MIT */
/* Device-to-device sampling of what every device has: for models that draw nothing of their own it
 * is all there is. Compiled once per instruction set. */
#include "device/sampling.h"

static void populate(const void *params, const aimci_word_line *line,
                     const aimci_sampling *sampling)
{
    aimci_sample_base(params, line, sampling);
}

/* Exponents, and the state of cells that no call has seen: age -1. */
static void sample_drift(const aimci_drift *d, const aimci_word_line *line,
                         const aimci_sampling *sampling)
{
    float *nu = line->cell[AIMCI_CELL_DRIFT_NU], *age = line->cell[AIMCI_CELL_DRIFT_AGE];
    aimci_normals normals = {.stream = aimci_sampling_stream(sampling, AIMCI_SAMPLE_DRIFT)};
    for (size_t at = 0; nu && at < line->n; at += AIMCI_LANES)
        vf_store(nu + at, d->nu + aimci_normals_next(&normals) * d->nu_spread);
    for (size_t at = 0; age && at < line->n; at += AIMCI_LANES)
        vf_store(age + at, vf_set(-1.0f));
}

static void sample_endurance(const aimci_endurance *e, const aimci_word_line *line,
                             const aimci_sampling *sampling)
{
    float *onset = line->cell[AIMCI_CELL_ONSET];
    float *hi = line->cell[AIMCI_CELL_FRESH_MAX], *lo = line->cell[AIMCI_CELL_FRESH_MIN];
    aimci_normals normals = {.stream = aimci_sampling_stream(sampling, AIMCI_SAMPLE_ONSET)};
    for (size_t at = 0; onset && at < line->n; at += AIMCI_LANES)
        vf_store(onset + at, vf_exp(aimci_normals_next(&normals) * e->spread) * e->onset);
    for (size_t at = 0; hi && at < line->n; at += AIMCI_LANES) {
        vf_store(hi + at, vf_load(line->cell[AIMCI_CELL_MAX] + at));
        vf_store(lo + at, vf_load(line->cell[AIMCI_CELL_MIN] + at));
    }
}

AIMCI_DECLARE_VARIANTS(aimci_sampling_kernels, sampling)
const aimci_sampling_kernels AIMCI_K(sampling) = {
    .populate = populate, .drift = sample_drift, .endurance = sample_endurance};
