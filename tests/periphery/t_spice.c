/* SPDX-License-Identifier: MIT */
/* Crossbars with wires against ngspice, column by column, in both directions; skipped where ngspice
 * is not installed. */

#include "periphery/wires.h"
#include "portable.h"
#include "read_util.h"

enum { MAX = 32 };

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 6);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Currents that ngspice prints for the netlist: n of each set of columns. */
static void simulate(const char *path, double current[2][2 * MAX], size_t n_sets, size_t n)
{
    char command[256], line[256];
    size_t seen = 0;
    snprintf(command, sizeof command, "ngspice -b %s 2>/dev/null </dev/null", path);
    FILE *out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    while (fgets(line, sizeof line, out)) {
        unsigned set, i;
        int at;
        if (sscanf(line, "i(vs%u_%u) = %n", &set, &i, &at) != 2 || set >= n_sets || i >= n)
            continue;
        current[set][i] = strtod(line + at, NULL);
        seen++;
    }
    pclose(out);
    ck_assert_uint_eq(seen, n_sets * n);
}

static void simulate_tile(const aimc_tile *tile, aimc_direction direction, const float *x,
                          double current[2][2 * MAX], size_t n_sets, size_t n)
{
    char path[] = "/tmp/aimc_XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    OK(aimc_tile_write_spice(tile, direction, x, path));
    simulate(path, current, n_sets, n);
    unlink(path);
}

#define BARE "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0"

static void compare(size_t n, const char *law, int law_number, aimc_direction direction)
{
    static float w[MAX * MAX], x[MAX], y[MAX];
    static double g[MAX * (MAX + 16)], scratch[1 << 17];
    double v[MAX], mine[2][MAX], theirs[2][2 * MAX];
    aimct_fill(w, n * n, n);
    aimct_fill(x, n, n + 1);
    aimc_tile *tile =
        aimct_tile(ctx, w, n, n,
                   SETTINGS(BARE, "wires.model=NODAL", "wires.r_in=3", "wires.r_out=7",
                            "wires.r_driver=20", "wires.r_sense=10", "wires.r_select=500",
                            n > 8 ? "wires.drive_ends=2" : "wires.drive_ends=1", "g_max=5e-5",
                            "cell_mapping.on_off_ratio=50", "wires.iv_squares=[6e-6, 1e-6]",
                            "wires.iv_cubes=[-2e-7]", law));
    simulate_tile(tile, direction, x, theirs, 2, n);

    aimci_nodal m = {.n_drive = n,
                     .n_sense = n,
                     .ld = aimci_nodal_ld(n),
                     .r_drive = 3,
                     .r_sense = 7,
                     .r_driver = 23,
                     .r_sensor = 17,
                     .g_drive_far = n > 8 ? 1.0 / 23 : 0};
    m.iv = (aimci_iv){.law = law_number, .cube = -0.25, .scale = 0.25, .r_select = 500};
    m.iv.squares[0] = 6e-6; /* other cells than Milo's, of any conductance */
    m.iv.squares[1] = 1e-6;
    m.iv.cubes[0] = -2e-7;
    ck_assert_uint_le(aimci_nodal_scratch(&m), sizeof scratch / sizeof *scratch);
    for (size_t j = 0; j < n; j++)
        v[j] = 0.2 * (double)x[j];
    double largest = 0;
    for (int minus = 0; minus < 2; minus++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                const double wij = (double)w[direction == AIMC_FORWARD ? i * n + j : j * n + i];
                g[i * m.ld + j] = 5e-5 * (0.02 + 0.98 * fmax(minus ? -wij : wij, 0));
            }
        }
        ck_assert(aimci_nodal_solve(&m, g, v, mine[minus], scratch));
        for (size_t i = 0; i < n; i++) {
            ck_assert_msg(fabs(mine[minus][i] - theirs[minus][i]) <= 1e-6 * fabs(theirs[minus][i]),
                          "column %zu: %.12g, ngspice %.12g", i, mine[minus][i], theirs[minus][i]);
            largest = fmax(largest, fabs(theirs[minus][i]));
        }
    }
    if (direction == AIMC_FORWARD)
        OK(aimc_tile_forward(tile, 1, x, n, y, n));
    else
        OK(aimc_tile_backward(tile, 1, x, n, y, n));
    const double per_ampere = 1 / (0.98 * 5e-5 * 0.2);
    for (size_t i = 0; i < n; i++)
        ck_assert(fabs((double)y[i] - per_ampere * (theirs[0][i] - theirs[1][i])) <=
                  2e-6 * per_ampere * largest);
    aimc_tile_destroy(tile);
}

START_TEST(columns_agree)
{
    static const char *const laws[] = {"wires.iv=LINEAR", "wires.iv=POLYNOMIAL", "wires.iv=SINH",
                                       "wires.iv=BY_STATE"};
    for (int law = 0; law < 4; law++) {
        for (int direction = 0; direction < 2; direction++) {
            compare(8, laws[law], law, direction ? AIMC_BACKWARD : AIMC_FORWARD);
            compare(32, laws[law], law, direction ? AIMC_BACKWARD : AIMC_FORWARD);
        }
    }
}
END_TEST

START_TEST(interleaved_pairs_agree)
{
    enum { N = 10 };
    float w[N * N], x[N], y[N], z[N];
    double forward[2][2 * MAX], backward[2][2 * MAX];
    aimct_fill(w, (size_t)N * N, 1);
    aimct_fill(x, N, 2);
    aimc_tile *tile = aimct_tile(ctx, w, N, N,
                                 SETTINGS(BARE, "wires.model=NODAL", "wires.r_in=30",
                                          "wires.r_out=70", "g_max=5e-5", "wires.interleaved=true",
                                          "wires.iv=SINH", "cell_mapping.scheme=TWO_SIDED"));
    simulate_tile(tile, AIMC_FORWARD, x, forward, 1, (size_t)2 * N);
    simulate_tile(tile, AIMC_BACKWARD, x, backward, 1, N);
    OK(aimc_tile_forward(tile, 1, x, N, y, N));
    OK(aimc_tile_backward(tile, 1, x, N, z, N));
    for (size_t i = 0; i < N; i++) {
        const double current = forward[0][2 * i] - forward[0][2 * i + 1];
        ck_assert(fabs((double)y[i] - current / (5e-5 * 0.2)) < 5e-6);
        ck_assert(fabs((double)z[i] - backward[0][i] / (5e-5 * 0.2)) < 5e-6);
    }
    aimc_tile_destroy(tile);
}
END_TEST

/* Inputs on gates, with cells of a nonlinear I-V. */
START_TEST(gated_rows_agree)
{
    enum { N = 8 };
    const float x[N] = {1, 0, 1, 1, 0, -1, 0, 1};
    float w[N * N], y[N];
    double current[2][2 * MAX];
    aimct_fill(w, (size_t)N * N, 1);
    aimc_tile *tile = aimct_tile(
        ctx, w, N, N,
        SETTINGS("inp_res=0.5", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0",
                 "bound_management=NONE", "mv_type=BIT_WISE", "wires.model=NODAL",
                 "wires.gate_selected=true", "wires.r_out=70", "wires.iv=SINH", "g_max=5e-5"));
    simulate_tile(tile, AIMC_FORWARD, x, current, 2, N);
    OK(aimc_tile_forward(tile, 1, x, N, y, N));
    for (size_t i = 0; i < N; i++)
        ck_assert(fabs((double)y[i] - (current[0][i] - current[1][i]) / (5e-5 * 0.2)) < 5e-6);
    aimc_config *deck = NULL;
    OK(aimc_config_create(ctx, "netlist", &deck));
    OK(aimc_config_set_text(deck, "subcircuit", "true"));
    FAILS(AIMC_ERR_UNSUPPORTED, "gate_selected",
          aimc_tile_write_netlist(tile, AIMC_FORWARD, x, deck, "/tmp/x"));
    aimc_config_destroy(deck);
    aimc_tile_destroy(tile);
}
END_TEST

START_TEST(bad_requests)
{
    const float w[4] = {0.1f, 0.2f, 0.3f, 0.4f}, x[2] = {1, (float)NAN};
    aimc_tile *tile = aimct_tile(ctx, w, 2, 2, SETTINGS("is_perfect=true"));
    FAILS(AIMC_ERR_UNSUPPORTED, "perfect", aimc_tile_write_spice(tile, AIMC_FORWARD, w, "/tmp/x"));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_write_spice(tile, AIMC_FORWARD, w, NULL));
    FAILS(AIMC_ERR_INVALID, "z holds", aimc_tile_write_spice(tile, AIMC_FORWARD, x, "/tmp/x"));
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, w, 2, 2, SETTINGS("wires.model=TIME_SLICED"));
    FAILS(AIMC_ERR_UNSUPPORTED, "NODAL", aimc_tile_write_spice(tile, AIMC_BACKWARD, w, "/tmp/x"));
    aimc_tile_destroy(tile);
    tile = aimct_tile(ctx, w, 2, 2, NULL);
    FAILS(AIMC_ERR_IO, "/nowhere",
          aimc_tile_write_spice(tile, AIMC_FORWARD, w, "/nowhere/at/all.cir"));
    aimc_tile_destroy(tile);
}
END_TEST

int main(void)
{
    if (!aimct_has_ngspice()) {
        puts("ngspice is not installed");
        return 77;
    }
    Suite *s = suite_create("spice");
    TCase *c = aimct_case(s, "crossbars");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, columns_agree);
    tcase_add_test(c, interleaved_pairs_agree);
    tcase_add_test(c, gated_rows_agree);
    tcase_add_test(c, bad_requests);
    return aimct_main(s);
}
