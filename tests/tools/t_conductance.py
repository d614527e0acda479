#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aimc conductance as a user sees it.

    AIMC=build/tools/aimc python3 tests/tools/t_conductance.py
"""
import json
import math
import os
import pathlib
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")


def run(*args):
    return subprocess.run([AIMC, "conductance", *args], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL)


class Conductance(unittest.TestCase):
    def rows(self, *args):
        result = run(*args, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["rows"]

    def bad(self, words, *args):
        result = run(*args)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        self.assertIn(words, result.stderr)

    def test_rows(self):
        rows = self.rows("PCMLike", "--targets-us", "5,25", "--times", "0,3600", "--devices", "20000", "--seed", "3")
        self.assertEqual([(r["g_target_us"], r["t_s"], r["n"]) for r in rows],
                         [(g, t, 20000) for g in (5, 25) for t in ("programmed", 0, 3600)])
        self.assertLess(abs(rows[0]["std"] / 0.60956 - 1), 5 / math.sqrt(40000))
        self.assertLess(abs(rows[5]["mean"] / (25 * 0.77513) - 1), 0.005)
        self.assertTrue(rows[0]["q05"] < rows[0]["q50"] < rows[0]["q95"])
        self.assertEqual(rows, self.rows("pcm_like", "--targets-us", "5,25", "--times", "0,3600", "--devices", "20000",
                                         "--seed", "3"))
        self.assertNotEqual(rows, self.rows("pcm_like", "--targets-us", "5,25", "--times", "0,3600", "--devices",
                                            "20000"))

    def test_one_device_has_no_spread(self):
        for row in self.rows("pcm_like", "--targets-us", "5", "--times", "0,60", "--devices", "1"):
            self.assertIsNone(row["std"])
        text = run("pcm_like", "--targets-us", "5", "--times", "60", "--devices", "1").stdout
        self.assertEqual(text.splitlines()[-1].split()[3], "-")

    def test_fits_outside_their_range(self):
        answer = json.loads(run("pcm_like", "--targets-us", "5", "--times", "60,1e6", "--devices", "10", "--set", "g_max=30",
                                "--json").stdout)
        self.assertEqual([(e["variable"], e["value"], e["last"]) for e in answer["extrapolated"]],
                         [("g_max", 30, 25), ("t_s", 1e6, 86400)])
        text = run("pcm_like", "--targets-us", "5", "--times", "1e6", "--devices", "10").stdout
        self.assertIn("outside its range: drift and read noise at t_s = 1000000 s; fitted from 0 to 86400", text)
        self.assertNotIn("outside", run("pcm_like", "--targets-us", "5", "--times", "60", "--devices", "10").stdout)

    def test_settings(self):
        rows = self.rows("PCMLike", "--set", "prog_noise_scale=0", "--set", "read_noise_scale=0", "--set", "g_max=30",
                         "--targets-us", "30", "--times", "0")
        self.assertEqual([(r["mean"], r["std"]) for r in rows], [(30, 0), (30, 0)])

    def test_list_as_json(self):
        models = json.loads(run("list", "--json").stdout)["models"]
        self.assertEqual([m["name"] for m in models], [line.split()[0] for line in run("list").stdout.splitlines()])
        self.assertEqual(next(m for m in models if m["name"] == "pcm_like")["preset"], False)
        self.bad("--json", "list", "--set", "g_max=3")

    def test_every_model_runs(self):
        names = [line.split()[0] for line in run("list").stdout.splitlines()]
        self.assertGreater(len(names), 15)
        for name in names + ["ReRamWan2022", "ReRamCMO", "StateIndependent", "PCMJoshi", "RRAMMilo", "SONOS"]:
            if name != "noise_table":
                self.assertGreater(len(self.rows(name, "--devices", "100")), 11)

    def test_table(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.csv"
            path.write_text("g,t,bias,sigma\n0,1,0,1\n10,1,1,1\n")
            rows = self.rows("noise_table", "--table", str(path), "--targets-us", "10", "--devices", "10000")
            self.assertLess(abs(rows[0]["mean"] - 11), 0.05)

    def test_bad_input(self):
        self.bad("did you mean 'pcm_like'", "pcm_lik")
        self.bad("not negative", "pcm_like", "--targets-us", "1,-1")
        self.bad("above g_max", "pcm_like", "--targets-us", "26")
        self.bad("before the end of programming", "pcm_like", "--times", "0,-5")
        self.bad("extrapolate", "reram_wan2022", "--times", "1e6")
        self.bad("not a number", "pcm_like", "--times", "0,one")
        self.bad("did you mean 'g_max'", "pcm_like", "--set", "gmax=3")
        result = run("pcm_like", "--set", "g_min=30")
        self.assertEqual(result.returncode, 1)
        self.assertIn("g_min = 30 uS is not below", result.stderr)


class Programmed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = str(pathlib.Path(cls.folder.name) / "m.safetensors")
        subprocess.run([AIMC, "train", "--data", "digits", "--device", "none", "--layers", "32", "--epochs", "10", "--out",
                        cls.model, "--quiet"], check=True, capture_output=True, timeout=120)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def infer(self, *args):
        return subprocess.run([AIMC, "infer", self.model, *args], capture_output=True, text=True, timeout=120)

    def test_accuracy_over_time(self):
        result = self.infer("--program", "PCMLike", "--drift", "0,3600", "--repeat", "4", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        answer = json.loads(result.stdout)
        self.assertGreater(answer["accuracy_before"], 0.9)
        self.assertEqual([row["t_s"] for row in answer["rows"]], [0, 3600])
        for row in answer["rows"]:
            self.assertGreater(row["compensated_accuracy"], 0.85)
            self.assertGreater(row["std_error"], 0)
        self.assertLess(abs(answer["rows"][1]["gain"] - 1.29), 0.05)
        self.assertEqual(answer["inference"]["noise_model"]["kind"], "pcm_like")
        again = json.loads(self.infer("--program", "PCMLike", "--drift", "0,3600", "--repeat", "4", "--json",
                                      "--threads", "1").stdout)
        self.assertEqual(again["rows"], answer["rows"])

    def test_times_beyond_the_measured_ones(self):
        args = ("--program", "pcm_like", "--repeat", "1", "--drift", "60,1e5,1e7")
        told = json.loads(self.infer(*args, "--json").stdout)["extrapolated"]
        self.assertEqual([(e["variable"], e["value"], e["first"], e["last"]) for e in told],
                         [("t_s", 1e5, 0, 86400), ("t_s", 1e7, 0, 86400)])
        self.assertEqual(self.infer(*args).stdout.count("outside its range"), 2)

    def test_every_compensation(self):
        for kind in ("PER_OUTPUT", "REFIT", "BATCH_NORM", "NONE"):
            result = self.infer("--program", "pcm_like", "--drift", "60", "--repeat", "2", "--compensation", kind)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_bad_input(self):
        for words, args in (("before the end of programming", ("--program", "pcm_like", "--drift", "-1")),
                            ("need --program", ("--drift", "0")),
                            ("did you mean 'pcm_like'", ("--program", "pcm_lik")),
                            ("compensation", ("--program", "pcm_like", "--compensation", "SOME"))):
            result = self.infer(*args)
            self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
            self.assertIn(words, result.stderr)
        result = self.infer("--program", "reram_wan2022", "--drift", "0,1e9", "--repeat", "1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("extrapolate", result.stderr)


if __name__ == "__main__":
    unittest.main()
