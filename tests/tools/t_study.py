#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aimc study, and hardware-aware training by aimc train, as a user sees them.

    AIMC=build/tools/aimc python3 tests/tools/t_study.py
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")
SMALL = ("--layers", "32", "--epochs", "10", "--retrain", "4", "--repeat", "3", "--quiet", "--json")


def run(*args):
    return subprocess.run([AIMC, *args], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


class Study(unittest.TestCase):
    def rows(self, *args):
        result = run("study", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return {(row["name"], row["t_s"]): row["accuracy"] for row in json.loads(result.stdout)["rows"]}

    def test_retraining_recovers(self):
        rows = self.rows("recover", *SMALL, "--spread", "0.12")
        single, both = rows["single devices", 0], rows["retrained, differential pairs", 0]
        self.assertGreater(rows["digital", None], 0.9)
        self.assertLess(single, rows["digital", None] - 0.02)
        self.assertGreater(rows["differential pairs", 0], single)
        self.assertGreater(rows["retrained, single devices", 0], single)
        self.assertGreater(both, single + 0.02)

    def test_analognas(self):
        rows = self.rows("analognas", *SMALL)
        self.assertGreater(rows["post-training quantisation, 8 bit", None], 0.85)
        self.assertEqual(sum(name == "hardware-aware, compensated" for name, _ in rows), 5)
        self.assertGreater(rows["hardware-aware, compensated", 86400], 0.85)
        result = run("study", "ablation", "--layers", "8", "--epochs", "1", "--repeat", "1", "--quiet", "--json")
        self.assertEqual(json.loads(result.stdout)["extrapolated"], [])  # drift is read after one day

    def test_ablation_of_a_model(self):
        with tempfile.TemporaryDirectory() as folder:
            model = str(pathlib.Path(folder) / "m.safetensors")
            self.assertEqual(run("train", "--data", "digits", "--device", "none", "--layers", "16", "--epochs", "5", "--out",
                                 model, "--quiet").returncode, 0)
            rows = self.rows("ablation", "--model", model, "--repeat", "2", "--quiet", "--json")
            self.assertEqual(len(rows), 19)
            self.assertLess(abs(rows["DAC of 8 bits", None] - rows["digital", None]), 0.03)
            worse, better = (rows[name, None] for name in ("digital memory, bit errors 1e-3", "the same with three copies"))
            self.assertLessEqual(worse, better + 0.01)

    def test_spreads_that_were_not_measured_are_not_told(self):
        with tempfile.TemporaryDirectory() as folder:
            model = str(pathlib.Path(folder) / "m.safetensors")
            self.assertEqual(run("train", "--data", "digits", "--device", "none", "--layers", "8", "--epochs", "2", "--out",
                                 model, "--quiet").returncode, 0)
            for repeat, measured in (("1", False), ("3", True)):
                result = run("study", "recover", "--model", model, "--repeat", repeat, "--retrain", "0", "--json")
                self.assertEqual(result.returncode, 0, result.stderr)
                errors = {row["name"]: row["std_error"] for row in json.loads(result.stdout)["rows"]}
                for name, error in errors.items():
                    once = not measured or name in ("digital", "on tiles, exact weights")
                    self.assertEqual(error is None, once, name)
                self.assertEqual(result.stderr.count("+-"), 0 if not measured else len(errors) - 2)
                result = run("infer", model, "--program", "pcm_like", "--drift", "60", "--repeat", repeat, "--json")
                row = json.loads(result.stdout)["rows"][0]
                self.assertEqual(row["std_error"] is not None, measured)
                self.assertEqual(row["compensated_std_error"] is not None, measured)
                text = run("infer", model, "--program", "pcm_like", "--drift", "60", "--repeat", repeat).stdout
                self.assertEqual(text.splitlines()[-1].split()[2] == "-", not measured)
            text = run("study", "recover", "--model", model, "--repeat", "1", "--retrain", "0", "--quiet").stdout
            self.assertTrue(all(line.split()[-2] == "-" for line in text.splitlines()[1:]), text)

    def test_chips_and_reads_vary(self):
        with tempfile.TemporaryDirectory() as folder:
            model = str(pathlib.Path(folder) / "m.safetensors")
            self.assertEqual(run("train", "--data", "digits", "--layers", "8", "--epochs", "2", "--out", model, "--quiet",
                                 "--set", "forward.out_noise=0.5").returncode, 0)
            single = json.loads(run("infer", model, "--json").stdout)
            self.assertNotIn("std_error", single)
            for repeat in (1, 12):
                told = json.loads(run("infer", model, "--repeat", str(repeat), "--json").stdout)
                self.assertEqual(told["accuracy"], single["accuracy"])
                self.assertEqual(told["repeat"], repeat)
                self.assertEqual(told["std_error"] is None, repeat == 1)
            self.assertGreater(told["std_error"], 0)
            self.assertLess(abs(told["mean_accuracy"] - told["accuracy"]), 8 * told["std_error"] * 12**0.5)
            self.assertIn("standard error", run("infer", model, "--repeat", "4").stdout)

    def test_bad_input(self):
        for words, args in (("unknown protocol", ("study", "everything")), ("--repeat", ("study", "recover", "--repeat", "0"))):
            result = run(*args)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(words, result.stderr)
        with tempfile.TemporaryDirectory() as folder:
            model = str(pathlib.Path(folder) / "m.safetensors")
            run("train", "--data", "digits", "--layers", "8", "--epochs", "1", "--out", model, "--quiet")
            result = run("study", "ablation", "--model", model)
            self.assertEqual(result.returncode, 1)
            self.assertIn("not digital", result.stderr)


class Train(unittest.TestCase):
    def test_hardware_aware_fields(self):
        result = run("train", "--data", "digits", "--device", "analognas", "--layers", "32", "--epochs", "6", "--set",
                     "hwa.modifier.pdrop=0.01", "--set", "hwa.modifier.std_dev=0.1", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(json.loads(result.stdout)["test_accuracy"], 0.85)
        result = run("train", "--data", "digits", "--set", "hwa.clip_type=FIXED_VALUE")
        self.assertEqual(result.returncode, 1)
        self.assertIn("clip_fixed_value", result.stderr)


if __name__ == "__main__":
    unittest.main()
