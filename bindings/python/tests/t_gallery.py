# SPDX-License-Identifier: MIT
"""gallery.py draws every picture of docs/gallery.md and every function of aimc.plot; plots of the command become PNG."""
import os
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

    @unittest.skipUnless("AIMC" in os.environ, "AIMC names no command")
    def test_plots_of_the_command_as_png(self):
        from matplotlib import image
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for plot in ("plot.svg", "plot.png"):
                subprocess.run([os.environ["AIMC"], "device", "response", "soft_bounds", "--devices", "5", "--pulses", "50", "--plot", folder / plot],
                               check=True, capture_output=True, env={**os.environ, "AIMC_PYTHON": sys.executable})
            self.assertEqual(sorted(path.name for path in folder.iterdir()), ["plot.png", "plot.svg"])
            subprocess.run([sys.executable, "-m", "aimc.plot", folder / "plot.svg", folder / "again.png"], check=True, capture_output=True)
            self.assertEqual((folder / "again.png").read_bytes(), (folder / "plot.png").read_bytes())
            pixels = image.imread(folder / "plot.png")[:, :, :3]
            self.assertEqual(pixels.shape, (880, 1440, 3))
            for colour in (0x0072B2, 0xD55E00, 0x009E73):  # of the three lines
                shown = [(colour >> shift & 255) / 255 for shift in (16, 8, 0)]
                self.assertGreater((abs(pixels - shown).max(axis=2) < 0.01).sum(), 1000)
            (folder / "other.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' font-size='9'><path/></svg>")
            for source, goal in (("other.svg", "a.png"), ("none.svg", "a.png"), ("plot.svg", "a.gz")):
                told = subprocess.run([sys.executable, "-m", "aimc.plot", folder / source, folder / goal], check=False, capture_output=True, text=True)
                self.assertEqual((told.returncode, told.stderr[:11]), (1, "aimc.plot: "))
                self.assertFalse((folder / goal).exists())


if __name__ == "__main__":
    main()
