/* SPDX-License-Identifier: MIT */
/* Threads that wait for work: what a context uses when its host brings no executor. */
#ifndef AIMCI_POOL_H
#define AIMCI_POOL_H

#include "core/core.h"

typedef struct aimci_pool aimci_pool;

/* n_threads counts the caller of aimci_pool_run(), so n_threads - 1 threads are started. */
aimc_status aimci_pool_create(const aimc_allocator *allocator, size_t n_threads, aimci_pool **out);
void aimci_pool_destroy(aimci_pool *pool);

/* An aimc_executor's run, with the pool as its user. Allocates nothing. Two threads may call it at
 * once: the second one finds the pool busy and runs its tasks by itself. So does a child after
 * fork(), which has none of the threads. */
void aimci_pool_run(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg);

#endif
