/* SPDX-License-Identifier: MIT */
/* Memory that runs out at any place of a whole life: devices, training with every algorithm, saving
 * and loading, programming, drift, inference, a network. The n-th block that anybody asks for (the
 * library, jansson, the C library) is not given, for every n: what was asked for then fails with
 * AIMC_ERR_NOMEM, or can do without it. Under a sanitizer, which has a malloc of its own, each life
 * is lived once. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <stdbool.h>

#include "portable.h"
#include "sanitized.h"
#include "test_util.h"

/* ---- blocks that are not given -------------------------------------------------------------- */

static size_t countdown; /* 0: all are given */
static size_t live_blocks;
static bool failed;

#if defined(__GLIBC__) && !SANITIZED
#define WATCHED 1
static bool is_refused(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *block);

static void *given(void *block)
{
    live_blocks += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : given(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : given(__libc_calloc(n, size));
}

void *realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    return is_refused() ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    return is_refused() ? NULL : given(__libc_memalign(align, size));
}

int posix_memalign(void **out, size_t align, size_t size)
{
    *out = aligned_alloc(align, size);
    return *out == NULL;
}

void free(void *block)
{
    live_blocks -= block != NULL;
    __libc_free(block);
}
#else
#define WATCHED 0
#endif

/* ---- a life --------------------------------------------------------------------------------- */

/* Of the algorithms all but the first share most of their calls: there every few-th block. */
enum { STRIDE = 23, N = 6, VECTORS = 5, IMAGE = 2 * 4 * 4, CLASSES = 3 };

static char folder[64];
static float x[VECTORS * IMAGE], d[VECTORS * N], y[VECTORS * IMAGE];
static const uint32_t labels[VECTORS] = {0, 1, 2, 0, 1};

typedef struct life {
    aimc_context *ctx;
    const char *algorithm;
    aimc_device *device;
    aimc_tile *tile, *copy;
    aimc_optimizer *optimizer, *again;
    aimc_network *net, *loaded;
    aimc_config *config;
    void *bytes;
} life;

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static aimc_status make_context(life *l)
{
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = 1;
    params.seed = 1;
    return aimc_context_create(&params, &l->ctx);
}

static aimc_status make_tile(life *l)
{
    aimc_status st = aimc_config_create(l->ctx, "soft_bounds", &l->config);
    if (!st)
        st = aimc_config_parse(l->config, "{\"dw_min\": 0.01, \"w_max_dtod\": 0.1}");
    if (!st)
        st = aimc_device_create(l->ctx, NULL, l->config, &l->device);
    return st ? st : aimc_tile_create(l->device, N, N, NULL, &l->tile);
}

static aimc_status train(life *l)
{
    aimc_status st = aimc_optimizer_create(l->tile, l->algorithm, NULL, &l->optimizer);
    for (int k = 0; !st && k < 2; k++) {
        st = aimc_tile_forward(l->tile, VECTORS, x, N, y, N);
        if (!st)
            st = aimc_tile_backward(l->tile, VECTORS, d, N, y, N);
        if (!st)
            st = aimc_optimizer_step(l->optimizer, VECTORS, x, N, d, N, .1);
    }
    return st;
}

static aimc_status save_and_load(life *l)
{
    aimc_status st = aimc_tile_save(l->tile, path_of("tile"));
    if (!st)
        st = aimc_tile_load(l->ctx, path_of("tile"), &l->copy);
    return st ? st : aimc_optimizer_create(l->copy, l->algorithm, NULL, &l->again);
}

static aimc_status go_on(life *l)
{
    aimc_status st = aimc_optimizer_step(l->again, VECTORS, x, N, d, N, .1);
    if (st)
        return st;
    aimc_optimizer_destroy(l->again);
    l->again = NULL;
    return AIMC_OK;
}

static aimc_status deploy(life *l)
{
    aimc_config_destroy(l->config);
    l->config = NULL;
    aimc_status st = aimc_config_create(l->ctx, "inference", &l->config);
    if (!st)
        st = aimc_config_parse(l->config, "{\"compensation.method\": \"GLOBAL\"}");
    if (!st)
        st = aimc_tile_program(l->copy, l->config, NULL);
    if (!st)
        st = aimc_tile_drift_programmed(l->copy, 1e5, NULL);
    if (!st)
        st = aimc_tile_compensate(l->copy, 0, NULL, N, NULL);
    return st ? st : aimc_tile_forward(l->copy, VECTORS, x, N, y, N);
}

static const char document[] =
    "{\"format\": \"aimc-network\", \"version\": 1,"
    "\"inputs\": [{\"name\": \"image\", \"shape\": [2, 4, 4]}],"
    "\"nodes\": [{\"name\": \"conv\", \"op\": \"conv2d\", \"inputs\": [\"image\"],"
    " \"config\": {\"out_channels\": 3, \"kernel\": 3, \"padding\": 1,"
    " \"matrix\": {\"kind\": \"layer\", \"device\": {\"kind\": \"constant_step\"}}}},"
    "{\"name\": \"norm\", \"op\": \"batch_norm\", \"inputs\": [\"conv\"]},"
    "{\"name\": \"relu\", \"op\": \"relu\", \"inputs\": [\"norm\"]},"
    "{\"name\": \"flat\", \"op\": \"flatten\", \"inputs\": [\"relu\"]},"
    "{\"name\": \"head\", \"op\": \"linear\", \"inputs\": [\"flat\"],"
    " \"config\": {\"out_features\": 3}}],"
    "\"outputs\": [\"head\"], \"optimizer\": {\"kind\": \"adam\"}}";

static aimc_status train_network(life *l)
{
    aimc_status st = aimc_network_create_from_json(l->ctx, document, &l->net);
    if (!st)
        st = aimc_network_train_batch(l->net, VECTORS, x, labels, .05, NULL);
    if (!st)
        st = aimc_network_set_note(l->net, "{}");
    return st ? st : aimc_network_save(l->net, path_of("net"));
}

static aimc_status run_network(life *l)
{
    double accuracy;
    aimc_status st = aimc_network_load(l->ctx, path_of("net"), &l->loaded);
    if (!st)
        st = aimc_network_program(l->loaded, NULL, NULL);
    if (!st)
        st = aimc_network_predict(l->loaded, VECTORS, x, y);
    return st ? st : aimc_network_evaluate(l->loaded, VECTORS, x, labels, &accuracy);
}

static void end(life *l)
{
    aimc_network_destroy(l->loaded);
    aimc_network_destroy(l->net);
    aimc_optimizer_destroy(l->again);
    aimc_optimizer_destroy(l->optimizer);
    aimc_tile_destroy(l->copy);
    aimc_tile_destroy(l->tile);
    aimc_device_unref(l->device);
    aimc_config_destroy(l->config);
    aimc_context_destroy(l->ctx);
}

static aimc_status (*const training[])(life *l) = {make_context,  make_tile, train,
                                                   save_and_load, go_on,     deploy};
static aimc_status (*const network[])(life *l) = {make_context, train_network, run_network};

static aimc_status live(const char *algorithm)
{
    life l = {.algorithm = algorithm};
    aimc_status st = AIMC_OK;
    const size_t n =
        algorithm ? sizeof training / sizeof *training : sizeof network / sizeof *network;
    for (size_t k = 0; k < n && !st; k++)
        st = (algorithm ? training : network)[k](&l);
    end(&l);
    return st;
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* The last one is a network. */
static const char *const algorithms[] = {
    "sgd", "mixed_precision", "mixed_precision_int", "tiki_taka", "ttv2", "c_ttv2", "agad", NULL};

/* Files are replaced as a whole: a save that fails leaves no second one behind. */
static size_t count_files(void)
{
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    size_t n = 0;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

START_TEST(every_block_may_be_missing)
{
    const char *const algorithm = algorithms[_i];
    OK(live(algorithm)); /* what is made once for all is there now */
    const size_t n_files = count_files(), n_blocks = live_blocks;
    size_t n = 0;
    do {
        failed = false;
        n += _i == 0 ? 1 : algorithm == NULL ? 3 : STRIDE;
        countdown = n;
        const aimc_status st = live(algorithm);
        countdown = 0;
        ck_assert_msg(st == AIMC_OK || (failed && st == AIMC_ERR_NOMEM), "block %zu: %s: %s", n,
                      aimc_status_get_text(st), aimc_get_last_error());
        ck_assert_uint_eq(count_files(), n_files);
        ck_assert_msg(live_blocks == n_blocks, "block %zu: %td blocks stay", n,
                      (ptrdiff_t)(live_blocks - n_blocks));
    } while (failed);
    if (WATCHED)
        ck_assert_uint_gt(n, 100);
}
END_TEST

int main(void)
{
    /* where syncing costs nothing, if there is such a place */
    strcpy(folder, "/dev/shm/aimc_no_memory_XXXXXX");
    if (mkdtemp(folder) == NULL)
        strcpy(folder, "/tmp/aimc_no_memory_XXXXXX");
    if (strncmp(folder, "/tmp", 4) == 0 && mkdtemp(folder) == NULL)
        return EXIT_FAILURE;
    aimct_fill(x, VECTORS * IMAGE, 1);
    aimct_fill(d, VECTORS * N, 2);
    Suite *s = suite_create("no memory");
    TCase *t = aimct_case(s, "a life");
    tcase_add_loop_test(t, every_block_may_be_missing, 0, sizeof algorithms / sizeof *algorithms);
    const int rc = aimct_main(s);
    (void)unlink(path_of("tile"));
    (void)unlink(path_of("net"));
    (void)rmdir(folder);
    return rc;
}
