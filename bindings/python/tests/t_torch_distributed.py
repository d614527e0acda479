# SPDX-License-Identifier: MIT
"""Two processes train weights on tiles to the bits of one process with the joined batch, read-out noise and all."""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

from common import SOURCE, aimc, main, unittest

try:
    import torch
except ImportError:
    print("skipped: there is no torch for this Python")
    sys.exit(77)

from torch import distributed, nn
import aimc.torch as at

QUIET = {"device": "soft_bounds", "optimizer": "ttv2", "forward.is_perfect": True, "backward.is_perfect": True}
NOISY = {"device": "soft_bounds", "optimizer": "ttv2", "forward.inp_noise": 0.02, "mapping.max_input_size": 8, "hwa.modifier.type": "ADD_NORMAL"}


def run(make, steps, bias, passes=1, config=None):
    """Weights of a model after some steps, of this process's share of every batch."""
    rank, world = (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv1d(1, 3, 2, bias=bias), nn.Flatten(), nn.Linear(12, 6, bias=bias), nn.Tanh(), nn.Linear(6, 2, bias=bias))
    at.convert(model, config or QUIET, ctx=aimc.Context(seed=5 + rank))  # distribute() makes them alike
    replica = make(model)
    opt = at.AnalogSGD(model, lr=0.1)
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        opt.zero_grad()
        for _ in range(passes):
            x = torch.randn(16, 1, 5, generator=generator)
            t = (x[:, 0, 0] > 0).long()
            share = slice(rank * 16 // world, (rank + 1) * 16 // world)
            nn.functional.cross_entropy(replica(x[share]), t[share]).backward()
        opt.step()
    return {name: weight.read() for name, weight in at.analog_weights(model)}, {key: p.detach() for key, p in model.named_parameters() if p.numel()}


CASES = ((5, False, 1), (3, False, 2), (4, True, 1), (5, False, 2, NOISY))


def worker(out):
    """One of two processes."""
    distributed.init_process_group("gloo")
    results = [run(at.distribute, *case) for case in CASES]
    refusal = ""
    model = nn.Sequential(nn.Linear(2, 2))
    at.convert(model, QUIET)
    at.distribute(model)
    for _ in range(1 + distributed.get_rank()):
        model(torch.ones(1, 2)).sum().backward()
    try:
        at.AnalogSGD(model, lr=.1).step()
    except aimc.ShapeError as error:
        refusal = str(error)
    for learned in ("hwa.input_range.enable", "hwa.output_scale.learn"):
        learning = nn.Sequential(nn.Linear(2, 2))
        at.convert(learning, {**QUIET, learned: True})
        try:
            at.distribute(learning)
        except aimc.UnsupportedError as error:
            refusal += str(error)
    aware = nn.Sequential(nn.Linear(2, 2))
    at.aware(aware, {"device": "ideal", "hwa.input_range.enable": True})
    try:
        aware(torch.ones(1, 2))
    except aimc.StateError as error:
        refusal += str(error)
    at.calibrate(aware, [torch.ones(1, 2)])
    replica = nn.parallel.DistributedDataParallel(aware)
    opt = torch.optim.AdamW(aware.parameters(), lr=0.01)
    for _ in range(2):
        replica(torch.full((3, 2), 1.0 + distributed.get_rank())).square().sum().backward()
        opt.step()
    results.append(({}, {key: p.detach() for key, p in aware.named_parameters()}))
    torch.save((results, refusal), f"{out}/{distributed.get_rank()}.pt")


def both(program, *arguments):
    """Run two processes."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    env = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    started = [subprocess.Popen([sys.executable, program, *arguments], env={**env, "RANK": str(rank)}, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for rank in range(2)]
    try:
        said = [one.communicate(timeout=200)[0] for one in started]
    finally:
        for one in started:
            one.kill()
    assert [one.returncode for one in started] == [0, 0], "\n".join(said)
    return said


class Replicas(unittest.TestCase):
    def test_two_processes_are_one(self):
        with tempfile.TemporaryDirectory() as folder:
            both(__file__, "worker", folder)
            (first, refusal), (second, _) = (torch.load(pathlib.Path(folder) / f"{rank}.pt") for rank in range(2))
        assert "[1, 2] times back" in refusal and "at.calibrate() before training" in refusal, refusal
        assert "learns its input range" in refusal and "learns its output scales" in refusal, refusal
        for key, p in first.pop()[1].items():
            assert torch.equal(p, second[-1][1][key]), key
        for case, ours, theirs in zip(CASES, first, second):
            wanted, start = run(lambda model: model, *case), run(lambda model: model, 0, *case[1:])
            for name, weight in wanted[0].items():
                with self.subTest(f"{case} {name}"):
                    assert torch.equal(ours[0][name], theirs[0][name])
                    assert not torch.equal(weight, start[0][name])
                    if case[1]:  # digital gradients are summed in another order
                        assert torch.allclose(ours[0][name], weight, atol=1e-2)
                    else:
                        assert torch.equal(ours[0][name], weight)
            for key, p in ours[1].items():
                assert torch.equal(p, theirs[1][key]) and torch.allclose(p, wanted[1][key], atol=1e-3), key

    def test_example(self):
        said = both(str(SOURCE / "examples/torch/distributed.py"), "--steps", "30")
        said = ["".join(line for line in one.splitlines(True) if not line.startswith("[Gloo]")) for one in said]  # of PyTorch 2
        assert "accuracy" in said[0] and said[1] == "", said
        assert float(said[0].split("accuracy")[1].split()[0]) > 0.8, said

    def test_mistakes(self):
        with self.assertRaisesRegex(aimc.StateError, "init_process_group"):
            at.distribute(nn.Linear(2, 2))


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(sys.argv[2])
    else:
        main()
