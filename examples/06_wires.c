/* SPDX-License-Identifier: MIT */
/*
 * What the wires of a crossbar do to a product, for several ways to lay weights on cells.
 *
 * Converters and noise are off, so that the wires are all that is seen: the error of W x relative
 * to its size, for normal weights and inputs between 0 and 1.
 */
#include <math.h>

#include "common.h"

enum { N = 128, BATCH = 20 };

#define EXACT                                                                                      \
    "forward.inp_res=-1 forward.out_res=-1 forward.out_noise=0 forward.out_bound=0 "               \
    "forward.noise_management=NONE forward.g_max=25e-6 "

static float w[N * N], x[BATCH * N], y[BATCH * N];

/* rms error over rms size */
static double relative_error(aimc_context *ctx, const aimc_device *device, const char *settings,
                             const char *const wires[2], double ohm)
{
    aimc_config *config;
    aimc_tile *tile;
    double error = 0, size = 0;
    TRY(aimc_config_create(ctx, "tile", &config));
    configure(config, EXACT);
    configure(config, settings);
    for (int k = 0; k < 2 && wires[k]; k++)
        TRY(aimc_config_set(config, wires[k], ohm));
    TRY(aimc_tile_create(device, N, N, config, &tile));
    TRY(aimc_tile_set_weights(tile, w, N));
    TRY(aimc_tile_forward(tile, BATCH, x, N, y, N));
    for (int b = 0; b < BATCH; b++) {
        for (int i = 0; i < N; i++) {
            double exact = 0;
            for (int j = 0; j < N; j++)
                exact += (double)w[i * N + j] * (double)x[b * N + j];
            error += pow((double)y[b * N + i] - exact, 2);
            size += exact * exact;
        }
    }
    aimc_tile_destroy(tile);
    aimc_config_destroy(config);
    return sqrt(error / size);
}

int main(void)
{
    static const struct {
        const char *what, *settings, *wires[2]; /* fields that take the resistance */
    } rows[] = {
        {"both wires, pairs, one cell at the floor",
         "forward.wires.model=NODAL",
         {"forward.wires.r_out", "forward.wires.r_in"}},
        {"output wires only, pairs, one cell at the floor",
         "forward.wires.model=NODAL forward.wires.r_in=0",
         {"forward.wires.r_out"}},
        {"  the same by the single-shot column model",
         "forward.ir_drop=1 forward.ir_loading=ALL forward.cell_mapping.on_off_ratio=1e12",
         {"forward.wire_resistance_per_cell"}},
        {"output wires only, pairs, both cells move",
         "forward.wires.model=NODAL forward.wires.r_in=0 forward.cell_mapping.scheme=TWO_SIDED",
         {"forward.wires.r_out"}},
        {"output wires only, offset, reference column",
         "forward.wires.model=NODAL forward.wires.r_in=0 "
         "forward.cell_mapping.scheme=REFERENCE_COLUMN",
         {"forward.wires.r_out"}},
        {"output wires only, 4 slices of 2 bits",
         "forward.wires.model=NODAL forward.wires.r_in=0 forward.cell_mapping.weight_bits=8 "
         "forward.cell_mapping.n_slices=4",
         {"forward.wires.r_out"}},
    };
    static const double ohm[] = {0.35, 1, 2.5};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    double error[ROWS][3];
    aimc_context *ctx;
    aimc_device *device;

    for (int k = 0; k < N * N; k++)
        w[k] = fmaxf(-1.0f, fminf(1.0f, 0.3f * random_normal()));
    for (int k = 0; k < BATCH * N; k++)
        x[k] = fabsf(random_input());
    TRY(aimc_context_create(NULL, &ctx));
    TRY(aimc_device_create(ctx, "ideal", NULL, &device));
    printf("relative error of a product, %d x %d, full cells of 25 uS\n", N, N);
    printf("%-50s %7.2f %7.2f %7.2f ohm\n", "", ohm[0], ohm[1], ohm[2]);
    for (int k = 0; k < ROWS; k++) {
        printf("%-50s", rows[k].what);
        for (int r = 0; r < 3; r++) {
            error[k][r] = relative_error(ctx, device, rows[k].settings, rows[k].wires, ohm[r]);
            printf(" %7.4f", error[k][r]);
        }
        printf("\n");
    }
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    /* more resistance hurts more; cells that carry current for weight 0 hurt most */
    return !(error[0][0] < error[0][1] && error[0][1] < error[0][2] && error[1][2] < error[0][2] &&
             2 * error[1][2] < error[3][2] && fabs(error[2][2] / error[1][2] - 1) < 0.2);
}
