# SPDX-License-Identifier: MIT
"""Data that comes with libaimc, for tutorials and first trials.

    import aimc.datasets
    (x, labels), (test_x, test_labels) = aimc.datasets.digits()
"""
import gzip
import os
import pathlib
import struct
import sys
from typing import List, NamedTuple

import numpy as np

from ._errors import FormatError, IoError
from ._types import Floats, Labels, NDArray, PathLike

__all__ = ["Pictures", "Split", "digits", "read_cifar", "read_idx"]


class Split(NamedTuple):
    """Samples and their labels.
    x: samples [n, features], 0 ... 1
    labels: classes [n], from 0"""
    x: Floats
    labels: Labels


class Pictures(NamedTuple):
    """Images and their labels.
    x: bytes of 0 ... 255 [n, channels, height, width]
    labels: classes [n], from 0"""
    x: "NDArray[np.uint8]"
    labels: Labels


class Digits(NamedTuple):
    """What is to train, and what is held out."""
    train: Split
    test: Split


def _bytes_of(caller: str, name: str) -> bytes:
    """What is in a file, compressed by gzip or not."""
    try:
        with open(name, "rb") as stream:
            data = stream.read()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError) as failure:
        raise IoError(f"{caller}: {name}: {failure}") from failure


def read_cifar(path: PathLike, label_bytes: int = 1) -> Pictures:
    """Images x [n, 3, 32, 32], bytes of 0 ... 255, and labels [n] of the binary file at path, compressed by gzip or not: of
    CIFAR-10 (label_bytes=1, one byte of labels an image) or CIFAR-100 (label_bytes=2, of which the last is the fine label)."""
    name, size = os.fsdecode(path), label_bytes + 3072
    data = _bytes_of("read_cifar", name)
    if label_bytes not in (1, 2) or not data or len(data) % size:
        raise FormatError(f"read_cifar: {name}: {len(data)} bytes are no whole number of records of {size}: label_bytes is 1 for CIFAR-10 and "
                          "2 for CIFAR-100")
    rows = np.frombuffer(data, np.uint8).reshape(-1, size)
    return Pictures(rows[:, label_bytes:].reshape(-1, 3, 32, 32), rows[:, label_bytes - 1].astype(np.uint32))


def read_idx(path: PathLike) -> "NDArray[np.uint8]":
    """The array of bytes in the IDX file at path, the format of MNIST, compressed by gzip or not. FormatError: it is none;
    IoError: it cannot be read."""
    name = os.fsdecode(path)
    data = _bytes_of("read_idx", name)
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise FormatError(f"read_idx: {name}: no IDX file of bytes: it begins with {data[:4].hex(' ')}, expected 00 00 08 and the dimensions")
    n_dims = data[3]
    shape = struct.unpack(f">{n_dims}I", data[4:4 + 4 * n_dims]) if len(data) >= 4 + 4 * n_dims else ()
    if len(data) != 4 + 4 * n_dims + int(np.prod(shape, dtype=np.int64)):
        raise FormatError(f"read_idx: {name}: it has {len(data)} bytes, which is not what its header says")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * n_dims).reshape(shape)


def _folders() -> List[pathlib.Path]:
    """Where the digits may lie: in the package (wheel), in the source tree, under the prefix of an installation."""
    package = pathlib.Path(__file__).resolve().parent
    return [package / "digits", package.parents[2] / "data" / "digits", pathlib.Path(sys.prefix) / "share" / "aimc" / "digits",
            pathlib.Path("/usr/share/aimc/digits"), pathlib.Path("/usr/local/share/aimc/digits")]


def digits() -> Digits:
    """Handwritten digits of 8 x 8 pixels: 1438 samples to train and 359 to test, x [n, 64] of 0 ... 1, labels [n] of 0 ... 9.

    Every fifth sample of a class, from the third, is held out, as in `aimc train --data digits`. Source: E. Alpaydin and
    C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998)."""
    for folder in _folders():
        if (folder / "digits-labels-idx1-ubyte.gz").exists():
            break
    else:
        raise IoError("digits: the files are in none of " + ", ".join(map(str, _folders())))
    x = read_idx(folder / "digits-images-idx3-ubyte.gz").reshape(-1, 64).astype(np.float32) / 16
    labels = read_idx(folder / "digits-labels-idx1-ubyte.gz").astype(np.uint32)
    nth = np.zeros(len(labels), dtype=int)
    for digit in range(10):
        of_class = labels == digit
        nth[of_class] = np.arange(of_class.sum())
    test = nth % 5 == 2
    return Digits(Split(x[~test], labels[~test]), Split(x[test], labels[test]))
