# SPDX-License-Identifier: MIT
"""gallery.py draws every picture of docs/gallery.md and every function of aimc.plot."""
import pathlib
import re
import subprocess
import sys
import tempfile

from common import SOURCE, main, unittest

try:
    import matplotlib  # pylint: disable=unused-import
except ImportError:
    print("skipped: there is no matplotlib")
    sys.exit(77)

PACKAGE = SOURCE / "bindings" / "python"


class Gallery(unittest.TestCase):
    def test_pictures(self):
        shown = re.findall(r"gallery/(\w+)\.png", (SOURCE / "docs/gallery.md").read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, PACKAGE / "gallery.py", folder], check=True, capture_output=True)
            made = {path.stem: path.read_bytes() for path in pathlib.Path(folder).glob("*.png")}
        self.assertEqual(sorted(made), sorted(shown))
        for name, picture in made.items():
            self.assertTrue(picture.startswith(b"\x89PNG") and len(picture) > 8000, name)

    def test_every_function_is_drawn(self):
        functions = re.findall(r"^def ([a-z]\w+)\(", (PACKAGE / "aimc/plot.py").read_text(encoding="utf-8"), re.M)
        drawn = (PACKAGE / "gallery.py").read_text(encoding="utf-8")
        self.assertEqual([name for name in functions if f"plot.{name}(" not in drawn], [])


if __name__ == "__main__":
    main()
