/* SPDX-License-Identifier: MIT */
/* Inputs of any network from files: what fits them, turned and scaled. */
#ifndef AIMC_TOOLS_INPUTS_H
#define AIMC_TOOLS_INPUTS_H

#include <aimc/aimc.h>

#include "args.h"
#include "array.h"

enum { MAX_PORTS = 16 };

/* What the command line says of them. */
struct inputs {
    struct texts data; /* a file for each input */
    struct table_options table;
    double input_max; /* becomes 1; NOT_GIVEN: as they are */
    const char *mean, *std;
    bool channels_last;
};

/* An input or output of the network. */
struct port {
    size_t n_dims, dims[6], size;
    char text[96]; /* its shape */
};

struct ports {
    size_t n_in, n_out;
    struct port in[MAX_PORTS], out[MAX_PORTS];
};

/* EXIT_GO_ON, or the exit code after a sentence. */
int inputs_find_ports(const aimc_network *net, struct ports *ports);

/* x[k] of every input; option is what the files were given by. What was read before a failure is
 * the caller's to free, too. */
int inputs_load(const struct inputs *inputs, const char *option, const char *model,
                const struct ports *ports, struct array x[MAX_PORTS]);

/* How they are turned and scaled: options beside that of the files. */
#define INPUT_ARGS(inputs)                                                                         \
    {"input-max",                                                                                  \
     ARG_NUMBER,                                                                                   \
     &(inputs).input_max,                                                                          \
     "X",                                                                                          \
     "input that becomes 1 (default: inputs as they are)",                                         \
     1e-6,                                                                                         \
     1e9},                                                                                         \
        {"mean",                                                                                   \
         ARG_TEXT,                                                                                 \
         &(inputs).mean,                                                                           \
         "X,X...",                                                                                 \
         "subtract after that, from each channel or all",                                          \
         0,                                                                                        \
         0},                                                                                       \
        {"std", ARG_TEXT, &(inputs).std, "X,X...", "divide by it after that", 0, 0},               \
    {                                                                                              \
        "channels-last", ARG_FLAG, &(inputs).channels_last, "",                                    \
            "images in the files are height x width x channels", 0, 0                              \
    }

#endif
