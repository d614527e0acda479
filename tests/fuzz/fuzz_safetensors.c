/* SPDX-License-Identifier: MIT */
/* Bytes as a safetensors file, and questions to it. */
#include <string.h>

#include "fuzz.h"
#include "io/safetensors.h"

static aimc_status put(const void *object, aimci_st_writer *writer)
{
    static const float w[6] = {1, 2, 3, 4, 5, 6};
    static const uint64_t counts[2] = {1, UINT64_MAX};
    (void)object;
    FUZZ_OK(aimci_st_put_text(writer, "kind", "a \"text\""));
    FUZZ_OK(aimci_st_put(writer, "w", AIMCI_F32, 2, 3, 3, w));
    FUZZ_OK(aimci_st_put(writer, "counts", AIMCI_U64, 0, 2, 2, counts));
    FUZZ_OK(aimci_st_put(writer, "none", AIMCI_U8, 0, 0, 0, NULL));
    return AIMC_OK;
}

void aimct_fuzz_seeds(void)
{
    static uint8_t bytes[1024];
    size_t n = 0;
    aimc_context *ctx = aimct_fuzz_context();
    FUZZ_OK(aimci_st_write_bytes(ctx, put, NULL, bytes, sizeof bytes, &n));
    aimct_fuzz_context_end(ctx);
    aimct_seed(bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aimc_context *ctx = aimct_fuzz_context();
    aimci_st_reader *reader = NULL;
    if (aimci_st_parse(ctx, data, size, &reader) == AIMC_OK) {
        float w[6];
        uint64_t counts[2];
        const char *text = aimci_st_text(reader, "kind");
        FUZZ_CHECK(!text || strlen(text) < size, "a text longer than the file");
        (void)aimci_st_get(reader, "w", AIMCI_F32, 2, 3, 3, w);
        (void)aimci_st_get(reader, "w", AIMCI_F32, 1, 1, 1, w);
        (void)aimci_st_get(reader, "counts", AIMCI_U64, 0, 2, 2, counts);
        (void)aimci_st_get(reader, "none", AIMCI_U8, 0, 0, 0, NULL);
    } else {
        FUZZ_CHECK(reader == NULL, "a reader after a failure");
    }
    aimci_st_reader_destroy(reader);
    aimct_fuzz_context_end(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return aimct_mutate_safetensors(data, size, max_size, seed);
}
