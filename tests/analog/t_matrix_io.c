/* SPDX-License-Identifier: MIT */
/* A matrix in a file or in bytes continues with the same bits; what is no matrix is refused. */
#include "test_util.h"

enum { N_OUT = 9, N_IN = 13, N = 3, SIZE = 1 << 18 };

static aimc_context *ctx;
static uint8_t bytes[2][SIZE];

static void set_up(void)
{
    ctx = aimct_context(7, 0, 0);
}

static void tear_down(void)
{
    aimc_context_destroy(ctx);
}

static aimc_matrix *make(const char *optimizer)
{
    aimc_config *config;
    aimc_matrix *m;
    OK(aimc_config_create(ctx, "layer", &config));
    OK(aimc_config_set_text(config, "device", "reram_sb"));
    OK(aimc_config_set_text(config, "optimizer", optimizer));
    OK(aimc_config_set(config, "mapping.max_input_size", 5));
    OK(aimc_config_set(config, "hwa.input_range.enable", 1));
    OK(aimc_matrix_create(NULL, N_OUT, N_IN, config, &m));
    aimc_config_destroy(config);
    return m;
}

static void use(aimc_matrix *m, float *y)
{
    float x[N * N_IN], d[N * N_OUT], z[N * N_IN];
    aimct_fill(x, N * N_IN, 1);
    aimct_fill(d, N * N_OUT, 2);
    OK(aimc_matrix_forward(m, N, x, N_IN, y, N_OUT));
    OK(aimc_matrix_backward(m, N, d, N_OUT, z, N_IN));
    OK(aimc_matrix_step(m, N, x, N_IN, d, N_OUT, 0.1));
    OK(aimc_matrix_forward(m, N, x, N_IN, y, N_OUT));
}

static size_t save(const aimc_matrix *m, int k)
{
    size_t n = 0, asked = 0;
    OK(aimc_matrix_save_bytes(m, NULL, 0, &asked));
    OK(aimc_matrix_save_bytes(m, bytes[k], SIZE, &n));
    ck_assert_uint_eq(n, asked);
    return n;
}

START_TEST(it_continues_with_the_same_bits)
{
    static const char *const optimizers[] = {"sgd", "c_ttv2", "mixed_precision"};
    float y[3][N * N_OUT];
    aimc_matrix *m = make(optimizers[_i]), *again, *from_file;
    use(m, y[0]);
    const size_t n = save(m, 0);
    OK(aimc_matrix_save(m, "t_matrix_io.state"));
    OK(aimc_matrix_load_bytes(ctx, bytes[0], n, &again));
    OK(aimc_matrix_load(ctx, "t_matrix_io.state", &from_file));
    use(m, y[0]);
    use(again, y[1]);
    use(from_file, y[2]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    ck_assert_mem_eq(y[0], y[2], sizeof y[0]);
    ck_assert_uint_eq(save(m, 0), save(again, 1));
    ck_assert_mem_eq(bytes[0], bytes[1], n);
    aimc_matrix_destroy(m);
    aimc_matrix_destroy(again);
    aimc_matrix_destroy(from_file);
    remove("t_matrix_io.state");
}
END_TEST

START_TEST(what_is_no_matrix_is_refused)
{
    aimc_matrix *m = make("sgd"), *out = m;
    aimc_tile *tile = aimc_matrix_get_tile(m, 0, NULL, NULL);
    size_t n = save(m, 0);
    FAILS(AIMC_ERR_SHAPE, "are needed", aimc_matrix_save_bytes(m, bytes[1], n - 1, &n));
    FAILS(AIMC_ERR_INVALID, "matrix is NULL", aimc_matrix_save(NULL, "nowhere"));
    FAILS(AIMC_ERR_INVALID, "path is NULL", aimc_matrix_save(m, NULL));
    FAILS(AIMC_ERR_IO, "matrix_load: ", aimc_matrix_load(ctx, "/nowhere/m", &out));
    ck_assert_ptr_null(out);
    FAILS(AIMC_ERR_FORMAT,
          "matrix_load_bytes: ", aimc_matrix_load_bytes(ctx, bytes[0], n / 2, &out));
    OK(aimc_tile_save_bytes(tile, bytes[1], SIZE, &n));
    FAILS(AIMC_ERR_FORMAT, "holds a tile, not a matrix",
          aimc_matrix_load_bytes(ctx, bytes[1], n, &out));
    aimc_matrix_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("matrix_io");
    TCase *t = aimct_case(s, "matrix_io");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, it_continues_with_the_same_bits, 0, 3);
    tcase_add_test(t, what_is_no_matrix_is_refused);
    return aimct_main(s);
}
