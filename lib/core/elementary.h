/* SPDX-License-Identifier: MIT */
/* Elementary functions with the same bits on every machine: sums, products and quotients of
 * doubles, which IEEE 754 rounds alike everywhere, while the last digits of libm are another
 * library's elsewhere. States, results and energies go through these; fits of devices take libm's.
 * Errors are those that tests/core/t_elementary.c finds against long doubles. Kernels have vectors
 * of the like (kernels/vec.h). */
#ifndef AIMCI_ELEMENTARY_H
#define AIMCI_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

/* Added to a number below 2^51, it leaves the nearest integer in the lowest bits. */
#define AIMCI_TO_INTEGER 0x1.8p52

/* 2^k of an integer k in [-1022, 1023]. */
static inline double aimci_two_to(double k)
{
    const double shifted = k + (AIMCI_TO_INTEGER + 1023);
    uint64_t bits;
    double power;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 52;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* (exp(r) - 1 - r) / r^2 of |r| <= ln 2 / 2: the series, whose next term is below 4e-18. */
static inline double aimci_exp_rest(double r)
{
    const double r2 = r * r;
    const double even =
        1 / 2.0 +
        r2 * (1 / 24.0 +
              r2 * (1 / 720.0 + r2 * (1 / 40320.0 + r2 * (1 / 3628800.0 + r2 / 479001600.0))));
    const double odd =
        1 / 6.0 +
        r2 * (1 / 120.0 +
              r2 * (1 / 5040.0 + r2 * (1 / 362880.0 + r2 * (1 / 39916800.0 + r2 / 6227020800.0))));
    return even + r * odd;
}

/* exp(r) 2^k: k in two parts, because the power alone may leave the range of doubles. */
static inline double aimci_exp_scaled(double r, double k)
{
    const double half = (0.5 * k + AIMCI_TO_INTEGER) - AIMCI_TO_INTEGER;
    return (1 + (r + r * r * aimci_exp_rest(r))) * aimci_two_to(half) * aimci_two_to(k - half);
}

/* Error below 1 ulp; infinite and 0 where the result is too large and too small, NaN of NaN. */
static inline double aimci_exp(double x)
{
    x = x < -750 ? -750 : (x > 710 ? 710 : x);
    const double k = (x * 0x1.71547652b82fep+0 + AIMCI_TO_INTEGER) - AIMCI_TO_INTEGER;
    return aimci_exp_scaled((x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33, k);
}

/* Errors below 4 ulp, where nothing else is said. */
double aimci_exp2(double x);
double aimci_expm1(double x);
double aimci_ln(double x);
double aimci_log1p(double x);
double aimci_log2(double x);
double aimci_log10(double x);
/* Relative error below 2^-52 (1 + |y log x|); products where y is a whole number up to 32. */
double aimci_pow(double x, double y);
double aimci_sinh(double x);
double aimci_cosh(double x);
double aimci_tanh(double x);
/* Sine and cosine of pi t: exact where t is a multiple of 1/2. */
double aimci_sinpi(double t);
double aimci_cospi(double t);
double aimci_erf(double x);
/* Relative error below 2^-51 (2 + x^2). */
double aimci_erfc(double x);

/* ---- floats: doubles, rounded: error below 0.502 ulp ---------------------------------------- */

static inline float aimci_expf(float x)
{
    double v = (double)x;
    v = v < -150 ? -150 : (v > 100 ? 100 : v);
    const double k = (v * 0x1.71547652b82fep+0 + AIMCI_TO_INTEGER) - AIMCI_TO_INTEGER;
    const double r = (v - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    const double r2 = r * r; /* the series up to r^10: the next term is below 3e-13 */
    const double even =
        1 / 2.0 + r2 * (1 / 24.0 + r2 * (1 / 720.0 + r2 * (1 / 40320.0 + r2 / 3628800.0)));
    const double odd = 1 / 6.0 + r2 * (1 / 120.0 + r2 * (1 / 5040.0 + r2 / 362880.0));
    return (float)((1 + (r + r2 * (even + r * odd))) * aimci_two_to(k));
}

/* 1 - 2 / (exp(2 |x|) + 1), which loses what is small: there, two terms of the series. */
static inline float aimci_tanhf(float x)
{
    const double v = (double)x, size = v < 0 ? -v : v;
    const double e = aimci_exp(2 * (size > 20 ? 20 : size));
    const double large = 1 - 2 / (e + 1), small = size - size * size * size / 3;
    const double y = size < 1e-4 ? small : large;
    return (float)(v < 0 ? -y : (v == v ? y : v));
}

static inline float aimci_expm1f(float x)
{
    return (float)aimci_expm1((double)x);
}

/* x Q(x^2) up to 4, where it is 1: Q interpolates at 20 Chebyshev points, with a relative error
 * below 8e-11. */
static inline float aimci_erff(float x)
{
    static const double q[] = {
        0x1.6a0407813ba6ap-2,   -0x1.69a0ccd9f6df8p-3, 0x1.0dabafa9f88e4p-3,
        -0x1.b92e963095bd0p-4,  0x1.717ed25590363p-4,  -0x1.3215ca717cdadp-4,
        0x1.ea9c22453d0afp-5,   -0x1.76e9d031dbf77p-5, 0x1.0eba27d1d1e96p-5,
        -0x1.7022a7b996b7ep-6,  0x1.d7c38f92e4738p-7,  -0x1.1a89711343d13p-7,
        0x1.37242b1831533p-8,   -0x1.4d36ca00e41d5p-9, 0x1.78c1edb02fd74p-10,
        -0x1.5b3198a59e823p-11, 0x1.4cf6ca5f0eadep-13, -0x1.462501dc85e0fp-14,
        0x1.97ec8501d6727p-14,  -0x1.2a5b1cc3bdea6p-15};
    double v = (double)x;
    v = v < -4 ? -4 : (v > 4 ? 4 : v);
    const double u = v * v / 8 - 1, u2 = u * u;
    double even = q[18], odd = q[19];
    for (int k = 16; k >= 0; k -= 2) {
        even = even * u2 + q[k];
        odd = odd * u2 + q[k + 1];
    }
    return (float)(v * (even + u * odd));
}

#endif
