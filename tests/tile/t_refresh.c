/* SPDX-License-Identifier: MIT */
/* Refresh of one-sided pairs: which cells, and that their weights come back. */
#include "device/device_test.h"
#include "test_util.h"

#define PLAIN                                                                                      \
    "\"dw_min_std\": 0, \"dw_min_dtod\": 0, \"up_down_dtod\": 0, \"w_max_dtod\": 0, "              \
    "\"w_min_dtod\": 0, \"w_max\": 1, \"w_min\": -1"

/* Readings above .75 and .25 of w_max: reset to the bias and write the difference back, to a pulse;
 * G-9: also with deterministic pulses. */
START_TEST(refresh_keeps_the_weight)
{
    static const char *const types[] = {"DETERMINISTIC_IMPLICIT", "MEAN_COUNT",
                                        "STOCHASTIC_COMPRESSED"};
    enum { O = 2, I = 3 };
    const float plus[O * I] = {0.80f, 0.30f, 0.80f, 0.74f, 0.90f, 0.26f};
    const float minus[O * I] = {0.30f, 0.85f, 0.20f, 0.30f, 0.70f, 0.80f};
    const bool needy[O * I] = {true, true, false, false, true, true};
    aimc_context *ctx = test_context(0);
    for (int k = 0; k < 6; k++) {
        const bool mirrored = k >= 3;
        char json[1024];
        snprintf(json, sizeof json,
                 "{\"device\": {\"kind\": \"constant_step\", \"dw_min\": 0.01, \"reset_std\": 0, "
                 "\"reset\": %s, " PLAIN "}, \"refresh_every\": 1, \"refresh_forward\": "
                 "{\"is_perfect\": true}, \"refresh_update\": {\"pulse_type\": \"%s\", "
                 "\"desired_bl\": 100}, \"copy_inverted\": %s}",
                 mirrored ? "0.0" : "0.05", types[k % 3], mirrored ? "true" : "false");
        aimc_tile *tile = test_tile(ctx, "one_sided_cell", json, O, I, 1);
        float second[O * I], before[O * I], after[O * I];
        for (int i = 0; i < O * I; i++)
            second[i] = mirrored ? -minus[i] : minus[i];
        must(aimc_tile_set_parameter(tile, "hidden_weights_0", plus, I));
        must(aimc_tile_set_parameter(tile, "hidden_weights_1", second, I));
        weights_of(tile, before);
        pulse_all(tile, 0); /* an update without pulses ends a mini-batch all the same */
        weights_of(tile, after);
        const double room = k % 3 == 2 ? 0.35 : 0.0101; /* trains: 5 sd of a binomial, at most */
        float *p = sampled(tile, "hidden_weights_0");
        for (int i = 0; i < O * I; i++) {
            ck_assert_msg(fabs((double)after[i] - (double)before[i]) < room, "%s: %g -> %g",
                          types[k % 3], (double)before[i], (double)after[i]);
            ck_assert(needy[i] || p[i] == plus[i]);
            if (needy[i] && before[i] < 0)
                NEAR(p[i], mirrored ? 0.0f : 0.05f, 1e-6f);
        }
        free(p);
        aimc_tile_destroy(tile);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* Presets whose two devices are both high: means of the weights before and after, for several
 * weights of both signs in each column. loss: the largest difference of the means; scatter: of the
 * single weights, root mean square. Both follow from the noise of a pulse: pcm has 0.1 for a step
 * of 0.03, and 16 of them make 0.3; reram_sb and reram_es have 4 and 5 steps, hundreds of which
 * make 0.15 and 0.1. Steps of the others mostly spread with the devices, which looking between
 * the trains takes out. 2048 cells each. */
typedef struct refreshed {
    const char *cell, *json;
    float high, weights[4];
    double loss, scatter;
} refreshed;

#define FINE(device, more)                                                                         \
    "{\"device\": " device ", \"refresh_every\": 1, "                                              \
    "\"refresh_forward\": {\"is_perfect\": true}" more "}"

static const refreshed preset_pairs[] = {
    {"pcm_cell", "{}", 1.9f, {1.1f, 0.9f, 1.3f, 0.6f}, 0.04, 0.45},
    {"pcm_cell",
     "{\"refresh_forward\": {\"is_perfect\": true}}",
     1.9f,
     {1.1f, 0.9f, 1.3f, 0.3f},
     0.04,
     0.42},
    {"pcm_cell",
     "{\"refresh_update\": {\"desired_bl\": 5}}",
     1.9f,
     {1.1f, 0.9f, 1.2f, 0.4f},
     0.04,
     0.45},
    {"pcm_cell",
     "{\"refresh_update\": {\"update_management\": false, "
     "\"update_bl_management\": false}}",
     1.9f,
     {1.1f, 0.9f, 1.2f, 0.4f},
     0.04,
     0.45},
    {"pcm_cell",
     "{\"device\": {\"dw_min_std\": 0, \"dw_min_dtod\": 0, \"w_max_dtod\": 0, "
     "\"reset_dtod\": 0, \"reset_std\": 0}, \"refresh_forward\": {\"is_perfect\": true}, "
     "\"refresh_update\": {\"pulse_type\": \"DETERMINISTIC_IMPLICIT\"}}",
     1.9f,
     {1.1f, 0.9f, 1.3f, 0.7f},
     0.03,
     0.03},
    {"one_sided_cell",
     FINE("{\"kind\": \"reram_sb\", \"write_noise_std\": 0}", ""),
     1.2f,
     {0.3f, 0.5f, 0.7f, 0.2f},
     0.025,
     0.17},
    {"one_sided_cell",
     FINE("{\"kind\": \"reram_es\", \"write_noise_std\": 0}", ""),
     0.9f,
     {0.3f, 0.5f, 0.2f, 0.1f},
     0.02,
     0.1},
    {"one_sided_cell", FINE("\"ecram\"", ""), 1.0f, {0.3f, 0.5f, 0.2f, 0.1f}, 0.02, 0.03},
    {"one_sided_cell", FINE("\"capacitor\"", ""), 0.9f, {0.3f, 0.5f, 0.2f, 0.1f}, 0.02, 0.03},
    {"one_sided_cell", FINE("\"soft_bounds\"", ""), 0.58f, {0.2f, 0.3f, 0.1f, 0.05f}, 0.01, 0.02},
    {"one_sided_cell",
     FINE("\"soft_bounds\"", ", \"copy_inverted\": true"),
     0.58f,
     {0.2f, 0.3f, 0.1f, 0.05f},
     0.01,
     0.02},
    {"one_sided_cell", FINE("\"gokmen_vlasov\"", ""), 0.9f, {0.2f, 0.3f, 0.1f, 0.5f}, 0.01, 0.02},
};

START_TEST(refresh_restores_by_the_response_of_the_device)
{
    enum { O = 64, I = 256 };
    const refreshed *r = &preset_pairs[_i];
    aimc_context *ctx = test_context(0);
    aimc_tile *tile = test_tile(ctx, r->cell, r->json, O, I, 1);
    static float high[O * I], low[O * I], before[O * I], after[O * I];
    const float mirror = strstr(r->json, "copy_inverted") ? -1 : 1;
    for (int i = 0; i < O * I; i++) {
        high[i] = r->high;
        low[i] = r->high - r->weights[i % 4];
        if (i / 4 % 2) {
            const float swap = low[i];
            low[i] = high[i];
            high[i] = swap;
        }
        low[i] *= mirror;
    }
    must(aimc_tile_set_parameter(tile, "hidden_weights_0", high, I));
    must(aimc_tile_set_parameter(tile, "hidden_weights_1", low, I));
    weights_of(tile, before);
    pulse_all(tile, 0); /* ends a mini-batch */
    weights_of(tile, after);
    double loss[8] = {0}, squares = 0, needy[8] = {0};
    for (int i = 0; i < O * I; i++) {
        const double change = (double)(after[i] - before[i]);
        loss[i % 8] += change;
        squares += change * change;
        needy[i % 8] += change != 0;
    }
    for (int k = 0; k < 8; k++) {
        ck_assert_msg(needy[k] > 0.5 * O * I / 8, "%d of weights %d refreshed", (int)needy[k], k);
        ck_assert_msg(fabs(loss[k] / (O * I / 8)) < r->loss, "%s %s: %g (%d) changed by %g",
                      r->cell, r->json, (double)r->weights[k % 4], k, loss[k] / (O * I / 8));
    }
    ck_assert_msg(sqrt(squares / (O * I)) < r->scatter, "%s: scatter %g", r->json,
                  sqrt(squares / (O * I)));
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("refresh");
    TCase *t = aimct_case(s, "one-sided pairs");
    tcase_add_test(t, refresh_keeps_the_weight);
    tcase_add_loop_test(t, refresh_restores_by_the_response_of_the_device, 0,
                        sizeof preset_pairs / sizeof *preset_pairs);
    return aimct_main(s);
}
