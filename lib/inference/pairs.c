/* SPDX-License-Identifier: MIT */
/* Differential pairs: u = (g+ - g-) / D with D = g_max - g_min.
 *
 *     single_pair  one side carries |u|, the other rests at g_min
 *     two_sided    g+- = g_min + D (1 +- u) / 2
 *     n_pair       u = sum_k f_k (g+_k - g-_k) / (D sum_k f_k), several pairs with significances
 *                  f_k, filled one after the other from the least significant, or all equally */
#include <math.h>

#include "inference/encoding.h"

#define SRC "differential pairs as in CrossSim 3.2 and aihwkit 1.1.0"

enum { SEQUENTIAL, EQUAL, MAX_PAIRS = AIMCI_MAX_CELL / 2 };

typedef struct pairs {
    aimci_encoding_params base;
    int32_t fill;
    aimci_list significance;
} pairs;

static void encode_pair(const aimci_noise_params *r, double u, double *g)
{
    const double range = r->g_max - r->g_min;
    g[0] = r->g_min + range * (u > 0 ? u : 0);
    g[1] = r->g_min + range * (u < 0 ? -u : 0);
}

/* ---- single pair ---------------------------------------------------------------------------- */

static const aimci_field single_fields[] = {AIMCI_ENCODING_FIELDS(SRC)};

const aimci_kind aimci_kind_single_pair = {
    .name = "single_pair",
    .category = "encoding",
    .doc = "two devices: one carries the weight's magnitude, the other rests",
    .source = SRC,
    .fields = single_fields,
    .n_fields = 1,
    .size = sizeof(aimci_encoding_params),
};

static size_t two(const void *params)
{
    (void)params;
    return 2;
}

static void single_encode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *u, double *g)
{
    (void)params;
    for (size_t i = 0; i < n; i++)
        encode_pair(r, aimci_clip_unit(u[i]), g + 2 * i);
}

static void single_decode(const void *params, const aimci_noise_params *r, size_t n,
                          const double *g, const float *wish, double unit, double *u)
{
    (void)params, (void)wish, (void)unit;
    const double range = r->g_max - r->g_min;
    for (size_t i = 0; i < n; i++)
        u[i] = (g[2 * i] - g[2 * i + 1]) / range;
}

const aimci_encoding_ops aimci_encoding_ops_single_pair = {
    .kind = &aimci_kind_single_pair,
    .n_devices = two,
    .encode = single_encode,
    .decode = single_decode,
};

/* ---- two-sided ------------------------------------------------------------------------------ */

const aimci_kind aimci_kind_two_sided = {
    .name = "two_sided",
    .category = "encoding",
    .doc = "two devices around the middle of the range",
    .source = SRC,
    .fields = single_fields,
    .n_fields = 1,
    .size = sizeof(aimci_encoding_params),
};

static void two_sided_encode(const void *params, const aimci_noise_params *r, size_t n,
                             const double *u, double *g)
{
    (void)params;
    const double range = r->g_max - r->g_min;
    for (size_t i = 0; i < n; i++) {
        const double v = aimci_clip_unit(u[i]);
        g[2 * i] = r->g_min + range * (1 + v) / 2;
        g[2 * i + 1] = r->g_min + range * (1 - v) / 2;
    }
}

const aimci_encoding_ops aimci_encoding_ops_two_sided = {
    .kind = &aimci_kind_two_sided,
    .n_devices = two,
    .encode = two_sided_encode,
    .decode = single_decode,
};

/* ---- several pairs -------------------------------------------------------------------------- */

static const aimci_field n_fields[] = {
    AIMCI_ENCODING_FIELDS(SRC),
    AIMCI_NUMBERS(pairs, significance, 1, 1e-6, 1e6, "1",
                  "weight of each pair in the sum, for example [1, 2]; at most 16", SRC),
    AIMCI_CHOICE(pairs, fill, 0, 1, "SEQUENTIAL|EQUAL",
                 "pairs are filled one after the other, the least significant first, or all alike",
                 SRC),
};

AIMCI_DEFINE_KIND(n_pair, "encoding", "redundant pairs with significances",
                  SRC "; I. Boybat et al., Nat. Commun. 9:2514 (2018)", n_fields, pairs,
                  .n_children = 0);

static aimc_status n_check(const void *params)
{
    const size_t n = ((const pairs *)params)->significance.n;
    if (n >= 1 && n <= MAX_PAIRS)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID, "n_pair: %zu significances; 1 ... %d are allowed", n,
                      MAX_PAIRS);
}

static size_t n_devices(const void *params)
{
    return 2 * ((const pairs *)params)->significance.n;
}

static double sum_of(const aimci_list *l)
{
    double sum = 0;
    for (size_t k = 0; k < l->n; k++)
        sum += l->v[k];
    return sum;
}

/* The pair not yet filled that weighs least. */
static size_t next_pair(const aimci_list *f, const bool *filled)
{
    size_t best = f->n;
    for (size_t k = 0; k < f->n; k++)
        if (!filled[k] && (best == f->n || f->v[k] < f->v[best]))
            best = k;
    return best;
}

static void fill_pairs(const pairs *p, const aimci_noise_params *r, double u, double *g)
{
    const aimci_list *f = &p->significance;
    bool filled[MAX_PAIRS] = {false};
    double left = fabs(aimci_clip_unit(u)) * sum_of(f);
    for (size_t i = 0; i < f->n; i++) {
        const size_t k = p->fill == EQUAL ? i : next_pair(f, filled);
        const double share = p->fill == EQUAL ? fabs(aimci_clip_unit(u)) : fmin(left / f->v[k], 1);
        filled[k] = true;
        left -= share * f->v[k];
        encode_pair(r, copysign(share, u), g + 2 * k);
    }
}

static void n_encode(const void *params, const aimci_noise_params *r, size_t n, const double *u,
                     double *g)
{
    for (size_t i = 0; i < n; i++)
        fill_pairs(params, r, u[i], g + i * n_devices(params));
}

static void n_decode(const void *params, const aimci_noise_params *r, size_t n, const double *g,
                     const float *wish, double unit, double *u)
{
    (void)wish, (void)unit;
    const aimci_list *f = &((const pairs *)params)->significance;
    const double range = r->g_max - r->g_min, all = sum_of(f);
    for (size_t i = 0; i < n; i++, g += 2 * f->n) {
        double sum = 0;
        for (size_t k = 0; k < f->n; k++)
            sum += f->v[k] * ((g[2 * k] - g[2 * k + 1]) / range);
        u[i] = sum / all;
    }
}

const aimci_encoding_ops aimci_encoding_ops_n_pair = {
    .kind = &aimci_kind_n_pair,
    .check = n_check,
    .n_devices = n_devices,
    .encode = n_encode,
    .decode = n_decode,
};
