/* SPDX-License-Identifier: MIT */
/* The kernel checker: every variant that this machine can run against the C reference, over all
 * small sizes and a few large ones, misaligned pointers, special values, with canaries on both
 * sides. Kernels are exact: bits must agree. */
#include "kernels/kernels.h"
#include "core/cpu.h"
#include "kernels/dispatch.h"
#include "test_util.h"

enum { MAX = 1040, CANARY = 16 };

static const uint32_t isas[] = {AIMC_CPU_AVX2, AIMC_CPU_AVX512, AIMC_CPU_NEON};

typedef struct guarded {
    float all[MAX + 2 * CANARY + 8];
} guarded;

static float *guard(guarded *g, size_t offset)
{
    for (size_t i = 0; i < sizeof g->all / sizeof g->all[0]; i++)
        g->all[i] = 12345.0f;
    return g->all + CANARY + offset;
}

static void check_guard(const guarded *g, size_t offset, size_t n)
{
    for (size_t i = 0; i < sizeof g->all / sizeof g->all[0]; i++)
        if (i < CANARY + offset || i >= CANARY + offset + n)
            ck_assert_msg(g->all[i] == 12345.0f, "wrote outside at %zu of %zu", i, n);
}

static const size_t sizes[] = {0,   1,   2,   3,   4,   5,   6,   7,    8,   9,   10,
                               11,  12,  13,  14,  15,  16,  17,  23,   24,  25,  31,
                               32,  33,  40,  63,  64,  65,  66,  67,   127, 128, 129,
                               255, 256, 257, 511, 512, 513, 784, 1023, 1024};

/* Ordinary numbers with the awkward ones sprinkled in. */
static void special(float *x, size_t n, uint64_t seed, bool finite)
{
    static const float odd[] = {0.0f,  -0.0f,    1e-40f,    -1e-40f, 0.5f,   -0.5f,
                                1.0f,  -1.0f,    1.17e-38f, 3e38f,   -3e38f, 2.5f,
                                -3.5f, INFINITY, -INFINITY, NAN};
    const uint64_t n_odd = finite ? 13 : 16;
    for (size_t i = 0; i < n; i++) {
        const uint64_t r = aimct_next(&seed);
        x[i] = r % 5 == 0 ? odd[(r >> 8) % n_odd] : aimct_uniform(&seed) * 3.0f;
    }
}

typedef void (*check_fn)(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset);

static void for_all(check_fn check)
{
    const uint32_t here = aimci_cpu_detect();
    const aimci_kernels *c = aimci_kernels_get(AIMC_CPU_C);
    int variants = 0;
    for (size_t k = 0; k < sizeof isas / sizeof isas[0]; k++) {
        if (!(here & isas[k]))
            continue;
        variants++;
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (size_t offset = 0; offset < 4; offset++)
                check(c, aimci_kernels_get(isas[k]), sizes[s], offset);
    }
    if (!variants)
        printf("only the C reference runs here\n");
}

static void check_absmax(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    guarded g;
    float *x = guard(&g, offset);
    special(x, n, n + offset, true);
    const float a = c->absmax(x, n), b = v->absmax(x, n);
    ck_assert(memcmp(&a, &b, sizeof a) == 0);
    float expected = 0;
    for (size_t i = 0; i < n; i++)
        expected = fmaxf(expected, fabsf(x[i]));
    ck_assert(a == expected);
}

static void check_dac_setting(const aimci_kernels *c, const aimci_kernels *v, size_t n,
                              size_t offset, const aimci_dac *dac)
{
    guarded in, a, b;
    float *x = guard(&in, offset), *za = guard(&a, offset), *zb = guard(&b, offset);
    special(x, n, n * 7 + offset, false);
    c->dac(dac, x, za, n);
    v->dac(dac, x, zb, n);
    ck_assert_msg(memcmp(za, zb, n * sizeof *za) == 0, "dac n %zu", n);
    check_guard(&a, offset, n);
    check_guard(&b, offset, n);
}

static void check_dac(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    const aimci_key key = aimci_random_key(1, AIMCI_OP_FORWARD, 0, n);
    check_dac_setting(c, v, n, offset, &(aimci_dac){key, 1, 0, INFINITY, 0, 0, 0});
    check_dac_setting(c, v, n, offset, &(aimci_dac){key, 0.7f, 2.0f / 126, 1, 0, 0, 0});
    check_dac_setting(c, v, n, offset, &(aimci_dac){key, 0.7f, 2.0f / 126, 1, 0.1f, 0.2f, 1});
}

static void check_adc_setting(const aimci_kernels *c, const aimci_kernels *v, size_t n,
                              size_t offset, const aimci_adc *adc)
{
    guarded a, b;
    float *ya = guard(&a, offset), *yb = guard(&b, offset);
    special(ya, n, n * 3 + offset, false);
    memcpy(yb, ya, n * sizeof *ya);
    const size_t ca = c->adc(adc, ya, n), cb = v->adc(adc, yb, n);
    ck_assert_uint_eq(ca, cb);
    ck_assert_msg(memcmp(ya, yb, n * sizeof *ya) == 0, "adc n %zu", n);
    check_guard(&a, offset, n);
    check_guard(&b, offset, n);
}

static void check_adc(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    float noises[MAX + 8];
    aimct_fill(noises, MAX + 8, 5);
    aimci_adc adc = {.key = aimci_random_key(2, AIMCI_OP_BACKWARD, 1, n),
                     .noise = 0.06f,
                     .step = 4.0f / 510,
                     .bound = 2,
                     .gain = 1.5f,
                     .test_negative = 1};
    check_adc_setting(c, v, n, offset, &adc);
    adc.test_negative = 0;
    adc.sto_round = 1;
    adc.asymmetry = 0.1f;
    adc.noises = noises;
    check_adc_setting(c, v, n, offset, &adc);
    adc = (aimci_adc){.bound = INFINITY, .gain = 1};
    check_adc_setting(c, v, n, offset, &adc);
}

static void check_encode(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    guarded in;
    float *x = guard(&in, offset);
    special(x, n, n + 11 * offset, false);
    int32_t a[MAX], b[MAX];
    const aimci_key key = aimci_random_key(3, AIMCI_OP_CONVERTER, 0, n);
    for (int sto = 0; sto < 2; sto++) {
        memset(a, 0x55, sizeof a);
        memset(b, 0x55, sizeof b);
        c->encode(&key, 0.1f, 20, sto, x, a, n);
        v->encode(&key, 0.1f, 20, sto, x, b, n);
        ck_assert(memcmp(a, b, sizeof a) == 0);
        for (size_t i = 0; i < n; i++)
            ck_assert(a[i] >= -20 && a[i] <= 20);
        ck_assert(n == MAX || a[n] == 0x55555555);
    }
}

static void check_trains(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    enum { WORDS = 2 };
    const size_t stride = aimci_round_up(n, 8);
    if (stride == 0)
        return;
    guarded in;
    float *x = guard(&in, offset);
    aimct_fill(x, n, n + offset);
    uint32_t *mask[2];
    int32_t *negative[2], *count[2];
    uint64_t up[2] = {0, 0}, down[2] = {0, 0};
    const aimci_kernels *k[2] = {c, v};
    for (int i = 0; i < 2; i++) {
        mask[i] = calloc(WORDS * stride, sizeof(uint32_t));
        negative[i] = calloc(stride, sizeof(int32_t));
        count[i] = calloc(stride, sizeof(int32_t));
        const aimci_train train = {.key = aimci_random_key(4, AIMCI_OP_TRAIN_OUT, 0, n),
                                   .scale = 1.2f,
                                   .res = offset == 1 ? 0.1f : 0,
                                   .sto_round = offset == 1,
                                   .n_slots = 40,
                                   .n_words = WORDS,
                                   .stride = stride,
                                   .mask = mask[i],
                                   .negative = negative[i]};
        k[i]->train(&train, x, n);
        const uint32_t in_mask[WORDS] = {0xf0f0a5a5u, 0xffu};
        k[i]->coincide(&train, in_mask, 1, -(int32_t)(offset & 1), count[i], &up[i], &down[i]);
    }
    ck_assert(memcmp(mask[0], mask[1], WORDS * stride * sizeof(uint32_t)) == 0);
    ck_assert(memcmp(negative[0], negative[1], stride * sizeof(int32_t)) == 0);
    ck_assert(memcmp(count[0], count[1], stride * sizeof(int32_t)) == 0);
    ck_assert(up[0] == up[1] && down[0] == down[1]);
    /* against the definition, bit by bit */
    for (size_t i = 0; i < stride; i++) {
        const int n_both = __builtin_popcount(mask[0][i] & 0xf0f0a5a5u) +
                           __builtin_popcount(mask[0][stride + i] & 0xffu);
        const bool x_negative = i < n && x[i] < 0;
        const int expected = x_negative != (bool)(offset & 1) ? n_both : -n_both;
        ck_assert_int_eq(count[0][i], expected);
        ck_assert(i < n || (mask[0][i] == 0 && mask[0][stride + i] == 0));
        ck_assert_msg((mask[0][stride + i] >> 8) == 0, "a slot beyond the train fired");
    }
    for (int i = 0; i < 2; i++) {
        free(mask[i]);
        free(negative[i]);
        free(count[i]);
    }
}

static void check_activations(const aimci_kernels *c, const aimci_kernels *v, size_t n,
                              size_t offset)
{
    guarded in, a, b;
    float *x = guard(&in, offset);
    special(x, n, n + 3 * offset, true);
    for (int kind = AIMCI_K_TANH; kind <= AIMCI_K_SIGMOID; kind++) {
        float *ya = guard(&a, offset), *yb = guard(&b, offset);
        c->activate(kind, x, ya, n);
        v->activate(kind, x, yb, n);
        ck_assert(memcmp(ya, yb, n * sizeof *ya) == 0);
        check_guard(&a, offset, n);
        check_guard(&b, offset, n);
        for (size_t i = 0; i < n; i++) {
            const double u = (double)x[i];
            const double expected = kind == AIMCI_K_TANH   ? tanh(u)
                                    : kind == AIMCI_K_RELU ? fmax(u, 0)
                                                           : 1 / (1 + exp(-u));
            /* exp is good to 2 ulp; 1 - 2 / (1 + e) keeps it absolute */
            ck_assert(fabs((double)ya[i] - expected) <= 3e-7 * fmax(1, fabs(expected)));
        }
        c->activate_back(kind, ya, x, ya, n);
        v->activate_back(kind, yb, x, yb, n);
        ck_assert(memcmp(ya, yb, n * sizeof *ya) == 0);
    }
    const aimci_key key = aimci_random_key(9, AIMCI_OP_INIT, 0, n);
    float *ua = guard(&a, offset), *ub = guard(&b, offset);
    c->uniform(&key, ua, n);
    v->uniform(&key, ub, n);
    ck_assert(memcmp(ua, ub, n * sizeof *ua) == 0);
    check_guard(&a, offset, n);
}

#define VARIANTS_AGREE(what)                                                                       \
    START_TEST(variants_of_##what##_agree)                                                         \
    {                                                                                              \
        for_all(check_##what);                                                                     \
    }                                                                                              \
    END_TEST

VARIANTS_AGREE(absmax)
VARIANTS_AGREE(dac)
VARIANTS_AGREE(adc)
VARIANTS_AGREE(encode)
VARIANTS_AGREE(trains)
VARIANTS_AGREE(activations)

/* A train longer than its masks comes in segments that continue one stream. */
START_TEST(segments_continue_a_train)
{
    const aimci_kernels *k = aimci_kernels_get(aimci_cpu_detect());
    float x[8];
    aimct_fill(x, 8, 3);
    uint32_t whole[2 * 8], part[2][8];
    int32_t negative[8];
    aimci_train t = {.key = aimci_random_key(4, AIMCI_OP_TRAIN_IN, 0, 0),
                     .scale = 1,
                     .n_slots = 64,
                     .n_words = 2,
                     .stride = 8,
                     .mask = whole,
                     .negative = negative};
    k->train(&t, x, 8);
    t.n_words = 1;
    t.n_slots = 32;
    for (uint32_t s = 0; s < 2; s++) {
        t.first_slot = 32 * s;
        t.mask = part[s];
        k->train(&t, x, 8);
        ck_assert(memcmp(part[s], whole + 8 * s, sizeof part[s]) == 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("kernels");
    TCase *t = aimct_case(s, "variants");
    tcase_add_test(t, variants_of_absmax_agree);
    tcase_add_test(t, variants_of_dac_agree);
    tcase_add_test(t, variants_of_adc_agree);
    tcase_add_test(t, variants_of_encode_agree);
    tcase_add_test(t, variants_of_trains_agree);
    tcase_add_test(t, variants_of_activations_agree);
    tcase_add_test(t, segments_continue_a_train);
    return aimct_main(s);
}
