/* SPDX-License-Identifier: MIT */
/* From options to a network, and what can be said about one. */
#ifndef AIMC_TOOLS_MODEL_H
#define AIMC_TOOLS_MODEL_H

#include <stdbool.h>

#include <aimc/aimc.h>

#include "args.h"
#include "data.h"
#include "json.h"
#include "run.h"

/* What --set and --config change in the configuration of every layer. */
struct tweaks {
    struct texts set;   /* "field=value" */
    const char *config; /* JSON file; NULL: none */
};

/* "field=value" of an option ("set"). A device alone takes its fields as those of a layer are
 * called, too: "device.dw_min". */
int model_set_field(aimc_config *config, const char *option, const char *text);

/* All of them, those with fewer dots in their names first: "device" before "device.dw_min", in
 * whatever order they were given. */
int model_set_fields(aimc_config *config, const char *option, const struct texts *settings);

/* What a name of a kind, a preset or a file ("mydevice.json") is: the preset's figures, and of a
 * file those of its kind with the path as the name. EXIT_GO_ON, or the exit code after a
 * sentence. */
int model_find_preset(aimc_context *ctx, const char *name, aimc_preset_info *info);

/* Context for a command: seed and threads as given; NOT_GIVEN threads: all cores. Library warnings
 * go to stderr. */
int model_context(double seed, double threads, aimc_context **ctx);

/* Network run describes for the data: analog, or with analog unset the same in floating point. */
int model_build(aimc_context *ctx, const struct run *run, const struct tweaks *tweaks,
                const struct dataset *data, bool analog, aimc_network **net);

int model_load(aimc_context *ctx, const char *path, aimc_network **net);

/* A network with initial weights from the JSON file of its document. */
int model_from_document(aimc_context *ctx, const char *path, aimc_network **net);

/* Either: a document is called .json. */
int model_open(aimc_context *ctx, const char *path, aimc_network **net);

/* Does the network, from the file path, fit the data? */
int model_check_data(const aimc_network *net, const char *path, const struct dataset *data);

/* "network": { ... } with sizes and counters, and the sentence about the library in use. */
int model_put_json(struct json *json, const aimc_context *ctx, const aimc_network *net);

/* "counters": { ... } */
void model_put_counters(struct json *json, const aimc_counters *counters);

/* What the network is, one line per layer, on stdout. */
void model_print(const aimc_network *net);

#endif
