/* SPDX-License-Identifier: MIT */
/* One hash for each kernel of the instruction set this is compiled for. ./dev neon compares those
 * of an ARM build, run under qemu, with those of this machine: they have to be the same. Needs no
 * library but the C one, so that it can be linked for a machine that has nothing installed. */
#include <inttypes.h>
#include <stdio.h>

#include "device/laws/soft_bounds.h"
#include "device/power.h"
#include "kernels/kernels.h"
#include "kernels/read_chain.h"

AIMCI_DECLARE_VARIANTS(aimci_kernels, table)
AIMCI_DECLARE_VARIANTS(aimci_read_kernels, read_table)
AIMCI_DECLARE_VARIANTS(aimci_device_kernels, constant_step)
AIMCI_DECLARE_VARIANTS(aimci_device_kernels, pow_step)
AIMCI_DECLARE_VARIANTS(aimci_device_kernels, soft_bounds)
AIMCI_DECLARE_VARIANTS(aimci_sampling_kernels, sampling)
AIMCI_DECLARE_VARIANTS(aimci_relaxation_kernels, relaxation)

enum { N = 261, PADDED = 264, CELLS = 7 };

static void show(const char *what, const void *data, size_t size)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 1099511628211u;
    printf("%-24s %016" PRIx64 "\n", what, h);
}

static void kernels(void)
{
    const aimci_kernels *k = &AIMCI_K(table);
    static float x[PADDED], y[PADDED];
    static uint32_t mask[PADDED], in[1] = {0x5a5a5a5au};
    static int32_t negative[PADDED], count[PADDED];
    uint64_t sums[4] = {0, 0, 0, 0};
    const aimci_key key = aimci_random_key(1, AIMCI_OP_INIT, 0, 0);
    k->uniform(&key, x, N);
    show("uniform", x, sizeof x);
    for (int kind = AIMCI_K_TANH; kind <= AIMCI_K_SIGMOID; kind++) {
        k->activate(kind, x, y, N);
        show("activate", y, sizeof y);
    }
    k->normals(&key, 3, y, N);
    show("normals", y, sizeof y);
    k->exp(y, y, N);
    show("exp", y, sizeof y);
    k->log(y, y, N);
    show("log", y, sizeof y);
    k->exp(y, y, N);
    k->pow(y, 0.65f, y, N);
    show("pow", y, sizeof y);
    aimci_train t = {.key = key, .scale = 0.9f, .n_slots = 31, .n_words = 1, .stride = PADDED};
    t.mask = mask;
    t.negative = negative;
    for (t.n_slots = 1; t.n_slots < 32; t.n_slots += 6) {
        k->train(&t, x, N);
        k->coincide(&t, in, 1, -1, count, &sums[0], &sums[1]);
        show("train", mask, sizeof mask);
        show("coincide", count, sizeof count);
    }
    const aimci_crossing crossing = {0.3f, 0.3f, 2.0f, 1000.0f, 0};
    k->cross(&crossing, x, count, PADDED, sums);
    show("cross", x, sizeof x);
    show("sums", sums, sizeof sums);
}

static void read_chain(void)
{
    const aimci_read_kernels *k = &AIMCI_K(read_table);
    static float x[N], z[N];
    const aimci_key key = aimci_random_key(2, AIMCI_OP_FORWARD, 0, 0);
    AIMCI_K(table).uniform(&key, x, N);
    const aimci_dac dac = {key, 0.8f, 0.01f, 1.0f, 0.1f, 0.05f, 1};
    k->dac(&dac, x, z, N);
    show("dac", z, sizeof z);
    aimci_adc adc = {.key = key, .noise = 0.06f, .step = 0.01f, .bound = 1, .gain = 2};
    k->adc(&adc, z, z, N);
    show("adc", z, sizeof z);
    adc.sto_round = 1;
    adc.asymmetry = 0.1f;
    k->adc(&adc, x, x, N);
    show("adc, stochastic", x, sizeof x);
}

static aimci_pulsed base_params(void)
{
    return (aimci_pulsed){.dw_min = 0.001,
                          .dw_min_dtod = 0.3,
                          .dw_min_std = 0.3,
                          .up_down_dtod = 0.01,
                          .w_max = 0.6,
                          .w_max_dtod = 0.3,
                          .w_min = -0.6,
                          .w_min_dtod = 0.3,
                          .enforce_consistency = true};
}

static void merge(const aimci_device_kernels *k, const void *law, const aimci_word_line *line)
{
    static int32_t counts[AIMCI_MERGE_ROWS + 1][PADDED];
    for (int32_t r = 0; r < AIMCI_MERGE_ROWS; r++)
        for (int32_t i = 0; i < N; i++)
            counts[r][i] = (int32_t)((uint32_t)(i * 7919) + (uint32_t)r * 31) % 29 - 14;
    const aimci_rows rows = {counts[0], AIMCI_MERGE_ROWS, PADDED};
    for (uint64_t update = 0; update < 20; update++) {
        const aimci_key key = aimci_random_key(3, AIMCI_OP_PULSE, 0, update);
        k->merge(law, line, &rows, counts[AIMCI_MERGE_ROWS], &key, 5);
    }
}

static void device(const char *what, const aimci_device_kernels *k, const void *params,
                   const void *law, int mode)
{
    static float cells[CELLS][PADDED];
    static int32_t count[PADDED];
    aimci_word_line line = {.n = PADDED, .multi_pulse = mode};
    line.w = cells[0];
    for (int i = 0; i < CELLS; i++) /* the weight, bounds, steps and two own parameters */
        line.cell[AIMCI_CELL_P + i] = cells[i];
    memset(cells, 0, sizeof cells);
    const aimci_populate_fn populate = k->populate ? k->populate : AIMCI_K(sampling).populate;
    populate(params, &line, &(aimci_sampling){3, 1, 7});
    AIMCI_K(relaxation).clip(&line);
    for (uint64_t update = 0; update < 40; update++) {
        const aimci_key key = aimci_random_key(3, AIMCI_OP_PULSE, 0, update);
        for (int32_t i = 0; i < N; i++)
            count[i] = (int32_t)((uint32_t)(i * 7919) + update * 31) % 29 - 14;
        if (mode != AIMCI_MULTI_BATCH)
            k->pulse(law, &line, count, &key, 5);
    }
    if (mode == AIMCI_MULTI_BATCH)
        merge(k, law, &line);
    show(what, cells, sizeof cells);
    const aimci_relaxation r = {.decay = 0.9f, .diffusion = 0.01f, .reset_std = 0.1f};
    const aimci_key key = aimci_random_key(3, AIMCI_OP_RESET, 0, 0);
    AIMCI_K(relaxation).relax[AIMCI_RELAX_DIFFUSE](&r, &line, 0, &key, 5);
    AIMCI_K(relaxation).relax[AIMCI_RELAX_RESET](&r, &line, 0.3f, &key, 5);
    show("relaxation", cells, sizeof cells);
}

int main(void)
{
    kernels();
    read_chain();
    const aimci_power power = {.base = base_params(), .pow_gamma = 1.5, .pow_gamma_dtod = 0.1};
    const void *base = &power.base;
    const aimci_pulse_noise additive = {.sigma = 0.3f, .additive = 1}, multiplied = {.sigma = 0.3f};
    const aimci_law soft = {.noise = multiplied, .mult_noise = 1}, soft_additive = {additive};
    for (int mode = AIMCI_MULTI_EXACT; mode <= AIMCI_MULTI_CLOSE; mode++) {
        device("constant_step", &AIMCI_K(constant_step), base, &additive, mode);
        device("soft_bounds", &AIMCI_K(soft_bounds), base, &soft, mode);
    }
    device("constant_step", &AIMCI_K(constant_step), base, &additive, AIMCI_MULTI_BATCH);
    device("soft_bounds", &AIMCI_K(soft_bounds), base, &soft_additive, AIMCI_MULTI_BATCH);
    device("soft_bounds", &AIMCI_K(soft_bounds), base, &soft, AIMCI_MULTI_BATCH);
    device("pow_step", &AIMCI_K(pow_step), &power, &multiplied, AIMCI_MULTI_EXACT);
    device("pow_step", &AIMCI_K(pow_step), &power, &multiplied, AIMCI_MULTI_BATCH);
    return 0;
}
