/* SPDX-License-Identifier: MIT */
/* Files of earlier versions (tests/data/saved): each is read, does what it did, and can be trained
 * on.
 *
 *     t_saved_files                  compare with outputs.txt
 *     t_saved_files --make NAME      write NAME-*.safetensors of this version, at a release
 *     t_saved_files --record         write outputs.txt anew: after that, or on purpose
 */
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

#include <aimc/network_life.h>

#include "portable.h"
#include "test_util.h"

enum { N_OUT = 3, N_IN = 4, N = 2, MAX_FILES = 256, MAX_NUMBERS = 128, MAX_IN = 4096 };

/* Products may be added up in another order: between instruction sets, and from one version to the
 * next. */
#define TOLERANCE 2e-5

static aimc_context *ctx;
static char folder[512];

/* Plain C on one thread, so that machines differ as little as they can. */
static void set_up(void)
{
    const char *const data = getenv("AIMC_TEST_DATA");
    snprintf(folder, sizeof folder, "%s/saved", data ? data : "tests/data");
    ctx = aimct_context(1, AIMC_CPU_C, 1);
}

static void tear_down(void)
{
    aimc_context_destroy(ctx);
}

/* ---- files of this version ------------------------------------------------------------------ */

static aimc_config *config_of(const char *kind, const char *json)
{
    aimc_config *config = NULL;
    OK(aimc_config_create(ctx, kind, &config));
    OK(aimc_config_parse(config, json));
    return config;
}

static void path_of(char *path, size_t size, const char *version, const char *name)
{
    snprintf(path, size, "%s/%s-%s.safetensors", folder, version, name);
}

static void make_tile(const char *version, const char *name, const char *device_name,
                      const char *algorithm, const char *inference)
{
    float x[N * N_IN], d[N * N_OUT], w[N_OUT * N_IN];
    char path[800];
    aimc_device *device = NULL;
    aimc_tile *tile = NULL;
    aimc_optimizer *optimizer = NULL;
    OK(aimc_device_create(ctx, device_name, NULL, &device));
    OK(aimc_tile_create(device, N_OUT, N_IN, NULL, &tile));
    aimct_fill(w, N_OUT * N_IN, 1);
    aimct_fill(x, N * N_IN, 2);
    aimct_fill(d, N * N_OUT, 3);
    OK(aimc_tile_set_weights(tile, w, N_IN));
    if (algorithm)
        OK(aimc_optimizer_create(tile, algorithm, NULL, &optimizer));
    for (int k = 0; optimizer && k < 5; k++)
        OK(aimc_optimizer_step(optimizer, N, x, N_IN, d, N_OUT, 0.1));
    if (inference) {
        aimc_config *config = config_of("inference", inference);
        OK(aimc_tile_program(tile, config, NULL));
        aimc_config_destroy(config);
    }
    path_of(path, sizeof path, version, name);
    OK(aimc_tile_save(tile, path));
    aimc_optimizer_destroy(optimizer);
    aimc_tile_destroy(tile);
    aimc_device_unref(device);
}

static aimc_value add(aimc_network *net, const char *op, const char *json, aimc_value in)
{
    aimc_config *config = config_of(op, json);
    aimc_value out;
    OK(aimc_network_add(net, op, config, 1, &in, &out));
    aimc_config_destroy(config);
    return out;
}

static void make_network(const char *version)
{
    static const size_t shape[3] = {1, 6, 6};
    static const uint32_t labels[4] = {0, 1, 2, 1};
    float x[4 * 36], loss;
    char path[800];
    aimc_network *net = NULL;
    aimc_value v;
    OK(aimc_network_create(ctx, &net));
    OK(aimc_network_add_input(net, "image", shape, 3, &v));
    v = add(net, "conv2d", "{\"out_channels\": 2, \"kernel\": 3}", v);
    v = add(net, "batch_norm", "{}", v);
    v = add(net, "relu", "{}", v);
    v = add(net, "flatten", "{}", v);
    (void)add(net, "linear",
              "{\"out_features\": 3, \"matrix\": {\"kind\": \"layer\", \"device\": \"reram_sb\", "
              "\"optimizer\": \"c_ttv2\"}}",
              v);
    OK(aimc_network_set_note(net, "a note"));
    aimct_fill(x, 4 * 36, 4);
    for (int k = 0; k < 3; k++)
        OK(aimc_network_train_batch(net, 4, x, labels, 0.05, &loss));
    path_of(path, sizeof path, version, "network");
    OK(aimc_network_save(net, path));
    aimc_network_destroy(net);
}

static void make(const char *version)
{
    make_tile(version, "plain", "ideal", NULL, NULL);
    make_tile(version, "mixed", "soft_bounds", "mixed_precision", NULL);
    make_tile(version, "choppers", "reram_es_4", "c_ttv2", NULL);
    make_tile(version, "tiki_taka", "reference_cell", "tiki_taka", NULL);
    make_tile(version, "programmed", "ideal", NULL,
              "{\"noise_model\": \"pcm_like\", \"compensation\": {\"method\": \"PER_OUTPUT\"}}");
    make_network(version);
}

/* ---- what a file does ----------------------------------------------------------------------- */

typedef struct numbers {
    size_t n;
    float v[MAX_NUMBERS];
} numbers;

static float *room(numbers *out, size_t n)
{
    ck_assert_uint_le(out->n + n, MAX_NUMBERS);
    out->n += n;
    return out->v + out->n - n;
}

/* Its reads and its weights, before and after a step of the optimizer that it was trained with. */
static void use_tile(aimc_tile *tile, const char *path, numbers *out)
{
    static const char *const algorithms[][2] = {
        {"mixed", "mixed_precision"}, {"choppers", "c_ttv2"}, {"tiki_taka", "tiki_taka"}};
    const size_t n_out = aimc_tile_get_n_out(tile), n_in = aimc_tile_get_n_in(tile);
    float x[N * N_IN], d[N * N_OUT];
    ck_assert(n_out <= N_OUT && n_in <= N_IN);
    aimct_fill(x, N * N_IN, 5);
    aimct_fill(d, N * N_OUT, 6);
    OK(aimc_tile_forward(tile, N, x, n_in, room(out, N * n_out), n_out));
    OK(aimc_tile_get_weights(tile, room(out, n_out * n_in), n_in));
    for (size_t k = 0; k < 3; k++) {
        aimc_optimizer *optimizer = NULL;
        if (!strstr(path, algorithms[k][0]))
            continue;
        OK(aimc_optimizer_create(tile, algorithms[k][1], NULL, &optimizer));
        OK(aimc_optimizer_step(optimizer, N, x, n_in, d, n_out, 0.1));
        OK(aimc_tile_get_weights(tile, room(out, n_out * n_in), n_in));
        aimc_optimizer_destroy(optimizer);
    }
}

/* Its outputs, before and after one batch more. */
static void use_network(aimc_network *net, numbers *out)
{
    static const uint32_t labels[N] = {0, 1};
    static float x[N * MAX_IN];
    float loss;
    aimc_network_info info = {.struct_size = sizeof info};
    OK(aimc_network_get_info(net, &info));
    ck_assert_uint_le(info.n_in, MAX_IN);
    aimct_fill(x, N * info.n_in, 7);
    OK(aimc_network_predict(net, N, x, room(out, N * info.n_out)));
    OK(aimc_network_train_batch(net, N, x, labels, 0.05, &loss));
    *room(out, 1) = loss;
    OK(aimc_network_predict(net, N, x, room(out, N * info.n_out)));
}

static void use_file(const char *path, numbers *out)
{
    aimc_tile *tile = NULL;
    aimc_network *net = NULL;
    out->n = 0;
    if (aimc_network_load(ctx, path, &net) == AIMC_OK) {
        use_network(net, out);
    } else {
        OK(aimc_tile_load(ctx, path, &tile));
        use_tile(tile, path, out);
    }
    aimc_network_destroy(net);
    aimc_tile_destroy(tile);
}

/* ---- the corpus ----------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t list_files(char names[MAX_FILES][128])
{
    DIR *const d = opendir(folder);
    ck_assert_msg(d != NULL, "%s cannot be read", folder);
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (strstr(e->d_name, ".safetensors") && n < MAX_FILES)
            snprintf(names[n++], 128, "%s", e->d_name);
    closedir(d);
    qsort(names, n, sizeof names[0], compare_names);
    return n;
}

static FILE *open_outputs(const char *mode)
{
    char path[800];
    snprintf(path, sizeof path, "%s/outputs.txt", folder);
    FILE *const f = fopen(path, mode);
    ck_assert_msg(f != NULL, "%s cannot be opened", path);
    return f;
}

/* Written before the first release in ways that nobody kept: refused for good, with a sentence. */
static bool is_refused(const char *name)
{
    return strncmp(name, "refused-", 8) == 0;
}

static void record(void)
{
    static char names[MAX_FILES][128];
    const size_t n = list_files(names);
    FILE *const f = open_outputs("w");
    for (size_t k = 0; k < n; k++) {
        char path[800];
        numbers out;
        if (is_refused(names[k]))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, names[k]);
        use_file(path, &out);
        fprintf(f, "%s %zu", names[k], out.n);
        for (size_t i = 0; i < out.n; i++)
            fprintf(f, " %.7g", (double)out.v[i]);
        fputc('\n', f);
    }
    ck_assert_int_eq(fclose(f), 0);
}

START_TEST(earlier_files_do_what_they_did)
{
    char name[128];
    size_t n, n_files = 0;
    FILE *const f = open_outputs("r");
    while (fscanf(f, "%127s %zu", name, &n) == 2) {
        char path[800];
        numbers out;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        use_file(path, &out);
        ck_assert_uint_eq(out.n, n);
        for (size_t i = 0; i < n; i++) {
            float was;
            ck_assert_int_eq(fscanf(f, "%f", &was), 1);
            ck_assert_msg(fabs((double)(out.v[i] - was)) <= TOLERANCE * (1 + fabs((double)was)),
                          "%s: number %zu is %.8g, and was %.8g", name, i, (double)out.v[i],
                          (double)was);
        }
        n_files++;
    }
    fclose(f);
    ck_assert_uint_ge(n_files, 6);
}
END_TEST

/* A file that is added is recorded, too. */
START_TEST(every_file_is_in_the_list)
{
    static char names[MAX_FILES][128];
    static char list[1 << 20];
    FILE *const f = open_outputs("r");
    list[fread(list, 1, sizeof list - 1, f)] = '\0';
    fclose(f);
    const size_t n = list_files(names);
    for (size_t k = 0; k < n; k++) {
        char path[800];
        aimc_network *net = NULL;
        if (!is_refused(names[k])) {
            ck_assert_msg(strstr(list, names[k]) != NULL, "%s is not in outputs.txt", names[k]);
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, names[k]);
        FAILS(AIMC_ERR_FORMAT,
              strstr(path, "format1") ? "written in format 1, by an older libaimc"
                                      : "the document of the network is missing",
              aimc_network_load(ctx, path, &net));
        ck_assert_ptr_null(net);
    }
}
END_TEST

/* What this version writes, it reads: the maker of the corpus is tested as well. */
START_TEST(files_of_this_version_can_be_made)
{
    static char names[MAX_FILES][128];
    char path[800];
    snprintf(folder, sizeof folder, "/tmp/t_saved_files-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    make("now");
    const size_t n = list_files(names);
    ck_assert_uint_eq(n, 6);
    for (size_t k = 0; k < n; k++) {
        numbers first, again;
        snprintf(path, sizeof path, "%s/%s", folder, names[k]);
        use_file(path, &first);
        use_file(path, &again);
        ck_assert(first.n == again.n && memcmp(first.v, again.v, first.n * sizeof first.v[0]) == 0);
        remove(path);
    }
    remove(folder);
}
END_TEST

/* ---- for whoever keeps the corpus ----------------------------------------------------------- */

static const char *version; /* NULL: outputs are recorded */

START_TEST(keep)
{
    if (version)
        make(version);
    else
        record();
}
END_TEST

int main(int argc, char **argv)
{
    const bool makes = argc == 3 && strcmp(argv[1], "--make") == 0;
    Suite *s = suite_create("saved_files");
    TCase *t = aimct_case(s, "saved files");
    tcase_add_checked_fixture(t, set_up, tear_down);
    version = makes ? argv[2] : NULL;
    if (makes || (argc == 2 && strcmp(argv[1], "--record") == 0)) {
        tcase_add_test(t, keep);
    } else {
        tcase_add_test(t, earlier_files_do_what_they_did);
        tcase_add_test(t, every_file_is_in_the_list);
        tcase_add_test(t, files_of_this_version_can_be_made);
    }
    return aimct_main(s);
}
