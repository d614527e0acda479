/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "io/file.h"
#include "io/safetensors.h"

#define PREFIX   AIMCI_ST_PREFIX
#define MAX_RANK 8 /* as many as a reader looks at */

struct aimci_st_writer {
    aimc_context *ctx;
    json_t *header;   /* in the order of the file */
    json_t *metadata; /* borrowed from header */
    uint64_t at;      /* bytes of data so far */
    bool is_writing;  /* the second time: the header is made, and data goes to */
    FILE *file;       /* or */
    unsigned char *bytes;
    char *text; /* of the header */
    size_t text_size;
};

/* ---- what is put ---------------------------------------------------------------------------- */

static aimc_status fail_changed(const char *name)
{
    return aimci_fail(AIMC_ERR_STATE, "tensor '%s': changed while it was saved", name);
}

aimc_status aimci_st_put_text(aimci_st_writer *writer, const char *key, const char *value)
{
    if (writer->is_writing)
        return AIMC_OK;
    if (!aimci_is_utf8(key) || !aimci_is_utf8(value))
        return aimci_fail(AIMC_ERR_INVALID, "metadata '%s': the %s is not UTF-8", key,
                          aimci_is_utf8(key) ? "value" : "key");
    return json_object_set_new(writer->metadata, key, json_string(value)) == 0
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_NOMEM, "metadata '%s': no memory", key);
}

/* NULL: no memory */
static json_t *make_list(size_t n, const uint64_t *values)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(list, json_integer((json_int_t)values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* A tensor of so many rows, each of row_size bytes and stride bytes from the one before. */
typedef struct tensor {
    const char *name;
    aimci_dtype dtype;
    size_t n_dims;
    uint64_t dim[MAX_RANK];
    size_t rows, row_size, stride;
    const unsigned char *data;
} tensor;

/* NULL: no memory */
static json_t *describe(const tensor *t, uint64_t begin, uint64_t end)
{
    const uint64_t offsets[] = {begin, end};
    json_t *const entry = json_object();
    int bad = json_object_set_new(entry, "dtype", json_string(aimci_dtype_name(t->dtype)));
    bad |= json_object_set_new(entry, "shape", make_list(t->n_dims, t->dim));
    bad |= json_object_set_new(entry, "data_offsets", make_list(2, offsets));
    if (bad == 0)
        return entry;
    json_decref(entry);
    return NULL;
}

static aimc_status announce(const aimci_st_writer *writer, const tensor *t, uint64_t size)
{
    if (strcmp(t->name, AIMCI_ST_METADATA) == 0 || json_object_get(writer->header, t->name) != NULL)
        return aimci_fail(AIMC_ERR_INVALID, "tensor '%s': the name is taken", t->name);
    if (!aimci_is_utf8(t->name))
        return aimci_fail(AIMC_ERR_INVALID, "tensor '%s': the name is not UTF-8", t->name);
    if (json_object_set_new(writer->header, t->name, describe(t, writer->at, writer->at + size)) ==
        0)
        return AIMC_OK;
    return aimci_fail(AIMC_ERR_NOMEM, "tensor '%s': out of memory for its entry", t->name);
}

/* Is it what was announced here? */
static bool is_announced(const aimci_st_writer *writer, const tensor *t, uint64_t size)
{
    const json_t *const offsets =
        json_object_get(json_object_get(writer->header, t->name), "data_offsets");
    return (uint64_t)json_integer_value(json_array_get(offsets, 0)) == writer->at &&
           (uint64_t)json_integer_value(json_array_get(offsets, 1)) == writer->at + size &&
           json_array_size(offsets) == 2;
}

static aimc_status write_data(aimci_st_writer *writer, const tensor *t, uint64_t size)
{
    if (!is_announced(writer, t, size))
        return fail_changed(t->name);
    for (size_t r = 0; r < t->rows && t->row_size > 0; r++) {
        const unsigned char *const row = t->data + r * t->stride;
        if (writer->file)
            fwrite(row, 1, t->row_size, writer->file);
        else
            memcpy(writer->bytes + writer->at + r * t->row_size, row, t->row_size);
    }
    return AIMC_OK;
}

/* rows x cols elements fit in what a file can count. */
static aimc_status put_tensor(aimci_st_writer *writer, tensor *t, size_t cols)
{
    size_t size = 0;
    if (aimci_mul_overflows(cols, aimci_dtype_size(t->dtype), &t->row_size) ||
        aimci_mul_overflows(t->rows, t->row_size, &size) || size > INT64_MAX - writer->at)
        return aimci_fail(AIMC_ERR_SHAPE, "tensor '%s': %zu x %zu is too large", t->name, t->rows,
                          cols);
    const aimc_status st =
        writer->is_writing ? write_data(writer, t, size) : announce(writer, t, size);
    writer->at += st ? 0 : size;
    return st;
}

aimc_status aimci_st_put(aimci_st_writer *writer, const char *name, aimci_dtype dtype, size_t rows,
                         size_t cols, size_t ld, const void *data)
{
    const bool is_vector = rows == 0;
    tensor t = {.name = name,
                .dtype = dtype,
                .n_dims = is_vector ? 1 : 2,
                .dim = {is_vector ? cols : rows, cols},
                .rows = is_vector ? 1 : rows,
                .stride = ld * aimci_dtype_size(dtype),
                .data = data};
    if (rows > 1 && ld < cols)
        return aimci_fail(AIMC_ERR_SHAPE, "tensor '%s': leading dimension %zu of %zu columns", name,
                          ld, cols);
    return put_tensor(writer, &t, cols);
}

aimc_status aimci_st_put_floats(aimci_st_writer *writer, const char *name, size_t n_dims,
                                const size_t *dim, const float *values)
{
    tensor t = {.name = name,
                .dtype = AIMCI_F32,
                .n_dims = n_dims,
                .rows = 1,
                .data = (const unsigned char *)values};
    size_t n = 1;
    for (size_t d = 0; d < n_dims; d++) {
        t.dim[d] = dim[d];
        n *= dim[d];
    }
    return put_tensor(writer, &t, n);
}

/* ---- header --------------------------------------------------------------------------------- */

/* As text that fills whole words, so that data starts at a multiple of 8. */
static aimc_status make_text(aimci_st_writer *writer)
{
    const size_t flags = JSON_COMPACT;
    const size_t length = json_dumpb(writer->header, NULL, 0, flags);
    const size_t size = aimci_round_up(length, PREFIX);
    if (size > AIMCI_ST_HEADER_MAX)
        return aimci_fail(AIMC_ERR_INVALID, "a header of %zu bytes cannot be written", length);
    writer->text = length > 0 ? aimci_calloc(writer->ctx, size, 1) : NULL;
    if (writer->text == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "out of memory for the header");
    memset(writer->text, ' ', size);
    if (json_dumpb(writer->header, writer->text, size, flags) != length)
        return aimci_fail(AIMC_ERR_NOMEM, "out of memory for the header");
    writer->text_size = size;
    return AIMC_OK;
}

/* The first time. */
static aimc_status begin(aimci_st_writer *writer, aimci_st_put_fn put, const void *object)
{
    writer->header = json_object();
    writer->metadata = json_object();
    if (json_object_set_new(writer->header, AIMCI_ST_METADATA, writer->metadata) != 0)
        return aimci_fail(AIMC_ERR_NOMEM, "safetensors: out of memory for a header");
    const aimc_status st = put(object, writer);
    return st ? st : make_text(writer);
}

/* The second time. */
static aimc_status go_on(aimci_st_writer *writer, aimci_st_put_fn put, const void *object)
{
    const uint64_t size = writer->at;
    writer->at = 0;
    writer->is_writing = true;
    const aimc_status st = put(object, writer);
    return st == AIMC_OK && writer->at != size ? fail_changed("") : st;
}

static void end(aimci_st_writer *writer)
{
    json_decref(writer->header);
    aimci_free(writer->ctx, writer->text);
}

/* ---- files ---------------------------------------------------------------------------------- */

typedef struct job {
    aimci_st_writer *writer;
    aimci_st_put_fn put;
    const void *object;
} job;

static aimc_status write_content(void *user, FILE *file)
{
    const job *const j = user;
    const uint64_t prefix = j->writer->text_size;
    j->writer->file = file;
    fwrite(&prefix, 1, sizeof prefix, file);
    fwrite(j->writer->text, 1, j->writer->text_size, file);
    return go_on(j->writer, j->put, j->object);
}

aimc_status aimci_st_write(aimc_context *ctx, aimci_st_put_fn put, const void *object,
                           const char *path)
{
    aimci_st_writer writer = {.ctx = ctx};
    job j = {&writer, put, object};
    aimc_status st = begin(&writer, put, object);
    st = st ? aimci_fail_within(st, "'%s': ", path)
            : aimci_file_replace(ctx, path, write_content, &j);
    end(&writer);
    return st;
}

aimc_status aimci_st_write_bytes(aimc_context *ctx, aimci_st_put_fn put, const void *object,
                                 void *bytes, size_t size, size_t *n)
{
    aimci_st_writer writer = {.ctx = ctx};
    aimc_status st = begin(&writer, put, object);
    const uint64_t prefix = writer.text_size;
    const size_t before = sizeof prefix + writer.text_size;
    if (!st)
        *n = before + (size_t)writer.at;
    if (!st && size >= *n) {
        memcpy(bytes, &prefix, sizeof prefix);
        memcpy((char *)bytes + sizeof prefix, writer.text, writer.text_size);
        writer.bytes = (unsigned char *)bytes + before;
        st = go_on(&writer, put, object);
    }
    end(&writer);
    return st;
}
