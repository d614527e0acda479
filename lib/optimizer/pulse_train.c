/* SPDX-License-Identifier: MIT */
/* Stochastic pulse trains with update management and update BL management.
 *
 * Gokmen and Vlasov, Front. Neurosci. 10:333 (2016): coincidences of independent trains on rows and
 * columns. Gokmen et al., Front. Neurosci. 11:538 (2017): both managements. With l the rate, g the
 * granularity, K slots,
 *
 *     P_x = B |x_j|,  P_d = A |d_i|,  A B = l / (g K)   =>   E[count_ij] = K P_x P_d = l |x_j d_i|
 * / g.
 *
 * A vector update is reproducible by itself: its streams are keyed by the array's seed and the
 * number of the update. The samples of a batch are applied in order to each line of cells, line by
 * line, so a cell is loaded once per batch. */
#include <math.h>
#include <string.h>

#include "optimizer/pulse_train.h"

/* ---- parameters ----------------------------------------------------------------------------- */

#define T    aimci_update_params
#define SRC  "Gokmen and Vlasov, Front. Neurosci. 10:333 (2016)"
#define SRC2 "Gokmen et al., Front. Neurosci. 11:538 (2017)"

enum { MAX_BL = 4096, MAX_SLOTS = 1 << 20 };

static const aimci_field fields[] = {
    AIMCI_INTEGER(T, desired_bl, 31, 1, MAX_BL, "slots",
                  "length of the pulse trains; the longest under update_bl_management", SRC),
    AIMCI_FLAG(
        T, fixed_bl, 1,
        "keep the length even for rates above granularity x desired_bl; false: longer trains", SRC),
    AIMCI_FLAG(T, update_management, 1, "balance the firing probabilities of the two vectors",
               SRC2),
    AIMCI_FLAG(
        T, update_bl_management, 1,
        "shorten the trains to what the largest product needs; switches update_management on",
        SRC2),
    AIMCI_NUMBER(T, um_grad_scale, 1, AIMCI_POSITIVE, 1e30, "1",
                 "below 1 the gradient is taken as smaller, so that it saturates earlier", SRC2),
    AIMCI_NUMBER(T, res, 0, -1, 1, "probability", "grid of the firing probabilities; <= 0: none",
                 SRC),
    AIMCI_FLAG(T, sto_round, 0, "round to the grid stochastically", SRC),
};

const aimci_family aimci_family_update = {
    .name = "update",
    .category = "update",
    .doc = "pulse trains of an outer product update",
    .source = SRC,
    .fields = fields,
    .n_fields = sizeof fields / sizeof fields[0],
    .size = sizeof(T),
};

/* ceil, but not pushed up by the rounding of single precision inputs: 9.0000004 pulses are 9 */
static double ceil_count(double count)
{
    return ceil(count * (1 - 1e-6));
}

aimci_train_plan aimci_plan_train(const T *p, double lr, double g, double x_max, double d_max)
{
    aimci_train_plan plan = {0, 0, 0};
    if (lr <= 0 || x_max <= 0 || d_max <= 0)
        return plan;
    const double max_bl = (double)p->desired_bl;
    const bool shorten = p->update_bl_management;
    double slots = max_bl;
    double x_scale = sqrt(lr / (g * slots)), d_scale = x_scale;
    if (!p->fixed_bl && !shorten && g * max_bl < lr) {
        slots = fmin(fmax(ceil_count(lr / g), 1), MAX_SLOTS);
        x_scale = d_scale = 1;
    }
    if (shorten || p->update_management) {
        double d_span = p->um_grad_scale * d_max;
        const double count = lr * x_max * d_span / g; /* pulses the largest product asks for */
        if (shorten) {
            slots = fmax(fmin(ceil_count(count), max_bl), 1);
            x_scale = d_scale = sqrt(lr / (g * slots));
        }
        if (count > max_bl)
            d_span *= max_bl / count; /* saturate d, never x */
        d_scale *= sqrt(x_max / d_span);
        x_scale *= sqrt(d_span / x_max);
    }
    return (aimci_train_plan){(uint32_t)slots, x_scale, d_scale};
}
#undef T

/* ---- pulser
 * ------------------------------------------------------------------------------------------------
 */

enum { CHUNK = 64 };

struct aimci_pulser {
    aimc_context *ctx;
    const aimci_kernels *kernels;
    aimci_update_params params;
    size_t n_out, n_in;
    size_t stride_out, stride_in;
    uint32_t n_words;
    size_t n_slots; /* threads */
    uint32_t *mask_in, *mask_out;
    int32_t *negative_in, *negative_out;
    int32_t *counts;  /* one line for each thread slot */
    uint64_t *pulses; /* up, down for each thread slot, 8 apart */
    aimci_train trains_in[CHUNK], trains_out[CHUNK];
    aimci_train_plan plans[CHUNK];
    aimci_key pulse_keys[CHUNK];
};

void aimci_pulser_destroy(aimci_pulser *p)
{
    if (!p)
        return;
    aimc_context *ctx = p->ctx;
    aimci_free(ctx, p->mask_in);
    aimci_free(ctx, p->mask_out);
    aimci_free(ctx, p->negative_in);
    aimci_free(ctx, p->negative_out);
    aimci_free(ctx, p->counts);
    aimci_free(ctx, p->pulses);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

aimc_status aimci_pulser_create(aimc_context *ctx, const aimci_update_params *params, size_t n_out,
                                size_t n_in, aimci_pulser **out)
{
    aimci_pulser *p = aimci_calloc(ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
    p->ctx = aimci_context_ref(ctx);
    p->kernels = aimci_kernels_get(aimc_context_cpu(ctx));
    p->params = *params;
    p->n_out = n_out;
    p->n_in = n_in;
    p->stride_out = aimci_round_up(n_out, 8);
    p->stride_in = aimci_round_up(n_in, 8);
    p->n_words = (uint32_t)(params->desired_bl + 31) / 32;
    p->n_slots = aimci_context_slots(ctx);
    p->mask_in = aimci_calloc(ctx, CHUNK * p->n_words * p->stride_in, sizeof *p->mask_in);
    p->mask_out = aimci_calloc(ctx, CHUNK * p->n_words * p->stride_out, sizeof *p->mask_out);
    p->negative_in = aimci_calloc(ctx, CHUNK * p->stride_in, sizeof *p->negative_in);
    p->negative_out = aimci_calloc(ctx, CHUNK * p->stride_out, sizeof *p->negative_out);
    p->counts = aimci_calloc(ctx, p->n_slots * aimci_leading_dimension(n_out), sizeof *p->counts);
    p->pulses = aimci_calloc(ctx, p->n_slots * 8, sizeof *p->pulses);
    if (!p->mask_in || !p->mask_out || !p->negative_in || !p->negative_out || !p->counts ||
        !p->pulses) {
        aimci_pulser_destroy(p);
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory for pulse trains");
    }
    *out = p;
    return AIMC_OK;
}

/* One call's work: a chunk of samples, and one segment of their trains (all of it, unless trains
 * are longer than the masks). */
typedef struct update_job {
    aimci_pulser *p;
    aimci_array *array;
    double granularity, lr;
    size_t n; /* samples of the chunk */
    const float *x, *d;
    size_t ld_x, ld_d;
    uint64_t first_update;
    uint32_t segment;
} update_job;

static aimci_train make_train(const aimci_pulser *p, const update_job *job, size_t b, bool in)
{
    const uint32_t span = 32 * p->n_words;
    const uint32_t from = job->segment * span, slots = p->plans[b].n_slots;
    const size_t stride = in ? p->stride_in : p->stride_out;
    return (aimci_train){
        .key = aimci_random_key(job->array->seed, in ? AIMCI_OP_TRAIN_IN : AIMCI_OP_TRAIN_OUT, 0,
                                job->first_update + b),
        .scale = (float)(in ? p->plans[b].x_scale : p->plans[b].d_scale),
        .res = (float)p->params.res,
        .sto_round = p->params.sto_round,
        .first_slot = from,
        .n_slots = slots <= from ? 0 : (slots - from < span ? slots - from : span),
        .n_words = p->n_words,
        .stride = stride,
        .mask = (in ? p->mask_in : p->mask_out) + b * p->n_words * stride,
        .negative = (in ? p->negative_in : p->negative_out) + b * stride,
    };
}

static void draw_trains(void *arg, size_t slot, size_t b)
{
    (void)slot;
    const update_job *job = arg;
    aimci_pulser *p = job->p;
    const float *x = job->x + b * job->ld_x, *d = job->d + b * job->ld_d;
    if (job->segment == 0)
        p->plans[b] = aimci_plan_train(&p->params, job->lr, job->granularity,
                                       (double)p->kernels->absmax(x, p->n_in),
                                       (double)p->kernels->absmax(d, p->n_out));
    p->trains_in[b] = make_train(p, job, b, true);
    p->trains_out[b] = make_train(p, job, b, false);
    p->pulse_keys[b] = aimci_array_pulse_key(job->array, job->first_update + b, job->segment);
    if (p->trains_in[b].n_slots == 0)
        return;
    p->kernels->train(&p->trains_in[b], x, p->n_in);
    p->kernels->train(&p->trains_out[b], d, p->n_out);
}

static bool line_fires(const aimci_train *in, size_t j)
{
    for (uint32_t w = 0; w < in->n_words; w++)
        if (in->mask[w * in->stride + j])
            return true;
    return false;
}

/* All samples of the chunk on one line of cells. */
static void pulse_line(void *arg, size_t slot, size_t j)
{
    const update_job *job = arg;
    const aimci_pulser *p = job->p;
    int32_t *counts = p->counts + slot * aimci_leading_dimension(p->n_out);
    uint64_t *pulses = p->pulses + slot * 8;
    for (size_t b = 0; b < job->n; b++) {
        const aimci_train *in = &p->trains_in[b], *out = &p->trains_out[b];
        if (in->n_slots == 0 || !line_fires(in, j))
            continue;
        if (p->kernels->coincide(out, in->mask + j, in->stride, in->negative[j], counts, &pulses[0],
                                 &pulses[1]))
            aimci_array_pulse(job->array, j, counts, &p->pulse_keys[b]);
    }
}

static uint32_t segments_of(const aimci_pulser *p, size_t n)
{
    uint32_t longest = 0;
    for (size_t b = 0; b < n; b++)
        longest = p->plans[b].n_slots > longest ? p->plans[b].n_slots : longest;
    return (longest + 32 * p->n_words - 1) / (32 * p->n_words);
}

static void update_chunk(update_job *job)
{
    aimci_pulser *p = job->p;
    job->segment = 0;
    aimci_parallel(p->ctx, job->n, draw_trains, job);
    const uint32_t segments = segments_of(p, job->n);
    for (uint32_t s = 0; s < segments; s++) {
        if (s > 0) {
            job->segment = s;
            aimci_parallel(p->ctx, job->n, draw_trains, job);
        }
        aimci_parallel(p->ctx, p->n_in, pulse_line, job);
    }
}

void aimci_pulser_update(aimci_pulser *p, aimci_array *array, double granularity, size_t n,
                         const float *x, size_t ld_x, const float *d, size_t ld_d, double lr,
                         aimc_counters *counters)
{
    for (size_t first = 0; first < n; first += CHUNK) {
        update_job job = {.p = p,
                          .array = array,
                          .granularity = granularity,
                          .lr = lr,
                          .n = aimci_min_size(CHUNK, n - first),
                          .x = x + first * ld_x,
                          .d = d + first * ld_d,
                          .ld_x = ld_x,
                          .ld_d = ld_d,
                          .first_update = array->n_updates};
        update_chunk(&job);
        array->n_updates += job.n;
        for (size_t b = 0; b < job.n; b++)
            counters->pulse_slots += p->plans[b].n_slots;
    }
    for (size_t s = 0; s < p->n_slots; s++) {
        counters->pulses_up += p->pulses[8 * s];
        counters->pulses_down += p->pulses[8 * s + 1];
        p->pulses[8 * s] = p->pulses[8 * s + 1] = 0;
    }
    counters->updates += n;
}
