#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aimc energy and aimc stats as a user sees them.

    AIMC=build/tools/aimc python3 tests/tools/t_energy_tools.py
"""
import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")


def run(*args):
    return subprocess.run([AIMC, *args], capture_output=True, text=True, timeout=300)


class Energy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.model = str(cls.folder / "m.safetensors")
        result = run("train", "--data", "digits", "--epochs", "1", "--quiet", "--json", "--out", cls.model)
        assert result.returncode == 0, result.stderr
        cls.trained = json.loads(result.stdout)

    def good(self, *args):
        result = run(*args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def bad(self, code, words, *args):
        result = run(*args)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertIn(words, result.stderr)

    def test_parts_and_counters(self):
        out = json.loads(self.good("energy", self.model, "--json"))
        total = sum(p["energy_j"] for p in out["parts"])
        self.assertAlmostEqual(total / out["energy_j"], 1, delta=1e-12)
        self.assertAlmostEqual(out["j_per_mac"] * out["macs"] / total, 1, delta=1e-12)
        stats = json.loads(self.good("stats", self.model, "--json"))["layers"]
        parts = {p["name"]: p for p in out["parts"]}
        for part, counter in (("adc", "adc_conversions"), ("dac", "dac_conversions"), ("write_up", "pulses_up"),
                              ("write_down", "pulses_down")):
            self.assertEqual(parts[part]["events"], sum(layer[counter] for layer in stats))
            self.assertGreater(parts[part]["events"], 0)
        macs = sum((s["forward_vectors"] + s["backward_vectors"]) / (s["tiles_out"] * s["tiles_in"]) * s["inputs"]
                   * s["outputs"] for s in stats)
        self.assertEqual(out["macs"], macs)
        self.assertIn("c_line", out["assumed"])

    def test_constants_matter(self):
        energy = {}
        for bits in (6, 8):
            out = json.loads(self.good("energy", self.model, "--json", "--set", "adc_model=WALDEN", "--set",
                                       f"adc_bits={bits}"))
            energy[bits] = {p["name"]: p["energy_j"] for p in out["parts"]}["adc"]
        self.assertAlmostEqual(energy[8] / energy[6], 4, delta=1e-9)
        text = self.good("energy", self.model, "--technology", "ferro_write_20ns")
        for word in ("write_up", "total", "fJ/MAC", "v100_fp16", "assumed: c", "Cortex-M4"):
            self.assertIn(word.replace("assumed: c", "assumed:"), text)

    def test_stats_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.good("stats", self.model, "--csv"))))
        stats = json.loads(self.good("stats", self.model, "--json"))["layers"]
        for layer in stats:
            mine = [r for r in rows if int(r["layer"]) == layer["layer"]]
            weights = sum(int(r["count"]) for r in mine if r["quantity"] == "weight")
            self.assertEqual(weights, layer["inputs"] * layer["outputs"])
            self.assertEqual(sum(layer["weight"]["counts"]), weights)
            self.assertEqual([int(r["count"]) for r in mine if r["quantity"] == "pulses_up"], [layer["pulses_up"]])

    def test_stats_with_inputs(self):
        n_in = json.loads(self.good("stats", self.model, "--json"))["layers"][0]["inputs"]
        path = self.folder / "x.csv"
        path.write_text("".join(",".join(str((i * k % 7) / 7) for i in range(n_in)) + "\n" for k in (1, 2, 3)))
        layer = json.loads(self.good("stats", self.model, "--json", "--inputs", str(path)))["layers"][0]
        self.assertEqual(sum(layer["input"]["counts"]) % 3, 0)
        self.assertGreater(layer["current"]["high"], 0)

    def test_bad_input(self):
        self.bad(1, "rram_32nm", "energy", self.model, "--technology", "rram_32mn")
        self.bad(1, "not a technology", "energy", self.model, "--technology", "converter")
        self.bad(1, "28 is not in the table", "energy", self.model, "--set", "node_nm=28")
        self.bad(1, "c_line", "energy", self.model, "--set", "c_line=-1")
        self.bad(2, "FIELD=VALUE", "energy", self.model, "--set", "c_line")
        self.bad(1, "nothing.safetensors", "energy", "nothing.safetensors")
        self.bad(2, "not both", "stats", self.model, "--csv", "--json")


if __name__ == "__main__":
    unittest.main()
