/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cifar.h"
#include "data.h"
#include "idx.h"
#include "os.h"
#include "report.h"

/* Where no test files come with the data, sample HELD_OUT of every EVERY of its class is held out.
 * Counting by class keeps the classes balanced in both parts, whatever the order of the file. */
#define EVERY      5
#define HELD_OUT   2
#define MAX_LABELS 256
#define PATH_ROOM  1024
#define MAX_PLACES 4

/* ---- from IDX arrays to samples ------------------------------------------------------------- */

struct pair {
    struct idx images, labels;
    size_t n_in;
};

static void pair_free(struct pair *pair)
{
    idx_free(&pair->images);
    idx_free(&pair->labels);
}

static int pair_read(const char *images, const char *labels, struct pair *pair)
{
    const bool one_file =
        labels == NULL || labels[0] == '\0'; /* of CIFAR: each image has its label before it */
    *pair = (struct pair){0};
    int rc = one_file ? cifar_read(images, &pair->images, &pair->labels)
                      : idx_read(images, &pair->images);
    if (rc == EXIT_GO_ON && !one_file)
        rc = idx_read(labels, &pair->labels);
    if (rc == EXIT_GO_ON && pair->images.n_dims < 2)
        rc = fail("%s: one number per sample; these look like labels, not images", images);
    if (rc == EXIT_GO_ON && pair->labels.n_dims != 1)
        rc = fail("%s: %zu dimensions; labels have one", labels, pair->labels.n_dims);
    if (rc == EXIT_GO_ON && pair->images.dims[0] != pair->labels.dims[0])
        rc = fail("%s holds %zu images, but %s holds %zu labels", images, pair->images.dims[0],
                  labels, pair->labels.dims[0]);
    if (rc == EXIT_GO_ON)
        pair->n_in = pair->images.n_bytes / pair->images.dims[0];
    else
        pair_free(pair);
    return rc;
}

/* Which samples of a pair of files make a part. */
enum selection { ALL, ALL_BUT_HELD_OUT, ONLY_HELD_OUT };

/* seen: [MAX_LABELS] samples of each class so far; updated. */
static bool is_selected(enum selection selection, size_t *seen, unsigned char label)
{
    const bool held_out = seen[label]++ % EVERY == HELD_OUT;
    return selection == ALL || held_out == (selection == ONLY_HELD_OUT);
}

static size_t count_selected(const struct idx *labels, enum selection selection)
{
    size_t seen[MAX_LABELS] = {0}, n = 0;
    for (size_t i = 0; i < labels->n_bytes; i++)
        n += is_selected(selection, seen, labels->bytes[i]) ? 1 : 0;
    return n;
}

static int select_samples(const struct pair *pair, enum selection selection, float scale,
                          struct samples *out)
{
    const size_t n_in = pair->n_in, n = count_selected(&pair->labels, selection);
    size_t seen[MAX_LABELS] = {0}, k = 0;
    if (n == 0)
        return fail("too few samples to hold out every fifth of a class");
    out->n = n;
    out->x = malloc(n * n_in * sizeof *out->x);
    out->labels = malloc(n * sizeof *out->labels);
    if (out->x == NULL || out->labels == NULL)
        return fail("no memory for %zu samples", n);
    for (size_t i = 0; i < pair->labels.n_bytes; i++) {
        const unsigned char *image = pair->images.bytes + i * n_in;
        if (!is_selected(selection, seen, pair->labels.bytes[i]))
            continue;
        for (size_t j = 0; j < n_in; j++)
            out->x[k * n_in + j] = scale * (float)image[j];
        out->labels[k++] = pair->labels.bytes[i];
    }
    return EXIT_GO_ON;
}

static int load_part(const char *images, const char *labels, enum selection selection, float scale,
                     struct dataset *data, struct samples *part)
{
    struct pair pair;
    int rc = pair_read(images, labels, &pair);
    if (rc != EXIT_GO_ON)
        return rc;
    if (data->n_in != 0 && data->n_in != pair.n_in) {
        rc = fail("%s: %zu values per image, but the training images have %zu", images, pair.n_in,
                  data->n_in);
    } else {
        data->n_in = pair.n_in;
        rc = select_samples(&pair, selection, scale, part);
    }
    for (size_t i = 0; i < pair.labels.n_bytes; i++)
        if (pair.labels.bytes[i] >= data->n_classes)
            data->n_classes = (size_t)pair.labels.bytes[i] + 1;
    pair_free(&pair);
    return rc;
}

/* files: images, labels, then NULL or test images, test labels. */
static int load_files(const char *const files[4], double input_max, unsigned parts,
                      struct dataset *data)
{
    const int has_test = files[2] != NULL;
    const float scale = (float)(1.0 / input_max);
    int rc = EXIT_GO_ON;
    if (parts & DATA_TRAIN)
        rc = load_part(files[0], files[1], has_test ? ALL : ALL_BUT_HELD_OUT, scale, data,
                       &data->train);
    if (rc == EXIT_GO_ON && (parts & DATA_TEST))
        rc = load_part(files[has_test ? 2 : 0], files[has_test ? 3 : 1],
                       has_test ? ALL : ONLY_HELD_OUT, scale, data, &data->test);
    return rc;
}

/* ---- data sets known by name ---------------------------------------------------------------- */

struct known_set {
    const char *name;     /* also its folder in $AIMC_DATA */
    const char *files[4]; /* without .gz */
    double input_max;
    const char *places[MAX_PLACES]; /* folders, after $AIMC_DATA/name; "@": that of the program */
    const char *advice;
};

#define MNIST_FILES                                                                                \
    {                                                                                              \
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",            \
            "t10k-labels-idx1-ubyte"                                                               \
    }

static const struct known_set known_sets[] = {
    {"digits",
     {"digits-images-idx3-ubyte", "digits-labels-idx1-ubyte"},
     16.0,
     {"@/" AIMC_DATA_FROM_BIN "/digits", AIMC_DATA_DIR "/digits", "@", "@/digits"},
     "it comes with libaimc"},
    {"mnist",
     MNIST_FILES,
     255.0,
     {"@/" AIMC_DATA_FROM_BIN "/mnist", AIMC_DATA_DIR "/mnist"},
     "put the four files of MNIST there"},
    {"fashion-mnist",
     MNIST_FILES,
     255.0,
     {"/usr/share/datasets/fashion-mnist"},
     "install the Debian package dataset-fashion-mnist"},
    {"cifar10",
     {"data_batch_1.bin", "", "test_batch.bin", ""},
     255.0,
     {"@/" AIMC_DATA_FROM_BIN "/cifar10", AIMC_DATA_DIR "/cifar10"},
     "put data_batch_1.bin and test_batch.bin of its binary version there"},
};

#define N_KNOWN_SETS (sizeof known_sets / sizeof known_sets[0])

/* Path of a file in a folder, with .gz or without; true when it can be read. */
static int find_file(char *path, const char *folder, const char *file)
{
    snprintf(path, PATH_ROOM, "%s/%s.gz", folder, file);
    if (os_may_read(path))
        return 1;
    snprintf(path, PATH_ROOM, "%s/%s", folder, file);
    return os_may_read(path);
}

/* The folder that the running program lies in; "." where the system does not tell. */
static void program_folder(char *folder, size_t size)
{
    const char *const end = os_program_path(folder, size) ? aimci_os_last_separator(folder) : NULL;
    if (end != NULL)
        folder[end - folder] = '\0';
    else
        snprintf(folder, size, ".");
}

static void place_of(const char *place, char *folder)
{
    char program[PATH_ROOM / 4] = "";
    if (place[0] == '@')
        program_folder(program, sizeof program);
    snprintf(folder, PATH_ROOM / 2, "%s%s", program, place[0] == '@' ? place + 1 : place);
}

/* Folder that holds the first file of a set; EXIT_FAILED with advice when none does. */
static int find_folder(const struct known_set *set, char *folder)
{
    char path[PATH_ROOM], root[PATH_ROOM / 4];
    if (os_variable("AIMC_DATA", root, sizeof root)) {
        snprintf(folder, PATH_ROOM / 2, "%s/%s", root, set->name);
        if (find_file(path, folder, set->files[0]))
            return EXIT_GO_ON;
    }
    for (size_t i = 0; i < MAX_PLACES && set->places[i] != NULL; i++) {
        place_of(set->places[i], folder);
        if (find_file(path, folder, set->files[0]))
            return EXIT_GO_ON;
    }
    return fail("%s.gz is neither in $AIMC_DATA/%s nor in %s: %s", set->files[0], set->name,
                set->places[1] != NULL ? set->places[1] : set->places[0], set->advice);
}

static int load_known(const struct known_set *set, double input_max, unsigned parts,
                      struct dataset *data)
{
    char folder[PATH_ROOM / 2], paths[4][PATH_ROOM];
    const char *files[4] = {NULL};
    const int rc = find_folder(set, folder);
    if (rc != EXIT_GO_ON)
        return rc;
    for (size_t i = 0; i < 4 && set->files[i] != NULL; i++) {
        if (set->files[i][0] == '\0') {
            files[i] = "";
            continue;
        }
        find_file(paths[i], folder,
                  set->files[i]); /* a missing one is reported when it is opened */
        files[i] = paths[i];
    }
    return load_files(files, input_max > 0 ? input_max : set->input_max, parts, data);
}

/* ---- data sets given as files --------------------------------------------------------------- */

/* Cut "a,b" or "a,b,c,d" in place; returns the number of pieces, 0 when there are over four. */
static size_t cut_at_commas(char *text, const char *pieces[4])
{
    size_t n = 0;
    for (char *comma; text != NULL; text = comma) {
        comma = strchr(text, ',');
        if (comma != NULL)
            *comma++ = '\0';
        if (n == 4)
            return 0;
        pieces[n++] = text;
    }
    return n;
}

/* "train.bin" or "train.bin,test.bin" of CIFAR: each file brings its labels. */
static size_t with_labels(const char *pieces[4], size_t n)
{
    if (n == 0 || n > 2 || !cifar_is(pieces[0]) || (n == 2 && !cifar_is(pieces[1])))
        return n;
    pieces[2] = n == 2 ? pieces[1] : NULL;
    pieces[1] = "";
    pieces[3] = n == 2 ? "" : NULL;
    return 2 * n;
}

static int load_listed(const char *list, double input_max, unsigned parts, struct dataset *data)
{
    const char *files[4] = {NULL};
    const size_t size = strlen(list) + 1;
    char *copy = malloc(size);
    if (copy == NULL)
        return fail("no memory");
    memcpy(copy, list, size);
    const size_t n = with_labels(files, cut_at_commas(copy, files));
    const int rc = n == 2 || n == 4
                       ? load_files(files, input_max > 0 ? input_max : 255.0, parts, data)
                       : fail_usage("--data '%s': give images,labels or "
                                    "images,labels,test-images,test-labels",
                                    list);
    free(copy);
    return rc;
}

static const struct known_set *find_set(const char *name)
{
    for (size_t i = 0; i < N_KNOWN_SETS; i++)
        if (strcmp(name, known_sets[i].name) == 0)
            return &known_sets[i];
    return NULL;
}

bool data_is_known(const char *name)
{
    return find_set(name) != NULL;
}

static int unknown_set(const char *name)
{
    const char *names[N_KNOWN_SETS + 1] = {NULL};
    for (size_t i = 0; i < N_KNOWN_SETS; i++)
        names[i] = known_sets[i].name;
    const char *nearest = nearest_name(name, names);
    if (nearest != NULL)
        return fail_usage("unknown data set '%s'; did you mean '%s'?", name, nearest);
    return fail_usage("unknown data set '%s'; known are %s, and files: images,labels", name,
                      DATA_NAMES);
}

int data_load(const char *name, double input_max, unsigned parts, struct dataset *data)
{
    const struct known_set *set = find_set(name);
    int rc;
    *data = (struct dataset){0};
    if (set != NULL)
        rc = load_known(set, input_max, parts, data);
    else if (strchr(name, ',') != NULL || cifar_is(name))
        rc = load_listed(name, input_max, parts, data);
    else
        rc = unknown_set(name);
    if (rc != EXIT_GO_ON)
        data_free(data);
    return rc;
}

static void samples_free(struct samples *samples)
{
    free(samples->x);
    free(samples->labels);
}

void data_free(struct dataset *data)
{
    samples_free(&data->train);
    samples_free(&data->test);
    *data = (struct dataset){0};
}

/* ---- order of training ---------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood, 2014): a short generator is enough to shuffle. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Uniform in 0 ... n - 1; the uneven rest of the range is drawn again. */
static size_t random_below(uint64_t *state, size_t n)
{
    const uint64_t rest = (UINT64_MAX % n + 1) % n;
    uint64_t r;
    do
        r = next_random(state);
    while (r > UINT64_MAX - rest);
    return (size_t)(r % n);
}

void data_shuffle(size_t *order, size_t n, uint64_t seed, uint64_t epoch)
{
    uint64_t state = seed;
    state = next_random(&state) + epoch;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        const size_t k = random_below(&state, i);
        const size_t kept = order[i - 1];
        order[i - 1] = order[k];
        order[k] = kept;
    }
}
