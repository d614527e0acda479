/* SPDX-License-Identifier: MIT */
/* Conjugate gradients: M. R. Hestenes, E. Stiefel, J. Res. NBS 49:409 (1952). */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/elementary.h"
#include "periphery/nodal.h"

/* tolerance: of the residual in the norm of the preconditioner, relative to the first. Newton stops
 * at changes of 1e-10 of the largest voltage, so the linear solves must be better than that. Both
 * limits of steps are far above what converging networks take: reaching one means failure. */
enum { MAX_STEPS = 20000, MAX_NEWTON = 60, LINES = 8 };
static const double tolerance = 1e-11, newton_tolerance = 1e-10;

/* Sweeps go along LINES lines at once. With a stride of a multiple of 1 KiB their nodes would fall
 * into the same few sets of the cache, so such strides are moved on by one vector. */
size_t aimci_nodal_ld(size_t n_drive)
{
    const size_t ld = aimci_round_up(n_drive, LINES);
    return ld % 128 == 0 ? ld + LINES : ld;
}

/* ---- cells ---------------------------------------------------------------------------------- */

static double polynomial(const double c[AIMCI_IV_TERMS], double x)
{
    double y = 0;
    for (size_t k = AIMCI_IV_TERMS; k-- > 0;)
        y = y * x + c[k];
    return y;
}

const aimci_iv *aimci_iv_of_cell(const aimci_iv *iv, double g, aimci_iv *own)
{
    if (iv->law != AIMCI_IV_BY_STATE)
        return iv;
    const double x = g > 0 ? aimci_log10(g) : 0;
    *own = *iv;
    own->law = AIMCI_IV_POLYNOMIAL;
    own->square = g > 0 ? polynomial(iv->squares, x) / g : 0;
    own->cube = g > 0 ? polynomial(iv->cubes, x) / g : 0;
    return own;
}

static double current_law(const aimci_iv *iv, double v, double *slope)
{
    switch (iv->law) {
    case AIMCI_IV_POLYNOMIAL:
        *slope = 1 + 2 * iv->square * fabs(v) + 3 * iv->cube * v * v;
        return v * (1 + iv->square * fabs(v) + iv->cube * v * v);
    case AIMCI_IV_SINH:
        *slope = aimci_cosh(v / iv->scale);
        return iv->scale * aimci_sinh(v / iv->scale);
    default:
        *slope = 1;
        return v;
    }
}

/* Current of a cell that has v across it (r_select included), and its slope; false: not solved. The
 * cell takes u of v, the series resistance the rest: u + r g f(u) = v. It is solved to the last
 * digits, because the network's own Newton takes this current and slope for exact. */
static bool cell_current(const aimci_iv *iv, double g, double v, double *current, double *slope)
{
    const double rg = iv->r_select * g;
    double u = v / (1 + rg), s = 1, f = current_law(iv, u, &s);
    bool settled = iv->law == AIMCI_IV_LINEAR || rg == 0;
    for (int k = 0; k < MAX_NEWTON && !settled; k++) {
        const double step = (u + rg * f - v) / (1 + rg * s);
        u -= step;
        f = current_law(iv, u, &s);
        settled = fabs(step) <= 1e-14 * fabs(v);
    }
    *current = g * f;
    *slope = g * s / (1 + rg * s);
    return settled && s > 0 && isfinite(f);
}

/* ---- ladders -------------------------------------------------------------------------------- */

/* Everything of one solve; matrices of n_sense x ld. */
typedef struct work {
    const aimci_nodal *n;
    size_t size;
    double *g;                    /* slopes of the cells */
    double *t_drive, *t_sense;    /* factors of the ladders */
    double *a, *b;                /* potentials */
    double *residual, *z, *p, *q; /* of the conjugate gradients */
    double *source, *across;      /* of Newton: current at 0 V of the tangent, voltages */
} work;

enum { N_MATRICES = 11 };

size_t aimci_nodal_scratch(const aimci_nodal *n)
{
    return N_MATRICES * n->n_sense * n->ld;
}

static work lay(const aimci_nodal *n, double *scratch)
{
    const size_t size = n->n_sense * n->ld;
    work w = {.n = n, .size = size};
    double **const matrices[N_MATRICES] = {&w.g, &w.t_drive, &w.t_sense,  &w.a,      &w.b,     &w.z,
                                           &w.p, &w.q,       &w.residual, &w.source, &w.across};
    for (size_t k = 0; k < N_MATRICES; k++)
        *matrices[k] = scratch + k * size;
    memset(scratch, 0, N_MATRICES * size * sizeof *scratch);
    return w;
}

/* A ladder of cells to a common return with r between two of them: looking to the far end, node k
 * sees the conductance
 *
 *     y_k = g_k + t_(k+1) y_(k+1),  t_k = 1 / (1 + r y_k)
 *
 * where t_k is also the share of the voltage before segment k that arrives behind it. Nothing is
 * divided by r, so r = 0, an ideal wire, needs no case of its own. */
static void factor_drive(const work *w)
{
    const aimci_nodal *n = w->n;
    double *const y = w->z; /* not in use yet */
    memcpy(y, w->g, w->size * sizeof *y);
    for (size_t j = 0; j < n->n_drive; j++)
        y[(n->n_sense - 1) * n->ld + j] += n->g_drive_far;
    for (size_t i = n->n_sense; i-- > 0;) {
        const double r = i ? n->r_drive : n->r_driver;
        for (size_t j = 0; j < n->n_drive; j++) {
            const size_t at = i * n->ld + j;
            w->t_drive[at] = 1 / (1 + r * y[at]);
            if (i)
                y[at - n->ld] += w->t_drive[at] * y[at];
        }
    }
}

static void factor_sense(const work *w)
{
    const aimci_nodal *n = w->n;
    for (size_t i = 0; i < n->n_sense; i++) {
        double y = n->g_sense_far, t = 1; /* before the first node, that contact alone */
        for (size_t j = n->n_drive; j-- > 0;) {
            const size_t at = i * n->ld + j;
            y = w->g[at] + t * y;
            t = 1 / (1 + (j ? n->r_sense : n->r_sensor) * y);
            w->t_sense[at] = t;
        }
    }
}

/* x: currents into the nodes of the driven lines -> their potentials, drivers at v (NULL: 0). On
 * the way from the far end currents add up, on the way back potentials follow from the driver's. */
static void solve_drive(const work *w, const double *v, double *x)
{
    const aimci_nodal *n = w->n;
    const double *t = w->t_drive;
    const size_t ld = n->ld, far = (n->n_sense - 1) * ld;
    for (size_t j = 0; v && j < n->n_drive; j++)
        x[far + j] += n->g_drive_far * v[j];
    for (size_t i = n->n_sense - 1; i > 0; i--)
        for (size_t j = 0; j < n->n_drive; j++)
            x[(i - 1) * ld + j] += t[i * ld + j] * x[i * ld + j];
    for (size_t j = 0; j < n->n_drive; j++)
        x[j] = t[j] * ((v ? v[j] : 0) + n->r_driver * x[j]);
    for (size_t i = 1; i < n->n_sense; i++)
        for (size_t j = 0; j < n->n_drive; j++)
            x[i * ld + j] = t[i * ld + j] * (x[(i - 1) * ld + j] + n->r_drive * x[i * ld + j]);
}

/* LINES sensed lines at once: along one line each node needs the one before, so that its arithmetic
 * would wait for itself; the lines do not depend on each other. */
static void sweep_sense(const aimci_nodal *n, const double *restrict t, double *restrict x)
{
    const size_t ld = n->ld;
    for (size_t j = n->n_drive - 1; j > 0; j--)
        for (size_t l = 0; l < LINES; l++)
            x[l * ld + j - 1] += t[l * ld + j] * x[l * ld + j];
    for (size_t l = 0; l < LINES; l++)
        x[l * ld] = t[l * ld] * n->r_sensor * x[l * ld];
    for (size_t j = 1; j < n->n_drive; j++)
        for (size_t l = 0; l < LINES; l++)
            x[l * ld + j] = t[l * ld + j] * (x[l * ld + j - 1] + n->r_sense * x[l * ld + j]);
}

/* x: currents into the nodes of the sensed lines -> their potentials. */
static void solve_sense(const work *w, double *x)
{
    const aimci_nodal *n = w->n;
    size_t i = 0;
    for (; i + LINES <= n->n_sense; i += LINES)
        sweep_sense(n, w->t_sense + i * n->ld, x + i * n->ld);
    for (; i < n->n_sense; i++) {
        const double *t = w->t_sense + i * n->ld;
        double *const line = x + i * n->ld;
        for (size_t j = n->n_drive - 1; j > 0; j--)
            line[j - 1] += t[j] * line[j];
        line[0] = t[0] * n->r_sensor * line[0];
        for (size_t j = 1; j < n->n_drive; j++)
            line[j] = t[j] * (line[j - 1] + n->r_sense * line[j]);
    }
}

/* ---- the linear network --------------------------------------------------------------------- */

/* Eight sums, so that additions do not wait for one another. n is a multiple of eight, and the
 * padding is 0. */
static double dot(const double *x, const double *y, size_t n)
{
    double sums[LINES] = {0};
    for (size_t k = 0; k < n; k += LINES)
        for (size_t l = 0; l < LINES; l++)
            sums[l] += x[k + l] * y[k + l];
    double sum = 0;
    for (size_t l = 0; l < LINES; l++)
        sum += sums[l];
    return sum;
}

/* a = potentials of the driven lines when those of the sensed ones are b. */
static void eliminate_drive(const work *w, const double *v, const double *b)
{
    for (size_t k = 0; k < w->size; k++)
        w->a[k] = w->g[k] * b[k] - (v ? w->source[k] : 0);
    solve_drive(w, v, w->a);
}

/* From b = 0: the residual is what the cells then send into the sensed lines. */
static void start(const work *w, const double *v)
{
    const size_t n = w->size;
    memset(w->b, 0, n * sizeof *w->b);
    memset(w->p, 0, n * sizeof *w->p);
    memset(w->q, 0, n * sizeof *w->q);
    eliminate_drive(w, v, w->b);
    for (size_t k = 0; k < n; k++)
        w->residual[k] = w->g[k] * w->a[k] + w->source[k];
}

/* z = the system's matrix times p; returns p z, the curvature of the energy along p. */
static double apply(const work *w)
{
    eliminate_drive(w, NULL, w->p);
    for (size_t k = 0; k < w->size; k++)
        w->z[k] = w->q[k] - w->g[k] * w->a[k];
    return dot(w->p, w->z, w->size);
}

/* Conjugate gradients for b. q follows p under the ladders of the sensed lines, whose matrix is
 * therefore never applied: with ideal wires it has no finite entries. A matrix that is not positive
 * definite (a cell's slope was negative) shows as a curvature that is not above 0. */
static bool iterate(const work *w, const double *v)
{
    const size_t n = w->size;
    double before = 0, first = 0;
    start(w, v);
    for (int step = 0; step < MAX_STEPS; step++) {
        memcpy(w->z, w->residual, n * sizeof *w->z);
        solve_sense(w, w->z);
        const double rho = dot(w->residual, w->z, n);
        first = step ? first : rho;
        if (rho <= tolerance * tolerance * first)
            return true;
        const double beta = step ? rho / before : 0;
        for (size_t k = 0; k < n; k++) {
            w->p[k] = w->z[k] + beta * w->p[k];
            w->q[k] = w->residual[k] + beta * w->q[k];
        }
        const double curvature = apply(w);
        if (!(curvature > 0))
            return false;
        const double alpha = rho / curvature;
        for (size_t k = 0; k < n; k++) {
            w->b[k] += alpha * w->p[k];
            w->residual[k] -= alpha * w->z[k];
        }
        before = rho;
    }
    return false;
}

/* What flows out of sensed line i: at every node the cell's current joins, short-circuit value
 * g a + source, and t of the sum goes on toward the contact; and out of the one at its far end. */
static double line_current(const work *w, size_t i)
{
    const size_t at = i * w->n->ld;
    double sum = 0;
    for (size_t j = w->n->n_drive; j-- > 0;) {
        sum += w->g[at + j] * w->a[at + j] + w->source[at + j];
        sum *= w->t_sense[at + j];
    }
    return sum + w->n->g_sense_far * w->b[at + w->n->n_drive - 1];
}

static bool solve_linear(const work *w, const double *v)
{
    factor_drive(w);
    factor_sense(w);
    if (!iterate(w, v))
        return false;
    eliminate_drive(w, v, w->b);
    return true;
}

/* ---- Newton --------------------------------------------------------------------------------- */

/* The cells of drivers at 0 V conduct nothing, whatever they have across them. */
static void disconnect(const work *w, const double *v)
{
    for (size_t i = 0; i < w->n->n_sense; i++) {
        for (size_t j = 0; j < w->n->n_drive; j++) {
            const size_t at = i * w->n->ld + j;
            w->g[at] = v[j] == 0 ? 0 : w->g[at];
            w->source[at] = v[j] == 0 ? 0 : w->source[at];
        }
    }
}

/* Tangents of all cells at the voltages across: i = slope v + source. */
static bool linearise(const work *w, const double *g, const double *v)
{
    bool good = true;
    aimci_iv own;
    for (size_t i = 0; i < w->n->n_sense; i++) {
        for (size_t j = 0; j < w->n->n_drive; j++) {
            const size_t at = i * w->n->ld + j;
            const aimci_iv *iv = aimci_iv_of_cell(&w->n->iv, g[at], &own);
            double current;
            good &= cell_current(iv, g[at], w->across[at], &current, &w->g[at]);
            w->source[at] = current - w->g[at] * w->across[at];
        }
    }
    if (w->n->gated)
        disconnect(w, v);
    return good;
}

/* The largest change of a cell's voltage; across follows by damping times it. */
static double follow(const work *w, double damping)
{
    double largest = 0;
    for (size_t i = 0; i < w->n->n_sense; i++) {
        for (size_t j = 0; j < w->n->n_drive; j++) {
            const size_t at = i * w->n->ld + j;
            const double change = w->a[at] - w->b[at] - w->across[at];
            largest = fabs(change) > largest ? fabs(change) : largest;
            w->across[at] += damping * change;
        }
    }
    return largest;
}

static double largest_of(const double *v, size_t n)
{
    double largest = 0;
    for (size_t j = 0; j < n; j++)
        largest = fabs(v[j]) > largest ? fabs(v[j]) : largest;
    return largest;
}

/* Starts from cells that see the full voltage of their driver. A step that changes voltages more
 * than the one before is a sign of overshoot: the next ones are halved, and grow back by and by. At
 * the end the tangents are taken once more, as the currents belong to the last voltages. */
static bool newton(const work *w, const double *g, const double *v)
{
    const double scale = largest_of(v, w->n->n_drive);
    for (size_t i = 0; i < w->n->n_sense; i++)
        memcpy(w->across + i * w->n->ld, v, w->n->n_drive * sizeof *v);
    double before = HUGE_VAL, damping = 1;
    for (int step = 0; step < MAX_NEWTON; step++) {
        if (!linearise(w, g, v) || !solve_linear(w, v))
            return false;
        const double change = follow(w, damping);
        if (!isfinite(change))
            return false;
        if (change <= newton_tolerance * scale)
            return linearise(w, g, v) && solve_linear(w, v);
        damping = change > before ? 0.5 * damping : fmin(1, 1.5 * damping);
        before = change;
    }
    return false;
}

bool aimci_nodal_solve(const aimci_nodal *n, const double *g, const double *v, double *current,
                       double *scratch)
{
    work w = lay(n, scratch);
    bool solved;
    if (n->iv.law == AIMCI_IV_LINEAR) {
        for (size_t k = 0; k < w.size; k++)
            w.g[k] = g[k] / (1 + g[k] * n->iv.r_select);
        if (n->gated)
            disconnect(&w, v);
        solved = solve_linear(&w, v);
    } else {
        solved = newton(&w, g, v);
    }
    for (size_t i = 0; solved && i < n->n_sense; i++)
        current[i] = line_current(&w, i);
    return solved;
}

/* ---- currents per volt ---------------------------------------------------------------------- */

/* One solve for each line of the side that has fewer: the network is reciprocal, so that driving
 * the sensed lines instead, contacts in their place, gives the same matrix. */
typedef struct matrix_job {
    aimci_nodal n; /* driven on the smaller side */
    bool swapped;
    const double *g;
    double *t;
    size_t ld_t;
    double *scratch;
    size_t slot_size;
    _Atomic bool failed;
} matrix_job;

static bool is_swapped(const aimci_nodal *n)
{
    return n->n_sense < n->n_drive;
}

static aimci_nodal swap(const aimci_nodal *n)
{
    aimci_nodal s = *n;
    s.n_drive = n->n_sense;
    s.n_sense = n->n_drive;
    s.ld = aimci_nodal_ld(s.n_drive);
    s.r_drive = n->r_sense;
    s.r_sense = n->r_drive;
    s.r_driver = n->r_sensor;
    s.r_sensor = n->r_driver;
    s.g_drive_far = n->g_sense_far;
    s.g_sense_far = n->g_drive_far;
    return s;
}

/* Of one slot: a solve, the drivers, the currents. */
static size_t slot_doubles(const aimci_nodal *n)
{
    return aimci_nodal_scratch(n) + aimci_round_up(n->n_drive + n->n_sense, LINES);
}

size_t aimci_nodal_matrix_scratch(const aimc_context *ctx, const aimci_nodal *n)
{
    const aimci_nodal m = is_swapped(n) ? swap(n) : *n;
    return aimci_context_slots(ctx) * slot_doubles(&m) + (is_swapped(n) ? m.n_sense * m.ld : 0);
}

static void solve_one_line(void *arg, size_t slot, size_t line)
{
    matrix_job *job = arg;
    double *const scratch = job->scratch + slot * job->slot_size;
    double *const v = scratch + aimci_nodal_scratch(&job->n), *const i = v + job->n.n_drive;
    memset(v, 0, job->n.n_drive * sizeof *v);
    v[line] = 1;
    const bool solved = aimci_nodal_solve(&job->n, job->g, v, i, scratch);
    if (!solved)
        atomic_store(&job->failed, true);
    for (size_t k = 0; solved && k < job->n.n_sense; k++)
        job->t[job->swapped ? line * job->ld_t + k : k * job->ld_t + line] = i[k];
}

bool aimci_nodal_matrix(aimc_context *ctx, const aimci_nodal *n, const double *g, double *t,
                        size_t ld_t, double *scratch)
{
    matrix_job job = {.n = is_swapped(n) ? swap(n) : *n,
                      .swapped = is_swapped(n),
                      .g = g,
                      .t = t,
                      .ld_t = ld_t,
                      .scratch = scratch};
    job.slot_size = slot_doubles(&job.n);
    if (job.swapped) {
        double *const turned = scratch + aimci_context_slots(ctx) * job.slot_size;
        for (size_t i = 0; i < n->n_sense; i++)
            for (size_t j = 0; j < n->n_drive; j++)
                turned[j * job.n.ld + i] = g[i * n->ld + j];
        job.g = turned;
    }
    aimci_parallel(ctx, job.n.n_drive, solve_one_line, &job);
    return !job.failed;
}
