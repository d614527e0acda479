/* SPDX-License-Identifier: MIT */
/* Products and updates of a matrix: what hardware-aware training does around those of the grid. */
#include <math.h>
#include <string.h>

#include "analog/matrix.h"

/* ---- products ------------------------------------------------------------------------------- */

static aimc_status check_batch(const char *caller, const aimc_matrix *m, size_t n,
                               const char *in_name, const float *in, size_t n_in, size_t ld_in,
                               const char *out_name, const float *out, size_t n_out, size_t ld_out)
{
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "%s: matrix is NULL", caller);
    aimc_status st = aimci_check_batch(caller, n, in_name, in, n_in, ld_in);
    if (!st)
        st = aimci_check_batch(caller, n, out_name, out, n_out, ld_out);
    if (!st && n && !aimci_all_finite(in, n, n_in, ld_in))
        st = aimci_fail(AIMC_ERR_INVALID, "%s: %s holds a value that is not finite", caller,
                        in_name);
    return st;
}

static aimc_status forward(aimc_matrix *m, size_t n, const float *x, size_t ld_x, float *y,
                           size_t ld_y)
{
    float factor = 1;
    aimc_status st = aimci_hwa_inputs(m->hwa, n, &x, &ld_x, &factor);
    if (!st)
        st = aimci_grid_forward(m->grid, n, x, ld_x, y, ld_y);
    for (size_t b = 0; b < n && !st && factor != 1; b++)
        for (size_t i = 0; i < m->n_out; i++)
            y[b * ld_y + i] *= factor;
    return st;
}

aimc_status aimc_matrix_forward(aimc_matrix *m, size_t n, const float *x, size_t ld_x, float *y,
                                size_t ld_y)
{
    const aimc_status st = check_batch("matrix_forward", m, n, "x", x, aimc_matrix_get_n_in(m),
                                       ld_x, "y", y, aimc_matrix_get_n_out(m), ld_y);
    return st ? st : forward(m, n, x, ld_x, y, ld_y);
}

aimc_status aimc_matrix_backward(aimc_matrix *m, size_t n, const float *d, size_t ld_d, float *z,
                                 size_t ld_z)
{
    const aimc_status st = check_batch("matrix_backward", m, n, "d", d, aimc_matrix_get_n_out(m),
                                       ld_d, "z", z, aimc_matrix_get_n_in(m), ld_z);
    return st ? st : aimci_grid_backward(m->grid, n, d, ld_d, z, ld_z);
}

void aimci_matrix_add_line(const aimc_matrix *m, size_t n, float *x)
{
    const size_t cols = m->n_in - 1;
    for (size_t v = n; v-- > 0 && m->bias_line;) { /* from the last one on: they move apart */
        memmove(x + v * m->n_in, x + v * cols, cols * sizeof *x);
        x[v * m->n_in + cols] = 1;
    }
}

/* *x with the bias line, where there is one: a copy, with room for gradients behind it. */
static aimc_status line_up(aimc_matrix *m, size_t n, const float **x, size_t *ld_x)
{
    if (!m->bias_line)
        return AIMC_OK;
    if (n > m->n_lined) {
        aimci_free(m->ctx, m->lined);
        m->n_lined = 0;
        m->lined = aimci_calloc(m->ctx, 2 * n * m->n_in, sizeof *m->lined);
        if (!m->lined)
            return aimci_fail(AIMC_ERR_NOMEM, "no memory for a batch of %zu", n);
        m->n_lined = n;
    }
    for (size_t v = 0; v < n; v++) {
        memcpy(m->lined + v * m->n_in, *x + v * *ld_x, (m->n_in - 1) * sizeof **x);
        m->lined[v * m->n_in + m->n_in - 1] = 1;
    }
    *x = m->lined;
    *ld_x = m->n_in;
    return AIMC_OK;
}

aimc_status aimci_matrix_forward(aimc_matrix *m, size_t n, const float *x, size_t ld_x, float *y,
                                 size_t ld_y)
{
    if (m->digital) {
        aimci_digital_forward(m->digital, n, x, y);
        return AIMC_OK;
    }
    const aimc_status st = line_up(m, n, &x, &ld_x);
    return st ? st : aimc_matrix_forward(m, n, x, ld_x, y, ld_y);
}

aimc_status aimci_matrix_backward(aimc_matrix *m, size_t n, const float *x, size_t ld_x,
                                  const float *d, size_t ld_d, float *z, size_t ld_z)
{
    if (m->digital) {
        aimci_digital_backward(m->digital, n, d, z);
        return AIMC_OK;
    }
    aimc_status st = line_up(m, n, &x, &ld_x);
    float *own = m->bias_line ? m->lined + m->n_lined * m->n_in : z;
    const size_t ld_own = m->bias_line ? m->n_in : ld_z;
    if (!st)
        st = aimc_matrix_backward(m, n, d, ld_d, own, ld_own);
    if (st)
        return st;
    aimci_hwa_note_scales(m->hwa, n, x, ld_x, d, ld_d);
    aimci_hwa_backward(m->hwa, n, x, ld_x, own, ld_own);
    for (size_t v = 0; v < n && own != z; v++) /* nobody asks for the gradient of the 1 */
        memcpy(z + v * ld_z, own + v * ld_own, (m->n_in - 1) * sizeof *z);
    return AIMC_OK;
}

aimc_status aimc_matrix_differentiate(aimc_matrix *m, size_t n, const float *x, size_t ld_x,
                                      const float *d, size_t ld_d, float *z, size_t ld_z)
{
    const char *caller = "matrix_differentiate";
    aimc_status st = check_batch(caller, m, n, "x", x, aimc_matrix_get_n_in(m), ld_x, "z", z,
                                 aimc_matrix_get_n_in(m), ld_z);
    if (!st)
        st = check_batch(caller, m, n, "d", d, m->n_out, ld_d, "z", z, m->n_in, ld_z);
    return st ? st : aimci_matrix_backward(m, n, x, ld_x, d, ld_d, z, ld_z);
}

/* ---- update --------------------------------------------------------------------------------- */

static bool all_one(const float *scales, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (scales[i] != 1.0f)
            return false;
    return true;
}

/* Room for the scaled gradients of the largest batch so far, where any scale is not 1. */
static aimc_status reserve_gradients(aimc_matrix *m, size_t n)
{
    size_t floats;
    if (all_one(m->grid->scales, m->grid->in.parts * m->n_out))
        return AIMC_OK;
    if (aimci_mul_overflows(n, m->n_out, &floats))
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_step: a batch of %zu is too large", n);
    if (floats <= m->n_gradients)
        return AIMC_OK;
    float *larger = aimci_calloc(m->ctx, floats, sizeof *larger);
    if (!larger)
        return aimci_fail(AIMC_ERR_NOMEM, "matrix_step: no memory for a batch of %zu", n);
    aimci_free(m->ctx, m->gradients);
    m->gradients = larger;
    m->n_gradients = floats;
    return AIMC_OK;
}

static void step_tile(aimc_matrix *m, size_t k, const aimci_batch *batch, double lr)
{
    const aimci_grid *g = m->grid;
    const size_t rows = g->tiles[k]->array->n_out;
    const float *scales = aimci_grid_scales(g, k);
    aimci_batch own = *batch;
    own.x += aimci_grid_first_in(g, k);
    own.d += aimci_grid_first_out(g, k);
    if (!all_one(scales, rows)) {
        aimci_grid_scale_gradients(own.n, rows, own.d, own.ld_d, scales, true, m->gradients);
        own.d = m->gradients;
        own.ld_d = rows;
    }
    aimci_optimizer_step_part(m->optimizers[k], &own, lr);
}

static aimc_status check_step(const aimc_matrix *m, size_t n, const float *d, size_t ld_d,
                              double lr)
{
    if (!m->optimizers)
        return aimci_fail(AIMC_ERR_STATE, "matrix_step: the matrix was made without an optimizer");
    if (aimci_matrix_is_programmed(m))
        return aimci_fail(AIMC_ERR_STATE, "matrix_step: the tiles are programmed for inference");
    const aimc_status st = aimci_check_number("matrix_step", "lr", lr, 0, AIMCI_LARGEST_NUMBER);
    if (st)
        return st;
    return n && !aimci_all_finite(d, n, m->n_out, ld_d)
               ? aimci_fail(AIMC_ERR_INVALID, "matrix_step: d holds a value that is not finite")
               : AIMC_OK;
}

/* Arguments are checked. What was learned of the range comes first, so that the update sees inputs
 * as the next pass will. */
static aimc_status step_part(aimc_matrix *m, const aimci_batch *batch, double lr)
{
    aimci_batch own = *batch;
    if (aimci_batch_begins(batch))
        aimci_hwa_learn(m->hwa, lr);
    aimc_status st = reserve_gradients(m, own.n);
    if (!st)
        st = aimci_hwa_clipped(m->hwa, own.n, &own.x, &own.ld_x);
    for (size_t k = 0; !st && k < aimci_grid_n_tiles(m->grid); k++)
        step_tile(m, k, &own, lr);
    if (!st && aimci_batch_ends(batch)) {
        aimci_hwa_learn_scales(m->hwa, lr);
        aimci_hwa_updated(m->hwa);
    }
    return st;
}

aimc_status aimc_matrix_step(aimc_matrix *m, size_t n, const float *x, size_t ld_x, const float *d,
                             size_t ld_d, double lr)
{
    const aimci_batch whole = {n, 0, n, x, d, ld_x, ld_d};
    aimc_status st = check_batch("matrix_step", m, n, "x", x, aimc_matrix_get_n_in(m), ld_x, "d", d,
                                 aimc_matrix_get_n_out(m), ld_d);
    if (!st)
        st = check_step(m, n, d, ld_d, lr);
    return st || n == 0 ? st : step_part(m, &whole, lr);
}

aimc_status aimci_matrix_step(aimc_matrix *m, const aimci_batch *b, double lr)
{
    if (m->digital) {
        aimci_digital_accumulate(m->digital, b->n, b->x, b->d);
        return AIMC_OK;
    }
    aimci_batch own = *b;
    aimc_status st = check_step(m, b->n, b->d, b->ld_d, lr);
    if (!st)
        st = line_up(m, own.n, &own.x, &own.ld_x);
    if (!st && m->keeping)
        return aimci_keep(m->ctx, &m->kept, own.n, own.x, m->n_in, own.ld_x, own.d, m->n_out,
                          own.ld_d);
    return st ? st : step_part(m, &own, lr);
}

/* ---- hardware-aware training ---------------------------------------------------------------- */

aimc_status aimc_matrix_modify(aimc_matrix *m)
{
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_modify: matrix is NULL");
    aimci_hwa_modify(m->hwa, true);
    return AIMC_OK;
}

aimc_status aimc_matrix_unmodify(aimc_matrix *m)
{
    if (!m)
        return aimci_fail(AIMC_ERR_INVALID, "matrix_unmodify: matrix is NULL");
    aimci_hwa_take_back(m->hwa);
    return AIMC_OK;
}
