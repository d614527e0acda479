/* SPDX-License-Identifier: MIT */
/* Networks that stay in their file: a stack of linear layers runs in much less memory than its
 * weights take, also where it is larger than what the context may allocate. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>

#include <psapi.h>
#else
#include <sys/resource.h>
#endif

#include "heap_test.h"
#include "portable.h"

enum { LAYERS = 64, WIDTH = 640, N = 3 };
static const size_t file_bytes = (size_t)LAYERS * WIDTH * WIDTH * sizeof(float);

/* Layer k turns its inputs by k + 1 places and halves them, so that outputs are known exactly. */
static void write_layer(FILE *file, size_t k)
{
    static float row[WIDTH];
    for (size_t i = 0; i < WIDTH; i++) {
        const size_t from = (i + k + 1) % WIDTH;
        row[from] = 0.5f;
        ck_assert_uint_eq(fwrite(row, sizeof *row, WIDTH, file), WIDTH);
        row[from] = 0;
    }
}

/* Tensors "fc0.weight" ... one after another, as the package safetensors writes them; never all in
 * memory. */
static void write_stack(const char *path)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    static char header[LAYERS * 128];
    size_t n = (size_t)snprintf(header, sizeof header, "{");
    const size_t bytes = (size_t)WIDTH * WIDTH * sizeof(float);
    for (size_t k = 0; k < LAYERS; k++)
        n += (size_t)snprintf(header + n, sizeof header - n,
                              "%s\"fc%zu.weight\": {\"dtype\": \"F32\", \"shape\": [%d, %d], "
                              "\"data_offsets\": [%zu, %zu]}",
                              k ? ", " : "", k, WIDTH, WIDTH, k * bytes, (k + 1) * bytes);
    n += (size_t)snprintf(header + n, sizeof header - n, "}");
    const uint64_t size = n;
    ck_assert_uint_eq(fwrite(&size, sizeof size, 1, file), 1);
    ck_assert_uint_eq(fwrite(header, 1, n, file), n);
    for (size_t k = 0; k < LAYERS; k++)
        write_layer(file, k);
    ck_assert_int_eq(fclose(file), 0);
}

static const char *stack_document(size_t width)
{
    static char json[LAYERS * 128];
    size_t n = (size_t)snprintf(json, sizeof json,
                                "{\"format\": \"aimc-network\", \"version\": 1, \"inputs\": "
                                "[{\"name\": \"x\", \"shape\": [%zu]}], \"nodes\": [",
                                width);
    for (size_t k = 0; k < LAYERS; k++) {
        char before[16] = "x";
        if (k)
            snprintf(before, sizeof before, "fc%zu", k - 1);
        n += (size_t)snprintf(json + n, sizeof json - n,
                              "%s{\"name\": \"fc%zu\", \"op\": \"linear\", \"inputs\": "
                              "[\"%s\"], \"config\": {\"out_features\": %d, \"bias\": false}}",
                              k ? ", " : "", k, before, WIDTH);
    }
    snprintf(json + n, sizeof json - n, "], \"outputs\": [\"fc%d\"]}", LAYERS - 1);
    return json;
}

static void fill_path(char *path, size_t size)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, size, "%s/aimc_stream_%ld.safetensors", folder ? folder : "/tmp",
             (long)getpid());
}

static void expect_turned(const float *x, const float *y)
{
    float factor = 1;
    size_t turn = 0;
    for (size_t k = 0; k < LAYERS; k++) {
        factor *= 0.5f;
        turn += k + 1;
    }
    for (size_t b = 0; b < N; b++)
        for (size_t i = 0; i < WIDTH; i++)
            ck_assert_msg(y[b * WIDTH + i] == factor * x[b * WIDTH + (i + turn) % WIDTH],
                          "sample %zu, output %zu", b, i);
}

#ifdef _WIN32
static size_t resident_bytes(void)
{
    PROCESS_MEMORY_COUNTERS used;
    ck_assert(K32GetProcessMemoryInfo(GetCurrentProcess(), &used, sizeof used));
    return used.PeakWorkingSetSize;
}
#else
static size_t resident_bytes(void)
{
    struct rusage used;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &used), 0);
    return (size_t)used.ru_maxrss * 1024;
}
#endif

START_TEST(a_stack_takes_the_memory_of_a_layer)
{
    static float x[N * WIDTH], y[N * WIDTH];
    char path[256];
    fill_path(path, sizeof path);
    write_stack(path);
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context *ctx = heap_context(&heap, 1);
    aimct_fill(x, N * WIDTH, 1);
    const size_t before = resident_bytes();
    aimc_network *net;
    OK(aimc_network_open(ctx, path, stack_document(WIDTH), &net));
    for (int again = 0; again < 2; again++) {
        OK(aimc_network_predict(net, N, x, y));
        expect_turned(x, y);
    }
    const size_t layer = file_bytes / LAYERS;
    ck_assert_msg(heap.peak_bytes < 4 * layer, "%zu bytes on the heap, of layers of %zu",
                  heap.peak_bytes, layer);
    const size_t taken = resident_bytes() - before;
    ck_assert_msg(SANITIZED || taken < file_bytes / 4, "%zu bytes of a file of %zu", taken,
                  file_bytes);
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_bytes, 0);
    remove(path);
}
END_TEST

START_TEST(what_needs_the_whole_is_refused)
{
    static float x[N * WIDTH], y[N * WIDTH];
    char path[256];
    fill_path(path, sizeof path);
    write_stack(path);
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net;
    OK(aimc_network_open(ctx, path, stack_document(WIDTH), &net));
    FAILS(AIMC_ERR_STATE, "layer by layer", aimc_network_forward(net, N, x, y));
    FAILS(AIMC_ERR_STATE, "layer by layer", aimc_network_save(net, "/dev/null"));
    FAILS(AIMC_ERR_STATE, "layer by layer", aimc_network_load_weights(net, path));
    FAILS(AIMC_ERR_STATE, "layer by layer", aimc_network_get_tensor(net, "fc0.weight", 1, y));
    aimc_network_destroy(net);
    FAILS(AIMC_ERR_FORMAT, "the file holds tensors alone",
          aimc_network_open(ctx, path, NULL, &net));
    ck_assert_ptr_null(net);
    FAILS(AIMC_ERR_FORMAT, "fc0.weight", aimc_network_open(ctx, path, stack_document(5), &net));
    FAILS(AIMC_ERR_IO, "nowhere", aimc_network_open(ctx, "/nowhere", NULL, &net));
    FAILS(AIMC_ERR_IO, "directory", aimc_network_open(ctx, "/tmp", NULL, &net));
    FAILS(AIMC_ERR_INVALID, "path is NULL", aimc_network_open(ctx, NULL, NULL, &net));
    ck_assert_int_eq(aimct_truncate(path, 100000), 0);
    FAILS(AIMC_ERR_FORMAT, "of 9", aimc_network_open(ctx, path, stack_document(WIDTH), &net));
    aimc_context_destroy(ctx);
    remove(path);
}
END_TEST

static void save_small(const char *path)
{
    aimc_context *ctx = aimct_context(1, 0, 3);
    aimc_network *net;
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, 6, 8, NULL));
    OK(aimc_network_add_activation(net, AIMC_TANH));
    OK(aimc_network_add_linear(net, 4, 6, NULL));
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    aimc_context_destroy(ctx);
}

/* Whatever cannot be allocated fails with a sentence, and leaves nothing behind. */
START_TEST(memory_may_end_anywhere)
{
    float x[N * 8], y[N * 4];
    char path[256];
    fill_path(path, sizeof path);
    save_small(path);
    aimct_fill(x, N * 8, 1);
    aimct_heap heap = AIMCT_HEAP_INIT;
    aimc_context *ctx = heap_context(&heap, 1);
    const size_t live = heap.live_blocks;
    size_t n = 0;
    do {
        aimct_heap_fail_at(&heap, ++n);
        aimc_network *net;
        aimc_status st = aimc_network_open(ctx, path, NULL, &net);
        if (!st)
            st = aimc_network_predict(net, N, x, y);
        ck_assert_int_eq(st, heap.failed ? AIMC_ERR_NOMEM : AIMC_OK);
        aimc_network_destroy(net);
        ck_assert_uint_eq(heap.live_blocks, live);
    } while (heap.failed);
    ck_assert_uint_gt(n, 30);
    aimc_context_destroy(ctx);
    remove(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("streaming");
    TCase *t = aimct_case(s, "streaming");
    tcase_add_test(t, a_stack_takes_the_memory_of_a_layer);
    tcase_add_test(t, what_needs_the_whole_is_refused);
    tcase_add_test(t, memory_may_end_anywhere);
    return aimct_main(s);
}
