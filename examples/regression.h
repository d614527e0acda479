/* SPDX-License-Identifier: MIT */
/* Linear least squares on one output, of examples 23 and 24. Define N, the inputs, and SAMPLES
 * first. */
#ifndef EXAMPLES_REGRESSION_H
#define EXAMPLES_REGRESSION_H

#include "common.h"

static float inputs[SAMPLES][N], answers[SAMPLES], target[N];

/* Full-batch steps of mean squared error; the mean loss of the last 20, per weight. */
static double regress(aimc_tile *tile, aimc_optimizer *optimizer, double lr, int steps)
{
    float y[SAMPLES], d[SAMPLES], w[N];
    double sum = 0;
    for (int step = 0; step < steps; step++) {
        double loss = 0;
        TRY(aimc_tile_forward(tile, SAMPLES, inputs[0], N, y, 1));
        TRY(aimc_tile_get_weights(tile, w, N));
        for (int s = 0; s < SAMPLES; s++) {
            float e = -answers[s]; /* of the weights, without read noise */
            for (int j = 0; j < N; j++)
                e += w[j] * inputs[s][j];
            d[s] = (y[s] - answers[s]) / SAMPLES;
            loss += (double)(e * e) / SAMPLES;
        }
        sum += step >= steps - 20 ? loss / N / 20 : 0;
        TRY(aimc_optimizer_step(optimizer, SAMPLES, inputs[0], N, d, 1, lr));
    }
    return sum;
}

static void make_problem(float spread)
{
    for (int j = 0; j < N; j++)
        target[j] = spread * random_normal();
    for (int s = 0; s < SAMPLES; s++) {
        answers[s] = 0;
        for (int j = 0; j < N; j++) {
            inputs[s][j] = random_normal();
            answers[s] += target[j] * inputs[s][j];
        }
    }
}

#endif
