# SPDX-License-Identifier: MIT
"""Networks of other frameworks as networks of libaimc.

    python -m aimc.convert model.onnx out.safetensors
    python -m aimc.convert model.h5 out.safetensors                    Keras, the whole model
    python -m aimc.convert weights.pt out.safetensors --network net.json   a state_dict of PyTorch
    python -m aimc.convert model.json out.safetensors                  a folded model, NAME.folded.safetensors beside it
    python -m aimc.convert net.safetensors out.onnx                    back to ONNX: what Network.save() wrote

Images are [channels][height][width], whatever they were; everything that is not known is named at once, and nothing
is dropped in silence. onnx, h5py and torch are needed for their files alone.
"""
import argparse
import os
import sys
from typing import Any, List, Mapping, Optional, Sequence, Union, cast

from ._errors import Error, InvalidError
from ._import_layers import import_folded, import_keras, read_safetensors
from ._import_onnx import import_onnx
from ._import_torch import import_module, read_state
from ._types import PathLike
from .context import Context
from .network import Network


def from_onnx(path: PathLike, *, logits: bool = False, ctx: Optional[Context] = None) -> Network:
    """The network of the ONNX model at path. logits leaves out a softmax at its end. ctx: default default_context().
    UnsupportedError names what has no counterpart."""
    return import_onnx(os.fsdecode(path), logits, ctx)


def from_keras(path: PathLike, *, logits: bool = False, ctx: Optional[Context] = None) -> Network:
    """The network of the Keras model in the .h5 file at path. logits leaves out a softmax at its end. ctx: default
    default_context(). UnsupportedError names what has no counterpart."""
    return import_keras(os.fsdecode(path), logits, ctx)


def from_folded(path: PathLike, *, logits: bool = False, ctx: Optional[Context] = None) -> Network:
    """The network of path, NAME.json with "folded_layers" beside NAME.folded.safetensors: channels last, batch norm folded.
    logits leaves out a softmax at its end. ctx: default default_context()."""
    return import_folded(os.fsdecode(path), logits, ctx)


def from_torch(module: object, example_shape: Sequence[Union[int, Sequence[int]]], *,
               ctx: Optional[Context] = None) -> Network:
    """The network of a torch.nn.Module that torch.fx can trace.

    module: the module. example_shape is that of a sample, (3, 32, 32), or a list of them for several inputs. ctx: default
    default_context(). Nodes have the names of their modules, so tensors are called as in module.state_dict().
    UnsupportedError names what has no counterpart."""
    several = bool(example_shape) and isinstance(example_shape[0], (tuple, list))
    shapes = example_shape if several else [example_shape]
    return import_module(module, cast(Sequence[Sequence[int]], shapes), ctx)


def from_state_dict(path: PathLike, document: Union[str, Mapping[str, Any]], *, ctx: Optional[Context] = None) -> Network:
    """The network of a document (JSON text or a dict) with weights from the file at path: .safetensors, or .pt by torch. ctx:
    default default_context(). InvalidError names tensors that are missing, too many or of another shape."""
    name = os.fsdecode(path)
    net = Network.from_json(document, ctx=ctx)
    net.load_state_dict(read_safetensors(name) if name.endswith(".safetensors") else read_state(name))
    return net


def read(path: PathLike, network: Optional[PathLike] = None, *, logits: bool = False,
         ctx: Optional[Context] = None) -> Network:
    """The network of the file at path, by its ending: .onnx, .h5, .json, or weights. network: path of the document that goes
    with weights. logits leaves out a softmax at the end. ctx: default default_context()."""
    name = os.fsdecode(path)
    ending = os.path.splitext(name)[1].lower()
    if network is not None:
        with open(network, encoding="utf-8") as stream:
            return from_state_dict(name, stream.read(), ctx=ctx)
    readers = {".onnx": from_onnx, ".h5": from_keras, ".hdf5": from_keras, ".json": from_folded}
    if ending in (".pt", ".pth", ".th", ".safetensors"):
        raise InvalidError(f"{name}: weights alone; the document of their network is needed, --network FILE.json")
    if ending not in readers:
        raise InvalidError(f"{name}: the ending {ending or '(none)'} is none of "
                           f"{', '.join(readers)}, .pt, .pth, .th, .safetensors")
    return readers[ending](name, logits=logits, ctx=ctx)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command `python3 -m aimc.convert`; arguments: its words (default: those of the process). Returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m aimc.convert", description="Networks of other frameworks as networks of "
                                     "libaimc, for Network.load() and the command aimc.")
    parser.add_argument("source", help=".onnx, .h5, .json (folded), .pt, .pth, .th, .safetensors")
    parser.add_argument("out", help="safetensors file with document and tensors, or an ONNX model")
    parser.add_argument("--network", metavar="FILE", help="document (JSON) that a state_dict goes with")
    parser.add_argument("--logits", action="store_true", help="leave out a softmax at the end, as training wants it")
    given = parser.parse_args(arguments)
    try:
        back = given.out.lower().endswith(".onnx")
        saved = back and given.network is None and given.source.lower().endswith(".safetensors")
        net = Network.load(given.source) if saved else read(given.source, given.network, logits=given.logits)
        if back:
            net.to_onnx(given.out)
        else:
            net.save(given.out)
    except (Error, OSError, ValueError) as error:
        print(f"aimc.convert: {error}", file=sys.stderr)
        return 1
    print(net.describe(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
