# SPDX-License-Identifier: MIT
"""The command in a shell: manual page, completions, failures as JSON, the project that quickstart writes, plots.

    AIMC=build/tools/aimc python3 tests/tools/t_shell.py
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

AIMC = os.environ.get("AIMC", "build/tools/aimc")
SHELLS = {"bash": "bash", "zsh": "zsh", "fish": "fish"}


def aimc(*args, check=True):
    return subprocess.run([AIMC, *map(str, args)], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=check)


def commands():
    """Every command, with those of "device"."""
    names = re.findall(r"^  ([a-z]+) +\S", aimc("--help").stdout.split("\n\n")[2], re.M)
    of_device = re.findall(r"^  ([a-z]+) +\S", aimc("device", "--help").stdout.split("\n\n")[1], re.M)
    return [name for name in names if name != "device"] + [f"device {name}" for name in of_device]


def options(command):
    return re.findall(r"^  --([\w-]+)", aimc(*command.split(), "--help").stdout, re.M)


class Shell(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_manual(self):
        page = aimc("manual").stdout.replace("\\-", "-")
        self.assertGreater(len(commands()), 15)
        for command in commands():
            self.assertIn(f".SS aimc {command} ", page)
            for option in options(command):
                if option != "help":
                    self.assertIn(f"\n\\fB--{option}\\fR", page, command)
        if shutil.which("mandoc"):
            told = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=aimc("manual").stdout, capture_output=True, text=True, check=False)
            self.assertEqual(told.stdout, "")

    def test_completions_hold_every_option(self):
        for shell, program in SHELLS.items():
            text = aimc("completion", shell).stdout
            for command in commands():
                for option in options(command):
                    self.assertRegex(text, f"(--|-l ){option}\\b", (shell, command))
            if shutil.which(program):
                (self.folder / shell).write_text(text, encoding="utf-8")
                subprocess.run([program, "-n", self.folder / shell], check=True)

    def test_bash_completes(self):
        script = f"""{aimc("completion", "bash").stdout}
            COMP_WORDS=(aimc device fit --pa) COMP_CWORD=3; _aimc; echo "${{COMPREPLY[*]}}"
            COMP_WORDS=(aimc tr) COMP_CWORD=1; _aimc; echo "${{COMPREPLY[*]}}"
            COMP_WORDS=(aimc device co) COMP_CWORD=2; _aimc; echo "${{COMPREPLY[*]}}" """
        told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split("\n")
        self.assertEqual(told[:3], ["--pairs", "train", "compare"])

    def test_failures_are_json_where_results_are(self):
        for code, args in ((2, ["train", "--json", "--epochs", "x"]), (1, ["infer", self.folder / "none", "--json"]), (2, ["trian", "--json"])):
            result = aimc(*args, check=False)
            told = json.loads(result.stderr)
            self.assertEqual((result.returncode, told["exit"], result.stdout), (code, code, ""))
            self.assertTrue(told["error"] and told["command"].startswith("aimc"), told)

    def test_quickstart_never_overwrites(self):
        for language, files in (("c", ["CMakeLists.txt", "main.c", "meson.build"]), ("python", ["main.py"])):
            place = self.folder / language
            aimc("quickstart", place, "--language", language)
            self.assertEqual(sorted(path.name for path in place.iterdir()), files)
            self.assertEqual(aimc("quickstart", place, check=False).returncode, 1)
        self.assertEqual(aimc("quickstart", self.folder / "x", "--language", "rust", check=False).returncode, 2)
        self.assertFalse((self.folder / "x").exists())

    def test_plots(self):
        aimc("train", "--data", "digits", "--limit", 100, "--layers", 8, "--epochs", 3, "--quiet", "--compare", "--plot", self.folder / "a.svg")
        aimc("converter", "--bits", 6, "--plot", self.folder / "b.svg")
        aimc("conductance", "pcm_like", "--devices", 20, "--plot", self.folder / "c.svg")
        for name, ticks in (("a", {"1", "2", "3"}), ("b", {"-40", "0", "40"}), ("c", {"0", "10", "20", "programmed", "3600 s"})):
            tree = xml.etree.ElementTree.parse(self.folder / f"{name}.svg")
            texts = {node.text for node in tree.iter() if node.tag.endswith("text")}
            self.assertTrue(ticks <= texts, texts)
        self.assertEqual(aimc("conductance", "pcm_like", "--times", "1,2,3,4,5,6,7,8,9", "--plot", self.folder / "d.svg", check=False).returncode, 2)
        for args in (["train"], ["converter"], ["conductance", "pcm_like"]):
            self.assertEqual(aimc(*args, "--plot", self.folder / "d.png", check=False).returncode, 2)
        self.assertEqual(aimc("converter", "--data", "x", "--plot", "y.svg", check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
