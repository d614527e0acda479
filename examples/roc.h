/* SPDX-License-Identifier: MIT */
/* Scores of samples, those of class 0 against all others, and the ROC that they give. */
#ifndef AIMC_EXAMPLES_ROC_H
#define AIMC_EXAMPLES_ROC_H

#include "samples.h"

struct scored {
    float score;
    int is_wake;
};

static inline int by_score(const void *a, const void *b)
{
    const float x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x < y) - (x > y);
}

/* How far class 0 is ahead of the best other one. */
static inline void score(aimc_network *net, const struct samples *s, size_t classes,
                         struct scored *out)
{
    float *logits = malloc(s->n * classes * sizeof *logits);
    if (!logits)
        exit(EXIT_FAILURE);
    TRY(aimc_network_predict(net, s->n, s->x, logits));
    for (size_t i = 0; i < s->n; i++) {
        float best = -HUGE_VALF;
        for (size_t k = 1; k < classes; k++)
            best = fmaxf(best, logits[i * classes + k]);
        out[i].score = logits[i * classes] - best;
        out[i].is_wake = s->label[i] == 0;
    }
    free(logits);
}

/* From the strictest threshold to the loosest; scores are sorted. The area counts, for every false
 * alarm, the wake words that are found before it. */
static inline double roc(struct scored *s, size_t n, double noise)
{
    size_t n_wake = 0, found = 0, alarms = 0;
    double area = 0;
    for (size_t i = 0; i < n; i++)
        n_wake += (size_t)s[i].is_wake;
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0; i < n; i++) {
        const int is_wake = s[i].is_wake;
        found += (size_t)is_wake;
        alarms += (size_t)!is_wake;
        area += is_wake ? 0 : (double)found / (double)n_wake / (double)(n - n_wake);
        if (i + 1 == n || s[i + 1].is_wake < is_wake) /* where a run of wake words ends */
            printf("%6.2f %8.4f %8.4f\n", noise, (double)alarms / (double)(n - n_wake),
                   (double)found / (double)n_wake);
    }
    printf("# noise %.2f: area under the curve %.4f\n", noise, area);
    return area;
}

static inline double measure(aimc_network *net, const struct samples *s, size_t classes,
                             double noise)
{
    struct scored *scores = malloc(s->n * sizeof *scores);
    if (!scores)
        exit(EXIT_FAILURE);
    score(net, s, classes, scores);
    const double area = roc(scores, s->n, noise);
    free(scores);
    return area;
}

#endif
