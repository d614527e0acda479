/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "tile/response.h"

/* Devices in the sample: enough for a mean within a percent where single pulses are coarse and
 * noisy, fewer where there are many fine ones. */
enum { LEAST = 128, MOST = 2048, STATES_TIMES_SAMPLES = 1 << 20 };
enum { POINTS = 512, LONGEST = 1 << 19 };

typedef struct sample {
    aimci_array *array;
    int32_t *count;
    float *before;
    size_t n;
    float direction;
    uint64_t update;
} sample;

static void sample_clear(aimc_context *ctx, sample *s)
{
    aimci_array_destroy(s->array);
    aimci_free(ctx, s->count);
    aimci_free(ctx, s->before);
}

/* Two word lines, because devices of the last may be perfect. The seed is the same for all tiles: a
 * device has one response. */
static aimc_status sample_init(sample *s, const aimc_device *device, bool up)
{
    const double n = STATES_TIMES_SAMPLES / fmax(device->info.num_states, 1);
    s->n = (size_t)fmin(fmax(n, LEAST), MOST);
    s->direction = up ? 1.0f : -1.0f;
    const aimc_status st = aimci_array_create(device, s->n, 2, 1, "tile_create", &s->array);
    if (st)
        return st;
    s->count = aimci_calloc(device->ctx, s->array->ld, sizeof *s->count);
    s->before = aimci_calloc(device->ctx, s->array->ld, sizeof *s->before);
    return s->count && s->before ? AIMC_OK
                                 : aimci_fail(AIMC_ERR_NOMEM, "no memory to measure a response");
}

static double sample_reset(sample *s)
{
    aimci_array_reset(s->array, 0, 1, 1.0f);
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += (double)(s->direction * s->array->w[i]);
    return sum / (double)s->n;
}

/* Sends n pulses to all and returns their mean weight. */
static double sample_pulse(sample *s, int32_t n)
{
    const int32_t count = s->direction > 0 ? n : -n;
    for (size_t i = 0; i < s->n; i++)
        s->count[i] = count;
    const aimci_pulse_key key = aimci_array_pulse_key(s->array, s->update++, 0);
    aimci_array_pulse(s->array, 0, s->count, &key);
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += (double)(s->direction * s->array->w[i]);
    return sum / (double)s->n;
}

/* Every second point, and strides twice as long from now on. */
static void thin_out(aimci_response *r)
{
    r->n = r->n / 2 + 1;
    for (size_t k = 0; k < r->n; k++)
        r->mean[k] = r->mean[2 * k];
    r->stride *= 2;
}

/* Points until twice as many pulses gain less than a percent more. Where noise lets the mean fall,
 * it stays. */
static void measure_mean(aimci_response *r, sample *s)
{
    r->mean[0] = (float)sample_reset(s);
    r->n = 1;
    r->stride = 1;
    while ((double)r->n * r->stride < LONGEST) {
        const float mean = (float)sample_pulse(s, (int32_t)r->stride);
        r->mean[r->n] = fmaxf(mean, r->mean[r->n - 1]);
        r->n++;
        const float gain = r->mean[r->n - 1] - r->mean[0];
        if (r->n > POINTS / 4 && r->mean[r->n - 1] - r->mean[r->n / 2] <= 0.01f * gain)
            return;
        if (r->n == POINTS + 1)
            thin_out(r);
    }
}

static void measure_noise(aimci_response *r, sample *s)
{
    const double half = 0.5 * (double)(r->mean[0] + r->mean[r->n - 1]);
    const double n = aimci_response_pulses(r, half);
    sample_reset(s);
    sample_pulse(s, (int32_t)fmax(n, 1));
    memcpy(s->before, s->array->w, s->n * sizeof *s->before);
    sample_pulse(s, 1);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double step = (double)(s->array->w[i] - s->before[i]);
        sum += step;
        squares += step * step;
    }
    const double mean = sum / (double)s->n;
    r->noise = mean != 0 ? sqrt(fmax(squares / (double)s->n - mean * mean, 0)) / fabs(mean) : 0;
}

aimc_status aimci_response_init(aimci_response *r, const aimc_device *device, bool up)
{
    sample s = {0};
    *r = (aimci_response){.ctx = device->ctx};
    r->mean = aimci_calloc(device->ctx, POINTS + 1, sizeof *r->mean);
    aimc_status st = r->mean ? sample_init(&s, device, up)
                             : aimci_fail(AIMC_ERR_NOMEM, "no memory to measure a response");
    if (!st) {
        measure_mean(r, &s);
        measure_noise(r, &s);
    }
    sample_clear(device->ctx, &s);
    if (st)
        aimci_response_clear(r);
    return st;
}

void aimci_response_clear(aimci_response *r)
{
    if (r->ctx)
        aimci_free(r->ctx, r->mean);
    r->mean = NULL;
}

double aimci_response_pulses(const aimci_response *r, double w)
{
    if (r->n < 2 || w > (double)r->mean[r->n - 1])
        return (double)(r->n - 1) * r->stride;
    size_t lo = 0, hi = r->n - 1; /* the first point that is not below w, if not the first two */
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if ((double)r->mean[mid] < w)
            lo = mid;
        else
            hi = mid;
    }
    const double low = (double)r->mean[lo], gain = (double)r->mean[hi] - low;
    return gain > 0 ? ((double)lo + (w - low) / gain) * r->stride : (double)lo * r->stride;
}
