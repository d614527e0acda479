/* SPDX-License-Identifier: MIT */
/* Wires of a crossbar: the solver against recorded currents, a dense nodal analysis and identities;
 * through a tile against the solver; ladders against a loop over time. */
#include <time.h>

#include "fail_alloc.h"
#include "periphery/cells.h"
#include "read_util.h"

enum { N = 8, BIG = 256 };

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Conductances g[i][j] of sensed line i and driven line j, and voltages, into the solver's
 * layout. */
static void solve(const aimci_nodal *n, const double *g, const double *v, double *current)
{
    double *plane = calloc(n->n_sense * n->ld, sizeof *plane);
    double *scratch = calloc(aimci_nodal_scratch(n), sizeof *scratch);
    for (size_t i = 0; i < n->n_sense; i++)
        memcpy(plane + i * n->ld, g + i * n->n_drive, n->n_drive * sizeof *g);
    ck_assert(aimci_nodal_solve(n, plane, v, current, scratch));
    free(plane);
    free(scratch);
}

static aimci_nodal network(size_t n_drive, size_t n_sense, double r_drive, double r_sense)
{
    return (aimci_nodal){.n_drive = n_drive,
                         .n_sense = n_sense,
                         .ld = aimci_nodal_ld(n_drive),
                         .r_drive = r_drive,
                         .r_sense = r_sense,
                         .r_driver = r_drive,
                         .r_sensor = r_sense};
}

/* ---- the solver ----------------------------------------------------------------------------- */

/* The nodal currents of spec 4.1.7; there the outputs leave beside the last input. */
START_TEST(recorded_currents)
{
    static const double uniform[N] = {159.466153, 159.355032, 159.259806, 159.180465,
                                      159.117002, 159.069411, 159.037686, 159.021824};
    double g[N * N], v[N], current[N];
    for (size_t k = 0; k < N * N; k++)
        g[k] = 100e-6;
    for (size_t j = 0; j < N; j++)
        v[j] = 0.2;
    const aimci_nodal eight = network(N, N, 1, 1);
    solve(&eight, g, v, current);
    for (size_t i = 0; i < N; i++)
        NEAR(current[i] * 1e6, uniform[i], 1e-6);

    static const double four[4] = {5.98773928, 13.94110521, 11.45492183, 5.48330457};
    static const double drive[4] = {0.2, -0.1, 0.05, 0.15};
    for (size_t row = 0; row < 4; row++) {
        for (size_t col = 0; col < 4; col++)
            g[col * 4 + 3 - row] = 10e-6 * (double)(1 + (3 * row + 5 * col) % 7);
        v[3 - row] = drive[row];
    }
    const aimci_nodal small = network(4, 4, 10, 5);
    solve(&small, g, v, current);
    for (size_t i = 0; i < 4; i++)
        NEAR(current[i] * 1e6, four[i], 1e-8);
}
END_TEST

/* O6: one column of ones, only its own wire. */
START_TEST(recorded_ladders)
{
    static const struct {
        size_t n;
        double rg, kept;
    } cases[] = {{4, 1e-3, .99256099},   {16, 1e-3, .91567933},  {64, 1e-4, .88015572},
                 {128, 1e-4, .66626617}, {128, 1e-5, .94816597}, {512, 1.75e-6, .87040968}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const size_t n = cases[k].n;
        double g[512], v[512], current;
        for (size_t j = 0; j < n; j++)
            g[j] = v[j] = 1;
        aimci_nodal ladder = network(n, 1, 0, cases[k].rg);
        solve(&ladder, g, v, &current);
        NEAR(current / (double)n, cases[k].kept, 1e-7);
    }
}
END_TEST

/* Gaussian elimination of a dense system in place; the solution is in b. */
static void eliminate(double *a, double *b, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        for (size_t r = k + 1; r < n; r++) {
            const double f = a[r * n + k] / a[k * n + k];
            for (size_t c = k; c < n; c++)
                a[r * n + c] -= f * a[k * n + c];
            b[r] -= f * b[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t c = k + 1; c < n; c++)
            b[k] -= a[k * n + c] * b[c];
        b[k] /= a[k * n + k];
    }
}

/* A resistor between nodes p and q of the dense system; q = SIZE_MAX: to a source at u. */
static void resistor(double *a, double *b, size_t n, size_t p, size_t q, double g, double u)
{
    a[p * n + p] += g;
    if (q == SIZE_MAX) {
        b[p] += g * u;
        return;
    }
    a[q * n + q] += g;
    a[p * n + q] -= g;
    a[q * n + p] -= g;
}

static void dense(const aimci_nodal *m, const double *g, const double *v, double *current)
{
    const size_t cells = m->n_drive * m->n_sense, n = 2 * cells, nd = m->n_drive;
    double *a = calloc(n * n, sizeof *a), *b = calloc(n, sizeof *b);
    for (size_t i = 0; i < m->n_sense; i++) {
        for (size_t j = 0; j < nd; j++) {
            const size_t top = i * nd + j, bottom = cells + top;
            resistor(a, b, n, top, bottom, 1 / (1 / g[top] + m->iv.r_select), 0);
            resistor(a, b, n, top, i ? top - nd : SIZE_MAX, 1 / (i ? m->r_drive : m->r_driver),
                     v[j]);
            resistor(a, b, n, bottom, j ? bottom - 1 : SIZE_MAX, 1 / (j ? m->r_sense : m->r_sensor),
                     0);
        }
    }
    eliminate(a, b, n);
    for (size_t i = 0; i < m->n_sense; i++)
        current[i] = b[cells + i * nd] / m->r_sensor;
    free(a);
    free(b);
}

START_TEST(agrees_with_dense_elimination)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t state = seed;
        const size_t n_drive = 3 + seed, n_sense = 9 - seed;
        double g[128], v[16], current[16], expected[16];
        aimci_nodal m = network(n_drive, n_sense, 30 * (double)seed, 500 / (double)seed);
        m.r_driver = 70;
        m.r_sensor = 11;
        m.iv.r_select = seed % 2 ? 2000 : 0;
        for (size_t k = 0; k < n_drive * n_sense; k++)
            g[k] = 1e-4 * (1.05 + (double)aimct_uniform(&state));
        for (size_t j = 0; j < n_drive; j++)
            v[j] = (double)aimct_uniform(&state);
        solve(&m, g, v, current);
        dense(&m, g, v, expected);
        for (size_t i = 0; i < n_sense; i++)
            NEAR(current[i], expected[i], 1e-9 * fabs(expected[0]));
    }
}
END_TEST

/* Ideal wires need no small resistance in their place. */
START_TEST(no_resistance_is_exact)
{
    double g[N * N], v[N], current[N];
    uint64_t state = 9;
    for (size_t k = 0; k < N * N; k++)
        g[k] = 1e-4 * (1.05 + (double)aimct_uniform(&state));
    for (size_t j = 0; j < N; j++)
        v[j] = (double)aimct_uniform(&state);
    const aimci_nodal none = network(N, N, 0, 0);
    solve(&none, g, v, current);
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = 0; j < N; j++)
            sum += g[i * N + j] * v[j];
        NEAR(current[i], sum, 1e-15 * N);
    }
}
END_TEST

/* i = g f(v - r i): one cell, wires and all, against bisection. */
START_TEST(one_cell_that_bends)
{
    for (int law = AIMCI_IV_POLYNOMIAL; law <= AIMCI_IV_SINH; law++) {
        aimci_nodal m = network(1, 1, 300, 200);
        m.iv = (aimci_iv){law, 0.4, -0.25, 0.15, 1500};
        const double g = 2e-4, v = -0.7;
        double current, lo = -1e-3, hi = 0;
        solve(&m, &g, &v, &current);
        for (int k = 0; k < 200; k++) {
            const double i = (lo + hi) / 2, u = v - i * (300 + 200 + 1500);
            const double f = law == AIMCI_IV_SINH ? 0.15 * sinh(u / 0.15)
                                                  : u * (1 + 0.4 * fabs(u) - 0.25 * u * u);
            *(g * f > i ? &lo : &hi) = i;
        }
        NEAR(current, lo, 1e-13);
    }
}
END_TEST

/* One solve of 256 x 256 stays below half a second (5 ms here), Newton included. */
START_TEST(speed_of_a_large_crossbar)
{
    aimci_nodal m = network(BIG, BIG, 1, 1);
    double *g = calloc(BIG * BIG, sizeof *g), v[BIG], current[BIG];
    uint64_t state = 3;
    for (size_t k = 0; k < BIG * BIG; k++)
        g[k] = 1e-5 * (1.1 + (double)aimct_uniform(&state));
    for (size_t j = 0; j < BIG; j++)
        v[j] = 0.2 * (double)aimct_uniform(&state);
    for (int bends = 0; bends < 2; bends++) {
        m.iv = (aimci_iv){bends ? AIMCI_IV_SINH : AIMCI_IV_LINEAR, 0, 0, 0.3, 0};
        const clock_t start = clock();
        solve(&m, g, v, current);
        const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        ck_assert_msg(seconds < 0.5, "%.3f s", seconds);
    }
    free(g);
}
END_TEST

/* ---- in a tile ------------------------------------------------------------------------------ */

#define BARE  "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0"
#define WIRES "wires.model=NODAL", "g_max=1e-4", "wires.r_driver=50", "wires.r_sense=20"
enum { OUT = 6, IN = 9 };

/* Currents of a pair of crossbars, as weight times input. */
static void pair_product(const aimci_nodal *m, const float *w, const float *x, double *y)
{
    double g[2][OUT * IN], v[IN], current[2][OUT];
    for (size_t k = 0; k < OUT * IN; k++)
        for (int minus = 0; minus < 2; minus++)
            g[minus][k] = 1e-4 * fmax(minus ? -(double)w[k] : (double)w[k], 0);
    for (size_t j = 0; j < IN; j++)
        v[j] = 0.2 * (double)x[j];
    for (int minus = 0; minus < 2; minus++)
        solve(m, g[minus], v, current[minus]);
    for (size_t i = 0; i < OUT; i++)
        y[i] = (current[0][i] - current[1][i]) / (1e-4 * 0.2);
}

START_TEST(tile_sees_the_network)
{
    float w[OUT * IN], x[4 * IN], y[4 * OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, 4 * IN, 4);
    for (int bends = 0; bends < 2; bends++) {
        const char *const settings[] = {BARE,
                                        WIRES,
                                        "wires.r_in=40",
                                        "wires.r_out=80",
                                        "wires.r_select=300",
                                        bends ? "wires.iv=SINH" : "wires.iv=LINEAR",
                                        NULL};
        aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
        OK(aimc_tile_forward(tile, 4, x, IN, y, OUT));
        aimci_nodal m = network(IN, OUT, 40, 80);
        m.r_driver += 50;
        m.r_sensor += 20;
        m.iv = (aimci_iv){bends ? AIMCI_IV_SINH : AIMCI_IV_LINEAR, 0, 0, 0.25, 300};
        for (size_t b = 0; b < 4; b++) {
            double expected[OUT];
            pair_product(&m, w, x + b * IN, expected);
            for (size_t i = 0; i < OUT; i++)
                NEAR((double)y[b * OUT + i], expected[i], 2e-6);
        }
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* Driving the other side is the same as turning the crossbar, wires and contacts with it; and by
 * reciprocity both directions see one matrix when the contacts stay what they are. */
START_TEST(both_directions_are_symmetric)
{
    float w[OUT * IN], turned[IN * OUT], x[IN], d[OUT], z[IN], expected[IN];
    aimct_fill(w, OUT * IN, 5);
    aimct_fill(x, IN, 6);
    aimct_fill(d, OUT, 7);
    for (size_t i = 0; i < OUT; i++)
        for (size_t j = 0; j < IN; j++)
            turned[j * OUT + i] = w[i * IN + j];
    const char *const settings[] = {BARE, WIRES, "wires.r_in=90", "wires.r_out=10", NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    aimc_tile *other = aimct_tile(ctx, turned, IN, OUT, settings);
    OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
    OK(aimc_tile_forward(other, 1, d, OUT, expected, IN));
    for (size_t j = 0; j < IN; j++)
        NEAR((double)z[j], (double)expected[j], 1e-6);
    aimc_tile_destroy(other);
    aimc_tile_destroy(tile);

    /* the same wires seen from both sides */
    aimc_config *config = aimct_tile_config(ctx, settings);
    aimct_set(config, "wires.r_in=10", "backward.");
    aimct_set(config, "wires.r_out=90", "backward.");
    aimct_set(config, "wires.r_driver=20", "backward.");
    aimct_set(config, "wires.r_sense=50", "backward.");
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    OK(aimc_tile_create(device, OUT, IN, config, &tile));
    OK(aimc_tile_set_weights(tile, w, IN));
    float y[OUT];
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
    double forward = 0, backward = 0;
    for (size_t i = 0; i < OUT; i++)
        forward += (double)d[i] * (double)y[i];
    for (size_t j = 0; j < IN; j++)
        backward += (double)x[j] * (double)z[j];
    NEAR(forward, backward, 2e-6);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
    aimc_config_destroy(config);
}
END_TEST

/* Cells of a pair as neighbours: the crossbar of twice as many columns, whose odd ones are
 * subtracted; linear cells and bent ones, both directions, and reads of each sign on its own. */
START_TEST(interleaved_pairs)
{
    float w[OUT * IN], x[IN], y[OUT], wide[2 * OUT * IN], both[2 * OUT], d[OUT], z[IN];
    aimct_fill(w, (size_t)OUT * IN, 5);
    aimct_fill(x, IN, 6);
    aimct_fill(d, OUT, 7);
    for (size_t i = 0; i < OUT; i++) {
        for (size_t j = 0; j < IN; j++) {
            wide[2 * i * IN + j] = fmaxf(w[i * IN + j], 0);
            wide[(2 * i + 1) * IN + j] = fmaxf(-w[i * IN + j], 0);
        }
    }
    for (int k = 0; k < 4; k++) {
        const char *law = k % 2 ? "wires.iv=SINH" : "wires.iv=LINEAR";
        const char *adc = k < 2 ? "cells.subtract=ANALOG" : "cells.subtract=DIGITAL";
        aimc_tile *tile = aimct_tile(ctx, w, OUT, IN,
                                     SETTINGS(BARE, WIRES, "wires.r_in=90", "wires.r_out=10", law,
                                              adc, "wires.interleaved=true"));
        aimc_tile *other =
            aimct_tile(ctx, wide, (size_t)2 * OUT, IN,
                       SETTINGS(BARE, WIRES, "wires.r_in=90", "wires.r_out=10", law));
        OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
        OK(aimc_tile_forward(other, 1, x, IN, both, (size_t)2 * OUT));
        for (size_t i = 0; i < OUT; i++)
            NEAR((double)y[i], (double)both[2 * i] - (double)both[2 * i + 1], 1e-6);
        if (k < 2) { /* driven together: +d and -d */
            float expected[IN];
            for (size_t i = 0; i < OUT; i++) {
                both[2 * i] = d[i];
                both[2 * i + 1] = -d[i];
            }
            OK(aimc_tile_backward(tile, 1, d, OUT, z, IN));
            OK(aimc_tile_backward(other, 1, both, (size_t)2 * OUT, expected, IN));
            for (size_t j = 0; j < IN; j++)
                NEAR((double)z[j], (double)expected[j], 1e-6);
        }
        aimc_tile_destroy(other);
        aimc_tile_destroy(tile);
    }
}
END_TEST

/* A cell whose current falls with its voltage: nothing is returned, nothing is counted. */
START_TEST(unsolved_is_told)
{
    float w[OUT * IN], x[2 * IN], y[2 * OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, 2 * IN, 4);
    memset(x, 0, IN * sizeof *x); /* the first vector alone would be solved */
    x[0] = 0.01f;
    const char *const settings[] = {
        BARE, WIRES, "wires.iv=POLYNOMIAL", "wires.iv_cube=-4", "wires.v_read=2", NULL};
    aimc_tile *tile = aimct_tile(ctx, w, OUT, IN, settings);
    for (size_t k = 0; k < 2 * OUT; k++)
        y[k] = 7;
    FAILS(AIMC_ERR_STATE, "not solved", aimc_tile_forward(tile, 2, x, IN, y, OUT));
    for (size_t k = 0; k < 2 * OUT; k++)
        ck_assert(y[k] == 7);
    ck_assert_uint_eq(aimct_counters(tile).forward_passes, 0);
    ck_assert_uint_eq(aimct_counters(tile).dac_conversions, 0);
    aimc_stages stages = {.struct_size = (uint32_t)sizeof stages};
    FAILS(AIMC_ERR_STATE, "not solved", aimc_tile_inspect(tile, AIMC_FORWARD, x + IN, &stages));
    OK(aimc_tile_forward(tile, 1, x, IN, y, OUT));
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(combinations_are_refused)
{
    aimct_refused(ctx, "ir_drop", SETTINGS("wires.model=NODAL", "ir_drop=1"));
    aimct_refused(ctx, "TIME_SLICED",
                  SETTINGS("wires.model=TIME_SLICED", "cells.scheme=DIGITAL_OFFSET"));
    aimct_refused(ctx, "TIME_SLICED",
                  SETTINGS("wires.model=TIME_SLICED", "cells.subtract=DIGITAL"));
    aimct_refused(
        ctx, "interleaved",
        SETTINGS("wires.model=NODAL", "wires.interleaved=true", "cells.scheme=DIGITAL_OFFSET"));
    aimct_refused(ctx, "UNIT_COLUMN",
                  SETTINGS("wires.model=NODAL", "wires.iv=SINH", "cells.scheme=UNIT_COLUMN"));
}
END_TEST

/* D1: the same bits for any number of threads and any split of the batch. */
START_TEST(threads_and_batches)
{
    enum { MANY = 150 };
    static const char *const kinds[][2] = {
        {"wires.model=NODAL", "wires.iv=LINEAR"},
        {"wires.model=NODAL", "wires.iv=SINH"},
        {"cells.scheme=UNIT_COLUMN", "cells.on_off_ratio=9"},
        {"adc.model=SAR", "adc.mismatch=0.02"},
    };
    static float w[OUT * IN], x[MANY * IN], y[3][MANY * OUT];
    aimct_fill(w, (size_t)OUT * IN, 3);
    aimct_fill(x, (size_t)MANY * IN, 4);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (int way = 0; way < 3; way++) {
            aimc_context *own = aimct_context(way == 1 ? 3 : 1, 0, 8);
            aimc_tile *tile =
                aimct_tile(own, w, OUT, IN,
                           SETTINGS("g_max=1e-4", "wires.r_out=50", "w_noise=0.1",
                                    "w_noise_type=PCM_READ", kinds[k][0], kinds[k][1]));
            const size_t part = way == 2 ? 37 : MANY;
            for (size_t b = 0; b < MANY; b += part) {
                const size_t n = MANY - b < part ? MANY - b : part;
                OK(aimc_tile_forward(tile, n, x + b * IN, IN, y[way] + b * OUT, OUT));
            }
            aimc_tile_destroy(tile);
            aimc_context_destroy(own);
        }
        ck_assert(memcmp(y[0], y[1], sizeof y[0]) == 0);
        ck_assert(memcmp(y[0], y[2], sizeof y[0]) == 0);
    }
}
END_TEST

START_TEST(memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    const aimc_allocator allocator = aimct_allocator(&heap);
    float w[OUT * IN], x[IN], y[OUT];
    aimct_fill(w, OUT * IN, 3);
    aimct_fill(x, IN, 4);
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, 0);
        aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
        params.allocator = allocator;
        aimc_context *own = NULL;
        OK(aimc_context_create(&params, &own));
        aimc_config *config = aimct_tile_config(own, SETTINGS(BARE, WIRES, "wires.iv=SINH"));
        aimc_device *device = aimct_device(own, "ideal", NULL);
        aimct_heap_fail_at(&heap, ++n);
        aimc_tile *tile = NULL;
        aimc_status st = aimc_tile_create(device, OUT, IN, config, &tile);
        if (!st)
            st = aimc_tile_set_weights(tile, w, IN);
        if (!st)
            st = aimc_tile_forward(tile, 1, x, IN, y, OUT);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_tile_destroy(tile);
        aimc_device_unref(device);
        aimc_config_destroy(config);
        aimc_context_destroy(own);
        ck_assert_uint_eq(heap.live_blocks, 0);
    } while (heap.failed);
}
END_TEST

/* ---- the time-sliced array ------------------------------------------------------------------ */

enum { ROWS = 23, SEGMENTS = 4, STEPS = 1000 };

/* Spec 1.13 at one moment: reduce the ladder of one column, with inputs still on or over. */
static double column_current(const float *w, const float *x, bool far_end, double time)
{
    const double r_segment = 150.0 * 6, common = 0.4; /* 6 rows in a segment of a height of 24 */
    double r = 0, v = 0;
    for (int k = 0; k < SEGMENTS; k++) {
        double sum = 1e-18, weighted = 0;
        for (int j = 0; j < ROWS; j++) {
            const int from_far = far_end ? j : ROWS - 1 - j;
            if (from_far / 6 != k) /* (24 - 23) / 2 = 0 idle cells before the first */
                continue;
            const double plus = 1e-5 * fmax((double)w[j], 0), minus = 1e-5 * fmax(-(double)w[j], 0);
            const bool on = fabs((double)x[j]) > time;
            const double swing = on ? (x[j] > 0 ? 0.2 : -0.2) : 0;
            sum += plus + minus;
            weighted += plus * (common + swing) + minus * (common - swing);
        }
        const double own = 1 / sum, of_segment = weighted / sum;
        if (k == 0) {
            r = own;
            v = of_segment;
        } else {
            const double before = r + r_segment, both = before * own / (before + own);
            v = (v / before + of_segment / own) * both;
            r = both;
        }
    }
    return (v - (common + 0.003)) / (r + r_segment / 2);
}

START_TEST(time_sliced_against_time_steps)
{
    float w[3 * ROWS], x[ROWS], y[3];
    aimct_fill(w, 3 * ROWS, 8);
    aimct_fill(x, ROWS, 9);
    aimc_tile *tile =
        aimct_tile(ctx, w, 3, ROWS,
                   SETTINGS(BARE, "g_max=1e-5", "wires.model=TIME_SLICED", "wires.r_out=150",
                            "wires.segments=4", "wires.height=24", "wires.v_sense_offset=0.003"));
    OK(aimc_tile_forward(tile, 1, x, ROWS, y, 3));
    aimc_tile_destroy(tile);
    for (int i = 0; i < 3; i++) {
        double charge = 0;
        for (int t = 0; t < STEPS; t++)
            charge += column_current(w + i * ROWS, x, i % 2, (t + 0.5) / STEPS) / STEPS;
        /* 23 inputs, each rounded to half a step of time */
        NEAR((double)y[i], charge / (0.2 * 1e-5), 23.0 / 2 / STEPS);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("wires");
    TCase *solver = aimct_case(s, "solver");
    tcase_add_test(solver, recorded_currents);
    tcase_add_test(solver, recorded_ladders);
    tcase_add_test(solver, agrees_with_dense_elimination);
    tcase_add_test(solver, no_resistance_is_exact);
    tcase_add_test(solver, one_cell_that_bends);
    tcase_add_test(solver, speed_of_a_large_crossbar);
    TCase *tile = aimct_case(s, "tile");
    tcase_add_checked_fixture(tile, setup, teardown);
    tcase_add_test(tile, tile_sees_the_network);
    tcase_add_test(tile, both_directions_are_symmetric);
    tcase_add_test(tile, interleaved_pairs);
    tcase_add_test(tile, unsolved_is_told);
    tcase_add_test(tile, combinations_are_refused);
    tcase_add_test(tile, threads_and_batches);
    tcase_add_test(tile, memory);
    tcase_add_test(tile, time_sliced_against_time_steps);
    return aimct_main(s);
}
