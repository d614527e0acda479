/* SPDX-License-Identifier: MIT */
/* Memory of networks: every call may fail, and passes ask for none. */
#ifndef AIMCT_HEAP_TEST_H
#define AIMCT_HEAP_TEST_H

#include "fail_alloc.h"
#include "sanitized.h"
#include "test_util.h"

static inline aimc_context *heap_context(aimct_heap *heap, uint32_t threads)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(heap);
    params.n_threads = threads;
    aimc_context *ctx;
    OK(aimc_context_create(&params, &ctx));
    return ctx;
}

/* live() makes, uses and destroys a network: the first calls of the allocator fail one by one, then
 * every stride-th, until it asks for no more; fewer under a sanitizer. */
static inline void heap_fails(aimc_status (*live)(aimc_context *ctx, const char *matrix),
                              const char *matrix, size_t first, size_t stride)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context *ctx = heap_context(&heap, 0);
    const size_t before = heap.live_blocks;
    size_t n = 0;
    if (SANITIZED) {
        first /= 10;
        stride *= 10;
    }
    do {
        n += n < first ? 1 : stride;
        aimct_heap_fail_at(&heap, n);
        const aimc_status st = live(ctx, matrix);
        ck_assert_msg(st == (heap.failed ? AIMC_ERR_NOMEM : AIMC_OK), "call %zu: %s", n,
                      aimc_get_last_error());
        ck_assert_uint_eq(heap.live_blocks, before);
    } while (heap.failed);
    ck_assert_uint_gt(n, 100);
    aimct_heap_fail_at(&heap, 0);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}

#endif
