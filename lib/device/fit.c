/* SPDX-License-Identifier: MIT */
/* Parameters of a model from measured sweeps: least squares between the states and the noise-free
 * walk of the mean device, w(k + 1) = clip(w(k) +- step(w(k))), from a starting state that is
 * fitted as well. Levenberg-Marquardt of MINPACK (J. J. More, B. S. Garbow, K. E. Hillstrom,
 * ANL-80-74, 1980) from several starting steps. */
#include <math.h>
#include <string.h>

#include "aimci_config.h"
#include "device/model.h"

#if AIMCI_HAVE_CMINPACK
#include <cminpack.h>

enum { MAX_X = AIMC_FIT_PARAMETERS + 1 }; /* and the starting state */

enum { MAX_MODELS = 32 };

/* Models that can be fitted, by rank. */
static size_t list_models(const aimci_device_ops *models[MAX_MODELS])
{
    size_t n = 0;
    for (size_t i = 0; i < aimci_n_registered && n < MAX_MODELS; i++) {
        const aimci_device_ops *m = aimci_ops_of(aimci_registry[i].kind, "device");
        if (!m || !m->fitted[0])
            continue;
        size_t k = n++;
        for (; k > 0 && models[k - 1]->fit_rank > m->fit_rank; k--)
            models[k] = models[k - 1];
        models[k] = m;
    }
    return n;
}

typedef struct fit {
    const aimci_device_ops *model;
    aimc_config *config;
    size_t n_fields, n_pulses;
    const double *mean; /* [2 n_pulses] of all sweeps */
    double lo, hi;      /* of the mean */
} fit;

static void put(fit *f, const char *name, double v)
{
    const aimci_field *field = aimci_kind_field(f->config->kind, name);
    (void)aimci_field_store(f->config, field, name, fmin(fmax(v, field->min), field->max));
}

static double *states(fit *f, const double *x, double *w)
{
    for (size_t k = 0; k < f->n_fields; k++)
        put(f, f->model->fitted[k], x[k]);
    const aimci_pulsed *p = f->config->values;
    double state = x[f->n_fields];
    for (size_t i = 0; i < 2 * f->n_pulses; i++) {
        const bool up = i < f->n_pulses;
        const double step = aimci_model_mean_step(f->model, p, state, up);
        state = fmin(fmax(state + (up ? step : -step), p->w_min), p->w_max);
        w[i] = state;
    }
    return w;
}

static int residuals(void *user, int m, int n, const double *x, double *r, int flag)
{
    fit *f = user;
    (void)n, (void)flag;
    states(f, x, r);
    for (int i = 0; i < m; i++) {
        r[i] -= f->mean[i];
        if (!isfinite(r[i]))
            r[i] = 1e6 * (f->hi - f->lo);
    }
    return 0;
}

/* Starting points: a first step in units of the mean one, and for exponentials amplitude and rate
 * of a shallow, a steep and a very steep one. */
typedef struct start {
    double step, amplitude, rate;
} start;

static const start starts[] = {
    {0.7, 0.2, 2},  {1.5, 0.2, 2}, {3, 0.2, 2},     {6, 0.2, 2},
    {1.5, 0.02, 7}, {3, 0.02, 7},  {1.5, 1e-3, 12}, {3, 1e-3, 12},
};
enum { N_STARTS = sizeof starts / sizeof starts[0], N_SIMPLE_STARTS = 4 };

static bool is_exponential(const fit *f)
{
    return strcmp(f->model->kind->name, "exp_step") == 0;
}

static void guess(fit *f, const start *from, double *x)
{
    const bool exponential = is_exponential(f);
    const double range = f->hi - f->lo, beyond = exponential ? -0.005 * range : 0.05 * range;
    put(f, "w_max", f->hi);
    put(f, "w_min", f->lo);
    for (size_t k = 0; k < f->n_fields; k++) {
        const char *name = f->model->fitted[k];
        x[k] = strncmp(name, "gamma", 5) == 0   ? (exponential ? from->rate : 0.5)
               : strncmp(name, "A_", 2) == 0    ? from->amplitude
               : strcmp(name, "pow_gamma") == 0 ? 1
                                                : 0.05;
        if (strcmp(name, "dw_min") == 0)
            x[k] = from->step * range / (double)f->n_pulses;
        else if (strcmp(name, "w_max") == 0)
            x[k] = f->hi + beyond;
        else if (strcmp(name, "w_min") == 0)
            x[k] = f->lo - beyond;
    }
    x[f->n_fields] = f->mean[0];
}

typedef struct solution {
    double x[MAX_X], variance[MAX_X]; /* of x, per unit variance of the mean's points */
    double squares;
} solution;

/* Keeps the better of s and what is found from x. work: m + MAX_X m + m doubles */
static bool solve_from(fit *f, const double *x, double *work, solution *s)
{
    const int m = (int)(2 * f->n_pulses), n = (int)f->n_fields + 1;
    double diag[MAX_X], qtf[MAX_X], wa1[MAX_X], wa2[MAX_X], wa3[MAX_X];
    double *r = work, *jacobian = work + m, *wa4 = jacobian + MAX_X * m;
    int calls, pivot[MAX_X];
    solution t = {.squares = 0};
    memcpy(t.x, x, (size_t)n * sizeof *x);
    lmdif(residuals, f, m, n, t.x, r, 1e-12, 1e-12, 0, 200 * (n + 1), 0, diag, 1, 10, 0, &calls,
          jacobian, m, pivot, qtf, wa1, wa2, wa3, wa4);
    for (int i = 0; i < m; i++)
        t.squares += r[i] * r[i];
    if (s->squares >= 0 && !(t.squares < s->squares))
        return false;
    const bool much = s->squares < 0 || t.squares < 0.9999 * s->squares;
    covar(n, jacobian, m, pivot, 1e-14, wa1);
    for (int k = 0; k < n; k++)
        t.variance[k] = jacobian[k + k * m];
    *s = t;
    return much;
}

/* The bounds make edges where a descent stops early: go on from a little beside the best, as long
 * as that helps. */
static void polish(fit *f, double *work, solution *s)
{
    bool better = true;
    for (int round = 0; better && round < 6; round++) {
        better = false;
        for (size_t k = 0; k <= f->n_fields; k++)
            for (int side = -1; side <= 1; side += 2) {
                double x[MAX_X];
                memcpy(x, s->x, sizeof x);
                x[k] *= 1 + 0.1 * side;
                better |= solve_from(f, x, work, s);
            }
    }
}

/* within: squares of the points about the mean of the sweeps. Takes config over. */
static void solve(fit *f, const aimci_device_ops *model, size_t n_sweeps, double within,
                  double *work, aimc_fit_result *out)
{
    solution s = {.squares = -1};
    f->model = model;
    for (f->n_fields = 0; f->n_fields < AIMC_FIT_PARAMETERS && model->fitted[f->n_fields];)
        f->n_fields++;
    const int n_starts = is_exponential(f) ? N_STARTS : N_SIMPLE_STARTS;
    for (int k = 0; k < n_starts; k++) {
        double x[MAX_X];
        guess(f, &starts[k], x);
        solve_from(f, x, work, &s);
    }
    polish(f, work, &s);
    states(f, s.x, work); /* leaves the best values in the configuration */
    const double n_points = (double)(2 * f->n_pulses * n_sweeps), n = (double)f->n_fields + 1;
    const double squares = within + (double)n_sweeps * s.squares;
    const double variance = squares / fmax(n_points - n, 1) / (double)n_sweeps;
    *out = (aimc_fit_result){.n_parameters = (uint32_t)f->n_fields,
                             .model = f->config->kind->name,
                             .n_points = (uint64_t)n_points,
                             .residual = sqrt(squares / n_points),
                             .aic = n_points * log(fmax(squares / n_points, 1e-300)) + 2 * (n + 1),
                             .w_start = s.x[f->n_fields]};
    for (size_t k = 0; k < f->n_fields; k++) {
        const double half = 1.959964 * sqrt(fmax(s.variance[k], 0) * variance);
        out->name[k] = model->fitted[k];
        (void)aimc_config_get(f->config, model->fitted[k], &out->value[k]);
        out->low[k] = out->value[k] - half;
        out->high[k] = out->value[k] + half;
    }
}

static void average(fit *f, size_t n_sweeps, const float *w, size_t ld, double *mean,
                    double *within)
{
    const size_t m = 2 * f->n_pulses;
    f->mean = mean;
    *within = 0;
    for (size_t i = 0; i < m; i++) {
        double sum = 0;
        for (size_t k = 0; k < n_sweeps; k++)
            sum += (double)w[k * ld + i];
        mean[i] = sum / (double)n_sweeps;
        for (size_t k = 0; k < n_sweeps; k++)
            *within += ((double)w[k * ld + i] - mean[i]) * ((double)w[k * ld + i] - mean[i]);
        f->lo = i ? fmin(f->lo, mean[i]) : mean[i];
        f->hi = i ? fmax(f->hi, mean[i]) : mean[i];
    }
}

static aimc_status refuse(const char *model, const aimci_device_ops **models, size_t n)
{
    char names[256] = "";
    aimci_text text = {names, sizeof names, 0};
    for (size_t i = 0; i < n; i++)
        aimci_text_printf(&text, "%s%s",
                          i == 0      ? ""
                          : i + 1 < n ? ", "
                                      : " and ",
                          models[i]->kind->name);
    return aimci_fail(AIMC_ERR_INVALID, "device_fit: model '%s'; %s can be fitted", model, names);
}

static aimc_status fit_all(aimc_context *ctx, const char *model, size_t n_sweeps, fit *f,
                           double within, double *work, aimc_config **config,
                           aimc_fit_result *result)
{
    const aimci_device_ops *models[MAX_MODELS];
    const size_t n = list_models(models);
    for (size_t i = 0; i < n; i++) {
        const char *name = models[i]->kind->name;
        if (model && strcmp(model, name) != 0)
            continue;
        aimc_fit_result one;
        const aimc_status st = aimc_config_create(ctx, name, &f->config);
        if (st)
            return st;
        solve(f, models[i], n_sweeps, within, work, &one);
        const bool better = !*config || one.aic < result->aic - 2; /* simpler come first */
        aimc_config_destroy(better ? *config : f->config);
        if (better) {
            *config = f->config;
            *result = one;
        }
    }
    return *config ? AIMC_OK : refuse(model, models, n);
}

static aimc_status run(aimc_context *ctx, const char *model, size_t n_sweeps, size_t n_pulses,
                       const float *w, size_t ld, aimc_config **config, aimc_fit_result *result)
{
    const size_t m = 2 * n_pulses;
    double within, *work = aimci_calloc(ctx, m * (MAX_X + 3), sizeof *work);
    if (!work)
        return aimci_fail(AIMC_ERR_NOMEM, "device_fit: no memory");
    fit f = {.n_pulses = n_pulses};
    average(&f, n_sweeps, w, ld, work, &within);
    aimc_status st =
        f.hi > f.lo && f.lo <= 0 && f.hi >= 0
            ? fit_all(ctx, model, n_sweeps, &f, within, work + m, config, result)
            : aimci_fail(AIMC_ERR_INVALID,
                         "device_fit: states from %g to %g; a range that holds 0 is needed", f.lo,
                         f.hi);
    aimci_free(ctx, work);
    if (st) {
        aimc_config_destroy(*config);
        *config = NULL;
    }
    return st;
}
#endif

aimc_status aimc_device_fit(aimc_context *ctx, const char *model, size_t n_sweeps, size_t n_pulses,
                            const float *w, size_t ld_w, aimc_config **config,
                            aimc_fit_result *result)
{
    if (!config)
        return aimci_fail(AIMC_ERR_INVALID, "device_fit: config is NULL");
    *config = NULL;
    if (!ctx || !w || !result)
        return aimci_fail(AIMC_ERR_INVALID, "device_fit: %s is NULL",
                          !ctx ? "ctx"
                          : !w ? "w"
                               : "result");
    if (n_sweeps == 0 || n_sweeps > 1000000 || n_pulses < 10 || n_pulses > 1000000)
        return aimci_fail(AIMC_ERR_INVALID,
                          "device_fit: %zu sweeps of %zu pulses; 1 to 1000000 sweeps of 10 to "
                          "1000000 pulses are needed",
                          n_sweeps, n_pulses);
    if (ld_w < 2 * n_pulses)
        return aimci_fail(AIMC_ERR_SHAPE, "device_fit: ld_w = %zu is less than %zu", ld_w,
                          2 * n_pulses);
    if (!aimci_all_finite(w, n_sweeps, 2 * n_pulses, ld_w))
        return aimci_fail(AIMC_ERR_INVALID, "device_fit: w holds a value that is not finite");
#if AIMCI_HAVE_CMINPACK
    aimc_fit_result ours = {0};
    aimc_status st = run(ctx, model, n_sweeps, n_pulses, w, ld_w, config, &ours);
    if (!st)
        st = aimci_struct_out("device_fit", result, &ours, sizeof ours, 8);
    if (st) {
        aimc_config_destroy(*config);
        *config = NULL;
    }
    return st;
#else
    (void)model;
    return aimci_fail(AIMC_ERR_UNSUPPORTED, "device_fit: this libaimc was built without cminpack");
#endif
}
