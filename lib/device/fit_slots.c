/* SPDX-License-Identifier: MIT */
/* The fields of a model that are fitted, as a vector within a box. The box keeps to what the data
 * can mean: bounds near their range, steps that cross it in more than one pulse. */
#include <math.h>
#include <string.h>

#include "device/fit.h"

/* Numbers of a list that are fitted. Two lists, two bounds, a gain and its asymmetry are all the
 * slots. */
enum { LIST_SLOTS = 6, TABLE_SLOTS = (AIMCI_MAX_SLOTS - 4) / 2 };

#define MARGIN 0.03 /* of the range of the data */

/* By the name of the field: the box. range: of the data. */
static void box_of(const char *name, const aimci_extent *e, double *lo, double *hi)
{
    const double range = e->hi - e->lo;
    *lo = 0, *hi = 50; /* steps of nodes, in dw_min */
    if (strcmp(name, "dw_min") == 0)
        *lo = 1e-4 * range / e->n_pulses, *hi = 4 * range;
    else if (strcmp(name, "w_max") == 0)
        *lo = fmax(e->hi - 0.3 * range, 0), *hi = e->hi + 2 * range;
    else if (strcmp(name, "w_min") == 0)
        *lo = e->lo - 2 * range, *hi = fmin(e->lo + 0.3 * range, 0);
    else if (strcmp(name, "up_down") == 0)
        *lo = -2 * range, *hi = 2 * range;
    else if (strcmp(name, "pow_gamma") == 0)
        *lo = 0.05, *hi = 8;
    else if (strcmp(name, "pow_up_down") == 0)
        *lo = -4, *hi = 4;
    else if (strcmp(name, "gamma_up") == 0 || strcmp(name, "gamma_down") == 0)
        *lo = 0, *hi = 1.5;
    else if (strncmp(name, "A_", 2) == 0)
        *lo = -50, *hi = 5;
    else if (strncmp(name, "coefficients", 12) == 0)
        *lo = -200, *hi = 200;
}

static unsigned bound_of(const char *name)
{
    return strcmp(name, "w_max") == 0   ? AIMCI_FREE_MAX
           : strcmp(name, "w_min") == 0 ? AIMCI_FREE_MIN
                                        : 0;
}

static aimci_role role_of(const char *name)
{
    return strcmp(name, "dw_min") == 0 || strcmp(name, "pow_gamma") == 0      ? AIMCI_MIDDLE
           : strcmp(name, "up_down") == 0 || strcmp(name, "pow_up_down") == 0 ? AIMCI_HALF
                                                                              : AIMCI_PLAIN;
}

static bool is_exponential(const aimci_device_ops *model)
{
    return strcmp(model->kind->name, "exp_step") == 0;
}

bool aimci_slots_have_bounds(const aimci_device_ops *model)
{
    for (size_t k = 0; k < AIMC_FIT_PARAMETERS && model->fitted[k]; k++)
        if (bound_of(model->fitted[k]))
            return true;
    return false;
}

void aimci_slots_of(aimci_slots *s, const aimci_device_ops *model, const aimci_extent *e,
                    unsigned free_bounds)
{
    s->n = 0;
    for (size_t k = 0; k < AIMC_FIT_PARAMETERS && model->fitted[k]; k++) {
        const aimci_field *field = aimci_kind_field(model->kind, model->fitted[k]);
        if (bound_of(field->name) & ~free_bounds)
            continue;
        const size_t n = field->type != AIMC_FIELD_LIST ? 1
                         : aimci_noise_can_tilt(model)  ? TABLE_SLOTS
                                                        : LIST_SLOTS;
        for (size_t i = 0; i < n && s->n < AIMCI_MAX_SLOTS; i++) {
            aimci_slot *slot = &s->each[s->n++];
            *slot = (aimci_slot){.field = field, .index = i, .role = role_of(field->name)};
            box_of(field->name, e, &slot->lo, &slot->hi);
            if (is_exponential(model) && strncmp(field->name, "gamma", 5) == 0)
                slot->lo = -25, slot->hi = 25;
        }
    }
}

bool aimci_field_varies(const aimci_kind *kind, const char *name)
{
    char spread[64];
    aimci_text text = {spread, sizeof spread, 0};
    aimci_text_printf(&text, "%s_dtod", name);
    return aimci_kind_field(kind, spread) != NULL;
}

bool aimci_slots_are_lists(const aimci_slots *s)
{
    return s->n && s->each[0].field->type == AIMC_FIELD_LIST;
}

/* The step at a node, and that of the node before it? */
static bool follows_node(const aimci_slots *s, size_t k)
{
    return s->each[k].field->type == AIMC_FIELD_LIST && s->each[k].index > 0 &&
           strncmp(s->each[k].field->name, "coefficients", 12) != 0;
}

double aimci_slots_roughness(const aimci_slots *s, const double *x, double *slope)
{
    double sum = 0;
    for (size_t k = 0; k < s->n; k++) {
        slope[k] = 0;
        if (!follows_node(s, k))
            continue;
        sum += (x[k] - x[k - 1]) * (x[k] - x[k - 1]);
        slope[k] += x[k] - x[k - 1];
        slope[k - 1] -= x[k] - x[k - 1];
    }
    return sum;
}

void aimci_slots_add_roughness(const aimci_slots *s, double a[][AIMCI_MAX_SLOTS])
{
    for (size_t k = 0; k < s->n; k++)
        if (follows_node(s, k)) {
            a[k][k] += 1;
            a[k - 1][k - 1] += 1;
            a[k][k - 1] -= 1;
            a[k - 1][k] -= 1;
        }
}

void aimci_slots_add_gain(aimci_slots *s, const aimci_device_ops *model, const aimci_extent *e)
{
    static const char *const names[] = {"dw_min", "up_down"};
    memmove(s->each + 2, s->each, s->n * sizeof *s->each);
    s->n += 2;
    for (size_t k = 0; k < 2; k++) {
        aimci_slot *slot = &s->each[k];
        *slot = (aimci_slot){.field = aimci_kind_field(model->kind, names[k]),
                             .role = role_of(names[k])};
        box_of(names[k], e, &slot->lo, &slot->hi);
    }
}

#define ONE_WAY 0.98 /* of the middle: the largest half */

bool aimci_slots_one_way(const aimci_slots *s, size_t k, const double *x)
{
    return s->each[k].role == AIMCI_HALF && fabs(x[k]) >= (ONE_WAY - 1e-6) * x[k - 1];
}

static void put_pair(const aimci_slot *slot, aimc_config *config, double middle, double half)
{
    const double most = ONE_WAY * middle, h = fmin(fmax(half, -most), most);
    const double gain = middle + fabs(h);
    aimci_field_put(config->values, slot[-1].field, gain);
    aimci_field_put(config->values, slot->field, 2 * h / gain);
}

void aimci_slots_put(const aimci_slots *s, aimc_config *config, const double *x)
{
    for (size_t k = 0; k < s->n; k++) {
        const aimci_slot *slot = &s->each[k];
        void *at = aimci_field_at(config->values, slot->field);
        config->set[slot->field - config->kind->fields] = 1;
        if (slot->field->type == AIMC_FIELD_LIST) {
            aimci_list *list = at;
            list->v[slot->index] = x[k];
            if (list->n <= slot->index)
                list->n = slot->index + 1;
        } else if (slot->role == AIMCI_HALF) {
            put_pair(slot, config, x[k - 1], x[k]);
        } else {
            aimci_field_put(config->values, slot->field, x[k]);
        }
    }
}

/* ---- where to start ------------------------------------------------------------------------- */

/* A first step in units of the mean one, and for exponentials amplitude and rate: of a step that
 * ends in a cliff, and of one that begins with a burst. */
typedef struct start {
    double step, amplitude, rate;
} start;

static const start starts[] = {{1.2, 0.2, 2}, {3, 0.2, 2}, {1.5, 0.01, 7}, {1, -0.5, -4}};

size_t aimci_slots_starts(const aimci_device_ops *model)
{
    return is_exponential(model) ? 4 : 2;
}

static double guess(const aimci_slot *slot, const aimci_extent *e, const start *from,
                    bool exponential)
{
    const char *name = slot->field->name;
    const double range = e->hi - e->lo, beyond = (exponential ? 0.005 : MARGIN) * range;
    if (strcmp(name, "dw_min") == 0)
        return from->step * range / e->n_pulses;
    if (strcmp(name, "w_max") == 0)
        return e->hi + beyond;
    if (strcmp(name, "w_min") == 0)
        return e->lo - beyond;
    if (strncmp(name, "A_", 2) == 0)
        return from->amplitude;
    if (strncmp(name, "gamma", 5) == 0)
        return exponential ? from->rate : 0.4;
    if (strcmp(name, "pow_gamma") == 0)
        return 1;
    if (slot->field->type == AIMC_FIELD_LIST) /* the same step everywhere */
        return slot->index == 0 || strncmp(name, "coefficients", 12) != 0 ? from->step : 0.01;
    return 0; /* as much up as down */
}

static double within(double x, double lo, double hi)
{
    return fmin(fmax(x, lo + 1e-3 * (hi - lo)), hi - 1e-3 * (hi - lo));
}

void aimci_slots_begin(aimc_config *config, const aimci_extent *e)
{
    aimci_pulsed *p = config->values;
    const double margin = MARGIN * (e->hi - e->lo); /* so that readings do not lie beyond */
    p->w_max = fmax(e->hi + margin, 0);
    p->w_min = fmin(e->lo - margin, 0);
    p->dw_min = (e->hi - e->lo) / e->n_pulses;
}

void aimci_slots_guess(const aimci_slots *s, const aimc_config *config, const aimci_extent *e,
                       size_t number, double *x)
{
    const bool exponential = strcmp(config->kind->name, "exp_step") == 0;
    for (size_t k = 0; k < s->n; k++) {
        const aimci_slot *slot = &s->each[k];
        x[k] = within(guess(slot, e, &starts[number], exponential), slot->lo, slot->hi);
    }
}
