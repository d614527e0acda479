/* SPDX-License-Identifier: MIT */
/* Own elementary functions: against long doubles where they have 64 bits, against known values, at
 * the ends of their ranges, and bit by bit against what every machine has to give. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "core/elementary.h"

enum { SAMPLES = 20000 };

/* ---- errors --------------------------------------------------------------------------------- */

static double ulp_of(double v, int digits)
{
    int e;
    (void)frexp(v, &e);
    return ldexp(1, e - digits > -1074 ? e - digits : -1074);
}

static long double cos_pi(long double t)
{
    return cosl(3.14159265358979323846264338327950288L * t);
}

static long double sin_pi(long double t)
{
    return sinl(3.14159265358979323846264338327950288L * t);
}

static const struct {
    const char *name;
    double (*own)(double x);
    long double (*reference)(long double x);
    double from, to, bound; /* ulp */
} functions[] = {
    {"exp", aimci_exp, expl, -700, 700, 1},         {"exp", aimci_exp, expl, -1, 1, 1},
    {"exp2", aimci_exp2, exp2l, -1000, 1000, 1},    {"expm1", aimci_expm1, expm1l, -5, 5, 4},
    {"expm1", aimci_expm1, expm1l, -1e-5, 1e-5, 1}, {"log", aimci_ln, logl, 0.001, 3, 1},
    {"log", aimci_ln, logl, 0.9, 1.1, 1},           {"log", aimci_ln, logl, 1, 1e300, 1},
    {"log1p", aimci_log1p, log1pl, -0.99, 10, 2},   {"log2", aimci_log2, log2l, 0.01, 100, 2},
    {"log10", aimci_log10, log10l, 0.01, 1000, 2},  {"sinh", aimci_sinh, sinhl, -700, 700, 4},
    {"sinh", aimci_sinh, sinhl, -2, 2, 4},          {"cosh", aimci_cosh, coshl, -700, 700, 4},
    {"tanh", aimci_tanh, tanhl, -20, 20, 4},        {"erf", aimci_erf, erfl, -4, 4, 3},
    {"erfc", aimci_erfc, erfcl, -4, 1, 8},          {"cospi", aimci_cospi, cos_pi, -0.45, 0.45, 2},
    {"sinpi", aimci_sinpi, sin_pi, -0.95, 0.95, 2},
};

START_TEST(doubles_are_near)
{
    if (LDBL_MANT_DIG != 64)
        return; /* nothing better to compare with: some libraries have doubles behind long ones */
    double worst = 0, at = 0;
    for (int i = 0; i < SAMPLES; i++) {
        const double x = functions[_i].from +
                         (functions[_i].to - functions[_i].from) * (i + 0.37) / (double)SAMPLES;
        const long double r = functions[_i].reference((long double)x);
        const double e =
            (double)fabsl((long double)functions[_i].own(x) - r) / ulp_of((double)r, DBL_MANT_DIG);
        at = e > worst ? x : at;
        worst = fmax(worst, e);
    }
    ck_assert_msg(worst < functions[_i].bound, "%s: %.3f ulp at %.17g", functions[_i].name, worst,
                  at);
}
END_TEST

static const struct {
    const char *name;
    float (*own)(float x);
    double (*reference)(double x);
} float_functions[] = {
    {"exp", aimci_expf, exp},
    {"tanh", aimci_tanhf, tanh},
    {"expm1", aimci_expm1f, expm1},
    {"erf", aimci_erff, erf},
};

/* Every 4099th float. */
START_TEST(floats_are_nearest)
{
    double worst = 0, at = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 4099) {
        const uint32_t word = (uint32_t)bits;
        float x;
        memcpy(&x, &word, sizeof x);
        if (!isfinite(x))
            continue;
        const double r = float_functions[_i].reference((double)x);
        const float y = float_functions[_i].own(x);
        if (isinf(y) && fabs(r) > (double)FLT_MAX)
            continue;
        const double e = fabs((double)y - r) / fmax(ulp_of(r, FLT_MANT_DIG), (double)FLT_TRUE_MIN);
        at = e > worst || isnan(e) ? (double)x : at;
        worst = isnan(e) ? (double)INFINITY : fmax(worst, e);
    }
    ck_assert_msg(worst < 0.502, "%s: %.5f ulp at %.9g", float_functions[_i].name, worst, at);
}
END_TEST

/* ---- ends ----------------------------------------------------------------------------------- */

START_TEST(ends_of_ranges)
{
    const double inf = (double)INFINITY, nan = (double)NAN;
    ck_assert(aimci_exp(-inf) == 0 && aimci_exp(inf) == inf && isnan(aimci_exp(nan)));
    ck_assert(aimci_exp(0) == 1 && aimci_exp(-745.2) == 0 && aimci_exp(709.8) == inf);
    ck_assert(aimci_exp(-740) > 0 && aimci_exp(709.7) < inf);
    ck_assert(aimci_expf(-INFINITY) == 0 && isinf(aimci_expf(89)) && isnan(aimci_expf(NAN)));
    ck_assert(aimci_expf(-104) == 0 && aimci_expf(-103) > 0 && aimci_expf(88.7f) < INFINITY);
    ck_assert(aimci_ln(0) == -inf && aimci_ln(inf) == inf && isnan(aimci_ln(-1)));
    ck_assert(isnan(aimci_ln(nan)) && aimci_ln(1) == 0);
    ck_assert(fabs(aimci_ln(DBL_TRUE_MIN) + 744.4400719213812) < 1e-12);
    ck_assert(aimci_tanh(inf) == 1 && aimci_tanh(-inf) == -1 && isnan(aimci_tanh(nan)));
    ck_assert(aimci_tanhf(INFINITY) == 1 && aimci_tanhf(-30) == -1 && isnan(aimci_tanhf(NAN)));
    ck_assert(aimci_erff(INFINITY) == 1 && aimci_erff(-5) == -1 && isnan(aimci_erff(NAN)));
    ck_assert(aimci_erf(9) == 1 && aimci_erfc(-9) == 2 && aimci_erfc(30) == 0);
    ck_assert(aimci_sinh(710) < inf && aimci_sinh(711) == inf && aimci_sinh(-inf) == -inf);
    ck_assert(aimci_log1p(-1) == -inf && aimci_log1p(inf) == inf && aimci_log1p(1e-300) == 1e-300);
    ck_assert(aimci_expm1(-inf) == -1 && aimci_expm1(1e-300) == 1e-300);
}
END_TEST

START_TEST(what_is_exact)
{
    for (int k = -1074; k <= 1023; k++) {
        ck_assert(aimci_exp2(k) == ldexp(1, k));
        ck_assert(aimci_log2(ldexp(1, k)) == k);
    }
    ck_assert(aimci_pow(10, 2) == 100 && aimci_pow(2, -3) == 0.125 && aimci_pow(-2, 3) == -8);
    ck_assert(aimci_pow(0, 0) == 1 && aimci_pow(0, 0.5) == 0 && isinf(aimci_pow(0, -0.5)));
    ck_assert(aimci_pow(1, 1e300) == 1 && isnan(aimci_pow(-2, 0.5)) && aimci_pow(-1, 33) == -1);
    for (int k = -8; k <= 8; k++) {
        ck_assert(aimci_cospi(k) == (k % 2 == 0 ? 1 : -1) && aimci_sinpi(k) == 0);
        ck_assert(aimci_cospi(k + 0.5) == 0 && fabs(aimci_sinpi(k + 0.5)) == 1);
    }
}
END_TEST

START_TEST(powers_are_near)
{
    for (int i = 1; i < SAMPLES; i++) {
        const double x = 0.01 * i, y = 3.7 - 0.0003 * i;
        const long double r = powl((long double)x, (long double)y);
        const double e = (double)fabsl(((long double)aimci_pow(x, y) - r) / r);
        ck_assert_msg(e < DBL_EPSILON * (1 + fabs(y * log(x))), "%g^%g: %g", x, y, e);
    }
}
END_TEST

/* ---- the same bits everywhere --------------------------------------------------------------- */

static uint64_t hashed(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* FNV-1a of results all over, on machines whose bytes lie little end first. */
START_TEST(bits_are_those_of_every_machine)
{
    static double (*const own[])(double) = {
        aimci_exp,  aimci_exp2, aimci_expm1, aimci_ln,    aimci_log1p, aimci_log2, aimci_log10,
        aimci_sinh, aimci_cosh, aimci_tanh,  aimci_sinpi, aimci_cospi, aimci_erf,  aimci_erfc};
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t k = 0; k < sizeof own / sizeof own[0]; k++)
        for (int i = 1; i < 4000; i++) {
            const double y = own[k](i / 256.0), z = own[k](1.0 / i), p = aimci_pow(i / 99.0, z);
            hash = hashed(hashed(hashed(hash, &y, sizeof y), &z, sizeof z), &p, sizeof p);
        }
    for (int k = 0; k < 4; k++)
        for (int i = -4000; i < 4000; i++) {
            const float y = float_functions[k].own((float)i / 256);
            hash = hashed(hash, &y, sizeof y);
        }
    ck_assert_msg(hash == UINT64_C(0x3cf720c4bfc1bd3e), "%llx", (unsigned long long)hash);
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("elementary");
    TCase *const t = aimct_case(s, "elementary");
    tcase_add_loop_test(t, doubles_are_near, 0, sizeof functions / sizeof functions[0]);
    tcase_add_loop_test(t, floats_are_nearest, 0, 4);
    tcase_add_test(t, ends_of_ranges);
    tcase_add_test(t, what_is_exact);
    tcase_add_test(t, powers_are_near);
    tcase_add_test(t, bits_are_those_of_every_machine);
    return aimct_main(s);
}
