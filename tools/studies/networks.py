#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks trained on tiles: LeNet-5 on MNIST, spoken digits, heart beats. Makes the tables of docs/networks-training.md.
Settings were chosen on samples held out of those to train with (--split validation); the test samples are for what was
chosen. docs/studies/networks.csv has a row for each epoch; a run that was stopped goes on after its last epoch, from a file in
--state, to the same bits. Needs the data sets that $AIMC_DATA names.

    ./dev study networks --tasks lenet --settings constant_step --seeds 1 2 3
"""
import argparse
import os
import pathlib
import re
import subprocess
import tarfile
import time

import aimc
from common import SOURCE, TABLES, markdown, mnist, rows_of, spread

FIELDS = ["task", "setting", "split", "seed", "epoch", "lr", "loss", "accuracy", "seconds"]


def lenet(net, matrix):
    """LeNet-5 as the peer has it: 16 and 32 filters, 128 hidden units. One matrix for all, or those of both convolutions and the rest."""
    first, second, dense = matrix if isinstance(matrix, tuple) else (matrix,) * 3
    h = net.add_input((1, 28, 28), "image")
    h = net.max_pool2d(net.tanh(net.conv2d(h, out_channels=16, kernel=5, matrix=first)), kernel=2)
    h = net.max_pool2d(net.tanh(net.conv2d(h, out_channels=32, kernel=5, matrix=second)), kernel=2)
    h = net.tanh(net.linear(net.flatten(h), out_features=128, matrix=dense))
    net.linear(h, out_features=10, matrix=dense)


def mnist_split(split, _seed):
    """The last 5000 images to train with are held out to choose settings by; "validation-3000" trains with the first 3000."""
    (x, labels), test = mnist()
    if split != "test":
        n = int(split.partition("-")[2] or 55000)
        return (x[:n], labels[:n]), (x[55000:], labels[55000:])
    return (x, labels), test


def c_ttv2(first=64, second=8, **fields):
    """Soft bounds of 120 states, c_ttv2_few_states with a fast array that gets two pulses at most. A convolution sees 576 or 64 vectors a
    sample: its fast array is read about ten times a sample, not for each."""
    layer = {"kind": "layer", "device": "soft_bounds", "device.dw_min": 0.01, "optimizer": "c_ttv2_few_states", "optimizer.fast_lr": 0.4, **fields}
    return {**layer, "optimizer.transfer_every": first}, {**layer, "optimizer.transfer_every": second}, layer


# task: network, data, samples a step, and settings: name -> (matrix, epochs, learning rate, its factor after each epoch)
TASKS = {
    "lenet": (lenet, mnist_split, 8, {
        "digital": ("digital", 30, 0.01, 1.0),
        "constant_step": ({"kind": "layer", "device": "constant_step"}, 30, 0.01, 1.0),
        "c_ttv2": (c_ttv2(), 7, 0.1, 0.5),
    }),
}
# what else was tried for c_ttv2, on few images: --split validation --limit 3000 --epochs 2
for _name, _matrix, _lr in (("rate 0.05", c_ttv2(), 0.05), ("a read a vector", c_ttv2(1, 1), 0.1), ("a read a vector, rate 0.05", c_ttv2(1, 1), 0.05),
                            ("in_chop_prob 0.01", c_ttv2(**{"optimizer.in_chop_prob": 0.01}), 0.1),
                            ("1200 states", c_ttv2(**{"device.dw_min": 0.001}), 0.1)):
    TASKS["lenet"][3][f"c_ttv2; {_name}"] = (_matrix, 2, _lr, 1.0)


def spoken(state):
    """The folder of the spoken digits, unpacked."""
    folder = state / "fsdd"
    if not folder.exists():
        with tarfile.open(data("fsdd", "fsdd-wav-8khz.tar.gz")) as archive:
            archive.extractall(folder)
    return folder / "recordings"


# task: example, its data, epochs; settings are the parts of what it prints, by the first word of their first line
EXAMPLES = {
    "spoken": ("10_spoken_digits", spoken, 15, {"words": "DS-CNN"}),
    "beats": ("11_heartbeats", lambda state: data("ecg", "ECG5000_TRAIN.tsv"), 30, {"convolutions": "conv1d", "LSTM": "lstm"}),
}
LINE = re.compile(r"epoch +(\d+) +rate ([\d.]+) +loss ([\d.]+) +test accuracy ([\d.]+)")


def data(*parts):
    """A file of $AIMC_DATA."""
    return pathlib.Path(os.environ.get("AIMC_DATA", SOURCE.parent / "shared" / "data")).joinpath(*parts)


def run_example(results, args, job):
    """All epochs of an example that the table does not hold; takes a minute and is not gone on with."""
    program, find, epochs, names = EXAMPLES[job["task"]]
    if results.where(**job):
        return
    started = time.monotonic()
    command = [SOURCE / "build/examples" / program, find(args.state), args.epochs or epochs, job["seed"]]
    command += ["validation"] if job["split"] != "test" else []
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if "epoch" not in done.stdout:
        raise SystemExit(f"{program}: {done.stderr.strip()}")
    seconds = f"{(time.monotonic() - started) / done.stdout.count('epoch'):.1f}"
    setting = ""
    for line in done.stdout.splitlines():
        found = LINE.match(line)
        if found:
            results.add({**job, "setting": setting, **dict(zip(("epoch", "lr", "loss", "accuracy"), found.groups())), "seconds": seconds})
        setting = next((name for word, name in names.items() if word in line), setting)


def resume(path, done, build, seed):
    """The network of a run that was stopped after so many epochs, or a new one."""
    ctx = aimc.Context(seed=seed, threads=1)
    if done:
        return aimc.Network.load(path, ctx=ctx)
    net = aimc.Network(ctx=ctx)
    build(net)
    return net


def train(results, args, job):
    """The epochs of one run that the table does not hold."""
    build, split, batch, settings = TASKS[job["task"]]
    matrix, epochs, first_lr, decay = settings[job["setting"]]
    epochs = args.epochs or epochs
    path = args.state / f"{job['task']}-{job['setting']}-{job['split']}-{job['seed']}.safetensors"
    done = len(results.where(**job))
    if done >= epochs:
        return
    if done and not path.exists():
        raise SystemExit(f"{path} is gone: take the rows of {job} out of {results.path} to run it anew")
    net = resume(path, done, lambda net: build(net, matrix), job["seed"])
    (x, labels), test = split(job["split"], job["seed"])
    if net.info.n_samples != done * len(x):
        raise SystemExit(f"{path} is not what the rows of {job} in {results.path} left: take out both to run it anew")
    for epoch in range(done + 1, epochs + 1):
        started, lr = time.monotonic(), round(first_lr * decay ** (epoch - 1), 8)
        loss = net.fit(x, labels, epochs=1, batch=batch, lr=lr, seed=job["seed"])[0].loss
        seconds = time.monotonic() - started
        net.save(path)
        results.add({**job, "epoch": epoch, "lr": lr, "loss": f"{loss:.5f}", "accuracy": round(net.evaluate(*test), 6),
                     "seconds": f"{seconds:.1f}"})


def table(results, split):
    """Accuracy after the last epoch of each run, in percent; mean and standard deviation over seeds that ran as long."""
    last = {}
    for row in results.where(split=split):
        runs = last.setdefault((row["task"], row["setting"]), {})
        if int(row["epoch"]) >= int(runs.get(row["seed"], row)["epoch"]):
            runs[row["seed"]] = row
    rows = []
    for (task, setting), runs in last.items():
        each = [100 * float(row["accuracy"]) for row in runs.values()]
        epochs = [row["epoch"] for row in runs.values()]
        same = len(set(epochs)) == 1
        rows.append([task, setting, epochs[0] if same else " ".join(epochs), " ".join(f"{a:.2f}" for a in each), spread(each, 2) if same else ""])
    markdown(["network", "setting", "epochs", "accuracy of each seed", "mean"], rows)


def main():
    """The runs, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="*", default=[*TASKS, *EXAMPLES], choices=[*TASKS, *EXAMPLES])
    parser.add_argument("--settings", nargs="*", help="some of the settings of a task; all when not given")
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, help="instead of those of the task")
    parser.add_argument("--split", default="test", choices=["test", "validation"])
    parser.add_argument("--limit", type=int, help="with --split validation: images of MNIST to train with")
    parser.add_argument("--table", action="store_true", help="run nothing, print what there is")
    parser.add_argument("--state", type=pathlib.Path, default=SOURCE / "build/studies")
    parser.add_argument("--results", type=pathlib.Path, default=TABLES / "networks.csv")
    args = parser.parse_args()
    if args.limit:
        args.split = f"validation-{args.limit}"
    args.state.mkdir(parents=True, exist_ok=True)
    results = rows_of(args.results, FIELDS, FIELDS[:5])
    for seed in [] if args.table else args.seeds:
        for task in args.tasks:
            job = {"task": task, "split": args.split, "seed": seed}
            if task in EXAMPLES:
                run_example(results, args, job)
                continue
            for setting in args.settings or [name for name in TASKS[task][3] if ";" not in name]:
                train(results, args, {**job, "setting": setting})
    table(results, args.split)


if __name__ == "__main__":
    main()
