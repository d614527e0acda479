# SPDX-License-Identifier: MIT
"""What docs/tutorials/*.md tell their reader to type gives what they show (docs/site/follow.py types it). Blocks of Python run in one
scope, and those of C are lines of the program that `aimc quickstart` writes."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from common import SOURCE, main, unittest

sys.path.insert(0, str(SOURCE / "docs" / "site"))
from follow import Reader, blocks  # noqa: E402  pylint: disable=wrong-import-position,import-error

PAGES = SOURCE / "docs" / "tutorials"


class Tutorials(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def follow(self, name):
        build = pathlib.Path(os.environ["AIMC"]).resolve().parents[1]
        self.assertEqual(Reader(build, self.folder).follow(PAGES / f"{name}.md"), [])
        return (PAGES / f"{name}.md").read_text(encoding="utf-8")

    def test_device(self):
        self.follow("device")

    def test_circuit(self):
        self.follow("circuit")

    def test_program(self):
        page = self.follow("program")
        program = (self.folder / "rings" / "main.c").read_text(encoding="utf-8")
        lines = [line for _, language, text in blocks(page) if language == "c" for line in text.strip("\n").split("\n")]
        self.assertGreater(len(lines), 15)
        self.assertEqual([line for line in lines if line not in program], [])

    def test_torch(self):
        try:
            import torch  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
        except ImportError:
            self.skipTest("there is no torch")
        page = (PAGES / "torch.md").read_text(encoding="utf-8")
        code = "\n".join(text for _, language, text in blocks(page) if language == "python")
        told = subprocess.run([sys.executable, "-c", code], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertGreater(float(re.search(r"plain: .*'a year': ([\d.]+)", told.stdout).group(1)), 0.9)


if __name__ == "__main__":
    main()
