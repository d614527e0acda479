# SPDX-License-Identifier: MIT
"""Weights and parameters of a network, by their names in PyTorch."""
import ctypes as ct
import difflib
from typing import Dict, Mapping

import numpy as np

from . import _abi
from ._abi import TensorInfo
from ._arrays import address, shaped
from ._errors import InvalidError
from ._lib import check, encoded, lib
from ._network_life import OnChip
from ._records import struct_of, told
from ._types import ArrayLike, Floats, PathLike


class WithTensors(OnChip):
    """What a network has of tensors: read, written, loaded."""
    __slots__ = ()

    @property
    def tensors(self) -> Dict[str, TensorInfo]:
        """Shapes of all weights and parameters, by their names in PyTorch: "conv2d.weight"."""
        with self._guard.lock:
            n = lib.aimc_network_count_tensors(self._look)
            if n == 0:  # nothing to train, or a network that stays in its file, which says so
                failed = lib.aimc_network_get_tensor_info(self._look, 0, ct.byref(struct_of(TensorInfo)))
                check(failed if failed == _abi.AIMC_ERR_STATE else 0)
        found = [told(TensorInfo, self, lambda net, info, k=k: lib.aimc_network_get_tensor_info(net, k, info))
                 for k in range(n)]
        return {info.name: info._replace(shape=tuple(info.shape[:info.n_dims])) for info in found}

    def get_tensor(self, name: str) -> Floats:
        """A copy of the weight or parameter of this name; of a weight on tiles what the devices hold. InvalidError: no such tensor."""
        info = self._tensor(name)
        values = np.empty(info.shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_network_get_tensor(self._look, encoded(name), values.size, address(values)))
        return values

    def get_gradient(self, name: str) -> Floats:
        """The gradient of the digital weight or parameter of this name, as backward() left it. InvalidError: no such tensor."""
        values = np.empty(self._tensor(name).shape, np.float32)
        with self._guard.lock:
            check(lib.aimc_network_get_gradient(self._look, encoded(name), values.size, address(values)))
        return values

    def set_tensor(self, name: str, values: ArrayLike) -> None:
        """Write the weight or parameter of this name. values: of its shape, finite; on tiles they are clipped to the bounds."""
        made = shaped(values, self._tensor(name).shape, name)
        with self._guard.lock:
            check(lib.aimc_network_set_tensor(self._use, encoded(name), made.size, address(made)))

    def _tensor(self, name: str) -> TensorInfo:
        info = self.tensors.get(name)
        if info is None:
            near = difflib.get_close_matches(name, self.tensors, 1)
            raise InvalidError(f"there is no tensor '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        return info

    def state_dict(self) -> Dict[str, Floats]:
        """Copies of all tensors, by their names in PyTorch."""
        return {name: self.get_tensor(name) for name in self.tensors}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Write all tensors. state: arrays by the names of PyTorch, of its shapes; InvalidError names what is missing or too much,
        and nothing is changed."""
        infos = self.tensors
        known = {name: np.asarray(values) for name, values in state.items() if not name.endswith(".num_batches_tracked")}
        if set(known) != set(infos):
            missing, surplus = sorted(set(infos) - set(known)), sorted(set(known) - set(infos))
            raise InvalidError(f"missing: {', '.join(missing) or 'nothing'}; of no node: {', '.join(surplus) or 'nothing'}")
        made = {name: shaped(values, infos[name].shape, name) for name, values in known.items()}
        for name, values in made.items():
            self.set_tensor(name, values)

    def load_weights(self, path: PathLike) -> None:
        """Take all tensors from the safetensors file at path, with the names and shapes of PyTorch. FormatError: others are in it."""
        with self._guard.lock:
            check(lib.aimc_network_load_weights(self._use, encoded(path)))
