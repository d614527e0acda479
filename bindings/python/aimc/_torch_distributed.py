# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""Several processes: every replica updates its tiles with the vectors of all of them, in the order of ranks, and so from the same random
streams to the same bits."""
from typing import Any, List, Tuple

import torch
from torch import distributed, nn

from ._errors import ShapeError, StateError, UnsupportedError
from ._torch_layers import AnalogWeight
from .matrix import Matrix


def _weights(model: nn.Module) -> List[Tuple[str, AnalogWeight]]:
    return [(name, p) for name, p in model.named_parameters() if isinstance(p, AnalogWeight)]


def distribute(model: nn.Module, **options: Any) -> nn.Module:
    """A replica of a model in each process: DistributedDataParallel for what is digital, and for weights on tiles the vectors of all
    processes in every step of an analog optimizer. All replicas begin with the tiles of rank 0. options: those of
    DistributedDataParallel. torch.distributed.init_process_group() comes before."""
    if not distributed.is_available() or not distributed.is_initialized():
        raise StateError("distribute: torch.distributed.init_process_group(\"gloo\") comes before, and torchrun starts the processes")
    weights = _weights(model)
    for name, weight in weights:
        if weight.traits.learns_range:
            raise UnsupportedError(f"distribute: {name} learns its input range, and each process would learn another: at.calibrate() sets it, with "
                                   "hwa.input_range.learn_input_range = false and init_from_data = 0")
        if weight.traits.learns_scales:
            raise UnsupportedError(f"distribute: {name} learns its output scales, and each process would learn others; hwa.output_scale.learn = false "
                                   "leaves them")
    for _, weight in weights:
        weight.matrix = _of_rank_0(weight.matrix)
        weight.clear()
        weight.modified, weight.place = False, (distributed.get_rank(), distributed.get_world_size())
    nn.parallel.DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(model, [name for name, _ in weights])
    if not any(p.requires_grad for p in model.parameters() if not isinstance(p, AnalogWeight)):
        return model  # DistributedDataParallel would have nothing to do
    return nn.parallel.DistributedDataParallel(model, **options)


def _of_rank_0(matrix: Matrix) -> Matrix:
    state = [matrix.to_bytes() if distributed.get_rank() == 0 else None]
    distributed.broadcast_object_list(state)
    return matrix if distributed.get_rank() == 0 else Matrix.from_bytes(state[0])


def _gathered(t: torch.Tensor) -> List[torch.Tensor]:
    made = [torch.empty_like(t) for _ in range(distributed.get_world_size())]
    distributed.all_gather(made, t.contiguous())
    return made


def _of_all(rows: torch.Tensor, sizes: List[int]) -> List[torch.Tensor]:
    """The rows of every rank, of which each has its own number."""
    padded = rows.new_zeros((max(sizes), rows.shape[1]))
    padded[:len(rows)] = rows
    return [part[:n] for part, n in zip(_gathered(padded), sizes)]


def join(weight: AnalogWeight) -> None:
    """Before a step: what was collected of a weight becomes that of all ranks, pass after pass, in the order of ranks; gradients are
    those of the mean of the losses, as for what is digital."""
    if weight.place is None or not weight.requires_grad or weight.place[1] == 1:
        return
    n_passes = [int(n) for n in _gathered(torch.tensor(len(weight.pending)))]
    if len(set(n_passes)) > 1:
        raise ShapeError(f"step: the processes went {n_passes} times back through a weight of {weight.matrix.shape}; each must as often")
    if n_passes[0] == 0:
        return
    sizes = torch.stack(_gathered(torch.tensor([len(x) for x, _ in weight.pending]))).tolist()  # [rank][pass]
    totals = [sum(of_rank) for of_rank in sizes]
    if max(totals) == 0:
        return
    xs, ds = (_of_all(torch.cat([torch.from_numpy(pair[k]) for pair in weight.pending]), totals) for k in (0, 1))
    passes_x, passes_d = ([part.split(of_rank) for part, of_rank in zip(parts, sizes)] for parts in (xs, ds))
    weight.pending[:] = [(torch.cat(x).numpy(), (torch.cat(d) / len(sizes)).numpy()) for x, d in zip(zip(*passes_x), zip(*passes_d))]
