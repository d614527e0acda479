/* SPDX-License-Identifier: MIT */
/* Products against sums in double. Tolerance: a sum of k float products, in any order, fused or
 * not, is off by at most g(k + 1) * sum |w x| with g(k) = k u / (1 - k u) and u = 2^-24 (one
 * rounding per product and per addition). */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blas/backend.h"
#include "check_main.h"
#include "fail_alloc.h"

static const size_t batches[] = {1, 2, 3, 4, 5, 8, 13, 31, 40, 48, 64};
#define N_BATCHES (sizeof batches / sizeof batches[0])

/* rows, columns, and what is added to them for the leading dimensions */
static const size_t shapes[][3] = {
    {1, 1, 0},    {1, 7, 0},    {7, 1, 0},    {3, 5, 1},     {8, 8, 0},    {15, 17, 3},
    {16, 16, 0},  {17, 15, 0},  {10, 84, 6},  {33, 31, 15},  {64, 64, 16}, {100, 300, 0},
    {129, 65, 7}, {257, 40, 1}, {20, 600, 2}, {300, 257, 4},
};
#define N_SHAPES (sizeof shapes / sizeof shapes[0])

/* ---- data ----------------------------------------------------------------------------------- */

static float draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) * 0x1p-23f - 1; /* [-1, 1) */
}

/* Columns of n numbers, NaN between them, and not a byte beyond the last one. */
static float *make_matrix(size_t n, size_t cols, size_t ld, uint64_t seed)
{
    const size_t size = (cols - 1) * ld + n;
    float *const m = malloc(size * sizeof *m);
    ck_assert_ptr_nonnull(m);
    for (size_t i = 0; i < size; i++)
        m[i] = i % ld < n ? draw(&seed) : NAN;
    return m;
}

static float *copy_matrix(const float *m, size_t n, size_t cols, size_t ld)
{
    const size_t size = ((cols - 1) * ld + n) * sizeof *m;
    float *const copy = malloc(size);
    ck_assert_ptr_nonnull(copy);
    return memcpy(copy, m, size);
}

/* Bits of the first count columns are the same, those of the padding included. */
static bool same_matrix(const float *a, const float *b, size_t n, size_t cols, size_t ld)
{
    return memcmp(a, b, ((cols - 1) * ld + n) * sizeof *a) == 0;
}

typedef struct {
    aimci_gemm_shape s;
    float *w; /* rows x columns */
    float *x; /* columns x batch */
    float *d; /* rows x batch */
} operands;

static operands make_operands(const size_t shape[3])
{
    const size_t r = shape[0], c = shape[1], pad = shape[2];
    operands o = {
        .s = {.n_rows = r, .n_cols = c, .ld = r + pad, .ld_rows = r + pad / 2, .ld_cols = c + pad}};
    o.w = make_matrix(r, c, o.s.ld, 1);
    o.x = make_matrix(c, AIMCI_GEMM_MAX_BATCH, o.s.ld_cols, 2);
    o.d = make_matrix(r, AIMCI_GEMM_MAX_BATCH, o.s.ld_rows, 3);
    return o;
}

static void free_operands(operands *o)
{
    free(o->w);
    free(o->x);
    free(o->d);
}

/* ---- references ----------------------------------------------------------------------------- */

static void check_near(double sum, double magnitude, size_t terms, float found)
{
    const double u = 0x1p-24 * (double)(terms + 1);
    ck_assert_msg(fabs(sum - (double)found) <= u / (1 - u) * magnitude + 1e-40,
                  "%.9g instead of %.9g", (double)found, sum);
}

static void check_forward(const operands *o, size_t n, const float *y)
{
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < o->s.n_rows; i++) {
            double sum = 0, magnitude = 0;
            for (size_t j = 0; j < o->s.n_cols; j++) {
                const double t = (double)o->w[j * o->s.ld + i] * (double)o->x[b * o->s.ld_cols + j];
                sum += t;
                magnitude += fabs(t);
            }
            check_near(sum, magnitude, o->s.n_cols, y[b * o->s.ld_rows + i]);
        }
}

static void check_backward(const operands *o, size_t n, const float *z)
{
    for (size_t b = 0; b < n; b++)
        for (size_t j = 0; j < o->s.n_cols; j++) {
            double sum = 0, magnitude = 0;
            for (size_t i = 0; i < o->s.n_rows; i++) {
                const double t = (double)o->w[j * o->s.ld + i] * (double)o->d[b * o->s.ld_rows + i];
                sum += t;
                magnitude += fabs(t);
            }
            check_near(sum, magnitude, o->s.n_rows, z[b * o->s.ld_cols + j]);
        }
}

/* One more rounding per term than elsewhere (alpha), and one for the sum with W. */
static void check_update(const operands *o, size_t n, float alpha, const float *w)
{
    for (size_t j = 0; j < o->s.n_cols; j++)
        for (size_t i = 0; i < o->s.n_rows; i++) {
            double sum = (double)o->w[j * o->s.ld + i], magnitude = fabs(sum);
            for (size_t b = 0; b < n; b++) {
                const double t = (double)alpha * (double)o->d[b * o->s.ld_rows + i] *
                                 (double)o->x[b * o->s.ld_cols + j];
                sum += t;
                magnitude += fabs(t);
            }
            check_near(sum, magnitude, n + 2, w[j * o->s.ld + i]);
        }
}

/* ---- one back end, through a table of functions --------------------------------------------- */

typedef struct way way;
struct way {
    void (*forward)(const way *v, size_t n, const float *w, const float *x, float *y);
    void (*backward)(const way *v, size_t n, const float *w, const float *d, float *z);
    void (*update)(const way *v, size_t n, float alpha, float *w, const float *d, const float *x);
    const aimci_gemm *gemm;
    const aimci_gemm_shape *s;
    float *scratch;
};

/* Results have garbage in them beforehand and padding that must stay. */
static void check_products(const way *v, const operands *o, size_t n)
{
    const aimci_gemm_shape *const s = &o->s;
    float *const y = make_matrix(s->n_rows, n, s->ld_rows, 4);
    float *const z = make_matrix(s->n_cols, n, s->ld_cols, 5);
    float *const w = copy_matrix(o->w, s->n_rows, s->n_cols, s->ld);
    y[0] = NAN;
    z[0] = INFINITY;
    v->forward(v, n, o->w, o->x, y);
    check_forward(o, n, y);
    v->backward(v, n, o->w, o->d, z);
    check_backward(o, n, z);
    v->update(v, n, -0.3f, w, o->d, o->x);
    check_update(o, n, -0.3f, w);
    for (size_t b = 0; b + 1 < n; b++) {
        for (size_t i = s->n_rows; i < s->ld_rows; i++)
            ck_assert(isnan(y[b * s->ld_rows + i]));
        for (size_t i = s->n_cols; i < s->ld_cols; i++)
            ck_assert(isnan(z[b * s->ld_cols + i]));
    }
    for (size_t j = 0; j + 1 < s->n_cols; j++)
        for (size_t i = s->n_rows; i < s->ld; i++)
            ck_assert(isnan(w[j * s->ld + i]));
    free(y);
    free(z);
    free(w);
}

/* ---- plans ---------------------------------------------------------------------------------- */

static aimc_context *make_context(uint32_t cpu_mask)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.cpu_mask = cpu_mask;
    p.n_threads = 3;
    aimc_context *ctx = NULL;
    ck_assert_msg(aimc_context_create(&p, &ctx) == AIMC_OK, "%s", aimc_get_last_error());
    return ctx;
}

static aimci_gemm *make_plan(aimc_context *ctx, const aimci_gemm_shape *s, bool deterministic)
{
    aimci_gemm *gemm = NULL;
    ck_assert_msg(aimci_gemm_create(ctx, s->n_rows, s->n_cols, s->ld, s->ld_rows, s->ld_cols,
                                    deterministic, &gemm) == AIMC_OK,
                  "%s", aimc_get_last_error());
    return gemm;
}

static float *make_scratch(const aimci_gemm *gemm)
{
    return make_matrix(aimci_gemm_scratch(gemm) + 1, 1, SIZE_MAX, 6);
}

static void plan_forward(const way *v, size_t n, const float *w, const float *x, float *y)
{
    aimci_gemm_forward(v->gemm, n, w, x, y);
}

static void plan_backward(const way *v, size_t n, const float *w, const float *d, float *z)
{
    aimci_gemm_backward(v->gemm, n, w, d, z, v->scratch);
}

static void plan_update(const way *v, size_t n, float alpha, float *w, const float *d,
                        const float *x)
{
    aimci_gemm_update(v->gemm, n, alpha, w, d, x);
}

static void check_plans(uint32_t cpu_mask, bool deterministic, const size_t shape[3])
{
    aimc_context *const ctx = make_context(cpu_mask);
    operands o = make_operands(shape);
    aimci_gemm *const gemm = make_plan(ctx, &o.s, deterministic);
    aimc_context_destroy(ctx); /* the plan keeps it alive */
    float *const scratch = make_scratch(gemm);
    const way v = {.forward = plan_forward,
                   .backward = plan_backward,
                   .update = plan_update,
                   .gemm = gemm,
                   .scratch = scratch};
    for (size_t k = 0; k < N_BATCHES; k++)
        check_products(&v, &o, batches[k]);
    free(scratch);
    aimci_gemm_destroy(gemm);
    free_operands(&o);
}

START_TEST(products_are_right)
{
    check_plans(0, false, shapes[_i]);
}
END_TEST

START_TEST(deterministic_products_are_right)
{
    check_plans(0, true, shapes[_i]);
}
END_TEST

START_TEST(plain_c_products_are_right)
{
    check_plans(AIMC_CPU_C, false, shapes[_i]);
}
END_TEST

#if AIMCI_HAVE_BLIS
static void blis_forward(const way *v, size_t n, const float *w, const float *x, float *y)
{
    aimci_blis_forward(v->s, n, w, x, y);
}

static void blis_backward(const way *v, size_t n, const float *w, const float *d, float *z)
{
    aimci_blis_backward(v->s, n, w, d, z);
}

static void blis_update(const way *v, size_t n, float alpha, float *w, const float *d,
                        const float *x)
{
    aimci_blis_update(v->s, n, alpha, w, d, x);
}

/* Also at the sizes where a plan would not ask it. */
START_TEST(blis_products_are_right)
{
    operands o = make_operands(shapes[_i]);
    const way v = {
        .forward = blis_forward, .backward = blis_backward, .update = blis_update, .s = &o.s};
    for (size_t k = 0; k < N_BATCHES; k++)
        check_products(&v, &o, batches[k]);
    free_operands(&o);
}
END_TEST
#endif

START_TEST(nothing_times_nothing)
{
    aimc_context *const ctx = make_context(0);
    operands o = make_operands(shapes[5]);
    aimci_gemm *const gemm = make_plan(ctx, &o.s, false);
    float *const w = copy_matrix(o.w, o.s.n_rows, o.s.n_cols, o.s.ld);
    aimci_gemm_forward(gemm, 0, o.w, NULL, NULL);
    aimci_gemm_backward(gemm, 0, o.w, NULL, NULL, NULL);
    aimci_gemm_update(gemm, 0, 1, w, NULL, NULL);
    ck_assert(same_matrix(w, o.w, o.s.n_rows, o.s.n_cols, o.s.ld));
    free(w);
    free_operands(&o);
    aimci_gemm_destroy(gemm);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- the same bits -------------------------------------------------------------------------- */

/* All samples at once, and then in parts of n: every bit agrees. */
static void check_split(const aimci_gemm *whole, const aimci_gemm *parts, const operands *o,
                        size_t n)
{
    const aimci_gemm_shape *const s = &o->s;
    const size_t all = AIMCI_GEMM_MAX_BATCH;
    float *const y[2] = {make_matrix(s->n_rows, all, s->ld_rows, 4),
                         make_matrix(s->n_rows, all, s->ld_rows, 4)};
    float *const z[2] = {make_matrix(s->n_cols, all, s->ld_cols, 5),
                         make_matrix(s->n_cols, all, s->ld_cols, 5)};
    float *const w[2] = {copy_matrix(o->w, s->n_rows, s->n_cols, s->ld),
                         copy_matrix(o->w, s->n_rows, s->n_cols, s->ld)};
    aimci_gemm_forward(whole, all, o->w, o->x, y[0]);
    aimci_gemm_backward(whole, all, o->w, o->d, z[0], NULL);
    aimci_gemm_update(whole, all, 0.1f, w[0], o->d, o->x);
    for (size_t b = 0; b < all; b += n) {
        const size_t m = aimci_min_size(n, all - b);
        const float *const x = o->x + b * s->ld_cols;
        const float *const d = o->d + b * s->ld_rows;
        aimci_gemm_forward(parts, m, o->w, x, y[1] + b * s->ld_rows);
        aimci_gemm_backward(parts, m, o->w, d, z[1] + b * s->ld_cols, NULL);
        aimci_gemm_update(parts, m, 0.1f, w[1], d, x);
    }
    ck_assert(same_matrix(y[0], y[1], s->n_rows, all, s->ld_rows));
    ck_assert(same_matrix(z[0], z[1], s->n_cols, all, s->ld_cols));
    ck_assert(same_matrix(w[0], w[1], s->n_rows, s->n_cols, s->ld));
    for (size_t i = 0; i < 2; i++) {
        free(y[i]);
        free(z[i]);
        free(w[i]);
    }
}

START_TEST(deterministic_products_ignore_the_batch)
{
    aimc_context *const ctx = make_context(0);
    operands o = make_operands(shapes[_i]);
    aimci_gemm *const gemm = make_plan(ctx, &o.s, true);
    for (size_t n = 1; n <= AIMCI_GEMM_MAX_BATCH; n++)
        check_split(gemm, gemm, &o, n);
    aimci_gemm_destroy(gemm);
    aimc_context_destroy(ctx);
    free_operands(&o);
}
END_TEST

START_TEST(deterministic_products_ignore_the_instruction_set)
{
    aimc_context *const plain = make_context(AIMC_CPU_C);
    aimc_context *const best =
        make_context(AIMC_CPU_C | AIMC_CPU_AVX2 | AIMC_CPU_AVX512 | AIMC_CPU_NEON);
    operands o = make_operands(shapes[_i]);
    aimci_gemm *const a = make_plan(plain, &o.s, true);
    aimci_gemm *const b = make_plan(best, &o.s, true);
    check_split(a, b, &o, AIMCI_GEMM_MAX_BATCH);
    check_split(a, b, &o, 5);
    aimci_gemm_destroy(a);
    aimci_gemm_destroy(b);
    aimc_context_destroy(plain);
    aimc_context_destroy(best);
    free_operands(&o);
}
END_TEST

typedef struct {
    const aimci_gemm *gemm;
    const operands *o;
    float *y;
} shared_work;

static void forward_chunk(void *arg, size_t slot, size_t chunk)
{
    const shared_work *const s = arg;
    const size_t b = chunk * 4;
    (void)slot;
    aimci_gemm_forward(s->gemm, 4, s->o->w, s->o->x + b * s->o->s.ld_cols,
                       s->y + b * s->o->s.ld_rows);
}

/* A plan may be used by many threads; what each gets is what one alone would get. */
START_TEST(threads_share_a_plan)
{
    aimc_context *const ctx = make_context(0);
    operands o = make_operands(shapes[_i]);
    aimci_gemm *const gemm = make_plan(ctx, &o.s, false);
    float *const y[2] = {make_matrix(o.s.n_rows, AIMCI_GEMM_MAX_BATCH, o.s.ld_rows, 4),
                         make_matrix(o.s.n_rows, AIMCI_GEMM_MAX_BATCH, o.s.ld_rows, 4)};
    shared_work s = {.gemm = gemm, .o = &o, .y = y[0]};
    aimci_parallel(ctx, AIMCI_GEMM_MAX_BATCH / 4, forward_chunk, &s);
    s.y = y[1];
    for (size_t chunk = 0; chunk < AIMCI_GEMM_MAX_BATCH / 4; chunk++)
        forward_chunk(&s, 0, chunk);
    ck_assert(same_matrix(y[0], y[1], o.s.n_rows, AIMCI_GEMM_MAX_BATCH, o.s.ld_rows));
    free(y[0]);
    free(y[1]);
    aimci_gemm_destroy(gemm);
    aimc_context_destroy(ctx);
    free_operands(&o);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------- */

START_TEST(bad_shapes_are_refused)
{
    static const size_t bad[][5] = {
        {0, 4, 4, 4, 4},
        {4, 0, 4, 4, 4},
        {4, 4, 3, 4, 4},
        {4, 4, 4, 3, 4},
        {4, 4, 4, 4, 3},
        {4, SIZE_MAX / 8, 4, 4, SIZE_MAX / 8},
        {SIZE_MAX, 1, SIZE_MAX, SIZE_MAX, 1},
        {4, 4, 4, SIZE_MAX, 4},
        {4, 4, 4, 4, SIZE_MAX},
    };
    aimc_context *const ctx = make_context(0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const size_t *const b = bad[i];
        int mark = 0;
        aimci_gemm *gemm = (aimci_gemm *)(void *)&mark;
        ck_assert_int_eq(aimci_gemm_create(ctx, b[0], b[1], b[2], b[3], b[4], false, &gemm),
                         AIMC_ERR_SHAPE);
        ck_assert_ptr_null(gemm);
    }
    aimci_gemm_destroy(NULL);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(plans_may_run_out_of_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.allocator = aimct_allocator(&heap);
    aimc_context *ctx = NULL;
    ck_assert_int_eq(aimc_context_create(&p, &ctx), AIMC_OK);
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimci_gemm *gemm = NULL;
        const aimc_status st = aimci_gemm_create(ctx, 9, 9, 9, 9, 9, false, &gemm);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimci_gemm_destroy(gemm);
        ck_assert_uint_eq(heap.live_blocks, 1);
    } while (heap.failed);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("blas");
    TCase *const t = aimct_case(s, "products");
    tcase_add_loop_test(t, products_are_right, 0, N_SHAPES);
    tcase_add_loop_test(t, deterministic_products_are_right, 0, N_SHAPES);
    tcase_add_loop_test(t, plain_c_products_are_right, 0, N_SHAPES);
#if AIMCI_HAVE_BLIS
    tcase_add_loop_test(t, blis_products_are_right, 0, N_SHAPES);
#endif
    tcase_add_test(t, nothing_times_nothing);
    TCase *const bits = aimct_case(s, "bits");
    tcase_add_loop_test(bits, deterministic_products_ignore_the_batch, 0, N_SHAPES);
    tcase_add_loop_test(bits, deterministic_products_ignore_the_instruction_set, 0, N_SHAPES);
    tcase_add_loop_test(bits, threads_share_a_plan, 0, N_SHAPES);
    TCase *const refusals = aimct_case(s, "refusals");
    tcase_add_test(refusals, bad_shapes_are_refused);
    tcase_add_test(refusals, plans_may_run_out_of_memory);
    return aimct_main(s);
}
