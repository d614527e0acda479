# SPDX-License-Identifier: MIT
"""Operators of ONNX between values and constants, parts of a value, and normalisations and activations with constants of
their own."""
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from ._import_constants import combined, joined, on_axis, terms
from ._importer import Refused, with_bias
from .network import Value

if TYPE_CHECKING:
    from ._import_onnx import OnnxImporter


def join(importer: "OnnxImporter", node: Any) -> None:
    """Add, Sub, Mul, Div, Sum of values, or of a value and a constant."""
    kind, keys = node.op_type, list(node.input)
    known = [k for k, key in enumerate(keys) if key in importer.constants]
    name = node.name or node.output[0]
    if not known:
        op, values = terms(importer, name, kind, [importer.value(key) for key in keys])
        importer.add_for(node, op, *values)
        return
    if len(keys) != 2:
        raise Refused("constants among several values are not known; write a sum of two")
    value = importer.value(keys[1 - known[0]])
    importer.values[node.output[0]] = combined(importer, name, kind, value, importer.constants[keys[known[0]]], known[0] == 0)


def concat(importer: "OnnxImporter", node: Any) -> None:
    """Along an axis that does not count the samples; constants, such as a token of a class, are added to zeros."""
    parts = [importer.constants[key] if key in importer.constants else importer.value(key) for key in node.input]
    values = [part for part in parts if isinstance(part, Value)]
    first = values[0]
    axis = importer.attributes(node)["axis"] % (len(first.shape) + 1)
    if axis == 0:
        raise Refused("axis 0 counts the samples")
    if len(values) == len(parts):
        importer.add_for(node, "concat", *values, axis=axis - 1)
        return
    importer.values[node.output[0]] = joined(importer, node.name or node.output[0], parts, axis)


def split(importer: "OnnxImporter", node: Any) -> None:
    """Parts along an axis that does not count the samples."""
    value, attributes = importer.value(node.input[0]), importer.attributes(node)
    axis = attributes.get("axis", 0) % (len(value.shape) + 1)
    if axis == 0:
        raise Refused("axis 0 counts the samples")
    length, n = value.shape[axis - 1], len(node.output)
    sizes: Sequence[int] = importer.constant(node, 1, "the sizes").tolist() if importer.has(node, 1) else attributes.get("split", [])
    sizes = sizes or [min(-(-length // n), length - k * -(-length // n)) for k in range(n)]
    if len(sizes) != n or sum(sizes) != length or min(sizes) < 1:
        raise Refused(f"parts of {list(sizes)} of an axis of {length}")
    start = 0
    for key, size in zip(node.output, sizes):
        if key and importer.is_read(key):
            importer.values[key] = importer.add("slice", value, name=key, start=on_axis(value, axis, start),
                                                stop=on_axis(value, axis, start + size))
        start += size


def instance_norm(importer: "OnnxImporter", node: Any) -> None:
    """Each channel of a sample by itself."""
    scale, bias = importer.constant(node, 1, "the scale"), importer.constant(node, 2, "the bias")
    importer.add_for(node, "group_norm", importer.value(node.input[0]), tensors=with_bias(scale, bias), groups=len(scale),
                     eps=importer.attributes(node).get("epsilon", 1e-5))


def group_norm(importer: "OnnxImporter", node: Any) -> None:
    """Groups of channels; before opset 21, a scale for each group."""
    value, attributes = importer.value(node.input[0]), importer.attributes(node)
    groups = int(attributes["num_groups"])
    arrays = [importer.constant(node, k, what) for k, what in ((1, "the scale"), (2, "the bias"))]
    if importer.opset < 21:
        arrays = [np.repeat(each, value.shape[0] // groups) for each in arrays]
    importer.add_for(node, "group_norm", value, tensors=with_bias(*arrays), groups=groups, eps=attributes.get("epsilon", 1e-5))


def gelu(importer: "OnnxImporter", node: Any) -> None:
    """x times the normal distribution at x."""
    importer.add_for(node, "gelu", importer.value(node.input[0]), approximate=importer.attributes(node).get("approximate", "none").upper())


def prelu(importer: "OnnxImporter", node: Any) -> None:
    """With one slope, which is not trained here."""
    slope = importer.constant(node, 1, "the slope")
    if np.any(slope != slope.flat[0]):
        raise Refused("slopes that differ between channels are not known; of one slope it is")
    importer.add_for(node, "leaky_relu", importer.value(node.input[0]), alpha=float(slope.flat[0]))
