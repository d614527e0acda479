/* SPDX-License-Identifier: MIT */
/* Memory of networks: an evaluation takes hardly more than the two largest activations that lie
 * side by side, and allocates nothing when it is repeated. */
#include "heap_test.h"

enum { BATCH = 64, SIDE = 32, CHANNELS = 16, STAGES = 3, BLOCKS = 3, CLASSES = 10 };

static aimc_value add(aimc_network *net, aimc_context *ctx, const char *op, const char *json,
                      size_t n, const aimc_value *in)
{
    aimc_config *c;
    aimc_value out;
    OK(aimc_config_create(ctx, op, &c));
    OK(aimc_config_parse(c, json));
    OK(aimc_network_add(net, op, c, n, in, &out));
    aimc_config_destroy(c);
    return out;
}

static aimc_value convolve(aimc_network *net, aimc_context *ctx, int channels, int kernel,
                           int stride, aimc_value x)
{
    char json[160];
    snprintf(
        json, sizeof json,
        "{\"out_channels\": %d, \"kernel\": %d, \"stride\": %d, \"padding\": %d, \"bias\": false}",
        channels, kernel, stride, kernel / 2);
    x = add(net, ctx, "conv2d", json, 1, &x);
    return add(net, ctx, "batch_norm", "{}", 1, &x);
}

/* ResNet-20 of K. He et al. (arXiv:1512.03385) for images of 32 x 32, with convolutions in the
 * shortcuts. */
static aimc_network *resnet20(aimc_context *ctx)
{
    const size_t shape[3] = {3, SIDE, SIDE};
    aimc_network *net;
    aimc_value x, sum[2];
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_input(net, "image", shape, 3, &x));
    x = convolve(net, ctx, CHANNELS, 3, 1, x);
    x = add(net, ctx, "relu", "{}", 1, &x);
    for (int k = 0; k < STAGES * BLOCKS; k++) {
        const int channels = CHANNELS << k / BLOCKS, stride = k && k % BLOCKS == 0 ? 2 : 1;
        sum[0] = stride == 2 ? convolve(net, ctx, channels, 1, 2, x) : x;
        x = convolve(net, ctx, channels, 3, stride, x);
        x = add(net, ctx, "relu", "{}", 1, &x);
        sum[1] = convolve(net, ctx, channels, 3, 1, x);
        x = add(net, ctx, "add", "{}", 2, sum);
        x = add(net, ctx, "relu", "{}", 1, &x);
    }
    x = add(net, ctx, "global_avg_pool", "{}", 1, &x);
    x = add(net, ctx, "flatten", "{}", 1, &x);
    (void)add(net, ctx, "linear", "{\"out_features\": 10}", 1, &x);
    return net;
}

static size_t weight_bytes(aimc_network *net)
{
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    return info.n_parameters * sizeof(float);
}

START_TEST(evaluation_takes_little_memory)
{
    static float x[BATCH * 3 * SIDE * SIDE], y[BATCH * CLASSES];
    const size_t pair = 2 * sizeof(float) * BATCH * CHANNELS * SIDE * SIDE;
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context *ctx = heap_context(&heap, 1);
    aimc_network *net = resnet20(ctx);
    aimct_fill(x, BATCH * 3 * SIDE * SIDE, 1);
    OK(aimc_network_predict(net, BATCH, x, y));
    const size_t bound = pair + weight_bytes(net);
    ck_assert_msg(heap.peak_bytes <= bound + bound / 10 * 3,
                  "%zu bytes; %zu is 1.3 times the bound", heap.peak_bytes, bound + bound / 10 * 3);
    const size_t peak = heap.peak_bytes;
    aimct_heap_fail_at(&heap, 0);
    OK(aimc_network_predict(net, BATCH, x, y));
    ck_assert_uint_eq(heap.calls, 0);
    ck_assert_uint_eq(heap.peak_bytes, peak);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_bytes, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("memory");
    TCase *t = aimct_case(s, "memory");
    tcase_add_test(t, evaluation_takes_little_memory);
    return aimct_main(s);
}
