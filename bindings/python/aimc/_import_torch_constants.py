# SPDX-License-Identifier: MIT
"""Functions of PyTorch of values beside numbers, parameters and buffers."""
from typing import TYPE_CHECKING, Any

import numpy as np

from ._import_constants import combined, joined, terms
from ._importer import Refused, choose
from .network import Value

if TYPE_CHECKING:
    from ._import_torch import TorchImporter

# Sums and products by a part of their names.
JOINED = {"add": ("Add", np.add), "sub": ("Sub", np.subtract), "mul": ("Mul", np.multiply), "div": ("Div", np.divide)}


def known(importer: "TorchImporter", given: Any) -> Any:
    """A number, or what a parameter or a buffer holds; None: a value."""
    if isinstance(given, (int, float)):
        return np.float32(given)
    return importer.constants.get(getattr(given, "name", ""))


def join(importer: "TorchImporter", node: Any) -> None:
    """add, sub, mul, div of two values, or of a value and a constant."""
    importer.read.update((0, 1, "alpha", "rounding_mode"))
    choose("alpha", node.kwargs.get("alpha", 1), (1,))
    choose("rounding_mode", node.kwargs.get("rounding_mode"), (None,))
    kind, compute = next(pair for word, pair in JOINED.items() if word in importer.title(node))
    constants = [known(importer, each) for each in node.args[:2]]
    at = [k for k, each in enumerate(constants) if each is not None]
    if len(at) == 2:
        importer.constants[node.name] = np.asarray(compute(*constants))
        return
    if at:
        value = importer.argument(node, 1 - at[0])
        importer.values[node.name] = combined(importer, node.name, kind, value, constants[at[0]], at[0] == 0)
        return
    op, values = terms(importer, node.name, kind, [importer.argument(node, 0), importer.argument(node, 1)])
    importer.made(node, op, *values)


def expand(importer: "TorchImporter", node: Any) -> None:
    """Of what a parameter or a buffer holds, for all samples alike."""
    constant = known(importer, node.args[0])
    sizes = node.args[1] if isinstance(node.args[1], (tuple, list)) else node.args[1:]
    if constant is None or any(size != -1 for size in sizes[1:]) or len(sizes) != constant.ndim:
        raise Refused("it is known of a parameter along the samples, as in token.expand(len(x), -1, -1)")
    importer.constants[node.name] = constant


def cat(importer: "TorchImporter", node: Any) -> None:
    """torch.cat."""
    parts = [known(importer, each) for each in node.args[0]]
    parts = [importer.value(each.name) if part is None else part for part, each in zip(parts, node.args[0])]
    values = [part for part in parts if isinstance(part, Value)]
    if not values:
        raise Refused("constants alone are not known there")
    dim = importer.number(node, 1, "dim", 0) % (len(values[0].shape) + 1)
    if dim == 0:
        raise Refused("axis 0 counts the samples")
    if len(values) == len(parts):
        importer.made(node, "concat", *values, axis=dim - 1)
    else:
        importer.values[node.name] = joined(importer, node.name, parts, dim)
