/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "periphery/input_stage.h"

/* ---- noise management ----------------------------------------------------------------------- */

static float signed_max(const float *x, size_t n)
{
    float m = x[0];
    for (size_t i = 1; i < n; i++)
        m = x[i] > m ? x[i] : m;
    return m;
}

/* Not below the DAC's useful range: there a smaller input says nothing more. */
float aimci_input_stage_worst_case(const aimci_periphery *p, const float *x)
{
    const aimci_periphery_params *q = &p->params;
    const double largest = (double)p->kernels->absmax(x, p->n_in);
    double positive = 0, negative = 0;
    for (size_t i = 0; i < p->n_in; i++)
        *(x[i] > 0 ? &positive : &negative) += (double)x[i];
    const double larger = positive > -negative ? positive : -negative;
    const double bound = aimci_periphery_least_adc_bound(p);
    double wanted = bound > 0 ? larger * q->nm_assumed_wmax / bound : 0;
    if (p->plan.dac.step > 0) {
        const double limit = largest * q->max_bm_res / (double)p->plan.dac.step;
        wanted = wanted < limit ? wanted : limit;
    }
    return aimci_finite_float(wanted > largest ? wanted : largest);
}

static float running_average(aimci_periphery *p, float largest)
{
    if (p->average > 0)
        largest = p->average + (float)p->params.nm_decay * (largest - p->average);
    p->average = largest;
    return largest;
}

static float alpha_of(aimci_periphery *p, const float *x)
{
    switch (p->params.noise_management) {
    case AIMCI_NM_MAX:
        return signed_max(x, p->n_in);
    case AIMCI_NM_ABS_MAX_NP_SUM:
        return aimci_input_stage_worst_case(p, x);
    case AIMCI_NM_AVERAGE_ABS_MAX:
        return running_average(p, p->kernels->absmax(x, p->n_in));
    default:
        return p->kernels->absmax(x, p->n_in);
    }
}

float aimci_input_stage_alpha(aimci_periphery *p, const float *x)
{
    const float limit = (float)p->params.nm_thres;
    if (p->params.noise_management == AIMCI_NM_NONE)
        return 1.0f;
    if (p->params.noise_management == AIMCI_NM_CONSTANT)
        return limit > 0 ? limit : 1.0f;
    const float alpha = alpha_of(p, x);
    return limit > 0 && alpha > limit ? limit : alpha;
}

/* ---- DACs ----------------------------------------------------------------------------------- */

static void convert_nonideal(const aimci_periphery *p, const aimci_dac *dac, const float *x,
                             float *z)
{
    const aimci_nonideal_converter *converter = p->plan.nonideal_dac;
    for (size_t j = 0; j < p->n_in; j++)
        z[j] = dac->scale * x[j];
    if (dac->sto_round)
        aimci_nonideal_converter_dither(converter, &dac->key, z, p->n_in);
    for (size_t j = 0; j < p->n_in; j++) {
        int beyond;
        const int32_t code = aimci_nonideal_converter_code(converter, j, (double)z[j], &beyond);
        z[j] = aimci_nonideal_converter_value(converter, code);
    }
}

/* After a non-ideal converter the kernel only clips and adds the errors that follow. */
static void run_dac(const aimci_periphery *p, aimci_dac dac, const float *x, float *z)
{
    if (p->plan.nonideal_dac) {
        convert_nonideal(p, &dac, x, z);
        dac.scale = 1;
        dac.step = 0;
        dac.sto_round = 0;
        x = z;
    }
    p->chain->dac(&dac, x, z, p->n_in);
}

void aimci_input_stage_prepare(const aimci_periphery *p, const aimci_key *key, float scale,
                               const float *x, float *z)
{
    aimci_dac dac = p->plan.dac;
    dac.key = *key;
    dac.scale = scale;
    run_dac(p, dac, x, z);
}

double aimci_input_stage_code_sum(const aimci_periphery *p, const aimci_key *key, float scale,
                                  const aimci_part *part, const float *x, float *z)
{
    aimci_dac dac = p->plan.dac;
    dac.key = *key;
    dac.scale = scale;
    dac.noise = 0;
    dac.asymmetry = 0;
    run_dac(p, dac, x, z);
    if (part)
        p->chain->part(part, z, z, p->n_in);
    double sum = 0;
    for (size_t j = 0; j < p->n_in; j++)
        sum += (double)z[j];
    return sum;
}
