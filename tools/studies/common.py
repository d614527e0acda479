# SPDX-License-Identifier: MIT
"""What the studies share: data, rows with what made them, tables."""
import csv
import functools
import os
import pathlib
import subprocess
import sys

import numpy as np

from aimc import sweep
from aimc._abi import AIMC_RNG_STREAM_VERSION
from aimc.datasets import read_idx

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TABLES = SOURCE / "docs" / "studies"


def mnist(n_train=60000):
    """(train_x, train_labels), (test_x, test_labels); pixels are 0 ... 1."""
    for root in (os.environ.get("AIMC_DATA"), SOURCE.parent / "shared" / "data"):
        folder = pathlib.Path(root or "/nowhere") / "mnist"
        if folder.is_dir():
            break
    else:
        raise SystemExit("no MNIST: set AIMC_DATA to a folder with mnist/train-images-idx3-ubyte.gz and its like")
    parts = []
    for name, n in (("train", n_train), ("t10k", 10000)):
        x = read_idx(folder / f"{name}-images-idx3-ubyte.gz").reshape(-1, 784)[:n]
        parts.append((x.astype(np.float32) / 255, read_idx(folder / f"{name}-labels-idx1-ubyte.gz")[:n].astype(np.uint32)))
    return parts


@functools.lru_cache(None)
def git(*words):
    """What git says of the tree; nothing where there is no git."""
    done = subprocess.run(["git", "-C", str(SOURCE), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def code_of(script):
    """Paths whose change makes rows of this study old."""
    return ["lib", "include", "bindings/python/aimc", "tools/studies/common.py", f"tools/studies/{script}.py"]


@functools.lru_cache(None)
def stamp():
    """What made a row: version of the random streams, and commit of the tree; "+" behind it: and changes of the code since."""
    changed = git("status", "--porcelain", "--untracked-files=all", "--", *code_of(pathlib.Path(sys.argv[0]).stem))
    return {"streams": AIMC_RNG_STREAM_VERSION, "commit": (git("rev-parse", "--short=9", "HEAD") or "unknown") + ("+" if changed else "")}


def rows_of(path, fields, keys=None):
    """Rows of a table of a study, with what made each."""
    return sweep.Results(path, fields, keys, stamp=stamp())


def write_table(name, fields, rows):
    """A whole table at once, where nothing is random and everything takes seconds."""
    TABLES.mkdir(parents=True, exist_ok=True)
    with open(TABLES / name, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*fields, *stamp()])
        writer.writerows([*row, *stamp().values()] for row in rows)


def markdown(fields, rows):
    """Print a table for the documentation."""
    print("\n| " + " | ".join(str(field) for field in fields) + " |")
    print("|---" * len(fields) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def numbers(rows, column):
    """A column as floats."""
    return [float(row[column]) for row in rows]


def spread(values, digits=1, scale=1.0):
    """'mean ± standard deviation'."""
    values = np.asarray(values, float) * scale
    text = f"{values.mean():.{digits}f}"
    return f"{text} ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else text
