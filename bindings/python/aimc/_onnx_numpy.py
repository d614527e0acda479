# SPDX-License-Identifier: MIT
"""Operators of ONNX on arrays: what a model computes of its constants, and parts of it that are tried out."""
import math
from typing import Any, Callable, Dict, List, Optional

import numpy as np

from ._types import NDArray

Array = NDArray[Any]
Attributes = Dict[str, Any]


def _axes(attributes: Attributes, axes: Optional[Array]) -> Any:
    return tuple(attributes["axes"] if axes is None else axes.reshape(-1).tolist())


def _slice(_: Any, a: Attributes, x: Array, first: Optional[Array] = None, end: Optional[Array] = None, axes: Optional[Array] = None,
           steps: Optional[Array] = None) -> Array:
    made = [slice(None)] * x.ndim
    firsts, ends = (a["starts"], a["ends"]) if first is None or end is None else (first.tolist(), end.tolist())
    places = a.get("axes", range(len(firsts))) if axes is None else axes.tolist()
    for start, stop, axis, by in zip(firsts, ends, places, [1] * len(firsts) if steps is None else steps.tolist()):
        made[axis] = slice(start, stop, by)
    return x[tuple(made)]


def _split(_: Any, a: Attributes, x: Array, sizes: Optional[Array] = None) -> List[Array]:
    axis = a.get("axis", 0)
    given = a.get("split") if sizes is None else sizes.tolist()
    if given is None:
        return np.array_split(x, a["num_outputs"], axis)
    return np.split(x, np.cumsum(given)[:-1], axis)


def _gemm(_: Any, a: Attributes, x: Array, w: Array, c: Any = 0) -> Array:
    x, w = (each.T if a.get(flag, 0) else each for each, flag in ((x, "transA"), (w, "transB")))
    return np.asarray(a.get("alpha", 1.0) * (x @ w) + a.get("beta", 1.0) * c)


def _softmax(_: Any, a: Attributes, x: Array) -> Array:
    e = np.exp(x - x.max(a.get("axis", -1), keepdims=True))
    return np.asarray(e / e.sum(a.get("axis", -1), keepdims=True))


def _flatten(_: Any, a: Attributes, x: Array) -> Array:
    return x.reshape(int(np.prod(x.shape[:a.get("axis", 1)])), -1)


# operator -> function of the importer, attributes and arrays; None: an input that is left out. Sizes below 0 count samples.
OPERATORS: Dict[str, Callable[..., Any]] = {
    "Constant": lambda me, a: next((me.to_array(a[key]) if key == "value" else np.asarray(a[key]) for key in a), None),
    "Identity": lambda me, a, x: x,
    "Dropout": lambda me, a, x, *_: x,
    "Cast": lambda me, a, x: x.astype(me.numpy_type(int(a["to"]))),
    "Reshape": lambda me, a, x, shape: x.reshape([x.shape[k] if n == 0 else n for k, n in enumerate(shape.tolist())]),
    "Flatten": _flatten,
    "ConstantOfShape": lambda me, a, n: np.full([abs(size) for size in n.tolist()], me.to_array(a["value"])[0] if "value" in a else np.float32(0)),
    "Slice": _slice,
    "Split": _split,
    "Expand": lambda me, a, x, shape: np.broadcast_to(x, np.broadcast_shapes(x.shape, [abs(n) for n in shape.tolist()])),
    "Squeeze": lambda me, a, x, axes=None: np.squeeze(x, _axes(a, axes) if axes is not None or "axes" in a else None),
    "Unsqueeze": lambda me, a, x, axes=None: np.expand_dims(x, _axes(a, axes)),
    "Transpose": lambda me, a, x: x.transpose(a.get("perm")),
    "Gather": lambda me, a, x, at: np.take(x, at, a.get("axis", 0)),
    "Concat": lambda me, a, *x: np.concatenate(x, a["axis"]),
    "Shape": lambda me, a, x: np.array(x.shape[a.get("start", 0):a.get("end")], np.int64),
    "Where": lambda me, a, c, x, y: np.where(c, x, y),
    "Trilu": lambda me, a, x, k=0: np.triu(x, int(k or 0)) if a.get("upper", 1) else np.tril(x, int(k or 0)),
    "Range": lambda me, a, first, end, step: np.arange(first, end, step).astype(first.dtype),
    "Equal": lambda me, a, x, y: x == y,
    "Less": lambda me, a, x, y: x < y,
    "Greater": lambda me, a, x, y: x > y,
    "Not": lambda me, a, x: ~x,
    "Add": lambda me, a, x, y: x + y,
    "Sub": lambda me, a, x, y: x - y,
    "Mul": lambda me, a, x, y: x * y,
    "Div": lambda me, a, x, y: x // y if x.dtype.kind == "i" else x / y,
    "Sqrt": lambda me, a, x: np.sqrt(x),
    "Pow": lambda me, a, x, y: x ** y,
    "Erf": lambda me, a, x: np.vectorize(math.erf, [x.dtype])(x),
    "ReduceMean": lambda me, a, x, axes=None: x.mean(_axes(a, axes), keepdims=bool(a.get("keepdims", 1))),
    "MatMul": lambda me, a, x, y: x @ y,
    "Gemm": _gemm,
    "Softmax": _softmax,
}
