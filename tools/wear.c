/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "wear.h"

/* ---- gathering ------------------------------------------------------------------------------ */

/* Room for the devices of one array at the end. */
static float *grow(struct wear *w, size_t n)
{
    float *pulses = realloc(w->pulses, (w->n + n) * sizeof *pulses);
    if (pulses == NULL)
        return NULL;
    w->pulses = pulses;
    w->n += n;
    return pulses + w->n - n;
}

/* Counts of the tile's own devices are parameters of the tile; fast arrays and the like have
 * devices of their own, whose counts are matrices of the optimizer. */
static const char *name_of(const aimc_tile *tile, const aimc_optimizer *optimizer, size_t i,
                           char *room, size_t size)
{
    if (optimizer == NULL)
        return aimc_tile_get_parameter_name(tile, i);
    return aimc_optimizer_get_matrix_name(optimizer, i, room, size) > 0 ? room : NULL;
}

/* optimizer NULL: the tile's own. */
static int gather_counts(const aimc_tile *tile, const aimc_optimizer *optimizer, struct wear *w)
{
    const size_t n_in = aimc_tile_get_n_in(tile), n = aimc_tile_get_n_out(tile) * n_in;
    const char *name;
    char room[96];
    for (size_t i = 0; (name = name_of(tile, optimizer, i, room, sizeof room)) != NULL; i++) {
        if (strstr(name, "pulses") == NULL)
            continue;
        float *to = grow(w, n);
        if (to == NULL)
            return fail("no memory for the pulses of %zu devices", n);
        const aimc_status st = optimizer == NULL
                                   ? aimc_tile_get_parameter(tile, name, to, n_in)
                                   : aimc_optimizer_get_matrix(optimizer, name, to, n_in);
        if (st != AIMC_OK)
            return fail_library();
    }
    return EXIT_GO_ON;
}

static int gather_layer(aimc_matrix *matrix, struct wear *w)
{
    int rc = EXIT_GO_ON;
    for (size_t t = 0; t < aimc_matrix_count_tiles(matrix) && rc == EXIT_GO_ON; t++) {
        const aimc_tile *tile = aimc_matrix_get_tile(matrix, t, NULL, NULL);
        const aimc_optimizer *optimizer = aimc_matrix_get_optimizer(matrix, t);
        rc = gather_counts(tile, NULL, w);
        if (rc == EXIT_GO_ON && optimizer != NULL)
            rc = gather_counts(tile, optimizer, w);
    }
    return rc;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void sum_up(struct wear *w)
{
    double sum = 0;
    qsort(w->pulses, w->n, sizeof *w->pulses, by_value);
    const double most = fmax((double)w->pulses[w->n - 1], 1);
    for (size_t i = 0; i < w->n; i++) {
        const size_t bin = (size_t)((double)w->pulses[i] / most * WEAR_BINS);
        w->bins[bin < WEAR_BINS ? bin : WEAR_BINS - 1]++;
        sum += (double)w->pulses[i];
    }
    w->mean = sum / (double)w->n;
}

int wear_gather(aimc_network *net, long k, struct wear *w)
{
    int rc = EXIT_GO_ON;
    *w = (struct wear){0};
    for (size_t i = 0; i < aimc_network_count_matrices(net) && rc == EXIT_GO_ON; i++)
        if (k == WEAR_ALL || (size_t)k == i)
            rc = gather_layer(aimc_network_get_matrix(net, i), w);
    if (rc == EXIT_GO_ON && w->n > 0)
        sum_up(w);
    return rc;
}

void wear_free(struct wear *w)
{
    free(w->pulses);
    *w = (struct wear){0};
}

double wear_quantile(const struct wear *w, double share)
{
    const size_t i = (size_t)(share * (double)w->n);
    return (double)w->pulses[i < w->n ? i : w->n - 1];
}

/* ---- telling -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double share;
} quantiles[] = {{"median", 0.5}, {"p99", 0.99}, {"most", 1}};

void wear_put_json(struct json *json, const struct wear *w, double endurance)
{
    if (w->n == 0)
        return;
    json_open(json, "wear", '{');
    json_put_integer(json, "devices", w->n);
    json_put_number(json, "mean", w->mean);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        json_put_number(json, quantiles[i].name, wear_quantile(w, quantiles[i].share));
    json_put_number(json, "endurance", endurance);
    json_put_number(json, "endurance_used_most", wear_quantile(w, 1) / endurance);
    json_put_number(json, "runs_until_first_fails", endurance / wear_quantile(w, 1));
    json_put_number(json, "high", fmax(wear_quantile(w, 1), 1));
    json_put_counts(json, "counts", w->bins, WEAR_BINS);
    json_close(json, '}');
}

void wear_print(const struct wear *w, double endurance, double devices)
{
    if (w->n == 0) {
        printf(
            "pulses of each device were not counted: train with --set device.count_pulses=true\n");
        return;
    }
    if ((double)w->n < devices)
        printf("the other devices were not counted one by one\n");
    printf("pulses of %zu devices: mean %.4g", w->n, w->mean);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        printf(", %s %.4g", quantiles[i].name, wear_quantile(w, quantiles[i].share));
    printf("\nafter %.4g such runs the first device has its %.3g pulses\n",
           endurance / wear_quantile(w, 1), endurance);
    const double width = fmax(wear_quantile(w, 1), 1) / WEAR_BINS;
    for (size_t b = 0; b < WEAR_BINS; b++)
        printf("  %10.4g ... %10.4g  %10.0f\n", width * (double)b, width * (double)(b + 1),
               (double)w->bins[b]);
}
