/* SPDX-License-Identifier: MIT */
/* What loading and saving take: a file of another kind is refused by its first bytes, whatever its
 * size; a file's bytes are held neither while it is read nor after, nor while it is written; and no
 * file is larger than the context allows. */
#define _DEFAULT_SOURCE /* truncate() */
#include <fcntl.h>
#include <sys/stat.h>

#include <aimc/network_life.h>

#include "heap_test.h"
#include "portable.h"

enum { SIDE = 400, SMALL = 1 << 14 };
#define HUGE_BYTES (UINT64_C(3) << 30)

static aimct_heap heap = AIMCT_HEAP_INIT;
static aimc_context *ctx;
static char path[] = "/tmp/t_loading-XXXXXX";

static void set_up(void)
{
    heap.peak_bytes = 0; /* of the test before, where all run in one process */
    ctx = heap_context(&heap, 1);
    close(mkstemp(path));
}

static void tear_down(void)
{
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    aimc_context_destroy(ctx);
    ck_assert_uint_eq(heap.live_blocks, 0);
}

static size_t live(void)
{
    return heap.peak_bytes = heap.live_bytes;
}

static size_t file_size(void)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return (size_t)info.st_size;
}

static size_t header_size(void)
{
    uint64_t n = 0;
    FILE *const f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(&n, sizeof n, 1, f), 1);
    fclose(f);
    return n;
}

/* Bytes that this process has read so far, of files and pipes; 0 where the system does not tell. */
static unsigned long long bytes_read(void)
{
    unsigned long long n = 0;
    FILE *const f = fopen("/proc/self/io", "r");
    if (f == NULL || fscanf(f, "rchar: %llu", &n) != 1)
        n = 0;
    if (f != NULL)
        fclose(f);
    return n;
}

/* ---- every way to read a file --------------------------------------------------------------- */

static aimc_status load_tile(void)
{
    aimc_tile *tile = NULL;
    const aimc_status st = aimc_tile_load(ctx, path, &tile);
    aimc_tile_destroy(tile);
    return st;
}

static aimc_status load_matrix(void)
{
    aimc_matrix *matrix = NULL;
    const aimc_status st = aimc_matrix_load(ctx, path, &matrix);
    aimc_matrix_destroy(matrix);
    return st;
}

static aimc_status load_network(void)
{
    aimc_network *net = NULL;
    const aimc_status st = aimc_network_load(ctx, path, &net);
    aimc_network_destroy(net);
    return st;
}

static aimc_status open_network(void)
{
    aimc_network *net = NULL;
    const aimc_status st = aimc_network_open(ctx, path, NULL, &net);
    aimc_network_destroy(net);
    return st;
}

static aimc_status load_weights(void)
{
    aimc_network *net = NULL;
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, 2, 3, NULL));
    const aimc_status st = aimc_network_load_weights(net, path);
    aimc_network_destroy(net);
    return st;
}

static aimc_status read_table(void)
{
    aimc_table *table = NULL;
    const aimc_status st = aimc_table_read(ctx, path, NULL, &table);
    aimc_table_destroy(table);
    return st;
}

static aimc_status load_config(void)
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "tile", &config));
    const aimc_status st = aimc_config_load(config, path);
    aimc_config_destroy(config);
    return st;
}

static const struct {
    const char *name;
    aimc_status (*read)(void);
} readers[] = {{"tile", load_tile},           {"matrix", load_matrix},
               {"network", load_network},     {"network that stays", open_network},
               {"weights", load_weights},     {"table", read_table},
               {"configuration", load_config}};
enum { N_READERS = sizeof readers / sizeof readers[0] };

/* ---- files of another kind ------------------------------------------------------------------ */

static void write_sparse(const void *first, size_t n, uint64_t size)
{
    FILE *const f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(first, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(aimct_truncate(path, size), 0);
}

static void expect_refused(int reader, aimc_status (*read)(void), size_t most)
{
    const size_t before = live();
    const unsigned long long read_before = bytes_read();
    const aimc_status st = read();
    ck_assert_msg(st == AIMC_ERR_FORMAT, "%s: %s", readers[reader].name, aimc_get_last_error());
    ck_assert_ptr_nonnull(strstr(aimc_get_last_error(), path));
    ck_assert_msg(heap.peak_bytes - before < most, "%s: %zu bytes of memory", readers[reader].name,
                  heap.peak_bytes - before);
    ck_assert_msg(bytes_read() - read_before < most, "%s: %llu bytes read", readers[reader].name,
                  bytes_read() - read_before);
}

START_TEST(another_kind_is_refused_by_its_first_bytes)
{
    static const char *const begins[] = {"", "PK\3\4", "\x89HDF\r\n", "a,b\n"}; /* zeros follow */
    for (size_t k = 0; k < 4; k++) {
        write_sparse(begins[k], strlen(begins[k]), HUGE_BYTES);
        expect_refused(_i, readers[_i].read, 1 << 17);
        /* within what a table or a configuration may have */
        ck_assert_int_eq(
            aimct_truncate(path, readers[_i].read == load_config ? 15 << 20 : 1000 << 20), 0);
        expect_refused(_i, readers[_i].read, 1 << 17);
    }
}
END_TEST

/* A header that is announced must be there, and is read alone. */
START_TEST(a_lying_header_costs_no_more_than_itself)
{
    char first[16] = "\0\0\0\0\0\0\0\0{";
    for (unsigned k = 8; k <= 24; k += 8) {
        const uint64_t size = UINT64_C(1) << k;
        memcpy(first, &size, sizeof size);
        write_sparse(first, 9, HUGE_BYTES);
        expect_refused(_i, readers[_i].read, size + (1 << 17));
    }
    memcpy(first, &(uint64_t){200000000}, sizeof(uint64_t)); /* more than any header */
    write_sparse(first, 9, HUGE_BYTES);
    expect_refused(_i, readers[_i].read, 1 << 17);
}
END_TEST

/* A tensor of 3 GB that nobody asks for, or asks for in another shape. */
START_TEST(a_huge_tensor_is_not_read)
{
    static const char *const names[] = {"linear.weight", "junk"};
    for (size_t k = 0; k < 2; k++) {
        char first[400] = "";
        const int n = snprintf(
            first + 8, sizeof first - 8,
            "{\"__metadata__\":{\"aimc.format\":\"2\",\"aimc.content\":\"%s\",\"network\":\"{}\"},"
            "\"%s\":{\"dtype\":\"F32\",\"shape\":[1024,786432],\"data_offsets\":[0,3221225472]}}",
            _i == 0   ? "tile"
            : _i == 1 ? "matrix"
                      : "network",
            names[k]);
        memcpy(first, &n, sizeof n);
        write_sparse(first, 8 + (size_t)n, 8 + (uint64_t)n + HUGE_BYTES);
        const size_t before = live();
        const unsigned long long read_before = bytes_read();
        ck_assert_int_eq(readers[_i].read(), AIMC_ERR_FORMAT);
        ck_assert_uint_lt(heap.peak_bytes - before, 1 << 17);
        ck_assert(bytes_read() - read_before < 1 << 17);
    }
}
END_TEST

/* ---- what it takes -------------------------------------------------------------------------- */

static aimc_tile *make_tile(const char *algorithm, aimc_optimizer **optimizer)
{
    static float x[SIDE], d[SIDE];
    aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
    aimc_tile *tile = NULL;
    OK(aimc_tile_create(device, SIDE, SIDE, NULL, &tile));
    OK(aimc_optimizer_create(tile, algorithm, NULL, optimizer));
    aimct_fill(x, SIDE, 1);
    aimct_fill(d, SIDE, 2);
    OK(aimc_optimizer_step(*optimizer, 1, x, SIDE, d, SIDE, 0.01));
    aimc_device_unref(device);
    return tile;
}

static const char *const algorithms[] = {"sgd", "ttv2", "mixed_precision"};

/* As SECURITY.md says. */
START_TEST(saving_a_tile_holds_nothing_of_its_size)
{
    aimc_optimizer *optimizer = NULL;
    aimc_tile *tile = make_tile(algorithms[_i], &optimizer);
    const size_t before = live();
    OK(aimc_tile_save(tile, path));
    ck_assert_msg(heap.peak_bytes - before < SMALL, "%zu bytes for a file of %zu",
                  heap.peak_bytes - before, file_size());
    ck_assert_uint_gt(file_size(), SIDE * SIDE * sizeof(float));
    size_t n = 0;
    heap.peak_bytes = before;
    OK(aimc_tile_save_bytes(tile, NULL, 0, &n));
    ck_assert_uint_eq(n, file_size());
    ck_assert_uint_lt(heap.peak_bytes - before, SMALL);
    aimc_tile_destroy(tile);
    aimc_optimizer_destroy(optimizer);
}
END_TEST

/* A loaded tile is as large as the saved one; the state of its optimizer waits in as many bytes as
 * it has in the file, and is gone when it is taken up. */
START_TEST(a_loaded_tile_holds_what_it_needs)
{
    aimc_optimizer *optimizer = NULL;
    const size_t empty = live();
    aimc_tile *tile = make_tile(algorithms[_i], &optimizer);
    OK(aimc_tile_save(tile, path));
    const size_t trained = heap.live_bytes;
    aimc_optimizer_destroy(optimizer);
    const size_t alone = heap.live_bytes - empty;
    aimc_tile_destroy(tile);
    ck_assert_uint_eq(live(), empty);

    OK(aimc_tile_load(ctx, path, &tile));
    const size_t weights = SIDE * SIDE * sizeof(float);
    const size_t waiting = strcmp(algorithms[_i], "sgd") == 0 ? 0 : file_size() - weights;
    ck_assert_msg(heap.live_bytes - empty < alone + waiting + SMALL,
                  "%zu bytes, of a tile of %zu and a state of %zu", heap.live_bytes - empty, alone,
                  waiting);
    ck_assert_msg(heap.peak_bytes < heap.live_bytes + SMALL, "%zu bytes more while it is read",
                  heap.peak_bytes - heap.live_bytes);
    OK(aimc_optimizer_create(tile, algorithms[_i], NULL, &optimizer));
    ck_assert_uint_lt(heap.live_bytes, trained + SMALL);
    aimc_tile_destroy(tile);
    aimc_optimizer_destroy(optimizer);
}
END_TEST

enum { LAYERS = 6 };

static aimc_network *make_network(const char *device)
{
    aimc_network *net = NULL;
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, "layer", &config));
    if (device)
        OK(aimc_config_set_text(config, "device", device));
    OK(aimc_network_create(ctx, &net));
    for (int k = 0; k < LAYERS; k++)
        OK(aimc_network_add_linear(net, SIDE, SIDE, device ? config : NULL));
    aimc_config_destroy(config);
    return net;
}

/* Beside the header, twice the largest weight tensor: as the file has it, and as its tiles have. */
START_TEST(a_network_is_saved_and_loaded_layer_by_layer)
{
    static float x[SIDE], y[2][SIDE];
    const char *const device = _i ? "soft_bounds" : NULL;
    const size_t layer = SIDE * SIDE * sizeof(float), empty = live();
    aimc_network *net = make_network(device);
    aimct_fill(x, SIDE, 1);
    OK(aimc_network_predict(net, 1, x, y[0]));
    const size_t made = live();
    OK(aimc_network_save(net, path));
    const size_t most = 2 * layer + 2 * header_size() + SMALL;
    ck_assert_msg(heap.peak_bytes - made < most, "%zu bytes to save layers of %zu, header %zu",
                  heap.peak_bytes - made, layer, header_size());
    aimc_network_destroy(net);
    heap.peak_bytes = heap.live_bytes;
    OK(aimc_network_load(ctx, path, &net));
    ck_assert_msg(heap.peak_bytes - empty < made - empty + most,
                  "%zu bytes to load a network of %zu", heap.peak_bytes - empty, made - empty);
    OK(aimc_network_predict(net, 1, x, y[1]));
    ck_assert(device != NULL || memcmp(y[0], y[1], sizeof y[0]) == 0); /* reads have noise */
    aimc_network_destroy(net);
}
END_TEST

/* ---- limits --------------------------------------------------------------------------------- */

static void limit(uint64_t bytes)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    aimc_context_destroy(ctx);
    params.allocator = aimct_allocator(&heap);
    params.max_file_bytes = bytes;
    OK(aimc_context_create(&params, &ctx));
}

static void write_for(aimc_status (*read)(void))
{
    aimc_optimizer *optimizer = NULL;
    aimc_tile *tile = make_tile("sgd", &optimizer);
    aimc_network *net = NULL;
    aimc_config *config = NULL;
    aimc_device *device = aimct_device(ctx, "soft_bounds", NULL);
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_linear(net, 2, 3, NULL));
    if (read == load_tile)
        OK(aimc_tile_save(tile, path));
    else if (read == load_matrix) {
        aimc_matrix *matrix = NULL;
        OK(aimc_config_create(ctx, "layer", &config));
        OK(aimc_matrix_create(device, 3, 4, config, &matrix));
        OK(aimc_matrix_save(matrix, path));
        aimc_matrix_destroy(matrix);
    } else if (read == load_network || read == open_network || read == load_weights)
        OK(aimc_network_save(net, path));
    else
        write_sparse(read == read_table ? "1;2\n3;4\n" : "{     }\n", 8, 8);
    aimc_config_destroy(config);
    aimc_network_destroy(net);
    aimc_tile_destroy(tile);
    aimc_optimizer_destroy(optimizer);
    aimc_device_unref(device);
}

START_TEST(no_file_is_larger_than_allowed)
{
    aimc_status (*const read)(void) = readers[_i].read;
    write_for(read);
    const size_t size = file_size();
    limit(size);
    OK(read());
    limit(size - 1);
    FAILS(AIMC_ERR_FORMAT, "at most", read());
    ck_assert_uint_lt(heap.peak_bytes, SIDE * SIDE * sizeof(float) * 40);
}
END_TEST

START_TEST(a_file_that_is_cut_while_it_is_used_is_an_error)
{
    static float x[SIDE], y[SIDE];
    aimc_network *net = make_network(NULL);
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
    OK(aimc_network_open(ctx, path, NULL, &net));
    OK(aimc_network_predict(net, 1, x, y));
    ck_assert_int_eq(aimct_truncate(path, file_size() / 2), 0);
    FAILS(AIMC_ERR_IO, "cut while it was read", aimc_network_predict(net, 1, x, y));
    aimc_network_destroy(net);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loading");
    TCase *t = aimct_case(s, "loading");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, another_kind_is_refused_by_its_first_bytes, 0, N_READERS);
    tcase_add_loop_test(t, a_lying_header_costs_no_more_than_itself, 0, 5);
    tcase_add_loop_test(t, a_huge_tensor_is_not_read, 0, 5);
    tcase_add_loop_test(t, saving_a_tile_holds_nothing_of_its_size, 0, 3);
    tcase_add_loop_test(t, a_loaded_tile_holds_what_it_needs, 0, 3);
    tcase_add_loop_test(t, a_network_is_saved_and_loaded_layer_by_layer, 0, 2);
    tcase_add_loop_test(t, no_file_is_larger_than_allowed, 0, N_READERS);
    tcase_add_test(t, a_file_that_is_cut_while_it_is_used_is_an_error);
    return aimct_main(s);
}
