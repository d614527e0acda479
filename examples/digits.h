/* SPDX-License-Identifier: MIT */
/* The 1,797 8x8 digits of data/digits, with the third of every five of a class held out to test. */
#ifndef AIMC_EXAMPLES_DIGITS_H
#define AIMC_EXAMPLES_DIGITS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#ifndef DIGITS_DIR
#define DIGITS_DIR "data/digits"
#endif

enum { DIGITS = 1797, PIXELS = 64, CLASSES = 10, N_TRAIN = 1438, N_TEST = 359 };

struct digits {
    float train_x[N_TRAIN][PIXELS], test_x[N_TEST][PIXELS]; /* 0 = white ... 1 = ink */
    uint32_t train_label[N_TRAIN], test_label[N_TEST];
};

/* An IDX file is a header and then one byte per value. */
static inline void read_idx(const char *path, unsigned header, unsigned char *bytes, unsigned n)
{
    unsigned char skipped[16];
    gzFile file = gzopen(path, "rb");
    if (!file || gzread(file, skipped, header) != (int)header || gzread(file, bytes, n) != (int)n) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(EXIT_FAILURE);
    }
    gzclose(file);
}

static inline void read_digits(struct digits *d)
{
    static unsigned char pixels[DIGITS][PIXELS], labels[DIGITS];
    read_idx(DIGITS_DIR "/digits-images-idx3-ubyte.gz", 16, pixels[0], sizeof pixels);
    read_idx(DIGITS_DIR "/digits-labels-idx1-ubyte.gz", 8, labels, sizeof labels);
    int seen[CLASSES] = {0};
    for (int i = 0, n_train = 0, n_test = 0; i < DIGITS; i++) {
        const int held_out = seen[labels[i] % CLASSES]++ % 5 == 2;
        float *x = held_out ? d->test_x[n_test] : d->train_x[n_train];
        for (int j = 0; j < PIXELS; j++)
            x[j] = (float)pixels[i][j] / 16.0f;
        *(held_out ? &d->test_label[n_test++] : &d->train_label[n_train++]) = labels[i];
    }
}

#endif
