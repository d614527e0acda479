/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "core/core.h"
#include "core/pool.h"
#include "fail_alloc.h"
#include "portable.h"

#define MAX_TASKS 300

typedef struct {
    atomic_uint count[MAX_TASKS];
} tally;

static void count_task(void *arg, size_t i)
{
    tally *const t = arg;
    atomic_fetch_add(&t->count[i], 1);
}

static void check_tally(tally *t, size_t n, unsigned each)
{
    for (size_t i = 0; i < MAX_TASKS; i++)
        ck_assert_uint_eq(atomic_load(&t->count[i]), i < n ? each : 0);
    memset(t, 0, sizeof *t);
}

static aimci_pool *make_pool(aimct_heap *heap, size_t n_threads)
{
    const aimc_allocator allocator = aimct_allocator(heap);
    aimci_pool *pool = NULL;
    ck_assert_int_eq(aimci_pool_create(&allocator, n_threads, &pool), AIMC_OK);
    return pool;
}

START_TEST(every_task_runs_once)
{
    const size_t n_threads = (size_t)_i;
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimci_pool *const pool = make_pool(&heap, n_threads);
    static tally t;
    for (size_t n = 0; n <= MAX_TASKS; n += 1 + n / 9) {
        aimci_pool_run(pool, n, count_task, &t);
        check_tally(&t, n, 1);
    }
    ck_assert_uint_eq(heap.calls, 1); /* running allocates nothing */
    aimci_pool_destroy(pool);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

START_TEST(thousands_of_short_runs)
{
    const size_t n_threads = (size_t)_i;
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimci_pool *const pool = make_pool(&heap, n_threads);
    static tally t;
    for (int k = 0; k < 5000; k++)
        aimci_pool_run(pool, n_threads, count_task, &t);
    check_tally(&t, n_threads, 5000);
    aimci_pool_destroy(pool);
}
END_TEST

/* Plain memory written by tasks and read by the caller: TSan sees whether the pool orders them. */
static void write_plain(void *arg, size_t i)
{
    size_t *const values = arg;
    values[i] += i;
}

START_TEST(results_are_visible_to_the_caller)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimci_pool *const pool = make_pool(&heap, 4);
    size_t values[16] = {0};
    for (size_t k = 1; k <= 500; k++) {
        aimci_pool_run(pool, 16, write_plain, values);
        for (size_t i = 0; i < 16; i++)
            ck_assert_uint_eq(values[i], k * i);
    }
    aimci_pool_destroy(pool);
}
END_TEST

typedef struct {
    aimci_pool *pool;
    tally *t;
} nested;

static void run_inner(void *arg, size_t i)
{
    const nested *const n = arg;
    (void)i;
    aimci_pool_run(n->pool, 7, count_task, n->t);
}

START_TEST(a_task_may_run_tasks)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    static tally t;
    nested n = {.pool = make_pool(&heap, 3), .t = &t};
    for (int k = 0; k < 100; k++)
        aimci_pool_run(n.pool, 5, run_inner, &n);
    check_tally(&t, 7, 500);
    aimci_pool_destroy(n.pool);
}
END_TEST

#ifndef _WIN32
/* A child has the pool but none of its threads: before, its first run and its destroy waited for
 * them for ever. */
START_TEST(a_child_works_alone)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    static tally t;
    aimci_pool *const pool = make_pool(&heap, 4);
    aimci_pool_run(pool, 16, count_task, &t);
    memset(&t, 0, sizeof t);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(20);
        for (int k = 0; k < 50; k++)
            aimci_pool_run(pool, 16, count_task, &t);
        aimci_pool_destroy(pool);
        _exit(atomic_load(&t.count[15]) == 50 && heap.live_blocks == 0 ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    aimci_pool_run(pool, 16, count_task, &t);
    check_tally(&t, 16, 1);
    aimci_pool_destroy(pool);
}
END_TEST
#endif

static void *run_many(void *arg)
{
    for (int k = 0; k < 500; k++)
        run_inner(arg, 0);
    return NULL;
}

START_TEST(two_callers_at_once)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    static tally t;
    nested n = {.pool = make_pool(&heap, 3), .t = &t};
    pthread_t other;
    ck_assert_int_eq(pthread_create(&other, NULL, run_many, &n), 0);
    run_many(&n);
    pthread_join(other, NULL);
    check_tally(&t, 7, 1000);
    aimci_pool_destroy(n.pool);
}
END_TEST

START_TEST(creation_may_run_out_of_memory)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    const aimc_allocator allocator = aimct_allocator(&heap);
    aimct_heap_fail_at(&heap, 1);
    aimci_pool *pool = NULL;
    ck_assert_int_eq(aimci_pool_create(&allocator, 4, &pool), AIMC_ERR_NOMEM);
    ck_assert_ptr_null(pool);
    ck_assert_uint_eq(heap.live_blocks, 0);
    aimci_pool_destroy(NULL);
}
END_TEST

START_TEST(unused_pools_end_at_once)
{
    for (int k = 0; k < 100; k++) {
        aimct_heap heap = AIMCT_HEAP_INIT;
        aimci_pool_destroy(make_pool(&heap, 4));
        ck_assert_uint_eq(heap.live_blocks, 0);
    }
}
END_TEST

int main(void)
{
    Suite *const s = suite_create("pool");
    TCase *const t = aimct_case(s, "pool");
    tcase_add_loop_test(t, every_task_runs_once, 1, 9);
    tcase_add_loop_test(t, thousands_of_short_runs, 1, 9);
    tcase_add_test(t, results_are_visible_to_the_caller);
    tcase_add_test(t, a_task_may_run_tasks);
#ifndef _WIN32
    tcase_add_test(t, a_child_works_alone);
#endif
    tcase_add_test(t, two_callers_at_once);
    tcase_add_test(t, creation_may_run_out_of_memory);
    tcase_add_test(t, unused_pools_end_at_once);
    return aimct_main(s);
}
