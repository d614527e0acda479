/* SPDX-License-Identifier: MIT */
#include "conditions.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "report.h"

enum { SIDE = 100, CELLS = SIDE * SIDE, DOWN = 0, UP = 1 };

static const char *const ways[] = {"down", "up"};

/* ---- the lists of a configuration ----------------------------------------------------------- */

/* Numbers of the list name_way; returns how many. */
static size_t read_list(const aimc_config *config, const char *name, const char *way, double *v)
{
    static char text[MOST_CONDITIONS * 40];
    char field[64];
    size_t n = 0;
    snprintf(field, sizeof field, "%s_%s", name, way);
    if (aimc_config_get_text(config, field, text, sizeof text, NULL) != AIMC_OK)
        return 0;
    for (char *at = text, *end; n < MOST_CONDITIONS && (*at == '[' || *at == ','); at = end) {
        v[n] = strtod(at + 1, &end);
        if (end == at + 1)
            break;
        n++;
    }
    return n;
}

static double number(const aimc_config *config, const char *name, const char *way)
{
    char field[64];
    double value = NOT_GIVEN;
    snprintf(field, sizeof field, "%s%s", name, way);
    return aimc_config_get(config, field, &value) == AIMC_OK ? value : NOT_GIVEN;
}

/* ---- one condition -------------------------------------------------------------------------- */

/* A pulse of each kind to many cells alike at weight 0: mean step and standard deviation. */
static int measure(aimc_context *ctx, const aimc_config *config, int way, double step[2])
{
    static float w[CELLS];
    static int32_t pulse[CELLS];
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    int rc = EXIT_GO_ON;
    double mean = 0, square = 0;
    memset(w, 0, sizeof w);
    for (size_t k = 0; k < CELLS; k++)
        pulse[k] = way == UP ? 1 : -1;
    if (aimc_device_create(ctx, NULL, config, &device) != AIMC_OK ||
        aimc_tile_create(device, SIDE, SIDE, NULL, &tile) != AIMC_OK ||
        aimc_tile_set_weights(tile, w, SIDE) != AIMC_OK ||
        aimc_tile_pulse(tile, pulse, SIDE) != AIMC_OK ||
        aimc_tile_get_weights(tile, w, SIDE) != AIMC_OK)
        rc = fail_library();
    for (size_t k = 0; k < CELLS; k++)
        mean += (double)w[k] / CELLS;
    for (size_t k = 0; k < CELLS; k++)
        square += ((double)w[k] - mean) * ((double)w[k] - mean) / CELLS;
    aimc_device_info info = {.struct_size = (uint32_t)sizeof info};
    if (rc == EXIT_GO_ON && aimc_device_get_info(device, &info) != AIMC_OK)
        rc = fail_library();
    step[0] = way == UP ? info.step_up_at_0 : info.step_down_at_0;
    step[1] = sqrt(square);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    return rc;
}

/* V^2 G t at the middle of the conductances, where they are known. */
static double energy_of(const aimc_config *config, const struct condition *c)
{
    const double g = (number(config, "g_min", "") + number(config, "g_max", "")) / 2;
    return g > 0 ? c->voltage * c->voltage * g * c->width : NOT_GIVEN;
}

static void derive(const aimc_config *config, const double step[2], struct condition *c)
{
    const double range = number(config, "w_max", "") - number(config, "w_min", "");
    c->step = step[0];
    c->noise = step[0] > 0 ? step[1] / step[0] : NOT_GIVEN;
    c->states = step[0] > 0 ? range / step[0] : NOT_GIVEN;
    c->effective = c->states / (1 + c->noise * c->noise);
    c->crossing = c->energy * c->states;
}

/* Cells alike, whose pulses do nothing but what was measured. */
static int plain_copy(const aimc_config *config, aimc_config **copy)
{
    static const char *const fields[] = {"dw_min_dtod", "up_down_dtod",    "w_max_dtod",
                                         "w_min_dtod",  "write_noise_std", "corrupt_devices_prob",
                                         "half_select"};
    if (aimc_config_copy(config, copy) != AIMC_OK)
        return fail_library();
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        if (aimc_config_set(*copy, fields[k], 0) != AIMC_OK)
            return fail_library();
    return EXIT_GO_ON;
}

static int set_pulse(aimc_config *config, int way, double voltage, double width)
{
    char field[64];
    snprintf(field, sizeof field, "voltage_%s", ways[way]);
    if (aimc_config_set(config, field, voltage) != AIMC_OK)
        return fail_library();
    snprintf(field, sizeof field, "width_%s", ways[way]);
    return aimc_config_set(config, field, width) == AIMC_OK ? EXIT_GO_ON : fail_library();
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* Conditions that move nothing alone, or the wrong way, are no device with any partner. */
static bool is_device(aimc_context *ctx, const aimc_config *config)
{
    aimc_device *device = NULL;
    const bool good = aimc_device_create(ctx, NULL, config, &device) == AIMC_OK;
    aimc_device_unref(device);
    return good;
}

static int fill_side(aimc_context *ctx, const aimc_config *config, aimc_config *plain, int way,
                     struct conditions *out)
{
    double voltage[MOST_CONDITIONS] = {0}, width[MOST_CONDITIONS] = {0};
    double energy[MOST_CONDITIONS] = {0}, step[2] = {0, 0};
    const size_t n_energies = read_list(config, "measured_energy", ways[way], energy);
    int rc = EXIT_GO_ON;
    out->n[way] = read_list(config, "measured_voltage", ways[way], voltage);
    read_list(config, "measured_width", ways[way], width);
    for (size_t k = 0; k < out->n[way] && rc == EXIT_GO_ON; k++) {
        struct condition *c = &out->each[way][k];
        *c = (struct condition){.voltage = voltage[k], .width = width[k]};
        c->energy = n_energies > 0 ? energy[k] : energy_of(config, c);
        step[0] = step[1] = 0;
        rc = set_pulse(plain, way, voltage[k], width[k]);
        if (rc == EXIT_GO_ON && is_device(ctx, plain))
            rc = measure(ctx, plain, way, step);
        derive(config, step, c);
    }
    struct condition *now = &out->now[way];
    *now = (struct condition){.voltage = number(config, "voltage_", ways[way]),
                              .width = number(config, "width_", ways[way]),
                              .energy = NOT_GIVEN};
    if (rc == EXIT_GO_ON)
        rc = set_pulse(plain, way, now->voltage, now->width);
    if (rc == EXIT_GO_ON)
        rc = measure(ctx, plain, way, step);
    derive(config, step, now);
    return rc;
}

/* ---- which pair ----------------------------------------------------------------------------- */

static double asymmetry_of(const struct condition *up, const struct condition *down)
{
    return fabs(log(up->step / down->step));
}

/* Of a pair: the harmonic mean of effective states. */
static double states_of(const struct condition *up, const struct condition *down)
{
    return 2 / (1 / up->effective + 1 / down->effective);
}

struct pair {
    const struct condition *up, *down;
    double asymmetry, states, energy;
};

static size_t count_pairs(const struct conditions *c)
{
    return c->n[UP] * c->n[DOWN];
}

/* Infinitely different where a pulse does not move its way. */
static struct pair pair_at(const struct conditions *c, size_t k)
{
    const struct condition *up = &c->each[UP][k / c->n[DOWN]],
                           *down = &c->each[DOWN][k % c->n[DOWN]];
    const bool move = up->step > 0 && down->step > 0;
    return (struct pair){up, down, move ? asymmetry_of(up, down) : HUGE_VAL,
                         move ? states_of(up, down) : 0, up->crossing + down->crossing};
}

/* Of the pairs whose steps are alike within a tenth, or as alike as there are, those that have the
 * most effective states or four fifths of them, and of these that whose crossings of the range take
 * least energy; without energies the one with the most. */
static void choose(struct conditions *c)
{
    double alike = HUGE_VAL, most = 0, energy = HUGE_VAL;
    for (size_t k = 0; k < count_pairs(c); k++)
        alike = fmin(alike, pair_at(c, k).asymmetry);
    alike = fmax(alike * (1 + 1e-9), 0.1);
    for (size_t k = 0; k < count_pairs(c); k++)
        if (pair_at(c, k).asymmetry <= alike)
            most = fmax(most, pair_at(c, k).states);
    for (size_t k = 0; k < count_pairs(c); k++) {
        const struct pair p = pair_at(c, k);
        const bool known = isfinite(p.energy);
        if (p.asymmetry > alike || p.states < (known ? 0.8 : 1) * most ||
            (known && p.energy >= energy))
            continue;
        energy = known ? p.energy : energy;
        c->chosen[UP] = k / c->n[DOWN];
        c->chosen[DOWN] = k % c->n[DOWN];
    }
    c->asymmetry = pair_at(c, c->chosen[UP] * c->n[DOWN] + c->chosen[DOWN]).asymmetry;
}

int conditions_of(aimc_context *ctx, const aimc_config *config, struct conditions *c)
{
    aimc_config *plain = NULL;
    *c = (struct conditions){.n = {0, 0}};
    if (strcmp(aimc_config_get_kind(config), "measured_step") != 0)
        return EXIT_GO_ON;
    int rc = plain_copy(config, &plain);
    for (int way = 0; way < 2 && rc == EXIT_GO_ON; way++)
        rc = fill_side(ctx, config, plain, way, c);
    aimc_config_destroy(plain);
    if (rc == EXIT_GO_ON && count_pairs(c) > 0)
        choose(c);
    return rc;
}

/* ---- output --------------------------------------------------------------------------------- */

static void print_number(double x)
{
    char text[32] = "-";
    if (isfinite(x))
        snprintf(text, sizeof text, "%.4g", x);
    printf(" %11s", text);
}

static void print_one(const struct condition *c, int way, bool chosen)
{
    const double row[] = {c->voltage, c->width,     c->step,   c->states,
                          c->noise,   c->effective, c->energy, c->crossing};
    printf("  %-4s", ways[way]);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++)
        print_number(row[k]);
    printf("%s\n", chosen ? "   chosen" : "");
}

void conditions_print(const struct conditions *c, const char *name)
{
    static const char *const heads[] = {"V",          "width (s)", "step",    "states",
                                        "noise/step", "effective", "J/pulse", "J/crossing"};
    if (c->n[UP] == 0)
        return;
    printf("\nmeasured pulses, at weight 0 (effective: states / (1 + (noise/step)^2))\n      ");
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        printf(" %11s", heads[k]);
    printf("\n");
    for (int way = UP; way >= DOWN; way--)
        for (size_t k = 0; k < c->n[way]; k++)
            print_one(&c->each[way][k], way, k == c->chosen[way]);
    const struct condition *up = &c->each[UP][c->chosen[UP]];
    const struct condition *down = &c->each[DOWN][c->chosen[DOWN]];
    printf(
        "\nchosen: of the pairs whose steps differ by less than a tenth, or least (these: by the "
        "factor %.3g),\nthat with least energy among those of most effective states, or of most "
        "where energies are not known\n\n  aimc device show %s --set voltage_up=%g "
        "--set width_up=%g \\\n    --set voltage_down=%g --set width_down=%g --out chosen.json\n",
        exp(c->asymmetry), name, up->voltage, up->width, down->voltage, down->width);
}

static void put_one(const struct condition *c, int way, bool chosen, struct json *json)
{
    json_open(json, NULL, '{');
    json_put_text(json, "direction", ways[way]);
    json_put_number(json, "voltage", c->voltage);
    json_put_number(json, "width", c->width);
    json_put_number(json, "step", c->step);
    json_put_number(json, "num_states", c->states);
    json_put_number(json, "noise", c->noise);
    json_put_number(json, "effective_states", c->effective);
    json_put_number(json, "energy", c->energy);
    json_put_number(json, "energy_of_crossing", c->crossing);
    json_put_flag(json, "chosen", chosen);
    json_close(json, '}');
}

void conditions_put(const struct conditions *c, struct json *json)
{
    if (c->n[UP] == 0)
        return;
    json_open(json, "conditions", '[');
    for (int way = UP; way >= DOWN; way--)
        for (size_t k = 0; k < c->n[way]; k++)
            put_one(&c->each[way][k], way, k == c->chosen[way], json);
    json_close(json, ']');
}
