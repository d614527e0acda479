# SPDX-License-Identifier: MIT
"""Modules of PyTorch for series: recurrent layers, attention, encoders, embeddings."""
from typing import TYPE_CHECKING, Any, Dict, List, Optional

import numpy as np

from ._importer import Refused, choose, with_bias
from .network import Value

if TYPE_CHECKING:
    from ._import_torch import TorchImporter

GATES = {"RNN": "rnn", "GRU": "gru", "LSTM": "lstm"}


class State:
    """The states after the last step: in PyTorch [layers * directions, samples, hidden_size], here the samples come first."""

    def __init__(self, value: Value) -> None:
        self.value = value


def array_of(tensor: Any) -> "np.ndarray[Any, Any]":
    """A tensor as floats."""
    return np.asarray(tensor.detach().cpu().float().numpy())


def given(node: Any, k: int, name: str) -> Any:
    """Argument k, or the keyword of this name; None: it is not there."""
    return node.args[k] if k < len(node.args) else node.kwargs.get(name)


def expect_batch_first(module: Any) -> None:
    """Samples come first in all values."""
    if not module.batch_first:
        raise Refused("batch_first=False: the samples would come second; make the module with batch_first=True")


# ---- recurrent layers ---------------------------------------------------------------------------


def first_states(importer: "TorchImporter", node: Any) -> List[Value]:
    """The states before the first step; nothing: 0."""
    states = given(node, 1, "hx")
    if states is None:
        return []
    nodes = list(states) if isinstance(states, (tuple, list)) else [states]
    if len(nodes) == 1 and nodes[0].name in importer.parts:
        return [importer.state(part) for part in importer.parts[nodes[0].name]]
    if all(each.name in importer.zeros for each in nodes):
        return []
    return [importer.state_of(each) for each in nodes]


def recurrent(importer: "TorchImporter", node: Any, module: Any) -> None:
    """RNN, GRU, LSTM."""
    expect_batch_first(module)
    choose("proj_size", getattr(module, "proj_size", 0), (0,))
    op = GATES[type(module).__name__]
    fields: Dict[str, Any] = {"nonlinearity": module.nonlinearity.upper()} if op == "rnn" else {}
    tensors = {name: array_of(tensor) for name, tensor in module.named_parameters()}
    value = importer.add(op, importer.argument(node, 0), *first_states(importer, node), name=node.target, tensors=tensors,
                         hidden_size=module.hidden_size, num_layers=module.num_layers, bidirectional=module.bidirectional,
                         bias=module.bias, dropout=module.dropout, **fields)
    states = [State(value[k]) for k in range(1, 3 if op == "lstm" else 2)]
    importer.parts[node.name] = (value, tuple(states) if op == "lstm" else states[0])


# ---- attention ----------------------------------------------------------------------------------


def is_causal(importer: "TorchImporter", mask: Any) -> bool:
    """A mask that hides what comes later; any other one is refused."""
    if mask is None:
        return False
    array = importer.constants.get(getattr(mask, "name", ""))
    if array is None or array.ndim != 2:
        raise Refused("attn_mask is known where it is a constant that hides what comes later")
    hidden = array if array.dtype == bool else np.isneginf(array)
    plain = array.dtype == bool or np.all(array[~hidden] == 0)
    if not plain or not np.array_equal(hidden, np.triu(np.ones(array.shape, bool), 1)):
        raise Refused("attn_mask hides more, or less, than what comes later")
    return True


def attend(importer: "TorchImporter", module: Any, name: str, inputs: List[Value], mask: Optional[Value], causal: bool) -> Value:
    """MultiheadAttention of values."""
    expect_batch_first(module)
    choose("kdim, vdim", module.kdim == module.vdim == module.embed_dim, (True,))
    choose("add_bias_kv", module.bias_k is not None, (False,))
    choose("add_zero_attn", bool(module.add_zero_attn), (False,))
    tensors = {"in_proj_weight": array_of(module.in_proj_weight), "out_proj.weight": array_of(module.out_proj.weight)}
    if module.in_proj_bias is not None:
        tensors.update({"in_proj_bias": array_of(module.in_proj_bias), "out_proj.bias": array_of(module.out_proj.bias)})
    if mask is not None:
        inputs = [*inputs, mask]
    return importer.add("attention", *inputs, name=name, tensors=tensors, heads=module.num_heads, causal=causal,
                        masked=mask is not None, bias=module.in_proj_bias is not None)


def masking(importer: "TorchImporter", node: Any, k: int, name: str) -> Optional[Value]:
    """key_padding_mask, which is a value."""
    mask = given(node, k, name)
    return None if mask is None else importer.value(mask.name)


def attention(importer: "TorchImporter", node: Any, module: Any) -> None:
    """MultiheadAttention."""
    nodes = [given(node, k, name) for k, name in enumerate(("query", "key", "value"))]
    distinct = nodes[:1] if nodes[0] is nodes[1] is nodes[2] else nodes[:2] if nodes[1] is nodes[2] else nodes
    mask = masking(importer, node, 3, "key_padding_mask")
    value = attend(importer, module, node.target, [importer.value(each.name) for each in distinct], mask,
                   is_causal(importer, given(node, 5, "attn_mask")))
    importer.parts[node.name] = (value, None)


def normed(importer: "TorchImporter", norm: Any, name: str, value: Value) -> Value:
    """LayerNorm."""
    tensors = with_bias(array_of(norm.weight), array_of(norm.bias)) if norm.weight is not None else {}
    return importer.add("layer_norm", value, name=name, tensors=tensors, eps=norm.eps, n_axes=len(norm.normalized_shape),
                        affine=norm.weight is not None)


def dense(importer: "TorchImporter", linear: Any, name: str, value: Value) -> Value:
    """Linear."""
    bias = None if linear.bias is None else array_of(linear.bias)
    return importer.add("linear", value, name=name, tensors=with_bias(array_of(linear.weight), bias),
                        out_features=linear.out_features, bias=bias is not None)


def dropped(importer: "TorchImporter", dropout: Any, name: str, value: Value) -> Value:
    """Dropout, where there is any."""
    return importer.add("dropout", value, name=name, p=dropout.p) if dropout.p > 0 else value


def encoded(importer: "TorchImporter", layer: Any, name: str, value: Value, mask: Optional[Value], causal: bool) -> Value:
    """TransformerEncoderLayer: attention and two linear layers, with shortcuts around them."""
    function = getattr(layer.activation, "__name__", type(layer.activation).__name__).lower()
    choose("activation", function, ("relu", "gelu"))

    def attended(x: Value) -> Value:
        y = attend(importer, layer.self_attn, f"{name}.self_attn", [x], mask, causal)
        return dropped(importer, layer.dropout1, f"{name}.dropout1", y)

    def forward(x: Value) -> Value:
        y = importer.add(function, dense(importer, layer.linear1, f"{name}.linear1", x), name=f"{name}.{function}")
        y = dense(importer, layer.linear2, f"{name}.linear2", dropped(importer, layer.dropout, f"{name}.dropout", y))
        return dropped(importer, layer.dropout2, f"{name}.dropout2", y)

    for part, norm, key in ((attended, layer.norm1, "norm1"), (forward, layer.norm2, "norm2")):
        own = f"{name}.{key}"
        if layer.norm_first:
            value = importer.add("add", value, part(normed(importer, norm, own, value)), name=f"{own}.add")
        else:
            value = normed(importer, norm, own, importer.add("add", value, part(value), name=f"{own}.add"))
    return value


def encoder_layer(importer: "TorchImporter", node: Any, module: Any) -> None:
    """TransformerEncoderLayer."""
    importer.values[node.name] = encoded(importer, module, node.target, importer.argument(node, 0),
                                         masking(importer, node, 2, "src_key_padding_mask"),
                                         is_causal(importer, given(node, 1, "src_mask")))


def encoder(importer: "TorchImporter", node: Any, module: Any) -> None:
    """TransformerEncoder: one layer behind another."""
    value, mask = importer.argument(node, 0), masking(importer, node, 2, "src_key_padding_mask")
    causal = is_causal(importer, given(node, 1, "mask"))
    for k, layer in enumerate(module.layers):
        value = encoded(importer, layer, f"{node.target}.layers.{k}", value, mask, causal)
    if module.norm is not None:
        value = normed(importer, module.norm, f"{node.target}.norm", value)
    importer.values[node.name] = value


def embedding(importer: "TorchImporter", node: Any, module: Any) -> None:
    """Embedding: indices are numbers."""
    choose("max_norm", module.max_norm, (None,))
    padding = -1 if module.padding_idx is None else module.padding_idx
    importer.values[node.name] = importer.add(
        "embedding", importer.argument(node, 0), name=node.target, tensors={"weight": array_of(module.weight)},
        num_embeddings=module.num_embeddings, embedding_dim=module.embedding_dim, padding_idx=padding)
