# SPDX-License-Identifier: MIT
"""Everything public has a docstring that names each of its arguments, or each of its fields: help() is enough to use it."""
import importlib
import inspect
import pathlib
import re

from common import SOURCE, aimc, main, unittest

PACKAGE = SOURCE / "bindings" / "python" / "aimc"
MODULES = ["convert", "datasets", "plot", "sklearn", "sweep", "torch"]
# arguments that a docstring may leave to PyTorch by this sentence; those of ours it names
OF_PYTORCH, OURS = "Arguments are those of PyTorch", {"config", "ctx"}


def is_ours(item):
    try:
        return pathlib.Path(inspect.getfile(inspect.unwrap(item))).resolve().parent == PACKAGE.resolve()
    except TypeError:  # it is no function and no class, or one of C's
        return False


def public_names(module):
    return getattr(module, "__all__", None) or [name for name, item in vars(module).items()
                                                if not name.startswith("_") and getattr(item, "__module__", "") == module.__name__]


def members(cls):
    """(name, property or function) of what our classes define, where it is defined."""
    for name in dir(cls):
        owner = next(base for base in cls.__mro__ if name in vars(base)) if not name.startswith("_") else object
        member = vars(owner).get(name)
        member = getattr(member, "__func__", member)
        if is_ours(owner) and (isinstance(member, property) or inspect.isfunction(member)):
            yield name, member


def public():
    """(name, item) of everything that the package offers here; some modules need other packages."""
    for name in ["", *MODULES]:
        try:
            module = importlib.import_module(f"aimc.{name}" if name else "aimc")
        except ImportError as missing:
            print(f"not looked at: {missing}")
            continue
        for item_name in public_names(module):
            item = getattr(module, item_name)
            if is_ours(item):
                yield f"{name}.{item_name}", item
            if inspect.isclass(item) and is_ours(item):
                yield from ((f"{name}.{item_name}.{member}", thing) for member, thing in members(item))


def documented(item):
    """Its docstring, and the names that this has to say."""
    if inspect.isclass(item):
        doc = vars(item).get("__doc__")
        made = inspect.getattr_static(item, "__init__")
        names = getattr(item, "_fields", None) or (list(inspect.signature(made).parameters)[1:] if is_ours(made) else [])
    else:
        doc, names = item.__doc__, [] if isinstance(item, property) else [name for name in inspect.signature(item).parameters
                                                                           if name not in ("self", "cls")]
    return doc or "", [name for name in names if OF_PYTORCH not in (doc or "") or name in OURS]


class Docstrings(unittest.TestCase):
    def test_all_is_told(self):
        seen = 0
        for name, item in public():
            with self.subTest(name):
                doc, names = documented(item)
                self.assertGreater(len(doc), 15, "no docstring")
                self.assertEqual([word for word in names if not re.search(rf"\b{word}\b", doc)], [], "not in its docstring")
            seen += 1
        self.assertGreater(seen, 250)

    def test_the_check_sees(self):
        class Half:  # pylint: disable=too-few-public-methods
            """Something made from a."""

            def __init__(self, a, b):
                self.sum = a + b
        Half.__init__.__code__ = Half.__init__.__code__.replace(co_filename=str(PACKAGE / "half.py"))
        doc, names = documented(Half)
        self.assertEqual((doc, names), ("Something made from a.", ["a", "b"]))
        self.assertEqual(documented(aimc.Accuracy)[1], ["mean", "std_error"])


if __name__ == "__main__":
    main()
