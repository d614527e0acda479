/* SPDX-License-Identifier: MIT */
/* Training trajectories against recorded ones of the peer: opt_error.csv (the distance to the
 * solution) and opt_weights.csv (each weight) in tests/data. A 4 x 6 linear regression, one vector
 * at a time, lr 0.1, weights from 0; 100 seeds on either side.
 *
 * Mixed precision is compared from step 50 on: the peer's first transfer comes one mini-batch
 * later than asked for (training.md 2.3), so that its second gradient still sees the weights 0.
 * Later gradients forget that. Its rows are written by stochastic trains, hence write_mode=TRAINS;
 * what exceeds a train it loses and we keep (trap 5). */
#include <stdbool.h>

#include "test_util.h"

enum { O = 4, I = 6, SAMPLES = 3000, SEEDS = 100, MAX_POINTS = 400, N_SETUPS = 18 };

static float inputs[SAMPLES][I], answers[SAMPLES][O], solution[O][I];

/* A line of opt_setups.txt. */
typedef struct setup {
    char name[64], model[64], device[256], algorithm[64], settings[256];
    int perfect;
    int first; /* step of the first comparison besides 0 */
} setup;
static setup setups[N_SETUPS];

static void load_setups(void)
{
    FILE *f = aimct_data("opt_setups.txt");
    char line[1024];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        ck_assert_int_lt(n, N_SETUPS);
        setup *s = &setups[n++];
        ck_assert_int_eq(sscanf(line, "%63[^;]; %63[^;]; %255[^;]; %63[^;]; %255[^;]; %d; %d",
                                s->name, s->model, s->device, s->algorithm, s->settings,
                                &s->perfect, &s->first),
                         7);
    }
    ck_assert_int_eq(n, N_SETUPS);
    fclose(f);
}

static void read_matrix(const char *name, float *values, size_t n)
{
    FILE *f = aimct_data(name);
    for (size_t k = 0; k < n; k++)
        ck_assert_int_eq(fscanf(f, "%f%*[,\n]", &values[k]), 1);
    fclose(f);
}

static void load(void)
{
    load_setups();
    read_matrix("opt_X.csv", inputs[0], SAMPLES * I);
    read_matrix("opt_Y.csv", answers[0], SAMPLES * O);
    read_matrix("opt_Wstar.csv", solution[0], O * I);
}

/* "field=value field=value ..." or "-" */
static void configure(aimc_config *c, const char *settings)
{
    char field[64], value[64];
    int n;
    for (; sscanf(settings, " %63[^=]=%63s%n", field, value, &n) == 2; settings += n)
        OK(aimc_config_set_text(c, field, value));
}

/* What was recorded after so many steps, and what we get there. */
typedef struct point {
    int step, row, col; /* row -1: the distance */
    double mean, std, n;
    aimct_moments ours;
} point;
static point points[MAX_POINTS];

static size_t load_points(const char *file, const char *config, bool distance, size_t n)
{
    FILE *f = aimct_data(file);
    char line[256], name[64];
    while (fgets(line, sizeof line, f)) {
        point p = {.row = -1};
        if (distance
                ? sscanf(line, "%63[^,],%d,%lf,%lf,%lf", name, &p.step, &p.n, &p.mean, &p.std) != 5
                : sscanf(line, "%63[^,],%d,%d,%d,%lf,%lf,%lf", name, &p.step, &p.row, &p.col, &p.n,
                         &p.mean, &p.std) != 7)
            continue;
        if (strcmp(name, config) != 0)
            continue;
        ck_assert(n < MAX_POINTS);
        points[n++] = p;
    }
    fclose(f);
    return n;
}

static void collect(const aimc_tile *tile, int step, size_t n_points)
{
    float w[O][I];
    double sum = 0;
    OK(aimc_tile_get_weights(tile, w[0], I));
    for (int k = 0; k < O * I; k++)
        sum += pow((double)w[k / I][k % I] - (double)solution[k / I][k % I], 2);
    for (size_t p = 0; p < n_points; p++)
        if (points[p].step == step)
            aimct_add(&points[p].ours,
                      points[p].row < 0 ? sqrt(sum) : (double)w[points[p].row][points[p].col]);
}

static void run(const setup *s, uint64_t seed, size_t n_points)
{
    aimc_context *ctx = aimct_context(1, 0, seed);
    aimc_config *dc, *tc, *oc;
    aimc_device *device;
    aimc_tile *tile;
    aimc_optimizer *o;
    OK(aimc_config_create(ctx, s->model, &dc));
    configure(dc, s->device);
    OK(aimc_device_create(ctx, NULL, dc, &device));
    OK(aimc_config_create(ctx, "tile", &tc));
    OK(aimc_config_set(tc, "forward.is_perfect", s->perfect));
    OK(aimc_tile_create(device, O, I, tc, &tile));
    OK(aimc_config_create(ctx, s->algorithm, &oc));
    configure(oc, s->settings);
    OK(aimc_optimizer_create(tile, NULL, oc, &o));
    collect(tile, 0, n_points);
    for (int k = 0; k < SAMPLES; k++) {
        float y[O], d[O];
        OK(aimc_tile_forward(tile, 1, inputs[k], I, y, O));
        for (int i = 0; i < O; i++)
            d[i] = y[i] - answers[k][i];
        OK(aimc_optimizer_step(o, 1, inputs[k], I, d, O, 0.1));
        collect(tile, k + 1, n_points);
    }
    aimc_optimizer_destroy(o);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(dc);
    aimc_config_destroy(tc);
    aimc_config_destroy(oc);
    aimc_context_destroy(ctx);
}

/* Five pooled standard errors; the recorder's normals and devices have a common bias of some 0.6 %
 * of a spread (16 tiles would make .0014, one table per tile makes .0055), and its weights have
 * seven digits. */
static double excess(const point *p)
{
    const double variance = p->std * p->std / p->n + aimct_variance(&p->ours) / p->ours.n;
    return fabs(p->ours.mean - p->mean) / (5 * sqrt(variance) + 0.006 * p->std + 1e-6);
}

static int by_size(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Spread over seeds: our variance over the recorded one, the median of all weights at the end. Not
 * the sum: with spread bounds a single cell of 2400 (seen in ttv2_sbref_*: weight 0,5 of one seed)
 * can be driven a whole range off, and is then most of it. */
static double spread_ratio(size_t n)
{
    double ratio[O * I];
    size_t k = 0;
    for (size_t p = 0; p < n && k < O * I; p++)
        if (points[p].row >= 0 && points[p].step == SAMPLES)
            ratio[k++] = aimct_variance(&points[p].ours) / (points[p].std * points[p].std);
    ck_assert_uint_eq(k, O * I);
    qsort(ratio, k, sizeof *ratio, by_size);
    return ratio[k / 2];
}

START_TEST(trajectories)
{
    const setup *s = &setups[_i];
    const bool show = getenv("AIMC_SHOW") != NULL;
    load();
    size_t n = load_points("opt_error.csv", s->name, true, 0);
    n = load_points("opt_weights.csv", s->name, false, n);
    ck_assert_msg(n > 5, "%s: no data", s->name);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(s, seed, n);
    double worst = 0;
    size_t at = 0;
    for (size_t p = 0; p < n; p++) {
        if (show && points[p].row < 0)
            printf("%s %d: %.4f +- %.4f, recorded %.4f +- %.4f\n", s->name, points[p].step,
                   points[p].ours.mean, sqrt(aimct_variance(&points[p].ours)), points[p].mean,
                   points[p].std);
        if (points[p].step > 0 && points[p].step < s->first)
            continue;
        if (excess(&points[p]) > worst) {
            worst = excess(&points[p]);
            at = p;
        }
    }
    ck_assert_msg(worst <= 1,
                  "%s: step %d, weight %d,%d: %.5f, recorded %.5f; %.1f times the bound", s->name,
                  points[at].step, points[at].row, points[at].col, points[at].ours.mean,
                  points[at].mean, worst);
    /* the logarithm of a ratio of two variances of 100 has a spread of 0.2, the median of 24
     * 0.051 for independent weights; those of a run are not quite, so eight times that */
    const double ratio = spread_ratio(n);
    if (show)
        printf("%s: variance ratio %.3f, worst mean %.2f of the bound\n", s->name, ratio, worst);
    ck_assert_msg(fabs(log(ratio)) < 0.4, "%s: variance %.3f of the recorded", s->name, ratio);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("golden_opt");
    TCase *t = aimct_case(s, "linear regression");
    tcase_add_loop_test(t, trajectories, 0, N_SETUPS);
    return aimct_main(s);
}
