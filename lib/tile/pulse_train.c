/* SPDX-License-Identifier: MIT */
/* The pulsed outer product.
 *
 * A vector update is reproducible by itself: its streams are keyed by the array's seed and the
 * number of the update. Trains are generated first and wait, so that they go to each word line
 * together, in order, and a cell is loaded once per batch. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tile/backend.h"
#include "tile/pulse_chunk.h"
#include "tile/pulse_train.h"

enum { CHUNK = AIMCI_PULSER_CHUNK };

struct aimci_pulser {
    aimc_context *ctx;
    const aimci_gemm *gemm; /* the tile's */
    aimci_update_params params;
    size_t n_out, n_in;
    size_t stride_out, stride_in;
    uint32_t n_words;
    size_t n_slots; /* threads */
    uint32_t *mask_in, *mask_out;
    int32_t *negative_in, *negative_out;
    aimci_array *array; /* that the vectors at hand are for */
    double granularity;
    aimci_train_plan plans[CHUNK];
    uint64_t n_planned, n_saturated; /* vectors so far */
    aimci_warning saturation;
    aimci_pulse_chunk chunk; /* exact updates pack their vectors into its q_in and q_out */
};

/* ---- making --------------------------------------------------------------------------------- */

void aimci_pulser_destroy(aimci_pulser *p)
{
    if (!p)
        return;
    aimc_context *ctx = p->ctx;
    aimci_free(ctx, p->mask_in);
    aimci_free(ctx, p->mask_out);
    aimci_free(ctx, p->negative_in);
    aimci_free(ctx, p->negative_out);
    aimci_free(ctx, p->chunk.q_in);
    aimci_free(ctx, p->chunk.q_out);
    aimci_free(ctx, p->chunk.fires[0]);
    aimci_free(ctx, p->chunk.counts);
    aimci_free(ctx, p->chunk.pulses);
    aimci_free(ctx, p);
    aimci_context_unref(ctx);
}

static bool allocate(aimci_pulser *p, aimc_context *ctx)
{
    p->mask_in = aimci_calloc(ctx, CHUNK * p->n_words * p->stride_in, sizeof *p->mask_in);
    p->mask_out = aimci_calloc(ctx, CHUNK * p->n_words * p->stride_out, sizeof *p->mask_out);
    p->negative_in = aimci_calloc(ctx, CHUNK * p->stride_in, sizeof *p->negative_in);
    p->negative_out = aimci_calloc(ctx, CHUNK * p->stride_out, sizeof *p->negative_out);
    p->chunk.q_in = aimci_calloc(ctx, CHUNK * p->chunk.ld_in, sizeof *p->chunk.q_in);
    p->chunk.q_out = aimci_calloc(ctx, CHUNK * p->chunk.ld_out, sizeof *p->chunk.q_out);
    p->chunk.fires[0] = aimci_calloc(ctx, 2 * p->stride_in, sizeof *p->chunk.fires[0]);
    p->chunk.fires[1] = p->chunk.fires[0] ? p->chunk.fires[0] + p->stride_in : NULL;
    p->chunk.counts = aimci_calloc(ctx, p->n_slots * (p->chunk.n_rows + 1) * p->chunk.ld_out,
                                   sizeof *p->chunk.counts);
    p->chunk.pulses = aimci_calloc(ctx, p->n_slots * 8, sizeof *p->chunk.pulses);
    return p->mask_in && p->mask_out && p->negative_in && p->negative_out && p->chunk.q_in &&
           p->chunk.q_out && p->chunk.fires[0] && p->chunk.counts && p->chunk.pulses;
}

aimc_status aimci_pulser_for_tile(const aimc_tile *tile, const aimci_update_params *params,
                                  aimci_pulser **out)
{
    return aimci_pulser_create(tile->ctx, tile->array->n_out, tile->array->n_in, tile->gemm, params,
                               out);
}

static int counting_of(const aimci_update_params *params)
{
    if (params->pulse_type == AIMCI_PULSE_MEAN_COUNT)
        return AIMCI_COUNT_MEAN;
    return params->pulse_type == AIMCI_PULSE_DETERMINISTIC_IMPLICIT ? AIMCI_COUNT_PRODUCT
                                                                    : AIMCI_COUNT_COINCIDENCES;
}

aimc_status aimci_pulser_create(aimc_context *ctx, size_t n_out, size_t n_in,
                                const aimci_gemm *gemm, const aimci_update_params *params,
                                aimci_pulser **out)
{
    aimci_pulser *p = aimci_calloc(ctx, 1, sizeof *p);
    if (!p)
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory");
    p->ctx = aimci_context_ref(ctx);
    p->chunk.kernels = aimci_kernels_get(aimc_context_get_cpu(ctx));
    p->gemm = gemm;
    p->params = *params;
    p->chunk.counting = counting_of(params);
    p->n_out = n_out;
    p->n_in = n_in;
    p->stride_out = aimci_round_up(p->n_out, 8);
    p->stride_in = aimci_round_up(p->n_in, 8);
    p->chunk.ld_out = aimci_leading_dimension(p->n_out);
    p->chunk.ld_in = aimci_leading_dimension(p->n_in);
    p->chunk.uncounted = (aimci_context_flags(ctx) & AIMC_FLAG_UNCOUNTED) != 0;
    p->n_words = (uint32_t)(params->desired_bl + 31) / 32;
    p->n_slots = aimci_context_slots(ctx);
    p->chunk.n_rows = params->multi_pulse == AIMCI_MULTI_BATCH ? AIMCI_MERGE_ROWS : 1;
    if (!allocate(p, ctx)) {
        aimci_pulser_destroy(p);
        return aimci_fail(AIMC_ERR_NOMEM, "optimizer_create: no memory for pulse trains");
    }
    *out = p;
    return AIMC_OK;
}

int64_t aimci_pulser_length(const aimci_pulser *p)
{
    return p->params.desired_bl;
}

/* ---- trains --------------------------------------------------------------------------------- */

/* Vectors that are drawn, behind those that wait, and which segment of their trains (all of it,
 * unless trains are longer than the masks). */
typedef struct draw_job {
    aimci_pulser *p;
    const aimci_outer *outer;
    size_t first;
    uint32_t segment;
} draw_job;

static bool deterministic(const aimci_pulser *p)
{
    return p->chunk.counting != AIMCI_COUNT_COINCIDENCES;
}

static bool exact(const aimci_pulser *p, const aimci_array *array)
{
    return !array->device->ops->pulsed || p->params.pulse_type == AIMCI_PULSE_NONE ||
           p->params.pulse_type == AIMCI_PULSE_NONE_WITH_DEVICE;
}

static double grid_of(const aimci_pulser *p, bool in)
{
    if (p->params.pulse_type != AIMCI_PULSE_DETERMINISTIC_IMPLICIT)
        return p->params.res;
    return in ? p->params.x_res_implicit : p->params.d_res_implicit;
}

static uint32_t mask_slots(const aimci_pulser *p)
{
    return 32 * p->n_words;
}

static aimci_train make_train(const aimci_pulser *p, uint32_t segment, size_t b, bool in)
{
    const uint32_t span = mask_slots(p);
    const uint32_t from = segment * span, slots = p->plans[b].n_slots;
    const size_t stride = in ? p->stride_in : p->stride_out;
    return (aimci_train){
        .key = aimci_random_key(p->array->seed, in ? AIMCI_OP_TRAIN_IN : AIMCI_OP_TRAIN_OUT, 0,
                                p->array->n_updates + b),
        .scale = (float)(in ? p->plans[b].x_scale : p->plans[b].d_scale),
        .res = (float)grid_of(p, in),
        .sto_round = p->params.sto_round,
        .first_slot = from,
        .n_slots = slots <= from ? 0 : (slots - from < span ? slots - from : span),
        .n_words = p->n_words,
        .stride = stride,
        .mask = (in ? p->mask_in : p->mask_out) + b * p->n_words * stride,
        .negative = (in ? p->negative_in : p->negative_out) + b * stride,
    };
}

/* Mean counts are rounded for each vector first; implicit ones only in the product. */
static void draw_probabilities(const aimci_pulser *p, size_t b, const float *x, const float *d)
{
    const bool mean = p->params.pulse_type == AIMCI_PULSE_MEAN_COUNT;
    const float levels = mean ? (float)p->plans[b].n_slots : 0.0f;
    p->chunk.kernels->probabilities(&p->chunk.in[b], x, p->n_in, levels,
                                    p->chunk.q_in + b * p->chunk.ld_in);
    p->chunk.kernels->probabilities(&p->chunk.out[b], d, p->n_out, levels,
                                    p->chunk.q_out + b * p->chunk.ld_out);
}

static void flip(int32_t *negative, const int32_t *signs, size_t n)
{
    for (size_t i = 0; signs && i < n; i++)
        negative[i] ^= signs[i];
}

static void draw_trains(void *arg, size_t slot, size_t i)
{
    (void)slot;
    const draw_job *job = arg;
    aimci_pulser *p = job->p;
    const aimci_outer *o = job->outer;
    const float *x = o->x + i * o->ld_x, *d = o->d + i * o->ld_d;
    const size_t b = job->first + i;
    if (job->segment == 0)
        p->plans[b] = aimci_plan_train(&p->params, o->rate[i], p->granularity,
                                       (double)p->chunk.kernels->absmax(x, p->n_in),
                                       (double)p->chunk.kernels->absmax(d, p->n_out));
    p->chunk.n_slots[b] = p->plans[b].n_slots;
    p->chunk.in[b] = make_train(p, job->segment, b, true);
    p->chunk.out[b] = make_train(p, job->segment, b, false);
    p->chunk.key[b] = aimci_array_pulse_key(p->array, p->array->n_updates + b, job->segment);
    if (p->chunk.in[b].n_slots == 0)
        return;
    if (deterministic(p)) {
        draw_probabilities(p, b, x, d);
    } else {
        p->chunk.kernels->train(&p->chunk.in[b], x, p->n_in);
        p->chunk.kernels->train(&p->chunk.out[b], d, p->n_out);
    }
    flip(p->chunk.in[b].negative, o->flip_in, p->n_in);
    flip(p->chunk.out[b].negative, o->flip_out, p->n_out);
}

/* ---- word lines ----------------------------------------------------------------------------- */

_Static_assert(AIMCI_PULSER_CHUNK <= AIMCI_PULSE_CHUNK, "one bit for each vector");

/* Vector after vector, so that masks are read in the order they lie in. */
static void mark_firing(const aimci_pulser *p, size_t first, size_t n)
{
    for (size_t b = first; b < first + n; b++) {
        const aimci_train *in = &p->chunk.in[b];
        uint32_t *fires = p->chunk.fires[b / 32];
        if (in->n_slots == 0)
            continue;
        const float *q = p->chunk.q_in + b * p->chunk.ld_in;
        if (!deterministic(p))
            p->chunk.kernels->mark(in, UINT32_C(1) << (b & 31), fires);
        for (size_t j = 0; p->array->half && j < p->n_in; j++) /* half selected by bit lines */
            fires[j] |= UINT32_C(1) << (b & 31);
        for (size_t j = 0; deterministic(p) && j < p->n_in; j++)
            fires[j] |= (uint32_t)(q[j] > 0) << (b & 31);
    }
}

void aimci_pulser_apply_word_line(aimci_pulser *p, size_t j)
{
    if (p->chunk.n)
        p->array->backend->pulse_word_line(p->array, &p->chunk, j);
}

static void advance(aimci_pulser *p, size_t n, aimc_counters *counters)
{
    counters->updates += n;
    aimci_array_advance(p->array, n, counters);
}

void aimci_pulser_apply(aimci_pulser *p, aimc_counters *counters)
{
    if (!p->chunk.n)
        return;
    p->array->backend->pulse(p->array, &p->chunk);
    for (size_t s = 0; s < p->n_slots; s++) {
        aimci_array_count(p->array, p->chunk.pulses[8 * s], p->chunk.pulses[8 * s + 1], counters);
        p->chunk.pulses[8 * s] = p->chunk.pulses[8 * s + 1] = 0;
    }
    for (size_t b = 0; b < p->chunk.n; b++)
        counters->pulse_slots += p->plans[b].n_slots;
    const size_t n = p->chunk.n;
    p->chunk.n = 0;
    advance(p, n, counters);
}

static uint32_t segments_of(const aimci_pulser *p, size_t first, size_t n)
{
    uint32_t longest = 0;
    for (size_t b = first; b < first + n; b++)
        longest = p->plans[b].n_slots > longest ? p->plans[b].n_slots : longest;
    return deterministic(p) ? longest > 0 : (longest + mask_slots(p) - 1) / mask_slots(p);
}

/* One outlier among the vectors is no sign of a wrong rate; nine vectors of ten are. */
static void warn_of_saturation(aimci_pulser *p, const aimci_outer *outer, size_t first)
{
    enum { ENOUGH = 32 };
    for (size_t b = first; b < first + outer->n; b++) {
        p->n_planned += p->plans[b].n_slots > 0;
        p->n_saturated += p->plans[b].saturates;
    }
    if (p->n_planned >= ENOUGH && p->n_saturated * 10 > p->n_planned * 9)
        aimci_warn(p->ctx, &p->saturation, p->n_saturated,
                   "optimizer_step: %" PRIu64 " of %" PRIu64 " vectors ask for more pulses than "
                   "their trains of %" PRId64 " slots hold, and are cut off: the rate %.3g is too "
                   "large for devices of granularity %.3g; a lower rate, a longer "
                   "update.desired_bl, or update.fixed_bl = false without update_bl_management",
                   p->n_saturated, p->n_planned, p->params.desired_bl, outer->rate[0],
                   p->granularity);
}

/* The vectors wait then, but for those of long trains: their masks hold one segment at a time. */
static void draw(aimci_pulser *p, const aimci_outer *outer)
{
    draw_job job = {.p = p, .outer = outer, .first = p->chunk.n};
    aimci_parallel(p->ctx, outer->n, draw_trains, &job);
    if (aimci_logs(p->ctx))
        warn_of_saturation(p, outer, job.first);
    mark_firing(p, job.first, outer->n);
    const uint32_t segments = segments_of(p, job.first, outer->n);
    for (job.segment = 1; job.segment < segments; job.segment++) {
        p->array->backend->pulse(p->array, &p->chunk);
        aimci_parallel(p->ctx, outer->n, draw_trains, &job);
        mark_firing(p, job.first, outer->n);
    }
    p->chunk.n += outer->n;
}

/* ---- exact updates -------------------------------------------------------------------------- */

/* The rate goes into the packed gradients, so that each vector may have its own. */
static void update_exactly(const aimci_pulser *p, const aimci_outer *o)
{
    double largest = 0;
    for (size_t b = 0; b < o->n; b++) {
        memcpy(p->chunk.q_in + b * p->chunk.ld_in, o->x + b * o->ld_x, p->n_in * sizeof(float));
        for (size_t i = 0; i < p->n_out; i++)
            p->chunk.q_out[b * p->chunk.ld_out + i] =
                aimci_finite_float((double)((float)o->rate[b] * o->d[b * o->ld_d + i]));
        for (size_t i = 0; o->flip_out && i < p->n_out; i++)
            p->chunk.q_out[b * p->chunk.ld_out + i] *= o->flip_out[i] ? -1.0f : 1.0f;
        for (size_t j = 0; o->flip_in && j < p->n_in; j++)
            p->chunk.q_in[b * p->chunk.ld_in + j] *= o->flip_in[j] ? -1.0f : 1.0f;
    }
    for (size_t b = 0; b < o->n; b++) {
        const double x = (double)p->chunk.kernels->absmax(o->x + b * o->ld_x, p->n_in);
        largest = fmax(largest, x * (double)p->chunk.kernels->absmax(
                                        p->chunk.q_out + b * p->chunk.ld_out, p->n_out));
    }
    aimci_gemm_update(p->gemm, o->n, -1.0f, p->array->p, p->chunk.q_out, p->chunk.q_in);
    if (aimci_may_overflow(o->n, largest))
        aimci_make_finite(p->array->p, p->array->ld * p->n_in);
    aimci_array_commit(p->array, p->params.pulse_type == AIMCI_PULSE_NONE_WITH_DEVICE
                                     ? AIMCI_COMMIT_NOISY
                                     : AIMCI_COMMIT_SHOW);
}

/* ---- all ------------------------------------------------------------------------------------ */

static void begin(aimci_pulser *p, aimci_array *array, double granularity)
{
    p->array = array;
    p->granularity = granularity;
    aimci_array_pulse_several(array, p->params.multi_pulse);
}

void aimci_pulser_generate(aimci_pulser *p, aimci_array *array, double granularity,
                           const aimci_outer *outer, aimc_counters *counters)
{
    aimci_outer some = *outer;
    for (size_t first = 0; first < outer->n; first += some.n) {
        begin(p, array, granularity);
        const uint64_t due = aimci_array_until_due(array) - p->chunk.n;
        const size_t room = aimci_min_size(CHUNK - p->chunk.n, outer->n - first);
        some.n = room < due ? room : (size_t)due;
        some.x = outer->x + first * outer->ld_x;
        some.d = outer->d + first * outer->ld_d;
        some.rate = outer->rate + first;
        if (exact(p, array)) {
            update_exactly(p, &some);
            advance(p, some.n, counters);
            continue;
        }
        draw(p, &some);
        if (p->chunk.n == CHUNK || some.n == due)
            aimci_pulser_apply(p, counters);
    }
}

void aimci_pulser_chunk(aimci_pulser *p, aimci_array *array, double granularity,
                        const aimci_outer *outer, aimc_counters *counters)
{
    aimci_pulser_generate(p, array, granularity, outer, counters);
    aimci_pulser_apply(p, counters);
}

void aimci_pulser_update(aimci_pulser *p, aimci_array *array, double granularity, size_t n,
                         const float *x, size_t ld_x, const float *d, size_t ld_d, double lr,
                         aimc_counters *counters)
{
    double rate[CHUNK];
    for (size_t b = 0; b < CHUNK; b++)
        rate[b] = lr;
    for (size_t first = 0; first < n; first += CHUNK) {
        const aimci_outer outer = {.n = aimci_min_size(CHUNK, n - first),
                                   .x = x + first * ld_x,
                                   .d = d + first * ld_d,
                                   .ld_x = ld_x,
                                   .ld_d = ld_d,
                                   .rate = rate};
        aimci_pulser_chunk(p, array, granularity, &outer, counters);
    }
}
