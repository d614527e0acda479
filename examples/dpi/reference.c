/* SPDX-License-Identifier: MIT */
/*
 * What the Verilog test bench and the SystemC example have to give: trains the digits network,
 * writes its hidden layer and some inputs as int8 (weights.hex, inputs.hex), the tile's read-out
 * (tile.json), and from C what the same tile gives: ADC codes (codes_c.txt), energy (J) and time
 * (s) of all reads (cost_c.txt).
 */
#include <math.h>

#include "../common.h"
#include "../digits.h"

enum { HIDDEN = 64, VECTORS = 40, EPOCHS = 3 };

static struct digits data;
static int weights[HIDDEN][PIXELS], inputs[VECTORS][PIXELS];

static const char config_json[] =
    "{\"forward\":{\"inp_res\":254,\"inp_bound\":1,\"out_res\":254,\"out_bound\":8,"
    "\"out_noise\":0.06,\"noise_management\":\"NONE\",\"bound_management\":\"NONE\"}}";

/* A network in floating point; its hidden layer rounded to int8. */
static void train(aimc_context *ctx)
{
    aimc_network *net;
    static float w[HIDDEN * PIXELS], bias[HIDDEN];
    float loss, top = 0;
    TRY(aimc_network_create(ctx, &net));
    TRY(aimc_network_add_linear(net, HIDDEN, PIXELS, NULL));
    TRY(aimc_network_add_activation(net, AIMC_TANH));
    TRY(aimc_network_add_linear(net, CLASSES, HIDDEN, NULL));
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        for (size_t first = 0; first + 10 <= N_TRAIN; first += 10)
            TRY(aimc_network_train_batch(net, 10, data.train_x[first], data.train_label + first,
                                         0.1, &loss));
    TRY(aimc_network_get_weights(net, 0, w, bias));
    for (int i = 0; i < HIDDEN * PIXELS; i++)
        top = fmaxf(top, fabsf(w[i]));
    for (int i = 0; i < HIDDEN * PIXELS; i++)
        weights[i / PIXELS][i % PIXELS] = (int)rintf(w[i] / top * 127);
    aimc_network_destroy(net);
}

static FILE *open_out(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        exit(EXIT_FAILURE);
    return f;
}

static void write_hex(const char *path, const int *values, size_t n)
{
    FILE *f = open_out(path);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%02x\n", (unsigned)values[i] & 0xff);
    if (fclose(f) != 0)
        exit(EXIT_FAILURE);
}

static void write_cost(aimc_context *ctx, const aimc_tile *tile)
{
    aimc_cost_model *cost;
    aimc_counters counters = {.struct_size = (uint32_t)sizeof counters};
    aimc_cost_shape shape = {.struct_size = (uint32_t)sizeof shape};
    aimc_cost_events events = {.struct_size = (uint32_t)sizeof events};
    aimc_cost_report report = {.struct_size = (uint32_t)sizeof report};
    TRY(aimc_cost_model_create(ctx, "rram_32nm", NULL, &cost));
    TRY(aimc_tile_get_counters(tile, &counters));
    TRY(aimc_tile_get_cost_shape(tile, &shape));
    TRY(aimc_cost_model_add_counters(cost, &counters, &shape, &events));
    TRY(aimc_cost_model_account(cost, &events, &report));
    FILE *f = open_out("cost_c.txt");
    fprintf(f, "%.17g %.17g\n", report.energy_j, report.time_s);
    fclose(f);
    aimc_cost_model_destroy(cost);
}

static void write_codes(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    aimc_context *ctx;
    aimc_config *config;
    aimc_device *device;
    aimc_tile *tile;
    static float w[HIDDEN * PIXELS];
    float x[PIXELS];
    int32_t codes[HIDDEN];
    params.n_threads = 1;
    params.seed = 7;
    TRY(aimc_context_create(&params, &ctx));
    TRY(aimc_config_create(ctx, "tile", &config));
    TRY(aimc_config_parse(config, config_json));
    TRY(aimc_device_create(ctx, "ideal", NULL, &device));
    TRY(aimc_tile_create(device, HIDDEN, PIXELS, config, &tile));
    for (int i = 0; i < HIDDEN; i++)
        for (int j = 0; j < PIXELS; j++)
            w[i * PIXELS + j] = (float)((double)weights[i][j] / 127);
    TRY(aimc_tile_set_weights(tile, w, PIXELS));
    TRY(aimc_tile_count_activity(tile, 1));
    FILE *f = open_out("codes_c.txt");
    for (int v = 0; v < VECTORS; v++) {
        aimc_stages s = {.struct_size = (uint32_t)sizeof s, .code = codes};
        for (int j = 0; j < PIXELS; j++)
            x[j] = (float)inputs[v][j] / 127;
        TRY(aimc_tile_inspect(tile, AIMC_FORWARD, x, &s));
        for (int i = 0; i < HIDDEN; i++)
            fprintf(f, "%d\n", (int)codes[i]);
    }
    fclose(f);
    write_cost(ctx, tile);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
    aimc_context_destroy(ctx);
}

int main(void)
{
    aimc_context *ctx;
    read_digits(&data);
    TRY(aimc_context_create(NULL, &ctx));
    train(ctx);
    aimc_context_destroy(ctx);
    for (int v = 0; v < VECTORS; v++)
        for (int j = 0; j < PIXELS; j++)
            inputs[v][j] = (int)rintf(data.test_x[v][j] * 127);
    FILE *f = open_out("tile.json");
    fputs(config_json, f);
    fclose(f);
    write_hex("weights.hex", weights[0], HIDDEN * PIXELS);
    write_hex("inputs.hex", inputs[0], VECTORS * PIXELS);
    write_codes();
    return EXIT_SUCCESS;
}
