/* SPDX-License-Identifier: MIT */
/* Who computes what, measured on one core of a Zen 4 EPYC (GF/s; forward at 256 x 256, batch 1 and
 * 64): libxsmm 45 and 117, BLIS 32 and 110, built-in AVX2 37 and 78, built-in C 9 and 17. libxsmm
 * leads forward up to 1024 x 1024 in every batch, and also where the second cache is small (Zen 3).
 * It has no transposed kernels, but backward it leads on transposed samples, sixteen and more at a
 * time (112 at batch 64, BLIS 97). BLIS does the rest of backward, and update, unless the product
 * is so small that its preparations cost more than the work. */
#include "blas/backend.h"

#include <assert.h>

/* Multiplications from which BLIS overtakes the built-in products. */
#define BLIS_MIN_WORK         4096
#define BLIS_MIN_WORK_FORWARD 65536
/* Elements of a matrix up to which libxsmm leads forward: it does not cut the sum into blocks, and
 * at 2048 x 2048 takes two to three times as long as BLIS. */
#define XSMM_MAX_MATRIX ((size_t)1280 * 1280)

struct aimci_gemm {
    aimc_context *ctx;
    aimci_gemm_shape shape;
    const aimci_gemm_builtin *builtin;
    bool builtin_only;
    bool has_xsmm_forward, has_xsmm_backward;
    aimci_xsmm xsmm;
};

/* ---- plans ---------------------------------------------------------------------------------- */

static aimc_status check_shape(const aimci_gemm_shape *s)
{
    if (s->n_rows == 0 || s->n_cols == 0)
        return aimci_fail(AIMC_ERR_SHAPE, "product: empty matrix of %zu x %zu", s->n_rows,
                          s->n_cols);
    if (s->ld < s->n_rows || s->ld_rows < s->n_rows || s->ld_cols < s->n_cols)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "product: leading dimensions %zu, %zu, %zu are too small for %zu x %zu",
                          s->ld, s->ld_rows, s->ld_cols, s->n_rows, s->n_cols);
    /* no offset and no count of operations overflows, in whatever integers BLIS counts */
    const size_t limit = PTRDIFF_MAX / sizeof(float) / AIMCI_GEMM_MAX_BATCH;
    if (s->n_cols > limit / s->ld || s->ld_rows > limit || s->ld_cols > limit)
        return aimci_fail(AIMC_ERR_SHAPE, "product: %zu x %zu is too large", s->n_rows, s->n_cols);
    return AIMC_OK;
}

static const aimci_gemm_builtin *choose_builtin(uint32_t cpu)
{
    static const aimci_gemm_builtin *const variants[AIMCI_N_ISA] = AIMCI_LIST_VARIANTS(gemm);
    return variants[aimci_best_isa(cpu)];
}

aimc_status aimci_gemm_create(aimc_context *ctx, size_t n_rows, size_t n_cols, size_t ld,
                              size_t ld_rows, size_t ld_cols, bool deterministic, aimci_gemm **out)
{
    const aimci_gemm_shape shape = {n_rows, n_cols, ld, ld_rows, ld_cols};
    *out = NULL;
    const aimc_status st = check_shape(&shape);
    if (st != AIMC_OK)
        return st;
    aimci_gemm *const gemm = aimci_calloc(ctx, 1, sizeof *gemm);
    if (gemm == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "product: out of memory for a plan");
    const uint32_t cpu = aimc_context_get_cpu(ctx);
    gemm->ctx = aimci_context_ref(ctx);
    gemm->shape = shape;
    gemm->builtin = choose_builtin(cpu);
    /* Neither BLIS nor libxsmm gives a vector the same bits in every batch, and neither knows the
     * context's mask. */
    gemm->builtin_only = deterministic || cpu == AIMC_CPU_C;
#if AIMCI_HAVE_XSMM
    gemm->has_xsmm_forward = !gemm->builtin_only && n_rows * n_cols <= XSMM_MAX_MATRIX &&
                             aimci_xsmm_prepare_forward(&gemm->xsmm, &shape);
    gemm->has_xsmm_backward =
        !gemm->builtin_only && aimci_xsmm_prepare_backward(&gemm->xsmm, &shape);
#endif
    *out = gemm;
    return AIMC_OK;
}

void aimci_gemm_destroy(aimci_gemm *gemm)
{
    if (gemm == NULL)
        return;
    aimc_context *const ctx = gemm->ctx;
    aimci_free(ctx, gemm);
    aimci_context_unref(ctx);
}

size_t aimci_gemm_scratch(const aimci_gemm *gemm)
{
    const aimci_gemm_shape *const s = &gemm->shape;
    return gemm->has_xsmm_backward ? AIMCI_GEMM_MAX_BATCH * (s->n_rows + s->n_cols) : 0;
}

/* ---- products ------------------------------------------------------------------------------- */

#if AIMCI_HAVE_BLIS
static bool worth_blis(const aimci_gemm *gemm, size_t n, size_t min_work)
{
    return !gemm->builtin_only && n * gemm->shape.n_rows * gemm->shape.n_cols >= min_work;
}
#endif

void aimci_gemm_forward(const aimci_gemm *gemm, size_t n, const float *w, const float *x, float *y)
{
    assert(n <= AIMCI_GEMM_MAX_BATCH);
    if (n == 0)
        return;
#if AIMCI_HAVE_XSMM
    if (gemm->has_xsmm_forward) {
        aimci_xsmm_forward(&gemm->xsmm, &gemm->shape, n, w, x, y);
        return;
    }
#endif
#if AIMCI_HAVE_BLIS
    if (worth_blis(gemm, n, BLIS_MIN_WORK_FORWARD)) {
        aimci_blis_forward(&gemm->shape, n, w, x, y);
        return;
    }
#endif
    gemm->builtin->forward(&gemm->shape, n, w, x, y);
}

void aimci_gemm_backward(const aimci_gemm *gemm, size_t n, const float *w, const float *d, float *z,
                         float *scratch)
{
    (void)scratch;
    assert(n <= AIMCI_GEMM_MAX_BATCH);
#if AIMCI_HAVE_XSMM
    if (gemm->has_xsmm_backward && n >= AIMCI_XSMM_SAMPLES) {
        const size_t m = n / AIMCI_XSMM_SAMPLES * AIMCI_XSMM_SAMPLES;
        aimci_xsmm_backward(&gemm->xsmm, &gemm->shape, m, w, d, z, scratch);
        n -= m;
        d += m * gemm->shape.ld_rows;
        z += m * gemm->shape.ld_cols;
    }
#endif
    if (n == 0)
        return;
#if AIMCI_HAVE_BLIS
    if (worth_blis(gemm, n, BLIS_MIN_WORK)) {
        aimci_blis_backward(&gemm->shape, n, w, d, z);
        return;
    }
#endif
    gemm->builtin->backward(&gemm->shape, n, w, d, z);
}

void aimci_gemm_update(const aimci_gemm *gemm, size_t n, float alpha, float *w, const float *d,
                       const float *x)
{
    assert(n <= AIMCI_GEMM_MAX_BATCH);
    if (n == 0)
        return;
#if AIMCI_HAVE_BLIS
    if (worth_blis(gemm, n, BLIS_MIN_WORK)) {
        aimci_blis_update(&gemm->shape, n, alpha, w, d, x);
        return;
    }
#endif
    gemm->builtin->update(&gemm->shape, n, alpha, w, d, x);
}
