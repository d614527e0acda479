/* SPDX-License-Identifier: MIT */
/* Bytes go between file and memory as they are: the host must be little-endian, like the format. */
#include "io/safetensors_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/json.h"

#if defined(__BYTE_ORDER__)
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "libaimc needs a little-endian host");
#endif

#define PREFIX     AIMCI_ST_PREFIX
#define HEADER_MAX AIMCI_ST_HEADER_MAX
#define METADATA   AIMCI_ST_METADATA

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

static bool read_count(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static aimc_status read_dtype(const json_t *object, aimci_st_entry *e)
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

static aimc_status read_shape(const json_t *object, aimci_st_entry *e)
{
    const json_t *const shape = json_object_get(object, "shape");
    if (!json_is_array(shape))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': no shape", e->name);
    e->rank = json_array_size(shape);
    if (e->rank > AIMCI_ST_RANK)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': rank %zu, at most %d supported", e->name,
                          e->rank, AIMCI_ST_RANK);
    for (size_t i = 0; i < e->rank; i++)
        if (!read_count(json_array_get(shape, i), &e->shape[i]))
            return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': dimension %zu of the shape is no size",
                              e->name, i);
    return AIMC_OK;
}

static aimc_status read_offsets(const json_t *object, aimci_st_entry *e)
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

aimc_status aimci_st_read_entry(const char *name, const json_t *object, aimci_st_entry *e)
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

static aimc_status check_extent(const aimci_st_reader *reader, const aimci_st_entry *e)
{
    if (e->end > reader->data_size)
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': data ends at byte %" PRIu64 " of %" PRIu64,
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
    const aimci_st_entry *const x = a;
    const aimci_st_entry *const y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* One after another, the tensors take all of the data. */
static aimc_status check_cover(const aimci_st_reader *reader, aimci_st_entry *entries, size_t n)
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
        return aimci_fail(AIMC_ERR_FORMAT,
                          "safetensors: %" PRIu64 " bytes of data belong to no tensor",
                          reader->data_size - at);
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
static aimc_status check_members(const aimci_st_reader *reader, aimci_st_entry *entries)
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
            st = aimci_st_read_entry(name, object, &entries[n]);
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
    aimci_st_entry *const entries =
        aimci_calloc(reader->ctx, json_object_size(reader->header), sizeof *entries);
    if (entries == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for %zu tensors",
                          json_object_size(reader->header));
    const aimc_status st = check_members(reader, entries);
    aimci_free(reader->ctx, entries);
    return st;
}

/* A file of another kind, shown by its first bytes. */
static aimc_status fail_other_format(const unsigned char *first, size_t n)
{
    char shown[4 * 12 + 1];
    aimci_text text = {.buf = shown, .size = sizeof shown};
    shown[0] = '\0';
    for (size_t i = 0; i < aimci_min_size(n, 12); i++) {
        const unsigned char c = first[i];
        aimci_text_printf(&text, c >= 0x20 && c < 0x7F ? "%c" : "\\x%02X", (int)c);
    }
    return aimci_fail(AIMC_ERR_FORMAT, "not a safetensors file: it %s%s%s",
                      n == 0 ? "is empty" : "begins with '", shown, n == 0 ? "" : "'");
}

/* Is this the beginning of a safetensors file of so many bytes? */
static aimc_status look(const void *first, size_t n, uint64_t file_size)
{
    const unsigned char *const bytes = first;
    uint64_t size = 0;
    if (n <= PREFIX || bytes[PREFIX] != '{')
        return fail_other_format(bytes, n);
    memcpy(&size, bytes, PREFIX);
    if (size == 0 || size > HEADER_MAX)
        return fail_other_format(bytes, n);
    if (size > file_size - PREFIX)
        return aimci_fail(AIMC_ERR_FORMAT,
                          "safetensors: cut short: the header ends at byte %" PRIu64 " of %" PRIu64,
                          size + PREFIX, file_size);
    return AIMC_OK;
}

static aimc_status read_header(aimci_st_reader *reader, size_t size)
{
    char *const text = aimci_calloc(reader->ctx, size, 1);
    if (text == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for a header of %zu bytes",
                          size);
    aimc_status st = aimci_source_read(&reader->source, PREFIX, size, text);
    if (st == AIMC_OK)
        st = aimci_json_read(reader->ctx, "not a safetensors file: header", text, size,
                             &reader->header);
    aimci_free(reader->ctx, text);
    return st;
}

/* The source has been looked at. */
static aimc_status parse_header(aimci_st_reader *reader)
{
    uint64_t size = 0;
    aimc_status st = aimci_source_read(&reader->source, 0, PREFIX, &size);
    if (st == AIMC_OK)
        st = size <= reader->source.size - PREFIX
                 ? read_header(reader, (size_t)size)
                 : aimci_fail(AIMC_ERR_IO, "safetensors: the file changed while it was read");
    if (st != AIMC_OK)
        return st;
    reader->data = PREFIX + size;
    reader->data_size = reader->source.size - PREFIX - size;
    return check_tensors(reader);
}

/* Takes the source, whatever happens. */
static aimc_status create_reader(aimc_context *ctx, aimci_source source, aimci_st_reader **out)
{
    aimci_st_reader *const reader = aimci_calloc(ctx, 1, sizeof *reader);
    if (reader == NULL) {
        aimci_source_close(ctx, &source);
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for a reader");
    }
    reader->ctx = aimci_context_ref(ctx);
    reader->source = source;
    *out = reader;
    return AIMC_OK;
}

static aimc_status open_reader(aimc_context *ctx, aimci_source source, aimci_st_reader **out)
{
    aimc_status st = create_reader(ctx, source, out);
    if (st == AIMC_OK)
        st = parse_header(*out);
    if (st != AIMC_OK) {
        aimci_st_reader_destroy(*out);
        *out = NULL;
    }
    return st;
}

aimc_status aimci_st_read(aimc_context *ctx, const char *path, aimci_st_reader **out)
{
    aimci_source source;
    *out = NULL;
    aimc_status st = aimci_source_open(ctx, path, UINT64_MAX, look, &source);
    if (st != AIMC_OK)
        return st;
    st = open_reader(ctx, source, out);
    return st == AIMC_OK ? AIMC_OK : aimci_fail_within(st, "'%s': ", path);
}

aimc_status aimci_st_parse(aimc_context *ctx, const void *bytes, size_t size, aimci_st_reader **out)
{
    *out = NULL;
    const aimc_status st = look(bytes, size, size);
    return st == AIMC_OK ? open_reader(ctx, aimci_source_of(bytes, size), out) : st;
}

void aimci_st_reader_destroy(aimci_st_reader *reader)
{
    if (reader == NULL)
        return;
    aimc_context *const ctx = reader->ctx;
    json_decref(reader->header);
    aimci_source_close(ctx, &reader->source);
    aimci_free(ctx, reader);
    aimci_context_unref(ctx);
}

/* ---- reading: a part of a file that stays when the file goes -------------------------------- */

/* The entry of a tensor whose data begins elsewhere; NULL: no memory. */
static json_t *moved(const json_t *object, uint64_t begin, uint64_t end)
{
    json_t *const copy = json_copy((json_t *)(uintptr_t)object); /* takes no const, changes none */
    json_t *const offsets = json_array();
    int bad = json_array_append_new(offsets, json_integer((json_int_t)begin));
    bad |= json_array_append_new(offsets, json_integer((json_int_t)end));
    bad |= json_object_size(copy) != json_object_size(object); /* members are lost without a word */
    bad |= json_object_set_new(copy, "data_offsets", offsets);
    if (bad == 0)
        return copy;
    json_decref(copy);
    return NULL;
}

/* Data of a tensor that is kept, from offset at on. */
static aimc_status keep_tensor(const aimci_st_reader *reader, const aimci_st_entry *e,
                               const json_t *object, aimci_st_reader *kept, unsigned char *bytes,
                               uint64_t at)
{
    const size_t n = (size_t)(e->end - e->begin);
    aimc_status st = aimci_source_read(&reader->source, reader->data + e->begin, n, bytes + at);
    if (!st && e->dtype < N_DTYPES)
        st = aimci_st_check_finite(e, 1, n / dtypes[e->dtype].size, 0, bytes + at);
    if (!st && json_object_set_new(kept->header, e->name, moved(object, at, at + n)) != 0)
        st = aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for '%s'", e->name);
    return st;
}

/* Entries of the tensors of a prefix go to kept, and their data, each at a multiple of 8, to bytes;
 * NULL: only its size is taken. */
static aimc_status keep_tensors(const aimci_st_reader *reader, const char *prefix,
                                aimci_st_reader *kept, unsigned char *bytes, uint64_t *size)
{
    const char *name = NULL;
    json_t *object = NULL;
    *size = 0;
    json_object_foreach(reader->header, name, object)
    {
        aimci_st_entry e = {.name = name};
        if (strncmp(name, prefix, strlen(prefix)) != 0 || strcmp(name, METADATA) == 0)
            continue;
        aimc_status st = aimci_st_read_entry(name, object, &e);
        if (!st && bytes)
            st = keep_tensor(reader, &e, object, kept, bytes, *size);
        if (st)
            return st;
        *size += (e.end - e.begin + 7) & ~UINT64_C(7);
    }
    return AIMC_OK;
}

static aimc_status fill_kept(const aimci_st_reader *reader, const char *prefix,
                             aimci_st_reader *kept)
{
    uint64_t size = 0;
    aimc_status st = keep_tensors(reader, prefix, kept, NULL, &size);
    if (st)
        return st;
    unsigned char *const bytes =
        size < SIZE_MAX ? aimci_calloc(kept->ctx, (size_t)size + 1, 1) : NULL;
    kept->header = json_object();
    if (!bytes || !kept->header) {
        aimci_free(kept->ctx, bytes);
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for %" PRIu64 " bytes", size);
    }
    kept->source = aimci_source_of(bytes, (size_t)size);
    kept->source.owned = bytes;
    kept->data_size = size;
    return keep_tensors(reader, prefix, kept, bytes, &size);
}

aimc_status aimci_st_keep(const aimci_st_reader *reader, const char *prefix, aimci_st_reader **out)
{
    aimc_status st = create_reader(reader->ctx, aimci_source_of(NULL, 0), out);
    if (st == AIMC_OK)
        st = fill_kept(reader, prefix, *out);
    if (st != AIMC_OK) {
        aimci_st_reader_destroy(*out);
        *out = NULL;
    }
    return st;
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

static void format_type(char *buf, size_t size, const aimci_st_entry *e)
{
    aimci_text text = {.buf = buf, .size = size};
    aimci_text_printf(&text, "%.32s [", e->dtype_name);
    for (size_t i = 0; i < e->rank; i++)
        aimci_text_printf(&text, "%s%" PRIu64, i == 0 ? "" : ", ", e->shape[i]);
    aimci_text_printf(&text, "]");
}

aimc_status aimci_st_check_type(const aimci_st_entry *found, const aimci_st_entry *expected)
{
    if (found->dtype == expected->dtype && found->rank == expected->rank &&
        memcmp(found->shape, expected->shape, expected->rank * sizeof expected->shape[0]) == 0)
        return AIMC_OK;
    char a[200], b[200];
    format_type(a, sizeof a, found);
    format_type(b, sizeof b, expected);
    return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': %s where %s is expected", found->name, a, b);
}

/* Rows that lie apart in memory, and one after another in the file: as many at a time as a buffer
 * holds, or one that is longer than that. */
static aimc_status read_rows(const aimci_st_reader *reader, const aimci_st_entry *e, size_t rows,
                             size_t cols, size_t ld, unsigned char *to)
{
    const size_t element = dtypes[e->dtype].size, row = cols * element;
    const uint64_t at = reader->data + e->begin;
    if (rows == 1 || ld == cols)
        return aimci_source_read(&reader->source, at, rows * row, to);
    unsigned char buf[AIMCI_ST_CHUNK];
    const size_t at_once = row < AIMCI_ST_CHUNK ? AIMCI_ST_CHUNK / (row > 0 ? row : 1) : 1;
    aimc_status st = AIMC_OK;
    for (size_t r = 0; r < rows && row > 0 && !st; r += at_once) {
        const size_t n = aimci_min_size(at_once, rows - r);
        st = aimci_source_read(&reader->source, at + r * row, n * row,
                               row < AIMCI_ST_CHUNK ? buf : to + r * ld * element);
        for (size_t k = 0; k < n && row < AIMCI_ST_CHUNK && !st; k++)
            memcpy(to + (r + k) * ld * element, buf + k * row, row);
    }
    return st;
}

aimc_status aimci_st_get(const aimci_st_reader *reader, const char *name, aimci_dtype dtype,
                         size_t rows, size_t cols, size_t ld, void *data)
{
    if (!aimci_st_has(reader, name))
        return aimci_fail(AIMC_ERR_FORMAT, "tensor '%s': missing", name);
    if (rows > 1 && ld < cols)
        return aimci_fail(AIMC_ERR_SHAPE, "tensor '%s': leading dimension %zu of %zu columns", name,
                          ld, cols);
    aimci_st_entry found = {.name = name};
    aimc_status st = aimci_st_read_entry(name, json_object_get(reader->header, name), &found);
    const aimci_st_entry expected = {.dtype = dtype,
                                     .dtype_name = dtypes[dtype].name,
                                     .rank = rows == 0 ? 1 : 2,
                                     .shape = {rows == 0 ? cols : rows, cols}};
    if (st == AIMC_OK)
        st = aimci_st_check_type(&found, &expected);
    if (st != AIMC_OK)
        return st;
    const size_t n = rows == 0 ? 1 : rows;
    if (!data)
        return AIMC_OK;
    st = read_rows(reader, &found, n, cols, ld, data);
    return st == AIMC_OK ? aimci_st_check_finite(&found, n, cols, ld, data) : st;
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
