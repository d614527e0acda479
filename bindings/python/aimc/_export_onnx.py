# SPDX-License-Identifier: MIT
"""Networks as ONNX models: opset 17, the samples first, weights as the devices hold them.

What ONNX has no operator for (attention, group norm, GELU) is a function of the model itself, in the domain libaimc, made of
operators that it has.
"""
import json
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from ._errors import UnsupportedError
from ._importer import package
from ._types import NDArray
from .network import Network

OPSET, IR_VERSION, DOMAIN, INT64 = 17, 8, "libaimc", 7
Shape = Tuple[int, ...]


class Node:
    """One node of the document: its configuration, tensors, and the shapes of what it reads."""

    def __init__(self, entry: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], shapes: Mapping[str, Shape]) -> None:
        self.name, self.op, self.inputs = str(entry["name"]), str(entry["op"]), list(entry["inputs"])
        self.config: Mapping[str, Any] = entry["config"]
        self.tensors = {key[len(self.name) + 1:]: array for key, array in tensors.items() if key.startswith(self.name + ".")}
        self.shapes = [shapes[key] for key in self.inputs]
        self.shape = shapes[self.name]  # of its first value

    def __getitem__(self, field: str) -> Any:
        return self.config[field]

    def list(self, field: str, n: int, usual: int) -> List[int]:
        """Numbers of n dimensions, of a field that may have one for all or none."""
        given = [int(v) for v in self.config.get(field, [])]
        return given if len(given) == n else (given * n if given else [usual] * n)


class Exporter:
    """Makes a model of a network's document and tensors."""

    def __init__(self, net: Network) -> None:
        self.onnx = package("onnx")
        self.numpy = package("onnx.numpy_helper")
        self.net, self.document = net, json.loads(net.to_json())
        self.nodes: List[Any] = []
        self.initializers: Dict[str, Any] = {}
        self.functions: Dict[Any, Any] = {}  # by what they compute
        self.problems: List[str] = []
        self.shapes = self.find_shapes()

    def find_shapes(self) -> Dict[str, Shape]:
        """Shapes of inputs and of all values of nodes, samples not counted."""
        shapes = {str(each["name"]): tuple(each["shape"]) for each in self.document["inputs"]}
        first = {layer.name: layer.output for layer in self.net.layers}
        for entry in self.document["nodes"]:
            for k in range({"rnn": 2, "gru": 2, "lstm": 3}.get(entry["op"], 1)):
                # pylint: disable-next=protected-access
                shapes[f"{entry['name']}:{k}" if k else entry["name"]] = self.net._shape(first[entry["name"]] + k)
        return shapes

    # ---- parts ---------------------------------------------------------------------------------

    def add(self, op: str, inputs: Sequence[str], output: str, domain: str = "", more: Sequence[str] = (), label: str = "",
            **attributes: Any) -> str:
        """A node; gives its output."""
        self.nodes.append(self.onnx.helper.make_node(op, list(inputs), [output, *more], name=label or output, domain=domain,
                                                     **attributes))
        return output

    def constant(self, name: str, array: Any) -> str:
        """An array that is known."""
        made = np.asarray(array)
        self.initializers[name] = self.numpy.from_array(np.ascontiguousarray(made) if made.ndim else made, name)
        return name

    def weight(self, node: Node, tensor: str) -> str:
        """A tensor of a node under its own name."""
        return self.constant(f"{node.name}.{tensor}", node.tensors[tensor])

    def whole(self, node: Node, what: str, numbers: Sequence[int]) -> str:
        """A list of whole numbers."""
        return self.constant(f"{node.name}.{what}", np.asarray(numbers, np.int64))

    def call(self, node: Node, inputs: Sequence[str], make: Callable[[], Sequence[Any]], **attributes: Any) -> None:
        """A function of the model, made once for each way that it is called."""
        helper, key = self.onnx.helper, (node.op, *attributes.items(), *node.shapes)
        if key not in self.functions:
            formal = [f"in{k}" for k in range(len(inputs))]
            name = f"{node.op}_{len(self.functions)}"
            self.functions[key] = helper.make_function(DOMAIN, name, formal, ["y"], list(make()),
                                                       [helper.make_opsetid("", OPSET)], list(attributes))
        self.add(self.functions[key].name, inputs, node.name, DOMAIN, **attributes)

    def formula(self, lines: Sequence[Tuple[Any, ...]]) -> List[Any]:
        """Nodes of a function: (output, op, inputs, attributes), or (output, array)."""
        helper, made = self.onnx.helper, []
        for output, op, *rest in lines:
            if isinstance(op, str):
                inputs = rest[0].split() if isinstance(rest[0], str) else rest[0]
                made.append(helper.make_node(op, inputs, output.split(), **(rest[1] if len(rest) > 1 else {})))
            else:
                made.append(helper.make_node("Constant", [], [output], value=self.numpy.from_array(np.asarray(op), output)))
        return made

    # ---- all -----------------------------------------------------------------------------------

    def run(self) -> Any:
        """The model; or one error that names every node that ONNX cannot have."""
        from ._export_onnx_ops import EXPORTERS  # pylint: disable=import-outside-toplevel,cyclic-import
        tensors = self.net.state_dict()
        for k, entry in enumerate(self.document["nodes"]):
            node = Node(entry, tensors, self.shapes)
            make = EXPORTERS.get(node.op)
            if make is None:
                self.problems.append(f"node {k} '{node.name}' ({node.op}): ONNX has no such operator")
            else:
                make(self, node)
        if self.problems:
            lines = "\n  ".join(self.problems)
            raise UnsupportedError(f"to_onnx: {len(self.problems)} nodes cannot be exported\n  {lines}")
        return self.model()

    def info(self, name: str, shape: Shape) -> Any:
        """A value of any number of samples."""
        return self.onnx.helper.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, ["n", *shape])

    def model(self) -> Any:
        """Inputs, outputs and what lies between them."""
        helper = self.onnx.helper
        outputs: List[str] = []
        inputs = [str(each["name"]) for each in self.document["inputs"]]
        for key in self.document["outputs"]:
            name = key
            if key in inputs or key in outputs:  # an output has a name of its own
                name = self.add("Identity", [key], f"{key}.output{len(outputs)}")
            outputs.append(name)
            self.shapes[name] = self.shapes[key]
        graph = helper.make_graph(self.nodes, "network", [self.info(name, self.shapes[name]) for name in inputs],
                                  [self.info(name, self.shapes[name]) for name in outputs], list(self.initializers.values()))
        sets = [helper.make_opsetid("", OPSET)] + ([helper.make_opsetid(DOMAIN, 1)] if self.functions else [])
        model = helper.make_model(graph, opset_imports=sets, functions=list(self.functions.values()), producer_name="libaimc")
        model.ir_version = IR_VERSION
        return model


def export_onnx(net: Network, path: str) -> None:
    """Write the model of a network."""
    exporter = Exporter(net)
    model = exporter.run()
    exporter.onnx.checker.check_model(model)
    exporter.onnx.save(model, path)
