/* SPDX-License-Identifier: MIT */
/* Fixed errors of a read-out: read, replaced, saved. */
#include "read_util.h"

enum { OUT = 5, IN = 24 };

static aimc_context *ctx;
static float w[OUT * IN], x[IN];

static void setup(void)
{
    ctx = aimct_context(1, 0, 33);
    aimct_fill(w, (size_t)OUT * IN, 1);
    aimct_fill(x, IN, 2);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

#define BARE "inp_res=-1", "out_res=-1", "noise_management=NONE"

/* Values that are set are those that act, are told back, and travel with the file. */
START_TEST(fixed_errors_can_be_replaced)
{
    const char *const settings[] = {BARE,
                                    "out_noise=0.1",
                                    "out_noise_std=0.5",
                                    "v_offset_std=0.1",
                                    "v_offset_w_min=0",
                                    "out_bound=20",
                                    "out_nonlinearity=0.1",
                                    "out_nonlinearity_std=0.3",
                                    "mv_type=POS_NEG_SEPARATE",
                                    "w_read_asymmetry_dtod=0.2",
                                    NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    ck_assert_uint_eq(aimc_tile_count_fixed_errors(tile, AIMC_FORWARD), 4);
    ck_assert_str_eq(aimc_tile_get_fixed_error_name(tile, AIMC_BACKWARD, 2), "v_offsets");
    ck_assert_ptr_null(aimc_tile_get_fixed_error_name(tile, AIMC_FORWARD, 4));
    float zero[OUT] = {0}, offsets[OUT], curve[OUT], polarity[OUT * IN], got[OUT * IN], y[OUT];
    for (size_t i = 0; i < OUT; i++) {
        offsets[i] = 0.05f * (float)i;
        curve[i] = 0.01f * (float)(i + 1);
    }
    for (size_t k = 0; k < OUT * IN; k++)
        polarity[k] = 1.0f + 0.01f * (float)k;
    OK(aimc_tile_set_fixed_error(tile, AIMC_FORWARD, "out_noises", zero, OUT));
    OK(aimc_tile_set_fixed_error(tile, AIMC_FORWARD, "v_offsets", offsets, OUT));
    OK(aimc_tile_set_fixed_error(tile, AIMC_FORWARD, "out_nonlinearity", curve, OUT));
    OK(aimc_tile_set_fixed_error(tile, AIMC_FORWARD, "read_polarity", polarity, (size_t)OUT * IN));
    OK(aimc_tile_save(tile, "t_fixed.safetensors"));
    aimc_tile_destroy(tile);
    OK(aimc_tile_load(ctx, "t_fixed.safetensors", &tile));
    remove("t_fixed.safetensors");
    OK(aimc_tile_get_fixed_error(tile, AIMC_FORWARD, "read_polarity", got, (size_t)OUT * IN));
    ck_assert(memcmp(got, polarity, sizeof polarity) == 0);
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    for (size_t i = 0; i < OUT; i++) {
        double sum = 0;
        for (size_t j = 0; j < IN; j++)
            sum += (double)w[i * IN + j] * (double)x[j] *
                   (x[j] < 0 ? (double)polarity[i * IN + j] : 1);
        sum *= 1 - (double)offsets[i];
        NEAR((double)y[i], sum / (1 + fabs((double)curve[i] * sum)), 1e-5);
    }
    FAILS(AIMC_ERR_SHAPE, "it has 5",
          aimc_tile_get_fixed_error(tile, AIMC_FORWARD, "v_offsets", got, OUT + 1));
    FAILS(AIMC_ERR_INVALID, "did you mean 'v_offsets'",
          aimc_tile_get_fixed_error(tile, AIMC_FORWARD, "v_offset", got, OUT));
    offsets[1] = -1;
    FAILS(AIMC_ERR_INVALID, "value[1]",
          aimc_tile_set_fixed_error(tile, AIMC_FORWARD, "v_offsets", offsets, OUT));
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, w, OUT, IN, NULL);
    ck_assert_uint_eq(aimc_tile_count_fixed_errors(tile, AIMC_FORWARD), 0);
    FAILS(AIMC_ERR_INVALID, "no fixed error",
          aimc_tile_get_fixed_error(tile, AIMC_FORWARD, "v_offsets", got, OUT));
    aimc_tile_destroy(tile);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fixed_errors");
    TCase *c = aimct_case(s, "tile");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, fixed_errors_can_be_replaced);
    return aimct_main(s);
}
