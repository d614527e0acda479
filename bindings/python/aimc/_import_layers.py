# SPDX-License-Identifier: MIT
"""Networks as graphs of Keras layers, channels last: .h5 files of Keras, and folded models with a JSON graph.

Images become [channels][height][width], as PyTorch has them, and so does what is flattened: the columns of a dense
layer behind it are put into that order.
"""
import json
import math
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from . import _import_keras_series as series
from ._errors import FormatError
from ._importer import Importer, Refused, batch_norm, choose, package, with_bias, without_none
from ._types import NDArray
from .context import Context
from .network import Network, Value

Arrays = Dict[str, NDArray[Any]]
ACTIVATIONS = {"relu": "relu", "relu6": "relu6", "tanh": "tanh", "sigmoid": "sigmoid", "softmax": "softmax", "elu": "elu",
               "gelu": "gelu", "swish": "silu", "silu": "silu", "log_softmax": "log_softmax"}


# Layers that treat each step of a series by itself.
STEPWISE = ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "Dropout", "Add", "Multiply", "Dense", "LayerNormalization")


class Layer:
    """One layer: what it is called, reads, and holds."""

    def __init__(self, position: int, kind: str, name: str, inputs: Sequence[str], config: Mapping[str, Any],
                 arrays: Callable[[], Arrays]) -> None:
        self.position, self.kind, self.name, self.inputs = position, kind, name, list(inputs)
        self.config, self.arrays = config, arrays

    def __getitem__(self, field: str) -> Any:
        return self.config[field]

    def get(self, field: str, default: Any = None) -> Any:
        """A field that may be missing."""
        return self.config.get(field, default)


def first_channels(shape: Sequence[int]) -> List[int]:
    """Sizes of an image or series, channels first."""
    return [int(shape[-1]), *map(int, shape[:-1])]


class LayersImporter(Importer):
    """Makes the nodes of a list of layers."""

    def __init__(self, source: str, layers: Sequence[Layer], logits: bool, ctx: Optional[Context]) -> None:
        super().__init__(source, ctx)
        self.layers, self.logits = layers, logits
        self.rows: Dict[str, Value] = {}  # series as [steps][features]; other values have their channels first
        self.turned: Dict[str, Tuple[int, ...]] = {}  # flattened values that a dense layer reads: their image, channels first

    def run(self, outputs: Sequence[str]) -> Network:
        """All layers in order, then the outputs."""
        for layer in self.layers:
            make = getattr(self, f"make_{layer.kind}", None)
            where = f"layer {layer.position} '{layer.name}' ({layer.kind})"
            if make is None:
                self.problems.append(f"{where}: no such layer is known")
            else:
                self.node(where, lambda make=make, layer=layer: make(layer))  # type: ignore[misc]
        return self.finish(outputs)

    def input(self, layer: Layer) -> Value:
        """The one value that a layer reads."""
        if len(layer.inputs) != 1:
            raise Refused(f"{len(layer.inputs)} inputs; one is expected")
        return self.rows_of(layer.inputs[0]) if self.is_stepwise(layer) else self.value(layer.inputs[0])

    def row_input(self, layer: Layer) -> Value:
        """The one value that a layer reads, as [steps][features]."""
        if len(layer.inputs) != 1:
            raise Refused(f"{len(layer.inputs)} inputs; one is expected")
        return self.rows_of(layer.inputs[0])

    def value(self, key: str) -> Value:
        """What the layers know as key, with its channels first."""
        if key not in self.values and key in self.rows:
            self.values[key] = self.add("permute", self.rows[key], name=f"{key}.channels", order=[1, 0])
        return super().value(key)

    def rows_of(self, key: str) -> Value:
        """A series as [steps][features]."""
        if key not in self.rows:
            value = self.value(key)
            if len(value.shape) != 2:
                raise Refused(f"of {value.shape} is not known, only of series")
            self.rows[key] = self.add("permute", value, name=f"{key}.steps", order=[1, 0])
        return self.rows[key]

    def is_stepwise(self, layer: Layer) -> bool:
        """Does it treat the steps of series one by one?"""
        if layer.kind not in STEPWISE:
            return False
        if all(key in self.rows for key in layer.inputs):
            return True
        return layer.kind in ("Dense", "LayerNormalization") and all(
            len(super(LayersImporter, self).value(key).shape) == 2 for key in layer.inputs)

    def put(self, layer: Layer, value: Value) -> None:
        """What the layer made."""
        (self.rows if self.is_stepwise(layer) else self.values)[layer.name] = value

    def done(self, layer: Layer, value: Value) -> None:
        """What the layer made, after the activation that it may bring along."""
        kind = layer.get("activation", "linear")
        self.put(layer, self.activated(layer, kind, value))

    def is_last(self, layer: Layer) -> bool:
        """Does no layer read it?"""
        return not any(layer.name in other.inputs for other in self.layers)

    def activated(self, layer: Layer, kind: Any, value: Value) -> Value:
        """The activation of this name."""
        if isinstance(kind, Mapping):
            raise Refused(f"activation {kind.get('class_name')} is not known")
        if kind in (None, "linear") or (self.logits and kind == "softmax" and self.is_last(layer)):
            return value
        op = ACTIVATIONS[choose("activation", kind, tuple(ACTIVATIONS))]
        if op in ("softmax", "log_softmax") and len(value.shape) > 1 and not self.is_stepwise(layer):
            raise Refused(f"{kind} over the channels of an image is not known; of a vector it is")
        return self.add(op, value, name=f"{layer.name}.{op}" if layer.kind != "Activation" else layer.name)

    # ---- inputs, activations, arithmetic -------------------------------------------------------

    def make_InputLayer(self, layer: Layer) -> None:
        """An input, channels first."""
        shape = layer.get("input_shape") or (layer.get("batch_input_shape") or layer["batch_shape"])[1:]
        if any(n is None for n in shape):
            raise Refused(f"shape {list(shape)}: every size must be fixed")
        readers = [other for other in self.layers if layer.name in other.inputs]
        if len(shape) == 2 and any(other.kind in series.READERS for other in readers):
            self.add_input(layer.name, shape)
            self.rows[layer.name] = self.values.pop(layer.name)
        else:
            self.add_input(layer.name, first_channels(shape))

    def make_Activation(self, layer: Layer) -> None:
        """An activation by name."""
        self.passed(layer, self.activated(layer, layer["activation"], self.input(layer)))

    def passed(self, layer: Layer, value: Value) -> None:
        """An element-wise layer: what was turned stays so."""
        self.put(layer, value)
        if layer.inputs[0] in self.turned:
            self.turned[layer.name] = self.turned[layer.inputs[0]]

    def make_ReLU(self, layer: Layer) -> None:
        """max(x, 0), min(x, 6)."""
        limit, slope = layer.get("max_value"), layer.get("negative_slope") or 0
        choose("max_value", limit, (None, 6, 6.0))
        choose("threshold", layer.get("threshold") or 0, (0,))
        if limit is not None:
            choose("negative_slope", slope, (0,))
        fields: Dict[str, Any] = {"alpha": float(slope)} if slope else {}
        op = "relu6" if limit is not None else "leaky_relu" if slope else "relu"
        self.passed(layer, self.add(op, self.input(layer), name=layer.name, **fields))

    def make_LeakyReLU(self, layer: Layer) -> None:
        """Slope below 0."""
        slope = layer.get("negative_slope", layer.get("alpha", 0.3))
        self.passed(layer, self.add("leaky_relu", self.input(layer), name=layer.name, alpha=float(slope)))

    def make_ELU(self, layer: Layer) -> None:
        """alpha (exp(x) - 1) below 0."""
        self.passed(layer, self.add("elu", self.input(layer), name=layer.name, alpha=float(layer.get("alpha", 1.0))))

    def make_Softmax(self, layer: Layer) -> None:
        """Over the channels."""
        choose("axis", layer.get("axis", -1), (-1, [-1]))
        self.passed(layer, self.activated(layer, "softmax", self.input(layer)))

    def several(self, layer: Layer) -> List[Value]:
        """Values that a layer joins."""
        return [self.rows_of(key) if self.is_stepwise(layer) else self.value(key) for key in layer.inputs]

    def make_Add(self, layer: Layer) -> None:
        """Sum of values."""
        self.put(layer, self.add("add", *self.several(layer), name=layer.name))

    def make_Multiply(self, layer: Layer) -> None:
        """Product of values."""
        self.put(layer, self.add("mul", *self.several(layer), name=layer.name))

    def make_Concatenate(self, layer: Layer) -> None:
        """One behind another along the channels, or another axis."""
        axis, values = layer.get("axis", -1), self.several(layer)
        n = len(values[0].shape)
        at = axis - 1 if axis > 0 else axis + n
        self.values[layer.name] = self.add("concat", *values, name=layer.name, axis=(at + 1) % n)

    def make_BatchNormalization(self, layer: Layer) -> None:
        """Over the channels, by running means."""
        value, arrays = self.input(layer), layer.arrays()
        axis = layer.get("axis", -1)
        axis = axis[0] if isinstance(axis, (list, tuple)) else axis
        choose("axis", axis, (-1, len(value.shape)))
        channels = len(arrays["moving_mean"])
        tensors = batch_norm(arrays.get("gamma", np.ones(channels)), arrays.get("beta", np.zeros(channels)),
                             arrays["moving_mean"], arrays["moving_variance"])
        self.values[layer.name] = self.add("batch_norm", value, name=layer.name, tensors=tensors,
                                           eps=float(layer.get("epsilon", 1e-3)), momentum=1 - float(layer.get("momentum", 0.99)))

    def make_LayerNormalization(self, layer: Layer) -> None:
        """Over the numbers of a vector."""
        value, arrays = self.input(layer), layer.arrays()
        if len(value.shape) != 1 and not self.is_stepwise(layer):
            raise Refused("of images is not known, only of vectors")
        choose("axis", layer.get("axis", -1), (-1, [-1], len(value.shape), [len(value.shape)]))
        tensors = with_bias(arrays.get("gamma", np.ones(value.shape[-1])), arrays.get("beta", np.zeros(value.shape[-1])))
        self.put(layer, self.add("layer_norm", value, name=layer.name, tensors=tensors, eps=float(layer.get("epsilon", 1e-3))))

    # ---- matrices ------------------------------------------------------------------------------

    def window(self, layer: Layer, size: str) -> Dict[str, Any]:
        """Kernel, stride and padding."""
        padding = choose("padding", layer.get("padding", "valid"), ("valid", "same", "torch_pad1"))
        choose("data_format", layer.get("data_format") or "channels_last", ("channels_last",))
        kernel, stride = layer[size], layer.get("strides")
        as_list = [list(n) if isinstance(n, (list, tuple)) else n if n is None else [n] for n in (kernel, stride)]
        return without_none({"kernel": as_list[0], "stride": as_list[1], "same": "UPPER" if padding == "same" else None,
                             "padding": 1 if padding == "torch_pad1" else None})

    def convolution(self, layer: Layer, op: str, groups: int = 1) -> None:
        """A convolution; arrays have the layout of PyTorch."""
        fields, dilation = self.window(layer, "kernel_size"), layer.get("dilation_rate", 1)
        value, arrays = self.input(layer), layer.arrays()
        weight = arrays["weight"]
        if np.max(dilation) > 1:
            fields["dilation"] = list(dilation) if isinstance(dilation, (list, tuple)) else [dilation]
        self.done(layer, self.add(op, value, name=layer.name, tensors=with_bias(weight, arrays.get("bias")),
                                  out_channels=len(weight), groups=groups, bias="bias" in arrays, **fields))

    def make_Conv3D(self, layer: Layer) -> None:
        """A convolution of volumes."""
        self.convolution(layer, "conv3d", int(layer.get("groups") or 1))

    def make_Conv2D(self, layer: Layer) -> None:
        """A convolution of images."""
        self.convolution(layer, "conv2d", int(layer.get("groups") or 1))

    def make_Conv1D(self, layer: Layer) -> None:
        """A convolution of series."""
        if layer.get("padding") == "causal":
            raise Refused("causal padding is not known")
        self.convolution(layer, "conv1d", int(layer.get("groups") or 1))

    def make_DepthwiseConv2D(self, layer: Layer) -> None:
        """A convolution of each channel by itself."""
        self.convolution(layer, "conv2d", self.input(layer).shape[0])

    def make_Dense(self, layer: Layer) -> None:
        """A matrix; its columns follow what was flattened."""
        value, arrays = self.input(layer), layer.arrays()
        weight = arrays["weight"]
        if len(value.shape) != 1 and not self.is_stepwise(layer):
            raise Refused(f"of {value.shape} is not known: flatten before")
        image = self.turned.get(layer.inputs[0])
        if image:
            weight = np.moveaxis(weight.reshape(len(weight), *image[1:], image[0]), -1, 1).reshape(weight.shape)
        self.done(layer, self.add("linear", value, name=layer.name, tensors=with_bias(weight, arrays.get("bias")),
                                  out_features=len(weight), bias="bias" in arrays))

    # ---- series --------------------------------------------------------------------------------

    def make_LSTM(self, layer: Layer) -> None:
        """A recurrent layer."""
        series.recurrent(self, layer)

    make_GRU = make_LSTM
    make_SimpleRNN = make_LSTM

    def make_Bidirectional(self, layer: Layer) -> None:
        """A recurrent layer both ways."""
        series.bidirectional(self, layer)

    def make_MultiHeadAttention(self, layer: Layer) -> None:
        """Attention of several heads."""
        series.attention(self, layer)

    def make_Embedding(self, layer: Layer) -> None:
        """Rows of a table."""
        series.embedding(self, layer)

    # ---- pools ---------------------------------------------------------------------------------

    def pool(self, layer: Layer, op: str) -> None:
        """Largest or mean of each window."""
        fields = self.window(layer, "pool_size")
        self.values[layer.name] = self.add(op, self.input(layer), name=layer.name, **fields)

    def make_MaxPooling3D(self, layer: Layer) -> None:
        """Largest of each window."""
        self.pool(layer, "max_pool3d")

    def make_AveragePooling3D(self, layer: Layer) -> None:
        """Mean of each window."""
        self.pool(layer, "avg_pool3d")

    def make_MaxPooling2D(self, layer: Layer) -> None:
        """Largest of each window."""
        self.pool(layer, "max_pool2d")

    def make_AveragePooling2D(self, layer: Layer) -> None:
        """Mean of each window."""
        self.pool(layer, "avg_pool2d")

    def make_MaxPooling1D(self, layer: Layer) -> None:
        """Largest of each window."""
        self.pool(layer, "max_pool1d")

    def make_AveragePooling1D(self, layer: Layer) -> None:
        """Mean of each window."""
        self.pool(layer, "avg_pool1d")

    def global_pool(self, layer: Layer, op: str) -> None:
        """A number for each channel."""
        value = self.add(op, self.input(layer), name=layer.name)
        if not layer.get("keepdims"):
            value = self.add("flatten", value, name=f"{layer.name}.flatten")
        self.values[layer.name] = value

    def make_GlobalAveragePooling2D(self, layer: Layer) -> None:
        """Mean over all positions."""
        self.global_pool(layer, "global_avg_pool")

    def make_GlobalMaxPooling2D(self, layer: Layer) -> None:
        """Largest over all positions."""
        self.global_pool(layer, "global_max_pool")

    make_GlobalAveragePooling1D = make_GlobalAveragePooling3D = make_GlobalAveragePooling2D
    make_GlobalMaxPooling1D = make_GlobalMaxPooling3D = make_GlobalMaxPooling2D

    # ---- shapes --------------------------------------------------------------------------------

    def reads_flat(self, name: str) -> bool:
        """Do only dense layers read it, maybe through element-wise ones?"""
        readers = [layer for layer in self.layers if name in layer.inputs]
        through = ("Activation", "ReLU", "LeakyReLU", "ELU", "Dropout")
        return bool(readers) and all(layer.kind == "Dense" or (layer.kind in through and self.reads_flat(layer.name))
                                     for layer in readers)

    def make_Flatten(self, layer: Layer) -> None:
        """To a vector, in the order of the layers that read it."""
        if layer.inputs[0] in self.rows:
            self.values[layer.name] = self.add("flatten", self.row_input(layer), name=layer.name)
            return
        value = self.input(layer)
        shape = value.shape
        if len(shape) > 1 and shape[0] > 1 and math.prod(shape[1:]) > 1:
            if self.reads_flat(layer.name):
                self.turned[layer.name] = shape
            else:
                value = self.add("permute", value, name=f"{layer.name}.permute", order=[*range(1, len(shape)), 0])
        self.values[layer.name] = self.add("flatten", value, name=layer.name)

    def make_Reshape(self, layer: Layer) -> None:
        """The same numbers in another shape, channels last."""
        value, target = self.input(layer), list(layer["target_shape"])
        if len(value.shape) > 1:
            value = self.add("permute", value, name=f"{layer.name}.last", order=[*range(1, len(value.shape)), 0])
        value = self.add("reshape", value, name=layer.name, shape=target)
        if len(target) > 1:
            value = self.add("permute", value, name=f"{layer.name}.first", order=[len(target) - 1, *range(len(target) - 1)])
        self.values[layer.name] = value

    def make_ZeroPadding2D(self, layer: Layer) -> None:
        """Zeros around an image."""
        padding = layer["padding"]
        (top, bottom), (left, right) = [[n, n] if isinstance(n, int) else n for n in
                                        ([padding, padding] if isinstance(padding, int) else padding)]
        self.values[layer.name] = self.add("pad", self.input(layer), name=layer.name, before=[0, top, left],
                                           after=[0, bottom, right])

    def make_ShortcutA(self, layer: Layer) -> None:
        """Every second position, with channels of zeros on both sides (the shortcuts of ResNets for CIFAR)."""
        pad = int(layer["pad"])
        half = self.add("slice", self.input(layer), name=f"{layer.name}.slice", step=[1, 2, 2])
        self.values[layer.name] = self.add("pad", half, name=layer.name, before=[pad, 0, 0], after=[pad, 0, 0])

    def make_Dropout(self, layer: Layer) -> None:
        """Dropped in training alone."""
        rate = float(layer.get("rate", 0.5))
        value = self.input(layer)
        self.passed(layer, self.add("dropout", value, name=layer.name, p=rate) if rate > 0 else value)


# ---- folded models ------------------------------------------------------------------------------


def read_safetensors(path: str) -> Dict[str, NDArray[Any]]:
    """Tensors of a safetensors file as float32."""
    with open(path, "rb") as stream:
        data = stream.read()
    kinds = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "<u1"}
    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + size])
        found = {}
        for name, info in header.items():
            if name == "__metadata__":
                continue
            first, end = info["data_offsets"]
            array = np.frombuffer(data[8 + size + first:8 + size + end], kinds[info["dtype"]])
            if info["dtype"] == "BF16":
                array = (array.astype(np.uint32) << 16).view(np.float32)
            found[name] = array.reshape(info["shape"]).astype(np.float32)
        return found
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{path} is no safetensors file: {error}") from None


def _folded_arrays(layer: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Arrays:
    weight, bias = tensors[f"{layer['name']}.weight"], tensors[f"{layer['name']}.bias"]
    if layer["type"] == "Conv2D":
        weight = weight.reshape(len(weight), *layer["kernel_size"], -1).transpose(0, 3, 1, 2)
    elif layer["type"] == "DepthwiseConv2D":
        weight = weight.reshape(len(weight), 1, *layer["kernel_size"])
    return {"weight": weight, "bias": bias}


def import_folded(path: str, logits: bool, ctx: Optional[Context]) -> Network:
    """NAME.json (member "folded_layers") with NAME.folded.safetensors beside it."""
    with open(path, encoding="utf-8") as stream:
        document = json.load(stream)
    if not isinstance(document, dict) or "folded_layers" not in document:
        raise FormatError(f"{path}: no member \"folded_layers\"; a network document goes with --network")
    tensors = read_safetensors(path[:-len(".json")] + ".folded.safetensors")
    layers = [Layer(k, each["type"], each["name"], each["inputs"], each,
                    lambda each=each: _folded_arrays(each, tensors))  # type: ignore[misc]
              for k, each in enumerate(document["folded_layers"])]
    return LayersImporter(path, layers, logits, ctx).run([layers[-1].name])


# ---- Keras --------------------------------------------------------------------------------------


def _inbound(layer: Mapping[str, Any]) -> List[str]:
    """Names of the layers that a layer reads, as Keras 2 or 3 writes them."""
    nodes = layer.get("inbound_nodes") or []
    if len(nodes) > 1:
        raise Refused(f"it is used {len(nodes)} times; weights that are shared are not known")
    found: List[str] = []

    def look_at_keywords(given: Mapping[str, Any]) -> None:
        for name, item in given.items():
            if isinstance(item, (list, tuple)) and len(item) >= 3 and isinstance(item[0], str):
                if name not in ("value", "key"):
                    raise Refused(f"its argument {name} is a value, which is not known there")
                found.append(item[0])

    def look(item: Any) -> None:
        if isinstance(item, Mapping):
            if "keras_history" in item.get("config", {}):
                found.append(str(item["config"]["keras_history"][0]))
            else:
                look(list(item.values()))
        elif isinstance(item, (list, tuple)):
            if len(item) >= 3 and isinstance(item[0], str) and isinstance(item[1], int):
                found.append(item[0])
                look_at_keywords(item[3] if len(item) > 3 else {})
            else:
                for each in item:
                    look(each)
    look(nodes)
    return found


def _keras_arrays(kind: str, group: Any) -> Arrays:
    """Arrays of a layer with the layouts of PyTorch."""
    raw: Arrays = {}

    def take(name: str, item: Any) -> None:
        if hasattr(item, "shape"):
            raw[series.own_arrays(name, kind)] = np.asarray(item, np.float32)
    group.visititems(take)
    if kind in (*series.READERS, "Embedding"):
        return raw
    out = {name: array for name, array in raw.items() if not name.endswith("kernel")}
    kernel = raw.get("depthwise_kernel", raw.get("kernel"))
    if kernel is None:
        return out
    if kind == "DepthwiseConv2D":
        out["weight"] = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])
    else:
        out["weight"] = np.moveaxis(kernel, (-1, -2), (0, 1))
    return out


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def import_keras(path: str, logits: bool, ctx: Optional[Context]) -> Network:
    """A whole model, as model.save("x.h5") writes it."""
    with package("h5py").File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise FormatError(f"{path}: no model_config: it holds weights alone; save the whole model")
        model = json.loads(_text(file.attrs["model_config"]))
        config, groups = model["config"], file["model_weights"]
        listed = config["layers"] if isinstance(config, dict) else config
        layers: List[Layer] = []
        problems: List[str] = []
        before = ""
        for k, each in enumerate(listed):
            kind, inner = each["class_name"], each["config"]
            name = str(each.get("name") or inner["name"])
            if model["class_name"] == "Sequential" and kind != "InputLayer" and not layers:
                shape = inner.get("batch_input_shape") or inner.get("batch_shape") or model["config"].get("build_input_shape")
                layers.append(Layer(k, "InputLayer", "input", [], {"batch_input_shape": shape}, dict))
                before = "input"
            try:
                inputs = ([before] if before else []) if model["class_name"] == "Sequential" else _inbound(each)
            except Refused as reason:
                problems.append(f"layer {k} '{name}' ({kind}): {reason}")
                continue
            arrays = _keras_arrays(kind, groups[name]) if name in groups else {}
            layers.append(Layer(k, kind, name, inputs, inner, lambda arrays=arrays: arrays))  # type: ignore[misc]
            before = name
    outputs = [before] if model["class_name"] == "Sequential" else _outputs(config["output_layers"])
    importer = LayersImporter(path, layers, logits, ctx)
    importer.problems += problems
    return importer.run(outputs)


def _outputs(listed: Any) -> List[str]:
    """Names in output_layers: [name, 0, 0], or a list of such."""
    if listed and isinstance(listed[0], str):
        return [str(listed[0])]
    return [str(each[0]) for each in listed]
