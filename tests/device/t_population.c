/* SPDX-License-Identifier: MIT */
/* Populations of 40000 devices against statistics recorded from another implementation
 * (tests/data/README.md).
 *
 * Its normals come from one table of 32768 a tile, so each of its four tiles has cycle-to-cycle
 * noise with a mean of up to some 0.0055 standard deviations: with noise sigma the mean of a curve
 * is off by 0.0055 / 2 sigma of the way. */
#include "device_test.h"

enum { SIDE = 100, N_TILES = 4, N = SIDE * SIDE * N_TILES };

/* What the names in the data mean. */
static const struct {
    const char *name, *preset, *json;
} variants[] = {
    {"LinearStepDevice_g0.5", "LinearStepDevice",
     "{\"gamma_up\": 0.5, \"gamma_down\": 0.5, \"w_max\": 1, \"w_min\": -1}"},
    {"LinearStepDevice_addnoise_wn", "LinearStepDevice",
     "{\"gamma_up\": 0.5, \"gamma_down\": 0.3, \"mult_noise\": false, \"write_noise_std\": 2, "
     "\"w_max\": 1, \"w_min\": -1}"},
    {"SoftBoundsDevice_addnoise", "SoftBoundsDevice", "{\"mult_noise\": false}"},
    {"PowStepDevice_g2", "PowStepDevice",
     "{\"pow_gamma\": 2, \"pow_up_down\": 0.1, \"w_max\": 1, \"w_min\": -1}"},
    {"PiecewiseStepDevice_11", "PiecewiseStepDevice",
     "{\"piecewise_up\": [1,0.9,0.8,0.7,0.6,0.5,0.4,0.3,0.2,0.1,0.05], "
     "\"piecewise_down\": [0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1]}"},
    {"ConstantStepDevice_updown0.2", "ConstantStepDevice",
     "{\"up_down\": 0.2, \"dw_min_dtod_log_normal\": true}"},
};

static aimc_device *device_of(aimc_context *ctx, const char *name)
{
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (strcmp(variants[i].name, name) == 0)
            return test_device(ctx, variants[i].preset, variants[i].json);
    return test_device(ctx, name, "{}");
}

/* A population: tiles of one device. */
typedef struct population {
    char name[64];
    aimc_tile *tile[N_TILES];
    double dw_min_std, top; /* mean weight after the up pulses */
    int done_up, done_down;
} population;

static void clear(population *p)
{
    for (int k = 0; k < N_TILES; k++)
        aimc_tile_destroy(p->tile[k]);
    memset(p, 0, sizeof *p);
}

static void found(aimc_context *ctx, population *p, const char *name)
{
    clear(p);
    snprintf(p->name, sizeof p->name, "%s", name);
    aimc_device *device = device_of(ctx, name);
    aimc_config *config = NULL;
    must(aimc_device_get_config(device, &config));
    must(aimc_config_get(config, "dw_min_std", &p->dw_min_std));
    aimc_config_destroy(config);
    for (int k = 0; k < N_TILES; k++) {
        p->tile[k] = tile_of(ctx, device, SIDE, SIDE, 100 + k);
        set_all(p->tile[k], 0);
    }
    aimc_device_unref(device);
}

static void pulse_to(population *p, bool up, int n)
{
    int *done = up ? &p->done_up : &p->done_down;
    for (int k = 0; k < N_TILES; k++)
        pulse_all(p->tile[k], up ? n - *done : *done - n);
    *done = n;
}

/* Apparent weights, or a parameter by name; false when devices have none of that name. */
static bool values_of(const population *p, const char *parameter, float *value)
{
    for (int k = 0; k < N_TILES; k++) {
        float *at = value + k * SIDE * SIDE;
        if (!parameter)
            weights_of(p->tile[k], at);
        else if (aimc_tile_get_parameter(p->tile[k], parameter, at, SIDE) != AIMC_OK)
            return false;
    }
    return true;
}

/* The largest deviation of each scalar in units of its tolerance. */
static double worst_mean, worst_std, worst_quantile;

static void compare_mean(const char *what, moments m, double mean, double std, double n,
                         double bias)
{
    const double tolerance =
        4 * std * sqrt(1 / m.n + 1 / n) + 0.003 * std + bias + 1e-6 * fabs(mean);
    const double deviation = fabs(m.mean - mean);
    ck_assert_msg(deviation <= tolerance + 1e-12, "%s: mean %.7g, not %.7g within %.2g", what,
                  m.mean, mean, tolerance);
    worst_mean = fmax(worst_mean, deviation / (tolerance + 1e-12));
}

/* room: relative, for the other sample. 4 / sqrt(2 n) for normal data; far more where a few cells
 * at their bounds decide */
static void compare_std(const char *what, moments m, double std, double room)
{
    const double tolerance = (room + 4 * sqrt((m.kurtosis - 1) / (4 * m.n))) * std;
    const double deviation = fabs(sqrt(m.var) - std);
    ck_assert_msg(deviation <= tolerance + 1e-8, "%s: std %.7g, not %.7g within %.2g", what,
                  sqrt(m.var), std, tolerance);
    worst_std = fmax(worst_std, deviation / (tolerance + 1e-8));
}

/* The share of values below the recorded quantile is p, within 5 standard errors of both samples.
 * shift: how far the recorded quantile may be off. */
static void compare_quantile(const char *what, const float *x, double q, double p, double n,
                             double shift)
{
    size_t below = 0, not_above = 0;
    const double room = shift + 1e-6 * fabs(q);
    for (size_t i = 0; i < N; i++) {
        below += (double)x[i] < q - room;
        not_above += (double)x[i] <= q + room;
    }
    const double tolerance = 5 * sqrt(p * (1 - p) * (1 / (double)N + 1 / n)) + 0.002;
    const double low = (double)below / N - p, high = p - (double)not_above / N;
    ck_assert_msg(fmax(low, high) <= tolerance, "%s: %.4f to %.4f of the values below q%02.0f = %g",
                  what, (double)below / N, (double)not_above / N, 100 * p, q);
    worst_quantile = fmax(worst_quantile, fmax(low, high) / tolerance);
}

START_TEST(pulse_response)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("device_pulse_response.csv");
    char line[512], what[128], *x[12];
    population p = {0};
    float *w = calloc(N, sizeof *w);
    int n_rows = 0;
    while (data_next(f, line, sizeof line, x, 12)) {
        const bool up = strcmp(x[2], "up") == 0;
        if (strcmp(p.name, x[0]) != 0)
            found(ctx, &p, x[0]);
        pulse_to(&p, up, atoi(x[3]));
        snprintf(what, sizeof what, "%s %s %s", x[0], x[2], x[3]);
        const double n = strtod(x[4], NULL);
        if (!values_of(&p, "persistent_weights", w))
            values_of(&p, NULL, w);
        const double now = moments_of(w, N).mean;
        if (up)
            p.top = now;
        const double way = up ? fabs(now) : fabs(p.top) + fabs(now - p.top);
        const double bias = 3 * 0.0055 / sqrt(N_TILES) * p.dw_min_std * way;
        if (isfinite(strtod(x[11], NULL)) && strtod(x[11], NULL) > 0) {
            compare_mean(what, moments_of(w, N), strtod(x[10], NULL), strtod(x[11], NULL), n, bias);
            compare_std(what, moments_of(w, N), strtod(x[11], NULL), 0.01);
        }
        values_of(&p, NULL, w);
        compare_mean(what, moments_of(w, N), strtod(x[5], NULL), strtod(x[6], NULL), n, bias);
        compare_std(what, moments_of(w, N), strtod(x[6], NULL), 0.01);
        compare_quantile(what, w, strtod(x[7], NULL), 0.05, n, bias);
        compare_quantile(what, w, strtod(x[8], NULL), 0.50, n, bias);
        compare_quantile(what, w, strtod(x[9], NULL), 0.95, n, bias);
        n_rows++;
    }
    fclose(f);
    clear(&p);
    free(w);
    ck_assert_int_gt(n_rows, 100);
    printf("pulse response: %d rows, worst mean %.2f, std %.2f, quantile %.2f of the tolerance\n",
           n_rows, worst_mean, worst_std, worst_quantile);
    aimc_context_destroy(ctx);
}
END_TEST

/* All device presets, from 0 in one direction; here the other implementation's tables were redrawn
 * often. */
START_TEST(preset_populations)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("device_population.csv");
    char line[512], what[128], *x[8];
    population p = {0};
    float *w = calloc(N, sizeof *w);
    int n_rows = 0;
    worst_mean = worst_std = 0;
    while (data_next(f, line, sizeof line, x, 8)) {
        const bool up = strcmp(x[1], "up") == 0;
        found(ctx, &p, x[0]);
        pulse_to(&p, up, atoi(x[2]));
        snprintf(what, sizeof what, "%s %s %s", x[0], x[1], x[2]);
        const double n = strtod(x[7], NULL), mean = strtod(x[3], NULL), std = strtod(x[4], NULL);
        if (!values_of(&p, "persistent_weights", w))
            values_of(&p, NULL, w);
        /* There a cell whose reference lies outside its bounds jumps at its first pulse, here it
         * starts inside; of these devices that is 3 % of the spread after one pulse. */
        const bool jumps = strncmp(x[0], "ReRamArray", 10) == 0 && atoi(x[2]) == 1;
        const double room = jumps ? 0.04 : 0.01;
        const double bias = 0.001 * p.dw_min_std * fabs(mean) + 5e-7;
        compare_mean(what, moments_of(w, N), mean, std, n, bias);
        compare_std(what, moments_of(w, N), std, room);
        values_of(&p, NULL, w);
        compare_mean(what, moments_of(w, N), strtod(x[5], NULL), strtod(x[6], NULL), n, bias);
        compare_std(what, moments_of(w, N), strtod(x[6], NULL), room);
        n_rows++;
    }
    fclose(f);
    clear(&p);
    free(w);
    ck_assert_int_eq(n_rows, 76);
    printf("preset populations: %d rows, worst mean %.2f, std %.2f of the tolerance\n", n_rows,
           worst_mean, worst_std);
    aimc_context_destroy(ctx);
}
END_TEST

/* Slopes of soft bounds follow from the steps and bounds. */
static bool slopes_of(const population *p, const char *name, float *value, float *scratch)
{
    const bool up = strcmp(name, "slope_up") == 0;
    if (!up && strcmp(name, "slope_down") != 0)
        return false;
    values_of(p, up ? "dwmin_up" : "dwmin_down", value);
    values_of(p, up ? "max_bound" : "min_bound", scratch);
    for (size_t i = 0; i < N; i++)
        value[i] = -value[i] / scratch[i];
    return true;
}

START_TEST(parameters)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("device_parameter_stats.csv");
    char line[512], what[128], *x[10];
    population p = {0};
    float *v = calloc(N, sizeof *v), *scratch = calloc(N, sizeof *scratch);
    int n_rows = 0;
    worst_mean = worst_std = worst_quantile = 0;
    while (data_next(f, line, sizeof line, x, 10)) {
        const double n = strtod(x[2], NULL), std = strtod(x[4], NULL);
        if (strcmp(p.name, x[0]) != 0)
            found(ctx, &p, x[0]);
        if (strcmp(x[1], "persistent_weights") == 0)
            continue; /* state, not a parameter */
        bool heavy = strcmp(x[1], "decay_scales") == 0;
        snprintf(what, sizeof what, "%s %s", x[0], x[1]);
        if (!values_of(&p, x[1], v)) {
            if (slopes_of(&p, x[1], v, scratch))
                heavy = true; /* a quotient */
            else {
                ck_assert_msg(std == 0, "%s: no such parameter", what);
                continue; /* alike in all devices: kept once */
            }
        }
        if (!heavy) {
            compare_mean(what, moments_of(v, N), strtod(x[3], NULL), std, n, 0);
            compare_std(what, moments_of(v, N), std, 0.01);
        }
        compare_quantile(what, v, strtod(x[6], NULL), 0.05, n, 0);
        compare_quantile(what, v, strtod(x[7], NULL), 0.50, n, 0);
        compare_quantile(what, v, strtod(x[8], NULL), 0.95, n, 0);
        n_rows++;
    }
    fclose(f);
    clear(&p);
    free(v);
    free(scratch);
    ck_assert_int_gt(n_rows, 50);
    printf("parameters: %d rows, worst mean %.2f, std %.2f, quantile %.2f of the tolerance\n",
           n_rows, worst_mean, worst_std, worst_quantile);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device populations");
    TCase *t = aimct_case(s, "population");
    tcase_add_test(t, pulse_response);
    tcase_add_test(t, preset_populations);
    tcase_add_test(t, parameters);
    return aimct_main(s);
}
