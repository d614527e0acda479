/* SPDX-License-Identifier: MIT */
/* Weights as conductances and back; tables of pairs found for given devices. */
#include "inference/encoding.h"
#include "program_test.h"

/* ---- encodings ------------------------------------------------------------------------------ */

static const char *const encodings[] = {
    "encoding=single_pair",
    "encoding=single_pair;encoding.scale_per_output=true;noise_model.g_min=5",
    "encoding=two_sided;noise_model.g_min=2",
    "encoding=n_pair;encoding.significance=[1, 2]",
    "encoding=n_pair;encoding.significance=[3, 1, 1];noise_model.g_min=1",
    "encoding=n_pair;encoding.significance=[1, 1];encoding.fill=EQUAL",
    "encoding=custom_pair;encoding.g_lst=[0, 0, 20, 20, 0, 0]",
    "encoding=custom_pair;encoding.g_lst=[2, 12, 22, 22, 12, 2]",
    "encoding=single_device;noise_model.g_min=9",
    "encoding=single_device;encoding.scale_per_output=true",
    "encoding=offset",
    "encoding=offset;encoding.correction=REFERENCE_COLUMN;encoding.cell_bits=4",
    "encoding=fusion;noise_model.g_min=10",
    "encoding=bit_sliced;encoding.weight_bits=24;encoding.n_slices=8",
    "encoding=bit_sliced;encoding.weight_bits=24;encoding.n_slices=8;encoding.style=OFFSET",
};

/* Without noise every encoding gives the weights back; conductances are floats of up to 25. */
START_TEST(there_and_back)
{
    enum { N_OUT = 7, N_IN = 11 };
    aimc_tile *t = make_tile(N_OUT, N_IN, PERFECT);
    float w[N_OUT * N_IN], back[N_OUT * N_IN];
    aimct_fill(w, N_OUT * N_IN, 4);
    for (size_t j = 0; j < N_IN; j++)
        w[2 * N_IN + j] *= 0.01f;
    OK(aimc_tile_set_weights(t, w, N_IN));
    aimc_inference_report r;
    char settings[256];
    snprintf(settings, sizeof settings, "%s;noise_model=generic_noise;noise_model.g_max=25",
             encodings[_i]);
    /* the model first, as choosing it drops its fields */
    const char *own = strstr(encodings[_i], "noise_model.");
    snprintf(settings, sizeof settings, "noise_model=generic_noise;noise_model.g_max=25;%.*s;%s",
             (int)(own ? own - encodings[_i] - 1 : (ptrdiff_t)strlen(encodings[_i])), encodings[_i],
             own ? own : "noise_model.g_min=0");
    OK(program(t, settings, &r));
    ck_assert_double_lt(r.weight_error, 3e-6);
    OK(aimc_tile_get_weights(t, back, N_IN));
    for (size_t k = 0; k < N_OUT * N_IN; k++)
        ck_assert_double_eq_tol((double)back[k], (double)w[k], 2e-6);
    OK(aimc_tile_unprogram(t));
    OK(aimc_tile_get_weights(t, back, N_IN));
    ck_assert_mem_eq(w, back, sizeof w);
    aimc_tile_destroy(t);
}
END_TEST

START_TEST(conductances_of_pairs)
{
    const aimci_noise_params range = {25, 5, false};
    double g[2];
    const double half = 0.5, least = -1;
    aimci_encoding_ops_single_pair.encode(NULL, &range, 1, &half, g);
    ck_assert(g[0] == 15 && g[1] == 5);
    aimci_encoding_ops_single_pair.encode(NULL, &range, 1, &least, g);
    ck_assert(g[0] == 5 && g[1] == 25);
    aimci_encoding_ops_two_sided.encode(NULL, &range, 1, &half, g);
    ck_assert(g[0] == 20 && g[1] == 10);
}
END_TEST

/* O15: 8-bit weights in 4 slices of 2 bits are the integers themselves. */
START_TEST(sliced_integers)
{
    enum { N = 16 };
    aimc_tile *t = make_tile(N, N, PERFECT);
    float w[N * N], x[N], y[N];
    aimct_fill(w, N * N, 4);
    for (size_t k = 0; k < N * N; k++)
        w[k] = rintf(w[k] * 127);
    w[0] = 127;
    aimct_fill(x, N, 5);
    OK(aimc_tile_set_weights(t, w, N));
    aimc_inference_report r;
    for (int style = 0; style < 2; style++) {
        char settings[160];
        snprintf(settings, sizeof settings,
                 "noise_model=generic_noise;encoding=bit_sliced;encoding.style=%s",
                 style ? "OFFSET" : "BALANCED");
        OK(program(t, settings, &r));
        ck_assert_uint_eq(r.n_devices, N * N * (style ? 4 : 8));
        OK(aimc_tile_forward(t, 1, x, N, y, N));
        for (size_t i = 0; i < N; i++) {
            double exact = 0;
            for (size_t j = 0; j < N; j++)
                exact += (double)w[i * N + j] * (double)x[j];
            ck_assert_double_eq_tol((double)y[i], exact, 2e-3); /* 16 x 127 in floats */
        }
    }
    aimc_tile_destroy(t);
}
END_TEST

/* Tables found for the devices lose less than plain pairs, on other devices than those of the
 * search, too. */
START_TEST(optimised_tables)
{
    enum { ROWS = 60, COLS = 60 };
    float *w = gaussian(ROWS * COLS, 8);
    aimc_tile *t = make_tile(ROWS, COLS, PERFECT);
    OK(aimc_tile_set_weights(t, w, COLS));
    for (int pairs = 1; pairs <= 2; pairs++) {
        char settings[96];
        snprintf(settings, sizeof settings, "n_pairs=%d;times=[60, 86400];n_samples=512", pairs);
        aimc_config *search = noise_config(ctx, "weight_programming", settings), *found = NULL;
        aimc_config *life = noise_config(ctx, "inference", "compensation.method=GLOBAL");
        aimc_noise_model *m = noise_model(ctx, "pcm_like", "");
        aimc_inference_report plain = {.struct_size = sizeof plain}, r = plain;
        double before, after;
        OK(aimc_noise_model_optimize_programming(m, ROWS * COLS, w, search, &found, &before,
                                                 &after));
        /* a single pair hardly leaves a choice; the plain one is among the candidates */
        ck_assert_msg(after <= (pairs == 1 ? 1 : 0.97) * before, "%d pairs: %g, before %g", pairs,
                      after, before);
        if (pairs == 2)
            OK(aimc_config_set_text(life, "encoding",
                                    "{\"kind\": \"n_pair\", \"significance\": [1, 1], \"fill\": "
                                    "\"EQUAL\"}"));
        OK(aimc_tile_program(t, life, NULL));
        OK(aimc_tile_drift_programmed(t, 86400, NULL));
        OK(aimc_tile_compensate(t, 0, NULL, 0, &plain));
        const size_t n = aimc_config_to_json(found, NULL, 0) + 1;
        char *json = malloc(n);
        aimc_config_to_json(found, json, n);
        OK(aimc_config_set_text(life, "encoding", json));
        OK(aimc_tile_program(t, life, NULL));
        OK(aimc_tile_drift_programmed(t, 86400, NULL));
        OK(aimc_tile_compensate(t, 0, NULL, 0, &r));
        ck_assert_msg(r.weight_error < (pairs == 1 ? 1.03 : 1) * plain.weight_error,
                      "%d pairs: %g, plain %g", pairs, r.weight_error, plain.weight_error);
        free(json);
        aimc_config_destroy(search);
        aimc_config_destroy(found);
        aimc_config_destroy(life);
        aimc_noise_model_destroy(m);
    }
    free(w);
    aimc_tile_destroy(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("encoding");
    TCase *t = aimct_case(s, "encoding");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, there_and_back, 0, (int)(sizeof encodings / sizeof encodings[0]));
    tcase_add_test(t, conductances_of_pairs);
    tcase_add_test(t, sliced_integers);
    tcase_add_test(t, optimised_tables);
    return aimct_main(s);
}
