/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "model.h"
#include "os.h"
#include "report.h"

#define MAX_LAYERS  32
#define MAX_THREADS 1024.0

/* Tiles of one matrix warn alike: the same sentence is said once. */
static void log_warning(void *user, aimc_log_level level, const char *text)
{
    static char last[512];
    (void)user;
    if (level != AIMC_LOG_WARNING || strcmp(text, last) == 0)
        return;
    snprintf(last, sizeof last, "%s", text);
    remark("warning: %s", text);
}

static double all_cores(void)
{
    return fmin((double)os_cores(), MAX_THREADS);
}

int model_context(double seed, double threads, aimc_context **ctx)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.seed = WAS_GIVEN(seed) ? (uint64_t)seed : 0;
    params.n_threads = (uint32_t)(WAS_GIVEN(threads) ? threads : all_cores());
    params.logger = (aimc_logger){.log = log_warning};
    return aimc_context_create(&params, ctx) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

/* ---- configuration of a layer --------------------------------------------------------------- */

static bool is_file(const char *name)
{
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

int model_find_preset(aimc_context *ctx, const char *name, aimc_preset_info *info)
{
    size_t i;
    aimc_config *config = NULL;
    *info = (aimc_preset_info){.struct_size = (uint32_t)sizeof *info};
    if (is_file(name) && aimc_config_create(ctx, name, &config) != AIMC_OK)
        return fail_library();
    const bool found =
        aimc_preset_find(config != NULL ? aimc_config_get_kind(config) : name, &i) == AIMC_OK &&
        aimc_preset_get(i, info) == AIMC_OK;
    aimc_config_destroy(config);
    if (!found)
        return fail_usage("%s; 'aimc device list' shows them all", library_sentence());
    if (is_file(name)) {
        info->name = name;
        info->is_preset = 1;
        info->source = "";
    }
    return EXIT_GO_ON;
}

static int find_device(aimc_context *ctx, const char *name, aimc_preset_info *info)
{
    const int rc = model_find_preset(ctx, name, info);
    if (rc != EXIT_GO_ON)
        return rc;
    if (strcmp(info->category, "device") != 0 && strcmp(info->category, "layer") != 0)
        return fail_usage("--device %s: that is of the kind '%s', not a device", name,
                          info->category);
    return EXIT_GO_ON;
}

int model_set_field(aimc_config *config, const char *option, const char *text)
{
    char name[128];
    if (strncmp(text, "device.", 7) == 0 && aimc_config_get_nested(config, "device") == NULL)
        text += 7;
    const char *equals = strchr(text, '=');
    const size_t length = equals != NULL ? (size_t)(equals - text) : 0;
    if (length == 0 || length >= sizeof name)
        return fail_usage("--%s '%s': give field=value", option, text);
    memcpy(name, text, length);
    name[length] = '\0';
    if (aimc_config_set_text(config, name, equals + 1) != AIMC_OK)
        return fail_usage("--%s %s: %s", option, text, library_sentence());
    return EXIT_GO_ON;
}

static size_t depth_of(const char *setting)
{
    size_t dots = 0;
    for (const char *c = setting; *c != '\0' && *c != '='; c++)
        dots += *c == '.';
    return dots;
}

int model_set_fields(aimc_config *config, const char *option, const struct texts *settings)
{
    enum { DEEPEST = 8 };
    int rc = EXIT_GO_ON;
    for (size_t depth = 0; depth <= DEEPEST; depth++)
        for (size_t i = 0; i < settings->n && rc == EXIT_GO_ON; i++)
            if (depth_of(settings->items[i]) == depth)
                rc = model_set_field(config, option, settings->items[i]);
    return rc;
}

/* Settings of the algorithm that suit the device. */
static int choose_algorithm(aimc_context *ctx, const char *algorithm, aimc_config *config)
{
    aimc_device *device = NULL;
    aimc_config *optimizer = NULL;
    char *json = NULL;
    int rc = EXIT_GO_ON;
    if (aimc_device_create(ctx, NULL, aimc_config_get_nested(config, "device"), &device) != AIMC_OK)
        rc = fail_library();
    else if (aimc_optimizer_suggest_config(device, algorithm, &optimizer) != AIMC_OK)
        rc = fail_usage("--algorithm: %s", library_sentence());
    if (rc == EXIT_GO_ON) {
        const size_t length = aimc_config_to_json(optimizer, NULL, 0);
        json = malloc(length + 1);
        if (json == NULL)
            rc = fail("no memory");
        else
            aimc_config_to_json(optimizer, json, length + 1);
    }
    if (rc == EXIT_GO_ON && aimc_config_set_text(config, "optimizer", json) != AIMC_OK)
        rc = fail_library();
    free(json);
    aimc_config_destroy(optimizer);
    aimc_device_unref(device);
    return rc;
}

/* A device is put into a layer's default surroundings; a layer preset brings its own. The algorithm
 * wants to know the device as it will be. */
static int choose_device(aimc_context *ctx, const struct run *run, const struct tweaks *tweaks,
                         aimc_config *config, const char *category)
{
    if (strcmp(category, "device") == 0 &&
        aimc_config_set_text(config, "device", run->device) != AIMC_OK)
        return fail_usage("--device: %s", library_sentence());
    if (run->algorithm == NULL)
        return EXIT_GO_ON;
    int rc = EXIT_GO_ON;
    for (size_t i = 0; rc == EXIT_GO_ON && i < tweaks->set.n; i++)
        if (strncmp(tweaks->set.items[i], "device", 6) == 0)
            rc = model_set_field(config, "set", tweaks->set.items[i]);
    return rc == EXIT_GO_ON ? choose_algorithm(ctx, run->algorithm, config) : rc;
}

static int layer_config(aimc_context *ctx, const struct run *run, const struct tweaks *tweaks,
                        aimc_config **config)
{
    aimc_preset_info info = {.category = ""};
    int rc = find_device(ctx, run->device, &info);
    if (rc != EXIT_GO_ON)
        return rc;
    const bool is_layer = strcmp(info.category, "layer") == 0;
    if (aimc_config_create(ctx, is_layer ? run->device : "layer", config) != AIMC_OK)
        return fail_library();
    rc = choose_device(ctx, run, tweaks, *config, info.category);
    if (rc == EXIT_GO_ON && tweaks->config != NULL &&
        aimc_config_load(*config, tweaks->config) != AIMC_OK)
        rc = fail("--config %s: %s", tweaks->config, library_sentence());
    if (rc == EXIT_GO_ON)
        rc = model_set_fields(*config, "set", &tweaks->set);
    if (rc == EXIT_GO_ON)
        return rc;
    aimc_config_destroy(*config);
    *config = NULL;
    return rc;
}

/* ---- network -------------------------------------------------------------------------------- */

static int find_activation(const char *name, aimc_activation *activation)
{
    static const char *const names[] = {"tanh", "relu", "sigmoid", NULL};
    static const aimc_activation values[] = {AIMC_TANH, AIMC_RELU, AIMC_SIGMOID};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(name, names[i]) == 0) {
            *activation = values[i];
            return EXIT_GO_ON;
        }
    const char *nearest = nearest_name(name, names);
    return nearest != NULL
               ? fail_usage("unknown activation '%s'; did you mean '%s'?", name, nearest)
               : fail_usage("unknown activation '%s'; known are tanh, relu, sigmoid", name);
}

static int add_layers(aimc_network *net, const struct run *run, const struct dataset *data,
                      const aimc_config *config)
{
    size_t widths[MAX_LAYERS + 1], n_in = data->n_in;
    aimc_activation activation = AIMC_TANH;
    const int rc = find_activation(run->activation, &activation);
    if (rc != EXIT_GO_ON)
        return rc;
    const size_t n = run_parse_layers(run->layers, widths, MAX_LAYERS);
    if (n == SIZE_MAX)
        return fail_usage("--layers '%s': give up to %d sizes such as 256,128, or none",
                          run->layers, MAX_LAYERS);
    widths[n] = data->n_classes;
    for (size_t i = 0; i <= n; i++) {
        if (aimc_network_add_linear(net, widths[i], n_in, config) != AIMC_OK ||
            (i < n && aimc_network_add_activation(net, activation) != AIMC_OK))
            return fail_library();
        n_in = widths[i];
    }
    return EXIT_GO_ON;
}

/* Matrices lie where the document says, or all on tiles or none of them. */
static int build_document(aimc_context *ctx, const struct run *run, const aimc_config *config,
                          bool analog, aimc_network **net)
{
    const int rc = model_from_document(ctx, run->network, net);
    if (rc != EXIT_GO_ON || (analog && config == NULL))
        return rc;
    return aimc_network_convert(*net, NULL, config) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

int model_build(aimc_context *ctx, const struct run *run, const struct tweaks *tweaks,
                const struct dataset *data, bool analog, aimc_network **net)
{
    aimc_config *config = NULL; /* NULL: a digital layer */
    const bool asked = run->device != NULL && strcmp(run->device, "none") != 0;
    int rc = analog && asked ? layer_config(ctx, run, tweaks, &config) : EXIT_GO_ON;
    if (rc != EXIT_GO_ON)
        return rc;
    if (run->network != NULL) {
        rc = build_document(ctx, run, config, analog, net);
        rc = rc == EXIT_GO_ON ? model_check_data(*net, run->network, data) : rc;
    } else if (aimc_network_create(ctx, net) != AIMC_OK)
        rc = fail_library();
    else
        rc = add_layers(*net, run, data, config);
    aimc_config_destroy(config);
    if (rc != EXIT_GO_ON) {
        aimc_network_destroy(*net);
        *net = NULL;
    }
    return rc;
}

int model_load(aimc_context *ctx, const char *path, aimc_network **net)
{
    return aimc_network_load(ctx, path, net) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

/* The whole text of a document; NULL after a sentence. */
static char *read_text(const char *path)
{
    enum { CHUNK = 65536, MOST = 1 << 26 };
    char *text = NULL;
    size_t n = 0, got = 1;
    FILE *file = os_fopen(path, "r");
    if (file == NULL) {
        (void)fail("%s: %s", path, strerror(errno));
        return NULL;
    }
    while (got > 0) {
        char *larger = n < MOST ? realloc(text, n + CHUNK + 1) : NULL;
        if (larger == NULL) {
            (void)fail("%s: too long for a document of a network", path);
            break;
        }
        text = larger;
        got = fread(text + n, 1, CHUNK, file);
        n += got;
        text[n] = '\0';
    }
    fclose(file);
    if (got == 0)
        return text;
    free(text);
    return NULL;
}

int model_from_document(aimc_context *ctx, const char *path, aimc_network **net)
{
    char *text = read_text(path);
    if (text == NULL)
        return EXIT_FAILED;
    const aimc_status st = aimc_network_create_from_json(ctx, text, net);
    free(text);
    return st == AIMC_OK ? EXIT_GO_ON : fail("%s: %s", path, library_sentence());
}

int model_open(aimc_context *ctx, const char *path, aimc_network **net)
{
    const size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".json") == 0 ? model_from_document(ctx, path, net)
                                                       : model_load(ctx, path, net);
}

int model_check_data(const aimc_network *net, const char *path, const struct dataset *data)
{
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    if (aimc_network_get_info(net, &info) != AIMC_OK)
        return fail_library();
    if (info.n_in != data->n_in)
        return fail("%s takes %zu inputs, but the data has %zu", path, (size_t)info.n_in,
                    data->n_in);
    if (info.n_out < data->n_classes)
        return fail("%s knows %zu classes, but the data has %zu", path, (size_t)info.n_out,
                    data->n_classes);
    return EXIT_GO_ON;
}

/* ---- telling about it ----------------------------------------------------------------------- */

void model_put_counters(struct json *json, const aimc_counters *c)
{
    json_open(json, "counters", '{');
    const char *name;
    double value;
    for (size_t i = 0; account_counter(c, i, &name, &value); i++)
        json_put_number(json, name, value);
    json_close(json, '}');
}

int model_put_json(struct json *json, const aimc_context *ctx, const aimc_network *net)
{
    char library[256];
    aimc_network_info info = {.struct_size = (uint32_t)sizeof info};
    aimc_counters counters = {.struct_size = (uint32_t)sizeof counters};
    if (aimc_network_get_info(net, &info) != AIMC_OK ||
        aimc_network_get_counters(net, &counters) != AIMC_OK)
        return fail_library();
    aimc_context_describe(ctx, library, sizeof library);
    json_put_text(json, "library", library);
    json_put_integer(json, "threads", aimc_context_get_threads(ctx));
    json_open(json, "network", '{');
    json_put_integer(json, "inputs", info.n_in);
    json_put_integer(json, "outputs", info.n_out);
    json_put_integer(json, "parameters", info.n_parameters);
    json_put_integer(json, "analog_weights", info.n_analog);
    json_put_integer(json, "tiles", info.n_tiles);
    json_put_integer(json, "batches_trained", info.n_batches);
    json_put_integer(json, "samples_trained", info.n_samples);
    model_put_counters(json, &counters);
    json_close(json, '}');
    return EXIT_GO_ON;
}

void model_print(const aimc_network *net)
{
    const size_t length = aimc_network_describe(net, NULL, 0);
    char *text = malloc(length + 1);
    if (text == NULL)
        return; /* a description is a courtesy */
    aimc_network_describe(net, text, length + 1);
    printf("%s%s", text, length > 0 && text[length - 1] == '\n' ? "" : "\n");
    free(text);
}
