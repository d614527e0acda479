/* SPDX-License-Identifier: MIT */
/* A file as the command reads data sets: IDX, plain or gzipped. */
#include <zlib.h>

#include "fuzz.h"
#include "idx.h"
#include "report.h"

void aimct_fuzz_seeds(void)
{
    static const uint8_t plain[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    aimct_seed(plain, sizeof plain);
    uint8_t packed[128];
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)plain,
                       .avail_in = sizeof plain,
                       .next_out = packed,
                       .avail_out = sizeof packed};
    FUZZ_CHECK(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK,
               "zlib");
    FUZZ_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
    aimct_seed(packed, stream.total_out);
    deflateEnd(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct idx idx;
    if (idx_read(aimct_fuzz_file(data, size, ".gz"), &idx) == EXIT_GO_ON) {
        size_t sum = 0;
        for (size_t k = 0; k < idx.n_bytes; k++)
            sum += idx.bytes[k];
        FUZZ_CHECK(sum <= 255 * idx.n_bytes, "%zu", sum);
    }
    idx_free(&idx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    (void)seed;
    return LLVMFuzzerMutate(data, size, max_size);
}
