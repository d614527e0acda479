/* SPDX-License-Identifier: MIT */
/* Weights on programmed devices: the three calls, files, networks. */

#include "program_test.h"

#include "portable.h"
#include "fail_alloc.h"

/* ---- numbers to expect ---------------------------------------------------------------------- */

/* Section 3.10 gives single draws of W and of the noise; errors are in proportion to the largest
 * weight over the spread, which is chosen so that programming alone agrees. Read noise of one draw
 * is then some 3 % below theirs, with both generators of normals that we have had. */
START_TEST(expected_weight_errors)
{
    enum { N = 128 };
    static const struct {
        const char *settings;
        double error;
    } cases[] = {
        {"noise_model.read_noise_scale=0", .1006},
        {"encoding=n_pair;encoding.significance=[1, 1];noise_model.read_noise_scale=0", .0680},
        {"encoding=n_pair;encoding.significance=[1, 2];noise_model.read_noise_scale=0", .0587},
        {"encoding=n_pair;encoding.significance=[1, 1];encoding.fill=EQUAL;"
         "noise_model.read_noise_scale=0",
         .0726},
        {"encoding=n_pair;encoding.significance=[1, 1, 1, 1];encoding.fill=EQUAL;"
         "noise_model.read_noise_scale=0",
         .0525},
        {"", .1334},
    };
    static const double times[] = {0, 60, 3600, 86400, 2592000, 31536000};
    static const double plain[] = {.1334, .1488, .2622, .3622, .4571, .5176};
    static const double compensated[] = {.1334, .1358, .1503, .1701, .1954, .2164};
    aimc_tile *t = make_tile(N, N, PERFECT);
    float *w = gaussian(N * N, 40); /* largest 3.82 sigma */
    OK(aimc_tile_set_weights(t, w, N));
    aimc_inference_report r;
    double scale = 0;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        OK(program(t, cases[k].settings, &r));
        if (k == 0)
            scale = r.weight_error / cases[k].error;
        ck_assert_double_eq_tol(r.weight_error, scale * cases[k].error, .05 * cases[k].error);
    }
    ck_assert_double_eq_tol(scale, 1, .05);
    OK(program(t, "compensation.method=GLOBAL", &r));
    for (size_t k = 0; k < 6; k++) {
        OK(aimc_tile_drift_programmed(t, times[k], &r));
        ck_assert_double_eq(r.gain_mean, 1);
        ck_assert_double_eq_tol(r.weight_error, plain[k], .05 * plain[k]);
        OK(aimc_tile_compensate(t, 0, NULL, 0, &r));
        ck_assert_double_eq_tol(r.weight_error, compensated[k], .06 * compensated[k]);
        /* the gain is the inverse of the decay at nu = 0.049 ... 0.06 */
        const double decay = pow((times[k] + 20) / 20, -.055);
        ck_assert_double_eq_tol(r.gain_mean * decay, 1, .09);
    }
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

/* Whole chain of a pair, against the recording: 50000 devices of each weight. Near weight 0 clipped
 * laws have heavy tails. */
START_TEST(recorded_weights)
{
    enum { N_OUT = 100, N_IN = 100, N = N_OUT * N_IN };
    FILE *f = aimct_data("inference_noise_weights.csv");
    char line[256], model[40], time[32], settings[96];
    double target, n_ref, mean, std;
    aimc_tile *t = make_tile(N_OUT, N_IN, PERFECT);
    float *w = malloc(N * sizeof *w);
    aimc_inference_report r;
    ck_assert(fgets(line, sizeof line, f) != NULL);
    while (fgets(line, sizeof line, f)) {
        ck_assert_int_eq(sscanf(line, "%39[^,],%lf,%31[^,],%lf,%lf,%lf", model, &target, time,
                                &n_ref, &mean, &std),
                         6);
        for (size_t k = 0; k < N; k++)
            w[k] = (float)target;
        w[0] = 1; /* the largest magnitude, so that 1 lies at g_max */
        OK(aimc_tile_set_weights(t, w, N_IN));
        const bool programmed = strcmp(time, "programmed") == 0;
        snprintf(settings, sizeof settings, "noise_model=%s;noise_model.read_noise_scale=%d;seed=1",
                 model, programmed ? 0 : 1); /* one chip for all lines, as its devices age */
        OK(program(t, settings, &r));
        OK(aimc_tile_drift_programmed(t, programmed ? 0 : atof(time), &r));
        OK(aimc_tile_get_weights(t, w, N_IN));
        aimct_moments m = {0};
        for (size_t k = 1; k < N; k++)
            aimct_add(&m, (double)w[k]);
        const double per_n = 1 / m.n + 1 / n_ref;
        ck_assert_msg(fabs(m.mean - mean) <= 4.5 * std * sqrt(per_n) + .004 * std, "%s: mean %g",
                      line, m.mean);
        ck_assert_msg(fabs(sqrt(aimct_variance(&m)) - std) <=
                          .01 * std + (target == 0 ? 15 : 6.5) * std * sqrt(per_n / 2),
                      "%s: std %g", line, sqrt(aimct_variance(&m)));
    }
    free(w);
    aimc_tile_destroy(t);
    fclose(f);
}
END_TEST

/* Equal shares over k pairs: the error falls as 1 / sqrt(k). */
START_TEST(redundancy)
{
    enum { N = 100 };
    aimc_tile *t = make_tile(N, N, PERFECT);
    float *w = gaussian(N * N, 2);
    aimc_inference_report r;
    double one = 0;
    OK(aimc_tile_set_weights(t, w, N));
    for (int k = 1; k <= 16; k *= 2) {
        char settings[256] = "noise_model=generic_noise;noise_model.prog_magnitude=0.03;encoding="
                             "n_pair;encoding.fill=EQUAL;encoding.significance=[1";
        for (int i = 1; i < k; i++)
            strcat(settings, ",1");
        strcat(settings, "];noise_model.g_min=20");
        OK(program(t, settings, &r));
        one = k == 1 ? r.weight_error : one;
        /* 10^4 weights: each error is known to 1 / sqrt(2e4) = 0.7 % */
        ck_assert_double_eq_tol(r.weight_error * sqrt(k) / one, 1, .05);
    }
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

/* ---- compensation --------------------------------------------------------------------------- */

START_TEST(every_compensation_helps)
{
    enum { N_OUT = 20, N_IN = 60, BATCH = 200 };
    static const char *const kinds[] = {
        "compensation.method=GLOBAL",
        "compensation.method=PER_OUTPUT",
        "compensation.method=GLOBAL;compensation.n_vectors=64",
        "compensation.method=GLOBAL;compensation.ideal_reference=true",
        "compensation.method=REFIT",
        "compensation.method=REFIT;compensation.n_vectors=300",
        "compensation.method=BATCH_NORM",
    };
    aimc_tile *t = make_tile(N_OUT, N_IN, "forward.out_noise=0.01;forward.out_bound=20;seed=3");
    float *w = gaussian(N_OUT * N_IN, 6), *x = malloc(BATCH * N_IN * sizeof *x);
    aimct_fill(x, BATCH * N_IN, 7);
    OK(aimc_tile_set_weights(t, w, N_IN));
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        aimc_inference_report r;
        OK(program(t, kinds[k], &r));
        const double reads = (double)r.n_weights;
        OK(aimc_tile_drift_programmed(t, 1e6, &r));
        const double before = r.weight_error;
        const bool inputs = strstr(kinds[k], "REFIT") || strstr(kinds[k], "BATCH");
        OK(aimc_tile_compensate(t, inputs ? BATCH : 0, inputs ? x : NULL, N_IN, &r));
        ck_assert_msg(r.weight_error < 0.6 * before, "%s: %g after %g", kinds[k], r.weight_error,
                      before);
        ck_assert(r.gain_min > 1.3 && r.gain_max < 2.6 && reads == N_OUT * N_IN);
        OK(aimc_tile_drift_programmed(t, 1e6, &r)); /* and without it again */
        ck_assert_double_gt(r.weight_error, 0.9 * before);
    }
    free(w);
    free(x);
    aimc_tile_destroy(t);
}
END_TEST

/* A gain and an offset that were put in are found: REFIT to the least squares, exactly without
 * noise. */
START_TEST(refit_is_least_squares)
{
    enum { N = 5, BATCH = 40 };
    aimc_tile *t = make_tile(N, N, PERFECT);
    float w[N * N], x[BATCH * N], y[BATCH * N], z[BATCH * N];
    aimct_fill(w, N * N, 1);
    aimct_fill(x, BATCH * N, 2);
    OK(aimc_tile_set_weights(t, w, N));
    OK(aimc_tile_forward(t, BATCH, x, N, y, N));
    aimc_inference_report r;
    OK(program(t, "noise_model=generic_noise;noise_model.drift_nu=0.1;compensation.method=REFIT",
               &r));
    OK(aimc_tile_drift_programmed(t, 1e5, &r));
    OK(aimc_tile_compensate(t, BATCH, x, N, &r));
    ck_assert_double_eq_tol(r.gain_mean, pow(1e5 + 1, .1), 1e-4);
    OK(aimc_tile_forward(t, BATCH, x, N, z, N));
    for (size_t k = 0; k < BATCH * N; k++)
        ck_assert_double_eq_tol((double)y[k], (double)z[k], 1e-5);
    aimc_tile_destroy(t);
}
END_TEST

/* ---- faults --------------------------------------------------------------------------------- */

START_TEST(stuck_devices)
{
    enum { N = 200, DEVICES = 2 * N * N };
    aimc_tile *t = make_tile(N, N, PERFECT);
    float *w = malloc(N * N * sizeof *w);
    for (size_t k = 0; k < N * N; k++)
        w[k] = 0.5f;
    w[0] = 1;
    OK(aimc_tile_set_weights(t, w, N));
    aimc_inference_report r;
    OK(program(t,
               "noise_model=generic_noise;faults.stuck_low=0.1;faults.stuck_high=0.05;"
               "faults.stuck_random=0.02",
               &r));
    ck_assert_double_eq_tol((double)r.n_faulty, .17 * DEVICES, 5 * sqrt(.17 * .83 * DEVICES));
    OK(aimc_tile_get_weights(t, w, N));
    size_t low = 0, high = 0, odd = 0;
    for (size_t k = 1; k < N * N; k++) {
        low += w[k] == 0;  /* g+ stuck at 0, g- sound or low */
        high += w[k] == 1; /* g+ stuck high, g- sound or low */
        odd += w[k] > 0.5001f && w[k] < 0.9999f;
    }
    const double sound = .83 + .1;
    ck_assert_double_eq_tol((double)low, .1 * sound * N * N, 5 * sqrt(.1 * N * N));
    ck_assert_double_eq_tol((double)high, .05 * sound * N * N, 5 * sqrt(.05 * N * N));
    ck_assert_double_eq_tol((double)odd, .02 * .5 * sound * N * N, 5 * sqrt(.01 * N * N));
    FAILS(AIMC_ERR_INVALID, "add up to 1.2",
          program(t, "faults.stuck_low=0.6;faults.stuck_high=0.6", &r));
    OK(aimc_tile_drift_programmed(t, 0, &r)); /* still the old one */
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

/* ---- write loops ---------------------------------------------------------------------------- */

START_TEST(write_loops)
{
    enum { N = 64 };
    aimc_tile *t = make_tile(N, N, PERFECT);
    float *w = gaussian(N * N, 3);
    OK(aimc_tile_set_weights(t, w, N));
    aimc_inference_report shot, r;
    OK(program(t, "noise_model=pcm_joshi", &shot));
    ck_assert_uint_eq(shot.pulses, 2 * N * N);
    ck_assert_uint_eq(shot.verify_reads, 0);
    ck_assert_double_eq_tol(shot.write_time_s, 2 * N * N * 100e-9, 1e-12);
    OK(program(t, "noise_model=pcm_joshi;programming.method=VERIFY;programming.tolerance=0.01",
               &r));
    ck_assert_uint_eq(r.unconverged, 0);
    ck_assert_uint_gt(r.pulses, shot.pulses);
    ck_assert_double_eq_tol(r.write_time_s, (double)(r.pulses + r.verify_reads) * 100e-9, 1e-9);
    /* errors even within the tolerance of 0.25 uS, two devices: 0.25 sqrt(2 / 3) uS of 25 at
     * most */
    double square = 0;
    for (size_t k = 0; k < N * N; k++)
        square += (double)w[k] * (double)w[k];
    const double relative = .01 * sqrt(2. / 3) / sqrt(square / (N * N));
    ck_assert_double_lt(r.weight_error, 1.05 * relative);
    ck_assert_double_gt(r.weight_error, 0.5 * relative);
    OK(program(t, "noise_model=pcm_joshi;programming.method=VERIFY;programming.max_iterations=1",
               &r));
    ck_assert_uint_gt(r.unconverged, N * N / 4);
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

/* Mean squared error of products against the target, relative. */
static double product_error(aimc_tile *t, const float *w, size_t n)
{
    enum { BATCH = 256 };
    float *x = malloc(2 * BATCH * n * sizeof *x), *y = x + BATCH * n;
    aimct_fill(x, BATCH * n, 77);
    OK(aimc_tile_forward(t, BATCH, x, n, y, n));
    double error = 0, square = 0;
    for (size_t b = 0; b < BATCH; b++)
        for (size_t i = 0; i < n; i++) {
            double exact = 0;
            for (size_t j = 0; j < n; j++)
                exact += (double)w[i * n + j] * (double)x[b * n + j];
            error += ((double)y[b * n + i] - exact) * ((double)y[b * n + i] - exact);
            square += exact * exact;
        }
    free(x);
    return sqrt(error / square);
}

/* On a tile whose wires drop voltage, writing for the product beats writing device by device. */
START_TEST(gradient_programming)
{
    enum { N = 64 };
    aimc_tile *t = make_tile(N, N,
                             "forward.out_noise=0;forward.inp_res=-1;forward.out_res=-1;"
                             "forward.out_bound=0;forward.bound_management=NONE;"
                             "forward.ir_drop=1;forward.ir_drop_g_ratio=8000;seed=1");
    float *w = gaussian(N * N, 3);
    OK(aimc_tile_set_weights(t, w, N));
    aimc_inference_report r;
    OK(program(t, "noise_model=pcm_joshi;programming.method=VERIFY;programming.tolerance=0.01",
               &r));
    const double verify = product_error(t, w, N);
    OK(program(t, "noise_model=pcm_joshi;programming.method=GRADIENT", &r));
    const double gradient = product_error(t, w, N);
    ck_assert_uint_eq(r.iterations, 100);
    ck_assert_uint_eq(r.verify_reads, 100 * N);
    OK(program(t,
               "noise_model=pcm_joshi;programming.method=VERIFY_GRADIENT;"
               "programming.max_iterations=200",
               &r));
    const double mixed = product_error(t, w, N);
    ck_assert_msg(gradient < 0.7 * verify && mixed < 0.8 * verify,
                  "verify %g, gradient %g, mixed %g", verify, gradient, mixed);
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

static const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/aimc-life-%d.safetensors", (int)getpid());
    return path;
}

START_TEST(saved_tiles_go_on)
{
    enum { N = 20 };
    aimc_tile *t = make_tile(N, N, "seed=4"), *u = NULL;
    float w[N * N], x[N], y[2][N];
    aimct_fill(w, N * N, 1);
    aimct_fill(x, N, 2);
    OK(aimc_tile_set_weights(t, w, N));
    aimc_inference_report r = {.struct_size = sizeof r}, s = r;
    OK(program(t, "compensation.method=PER_OUTPUT;faults.stuck_low=0.1", &r));
    OK(aimc_tile_drift_programmed(t, 3600, &r));
    OK(aimc_tile_compensate(t, 0, NULL, 0, &r));
    OK(aimc_tile_save(t, temporary()));
    OK(aimc_tile_load(ctx, temporary(), &u));
    remove(temporary());
    for (int k = 0; k < 3; k++) {
        OK(aimc_tile_forward(t, 1, x, N, y[0], N));
        OK(aimc_tile_forward(u, 1, x, N, y[1], N));
        ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
        OK(aimc_tile_drift_programmed(t, 1e6, &r));
        OK(aimc_tile_drift_programmed(u, 1e6, &s));
        ck_assert_mem_eq(&r, &s, sizeof r);
        OK(aimc_tile_compensate(t, 0, NULL, 0, &r));
        OK(aimc_tile_compensate(u, 0, NULL, 0, &s));
        ck_assert_mem_eq(&r, &s, sizeof r);
    }
    OK(aimc_tile_unprogram(u));
    float back[N * N];
    OK(aimc_tile_get_weights(u, back, N));
    ck_assert_mem_eq(w, back, sizeof w);
    aimc_tile_destroy(t);
    aimc_tile_destroy(u);
}
END_TEST

START_TEST(networks)
{
    enum { N_IN = 12, N_HIDDEN = 30, N_OUT = 5, BATCH = 40 };
    aimc_network *net = NULL, *copy = NULL;
    float x[BATCH * N_IN], digital[BATCH * N_OUT], y[2][BATCH * N_OUT];
    uint32_t labels[BATCH] = {0};
    aimc_config *layer = noise_config(ctx, "layer",
                                      "device=ideal;forward.is_perfect=true;mapping.max_input_size="
                                      "8;mapping.weight_scaling_omega=1");
    aimc_config *life = noise_config(ctx, "inference", "compensation.method=REFIT");
    aimc_inference_report r = {.struct_size = sizeof r};
    aimct_fill(x, BATCH * N_IN, 3);
    OK(aimc_network_create(ctx, &net));
    FAILS(AIMC_ERR_STATE, "no layer lies on tiles", aimc_network_program(net, life, &r));
    OK(aimc_network_add_linear(net, N_HIDDEN, N_IN, NULL));
    OK(aimc_network_add_activation(net, AIMC_TANH));
    OK(aimc_network_add_linear(net, N_OUT, N_HIDDEN, NULL));
    OK(aimc_network_predict(net, BATCH, x, digital));
    FAILS(AIMC_ERR_STATE, "to_analog", aimc_network_drift_programmed(net, 0, &r));
    FAILS(AIMC_ERR_INVALID, "'layer' is needed", aimc_network_convert_to_analog(net, life));
    OK(aimc_network_convert_to_analog(net, layer));
    OK(aimc_network_predict(net, BATCH, x, y[0]));
    for (size_t k = 0; k < BATCH * N_OUT; k++)
        ck_assert_double_eq_tol((double)y[0][k], (double)digital[k], 1e-5);
    OK(aimc_network_program(net, life, &r));
    ck_assert_uint_eq(r.n_weights, N_IN * N_HIDDEN + N_HIDDEN * N_OUT);
    FAILS(AIMC_ERR_STATE, "unprogram", aimc_network_train_batch(net, BATCH, x, labels, 0.1, NULL));
    OK(aimc_network_drift_programmed(net, 1e6, &r));
    const double before = r.weight_error;
    OK(aimc_network_compensate(net, BATCH, x, &r));
    ck_assert_double_lt(r.weight_error, before);
    OK(aimc_network_save(net, temporary()));
    OK(aimc_network_load(ctx, temporary(), &copy));
    remove(temporary());
    OK(aimc_network_predict(net, BATCH, x, y[0]));
    OK(aimc_network_predict(copy, BATCH, x, y[1]));
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    ck_assert_mem_ne(y[0], digital, sizeof digital);
    OK(aimc_network_unprogram(net));
    OK(aimc_network_predict(net, BATCH, x, y[0]));
    for (size_t k = 0; k < BATCH * N_OUT; k++)
        ck_assert_double_eq_tol((double)y[0][k], (double)digital[k], 1e-5);
    OK(aimc_network_train_batch(net, BATCH, x, labels, 0.1, NULL));
    aimc_network_destroy(net);
    aimc_network_destroy(copy);
    aimc_config_destroy(layer);
    aimc_config_destroy(life);
}
END_TEST

/* ---- bad input ------------------------------------------------------------------------------ */

START_TEST(bad_input)
{
    aimc_tile *t = make_tile(3, 4, PERFECT);
    aimc_inference_report r = {.struct_size = sizeof r};
    aimc_config *wrong = noise_config(ctx, "tile", "");
    float x[4] = {0};
    FAILS(AIMC_ERR_STATE, "not programmed", aimc_tile_drift_programmed(t, 0, &r));
    FAILS(AIMC_ERR_STATE, "not programmed", aimc_tile_compensate(t, 0, NULL, 0, &r));
    FAILS(AIMC_ERR_INVALID, "'inference' is needed", aimc_tile_program(t, wrong, &r));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_program(NULL, NULL, &r));
    FAILS(AIMC_ERR_INVALID, "g_min = 30", program(t, "noise_model.g_min=30", &r));
    FAILS(AIMC_ERR_INVALID, "invertibility",
          program(t, "encoding=custom_pair;encoding.g_lst=[0, 9, 20, 20, 0, 0]", &r));
    FAILS(AIMC_ERR_INVALID, "g_lst", program(t, "encoding=custom_pair", &r));
    FAILS(AIMC_ERR_INVALID, "n_slices",
          program(t, "encoding=bit_sliced;encoding.weight_bits=3;encoding.n_slices=4", &r));
    OK(program(t, "noise_model=reram_wan2022", &r));
    FAILS(AIMC_ERR_INVALID, "before the end", aimc_tile_drift_programmed(t, -1, &r));
    FAILS(AIMC_ERR_INVALID, "extrapolate", aimc_tile_drift_programmed(t, 1e7, &r));
    FAILS(AIMC_ERR_STATE, "no reference", aimc_tile_compensate(t, 0, NULL, 0, &r));
    OK(program(t, "compensation.method=REFIT", &r));
    FAILS(AIMC_ERR_SHAPE, "ld_x", aimc_tile_compensate(t, 1, x, 3, &r));
    FAILS(AIMC_ERR_INVALID, "n is 0", aimc_tile_compensate(t, 0, x, 4, &r));
    x[1] = NAN;
    FAILS(AIMC_ERR_INVALID, "not finite", aimc_tile_compensate(t, 1, x, 4, &r));
    OK(aimc_tile_unprogram(t));
    OK(aimc_tile_unprogram(t));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_unprogram(NULL));
    aimc_config_destroy(wrong);
    aimc_tile_destroy(t);
}
END_TEST

/* The tile is as before when memory ends, at whatever call. */
START_TEST(no_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    aimc_context *own = NULL;
    OK(aimc_context_create(&params, &own));
    aimc_context *keep = ctx;
    ctx = own;
    aimc_tile *t = make_tile(6, 5, PERFECT);
    aimc_config *config =
        noise_config(own, "inference",
                     "compensation.method=GLOBAL;programming.method=VERIFY_GRADIENT;"
                     "programming.max_iterations=10;faults.stuck_low=0.1");
    float w[30], back[30];
    aimct_fill(w, 30, 1);
    OK(aimc_tile_set_weights(t, w, 5));
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        const aimc_status st = aimc_tile_program(t, config, NULL);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        if (st) {
            OK(aimc_tile_get_weights(t, back, 5));
            ck_assert_mem_eq(w, back, sizeof w);
        }
    } while (heap.failed);
    ck_assert_uint_gt(n, 8);
    aimct_heap_fail_at(&heap, 0);
    aimc_tile_destroy(t);
    aimc_config_destroy(config);
    aimc_context_destroy(own);
    ck_assert_uint_eq(heap.live_blocks, 0);
    ctx = keep;
}
END_TEST

int main(void)
{
    Suite *s = suite_create("life");
    TCase *t = aimct_case(s, "life");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, expected_weight_errors);
    tcase_add_test(t, recorded_weights);
    tcase_add_test(t, redundancy);
    tcase_add_test(t, every_compensation_helps);
    tcase_add_test(t, refit_is_least_squares);
    tcase_add_test(t, stuck_devices);
    tcase_add_test(t, write_loops);
    tcase_add_test(t, gradient_programming);
    tcase_add_test(t, saved_tiles_go_on);
    tcase_add_test(t, networks);
    tcase_add_test(t, bad_input);
    tcase_add_test(t, no_memory);
    return aimct_main(s);
}
