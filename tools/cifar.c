/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cifar.h"
#include "report.h"

enum { IMAGE = 3 * 32 * 32, CHUNK = 1 << 22 };
static const size_t MAX_BYTES = (size_t)1 << 32;

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

bool cifar_is(const char *path)
{
    return ends_with(path, ".bin") || ends_with(path, ".bin.gz");
}

static int read_all(gzFile file, const char *path, unsigned char **bytes, size_t *n)
{
    int got = 1;
    for (*n = 0; got > 0; *n += (size_t)(got > 0 ? got : 0)) {
        unsigned char *larger = *n < MAX_BYTES ? realloc(*bytes, *n + CHUNK) : NULL;
        if (larger == NULL)
            return fail("%s: no memory for more than %zu bytes", path, *n);
        *bytes = larger;
        got = gzread(file, *bytes + *n, CHUNK);
    }
    int code;
    const char *text = gzerror(file, &code);
    return got < 0 || (code != Z_OK && code != Z_STREAM_END) ? fail("%s: %s", path, text)
                                                             : EXIT_GO_ON;
}

static int split(const char *path, const unsigned char *bytes, size_t size, struct idx *images,
                 struct idx *labels)
{
    const size_t n_labels = size % (IMAGE + 1) == 0 ? 1 : 2, record = IMAGE + n_labels;
    const size_t n = size / record;
    if (n == 0 || size % record != 0)
        return fail("%s: %zu bytes are no records of CIFAR-10 (3073 bytes) or CIFAR-100 (3074)",
                    path, size);
    *images = (struct idx){4, {n, 3, 32, 32}, n * IMAGE, malloc(n * IMAGE)};
    *labels = (struct idx){1, {n}, n, malloc(n)};
    if (images->bytes == NULL || labels->bytes == NULL)
        return fail("%s: no memory for %zu images", path, n);
    for (size_t i = 0; i < n; i++) {
        labels->bytes[i] = bytes[i * record + n_labels - 1];
        memcpy(images->bytes + i * IMAGE, bytes + i * record + n_labels, IMAGE);
    }
    return EXIT_GO_ON;
}

int cifar_read(const char *path, struct idx *images, struct idx *labels)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    *images = *labels = (struct idx){0};
    errno = 0;
    gzFile file = idx_gzopen(path);
    if (file == NULL)
        return fail("%s: %s", path, errno != 0 ? strerror(errno) : "no memory");
    int rc = read_all(file, path, &bytes, &size);
    gzclose_r(file);
    if (rc == EXIT_GO_ON)
        rc = split(path, bytes, size, images, labels);
    free(bytes);
    if (rc != EXIT_GO_ON) {
        idx_free(images);
        idx_free(labels);
    }
    return rc;
}
