# SPDX-License-Identifier: MIT
"""GELU and layer norm of ONNX models before opset 20 and 17, which write them as formulas: taken where they compute the same of
random numbers."""
import math
from typing import Any, Dict, List, NamedTuple, Optional, Set

import numpy as np

from ._importer import Missing, Refused
from ._onnx_graph import Graph
from ._types import NDArray


class Formula(NamedTuple):
    """Nodes that may be an op of one value."""
    at: int
    op: str
    source: str
    ends: List[str]
    nodes: Set[int]
    fields: Dict[str, Any]

    def make(self, graph: Graph) -> Set[int]:
        """The op; the nodes that it stands for."""
        importer = graph.importer
        if self.source not in importer.values:
            raise Missing(self.source)
        value = importer.values[self.source]
        x = np.random.default_rng(1).normal(size=(importer.samples or 2, *value.shape)).astype(np.float32)
        wanted = COMPUTED[self.op](x, self.fields)
        found = [key for key, y in graph.run(self.ends, {self.source: x}).items() if y.shape == x.shape and np.abs(y - wanted).max() < 1e-4]
        if not found:
            raise Refused(f"it is in no formula that is known; of {self.op} it is")
        inside = graph.above([found[-1]], {self.source})
        graph.check_inside(inside, found[-1])
        node = graph.nodes[self.at]
        importer.values[found[-1]] = importer.add(self.op, value, name=node.name or node.output[0], **self.fields)
        return inside


def _layer_norm(x: NDArray[Any], fields: Dict[str, Any]) -> NDArray[Any]:
    axes = tuple(range(-fields["n_axes"], 0))
    return np.asarray((x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + fields["eps"]))


def _gelu(x: NDArray[Any], _: Dict[str, Any]) -> NDArray[Any]:
    return np.asarray(x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))


COMPUTED = {"gelu": _gelu, "layer_norm": _layer_norm}


def find(graph: Graph) -> List[Formula]:
    """All of them."""
    looks = {"Erf": gelu, "Div": layer_norm}
    found = (looks[node.op_type](graph, k) for k, node in enumerate(graph.nodes) if node.op_type in looks)
    return [each for each in found if each]


def gelu(graph: Graph, erf: int) -> Optional[Formula]:
    """What is around an error function."""
    above = graph.maker.get(graph.nodes[erf].input[0])
    source = graph.data(graph.nodes[above]) if above is not None else None
    ends: List[str] = []
    after = graph.next(graph.nodes[erf].output[0])
    while source and after is not None and graph.nodes[after].op_type in ("Add", "Mul") and len(ends) < 3:
        ends.append(graph.nodes[after].output[0])
        after = graph.next(ends[-1])
    return Formula(erf, "gelu", source, ends, graph.above(ends, {source}), {}) if source and ends else None


def layer_norm(graph: Graph, div: int) -> Optional[Formula]:
    """A difference from a mean over the root of a variance and eps."""
    def maker(key: str, *kinds: str) -> Any:
        k = graph.maker.get(key)
        return graph.nodes[k] if k is not None and graph.nodes[k].op_type in kinds else None

    node = graph.nodes[div]
    centred, root = maker(node.input[0], "Sub"), maker(node.input[1], "Sqrt")
    mean = maker(centred.input[1], "ReduceMean") if centred is not None else None
    sum_ = maker(root.input[0], "Add") if root is not None else None
    if mean is None or sum_ is None or mean.input[0] != centred.input[0]:
        return None
    constants = graph.importer.constants
    eps = next((constants[key] for key in sum_.input if key in constants), None)
    axes = constants.get(mean.input[1]) if len(mean.input) > 1 else graph.importer.attributes(mean).get("axes")
    if eps is None or axes is None:
        return None
    fields = {"n_axes": len(axes), "eps": float(np.asarray(eps).reshape(-1)[0]), "affine": False}
    return Formula(div, "layer_norm", mean.input[0], [node.output[0]], graph.above([node.output[0]], {mean.input[0]}), fields)
