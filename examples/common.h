/* SPDX-License-Identifier: MIT */
/* What the examples share: a check of every call, small random numbers, the digits. */
#ifndef AIMC_EXAMPLES_COMMON_H
#define AIMC_EXAMPLES_COMMON_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <aimc/aimc.h>

/* Every call of libaimc returns a status; the last error says in a sentence what went wrong. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if ((call) != AIMC_OK) {                                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, aimc_get_last_error());             \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)

/* Uniform in -1 ... 1; a fixed start, so that an example prints the same each time. */
static uint32_t random_state = 1;

static inline float random_input(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / 8388608.0f - 1.0f;
}

/* Standard normal, enough so for an example: twelve uniforms. */
static inline float random_normal(void)
{
    float sum = 0.0f;
    for (int k = 0; k < 12; k++)
        sum += random_input();
    return sum / 2.0f;
}

/* A table for plotting when a path was given; NULL otherwise. */
static inline FILE *open_table(int argc, char **argv, const char *header)
{
    FILE *f = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (argc > 1 && !f) {
        perror(argv[1]);
        exit(EXIT_FAILURE);
    }
    if (f)
        fprintf(f, "%s\n", header);
    return f;
}

/* A number of the command line; what stands for it when it is not there. */
static inline double number(int argc, char **argv, int k, double otherwise)
{
    if (k >= argc)
        return otherwise;
    char *end;
    const double value = strtod(argv[k], &end);
    if (end == argv[k] || *end != '\0' || !(value >= 0 && value <= 1e9)) {
        fprintf(stderr, "%s: a number 0 ... 1e9 was expected\n", argv[k]);
        exit(EXIT_FAILURE);
    }
    return value;
}

/* Settings "field=value field=value ..." */
static inline void configure(aimc_config *config, const char *settings)
{
    char field[64], value[64];
    int n;
    for (; sscanf(settings, " %63[^=]=%63s%n", field, value, &n) == 2; settings += n)
        TRY(aimc_config_set_text(config, field, value));
}

#endif
