/* SPDX-License-Identifier: MIT */
/* One analog product, in the order that docs/models/periphery.md describes:
 *
 *     z = x / (alpha R) -> DAC -> array -> noise -> ADC -> y alpha R
 *
 * A product may consist of several reads of the array ("parts"): by sign, or by digits of the input
 * code. Their currents are subtracted before the ADC, or their codes are added up after it.
 *
 * alpha comes from noise management, R from bound management: vectors whose output hit the bound
 * are read again with twice the R. Each vector has its own alpha, R and random stream, so that
 * nothing depends on the batch it came in. */
#include <math.h>
#include <string.h>

#include "periphery/periphery.h"

_Static_assert(AIMCI_READOUT_BATCH <= AIMCI_GEMM_MAX_BATCH, "a chunk is one product");

typedef struct read_job {
    aimci_periphery *p;
    const aimci_read_array *array;
    size_t n;
    const float *x;
    size_t ld_x;
    float *y;
    size_t ld_y;
    aimci_probe *probe;
} read_job;

/* State of the vectors of one chunk. */
typedef struct chunk_state {
    size_t n_active;
    size_t active[AIMCI_READOUT_BATCH]; /* vectors still to be read, ascending */
    float alpha[AIMCI_READOUT_BATCH];
    float reduction[AIMCI_READOUT_BATCH];
    size_t clipped[AIMCI_READOUT_BATCH]; /* in this pass, of the k-th active vector */
} chunk_state;

/* ---- noise management ----------------------------------------------------------------------- */

static float signed_max(const float *x, size_t n)
{
    float m = x[0];
    for (size_t i = 1; i < n; i++)
        m = x[i] > m ? x[i] : m;
    return m;
}

/* Scale at which even weights all at the assumed maximum do not clip, but not below the DAC's
 * useful range. */
static float np_sum(const aimci_periphery *p, const float *x, float absmax)
{
    double positive = 0, negative = 0;
    for (size_t i = 0; i < p->n_in; i++)
        *(x[i] > 0 ? &positive : &negative) += (double)x[i];
    const double larger = positive > -negative ? positive : -negative;
    double wanted =
        p->params.out_bound > 0 ? larger * p->params.nm_assumed_wmax / p->params.out_bound : 0;
    if (p->in_step > 0) {
        const double limit = (double)absmax * p->params.max_bm_res / (double)p->in_step;
        wanted = wanted < limit ? wanted : limit;
    }
    return wanted > (double)absmax ? (float)wanted : absmax;
}

static float choose_alpha(aimci_periphery *p, const float *x)
{
    const float limit = (float)p->params.nm_thres;
    float alpha = 1.0f;
    switch (p->params.noise_management) {
    case AIMCI_NM_NONE:
        return 1.0f;
    case AIMCI_NM_CONSTANT:
        return limit > 0 ? limit : 1.0f;
    case AIMCI_NM_MAX:
        alpha = signed_max(x, p->n_in);
        break;
    case AIMCI_NM_ABS_MAX_NP_SUM:
        alpha = np_sum(p, x, p->kernels->absmax(x, p->n_in));
        break;
    case AIMCI_NM_AVERAGE_ABS_MAX:
        alpha = p->kernels->absmax(x, p->n_in);
        if (p->average > 0)
            alpha = p->average + (float)p->params.nm_decay * (alpha - p->average);
        p->average = alpha;
        break;
    default:
        alpha = p->kernels->absmax(x, p->n_in);
        break;
    }
    return limit > 0 && alpha > limit ? limit : alpha;
}

/* ---- one chunk ------------------------------------------------------------------------------ */

static void open_chunk(const read_job *job, size_t first, size_t n, chunk_state *s)
{
    aimci_periphery *p = job->p;
    s->n_active = 0;
    for (size_t b = 0; b < n; b++) {
        const size_t v = first + b;
        s->alpha[b] = choose_alpha(p, job->x + v * job->ld_x);
        s->reduction[b] = 1.0f;
        if (s->alpha[b] <= 0.0f && p->params.inp_noise <= 0)
            memset(job->y + v * job->ld_y, 0, p->n_out * sizeof *job->y);
        else
            s->active[s->n_active++] = b;
        if (s->alpha[b] <= 0.0f)
            s->alpha[b] = 1.0f;
    }
}

static bool may_reduce(const aimci_periphery *p, float reduction)
{
    const double r = (double)reduction;
    if (!p->iterate || r > p->params.max_bm_factor)
        return false;
    return !(p->in_step > 0 && r > p->params.max_bm_res / (double)p->in_step);
}

static void next_reduction(const read_job *job, size_t v, size_t pass, chunk_state *s, size_t b)
{
    const aimci_periphery *p = job->p;
    if (pass == 0 && p->params.bound_management == AIMCI_BM_ITERATIVE_WORST_CASE) {
        const float *x = job->x + v * job->ld_x;
        s->alpha[b] = np_sum(p, x, p->kernels->absmax(x, p->n_in));
    } else {
        s->reduction[b] *= 2.0f;
    }
}

/* ---- output stage --------------------------------------------------------------------------- */

/* Streams of a pass: even numbers are the DAC's, odd ones the output's; parts above them. */
static aimci_key pass_key(const aimci_periphery *p, size_t v, size_t pass, size_t part, bool out)
{
    const uint32_t sub = (uint32_t)part << 16 | (uint32_t)(2 * pass + out);
    return aimci_random_key(p->seed, p->op, sub, p->n_vectors + v);
}

/* The same as the ADC kernel at once, stopping where it is shifted or looked at. */
static size_t convert_in_steps(const aimci_periphery *p, const aimci_adc *adc, float *y,
                               aimci_probe *probe)
{
    aimci_adc noise = *adc, code = *adc;
    noise.step = 0;
    noise.bound = INFINITY;
    noise.gain = 1;
    p->chain->adc(&noise, y, p->n_out);
    if (p->shift) {
        const float by = adc->bound - signed_max(y, p->n_out);
        for (size_t i = 0; i < p->n_out; i++)
            y[i] += by;
    }
    if (probe && probe->noisy)
        memcpy(probe->noisy, y, p->n_out * sizeof *y);
    code.noise = 0;
    code.noises = NULL;
    code.asymmetry = 0;
    code.gain = 1;
    const size_t clipped = p->chain->adc(&code, y, p->n_out);
    for (size_t i = 0; i < p->n_out; i++) {
        if (probe && probe->code)
            probe->code[i] = adc->step > 0 ? (int32_t)lrintf(y[i] / adc->step) : 0;
        y[i] *= adc->gain;
    }
    return clipped;
}

/* Everything after the array for one vector, in place; how many outputs hit the bound. */
static size_t convert(const aimci_periphery *p, const aimci_key *key, float gain, float *y,
                      aimci_probe *probe)
{
    aimci_adc adc = p->adc;
    adc.key = *key;
    adc.gain = (float)p->params.out_scale * gain;
    if (p->compresses)
        p->chain->compress(p->kappa, p->nonlinearity, p->fixed.nonlinearity, y, p->n_out);
    if (p->shift || probe)
        return convert_in_steps(p, &adc, y, probe);
    return p->chain->adc(&adc, y, p->n_out);
}

/* ---- one pass over the active vectors ------------------------------------------------------- */

static void prepare(const read_job *job, size_t first, size_t pass, const chunk_state *s, float *z)
{
    const aimci_periphery *p = job->p;
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k], v = first + b;
        aimci_dac dac = p->dac;
        if (dac.noise > 0 || dac.sto_round) /* a key costs as much as converting fifty inputs */
            dac.key = pass_key(p, v, pass, 0, false);
        dac.scale = 1.0f / (s->alpha[b] * s->reduction[b]);
        p->chain->dac(&dac, job->x + v * job->ld_x, z + k * p->ld_in, p->n_in);
    }
}

static void look_at_read(const aimci_periphery *p, aimci_probe *probe, const float *z,
                         const float *y)
{
    if (probe && probe->prepared)
        memcpy(probe->prepared, z, p->n_in * sizeof *z);
    if (probe && probe->current)
        memcpy(probe->current, y, p->n_out * sizeof *y);
}

/* One read of the array for all active vectors: currents of part m into y. */
static void read_part(const read_job *job, size_t first, size_t pass, size_t m,
                      const chunk_state *s, const aimci_read_scratch *scratch, float *y,
                      aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    const aimci_read_part *part = &p->parts[m];
    aimci_key keys[AIMCI_READOUT_BATCH];
    const float *z = part->derived ? scratch->part : scratch->z;
    for (size_t k = 0; k < s->n_active; k++) {
        if (part->derived)
            p->chain->part(&part->op, scratch->z + k * p->ld_in, scratch->part + k * p->ld_in,
                           p->n_in);
        if (p->has_stage)
            keys[k] = pass_key(p, first + s->active[k], pass, m, true);
    }
    aimci_array_stage_read(p, job->array, part->minus, s->n_active, z, y, scratch, keys);
    counts->passes += s->n_active;
    if (job->probe && job->probe->part == m && s->n_active)
        look_at_read(p, job->probe, z, y);
}

/* Currents of all parts subtracted, then one conversion. */
static void read_analog(const read_job *job, size_t first, size_t pass, chunk_state *s,
                        const aimci_read_scratch *scratch, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    read_part(job, first, pass, 0, s, scratch, scratch->out, counts);
    for (size_t m = 1; m < p->n_parts; m++) {
        read_part(job, first, pass, m, s, scratch, scratch->part_out, counts);
        for (size_t k = 0; k < s->n_active; k++)
            for (size_t i = 0; i < p->n_out; i++)
                scratch->out[k * p->ld_out + i] +=
                    p->parts[m].gain * scratch->part_out[k * p->ld_out + i];
    }
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k];
        const aimci_key key = pass_key(p, first + b, pass, 0, true);
        s->clipped[k] = convert(p, &key, s->alpha[b] * s->reduction[b],
                                scratch->out + k * p->ld_out, job->probe);
    }
    counts->inputs += s->n_active;
    counts->outputs += s->n_active;
}

/* Every part is converted on its own; codes are added up. */
static void read_digital(const read_job *job, size_t first, size_t pass, chunk_state *s,
                         const aimci_read_scratch *scratch, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    memset(scratch->out, 0, s->n_active * p->ld_out * sizeof *scratch->out);
    memset(s->clipped, 0, sizeof s->clipped);
    for (size_t m = 0; m < p->n_parts; m++) {
        read_part(job, first, pass, m, s, scratch, scratch->part_out, counts);
        for (size_t k = 0; k < s->n_active; k++) {
            const size_t b = s->active[k];
            float *y = scratch->part_out + k * p->ld_out;
            const aimci_key key = pass_key(p, first + b, pass, m, true);
            aimci_probe *probe = job->probe && job->probe->part == m ? job->probe : NULL;
            s->clipped[k] +=
                convert(p, &key, s->alpha[b] * s->reduction[b] * p->parts[m].gain, y, probe);
            for (size_t i = 0; i < p->n_out; i++)
                scratch->out[k * p->ld_out + i] += y[i];
        }
        counts->outputs += s->n_active;
    }
    const bool by_sign = p->params.mv_type == AIMCI_MV_POS_NEG_SEPARATE_DIGITAL_SUM;
    counts->inputs += s->n_active * (by_sign ? 1 : p->n_parts);
}

/* Read all active vectors once; those that clipped and may be reduced stay active. */
static void one_pass(const read_job *job, size_t first, size_t pass, chunk_state *s,
                     const aimci_read_scratch *scratch, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    prepare(job, first, pass, s, scratch->z);
    if (p->digital)
        read_digital(job, first, pass, s, scratch, counts);
    else
        read_analog(job, first, pass, s, scratch, counts);
    size_t again = 0;
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k], v = first + b;
        if (job->probe) {
            job->probe->alpha = (double)s->alpha[b];
            job->probe->reduction = (double)s->reduction[b];
            job->probe->passes++;
        }
        if (s->clipped[k] && may_reduce(p, s->reduction[b])) {
            next_reduction(job, v, pass, s, b);
            s->active[again++] = b;
            continue;
        }
        counts->clipped += s->clipped[k];
        memcpy(job->y + v * job->ld_y, scratch->out + k * p->ld_out,
               p->n_out * sizeof *scratch->out);
    }
    s->n_active = again;
}

static void read_perfect(const read_job *job, size_t first, size_t n,
                         const aimci_read_scratch *scratch, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    for (size_t b = 0; b < n; b++)
        memcpy(scratch->z + b * p->ld_in, job->x + (first + b) * job->ld_x,
               p->n_in * sizeof *scratch->z);
    aimci_read_product(p, job->array, job->array->w, n, scratch->z, scratch->out, scratch->gemm);
    for (size_t b = 0; b < n; b++)
        memcpy(job->y + (first + b) * job->ld_y, scratch->out + b * p->ld_out,
               p->n_out * sizeof *scratch->out);
    if (job->probe) {
        look_at_read(p, job->probe, scratch->z, scratch->out);
        if (job->probe->noisy)
            memcpy(job->probe->noisy, scratch->out, p->n_out * sizeof *scratch->out);
        job->probe->passes = 1;
    }
    counts->passes += n;
    counts->inputs += n;
    counts->outputs += n;
}

static void read_chunk(void *arg, size_t slot, size_t chunk)
{
    const read_job *job = arg;
    aimci_periphery *p = job->p;
    const size_t first = chunk * AIMCI_READOUT_BATCH;
    const size_t n = aimci_min_size(AIMCI_READOUT_BATCH, job->n - first);
    aimci_read_scratch scratch;
    aimci_read_scratch_lay(p, p->scratch + slot * p->slot_floats, &scratch);
    if (p->is_perfect) {
        read_perfect(job, first, n, &scratch, &p->counts[slot]);
        return;
    }
    chunk_state s;
    open_chunk(job, first, n, &s);
    for (size_t pass = 0; s.n_active; pass++)
        one_pass(job, first, pass, &s, &scratch, &p->counts[slot]);
}

void aimci_periphery_read(aimci_periphery *p, const aimci_read_array *array, size_t n,
                          const float *x, size_t ld_x, float *y, size_t ld_y,
                          aimci_readout_counts *total, aimci_probe *probe)
{
    read_job job = {p, array, n, x, ld_x, y, ld_y, probe};
    const size_t n_chunks = (n + AIMCI_READOUT_BATCH - 1) / AIMCI_READOUT_BATCH;
    aimci_array_stage_refresh(p, array);
    if (p->params.noise_management == AIMCI_NM_AVERAGE_ABS_MAX) {
        for (size_t c = 0; c < n_chunks; c++) /* the running average wants the order of the batch */
            read_chunk(&job, 0, c);
    } else {
        aimci_parallel(p->ctx, n_chunks, read_chunk, &job);
    }
    p->n_vectors += n;
    for (size_t s = 0; s < p->n_slots; s++) {
        total->passes += p->counts[s].passes;
        total->inputs += p->counts[s].inputs;
        total->outputs += p->counts[s].outputs;
        total->clipped += p->counts[s].clipped;
        p->counts[s] = (aimci_readout_counts){0, 0, 0, 0};
    }
}
