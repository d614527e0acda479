#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Public pretrained networks on chips: ideal tiles, the default read-out, converters with and without calibrated ranges,
phase-change and resistive memory after an hour and 30 days, with and without compensation. Makes the table of
docs/pretrained.md. Chips that docs/studies/pretrained.csv already holds are not run again. Needs the data sets and models
that $AIMC_DATA names.

    ./dev study pretrained --chips 10 --samples 500
    ./dev study pretrained --year --samples 1000      ResNet-8 over a year: docs/studies/pretrained-year.csv, and from it
                                                      the picture resnet8-year by ./dev docs pictures
"""
import argparse
import os
import pathlib

import numpy as np

import aimc
from aimc import convert
from aimc.datasets import read_cifar, read_idx
from common import TABLES, markdown, numbers, rows_of

FIELDS = ["model", "chip", "samples", "seed", "accuracy"]
HOUR, MONTH = 3600.0, 30 * 86400.0
SCALED = {"device": "ideal", "mapping.weight_scaling_omega": 1, "mapping.weight_scaling_columnwise": True}
DEFAULT = {**SCALED, "forward": "standard_io"}
# converters of 8 bits alone: no noise, and nothing that adapts a range to each vector
CONVERTERS = {**DEFAULT, "forward.out_noise": 0, "forward.noise_management": "NONE", "forward.bound_management": "NONE"}
# the measurements behind reram_wan2022 end after two days: 30 days are beyond them
MEMORIES = {"PCM": "pcm_like", "ReRAM": "reram_wan2022"}
TIMES = {"1 h": HOUR, "30 d": MONTH}
MODELS = {"onnxzoo_mnist_cnn": "MNIST CNN", "mlperf_tiny_sww_dscnn1d": "wake word", "mlperf_tiny_ic_resnet8": "ResNet-8",
          "resnet20_cifar10_akamaster": "ResNet-20"}
CALIBRATION = 64
# ranges of DACs and ADCs
RULES = [("largest", "MAX", "MAX"), ("quantile", "CACHE_QUANTILE", "QUANTILE"), ("mean-square error", "MEAN_SQUARE", "MEAN_SQUARE"),
         ("entropy", "ENTROPY", "ENTROPY")]

# ResNet-8 over a year: what beside DEFAULT its chips have
YEAR_FIELDS = ["chip", "time_s", "samples", "seed", "accuracy"]
YEAR_TIMES = [25, 3600, 86400, 30 * 86400, 365 * 86400]
FOUR_PAIRS = {"encoding": "n_pair", "encoding.significance": [1, 1, 1, 1]}
YEAR = {"as it drifts": {}, "compensated": {"compensation.method": "GLOBAL"},
        "verified, compensated": {"compensation.method": "GLOBAL", "programming.method": "VERIFY"},
        "four pairs, verified, compensated": {"compensation.method": "GLOBAL", "programming.method": "VERIFY", **FOUR_PAIRS}}


def load(root, model, n):
    """Inputs to calibrate with, then samples and labels of the test."""
    if model == "mlperf_tiny_sww_dscnn1d":
        data = np.load(root / "models" / "sww_calibration_samples.npz")
        x = np.ascontiguousarray(data["specs"].reshape(-1, 30, 1, 40).transpose(0, 3, 1, 2), np.float32)
        return x, x[:n], data["labels"].astype(np.uint32)[:n]
    if model == "onnxzoo_mnist_cnn":
        parts = [read_idx(root / "mnist" / f"{part}-images-idx3-ubyte.gz").reshape(-1, 1, 28, 28).astype(np.float32)
                 for part in ("train", "t10k")]
        return parts[0][:CALIBRATION], parts[1][:n], read_idx(root / "mnist" / "t10k-labels-idx1-ubyte.gz").astype(np.uint32)[:n]
    train, (x, labels) = (read_cifar(root / "cifar10" / f"{name}.bin.gz") for name in ("data_batch_1", "test_batch"))
    train, x = train.x.astype(np.float32), x.astype(np.float32)
    train, x, labels = train[:CALIBRATION], x[:n], labels[:n]
    if model == "resnet20_cifar10_akamaster":
        mean, std = (np.array(v, np.float32)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        train, x = (train / 255 - mean) / std, (x / 255 - mean) / std
    return train, x, labels


def chips():
    """Names of all chips, each with what it is of: layer configuration, memory, time, compensated, calibration."""
    found = {"digital": None, "ideal tiles": ({**SCALED, "forward": "perfect_io"}, None, 0, False, None),
             "default read-out": (DEFAULT, None, 0, False, None),
             "8-bit converters": (CONVERTERS, None, 0, False, None),
             "8-bit converters, calibrated": (CONVERTERS, None, 0, False, {}),
             **{f"8-bit converters, {rule} of both": (CONVERTERS, None, 0, False, {"method": inputs, "out_method": outputs})
                for rule, inputs, outputs in RULES}}
    for memory, model in MEMORIES.items():
        for time, seconds in TIMES.items():
            found[f"{memory}, {time}"] = (DEFAULT, model, seconds, False, None)
            found[f"{memory}, {time}, compensated"] = (DEFAULT, model, seconds, True, None)
    return found


def measure(root, job):
    """The accuracy of one chip."""
    calibration, x, labels = load(root, job["model"], job["samples"])
    net = convert.from_folded(root / "models" / f"{job['model']}.json", logits=True, ctx=aimc.Context(seed=job["seed"], threads=1))
    chip = chips()[job["chip"]]
    if chip is None:
        return {"accuracy": net.evaluate(x, labels)}
    layer, memory, seconds, compensated, calibrated = chip
    net.convert_to_analog(layer)
    if calibrated is not None:
        net.calibrate(calibration, calibrated)
    if memory:
        outside = {"noise_model.extrapolate": True} if memory == "reram_wan2022" and seconds > 172800 else {}
        net.program({"noise_model": memory, **outside, "seed": job["seed"], "compensation.method": "GLOBAL" if compensated else "NONE"})
        net.drift_programmed(seconds)
        if compensated:
            net.compensate()
    return {"accuracy": round(net.evaluate(x, labels, fresh=True), 6)}


def measure_year(root, job):
    """The accuracy of one chip that holds ResNet-8 at one time."""
    _, x, labels = load(root, "mlperf_tiny_ic_resnet8", job["samples"])
    net = convert.from_folded(root / "models" / "mlperf_tiny_ic_resnet8.json", logits=True, ctx=aimc.Context(seed=job["seed"], threads=1))
    if job["chip"] == "digital":
        return {"accuracy": round(net.evaluate(x, labels), 6)}
    fields = YEAR[job["chip"]]
    net.convert_to_analog(DEFAULT)
    net.program({"noise_model": "pcm_like", "seed": job["seed"], **fields})
    net.drift_programmed(job["time_s"])
    if "compensation.method" in fields:
        net.compensate()
    return {"accuracy": round(net.evaluate(x, labels, fresh=True), 6)}


def year(root, args):
    """All chips of YEAR at all times, and the means."""
    jobs = [{"chip": "digital", "time_s": 0, "samples": args.samples, "seed": 1}]
    jobs += [{"chip": chip, "time_s": time, "samples": args.samples, "seed": seed} for seed in range(1, args.chips + 1)
             for chip in YEAR for time in YEAR_TIMES]
    results = rows_of(TABLES / "pretrained-year.csv", YEAR_FIELDS, YEAR_FIELDS[:4])
    results.run(jobs, lambda job: measure_year(root, job), args.workers)
    markdown(["chip", *(f"{time} s" for time in YEAR_TIMES)],
             [[chip, *(error_of(results.where(chip=chip, time_s=time)) for time in YEAR_TIMES)] for chip in YEAR])


def error_of(rows):
    """Mean and standard error over the chips, in percent; nothing of no rows."""
    found = [100 * value for value in numbers(rows, "accuracy")]
    if not found:
        return ""
    return f"{np.mean(found):.1f}" + (f" ± {np.std(found, ddof=1) / np.sqrt(len(found)):.1f}" if len(found) > 1 else "")


def table(results, models, names):
    """Markdown: mean +- standard error over the chips, in percent."""
    lines = ["| | " + " | ".join(MODELS[model] for model in models) + " |", "|---" * (len(models) + 1) + "|"]
    for name in names:
        cells = [error_of(results.where(model=model, chip=name)) for model in models]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    """All chips, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chips", type=int, default=10, help="chips of every row that has anything random")
    parser.add_argument("--samples", type=int, default=500, help="test samples, from the first on")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--year", action="store_true", help="ResNet-8 on phase-change memory over a year, and nothing else")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    args = parser.parse_args()
    root = pathlib.Path(os.environ.get("AIMC_DATA", "/nowhere"))
    if not (root / "models").is_dir():
        raise SystemExit("AIMC_DATA names no folder with pretrained models")
    if args.year:
        year(root, args)
        return
    once = [name for name in chips() if name in ("digital", "ideal tiles") or name.startswith("8-bit converters")]
    jobs = [{"model": model, "chip": name, "samples": args.samples, "seed": seed} for seed in range(1, args.chips + 1)
            for model in args.models for name in chips() if seed == 1 or name not in once]
    results = rows_of(TABLES / "pretrained.csv", FIELDS, FIELDS[:4])
    results.run(jobs, lambda job: measure(root, job), args.workers)
    print(table(results, args.models, chips()))


if __name__ == "__main__":
    main()
