/* SPDX-License-Identifier: MIT */
/* The noise of a fit as a vector: logarithms of pulse and read, and where it is tilted the tilts of
 * both directions; the search for the most likely one (Nelder and Mead, Comput. J. 7:308 (1965));
 * and what of it a configuration holds. */
#include <math.h>
#include <string.h>

#include "device/fit.h"

size_t aimci_noise_to(const aimci_walk_noise *noise, double grain, double v[AIMCI_NOISE_SLOTS])
{
    v[0] = log(fmax(noise->pulse, 1e-9));
    v[1] = log(fmax(noise->read, 1e-3 * grain));
    v[2] = noise->tilt[0];
    v[3] = noise->tilt[1];
    return noise->is_tilted ? 4 : 2;
}

void aimci_noise_from(const double v[AIMCI_NOISE_SLOTS], aimci_walk_noise *noise)
{
    noise->pulse = exp(v[0]);
    noise->read = exp(v[1]);
    noise->tilt[0] = v[2];
    noise->tilt[1] = v[3];
}

/* ---- search --------------------------------------------------------------------------------- */

typedef struct point {
    double v[AIMCI_NOISE_SLOTS], worth;
} point;

typedef struct simplex {
    const aimci_noise_search *search;
    const aimci_walk_noise *like; /* what is not in the vector */
    size_t n;
    point at[AIMCI_NOISE_SLOTS + 1]; /* [n + 1], the best first */
} simplex;

static void score(const simplex *s, point *p)
{
    aimci_walk_noise noise = *s->like;
    aimci_noise_from(p->v, &noise);
    p->worth = s->search->worth(s->search->arg, &noise);
}

static void sort(simplex *s)
{
    for (size_t i = 1; i <= s->n; i++)
        for (size_t k = i; k > 0 && s->at[k].worth > s->at[k - 1].worth; k--) {
            const point t = s->at[k];
            s->at[k] = s->at[k - 1];
            s->at[k - 1] = t;
        }
}

/* On the line from the worst corner through the middle of the others. */
static point along(const simplex *s, double far)
{
    point p = s->at[0];
    for (size_t k = 0; k < s->n; k++) {
        const double most = k < 2 ? 30 : 4;
        double centre = 0;
        for (size_t i = 0; i < s->n; i++)
            centre += s->at[i].v[k];
        centre /= (double)s->n;
        p.v[k] = fmin(fmax(centre + far * (s->at[s->n].v[k] - centre), -most), most);
    }
    score(s, &p);
    return p;
}

/* To half its size, toward its best corner. */
static void shrink(simplex *s)
{
    for (size_t i = 1; i <= s->n; i++) {
        for (size_t k = 0; k < s->n; k++)
            s->at[i].v[k] = (s->at[i].v[k] + s->at[0].v[k]) / 2;
        score(s, &s->at[i]);
    }
}

static void replace_worst(simplex *s)
{
    point *worst = &s->at[s->n];
    const point p = along(s, -1);
    if (p.worth > s->at[0].worth) {
        const point further = along(s, -2);
        *worst = further.worth > p.worth ? further : p;
    } else if (p.worth > s->at[s->n - 1].worth) {
        *worst = p;
    } else {
        const point nearer = along(s, p.worth > worst->worth ? -0.5 : 0.5);
        if (nearer.worth > fmax(worst->worth, p.worth))
            *worst = nearer;
        else
            shrink(s);
    }
}

double aimci_search_noise(const aimci_noise_search *q, aimci_walk_noise *noise, double spread,
                          int steps)
{
    simplex s = {.search = q, .like = noise};
    point start = {.worth = 0};
    s.n = aimci_noise_to(noise, q->grain, start.v);
    for (size_t i = 0; i <= s.n; i++) {
        s.at[i] = start;
        if (i > 0)
            s.at[i].v[i - 1] += spread;
        score(&s, &s.at[i]);
    }
    sort(&s);
    for (int i = 0; i < steps && s.at[0].worth - s.at[s.n].worth > 1e-3; i++) {
        replace_worst(&s);
        sort(&s);
    }
    aimci_noise_from(s.at[0].v, noise);
    return s.at[0].worth;
}

/* ---- in a configuration --------------------------------------------------------------------- */

static const aimci_field *table_of(const aimci_kind *kind, bool up)
{
    return aimci_kind_field(kind, up ? "noise_up" : "noise_down");
}

bool aimci_noise_can_tilt(const aimci_device_ops *model)
{
    return table_of(model->kind, true) != NULL;
}

bool aimci_noise_can_be_additive(const aimci_device_ops *model)
{
    return aimci_kind_field(model->kind, "mult_noise") || aimci_noise_can_tilt(model);
}

/* The nodes of the noise are those of the steps. */
static void put_table(const aimci_device_ops *model, aimc_config *config,
                      const aimci_walk_noise *noise, bool up)
{
    const aimci_field *field = table_of(config->kind, up);
    const aimci_field *steps = aimci_kind_field(config->kind, up ? "step_up" : "step_down");
    const aimci_list *step = aimci_field_at(config->values, steps);
    aimci_list *list = aimci_field_at(config->values, field);
    const aimci_pulsed *p = config->values;
    const double at_0 = aimci_model_mean_step(model, p, 0, up) / aimci_pulsed_step(p, up);
    const bool is_needed = noise->is_tilted || noise->additive;
    list->n = is_needed ? step->n : 0;
    for (size_t i = 0; i < list->n; i++) {
        const double z = step->n > 1 ? (double)i / (double)(step->n - 1) : 0.5;
        list->v[i] = noise->pulse * (noise->additive ? at_0 : step->v[i]) *
                     exp(noise->tilt[up ? 0 : 1] * (2 * z - 1));
    }
    config->set[field - config->kind->fields] = is_needed;
}

void aimci_noise_put(const aimci_device_ops *model, aimc_config *config,
                     const aimci_walk_noise *noise)
{
    aimci_pulsed *p = config->values;
    const aimci_field *flag = aimci_kind_field(config->kind, "mult_noise");
    if (flag) {
        aimci_field_put(config->values, flag, !noise->additive);
        config->set[flag - config->kind->fields] = 1;
    }
    p->dw_min_std = noise->pulse < 1e-3 ? 0 : noise->pulse;
    for (int up = 0; up < 2 && aimci_noise_can_tilt(model); up++)
        put_table(model, config, noise, up);
}
