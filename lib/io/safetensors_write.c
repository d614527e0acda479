/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "io/file.h"
#include "io/safetensors.h"

#define PREFIX AIMCI_ST_PREFIX

typedef struct tensor {
    struct tensor *next;
    size_t size;
    unsigned char *data;
} tensor;

struct aimci_st_writer {
    aimc_context *ctx;
    json_t *header;   /* in the order of the file */
    json_t *metadata; /* borrowed from header */
    tensor *first;
    tensor **end;
    size_t data_size;
};

aimc_status aimci_st_writer_create(aimc_context *ctx, aimci_st_writer **out)
{
    *out = NULL;
    aimci_st_writer *const writer = aimci_calloc(ctx, 1, sizeof *writer);
    if (writer == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for a writer");
    writer->ctx = aimci_context_ref(ctx);
    writer->end = &writer->first;
    writer->header = json_object();
    writer->metadata = json_object();
    if (json_object_set_new(writer->header, AIMCI_ST_METADATA, writer->metadata) != 0) {
        aimci_st_writer_destroy(writer);
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for a header");
    }
    *out = writer;
    return AIMC_OK;
}

void aimci_st_writer_destroy(aimci_st_writer *writer)
{
    if (writer == NULL)
        return;
    aimc_context *const ctx = writer->ctx;
    for (tensor *t = writer->first; t != NULL;) {
        tensor *const next = t->next;
        aimci_free(ctx, t->data);
        aimci_free(ctx, t);
        t = next;
    }
    json_decref(writer->header);
    aimci_free(ctx, writer);
    aimci_context_unref(ctx);
}

aimc_status aimci_st_put_text(aimci_st_writer *writer, const char *key, const char *value)
{
    if (!aimci_is_utf8(key) || !aimci_is_utf8(value))
        return aimci_fail(AIMC_ERR_INVALID, "metadata '%s': the %s is not UTF-8", key,
                          aimci_is_utf8(key) ? "value" : "key");
    return json_object_set_new(writer->metadata, key, json_string(value)) == 0
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "metadata '%s': no memory", key);
}

/* NULL: no memory */
static json_t *make_list(size_t n, const size_t *values)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(list, json_integer((json_int_t)values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* NULL: no memory */
static json_t *describe(aimci_dtype dtype, size_t rows, size_t cols, size_t begin, size_t end)
{
    const size_t shape[] = {rows, cols}, is_vector = rows == 0; /* a vector has no rows */
    const size_t offsets[] = {begin, end};
    json_t *const entry = json_object();
    int bad = json_object_set_new(entry, "dtype", json_string(aimci_dtype_name(dtype)));
    bad |= json_object_set_new(entry, "shape", make_list(2 - is_vector, shape + is_vector));
    bad |= json_object_set_new(entry, "data_offsets", make_list(2, offsets));
    if (bad == 0)
        return entry;
    json_decref(entry);
    return NULL;
}

/* Sizes of a tensor in bytes, and that the file can count them. */
static aimc_status check_put(const aimci_st_writer *writer, const char *name, aimci_dtype dtype,
                             size_t rows, size_t cols, size_t ld, size_t *size)
{
    if (strcmp(name, AIMCI_ST_METADATA) == 0 || json_object_get(writer->header, name) != NULL)
        return aimci_fail(AIMC_ERR_INVALID, "tensor '%s': the name is taken", name);
    if (!aimci_is_utf8(name))
        return aimci_fail(AIMC_ERR_INVALID, "tensor '%s': the name is not UTF-8", name);
    if (rows > 1 && ld < cols)
        return aimci_fail(AIMC_ERR_SHAPE, "tensor '%s': leading dimension %zu of %zu columns", name,
                          ld, cols);
    size_t count = 0;
    if (aimci_mul_overflows(rows == 0 ? 1 : rows, cols, &count) ||
        aimci_mul_overflows(count, aimci_dtype_size(dtype), size) ||
        *size > INT64_MAX - writer->data_size)
        return aimci_fail(AIMC_ERR_SHAPE, "tensor '%s': %zu x %zu is too large", name, rows, cols);
    return AIMC_OK;
}

static tensor *copy_tensor(aimc_context *ctx, size_t rows, size_t row_size, size_t stride,
                           const unsigned char *data)
{
    tensor *const t = aimci_calloc(ctx, 1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->size = rows * row_size;
    t->data = aimci_calloc(ctx, t->size, 1);
    if (t->data == NULL) {
        aimci_free(ctx, t);
        return NULL;
    }
    for (size_t r = 0; r < rows && row_size > 0; r++)
        memcpy(t->data + r * row_size, data + r * stride, row_size);
    return t;
}

aimc_status aimci_st_put(aimci_st_writer *writer, const char *name, aimci_dtype dtype, size_t rows,
                         size_t cols, size_t ld, const void *data)
{
    size_t size = 0;
    const aimc_status st = check_put(writer, name, dtype, rows, cols, ld, &size);
    if (st != AIMC_OK)
        return st;
    const size_t element = aimci_dtype_size(dtype);
    tensor *const t =
        copy_tensor(writer->ctx, rows == 0 ? 1 : rows, cols * element, ld * element, data);
    if (t == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "tensor '%s': out of memory for %zu bytes", name, size);
    json_t *const entry = describe(dtype, rows, cols, writer->data_size, writer->data_size + size);
    if (json_object_set_new(writer->header, name, entry) != 0) {
        aimci_free(writer->ctx, t->data);
        aimci_free(writer->ctx, t);
        return aimci_fail(AIMC_ERR_NOMEM, "tensor '%s': out of memory for its entry", name);
    }
    *writer->end = t;
    writer->end = &t->next;
    writer->data_size += size;
    return AIMC_OK;
}

typedef struct {
    const aimci_st_writer *writer;
    char *header;
    size_t header_size;
} content;

static aimc_status write_content(void *user, FILE *file)
{
    const content *const c = user;
    const uint64_t prefix = c->header_size;
    fwrite(&prefix, 1, sizeof prefix, file);
    fwrite(c->header, 1, c->header_size, file);
    for (const tensor *t = c->writer->first; t != NULL && !ferror(file); t = t->next)
        fwrite(t->data, 1, t->size, file);
    return AIMC_OK;
}

/* The header as text that fills whole words, so that data starts at a multiple of 8. */
static aimc_status make_header(const aimci_st_writer *writer, content *c)
{
    const size_t flags = JSON_COMPACT;
    const size_t length = json_dumpb(writer->header, NULL, 0, flags);
    const size_t size = aimci_round_up(length, PREFIX);
    if (size > AIMCI_ST_HEADER_MAX)
        return aimci_fail(AIMC_ERR_INVALID, "a header of %zu bytes cannot be written", length);
    char *const header = length > 0 ? aimci_calloc(writer->ctx, size, 1) : NULL;
    if (header != NULL)
        memset(header, ' ', size);
    if (header == NULL || json_dumpb(writer->header, header, size, flags) != length) {
        aimci_free(writer->ctx, header);
        return aimci_fail(AIMC_ERR_NOMEM, "out of memory for the header");
    }
    *c = (content){.writer = writer, .header = header, .header_size = size};
    return AIMC_OK;
}

aimc_status aimci_st_write(aimci_st_writer *writer, const char *path)
{
    content c = {0};
    aimc_status st = make_header(writer, &c);
    if (st != AIMC_OK)
        return aimci_fail_within(st, "'%s': ", path);
    st = aimci_file_replace(writer->ctx, path, write_content, &c);
    aimci_free(writer->ctx, c.header);
    return st;
}

aimc_status aimci_st_write_bytes(aimci_st_writer *writer, void *bytes, size_t size, size_t *n)
{
    content c = {0};
    const aimc_status st = make_header(writer, &c);
    if (st != AIMC_OK)
        return st;
    const uint64_t prefix = c.header_size;
    *n = sizeof prefix + c.header_size + writer->data_size;
    unsigned char *to = bytes;
    if (size >= *n) {
        memcpy(to, &prefix, sizeof prefix);
        memcpy(to + sizeof prefix, c.header, c.header_size);
        to += sizeof prefix + c.header_size;
        for (const tensor *t = writer->first; t != NULL; to += t->size, t = t->next)
            memcpy(to, t->data, t->size);
    }
    aimci_free(writer->ctx, c.header);
    return AIMC_OK;
}

aimc_status aimci_st_put_floats(aimci_st_writer *writer, const char *name, size_t n_dims,
                                const size_t *dim, const float *values)
{
    size_t n = 1;
    for (size_t d = 0; d < n_dims; d++)
        n *= dim[d];
    const aimc_status st = aimci_st_put(writer, name, AIMCI_F32, 0, n, n, values);
    if (st)
        return st;
    json_t *entry = json_object_get(writer->header, name);
    if (json_object_set_new(entry, "shape", make_list(n_dims, dim)) == 0)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_NOMEM, "tensor '%s': no memory", name);
}
