/* SPDX-License-Identifier: MIT */
/* Sane settings of an algorithm for a device.
 *
 * Published settings come with devices: the layer presets "<algorithm>_<device>". A device that has
 * the figures of one of them gets its settings; any other those of the preset that it is most like,
 * by its number of states and by how much its steps shrink on the way to a bound. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "device/cell.h"
#include "optimizer/algorithm.h"

enum { FEW_STATES = 100, MANY_STATES = 5000 };
#define SHRINKS                                                                                    \
    0.3 /* soft bounds lose half of their step half-way to the bound, linear ones less */

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(fabs(a), fabs(b));
}

static bool same_figures(const aimc_device *a, const aimc_device *b)
{
    return a->ops == b->ops && near(a->info.granularity, b->info.granularity) &&
           near(a->info.w_min, b->info.w_min) && near(a->info.w_max, b->info.w_max);
}

/* Is the device of a layer preset this one? */
static aimc_status is_of_preset(const aimc_device *device, const aimci_preset *preset, bool *same)
{
    aimc_config *layer = NULL;
    aimc_device *other = NULL;
    aimc_status st = aimc_config_create(device->ctx, preset->name, &layer);
    if (!st)
        st = aimc_device_create(device->ctx, NULL, aimci_config_child(layer, "device"), &other);
    *same = !st && same_figures(device, other);
    aimc_device_unref(other);
    aimc_config_destroy(layer);
    return st;
}

static const char *most_like(const aimc_device *device)
{
    const aimc_device_info *info = &device->info;
    if (info->num_states < FEW_STATES)
        return "few_states";
    if (info->num_states >= MANY_STATES)
        return "idealized";
    const double up = aimci_device_mean_step(device, info->w_max / 2, true) / info->step_up_at_0;
    const double down =
        aimci_device_mean_step(device, info->w_min / 2, false) / info->step_down_at_0;
    return 1 - (up + down) / 2 > SHRINKS ? "reram_sb" : "capacitor";
}

/* Name of the preset to take the settings from, into buf; empty when the algorithm has none. */
static aimc_status choose(const aimc_device *device, const char *algorithm, char *buf, size_t size)
{
    const size_t n = strlen(algorithm);
    bool any = false;
    for (size_t i = 0; i < aimci_n_presets; i++) {
        const aimci_preset *p = &aimci_presets[i];
        if (strcmp(p->category, "layer") != 0 || strncmp(p->name, algorithm, n) != 0 ||
            p->name[n] != '_')
            continue;
        bool same = false;
        const aimc_status st = is_of_preset(device, p, &same);
        if (st)
            return st;
        any = true;
        if (same) {
            snprintf(buf, size, "%s", p->name);
            return AIMC_OK;
        }
    }
    snprintf(buf, size, "%s%s%s", any ? algorithm : "", any ? "_" : "",
             any ? most_like(device) : "");
    return AIMC_OK;
}

/* Few states have a preset of the algorithm alone, where that matters; others are in layers. */
static aimc_status settings_of(aimc_context *ctx, const char *name, const char *algorithm,
                               aimc_config **out)
{
    size_t index;
    if (name[0] == '\0' || aimc_preset_find(name, &index))
        return aimc_config_create(ctx, algorithm, out);
    aimc_config *preset = NULL;
    aimc_status st = aimc_config_create(ctx, name, &preset);
    if (!st && strcmp(preset->kind->category, "optimizer") == 0) {
        *out = preset;
        return AIMC_OK;
    }
    if (!st)
        st = aimc_config_copy(aimci_config_child(preset, "optimizer"), out);
    aimc_config_destroy(preset);
    return st;
}

/* A field that the algorithm does not have needs nothing. */
static aimc_status multiply(aimc_config *config, const char *field, double factor)
{
    double value;
    if (!aimci_kind_field(config->kind, field))
        return AIMC_OK;
    const aimc_status st = aimc_config_get(config, field, &value);
    return st ? st : aimc_config_set(config, field, value * factor);
}

/* Published settings write single pulses, also where those are noise for the most part. n pulses
 * move a cell by n steps with a noise of sigma sqrt(n): 4 sigma^2 of them by twice their noise.
 * Thresholds of transfers grow by sqrt(n) with it: what crosses them by noise alone then sends as
 * many pulses as before, what crosses them by a gradient sqrt(n) times as many. Measured in
 * docs/training-study.md. */
static aimc_status write_above_noise(const aimc_device *device, aimc_config *config)
{
    const aimci_pulsed *p = aimci_device_pulsed(device);
    if (!p || p->dw_min_std <= 1)
        return AIMC_OK;
    const double pulses = ceil(4 * p->dw_min_std * p->dw_min_std);
    if (aimci_kind_field(config->kind, "granularity"))
        return aimc_config_set(config, "granularity", pulses * device->info.granularity);
    aimc_status st = multiply(config, "step", pulses);
    if (!st)
        st = multiply(config, "thres_scale", sqrt(pulses));
    return st ? st : multiply(config, "buffer_granularity", sqrt(pulses));
}

aimc_status aimc_optimizer_suggest_config(const aimc_device *device, const char *algorithm,
                                          aimc_config **out)
{
    const char *caller = "optimizer_suggest_config";
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "%s: out is NULL", caller);
    *out = NULL;
    if (!device || !algorithm)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller,
                          device ? "algorithm" : "device");
    aimci_named named;
    aimc_status st = aimci_find_kind(caller, algorithm, &named);
    if (st)
        return st;
    const char *kind = named.kind->name;
    if (strcmp(named.kind->category, "optimizer") != 0)
        return aimci_wrong_category(caller, algorithm, named.kind, "optimizer");
    if (!device->ops->pulsed && strcmp(kind, "sgd") != 0)
        return aimci_fail(AIMC_ERR_UNSUPPORTED, "%s: device '%s' takes no pulses; use 'sgd'",
                          caller, device->ops->kind->name);
    if (named.preset)
        return aimc_config_create(device->ctx, algorithm, out);
    char name[96] = "";
    if (device->ops->pulsed)
        st = choose(device, kind, name, sizeof name);
    if (!st)
        st = settings_of(device->ctx, name, kind, out);
    if (!st)
        st = write_above_noise(device, *out);
    if (st) {
        aimc_config_destroy(*out);
        *out = NULL;
    }
    return st;
}
