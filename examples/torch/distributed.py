# SPDX-License-Identifier: MIT
"""Train on tiles in several processes, which stay alike to the bit:

    torchrun --nproc_per_node 2 examples/torch/distributed.py
"""
import argparse

import torch
from torch import distributed, nn

import aimc.torch as at


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=200)
    steps = options.parse_args().steps
    distributed.init_process_group("gloo")
    rank, world = distributed.get_rank(), distributed.get_world_size()
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 2))
    at.convert(model, {"device": "idealized", "optimizer": "sgd"})
    replica = at.distribute(model)  # the tiles of rank 0 for everyone, DistributedDataParallel for the biases
    opt = at.AnalogSGD(model, lr=0.1)
    data = torch.Generator().manual_seed(rank)  # each process has data of its own
    for _ in range(steps):
        x = torch.randn(64 // world, 16, generator=data)
        opt.zero_grad()
        nn.functional.cross_entropy(replica(x), (x[:, :8].sum(1) > 0).long()).backward()
        opt.step()  # pulses for the vectors of all processes
    x = torch.randn(1000, 16, generator=torch.Generator().manual_seed(99))
    accuracy = (model(x).argmax(1) == (x[:, :8].sum(1) > 0)).float().mean()
    if rank == 0:
        print(f"accuracy {accuracy:.3f} after {steps} steps of {world} processes")


if __name__ == "__main__":
    main()
