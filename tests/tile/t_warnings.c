/* SPDX-License-Identifier: MIT */
/* What works, but probably not as meant, is told to the logger: once for each object, with how
 * many. */
#include "test_util.h"

typedef struct heard {
    size_t n;
    char last[512];
} heard;

static void hear(void *user, aimc_log_level level, const char *text)
{
    heard *h = user;
    if (level != AIMC_LOG_WARNING)
        return;
    h->n++;
    snprintf(h->last, sizeof h->last, "%s", text);
}

static aimc_context *open_context(heard *h, uint32_t cpu_mask)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    aimc_context *ctx;
    p.cpu_mask = cpu_mask;
    p.logger = (aimc_logger){h, hear};
    OK(aimc_context_create(&p, &ctx));
    return ctx;
}

static aimc_tile *open_tile(aimc_context *ctx, const char *device, size_t n, const char *field,
                            const char *value)
{
    aimc_device *d;
    aimc_config *c;
    aimc_tile *t;
    OK(aimc_device_create(ctx, device, NULL, &d));
    OK(aimc_config_create(ctx, "tile", &c));
    if (field)
        OK(aimc_config_set_text(c, field, value));
    OK(aimc_tile_create(d, n, n, c, &t));
    aimc_config_destroy(c);
    aimc_device_unref(d);
    return t;
}

enum { N = 20 };

static void set_all(aimc_tile *t, float w)
{
    static float weights[N * N];
    for (size_t k = 0; k < N * N; k++)
        weights[k] = w;
    OK(aimc_tile_set_weights(t, weights, N));
}

START_TEST(clipped_weights)
{
    heard h = {0};
    aimc_context *ctx = open_context(&h, 0);
    aimc_tile *t = open_tile(ctx, "gokmen_vlasov", N, NULL, NULL);
    set_all(t, 0.01f);
    ck_assert_uint_eq(h.n, 0);
    set_all(t, 20.0f);
    ck_assert_uint_eq(h.n, 1);
    ck_assert_msg(strstr(h.last, "400 of 400 weights were clipped") != NULL, "%s", h.last);
    ck_assert_ptr_nonnull(strstr(h.last, "weight_scaling_omega"));
    set_all(t, 3.0f);
    ck_assert_uint_eq(h.n, 1); /* counted, not told again */
    aimc_tile_destroy(t);
    t = open_tile(ctx, "pcm", N, NULL, NULL);
    set_all(t, -0.1f);
    ck_assert_uint_eq(h.n, 2);
    ck_assert_ptr_nonnull(strstr(h.last, "both signs"));
    aimc_tile_destroy(t);
    aimc_context_destroy(ctx);
}
END_TEST

/* Scaling takes the weights to the bounds; the few cells whose own bounds lie lower do not
 * count. */
START_TEST(scaled_weights_are_not_clipped)
{
    heard h = {0};
    aimc_context *ctx = open_context(&h, 0);
    aimc_config *c;
    aimc_matrix *m;
    float w[8][8];
    for (size_t k = 0; k < 64; k++)
        w[k / 8][k % 8] = (float)k - 32;
    OK(aimc_config_create(ctx, "layer", &c));
    OK(aimc_config_set_text(c, "device", "idealized"));
    OK(aimc_config_set(c, "device.w_max_dtod", 0));
    OK(aimc_config_set(c, "device.w_min_dtod", 0));
    OK(aimc_config_set(c, "mapping.weight_scaling_omega", 0.5));
    OK(aimc_matrix_create(NULL, 8, 8, c, &m));
    OK(aimc_matrix_set_weights(m, w[0], 8));
    ck_assert_uint_eq(h.n, 0);
    aimc_matrix_destroy(m);
    aimc_config_destroy(c);
    aimc_context_destroy(ctx);
}
END_TEST

static size_t warnings_at_rate(double lr)
{
    heard h = {0};
    aimc_context *ctx = open_context(&h, 0);
    aimc_tile *t = open_tile(ctx, "gokmen_vlasov", N, NULL, NULL);
    aimc_optimizer *o;
    float x[N], d[N];
    for (size_t k = 0; k < N; k++)
        x[k] = d[k] = 1.0f;
    OK(aimc_optimizer_create(t, "sgd", NULL, &o));
    for (int k = 0; k < 100; k++)
        OK(aimc_optimizer_step(o, 1, x, N, d, N, lr));
    ck_assert(h.n == 0 || strstr(h.last, "32 of 32 vectors ask for more pulses"));
    aimc_optimizer_destroy(o);
    aimc_tile_destroy(t);
    aimc_context_destroy(ctx);
    return h.n;
}

/* One pulse moves a weight by .0012 or so, and a train has 31 slots. */
START_TEST(saturated_trains)
{
    ck_assert_uint_eq(warnings_at_rate(0.01), 0);
    ck_assert_uint_eq(warnings_at_rate(10), 1);
}
END_TEST

START_TEST(gradients_beyond_what_devices_notice)
{
    static float x[N], d[N];
    heard h = {0};
    aimc_context *ctx = open_context(&h, 0);
    aimc_tile *t = open_tile(ctx, "gokmen_vlasov", N, NULL, NULL);
    aimc_optimizer *o;
    OK(aimc_optimizer_create(t, "mixed_precision", NULL, &o));
    x[0] = d[0] = d[1] = 1;
    OK(aimc_optimizer_step(o, 1, x, N, d, N, 0.1));
    ck_assert_uint_eq(h.n, 0);
    d[0] = 1e10f;
    d[1] = -1e5f;
    for (int k = 0; k < 3; k++)
        OK(aimc_optimizer_step(o, 1, x, N, d, N, 0.1));
    ck_assert_uint_eq(h.n, 1);
    ck_assert_msg(strstr(h.last, "more than 10000 pulses at once to 2 cells") != NULL, "%s",
                  h.last);
    aimc_optimizer_destroy(o);
    aimc_tile_destroy(t);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(instruction_sets_that_are_not_there)
{
    heard h = {0};
#ifdef __aarch64__
    const uint32_t foreign = AIMC_CPU_AVX2;
#else
    const uint32_t foreign = AIMC_CPU_NEON;
#endif
    aimc_context_destroy(open_context(&h, AIMC_CPU_C));
    ck_assert_uint_eq(h.n, 0);
    aimc_context_destroy(open_context(&h, foreign));
    ck_assert_uint_eq(h.n, 1);
    ck_assert_ptr_nonnull(strstr(h.last, "lacks"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("warnings");
    TCase *t = aimct_case(s, "warnings");
    tcase_add_test(t, clipped_weights);
    tcase_add_test(t, scaled_weights_are_not_clipped);
    tcase_add_test(t, saturated_trains);
    tcase_add_test(t, gradients_beyond_what_devices_notice);
    tcase_add_test(t, instruction_sets_that_are_not_there);
    return aimct_main(s);
}
