# SPDX-License-Identifier: MIT
"""Layers of Keras for series [steps][features]: recurrent ones, attention, embeddings."""
from typing import TYPE_CHECKING, Any, Dict, List, Mapping

import numpy as np

from ._importer import Refused, choose
from ._types import NDArray
from .network import Value

if TYPE_CHECKING:
    from ._import_layers import Layer, LayersImporter

Arrays = Dict[str, NDArray[Any]]
OPS = {"SimpleRNN": "rnn", "GRU": "gru", "LSTM": "lstm"}
# Gates of Keras in the order of PyTorch.
GATES: Dict[str, List[int]] = {"SimpleRNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}
READERS = (*OPS, "Bidirectional", "MultiHeadAttention")  # of series, which then stay [steps][features]


def own_arrays(path: str, kind: str) -> str:
    """What an array of such a layer is called: by the last parts of its path."""
    parts = [part.split(":")[0] for part in path.split("/")]
    if kind == "Bidirectional":
        way = "backward" if any(part.startswith("backward") for part in parts) else "forward"
        return f"{way}/{parts[-1]}"
    return "/".join(parts[-2:]) if kind == "MultiHeadAttention" else parts[-1]


# ---- recurrent layers ---------------------------------------------------------------------------


def weights(kind: str, arrays: Mapping[str, NDArray[Any]], suffix: str) -> Arrays:
    """Weights of one direction by the names of PyTorch."""
    def turned(array: NDArray[Any]) -> NDArray[Any]:
        gates = np.split(array, len(GATES[kind]), -1)
        return np.concatenate([gates[k] for k in GATES[kind]], -1).T
    made = {f"weight_ih_l0{suffix}": turned(arrays["kernel"]), f"weight_hh_l0{suffix}": turned(arrays["recurrent_kernel"])}
    if "bias" in arrays:
        both = arrays["bias"] if arrays["bias"].ndim == 2 else np.stack([arrays["bias"], np.zeros_like(arrays["bias"])])
        made[f"bias_ih_l0{suffix}"], made[f"bias_hh_l0{suffix}"] = turned(both[0]), turned(both[1])
    return made


def check(kind: str, config: Mapping[str, Any]) -> Dict[str, Any]:
    """Fields of the op, of a layer that computes what PyTorch does."""
    fields: Dict[str, Any] = {"hidden_size": int(config["units"]), "bias": bool(config.get("use_bias", True))}
    activation = config.get("activation", "tanh")
    choose("activation", activation, ("tanh", "relu") if kind == "SimpleRNN" else ("tanh",))
    if kind == "SimpleRNN":
        fields["nonlinearity"] = activation.upper()
    else:
        choose("recurrent_activation", config.get("recurrent_activation", "sigmoid"), ("sigmoid",))
    if kind == "GRU":
        fields["reset_after"] = bool(config.get("reset_after", False))
    for name in ("return_state", "stateful", "time_major"):
        choose(name, bool(config.get(name, False)), (False,))
    return fields


def recurrent(importer: "LayersImporter", layer: "Layer") -> None:
    """SimpleRNN, GRU, LSTM."""
    config = layer.config
    backwards, series = bool(config.get("go_backwards")), bool(config.get("return_sequences"))
    if backwards and series:
        raise Refused("go_backwards gives the series backwards, which is not known; its last state is")
    fields = check(layer.kind, config)
    value = importer.add(OPS[layer.kind], importer.row_input(layer), name=layer.name, reverse=backwards,
                         tensors=weights(layer.kind, layer.arrays(), ""), **fields)
    if series:
        importer.rows[layer.name] = value
    else:
        importer.values[layer.name] = importer.add("flatten", value[1], name=f"{layer.name}.last")


def bidirectional(importer: "LayersImporter", layer: "Layer") -> None:
    """A recurrent layer both ways, side by side."""
    inner = layer["layer"]
    kind, config = choose("layer", inner["class_name"], tuple(OPS)), inner["config"]
    choose("merge_mode", layer.get("merge_mode", "concat"), ("concat",))
    choose("go_backwards", bool(config.get("go_backwards")), (False,))
    if layer.get("backward_layer"):
        same = {**layer["backward_layer"]["config"], "name": "", "go_backwards": False} == {**config, "name": "", "go_backwards": False}
        choose("a backward_layer of its own", not same, (False,))
    arrays = layer.arrays()
    tensors: Arrays = {}
    for way, suffix in (("forward", ""), ("backward", "_reverse")):
        own = {name.split("/")[1]: array for name, array in arrays.items() if name.startswith(way)}
        tensors.update(weights(kind, own, suffix))
    value = importer.add(OPS[kind], importer.row_input(layer), name=layer.name, bidirectional=True, tensors=tensors,
                         **check(kind, config))
    if config.get("return_sequences"):
        importer.rows[layer.name] = value
    else:
        importer.values[layer.name] = importer.add("flatten", value[1], name=f"{layer.name}.last")


# ---- attention ----------------------------------------------------------------------------------


def attention(importer: "LayersImporter", layer: "Layer") -> None:
    """MultiHeadAttention of query, value and maybe key."""
    if not 2 <= len(layer.inputs) <= 3:
        raise Refused(f"{len(layer.inputs)} inputs; query, value and maybe key are expected")
    query, value, *key = (importer.rows_of(name) for name in layer.inputs)
    names, features = layer.inputs, query.shape[-1]
    heads, dim = int(layer["num_heads"]), int(layer["key_dim"])
    choose("value_dim", layer.get("value_dim") or dim, (dim,))
    choose("num_heads * key_dim", heads * dim, (features,))
    choose("output_shape", layer.get("output_shape"), (None,))
    choose("attention_axes", layer.get("attention_axes") or [1], ([1], (1,)))
    arrays = layer.arrays()
    parts = [arrays[f"{name}/kernel"].reshape(features, features).T for name in ("query", "key", "value")]
    tensors: Arrays = {"in_proj_weight": np.concatenate(parts),
                       "out_proj.weight": arrays["attention_output/kernel"].reshape(features, features).T}
    if layer.get("use_bias", True):
        tensors["in_proj_bias"] = np.concatenate([arrays[f"{name}/bias"].reshape(-1) for name in ("query", "key", "value")])
        tensors["out_proj.bias"] = arrays["attention_output/bias"]
    inputs = [query, *key, value] if key else [query] if names[0] == names[1] else [query, value]
    importer.rows[layer.name] = importer.add("attention", *inputs, name=layer.name, tensors=tensors, heads=heads,
                                             bias="in_proj_bias" in tensors)


def embedding(importer: "LayersImporter", layer: "Layer") -> None:
    """Rows of a table."""
    choose("mask_zero", bool(layer.get("mask_zero")), (False,))
    value = importer.input(layer)
    if len(value.shape) != 1:
        raise Refused(f"of {value.shape} is not known, only of a series of indices")
    table = layer.arrays()["embeddings"]
    importer.rows[layer.name] = importer.add("embedding", value, name=layer.name, tensors={"weight": table},
                                             num_embeddings=table.shape[0], embedding_dim=table.shape[1])
