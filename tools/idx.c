/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "idx.h"
#include "os.h"
#include "report.h"

#define TYPE_UNSIGNED_BYTE 8
#define MAX_BYTES          ((size_t)1 << 32) /* a header that claims more is not believed */
#define READ_CHUNK         ((size_t)1 << 20)

gzFile idx_gzopen(const char *path)
{
    int file;
    const int error = aimci_os_open(path, true, &file);
    gzFile gz = error == 0 ? gzdopen(file, "rb") : NULL;
    if (error == 0 && gz == NULL)
        aimci_os_close(file);
    errno = error;
    return gz;
}

/* Read n bytes; fewer only at the end of the file or on an error, which *complaint then names. */
static size_t read_bytes(gzFile file, unsigned char *to, size_t n, const char **complaint)
{
    size_t done = 0;
    *complaint = NULL;
    while (done < n) {
        const size_t left = n - done;
        const int got = gzread(file, to + done, (unsigned)(left < READ_CHUNK ? left : READ_CHUNK));
        if (got > 0) {
            done += (size_t)got;
            continue;
        }
        int code;
        const char *text = gzerror(file, &code);
        if (code == Z_ERRNO)
            *complaint = strerror(errno);
        else if (code != Z_OK)
            *complaint = code == Z_BUF_ERROR ? "the gzip stream is cut short" : text;
        break;
    }
    return done;
}

static int read_header(gzFile file, const char *path, struct idx *idx)
{
    unsigned char magic[4], size[4];
    const char *complaint;
    if (read_bytes(file, magic, sizeof magic, &complaint) < sizeof magic)
        return fail("%s: %s", path, complaint ? complaint : "too short to be an IDX file");
    if (magic[0] != 0 || magic[1] != 0)
        return fail("%s: not an IDX file (it begins with %02x %02x %02x %02x)", path, magic[0],
                    magic[1], magic[2], magic[3]);
    if (magic[2] != TYPE_UNSIGNED_BYTE)
        return fail("%s: IDX values of type 0x%02x; only unsigned bytes (0x08) are read", path,
                    magic[2]);
    if (magic[3] == 0 || magic[3] > IDX_MAX_DIMS)
        return fail("%s: IDX file of %d dimensions; 1 to %d are read", path, magic[3],
                    IDX_MAX_DIMS);
    idx->n_dims = magic[3];
    idx->n_bytes = 1;
    for (size_t i = 0; i < idx->n_dims; i++) {
        if (read_bytes(file, size, sizeof size, &complaint) < sizeof size)
            return fail("%s: %s", path, complaint ? complaint : "ends within the IDX header");
        idx->dims[i] =
            (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
        if (idx->dims[i] == 0)
            return fail("%s: the IDX header says size 0", path);
        if (idx->dims[i] > MAX_BYTES / idx->n_bytes)
            return fail("%s: the IDX header claims more than 4 GiB", path);
        idx->n_bytes *= idx->dims[i];
    }
    return EXIT_GO_ON;
}

/* Memory grows with what is really there, whatever the header claims. */
static int read_values(gzFile file, const char *path, struct idx *idx, size_t *got,
                       const char **complaint)
{
    size_t room = 0;
    *got = 0;
    do {
        room = room < idx->n_bytes / 4 ? 2 * room + READ_CHUNK : idx->n_bytes;
        room = room < idx->n_bytes ? room : idx->n_bytes;
        unsigned char *larger = realloc(idx->bytes, room);
        if (larger == NULL)
            return fail("%s: no memory for %zu bytes", path, room);
        idx->bytes = larger;
        *got += read_bytes(file, idx->bytes + *got, room - *got, complaint);
    } while (*got == room && room < idx->n_bytes);
    return EXIT_GO_ON;
}

static int read_body(gzFile file, const char *path, struct idx *idx)
{
    unsigned char extra;
    size_t got;
    const char *complaint = NULL;
    const int rc = read_values(file, path, idx, &got, &complaint);
    if (rc != EXIT_GO_ON)
        return rc;
    if (complaint != NULL)
        return fail("%s: %s", path, complaint);
    if (got < idx->n_bytes)
        return fail("%s: cut short: %zu values of %zu", path, got, idx->n_bytes);
    /* looking for one more byte also makes zlib check the sum at the end of the stream */
    if (read_bytes(file, &extra, 1, &complaint) != 0)
        return fail("%s: longer than its header says (%zu values)", path, idx->n_bytes);
    if (complaint != NULL)
        return fail("%s: %s", path, complaint);
    return EXIT_GO_ON;
}

int idx_read(const char *path, struct idx *idx)
{
    *idx = (struct idx){0};
    errno = 0;
    gzFile file = idx_gzopen(path);
    if (file == NULL)
        return fail("%s: %s", path, errno != 0 ? strerror(errno) : "no memory");
    int rc = read_header(file, path, idx);
    if (rc == EXIT_GO_ON)
        rc = read_body(file, path, idx);
    gzclose_r(file);
    if (rc != EXIT_GO_ON)
        idx_free(idx);
    return rc;
}

void idx_free(struct idx *idx)
{
    free(idx->bytes);
    *idx = (struct idx){0};
}
