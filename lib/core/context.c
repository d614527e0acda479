/* SPDX-License-Identifier: MIT */
#include "core/core.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "aimci_config.h"
#include "core/cpu.h"
#include "core/os.h"
#include "core/pool.h"

#define ALIGNMENT   64
#define MAX_THREADS 1024
#define LOG_SIZE    512

struct aimc_context {
    aimc_allocator allocator;
    aimc_logger logger;
    aimc_executor executor; /* the host's or the pool's; no function with one slot */
    aimci_pool *pool;       /* NULL: none of our own */
    uint64_t seed, max_file_bytes;
    uint32_t flags;
    uint32_t n_slots;
    uint32_t cpu;
    atomic_size_t n_refs;
    atomic_uint_least64_t next_object;
};

/* ---- memory --------------------------------------------------------------------------------- */

static void *default_alloc(void *user, size_t size, size_t align)
{
    (void)user;
    return aimci_os_alloc(align, size);
}

static void default_free(void *user, void *ptr)
{
    (void)user;
    aimci_os_free(ptr);
}

static void *alloc_zeroed(const aimc_allocator *allocator, size_t size)
{
    if (size > PTRDIFF_MAX - ALIGNMENT) /* no object is larger */
        return NULL;
    /* Whole lines, and at least one: no vector access to the last element leaves the block. */
    const size_t whole = aimci_round_up(size == 0 ? 1 : size, ALIGNMENT);
    void *const ptr = allocator->alloc(allocator->user, whole, ALIGNMENT);
    return ptr == NULL ? NULL : memset(ptr, 0, whole);
}

void *aimci_calloc(aimc_context *ctx, size_t n, size_t size)
{
    size_t bytes = 0;
    return aimci_mul_overflows(n, size, &bytes) ? NULL : alloc_zeroed(&ctx->allocator, bytes);
}

void aimci_free(aimc_context *ctx, void *ptr)
{
    if (ptr != NULL)
        ctx->allocator.free(ctx->allocator.user, ptr);
}

char *aimci_strdup(aimc_context *ctx, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *const copy = aimci_calloc(ctx, size, 1);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* ---- parameters ----------------------------------------------------------------------------- */

void aimc_context_params_init(aimc_context_params *params, size_t size)
{
    if (params == NULL || size < sizeof params->struct_size)
        return;
    memset(params, 0, size);
    params->struct_size = (uint32_t)size;
}

/* Sizes that the struct has had or could have had: a field is there as a whole or not at all. */
static bool is_known_size(size_t size)
{
    return size >= sizeof(aimc_context_params) ||
           size == offsetof(aimc_context_params, max_file_bytes) ||
           size == offsetof(aimc_context_params, executor) ||
           size == offsetof(aimc_context_params, logger) ||
           size == offsetof(aimc_context_params, cpu_mask) + sizeof(uint32_t);
}

/* Copy what the caller has of the struct; the rest is zero. */
static aimc_status read_params(const aimc_context_params *caller, aimc_context_params *p)
{
    const aimc_context_params none = AIMC_CONTEXT_PARAMS_INIT;
    *p = none;
    if (caller == NULL)
        return AIMC_OK;
    if (!is_known_size(caller->struct_size))
        return aimci_fail(AIMC_ERR_ABI, "context_create: struct_size %u is not one of this ABI",
                          (unsigned)caller->struct_size);
    return aimci_struct_in("context_create", caller, p, sizeof *p);
}

static aimc_status check_params(const aimc_context_params *p)
{
    if ((p->flags & ~(AIMC_FLAG_DETERMINISTIC | AIMC_FLAG_UNCOUNTED)) != 0)
        return aimci_fail(AIMC_ERR_INVALID, "context_create: unknown flags 0x%x",
                          (unsigned)(p->flags & ~(AIMC_FLAG_DETERMINISTIC | AIMC_FLAG_UNCOUNTED)));
    if (p->n_threads > MAX_THREADS)
        return aimci_fail(AIMC_ERR_INVALID, "context_create: %u threads, at most %d",
                          (unsigned)p->n_threads, MAX_THREADS);
    if ((p->allocator.alloc == NULL) != (p->allocator.free == NULL))
        return aimci_fail(AIMC_ERR_INVALID, "context_create: allocator without %s",
                          p->allocator.alloc == NULL ? "alloc" : "free");
    return AIMC_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

static aimc_status start_threads(aimc_context *ctx, const aimc_executor *host)
{
    if (ctx->n_slots == 1)
        return AIMC_OK;
    ctx->executor = *host;
    if (host->run != NULL)
        return AIMC_OK;
    const aimc_status st = aimci_pool_create(&ctx->allocator, ctx->n_slots, &ctx->pool);
    ctx->executor.user = ctx->pool;
    ctx->executor.run = aimci_pool_run;
    return st;
}

static void log_creation(const aimc_context *ctx, uint32_t cpu_mask)
{
    char text[LOG_SIZE];
    const uint32_t lacking = aimci_cpu_lacking(cpu_mask);
    aimc_context_describe(ctx, text, sizeof text);
    aimci_log(ctx, AIMC_LOG_INFO, "%s", text);
    if (lacking != 0)
        aimci_log(ctx, AIMC_LOG_WARNING,
                  "context_create: instruction set %s was asked for, which this machine or build "
                  "lacks; %s is used",
                  aimci_cpu_name(lacking), aimci_cpu_name(ctx->cpu));
}

static aimc_status create(const aimc_context_params *p, uint32_t cpu, aimc_context **out)
{
    static const aimc_allocator standard = {NULL, default_alloc, default_free};
    const aimc_allocator *const allocator = p->allocator.alloc == NULL ? &standard : &p->allocator;
    aimc_context *const ctx = alloc_zeroed(allocator, sizeof *ctx);
    if (ctx == NULL)
        return aimci_fail(AIMC_ERR_NOMEM, "context_create: out of memory");
    ctx->allocator = *allocator;
    ctx->logger = p->logger;
    ctx->seed = p->seed;
    ctx->flags = p->flags;
    ctx->max_file_bytes = p->max_file_bytes;
    ctx->n_slots = p->n_threads == 0 ? 1 : p->n_threads;
    ctx->cpu = cpu;
    atomic_init(&ctx->n_refs, 1);
    atomic_init(&ctx->next_object, 0);
    const aimc_status st = start_threads(ctx, &p->executor);
    if (st != AIMC_OK) {
        aimci_context_unref(ctx);
        return aimci_fail_within(st, "context_create: ");
    }
    log_creation(ctx, p->cpu_mask);
    *out = ctx;
    return AIMC_OK;
}

aimc_status aimc_context_create(const aimc_context_params *params, aimc_context **out)
{
    if (out == NULL)
        return aimci_fail(AIMC_ERR_INVALID, "context_create: out is NULL");
    *out = NULL;
    aimc_context_params p;
    aimc_status st = read_params(params, &p);
    if (st == AIMC_OK)
        st = check_params(&p);
    if (st != AIMC_OK)
        return st;
    uint32_t cpu = 0;
    st = aimci_cpu_select(p.cpu_mask, &cpu);
    if (st != AIMC_OK)
        return aimci_fail_within(st, "context_create: ");
    return create(&p, cpu, out);
}

void aimc_context_destroy(aimc_context *ctx)
{
    aimci_context_unref(ctx);
}

aimc_context *aimci_context_ref(aimc_context *ctx)
{
    atomic_fetch_add_explicit(&ctx->n_refs, 1, memory_order_relaxed);
    return ctx;
}

void aimci_context_unref(aimc_context *ctx)
{
    /* acq_rel: what other threads did with the context happens before its end */
    if (ctx == NULL || atomic_fetch_sub_explicit(&ctx->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    aimci_pool_destroy(ctx->pool);
    const aimc_allocator allocator = ctx->allocator;
    allocator.free(allocator.user, ctx);
}

/* ---- questions ------------------------------------------------------------------------------ */

uint32_t aimc_context_get_threads(const aimc_context *ctx)
{
    return ctx == NULL ? 0 : ctx->n_slots;
}

uint32_t aimc_context_get_cpu(const aimc_context *ctx)
{
    return ctx == NULL ? 0 : ctx->cpu;
}

size_t aimc_context_describe(const aimc_context *ctx, char *buf, size_t size)
{
    aimci_text text = {.buf = buf, .size = buf == NULL ? 0 : size};
    if (text.size > 0)
        buf[0] = '\0';
    if (ctx == NULL)
        return 0;
    aimci_text_printf(&text, "libaimc %s, %s, %s, %u thread%s, seed %" PRIu64, aimc_get_version(),
                      aimci_cpu_name(ctx->cpu), AIMCI_BLAS_NAME, (unsigned)ctx->n_slots,
                      ctx->n_slots == 1 ? "" : "s", ctx->seed);
    if ((ctx->flags & AIMC_FLAG_DETERMINISTIC) != 0)
        aimci_text_printf(&text, ", deterministic");
    return text.length;
}

uint64_t aimci_context_seed(const aimc_context *ctx)
{
    return ctx->seed;
}

uint32_t aimci_context_flags(const aimc_context *ctx)
{
    return ctx->flags;
}

uint64_t aimci_context_max_file(const aimc_context *ctx)
{
    return ctx->max_file_bytes > 0 ? ctx->max_file_bytes : UINT64_MAX;
}

uint64_t aimci_context_next_object(aimc_context *ctx)
{
    return atomic_fetch_add_explicit(&ctx->next_object, 1, memory_order_relaxed);
}

void aimci_context_return_object(aimc_context *ctx, uint64_t number)
{
    uint64_t next = number + 1;
    (void)atomic_compare_exchange_strong(&ctx->next_object, &next, number);
}

bool aimci_logs(const aimc_context *ctx)
{
    return ctx->logger.log != NULL;
}

AIMCI_PRINTF(3, 0)
static void log_text(const aimc_context *ctx, aimc_log_level level, const char *format,
                     va_list args)
{
    char text[LOG_SIZE] = "";
    if (!aimci_logs(ctx))
        return;
    aimci_format(text, sizeof text, format, args);
    ctx->logger.log(ctx->logger.user, level, text);
}

void aimci_log(const aimc_context *ctx, aimc_log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_text(ctx, level, format, args);
    va_end(args);
}

void aimci_warn(const aimc_context *ctx, aimci_warning *warning, uint64_t n, const char *format,
                ...)
{
    va_list args;
    va_start(args, format);
    if (warning->n == 0 && n > 0)
        log_text(ctx, AIMC_LOG_WARNING, format, args);
    warning->n += n;
    va_end(args);
}

/* ---- parallel work -------------------------------------------------------------------------- */

typedef struct {
    aimci_chunk_fn fn;
    void *arg;
    size_t n_chunks;
    atomic_size_t next;
} parallel_job;

/* The threads of a context have work already while one of them is inside a chunk. */
static _Thread_local bool inside_chunk;

static void parallel_task(void *arg, size_t slot)
{
    parallel_job *const job = arg;
    const bool was_inside = inside_chunk;
    inside_chunk = true;
    size_t chunk = 0;
    while ((chunk = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed)) < job->n_chunks)
        job->fn(job->arg, slot, chunk);
    inside_chunk = was_inside;
}

size_t aimci_context_slots(const aimc_context *ctx)
{
    return ctx->n_slots;
}

void aimci_parallel(aimc_context *ctx, size_t n_chunks, aimci_chunk_fn fn, void *arg)
{
    /* A lone chunk leaves the threads free, so what it calls may still use them. */
    if (ctx->n_slots == 1 || n_chunks < 2 || inside_chunk) {
        for (size_t chunk = 0; chunk < n_chunks; chunk++)
            fn(arg, 0, chunk);
        return;
    }
    parallel_job job = {.fn = fn, .arg = arg, .n_chunks = n_chunks};
    atomic_init(&job.next, 0);
    ctx->executor.run(ctx->executor.user, aimci_min_size(ctx->n_slots, n_chunks), parallel_task,
                      &job);
}
