# SPDX-License-Identifier: MIT
"""Ways through the graph of an ONNX model, and parts of it that are run on arrays."""
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Set, Tuple

from . import _onnx_numpy as arrays
from ._importer import Refused
from ._types import NDArray

if TYPE_CHECKING:
    from ._import_onnx import OnnxImporter

MOVES = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Cast", "Dropout", "Expand")
WITH_CONSTANTS = ("Mul", "Div", "Add", "Where")
PICKS = MOVES + ("Gather", "Split", "Slice") + WITH_CONSTANTS


class Graph:
    """Who makes and who reads the values of a model."""

    def __init__(self, importer: "OnnxImporter") -> None:
        self.importer, self.nodes = importer, list(importer.graph.node)
        self.maker = {key: k for k, node in enumerate(self.nodes) for key in node.output if key}
        self.readers: Dict[str, List[int]] = {}
        for k, node in enumerate(self.nodes):
            for key in node.input:
                self.readers.setdefault(key, []).append(k)
        self.outputs = {each.name for each in importer.graph.output}
        self.fixed = set(importer.constants)  # and what follows from the shapes of values
        for node in self.nodes:
            if node.op_type == "Shape" or all(key in self.fixed for key in node.input if key):
                self.fixed.update(node.output)

    def computed(self, node: Any) -> List[str]:
        """Inputs of a node that samples tell."""
        return [key for key in node.input if key and key not in self.fixed]

    def data(self, node: Any) -> Optional[str]:
        """The value that a node moves, picks of, or changes by constants; None: there are several, or none."""
        keys = self.computed(node) if node.op_type in WITH_CONSTANTS else list(node.input[:1])
        return keys[0] if len(keys) == 1 and keys[0] not in self.fixed else None

    def next(self, key: str) -> Optional[int]:
        """The only node that reads a value, which is no output, and not its shape alone."""
        readers = [k for k in self.readers.get(key, []) if self.nodes[k].op_type != "Shape"]
        return readers[0] if len(readers) == 1 and key not in self.outputs else None

    def up(self, key: str, kinds: Tuple[str, ...]) -> Iterator[Tuple[int, Any]]:
        """Nodes from the maker of a value on upwards, as long as they are of these kinds and the first that is not."""
        at: Optional[str] = key
        while at is not None and at in self.maker:
            k = self.maker[at]
            yield k, self.nodes[k]
            at = self.data(self.nodes[k]) if self.nodes[k].op_type in kinds else None

    def above(self, ends: List[str], sources: Set[str]) -> Set[int]:
        """Nodes that values are computed by, from these sources."""
        found: Set[int] = set()
        open_keys = list(ends)
        while open_keys:
            key = open_keys.pop()
            k = self.maker.get(key)
            if key in sources or k is None or k in found or key in self.importer.constants:
                continue
            found.add(k)
            open_keys += self.nodes[k].input
        return found

    def run(self, ends: List[str], inputs: Dict[str, NDArray[Any]]) -> Dict[str, NDArray[Any]]:
        """What the part of the model between them makes of inputs."""
        known = {**self.importer.constants, **inputs}
        for k in sorted(self.above(ends, set(inputs))):
            node = self.nodes[k]
            if node.op_type not in arrays.OPERATORS or any(key and key not in known for key in node.input):
                raise Refused(f"'{node.name or node.output[0]}' ({node.op_type}), which it hangs on, is not known there")
            self.importer.compute(node, known)
        return {key: known[key] for key in ends}

    def check_inside(self, nodes: Set[int], end: str) -> None:
        """Nothing but the end of a part is looked at from without."""
        for k in nodes:
            for key in self.nodes[k].output:
                outside = [reader for reader in self.readers.get(key, []) if reader not in nodes]
                given = key in self.importer.values or key in self.importer.constants
                if key != end and (key in self.outputs or outside) and not given:
                    raise Refused(f"'{key}' within it is looked at from without")
