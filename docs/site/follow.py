# SPDX-License-Identifier: MIT
"""Does what a tutorial tells its reader to type, in an empty folder, and compares what is printed with what the page shows.

Blocks of `console` are lines behind "$ " with what they print; a line "..." stands for any lines. Numbers may differ by a twentieth, because
the last bits of libm differ between machines. A comment `<!-- file: NAME -->` before a block saves it under that name."""
import os
import pathlib
import re
import shutil
import subprocess

SEPARATORS = r"[][()\s,%:]+"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$")
MAY_LACK = {"ngspice", "meson", "cc"}


def same(shown, told):
    """Two words that are equal, or two numbers that nearly are."""
    if shown == told:
        return True
    if not (NUMBER.match(shown) and NUMBER.match(told)):
        return False
    a, b = float(shown), float(told)
    return abs(a - b) <= 0.05 * max(abs(a), abs(b))


def matches(shown, told):
    a, b = re.split(SEPARATORS, shown.strip()), re.split(SEPARATORS, told.strip())
    return len(a) == len(b) and all(map(same, a, b))


def unseen(shown, told):
    """The first line that should be there and is not, in order; None: all are."""
    place = 0
    for line in shown:
        if line.strip() == "...":
            continue
        while place < len(told) and not matches(line, told[place]):
            place += 1
        if place == len(told):
            return line
        place += 1
    return None


def blocks(page):
    """(name of the file or None, language, text) in order."""
    found = re.findall(r"(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)```", page, re.S)
    return [(name or None, language, text) for name, language, text in found]


class Reader:
    """Someone who has the command of a build folder in PATH, and an empty folder."""

    def __init__(self, build, folder):
        self.folder = pathlib.Path(folder)
        pkg_config = f"{build / 'meson-uninstalled'}:{os.environ.get('PKG_CONFIG_PATH', '')}"
        self.env = {**os.environ, "PATH": f"{build / 'tools'}:{os.environ['PATH']}", "PKG_CONFIG_PATH": pkg_config,
                    "LD_LIBRARY_PATH": str(build / "lib")}

    def type(self, line, shown):
        """What is wrong with what a line does, or None."""
        program = re.split(r"[ ;]", re.sub(r"^cd \S+ && ", "", line))[0]
        if program in MAY_LACK and not shutil.which(program):
            print(f"not typed, there is no {program} here: {line}")
            return None
        told = subprocess.run(["bash", "-c", line], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        if told.returncode != 0:
            return f"$ {line}\nended with {told.returncode}:\n{told.stdout}{told.stderr}"
        missing = unseen(shown, told.stdout.split("\n"))
        return None if missing is None else f"$ {line}\nthe page shows\n{missing}\nbut it printed\n{told.stdout}"

    def follow(self, path):
        """Everything that a page says: a list of what is wrong."""
        page, faults = path.read_text(encoding="utf-8"), []
        for table in path.parent.glob("*.csv"):
            shutil.copy(table, self.folder)
        for saved, language, text in blocks(page):
            if saved:
                (self.folder / saved).write_text(text, encoding="utf-8")
            elif language == "console":
                for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
                    line, *shown = part.rstrip("\n").split("\n")
                    faults.append(self.type(line, shown))
        for name in self.pictures(page):
            made = self.folder / name
            if not made.exists() or "</svg>" not in made.read_text(encoding="utf-8"):
                faults.append(f"{name} is not there, or no picture")
        return [fault for fault in faults if fault]

    @staticmethod
    def pictures(page):
        """Pictures that the reader has made."""
        return re.findall(r"!\[[^\]]*\]\((\w+\.svg)\)", page)
