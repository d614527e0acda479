/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "periphery/converter.h"
#include "periphery/output_stage.h"

/* The ADCs of a group: those of the plan, in its range. */
static aimci_adc adc_of(const aimci_periphery *p, size_t g)
{
    aimci_adc adc = p->plan.adc;
    if (p->adc_bounds) {
        adc.bound = p->adc_bounds[g];
        adc.step = aimci_converter_step_of(p->params.out_res, (double)adc.bound);
    }
    return adc;
}

/* ---- non-ideal ADCs ------------------------------------------------------------------------- */

/* The k-th output through its converter, in place; does it hit the bound? */
static bool convert_one(const aimci_periphery *p, size_t k, float *y, int32_t *code)
{
    const aimci_nonideal_converter *adc = p->plan.nonideal_adc;
    int beyond;
    const int32_t raw = aimci_nonideal_converter_code(adc, k, (double)*y, &beyond);
    *y = aimci_nonideal_converter_value(adc, raw);
    if (code)
        *code = raw + adc->first;
    return beyond > 0 || (beyond < 0 && p->plan.adc.test_negative);
}

/* They were made for the configured range: another one is an amplifier before them, which also
 * shifts where the lower end is an end of its own: y -> by y + shift. */
typedef struct amplifier {
    float by, shift;
} amplifier;

static amplifier amplifier_of(const aimci_periphery *p, size_t g, const aimci_adc *adc)
{
    if (!p->adc_bounds)
        return (amplifier){.by = 1};
    if (!p->adc_lows)
        return (amplifier){.by = p->plan.adc.bound / adc->bound};
    const double full = (double)p->plan.adc.bound, lowest = p->plan.nonideal_adc->params.low * full;
    const double low = (double)p->adc_lows[g], by = (full - lowest) / ((double)adc->bound - low);
    return (amplifier){.by = (float)by, .shift = (float)(lowest - by * low)};
}

static size_t convert_nonideal(const aimci_periphery *p, size_t g, const aimci_adc *adc, float *y,
                               int32_t *codes)
{
    size_t clipped = 0;
    const amplifier a = amplifier_of(p, g, adc);
    for (size_t i = 0; p->adc_bounds && i < p->n_out; i++)
        y[i] = a.by * y[i] + a.shift;
    if (adc->sto_round)
        aimci_nonideal_converter_dither(p->plan.nonideal_adc, &adc->key, y, p->n_out);
    for (size_t i = 0; i < p->n_out; i++)
        clipped += convert_one(p, i, &y[i], codes ? &codes[i] : NULL);
    for (size_t i = 0; i < p->n_out; i++)
        y[i] = (y[i] - a.shift) * (adc->gain / a.by);
    return clipped;
}

/* ---- in steps ------------------------------------------------------------------------------- */

/* The kernel as noise alone, without quantiser. */
static aimci_adc only_noise(const aimci_adc *adc)
{
    aimci_adc noise = *adc;
    noise.step = 0;
    noise.bound = INFINITY;
    noise.gain = 1;
    return noise;
}

/* The kernel as quantiser alone. */
static aimci_adc only_codes(const aimci_adc *adc)
{
    aimci_adc code = *adc;
    code.noise = 0;
    code.noises = NULL;
    code.asymmetry = 0;
    code.gain = 1;
    return code;
}

/* All outputs move together, so that the largest one is at the bound. */
static void shift_to_bound(float bound, float *y, size_t n)
{
    float largest = y[0];
    for (size_t i = 1; i < n; i++)
        largest = y[i] > largest ? y[i] : largest;
    const float by = bound - largest;
    for (size_t i = 0; i < n; i++)
        y[i] += by;
}

/* A code that no 32 bits hold is the last that they do. */
static int32_t code_of(float y, float step)
{
    const double code = step > 0 ? rint((double)(y / step)) : 0;
    return (int32_t)fmax(fmin(code, INT32_MAX), -INT32_MAX);
}

/* What the ADC kernel does in one go, but with a stop between noise and quantiser: there outputs
 * are shifted, shown to a probe, or converted by non-ideal ADCs. */
static size_t convert_in_steps(const aimci_periphery *p, size_t g, const aimci_adc *adc,
                               const float *current, float *y, aimci_probe *probe)
{
    const aimci_adc noise = only_noise(adc), code = only_codes(adc);
    p->chain->adc(&noise, current, y, p->n_out);
    if (p->plan.shift)
        shift_to_bound(adc->bound, y, p->n_out);
    if (probe && probe->noisy)
        memcpy(probe->noisy, y, p->n_out * sizeof *y);
    if (p->plan.nonideal_adc)
        return convert_nonideal(p, g, adc, y, probe ? probe->code : NULL);
    const size_t clipped = p->chain->adc(&code, y, y, p->n_out);
    for (size_t i = 0; i < p->n_out; i++) {
        if (probe && probe->code)
            probe->code[i] = code_of(y[i], adc->step);
        y[i] *= adc->gain;
    }
    return clipped;
}

/* ---- one vector ----------------------------------------------------------------------------- */

/* What the ADCs see is counted, and passed on as it is. */
static void watch(const aimci_periphery *p, size_t g, const aimci_adc *adc, const float *current,
                  float *y, size_t n)
{
    const aimci_adc noise = only_noise(adc);
    p->chain->adc(&noise, current, y, n);
    if (p->below)
        aimci_magnitudes_add_signs(&p->watched[g], &p->below[g], n, y);
    else
        aimci_magnitudes_add(&p->watched[g], n, y);
    for (size_t i = 0; i < n; i++)
        y[i] *= adc->gain;
}

/* The integrator takes no more. */
static void saturate(const aimci_periphery *p, float *current, size_t n)
{
    const float most = (float)p->params.current_bound;
    for (size_t i = 0; most > 0 && i < n; i++)
        current[i] = fminf(fmaxf(current[i], -most), most);
}

size_t aimci_output_stage_convert(const aimci_periphery *p, size_t g, const aimci_key *key,
                                  float gain, float *current, float *y, aimci_probe *probe)
{
    const aimci_read_plan *plan = &p->plan;
    aimci_adc adc = adc_of(p, g);
    adc.key = *key;
    adc.gain = (float)p->params.out_scale * gain;
    saturate(p, current, p->n_out);
    if (plan->compresses)
        p->chain->compress(plan->kappa, plan->nonlinearity, p->fixed.nonlinearity, current,
                           p->n_out);
    if (p->watched) {
        watch(p, g, &adc, current, y, p->n_out);
        return 0;
    }
    if (plan->shift || probe || plan->nonideal_adc)
        return convert_in_steps(p, g, &adc, current, y, probe);
    return p->chain->adc(&adc, current, y, p->n_out);
}

/* Its noise must not be that of an output, so one bit of the key is flipped. */
double aimci_output_stage_reference(const aimci_periphery *p, size_t g, const aimci_key *key,
                                    float gain, double value)
{
    float y[16] = {(float)value}; /* lanes past the first catch noise */
    aimci_adc adc = adc_of(p, g);
    adc.key = *key;
    adc.key.k[0] ^= 0x80000000u;
    adc.noises = NULL;
    adc.gain = (float)p->params.out_scale * gain;
    saturate(p, y, 1);
    if (p->watched) {
        watch(p, g, &adc, y, y, 1);
        return (double)y[0];
    }
    if (p->plan.nonideal_adc) {
        const aimci_adc noise = only_noise(&adc);
        const amplifier a = amplifier_of(p, g, &adc);
        p->chain->adc(&noise, y, y, 1);
        y[0] = a.by * y[0] + a.shift;
        convert_one(p, p->n_out, y, NULL);
        return (double)(y[0] - a.shift) * p->params.out_scale * (double)gain / (double)a.by;
    }
    p->chain->adc(&adc, y, y, 1);
    return (double)y[0];
}
