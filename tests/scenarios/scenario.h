/* SPDX-License-Identifier: MIT */
/* Scenarios: small runs through the public interface that end in one number. A scenario is data, a
 * function and a text of settings; groups multiply rows of settings with variants of them.
 *
 * Items of a text are "field=value", separated by ';'. Plain fields belong to the first
 * configuration of the function ("layer", say), those with '@' in front to the second
 * ("inference"), those with '#' say what the function does with them. "both" stands for "forward"
 * and "backward". */
#ifndef AIMCT_SCENARIO_H
#define AIMCT_SCENARIO_H

#include <stdbool.h>

#include "test_util.h"

/* FNV-1a with 64 bits over everything that a scenario computes. */
typedef struct digest {
    uint64_t value;
    bool skipped; /* this build cannot run it */
} digest;

void digest_bytes(digest *d, const void *bytes, size_t n);
void digest_floats(digest *d, const float *x, size_t n);
void digest_number(digest *d, uint64_t x);
void digest_double(digest *d, double x); /* every NaN counts as the same one */
void digest_doubles(digest *d, const double *x, size_t n);

/* The tensors of a safetensors file: what comes after its header. */
void digest_tensors(digest *d, const uint8_t *bytes, size_t n);
void digest_file(digest *d, const char *path);

void digest_counters(digest *d, const aimc_counters *c);
void digest_inference(digest *d, const aimc_inference_report *r);

typedef struct scenario_row {
    const char *name, *settings;
} scenario_row;

typedef void (*scenario_run)(aimc_context *ctx, const char *settings, digest *d);

/* One scenario for each row, or for each row and variant, named group/row/variant. */
typedef struct scenario_group {
    const char *name;
    scenario_run run;
    const char *base; /* settings before those of the row */
    const scenario_row *rows;
    const scenario_row *variants; /* may be NULL */
} scenario_group;

/* Each ends with a group without a name, rows with a row without one. */
extern const scenario_group scenario_devices[], scenario_optimizers[], scenario_reads[],
    scenario_parts[], scenario_inference[], scenario_networks[];

/* A configuration with the items of the text that have this mark ('\0': plain ones). */
aimc_config *scenario_config(aimc_context *ctx, const char *kind, const char *settings, char mark);
/* Value of an item "#name=value", copied to buf. */
bool scenario_word(const char *settings, const char *name, char *buf, size_t size);
double scenario_number(const char *settings, const char *name, double otherwise);
bool scenario_has(const char *settings, const char *name);

/* The device of a configuration of kind "layer", or the user device of these tests (#user). */
aimc_device *scenario_device(aimc_context *ctx, const aimc_config *layer, const char *settings);

enum { SCENARIO_OUT = 14, SCENARIO_IN = 19, SCENARIO_SIDE = 70, SCENARIO_BATCH = 8 };

/* A tile with weights of up to #w: #out and #in say its shape, #layer names another kind or preset
 * than "layer". With #unbound no optimizer is made. */
typedef struct scenario_tile {
    aimc_tile *tile;
    aimc_optimizer *optimizer; /* NULL when the layer has none */
    aimc_config *layer;
    aimc_device *device;
    size_t n_out, n_in;
} scenario_tile;

scenario_tile scenario_tile_open(aimc_context *ctx, const char *settings);
void scenario_tile_close(scenario_tile *t);

/* Reads in both directions. */
void digest_reads(digest *d, scenario_tile *t, uint64_t seed);
/* Weights, parameters of devices, fixed errors of the read-out, counters. */
void digest_tile(digest *d, const scenario_tile *t);
/* What the optimizer did and its matrices. */
void digest_optimizer(digest *d, const aimc_optimizer *optimizer, size_t n_out, size_t n_in);
/* Mini-batches first ... last - 1 with sparse inputs and gradients; #lr. */
void scenario_train(scenario_tile *t, const char *settings, size_t first, size_t last);
/* The tile as bytes, its tensors counted, and made again from them: it goes on. */
void scenario_reload(aimc_context *ctx, scenario_tile *t, digest *d);

/* A file that does not exist yet, in the folder for temporary ones. */
void scenario_temporary(char *path, size_t size);

#endif
