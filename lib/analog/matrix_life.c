/* SPDX-License-Identifier: MIT */
/* Programming, drift and compensation of all tiles of a matrix. */
#include <math.h>
#include <string.h>

#include "analog/matrix.h"

void aimci_report_add(aimc_inference_report *sum, const aimc_inference_report *r)
{
    const double n = (double)sum->n_weights, m = (double)r->n_weights, all = fmax(n + m, 1);
    const bool first = sum->n_weights == 0;
    sum->gain_min = first ? r->gain_min : fmin(sum->gain_min, r->gain_min);
    sum->gain_max = first ? r->gain_max : fmax(sum->gain_max, r->gain_max);
    sum->gain_mean = (n * sum->gain_mean + m * r->gain_mean) / all;
    sum->weight_error = sqrt(
        (n * sum->weight_error * sum->weight_error + m * r->weight_error * r->weight_error) / all);
    sum->n_weights += r->n_weights;
    sum->n_devices += r->n_devices;
    sum->n_faulty += r->n_faulty;
    sum->pulses += r->pulses;
    sum->verify_reads += r->verify_reads;
    sum->iterations = sum->iterations > r->iterations ? sum->iterations : r->iterations;
    sum->extrapolated = sum->extrapolated > r->extrapolated ? sum->extrapolated : r->extrapolated;
    sum->unconverged += r->unconverged;
    sum->write_time_s += r->write_time_s;
    sum->t_s = r->t_s;
}

/* What is done to every tile of a matrix. */
typedef struct visitor {
    const char *caller;
    const aimc_config *config; /* program */
    double t_s;                /* drift */
    size_t n, ld_x;            /* compensate */
    const float *x;
    aimc_status (*run)(const struct visitor *e, aimc_tile *t, size_t first_in,
                       aimc_inference_report *r);
} visitor;

static aimc_status for_tiles(const visitor *e, aimc_matrix *m, aimc_inference_report *report)
{
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "%s: matrix is NULL", e->caller);
    aimc_status st = aimci_struct_out_expect(e->caller, report, 8);
    if (st)
        return st;
    aimc_inference_report sum = {0};
    for (size_t k = 0; k < aimc_matrix_count_tiles(m); k++) {
        size_t first_in = 0;
        aimc_tile *t = aimc_matrix_get_tile(m, k, NULL, &first_in);
        aimc_inference_report one = {.struct_size = sizeof one};
        st = e->run(e, t, first_in, &one);
        if (st)
            return aimci_fail_within(st, "%s: tile %zu: ", e->caller, k);
        aimci_report_add(&sum, &one);
    }
    return report ? aimci_struct_out(e->caller, report, &sum, sizeof sum, 8) : AIMC_OK;
}

static aimc_status run_program(const visitor *e, aimc_tile *t, size_t first_in,
                               aimc_inference_report *r)
{
    (void)first_in;
    return aimc_tile_program(t, e->config, r);
}

aimc_status aimc_matrix_program(aimc_matrix *m, const aimc_config *config,
                                aimc_inference_report *report)
{
    const visitor e = {.caller = "matrix_program", .config = config, .run = run_program};
    return for_tiles(&e, m, report);
}

static aimc_status run_drift(const visitor *e, aimc_tile *t, size_t first_in,
                             aimc_inference_report *r)
{
    (void)first_in;
    return aimc_tile_drift_programmed(t, e->t_s, r);
}

aimc_status aimc_matrix_drift_programmed(aimc_matrix *m, double t_s, aimc_inference_report *report)
{
    const visitor e = {.caller = "matrix_drift_programmed", .t_s = t_s, .run = run_drift};
    return for_tiles(&e, m, report);
}

static aimc_status run_compensate(const visitor *e, aimc_tile *t, size_t first_in,
                                  aimc_inference_report *r)
{
    return aimc_tile_compensate(t, e->n, e->x ? e->x + first_in : NULL, e->ld_x, r);
}

aimc_status aimc_matrix_compensate(aimc_matrix *m, size_t n, const float *x, size_t ld_x,
                                   aimc_inference_report *report)
{
    const visitor e = {
        .caller = "matrix_compensate", .n = n, .x = x, .ld_x = ld_x, .run = run_compensate};
    if (m && x && ld_x < aimc_matrix_get_n_in(m))
        return aimci_fail(AIMC_ERR_SHAPE, "matrix_compensate: ld_x = %zu is less than n_in = %zu",
                          ld_x, aimc_matrix_get_n_in(m));
    return for_tiles(&e, m, report);
}

aimc_status aimc_matrix_unprogram(aimc_matrix *m)
{
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_unprogram: matrix is NULL");
    for (size_t k = 0; k < aimc_matrix_count_tiles(m); k++)
        (void)aimc_tile_unprogram(aimc_matrix_get_tile(m, k, NULL, NULL)); /* arguments are right */
    return AIMC_OK;
}

bool aimci_matrix_is_programmed(const aimc_matrix *m)
{
    for (size_t k = 0; k < aimci_grid_n_tiles(m->grid); k++)
        if (m->grid->tiles[k]->programmed.owner)
            return true;
    return false;
}
