#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ONNX models as today's exporters write them: recorded ones of PyTorch 2.13 (tests/network/record_onnx.py), attention taken for
what it computes, and operators between values and constants."""
import contextlib
import io
import json
import os
import pathlib
import warnings

from common import SOURCE, aimc, main, np, unittest
from convert_cases import RNG, OnnxCase, normal, package

from aimc import convert

MODELS = pathlib.Path(os.environ.get("AIMC_TEST_DATA", SOURCE / "tests/data")) / "onnx_models.npz"


class Recorded(OnnxCase):
    def test_models_of_todays_torch(self):
        package("onnx")
        with np.load(MODELS) as kept:
            names = sorted({key.rpartition("/")[0] for key in kept})
            self.assertEqual(len(names), 6)
            for name in names:
                with self.subTest(name):
                    path = self.folder / "model.onnx"
                    path.write_bytes(kept[f"{name}/model"].tobytes())
                    net = convert.from_onnx(path)
                    xs = [kept[key] for key in sorted(kept) if key.startswith(f"{name}/x")]
                    self.near(net, kept[f"{name}/y"], *xs)
                    again = [net.run(*[x[k:k + 1] for x in xs])[0] for k in range(len(xs[0]))]
                    self.near(net, np.concatenate(again), *xs)  # however many samples were exported

    def test_attention_on_tiles(self):
        """What was recognised is the op, whose four matrices lie on tiles."""
        package("onnx")
        with np.load(MODELS) as kept:
            (self.folder / "model.onnx").write_bytes(kept["cross/model"].tobytes())
        net = convert.from_onnx(self.folder / "model.onnx")
        found = [layer for layer in net.layers if layer.op == "attention"]
        self.assertEqual(len(found), 2)


class Attention(OnnxCase):
    """One head, written as plainly as it can be."""

    def attention(self, scale=0.5, third="v", more=()):
        weights = {name: normal(4, 4) for name in ("q", "k", "v", "o")}
        nodes = [*[("MatMul", ["x", name], [f"{name}x"]) for name in "qkv"], ("Transpose", ["kx"], ["kt"], {"perm": [0, 2, 1]}),
                 ("MatMul", ["qx", "kt"], ["raw"]), ("Mul", ["raw", "scale"], ["scores"]), ("Softmax", ["scores"], ["p"], {"axis": -1}),
                 ("MatMul", ["p", f"{third}x"], ["c"]), ("MatMul", ["c", "o"], ["a"]), ("Add", ["a", "x"], ["y"]), *more]
        path = self.model(nodes, {"x": ["n", 3, 4]}, ["y"], {**weights, "scale": np.float32(scale)})
        x = normal(2, 3, 4)
        scores = (x @ weights["q"]) @ (x @ weights["k"]).transpose(0, 2, 1) / 2
        p = np.exp(scores)
        return path, x, p / p.sum(-1, keepdims=True) @ (x @ weights["v"]) @ weights["o"] + x

    def test_what_it_computes_counts(self):
        path, x, expected = self.attention()
        self.near(convert.from_onnx(path), expected, x)

    def test_what_computes_something_else_is_refused(self):
        path, *_ = self.attention(scale=0.4)
        self.refused(["'n6' (Softmax)", "no attention that is known"], convert.from_onnx, path)
        path, *_ = self.attention(third="q")
        self.refused(["'n6' (Softmax)", "[features, features]"], convert.from_onnx, path)

    def test_what_is_within_is_nobody_elses(self):
        path, *_ = self.attention(more=[("Relu", ["qx"], ["z"])])
        self.refused(["'n6' (Softmax)", "'qx' within it is looked at from without"], convert.from_onnx, path)


class Exported(OnnxCase):
    """By the PyTorch that is here: that of Debian writes GELU and layer norm as formulas, and attention by the sizes of its values."""

    def test_transformers(self):
        torch = package("torch")
        nn = torch.nn
        for options in ({"activation": "gelu"}, {"norm_first": True, "activation": nn.functional.relu}):
            layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, **options)
            nn.init.uniform_(layer.norm1.weight)
            layer.self_attn.dropout = layer.dropout.p = layer.dropout1.p = layer.dropout2.p = 0  # in training, it is written as its parts
            self.exported(nn.Sequential(layer, nn.LayerNorm((5, 8))), normal(3, 5, 8))

    def test_heads_of_matrices_that_are_zero(self):
        """Before training, a matrix may be 0: then outputs tell nothing of the heads."""
        torch = package("torch")
        package("onnx")

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
                torch.nn.init.zeros_(self.attention.out_proj.weight)
                torch.nn.init.constant_(self.attention.in_proj_weight, 1e-7)

            def forward(self, x):
                return self.attention(x, x, x, need_weights=False)[0]
        path = str(self.folder / "zero.onnx")
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(Net(), (torch.zeros(2, 5, 8),), path, input_names=["x"])
        found = json.loads(convert.from_onnx(path).to_json())["nodes"]
        self.assertEqual([node["config"]["heads"] for node in found if node["op"] == "attention"], [2])

    def test_formulas(self):
        nn = package("torch").nn
        layers = [nn.Linear(6, 8), nn.LayerNorm(8, eps=1e-3), nn.GELU(), nn.LayerNorm(8, elementwise_affine=False), nn.GELU(approximate="tanh")]
        self.exported(nn.Sequential(*layers).eval(), normal(3, 6))

    def test_other_formulas(self):
        """Half of an error function alone is no GELU."""
        nodes = [("Div", ["x", "r"], ["a"]), ("Erf", ["a"], ["e"]), ("Add", ["e", "one"], ["s"]), ("Mul", ["s", "x"], ["y"])]
        path = self.model(nodes, {"x": ["n", 4]}, ["y"], {"r": np.float32(2 ** 0.5), "one": np.float32(1)})
        self.refused(["'n1' (Erf)", "of gelu it is"], convert.from_onnx, path)


class Constants(OnnxCase):
    def check(self, nodes, constants, expected, shape=(3, 4), opset=13):
        path = self.model(nodes, {"x": ["n", *shape]}, ["y"], constants, opset)
        x = normal(2, *shape)
        self.near(convert.from_onnx(path), expected(x).astype(np.float32), x)

    def test_sums_and_products(self):
        for c in (normal(4), normal(3, 1), normal(1, 3, 4), np.float32(2.5), normal(1)):
            with self.subTest(c.shape):
                self.check([("Add", ["x", "c"], ["y"])], {"c": c}, lambda x: x + c)
                self.check([("Sub", ["c", "x"], ["y"])], {"c": c}, lambda x: c - x)
                self.check([("Sub", ["x", "c"], ["y"])], {"c": c}, lambda x: x - c)
                self.check([("Mul", ["c", "x"], ["y"])], {"c": c}, lambda x: x * c)
                self.check([("Div", ["x", "c"], ["y"])], {"c": c}, lambda x: x / c)
        self.check([("Sub", ["x", "z"], ["y"]), ("Relu", ["x"], ["z"])][::-1], {}, lambda x: x - np.maximum(x, 0))
        self.check([("Mul", ["x", "c"], ["a"]), ("Relu", ["a"], ["y"])], {"c": np.ones(4, np.float32)}, lambda x: np.maximum(x, 0))

    def test_what_does_not_fit(self):
        for op, c, words in (("Add", normal(5), "that do not go along"), ("Mul", normal(2, 3, 4), "for each sample"),
                             ("Add", normal(1, 1, 3, 4), "4 axes"), ("Sum", normal(4), "several values")):
            keys = ["x", "c", "x"] if op == "Sum" else ["x", "c"]
            path = self.model([(op, keys, ["y"])], {"x": ["n", 3, 4]}, ["y"], {"c": c})
            self.refused([f"'n0' ({op})", words], convert.from_onnx, path)
        for keys in (["c", "x"], ["x", "x"]):
            path = self.model([("Div", keys, ["y"])], {"x": ["n", 3, 4]}, ["y"], {"c": normal(4)})
            self.refused(["'n0' (Div)"], convert.from_onnx, path)

    def test_tokens(self):
        for before, after in ((1, 0), (0, 2), (2, 1)):
            a, b = normal(1, before, 4), normal(1, after, 4)
            keys = ["a"] * (before > 0) + ["x"] + ["b"] * (after > 0)
            self.check([("Concat", keys, ["y"], {"axis": 1})], {"a": a, "b": b},
                       lambda x, a=a, b=b: np.concatenate([np.repeat(a, 2, 0), x, np.repeat(b, 2, 0)], 1))
        path = self.model([("Concat", ["x", "c", "x"], ["y"], {"axis": 1})], {"x": ["n", 3, 4]}, ["y"], {"c": normal(1, 1, 4)})
        self.refused(["'n0' (Concat)", "several values"], convert.from_onnx, path)

    def test_parts(self):
        join = ("Concat", ["b", "a"], ["y"], {"axis": 1})
        for extra, keys, at in (({"axis": 1}, ["x"], 2), ({"axis": -2}, ["x", "s"], 1)):
            self.check([("Split", keys, ["a", "b"], extra), join], {"s": np.array([1, 2])},
                       lambda x, at=at: np.concatenate([x[:, at:], x[:, :at]], 1))
        path = self.model([("Split", ["x", "s"], ["a", "y"], {"axis": 1})], {"x": ["n", 3, 4]}, ["y"], {"s": np.array([1, 1])})
        self.refused(["'n0' (Split)", "[1, 1]"], convert.from_onnx, path)

    def test_normalisations(self):
        def normalised(x, groups):
            y = x.reshape(len(x), groups, -1).astype(np.float64)
            return ((y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5)).reshape(x.shape)
        w, b = normal(4), normal(4)
        self.check([("InstanceNormalization", ["x", "w", "b"], ["y"])], {"w": w, "b": b},
                   lambda x: normalised(x, 4) * w[:, None] + b[:, None], (4, 6))
        self.check([("GroupNormalization", ["x", "w", "b"], ["y"], {"num_groups": 2})], {"w": w, "b": b},
                   lambda x: normalised(x, 2) * w[:, None] + b[:, None], (4, 6), 21)
        self.check([("GroupNormalization", ["x", "w", "b"], ["y"], {"num_groups": 2})], {"w": w[:2], "b": b[:2]},
                   lambda x: normalised(x, 2) * np.repeat(w[:2], 2)[:, None] + np.repeat(b[:2], 2)[:, None], (4, 6), 18)

    def test_activations(self):
        self.check([("PRelu", ["x", "a"], ["y"])], {"a": np.full((3, 1), 0.3, np.float32)}, lambda x: np.where(x > 0, x, 0.3 * x))
        path = self.model([("PRelu", ["x", "a"], ["y"])], {"x": ["n", 3, 4]}, ["y"], {"a": normal(3, 1)})
        self.refused(["'n0' (PRelu)", "differ"], convert.from_onnx, path)

        def curve(x):
            return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))
        self.check([("Gelu", ["x"], ["y"], {"approximate": "tanh"})], {}, curve, opset=20)

    def test_fixed_batches(self):
        """The samples of the export are no part of the network, wherever they are written down."""
        path = self.model([("Shape", ["x"], ["s"]), ("Gather", ["s", "zero"], ["n"]), ("Unsqueeze", ["n", "axes"], ["m"]),
                           ("Concat", ["m", "twelve"], ["t"], {"axis": 0}), ("Reshape", ["x", "t"], ["a"]), ("Reshape", ["a", "u"], ["y"])],
                          {"x": [5, 3, 4]}, ["y"], {"zero": np.int64(0), "axes": np.array([0]), "twelve": np.array([12]), "u": np.array([5, 6, 2])})
        x = RNG.normal(size=(2, 3, 4)).astype(np.float32)
        self.near(convert.from_onnx(path), x.reshape(2, 6, 2), x)
        path = self.model([("Reshape", ["x", "u"], ["y"])], {"x": [5, 3, 4]}, ["y"], {"u": np.array([6, 5, 2])})
        self.refused(["'n0' (Reshape)", "first size 6"], convert.from_onnx, path)


if __name__ == "__main__":
    main()
