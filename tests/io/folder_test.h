/* SPDX-License-Identifier: MIT */
/* A folder of its own for each test, and an allocator that may fail; nothing may be left. */
#ifndef AIMCT_FOLDER_TEST_H
#define AIMCT_FOLDER_TEST_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimc/context.h>

#include "check_main.h"
#include "fail_alloc.h"
#include "portable.h"

static aimct_heap heap = AIMCT_HEAP_INIT;
static aimc_context *ctx;
static char folder[64];
static char path[128]; /* of a file in it */

static inline void set_up(void)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.allocator = aimct_allocator(&heap);
    aimct_heap_fail_at(&heap, 0);
    ck_assert_int_eq(aimc_context_create(&p, &ctx), AIMC_OK);
    snprintf(folder, sizeof folder, "/tmp/t_io-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static inline void tear_down(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something is left in %s: %s", folder, strerror(errno));
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
    ck_assert_uint_eq(heap.live_bytes, 0);
}

#endif
