/* SPDX-License-Identifier: MIT */
/* Digital scales of outputs, learned in hardware-aware training. */

#include "hwa_test.h"
#include "portable.h"

#define SCALES                                                                                     \
    "device=ideal;optimizer=sgd;forward.is_perfect=true;backward.is_perfect=true;"                 \
    "mapping.weight_scaling_omega=0.5;mapping.weight_scaling_columnwise=true"

/* By hand: s' = s (1 - lr sum d y) for each output of each tile, or for a tile with the sum of its
 * outputs; weights on the tile move as without. */
START_TEST(scales_are_learned)
{
    enum { ROWS = 3, COLS = 4, SAMPLES = 5, HALF = 2 };
    const double lr = 0.05;
    float w[ROWS * COLS], plain[ROWS * COLS], after[ROWS * COLS], x[SAMPLES * COLS];
    float d[SAMPLES * ROWS], y[SAMPLES * ROWS], z[SAMPLES * COLS];
    aimct_fill(w, ROWS * COLS, 1);
    aimct_fill(x, SAMPLES * COLS, 2);
    aimct_fill(d, SAMPLES * ROWS, 3);
    for (int columnwise = 0; columnwise < 2; columnwise++) {
        char settings[512];
        snprintf(
            settings, sizeof settings,
            SCALES
            ";mapping.max_input_size=2;hwa.output_scale.learn=true;hwa.output_scale.columnwise=%d",
            columnwise);
        for (int learns = 0; learns < 2; learns++) {
            aimc_matrix *m =
                make_grid(ROWS, COLS, learns ? settings : SCALES ";mapping.max_input_size=2");
            OK(aimc_matrix_set_weights(m, w, COLS));
            OK(aimc_matrix_modify(m));
            OK(aimc_matrix_forward(m, SAMPLES, x, COLS, y, ROWS));
            OK(aimc_matrix_differentiate(m, SAMPLES, x, COLS, d, ROWS, z, COLS));
            OK(aimc_matrix_step(m, SAMPLES, x, COLS, d, ROWS, lr));
            OK(aimc_matrix_get_weights(m, learns ? after : plain, COLS));
            aimc_matrix_destroy(m);
        }
        for (size_t half = 0; half < 2; half++) {
            double gradient[ROWS] = {0}, sum = 0;
            for (size_t i = 0; i < ROWS; i++)
                for (size_t b = 0; b < SAMPLES; b++)
                    for (size_t j = half * HALF; j < (half + 1) * HALF; j++)
                        gradient[i] += (double)d[b * ROWS + i] * (double)w[i * COLS + j] *
                                       (double)x[b * COLS + j];
            for (size_t i = 0; i < ROWS; i++)
                sum += gradient[i];
            for (size_t i = 0; i < ROWS; i++)
                for (size_t j = half * HALF; j < (half + 1) * HALF; j++)
                    NEAR(after[i * COLS + j] / plain[i * COLS + j],
                         1 - lr * (columnwise ? gradient[i] : sum), 1e-5);
        }
    }
}
END_TEST

/* A read-out that loses a third of every output: with weights that cannot grow beyond their bounds
 * scales alone can make up for it. First layers learn, too; files and threads change no bit. */
START_TEST(scales_make_up_for_a_gain)
{
    double last[2] = {0};
    for (int learns = 0; learns < 2; learns++) {
        char settings[512], path[64];
        snprintf(settings, sizeof settings,
                 "device=soft_bounds;optimizer=sgd;forward.out_scale=0.3;forward.out_noise=0;"
                 "device.w_max=0.2;device.w_min=-0.2;hwa.output_scale.learn=%d",
                 learns);
        aimc_network *net = make_network(settings), *copy = NULL;
        for (uint64_t k = 0; k < 300; k++) {
            const double loss = (double)train_once(net, k);
            last[learns] += k >= 280 ? loss : 0;
            if (k == 150) {
                snprintf(path, sizeof path, "/tmp/aimc-scales-%d.safetensors", (int)getpid());
                OK(aimc_network_save(net, path));
                OK(aimc_network_load(ctx, path, &copy));
                remove(path);
            }
            if (k > 150)
                ck_assert_double_eq((double)train_once(copy, k), loss);
        }
        aimc_network_destroy(net);
        aimc_network_destroy(copy);
    }
    ck_assert_msg(last[1] < 0.8 * last[0], "%g with, %g without", last[1], last[0]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("output_scale");
    TCase *t = aimct_case(s, "output_scale");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, scales_are_learned);
    tcase_add_test(t, scales_make_up_for_a_gain);
    return aimct_main(s);
}
