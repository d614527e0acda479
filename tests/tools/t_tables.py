#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables and arrays as people have them, through every command that reads one: docs/tables.md.

    AIMC=build/tools/aimc python3 tests/tools/t_tables.py
"""
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    print("skipped: there is no numpy")
    sys.exit(77)

AIMC = os.environ.get("AIMC", "build/tools/aimc")
W = np.array([[0.5, -0.25, 0.125], [-1.0, 0.75, 0.3]])
X = np.array([[0.8, -0.33, 0.05]])
EXACT = ("--set", "is_perfect=true", "--repeats", "1", "--json")


def text(rows, delimiter=",", comma=False, end="\n", before="", after=""):
    """Rows as text."""
    lines = (before + delimiter.join(f"{v:.12g}" for v in row) + after for row in rows)
    made = end.join(lines) + end
    return made.replace(".", ",") if comma else made


def npy(array, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_aimc(self, *args):
        return subprocess.run([AIMC, *map(str, args)], capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def good(self, *args):
        result = self.run_aimc(*args)
        self.assertEqual(result.returncode, 0, f"{args}: {result.stderr}")
        return result.stdout

    def bad(self, words, *args, code=1):
        result = self.run_aimc(*args)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, result.stderr)


class Products(Case):
    """aimc mvm, as what is read shows best there."""

    def product(self, w, x, *args):
        rows = json.loads(self.good("mvm", "--weights", w, "--inputs", x, *EXACT, *args))["rows"]
        return [row["mean"] for row in rows]

    def check(self, w, x, *args):
        for found, wanted in zip(self.product(w, x, *args), (X @ W.T).ravel()):
            self.assertAlmostEqual(found, wanted, 6, f"{w.read_bytes()} {x.read_bytes()}")

    def test_the_case_of_the_issue(self):
        w = self.path("w", "0,247\t-0,414\n")
        for first, second in (("1,215", "-1,087"), ("0,5", "-1,215"), ("1", "-1,25")):
            x = self.path("x", f"{first}\t{second}\n")
            a, b = (float(text.replace(",", ".")) for text in (first, second))
            self.assertAlmostEqual(self.product(w, x)[0], 0.247 * a - 0.414 * b, 5)

    def test_all_kinds_of_text(self):
        x = self.path("x.csv", text(X))
        for delimiter in (",", ";", "\t", " ", "   ", ", ", " ; "):
            for comma in (False, True):
                if comma and "," in delimiter:
                    continue
                for end in ("\n", "\r\n", "\r"):
                    for mark in ("", "\ufeff"):
                        for head in ("", "# weights; of, a\tkind\n% more\n", "\n\n"):
                            made = text(W, delimiter, comma, end)
                            self.check(self.path("w.csv", mark + head.replace("\n", end) + made), x)

    def test_headers_index_and_trailing_delimiters(self):
        x = self.path("x.csv", text(X))
        for delimiter, comma in ((",", False), (";", True), ("\t", True), (";", False)):
            rows = text(W, delimiter, comma)
            index = text([[k, *row] for k, row in enumerate(W)], delimiter, comma)
            names = ["a", "b (uS)", '"c d"']
            for made in (delimiter.join(names) + "\n" + rows, delimiter.join(["", *names]) + "\n" + index,
                         delimiter.join(["index", *names]) + "\n" + index,
                         delimiter.join(["", "0", "1", "2"]) + "\n" + index,
                         text(W, delimiter, comma, after=delimiter),
                         delimiter.join(names) + delimiter + "\n" + text(W, delimiter, comma, after=delimiter)):
                self.check(self.path("w.csv", made), x)

    def test_quoted(self):
        quoted = "\n".join(",".join(f'"{v}"'.replace(".", ",") for v in row) for row in W)
        self.check(self.path("w.csv", quoted), self.path("x.csv", text(X)))

    def test_pipes(self):
        w, x = self.path("w.csv", text(W)), self.path("x.npy", npy(X))
        result = subprocess.run(["bash", "-c", f"'{AIMC}' mvm --weights <(cat {w}) --inputs <(cat {x}) {' '.join(EXACT)}"],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertAlmostEqual(json.loads(result.stdout)["rows"][0]["mean"], (X @ W.T)[0, 0], 6)

    def test_arrays(self):
        x = self.path("x.csv", text(X))
        for dtype in ("<f4", ">f4", "<f8", ">f8"):
            for order in "CF":
                for version in ((1, 0), (2, 0), (3, 0)):
                    self.check(self.path("w.npy", npy(np.array(W, dtype, order=order), version)), x)
        self.check(self.path("any name", npy(W)), x)
        self.check(self.path("w.npy", npy(W)), self.path("x.npy", npy(X[0])))  # a vector is a row
        whole = np.array([[1, 0, 1], [0, 1, 1]])
        for dtype in ("?", "f2", ">f2", "i1", "u1", "<i2", ">i2", "<u2", ">u4", "<i4", ">i8", "<u8"):
            found = self.product(self.path("w.npy", npy(np.array(whole, dtype, order="F"))), x)
            for a, b in zip(found, (X @ whole.T).ravel()):
                self.assertAlmostEqual(a, b, 6, dtype)

    def test_arrays_that_are_refused(self):
        x = self.path("x.csv", text(X))
        records = np.zeros(3, dtype=[("a", "f4"), ("b", "f4")])
        for array, words in ((W.astype(complex), "complex"), (records, "records"), (W.astype(str), "text"),
                             (np.zeros((2, 3), "M8[s]"), "times"), (W.astype(np.longdouble), "dtype"),
                             (np.zeros((2, 3, 1)), "3 dimensions"), (np.zeros((0, 3)), "no numbers"),
                             (np.array(3.0), "0 dimensions"), (np.full((2, 3), np.nan), "nan")):
            self.bad(words, "mvm", "--weights", self.path("w.npy", npy(array)), "--inputs", x)
        self.bad("truncated", "mvm", "--weights", self.path("w.npy", npy(W)[:-1]), "--inputs", x)
        self.bad("more than", "mvm", "--weights", self.path("w.npy", npy(W) + b"\0"), "--inputs", x)
        stream = io.BytesIO()
        np.savez(stream, W)
        self.bad("archive", "mvm", "--weights", self.path("w.npz", stream.getvalue()), "--inputs", x)

    def test_what_is_ambiguous_is_refused_and_decided(self):
        one = self.path("a", "0,247\n")
        self.bad(["line 1, column 1", "'0,247'", "--delimiter=comma", "--decimal=comma"], "mvm", "--weights", one,
                 "--inputs", one)
        self.assertAlmostEqual(self.product(one, one, "--decimal", "comma")[0], 0.247 ** 2, 6)
        self.assertAlmostEqual(self.product(one, one, "--delimiter", "comma")[0], 247 ** 2, 0)
        self.assertAlmostEqual(self.product(one, one, "--delimiter=,")[0], 247 ** 2, 0)
        two = self.path("b", "1,234;5\n")
        self.bad(["'1,234'", "--decimal=comma"], "mvm", "--weights", two, "--inputs", two)
        self.assertAlmostEqual(self.product(two, two, "--decimal", "comma")[0], 1.234 ** 2 + 25, 4)

    def test_nothing_is_dropped(self):
        x = self.path("x.csv", "1;2;3\n")
        for content, words in (("1;2;3 4\n", "'3 4' is not a number"), ("1;2;3,5x\n", "'3,5x'"),
                               ("1;2;3 # three\n", "'3 # three'"), ("1;2\n3;4;5\n", "line 2 has 3 columns"),
                               ("1;;3\n", "line 1, column 2"), ("1;NA;3\n", "'NA'"), ("1;nan;3\n", "'nan'"),
                               ("a;b\n1;2;3\n", "2 names"), ("1\t2;3\n", "delimiter=tab")):
            self.bad(words, "mvm", "--weights", self.path("w.csv", content), "--inputs", x)

    def test_columns(self):
        w = self.path("w.csv", "n;c;b;a;remark\n" + "".join(f"{k};{r[2]};{r[1]};{r[0]};good\n" for k, r in enumerate(W)))
        x = self.path("x.csv", "1;a;b;c;0\n".replace("1;", "x;").replace(";0", ";y") + "9;0.8;-0.33;0.05;9\n")
        self.check(w, x, "--columns", "a,b,c")
        self.bad("no column has this name", "mvm", "--weights", w, "--inputs", x, "--columns", "a,b,d")
        self.bad("'good' is not a number", "mvm", "--weights", w, "--inputs", x)


class OtherCommands(Case):
    def sweep(self):
        return [(1 - 1.5 * 0.98**k, -0.5 + 1.4 * 0.97**k) for k in range(1, 120)]

    def fit(self, content, *args):
        result = self.run_aimc("device", "fit", self.path("s.csv", content), "--model", "soft_bounds", "--json", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_fit(self):
        rows = self.sweep()
        expected = self.fit(text(rows))
        indexed = [[k, *row] for k, row in enumerate(rows)]
        for content in (text(rows, "\t", True), text(rows, ";", True, "\r\n"), text(rows, " "), "up;down\n" + text(rows, ";"),
                        "G+ (uS)\tG- (uS)\n" + text(rows, "\t", True), ",up,down\n" + text(indexed),
                        "pulse;up;down\n" + text(indexed, ";", True), "down,up\n" + text([(b, a) for a, b in rows])):
            self.assertEqual(self.fit(content), expected)
        self.assertEqual(self.fit(text([(9, b, a) for a, b in rows], ";"), "--columns", "3,2"), expected)
        self.bad("1\t20,715"[2:], "device", "fit", self.path("s", "1\t20,715\n"))
        long = "device;direction;G (uS)\n" + "".join(f"0;1;{up}\n" for up, _ in rows) + "".join(
            f"0;-1;{down}\n" for _, down in rows)
        self.assertEqual(self.fit(long)["config"]["kind"], "soft_bounds")
        self.bad("both are up", "device", "fit", self.path("s", "up1,up2\n1,2\n"))
        self.bad("pairs of up and down", "device", "fit", self.path("s", "1;2;3\n"))

    def test_converter(self):
        expected = self.good("converter", "--data", self.path("y", "0.5\n-1.25\n2\n"), "--method", "max")
        for content in ("y\n0,5\n-1,25\n2\n", "index;y\n0;0,5\n1;-1,25\n2;2\n", npy(np.array([[0.5, -1.25, 2]], "f2"))):
            self.assertEqual(self.good("converter", "--data", self.path("y", content), "--method", "max"), expected)
        self.bad("--data", "converter", "--decimal", "comma", code=2)

    def test_spice(self):
        w, x = self.path("w", text(W)), self.path("x", text(X))
        ws, xs = self.path("ws", "a;b;c\n" + text(W, ";", True)), self.path("xs", npy(X))
        for name, files in (("a.cir", (w, x)), ("b.cir", (ws, xs))):
            self.good("spice", "--weights", files[0], "--inputs", files[1], "--set", "wires.model=NODAL", "--set",
                      "wires.r_out=1", "--out", self.folder / name)
        self.assertEqual((self.folder / "a.cir").read_bytes(), (self.folder / "b.cir").read_bytes())

    def test_steps_of_devices(self):
        expected = None
        for content in ("step_up,step_down\n2,1\n1,1\n0.5,2\n", "step_down;step_up\n1;2\n1;1\n2;0,5\n",
                        "step_up (1)\tstep_down (1)\r\n2\t1\r\n1\t1\r\n0,5\t2\r\n"):
            table = self.path("t", content)
            shown = (self.good("device", "show", "table_step", "--table", table, "--json"),
                     self.good("device", "response", "table_step", "--table", table, "--devices", 10, "--pulses", 5, "--json"))
            expected = expected or shown
            self.assertEqual(shown, expected)
        table = self.path("t", "step_up;x;step_down\n2;9;1\n1;9;1\n")
        self.bad("'x'", "device", "show", "table_step", "--table", table)
        self.good("device", "show", "table_step", "--table", table, "--columns", "step_up,step_down")
        self.bad("--table", "device", "show", "table_step", "--columns", "1", code=2)
        self.bad("table_step", "device", "show", "soft_bounds", "--table", table)

    def test_noise_tables(self):
        rows = [(1, 20, 0, 0.1), (5, 20, 0.1, 0.2), (1, 1000, 0.1, 0.2), (5, 1000, 0.2, 0.3)]
        args = ("--devices", 50, "--json", "--columns", "g,t,bias,sigma")
        expected = self.good("conductance", "noise_table", "--table", self.path("t", "g,t,bias,sigma\n" + text(rows)), *args)
        for content in ("G (uS);t (s);bias (\u00b5S);sigma\n" + text(rows, ";", True),
                        "\ufeffg\tt\tbias\tsigma\tremark\r\n" + text(rows, "\t", True, "\r\n", after="\tgood"),
                        "sigma,bias,t,g\n" + text([row[::-1] for row in rows])):
            self.assertEqual(self.good("conductance", "noise_table", "--table", self.path("t", content), *args), expected)
        self.bad("needed in uS", "conductance", "noise_table", "--table", self.path("t", "g (nS),t,bias\n1,20,0.5\n"))
        self.bad("no line of names", "conductance", "noise_table", "--table", self.path("t", "1,20,0.5\n"))

    def test_stats(self):
        model = self.folder / "model"
        self.good("train", "--data", "digits", "--limit", 50, "--layers", "none", "--epochs", 1, "--out", model, "--quiet")
        x = np.linspace(0.01, 1, 64)[None, :]
        expected = self.good("stats", model, "--inputs", self.path("x", text(x)))
        self.assertEqual(self.good("stats", model, "--inputs", self.path("x", text(x, "\t", True))), expected)
        self.bad("65 numbers", "stats", model, "--inputs", self.path("x", npy(np.ones((1, 65)))))

    def test_every_command_tells(self):
        for command in (("mvm",), ("spice",), ("converter",), ("stats",), ("conductance",), ("device", "fit"), ("device", "show"),
                        ("device", "response")):
            shown = self.good(*command, "--help")
            for option in ("--columns", "--delimiter", "--decimal"):
                self.assertIn(option, shown)


class MeasuredPulses(Case):
    ROWS = ("G (uS),V (V),width (ns),dG (nS)\n" +
            "".join(f"{g},{v},{width},{(1 if v > 0 else -1) * abs(v) * width * (1 + k / 10)}\n"
                    for v in (1, 2, -1) for width in (50, 200) for g in (10, 20) for k in range(5)))

    def test_document(self):
        """From a file to a device, another pulse of it, and a refusal."""
        document = self.folder / "my.json"
        table = self.path("pulses.csv", self.ROWS)
        self.good("device", "show", "measured_step", "--table", table, "--out", document)
        config = json.loads(document.read_text())
        self.assertEqual(config["measured_voltage_up"], [1, 1, 2, 2])
        self.assertEqual((config["voltage_up"], config["width_down"]), (1, 5e-8))
        figures = [json.loads(self.good("device", "show", document, "--json", "--set", f"width_up={width}"))
                   for width in (5e-8, 1e-7, 2e-7)]
        steps = [f["step_up_at_0"] for f in figures]  # the mean of 1 ... 1.4 times 50, 125, 200 nS of 10 uS
        for step, change in zip(steps, (60, 150, 240)):
            self.assertAlmostEqual(step, 1.2 * change / 1e4, places=9)
        refused = self.run_aimc("device", "show", document, "--set", "voltage_up=3")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("voltage_up = 3 V is outside of what was measured, 1 to 2 V", refused.stderr)
        shown = self.good("device", "show", document)
        self.assertIn("24 numbers]", shown)

    def test_advice(self):
        """Steps of the file in closed form, energies V^2 G t, and the pair of the rule."""
        document = self.folder / "my.json"
        self.good("device", "show", "measured_step", "--table", self.path("pulses.csv", self.ROWS), "--out", document)
        advice = json.loads(self.good("device", "advise", document, "--epochs", "0", "--json"))
        conditions = {(c["voltage"], round(c["width"] * 1e9)): c for c in advice["conditions"]}
        self.assertEqual(sorted(conditions), [(-1, 50), (-1, 200), (1, 50), (1, 200), (2, 50), (2, 200)])
        for (voltage, width), c in conditions.items():
            step = 1.2 * 1.2 * abs(voltage) * width / 1e4  # 1.2 is the range of weights, and the mean of 1 ... 1.4
            self.assertAlmostEqual(c["step"], step, places=9)
            self.assertAlmostEqual(c["num_states"], 1.2 / step, places=6)
            self.assertAlmostEqual(c["effective_states"], c["num_states"] / (1 + c["noise"] ** 2), places=6)
            energy = voltage ** 2 * 15e-6 * width * 1e-9
            self.assertAlmostEqual(c["energy"] / energy, 1, places=9)
            self.assertAlmostEqual(c["energy_of_crossing"] / (energy * c["num_states"]), 1, places=9)
            # quartiles 1.075 (definition 8: 1.067), 1.2, 1.333 of a straight line: sigma = .133 / .6745
            self.assertAlmostEqual(c["noise"], 0.1333 / 0.6745 / 1.2, delta=0.005)
        chosen = sorted(k for k, c in conditions.items() if c["chosen"])
        self.assertEqual(chosen, [(-1, 50), (1, 50)])  # alike, and the finest
        self.assertNotIn("conditions", json.loads(self.good("device", "advise", "reram_es", "--epochs", "0", "--json")))
        self.assertIn("--set voltage_up=1 --set width_up=5e-08", self.good("device", "advise", document, "--epochs", "0"))

    def test_names(self):
        table = self.path("pulses.csv", self.ROWS)
        refused = self.run_aimc("device", "show", "measured_step", "--table", table, "--out", "my.txt")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("a name that ends in .json is needed", refused.stderr)


if __name__ == "__main__":
    unittest.main()
