/* SPDX-License-Identifier: MIT */
/* Files that are well formed and lie: each case was found by a fuzz target (tests/fuzz). */

#include "fail_alloc.h"
#include "portable.h"
#include "test_util.h"

enum { N_OUT = 3, N_IN = 4 };
static const float x[N_IN] = {0.5f, -1, 0.25f, 0}, d[N_OUT] = {0.1f, -0.2f, 0};

static aimct_heap heap = AIMCT_HEAP_INIT;
static aimc_context *ctx;
static uint8_t bytes[1 << 16];
static size_t size;

static void set_up(void)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.allocator = aimct_allocator(&heap);
    OK(aimc_context_create(&params, &ctx));
}

static void tear_down(void)
{
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}

/* ---- files, and lies in them ---------------------------------------------------------------- */

static void save_tile(const char *algorithm, bool program)
{
    aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    OK(aimc_tile_create(device, N_OUT, N_IN, NULL, &tile));
    if (algorithm)
        OK(aimc_optimizer_create(tile, algorithm, NULL, &optimizer));
    if (program)
        OK(aimc_tile_program(tile, NULL, NULL));
    OK(aimc_tile_save_bytes(tile, bytes, sizeof bytes, &size));
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}

/* The bytes of a tensor's element. */
static uint8_t *element(const char *tensor, size_t k, size_t item)
{
    char quoted[96];
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    snprintf(quoted, sizeof quoted, "\"%s\":", tensor);
    const char *at = strstr((const char *)bytes + 8, quoted);
    ck_assert_msg(at != NULL, "%s is not there", tensor);
    const char *offsets = strstr(at, "\"data_offsets\":[");
    ck_assert_ptr_nonnull(offsets);
    return bytes + 8 + header + strtoul(offsets + 16, NULL, 10) + k * item;
}

static void put_i64(const char *tensor, size_t k, int64_t v)
{
    memcpy(element(tensor, k, sizeof v), &v, sizeof v);
}

static void put_i32(const char *tensor, size_t k, int32_t v)
{
    memcpy(element(tensor, k, sizeof v), &v, sizeof v);
}

static void put_f64(const char *tensor, size_t k, double v)
{
    memcpy(element(tensor, k, sizeof v), &v, sizeof v);
}

/* Another text in the header. */
static void put_text(const char *from, const char *to)
{
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    char *at = strstr((char *)bytes + 8, from);
    ck_assert_msg(at != NULL, "%s is not there", from);
    char *rest = at + strlen(from);
    const size_t n_rest = (size_t)((char *)bytes + size - rest);
    ck_assert_uint_le(size + strlen(to), sizeof bytes);
    memmove(at + strlen(to), rest, n_rest);
    memcpy(at, to, strlen(to));
    header += strlen(to) - strlen(from);
    size += strlen(to) - strlen(from);
    memcpy(bytes, &header, sizeof header);
}

/* Loads the tile, and binds the algorithm whose state it holds. */
static aimc_status train(const char *algorithm)
{
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    OK(aimc_tile_load_bytes(ctx, bytes, size, &tile));
    aimc_status st = aimc_optimizer_create(tile, algorithm, NULL, &optimizer);
    if (!st)
        st = aimc_optimizer_step(optimizer, 1, x, N_IN, d, N_OUT, 0.1);
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    return st;
}

/* ---- the state of an algorithm -------------------------------------------------------------- */

static const char *const transfers[] = {"tiki_taka", "ttv2", "c_ttv2", "agad"};

/* progress[4] and so on: which slice is transferred next. It was an index as it stood. */
START_TEST(slices_are_found_within_the_tile)
{
    save_tile(transfers[_i], false);
    put_i64("optimizer.progress", 4, (int64_t)1 << 40);
    OK(train(transfers[_i]));
}
END_TEST

START_TEST(counts_are_not_negative)
{
    static const int64_t bad[] = {-1, INT64_MIN, INT64_MAX};
    for (size_t k = 0; k < 3; k++) {
        save_tile(transfers[_i], false);
        put_i64("optimizer.progress", 0, bad[k]);
        FAILS(AIMC_ERR_FORMAT, "progress': value 0 is", train(transfers[_i]));
    }
}
END_TEST

START_TEST(choppers_are_flags)
{
    save_tile("c_ttv2", false);
    put_i32("optimizer.chop_in", 1, 1000000);
    FAILS(AIMC_ERR_FORMAT, "chop_in': value 1 is 1000000", train("c_ttv2"));
}
END_TEST

START_TEST(mixed_precision_counts_its_batches)
{
    save_tile("mixed_precision", false);
    put_i64("optimizer.progress", 0, INT64_MAX);
    FAILS(AIMC_ERR_FORMAT, "progress': value 0 is", train("mixed_precision"));
}
END_TEST

/* ---- programmed tiles ----------------------------------------------------------------------- */

START_TEST(scalars_that_count_are_counts)
{
    static const double bad[] = {-1, 1e300, (double)NAN};
    aimc_tile *tile = NULL;
    for (size_t k = 0; k < 3; k++) {
        save_tile(NULL, true);
        put_f64("program.scalars", 3 + k, bad[k]);
        FAILS(AIMC_ERR_FORMAT, isnan(bad[k]) ? "not finite" : "not a count",
              aimc_tile_load_bytes(ctx, bytes, size, &tile));
        ck_assert_ptr_null(tile);
    }
}
END_TEST

/* ---- networks ------------------------------------------------------------------------------- */

static void save_network(const char *path, size_t n_in)
{
    aimc_network *net = NULL;
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "layer", &config));
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, N_OUT, n_in, config));
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    aimc_config_destroy(config);
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
}

static aimc_status load_network(const char *path, aimc_network **net)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    fclose(f);
    aimct_heap_fail_at(&heap, 0);
    heap.peak_bytes = heap.live_bytes;
    return aimc_network_load(ctx, path, net);
}

/* A table of all tiles was made before a look at the file: 8 TB for a million a side. */
START_TEST(matrices_are_no_larger_than_their_file)
{
    char path[] = "/tmp/t_bad_files-XXXXXX";
    aimc_network *net = NULL;
    close(mkstemp(path));
    save_network(path, 10);
    put_text("\"linear.matrix.shape\":\"3 10\"", "\"linear.matrix.shape\":\"1000000 1000000\"");
    for (int k = 0; k < 2; k++) { /* in the document, and with the matrix */
        put_text("max_input_size\\\": 512", "max_input_size\\\": 1");
        put_text("max_output_size\\\": 512", "max_output_size\\\": 1");
    }
    FAILS(AIMC_ERR_FORMAT, "linear.matrix.scales", load_network(path, &net));
    ck_assert_ptr_null(net);
    ck_assert_uint_lt(heap.peak_bytes, 1 << 20);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bad_files");
    TCase *t = aimct_case(s, "files that lie");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, slices_are_found_within_the_tile, 0, 4);
    tcase_add_loop_test(t, counts_are_not_negative, 0, 4);
    tcase_add_test(t, choppers_are_flags);
    tcase_add_test(t, mixed_precision_counts_its_batches);
    tcase_add_test(t, scalars_that_count_are_counts);
    tcase_add_test(t, matrices_are_no_larger_than_their_file);
    return aimct_main(s);
}
