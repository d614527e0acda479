#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write data/digits/ again: the 1,797 8x8 digits of UCI as two gzipped IDX files.

    tools/make_digits.py                  from scikit-learn (Debian package python3-sklearn)
    tools/make_digits.py digits.csv[.gz]  from a file of 64 pixels and a label per line

The CSV may be UCI's optdigits.tes or the digits.csv.gz inside scikit-learn; all three are the same rows.
"""
import gzip
import hashlib
import pathlib
import struct
import sys

N, SIDE, WHITE = 1797, 8, 16
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "digits"


def rows_of_csv(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="ascii") as lines:
        return [[int(float(v)) for v in line.split(",")] for line in lines if line.strip()]


def rows_of_sklearn():
    from sklearn.datasets import load_digits
    images, labels = load_digits(return_X_y=True)
    return [[*map(int, image), int(label)] for image, label in zip(images, labels)]


def check(rows):
    if len(rows) != N:
        sys.exit(f"make_digits: {len(rows)} rows, expected {N}")
    for k, row in enumerate(rows, 1):
        if len(row) != SIDE * SIDE + 1 or not 0 <= min(row) <= max(row[:-1]) <= WHITE or row[-1] > 9:
            sys.exit(f"make_digits: row {k} is not 64 pixels of 0..16 and a label of 0..9")


def idx(dims, values):
    """IDX: two zero bytes, type 8 (unsigned byte), number of dimensions, sizes big-endian, values."""
    return struct.pack(f">BBBB{len(dims)}I", 0, 0, 8, len(dims), *dims) + bytes(values)


def write(name, content):
    packed = gzip.compress(content, 9, mtime=0)
    (FOLDER / name).write_bytes(packed)
    for text, blob in ((name, packed), (name.removesuffix(".gz"), content)):
        print(hashlib.sha256(blob).hexdigest(), text)


def main(args):
    rows = rows_of_csv(args[0]) if args else rows_of_sklearn()
    check(rows)
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("digits-images-idx3-ubyte.gz",
          idx((N, SIDE, SIDE), (pixel for row in rows for pixel in row[:-1])))
    write("digits-labels-idx1-ubyte.gz", idx((N,), (row[-1] for row in rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
