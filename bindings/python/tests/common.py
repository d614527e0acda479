# SPDX-License-Identifier: MIT
"""What the tests share: skip without numpy, data of the repository."""
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
from aimc.datasets import digits

SOURCE = pathlib.Path(os.environ.get("AIMC_SOURCE", pathlib.Path(__file__).resolve().parents[3]))
DATA = SOURCE / "tests" / "data"


def main():
    """Run the tests of the calling script."""
    unittest.main(verbosity=2)


__all__ = ["DATA", "SOURCE", "aimc", "digits", "main", "np", "unittest"]
