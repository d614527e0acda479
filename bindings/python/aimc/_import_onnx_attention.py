# SPDX-License-Identifier: MIT
"""Attention of ONNX models: exporters write it as products, transposes and a softmax, each version in its own way. A part of
the graph around a softmax is taken for an attention of this library when it computes the same: both are run on random numbers."""
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

import numpy as np

from ._importer import Missing, Refused
from ._onnx_graph import MOVES, PICKS, Graph
from ._types import NDArray
from .network import Value

TOLERANCE = 1e-4  # of the largest number, for sums in another order


class Projection(NamedTuple):
    """A matrix that is applied to a value: its node, that value, weight [out][in] and bias."""
    node: int
    source: str
    weight: NDArray[Any]
    bias: NDArray[Any]


class Block(NamedTuple):
    """What may be an attention: matrices of query, key and value, the one behind, and values that may be its result."""
    at: int  # the softmax
    parts: List[Projection]
    out: Projection
    ends: List[str]
    nodes: Set[int]

    def make(self, graph: Graph) -> Set[int]:
        """The op, where it computes what the part of the model does; the nodes that it stands for."""
        return make(graph, self)


def matrix(graph: Graph, k: int) -> Optional[Projection]:
    """A product with a constant matrix, and the bias that comes with it or right behind."""
    node, constants = graph.nodes[k], graph.importer.constants
    if node.op_type not in ("MatMul", "Gemm") or node.input[1] not in constants or node.input[0] in constants:
        return None
    weight = constants[node.input[1]]
    attributes = graph.importer.attributes(node)
    if weight.ndim != 2 or attributes.get("transA", 0) or attributes.get("alpha", 1.0) != 1 or attributes.get("beta", 1.0) != 1:
        return None
    weight = weight if attributes.get("transB", 0) else weight.T
    bias = constants.get(node.input[2]) if len(node.input) > 2 else None
    after = graph.next(node.output[0])
    if bias is None and after is not None and graph.nodes[after].op_type == "Add":
        bias = next((constants[key] for key in graph.nodes[after].input if key in constants), None)
    if bias is None or bias.size != len(weight):
        bias = np.zeros(len(weight), np.float32)
    return Projection(k, node.input[0], weight, bias.reshape(-1))


def projection(graph: Graph, key: str) -> Optional[Projection]:
    """The matrix that a value comes from, through moves and picks."""
    for k, _ in graph.up(key, PICKS):
        found = matrix(graph, k)
        if found:
            return found
    return None


def find(graph: Graph) -> List[Block]:
    """All parts of a graph that may be attentions."""
    found = (look_at(graph, k) for k, node in enumerate(graph.nodes) if node.op_type == "Softmax")
    return [block for block in found if block]


def product_above(graph: Graph, key: str) -> Optional[Any]:
    """The product of two computed values that scores come from."""
    for _, node in graph.up(key, PICKS):
        if node.op_type == "MatMul":
            return node if len(graph.computed(node)) == 2 else None
    return None


def look_at(graph: Graph, softmax: int) -> Optional[Block]:
    """The parts around a softmax."""
    scores = product_above(graph, graph.nodes[softmax].input[0])
    key = graph.nodes[softmax].output[0]
    after = graph.next(key)
    while after is not None and graph.nodes[after].op_type in MOVES:
        key = graph.nodes[after].output[0]
        after = graph.next(key)
    if scores is None or after is None or graph.nodes[after].op_type != "MatMul" or graph.nodes[after].input[0] != key:
        return None
    parts = [projection(graph, each) for each in (*scores.input, graph.nodes[after].input[1])]
    key, out = graph.nodes[after].output[0], None
    while out is None:
        after = graph.next(key)
        if after is None:
            return None
        out = matrix(graph, after)
        if out is None and graph.nodes[after].op_type not in MOVES:
            return None
        key = graph.nodes[after].output[0]
    made = [part for part in parts if part]
    if len(made) < 3:
        return None
    ends = [key]
    after = graph.next(key)
    while after is not None and (graph.nodes[after].op_type in MOVES or len(ends) == 1 and graph.nodes[after].op_type == "Add"
                                 and len(graph.computed(graph.nodes[after])) == 1):
        ends.append(graph.nodes[after].output[0])
        after = graph.next(ends[-1])
    return Block(softmax, made, out, ends, graph.above(ends, {part.source for part in made}))


# ---- one of them --------------------------------------------------------------------------------


def sources_of(graph: Graph, block: Block) -> List[str]:
    """Values [length][features] of which queries, keys and values are made."""
    importer, made = graph.importer, []
    for part in block.parts:
        chain = [part.source, *(node.input[0] for _, node in graph.up(part.source, MOVES))]
        if not any(key in importer.values for key in chain):
            raise Missing(part.source)
        known = [key for key in chain if key in importer.values and len(importer.values[key].shape) == 2
                 and importer.values[key].shape[1] == part.weight.shape[1]]
        if not known:
            raise Refused("an attention of something else than values [samples, length, features]")
        made.append(known[0])
    return made


def weights_of(block: Block) -> Dict[str, NDArray[Any]]:
    """Tensors of the op: where one matrix makes several parts, they lie one behind the other."""
    weights, biases = [], []
    size = len(block.out.weight)
    for k, part in enumerate(block.parts):
        shared = [each for each in range(3) if block.parts[each].node == part.node]
        at = shared.index(k)
        if part.weight.shape != (size * len(shared), size) or block.out.weight.shape != (size, size):
            raise Refused("an attention whose matrices are not all [features, features]")
        weights.append(part.weight[at * size:(at + 1) * size])
        biases.append(part.bias[at * size:(at + 1) * size])
    return {"in_proj_weight": np.concatenate(weights), "in_proj_bias": np.concatenate(biases), "out_proj.weight": block.out.weight,
            "out_proj.bias": block.out.bias}


def attend(inputs: List[NDArray[Any]], tensors: Dict[str, NDArray[Any]], heads: int, causal: bool) -> NDArray[Any]:
    """What the op computes: A. Vaswani et al., arXiv:1706.03762."""
    parts = []
    for x, w, b in zip(inputs, np.split(tensors["in_proj_weight"], 3), np.split(tensors["in_proj_bias"], 3)):
        y = x @ w.T.astype(np.float64) + b
        parts.append(y.reshape(*y.shape[:2], heads, -1).transpose(0, 2, 1, 3))
    scores = parts[0] @ parts[1].transpose(0, 1, 3, 2) / np.sqrt(parts[0].shape[-1])
    if causal:
        scores = np.where(np.triu(np.ones(scores.shape[-2:], bool), 1), -np.inf, scores)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    y = (p / p.sum(-1, keepdims=True)) @ parts[2]
    return np.asarray(y.transpose(0, 2, 1, 3).reshape(*inputs[0].shape) @ tensors["out_proj.weight"].T + tensors["out_proj.bias"])


def redrawn(graph: Graph, block: Block, rng: np.random.Generator) -> Tuple[Block, Dict[str, NDArray[Any]]]:
    """The block with random matrices, and these as the model has them: of matrices that are 0 or nearly so, as before training,
    any number of heads would compute the same."""
    kept: Dict[str, NDArray[Any]] = {}

    def draw(part: Projection) -> Projection:
        node = graph.nodes[part.node]
        key = node.input[1]
        if key not in kept:
            kept[key] = rng.normal(0, part.weight.shape[1] ** -0.5, graph.importer.constants[key].shape).astype(np.float32)
        return part._replace(weight=kept[key] if graph.importer.attributes(node).get("transB", 0) else kept[key].T)
    return block._replace(parts=[draw(part) for part in block.parts], out=draw(block.out)), kept


def make(graph: Graph, block: Block) -> Set[int]:
    """The op, where it computes what the part of the model does; the nodes that it stands for."""
    importer = graph.importer
    keys = sources_of(graph, block)
    values: List[Value] = [importer.values[key] for key in keys]
    n, rng = importer.samples or 2, np.random.default_rng(1)
    inputs = {key: rng.normal(size=(n, *value.shape)).astype(np.float32) for key, value in zip(keys, values)}
    trial, matrices = redrawn(graph, block, rng)
    tensors, found = weights_of(trial), graph.run(block.ends, {**inputs, **matrices})
    features = values[0].shape[1]
    for heads in range(1, features + 1):
        for causal in (False, True) if features % heads == 0 else ():
            wanted = attend([inputs[key] for key in keys], tensors, heads, causal)
            ends = [key for key, y in found.items() if y.shape == wanted.shape
                    and np.abs(y - wanted).max() <= TOLERANCE * np.abs(wanted).max()]
            if ends:
                return add(graph, block, keys, ends[-1], heads=heads, causal=causal)
    raise Refused("it is in no attention that is known: several heads, scores over the root of their size, softmax, no mask but the causal one")


def add(graph: Graph, block: Block, keys: List[str], end: str, **fields: Any) -> Set[int]:
    """The node; nothing else may look at what is within."""
    importer = graph.importer
    inside = graph.above([end], set(keys))
    graph.check_inside(inside, end)
    different = [key for k, key in enumerate(keys) if key not in keys[:k]]
    values = different if keys[1] == keys[2] else keys
    weight = next((key for key in graph.nodes[block.out.node].input if key.endswith(".out_proj.weight")), "")
    name = weight[:-len(".out_proj.weight")] or graph.nodes[block.at].name or end
    importer.values[end] = importer.add("attention", *[importer.values[key] for key in values], name=name, tensors=weights_of(block),
                                        **fields)
    return inside
