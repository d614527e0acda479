/* SPDX-License-Identifier: MIT */
/* Learning rates that change from step to step: closed forms, with the definitions and defaults of
 * PyTorch, torch.optim.lr_scheduler. */
#include <math.h>
#include <string.h>

#include "core/elementary.h"
#include "network/graph.h"

#define SRC "definitions of PyTorch 1.13, torch.optim.lr_scheduler"

typedef struct schedule_params {
    int64_t step_size, T_max, total_steps, total_iters;
    double gamma, eta_min, pct_start, div_factor, final_div_factor, start_factor;
    int32_t anneal;
    bool three_phase;
} P;

#define STEPS(field, def, meaning) AIMCI_INTEGER(P, field, def, 1, 1e15, "steps", meaning, SRC)

/* ---- kinds ---------------------------------------------------------------------------------- */

static const aimci_field step_fields[] = {
    STEPS(step_size, 1, "steps between two changes"),
    AIMCI_NUMBER(P, gamma, 0.1, 0, 1e6, "1", "factor of each change", SRC),
};
AIMCI_DEFINE_KIND(step_rate, "schedule", "a factor every so many steps (StepLR)", SRC, step_fields,
                  P, .n_children = 0);

static const aimci_field cosine_fields[] = {
    STEPS(T_max, 1, "steps from the first rate to the last"),
    AIMCI_NUMBER(P, eta_min, 0, 0, 1e30, "rate", "the last rate", SRC),
};
AIMCI_DEFINE_KIND(cosine_rate, "schedule", "down along half a cosine (CosineAnnealingLR)", SRC,
                  cosine_fields, P, .n_children = 0);

static const aimci_field cycle_fields[] = {
    STEPS(total_steps, 100, "steps of the whole cycle"),
    AIMCI_NUMBER(P, pct_start, 0.3, 0, 1, "1", "share of the steps in which the rate rises", SRC),
    AIMCI_CHOICE(P, anneal, 0, 1, "COS|LINEAR", "the way between two rates", SRC),
    AIMCI_NUMBER(P, div_factor, 25, 1, 1e30, "1", "largest rate over the first", SRC),
    AIMCI_NUMBER(P, final_div_factor, 1e4, 1, 1e30, "1", "first rate over the last", SRC),
    AIMCI_FLAG(P, three_phase, 0,
               "come down to the first rate as fast as it rose, and to the last one then", SRC),
};
AIMCI_DEFINE_KIND(one_cycle, "schedule", "up to the rate, and far down (OneCycleLR)", SRC,
                  cycle_fields, P, .n_children = 0);

static const aimci_field warm_fields[] = {
    STEPS(total_iters, 5, "steps until the full rate"),
    AIMCI_NUMBER(P, start_factor, 1.0 / 3, 1e-30, 1, "1", "share of the rate in the first step",
                 SRC),
};
AIMCI_DEFINE_KIND(warm_up, "schedule", "up along a line to the rate, which stays (LinearLR)", SRC,
                  warm_fields, P, .n_children = 0);

/* ---- laws ----------------------------------------------------------------------------------- */

static double step_rate(const void *params, double lr, double step)
{
    const P *p = params;
    return lr * aimci_pow(p->gamma, floor(step / (double)p->step_size));
}

static double cosine_rate(const void *params, double lr, double step)
{
    const P *p = params;
    return p->eta_min + (lr - p->eta_min) * (1 + aimci_cospi(step / (double)p->T_max)) / 2;
}

/* share 0: from; 1: to */
static double between(const P *p, double from, double to, double share)
{
    return p->anneal ? from + (to - from) * share : to + (from - to) * (1 + aimci_cospi(share)) / 2;
}

/* lr is the largest rate; after the cycle the last one stays. */
static double one_cycle(const void *params, double lr, double step)
{
    const P *p = params;
    const double last = (double)p->total_steps - 1, first_rate = lr / p->div_factor;
    const double up = p->pct_start * (double)p->total_steps - 1;
    const double down = p->three_phase ? 2 * p->pct_start * (double)p->total_steps - 2 : last;
    const double last_rate = first_rate / p->final_div_factor;
    if (step < up)
        return between(p, first_rate, lr, step / up);
    if (p->three_phase && step < down)
        return between(p, lr, first_rate, (step - up) / (down - up));
    const double from = p->three_phase ? down : up, rate = p->three_phase ? first_rate : lr;
    return step >= last ? last_rate : between(p, rate, last_rate, (step - from) / (last - from));
}

static double warm_up(const void *params, double lr, double step)
{
    const P *p = params;
    const double share = fmin(step / (double)p->total_iters, 1);
    return lr * (p->start_factor + (1 - p->start_factor) * share);
}

#define SCHEDULE(id) const aimci_schedule_ops aimci_schedule_ops_##id = {&aimci_kind_##id, id};
SCHEDULE(step_rate)
SCHEDULE(cosine_rate)
SCHEDULE(one_cycle)
SCHEDULE(warm_up)

/* ---- public --------------------------------------------------------------------------------- */

aimc_status aimc_schedule_get_rate(const aimc_config *schedule, double lr, uint64_t step,
                                   double *rate)
{
    const char *caller = "schedule_get_rate";
    if (!schedule || !rate)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller,
                          schedule ? "rate" : "schedule");
    if (strcmp(schedule->kind->category, "schedule") != 0)
        return aimci_wrong_category(caller, schedule->kind->name, schedule->kind, "schedule");
    const aimc_status st = aimci_check_number(caller, "lr", lr, 0, AIMCI_LARGEST_NUMBER);
    if (st)
        return st;
    const aimci_schedule_ops *ops = aimci_ops_of(schedule->kind, "schedule");
    *rate = ops->rate(schedule->values, lr, (double)step);
    return AIMC_OK;
}
