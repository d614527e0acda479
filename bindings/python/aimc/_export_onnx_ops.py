# SPDX-License-Identifier: MIT
"""Each op of the library as nodes of ONNX."""
from typing import Any, Callable, Dict, List, Sequence

import numpy as np

from ._export_onnx import INT64, Exporter, Node

Make = Callable[[Exporter, Node], None]
F32 = np.float32

# ---- matrices -----------------------------------------------------------------------------------


def linear(to: Exporter, node: Node) -> None:
    """y = W x + b along the last axis."""
    bias = [to.weight(node, "bias")] if node["bias"] else []
    if len(node.shapes[0]) == 1:
        to.add("Gemm", [node.inputs[0], to.weight(node, "weight"), *bias], node.name, transB=1)
        return
    weight = to.constant(f"{node.name}.weight", node.tensors["weight"].T)
    product = to.add("MatMul", [node.inputs[0], weight], node.name if not bias else f"{node.name}.product")
    if bias:
        to.add("Add", [product, *bias], node.name)


def window(node: Node, n: int, stride: int = 1) -> Dict[str, Any]:
    """Kernel, stride and padding; stride 0: that of the kernel."""
    kernel = node.list("kernel", n, 1)
    made: Dict[str, Any] = {"kernel_shape": kernel}
    made["strides"] = node.list("stride", n, stride) if node["stride"] or stride else kernel
    if node.config.get("same", "NO") != "NO":
        made["auto_pad"] = f"SAME_{node['same']}"
        return made
    padding = [int(v) for v in node["padding"]]
    pairs = padding if len(padding) == 2 * n else [v for v in node.list("padding", n, 0) for _ in range(2)]
    made["pads"] = pairs[0::2] + pairs[1::2]
    return made


def dilated(node: Node, n: int) -> Dict[str, Any]:
    """Dilation, where there is any."""
    return {"dilations": node.list("dilation", n, 1)} if node.config.get("dilation") else {}


def convolution(n: int) -> Make:
    """conv1d, conv2d, conv3d."""
    def make(to: Exporter, node: Node) -> None:
        weights = [to.weight(node, name) for name in ("weight", "bias") if name in node.tensors]
        to.add("Conv", [node.inputs[0], *weights], node.name, group=int(node["groups"]), **window(node, n), **dilated(node, n))
    return make


def transposed(n: int) -> Make:
    """conv_transpose1d, conv_transpose2d, conv_transpose3d."""
    def make(to: Exporter, node: Node) -> None:
        weights = [to.weight(node, name) for name in ("weight", "bias") if name in node.tensors]
        to.add("ConvTranspose", [node.inputs[0], *weights], node.name, group=int(node["groups"]),
               output_padding=node.list("output_padding", n, 0), **window(node, n), **dilated(node, n))
    return make


def embedding(to: Exporter, node: Node) -> None:
    """Rows of a table."""
    index = to.add("Cast", [node.inputs[0]], f"{node.name}.indices", to=INT64)
    to.add("Gather", [to.weight(node, "weight"), index], node.name)


# ---- pools, norms -------------------------------------------------------------------------------


def pool(op: str, n: int) -> Make:
    """Largest or mean of each window."""
    def make(to: Exporter, node: Node) -> None:
        more = dilated(node, n) if op == "MaxPool" else {"count_include_pad": int(node["count_include_pad"])}
        fields = window(node, n, 0)
        if "auto_pad" in fields and op == "AveragePool":
            more = {"count_include_pad": 0}
        to.add(op, [node.inputs[0]], node.name, **fields, **more)
    return make


def batch_norm(to: Exporter, node: Node) -> None:
    """By running means, or by those of the samples at hand."""
    channels = node.shapes[0][0]
    names = ("weight", "bias", "running_mean", "running_var")
    usual = (np.ones(channels, F32), np.zeros(channels, F32)) * 2
    arrays = [to.constant(f"{node.name}.{name}", node.tensors.get(name, default)) for name, default in zip(names, usual)]
    by_samples = not node["track_running_stats"]
    means = [f"{node.name}.mean", f"{node.name}.variance"] if by_samples else []  # the operator gives new ones then, too
    to.add("BatchNormalization", [node.inputs[0], *arrays], node.name, more=means, epsilon=float(node["eps"]),
           momentum=1 - float(node["momentum"]), training_mode=int(by_samples))


def layer_norm(to: Exporter, node: Node) -> None:
    """Over the last axes."""
    n = int(node["n_axes"])
    shape = node.shapes[0][len(node.shapes[0]) - n:]
    weight = to.constant(f"{node.name}.weight", node.tensors.get("weight", np.ones(shape, F32)))
    bias = to.constant(f"{node.name}.bias", node.tensors.get("bias", np.zeros(shape, F32)))
    to.add("LayerNormalization", [node.inputs[0], weight, bias], node.name, axis=-n, epsilon=float(node["eps"]))


def group_norm(to: Exporter, node: Node) -> None:
    """Over groups of channels."""
    groups, eps, shape = int(node["groups"]), float(node["eps"]), node.shapes[0]
    scale = (1, shape[0], *[1] * (len(shape) - 1))

    def make() -> Sequence[Any]:
        return to.formula([
            ("grouped", np.array([0, groups, -1])), ("a", "Reshape", "in0 grouped"), ("one", np.ones(groups, F32)),
            ("zero", np.zeros(groups, F32)), ("b", "InstanceNormalization", "a one zero", {"epsilon": eps}),
            ("plain", np.array([-1, *shape])), ("c", "Reshape", "b plain"), ("s", np.array(scale)),
            ("w", "Reshape", "in1 s"), ("d", "Mul", "c w"), ("v", "Reshape", "in2 s"), ("y", "Add", "d v")])
    weight = to.constant(f"{node.name}.weight", node.tensors.get("weight", np.ones(shape[0], F32)))
    bias = to.constant(f"{node.name}.bias", node.tensors.get("bias", np.zeros(shape[0], F32)))
    to.call(node, [node.inputs[0], weight, bias], make, groups=groups, eps=eps)


# ---- element by element -------------------------------------------------------------------------


def affine(to: Exporter, node: Node) -> None:
    """weight x + bias."""
    key = node.inputs[0]
    for tensor, op in (("weight", "Mul"), ("bias", "Add")):
        if tensor in node.tensors:
            last = tensor == "bias" or "bias" not in node.tensors
            key = to.add(op, [key, to.weight(node, tensor)], node.name if last else f"{node.name}.scaled")


def same(op: str, **attributes: Any) -> Make:
    """One operator of the same inputs."""
    def make(to: Exporter, node: Node) -> None:
        to.add(op, node.inputs, node.name, **attributes)
    return make


def sloped(op: str) -> Make:
    """leaky_relu, elu."""
    def make(to: Exporter, node: Node) -> None:
        to.add(op, node.inputs, node.name, alpha=float(node["alpha"]))
    return make


def relu6(to: Exporter, node: Node) -> None:
    """Between 0 and 6."""
    low, high = (to.constant(f"{node.name}.{name}", np.asarray(value, F32)) for name, value in (("min", 0), ("max", 6)))
    to.add("Clip", [node.inputs[0], low, high], node.name)


def silu(to: Exporter, node: Node) -> None:
    """x sigmoid(x)."""
    gate = to.add("Sigmoid", node.inputs, f"{node.name}.sigmoid")
    to.add("Mul", [node.inputs[0], gate], node.name)


def gelu(to: Exporter, node: Node) -> None:
    """x times the normal distribution up to x, or nearly."""
    half, one = ("half", np.asarray(0.5, F32)), ("one", np.asarray(1, F32))
    plain = [("root", np.asarray(0.5 ** 0.5, F32)), ("a", "Mul", "in0 root"), ("b", "Erf", "a")]
    nearly = [("k", np.asarray(0.044715, F32)), ("c", np.asarray((2 / np.pi) ** 0.5, F32)), ("x2", "Mul", "in0 in0"),
              ("x3", "Mul", "x2 in0"), ("x3k", "Mul", "x3 k"), ("s", "Add", "in0 x3k"), ("a", "Mul", "s c"), ("b", "Tanh", "a")]
    steps = plain if node["approximate"] == "NONE" else nearly
    to.call(node, node.inputs, lambda: to.formula([half, one, *steps, ("d", "Add", "b one"), ("e", "Mul", "d half"),
                                                   ("y", "Mul", "in0 e")]), approximate=node["approximate"])


def dropout(to: Exporter, node: Node) -> None:
    """Nothing, in evaluation."""
    to.add("Dropout", [node.inputs[0], to.constant(f"{node.name}.ratio", np.asarray(node["p"], F32))], node.name)


# ---- shapes -------------------------------------------------------------------------------------


def reshape(to: Exporter, node: Node) -> None:
    """The same numbers otherwise."""
    to.add("Reshape", [node.inputs[0], to.whole(node, "shape", [0, *node.shape])], node.name)


def flatten(to: Exporter, node: Node) -> None:
    """All numbers of a sample."""
    to.add("Flatten", node.inputs, node.name, axis=1)


def permute(to: Exporter, node: Node) -> None:
    """The samples stay first."""
    to.add("Transpose", node.inputs, node.name, perm=[0, *(int(axis) + 1 for axis in node["order"])])


def cut(to: Exporter, node: Node) -> None:
    """slice"""
    n = len(node.shapes[0])
    start, step = node.list("start", n, 0), node.list("step", n, 1)
    stop = [end or length for end, length in zip(node.list("stop", n, 0), node.shapes[0])]
    lists = [to.whole(node, name, numbers) for name, numbers in (("start", start), ("stop", stop), ("axes", range(1, n + 1)), ("step", step))]
    to.add("Slice", [node.inputs[0], *lists], node.name)


def pad(to: Exporter, node: Node) -> None:
    """A constant around."""
    n = len(node.shapes[0])
    pads = to.whole(node, "pads", [0, *node.list("before", n, 0), 0, *node.list("after", n, 0)])
    to.add("Pad", [node.inputs[0], pads, to.constant(f"{node.name}.value", np.asarray(node["value"], F32))], node.name)


def concat(to: Exporter, node: Node) -> None:
    """One behind another."""
    to.add("Concat", node.inputs, node.name, axis=int(node["axis"]) % len(node.shapes[0]) + 1)


def mean(to: Exporter, node: Node) -> None:
    """Over some axes."""
    n = len(node.shapes[0])
    axes = [int(axis) % n + 1 for axis in node["axes"]] or list(range(1, n + 1))
    to.add("ReduceMean", node.inputs, node.name, axes=axes, keepdims=int(node["keep"]))


# ---- series -------------------------------------------------------------------------------------

GATES: Dict[str, List[int]] = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 3, 1, 2]}  # of PyTorch in the order of ONNX
OPERATORS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}


def _stacked(to: Exporter, node: Node, layer: int, ways: Sequence[str]) -> List[str]:
    """W, R and B of a layer."""
    def gates(tensor: str) -> Any:
        parts = np.split(node.tensors[tensor], len(GATES[node.op]))
        return np.concatenate([parts[k] for k in GATES[node.op]])
    made = [to.constant(f"{node.name}_l{layer}.{key}", np.stack([gates(f"{name}_l{layer}{way}") for way in ways]))
            for key, name in (("W", "weight_ih"), ("R", "weight_hh"))]
    if node["bias"]:
        both = [np.concatenate([gates(f"{name}_l{layer}{way}") for name in ("bias_ih", "bias_hh")]) for way in ways]
        made.append(to.constant(f"{node.name}_l{layer}.B", np.stack(both)))
    return made


def _first_states(to: Exporter, node: Node) -> List[str]:
    """States before the first step with their layers first."""
    return [to.add("Transpose", [key], f"{node.name}.first{k}", perm=[1, 0, 2]) for k, key in enumerate(node.inputs[1:])]


def recurrent(to: Exporter, node: Node) -> None:
    """rnn, gru, lstm: one operator for each layer."""
    ways = ["", "_reverse"] if node["bidirectional"] else [""]
    way = "bidirectional" if node["bidirectional"] else "reverse" if node["reverse"] else "forward"
    fields: Dict[str, Any] = {"hidden_size": int(node["hidden_size"]), "direction": way}
    if node.op == "gru":
        fields["linear_before_reset"] = int(node["reset_after"])
    if node.op == "rnn" and node["nonlinearity"] == "RELU":
        fields["activations"] = ["Relu"] * len(ways)
    n_states, n = 2 if node.op == "lstm" else 1, int(node["num_layers"])
    states: List[List[str]] = [[] for _ in range(n_states)]
    first = _first_states(to, node)
    series = to.add("Transpose", [node.inputs[0]], f"{node.name}.steps", perm=[1, 0, 2])
    for layer in range(n):
        name = f"{node.name}_l{layer}"
        weights = _stacked(to, node, layer, ways)
        begin = [_part(to, name, key, k, layer * len(ways), len(ways)) for k, key in enumerate(first)]
        inputs = [series, *weights, *[""] * (3 - len(weights)), "", *begin] if begin else [series, *weights]
        outputs = [f"{name}.h", f"{name}.c"][:n_states]
        raw = to.add(OPERATORS[node.op], inputs, f"{name}.y", more=outputs, label=name if n > 1 else node.name, **fields)
        for k, key in enumerate(outputs):
            states[k].append(key)
        series = _joined(to, name, raw, len(ways))
    to.add("Transpose", [series], node.name, label=f"{node.name}.samples", perm=[1, 0, 2])
    for k, keys in enumerate(states):
        whole = keys[0] if n == 1 else to.add("Concat", keys, f"{node.name}.state{k}", axis=0)
        to.add("Transpose", [whole], f"{node.name}:{k + 1}", perm=[1, 0, 2])


def _part(to: Exporter, name: str, key: str, k: int, at: int, n: int) -> str:
    """The initial state of one layer."""
    lists = [to.constant(f"{name}.{what}{k}", np.asarray([number], np.int64)) for what, number in
             (("from", at), ("to", at + n), ("axis", 0))]
    return to.add("Slice", [key, *lists], f"{name}.first{k}")


def _joined(to: Exporter, name: str, raw: str, ways: int) -> str:
    """Outputs of both directions side by side."""
    if ways == 1:
        return to.add("Squeeze", [raw, to.constant(f"{name}.one", np.asarray([1], np.int64))], f"{name}.series")
    turned = to.add("Transpose", [raw], f"{name}.turned", perm=[0, 2, 1, 3])
    return to.add("Reshape", [turned, to.constant(f"{name}.shape", np.asarray([0, 0, -1], np.int64))], f"{name}.series")


def attention(to: Exporter, node: Node) -> None:
    """Attention, as a function."""
    masked, heads, causal = bool(node["masked"]), int(node["heads"]), bool(node["causal"])
    sources = node.inputs[:len(node.inputs) - masked]
    query, key, value = (sources[min(k, len(sources) - 1)] for k in range(3))
    features = node.shapes[0][1]
    lengths = node.shapes[0][0], node.shapes[min(1, len(sources) - 1)][0]
    tensors = [to.constant(f"{node.name}.{name}", array) for name, array in
               (("in_proj_weight", node.tensors["in_proj_weight"]), ("out_proj.weight", node.tensors["out_proj.weight"]),
                ("in_proj_bias", node.tensors.get("in_proj_bias", np.zeros(3 * features, F32))),
                ("out_proj.bias", node.tensors.get("out_proj.bias", np.zeros(features, F32))))]

    def make() -> Sequence[Any]:
        dim = features // heads
        lines: List[Any] = [("wq wk wv", "Split", "in3", {"axis": 0}), ("bq bk bv", "Split", "in5", {"axis": 0}),
                            ("parts", np.array([0, 0, heads, dim]))]
        for name, source, order in (("q", "in0", [0, 2, 1, 3]), ("k", "in1", [0, 2, 3, 1]), ("v", "in2", [0, 2, 1, 3])):
            lines += [(f"t{name}", "Transpose", f"w{name}", {"perm": [1, 0]}), (f"p{name}", "MatMul", f"{source} t{name}"),
                      (f"a{name}", "Add", f"p{name} b{name}"), (f"r{name}", "Reshape", f"a{name} parts"),
                      (name, "Transpose", f"r{name}", {"perm": order})]
        lines += [("raw", "MatMul", "q k"), ("scale", np.asarray(dim ** -0.5, F32)), ("s0", "Mul", "raw scale")]
        hidden = ("never", np.asarray(-np.inf, F32))
        if causal or masked:
            lines.append(hidden)
        if causal:
            lines += [("later", np.triu(np.ones(lengths, bool), 1)), ("s1", "Where", "later never s0")]
        if masked:
            lines += [("out", "Cast", "in7", {"to": 9}), ("both", np.array([1, 2])), ("hide", "Unsqueeze", "out both"),
                      ("s2", "Where", f"hide never {'s1' if causal else 's0'}")]
        lines += [("p", "Softmax", "s2" if masked else "s1" if causal else "s0", {"axis": -1}), ("c0", "MatMul", "p v"),
                  ("c1", "Transpose", "c0", {"perm": [0, 2, 1, 3]}), ("joined", np.array([0, 0, features])),
                  ("c2", "Reshape", "c1 joined"), ("to", "Transpose", "in4", {"perm": [1, 0]}), ("c3", "MatMul", "c2 to"),
                  ("y", "Add", "c3 in6")]
        return to.formula(lines)
    to.call(node, [query, key, value, *tensors, *node.inputs[len(sources):]], make, heads=heads, causal=int(causal),
            masked=int(masked))


EXPORTERS: Dict[str, Make] = {
    "linear": linear, "embedding": embedding, **{f"conv{n}d": convolution(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": transposed(n) for n in (1, 2, 3)}, **{f"max_pool{n}d": pool("MaxPool", n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": pool("AveragePool", n) for n in (1, 2, 3)}, "global_avg_pool": same("GlobalAveragePool"), "global_max_pool": same("GlobalMaxPool"),
    "batch_norm": batch_norm, "layer_norm": layer_norm, "group_norm": group_norm, "relu": same("Relu"), "tanh": same("Tanh"),
    "sigmoid": same("Sigmoid"), "relu6": relu6, "leaky_relu": sloped("LeakyRelu"), "elu": sloped("Elu"),
    "hard_sigmoid": same("HardSigmoid", alpha=1 / 6, beta=0.5), "hard_swish": same("HardSwish"), "silu": silu, "gelu": gelu,
    "softmax": same("Softmax", axis=-1), "log_softmax": same("LogSoftmax", axis=-1), "add": same("Sum"), "mul": same("Mul"), "affine": affine,
    "dropout": dropout, "reshape": reshape, "flatten": flatten, "permute": permute, "slice": cut, "pad": pad, "concat": concat,
    "mean": mean, "rnn": recurrent, "gru": recurrent, "lstm": recurrent, "attention": attention}
