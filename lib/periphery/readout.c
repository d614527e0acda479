/* SPDX-License-Identifier: MIT */
/* One analog product, in the order that docs/models/periphery.md describes:
 *
 *     z = x / (alpha R) -> DAC -> array -> noise -> ADC -> y alpha R
 *
 * A product may take several reads of the array ("cycles"): by sign, or by digits of the input
 * code. Their currents are accumulated before the ADC, or their codes are added up after it.
 *
 * alpha comes from noise management, R from bound management: vectors whose output hit the bound
 * are read again with twice the R. Each vector has its own alpha, R and random stream, so that
 * nothing depends on the batch it came in. */
#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "periphery/array_stage.h"
#include "periphery/column_network.h"
#include "periphery/input_stage.h"
#include "periphery/output_stage.h"

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

/* Vectors of the batch that are read together, and how far they have come. */
typedef struct chunk {
    const read_job *job;
    aimci_read_scratch scratch;
    aimci_readout_counts *counts;
    size_t first, n; /* vectors of the batch */
    size_t pass;
    size_t n_active;
    size_t active[AIMCI_READOUT_BATCH]; /* vectors still to be read, ascending */
    float alpha[AIMCI_READOUT_BATCH];
    float reduction[AIMCI_READOUT_BATCH];
    size_t clipped[AIMCI_READOUT_BATCH]; /* in this pass, of the k-th active vector */
    double offset[AIMCI_READOUT_BATCH];  /* of a group: what stands for weight 0, likewise */
} chunk;

/* ---- vectors and streams -------------------------------------------------------------------- */

static const float *input_of(const chunk *c, size_t b)
{
    return c->job->x + (c->first + b) * c->job->ld_x;
}

static float *output_of(const chunk *c, size_t b)
{
    return c->job->y + (c->first + b) * c->job->ld_y;
}

/* R makes the drive of the lines smaller: for whole inputs before the DAC, for digits, whose code
 * stays, the swing of each of them. */
static float scale_of(const chunk *c, size_t b)
{
    const float reduction = c->job->p->plan.digits ? 1.0f : c->reduction[b];
    return fminf(1.0f / (c->alpha[b] * reduction), FLT_MAX);
}

static aimci_part part_of(const chunk *c, const aimci_read_cycle *cycle, size_t b)
{
    aimci_part part = cycle->op;
    part.unit /= c->reduction[b];
    return part;
}

/* Streams of a pass: even numbers are the DAC's, odd ones the output's, and cycles are counted in
 * the upper half of the number. They are keyed by the vector, not drawn one after the other, so
 * that a second pass of one vector changes nothing for the next. */
static aimci_key pass_key(const chunk *c, size_t b, size_t cycle, bool out)
{
    const aimci_periphery *p = c->job->p;
    const uint32_t sub = (uint32_t)cycle << 16 | (uint32_t)(2 * c->pass + out);
    return aimci_random_key(p->seed, p->op, sub, p->n_vectors + c->first + b);
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* Vectors of alpha 0 give 0 without a read, unless there is noise to be read. */
static void choose_scales(chunk *c)
{
    aimci_periphery *p = c->job->p;
    c->n_active = 0;
    for (size_t b = 0; b < c->n; b++) {
        c->alpha[b] = aimci_input_stage_alpha(p, input_of(c, b));
        c->reduction[b] = 1.0f;
        if (c->alpha[b] <= 0.0f && p->params.inp_noise <= 0)
            memset(output_of(c, b), 0, p->n_out * sizeof(float));
        else
            c->active[c->n_active++] = b;
        if (c->alpha[b] <= 0.0f)
            c->alpha[b] = 1.0f;
    }
}

static void prepare(const chunk *c)
{
    const aimci_periphery *p = c->job->p;
    const aimci_dac *dac = &p->plan.dac;
    for (size_t k = 0; k < c->n_active; k++) {
        const size_t b = c->active[k];
        aimci_key key = {{0}};
        if (dac->noise > 0 || dac->sto_round) /* costs as much as converting fifty inputs */
            key = pass_key(c, b, 0, false);
        aimci_input_stage_prepare(p, &key, scale_of(c, b), input_of(c, b),
                                  c->scratch.z + k * p->ld_in);
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

static void look_at_read(const read_job *job, const float *z, const float *y)
{
    const aimci_periphery *p = job->p;
    if (job->probe->prepared)
        memcpy(job->probe->prepared, z, p->n_in * sizeof *z);
    if (job->probe->current)
        memcpy(job->probe->current, y, p->n_out * sizeof *y);
}

/* Current of the reference column for inputs z. */
static double reference_current(const aimci_periphery *p, const aimci_column_set *set,
                                const float *z)
{
    double sum = 0;
    for (size_t j = 0; j < p->n_in; j++)
        sum += (double)set->reference[j] * (double)z[j];
    return sum;
}

/* What a digital circuit knows of the offset: its size times the sum of the input's codes. */
static double digital_offset(const chunk *c, const aimci_column_set *set,
                             const aimci_read_cycle *cycle, size_t b)
{
    const aimci_periphery *p = c->job->p;
    const aimci_key key = pass_key(c, b, 0, false);
    aimci_part part = part_of(c, cycle, b);
    part.asymmetry = 0;
    return aimci_cell_mapping_offset(&p->mapping, set->slice) *
           aimci_input_stage_code_sum(p, &key, scale_of(c, b), cycle->derived ? &part : NULL,
                                      input_of(c, b), c->scratch.derived);
}

/* What the offset of the columns adds to each vector's current: read, or known. */
static void add_offsets(chunk *c, const aimci_read_cycle *cycle, const float *z)
{
    const aimci_periphery *p = c->job->p;
    const aimci_column_set *set = &p->columns.list[cycle->column_set];
    for (size_t k = 0; k < c->n_active; k++) {
        const double offset = set->reference ? reference_current(p, set, z + k * p->ld_in)
                                             : digital_offset(c, set, cycle, c->active[k]);
        c->offset[k] += (double)cycle->gain * offset;
    }
}

/* Noise of programmed devices has a stream of its own. In a perfect read no vector is left out. */
static void add_device_noise(const chunk *c, size_t m, const float *z, float *y)
{
    const aimci_periphery *p = c->job->p;
    const size_t set = p->is_perfect ? 0 : p->plan.cycles[m].column_set;
    const size_t n = p->is_perfect ? c->n : c->n_active;
    aimci_key keys[AIMCI_READOUT_BATCH];
    for (size_t k = 0; k < n; k++) {
        const uint64_t vector = p->n_vectors + c->first + (p->is_perfect ? k : c->active[k]);
        const uint32_t sub =
            (uint32_t)m << 16 | (uint32_t)(2 * c->pass + (p->op != AIMCI_OP_FORWARD));
        keys[k] = aimci_random_key(p->seed, AIMCI_OP_READ_ARRAY, sub, vector);
    }
    aimci_device_noise_add(p, c->job->array, set, n, z, y, &c->scratch, keys);
}

/* One read of the array for all active vectors: currents of cycle m into y. */
static bool read_cycle(chunk *c, size_t m, float *y)
{
    const read_job *job = c->job;
    const aimci_periphery *p = job->p;
    const aimci_read_cycle *cycle = &p->plan.cycles[m];
    const float *z = cycle->derived ? c->scratch.cycle : c->scratch.z;
    aimci_key keys[AIMCI_READOUT_BATCH];
    for (size_t k = 0; k < c->n_active; k++) {
        const aimci_part part = part_of(c, cycle, c->active[k]);
        if (cycle->derived)
            p->chain->part(&part, c->scratch.z + k * p->ld_in, c->scratch.cycle + k * p->ld_in,
                           p->n_in);
        if (p->plan.has_stage || p->plan.draws_cells)
            keys[k] = pass_key(c, c->active[k], m, true);
    }
    if (!aimci_array_stage_read(p, job->array, cycle, c->n_active, z, y, &c->scratch, keys))
        return false;
    if (aimci_has_device_noise(job->array))
        add_device_noise(c, m, z, y);
    if (p->mapping.offset)
        add_offsets(c, cycle, z);
    c->counts->passes += c->n_active;
    aimci_activity_count(p, c->n_active, z, p->plan.full_drive, c->counts);
    if (job->probe && job->probe->cycle == m && c->n_active)
        look_at_read(job, z, y);
    return true;
}

/* Currents of the group's cycles, added up. */
static bool accumulate(chunk *c, const aimci_accumulation_group *group)
{
    const aimci_periphery *p = c->job->p;
    float *const out = c->scratch.out, *const one = c->scratch.cycle_out;
    memset(c->offset, 0, c->n_active * sizeof *c->offset);
    if (!read_cycle(c, group->first, out))
        return false;
    const float first = p->plan.cycles[group->first].gain;
    for (size_t i = 0; first != 1.0f && i < c->n_active * p->ld_out; i++)
        out[i] *= first;
    for (size_t m = group->first + 1; m < group->first + group->n; m++) {
        if (!read_cycle(c, m, one))
            return false;
        const float gain = p->plan.cycles[m].gain;
        for (size_t k = 0; k < c->n_active; k++)
            for (size_t i = 0; i < p->n_out; i++)
                out[k * p->ld_out + i] += gain * one[k * p->ld_out + i];
    }
    return true;
}

/* ---- converting ----------------------------------------------------------------------------- */

static void subtract_offset(const aimci_periphery *p, size_t g, const aimci_key *key, float gain,
                            double current, float *codes)
{
    const double offset = p->mapping.has_reference
                              ? aimci_output_stage_reference(p, g, key, gain, current)
                              : current * (double)gain * p->params.out_scale;
    for (size_t i = 0; i < p->n_out; i++)
        codes[i] = (float)((double)codes[i] - offset);
}

static aimci_probe *probe_of(const read_job *job, const aimci_accumulation_group *group)
{
    aimci_probe *probe = job->probe;
    return probe && probe->cycle >= group->first && probe->cycle < group->first + group->n ? probe
                                                                                           : NULL;
}

/* The codes of one group, for the k-th active vector; those of all groups are added up in y. The
 * first group writes there directly, so y need not be cleared. */
static void convert_group(chunk *c, const aimci_accumulation_group *group, size_t k, float *current)
{
    const aimci_periphery *p = c->job->p;
    const size_t b = c->active[k], g = (size_t)(group - p->plan.groups);
    const aimci_key key = pass_key(c, b, group->first, true);
    const float gain = c->alpha[b] * c->reduction[b] * group->gain;
    float *y = output_of(c, b);
    float *codes = group == p->plan.groups ? y : current;
    c->clipped[k] +=
        aimci_output_stage_convert(p, g, &key, gain, current, codes, probe_of(c->job, group));
    if (p->mapping.offset)
        subtract_offset(p, g, &key, gain, c->offset[k], codes);
    for (size_t i = 0; codes != y && i < p->n_out; i++)
        y[i] += codes[i];
}

static bool run_group(chunk *c, const aimci_accumulation_group *group)
{
    if (!accumulate(c, group))
        return false;
    for (size_t k = 0; k < c->n_active; k++)
        convert_group(c, group, k, c->scratch.out + k * c->job->p->ld_out);
    c->counts->outputs += c->n_active;
    return true;
}

/* ---- bound management ----------------------------------------------------------------------- */

/* May the vector be read again with a larger R? Not beyond max_bm_factor or the range of floats,
 * nor where the DAC would be left with so few steps that a smaller input says nothing. Digits
 * keep their code. */
static bool may_reduce(const aimci_periphery *p, float alpha, float reduction)
{
    const double r = (double)reduction, step = (double)p->plan.dac.step;
    if (!p->plan.iterate || r > p->params.max_bm_factor || 2 * r * (double)alpha > (double)FLT_MAX)
        return false;
    return p->plan.digits || !(step > 0 && r > p->params.max_bm_res / step);
}

/* Worst-case management first takes the scale at which no weight within the assumed maximum can
 * clip, and doubles R only if that was not enough. */
static void reduce(chunk *c, size_t b)
{
    const aimci_periphery *p = c->job->p;
    if (c->pass == 0 && p->params.bound_management == AIMCI_BM_ITERATIVE_WORST_CASE)
        c->alpha[b] = aimci_input_stage_worst_case(p, input_of(c, b));
    else
        c->reduction[b] *= 2.0f;
}

static void look_at_scales(aimci_probe *probe, const chunk *c, size_t b)
{
    probe->alpha = (double)c->alpha[b];
    probe->reduction = (double)c->reduction[b];
    probe->passes++;
}

/* Vectors that clipped and may be reduced stay active. */
static void keep_clipped(chunk *c)
{
    size_t again = 0;
    for (size_t k = 0; k < c->n_active; k++) {
        const size_t b = c->active[k];
        if (c->job->probe)
            look_at_scales(c->job->probe, c, b);
        if (c->clipped[k] && may_reduce(c->job->p, c->alpha[b], c->reduction[b])) {
            reduce(c, b);
            c->active[again++] = b;
        } else {
            c->counts->clipped += c->clipped[k];
        }
    }
    c->n_active = again;
}

/* Read all active vectors once. */
static bool one_pass(chunk *c)
{
    const aimci_read_plan *plan = &c->job->p->plan;
    prepare(c);
    memset(c->clipped, 0, c->n_active * sizeof *c->clipped);
    for (size_t g = 0; g < plan->n_groups; g++)
        if (!run_group(c, &plan->groups[g]))
            return false;
    c->counts->inputs += c->n_active * plan->conversions_per_input;
    keep_clipped(c);
    return true;
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* Vectors that lie as the product wants them are not copied. */
static void read_perfect(chunk *c)
{
    const read_job *job = c->job;
    const aimci_periphery *p = job->p;
    const bool copies_in = job->ld_x != p->ld_in, copies_out = job->ld_y != p->ld_out;
    const float *const z = copies_in ? c->scratch.z : input_of(c, 0);
    float *const out = copies_out ? c->scratch.out : output_of(c, 0);
    for (size_t b = 0; copies_in && b < c->n; b++)
        memcpy(c->scratch.z + b * p->ld_in, input_of(c, b), p->n_in * sizeof *z);
    aimci_array_stage_product(p, job->array, job->array->w, c->n, z, out, c->scratch.gemm);
    if (aimci_has_device_noise(job->array))
        add_device_noise(c, 0, z, out);
    for (size_t b = 0; copies_out && b < c->n; b++)
        memcpy(output_of(c, b), out + b * p->ld_out, p->n_out * sizeof *out);
    if (job->probe) {
        look_at_read(job, z, out);
        if (job->probe->noisy)
            memcpy(job->probe->noisy, out, p->n_out * sizeof *out);
        job->probe->passes = 1;
    }
    aimci_activity_count(p, c->n, z, 1, c->counts);
    c->counts->passes += c->n;
    c->counts->inputs += c->n;
    c->counts->outputs += c->n;
}

static void read_chunk(void *arg, size_t slot, size_t index)
{
    read_job *job = arg;
    chunk c;
    c.job = job;
    c.scratch = aimci_workspace_slot(job->p, slot);
    c.counts = &job->p->work.counts[slot];
    c.first = index * AIMCI_READOUT_BATCH;
    c.n = aimci_min_size(AIMCI_READOUT_BATCH, job->n - c.first);
    c.pass = 0;
    if (job->p->is_perfect) {
        read_perfect(&c);
        return;
    }
    choose_scales(&c);
    for (c.pass = 0; c.n_active; c.pass++) {
        if (!one_pass(&c)) {
            atomic_store(&job->failed, true);
            return;
        }
    }
}

static void take_counts(aimci_periphery *p, aimci_readout_counts *total)
{
    for (size_t s = 0; s < p->work.n_slots; s++) {
        aimci_readout_counts *own = &p->work.counts[s];
        total->passes += own->passes;
        total->inputs += own->inputs;
        total->outputs += own->outputs;
        total->clipped += own->clipped;
        aimci_activity_add(&total->activity, &own->activity);
        *own = (aimci_readout_counts){0};
    }
}

/* A running average follows the order of the batch, so its chunks cannot run side by side. */
static void read_chunks(read_job *job)
{
    const size_t n_chunks = (job->n + AIMCI_READOUT_BATCH - 1) / AIMCI_READOUT_BATCH;
    if (job->p->params.noise_management == AIMCI_NM_AVERAGE_ABS_MAX) {
        for (size_t c = 0; c < n_chunks; c++)
            read_chunk(job, 0, c);
    } else {
        aimci_parallel(job->p->ctx, n_chunks, read_chunk, job);
    }
}

/* ---- batches -------------------------------------------------------------------------------- */

/* A solve may fail half way through the batch. Results go to a buffer first, so that y, the counts
 * and the running average change for all vectors or for none. */
static aimc_status read_solved(read_job *job, aimci_readout_counts *total)
{
    aimci_periphery *p = job->p;
    float *const y = job->y;
    const size_t ld_y = job->ld_y;
    const float average = p->average;
    aimci_readout_counts counts = {0};
    job->y = aimci_calloc(p->ctx, job->n * p->n_out, sizeof *y);
    job->ld_y = p->n_out;
    if (!job->y)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for the outputs of solved networks");
    read_chunks(job);
    take_counts(p, job->failed ? &counts : total);
    for (size_t v = 0; !job->failed && v < job->n; v++)
        memcpy(y + v * ld_y, job->y + v * p->n_out, p->n_out * sizeof *y);
    aimci_free(p->ctx, job->y);
    if (!job->failed)
        return AIMC_OK;
    p->average = average;
    return aimci_column_network_not_solved();
}

aimc_status aimci_periphery_read(aimci_periphery *p, const aimci_read_array *array, size_t n,
                                 const float *x, size_t ld_x, float *y, size_t ld_y,
                                 aimci_readout_counts *total, aimci_probe *probe)
{
    read_job job = {
        .p = p, .array = array, .n = n, .x = x, .ld_x = ld_x, .y = y, .ld_y = ld_y, .probe = probe};
    aimc_status st = AIMC_OK;
    if (!p->watched && !aimci_periphery_is_calibrated(p))
        return aimci_fail(AIMC_ERR_STATE,
                          "out_range = CALIBRATED; the ADCs have no ranges yet: "
                          "aimc_network_calibrate() or aimc_matrix_watch_outputs() finds those of "
                          "forward, aimc_tile_set_output_ranges() sets any");
    if (aimci_has_device_noise(array))
        st = aimci_workspace_for_noise(p);
    if (!st)
        st = aimci_column_sets_refresh(p, array, n);
    if (st)
        return st;
    aimci_activity_refresh(p, array);
    if (p->plan.is_nonlinear || p->columns.by_vector) {
        st = read_solved(&job, total);
    } else {
        read_chunks(&job);
        take_counts(p, total);
    }
    p->n_vectors += st ? 0 : n;
    return st;
}
