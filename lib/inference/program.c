/* SPDX-License-Identifier: MIT */
/* Programming, drift and compensation of one tile. */
#include <string.h>

#include "inference/programmed.h"

static aimc_status report_out(const char *caller, const aimci_programmed *p,
                              aimc_inference_report *report)
{
    return report ? aimci_struct_out(caller, report, &p->report, sizeof p->report, 8) : AIMC_OK;
}

/* Write the devices of p toward its targets. */
static aimc_status write_devices(aimci_programmed *p)
{
    aimc_inference_report *r = &p->report;
    aimci_programmed_choose_scales(p);
    aimc_status st =
        aimci_programmed_draw_faults(p, aimci_config_child(p->config, "faults")->values);
    if (!st)
        st = aimci_programmed_encode(p);
    if (st)
        return st;
    r->n_weights = p->n_out * p->n_in;
    r->n_devices = r->pulses = p->cells->n;
    r->write_time_s = (double)p->cells->n * p->programming->pulse_time_ns * 1e-9;
    return AIMC_OK;
}

/* With the tile showing p: the write loop, the reference read. */
static aimc_status finish(aimci_programmed *p)
{
    aimc_status st = aimci_programmed_loop(p);
    if (st)
        return st;
    aimci_programmed_read(p);
    if (p->compensation->method == AIMCI_COMPENSATE_GLOBAL ||
        p->compensation->method == AIMCI_COMPENSATE_PER_OUTPUT)
        st = aimci_programmed_take_reference(p);
    aimci_programmed_update_report(p);
    return st;
}

/* A write loop and the reference of a compensation read the tile. With a seed of the user's they
 * read with noise of that seed, so that the chip does not depend on what was read before; the
 * tile's own streams go on as after any other read. */
static aimc_status finish_with_seed(aimci_programmed *p)
{
    aimci_periphery *f = p->tile->forward;
    const uint64_t own = f->n_vectors, first = UINT64_C(1) << 63 | p->seed >> 1;
    const float average = f->average;
    f->n_vectors = first;
    f->average = 0;
    const aimc_status st = finish(p);
    f->n_vectors = own + (f->n_vectors - first);
    f->average = average;
    return st;
}

static bool has_own_seed(const aimci_programmed *p)
{
    return ((const aimci_inference_params *)p->config->values)->seed >= 0;
}

aimc_status aimc_tile_program(aimc_tile *t, const aimc_config *config,
                              aimc_inference_report *report)
{
    aimci_programmed *p = NULL;
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_program: tile is NULL");
    aimc_status st = aimci_config_expect("tile_program", config, &aimci_kind_inference);
    if (!st)
        st = aimci_struct_out_expect("tile_program", report, 8);
    if (!st)
        st = aimci_programmed_prepare(t, config, &p);
    if (st)
        return st;
    memcpy(p->target, aimci_tile_own_weights(t), p->ld * p->n_in * sizeof *p->target);
    aimci_programmed_clear_gain(p);
    st = write_devices(p);
    if (st) {
        aimci_programmed_destroy(p);
        return aimci_fail_within(st, "tile_program: ");
    }
    aimci_programmed *old = aimci_programmed_of(t);
    aimci_programmed_show(p);
    st = has_own_seed(p) ? finish_with_seed(p) : finish(p);
    if (st) {
        aimci_programmed_take_off(p);
        if (old)
            aimci_programmed_show(old);
        return aimci_fail_within(st, "tile_program: ");
    }
    if (old)
        aimci_programmed_destroy(old);
    t->n_programs++;
    t->counters.program_pulses += p->report.pulses;
    t->counters.verify_reads += p->device_reads;
    return report_out("tile_program", p, report);
}

static aimc_status check_programmed(const char *caller, const aimc_tile *t)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "%s: tile is NULL", caller);
    if (!t->programmed.owner)
        return aimci_fail(AIMC_ERR_STATE, "%s: the tile was not programmed", caller);
    return AIMC_OK;
}

aimc_status aimc_tile_drift_programmed(aimc_tile *t, double t_s, aimc_inference_report *report)
{
    aimc_status st = check_programmed("tile_drift_programmed", t);
    if (!st && aimci_programmed_of(t)->given)
        st =
            aimci_fail(AIMC_ERR_STATE,
                       "tile_drift_programmed: the conductances were set from outside, and nothing "
                       "is known of their drift; set those of the other time, or program again");
    if (!st)
        st = aimci_noise_check_time("tile_drift_programmed", aimci_programmed_of(t)->model, t_s);
    if (!st)
        st = aimci_struct_out_expect("tile_drift_programmed", report, 8);
    if (st)
        return st;
    aimci_programmed *p = aimci_programmed_of(t);
    p->t = t_s;
    aimci_programmed_clear_gain(p);
    aimci_programmed_read(p);
    aimci_programmed_update_report(p);
    return report_out("tile_drift_programmed", p, report);
}

aimc_status aimc_tile_compensate(aimc_tile *t, size_t n, const float *x, size_t ld_x,
                                 aimc_inference_report *report)
{
    aimc_status st = check_programmed("tile_compensate", t);
    if (!st && x)
        st = aimci_check_batch("tile_compensate", n, "x", x, t->array->n_in, ld_x);
    if (!st && x && (n == 0 || !aimci_all_finite(x, n, t->array->n_in, ld_x)))
        st = aimci_fail(AIMC_ERR_INVALID, "tile_compensate: %s",
                        n ? "x holds a value that is not finite" : "n is 0");
    if (!st)
        st = aimci_struct_out_expect("tile_compensate", report, 8);
    if (st)
        return st;
    aimci_programmed *p = aimci_programmed_of(t);
    aimci_programmed_clear_gain(p);
    st = aimci_programmed_compensate(p, x ? n : 0, x, ld_x);
    if (st)
        return st;
    p->compensated = true;
    aimci_programmed_show(p);
    aimci_programmed_update_report(p);
    return report_out("tile_compensate", p, report);
}

aimc_status aimc_tile_unprogram(aimc_tile *t)
{
    if (!t)
        return aimci_fail(AIMC_ERR_INVALID, "tile_unprogram: tile is NULL");
    if (t->programmed.owner)
        aimci_programmed_take_off(aimci_programmed_of(t));
    return AIMC_OK;
}
