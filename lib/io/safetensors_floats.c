/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/config.h"
#include "io/safetensors_reader.h"

/* ---- floats of any type and rank ------------------------------------------------------------ */

/* IEEE half precision: sign, 5 bits of exponent, 10 of fraction. */
static float from_half(uint16_t h)
{
    const float sign = h & 0x8000 ? -1.0f : 1.0f;
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexpf((float)(fraction + 1024), exponent - 25)
                            : ldexpf((float)fraction, -24));
}

/* The upper half of a float. */
static float from_bfloat(uint16_t h)
{
    const uint32_t bits = (uint32_t)h << 16;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float float_at(const unsigned char *at, const char *type)
{
    uint16_t h;
    float f;
    double d;
    if (strcmp(type, "F64") == 0)
        return memcpy(&d, at, sizeof d), (float)d;
    if (strcmp(type, "F32") == 0)
        return memcpy(&f, at, sizeof f), f;
    memcpy(&h, at, sizeof h);
    return strcmp(type, "F16") == 0 ? from_half(h) : from_bfloat(h);
}

static aimc_status check_floats(const aimci_st_entry *found, size_t n_dims, const size_t *dim)
{
    aimci_st_entry expected = {.name = found->name, .dtype = found->dtype, .rank = n_dims};
    for (size_t d = 0; d < n_dims; d++)
        expected.shape[d] = dim[d];
    expected.dtype_name = "F32";
    if (aimci_among("F32|F64|F16|BF16", found->dtype_name))
        expected.dtype_name = found->dtype_name;
    else
        expected.dtype = AIMCI_F32;
    return aimci_st_check_type(found, &expected);
}

static aimc_status fail_not_finite(const aimci_st_entry *e, size_t n, size_t k, double v)
{
    char place[48];
    const size_t cols = e->rank == 2 ? (size_t)e->shape[1] : n;
    if (e->rank == 2)
        aimci_text_printf(&(aimci_text){place, sizeof place, 0}, "[%zu][%zu]", k / cols, k % cols);
    else
        aimci_text_printf(&(aimci_text){place, sizeof place, 0}, "[%zu]", k);
    return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': value %s is %g, which is not finite", e->name,
                      place, v);
}

static aimc_status read_floats(const aimci_st_reader *reader, const aimci_st_entry *found, size_t n,
                               float *values)
{
    unsigned char buf[AIMCI_ST_CHUNK];
    const size_t element = aimci_dtype_size((aimci_dtype)found->dtype),
                 at_once = AIMCI_ST_CHUNK / element;
    for (size_t i = 0; i < n; i++) {
        const size_t k = i % at_once;
        const aimc_status st =
            k > 0 ? AIMC_OK
                  : aimci_source_read(&reader->source, reader->data + found->begin + i * element,
                                      aimci_min_size(at_once, n - i) * element, buf);
        if (st)
            return st;
        values[i] = float_at(buf + k * element, found->dtype_name);
        if (!isfinite(values[i]))
            return fail_not_finite(found, n, i, (double)values[i]);
    }
    return AIMC_OK;
}

aimc_status aimci_st_get_floats(const aimci_st_reader *reader, const char *name, size_t n_dims,
                                const size_t *dim, float *values)
{
    if (!aimci_st_has(reader, name))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': missing", name);
    aimci_st_entry found = {.name = name};
    aimc_status st = aimci_st_read_entry(name, json_object_get(reader->header, name), &found);
    if (!st)
        st = check_floats(&found, n_dims, dim);
    size_t n = 1;
    for (size_t d = 0; d < n_dims; d++)
        n *= dim[d];
    return values && !st ? read_floats(reader, &found, n, values) : st;
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* Floats of the file in memory, row by row. */
aimc_status aimci_st_check_finite(const aimci_st_entry *e, size_t rows, size_t cols, size_t ld,
                                  const void *data)
{
    const double *const numbers = data;
    const float *const singles = data;
    const bool wide = e->dtype == AIMCI_F64;
    if (!wide && e->dtype != AIMCI_F32)
        return AIMC_OK;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            const double v = wide ? numbers[r * ld + c] : (double)singles[r * ld + c];
            if (!isfinite(v))
                return fail_not_finite(e, rows * cols, r * cols + c, v);
        }
    return AIMC_OK;
}
