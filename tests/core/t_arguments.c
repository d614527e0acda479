/* SPDX-License-Identifier: MIT */
/* Arguments that are NULL: every function that has a status says which function and what. */
#include "test_util.h"

/* Refused with a sentence that begins with the function's name. */
#define REFUSES(function, ...)                                                                     \
    do {                                                                                           \
        FAILS(AIMC_ERR_INVALID, " NULL", aimc_##function(__VA_ARGS__));                            \
        ck_assert_msg(strncmp(aimc_get_last_error(), #function ":", strlen(#function) + 1) == 0,   \
                      "%s: %s", #function, aimc_get_last_error());                                 \
    } while (0)

static aimc_context *ctx;
static aimc_config *config;
static aimc_device *device;
static aimc_tile *tile;
static aimc_matrix *matrix;
static aimc_network *net;
static float v[4];

static void set_up(void)
{
    ctx = aimct_context(1, 0, 1);
    device = aimct_device(ctx, "soft_bounds", NULL);
    OK(aimc_config_create(ctx, "soft_bounds", &config));
    OK(aimc_tile_create(device, 2, 2, NULL, &tile));
    OK(aimc_matrix_create(device, 2, 2, NULL, &matrix));
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, 2, 2, NULL));
}

static void tear_down(void)
{
    aimc_network_destroy(net);
    aimc_matrix_destroy(matrix);
    aimc_tile_destroy(tile);
    aimc_config_destroy(config);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

START_TEST(configurations)
{
    aimc_config *out = NULL;
    REFUSES(config_create, ctx, "ideal", NULL);
    REFUSES(config_create, NULL, "ideal", &out);
    REFUSES(config_create, ctx, NULL, &out);
    REFUSES(config_copy, config, NULL);
    REFUSES(config_copy, NULL, &out);
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_config_set_text(config, "dw_min", NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_config_set_list(config, "dw_min", NULL, 1));
    REFUSES(config_get, config, "dw_min", NULL);
    REFUSES(config_get_text, config, "dw_min", NULL, 1, NULL);
    REFUSES(config_get_field, config, 0, NULL);
    REFUSES(config_parse, NULL, "{}");
    REFUSES(config_parse, config, NULL);
    REFUSES(config_load, NULL, "/");
    REFUSES(config_load, config, NULL);
    REFUSES(config_load_table, config, NULL);
    REFUSES(noise_table_load, config, NULL);
    REFUSES(preset_find, NULL, NULL);
    REFUSES(preset_get, 0, NULL);
    ck_assert_ptr_null(out);
}
END_TEST

START_TEST(devices_and_models)
{
    aimc_device *d = device;
    aimc_config *c = config;
    aimc_noise_model *m = NULL;
    aimc_cost_model *cost = NULL;
    REFUSES(device_create, ctx, "ideal", NULL, NULL);
    REFUSES(device_create, NULL, "ideal", NULL, &d);
    ck_assert_ptr_null(d);
    REFUSES(device_get_info, device, NULL);
    REFUSES(device_get_config, device, NULL);
    REFUSES(device_get_config, NULL, &c);
    ck_assert_ptr_null(c);
    REFUSES(noise_model_get_info, NULL, NULL);
    REFUSES(population_create, NULL, 1, 1, NULL);
    REFUSES(population_program, NULL, v);
    REFUSES(population_read, NULL, 1, v);
    REFUSES(population_get, NULL, "state", v);
    REFUSES(cost_model_create, ctx, NULL, NULL, NULL);
    REFUSES(cost_model_create, NULL, NULL, NULL, &cost);
    REFUSES(cost_model_get_dac, NULL, NULL);
    REFUSES(cost_model_get_pulse, NULL, 1, 1, 1, NULL);
    REFUSES(cost_model_add_counters, NULL, NULL, NULL, NULL);
    ck_assert_ptr_null(m);
}
END_TEST

START_TEST(tiles)
{
    const int32_t counts[4] = {0};
    aimc_tile *t = tile;
    REFUSES(tile_create, device, 1, 1, NULL, NULL);
    REFUSES(tile_create, NULL, 1, 1, NULL, &t);
    ck_assert_ptr_null(t);
    REFUSES(tile_set_weights, NULL, v, 2);
    REFUSES(tile_get_weights, tile, NULL, 2);
    REFUSES(tile_get_parameter, tile, NULL, v, 2);
    REFUSES(tile_backward, NULL, 1, v, 2, v, 2);
    REFUSES(tile_pulse, NULL, counts, 2);
    REFUSES(tile_pulse, tile, NULL, 2);
    FAILS(AIMC_ERR_SHAPE, "tile_pulse: ld = 1", aimc_tile_pulse(tile, counts, 1));
    REFUSES(tile_decay, NULL, 1);
    REFUSES(tile_diffuse, NULL);
    REFUSES(tile_drift_trained, NULL, 1);
    REFUSES(tile_reset, NULL, 0, 1, 1);
    REFUSES(tile_get_counters, tile, NULL);
    REFUSES(tile_save, NULL, "/");
    REFUSES(tile_save, tile, NULL);
    REFUSES(tile_load, ctx, "/", NULL);
    REFUSES(tile_load, ctx, NULL, &t);
    REFUSES(tile_load_bytes, ctx, v, 1, NULL);
    REFUSES(tile_load_bytes, ctx, NULL, 1, &t);
    REFUSES(tile_shift_symmetry_point, NULL, 1);
    REFUSES(tile_program, NULL, NULL, NULL);
    REFUSES(tile_unprogram, NULL);
}
END_TEST

START_TEST(matrices)
{
    aimc_matrix *g = matrix;
    REFUSES(matrix_create, device, 1, 1, NULL, NULL);
    REFUSES(matrix_create, NULL, 1, 1, NULL, &g);
    ck_assert_ptr_null(g);
    FAILS(AIMC_ERR_INVALID, "shape 0 x 1", aimc_matrix_create(device, 0, 1, NULL, &g));
    REFUSES(matrix_set_weights, NULL, v, 2);
    REFUSES(matrix_get_weights, matrix, NULL, 2);
    FAILS(AIMC_ERR_SHAPE, "ld_w = 1", aimc_matrix_set_weights(matrix, v, 1));
    REFUSES(matrix_forward, NULL, 1, v, 2, v, 2);
    REFUSES(matrix_get_counters, matrix, NULL);
    REFUSES(matrix_set_input_range, NULL, 1);
    REFUSES(matrix_program, NULL, NULL, NULL);
    REFUSES(matrix_unprogram, NULL);
    v[0] = NAN;
    FAILS(AIMC_ERR_INVALID, "not finite", aimc_matrix_set_weights(matrix, v, 2));
    FAILS(AIMC_ERR_INVALID, "not finite", aimc_matrix_forward(matrix, 1, v, 2, v + 2, 2));
    v[0] = 0;
}
END_TEST

START_TEST(networks_and_optimizers)
{
    aimc_network *n = net;
    aimc_optimizer *o = NULL;
    float y[2];
    REFUSES(network_create, ctx, NULL);
    REFUSES(network_create, NULL, &n);
    ck_assert_ptr_null(n);
    REFUSES(network_add_linear, NULL, 1, 1, NULL);
    REFUSES(network_predict, NULL, 1, v, y);
    REFUSES(network_predict, net, 1, NULL, y);
    REFUSES(network_predict, net, 1, v, NULL);
    REFUSES(network_get_info, net, NULL);
    REFUSES(network_get_counters, net, NULL);
    REFUSES(network_set_note, NULL, "");
    REFUSES(network_save, net, NULL);
    REFUSES(network_load, ctx, "/", NULL);
    REFUSES(network_load, ctx, NULL, &n);
    REFUSES(network_convert_to_analog, net, NULL);
    REFUSES(network_unprogram, NULL);
    REFUSES(optimizer_create, tile, "sgd", NULL, NULL);
    REFUSES(optimizer_create, NULL, "sgd", NULL, &o);
    REFUSES(optimizer_step, NULL, 1, v, 2, v, 2, 0.1);
    REFUSES(optimizer_get_stats, NULL, NULL);
    REFUSES(optimizer_get_matrix, NULL, "chi", v, 2);
    ck_assert_ptr_null(o);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("arguments");
    TCase *t = aimct_case(s, "NULL");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, configurations);
    tcase_add_test(t, devices_and_models);
    tcase_add_test(t, tiles);
    tcase_add_test(t, matrices);
    tcase_add_test(t, networks_and_optimizers);
    return aimct_main(s);
}
