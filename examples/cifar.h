/* SPDX-License-Identifier: MIT */
/* Images of CIFAR-10 in its binary format, gzipped or not. */
#ifndef AIMC_EXAMPLES_CIFAR_H
#define AIMC_EXAMPLES_CIFAR_H

#include <zlib.h>

#include "samples.h"

enum { CIFAR_PIXELS = 3 * 32 * 32 };

/* Pixels 0 ... 1 for ResNet-8, with mean 0 and standard deviation 1 for ResNet-20. */
static inline struct samples read_cifar(const char *path, size_t n, int layers)
{
    static const float mean[3] = {0.485f, 0.456f, 0.406f}, std[3] = {0.229f, 0.224f, 0.225f};
    struct samples s = make_samples(n, CIFAR_PIXELS);
    unsigned char record[CIFAR_PIXELS + 1];
    gzFile file = gzopen(path, "rb");
    for (size_t i = 0; i < n; i++) {
        if (!file || gzread(file, record, sizeof record) != (int)sizeof record) {
            fprintf(stderr, "cannot read %zu images from %s\n", n, path);
            exit(EXIT_FAILURE);
        }
        s.label[i] = record[0];
        for (size_t j = 0; j < CIFAR_PIXELS; j++) {
            const float v = (float)record[j + 1] / 255;
            s.x[i * CIFAR_PIXELS + j] = layers == 8 ? v : (v - mean[j / 1024]) / std[j / 1024];
        }
    }
    gzclose(file);
    return s;
}

#endif
