# SPDX-License-Identifier: MIT
"""What the studies share: data, results that survive a stop, tables."""
import concurrent.futures
import csv
import gzip
import os
import pathlib
import threading

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TABLES = SOURCE / "docs" / "studies"


def _idx(path, header):
    with gzip.open(path) as stream:
        return np.frombuffer(stream.read(), np.uint8)[header:]


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
        x = _idx(folder / f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 784)[:n]
        parts.append((x.astype(np.float32) / 255, _idx(folder / f"{name}-labels-idx1-ubyte.gz", 8)[:n].astype(np.uint32)))
    return parts


class Results:
    """Rows of a CSV file. A row is known by its key columns; what the file holds is not run again."""

    def __init__(self, path, fields, keys):
        self.path, self.fields, self.keys = pathlib.Path(path), fields, keys
        self.rows = []
        self._lock = threading.Lock()
        if self.path.exists():
            with open(self.path, newline="", encoding="utf-8") as stream:
                self.rows = list(csv.DictReader(stream))

    def key(self, row):
        """What tells this row from others."""
        return tuple(str(row[name]) for name in self.keys)

    def add(self, row):
        """Append a row to the file at once."""
        with self._lock:
            new = not self.path.exists()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, self.fields, lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)
            self.rows.append({name: str(row[name]) for name in self.fields})
            print(" ".join(str(row[name]) for name in self.fields), flush=True)

    def run(self, jobs, work, workers):
        """work(job) gives a row for each job (a dict of the key columns) that the file does not hold."""
        known = {self.key(row) for row in self.rows}
        todo = [job for job in jobs if self.key(job) not in known]
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda job: self.add({**job, **work(job)}), todo))

    def where(self, **wanted):
        """Rows whose columns have these values."""
        return [row for row in self.rows if all(row[name] == str(value) for name, value in wanted.items())]


def write_table(name, fields, rows):
    """A whole table at once, where nothing is random and everything takes seconds."""
    TABLES.mkdir(parents=True, exist_ok=True)
    with open(TABLES / name, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(fields)
        writer.writerows(rows)


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
