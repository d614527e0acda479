/* SPDX-License-Identifier: MIT */
/* The kernel checker: every variant that this machine can run against the C reference, over all
 * small sizes and a few large ones, misaligned pointers, special values, with canaries on both
 * sides. Kernels are exact: bits must agree. */
#include "kernels/kernels.h"
#include "core/cpu.h"
#include "kernels/dispatch.h"
#include "kernel_check.h"

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

/* Lanes keep the same sums of doubles on every instruction set; in whatever order, they are those
 * of long doubles but for their rounding. */
static void check_moments(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    guarded g;
    float *x = guard(&g, offset);
    aimct_fill(x, n, n + offset);
    double a[2] = {0.5, 0.25}, b[2] = {0.5, 0.25};
    long double sum = 0.5L, squares = 0.25L;
    c->moments(x, n, a);
    v->moments(x, n, b);
    ck_assert(memcmp(a, b, sizeof a) == 0);
    for (size_t i = 0; i < n; i++) {
        sum += (long double)x[i];
        squares += (long double)x[i] * (long double)x[i];
    }
    ck_assert_double_eq_tol(a[0], (double)sum, 1e-12 * (double)(n + 1));
    ck_assert_double_eq_tol(a[1], (double)squares, 1e-12 * (double)squares);
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

static double power(double u)
{
    return pow(u, 0.65);
}

static void check_functions(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    double (*const exact[])(double) = {log, exp, power};
    for (int f = 0; f < 3; f++) {
        guarded a, b;
        float *ya = guard(&a, offset), *yb = guard(&b, offset);
        aimct_fill(ya, n, n + 5 * offset);
        for (size_t i = 0; i < n; i++)
            yb[i] = ya[i] = f == 1 ? 40 * ya[i] : ldexpf(1 + fabsf(ya[i]), (int)(i % 90) - 45);
        float *x = calloc(n + 1, sizeof *x);
        memcpy(x, ya, n * sizeof *x);
        if (f == 0)
            c->log(ya, ya, n), v->log(yb, yb, n);
        else if (f == 1)
            c->exp(ya, ya, n), v->exp(yb, yb, n);
        else
            c->pow(ya, 0.65f, ya, n), v->pow(yb, 0.65f, yb, n);
        ck_assert(memcmp(ya, yb, n * sizeof *ya) == 0);
        check_guard(&a, offset, n);
        check_guard(&b, offset, n);
        for (size_t i = 0; i < n; i++) { /* bounds of kernels/vec.h */
            const double expected = exact[f]((double)x[i]);
            const double limit = f < 2 ? 4e-7 : 7e-7 + 1e-7 * 0.65 * 46;
            ck_assert_msg(fabs((double)ya[i] - expected) <= limit * fabs(expected) + 1e-37,
                          "%d of %g: %.9g, expected %.9g", f, (double)x[i], (double)ya[i],
                          expected);
        }
        free(x);
    }
    guarded a, b;
    float *za = guard(&a, offset), *zb = guard(&b, offset);
    const aimci_key key = aimci_random_key(9, AIMCI_OP_READ, 0, n);
    c->normals(&key, 3, za, n);
    v->normals(&key, 3, zb, n);
    ck_assert(memcmp(za, zb, n * sizeof *za) == 0);
    check_guard(&a, offset, n);
    check_guard(&b, offset, n);
}

static void check_crossings(const aimci_kernels *c, const aimci_kernels *v, size_t n, size_t offset)
{
    guarded a, b;
    const size_t padded = aimci_round_up(n, 8);
    float *xa = guard(&a, offset), *xb = guard(&b, offset),
          *start = calloc(padded + 1, sizeof *start);
    int32_t *count[2] = {calloc(padded + 8, sizeof(int32_t)), calloc(padded + 8, sizeof(int32_t))};
    uint64_t sums[2][4] = {{0}};
    aimct_fill(start, n, n + 7 * offset);
    for (size_t i = 0; i < padded; i++)
        xa[i] = xb[i] = start[i] *= offset & 1 ? 500.0f : i % 16 == 3 ? 3e38f : 5.0f;
    const aimci_crossing crossing = {.threshold = offset & 1 ? 7.0f : 0.3f,
                                     .taken = offset & 1 ? 6.0f : 0.3f,
                                     .per_count = offset < 2 ? 1.0f : 2.6f,
                                     .longest = offset & 2 ? 20.0f : 1e6f,
                                     .whole = offset & 1};
    c->cross(&crossing, xa, count[0], padded, sums[0]);
    v->cross(&crossing, xb, count[1], padded, sums[1]);
    ck_assert(memcmp(xa, xb, padded * sizeof *xa) == 0);
    ck_assert(memcmp(count[0], count[1], padded * sizeof(int32_t)) == 0);
    ck_assert(memcmp(sums[0], sums[1], sizeof sums[0]) == 0);
    check_guard(&a, offset, padded);
    check_guard(&b, offset, padded);
    uint64_t crossed = 0, cut = 0;
    for (size_t i = 0; i < padded; i++) { /* from the definition */
        const double whole = trunc((double)start[i] / (double)crossing.threshold * (1 + 1e-6));
        double taken = whole * (double)crossing.taken;
        taken = crossing.whole ? rint(taken) : taken;
        const double wanted = -rint(whole * (double)crossing.per_count);
        const double most = (double)crossing.longest;
        ck_assert_int_eq(count[0][i], (int32_t)fmax(fmin(wanted, most), -most));
        if (fabs(whole) >= 0x1p24)
            taken = (double)start[i];
        ck_assert(fabs((double)start[i] - taken - (double)xa[i]) <= 1e-6 * fabs((double)start[i]));
        crossed += whole != 0;
        cut += fabs(wanted) > most;
    }
    ck_assert_uint_eq(sums[0][2], crossed);
    ck_assert_uint_eq(sums[0][3], cut);
    free(start);
    free(count[0]);
    free(count[1]);
}

#define VARIANTS_AGREE(what)                                                                       \
    START_TEST(variants_of_##what##_agree)                                                         \
    {                                                                                              \
        for_all(check_##what);                                                                     \
    }                                                                                              \
    END_TEST

VARIANTS_AGREE(absmax)
VARIANTS_AGREE(moments)
VARIANTS_AGREE(trains)
VARIANTS_AGREE(activations)
VARIANTS_AGREE(functions)
VARIANTS_AGREE(crossings)

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
    tcase_add_test(t, variants_of_moments_agree);
    tcase_add_test(t, variants_of_trains_agree);
    tcase_add_test(t, variants_of_activations_agree);
    tcase_add_test(t, variants_of_functions_agree);
    tcase_add_test(t, variants_of_crossings_agree);
    tcase_add_test(t, segments_continue_a_train);
    return aimct_main(s);
}
