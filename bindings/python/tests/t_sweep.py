# SPDX-License-Identifier: MIT
"""aimc.sweep: no row lost and none twice, whatever is killed; choices by a validation split; files that are refused."""
import csv
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from common import SOURCE, aimc, main, np, unittest
from aimc import sweep

FIELDS, KEYS = ["rate", "seed", "value"], ["rate", "seed"]
JOBS = sweep.grid({"rate": [0.1, 0.2, 0.3]}, seeds=2)


def value_of(job):
    """Quick, and made with the library."""
    tile = aimc.Tile("idealized", 2, 2, ctx=aimc.Context(seed=job["seed"]))
    return {"value": round(float(tile.counters.updates) + job["rate"] * 10 + job["seed"], 6)}


def slow(job):
    """The same, in a tenth of a second."""
    time.sleep(0.1)
    return value_of(job)


def die_once(job):
    """Kills its own process, but for the first time only."""
    mark = pathlib.Path(job["mark"])
    if job["n"] == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return {"pid": os.getpid()}


class Sweep(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "rows.csv"

    def results(self, **options):
        return sweep.Results(self.path, FIELDS, KEYS, **options)

    def keys_in_file(self):
        with open(self.path, newline="", encoding="utf-8") as stream:
            return sorted((row["rate"], row["seed"]) for row in csv.DictReader(stream))

    def all_keys(self, jobs=None):
        return sorted((str(job["rate"]), str(job["seed"])) for job in jobs or JOBS)


class Grid(unittest.TestCase):
    def test_all_combinations_seed_after_seed(self):
        jobs = sweep.grid({"a": [1, 2], "b": ["x"]}, seeds=[7, 9])
        self.assertEqual(jobs, [{"a": 1, "b": "x", "seed": 7}, {"a": 2, "b": "x", "seed": 7}, {"a": 1, "b": "x", "seed": 9},
                                {"a": 2, "b": "x", "seed": 9}])
        self.assertEqual(len(sweep.grid({"a": range(4), "b": range(5)}, seeds=3)), 60)

    def test_refusals(self):
        for fields, seeds in (({"a": []}, 1), ({"a": "xy"}, 1), ({"seed": [1]}, 1), ({"a": [1]}, 0)):
            with self.subTest(fields=fields, seeds=seeds), self.assertRaises(aimc.InvalidError):
                sweep.grid(fields, seeds)

    def test_split_is_disjoint_whole_and_the_same_again(self):
        train, held = sweep.split(1000, 0.1)
        self.assertEqual((len(train), len(held)), (900, 100))
        np.testing.assert_array_equal(np.sort(np.concatenate([train, held])), np.arange(1000))
        np.testing.assert_array_equal(sweep.split(1000, 0.1)[1], held)
        self.assertTrue((sweep.split(1000, 0.1, seed=1)[1] != held).any())
        self.assertEqual(len(sweep.split(2, 0.01)[1]), 1)
        for n, share in ((1, 0.5), (0, 0.5), (10, 0), (10, 1), (2, 0.99)):
            with self.subTest(n=n, share=share), self.assertRaises(aimc.InvalidError):
                sweep.split(n, share)


class Rows(Sweep):
    def test_runs_what_is_missing_and_says_how_long(self):
        said, runs = [], []
        first = self.results().run(JOBS[:2], value_of, tell=said.append)
        self.assertEqual([row["value"] for row in first], ["2.0", "3.0"])
        self.assertRegex(said[-1], r"\[2/2, 0:00 gone, about 0:00 left\]")

        def counted(job):
            runs.append(job)
            return value_of(job)
        rows = self.results().run(JOBS, counted, workers=2, tell=said.append)
        self.assertEqual((len(rows), len(runs)), (6, 4))
        self.assertEqual(self.keys_in_file(), self.all_keys())
        self.assertEqual(len(self.results().where(seed=2)), 3)

    def test_processes(self):
        self.results().run(JOBS, value_of, workers=2, on="processes", tell=lambda line: None)
        self.assertEqual(self.keys_in_file(), self.all_keys())

    def test_processes_without_joblib(self):
        saved = sys.modules.get("joblib", self)
        sys.modules["joblib"] = None
        try:
            self.results().run(JOBS, value_of, workers=2, on="processes", tell=lambda line: None)
        finally:
            del sys.modules["joblib"]
            if saved is not self:
                sys.modules["joblib"] = saved
        self.assertEqual(self.keys_in_file(), self.all_keys())

    def test_a_lost_process_costs_no_row(self):
        jobs = [{"n": n, "mark": str(self.path) + ".mark"} for n in range(6)]
        rows = sweep.Results(self.path, ["n", "mark", "pid"], ["n", "mark"])
        with self.assertRaisesRegex(aimc.StateError, "run the sweep again"):
            rows.run(jobs, die_once, 2, "processes", tell=lambda line: None)
        again = sweep.Results(self.path, ["n", "mark", "pid"], ["n", "mark"])
        self.assertLess(len(again.rows), 6)
        again.run(jobs, die_once, 2, "processes", tell=lambda line: None)
        with open(self.path, newline="", encoding="utf-8") as stream:
            self.assertEqual(sorted(row["n"] for row in csv.DictReader(stream)), list("012345"))

    def test_killed_and_resumed(self):
        program = f"import sys; sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r}); import t_sweep; " \
                  f"t_sweep.sweep.Results({str(self.path)!r}, t_sweep.FIELDS, t_sweep.KEYS).run(t_sweep.JOBS, t_sweep.slow)"
        for wanted in (2, 4):
            process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
            until = time.monotonic() + 60
            while time.monotonic() < until and (not self.path.exists() or self.path.read_text().count("\n") <= wanted):
                time.sleep(0.01)
            process.kill()
            process.wait()
            self.assertGreaterEqual(len(self.keys_in_file()), wanted)
        self.results().run(JOBS, value_of, tell=lambda line: None)
        self.assertEqual(self.keys_in_file(), self.all_keys())

    def test_half_a_line_is_no_row(self):
        self.results().run(JOBS[:3], value_of, tell=lambda line: None)
        whole = self.path.read_bytes()
        for cut in range(whole.rfind(b"\n", 0, -1) + 1, len(whole)):
            self.path.write_bytes(whole[:cut])
            rows = self.results()
            self.assertEqual(len(rows.rows), 2)
            rows.add({**JOBS[2], **value_of(JOBS[2])})
            self.assertEqual(self.path.read_bytes(), whole)

    def test_an_error_costs_its_own_row_alone(self):
        def fails(job):
            if job["rate"] == 0.2:
                raise ValueError("no such rate")
            return value_of(job)
        said = []
        with self.assertRaisesRegex(aimc.StateError, "2 of 6 jobs failed.*no such rate"):
            self.results().run(JOBS, fails, tell=said.append)
        self.assertEqual(self.keys_in_file(), self.all_keys([job for job in JOBS if job["rate"] != 0.2]))
        self.assertEqual(sum("failed: no such rate" in line for line in said), 2)

    def test_one_writer(self):
        first, second = self.results(), self.results()
        refused = []

        def intrudes(job):
            with self.assertRaisesRegex(aimc.StateError, "another process") as caught:
                second.add({**JOBS[1], "value": 1})
            refused.append(caught.exception)
            return value_of(job)
        first.run(JOBS[:1], intrudes, tell=lambda line: None)
        self.assertEqual(len(refused), 1)
        second.add({**JOBS[1], "value": 1})  # sees what the other one wrote meanwhile
        self.assertEqual(len(second.rows), 2)
        for row in JOBS[:2]:
            with self.assertRaisesRegex(aimc.StateError, "has a row already"):
                first.add({**row, "value": 2})
        self.assertEqual(len(self.keys_in_file()), 2)

    def test_stamps(self):
        self.results().run(JOBS[:1], value_of, tell=lambda line: None)
        stamped = self.results(stamp={"commit": "abc"})
        stamped.run(JOBS, value_of, tell=lambda line: None)
        self.assertEqual([row["commit"] for row in self.results(stamp={"commit": "def"}).rows], [""] + ["abc"] * 5)

    def test_choice(self):
        rows = self.results()
        for rate, values in ((0.1, (0.5, 0.7)), (0.2, (0.65, 0.6)), (0.3, (0.9,))):
            for seed, value in enumerate(values, 1):
                rows.add({"rate": rate, "seed": seed, "value": value})
        self.assertEqual(rows.choose(["rate"], "value"), {"rate": "0.2"})  # 0.3 has one seed alone
        self.assertEqual(rows.choose(["rate"], "value", largest=False), {"rate": "0.1"})
        self.assertEqual(rows.choose(["rate"], "value", seed=1), {"rate": "0.3"})
        with self.assertRaises(aimc.StateError):
            rows.choose(["rate"], "value", seed=7)

    def test_refusals(self):
        rows = self.results()
        for row in ({"rate": 1, "seed": 1}, {"rate": 1, "seed": 1, "value": 1, "more": 1}):
            with self.assertRaises(aimc.InvalidError):
                rows.add(row)
        for options in ({"workers": 0}, {"on": "fibers"}):
            with self.assertRaises(aimc.InvalidError):
                rows.run(JOBS, value_of, **options)
        with self.assertRaises(aimc.InvalidError):
            rows.run([{"rate": 1}], value_of)
        with self.assertRaises(aimc.InvalidError):
            sweep.Results(self.path, ["a"], ["b"])
        for text, sentence in (("rate,value\n1,2\n", "lack"), ("rate,seed,value\n1,2\n", "row 2: 2 cells"),
                               ("rate,seed,value\n1,2,3\n1,2,4\n", "rows 2 and 3")):
            self.path.write_text(text, encoding="utf-8")
            with self.subTest(text), self.assertRaisesRegex(aimc.FormatError, sentence):
                self.results()
            self.assertEqual(self.path.read_text(encoding="utf-8"), text)


class Page(Sweep):
    def test_the_example_of_the_page_runs(self):
        before = os.getcwd()
        os.chdir(self.folder.name)
        self.addCleanup(os.chdir, before)
        block = re.search(r"```python\n(.*?)```", (SOURCE / "docs/sweeps.md").read_text(encoding="utf-8"), re.S).group(1)
        exec(compile(block, "docs/sweeps.md", "exec"), {})  # pylint: disable=exec-used
        self.assertEqual(pathlib.Path("sweep.csv").read_text(encoding="utf-8").count("\n"), 9)


class Cluster(Sweep):
    def test_a_worker_is_killed(self):
        try:
            import distributed
        except ImportError:
            self.skipTest("there is no dask.distributed for this Python")
        jobs = sweep.grid({"rate": [round(0.1 * k, 1) for k in range(20)]}, seeds=2)
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, \
                distributed.Client(cluster) as client:
            client.upload_file(__file__)
            victim = list(client.run(os.getpid).values())[0]
            killed = []

            def kill(_):
                if not killed:
                    killed.append(victim)
                    os.kill(victim, signal.SIGKILL)
            rows = self.results().run(jobs, slow, on=client, tell=kill)
        self.assertEqual((killed, len(rows)), ([victim], 40))
        self.assertEqual(self.keys_in_file(), self.all_keys(jobs))


if __name__ == "__main__":
    main()
