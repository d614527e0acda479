# SPDX-License-Identifier: MIT
"""aimc/_abi.py is what the headers say, the compiler agrees, and everything public is wrapped."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest.mock

from common import SOURCE, aimc, main, unittest

PACKAGE = SOURCE / "bindings" / "python"
GENERATOR = PACKAGE / "abi_from_headers.py"
INCLUDE = SOURCE / "include" / "aimc"


class Library(unittest.TestCase):
    def candidates(self, system, *names):
        library = sys.modules["aimc._lib"]
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.dict(os.environ):
            os.environ.pop("AIMC_LIBRARY", None)
            place = pathlib.Path(folder)
            for name in names + ("_lib.py", "py.typed", "libaimc.a", "libaimc.dll.a", "aimc.lib"):
                (place / name).touch()
            return [pathlib.Path(path).name for path in library._candidates(place, system)]

    def test_name_by_system(self):
        everything = ("libaimc.so.0", "libaimc.0.dylib", "libaimc-0.dll", "aimc-0.dll")
        self.assertEqual(self.candidates("linux", *everything), ["libaimc.so.0", "libaimc.so.0"])
        self.assertEqual(self.candidates("freebsd14", *everything), ["libaimc.so.0", "libaimc.so.0"])
        self.assertEqual(self.candidates("darwin", *everything), ["libaimc.0.dylib", "libaimc.0.dylib"])
        self.assertEqual(self.candidates("win32", *everything), ["aimc-0.dll", "libaimc-0.dll", "libaimc-0.dll"])

    def test_nothing_beside_the_package(self):
        for system, name in (("linux", "libaimc.so.0"), ("darwin", "libaimc.0.dylib"), ("win32", "libaimc-0.dll")):
            self.assertEqual(self.candidates(system), [name])

    def test_what_the_environment_names_alone(self):
        with unittest.mock.patch.dict(os.environ, AIMC_LIBRARY="/elsewhere/mine.so"):
            self.assertEqual(sys.modules["aimc._lib"]._candidates(), ["/elsewhere/mine.so"])


class Abi(unittest.TestCase):
    def test_generated_file_is_fresh(self):
        done = subprocess.run([sys.executable, GENERATOR, "--check", INCLUDE, PACKAGE / "aimc" / "_abi.py"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_check_notices_a_change(self):
        with tempfile.TemporaryDirectory() as folder:
            stale = pathlib.Path(folder) / "_abi.py"
            text = (PACKAGE / "aimc" / "_abi.py").read_text(encoding="utf-8")
            stale.write_text(text.replace("ct.c_double", "ct.c_float", 1), encoding="utf-8")
            done = subprocess.run([sys.executable, GENERATOR, "--check", INCLUDE, stale], capture_output=True)
        self.assertEqual(done.returncode, 1)

    def test_layouts_are_those_of_the_compiler(self):
        source = subprocess.run([sys.executable, GENERATOR, "--layout", INCLUDE], capture_output=True, text=True,
                                check=True).stdout
        self.assertGreater(source.count("_Static_assert"), 100)
        command = [os.environ.get("CC", "cc"), "-std=c11", "-fsyntax-only", "-I", SOURCE / "include", "-x", "c", "-"]
        try:
            done = subprocess.run(command, input=source, capture_output=True, text=True)
        except FileNotFoundError:
            self.skipTest("no C compiler")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_function_is_used(self):
        text = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "aimc").glob("*.py")
                       if path.name != "_abi.py")
        # found by prefix and verb: those of LinearMap and Programmable
        verbs = ("forward", "backward", "get_weights", "set_weights", "get_counters", "describe", "get_n_out", "get_n_in", "save", "load", "save_bytes", "load_bytes",
                 "program", "drift_programmed", "compensate", "unprogram", "write")
        common = {f"aimc_{owner}_{verb}" for owner in ("tile", "matrix", "network") for verb in verbs}
        unneeded = {"aimc_context_params_init",  # for languages whose structs do not start as zeros
                    "aimc_network_add",  # aimc_network_add_named() without a name
                    "aimc_tile_write_spice"}  # aimc_tile_write_netlist() without a configuration
        missing = [name for name in aimc._abi.FUNCTIONS
                   if not re.search(rf"\b{name}\b", text) and name not in common | unneeded]
        self.assertEqual(missing, [])

    def test_wrong_library_is_refused(self):
        for library, words in (("libc.so.6", "not libaimc"),
                               ("/nowhere/libaimc.so", "set AIMC_LIBRARY")):
            done = subprocess.run([sys.executable, "-c", "import aimc"], capture_output=True, text=True,
                                  env={**os.environ, "AIMC_LIBRARY": library})
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)

    def test_wrong_abi_is_refused(self):
        code = ("#include <stdint.h>\nuint32_t aimc_get_abi_version(void) { return 99; }\n"
                'const char *aimc_get_version(void) { return "9.9"; }\n')
        with tempfile.TemporaryDirectory() as folder:
            library = pathlib.Path(folder) / "libaimc.so"
            try:
                subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-x", "c", "-", "-o", library],
                               input=code, text=True, check=True)
            except FileNotFoundError:
                self.skipTest("no C compiler")
            done = subprocess.run([sys.executable, "-c", "import aimc"], capture_output=True, text=True,
                                  env={**os.environ, "AIMC_LIBRARY": str(library)})
        self.assertIn("has ABI 99; this package needs ABI 0", done.stderr)


if __name__ == "__main__":
    main()
