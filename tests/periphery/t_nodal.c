/* SPDX-License-Identifier: MIT */
/* The solver of wires and cells against recorded currents, a dense nodal analysis and
 * identities. */

#include "nodal_util.h"

enum { N = 8, BIG = 256 };

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
    const aimci_nodal eight = aimct_network(N, N, 1, 1);
    aimct_solve(&eight, g, v, current);
    for (size_t i = 0; i < N; i++)
        NEAR(current[i] * 1e6, uniform[i], 1e-6);

    static const double four[4] = {5.98773928, 13.94110521, 11.45492183, 5.48330457};
    static const double drive[4] = {0.2, -0.1, 0.05, 0.15};
    for (size_t row = 0; row < 4; row++) {
        for (size_t col = 0; col < 4; col++)
            g[col * 4 + 3 - row] = 10e-6 * (double)(1 + (3 * row + 5 * col) % 7);
        v[3 - row] = drive[row];
    }
    const aimci_nodal small = aimct_network(4, 4, 10, 5);
    aimct_solve(&small, g, v, current);
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
        aimci_nodal ladder = aimct_network(n, 1, 0, cases[k].rg);
        aimct_solve(&ladder, g, v, &current);
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
            if (i == m->n_sense - 1)
                resistor(a, b, n, top, SIZE_MAX, m->g_drive_far, v[j]);
            if (j == nd - 1)
                resistor(a, b, n, bottom, SIZE_MAX, m->g_sense_far, 0);
            resistor(a, b, n, bottom, j ? bottom - 1 : SIZE_MAX, 1 / (j ? m->r_sense : m->r_sensor),
                     0);
        }
    }
    eliminate(a, b, n);
    for (size_t i = 0; i < m->n_sense; i++)
        current[i] = b[cells + i * nd] / m->r_sensor + b[cells + i * nd + nd - 1] * m->g_sense_far;
    free(a);
    free(b);
}

START_TEST(agrees_with_dense_elimination)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t state = seed;
        const size_t n_drive = 3 + seed, n_sense = 9 - seed;
        double g[128], v[16], current[16], expected[16];
        aimci_nodal m = aimct_network(n_drive, n_sense, 30 * (double)seed, 500 / (double)seed);
        m.r_driver = 70;
        m.r_sensor = 11;
        m.iv.r_select = seed % 2 ? 2000 : 0;
        m.g_drive_far = seed % 3 ? 1.0 / 40 : 0;
        m.g_sense_far = seed % 4 ? 1.0 / 90 : 0;
        for (size_t k = 0; k < n_drive * n_sense; k++)
            g[k] = 1e-4 * (1.05 + (double)aimct_uniform(&state));
        for (size_t j = 0; j < n_drive; j++)
            v[j] = (double)aimct_uniform(&state);
        aimct_solve(&m, g, v, current);
        dense(&m, g, v, expected);
        for (size_t i = 0; i < n_sense; i++)
            NEAR(current[i], expected[i], 1e-9 * fabs(expected[0]));
    }
}
END_TEST

/* Line by line and driven from the shorter side: the network is reciprocal, far ends included. */
START_TEST(the_matrix_is_that_of_its_solves)
{
    enum { MOST = 12 };
    aimc_context *ctx;
    OK(aimc_context_create(NULL, &ctx));
    for (size_t n_drive = 5; n_drive <= MOST; n_drive += 7) {
        const size_t n_sense = 17 - n_drive;
        aimci_nodal m = aimct_network(n_drive, n_sense, 20, 35);
        m.g_drive_far = 1.0 / 60;
        m.g_sense_far = 1.0 / 25;
        double g[MOST * 16], t[MOST * 16], v[MOST], current[MOST];
        uint64_t state = n_drive;
        for (size_t k = 0; k < n_sense * m.ld; k++)
            g[k] = k % m.ld < n_drive ? 1e-4 * (1.05 + (double)aimct_uniform(&state)) : 0;
        double *scratch = calloc(aimci_nodal_matrix_scratch(ctx, &m), sizeof *scratch);
        double *solve = calloc(aimci_nodal_scratch(&m), sizeof *solve);
        ck_assert(aimci_nodal_matrix(ctx, &m, g, t, m.ld, scratch));
        for (size_t j = 0; j < n_drive; j++) {
            for (size_t k = 0; k < n_drive; k++)
                v[k] = k == j;
            ck_assert(aimci_nodal_solve(&m, g, v, current, solve));
            for (size_t i = 0; i < n_sense; i++)
                NEAR(t[i * m.ld + j], current[i], 1e-9 * current[i]);
        }
        free(scratch);
        free(solve);
    }
    aimc_context_destroy(ctx);
}
END_TEST

/* A long line of light load, driven from one end, drops r i n (n + 1) / 2 to its far end; from both
 * ends, a quarter of it to its middle: of the mean, too. */
START_TEST(two_drivers_leave_a_quarter_of_the_drop)
{
    enum { LONG = 400 };
    const double g = 1e-9, r = 1, v = 1;
    double cells[LONG], current[LONG], lost[2] = {0};
    for (size_t i = 0; i < LONG; i++)
        cells[i] = g;
    for (int ends = 1; ends <= 2; ends++) {
        aimci_nodal m = aimct_network(1, LONG, r, 0);
        m.g_drive_far = ends > 1 ? 1 / r : 0;
        aimct_solve(&m, cells, &v, current);
        for (size_t i = 0; i < LONG; i++)
            lost[ends - 1] += 1 - current[i] / g;
    }
    const double n = LONG;
    NEAR(lost[0], r * g * n * (n + 1) * (2 * n + 1) / 6, 1e-3 * lost[0]);
    NEAR(lost[1], r * g * n * (n + 1) * (n + 2) / 12, 1e-3 * lost[1]);
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
    const aimci_nodal none = aimct_network(N, N, 0, 0);
    aimct_solve(&none, g, v, current);
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = 0; j < N; j++)
            sum += g[i * N + j] * v[j];
        NEAR(current[i], sum, 1e-15 * N);
    }
}
END_TEST

/* i = g f(v - r i): one cell, wires and all, against bisection. */
START_TEST(one_nonlinear_cell)
{
    for (int law = AIMCI_IV_POLYNOMIAL; law <= AIMCI_IV_SINH; law++) {
        aimci_nodal m = aimct_network(1, 1, 300, 200);
        m.iv =
            (aimci_iv){.law = law, .square = 0.4, .cube = -0.25, .scale = 0.15, .r_select = 1500};
        const double g = 2e-4, v = -0.7;
        double current, lo = -1e-3, hi = 0;
        aimct_solve(&m, &g, &v, &current);
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

/* Milo's cells: i = g v + s v|v| + c v^3, coefficients of g from 50 to 225 uS; without wires each
 * output is the sum of its cells' own currents. */
START_TEST(cells_that_differ_by_their_state)
{
    enum { CELLS = 8 };
    static const double s[] = {7.063e-3, 5.711e-3, 1.541e-3, 1.388e-4};
    static const double c[] = {1.2968e-3, 6.7919e-4, 8.871e-5, 0};
    aimci_nodal m = aimct_network(CELLS, 1, 0, 0);
    m.iv = (aimci_iv){.law = AIMCI_IV_BY_STATE};
    memcpy(m.iv.squares, s, sizeof s);
    memcpy(m.iv.cubes, c, sizeof c);
    double g[CELLS], v[CELLS], current, sum = 0;
    for (size_t j = 0; j < CELLS; j++) {
        g[j] = 50e-6 + 25e-6 * (double)j;
        v[j] = 0.1 * (double)j - 0.3;
        const double x = log10(g[j]);
        sum += g[j] * v[j] + (s[0] + x * (s[1] + x * (s[2] + x * s[3]))) * v[j] * fabs(v[j]) +
               (c[0] + x * (c[1] + x * c[2])) * v[j] * v[j] * v[j];
    }
    aimct_solve(&m, g, v, &current);
    NEAR(current, sum, 1e-12 * 225e-6);
    for (size_t j = 0; j < CELLS; j++)
        g[j] = 0; /* no cell, no state */
    aimct_solve(&m, g, v, &current);
    ck_assert_double_eq(current, 0);
}
END_TEST

/* Wires take from every current and turn none round; Newton's method included. */
START_TEST(a_large_crossbar_loses_to_its_wires)
{
    aimci_nodal m = aimct_network(BIG, BIG, 1, 1);
    double *g = calloc(BIG * BIG, sizeof *g), v[BIG], current[BIG];
    uint64_t state = 3;
    for (size_t k = 0; k < BIG * BIG; k++)
        g[k] = 1e-5 * (1.1 + (double)aimct_uniform(&state));
    for (size_t j = 0; j < BIG; j++)
        v[j] = 0.1 * (1.1 + (double)aimct_uniform(&state));
    for (int nonlinear = 0; nonlinear < 2; nonlinear++) {
        m.iv = (aimci_iv){.law = nonlinear ? AIMCI_IV_SINH : AIMCI_IV_LINEAR, .scale = 0.3};
        aimct_solve(&m, g, v, current);
        for (size_t i = 0; i < BIG; i++) {
            double bound = 0;
            for (size_t j = 0; j < BIG; j++)
                bound += g[i * BIG + j] * (nonlinear ? 0.3 * sinh(v[j] / 0.3) : v[j]);
            ck_assert_msg(current[i] > 0.1 * bound && current[i] < bound, "output %zu: %g of %g A",
                          i, current[i], bound);
        }
    }
    free(g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nodal");
    TCase *c = aimct_case(s, "solver");
    tcase_add_test(c, recorded_currents);
    tcase_add_test(c, recorded_ladders);
    tcase_add_test(c, agrees_with_dense_elimination);
    tcase_add_test(c, the_matrix_is_that_of_its_solves);
    tcase_add_test(c, two_drivers_leave_a_quarter_of_the_drop);
    tcase_add_test(c, no_resistance_is_exact);
    tcase_add_test(c, one_nonlinear_cell);
    tcase_add_test(c, cells_that_differ_by_their_state);
    tcase_add_test(c, a_large_crossbar_loses_to_its_wires);
    return aimct_main(s);
}
