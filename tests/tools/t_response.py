#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aimc device response: shape of its output, agreement with a recorded population, determinism, bad input.

    AIMC=build/tools/aimc python3 tests/tools/t_response.py
"""
import csv
import json
import math
import os
import pathlib
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")
DATA = pathlib.Path(__file__).parent.parent / "data" / "device_pulse_response.csv"
KEYS = ["direction", "n_pulses", "w_mean", "w_std", "w_q05", "w_q50", "w_q95", "persist_mean",
        "persist_std"]


def aimc(*args):
    return subprocess.run([AIMC, "device", "response", *map(str, args)], capture_output=True,
                          text=True, timeout=300, stdin=subprocess.DEVNULL)


class Response(unittest.TestCase):
    def good(self, *args):
        result = aimc(*args)
        self.assertEqual((result.returncode, result.stderr), (0, ""), args)
        return result.stdout

    def json(self, *args):
        return json.loads(self.good(*args, "--json"))

    def bad(self, words, *args):
        result = aimc(*args)
        self.assertEqual((result.returncode, result.stdout), (2, ""), args)
        self.assertTrue(result.stderr.startswith("aimc device response: "), result.stderr)
        self.assertIn(words, result.stderr)

    def test_shape(self):
        report = self.json("soft_bounds", "--devices", 1500, "--pulses", 100, "--at", "10,0,100,10")
        self.assertEqual((report["device"], report["n_devices"]), ("soft_bounds", 1500))
        rows = report["rows"]
        self.assertEqual([(row["direction"], row["n_pulses"]) for row in rows],
                         [(way, n) for way in ("up", "down") for n in (0, 10, 100)])
        for row in rows:
            self.assertEqual(list(row), KEYS)
            self.assertIsNone(row["persist_mean"])
            self.assertLessEqual(row["w_q05"], row["w_q50"])
        self.assertEqual(rows[0]["w_mean"], 0)
        self.assertEqual({**rows[2], "direction": "", "n_pulses": 0},
                         {**rows[3], "direction": "", "n_pulses": 0})
        noisy = self.json("ReRamSBPresetDevice", "--devices", 100, "--pulses", 1)["rows"]
        self.assertEqual((noisy[0]["persist_mean"], noisy[0]["persist_std"]), (0, 0))
        self.assertGreater(noisy[0]["w_std"], 0)
        self.assertEqual(len(self.json("capacitor")["rows"]), 22)

    def test_one_device_has_no_spread(self):
        rows = self.json("ReRamSBPresetDevice", "--devices", 1, "--pulses", 3)["rows"]
        self.assertEqual({(row["w_std"], row["persist_std"]) for row in rows}, {(None, None)})
        self.assertEqual({line.split()[3] for line in self.good("soft_bounds", "--devices", 1, "--pulses", 3).splitlines()[3:]},
                         {"-"})

    def test_recorded_population(self):
        """Four standard errors, and what the recorder's table of normals adds (t_population.c)."""
        with DATA.open(newline="") as file:
            recorded = [row for row in csv.DictReader(file) if row["device"] == "SoftBoundsDevice"]
        at = sorted({int(row["n_pulses"]) for row in recorded})
        report = self.json("SoftBoundsDevice", "--devices", 40000, "--pulses", 1000, "--at",
                           ",".join(map(str, at)), "--seed", 5)
        ours = {(row["direction"], row["n_pulses"]): row for row in report["rows"]}
        self.assertGreater(len(recorded), 4)
        for row in recorded:
            mine = ours[row["direction"], int(row["n_pulses"])]
            mean, std = float(row["w_mean"]), float(row["w_std"])
            room = 4 * std * math.sqrt(2 / 40000) + 0.006 * std + 1e-9
            self.assertAlmostEqual(mine["w_mean"], mean, delta=room)
            self.assertAlmostEqual(mine["w_std"], std, delta=0.01 * std + 4 * std / math.sqrt(8e4))
            self.assertAlmostEqual(mine["w_q50"], float(row["w_q50"]), delta=2 * room)

    def test_traces_are_of_the_same_devices(self):
        args = ["reram_es", "--devices", 50, "--pulses", 20, "--at", "all", "--seed", 3]
        plain, traced = self.json(*args), self.json(*args, "--trace", 50)
        self.assertEqual(plain["rows"], traced["rows"])
        self.assertEqual([len(trace) for trace in traced["traces"]], [42] * 50)
        for k, row in enumerate(plain["rows"]):
            mean = sum(trace[k] for trace in traced["traces"]) / 50
            self.assertAlmostEqual(row["w_mean"], mean, delta=1e-6)

    def test_determinism(self):
        args = ["gokmen_vlasov", "--devices", 3000, "--pulses", 30]
        one = self.good(*args, "--seed", 7, "--threads", 1)
        self.assertEqual(one, self.good(*args, "--seed", 7, "--threads", 3))
        self.assertNotEqual(one, self.good(*args, "--seed", 8))

    def test_fields(self):
        fixed = ["--set", "dw_min_std=0", "--set", "device.dw_min_dtod=0", "--set",
                 "up_down_dtod=0", "--set", "dw_min=0.01"]
        row = self.json("constant_step", "--devices", 9, "--pulses", 3, "--at", 3, *fixed)["rows"][0]
        self.assertAlmostEqual(row["w_mean"], 0.03, delta=1e-6)

    def test_table_and_plot(self):
        with tempfile.TemporaryDirectory() as folder:
            table, plot = pathlib.Path(folder, "steps.csv"), pathlib.Path(folder, "response.svg")
            table.write_text("step_up,step_down\n2,1\n1,1\n0.5,2\n")
            row = self.json("table_step", "--table", table, "--plot", plot, "--devices", 100, "--pulses", 5,
                            "--set", "dw_min=0.01", "--set", "dw_min_std=0", "--set", "dw_min_dtod=0")["rows"]
            self.assertGreater(row[-1]["w_mean"], -0.1)
            drawing = plot.read_text()
            self.assertTrue(drawing.startswith("<svg") and drawing.rstrip().endswith("</svg>"))
            self.assertEqual(drawing.count("<polyline"), 3)
            table.write_text("step_up,step_down\n2,x\n")
            bad = aimc("table_step", "--table", table)
            self.assertEqual(bad.returncode, 1)
            self.assertIn("line 2", bad.stderr)

    def test_cells(self):
        """Cells choose a device for each pulse; two devices at random go half as far as one."""
        one, two = (self.json(name, "--devices", 2000, "--pulses", 200, "--at", 200)["rows"][0]
                    for name in ("idealized", "Idealized2Preset"))
        self.assertAlmostEqual(two["w_mean"], one["w_mean"] / 2, delta=0.01 * one["w_mean"])
        self.assertIsNotNone(self.json("reram_sb_4", "--devices", 10, "--pulses", 3)["rows"][0]["persist_mean"])

    def test_bad_input(self):
        self.bad("did you mean", "soft_bound")
        self.bad("not a device", "sgd")
        self.bad("dw_min", "soft_bounds", "--set", "dw_mim=1")
        self.bad("field=value", "soft_bounds", "--set", "dw_min")
        self.bad("out of range", "soft_bounds", "--set", "dw_min=-1")
        for at in ("1,,2", "x", "-1", "1.5", "11", ""):
            self.bad("--at", "soft_bounds", "--pulses", 10, "--at", at)
        self.bad("--trace", "soft_bounds", "--devices", 3, "--trace", 4)
        self.bad("--devices", "soft_bounds", "--devices", 0)
        ideal = aimc("ideal")
        self.assertEqual(ideal.returncode, 1)
        self.assertIn("takes no pulses", ideal.stderr)


class Fit(unittest.TestCase):
    def fit(self, text, *args):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(text)
            file.flush()
            return subprocess.run([AIMC, "device", "fit", file.name, *args], capture_output=True,
                                  text=True, timeout=300)

    def test_sweep(self):
        sweep = [(1 - 1.5 * 0.98**k, -0.5 + 1.4 * 0.97**k) for k in range(1, 300)]
        text = "# uS\n" + "".join(f"{10 + 5 * up}, {10 + 5 * down}\n" for up, down in sweep)
        with tempfile.TemporaryDirectory() as folder:
            plot = pathlib.Path(folder, "fit.svg")
            result = self.fit(text, "--offset", "10", "--scale", "5", "--model", "soft_bounds", "--json", "--plot", str(plot))
            drawing = plot.read_text() if plot.exists() else ""
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(drawing.count("<polyline"), 1)
        self.assertIn("fitted soft_bounds", drawing)
        report = json.loads(result.stdout)
        found = {p["name"]: p["value"] for p in report["parameters"]}
        self.assertAlmostEqual(found["w_max"], 1, delta=0.01)
        self.assertAlmostEqual(found["w_min"], -0.5, delta=0.01)
        self.assertAlmostEqual(found["dw_min"], 0.02, delta=0.0004)
        self.assertEqual(report["config"]["kind"], "soft_bounds")
        self.assertEqual(report["config"]["dw_min"], found["dw_min"])

    def test_out(self):
        sweep = [(1 - 1.5 * 0.98**k, -0.5 + 1.4 * 0.97**k) for k in range(1, 200)]
        text = "".join(f"{up}, {down}\n" for up, down in sweep)
        with tempfile.TemporaryDirectory() as folder:
            out = str(pathlib.Path(folder, "mydevice.json"))
            result = self.fit(text, "--out", out)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("soft_bounds: ", result.stdout)
            self.assertIn("not measured, and off in the device: dw_min_dtod", result.stdout)
            self.assertEqual(json.loads(pathlib.Path(out).read_text())["dw_min_dtod"], 0)
            for command in (("device", "show", out), ("device", "response", out, "--devices", "5", "--pulses", "3"),
                            ("train", "--device", out, "--epochs", "1", "--limit", "100", "--quiet"),
                            ("device", "advise", out, "--epochs", "0"), ("device", "compare", out, "reram_sb")):
                done = subprocess.run([AIMC, *command], capture_output=True, text=True, timeout=300)
                self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            pathlib.Path(out).write_text('{"kind": "soft_bounds", "dw_mni": 1}')
            done = subprocess.run([AIMC, "device", "show", out], capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 1)
            self.assertIn("did you mean 'dw_min'", done.stderr)
        self.assertIn("ends in .json", self.fit(text, "--out", "x").stderr)

    def test_bad_files(self):
        for text, words in (("", "no numbers"), ("1,2\n1,x\n", "line 2, column 2: 'x'"),
                            ("1,2\n1,nan\n", "line 2, column 2"), ("1,2,3\n", "3 columns"),
                            ("1.5,2\n1\n", "line 2 has 1 columns")):
            result = self.fit(text)
            self.assertEqual((result.returncode, result.stdout), (1, ""), text)
            self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()
