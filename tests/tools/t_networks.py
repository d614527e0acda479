#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks of any graph by the command: aimc summary, aimc run, aimc train --network; and energy, stats, study of them.

    AIMC=build/tools/aimc python3 tests/tools/t_networks.py
"""
import ast
import gzip
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

AIMC = os.environ.get("AIMC", "build/tools/aimc")
SEVERAL = {"format": "aimc-network", "version": 1, "inputs": [{"name": "a", "shape": [2]}, {"name": "b", "shape": [2]}],
           "nodes": [{"name": "sum", "op": "add", "inputs": ["a", "b"]}, {"name": "product", "op": "mul", "inputs": ["a", "b"]}],
           "outputs": ["sum", "product"]}


def lenet(matrix="digital"):
    """A small convolutional network for data/digits."""
    nodes = [{"name": "conv", "op": "conv2d", "inputs": ["image"], "config": {"out_channels": 6, "kernel": 3, "matrix": matrix}},
             {"name": "relu", "op": "relu", "inputs": ["conv"]},
             {"name": "pool", "op": "max_pool2d", "inputs": ["relu"], "config": {"kernel": 2}},
             {"name": "flat", "op": "flatten", "inputs": ["pool"]},
             {"name": "fc", "op": "linear", "inputs": ["flat"], "config": {"out_features": 10, "matrix": matrix}}]
    return {"format": "aimc-network", "version": 1, "inputs": [{"name": "image", "shape": [1, 8, 8]}], "nodes": nodes,
            "outputs": ["fc"]}


def channel_means():
    """The mean of each of three channels of 32 x 32 pixels: three classes without anything to train."""
    return {"format": "aimc-network", "version": 1, "inputs": [{"name": "image", "shape": [3, 32, 32]}],
            "nodes": [{"name": "pool", "op": "global_avg_pool", "inputs": ["image"]},
                      {"name": "flat", "op": "flatten", "inputs": ["pool"]}], "outputs": ["flat"]}


def npy(shape, values, kind="<f4", code="f"):
    """A .npy file as numpy writes it."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{code}", *values)


def read_npy(data):
    """Shape and values."""
    size = struct.unpack("<H", data[8:10])[0]
    assert (size + 10) % 64 == 0
    header = ast.literal_eval(data[10:10 + size].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"]
    values = data[10 + size:]
    return header["shape"], struct.unpack(f"<{len(values) // 4}f", values)


def idx(values, *dims):
    return b"\0\0\x08" + bytes([len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + bytes(values)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def run_it(self, *args):
        return subprocess.run([AIMC, *map(str, args)], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)

    def good(self, *args):
        result = self.run_it(*args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout) if "--json" in args else result.stdout

    def bad(self, code, words, *args):
        result = self.run_it(*args)
        self.assertEqual(result.returncode, code, (args, result.stderr))
        self.assertEqual(result.stdout, "")
        for word in words:
            self.assertIn(word, result.stderr, args)

    def trained(self, *options, document=None):
        """A network trained on data/digits."""
        model = self.folder / "m.safetensors"
        self.good("train", "--network", self.path("net.json", document or lenet()), "--data", "digits", "--epochs", "3", "--quiet",
                  "--out", model, *options)
        return model


def normed():
    """A convolution, its batch norm, and classes."""
    document = lenet()
    nodes = document["nodes"]
    nodes.insert(1, {"name": "bn", "op": "batch_norm", "inputs": [nodes[0]["name"]]})
    nodes[2]["inputs"] = ["bn"]
    return document


class Deploy(Case):
    def outputs(self, model):
        x = self.path("x.csv", "".join(",".join(str((i * k % 7) / 7) for i in range(64)) + "\n" for k in (1, 2, 3)).encode())
        return [float(v) for v in self.good("run", model, "--data", x, "--quiet").replace("\n", ",").split(",")[:-1]], x

    def test_fold(self):
        model, folded = self.trained("--device", "none", document=normed()), self.folder / "folded"
        said = self.good("deploy", model, "--fold", "--out", folded, "--json")
        self.assertEqual((said["folded"], said["layers"]), (1, []))
        self.assertIn("1 batch norms folded", self.good("deploy", model, "--fold"))
        self.assertNotIn("batch_norm", self.good("summary", folded))
        for a, b in zip(self.outputs(model)[0], self.outputs(folded)[0]):
            self.assertAlmostEqual(a, b, delta=1e-5)

    def test_life(self):
        model, out, again = (self.trained("--device", "none"), self.folder / "chip", self.folder / "again")
        _, x = self.outputs(model)
        said = self.good("deploy", model, "--device", "ideal", "--set", "mapping.weight_scaling_omega=1", "--layers", "conv",
                         "--set", "forward.out_noise=0", "--calibrate", x, "--calibration", "out_method=MEAN_SQUARE",
                         "--program", "pcm_like", "--inference", "noise_model.read_noise_scale=0", "--drift", "3600",
                         "--conductances", self.folder / "g", "--out", out, "--json")
        self.assertEqual([layer["name"] for layer in said["layers"]], ["conv"])
        self.assertTrue(0 < said["layers"][0]["input_range"] <= 1)
        self.assertLess(said["layers"][0]["largest_output_range"], 12)
        self.assertEqual(sorted(p.name for p in (self.folder / "g").iterdir()),
                         [f"000.conv.tile0.device{k}.npy" for k in (0, 1)])
        stats = self.good("stats", out, "--json")["layers"][0]["conductance_us"]
        self.assertEqual(sum(stats["counts"]), 2 * 54)
        # another chip, read with the conductances of the first; as it was, and from a folder of CSV
        self.good("deploy", out, "--program", "pcm_like", "--inference", "noise_model.read_noise_scale=0", "--inference", "seed=5",
                  "--measured", self.folder / "g", "--conductances", self.folder / "csv", "--csv", "--out", again)
        self.assertEqual(self.outputs(out)[0], self.outputs(again)[0])
        (self.folder / "csv" / "000.conv.tile0.device1.csv").write_text("1,2\n3,4\n")
        self.bad(1, ["device1.csv: 2 x 2 conductances; the array has 6 x 9"], "deploy", out, "--measured", self.folder / "csv")

    def test_ranges_that_only_calibration_sets(self):
        model, out = self.trained("--device", "none"), self.folder / "calibrated"
        _, x = self.outputs(model)
        chip = ("--device", "ideal", "--layers", "conv", "--set", "forward.out_range=CALIBRATED")
        self.good("deploy", model, *chip, "--out", out)
        self.bad(1, ["CALIBRATED", "calibrate"], "run", out, "--data", x, "--quiet")
        said = self.good("deploy", model, *chip, "--calibrate", x, "--calibration", "out_method=MAX", "--out", out, "--json")
        self.assertLess(said["layers"][0]["largest_output_range"], 12)
        self.outputs(out)

    def test_refused(self):
        model = self.trained("--device", "none")
        self.bad(2, ["--device"], "deploy", model, "--set", "a=1")
        self.bad(2, ["--calibrate"], "deploy", model, "--calibration", "method=MAX")
        self.bad(2, ["did you mean"], "deploy", model, "--device", "idel")
        self.bad(2, ["'periphery'", "--device"], "deploy", model, "--device", "standard_io")
        self.bad(1, ["no layer is programmed"], "deploy", model, "--conductances", self.folder / "g")
        self.assertFalse((self.folder / "g").exists())
        self.bad(1, ["no layer lies on tiles"], "deploy", model, "--calibrate", self.outputs(model)[1])


class Summary(Case):
    def test_of_a_document(self):
        said = self.good("summary", self.path("n.json", lenet()), "--json")
        self.assertEqual((said["inputs"], said["outputs"], said["parameters"], said["tiles"]), (64, 10, 60 + 550, 0))
        self.assertEqual(said["macs"], 36 * 9 * 6 + 540)
        conv, relu, *_, fc = said["layers"]
        self.assertEqual([conv[key] for key in ("name", "op", "input", "output", "vectors", "matrix_outputs", "matrix_inputs")],
                         ["conv", "conv2d", "1 x 8 x 8", "6 x 6 x 6", 36, 6, 9])
        self.assertIsNone(conv["utilisation"])
        self.assertNotIn("matrices", relu)
        self.assertEqual((fc["output"], fc["vectors"], fc["parameters"]), ("10", 1, 550))

    def test_tiles_in_use(self):
        said = self.good("summary", self.path("n.json", lenet()), "--tiles", "8x32", "--json")
        conv, fc = said["layers"][0], said["layers"][-1]
        self.assertEqual((conv["tiles"], fc["tiles"], said["tiles"]), (1, 4, 5))  # 54 inputs by 10 outputs: 2 x 2
        self.assertAlmostEqual(conv["utilisation"], 54 / 256)
        self.assertAlmostEqual(fc["utilisation"], 540 / 4 / 256)
        text = self.good("summary", self.path("n.json", lenet()), "--tiles", "8x32")
        self.assertRegex(text, r"fc +linear +10 +550 +540 +10 x 54 +1 +4 +52.7%")
        self.assertTrue(all(line == line.rstrip() for line in text.splitlines()))

    def test_groups_and_saved_networks(self):
        model = self.trained("--device", "reram_sb")
        self.assertEqual(self.good("summary", model, "--json")["analog_weights"], 54 + 540)
        deep = {**channel_means(), "nodes": [{"name": "d", "op": "conv2d", "inputs": ["image"], "config": {
            "out_channels": 6, "groups": 3, "kernel": 1}}], "outputs": ["d"]}
        layer = self.good("summary", self.path("d.json", deep), "--json")["layers"][0]
        self.assertEqual((layer["matrices"], layer["matrix_outputs"], layer["matrix_inputs"]), (3, 2, 1))
        self.assertEqual(layer["matrix_shapes"], "3 of 2 x 1")

    def test_matrices_of_several_shapes(self):
        series = {**channel_means(), "inputs": [{"name": "series", "shape": [7, 9]}], "nodes": [
            {"name": "l", "op": "lstm", "inputs": ["series"], "config": {"hidden_size": 5}}], "outputs": ["l"]}
        path = self.path("s.json", series)
        layer = self.good("summary", path, "--tiles", "32x16", "--json")["layers"][0]
        self.assertEqual((layer["matrix_shapes"], layer["vectors"], layer["macs"]), ("20 x 9, 20 x 5", 7, 7 * 20 * (9 + 5)))
        self.assertAlmostEqual(layer["utilisation"], 20 * (9 + 5) / (2 * 32 * 16))
        series["nodes"][0]["config"].update(num_layers=8, bidirectional=True)
        self.path("s.json", series)
        self.assertTrue(self.good("summary", path, "--json")["layers"][0]["matrix_shapes"].endswith(", ..."))

    def test_bad_input(self):
        document = lenet()
        document["nodes"][1]["op"] = "rely"
        self.bad(1, ["n.json", "nodes[1] 'relu'", "relu"], "summary", self.path("n.json", document))
        self.bad(1, ["none.json"], "summary", self.folder / "none.json")
        good = self.path("n.json", lenet())
        for word in ("8", "8x", "0x4", "8x32x2", "ax2"):
            self.bad(2, ["--tiles", "256x256"], "summary", good, "--tiles", word)


class Run(Case):
    def cifar(self, kind=10):
        """Records whose channel `label` is the brightest."""
        labels = [2, 0, 1, 1, 2]
        images = b"".join(bytes([1] * (kind == 100)) + bytes([label]) + b"".join(bytes([200 if c == label else 9]) * 1024
                                                                                   for c in range(3)) for label in labels)
        return images, labels

    def test_cifar_and_labels(self):
        net = self.path("n.json", channel_means())
        for kind in (10, 100):
            images, labels = self.cifar(kind)
            for name, content in (("c.bin", images), ("c.bin.gz", gzip.compress(images))):
                said = self.good("run", net, "--data", self.path(name, content), "--json")
                self.assertEqual((said["samples"], said["correct"], said["accuracy"]), (5, 5, 1))
        other = self.path("labels.csv", "\n".join(map(str, [2, 0, 1, 0, 0])).encode())
        said = self.good("run", net, "--data", self.folder / "c.bin", "--labels", other, "--limit", 4, "--json")
        self.assertEqual((said["samples"], said["correct"]), (4, 3))
        self.assertIn("accuracy 0.6000 (3 of 5)", self.good("run", net, "--data", self.folder / "c.bin", "--labels", other))

    def test_scales_and_files(self):
        net = self.path("n.json", channel_means())
        values = [c * 100.0 for c in range(3) for _ in range(1024)]
        out = self.folder / "y.npy"
        expected = [(c * 100 / 50 - m) / s for c, m, s in ((0, 1, 2), (1, 3, 4), (2, 5, 0.5))]
        last = [values[c * 1024 + i] for i in range(1024) for c in range(3)]
        for name, content, options in (("x.npy", npy((1, 3, 32, 32), values), ()),
                                       ("x.npy", npy((1, 3072), values, "<f8", "d"), ()),
                                       ("x.npy", npy((1, 3, 1024), [int(v) for v in values], "<i4", "i"), ()),
                                       ("x.npy", npy((1, 32, 32, 3), last), ("--channels-last",)),
                                       ("x.csv", ",".join(map(str, values)).encode(), ()),
                                       ("x-idx", idx(map(int, values), 1, 3, 32, 32), ())):
            if name == "x.npy" and "1024" in str(content[:90]):
                self.bad(1, ["do not fit", "3 x 32 x 32"], "run", net, "--data", self.path(name, content))
                continue
            self.good("run", net, "--data", self.path(name, content), "--input-max", "50", "--mean", "1,3,5", "--std", "2,4,0.5",
                      "--out", out, "--quiet", *options)
            shape, y = read_npy(out.read_bytes())
            self.assertEqual(shape, (1, 3))
            for got, wanted in zip(y, expected):
                self.assertAlmostEqual(got, wanted, 5)
        printed = self.good("run", net, "--data", self.folder / "x.csv", "--quiet")
        self.assertEqual(printed, "0,100,200\n")

    def test_several_inputs_and_outputs(self):
        net, out = self.path("n.json", SEVERAL), self.folder / "y.csv"
        a, b = self.path("a.csv", b"1;2\n3;4\n"), self.path("b.npy", npy((2, 2), [5, 6, 7, 8]))
        self.good("run", net, "--data", a, "--data", b, "--out", out)
        self.assertEqual(out.read_text(), "6,8\n10,12\n")
        self.assertEqual((self.folder / "y.1.csv").read_text(), "5,12\n21,32\n")
        self.bad(2, ["2 inputs", "--data"], "run", net, "--data", a)
        c = self.path("c.csv", b"1;2\n")
        self.bad(1, ["1 samples", "2"], "run", net, "--data", a, "--data", c)

    def test_the_same_as_infer(self):
        model = self.trained()
        root = pathlib.Path(__file__).resolve().parents[2] / "data" / "digits"
        images, labels = root / "digits-images-idx3-ubyte.gz", root / "digits-labels-idx1-ubyte.gz"
        pair = f"{images},{labels},{images},{labels}"
        said = self.good("run", model, "--data", images, "--labels", labels, "--input-max", 16, "--json")
        self.assertEqual(said["correct"], self.good("infer", model, "--data", pair, "--input-max", 16, "--json")["correct"])
        self.assertGreater(said["accuracy"], 0.9)

    def test_bad_input(self):
        net, two = self.path("n.json", channel_means()), self.path("two.json", SEVERAL)
        images, _ = self.cifar()
        data = self.path("c.bin", images)
        self.bad(2, ["--data is missing"], "run", net)
        for name, content, words in (("short.bin", images[:-1], ["short.bin", "3073"]), ("empty.bin", b"", ["empty.bin"]),
                                     ("x.npy", npy((1, 3072), [0.0] * 3071 + [float("nan")]), ["number 3071", "not finite"]),
                                     ("x.npy", npy((1, 3072), [0.0] * 3000), ["cut short", "3000"]),
                                     ("x.npy", npy((1, 3072), [0.0] * 3073), ["longer"]),
                                     ("x.npy", npy((0, 3072), []), ["axes of at least one"]),
                                     ("x.npy", npy((2, 3072), [0] * 6144, ">f4"), [">f4"]),
                                     ("x.npy", npy((2**40, 3072), []), ["at most"]),
                                     ("x.npy", b"\x93NUMPY\1\0", ["format 1.0"]),
                                     ("x.npy", npy((1, 32, 32, 3), [0.0] * 3072), ["--channels-last turns them"]),
                                     ("x.csv", b"1;2\n", ["2 numbers", "3 x 32 x 32"])):
            self.bad(1, words, "run", net, "--data", self.path(name, content))
        for labels, words in (("1;1\n", ["2 labels for 5"]), ("0;1;2;3;0\n", ["label 3 is 3", "3 classes"]),
                              ("0;1;2;1.5;0\n", ["label 3 is 1.5"]), ("0;1;-2;1;0\n", ["label 2 is -2"])):
            self.bad(1, words, "run", net, "--data", data, "--labels", self.path("l.csv", labels.encode()))
        self.bad(2, ["--mean", "3 channels"], "run", net, "--data", data, "--mean", "1,2")
        self.bad(2, ["--std", "above 0"], "run", net, "--data", data, "--std", "1,0,1")
        a = self.path("a.csv", b"1;2\n")
        self.bad(1, ["one output"], "run", two, "--data", a, "--data", a, "--labels", self.path("l.csv", b"1\n"))


class Train(Case):
    def test_where_the_matrices_lie(self):
        tiles = {"kind": "layer", "device": "gokmen_vlasov"}
        for matrix, options, analog in (("digital", (), 0), (tiles, (), 594), ("digital", ("--device", "reram_sb"), 594),
                                        (tiles, ("--device", "none"), 0)):
            model = self.trained(*options, document=lenet(matrix))
            self.assertEqual(self.good("summary", model, "--json")["analog_weights"], analog)

    def test_learns_and_resumes(self):
        model = self.trained("--device", "gokmen_vlasov")
        self.assertGreater(self.good("infer", model, "--json")["accuracy"], 0.88)
        self.good("train", "--resume", model, "--epochs", 4, "--quiet")
        whole = self.folder / "whole.safetensors"
        self.good("train", "--network", self.folder / "net.json", "--device", "gokmen_vlasov", "--epochs", 4, "--quiet",
                  "--out", whole)
        numbers = [self.good("infer", each, "--json")["confusion"] for each in (model, whole)]
        self.assertEqual(*numbers)

    def test_cifar(self):
        images, _ = Run.cifar(self)
        net = channel_means()
        net["nodes"].append({"name": "fc", "op": "linear", "inputs": ["flat"], "config": {"out_features": 3}})
        net["outputs"] = ["fc"]
        data = self.path("c.bin", images * 8)
        said = self.good("train", "--network", self.path("n.json", net), "--data", f"{data},{data}", "--epochs", 20, "--lr", "0.5",
                         "--json")
        self.assertEqual((said["n_train"], said["n_test"], said["test_accuracy"]), (40, 40, 1))

    def test_bad_input(self):
        net = self.path("n.json", lenet())
        self.bad(2, ["--layers"], "train", "--network", net, "--layers", 3)
        self.bad(2, ["--activation"], "train", "--network", net, "--activation", "relu")
        self.bad(2, ["--device"], "train", "--network", net, "--set", "device.dw_min=0.1")
        self.bad(1, ["takes 3072 inputs", "64"], "train", "--network", self.path("c.json", channel_means()), "--data", "digits")
        self.bad(1, ["x.json"], "train", "--network", self.path("x.json", b"{"))


class Others(Case):
    def test_energy_of_layers(self):
        model = self.trained("--device", "gokmen_vlasov")
        said = self.good("energy", model, "--samples", 8, "--json")["inference"]
        conv, fc = said["layers"]
        self.assertEqual((conv["name"], conv["vectors"], fc["name"], fc["vectors"]), ("conv", 36, "fc", 1))
        self.assertEqual((conv["macs"] + fc["macs"]) * 8, said["macs"])
        self.assertGreaterEqual(conv["adc_conversions_per_inference"], 30 * 6)
        whole = conv["j_per_inference"] + fc["j_per_inference"] + said["j_waiting_per_inference"]
        self.assertAlmostEqual(whole / said["j_per_inference"], 1)
        text = self.good("energy", model, "--samples", 8)
        self.assertRegex(text, r"conv +36 +1944 ")

    def test_programmed(self):
        model = self.trained("--device", "none")
        said = self.good("energy", model, "--samples", 4, "--program", "pcm_like", "--json")
        self.assertEqual(len(said["inference"]["layers"]), 2)
        rows = self.good("infer", model, "--program", "pcm_like", "--drift", "60", "--repeat", 2, "--json")["rows"]
        self.assertGreater(rows[0]["compensated_accuracy"], 0.6)

    def test_stats(self):
        model = self.trained("--device", "gokmen_vlasov")
        layers = self.good("stats", model, "--json")["layers"]
        self.assertEqual([(each["name"], each["op"], each["vectors_per_sample"]) for each in layers],
                         [("conv", "conv2d", 36), ("fc", "linear", 1)])
        self.assertEqual(layers[0]["forward_vectors"], 36 * layers[1]["forward_vectors"])
        # a convolution sees windows: its drive and currents are not those of the first numbers of the image
        inputs = self.path("x.csv", (",".join(["1"] * 64) + "\n").encode())
        conv, fc = self.good("stats", model, "--inputs", inputs, "--json")["layers"]
        self.assertEqual((conv["input"]["low"], conv["input"]["high"], sum(conv["input"]["counts"])), (1, 1, 64))
        self.assertEqual(sum(conv["output"]["counts"]), 36 * conv["outputs"])
        self.assertEqual(sum(fc["input"]["counts"]), fc["inputs"])
        self.assertFalse({"drive", "current"} & (set(conv) | set(fc)))
        self.assertIn("do not fit", self.run_it("stats", model, "--inputs", self.path("y.csv", b"1,2,3\n")).stderr)
        digital = self.good("stats", self.trained("--device", "none"), "--inputs", inputs, "--json")["layers"]
        self.assertEqual([sum(layer["weight"]["counts"]) for layer in digital],
                         [layer["inputs"] * layer["outputs"] for layer in digital])

    def test_study(self):
        model = self.trained()
        rows = self.good("study", "recover", "--model", model, "--repeat", 2, "--retrain", 1, "--test-limit", 100, "--quiet", "--json")
        names = {row["name"]: row["accuracy"] for row in rows["rows"]}
        self.assertGreater(names["digital"], 0.85)
        self.assertGreater(names["on tiles, exact weights"], 0.7)
        self.assertIn("retrained, differential pairs", names)
        analog = self.trained("--device", "gokmen_vlasov")
        self.bad(1, ["not digital"], "study", "recover", "--model", analog, "--data", "digits")


if __name__ == "__main__":
    unittest.main(verbosity=2)
