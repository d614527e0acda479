/* SPDX-License-Identifier: MIT */
/* Bytes go between file and memory as they are: the host must be little-endian, like the format. */
#include "io/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/json.h"
#include "io/file.h"
#include "io/map.h"

#if defined(__BYTE_ORDER__)
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "libaimc needs a little-endian host");
#endif

#define PREFIX     AIMCI_ST_PREFIX
#define HEADER_MAX AIMCI_ST_HEADER_MAX
#define METADATA   AIMCI_ST_METADATA
#define MAX_RANK   8 /* more than we look at; longer shapes are refused */

/* All types of the format; those beyond aimci_dtype are checked, but nobody can ask for them. */
static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [AIMCI_F32] = {"F32", 4},
    [AIMCI_F64] = {"F64", 8},
    [AIMCI_I32] = {"I32", 4},
    [AIMCI_U32] = {"U32", 4},
    [AIMCI_I64] = {"I64", 8},
    [AIMCI_U64] = {"U64", 8},
    [AIMCI_U8] = {"U8", 1},
    {"BOOL", 1},
    {"I8", 1},
    {"I16", 2},
    {"U16", 2},
    {"F16", 2},
    {"BF16", 2},
    {"F8_E4M3", 1},
    {"F8_E5M2", 1},
};

#define N_DTYPES (sizeof dtypes / sizeof dtypes[0])

size_t aimci_dtype_size(aimci_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *aimci_dtype_name(aimci_dtype dtype)
{
    return dtypes[dtype].name;
}

/* ---- reading: entries of the header --------------------------------------------------------- */

/* What the header says of a tensor. */
typedef struct {
    const char *name;
    size_t dtype; /* index of dtypes; N_DTYPES: one that we do not know */
    const char *dtype_name;
    size_t rank;
    uint64_t shape[MAX_RANK];
    uint64_t begin;
    uint64_t end;
} entry;

static bool read_count(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static aimc_status read_dtype(const json_t *object, entry *e)
{
    const char *const name = json_string_value(json_object_get(object, "dtype"));
    if (name == NULL)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': no dtype", e->name);
    for (e->dtype = 0; e->dtype < N_DTYPES; e->dtype++)
        if (strcmp(dtypes[e->dtype].name, name) == 0)
            break;
    e->dtype_name = name; /* of a newer version of the format: refused when somebody asks for it */
    return AIMC_OK;
}

static aimc_status read_shape(const json_t *object, entry *e)
{
    const json_t *const shape = json_object_get(object, "shape");
    if (!json_is_array(shape))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': no shape", e->name);
    e->rank = json_array_size(shape);
    if (e->rank > MAX_RANK)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': rank %zu, at most %d supported", e->name,
                          e->rank, MAX_RANK);
    for (size_t i = 0; i < e->rank; i++)
        if (!read_count(json_array_get(shape, i), &e->shape[i]))
            return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': dimension %zu of the shape is no size",
                              e->name, i);
    return AIMC_OK;
}

static aimc_status read_offsets(const json_t *object, entry *e)
{
    const json_t *const offsets = json_object_get(object, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_count(json_array_get(offsets, 0), &e->begin) ||
        !read_count(json_array_get(offsets, 1), &e->end))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': data_offsets are not two sizes", e->name);
    if (e->end < e->begin)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "tensor '%s': data begins at byte %" PRIu64 " and ends at %" PRIu64,
                          e->name, e->begin, e->end);
    return AIMC_OK;
}

static aimc_status read_entry(const char *name, const json_t *object, entry *e)
{
    e->name = name;
    if (!json_is_object(object))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': not described by an object", name);
    aimc_status st = read_dtype(object, e);
    if (st == AIMC_OK)
        st = read_shape(object, e);
    return st == AIMC_OK ? read_offsets(object, e) : st;
}

/* ---- reading: the whole file ---------------------------------------------------------------- */

struct aimci_st_reader {
    aimc_context *ctx;
    unsigned char *bytes; /* of the file */
    size_t size;
    const unsigned char *data;
    size_t data_size;
    json_t *header;
    unsigned references;
    aimci_map map; /* the bytes, where they are mapped */
};

static aimc_status check_extent(const aimci_st_reader *reader, const entry *e)
{
    if (e->end > reader->data_size)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': data ends at byte %" PRIu64 " of %zu",
                          e->name, e->end, reader->data_size);
    if (e->dtype == N_DTYPES)
        return AIMC_OK;
    uint64_t size = dtypes[e->dtype].size;
    bool overflow = false;
    for (size_t i = 0; i < e->rank; i++) {
        overflow |= e->shape[i] != 0 && size > UINT64_MAX / e->shape[i];
        size *= e->shape[i];
    }
    if (overflow || size != e->end - e->begin)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': %" PRIu64 " bytes do not fit its shape",
                          e->name, e->end - e->begin);
    return AIMC_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const entry *const x = a;
    const entry *const y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* One after another, the tensors take all of the data. */
static aimc_status check_cover(const aimci_st_reader *reader, entry *entries, size_t n)
{
    qsort(entries, n, sizeof *entries, compare_entries);
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (entries[i].begin != at)
            return aimci_fail(
                AIMC_ERR_FORMAT, "tensor '%s': data begins at byte %" PRIu64 ", %s %" PRIu64,
                entries[i].name, entries[i].begin,
                entries[i].begin < at ? "inside of what ends at" : "after a hole from", at);
        at = entries[i].end;
    }
    if (at != reader->data_size)
        return aimci_fail(AIMC_ERR_FORMAT, "safetensors: %zu bytes of data belong to no tensor",
                          reader->data_size - (size_t)at);
    return AIMC_OK;
}

static aimc_status check_metadata(json_t *metadata)
{
    if (!json_is_object(metadata))
        return aimci_fail(AIMC_ERR_FORMAT, "safetensors: " METADATA " is not an object");
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value) if (!json_is_string(value)) return aimci_fail(
        AIMC_ERR_FORMAT, "metadata '%s': not a string", key);
    return AIMC_OK;
}

/* Look at every member of the header; entries has room for all of them. */
static aimc_status check_members(const aimci_st_reader *reader, entry *entries)
{
    size_t n = 0;
    const char *name = NULL;
    json_t *object = NULL;
    json_object_foreach(reader->header, name, object)
    {
        aimc_status st = AIMC_OK;
        if (strcmp(name, METADATA) == 0) {
            st = check_metadata(object);
        } else {
            st = read_entry(name, object, &entries[n]);
            if (st == AIMC_OK)
                st = check_extent(reader, &entries[n++]);
        }
        if (st != AIMC_OK)
            return st;
    }
    return check_cover(reader, entries, n);
}

static aimc_status check_tensors(const aimci_st_reader *reader)
{
    entry *const entries =
        aimci_calloc(reader->ctx, json_object_size(reader->header), sizeof *entries);
    if (entries == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for %zu tensors",
                          json_object_size(reader->header));
    const aimc_status st = check_members(reader, entries);
    aimci_free(reader->ctx, entries);
    return st;
}

/* A file of another kind, shown by its first bytes. */
static aimc_status fail_other_format(const aimci_st_reader *reader)
{
    char shown[4 * 12 + 1];
    aimci_text text = {.buf = shown, .size = sizeof shown};
    shown[0] = '\0';
    for (size_t i = 0; i < aimci_min_size(reader->size, 12); i++) {
        const unsigned char c = reader->bytes[i];
        aimci_text_printf(&text, c >= 0x20 && c < 0x7F ? "%c" : "\\x%02X", (int)c);
    }
    return aimci_fail(AIMC_ERR_FORMAT, "not a safetensors file: it %s%s%s",
                      reader->size == 0 ? "is empty" : "begins with '", shown,
                      reader->size == 0 ? "" : "'");
}

static aimc_status parse_header(aimci_st_reader *reader)
{
    uint64_t size = 0;
    if (reader->size < PREFIX)
        return fail_other_format(reader);
    memcpy(&size, reader->bytes, PREFIX);
    const char *const text = (const char *)reader->bytes + PREFIX;
    if (size == 0 || size > HEADER_MAX || reader->size == PREFIX || text[0] != '{')
        return fail_other_format(reader);
    if (size > reader->size - PREFIX)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "safetensors: cut short: the header ends at byte %" PRIu64 " of %zu",
                          size + PREFIX, reader->size);
    const aimc_status st = aimci_json_read(reader->ctx, "not a safetensors file: header", text,
                                           (size_t)size, &reader->header);
    if (st)
        return st;
    reader->data = reader->bytes + PREFIX + size;
    reader->data_size = reader->size - PREFIX - (size_t)size;
    return AIMC_OK;
}

static void free_bytes(aimc_context *ctx, void *bytes, aimci_map *map)
{
    if (map->bytes)
        aimci_unmap_file(map);
    else
        aimci_free(ctx, bytes);
}

/* Takes the bytes, or the map that they are, whatever happens. */
static aimc_status create_reader(aimc_context *ctx, void *bytes, size_t size, aimci_map map,
                                 aimci_st_reader **out)
{
    aimci_st_reader *const reader = aimci_calloc(ctx, 1, sizeof *reader);
    if (reader == NULL) {
        free_bytes(ctx, bytes, &map);
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for a reader");
    }
    reader->ctx = aimci_context_ref(ctx);
    reader->bytes = bytes;
    reader->size = size;
    reader->map = map;
    aimc_status st = parse_header(reader);
    if (st == AIMC_OK)
        st = check_tensors(reader);
    if (st != AIMC_OK) {
        aimci_st_reader_destroy(reader);
        return st;
    }
    *out = reader;
    return AIMC_OK;
}

aimc_status aimci_st_read(aimc_context *ctx, const char *path, aimci_st_reader **out)
{
    *out = NULL;
    void *bytes = NULL;
    size_t size = 0;
    aimc_status st = aimci_file_read(ctx, path, SIZE_MAX - 1, &bytes, &size);
    if (st != AIMC_OK)
        return st;
    st = create_reader(ctx, bytes, size, (aimci_map){0}, out);
    return st == AIMC_OK ? AIMC_OK : aimci_fail_within(st, "'%s': ", path);
}

aimc_status aimci_st_map(aimc_context *ctx, const char *path, aimci_st_reader **out)
{
    aimci_map map = {0};
    *out = NULL;
    aimc_status st = aimci_map_file(path, &map);
    if (st != AIMC_OK)
        return st;
    st = create_reader(ctx, map.bytes, map.size, map, out);
    return st == AIMC_OK ? AIMC_OK : aimci_fail_within(st, "'%s': ", path);
}

void aimci_st_let_go(const aimci_st_reader *reader)
{
    if (reader->map.bytes)
        aimci_map_let_go(&reader->map);
}

aimc_status aimci_st_parse(aimc_context *ctx, const void *bytes, size_t size, aimci_st_reader **out)
{
    *out = NULL;
    void *const copy = aimci_calloc(ctx, size, 1);
    if (copy == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for %zu bytes", size);
    if (size > 0)
        memcpy(copy, bytes, size);
    return create_reader(ctx, copy, size, (aimci_map){0}, out);
}

aimci_st_reader *aimci_st_reader_ref(aimci_st_reader *reader)
{
    reader->references++;
    return reader;
}

void aimci_st_reader_destroy(aimci_st_reader *reader)
{
    if (reader == NULL || reader->references-- > 0)
        return;
    aimc_context *const ctx = reader->ctx;
    json_decref(reader->header);
    free_bytes(ctx, reader->bytes, &reader->map);
    aimci_free(ctx, reader);
    aimci_context_unref(ctx);
}

/* ---- reading: questions --------------------------------------------------------------------- */

const char *aimci_st_text(const aimci_st_reader *reader, const char *key)
{
    return json_string_value(json_object_get(json_object_get(reader->header, METADATA), key));
}

bool aimci_st_has(const aimci_st_reader *reader, const char *name)
{
    return strcmp(name, METADATA) != 0 && json_object_get(reader->header, name) != NULL;
}

static void format_type(char *buf, size_t size, const entry *e)
{
    aimci_text text = {.buf = buf, .size = size};
    aimci_text_printf(&text, "%.32s [", e->dtype_name);
    for (size_t i = 0; i < e->rank; i++)
        aimci_text_printf(&text, "%s%" PRIu64, i == 0 ? "" : ", ", e->shape[i]);
    aimci_text_printf(&text, "]");
}

static aimc_status check_type(const entry *found, const entry *expected)
{
    if (found->dtype == expected->dtype && found->rank == expected->rank &&
        memcmp(found->shape, expected->shape, expected->rank * sizeof expected->shape[0]) == 0)
        return AIMC_OK;
    char a[200], b[200];
    format_type(a, sizeof a, found);
    format_type(b, sizeof b, expected);
    return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': %s where %s is expected", found->name, a, b);
}

aimc_status aimci_st_get(const aimci_st_reader *reader, const char *name, aimci_dtype dtype,
                         size_t rows, size_t cols, size_t ld, void *data)
{
    if (!aimci_st_has(reader, name))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': missing", name);
    if (rows > 1 && ld < cols)
        return aimci_fail(AIMC_ERR_SHAPE, "tensor '%s': leading dimension %zu of %zu columns", name,
                          ld, cols);
    entry found = {.name = name};
    aimc_status st = read_entry(name, json_object_get(reader->header, name), &found);
    const entry expected = {.dtype = dtype,
                            .dtype_name = dtypes[dtype].name,
                            .rank = rows == 0 ? 1 : 2,
                            .shape = {rows == 0 ? cols : rows, cols}};
    if (st == AIMC_OK)
        st = check_type(&found, &expected);
    if (st != AIMC_OK)
        return st;
    const size_t element = dtypes[dtype].size;
    unsigned char *const to = data;
    for (size_t r = 0; data && r < (rows == 0 ? 1 : rows) && cols > 0; r++)
        memcpy(to + r * ld * element, reader->data + found.begin + r * cols * element,
               cols * element);
    return AIMC_OK;
}

aimc_status aimci_st_get_scalars(const aimci_st_reader *reader, const char *name, size_t n,
                                 size_t first, size_t n_counts, double *scalars)
{
    const aimc_status st = aimci_st_get(reader, name, AIMCI_F64, 0, n, n, scalars);
    for (size_t k = first; k < first + n_counts && !st; k++)
        if (!(scalars[k] >= 0 && scalars[k] <= 0x1p53))
            return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': value %zu is %g, not a count", name, k,
                              scalars[k]);
    return st;
}

/* ---- reading: floats of any type and rank --------------------------------------------------- */

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

static aimc_status check_floats(const entry *found, size_t n_dims, const size_t *dim)
{
    entry expected = {.name = found->name, .dtype = found->dtype, .rank = n_dims};
    for (size_t d = 0; d < n_dims; d++)
        expected.shape[d] = dim[d];
    expected.dtype_name = "F32";
    if (aimci_among("F32|F64|F16|BF16", found->dtype_name))
        expected.dtype_name = found->dtype_name;
    else
        expected.dtype = AIMCI_F32;
    return check_type(found, &expected);
}

aimc_status aimci_st_get_floats(const aimci_st_reader *reader, const char *name, size_t n_dims,
                                const size_t *dim, float *values)
{
    if (!aimci_st_has(reader, name))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': missing", name);
    entry found = {.name = name};
    aimc_status st = read_entry(name, json_object_get(reader->header, name), &found);
    if (!st)
        st = check_floats(&found, n_dims, dim);
    size_t n = 1;
    for (size_t d = 0; d < n_dims; d++)
        n *= dim[d];
    for (size_t i = 0; values && i < n && !st; i++) {
        values[i] =
            float_at(reader->data + found.begin + i * dtypes[found.dtype].size, found.dtype_name);
        if (!isfinite(values[i]))
            st = aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': value %zu is %g, not finite", name, i,
                            (double)values[i]);
    }
    return st;
}

const char *aimci_st_next(const aimci_st_reader *reader, const char *name)
{
    void *at =
        name ? json_object_iter_next(reader->header, json_object_iter_at(reader->header, name))
             : json_object_iter(reader->header);
    if (at && strcmp(json_object_iter_key(at), METADATA) == 0)
        at = json_object_iter_next(reader->header, at);
    return at ? json_object_iter_key(at) : NULL;
}

aimc_status aimci_st_get_counts(const aimci_st_reader *reader, const char *name, size_t n,
                                size_t seeds, uint64_t *counts)
{
    const aimc_status st = aimci_st_get(reader, name, AIMCI_U64, 0, n, n, counts);
    for (size_t k = seeds; k < n && !st; k++)
        if (counts[k] > UINT64_C(1) << 62)
            return aimci_fail(AIMC_ERR_FORMAT,
                              "tensor '%s': value %zu is %" PRIu64 "; a count is at most 2^62",
                              name, k, counts[k]);
    return st;
}

/* ---- reading: numbers ----------------------------------------------------------------------- */

/* Element k of a tensor of floats; its data may begin at any byte. */
static double element_of(const aimci_st_reader *reader, const entry *e, size_t k)
{
    const unsigned char *at = reader->data + e->begin + k * dtypes[e->dtype].size;
    double number = 0;
    float single = 0;
    if (e->dtype == AIMCI_F64)
        memcpy(&number, at, sizeof number);
    else
        memcpy(&single, at, sizeof single);
    return e->dtype == AIMCI_F64 ? number : (double)single;
}

static aimc_status check_finite(const aimci_st_reader *reader, const entry *e)
{
    const size_t n = (size_t)(e->end - e->begin) / dtypes[e->dtype].size;
    for (size_t k = 0; k < n; k++) {
        const double v = element_of(reader, e, k);
        if (isfinite(v))
            continue;
        char place[48];
        const size_t cols = e->rank == 2 ? (size_t)e->shape[1] : n;
        if (e->rank == 2)
            aimci_text_printf(&(aimci_text){place, sizeof place, 0}, "[%zu][%zu]", k / cols,
                              k % cols);
        else
            aimci_text_printf(&(aimci_text){place, sizeof place, 0}, "[%zu]", k);
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': value %s is %g, which is not finite",
                          e->name, place, v);
    }
    return AIMC_OK;
}

aimc_status aimci_st_check_finite(const aimci_st_reader *reader)
{
    const char *name = NULL;
    json_t *object = NULL;
    json_object_foreach(reader->header, name, object)
    {
        entry e = {.name = name};
        aimc_status st = AIMC_OK;
        if (strcmp(name, METADATA) != 0)
            st = read_entry(name, object, &e);
        if (!st && e.end > e.begin && (e.dtype == AIMCI_F32 || e.dtype == AIMCI_F64))
            st = check_finite(reader, &e);
        aimci_st_let_go(reader);
        if (st)
            return st;
    }
    return AIMC_OK;
}
