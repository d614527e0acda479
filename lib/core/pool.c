/* SPDX-License-Identifier: MIT */
/* A run publishes its function and argument, and then the number of tasks left. The caller and the
 * workers take tasks by lowering that number. A run cannot end while a task that was taken is not
 * done, so function and argument are read after the taking, not before: a worker that still has the
 * number of an earlier run either fails to lower it or has taken a task of the present run, whose
 * function it then reads. Workers that come late find no tasks and go back to waiting.
 *
 * Memory order: the number is stored with release and lowered with acquire, which makes function
 * and argument visible; unfinished is lowered with release and read with acquire, which makes
 * the results visible to the caller. has_work() is only a hint and needs no order. */
#include "core/pool.h"

#include <stdatomic.h>
#include <string.h>

#include "core/os.h"

/* How often a thread looks for work before it sleeps: some 20 microseconds, about what it costs to
 * wake one, so that looking never costs more than sleeping at once would have. */
#define SPINS 30

struct aimci_pool {
    aimc_allocator allocator;
    aimci_os_mutex run_lock; /* held by the caller whose run it is */
    aimci_os_mutex lock;     /* guards what sleepers wait for: left, stop and unfinished */
    aimci_os_condition work;
    aimci_os_condition done;
    size_t n_sleeping; /* workers; under lock */
    void (*fn)(void *arg, size_t i);
    void *arg;
    atomic_size_t left;       /* tasks not taken yet */
    atomic_size_t unfinished; /* tasks not done yet */
    atomic_bool stop;
    long owner; /* the process whose threads the workers are */
    size_t n_workers;
    aimci_os_thread workers[];
};

/* ---- tasks ---------------------------------------------------------------------------------- */

static bool take(aimci_pool *pool, size_t *task)
{
    size_t left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    while (left > 0)
        if (atomic_compare_exchange_weak_explicit(&pool->left, &left, left - 1,
                                                  memory_order_acq_rel, memory_order_relaxed)) {
            *task = left - 1;
            return true;
        }
    return false;
}

/* Returns true to the thread that did the last task. */
static bool work_off(aimci_pool *pool)
{
    bool last = false;
    size_t task = 0;
    while (take(pool, &task)) {
        pool->fn(pool->arg, task);
        last = atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_acq_rel) == 1;
    }
    return last;
}

/* ---- workers -------------------------------------------------------------------------------- */

static bool has_work(aimci_pool *pool)
{
    return atomic_load_explicit(&pool->left, memory_order_relaxed) > 0 ||
           atomic_load_explicit(&pool->stop, memory_order_relaxed);
}

static void wait_for_work(aimci_pool *pool)
{
    for (int i = 0; i < SPINS; i++) {
        if (has_work(pool))
            return;
        aimci_os_yield();
    }
    aimci_os_lock(&pool->lock);
    pool->n_sleeping++;
    while (!has_work(pool))
        aimci_os_wait(&pool->work, &pool->lock);
    pool->n_sleeping--;
    aimci_os_unlock(&pool->lock);
}

static void worker_main(void *user)
{
    aimci_pool *const pool = user;
    while (!atomic_load_explicit(&pool->stop, memory_order_relaxed)) {
        if (work_off(pool)) {
            aimci_os_lock(&pool->lock);
            aimci_os_signal(&pool->done);
            aimci_os_unlock(&pool->lock);
        }
        wait_for_work(pool);
    }
}

/* ---- the caller ----------------------------------------------------------------------------- */

/* Under the lock, so that no worker goes to sleep between looking for work and the signal. */
static void publish(aimci_pool *pool, size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
    aimci_os_lock(&pool->lock);
    pool->fn = fn;
    pool->arg = arg;
    atomic_store_explicit(&pool->unfinished, n, memory_order_relaxed);
    atomic_store_explicit(&pool->left, n, memory_order_release);
    const size_t wanted = aimci_min_size(n - 1, pool->n_sleeping);
    for (size_t i = 0; i < wanted; i++)
        aimci_os_signal(&pool->work);
    aimci_os_unlock(&pool->lock);
}

static bool is_finished(aimci_pool *pool)
{
    return atomic_load_explicit(&pool->unfinished, memory_order_acquire) == 0;
}

static void wait_until_finished(aimci_pool *pool)
{
    for (int i = 0; i < SPINS; i++) {
        if (is_finished(pool))
            return;
        aimci_os_yield();
    }
    aimci_os_lock(&pool->lock);
    while (!is_finished(pool))
        aimci_os_wait(&pool->done, &pool->lock);
    aimci_os_unlock(&pool->lock);
}

/* After fork() a child has the pool's memory but none of its threads, and locks may be held for
 * ever by those that it has not. It runs tasks by itself, and frees the memory without a look
 * at them. */
static bool is_inherited(const aimci_pool *pool)
{
    return pool->owner != aimci_os_process_id();
}

/* A run that finds another one going on, be it of another thread or the one that this call comes
 * from, does its tasks here instead of waiting: a task that waited for its own run would wait for
 * ever. */
void aimci_pool_run(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
    aimci_pool *const pool = user;
    if (n < 2 || is_inherited(pool) || !aimci_os_try_lock(&pool->run_lock)) {
        for (size_t i = 0; i < n; i++)
            fn(arg, i);
        return;
    }
    publish(pool, n, fn, arg);
    work_off(pool);
    wait_until_finished(pool);
    aimci_os_unlock(&pool->run_lock);
}

/* ---- life ----------------------------------------------------------------------------------- */

static bool start_workers(aimci_pool *pool, size_t n)
{
    for (; pool->n_workers < n; pool->n_workers++) {
        aimci_os_thread *const worker = &pool->workers[pool->n_workers];
        *worker = (aimci_os_thread){.main = worker_main, .user = pool};
        if (!aimci_os_thread_start(worker))
            return false;
    }
    return true;
}

aimc_status aimci_pool_create(const aimc_allocator *allocator, size_t n_threads, aimci_pool **out)
{
    const size_t n = n_threads < 2 ? 0 : n_threads - 1;
    const size_t size = aimci_round_up(sizeof(aimci_pool) + n * sizeof(aimci_os_thread), 64);
    aimci_pool *const pool = allocator->alloc(allocator->user, size, 64);
    if (pool == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "out of memory for a pool of %zu threads", n_threads);
    memset(pool, 0, size);
    pool->allocator = *allocator;
    pool->owner = aimci_os_process_id();
    aimci_os_mutex_begin(&pool->run_lock);
    aimci_os_mutex_begin(&pool->lock);
    aimci_os_condition_begin(&pool->work);
    aimci_os_condition_begin(&pool->done);
    atomic_init(&pool->left, 0);
    atomic_init(&pool->unfinished, 0);
    atomic_init(&pool->stop, false);
    if (!start_workers(pool, n)) {
        const size_t started = pool->n_workers;
        aimci_pool_destroy(pool);
        return aimci_fail(AIMC_ERR_NOMEM, "the system started only %zu of %zu threads", started, n);
    }
    *out = pool;
    return AIMC_OK;
}

static void end_workers(aimci_pool *pool)
{
    aimci_os_lock(&pool->lock);
    atomic_store_explicit(&pool->stop, true, memory_order_relaxed);
    aimci_os_signal_all(&pool->work);
    aimci_os_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_workers; i++)
        aimci_os_thread_join(&pool->workers[i]);
    aimci_os_condition_end(&pool->done);
    aimci_os_condition_end(&pool->work);
    aimci_os_mutex_end(&pool->lock);
    aimci_os_mutex_end(&pool->run_lock);
}

void aimci_pool_destroy(aimci_pool *pool)
{
    if (pool == NULL)
        return;
    if (!is_inherited(pool))
        end_workers(pool);
    const aimc_allocator allocator = pool->allocator;
    allocator.free(allocator.user, pool);
}
