# SPDX-License-Identifier: MIT
"""What the tests share: skip without numpy, data of the repository."""
import gzip
import os
import pathlib
import sys
import unittest

try:
    import numpy as np
except ImportError:
    print("skipped: there is no numpy")
    sys.exit(77)

import aimc

SOURCE = pathlib.Path(os.environ.get("AIMC_SOURCE", pathlib.Path(__file__).resolve().parents[3]))
DATA = SOURCE / "tests" / "data"


def idx(name, header):
    """The bytes of an IDX file of data/digits."""
    with gzip.open(SOURCE / "data" / "digits" / name) as stream:
        return np.frombuffer(stream.read(), np.uint8)[header:]


def digits():
    """(train_x, train_labels), (test_x, test_labels): every fifth of a class, from the third, is held out."""
    x = idx("digits-images-idx3-ubyte.gz", 16).reshape(-1, 64).astype(np.float32) / 16
    labels = idx("digits-labels-idx1-ubyte.gz", 8).astype(np.uint32)
    nth = np.array([(labels[:i] == label).sum() for i, label in enumerate(labels)])
    test = nth % 5 == 2
    return (x[~test], labels[~test]), (x[test], labels[test])


def main():
    """Run the tests of the calling script."""
    unittest.main(verbosity=2)


__all__ = ["DATA", "SOURCE", "aimc", "digits", "main", "np", "unittest"]
