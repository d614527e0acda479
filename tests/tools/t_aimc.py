#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The aimc command as a user sees it: help, exit codes, JSON, determinism, resume, bad input.

    AIMC=build/tools/aimc python3 tests/tools/t_aimc.py
"""
import gzip
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")
SMALL = ["--data", "digits", "--limit", "300", "--layers", "12", "--batch", "7", "--quiet"]


def aimc(*args, **kwargs):
    return subprocess.run([AIMC, *map(str, args)], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, **kwargs)


def idx(values, *dims, magic=b"\0\0\x08"):
    return magic + bytes([len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + bytes(values)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name, content=None):
        path = self.folder / name
        if content is not None:
            path.write_bytes(content)
        return path

    def good(self, *args, **kwargs):
        result = aimc(*args, **kwargs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def bad(self, code, words, *args, **kwargs):
        """Fails with this exit code and a sentence that holds these words; nothing on stdout."""
        result = aimc(*args, **kwargs)
        self.assertEqual(result.returncode, code, (args, result.stderr))
        self.assertEqual(result.stdout, "", args)
        self.assertTrue(result.stderr.startswith("aimc"), result.stderr)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, result.stderr, args)
        return result


class Help(Case):
    def test_every_help_has_a_complete_example(self):
        for args in ([], ["train"], ["infer"], ["device"], ["device", "list"], ["device", "show"]):
            result = self.good(*args, "--help")
            self.assertIn("Usage: " + " ".join(["aimc", *args]), result.stdout)
            self.assertIn("Example\n  aimc ", result.stdout)
            self.assertEqual(result.stderr, "")

    def test_version(self):
        self.assertRegex(self.good("--version").stdout, r"^aimc \d+\.\d+\.\d+\n$")

    def test_usage_errors_exit_with_2(self):
        self.assertEqual(aimc().returncode, 2)
        self.bad(2, "did you mean 'train'", "trian")
        self.bad(2, "did you mean 'show'", "device", "shwo", "ideal")
        self.bad(2, "did you mean --epochs?", "train", "--epohcs", "3")
        self.bad(2, "needs a value", "train", "--epochs")
        self.bad(2, "takes no value", "train", "--json=1")
        self.bad(2, "one argument too many", "train", "digits")
        self.bad(2, "argument is missing", "infer")
        self.bad(2, "two dashes", "train", "-q")

    def test_bad_numbers(self):
        for value, words in (("x", "not a number"), ("", "not a number"), ("1.5", "whole number"),
                             ("-1", "below"), ("nan", "not a number"), ("1e999", "not a number"),
                             ("0x10", "not a number"), ("1e7", "above")):
            self.bad(2, ["--batch", words], "train", "--batch", value)
        self.bad(2, "--lr", "train", "--lr=inf")
        self.bad(2, "--layers", "train", "--layers", "64,,10")
        self.bad(2, "--layers", "train", "--layers", "0")

    def test_full_disk_behind_stdout(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            code = subprocess.run([AIMC, "--version"], stdout=full, stderr=subprocess.DEVNULL,
                                  check=False).returncode
        self.assertEqual(code, 1)


class Devices(Case):
    def test_list_and_show_agree(self):
        listed = json.loads(self.good("device", "list", "--json").stdout)["devices"]
        names = [device["name"] for device in listed]
        for name in ("ideal", "constant_step", "soft_bounds"):
            self.assertIn(name, names)
        text = self.good("device", "list").stdout
        for device in listed:
            self.assertIn(device["name"], text)
            shown = json.loads(self.good("device", "show", device["name"], "--json").stdout)
            self.assertEqual(shown["kind"], device["kind"])
            self.assertTrue(shown["source"], device["name"])
            for field in shown["fields"]:
                for key in ("name", "unit", "doc", "source", "type"):
                    self.assertTrue(field[key], (device["name"], field))

    def test_figures(self):
        shown = json.loads(self.good("device", "show", "constant_step", "--json").stdout)
        fields = {field["name"]: field["value"] for field in shown["fields"]}
        self.assertAlmostEqual(shown["granularity"], fields["dw_min"])
        self.assertGreater(shown["num_states"], 1)
        text = self.good("device", "show", "constant_step").stdout
        for words in ("number of states", "granularity", "symmetry point", "dw_min", "source"):
            self.assertIn(words, text)

    def test_unknown(self):
        self.bad(2, "soft_bounds", "device", "show", "soft_bonds")
        self.bad(2, "optimizer", "device", "show", "sgd")


class Training(Case):
    def train(self, name, *args):
        path = self.folder / name
        result = self.good("train", *SMALL, "--out", path, *args)
        return path, result.stdout

    def same_bytes(self, a, b):
        self.assertEqual(a.read_bytes(), b.read_bytes(), f"{a.name} and {b.name} differ")

    def test_threads_do_not_matter(self):
        for device in ("gokmen_vlasov", "reram_sb", "none"):
            args = ["--device", device, "--epochs", 2, "--seed", 5]
            one, text = self.train("one", *args, "--threads", 1)
            for threads in (2, 7):
                other, other_text = self.train(f"with{threads}", *args, "--threads", threads)
                self.same_bytes(one, other)
                self.assertEqual(text, other_text)

    def test_seed_matters(self):
        one, _ = self.train("one", "--epochs", 1, "--seed", 1)
        two, _ = self.train("two", "--epochs", 1, "--seed", 2)
        self.assertNotEqual(one.read_bytes(), two.read_bytes())

    def test_json(self):
        result = self.good("train", *SMALL, "--epochs", 2, "--compare", "--json", "--out",
                           self.path("m"))
        report = json.loads(result.stdout)
        self.assertEqual(len(report["epochs"]), 2)
        self.assertEqual(report["test_accuracy"], report["epochs"][-1]["test_accuracy"])
        self.assertIn("test_accuracy", report["floating_point"])
        self.assertEqual(report["network"]["samples_trained"], 600)
        self.assertGreater(report["network"]["counters"]["pulses_up"], 0)

    def test_saved_model_gives_the_same_accuracy(self):
        model, text = self.train("model", "--epochs", 2)
        accuracy = text.splitlines()[-1]
        self.assertRegex(accuracy, r"^test accuracy 0\.\d{4}$")
        for args in ([], ["--data", "digits"], ["--threads", 1]):
            self.assertEqual(self.good("infer", model, *args).stdout.splitlines()[-1], accuracy)
        report = json.loads(self.good("infer", model, "--json").stdout)
        rows = report["confusion"]
        self.assertEqual(sum(map(sum, rows)), report["samples"])
        self.assertEqual(sum(row[i] for i, row in enumerate(rows)), report["correct"])
        self.assertEqual(f"test accuracy {report['accuracy']:.4f}", accuracy)

    def test_more_epochs_by_resuming(self):
        whole, _ = self.train("whole", "--epochs", 4)
        parts, _ = self.train("parts", "--epochs", 2)
        self.good("train", "--resume", parts, "--epochs", 4, "--quiet", "--threads", 2)
        self.same_bytes(whole, parts)

    def test_resuming_a_finished_run_changes_nothing(self):
        model, text = self.train("model", "--epochs", 1)
        before = model.read_bytes()
        again = self.good("train", "--resume", model, "--quiet")
        self.assertEqual(model.read_bytes(), before)
        self.assertEqual(again.stdout, text)

    def interrupt(self, how, name):
        """Begin a long run, end it by a signal once it has saved, and return its model."""
        path = self.folder / name
        with subprocess.Popen([AIMC, "train", *SMALL, "--epochs", "40", "--checkpoint-every", "5",
                               "--out", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as run:
            end = time.monotonic() + 60
            while not path.exists() and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(0.02)
            run.send_signal(how)
            run.communicate()
            self.assertEqual(run.returncode, -how if how == signal.SIGKILL else 1)
        return path

    def test_killed_and_resumed_equals_uninterrupted(self):
        whole, _ = self.train("whole", "--epochs", 40)
        for how in (signal.SIGKILL, signal.SIGINT):
            part = self.interrupt(how, how.name)
            self.assertNotEqual(part.read_bytes(), whole.read_bytes())
            self.good("train", "--resume", part, "--quiet", "--threads", 1)
            self.same_bytes(whole, part)

    def test_configuration(self):
        config = self.path("layer.json", b'{"device": {"dw_min": 0.004}}')
        one, _ = self.train("one", "--epochs", 1, "--config", config)
        two, _ = self.train("two", "--epochs", 1, "--set", "device.dw_min=0.004")
        self.same_bytes(one, two)
        cut = json.loads(self.good("train", *SMALL, "--epochs", 1, "--json", "--set",
                                   "mapping.max_input_size=20").stdout)
        self.assertGreater(cut["network"]["tiles"], 2)

    def test_progress_is_one_line_per_epoch(self):
        args = [arg for arg in SMALL if arg != "--quiet"]
        result = self.good("train", *args, "--epochs", 3)
        lines = [line for line in result.stderr.splitlines() if line.startswith("epoch ")]
        self.assertEqual(len(lines), 3)
        self.assertNotIn("\r", result.stderr)


class BadTraining(Case):
    def test_names(self):
        self.bad(2, "gokmen_vlasov", "train", "--device", "gokmen_vlasof")
        self.bad(2, "not a device", "train", "--device", "sgd")
        self.bad(2, "--algorithm", "train", "--algorithm", "sgdd")
        self.bad(2, "did you mean 'sigmoid'", "train", "--activation", "sigmoyd")
        self.bad(2, "did you mean 'mnist'", "train", "--data", "mnits")
        self.bad(2, "dw_min", "train", "--set", "device.dw_mim=0.1")
        self.bad(2, "field=value", "train", "--set", "device.dw_min")
        self.bad(2, "--set", "train", "--set", "device.dw_min=abc")
        self.bad(2, "other than none", "train", "--device", "none", "--set", "device.dw_min=1")

    def test_config_file(self):
        self.bad(1, "missing.json", "train", "--config", self.path("missing.json"))
        self.bad(1, "--config", "train", "--config", self.path("cut.json", b'{"device": '))
        self.bad(1, "dw_min", "train", "--config", self.path("c.json", b'{"device": {"dw_mim": 1}}'))

    def test_out_cannot_be_written(self):
        self.bad(1, "--out", "train", *SMALL, "--out", "/no/such/folder/model")

    def test_resume(self):
        self.bad(1, "train.json", "train", "--resume", self.path("missing"))
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        self.bad(2, "--batch", "train", "--resume", model, "--batch", 3)
        self.bad(2, "--set", "train", "--resume", model, "--set", "device.dw_min=1")
        side_car = self.path("model.train.json")
        text = side_car.read_text(encoding="utf-8")
        side_car.write_text(text.replace('"batch": 7', '"batch": 11'), encoding="utf-8")
        self.bad(1, "another's", "train", "--resume", model, "--quiet")
        for spoilt in (text[:30], "[]", "{}", text.replace('"batch": 7', '"batch": "7"')):
            side_car.write_text(spoilt, encoding="utf-8")
            self.bad(1, "train.json", "train", "--resume", model, "--quiet")

    def test_model(self):
        self.bad(1, "missing", "infer", self.path("missing"), "--data", "digits")
        self.bad(2, "--data is missing", "infer", self.path("missing"))
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        content = model.read_bytes()
        for k, spoilt in enumerate((b"", content[:7], content[:100], content[:-1], content + b"x",
                                    b"\xff" * 64)):
            self.bad(1, "spoilt", "infer", self.path(f"spoilt{k}", spoilt), "--data", "digits")
        self.bad(2, "--split", "infer", model, "--split", "all")


class BadData(Case):
    def data(self, words, images, labels, code=1):
        pair = f"{self.path('images', images)},{self.path('labels', labels)}"
        self.bad(code, words, "train", "--data", pair)

    def test_malformed_files(self):
        images, labels = idx(range(40), 10, 2, 2), idx([0, 1] * 5, 10)
        packed = gzip.compress(images)
        self.data("not an IDX file", b"P5 28 28 255 whatever", labels)
        self.data("too short", b"", labels)
        self.data("ends within the IDX header", images[:9], labels)
        self.data("cut short: 37 values of 40", images[:-3], labels)
        self.data("longer than its header says", images + b"x", labels)
        self.data("cut short", packed[:-12], labels)
        self.data("images", packed[:-8] + bytes(8), labels)
        self.data("type 0x0d", idx(range(40), 10, 2, 2, magic=b"\0\0\x0d"), labels)
        self.data("dimensions", idx([], *[1] * 9), labels)
        self.data("size 0", idx([], 0, 2, 2), labels)
        self.data("4 GiB", idx([], 2**32 - 1, 2**32 - 1, 2**32 - 1), labels)
        self.data("cut short", idx([], 1000, 1000, 1000), labels)
        self.data(["10 images", "9 labels"], images, idx([0] * 9, 9))
        self.data("look like labels", labels, labels)
        self.data("labels have one", images, images)
        self.data("every fifth", idx(range(8), 2, 2, 2), idx([0, 1], 2))

    def test_missing(self):
        self.bad(1, "No such file", "train", "--data", f"{self.path('a')},{self.path('b')}")
        self.bad(1, "directory", "train", "--data", f"{self.folder},{self.folder}")
        self.bad(2, "give images,labels", "train", "--data", "a,b,c")
        self.bad(2, "give images,labels", "train", "--data", "a,b,c,d,e")

    def test_data_does_not_fit_model(self):
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        images, labels = idx(range(40), 10, 2, 2), idx([0, 1] * 5, 10)
        pair = f"{self.path('images', images)},{self.path('labels', labels)}"
        self.bad(1, ["64 inputs", "4"], "infer", model, "--data", pair)

    def test_plain_and_packed_files_with_a_test_part(self):
        images, labels = idx([0, 0, 255, 255] * 20, 20, 2, 2), idx([0, 1] * 10, 20)
        one = idx([255, 255, 0, 0] * 4, 4, 4)
        files = [self.path("a", images), self.path("b.gz", gzip.compress(labels)),
                 self.path("c.gz", gzip.compress(one)), self.path("d", idx([1, 0, 1, 0], 4))]
        report = json.loads(self.good("train", "--data", ",".join(map(str, files)), "--layers",
                                      "none", "--epochs", 1, "--json").stdout)
        self.assertEqual((report["n_train"], report["n_test"]), (20, 4))


if __name__ == "__main__":
    unittest.main()
