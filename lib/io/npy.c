/* SPDX-License-Identifier: MIT */
#include "io/npy.h"

#include <math.h>
#include <string.h>

enum { MAGIC = 6, MAX_DESCR = 63, MAX_ELEMENT = 8 };

typedef struct npy {
    const char *source;
    const unsigned char *bytes, *data;
    size_t size;
    char descr[MAX_DESCR + 1]; /* "<f4"; cut when longer */
    bool fortran, has_descr, has_order, has_shape;
    size_t shape[2], rank;
    char kind; /* f, i, u, b */
    size_t element;
    bool swap;
} npy;

bool aimci_npy_is(const void *bytes, size_t size)
{
    return size >= MAGIC && memcmp(bytes, "\x93NUMPY", MAGIC) == 0;
}

/* ---- the header ----------------------------------------------------------------------------- */

/* {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } */

typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && strchr(" \t\n\r", *c->at) != NULL && *c->at != '\0')
        c->at++;
}

static bool take(cursor *c, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

/* A Python string without escapes; cut to what fits. */
static bool take_string(cursor *c, char *text, size_t room)
{
    skip_blanks(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return false;
    const char quote = *c->at;
    const char *const from = c->at + 1;
    const char *const to = memchr(from, quote, (size_t)(c->end - from));
    if (to == NULL)
        return false;
    const size_t n = aimci_min_size((size_t)(to - from), room - 1);
    memcpy(text, from, n);
    text[n] = '\0';
    c->at = to + 1;
    return true;
}

static bool take_size(cursor *c, size_t *out)
{
    skip_blanks(c);
    const char *const from = c->at;
    for (*out = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (*out > (SIZE_MAX - 9) / 10)
            return false;
        *out = *out * 10 + (size_t)(*c->at - '0');
    }
    const bool good = c->at > from;
    if (c->at < c->end && *c->at == 'L') /* Python 2 */
        c->at++;
    return good;
}

/* All dimensions are counted, the first two kept. */
static bool take_shape(cursor *c, npy *a)
{
    if (!take(c, "("))
        return false;
    for (a->rank = 0; !take(c, ")"); a->rank++) {
        size_t n;
        if (!take_size(c, &n))
            return false;
        if (a->rank < 2)
            a->shape[a->rank] = n;
        if (!take(c, ",") && c->at < c->end && *c->at != ')')
            return false;
    }
    return a->has_shape = true;
}

/* A type of its own is a list: its text is kept for the sentence. */
static bool take_descr(cursor *c, npy *a)
{
    a->has_descr = true;
    if (take_string(c, a->descr, sizeof a->descr))
        return true;
    const char *const from = c->at;
    const char *const to = memchr(from, ']', (size_t)(c->end - from));
    if (to == NULL || *from != '[')
        return false;
    const size_t n = aimci_min_size((size_t)(to - from) + 1, MAX_DESCR);
    memcpy(a->descr, from, n);
    a->descr[n] = '\0';
    c->at = to + 1;
    return take(c, ",") || true;
}

static bool take_entry(cursor *c, npy *a)
{
    char key[16];
    if (!take_string(c, key, sizeof key) || !take(c, ":"))
        return false;
    if (strcmp(key, "descr") == 0)
        return take_descr(c, a);
    if (strcmp(key, "shape") == 0)
        return take_shape(c, a);
    if (strcmp(key, "fortran_order") != 0)
        return false;
    a->has_order = true;
    a->fortran = take(c, "True");
    return a->fortran || take(c, "False");
}

static bool parse_header(cursor c, npy *a)
{
    if (!take(&c, "{"))
        return false;
    while (!take(&c, "}")) {
        if (!take_entry(&c, a))
            return false;
        if (a->descr[0] == '[' && a->has_descr)
            return true; /* refused by its type: what follows does not matter */
        take(&c, ",");
    }
    return a->has_descr && a->has_order && a->has_shape;
}

/* ---- types ---------------------------------------------------------------------------------- */

static const char *name_of_kind(const char *descr)
{
    if (descr[0] == '[')
        return "records";
    switch (descr[0] == '\0' ? 0 : descr[1]) {
    case 'V':
        return "records";
    case 'c':
        return "complex numbers";
    case 'O':
        return "objects";
    case 'U':
    case 'S':
    case 'a':
        return "text";
    case 'M':
    case 'm':
        return "times";
    default:
        return "a type that is not read";
    }
}

static bool parse_type(npy *a)
{
    const char order = a->descr[0];
    if (order == '\0' || strchr("<>|=", order) == NULL || strlen(a->descr) != 3)
        return false;
    a->kind = a->descr[1];
    a->element = (size_t)(a->descr[2] - '0');
    a->swap = order == '>';
    const bool whole = a->element == 1 || a->element == 2 || a->element == 4 || a->element == 8;
    return (a->kind == 'f' && whole && a->element > 1) ||
           ((a->kind == 'i' || a->kind == 'u') && whole) || (a->kind == 'b' && a->element == 1);
}

/* ---- values --------------------------------------------------------------------------------- */

static double from_half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31;
    const double fraction = (double)(bits & 1023);
    const double sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return fraction > 0 ? (double)NAN : sign * HUGE_VAL;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
}

static double from_float(const npy *a, uint64_t bits)
{
    if (a->element == 2)
        return from_half((uint16_t)bits);
    if (a->element == 4) {
        const uint32_t low = (uint32_t)bits;
        float single;
        memcpy(&single, &low, sizeof single);
        return (double)single;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double element_at(const npy *a, size_t k)
{
    const unsigned char *const at = a->data + k * a->element;
    uint64_t bits = 0;
    for (size_t i = 0; i < a->element; i++)
        bits |= (uint64_t)at[a->swap ? a->element - 1 - i : i] << (8 * i);
    if (a->kind == 'f')
        return from_float(a, bits);
    if (a->kind == 'b')
        return bits != 0;
    const unsigned unused = (unsigned)(8 * (8 - a->element));
    if (a->kind == 'i' && (bits << unused) >> 63 != 0) /* negative: two's complement */
        return -(double)((~(bits << unused) >> unused) + 1);
    return (double)bits;
}

static aimc_status fill(const npy *a, size_t rows, size_t cols, double *values)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            const double v = element_at(a, a->fortran ? j * rows + i : i * cols + j);
            if (!(fabs(v) <= (double)FLT_MAX))
                return aimci_fail(AIMC_ERR_FORMAT,
                                  "%s: row %zu, column %zu: %g is no number that a float holds",
                                  a->source, i + 1, j + 1, v);
            values[i * cols + j] = v;
        }
    return AIMC_OK;
}

/* ---- the file ------------------------------------------------------------------------------- */

static aimc_status open_array(npy *a)
{
    const unsigned char *const u = a->bytes;
    const size_t start = a->size > MAGIC && u[MAGIC] >= 2 ? 12 : 10;
    if (a->size < start)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: truncated within the header", a->source);
    if (u[MAGIC] < 1 || u[MAGIC] > 3)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: .npy of version %d.%d; 1.0 to 3.0 are read",
                          a->source, u[MAGIC], u[MAGIC + 1]);
    size_t length = u[8] | (size_t)u[9] << 8;
    if (start == 12)
        length |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
    if (length > a->size - start)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: truncated within the header", a->source);
    const char *const text = (const char *)u + start;
    if (!parse_header((cursor){text, text + length}, a))
        return aimci_fail(AIMC_ERR_FORMAT, "%s: its header is not what numpy writes", a->source);
    a->data = u + start + length;
    return AIMC_OK;
}

static aimc_status check_array(npy *a, size_t *rows, size_t *cols)
{
    if (!parse_type(a))
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s holds %s (dtype %s); f2, f4, f8, i1 to i8, u1 to u8 and b1 are read",
                          a->source, name_of_kind(a->descr), a->descr);
    if (a->rank == 0 || a->rank > 2)
        return aimci_fail(AIMC_ERR_FORMAT, "%s has %zu dimensions; one or two are needed",
                          a->source, a->rank);
    *rows = a->rank == 1 ? 1 : a->shape[0];
    *cols = a->shape[a->rank - 1];
    const size_t there = a->size - (size_t)(a->data - a->bytes);
    size_t n, size;
    if (aimci_mul_overflows(*rows, *cols, &n) || aimci_mul_overflows(n, a->element, &size) ||
        size > there)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "%s: truncated: %zu bytes of data are too few for %zu x %zu of %s",
                          a->source, there, *rows, *cols, a->descr);
    if (size < there)
        return aimci_fail(AIMC_ERR_FORMAT, "%s: %zu bytes more than %zu x %zu of %s take",
                          a->source, there - size, *rows, *cols, a->descr);
    if (n == 0)
        return aimci_fail(AIMC_ERR_FORMAT, "%s holds no numbers: its shape is %zu x %zu", a->source,
                          *rows, *cols);
    return AIMC_OK;
}

aimc_status aimci_npy_parse(aimc_context *ctx, const char *source, const void *bytes, size_t size,
                            size_t *rows, size_t *cols, double **values)
{
    npy a = {.source = source, .bytes = bytes, .size = size};
    *values = NULL;
    aimc_status st = open_array(&a);
    if (!st)
        st = check_array(&a, rows, cols);
    if (st)
        return st;
    *values = aimci_calloc(ctx, *rows * *cols, sizeof **values);
    if (*values == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory for %zu x %zu", source, *rows, *cols);
    st = fill(&a, *rows, *cols, *values);
    if (st) {
        aimci_free(ctx, *values);
        *values = NULL;
    }
    return st;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* The header ends at a multiple of 64 bytes, with a line end. Hosts are little-endian:
 * io/safetensors.c does not compile for others. */
void aimci_npy_write(FILE *file, size_t rows, size_t cols, const float *values)
{
    enum { START = 10, ALIGNED = 64 };
    char header[128];
    const int n =
        snprintf(header, sizeof header,
                 "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, cols);
    const size_t length = aimci_round_up((size_t)n + 1 + START, ALIGNED) - START;
    fwrite("\x93NUMPY\x01\x00", 1, 8, file);
    fputc((int)(length & 255), file);
    fputc((int)(length >> 8), file);
    fprintf(file, "%-*s\n", (int)length - 1, header);
    fwrite(values, sizeof *values, rows * cols, file);
}
