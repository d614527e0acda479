/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "core/core.h"
#include "core/cpu.h"
#include "fail_alloc.h"

static aimc_context *make_context(const aimc_context_params *params)
{
    aimc_context *ctx = NULL;
    ck_assert_msg(aimc_context_create(params, &ctx) == AIMC_OK, "%s", aimc_get_last_error());
    return ctx;
}

/* A creation that must fail; the sentence must contain a word. */
static void refuse(const aimc_context_params *params, aimc_status status, const char *word)
{
    int mark = 0;
    aimc_context *ctx = (aimc_context *)(void *)&mark;
    ck_assert_int_eq(aimc_context_create(params, &ctx), status);
    ck_assert_ptr_null(ctx);
    ck_assert_msg(strstr(aimc_get_last_error(), word) != NULL, "%s", aimc_get_last_error());
}

/* ---- parameters ----------------------------------------------------------------------------- */

START_TEST(defaults)
{
    unsetenv("AIMC_CPU");
    aimc_context *const ctx = make_context(NULL);
    ck_assert_uint_eq(aimc_context_get_threads(ctx), 1);
    ck_assert_uint_eq(aimci_context_slots(ctx), 1);
    ck_assert_uint_eq(aimci_context_seed(ctx), 0);
    ck_assert_uint_eq(aimci_context_flags(ctx), 0);
    ck_assert_uint_eq(aimc_context_get_cpu(ctx), aimci_cpu_detect() & ~(uint32_t)AIMC_CPU_AVX512);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(null_is_harmless)
{
    aimc_context_destroy(NULL);
    ck_assert_uint_eq(aimc_context_get_threads(NULL), 0);
    ck_assert_uint_eq(aimc_context_get_cpu(NULL), 0);
    char buf[4] = "abc";
    ck_assert_uint_eq(aimc_context_describe(NULL, buf, sizeof buf), 0);
    ck_assert_str_eq(buf, "");
    aimc_context_params_init(NULL, 100);
    ck_assert_int_eq(aimc_context_create(NULL, NULL), AIMC_ERR_INVALID);
}
END_TEST

START_TEST(params_are_initialised)
{
    aimc_context_params p;
    memset(&p, 0x55, sizeof p);
    aimc_context_params_init(&p, sizeof p);
    ck_assert_uint_eq(p.struct_size, sizeof p);
    ck_assert_uint_eq(p.seed, 0);
    ck_assert_ptr_null(p.executor.user);
    const aimc_context_params q = AIMC_CONTEXT_PARAMS_INIT;
    ck_assert_int_eq(memcmp(&p, &q, sizeof p), 0);
}
END_TEST

START_TEST(bad_params_are_refused)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    const aimc_context_params good = AIMC_CONTEXT_PARAMS_INIT;
    aimc_context_params p = good;
    p.flags = 0x80;
    refuse(&p, AIMC_ERR_INVALID, "0x80");
    p = good;
    p.n_threads = 1025;
    refuse(&p, AIMC_ERR_INVALID, "1025");
    p = good;
    p.cpu_mask = AIMC_CPU_C | 1u << 9;
    refuse(&p, AIMC_ERR_INVALID, "0x200");
    p = good;
    p.allocator = aimct_allocator(&heap);
    p.allocator.free = NULL;
    refuse(&p, AIMC_ERR_INVALID, "without free");
    p.allocator = aimct_allocator(&heap);
    p.allocator.alloc = NULL;
    refuse(&p, AIMC_ERR_INVALID, "without alloc");
}
END_TEST

START_TEST(longer_structs_need_zeros)
{
    struct {
        aimc_context_params known;
        unsigned char later[24];
    } p;
    memset(&p, 0, sizeof p);
    p.known.struct_size = sizeof p;
    p.known.seed = 5;
    aimc_context *const ctx = make_context(&p.known);
    ck_assert_uint_eq(aimci_context_seed(ctx), 5);
    aimc_context_destroy(ctx);
    for (size_t i = 0; i < sizeof p.later; i++) {
        p.later[i] = 1;
        refuse(&p.known, AIMC_ERR_ABI, "unknown");
        p.later[i] = 0;
    }
}
END_TEST

START_TEST(shorter_structs_leave_defaults)
{
    static const size_t known[] = {
        offsetof(aimc_context_params, allocator),
        offsetof(aimc_context_params, logger),
        offsetof(aimc_context_params, executor),
        offsetof(aimc_context_params, max_file_bytes),
        sizeof(aimc_context_params),
    };
    aimc_context_params p;
    memset(&p, 0x55, sizeof p); /* what lies beyond the caller's struct is not looked at */
    p.flags = 0;
    p.seed = 9;
    p.n_threads = 2;
    p.cpu_mask = 0;
    for (uint32_t size = 0; size < sizeof p; size++) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            is_known |= size == known[i];
        p.struct_size = size;
        if (!is_known) {
            refuse(&p, AIMC_ERR_ABI, "struct_size");
        } else if (size == known[0]) {
            aimc_context *const ctx = make_context(&p);
            ck_assert_uint_eq(aimci_context_seed(ctx), 9);
            ck_assert_uint_eq(aimc_context_get_threads(ctx), 2);
            aimc_context_destroy(ctx);
        }
    }
}
END_TEST

/* ---- instruction sets ----------------------------------------------------------------------- */

START_TEST(the_mask_lowers)
{
    unsetenv("AIMC_CPU");
    const uint32_t detected = aimci_cpu_detect();
    uint32_t cpu = 0;
    ck_assert_int_eq(aimci_cpu_select(AIMC_CPU_C, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C);
    ck_assert_int_eq(aimci_cpu_select(AIMC_CPU_AVX2 | AIMC_CPU_NEON, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C | (detected & (AIMC_CPU_AVX2 | AIMC_CPU_NEON)));
    ck_assert_int_eq(aimci_cpu_select(AIMC_CPU_AVX512, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C | (detected & AIMC_CPU_AVX512));
    ck_assert_int_eq(aimci_cpu_select(0, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu & AIMC_CPU_AVX512, 0);
}
END_TEST

START_TEST(the_environment_lowers)
{
    const uint32_t detected = aimci_cpu_detect();
    uint32_t cpu = 0;
    setenv("AIMC_CPU", "c", 1);
    ck_assert_int_eq(aimci_cpu_select(0, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C);
    setenv("AIMC_CPU", "avx2,neon", 1);
    ck_assert_int_eq(aimci_cpu_select(0, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C | (detected & (AIMC_CPU_AVX2 | AIMC_CPU_NEON)));
    ck_assert_int_eq(aimci_cpu_select(AIMC_CPU_C, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C);
    setenv("AIMC_CPU", "c,avx512", 1); /* named, so allowed */
    ck_assert_int_eq(aimci_cpu_select(0, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, AIMC_CPU_C | (detected & AIMC_CPU_AVX512));
    setenv("AIMC_CPU", "", 1);
    ck_assert_int_eq(aimci_cpu_select(0, &cpu), AIMC_OK);
    ck_assert_uint_eq(cpu, detected & ~(uint32_t)AIMC_CPU_AVX512);
    unsetenv("AIMC_CPU");
}
END_TEST

START_TEST(unknown_names_are_refused)
{
    static const char *const bad[] = {"sse", "avx", "avx2,", ",avx2", "avx2,,c", "AVX2", "avx22"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setenv("AIMC_CPU", bad[i], 1);
        refuse(NULL, AIMC_ERR_INVALID, "AIMC_CPU");
    }
    unsetenv("AIMC_CPU");
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

START_TEST(memory_is_zeroed_and_aligned)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.allocator = aimct_allocator(&heap);
    aimc_context *const ctx = make_context(&p);
    for (size_t n = 0; n < 200; n++) {
        unsigned char *const bytes = aimci_calloc(ctx, n, 1);
        ck_assert_ptr_nonnull(bytes);
        ck_assert_uint_eq((uintptr_t)bytes % 64, 0);
        for (size_t i = 0; i < n; i++)
            ck_assert_uint_eq(bytes[i], 0);
        aimci_free(ctx, bytes);
    }
    ck_assert_ptr_null(aimci_calloc(ctx, SIZE_MAX, 2));
    ck_assert_ptr_null(aimci_calloc(ctx, SIZE_MAX, 1));
    ck_assert_ptr_null(aimci_calloc(ctx, SIZE_MAX - 63, 1));
    aimci_free(ctx, NULL);
    char *const copy = aimci_strdup(ctx, "text");
    ck_assert_str_eq(copy, "text");
    aimci_free(ctx, copy);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

START_TEST(the_standard_allocator_refuses_too_much)
{
    aimc_context *const ctx = make_context(NULL);
    ck_assert_ptr_null(aimci_calloc(ctx, SIZE_MAX - 200, 1));
    void *const some = aimci_calloc(ctx, 3, 7);
    ck_assert_ptr_nonnull(some);
    aimci_free(ctx, some);
    aimc_context_destroy(ctx);
}
END_TEST

START_TEST(creation_survives_any_failing_allocation)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.allocator = aimct_allocator(&heap);
    p.n_threads = 3;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_context *ctx = NULL;
        const aimc_status st = aimc_context_create(&p, &ctx);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        ck_assert_int_eq(ctx == NULL, heap.failed);
        aimc_context_destroy(ctx);
        ck_assert_uint_eq(heap.live_blocks, 0);
    } while (heap.failed);
    ck_assert_uint_eq(n, 3); /* the context and the pool */
}
END_TEST

START_TEST(references_keep_it_alive)
{
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.allocator = aimct_allocator(&heap);
    aimc_context *const ctx = make_context(&p);
    ck_assert_ptr_eq(aimci_context_ref(ctx), ctx);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 1);
    ck_assert_uint_eq(aimc_context_get_threads(ctx), 1);
    aimci_context_unref(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}
END_TEST

/* ---- description and log -------------------------------------------------------------------- */

START_TEST(it_describes_itself)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.seed = UINT64_MAX;
    p.n_threads = 2;
    p.cpu_mask = AIMC_CPU_C;
    aimc_context *const ctx = make_context(&p);
    char buf[200];
    const size_t length = aimc_context_describe(ctx, buf, sizeof buf);
    ck_assert_uint_eq(length, strlen(buf));
    ck_assert_int_eq(strncmp(buf, "libaimc 0.1.0, c, ", 18), 0);
    ck_assert_ptr_nonnull(strstr(buf, ", 2 threads, seed 18446744073709551615"));
    char small[8] = "#######";
    ck_assert_uint_eq(aimc_context_describe(ctx, small, sizeof small), length);
    ck_assert_str_eq(small, "libaimc");
    ck_assert_uint_eq(aimc_context_describe(ctx, NULL, 0), length);
    aimc_context_destroy(ctx);
}
END_TEST

typedef struct {
    unsigned lines;
    aimc_log_level level;
    char text[600];
} log_book;

static void keep_line(void *user, aimc_log_level level, const char *text)
{
    log_book *const book = user;
    book->lines++;
    book->level = level;
    snprintf(book->text, sizeof book->text, "%s", text);
}

START_TEST(lines_reach_the_logger)
{
    log_book book = {.lines = 0};
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.logger.user = &book;
    p.logger.log = keep_line;
    aimc_context *const ctx = make_context(&p);
    ck_assert_uint_eq(book.lines, 1);
    ck_assert_int_eq(book.level, AIMC_LOG_INFO);
    ck_assert_int_eq(strncmp(book.text, "libaimc ", 8), 0);
    aimci_log(ctx, AIMC_LOG_WARNING, "%d of %s", 3, "them");
    ck_assert_int_eq(book.level, AIMC_LOG_WARNING);
    ck_assert_str_eq(book.text, "3 of them");
    aimc_context_destroy(ctx);
    aimc_context *const silent = make_context(NULL);
    aimci_log(silent, AIMC_LOG_ERROR, "nobody hears this");
    aimc_context_destroy(silent);
}
END_TEST

/* ---- objects -------------------------------------------------------------------------------- */

static void *draw_numbers(void *arg)
{
    aimc_context *const ctx = arg;
    for (int i = 0; i < 1000; i++)
        aimci_context_next_object(ctx);
    return NULL;
}

START_TEST(objects_are_numbered)
{
    aimc_context *const ctx = make_context(NULL);
    ck_assert_uint_eq(aimci_context_next_object(ctx), 0);
    ck_assert_uint_eq(aimci_context_next_object(ctx), 1);
    pthread_t other;
    ck_assert_int_eq(pthread_create(&other, NULL, draw_numbers, ctx), 0);
    draw_numbers(ctx);
    pthread_join(other, NULL);
    ck_assert_uint_eq(aimci_context_next_object(ctx), 2002);
    aimc_context_destroy(ctx);
}
END_TEST

/* ---- parallel work -------------------------------------------------------------------------- */

#define MAX_CHUNKS 200

typedef struct {
    aimc_context *ctx;
    size_t n_slots;
    atomic_uint runs[MAX_CHUNKS];
    atomic_int busy[16]; /* threads inside of a slot */
    atomic_int wrong;
    atomic_int inner;
} work;

static void do_chunk(void *arg, size_t slot, size_t chunk)
{
    work *const w = arg;
    if (slot >= w->n_slots || atomic_fetch_add(&w->busy[slot], 1) != 0)
        atomic_fetch_add(&w->wrong, 1);
    atomic_fetch_add(&w->runs[chunk], 1);
    atomic_fetch_sub(&w->busy[slot], 1);
}

static void check_chunks(work *w, aimc_context *ctx, size_t n_slots)
{
    for (size_t n = 0; n <= MAX_CHUNKS; n += 1 + n / 5) {
        memset(w, 0, sizeof *w);
        w->n_slots = n_slots;
        aimci_parallel(ctx, n, do_chunk, w);
        ck_assert_int_eq(atomic_load(&w->wrong), 0);
        for (size_t i = 0; i < MAX_CHUNKS; i++)
            ck_assert_uint_eq(atomic_load(&w->runs[i]), i < n ? 1 : 0);
    }
}

START_TEST(every_chunk_runs_once)
{
    static work w;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.n_threads = (uint32_t)_i;
    aimc_context *const ctx = make_context(&p);
    check_chunks(&w, ctx, (size_t)_i);
    aimc_context_destroy(ctx);
}
END_TEST

static void inner_chunk(void *arg, size_t slot, size_t chunk)
{
    work *const w = arg;
    (void)chunk;
    if (slot != 0)
        atomic_fetch_add(&w->wrong, 1);
    atomic_fetch_add(&w->inner, 1);
}

static void outer_chunk(void *arg, size_t slot, size_t chunk)
{
    work *const w = arg;
    (void)slot;
    (void)chunk;
    aimci_parallel(w->ctx, 5, inner_chunk, w);
}

START_TEST(calls_inside_a_chunk_run_inline)
{
    static work w;
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.n_threads = 4;
    w.ctx = make_context(&p);
    for (int k = 0; k < 200; k++)
        aimci_parallel(w.ctx, 8, outer_chunk, &w); /* of 5 chunks each */
    ck_assert_int_eq(atomic_load(&w.wrong), 0);
    ck_assert_int_eq(atomic_load(&w.inner), 8000);
    static work after; /* the mark of being inside is gone again */
    check_chunks(&after, w.ctx, 4);
    aimc_context_destroy(w.ctx);
}
END_TEST

typedef struct {
    unsigned calls;
    size_t widest;
} host;

/* Backwards, on one thread: an executor may do as it likes. */
static void host_run(void *user, size_t n, void (*fn)(void *arg, size_t i), void *arg)
{
    host *const h = user;
    h->calls++;
    if (n > h->widest)
        h->widest = n;
    while (n > 0)
        fn(arg, --n);
}

START_TEST(the_host_may_bring_threads)
{
    static work w;
    host h = {0, 0};
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.executor.user = &h;
    p.executor.run = host_run;
    p.n_threads = 6;
    aimc_context *ctx = make_context(&p);
    ck_assert_uint_eq(aimc_context_get_threads(ctx), 6);
    check_chunks(&w, ctx, 6);
    ck_assert_uint_gt(h.calls, 0);
    ck_assert_uint_eq(h.widest, 6);
    aimc_context_destroy(ctx);

    h.calls = 0;
    p.n_threads = 0; /* one slot: nothing to hand out */
    ctx = make_context(&p);
    ck_assert_uint_eq(aimc_context_get_threads(ctx), 1);
    check_chunks(&w, ctx, 1);
    ck_assert_uint_eq(h.calls, 0);
    aimc_context_destroy(ctx);
}
END_TEST

static void add_parameter_tests(Suite *s)
{
    TCase *const t = aimct_case(s, "parameters");
    tcase_add_test(t, defaults);
    tcase_add_test(t, null_is_harmless);
    tcase_add_test(t, params_are_initialised);
    tcase_add_test(t, bad_params_are_refused);
    tcase_add_test(t, longer_structs_need_zeros);
    tcase_add_test(t, shorter_structs_leave_defaults);
    tcase_add_test(t, the_mask_lowers);
    tcase_add_test(t, the_environment_lowers);
    tcase_add_test(t, unknown_names_are_refused);
}

static void add_object_tests(Suite *s)
{
    TCase *const t = aimct_case(s, "objects");
    tcase_add_test(t, memory_is_zeroed_and_aligned);
    tcase_add_test(t, the_standard_allocator_refuses_too_much);
    tcase_add_test(t, creation_survives_any_failing_allocation);
    tcase_add_test(t, references_keep_it_alive);
    tcase_add_test(t, it_describes_itself);
    tcase_add_test(t, lines_reach_the_logger);
    tcase_add_test(t, objects_are_numbered);
}

int main(void)
{
    Suite *const s = suite_create("context");
    add_parameter_tests(s);
    add_object_tests(s);
    TCase *const t = aimct_case(s, "parallel");
    tcase_add_loop_test(t, every_chunk_runs_once, 1, 9);
    tcase_add_test(t, calls_inside_a_chunk_run_inline);
    tcase_add_test(t, the_host_may_bring_threads);
    return aimct_main(s);
}
