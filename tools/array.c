/* SPDX-License-Identifier: MIT */
#include "array.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cifar.h"
#include "idx.h"
#include "matrix.h"
#include "os.h"
#include "report.h"

enum { MAX_HEADER = 4096, NPY_START = 10 };
static const size_t MAX_VALUES = (size_t)1 << 32;

size_t array_size(const struct array *a, size_t first_dim)
{
    size_t n = 1;
    for (size_t d = first_dim; d < a->n_dims; d++)
        n *= a->dims[d];
    return n;
}

void array_free(struct array *a)
{
    free(a->values);
    free(a->labels);
    *a = (struct array){0};
}

static int reserve(const char *path, struct array *a)
{
    a->values = malloc((array_size(a, 0) + 1) * sizeof *a->values);
    return a->values != NULL ? EXIT_GO_ON : fail("%s: no memory", path);
}

/* ---- .npy ----------------------------------------------------------------------------------- */

/* What the header says of its elements. */
struct elements {
    char kind; /* f, i, u, b */
    size_t bytes;
};

/* The value that follows a key: "'shape': (3, 4), " */
static const char *after(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    return at != NULL ? at + strlen(key) + strspn(at + strlen(key), ": ") : NULL;
}

static int parse_shape(const char *path, const char *text, struct array *a)
{
    size_t all = 1;
    char *end;
    if (text == NULL || *text++ != '(')
        return fail("%s: the header of the .npy file has no shape", path);
    for (a->n_dims = 0; *text != ')'; a->n_dims++, text = end + strspn(end, ", ")) {
        const unsigned long long n = strtoull(text, &end, 10);
        if (end == text)
            return fail("%s: the header of the .npy file has no shape", path);
        if (a->n_dims == ARRAY_MAX_DIMS || n == 0 || n > MAX_VALUES / all)
            return fail("%s: 1 to %d axes of at least one, %llu numbers at most", path,
                        ARRAY_MAX_DIMS, (unsigned long long)MAX_VALUES);
        all *= a->dims[a->n_dims] = (size_t)n;
    }
    return a->n_dims > 0 ? EXIT_GO_ON : fail("%s: a single number; samples are needed", path);
}

static int parse_header(const char *path, const char *header, struct array *a, struct elements *e)
{
    const char *descr = after(header, "'descr'"), *order = after(header, "'fortran_order'");
    if (descr == NULL || order == NULL || *descr != '\'' || strchr("fiub", descr[2]) == NULL)
        return fail("%s: a .npy file of real numbers is needed", path);
    e->kind = descr[2];
    e->bytes = (size_t)strtoul(descr + 3, NULL, 10);
    const bool known = e->kind == 'f'
                           ? e->bytes == 4 || e->bytes == 8
                           : e->bytes == 1 || e->bytes == 2 || e->bytes == 4 || e->bytes == 8;
    if (!known || descr[1] == '>')
        return fail("%s: numbers of type %.5s are not read; '<f4', '<f8' and whole numbers are",
                    path, descr);
    if (strncmp(order, "False", 5) != 0)
        return fail("%s: in Fortran order; save numpy.ascontiguousarray() of it", path);
    return parse_shape(path, after(header, "'shape'"), a);
}

static double element(const struct elements *e, const unsigned char *at)
{
    uint64_t bits = 0;
    float single;
    double number;
    for (size_t i = e->bytes; i-- > 0;)
        bits = bits << 8 | at[i];
    if (e->kind == 'f' && e->bytes == 4) {
        const uint32_t low = (uint32_t)bits;
        memcpy(&single, &low, sizeof single);
        return (double)single;
    }
    if (e->kind == 'f') {
        memcpy(&number, &bits, sizeof number);
        return number;
    }
    const uint64_t sign = (uint64_t)1 << (8 * e->bytes - 1);
    return e->kind == 'i' && (bits & sign) ? -(double)((~bits & (2 * sign - 1)) + 1) : (double)bits;
}

static int read_elements(const char *path, FILE *file, const struct elements *e, struct array *a)
{
    const size_t n = array_size(a, 0);
    unsigned char bytes[8];
    for (size_t k = 0; k < n; k++) {
        if (fread(bytes, 1, e->bytes, file) != e->bytes)
            return fail("%s: cut short: %zu numbers of %zu", path, k, n);
        a->values[k] = (float)element(e, bytes);
        if (!isfinite(a->values[k]))
            return fail("%s: number %zu is not finite", path, k);
    }
    return fgetc(file) == EOF ? EXIT_GO_ON : fail("%s: longer than its header says", path);
}

static int read_npy(const char *path, FILE *file, struct array *a)
{
    unsigned char start[NPY_START];
    char header[MAX_HEADER + 1] = "";
    struct elements e = {0};
    size_t n = 0;
    if (fread(start, 1, sizeof start, file) == sizeof start && start[6] == 1)
        n = (size_t)start[8] | (size_t)start[9] << 8;
    if (n == 0 || n > MAX_HEADER || fread(header, 1, n, file) != n)
        return fail("%s: a .npy file of format 1.0 is needed", path);
    int rc = parse_header(path, header, a, &e);
    if (rc == EXIT_GO_ON)
        rc = reserve(path, a);
    return rc == EXIT_GO_ON ? read_elements(path, file, &e, a) : rc;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static int take_bytes(const char *path, const struct idx *idx, struct array *a)
{
    a->n_dims = idx->n_dims;
    memcpy(a->dims, idx->dims, idx->n_dims * sizeof *idx->dims);
    const int rc = reserve(path, a);
    for (size_t k = 0; k < idx->n_bytes && rc == EXIT_GO_ON; k++)
        a->values[k] = (float)idx->bytes[k];
    return rc;
}

static int read_idx(const char *path, struct array *a)
{
    struct idx idx;
    int rc = idx_read(path, &idx);
    if (rc != EXIT_GO_ON)
        return rc;
    rc = take_bytes(path, &idx, a);
    idx_free(&idx);
    return rc;
}

static int read_cifar(const char *path, struct array *a)
{
    struct idx images, labels;
    int rc = cifar_read(path, &images, &labels);
    if (rc != EXIT_GO_ON)
        return rc;
    rc = take_bytes(path, &images, a);
    a->labels = malloc(labels.n_bytes * sizeof *a->labels);
    if (rc == EXIT_GO_ON && a->labels == NULL)
        rc = fail("%s: no memory", path);
    for (size_t i = 0; rc == EXIT_GO_ON && i < labels.n_bytes; i++)
        a->labels[i] = labels.bytes[i];
    idx_free(&images);
    idx_free(&labels);
    return rc;
}

static int read_table(const char *path, const struct table_options *options, struct array *a)
{
    struct matrix m;
    const int rc = matrix_load(&m, path, options);
    if (rc == EXIT_GO_ON)
        *a = (struct array){.n_dims = 2, .dims = {m.rows, m.cols}, .values = m.values};
    return rc;
}

/* ---- any ------------------------------------------------------------------------------------ */

/* The first bytes, unpacked: 0 0 8 are IDX. */
static bool is_idx(const char *path)
{
    unsigned char magic[3] = {1, 1, 1};
    gzFile file = idx_gzopen(path);
    if (file == NULL)
        return false;
    const int n = gzread(file, magic, sizeof magic);
    gzclose_r(file);
    return n == sizeof magic && magic[0] == 0 && magic[1] == 0;
}

static int read_any(const char *path, const struct table_options *options, struct array *a)
{
    static const char npy[] = "\x93NUMPY";
    char start[sizeof npy - 1] = "";
    const aimci_os_kind kind = aimci_os_kind_of(path);
    if (kind != AIMCI_OS_NOTHING && kind != AIMCI_OS_FILE)
        return read_table(path, options, a); /* a pipe can be read only once */
    FILE *file = os_fopen(path, "r");
    if (file == NULL)
        return fail("%s: %s", path, strerror(errno));
    const bool is_npy = fread(start, 1, sizeof start, file) == sizeof start &&
                        memcmp(start, npy, sizeof start) == 0;
    rewind(file);
    int rc = is_npy ? read_npy(path, file, a) : EXIT_GO_ON;
    fclose(file);
    if (!is_npy)
        rc = cifar_is(path) ? read_cifar(path, a)
             : is_idx(path) ? read_idx(path, a)
                            : read_table(path, options, a);
    return rc;
}

int array_read(const char *path, const struct table_options *options, struct array *a)
{
    *a = (struct array){0};
    const int rc = read_any(path, options, a);
    if (rc != EXIT_GO_ON)
        array_free(a);
    return rc;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_npy(FILE *file, const struct array *a)
{
    enum { LENGTH = 118 }; /* with the start a multiple of 64, as the format wants */
    char header[LENGTH + 1];
    int n = snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (size_t d = 0; d < a->n_dims; d++)
        n += snprintf(header + n, sizeof header - (size_t)n, "%zu,", a->dims[d]);
    snprintf(header + n, sizeof header - (size_t)n, "), }");
    fwrite("\x93NUMPY\1\0\166\0", 1, NPY_START, file);
    fprintf(file, "%-*s\n", LENGTH - 1, header);
    for (size_t k = 0; k < array_size(a, 0); k++) {
        uint32_t bits;
        memcpy(&bits, &a->values[k], sizeof bits);
        const unsigned char bytes[4] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                        (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
        fwrite(bytes, 1, sizeof bytes, file);
    }
}

static void put_csv(FILE *file, const struct array *a)
{
    const size_t cols = array_size(a, 1);
    for (size_t k = 0; k < array_size(a, 0); k++)
        fprintf(file, "%.9g%c", (double)a->values[k], k % cols + 1 == cols ? '\n' : ',');
}

int array_write(const char *path, const struct array *a)
{
    const size_t n = strlen(path);
    FILE *file = os_fopen(path, "w");
    if (file == NULL)
        return fail("%s: %s", path, strerror(errno));
    if (n > 4 && strcmp(path + n - 4, ".npy") == 0)
        put_npy(file, a);
    else
        put_csv(file, a);
    const bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? fail("%s: %s", path, strerror(errno)) : EXIT_GO_ON;
}
