/* SPDX-License-Identifier: MIT */
/* The back end of CPUs: kernels of the device (device/model.h) on one word line after the other. */
#include <string.h>

#include "tile/backend.h"

static void sample_word_line(void *arg, size_t slot, size_t j)
{
    (void)slot;
    const aimci_array *a = arg;
    const aimc_device *d = a->device;
    const aimci_word_line line = aimci_array_word_line(a, j);
    const aimci_sampling sampling = {a->seed, (uint32_t)j, (uint32_t)a->n_in};
    if (aimci_device_pulsed(d))
        d->populate(d->params, &line, &sampling);
    d->sampling_kernels->drift(&d->relaxation.drift, &line, &sampling);
    d->relaxation_kernels->clip(&line);
    if (line.w != line.p)
        memcpy(line.w, line.p, line.n * sizeof *line.w);
}

static void sample(aimci_array *a)
{
    aimci_parallel(a->ctx, a->n_in, sample_word_line, a);
}

static void clip(aimci_array *a)
{
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_word_line line = aimci_array_word_line(a, j);
        a->device->relaxation_kernels->clip(&line);
    }
}

static void copy_apparent(aimci_array *a)
{
    memcpy(a->w, a->p, a->ld * a->n_in * sizeof *a->w);
}

static void redraw(aimci_array *a, const aimci_key *key)
{
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_word_line line = aimci_array_word_line(a, j);
        a->device->relaxation_kernels->redraw(&a->device->relaxation, &line, key, (uint32_t)j);
    }
}

static void relax(aimci_array *a, int way, float amount, const aimci_key *key,
                  aimci_word_lines lines)
{
    const aimci_relax_fn relax_word_line = a->device->relaxation_kernels->relax[way];
    for (size_t k = 0; k < lines.n; k++) {
        const size_t j = (lines.first + k) % a->n_in;
        const aimci_word_line line = aimci_array_word_line(a, j);
        relax_word_line(&a->device->relaxation, &line, amount, key, (uint32_t)j);
    }
}

const aimci_backend aimci_cpu_backend = {
    .sample = sample,
    .clip = clip,
    .copy_apparent = copy_apparent,
    .redraw = redraw,
    .relax = relax,
};
