/* SPDX-License-Identifier: MIT */
/* A program that was built with the settled headers (tests/abi/settled/aimc) and runs with today's
 * library: what it hands over and gets back is where it was. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "../portable.h"

enum { N = 8, GUARD = 64 };

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "old_client.c:%d: %s: %s\n", __LINE__, #condition,                     \
                    aimc_get_last_error());                                                        \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)
#define OK(call) EXPECT((call) == AIMC_OK)

/* A struct of the settled size, and bytes behind it that nobody may touch. */
#define GUARDED(type)                                                                              \
    struct {                                                                                       \
        type s;                                                                                    \
        unsigned char guard[GUARD];                                                                \
    }
#define PREPARE(g)                                                                                 \
    do {                                                                                           \
        memset(&(g), 0x5A, sizeof(g));                                                             \
        (g).s.struct_size = sizeof(g).s;                                                           \
    } while (0)
#define UNTOUCHED(g)                                                                               \
    do {                                                                                           \
        for (size_t i = 0; i < GUARD; i++)                                                         \
            EXPECT((g).guard[i] == 0x5A);                                                          \
    } while (0)

static size_t n_allocated;

static void *allocate(void *user, size_t size, size_t align)
{
    (void)user;
    n_allocated++;
    return aimct_aligned_alloc(align, (size + align - 1) / align * align);
}

static void give_back(void *user, void *block)
{
    (void)user;
    aimct_aligned_free(block);
}

static aimc_context *make_context(void)
{
    aimc_context *ctx = NULL;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.seed = 3;
    params.n_threads = 2;
    params.allocator.alloc = allocate;
    params.allocator.free = give_back;
    OK(aimc_context_create(&params, &ctx));
    EXPECT(aimc_context_get_threads(ctx) == 2 && n_allocated > 0);
    return ctx;
}

/* A user's device: each pulse is one step. */
static void pulse(void *user, const aimc_user_cells *cells)
{
    EXPECT(cells->struct_size >= sizeof *cells);
    for (size_t i = 0; i < cells->n; i++)
        cells->w[i] += *(const float *)user * (float)cells->direction[i];
}

static aimc_tile *make_tile(aimc_context *ctx)
{
    static float step = .25f;
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    const aimc_user_device user = {.struct_size = sizeof user,
                                   .name = "quarter",
                                   .granularity = .25,
                                   .w_min = -1,
                                   .w_max = 1,
                                   .user = &step,
                                   .pulse = pulse};
    OK(aimc_device_create_user(ctx, &user, &device));
    GUARDED(aimc_device_info) info;
    PREPARE(info);
    OK(aimc_device_get_info(device, &info.s));
    EXPECT(info.s.granularity == .25 && info.s.w_max == 1);
    UNTOUCHED(info);
    OK(aimc_tile_create(device, N, N, NULL, &tile));
    aimc_device_unref(device);
    return tile;
}

static void train(aimc_tile *tile)
{
    float x[N], d[N], w[N * N];
    aimc_optimizer *optimizer = NULL;
    OK(aimc_optimizer_create(tile, "sgd", NULL, &optimizer));
    for (size_t i = 0; i < N; i++)
        x[i] = d[i] = 1;
    OK(aimc_optimizer_step(optimizer, 1, x, N, d, N, .5));
    OK(aimc_tile_get_weights(tile, w, N));
    EXPECT(w[0] < 0 && fmodf(w[0], .25f) == 0);
    GUARDED(aimc_optimizer_stats) stats;
    PREPARE(stats);
    OK(aimc_optimizer_get_stats(optimizer, &stats.s));
    UNTOUCHED(stats);
    aimc_optimizer_destroy(optimizer);
}

static void count_energy(aimc_context *ctx, aimc_tile *tile)
{
    aimc_cost_model *model = NULL;
    const aimc_cost_shape shape = {
        .struct_size = sizeof shape, .n_out = N, .n_in = N, .tiles_out = 1, .tiles_in = 1};
    GUARDED(aimc_counters) counters;
    GUARDED(aimc_cost_events) events;
    GUARDED(aimc_cost_report) report;
    PREPARE(counters);
    PREPARE(report);
    memset(&events, 0x5A, sizeof events);
    memset(&events.s, 0, sizeof events.s);
    events.s.struct_size = sizeof events.s;
    OK(aimc_tile_get_counters(tile, &counters.s));
    EXPECT(counters.s.pulses_down > 0 && counters.s.pulses_up == 0);
    OK(aimc_cost_model_create(ctx, "technology", NULL, &model));
    OK(aimc_cost_model_add_counters(model, &counters.s, &shape, &events.s));
    EXPECT(events.s.pulses_down == (double)counters.s.pulses_down);
    OK(aimc_cost_model_account(model, &events.s, &report.s));
    EXPECT(report.s.energy_j > 0 && report.s.parts[AIMC_COST_WRITE_DOWN].count > 0);
    UNTOUCHED(counters);
    UNTOUCHED(events);
    UNTOUCHED(report);
    aimc_cost_model_destroy(model);
}

static void deploy(aimc_context *ctx)
{
    float x[N] = {1}, y[3];
    aimc_network *net = NULL;
    aimc_config *config = NULL;
    GUARDED(aimc_inference_report) report;
    GUARDED(aimc_layer_info) layer;
    PREPARE(report);
    PREPARE(layer);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, N, 3, NULL));
    OK(aimc_config_create(ctx, "layer", &config));
    OK(aimc_network_convert_to_analog(net, config));
    aimc_config_destroy(config);
    OK(aimc_network_program(net, NULL, &report.s));
    EXPECT(report.s.n_weights == 3 * N && report.s.n_devices >= 3 * N);
    OK(aimc_network_predict(net, 1, x, y));
    OK(aimc_network_get_layer(net, 0, &layer.s));
    EXPECT(isfinite(y[0]));
    UNTOUCHED(report);
    UNTOUCHED(layer);
    aimc_network_destroy(net);
}

int main(void)
{
    EXPECT(aimc_get_abi_version() == AIMC_ABI_VERSION);
    aimc_context *ctx = make_context();
    aimc_tile *tile = make_tile(ctx);
    train(tile);
    count_energy(ctx, tile);
    deploy(ctx);
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
    puts("a program built with the settled header runs");
    return EXIT_SUCCESS;
}
