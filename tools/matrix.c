/* SPDX-License-Identifier: MIT */
#include "matrix.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { MAX_BYTES = 1 << 30, MAX_SIDE = 65536 };

void matrix_free(struct matrix *m)
{
    free(m->values);
    *m = (struct matrix){0, 0, NULL};
}

/* The whole file with a NUL behind it, owned by the caller; NULL after a sentence. */
static char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fail("%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = NULL;
    size_t capacity = 0;
    *size = 0;
    bool good = true;
    while (good && !feof(f) && !ferror(f) && *size < MAX_BYTES) {
        if (capacity - *size < 4097) {
            capacity = 2 * capacity + 8192;
            char *larger = realloc(text, capacity);
            good = larger != NULL;
            text = good ? larger : text;
        }
        if (good)
            *size += fread(text + *size, 1, capacity - *size - 1, f);
    }
    const bool failed = ferror(f) || *size >= MAX_BYTES;
    fclose(f);
    if (failed || !good || text == NULL) {
        fail("%s: %s", path, good ? "cannot be read, or is larger than 1 GiB" : "no memory");
        free(text);
        return NULL;
    }
    text[*size] = '\0';
    return text;
}

/* ---- text ----------------------------------------------------------------------------------- */

static bool append(struct matrix *m, size_t *n, size_t *capacity, float value)
{
    if (*n == *capacity) {
        *capacity = 2 * *capacity + 64;
        float *larger = realloc(m->values, *capacity * sizeof *larger);
        if (larger == NULL)
            return false;
        m->values = larger;
    }
    m->values[(*n)++] = value;
    return true;
}

/* The numbers of one line. EXIT_GO_ON, or an exit code after a sentence. */
static int read_line(struct matrix *m, const char *path, size_t line, char *text, size_t *n,
                     size_t *capacity)
{
    size_t cols = 0;
    for (char *at = text + strspn(text, " \t\r"); *at != '\0';) {
        char *end;
        const float value = (float)strtod(at, &end);
        const size_t gap = strspn(end, " \t\r");
        if (end == at || !isfinite(value) || (gap == 0 && *end != ',' && *end != '\0'))
            return fail("%s: line %zu: '%.20s' is not a number", path, line, at);
        if (!append(m, n, capacity, value))
            return fail("%s: no memory", path);
        cols++;
        at = end + gap;
        if (*at == ',') {
            at++;
            at += strspn(at, " \t\r");
        }
    }
    if (cols == 0)
        return EXIT_GO_ON;
    if (m->rows > 0 && cols != m->cols)
        return fail("%s: line %zu has %zu numbers, those before have %zu", path, line, cols,
                    m->cols);
    m->cols = cols;
    m->rows++;
    return EXIT_GO_ON;
}

static int read_text(struct matrix *m, const char *path, char *text)
{
    size_t n = 0, capacity = 0, number = 1;
    for (char *line = text; line != NULL; number++) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        const int rc =
            line[0] == '#' ? EXIT_GO_ON : read_line(m, path, number, line, &n, &capacity);
        if (rc != EXIT_GO_ON)
            return rc;
        line = next;
    }
    return EXIT_GO_ON;
}

/* ---- npy ------------------------------------------------------------------------------------ */

/* The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } */
static bool parse_header(const char *header, size_t *item, struct matrix *m)
{
    const char *shape = strstr(header, "'shape': (");
    if (shape == NULL || strstr(header, "'fortran_order': False") == NULL)
        return false;
    *item = strstr(header, "'<f4'") ? 4 : strstr(header, "'<f8'") ? 8 : 0;
    char *end;
    const unsigned long long first = strtoull(shape + 10, &end, 10);
    while (*end == ',' || *end == ' ')
        end++;
    const bool is_vector = *end == ')';
    const unsigned long long second = is_vector ? first : strtoull(end, &end, 10);
    m->rows = is_vector ? 1 : (size_t)first;
    m->cols = (size_t)second;
    return *item != 0 && *end == ')' && first < MAX_BYTES && second < MAX_BYTES;
}

static int read_npy(struct matrix *m, const char *path, char *bytes, size_t size)
{
    size_t item = 0, start = 10;
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return fail("%s: not an .npy file", path);
    const unsigned char *u = (const unsigned char *)bytes;
    size_t length = u[8] | (size_t)u[9] << 8;
    if (u[6] >= 2) {
        length |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
        start = 12;
    }
    if (length == 0 || length > size - start)
        return fail("%s: truncated", path);
    bytes[start + length - 1] = '\0'; /* a newline */
    if (!parse_header(bytes + start, &item, m))
        return fail("%s: a matrix of '<f4' or '<f8' in C order is needed", path);
    const char *data = bytes + start + length;
    const size_t n = m->rows * m->cols;
    if (n > MAX_BYTES || n * item > size - start - length)
        return fail("%s: truncated", path);
    m->values = malloc((n + 1) * sizeof *m->values);
    if (m->values == NULL)
        return fail("%s: no memory", path);
    for (size_t i = 0; i < n; i++) {
        float single = 0;
        double value = 0;
        memcpy(item == 4 ? (void *)&single : (void *)&value, data + i * item, item);
        m->values[i] = item == 4 ? single : (float)value;
        if (!isfinite(m->values[i]))
            return fail("%s: value %zu is not finite", path, i);
    }
    return EXIT_GO_ON;
}

int matrix_load(struct matrix *m, const char *path)
{
    size_t size;
    *m = (struct matrix){0, 0, NULL};
    char *bytes = read_file(path, &size);
    if (bytes == NULL)
        return EXIT_FAILED;
    const size_t name = strlen(path);
    const bool is_npy = name > 4 && strcmp(path + name - 4, ".npy") == 0;
    int rc = is_npy ? read_npy(m, path, bytes, size) : read_text(m, path, bytes);
    free(bytes);
    if (rc == EXIT_GO_ON && (m->rows == 0 || m->cols == 0))
        rc = fail("%s: holds no numbers", path);
    if (rc == EXIT_GO_ON && (m->rows > MAX_SIDE * 64u || m->cols > MAX_SIDE))
        rc = fail("%s: %zu x %zu is too large", path, m->rows, m->cols);
    if (rc != EXIT_GO_ON)
        matrix_free(m);
    return rc;
}
