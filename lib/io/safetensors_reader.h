/* SPDX-License-Identifier: MIT */
/* What the parts of the reader of safetensors files know of each other. */
#ifndef AIMCI_SAFETENSORS_READER_H
#define AIMCI_SAFETENSORS_READER_H

#include <jansson.h>

#include "io/safetensors.h"
#include "io/source.h"

#define AIMCI_ST_RANK  8     /* more than we look at; longer shapes are refused */
#define AIMCI_ST_CHUNK 16384 /* bytes that are read at a time where they are not read in place */

/* What the header says of a tensor. */
typedef struct aimci_st_entry {
    const char *name;
    size_t dtype; /* an aimci_dtype, or above them */
    const char *dtype_name;
    size_t rank;
    uint64_t shape[AIMCI_ST_RANK];
    uint64_t begin;
    uint64_t end;
} aimci_st_entry;

struct aimci_st_reader {
    aimc_context *ctx;
    aimci_source source;
    uint64_t data; /* where it begins */
    uint64_t data_size;
    json_t *header;
};

/* What the header says of a tensor that it has. */
aimc_status aimci_st_read_entry(const char *name, const json_t *object, aimci_st_entry *e);

/* Of this type and shape? */
aimc_status aimci_st_check_type(const aimci_st_entry *found, const aimci_st_entry *expected);

/* Are all numbers in memory finite, where the tensor is one of F32 or F64? AIMC_ERR_FORMAT names
 * the tensor and the place. */
aimc_status aimci_st_check_finite(const aimci_st_entry *e, size_t rows, size_t cols, size_t ld,
                                  const void *data);

#endif
