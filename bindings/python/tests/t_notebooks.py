# SPDX-License-Identifier: MIT
"""The notebooks of docs/notebooks run, and print what they show: numbers to a twentieth, because last bits differ between machines."""
import pathlib
import sys

from common import SOURCE, main, unittest

try:
    import nbformat
    from nbclient import NotebookClient
    import ipykernel  # noqa: F401  pylint: disable=unused-import
    import matplotlib  # noqa: F401  pylint: disable=unused-import
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

sys.path.insert(0, str(SOURCE / "docs" / "site"))
from follow import matches  # noqa: E402  pylint: disable=wrong-import-position,import-error

FOLDER = SOURCE / "docs" / "notebooks"


def printed(cell):
    return "".join(output.get("text", "") for output in cell.get("outputs", []) if output["output_type"] == "stream").strip().split("\n")


def shown_things(cell):
    """Tables and pictures; what is printed comes in as many pieces as it likes."""
    return [sorted(output["data"]) for output in cell.get("outputs", []) if "data" in output]


class Notebooks(unittest.TestCase):
    def follow(self, name):
        shown = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        run = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        NotebookClient(run, timeout=300).execute()
        for before, after in zip(shown.cells, run.cells):
            if before.cell_type != "code":
                continue
            old, new = printed(before), printed(after)
            self.assertEqual(len(old), len(new), before.source)
            self.assertEqual([line for line, again in zip(old, new) if not matches(line, again)], [], before.source)
            self.assertEqual(shown_things(before), shown_things(after), before.source)

    def test_all_are_here(self):
        self.assertEqual(sorted(path.stem for path in pathlib.Path(FOLDER).glob("*.ipynb")), ["devices", "one_product", "train_and_price"])

    def test_devices(self):
        self.follow("devices")

    def test_one_product(self):
        self.follow("one_product")

    def test_train_and_price(self):
        self.follow("train_and_price")


if __name__ == "__main__":
    main()
