# SPDX-License-Identifier: MIT
"""Networks from ONNX models. The first axis of every value counts the samples."""
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Union

import numpy as np

from . import _import_onnx_attention as attention
from . import _import_onnx_constants as constants
from . import _import_onnx_formulas as formulas
from . import _import_onnx_series as series
from . import _onnx_numpy as arrays
from ._errors import FormatError
from ._importer import Importer, Refused, batch_norm, choose, keep_samples, package, pairs_of, with_bias, without_none
from ._onnx_graph import Graph
from ._types import NDArray
from .context import Context
from .network import Network, Value

DOMAIN = "libaimc"  # of functions that to_onnx() makes
FLOATS, INTEGERS = (1, 10, 11, 16), (6, 7)  # of TensorProto: float, half, double, bfloat; int32, int64
Part = Union[attention.Block, formulas.Formula]
ELEMENTWISE = {"Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "HardSwish": "hard_swish"}


class OnnxImporter(Importer):
    """Makes the nodes of a graph; what is computed from constants alone is computed here."""

    def __init__(self, source: str, model: Any, logits: bool, ctx: Optional[Context]) -> None:
        super().__init__(source, ctx)
        self.onnx = onnx = package("onnx")
        self.graph, self.logits = model.graph, logits
        self.opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 13)
        self.attribute: Callable[[Any], Any] = onnx.helper.get_attribute_value
        self.to_array: Callable[[Any], NDArray[Any]] = onnx.numpy_helper.to_array
        self.constants: Dict[str, NDArray[Any]] = {each.name: self.to_array(each) for each in self.graph.initializer}
        self.readers: Dict[str, List[Any]] = {}
        for node in self.graph.node:
            for key in node.input:
                self.readers.setdefault(key, []).append(node)
        self.placed: Dict[str, series.Placed] = {}  # values whose samples are not in front
        self.taken: List[str] = []  # outputs of nodes that became a part of an earlier one
        self.folded: Set[int] = set()  # nodes whose results are constants
        self.samples: Optional[int] = None  # of a batch whose size is fixed

    def run(self) -> Network:
        """Inputs, all nodes in order, outputs."""
        for each in self.graph.input:
            if each.name not in self.constants:
                self.node(f"input '{each.name}'", lambda each=each: self.make_input(each))  # type: ignore[misc]
        for k in range(len(self.graph.node)):
            self.fold(k)
        graph = Graph(self)
        found: List[Part] = [*formulas.find(graph), *attention.find(graph)]
        parts = {k: part for part in found for k in part.nodes}
        for k in range(len(self.graph.node)):
            if k not in parts:
                self.take(k)
            elif k == max(parts[k].nodes):
                self.take_part(graph, parts[k])
        return self.finish([each.name for each in self.graph.output])

    def where(self, k: int) -> str:
        """A node in words."""
        node = self.graph.node[k]
        return f"node {k} '{node.name or node.output[0]}' ({node.op_type})"

    def fold(self, k: int) -> None:
        """Compute what constants alone make, once."""
        node = self.graph.node[k]
        if node.op_type in arrays.OPERATORS and node.domain in ("", "ai.onnx") and k not in self.folded and \
                all(key in self.constants for key in node.input if key):
            self.folded.add(k)
            self.node(self.where(k), lambda: self.compute(node, self.constants))

    def take(self, k: int) -> None:
        """One node."""
        node = self.graph.node[k]
        self.fold(k)
        if k in self.folded or node.output[0] in self.taken:
            return
        make = MAKERS.get(node.op_type, self.not_constant if node.op_type in arrays.OPERATORS else None)
        if node.op_type in series.FOLLOWED and any(key in self.placed for key in node.input):
            make = lambda _, node: series.FOLLOWED[node.op_type](self, node)  # pylint: disable=unnecessary-lambda-assignment
        if node.domain == DOMAIN:
            make = OWN.get(node.op_type.rsplit("_", 1)[0])
        if make is None or node.domain not in ("", "ai.onnx", DOMAIN):
            self.problems.append(f"{self.where(k)}: no such operator is known")
        else:
            self.node(self.where(k), lambda: make(self, node))

    def take_part(self, graph: Graph, part: Part) -> None:
        """Nodes that are one op, and those behind it that were looked at with them."""
        inside: Set[int] = set(part.nodes)
        self.node(self.where(part.at), lambda: inside.intersection_update(part.make(graph)))
        for k in sorted(part.nodes - inside):
            self.take(k)

    def type_name(self, to: int) -> str:
        """A type of ONNX in words."""
        return str(self.onnx.TensorProto.DataType.Name(to))

    def numpy_type(self, to: int) -> Any:
        """A type of ONNX as numpy's."""
        return self.onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to] if not hasattr(self.onnx.helper, "tensor_dtype_to_np_dtype") \
            else self.onnx.helper.tensor_dtype_to_np_dtype(to)

    def attributes(self, node: Any) -> Dict[str, Any]:
        """Attributes of a node; texts as str."""
        raw = {each.name: self.attribute(each) for each in node.attribute}
        return {name: value.decode() if isinstance(value, bytes) else value for name, value in raw.items()}

    def compute(self, node: Any, known: Dict[str, NDArray[Any]]) -> None:
        """What a node makes of arrays, beside those."""
        made = arrays.OPERATORS[node.op_type](self, self.attributes(node), *[known[key] if key else None for key in node.input])
        for key, array in zip(node.output, made if isinstance(made, list) else [made]):
            known[key] = np.asarray(array)

    @staticmethod
    def not_constant(self: "OnnxImporter", node: Any) -> None:
        """What is known of constants alone."""
        missing = [key for key in node.input if key and key not in self.constants]
        self.value(missing[0])
        raise Refused("it is known of constants alone")

    def make_input(self, each: Any) -> None:
        """An input: all sizes but the first are fixed."""
        samples, *sizes = [d.dim_value for d in each.type.tensor_type.shape.dim] or [0]
        self.samples = self.samples or samples or None
        if not sizes or any(n < 1 for n in sizes):
            raise Refused(f"sizes {sizes} behind the first: at least one, all fixed")
        self.add_input(each.name, sizes)

    def value(self, key: str) -> Value:
        """What the nodes know as key."""
        if key in self.constants and key not in self.values:
            raise Refused(f"'{key}' is constant, which is not known there: only values that are computed of the inputs")
        if key in self.placed:
            raise Refused(f"'{key}' has its samples at axis {self.placed[key].axes.index('N')}; first, at axis 0, is what is known")
        return super().value(key)

    def is_read(self, key: str) -> bool:
        """Does any node read it, or is it an output?"""
        return key in self.readers or key in [each.name for each in self.graph.output]

    def recurrent(self, node: Any) -> None:
        """RNN, GRU, LSTM."""
        series.recurrent(self, node)

    def constant(self, node: Any, k: int, what: str) -> NDArray[Any]:
        """Input k, which must be known."""
        if k >= len(node.input) or node.input[k] not in self.constants:
            raise Refused(f"{what} is not constant")
        found: NDArray[Any] = self.constants[node.input[k]]
        return found

    def has(self, node: Any, k: int) -> bool:
        """Is there an input k?"""
        return k < len(node.input) and bool(node.input[k])

    def add_for(self, node: Any, op: str, *inputs: Value, tensors: Optional[Dict[str, Any]] = None, **fields: Any) -> None:
        """The node, called as its weights are where they have a name with a dot."""
        weight = next((key for key in node.input if key in self.constants and key.endswith(".weight")), "")
        name = weight[:-len(".weight")] or node.name or node.output[0]
        self.values[node.output[0]] = self.add(op, *inputs, name=name, tensors=tensors, **fields)

    def addend(self, node: Any, channels: int) -> Optional[NDArray[Any]]:
        """A constant that is added to each channel of what a node makes, by the only node that reads it."""
        readers = self.readers.get(node.output[0], [])
        if len(readers) != 1 or readers[0].op_type != "Add" or node.output[0] in [o.name for o in self.graph.output]:
            return None
        other = [key for key in readers[0].input if key != node.output[0]]
        array = self.constants.get(other[0]) if other else None
        positions = 0 if node.op_type in ("MatMul", "Gemm") else len(self.constants[node.input[1]].shape) - 2
        if array is None or array.size != channels or array.shape[-1 - positions:] != (channels, *[1] * positions):
            return None
        self.taken.append(readers[0].output[0])
        return np.asarray(array.reshape(channels))

    def matrix(self, node: Any, op: str, weight: NDArray[Any], bias: Optional[NDArray[Any]], **fields: Any) -> None:
        """A layer with weights, with the bias that is added behind it where it has none."""
        value = self.value(node.input[0])
        if bias is None:
            bias = self.addend(node, len(weight))
        self.add_for(node, op, value, tensors=with_bias(weight, bias), bias=bias is not None, **fields)
        for reader in self.readers.get(node.output[0], []):
            if reader.output[0] in self.taken:
                self.values[reader.output[0]] = self.values[node.output[0]]

    # ---- matrices ------------------------------------------------------------------------------

    def conv(self, node: Any) -> None:
        """Conv of series, images and volumes."""
        attributes, weight = self.attributes(node), self.constant(node, 1, "the weight")
        n = weight.ndim - 2
        choose("dimensions", n, (1, 2, 3))
        fields = self.window({"kernel_shape": list(weight.shape[2:]), **attributes}, n)
        if max(attributes.get("dilations", [1])) > 1:
            fields["dilation"] = list(attributes["dilations"])
        bias = self.constant(node, 2, "the bias") if self.has(node, 2) else None
        self.matrix(node, f"conv{n}d", weight, bias, out_channels=len(weight), groups=attributes.get("group", 1), **fields)

    def window(self, attributes: Dict[str, Any], n: int) -> Dict[str, Any]:
        """Kernel, stride and padding."""
        auto = choose("auto_pad", attributes.get("auto_pad", "NOTSET"), ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"))
        pads = attributes.get("pads", [0] * 2 * n) if auto == "NOTSET" else [0] * 2 * n
        return without_none({"kernel": list(attributes["kernel_shape"]), "stride": list(attributes.get("strides", [1] * n)),
                             "padding": pairs_of(pads[:n], pads[n:]),
                             "same": auto[len("SAME_"):] if auto.startswith("SAME") else None})

    def conv_transpose(self, node: Any) -> None:
        """ConvTranspose of series, images and volumes."""
        attributes, weight = self.attributes(node), self.constant(node, 1, "the weight")
        n = choose("dimensions", weight.ndim - 2, (1, 2, 3))
        choose("auto_pad", attributes.get("auto_pad", "NOTSET"), ("NOTSET",))
        choose("output_shape", attributes.get("output_shape"), (None,))
        pads = attributes.get("pads", [0] * 2 * n)
        choose("pads behind", pads[n:], (pads[:n],))
        bias = self.constant(node, 2, "the bias") if self.has(node, 2) else None
        groups = attributes.get("group", 1)
        self.add_for(node, f"conv_transpose{n}d", self.value(node.input[0]), tensors=with_bias(weight, bias), bias=bias is not None,
                     out_channels=weight.shape[1] * groups, groups=groups, kernel=list(weight.shape[2:]),
                     stride=list(attributes.get("strides", [1] * n)), padding=list(pads[:n]),
                     output_padding=list(attributes.get("output_padding", [0] * n)),
                     dilation=list(attributes.get("dilations", [1] * n)))

    # ---- functions of models that to_onnx() wrote ----------------------------------------------

    def own_attention(self, node: Any) -> None:
        """Attention."""
        attributes = self.attributes(node)
        keys = [key for k, key in enumerate(node.input[:3]) if key not in node.input[:k]]
        names = ("in_proj_weight", "out_proj.weight", "in_proj_bias", "out_proj.bias")
        tensors = {name: self.constant(node, 3 + k, name) for k, name in enumerate(names)}
        values = [self.value(key) for key in (keys if len(keys) < 3 and node.input[1] == node.input[2] else node.input[:3])]
        mask = [self.value(node.input[7])] if attributes["masked"] else []
        self.values[node.output[0]] = self.add("attention", *values, *mask, name=node.name, tensors=tensors,
                                               heads=attributes["heads"], causal=bool(attributes["causal"]), masked=bool(mask))

    def own_gelu(self, node: Any) -> None:
        """GELU."""
        self.add_for(node, "gelu", self.value(node.input[0]), approximate=self.attributes(node)["approximate"])

    def own_group_norm(self, node: Any) -> None:
        """Group norm."""
        attributes = self.attributes(node)
        tensors = with_bias(self.constant(node, 1, "the scale"), self.constant(node, 2, "the bias"))
        self.add_for(node, "group_norm", self.value(node.input[0]), tensors=tensors, groups=attributes["groups"],
                     eps=attributes["eps"])

    def gemm(self, node: Any) -> None:
        """y = alpha x B + beta C."""
        attributes, weight = self.attributes(node), self.constant(node, 1, "the matrix")
        choose("transA", attributes.get("transA", 0), (0,))
        weight = weight if attributes.get("transB", 0) else weight.T
        bias = self.constant(node, 2, "the bias") if self.has(node, 2) else None
        if bias is not None:
            bias = np.broadcast_to(bias.reshape(-1), (len(weight),)) * attributes.get("beta", 1.0)
        self.matrix(node, "linear", weight * attributes.get("alpha", 1.0), bias, out_features=len(weight))

    def matmul(self, node: Any) -> None:
        """x times a constant."""
        weight = self.constant(node, 1, "the right factor")
        choose("dimensions of the right factor", weight.ndim, (2,))
        self.matrix(node, "linear", weight.T, None, out_features=weight.shape[1])

    def batch_norm(self, node: Any) -> None:
        """By running means, or in training mode by those of the samples."""
        attributes = self.attributes(node)
        by_samples = attributes.get("training_mode", 0) == 1
        arrays = [self.constant(node, k, "a parameter") for k in range(1, 5)]
        tensors = with_bias(*arrays[:2]) if by_samples else batch_norm(*arrays)
        self.add_for(node, "batch_norm", self.value(node.input[0]), tensors=tensors, track_running_stats=not by_samples,
                     eps=attributes.get("epsilon", 1e-5), momentum=1 - attributes.get("momentum", 0.9))

    def layer_norm(self, node: Any) -> None:
        """Over the last axes."""
        attributes, scale = self.attributes(node), self.constant(node, 1, "the scale")
        bias = self.constant(node, 2, "the bias") if self.has(node, 2) else np.zeros_like(scale)
        self.add_for(node, "layer_norm", self.value(node.input[0]), tensors=with_bias(scale, bias), n_axes=scale.ndim,
                     eps=attributes.get("epsilon", 1e-5))

    # ---- element by element --------------------------------------------------------------------

    def elementwise(self, node: Any) -> None:
        """A function that has no attributes."""
        self.add_for(node, ELEMENTWISE[node.op_type], self.value(node.input[0]))

    def sloped(self, node: Any) -> None:
        """LeakyRelu, Elu."""
        op, usual = {"LeakyRelu": ("leaky_relu", 0.01), "Elu": ("elu", 1.0)}[node.op_type]
        self.add_for(node, op, self.value(node.input[0]), alpha=self.attributes(node).get("alpha", usual))

    def hard_sigmoid(self, node: Any) -> None:
        """max(0, min(1, x / 6 + 1/2)) alone."""
        attributes = self.attributes(node)
        choose("alpha", round(attributes.get("alpha", 0.2), 6), (round(1 / 6, 6),))
        choose("beta", attributes.get("beta", 0.5), (0.5,))
        self.add_for(node, "hard_sigmoid", self.value(node.input[0]))

    def clip(self, node: Any) -> None:
        """relu, relu6."""
        attributes = self.attributes(node)
        low = float(self.constant(node, 1, "min")) if self.has(node, 1) else attributes.get("min")
        high = float(self.constant(node, 2, "max")) if self.has(node, 2) else attributes.get("max")
        choose("range", (low, high), ((0.0, 6.0), (0.0, None)))
        self.add_for(node, "relu6" if high else "relu", self.value(node.input[0]))

    def softmax(self, node: Any) -> None:
        """Along the last axis."""
        axis, value = self.attributes(node).get("axis"), self.value(node.input[0])
        if axis is None and self.opset < 13 and len(value.shape) > 1:
            # Before opset 13 it is one softmax over all axes from 1 on.
            raise Refused(f"opset {self.opset} takes it over all {len(value.shape)} axes where no axis is given; export it "
                          f"with opset 13 or later, or with the last axis")
        choose("axis", axis, (None, -1, len(value.shape)))
        if self.logits and node.output[0] not in self.readers and node.op_type == "Softmax":
            self.values[node.output[0]] = value
        else:
            self.add_for(node, "softmax" if node.op_type == "Softmax" else "log_softmax", value)

    def passed_on(self, node: Any) -> None:
        """Identity."""
        self.values[node.output[0]] = self.value(node.input[0])

    def cast(self, node: Any) -> None:
        """To floats; to integers only where they are indices of a table, which are whole numbers already."""
        value, to = self.value(node.input[0]), int(self.attributes(node)["to"])
        readers = self.readers.get(node.output[0], [])
        indices = to in INTEGERS and readers and all(
            reader.op_type == "Gather" and reader.input[0] in self.constants for reader in readers)
        if to not in FLOATS and not indices:
            raise Refused(f"to type {to} ({self.type_name(to)}): values are floating-point numbers")
        self.values[node.output[0]] = value

    def gather(self, node: Any) -> None:
        """Rows of a table by computed indices, or one index of an axis."""
        axis = self.attributes(node).get("axis", 0)
        if node.input[0] in self.constants:
            table = self.constants[node.input[0]]
            choose("axis", axis, (0,))
            choose("dimensions of the table", table.ndim, (2,))
            self.add_for(node, "embedding", self.value(node.input[1]), tensors={"weight": table},
                         num_embeddings=table.shape[0], embedding_dim=table.shape[1])
            return
        value, index = self.value(node.input[0]), self.constant(node, 1, "the index")
        axis = axis % (len(value.shape) + 1) - 1
        if axis < 0 or index.ndim > 0:
            raise Refused("of several indices, or of samples, is not known; of one index it is")
        at = int(index) % value.shape[axis]
        sizes = [n for k, n in enumerate(value.shape) if k != axis]
        n = len(value.shape)
        cut = self.add("slice", value, name=(node.name or node.output[0]) + ".slice",
                       start=[at if k == axis else 0 for k in range(n)], stop=[at + 1 if k == axis else 0 for k in range(n)])
        self.reshaped(node, cut, sizes or [1])

    def dropout(self, node: Any) -> None:
        """Dropped in training alone."""
        ratio = float(self.constant(node, 1, "the ratio")) if self.has(node, 1) else self.attributes(node).get("ratio", 0.5)
        self.add_for(node, "dropout", self.value(node.input[0]), p=ratio)

    # ---- pools ---------------------------------------------------------------------------------

    def pool(self, node: Any) -> None:
        """MaxPool, AveragePool."""
        attributes = self.attributes(node)
        n = len(attributes["kernel_shape"])
        choose("dimensions", n, (1, 2, 3))
        choose("ceil_mode", attributes.get("ceil_mode", 0), (0,))
        fields = self.window(attributes, n)
        largest = node.op_type == "MaxPool"
        if max(attributes.get("dilations", [1])) > 1:
            fields["dilation"] = list(attributes["dilations"])
        if not largest:
            fields["count_include_pad"] = bool(attributes.get("count_include_pad", 0))
        self.add_for(node, f"{'max' if largest else 'avg'}_pool{n}d", self.value(node.input[0]), **fields)

    def global_pool(self, node: Any) -> None:
        """A number for each channel."""
        op = "global_avg_pool" if node.op_type == "GlobalAveragePool" else "global_max_pool"
        self.add_for(node, op, self.value(node.input[0]))

    def mean(self, node: Any) -> None:
        """ReduceMean."""
        attributes, value = self.attributes(node), self.value(node.input[0])
        axes = self.constant(node, 1, "axes").tolist() if self.has(node, 1) else attributes.get("axes")
        n = len(value.shape) + 1
        made = [axis % n - 1 for axis in (range(1, n) if axes is None else axes)]
        if -1 in made:
            raise Refused("a mean over the samples is not known")
        self.add_for(node, "mean", value, axes=made, keep=bool(attributes.get("keepdims", 1)))

    # ---- shapes --------------------------------------------------------------------------------

    def flatten(self, node: Any) -> None:
        """All but the samples."""
        choose("axis", self.attributes(node).get("axis", 1), (1,))
        self.add_for(node, "flatten", self.value(node.input[0]))

    def reshape(self, node: Any) -> None:
        """The first axis stays that of the samples."""
        value, shape = self.value(node.input[0]), self.constant(node, 1, "the shape").reshape(-1).tolist()
        sizes = [value.shape[k - 1] if n == 0 and 0 < k <= len(value.shape) else n for k, n in enumerate(shape)]
        choose("first size", sizes[0] if sizes else None, (-1, 0, self.samples or 1))
        self.reshaped(node, value, sizes[1:])

    def reshaped(self, node: Any, value: Value, sizes: Sequence[int]) -> None:
        """A value in another shape."""
        if not sizes:
            raise Refused("a shape without axes but that of the samples is not known")
        if len(sizes) == 1:
            keep_samples(sizes[0], value.shape)
            self.add_for(node, "flatten", value)
        else:
            self.add_for(node, "reshape", value, shape=[int(n) for n in sizes])

    def squeeze(self, node: Any) -> None:
        """Squeeze, Unsqueeze."""
        value = self.value(node.input[0])
        axes: Any = self.constant(node, 1, "axes").tolist() if self.has(node, 1) else self.attributes(node).get("axes")
        sizes = [0, *value.shape]
        if node.op_type == "Unsqueeze":
            n = len(sizes) + len(axes)
            for axis in sorted(axis % n for axis in axes):
                sizes.insert(axis, 1)
        else:
            gone = [k for k, n in enumerate(sizes) if n == 1] if axes is None else [axis % len(sizes) for axis in axes]
            sizes = [n for k, n in enumerate(sizes) if k not in gone]
        if not sizes or sizes[0] != 0:
            raise Refused("axis 0 counts the samples")
        self.reshaped(node, value, sizes[1:])

    def transpose(self, node: Any) -> None:
        """The samples stay first."""
        value = self.value(node.input[0])
        order = self.attributes(node).get("perm", list(range(len(value.shape), -1, -1)))
        if order == [1, 0, 2]:
            self.placed[node.output[0]] = series.Placed(value, "TNH" if self.is_series(node) else "DNH")
            return
        choose("first axis", order[0], (0,))
        self.add_for(node, "permute", value, order=[axis - 1 for axis in order[1:]])

    def is_series(self, node: Any) -> bool:
        """Is what a node makes the series of a recurrent layer, or the end of one, and no state?"""
        return not any(reader.op_type == "Slice" or node.output[0] in reader.input[5:7] for reader in self.readers[node.output[0]])

    def pad(self, node: Any) -> None:
        """A constant around a value."""
        attributes = self.attributes(node)
        choose("mode", attributes.get("mode", "constant"), ("constant",))
        pads = self.constant(node, 1, "pads").tolist() if self.has(node, 1) else attributes["pads"]
        value = float(self.constant(node, 2, "the constant")) if self.has(node, 2) else attributes.get("value", 0.0)
        n = len(pads) // 2
        if pads[0] or pads[n] or min(pads) < 0:
            raise Refused(f"pads {pads}: none of the samples, none below 0")
        self.add_for(node, "pad", self.value(node.input[0]), before=pads[1:n], after=pads[n + 1:], value=value)

    def slice(self, node: Any) -> None:
        """Some indices of each axis."""
        given, value = self.attributes(node), self.value(node.input[0])
        names = ("starts", "ends", "axes", "steps")
        lists: List[Any] = [self.constant(node, k, name).tolist() if self.has(node, k) else given.get(name)
                 for k, name in enumerate(names, 1)]
        n = len(value.shape)
        axes = [axis % (n + 1) - 1 for axis in (lists[2] if lists[2] is not None else range(len(lists[0])))]
        start, stop, step = [0] * n, [0] * n, [1] * n
        for axis, first, end, by in zip(axes, lists[0], lists[1], lists[3] or [1] * len(axes)):
            if axis < 0 or by < 1:
                raise Refused("of samples, or backwards, is not known")
            start[axis], stop[axis], _ = slice(first, end).indices(value.shape[axis])
            step[axis] = by
        self.add_for(node, "slice", value, start=start, stop=stop, step=step)

    def shape(self, node: Any) -> None:
        """A constant: the samples, -1 where they are not fixed, and the sizes."""
        self.sized(node, [self.samples or -1, *self.value(node.input[0]).shape])

    def sized(self, node: Any, sizes: Sequence[int]) -> None:
        """Of these, what Shape asks for."""
        attributes = self.attributes(node)
        self.constants[node.output[0]] = np.array(sizes[attributes.get("start", 0):attributes.get("end")], np.int64)


_M = OnnxImporter
OWN: Dict[str, Callable[[OnnxImporter, Any], None]] = {
    "attention": _M.own_attention, "gelu": _M.own_gelu, "group_norm": _M.own_group_norm}
MAKERS: Dict[str, Callable[[OnnxImporter, Any], None]] = {
    "Conv": _M.conv, "ConvTranspose": _M.conv_transpose, "Gemm": _M.gemm, "MatMul": _M.matmul, "BatchNormalization": _M.batch_norm,
    "LayerNormalization": _M.layer_norm, **{name: _M.elementwise for name in ELEMENTWISE}, "LeakyRelu": _M.sloped,
    "Elu": _M.sloped, "HardSigmoid": _M.hard_sigmoid, "Clip": _M.clip, "Softmax": _M.softmax, "LogSoftmax": _M.softmax,
    **{name: constants.join for name in ("Add", "Sub", "Mul", "Div", "Sum")}, "Gelu": constants.gelu, "PRelu": constants.prelu,
    "InstanceNormalization": constants.instance_norm, "GroupNormalization": constants.group_norm, "Split": constants.split,
    "Identity": _M.passed_on, "Cast": _M.cast, "Gather": _M.gather, "Dropout": _M.dropout, "MaxPool": _M.pool,
    "AveragePool": _M.pool, "GlobalAveragePool": _M.global_pool, "GlobalMaxPool": _M.global_pool, "ReduceMean": _M.mean,
    "Flatten": _M.flatten, "Reshape": _M.reshape, "Squeeze": _M.squeeze, "Unsqueeze": _M.squeeze, "Transpose": _M.transpose,
    "Concat": constants.concat, "Pad": _M.pad, "Slice": _M.slice, "Shape": _M.shape, "RNN": _M.recurrent, "GRU": _M.recurrent,
    "LSTM": _M.recurrent}


def import_onnx(path: str, logits: bool, ctx: Optional[Context]) -> Network:
    """The graph of an ONNX model."""
    onnx = package("onnx")
    package("onnx.numpy_helper")
    try:
        model = onnx.load(path)
    except Exception as error:  # pylint: disable=broad-except
        if type(error).__name__ != "DecodeError":
            raise
        raise FormatError(f"{path} is no ONNX model: {error}") from None
    return OnnxImporter(path, model, logits, ctx).run()
