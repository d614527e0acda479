/* SPDX-License-Identifier: MIT */
/* Traces of readings, as they are given. */
#include "device/measurement.h"

#include <math.h>
#include <string.h>

aimc_status aimc_measurement_create(aimc_context *ctx, aimc_measurement **out)
{
    if (!out)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_create: out is NULL");
    *out = NULL;
    if (!ctx)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_create: ctx is NULL");
    aimc_measurement *m = aimci_calloc(ctx, 1, sizeof *m);
    if (!m)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_create: no memory");
    m->ctx = aimci_context_ref(ctx);
    *out = m;
    return AIMC_OK;
}

static void free_series(aimc_context *ctx, const aimci_series *s)
{
    aimci_free(ctx, s->state);
    aimci_free(ctx, s->pulses);
    aimci_free(ctx, s->time);
    aimci_free(ctx, s->life);
    aimci_free(ctx, s->low);
}

void aimci_measurement_forget(aimc_measurement *m, size_t n, uint64_t devices)
{
    size_t kept = 0;
    while (m->n > n)
        free_series(m->ctx, &m->each[--m->n]);
    for (size_t k = 0; k < m->n_labels; k++)
        if (m->label[k].device < devices)
            m->label[kept++] = m->label[k];
        else
            aimci_free(m->ctx, m->label[k].name);
    m->n_labels = kept;
}

uint64_t aimci_measurement_next_device(const aimc_measurement *m)
{
    uint64_t next = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->each[i].device >= next)
            next = (uint64_t)m->each[i].device + 1;
    return next;
}

void aimc_measurement_destroy(aimc_measurement *m)
{
    if (!m)
        return;
    aimc_context *ctx = m->ctx;
    aimci_measurement_forget(m, 0, 0);
    aimci_free(ctx, m->label);
    aimci_free(ctx, m->each);
    aimci_free(ctx, m);
    aimci_context_unref(ctx);
}

static aimc_status check_series(size_t n, const double *state, const int32_t *pulses,
                                const double *time)
{
    enum { MOST = 10000 };
    for (size_t k = 0; k < n; k++) {
        if (!isfinite(state[k]))
            return aimci_fail(AIMC_ERR_INVALID, "measurement_add: state[%zu] is not finite", k);
        if (pulses && k > 0 && (pulses[k] > MOST || pulses[k] < -MOST))
            return aimci_fail(AIMC_ERR_INVALID,
                              "measurement_add: pulses[%zu] = %d; at most %d between readings", k,
                              (int)pulses[k], MOST);
        if (time && !(time[k] > (k ? time[k - 1] : 0) && isfinite(time[k])))
            return aimci_fail(AIMC_ERR_INVALID,
                              "measurement_add: time[%zu] = %g; times above 0 that rise are needed",
                              k, time[k]);
    }
    return AIMC_OK;
}

static aimc_status make_room(aimc_measurement *m)
{
    if (m->n < m->room)
        return AIMC_OK;
    const size_t room = 2 * m->room + 8;
    aimci_series *each = aimci_calloc(m->ctx, room, sizeof *each);
    if (!each)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_add: no memory");
    if (m->n)
        memcpy(each, m->each, m->n * sizeof *each);
    aimci_free(m->ctx, m->each);
    m->each = each;
    m->room = room;
    return AIMC_OK;
}

static void *copy_of(aimc_context *ctx, const void *from, size_t n, size_t size)
{
    void *copy = from ? aimci_calloc(ctx, n, size) : NULL;
    return copy ? memcpy(copy, from, n * size) : NULL;
}

static aimc_status check_length(const char *caller, size_t n)
{
    return n >= 2 && n <= 100000000
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "%s: %zu readings; 2 to 100000000 are allowed",
                            caller, n);
}

/* A copy of the caller's arrays. */
static aimc_status keep(aimc_measurement *m, const char *caller, const aimc_trace_info *given)
{
    const size_t n = (size_t)given->n;
    const aimc_status st = make_room(m);
    if (st)
        return st;
    const aimci_series s = {.device = given->device,
                            .n = n,
                            .state = copy_of(m->ctx, given->state, n, sizeof *given->state),
                            .pulses = copy_of(m->ctx, given->pulses, n, sizeof *given->pulses),
                            .time = copy_of(m->ctx, given->time, n, sizeof *given->time),
                            .life = copy_of(m->ctx, given->life, n, sizeof *given->life),
                            .low = copy_of(m->ctx, given->low, n, sizeof *given->low)};
    if (!s.state != !given->state || !s.pulses != !given->pulses || !s.time != !given->time ||
        !s.life != !given->life || !s.low != !given->low) {
        free_series(m->ctx, &s);
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    }
    m->each[m->n++] = s;
    return AIMC_OK;
}

aimc_status aimc_measurement_add(aimc_measurement *m, uint32_t device, size_t n,
                                 const double *state, const int32_t *pulses, const double *time)
{
    if (!m || !state)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_add: %s is NULL", m ? "state" : "m");
    if (!pulses == !time)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_add: %s pulses and time; one is needed",
                          pulses ? "both" : "neither");
    aimc_status st = check_length("measurement_add", n);
    if (!st)
        st = check_series(n, state, pulses, time);
    const aimc_trace_info given = {
        .device = device, .n = n, .state = state, .pulses = pulses, .time = time};
    return st ? st : keep(m, "measurement_add", &given);
}

static aimc_status check_life(size_t n, const double *pulses, const double *high, const double *low)
{
    const char *caller = "measurement_add_endurance";
    for (size_t k = 0; k < n; k++) {
        if (!(pulses[k] > (k ? pulses[k - 1] : 0) && isfinite(pulses[k])))
            return aimci_fail(AIMC_ERR_INVALID,
                              "%s: pulses[%zu] = %g; counts above 0 that rise are needed", caller,
                              k, pulses[k]);
        if (!isfinite(high[k]) || (low && !(low[k] < high[k] && isfinite(low[k]))))
            return aimci_fail(AIMC_ERR_INVALID,
                              "%s: ends %zu are %g and %g; finite ones are needed, the lower one "
                              "below the upper",
                              caller, k, high[k], low ? low[k] : (double)NAN);
    }
    return AIMC_OK;
}

aimc_status aimc_measurement_add_endurance(aimc_measurement *m, uint32_t device, size_t n,
                                           const double *pulses, const double *high,
                                           const double *low)
{
    if (!m || !pulses || !high)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_add_endurance: %s is NULL",
                          !m        ? "m"
                          : !pulses ? "pulses"
                                    : "high");
    aimc_status st = check_length("measurement_add_endurance", n);
    if (!st)
        st = check_life(n, pulses, high, low);
    const aimc_trace_info given = {
        .device = device, .n = n, .state = high, .life = pulses, .low = low};
    return st ? st : keep(m, "measurement_add_endurance", &given);
}

void aimci_measurement_set_unit(aimc_measurement *m, const char *unit)
{
    m->is_mixed |= m->unit && strcmp(m->unit, unit) != 0;
    m->unit = unit;
}

size_t aimc_measurement_count(const aimc_measurement *m)
{
    return m ? m->n : 0;
}

aimc_status aimc_measurement_get(const aimc_measurement *m, size_t i, aimc_trace_info *out)
{
    if (!m || !out)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_get: %s is NULL", m ? "out" : "m");
    if (i >= m->n)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_get: i = %zu of %zu", i, m->n);
    const aimci_series *s = &m->each[i];
    const aimc_trace_info ours = {.device = s->device,
                                  .n = s->n,
                                  .state = s->state,
                                  .pulses = s->pulses,
                                  .time = s->time,
                                  .life = s->life,
                                  .low = s->low};
    return aimci_struct_out("measurement_get", out, &ours, sizeof ours, 8);
}
