/* SPDX-License-Identifier: MIT */
/* Devices of measured distributions: what is drawn has the quantiles of the table, pulses between
 * measured conditions, files in all forms, and what is said about files that are none. */
#include <stdarg.h>
#include <stdlib.h>

#include "device_test.h"
#include "portable.h"

enum { SIDE = 400, N = SIDE * SIDE };

static aimc_context *ctx;
static char path[] = "/tmp/aimc_measured_XXXXXX";

static void setup(void)
{
    ctx = test_context(0);
    strcpy(path + strlen(path) - 6, "XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    remove(path);
    aimc_context_destroy(ctx);
}

static aimc_config *measured(void)
{
    aimc_config *config = NULL;
    must(aimc_config_create(ctx, "measured_step", &config));
    return config;
}

static aimc_status load(aimc_config *config, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert(f != NULL);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    return aimc_config_load_table(config, path);
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Changes of N cells by one pulse from state w, sorted, in shares of the range 2. */
static float *changes(const aimc_config *config, float w, int direction)
{
    static float change[N];
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_tile *tile = tile_of(ctx, device, SIDE, SIDE, 3);
    set_all(tile, w);
    pulse_all(tile, direction);
    weights_of(tile, change);
    for (size_t i = 0; i < N; i++)
        change[i] = (change[i] - w) / 2;
    qsort(change, N, sizeof *change, compare);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    return change;
}

#define PLAIN                                                                                      \
    "\"w_min\": -1, \"w_max\": 1, \"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, "    \
    "\"w_min_dtod\": 0"

/* ---- draws ---------------------------------------------------------------------------------- */

static double phi(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

/* Kolmogorov-Smirnov against a broken line of quantiles over the normal scores. */
static double distance(const float *sorted, const double *score, const double *q, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < N; i++) {
        size_t k = 0;
        while (k + 2 < n && q[k + 1] <= (double)sorted[i])
            k++;
        const double x =
            score[k] + ((double)sorted[i] - q[k]) / (q[k + 1] - q[k]) * (score[k + 1] - score[k]);
        const double p = phi(x);
        most = fmax(most, fmax(fabs(p - (double)i / N), fabs(p - (double)(i + 1) / N)));
    }
    return most;
}

/* At a state halfway between two, in both directions. P(sqrt(N) D > 1.95) = .001. */
START_TEST(draws_have_the_quantiles)
{
    static const double level[] = {0.05, 0.25, 0.5, 0.75, 0.95},
                        score[] = {-1.6448536269514722, -0.6744897501960817, 0, 0.6744897501960817,
                                   1.6448536269514722};
    static const double q[2][5] = {{-0.0305, -0.017, -0.014, -0.0115, 0.005},
                                   {-0.003, 0.0035, 0.0075, 0.0165, 0.0405}};
    aimc_config *config = measured();
    must(aimc_config_parse(
        config, "{" PLAIN ", \"state\": [0.25, 0.75], \"level\": [0.05, 0.25, 0.5, 0.75, 0.95], "
                "\"step_up\": [-0.004, 0.002, 0.005, 0.013, 0.041, -0.002, 0.005, 0.01, 0.02, "
                "0.04], \"step_down\": [-0.04, -0.02, -0.016, -0.013, 0.01, -0.021, -0.014, "
                "-0.012, -0.01, 0]}"));
    for (int up = 0; up < 2; up++) {
        const float *change = changes(config, 0, up ? 1 : -1);
        const double d = distance(change, score, q[up], 5);
        printf("draws %s: Kolmogorov-Smirnov %.5f, 0.1 %% is %.5f\n", up ? "up" : "down", d,
               1.95 / SIDE);
        ck_assert_double_lt(d, 1.95 / SIDE);
        for (int k = 0; k < 5; k++) { /* binomial, five standard deviations */
            size_t below = 0;
            while (below < N && (double)change[below] < q[up][k])
                below++;
            ck_assert_double_eq_tol((double)below / N, level[k],
                                    5 * sqrt(level[k] * (1 - level[k])) / SIDE);
        }
    }
    aimc_config_destroy(config);
}
END_TEST

/* A file of mean, std and skew: sampled moments. The mean is exact, within 5 standard errors, as is
 * the std (of a kurtosis below 12, so that its relative error is below sqrt(11 / 4 N)); the skew is
 * that of a broken line with tails of normal distributions. */
START_TEST(drawn_moments)
{
    static const double skew[] = {0, 1, -1, 2};
    for (int k = 0; k < 4; k++) {
        char text[400];
        aimc_config *config = measured();
        must(aimc_config_parse(config, "{" PLAIN "}"));
        snprintf(text, sizeof text,
                 "G (uS),V (V),width (ns),mean (nS),std (nS),skew\n10,1,100,80,120,%g\n"
                 "20,1,100,80,120,%g\n10,-1,100,-80,90,0\n20,-1,100,-80,90,0\n",
                 skew[k], skew[k]);
        must(load(config, text));
        const float *change = changes(config, 0, 1);
        double mean = 0, m2 = 0, m3 = 0;
        for (size_t i = 0; i < N; i++)
            mean += (double)change[i] / N;
        for (size_t i = 0; i < N; i++) {
            const double x = (double)change[i] - mean;
            m2 += x * x / N;
            m3 += x * x * x / N;
        }
        printf("skew %g: mean %.5f, std %.5f, skew %.3f\n", skew[k], mean, sqrt(m2),
               m3 / pow(m2, 1.5));
        ck_assert_double_eq_tol(mean, 0.008, 5 * 0.012 / SIDE);
        ck_assert_double_eq_tol(sqrt(m2), 0.012, 5 * sqrt(11. / 4) * 0.012 / SIDE);
        ck_assert_double_eq_tol(m3 / pow(m2, 1.5), skew[k], 0.03 + 0.15 * fabs(skew[k]));
        aimc_config_destroy(config);
    }
}
END_TEST

/* ---- conditions ----------------------------------------------------------------------------- */

/* Rows of a grid of two voltages and two widths, whose step is 1 + 2 V + 3 log10 width. */
static const char grid[] = "G,V,width (us),mean,std\n"
                           "0,1,1,3,1\n100,1,1,3,1\n0,2,1,5,2\n100,2,1,5,2\n"
                           "0,1,10,6,1\n100,1,10,6,1\n0,2,10,8,2\n100,2,10,8,2\n"
                           "0,-1,1,-3,1\n100,-1,1,-3,1\n";

START_TEST(between_conditions)
{
    aimc_config *config = measured();
    must(aimc_config_parse(config, "{" PLAIN "}"));
    must(load(config, grid));
    static const struct {
        double voltage, width, mean, std;
    } pulses[] = {{1, 1e-6, 3, 1},  {2, 1e-5, 8, 2},        {1.5, 1e-6, 4, 1.5},
                  {1, 2e-6, -1, 1}, {1.25, 4e-6, -1, 1.25}, {2, 1e-6, 5, 2}};
    for (size_t k = 0; k < sizeof pulses / sizeof pulses[0]; k++) {
        const double voltage = pulses[k].voltage, width = pulses[k].width;
        const double mean = 1 + 2 * voltage + 3 * log10(width / 1e-6);
        if (pulses[k].mean > 0)
            ck_assert_double_eq_tol(mean, pulses[k].mean, 1e-9);
        must(aimc_config_set(config, "voltage_up", voltage));
        must(aimc_config_set(config, "width_up", width));
        aimc_device *device = NULL;
        must(aimc_device_create(ctx, NULL, config, &device));
        aimc_device_info info = {.struct_size = sizeof info};
        must(aimc_device_get_info(device, &info));
        ck_assert_double_eq_tol(info.step_up_at_0, 2 * mean / 100, 1e-9);
        ck_assert_double_eq_tol(info.step_down_at_0, 2 * 3. / 100, 1e-9);
        ck_assert_double_eq_tol(info.granularity, (mean + 3) / 100, 1e-9);
        aimc_device_unref(device);
        const float *change = changes(config, 0, 1); /* the 15.87 and 84.13 % quantiles */
        const double spread =
            (double)(change[(size_t)(phi(1) * N)] - change[(size_t)(phi(-1) * N)]) / 2;
        /* a quantile's error is sqrt(p (1 - p) / N) / density = 1.51 std / sqrt(N) */
        ck_assert_double_eq_tol(spread, pulses[k].std / 100, 5 * 1.51 * pulses[k].std / 100 / SIDE);
    }
    aimc_config_destroy(config);
}
END_TEST

/* ---- samples -------------------------------------------------------------------------------- */

/* Random numbers of a tile's diffusion. */
static float *normals(size_t n)
{
    const size_t rows = (n + 999) / 1000;
    float *xi = calloc(1000 * rows, sizeof *xi);
    aimc_tile *tile = test_tile(ctx, "ideal", "{\"diffusion\": 1}", rows, 1000, 11);
    must(aimc_tile_diffuse(tile));
    weights_of(tile, xi);
    aimc_tile_destroy(tile);
    return xi;
}

__attribute__((format(printf, 4, 5))) static size_t append(char *text, size_t size, size_t at,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    at += (size_t)vsnprintf(text + at, size - at, format, args);
    va_end(args);
    ck_assert_uint_lt(at, size);
    return at;
}

/* 600 samples of skewed changes at each of three states: what is drawn and what was measured pass
 * Kolmogorov-Smirnov (two samples of 600 and N: .1 % is 1.95 sqrt(1 / 600 + 1 / N)). */
START_TEST(samples)
{
    enum { EACH = 600, STATES = 3, SIZE = 2 * STATES * EACH * 40 };
    char *text = calloc(SIZE, 1);
    float *xi = normals(2 * STATES * EACH), middle[EACH];
    size_t at = append(text, SIZE, 0, "G,V,width,dG\n"), k = 0;
    for (int up = 1; up >= 0; up--)
        for (int i = 0; i < STATES; i++)
            for (int j = 0; j < EACH; j++, k++) {
                const double size = exp(0.6 * (double)xi[k]), d = (up ? 1 : -0.7) * size;
                at = append(text, SIZE, at, "%d,%d,1e-7,%.7g\n", 50 * i, up ? 1 : -1, d);
                if (up && i == 1)
                    middle[j] = (float)(d / 100);
            }
    aimc_config *config = measured();
    must(aimc_config_parse(config, "{" PLAIN "}"));
    must(load(config, text));
    char list[400];
    must(aimc_config_get_text(config, "state", list, sizeof list, NULL));
    ck_assert_str_eq(list, "[0, 0.5, 1]");
    const float *change = changes(config, 0, 1);
    qsort(middle, EACH, sizeof *middle, compare);
    double most = 0;
    for (size_t j = 0, below = 0; j < EACH; j++) {
        while (below < N && change[below] <= middle[j])
            below++;
        const double p = (double)below / N;
        most = fmax(most, fmax(fabs(p - (double)j / EACH), fabs(p - (double)(j + 1) / EACH)));
    }
    printf("samples: Kolmogorov-Smirnov %.4f, 0.1 %% is %.4f\n", most,
           1.95 * sqrt(1. / EACH + 1. / N));
    ck_assert_double_lt(most, 1.95 * sqrt(1. / EACH + 1. / N));
    aimc_config_destroy(config);
    free(text);
    free(xi);
}
END_TEST

/* Samples along a walk, none at the same state as another: bins. The step is .2 (1 - g) up and
 * .2 g down, and readings reach from below 0 to above 1 by the noise. A mean of 20 samples or more
 * has an error of .02 / sqrt(20) = .0045; weights are twice as wide: five of these. */
START_TEST(walks)
{
    enum { STEPS = 1600, SIZE = STEPS * 60 };
    char *text = calloc(SIZE, 1);
    float *xi = normals(STEPS);
    double g = 0, lo = 0, hi = 0;
    size_t at = append(text, SIZE, 0, "g (uS);v;width;dg (uS)\n");
    for (int k = 0; k < STEPS; k++) {
        const bool up = k / 20 % 2 == 0;
        const double d = (up ? 0.2 * (1 - g) : -0.2 * g) + 0.02 * (double)xi[k];
        at = append(text, SIZE, at, "%.9f;%d;1e-7;%.9f\n", 5 + g, up ? 1 : -1, d);
        lo = fmin(lo, g);
        hi = fmax(hi, g);
        g += d;
    }
    aimc_config *config = measured();
    must(aimc_config_parse(config, "{" PLAIN "}"));
    must(load(config, text));
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_device_info info = {.struct_size = sizeof info};
    must(aimc_device_get_info(device, &info));
    const double mid = (lo + hi) / 2, up = 0.4 * (1 - mid) / (hi - lo),
                 down = 0.4 * mid / (hi - lo);
    printf("walk: step up at 0 %.4f of %.4f, down %.4f of %.4f\n", info.step_up_at_0, up,
           info.step_down_at_0, down);
    ck_assert_double_eq_tol(info.step_up_at_0, up, 0.045);
    ck_assert_double_eq_tol(info.step_down_at_0, down, 0.045);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    free(text);
    free(xi);
}
END_TEST

/* A device of 16 levels: an up pulse goes to the next one with probability .7, a down pulse with
 * .6. Its mean curve over 30 pulses, of 20000 such devices, and that of cells with the table of 200
 * samples of each level: apart by less than a standard deviation of a single device everywhere. */
START_TEST(few_levels)
{
    enum { LEVELS = 16, EACH = 200, SIZE = 2 * LEVELS * EACH * 20, PULSES = 30, DEVICES = 20000 };
    char *text = calloc(SIZE, 1);
    float *xi = normals(2 * LEVELS * EACH + PULSES * DEVICES);
    size_t at = append(text, SIZE, 0, "G,V,width,dG\n"), k = 0;
    for (int up = 1; up >= 0; up--)
        for (int i = 0; i < LEVELS; i++)
            for (int j = 0; j < EACH; j++, k++) {
                const bool goes = phi((double)xi[k]) < (up ? 0.7 : 0.6);
                const int d = up ? goes && i < LEVELS - 1 : -(goes && i > 0);
                at = append(text, SIZE, at, "%d,%d,1e-7,%d\n", i, up ? 1 : -1, d);
            }
    aimc_config *config = measured();
    must(aimc_config_parse(config, "{" PLAIN "}"));
    must(load(config, text));
    aimc_device *device = NULL;
    must(aimc_device_create(ctx, NULL, config, &device));
    aimc_tile *tile = tile_of(ctx, device, 100, 100, 3);
    static float w[10000];
    static int level[DEVICES];
    set_all(tile, -1);
    double most = 0;
    for (int n = 0; n < PULSES; n++) {
        double mean = 0, square = 0, simulated = 0;
        for (int i = 0; i < DEVICES; i++, k++) {
            level[i] += phi((double)xi[k]) < 0.7 && level[i] < LEVELS - 1;
            mean += (double)level[i] / DEVICES;
            square += (double)level[i] * level[i] / DEVICES;
        }
        pulse_all(tile, 1);
        weights_of(tile, w);
        for (size_t i = 0; i < 10000; i++)
            simulated += ((double)w[i] + 1) * 7.5 / 10000;
        const double noise = sqrt(square - mean * mean);
        most = fmax(most, fabs(simulated - mean) / noise);
        ck_assert_double_lt(fabs(simulated - mean), noise);
    }
    printf("16 levels: mean curves apart by up to %.2f standard deviations of a device\n", most);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    free(text);
    free(xi);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

/* Quantiles, with energies and a direction for pulses of one polarity; rows in any order. */
START_TEST(quantiles)
{
    static const char *const same[] = {
        "G (uS),V (V),width (ns),q10 (nS),q50 (nS),q90 (nS),energy (pJ),direction\n"
        "1,1,50,100,200,400,2,1\n2,1,50,50,100,200,4,1\n1,3,10,-20,0,0,1,-1\n"
        "2,3,10,-600,-500,-100,1,-1\n",
        "direction;energy (fJ);q10 (uS);q50 (uS);q90 (uS);width (us);V (mV);G (nS)\n"
        "1;4000;0.05;0.1;0.2;0.05;1000;2000\n1;2000;0.1;0.2;0.4;0.05;1000;1000\n"
        "-1;1000;-0.6;-0.5;-0.1;0.01;3000;2000\n-1;1000;-0.02;0;0;0.01;3000;1000\n"};
    char first[8000], second[8000];
    for (int k = 0; k < 2; k++) {
        aimc_config *config = measured();
        char list[100];
        double x;
        must(load(config, same[k]));
        must(aimc_config_get_text(config, "measured_energy_up", list, sizeof list, NULL));
        ck_assert_str_eq(list, "[3e-12]");
        must(aimc_config_get_text(config, "level", list, sizeof list, NULL));
        ck_assert_str_eq(list, "[0.1, 0.5, 0.9]");
        must(aimc_config_get(config, "voltage_down", &x));
        ck_assert_double_eq(x, 3);
        must(aimc_config_get(config, "width_up", &x));
        ck_assert_double_eq_tol(x, 5e-8, 1e-20);
        must(aimc_config_get(config, "g_max", &x));
        ck_assert_double_eq_tol(x, 2e-6, 1e-20);
        must(aimc_config_get_text(config, "step_down", k ? second : first, 8000, NULL));
        aimc_config_destroy(config);
    }
    double a[6], b[6];
    ck_assert_int_eq(
        sscanf(first, "[%lf, %lf, %lf, %lf, %lf, %lf]", a, a + 1, a + 2, a + 3, a + 4, a + 5), 6);
    ck_assert_int_eq(
        sscanf(second, "[%lf, %lf, %lf, %lf, %lf, %lf]", b, b + 1, b + 2, b + 3, b + 4, b + 5), 6);
    static const double expected[] = {-0.02, 0, 0, -0.6, -0.5, -0.1};
    for (int k = 0; k < 6; k++) {
        ck_assert_double_eq_tol(a[k], expected[k], 1e-12);
        ck_assert_double_eq_tol(b[k], expected[k], 1e-12);
    }
}
END_TEST

/* What a file says nothing of is none, unless it was asked for; a document makes it again. */
START_TEST(spreads_and_documents)
{
    aimc_config *config = measured(), *again = measured();
    double x;
    must(aimc_config_set(config, "w_max_dtod", 0.1));
    must(load(config, grid));
    must(aimc_config_get(config, "w_max_dtod", &x));
    ck_assert_double_eq(x, 0.1);
    must(aimc_config_get(config, "dw_min_dtod", &x));
    ck_assert_double_eq(x, 0);
    static char text[20000], found[20000];
    ck_assert_uint_lt(aimc_config_to_json(config, text, sizeof text), sizeof text);
    must(aimc_config_parse(again, text));
    ck_assert_uint_lt(aimc_config_to_json(again, found, sizeof found), sizeof found);
    ck_assert_str_eq(text, found);
    double *long_list = calloc(4097, sizeof *long_list);
    must(aimc_config_set_list(config, "step_up", long_list, 4096));
    ck_assert_int_eq(aimc_config_set_list(config, "step_up", long_list, 4097), AIMC_ERR_INVALID);
    ck_assert(strstr(aimc_get_last_error(), "at most 4096 are allowed") != NULL);
    ck_assert_int_eq(aimc_config_set_list(config, "state", long_list, 65), AIMC_ERR_INVALID);
    free(long_list);
    aimc_config_destroy(config);
    aimc_config_destroy(again);
}
END_TEST

START_TEST(bad_files)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"G,width,dG\n1,1,1\n", "column v is missing"},
        {"G,V,dG\n1,1,1\n", "column width is missing"},
        {"1.5,1,1,1\n", "column g is missing: there is no line of names"},
        {"G,V,width\n1,1,1\n", "one of the three is needed"},
        {"G,V,width,dG,mean\n1,1,1,1,1\n", "one of the three is needed"},
        {"G,V,width,q50,std\n1,1,1,1,1\n", "std and skew need a column mean"},
        {"G,V,width,mean,skew\n1,1,1,1,1\n", "skew needs a column std"},
        {"G,V,width,dG,T\n1,1,1,1,300\n", "'T' is not one that is known"},
        {"G,V,width,q90,q10\n1,1,1,1,1\n", "in rising order"},
        {"G,V,width,q100\n1,1,1,1\n", "between q0 and q100"},
        {"G,V,width,q10,q90\n1,1,1,2,1\n", "line 2, column 5: q90 = 1; a quantile not below"},
        {"G,V,width,dG\n1,1,1,nan\n", "'nan' is not a number"},
        {"G,V,width,dG\n1,1,0,1\n", "a width above 0"},
        {"G,V,width,dG\n1,0,1,1\n", "a voltage whose sign tells the direction"},
        {"G,V,width,mean,std\n1,1,1,1,-1\n", "a standard deviation of 0 or more"},
        {"G,V,width,dG,direction\n1,1,1,1,2\n", "1 (up) or -1 (down)"},
        {"G,V,width,dG,energy\n1,1,1,1,-2\n", "an energy of 0 or more"},
        {"G (uS),V,width,dG\n1,1,1,1\n", "one has a unit, the other has none"},
        {"G (ohm),V,width,dG\n1,1,1,1\n", "its unit is not S"},
        {"G,V (A),width,dG\n1,1,1,1\n", "its unit is not V"},
        {"G (S),V,width,mean (S),std (uS)\n1,1,1,1,1\n", "have different units"},
        {"G,V,width,mean\n1,1,1,1\n2,1,1,1\n", "all pulses go up"},
        {"G,V,width,mean\n1,1,1,1\n1,-1,1,-1\n", "all rows are of one state"},
        {"G,V,width,mean\n1,1,1,1\n1,1,1,2\n2,-1,1,-1\n", "lines 2 and 3 are both"},
        {"G,V,width,dG\n1,1,1,1\n2,-1,1,-1\n", "has 1 samples; at least 5"},
        {"G,V,width,mean\n1,1,1,0\n2,1,1,0\n1,-1,1,0\n", "up has to be above down"},
    };
    aimc_config *config = measured();
    must(load(config, grid));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(load(config, bad[i].text) == AIMC_ERR_FORMAT, "case %zu was taken: %s", i,
                      bad[i].words);
        ck_assert_msg(strstr(aimc_get_last_error(), bad[i].words) != NULL, "'%s' not in '%s'",
                      bad[i].words, aimc_get_last_error());
        ck_assert_msg(strstr(aimc_get_last_error(), path) != NULL, "%s", aimc_get_last_error());
    }
    char list[64];
    must(aimc_config_get_text(config, "measured_voltage_up", list, sizeof list, NULL));
    ck_assert_str_eq(list, "[1, 1, 2, 2]"); /* nothing changed */
    aimc_config_destroy(config);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("measured step");
    TCase *t = aimct_case(s, "all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, draws_have_the_quantiles);
    tcase_add_test(t, drawn_moments);
    tcase_add_test(t, between_conditions);
    tcase_add_test(t, samples);
    tcase_add_test(t, walks);
    tcase_add_test(t, few_levels);
    tcase_add_test(t, quantiles);
    tcase_add_test(t, spreads_and_documents);
    tcase_add_test(t, bad_files);
    return aimct_main(s);
}
