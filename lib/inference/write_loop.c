/* SPDX-License-Identifier: MIT */
/* Ways to write a tile's devices after the first shot.
 *
 *     VERIFY           Each device on its own: read it; while its error e exceeds tolerance g_max,
 *                      send n = |e| / step pulses, at most max_pulses, and read again.
 *     GRADIENT         The tile as a whole: random vectors x give e = y - W x through the real
 *                      read-out; the wanted weights move against e x', and the devices follow with
 *                      pulses. This also undoes errors of the read-out.
 *     VERIFY_GRADIENT  The first, then the second for a tenth as many iterations.
 *
 * A pulse moves a conductance by step (1 + pulse_noise xi).
 *
 * Vasilopoulos et al., IEEE Trans. Electron Devices (2023), "Exploiting the state dependency of
 * conductance variations in memristive devices for accurate in-memory computing"; Buechel et al.,
 * IEEE JETCAS (2023), "Programming weights to analog in-memory computing cores by direct
 * minimization of the matrix-vector multiplication error". */
#include <math.h>
#include <string.h>

#include "inference/programmed.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SRC "J. Buechel et al., IEEE J. Emerg. Sel. Topics Circuits Syst. 13:1052 (2023)"

static const aimci_field fields[] = {
    AIMCI_CHOICE(aimci_programming, method, 0, 3, "ONE_SHOT|VERIFY|GRADIENT|VERIFY_GRADIENT",
                 "how devices are written after the first pulse", SRC),
    AIMCI_INTEGER(aimci_programming, max_iterations, 100, 1, 100000, "1",
                  "rounds of reading and writing at most", SRC),
    AIMCI_NUMBER(aimci_programming, tolerance, 0.02, 0, 1, "g_max",
                 "VERIFY: a device this close to its target is done", SRC),
    AIMCI_NUMBER(aimci_programming, pulse_step, 0.005, 1e-6, 1, "g_max",
                 "change of conductance by one pulse", SRC),
    AIMCI_NUMBER(aimci_programming, pulse_noise, 0.3, 0, 10, "1",
                 "spread of that change from pulse to pulse, relative", SRC),
    AIMCI_INTEGER(aimci_programming, max_pulses, 10, 1, 1000000, "1",
                  "pulses to one device between two reads at most", SRC),
    AIMCI_INTEGER(aimci_programming, batch, 0, 0, 65536, "1",
                  "GRADIENT: vectors of one round; 0: as many as inputs", SRC),
    AIMCI_NUMBER(aimci_programming, learning_rate, 0.3, 0, 10, "1",
                 "GRADIENT: share of the error taken off in the first round; falls to 0 evenly",
                 SRC),
    AIMCI_NUMBER(aimci_programming, pulse_time_ns, 100, 0, 1e12, "ns", "duration of a write pulse",
                 SRC),
    AIMCI_NUMBER(aimci_programming, read_time_ns, 100, 0, 1e12, "ns",
                 "duration of a read of one device, or of one vector", SRC),
};

AIMCI_DEFINE_KIND(programming, "programming", "write scheme of programmed devices", SRC, fields,
                  aimci_programming, .n_children = 0);

/* What a loop works with, for all devices. */
typedef struct loop {
    aimci_programmed *p;
    float *block;
    float *z;       /* normals of one round */
    float *g;       /* conductances that a read found */
    float *command; /* where the pulses so far should have brought each device */
    float *wish;    /* [n_in][ld] GRADIENT: u that is aimed at */
    float *x, *y, *ideal;
    size_t batch;
    uint64_t rounds;
} loop;

static void fresh_normals(loop *l)
{
    const aimci_key key = aimci_random_key(l->p->seed, AIMCI_OP_PROGRAM, 2, l->rounds++);
    aimci_kernels_get(aimc_context_get_cpu(l->p->ctx))->normals(&key, 0, l->z, l->p->cells->n);
}

/* n pulses to device i, upward where n > 0. Their noise is independent, hence sqrt(n) of one draw.
 * Faulty devices do not move, but the pulses are sent and counted. */
static void pulse(const loop *l, size_t i, double n)
{
    aimci_programmed *p = l->p;
    aimc_population *c = p->cells;
    const double step = p->programming->pulse_step * aimci_noise_range(p->model)->g_max;
    p->report.pulses += (uint64_t)fabs(n);
    p->report.write_time_s += fabs(n) * p->programming->pulse_time_ns * 1e-9;
    if (c->stuck && c->stuck[i] >= 0)
        return;
    const double noise = p->programming->pulse_noise * sqrt(fabs(n)) * (double)l->z[i];
    c->programmed[i] = (float)fmax(0, (double)c->programmed[i] + step * (n + noise));
}

/* ---- device by device ----------------------------------------------------------------------- */

/* One round over the devices that are not done; returns how many are still off. */
static uint64_t verify_round(loop *l, uint8_t *done)
{
    aimci_programmed *p = l->p;
    const aimci_programming *q = p->programming;
    const aimc_population *c = p->cells;
    const double g_max = aimci_noise_range(p->model)->g_max;
    const double step = q->pulse_step * g_max;
    uint64_t off = 0;
    aimci_population_read(p->cells, 0, l->g);
    fresh_normals(l);
    for (size_t i = 0; i < c->n; i++) {
        if (done[i])
            continue;
        const double e = (double)c->target[i] - (double)l->g[i];
        p->report.verify_reads++;
        p->device_reads++;
        p->report.write_time_s += q->read_time_ns * 1e-9;
        done[i] = fabs(e) <= q->tolerance * g_max;
        if (done[i])
            continue;
        off++;
        const double n = fmin(fmax(rint(fabs(e) / step), 1), (double)q->max_pulses);
        pulse(l, i, copysign(n, e));
    }
    return off;
}

static aimc_status verify(loop *l)
{
    aimci_programmed *p = l->p;
    uint8_t *done = aimci_calloc(p->ctx, p->cells->n, 1);
    if (!done)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for the write loop");
    uint64_t off = 1;
    for (int64_t k = 0; k < p->programming->max_iterations && off; k++) {
        off = verify_round(l, done);
        p->report.iterations++;
    }
    p->report.unconverged = off;
    aimci_free(p->ctx, done);
    return AIMC_OK;
}

/* ---- the tile as a whole -------------------------------------------------------------------- */

/* One step of gradient descent on E e^2. Inputs are uniform on [-1, 1), with variance 1/3, so that
 * 3 mean(e x') estimates the error of each weight; the wish moves against it by the share rate, in
 * units of each output's half range. */
static void move_wishes(loop *l, double rate)
{
    const aimci_programmed *p = l->p;
    const float scale = (float)(3 * rate / (double)l->batch);
    for (size_t k = 0; k < l->batch * p->n_out; k++)
        l->y[k] -= l->ideal[k];
    for (size_t j = 0; j < p->n_in; j++) {
        float *sum = l->ideal; /* free by now; one line of it */
        memset(sum, 0, p->n_out * sizeof *sum);
        for (size_t b = 0; b < l->batch; b++)
            for (size_t i = 0; i < p->n_out; i++)
                sum[i] += l->x[b * p->n_in + j] * l->y[b * p->n_out + i];
        float *u = l->wish + j * p->ld;
        for (size_t i = 0; i < p->n_out; i++)
            u[i] = (float)aimci_clip_unit((double)(u[i] - scale * sum[i] / p->half[i]));
    }
}

/* Pulses that bring each device's command to what its wish says. A device is not read here, so the
 * command stands for its state; what its pulses did wrong shows in the next product. */
static void follow_wishes(loop *l)
{
    aimci_programmed *p = l->p;
    const aimci_programming *q = p->programming;
    const aimci_noise_params *range = aimci_noise_range(p->model);
    const double step = q->pulse_step * range->g_max;
    double g[AIMCI_MAX_CELL];
    size_t at = 0;
    fresh_normals(l);
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = 0; i < p->n_out; i++) {
            const double u = (double)l->wish[j * p->ld + i];
            p->encoding->encode(p->encoding_params, range, 1, &u, g);
            for (size_t k = 0; k < p->per_weight; k++, at++) {
                const double n = rint((g[k] - (double)l->command[at]) / step);
                const double most = (double)q->max_pulses;
                const double sent = fmin(fmax(n, -most), most);
                if (sent == 0)
                    continue;
                pulse(l, at, sent);
                l->command[at] += (float)(sent * step);
            }
        }
}

static aimc_status gradient_round(loop *l, double rate)
{
    aimci_programmed *p = l->p;
    const aimci_key key = aimci_random_key(p->seed, AIMCI_OP_CALIBRATE, 1, l->rounds);
    aimci_kernels_get(aimc_context_get_cpu(p->ctx))->uniform(&key, l->x, l->batch * p->n_in);
    aimci_programmed_read(p);
    const aimc_status st = aimc_tile_forward(p->tile, l->batch, l->x, p->n_in, l->y, p->n_out);
    if (st)
        return st;
    aimci_programmed_ideal(p, l->batch, l->x, p->n_in, l->ideal);
    p->report.verify_reads += l->batch;
    p->report.write_time_s += (double)l->batch * p->programming->read_time_ns * 1e-9;
    p->report.iterations++;
    move_wishes(l, rate);
    follow_wishes(l);
    return AIMC_OK;
}

/* The rate falls to 0 evenly, because near the end the noise of the products is what is left of the
 * error. */
static aimc_status gradient(loop *l, int64_t rounds)
{
    aimci_programmed *p = l->p;
    for (size_t j = 0; j < p->n_in; j++)
        for (size_t i = 0; i < p->n_out; i++)
            l->wish[j * p->ld + i] = (p->target[j * p->ld + i] - p->middle[i]) / p->half[i];
    memcpy(l->command, p->cells->target, p->cells->n * sizeof *l->command);
    aimc_status st = AIMC_OK;
    for (int64_t k = 0; k < rounds && !st; k++)
        st = gradient_round(l,
                            p->programming->learning_rate * (double)(rounds - k) / (double)rounds);
    return st;
}

/* ---- choice --------------------------------------------------------------------------------- */

static aimc_status open_loop(aimci_programmed *p, loop *l)
{
    const size_t n = p->cells->n;
    *l = (loop){.p = p, .batch = p->programming->batch ? (size_t)p->programming->batch : p->n_in};
    const size_t floats = 3 * n + p->n_in * p->ld + l->batch * (p->n_in + 2 * p->n_out);
    l->block = aimci_calloc(p->ctx, floats, sizeof *l->block);
    if (!l->block)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory for the write loop");
    l->z = l->block;
    l->g = l->z + n;
    l->command = l->g + n;
    l->wish = l->command + n;
    l->x = l->wish + p->n_in * p->ld;
    l->y = l->x + l->batch * p->n_in;
    l->ideal = l->y + l->batch * p->n_out;
    return AIMC_OK;
}

aimc_status aimci_programmed_loop(aimci_programmed *p)
{
    const aimci_programming *q = p->programming;
    if (q->method == AIMCI_ONE_SHOT)
        return AIMC_OK;
    loop l;
    aimc_status st = open_loop(p, &l);
    if (!st && q->method != AIMCI_GRADIENT)
        st = verify(&l);
    if (!st && q->method != AIMCI_VERIFY)
        st = gradient(&l, q->method == AIMCI_GRADIENT ? q->max_iterations
                                                      : (q->max_iterations + 9) / 10);
    aimci_free(p->ctx, l.block);
    return st;
}
