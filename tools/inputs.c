/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { MAX_CHANNELS = 64 };

static int port_of(const aimc_network *net, aimc_value value, struct port *p)
{
    if (aimc_network_get_shape(net, value, p->dims, &p->n_dims) != AIMC_OK)
        return fail_library();
    size_t length = 0;
    p->size = 1;
    for (size_t d = 0; d < p->n_dims; d++) {
        p->size *= p->dims[d];
        length += (size_t)snprintf(p->text + length, sizeof p->text - length, "%s%zu",
                                   d ? " x " : "", p->dims[d]);
    }
    return EXIT_GO_ON;
}

int inputs_find_ports(const aimc_network *net, struct ports *j)
{
    aimc_value value;
    int rc = EXIT_GO_ON;
    j->n_in = aimc_network_count_inputs(net);
    j->n_out = aimc_network_count_outputs(net);
    if (j->n_in > MAX_PORTS || j->n_out > MAX_PORTS)
        return fail("the network has more than %d inputs or outputs", MAX_PORTS);
    for (size_t k = 0; k < j->n_in && rc == EXIT_GO_ON; k++)
        rc = aimc_network_get_input(net, k, &value) == AIMC_OK ? port_of(net, value, &j->in[k])
                                                               : fail_library();
    for (size_t k = 0; k < j->n_out && rc == EXIT_GO_ON; k++)
        rc = aimc_network_get_output(net, k, &value) == AIMC_OK ? port_of(net, value, &j->out[k])
                                                                : fail_library();
    return rc;
}

/* Axes of length 1 do not matter: 28 x 28 is 1 x 28 x 28. A row of as many numbers is one, too. */
static bool fits(const struct array *a, const struct port *p, bool turned)
{
    size_t d = 0;
    if (array_size(a, 1) != p->size)
        return false;
    if (a->n_dims == 2)
        return true;
    for (size_t k = 1; k < a->n_dims; k++) {
        if (a->dims[k] == 1)
            continue;
        while (d < p->n_dims && p->dims[(d + turned) % p->n_dims] == 1)
            d++;
        if (d == p->n_dims || p->dims[(d++ + turned) % p->n_dims] != a->dims[k])
            return false;
    }
    return true;
}

/* [positions][channels] to [channels][positions] of every sample. */
static int turn(struct array *a, const struct port *p)
{
    const size_t channels = p->dims[0], positions = p->size / channels;
    float *sample = malloc(p->size * sizeof *sample);
    if (sample == NULL)
        return fail("no memory");
    for (size_t s = 0; s < a->dims[0]; s++) {
        float *v = a->values + s * p->size;
        memcpy(sample, v, p->size * sizeof *sample);
        for (size_t c = 0; c < channels; c++)
            for (size_t i = 0; i < positions; i++)
                v[c * positions + i] = sample[i * channels + c];
    }
    free(sample);
    return EXIT_GO_ON;
}

/* "0.4,0.5,0.6": one number for each channel, or one for all. */
static int parse_numbers(const char *option, const char *text, size_t channels, double usual,
                         double *v)
{
    size_t n = 0;
    for (size_t c = 0; c < channels; c++)
        v[c] = usual;
    while (text != NULL) {
        char word[40];
        const size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
                 text);
        if (n == channels || length >= sizeof word || !number_of_text(word, &v[n++]))
            return fail_usage("--%s: give one number, or one for each of the %zu channels, with "
                              "commas between them",
                              option, channels);
        text = text[length] != '\0' ? text + length + 1 : NULL;
    }
    for (size_t c = 1; n == 1 && c < channels; c++)
        v[c] = v[0];
    return n <= 1 || n == channels
               ? EXIT_GO_ON
               : fail_usage("--%s: %zu numbers; the input has %zu channels", option, n, channels);
}

/* (x / input_max - mean) / std */
static int scale(const struct inputs *q, const struct port *p, struct array *a)
{
    double mean[MAX_CHANNELS], std[MAX_CHANNELS];
    const size_t channels = p->dims[0], positions = p->size / channels;
    if (q->mean == NULL && q->std == NULL && !WAS_GIVEN(q->input_max))
        return EXIT_GO_ON;
    const size_t known = channels < MAX_CHANNELS ? channels : 1;
    int rc = parse_numbers("mean", q->mean, known, 0, mean);
    if (rc == EXIT_GO_ON)
        rc = parse_numbers("std", q->std, known, 1, std);
    const double most = WAS_GIVEN(q->input_max) ? q->input_max : 1;
    for (size_t k = 0; k < array_size(a, 0) && rc == EXIT_GO_ON; k++) {
        const size_t c = known == 1 ? 0 : k % p->size / positions;
        if (!(std[c] > 0))
            return fail_usage("--std: %g is not above 0", std[c]);
        a->values[k] = (float)(((double)a->values[k] / most - mean[c]) / std[c]);
    }
    return rc;
}

static int load_input(const struct inputs *q, const char *model, const struct ports *ports,
                      size_t k, struct array *x)
{
    const char *path = q->data.items[k];
    const struct port *p = &ports->in[k];
    struct array *a = &x[k];
    int rc = array_read(path, &q->table, a);
    if (rc != EXIT_GO_ON)
        return rc;
    if (!fits(a, p, q->channels_last && a->n_dims > 2))
        return fail("%s: samples of %zu numbers in %zu axes do not fit the input of %s, %s%s", path,
                    array_size(a, 1), a->n_dims - 1, model, p->text,
                    fits(a, p, true) ? "; --channels-last turns them" : "");
    if (k > 0 && a->dims[0] != x[0].dims[0])
        return fail("%s has %zu samples, %s has %zu", path, a->dims[0], q->data.items[0],
                    x[0].dims[0]);
    if (q->channels_last && p->n_dims > 1)
        rc = turn(a, p);
    return rc == EXIT_GO_ON ? scale(q, p, a) : rc;
}

int inputs_load(const struct inputs *q, const char *option, const char *model,
                const struct ports *ports, struct array x[MAX_PORTS])
{
    int rc = EXIT_GO_ON;
    if (q->data.n != ports->n_in)
        rc = fail_usage("%s has %zu inputs: give --%s once for each, in their order", model,
                        ports->n_in, option);
    for (size_t k = 0; k < ports->n_in && rc == EXIT_GO_ON; k++)
        rc = load_input(q, model, ports, k, x);
    return rc;
}
