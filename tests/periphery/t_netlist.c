/* SPDX-License-Identifier: MIT */
/* Netlists beyond the operating point: settling, energy and charge of transients that ngspice runs,
 * against closed forms; access transistors against the parabola of their law; the same circuit in
 * every dialect. What needs ngspice is skipped where it is not installed. */
#include <math.h>
#include <stdbool.h>

#include "portable.h"
#include "read_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 6);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

#define READ                                                                                       \
    "inp_res=-1", "out_res=-1", "out_noise=0", "noise_management=NONE", "out_bound=0",             \
        "g_max=1e-5", "wires.model=NODAL"

/* ---- running one ---------------------------------------------------------------------------- */

static aimc_config *settings_of(const char *const settings[])
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "netlist", &config));
    for (size_t i = 0; settings[i]; i++)
        aimct_set(config, settings[i], "");
    return config;
}

static void write_deck(const aimc_tile *tile, const float *z, const char *const settings[],
                       const char *path)
{
    aimc_config *config = settings_of(settings);
    OK(aimc_tile_write_netlist(tile, AIMC_FORWARD, z, config, path));
    aimc_config_destroy(config);
}

enum { MAX_TEXT = 1 << 20 };
static char printed[MAX_TEXT];

static void simulate(const aimc_tile *tile, const float *z, const char *const settings[])
{
    char path[] = "/tmp/aimc_XXXXXX", command[256];
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    write_deck(tile, z, settings, path);
    snprintf(command, sizeof command, "ngspice -b %s 2>&1 </dev/null", path);
    FILE *out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    printed[fread(printed, 1, MAX_TEXT - 1, out)] = '\0';
    pclose(out);
    unlink(path);
}

/* What ngspice printed of a name. */
static double value_of(const char *name)
{
    char line[96];
    snprintf(line, sizeof line, "\n%s = ", name);
    const char *at = strstr(printed, line);
    ck_assert_msg(at != NULL, "no %s in\n%s", name, printed);
    return strtod(at + strlen(line), NULL);
}

static bool close_to(double value, double expected, double relative)
{
    return fabs(value - expected) <= relative * fabs(expected);
}

#define WITHIN(value, expected, relative)                                                          \
    do {                                                                                           \
        const double v_ = (value), e_ = (expected);                                                \
        ck_assert_msg(close_to(v_, e_, relative), #value " is %.9g, expected %.9g", v_, e_);       \
    } while (0)

/* ---- a line of wire ------------------------------------------------------------------------- */

/* Far end of a uniform ladder of n pieces r, c behind a step of 1: its modes are sin(k theta). */
static double far_end(size_t n, double rc, double t)
{
    double v = 1;
    for (size_t m = 1; m <= n; m++) {
        const double theta = (2 * (double)m - 1) * acos(-1) / (2 * (double)n + 1);
        double share = 0;
        for (size_t k = 1; k <= n; k++)
            share += sin((double)k * theta) * 4 / (2 * (double)n + 1);
        v -= share * sin((double)n * theta) * exp(-(2 - 2 * cos(theta)) / rc * t);
    }
    return v;
}

static double time_until(size_t n, double rc, double v)
{
    double low = 0, high = rc * (double)(n * n) * 10;
    for (int k = 0; k < 100; k++) {
        const double t = (low + high) / 2;
        *(far_end(n, rc, t) < v ? &low : &high) = t;
    }
    return low;
}

/* An input line past outputs whose cells do not conduct, of 2 ohm and .05 fF a piece: half of the
 * step after .38 R C, and twice (for the cells of each sign) C V^2 from the driver, half of it lost
 * in the wire. */
START_TEST(open_line)
{
    enum { N = 40 };
    float w[N] = {0}, z = 0.5f;
    const double r = 2, c = 5e-17, total = N * N * r * c;
    aimc_tile *tile = aimct_tile(
        ctx, w, N, 1, SETTINGS(READ, "wires.r_in=2", "wires.r_out=0", "wires.v_read=0.4"));
    simulate(tile, &z,
             SETTINGS("analysis=TRANSIENT", "c_in=5e-17", "t_stop=1e-12", "t_rise=1e-17",
                      "settle=0.01"));
    WITHIN(value_of("half_line0_0"), time_until(N, r * c, 0.5), 0.01);
    WITHIN(value_of("settle_line1_0"), time_until(N, r * c, 0.99), 0.01);
    WITHIN(value_of("half_line0_0"), 0.38 * total, 0.03);
    WITHIN(value_of("energy"), 2 * N * c * 0.2 * 0.2, 0.005);
    WITHIN(value_of("e_in0"), value_of("energy"), 1e-6);
    aimc_tile_destroy(tile);
}
END_TEST

/* One cell into an output line: the current rises with C (r and 1 / g in parallel). */
START_TEST(one_cell)
{
    const float w = 1, z = 1;
    const double g = 1e-5, r = 1e4, c = 1e-14, v = 0.2, stop = 2e-9;
    aimc_tile *tile = aimct_tile(ctx, &w, 1, 1, SETTINGS(READ, "wires.r_in=0", "wires.r_out=1e4"));
    simulate(tile, &z,
             SETTINGS("analysis=TRANSIENT", "c_out=1e-14", "t_stop=2e-9", "t_rise=1e-14"));
    const double tau = c / (g + 1 / r), i = v / (1 / g + r);
    WITHIN(value_of("i(vs0_0)"), i, 1e-6);
    WITHIN(value_of("half_out0_0"), tau * log(2), 0.005);
    WITHIN(value_of("settle_out0_0"), tau * log(100), 0.005);
    WITHIN(value_of("q_out0_0"), i * (stop - tau), 0.001);
    /* the cell has V at first, and more current than later */
    WITHIN(value_of("energy"), v * i * (stop + tau * r * g), 0.001);
    aimc_tile_destroy(tile);
}
END_TEST

/* Pulses as long as the inputs are large: charges are products, and the capacitances of cells,
 * which are charged and discharged, take no part in them. */
START_TEST(charges_of_pulses)
{
    enum { OUT = 3, IN = 4 };
    float w[OUT * IN], z[IN];
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(z, IN, 2);
    z[1] = 0;
    aimc_tile *tile =
        aimct_tile(ctx, w, OUT, IN,
                   SETTINGS(READ, "wires.r_in=1", "wires.r_out=1", "cell_mapping.on_off_ratio=20"));
    simulate(tile, z,
             SETTINGS("analysis=TRANSIENT", "drive=PULSE_WIDTH", "c_cell=1e-16", "c_in=1e-16",
                      "t_pulse=5e-9", "t_stop=6e-9", "t_rise=1e-11"));
    double energy = 0;
    for (size_t i = 0; i < OUT; i++) {
        double sum = 0;
        char plus[16], minus[16];
        for (size_t j = 0; j < IN; j++) {
            sum += (double)w[i * IN + j] * (double)z[j];
            energy += (0.1 + 0.95 * fabs((double)w[i * IN + j])) * fabs((double)z[j]);
        }
        snprintf(plus, sizeof plus, "q_out0_%zu", i);
        snprintf(minus, sizeof minus, "q_out1_%zu", i);
        WITHIN((value_of(plus) - value_of(minus)) / (0.95 * 1e-5 * 0.2 * 5e-9), sum, 0.002);
    }
    WITHIN(value_of("energy"), energy * 1e-5 * 0.04 * 5e-9, 0.01);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- access transistors --------------------------------------------------------------------- */

/* Current through a cell g and a transistor to 0 V: g (v - x) = beta (o x - x^2 / 2) with the
 * overdrive o, a quadratic in the drain voltage x. */
static double through_transistor(double g, double v, double beta, double overdrive)
{
    const double b = g + beta * overdrive;
    const double x = (b - sqrt(b * b - 2 * beta * g * v)) / beta;
    return g * (v - x);
}

static void check_transistors(const char *const settings[])
{
    const float w[2] = {1, 0.25f}, z = 1;
    aimc_tile *tile = aimct_tile(ctx, w, 2, 1,
                                 SETTINGS(READ, "wires.r_in=0", "wires.r_out=0", "g_max=1e-4",
                                          "wires.v_read=0.3", "cell_mapping.on_off_ratio=20"));
    simulate(tile, &z, settings);
    const double beta = 2e-4 * 3, g[2] = {1e-4, 1e-4 * (0.05 + 0.95 * 0.25)};
    WITHIN(value_of("i(vs0_0)"), through_transistor(g[0], 0.3, beta, 0.7), 1e-5);
    WITHIN(value_of("i(vs0_1)"), through_transistor(g[1], 0.3, beta, 0.7), 1e-5);
    WITHIN(value_of("i(vs1_0)"), through_transistor(5e-6, 0.3, beta, 0.7), 1e-5);
    aimc_tile_destroy(tile);
}

#define NMOS "access=NMOS", "v_gate=1.1", "vto=0.4", "kp=2e-4", "width=3e-7", "length=1e-7"

START_TEST(access_transistors)
{
    check_transistors(SETTINGS(NMOS));
    check_transistors(SETTINGS(NMOS, "subcircuit=true"));
}
END_TEST

/* ---- subcircuits and dialects --------------------------------------------------------------- */

/* As subcircuits it is the same circuit, and a far end inside of one is found. */
START_TEST(subcircuits)
{
    enum { OUT = 3, IN = 2 };
    float w[OUT * IN], z[IN] = {0.7f, -0.4f};
    aimct_fill(w, OUT * IN, 1);
    aimc_tile *tile = aimct_tile(
        ctx, w, OUT, IN,
        SETTINGS(READ, "wires.r_in=30", "wires.r_out=20", "wires.r_driver=5", "wires.iv=SINH"));
    static const char *const names[] = {"i(vs0_1)",      "i(vs1_2)",      "energy",
                                        "q_out1_0",      "settle_out0_1", "half_line0_0",
                                        "settle_line1_1"};
    double flat[7];
    for (int inside = 0; inside < 2; inside++) {
        simulate(tile, z,
                 SETTINGS("analysis=TRANSIENT", "c_in=1e-15", "c_out=1e-15", "t_stop=1e-11",
                          "t_rise=1e-15", inside ? "subcircuit=true" : "subcircuit=false"));
        for (size_t k = 0; k < 7; k++) {
            if (inside)
                WITHIN(value_of(names[k]), flat[k], 1e-4);
            else
                flat[k] = value_of(names[k]);
        }
    }
    aimc_tile_destroy(tile);
}
END_TEST

/* An element: name, nodes, and what follows them. */
typedef struct element {
    char name[32], nodes[3][32];
    double value;
} element;

enum { MAX_ELEMENTS = 4096 };

/* Resistors and capacitors of a file, in its words. */
static size_t elements_of(const char *path, bool spectre, element *e)
{
    char line[4096];
    size_t n = 0;
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    for (size_t k = 0; fgets(line, sizeof line, f); k++) {
        element x = {.value = 0};
        const bool is_one = (line[0] == 'r' && strchr("dwcs", line[1])) ||
                            (line[0] == 'c' && strchr("abc", line[1]));
        if (k == 0 || !is_one)
            continue;
        char *at = line;
        for (; spectre && *at; at++) /* name (a b) resistor r=value */
            *at = strchr("()=", *at) ? ' ' : *at;
        const int read =
            spectre ? sscanf(line, "%31s %31s %31s %*s %*s %lf", x.name, x.nodes[0], x.nodes[1],
                             &x.value)
                    : sscanf(line, "%31s %31s %31s %lf", x.name, x.nodes[0], x.nodes[1], &x.value);
        ck_assert_msg(read == 4, "%s", line);
        ck_assert_uint_lt(n, MAX_ELEMENTS);
        e[n++] = x;
    }
    fclose(f);
    return n;
}

/* LTspice's and Spectre's decks have the elements of the one that ngspice is compared with. */
START_TEST(dialects)
{
    enum { OUT = 3, IN = 5 };
    static element ours[MAX_ELEMENTS], theirs[MAX_ELEMENTS];
    static const char *const names[] = {"dialect=NGSPICE", "dialect=LTSPICE", "dialect=SPECTRE"};
    const char *path = "t_netlist.cir";
    float w[OUT * IN], z[IN];
    aimct_fill(w, OUT * IN, 1);
    aimct_fill(z, IN, 2);
    aimc_tile *tile = aimct_tile(
        ctx, w, OUT, IN, SETTINGS(READ, "wires.r_in=3", "wires.r_out=2", "wires.r_driver=5"));
    size_t n = 0;
    for (int k = 0; k < 3; k++) {
        write_deck(tile, z,
                   SETTINGS(names[k], "analysis=TRANSIENT", "c_in=1e-15", "c_out=2e-15",
                            "c_cell=1e-16", "subcircuit=true"),
                   path);
        const size_t m = elements_of(path, k == 2, k ? theirs : ours);
        remove(path);
        n = k ? n : m;
        ck_assert_uint_eq(m, n);
        for (size_t i = 0; k && i < n; i++)
            ck_assert(strcmp(ours[i].name, theirs[i].name) == 0 &&
                      strcmp(ours[i].nodes[0], theirs[i].nodes[0]) == 0 &&
                      strcmp(ours[i].nodes[1], theirs[i].nodes[1]) == 0 &&
                      ours[i].value == theirs[i].value);
    }
    /* of each sign: wires and contacts, capacitances of lines and cells; cells that conduct */
    ck_assert_uint_eq(n, 2 * (4 * OUT * IN) + OUT * IN + 2 * OUT * IN);
    aimc_tile_destroy(tile);
}
END_TEST

/* ngspice reads the operating point that is written for LTspice. */
START_TEST(operating_point_for_ltspice)
{
    const float w = 0.5f, z = 0.5f;
    aimc_tile *tile = aimct_tile(ctx, &w, 1, 1, SETTINGS(READ, "wires.r_in=100", "wires.r_out=50"));
    simulate(tile, &z, SETTINGS("dialect=LTSPICE"));
    const char *at = strstr(printed, "vs0_0#branch");
    ck_assert_msg(at != NULL, "%s", printed);
    WITHIN(strtod(at + strlen("vs0_0#branch"), NULL), 0.1 / (2e5 + 150), 1e-5);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- bad requests --------------------------------------------------------------------------- */

static void refused(const aimc_tile *tile, const char *word, const char *const settings[])
{
    const float z[2] = {1.5f, 0};
    aimc_config *config = settings_of(settings);
    FAILS(AIMC_ERR_INVALID, word,
          aimc_tile_write_netlist(tile, AIMC_FORWARD, z, config, "t_netlist_none.cir"));
    ck_assert_int_ne(access("t_netlist_none.cir", F_OK), 0);
    aimc_config_destroy(config);
}

START_TEST(bad_settings)
{
    const float w[4] = {0.1f, 0.2f, 0.3f, 0.4f};
    aimc_tile *tile = aimct_tile(ctx, w, 2, 2, SETTINGS("wires.model=NODAL", "wires.r_select=10"));
    refused(tile, "subcircuit", SETTINGS("analysis=NONE"));
    refused(tile, "c_in", SETTINGS("analysis=TRANSIENT"));
    refused(tile, "r_select", SETTINGS("access=NMOS"));
    refused(tile, "t_stop", SETTINGS("analysis=TRANSIENT", "c_in=1e-15", "t_stop=1e-12"));
    refused(tile, "longest",
            SETTINGS("analysis=TRANSIENT", "c_in=1e-15", "drive=PULSE_WIDTH", "t_pulse=1e-8",
                     "t_stop=1.2e-8"));
    aimc_config *other = NULL;
    OK(aimc_config_create(ctx, "wires", &other));
    FAILS(AIMC_ERR_INVALID, "tile_write_netlist: configuration is of kind 'wires'",
          aimc_tile_write_netlist(tile, AIMC_FORWARD, w, other, "t_netlist_none.cir"));
    FAILS(AIMC_ERR_INVALID, "tile_write_netlist: NULL",
          aimc_tile_write_netlist(NULL, AIMC_FORWARD, w, NULL, "t_netlist_none.cir"));
    aimc_config_destroy(other);
    aimc_tile_destroy(tile);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("netlist");
    TCase *c = aimct_case(s, "netlists");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, dialects);
    tcase_add_test(c, bad_settings);
    if (aimct_has_ngspice()) {
        tcase_add_test(c, open_line);
        tcase_add_test(c, one_cell);
        tcase_add_test(c, charges_of_pulses);
        tcase_add_test(c, access_transistors);
        tcase_add_test(c, subcircuits);
        tcase_add_test(c, operating_point_for_ltspice);
    } else {
        puts("ngspice is not installed: transients are not tested");
    }
    return aimct_main(s);
}
