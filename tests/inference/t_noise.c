/* SPDX-License-Identifier: MIT */
/* Noise models: closed forms with given normals, then statistics against recordings of a peer. */
#include "noise_test.h"

#include "fail_alloc.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* The tables are printed to about five digits; programmed conductances are floats of up to 225. */
static void near(double value, double expected, double relative, const char *what)
{
    ck_assert_msg(fabs(value - expected) <= relative * fabs(expected) + 2e-5, "%s: %.8g, not %.8g",
                  what, value, expected);
}

/* ---- closed forms --------------------------------------------------------------------------- */

/* Error that one standard normal makes, from a target where nothing is clipped. */
static double program_spread(const aimc_noise_model *m, double target)
{
    return run_one(m, target, 1, 0, 0, 0).programmed - target;
}

START_TEST(programming_spread)
{
    static const struct {
        const char *name, *settings;
        double g[10], spread[10];
    } cases[] = {
        {"pcm_like",
         "",
         {0, 1, 2.5, 5, 10, 12.5, 15, 20, 20.94, 25},
         {.26348, .3402, .44825, .60956, .86178, .95271, 1.02016, 1.0847, 1.08635, 1.05538}},
        {"pcm_like", "g_max=50", {0, 10, 50}, {.52696, 1.21912, 2.11076}},
        {"pcm_like", "prog_coeff=[1, 2];prog_noise_scale=3", {0, 12.5, 25}, {3, 6, 9}},
        {"pcm_like", "prog_coeff=[1];prog_coeff_g_max_reference=50", {0, 25}, {.5, .5}},
        {"pcm_hermes",
         "",
         {0, 2, 5, 10, 15, 20.7},
         {.16603, .54694, .87693, .99473, .91597, 1.0927}},
        {"pcm_hermes", "num_devices=1", {0, 2, 5, 10.35}, {.15782, .53118, .85353, 1.00757}},
        {"reram_wan2022", "", {0, 4, 10, 20, 30, 40}, {.348, 1.5562, 2.2583, 2.0229, 1.533, 1.103}},
        {"reram_wan2022", "g_max=20", {0, 2, 20}, {.174, .7781, .5515}},
        {"aihwkit_wan", "", {0, 2.5, 25}, {.348, 1.5562, 1.103}},
        {"reram_cmo", "", {9, 50, 88.2}, {.01043, .05425, .09508}},
        {"reram_cmo", "acceptance=2", {9, 50, 88.2}, {.11283, .57573, 1.00702}},
        {"state_independent", "", {0, 12, 25}, {.2, .2, .2}},
        {"pcm_joshi", "", {0, 5, 12.5, 20, 25}, {.2864, .621, .9553, 1.0885, 1.0655}},
        {"rram_wan",
         "",
         {0, 4, 10, 20, 30, 39.26},
         {1.053, 1.8257, 2.4136, 2.3618, 1.8192, 1.6806}},
        {"rram_milo", "", {50, 225}, {4.326971, 2.733246}},
        {"sonos", "", {.5, 1, 4, 8, 16}, {.0491, .08608, .17829, .19674, .19884}},
        {"generic_noise", "prog_magnitude=0.1", {0, 50, 100}, {10, 10, 10}},
        {"generic_noise", "prog_magnitude=0.1;prog_kind=PROPORTIONAL", {0, 50, 100}, {0, 5, 10}},
        {"generic_noise", "prog_magnitude=0.01;prog_kind=INVERSE", {0, 50, 100}, {0, 2, 1}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_noise_model *m = noise_model(ctx, cases[k].name, cases[k].settings);
        for (size_t i = 0; i < 10 && (i == 0 || cases[k].g[i] > 0); i++)
            near(program_spread(m, cases[k].g[i]), cases[k].spread[i], 1e-4, cases[k].name);
        aimc_noise_model_destroy(m);
    }
}
END_TEST

START_TEST(drift_exponents)
{
    static const struct {
        const char *name, *settings;
        double g, mean, spread;
    } cases[] = {
        {"pcm_like", "", .25, .09578, .045},
        {"pcm_like", "", .5, .08504, .043},
        {"pcm_like", "", 1.25, .07083, .03155},
        {"pcm_like", "", 2.5, .06009, .02288},
        {"pcm_like", "", 5, .04935, .01422},
        {"pcm_like", "", 25, .049, .008},
        {"pcm_like", "", 0, .1, .045},
        {"pcm_like", "drift_scale=2", 25, .098, .016},
        /* -0.0387 log(0.05) - 0.0182 and its clips; the polynomials at 1 */
        {"pcm_hermes", "", 1.035, .0977338, .0293496},
        {"pcm_hermes", "", 20.7, .0174, .0048},
        {"pcm_hermes", "num_devices=1", 10.35, .0174, .0055},
        {"state_independent", "", 7, .1, .05},
        {"custom_drift", "g_lst=[0, 10, 20];nu_mean_lst=[0.1, 0.2, 0];nu_std_lst=[0, 0.1, 0.1]", 5,
         .15, .05},
        {"custom_drift", "g_lst=[0, 10];nu_mean_lst=[0.1, 0.2]", 25, .2, 0},
        {"generic_noise", "drift_nu=0.03;drift_nu_std=0.01", 1, .03, .01},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_noise_model *m = noise_model(ctx, cases[k].name, cases[k].settings);
        const double mean = run_one(m, cases[k].g, 0, 0, 0, 0).state;
        near(mean, cases[k].mean, 1e-4, cases[k].name);
        near(run_one(m, cases[k].g, 0, 1, 0, 0).state - mean, cases[k].spread, 2e-4, cases[k].name);
        /* far below the mean the exponent is turned to its absolute value */
        near(run_one(m, cases[k].g, 0, -100, 0, 0).state,
             fabs(cases[k].mean - 100 * cases[k].spread), 1e-3, cases[k].name);
        aimc_noise_model_destroy(m);
    }
}
END_TEST

START_TEST(drift_over_time)
{
    /* mean conductance (read normal 0) and size of the read noise at a time */
    static const struct {
        const char *name, *settings;
        double g, t, mean, noise;
    } cases[] = {
        {"pcm_like", "", 25, 60, 25 * .93433, 25 * .93433 * .0088 * 4.34634},
        {"pcm_like", "", 25, 2592000, 25 * .56167, 25 * .56167 * .0088 * 5.41079},
        {"pcm_like", "", 2.5, 0, 2.5, 2.5 * .03931 * 4.18382},
        {"pcm_like", "read_noise_scale=2", 2.5, 0, 2.5, 5 * .03931 * 4.18382},
        {"pcm_like", "drift_scale=0", 25, 86400, 25, 25 * .0088 * 5.08681},
        {"state_independent", "g_max=50", 10, 0, 10, 10 * .04 * 4.18382},
        {"reram_cmo", "", 50, 10, 50 - .2049, .18504},
        {"reram_cmo", "", 50, 86400, 50 - 1.0117, .23194},
        {"reram_cmo", "read_noise_scale=0", 50, 3600, 50 - .7288, 0},
        {"reram_wan2022", "", 20, 86400, 20, 3.909},
        {"reram_wan2022", "", 20, 172800, 20, 3.9291},
        /* halfway in log t between 1 s and 1 day */
        {"reram_wan2022", "", 20, 293.9387691, 20, (2.0229 + 3.909) / 2},
        {"pcm_joshi", "", 12, 1e9, 12, 0},
        {"sonos", "", 4, 0, 4, .10617},
        {"generic_noise", "drift_nu=0.05;read_magnitude=0.01", 50, 99, 50 * .794328, 1},
        {"custom_drift", "q_lst=[0.1];g_lst=[5];nu_mean_lst=[0]", 5, 0, 5, .5 * 4.18382},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_noise_model *m = noise_model(ctx, cases[k].name, cases[k].settings);
        const double mean = run_one(m, cases[k].g, 0, 0, cases[k].t, 0).read;
        near(mean, cases[k].mean, 2e-4, cases[k].name);
        near(run_one(m, cases[k].g, 0, 0, cases[k].t, 1).read - mean, cases[k].noise, 1e-3,
             cases[k].name);
        aimc_noise_model_destroy(m);
    }
}
END_TEST

START_TEST(relaxation_of_a_device_is_its_own)
{
    aimc_noise_model *m = noise_model(ctx, "reram_cmo", "");
    near(run_one(m, 50, 0, 1, 60, 0).read, 50 - .3644 + .5838, 1e-4, "cmo");
    near(run_one(m, 50, 0, 1, 86400, 0).read, 50 - 1.0117 + .8894, 1e-4, "cmo");
    ck_assert_double_eq_tol(run_one(m, 9, 0, -5, 60, 0).read, 9, 1e-6); /* clamped there */
    near(run_one(m, 0.5, -1, -5, 0, 0).programmed, 0.5 - (.00081107 + .5 * .00106879), 1e-4, "low");
    aimc_noise_model_destroy(m);
    m = noise_model(ctx, "sonos", "drift_scale=0");
    near(run_one(m, 4, 1, 0, 3 * 86400, 0).read - 4, .0310432 * (1 - exp(-400 / 198.90332)) * 10,
         1e-3, "sonos");
    aimc_noise_model_destroy(m);
    /* the mean shift of day 2 at 400 nA, summed by hand in double */
    m = noise_model(ctx, "sonos", "");
    static const double p[] = {.250712,     6.62195e-2,   -6.83218e-4,  2.99442e-6,
                               -6.78255e-9, 7.70482e-12,  -3.04983e-15, -2.15919e-18,
                               2.94617e-21, -1.23359e-24, 1.85329e-28};
    double shift = 0, power = 1;
    for (size_t k = 0; k < 11; k++, power *= 400)
        shift += p[k] * power;
    near(run_one(m, 4, 0, 0, 2 * 86400, 0).read, 4 + shift / 100, 1e-5, "sonos shift");
    /* about the shifted current: 10 nA are 11.286 nA after five days, whose spread is 1.8317 nA */
    near(run_one(m, .1, 1, 0, 5 * 86400, 0).read - run_one(m, .1, 0, 0, 5 * 86400, 0).read, .018317,
         1e-4, "sonos spread");
    /* and A and B go on linearly between the days, here of 2.5: 29.885355 and 196.23583 */
    const double mean = run_one(m, 8, 0, 0, 2.5 * 86400, 0).read;
    near(run_one(m, 8, 1, 0, 2.5 * 86400, 0).read - mean,
         .29885355 * (1 - exp(-100 * mean / 196.23583)), 1e-4, "sonos between");
    aimc_noise_model_destroy(m);
}
END_TEST

START_TEST(cells_of_few_bits)
{
    aimc_noise_model *m = noise_model(ctx, "generic_noise", "g_min=10;g_max=40;cell_bits=2");
    static const double in[] = {10, 14, 16, 29, 36, 40}, out[] = {10, 10, 20, 30, 40, 40};
    for (size_t k = 0; k < 6; k++)
        ck_assert_double_eq_tol(run_one(m, in[k], 0, 0, 0, 0).programmed, out[k], 1e-5);
    aimc_noise_model_destroy(m);
    m = noise_model(ctx, "generic_noise", "prog_magnitude=1;clip_conductance=true;g_min=10");
    ck_assert_double_eq_tol(run_one(m, 50, 9, 0, 0, 0).programmed, 100, 1e-5);
    ck_assert_double_eq_tol(run_one(m, 50, -9, 0, 0, 0).programmed, 10, 1e-5);
    aimc_noise_model_destroy(m);
    /* uniform: the 0.841 quantile of a normal is that of [-1/2, 1/2) */
    m = noise_model(ctx, "generic_noise", "prog_magnitude=0.1;distribution=UNIFORM");
    near(run_one(m, 50, 1, 0, 0, 0).programmed - 50, 10 * .3413447, 1e-4, "uniform");
    aimc_noise_model_destroy(m);
}
END_TEST

/* ---- recordings ----------------------------------------------------------------------------- */

enum { N = 100000 };

/* The recorder's normals come from a table of 32768; near 0 uS the clipped laws have heavy tails,
 * for which the standard error of a spread is some 3 times that of a normal. */
static void compare_moments(const char *what, const float *g, size_t n, double mean, double std,
                            double n_ref)
{
    aimct_moments m = {0};
    for (size_t i = 0; i < n; i++)
        aimct_add(&m, (double)g[i]);
    const double per_n = 1 / (double)n + 1 / n_ref;
    const double got = sqrt(aimct_variance(&m));
    ck_assert_msg(fabs(m.mean - mean) <= 4.5 * std * sqrt(per_n) + 0.003 * std + 1e-6,
                  "%s: mean %g, recorded %g", what, m.mean, mean);
    ck_assert_msg(fabs(got - std) <= 0.01 * std + 9 * std * sqrt(per_n / 2) + 1e-6,
                  "%s: std %g, recorded %g", what, got, std);
}

static aimc_population *recorded_cells(const char *name, size_t n)
{
    static const struct {
        const char *recorded, *name, *settings;
    } models[] = {{"PCMLike", "PCMLike", ""},
                  {"PCMLike_noreadnoise", "PCMLike", "read_noise_scale=0"},
                  {"PCMLike_noprog", "PCMLike", "prog_noise_scale=0"},
                  {"StateIndependent", "StateIndependent", ""},
                  {"ReRamWan2022", "ReRamWan2022", ""}};
    for (size_t k = 0; k < sizeof models / sizeof models[0]; k++)
        if (strcmp(models[k].recorded, name) == 0) {
            aimc_noise_model *m = noise_model(ctx, models[k].name, models[k].settings);
            aimc_population *cells = NULL;
            OK(aimc_population_create(m, n, 11, &cells));
            aimc_noise_model_destroy(m);
            return cells;
        }
    ck_abort_msg("no model for %s", name);
    return NULL;
}

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* A quantile is known to sqrt(q (1 - q) / n) / density; 0.03 std is beyond 5 such errors where the
 * law is as wide as its std says, and the recorder's table adds 0.0055 std. */
static void compare_quantiles(const char *what, float *g, const double q[3], double std)
{
    static const double at[3] = {0.05, 0.5, 0.95};
    qsort(g, N, sizeof *g, compare_floats);
    for (size_t k = 0; k < 3; k++) {
        const double got = (double)g[(size_t)(at[k] * (N - 1))];
        ck_assert_msg(fabs(got - q[k]) <= 0.06 * std + 1e-6, "%s: quantile %g is %g, recorded %g",
                      what, at[k], got, q[k]);
    }
}

START_TEST(recorded_conductances)
{
    FILE *f = aimct_data("inference_noise_conductance.csv");
    char line[256], model[40], time[32], last[40] = "";
    double target, n_ref, mean, std, q[3], last_target = -1;
    float *g = malloc(N * sizeof *g);
    aimc_population *cells = NULL;
    size_t rows = 0;
    ck_assert(fgets(line, sizeof line, f) != NULL);
    while (fgets(line, sizeof line, f)) {
        ck_assert_int_eq(sscanf(line, "%39[^,],%lf,%31[^,],%lf,%lf,%lf,%lf,%lf,%lf", model, &target,
                                time, &n_ref, &mean, &std, &q[0], &q[1], &q[2]),
                         9);
        if (strcmp(model, last) != 0) {
            aimc_population_destroy(cells);
            cells = recorded_cells(model, N);
            strcpy(last, model);
            last_target = -1;
        }
        if (target != last_target) {
            for (size_t i = 0; i < N; i++)
                g[i] = (float)target;
            OK(aimc_population_program(cells, g));
            last_target = target;
        }
        if (strcmp(time, "programmed") == 0)
            OK(aimc_population_get(cells, "programmed", g));
        else
            OK(aimc_population_read(cells, atof(time), g));
        compare_moments(line, g, N, mean, std, n_ref);
        compare_quantiles(line, g, q, std);
        rows++;
    }
    ck_assert_uint_gt(rows, 300);
    aimc_population_destroy(cells);
    free(g);
    fclose(f);
}
END_TEST

START_TEST(recorded_exponents)
{
    FILE *f = aimct_data("inference_noise_drift_coeff.csv");
    char line[256], model[40];
    double target, n_ref, mean, std;
    float *g = malloc(N * sizeof *g);
    ck_assert(fgets(line, sizeof line, f) != NULL);
    while (fgets(line, sizeof line, f)) {
        ck_assert_int_eq(
            sscanf(line, "%39[^,],%lf,%lf,%lf,%lf", model, &target, &n_ref, &mean, &std), 5);
        if (strcmp(model, "ReRamWan2022") == 0)
            continue; /* has no exponent */
        aimc_population *cells = recorded_cells(model, N);
        for (size_t i = 0; i < N; i++)
            g[i] = (float)target;
        OK(aimc_population_program(cells, g));
        OK(aimc_population_get(cells, "state", g));
        compare_moments(line, g, N, mean, std, n_ref);
        aimc_population_destroy(cells);
    }
    free(g);
    fclose(f);
}
END_TEST

/* ---- life of a population ------------------------------------------------------------------- */

enum { FEW = 1000 };

START_TEST(state_is_kept)
{
    aimc_noise_model *m = noise_model(ctx, "pcm_like", "read_noise_scale=0");
    aimc_population *cells = NULL;
    float g[FEW], p[FEW], nu[FEW], first[FEW], again[FEW];
    OK(aimc_population_create(m, FEW, 3, &cells));
    FAILS(AIMC_ERR_STATE, "programmed", aimc_population_read(cells, 0, g));
    for (size_t i = 0; i < FEW; i++)
        g[i] = 25.0f * (float)i / FEW;
    OK(aimc_population_program(cells, g));
    OK(aimc_population_get(cells, "programmed", p));
    OK(aimc_population_get(cells, "state", nu));
    OK(aimc_population_read(cells, 1e6, first));
    OK(aimc_population_read(cells, 3600, again));
    OK(aimc_population_read(cells, 1e6, again)); /* any order; without read noise the same */
    ck_assert_mem_eq(first, again, sizeof first);
    for (size_t i = 0; i < FEW; i++)
        near((double)first[i], (double)p[i] * pow((1e6 + 20) / 20, -(double)nu[i]), 1e-5, "drift");
    OK(aimc_population_program(cells, g));
    OK(aimc_population_get(cells, "programmed", again));
    ck_assert_mem_ne(p, again, sizeof p); /* a new event draws anew */
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(m);
}
END_TEST

START_TEST(same_bits_for_any_number_of_threads)
{
    float g[2][FEW];
    for (uint32_t k = 0; k < 2; k++) {
        aimc_context *own = aimct_context(k ? 4 : 1, 0, 5);
        aimc_noise_model *m = noise_model(own, "pcm_like", "");
        aimc_population *cells = NULL;
        OK(aimc_population_create(m, FEW, 3, &cells));
        for (size_t i = 0; i < FEW; i++)
            g[k][i] = 12;
        OK(aimc_population_program(cells, g[k]));
        OK(aimc_population_read(cells, 60, g[k]));
        aimc_population_destroy(cells);
        aimc_noise_model_destroy(m);
        aimc_context_destroy(own);
    }
    ck_assert_mem_eq(g[0], g[1], sizeof g[0]);
}
END_TEST

START_TEST(bad_input)
{
    aimc_noise_model *m = NULL;
    aimc_population *cells = NULL;
    aimc_config *config = NULL;
    float g[2] = {1, 2};
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_noise_model_create(NULL, "pcm_like", NULL, &m));
    FAILS(AIMC_ERR_INVALID, "did you mean 'pcm_like'",
          aimc_noise_model_create(ctx, "pcm_likes", NULL, &m));
    FAILS(AIMC_ERR_INVALID, "not a noise model",
          aimc_noise_model_create(ctx, "soft_bounds", NULL, &m));
    const struct {
        const char *name, *settings, *words;
    } bad[] = {{"pcm_like", "g_min=30", "g_min = 30 uS is not below g_max"},
               {"pcm_like", "t_0=0", "t_0"},
               {"reram_cmo", "acceptance=0.02", "acceptance = 0.02"},
               {"sonos", "g_max=20", "1800 nA"},
               {"custom_drift", "g_lst=[1, 2];nu_mean_lst=[0.1]", "nu_mean_lst"},
               {"custom_drift", "g_lst=[2, 1];nu_mean_lst=[0.1, 0.1]", "g_lst must rise"},
               {"noise_table", "", "g_us"},
               {"noise_table", "g_us=[1, 2];t_s=[1];sigma_us=[1, 2, 3]", "sigma_us"}};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        config = noise_config(ctx, bad[k].name, bad[k].settings);
        FAILS(AIMC_ERR_INVALID, bad[k].words, aimc_noise_model_create(ctx, NULL, config, &m));
        aimc_config_destroy(config);
    }
    m = noise_model(ctx, "reram_wan2022", "");
    FAILS(AIMC_ERR_INVALID, "n is 0", aimc_population_create(m, 0, 0, &cells));
    OK(aimc_population_create(m, 2, 0, &cells));
    OK(aimc_population_program(cells, g));
    FAILS(AIMC_ERR_INVALID, "before the end of programming", aimc_population_read(cells, -1, g));
    FAILS(AIMC_ERR_INVALID, "extrapolate", aimc_population_read(cells, 1e6, g));
    FAILS(AIMC_ERR_INVALID, "extrapolate", aimc_population_read(cells, 0.5, g));
    FAILS(AIMC_ERR_INVALID, "t = nan; 0 ... 1e+30", aimc_population_read(cells, (double)NAN, g));
    FAILS(AIMC_ERR_INVALID, "1e+30 is needed", aimc_population_read(cells, 1e308, g));
    OK(aimc_population_read(cells, 0, g));
    FAILS(AIMC_ERR_INVALID, "known", aimc_population_get(cells, "nu", g));
    g[1] = -1;
    FAILS(AIMC_ERR_INVALID, "[1] = -1", aimc_population_program(cells, g));
    g[1] = 41;
    FAILS(AIMC_ERR_INVALID, "above g_max = 40", aimc_population_program(cells, g));
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(m);
    m = noise_model(ctx, "reram_wan2022", "extrapolate=true");
    OK(aimc_population_create(m, 2, 0, &cells));
    g[1] = 1;
    OK(aimc_population_program(cells, g));
    OK(aimc_population_read(cells, 1e6, g));
    aimc_population_destroy(cells);
    aimc_noise_model_destroy(m);
}
END_TEST

START_TEST(no_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_context *own = NULL;
        aimc_noise_model *m = NULL;
        aimc_population *cells = NULL;
        aimc_status st = aimc_context_create(&params, &own);
        if (!st)
            st = aimc_noise_model_create(own, "pcm_joshi", NULL, &m);
        if (!st)
            st = aimc_population_create(m, 100, 1, &cells);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_population_destroy(cells);
        aimc_noise_model_destroy(m);
        aimc_context_destroy(own);
        ck_assert_uint_eq(heap.live_blocks, 0);
    } while (heap.failed);
    ck_assert_uint_gt(n, 5);
}
END_TEST

/* ---- measured tables ------------------------------------------------------------------------ */

static const char *write_file(const char *text)
{
    static char path[64];
    strcpy(path, "/tmp/aimc-noise-XXXXXX");
    FILE *f = fdopen(mkstemp(path), "w");
    ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    return path;
}

START_TEST(measured_table)
{
    aimc_config *config = noise_config(ctx, "noise_table", "");
    const char *path = write_file("g,t,bias,sigma,nu_mean\n"
                                  "# two conductances at two times\n"
                                  "0,1,0,1,0\n10,1,0.5,2,0.1\n0,100,0,2,0\n10,100,1,6,0.1\n");
    OK(aimc_noise_table_load(config, path));
    remove(path);
    aimc_noise_model *m = NULL;
    OK(aimc_noise_model_create(ctx, NULL, config, &m));
    near(run_one(m, 5, 1, 0, 0, 0).programmed, 5 + .25 + 1.5, 1e-6, "programmed");
    /* halfway in log t: bias 0.375, spread 2.75 */
    near(run_one(m, 5, 1, 0, 10, 0).read, (5 + .375 + 2.75) * pow(11, -.05), 1e-5, "read");
    near(run_one(m, 20, 0, 0, 100, 0).read, 21 * pow(101, -.1), 1e-5, "beyond the last");
    ck_assert_double_eq(aimci_noise_range(m)->g_max, 10);
    aimc_noise_model_destroy(m);
    path = write_file("g,t,sigma\n0,1,1\n10,1,1\n0,2,1\n");
    FAILS(AIMC_ERR_FORMAT, "3 rows", aimc_noise_table_load(config, path));
    remove(path);
    path = write_file("g,sigma\n0,1\n10,1\n");
    FAILS(AIMC_ERR_FORMAT, "column t", aimc_noise_table_load(config, path));
    remove(path);
    aimc_config_destroy(config);
    config = noise_config(ctx, "pcm_like", "");
    FAILS(AIMC_ERR_INVALID, "noise_table", aimc_noise_table_load(config, "x"));
    aimc_config_destroy(config);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("noise");
    TCase *t = aimct_case(s, "noise");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, programming_spread);
    tcase_add_test(t, drift_exponents);
    tcase_add_test(t, drift_over_time);
    tcase_add_test(t, relaxation_of_a_device_is_its_own);
    tcase_add_test(t, cells_of_few_bits);
    tcase_add_test(t, recorded_conductances);
    tcase_add_test(t, recorded_exponents);
    tcase_add_test(t, state_is_kept);
    tcase_add_test(t, same_bits_for_any_number_of_threads);
    tcase_add_test(t, bad_input);
    tcase_add_test(t, no_memory);
    tcase_add_test(t, measured_table);
    return aimct_main(s);
}
