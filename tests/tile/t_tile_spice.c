/* SPDX-License-Identifier: MIT */
/* A netlist is the same file in every locale; that ngspice computes what it should is t_spice's. */
#include "comma_locale.h"
#include "test_util.h"

enum { N = 3 };

static void write_netlist(const aimc_tile *tile, const char *path, char *text, size_t size)
{
    const float z[N] = {0.1f, -0.5f, 0.25f};
    OK(aimc_tile_write_spice(tile, AIMC_FORWARD, z, path));
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    const size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
    remove(path);
}

START_TEST(the_locale_does_not_matter)
{
    static char plain[16384], comma[16384];
    aimc_context *ctx;
    aimc_device *device;
    aimc_tile *tile;
    const float w[N * N] = {0.5f, -0.3f, 0.1f, 0.2f, 0.4f, -0.6f, 0.7f, -0.1f, 0.05f};
    OK(aimc_context_create(NULL, &ctx));
    OK(aimc_device_create(ctx, "ideal", NULL, &device));
    OK(aimc_tile_create(device, N, N, NULL, &tile));
    OK(aimc_tile_set_weights(tile, w, N));
    write_netlist(tile, "t_tile_spice.cir", plain, sizeof plain);
    ck_assert_ptr_nonnull(strstr(plain, "0.1"));
    if (!aimct_comma_locale()) {
        fprintf(stderr, "no locale with a decimal comma here: not tested\n");
    } else {
        write_netlist(tile, "t_tile_spice.cir", comma, sizeof comma);
        ck_assert_str_eq(plain, comma);
    }
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tile_spice");
    tcase_add_test(aimct_case(s, "netlists"), the_locale_does_not_matter);
    return aimct_main(s);
}
