/* SPDX-License-Identifier: MIT */
/* What is derived from the weights is kept between reads, and follows every write of them. */
#include "read_util.h"

enum { OUT = 5, IN = 16 };

static aimc_context *ctx;
static float w[OUT * IN], x[IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 21);
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(x, IN, 2);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Without converters, and with magnitudes and their sums to be kept. */
#define DROP                                                                                       \
    "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0",             \
        "ir_drop=1", "ir_drop_g_ratio=300"

/* The tile gives what a new one with its weights gives. */
static void check_fresh(aimc_tile *tile)
{
    float held[OUT * IN], y[OUT], expected[OUT];
    OK(aimc_tile_get_weights(tile, held, IN));
    aimc_tile *fresh = aimct_tile(ctx, held, OUT, IN, SETTINGS(DROP));
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    OK(aimc_tile_forward(fresh, 1, x, IN, expected, OUT));
    ck_assert(memcmp(y, expected, sizeof y) == 0);
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    ck_assert(memcmp(y, expected, sizeof y) == 0);
    aimc_tile_destroy(fresh);
}

START_TEST(every_write_is_seen)
{
    static const char *const algorithms[] = {"sgd", "tiki_taka", "ttv2", "agad", "mixed_precision"};
    aimc_device *device =
        aimct_device(ctx, "constant_step",
                     SETTINGS("lifetime=50", "diffusion=0.01", "drift.nu=0.1", "reset_std=0.1"));
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
        aimc_config *config = aimct_tile_config(ctx, SETTINGS(DROP));
        aimc_tile *tile = NULL;
        aimc_optimizer *optimizer = NULL;
        OK(aimc_tile_create(device, OUT, IN, config, &tile));
        check_fresh(tile);
        OK(aimc_tile_set_weights(tile, w, IN));
        check_fresh(tile);
        int32_t counts[OUT * IN];
        for (int i = 0; i < OUT * IN; i++)
            counts[i] = i % 7 - 3;
        OK(aimc_tile_pulse(tile, counts, IN));
        check_fresh(tile);
        OK(aimc_tile_decay(tile, 1));
        check_fresh(tile);
        OK(aimc_tile_diffuse(tile));
        check_fresh(tile);
        OK(aimc_tile_drift_trained(tile, 1));
        OK(aimc_tile_drift_trained(tile, 100));
        check_fresh(tile);
        OK(aimc_tile_reset(tile, 1, 3, 0.5));
        check_fresh(tile);
        float bounds[OUT * IN];
        for (int i = 0; i < OUT * IN; i++)
            bounds[i] = 0.05f;
        OK(aimc_tile_set_parameter(tile, "max_bound", bounds, IN));
        check_fresh(tile);
        OK(aimc_optimizer_create(tile, algorithms[k], NULL, &optimizer));
        for (int step = 0; step < 5; step++) {
            float d[OUT] = {0.3f, -0.2f, 0.1f, 0.4f, -0.5f};
            OK(aimc_optimizer_step(optimizer, 1, x, IN, d, OUT, 0.5));
            check_fresh(tile);
        }
        aimc_optimizer_destroy(optimizer);
        check_fresh(tile);
        OK(aimc_tile_save(tile, "t_column_sets.safetensors"));
        aimc_tile_destroy(tile);
        OK(aimc_tile_load(ctx, "t_column_sets.safetensors", &tile));
        remove("t_column_sets.safetensors");
        check_fresh(tile);
        aimc_tile_destroy(tile);
        aimc_config_destroy(config);
    }
    aimc_device_unref(device);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("column_sets");
    TCase *c = aimct_case(s, "kept between reads");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_write_is_seen);
    return aimct_main(s);
}
