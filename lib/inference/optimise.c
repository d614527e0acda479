/* SPDX-License-Identifier: MIT */
/* Weight programming optimisation: tables of a custom_pair encoding that lose least on given
 * devices over given times, found by differential evolution. Pair k at weight u:
 *
 *     d_k = p_k u S / sum_k f_k p_k
 *     g- = g_min + c_k D,  g+ = g_min + (c_k + d_k) D,  D = g_max - g_min
 *
 * with significances f_k, the scale S, and shares p_k and common modes c_k at even points of u from
 * 0 to 1; negative weights mirror. The loss is the mean over times of
 *
 *     E (a(t) u_read - u)^2 / E u^2
 *
 * with a(t) the best digital gain of that time.
 *
 * C. Mackin et al., Nat. Commun. 13:3765 (2022); R. Storn and K. Price, J. Global Optim. 11:341
 * (1997). */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "inference/population.h"
#include "inference/encoding.h"
#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SRC "C. Mackin et al., Nat. Commun. 13:3765 (2022)"

enum { BINS = 6, MAX_PAIRS = 2, MAX_GENES = MAX_PAIRS + 1 + 2 * MAX_PAIRS * BINS };

typedef struct optimise {
    int64_t n_pairs, population, generations, n_samples, seed;
    double mutation, recombination;
    aimci_list times;
} optimise;

static const aimci_field fields[] = {
    AIMCI_INTEGER(optimise, n_pairs, 1, 1, MAX_PAIRS, "1", "pairs of devices for each weight", SRC),
    AIMCI_INTEGER(optimise, population, 60, 4, 10000, "1", "candidates at a time", SRC),
    AIMCI_INTEGER(optimise, generations, 100, 1, 100000, "1", "rounds of the search", SRC),
    AIMCI_NUMBER(optimise, mutation, 0.5, 0, 2, "1", "factor on the difference of two candidates",
                 SRC),
    AIMCI_NUMBER(optimise, recombination, 0.3, 0, 1, "1",
                 "probability that a gene comes from the mutant", SRC),
    AIMCI_NUMBERS(optimise, times, 3600, 0, 1e12, "s", "times that the loss is averaged over", SRC),
    AIMCI_INTEGER(optimise, n_samples, 256, 8, 1000000, "1",
                  "weights that a candidate is tried on, even quantiles of those given", SRC),
    AIMCI_INTEGER(optimise, seed, 1, 0, 9007199254740991.0, "1", "of search and devices", SRC),
};

AIMCI_DEFINE_KIND(weight_programming, "weight_programming",
                  "search for the tables of a custom_pair encoding", SRC, fields, optimise,
                  .n_children = 0);

/* ---- a candidate ---------------------------------------------------------------------------- */

typedef struct search {
    aimc_context *ctx;
    aimc_noise_model *model;
    optimise q;
    size_t n_genes, n_weights, n_devices;
    float *block, *u, *g, *now, *population, *losses; /* population: [q.population][n_genes] */
    aimc_population *cells;
    uint64_t n_draws;
} search;

static double significance(const float *gene, size_t k)
{
    return 0.1 * aimci_pow(50, (double)gene[k]); /* 0.1 ... 5 */
}

/* Conductances of pair k's devices at a bin, as shares of the range g_min ... g_max; false where
 * they do not fit. Every share p_k is at least 1e-3, so that their sum is never 0. */
static bool pair_at(const search *s, const float *gene, size_t k, size_t bin, double *plus,
                    double *minus)
{
    const size_t n = (size_t)s->q.n_pairs;
    const float *share = gene + n + 1, *common = share + n * BINS;
    double total = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        total += significance(gene, i) * ((double)share[i * BINS + bin] + 1e-3);
        most += significance(gene, i);
    }
    const double u = (double)bin / (BINS - 1), scale = (double)gene[n] * most;
    const double d = ((double)share[k * BINS + bin] + 1e-3) * u * scale / total;
    *minus = (double)common[k * BINS + bin];
    *plus = *minus + d;
    return *plus <= 1;
}

/* Tables over u = 0 ... 1 of one device; false where a candidate does not fit. */
static bool tables_of(const search *s, const float *gene, double table[2 * MAX_PAIRS][BINS])
{
    bool fits = true;
    for (size_t k = 0; k < (size_t)s->q.n_pairs; k++)
        for (size_t b = 0; b < BINS; b++)
            fits &= pair_at(s, gene, k, b, &table[2 * k][b], &table[2 * k + 1][b]);
    return fits;
}

static double at(const double *table, double u)
{
    const double x = u * (BINS - 1);
    const size_t i = x >= BINS - 1 ? BINS - 2 : (size_t)x;
    return table[i] + (x - (double)i) * (table[i + 1] - table[i]);
}

/* E (a v - u)^2 / E u^2 with the best a, which is E v u / E v^2. */
static double loss_at(const search *s, const float *gene, double t)
{
    const size_t n = (size_t)s->q.n_pairs;
    double vv = 0, vu = 0, uu = 0;
    aimci_population_read(s->cells, t, s->now);
    for (size_t i = 0; i < s->n_weights; i++) {
        const float *g = s->now + i * 2 * n;
        const double u = (double)s->u[i];
        double v = 0;
        for (size_t k = 0; k < n; k++)
            v += significance(gene, k) * (double)(g[2 * k] - g[2 * k + 1]);
        vv += v * v;
        vu += v * u;
        uu += u * u;
    }
    return vv > 0 ? 1 - vu * vu / (vv * uu) : 1;
}

/* A candidate that does not fit loses more than any that does, as those lose at most 1. */
static double loss_of(search *s, const float *gene)
{
    double table[2 * MAX_PAIRS][BINS] = {{0}}, sum = 0;
    const size_t n = 2 * (size_t)s->q.n_pairs;
    const aimci_noise_params *range = aimci_noise_range(s->model);
    if (!tables_of(s, gene, table))
        return 1e3;
    for (size_t i = 0; i < s->n_weights; i++)
        for (size_t k = 0; k < n; k++)
            s->g[i * n + k] = (float)(range->g_min + (range->g_max - range->g_min) *
                                                         at(table[k], (double)s->u[i]));
    memcpy(s->cells->target, s->g, s->n_devices * sizeof *s->g);
    s->cells->n_programs = s->cells->n_reads = 0; /* every candidate meets the same devices */
    aimci_population_program(s->cells);
    for (size_t k = 0; k < s->q.times.n; k++)
        sum += loss_at(s, gene, s->q.times.v[k]);
    return sum / (double)s->q.times.n;
}

/* ---- differential evolution ----------------------------------------------------------------- */

static void uniforms(search *s, float *v, size_t n)
{
    const aimci_key key =
        aimci_random_key((uint64_t)s->q.seed, AIMCI_OP_CALIBRATE, 2, s->n_draws++);
    aimci_kernels_get(aimc_context_get_cpu(s->ctx))->uniform(&key, v, n);
    for (size_t i = 0; i < n; i++)
        v[i] = (v[i] + 1) / 2;
}

/* A known way as a candidate: equal pairs, or pairs filled one after the other, the second with
 * significance f. The genes of significances undo significance(); a scale a little below 1 keeps
 * rounding from pushing the largest conductance out of range. */
static void known_way(const search *s, float *gene, bool in_turn, double f)
{
    const size_t n = (size_t)s->q.n_pairs;
    float *share = gene + n + 1, *common = share + n * BINS;
    for (size_t k = 0; k < n; k++)
        gene[k] = (float)(aimci_ln((k ? f : 1) / 0.1) / aimci_ln(50));
    gene[n] = 0.999f;
    for (size_t b = 0; b < BINS; b++)
        for (size_t k = 0; k < n; k++) {
            const double total = (double)b / (BINS - 1) * (1 + f);
            const double first = fmin(total, 1);
            const double d = k ? (total - first) / f : first;
            share[k * BINS + b] = in_turn && n > 1 ? (float)d : 1.0f;
            common[k * BINS + b] = 0;
        }
}

/* Known ways come first, the plain one at 0; the others lie anywhere, resting devices low. */
static void first_generation(search *s)
{
    const size_t n = (size_t)s->q.n_pairs, rest = n + 1 + n * BINS;
    uniforms(s, s->population, (size_t)s->q.population * s->n_genes);
    known_way(s, s->population, false, 1);
    known_way(s, s->population + s->n_genes, true, 1);
    known_way(s, s->population + 2 * s->n_genes, true, 2);
    for (size_t c = 0; c < (size_t)s->q.population; c++) {
        float *gene = s->population + c * s->n_genes;
        for (size_t g = rest; c > 2 && g < s->n_genes; g++)
            gene[g] *= 0.1f;
        s->losses[c] = (float)loss_of(s, gene);
    }
}

/* Differential evolution, DE/rand/1/bin: mutant a + mutation (b - d) of random candidates, each
 * gene taken with probability recombination and one in any case; a trial replaces its parent where
 * it loses less. */
static void next_generation(search *s)
{
    const size_t many = (size_t)s->q.population;
    for (size_t c = 0; c < many; c++) {
        float u[MAX_GENES + 4], trial[MAX_GENES] = {0};
        uniforms(s, u, s->n_genes + 4);
        const float *a = s->population + (size_t)(u[s->n_genes] * (float)many) % many * s->n_genes;
        const float *b =
            s->population + (size_t)(u[s->n_genes + 1] * (float)many) % many * s->n_genes;
        const float *d =
            s->population + (size_t)(u[s->n_genes + 2] * (float)many) % many * s->n_genes;
        const size_t sure = (size_t)(u[s->n_genes + 3] * (float)s->n_genes) % s->n_genes;
        float *own = s->population + c * s->n_genes;
        for (size_t g = 0; g < s->n_genes; g++) {
            const bool take = g == sure || (double)u[g] < s->q.recombination;
            const float mutant = a[g] + (float)s->q.mutation * (b[g] - d[g]);
            trial[g] = take ? fminf(fmaxf(mutant, 0), 1) : own[g];
        }
        const float loss = (float)loss_of(s, trial);
        if (loss < s->losses[c]) {
            s->losses[c] = loss;
            memcpy(own, trial, s->n_genes * sizeof *own);
        }
    }
}

/* ---- call ----------------------------------------------------------------------------------- */

static aimc_status open_search(search *s)
{
    const size_t n = (size_t)s->q.n_pairs;
    s->n_genes = n + 1 + 2 * n * BINS;
    s->n_weights = (size_t)s->q.n_samples;
    s->n_devices = s->n_weights * 2 * n;
    const size_t many = (size_t)s->q.population;
    s->block = aimci_calloc(s->ctx, s->n_weights + 2 * s->n_devices + many * (s->n_genes + 1),
                            sizeof *s->block);
    if (!s->block)
        return aimci_fail(AIMC_ERR_NOMEM, "noise_model_optimize_programming: no memory");
    s->u = s->block;
    s->g = s->u + s->n_weights;
    s->now = s->g + s->n_devices;
    s->population = s->now + s->n_devices;
    s->losses = s->population + many * s->n_genes;
    return aimc_population_create(s->model, s->n_devices, (uint64_t)s->q.seed, &s->cells);
}

/* Evenly taken magnitudes of the weights, relative to the largest. */
static aimc_status take_weights(search *s, size_t n, const float *w)
{
    float top = 0;
    for (size_t i = 0; i < n; i++)
        top = fmaxf(top, fabsf(w[i]));
    if (!(top > 0))
        return aimci_fail(AIMC_ERR_INVALID, "noise_model_optimize_programming: all weights are 0");
    for (size_t i = 0; i < s->n_weights; i++)
        s->u[i] = fabsf(w[i * n / s->n_weights]) / top;
    return AIMC_OK;
}

/* The tables over -1 ... 1 as a custom_pair configuration. */
static aimc_status encoding_of(const search *s, const float *gene, aimc_config **out)
{
    const aimci_noise_params *range = aimci_noise_range(s->model);
    const size_t n = (size_t)s->q.n_pairs, points = 2 * BINS - 1;
    double table[2 * MAX_PAIRS][BINS] = {{0}}, list[AIMCI_LIST_MAX], f[MAX_PAIRS];
    (void)tables_of(s, gene, table); /* it fits: its loss was finite */
    for (size_t k = 0; k < 2 * n; k++)
        for (size_t p = 0; p < points; p++) {
            const size_t bin = p < BINS - 1 ? BINS - 1 - p : p - (BINS - 1);
            const size_t device = p < BINS - 1 ? k ^ 1u : k; /* negative weights: the other one */
            list[k * points + p] =
                range->g_min + (range->g_max - range->g_min) * fmin(table[device][bin], 1);
        }
    for (size_t k = 0; k < n; k++)
        f[k] = significance(gene, k);
    aimc_config *config = NULL;
    aimc_status st = aimc_config_create(s->ctx, "custom_pair", &config);
    if (!st)
        st = aimc_config_set_list(config, "significance", f, n);
    if (!st)
        st = aimc_config_set_list(config, "g_lst", list, 2 * n * points);
    if (st) {
        aimc_config_destroy(config);
        return st;
    }
    *out = config;
    return AIMC_OK;
}

static aimc_status check(aimc_noise_model *model, size_t n, const float *w,
                         const aimc_config *config)
{
    if (!model || !w || n == 0)
        return aimci_fail(AIMC_ERR_INVALID, "noise_model_optimize_programming: %s",
                          !model ? "model is NULL"
                          : !w   ? "w is NULL"
                                 : "n is 0");
    if (!aimci_all_finite(w, 1, n, n))
        return aimci_fail(AIMC_ERR_INVALID,
                          "noise_model_optimize_programming: w holds a value that is not finite");
    return aimci_config_expect("noise_model_optimize_programming", config,
                               &aimci_kind_weight_programming);
}

aimc_status aimc_noise_model_optimize_programming(aimc_noise_model *model, size_t n, const float *w,
                                                  const aimc_config *config, aimc_config **encoding,
                                                  double *loss_pair, double *loss)
{
    if (!encoding)
        return aimci_fail(AIMC_ERR_INVALID, "noise_model_optimize_programming: encoding is NULL");
    *encoding = NULL;
    aimc_status st = check(model, n, w, config);
    if (st)
        return st;
    search s = {.ctx = model->ctx, .model = model};
    aimci_config_read(config, &aimci_kind_weight_programming, &s.q);
    if (s.q.times.n == 0)
        st = aimci_fail(AIMC_ERR_INVALID, "noise_model_optimize_programming: times is empty");
    for (size_t k = 0; k < s.q.times.n && !st; k++)
        st = aimci_noise_check_time("weight_programming", model, s.q.times.v[k]);
    if (!st)
        st = open_search(&s);
    if (!st)
        st = take_weights(&s, n, w);
    if (!st) {
        first_generation(&s);
        const double plain = (double)s.losses[0];
        for (int64_t k = 0; k < s.q.generations; k++)
            next_generation(&s);
        size_t best = 0;
        for (size_t c = 1; c < (size_t)s.q.population; c++)
            best = s.losses[c] < s.losses[best] ? c : best;
        st = encoding_of(&s, s.population + best * s.n_genes, encoding);
        if (!st && loss_pair)
            *loss_pair = plain;
        if (!st && loss)
            *loss = (double)s.losses[best];
    }
    aimc_population_destroy(s.cells);
    aimci_free(s.ctx, s.block);
    return st;
}
