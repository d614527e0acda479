/* SPDX-License-Identifier: MIT */
/* Noise of reads of programmed devices, and the spreads that a pair has over its life. */

#include "portable.h"
#include "program_test.h"

static const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/aimc-life-%d.safetensors", (int)getpid());
    return path;
}

/* Mean and variance of one device of pcm_like at time t, its law summed over the normal of
 * programming and that of the drift exponent; the read noise of a device is in proportion to its
 * conductance. */
typedef struct moments {
    double mean, variance;
} moments;

static double clipped(double v, double low, double high)
{
    return fmin(fmax(v, low), high);
}

static moments law_of_device(double g, double t)
{
    enum { POINTS = 300 };
    const double r = g / 25, log_r = log(fmax(r, 1e-7)), span = 6;
    const double spread = .26348 + 1.9650 * r - 1.1731 * r * r;
    const double nu = clipped(-.0155 * log_r + .0244, .049, .1);
    const double nu_spread = clipped(-.0125 * log_r - .0059, .008, .045);
    const double log_time = log((t + 20) / 20), noise2 = log((t + 20 + 250e-9) / 500e-9);
    double weight = 0, sum = 0, square = 0;
    for (int i = 0; i < POINTS; i++) {
        const double xi = span * (2 * (i + .5) / POINTS - 1), of_xi = exp(-xi * xi / 2);
        const double programmed = fmax(0, g + spread * xi);
        const double q = fmin(.0088 / fmax(pow(programmed / 25, .65), 1e-3), .2);
        double decay = 0, decay2 = 0, weights = 0;
        for (int k = 0; k < POINTS; k++) {
            const double z = span * (2 * (k + .5) / POINTS - 1), of_z = exp(-z * z / 2);
            const double factor = exp(-fabs(nu + nu_spread * z) * log_time);
            weights += of_z;
            decay += of_z * factor;
            decay2 += of_z * factor * factor;
        }
        weight += of_xi;
        sum += of_xi * programmed * decay / weights;
        square += of_xi * programmed * programmed * decay2 / weights * (1 + q * q * noise2);
    }
    const double mean = sum / weight;
    return (moments){mean, square / weight - mean * mean};
}

/* Means and spreads of a pair over its life, against the law: the recorded ones below are known to
 * 6 %, and the peer's are those of weights that it scales anew with each read (D13). 40000 pairs
 * of each weight: the tolerance of a spread is five times its own. */
START_TEST(spreads_are_those_of_the_law)
{
    enum { SIDE = 400, N = SIDE * SIDE };
    static const double targets[] = {.1, .4, -.7, 1}, times[] = {0, 60, 86400, 31536000};
    float *w = malloc(N * sizeof *w);
    aimc_tile *t = make_tile(SIDE, SIDE, PERFECT);
    aimc_inference_report r;
    for (size_t k = 0; k < N; k++)
        w[k] = (float)targets[k % 4];
    OK(aimc_tile_set_weights(t, w, SIDE));
    OK(program(t, "noise_model=pcm_like", &r));
    const moments rest[] = {law_of_device(0, times[0]), law_of_device(0, times[1]),
                            law_of_device(0, times[2]), law_of_device(0, times[3])};
    for (size_t at = 0; at < 4; at++) {
        OK(aimc_tile_drift_programmed(t, times[at], &r));
        OK(aimc_tile_get_weights(t, w, SIDE));
        for (size_t k = 0; k < 4; k++) {
            aimct_moments m = {0};
            for (size_t i = k; i < N; i += 4)
                aimct_add(&m, (double)w[i]);
            const moments device = law_of_device(25 * fabs(targets[k]), times[at]);
            const double sign = targets[k] < 0 ? -1 : 1;
            const double mean = sign * (device.mean - rest[at].mean) / 25;
            const double std = sqrt(device.variance + rest[at].variance) / 25;
            ck_assert_msg(fabs(m.mean - mean) < 5 * std / sqrt(m.n), "%g at %g s: mean %g, law %g",
                          targets[k], times[at], m.mean, mean);
            ck_assert_msg(fabs(sqrt(aimct_variance(&m)) / std - 1) < 5 / sqrt(2 * m.n) * 1.2,
                          "%g at %g s: spread %g, law %g", targets[k], times[at],
                          sqrt(aimct_variance(&m)), std);
        }
    }
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

/* Read noise is new with every read, by vector: a relative noise q of each conductance gives an
 * output the variance q^2 sum g^2 x^2, which two outputs share where a device stands beside each
 * input. Both directions; perfect reads too, for the noise is that of the devices. */
enum { RN_OUT = 3, RN_IN = 12, READS = 20000 };

/* sum of the squares of the conductances of u, over g_max^2: its variance in units of q^2; with
 * D = g_max */
static double squares_of(const char *encoding, double u)
{
    if (strstr(encoding, "two_sided"))
        return ((1 + u) * (1 + u) + (1 - u) * (1 - u)) / 4;
    if (strstr(encoding, "single_device") || strstr(encoding, "offset"))
        return (1 + u) * (1 + u); /* u = 2 g / D - 1 */
    if (strstr(encoding, "EQUAL"))
        return u * u / 2;
    if (strstr(encoding, "bit_sliced")) { /* two slices of 2 bits; |W| = d_0 + 4 d_1 of 7 */
        const int integer = (int)lrint(fabs(u) * 7), low = integer & 3, high = integer >> 2;
        return (low * low + 16.0 * high * high) / 49;
    }
    return u * u;
}

#define BY_CELL "wires.model=NODAL;forward.wires.noise_by_cell=true"

static const struct {
    const char *encoding, *read_out;
    bool common;
} noisy_reads[] = {
    {"single_pair", "is_perfect=true", false},
    {"single_pair", "mv_type=ONE_PASS", false},
    {"two_sided", "is_perfect=true", false},
    {"n_pair;encoding.significance=[1, 1];encoding.fill=EQUAL", "is_perfect=true", false},
    {"single_device", "mv_type=IDEAL", false},
    {"offset", "is_perfect=true", false},
    {"offset;encoding.correction=REFERENCE_COLUMN", "is_perfect=true", true},
    {"offset;encoding.correction=REFERENCE_COLUMN", "mv_type=ONE_PASS", true},
    {"bit_sliced;encoding.weight_bits=4;encoding.n_slices=2", "is_perfect=true", false},
    {"single_pair", "cell_mapping.weight_bits=5", false},
    {"single_pair", "cell_mapping.weight_bits=5;forward.cell_mapping.n_slices=2", false},
    {"single_pair", "cell_mapping.subtract=DIGITAL", false},
    {"single_pair", BY_CELL, false},
    {"two_sided", BY_CELL, false},
    {"single_pair", BY_CELL ";forward.cell_mapping.subtract=DIGITAL", false},
    {"single_pair", BY_CELL ";forward.cell_mapping.weight_bits=5;forward.cell_mapping.n_slices=2",
     false},
    {"offset;encoding.correction=REFERENCE_COLUMN", BY_CELL, true},
};

static aimc_tile *noisy_tile(const float *w, const char *encoding, const char *read_out)
{
    char settings[600];
    snprintf(settings, sizeof settings,
             "seed=3;forward.noise_management=NONE;forward.inp_res=-1;forward.out_res=-1;"
             "forward.out_noise=0;forward.out_bound=0;forward.%s;backward.is_perfect=true",
             read_out);
    aimc_tile *t = make_tile(RN_OUT, RN_IN, settings);
    OK(aimc_tile_set_weights(t, w, RN_IN));
    snprintf(settings, sizeof settings,
             "noise_model=state_independent;noise_model.prog_noise_scale=0;"
             "noise_model.drift_scale=0;noise_model.read_noise_level=0.01;encoding=%s",
             encoding);
    aimc_inference_report r;
    OK(program(t, settings, &r));
    OK(aimc_tile_drift_programmed(t, 100, NULL));
    return t;
}

START_TEST(read_noise_is_new_with_every_read)
{
    const char *encoding = noisy_reads[_i].encoding;
    float w[RN_OUT * RN_IN], *x = malloc(READS * RN_IN * sizeof *x);
    float *y = malloc(READS * RN_IN * sizeof *y);
    aimct_fill(w, RN_OUT * RN_IN, 1);
    w[0] = 1, w[1] = -1; /* scale 1, middle 0 */
    aimct_fill(x, RN_IN, 2);
    aimc_tile *t = noisy_tile(w, encoding, noisy_reads[_i].read_out);
    const double q2 = 1e-4 * log((100 + 20 + 250e-9) / 500e-9);
    for (int backward = 0; backward < 2; backward++) {
        const size_t in = backward ? RN_OUT : RN_IN, out = backward ? RN_IN : RN_OUT;
        for (size_t b = 1; b < READS; b++)
            memcpy(x + b * in, x, in * sizeof *x);
        if (backward)
            OK(aimc_tile_backward(t, READS, x, in, y, out));
        else
            OK(aimc_tile_forward(t, READS, x, in, y, out));
        aimct_moments one = {0}, sum = {0};
        for (size_t b = 0; b < READS; b++) {
            aimct_add(&one, (double)y[b * out]);
            aimct_add(&sum, (double)y[b * out] + (double)y[b * out + 1]);
        }
        double mean = 0, own[2] = {0}, common = 0, shared = 0;
        for (size_t j = 0; j < in; j++) {
            const double v = (double)x[j];
            const bool sliced = strstr(encoding, "bit_sliced") != NULL;
            for (size_t i = 0; i < 2; i++) {
                const double u = (double)w[backward ? j * RN_IN + i : i * RN_IN + j];
                own[i] += squares_of(encoding, u) * v * v;
                mean += i ? 0 : (sliced ? rint(u * 7) / 7 : u) * v;
            }
            shared += v;
            common += v * v;
        }
        if (!noisy_reads[_i].common)
            common = shared = 0;
        const double of_unit = backward ? shared * shared : common; /* unit at g_max / 2: u of 1 */
        ck_assert_msg(fabs(one.mean - mean) < 5 * sqrt(q2 * (own[0] + of_unit) / READS) + 1e-5,
                      "mean %g instead of %g", one.mean, mean);
        CHECK_VARIANCE(one, q2 * (own[0] + of_unit), 3);
        CHECK_VARIANCE(sum, q2 * (own[0] + own[1] + (backward ? 2 : 4) * of_unit), 3);
    }
    aimc_tile_destroy(t);
    free(x);
    free(y);
}
END_TEST

/* It is reproducible, and does not depend on how vectors come in batches. Where the devices are at
 * a time is no noise: reram_wan2022 draws it when they drift, and reads find the same. */
START_TEST(read_noise_goes_by_the_number_of_the_vector)
{
    enum { BATCH = 70 };
    float w[RN_OUT * RN_IN], x[BATCH * RN_IN], y[2][BATCH * RN_OUT];
    aimct_fill(w, RN_OUT * RN_IN, 1);
    aimct_fill(x, BATCH * RN_IN, 2);
    aimc_tile *t[2];
    for (int k = 0; k < 2; k++)
        t[k] = noisy_tile(w, "single_pair", "out_noise=0.1");
    OK(aimc_tile_forward(t[0], BATCH, x, RN_IN, y[0], RN_OUT));
    for (size_t b = 0; b < BATCH; b++) {
        OK(aimc_tile_forward(t[1], 1, x + b * RN_IN, RN_IN, y[1] + b * RN_OUT, RN_OUT));
        if (b != BATCH / 2)
            continue;
        aimc_tile *resumed = NULL;
        OK(aimc_tile_save(t[1], temporary()));
        OK(aimc_tile_load(ctx, temporary(), &resumed));
        remove(temporary());
        aimc_tile_destroy(t[1]);
        t[1] = resumed;
    }
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    OK(aimc_tile_forward(t[0], BATCH, x, RN_IN, y[1], RN_OUT));
    for (size_t k = 0; k < BATCH * RN_OUT; k++)
        ck_assert(y[0][k] != y[1][k]);
    aimc_tile_destroy(t[0]);
    aimc_tile_destroy(t[1]);

    aimc_inference_report r;
    aimc_tile *wan = make_tile(RN_OUT, RN_IN, PERFECT);
    OK(aimc_tile_set_weights(wan, w, RN_IN));
    OK(program(wan, "noise_model=reram_wan2022", &r));
    OK(aimc_tile_drift_programmed(wan, 100, NULL));
    OK(aimc_tile_forward(wan, BATCH, x, RN_IN, y[0], RN_OUT));
    OK(aimc_tile_forward(wan, BATCH, x, RN_IN, y[1], RN_OUT));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    aimc_tile_destroy(wan);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("read_noise");
    TCase *t = aimct_case(s, "programmed tiles");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, spreads_are_those_of_the_law);
    tcase_add_loop_test(t, read_noise_is_new_with_every_read, 0,
                        sizeof noisy_reads / sizeof *noisy_reads);
    tcase_add_test(t, read_noise_goes_by_the_number_of_the_vector);
    return aimct_main(s);
}
