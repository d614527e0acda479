/* SPDX-License-Identifier: MIT */
/* aimc device list, aimc device show; aimc device response is in cmd_response.c */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>

#include "args.h"
#include "cmd.h"
#include "document.h"
#include "json.h"
#include "model.h"
#include "report.h"
#include "table.h"

#define MAX_NAME 128 /* of a field, with the configurations it is nested in */

/* ---- list ----------------------------------------------------------------------------------- */

static bool is_device(const aimc_preset_info *info)
{
    return strcmp(info->category, "device") == 0;
}

/* Listed by category: first what one weight can be, then layers that bring one along. */
enum group { DEVICES, LAYERS, OTHERS, N_GROUPS };

static enum group group_of(const aimc_preset_info *info)
{
    if (is_device(info))
        return DEVICES;
    return strcmp(info->category, "layer") == 0 && info->is_preset ? LAYERS : OTHERS;
}

static int get_preset(size_t i, aimc_preset_info *info)
{
    *info = (aimc_preset_info){.struct_size = (uint32_t)sizeof *info};
    return aimc_preset_get(i, info) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

static void put_preset(struct json *json, const aimc_preset_info *info)
{
    json_put_text(json, "name", info->name);
    json_put_text(json, "category", info->category);
    json_put_text(json, "kind", info->kind);
    json_put_flag(json, "is_preset", info->is_preset != 0);
    json_put_text(json, "aliases", info->aliases);
    json_put_text(json, "doc", info->doc);
    json_put_text(json, "source", info->source);
}

static int put_group(struct json *json, bool parts)
{
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info;
        if (get_preset(i, &info) != EXIT_GO_ON)
            return EXIT_FAILED;
        if ((group_of(&info) == OTHERS) != parts)
            continue;
        json_open(json, NULL, '{');
        put_preset(json, &info);
        json_close(json, '}');
    }
    return EXIT_OK;
}

static int list_json(void)
{
    struct json json;
    json_begin(&json, stdout);
    json_open(&json, "devices", '[');
    int rc = put_group(&json, false);
    json_close(&json, ']');
    json_open(&json, "parts", '[');
    rc = rc == EXIT_OK ? put_group(&json, true) : rc;
    json_close(&json, ']');
    json_end(&json);
    return rc;
}

static int list_group(enum group group)
{
    static const char *const titles[N_GROUPS] = {
        "Devices: models with their defaults, and presets of them",
        "\nLayers: a device with read-out and optimizer",
        "\nParts of layers: read-outs, pulse trains, algorithms and the rest"};
    bool first = true;
    for (size_t i = 0; i < aimc_preset_count(); i++) {
        aimc_preset_info info;
        if (get_preset(i, &info) != EXIT_GO_ON)
            return EXIT_FAILED;
        if (group_of(&info) != group)
            continue;
        if (first)
            printf("%s\n", titles[group]);
        first = false;
        const char *what = info.is_preset ? info.kind : group == OTHERS ? info.category : "model";
        printf("  %-30s %-22s %s\n", info.name, what, info.doc);
    }
    return EXIT_OK;
}

static int cmd_list(int argc, char **argv)
{
    bool json = false;
    const struct arg args[] = {
        {"json", ARG_FLAG, &json, "", "print one JSON object instead of text", 0, 0}};
    const struct arg_spec spec = {
        .usage = "[options]",
        .summary =
            "List the devices and layers that --device of 'aimc train' takes, and their parts.",
        .example = "  aimc device list\n",
        .args = args,
        .n_args = 1,
    };
    const int rc = args_parse(&spec, argc, argv);
    if (rc != EXIT_GO_ON)
        return rc;
    if (json)
        return list_json();
    int listed = EXIT_OK;
    for (int group = DEVICES; group < N_GROUPS && listed == EXIT_OK; group++)
        listed = list_group((enum group)group);
    return listed;
}

/* ---- show ----------------------------------------------------------------------------------- */

/* What the user wants changed before a look. */
struct changes {
    struct texts set;
    const char *table;
    struct table_options table_options;
};

static int change(aimc_config *config, const struct changes *changes)
{
    const int rc = table_into_config(config, changes->table, &changes->table_options);
    if (rc != EXIT_GO_ON)
        return rc;
    return model_set_fields(config, "set", &changes->set);
}

/* What is shown of one name: always its configuration, and figures where it is a device. */
struct subject {
    aimc_preset_info preset;
    aimc_config *config;
    aimc_device *device;
    aimc_device_info figures;
};

static int subject_open(struct subject *s, aimc_context *ctx, const char *name,
                        const struct changes *changes)
{
    int rc = model_find_preset(ctx, name, &s->preset);
    if (rc != EXIT_GO_ON)
        return rc;
    if (aimc_config_create(ctx, name, &s->config) != AIMC_OK)
        return fail_library();
    rc = change(s->config, changes);
    if (rc != EXIT_GO_ON || !is_device(&s->preset))
        return rc;
    s->figures.struct_size = (uint32_t)sizeof s->figures;
    if (aimc_device_create(ctx, NULL, s->config, &s->device) != AIMC_OK ||
        aimc_device_get_info(s->device, &s->figures) != AIMC_OK)
        return fail_library();
    return EXIT_GO_ON;
}

/* Value of a field as text, owned by the caller; NULL after a failure. */
static char *field_text(const aimc_config *config, const char *name)
{
    size_t length;
    if (aimc_config_get_text(config, name, NULL, 0, &length) != AIMC_OK)
        return NULL;
    char *text = malloc(length + 1);
    if (text != NULL && aimc_config_get_text(config, name, text, length + 1, NULL) != AIMC_OK) {
        free(text);
        text = NULL;
    }
    return text;
}

static const char *type_name(int32_t type)
{
    static const char *const names[] = {"number", "integer", "flag", "choice", "list", "config"};
    return type >= AIMC_FIELD_NUMBER && type <= AIMC_FIELD_CONFIG ? names[type] : "unknown";
}

/* Opens the object of one field; the caller may add to it and closes it. */
static void put_field(struct json *json, const aimc_field_info *field, const char *name,
                      const char *value)
{
    const bool has_range = field->type == AIMC_FIELD_NUMBER || field->type == AIMC_FIELD_INTEGER;
    json_open(json, NULL, '{');
    json_put_text(json, "name", name);
    json_put_text(json, "type", type_name(field->type));
    if (field->type == AIMC_FIELD_CHOICE || field->type == AIMC_FIELD_CONFIG)
        json_put_text(json, "value", value);
    else
        json_put_raw(json, "value", value);
    json_put_text(json, "unit", field->unit);
    json_put_text(json, "doc", field->doc);
    json_put_text(json, "source", field->source);
    if (field->choices[0] != '\0')
        json_put_text(json, "choices", field->choices);
    if (has_range) {
        json_put_number(json, "default", field->default_value);
        json_put_number(json, "min", field->min);
        json_put_number(json, "max", field->max);
    }
}

/* The first numbers of a list, and how many there are. */
static void shorten(const char *list, char *text, size_t size)
{
    size_t n = 1, at = 1;
    char *end;
    for (const char *c = list; *c != '\0'; c++)
        n += *c == ',';
    text[0] = '[';
    for (int k = 0; k < 3; k++, list = end)
        at += (size_t)snprintf(text + at, size - at, "%.4g, ", strtod(list + 1, &end));
    snprintf(text + at, size - at, "... %zu numbers]", n);
}

static void print_field(const aimc_field_info *field, const char *name, const char *value)
{
    const char *unit = strcmp(field->unit, "1") == 0 ? "" : field->unit;
    char rounded[80]; /* 0.00196078431372549 is more than an eye wants; --json has it all */
    if (field->type == AIMC_FIELD_NUMBER) {
        snprintf(rounded, sizeof rounded, "%.6g", strtod(value, NULL));
        value = rounded;
    } else if (field->type == AIMC_FIELD_LIST && strlen(value) > 60) {
        shorten(value, rounded, sizeof rounded);
        value = rounded;
    }
    printf("  %-35s %-12s %-14s %s\n", name, value, unit, field->doc);
}

static int show_fields(struct json *json, const aimc_config *config, const char *prefix);

/* One field, and below it those of a nested configuration; names are what --set takes. */
static int show_field(struct json *json, const aimc_config *config, const aimc_field_info *field,
                      const char *prefix)
{
    char name[MAX_NAME], inner[MAX_NAME + 1];
    const aimc_config *nested =
        field->type == AIMC_FIELD_CONFIG ? aimc_config_get_nested(config, field->name) : NULL;
    char *value = field->type == AIMC_FIELD_CONFIG ? NULL : field_text(config, field->name);
    if (value == NULL && field->type != AIMC_FIELD_CONFIG)
        return fail_library();
    snprintf(name, sizeof name, "%s%s", prefix, field->name);
    snprintf(inner, sizeof inner, "%s.", name);
    const char *shown = value != NULL    ? value
                        : nested != NULL ? aimc_config_get_kind(nested)
                                         : "none";
    if (json != NULL)
        put_field(json, field, name, shown);
    else
        print_field(field, name, shown);
    if (json != NULL && nested != NULL)
        json_open(json, "fields", '[');
    const int rc = nested != NULL ? show_fields(json, nested, inner) : EXIT_GO_ON;
    if (json != NULL && nested != NULL)
        json_close(json, ']');
    if (json != NULL)
        json_close(json, '}');
    free(value);
    return rc;
}

/* Every field, as JSON or (json NULL) as text. */
static int show_fields(struct json *json, const aimc_config *config, const char *prefix)
{
    int rc = EXIT_GO_ON;
    for (size_t i = 0; i < aimc_config_count_fields(config) && rc == EXIT_GO_ON; i++) {
        aimc_field_info field = {.struct_size = (uint32_t)sizeof field};
        rc = aimc_config_get_field(config, i, &field) == AIMC_OK
                 ? show_field(json, config, &field, prefix)
                 : fail_library();
    }
    return rc;
}

static int show_json(const struct subject *s)
{
    const aimc_device_info *f = &s->figures;
    struct json json;
    json_begin(&json, stdout);
    put_preset(&json, &s->preset);
    if (s->device != NULL) {
        json_put_flag(&json, "is_ideal", f->is_ideal != 0);
        json_put_number(&json, "granularity", f->granularity);
        json_put_number(&json, "num_states", f->num_states);
        json_put_number(&json, "step_up_at_0", f->step_up_at_0);
        json_put_number(&json, "step_down_at_0", f->step_down_at_0);
        json_put_number(&json, "symmetry_point", f->symmetry_point);
        json_put_number(&json, "w_min", f->w_min);
        json_put_number(&json, "w_max", f->w_max);
    }
    json_open(&json, "fields", '[');
    const int rc = show_fields(&json, s->config, "");
    json_close(&json, ']');
    json_end(&json);
    return rc;
}

static void print_figure(const char *name, double value, const char *unless_finite)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    printf("  %-26s %s\n", name, isfinite(value) ? text : unless_finite);
}

static void print_figures(const aimc_device_info *f)
{
    printf("\nThe mean device, in weight units\n");
    if (f->is_ideal) {
        printf("  ideal: no pulses, exact updates, no bounds\n");
        return;
    }
    print_figure("granularity", f->granularity, "none");
    print_figure("number of states", f->num_states, "unlimited");
    print_figure("step up at 0", f->step_up_at_0, "none");
    print_figure("step down at 0", f->step_down_at_0, "none");
    print_figure("symmetry point", f->symmetry_point, "none, or not a single one");
    print_figure("lower bound", f->w_min, "none");
    print_figure("upper bound", f->w_max, "none");
}

static int show_text(const struct subject *s)
{
    const aimc_preset_info *p = &s->preset;
    printf("%s (%s %s): %s\n", p->name, p->is_preset ? "preset of" : "model", p->kind, p->doc);
    if (p->aliases != NULL && p->aliases[0] != '\0')
        printf("also called %s\n", p->aliases);
    printf("source: %s\n", p->source);
    if (s->device != NULL)
        print_figures(&s->figures);
    printf("\nFields (--set NAME=VALUE)\n");
    return show_fields(NULL, s->config, s->device != NULL ? "device." : "");
}

/* What became of a table; what the context says of itself before is not told. */
static void log_sentence(void *is_open, aimc_log_level level, const char *sentence)
{
    if (*(const bool *)is_open && level != AIMC_LOG_ERROR)
        remark("%s%s", level == AIMC_LOG_WARNING ? "warning: " : "", sentence);
}

static int show(const char *name, const struct changes *changes, const char *out, bool json)
{
    struct subject s = {0};
    aimc_context *ctx = NULL;
    bool is_open = false;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.logger = (aimc_logger){.log = log_sentence, .user = &is_open};
    if (aimc_context_create(&params, &ctx) != AIMC_OK)
        return fail_library();
    is_open = true;
    int rc = subject_open(&s, ctx, name, changes);
    if (rc == EXIT_GO_ON && out != NULL)
        rc = document_write(out, s.config);
    if (rc == EXIT_GO_ON)
        rc = json ? show_json(&s) : show_text(&s);
    aimc_device_unref(s.device);
    aimc_config_destroy(s.config);
    aimc_context_destroy(ctx);
    return rc == EXIT_GO_ON ? EXIT_OK : rc;
}

static int cmd_show(int argc, char **argv)
{
    bool json = false;
    const char *name = NULL, *out = NULL;
    struct changes changes = {.table = NULL};
    const struct arg args[] = {
        {"set", ARG_TEXTS, &changes.set, "FIELD=VALUE", "change a field first; may be repeated", 0,
         0},
        {"table", ARG_TEXT, &changes.table, "FILE",
         "measured steps for table_step: a table of up,down (states after each\n"
         "pulse of a sweep) or of\n"
         "step_up,step_down[,state_up,noise_up,state_down,noise_down];\n"
         "for measured_step: a table of g,v,width and changes\n"
         "(docs/models/measured-step.md)",
         0, 0},
        {"out", ARG_TEXT, &out, "FILE",
         "write the configuration: name.json, which stands wherever the\n"
         "name of a device does",
         0, 0},
        {"json", ARG_FLAG, &json, "", "print one JSON object instead of text", 0, 0},
        TABLE_ARGS(changes.table_options)};
    const struct arg_spec spec = {
        .usage = "NAME [options]",
        .summary = "Show a device: its figures, and every field with value, unit and meaning.",
        .example = "  aimc device show reram_sb\n",
        .args = args,
        .n_args = sizeof args / sizeof args[0],
        .positionals = &name,
        .min_positionals = 1,
        .max_positionals = 1,
    };
    int rc = args_parse(&spec, argc, argv);
    if (rc == EXIT_GO_ON)
        rc = document_check_name(out);
    const int shown = rc == EXIT_GO_ON ? show(name, &changes, out, json) : rc;
    free(changes.set.items);
    return shown;
}

/* ---- which of them -------------------------------------------------------------------------- */

const struct command device_commands[] = {
    {"list", "aimc device list", "the devices and layers that --device of 'aimc train' takes",
     cmd_list},
    {"show", "aimc device show", "one of them: figures, and every field with value and meaning",
     cmd_show},
    {"response", "aimc device response", "statistics of many under pulses up and down",
     cmd_response},
    {"fit", "aimc device fit", "a device from measured readings", cmd_fit},
    {"advise", "aimc device advise", "which algorithm suits a device, by rules and short runs",
     cmd_advise},
    {"compare", "aimc device compare", "figures of devices side by side", cmd_compare},
    {NULL, NULL, NULL, NULL}};

static void print_usage(FILE *out)
{
    fputs("Usage: aimc device list [options]\n"
          "       aimc device show NAME [options]\n"
          "       aimc device response NAME [options]\n"
          "       aimc device fit FILE... [options]\n"
          "       aimc device advise NAME [options]\n"
          "       aimc device compare NAME NAME... [options]\n\n",
          out);
    print_commands(out, device_commands);
    fputs("\nExample\n"
          "  aimc device list\n"
          "  aimc device show reram_sb --json\n",
          out);
}

int cmd_device(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return EXIT_OK;
    }
    return dispatch(device_commands, argc - 1, argv + 1);
}
