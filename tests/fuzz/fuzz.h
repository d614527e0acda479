/* SPDX-License-Identifier: MIT */
/* Fuzz targets: one file each, for one reader of bytes from outside. A target gives its seeds, made
 * by the library itself, and takes any bytes; what must not happen ends the program. The same file
 * runs under libFuzzer (./dev fuzz) and, with replay.c, as an ordinary test without it. */
#ifndef AIMCT_FUZZ_H
#define AIMCT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <aimc/aimc.h>

/* ---- what a target has ---------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Calls aimct_seed() for each input to begin with. */
void aimct_fuzz_seeds(void);

/* ---- what a target uses: fuzz.c ------------------------------------------------------------- */

#define FUZZ_CHECK(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
#define FUZZ_OK(call) FUZZ_CHECK((call) == AIMC_OK, "%s", aimc_get_last_error())

/* A context whose allocator ends the program when an input makes it large, and the end of it, which
 * finds blocks that were left. */
aimc_context *aimct_fuzz_context(void);
void aimct_fuzz_context_end(aimc_context *ctx);

/* The bytes as a file; the name is good until the next call. suffix: ".npy", say. */
const char *aimct_fuzz_file(const uint8_t *data, size_t size, const char *suffix);

/* The bytes as text, ended by a zero byte; to be freed. */
char *aimct_fuzz_text(const uint8_t *data, size_t size);

/* A tile as aimc_tile_save_bytes() gives it; to be freed. NULL when the library refuses. */
uint8_t *aimct_fuzz_save(const aimc_tile *tile, size_t *size);

/* ---- mutations beyond those of bytes: mutate.c ---------------------------------------------- */

/* As libFuzzer's hook of that name. A target with text, or a safetensors file, calls these from
 * it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t aimct_mutate_text(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t aimct_mutate_safetensors(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* ---- what the driver has: libFuzzer, or replay.c -------------------------------------------- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
void aimct_seed(const void *bytes, size_t size);

#endif
