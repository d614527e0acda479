/* SPDX-License-Identifier: MIT */
/* What calls take: one call at one size, for tests/gates/work.py, which counts its instructions.
 *
 *     work                 lists: call, unit, instructions and bytes per unit, sizes
 *     work CALL SIZE       makes the call once; prints its units and the most bytes it held
 *
 * The bounds stand in docs/testing.md, too. They hold for plain C kernels on one thread, whatever
 * the numbers are: each has room for compilers (-O1 takes twice -O3), none for another power of the
 * size. */
#include <stdarg.h>
#include <stdbool.h>

#include "../fail_alloc.h"
#include "../test_util.h"

#undef OK
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != AIMC_OK) {                                                                   \
            fprintf(stderr, "%s: %s\n", #call, aimc_get_last_error());                             \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)

enum { VECTORS = 4, MAX_SIDE = 512 };

/* What a call works on: made before, as large as the size asks for. */
static struct {
    aimc_tile *tile;
    aimc_optimizer *optimizer;
    aimc_config *config;
    aimc_converter *converter;
    aimc_network *net;
    char *text;
    size_t length;
    size_t n;
} on;

static aimct_heap heap = AIMCT_HEAP_INIT;
static aimc_context *ctx;
static float x[VECTORS * MAX_SIDE], y[VECTORS * MAX_SIDE], d[VECTORS * MAX_SIDE];
static float many[1 << 16];

/* ---- what is made before -------------------------------------------------------------------- */

static void fill_inputs(float largest)
{
    aimct_fill(x, VECTORS * MAX_SIDE, 1);
    aimct_fill(d, VECTORS * MAX_SIDE, 2);
    for (size_t i = 0; i < VECTORS * MAX_SIDE; i += 3) {
        x[i] *= largest;
        d[i] *= largest;
    }
}

static void make_tile_of(const char *name, const char *settings)
{
    static float w[MAX_SIDE * MAX_SIDE];
    aimc_device *device = NULL;
    OK(aimc_device_create(ctx, name, NULL, &device));
    OK(aimc_config_create(ctx, "tile", &on.config));
    OK(aimc_config_parse(on.config, settings));
    OK(aimc_tile_create(device, on.n, on.n, on.config, &on.tile));
    aimct_fill(w, on.n * on.n, 3);
    OK(aimc_tile_set_weights(on.tile, w, on.n));
    aimc_device_unref(device);
    aimc_config_destroy(on.config);
}

static void make_reader(void)
{
    fill_inputs(1);
    make_tile_of("gokmen_vlasov", "{}");
}

/* As hard as it can be: every read is out of bounds, and repeated. */
static void make_hard_reader(void)
{
    fill_inputs(1e30f);
    make_tile_of("gokmen_vlasov",
                 "{\"forward.out_bound\": 1e-3, \"forward.bound_management\": \"ITERATIVE\"}");
}

static void make_trained(const char *algorithm, float largest)
{
    fill_inputs(largest);
    make_tile_of("gokmen_vlasov", "{}");
    OK(aimc_optimizer_create(on.tile, algorithm, NULL, &on.optimizer));
}

static void make_sgd(void)
{
    make_trained("sgd", 1e10f);
}

static void make_mixed(void)
{
    make_trained("mixed_precision", 1e10f);
}

static void make_transfer(void)
{
    make_trained("c_ttv2", 1e10f);
}

static void make_programmed(void)
{
    make_tile_of("ideal", "{}");
    OK(aimc_config_create(ctx, "inference", &on.config));
    OK(aimc_config_parse(on.config, "{\"programming.method\": \"VERIFY\"}"));
}

static void make_drifting(void)
{
    make_programmed();
    OK(aimc_tile_program(on.tile, on.config, NULL));
}

static void make_converter(void)
{
    aimct_fill(many, on.n, 4);
    for (size_t i = 0; i < on.n; i += 5)
        many[i] *= 1e30f;
    OK(aimc_converter_create(ctx, NULL, &on.converter));
}

static void make_network(void)
{
    fill_inputs(1e10f);
    OK(aimc_network_create(ctx, &on.net));
    OK(aimc_network_add_linear(on.net, on.n, on.n, NULL));
}

__attribute__((format(printf, 1, 2))) static void append(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    on.length += (size_t)vsnprintf(on.text + on.length, 200, format, args);
    va_end(args);
}

static void start_text(size_t most)
{
    on.text = malloc(most + 400);
    if (on.text == NULL)
        exit(EXIT_FAILURE);
    on.length = 0;
}

/* The header of a safetensors file, whose text was appended behind its eight bytes. */
static void end_header(void)
{
    const uint64_t size = on.length - 8;
    memcpy(on.text, &size, 8);
}

/* Names that are all alike but for their ends, and places that overlap. */
static void make_many_tensors(void)
{
    start_text(100 * on.n);
    append("        {\"__metadata__\":{\"aimc.format\":\"2\",\"aimc.content\":\"tile\"}");
    for (size_t k = 0; k < on.n; k++)
        append(",\"the.same.name.%zu\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}",
               k);
    append("}");
    end_header();
}

static void make_deep_header(void)
{
    start_text(on.n);
    append("        {\"a\":");
    memset(on.text + on.length, '[', on.n);
    on.length += on.n;
    end_header();
}

static void make_members(void)
{
    start_text(20 * on.n);
    append("{");
    for (size_t k = 0; k < on.n; k++)
        append("%s\"field%zu\": 1", k ? ", " : "", k);
    append("}");
    OK(aimc_config_create(ctx, "tile", &on.config));
}

static void make_document(void)
{
    start_text(100 * on.n);
    append("{\"format\": \"aimc-network\", \"version\": 1, \"inputs\": [{\"name\": \"n0\", "
           "\"shape\": [4]}], \"nodes\": [");
    for (size_t k = 1; k <= on.n; k++)
        append("%s{\"name\": \"n%zu\", \"op\": \"relu\", \"inputs\": [\"n%zu\"]}", k > 1 ? "," : "",
               k, k - 1);
    append("], \"outputs\": [\"n%zu\"]}", on.n);
}

static char path[] = "/tmp/aimc-work-XXXXXX";

static void write_file(void)
{
    const int fd = mkstemp(path);
    FILE *const f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (f == NULL || fwrite(on.text, 1, on.length, f) != on.length || fclose(f) != 0)
        exit(EXIT_FAILURE);
}

static void make_columns(void)
{
    start_text(2 * on.n);
    append("1");
    while (on.length < on.n)
        append(",%c", "12;\" "[on.length % 5]);
    write_file();
}

static void make_rows(void)
{
    start_text(4 * on.n);
    while (on.length < on.n)
        append("1.25e-3,2\n");
    write_file();
}

static void make_saved(void)
{
    make_trained("c_ttv2", 1);
    OK(aimc_tile_save_bytes(on.tile, NULL, 0, &on.length));
    on.text = malloc(on.length);
    OK(aimc_tile_save_bytes(on.tile, on.text, on.length, &on.length));
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void forward(void)
{
    OK(aimc_tile_forward(on.tile, VECTORS, x, on.n, y, on.n));
}

static void step(void)
{
    OK(aimc_optimizer_step(on.optimizer, VECTORS, x, on.n, d, on.n, 0.1));
}

static void program(void)
{
    OK(aimc_tile_program(on.tile, on.config, NULL));
}

static void drift(void)
{
    OK(aimc_tile_drift_programmed(on.tile, 1e9, NULL));
}

static void quantize(void)
{
    OK(aimc_converter_quantize(on.converter, on.n, many, many));
}

static void predict(void)
{
    OK(aimc_network_predict(on.net, VECTORS, x, y));
}

static void load(void)
{
    aimc_tile *tile = NULL;
    (void)aimc_tile_load_bytes(ctx, on.text, on.length, &tile); /* hostile ones are refused */
    aimc_tile_destroy(tile);
}

static void parse(void)
{
    (void)aimc_config_parse(on.config, on.text);
}

static void read_document(void)
{
    aimc_network *net = NULL;
    OK(aimc_network_create_from_json(ctx, on.text, &net));
    aimc_network_destroy(net);
}

static void read_table(void)
{
    aimc_table *table = NULL;
    (void)aimc_table_read(ctx, path, NULL, &table);
    aimc_table_destroy(table);
}

/* ---- bounds --------------------------------------------------------------------------------- */

/* Instructions and bytes: so many per unit, and FIXED beside. */
enum { FIXED_WORK = 500000, FIXED_BYTES = 1 << 17 };

/* A node's name is compared with all before: 2000 of these count as one node more. */
typedef enum unit { BYTES, VALUES, CELLS, PRODUCTS, NODES } unit;
static const char *const unit_names[] = {"byte", "value", "cell", "vector and cell", "node"};

static const struct call {
    const char *name;
    void (*make)(void);
    void (*run)(void);
    unit unit;
    double work, bytes; /* per unit */
    size_t sizes[2];
} calls[] = {
    {"forward", make_reader, forward, PRODUCTS, 12, 1, {64, 256}},
    {"forward_out_of_bounds", make_hard_reader, forward, PRODUCTS, 60, 1, {64, 256}},
    {"step_sgd", make_sgd, step, PRODUCTS, 900, 1, {32, 128}},
    {"step_mixed_precision", make_mixed, step, PRODUCTS, 400000, 1, {16, 64}},
    {"step_c_ttv2", make_transfer, step, PRODUCTS, 500, 1, {32, 128}},
    {"program", make_programmed, program, CELLS, 30000, 150, {32, 128}},
    {"drift", make_drifting, drift, CELLS, 3000, 1, {32, 128}},
    {"quantize", make_converter, quantize, VALUES, 110, 1, {4096, 65536}},
    {"predict", make_network, predict, PRODUCTS, 12, 1, {64, 256}},
    {"load_tile", make_saved, load, BYTES, 60, 2, {64, 256}},
    {"load_many_tensors", make_many_tensors, load, BYTES, 700, 4, {1000, 8000}},
    {"load_deep_header", make_deep_header, load, BYTES, 70, 2, {10000, 1000000}},
    {"parse_members", make_members, parse, BYTES, 650, 2, {1000, 8000}},
    {"read_document", make_document, read_document, NODES, 330000, 2500, {200, 1600}},
    {"read_columns", make_columns, read_table, BYTES, 5000, 10, {10000, 80000}},
    {"read_rows", make_rows, read_table, BYTES, 3000, 8, {10000, 1000000}},
};
enum { CALLS = sizeof calls / sizeof *calls };

static double count_units(unit u)
{
    const double n = (double)on.n;
    return u == BYTES   ? (double)on.length
           : u == CELLS ? n * n
           : u == NODES ? n + n * n / 2000
                        : n * (u == PRODUCTS ? VECTORS * n : 1);
}

/* The instructions of this function are counted: it must not be part of another one. */
void aimct_measured(void (*run)(void));
void aimct_measured(void (*run)(void))
{
    run();
}
static void (*volatile measured)(void (*run)(void)) = aimct_measured;

static int measure(const struct call *call, size_t size)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = 1;
    params.cpu_mask = AIMC_CPU_C;
    params.seed = 1;
    params.allocator = aimct_allocator(&heap);
    OK(aimc_context_create(&params, &ctx));
    on.n = size;
    call->make();
    const size_t before = heap.peak_bytes = heap.live_bytes;
    measured(call->run);
    printf("%.0f %zu\n", count_units(call->unit), heap.peak_bytes - before);
    if (path[sizeof path - 2] != 'X')
        remove(path);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    for (size_t k = 0; k < CALLS; k++) {
        const struct call *const c = &calls[k];
        if (argc == 1)
            printf("%s|%s|%g|%g|%d|%d|%zu|%zu\n", c->name, unit_names[c->unit], c->work, c->bytes,
                   FIXED_WORK, FIXED_BYTES, c->sizes[0], c->sizes[1]);
        else if (argc == 3 && strcmp(argv[1], c->name) == 0)
            return measure(c, strtoul(argv[2], NULL, 10));
    }
    return argc == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
