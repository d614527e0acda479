/* SPDX-License-Identifier: MIT */
/* Element-wise functions, with the definitions of PyTorch. */
#include <math.h>

#include "core/elementary.h"
#include "network/ops/ops.h"

typedef struct activation_params {
    double alpha;
    int32_t approximate;
} activation_params;

AIMCI_PLAIN_OP_KIND(relu, "max(x, 0)")
AIMCI_PLAIN_OP_KIND(relu6, "min(max(x, 0), 6)")
AIMCI_PLAIN_OP_KIND(tanh, "hyperbolic tangent")
AIMCI_PLAIN_OP_KIND(sigmoid, "1 / (1 + exp(-x))")
AIMCI_PLAIN_OP_KIND(hard_sigmoid, "min(max(x + 3, 0), 6) / 6")
AIMCI_PLAIN_OP_KIND(hard_swish, "x min(max(x + 3, 0), 6) / 6")
AIMCI_PLAIN_OP_KIND(silu, "x / (1 + exp(-x)), also called swish")

static const aimci_field leaky_fields[] = {
    AIMCI_NUMBER(activation_params, alpha, 0.01, 0, 1e6, "1", "slope below 0", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(leaky_relu, "op", "max(x, 0) + alpha min(x, 0)", AIMCI_TORCH, leaky_fields,
                  activation_params, .n_children = 0);

static const aimci_field elu_fields[] = {
    AIMCI_NUMBER(activation_params, alpha, 1, 0, 1e6, "1", "depth below 0", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(elu, "op", "x above 0, alpha (exp(x) - 1) below", AIMCI_TORCH, elu_fields,
                  activation_params, .n_children = 0);

static const aimci_field gelu_fields[] = {
    AIMCI_CHOICE(activation_params, approximate, 0, 1, "NONE|TANH",
                 "the error function, or its approximation by a hyperbolic tangent", AIMCI_TORCH),
};
AIMCI_DEFINE_KIND(gelu, "op", "x times the normal distribution at x", AIMCI_TORCH, gelu_fields,
                  activation_params, .n_children = 0);

/* ---- by kernels: the same bits on every machine --------------------------------------------- */

static size_t count(const aimci_node *node, const aimci_run *run)
{
    return run->n * node->in[0]->size;
}

#define BY_KERNEL(id, number)                                                                      \
    static aimc_status id##_forward(aimci_node *node, const aimci_run *run)                        \
    {                                                                                              \
        node->kernels->activate(number, run->in[0], run->out[0], count(node, run));                \
        return AIMC_OK;                                                                            \
    }                                                                                              \
    static aimc_status id##_backward(aimci_node *node, const aimci_run *run)                       \
    {                                                                                              \
        if (run->d_in[0])                                                                          \
            node->kernels->activate_back(number, run->out[0], run->d_out[0], run->d_in[0],         \
                                         count(node, run));                                        \
        return AIMC_OK;                                                                            \
    }
BY_KERNEL(relu, AIMCI_K_RELU)
BY_KERNEL(tanh, AIMCI_K_TANH)
BY_KERNEL(sigmoid, AIMCI_K_SIGMOID)

/* ---- by laws: value and slope at x ---------------------------------------------------------- */

static float clamp(float x, float low, float high)
{
    return x < low ? low : (x > high ? high : x);
}

static float sigma(float x)
{
    return 1.0f / (1.0f + aimci_expf(-x));
}

static float relu6_law(const activation_params *p, float x, float *slope)
{
    (void)p;
    *slope = x > 0 && x < 6 ? 1 : 0;
    return clamp(x, 0, 6);
}

static float leaky_relu_law(const activation_params *p, float x, float *slope)
{
    *slope = x > 0 ? 1 : (float)p->alpha;
    return x * *slope;
}

static float elu_law(const activation_params *p, float x, float *slope)
{
    const float a = (float)p->alpha;
    *slope = x > 0 ? 1 : a * aimci_expf(x);
    return x > 0 ? x : a * aimci_expm1f(x);
}

static float hard_sigmoid_law(const activation_params *p, float x, float *slope)
{
    (void)p;
    *slope = x > -3 && x < 3 ? 1.0f / 6 : 0;
    return clamp(x + 3, 0, 6) / 6;
}

static float hard_swish_law(const activation_params *p, float x, float *slope)
{
    (void)p;
    *slope = x <= -3 ? 0 : (x < 3 ? (2 * x + 3) / 6 : 1);
    return x * (clamp(x + 3, 0, 6) / 6);
}

static float silu_law(const activation_params *p, float x, float *slope)
{
    (void)p;
    const float s = sigma(x);
    *slope = s * (1 + x * (1 - s));
    return x * s;
}

static float gelu_law(const activation_params *p, float x, float *slope)
{
    if (p->approximate) {
        const float k = 0.79788456f; /* sqrt(2 / pi) */
        const float t = aimci_tanhf(k * (x + 0.044715f * x * x * x));
        *slope = 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * k * (1 + 3 * 0.044715f * x * x);
        return 0.5f * x * (1 + t);
    }
    const float phi = 0.5f * (1 + aimci_erff(x * 0.70710678f));
    *slope = phi + x * 0.39894228f * aimci_expf(-0.5f * x * x);
    return x * phi;
}

#define BY_LAW(id)                                                                                 \
    static aimc_status id##_forward(aimci_node *node, const aimci_run *run)                        \
    {                                                                                              \
        float slope;                                                                               \
        for (size_t i = 0; i < count(node, run); i++)                                              \
            run->out[0][i] = id##_law(node->params, run->in[0][i], &slope);                        \
        return AIMC_OK;                                                                            \
    }                                                                                              \
    static aimc_status id##_backward(aimci_node *node, const aimci_run *run)                       \
    {                                                                                              \
        for (size_t i = 0; run->d_in[0] && i < count(node, run); i++) {                            \
            float slope;                                                                           \
            (void)id##_law(node->params, run->in[0][i], &slope);                                   \
            run->d_in[0][i] = slope * run->d_out[0][i];                                            \
        }                                                                                          \
        return AIMC_OK;                                                                            \
    }
BY_LAW(relu6)
BY_LAW(leaky_relu)
BY_LAW(elu)
BY_LAW(hard_sigmoid)
BY_LAW(hard_swish)
BY_LAW(silu)
BY_LAW(gelu)

#define ACTIVATION(id)                                                                             \
    const aimci_node_ops aimci_node_ops_##id = {                                                   \
        .kind = &aimci_kind_##id,                                                                  \
        .min_inputs = 1,                                                                           \
        .max_inputs = 1,                                                                           \
        .by_samples = true,                                                                        \
        .in_place = true,                                                                          \
        .infer = aimci_same_shape,                                                                 \
        .forward = id##_forward,                                                                   \
        .backward = id##_backward,                                                                 \
    };
ACTIVATION(relu)
ACTIVATION(relu6)
ACTIVATION(leaky_relu)
ACTIVATION(elu)
ACTIVATION(tanh)
ACTIVATION(sigmoid)
ACTIVATION(hard_sigmoid)
ACTIVATION(hard_swish)
ACTIVATION(gelu)
ACTIVATION(silu)
