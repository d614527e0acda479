#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which algorithm for which device: train an MLP 784-256-128-10 on MNIST with every pair, and make the table of
docs/training-study.md.

    training_study.py AIMC RESULTS.csv [--seeds 3] [--jobs 2] [--epochs 5] [--limit N] [--table]

Runs that RESULTS.csv already holds are not run again, so the study can be stopped and gone on with. With --table nothing is
run, the table is printed.
"""
import argparse
import concurrent.futures
import csv
import json
import pathlib
import statistics
import subprocess
import threading
import time

DEVICES = ["reram_es", "reram_sb", "ecram_mo", "capacitor", "idealized"]
ALGORITHMS = ["sgd", "mixed_precision", "tiki_taka", "ttv2", "c_ttv2", "agad"]
FIELDS = ["device", "algorithm", "seed", "epochs", "limit", "settings", "test_accuracy", "pulses_per_weight", "seconds"]
# weights are stretched to 0.3 of the device range: unscaled ones (0.04) drown in the write noise of the ReRAM presets
SETTINGS = ["mapping.weight_scaling_omega=0.3"]


def key_of(row):
    return row["device"], row["algorithm"], str(row["seed"]), str(row["epochs"]), str(row["limit"]), row["settings"]


def load(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def command(args, device, algorithm, seed):
    layer = "none" if device == "floating_point" else f"{algorithm}_{device}"
    out = [args.aimc, "train", "--data", "mnist", "--layers", "256,128", "--device", layer, "--epochs", str(args.epochs),
           "--seed", str(seed), "--threads", "1", "--quiet", "--json"]
    if args.limit:
        out += ["--limit", str(args.limit)]
    if layer != "none":
        for setting in SETTINGS:
            out += ["--set", setting]
    return out


def run(args, device, algorithm, seed):
    started = time.monotonic()
    done = subprocess.run(command(args, device, algorithm, seed), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{device} {algorithm}: {done.stderr.strip()}")
    report = json.loads(done.stdout)
    counters, weights = report["network"]["counters"], report["network"]["analog_weights"]
    pulses = (counters["pulses_up"] + counters["pulses_down"]) / weights if weights else 0
    return {"device": device, "algorithm": algorithm, "seed": seed, "epochs": args.epochs, "limit": args.limit,
            "settings": " ".join(SETTINGS), "test_accuracy": f"{report['test_accuracy']:.4f}",
            "pulses_per_weight": f"{pulses:.4g}", "seconds": f"{time.monotonic() - started:.1f}"}


def study(args):
    known = {key_of(row) for row in load(args.results)}
    pairs = [("floating_point", "none")] + [(d, a) for a in ALGORITHMS for d in DEVICES]
    todo = [(d, a, seed) for seed in range(1, args.seeds + 1) for d, a in pairs
            if (d, a, str(seed), str(args.epochs), str(args.limit), " ".join(SETTINGS)) not in known]
    lock = threading.Lock()

    def one(job):
        row = run(args, *job)
        with lock:
            new = not args.results.exists()
            with open(args.results, "a", newline="", encoding="utf-8") as f:
                writer = csv.DictWriter(f, FIELDS, lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)
            print(" ".join(str(row[k]) for k in ("device", "algorithm", "seed", "test_accuracy", "pulses_per_weight", "seconds")),
                  flush=True)

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(one, todo))


def cell(rows):
    if not rows:
        return ""
    accuracies = [100 * float(row["test_accuracy"]) for row in rows]
    text = f"{statistics.mean(accuracies):.1f}"
    if len(accuracies) > 1:
        text += f" ± {statistics.stdev(accuracies):.1f}"
    pulses = statistics.mean(float(row["pulses_per_weight"]) for row in rows)
    return f"{text} ({pulses:.3g})" if pulses else text


def table(rows):
    print("| device | " + " | ".join(ALGORITHMS) + " |")
    print("|---" * (len(ALGORITHMS) + 1) + "|")
    for device in DEVICES:
        cells = [cell([r for r in rows if (r["device"], r["algorithm"]) == (device, a)]) for a in ALGORITHMS]
        print(f"| {device} | " + " | ".join(cells) + " |")
    print("\nFloating point: " + cell([r for r in rows if r["device"] == "floating_point"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aimc")
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if not args.table:
        study(args)
    table(load(args.results))


if __name__ == "__main__":
    main()
