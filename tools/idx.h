/* SPDX-License-Identifier: MIT */
/* IDX files (the format of MNIST), plain or gzipped: arrays of unsigned bytes. */
#ifndef AIMC_TOOLS_IDX_H
#define AIMC_TOOLS_IDX_H

#include <stddef.h>
#include <zlib.h>

#define IDX_MAX_DIMS 4

struct idx {
    size_t n_dims;
    size_t dims[IDX_MAX_DIMS];
    size_t n_bytes;       /* product of dims */
    unsigned char *bytes; /* owned */
};

/* A file, a gzipped one or what comes through a pipe; NULL with errno, 0 where memory is short. */
gzFile idx_gzopen(const char *path);

/* Read a whole file. EXIT_GO_ON, or EXIT_FAILED after a sentence that names the file. */
int idx_read(const char *path, struct idx *idx);
void idx_free(struct idx *idx);

#endif
