/* SPDX-License-Identifier: MIT */
/* The life of a network on a chip: digital matrices onto tiles, programming, drift,
 * compensation. */
#include <string.h>

#include <aimc/inference.h>

#include "inference/calibration.h"
#include "inference/storage.h"
#include "network/graph.h"

/* ---- names by patterns ---------------------------------------------------------------------- */

/* "[a-c_]", "[!a-c]" from p on: what follows it, with whether c is one of these; NULL where no
 * bracket closes it, which then stands for itself. */
static const char *match_set(const char *p, const char *end, char c, bool *found)
{
    const bool negated = p + 1 < end && (p[1] == '!' || p[1] == '^');
    const char *const first = p + 1 + negated;
    bool any = false;
    for (p = first; p < end && (*p != ']' || p == first); p++) {
        const bool is_range = end - p > 2 && p[1] == '-' && p[2] != ']';
        any = any || (c >= *p && c <= p[is_range ? 2 : 0]);
        p += is_range ? 2 : 0;
    }
    *found = any != negated;
    return p < end ? p + 1 : NULL;
}

/* One character of a name by the beginning of a pattern: what follows there; NULL: it is another.
 */
static const char *match_one(const char *p, const char *end, char c)
{
    bool found = false;
    const char *const next = *p == '[' ? match_set(p, end, c, &found) : NULL;
    if (next)
        return found ? next : NULL;
    if (*p == '?')
        return p + 1;
    p += *p == '\\' && end - p > 1;
    return *p == c ? p + 1 : NULL;
}

/* Does one pattern of the list, of n characters, match the name? After a mismatch the last star
 * takes one character more. */
static bool matches(const char *p, size_t n, const char *name)
{
    const char *const end = p + n, *after_star = NULL, *retry = NULL;
    while (*name || p < end) {
        if (p < end && *p == '*') {
            after_star = ++p;
            retry = name;
            continue;
        }
        const char *const next = *name && p < end ? match_one(p, end, *name) : NULL;
        if (!next && (!after_star || !*retry))
            return false;
        p = next ? next : after_star;
        name = next ? name + 1 : ++retry;
    }
    return true;
}

/* "*,!stem,!fc": chosen by any pattern (by all names, where none says otherwise), and by none with
 * an exclamation mark. */
static bool is_chosen(const char *patterns, const char *name)
{
    bool chosen = false, any = false;
    for (const char *p = patterns; p && *p;) {
        const size_t n = strcspn(p, ",");
        const bool excludes = *p == '!';
        if (excludes && matches(p + 1, n - 1, name))
            return false;
        any = any || !excludes;
        chosen = chosen || (!excludes && matches(p, n, name));
        p += n + (p[n] == ',');
    }
    return chosen || !any;
}

/* ---- onto tiles, and back ------------------------------------------------------------------- */

typedef struct conversion {
    aimc_network *net;
    const aimc_config *config; /* NULL: to digital */
    aimc_matrix **made;        /* beside the matrices of all nodes; NULL: stays */
} conversion;

static bool is_wanted(const conversion *c, const aimci_node *node, const char *patterns)
{
    return node->n_matrices && aimci_node_is_analog(node) != (c->config != NULL) &&
           is_chosen(patterns, node->name);
}

/* Weights with their bias as a last column, where the matrix has a line for it, or without. */
static aimc_status copy_weights(const aimci_node *node, const aimc_matrix *old, aimc_matrix *made,
                                const float *bias)
{
    const size_t n_in = made->n_in - made->bias_line;
    float *w = aimci_calloc(node->ctx, 2 * (n_in + 1) * old->n_out, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    float *other = w + (n_in + 1) * old->n_out;
    aimci_matrix_get(old, w);
    for (size_t i = 0; i < old->n_out; i++) {
        memcpy(other + i * made->n_in, w + i * old->n_in, n_in * sizeof *w);
        if (bias && made->bias_line)
            other[i * made->n_in + n_in] = bias[i];
    }
    aimci_matrix_set(made, other);
    aimci_free(node->ctx, w);
    return AIMC_OK;
}

/* The same matrix in the other way, beside the old one: nothing is lost when it fails. The value of
 * a bias that lies on lines means nothing, so that what it will be can be there before. */
static aimc_status make_other(const conversion *c, const aimci_node *node, size_t k,
                              aimc_matrix **out)
{
    const aimci_node_matrix *place = &node->matrices[k];
    const aimc_matrix *old = place->matrix;
    const aimci_weight *weight = &node->weights[place->tensor];
    const aimci_parameter *bias = aimci_node_parameter(node, weight->bias);
    const size_t n_in = old->n_in - old->bias_line;
    const bool line = aimci_weight_has_line(weight, c->config);
    const uint64_t seed = aimci_random_derive(node->seed, 1 + k);
    aimc_status st = aimci_node_check_lines(node, c->config);
    if (!st && c->config)
        st = aimci_matrix_create(node->ctx, NULL, old->n_out, n_in + line, c->config, seed, out);
    else if (!st)
        st = aimci_matrix_create_digital(node->ctx, old->n_out, n_in, weight->ld_out, weight->ld_in,
                                         out);
    if (!st && old->bias_line)
        st = aimci_node_read_parameter(node, bias, bias->value);
    if (st)
        return st;
    (*out)->bias_line = line;
    return copy_weights(node, old, *out, bias ? bias->value + place->first_row : NULL);
}

static aimc_status set_matrix_config(aimci_node *node, const aimc_config *config)
{
    aimc_config *digital = NULL;
    aimc_status st = config ? AIMC_OK : aimc_config_create(node->ctx, "digital", &digital);
    if (!st)
        st = aimci_config_set_child(node->config, "matrix", config ? config : digital);
    aimc_config_destroy(digital);
    return st;
}

/* Configurations first, because they may fail; matrices are then only exchanged. */
static aimc_status exchange(const conversion *c)
{
    aimc_status st = AIMC_OK;
    aimc_matrix **made = c->made;
    for (size_t i = 0; i < c->net->n_nodes && !st; made += c->net->nodes[i++]->n_matrices)
        if (c->net->nodes[i]->n_matrices && made[0])
            st = set_matrix_config(c->net->nodes[i], c->config);
    made = c->made;
    for (size_t i = 0; i < c->net->n_nodes && !st; i++)
        for (size_t k = 0; k < c->net->nodes[i]->n_matrices; k++, made++) {
            if (!*made)
                continue;
            aimc_matrix_destroy(c->net->nodes[i]->matrices[k].matrix);
            c->net->nodes[i]->matrices[k].matrix = *made;
            *made = NULL;
        }
    return st;
}

static aimc_status convert(const char *caller, aimc_network *net, const char *patterns,
                           const aimc_config *config)
{
    if (aimci_network_check_no_gradients(caller, net))
        return AIMC_ERR_STATE;
    const size_t n = aimc_network_count_matrices(net);
    conversion c = {net, config, aimci_calloc(net->ctx, n + 1, sizeof *c.made)};
    if (!c.made)
        return aimci_fail(AIMC_ERR_NOMEM, "%s: no memory", caller);
    aimc_status st = AIMC_OK;
    size_t at = 0;
    for (size_t i = 0; i < net->n_nodes && !st; at += net->nodes[i++]->n_matrices)
        for (size_t k = 0;
             is_wanted(&c, net->nodes[i], patterns) && k < net->nodes[i]->n_matrices && !st; k++)
            st = make_other(&c, net->nodes[i], k, &c.made[at + k]);
    if (!st)
        st = exchange(&c);
    for (size_t k = 0; k < n; k++)
        aimc_matrix_destroy(c.made[k]);
    aimci_free(net->ctx, c.made);
    aimci_network_free_moments(net); /* other parameters are digital now: it begins anew */
    net->n_updates = 0;
    net->batch = net->n_run = 0; /* and others have gradients */
    return st ? aimci_fail_within(st, "%s: ", caller) : AIMC_OK;
}

aimc_status aimc_network_convert(aimc_network *net, const char *patterns, const aimc_config *config)
{
    const char *caller = "network_convert";
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    const aimc_status st = aimci_config_expect(caller, config, &aimci_kind_layer);
    if (st)
        return st;
    size_t n = 0;
    for (size_t i = 0; i < net->n_nodes; i++)
        n += net->nodes[i]->n_matrices && is_chosen(patterns, net->nodes[i]->name);
    if (n == 0)
        return aimci_fail(AIMC_ERR_INVALID, "%s: no node with a matrix matches '%s'", caller,
                          patterns ? patterns : "");
    return convert(caller, net, patterns, config);
}

aimc_status aimc_network_convert_to_analog(aimc_network *net, const aimc_config *config)
{
    const char *caller = "network_convert_to_analog";
    if (!net || !config)
        return aimci_fail(AIMC_ERR_INVALID, "%s: %s is NULL", caller, net ? "config" : "net");
    const aimc_status st = aimci_config_expect(caller, config, &aimci_kind_layer);
    return st ? st : convert(caller, net, NULL, config);
}

/* ---- program, drift, compensate ------------------------------------------------------------- */

static aimc_status check_analog(const char *caller, const aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "%s: net is NULL", caller);
    for (size_t i = 0; i < net->n_nodes; i++)
        if (aimci_node_is_analog(net->nodes[i]))
            return AIMC_OK;
    return aimci_fail(
        AIMC_ERR_STATE,
        "%s: no layer lies on tiles; aimc_network_convert_to_analog() puts them there", caller);
}

/* What is done to every matrix on tiles; reports are summed up. */
typedef struct visit {
    const char *caller;
    const aimc_config *config; /* program */
    double t_s;                /* drift */
    size_t n;                  /* compensate: samples, 0: none are given */
    aimc_status (*act)(const struct visit *v, aimci_node *node, size_t k, aimc_inference_report *r);
} visit;

static aimc_status visit_node(const visit *v, aimci_node *node, aimc_inference_report *sum)
{
    aimc_status st = AIMC_OK;
    for (size_t k = 0; aimci_node_is_analog(node) && k < node->n_matrices && !st; k++) {
        aimc_inference_report one = {.struct_size = sizeof one};
        st = v->act(v, node, k, &one);
        if (!st)
            aimci_report_add(sum, &one);
    }
    return st ? aimci_fail_within(st, "%s: layer '%s': ", v->caller, node->name) : AIMC_OK;
}

static aimc_status visit_all(const visit *v, aimc_network *net, aimc_inference_report *report)
{
    aimc_status st = check_analog(v->caller, net);
    if (!st)
        st = aimci_struct_out_expect(v->caller, report, 8);
    aimc_inference_report sum = {0};
    for (size_t i = 0; !st && i < net->n_nodes; i++) {
        st = visit_node(v, net->nodes[i], &sum);
        if (!st && v->n)
            st = aimci_node_forward(net->nodes[i], v->n, AIMCI_EVAL);
    }
    return !st && report ? aimci_struct_out(v->caller, report, &sum, sizeof sum, 8) : st;
}

static aimc_status act_program(const visit *v, aimci_node *node, size_t k, aimc_inference_report *r)
{
    return aimc_matrix_program(node->matrices[k].matrix, v->config, r);
}

aimc_status aimc_network_program(aimc_network *net, const aimc_config *config,
                                 aimc_inference_report *report)
{
    const visit v = {.caller = "network_program", .config = config, .act = act_program};
    return visit_all(&v, net, report);
}

static aimc_status act_drift(const visit *v, aimci_node *node, size_t k, aimc_inference_report *r)
{
    return aimc_matrix_drift_programmed(node->matrices[k].matrix, v->t_s, r);
}

aimc_status aimc_network_drift_programmed(aimc_network *net, double t_s,
                                          aimc_inference_report *report)
{
    const visit v = {.caller = "network_drift_programmed", .t_s = t_s, .act = act_drift};
    return visit_all(&v, net, report);
}

/* A matrix is corrected by so many of its vectors at most, evenly taken from those of the pass. */
enum { MOST_VECTORS = 4096 };

static aimc_status act_compensate(const visit *v, aimci_node *node, size_t k,
                                  aimc_inference_report *r)
{
    aimc_matrix *m = node->matrices[k].matrix;
    const size_t all = v->n ? aimci_node_vectors(node, v->n, k, 0, 0, NULL) : 0;
    const size_t n = aimci_min_size(all, MOST_VECTORS);
    if (n == 0)
        return aimc_matrix_compensate(m, 0, NULL, m->n_in, r);
    float *x = aimci_calloc(node->ctx, n * m->n_in, sizeof *x);
    if (!x)
        return aimci_fail(AIMC_ERR_NOMEM, "no memory");
    for (size_t i = 0; i < n; i++)
        (void)aimci_node_vectors(node, v->n, k, i * all / n, 1, x + i * m->n_in);
    const aimc_status st = aimc_matrix_compensate(m, n, x, m->n_in, r);
    aimci_free(node->ctx, x);
    return st;
}

/* With inputs, each layer is corrected with what the corrected ones before it give. */
aimc_status aimc_network_compensate(aimc_network *net, size_t n, const float *x,
                                    aimc_inference_report *report)
{
    const visit v = {.caller = "network_compensate", .n = x ? n : 0, .act = act_compensate};
    aimc_status st = check_analog(v.caller, net);
    if (!st && x)
        st = aimci_network_load_batch(v.caller, net, n, x);
    return st ? st : visit_all(&v, net, report);
}

aimc_status aimc_network_unprogram(aimc_network *net)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_unprogram: net is NULL");
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++)
            (void)aimc_matrix_unprogram(
                net->nodes[i]->matrices[k].matrix); /* arguments are right */
    return AIMC_OK;
}

/* ---- input ranges --------------------------------------------------------------------------- */

static aimc_status run_batches(aimc_network *net, size_t n, const float *x)
{
    const size_t n_in = net->inputs[0]->size, most = aimci_network_eval_batch(net);
    aimc_status st = AIMC_OK;
    for (size_t b = 0; b < n && !st; b += most) {
        const size_t m = aimci_min_size(most, n - b);
        st = aimci_network_load_batch("network_calibrate", net, m, x + b * n_in);
        if (!st)
            st = aimci_network_run_forward(net, m, AIMCI_EVAL);
    }
    return st;
}

/* Do something to every matrix on tiles. */
static aimc_status for_analog(aimc_network *net, const char *caller, const aimc_config *config,
                              aimc_status (*act)(aimc_matrix *m, const aimc_config *config))
{
    aimc_status st = AIMC_OK;
    for (size_t i = 0; i < net->n_nodes && !st; i++)
        for (size_t k = 0;
             aimci_node_is_analog(net->nodes[i]) && k < net->nodes[i]->n_matrices && !st; k++) {
            st = act(net->nodes[i]->matrices[k].matrix, config);
            if (st)
                aimci_fail_within(st, "%s: layer '%s': ", caller, net->nodes[i]->name);
        }
    return st;
}

/* What has no ADC with a range is left alone. */
static aimc_status watch_outputs(aimc_matrix *m, const aimc_config *config)
{
    return aimci_matrix_n_adc_ranges(m) ? aimc_matrix_watch_outputs(m, config) : AIMC_OK;
}

/* ADCs that wait for their ranges let currents pass meanwhile; what they see is not taken yet. */
static aimc_status watch_inputs(aimc_matrix *m, const aimc_config *config)
{
    aimc_status st = aimc_matrix_watch_inputs(m, config);
    const bool waits = aimci_calibration_of(config).out_method != AIMCI_OUTPUTS_NONE &&
                       !aimci_matrix_is_calibrated(m);
    if (!st && waits)
        st = aimc_matrix_watch_outputs(m, config);
    return st;
}

static aimc_status take_range(aimc_matrix *m, const aimc_config *config)
{
    (void)config;
    const aimc_status st = aimc_matrix_take_input_range(m);
    aimci_matrix_stop_watching(m);
    return st;
}

static aimc_status take_outputs(aimc_matrix *m, const aimc_config *config)
{
    (void)config;
    return aimci_matrix_n_adc_ranges(m) ? aimc_matrix_take_output_ranges(m) : AIMC_OK;
}

static aimc_status stop_watching(aimc_matrix *m, const aimc_config *config)
{
    (void)config;
    aimci_matrix_stop_watching(m);
    return AIMC_OK;
}

typedef aimc_status (*matrix_act)(aimc_matrix *m, const aimc_config *config);

/* All samples go through the network while every matrix watches. */
static aimc_status calibrate(aimc_network *net, size_t n, const float *x, const aimc_config *config,
                             matrix_act watch, matrix_act take)
{
    const char *caller = "network_calibrate";
    aimc_status st = for_analog(net, caller, config, watch);
    if (!st)
        st = run_batches(net, n, x);
    if (!st)
        st = for_analog(net, caller, config, take);
    if (st)
        (void)for_analog(net, caller, NULL, stop_watching);
    return st;
}

static aimc_status check_ranges(const char *caller, const aimc_network *net,
                                const aimci_calibration *c)
{
    size_t n = 0;
    if (c->method == AIMCI_INPUTS_NONE && c->out_method == AIMCI_OUTPUTS_NONE)
        return aimci_fail(AIMC_ERR_INVALID,
                          "%s: method and out_method are both NONE: nothing is to be calibrated",
                          caller);
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; aimci_node_is_analog(net->nodes[i]) && k < net->nodes[i]->n_matrices;
             k++)
            n += aimci_matrix_n_adc_ranges(net->nodes[i]->matrices[k].matrix);
    return n || c->out_method == AIMCI_OUTPUTS_NONE
               ? AIMC_OK
               : aimci_fail(AIMC_ERR_STATE,
                            "%s: out_method is given, but no layer has an ADC with a range: their "
                            "read-outs are perfect, or out_bound <= 0",
                            caller);
}

/* ADCs see what inputs within their ranges give. */
aimc_status aimc_network_calibrate(aimc_network *net, size_t n, const float *x,
                                   const aimc_config *config)
{
    const char *caller = "network_calibrate";
    aimc_status st = check_analog(caller, net);
    if (!st)
        st = aimci_config_expect(caller, config, &aimci_kind_calibration);
    if (st)
        return st;
    const aimci_calibration c = aimci_calibration_of(config);
    st = check_ranges(caller, net, &c);
    if (!st)
        st = aimci_network_load_batch(caller, net, n ? 1 : 0, x);
    if (!st && c.method != AIMCI_INPUTS_NONE)
        st = calibrate(net, n, x, config, watch_inputs, take_range);
    if (!st && c.out_method != AIMCI_OUTPUTS_NONE)
        st = calibrate(net, n, x, config, watch_outputs, take_outputs);
    return st;
}

/* ---- digital storage ------------------------------------------------------------------------ */

/* Seeds of nodes are derived with small numbers, those of stores with numbers above them. */
static uint64_t seed_of_store(const aimc_network *net)
{
    return aimci_random_derive(net->seed, (UINT64_C(1) << 32) + net->n_stores);
}

static size_t largest_digital(const aimc_network *net)
{
    size_t largest = 0;
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++) {
            const aimc_matrix *m = net->nodes[i]->matrices[k].matrix;
            if (m->digital && m->n_in * m->n_out > largest)
                largest = m->n_in * m->n_out;
        }
    return largest;
}

aimc_status aimc_network_store(aimc_network *net, const aimc_config *config,
                               aimc_storage_report *report)
{
    if (!net)
        return aimci_fail(AIMC_ERR_INVALID, "network_store: net is NULL");
    aimc_status st = aimci_config_expect("network_store", config, &aimci_kind_storage);
    if (!st)
        st = aimci_struct_out_expect("network_store", report, 8);
    if (st)
        return st;
    const size_t most = largest_digital(net);
    if (!most)
        return aimci_fail(AIMC_ERR_STATE, "network_store: no layer is digital");
    float *w = aimci_calloc(net->ctx, most, sizeof *w);
    if (!w)
        return aimci_fail(AIMC_ERR_NOMEM, "network_store: no memory");
    aimc_storage_report sum = {0};
    for (size_t i = 0; i < net->n_nodes; i++)
        for (size_t k = 0; k < net->nodes[i]->n_matrices; k++) {
            aimc_matrix *m = net->nodes[i]->matrices[k].matrix;
            if (!m->digital)
                continue;
            aimci_matrix_get(m, w);
            aimci_storage_keep(net->ctx, config, seed_of_store(net), i, w, m->n_in * m->n_out,
                               &sum);
            aimci_matrix_set(m, w);
        }
    aimci_free(net->ctx, w);
    net->n_stores++;
    return report ? aimci_struct_out("network_store", report, &sum, sizeof sum, 8) : AIMC_OK;
}
