/* SPDX-License-Identifier: MIT */
/* Random numbers: golden vectors, laws, independence of streams. The streams are compiled here for
 * plain C; t_kernels and t_models show that other instruction sets give the same bits. */
#include "core/random.h"
#include "kernels/fifo.h"
#include "test_util.h"

START_TEST(philox_matches_its_published_vectors)
{
    /* known-answer test of Random123 (Salmon et al. 2011) for philox4x32-10: zero counter and key;
     * all ones */
    aimci_key k = aimci_random_key(0, 0, 0, 0);
    ck_assert_uint_eq(k.k[0], 0x6627e8d5u);
    ck_assert_uint_eq(k.k[1], 0xe169c58du);
    ck_assert_uint_eq(k.k[2], 0xbc57ac4cu);
    ck_assert_uint_eq(k.k[3], 0x9b00dbd8u);
    k = aimci_random_key(UINT64_MAX, (aimci_op)UINT32_MAX, UINT32_MAX, UINT64_MAX);
    ck_assert_uint_eq(k.k[0], 0x408f276du);
    ck_assert_uint_eq(k.k[1], 0x41c83b0eu);
    ck_assert_uint_eq(k.k[2], 0xa20bc7c6u);
    ck_assert_uint_eq(k.k[3], 0x6d5451fdu);
}
END_TEST

/* xoshiro128+ in scalar C, from its definition. */
static uint32_t rotl(uint32_t x, int k)
{
    return (x << k) | (x >> (32 - k));
}

static uint32_t xoshiro(uint32_t s[4])
{
    const uint32_t result = s[0] + s[3], t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result;
}

START_TEST(lanes_are_xoshiro128p)
{
    const aimci_key key = aimci_random_key(42, AIMCI_OP_PULSE, 0, 7);
    aimci_stream st = aimci_stream_open(&key, 3);
    uint32_t s[8][4];
    for (int lane = 0; lane < 8; lane++)
        for (int w = 0; w < 4; w++)
            s[lane][w] = st.s[w][lane];
    for (int i = 0; i < 100; i++) {
        const vu v = aimci_stream_next(&st);
        for (int lane = 0; lane < 8; lane++)
            ck_assert_uint_eq(v[lane], xoshiro(s[lane]));
    }
}
END_TEST

/* AIMC_RNG_STREAM_VERSION 4. A change here is a change of every result: bump that number. */
START_TEST(golden_numbers_do_not_move)
{
    const aimci_key key = aimci_random_key(1, AIMCI_OP_CONSTRUCT, 2, 3);
    aimci_stream st = aimci_stream_open(&key, 4);
    const vu raw = aimci_stream_next(&st);
    vf a, b;
    aimci_stream_normals(&st, &a, &b);
    ck_assert_uint_eq(raw[0], 0xd31edd89u);
    ck_assert_uint_eq(raw[7], 0x7d7a4dcau);
    ck_assert(a[0] == -0x1.7587b4p-1f && a[7] == 0x1.10e486p+0f);
    ck_assert(b[0] == -0x1.4a3e64p-1f && b[7] == -0x1.943908p-1f);
}
END_TEST

START_TEST(elementary_functions_are_accurate)
{
    uint64_t seed = 1;
    double worst_log = 0, worst_exp = 0, worst_trig = 0;
    for (int i = 0; i < 200000; i++) {
        vf x, y, s, c;
        for (int k = 0; k < 8; k++)
            x[k] = expf(aimct_uniform(&seed) * 80.0f);
        y = vf_log(x);
        for (int k = 0; k < 8; k++)
            worst_log = fmax(worst_log, fabs((double)y[k] - log((double)x[k])) /
                                            fmax(fabs(log((double)x[k])), 1e-3));
        for (int k = 0; k < 8; k++)
            x[k] = aimct_uniform(&seed) * 80.0f;
        y = vf_exp(x);
        for (int k = 0; k < 8; k++)
            worst_exp = fmax(worst_exp, fabs((double)y[k] / exp((double)x[k]) - 1));
        for (int k = 0; k < 8; k++)
            x[k] = aimct_uniform(&seed);
        vf_sincospi(x, &s, &c);
        for (int k = 0; k < 8; k++) {
            worst_trig =
                fmax(worst_trig, fabs((double)s[k] - sin(3.14159265358979323846 * (double)x[k])));
            worst_trig =
                fmax(worst_trig, fabs((double)c[k] - cos(3.14159265358979323846 * (double)x[k])));
        }
    }
    ck_assert(worst_log < 2.4e-7 && worst_exp < 2.4e-7 && worst_trig < 1.5e-7); /* 2 ulp */
}
END_TEST

static size_t number_of_draws(void)
{
    const char *text = getenv("AIMC_TEST_DRAWS"); /* 1e9 takes half a minute */
    return text ? (size_t)strtod(text, NULL) : 20000000;
}

/* Moments to 5 sigma; the tails on both sides; and the places of the quantiles between, which are
 * where the pieces of the inversion meet. */
/* The largest error of eight values in units of what vec.h allows. */
static double worst_of(vf y, const double *exact, const double *allowed)
{
    double worst = 0;
    for (int k = 0; k < AIMCI_LANES; k++)
        worst = fmax(worst, fabs((double)y[k] - exact[k]) / allowed[k]);
    return worst;
}

START_TEST(powers_keep_their_bounds)
{
    double worst[3] = {0, 0, 0}, exact[AIMCI_LANES], allowed[AIMCI_LANES];
    vf a, e;
    for (int i = 0; i + AIMCI_LANES <= 1000000; i += AIMCI_LANES) {
        for (int k = 0; k < AIMCI_LANES; k++) {
            a[k] = (float)(-126 + 253e-6 * (i + k));
            exact[k] = exp2((double)a[k]);
            allowed[k] = 2e-7 * exact[k];
        }
        worst[0] = fmax(worst[0], worst_of(vf_exp2(a), exact, allowed));
    }
    for (uint32_t bits = 0x00800000; bits < 0x7f700000; bits += 1021 * AIMCI_LANES) {
        a = (vf)((vi)vi_lanes() * 1021 + (int32_t)bits);
        for (int k = 0; k < AIMCI_LANES; k++) {
            exact[k] = log2((double)a[k]);
            allowed[k] = 4e-7 + 6e-8 * fabs(exact[k]);
        }
        worst[1] = fmax(worst[1], worst_of(vf_log2(a), exact, allowed));
    }
    for (uint32_t bits = 0x30000000; bits < 0x3f800000; bits += 1021 * AIMCI_LANES) {
        a = (vf)((vi)vi_lanes() * 1021 + (int32_t)bits);
        for (int k = 0; k < AIMCI_LANES; k++) {
            e[k] = (float)((bits >> 5) % 1000) * 0.004f - 0.1f * (float)k; /* -0.7 to 4 */
            exact[k] = pow((double)a[k], (double)e[k]);
            const double share =
                4e-7 * (1 + fabs((double)e[k])) + 1e-7 * fabs((double)e[k] * log2((double)a[k]));
            allowed[k] = exact[k] > 1.2e-38 ? share * exact[k] : 1e-37;
        }
        worst[2] = fmax(worst[2], worst_of(vf_pow(a, e), exact, allowed));
    }
    for (int k = 0; k < 3; k++)
        ck_assert_msg(worst[k] <= 1, "function %d: %g of its bound", k, worst[k]);
}
END_TEST

START_TEST(normals_are_normal)
{
    enum { TAILS = 13 };
    const size_t n_draws = number_of_draws();
    const aimci_key key = aimci_random_key(7, AIMCI_OP_FORWARD, 0, 0);
    aimci_stream st = aimci_stream_open(&key, 0);
    double m[5] = {0};
    double beyond[TAILS] = {0}, below[TAILS] = {0};
    float edge[TAILS];
    for (int s = 0; s < TAILS; s++)
        edge[s] = 0.5f * (float)s;
    for (size_t i = 0; i < n_draws / AIMCI_LANES; i++) {
        const vf z = aimci_stream_normal(&st);
        double sum[5] = {0};
        for (int k = 0; k < AIMCI_LANES; k++) {
            const double x = (double)z[k], x2 = x * x;
            sum[1] += x;
            sum[2] += x2;
            sum[3] += x2 * x;
            sum[4] += x2 * x2;
        }
        for (int k = 1; k <= 4; k++)
            m[k] += sum[k];
        for (int s = 0; s < TAILS; s++) {
            beyond[s] += __builtin_popcount(v_bits(z > edge[s]));
            below[s] += __builtin_popcount(v_bits(z < -edge[s]));
        }
    }
    const double n = (double)(n_draws / AIMCI_LANES * AIMCI_LANES);
    /* variances of the sample moments of a standard normal: 1, 2, 15, 96 over n */
    ck_assert(fabs(m[1] / n) < 5 * sqrt(1 / n));
    ck_assert(fabs(m[2] / n - 1) < 5 * sqrt(2 / n));
    ck_assert(fabs(m[3] / n) < 5 * sqrt(15 / n));
    ck_assert(fabs(m[4] / n - 3) < 5 * sqrt(96 / n));
    for (int s = 0; s < TAILS; s++) {
        const double p = erfc((double)edge[s] / sqrt(2.0)) / 2, bound = 5 * sqrt(n * p) + 1;
        ck_assert_msg(fabs(beyond[s] - n * p) < bound, "%g beyond %g sigma, expected %.1f",
                      beyond[s], (double)edge[s], n * p);
        ck_assert_msg(fabs(below[s] - n * p) < bound, "%g below -%g sigma, expected %.1f", below[s],
                      (double)edge[s], n * p);
    }
}
END_TEST

/* Every piece of the quantile function against erfc: the tail beyond z is the one that was asked
 * for. */
START_TEST(quantiles_are_quantiles)
{
    double worst = 0;
    const aimci_key key = aimci_random_key(11, AIMCI_OP_FORWARD, 0, 0);
    aimci_stream st = aimci_stream_open(&key, 0);
    for (int i = 0; i < 1000000; i++) {
        aimci_stream copy = st;
        const vu u = aimci_stream_next(&copy);
        const vf z = aimci_stream_normal(&st);
        for (int k = 0; k < AIMCI_LANES; k++) {
            const double p = ((double)(u[k] & 0x7fffffffu) + 0.5) * 0x1p-32;
            const double x = u[k] >> 31 ? -(double)z[k] : (double)z[k], q = erfc(x / sqrt(2.0)) / 2;
            /* in units of z: dp = phi(z) dz. 2^-24 is the grid of the central pieces. */
            const double density = exp(-x * x / 2) * 0.3989422804014327;
            worst = fmax(worst, fmax(fabs(q - p) - 0x1p-24 * (p > 0x1p-9), 0) / density);
        }
    }
    ck_assert_msg(worst < 5e-6, "worst error of a quantile: %g", worst);
}
END_TEST

START_TEST(uniforms_are_uniform_in_every_bit)
{
    enum { N = 1 << 20 };
    const aimci_key key = aimci_random_key(8, AIMCI_OP_TRAIN_IN, 0, 0);
    aimci_stream st = aimci_stream_open(&key, 0);
    long ones[32] = {0};
    for (int i = 0; i < N / 8; i++) {
        const vu v = aimci_stream_next(&st);
        for (int k = 0; k < 8; k++)
            for (int b = 0; b < 32; b++)
                ones[b] += v[k] >> b & 1;
    }
    for (int b = 0; b < 32; b++)
        ck_assert((double)labs(ones[b] - N / 2) < 5 * 0.5 * sqrt(N));
}
END_TEST

/* Neighbouring lines, operations, indices and seeds give unrelated streams. */
START_TEST(streams_are_independent)
{
    enum { N = 100000 };
    const struct {
        aimci_key key;
        uint32_t line;
    } others[] = {{aimci_random_key(5, AIMCI_OP_PULSE, 0, 10), 1},
                  {aimci_random_key(5, AIMCI_OP_PULSE, 0, 11), 0},
                  {aimci_random_key(5, AIMCI_OP_PULSE, 1, 10), 0},
                  {aimci_random_key(5, AIMCI_OP_DIFFUSE, 0, 10), 0},
                  {aimci_random_key(6, AIMCI_OP_PULSE, 0, 10), 0}};
    for (size_t o = 0; o < sizeof others / sizeof others[0]; o++) {
        const aimci_key key = aimci_random_key(5, AIMCI_OP_PULSE, 0, 10);
        aimci_stream a = aimci_stream_open(&key, 0);
        aimci_stream b = aimci_stream_open(&others[o].key, others[o].line);
        double sum = 0;
        for (int i = 0; i < N / 16; i++) {
            vf x[2], y[2];
            aimci_stream_normals(&a, &x[0], &x[1]);
            aimci_stream_normals(&b, &y[0], &y[1]);
            for (int k = 0; k < 16; k++)
                sum += (double)(x[k / 8][k % 8] * y[k / 8][k % 8]);
        }
        ck_assert_msg(fabs(sum) < 5 * sqrt(N), "correlation %g with stream %zu", sum / N, o);
    }
}
END_TEST

/* First draws of many lines: the seeding must not leave a pattern across lines. */
START_TEST(first_draws_of_lines_are_normal)
{
    enum { LINES = 100000 };
    const aimci_key key = aimci_random_key(9, AIMCI_OP_PULSE, 0, 0);
    aimct_moments m = {0};
    double neighbours = 0, last = 0;
    for (uint32_t line = 0; line < LINES; line++) {
        aimci_stream st = aimci_stream_open(&key, line);
        vf a, b;
        aimci_stream_normals(&st, &a, &b);
        for (int k = 0; k < 8; k++) {
            aimct_add(&m, (double)a[k]);
            neighbours += last * (double)a[k];
            last = (double)a[k];
        }
    }
    CHECK_MEAN(m, 0, 1);
    CHECK_VARIANCE(m, 1, 3);
    ck_assert(fabs(neighbours) < 5 * sqrt(m.n));
}
END_TEST

START_TEST(fifo_hands_out_the_stream_in_order)
{
    const aimci_key key = aimci_random_key(3, AIMCI_OP_PULSE, 0, 0);
    aimci_stream st = aimci_stream_open(&key, 2);
    float expected[4096];
    for (int i = 0; i < 4096; i += 16) {
        vf a, b;
        aimci_stream_normals(&st, &a, &b);
        vf_store(expected + i, a);
        vf_store(expected + i + 8, b);
    }
    aimci_fifo f;
    aimci_fifo_open(&f, &key, 2);
    uint64_t seed = 4;
    for (size_t used = 0; used < 4000;) {
        const unsigned bits = (unsigned)(aimct_next(&seed) & 0xff);
        const vf v = aimci_fifo_take(&f, bits);
        for (int k = 0; k < 8; k++)
            if (bits >> k & 1)
                ck_assert(v[k] == expected[used++]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stream");
    TCase *t = aimct_case(s, "stream");
    tcase_add_test(t, philox_matches_its_published_vectors);
    tcase_add_test(t, lanes_are_xoshiro128p);
    tcase_add_test(t, golden_numbers_do_not_move);
    tcase_add_test(t, elementary_functions_are_accurate);
    tcase_add_test(t, powers_keep_their_bounds);
    tcase_add_test(t, normals_are_normal);
    tcase_add_test(t, quantiles_are_quantiles);
    tcase_add_test(t, uniforms_are_uniform_in_every_bit);
    tcase_add_test(t, streams_are_independent);
    tcase_add_test(t, first_draws_of_lines_are_normal);
    tcase_add_test(t, fifo_hands_out_the_stream_in_order);
    return aimct_main(s);
}
