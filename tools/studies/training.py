#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which algorithm for which device: train an MLP 784-256-128-10 on MNIST with every pair, and make the tables of
docs/training-study.md. Runs that docs/training-study.csv already holds are not run again, so the study can be stopped and
gone on with. Needs MNIST, see $AIMC_DATA.
"""
import argparse
import json
import pathlib
import subprocess
import time

from common import SOURCE, markdown, numbers, rows_of, spread

DEVICES = ["reram_es", "reram_sb", "ecram_mo", "capacitor", "idealized"]
ALGORITHMS = ["sgd", "mixed_precision", "tiki_taka", "ttv2", "c_ttv2", "agad"]
NOISY_PULSES = ["reram_es", "reram_sb"]
FIELDS = ["device", "algorithm", "seed", "epochs", "limit", "settings", "test_accuracy", "pulses_per_weight", "seconds"]
# weights are stretched to 0.3 of the device range: unscaled ones (0.04) drown in the write noise of the ReRAM presets
MAPPING = "mapping.weight_scaling_omega=0.3"
FOR_DEVICE = MAPPING + " --algorithm"  # settings of aimc_optimizer_suggest_config() instead of the published ones


def jobs(args):
    """All runs, the published settings first."""
    pairs = [("floating_point", "none", MAPPING)] + [(d, a, MAPPING) for a in ALGORITHMS for d in DEVICES]
    pairs += [(d, a, FOR_DEVICE) for a in ("mixed_precision", "c_ttv2", "agad") for d in NOISY_PULSES]
    return [{"device": d, "algorithm": a, "seed": seed, "epochs": args.epochs, "limit": args.limit, "settings": settings}
            for seed in range(1, args.seeds + 1) for d, a, settings in pairs]


def command(args, job):
    """The command line of one run."""
    layer = "none" if job["device"] == "floating_point" else f"{job['algorithm']}_{job['device']}"
    out = [args.aimc, "train", "--data", "mnist", "--layers", "256,128", "--device", layer, "--epochs", str(job["epochs"]),
           "--seed", str(job["seed"]), "--threads", "1", "--quiet", "--json"]
    if job["limit"]:
        out += ["--limit", str(job["limit"])]
    if layer != "none":
        out += ["--set", MAPPING]
    if job["settings"] == FOR_DEVICE:
        out += ["--algorithm", job["algorithm"]]
    return out


def run(args, job):
    """Accuracy, pulses and time of one run."""
    started = time.monotonic()
    done = subprocess.run(command(args, job), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{job['device']} {job['algorithm']}: {done.stderr.strip()}")
    report = json.loads(done.stdout)
    counters, weights = report["network"]["counters"], report["network"]["analog_weights"]
    pulses = (counters["pulses_up"] + counters["pulses_down"]) / weights if weights else 0
    return {"test_accuracy": f"{report['test_accuracy']:.4f}", "pulses_per_weight": f"{pulses:.4g}",
            "seconds": f"{time.monotonic() - started:.1f}"}


def cell(rows):
    """Accuracy in percent, and pulses."""
    if not rows:
        return ""
    pulses = sum(numbers(rows, "pulses_per_weight")) / len(rows)
    return spread(numbers(rows, "test_accuracy"), 1, 100) + (f" ({pulses:.3g})" if pulses else "")


def tables(results):
    """Print both tables."""
    for settings, devices in ((MAPPING, DEVICES), (FOR_DEVICE, NOISY_PULSES)):
        rows = [[d] + [cell(results.where(device=d, algorithm=a, settings=settings)) for a in ALGORITHMS] for d in devices]
        markdown(["device"] + ALGORITHMS, rows)
    print("\nFloating point: " + cell(results.where(device="floating_point")))


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aimc", default=str(SOURCE / "build/tools/aimc"), help="the command to run")
    parser.add_argument("--results", type=pathlib.Path, default=SOURCE / "docs/training-study.csv")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=0, help="use only the first training samples; 0: all")
    parser.add_argument("--table", action="store_true", help="run nothing, print what there is")
    args = parser.parse_args()
    results = rows_of(args.results, FIELDS, FIELDS[:6])
    if not args.table:
        results.run(jobs(args), lambda job: run(args, job), args.jobs)
    tables(results)


if __name__ == "__main__":
    main()
