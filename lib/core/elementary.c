/* SPDX-License-Identifier: MIT */
#include "core/elementary.h"

#include <math.h>
#include <stdbool.h>

#define LN2_HIGH 0x1.62e42fee00000p-1 /* times an exponent, it is exact */
#define LN2_LOW  0x1.a39ef35793c76p-33

/* ---- exponentials --------------------------------------------------------------------------- */

double aimci_exp2(double x)
{
    x = x < -1100 ? -1100 : (x > 1100 ? 1100 : x);
    const double k = (x + AIMCI_TO_INTEGER) - AIMCI_TO_INTEGER;
    return aimci_exp_scaled((x - k) * 0x1.62e42fefa39efp-1, k);
}

double aimci_expm1(double x)
{
    if (fabs(x) < 0.34)
        return x + x * x * aimci_exp_rest(x);
    return aimci_exp(x) - 1;
}

double aimci_sinh(double x)
{
    const double e = aimci_expm1(fabs(x) < 709 ? fabs(x) : 0.5 * fabs(x));
    const double y = fabs(x) < 709 ? 0.5 * (e + e / (e + 1)) : 0.5 * e * e;
    return x < 0 ? -y : (x == x ? y : x);
}

double aimci_cosh(double x)
{
    const double e = aimci_exp(0.5 * fabs(x)), half = 0.5 * e; /* in halves: exp(x) may overflow */
    return half * e + 0.5 / e / e;
}

double aimci_tanh(double x)
{
    const double e = aimci_expm1(2 * fmin(fabs(x), 20)), y = e / (e + 2);
    return x < 0 ? -y : (x == x ? y : x);
}

/* ---- logarithms ----------------------------------------------------------------------------- */

/* log(1 + f) - f of f in [sqrt(1/2) - 1, sqrt(2) - 1], by s = f / (2 + f):
 *
 *     log(1 + f) = 2 artanh(s) = f - f^2 / 2 + s (f^2 / 2 + R),  R = 2 s^2 / 3 + 2 s^4 / 5 + ...
 */
static double log1p_rest(double f)
{
    const double s = f / (2 + f), z = s * s, z2 = z * z, square = 0.5 * f * f;
    const double even =
        2 / 3.0 +
        z2 * (2 / 7.0 + z2 * (2 / 11.0 + z2 * (2 / 15.0 + z2 * (2 / 19.0 + z2 * 2 / 23.0))));
    const double odd =
        2 / 5.0 + z2 * (2 / 9.0 + z2 * (2 / 13.0 + z2 * (2 / 17.0 + z2 * (2 / 21.0))));
    return s * (square + z * (even + z * odd)) - square;
}

/* Cut x into 2^e (1 + f); x is normal and above 0. */
static double cut(double x, double *f)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int64_t e = (int64_t)(bits - UINT64_C(0x3fe6a09e667f3bcd)) >> 52; /* of sqrt(1/2) */
    bits -= (uint64_t)e << 52;
    memcpy(&x, &bits, sizeof x);
    *f = x - 1;
    return (double)e;
}

/* A number that cut() can take; others have their logarithm at once. */
static bool is_plain(double *x, double *e, double *special)
{
    *e = 0;
    if (!(*x > 0) || isinf(*x)) {
        *special = *x == 0 ? -(double)INFINITY : (*x > 0 ? *x : (double)NAN);
        return false;
    }
    if (*x < 0x1p-1022) {
        *x *= 0x1p54;
        *e = -54;
    }
    return true;
}

double aimci_ln(double x)
{
    double e, f, special;
    if (!is_plain(&x, &e, &special))
        return special;
    e += cut(x, &f);
    return e * LN2_HIGH + (f + (log1p_rest(f) + e * LN2_LOW));
}

double aimci_log1p(double x)
{
    const double u = 1 + x;
    if (fabs(x) < 0.25)
        return x + log1p_rest(x);
    return isinf(u) || !(u > 0) ? aimci_ln(u) : aimci_ln(u) + (x - (u - 1)) / u;
}

double aimci_log2(double x)
{
    double e, f, special;
    if (!is_plain(&x, &e, &special))
        return special;
    e += cut(x, &f);
    return e + (f + log1p_rest(f)) * 0x1.71547652b82fep+0;
}

double aimci_log10(double x)
{
    return aimci_ln(x) * 0x1.bcb7b1526e50ep-2;
}

/* Few factors: exact where the result is, as that of 10^2. */
static double multiplied(double x, unsigned n)
{
    double y = 1;
    while (n > 0) {
        y *= n & 1 ? x : 1;
        x *= x;
        n >>= 1;
    }
    return y;
}

double aimci_pow(double x, double y)
{
    if (fabs(y) <= 32 && floor(y) == y)
        return y < 0 ? 1 / multiplied(x, (unsigned)-y) : multiplied(x, (unsigned)y);
    if (x == 1)
        return 1;
    if (x == 0)
        return y > 0 ? 0 : (double)INFINITY;
    const double size = aimci_exp(y * aimci_ln(fabs(x)));
    if (x > 0 || x != x)
        return x > 0 ? size : x;
    return floor(y) != y ? (double)NAN : (fmod(y, 2) != 0 ? -size : size);
}

/* ---- angles --------------------------------------------------------------------------------- */

/* Series of sin and cos of |a| <= pi / 4: the next terms are below 1e-17. */
static double sine(double a)
{
    const double z = -a * a;
    double s = 1 / 355687428096000.0;
    s = s * z + 1 / 1307674368000.0;
    s = s * z + 1 / 6227020800.0;
    s = s * z + 1 / 39916800.0;
    s = s * z + 1 / 362880.0;
    s = s * z + 1 / 5040.0;
    s = s * z + 1 / 120.0;
    s = s * z + 1 / 6.0;
    return a + a * z * s;
}

static double cosine(double a)
{
    const double z = -a * a;
    double c = 1 / 20922789888000.0;
    c = c * z + 1 / 87178291200.0;
    c = c * z + 1 / 479001600.0;
    c = c * z + 1 / 3628800.0;
    c = c * z + 1 / 40320.0;
    c = c * z + 1 / 720.0;
    c = c * z + 1 / 24.0;
    return 1 + (0.5 * z + z * z * c);
}

/* By quarters of a turn from cos(pi t). */
static double turned(double t, int quarters)
{
    const double pi = 0x1.921fb54442d18p+1, half = floor(2 * t + 0.5);
    const double a = pi * (t - 0.5 * half);
    switch (((int)fmod(half, 4) + quarters + 4) % 4) {
    case 0:
        return cosine(a);
    case 1:
        return -sine(a);
    case 2:
        return -cosine(a);
    default:
        return sine(a);
    }
}

double aimci_cospi(double t)
{
    return fabs(t) < 0x1p51 ? turned(t, 0) : t - t + 1;
}

double aimci_sinpi(double t)
{
    return fabs(t) < 0x1p51 ? turned(t, 3) : t - t;
}

/* ---- the normal distribution ---------------------------------------------------------------- */

/* erfc(x) = t exp(P(t) - x^2) of x >= 0, with t = 1 / (1 + x / 2): P interpolates at the 24
 * Chebyshev points of t in [1/15, 1], in u = (15 t - 8) / 7, with an error below 4e-16. */
static double erfc_above(double x)
{
    static const double p[] = {
        -0x1.40e60388403bbp-1,  0x1.442574caf43f7p-1,   0x1.0d3a9b0415078p-5,
        -0x1.473520231a667p-5,  -0x1.5412071f52b0cp-8,  0x1.b01291b24786cp-8,
        0x1.cb10e3813bd03p-12,  -0x1.7749425ba3cf0p-10, 0x1.177bf7ae463e0p-13,
        0x1.4340efe1e18dcp-12,  -0x1.a1ac21168fb2cp-14, -0x1.ad91476ff83b3p-15,
        0x1.3f0a7779a9a7dp-15,  0x1.0ba1adff9d786p-19,  -0x1.4f04638e26331p-17,
        0x1.5ce14d630bbb7p-19,  0x1.b12a80ec7f19bp-20,  -0x1.328a072c2358fp-20,
        -0x1.2639eb11b4728p-25, 0x1.18c0509aba910p-22,  -0x1.b65cd217d813dp-25,
        -0x1.154e9fa7d5520p-25, 0x1.3435cadecdd58p-27,  0x1.820c5c35dbd4dp-30};
    if (x > 28)
        return 0;
    const double t = 1 / (1 + 0.5 * x), u = (15 * t - 8) / 7;
    double even = 0, odd = 0;
    for (int k = 22; k >= 0; k -= 2) {
        even = even * (u * u) + p[k];
        odd = odd * (u * u) + p[k + 1];
    }
    return t * aimci_exp(even + u * odd - x * x);
}

/* The series, which keeps what is small. */
static double erf_near_0(double x)
{
    const double z = -x * x;
    double sum = 1 / (25 * 479001600.0);
    sum = sum * z + 1 / (23 * 39916800.0);
    sum = sum * z + 1 / (21 * 3628800.0);
    sum = sum * z + 1 / (19 * 362880.0);
    sum = sum * z + 1 / (17 * 40320.0);
    sum = sum * z + 1 / (15 * 5040.0);
    sum = sum * z + 1 / (13 * 720.0);
    sum = sum * z + 1 / (11 * 120.0);
    sum = sum * z + 1 / (9 * 24.0);
    sum = sum * z + 1 / (7 * 6.0);
    sum = sum * z + 1 / (5 * 2.0);
    sum = sum * z + 1 / 3.0;
    return 0x1.20dd750429b6dp+0 * (x + x * z * sum);
}

double aimci_erf(double x)
{
    const double size = fabs(x);
    if (size < 0.5 || x != x)
        return x == x ? erf_near_0(x) : x;
    const double y = 1 - erfc_above(size);
    return x < 0 ? -y : y;
}

double aimci_erfc(double x)
{
    if (x != x)
        return x;
    return x < 0 ? 2 - erfc_above(-x) : erfc_above(x);
}
