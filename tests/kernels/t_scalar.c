/* SPDX-License-Identifier: MIT */
/* One lane against eight: the lane types of kernels/vec.h, and each law of device/laws, give the
 * same bits in every instruction set and in "scalar", which stands for processors whose lanes are
 * work items. */
#include "core/cpu.h"
#include "device/device_test.h"
#include "kernel_check.h"
#include "kernels/probe.h"
#include "tile/tile.h"

/* AIMCT_LAWS: X(constant_step) ..., the headers of device/laws (tests/meson.build) */
#define X(law) AIMCT_DECLARE_PROBES(aimct_law_probe, probe_##law)
AIMCT_LAWS
#undef X
AIMCT_DECLARE_PROBES(aimct_vec_probe, probe_vec)

typedef struct law {
    const char *name;
    const aimct_law_probe *isa[AIMCI_N_ISA], *scalar;
} law;

#define X(law) {#law, AIMCI_LIST_VARIANTS(probe_##law), &aimci_k_probe_##law##_scalar},
static const law laws[] = {AIMCT_LAWS};
enum { N_LAWS = sizeof laws / sizeof laws[0] };

/* What this machine runs, as an index of a table of variants. */
static bool runs(int isa)
{
    static const uint32_t bit[AIMCI_N_ISA] = {AIMC_CPU_C, AIMC_CPU_AVX2, AIMC_CPU_AVX512,
                                              AIMC_CPU_NEON};
    return isa == AIMCI_ISA_C || (aimci_cpu_detect() & bit[isa]);
}

/* ---- lanes ---------------------------------------------------------------------------------- */

/* Where it differs, if NaN is NaN; SIZE_MAX: nowhere. */
static size_t first_difference(const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            return i;
    return SIZE_MAX;
}

START_TEST(functions_of_lanes)
{
    static const aimct_vec_probe *const isa[AIMCI_N_ISA] = AIMCI_LIST_VARIANTS(probe_vec);
    enum { N = 4096 };
    static float x[N], y[N], one[N], eight[N];
    uint64_t seed = 7;
    special(x, N, 5, false);
    special(y, N, 6, true);
    for (size_t i = N / 2; i < N; i++) /* an ordinary half; all exponents */
        x[i] = ldexpf(1.5f + 0.4f * aimct_uniform(&seed), (int)(i % 60) - 30);
    for (int k = 0; k < AIMCT_N_FUNCTIONS; k++) {
        aimci_k_probe_vec_scalar.function(k, x, y, one, N);
        for (int s = 0; s < AIMCI_N_ISA; s++) {
            if (!isa[s] || !runs(s))
                continue;
            isa[s]->function(k, x, y, eight, N);
            const size_t at = first_difference(one, eight, N);
            ck_assert_msg(at == SIZE_MAX,
                          "function %d of %a, %a is %a in one lane and %a in isa %d", k,
                          (double)x[at % N], (double)y[at % N], (double)one[at % N],
                          (double)eight[at % N], s);
        }
    }
}
END_TEST

/* ---- laws ----------------------------------------------------------------------------------- */

/* Devices of each law, by its own name or another's. */
static const struct {
    const char *law, *device, *json;
} devices[] = {
    {"constant_step", "constant_step", "{}"},
    {"soft_bounds", "soft_bounds", "{}"},
    {"soft_bounds", "soft_bounds", "{\"mult_noise\": false}"},
    {"soft_bounds", "soft_bounds", "{\"reverse_up\": true, \"reverse_down\": true}"},
    {"soft_bounds", "soft_bounds_pmax", "{}"},
    {"linear_step", "linear_step", "{\"gamma_up\": 0.3, \"gamma_down\": 0.5}"},
    {"linear_step", "linear_step", "{\"mult_noise\": false}"},
    {"soft_bounds_reference", "soft_bounds_reference", "{\"reference_std\": 0.1}"},
    {"soft_bounds_reference", "soft_bounds_reference",
     "{\"mult_noise\": true, \"enforce_consistency\": false, \"w_max_dtod\": 2}"},
    {"exp_step", "exp_step", "{\"dw_min_std_add\": 0.1, \"dw_min_std_slope\": 0.2}"},
    {"power", "pow_step", "{\"pow_gamma\": 1.7, \"pow_up_down\": 0.2}"},
    {"power", "pow_step_reference", "{\"reference_std\": 0.1}"},
    {"piecewise_step", "piecewise_step",
     "{\"piecewise_up\": [1, 2, 0.5], \"piecewise_down\": [2, 1, 1]}"},
    {"polynomial_step", "polynomial_step",
     "{\"coefficients_up\": [1, -0.5, 0.2], \"coefficients_down\": [1, 0.4]}"},
    {"window_step", "window_step", "{\"window_power\": 3}"},
    {"table_step", "table_step",
     "{\"step_up\": [1, 0.5, 0.2], \"state_up\": [0, 0.4, 1], \"noise_up\": [0.1, 0.2, 0.3], "
     "\"step_down\": [1, 2]}"},
    {"measured_step", "measured_step", "{}"},
    {"measured_step", "measured_step",
     "{\"state\": [0.1, 0.4, 0.9], \"level\": [0.1, 0.5, 0.8], \"step_up\": [-0.01, 0.02, 0.05, "
     "0, 0, 0.01, 0.001, 0.002, 0.003], \"step_down\": [-0.05, -0.03, 0.01, -0.02, -0.01, 0, "
     "-0.01, -0.01, -0.01], \"w_max_dtod\": 1, \"enforce_consistency\": false}"},
    {"flow", "vteam", "{}"},
    {"flow", "vteam",
     "{\"window\": \"BIOLEK\", \"resistance\": \"EXPONENTIAL\", \"width_up\": 3e-8}"},
    {"flow", "stanford_pku", "{}"},
};

enum { N_CELLS = 1000, PADDED = 1000 };

typedef struct draws {
    int32_t up[PADDED];
    float n[PADDED], xi[PADDED];
} draws;

/* next and reach of one variant */
typedef struct outcome {
    float step[PADDED], next[PADDED], reach[PADDED];
} outcome;

static void run_probe(const aimct_law_probe *probe, const void *params, const aimci_word_line *line,
                      const draws *d, outcome *out)
{
    memset(out, 0, sizeof *out);
    probe->step(params, line, d->up, d->xi, out->step);
    probe->jump(params, line, d->up, d->n, d->xi, out->next, out->reach);
}

static void compare(const law *l, const aimc_tile *tile, const draws *d)
{
    static outcome one, eight;
    const aimci_word_line line = aimci_array_word_line(tile->array, 0);
    const aimc_device *device = tile->array->device;
    ck_assert_uint_eq(l->scalar->law_size, device->ops->law_size);
    run_probe(l->scalar, device->law, &line, d, &one);
    for (int s = 0; s < AIMCI_N_ISA; s++) {
        if (!l->isa[s] || !runs(s))
            continue;
        run_probe(l->isa[s], device->law, &line, d, &eight);
        ck_assert_msg(memcmp(&one, &eight, sizeof one) == 0, "%s differs in isa %d", l->name, s);
    }
    size_t moved = 0;
    for (size_t i = 0; i < N_CELLS; i++)
        moved += one.step[i] != line.p[i];
    ck_assert_msg(moved > N_CELLS / 2, "%s moves %zu cells", l->name, moved);
}

static size_t law_named(const char *name)
{
    for (size_t k = 0; k < N_LAWS; k++)
        if (strcmp(laws[k].name, name) == 0)
            return k;
    ck_abort_msg("no law %s", name);
}

START_TEST(laws_in_one_lane)
{
    static draws d;
    float w[N_CELLS];
    uint64_t seed = 3;
    for (size_t i = 0; i < PADDED; i++) {
        d.up[i] = (int32_t)(aimct_next(&seed) & 1);
        d.n[i] = (float)(1 + aimct_next(&seed) % 40);
        d.xi[i] = 3 * aimct_uniform(&seed);
    }
    aimct_fill(w, N_CELLS, 4);
    bool seen[N_LAWS] = {false};
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < sizeof devices / sizeof devices[0]; k++) {
        aimc_tile *tile = test_tile(ctx, devices[k].device, devices[k].json, N_CELLS, 1, (int)k);
        must(aimc_tile_set_weights(tile, w, 1));
        const size_t l = law_named(devices[k].law);
        compare(&laws[l], tile, &d);
        seen[l] = true;
        aimc_tile_destroy(tile);
    }
    for (size_t l = 0; l < N_LAWS; l++)
        ck_assert_msg(seen[l], "no device of law %s in the table", laws[l].name);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scalar");
    TCase *t = aimct_case(s, "one_lane");
    tcase_add_test(t, functions_of_lanes);
    tcase_add_test(t, laws_in_one_lane);
    return aimct_main(s);
}
