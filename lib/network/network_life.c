/* SPDX-License-Identifier: MIT */
/* The life of a network on a chip: digital layers onto tiles, programming, drift, compensation. */
#include <string.h>

#include <aimc/inference.h>

#include "inference/storage.h"
#include "network/layer.h"

/* ---- onto tiles ----------------------------------------------------------------------------- */

/* The same matrix on tiles, beside the old one: nothing is lost when it fails. */
static aimc_status make_analog(const aimci_layer *l, uint64_t seed, const aimc_config *config,
                               aimc_matrix **out)
{
    float *w = aimci_calloc(l->ctx, l->n_in * l->n_out, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    const aimc_status st = aimci_matrix_create(l->ctx, NULL, l->n_out, l->n_in, config, seed, out);
    if (!st) {
        aimci_matrix_get(l->matrix, w);
        aimci_matrix_set(*out, w);
    }
    aimci_free(l->ctx, w);
    return st;
}

static void replace_matrix(aimci_layer *l, aimc_matrix *matrix)
{
    aimc_matrix_destroy(l->matrix);
    l->matrix = matrix;
}

static bool is_digital(const aimci_layer *l)
{
    return l->matrix && aimci_matrix_is_digital(l->matrix);
}

aimc_status aimc_network_convert_to_analog(aimc_network *net, const aimc_config *config)
{
    if (!net || !config)
        return aimci_fail(AIMC_ERR_INVALID, "network_convert_to_analog: %s is NULL",
                          net ? "config" : "net");
    aimc_status st = aimci_config_expect("network_convert_to_analog", config, &aimci_kind_layer);
    if (st)
        return st;
    aimc_matrix **made = aimci_calloc(net->ctx, net->n_layers + 1, sizeof *made);
    if (!made)
        return aimci_fail(AIMC_ERR_NOMEM, "network_convert_to_analog: no memory");
    for (size_t k = 0; k < net->n_layers && !st; k++)
        if (is_digital(&net->layers[k]))
            st = make_analog(&net->layers[k],
                             aimci_random_derive(aimci_random_derive(net->seed, k), 1), config,
                             &made[k]);
    for (size_t k = 0; k < net->n_layers; k++) {
        if (st)
            aimc_matrix_destroy(made[k]);
        else if (made[k])
            replace_matrix(&net->layers[k], made[k]);
    }
    aimci_free(net->ctx, made);
    return st ? aimci_fail_within(st, "network_convert_to_analog: ") : AIMC_OK;
}

/* ---- program, drift, compensate ------------------------------------------------------------- */

static aimc_status check_analog(const char *caller, const aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    for (size_t k = 0; k < net->n_layers; k++)
        if (aimci_layer_analog(&net->layers[k]))
            return AIMC_OK;
    return aimci_fail(
        AIMC_ERR_STATE,
        "%s: no layer lies on tiles; aimc_network_convert_to_analog() puts them there", caller);
}

static aimc_status report_out(const char *caller, const aimc_inference_report *sum,
                              aimc_inference_report *report)
{
    return report ? aimci_struct_out(caller, report, sum, sizeof *sum, 8) : AIMC_OK;
}

aimc_status aimc_network_program(aimc_network *net, const aimc_config *config,
                                 aimc_inference_report *report)
{
    aimc_status st = check_analog("network_program", net);
    aimc_inference_report sum = {0};
    for (size_t k = 0; !st && k < net->n_layers; k++) {
        aimc_inference_report one = {.struct_size = sizeof one};
        aimc_matrix *matrix = aimci_layer_analog(&net->layers[k]);
        if (!matrix)
            continue;
        st = aimc_matrix_program(matrix, config, &one);
        if (st)
            return aimci_fail_within(st, "network_program: layer %zu: ", k);
        aimci_report_add(&sum, &one);
    }
    return st ? st : report_out("network_program", &sum, report);
}

aimc_status aimc_network_drift_programmed(aimc_network *net, double t_s,
                                          aimc_inference_report *report)
{
    aimc_status st = check_analog("network_drift_programmed", net);
    aimc_inference_report sum = {0};
    for (size_t k = 0; !st && k < net->n_layers; k++) {
        aimc_inference_report one = {.struct_size = sizeof one};
        aimc_matrix *matrix = aimci_layer_analog(&net->layers[k]);
        if (!matrix)
            continue;
        st = aimc_matrix_drift_programmed(matrix, t_s, &one);
        if (st)
            return aimci_fail_within(st, "network_drift_programmed: layer %zu: ", k);
        aimci_report_add(&sum, &one);
    }
    return st ? st : report_out("network_drift_programmed", &sum, report);
}

/* A layer is corrected with what the corrected ones before it give. */
static aimc_status compensate_layer(aimc_network *net, size_t k, size_t n,
                                    aimc_inference_report *sum)
{
    aimci_layer *l = &net->layers[k];
    aimc_inference_report one = {.struct_size = sizeof one};
    aimc_status st = AIMC_OK;
    if (aimci_layer_analog(l)) {
        st = aimc_matrix_compensate(l->matrix, n, n ? net->values[k] : NULL,
                                    aimci_leading_dimension(l->n_in), &one);
        if (!st)
            aimci_report_add(sum, &one);
    }
    if (!st && n)
        st = l->ops->forward(l, n, net->values[k], net->values[k + 1]);
    return st;
}

aimc_status aimc_network_compensate(aimc_network *net, size_t n, const float *x,
                                    aimc_inference_report *report)
{
    aimc_status st = check_analog("network_compensate", net);
    if (!st && x)
        st = aimci_network_load_batch("network_compensate", net, n, x);
    aimc_inference_report sum = {0};
    for (size_t k = 0; !st && k < net->n_layers; k++) {
        st = compensate_layer(net, k, x ? n : 0, &sum);
        if (st)
            return aimci_fail_within(st, "network_compensate: layer %zu: ", k);
    }
    return st ? st : report_out("network_compensate", &sum, report);
}

aimc_status aimc_network_unprogram(aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_unprogram: net is NULL");
    for (size_t k = 0; k < net->n_layers; k++)
        if (aimci_layer_analog(&net->layers[k]))
            (void)aimc_matrix_unprogram(net->layers[k].matrix); /* arguments are right */
    return AIMC_OK;
}

/* ---- input ranges --------------------------------------------------------------------------- */

static aimc_status run_batches(aimc_network *net, size_t n, const float *x)
{
    const size_t n_in = net->layers[0].n_in;
    aimc_status st = AIMC_OK;
    for (size_t b = 0; b < n && !st; b += AIMC_NETWORK_BATCH) {
        const size_t m = aimci_min_size(AIMC_NETWORK_BATCH, n - b);
        st = aimci_network_load_batch("network_calibrate", net, m, x + b * n_in);
        for (size_t k = 0; k < net->n_layers && !st; k++)
            st =
                net->layers[k].ops->forward(&net->layers[k], m, net->values[k], net->values[k + 1]);
    }
    return st;
}

aimc_status aimc_network_calibrate(aimc_network *net, size_t n, const float *x,
                                   const aimc_config *config)
{
    aimc_status st = check_analog("network_calibrate", net);
    if (!st)
        st = aimci_network_load_batch("network_calibrate", net,
                                      aimci_min_size(n, AIMC_NETWORK_BATCH), x);
    for (size_t k = 0; !st && k < net->n_layers; k++)
        if (aimci_layer_analog(&net->layers[k]))
            st = aimc_matrix_watch_inputs(net->layers[k].matrix, config);
    if (!st)
        st = run_batches(net, n, x);
    for (size_t k = 0; net && k < net->n_layers; k++) {
        aimc_matrix *matrix = aimci_layer_analog(&net->layers[k]);
        const aimc_status taken = matrix && !st ? aimc_matrix_take_input_range(matrix) : AIMC_OK;
        if (taken)
            st = aimci_fail_within(taken, "network_calibrate: layer %zu: ", k);
    }
    return st;
}

/* ---- digital storage ------------------------------------------------------------------------ */

/* Seeds of layers are derived with small numbers, those of stores with numbers above them. */
static uint64_t seed_of_store(const aimc_network *net)
{
    return aimci_random_derive(net->seed, (UINT64_C(1) << 32) + net->n_stores);
}

static size_t largest_digital(const aimc_network *net)
{
    size_t largest = 0;
    for (size_t k = 0; k < net->n_layers; k++)
        if (is_digital(&net->layers[k])) {
            const size_t n = net->layers[k].n_in * net->layers[k].n_out;
            largest = n > largest ? n : largest;
        }
    return largest;
}

aimc_status aimc_network_store(aimc_network *net, const aimc_config *config,
                               aimc_storage_report *report)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_store: net is NULL");
    const aimc_status st = aimci_config_expect("network_store", config, &aimci_kind_storage);
    if (st)
        return st;
    const size_t most = largest_digital(net);
    if (!most)
        return aimci_fail(AIMC_ERR_STATE, "network_store: no layer is digital");
    float *w = aimci_calloc(net->ctx, most, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "network_store: no memory");
    aimc_storage_report sum = {0};
    for (size_t k = 0; k < net->n_layers; k++) {
        aimci_layer *l = &net->layers[k];
        if (!is_digital(l))
            continue;
        aimci_linear_get(l, w, NULL);
        aimci_storage_keep(net->ctx, config, seed_of_store(net), k, w, l->n_in * l->n_out, &sum);
        (void)aimci_linear_set(l, w, NULL); /* finite */
    }
    aimci_free(net->ctx, w);
    net->n_stores++;
    return report ? aimci_struct_out("network_store", report, &sum, sizeof sum, 8) : AIMC_OK;
}
