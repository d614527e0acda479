/* SPDX-License-Identifier: MIT */
/* What each part of the read-out costs: the default chain, and the default chain with one field on,
 * as nanoseconds per output and beside the default; programmed devices with and without the noise
 * of reads; crossbars with wires. Medians of 9 (3 with --quick). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aimc/aimc.h>

#include "periphery/nodal.h"

enum { N = 256, BATCH = 64, MOST = 9 };

static int repeats = MOST;
static aimc_context *ctx;
static aimc_device *device;
static float w[N * N], x[BATCH * N], y[BATCH * N];

static void must(aimc_status st)
{
    if (st) {
        fprintf(stderr, "bench_readout: %s\n", aimc_get_last_error());
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Median seconds of a call, grouped to last at least 10 ms. */
static double measure(void (*fn)(void *), void *arg)
{
    double samples[MOST];
    fn(arg);
    double t = now();
    fn(arg);
    const double once = now() - t;
    const int group = once < 1e-2 ? (int)(1e-2 / (once + 1e-9)) + 1 : 1;
    for (int s = 0; s < repeats; s++) {
        t = now();
        for (int k = 0; k < group; k++)
            fn(arg);
        samples[s] = (now() - t) / group;
    }
    qsort(samples, (size_t)repeats, sizeof samples[0], compare);
    return samples[repeats / 2];
}

static void fill(float *to, size_t n, uint64_t seed, double scale)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        to[i] = (float)(scale * ((double)(seed >> 40) * 0x1p-23 - 1));
    }
}

/* ---- chains --------------------------------------------------------------------------------- */

static aimc_tile *make_tile(const char *const settings[])
{
    aimc_config *config = NULL;
    aimc_tile *tile = NULL;
    must(aimc_config_create(ctx, "tile", &config));
    for (size_t k = 0; settings[k]; k++) {
        char field[96];
        const char *equals = strchr(settings[k], '=');
        snprintf(field, sizeof field, "forward.%.*s", (int)(equals - settings[k]), settings[k]);
        must(aimc_config_set_text(config, field, equals + 1));
    }
    must(aimc_tile_create(device, N, N, config, &tile));
    must(aimc_tile_set_weights(tile, w, N));
    aimc_config_destroy(config);
    return tile;
}

static void forward(void *arg)
{
    must(aimc_tile_forward(arg, BATCH, x, N, y, N));
}

static double chain(const char *const settings[])
{
    aimc_tile *tile = make_tile(settings);
    const double t = measure(forward, tile);
    aimc_tile_destroy(tile);
    return t;
}

static void report(const char *what, double seconds, double base)
{
    printf("%-52s %8.2f ns/output %7.2f x\n", what, 1e9 * seconds / (BATCH * N), seconds / base);
    fflush(stdout);
}

/* All with bound management off, so that every chain reads once. */
#define FIELD(...) chain((const char *const[]){"bound_management=NONE", __VA_ARGS__, NULL})

static void bench_fields(void)
{
    static const char *const fields[][3] = {
        {"bound_management=ITERATIVE"},
        {"inp_sto_round=true"},
        {"inp_noise=0.01"},
        {"inp_asymmetry=0.1"},
        {"out_noise=0"},
        {"out_noise_std=0.1"},
        {"out_sto_round=true"},
        {"out_asymmetry=0.1"},
        {"out_nonlinearity=0.1"},
        {"v_offset_std=0.1"},
        {"r_series=0.01"},
        {"w_noise=0.01", "w_noise_type=ADDITIVE_CONSTANT"},
        {"w_noise=0.01", "w_noise_type=PCM_READ"},
        {"ir_drop=1"},
        {"ir_drop=1", "ir_loading=ALL"},
        {"mv_type=POS_NEG_SEPARATE"},
        {"mv_type=POS_NEG_SEPARATE_DIGITAL_SUM"},
        {"mv_type=SPLIT_MODE"},
        {"mv_type=BIT_WISE"},
        {"cell_mapping.cell_bits=4"},
        {"cell_mapping.scheme=DIGITAL_OFFSET"},
        {"cell_mapping.weight_bits=8", "cell_mapping.n_slices=4"},
        {"wires.model=NODAL"},
        {"wires.model=TIME_SLICED"},
        {"adc.style=TWOS_COMPLEMENT"},
        {"adc.model=SAR", "adc.mismatch=0.01"},
        {"adc.model=PIPELINE", "adc.mismatch=0.01"},
    };
    const double perfect = chain((const char *const[]){"is_perfect=true", NULL});
    const double base = FIELD("out_noise=0.06");
    report("exact product, 256 x 256, batch 64", perfect, base);
    report("default chain, one read", base, base);
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        char what[96];
        const char *more = fields[k][1] ? fields[k][1] : fields[k][0];
        snprintf(what, sizeof what, "  %s%s%s", fields[k][0], fields[k][1] ? " " : "",
                 fields[k][1] ? more : "");
        report(what, FIELD(fields[k][0], more), base);
    }
}

/* ---- programmed devices --------------------------------------------------------------------- */

/* A tile of phase-change memory behind the default chain; scale of the read noise. */
static double programmed(const char *read_noise_scale)
{
    aimc_config *config = NULL;
    aimc_tile *tile = make_tile((const char *const[]){"bound_management=NONE", NULL});
    must(aimc_config_create(ctx, "inference", &config));
    must(aimc_config_set_text(config, "noise_model", "pcm_like"));
    must(aimc_config_set_text(config, "noise_model.read_noise_scale", read_noise_scale));
    must(aimc_tile_program(tile, config, NULL));
    const double t = measure(forward, tile);
    aimc_tile_destroy(tile);
    aimc_config_destroy(config);
    return t;
}

static void bench_programmed(void)
{
    const double quiet = programmed("0"), noisy = programmed("1");
    report("programmed pcm_like, read_noise_scale=0", quiet, quiet);
    report("programmed pcm_like", noisy, quiet);
}

/* ---- wires ---------------------------------------------------------------------------------- */

typedef struct crossbar {
    aimci_nodal network;
    double *g, *v, *current, *scratch, *t;
} crossbar;

static void solve(void *arg)
{
    const crossbar *c = arg;
    if (!aimci_nodal_solve(&c->network, c->g, c->v, c->current, c->scratch))
        exit(1);
}

static void matrix(void *arg)
{
    const crossbar *c = arg;
    if (!aimci_nodal_matrix(ctx, &c->network, c->g, c->t, c->network.ld, c->scratch))
        exit(1);
}

static void bench_wires(void)
{
    crossbar c = {.network = {.n_drive = N, .n_sense = N, .ld = aimci_nodal_ld(N)}};
    const size_t size = N * c.network.ld, solve_size = aimci_nodal_scratch(&c.network),
                 matrix_size = aimci_nodal_matrix_scratch(ctx, &c.network);
    c.g = calloc(size, sizeof *c.g);
    c.t = calloc(size, sizeof *c.t);
    c.v = calloc(N, sizeof *c.v);
    c.current = calloc(N, sizeof *c.current);
    c.scratch = calloc(solve_size > matrix_size ? solve_size : matrix_size, sizeof *c.scratch);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            c.g[i * c.network.ld + j] = 25e-6 * (0.01 + 0.99 * (double)fabsf(w[i * N + j]));
    for (size_t j = 0; j < N; j++)
        c.v[j] = 0.2 * (double)x[j];
    static const double resistances[] = {0.35, 2.5, 100};
    for (size_t k = 0; k < 3; k++) {
        const double r = resistances[k];
        aimci_nodal *n = &c.network;
        n->r_drive = n->r_sense = n->r_driver = n->r_sensor = r;
        n->iv = (aimci_iv){.law = AIMCI_IV_LINEAR};
        const double one = measure(solve, &c), all = measure(matrix, &c);
        n->iv = (aimci_iv){.law = AIMCI_IV_SINH, .scale = 0.25};
        printf(
            "256 x 256 cells of 25 uS, %5.4g ohm: solve %6.1f ms, sinh %6.1f ms, matrix %5.2f s\n",
            r, 1e3 * one, 1e3 * measure(solve, &c), all);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        repeats = strcmp(argv[i], "--quick") == 0 ? 3 : repeats;
    must(aimc_context_create(NULL, &ctx));
    must(aimc_device_create(ctx, "ideal", NULL, &device));
    fill(w, (size_t)N * N, 1, 0.3);
    fill(x, (size_t)BATCH * N, 2, 1);
    bench_fields();
    bench_programmed();
    bench_wires();
    aimc_device_unref(device);
    aimc_context_destroy(ctx);
    return 0;
}
