/* SPDX-License-Identifier: MIT */
#include "core/core.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/os.h"

/* ---- numbers -------------------------------------------------------------------------------- */

/* One added to the exponent carries into the sign where it is that of infinities and NaN. No way
 * out in the middle of a row: that is what lets the compiler use vectors. */
static bool row_is_finite(const float *x, size_t n)
{
    uint32_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        carry |= (bits & 0x7F800000u) + 0x00800000u;
    }
    return carry >> 31 == 0;
}

void aimci_make_finite(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = aimci_finite_float((double)x[i]);
}

aimc_status aimci_check_number(const char *caller, const char *name, double value, double lowest,
                               double highest)
{
    if (value >= lowest && value <= highest)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_INVALID, "%s: %s = %g; %g ... %g is needed", caller, name, value,
                      lowest, highest);
}

bool aimci_all_finite(const float *x, size_t rows, size_t cols, size_t ld)
{
    if (cols == ld)
        return row_is_finite(x, rows * cols);
    for (size_t r = 0; r < rows; r++)
        if (!row_is_finite(x + r * ld, cols))
            return false;
    return true;
}

/* The decimal point of a locale is whatever is not part of a number elsewhere; it may have several
 * bytes. */
static void put_point(char *text)
{
    char *out = text;
    bool in_point = false;
    for (const char *in = text; *in != '\0'; in++) {
        const bool is_point = strchr("0123456789+-e", *in) == NULL;
        if (!is_point)
            *out++ = *in;
        else if (!in_point)
            *out++ = '.';
        in_point = is_point;
    }
    *out = '\0';
}

void aimci_format_double(char *buf, double value)
{
    const size_t size = 32;
    if (isnan(value)) {
        snprintf(buf, size, "nan");
        return;
    }
    if (isinf(value)) {
        snprintf(buf, size, value < 0 ? "-inf" : "inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, size, "%.*g", digits, value);
        if (strtod(buf, NULL) == value) /* same locale as the line above */
            break;
    }
    put_point(buf);
}

/* ---- text ----------------------------------------------------------------------------------- */

#define WORD_MAX 63

static size_t min3(size_t a, size_t b, size_t c)
{
    return aimci_min_size(aimci_min_size(a, b), c);
}

/* Row by row through the table of distances between beginnings of the words. */
size_t aimci_word_distance(const char *a, const char *b)
{
    const size_t n_a = strlen(a);
    const size_t n_b = strlen(b);
    if (n_a > WORD_MAX || n_b > WORD_MAX)
        return n_a > n_b ? n_a : n_b; /* no name is that long: as far as can be */
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            const size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = min3(changed, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[n_b];
}

int aimci_format(char *buf, size_t size, const char *format, va_list args)
{
    void *locale = aimci_numbers_begin();
    const int n = vsnprintf(buf, size, format, args);
    aimci_numbers_end(locale);
    return n;
}

void aimci_text_printf(aimci_text *text, const char *format, ...)
{
    const size_t used = aimci_min_size(text->length, text->size);
    const size_t room = text->size - used;
    va_list args;
    va_start(args, format);
    const int n = aimci_format(room == 0 ? NULL : text->buf + used, room, format, args);
    va_end(args);
    if (n > 0)
        text->length += (size_t)n;
}

/* ---- public structs ------------------------------------------------------------------------- */

static bool is_zero(const unsigned char *bytes, size_t n)
{
    unsigned char any = 0;
    for (size_t i = 0; i < n; i++)
        any |= bytes[i];
    return any == 0;
}

aimc_status aimci_struct_in(const char *caller, const void *theirs, void *ours, size_t our_size)
{
    uint32_t size = 0;
    memcpy(&size, theirs, sizeof size);
    if (size < 2 * sizeof size || size % sizeof(void *) != 0)
        return aimci_fail(AIMC_ERR_ABI,
                          "%s: struct_size is %u, which no version of the struct has; set it to "
                          "sizeof the struct, %zu here",
                          caller, (unsigned)size, our_size);
    if (size > our_size && !is_zero((const unsigned char *)theirs + our_size, size - our_size))
        return aimci_fail(AIMC_ERR_ABI,
                          "%s: a field beyond byte %zu is set, but unknown to libaimc %s", caller,
                          our_size, aimc_get_version());
    memset(ours, 0, our_size);
    memcpy(ours, theirs, aimci_min_size(size, our_size));
    return AIMC_OK;
}

aimc_status aimci_struct_out_expect(const char *caller, const void *out, size_t min_size)
{
    uint32_t size = 0;
    if (out == NULL)
        return AIMC_OK;
    memcpy(&size, out, sizeof size);
    return size >= min_size ? AIMC_OK
                            : aimci_fail(AIMC_ERR_ABI,
                                         "%s: struct_size is %u; set it to sizeof the struct, "
                                         "%zu or more",
                                         caller, (unsigned)size, min_size);
}

aimc_status aimci_struct_out(const char *caller, void *out, const void *ours, size_t our_size,
                             size_t min_size)
{
    if (out == NULL)
        return aimci_fail(AIMC_ERR_INVALID, "%s: the struct to fill is NULL", caller);
    const aimc_status st = aimci_struct_out_expect(caller, out, min_size);
    if (st)
        return st;
    uint32_t size = 0;
    memcpy(&size, out, sizeof size);
    unsigned char *const to = out;
    const unsigned char *const from = ours;
    const size_t shared = aimci_min_size(size, our_size);
    memcpy(to + sizeof size, from + sizeof size, shared - sizeof size);
    memset(to + shared, 0, size - shared); /* fields of a later version */
    return AIMC_OK;
}

bool aimci_parse_shape(const char *text, size_t *a, size_t *b, const char **rest)
{
    size_t *const out[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        char *end = NULL;
        while (*text == ' ')
            text++;
        if (*text < '0' || *text > '9')
            return false;
        errno = 0;
        const unsigned long long v = strtoull(text, &end, 10);
        if (errno != 0 || v > SIZE_MAX)
            return false;
        *out[k] = (size_t)v;
        text = end;
    }
    while (*text == ' ')
        text++;
    if (rest)
        *rest = text;
    return rest || *text == '\0';
}
