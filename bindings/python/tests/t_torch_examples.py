# SPDX-License-Identifier: MIT
"""Every program of examples/torch runs on small data, is shorter than 80 lines, and learns."""
import os
import re
import subprocess
import sys

from common import SOURCE, main, unittest

try:
    import torch  # noqa: F401  pylint: disable=unused-import
except ImportError:
    print("skipped: there is no torch for this Python")
    sys.exit(77)

# what the last line says, and what it must be at least (accuracy) or at most (loss)
BOUNDS = {"01_one_layer": ("loss", 0.005), "02_several_layers": ("loss", 0.02), "03_fully_connected": ("accuracy", 0.85),
          "04_lenet5": ("accuracy", 0.85), "05_hardware_aware": ("loss", 0.02), "06_resnet": ("accuracy", 0.2),
          "07_lstm": ("loss", 2.0), "08_transfer": ("accuracy", 0.6)}
FOLDER = SOURCE / "examples" / "torch"


class Examples(unittest.TestCase):
    def test_all_are_here_and_short(self):
        found = {path.stem for path in FOLDER.glob("[0-9]*.py")}
        self.assertLessEqual(set(BOUNDS), found)
        for path in [*FOLDER.glob("[0-9]*.py"), FOLDER / "images.py"]:
            self.assertLess(len(path.read_text(encoding="utf-8").splitlines()), 80, path.name)


def runs(name):
    def test(self):
        done = subprocess.run([sys.executable, FOLDER / f"{name}.py", "--quick"], check=False, capture_output=True, text=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)
        word, bound = BOUNDS[name]
        value = float(re.match(rf"{word} ([\d.]+)", done.stdout.splitlines()[-1])[1])
        (self.assertGreaterEqual if word == "accuracy" else self.assertLessEqual)(value, bound, done.stdout)
    return test


for one in BOUNDS:
    setattr(Examples, f"test_{one}", runs(one))

if __name__ == "__main__":
    main()
