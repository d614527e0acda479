#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A long life: training that is killed at any moment, resumed with other threads, and inferred from in between.

    life.py AIMC [HOURS] [SEED]      ./dev soak life

One model is trained without a stop, the same one by processes that are killed (SIGKILL) at times drawn anew, each going on from
the file that it finds, with 1 to 4 threads. When both have come to the end, their files must be the same bytes; then a life
with another seed and device begins."""
import pathlib
import random
import subprocess
import sys
import tempfile
import time

DEVICES = ["gokmen_vlasov", "reram_sb", "soft_bounds", "exp_step", "ideal", "none"]
ALGORITHMS = [None, "ttv2", "c_ttv2", "tiki_taka", "mixed_precision"]


def live(aimc, folder, rng, deadline):
    device, algorithm, epochs = rng.choice(DEVICES), rng.choice(ALGORITHMS), rng.randint(2, 4)
    begin = ["train", "--data", "digits", "--limit", "400", "--layers", "16", "--device", device, "--seed", str(rng.randint(1, 10**6)),
             "--checkpoint-every", "5", "--quiet"]
    begin += ["--algorithm", algorithm] if algorithm and device not in ("none", "ideal") else []
    whole, cut, n_kills = folder / "whole", folder / "cut", 0
    began = time.monotonic()
    subprocess.run([aimc, *begin, "--epochs", str(epochs), "--out", whole], check=True, capture_output=True)
    seconds = time.monotonic() - began
    command = [aimc, *begin, "--epochs", str(epochs), "--out", cut]
    while time.monotonic() < deadline:
        process = subprocess.Popen([*command, "--threads", str(rng.randint(1, 4))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            code = process.wait(rng.uniform(0.05, 0.7 * seconds + 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            n_kills += 1
            if cut.exists():
                command = [aimc, "train", "--resume", cut, "--epochs", str(epochs), "--checkpoint-every", "5", "--quiet"]
                subprocess.run([aimc, "infer", cut, "--quiet"], check=True, capture_output=True)
            continue
        if code != 0:
            raise SystemExit(f"life: exit code {code} of {command}")
        break
    else:
        return n_kills, False
    if whole.read_bytes() != cut.read_bytes():
        raise SystemExit(f"life: other bytes after {n_kills} kills: {begin}")
    left = [path.name for path in folder.iterdir() if path not in (whole, cut)]
    if left:
        raise SystemExit(f"life: left behind: {left}")
    return n_kills, True


def main():
    aimc = pathlib.Path(sys.argv[1]).resolve()
    hours = float(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    deadline, lives, kills = time.monotonic() + 3600 * hours, 0, 0
    while time.monotonic() < deadline:
        with tempfile.TemporaryDirectory() as folder:
            n, ended = live(aimc, pathlib.Path(folder), rng, deadline)
        lives, kills = lives + ended, kills + n
    print(f"life: {hours} hours, {lives} whole lives, {kills} kills, every file the same bytes as without a stop")


if __name__ == "__main__":
    main()
