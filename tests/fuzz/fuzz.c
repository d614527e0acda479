/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <string.h>

#include "../portable.h"

/* ---- memory --------------------------------------------------------------------------------- */

/* More than any seed takes a hundred times over; a field that claims more is believed too early. */
#define MAX_LIVE ((size_t)256 << 20)
#define HEADER   64

static size_t live_blocks, live_bytes;

static void *fuzz_alloc(void *user, size_t size, size_t align)
{
    (void)user;
    FUZZ_CHECK(align <= HEADER, "%zu", align);
    FUZZ_CHECK(size <= MAX_LIVE && live_bytes <= MAX_LIVE - size, "%zu bytes, after %zu", size,
               live_bytes);
    unsigned char *block = aimct_aligned_alloc(HEADER, (size + 2 * HEADER - 1) / HEADER * HEADER);
    FUZZ_CHECK(block != NULL, "no memory for %zu bytes", size);
    memcpy(block, &size, sizeof size);
    live_blocks++;
    live_bytes += size;
    return block + HEADER;
}

static void fuzz_free(void *user, void *ptr)
{
    (void)user;
    unsigned char *block = (unsigned char *)ptr - HEADER;
    size_t size;
    memcpy(&size, block, sizeof size);
    live_blocks--;
    live_bytes -= size;
    aimct_aligned_free(block);
}

aimc_context *aimct_fuzz_context(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = (aimc_allocator){.alloc = fuzz_alloc, .free = fuzz_free};
    params.seed = 1;
    aimc_context *ctx = NULL;
    FUZZ_OK(aimc_context_create(&params, &ctx));
    return ctx;
}

void aimct_fuzz_context_end(aimc_context *ctx)
{
    aimc_context_destroy(ctx);
    FUZZ_CHECK(live_blocks == 0, "%zu blocks were left", live_blocks);
}

/* ---- inputs in other forms ------------------------------------------------------------------ */

static char folder[64], path[96];

static void remove_file(void)
{
    unlink(path);
    rmdir(folder);
}

const char *aimct_fuzz_file(const uint8_t *data, size_t size, const char *suffix)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/aimc-fuzz-XXXXXX");
        FUZZ_CHECK(mkdtemp(folder) != NULL, "%s", folder);
        atexit(remove_file);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/input%s", folder, suffix);
    FILE *f = fopen(path, "wb");
    FUZZ_CHECK(f != NULL && fwrite(data, 1, size, f) == size, "%s", path);
    fclose(f);
    return path;
}

char *aimct_fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL, "no memory");
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

uint8_t *aimct_fuzz_save(const aimc_tile *tile, size_t *size)
{
    if (aimc_tile_save_bytes(tile, NULL, 0, size) != AIMC_OK)
        return NULL;
    uint8_t *bytes = malloc(*size);
    FUZZ_CHECK(bytes != NULL, "no memory");
    FUZZ_OK(aimc_tile_save_bytes(tile, bytes, *size, size));
    return bytes;
}

#ifdef AIMCT_LIBFUZZER /* which reads its seeds from a folder */
void aimct_seed(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}
#endif
