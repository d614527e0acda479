#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the SystemC example, and compare codes and energy with those of C: run.py REFERENCE SIMULATION"""
import pathlib
import re
import subprocess
import sys
import tempfile


def run(command, folder):
    result = subprocess.run([command], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def main(reference, simulation):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(pathlib.Path(reference).resolve(), folder)
        out = run(pathlib.Path(simulation).resolve(), folder)
        print(out)
        mine, theirs = ((folder / f"codes_{who}.txt").read_text().split() for who in ("systemc", "c"))
        energy_j, seconds = map(float, (folder / "cost_c.txt").read_text().split())
    told = re.search(r"status 1, (\d+) reads, energy (\d+) fJ, latency (\d+) ps, outputs after (\d+) ps", out)
    reads, energy, latency, after = map(int, told.groups()) if told else (0, 0, 0, 0)
    checks = {
        "40 x 64 codes, bit for bit those of C": len(theirs) == 2560 and mine == theirs,
        "codes vary": len(set(mine)) > 20,
        "energy of all reads, to 1 fJ": reads == 40 and abs(energy - energy_j * 1e15) <= 1,
        "latency, to 1 ps": abs(latency - seconds / 40 * 1e12) <= 1,
        "outputs come when the read is over": latency <= after <= latency + 64000,
        "bad transfers are refused": "refused: address write unaligned burst" in out,
    }
    for what, good in checks.items():
        print("ok  " if good else "FAIL", what)
    return 0 if all(checks.values()) else 1


sys.exit(main(*sys.argv[1:]))
