/* SPDX-License-Identifier: MIT */
/* The cost model: closed forms, the golden numbers of the specification (4.3, 5.6), refusals. */
#include "fail_alloc.h"
#include "test_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

static aimc_cost_model *make(const char *name, const char *const settings[])
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, name, &config));
    for (size_t i = 0; settings && settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    aimc_cost_model *m = NULL;
    OK(aimc_cost_model_create(ctx, NULL, config, &m));
    aimc_config_destroy(config);
    return m;
}
#define SETTINGS(...)                                                                              \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void near(double value, double expected, double tolerance)
{
    ck_assert_msg(fabs(value - expected) <= tolerance * fabs(expected), "%.9g, expected %.9g",
                  value, expected);
}

static double adc_energy(const char *const settings[])
{
    aimc_cost_model *m = make("technology", settings);
    aimc_converter_cost c = {.struct_size = sizeof c};
    OK(aimc_cost_model_get_adc(m, &c));
    aimc_cost_model_destroy(m);
    return c.energy_j;
}

/* Events with every count different from 0. */
static aimc_cost_events all_events(void)
{
    return (aimc_cost_events){.struct_size = sizeof(aimc_cost_events),
                              .macs = 1e6,
                              .reads = 100,
                              .active_conductance_s = 4,
                              .rows_charged = 1e4,
                              .columns_charged = 1e4,
                              .read_steps = 50,
                              .dac_conversions = 12800,
                              .adc_conversions = 12801,
                              .adc_steps = 1600,
                              .digital_adds = 12802,
                              .buffer_bytes = 5e4,
                              .moved_bits = 3e5,
                              .dram_bytes = 9e2,
                              .pulses_up = 7e4,
                              .pulses_down = 6e4,
                              .write_steps = 310,
                              .accumulations = 1e3,
                              .gradient_macs = 4e3,
                              .verify_reads = 77,
                              .tiles = 2,
                              .cells = 32768,
                              .dacs = 256,
                              .accumulators = 16384};
}

static aimc_cost_report account(const aimc_cost_model *m, const aimc_cost_events *e)
{
    aimc_cost_report r = {.struct_size = sizeof r};
    OK(aimc_cost_model_account(m, e, &r));
    return r;
}

/* ---- converters ----------------------------------------------------------------------------- */

START_TEST(survey_values)
{
    static const struct {
        const char *node, *bits, *rate;
        double pj, unit; /* of the last digit that the specification prints */
    } golden[] = {
        {"32", "4", "1e8", 0.924, 1e-3}, {"32", "5", "1e8", 0.936, 1e-3},
        {"32", "6", "1e8", 1.07, 1e-2},  {"32", "7", "1e8", 1.31, 1e-2},
        {"32", "8", "1e8", 1.71, 1e-2},  {"32", "9", "1e8", 2.34, 1e-2},
        {"32", "10", "1e8", 3.31, 1e-2}, {"32", "12", "1e8", 29.1, 1e-1},
        {"65", "8", "1e8", 6.49, 1e-2},  {"22", "8", "1e8", 0.847, 1e-3},
        {"14", "8", "1e8", 0.362, 1e-3}, {"32", "9", "1e9", 4.7, 1e-1},
    };
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
        near(1e12 * adc_energy(SETTINGS("adc_model", "SURVEY", "node_nm", golden[i].node,
                                        "adc_bits", golden[i].bits, "adc_rate", golden[i].rate)),
             golden[i].pj, golden[i].unit / 2 / golden[i].pj);
    aimc_cost_model *m = make("technology", SETTINGS("adc_model", "SURVEY"));
    aimc_converter_cost c = {.struct_size = sizeof c};
    OK(aimc_cost_model_get_adc(m, &c));
    near(c.area_m2, 3940e-12, 1e-3);
    near(c.floor_j, 3.26e-15, 1e-3);
    ck_assert_int_eq(c.below_floor, 0);
    aimc_cost_model_destroy(m);
}
END_TEST

START_TEST(walden_doubles_with_a_bit)
{
    const double e6 = adc_energy(SETTINGS("adc_bits", "6")), e8 = adc_energy(NULL);
    near(e8, 4 * e6, 1e-14);
    near(e8, 10e-15 * 256, 1e-14);
    near(adc_energy(SETTINGS("adc_enob", "7")), e8 / 2, 1e-14);
    near(adc_energy(SETTINGS("adc_model", "TABLE", "adc_part", "1")), 2e-3 / 1.28e9, 1e-14);
    aimc_converter_cost c = {.struct_size = sizeof c};
    aimc_cost_model *m = make("isaac_32nm", NULL);
    OK(aimc_cost_model_get_adc(m, &c)); /* 128 columns in the 100 ns of a read */
    near(128 * c.time_s, 100e-9, 1e-12);
    aimc_cost_model_destroy(m);
    m = make("technology", SETTINGS("adc_bits", "16", "adc_fom", "2e-15"));
    OK(aimc_cost_model_get_adc(m, &c)); /* 12 k T 4^16 = 213 pJ, above the price of 131 pJ */
    ck_assert_int_eq(c.below_floor, 1);
    aimc_cost_model_destroy(m);
}
END_TEST

START_TEST(dac_values)
{
    static const struct {
        const char *bits;
        double microwatt;
    } golden[] = {{"4", 31.2}, {"6", 124.8}, {"8", 499.2}};
    aimc_converter_cost c = {.struct_size = sizeof c};
    for (size_t i = 0; i < 3; i++) {
        aimc_cost_model *m =
            make("technology", SETTINGS("dac_model", "POWER", "dac_bits", golden[i].bits));
        OK(aimc_cost_model_get_dac(m, &c));
        near(c.energy_j, golden[i].microwatt * 1e-6 / 1e9, 1e-12);
        aimc_cost_model_destroy(m);
    }
    aimc_cost_model *m = make("technology", SETTINGS("dac_model", "WIDTH"));
    OK(aimc_cost_model_get_dac(m, &c));
    near(c.time_s, 127e-9, 1e-12);
    near(c.energy_j, 2 * 50e-15 * 0.04 + 5e-15, 1e-12);
    aimc_cost_model_destroy(m);
}
END_TEST

/* ---- pulses --------------------------------------------------------------------------------- */

START_TEST(pulse_energies)
{
    static const struct {
        const char *preset;
        double v, t, joules;
    } golden[] = {
        {"ferro_write_200us", 1.5, 2e-4, 5.136e-10}, {"ferro_write_20us", 1.75, 2e-5, 9.094e-11},
        {"ferro_write_2us", 2, 2e-6, 1.517e-11},     {"ferro_write_200ns", 2.5, 2e-7, 3.708e-12},
        {"ferro_write_20ns", 3, 2e-8, 8.001e-13},
    };
    for (size_t i = 0; i < 5; i++) {
        aimc_cost_model *m = make(golden[i].preset, NULL);
        double joules = 0;
        OK(aimc_cost_model_get_pulse(m, 1e-7, golden[i].v, golden[i].t, &joules));
        near(joules, golden[i].joules, 1e-3);
        aimc_cost_events e = {.struct_size = sizeof e, .pulses_up = 3, .pulses_down = 2};
        const aimc_cost_report r = account(m, &e);
        near(r.parts[AIMC_COST_WRITE_UP].energy_j, 3 * joules, 1e-12);
        near(r.energy_j, 5 * joules, 1e-12);
        aimc_cost_model_destroy(m);
    }
}
END_TEST

START_TEST(schottky_coefficients)
{
    static const struct {
        const char *eps, *d;
        double beta;
    } golden[] = {
        {"30", "10", 2.6799}, {"30", "5", 3.7900}, {"5", "10", 6.5644}, {"5", "5", 9.2835}};
    for (size_t i = 0; i < 4; i++) {
        aimc_cost_model *m =
            make("technology", SETTINGS("eps_r", golden[i].eps, "thickness_nm", golden[i].d));
        near(aimc_cost_model_get_schottky_beta(m), golden[i].beta, 1e-4);
        aimc_cost_model_destroy(m);
    }
    aimc_cost_model *m = make("technology", SETTINGS("v_set", "3", "half_select", "10"));
    aimc_cost_events e = {.struct_size = sizeof e, .pulses_up = 1};
    near(account(m, &e).energy_j, 10e-6 * 100e-9 * (9 + 10 * 2.25), 1e-12);
    aimc_cost_model_destroy(m);
}
END_TEST

/* ---- reads ---------------------------------------------------------------------------------- */

START_TEST(array_example)
{
    enum { N = 128, BATCH = 3 };
    static float g[N * N], x[BATCH * N];
    aimc_cost_model *m = make("technology", SETTINGS("dac_model", "CAPACITOR"));
    for (size_t i = 0; i < (size_t)N * N; i++)
        g[i] = i % 2 ? 15e-6f : 5e-6f;
    for (size_t i = 0; i < (size_t)BATCH * N; i++)
        x[i] = i % 4 < 2 ? -0.4f : 0.1f;
    double driven = 0;
    OK(aimc_cost_model_get_activity(m, N, N, g, N, BATCH, x, N, &driven));
    aimc_cost_events e = {
        .struct_size = sizeof e, .reads = 1, .active_conductance_s = driven, .macs = N * N};
    near(account(m, &e).energy_j, 163.84e-12, 1e-5); /* float conductances */
    near(account(m, &e).j_per_mac, 10e-15, 1e-5);
    memset(x, 0, sizeof x);
    OK(aimc_cost_model_get_activity(m, N, N, g, N, BATCH, x, N, &driven));
    ck_assert(driven == 0);
    x[N + 1] = NAN;
    FAILS(AIMC_ERR_INVALID, "x[1][1]",
          aimc_cost_model_get_activity(m, N, N, g, N, BATCH, x, N, &driven));
    g[2] = -1;
    FAILS(AIMC_ERR_INVALID, "g[0][2]",
          aimc_cost_model_get_activity(m, N, N, g, N, BATCH, x, N, &driven));
    FAILS(AIMC_ERR_SHAPE, "ld_g",
          aimc_cost_model_get_activity(m, N, N, g, 5, BATCH, x, N, &driven));
    aimc_cost_model_destroy(m);
}
END_TEST

/* Amplitudes cost as their square, uneven lines by their own conductance. */
START_TEST(driven_by_amplitude)
{
    const float g[] = {1, 2, 4, 8}, x[] = {0.5f, -2};
    double driven = 0;
    aimc_cost_model *m = make("technology", SETTINGS("input", "AMPLITUDE"));
    OK(aimc_cost_model_get_activity(m, 2, 2, g, 2, 1, x, 2, &driven));
    near(driven, 5 * 0.25 + 10 * 1, 1e-12);
    aimc_cost_model_destroy(m);
    m = make("technology", NULL);
    OK(aimc_cost_model_get_activity(m, 2, 2, g, 2, 1, x, 2, &driven));
    near(driven, 5 * 0.5 + 10 * 1, 1e-12);
    aimc_cost_model_destroy(m);
}
END_TEST

/* ---- the account ---------------------------------------------------------------------------- */

START_TEST(parts_sum_to_the_total)
{
    const aimc_cost_events e = all_events();
    static const char *const names[] = {"technology", "rram_32nm", "generic_32nm",
                                        "ferro_write_2us"};
    for (size_t k = 0; k < 4; k++) {
        aimc_cost_model *m = make(names[k], NULL);
        const aimc_cost_report r = account(m, &e);
        double energy = 0, time = 0, area = 0;
        for (size_t i = AIMC_COST_PARTS; i-- > 0;) { /* another order than the library's */
            near(r.parts[i].energy_j, r.parts[i].count * r.parts[i].unit_j, 1e-12);
            ck_assert(r.parts[i].energy_j > 0 && isfinite(r.parts[i].energy_j));
            energy += r.parts[i].energy_j;
            time += r.parts[i].time_s;
            area += r.parts[i].area_m2;
        }
        near(energy, r.energy_j, 1e-12);
        near(time, r.time_s, 1e-12);
        near(area, r.area_m2, 1e-12);
        near(r.ops_per_j, 2 * e.macs / energy, 1e-12);
        near(r.j_per_mac, energy / e.macs, 1e-12);
        near(r.ops_per_s_m2, 2 * e.macs / time / area, 1e-12);
        near(r.co2_kg, energy * 1.2 / 3.6e6 * 0.4, 1e-12);
        near(r.pulses_per_device, 13e4 / 32768, 1e-12);
        near(r.endurance_used, r.pulses_per_device / 1e9, 1e-12);
        aimc_cost_model_destroy(m);
    }
}
END_TEST

START_TEST(energy_goes_as_voltage_squared)
{
    const aimc_cost_events e = all_events();
    aimc_cost_model *one =
        make("technology", SETTINGS("vdd", "1", "dac_driver", "0", "leakage_w_per_mm2", "0"));
    aimc_cost_model *two =
        make("technology", SETTINGS("vdd", "2", "dac_driver", "0", "leakage_w_per_mm2", "0",
                                    "v_read", "0.4", "swing", "0.2", "v_set", "4", "v_reset", "4"));
    const aimc_cost_report a = account(one, &e), b = account(two, &e);
    for (size_t k = 0; k < AIMC_COST_LEAKAGE; k++)
        if (k != AIMC_COST_ADC && k != AIMC_COST_VERIFY &&
            k != AIMC_COST_DRAM) /* laws of their own */
            near(b.parts[k].energy_j, 4 * a.parts[k].energy_j, 1e-12);
    near(b.parts[AIMC_COST_DRAM].energy_j, 9e2 * 240e-12, 1e-12);
    aimc_cost_model_destroy(one);
    aimc_cost_model_destroy(two);
}
END_TEST

/* What a tile counted, priced: zero inputs leave conversion, logic and leakage. */
START_TEST(counters_of_a_tile)
{
    aimc_device *device = aimct_device(ctx, "constant_step", NULL);
    aimc_tile *tile = NULL;
    float x[2 * 3] = {1, 0, 1, 0.5f, 0, 0}, y[2 * 4];
    int32_t pulses[4 * 3] = {5, -3};
    OK(aimc_tile_create(device, 4, 3, NULL, &tile));
    OK(aimc_tile_pulse(tile, pulses, 3));
    OK(aimc_tile_forward(tile, 2, x, 3, y, 4));
    aimc_counters c = {.struct_size = sizeof c};
    OK(aimc_tile_get_counters(tile, &c));
    const aimc_cost_shape shape = {
        .struct_size = sizeof shape, .n_out = 4, .n_in = 3, .tiles_out = 1, .tiles_in = 1};
    aimc_cost_model *m = make("rram_32nm", SETTINGS("input_mean", "0"));
    aimc_cost_events e = {.struct_size = sizeof e};
    OK(aimc_cost_model_add_counters(m, &c, &shape, &e));
    ck_assert(e.macs == 24 && e.dac_conversions == (double)c.dac_conversions && e.pulses_up == 5 &&
              e.pulses_down == 3 && e.cells == 24);
    const aimc_cost_report r = account(m, &e);
    ck_assert(r.parts[AIMC_COST_ARRAY].energy_j == 0 && r.parts[AIMC_COST_LINES].energy_j == 0);
    ck_assert(r.parts[AIMC_COST_ADC].energy_j > 0 && r.parts[AIMC_COST_LEAKAGE].energy_j > 0);
    aimc_cost_events twice = e;
    OK(aimc_cost_model_add_counters(m, &c, &shape, &twice));
    ck_assert(twice.macs == 48 && twice.adc_conversions == 2 * e.adc_conversions);
    /* counters of another model */
    aimc_cost_shape other = shape;
    other.n_out = other.tiles_out = 3;
    FAILS(AIMC_ERR_INVALID, "another model", aimc_cost_model_add_counters(m, &c, &other, &twice));
    c.adc_conversions = 1000000;
    FAILS(AIMC_ERR_INVALID, "another model", aimc_cost_model_add_counters(m, &c, &shape, &twice));
    other.n_in = 0;
    FAILS(AIMC_ERR_INVALID, "no shape", aimc_cost_model_add_counters(m, &c, &other, &twice));
    ck_assert(twice.macs == 48);
    aimc_cost_model_destroy(m);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}
END_TEST

/* ---- comparisons and refusals --------------------------------------------------------------- */

START_TEST(baselines_and_low_voltage)
{
    static const double golden[] = {4.8e-12, 38.2e-12, 0.7e-12, 200e-12};
    aimc_cost_baseline b = {.struct_size = sizeof b};
    for (size_t i = 0; i < 4; i++) {
        OK(aimc_cost_baseline_get(i, &b));
        near(b.j_per_mac, golden[i], 1e-3);
        ck_assert(b.assumed == (strncmp(b.source, "assumed", 7) == 0));
    }
    FAILS(AIMC_ERR_INVALID, "4 of 4", aimc_cost_baseline_get(4, &b));
    near(aimc_cost_get_voltage_for_saving(1, 0.3), 0.83666, 1e-5);
    ck_assert(isnan(aimc_cost_get_voltage_for_saving(1, 1.5)));
    aimc_cost_model *m = make("technology", NULL);
    near(aimc_cost_model_get_bit_error_rate(m, 0.9), 1.3e-12, 0.02);
    near(aimc_cost_model_get_bit_error_rate(m, 0.8), 2.9e-7, 0.02);
    near(aimc_cost_model_get_bit_error_rate(m, 0.7), 1.35e-3, 0.01);
    near(aimc_cost_model_get_bit_error_rate(m, 0.65), 2.3e-2, 0.02);
    near(aimc_cost_model_get_bit_error_rate(m, 0.9 * sqrt(0.7)), 2.5e-5, 0.03);
    aimc_cost_model_destroy(m);
}
END_TEST

START_TEST(low_supply)
{
    aimc_cost_model *m = make("technology", NULL); /* 32 nm: 0.9 V */
    aimc_cost_supply s = {.struct_size = sizeof s};
    const double v = aimc_cost_get_voltage_for_saving(0.9, 0.3);
    OK(aimc_cost_model_get_at_supply(m, v, AIMC_CODE_NONE, &s));
    near(s.energy, 0.7, 1e-12);
    near(s.v0, 0.9, 1e-12);
    near(s.bit_error_rate, aimc_cost_model_get_bit_error_rate(m, v), 1e-12);
    near(s.delay, v / pow(v - 0.3, 1.3) / (0.9 / pow(0.6, 1.3)), 1e-12);
    ck_assert(s.uncorrected == s.bit_error_rate && s.bits_per_bit == 1);
    OK(aimc_cost_model_get_at_supply(m, v, AIMC_CODE_SECDED, &s));
    near(s.energy, 0.7 * 72 / 64, 1e-12);
    OK(aimc_cost_model_get_at_supply(m, v, AIMC_CODE_TMR, &s));
    near(s.energy, 2.1, 1e-12);
    aimc_cost_model_destroy(m);
    /* the figures of the specification, at a voltage where the rate is 1e-3: Phi^-1 is 3.0902 */
    static const struct {
        double sigmas, rate, secded, tmr;
    } golden[] = {{3.090232306, 1e-3, 7e-5, 3e-6}, {3.719016485, 1e-4, 7e-7, 3e-8}};
    m = make("technology", SETTINGS("ber_v50", "0.6", "ber_sigma", "0.05"));
    for (size_t i = 0; i < 2; i++) {
        const double at = 0.6 + 0.05 * golden[i].sigmas;
        OK(aimc_cost_model_get_at_supply(m, at, AIMC_CODE_SECDED, &s));
        near(s.bit_error_rate, golden[i].rate, 1e-6);
        near(s.uncorrected, golden[i].secded, 0.05);
        ck_assert(s.unnoticed < s.uncorrected / 5);
        OK(aimc_cost_model_get_at_supply(m, at, AIMC_CODE_TMR, &s));
        near(s.uncorrected, golden[i].tmr, 1e-3);
        OK(aimc_cost_model_get_at_supply(m, at, AIMC_CODE_PARITY, &s));
        near(s.unnoticed, 8 * golden[i].rate * golden[i].rate, 0.01);
    }
    FAILS(AIMC_ERR_INVALID, "v_threshold",
          aimc_cost_model_get_at_supply(m, 0.3, AIMC_CODE_NONE, &s));
    FAILS(AIMC_ERR_INVALID, "code 7", aimc_cost_model_get_at_supply(m, 1, (aimc_memory_code)7, &s));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_cost_model_get_at_supply(NULL, 1, AIMC_CODE_NONE, &s));
    aimc_cost_model_destroy(m);
}
END_TEST

/* Bits flipped by the library's memory follow the same laws: 65,536 codes at a high rate. */
START_TEST(codes_as_in_memory)
{
    enum { OUT = 64, IN = 1024 };
    static const char *const codes[] = {"NONE", "PARITY", "SECDED", "TMR"};
    aimc_cost_model *m = make("technology", NULL);
    for (int k = 0; k < 4; k++) {
        aimc_network *net = NULL;
        aimc_config *config = NULL;
        aimc_storage_report r = {.struct_size = sizeof r};
        aimc_cost_supply s = {.struct_size = sizeof s};
        OK(aimc_network_create(ctx, &net));
        OK(aimc_network_add_linear(net, OUT, IN, NULL));
        OK(aimc_config_create(ctx, "storage", &config));
        OK(aimc_config_set(config, "supply_v", 0.67));
        OK(aimc_config_set_text(config, "code", codes[k]));
        OK(aimc_network_store(net, config, &r));
        OK(aimc_cost_model_get_at_supply(m, 0.67, (aimc_memory_code)k, &s));
        near(s.bit_error_rate, r.bit_error_rate, 1e-9);
        near(s.bits_per_bit, r.bits_per_bit, 1e-12);
        const double p = s.bit_error_rate, n = (double)r.codes, got = (double)r.wrong;
        if (k == AIMC_CODE_NONE || k == AIMC_CODE_TMR) /* any of eight bits */
            near(got, n * -expm1(8 * log1p(-s.uncorrected)), 5 / sqrt(got));
        else if (k == AIMC_CODE_PARITY) /* an odd number of nine */
            near((double)r.detected, n * (1 - pow(1 - 2 * p, 9)) / 2, 5 / sqrt((double)r.detected));
        else /* an even number of 72, but not none */
            near((double)r.detected, n / 8 * ((1 + pow(1 - 2 * p, 72)) / 2 - pow(1 - p, 72)),
                 5 / sqrt((double)r.detected));
        aimc_config_destroy(config);
        aimc_network_destroy(net);
    }
    aimc_cost_model_destroy(m);
}
END_TEST

static bool is_assumed(const aimc_cost_model *m, const char *field)
{
    for (size_t i = 0; aimc_cost_model_get_assumption(m, i); i++)
        if (strcmp(aimc_cost_model_get_assumption(m, i), field) == 0)
            return true;
    return false;
}

START_TEST(assumptions_are_told)
{
    aimc_cost_model *m = make("rram_32nm", NULL);
    ck_assert(is_assumed(m, "c_line") && is_assumed(m, "v_set") && !is_assumed(m, "add_int32"));
    aimc_cost_model_destroy(m);
    m = make("rram_32nm", SETTINGS("c_line", "5e-14"));
    ck_assert(!is_assumed(m, "c_line"));
    aimc_cost_model_destroy(m);
    /* what a preset assumes itself; widths are its source's, and what the caller sets is told */
    m = make("ferro_write_20ns", SETTINGS("v_reset", "3"));
    ck_assert(is_assumed(m, "v_set") && is_assumed(m, "schottky_beta") && is_assumed(m, "g_write"));
    ck_assert(!is_assumed(m, "t_set") && !is_assumed(m, "v_reset") && is_assumed(m, "c_line"));
    aimc_cost_model_destroy(m);
    OK(aimc_cost_model_create(ctx, "ferro_write_20ns", NULL, &m));
    ck_assert(is_assumed(m, "v_reset"));
    aimc_cost_model_destroy(m);
}
END_TEST

START_TEST(bad_input)
{
    aimc_cost_model *m = NULL;
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "technology", &config));
    FAILS(AIMC_ERR_INVALID, "c_line", aimc_config_set(config, "c_line", -1));
    OK(aimc_config_set(config, "node_nm", 27));
    FAILS(AIMC_ERR_INVALID, "27 is not in the table",
          aimc_cost_model_create(ctx, NULL, config, &m));
    aimc_config_destroy(config);
    FAILS(AIMC_ERR_INVALID, "rram_32nm", aimc_cost_model_create(ctx, "rram_32mn", NULL, &m));
    FAILS(AIMC_ERR_INVALID, "not a technology", aimc_cost_model_create(ctx, "converter", NULL, &m));
    ck_assert(m == NULL);
    m = make("technology", NULL);
    aimc_cost_events e = all_events();
    aimc_cost_report r = {.struct_size = sizeof r};
    e.verify_reads = -1;
    FAILS(AIMC_ERR_INVALID, "events.verify_reads = -1", aimc_cost_model_account(m, &e, &r));
    e.verify_reads = (double)NAN;
    FAILS(AIMC_ERR_INVALID, "events.verify_reads", aimc_cost_model_account(m, &e, &r));
    e.struct_size = 0;
    FAILS(AIMC_ERR_ABI, "struct_size", aimc_cost_model_account(m, &e, &r));
    double joules;
    FAILS(AIMC_ERR_INVALID, "g_s = -1", aimc_cost_model_get_pulse(m, -1, 1, 1, &joules));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_cost_model_get_adc(NULL, NULL));
    aimc_cost_model_destroy(m);
}
END_TEST

/* Every allocation that fails is told, and nothing is left behind. */
START_TEST(no_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    const aimc_allocator allocator = aimct_allocator(&heap);
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = allocator;
    aimc_context *own = NULL;
    OK(aimc_context_create(&params, &own));
    const size_t before = heap.live_blocks;
    const float g[] = {1, 2}, x[] = {1, 1};
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_cost_model *m = NULL;
        double driven;
        aimc_status st = aimc_cost_model_create(own, "rram_32nm", NULL, &m);
        if (!st)
            st = aimc_cost_model_get_activity(m, 1, 2, g, 2, 1, x, 2, &driven);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_cost_model_destroy(m);
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_uint_gt(n, 3);
    aimct_heap_fail_at(&heap, 0);
    aimc_context_destroy(own);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("energy");
    TCase *tc = aimct_case(suite, "cost model");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, survey_values);
    tcase_add_test(tc, walden_doubles_with_a_bit);
    tcase_add_test(tc, dac_values);
    tcase_add_test(tc, pulse_energies);
    tcase_add_test(tc, schottky_coefficients);
    tcase_add_test(tc, array_example);
    tcase_add_test(tc, driven_by_amplitude);
    tcase_add_test(tc, parts_sum_to_the_total);
    tcase_add_test(tc, energy_goes_as_voltage_squared);
    tcase_add_test(tc, counters_of_a_tile);
    tcase_add_test(tc, baselines_and_low_voltage);
    tcase_add_test(tc, low_supply);
    tcase_add_test(tc, codes_as_in_memory);
    tcase_add_test(tc, assumptions_are_told);
    tcase_add_test(tc, bad_input);
    tcase_add_test(tc, no_memory);
    return aimct_main(suite);
}
