# SPDX-License-Identifier: MIT
"""Everything public says what it takes and gives; the records are typed as in the headers; mypy agrees."""
import inspect
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import typing

from common import SOURCE, aimc, main, np, unittest

PACKAGE = SOURCE / "bindings" / "python" / "aimc"
# a field of a configuration can be anything that JSON has
MAY_RETURN_ANY = {"Config.__getitem__"}


def is_ours(function):
    """True for what the package defines, False for what tuple, Exception or object bring along."""
    if not inspect.isfunction(function):
        return False
    return pathlib.Path(inspect.getfile(function)).resolve().parent == PACKAGE.resolve()


def functions_of(cls):
    """(name, function) of all public methods and operators, and of the halves of properties."""
    for name in dir(cls):
        if name.startswith("_") and not name.startswith("__"):
            continue
        member = inspect.getattr_static(cls, name)
        if isinstance(member, property):
            yield from ((f"{cls.__name__}.{name}", half) for half in (member.fget, member.fset) if half)
        else:
            yield f"{cls.__name__}.{name}", getattr(member, "__func__", member)


def public():
    """(name, function) of everything that aimc, and aimc.plot where it can be had, offer."""
    for name in aimc.__all__:
        item = getattr(aimc, name)
        yield from functions_of(item) if inspect.isclass(item) else [(name, item)]
    try:
        import aimc.plot as plot
    except ImportError:
        return
    yield from ((f"plot.{name}", item) for name, item in vars(plot).items() if not name.startswith("_"))


def holds_any(kind):
    if typing.get_origin(kind) is np.ndarray:
        return False  # its shape is Any
    return kind is typing.Any or any(map(holds_any, typing.get_args(kind)))


class Annotations(unittest.TestCase):
    def test_everything_public_is_annotated(self):
        seen = 0
        for name, function in public():
            if not is_ours(function):
                continue
            with self.subTest(name):
                hints = typing.get_type_hints(function)
                wanted = set(inspect.signature(function).parameters) - {"self", "cls"} | {"return"}
                self.assertEqual(wanted - set(hints), set())
                self.assertTrue(hints["return"] is not typing.Any or name in MAY_RETURN_ANY, "returns Any")
                if aimc._types.ArrayLike is not typing.Any:  # numpy before 1.21 has no types
                    self.assertEqual([part for part in hints if part != "return" and hints[part] is typing.Any], [])
            seen += 1
        self.assertGreater(seen, 150)

    def test_no_field_of_a_named_tuple_is_any(self):
        tuples = [item for item in map(lambda name: getattr(aimc, name), aimc.__all__) if hasattr(item, "_fields")]
        self.assertGreater(len(tuples), 18)
        for kind in tuples:
            hints = typing.get_type_hints(kind)
            self.assertEqual(tuple(hints), kind._fields)
            for field, hint in hints.items():
                self.assertFalse(holds_any(hint), f"{kind.__name__}.{field}")

    def test_all_names_exist(self):
        scope = {}
        exec("from aimc import *", scope)  # pylint: disable=exec-used
        self.assertEqual(sorted(set(scope) & set(aimc.__all__)), sorted(aimc.__all__))


class Records(unittest.TestCase):
    def setUp(self):
        tile = aimc.Tile("reram_sb", 3, 4)
        network = aimc.Network().add_linear(2, 3, {"device": "ideal"})
        model = aimc.CostModel()
        report = model.account(tile)
        sgd = aimc.Optimizer(tile, "sgd")
        self.records = [tile.counters, aimc.Device("reram_sb").info, sgd.stats, network.info, network.layers[0],
                        network.program(), aimc.Network().add_linear(2, 3).store(), model.adc, report,
                        report.parts["adc"], model.at_supply(0.8), aimc.baselines()[0],
                        aimc.NoiseModel("pcm_like").info, tile.readout(), network.tensors["linear.weight"],
                        network.matrix(0).tile(0)[0].conductance_info,
                        aimc.CostModel(node_nm=32).extrapolations[0], model.components(tile)[0], model.range(tile),
                        model.sensitivity(tile)[0], model.schedule([tile]), aimc.Config("technology").evidence("v_read")]
        sgd.watch(lambda _, info: self.records.append(info))
        sgd.step(np.ones(4), np.ones(3), 0.01)

    def test_values_are_of_the_types_that_are_stated(self):
        self.assertEqual({type(made) for made in self.records}, set(aimc._abi.RECORDS))
        for made in self.records:
            for field, hint in typing.get_type_hints(type(made)).items():
                stated = typing.get_origin(hint) or hint
                self.assertIs(type(getattr(made, field)), stated, f"{type(made).__name__}.{field}")

    def test_they_are_tuples_of_the_package(self):
        for made in self.records:
            kind = type(made)
            self.assertIs(getattr(aimc, kind.__name__), kind)
            self.assertEqual(kind.__module__, "aimc")
            inside = ", ".join(f"{field}={value!r}" for field, value in made._asdict().items())
            self.assertEqual(repr(made), f"{kind.__name__}({inside})")
            self.assertEqual(repr(pickle.loads(pickle.dumps(made))), repr(made))  # in text: NaN equals nothing
            for field in kind._fields:
                self.assertIn(f"    {field}: ", kind.__doc__)


CALLER = """import aimc
import numpy as np
tile = aimc.Tile("soft_bounds", 3, 4)
reveal_type(tile.counters.updates)
reveal_type(tile.program().weight_error)
reveal_type(aimc.CostModel().account(tile).parts["adc"].name)
reveal_type(aimc.Network().layers[0].op)
with aimc.Device("soft_bounds", dw_min=0.01) as device:
    reveal_type(device.info.num_states)
reveal_type(tile.forward([0, 0, 0, 1]).dtype.type())
reveal_type(np.ones(3) @ tile)
aimc.Optimizer(tile).watch(lambda optimizer, info: print(optimizer.algorithm, info.stepp))
tile.pulse(counts=None)
"""


class Mypy(unittest.TestCase):
    def setUp(self):
        try:
            import mypy  # pylint: disable=unused-import
            self.command = [sys.executable, "-m", "mypy"]
        except ImportError:
            self.command = [shutil.which(os.environ.get("MYPY", "mypy"))]
        if not self.command[0]:
            self.skipTest("there is no mypy; MYPY can name one")

    def run_mypy(self, path, folder):
        return subprocess.run([*self.command, "--strict", "--config-file=", "--python-executable", sys.executable,
                               "--cache-dir", folder, path], capture_output=True, text=True,
                              env={**os.environ, "MYPYPATH": str(PACKAGE.parent)})

    def test_the_package_is_clean(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_mypy(PACKAGE, folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_a_caller_sees(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "caller.py"
            path.write_text(CALLER, encoding="utf-8")
            done = self.run_mypy(path, folder)
        lines = done.stdout.replace("builtins.", "").split("\n")
        revealed = [line.split('Revealed type is "')[1].rstrip('"') for line in lines if "Revealed" in line]
        self.assertEqual(revealed[:5], ["int", "float", "str", "str", "float"])
        self.assertTrue(all("float" in kind and "32" in kind for kind in revealed[5:]), revealed[5:])
        self.assertEqual(len([line for line in lines if ": error: " in line]), 2, done.stdout)
        self.assertIn('"StepInfo" has no attribute "stepp"', done.stdout)
        self.assertIn('"pulse" of "Tile" has incompatible type "None"', done.stdout)


if __name__ == "__main__":
    main()
