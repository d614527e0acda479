# SPDX-License-Identifier: MIT
"""A case of every op, and networks of one node, for the tests of ops."""
from common import aimc, np

# op: (configuration, shapes of inputs), of odd shapes; several where an op has ways
CASES = {
    "linear": [({"out_features": 3}, [(5,)]), ({"out_features": 3, "bias": False}, [(3, 7)])],
    "conv1d": [({"out_channels": 3, "kernel": 3, "stride": 2, "padding": [1, 2]}, [(2, 9)])],
    "conv2d": [({"out_channels": 4, "kernel": [3, 2], "stride": [2, 1], "padding": 1, "groups": 2}, [(2, 7, 5)]),
               ({"out_channels": 3, "kernel": 3, "same": "UPPER", "stride": 2}, [(2, 7, 6)])],
    "conv3d": [({"out_channels": 4, "kernel": [2, 3, 1], "stride": [1, 2, 1], "padding": 1, "groups": 2}, [(2, 3, 4, 3)])],
    "conv_transpose1d": [({"out_channels": 3, "kernel": 3, "stride": 2, "padding": 1}, [(2, 5)])],
    "conv_transpose3d": [({"out_channels": 2, "kernel": [1, 3, 2], "stride": [2, 1, 1], "dilation": [1, 1, 2]}, [(2, 2, 3, 3)])],
    "conv_transpose2d": [({"out_channels": 4, "kernel": [3, 2], "stride": [2, 3], "padding": [1, 0], "groups": 2,
                           "output_padding": [1, 2]}, [(2, 5, 3)]),
                         ({"out_channels": 3, "kernel": 3, "dilation": 2, "bias": False}, [(3, 4, 5)])],
    "max_pool1d": [({"kernel": 3, "stride": 2}, [(2, 9)])],
    "max_pool2d": [({"kernel": 3, "stride": 2, "padding": 1}, [(2, 7, 5)])],
    "max_pool3d": [({"kernel": 2, "stride": [1, 2, 2], "padding": 1}, [(2, 3, 4, 3)])],
    "avg_pool3d": [({"kernel": [2, 1, 3], "padding": [1, 1, 0, 0, 1, 1], "count_include_pad": False}, [(2, 3, 2, 4)])],
    "avg_pool1d": [({"kernel": 3, "stride": 2, "padding": 1}, [(2, 9)])],
    "avg_pool2d": [({"kernel": [2, 3], "padding": 1, "count_include_pad": False}, [(2, 7, 5)])],
    "global_avg_pool": [({}, [(3, 5, 3)])],
    "global_max_pool": [({}, [(3, 5, 3)])],
    "batch_norm": [({}, [(3, 5, 3)])],
    "layer_norm": [({}, [(3, 7)]), ({"n_axes": 2, "affine": False}, [(3, 7)])],
    "group_norm": [({"groups": 3}, [(6, 5)])],
    **{op: [({}, [(3, 7)])] for op in ("relu", "relu6", "leaky_relu", "elu", "tanh", "sigmoid", "hard_sigmoid", "hard_swish",
                                       "gelu", "silu", "softmax", "log_softmax")},
    "add": [({}, [(3, 5), (3, 5), (3, 5)])],
    "mul": [({}, [(3, 5), (3, 5)])],
    "affine": [({}, [(3, 5)]), ({"shape": [3, 1, 2], "bias": False}, [(3, 4, 2)]), ({"shape": [5], "weight": False}, [(3, 5)])],
    "concat": [({"axis": 1}, [(3, 5), (3, 2)])],
    "mean": [({"axes": [1]}, [(3, 5)])],
    "flatten": [({}, [(3, 5)])],
    "reshape": [({"shape": [5, -1]}, [(3, 5)])],
    "permute": [({"order": [1, 0]}, [(3, 5)])],
    "slice": [({"start": [1, 0], "step": [1, 2]}, [(3, 5)])],
    "pad": [({"before": [1, 0], "after": [0, 2]}, [(3, 5)])],
    "dropout": [({"p": 0}, [(3, 5)])],
    "embedding": [({"num_embeddings": 5, "embedding_dim": 3}, [(7,)])],
    "rnn": [({"hidden_size": 3}, [(5, 2)]), ({"hidden_size": 3, "reverse": True}, [(5, 2), (1, 3)]), ({"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [(5, 3)])],
    "gru": [({"hidden_size": 3}, [(5, 2)]), ({"hidden_size": 3, "num_layers": 2}, [(4, 2), (2, 3)]),
            ({"hidden_size": 3, "num_layers": 2, "reset_after": False, "bidirectional": True}, [(4, 2), (4, 3)]), ({"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [(5, 3)])],
    "lstm": [({"hidden_size": 3}, [(5, 2)]), ({"hidden_size": 3, "bidirectional": True}, [(5, 2), (2, 3), (2, 3)]), ({"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [(5, 3)])],
    "attention": [({"heads": 2}, [(5, 6)]), ({"heads": 1, "causal": True}, [(5, 3), (7, 3)]),
                  ({"heads": 3, "bias": False}, [(5, 6), (3, 6), (3, 6)])],
}
IDEAL = aimc.Config("layer", {"device": "ideal", "forward": {"is_perfect": True}, "backward": {"is_perfect": True}})
SLOW = aimc.Config("layer", {"device": "soft_bounds", "device.w_max_dtod": 0, "device.w_min_dtod": 0, "optimizer": "c_ttv2",
                             "mapping": {"weight_scaling_omega": 0.5}})
ON_MATRICES = [op for op in CASES if "matrix" in [field.name for field in aimc.Config(op).fields()]]


def network(op, config, shapes, matrix=None, seed=3, threads=0):
    net = aimc.Network(ctx=aimc.Context(seed=seed, threads=threads))
    inputs = [net.add_input(shape) for shape in shapes]
    value = net.add(op, *inputs, name="op", **config, **({"matrix": matrix} if matrix else {}))
    further = {"rnn": 1, "gru": 1, "lstm": 2}.get(op, 0)
    for k in range(1 + further):
        net.add_output(value[k])
    return net


def inputs_of(op, shapes, n, rng):
    """Numbers that are all apart, so that no step goes over a kink or from one maximum to another."""
    if op == "embedding":
        return [rng.randint(0, 5, (n, *shape)).astype(np.float32) for shape in shapes]
    made = []
    for shape in shapes:
        size = n * int(np.prod(shape))
        made.append((rng.permutation(size) - size / 2 + 0.3).reshape(n, *shape).astype(np.float32) * np.float32(8 / size))
    return made
