#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Analog transfer learning with chopped TTv2: a Swin transformer pre-trained digitally on CIFAR-10, put on tiles, and fine-tuned on 2 or 5 classes of
CIFAR-100 by pulses, beside digital transfer and both from scratch; curves over transfer noise and properties of devices.

The optimizer has exactly the settings of the paper's table. Devices are soft bounds whose granularity, noise and spreads the paper does not give: those here are
a stand-in (DEVICE below). Learning rates are chosen among --rates on the last 100 training images of each class, which no row is trained with, by one seed. Only
10,000 of CIFAR-10's training images are in the data, and AdamW pre-trains in batches of 50, where the paper has SGD in batches of 8.
Rows: docs/studies/transfer.csv; text: docs/transfer-study.md. Needs PyTorch, and CIFAR under $AIMC_DATA.

    ./dev study transfer                          # width 24, everything: nights
    ./dev study transfer --short                  # width 6, few images and epochs
    ./dev study transfer --full                   # width 96: measures an image of each method, and tells what all rows would take
"""
import argparse
import os
import pathlib
import time
import warnings

import numpy as np

import aimc
import aimc.datasets
from aimc import sweep
from common import SOURCE, TABLES, markdown, numbers, rows_of, spread

try:
    import torch
    from torch.nn import functional as F
    import aimc.torch as at
    from swin import Swin, parameters, products
except ImportError:
    raise SystemExit("transfer: skipped, this Python has no PyTorch: apt-get install python3-torch, or pip install torch") from None

# the paper's table; momentum is that of the buffer
C_TTV2 = {"kind": "c_ttv2", "transfer_every": 1, "units_in_mbatch": False, "auto_granularity": 10000, "auto_scale": True, "auto_momentum": 0.99,
          "in_chop_prob": 0.1, "forget_buffer": True, "momentum": 0}
DEVICE = {"kind": "soft_bounds_reference", "dw_min": 0.002, "w_max": 1.0, "w_min": -1.0, "dw_min_std": 0.3, "dw_min_dtod": 0.3, "w_max_dtod": 0.3,
          "w_min_dtod": 0.3, "subtract_symmetry_point": True}
BATCH, PRETRAINING_BATCH, TABLE_RATE, OMEGA, HELD = 8, 50, 0.01, 0.6, 100
CLASSES = {2: (0, 1), 5: (0, 1, 2, 3, 4)}
METHODS = ("digital transfer", "digital scratch", "analog transfer", "analog scratch")
CURVES = {  # name: what its values change, and the values; 0.0 of each is the row "base"
    "weight noise": (0.05, 0.10, 0.15, 0.20, 0.30),
    "skew": (0.2, 0.4),
    "symmetry point": (0.05, 0.10, 0.15),
    "pulse noise": (1.0, 2.0),
    "mean pulse": (0.1, 0.6),
    "device": ("reram_array_om", "reram_sb", "ecram_mo"),
    "algorithm": ("agad", "mixed_precision", "sgd"),
}
FIELDS = ["schedule", "classes", "method", "curve", "value", "split", "rate", "seed", "accuracy", "seconds"]
KEYS = FIELDS[:8]


# ---- data ---------------------------------------------------------------------------------------

def records(folder, name, labels):
    """Images -1 ... 1 [n, 3, 32, 32] and labels of a file of CIFAR, whose records begin with so many bytes of labels."""
    path = pathlib.Path(os.environ.get("AIMC_DATA", SOURCE.parent / "shared" / "data")) / folder / f"{name}.bin.gz"
    if not path.exists():
        raise SystemExit(f"transfer: skipped, there is no {path}: set AIMC_DATA")
    x, of = aimc.datasets.read_cifar(path, labels)
    return torch.tensor(x / np.float32(127.5) - 1), torch.tensor(of.astype(np.int64))


def task(classes, per_class, split):
    """The small task: (x, labels) to train with and to look at. split "validation": the last HELD training images of each class are looked at, which no row is trained with."""
    def part(name, first, last):
        x, labels = records("cifar100", name, 2)
        chosen = [torch.nonzero(labels == label)[first:last, 0] for label in torch.unique(labels)[list(CLASSES[classes])]]
        return torch.cat([x[one] for one in chosen]), torch.cat([torch.full((len(one),), k) for k, one in enumerate(chosen)])
    return part("train-10class", 0, per_class), part("train-10class", -HELD, None) if split == "validation" else part("test-10class", 0, None)


def augmented(x, random):
    """Mirrored, and moved by up to four pixels."""
    padded, out = F.pad(x, (4, 4, 4, 4)), torch.empty_like(x)
    for k in range(len(x)):
        i, j = torch.randint(9, (2,), generator=random).tolist()
        image = padded[k, :, i:i + 32, j:j + 32]
        out[k] = image.flip(-1) if torch.rand((), generator=random) < 0.5 else image
    return out


# ---- networks -----------------------------------------------------------------------------------

def train(net, opt, data, epochs, seed, batch=BATCH, after=lambda: None):
    """Train; after(): called after each step."""
    (x, labels), random = data, torch.Generator().manual_seed(seed)
    net.train()
    for _ in range(epochs):
        for pick in torch.randperm(len(x), generator=random).split(batch):
            opt.zero_grad()
            F.cross_entropy(net(augmented(x[pick], random)), labels[pick]).backward()
            opt.step()
            after()


def accuracy(net, data):
    """Of the class with the largest output."""
    net.eval()
    with torch.no_grad():
        right = [(net(x).argmax(1) == labels).sum() for x, labels in zip(*(part.split(100) for part in data))]
    return float(sum(right)) / len(data[1])


def pretrained(args):
    """The network that learned CIFAR-10 digitally, kept in a file; one for all rows."""
    path = args.state / f"pretrained-w{args.width}-e{args.pretrain}.pt"
    if not path.exists():
        torch.manual_seed(1)
        net, started = Swin(10, args.width), time.monotonic()
        data = records("cifar10", "data_batch_1", 1)
        opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
        plan = torch.optim.lr_scheduler.CosineAnnealingLR(opt, args.pretrain * -(-len(data[0]) // PRETRAINING_BATCH))
        train(net, opt, data, args.pretrain, 1, PRETRAINING_BATCH, plan.step)
        print(f"pre-trained: {100 * accuracy(net, records('cifar10', 'test_batch', 1)):.1f} % of CIFAR-10's test images, {time.monotonic() - started:.0f} s", flush=True)
        args.state.mkdir(parents=True, exist_ok=True)
        torch.save(net.state_dict(), path.with_suffix(".new"))
        path.with_suffix(".new").rename(path)
    return torch.load(path)


def network(args, job, state):
    """The network of a row before it is trained."""
    torch.manual_seed(job["seed"])
    net = Swin(job["classes"], args.width)
    if "transfer" in job["method"]:
        net.load_state_dict({name: value for name, value in state.items() if not name.startswith("head.")}, strict=False)
    sigma = job["value"] if job["curve"] == "weight noise" else 0
    with torch.no_grad():
        for module in net.modules():
            if sigma and isinstance(module, torch.nn.Linear):  # once; the paper does not say of what sigma is a share: of the largest weight here
                module.weight += sigma * module.weight.abs().max() * torch.randn_like(module.weight)
    return net


def layer_of(job):
    """Configuration of the tiles of a row."""
    device, optimizer, value = dict(DEVICE), dict(C_TTV2), job["value"]
    if job["curve"] == "skew":
        device["w_max"] = 1.0 - value
    elif job["curve"] == "symmetry point":
        device["reference_std"] = 2 * value  # of the range -1 ... 1
    elif job["curve"] in ("pulse noise", "mean pulse"):
        device["dw_min_std" if job["curve"] == "pulse noise" else "dw_min_dtod"] = value
    elif job["curve"] == "device":
        device = {"kind": value}
    elif job["curve"] == "algorithm":
        optimizer = {**C_TTV2, "kind": "agad"} if value == "agad" else {"kind": value}
        for name in ("in_chop_prob",) if value == "agad" else ():
            optimizer.pop(name)
    return {"device": device, "optimizer": optimizer, "mapping.weight_scaling_omega": OMEGA, "forward": "standard_io", "backward": "standard_io"}


def run(args, job, state):
    """Train a row."""
    started = time.process_time()
    data, looked_at = task(job["classes"], args.images, job["split"])
    net = network(args, job, state)
    if "analog" in job["method"]:
        aimc.context.replace_default(aimc.Context(seed=job["seed"]))
        at.convert(net, layer_of(job))
        opt = at.AnalogSGD(net.parameters(), lr=job["rate"])
    else:
        opt = torch.optim.SGD(net.parameters(), lr=job["rate"])
    train(net, opt, data, args.epochs, job["seed"])
    return {"accuracy": f"{accuracy(net, looked_at):.4f}", "seconds": f"{time.process_time() - started:.0f}"}


# ---- rows ---------------------------------------------------------------------------------------

def settings(args):
    """Rows without rate, split and seed: the base rows, and those of the curves, one task beside the other."""
    base = [{"classes": c, "method": m, "curve": "base", "value": 0.0} for m in METHODS for c in args.classes]
    curves = [{"classes": c, "method": "analog transfer", "curve": curve, "value": value} for curve in args.curves for value in CURVES[curve]
              for c in args.classes]
    return base, curves


def schedule(args):
    """What tells rows of one size from those of another."""
    return f"w{args.width} p{args.pretrain} n{args.images} e{args.epochs}"


def rate_of(args, rows, job, state):
    """The rate of a row by held-out images and seed 1."""
    rows.run([{**job, "split": "validation", "rate": rate, "seed": 1} for rate in args.rates], lambda job: run(args, job, state))
    return float(rows.choose(["rate"], "accuracy", **job, split="validation")["rate"])


def sweep_all(args, rows):
    """The base rows with all their seeds; then the curves, seed after seed. A row of a curve has its own rate with --rate-of-each, else that of its base row."""
    state, (base, curves) = pretrained(args), settings(args)
    for one in base:
        job = {"schedule": schedule(args), **one}
        rate = rate_of(args, rows, job, state)
        rows.run([{**job, "split": "test", "rate": rate, "seed": seed} for seed in range(1, args.seeds + 1)], lambda job: run(args, job, state))
    for seed in range(1, args.curve_seeds + 1):
        for one in curves:
            job = {"schedule": schedule(args), **one}
            rate = rate_of(args, rows, {**job, **({} if args.rate_of_each else {"curve": "base", "value": 0.0})}, state)
            rows.run([{**job, "split": "test", "rate": rate, "seed": seed}], lambda job: run(args, job, state))


def cell(rows, **wanted):
    """Error in percent of the test images: mean, standard error, seeds, rate."""
    found = rows.where(split="test", **wanted)
    if not found:
        return "not run"
    errors = 100 - 100 * np.array(numbers(found, "accuracy"))
    text = f"{errors.mean():.1f} ± {errors.std(ddof=1) / len(errors) ** 0.5:.1f}" if len(errors) > 1 else f"{errors[0]:.1f} (one seed)"
    return f"{text}, rate {found[0]['rate']}"


def tables(args, rows):
    """Errors of all rows that there are."""
    key = {"schedule": schedule(args)}
    print(f"\nError, % of the test images: mean ± standard error over seeds (one pre-training), {schedule(args)}")
    markdown(["", *(f"{c} classes" for c in CLASSES)],
             [[m, *(cell(rows, classes=c, method=m, curve="base", **key) for c in CLASSES)] for m in METHODS] +
             [[f"{curve} {value}", *(cell(rows, classes=c, curve=curve, value=value, **key) for c in CLASSES)] for curve in CURVES for value in CURVES[curve]])


def full(args):
    """Seconds of an image of each method at the paper's width, and what its schedule would take."""
    state = Swin(10, 96).state_dict()
    x, labels = records("cifar10", "data_batch_1", 1)
    print(f"{parameters(Swin(2))} and {parameters(Swin(5))} parameters without position biases, {products(Swin(2)) / 1e6:.0f} M weights x vectors an image")
    for method in ("digital transfer", "analog transfer"):
        args.width, job = 96, {"classes": 2, "method": method, "curve": "base", "value": 0.0, "seed": 1}
        net = network(args, job, state)
        if "analog" in method:
            at.convert(net, layer_of(job))
        opt = at.AnalogSGD(net.parameters(), lr=TABLE_RATE)
        times = []
        for _ in range(2):
            started = time.process_time()
            opt.zero_grad()
            F.cross_entropy(net(x[:BATCH]), labels[:BATCH] % 2).backward()
            opt.step()
            times.append((time.process_time() - started) / BATCH)
        hours = times[-1] * 500 * 100 / 3600
        print(f"{method}: {times[-1]:.2f} s of processor time an image; 100 epochs of 500 images a class: {2 * hours:.0f} h with 2 classes, {5 * hours:.0f} h with 5; "
              f"three seeds of the base rows of this kind {2 * 3 * 7 * hours:.0f} h")


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=24, help="of the first stage; 96 is the paper's")
    parser.add_argument("--pretrain", type=int, default=20, help="epochs over 10,000 images of CIFAR-10")
    parser.add_argument("--images", type=int, default=500 - HELD, help="training images of a class")
    parser.add_argument("--epochs", type=int, default=20, help="of fine-tuning")
    parser.add_argument("--short", action="store_true", help="instead of these four: 6, 12, 60 and 4")
    parser.add_argument("--rates", type=float, nargs="*", default=[0.01, 0.1], help="learning rates to choose among")
    parser.add_argument("--rate-of-each", action="store_true", help="choose the rate of each row of a curve, as the paper does, instead of taking that of its base row")
    parser.add_argument("--seeds", type=int, default=3, help="of the base rows")
    parser.add_argument("--curve-seeds", type=int, default=2)
    parser.add_argument("--classes", type=int, nargs="*", default=list(CLASSES), choices=list(CLASSES))
    parser.add_argument("--curves", nargs="*", default=list(CURVES), choices=list(CURVES), help="beside the base rows; none: --curves with nothing behind it")
    parser.add_argument("--full", action="store_true", help="only measure an image at the paper's size")
    parser.add_argument("--results", type=pathlib.Path, default=TABLES / "transfer.csv", help="rows; another file for a trial")
    parser.add_argument("--table", action="store_true", help="run nothing, print what there is")
    parser.add_argument("--state", type=pathlib.Path, default=SOURCE / "build/studies/transfer")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", aimc.AimcWarning)  # trains that are full, and weights at the bounds, are what the study is about
    if args.short:
        args.width, args.pretrain, args.images, args.epochs = 6, 12, 60, 4
    if args.images > 500 - HELD:
        parser.error(f"--images: CIFAR-100 has 500 training images of a class, of which {HELD} are held out")
    if args.full:
        full(args)
        return
    rows = rows_of(args.results, FIELDS, KEYS)
    if not args.table:
        sweep_all(args, rows)
    tables(args, rows)


if __name__ == "__main__":
    main()
