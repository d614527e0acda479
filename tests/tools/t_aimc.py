#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The aimc command as a user sees it: help, exit codes, JSON, determinism, resume, bad input.

    AIMC=build/tools/aimc python3 tests/tools/t_aimc.py
"""
import gzip
import json
import os
import pathlib
import pty
import re
import resource
import select
import signal
import struct
import stat
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
        if "--json" in args:  # each message is an object on a line
            told = [json.loads(line) for line in result.stderr.splitlines()]
            self.assertEqual(told[-1]["exit"], code)
        else:
            self.assertTrue(result.stderr.startswith("aimc"), result.stderr)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, result.stderr, args)
        return result


class Help(Case):
    def test_help_of_a_command(self):
        self.assertEqual(self.good("help", "train").stdout, self.good("train", "--help").stdout)
        self.assertIn("Usage", self.good("help").stdout)
        for words in ("infer", "run", "summary", "deploy", "conductance", "device", "study", "energy", "stats", "mvm", "converter", "spice", "device list",
                      "device show", "device response", "device fit"):
            shown = self.good(*words.split(), "--help").stdout
            self.assertEqual(self.good("help", *words.split()).stdout, shown)
            for line in shown.splitlines():  # name and help stand apart
                self.assertRegex(line, r"^(?!  --\w)|^  --[\w-]+( [^ ]+)?(  .*)?$")
                self.assertLess(len(line), 101)
        self.bad(2, "one word too many", "help", "train", "fit")
        self.bad(2, "unknown command", "help", "trian")
        self.bad(2, "did you mean 'fit'", "help", "device", "fitt")

    def test_plots_are_refused_before_the_work(self):
        """What no ending promises, and what another program would have to draw that is not there."""
        for name in ("x.gif", "a.svg/x", "x.svg.gz"):
            self.bad(2, ["--plot", ".svg, .png or .pdf"], "device", "response", "soft_bounds", "--plot", self.folder / name)
        self.path("none", b"#!/bin/sh\nexit 1\n").chmod(0o755)
        for python in (self.folder / "none", self.folder / "absent"):
            for name in ("x.png", "a.svg/x.PDF"):
                without = {**os.environ, "AIMC_PYTHON": str(python)}
                self.bad(2, ["--plot", "matplotlib", str(python)], "device", "response", "soft_bounds", "--plot", self.folder / name, env=without)
                self.bad(2, ["--plot", "AIMC_PYTHON"], "device", "fit", "any", "--plot", self.folder / name, env=without)
                self.assertFalse((self.folder / name).exists())
        self.good("device", "response", "soft_bounds", "--devices", 5, "--pulses", 5, "--plot", self.folder / "x.SVG")

    def test_a_plot_that_was_not_drawn_is_kept(self):
        """What draws says that it can, and then does not: the SVG stays."""
        python = self.path("python", b'#!/bin/sh\n[ "$1" = -c ]\n')
        python.chmod(0o755)
        failed = aimc("device", "response", "soft_bounds", "--devices", 5, "--pulses", 5, "--plot", self.folder / "x.png",
                      env={**os.environ, "AIMC_PYTHON": str(python)})
        self.assertEqual(failed.returncode, 1)
        self.assertIn(f"the plot is in {self.folder}/x.png.svg", failed.stderr)
        self.assertIn("<polyline", (self.folder / "x.png.svg").read_text())

    def test_plots_of_devices_layers_and_chips(self):
        """Lines as many as there are devices, layers, and ways to read a chip."""
        def lines(name):
            return (self.folder / name).read_text().count("<polyline")
        model, plot = self.folder / "digits.safetensors", self.folder / "plot.svg"
        self.good("train", "--data", "digits", "--epochs", 1, "--quiet", "--out", model)
        self.good("device", "compare", "reram_es", "soft_bounds", "gokmen_vlasov", "--plot", plot)
        self.assertEqual(lines("plot.svg"), 3)
        self.good("stats", model, "--plot", plot)
        self.assertEqual(lines("plot.svg"), 2)
        self.good("infer", model, "--program", "pcm_like", "--repeat", 1, "--drift", "0,60", "--plot", plot)
        self.assertEqual(lines("plot.svg"), 2)
        plot.unlink()
        self.bad(2, ["ideal", "number of states"], "device", "compare", "reram_es", "ideal", "--plot", plot)
        self.bad(2, ["output", "--inputs"], "stats", model, "--of", "output", "--plot", plot)
        self.bad(2, ["--of", "conductance_us"], "stats", model, "--of", "weights")
        self.bad(2, ["--plot", "--program"], "infer", model, "--plot", plot)
        self.assertFalse(plot.exists())

    def test_no_path_of_the_build_machine(self):
        program = pathlib.Path(AIMC).read_bytes()
        root = os.fsencode(pathlib.Path(__file__).resolve().parents[2])
        if b".debug_info" in program:
            self.skipTest("debug information names the folder of the sources")
        self.assertNotIn(root, program)
        self.assertNotIn(b"shared/data", program)

    def test_every_help_has_a_complete_example(self):
        for args in ([], ["train"], ["infer"], ["device"], ["device", "list"], ["device", "show"],
                     ["device", "response"], ["device", "fit"]):
            result = self.good(*args, "--help")
            self.assertIn("Usage: " + " ".join(["aimc", *args]), result.stdout)
            self.assertIn("Example\n  aimc ", result.stdout)
            self.assertEqual(result.stderr, "")

    def test_defaults_in_help_are_those_used(self):
        text = self.good("train", "--help").stdout
        report = json.loads(self.good("train", "--limit", "20", "--quiet", "--json").stdout)
        report["epochs"] = len(report["epochs"])
        for name in ("epochs", "lr", "lr-decay", "layers"):
            words = re.search(rf"--{name} .*?default: (\S+) for digits", text, re.S).group(1)
            self.assertEqual(float(words), float(report[name.replace("-", "_")]), name)
        for name in ("data", "batch", "device", "seed"):
            words = re.search(rf"--{name} .*?default: ([^)]+)\)", text, re.S).group(1)
            self.assertEqual(words, str(report[name]), name)
        self.assertIn(f"{report['activation']} (default)", text)

    def test_settings_in_help_exist(self):
        text = self.good("train", "--help").stdout
        settings = re.findall(r"(\w+\.[\w.]+=[0-9.]+)", text)
        self.assertEqual(len(settings), 4)
        for setting in settings:
            self.good("train", *SMALL, "--epochs", 1, "--set", setting)

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

    def test_nested_fields_have_the_names_that_set_takes(self):
        shown = json.loads(self.good("device", "show", "layer", "--json").stdout)
        fields = {field["name"]: field for field in shown["fields"]}
        self.assertEqual(fields["forward"]["value"], "periphery")
        inner = {field["name"]: field for field in fields["forward"]["fields"]}
        self.assertEqual(inner["forward.out_noise"]["type"], "number")
        text = self.good("device", "show", "layer").stdout
        for name in ("forward.out_noise", "mapping.max_input_size", "device.dw_min",
                     "optimizer.update.desired_bl"):
            self.assertIn(f"\n  {name} ", text)

    def test_figures(self):
        shown = json.loads(self.good("device", "show", "constant_step", "--json").stdout)
        fields = {field["name"]: field["value"] for field in shown["fields"]}
        self.assertAlmostEqual(shown["granularity"], fields["dw_min"])
        self.assertGreater(shown["num_states"], 1)
        text = self.good("device", "show", "constant_step").stdout
        for words in ("number of states", "granularity", "symmetry point", "dw_min", "source"):
            self.assertIn(words, text)

    def test_every_name_of_the_peer_is_known(self):
        names = (pathlib.Path(__file__).parent.parent / "data" / "preset_names.txt").read_text().split()
        self.assertEqual(len(names), 75)
        listed = json.loads(self.good("device", "list", "--json").stdout)
        aliases = {alias for entry in listed["devices"] + listed["parts"] for alias in entry["aliases"].split("|")}
        self.assertEqual(set(names) - aliases, set())

    def test_unknown(self):
        self.bad(2, "soft_bounds", "device", "show", "soft_bonds")


class Training(Case):
    def train(self, name, *args):
        path = self.folder / name
        result = self.good("train", *SMALL, "--out", path, *args)
        return path, result.stdout

    def same_bytes(self, a, b):
        self.assertEqual(a.read_bytes(), b.read_bytes(), f"{a.name} and {b.name} differ")

    def test_threads_do_not_matter(self):
        for device in ("gokmen_vlasov", "reram_sb", "tiki_taka_reram_es", "none"):
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

    def test_every_listed_device_trains_and_comes_back(self):
        listed = json.loads(self.good("device", "list", "--json").stdout)["devices"]
        for device in listed:
            model, text = self.train("model", "--epochs", 1, "--device", device["name"])
            self.assertEqual(self.good("infer", model, "--quiet").stdout, text, device["name"])

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

    def interrupt(self, how, name, saves, args):
        """Begin a run, end it by a signal after it has saved that often, and return its model."""
        path = self.folder / name
        seen, last, end = 0, None, time.monotonic() + 60
        with subprocess.Popen([AIMC, "train", *SMALL, *map(str, args), "--checkpoint-every", "5",
                               "--out", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as run:
            while seen < saves and time.monotonic() < end:
                now = os.stat(path).st_mtime_ns if path.exists() else None
                seen, last = seen + (now != last), now
            run.send_signal(how)
            _, complaint = run.communicate()
            self.assertEqual(run.returncode, -how if how == signal.SIGKILL else 1)
        if how != signal.SIGKILL:
            self.assertIn(f"go on with: aimc train --resume {path}", complaint.decode())
        return path

    def test_every_polite_signal_saves(self):
        args = ["--device", "gokmen_vlasov", "--epochs", 300]
        for how in (signal.SIGTERM, signal.SIGHUP):
            self.good("infer", self.interrupt(how, how.name, 2, args), "--quiet")

    def killed_and_resumed(self, device, *args):
        args = ["--device", device, "--epochs", 30, "--seed", 3, *args]
        whole, text = self.train(f"whole-{device}", *args, "--threads", 2)
        for how, saves in ((signal.SIGKILL, 1), (signal.SIGKILL, 14), (signal.SIGINT, 5)):
            part = self.interrupt(how, f"{how.name}-{saves}-{device}", saves, args)
            self.assertNotEqual(part.read_bytes(), whole.read_bytes())
            result = self.good("train", "--resume", part, "--quiet", "--threads", 1)
            self.assertEqual(result.stdout, text)
            self.same_bytes(whole, part)

    def test_killed_and_resumed_equals_uninterrupted(self):
        self.killed_and_resumed("gokmen_vlasov")

    def test_killed_and_resumed_with_write_noise(self):
        self.killed_and_resumed("reram_sb")

    def test_killed_and_resumed_with_two_devices_per_weight(self):
        self.killed_and_resumed("tiki_taka_reram_es")

    def test_killed_and_resumed_on_a_grid(self):
        self.killed_and_resumed("constant_step", "--set", "mapping.max_input_size=20", "--set",
                                "device.diffusion=0.001", "--set", "device.lifetime=5000")

    def test_killed_and_resumed_in_floating_point(self):
        self.killed_and_resumed("none")

    def test_model_is_one_file(self):
        model, _ = self.train("model", "--epochs", 1)
        self.assertEqual(os.listdir(self.folder), ["model"])
        moved = model.rename(self.folder / "moved")
        self.good("train", "--resume", moved, "--epochs", 2, "--quiet")
        self.assertEqual(os.listdir(self.folder), ["moved"])

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

    def on_a_terminal(self, *args):
        """What the command writes to a terminal as its standard error."""
        leader, follower = pty.openpty()
        with subprocess.Popen([AIMC, *map(str, args)], stdout=subprocess.DEVNULL,
                              stderr=follower) as run:
            os.close(follower)
            shown = b""
            while select.select([leader], [], [], 60)[0]:
                try:
                    shown += os.read(leader, 65536)
                except OSError:  # Linux says so when the last writer has closed
                    break
            self.assertEqual(run.wait(60), 0)
        os.close(leader)
        return shown.decode()

    def test_progress_is_a_bar_on_a_terminal(self):
        # 750 epochs of 300 samples take longer than the 0.1 s between two drawings
        shown = self.on_a_terminal("train", "--data", "digits", "--limit", 300, "--epochs", 750)
        bar = r"\repoch \d+/750 \[#*\.*\] +\d+ %  \d+ samples/s  ETA \d+:\d\d"
        self.assertRegex(shown.replace("\033[K", ""), bar)
        self.assertEqual(len(re.findall(r"epoch \d+/750  loss", shown)), 750)
        last_drawn, left = shown.rsplit("\r\033[K", 1)
        self.assertIn("loss", left or last_drawn)  # no bar stays behind
        self.assertEqual(self.on_a_terminal("train", *SMALL, "--epochs", 2), "")


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

    def test_config_with_a_byte_order_mark(self):
        text = json.dumps({"device": {"dw_min": 0.004}})
        for mark in (b"\xef\xbb\xbf", b""):
            config = self.path("c.json", mark + text.encode())
            self.good("train", *SMALL, "--epochs", 0, "--config", config)
        self.bad(1, "UTF-16", "train", "--config", self.path("c.json", text.encode("utf-16")))

    def test_files_may_be_pipes(self):
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        root = pathlib.Path(__file__).parents[2] / "data" / "digits"
        images, labels = root / "digits-images-idx3-ubyte.gz", root / "digits-labels-idx1-ubyte.gz"
        config = self.path("c.json", b'{"device": {"dw_min": 0.004}}')
        for command in (f"infer <(cat {model}) --quiet",
                        f"train --epochs 0 --config <(cat {config})",
                        f"infer {model} --quiet --input-max 16 --data <(cat {images}),<(cat {labels})"):
            result = subprocess.run(["bash", "-c", f"'{AIMC}' {command}"], capture_output=True, text=True,
                                    timeout=120)
            self.assertEqual(result.returncode, 0, command + result.stderr)
        result = subprocess.run(["bash", "-c", f"'{AIMC}' train --resume <(cat {model})"], capture_output=True,
                                text=True, timeout=120)
        self.assertEqual(result.returncode, 1)  # where to is not said
        self.assertIn("--out", result.stderr)

    def test_out_cannot_be_written(self):
        self.bad(1, "--out", "train", *SMALL, "--out", "/no/such/folder/model")
        self.bad(1, "device", "train", *SMALL, "--out", "/dev/null")
        self.bad(1, "directory", "train", *SMALL, "--out", self.folder)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_out_through_a_link(self):
        target, link = self.path("target"), self.folder / "link"
        link.symlink_to("target")
        self.good("train", *SMALL, "--epochs", 1, "--out", link)
        self.assertTrue(link.is_symlink())
        self.good("infer", target, "--quiet")

    def test_full_disk_leaves_the_old_model(self):
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        before = model.read_bytes()

        def limit():  # as a full disk: a write beyond this size fails
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        self.bad(1, "model", "train", "--resume", model, "--epochs", 2, "--quiet",
                 preexec_fn=limit)
        self.assertEqual(model.read_bytes(), before)
        self.assertEqual(os.listdir(self.folder), ["model"])

    def test_resume(self):
        self.bad(1, "missing", "train", "--resume", self.path("missing"))
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        self.bad(2, "--batch", "train", "--resume", model, "--batch", 3)
        self.bad(2, "--seed", "train", "--resume", model, "--seed", 3)
        self.bad(2, "--input-max", "train", "--resume", model, "--input-max", 3)
        self.bad(2, "--set", "train", "--resume", model, "--set", "device.dw_min=1")

    def with_note(self, model, note):
        """The model with another note: a safetensors file is a length, a JSON header, the data."""
        content = model.read_bytes()
        length, = struct.unpack("<Q", content[:8])
        header = json.loads(content[8:8 + length])
        header["__metadata__"]["note"] = note(header["__metadata__"]["note"])
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        return self.path("noted", struct.pack("<Q", len(text)) + text + content[8 + length:])

    def test_note(self):
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        other = self.with_note(model, lambda note: note.replace('"batch": 7', '"batch": 11'))
        self.bad(1, "would not have made", "train", "--resume", other, "--quiet")
        other = self.with_note(model, lambda note: note.replace('"n_train": 1438', '"n_train": 9'))
        self.bad(1, "begun with 9", "train", "--resume", other, "--quiet")
        for spoil in (lambda _: "", lambda _: "[]", lambda _: "{}", lambda note: note[:30]):
            other = self.with_note(model, spoil)
            self.bad(1, "does not say how", "train", "--resume", other, "--quiet")
            self.bad(2, "--data is missing", "infer", other)
            self.good("infer", other, "--data", "digits")
        for old, new in (('"batch": 7', '"batch": "7"'), ('"batch": 7', '"batch": 0'),
                         ('"data": "digits"', '"data": 1')):
            other = self.with_note(model, lambda note, old=old, new=new: note.replace(old, new))
            self.bad(1, ["noted", "note"], "train", "--resume", other, "--quiet")

    def test_model(self):
        self.bad(1, "missing", "infer", self.path("missing"), "--data", "digits")
        self.bad(1, "missing", "infer", self.path("missing"))
        model = self.path("model")
        self.good("train", *SMALL, "--epochs", 1, "--out", model)
        content = model.read_bytes()
        for k, spoilt in enumerate((b"", content[:7], content[:100], content[:-1], content + b"x",
                                    b"\xff" * 64)):
            self.bad(1, "spoilt", "infer", self.path(f"spoilt{k}", spoilt), "--data", "digits")
            self.bad(1, "spoilt", "train", "--resume", self.path(f"spoilt{k}", spoilt))
        self.bad(2, "--split", "infer", model, "--split", "all")


class BadData(Case):
    def data(self, words, images, labels, code=1, **kwargs):
        pair = f"{self.path('images', images)},{self.path('labels', labels)}"
        self.bad(code, words, "train", "--data", pair, **kwargs)

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
        # AddressSanitizer takes more addresses than that for itself
        limit = None if b"__asan_" in pathlib.Path(AIMC).read_bytes() else \
            lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        self.data("cut short: 0 values of 3999937500", idx([], 62500, 63999, 1, 1), labels, preexec_fn=limit)
        self.data("every fifth", idx(range(16), 4, 2, 2), idx([0, 1, 0, 1], 4))

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

    def test_held_out_part_is_balanced(self):
        labels = [0] * 10 + [1] * 10 + [2, 3] * 5  # sorted or not, 2 of 10 of each class are tested
        files = [self.path("i", idx(range(120), 40, 1, 3)), self.path("l", idx([*labels, *[0] * 10],
                                                                              40))]
        model, pair = self.path("model"), ",".join(map(str, files))
        self.good("train", "--data", pair, "--layers", "none", "--epochs", 1, "--quiet", "--out",
                  model)
        rows = json.loads(self.good("infer", model, "--data", pair, "--json").stdout)["confusion"]
        self.assertEqual([sum(row) for row in rows], [4, 2, 1, 1])

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
