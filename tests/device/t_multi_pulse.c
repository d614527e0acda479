/* SPDX-License-Identifier: MIT */
/* Several pulses in one step against one after the other: the same law, or nearly, in the middle of
 * the range and at its ends. Cells are alike, so that a tile is a sample of N, or of N_MANY. */
#include "device_test.h"
#include "tile/tile.h"

#define ALIKE                                                                                      \
    "\"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, \"w_min_dtod\": 0, "              \
    "\"dw_min\": 0.002"

enum { N_OUT = 400, N_IN = 250, N = N_OUT * N_IN, SIDE = 1000, N_MANY = SIDE * SIDE };

typedef struct sample {
    double mean, sd, skew, kurtosis;
    size_t n;
    float w[N_MANY]; /* the first n of them */
} sample;

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void measure(const aimc_tile *tile, sample *s)
{
    s->n = tile->array->n_out * tile->array->n_in;
    weights_of(tile, s->w);
    const moments m = moments_of(s->w, s->n);
    double cubes = 0;
    for (size_t i = 0; i < s->n; i++)
        cubes += pow((double)s->w[i] - m.mean, 3);
    s->mean = m.mean;
    s->sd = sqrt(m.var);
    s->kurtosis = m.kurtosis;
    s->skew = s->sd > 0 ? cubes / (double)s->n / pow(s->sd, 3) : 0;
    qsort(s->w, s->n, sizeof s->w[0], ascending);
}

static void draw(aimc_tile *tile, int mode, float start, int n, sample *s)
{
    tile->array->multi_pulse = mode;
    set_all(tile, start);
    pulse_all(tile, n);
    measure(tile, s);
}

/* The same for vectors one after the other: n_rows times a count for all cells. */
static void draw_rows(aimc_tile *tile, int mode, float start, const int *counts, size_t n_rows,
                      sample *s)
{
    aimci_array *a = tile->array;
    int32_t *rows = calloc((n_rows + 1) * a->ld, sizeof *rows);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = 0; i < a->n_out; i++)
            rows[r * a->ld + i] = counts[r];
    a->multi_pulse = mode;
    set_all(tile, start);
    const aimci_rows all = {rows, n_rows, a->ld};
    for (size_t j = 0; j < a->n_in; j++) {
        const aimci_word_line line = aimci_array_word_line(a, j);
        for (size_t r = 0; r < (mode == AIMCI_MULTI_BATCH ? 1 : n_rows); r++) {
            const aimci_pulse_key key = aimci_array_pulse_key(a, a->n_updates + r, 0);
            if (mode == AIMCI_MULTI_BATCH)
                aimci_array_merge_word_line(a, &line, j, &all, rows + n_rows * a->ld, &key);
            else
                aimci_array_pulse_word_line(a, &line, j, rows + r * a->ld, &key);
        }
    }
    a->n_updates += n_rows;
    measure(tile, s);
    free(rows);
}

/* Largest difference of two empirical distribution functions. */
static double distance(const sample *a, const sample *b)
{
    double worst = 0;
    const size_t n = a->n; /* of both */
    for (size_t i = 0, j = 0; i < n && j < n;) {
        const float at = a->w[i] < b->w[j] ? a->w[i] : b->w[j];
        while (i < n && a->w[i] <= at)
            i++;
        while (j < n && b->w[j] <= at)
            j++;
        worst = fmax(worst, fabs((double)i - (double)j) / (double)n);
    }
    return worst;
}

/* bias: by how many standard deviations mean and spread may differ (device/merge_skewed.h), and the
 * distribution function by half of that; 0: the same law */
static void compare(const char *what, const sample *a, const sample *b, double bias)
{
    const double sd = fmax(a->sd, b->sd), n = (double)a->n;
    const double grid = 1e-6; /* what single precision adds to a mean of up to 155 steps */
    ck_assert_msg(fabs(a->mean - b->mean) < sd * (5 * sqrt(2 / n) + bias) + grid,
                  "%s: means %.9g, %.9g", what, a->mean, b->mean);
    const double kurtosis = fmax(a->kurtosis, b->kurtosis);
    ck_assert_msg(fabs(a->sd - b->sd) < sd * (5 * sqrt((kurtosis - 1) / (2 * n)) + bias) + grid,
                  "%s: spreads %.9g, %.9g", what, a->sd, b->sd);
    if (fabs(b->skew) < 0.3) /* the law at a bound is not nearly normal */
        ck_assert_msg(fabs(a->skew - b->skew) < 5 * sqrt(2 * 6 / n) * 1.5 + 3 * bias,
                      "%s: skews %.5g, %.5g", what, a->skew, b->skew);
    /* two-sample Kolmogorov-Smirnov, 5.7e-7: sqrt(log(2 / 5.7e-7) / 2) = 2.74 */
    if (sd > 1e-6)
        ck_assert_msg(distance(a, b) < 2.74 * sqrt(2 / n) + bias / 2, "%s: distance %.5g", what,
                      distance(a, b));
}

static void same_law(aimc_context *ctx, const char *name, const char *json, int mode)
{
    static const float starts[] = {0.0f, 0.3f, -0.55f, 0.592f, 0.6f, -0.6f};
    static const int counts[] = {1, 2, -7, 13, -31};
    sample *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    aimc_tile *tile = test_tile(ctx, name, json, N_OUT, N_IN, 4);
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            char what[512];
            snprintf(what, sizeof what, "%s %s from %g, %d pulses", name, json, (double)starts[s],
                     counts[c]);
            draw(tile, mode, starts[s], counts[c], a);
            draw(tile, AIMCI_MULTI_SEQUENCE, starts[s], counts[c], b);
            compare(what, a, b, 0);
        }
    aimc_tile_destroy(tile);
    free(a);
    free(b);
}

static const struct pattern {
    const char *what;
    size_t n;
    int counts[AIMCI_MERGE_ROWS];
} patterns[] = {{"one vector", 1, {9}},
                {"there and back", 2, {14, -14}},
                {"up", 5, {31, 31, 31, 31, 31}},
                {"few pulses", 16, {0, 1, 0, 0, -1, 0, 2, 0, 0, 1, 0, 0, -1, -1, 0, 0}},
                {"many", 16, {3, -2, 0, 15, 5, -17, 21, 1, -1, 2, -12, 4, 0, 6, -3, 12}}};

enum { N_PATTERNS = sizeof patterns / sizeof patterns[0] };

static void compare_merged(aimc_tile *tile, const char *device, float start,
                           const struct pattern *p, double bias)
{
    sample *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    char what[512];
    snprintf(what, sizeof what, "%s from %g, %s", device, (double)start, p->what);
    draw_rows(tile, AIMCI_MULTI_BATCH, start, p->counts, p->n, a);
    draw_rows(tile, AIMCI_MULTI_SEQUENCE, start, p->counts, p->n, b);
    compare(what, a, b, bias);
    free(a);
    free(b);
}

static void same_law_merged(aimc_context *ctx, const char *name, const char *json)
{
    static const float starts[] = {0.0f, 0.3f, -0.5f, 0.57f, 0.6f, -0.6f};
    aimc_tile *tile = test_tile(ctx, name, json, N_OUT, N_IN, 8);
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (size_t c = 0; c < N_PATTERNS; c++)
            compare_merged(tile, json, starts[s], &patterns[c], 0);
    aimc_tile_destroy(tile);
}

START_TEST(merged_vectors_have_the_law_of_the_sequence)
{
    aimc_context *ctx = test_context(0);
    same_law_merged(ctx, "constant_step", "{" ALIKE ", \"up_down\": 0.1}");
    same_law_merged(ctx, "soft_bounds", "{" ALIKE ", \"mult_noise\": false, \"dw_min_std\": 2}");
    same_law_merged(ctx, "soft_bounds", "{" ALIKE ", \"dw_min_std\": 0}");
    same_law_merged(ctx, "linear_step",
                    "{" ALIKE ", \"gamma_up\": 0.4, \"gamma_down\": -0.3, "
                    "\"gamma_up_dtod\": 0, \"gamma_down_dtod\": 0, \"mult_noise\": false, "
                    "\"allow_increasing\": true}");
    same_law_merged(ctx, "soft_bounds_reference",
                    "{" ALIKE
                    ", \"dw_min_std\": 1.5, \"write_noise_std\": 1, \"reference_mean\": 0.05}");
    /* bounds all over the place: some lanes of a group are near one, others are not */
    same_law_merged(ctx, "soft_bounds",
                    "{\"dw_min\": 0.002, \"w_max_dtod\": 0.6, \"w_min_dtod\": 0.6, "
                    "\"mult_noise\": false, \"dw_min_std\": 3}");
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- moments that are not those of a normal, steps that are not straight -------------------- */

#define BIAS 0.004 /* AIMCI_MERGE_BIAS */

static const struct nearly {
    const char *name, *json;
    double bias;
} nearly[] = {
    {"soft_bounds", "{" ALIKE "}", 2e-4},
    {"soft_bounds", "{" ALIKE ", \"dw_min_std\": 1, \"w_min\": -0.4}", 2e-4},
    {"linear_step",
     "{" ALIKE ", \"gamma_up\": 0.4, \"gamma_down\": -0.3, \"gamma_up_dtod\": 0, "
     "\"gamma_down_dtod\": 0, \"allow_increasing\": true}",
     2e-4},
    {"exp_step", "{" ALIKE "}", BIAS},
    {"exp_step", "{" ALIKE ", \"dw_min_std_add\": 0.001, \"dw_min_std_slope\": 0.003}", BIAS},
    {"pow_step", "{" ALIKE ", \"pow_gamma\": 1.7, \"pow_gamma_dtod\": 0}", BIAS},
    {"pow_step_reference",
     "{" ALIKE ", \"pow_gamma\": 0.6, \"pow_gamma_dtod\": 0, \"reference_mean\": 0.05}", BIAS},
    {"polynomial_step",
     "{" ALIKE ", \"coefficients_up\": [1, -0.5, 0.25], \"coefficients_down\": [0.3, 1, -0.2]}",
     BIAS},
    {"window_step", "{" ALIKE ", \"window_power\": 2}", BIAS},
    {"piecewise_step",
     "{" ALIKE ", \"piecewise_up\": [1, 0.4, 0.5, 0.2], \"piecewise_down\": [0.3, 0.8, 1, 0.9]}",
     BIAS},
    {"table_step",
     "{" ALIKE ", \"step_up\": [1.2, 0.9, 1.1, 0.3], \"state_up\": [0, 0.3, 0.48, 1], "
     "\"step_down\": [0.2, 0.9, 1], \"noise_down\": [0.1, 0.5, 0.4]}",
     BIAS},
};
enum { N_NEARLY = sizeof nearly / sizeof nearly[0] };

START_TEST(merged_vectors_have_nearly_the_law_of_the_sequence)
{
    static const float starts[] = {0.0f, -0.5f, 0.57f};
    aimc_context *ctx = test_context(0);
    const struct nearly *d = &nearly[_i];
    aimc_tile *tile = test_tile(ctx, d->name, d->json, N_OUT, N_IN, 8);
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (size_t c = 1; c < N_PATTERNS; c++)
            compare_merged(tile, d->json, starts[s], &patterns[c], d->bias);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* The same of a million cells each, where most cells take the one step. */
START_TEST(merged_vectors_of_a_million_cells)
{
    aimc_context *ctx = test_context(0);
    const struct nearly *d = &nearly[_i];
    aimc_tile *tile = test_tile(ctx, d->name, d->json, SIDE, SIDE, 8);
    compare_merged(tile, d->json, _i % 2 ? 0.2f : -0.15f, &patterns[N_PATTERNS - 1], d->bias);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Mean, variance and third moment of affine steps that noise multiplies, with pulses in both
 * directions, from the definition: a pulse adds (a + k w)(1 + sigma xi). */
START_TEST(moments_of_merged_multiplicative_noise)
{
    aimc_context *ctx = test_context(0);
    sample *s = malloc(sizeof *s);
    aimc_tile *tile =
        test_tile(ctx, "soft_bounds", "{" ALIKE ", \"dw_min_std\": 0.6}", SIDE, SIDE, 9);
    const struct pattern *p = &patterns[2];
    const double a = 0.002, k = -a / 0.6, sigma = 0.6;
    double mean = (double)0.1f, var = 0, third = 0;
    for (size_t r = 0; r < p->n; r++)
        for (int i = 0; i < abs(p->counts[r]); i++) {
            const double f = (p->counts[r] > 0 ? a : -a) + k * mean, g = sigma * f, l = sigma * k;
            third = pow(1 + k, 3) * third + 3 * (1 + k) * (2 * g * l * var + l * l * third);
            var = (1 + k) * (1 + k) * var + g * g + l * l * var;
            mean += f;
        }
    draw_rows(tile, AIMCI_MULTI_BATCH, 0.1f, p->counts, p->n, s);
    ck_assert_double_eq_tol(s->mean, mean, 5 * sqrt(var / N_MANY) + 1e-7);
    ck_assert_double_eq_tol(s->sd, sqrt(var), 5 * sqrt(var * 0.5 / N_MANY));
    ck_assert_double_eq_tol(s->skew, third / pow(var, 1.5), 5 * sqrt(6.0 / N_MANY));
    ck_assert(fabs(third / pow(var, 1.5)) >
              10 * sqrt(6.0 / N_MANY)); /* there is something to see */
    aimc_tile_destroy(tile);
    free(s);
    aimc_context_destroy(ctx);
}
END_TEST

/* Without noise the states themselves: within AIMCI_MERGE_STEP of a step for each time that vectors
 * are merged, and the rounding of the sequence, half a unit of the last place each. */
START_TEST(merged_vectors_without_noise)
{
    aimc_context *ctx = test_context(0);
    const struct nearly *d = &nearly[_i];
    if (strstr(d->json, "noise_")) /* of its own */
        return;
    sample *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    aimc_config *config;
    must(aimc_config_create(ctx, d->name, &config));
    must(aimc_config_parse(config, d->json));
    must(aimc_config_set(config, "dw_min_std", 0));
    aimc_device *device;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_tile *tile = tile_of(ctx, device, 8, 1, 3);
    for (int at = -11; at <= 11; at++)
        for (size_t c = 0; c < N_PATTERNS; c++) {
            const struct pattern *p = &patterns[c];
            draw_rows(tile, AIMCI_MULTI_BATCH, (float)at * 0.05f, p->counts, p->n, a);
            draw_rows(tile, AIMCI_MULTI_SEQUENCE, (float)at * 0.05f, p->counts, p->n, b);
            ck_assert_msg(fabs(a->mean - b->mean) < 0.002 * (5 * 0.002) + 155 * 0x1p-25,
                          "%s from %g, %s: %.9g, %.9g", d->json, at * 0.05, p->what, a->mean,
                          b->mean);
        }
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    free(a);
    free(b);
    aimc_context_destroy(ctx);
}
END_TEST

/* Devices that differ from cell to cell, lanes that merge beside lanes that do not. */
START_TEST(merged_vectors_on_every_instruction_set)
{
    enum { OUT = 300, IN = 3 };
    static float first[OUT * IN], w[OUT * IN];
    const uint32_t cpus[] = {AIMC_CPU_C, AIMC_CPU_C | AIMC_CPU_AVX2, 0,
                             AIMC_CPU_C | AIMC_CPU_AVX2 | AIMC_CPU_AVX512};
    char json[512];
    /* the same without ALIKE */
    snprintf(json, sizeof json, "{\"dw_min\": 0.002%s", nearly[_i].json + strlen("{" ALIKE));
    for (size_t c = 0; c < sizeof cpus / sizeof cpus[0]; c++) {
        aimc_context *ctx = test_context(cpus[c]);
        aimc_tile *tile = test_tile(ctx, nearly[_i].name, json, OUT, IN, 8);
        sample *s = malloc(sizeof *s);
        const struct pattern *p = &patterns[N_PATTERNS - 1];
        draw_rows(tile, AIMCI_MULTI_BATCH, 0.1f, p->counts, p->n, s);
        weights_of(tile, c ? w : first);
        if (c)
            ck_assert_mem_eq(first, w, sizeof w);
        draw_rows(tile, AIMCI_MULTI_EXACT, 0.1f, p->counts, p->n, s);
        weights_of(tile, w);
        ck_assert_mem_ne(first, w, sizeof w); /* something was merged */
        free(s);
        aimc_tile_destroy(tile);
        aimc_context_destroy(ctx);
    }
}
END_TEST

/* Mean and variance of affine steps in closed form, with pulses in both directions far from the
 * bounds. */
START_TEST(moments_of_merged_vectors)
{
    aimc_context *ctx = test_context(0);
    sample *s = malloc(sizeof *s);
    aimc_tile *tile =
        test_tile(ctx, "soft_bounds", "{" ALIKE ", \"mult_noise\": false, \"dw_min_std\": 0.5}",
                  N_OUT, N_IN, 9);
    const struct pattern *p = &patterns[4];
    const double a = 0.002, k = -a / 0.6;
    double mean = (double)0.1f, var = 0;
    for (size_t r = 0; r < p->n; r++)
        for (int i = 0; i < abs(p->counts[r]); i++) {
            mean += (p->counts[r] > 0 ? a : -a) + k * mean;
            var = (1 + k) * (1 + k) * var + a * a * 0.25;
        }
    draw_rows(tile, AIMCI_MULTI_BATCH, 0.1f, p->counts, p->n, s);
    ck_assert_double_eq_tol(s->mean, mean, 5 * sqrt(var / N) + 1e-7);
    ck_assert_double_eq_tol(s->sd, sqrt(var), 5 * sqrt(var * 0.5 / N));
    aimc_tile_destroy(tile);
    free(s);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(exact_steps_have_the_law_of_the_sequence)
{
    aimc_context *ctx = test_context(0);
    same_law(ctx, "constant_step", "{" ALIKE "}", AIMCI_MULTI_EXACT);
    same_law(ctx, "constant_step", "{" ALIKE ", \"dw_min_std\": 2, \"up_down\": 0.1}",
             AIMCI_MULTI_EXACT);
    same_law(ctx, "soft_bounds", "{" ALIKE ", \"mult_noise\": false, \"dw_min_std\": 0.7}",
             AIMCI_MULTI_EXACT);
    same_law(ctx, "soft_bounds_reference",
             "{" ALIKE ", \"dw_min_std\": 1.5, \"write_noise_std\": 1, \"reference_mean\": 0.05}",
             AIMCI_MULTI_EXACT);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(close_steps_have_nearly_the_law_of_the_sequence)
{
    aimc_context *ctx = test_context(0);
    same_law(ctx, "soft_bounds", "{" ALIKE "}", AIMCI_MULTI_CLOSE);
    same_law(ctx, "linear_step",
             "{" ALIKE ", \"gamma_up\": 0.4, \"gamma_down\": -0.3, "
             "\"gamma_up_dtod\": 0, \"gamma_down_dtod\": 0, "
             "\"allow_increasing\": true, \"dw_min_std\": 1}",
             AIMCI_MULTI_CLOSE);
    aimc_context_destroy(ctx);
}
END_TEST

/* Multiplicative noise from its definition: the distance to the bound is multiplied by n factors
 * with mean r and variance (k sigma)^2. */
START_TEST(moments_of_multiplicative_noise)
{
    aimc_context *ctx = test_context(0);
    sample *s = malloc(sizeof *s);
    aimc_tile *tile =
        test_tile(ctx, "soft_bounds", "{" ALIKE ", \"dw_min_std\": 0.4}", N_OUT, N_IN, 5);
    const int n = 20;
    const double k = -0.002 / 0.6, r = 1 + k, u = 0.1 - 0.6;
    draw(tile, AIMCI_MULTI_CLOSE, 0.1f, n, s);
    const double mean = pow(r, n), square = pow(r * r + k * k * 0.16, n);
    const double sd = fabs(u) * sqrt(square - mean * mean);
    ck_assert_double_eq_tol(s->mean, 0.6 + u * mean, 5 * sd / sqrt(N));
    ck_assert_double_eq_tol(s->sd, sd, 5 * sd * sqrt(0.5 / N));
    aimc_tile_destroy(tile);
    free(s);
    aimc_context_destroy(ctx);
}
END_TEST

/* Multiplicative noise is pulsed in sequence unless asked for; constant steps are not. */
START_TEST(modes_do_what_they_say)
{
    aimc_context *ctx = test_context(0);
    sample *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    for (int k = 0; k < 2; k++) {
        const char *name = k ? "soft_bounds" : "constant_step";
        float same[3];
        for (int mode = AIMCI_MULTI_EXACT; mode <= AIMCI_MULTI_CLOSE; mode++) {
            aimc_tile *tile = test_tile(ctx, name, "{" ALIKE "}", N_OUT, N_IN, 6);
            draw(tile, mode, 0.0f, 5, a);
            same[mode] = a->w[N / 3];
            aimc_tile_destroy(tile);
        }
        ck_assert((same[AIMCI_MULTI_EXACT] == same[AIMCI_MULTI_SEQUENCE]) == (k == 1));
        ck_assert(same[AIMCI_MULTI_CLOSE] != same[AIMCI_MULTI_SEQUENCE]);
    }
    free(a);
    free(b);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("multi_pulse");
    TCase *t = aimct_case(s, "laws");
    tcase_add_test(t, exact_steps_have_the_law_of_the_sequence);
    tcase_add_test(t, close_steps_have_nearly_the_law_of_the_sequence);
    tcase_add_test(t, merged_vectors_have_the_law_of_the_sequence);
    tcase_add_test(t, moments_of_merged_vectors);
    tcase_add_test(t, moments_of_merged_multiplicative_noise);
    tcase_add_loop_test(t, merged_vectors_without_noise, 0, N_NEARLY);
    tcase_add_loop_test(t, merged_vectors_have_nearly_the_law_of_the_sequence, 0, N_NEARLY);
    tcase_add_loop_test(t, merged_vectors_of_a_million_cells, 0, N_NEARLY);
    tcase_add_loop_test(t, merged_vectors_on_every_instruction_set, 0, N_NEARLY);
    tcase_add_test(t, moments_of_multiplicative_noise);
    tcase_add_test(t, modes_do_what_they_say);
    return aimct_main(s);
}
