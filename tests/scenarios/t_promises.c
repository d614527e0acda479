/* SPDX-License-Identifier: MIT */
/* What docs/reproducibility.md promises, row by row: the same bits for any number of threads, batch
 * split and instruction set. That compilers, levels of optimization and libraries of products give
 * the same is seen by running t_scenarios in builds of each: ./dev check. */
#include <stdbool.h>

#include "test_util.h"

enum { OUT = 70, IN = 90, BATCH = 130, STEPS = 2 };

/* How a run is cut. */
typedef struct way {
    uint32_t threads, cpu, flags;
    size_t part; /* vectors of a call */
} way;

static float x[STEPS][BATCH * IN], d[STEPS][BATCH * OUT];

static void set_up(void)
{
    for (uint64_t s = 0; s < STEPS; s++) {
        aimct_fill(x[s], BATCH * IN, 2 * s + 1);
        aimct_fill(d[s], BATCH * OUT, 2 * s + 2);
    }
}

static aimc_context *context_of(const way *w)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = w->threads;
    params.cpu_mask = w->cpu;
    params.flags = w->flags;
    params.seed = 7;
    aimc_context *ctx = NULL;
    OK(aimc_context_create(&params, &ctx));
    return ctx;
}

static const way plain = {1, AIMC_CPU_C, 0, BATCH};

/* Instruction sets that this machine has beside plain C. */
static size_t list_cpus(uint32_t *cpus)
{
    static const uint32_t all[] = {AIMC_CPU_AVX2, AIMC_CPU_AVX512, AIMC_CPU_NEON};
    size_t n = 0;
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        const way w = {1, AIMC_CPU_C | all[k], 0, BATCH};
        aimc_context *ctx = context_of(&w);
        if (aimc_context_get_cpu(ctx) & all[k])
            cpus[n++] = AIMC_CPU_C | all[k];
        aimc_context_destroy(ctx);
    }
    return n;
}

/* ---- pulses --------------------------------------------------------------------------------- */

/* products: the algorithm makes digital outer products, which are equal to rounding only; batches:
 * it counts mini-batches, so that another split is another schedule. */
static const struct algorithm {
    const char *name;
    bool products, batches;
} algorithms[] = {
    {"sgd", false, false},      {"mixed_precision", true, true},
    {"tiki_taka", false, true}, {"mixed_precision_int", false, true},
    {"ttv2", false, true},      {"c_ttv2", false, false},
    {"agad", false, false},
};
enum { N_ALGORITHMS = sizeof algorithms / sizeof algorithms[0], N_DEVICES = 2 };
static const char *const devices[N_DEVICES] = {"soft_bounds", "constant_step"};

/* Weights after some steps of training. */
static void train(const char *device, const char *algorithm, const way *w, float *weights)
{
    aimc_context *ctx = context_of(w);
    aimc_device *dev = aimct_device(ctx, device, NULL);
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    OK(aimc_tile_create(dev, OUT, IN, NULL, &tile));
    OK(aimc_optimizer_create(tile, algorithm, NULL, &optimizer));
    for (size_t s = 0; s < STEPS; s++)
        for (size_t b = 0; b < BATCH; b += w->part) {
            const size_t n = BATCH - b < w->part ? BATCH - b : w->part;
            OK(aimc_optimizer_step(optimizer, n, x[s] + b * IN, IN, d[s] + b * OUT, OUT, 0.02));
        }
    OK(aimc_tile_get_weights(tile, weights, IN));
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(dev);
    aimc_context_destroy(ctx);
}

/* No more than most cells get another weight in any of the ways. */
static void expect_same_pulses(const struct algorithm *algorithm, size_t n_ways, const way *ways,
                               size_t most)
{
    static float a[OUT * IN], b[OUT * IN];
    for (size_t k = 0; k < N_DEVICES; k++) {
        train(devices[k], algorithm->name, &plain, a);
        for (size_t j = 0; j < n_ways; j++) {
            const way *w = &ways[j];
            size_t n = 0;
            train(devices[k], algorithm->name, w, b);
            for (size_t i = 0; i < OUT * IN; i++)
                n += memcmp(&a[i], &b[i], sizeof a[i]) != 0;
            ck_assert_msg(n <= most, "%s of %s: %zu weights differ: %u threads, mask %u, parts %zu",
                          algorithm->name, devices[k], n, w->threads, w->cpu, w->part);
        }
    }
}

START_TEST(pulses_with_any_number_of_threads)
{
    static const way ways[] = {{2, AIMC_CPU_C, 0, BATCH}, {7, AIMC_CPU_C, 0, BATCH}};
    expect_same_pulses(&algorithms[_i], 2, ways, 0);
}
END_TEST

START_TEST(pulses_with_any_batch_split)
{
    static const way ways[] = {{1, AIMC_CPU_C, 0, 1}, {1, AIMC_CPU_C, 0, 13}};
    if (!algorithms[_i].batches)
        expect_same_pulses(&algorithms[_i], 2, ways, 0);
}
END_TEST

/* An accumulated gradient at a threshold may fall on its other side, which moves a pulse. */
START_TEST(pulses_with_any_instruction_set)
{
    uint32_t cpus[3];
    way ways[3];
    const size_t n = list_cpus(cpus);
    for (size_t k = 0; k < n; k++)
        ways[k] = (way){1, cpus[k], 0, BATCH};
    expect_same_pulses(&algorithms[_i], n, ways, algorithms[_i].products ? OUT * IN / 50 : 0);
}
END_TEST

/* A device without pulses takes a step in floating point: a product. */
START_TEST(digital_steps)
{
    static float a[OUT * IN], b[OUT * IN];
    uint32_t cpus[3];
    const size_t n = list_cpus(cpus);
    train("ideal", "sgd", &plain, a);
    const way threads = {7, AIMC_CPU_C, 0, BATCH};
    train("ideal", "sgd", &threads, b);
    ck_assert_mem_eq(a, b, sizeof a);
    for (size_t k = 0; k < n; k++) {
        const way w = {1, cpus[k], 0, BATCH};
        train("ideal", "sgd", &w, b);
        for (size_t i = 0; i < OUT * IN; i++)
            NEAR(b[i], a[i], 1e-5);
    }
}
END_TEST

/* ---- reads ---------------------------------------------------------------------------------- */

/* What a tile with the default read-out (or a perfect one) gives: forward and back. */
static void read_tile(bool perfect, const way *w, float *y, float *back)
{
    aimc_context *ctx = context_of(w);
    aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
    aimc_config *config = NULL;
    aimc_tile *tile = NULL;
    OK(aimc_config_create(ctx, "tile", &config));
    if (perfect) {
        OK(aimc_config_set(config, "forward.is_perfect", 1));
        OK(aimc_config_set(config, "backward.is_perfect", 1));
    }
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    OK(aimc_tile_set_weights(tile, x[1], IN));
    for (size_t b = 0; b < BATCH; b += w->part) {
        const size_t n = BATCH - b < w->part ? BATCH - b : w->part;
        OK(aimc_tile_forward(tile, n, x[0] + b * IN, IN, y + b * OUT, OUT));
        OK(aimc_tile_backward(tile, n, d[0] + b * OUT, OUT, back + b * IN, IN));
    }
    aimc_tile_destroy(tile);
    aimc_config_destroy(config);
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
}

static float ya[BATCH * OUT], back0[BATCH * IN], yb[BATCH * OUT], back1[BATCH * IN];

static void expect_same_reads(const way *w, const way *other)
{
    for (int perfect = 0; perfect < 2; perfect++) {
        read_tile(perfect, w, ya, back0);
        read_tile(perfect, other, yb, back1);
        ck_assert_mem_eq(ya, yb, sizeof ya);
        ck_assert_mem_eq(back0, back1, sizeof back0);
    }
}

START_TEST(reads_with_any_number_of_threads)
{
    const way one = {1, 0, 0, BATCH}, three = {3, 0, 0, BATCH}, seven = {7, 0, 0, BATCH};
    expect_same_reads(&one, &three);
    expect_same_reads(&one, &seven);
}
END_TEST

START_TEST(reads_with_any_batch_split)
{
    const way whole = {1, 0, AIMC_FLAG_DETERMINISTIC, BATCH};
    static const size_t parts[] = {1, 13, 64};
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        const way w = {1, 0, AIMC_FLAG_DETERMINISTIC, parts[k]};
        expect_same_reads(&whole, &w);
    }
}
END_TEST

/* Products are equal to rounding; behind an ADC an output may fall into the next code. */
START_TEST(reads_with_any_instruction_set)
{
    uint32_t cpus[3];
    const size_t n = list_cpus(cpus);
    for (size_t k = 0; k < n; k++) {
        const way w = {1, cpus[k], 0, BATCH};
        read_tile(true, &plain, ya, back0);
        read_tile(true, &w, yb, back1);
        for (size_t i = 0; i < BATCH * OUT; i++)
            NEAR(yb[i], ya[i], 1e-5);
        read_tile(false, &plain, ya, back0);
        read_tile(false, &w, yb, back1);
        size_t others = 0;
        for (size_t i = 0; i < BATCH * OUT; i++)
            others += fabsf(yb[i] - ya[i]) > 1e-5f;
        ck_assert_uint_le(others, BATCH * OUT / 100);
    }
}
END_TEST

/* ---- devices -------------------------------------------------------------------------------- */

START_TEST(devices_with_any_instruction_set)
{
    static float a[OUT * IN], b[OUT * IN];
    static const char *const parameters[] = {"max_bound", "min_bound", "dwmin_up", "dwmin_down"};
    uint32_t cpus[3];
    const size_t n = list_cpus(cpus);
    for (size_t k = 0; k < n; k++)
        for (size_t q = 0; q < 4; q++) {
            float *const out[] = {a, b};
            for (size_t side = 0; side < 2; side++) {
                const way w = {1, side ? cpus[k] : AIMC_CPU_C, 0, 1};
                aimc_context *ctx = context_of(&w);
                aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
                aimc_tile *tile = NULL;
                OK(aimc_tile_create(device, OUT, IN, NULL, &tile));
                OK(aimc_tile_get_parameter(tile, parameters[q], out[side], IN));
                aimc_tile_destroy(tile);
                aimc_device_unref(device);
                aimc_context_destroy(ctx);
            }
            ck_assert_mem_eq(a, b, sizeof a);
        }
}
END_TEST

int main(void)
{
    set_up();
    Suite *s = suite_create("promises");
    TCase *t = aimct_case(s, "reproducibility");
    tcase_add_loop_test(t, pulses_with_any_number_of_threads, 0, N_ALGORITHMS);
    tcase_add_loop_test(t, pulses_with_any_batch_split, 0, N_ALGORITHMS);
    tcase_add_loop_test(t, pulses_with_any_instruction_set, 0, N_ALGORITHMS);
    tcase_add_test(t, digital_steps);
    tcase_add_test(t, reads_with_any_number_of_threads);
    tcase_add_test(t, reads_with_any_batch_split);
    tcase_add_test(t, reads_with_any_instruction_set);
    tcase_add_test(t, devices_with_any_instruction_set);
    return aimct_main(s);
}
