/* SPDX-License-Identifier: MIT */
/* A fuzz target without libFuzzer:
 *
 *     fuzz_x [--runs N [FOLDER]]   its seeds and the files of FOLDER, then N mutations of them,
 *                                  always the same
 *     fuzz_x --seeds FOLDER    writes its seeds there
 *     fuzz_x FILE...           these inputs */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

#define MAX_SIZE ((size_t)1 << 16)

typedef struct seed {
    uint8_t *bytes;
    size_t size;
} seed;

static seed *seeds;
static size_t n_seeds;

void aimct_seed(const void *bytes, size_t size)
{
    seeds = realloc(seeds, (n_seeds + 1) * sizeof *seeds);
    FUZZ_CHECK(seeds != NULL, "no memory");
    uint8_t *copy = malloc(size + 1);
    FUZZ_CHECK(copy != NULL && size <= MAX_SIZE, "a seed of %zu bytes", size);
    memcpy(copy, bytes, size);
    seeds[n_seeds++] = (seed){copy, size};
}

static void free_seeds(void)
{
    for (size_t k = 0; k < n_seeds; k++)
        free(seeds[k].bytes);
    free(seeds);
}

/* ---- mutations ------------------------------------------------------------------------------ */

static uint64_t state = 1; /* splitmix64 */

static uint64_t next(void)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    if (size == 0) {
        if (max_size > 0)
            data[0] = (uint8_t)next();
        return max_size > 0;
    }
    const size_t at = next() % size, n = 1 + next() % 8 % (size - at);
    switch (next() % 5) {
    case 0:
        data[at] ^= (uint8_t)(1u << next() % 8);
        return size;
    case 1:
        data[at] = (uint8_t)next();
        return size;
    case 2: /* less */
        memmove(data + at, data + at + n, size - at - n);
        return size - n;
    case 3: /* twice */
        if (size + n > max_size)
            return size;
        memmove(data + at + n, data + at, size - at);
        return size + n;
    default: /* a number of several bytes */
        for (size_t k = at; k < at + n; k++)
            data[k] = next() % 2 ? 0xFF : (uint8_t)(next() % 2);
        return size;
    }
}

static void mutate_and_try(void)
{
    static uint8_t data[MAX_SIZE];
    const seed *s = &seeds[next() % n_seeds];
    size_t size = s->size;
    memcpy(data, s->bytes, size);
    for (size_t k = 1 + next() % 4; k > 0; k--)
        size = LLVMFuzzerCustomMutator(data, size, MAX_SIZE, (unsigned)next());
    LLVMFuzzerTestOneInput(data, size);
}

/* ---- the three uses ------------------------------------------------------------------------- */

static void write_seeds(const char *folder)
{
    for (size_t k = 0; k < n_seeds; k++) {
        char path[512];
        snprintf(path, sizeof path, "%s/seed%zu", folder, k);
        FILE *f = fopen(path, "wb");
        FUZZ_CHECK(f && fwrite(seeds[k].bytes, 1, seeds[k].size, f) == seeds[k].size, "%s", path);
        fclose(f);
    }
}

static size_t read_file(const char *path, uint8_t data[16 * MAX_SIZE])
{
    FILE *f = fopen(path, "rb");
    FUZZ_CHECK(f != NULL, "%s", path);
    const size_t size = fread(data, 1, 16 * MAX_SIZE, f);
    fclose(f);
    return size;
}

static void try_file(const char *path)
{
    static uint8_t data[16 * MAX_SIZE];
    LLVMFuzzerTestOneInput(data, read_file(path, data));
}

static int compare_seeds(const void *a, const void *b)
{
    const seed *s = a, *t = b;
    return s->size != t->size ? (s->size < t->size ? -1 : 1) : memcmp(s->bytes, t->bytes, s->size);
}

/* The inputs that were worth keeping, in an order that does not depend on the folder's. */
static void read_seeds(const char *folder)
{
    static uint8_t data[16 * MAX_SIZE];
    const size_t first = n_seeds;
    DIR *dir = opendir(folder);
    FUZZ_CHECK(dir != NULL, "%s", folder);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.')
            aimct_seed(data, read_file(path, data));
    }
    closedir(dir);
    qsort(seeds + first, n_seeds - first, sizeof *seeds, compare_seeds);
}

int main(int argc, char **argv)
{
    const bool plain = argc == 1 || strcmp(argv[1], "--runs") == 0;
    aimct_fuzz_seeds();
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
        write_seeds(argv[2]);
    if (plain && argc == 4)
        read_seeds(argv[3]);
    for (int k = 1; !plain && argv[1][0] != '-' && k < argc; k++)
        try_file(argv[k]);
    for (size_t k = 0; plain && k < n_seeds; k++)
        LLVMFuzzerTestOneInput(seeds[k].bytes, seeds[k].size);
    const size_t runs = plain && argc >= 3 ? strtoul(argv[2], NULL, 10) : 0;
    for (size_t k = 0; k < runs; k++)
        mutate_and_try();
    printf("%zu seeds, %zu mutations\n", n_seeds, runs);
    free_seeds();
    return 0;
}
