#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cells of NAS-Bench-201 on analog chips, after AnalogNAS-Bench: five figures of each network, and what drift does to it.

A network is a stem, three stages of cells with a residual block of stride 2 between them, batch norm, pooling over the image, a linear layer. Trained as the
protocol says but for its size: SGD with Nesterov momentum .9, rate .1 by a cosine to 0, weight decay 5e-4, mirrored and shifted images; --full is the protocol's size (16 channels,
5 cells a stage, 200 epochs). Five figures: digital; PTQ and QAT by torch.ao.quantization (8 bits); noisy: analog tiles (output noise .04, 8-bit converters), PCM of 25 uS; hardware-aware:
as many epochs more under weight noise, clipped at 2 sigma, beside a control with as many plain epochs. Then drift to 60 s, 1 h, 1 d, 30 d on --chips chips.
Cells are drawn from the 15,625 at random. Rows: docs/studies/nas.csv; text: docs/nas-study.md. Needs PyTorch, and CIFAR-10 under $AIMC_DATA.
"""
import argparse
import copy
import pathlib
import time
import warnings

import numpy as np

import aimc
from aimc import sweep
from cells import EDGES, alive, of_code
from common import TABLES, markdown, numbers, rows_of

try:
    import torch
    from torch import nn
    from torch.ao import quantization
    import aimc.torch as at
    from transfer import accuracy, records, train as descend
except ImportError:
    raise SystemExit("nas: skipped, this Python has no PyTorch: apt-get install python3-torch, or pip install torch") from None

TIMES = {"60 s": 60.0, "1 h": 3600.0, "1 d": 86400.0, "30 d": 2592000.0}
AWARE = {"device": "ideal", "mapping.weight_scaling_omega": 1, "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 0.06, "hwa.clip_type": "LAYER_GAUSSIAN", "hwa.clip_sigma": 2.0}
FIELDS = ["schedule", "code", "seed", "skips", "conv3", "conv1", "digital", "PTQ", "QAT", "control", "noisy", "aware", *TIMES, *(f"aware {t}" for t in TIMES), "drop", "fall", "seconds"]
BATCH, RATE, MORE = 64, 0.1, 0.02


# ---- networks -----------------------------------------------------------------------------------

def convolution(n_in, n_out, kernel, stride=1):
    """ReLU, convolution, batch norm, as the space has them."""
    return nn.Sequential(nn.ReLU(), nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(n_out))


class Cell(nn.Module):
    """Nodes that add up what their edges bring."""

    def __init__(self, code, width):
        super().__init__()
        self.wanted, self.operations = of_code(code), nn.ModuleDict()
        for k, operation in enumerate(self.wanted):
            if operation.startswith("conv"):
                self.operations[str(k)] = convolution(width, width, int(operation[-1]))
            elif operation == "pool":
                self.operations[str(k)] = nn.AvgPool2d(3, 1, 1, count_include_pad=False)

    def forward(self, x):
        nodes = [x]
        for node in range(1, 4):
            total = torch.zeros_like(x)
            for k, (start, to) in enumerate(EDGES):
                if to == node and self.wanted[k] != "none":
                    total = total + (nodes[start] if self.wanted[k] == "skip" else self.operations[str(k)](nodes[start]))
            nodes.append(total)
        return nodes[-1]


class Reduce(nn.Module):
    """A residual block that halves the image and doubles the channels."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.path = nn.Sequential(convolution(n_in, n_out, 3, 2), convolution(n_out, n_out, 3))
        self.beside = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(n_in, n_out, 1, bias=False))

    def forward(self, x):
        return self.beside(x) + self.path(x)


def network(code, width, cells, classes=10):
    """The network of a cell."""
    layers = [nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
    for stage in range(3):
        layers += [Reduce(width << stage - 1, width << stage)] if stage else []
        layers += [Cell(code, width << stage) for _ in range(cells)]
    n = width << 2
    return nn.Sequential(*layers, nn.BatchNorm2d(n), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n, classes))


def train(net, data, epochs, rate, seed):
    """The protocol's training."""
    opt = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, nesterov=True, weight_decay=5e-4)
    if any(isinstance(module, (at.AwareLinear, at.AwareConv2d)) for module in net.modules()):
        at.constrain(net, opt)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs * -(-len(data[0]) // BATCH))
    descend(net, opt, data, epochs, seed, BATCH, plan.step)
    return net


# ---- five figures -------------------------------------------------------------------------------

def quantised(net, data, test, epochs=0, seed=0):
    """Accuracy with 8-bit weights and activations by torch.ao.quantization (fake quantisation): calibrated, or trained so for some epochs."""
    made = copy.deepcopy(net).train()
    config = quantization.QConfigMapping().set_global(quantization.get_default_qat_qconfig("fbgemm"))
    from torch.ao.quantization import quantize_fx
    made = quantize_fx.prepare_qat_fx(made, config, (test[0][:2],))
    if epochs:
        train(made, data, epochs, MORE, seed)
    else:
        made.eval()
        with torch.no_grad():
            made.apply(quantization.disable_fake_quant)
            made(data[0][:500])
            made.apply(quantization.enable_fake_quant)
    made.apply(quantization.disable_observer)
    return accuracy(made, test)


def on_chips(net, test, times, chips, seed):
    """Mean accuracies over chips at each time, compensated. Each chip sees its own share of the test images, so that all of them together see all."""
    found = []
    for chip, *part in zip(range(chips), *(torch.tensor_split(one, chips) for one in test)):
        made = copy.deepcopy(net)
        at.to_analog(made) if any(isinstance(m, (at.AwareLinear, at.AwareConv2d)) for m in made.modules()) else at.convert(made, aimc.Config("analognas"))
        at.program(made, {"noise_model": "pcm_like", "compensation.method": "GLOBAL", "seed": 1000 * seed + chip})
        row = [accuracy(made, part)]
        for t in times:
            at.drift_to(made, t)
            at.compensate(made)
            row.append(accuracy(made, part))
        found.append(row)
    return np.mean(found, 0)


def trained_more(args, base, train_data, test, seed):
    """Figures of what has as many epochs more: quantisation-aware, hardware-aware, and plain as their control."""
    control, hard = train(copy.deepcopy(base), train_data, args.more, MORE, seed), copy.deepcopy(base)
    at.aware(hard, {**AWARE, "forward": "analognas_io"})
    aware = on_chips(train(hard, train_data, args.more, MORE, seed), test, TIMES.values(), args.chips, seed)
    return {"QAT": quantised(base, train_data, test, args.more, seed), "control": accuracy(control, test), "aware": aware[0],
            **dict(zip((f"aware {t}" for t in TIMES), aware[1:]))}


def run(args, job, train_data, test):
    """All figures of a cell."""
    started, code, seed = time.process_time(), job["code"], job["seed"]
    torch.manual_seed(seed)
    aimc.context.replace_default(aimc.Context(seed=seed))
    base = train(network(code, args.width, args.cells), train_data, args.epochs, RATE, seed)
    figures = {"digital": accuracy(base, test), "PTQ": quantised(base, train_data, test)}
    noisy = on_chips(base, test, TIMES.values(), args.chips, seed)
    figures.update({"noisy": noisy[0], **dict(zip(TIMES, noisy[1:]))})
    if args.more:
        figures.update(trained_more(args, base, train_data, test, seed))
    cell = [of_code(code)[k] for k in alive(of_code(code))]
    n = max(len(cell), 1)
    return {**{name: f"{value:.4f}" for name, value in figures.items()}, "skips": cell.count("skip"), "conv3": f"{cell.count('conv3') / n:.3f}",
            "conv1": f"{cell.count('conv1') / n:.3f}", "drop": f"{figures['digital'] - noisy[-1]:.4f}", "fall": f"{noisy[1] - noisy[-1]:.4f}",
            "seconds": f"{time.process_time() - started:.0f}"}


def table(rows):
    """Means over cells, and the cells one by one."""
    for schedule in sorted({row["schedule"] for row in rows.rows}):
        mine = rows.where(schedule=schedule)
        names = [n for n in ("digital", "PTQ", "QAT", "control", "noisy", "aware", *TIMES, *(f"aware {t}" for t in TIMES)) if all(row[n] for row in mine)]
        print(f"\n{schedule}: {len({r['code'] for r in mine})} cells, {len(mine)} trainings; mean and standard error over trainings, %")
        markdown(names, [[f"{100 * np.mean(numbers(mine, n)):.1f} ± {100 * np.std(numbers(mine, n), ddof=1) / len(mine) ** 0.5:.1f}" if len(mine) > 1 else
                          f"{100 * numbers(mine, n)[0]:.1f}" for n in names]])
        shown = [n for n in ("digital", "noisy", "60 s", "30 d", "aware 30 d") if n in names]
        markdown(["code", "cell", *shown], [[r["code"], " ".join(of_code(int(r["code"]))), *(f"{100 * float(r[n]):.1f}" for n in shown)] for r in mine])


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=8, help="channels of the first stage")
    parser.add_argument("--cells", type=int, default=1, help="a stage")
    parser.add_argument("--images", type=int, default=10000, help="of CIFAR-10 to train with")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--more", type=int, default=5, help="epochs of hardware-aware and quantisation-aware training, and of the control; 0: none of these figures")
    parser.add_argument("--sampled", type=int, default=50, help="cells")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each")
    parser.add_argument("--chips", type=int, default=25)
    parser.add_argument("--test-limit", type=int, default=2000, help="test images")
    parser.add_argument("--short", action="store_true", help="instead of these: 1000 images, 8 epochs and none more, 24 cells, one training of each, 500 test images")
    parser.add_argument("--full", action="store_true", help="the protocol's size instead")
    parser.add_argument("--results", type=pathlib.Path, default=TABLES / "nas.csv", help="rows; another file for a trial")
    parser.add_argument("--table", action="store_true", help="run nothing, print what there is")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    if args.short:
        args.images, args.epochs, args.more, args.sampled, args.seeds, args.test_limit = 1000, 8, 0, 24, 1, 500
    if args.full:
        args.width, args.cells, args.epochs = 16, 5, 200
    rows = rows_of(args.results, FIELDS, FIELDS[:3])
    if not args.table:
        drawn = [int(code) for code in np.random.default_rng(201).permutation(5**6) if any(o.startswith("conv") for o in (of_code(int(code))[k] for k in alive(of_code(int(code)))))]
        x, labels = records("cifar10", "data_batch_1", 1)
        test = tuple(part[:args.test_limit] for part in records("cifar10", "test_batch", 1))
        schedule = f"w{args.width} c{args.cells} n{args.images} e{args.epochs}+{args.more} t{args.test_limit} chips{args.chips}"
        jobs = [{"schedule": schedule, **job} for job in sweep.grid({"code": drawn[:args.sampled]}, args.seeds)]
        rows.run(jobs, lambda job: run(args, job, (x[:args.images], labels[:args.images]), test))
    table(rows)


if __name__ == "__main__":
    main()
