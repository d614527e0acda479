/* SPDX-License-Identifier: MIT */
/*
 * Linear regression whose matrix is learned by voltage pulses.
 *
 * The tile never sees a gradient matrix: each step sends pulse trains for x and for the error d,
 * and a device moves where pulses of its row and its column coincide. On average that is
 *
 *     W <- W - lr d x'
 */
#include <math.h>

#include "common.h"

enum { N_OUT = 4, N_IN = 8, BATCH = 10, STEPS = 600 };

/* Root of the mean squared difference between the tile's weights and the target. */
static double weight_error(const aimc_tile *tile, float target[N_OUT][N_IN])
{
    float w[N_OUT][N_IN];
    double sum = 0.0;
    TRY(aimc_tile_get_weights(tile, w[0], N_IN));
    for (int i = 0; i < N_OUT; i++)
        for (int j = 0; j < N_IN; j++)
            sum += pow((double)w[i][j] - (double)target[i][j], 2.0);
    return sqrt(sum / (N_OUT * N_IN));
}

/* One mini-batch: inputs, what the tile answers, and how far that is from target x. */
static void train_step(aimc_tile *tile, aimc_optimizer *optimizer, float target[N_OUT][N_IN])
{
    float x[BATCH][N_IN], y[BATCH][N_OUT], d[BATCH][N_OUT];
    for (int b = 0; b < BATCH; b++)
        for (int j = 0; j < N_IN; j++)
            x[b][j] = random_input();
    TRY(aimc_tile_forward(tile, BATCH, x[0], N_IN, y[0], N_OUT));
    for (int b = 0; b < BATCH; b++)
        for (int i = 0; i < N_OUT; i++) {
            float wanted = 0.0f;
            for (int j = 0; j < N_IN; j++)
                wanted += target[i][j] * x[b][j];
            d[b][i] = (y[b][i] - wanted) / BATCH;
        }
    TRY(aimc_optimizer_step(optimizer, BATCH, x[0], N_IN, d[0], N_OUT, 0.2));
}

int main(void)
{
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *optimizer;
    aimc_counters counters = {.struct_size = sizeof counters};
    float target[N_OUT][N_IN];
    double error = 0.0;

    for (int i = 0; i < N_OUT * N_IN; i++)
        target[i / N_IN][i % N_IN] = 0.3f * random_input();

    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_device_create(ctx, "gokmen_vlasov", NULL, &device));
    TRY(aimc_tile_create(device, N_OUT, N_IN, NULL, &tile));
    TRY(aimc_optimizer_create(tile, "sgd", NULL, &optimizer));

    for (int step = 0; step <= STEPS; step++) {
        if (step % 100 == 0) {
            error = weight_error(tile, target);
            printf("step %4d   weight error %.4f\n", step, error);
        }
        train_step(tile, optimizer, target);
    }
    TRY(aimc_tile_get_counters(tile, &counters));
    printf("pulses: %.0f up, %.0f down\n", (double)counters.pulses_up,
           (double)counters.pulses_down);

    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    /* 0.006 to 0.010 on ten seeds; what the noise of pulses and reads leaves */
    return error < 0.02 ? EXIT_SUCCESS : EXIT_FAILURE;
}
