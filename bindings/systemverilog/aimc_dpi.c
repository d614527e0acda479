/* SPDX-License-Identifier: MIT */
/* The DPI-C side of aimc_pkg.sv. Compile it as C11 with the simulator's svdpi.h:
 *
 *     cc -std=c11 -c -I/usr/share/verilator/include/vltstd aimc_dpi.c $(pkg-config --cflags aimc)
 *
 * Verilator compiles a .c file of its command line as C++: give it the object. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/aimc.h>
#include <svdpi.h>

struct tile {
    aimc_context *ctx;
    aimc_tile *tile;
    int max_code;
};

/* ---- errors --------------------------------------------------------------------------------- */

static _Thread_local char message[1024];

static int refuse(aimc_status status, const char *text)
{
    snprintf(message, sizeof message, "%s", text);
    return status;
}

/* Status of a call of the library, its sentence kept. */
static int checked(aimc_status status)
{
    return status == AIMC_OK ? 0 : refuse(status, aimc_get_last_error());
}

const char *aimc_sv_error(void)
{
    return message;
}

static int refuse_null(const struct tile *t)
{
    return t == NULL ? refuse(AIMC_ERR_INVALID, "the tile is null") : 0;
}

/* ---- arrays: svGetArrayPtr may give NULL, which the standard allows ------------------------- */

enum move { FROM_SIMULATOR, TO_SIMULATOR };

static int check_size(svOpenArrayHandle h, const char *name, size_t n)
{
    if (h == NULL || svDimensions(h) != 1 || svSize(h, 1) < 0 || (size_t)svSize(h, 1) != n) {
        snprintf(message, sizeof message,
                 "%s has %d elements in %d dimensions; the tile needs %zu in one", name,
                 h ? svSize(h, 1) : 0, h ? svDimensions(h) : 0, n);
        return AIMC_ERR_SHAPE;
    }
    return 0;
}

static int move_some(svOpenArrayHandle h, size_t n, void *ours, size_t size, enum move direction)
{
    char *all = svGetArrayPtr(h);
    for (size_t i = 0; i < n; i++) {
        char *mine = (char *)ours + i * size;
        const int index = svLow(h, 1) + (int)i;
        void *theirs = all != NULL ? all + i * size : svGetArrElemPtr1(h, index);
        if (theirs == NULL)
            return refuse(AIMC_ERR_UNSUPPORTED, "the simulator gives no pointer to array elements");
        memcpy(direction == TO_SIMULATOR ? theirs : mine, direction == TO_SIMULATOR ? mine : theirs,
               size);
    }
    return 0;
}

static int move(svOpenArrayHandle h, const char *name, size_t n, void *ours, size_t size,
                enum move direction)
{
    const int rc = check_size(h, name, n);
    return rc != 0 ? rc : move_some(h, n, ours, size, direction);
}

/* Bytes may stand in a larger array: not every simulator passes dynamic ones. */
static int move_bytes(svOpenArrayHandle h, size_t n, char *bytes, enum move direction)
{
    if (h != NULL && svDimensions(h) == 1 && svSize(h, 1) >= 0 && n <= (size_t)svSize(h, 1))
        return move_some(h, n, bytes, 1, direction);
    snprintf(message, sizeof message, "bytes has %d elements; %zu are needed", h ? svSize(h, 1) : 0,
             n);
    return AIMC_ERR_SHAPE;
}

/* n reals as floats in fresh memory; NULL after a refusal, with its status in rc. */
static float *floats_in(svOpenArrayHandle h, const char *name, size_t n, int *rc)
{
    double *reals = malloc(n * sizeof *reals);
    float *values = malloc(n * sizeof *values);
    *rc = reals && values ? move(h, name, n, reals, sizeof *reals, FROM_SIMULATOR)
                          : refuse(AIMC_ERR_NOMEM, "no memory");
    for (size_t i = 0; i < n && *rc == 0; i++)
        values[i] = (float)reals[i];
    free(reals);
    if (*rc == 0)
        return values;
    free(values);
    return NULL;
}

static int floats_out(svOpenArrayHandle h, const char *name, size_t n, const float *values)
{
    double *reals = malloc(n * sizeof *reals);
    if (reals == NULL)
        return refuse(AIMC_ERR_NOMEM, "no memory");
    for (size_t i = 0; i < n; i++)
        reals[i] = (double)values[i];
    const int rc = move(h, name, n, reals, sizeof *reals, TO_SIMULATOR);
    free(reals);
    return rc;
}

/* ---- life ----------------------------------------------------------------------------------- */

void aimc_sv_close(void *handle)
{
    struct tile *t = handle;
    if (t == NULL)
        return;
    aimc_tile_destroy(t->tile);
    aimc_context_destroy(t->ctx);
    free(t);
}

static struct tile *fresh(int64_t seed, int max_code)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = 1;
    params.seed = (uint64_t)seed;
    if (max_code < 1) {
        refuse(AIMC_ERR_INVALID, "max_code must be 1 or more");
        return NULL;
    }
    struct tile *t = calloc(1, sizeof *t);
    if (t == NULL) {
        refuse(AIMC_ERR_NOMEM, "no memory");
        return NULL;
    }
    t->max_code = max_code;
    if (checked(aimc_context_create(&params, &t->ctx)) == 0)
        return t;
    free(t);
    return NULL;
}

void *aimc_sv_open_file(const char *path, int max_code)
{
    struct tile *t = fresh(0, max_code);
    if (t != NULL && checked(aimc_tile_load(t->ctx, path, &t->tile)) != 0) {
        aimc_sv_close(t);
        t = NULL;
    }
    return t;
}

static int make_tile(struct tile *t, const char *device, int n_out, int n_in, const char *json)
{
    aimc_config *config = NULL;
    aimc_device *cells = NULL;
    if (n_out < 1 || n_in < 1)
        return refuse(AIMC_ERR_INVALID, "n_out and n_in must be 1 or more");
    int rc = checked(aimc_config_create(t->ctx, "tile", &config));
    if (rc == 0 && json != NULL && json[0] != '\0')
        rc = checked(aimc_config_parse(config, json));
    if (rc == 0)
        rc = checked(aimc_device_create(t->ctx, device, NULL, &cells));
    if (rc == 0)
        rc = checked(aimc_tile_create(cells, (size_t)n_out, (size_t)n_in, config, &t->tile));
    aimc_device_unref(cells);
    aimc_config_destroy(config);
    return rc;
}

void *aimc_sv_open(const char *device, int n_out, int n_in, const char *config_json, int64_t seed,
                   int max_code)
{
    struct tile *t = fresh(seed, max_code);
    if (t != NULL && make_tile(t, device, n_out, n_in, config_json) != 0) {
        aimc_sv_close(t);
        t = NULL;
    }
    return t;
}

int aimc_sv_n_out(void *handle)
{
    const struct tile *t = handle;
    return t ? (int)aimc_tile_get_n_out(t->tile) : 0;
}

int aimc_sv_n_in(void *handle)
{
    const struct tile *t = handle;
    return t ? (int)aimc_tile_get_n_in(t->tile) : 0;
}

/* ---- reading -------------------------------------------------------------------------------- */

static int look(struct tile *t, aimc_direction direction, const float *x, int32_t *codes)
{
    aimc_stages s = {.struct_size = (uint32_t)sizeof s, .code = codes};
    return checked(aimc_tile_inspect(t->tile, direction, x, &s));
}

/* Without converters there are no codes, neither in nor out. */
static int refuse_codeless(const struct tile *t, aimc_direction direction)
{
    aimc_readout_info info = {.struct_size = (uint32_t)sizeof info};
    const char *way = direction == AIMC_FORWARD ? "forward" : "backward";
    const int rc = checked(aimc_tile_get_readout(t->tile, direction, &info));
    if (rc != 0 || (info.has_adc && info.has_dac && info.n_cycles == 1))
        return rc;
    if (info.has_adc && info.has_dac)
        snprintf(message, sizeof message,
                 "a product of the %s read-out takes %u reads and has no single code; use mv_type "
                 "ONE_PASS",
                 way, (unsigned)info.n_cycles);
    else
        snprintf(
            message, sizeof message,
            "the %s read-out has no %s, and so no codes: it is perfect, or %s or %s is not "
            "above 0; set both above 0 and is_perfect to false, or read reals (aimc_sv_read%s)",
            way, info.has_adc ? "DAC" : "ADC", info.has_adc ? "inp_res" : "out_res",
            info.has_adc ? "inp_bound" : "out_bound",
            direction == AIMC_FORWARD ? "" : "_transposed");
    return AIMC_ERR_UNSUPPORTED;
}

/* Two's complement has one more code below zero, which stands for full scale as well. */
static int refuse_code(const char *name, size_t i, int32_t code, int max_code)
{
    if (code <= max_code && code >= -max_code - 1)
        return 0;
    snprintf(message, sizeof message, "%s[%zu] is %d; codes are %d to %d (max_code)", name, i,
             (int)code, -max_code, max_code);
    return AIMC_ERR_INVALID;
}

/* One read: what goes in and comes out, and how. */
struct reading {
    struct tile *t;
    aimc_direction direction;
    bool codes; /* int codes, else reals */
    const char *in_name, *out_name;
    size_t n, m;
};

static float *inputs_of(const struct reading *r, svOpenArrayHandle in, int *rc)
{
    if (!r->codes)
        return floats_in(in, r->in_name, r->n, rc);
    int32_t *codes = malloc(r->n * sizeof *codes);
    float *x = malloc(r->n * sizeof *x);
    *rc = codes && x ? move(in, r->in_name, r->n, codes, sizeof *codes, FROM_SIMULATOR)
                     : refuse(AIMC_ERR_NOMEM, "no memory");
    for (size_t j = 0; j < r->n && *rc == 0; j++) {
        x[j] = (float)codes[j] / (float)r->t->max_code;
        *rc = refuse_code(r->in_name, j, codes[j], r->t->max_code);
    }
    free(codes);
    if (*rc == 0)
        return x;
    free(x);
    return NULL;
}

static int read_into(const struct reading *r, const float *x, svOpenArrayHandle out)
{
    union {
        int32_t *codes;
        float *y;
    } to = {.y =
                malloc(r->m * (sizeof *to.codes > sizeof *to.y ? sizeof *to.codes : sizeof *to.y))};
    aimc_tile *tile = r->t->tile;
    int rc = to.y ? 0 : refuse(AIMC_ERR_NOMEM, "no memory");
    if (rc == 0 && r->codes)
        rc = look(r->t, r->direction, x, to.codes);
    else if (rc == 0)
        rc = checked(r->direction == AIMC_FORWARD
                         ? aimc_tile_forward(tile, 1, x, r->n, to.y, r->m)
                         : aimc_tile_backward(tile, 1, x, r->n, to.y, r->m));
    if (rc == 0)
        rc = r->codes ? move(out, r->out_name, r->m, to.codes, sizeof *to.codes, TO_SIMULATOR)
                      : floats_out(out, r->out_name, r->m, to.y);
    free(to.y);
    return rc;
}

static int read_tile(struct reading r, svOpenArrayHandle in, svOpenArrayHandle out)
{
    int rc = refuse_null(r.t);
    if (rc != 0)
        return rc;
    const size_t n_out = aimc_tile_get_n_out(r.t->tile), n_in = aimc_tile_get_n_in(r.t->tile);
    r.n = r.direction == AIMC_FORWARD ? n_in : n_out;
    r.m = r.direction == AIMC_FORWARD ? n_out : n_in;
    rc = check_size(out, r.out_name, r.m); /* before anything is read and counted */
    if (rc == 0 && r.codes)
        rc = refuse_codeless(r.t, r.direction);
    float *x = rc == 0 ? inputs_of(&r, in, &rc) : NULL;
    if (rc == 0)
        rc = read_into(&r, x, out);
    free(x);
    return rc;
}

int aimc_sv_read_codes(void *tile, svOpenArrayHandle in, svOpenArrayHandle out)
{
    return read_tile((struct reading){tile, AIMC_FORWARD, true, "codes_in", "codes_out", 0, 0}, in,
                     out);
}

int aimc_sv_read_codes_transposed(void *tile, svOpenArrayHandle in, svOpenArrayHandle out)
{
    return read_tile((struct reading){tile, AIMC_BACKWARD, true, "codes_in", "codes_out", 0, 0}, in,
                     out);
}

int aimc_sv_read(void *tile, svOpenArrayHandle x, svOpenArrayHandle y)
{
    return read_tile((struct reading){tile, AIMC_FORWARD, false, "x", "y", 0, 0}, x, y);
}

int aimc_sv_read_transposed(void *tile, svOpenArrayHandle d, svOpenArrayHandle z)
{
    return read_tile((struct reading){tile, AIMC_BACKWARD, false, "d", "z", 0, 0}, d, z);
}

/* ---- writing -------------------------------------------------------------------------------- */

static size_t cells(const struct tile *t)
{
    return aimc_tile_get_n_out(t->tile) * aimc_tile_get_n_in(t->tile);
}

/* Room for a value of each cell; NULL when *rc says why not. */
static void *room(const struct tile *t, size_t size, int *rc)
{
    *rc = refuse_null(t);
    void *values = *rc == 0 ? malloc(cells(t) * size) : NULL;
    if (*rc == 0 && values == NULL)
        *rc = refuse(AIMC_ERR_NOMEM, "no memory");
    return values;
}

int aimc_sv_set_weights(void *handle, svOpenArrayHandle w)
{
    struct tile *t = handle;
    int rc = refuse_null(t);
    float *values = rc == 0 ? floats_in(w, "w", cells(t), &rc) : NULL;
    if (rc == 0)
        rc = checked(aimc_tile_set_weights(t->tile, values, aimc_tile_get_n_in(t->tile)));
    free(values);
    return rc;
}

int aimc_sv_get_weights(void *handle, svOpenArrayHandle w)
{
    struct tile *t = handle;
    int rc;
    float *values = room(t, sizeof *values, &rc);
    if (rc == 0)
        rc = checked(aimc_tile_get_weights(t->tile, values, aimc_tile_get_n_in(t->tile)));
    if (rc == 0)
        rc = floats_out(w, "w", cells(t), values);
    free(values);
    return rc;
}

int aimc_sv_pulse(void *handle, svOpenArrayHandle counts)
{
    struct tile *t = handle;
    int rc;
    int32_t *n = room(t, sizeof *n, &rc);
    if (rc == 0)
        rc = move(counts, "counts", cells(t), n, sizeof *n, FROM_SIMULATOR);
    if (rc == 0)
        rc = checked(aimc_tile_pulse(t->tile, n, aimc_tile_get_n_in(t->tile)));
    free(n);
    return rc;
}

int aimc_sv_program(void *handle, const char *json)
{
    struct tile *t = handle;
    aimc_config *config = NULL;
    int rc = refuse_null(t);
    if (rc == 0)
        rc = checked(aimc_config_create(t->ctx, "inference", &config));
    if (rc == 0 && json != NULL && json[0] != '\0')
        rc = checked(aimc_config_parse(config, json));
    if (rc == 0)
        rc = checked(aimc_tile_program(t->tile, config, NULL));
    aimc_config_destroy(config);
    return rc;
}

int aimc_sv_drift_to(void *handle, double t_s)
{
    struct tile *t = handle;
    const int rc = refuse_null(t);
    return rc != 0 ? rc : checked(aimc_tile_drift_programmed(t->tile, t_s, NULL));
}

int aimc_sv_drift(void *handle, double dt)
{
    struct tile *t = handle;
    const int rc = refuse_null(t);
    return rc != 0 ? rc : checked(aimc_tile_drift_trained(t->tile, dt));
}

int aimc_sv_count_activity(void *handle, int on)
{
    struct tile *t = handle;
    const int rc = refuse_null(t);
    return rc != 0 ? rc : checked(aimc_tile_count_activity(t->tile, on));
}

/* In the order of aimc_pkg.sv. An array for fewer, the first ones, is one of a bench that was
 * written before the rest was there. */
int aimc_sv_counters(void *handle, svOpenArrayHandle out)
{
    struct tile *t = handle;
    aimc_counters c = {.struct_size = (uint32_t)sizeof c};
    int rc = refuse_null(t);
    if (rc == 0)
        rc = checked(aimc_tile_get_counters(t->tile, &c));
    if (rc != 0)
        return rc;
    uint64_t n[] = {c.pulses_up,
                    c.pulses_down,
                    c.updates,
                    c.pulse_slots,
                    c.forward_vectors,
                    c.forward_passes,
                    c.backward_vectors,
                    c.backward_passes,
                    c.dac_conversions,
                    c.adc_conversions,
                    c.clipped_outputs,
                    c.weight_writes,
                    c.program_pulses,
                    c.verify_reads,
                    c.accumulations,
                    c.gradient_macs,
                    c.activity_reads,
                    c.activity_inputs,
                    c.input_activity,
                    c.input_activity_squared,
                    c.conductance_activity,
                    c.conductance_activity_squared,
                    c.devices};
    enum { ALL = sizeof n / sizeof n[0] };
    const bool some = out != NULL && svDimensions(out) == 1 && svSize(out, 1) > 0;
    const size_t wanted = some && svSize(out, 1) < ALL ? (size_t)svSize(out, 1) : ALL;
    return move(out, "counters", wanted, n, sizeof *n, TO_SIMULATOR);
}

/* ---- state as bytes ------------------------------------------------------------------------- */

int aimc_sv_snapshot_size(void *handle)
{
    const struct tile *t = handle;
    size_t n = 0;
    int rc = refuse_null(t);
    if (rc == 0)
        rc = checked(aimc_tile_save_bytes(t->tile, NULL, 0, &n));
    if (rc == 0 && n > INT32_MAX)
        rc = refuse(AIMC_ERR_UNSUPPORTED, "the state is larger than 2 GiB: use aimc_sv_save");
    return rc != 0 ? rc : (int)n;
}

int aimc_sv_snapshot(void *handle, svOpenArrayHandle out)
{
    const struct tile *t = handle;
    const int size = aimc_sv_snapshot_size(handle);
    if (size < 0)
        return size;
    size_t n = (size_t)size;
    char *bytes = malloc(n);
    int rc = bytes ? checked(aimc_tile_save_bytes(t->tile, bytes, n, &n))
                   : refuse(AIMC_ERR_NOMEM, "no memory");
    if (rc == 0)
        rc = move_bytes(out, n, bytes, TO_SIMULATOR);
    free(bytes);
    return rc != 0 ? rc : size;
}

static int load_bytes(struct tile *t, const char *bytes, size_t n)
{
    aimc_tile *restored = NULL;
    const int rc = checked(aimc_tile_load_bytes(t->ctx, bytes, n, &restored));
    if (rc == 0) {
        aimc_tile_destroy(t->tile);
        t->tile = restored;
    }
    return rc;
}

int aimc_sv_restore(void *handle, svOpenArrayHandle in, int n)
{
    struct tile *t = handle;
    int rc = refuse_null(t);
    if (rc == 0 && n < 1)
        rc = refuse(AIMC_ERR_INVALID, "n must be 1 or more: what aimc_sv_snapshot() returned");
    if (rc != 0)
        return rc;
    char *bytes = malloc((size_t)n);
    rc = bytes == NULL ? refuse(AIMC_ERR_NOMEM, "no memory")
                       : move_bytes(in, (size_t)n, bytes, FROM_SIMULATOR);
    if (rc == 0)
        rc = load_bytes(t, bytes, (size_t)n);
    free(bytes);
    return rc;
}

int aimc_sv_save(void *handle, const char *path)
{
    const struct tile *t = handle;
    const int rc = refuse_null(t);
    return rc != 0 ? rc : checked(aimc_tile_save(t->tile, path));
}
