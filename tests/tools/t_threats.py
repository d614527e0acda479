#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hostile files and environments, as SECURITY.md has them: whatever comes, the command ends by itself with its own exit
code, within bounds of memory and time, opens nothing that the user did not name, and sends no control character to a terminal.

    AIMC=build/tools/aimc python3 tests/tools/t_threats.py
"""
import json
import os
import pathlib
import resource
import struct
import subprocess
import tempfile
import threading
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")
SANITIZED = b"__asan_" in pathlib.Path(AIMC).read_bytes()  # takes more addresses than any limit
MEMORY = 1 << 30
SECONDS = 60


def limit():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def split(model):
    length, = struct.unpack("<Q", model[:8])
    return json.loads(model[8:8 + length]), model[8 + length:]


def join(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def run_limited(self, *args, env=None):
        """Exit code and stderr; a signal, a limit or a control character fails."""
        result = subprocess.run([AIMC, *map(str, args)], capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
                                preexec_fn=limit, env=dict(os.environ, **env or {}), check=False)
        self.assertIn(result.returncode, (0, 1, 2), (args, result.stderr[-500:]))
        for text in (result.stdout, result.stderr):
            self.assertFalse([c for c in text if c < 32 and c not in b"\n\t"], (args, text[:500]))
        return result.returncode, result.stderr.decode("utf-8", "replace")

    def refused(self, words, *args, **kwargs):
        code, said = self.run_limited(*args, **kwargs)
        self.assertIn(code, (1, 2), said)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, said)
        return said

    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        model = pathlib.Path(place.name) / "model"
        subprocess.run([AIMC, "train", "--data", "digits", "--limit", "50", "--layers", "none", "--epochs", "1", "--quiet", "--out",
                        model], check=True, capture_output=True)
        cls.model = model.read_bytes()


class Models(Case):
    def changed(self, name, change):
        header, data = split(self.model)
        change(header)
        return self.path(name, join(header, data))

    def with_note(self, **fields):
        def change(header):
            note = dict(json.loads(header["__metadata__"]["note"]), **fields)
            header["__metadata__"]["note"] = json.dumps(note)
        return self.changed("noted", change)

    def test_a_note_opens_no_file(self):
        """The file is a pipe, and somebody waits to write to it: nobody comes."""
        trap = self.folder / "trap"
        os.mkfifo(trap)
        opened = threading.Event()

        def wait():
            os.close(os.open(trap, os.O_WRONLY))  # returns when a reader opens it
            opened.set()

        watcher = threading.Thread(target=wait, daemon=True)
        watcher.start()
        for data in (f"{trap},{trap}", f"{trap},{trap},{trap},{trap}", f"{trap}.bin"):
            model = self.with_note(data=data)
            for command in (["infer", model], ["infer", model, "--program", "pcm_like"], ["train", "--resume", model],
                            ["study", "--model", model]):
                self.refused([], *command)
                self.assertFalse(opened.is_set(), command)
            self.refused(["opens no files", "--data"], "infer", model)
            self.refused(["opens no files", "--data"], "train", "--resume", model)
            self.run_limited("energy", model)
            self.run_limited("summary", model)
        model = self.with_note(network=str(trap))
        self.refused(["opens no files"], "train", "--resume", model, "--compare", "--epochs", 2)
        self.assertFalse(opened.is_set())
        os.close(os.open(trap, os.O_RDONLY))  # lets the watcher go, and shows that it was there
        watcher.join(10)
        self.assertTrue(opened.is_set())

    def test_a_note_of_the_user_s_files_works_when_they_are_given(self):
        model = self.with_note(data="images,labels")
        self.assertEqual(self.run_limited("infer", model, "--data", "digits", "--quiet")[0], 0)

    def test_a_note_that_is_wrong_behind_good_texts(self):
        """Its texts were looked at after they were gone: the fuzz target found it."""
        for wrong in (None, "x", -1, 1e300):
            self.refused('"epochs" in its note is not a number in its range', "infer", self.with_note(epochs=wrong), "--data", "digits")

    def test_control_characters(self):
        said = self.refused("opens no files", "infer", self.with_note(data="\x1b[2J\x1b]0;x\x07,\r\b"))
        self.assertNotIn("\x1b", said)
        for key in ("aimc.format", "aimc.content"):
            self.refused([], "infer", self.changed("m", lambda h, key=key: h["__metadata__"].update({key: "\x1b[31m"})))
        self.refused([], "infer", self.changed("m", lambda h: h.update({"\x1b[31m": h.pop(next(k for k in h if k != "__metadata__"))})))

    def test_lies_about_sizes(self):
        for size in (0, 1, 2**31, 2**32, 2**63, 2**64 - 1):
            self.refused("safetensors", "infer", self.path("m", struct.pack("<Q", size) + self.model[8:]), "--data", "digits")

        def huge(header):
            for name, tensor in header.items():
                if name != "__metadata__":
                    tensor["shape"] = [2**40 for _ in tensor["shape"]]
        self.refused("shape", "infer", self.changed("m", huge), "--data", "digits")

        def wide(header):
            text = header["__metadata__"]["network"]
            header["__metadata__"]["network"] = text.replace('"out_features": 10', '"out_features": 1000000')
        self.refused([], "infer", self.changed("m", wide), "--data", "digits")

    def test_nesting_and_names(self):
        for text in (b"[" * 10**6, b'{"a":' * 10**6, b'{"__metadata__": {"a": "' + b"x" * 10**7, b'{"' + b"\\u0000" * 1000 + b'": 1}',
                     b'{"\xff": 1}', b"{" + b",".join(b'"%d":{}' % k for k in range(10**5)) + b"}"):
            self.refused([], "infer", self.path("m", join(text, b"")), "--data", "digits")
        deep = "[" * 100000 + "]" * 100000
        self.refused([], "infer", self.changed("m", lambda h: h["__metadata__"].update(network=deep)), "--data", "digits")
        self.run_limited("infer", self.changed("m", lambda h: h["__metadata__"].update(note=deep)), "--data", "digits")

    def test_sparse(self):
        path = self.path("m", b"")
        os.truncate(path, 3 << 30)
        for command in (["infer", path], ["summary", path], ["run", path, "--data", path], ["mvm", "--weights", path, "--inputs", path],
                        ["train", "--resume", path], ["infer", self.path("good", self.model), "--data", f"{path},{path}"]):
            self.refused([], *command)

    def test_documents_that_ask_for_too_much(self):
        inputs = [{"name": "x", "shape": [1048576]}]
        for width in (1048576, 2**31, 2**62):
            node = {"name": "fc", "op": "linear", "inputs": ["x"], "config": {"out_features": width}}
            text = json.dumps({"format": "aimc-network", "version": 1, "inputs": inputs, "nodes": [node], "outputs": ["fc"]})
            self.refused([], "summary", self.path("n.json", text.encode()))


class Tables(Case):
    def test_hostile_tables(self):
        tables = (b"\0" * 1000, b'"' * 10**6, b"1," * 10**6, b"1\n" * 3 + b"," * 10**6, b"\xff\xfe1\0", b"1;" * 70000 + b"\n", b'"1\n2\n3',
                  b"1e999,2\n", b"nan,inf\n", b"-" * 10**6, b"1" * 10**6, b"\x1b[2J,\x1b[2J\n\x1b[31m,2\n", b"=cmd|' /C calc'!A0,1\n", b"",
                  b"\n" * 10**6, b"%s%n%s%n,1\n", b"\xef\xbb\xbf" * 1000, b"1,2\r" * 10**5, b"a" * 10**6 + b",b\n1,2\n",
                  b"\x93NUMPY\1\0\xff\xff" + b"(" * 65535, b"\x93NUMPY\2\0\xff\xff\xff\xff")
        good = self.path("g.csv", b"1,2\n3,4\n")
        for k, content in enumerate(tables):
            path = self.path(f"t{k}.csv", content)
            self.run_limited("mvm", "--weights", path, "--inputs", good)
            self.run_limited("device", "fit", path)
            self.run_limited("run", self.path("m", self.model), "--data", path)


class Environment(Case):
    def test_hostile_environment(self):
        model = self.path("m", self.model)
        for value in ("x" * 100000, "%s%n%n%n", "c," * 50000, "\x1b[2J", ",,,,", "avx2,avx512,neon,c,bogus", "../../etc/passwd", "1" * 5000):
            code, said = self.run_limited("infer", model, "--data", "digits", "--quiet", env={"AIMC_CPU": value})
            self.assertTrue(code == 0 or "AIMC_CPU" in said, said[:500])
            # a set of data that is found nowhere else, and one that comes with the program
            self.run_limited("infer", model, "--data", "cifar10", "--quiet", env={"AIMC_DATA": value})
            self.assertEqual(self.run_limited("infer", model, "--data", "digits", "--quiet", env={"AIMC_DATA": value})[0], 0)

    def test_other_variables(self):
        model = self.path("m", self.model)
        expected = subprocess.run([AIMC, "infer", model, "--quiet"], capture_output=True, check=True).stdout
        for env in ({"LC_ALL": "x" * 5000}, {"LANG": "../../../tmp"}, {"TERM": "\x1b[2J"}, {"COLUMNS": "-1"}, {"TMPDIR": "/nowhere"},
                    {"HOME": ""}, {"AIMC_LIBRARY": "/nowhere"}, {"AIMC_NETWORK": "/nowhere"}, {"OMP_NUM_THREADS": "999999"},
                    {"BLIS_NUM_THREADS": "-5"}):
            result = subprocess.run([AIMC, "infer", model, "--quiet"], capture_output=True, timeout=SECONDS, env=dict(os.environ, **env),
                                    check=False)
            self.assertEqual((result.returncode, result.stdout), (0, expected), env)


if __name__ == "__main__":
    unittest.main()
