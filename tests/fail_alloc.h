/* SPDX-License-Identifier: MIT */
/* An allocator that counts what is alive and fails the n-th call. For any call that
 * allocates:
 *
 *     aimct_heap heap = AIMCT_HEAP_INIT;
 *     params.allocator = aimct_allocator(&heap);
 *     size_t n = 0;
 *     do {
 *         aimct_heap_fail_at(&heap, ++n);
 *         ... call it: AIMC_ERR_NOMEM when heap.failed, success otherwise; destroy what it made ...
 *         ck_assert_uint_eq(heap.live_blocks, 0);
 *     } while (heap.failed);
 */
#ifndef AIMCT_FAIL_ALLOC_H
#define AIMCT_FAIL_ALLOC_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/context.h>

#include "portable.h"

typedef struct aimct_heap {
    pthread_mutex_t lock;
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
    size_t calls;   /* of alloc, since the last aimct_heap_fail_at() */
    size_t fail_at; /* this call fails; 0: none */
    bool failed;    /* a call was refused since the last aimct_heap_fail_at() */
} aimct_heap;

#define AIMCT_HEAP_INIT                                                                            \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* Size of the block, kept in front of it; as wide as the largest alignment that the library asks
 * for. */
#define AIMCT_HEAP_HEADER 64

static inline void *aimct_heap_alloc(void *user, size_t size, size_t align)
{
    aimct_heap *const heap = user;
    pthread_mutex_lock(&heap->lock);
    heap->calls++;
    unsigned char *block = NULL;
    if (heap->fail_at != 0 && heap->calls == heap->fail_at)
        heap->failed = true;
    else if (align <= AIMCT_HEAP_HEADER && size <= SIZE_MAX / 2)
        block = aimct_aligned_alloc(AIMCT_HEAP_HEADER, (size + 2 * AIMCT_HEAP_HEADER - 1) /
                                                           AIMCT_HEAP_HEADER * AIMCT_HEAP_HEADER);
    if (block != NULL) {
        memcpy(block, &size, sizeof size);
        memset(block + AIMCT_HEAP_HEADER, 0xA5, size); /* nobody may count on zeros */
        heap->live_blocks++;
        heap->live_bytes += size;
        if (heap->live_bytes > heap->peak_bytes)
            heap->peak_bytes = heap->live_bytes;
    }
    pthread_mutex_unlock(&heap->lock);
    return block == NULL ? NULL : block + AIMCT_HEAP_HEADER;
}

static inline void aimct_heap_free(void *user, void *ptr)
{
    aimct_heap *const heap = user;
    unsigned char *const block = (unsigned char *)ptr - AIMCT_HEAP_HEADER;
    size_t size = 0;
    memcpy(&size, block, sizeof size);
    pthread_mutex_lock(&heap->lock);
    heap->live_blocks--;
    heap->live_bytes -= size;
    pthread_mutex_unlock(&heap->lock);
    aimct_aligned_free(block);
}

static inline aimc_allocator aimct_allocator(aimct_heap *heap)
{
    const aimc_allocator a = {.user = heap, .alloc = aimct_heap_alloc, .free = aimct_heap_free};
    return a;
}

/* From now on, count alloc calls anew; the n-th fails (0: none). */
static inline void aimct_heap_fail_at(aimct_heap *heap, size_t n)
{
    pthread_mutex_lock(&heap->lock);
    heap->calls = 0;
    heap->fail_at = n;
    heap->failed = false;
    pthread_mutex_unlock(&heap->lock);
}

#endif
