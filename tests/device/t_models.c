/* SPDX-License-Identifier: MIT */
/* Every device model and preset: noise-free curves, fields, presets, equal bits on every
 * instruction set, refusals. */
#include "device_test.h"

#define NO_SPREAD                                                                                  \
    "\"dw_min_dtod\": 0, \"w_min_dtod\": 0, \"w_max_dtod\": 0, \"up_down_dtod\": 0, "              \
    "\"dw_min_std\": 0"

/* ---- curves --------------------------------------------------------------------------------- */

/* Pulses up from w_start, then down, without noise and spread: the reference implementation's
 * weights. */
START_TEST(noise_free_curves)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("device_curves.csv");
    char line[1024], *x[8];
    double worst = 0;
    int n = 0;
    while (data_next(f, line, sizeof line, x, 8)) {
        aimc_device *device = test_device(ctx, x[1], x[7]);
        aimc_device_info info = {.struct_size = sizeof info};
        must(aimc_device_get_info(device, &info));
        if (strcmp(x[1], "exp_step") != 0) /* there ours differs on purpose, see below */
            ck_assert_double_eq_tol(info.granularity, strtod(x[6], NULL), 1e-6 * info.granularity);
        aimc_tile *tile = tile_of(ctx, device, 1, 1, 1);
        set_all(tile, strtof(x[2], NULL));
        for (int k = atoi(x[3]); k > 0; k--)
            pulse_all(tile, 1);
        pulse_all(tile, -atoi(x[4]));
        const double error = fabs((double)first_weight(tile) - strtod(x[5], NULL));
        ck_assert_msg(error <= 1e-6, "%s after %s up, %s down: %.8g, not %s", x[0], x[3], x[4],
                      (double)first_weight(tile), x[5]);
        worst = fmax(worst, error);
        n++;
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
    }
    fclose(f);
    ck_assert_int_gt(n, 100);
    printf("curves: %d points, worst deviation %.2g\n", n, worst);
    aimc_context_destroy(ctx);
}
END_TEST

static double curve(aimc_context *ctx, const char *name, const char *json, float start, int up,
                    int down)
{
    aimc_tile *tile = test_tile(ctx, name, json, 1, 1, 1);
    set_all(tile, start);
    pulse_all(tile, up);
    pulse_all(tile, -down);
    const double w = (double)first_weight(tile);
    aimc_tile_destroy(tile);
    return w;
}

/* T-17: exponent 1 is soft bounds with S_pow = S_soft R / |b|. */
START_TEST(pow_step_of_exponent_1_is_soft_bounds)
{
    aimc_context *ctx = test_context(0);
    for (int n = 0; n <= 60; n += 5) {
        const double soft = curve(ctx, "soft_bounds",
                                  "{" NO_SPREAD ", \"dw_min\": 0.01, \"up_down\": 0.2, "
                                  "\"w_max\": 0.8, \"w_min\": -0.5}",
                                  0.1f, n, n / 2);
        /* S+ = 0.01 * 1.3 / 0.8, S- = 0.008 * 1.3 / 0.5: the down step is the larger one */
        const double pow = curve(ctx, "pow_step",
                                 "{" NO_SPREAD ", \"dw_min\": 0.0208, \"up_down\": -0.21875, "
                                 "\"w_max\": 0.8, \"w_min\": -0.5, \"pow_gamma_dtod\": 0}",
                                 0.1f, n, n / 2);
        ck_assert_double_eq_tol(soft, pow, 2e-6);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* T-18: nodes, coefficients and tables sampled from a linear law are the linear step. */
START_TEST(sampled_curves_are_the_linear_step)
{
#define RANGE NO_SPREAD ", \"dw_min\": 0.02, \"w_max\": 0.8, \"w_min\": -0.4"
    static const struct {
        const char *name, *json;
    } same[] = {
        {"piecewise_step", "{" RANGE ", \"piecewise_up\": [1.25, 1, 0.75, 0.5], "
                           "\"piecewise_down\": [0.5, 1, 1.5, 2]}"},
        {"polynomial_step", "{" RANGE ", \"coefficients_up\": [1.25, -0.75], "
                            "\"coefficients_down\": [0.5, 1.5, 0]}"},
        {"table_step", "{" RANGE ", \"step_up\": [1.25, 0.5], \"step_down\": [0.5, 0.65, 1.85, 2], "
                       "\"state_down\": [0, 0.1, 0.9, 1]}"},
    };
    aimc_context *ctx = test_context(0);
    for (int n = 0; n <= 100; n += 10) {
        const double linear = curve(ctx, "linear_step",
                                    "{" RANGE ", \"gamma_up\": 0.5, \"gamma_down\": 0.5, "
                                    "\"gamma_up_dtod\": 0, \"gamma_down_dtod\": 0, "
                                    "\"mean_bound_reference\": false}",
                                    -0.1f, n, n / 2);
        for (size_t k = 0; k < sizeof same / sizeof same[0]; k++)
            ck_assert_double_eq_tol(curve(ctx, same[k].name, same[k].json, -0.1f, n, n / 2), linear,
                                    2e-6);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* All 64 nodes of a table, unevenly spaced, against interpolation done here. */
START_TEST(full_table)
{
    aimc_context *ctx = test_context(0);
    aimc_config *config = NULL;
    must(aimc_config_create(ctx, "table_step", &config));
    must(aimc_config_parse(config, "{" NO_SPREAD ", \"w_max\": 1, \"w_min\": 0, \"dw_min\": 1}"));
    double state[64], step[64];
    for (int i = 0; i < 64; i++) {
        state[i] = 0.05 + 0.9 * (i / 63.0) * (i / 63.0);
        step[i] = 0.001 * (1 + (i * 7) % 10);
    }
    must(aimc_config_set_list(config, "state_up", state, 64));
    must(aimc_config_set_list(config, "step_up", step, 64));
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_tile *tile = tile_of(ctx, device, 1, 1, 1);
    for (int k = 0; k <= 400; k++) {
        const float z = (float)k / 400.0f * 0.99f;
        set_all(tile, z);
        pulse_all(tile, 1);
        int i = 0;
        while (i < 62 && state[i + 1] <= (double)z)
            i++;
        const double t = fmin(fmax(((double)z - state[i]) / (state[i + 1] - state[i]), 0), 1);
        const double expected = (double)z + (1 - t) * step[i] + t * step[i + 1];
        ck_assert_double_eq_tol((double)first_weight(tile), expected, 1e-6);
    }
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
}
END_TEST

/* At the very ends of a list and of the range. */
START_TEST(ends_of_the_range)
{
    aimc_context *ctx = test_context(0);
    char json[1024] = "{" NO_SPREAD ", \"dw_min\": 0.01, \"piecewise_up\": [";
    size_t n = strlen(json);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 64; i++)
            n += (size_t)snprintf(json + n, sizeof json - n, "%s%d", i ? ", " : "", i % 7 + 1);
        n += (size_t)snprintf(json + n, sizeof json - n, "%s",
                              side ? "]}" : "], \"piecewise_down\": [");
    }
    ck_assert_double_eq_tol(curve(ctx, "piecewise_step", json, -0.6f, 1, 0), -0.59, 1e-6);
    ck_assert_double_eq_tol(curve(ctx, "piecewise_step", json, 0.6f, 0, 1), 0.59, 1e-6);
    /* a polynomial below 0 does not step back */
    const char *falling = "{" NO_SPREAD ", \"dw_min\": 0.01, \"coefficients_up\": [2, -3], "
                          "\"w_min\": 0, \"w_max\": 1}";
    ck_assert_double_eq_tol(curve(ctx, "polynomial_step", falling, 0.9f, 9, 0), 0.9, 1e-7);
    ck_assert_double_eq_tol(curve(ctx, "polynomial_step", falling, 0.5f, 1, 0), 0.505, 1e-7);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- our rule where another implementation has a defect ------------------------------------- */

/* p_max pulses lead from end to end, both ways; with the other mapping they do not. */
START_TEST(pmax_sweeps_end_where_they_should)
{
    aimc_context *ctx = test_context(0);
#define PMAX NO_SPREAD ", \"p_max\": 500, \"alpha\": 0.001, \"range_min\": -0.8, \"range_max\": 0.6"
    /* (1 - alpha)^n is exp(-alpha n) but for alpha / 2 */
    ck_assert_double_eq_tol(curve(ctx, "soft_bounds_pmax", "{" PMAX "}", -0.8f, 500, 0), 0.6, 1e-3);
    ck_assert_double_eq_tol(curve(ctx, "soft_bounds_pmax", "{" PMAX "}", 0.6f, 0, 500), -0.8, 1e-3);
    /* 804 pulses instead of 1000 reach the top (within a step), and 1000 do not lead back */
    ck_assert_double_eq_tol(curve(ctx, "SoftBoundsPmaxDevice", "{" NO_SPREAD "}", -1, 804, 0), 1,
                            2e-3);
    ck_assert_double_eq_tol(curve(ctx, "SoftBoundsPmaxDevice", "{" NO_SPREAD "}", 1, 0, 1000),
                            -0.2639, 1e-3);
    aimc_context_destroy(ctx);
}
END_TEST

/* Granularity of the exponential step is the mean of both steps at 0, not the down step. */
START_TEST(exp_step_granularity_is_of_both_directions)
{
    aimc_context *ctx = test_context(0);
    aimc_device *device = test_device(ctx, "PCMPresetDevice", "{}");
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    ck_assert_double_eq_tol(info.step_up_at_0, 0.28235, 1e-12);
    ck_assert_double_eq_tol(info.step_down_at_0, 0.03235, 1e-12);
    ck_assert_double_eq_tol(info.granularity, 0.15735, 1e-12);
    ck_assert_double_eq_tol(info.symmetry_point, 0.500052336554021, 1e-9);
    aimc_device_unref(device);
    device = test_device(ctx, "ReRamESPresetDevice", "{}");
    must(aimc_device_get_info(device, &info));
    ck_assert_double_eq_tol(info.symmetry_point, -0.2172298540430641, 1e-9);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

/* Setting clips the physical state: no cell lies outside its bounds, and no pulse throws it far. */
START_TEST(references_shift_the_bounds_everywhere)
{
    static const char *const names[] = {"pow_step_reference", "soft_bounds_reference"};
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 2; k++) {
        const char *json = "{" NO_SPREAD ", \"dw_min\": 0.05, \"w_max\": 0.8, \"w_min\": -0.5, "
                           "\"reference_mean\": 0.4}";
        ck_assert_double_eq_tol(curve(ctx, names[k], json, 0.7f, 0, 0), 0.4, 1e-6);
        ck_assert_double_eq_tol(curve(ctx, names[k], json, 0.7f, 1, 0), 0.4, 1e-6);
        ck_assert_double_eq_tol(curve(ctx, names[k], json, -2.0f, 0, 3), -0.9, 1e-6);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- window step ---------------------------------------------------------------------------- */

#define WINDOW(p, dw_min)                                                                          \
    "{" NO_SPREAD ", \"w_max\": 0.8, \"w_min\": -0.4, \"dw_min\": " dw_min                         \
    ", \"window_power\": " p "}"

/* The walk in double, with what single precision may add: each pulse rounds the state and a dozen
 * factors of the step, and stretches what is there already by 1 + dD/dw. */
static void check_window(aimc_context *ctx, const char *json, int p, float start, int direction)
{
    const double lo = (double)-0.4f, range = (double)0.8f - lo, step = (double)0.02f * direction;
    double w = (double)start, error = 0;
    aimc_tile *tile = test_tile(ctx, "window_step", json, 1, 1, 1);
    set_all(tile, start);
    for (int n = 0; n < 400; n++) {
        const double u = 2 * (w - lo) / range - 1, slope = -4 * p * pow(u, 2 * p - 1) / range;
        error = error * (1 + step * slope) + 0x1p-25 + 12 * 0x1p-24 * fabs(step);
        w += step * (1 - pow(u, 2 * p));
        pulse_all(tile, direction);
        ck_assert_double_eq_tol((double)first_weight(tile), w, error);
    }
    ck_assert_double_gt((w - (double)start) * direction, 1); /* from one end to the other */
    aimc_tile_destroy(tile);
}

START_TEST(window_step_follows_its_recurrence)
{
    aimc_context *ctx = test_context(0);
    check_window(ctx, WINDOW("1", "0.02"), 1, -0.38f, 1);
    check_window(ctx, WINDOW("1", "0.02"), 1, 0.78f, -1);
    check_window(ctx, WINDOW("3", "0.02"), 3, -0.38f, 1);
    check_window(ctx, WINDOW("3", "0.02"), 3, 0.78f, -1);
    aimc_context_destroy(ctx);
}
END_TEST

/* Small steps, p = 1: the logistic function of h n with h = 4 S / R, but for what steps of finite
 * size leave, (h / 2) f ln(f / f_0) with f = x (1 - x), and terms of h^2. */
START_TEST(window_step_is_logistic)
{
    aimc_context *ctx = test_context(0);
    const double h = 4 * 0.0012 / 1.2, x0 = (-0.34 + 0.4) / 1.2, f0 = x0 * (1 - x0);
    aimc_tile *tile = test_tile(ctx, "window_step", WINDOW("1", "0.0012"), 1, 1, 1);
    set_all(tile, -0.34f);
    for (int n = 100; n <= 2000; n += 100) {
        pulse_all(tile, 100);
        const double x = ((double)first_weight(tile) + 0.4) / 1.2;
        const double logistic = 1 / (1 + (1 / x0 - 1) * exp(-h * n)), f = logistic * (1 - logistic);
        ck_assert_double_eq_tol(x, logistic - h / 2 * f * log(f / f0), h * h);
    }
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

/* Steps are exactly 0 at the bounds of each cell, whatever they are, and so is their noise. */
START_TEST(window_step_stays_at_bounds)
{
    enum { N_CELLS = 1000 };
    static const char *const powers[] = {"1", "3", "8"};
    float before[N_CELLS], after[N_CELLS];
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 3; k++)
        for (int side = -1; side <= 1; side += 2) {
            char json[64];
            snprintf(json, sizeof json, "{\"dw_min\": 1, \"window_power\": %s}", powers[k]);
            aimc_tile *tile = test_tile(ctx, "window_step", json, N_CELLS, 1, 3);
            set_all(tile, (float)(10 * side)); /* clipped to the bound */
            weights_of(tile, before);
            pulse_all(tile, -5 * side);
            pulse_all(tile, 5 * side);
            weights_of(tile, after);
            ck_assert_mem_eq(before, after, sizeof before);
            set_all(tile, 0);
            pulse_all(tile, 1);
            weights_of(tile, after);
            ck_assert(after[0] != 0);
            aimc_tile_destroy(tile);
        }
    aimc_context_destroy(ctx);
}
END_TEST

/* One direction is stronger everywhere, or none; that both stand still at a bound is no balance. */
START_TEST(window_step_has_no_symmetry_point)
{
    static const char *const settings[] = {
        "{}", "{\"up_down\": 0.2, \"w_max\": 0.7, \"w_min\": -0.11}",
        "{\"up_down\": -0.2, \"w_max\": 0.7, \"w_min\": -0.11, \"window_power\": 4}"};
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 3; k++) {
        aimc_device *device = test_device(ctx, "window_step", settings[k]);
        aimc_device_info info = {.struct_size = sizeof info};
        must(aimc_device_get_info(device, &info));
        ck_assert_msg(isnan(info.symmetry_point), "%s: %g", settings[k], info.symmetry_point);
        ck_assert_double_eq_tol(info.granularity, k ? 0.0009 : 0.001, 1e-12);
        aimc_device_unref(device);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- fields and presets --------------------------------------------------------------------- */

START_TEST(every_field_is_described)
{
    aimc_context *ctx = test_context(0);
    for (size_t k = 0; k < aimc_preset_count(); k++) {
        aimc_preset_info preset = {.struct_size = sizeof preset};
        must(aimc_preset_get(k, &preset));
        ck_assert_msg(preset.doc[0] && preset.source[0], "%s has no doc or source", preset.name);
        aimc_config *config = NULL;
        must(aimc_config_create(ctx, preset.name, &config));
        for (size_t i = 0; i < aimc_config_count_fields(config); i++) {
            aimc_field_info f = {.struct_size = sizeof f};
            must(aimc_config_get_field(config, i, &f));
            ck_assert_msg(f.unit[0] && f.doc[0] && f.source[0], "%s.%s lacks unit, doc or source",
                          preset.kind, f.name);
            const bool number = f.type != AIMC_FIELD_LIST && f.type != AIMC_FIELD_CONFIG;
            ck_assert_msg(!number || (f.min <= f.default_value && f.default_value <= f.max),
                          "%s.%s: default %g outside [%g, %g]", preset.kind, f.name,
                          f.default_value, f.min, f.max);
        }
        aimc_config_destroy(config);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* Every field of every preset is what the original collection says. */
START_TEST(presets_have_the_collected_values)
{
    aimc_context *ctx = test_context(0);
    FILE *f = data_open("preset_fields.csv");
    char line[256], *x[3], alias[64] = "";
    aimc_config *config = NULL;
    int n_presets = 0;
    while (data_next(f, line, sizeof line, x, 3)) {
        if (strcmp(alias, x[0]) != 0) {
            aimc_config_destroy(config);
            must(aimc_config_create(ctx, x[0], &config));
            snprintf(alias, sizeof alias, "%s", x[0]);
            n_presets++;
        }
        char text[64];
        must(aimc_config_get_text(config, x[1], text, sizeof text, NULL));
        const double found = strcmp(text, "true") == 0    ? 1
                             : strcmp(text, "false") == 0 ? 0
                                                          : strtod(text + (text[0] == '['), NULL);
        ck_assert_msg(found == strtod(x[2] + (x[2][0] == '['), NULL), "%s.%s is %s, not %s", x[0],
                      x[1], text, x[2]);
    }
    fclose(f);
    aimc_config_destroy(config);
    ck_assert_int_ge(n_presets, 21);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- the same bits on every instruction set ------------------------------------------------- */

enum { N_OUT = 37, N_IN = 11 };

static bool is_ideal(const aimc_tile *tile)
{
    const size_t n = aimc_tile_count_parameters(tile);
    return n == 0 || strcmp(aimc_tile_get_parameter_name(tile, 0), "max_bound") != 0;
}

/* Everything that may happen to devices, once. */
static void exercise(aimc_tile *tile, float *w)
{
    int32_t counts[N_OUT * N_IN];
    uint32_t state = 12345;
    for (int i = 0; i < N_OUT * N_IN; i++)
        w[i] = 0.3f * sinf((float)i);
    must(aimc_tile_set_weights(tile, w, N_IN));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N_OUT * N_IN; i++) {
            state = state * 1664525u + 1013904223u;
            counts[i] = state >> 30 ? (int32_t)(state >> 20 & 63) - 31 : 0;
        }
        if (!is_ideal(tile))
            must(aimc_tile_pulse(tile, counts, N_IN));
        must(aimc_tile_diffuse(tile));
        must(aimc_tile_decay(tile, 1));
        must(aimc_tile_drift_trained(tile, 1.5));
        must(aimc_tile_reset(tile, 9, 4, 0.5));
    }
    must(aimc_tile_drift_trained(tile, 10));
    weights_of(tile, w);
}

static void compare_variants(const char *name, const char *json)
{
    static const uint32_t masks[] = {AIMC_CPU_C, AIMC_CPU_C | AIMC_CPU_AVX2,
                                     AIMC_CPU_C | AIMC_CPU_AVX2 | AIMC_CPU_AVX512,
                                     AIMC_CPU_C | AIMC_CPU_NEON};
    float w[2][N_OUT * N_IN], hidden[2][N_OUT * N_IN];
    for (size_t k = 0; k < sizeof masks / sizeof masks[0]; k++) {
        aimc_context *ctx = test_context(masks[k]);
        if (k > 0 && !(aimc_context_get_cpu(ctx) & ~(uint32_t)AIMC_CPU_C)) {
            aimc_context_destroy(ctx);
            continue; /* another machine's */
        }
        aimc_tile *tile = test_tile(ctx, name, json, N_OUT, N_IN, 7);
        exercise(tile, w[k > 0]);
        ck_assert_msg(k == 0 || memcmp(w[0], w[1], sizeof w[0]) == 0, "%s: mask %u", name,
                      masks[k]);
        const char *parameter = NULL;
        for (size_t i = 0; i < aimc_tile_count_parameters(tile); i++)
            parameter = aimc_tile_get_parameter_name(tile, i); /* the last: drawn last or hidden */
        if (parameter)
            parameter_of(tile, parameter, hidden[k > 0]);
        ck_assert_msg(k == 0 || !parameter || memcmp(hidden[0], hidden[1], sizeof w[0]) == 0,
                      "%s.%s: mask %u", name, parameter, masks[k]);
        for (int i = 0; i < N_OUT * N_IN; i++)
            ck_assert_msg(isfinite(w[k > 0][i]), "%s: weight %d is not finite", name, i);
        aimc_tile_destroy(tile);
        aimc_context_destroy(ctx);
    }
}

START_TEST(instruction_sets_agree)
{
    static const char *const everything =
        "{\"dw_min\": 0.01, \"dw_min_dtod_log_normal\": true, \"up_down\": 0.1, "
        "\"corrupt_devices_prob\": 0.1, \"lifetime\": 50, \"lifetime_dtod\": 0.2, "
        "\"diffusion\": 0.01, \"diffusion_dtod\": 0.2, \"reset_dtod\": 0.1, "
        "\"perfect_bias\": true, \"enforce_consistency\": false}";
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info preset = {.struct_size = sizeof preset};
        must(aimc_preset_get(i, &preset));
        if (strcmp(preset.category, "device") != 0)
            continue;
        compare_variants(preset.name, "{}");
        if (strcmp(preset.kind, "ideal") != 0 && strcmp(preset.kind, "soft_bounds_pmax") != 0 &&
            strcmp(preset.kind, "vteam") != 0 && strcmp(preset.kind, "stanford_pku") != 0 &&
            strcmp(preset.kind, "measured_step") != 0 && strstr(preset.kind, "_cell") == NULL)
            compare_variants(preset.name, everything);
    }
    compare_variants("vteam", "{\"window\": \"PRODROMAKIS\", \"write_noise_std\": 2, "
                              "\"endurance\": {\"onset\": 5, \"onset_dtod\": 0.2}}");
    compare_variants("measured_step",
                     "{\"level\": [0.1, 0.3, 0.9], \"state\": [0.2, 0.5], \"write_noise_std\": 2, "
                     "\"step_up\": [-0.02, 0.03, 0.05, 0, 0.001, 0.002], "
                     "\"step_down\": [-0.01, 0, 0.01, -0.03, -0.03, -0.03]}");
    compare_variants("ideal", "{\"drift\": {\"nu\": 0.1, \"nu_dtod\": 0.2}}");
    compare_variants("exp_step", "{\"write_noise_std\": 3, \"drift\": {\"nu\": 0.1, \"nu_dtod\": "
                                 "0.2, \"nu_std\": 0.1, \"nu_k\": 0.05, \"g_offset\": 0.1, "
                                 "\"w_noise_std\": 0.02}}");
    compare_variants("linear_step", "{\"mean_bound_reference\": false, \"mult_noise\": false, "
                                    "\"gamma_up\": 0.5, \"allow_increasing\": true, "
                                    "\"write_noise_std\": 2}");
    compare_variants("soft_bounds_reference", "{\"slope_up_dtod\": 0.2, \"slope_down_dtod\": 0.2, "
                                              "\"mult_noise\": true, \"write_noise_std\": 3}");
    compare_variants("pow_step_reference", "{\"pow_gamma\": 1.7, \"pow_up_down_dtod\": 0.1, "
                                           "\"reference_std\": 0.1, \"dw_min\": 0.02, "
                                           "\"subtract_symmetry_point\": true}");
    compare_variants("piecewise_step", "{\"piecewise_up\": [1, 0.5, 0.1], \"dw_min\": 0.02, "
                                       "\"piecewise_down\": [0.1, 1, 2]}");
    compare_variants("polynomial_step", "{\"coefficients_up\": [1, -1, 0.5, 0.1, 0, 0, 0, -0.2], "
                                        "\"dw_min\": 0.02}");
    compare_variants("window_step",
                     "{\"window_power\": 5, \"dw_min\": 0.02, \"write_noise_std\": 2}");
    compare_variants("table_step", "{\"step_up\": [1, 0.5, 0.1], \"noise_up\": [0.1, 0.5, 0.3], "
                                   "\"state_up\": [0.1, 0.2, 0.8], \"dw_min\": 0.02, "
                                   "\"dw_min_std\": 0}");
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------- */

START_TEST(contradictions_are_refused_by_name)
{
    static const struct {
        const char *kind, *json, *names;
    } bad[] = {
        {"linear_step", "{\"reverse_up\": true, \"mult_noise\": false}", "reverse_up"},
        {"soft_bounds", "{\"reverse_down\": true, \"mult_noise\": false}", "reverse_down"},
        {"soft_bounds_pmax", "{\"range_min\": 1, \"range_max\": 1}", "range_min"},
        {"soft_bounds_pmax", "{\"range_min\": 0.5, \"p_max\": 1e9, \"alpha\": 0.1}", "range_min"},
        {"soft_bounds_pmax", "{\"dw_min\": 0.1}", "dw_min"},
        {"piecewise_step", "{\"piecewise_up\": [1, 2]}", "piecewise_down"},
        {"piecewise_step", "{\"piecewise_up\": [], \"piecewise_down\": []}", "piecewise_up"},
        {"piecewise_step", "{\"piecewise_up\": [1, -1]}", "piecewise_up"},
        {"piecewise_step", "{\"piecewise_up\": [1, 0], \"piecewise_down\": [1, 1]}", "middle"},
        {"polynomial_step", "{\"coefficients_up\": []}", "coefficients_up"},
        {"polynomial_step", "{\"coefficients_down\": [1,1,1,1,1,1,1,1,1]}", "coefficients_down"},
        {"polynomial_step", "{\"coefficients_up\": [-1], \"coefficients_down\": [-1]}",
         "mid-range"},
        {"window_step", "{\"window_power\": 0}", "window_power"},
        {"window_step", "{\"window_power\": 9}", "window_power"},
        {"window_step", "{\"window_power\": 1.5}", "window_power"},
        {"measured_step", "{\"level\": []}", "0 levels"},
        {"measured_step", "{\"level\": [0.5, 0.4]}", "level[1] = 0.4 does not exceed"},
        {"measured_step", "{\"state\": [0.5]}", "no state or at least 2"},
        {"measured_step", "{\"state\": [0.5, 0.5]}", "state[1] = 0.5 does not exceed"},
        {"measured_step", "{\"level\": [0.2, 0.8]}", "step_up has 1 numbers"},
        {"measured_step", "{\"level\": [0.2, 0.8], \"step_up\": [0.2, 0.1], \"step_down\": [0, 0]}",
         "step_up[1] = 0.1 is less than step_up[0] = 0.2"},
        {"measured_step", "{\"measured_width_down\": []}", "0 in measured_width_down"},
        {"measured_step", "{\"measured_energy_up\": [1, 2]}", "2 in measured_energy_up"},
        {"measured_step",
         "{\"measured_voltage_up\": [1, 1], \"measured_width_up\": [1e-7, 1e-7], "
         "\"step_up\": [0.1, 0.2]}",
         "the condition 1 V, 1e-07 s is twice"},
        {"measured_step", "{\"voltage_up\": 2}", "voltage_up = 2 V is outside"},
        {"measured_step", "{\"width_down\": 2e-7}", "width_down = 2e-07 s is outside"},
        {"measured_step",
         "{\"measured_voltage_up\": [1, 2], \"measured_width_up\": [1e-7, 2e-7], "
         "\"step_up\": [0.1, 0.2], \"voltage_up\": 1.5}",
         "beside 2 V and 1e-07 s, which was not measured"},
        {"measured_step", "{\"step_up\": [-0.1]}", "up has to be above down"},
        {"table_step", "{\"step_up\": []}", "step_up"},
        {"table_step", "{\"step_up\": [1, 1], \"state_up\": [0.5, 0.5]}", "state_up[1]"},
        {"table_step", "{\"step_down\": [1, 1], \"state_down\": [0.5]}", "state_down"},
        {"table_step", "{\"state_up\": [0.5]}", "state_up"},
        {"table_step", "{\"step_up\": [1, 1], \"noise_up\": [0.5]}", "noise_up"},
        {"table_step", "{\"step_up\": [1, -1]}", "step_up"},
        {"exp_step", "{\"lifetime\": 0.5}", "lifetime"},
        {"pow_step", "{\"w_min\": 0.5}", "w_min"},
        {"pow_step", "{\"dw_min_dtod\": -0.1}", "dw_min_dtod"},
        {"constant_step", "{\"write_noise_std\": 1}", "write_noise_std"},
        {"pow_step_reference", "{\"write_noise_std\": 1}", "write_noise_std"},
    };
    aimc_context *ctx = test_context(0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        aimc_device *device = NULL;
        const aimc_status st = try_device(ctx, bad[i].kind, bad[i].json, &device);
        ck_assert_msg(st == AIMC_ERR_INVALID && !device, "%s %s was taken", bad[i].kind,
                      bad[i].json);
        ck_assert_msg(strstr(aimc_get_last_error(), bad[i].names) != NULL, "%s %s: '%s'",
                      bad[i].kind, bad[i].json, aimc_get_last_error());
    }
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device models");
    TCase *t = aimct_case(s, "models");
    tcase_add_test(t, noise_free_curves);
    tcase_add_test(t, pow_step_of_exponent_1_is_soft_bounds);
    tcase_add_test(t, sampled_curves_are_the_linear_step);
    tcase_add_test(t, full_table);
    tcase_add_test(t, ends_of_the_range);
    tcase_add_test(t, pmax_sweeps_end_where_they_should);
    tcase_add_test(t, exp_step_granularity_is_of_both_directions);
    tcase_add_test(t, references_shift_the_bounds_everywhere);
    tcase_add_test(t, window_step_follows_its_recurrence);
    tcase_add_test(t, window_step_is_logistic);
    tcase_add_test(t, window_step_stays_at_bounds);
    tcase_add_test(t, window_step_has_no_symmetry_point);
    tcase_add_test(t, every_field_is_described);
    tcase_add_test(t, presets_have_the_collected_values);
    tcase_add_test(t, instruction_sets_agree);
    tcase_add_test(t, contradictions_are_refused_by_name);
    return aimct_main(s);
}
