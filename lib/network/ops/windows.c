/* SPDX-License-Identifier: MIT */
/* Windows over images, and what else ops share. */
#include "network/ops/ops.h"

/* ---- biases --------------------------------------------------------------------------------- */

/* to[i] += from[i]; they do not overlap, which is what lets the compiler use vectors. */
static void add_row(size_t n, const float *restrict from, float *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

void aimci_add_rows(const aimci_parameter *b, size_t rows, float *y)
{
    for (size_t s = 0; b && s < rows; s++)
        add_row(b->n, b->value, y + s * b->n);
}

void aimci_add_rows_gradient(const aimci_parameter *b, size_t rows, const float *d)
{
    for (size_t s = 0; b && s < rows; s++)
        add_row(b->n, d + s * b->n, b->gradient);
}

aimc_status aimci_same_shape(aimci_node *node, const aimci_shape *const *in, aimci_shape *out,
                             size_t *n_out)
{
    (void)node, (void)n_out;
    *out = *in[0];
    return AIMC_OK;
}

/* ---- windows -------------------------------------------------------------------------------- */

size_t aimci_pick(const aimci_list *list, size_t d, size_t fallback)
{
    return list->n == 0 ? fallback : (size_t)list->v[list->n == 1 ? 0 : d];
}

static aimc_status check_lengths(const aimci_window_params *p, size_t n_dims)
{
    const struct {
        const char *name;
        const aimci_list *list;
        size_t most;
    } lists[] = {{"kernel", &p->kernel, n_dims},
                 {"stride", &p->stride, n_dims},
                 {"padding", &p->padding, 2 * n_dims},
                 {"dilation", &p->dilation, n_dims}};
    for (size_t k = 0; k < 4; k++) {
        const size_t n = lists[k].list->n;
        if (n > 1 && n != n_dims && n != lists[k].most)
            return aimci_fail(AIMC_ERR_INVALID, "%s has %zu numbers; the image has %zu dimensions",
                              lists[k].name, n, n_dims);
    }
    if (p->same && p->padding.n)
        return aimci_fail(AIMC_ERR_INVALID, "padding is given beside same");
    return p->kernel.n
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_INVALID, "kernel is not given: the size of the window");
}

/* Padding of dimension d of n_dims, which is the window's number k: before and after. */
static void pad(const aimci_window_params *p, size_t d, size_t n_dims, aimci_window *w, size_t k)
{
    if (p->same) {
        const size_t out = (w->in[k] + w->stride[k] - 1) / w->stride[k];
        const size_t reach = (out - 1) * w->stride[k] + (w->kernel[k] - 1) * w->dilation[k] + 1;
        const size_t all = reach > w->in[k] ? reach - w->in[k] : 0;
        w->before[k] = p->same == AIMCI_SAME_UPPER ? all / 2 : all - all / 2;
        w->after[k] = all - w->before[k];
    } else if (p->padding.n == 2 * n_dims) {
        w->before[k] = (size_t)p->padding.v[2 * d];
        w->after[k] = (size_t)p->padding.v[2 * d + 1];
    } else {
        w->before[k] = w->after[k] = aimci_pick(&p->padding, d, 0);
    }
}

static aimc_status measure(const aimci_window_params *p, size_t d, size_t n_dims, aimci_window *w,
                           size_t k)
{
    w->kernel[k] = aimci_pick(&p->kernel, d, 1);
    w->dilation[k] = aimci_pick(&p->dilation, d, 1);
    w->stride[k] = aimci_pick(&p->stride, d, 1);
    pad(p, d, n_dims, w, k);
    const size_t reach = (w->kernel[k] - 1) * w->dilation[k] + 1;
    const size_t padded = w->in[k] + w->before[k] + w->after[k];
    if (reach > padded)
        return aimci_fail(AIMC_ERR_SHAPE,
                          "a window of %zu is larger than the padded input of %zu positions", reach,
                          padded);
    w->out[k] = (padded - reach) / w->stride[k] + 1;
    return AIMC_OK;
}

aimc_status aimci_window_begin(const aimci_shape *in, size_t n_dims, aimci_window *w)
{
    if (in->n != n_dims + 1) {
        char text[AIMCI_SHAPE_TEXT];
        return aimci_fail(AIMC_ERR_SHAPE, "the input is %s; [channels]%s is needed",
                          aimci_shape_text(in, text, sizeof text),
                          n_dims == 1   ? "[length]"
                          : n_dims == 2 ? "[height][width]"
                                        : "[depth][height][width]");
    }
    *w = (aimci_window){.channels = in->dim[0],
                        .n_dims = n_dims,
                        .in = {1, 1, 1},
                        .out = {1, 1, 1},
                        .kernel = {1, 1, 1},
                        .stride = {1, 1, 1},
                        .dilation = {1, 1, 1}};
    return AIMC_OK;
}

aimc_status aimci_window_make(const aimci_window_params *p, const aimci_shape *in, size_t n_dims,
                              aimci_window *w)
{
    aimc_status st = aimci_window_begin(in, n_dims, w);
    if (!st)
        st = check_lengths(p, n_dims);
    for (size_t d = 0; d < n_dims && !st; d++) {
        const size_t k = aimci_window_dim(d, n_dims);
        w->in[k] = in->dim[d + 1];
        st = measure(p, d, n_dims, w, k);
    }
    return st;
}

/* Kernel positions along dimension d that lie within the image. */
static void find_range(const aimci_window *w, aimci_place *p, size_t d)
{
    const size_t at = p->at[d] * w->stride[d], step = w->dilation[d];
    const size_t limit = w->in[d] + w->before[d]; /* positions below it lie in the image */
    p->first[d] = 0;
    p->end[d] = w->kernel[d];
    if (at >= w->before[d] && at + (w->kernel[d] - 1) * step < limit)
        return; /* most: without divisions */
    const size_t end = at < limit ? (limit - at + step - 1) / step : 0;
    p->first[d] = at < w->before[d] ? (w->before[d] - at + step - 1) / step : 0;
    p->end[d] = aimci_min_size(end, w->kernel[d]);
    p->first[d] = aimci_min_size(p->first[d], p->end[d]);
}

aimci_place aimci_window_place(const aimci_window *w, size_t v)
{
    aimci_place p = {0};
    for (size_t d = AIMCI_WINDOW_DIMS; d-- > 0; v /= w->out[d]) {
        p.at[d] = v % w->out[d];
        find_range(w, &p, d);
    }
    p.sample = v;
    return p;
}

void aimci_window_next(const aimci_window *w, aimci_place *p)
{
    size_t d = AIMCI_WINDOW_DIMS - 1;
    while (++p->at[d] == w->out[d]) {
        p->at[d] = 0;
        find_range(w, p, d);
        if (d == 0) {
            p->sample++;
            return;
        }
        d--;
    }
    find_range(w, p, d);
}
