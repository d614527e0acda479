/* SPDX-License-Identifier: MIT */
/* What is called twice: each programming is another chip, each fresh look another draw, and a seed,
 * or the same history, gives the same again. */
#include <math.h>

#include <aimc/network_life.h>

#include "kernels/stream.h"
#include "portable.h"
#include "program_test.h"

enum { SIDE = 16, ALL = SIDE * SIDE };

static const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/aimc-draws-%d.safetensors", (int)getpid());
    return path;
}

static aimc_tile *weighted(const char *settings)
{
    float w[ALL];
    aimc_tile *t = make_tile(SIDE, SIDE, settings);
    aimct_fill(w, ALL, 7);
    OK(aimc_tile_set_weights(t, w, SIDE));
    return t;
}

/* Program, and what the devices then hold. */
static void chip(aimc_tile *t, const char *settings, float read[ALL])
{
    aimc_inference_report r;
    OK(program(t, settings, &r));
    OK(aimc_tile_get_weights(t, read, SIDE));
}

static const char *const models[] = {"noise_model=pcm_like",
                                     "noise_model=state_independent",
                                     "noise_model=reram_wan2022",
                                     "noise_model=reram_cmo",
                                     "noise_model=sonos",
                                     "noise_model=pcm_hermes",
                                     "noise_model=pcm_joshi",
                                     "faults.stuck_random=0.1",
                                     "encoding=single_device",
                                     "programming.method=VERIFY",
                                     "programming.method=GRADIENT;programming.max_iterations=5",
                                     "compensation.method=PER_OUTPUT"};
enum { MODELS = sizeof models / sizeof models[0] };

/* One tile programmed five times is five chips; another of the same seed has the same five. */
START_TEST(programming_again_is_another_chip)
{
    static float chips[5][ALL], again[ALL];
    aimc_tile *t = weighted("seed=3"), *u = weighted("seed=3");
    for (int k = 0; k < 5; k++) {
        chip(t, models[_i], chips[k]);
        for (int before = 0; before < k; before++)
            ck_assert_msg(memcmp(chips[k], chips[before], sizeof chips[k]) != 0,
                          "%s: programmings %d and %d are the same chip", models[_i], before, k);
    }
    for (int k = 0; k < 5; k++) {
        chip(u, models[_i], again);
        ck_assert_mem_eq(again, chips[k], sizeof again);
    }
    aimc_tile_destroy(t);
    aimc_tile_destroy(u);
}
END_TEST

/* Whatever lies between: other programmings, reads, drift, files. */
START_TEST(a_seed_gives_the_same_chip)
{
    static float first[ALL], again[ALL], x[ALL], y[ALL];
    char seeded[160];
    aimc_inference_report r = {.struct_size = sizeof r};
    snprintf(seeded, sizeof seeded, "%s;seed=11", models[_i]);
    aimc_tile *t =
        weighted("seed=3;forward.out_noise=0.1;forward.noise_management=AVERAGE_ABS_MAX");
    aimct_fill(x, ALL, 8);
    chip(t, seeded, first);
    chip(t, models[_i], again);
    ck_assert_mem_ne(again, first, sizeof first);
    OK(aimc_tile_forward(t, SIDE, x, SIDE, y, SIDE));
    OK(aimc_tile_drift_programmed(t, 30, &r));
    chip(t, seeded, again);
    ck_assert_mem_eq(again, first, sizeof first);
    OK(aimc_tile_drift_programmed(t, 5000, &r));
    OK(aimc_tile_get_weights(t, first, SIDE)); /* it also ages in the same way */
    chip(t, seeded, again);
    OK(aimc_tile_drift_programmed(t, 5000, &r));
    OK(aimc_tile_get_weights(t, again, SIDE));
    ck_assert_mem_eq(again, first, sizeof first);
    snprintf(seeded, sizeof seeded, "%s;seed=12", models[_i]);
    chip(t, seeded, again);
    ck_assert_mem_ne(again, first, sizeof first);
    aimc_tile_destroy(t);
}
END_TEST

/* The count is the tile's, not that of its devices, and files and bytes hold it. */
START_TEST(programmings_are_counted_and_saved)
{
    static float chips[4][ALL], w[ALL], again[ALL];
    char bytes[1 << 16];
    size_t n = 0;
    aimc_tile *t = weighted("seed=3"), *u = weighted("seed=3"), *v = NULL;
    aimct_fill(w, ALL, 7);
    for (int k = 0; k < 4; k++)
        chip(t, "", chips[k]);
    chip(u, "", again);
    OK(aimc_tile_unprogram(u));
    OK(aimc_tile_save(u, temporary())); /* not programmed any more */
    OK(aimc_tile_load(ctx, temporary(), &v));
    remove(temporary());
    chip(v, "", again);
    ck_assert_mem_eq(again, chips[1], sizeof again);
    aimc_tile_clear_counters(v);
    OK(aimc_tile_save_bytes(v, bytes, sizeof bytes, &n)); /* programmed */
    aimc_tile_destroy(u);
    OK(aimc_tile_load_bytes(ctx, bytes, n, &u));
    OK(aimc_tile_get_weights(u, again, SIDE));
    ck_assert_mem_eq(again, chips[1], sizeof again);
    OK(aimc_tile_set_weights(u, w, SIDE)); /* takes the devices off */
    aimc_inference_report r;
    FAILS(AIMC_ERR_INVALID, "add up", program(u, "faults.stuck_low=0.6;faults.stuck_high=0.6", &r));
    chip(u, "", again); /* the failure counted for nothing */
    ck_assert_mem_eq(again, chips[2], sizeof again);
    chip(u, "", again);
    ck_assert_mem_eq(again, chips[3], sizeof again);
    aimc_tile_destroy(t);
    aimc_tile_destroy(u);
    aimc_tile_destroy(v);
}
END_TEST

/* ---- the law of the chips ------------------------------------------------------------------- */

/* Mean and variance of max(0, g + s xi). */
static void clipped(double g, double s, double *mean, double *variance)
{
    const double a = g / s, tail = 0.5 * erfc(-a / sqrt(2)),
                 density = exp(-a * a / 2) / sqrt(2 * 3.14159265358979);
    *mean = g * tail + s * density;
    *variance = (g * g + s * s) * tail + g * s * density - *mean * *mean;
}

static double spread_pcm(double r)
{
    return 0.26348 + 1.9650 * r - 1.1731 * r * r;
}

static double spread_constant(double r)
{
    (void)r;
    return 0.2;
}

/* Weights of a pair: w = (g+ - g-) / 25 uS, one of both devices at 0. The sample variance of n
 * chips has a relative standard error of about sqrt(2 / n), of the half-normal part a little more;
 * five of them are allowed, and of the mean likewise. */
START_TEST(variance_over_chips_is_that_of_the_noise_model)
{
    enum { CHIPS = 4000, LEVELS = 6 };
    static const struct {
        const char *settings;
        double (*spread)(double r);
    } laws[] = {{"noise_model=pcm_like;noise_model.read_noise_scale=0", spread_pcm},
                {"noise_model=state_independent;noise_model.read_noise_scale=0", spread_constant}};
    const float w[LEVELS] = {-1, -0.6f, -0.1f, 0.3f, 0.8f, 1};
    double sum[LEVELS] = {0}, squares[LEVELS] = {0};
    aimc_tile *t = make_tile(LEVELS, 1, PERFECT);
    OK(aimc_tile_set_weights(t, w, 1));
    for (int k = 0; k < CHIPS; k++) {
        float read[LEVELS];
        aimc_inference_report r;
        OK(program(t, laws[_i].settings, &r));
        OK(aimc_tile_drift_programmed(t, 0, &r));
        OK(aimc_tile_get_weights(t, read, 1));
        for (int i = 0; i < LEVELS; i++) {
            sum[i] += (double)read[i] / CHIPS;
            squares[i] += (double)read[i] * (double)read[i] / CHIPS;
        }
    }
    for (int i = 0; i < LEVELS; i++) {
        const double r = fabs((double)w[i]);
        double mean[2], variance[2];
        clipped(25 * r, laws[_i].spread(r), &mean[0], &variance[0]);
        clipped(0, laws[_i].spread(0), &mean[1], &variance[1]);
        const double expected = (variance[0] + variance[1]) / 625;
        const double found = (squares[i] - sum[i] * sum[i]) * CHIPS / (CHIPS - 1);
        ck_assert_msg(fabs(found / expected - 1) < 5 * sqrt(2.5 / CHIPS),
                      "weight %g: variance over chips %g, expected %g", (double)w[i], found,
                      expected);
        ck_assert_double_eq_tol(sum[i], copysign((mean[0] - mean[1]) / 25, (double)w[i]),
                                5 * sqrt(expected / CHIPS));
    }
    aimc_tile_destroy(t);
}
END_TEST

/* ---- networks ------------------------------------------------------------------------------- */

enum { N_IN = 12, N_OUT = 4, BATCH = 300 };
static float inputs[BATCH * N_IN];
static uint32_t labels[BATCH];

/* layer: settings of a layer on tiles; NULL: digital */
static aimc_network *make_network(aimc_context *in, const char *layer)
{
    aimc_network *net = NULL;
    aimct_fill(inputs, BATCH * N_IN, 3);
    for (size_t b = 0; b < BATCH; b++)
        labels[b] = (uint32_t)(b * 7 % N_OUT);
    OK(aimc_network_create(in, &net));
    aimc_config *config = layer ? noise_config(in, "layer", layer) : NULL;
    OK(aimc_network_add_linear(net, 30, N_IN, config));
    OK(aimc_network_add_activation(net, AIMC_TANH));
    OK(aimc_network_add_linear(net, N_OUT, 30, config));
    aimc_config_destroy(config);
    return net;
}

#define NOISY "device=ideal;forward.out_noise=0.2;mapping.max_input_size=8"

static aimc_network *reloaded(aimc_network *net)
{
    aimc_network *loaded = NULL;
    OK(aimc_network_save(net, temporary()));
    OK(aimc_network_load(ctx, temporary(), &loaded));
    remove(temporary());
    aimc_network_destroy(net);
    return loaded;
}

static void read_network(aimc_network *net, float w[30 * N_IN])
{
    aimc_inference_report r = {.struct_size = sizeof r};
    OK(aimc_network_program(net, NULL, &r));
    OK(aimc_network_get_weights(net, 0, w, NULL));
}

START_TEST(networks_are_other_chips)
{
    static float chips[3][30 * N_IN], again[30 * N_IN];
    aimc_context *twin = aimct_context(1, 0, 5);
    aimc_network *net = make_network(ctx, NOISY), *other = make_network(twin, NOISY);
    for (int k = 0; k < 3; k++)
        read_network(net, chips[k]);
    ck_assert_mem_ne(chips[0], chips[1], sizeof again);
    ck_assert_mem_ne(chips[1], chips[2], sizeof again);
    for (int k = 0; k < 3; k++) {
        read_network(other, again);
        ck_assert_mem_eq(again, chips[k], sizeof again);
        other = reloaded(other);
    }
    aimc_network_destroy(net);
    aimc_network_destroy(other);
    aimc_context_destroy(twin);
}
END_TEST

static double fresh(aimc_network *net, size_t repeat, double *error)
{
    double mean = -1;
    OK(aimc_network_evaluate_repeat(net, BATCH, inputs, labels, repeat, &mean, error));
    return mean;
}

/* The mean of N single draws, and its standard error from their spread, is what repeat gives. */
START_TEST(accuracy_varies_when_asked_to)
{
    enum { REPEAT = 40 };
    aimc_context *twin = aimct_context(1, 0, 5);
    aimc_network *net = make_network(ctx, NOISY), *same = make_network(twin, NOISY);
    double fixed[2], error = 0, sum = 0, squares = 0, single[REPEAT];
    OK(aimc_network_evaluate(net, BATCH, inputs, labels, &fixed[0]));
    OK(aimc_network_evaluate(net, BATCH, inputs, labels, &fixed[1]));
    ck_assert(fixed[0] == fixed[1]);
    const double mean = fresh(net, REPEAT, &error);
    for (int k = 0; k < REPEAT; k++) {
        double none = 0;
        single[k] = fresh(same, 1, &none);
        ck_assert(isnan(none)); /* one pass has no spread */
        sum += single[k];
        if (k == REPEAT / 2)
            same = reloaded(same);
    }
    for (int k = 0; k < REPEAT; k++)
        squares += (single[k] - sum / REPEAT) * (single[k] - sum / REPEAT);
    ck_assert_double_gt(squares, 0);
    ck_assert_double_eq_tol(mean, sum / REPEAT, 1e-12);
    ck_assert_double_eq_tol(error, sqrt(squares / (REPEAT - 1) / REPEAT), 1e-12);
    ck_assert_double_lt(fabs(mean - fixed[0]), 6 * error * sqrt(REPEAT));
    ck_assert_double_ne(fresh(net, REPEAT, NULL), mean);
    FAILS(AIMC_ERR_INVALID, "repeat is 0",
          aimc_network_evaluate_repeat(net, BATCH, inputs, labels, 0, &error, NULL));
    FAILS(AIMC_ERR_INVALID, "NULL",
          aimc_network_evaluate_repeat(net, BATCH, inputs, labels, 2, NULL, NULL));
    aimc_network_destroy(net);
    aimc_network_destroy(same);
    aimc_context_destroy(twin);
}
END_TEST

/* Looking, once or often, leaves no trace in training: not in read noise, not in the modified
 * weights of hardware-aware training, not in counters. */
START_TEST(looking_leaves_no_trace)
{
    static const char *const layers[] = {
        NOISY, "device=ideal;forward.out_noise=0.1;hwa.modifier.type=ADD_NORMAL;"
               "hwa.modifier.std_dev=0.1;hwa.modifier.enable_during_test=true"};
    aimc_context *twin = aimct_context(1, 0, 5);
    aimc_network *seen = make_network(ctx, layers[_i]), *net = make_network(twin, layers[_i]);
    float w[2][30 * N_IN];
    double accuracy[2];
    aimc_counters c[2] = {{.struct_size = sizeof c[0]}, {.struct_size = sizeof c[0]}};
    for (int k = 0; k < 4; k++) {
        OK(aimc_network_train_batch(seen, 32, inputs, labels, 0.1, NULL));
        OK(aimc_network_train_batch(net, 32, inputs, labels, 0.1, NULL));
        OK(aimc_network_evaluate(seen, BATCH, inputs, labels, &accuracy[0]));
        OK(aimc_network_evaluate(seen, BATCH, inputs, labels, &accuracy[1]));
        ck_assert(accuracy[0] == accuracy[1]);
        fresh(seen, 3, NULL);
    }
    OK(aimc_network_get_weights(seen, 0, w[0], NULL));
    OK(aimc_network_get_weights(net, 0, w[1], NULL));
    ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
    OK(aimc_network_get_counters(seen, &c[0]));
    OK(aimc_network_get_counters(net, &c[1]));
    ck_assert_mem_eq(&c[0], &c[1], sizeof c[0]);
    aimc_network_destroy(seen);
    aimc_network_destroy(net);
    aimc_context_destroy(twin);
}
END_TEST

/* ---- digital memory ------------------------------------------------------------------------- */

static void stored(aimc_network *net, const char *settings, float w[30 * N_IN])
{
    aimc_config *config = noise_config(ctx, "storage", settings);
    static float clean[30 * N_IN];
    aimct_fill(clean, 30 * N_IN, 9);
    OK(aimc_network_set_weights(net, 0, clean, NULL));
    OK(aimc_network_store(net, config, NULL));
    OK(aimc_network_get_weights(net, 0, w, NULL));
    aimc_config_destroy(config);
}

START_TEST(stores_flip_other_bits)
{
    enum { BYTES = 30 * N_IN * sizeof(float) };
    static float w[4][30 * N_IN];
    aimc_network *net = make_network(ctx, NULL);
    stored(net, "bit_error_rate=0.02", w[0]);
    stored(net, "bit_error_rate=0.02;seed=4", w[1]);
    net = reloaded(net);
    stored(net, "bit_error_rate=0.02", w[2]);
    stored(net, "bit_error_rate=0.02;seed=4", w[3]);
    ck_assert_mem_ne(w[0], w[2], BYTES);
    ck_assert_mem_ne(w[0], w[1], BYTES);
    ck_assert_mem_eq(w[1], w[3], BYTES);
    aimc_network_destroy(net);
    aimc_context *twin = aimct_context(1, 0, 5);
    net = make_network(twin, NULL);
    stored(net, "bit_error_rate=0.02", w[3]);
    ck_assert_mem_eq(w[3], w[0], BYTES);
    aimc_network_destroy(net);
    aimc_context_destroy(twin);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("draws");
    TCase *t = aimct_case(s, "draws");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, programming_again_is_another_chip, 0, MODELS);
    tcase_add_loop_test(t, a_seed_gives_the_same_chip, 0, MODELS);
    tcase_add_test(t, programmings_are_counted_and_saved);
    tcase_add_loop_test(t, variance_over_chips_is_that_of_the_noise_model, 0, 2);
    tcase_add_test(t, networks_are_other_chips);
    tcase_add_test(t, accuracy_varies_when_asked_to);
    tcase_add_loop_test(t, looking_leaves_no_trace, 0, 2);
    tcase_add_test(t, stores_flip_other_bits);
    return aimct_main(s);
}
