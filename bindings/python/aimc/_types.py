# SPDX-License-Identifier: MIT
"""Types of arguments and results: what is array-like, arrays by the type of their elements, paths."""
import os
from typing import TYPE_CHECKING, Any, Union

import numpy as np

if TYPE_CHECKING or tuple(map(int, np.__version__.split(".")[:2])) >= (1, 21):
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Labels = NDArray[np.uint32]
else:  # numpy has no types of arrays yet
    ArrayLike = Any
    NDArray = Floats = Doubles = Ints = Labels = np.ndarray

if TYPE_CHECKING:
    PathLike = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
else:
    PathLike = Union[str, bytes, os.PathLike]

__all__ = ["ArrayLike", "Doubles", "Floats", "Ints", "Labels", "NDArray", "PathLike"]
