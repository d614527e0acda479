/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <aimc/aimc.h>

int main(void)
{
    float w[2][3] = {{0.1f, -0.2f, 0.3f}, {-0.3f, 0.2f, 0.1f}}, x[3] = {1.0f, 0.5f, -0.5f}, y[2];
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    if (aimc_context_create(NULL, &ctx) || aimc_device_create(ctx, "idealized", NULL, &device) ||
        aimc_tile_create(device, 2, 3, NULL, &tile) || aimc_tile_set_weights(tile, w[0], 3) ||
        aimc_tile_forward(tile, 1, x, 3, y, 2))
        return fprintf(stderr, "%s\n", aimc_get_last_error()), 1;
    printf("%.3f %.3f\n", y[0], y[1]); /* exactly, it would be -0.150 -0.250 */
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
