/* SPDX-License-Identifier: MIT */
/* The kernels of the read-out, checked like those of t_kernels.c: every variant that this machine
 * can run gives the bits of the C reference; and both give what the equations say. */
#include "kernels/read_chain.h"
#include "core/cpu.h"
#include "kernels/dispatch.h"
#include "kernel_check.h"

typedef void (*check_fn)(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                         size_t offset);

static void for_all(check_fn check)
{
    const uint32_t here = aimci_cpu_detect();
    const aimci_read_kernels *c = aimci_read_kernels_get(AIMC_CPU_C);
    for (size_t k = 0; k < sizeof isas / sizeof isas[0]; k++) {
        if (!(here & isas[k]))
            continue;
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (size_t offset = 0; offset < 4; offset++)
                check(c, aimci_read_kernels_get(isas[k]), sizes[s], offset);
    }
}

static void check_dac_setting(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
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

static void check_dac(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                      size_t offset)
{
    const aimci_key key = aimci_random_key(1, AIMCI_OP_FORWARD, 0, n);
    check_dac_setting(c, v, n, offset, &(aimci_dac){key, 1, 0, INFINITY, 0, 0, 0});
    check_dac_setting(c, v, n, offset, &(aimci_dac){key, 0.7f, 2.0f / 126, 1, 0, 0, 0});
    check_dac_setting(c, v, n, offset, &(aimci_dac){key, 0.7f, 2.0f / 126, 1, 0.1f, 0.2f, 1});
}

static void check_adc_setting(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                              size_t offset, const aimci_adc *adc)
{
    guarded in, a, b;
    float *x = guard(&in, offset), *ya = guard(&a, offset), *yb = guard(&b, offset);
    special(x, n, n * 3 + offset, false);
    memcpy(yb, x, n * sizeof *x);
    const size_t ca = c->adc(adc, x, ya, n), cb = v->adc(adc, yb, yb, n);
    ck_assert_uint_eq(ca, cb);
    ck_assert_msg(memcmp(ya, yb, n * sizeof *ya) == 0, "adc n %zu", n);
    check_guard(&a, offset, n);
    check_guard(&b, offset, n);
}

static void check_adc(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                      size_t offset)
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

static void check_encode(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                         size_t offset)
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
        size_t bad = 0;
        for (size_t i = 0; i < n; i++)
            bad += a[i] < -20 || a[i] > 20;
        ck_assert_uint_eq(bad, 0);
        ck_assert(n == MAX || a[n] == 0x55555555);
    }
}

/* ---- parts ---------------------------------------------------------------------------------- */

static void check_part(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                       size_t offset)
{
    float profile[MAX];
    aimct_fill(profile, MAX, 6);
    for (int op = AIMCI_PART_POSITIVE; op <= AIMCI_PART_TIMES; op++) {
        guarded in, a, b;
        float *z = guard(&in, offset), *za = guard(&a, offset), *zb = guard(&b, offset);
        if (op == AIMCI_PART_DIGITS)
            aimct_fill(z, n, n + offset); /* codes are within the DAC's range */
        else
            special(z, n, n + offset, false);
        const aimci_part part = {.op = (aimci_part_op)op,
                                 .first = 1,
                                 .count = 3,
                                 .step = 2.0f / 126,
                                 .unit = 1.0f / 7,
                                 .asymmetry = 0.25f,
                                 .profile = profile};
        c->part(&part, z, za, n);
        v->part(&part, z, zb, n);
        ck_assert_msg(memcmp(za, zb, n * sizeof *za) == 0, "part %d n %zu", op, n);
        check_guard(&a, offset, n);
        check_guard(&b, offset, n);
    }
}

START_TEST(parts_follow_their_definition)
{
    const aimci_read_kernels *k = aimci_read_kernels_get(aimci_cpu_detect());
    enum { N = 127 };
    float z[N], out[N], sum[N] = {0};
    for (int i = 0; i < N; i++)
        z[i] = (float)(i - 63) * (2.0f / 126);
    /* digits of the code, and their sum */
    for (int b = 0; b < 6; b++) {
        const aimci_part part = {
            .op = AIMCI_PART_DIGITS, .first = b, .count = 1, .step = 2.0f / 126, .unit = 0.5f};
        k->part(&part, z, out, N);
        for (int i = 0; i < N; i++) {
            const int code = abs(i - 63), sign = i < 63 ? -1 : 1;
            ck_assert(out[i] == (float)(sign * (code >> b & 1)) * 0.5f);
            sum[i] += out[i] / 0.5f * (2.0f / 126) * (float)(1 << b);
        }
    }
    for (int i = 0; i < N; i++)
        ck_assert(fabsf(sum[i] - z[i]) < 1e-6f);
    const float x[3] = {-2.0f, 0.5f, -0.0f}, profile[3] = {1, 3, 1};
    aimci_part part = {.op = AIMCI_PART_POSITIVE};
    k->part(&part, x, out, 3);
    ck_assert(out[0] == 0 && out[1] == 0.5f && out[2] == 0);
    part.op = AIMCI_PART_NEGATIVE;
    k->part(&part, x, out, 3);
    ck_assert(out[0] == 2 && out[1] == 0 && out[2] == 0);
    part.op = AIMCI_PART_MAGNITUDE;
    k->part(&part, x, out, 3);
    ck_assert(out[0] == 2 && out[1] == 0.5f);
    part.op = AIMCI_PART_SQUARE;
    k->part(&part, x, out, 3);
    ck_assert(out[0] == 4 && out[1] == 0.25f);
    part.op = AIMCI_PART_TIMES;
    part.profile = profile;
    k->part(&part, x, out, 3);
    ck_assert(out[0] == -2 && out[1] == 1.5f);
}
END_TEST

/* ---- what the array adds -------------------------------------------------------------------- */

static void check_current(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                          size_t offset)
{
    float load[MAX], dropped[MAX], power[MAX], offsets[MAX + 8];
    aimct_fill(dropped, MAX, 1);
    aimct_fill(load, MAX, 2);
    aimct_fill(power, MAX, 3);
    aimct_fill(offsets, MAX + 8, 4);
    for (int i = 0; i < MAX; i++)
        load[i] = fabsf(load[i]);
    const aimci_current all = {.dropped = dropped,
                               .load = load,
                               .load_scale = 3,
                               .ir_drop = 0.7f,
                               .has_reference = 1,
                               .has_floor = 1,
                               .reference = 0.3f,
                               .offsets = offsets,
                               .r_series = 0.2f,
                               .r_max = 0.1f,
                               .key = aimci_random_key(3, AIMCI_OP_FORWARD, 1, n),
                               .noise = 0.5f,
                               .power = power};
    for (unsigned off = 0; off < 32; off++) {
        aimci_current settings = all;
        settings.dropped = off & 1 ? NULL : dropped;
        settings.cubic = (off & 2) != 0;
        settings.has_floor = (off & 4) == 0;
        settings.r_series = off & 8 ? 0 : 0.2f;
        settings.offsets = off & 16 ? NULL : offsets;
        settings.power = off & 2 ? NULL : power;
        guarded a, b;
        float *ya = guard(&a, offset), *yb = guard(&b, offset);
        aimct_fill(ya, n, n);
        memcpy(yb, ya, n * sizeof *ya);
        c->current(&settings, ya, n);
        v->current(&settings, yb, n);
        ck_assert_msg(memcmp(ya, yb, n * sizeof *ya) == 0, "current n %zu case %u", n, off);
        check_guard(&a, offset, n);
        check_guard(&b, offset, n);
    }
}

/* exact amplitude 1.5 (1 - tanh(sqrt(a)) / sqrt(a)) and the cubic, over six decades */
START_TEST(amplitude_of_the_drop)
{
    const aimci_read_kernels *k = aimci_read_kernels_get(aimci_cpu_detect());
    for (double a = 1e-4; a < 300; a *= 1.07) {
        const float load = (float)a, one = 1;
        const double x = (double)load;
        aimci_current c = {.dropped = &one, .load = &load, .load_scale = 1, .ir_drop = 1};
        float y = 0;
        k->current(&c, &y, 1);
        const double exact = 1.5 * (1 - tanh(sqrt(x)) / sqrt(x));
        ck_assert_msg(fabs(-(double)y - exact) <= 1e-6 * exact + 2e-7, "a = %g: %.9g, %.9g", a,
                      -(double)y, exact);
        c.cubic = 1;
        y = 0;
        k->current(&c, &y, 1);
        const double cubic = x * (x * (0.05 * x - 0.2) + 0.5);
        ck_assert(fabs(-(double)y - cubic) <= 1e-6 * fabs(cubic));
    }
}
END_TEST

static void check_compress(const aimci_read_kernels *c, const aimci_read_kernels *v, size_t n,
                           size_t offset)
{
    float coefficients[MAX + 8];
    aimct_fill(coefficients, MAX + 8, 8);
    for (int given = 0; given < 2; given++) {
        guarded a, b;
        float *ya = guard(&a, offset), *yb = guard(&b, offset);
        special(ya, n, n + offset, true);
        float before[MAX];
        memcpy(before, ya, n * sizeof *ya);
        memcpy(yb, ya, n * sizeof *ya);
        c->compress(1.2f, 0.3f, given ? coefficients : NULL, ya, n);
        v->compress(1.2f, 0.3f, given ? coefficients : NULL, yb, n);
        ck_assert(memcmp(ya, yb, n * sizeof *ya) == 0);
        check_guard(&a, offset, n);
        check_guard(&b, offset, n);
        size_t bad = 0;
        for (size_t i = 0; i < n; i++) {
            const double k = given ? (double)coefficients[i] : 0.3;
            const double expected = (double)before[i] * 1.2 / (1 + fabs((double)before[i] * k));
            bad += fabsf(before[i]) <= 1e30f &&
                   fabs((double)ya[i] - expected) > 1e-6 * fabs(expected) + 1e-37;
        }
        ck_assert_uint_eq(bad, 0);
    }
}

#define VARIANTS_AGREE(what)                                                                       \
    START_TEST(variants_of_##what##_agree)                                                         \
    {                                                                                              \
        for_all(check_##what);                                                                     \
    }                                                                                              \
    END_TEST

VARIANTS_AGREE(dac)
VARIANTS_AGREE(adc)
VARIANTS_AGREE(encode)
VARIANTS_AGREE(part)
VARIANTS_AGREE(current)
VARIANTS_AGREE(compress)

int main(void)
{
    Suite *s = suite_create("read_chain");
    TCase *t = aimct_case(s, "variants");
    tcase_add_test(t, variants_of_dac_agree);
    tcase_add_test(t, variants_of_adc_agree);
    tcase_add_test(t, variants_of_encode_agree);
    tcase_add_test(t, variants_of_part_agree);
    tcase_add_test(t, variants_of_current_agree);
    tcase_add_test(t, variants_of_compress_agree);
    tcase_add_test(t, parts_follow_their_definition);
    tcase_add_test(t, amplitude_of_the_drop);
    return aimct_main(s);
}
