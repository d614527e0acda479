/* SPDX-License-Identifier: MIT */
/* Mean and standard deviation of every output against aihwkit 1.1.0: see tests/data/README.md. */
#include <stdbool.h>

#include "read_util.h"

enum { N_OUT = 16, N_IN = 32, N_INPUTS = 6, READS = 8000, CHUNK = 500 };

#define MAX_SETTINGS 7
static const struct variant {
    const char *name;
    const char *settings[MAX_SETTINGS];
} variants[] = {
    {"default", {NULL}},
    {"perfect", {"is_perfect=true"}},
    {"nm_none", {"noise_management=NONE"}},
    {"nm_none_bm_none", {"noise_management=NONE", "bound_management=NONE"}},
    {"bm_none", {"bound_management=NONE"}},
    {"bm_worst", {"bound_management=ITERATIVE_WORST_CASE"}},
    {"nm_max", {"noise_management=MAX"}},
    {"nm_constant2", {"noise_management=CONSTANT", "nm_thres=2"}},
    {"nm_npsum", {"noise_management=ABS_MAX_NP_SUM"}},
    {"outbound3_bm_iter", {"out_bound=3"}},
    {"outbound3_bm_none", {"out_bound=3", "bound_management=NONE"}},
    {"outbound3_bm_iter_noneg", {"out_bound=3", "bm_test_negative_bound=false"}},
    {"noiseless", {"out_noise=0"}},
    {"noiseless_4bit", {"out_noise=0", "inp_res=14", "out_res=14"}},
    {"inp_noise0.05", {"out_noise=0", "inp_noise=0.05"}},
    {"inp_asym0.1", {"out_noise=0", "inp_asymmetry=0.1"}},
    {"out_scale2", {"out_scale=2"}},
    {"inp_bound0.5", {"inp_bound=0.5", "noise_management=NONE"}},
    {"noDAC_noADC", {"inp_res=-1", "out_res=-1"}},
    {"preset_io", {"out_bound=20", "out_noise=0.1"}},
    {"posneg", {"mv_type=POS_NEG_SEPARATE"}},
    {"w_noise_add0.02", {"out_noise=0", "w_noise=0.02", "w_noise_type=ADDITIVE_CONSTANT"}},
    {"ir_drop1", {"out_noise=0", "ir_drop=1", "ir_drop_amplitude=CUBIC"}},
    {"out_nl0.2", {"out_noise=0", "out_nonlinearity=0.2"}},
    {"r_series0.05", {"out_noise=0", "r_series=0.05"}},
    {"ir_drop5_gratio1e3_noADC_noDAC",
     {"out_noise=0", "inp_res=-1", "out_res=-1", "ir_drop=5", "ir_drop_g_ratio=1e3",
      "ir_drop_amplitude=CUBIC"}},
    {"r_series0.02_noADC_noDAC", {"out_noise=0", "inp_res=-1", "out_res=-1", "r_series=0.02"}},
};
enum { N_VARIANTS = sizeof variants / sizeof variants[0] };

static float w[N_OUT][N_IN], x[N_INPUTS][N_IN], d[N_INPUTS][N_OUT];

static void read_matrix(const char *name, float *out, size_t n)
{
    FILE *f = aimct_data(name);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(fscanf(f, "%f", &out[i]), 1);
        (void)!fscanf(f, ",");
    }
    fclose(f);
}

static void setup(void)
{
    read_matrix("forward_W.csv", w[0], N_OUT * N_IN);
    read_matrix("forward_X.csv", x[0], N_INPUTS * N_IN);
    read_matrix("forward_D.csv", d[0], N_INPUTS * N_OUT);
}

/* Moments of every output of both directions for one variant. */
typedef struct results {
    aimct_moments forward[N_INPUTS][N_OUT], backward[N_INPUTS][N_IN];
} results;

static void repeat(aimc_tile *tile, bool forward, const float *v, size_t n_in, size_t n_out,
                   aimct_moments *moments)
{
    static float in[CHUNK * N_IN], out[CHUNK * N_IN];
    for (size_t b = 0; b < CHUNK; b++)
        memcpy(in + b * n_in, v, n_in * sizeof *v);
    for (int done = 0; done < READS; done += CHUNK) {
        if (forward)
            OK(aimc_tile_forward(tile, CHUNK, in, n_in, out, n_out));
        else
            OK(aimc_tile_backward(tile, CHUNK, in, n_in, out, n_out));
        for (size_t b = 0; b < CHUNK; b++)
            for (size_t i = 0; i < n_out; i++)
                aimct_add(&moments[i], (double)out[b * n_out + i]);
    }
}

static void run_variant(const struct variant *v, results *r)
{
    aimc_context *ctx = aimct_context(2, 0, 77);
    aimc_tile *tile = aimct_tile(ctx, w[0], N_OUT, N_IN, v->settings);
    memset(r, 0, sizeof *r);
    for (int k = 0; k < N_INPUTS; k++) {
        repeat(tile, true, x[k], N_IN, N_OUT, r->forward[k]);
        repeat(tile, false, d[k], N_OUT, N_IN, r->backward[k]);
    }
    aimc_tile_destroy(tile);
    aimc_context_destroy(ctx);
}

typedef struct row {
    char variant[64], pass[16];
    int input, output;
    double n, mean, std;
} row;

static bool next_row(FILE *f, row *r)
{
    char line[256];
    return fgets(line, sizeof line, f) &&
           sscanf(line, "%63[^,],%15[^,],%d,%d,%lf,%lf,%lf", r->variant, r->pass, &r->input,
                  &r->output, &r->n, &r->mean, &r->std) == 7;
}

/* Sums of z over the rows of a variant: a small but common shift shows here. */
typedef struct scores {
    double n, mean_z2, std_z2;
} scores;

/* The tolerance that comes with the data: the recorded generator picks from a table, hence the
 * percentages. */
static void check_row(const row *r, const aimct_moments *m, scores *s)
{
    const double std = sqrt(aimct_variance(m));
    /* deterministic rows are printed with seven digits */
    const double mean_tolerance =
        4 * r->std * sqrt(1 / m->n + 1 / r->n) + 0.003 * r->std + 2e-6 * fabs(r->mean) + 1e-6;
    const double std_tolerance = r->std * (0.01 + 4 / sqrt(2 * m->n)) + 1e-6 * fabs(r->mean) + 1e-6;
    ck_assert_msg(fabs(m->mean - r->mean) <= mean_tolerance,
                  "%s %s input %d output %d: mean %.8g, recorded %.8g +- %.2g", r->variant, r->pass,
                  r->input, r->output, m->mean, r->mean, mean_tolerance);
    ck_assert_msg(fabs(std - r->std) <= std_tolerance,
                  "%s %s input %d output %d: std %.8g, recorded %.8g +- %.2g", r->variant, r->pass,
                  r->input, r->output, std, r->std, std_tolerance);
    if (r->std > 1e-6) {
        s->n += 1;
        s->mean_z2 += pow(m->mean - r->mean, 2) / (r->std * r->std * (1 / m->n + 1 / r->n));
        s->std_z2 += pow(std / r->std - 1, 2) * 2 / (1 / m->n + 1 / r->n);
    }
}

START_TEST(reads_like_the_recorded_peer)
{
    static results r;
    const struct variant *v = &variants[_i];
    run_variant(v, &r);
    FILE *f = aimct_data("forward_stats.csv");
    char header[128];
    ck_assert_ptr_nonnull(fgets(header, sizeof header, f));
    row record;
    scores s = {0, 0, 0};
    int n_rows = 0;
    while (next_row(f, &record)) {
        if (strcmp(record.variant, v->name) != 0)
            continue;
        n_rows++;
        check_row(&record,
                  strcmp(record.pass, "forward") == 0 ? &r.forward[record.input][record.output]
                                                      : &r.backward[record.input][record.output],
                  &s);
    }
    fclose(f);
    ck_assert_msg(n_rows == 48, "%s has %d rows", v->name, n_rows);
    if (s.n > 0)
        printf("%-32s rms z of %2.0f means %.2f, of standard deviations %.2f\n", v->name, s.n,
               sqrt(s.mean_z2 / s.n), sqrt(s.std_z2 / s.n));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("read_golden");
    TCase *t = aimct_case(s, "recorded");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_loop_test(t, reads_like_the_recorded_peer, 0, N_VARIANTS);
    return aimct_main(s);
}
