/* SPDX-License-Identifier: MIT */
/* The account of published chips against what their papers say. */
#include "chip_util.h"

static aimc_context *ctx;

static void setup(void)
{
    ctx = aimct_context(1, 0, 5);
}

static void teardown(void)
{
    aimc_context_destroy(ctx);
}

/* Shafiee et al., ISCA (2016), Table I: mW of a tile, mm2 of a tile. */
START_TEST(isaac)
{
    static const struct {
        const char *name;
        double mw, mm2;
    } table[] = {
        {"cell", 12 * 2.4, 12 * 0.0002},
        {"dac", 12 * 4.0, 12 * 0.00017},
        {"sample_hold", 12 * 0.01, 12 * 0.00004},
        {"adc", 12 * 16.0, 12 * 0.0096},
        {"shift_add", 12 * 0.2, 12 * 0.00024},
        {"input_register", 12 * 1.24, 12 * 0.0021},
        {"output_register", 12 * 0.23, 12 * 0.00077},
        {"core_buffer", 20.7, 0.083},
        {"core_bus", 7, 0.09},
        {"router", 10.5, 0.151 / 4},
        {"activation", 0.52, 0.0006},
        {"core_register", 1.68, 0.0032},
    };
    aimc_cost_model *m = make(ctx, "isaac_32nm", NULL);
    aimc_cost_events e = {.struct_size = sizeof e};
    const aimc_cost_layer one = layer(16, 128, 1, 16, 8, 8);
    for (int k = 0; k < 96; k++)
        OK(aimc_cost_model_add_layer(m, &one, &e));
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
        const aimc_cost_component c = component(m, &e, table[k].name);
        near(c.energy_j / 1.6e-6 * 1e3, table[k].mw, 0.01);
        near(c.area_m2 * 1e6, table[k].mm2, 0.01);
    }
    near(account(m, &e).energy_j / 1.6e-6, 0.330, 0.01);
    near(account(m, &e).area_m2 * 1e6, 0.372, 0.01);
    aimc_cost_model_destroy(m);
}
END_TEST

/* Wan et al., Nature 608:504 (2022): fJ an operation for word lines, neurons, input pulses by bits
 * in and out; within a quarter. */
START_TEST(neurram)
{
    static const struct {
        uint32_t bits_out, planes;
        double lines, neurons, pulses;
    } table[] = {{3, 1, 8.990, 10.619, 3.446},   {4, 1, 8.271, 12.387, 3.956},
                 {5, 2, 15.463, 20.118, 7.732},  {6, 3, 21.756, 29.108, 11.507},
                 {7, 4, 30.926, 44.212, 14.025}, {8, 5, 37.219, 52.483, 19.239},
                 {9, 6, 43.692, 61.833, 22.835}, {10, 7, 50.525, 75.857, 27.510}};
    aimc_cost_model *m = make(ctx, "wan", NULL);
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
        aimc_cost_layer l = layer(256, 128, 1, table[k].planes, 1, 2);
        l.adc_bits = table[k].bits_out;
        l.n_conversions = 1;
        const aimc_cost_events e = events_of(m, l);
        const double to_fj = 1e15 / 65536;
        const aimc_cost_report r = account(m, &e);
        near(r.parts[AIMC_COST_LINES].energy_j * to_fj, table[k].lines, 0.25);
        near(r.parts[AIMC_COST_ADC].energy_j * to_fj, table[k].neurons, 0.25);
        near(r.parts[AIMC_COST_ARRAY].energy_j * to_fj, table[k].pulses, 0.25);
        near(r.energy_j * to_fj, table[k].lines + table[k].neurons + table[k].pulses, 0.25);
    }
    aimc_cost_model_destroy(m);
}
END_TEST

/* Jia et al., IEEE JSSC 55:2609 (2020), Table I: pJ a column at 1.2 V, and at 0.85 V by the square
 * of the supply. */
START_TEST(jia)
{
    static const struct {
        const char *vdd;
        double array, adc, datapath, tolerance;
    } table[] = {{"1.2", 20.4, 3.56, 14.7, 1e-3}, {"0.85", 9.7, 1.79, 8.3, 0.2}};
    for (size_t k = 0; k < 2; k++) {
        aimc_cost_model *m = make(ctx, "jia_65nm", SETTINGS("technology.vdd", table[k].vdd));
        const aimc_cost_events e = events_of(m, layer(256, 2304, 1, 1, 1, 1));
        const double pj = 1e12 / 256, tolerance = table[k].tolerance;
        near(component(m, &e, "cell_capacitor").energy_j * pj, table[k].array, tolerance);
        near(component(m, &e, "adc").energy_j * pj, table[k].adc, tolerance);
        near(component(m, &e, "shift_add").energy_j * pj, table[k].datapath, tolerance);
        aimc_cost_model_destroy(m);
    }
}
END_TEST

/* Khaddam-Aljameh et al., JSSC (2022): 10.5 TOPS/W, 1.59 TOPS/mm2; Le Gallo et al., Nature
 * Electronics (2023): 9.76 and 2.48 TOPS/W, 63.1 and 16.1 TOPS in one and four phases of 64
 * cores. */
START_TEST(hermes)
{
    static const struct {
        uint32_t steps;
        double cores, tops, per_w, per_mm2;
    } table[] = {{1, 1, 1.008, 10.5, 1.59}, {1, 64, 63.1, 9.76, 1.55}, {4, 64, 16.1, 2.48, 0.4}};
    aimc_cost_model *m = make(ctx, "hermes_14nm", NULL);
    for (size_t k = 0; k < 3; k++) {
        const aimc_cost_events e = events_of(m, layer(256, 256, 1, table[k].steps, 1, 4));
        const aimc_cost_report r = account(m, &e);
        near(2 * e.macs / r.time_s * table[k].cores * 1e-12, table[k].tops, 0.25);
        near(r.ops_per_j * 1e-12, table[k].per_w, 0.25);
        near(r.ops_per_s_m2 * 1e-18, table[k].per_mm2, 0.25);
    }
    aimc_cost_model_destroy(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("published chips");
    TCase *tc = aimct_case(suite, "account");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, isaac);
    tcase_add_test(tc, neurram);
    tcase_add_test(tc, jia);
    tcase_add_test(tc, hermes);
    return aimct_main(suite);
}
