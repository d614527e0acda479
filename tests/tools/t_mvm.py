#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aimc mvm as a user sees it.

    AIMC=build/tools/aimc python3 tests/tools/t_mvm.py
"""
import json
import math
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")
W = [[0.5, -0.25, 0.125], [-1.0, 0.75, 0.3]]
X = [[0.8, -0.33, 0.05]]


def csv(rows):
    return ("\n".join(",".join(map(str, row)) for row in rows) + "\n").encode()


def npy(rows, code):
    header = str({"descr": "<" + code, "fortran_order": False, "shape": (len(rows), len(rows[0]))})
    header = (header + " " * (117 - len(header)) + "\n").encode()
    values = [v for row in rows for v in row]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
            struct.pack(f"<{len(values)}{'f' if code == 'f4' else 'd'}", *values))


class Mvm(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.w = self.path("W.csv", csv(W))
        self.x = self.path("X.csv", csv(X))

    def path(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def mvm(self, *args, w=None, x=None):
        return subprocess.run([AIMC, "mvm", "--weights", w or self.w, "--inputs", x or self.x, *args],
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)

    def rows(self, *args, **kwargs):
        result = self.mvm(*args, "--json", **kwargs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["rows"]

    def bad(self, code, words, *args, **kwargs):
        result = self.mvm(*args, **kwargs)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertIn(words, result.stderr)

    def test_exact_numbers(self):
        first, second = self.rows("--set", "out_noise=0", "--repeats", "3")
        self.assertAlmostEqual(first["mean"], 0.4894117647, 6)
        self.assertAlmostEqual(second["mean"], -1.0164705882, 6)
        self.assertEqual((first["n"], first["std"], first["input"], second["output"]), (3, 0, 0, 1))
        self.assertAlmostEqual(first["ideal"], 0.48875, 7)

    def test_one_read_has_no_spread(self):
        for repeats, tiles, measured in (("1", "1", False), ("2", "1", True), ("1", "2", True)):
            args = ("--repeats", repeats, "--fresh-tiles", tiles)
            self.assertEqual([row["std"] is not None for row in self.rows(*args)], [measured] * 2)
            table = self.mvm(*args).stdout.splitlines()[1:]
            self.assertEqual([line.split()[3] == "-" for line in table], [not measured] * 2)

    def test_noise_and_seed(self):
        args = ("--readout", "preset_io", "--set", "inp_res=-1", "--set", "out_res=-1", "--repeats", "4000")
        rows = self.rows(*args, "--seed", "5")
        for row in rows:
            self.assertLess(abs(row["mean"] - row["ideal"]), 5 * 0.08 / math.sqrt(4000))
            self.assertLess(abs(row["std"] / 0.08 - 1), 0.06)
        self.assertEqual(rows, self.rows(*args, "--seed", "5"))
        self.assertNotEqual(rows, self.rows(*args, "--seed", "6"))

    def test_backward(self):
        d = self.path("D.csv", b"# one error vector\n1 -0.5\n\n")
        rows = self.rows("--backward", "--set", "is_perfect=true", "--repeats", "1", x=d)
        for row, expected in zip(rows, (1.0, -0.625, -0.025)):
            self.assertAlmostEqual(row["mean"], expected, 6)
            self.assertAlmostEqual(row["ideal"], expected, 6)
        self.assertEqual(len(rows), 3)

    def test_fixed_errors_change_with_the_tile(self):
        args = ("--set", "out_noise=0", "--set", "v_offset_std=0.2", "--set", "out_res=-1", "--repeats", "4")
        self.assertEqual([row["std"] for row in self.rows(*args)], [0, 0])
        rows = self.rows(*args, "--fresh-tiles", "30")
        self.assertEqual(rows[0]["n"], 120)
        self.assertGreater(max(row["std"] for row in rows), 0.01)

    def test_npy_is_the_same(self):
        expected = self.rows()
        for code in ("f4", "f8"):
            rows = self.rows(w=self.path("W.npy", npy(W, code)), x=self.path("X.npy", npy(X, code)))
            self.assertEqual(rows, expected)

    def test_text(self):
        result = self.mvm("--set", "out_noise=0")
        self.assertEqual(result.stdout.split()[-4:], ["1", "-1.01647", "0", "-1.0325"])

    def test_bad_input(self):
        result = subprocess.run([AIMC, "mvm", "--weights", self.w], capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("--inputs is needed", result.stderr)
        self.bad(1, "No such file", w=self.folder / "none.csv")
        self.bad(1, "line 1", x=self.path("A.csv", b"1,2,three\n"))
        self.bad(1, "'1e39' is not a number", x=self.path("A.csv", b"1,2,1e39\n"))
        self.bad(1, "line 2", x=self.path("A.csv", b"1,2,3\n4,5\n"))
        self.bad(1, "no numbers", x=self.path("A.csv", b""))
        self.bad(1, "3 columns", x=self.path("A.csv", b"1;2\n"))
        self.bad(1, "not an .npy", w=self.path("A.npy", b"1,2\n"))
        self.bad(1, "truncated", w=self.path("A.npy", npy(W, "f4")[:-1]))
        self.bad(1, "dtype <c8", w=self.path("A.npy", npy(W, "f4").replace(b"<f4", b"<c8")))
        self.bad(2, "did you mean 'out_noise'", "--set", "out_noisy=1")
        self.bad(2, "field=value", "--set", "out_noise")
        self.bad(2, "bound_management", "--set", "bound_management=SOMETIMES")
        self.bad(1, "inp_bound", "--set", "inp_bound=2")
        self.bad(2, "--readout", "--readout", "reram_sb")
        self.bad(2, "--repeats", "--repeats", "0")


if __name__ == "__main__":
    unittest.main()
