/* SPDX-License-Identifier: MIT */
/* Data sets: labelled vectors, scaled to 0 ... 1, in a part to train on and a part to test on. */
#ifndef AIMC_TOOLS_DATA_H
#define AIMC_TOOLS_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_NAMES "digits, mnist, fashion-mnist, cifar10"

struct samples {
    size_t n;
    float *x;         /* [n][n_in], owned */
    uint32_t *labels; /* [n], owned */
};

struct dataset {
    size_t n_in;
    size_t n_classes; /* largest label of the loaded parts + 1 */
    struct samples train, test;
};

enum { DATA_TRAIN = 1, DATA_TEST = 2 }; /* parts, or-ed */

/*
 * Load a data set by its name, or from "images,labels[,test-images,test-labels]": IDX files, plain
 * or gzipped, or "train.bin[,test.bin]" of CIFAR's binary version. Where there is no test part of
 * its own, the third of every five samples of a class, in the order of the file, is held out as
 * one. input_max is the input that becomes 1; 0 means what the data set says (files: 255).
 * EXIT_GO_ON, or the exit code after a sentence.
 */
int data_load(const char *name, double input_max, unsigned parts, struct dataset *data);
void data_free(struct dataset *data);

/* Is this the name of one of DATA_NAMES, and no file? */
bool data_is_known(const char *name);

/* Order of training in one epoch: a permutation of 0 ... n - 1 that depends on seed and epoch
 * alone. */
void data_shuffle(size_t *order, size_t n, uint64_t seed, uint64_t epoch);

#endif
