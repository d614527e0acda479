/* SPDX-License-Identifier: MIT */
/* Conductances of the devices of a programmed tile, out and in: device by device, each as the tile
 * has its weights. */
#include <string.h>

#include "inference/programmed.h"

static aimc_status check_programmed(const char *caller, const aimc_tile *t)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "%s: tile is NULL", caller);
    return t->programmed.owner
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_STATE,
                            "%s: the tile was not programmed: how its weights lie on conductances "
                            "is said by aimc_tile_program()",
                            caller);
}

static aimc_status check_size(const char *caller, const aimci_programmed *p, const void *g,
                              size_t n)
{
    if (!g)
        return aimci_fail(AIMC_ERR_INVALID, "%s: g_us is NULL", caller);
    return n == p->cells->n
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_SHAPE,
                            "%s: %zu conductances; the tile has %zu: %zu of each of %zu x %zu "
                            "weights%s",
                            caller, n, p->cells->n, p->per_weight, p->n_out, p->n_in,
                            p->encoding->unit_shared ? ", and one of each input" : "");
}

aimc_status aimc_tile_get_conductance_info(const aimc_tile *t, aimc_conductance_info *info)
{
    const char *caller = "tile_get_conductance_info";
    const aimc_status st = check_programmed(caller, t);
    if (st)
        return st;
    if (!info)
        return aimci_fail(AIMC_ERR_INVALID, "%s: info is NULL", caller);
    const aimci_programmed *p = aimci_programmed_of(t);
    const aimci_noise_params *range = aimci_noise_range(p->model);
    const aimc_conductance_info ours = {.n_devices = (uint32_t)p->per_weight,
                                        .has_shared = p->encoding->unit_shared,
                                        .is_given = p->given != NULL,
                                        .n_conductances = p->cells->n,
                                        .g_min_us = range->g_min,
                                        .g_max_us = range->g_max,
                                        .most_us = AIMCI_MOST_CONDUCTANCE * range->g_max};
    return aimci_struct_out(caller, info, &ours, sizeof ours, 8);
}

/* Place among the caller's conductances of device at of the population: planes of devices, outputs
 * by inputs; the shared ones last. */
static size_t public_place(const aimci_programmed *p, size_t at)
{
    const size_t plane = p->n_out * p->n_in, weight = at / p->per_weight;
    if (weight >= plane)
        return at;
    return at % p->per_weight * plane + weight % p->n_out * p->n_in + weight / p->n_out;
}

/* Without the noise of reads. */
static void put_all(const aimci_programmed *p, float *g)
{
    enum { CHUNK = AIMCI_DEVICES_AT_ONCE };
    const aimci_read read = aimci_population_begin_read(p->cells, p->cells->n_reads - 1, p->t);
    float mean[CHUNK], sigma[CHUNK];
    for (size_t first = 0; first < p->cells->n; first += CHUNK) {
        const size_t n = aimci_min_size(CHUNK, p->cells->n - first);
        const float *from = p->given ? p->given + first : mean;
        if (!p->given)
            aimci_read_chunk(&read, first / CHUNK, NULL, mean, sigma);
        for (size_t k = 0; k < n; k++)
            g[public_place(p, first + k)] = from[k];
    }
}

aimc_status aimc_tile_get_conductances(const aimc_tile *t, float *g, size_t n)
{
    const char *caller = "tile_get_conductances";
    aimc_status st = check_programmed(caller, t);
    if (!st)
        st = check_size(caller, aimci_programmed_of(t), g, n);
    if (st)
        return st;
    put_all(aimci_programmed_of(t), g);
    return AIMC_OK;
}

static aimc_status refuse(const aimci_programmed *p, size_t at, double g)
{
    const size_t plane = p->n_out * p->n_in, k = at / plane;
    const double most = AIMCI_MOST_CONDUCTANCE * aimci_noise_range(p->model)->g_max;
    if (k == p->per_weight)
        return aimci_fail(AIMC_ERR_INVALID,
                          "tile_set_conductances: %g uS of the device that input %zu shares; 0 ... "
                          "%g uS is possible",
                          g, at - k * plane, most);
    return aimci_fail(AIMC_ERR_INVALID,
                      "tile_set_conductances: %g uS of device %zu of the weight of output %zu and "
                      "input %zu; 0 ... %g uS is possible",
                      g, k, at % plane / p->n_in, at % p->n_in, most);
}

static aimc_status check_values(const aimci_programmed *p, const float *g)
{
    const double most = AIMCI_MOST_CONDUCTANCE * aimci_noise_range(p->model)->g_max;
    for (size_t at = 0; at < p->cells->n; at++)
        if (!((double)g[at] >= 0 && (double)g[at] <= most))
            return refuse(p, at, (double)g[at]);
    return AIMC_OK;
}

aimc_status aimc_tile_set_conductances(aimc_tile *t, const float *g, size_t n)
{
    const char *caller = "tile_set_conductances";
    aimc_status st = check_programmed(caller, t);
    if (!st)
        st = check_size(caller, aimci_programmed_of(t), g, n);
    if (!st)
        st = check_values(aimci_programmed_of(t), g);
    if (st)
        return st;
    aimci_programmed *p = aimci_programmed_of(t);
    if (!p->given && !(p->given = aimci_calloc(p->ctx, n, sizeof *p->given)))
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    for (size_t at = 0; at < n; at++)
        p->given[at] = g[public_place(p, at)];
    aimci_programmed_read(p);
    aimci_programmed_show(p);
    aimci_programmed_update_report(p);
    return AIMC_OK;
}
