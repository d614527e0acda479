/* SPDX-License-Identifier: MIT */
/* Fitted constants outside their range are told with the value and the range: those of
 * technologies, and those of noise models. */
#include <math.h>
#include <stdbool.h>

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

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* settings: field, value, ... */
static aimc_config *config_of(const char *name, const char *const settings[])
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, name, &config));
    for (size_t i = 0; settings && settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    return config;
}

static aimc_cost_model *costs_of(const char *name, const char *const settings[])
{
    aimc_config *config = config_of(name, settings);
    aimc_cost_model *m = NULL;
    OK(aimc_cost_model_create(ctx, NULL, config, &m));
    aimc_config_destroy(config);
    return m;
}

/* ---- technologies --------------------------------------------------------------------------- */

static bool find_cost(const aimc_cost_model *m, const char *constant, const char *variable,
                      aimc_extrapolation *found)
{
    for (size_t i = 0; i < aimc_cost_model_count_extrapolations(m); i++) {
        *found = (aimc_extrapolation){.struct_size = sizeof *found};
        OK(aimc_cost_model_get_extrapolation(m, i, found));
        ck_assert(found->value < found->first || found->value > found->last);
        ck_assert(strlen(found->source) > 5 && strlen(found->unit) > 0);
        if (strcmp(found->constant, constant) == 0 && strcmp(found->variable, variable) == 0)
            return true;
    }
    return false;
}

static const struct {
    const char *constant, *variable, *settings[9];
    double value; /* NaN: in its range */
} costs[] = {
    {"survey_energy", "adc_bits", {"adc_model", "SURVEY", "adc_bits", "1"}, 1},
    {"survey_energy", "adc_bits", {"adc_model", "SURVEY", "adc_bits", "3"}, 3},
    {"survey_energy", "adc_bits", {"adc_model", "SURVEY", "adc_bits", "4"}, (double)NAN},
    {"survey_energy", "adc_bits", {"adc_model", "SURVEY", "adc_bits", "12"}, (double)NAN},
    {"survey_energy", "adc_bits", {"adc_model", "WALDEN", "adc_bits", "1"}, (double)NAN},
    {"survey_energy", "adc_enob", {"adc_model", "SURVEY", "adc_enob", "3.5"}, 3.5},
    {"survey_energy",
     "adc_bits",
     {"adc_model", "SURVEY", "adc_bits", "1", "adc_enob", "5"},
     (double)NAN},
    {"survey_energy", "adc_enob", {"adc_model", "SURVEY", "adc_enob", "20"}, 20},
    {"survey_energy", "adc_rate", {"adc_model", "WALDEN", "adc_rate", "9.5e10"}, (double)NAN},
    {"survey_energy", "adc_rate", {"adc_model", "SURVEY", "adc_rate", "9.5e10"}, 9.5e10},
    {"survey_energy", "adc_rate", {"adc_model", "SURVEY", "adc_rate", "1e9"}, (double)NAN},
    {"survey_energy", "node_nm", {"adc_model", "SURVEY", "node_nm", "3"}, 3},
    {"survey_energy", "node_nm", {"adc_model", "SURVEY", "node_nm", "5"}, (double)NAN},
    {"survey_area", "node_nm", {"adc_model", "WALDEN", "node_nm", "2"}, 2},
    {"survey_area", "node_nm", {"node_nm", "2", "adc_area_um2", "900"}, (double)NAN},
    {"survey_area", "energy of a conversion", {"adc_bits", "4"}, 0.16e-12},
    {"survey_area", "energy of a conversion", {"adc_bits", "8"}, (double)NAN},
    {"adc_fom", "adc_bits", {"adc_bits", "2"}, 2},
    {"adc_fom", "adc_bits", {"adc_bits", "14"}, 14},
    {"adc_fom", "adc_bits", {"adc_bits", "10"}, (double)NAN},
    {"adc_part", "adc_bits", {"adc_model", "TABLE", "adc_part", "3"}, 8},
    {"adc_part", "adc_bits", {"adc_model", "TABLE", "adc_part", "3", "adc_bits", "6"}, (double)NAN},
    {"dac_power", "dac_bits", {"dac_model", "POWER", "dac_bits", "10"}, 10},
    {"dac_power", "dac_bits", {"dac_model", "POWER", "dac_bits", "4"}, (double)NAN},
    {"dac_power", "dac_rate", {"dac_model", "POWER", "dac_rate", "1e6"}, 1e6},
    {"dac_area_um2", "dac_bits", {"dac_model", "POWER"}, 8},
    {"dac_area_um2", "dac_bits", {"dac_model", "POWER", "dac_area_um2", "20"}, (double)NAN},
    {"energy of logic and SRAM", "node_nm", {"node_nm", "7"}, 7},
    {"energy of logic and SRAM", "node_nm", {"node_nm", "45"}, (double)NAN},
    {"dram_byte", "dram_byte", {"dram_byte", "1e-9"}, 1e-9},
    {"dram_byte", "dram_byte", {"dram_byte", "200e-12"}, (double)NAN},
    {"cell_f2", "cell_f2", {"cell_f2", "100"}, 100},
    {"converters, logic, leakage", "temperature", {"temperature", "77"}, 77},
    {"converters, logic, leakage", "temperature", {"temperature", "400"}, 400},
    {"converters, logic, leakage", "temperature", {"temperature", "300"}, (double)NAN},
};

START_TEST(costs_outside_their_range)
{
    aimc_config *config = config_of("technology", costs[_i].settings);
    aimc_cost_model *m = NULL;
    aimc_extrapolation e = {0};
    OK(aimc_cost_model_create(ctx, NULL, config, &m));
    const bool told = find_cost(m, costs[_i].constant, costs[_i].variable, &e);
    ck_assert_msg(told == !isnan(costs[_i].value), "%s at %s: told %d", costs[_i].constant,
                  costs[_i].variable, told);
    if (told)
        ck_assert_double_eq_tol(e.value, costs[_i].value, 1e-9 * costs[_i].value);
    aimc_cost_model_destroy(m);
    aimc_config_destroy(config);
}
END_TEST

/* The bits of the conversions that a run made are what its constants are used at. */
START_TEST(a_run_has_bits_of_its_own)
{
    aimc_cost_model *m = costs_of("rram_32nm", NULL);
    aimc_cost_events e = {.struct_size = sizeof e, .adc_conversions = 30};
    aimc_extrapolation found = {.struct_size = sizeof found};
    const size_t plain = aimc_cost_model_count_extrapolations(m);
    ck_assert(!find_cost(m, "survey_energy", "adc_bits", &found));
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations_of(m, &e), plain); /* of no known bits */
    e.adc_conversions_of[8] = 30;
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations_of(m, &e), plain);
    e.adc_conversions_of[8] = 10;
    e.adc_conversions_of[3] = 15;
    e.adc_conversions_of[2] = 5;
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations_of(m, &e), plain + 1);
    bool told = false;
    for (size_t i = 0; i <= plain; i++) {
        found.struct_size = sizeof found;
        OK(aimc_cost_model_get_extrapolation_of(m, &e, i, &found));
        told |= strcmp(found.constant, "survey_energy") == 0 &&
                strcmp(found.variable, "adc_bits") == 0 && found.value == 2;
    }
    ck_assert(told);
    FAILS(AIMC_ERR_INVALID, "extrapolation",
          aimc_cost_model_get_extrapolation_of(m, &e, plain + 1, &found));
    FAILS(AIMC_ERR_INVALID, "events is NULL",
          aimc_cost_model_get_extrapolation_of(m, NULL, 0, &found));
    e.adc_conversions = 29;
    FAILS(AIMC_ERR_INVALID, "adds up to", aimc_cost_model_get_extrapolation_of(m, &e, 0, &found));
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations_of(m, &e), 0);
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations_of(m, NULL), 0);
    aimc_cost_model_destroy(m);
    m = costs_of("rram_32nm", SETTINGS("adc_bits", "2")); /* a technology that no conversion used */
    e.adc_conversions = e.adc_conversions_of[8] = 10;
    e.adc_conversions_of[3] = e.adc_conversions_of[2] = 0;
    ck_assert(find_cost(m, "survey_energy", "adc_bits", &found));
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations_of(m, &e),
                      aimc_cost_model_count_extrapolations(m) - 1);
    aimc_cost_model_destroy(m);
}
END_TEST

/* The list of assumptions has the names first, and then a sentence for each. */
START_TEST(assumptions_tell_them_too)
{
    aimc_cost_model *m = costs_of("rram_32nm", SETTINGS("adc_bits", "1"));
    const char *text;
    size_t sentences = 0, names = 0;
    bool survey = false;
    for (size_t i = 0; (text = aimc_cost_model_get_assumption(m, i)); i++) {
        const bool is_name = !strchr(text, ' ');
        ck_assert(!is_name || sentences == 0);
        names += is_name;
        sentences += !is_name;
        survey |= strstr(text, "survey_energy at adc_bits = 1 bit: fitted from 4 to 17") != NULL;
    }
    ck_assert(survey && names > 10);
    ck_assert_uint_eq(sentences, aimc_cost_model_count_extrapolations(m));
    aimc_cost_model_destroy(m);
    m = costs_of("technology",
                 SETTINGS("node_nm", "45", "dac_model", "WIDTH")); /* all in its range */
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations(m), 0);
    aimc_extrapolation e = {.struct_size = sizeof e};
    FAILS(AIMC_ERR_INVALID, "0 of 0", aimc_cost_model_get_extrapolation(m, 0, &e));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_cost_model_get_extrapolation(m, 0, NULL));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_cost_model_get_extrapolation(NULL, 0, &e));
    ck_assert_uint_eq(aimc_cost_model_count_extrapolations(NULL), 0);
    aimc_cost_model_destroy(m);
    m = costs_of("rram_32nm", NULL);
    e.struct_size = 0;
    FAILS(AIMC_ERR_ABI, "struct_size", aimc_cost_model_get_extrapolation(m, 0, &e));
    aimc_cost_model_destroy(m);
}
END_TEST

/* ---- noise models --------------------------------------------------------------------------- */

static const struct {
    const char *model, *settings[7];
    double t;
    const char *variable;
    double value; /* NaN: in its range */
} models[] = {
    {"pcm_like", {NULL}, 3600, "t_s", (double)NAN},
    {"pcm_like", {NULL}, 2.6e6, "t_s", 2.6e6},
    {"pcm_like", {"drift_scale", "0", "read_noise_scale", "0"}, 2.6e6, "t_s", (double)NAN},
    {"pcm_like", {NULL}, 0, "g_max", (double)NAN},
    {"pcm_like", {"g_max", "30"}, 0, "g_max", 30},
    {"pcm_like", {"g_max", "30", "prog_coeff", "[0.3, 1]"}, 0, "g_max", (double)NAN},
    {"pcm_like", {"g_max", "30", "prog_noise_scale", "0"}, 0, "g_max", (double)NAN},
    {"pcm_hermes", {NULL}, 0, "g_max", (double)NAN},
    {"pcm_hermes", {"g_max", "25"}, 0, "g_max", 25},
    {"reram_wan2022", {NULL}, 100, "g_max", (double)NAN},
    {"reram_wan2022", {"g_max", "25"}, 100, "g_max", 25},
    {"reram_wan2022", {"extrapolate", "true"}, 1e7, "t_s", 1e7},
    {"reram_wan2022", {"extrapolate", "true"}, 0.1, "t_s", 0.1},
    {"reram_wan2022", {"extrapolate", "true"}, 86400, "t_s", (double)NAN},
    {"reram_cmo", {NULL}, 1e3, "t_s", (double)NAN},
    {"reram_cmo", {NULL}, 0.5, "t_s", 0.5},
    {"reram_cmo", {NULL}, 1e9, "t_s", 1e9},
    {"reram_cmo", {"g_max", "120"}, 0, "g_max", 120},
    {"reram_cmo", {"g_min", "1"}, 0, "g_min", 1},
    {"sonos", {"extrapolate", "true"}, 864000, "t_s", 864000},
    {"sonos", {NULL}, 432000, "t_s", (double)NAN},
    {"sonos", {"g_max", "40", "drift_scale", "0"}, 0, "g_max v_read_mv", 4000},
    {"pcm_joshi", {NULL}, 0, "g_max", (double)NAN},
    {"pcm_joshi", {"g_max", "40"}, 0, "g_max", 40},
    {"rram_milo", {NULL}, 0, "g_min", (double)NAN},
    {"rram_milo", {"g_min", "10"}, 0, "g_min", 10},
    {"rram_wan", {"g_max", "50"}, 0, "g_max", 50},
    {"custom_drift", {"g_lst", "[5, 20]", "nu_mean_lst", "[0.05, 0.05]"}, 0, "g_max", 25},
    {"custom_drift", {"g_lst", "[0, 25]", "nu_mean_lst", "[0.05, 0.05]"}, 0, "g_max", (double)NAN},
    {"noise_table", {"g_us", "[1, 20]", "t_s", "[1, 100]", "extrapolate", "true"}, 1e4, "t_s", 1e4},
    {"noise_table", {"g_us", "[1, 20]", "t_s", "[1, 100]"}, 0, "g_min", 0},
    {"generic_noise", {NULL}, 1e9, "t_s", (double)NAN},
};

START_TEST(noise_models_outside_their_range)
{
    aimc_config *config = config_of(models[_i].model, models[_i].settings);
    aimc_noise_model *m = NULL;
    OK(aimc_noise_model_create(ctx, NULL, config, &m));
    bool told = false;
    for (size_t i = 0; i < aimc_noise_model_count_extrapolations(m, models[_i].t); i++) {
        aimc_extrapolation e = {.struct_size = sizeof e};
        OK(aimc_noise_model_get_extrapolation(m, models[_i].t, i, &e));
        ck_assert(e.value < e.first || e.value > e.last);
        if (strcmp(e.variable, models[_i].variable) == 0) {
            told = true;
            ck_assert_double_eq_tol(e.value, models[_i].value, 1e-6);
        }
    }
    ck_assert_msg(told == !isnan(models[_i].value), "%s at %g s, %s: told %d", models[_i].model,
                  models[_i].t, models[_i].variable, told);
    aimc_noise_model_destroy(m);
    aimc_config_destroy(config);
}
END_TEST

/* Every preset, as it is, lies within its conductances. */
START_TEST(presets_are_in_their_range)
{
    size_t seen = 0;
    for (size_t k = 0; k < aimc_preset_count(); k++) {
        aimc_preset_info info = {.struct_size = sizeof info};
        OK(aimc_preset_get(k, &info));
        if (strcmp(info.category, "noise_model") != 0 || strcmp(info.name, "noise_table") == 0 ||
            strcmp(info.name, "aihwkit_wan") == 0) /* used at 25 uS as the peer does */
            continue;
        aimc_noise_model *m = NULL;
        OK(aimc_noise_model_create(ctx, info.name, NULL, &m));
        ck_assert_msg(aimc_noise_model_count_extrapolations(m, 0) == 0, "%s", info.name);
        aimc_noise_model_destroy(m);
        seen++;
    }
    ck_assert_uint_gt(seen, 10);
}
END_TEST

/* Reports of programming and drift count them. */
START_TEST(reports_count_them)
{
    aimc_device *d = aimct_device(ctx, "ideal", NULL);
    aimc_tile *t = NULL;
    const float w[4] = {0.1f, -0.2f, 0.3f, 1};
    aimc_inference_report r = {.struct_size = sizeof r};
    OK(aimc_tile_create(d, 2, 2, NULL, &t));
    OK(aimc_tile_set_weights(t, w, 2));
    OK(aimc_tile_program(t, NULL, &r));
    ck_assert_uint_eq(r.extrapolated, 0);
    OK(aimc_tile_drift_programmed(t, 3600, &r));
    ck_assert_uint_eq(r.extrapolated, 0);
    OK(aimc_tile_drift_programmed(t, 3e7, &r));
    ck_assert_uint_eq(r.extrapolated, 1);
    aimc_noise_model *m = NULL;
    aimc_extrapolation e = {.struct_size = sizeof e};
    OK(aimc_noise_model_create(ctx, "pcm_like", NULL, &m));
    FAILS(AIMC_ERR_INVALID, "before the end", aimc_noise_model_get_extrapolation(m, -1, 0, &e));
    FAILS(AIMC_ERR_INVALID, "1 of 1", aimc_noise_model_get_extrapolation(m, 1e9, 1, &e));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_noise_model_get_extrapolation(NULL, 0, 0, &e));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_noise_model_get_extrapolation(m, 0, 0, NULL));
    aimc_noise_model_destroy(m);
    aimc_tile_destroy(t);
    aimc_device_unref(d);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ranges");
    TCase *t = aimct_case(s, "ranges");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, costs_outside_their_range, 0, sizeof costs / sizeof costs[0]);
    tcase_add_test(t, assumptions_tell_them_too);
    tcase_add_test(t, a_run_has_bits_of_its_own);
    tcase_add_loop_test(t, noise_models_outside_their_range, 0, sizeof models / sizeof models[0]);
    tcase_add_test(t, presets_are_in_their_range);
    tcase_add_test(t, reports_count_them);
    return aimct_main(s);
}
