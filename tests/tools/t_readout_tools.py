#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aimc spice and aimc converter as a user sees them.

    AIMC=build/tools/aimc python3 tests/tools/t_readout_tools.py
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def csv(self, name, rows):
        path = self.folder / name
        path.write_text("\n".join(",".join(map(repr, row)) for row in rows) + "\n")
        return str(path)

    def good(self, *args):
        result = subprocess.run([AIMC, *args], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def bad(self, code, words, *args):
        result = subprocess.run([AIMC, *args], capture_output=True, text=True, timeout=120)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertIn(words, result.stderr)


class Spice(Case):
    def setUp(self):
        super().setUp()
        rng = random.Random(3)
        self.w = self.csv("W.csv", [[rng.uniform(-1, 1) for _ in range(7)] for _ in range(5)])
        self.x = self.csv("X.csv", [[rng.uniform(-1, 1) for _ in range(7)] for _ in range(2)])
        self.d = self.csv("D.csv", [[rng.uniform(-1, 1) for _ in range(5)]])
        self.out = str(self.folder / "a.cir")
        self.settings = [word for s in ("wires.model=NODAL", "wires.r_in=30", "wires.r_out=60", "g_max=1e-4",
                                        "out_noise=0", "out_res=-1", "noise_management=NONE", "out_bound=0")
                         for word in ("--set", s)]

    def test_json(self):
        told = json.loads(self.good("spice", "--weights", self.w, "--inputs", self.x, "--row", "1", "--out", self.out,
                                    "--json", *self.settings))
        self.assertEqual(told, {"netlist": self.out, "direction": "forward", "n_out": 5, "n_in": 7, "row": 1, "seed": 0})
        self.assertTrue(pathlib.Path(self.out).exists())

    def test_what_ngspice_makes_of_it(self):
        if not shutil.which("ngspice"):
            self.skipTest("ngspice is not installed")
        for direction, x, row in ([], self.x, "1"), (["--backward"], self.d, "0"):
            self.good("spice", "--weights", self.w, "--inputs", x, "--row", row, "--out", self.out, *direction,
                      *self.settings)
            printed = subprocess.run(["ngspice", "-b", self.out], capture_output=True, text=True, timeout=60,
                                     stdin=subprocess.DEVNULL).stdout
            current = {line.split(" = ")[0]: float(line.split(" = ")[1])
                       for line in printed.splitlines() if line.startswith("i(vs")}
            rows = json.loads(self.good("mvm", "--weights", self.w, "--inputs", x, "--json", "--repeats", "1",
                                        *direction, *self.settings))["rows"]
            rows = [r for r in rows if r["input"] == int(row)]
            self.assertEqual(len(current), 2 * len(rows))
            for r in rows:
                i = r["output"]
                spice = (current[f"i(vs0_{i})"] - current[f"i(vs1_{i})"]) / (1e-4 * 0.2)
                self.assertAlmostEqual(r["mean"], spice, delta=2e-6)
                self.assertNotAlmostEqual(r["mean"], r["ideal"], delta=1e-3)

    def test_bad_requests(self):
        base = ["spice", "--weights", self.w, "--inputs", self.x]
        self.bad(2, "--out is needed", *base)
        self.bad(2, "--row 2", *base, "--out", self.out, "--row", "2")
        self.bad(1, "numbers in a row", *base, "--out", self.out, "--backward")
        self.bad(1, "perfect", *base, "--out", self.out, "--set", "is_perfect=true")
        self.bad(1, "nowhere", *base, "--out", "/nowhere/a.cir")
        self.bad(2, "did you mean", *base, "--out", self.out, "--set", "wires.modle=NODAL")
        self.bad(2, "field=value", *base, "--out", self.out, "--deck", "analysis")
        self.bad(2, "did you mean", *base, "--out", self.out, "--deck", "analisis=TRANSIENT")
        self.bad(1, "c_in", *base, "--out", self.out, "--deck", "analysis=TRANSIENT")
        self.assertFalse(os.path.exists(self.out))

    def test_decks(self):
        args = ["spice", "--weights", self.w, "--inputs", self.x, "--out", self.out, *self.settings]
        for dialect, word in (("SPECTRE", "subckt crossbar1 ("), ("LTSPICE", ".meas tran settle_out1_4 when")):
            self.good(*args, "--deck", f"dialect={dialect}", "--deck", "analysis=TRANSIENT", "--deck", "c_in=1e-15",
                      "--deck", "subcircuit=true")
            self.assertIn(word, pathlib.Path(self.out).read_text())


class Converter(Case):
    def measure(self, *args):
        return json.loads(self.good("converter", "--json", *args))

    def test_ideal(self):
        t = self.measure("--bits", "8", "--table")
        self.assertEqual((t["codes"], t["missing_codes"], len(t["rows"])), (255, 0, 255))
        self.assertAlmostEqual(t["enob"], 8, delta=0.03)
        self.assertAlmostEqual(t["sndr"], 6.02 * t["enob"] + 1.76, places=6)
        self.assertRegex(self.good("converter", "--bits", "8"), r"ENOB 8\.0|ENOB 7\.9")
        self.assertLess(t["max_dnl"] + t["max_inl"], 0.02)
        self.assertEqual((t["rows"][0]["code"], t["rows"][0]["level"]), (-127, -1))
        self.assertEqual(self.measure("--bits", "4")["rows"], [])

    def test_circuit(self):
        args = ["--bits", "8", "--set", "nonideal.model=SAR", "--set", "nonideal.mismatch=0.2", "--set", "channels=4"]
        t = self.measure(*args)
        self.assertGreater(t["max_inl"], 0.2)
        self.assertEqual(t, self.measure(*args))
        self.assertNotEqual(t, self.measure(*args, "--seed", "1"))
        self.assertNotEqual(t, self.measure(*args, "--channel", "3"))
        self.assertIn("missing", self.good("converter", *args, "--table"))

    def test_range(self):
        data = self.csv("Y.csv", [[0, 0], [1, -3], [2, 0.5]])
        self.assertEqual(self.measure("--data", data, "--method", "max")["bound"], 3)
        self.assertLessEqual(self.measure("--data", data)["bound"], 3)
        self.bad(2, "least-error", "converter", "--data", data, "--method", "best")
        self.bad(1, "no steps", "converter", "--set", "res=-1")
        self.bad(1, "channel", "converter", "--set", "nonideal.model=SAR", "--channel", "1")


if __name__ == "__main__":
    unittest.main()
