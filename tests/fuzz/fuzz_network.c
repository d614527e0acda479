/* SPDX-License-Identifier: MIT */
/* A file as a saved network, which is then used and trained. */
#include "fuzz.h"

enum { N_IN = 4, N_OUT = 2 };
static const float x[N_IN] = {0.5f, -1, 0.25f, 0};

/* ---- seeds ---------------------------------------------------------------------------------- */

static void seed_file(const char *path)
{
    static uint8_t bytes[1 << 16];
    FILE *f = fopen(path, "rb");
    FUZZ_CHECK(f != NULL, "%s", path);
    aimct_seed(bytes, fread(bytes, 1, sizeof bytes, f));
    fclose(f);
}

/* Two layers; with a layer preset the first is on tiles of 3 x 3, with program it is on devices. */
static void seed_of(aimc_context *ctx, const char *layer, bool program)
{
    static const uint32_t label = 1;
    aimc_network *net = NULL;
    aimc_config *config = NULL;
    if (layer) {
        FUZZ_OK(aimc_config_create(ctx, layer, &config));
        FUZZ_OK(aimc_config_set(config, "mapping.max_input_size", 3));
        FUZZ_OK(aimc_config_set(config, "mapping.max_output_size", 3));
    }
    FUZZ_OK(aimc_network_create(ctx, &net));
    FUZZ_OK(aimc_network_add_linear(net, 3, N_IN, config));
    FUZZ_OK(aimc_network_add_activation(net, AIMC_RELU));
    FUZZ_OK(aimc_network_add_linear(net, N_OUT, 3, NULL));
    FUZZ_OK(aimc_network_set_note(net, "a note"));
    FUZZ_OK(aimc_network_train_batch(net, 1, x, &label, 0.1, NULL));
    if (program)
        FUZZ_OK(aimc_network_program(net, NULL, NULL));
    const char *path = aimct_fuzz_file((const uint8_t *)"", 0, "");
    FUZZ_OK(aimc_network_save(net, path));
    seed_file(path);
    aimc_network_destroy(net);
    aimc_config_destroy(config);
}

/* A graph of many ops; matrix: what its convolution lies on. */
static void seed_graph(aimc_context *ctx, const char *matrix)
{
    static const uint32_t label = 1;
    char json[1600];
    aimc_network *net = NULL;
    snprintf(
        json, sizeof json,
        "{\"format\": \"aimc-network\", \"version\": 1, \"inputs\": [{\"name\": \"x\", "
        "\"shape\": [1, 2, 2]}], \"nodes\": [{\"name\": \"c\", \"op\": \"conv2d\", \"inputs\": "
        "[\"x\"], \"config\": {\"out_channels\": 2, \"kernel\": 3, \"padding\": 1, \"matrix\": "
        "\"%s\"}}, {\"name\": \"b\", \"op\": \"batch_norm\", \"inputs\": [\"c\"]}, {\"name\": "
        "\"r\", \"op\": \"relu\", \"inputs\": [\"b\"]}, {\"name\": \"a\", \"op\": \"add\", "
        "\"inputs\": [\"r\", \"c\"]}, {\"name\": \"p\", \"op\": \"avg_pool2d\", \"inputs\": "
        "[\"a\"], \"config\": {\"kernel\": [2, 1]}}, {\"name\": \"d\", \"op\": \"dropout\", "
        "\"inputs\": [\"p\"]}, {\"name\": \"f\", \"op\": \"flatten\", \"inputs\": [\"d\"]}, "
        "{\"name\": \"l\", \"op\": \"linear\", \"inputs\": [\"f\"], \"config\": "
        "{\"out_features\": 2}}], \"outputs\": [\"l\"], \"optimizer\": {\"kind\": \"adam\"}}",
        matrix);
    FUZZ_OK(aimc_network_create_from_json(ctx, json, &net));
    FUZZ_OK(aimc_network_train_batch(net, 1, x, &label, 0.1, NULL));
    const char *path = aimct_fuzz_file((const uint8_t *)"", 0, "");
    FUZZ_OK(aimc_network_save(net, path));
    seed_file(path);
    aimc_network_destroy(net);
}

void aimct_fuzz_seeds(void)
{
    aimc_context *ctx = aimct_fuzz_context();
    seed_of(ctx, NULL, false);
    seed_of(ctx, "layer", false);
    seed_of(ctx, "layer", true);
    seed_of(ctx, "tiki_taka_capacitor", false);
    seed_graph(ctx, "digital");
    seed_graph(ctx, "c_ttv2_ecram");
    aimct_fuzz_context_end(ctx);
}

/* ---- use ------------------------------------------------------------------------------------ */

static void use(aimc_network *net)
{
    static const uint32_t label = 1;
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    FUZZ_OK(aimc_network_get_info(net, &info));
    char text[1024];
    float y[N_OUT];
    (void)aimc_network_describe(net, text, sizeof text);
    if (info.n_in == N_IN && info.n_out == N_OUT) {
        (void)aimc_network_predict(net, 1, x, y);
        (void)aimc_network_train_batch(net, 1, x, &label, 0.1, NULL);
    }
    (void)aimc_network_save(net, aimct_fuzz_file((const uint8_t *)"", 0, ""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aimc_context *ctx = aimct_fuzz_context();
    aimc_network *net = NULL;
    if (aimc_network_load(ctx, aimct_fuzz_file(data, size, ""), &net) == AIMC_OK)
        use(net);
    else
        FUZZ_CHECK(net == NULL, "a network after a failure");
    aimc_network_destroy(net);
    aimct_fuzz_context_end(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_safetensors(data, size, max_size, seed);
}
