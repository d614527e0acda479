# SPDX-License-Identifier: MIT
"""The claims of the papers: all 77 are there, every command exists, quick rows give their figures, old rows are marked; cells of NAS-Bench-201 and
the Swin transformer are those of their papers."""
import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

from common import SOURCE, aimc, main, unittest

sys.path.insert(0, str(SOURCE / "tools" / "studies"))
STUDIES = SOURCE / "tools" / "studies"
del sys.modules["common"]  # the studies have one of their own
warnings.simplefilter("ignore", aimc.AimcWarning)
import cells  # noqa: E402  pylint: disable=wrong-import-position
import claims  # noqa: E402  pylint: disable=wrong-import-position
import reproduce  # noqa: E402  pylint: disable=wrong-import-position

VERDICTS = {claims.SHOWN, claims.BOUNDED, claims.REFUTED, claims.IMPOSSIBLE, claims.NOT_RUN}


class Claims(unittest.TestCase):
    def test_all_77_are_there(self):
        self.assertEqual(len(claims.IDS), 77)
        self.assertEqual(set(claims.CLAIMS), set(claims.IDS))
        for one in claims.CLAIMS.values():
            self.assertTrue(one.text and one.paper and one.basis, one.id)

    def test_every_command_exists(self):
        text = (SOURCE / "dev").read_text(encoding="utf-8")
        self.assertIn("reproduce) run_study reproduce", text)
        for one in claims.CLAIMS.values():
            if one.study:
                self.assertIn("\ndef main(", (STUDIES / f"{one.study}.py").read_text(encoding="utf-8"), one.command)
                self.assertIn(f"./dev study {one.study}", one.command)

    def test_the_page_has_every_claim_and_what_the_table_says(self):
        rows, page = reproduce.load(), (SOURCE / "docs/claims.md").read_text(encoding="utf-8")
        self.assertEqual(set(rows), set(claims.IDS))
        for number, row in rows.items():
            self.assertIn(row["verdict"], VERDICTS)
            self.assertTrue(row["commit"] and row["streams"], number)
            line = next(line for line in page.split("\n") if line.startswith(f"| {number} |"))
            self.assertIn(row["figure"].replace("|", "\\|"), line)
            self.assertIn(f"| {row['verdict']}", line)

    def test_quick_rows_give_their_figures(self):
        for number, wanted in (("000-22", "46.3 and 40.1 pJ"), ("004-8", "8.001e-13, 1.517e-11, 5.136e-10 J"), ("004-15", "0.0123 against 4.784 um^2: 389 times"),
                               ("000-15", "0.9% at 128 (a = 0.029), 3.6% at 256 (a = 0.115), 12.9% at 512 (a = 0.459)")):
            with self.subTest(number):
                row = reproduce.measure(claims.CLAIMS[number])
                self.assertEqual((row["figure"], row["verdict"]), (wanted, claims.SHOWN))
        for number in ("000-11", "000-14", "000-21", "002-1", "003-7", "003-13", "003-14", "004-4"):
            with self.subTest(number):
                self.assertEqual(reproduce.measure(claims.CLAIMS[number])["verdict"], claims.SHOWN)

    def test_the_command(self):
        done = subprocess.run([sys.executable, STUDIES / "reproduce.py", "000-22", "--tell"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("000-22  SHOWN", done.stdout)
        done = subprocess.run([sys.executable, STUDIES / "reproduce.py", "000-23", "--tell"], capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no such claims: 000-23", done.stderr)


class Ages(unittest.TestCase):
    def row(self, **fields):
        now = reproduce.stamp()
        return {"id": "000-22", "streams": str(now["streams"]), "commit": now["commit"], **fields}

    def test_other_streams_are_old(self):
        self.assertRegex(reproduce.age(self.row(streams="1")), "OLD: streams 1, now")
        self.assertRegex(reproduce.age(self.row(streams="1/4")), "OLD")

    def test_commits_since(self):
        if not reproduce.git("rev-parse", "HEAD"):
            self.skipTest("there is no git here")
        self.assertEqual(reproduce.age(self.row()), "")
        self.assertRegex(reproduce.age(self.row(commit="0000000")), "not known here")
        before = reproduce.git("log", "-2", "--format=%h", "--", "lib").split()
        if len(before) < 2:
            self.skipTest("the history is cut off")
        self.assertRegex(reproduce.age(self.row(commit=before[1])), r"OLD: \d+ commits to its code since")

    def test_a_row_of_stored_rows_has_their_stamps(self):
        with tempfile.TemporaryDirectory() as folder:
            saved, claims.TABLES = claims.TABLES, pathlib.Path(folder)
            self.addCleanup(setattr, claims, "TABLES", saved)
            one = claims.Claim("000-22", "", "", "", "x", lambda: (claims.percent(claims.stored("x.csv", seed=1)), claims.SHOWN))
            self.assertEqual(reproduce.measure(one)["verdict"], claims.NOT_RUN)
            with open(pathlib.Path(folder, "x.csv"), "w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows([["seed", "accuracy", "streams", "commit"], ["1", "0.5", "2", "abc"], ["2", "0.7", "3", "def"]])
            row = reproduce.measure(one)
            self.assertEqual((row["figure"], row["streams"], row["commit"]), ("50.0 % (one seed)", "2", "abc"))


class Space(unittest.TestCase):
    def test_codes(self):
        found = [cells.of_code(code) for code in range(15625)]
        self.assertEqual(len(set(found)), 15625)
        self.assertEqual([cells.codes(cell) for cell in found], list(range(15625)))

    def test_what_lives(self):
        self.assertEqual(cells.alive(("none",) * 6), [])
        self.assertEqual(cells.alive(("none", "none", "none", "skip", "conv3", "conv3")), [3])
        self.assertEqual(cells.alive(("conv3", "none", "conv1", "none", "none", "skip")), [0, 2, 5])
        self.assertEqual(cells.alive(("pool",) * 6), [0, 1, 2, 3, 4, 5])


class Networks(unittest.TestCase):
    def setUp(self):
        try:
            import torch
        except ImportError:
            self.skipTest("there is no torch for this Python")
        torch.set_num_threads(1)
        self.torch = torch

    def test_swin_has_the_parameters_of_the_paper(self):
        import swin
        self.assertEqual([swin.parameters(swin.Swin(classes)) for classes in (2, 5)], [26591906, 26594213])
        two, five = (swin.products(swin.Swin(classes)) for classes in (2, 5))
        self.assertEqual(round(two / 1e6), 524)  # shared/spec/claims.md, 001-12
        self.assertEqual(five - two, 3 * 768)    # one vector through the last layer

    def test_swin_windows_are_shifted_and_put_back(self):
        import swin
        x = self.torch.randn(2, 8, 8, 6)
        self.assertTrue((swin.from_windows(swin.into_windows(x), 2, 8) == x).all())
        mask = swin.Attention(6, 3, True).mask(8)
        self.assertEqual(tuple(mask.shape), (4, 16, 16))
        self.assertEqual([int((m == 0).sum()) for m in mask], [256, 128, 128, 64])  # whole, two halves, two halves, four quarters

    def test_swin_on_tiles_computes_the_same(self):
        import swin
        import aimc.torch as at
        self.torch.manual_seed(1)
        net, x = swin.Swin(5, 6).eval(), self.torch.randn(2, 3, 32, 32)
        with self.torch.no_grad():
            wanted = net(x)
            made = at.convert(net, {"device": "ideal", "forward": "perfect_io", "mapping.weight_scaling_omega": 1})
            self.assertEqual(len(made), 4 * 12 + 5)  # qkv, out and two of the perceptron a block; four merges and the head
            self.torch.testing.assert_close(net(x), wanted, rtol=1e-3, atol=1e-4)

    def test_a_network_of_every_operation(self):
        import nas
        for code in (0, cells.codes(("conv3", "conv1", "skip", "pool", "none", "conv3")), 15624):
            net = nas.network(code, 4, 1)
            self.assertEqual(tuple(net(self.torch.zeros(2, 3, 32, 32)).shape), (2, 10))


if __name__ == "__main__":
    main()
