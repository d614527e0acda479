/* SPDX-License-Identifier: MIT */
/* Every model of device under every kind of update, single pulses, upkeep and drift; presets. */
#include "scenario.h"

/* ---- runs ----------------------------------------------------------------------------------- */

static void digest_figures(digest *d, const aimc_device *device)
{
    aimc_device_info info = {.struct_size = sizeof info};
    OK(aimc_device_get_info(device, &info));
    const double all[] = {info.granularity,    info.num_states,     info.step_up_at_0,
                          info.step_down_at_0, info.symmetry_point, info.w_min,
                          info.w_max};
    digest_number(d, (uint64_t)info.is_ideal);
    digest_doubles(d, all, sizeof all / sizeof all[0]);
}

static void digest_symmetry(digest *d, const scenario_tile *t)
{
    float value[SCENARIO_SIDE * SCENARIO_SIDE];
    OK(aimc_tile_find_symmetry_point(t->tile, 20, value, t->n_in));
    digest_floats(d, value, t->n_out * t->n_in);
}

static void pulse(scenario_tile *t)
{
    int32_t counts[SCENARIO_SIDE * SCENARIO_SIDE];
    for (size_t k = 0; k < t->n_out * t->n_in; k++)
        counts[k] = (int32_t)(k * 7 % 23) - 11;
    OK(aimc_tile_pulse(t->tile, counts, t->n_in));
}

/* Training, reads, single pulses unless #no_pulses, save and go on unless the device is a user's.
 */
static void run_device(aimc_context *ctx, const char *settings, digest *d)
{
    scenario_tile t = scenario_tile_open(ctx, settings);
    const size_t n = (size_t)scenario_number(settings, "#steps", 8);
    digest_figures(d, t.device);
    digest_tile(d, &t);
    scenario_train(&t, settings, 0, n);
    digest_tile(d, &t);
    digest_reads(d, &t, 21);
    if (!scenario_has(settings, "#no_pulses")) {
        digest_symmetry(d, &t);
        pulse(&t);
    }
    if (scenario_has(settings, "#shift"))
        OK(aimc_tile_shift_symmetry_point(t.tile, 10));
    if (!scenario_has(settings, "#user"))
        scenario_reload(ctx, &t, d);
    scenario_train(&t, settings, n, n + 4);
    digest_tile(d, &t);
    digest_reads(d, &t, 22);
    scenario_tile_close(&t);
}

/* Rounds of the operations that are named: #decay, #diffuse, #reset, #drift. */
static void run_upkeep(aimc_context *ctx, const char *settings, digest *d)
{
    scenario_tile t = scenario_tile_open(ctx, settings);
    for (size_t k = 0; k < 6; k++) {
        if (scenario_has(settings, "#decay"))
            OK(aimc_tile_decay(t.tile, 0.5 * (double)k));
        if (scenario_has(settings, "#diffuse"))
            OK(aimc_tile_diffuse(t.tile));
        if (scenario_has(settings, "#reset"))
            OK(aimc_tile_reset(t.tile, 5 * k % t.n_in, 3, k % 2 ? 1 : 0.6));
        if (scenario_has(settings, "#drift"))
            OK(aimc_tile_drift_trained(t.tile, 3 * (double)k));
        if (k == 3 && scenario_has(settings, "#pulses"))
            pulse(&t);
        digest_reads(d, &t, 30 + k);
        if (k == 4)
            scenario_reload(ctx, &t, d);
    }
    digest_tile(d, &t);
    scenario_tile_close(&t);
}

/* The tile through a file. */
static void reload_file(aimc_context *ctx, scenario_tile *t, digest *d)
{
    char path[512];
    scenario_temporary(path, sizeof path);
    OK(aimc_tile_save(t->tile, path));
    digest_file(d, path);
    aimc_optimizer_destroy(t->optimizer);
    t->optimizer = NULL;
    aimc_tile_destroy(t->tile);
    OK(aimc_tile_load(ctx, path, &t->tile));
    remove(path);
}

/* Chosen parameters of devices instead of drawn ones; then through a file. */
static void run_parameters(aimc_context *ctx, const char *settings, digest *d)
{
    float value[SCENARIO_SIDE * SCENARIO_SIDE];
    scenario_tile t = scenario_tile_open(ctx, settings);
    for (size_t i = 0; i < aimc_tile_count_parameters(t.tile); i++) {
        const char *const name = aimc_tile_get_parameter_name(t.tile, i);
        OK(aimc_tile_get_parameter(t.tile, name, value, t.n_in));
        for (size_t k = 0; k < t.n_out * t.n_in; k += 3)
            value[k] *= 0.75f;
        OK(aimc_tile_set_parameter(t.tile, name, value, t.n_in));
    }
    scenario_train(&t, settings, 0, 4);
    digest_tile(d, &t);
    if (!scenario_has(settings, "#user"))
        reload_file(ctx, &t, d);
    digest_reads(d, &t, 23);
    scenario_tile_close(&t);
}

/* ---- models and updates --------------------------------------------------------------------- */

#define PIECES "device.piecewise_up=[0.5, 1, 1.5, 0.7];device.piecewise_down=[1.5, 1, 0.4, 0.2]"
#define TABLES                                                                                     \
    "device.step_up=[4, 3, 1];device.noise_up=[1, 2, 0.5];"                                        \
    "device.step_down=[1, 2, 4];device.state_down=[0, 0.3, 1]"
#define PAIR                                                                                       \
    "device=vector_cell;device.separate_devices=true;device.device=linear_step;"                   \
    "device.device_1=soft_bounds;device.device_1.dw_min=0.005;device.n_devices=2"

static const scenario_row models[] = {
    {"constant_step", "device=constant_step"},
    {"linear_step",
     "device=linear_step;device.gamma_up=0.4;device.gamma_down=0.6;device.mult_noise=false"},
    {"soft_bounds", "device=soft_bounds;device.dw_min=0.003"},
    {"soft_bounds_pmax", "device=soft_bounds_pmax;device.p_max=400"},
    {"soft_bounds_reference",
     "device=soft_bounds_reference;device.slope_up_dtod=0.1;device.slope_down_dtod=0.2;"
     "device.reference_std=0.05;device.subtract_symmetry_point=true;device.write_noise_std=2"},
    {"exp_step", "device=exp_step;device.dw_min_std_add=0.2;device.dw_min_std_slope=0.3"},
    {"pow_step", "device=pow_step;device.pow_gamma=1.7;device.pow_up_down=0.2"},
    {"pow_step_reference",
     "device=pow_step_reference;device.pow_gamma=1.3;device.reference_std=0.05"},
    {"piecewise_step", "device=piecewise_step;" PIECES},
    {"polynomial_step", "device=polynomial_step;device.coefficients_up=[1, -0.5, 0.25];"
                        "device.coefficients_down=[0.3, 1, -0.2, 0.1]"},
    {"window_step", "device=window_step;device.window_power=3"},
    {"table_step", "device=table_step;" TABLES},
    {"vector_cell", PAIR},
    {"reference_cell",
     "device=reference_cell;device.device=soft_bounds;device.device.dw_min=0.002"},
    {"one_sided_cell", "device=one_sided_cell;device.device=soft_bounds;#w=0.2"},
    {"user", "#user=1"},
    {NULL, NULL},
};

#define PULSES(type) "optimizer.update.pulse_type=" type
#define MULTI(how)   "optimizer.update.multi_pulse=" how

static const scenario_row updates[] = {
    {"compressed", PULSES("STOCHASTIC_COMPRESSED")},
    {"stochastic", PULSES("STOCHASTIC") ";optimizer.update.desired_bl=15;optimizer.update.update_"
                                        "bl_management=false"},
    {"mean_count", PULSES("MEAN_COUNT")},
    {"implicit", PULSES("DETERMINISTIC_IMPLICIT") ";optimizer.update.x_res_implicit=0.05;"
                                                  "optimizer.update.d_res_implicit=0.02"},
    {"none_with_device", PULSES("NONE_WITH_DEVICE") ";#lr=0.5"},
    {"none", PULSES("NONE")},
    {"sequence", MULTI("SEQUENCE") ";#lr=0.2;optimizer.update.fixed_bl=false"},
    {"close", MULTI("CLOSE") ";#lr=0.2;optimizer.update.desired_bl=40"},
    {"batch", MULTI("BATCH") ";#lr=0.2;optimizer.update.desired_bl=20"},
    {"plain", "optimizer.update.update_management=false;"
              "optimizer.update.update_bl_management=false;optimizer.update.desired_bl=9"},
    {"grid", "optimizer.update.res=0.02;optimizer.update.sto_round=true;"
             "optimizer.update.um_grad_scale=0.5;#in=37"},
    {NULL, NULL},
};

static const scenario_row ideal[] = {
    {"plain", "device=ideal;#no_pulses=1"},
    {"upkeep", "device=ideal;device.lifetime=20;device.diffusion=0.01;#no_pulses=1"},
    {"quantised", "device=ideal;optimizer.update.pulse_type=NONE;optimizer.update.desired_bl=5;"
                  "#no_pulses=1;#lr=0.1"},
    {NULL, NULL},
};

/* ---- options of models ---------------------------------------------------------------------- */

static const scenario_row options[] = {
    {"log_normal", "device.dw_min_dtod_log_normal=true;device.dw_min_dtod=0.8"},
    {"corrupt", "device.corrupt_devices_prob=0.3;device.corrupt_devices_range=0.2"},
    {"perfect_bias", "device.perfect_bias=true"},
    {"up_down", "device.up_down=0.2;device.up_down_dtod=0.1"},
    {"down_up", "device.up_down=-0.3;device.enforce_consistency=false"},
    {"no_noise", "device.dw_min_std=0;device.dw_min_dtod=0"},
    {"loud", "device.dw_min_std=5;#lr=0.2"},
    {"counted", "device.count_pulses=true;device.w_max_dtod=0;device.w_min_dtod=0;#lr=0.3"},
    {"relaxing", "device.lifetime=50;device.lifetime_dtod=0.2;device.diffusion=0.002;"
                 "device.diffusion_dtod=0.3;device.reset=0.02;device.reset_dtod=0.01"},
    {"large", "#out=40;#in=70;#steps=3"},
    {"large_threads", "#out=40;#in=70;#steps=3;#threads=2;#same=1"},
    {"own_seed", "seed=5"},
    {"uncounted", "#uncounted=1"},
    {NULL, NULL},
};

static const scenario_row writing[] = {
    {"write_noise", "device.write_noise_std=3"},
    {"not_on_set", "device.write_noise_std=3;device.apply_write_noise_on_set=false"},
    {NULL, NULL},
};

static const scenario_row written[] = {
    {"linear_step", "device=linear_step;device.gamma_up=0.2"},
    {"soft_bounds", "device=soft_bounds"},
    {"exp_step", "device=exp_step"},
    {"pow_step", "device=pow_step"},
    {"piecewise_step", "device=piecewise_step;" PIECES},
    {"polynomial_step", "device=polynomial_step;device.coefficients_up=[1, -0.5]"},
    {"window_step", "device=window_step"},
    {"table_step", "device=table_step;" TABLES},
    {NULL, NULL},
};

static const scenario_row special[] = {
    {"vteam", "device=vteam;device.window=JOGLEKAR"},
    {"stanford_pku", "device=stanford_pku"},
    {"measured_step",
     "device=measured_step;device.level=[0.1, 0.5, 0.9];device.state=[0, 1];"
     "device.step_up=[0, 0.01, 0.03, -0.01, 0, 0.02];"
     "device.step_down=[-0.02, -0.01, 0, -0.03, -0.01, 0];device.write_noise_std=1"},
    {"worn", "device=soft_bounds;device.endurance.onset=5;device.endurance.onset_dtod=0.3;"
             "device.read_disturb.rate=0.001"},
    {"linear_reverse", "device=linear_step;device.gamma_up=0.5;device.gamma_down=0.5;"
                       "device.reverse_up=true;device.reverse_offset=0.05"},
    {"linear_own_bounds", "device=linear_step;device.gamma_up=-0.5;device.gamma_down=0.5;"
                          "device.allow_increasing=true;device.mean_bound_reference=false"},
    {"soft_reverse", "device=soft_bounds;device.reverse_down=true;device.reverse_offset=0.02"},
    {"soft_additive", "device=soft_bounds;device.mult_noise=false"},
    {"pmax_aihwkit", "device=soft_bounds_pmax;device.aihwkit_mapping=true;device.alpha=0.005"},
    {"reference_mult", "device=soft_bounds_reference;device.mult_noise=true;"
                       "device.reference_mean=0.1"},
    {"pow_estimated", "device=pow_step_reference;device.subtract_symmetry_point=true;"
                      "device.n_estimation_steps=50"},
    {"pow_bisected", "device=pow_step_reference;device.subtract_symmetry_point=true"},
    {"shift_soft", "device=soft_bounds_reference;#shift=1"},
    {"shift_pow", "device=pow_step_reference;device.pow_up_down=0.3;#shift=1"},
    {"shift_cell", "device=reference_cell;device.device=soft_bounds;#shift=1"},
    {"vector_fixed", PAIR ";device.update_policy=SINGLE_FIXED;device.first_update_idx=1;"
                          "device.gamma_vec=[1, 0.25]"},
    {"vector_turns", PAIR ";device.update_policy=SINGLE_SEQUENTIAL"},
    {"vector_random", PAIR ";device.update_policy=SINGLE_RANDOM;device.compensate_lr=true"},
    {"vector_five", "device=vector_cell;device.device=constant_step;device.n_devices=5"},
    {"reference_other", "device=reference_cell;device.device=linear_step;"
                        "device.separate_reference=true;device.reference_device=exp_step"},
    {"reference_shifted", "device=reference_cell;device.device=soft_bounds;device.shift_pairs=30"},
    {"one_sided_inverted", "device=one_sided_cell;device.device=linear_step;"
                           "device.copy_inverted=true"},
    {"one_sided_refresh", "device=one_sided_cell;device.device=soft_bounds;device.device.w_min=0;"
                          "device.refresh_every=2;device.refresh_upper_thres=0.3;#lr=0.2;"
                          "device.refresh_lower_thres=0.05"},
    {"one_sided_refresh_vectors",
     "device=one_sided_cell;device.device=soft_bounds;device.device.w_min=0;"
     "device.refresh_every=3;device.units_in_mbatch=false;device.refresh_upper_thres=0.2;"
     "device.refresh_lower_thres=0.02;device.refresh_update.pulse_type=MEAN_COUNT"},
    {NULL, NULL},
};

/* ---- upkeep --------------------------------------------------------------------------------- */

#define RELAX(at)                                                                                  \
    at ".lifetime=40;" at ".lifetime_dtod=0.1;" at ".diffusion=0.01;" at ".reset=0.05;" at         \
       ".reset_dtod=0.02;" at ".drift.nu=0.05;" at ".drift.nu_dtod=0.3;" at ".drift.nu_std=0.1;"

static const scenario_row relaxing[] = {
    {"ideal", "device=ideal;device.lifetime=40;device.diffusion=0.01;device.drift.nu=0.05"},
    {"constant_step", "device=constant_step;" RELAX("device")},
    {"soft_bounds", "device=soft_bounds;device.write_noise_std=2;" RELAX("device")},
    {"exp_step", "device=exp_step;#pulses=1;" RELAX("device")},
    {"window_step", "device=window_step;#pulses=1;" RELAX("device")},
    {"soft_bounds_reference",
     "device=soft_bounds_reference;device.reference_std=0.1;" RELAX("device")},
    {"vector_cell", "device=vector_cell;device.device=linear_step;" RELAX("device.device")},
    {"reference_cell", "device=reference_cell;device.device=soft_bounds;" RELAX("device.device")},
    {"one_sided_cell", "device=one_sided_cell;device.device=soft_bounds;" RELAX("device.device")},
    {NULL, NULL},
};

static const scenario_row upkeep[] = {
    {"decay", "#decay=1"},
    {"diffuse", "#diffuse=1"},
    {"reset", "#reset=1"},
    {"drift", "#drift=1"},
    {"all", "#decay=1;#diffuse=1;#reset=1;#drift=1"},
    {NULL, NULL},
};

static const scenario_row drifting[] = {
    {"conductance", "device.drift.wg_ratio=0.03;device.drift.g_offset=12;"
                    "device.drift.w_offset=0.1;device.drift.t_0=2"},
    {"state", "device.drift.wg_ratio=0.04;device.drift.g_offset=25;device.drift.nu_k=0.01;"
              "device.drift.log_g0=3;device.drift.w_noise_std=0.01"},
    {"written", "device.drift.reset_tol=0.001;#pulses=1"},
    {NULL, NULL},
};

static const scenario_row drifted[] = {
    {"constant_step", "device=constant_step;device.drift.nu=0.08;#drift=1"},
    {"pow_step", "device=pow_step;device.write_noise_std=1;device.drift.nu=0.08;#drift=1"},
    {NULL, NULL},
};

/* ---- presets -------------------------------------------------------------------------------- */

static const scenario_row presets[] = {
    {"reram_es", "device=reram_es"},
    {"reram_sb", "device=reram_sb"},
    {"capacitor", "device=capacitor"},
    {"ecram", "device=ecram"},
    {"ecram_mo", "device=ecram_mo"},
    {"idealized", "device=idealized"},
    {"gokmen_vlasov", "device=gokmen_vlasov"},
    {"pcm", "device=pcm"},
    {"pcm_cell", "device=pcm_cell"},
    {"reram_array_om", "device=reram_array_om"},
    {"reram_array_hfo2", "device=reram_array_hfo2"},
    {"reram_es_2", "device=reram_es_2"},
    {"reram_sb_4", "device=reram_sb_4"},
    {"capacitor_4", "device=capacitor_4"},
    {"ecram_2", "device=ecram_2"},
    {"ecram_mo_4", "device=ecram_mo_4"},
    {"idealized_2", "device=idealized_2"},
    {"ferro_20ns", "device=ferro_20ns"},
    {"ferro_200us", "device=ferro_200us"},
    {"aihwkit_pow_step_reference", "device=aihwkit_pow_step_reference"},
    {"aihwkit_vector_cell", "device=aihwkit_vector_cell"},
    {"aihwkit_soft_bounds_pmax", "device=aihwkit_soft_bounds_pmax"},
    {NULL, NULL},
};

static const scenario_row opened[] = {
    {"constant_step", "device=constant_step"},
    {"linear_step", "device=linear_step;device.gamma_up=0.2"},
    {"soft_bounds", "device=soft_bounds"},
    {"soft_bounds_reference", "device=soft_bounds_reference"},
    {"exp_step", "device=exp_step"},
    {"pow_step", "device=pow_step"},
    {"piecewise_step", "device=piecewise_step;" PIECES},
    {"window_step", "device=window_step"},
    {NULL, NULL},
};

const scenario_group scenario_devices[] = {
    {"device", run_device, "optimizer=sgd", models, updates},
    {"ideal", run_device, "optimizer=sgd", ideal, NULL},
    {"option", run_device, "optimizer=sgd", opened, options},
    {"writing", run_device, "optimizer=sgd", written, writing},
    {"special", run_device, "optimizer=sgd;#lr=0.2", special, NULL},
    {"preset", run_device, "optimizer=sgd", presets, NULL},
    {"parameters", run_parameters, "optimizer=sgd", models, NULL},
    {"upkeep", run_upkeep, "", relaxing, upkeep},
    {"drift", run_upkeep, "", drifted, drifting},
    {NULL, NULL, NULL, NULL, NULL},
};
