/* SPDX-License-Identifier: MIT */
/* safetensors files: 8-byte little-endian header length, JSON header, raw little-endian data. */
#ifndef AIMCI_SAFETENSORS_H
#define AIMCI_SAFETENSORS_H

#include "core/core.h"

typedef enum aimci_dtype {
    AIMCI_F32,
    AIMCI_F64,
    AIMCI_I32,
    AIMCI_U32,
    AIMCI_I64,
    AIMCI_U64,
    AIMCI_U8
} aimci_dtype;
size_t aimci_dtype_size(aimci_dtype dtype);
const char *aimci_dtype_name(aimci_dtype dtype);

#define AIMCI_ST_PREFIX     8          /* bytes of the header's length */
#define AIMCI_ST_HEADER_MAX 100000000u /* the limit of the reference implementation */
#define AIMCI_ST_METADATA   "__metadata__"

/* ---- writing -------------------------------------------------------------------------------- */

/* The content is put twice, by calls of the functions below: first the header is made of it, then
 * the data goes where it belongs, and nothing of its size is held. Both times it must be the
 * same. */
typedef struct aimci_st_writer aimci_st_writer;
typedef aimc_status (*aimci_st_put_fn)(const void *object, aimci_st_writer *writer);

/* A string under __metadata__; key and value are copied. */
aimc_status aimci_st_put_text(aimci_st_writer *writer, const char *key, const char *value);

/* A tensor of rows x cols (rank 2; rank 1 when rows is 0 : cols long), row by row from data with
 * row stride ld (elements). */
aimc_status aimci_st_put(aimci_st_writer *writer, const char *name, aimci_dtype dtype, size_t rows,
                         size_t cols, size_t ld, const void *data);

/* A tensor of floats of any rank, packed. */
aimc_status aimci_st_put_floats(aimci_st_writer *writer, const char *name, size_t n_dims,
                                const size_t *dim, const float *values);

/* Write to path.tmp-<pid>-<n> beside path, flush to the disk, rename. On any failure the old file
 * is untouched and nothing is left behind. */
aimc_status aimci_st_write(aimc_context *ctx, aimci_st_put_fn put, const void *object,
                           const char *path);

/* The same into memory: n is what it takes; nothing is written when size is less. */
aimc_status aimci_st_write_bytes(aimc_context *ctx, aimci_st_put_fn put, const void *object,
                                 void *bytes, size_t size, size_t *n);

/* ---- reading: the header at once, data when it is asked for --------------------------------- */

typedef struct aimci_st_reader aimci_st_reader;
/* A file stays open as long as the reader; should it be rewritten in place meanwhile, what is read
 * is an error or a mixture. */
aimc_status aimci_st_read(aimc_context *ctx, const char *path, aimci_st_reader **out);
/* The same from bytes in memory, which stay where they are as long as the reader. */
aimc_status aimci_st_parse(aimc_context *ctx, const void *bytes, size_t size,
                           aimci_st_reader **out);
/* The tensors whose names begin so, in memory of their own, without the texts: the reader may go.
 * AIMC_ERR_FORMAT where a float is not finite. */
aimc_status aimci_st_keep(const aimci_st_reader *reader, const char *prefix, aimci_st_reader **out);
void aimci_st_reader_destroy(aimci_st_reader *reader);

/* Metadata string; NULL when absent. Lives as long as the reader. */
const char *aimci_st_text(const aimci_st_reader *reader, const char *key);

/* Is there a tensor of this name? */
bool aimci_st_has(const aimci_st_reader *reader, const char *name);

/* Copy a tensor out (data NULL: only look); its dtype and shape must be exactly these (rows 0: rank
 * 1), and all floats finite, else AIMC_ERR_FORMAT with a sentence that names the tensor, what was
 * found and what was expected. */
aimc_status aimci_st_get(const aimci_st_reader *reader, const char *name, aimci_dtype dtype,
                         size_t rows, size_t cols, size_t ld, void *data);

/* The same for floats of any rank, packed (values NULL: only look); other types of floats are
 * converted, and all must be finite. */
aimc_status aimci_st_get_floats(const aimci_st_reader *reader, const char *name, size_t n_dims,
                                const size_t *dim, float *values);

/* Names of tensors, in the order of the file: the one after name; NULL begins, and ends. */
const char *aimci_st_next(const aimci_st_reader *reader, const char *name);

/* Copy out n numbers of type U64: the first so many are seeds, the others counts, of which one more
 * than 2^62 is refused with AIMC_ERR_FORMAT, because they are counted on. */
aimc_status aimci_st_get_counts(const aimci_st_reader *reader, const char *name, size_t n,
                                size_t seeds, uint64_t *counts);

/* Copy out n scalars of type F64, of which n_counts, from the first on, are counts: 0 ... 2^53,
 * else AIMC_ERR_FORMAT. */
aimc_status aimci_st_get_scalars(const aimci_st_reader *reader, const char *name, size_t n,
                                 size_t first, size_t n_counts, double *scalars);

#endif
