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
#include <stdatomic.h>
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
    _Atomic bool failed; /* a network was not solved */
} read_job;

/* State of the vectors of one chunk. */
typedef struct chunk_state {
    size_t n_active;
    size_t active[AIMCI_READOUT_BATCH]; /* vectors still to be read, ascending */
    float alpha[AIMCI_READOUT_BATCH];
    float reduction[AIMCI_READOUT_BATCH];
    size_t clipped[AIMCI_READOUT_BATCH]; /* in this pass, of the k-th active vector */
    double offset[AIMCI_READOUT_BATCH];  /* of a group: what stands for weight 0, likewise */
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

/* May the vector be read again with a larger R? Not beyond max_bm_factor, nor where the DAC would
 * be left with so few of its steps that a smaller input says nothing more. */
static bool may_reduce(const aimci_periphery *p, float reduction)
{
    const double r = (double)reduction;
    if (!p->iterate || r > p->params.max_bm_factor)
        return false;
    return !(p->in_step > 0 && r > p->params.max_bm_res / (double)p->in_step);
}

/* Worst-case management first takes the scale at which no weight within the assumed maximum can
 * clip, and doubles R only if that was not enough. */
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

/* Streams of a pass: even numbers are the DAC's, odd ones the output's, and parts are counted in
 * the upper half of the word. They are keyed by the vector, not drawn one after the other, so that
 * a second pass of one vector changes nothing for the next. */
static aimci_key pass_key(const aimci_periphery *p, size_t v, size_t pass, size_t part, bool out)
{
    const uint32_t sub = (uint32_t)part << 16 | (uint32_t)(2 * pass + out);
    return aimci_random_key(p->seed, p->op, sub, p->n_vectors + v);
}

/* The k-th output through its converter, in place; does it hit the bound? */
static bool through_circuit(const aimci_periphery *p, size_t k, float *y, int32_t *code)
{
    int beyond;
    const int32_t raw = aimci_circuit_code(p->out_circuit, k, (double)*y, &beyond);
    *y = aimci_circuit_value(p->out_circuit, raw);
    if (code)
        *code = raw + p->out_circuit->first;
    return beyond > 0 || (beyond < 0 && p->adc.test_negative);
}

static size_t through_circuits(const aimci_periphery *p, const aimci_adc *adc, float *y,
                               int32_t *codes)
{
    size_t clipped = 0;
    if (adc->sto_round)
        aimci_circuit_dither(p->out_circuit, &adc->key, y, p->n_out);
    for (size_t i = 0; i < p->n_out; i++)
        clipped += through_circuit(p, i, &y[i], codes ? &codes[i] : NULL);
    for (size_t i = 0; i < p->n_out; i++)
        y[i] *= adc->gain;
    return clipped;
}

/* What the ADC kernel does in one go, but with a stop between noise and quantiser: there outputs
 * are shifted, shown to a probe, or converted by circuits. */
static size_t convert_in_steps(const aimci_periphery *p, const aimci_adc *adc, const float *current,
                               float *y, aimci_probe *probe)
{
    aimci_adc noise = *adc, code = *adc;
    noise.step = 0;
    noise.bound = INFINITY;
    noise.gain = 1;
    p->chain->adc(&noise, current, y, p->n_out);
    if (p->shift) {
        const float by = adc->bound - signed_max(y, p->n_out);
        for (size_t i = 0; i < p->n_out; i++)
            y[i] += by;
    }
    if (probe && probe->noisy)
        memcpy(probe->noisy, y, p->n_out * sizeof *y);
    if (p->out_circuit)
        return through_circuits(p, adc, y, probe ? probe->code : NULL);
    code.noise = 0;
    code.noises = NULL;
    code.asymmetry = 0;
    code.gain = 1;
    const size_t clipped = p->chain->adc(&code, y, y, p->n_out);
    for (size_t i = 0; i < p->n_out; i++) {
        if (probe && probe->code)
            probe->code[i] = adc->step > 0 ? (int32_t)lrintf(y[i] / adc->step) : 0;
        y[i] *= adc->gain;
    }
    return clipped;
}

/* Everything after the array for one vector; current serves as scratch. Returns how many outputs
 * hit the bound. */
static size_t convert(const aimci_periphery *p, const aimci_key *key, float gain, float *current,
                      float *y, aimci_probe *probe)
{
    aimci_adc adc = p->adc;
    adc.key = *key;
    adc.gain = (float)p->params.out_scale * gain;
    if (p->compresses)
        p->chain->compress(p->kappa, p->nonlinearity, p->fixed.nonlinearity, current, p->n_out);
    if (p->shift || probe || p->out_circuit)
        return convert_in_steps(p, &adc, current, y, probe);
    return p->chain->adc(&adc, current, y, p->n_out);
}

/* ---- one pass over the active vectors ------------------------------------------------------- */

/* One input vector through the DACs; the errors after them are left out where asked. */
static void prepare_vector(const aimci_periphery *p, const aimci_key *key, float scale, bool errors,
                           const float *x, float *z)
{
    aimci_dac dac = p->dac;
    dac.key = *key;
    dac.scale = scale;
    dac.noise = errors ? dac.noise : 0;
    dac.asymmetry = errors ? dac.asymmetry : 0;
    if (p->in_circuit) {
        for (size_t j = 0; j < p->n_in; j++)
            z[j] = scale * x[j];
        if (dac.sto_round)
            aimci_circuit_dither(p->in_circuit, key, z, p->n_in);
        for (size_t j = 0; j < p->n_in; j++) {
            int beyond;
            const int32_t code = aimci_circuit_code(p->in_circuit, j, (double)z[j], &beyond);
            z[j] = aimci_circuit_value(p->in_circuit, code);
        }
        dac.scale = 1;
        dac.step = 0;
        dac.sto_round = 0;
        x = z;
    }
    p->chain->dac(&dac, x, z, p->n_in);
}

static void prepare(const read_job *job, size_t first, size_t pass, const chunk_state *s, float *z)
{
    const aimci_periphery *p = job->p;
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k], v = first + b;
        aimci_key key = {{0}};
        if (p->dac.noise > 0 || p->dac.sto_round) /* costs as much as converting fifty inputs */
            key = pass_key(p, v, pass, 0, false);
        prepare_vector(p, &key, 1.0f / (s->alpha[b] * s->reduction[b]), true,
                       job->x + v * job->ld_x, z + k * p->ld_in);
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

/* Sum of the codes that drive the part, as a digital adder would form it: without the errors that
 * follow the DAC, but with the key that prepare() used, so that stochastic rounding gives the same
 * codes. */
static double digital_sum(const read_job *job, size_t v, size_t pass, float scale,
                          const aimci_read_part *part, float *z)
{
    const aimci_periphery *p = job->p;
    const aimci_key key = pass_key(p, v, pass, 0, false);
    prepare_vector(p, &key, scale, false, job->x + v * job->ld_x, z);
    aimci_part op = part->op;
    op.asymmetry = 0;
    if (part->derived)
        p->chain->part(&op, z, z, p->n_in);
    double sum = 0;
    for (size_t j = 0; j < p->n_in; j++)
        sum += (double)z[j];
    return sum;
}

/* What the offset of the columns adds to each vector's current: known, or read. */
static void add_offsets(const read_job *job, size_t first, size_t pass, const aimci_read_part *part,
                        chunk_state *s, const float *z, const aimci_read_scratch *scratch)
{
    const aimci_periphery *p = job->p;
    const aimci_read_plane *d = &p->planes[part->plane];
    for (size_t k = 0; k < s->n_active; k++) {
        const size_t b = s->active[k];
        double sum = 0;
        for (size_t j = 0; d->unit && j < p->n_in; j++)
            sum += (double)d->unit[j] * (double)z[k * p->ld_in + j];
        if (!d->unit)
            sum = aimci_cells_offset(&p->cells, d->slice) *
                  digital_sum(job, first + b, pass, 1.0f / (s->alpha[b] * s->reduction[b]), part,
                              scratch->derived);
        s->offset[k] += (double)part->gain * sum;
    }
}

/* One read of the array for all active vectors: currents of part m into y. */
static bool read_part(const read_job *job, size_t first, size_t pass, size_t m, chunk_state *s,
                      const aimci_read_scratch *scratch, float *y, aimci_readout_counts *counts)
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
    if (!aimci_array_stage_read(p, job->array, part, s->n_active, z, y, scratch, keys))
        return false;
    if (p->cells.offset)
        add_offsets(job, first, pass, part, s, z, scratch);
    counts->passes += s->n_active;
    aimci_drive_count(p, s->n_active, z, counts);
    if (job->probe && job->probe->part == m && s->n_active)
        look_at_read(p, job->probe, z, y);
    return true;
}

/* The column that stands for weight 0 goes through an output stage of its own. Its noise must not
 * be that of an output, so one bit of the key is flipped. */
static double convert_unit(const aimci_periphery *p, const aimci_key *key, float gain, double value)
{
    float y[16] = {(float)value}; /* lanes past the first catch noise */
    aimci_adc adc = p->adc;
    adc.key = *key;
    adc.key.k[0] ^= 0x80000000u;
    adc.noises = NULL;
    adc.gain = (float)p->params.out_scale * gain;
    if (p->out_circuit) { /* the kernel only adds the noise */
        adc.step = 0;
        adc.bound = INFINITY;
        adc.gain = 1;
        p->chain->adc(&adc, y, y, 1);
        through_circuit(p, p->n_out, y, NULL);
        return (double)y[0] * p->params.out_scale * (double)gain;
    }
    p->chain->adc(&adc, y, y, 1);
    return (double)y[0];
}

/* The codes of one group, for the k-th active vector; those of all groups are added up in y. The
 * first group writes there directly, so y need not be cleared. */
static void convert_group(const read_job *job, size_t first, size_t pass,
                          const aimci_read_group *group, chunk_state *s, size_t k, float *current)
{
    const aimci_periphery *p = job->p;
    const size_t b = s->active[k];
    const aimci_key key = pass_key(p, first + b, pass, group->first, true);
    const float gain = s->alpha[b] * s->reduction[b] * group->gain;
    float *y = job->y + (first + b) * job->ld_y;
    float *codes = group == p->groups ? y : current;
    aimci_probe *probe = job->probe;
    if (probe && (probe->part < group->first || probe->part >= group->first + group->n))
        probe = NULL;
    s->clipped[k] += convert(p, &key, gain, current, codes, probe);
    if (p->cells.offset) {
        const bool unit = p->cells.params.scheme == AIMCI_CELLS_UNIT_COLUMN;
        const double offset = unit ? convert_unit(p, &key, gain, s->offset[k])
                                   : s->offset[k] * (double)gain * p->params.out_scale;
        for (size_t i = 0; i < p->n_out; i++)
            codes[i] = (float)((double)codes[i] - offset);
    }
    for (size_t i = 0; codes != y && i < p->n_out; i++)
        y[i] += codes[i];
}

/* Currents of the group's parts, added up, then one conversion. */
static bool read_group(const read_job *job, size_t first, size_t pass,
                       const aimci_read_group *group, chunk_state *s,
                       const aimci_read_scratch *scratch, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    float *out = scratch->out;
    memset(s->offset, 0, s->n_active * sizeof *s->offset);
    if (!read_part(job, first, pass, group->first, s, scratch, out, counts))
        return false;
    for (size_t m = group->first + 1; m < group->first + group->n; m++) {
        if (!read_part(job, first, pass, m, s, scratch, scratch->part_out, counts))
            return false;
        for (size_t k = 0; k < s->n_active; k++)
            for (size_t i = 0; i < p->n_out; i++)
                out[k * p->ld_out + i] += p->parts[m].gain * scratch->part_out[k * p->ld_out + i];
    }
    for (size_t k = 0; k < s->n_active; k++)
        convert_group(job, first, pass, group, s, k, out + k * p->ld_out);
    counts->outputs += s->n_active;
    return true;
}

/* Read all active vectors once; those that clipped and may be reduced stay active. */
static bool one_pass(const read_job *job, size_t first, size_t pass, chunk_state *s,
                     const aimci_read_scratch *scratch, aimci_readout_counts *counts)
{
    const aimci_periphery *p = job->p;
    prepare(job, first, pass, s, scratch->z);
    memset(s->clipped, 0, s->n_active * sizeof *s->clipped);
    for (size_t g = 0; g < p->n_groups; g++)
        if (!read_group(job, first, pass, &p->groups[g], s, scratch, counts))
            return false;
    counts->inputs += s->n_active * p->n_words;
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
    }
    s->n_active = again;
    return true;
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
    aimci_drive_count(p, n, scratch->z, counts);
    counts->passes += n;
    counts->inputs += n;
    counts->outputs += n;
}

static void read_chunk(void *arg, size_t slot, size_t chunk)
{
    read_job *job = arg;
    aimci_periphery *p = job->p;
    const size_t first = chunk * AIMCI_READOUT_BATCH;
    const size_t n = aimci_min_size(AIMCI_READOUT_BATCH, job->n - first);
    aimci_read_scratch scratch;
    aimci_read_scratch_lay(p, p->scratch + slot * p->slot_floats, &scratch);
    scratch.slot = slot;
    if (p->is_perfect) {
        read_perfect(job, first, n, &scratch, &p->counts[slot]);
        return;
    }
    chunk_state s;
    open_chunk(job, first, n, &s);
    for (size_t pass = 0; s.n_active; pass++) {
        if (!one_pass(job, first, pass, &s, &scratch, &p->counts[slot])) {
            atomic_store(&job->failed, true);
            return;
        }
    }
}

static void take_counts(aimci_periphery *p, aimci_readout_counts *total)
{
    for (size_t s = 0; s < p->n_slots; s++) {
        total->passes += p->counts[s].passes;
        total->inputs += p->counts[s].inputs;
        total->outputs += p->counts[s].outputs;
        total->clipped += p->counts[s].clipped;
        aimci_drive_add(&total->drive, &p->counts[s].drive);
        p->counts[s] = (aimci_readout_counts){0};
    }
}

static void read_chunks(read_job *job)
{
    const size_t n_chunks = (job->n + AIMCI_READOUT_BATCH - 1) / AIMCI_READOUT_BATCH;
    if (job->p->params.noise_management == AIMCI_NM_AVERAGE_ABS_MAX) {
        for (size_t c = 0; c < n_chunks; c++) /* the running average follows the batch's order */
            read_chunk(job, 0, c);
    } else {
        aimci_parallel(job->p->ctx, n_chunks, read_chunk, job);
    }
}

/* A solve may fail half way through the batch. Results go to a buffer first, so that y, the counts
 * and the running average change for all vectors or for none. */
static aimc_status read_bending(read_job *job, aimci_readout_counts *total)
{
    aimci_periphery *p = job->p;
    float *const y = job->y;
    const size_t ld_y = job->ld_y;
    const float average = p->average;
    aimci_readout_counts counts = {0};
    job->y = aimci_calloc(p->ctx, job->n * p->n_out, sizeof *y);
    job->ld_y = p->n_out;
    if (!job->y)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for the outputs of cells that bend");
    read_chunks(job);
    take_counts(p, job->failed ? &counts : total);
    for (size_t v = 0; !job->failed && v < job->n; v++)
        memcpy(y + v * ld_y, job->y + v * p->n_out, p->n_out * sizeof *y);
    aimci_free(p->ctx, job->y);
    if (!job->failed)
        return AIMC_OK;
    p->average = average;
    return aimci_fail(AIMC_ERR_STATE, "wires: the network of wires and cells was not solved: its "
                                      "iterations did not settle; nothing was read");
}

aimc_status aimci_periphery_read(aimci_periphery *p, const aimci_read_array *array, size_t n,
                                 const float *x, size_t ld_x, float *y, size_t ld_y,
                                 aimci_readout_counts *total, aimci_probe *probe)
{
    read_job job = {
        .p = p, .array = array, .n = n, .x = x, .ld_x = ld_x, .y = y, .ld_y = ld_y, .probe = probe};
    aimc_status st = aimci_planes_refresh(p, array);
    aimci_drive_refresh(p, array);
    if (st)
        return st;
    if (p->bends) {
        st = read_bending(&job, total);
    } else {
        read_chunks(&job);
        take_counts(p, total);
    }
    p->n_vectors += st ? 0 : n;
    return st;
}
