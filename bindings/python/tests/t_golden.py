# SPDX-License-Identifier: MIT
"""The peer's recorded updates and training runs, measured through the package.

Tolerances are those of tests/tile/t_pulse_train.c and tests/optimizer/t_golden_opt.c.
"""
import csv
import itertools
import os

from common import DATA, aimc, main, np, unittest

REPEATS = 4000
SEEDS = int(os.environ.get("AIMC_TEST_SEEDS", 30))  # recorded and in C: 100
QUIET = {"dw_min_dtod": 0, "up_down_dtod": 0, "w_max_dtod": 0, "w_min_dtod": 0}


def matrix(name):
    return np.loadtxt(DATA / name, delimiter=",", dtype=np.float32)


def rows(name):
    with open(DATA / name, encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


class Updates(unittest.TestCase):
    """update_stats.csv: mean and spread of one update of every cell."""

    def optimizer(self, ctx, case):
        constant = case["device"] == "ConstantStep"
        device = aimc.Device("constant_step" if constant else "soft_bounds",
                             {"dw_min": 0.001 if constant else 0.002, "w_max": 5 if constant else 1,
                              "w_min": -5 if constant else -1, "dw_min_std": 0.3, **QUIET}, ctx=ctx)
        kind = case["pulse_type"]
        config = aimc.Config("sgd", {"update.pulse_type": "STOCHASTIC_COMPRESSED" if "COMPRESSED" in kind else kind,
                                     "update.desired_bl": int(case["bl"]), "update.update_management": int(case["um"]),
                                     "update.update_bl_management": int(case["ublm"])}, ctx=ctx)
        if "_res0.1" in kind:
            config["update.res"] = 0.1
        if kind.endswith("_sto"):
            config["update.sto_round"] = True
        if kind == "DETERMINISTIC_IMPLICIT":
            config.update({"update.x_res_implicit": 0.01, "update.d_res_implicit": 0.01})
        return aimc.Optimizer(aimc.Tile(device, 6, 8), config=config)

    def measure(self, case):
        x, d, w0 = matrix("update_X.csv"), matrix("update_D.csv"), matrix("update_W0.csv")
        pair, lr = int(case["pair"]), float(case["lr"])
        changes = np.empty((REPEATS, 6, 8))
        with aimc.Context(seed=77) as ctx:
            optimizer = self.optimizer(ctx, case)
            for k in range(REPEATS):
                optimizer.tile.weights = w0
                optimizer.step(x[pair], d[pair], lr)
                changes[k] = optimizer.tile.weights
        changes -= w0
        return changes.mean(0), changes.std(0, ddof=1)

    def test_statistics(self):
        keys = ("device", "pulse_type", "bl", "um", "ublm", "lr", "pair")
        compared = 0
        for _, group in itertools.groupby(rows("update_stats.csv"), lambda row: [row[key] for key in keys]):
            group = list(group)
            with self.subTest(**{key: group[0][key] for key in keys}):
                mean, std = self.measure(group[0])
                for row in group:
                    cell = int(row["row_d"]), int(row["col_x"])
                    n, theirs = int(row["n"]), float(row["dw_std"])
                    each = 1 / n + 1 / REPEATS
                    spread = max(theirs, std[cell])
                    self.assertLessEqual(abs(mean[cell] - float(row["dw_mean"])),
                                         4.5 * spread * each**0.5 + 0.003 * spread + 3e-7, (cell, "mean"))
                    kurtosis = 3 + 1 / max(float(row["n_nonzero_frac"]), 1 / n)
                    self.assertLessEqual(abs(std[cell] - theirs),
                                         theirs * (0.075 + 2.5 * ((kurtosis - 1) * each)**0.5) + 5e-7, (cell, "std"))
                    compared += 1
        self.assertGreater(compared, 900)


def setups():
    """opt_setups.txt: name -> model, its fields, algorithm, its fields, perfect read-out?, first step compared."""
    def fields(text):
        return dict(part.split("=") for part in text.split() if part != "-")
    with open(DATA / "opt_setups.txt", encoding="utf-8") as stream:
        lines = [line.strip().split("; ") for line in stream if not line.startswith("#")]
    return {name: (model, fields(device), algorithm, fields(settings), bool(int(perfect)), int(first))
            for name, model, device, algorithm, settings, perfect, first in lines}


class Training(unittest.TestCase):
    """opt_error.csv: distance to the solution of a linear regression after so many steps."""

    def distances(self, setup, seed, steps):
        model, device, algorithm, settings, perfect, _ = setup
        x, answers, solution = matrix("opt_X.csv"), matrix("opt_Y.csv"), matrix("opt_Wstar.csv")
        found = []
        with aimc.Context(seed=seed) as ctx:
            tile = aimc.Tile(aimc.Device(model, device, ctx=ctx), 4, 6, {"forward.is_perfect": perfect}, ctx=ctx)
            optimizer = aimc.Optimizer(tile, config=aimc.Config(algorithm, settings, ctx=ctx))
            for k in range(len(x) + 1):
                if k in steps:
                    found.append(np.linalg.norm(tile.weights.astype(float) - solution))
                if k < len(x):
                    optimizer.step(x[k], tile.forward(x[k]) - answers[k], 0.1)
        return found

    def test_trajectories(self):
        recorded = rows("opt_error.csv")
        self.assertEqual({row["config"] for row in recorded}, set(setups()))
        for name, setup in setups().items():
            points = [row for row in recorded if row["config"] == name and
                      (int(row["step"]) == 0 or int(row["step"]) >= setup[-1])]
            self.assertGreater(len(points), 4)
            steps = [int(row["step"]) for row in points]
            ours = np.array([self.distances(setup, seed, steps) for seed in range(1, SEEDS + 1)])
            for k, row in enumerate(points):
                std, n = float(row["frob_err_std"]), int(row["n_seeds"])
                error = (std**2 / n + ours[:, k].var(ddof=1) / SEEDS)**0.5
                with self.subTest(config=name, step=row["step"]):
                    self.assertLessEqual(abs(ours[:, k].mean() - float(row["frob_err_mean"])),
                                         5 * error + 0.006 * std + 1e-6)


if __name__ == "__main__":
    main()
