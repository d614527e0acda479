# SPDX-License-Identifier: MIT
"""Recurrent layers of ONNX. Their values may have the samples at another axis than the first; here they always come
first, so such values are followed by the names of their axes until the samples are in front:

    T steps, N samples, D directions (layers of a joined state, too), H numbers of the state
"""
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Optional

import numpy as np

from ._importer import Refused, choose
from ._types import NDArray
from .network import Value

if TYPE_CHECKING:
    from ._import_onnx import OnnxImporter

# Gates of ONNX in the order of PyTorch.
GATES: Dict[str, List[int]] = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 2, 3, 1]}
ACTIVATIONS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}


class Placed(NamedTuple):
    """A value with the names of its axes in the model: [T][D * H], or [D][H] of a state."""
    value: Value
    axes: str
    n_directions: int = 1  # where D is an axis of a series


def settle(importer: "OnnxImporter", key: str, placed: Placed) -> None:
    """A result: a value where its samples come first, else one that is followed further."""
    value, axes, _ = placed
    if axes == "NTDH":
        raise Refused("directions as an axis of their own, with the samples first, are not known")
    if axes == "NH":
        value = importer.add("flatten", value, name=f"{key}.flatten")
    if axes[0] == "N":
        importer.values[key] = value
    else:
        importer.placed[key] = placed


def reordered(weight: NDArray[Any], kind: str) -> NDArray[Any]:
    """Gates as PyTorch has them."""
    parts = np.split(weight, len(GATES[kind]))
    return np.concatenate([parts[k] for k in GATES[kind]])


def tensors_of(kind: str, w: NDArray[Any], r: NDArray[Any], b: Optional[NDArray[Any]]) -> Dict[str, NDArray[Any]]:
    """Weights of one layer by the names of PyTorch."""
    made: Dict[str, NDArray[Any]] = {}
    for d, suffix in enumerate(("", "_reverse")[:len(w)]):
        made[f"weight_ih_l0{suffix}"] = reordered(w[d], kind)
        made[f"weight_hh_l0{suffix}"] = reordered(r[d], kind)
        if b is not None:
            made[f"bias_ih_l0{suffix}"], made[f"bias_hh_l0{suffix}"] = (reordered(half, kind) for half in np.split(b[d], 2))
    return made


def check_activations(kind: str, attributes: Dict[str, Any], directions: int) -> Dict[str, Any]:
    """Those of the op, which for RNN may be Relu."""
    usual = ACTIVATIONS[kind]
    names = [name.decode() if isinstance(name, bytes) else name for name in attributes.get("activations", usual * directions)]
    if kind == "RNN" and names == ["Relu"] * directions:
        return {"nonlinearity": "RELU"}
    choose("activations", names, (usual * directions,))
    return {}


def first_states(importer: "OnnxImporter", node: Any, time_first: bool) -> List[Value]:
    """The states before the first step; nothing: 0."""
    found: List[Value] = []
    for k in (5, 6):
        if not importer.has(node, k) or np.all(importer.constants.get(node.input[k], 1) == 0):
            continue
        key = node.input[k]
        if key in importer.constants:
            raise Refused("an initial state that is constant, but not 0, is not known")
        found.append(importer.placed[key].value if time_first and key in importer.placed else importer.value(key))
    if node.op_type == "LSTM" and len(found) == 1:
        raise Refused("one initial state of two is not known")
    return found


def recurrent(importer: "OnnxImporter", node: Any) -> None:
    """RNN, GRU, LSTM."""
    kind, attributes = node.op_type, importer.attributes(node)
    way = choose("direction", attributes.get("direction", "forward"), ("forward", "reverse", "bidirectional"))
    time_first = choose("layout", attributes.get("layout", 0), (0, 1)) == 0
    choose("clip", attributes.get("clip"), (None,))
    choose("input_forget", attributes.get("input_forget", 0), (0,))
    gru = {"reset_after": bool(attributes.get("linear_before_reset", 0))} if kind == "GRU" else {}
    if importer.has(node, 4) or importer.has(node, 7):
        raise Refused("lengths of each sample, and peepholes, are not known")
    w, r = importer.constant(node, 1, "W"), importer.constant(node, 2, "R")
    b = importer.constant(node, 3, "B") if importer.has(node, 3) else None
    key = node.input[0]
    if time_first and key not in importer.placed and key in importer.values:
        raise Refused("layout 0 reads [steps, samples, features]; the first axis of an input counts the samples: "
                      "a Transpose before it, or layout 1, says so")
    series = importer.placed[key].value if time_first and key in importer.placed else importer.value(key)
    name = node.name or next(each for each in node.output if each)
    value = importer.add(kind.lower(), series, *first_states(importer, node, time_first), name=name,
                         tensors=tensors_of(kind, w, r, b), hidden_size=int(attributes["hidden_size"]),
                         bidirectional=way == "bidirectional", reverse=way == "reverse", bias=b is not None,
                         **gru, **check_activations(kind, attributes, len(w)))
    for k, key in enumerate(node.output):
        axes = ("TDNH" if k == 0 else "DNH") if time_first else ("NTDH" if k == 0 else "NDH")
        if key and importer.is_read(key):
            if axes == "NTDH":  # its only way on is to lose the directions
                importer.placed[key] = Placed(value, axes)
            else:
                settle(importer, key, Placed(value[k], axes, len(w)))


# ---- what follows -------------------------------------------------------------------------------


def directions(placed: Placed) -> int:
    """How many a state has."""
    return placed.value.shape[0]


def transpose(importer: "OnnxImporter", node: Any) -> None:
    """Axes in another order."""
    placed = importer.placed[node.input[0]]
    order = importer.attributes(node).get("perm", list(range(len(placed.axes)))[::-1])
    settle(importer, node.output[0], placed._replace(axes="".join(placed.axes[k] for k in order)))


def squeeze(importer: "OnnxImporter", node: Any) -> None:
    """Without the one direction."""
    placed = importer.placed[node.input[0]]
    given: Any = importer.constant(node, 1, "axes").tolist() if importer.has(node, 1) else importer.attributes(node).get("axes")
    gone = placed.axes[given[0]] if given and len(given) == 1 else "?"
    if gone != "D" or ("T" not in placed.axes and directions(placed) != 1):
        raise Refused("it is known of the one direction")
    settle(importer, node.output[0], placed._replace(axes=placed.axes.replace("D", "")))


def reshape(importer: "OnnxImporter", node: Any) -> None:
    """Directions and numbers as one axis."""
    value, axes, _ = importer.placed[node.input[0]]
    shape = importer.constant(node, 1, "the shape").reshape(-1).tolist()
    if "DH" not in axes or len(shape) != len(axes) - 1 or shape[-1] not in (-1, value.shape[-1]):
        raise Refused(f"to {shape}: it is known where it joins directions and numbers of the state")
    settle(importer, node.output[0], Placed(value, axes.replace("D", "")))


def gather(importer: "OnnxImporter", node: Any) -> None:
    """One direction, or one layer of a joined state."""
    placed, index = importer.placed[node.input[0]], importer.constant(node, 1, "the index")
    if placed.axes != "DNH" or importer.attributes(node).get("axis", 0) != 0 or index.size != 1 or index.ndim:
        raise Refused("it is known of one layer and direction of a state")
    at = int(index) % directions(placed)
    settle(importer, node.output[0], Placed(cut(importer, node, placed, at, at + 1), "NH"))


def cut(importer: "OnnxImporter", node: Any, placed: Placed, first: int, end: int) -> Value:
    """Layers and directions of a state."""
    return importer.add("slice", placed.value, name=f"{node.name or node.output[0]}.slice", start=[first, 0],
                        stop=[end, placed.value.shape[1]])


def part(importer: "OnnxImporter", node: Any) -> None:
    """Some layers and directions of a state."""
    placed = importer.placed[node.input[0]]
    lists = [importer.constant(node, k, "a list").reshape(-1).tolist() if importer.has(node, k) else None for k in range(1, 5)]
    if placed.axes != "DNH" or lists[2] != [0] or lists[3] not in (None, [1]):
        raise Refused("it is known of layers and directions of a state")
    first, end, _ = slice(lists[0][0], lists[1][0]).indices(directions(placed))  # type: ignore[index]
    importer.placed[node.output[0]] = Placed(cut(importer, node, placed, first, end), "DNH")


def concat(importer: "OnnxImporter", node: Any) -> None:
    """States of several layers."""
    parts = [importer.placed.get(key) for key in node.input]
    if any(each is None or each.axes != "DNH" for each in parts) or importer.attributes(node)["axis"] != 0:
        raise Refused("it is known of states, along their layers")
    value = importer.add("concat", *[each.value for each in parts if each], name=node.name or node.output[0], axis=0)
    importer.placed[node.output[0]] = Placed(value, "DNH")


def shape(importer: "OnnxImporter", node: Any) -> None:
    """Sizes in the order of the model's axes."""
    value, axes, n = importer.placed[node.input[0]]
    sizes = list(value.shape)
    if "T" in axes and "D" in axes:  # together in the value
        sizes = [sizes[0], sizes[1] // n]
        sizes.insert(axes.replace("N", "").index("D"), n)
    sizes.insert(axes.index("N"), importer.samples or -1)
    importer.sized(node, sizes)


def passed_on(importer: "OnnxImporter", node: Any) -> None:
    """What changes nothing."""
    importer.placed[node.output[0]] = importer.placed[node.input[0]]


# What is known of values whose samples are not in front.
FOLLOWED: Dict[str, Callable[["OnnxImporter", Any], None]] = {
    "RNN": recurrent, "GRU": recurrent, "LSTM": recurrent, "Transpose": transpose, "Squeeze": squeeze, "Reshape": reshape,
    "Gather": gather, "Slice": part, "Concat": concat, "Shape": shape, "Identity": passed_on, "Dropout": passed_on}
