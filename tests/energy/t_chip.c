/* SPDX-License-Identifier: MIT */
/* The account on a chip: what is counted where, and what must hold on any chip. */
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

/* ---- what is counted ------------------------------------------------------------------------ */

/* An input is stored and leaves the buffer once, whatever its digits; an output is stored once,
 * whatever its slices. */
START_TEST(data_moves_once)
{
    aimc_cost_model *m = make(ctx, "chip", NULL);
    const aimc_cost_events whole = events_of(m, layer(128, 128, 1, 1, 1, 2));
    const aimc_cost_events digits = events_of(m, layer(128, 128, 1, 8, 4, 4));
    ck_assert(whole.buffer_bytes == 128 + 256 && digits.buffer_bytes == 128 + 256);
    ck_assert(digits.moved_bits == 128 * 8 + 128 * 16 && whole.moved_bits == digits.moved_bits);
    ck_assert(digits.adc_conversions == 128 * 8 * 4 && digits.digital_adds == 128 * 8 * 4);
    ck_assert(digits.output_register_bits == 128 * 8 * 4 * 16);
    aimc_cost_model_destroy(m);
}
END_TEST

/* Slices lie side by side; digits follow one another. 128 columns of a slice, 8 to an ADC. */
START_TEST(slices_take_no_time)
{
    aimc_cost_model *m = make(ctx, "chip",
                              SETTINGS("technology.t_read", "1e-7", "technology.adc_rate", "1e9",
                                       "technology.dac_rate", "1e9", "technology.r_line", "0",
                                       "technology.wire_r", "1e-9", "columns_per_adc", "8"));
    const aimc_cost_events one = events_of(m, layer(128, 128, 1, 8, 1, 1)),
                           four = events_of(m, layer(128, 128, 1, 8, 4, 4));
    near(account(m, &one).time_s, 8 * (100e-9 + 8e-9 + 1e-9), 1e-6);
    near(account(m, &four).time_s, account(m, &one).time_s, 1e-6);
    aimc_cost_model_destroy(m);
    /* an ADC of 1.28 GS/s converts 128 columns while the next read settles */
    m = make(ctx, "isaac_32nm", NULL);
    const aimc_cost_events isaac = events_of(m, layer(16, 128, 1, 16, 8, 8));
    near(account(m, &isaac).time_s, 1.6e-6, 1e-3);
    aimc_cost_model_destroy(m);
}
END_TEST

/* A DAC that is on for 1 ns but holds its row for 100 ns draws its power for 100 ns. */
START_TEST(dacs_hold_their_rows)
{
    aimc_cost_model *m =
        make(ctx, "chip",
             SETTINGS("technology.dac_model", "POWER", "technology.dac_bits", "1",
                      "technology.dac_power", "3.9e-6", "technology.t_read", "1e-7"));
    const aimc_cost_events e = events_of(m, layer(16, 128, 1, 1, 1, 2));
    near(component(m, &e, "dac").energy_j, 128 * 3.9e-6 * 1e-7, 1e-12);
    aimc_cost_model_destroy(m);
}
END_TEST

/* Lines, what they charge, how long they settle, and what stands at their ends follow the array. */
START_TEST(arrays_have_a_size)
{
    aimc_cost_model *m = make(ctx, "chip",
                              SETTINGS("technology.dac_model", "CAPACITOR", "columns_per_adc", "8",
                                       "technology.digital_area_um2", "500"));
    double line[2], settle[2], area[2];
    for (int k = 0; k < 2; k++) {
        const uint64_t n = k ? 1024 : 32;
        const aimc_cost_events e = events_of(m, layer(n, n, 1, 1, 1, 1));
        line[k] = component(m, &e, "word_line").energy_j / e.macs;
        settle[k] = component(m, &e, "bit_line").time_s;
        area[k] = component(m, &e, "shift_add").area_m2;
        ck_assert(e.adcs == (double)n / 8);
    }
    near(line[1], line[0], 1e-12);
    near(settle[1], settle[0] * 1024, 1e-12);
    near(area[1], area[0] * 32, 1e-12);
    aimc_cost_model_destroy(m);
}
END_TEST

/* Lines without a stated capacitance have that of their wires and gates: 128 cells of 12 F^2. */
START_TEST(lines_of_geometry)
{
    aimc_cost_model *m = make(ctx, "chip",
                              SETTINGS("technology.c_line", "0", "technology.r_line", "0",
                                       "technology.dac_model", "CAPACITOR", "technology.cell_gate",
                                       "1e-16", "drive", "GATE", "v_word_line", "0.9"));
    const aimc_cost_events e = events_of(m, layer(128, 128, 1, 1, 1, 1));
    const double pitch = sqrt(12) * 0.032, c = pitch * 0.2e-15 + 1e-16;
    near(component(m, &e, "word_line").energy_j, 128 * 128 * c * 0.81, 1e-12);
    const double r = pitch * 1e-6 * 1.77e-8 * (1 + 27.1 / 56) / (2 * 56e-9 * 56e-9);
    const double column = pitch * 0.2e-15 + 0.5e-16;
    near(component(m, &e, "bit_line").time_s, 0.38 * r * column * 128 * 128, 1e-12);
    aimc_cost_model_destroy(m);
}
END_TEST

static aimc_tile *read_tile(const char *const settings[], const float *x)
{
    aimc_config *config = NULL;
    aimc_tile *tile = NULL;
    aimc_device *device = aimct_device(ctx, "ideal", NULL);
    float w[4 * 3], y[4];
    aimct_fill(w, 12, 3);
    OK(aimc_config_create(ctx, "tile", &config));
    for (size_t i = 0; settings[i]; i += 2)
        OK(aimc_config_set_text(config, settings[i], settings[i + 1]));
    OK(aimc_tile_create(device, 4, 3, config, &tile));
    OK(aimc_tile_set_weights(tile, w, 3));
    OK(aimc_tile_count_activity(tile, 1));
    OK(aimc_tile_forward(tile, 1, x, 3, y, 4));
    aimc_config_destroy(config);
    aimc_device_unref(device);
    return tile;
}

static aimc_status count_tile(const aimc_cost_model *m, aimc_tile *tile, aimc_cost_events *e)
{
    aimc_counters c = {.struct_size = sizeof c};
    aimc_cost_shape s = {.struct_size = sizeof s};
    *e = (aimc_cost_events){.struct_size = sizeof *e};
    OK(aimc_tile_get_counters(tile, &c));
    OK(aimc_tile_get_cost_shape(tile, &s));
    return aimc_cost_model_add_counters(m, &c, &s, e);
}

/* Rows of inputs 0 are not charged; what was counted does not depend on the means. */
START_TEST(rows_that_are_driven)
{
    const float x[3] = {0.5f, 0, -1};
    aimc_tile *tile = read_tile(SETTINGS("forward.bound_management", "NONE"), x);
    aimc_cost_events e;
    aimc_cost_model *m = make(ctx, "chip", SETTINGS("technology.input_mean", "0"));
    OK(count_tile(m, tile, &e));
    ck_assert(e.rows_charged == 2 && e.row_cells == 2 * 4 * 2 && e.columns_charged == 4);
    ck_assert(account(m, &e).parts[AIMC_COST_LINES].energy_j > 0);
    aimc_cost_model_destroy(m);
    aimc_tile_destroy(tile);
}
END_TEST

/* The machine that is priced is the one that was read: 7 bits in, 9 out by default, and single
 * bits where the inputs are driven bit by bit. */
START_TEST(converters_of_the_readout)
{
    const float x[3] = {0.5f, 0.25f, -1};
    aimc_tile *tile = read_tile(SETTINGS("forward.bound_management", "NONE"), x);
    aimc_cost_events e;
    aimc_cost_model *m = make(ctx, "chip", NULL);
    OK(count_tile(m, tile, &e));
    ck_assert(e.dac_conversions == 3 && e.dac_conversions_of[7] == 3);
    ck_assert(e.adc_conversions == 4 && e.adc_conversions_of[9] == 4);
    near(component(m, &e, "adc").energy_j, 4 * 10e-15 * 512, 1e-12);
    aimc_cost_model_destroy(m);
    m = make(ctx, "chip", SETTINGS("technology.adc_bits", "3"));
    FAILS(AIMC_ERR_INVALID, "adc_bits = 3 was set, but what was read has 9",
          count_tile(m, tile, &e));
    aimc_cost_model_destroy(m);
    m = make(ctx, "chip", SETTINGS("technology.adc_bits", "9"));
    OK(count_tile(m, tile, &e));
    aimc_cost_model_destroy(m);
    aimc_tile_destroy(tile);

    tile = read_tile(SETTINGS("forward.bound_management", "NONE", "forward.mv_type", "BIT_WISE",
                              "forward.cell_mapping.weight_bits", "4",
                              "forward.cell_mapping.cell_bits", "2",
                              "forward.cell_mapping.n_slices", "2"),
                     x);
    m = make(ctx, "chip", NULL);
    OK(count_tile(m, tile, &e));
    ck_assert_msg(e.dac_conversions_of[1] == 3 * 6 && e.read_steps == 6, "%g drives in %g steps",
                  e.dac_conversions_of[1], e.read_steps);
    ck_assert(e.cells == 12 * 4 && e.adc_conversions == 4 * 6 * 2);
    aimc_cost_model_destroy(m);
    m = make(ctx, "chip", SETTINGS("technology.devices", "2"));
    FAILS(AIMC_ERR_INVALID, "devices = 2 was set", count_tile(m, tile, &e));
    aimc_cost_model_destroy(m);
    aimc_tile_destroy(tile);
}
END_TEST

/* Backward products are priced by their own read-out: here 7 bits in and 9 out forward, three
 * single bits in and 6 out for each of them backward; a product that is 0 is not read. Converters
 * cost fom 2^bits, and single bits hold their lines for one read. */
START_TEST(backward_has_its_own_converters)
{
    const float x[3] = {0.5f, 0.25f, -1};
    const float d[6][4] = {{1, 0, -0.5f, 0.25f}, {1, 1, 1, 1}, {0, 1, 0, 0},
                           {-1, 0, 0, 0},        {0, 0, 0, 1}, {0, 0, 0, 0}};
    float z[6 * 3];
    aimc_tile *tile =
        read_tile(SETTINGS("forward.bound_management", "NONE", "backward.mv_type", "BIT_WISE",
                           "backward.inp_res", "0.0714285714285714286", "backward.out_res",
                           "0.0161290322580645161", "backward.bound_management", "NONE"),
                  x);
    aimc_cost_events e, one;
    aimc_cost_model *m =
        make(ctx, "chip", SETTINGS("technology.input", "AMPLITUDE", "technology.t_read", "1e-7"));
    OK(count_tile(m, tile, &one));
    ck_assert(one.dac_conversions == 3 && one.adc_conversions == 4 && one.read_steps == 1);
    OK(aimc_tile_backward(tile, 6, d[0], 4, z, 3));
    OK(count_tile(m, tile, &e));
    ck_assert(e.dac_conversions_of[7] == 3 && e.dac_conversions_of[1] == 5 * 3 * 4);
    ck_assert(e.adc_conversions_of[9] == 4 && e.adc_conversions_of[6] == 5 * 3 * 3);
    ck_assert(e.dac_conversions == 3 + 60 && e.adc_conversions == 4 + 45);
    ck_assert(e.read_steps == 1 + 15 && e.digital_adds == 4 + 45);
    near(e.input_register_bits - one.input_register_bits, 6 * 4 * 8 + 60, 1e-12);
    near(component(m, &e, "adc").energy_j, 10e-15 * (4 * 512 + 45 * 64), 1e-12);
    near(e.read_s - one.read_s, 15e-7, 1e-12);
    aimc_cost_model_destroy(m);
    aimc_tile_destroy(tile);
}
END_TEST

/* A shape from before says nothing of backward products: they are priced as forward ones. */
START_TEST(shapes_without_backward)
{
    aimc_cost_model *m = make(ctx, "chip", NULL);
    const aimc_counters c = {.struct_size = sizeof c,
                             .forward_vectors = 2,
                             .backward_vectors = 3,
                             .forward_passes = 2,
                             .backward_passes = 3,
                             .dac_conversions = 2 * 3 + 3 * 4,
                             .adc_conversions = 2 * 4 + 3 * 3};
    aimc_cost_shape s = {.struct_size = sizeof s,
                         .n_out = 4,
                         .n_in = 3,
                         .tiles_out = 1,
                         .tiles_in = 1,
                         .dac_bits = 7,
                         .adc_bits = 9};
    aimc_cost_events e = {.struct_size = sizeof e}, told = e;
    OK(aimc_cost_model_add_counters(m, &c, &s, &e));
    ck_assert(e.dac_conversions_of[7] == 18 && e.adc_conversions_of[9] == 17);
    s.backward_steps = 1; /* one conversion of each line, of the technology's bits */
    OK(aimc_cost_model_add_counters(m, &c, &s, &told));
    ck_assert(told.dac_conversions_of[7] == 6 && told.adc_conversions_of[9] == 8);
    ck_assert(told.dac_conversions == 18 && told.adc_conversions == 17);
    s.backward_adc_bits = AIMC_COST_BITS;
    FAILS(AIMC_ERR_INVALID, "25 bits", aimc_cost_model_add_counters(m, &c, &s, &told));
    aimc_cost_model_destroy(m);
}
END_TEST

/* A tile that does not fit the array is priced as several, and told. */
START_TEST(tiles_that_do_not_fit)
{
    const float x[3] = {0.5f, 0.25f, -1};
    aimc_tile *tile = read_tile(SETTINGS("forward.bound_management", "NONE"), x);
    aimc_cost_events e;
    aimc_cost_model *m = make(ctx, "chip", SETTINGS("rows", "2", "cols", "4"));
    OK(count_tile(m, tile, &e));
    ck_assert(e.split_tiles == 1 && e.tiles == 4); /* 3 rows on 2, 8 columns on 4 */
    ck_assert(e.adc_conversions == 8 && e.core_adds == 4 && e.dac_conversions == 6);
    ck_assert(e.adc_steps == 2); /* each of the four arrays has two outputs and an ADC */
    aimc_cost_model_destroy(m);
    aimc_tile_destroy(tile);
}
END_TEST

/* ---- ADCs by architecture ------------------------------------------------------------------- */

START_TEST(architectures)
{
    static const struct {
        const char *model;
        double steps, comparisons;
    } cases[] = {{"SAR", 7, 6},    {"RAMP", 64, 64}, {"CCO", 100, 64},
                 {"FLASH", 1, 63}, {"CYCLIC", 6, 6}, {"SENSE_AMPLIFIER", 1, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        aimc_converter_cost c = {.struct_size = sizeof c};
        aimc_cost_model *m =
            make(ctx, "technology",
                 SETTINGS("adc_model", cases[k].model, "adc_bits", "6", "adc_power", "1e-6",
                          "adc_step", "2e-15", "adc_clock", "1e9"));
        OK(aimc_cost_model_get_adc(m, &c));
        near(c.energy_j, 1e-6 * cases[k].steps * 1e-9 + 2e-15 * cases[k].comparisons, 1e-12);
        near(c.time_s, strcmp(cases[k].model, "CCO") == 0 ? 0 : cases[k].steps * 1e-9, 1e-12);
        aimc_cost_model_destroy(m);
    }
}
END_TEST

/* ---- what must hold on any chip ------------------------------------------------------------- */

static const char *const chips[] = {
    "technology", "rram_32nm", "chip",         "isaac_32nm",   "hermes_14nm",  "neurram_130nm",
    "jia_65nm",   "rram_40nm", "generic_22nm", "generic_28nm", "generic_32nm", "generic_40nm"};
enum { N_CHIPS = sizeof chips / sizeof chips[0] };

/* Numbers of a fixed sequence: 1 ... most. */
static uint64_t draw(uint64_t *state, uint64_t most)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return 1 + (*state >> 33) % most;
}

static aimc_cost_layer random_layer(uint64_t *state)
{
    const uint32_t sets = (uint32_t)draw(state, 4);
    aimc_cost_layer l = layer(draw(state, 700), draw(state, 700), (double)draw(state, 50),
                              (uint32_t)draw(state, 8), sets, sets * (uint32_t)draw(state, 2));
    l.adc_bits = 3 + (uint32_t)draw(state, 6);
    return l;
}

static void sums_hold(const aimc_cost_model *m, const aimc_cost_events *e)
{
    const aimc_cost_report r = account(m, e);
    double energy = 0, time = 0, area = 0, leakage = 0;
    for (size_t i = 0; i < aimc_cost_model_count_components(m); i++) {
        aimc_cost_component c = {.struct_size = sizeof c};
        OK(aimc_cost_model_get_component(m, e, i, &c));
        ck_assert(c.energy_j >= 0 && isfinite(c.energy_j) && c.area_m2 >= 0 && c.time_s >= 0);
        near(c.energy_j, c.count * c.unit_j, 1e-12);
        energy += c.energy_j;
        time += c.time_s;
        area += c.area_m2;
        leakage += c.leakage_w;
    }
    near(energy, r.energy_j, 1e-12);
    near(time, r.time_s, 1e-12);
    near(area, r.area_m2, 1e-12);
    near(r.parts[AIMC_COST_LEAKAGE].energy_j, leakage * r.time_s, 1e-12);
    ck_assert(r.energy_j > 0 && r.time_s > 0 && isfinite(r.energy_j));
}

/* Twice the vectors: twice the energy of events and twice the time, on the same area. */
static void batches_double(const aimc_cost_model *m, aimc_cost_layer l)
{
    const aimc_cost_events one = events_of(m, l);
    l.vectors *= 2;
    const aimc_cost_events two = events_of(m, l);
    const aimc_cost_report a = account(m, &one), b = account(m, &two);
    near(b.energy_j, 2 * a.energy_j, 1e-12);
    near(b.time_s, 2 * a.time_s, 1e-12);
    near(b.area_m2, a.area_m2, 1e-12);
}

/* Layers apart are the whole but for what leaks while others work. */
static void layers_add_up(const aimc_cost_model *m, aimc_cost_layer a, aimc_cost_layer b)
{
    const aimc_cost_events first = events_of(m, a), second = events_of(m, b);
    aimc_cost_events both = first;
    OK(aimc_cost_model_add_layer(m, &b, &both));
    const aimc_cost_report ra = account(m, &first), rb = account(m, &second), r = account(m, &both);
    for (size_t k = 0; k < AIMC_COST_LEAKAGE; k++)
        near(ra.parts[k].energy_j + rb.parts[k].energy_j, r.parts[k].energy_j, 1e-12);
    near(ra.time_s + rb.time_s, r.time_s, 1e-12);
}

static void more_bits_cost_more(const aimc_cost_model *m, aimc_cost_layer l)
{
    double before = 0;
    for (l.adc_bits = 4; l.adc_bits <= 12; l.adc_bits++) {
        const aimc_cost_events e = events_of(m, l);
        const double now = account(m, &e).energy_j;
        ck_assert_msg(now >= before, "%u bits: %g after %g", l.adc_bits, now, before);
        before = now;
    }
}

static void larger_layers_cost_more(const aimc_cost_model *m, aimc_cost_layer l)
{
    const aimc_cost_events e = events_of(m, l);
    aimc_cost_layer wide = l, tall = l;
    wide.n_out *= 2;
    tall.n_in *= 2;
    const aimc_cost_events w = events_of(m, wide), t = events_of(m, tall);
    ck_assert(account(m, &w).energy_j > account(m, &e).energy_j);
    ck_assert(account(m, &t).energy_j > account(m, &e).energy_j);
    ck_assert(account(m, &w).area_m2 >= account(m, &e).area_m2);
}

START_TEST(invariants)
{
    uint64_t state = (uint64_t)_i + 17;
    aimc_cost_model *m = make(ctx, chips[_i], NULL);
    for (int k = 0; k < 40; k++) {
        const aimc_cost_layer a = random_layer(&state), b = random_layer(&state);
        const aimc_cost_events e = events_of(m, a);
        sums_hold(m, &e);
        batches_double(m, a);
        layers_add_up(m, a, b);
        more_bits_cost_more(m, a);
        larger_layers_cost_more(m, a);
    }
    aimc_cost_model_destroy(m);
}
END_TEST

/* A smaller node costs less, a faster clock of the ADC takes less time. */
START_TEST(nodes_and_clocks)
{
    static const char *const nodes[] = {"130", "90", "65", "45", "32", "22", "14", "10", "7"};
    double before = (double)INFINITY;
    for (size_t k = 0; k < sizeof nodes / sizeof nodes[0]; k++) {
        aimc_cost_model *m = make(ctx, "chip", SETTINGS("technology.node_nm", nodes[k]));
        const aimc_cost_events e = events_of(m, layer(64, 64, 3, 4, 2, 2));
        ck_assert(account(m, &e).energy_j < before);
        before = account(m, &e).energy_j;
        aimc_cost_model_destroy(m);
    }
    double time[2];
    for (int k = 0; k < 2; k++) {
        aimc_cost_model *m =
            make(ctx, "generic_32nm", SETTINGS("technology.adc_clock", k ? "2e9" : "1e9"));
        const aimc_cost_events e = events_of(m, layer(64, 64, 3, 4, 2, 2));
        time[k] = account(m, &e).time_s;
        aimc_cost_model_destroy(m);
    }
    ck_assert(time[1] < time[0]);
}
END_TEST

START_TEST(ranges)
{
    aimc_cost_model *m = make(ctx, chips[_i], NULL);
    const aimc_cost_events e = events_of(m, layer(64, 64, 3, 4, 2, 2));
    aimc_cost_range r = {.struct_size = sizeof r};
    OK(aimc_cost_model_get_range(m, &e, &r));
    near(r.nominal_j, account(m, &e).energy_j, 1e-15);
    ck_assert(r.low_j < r.nominal_j && r.nominal_j < r.high_j && r.n_doubts > 5);
    double before = (double)INFINITY;
    for (size_t i = 0; i < r.n_doubts; i++) {
        aimc_cost_sensitivity s = {.struct_size = sizeof s};
        OK(aimc_cost_model_get_sensitivity(m, &e, i, &s));
        const double moves = fabs(s.high_j - s.low_j);
        ck_assert(moves <= before && s.low < s.high && s.basis != AIMC_BASIS_NONE);
        ck_assert(fmin(s.low_j, s.high_j) >= r.low_j * (1 - 1e-12) &&
                  fmax(s.low_j, s.high_j) <= r.high_j * (1 + 1e-12));
        before = moves;
    }
    aimc_cost_sensitivity s = {.struct_size = sizeof s};
    FAILS(AIMC_ERR_INVALID, "that may lie elsewhere",
          aimc_cost_model_get_sensitivity(m, &e, r.n_doubts, &s));
    aimc_cost_model_destroy(m);
}
END_TEST

/* A conductance that is assumed moves the cells by as much as itself. */
START_TEST(conductances_in_doubt)
{
    aimc_cost_model *m = make(ctx, "chip", SETTINGS("technology.input_mean", "0.25"));
    const aimc_cost_events e = events_of(m, layer(64, 64, 3, 1, 1, 2));
    const double cells = component(m, &e, "cell").energy_j;
    for (size_t i = 0;; i++) {
        aimc_cost_sensitivity s = {.struct_size = sizeof s};
        OK(aimc_cost_model_get_sensitivity(m, &e, i, &s));
        if (strcmp(s.name, "g_mean") != 0)
            continue;
        near(s.high_j - s.low_j, 1.5 * cells, 1e-9);
        break;
    }
    aimc_cost_model_destroy(m);
}
END_TEST

START_TEST(pipelines)
{
    aimc_cost_model *m = make(ctx, "isaac_32nm", NULL);
    const aimc_cost_events layers[3] = {events_of(m, layer(16, 128, 100, 16, 8, 8)),
                                        events_of(m, layer(16, 128, 25, 16, 8, 8)),
                                        events_of(m, layer(16, 128, 1, 16, 8, 8))};
    const uint32_t copies[] = {8, 1, 1};
    aimc_cost_schedule s = {.struct_size = sizeof s};
    OK(aimc_cost_model_get_schedule(m, 3, layers, NULL, &s));
    near(s.latency_s, 126 * 1.6e-6, 1e-3);
    near(s.interval_s, 100 * 1.6e-6, 1e-3);
    ck_assert_uint_eq(s.bottleneck, 0);
    OK(aimc_cost_model_get_schedule(m, 3, layers, copies, &s));
    near(s.interval_s, 25 * 1.6e-6, 1e-3);
    near(s.utilisation, (12.5 + 25 + 1) / 75, 1e-3);
    ck_assert_uint_eq(s.bottleneck, 1);
    const uint32_t none[] = {1, 0, 1};
    FAILS(AIMC_ERR_INVALID, "0 copies", aimc_cost_model_get_schedule(m, 3, layers, none, &s));
    FAILS(AIMC_ERR_INVALID, "no layer", aimc_cost_model_get_schedule(m, 0, layers, NULL, &s));
    aimc_cost_model_destroy(m);
}
END_TEST

START_TEST(bad_input)
{
    aimc_cost_model *m = make(ctx, "chip", NULL);
    aimc_cost_events e = {.struct_size = sizeof e};
    aimc_cost_layer l = layer(0, 4, 1, 1, 1, 1);
    FAILS(AIMC_ERR_INVALID, "no shape", aimc_cost_model_add_layer(m, &l, &e));
    l = layer(4, 4, -1, 1, 1, 1);
    FAILS(AIMC_ERR_INVALID, "vectors = -1", aimc_cost_model_add_layer(m, &l, &e));
    l = layer(4, 4, 1, 1, 1, 1);
    l.adc_bits = AIMC_COST_BITS;
    FAILS(AIMC_ERR_INVALID, "25 bits", aimc_cost_model_add_layer(m, &l, &e));
    ck_assert(e.macs == 0 && e.tiles == 0);
    aimc_cost_component c = {.struct_size = sizeof c};
    FAILS(AIMC_ERR_INVALID, "component",
          aimc_cost_model_get_component(m, &e, aimc_cost_model_count_components(m), &c));
    e.adc_conversions_of[3] = -1;
    aimc_cost_report r = {.struct_size = sizeof r};
    FAILS(AIMC_ERR_INVALID, "adc_conversions_of", aimc_cost_model_account(m, &e, &r));
    e.adc_conversions_of[3] = 2; /* of one: the price of either would be wrong */
    e.adc_conversions = 1;
    FAILS(AIMC_ERR_INVALID, "adc_conversions_of adds up to 2", aimc_cost_model_account(m, &e, &r));
    aimc_cost_model_destroy(m);
    aimc_matrix *none = NULL;
    aimc_cost_shape s = {.struct_size = sizeof s};
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_matrix_get_cost_shape(none, &s));
    FAILS(AIMC_ERR_INVALID, "NULL", aimc_tile_get_cost_shape(NULL, &s));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chip");
    TCase *tc = aimct_case(suite, "account on a chip");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, data_moves_once);
    tcase_add_test(tc, slices_take_no_time);
    tcase_add_test(tc, dacs_hold_their_rows);
    tcase_add_test(tc, arrays_have_a_size);
    tcase_add_test(tc, lines_of_geometry);
    tcase_add_test(tc, rows_that_are_driven);
    tcase_add_test(tc, converters_of_the_readout);
    tcase_add_test(tc, backward_has_its_own_converters);
    tcase_add_test(tc, shapes_without_backward);
    tcase_add_test(tc, tiles_that_do_not_fit);
    tcase_add_test(tc, architectures);
    tcase_add_loop_test(tc, invariants, 0, N_CHIPS);
    tcase_add_test(tc, nodes_and_clocks);
    tcase_add_loop_test(tc, ranges, 0, N_CHIPS);
    tcase_add_test(tc, conductances_in_doubt);
    tcase_add_test(tc, pipelines);
    tcase_add_test(tc, bad_input);
    return aimct_main(suite);
}
