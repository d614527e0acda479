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

/* xoshiro128++ in scalar C, from its definition. */
static uint32_t rotl(uint32_t x, int k)
{
    return (x << k) | (x >> (32 - k));
}

static uint32_t xoshiro(uint32_t s[4])
{
    const uint32_t result = rotl(s[0] + s[3], 7) + s[0], t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result;
}

START_TEST(lanes_are_xoshiro128pp)
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

/* AIMC_RNG_STREAM_VERSION 1. A change here is a change of every result: bump that number. */
START_TEST(golden_numbers_do_not_move)
{
    const aimci_key key = aimci_random_key(1, AIMCI_OP_CONSTRUCT, 2, 3);
    aimci_stream st = aimci_stream_open(&key, 4);
    const vu raw = aimci_stream_next(&st);
    vf a, b;
    aimci_stream_normals(&st, &a, &b);
    ck_assert_uint_eq(raw[0], 0x0b6e4b89u);
    ck_assert_uint_eq(raw[7], 0xa2f56d27u);
    ck_assert(a[0] == 0x1.bd44b8p-3f && a[7] == -0x1.588a34p-2f);
    ck_assert(b[0] == -0x1.287d26p-2f && b[7] == 0x1.a12d4ap-1f);
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

/* Moments to 5 sigma, and the tails: counts beyond 1 ... 5 sigma against the normal law. */
START_TEST(normals_are_normal)
{
    enum { N = 20000000 };
    const aimci_key key = aimci_random_key(7, AIMCI_OP_FORWARD, 0, 0);
    aimci_stream st = aimci_stream_open(&key, 0);
    double m[5] = {0};
    long beyond[6] = {0};
    for (long i = 0; i < N / 16; i++) {
        vf z[2];
        aimci_stream_normals(&st, &z[0], &z[1]);
        for (int k = 0; k < 16; k++) {
            const double x = (double)z[k / 8][k % 8], x2 = x * x;
            m[1] += x;
            m[2] += x2;
            m[3] += x2 * x;
            m[4] += x2 * x2;
            for (int s = 1; s <= 5; s++)
                beyond[s] += fabs(x) > s;
        }
    }
    const double n = N;
    /* variances of the sample moments of a standard normal: 1, 2, 15, 96 over n */
    ck_assert(fabs(m[1] / n) < 5 * sqrt(1 / n));
    ck_assert(fabs(m[2] / n - 1) < 5 * sqrt(2 / n));
    ck_assert(fabs(m[3] / n) < 5 * sqrt(15 / n));
    ck_assert(fabs(m[4] / n - 3) < 5 * sqrt(96 / n));
    for (int s = 1; s <= 5; s++) {
        const double p = erfc(s / sqrt(2.0));
        ck_assert_msg(fabs((double)beyond[s] - n * p) < 5 * sqrt(n * p) + 1,
                      "%ld beyond %d sigma, expected %.1f", beyond[s], s, n * p);
    }
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
    tcase_add_test(t, lanes_are_xoshiro128pp);
    tcase_add_test(t, golden_numbers_do_not_move);
    tcase_add_test(t, elementary_functions_are_accurate);
    tcase_add_test(t, normals_are_normal);
    tcase_add_test(t, uniforms_are_uniform_in_every_bit);
    tcase_add_test(t, streams_are_independent);
    tcase_add_test(t, first_draws_of_lines_are_normal);
    tcase_add_test(t, fifo_hands_out_the_stream_in_order);
    return aimct_main(s);
}
