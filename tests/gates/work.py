#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions and bytes that public calls take, against their bounds: work.py WORK [CALL...]      ./dev check work

WORK is the program of work.c, which has the bounds. Instructions are counted by callgrind, bytes by the context's allocator:
neither knows a clock. Each call is made at two sizes."""
import re
import subprocess
import sys
import tempfile


def count(work, name, size):
    """Units, instructions and bytes of one call."""
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=aimct_measured", f"--callgrind-out-file={folder}/out",
                                 work, name, str(size)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"work: {name} {size}: {result.stderr[-2000:]}")
    units, held = result.stdout.split()
    return float(units), int(re.search(r"Collected : (\d+)", result.stderr)[1]), int(held)


def main():
    work, wanted = sys.argv[1], sys.argv[2:]
    listed = [line.split("|") for line in subprocess.run([work], capture_output=True, text=True, check=True).stdout.splitlines()]
    if set(wanted) - {row[0] for row in listed}:
        raise SystemExit("work: calls are " + " ".join(row[0] for row in listed))
    failed = []
    print("| call | per | instructions (bound) | bytes (bound) |\n|---|---|---|---|")
    for name, unit, *numbers in listed:
        if wanted and name not in wanted:
            continue
        most, most_bytes, fixed, fixed_bytes = map(float, numbers[:4])
        for size in numbers[4:]:
            units, instructions, held = count(work, name, size)
            bad = instructions > most * units + fixed or held > most_bytes * units + fixed_bytes
            failed += [f"{name} {size}"] if bad else []
            print(f"| {name} {size} | {unit} | {instructions / units:.3g} ({most:g}) | {held / units:.3g} ({most_bytes:g}) |{' FAILED' if bad else ''}",
                  flush=True)
            if bad:
                break  # the other size would take longer still
    if failed:
        raise SystemExit("work: more than the bound: " + ", ".join(failed))


if __name__ == "__main__":
    main()
