/* SPDX-License-Identifier: MIT */
/* Pairs on tabulated curves: conductances of each device over the weight, linear between even
 * points from -1 to 1.
 *
 *     u = sum_k f_k (g+_k - g-_k) / S,  S the sum at u = 1
 *
 * The tables must give the weight back: that is tried at five weights. */
#include <math.h>

#include "inference/encoding.h"

#define SRC "custom pairs of aihwkit 1.1.0; C. Mackin et al., Nat. Commun. 13:3765 (2022)"

typedef struct custom_pair {
    aimci_encoding_params base;
    aimci_list significance, g_lst;
    bool invertibility_test;
} custom_pair;

static const aimci_field fields[] = {
    AIMCI_ENCODING_FIELDS(SRC),
    AIMCI_NUMBERS(custom_pair, significance, 1, 1e-6, 1e6, "1", "weight of each pair in the sum",
                  SRC),
    AIMCI_NUMBERS(custom_pair, g_lst, 0, 0, 1e6, "uS",
                  "tables side by side: first pair's g+, its g-, second pair's g+, ...; as many "
                  "points each, at weights from -1 to 1",
                  SRC),
    AIMCI_FLAG(custom_pair, invertibility_test, 1,
               "refuse tables that do not give the weight back within 1e-4", SRC),
};

AIMCI_DEFINE_KIND(custom_pair, "encoding", "pairs whose conductances are tables over the weight",
                  SRC, fields, custom_pair, .n_children = 0);

static size_t n_devices(const void *params)
{
    return 2 * ((const custom_pair *)params)->significance.n;
}

static double look_up(const custom_pair *p, size_t device, double u)
{
    const size_t n = p->g_lst.n / n_devices(p);
    const double *table = p->g_lst.v + device * n;
    const double at = (u + 1) / 2 * (double)(n - 1);
    const size_t i = at >= (double)(n - 1) ? n - 2 : (size_t)at;
    return table[i] + (at - (double)i) * (table[i + 1] - table[i]);
}

static void encode(const void *params, const aimci_noise_params *r, size_t n, const double *u,
                   double *g)
{
    (void)r;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_devices(params); k++)
            *g++ = look_up(params, k, aimci_clip_unit(u[i]));
}

static double weighted(const custom_pair *p, const double *g)
{
    double sum = 0;
    for (size_t k = 0; k < p->significance.n; k++)
        sum += p->significance.v[k] * (g[2 * k] - g[2 * k + 1]);
    return sum;
}

static void decode(const void *params, const aimci_noise_params *r, size_t n, const double *g,
                   const float *wish, double unit, double *u)
{
    (void)wish, (void)unit;
    const double one = 1;
    double top[AIMCI_MAX_CELL] = {0};
    encode(params, r, 1, &one, top);
    for (size_t i = 0; i < n; i++)
        u[i] = weighted(params, g + i * n_devices(params)) / weighted(params, top);
}

static aimc_status check(const void *params)
{
    const custom_pair *p = params;
    const size_t pairs = p->significance.n, points = pairs ? p->g_lst.n / (2 * pairs) : 0;
    if (pairs == 0 || pairs > AIMCI_MAX_CELL / 2 || points < 2 || points * 2 * pairs != p->g_lst.n)
        return aimci_fail(AIMC_ERR_INVALID,
                          "custom_pair: g_lst has %zu numbers for %zu pairs; the same number of at "
                          "least 2 points for each of their devices is needed",
                          p->g_lst.n, pairs);
    const double one = 1;
    double g[AIMCI_MAX_CELL] = {0}, back;
    encode(p, NULL, 1, &one, g);
    if (!(weighted(p, g) > 0))
        return aimci_fail(AIMC_ERR_INVALID, "custom_pair: weight 1 has no positive conductance");
    for (int i = 0; p->invertibility_test && i < 5; i++) {
        const double u = -1 + 0.5 * i;
        encode(p, NULL, 1, &u, g);
        decode(p, NULL, 1, g, NULL, 0, &back);
        if (fabs(back - u) > 1e-4)
            return aimci_fail(AIMC_ERR_INVALID,
                              "custom_pair: g_lst gives weight %g back as %g (invertibility_test)",
                              u, back);
    }
    return AIMC_OK;
}

const aimci_encoding_ops aimci_encoding_ops_custom_pair = {
    .kind = &aimci_kind_custom_pair,
    .check = check,
    .n_devices = n_devices,
    .encode = encode,
    .decode = decode,
};
