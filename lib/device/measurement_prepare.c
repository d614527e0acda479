/* SPDX-License-Identifier: MIT */
/* What of a measurement is fitted: wild readings, copies, devices that are stuck or go the wrong
 * way are found, and the unit of weights. All of it is noted. */
#include <math.h>
#include <string.h>

#include "device/measurement.h"

enum { FEWEST_READINGS = 10 /* of a trace */, FEWEST_IN_ALL = 20 };

void aimci_note(aimci_notes *notes, const char *format, ...)
{
    va_list args;
    const size_t room = sizeof notes->text - notes->length;
    if (room < 256)
        return; /* full: what came first is the most important */
    va_start(args, format);
    const int n = aimci_format(notes->text + notes->length, room, format, args);
    va_end(args);
    notes->length += aimci_min_size(n > 0 ? (size_t)n : 0, room - 1) + 1;
}

/* ---- wild readings -------------------------------------------------------------------------- */

enum { AROUND = 3 };

static double typical(const aimci_series *s, size_t k)
{
    double near[2 * AROUND + 1];
    size_t n = 0;
    for (size_t i = k > AROUND ? k - AROUND : 0; i <= k + AROUND && i < s->n; i++)
        near[n++] = s->state[i];
    return aimci_median(near, n);
}

/* A reading far from the median of those around it, by twelve times what readings are in the
 * median, and by more than half of what the trace covers otherwise. work: 2 n */
static size_t find_wild(const aimci_series *s, unsigned char *ignore, double *work)
{
    double *off = work, *sorted = work + s->n;
    size_t wild = 0;
    for (size_t k = 0; k < s->n; k++)
        sorted[k] = typical(s, k);
    aimci_sort(sorted, s->n);
    const double covers = sorted[s->n - 1 - s->n / 50] - sorted[s->n / 50];
    for (size_t k = 0; k < s->n; k++)
        sorted[k] = off[k] = fabs(s->state[k] - typical(s, k));
    const double limit = fmax(12 * aimci_median(sorted, s->n) / 0.6745, 0.5 * covers);
    for (size_t k = 0; k < s->n; k++) {
        ignore[k] = limit > 0 && off[k] > limit;
        wild += ignore[k];
    }
    return wild;
}

/* ---- devices -------------------------------------------------------------------------------- */

/* What is known of one device before it is fitted. */
typedef struct look {
    uint32_t number;
    size_t n_traces, n_readings;
    double lo, hi, direction; /* of the typical states; direction: of what pulses up do */
    double grain;             /* median step between readings, its sign left out */
    bool is_stuck, is_reversed, is_copy, is_short;
} look;

static bool is_pulsed(const aimci_series *s)
{
    return s->pulses != NULL;
}

static bool is_copy_of(const aimci_series *a, const aimci_series *b)
{
    return a->n == b->n && is_pulsed(a) && is_pulsed(b) &&
           memcmp(a->state, b->state, a->n * sizeof *a->state) == 0 &&
           memcmp(a->pulses + 1, b->pulses + 1, (a->n - 1) * sizeof *a->pulses) == 0;
}

static void look_at(look *l, const aimci_series *s, const unsigned char *ignore, double *work)
{
    size_t n = 0;
    double last = s->state[0];
    for (size_t k = 0; k < s->n; k++) {
        if (ignore[k])
            continue;
        const double now = s->state[k], state = typical(s, k);
        l->lo = fmin(l->lo, state);
        l->hi = fmax(l->hi, state);
        if (k) {
            l->direction += s->pulses[k] > 0 ? now - last : s->pulses[k] < 0 ? last - now : 0;
            work[n++] = fabs(now - last);
        }
        last = now;
    }
    l->grain = n ? aimci_median(work, n) : 0;
    l->n_traces++;
    l->n_readings += s->n;
    l->is_short |= s->n < FEWEST_READINGS;
}

typedef struct survey {
    look *each;
    size_t n;
    size_t *of;            /* [traces] its device; SIZE_MAX: not pulsed */
    unsigned char *ignore; /* [all readings] */
    size_t *first;         /* [traces] its first reading */
    double *work;
    size_t n_wild, n_readings;
} survey;

static size_t device_of(survey *v, uint32_t number)
{
    size_t i = 0;
    while (i < v->n && v->each[i].number != number)
        i++;
    if (i == v->n)
        v->each[v->n++] = (look){.number = number, .lo = HUGE_VAL, .hi = -HUGE_VAL};
    return i;
}

static void close_survey(aimc_context *ctx, survey *v)
{
    aimci_free(ctx, v->each);
    aimci_free(ctx, v->of);
    aimci_free(ctx, v->ignore);
    aimci_free(ctx, v->first);
    aimci_free(ctx, v->work);
}

static void find_copies(const aimc_measurement *m, survey *v)
{
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < i; j++)
            if (v->of[i] != v->of[j] && v->of[i] != SIZE_MAX && v->of[j] != SIZE_MAX &&
                is_copy_of(&m->each[i], &m->each[j]))
                v->each[v->of[i]].is_copy = true;
}

static aimc_status open_survey(const aimc_measurement *m, survey *v)
{
    size_t total = 0, longest = 0;
    for (size_t i = 0; i < m->n; i++) {
        total += m->each[i].n;
        longest = m->each[i].n > longest ? m->each[i].n : longest;
    }
    v->each = aimci_calloc(m->ctx, m->n, sizeof *v->each);
    v->of = aimci_calloc(m->ctx, m->n, sizeof *v->of);
    v->first = aimci_calloc(m->ctx, m->n, sizeof *v->first);
    v->ignore = aimci_calloc(m->ctx, total, 1);
    v->work = aimci_calloc(m->ctx, 2 * (longest + m->n), sizeof *v->work);
    if (!v->each || !v->of || !v->first || !v->ignore || !v->work)
        return aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
    for (size_t i = 0, at = 0; i < m->n; at += m->each[i++].n) {
        const aimci_series *s = &m->each[i];
        v->first[i] = at;
        v->of[i] = is_pulsed(s) ? device_of(v, s->device) : SIZE_MAX;
        if (!is_pulsed(s))
            continue;
        v->n_wild += find_wild(s, v->ignore + at, v->work);
        v->n_readings += s->n;
        look_at(&v->each[v->of[i]], s, v->ignore + at, v->work);
    }
    find_copies(m, v);
    return AIMC_OK;
}

/* A stuck device covers less than a twentieth of what the median device does. */
static double find_stuck(survey *v)
{
    for (size_t i = 0; i < v->n; i++)
        v->work[i] = v->each[i].hi - v->each[i].lo;
    const double covers = v->n ? aimci_median(v->work, v->n) : 0;
    for (size_t i = 0; i < v->n; i++) {
        look *l = &v->each[i];
        l->is_stuck = !(l->hi - l->lo > 0.05 * covers);
        l->is_reversed = !l->is_stuck && l->direction < 0;
    }
    return covers;
}

static size_t count(const survey *v, size_t flag)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += *((const bool *)&v->each[i] + flag) ? 1 : 0;
    return n;
}

#define COUNT(v, flag) count(v, offsetof(look, flag))

static bool is_used(const look *l)
{
    return !l->is_stuck && !l->is_copy && !l->is_short && !l->is_reversed;
}

/* All go the wrong way: that is how pulses were called. */
static bool turn_all(survey *v)
{
    bool all = v->n > 0;
    size_t moving = 0;
    for (size_t i = 0; i < v->n; i++) {
        moving += !v->each[i].is_stuck;
        all &= v->each[i].is_stuck || v->each[i].is_reversed;
    }
    for (size_t i = 0; i < v->n && all; i++)
        v->each[i].is_reversed = false;
    return all && moving > 0;
}

static void note_survey(const survey *v, bool turned, aimci_notes *notes)
{
    const size_t copies = COUNT(v, is_copy), stuck = COUNT(v, is_stuck);
    const size_t shorts = COUNT(v, is_short), reversed = COUNT(v, is_reversed);
    if (turned)
        aimci_note(notes, "pulses that are called up lower the state in every device: up and down "
                          "were exchanged");
    if (reversed)
        aimci_note(notes, "%zu of %zu devices go down under pulses up, unlike the others: left out",
                   reversed, v->n);
    if (copies)
        aimci_note(notes, "%zu of %zu devices have the very readings of another: left out", copies,
                   v->n);
    if (stuck)
        aimci_note(notes,
                   "%zu of %zu devices cover less than 5 %% of what the median device does: taken "
                   "as stuck",
                   stuck, v->n);
    if (shorts)
        aimci_note(notes, "%zu of %zu devices have a trace of less than %d readings: left out",
                   shorts, v->n, FEWEST_READINGS);
    if (v->n_wild)
        aimci_note(notes, "%zu of %zu readings lie far from all around them: not compared",
                   v->n_wild, v->n_readings);
}

/* ---- scale ---------------------------------------------------------------------------------- */

static void find_scale(const aimc_measurement *m, const aimc_fit_params *params, survey *v,
                       aimci_prepared *out, aimci_notes *notes)
{
    size_t n = 0;
    bool around_0 = true;
    double *lo = v->work, *hi = v->work + v->n;
    for (size_t i = 0; i < v->n; i++)
        if (is_used(&v->each[i])) {
            around_0 &= v->each[i].lo < 0 && v->each[i].hi > 0;
            lo[n] = v->each[i].lo;
            hi[n++] = v->each[i].hi;
        }
    const double from = n ? aimci_median(lo, n) : -1, to = n ? aimci_median(hi, n) : 1;
    const bool has_unit = m->unit && m->unit[0];
    if (params->scale != 0) {
        out->scale = params->scale;
        out->offset = params->offset;
    } else if (around_0) {
        out->scale = 1;
        out->offset = 0;
        aimci_note(notes, "states lie around 0: taken as weights");
    } else {
        out->scale = (to - from) / 2;
        out->offset = (to + from) / 2;
        aimci_note(notes,
                   "weight = (state - %.6g) / %.6g%s%s, so that the median device covers -1 ... 1",
                   out->offset, out->scale, has_unit ? " " : "", has_unit ? m->unit : "");
    }
    if (m->is_mixed)
        aimci_note(notes, "columns have different units: all were made %s", m->unit);
}

/* A trace that ends flat shows a bound, but nothing of the steps there. */
static void note_saturation(const aimci_prepared *p, aimci_notes *notes)
{
    size_t flat = 0;
    for (size_t i = 0; i < p->n_traces; i++) {
        const aimci_trace *t = &p->each[i];
        for (size_t k = 1; k < t->n; k++)
            flat += t->state[k] == t->state[k - 1];
    }
    if (flat * 3 > p->n_readings)
        aimci_note(notes,
                   "%.0f %% of the readings equal the one before: saturated states or a coarse "
                   "instrument; steps there are not seen",
                   100 * (double)flat / (double)p->n_readings);
}

/* ---- copying -------------------------------------------------------------------------------- */

static aimc_status make_room(aimc_context *ctx, const aimc_measurement *m, const survey *v,
                             aimci_prepared *out)
{
    for (size_t i = 0; i < v->n; i++)
        if (is_used(&v->each[i])) {
            out->n_devices++;
            out->n_traces += v->each[i].n_traces;
            out->n_readings += v->each[i].n_readings;
        }
    const size_t n = out->n_readings;
    out->device = aimci_calloc(ctx, out->n_devices + 1, sizeof *out->device);
    out->number = aimci_calloc(ctx, out->n_devices + 1, sizeof *out->number);
    out->each = aimci_calloc(ctx, out->n_traces + 1, sizeof *out->each);
    out->place = aimci_calloc(ctx, m->n + 1, sizeof *out->place);
    out->block = aimci_calloc(ctx, n + 1, sizeof(double) + sizeof(int32_t) + 1);
    return out->device && out->number && out->each && out->place && out->block
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "measurement_fit: no memory");
}

static void copy_trace(const aimc_measurement *m, const survey *v, size_t i, bool turned,
                       const aimci_prepared *out, aimci_trace *t)
{
    const aimci_series *s = &m->each[i];
    t->device = s->device;
    t->n = s->n;
    for (size_t k = 0; k < s->n; k++) {
        t->state[k] = (s->state[k] - out->offset) / out->scale;
        t->pulses[k] = turned ? -s->pulses[k] : s->pulses[k];
        t->ignore[k] = v->ignore[v->first[i] + k];
    }
}

static void copy_all(const aimc_measurement *m, const survey *v, bool turned, aimci_prepared *out)
{
    size_t device = 0, trace = 0, at = 0;
    double *state = out->block;
    int32_t *pulses = (int32_t *)(state + out->n_readings);
    unsigned char *ignore = (unsigned char *)(pulses + out->n_readings);
    memset(out->place, 0xFF, m->n * sizeof *out->place);
    for (size_t d = 0; d < v->n; d++) {
        if (!is_used(&v->each[d]))
            continue;
        aimci_traces *all = &out->device[device];
        out->number[device++] = v->each[d].number;
        all->each = out->each + trace;
        for (size_t i = 0; i < m->n; i++) {
            if (v->of[i] != d)
                continue;
            aimci_trace *t = &out->each[trace];
            t->state = state + at;
            t->pulses = pulses + at;
            t->ignore = ignore + at;
            copy_trace(m, v, i, turned, out, t);
            out->place[i] = trace++;
            at += t->n;
            all->n++;
            all->n_readings += t->n;
        }
    }
}

static aimc_status check_prepared(const aimci_prepared *p, const survey *v)
{
    bool up = false, down = false;
    for (size_t i = 0; i < p->n_traces; i++)
        for (size_t k = 1; k < p->each[i].n; k++) {
            up |= p->each[i].pulses[k] > 0;
            down |= p->each[i].pulses[k] < 0;
        }
    if (v->n && COUNT(v, is_stuck) == v->n)
        return aimci_fail(AIMC_ERR_INVALID,
                          "measurement_fit: no device changes its state under pulses");
    if (p->n_readings < FEWEST_IN_ALL)
        return aimci_fail(AIMC_ERR_INVALID,
                          "measurement_fit: %zu readings can be used; at least %d, %d in a trace, "
                          "are needed",
                          p->n_readings, FEWEST_IN_ALL, FEWEST_READINGS);
    if (!up || !down)
        return aimci_fail(AIMC_ERR_INVALID,
                          "measurement_fit: there are no pulses %s; both directions are needed",
                          up ? "down" : "up");
    return AIMC_OK;
}

static void count_stuck(const survey *v, aimci_prepared *p)
{
    for (size_t i = 0; i < v->n; i++) {
        const look *l = &v->each[i];
        p->n_seen += !l->is_copy && !l->is_short;
        if (!l->is_stuck || l->is_copy || l->is_short)
            continue;
        p->n_stuck++;
        const double w = (0.5 * (l->lo + l->hi) - p->offset) / p->scale;
        p->stuck_range = fmax(p->stuck_range, fabs(w));
    }
}

aimc_status aimci_prepare(const aimc_measurement *m, const aimc_fit_params *params,
                          aimci_prepared *out, aimci_notes *notes)
{
    survey v = {.n = 0};
    *out = (aimci_prepared){.n_seen_traces = m->n};
    if (!m->n)
        return aimci_fail(AIMC_ERR_INVALID, "measurement_fit: the measurement is empty");
    aimc_status st = open_survey(m, &v);
    if (!st) {
        find_stuck(&v);
        const bool turned = turn_all(&v);
        note_survey(&v, turned, notes);
        find_scale(m, params, &v, out, notes);
        count_stuck(&v, out);
        st = make_room(m->ctx, m, &v, out);
        if (!st) {
            copy_all(m, &v, turned, out);
            note_saturation(out, notes);
            st = check_prepared(out, &v);
        }
    }
    close_survey(m->ctx, &v);
    if (st)
        aimci_prepared_close(m->ctx, out);
    return st;
}

void aimci_prepared_close(aimc_context *ctx, aimci_prepared *p)
{
    aimci_free(ctx, p->device);
    aimci_free(ctx, p->number);
    aimci_free(ctx, p->each);
    aimci_free(ctx, p->place);
    aimci_free(ctx, p->block);
    *p = (aimci_prepared){.n_devices = 0};
}
