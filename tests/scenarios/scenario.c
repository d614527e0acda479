/* SPDX-License-Identifier: MIT */
/* What all scenarios need: hashes, settings, tiles. */
#include "portable.h"
#include "scenario.h"

/* ---- hashes --------------------------------------------------------------------------------- */

void digest_bytes(digest *d, const void *bytes, size_t n)
{
    const uint8_t *const b = bytes;
    for (size_t i = 0; i < n; i++)
        d->value = (d->value ^ b[i]) * 0x100000001B3u;
}

void digest_floats(digest *d, const float *x, size_t n)
{
    digest_bytes(d, x, n * sizeof *x);
}

void digest_number(digest *d, uint64_t x)
{
    digest_bytes(d, &x, sizeof x);
}

void digest_double(digest *d, double x)
{
    const double same = isnan(x) ? (double)NAN : x;
    digest_bytes(d, &same, sizeof same);
}

void digest_doubles(digest *d, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest_double(d, x[i]);
}

void digest_tensors(digest *d, const uint8_t *bytes, size_t n)
{
    uint64_t header = 0;
    ck_assert_uint_ge(n, 8);
    for (size_t i = 8; i-- > 0;)
        header = header << 8 | bytes[i];
    ck_assert_uint_le(header, n - 8);
    digest_number(d, n - 8 - header);
    digest_bytes(d, bytes + 8 + header, n - 8 - (size_t)header);
}

void digest_file(digest *d, const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "cannot open %s", path);
    ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
    const long n = ftell(f);
    ck_assert_int_gt(n, 0);
    rewind(f);
    uint8_t *bytes = malloc((size_t)n);
    ck_assert_uint_eq(fread(bytes, 1, (size_t)n, f), (size_t)n);
    fclose(f);
    digest_tensors(d, bytes, (size_t)n);
    free(bytes);
}

void digest_counters(digest *d, const aimc_counters *c)
{
    const uint64_t all[] = {c->pulses_up,
                            c->pulses_down,
                            c->updates,
                            c->pulse_slots,
                            c->forward_vectors,
                            c->forward_passes,
                            c->backward_vectors,
                            c->backward_passes,
                            c->dac_conversions,
                            c->adc_conversions,
                            c->clipped_outputs,
                            c->weight_writes,
                            c->accumulations,
                            c->gradient_macs,
                            c->program_pulses,
                            c->verify_reads,
                            c->activity_reads,
                            c->input_activity,
                            c->input_activity_squared,
                            c->conductance_activity,
                            c->conductance_activity_squared};
    digest_bytes(d, all, sizeof all);
}

void digest_inference(digest *d, const aimc_inference_report *r)
{
    const uint64_t counts[] = {r->n_weights,    r->n_devices,  r->n_faulty,   r->pulses,
                               r->verify_reads, r->iterations, r->unconverged};
    const double figures[] = {r->write_time_s, r->t_s,      r->weight_error,
                              r->gain_mean,    r->gain_min, r->gain_max};
    digest_bytes(d, counts, sizeof counts);
    digest_doubles(d, figures, sizeof figures / sizeof figures[0]);
}

/* ---- settings ------------------------------------------------------------------------------- */

/* The next item of a text: its name and value; NULL after the last one. */
static const char *next_item(const char *text, char name[96], char value[512])
{
    text += strspn(text, "; ");
    if (*text == '\0')
        return NULL;
    const size_t end = strcspn(text, ";"), equals = strcspn(text, "=");
    ck_assert_msg(equals < end && equals < 96 && end - equals < 512, "'%s': no item", text);
    snprintf(name, 96, "%.*s", (int)equals, text);
    snprintf(value, 512, "%.*s", (int)(end - equals - 1), text + equals + 1);
    return text + end;
}

/* One field, or the same one of both directions. */
static void set_item(aimc_config *config, const char *name, const char *value)
{
    char own[128];
    if (strncmp(name, "both", 4) != 0) {
        OK(aimc_config_set_text(config, name, value));
        return;
    }
    snprintf(own, sizeof own, "forward%s", name + 4);
    OK(aimc_config_set_text(config, own, value));
    snprintf(own, sizeof own, "backward%s", name + 4);
    OK(aimc_config_set_text(config, own, value));
}

aimc_config *scenario_config(aimc_context *ctx, const char *kind, const char *settings, char mark)
{
    aimc_config *config = NULL;
    char name[96], value[512];
    OK(aimc_config_create(ctx, kind, &config));
    while ((settings = next_item(settings, name, value)) != NULL) {
        const char own = name[0] == '#' || name[0] == '@' ? name[0] : '\0';
        if (own == mark)
            set_item(config, name + (own != '\0'), value);
    }
    return config;
}

bool scenario_word(const char *settings, const char *name, char *buf, size_t size)
{
    char own[96], value[512];
    bool found = false;
    while ((settings = next_item(settings, own, value)) != NULL) {
        if (strcmp(own, name) == 0) {
            ck_assert_uint_lt(strlen(value), size);
            memcpy(buf, value, strlen(value) + 1);
            found = true;
        }
    }
    return found;
}

double scenario_number(const char *settings, const char *name, double otherwise)
{
    char value[512];
    return scenario_word(settings, name, value, sizeof value) ? strtod(value, NULL) : otherwise;
}

bool scenario_has(const char *settings, const char *name)
{
    return scenario_number(settings, name, 0) != 0;
}

/* ---- devices -------------------------------------------------------------------------------- */

static void user_populate(void *user, const aimc_user_cells *c)
{
    (void)user;
    for (uint64_t i = 0; i < c->n; i++) {
        c->parameters[0][i] = 0.004f * (1 + 0.3f * c->normals[0][i]);
        c->w_max[i] *= 1 + 0.2f * (c->uniforms[0][i] - 0.5f);
        c->w_min[i] *= 1 + 0.2f * (c->uniforms[1][i] - 0.5f);
    }
}

static void user_pulse(void *user, const aimc_user_cells *c)
{
    (void)user;
    for (uint64_t i = 0; i < c->n; i++) {
        const float step = c->parameters[0][i] * (1 + 0.2f * c->normals[0][i]);
        const float slip = 0.0005f * c->uniforms[0][i];
        c->w[i] += c->direction[i] > 0 ? step * (1 - c->w[i]) + slip : -step * (1 + c->w[i]);
    }
}

static aimc_device *user_device(aimc_context *ctx)
{
    const aimc_user_device user = {.struct_size = sizeof user,
                                   .n_parameters = 1,
                                   .name = "scenario",
                                   .parameter_names = {"step"},
                                   .granularity = 0.004,
                                   .w_min = -0.7,
                                   .w_max = 0.8,
                                   .populate = user_populate,
                                   .pulse = user_pulse};
    aimc_device *device = NULL;
    OK(aimc_device_create_user(ctx, &user, &device));
    return device;
}

aimc_device *scenario_device(aimc_context *ctx, const aimc_config *layer, const char *settings)
{
    if (scenario_has(settings, "#user"))
        return user_device(ctx);
    aimc_device *device = NULL;
    OK(aimc_device_create(ctx, NULL, aimc_config_get_nested(layer, "device"), &device));
    return device;
}

/* ---- tiles ---------------------------------------------------------------------------------- */

static void bind_optimizer(scenario_tile *t)
{
    const aimc_config *optimizer = aimc_config_get_nested(t->layer, "optimizer");
    if (optimizer)
        OK(aimc_optimizer_create(t->tile, NULL, optimizer, &t->optimizer));
}

scenario_tile scenario_tile_open(aimc_context *ctx, const char *settings)
{
    char kind[64] = "layer";
    float w[SCENARIO_SIDE * SCENARIO_SIDE];
    scenario_word(settings, "#layer", kind, sizeof kind);
    scenario_tile t = {.layer = scenario_config(ctx, kind, settings, '\0'),
                       .n_out = (size_t)scenario_number(settings, "#out", SCENARIO_OUT),
                       .n_in = (size_t)scenario_number(settings, "#in", SCENARIO_IN)};
    t.device = scenario_device(ctx, t.layer, settings);
    OK(aimc_tile_create(t.device, t.n_out, t.n_in, t.layer, &t.tile));
    if (!scenario_has(settings, "#unbound"))
        bind_optimizer(&t);
    aimct_fill(w, t.n_out * t.n_in, 11);
    for (size_t k = 0; k < t.n_out * t.n_in; k++)
        w[k] *= (float)scenario_number(settings, "#w", 0.4);
    OK(aimc_tile_set_weights(t.tile, w, t.n_in));
    return t;
}

void scenario_tile_close(scenario_tile *t)
{
    aimc_optimizer_destroy(t->optimizer);
    aimc_tile_destroy(t->tile);
    aimc_device_unref(t->device);
    aimc_config_destroy(t->layer);
}

/* Uniform numbers, every fifth 0, so that sparse ways are taken too. */
static void sparse(float *x, size_t n, uint64_t seed)
{
    aimct_fill(x, n, seed);
    for (size_t k = seed % 5; k < n; k += 5)
        x[k] = 0;
}

void digest_reads(digest *d, scenario_tile *t, uint64_t seed)
{
    enum { FORWARD = 5, BACKWARD = 3 };
    float in[FORWARD * SCENARIO_SIDE], out[FORWARD * SCENARIO_SIDE];
    sparse(in, FORWARD * t->n_in, seed);
    OK(aimc_tile_forward(t->tile, FORWARD, in, t->n_in, out, t->n_out));
    digest_floats(d, out, FORWARD * t->n_out);
    sparse(in, BACKWARD * t->n_out, seed + 1);
    OK(aimc_tile_backward(t->tile, BACKWARD, in, t->n_out, out, t->n_in));
    digest_floats(d, out, BACKWARD * t->n_in);
}

static void digest_fixed(digest *d, const aimc_tile *tile, aimc_direction direction,
                         const size_t shape[2])
{
    float value[SCENARIO_SIDE * SCENARIO_SIDE];
    for (size_t i = 0; i < aimc_tile_count_fixed_errors(tile, direction); i++) {
        const char *name = aimc_tile_get_fixed_error_name(tile, direction, i);
        const size_t n = strcmp(name, "read_polarity") == 0 ? shape[0] * shape[1]
                                                            : shape[direction == AIMC_BACKWARD];
        OK(aimc_tile_get_fixed_error(tile, direction, name, value, n));
        digest_floats(d, value, n);
    }
}

void digest_tile(digest *d, const scenario_tile *t)
{
    float value[SCENARIO_SIDE * SCENARIO_SIDE];
    const size_t shape[] = {t->n_out, t->n_in};
    OK(aimc_tile_get_weights(t->tile, value, t->n_in));
    digest_floats(d, value, t->n_out * t->n_in);
    for (size_t i = 0; i < aimc_tile_count_parameters(t->tile); i++) {
        const char *const name = aimc_tile_get_parameter_name(t->tile, i);
        OK(aimc_tile_get_parameter(t->tile, name, value, t->n_in));
        digest_floats(d, value, t->n_out * t->n_in);
    }
    digest_fixed(d, t->tile, AIMC_FORWARD, shape);
    digest_fixed(d, t->tile, AIMC_BACKWARD, shape);
    aimc_counters counters = {.struct_size = sizeof counters};
    OK(aimc_tile_get_counters(t->tile, &counters));
    digest_counters(d, &counters);
}

void digest_optimizer(digest *d, const aimc_optimizer *optimizer, size_t n_out, size_t n_in)
{
    float value[SCENARIO_SIDE * SCENARIO_SIDE];
    aimc_optimizer_stats s = {.struct_size = sizeof s};
    OK(aimc_optimizer_get_stats(optimizer, &s));
    const uint64_t all[] = {s.transfers, s.reads,     s.crossings, s.clipped,
                            s.fast_up,   s.fast_down, s.slow_up,   s.slow_down};
    digest_bytes(d, all, sizeof all);
    for (size_t i = 0; i < aimc_optimizer_count_matrices(optimizer); i++) {
        char name[64];
        aimc_optimizer_get_matrix_name(optimizer, i, name, sizeof name);
        OK(aimc_optimizer_get_matrix(optimizer, name, value, n_in));
        digest_floats(d, value, n_out * n_in);
    }
}

void scenario_train(scenario_tile *t, const char *settings, size_t first, size_t last)
{
    float x[SCENARIO_BATCH * SCENARIO_SIDE], g[SCENARIO_BATCH * SCENARIO_SIDE];
    const double lr = scenario_number(settings, "#lr", 0.05);
    for (size_t k = first; k < last; k++) {
        const size_t n = k % 5 + 1;
        sparse(x, n * t->n_in, 100 + k);
        sparse(g, n * t->n_out, 200 + k);
        OK(aimc_optimizer_step(t->optimizer, n, x, t->n_in, g, t->n_out, lr));
    }
}

void scenario_reload(aimc_context *ctx, scenario_tile *t, digest *d)
{
    size_t n = 0;
    OK(aimc_tile_save_bytes(t->tile, NULL, 0, &n));
    uint8_t *bytes = malloc(n);
    OK(aimc_tile_save_bytes(t->tile, bytes, n, &n));
    digest_tensors(d, bytes, n);
    aimc_optimizer_destroy(t->optimizer);
    aimc_tile_destroy(t->tile);
    t->optimizer = NULL;
    OK(aimc_tile_load_bytes(ctx, bytes, n, &t->tile));
    free(bytes);
    bind_optimizer(t);
}

void scenario_temporary(char *path, size_t size)
{
    const char *const folder = getenv("TMPDIR");
    snprintf(path, size, "%s/aimc_scenario_XXXXXX", folder ? folder : "/tmp");
    const int file = mkstemp(path);
    ck_assert_msg(file >= 0, "cannot make %s", path);
    close(file);
}
