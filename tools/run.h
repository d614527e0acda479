/* SPDX-License-Identifier: MIT */
/* The options of a training run, and the note in the model file that keeps them. */
#ifndef AIMC_TOOLS_RUN_H
#define AIMC_TOOLS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Everything that shapes a run and is not in the network itself. Texts are NULL and numbers
 * NOT_GIVEN until known. Integers are held as double, which is exact up to 2^53.
 */
struct run {
    const char *data;       /* data set, or files */
    const char *network;    /* document of the network, or NULL: a perceptron of these */
    const char *layers;     /* hidden layers: "256,128" or "none" */
    const char *activation; /* "tanh", "relu", "sigmoid" */
    const char *device;     /* device, layer preset, or "none" */
    const char *algorithm;  /* optimizer; NULL: the layer's own */
    const char *named;      /* by a note: files of data, which nobody opens unless they are given */
    double input_max;       /* input that becomes 1; 0: what the data set says */
    double limit;           /* training samples used; 0: all */
    double n_train;         /* training samples there were */
    double epochs, batch, lr, lr_decay, seed;
};

/* All unknown. */
#define RUN_UNKNOWN                                                                                \
    {                                                                                              \
        .input_max = NOT_GIVEN, .limit = NOT_GIVEN, .n_train = NOT_GIVEN, .epochs = NOT_GIVEN,     \
        .batch = NOT_GIVEN, .lr = NOT_GIVEN, .lr_decay = NOT_GIVEN, .seed = NOT_GIVEN              \
    }

/* Take from other what run does not know yet. */
void run_fill(struct run *run, const struct run *other);

/* Fill in the defaults that reach a decent accuracy on the run's data set. */
void run_fill_defaults(struct run *run);

/* On --resume, what the saved run fixes may not be given again. */
int run_check_resumable(const struct run *given);

/* The options as JSON, for aimc_network_set_note(); owned by the caller, NULL without memory. */
char *run_to_note(const struct run *run);

/*
 * Options from a note of run_to_note(). A model opens no files: data that are none of the known
 * sets become run->named. The texts live in *document, which the caller ends with
 * run_document_free(). EXIT_GO_ON or an exit code after a sentence that names the model file. With
 * optional set, a model without a note is no failure: everything stays unknown.
 */
int run_read_note(struct run *run, const char *note, const char *model_path, bool optional,
                  void **document);
void run_document_free(void *document);

/* What is given is completed from the note of the model; EXIT_GO_ON, or a sentence that says which
 * --data the note names. */
int run_complete(struct run *given, struct run *noted, const char *model_path);

/* Widths of the hidden layers in the text; SIZE_MAX when it is not a list of at most max widths. */
size_t run_parse_layers(const char *text, size_t *widths, size_t max);

#endif
