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
        out.update(out["training"])
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
        self.assertEqual(self.good("energy", self.model, "--json", "--samples", "0").count("inference"), 0)
        for bits in (6, 8):
            out = json.loads(self.good("energy", self.model, "--json", "--set", "adc_model=WALDEN", "--set",
                                       f"adc_enob={bits}"))
            energy[bits] = {c["name"]: c["energy_j"] for c in out["training"]["components"]}["adc"]
        self.assertAlmostEqual(energy[8] / energy[6], 4, delta=1e-9)
        self.bad(1, "adc_bits = 3 was set, but what was read has 9", "energy", self.model, "--set", "adc_bits=3")
        text = self.good("energy", self.model, "--technology", "ferro_write_20ns")
        for word in ("write_up", "total", "fJ/MAC", "v100_fp16", "assumed:", "Cortex-M4", "for the training run",
                     "for an inference"):
            self.assertIn(word, text)

    def test_components_and_ranges(self):
        out = json.loads(self.good("energy", self.model, "--json"))["inference"]
        for key in ("energy_j", "time_s", "area_m2"):
            self.assertAlmostEqual(sum(c[key] for c in out["components"]) / out[key], 1, delta=1e-12)
        leakage = next(c for c in out["components"] if c["name"] == "leakage")
        self.assertAlmostEqual(leakage["events"] * leakage["w"] / leakage["energy_j"], 1, delta=1e-12)
        self.assertEqual((leakage["unit"], "j_per_event" in leakage), ("s", False))
        self.assertLess(out["energy_low_j"], out["energy_j"])
        self.assertGreater(out["energy_high_j"], out["energy_j"])
        self.assertEqual(len(out["sensitivity"]), 5)
        self.assertEqual(len(out["layers"]), 2)
        self.assertIn(out["pipeline"]["bottleneck"], [layer["name"] for layer in out["layers"]])
        self.assertIn("those that move it most", self.good("energy", self.model))

    def test_a_chip_of_ones_own(self):
        path = self.folder / "chip.json"
        path.write_text(json.dumps({
            "kind": "chip", "technology": {"kind": "rram_32nm", "v_read": {
                "value": 0.1, "low": 0.05, "high": 0.2, "basis": "published", "source": "our paper"}},
            "rows": 64, "cols": 128, "shift_add": {"energy": 1e-14, "area_um2": 12}}))
        out = json.loads(self.good("energy", self.model, "--json", "--chip", str(path)))["inference"]
        parts = {c["name"]: c for c in out["components"]}
        self.assertEqual(parts["shift_add"]["j_per_event"], 1e-14)
        self.assertIn("v_read", [s["name"] for s in out["sensitivity"]] + ["v_read"])
        same = json.loads(self.good("energy", self.model, "--json", "--chip", str(path), "--set", "v_read=0.1"))["inference"]
        self.assertEqual(same["energy_j"], out["energy_j"])
        other = json.loads(self.good("energy", self.model, "--json", "--chip", str(path), "--set", "v_read=0.2"))["inference"]
        array, twice = parts["cell"], next(c for c in other["components"] if c["name"] == "cell")
        self.assertAlmostEqual(twice["energy_j"] / array["energy_j"], 4, delta=1e-9)
        path.write_text('{"kind": "chip", "rows": }')
        self.bad(1, f"{path}:1:", "energy", self.model, "--chip", str(path))
        path.write_text('{"kind": "soft_bounds"}')
        self.bad(1, "is of kind 'soft_bounds'", "energy", self.model, "--chip", str(path))
        path.write_text('{"kind": "chip", "rovs": 3}')
        self.bad(1, "did you mean 'rows'", "energy", self.model, "--chip", str(path))
        self.bad(2, "are the same", "energy", self.model, "--chip", "isaac_32nm", "--technology", "rram_32nm")

    def test_compared_and_drawn(self):
        picture, table = self.folder / "energy.svg", self.folder / "energy.csv"
        out = json.loads(self.good("energy", self.model, "--json", "--compare", "generic_22nm", "--compare", "generic_40nm",
                                   "--svg", str(picture), "--csv", str(table)))["inference"]
        small, large = out["compared"]
        self.assertEqual((small["chip"], large["chip"]), ("generic_22nm", "generic_40nm"))
        self.assertLess(small["energy_j"], large["energy_j"])
        self.assertTrue(picture.read_text().startswith("<svg") and "generic_22nm" in picture.read_text())
        rows = [line.split(",") for line in table.read_text().splitlines()]
        self.assertEqual(rows[0][:3], ["layer", "part", "component"])
        total = sum(float(row[6]) for row in rows[1:] if row[0] == "generic_22nm")
        self.assertAlmostEqual(total * out["samples"] / small["energy_j"], 1, delta=1e-6)
        self.assertIn("generic_22nm", self.good("energy", self.model, "--compare", "generic_22nm"))
        self.bad(1, "known are", "energy", self.model, "--compare", "generic_23nm")

    def test_a_table_of_layers(self):
        path = self.folder / "layers.csv"
        path.write_text("n_out,n_in,vectors,n_steps,n_column_sets,n_cells,copies\n16,128,100,16,8,8,4\n10,64,1,16,8,8,1\n")
        out = json.loads(self.good("energy", "--layers", str(path), "--chip", "isaac_32nm", "--json"))
        self.assertEqual(out["macs"], 100 * 16 * 128 + 640)
        self.assertAlmostEqual(sum(layer["energy_j"] for layer in out["layers"]) / out["energy_j"], 1, delta=1e-12)
        self.assertAlmostEqual(out["pipeline"]["interval_s"] / (25 * 1.6e-6), 1, delta=1e-3)
        self.assertEqual(out["pipeline"]["bottleneck"], "layer 1")
        self.assertIn("layer 1", self.good("energy", "--layers", str(path), "--chip", "isaac_32nm"))
        path.write_text("n_out,n_im\n1,2\n")
        self.bad(1, "column 2 is called 'n_im'", "energy", "--layers", str(path))
        path.write_text("n_out,n_in\n1,2.5\n")
        self.bad(1, "row 1: 2.5 is no whole number", "energy", "--layers", str(path))
        path.write_text("n_out,n_in\n0,2\n")
        self.bad(1, "layer 1", "energy", "--layers", str(path))
        self.bad(2, "give a model", "energy")
        self.bad(2, "give a model", "energy", self.model, "--layers", str(path))

    def test_inference_by_hand(self):
        """Two layers of 64-64-10: every sample is one read of each, each line converted once."""
        out = json.loads(self.good("energy", self.model, "--json", "--samples", "40"))["inference"]
        parts = {p["name"]: p for p in out["parts"]}
        self.assertEqual(out["samples"], 40)
        self.assertEqual(out["macs"], 40 * (64 * 64 + 64 * 10))
        self.assertEqual(parts["dac"]["events"], 40 * 128)
        self.assertEqual(parts["adc"]["events"], 40 * 74)
        self.assertEqual(parts["write_up"]["events"] + parts["write_down"]["events"], 0)
        self.assertAlmostEqual(out["j_per_inference"] * 40 / sum(p["energy_j"] for p in out["parts"]), 1, delta=1e-12)
        self.assertAlmostEqual(out["s_per_inference"] * 40 / sum(p["time_s"] for p in out["parts"]), 1, delta=1e-12)
        array = json.loads(self.good("energy", self.model, "--json", "--samples", "40", "--set", "g_unit=40e-6", "--set",
                                     "g_off=2e-6"))["inference"]["parts"][0]
        self.assertAlmostEqual(array["events"] / parts["array"]["events"], 2, delta=1e-9)
        again = json.loads(self.good("energy", self.model, "--json", "--samples", "80"))["inference"]
        self.assertAlmostEqual(again["j_per_inference"] / out["j_per_inference"], 1, delta=1e-2)

    def test_energy_while_training(self):
        """What train tells at its end is what energy tells of the file; looking changes nothing."""
        path = str(self.folder / "again.safetensors")
        common = ("train", "--data", "digits", "--epochs", "2", "--limit", "400", "--quiet", "--json")
        plain = json.loads(self.good(*common))
        told = json.loads(self.good(*common, "--out", path, "--energy", "isaac_32nm", "--test-every", "15", "--until",
                                    "0.5"))
        self.assertEqual(plain["epochs"][-1]["test_accuracy"], told["epochs"][-1]["test_accuracy"])
        for name, count in plain["network"]["counters"].items():
            if "activity" not in name:
                self.assertEqual(told["network"]["counters"][name], count)
        self.assertEqual(told["network"]["counters"]["activity_reads"],
                         sum(told["network"]["counters"][d + "_passes"] for d in ("forward", "backward")))
        saved = json.loads(self.good("energy", path, "--json", "--technology", "isaac_32nm"))["training"]
        self.assertEqual(told["energy"]["energy_j"], saved["energy_j"])
        tests = told["tests"]
        self.assertEqual([t["batches"] for t in tests], [15, 30, 40, 55, 70, 80])
        self.assertEqual(tests[-1]["energy_j"], saved["energy_j"])
        self.assertEqual(tests[-1]["counters"], told["network"]["counters"])
        self.assertTrue(all(a["energy_j"] < b["energy_j"] for a, b in zip(tests, tests[1:])))
        first = next(t for t in tests if t["test_accuracy"] >= 0.5)
        self.assertEqual(told["until"]["energy_j"], first["energy_j"])
        self.assertEqual([t["test_accuracy"] for t in tests if t["batches"] % 40 == 0],
                         [e["test_accuracy"] for e in plain["epochs"]])
        never = json.loads(self.good(*common, "--until", "1"))
        self.assertEqual(never["until"], {"accuracy": 1, "reached": False})
        text = run("train", "--data", "digits", "--epochs", "1", "--limit", "100", "--energy", "rram_32nm")
        self.assertIn(" J  ", text.stderr)
        self.assertIn("J, ", text.stdout)

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
        self.assertEqual(sum(layer["input"]["counts"]), 3 * n_in)
        self.assertEqual((layer["input"]["low"], round(layer["input"]["high"], 6)), (0, round(6 / 7, 6)))
        self.assertEqual(sum(layer["output"]["counts"]), 3 * layer["outputs"])
        self.assertEqual(sum(layer["drive"]["counts"]) % 3, 0)
        self.assertGreater(layer["current"]["high"], 0)
        self.assertNotIn("conductance_us", layer)

    def test_pulses_of_devices(self):
        path = str(self.folder / "worn.safetensors")
        self.good("train", "--data", "digits", "--epochs", "1", "--limit", "300", "--quiet", "--device", "c_ttv2_reram_sb",
                  "--set", "device.count_pulses=true", "--out", path)
        out = json.loads(self.good("energy", path, "--json", "--samples", "0"))["training"]
        wear, parts = out["wear"], {p["name"]: p["events"] for p in out["parts"]}
        self.assertEqual(wear["devices"], 2 * (64 * 64 + 64 * 10))  # a fast array beside each
        self.assertEqual(sum(wear["counts"]), wear["devices"])
        self.assertAlmostEqual(wear["mean"] * wear["devices"], parts["write_up"] + parts["write_down"], delta=1e-3)
        self.assertTrue(wear["median"] <= wear["p99"] <= wear["most"])
        self.assertAlmostEqual(wear["runs_until_first_fails"] * wear["most"], 1e9, delta=1)
        self.assertEqual(out["devices"], wear["devices"])
        self.assertAlmostEqual(out["pulses_per_device"], wear["mean"], delta=1e-9 * wear["mean"])
        self.assertAlmostEqual(out["endurance_used"], wear["mean"] / wear["endurance"], delta=1e-18)
        layers = json.loads(self.good("stats", path, "--json"))["layers"]
        self.assertEqual(sum(sum(layer["pulses"]["counts"]) for layer in layers), wear["devices"])
        self.assertIn("1,pulses,", self.good("stats", path, "--csv"))
        self.assertIn("such runs the first device", self.good("energy", path, "--samples", "0"))
        self.assertIn("were not counted", self.good("energy", self.model, "--samples", "0"))

    def test_one_mean_in_one_report(self):
        """Unit cells and algorithms: pulses over single devices, in both parts of the report."""
        weights, counted = 64 * 8 + 8 * 10, ("device.device.count_pulses=true", "device.separate_devices=false")
        cells = ((1, "layer", ("device=soft_bounds", "device.count_pulses=true")),
                 (3, "layer", ("device=vector_cell", "device.n_devices=3", *counted)),
                 (2, "layer", ("device=reference_cell", "device.shift_pairs=20", counted[0])),
                 (2, "layer", ("device=one_sided_cell", counted[0])),
                 (4, "layer", ("device=vector_cell", "optimizer=ttv2", *counted)),
                 (2, "layer", ("device=soft_bounds", "optimizer=tiki_taka", "device.count_pulses=true")))
        for n, device, settings in cells:
            path = str(self.folder / "cells.safetensors")
            sets = [word for setting in settings for word in ("--set", setting)]
            self.good("train", "--data", "digits", "--epochs", "1", "--limit", "100", "--layers", "8", "--quiet", "--device", device,
                      *sets, "--out", path)
            out = json.loads(self.good("energy", path, "--json", "--samples", "0"))["training"]
            self.assertEqual((out["devices"], out["wear"]["devices"]), (n * weights, n * weights), settings)
            self.assertAlmostEqual(out["pulses_per_device"], out["wear"]["mean"], delta=1e-6 * out["wear"]["mean"])
            for devices in ("1", "2", "4"):  # what is read for a weight is priced, and divides nothing
                other = json.loads(self.good("energy", path, "--json", "--samples", "0", "--set", f"devices={devices}"))["training"]
                self.assertEqual(other["pulses_per_device"], out["pulses_per_device"])
            lines = self.good("energy", path, "--samples", "0").splitlines()
            means = [line.split()[0] for line in lines if "pulses a device" in line]
            means += [line.split("mean ")[1].split(",")[0] for line in lines if "devices: mean" in line]
            self.assertEqual(len(means), 2)
            self.assertEqual(means[0], means[1])

    def test_pulses_of_programming(self):
        for n, encoding in ((2, "single_pair"), (4, "n_pair")):
            extra = ["--program-set", "encoding.significance=[1, 1]"] if n == 4 else []
            chip = json.loads(self.good("energy", self.model, "--json", "--program", "pcm_like", "--encoding", encoding,
                                        "--samples", "0", *extra))["programming"]
            self.assertEqual(chip["devices"], n * (64 * 64 + 64 * 10))
            self.assertEqual(chip["pulses_per_device"], 1)

    def test_constants_outside_their_range(self):
        def told(*args):
            out = json.loads(self.good("energy", self.model, "--json", "--samples", "0", *args))
            return {(e["constant"], e["variable"]): e for e in out["extrapolated"]}, out
        found, out = told("--set", "adc_enob=1")
        survey = found["survey_energy", "adc_enob"]
        self.assertEqual((survey["value"], survey["first"], survey["last"], survey["unit"]), (1, 4, 17, "bit"))
        self.assertIn("survey", survey["source"])
        self.assertTrue(any("survey_energy at adc_enob = 1" in line for line in out["assumed"]))
        self.assertNotIn(("survey_energy", "adc_enob"), told("--set", "adc_enob=4")[0])
        self.assertIn(("converters, logic, leakage", "temperature"), told("--set", "temperature=77")[0])
        text = self.good("energy", self.model, "--samples", "0", "--set", "adc_enob=2")
        self.assertIn("outside its range: survey_energy at adc_enob = 2 bit; fitted from 4 to 17", text)
        self.assertNotIn("survey_energy", self.good("energy", self.model, "--samples", "0"))
        out = json.loads(self.good("energy", self.model, "--json", "--program", "pcm_like", "--drift", "1e7", "--samples", "20"))
        self.assertEqual([(e["variable"], e["value"]) for e in out["programming"]["extrapolated"]], [("t_s", 1e7)])
        self.assertIn("t_s = 10000000 s", self.good("energy", self.model, "--program", "pcm_like", "--drift", "1e7", "--samples",
                                                    "20"))

    def test_mixed_precision(self):
        """5 batches of 10 on 64-64-10: an addition a weight a batch, an outer product a sample."""
        path = str(self.folder / "mp.safetensors")
        self.good("train", "--data", "digits", "--epochs", "1", "--limit", "50", "--quiet", "--algorithm", "mixed_precision",
                  "--out", path)
        out = json.loads(self.good("energy", path, "--json", "--samples", "0", "--set", "node_nm=45"))["training"]
        parts = {p["name"]: p for p in out["parts"]}
        weights = 64 * 64 + 64 * 10
        self.assertEqual((parts["accumulator"]["events"], parts["gradient"]["events"]), (5 * weights, 50 * weights))
        self.assertAlmostEqual(parts["accumulator"]["j_per_event"], .9e-12 + 8 * 1.25e-12, delta=1e-24)
        self.assertAlmostEqual(parts["gradient"]["j_per_event"], 4.6e-12, delta=1e-24)

    def test_programming(self):
        out = json.loads(self.good("energy", self.model, "--json", "--program", "pcm_like", "--program-set",
                                   "programming.method=VERIFY", "--samples", "20"))
        chip, parts = out["programming"], {p["name"]: p for p in out["programming"]["parts"]}
        self.assertEqual(chip["devices"], 2 * (64 * 64 + 64 * 10))
        self.assertEqual(parts["write_up"]["events"], chip["pulses"])
        self.assertEqual(parts["verify"]["events"], chip["verify_reads"])
        self.assertGreater(chip["verify_reads"], chip["devices"])
        # g_unit is the model's 25 uS: twice the largest conductance, twice the charge
        array = out["inference"]["parts"][0]["events"]
        twice = json.loads(self.good("energy", self.model, "--json", "--program", "pcm_like", "--program-set",
                                     "programming.method=VERIFY", "--samples", "20", "--set", "g_unit=50e-6"))
        self.assertAlmostEqual(twice["inference"]["parts"][0]["events"] / array, 2, delta=1e-9)
        self.bad(2, "need --program", "energy", self.model, "--drift", "5")

    def test_digital_memory(self):
        path = str(self.folder / "digital.safetensors")
        self.good("train", "--data", "digits", "--epochs", "3", "--quiet", "--device", "none", "--out", path)
        plain = json.loads(self.good("infer", path, "--json"))
        wrong = {}
        for code in ("NONE", "SECDED", "TMR"):
            out = json.loads(self.good("infer", path, "--json", "--storage", "supply_v=0.7", "--storage", f"code={code}"))
            wrong[code] = out["storage"]["wrong"]
            self.assertAlmostEqual(out["storage"]["bit_error_rate"], 1.35e-3, delta=1e-5)
        self.assertGreater(wrong["NONE"], 4 * wrong["TMR"])
        self.assertLess(abs(out["accuracy"] - plain["accuracy"]), 0.02)
        self.bad(1, "digital", "infer", self.model, "--storage", "code=TMR")
        self.bad(2, "storage", "infer", path, "--storage", "code=NOTHING")

    def test_bad_input(self):
        self.bad(1, "rram_32nm", "energy", self.model, "--technology", "rram_32mn")
        for names in ("rram_32nm", "isaac_32nm", "ferro_write_200us", "technology"):
            self.bad(1, names, "energy", self.model, "--technology", "foo")
            self.bad(1, names, "train", "--epochs", "0", "--energy", "foo")
        self.bad(1, "not a technology", "energy", self.model, "--technology", "converter")
        self.bad(1, "27 is not in the table", "energy", self.model, "--set", "node_nm=27")
        self.bad(2, "c_line", "energy", self.model, "--set", "c_line=-1")
        self.bad(2, "c_line", "train", "--energy", "rram_32nm", "--energy-set", "c_line=-1")
        self.bad(1, "rram_32nm", "train", "--energy", "rram_32mn")
        self.bad(2, "digital", "train", "--device", "none", "--energy", "rram_32nm")
        self.bad(2, "needs --energy", "train", "--energy-set", "c_line=1e-15")
        self.bad(2, "field=value", "energy", self.model, "--set", "c_line")
        self.bad(1, "nothing.safetensors", "energy", "nothing.safetensors")
        self.bad(2, "not both", "stats", self.model, "--csv", "--json")


if __name__ == "__main__":
    unittest.main()
