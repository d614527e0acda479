# SPDX-License-Identifier: MIT
"""Public pretrained networks, digital and on ideal tiles: what they compute, and the accuracies that are published.

Needs the data sets and models that AIMC_DATA names. As a test it looks at a part of the samples; all of them:

    AIMC_DATA=... python3 t_pretrained.py --all [MODEL ...]
"""
import gzip
import json
import os
import pathlib
import sys
import time

from common import aimc, main, np, unittest

from aimc import convert
from aimc._import_layers import read_safetensors

ROOT = pathlib.Path(os.environ.get("AIMC_DATA", "/nonexistent"))
IDEAL = {"device": "ideal", "forward": "perfect_io", "backward": "perfect_io"}
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# what the README of the models states: samples that are right, of how many
PUBLISHED = {"mlperf_tiny_ic_resnet8": (8719, 10000), "resnet20_cifar10_akamaster": (9173, 10000),
             "onnxzoo_mnist_cnn": (9891, 10000), "mlperf_tiny_sww_dscnn1d": (41, 45)}
WITHOUT_SAMPLES = ("mlperf_tiny_kws_dscnn", "mlperf_tiny_ad_autoencoder", "mlperf_tiny_vww_mobilenet_025_96")


def unpacked(*parts):
    with gzip.open(ROOT.joinpath(*parts)) as stream:
        return np.frombuffer(stream.read(), np.uint8)


def cifar10():
    """Images [n, 3, 32, 32] of 0 ... 255, labels."""
    records = unpacked("cifar10", "test_batch.bin.gz").reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32), records[:, 0].astype(np.uint32)


def samples(model):
    """What the model is fed, and labels."""
    if model == "mlperf_tiny_ic_resnet8":
        return cifar10()
    if model == "resnet20_cifar10_akamaster":
        x, labels = cifar10()
        return ((x / 255 - MEAN[:, None, None]) / STD[:, None, None]).astype(np.float32), labels
    if model == "onnxzoo_mnist_cnn":
        x = unpacked("mnist", "t10k-images-idx3-ubyte.gz")[16:].reshape(-1, 1, 28, 28).astype(np.float32)
        return x, unpacked("mnist", "t10k-labels-idx1-ubyte.gz")[8:].astype(np.uint32)
    specs = np.load(ROOT / "models" / "sww_calibration_samples.npz")
    x = specs["specs"].reshape(-1, 30, 1, 40).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(x, np.float32), specs["labels"].astype(np.uint32)


def read(model):
    return convert.from_folded(ROOT / "models" / f"{model}.json", logits=True)


# ---- the same in numpy, channels last, in double ---------------------------------------------------


def padded(x, layer, value=0.0):
    """x with the padding that the layer wants."""
    kernel, stride = layer.get("kernel_size") or layer["pool_size"], layer["strides"]
    if layer["padding"] == "valid":
        return x
    pads = [(0, 0)]
    for n, k, s in zip(x.shape[1:3], kernel, stride):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        pads.append((1, 1) if layer["padding"] == "torch_pad1" else (total // 2, total - total // 2))
    return np.pad(x, [*pads, (0, 0)], constant_values=value)


def windows(x, layer):
    """[n, rows, columns, kernel height, kernel width, channels]"""
    kernel, (down, right) = layer.get("kernel_size") or layer["pool_size"], layer["strides"]
    view = np.lib.stride_tricks.sliding_window_view(padded(x, layer), kernel, (1, 2))
    return np.moveaxis(view[:, ::down, ::right], 3, -1)


def reference(model, x):
    """Logits of the JSON graph and the folded file, x channels first."""
    document = json.loads((ROOT / "models" / f"{model}.json").read_text())
    tensors = read_safetensors(str(ROOT / "models" / f"{model}.folded.safetensors"))
    values, last = {}, None
    for layer in document["folded_layers"]:
        name, kind = layer["name"], layer["type"]
        ins = [values[key] for key in layer["inputs"]]
        w, b = tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")
        w = w if w is None else w.astype(np.float64)
        if kind == "InputLayer":
            y = np.moveaxis(x, 1, -1).astype(np.float64) if x.ndim > 2 else x.astype(np.float64)
        elif kind == "Conv2D":
            seen = windows(ins[0], layer)
            y = seen.reshape(*seen.shape[:3], -1) @ w.T + b
        elif kind == "DepthwiseConv2D":
            y = np.einsum("nyxhwc,chw->nyxc", windows(ins[0], layer), w.reshape(-1, *layer["kernel_size"])) + b
        elif kind == "Dense":
            y = ins[0] @ w.T + b
        elif kind == "Activation":
            y = np.maximum(ins[0], 0)
        elif kind == "Add":
            y = ins[0] + ins[1]
        elif kind == "ShortcutA":
            y = np.pad(ins[0][:, ::2, ::2], [(0, 0)] * 3 + [(layer["pad"],) * 2])
        elif kind == "AveragePooling2D":
            y = windows(ins[0], layer).mean((3, 4))
        elif kind == "MaxPooling2D":
            y = windows(ins[0], layer).max((3, 4))
        else:
            assert kind == "Flatten", kind
            y = ins[0].reshape(len(ins[0]), -1)
        values[name] = last = y
    return last


class Pretrained(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (ROOT / "models").is_dir():
            raise unittest.SkipTest("AIMC_DATA names no folder with pretrained models")

    def near(self, net, x, expected, tolerance):
        got = net.predict(x)
        self.assertLess(np.abs(got - expected).max(), tolerance * np.abs(expected).max())
        return got

    def check(self, model, x, labels=None):
        """Digital and on ideal tiles the logits are those of numpy, and so are the classes."""
        expected = reference(model, x)
        net = read(model)
        self.near(net, x, expected, 1e-5)
        net.convert_to_analog(IDEAL)
        self.assertEqual(net.info.n_analog, sum(w.size for name, w in net.state_dict().items() if name.endswith("weight")))
        got = self.near(net, x, expected, 1e-4)
        self.assertTrue(np.array_equal(got.argmax(-1), expected.argmax(-1)))
        if labels is not None:
            right, of = PUBLISHED[model]
            found = net.evaluate(x, labels)
            self.assertAlmostEqual(found, (expected.argmax(-1) == labels).mean())
            self.assertAlmostEqual(found, right / of, delta=3 * np.sqrt(right / of * (1 - right / of) / len(x)))

    def test_published_accuracies(self):
        for model in PUBLISHED:
            with self.subTest(model):
                x, labels = samples(model)
                n = {"onnxzoo_mnist_cnn": 300}.get(model, 64)
                self.check(model, x[:n], labels[:n])

    def test_models_whose_samples_are_not_here(self):
        rng = np.random.default_rng(1)
        for model in WITHOUT_SAMPLES:
            with self.subTest(model):
                shape = read(model).inputs[0].shape
                self.check(model, rng.uniform(-1, 1, (4, *shape)).astype(np.float32))

    def test_all_wakewords(self):
        x, labels = samples("mlperf_tiny_sww_dscnn1d")
        net = read("mlperf_tiny_sww_dscnn1d")
        for _ in range(2):
            self.assertEqual(round(net.evaluate(x, labels) * len(x)), 41)
            net.convert_to_analog(IDEAL)

    def test_the_onnx_file_is_the_same_network(self):
        try:
            import onnx  # pylint: disable=unused-import
        except ImportError:
            self.skipTest("there is no Python package onnx")
        x, _ = samples("onnxzoo_mnist_cnn")
        net = convert.from_onnx(ROOT / "models" / "mnist-8.onnx")
        self.near(net, x[:50], reference("onnxzoo_mnist_cnn", x[:50]), 1e-5)


def run_all(models):
    """Accuracy on all samples, digital and on ideal tiles; 1 where one is not what is published."""
    wrong = 0
    for model in models or PUBLISHED:
        x, labels = samples(model)
        net = read(model)
        for place in ("digital", "ideal tiles"):
            if place != "digital":
                net.convert_to_analog(IDEAL)
            start = time.monotonic()
            right = round(net.evaluate(x, labels) * len(x))
            as_stated = right == PUBLISHED[model][0] and len(x) == PUBLISHED[model][1]
            wrong += not as_stated
            print(f"{model} {place}: {right} of {len(x)}, {'as' if as_stated else 'NOT as'} published, "
                  f"{time.monotonic() - start:.1f} s", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    if "--all" in sys.argv:
        sys.exit(run_all([word for word in sys.argv[1:] if word != "--all"]))
    main()
