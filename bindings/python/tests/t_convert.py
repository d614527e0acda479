# SPDX-License-Identifier: MIT
"""aimc.convert: small models of ONNX, PyTorch, Keras and folded files, made here, compute the same as networks of aimc."""
import contextlib
import io
import json
import warnings

from common import aimc, main, np
from convert_cases import RNG, Case, KerasCase, OnnxCase, TorchCase, normal, package

from aimc import convert

# ---- PyTorch ------------------------------------------------------------------------------------


def torch_net():
    """A module with branches, all kinds of modules and functions."""
    torch = package("torch")
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.conv = nn.Conv2d(channels, channels, 3, padding=1, groups=2, bias=False)
            self.bn = nn.BatchNorm2d(channels)

        def forward(self, x):
            return functional.relu(self.bn(self.conv(x)) + x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU6())
            self.blocks = nn.Sequential(Block(4), Block(4))
            self.pool = nn.MaxPool2d(2)
            self.fc = nn.Linear(32, 5)
            self.out = nn.Linear(5, 3)

        def forward(self, x):
            y = self.pool(self.blocks(self.stem(x)))
            y = torch.cat([y, functional.avg_pool2d(y, 3, 1, 1)], 1)
            short = functional.pad(y[:, :, ::2, ::2], (0, 1, 1, 0, 1, 0))[:, 1:, 1:, :1] * functional.max_pool2d(y, 2)
            short = torch.sigmoid(short.mean([2, 3]))
            y = self.fc(y.view(y.size(0), -1))
            return self.out(torch.tanh(y)) + short[:, :3]
    torch.manual_seed(5)
    net = Net()
    for block in net.blocks:
        block.bn.running_mean.uniform_(-1, 1)
        block.bn.running_var.uniform_(0.5, 2)
    return net.eval()


class Torch(TorchCase):
    def test_a_graph_with_branches(self):
        module = torch_net()
        net = self.compare(module, normal(3, 3, 8, 8))
        names = {name for name in module.state_dict() if not name.endswith("num_batches_tracked")}
        self.assertEqual(set(net.tensors), names)  # tensors are called as in the module

    def test_modules_in_a_row(self):
        nn = package("torch").nn
        layers = [nn.Conv1d(2, 6, 3, dilation=2, padding="same"), nn.BatchNorm1d(6), nn.LeakyReLU(0.1), nn.AvgPool1d(2),
                  nn.GroupNorm(3, 6), nn.ELU(0.7), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.LayerNorm(6), nn.Dropout(0.2),
                  nn.Linear(6, 4, bias=False), nn.GELU(), nn.Hardswish(), nn.Identity(), nn.Linear(4, 3), nn.Softmax(-1)]
        self.compare(nn.Sequential(*layers).eval(), normal(2, 2, 12))

    def test_volumes_and_transposes(self):
        nn = package("torch").nn
        layers = [nn.Conv3d(2, 4, (2, 3, 2), stride=(1, 2, 1), padding=(0, 1, 1)), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2, stride=1),
                  nn.ConvTranspose3d(4, 3, 2, stride=2, output_padding=1), nn.AvgPool3d(2), nn.AdaptiveAvgPool3d(1), nn.Flatten()]
        self.compare(nn.Sequential(*layers).eval(), normal(2, 2, 4, 6, 5))
        layers = [nn.Conv1d(2, 4, 3, stride=2), nn.Tanh(), nn.ConvTranspose1d(4, 2, 3, stride=2, bias=False)]
        self.compare(nn.Sequential(*layers).eval(), normal(2, 2, 9))

    def test_everything_unknown_is_named(self):
        nn = package("torch").nn
        shared = nn.Linear(4, 4)
        module = nn.Sequential(nn.Linear(4, 4), nn.Softplus(), nn.Linear(4, 6), nn.Unflatten(1, (2, 3)))
        text = self.refused(["node 2", "Softplus '1'", "Unflatten '3'", "node 4", "2 of its nodes"], convert.from_torch,
                            module, (4,))
        self.assertEqual(len(text.splitlines()), 3)
        self.refused(["Linear '0'", "used twice"], convert.from_torch, nn.Sequential(shared, shared), (4,))
        self.refused(["Softmax '0'", "dim 1"], convert.from_torch, nn.Sequential(nn.Softmax(1)), (2, 3))

    def test_view_must_keep_the_samples(self):
        self.compare(self.traced(lambda _, x: x.relu().view(-1, 12)), normal(2, 4, 3))
        for function in (lambda _, x: x.view(-1, 3), lambda _, x: x.reshape(-1, 3), lambda _, x: x.reshape((-1, 3))):
            self.refused(["second size 3"], convert.from_torch, self.traced(function), (4, 3))

    def test_in_place(self):
        torch = package("torch")
        nn, functional = torch.nn, torch.nn.functional
        self.compare(nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 3), nn.ReLU6(True)), normal(2, 4))
        self.compare(self.traced(lambda s, x: s.a(x).relu_().add_(x), a=nn.Linear(4, 4)), normal(2, 4))
        relu = nn.ReLU(inplace=True)
        twice = self.traced(lambda s, x: s.r(s.a(x)), a=nn.Linear(4, 4), r=relu)
        for function in (lambda s, h: s.r(h) + h, lambda s, h: functional.relu(h, inplace=True) + h,
                         lambda s, h: (h.relu_(), h)[1], lambda s, h: (h.add_(h), h)[1],
                         lambda s, h: s.r(s.i(h)) + h, lambda s, h: (s.r(h), s.i(h).mul_(h), h)[2]):
            self.compare(self.traced(lambda s, x, function=function: function(s, s.a(x)), a=nn.Linear(4, 4), r=relu,
                                     i=nn.Identity()), normal(2, 4))
        self.compare(twice, normal(2, 4))
        for word, function in (("reads it later", lambda s, h: s.r(h.view(-1, 4)) + h),
                               ("reads it later", lambda s, h: (h.view(-1, 4), s.r(h))[0] + h),
                               ("reads it later", lambda s, h: (h.view(-1, 4).relu_(), h)[1]),
                               ("not used", lambda s, h: ((h * h).relu_(), h)[1])):
            module = self.traced(lambda s, x, function=function: function(s, s.a(x)), a=nn.Linear(4, 4), r=relu)
            self.refused([word], convert.from_torch, module, (4,))

    def test_augmented_assignments(self):
        """torch.fx traces h += x as h = h + x, and another name for h would keep the old value."""
        nn = package("torch").nn

        def added(s, x):
            h = s.a(x)
            also = h
            h += x
            h *= x
            return h + also

        def viewed(s, x):
            h = s.a(x)
            also = h.view(-1, 4)
            h += x
            return h + also

        def taken(s, x):
            h = s.a(x)
            h //= x
            return h
        self.compare(self.traced(added, a=nn.Linear(4, 4)), normal(2, 4))
        self.refused(["of which there is a view"], convert.from_torch, self.traced(viewed, a=nn.Linear(4, 4)), (4,))
        self.refused(["ifloordiv", "no such function"], convert.from_torch, self.traced(taken, a=nn.Linear(4, 4)), (4,))

    def test_values_beside_constants(self):
        """Numbers, parameters and buffers: a token in front, positions, scales, the normalisation of an input."""
        torch = package("torch")
        nn = torch.nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.token, self.positions = nn.Parameter(torch.randn(1, 1, 4)), nn.Parameter(torch.randn(1, 4, 4))
                self.scale, self.bias = nn.Parameter(torch.randn(4)), nn.Parameter(torch.randn(3, 1))
                self.register_buffer("mean", torch.randn(3, 4))
                self.last = nn.Linear(16, 2)

            def forward(self, x):
                x = (x - self.mean) / (2 * self.scale) + self.bias
                x = torch.cat([self.token.expand(x.shape[0], -1, -1), 1 - x * 0.5], 1) + self.positions
                x -= torch.relu(x)
                return self.last(x.flatten(1))
        self.compare(Net().eval(), normal(2, 3, 4))
        other = nn.Parameter(torch.randn(2, 3, 4))
        for word, function in (("for each sample", lambda s, x: x + s.other), ("quotient", lambda _, x: x / torch.relu(x)),
                               ("over a value", lambda _, x: 1 / x), ("alpha", lambda _, x: torch.add(x, x, alpha=2)),
                               ("rounding_mode", lambda _, x: torch.div(x, 2, rounding_mode="floor"))):
            module = self.traced(function)
            module.other = other
            self.refused([word], convert.from_torch, module, (3, 4))

    def test_arguments_that_are_not_known(self):
        torch = package("torch")
        functional = torch.nn.functional
        self.compare(self.traced(lambda _, x: functional.softmax(functional.dropout(x, 0.5, False), 1)), normal(2, 4))
        for word, function in (("divisor_override", lambda _, x: functional.avg_pool2d(x, 2, divisor_override=3)),
                               ("argument 6", lambda _, x: functional.avg_pool2d(x, 2, 2, 0, False, True, 3)),
                               ("ceil_mode", lambda _, x: functional.max_pool2d(x, 2, ceil_mode=True)),
                               ("with_indices", lambda _, x: functional.max_pool2d(x, 2, return_indices=True)[0]),
                               ("dtype", lambda _, x: torch.softmax(x, -1, dtype=torch.float64))):
            self.refused([word], convert.from_torch, self.traced(function), (2, 4, 4))

    def test_hooks_and_made_weights(self):
        nn = package("torch").nn
        hooked = nn.Sequential(nn.Linear(4, 4))
        hooked[0].register_forward_hook(lambda module, x, y: y * 2)
        root = nn.Sequential(nn.Linear(4, 4))
        root.register_forward_hook(lambda module, x, y: y * 2)
        for word, module in (("Linear '0'): its forward hook", hooked), ("module Sequential: its forward hook", root),
                             ("hook WeightNorm", nn.Sequential(nn.utils.weight_norm(nn.Linear(4, 4)))),
                             ("parametrized;", nn.Sequential(nn.utils.parametrizations.orthogonal(nn.Linear(4, 4))))):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.refused([word], convert.from_torch, module, (4,))

    def test_state_dict(self):
        torch = package("torch")
        module = torch_net()
        document = json.loads(convert.from_torch(module, (3, 8, 8)).to_json())
        x = normal(2, 3, 8, 8)
        expected = module(torch.from_numpy(x)).detach().numpy()
        (self.folder / "net.json").write_text(json.dumps(document))
        parallel = {f"module.{name}": tensor for name, tensor in module.state_dict().items()}
        for k, saved in enumerate((module.state_dict(), {"epoch": 3, "state_dict": parallel})):
            torch.save(saved, self.folder / f"{k}.pt")
            self.near(convert.read(self.folder / f"{k}.pt", self.folder / "net.json"), expected, x)
        torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), self.folder / "code.pt")
        with self.assertRaises(aimc.FormatError):  # nothing of a pickle is run
            convert.read(self.folder / "code.pt", self.folder / "net.json")
        torch.save({"fc.weight": torch.ones(2)}, self.folder / "less.pt")
        with self.assertRaisesRegex(aimc.InvalidError, "missing: "):
            convert.read(self.folder / "less.pt", self.folder / "net.json")
        with self.assertRaisesRegex(aimc.InvalidError, "--network"):
            convert.read(self.folder / "less.pt")


# ---- ONNX ---------------------------------------------------------------------------------------


class Onnx(OnnxCase):
    def test_against_torch(self):
        torch = package("torch")
        functional = torch.nn.functional
        w, b, m, scale = normal(6, 2, 3, 3), normal(6), normal(24, 4), normal(4, 6)
        shape = np.array([0, -1], np.int64)
        path = self.model(
            [("Conv", ["x", "w"], ["c"], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), ("Add", ["c", "b"], ["d"]),
             ("BatchNormalization", ["d", *[f"bn{k}" for k in range(4)]], ["e"], {"epsilon": 1e-3}),
             ("Clip", ["e", "zero", "six"], ["f"]), ("Pad", ["f", "pads"], ["g"]), ("MaxPool", ["g"], ["h"],
             {"kernel_shape": [2, 2], "strides": [2, 2]}), ("Transpose", ["h"], ["i"], {"perm": [0, 2, 3, 1]}),
             ("Reshape", ["i", "shape"], ["j"]), ("MatMul", ["j", "m"], ["k"]), ("Gemm", ["k", "scale", "b"], ["l"],
             {"beta": 0.5, "alpha": 2.0}), ("Slice", ["l", "one", "five", "one"], ["o"]), ("Unsqueeze", ["o", "one"], ["p"]),
             ("Concat", ["p", "p"], ["q"], {"axis": 1}), ("ReduceMean", ["q"], ["r"], {"axes": [1], "keepdims": 0}),
             ("LogSoftmax", ["r"], ["y"], {"axis": -1})],
            {"x": ["n", 2, 5, 5]}, ["y"],
            {"w": w, "b": b.reshape(6, 1, 1), "bn0": abs(b) + 1, "bn1": b, "bn2": b, "bn3": abs(b) + 1, "m": m,
             "scale": scale, "zero": np.float32(0), "six": np.float32(6), "pads": np.array([0, 0, 1, 0, 0, 0, 0, 1]),
             "shape": shape, "one": np.array([1]), "five": np.array([5])})
        x = normal(3, 2, 5, 5)
        t = torch.from_numpy
        y = functional.conv2d(functional.pad(t(x), (1, 1, 1, 1)), t(w), t(b), stride=2)
        y = functional.batch_norm(y, t(b), t(abs(b) + 1), t(abs(b) + 1), t(b), eps=1e-3).clamp(0, 6)
        y = functional.max_pool2d(functional.pad(y, (0, 1, 1, 0)), 2).permute(0, 2, 3, 1).reshape(3, -1) @ t(m)
        y = functional.log_softmax((2 * y @ t(scale) + 0.5 * t(b))[:, 1:5], -1)
        net = convert.from_onnx(path)
        self.near(net, y.numpy(), x)
        self.assertIn("n0.bias", net.tensors)  # the addition behind became the bias

    def test_what_torch_exports(self):
        torch = package("torch")
        package("onnx")
        module, x = torch_net(), normal(2, 3, 8, 8)
        path = str(self.folder / "torch.onnx")
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, torch.from_numpy(x), path, dynamic_axes={"x": {0: "n"}}, input_names=["x"])
        net = convert.from_onnx(path)
        self.near(net, module(torch.from_numpy(x)).detach().numpy(), x)
        self.assertIn("fc.weight", net.tensors)

    def test_everything_unknown_is_named(self):
        path = self.model(
            [("Erf", ["x"], ["a"]), ("Relu", ["a"], ["b"]), ("Softmax", ["b"], ["c"], {"axis": 0}), ("LSTM", ["c"], ["d"]),
             ("Conv", ["x", "w"], ["e"], {"auto_pad": "ODD"}), ("Mul", ["x", "w"], ["f"]), ("Relu", ["f"], ["y"])],
            {"x": [1, 2, 3, 3]}, ["y"], {"w": normal(2, 2, 1, 1)})
        text = self.refused(["node 0 'n0' (Erf)", "node 3 'n3' (LSTM)", "node 4 'n4' (Conv): auto_pad 'ODD'", "node 5"],
                            convert.from_onnx, path)
        self.assertEqual(len(text.splitlines()), 5)

    def test_reshape_must_keep_the_samples(self):
        for k, sizes in ((3, [-1, 3]), (6, [1, 6])):
            path = self.model([("Reshape", ["x", "s"], ["y"])], {"x": ["n", 4, 3]}, ["y"], {"s": np.array(sizes)})
            self.refused(["'n0' (Reshape)", f"second size {k}"], convert.from_onnx, path)
        path = self.model([("Reshape", ["x", "s"], ["y"])], {"x": ["n", 4, 3]}, ["y"], {"s": np.array([-1, 12])})
        x = normal(2, 4, 3)
        self.near(convert.from_onnx(path), x.reshape(2, 12), x)

    def test_casts(self):
        """A cast to integers is no identity."""
        path = self.model([("Cast", ["x"], ["a"], {"to": 11}), ("Cast", ["a"], ["b"], {"to": 1}), ("Relu", ["b"], ["y"])],
                          {"x": ["n", 4]}, ["y"], {})
        x = normal(2, 4)
        self.near(convert.from_onnx(path), np.maximum(x, 0), x)
        path = self.model([("Cast", ["x"], ["a"], {"to": 7}), ("Cast", ["a"], ["y"], {"to": 1})], {"x": ["n", 4]}, ["y"], {})
        self.refused(["'n0' (Cast)", "INT64", "floating-point"], convert.from_onnx, path)
        path = self.model([("Cast", ["c"], ["d"], {"to": 7}), ("Cast", ["d"], ["e"], {"to": 1}), ("MatMul", ["x", "e"], ["y"])],
                          {"x": ["n", 4]}, ["y"], {"c": np.full((4, 3), 1.75, np.float32)})
        self.near(convert.from_onnx(path), np.repeat(x.sum(1, keepdims=True), 3, 1), x)  # of 1, not of 1.75

    def test_gather(self):
        table = normal(5, 3)
        path = self.model([("Cast", ["x"], ["i"], {"to": 7}), ("Gather", ["t", "i"], ["e"]),
                           ("Gather", ["e", "last"], ["y"], {"axis": 1})],
                          {"x": ["n", 4]}, ["y"], {"t": table, "last": np.int64(-1)})
        x = RNG.integers(0, 5, (2, 4)).astype(np.float32)
        self.near(convert.from_onnx(path), table[x.astype(int)[:, -1]], x)

    def test_softmax_of_old_opsets(self):
        for op in ("Softmax", "LogSoftmax"):
            path = self.model([(op, ["x"], ["y"])], {"x": ["n", 4, 3]}, ["y"], {}, opset=11)
            self.refused([f"'n0' ({op})", "opset 11"], convert.from_onnx, path)
        x = normal(2, 4)
        e = np.exp(x)
        path = self.model([("Softmax", ["x"], ["y"])], {"x": ["n", 4]}, ["y"], {}, opset=11)
        self.near(convert.from_onnx(path), e / e.sum(1, keepdims=True), x)

    def test_bad_files(self):
        path = self.model([("Relu", ["x"], ["y"])], {"x": [1, "rows"]}, ["y"], {})
        self.refused(["input 'x'", "fixed"], convert.from_onnx, path)
        (self.folder / "bad.onnx").write_bytes(b"no model")
        with self.assertRaises(aimc.FormatError):
            convert.from_onnx(self.folder / "bad.onnx")


# ---- layers, channels last ------------------------------------------------------------------------


def same(x, kernel, stride):
    """Padding of TensorFlow."""
    total = [max((-(-n // stride) - 1) * stride + k - n, 0) for n, k in zip(x.shape[1:3], kernel)]
    return np.pad(x, [(0, 0), *[(t // 2, t - t // 2) for t in total], (0, 0)])


def convolved(x, kernel, stride=1):
    """Channels last, kernel as of Keras, no padding."""
    seen = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], (1, 2))[:, ::stride, ::stride]
    return np.einsum("nyxchw,hwco->nyxo", seen, kernel)


class Keras(KerasCase):
    def test_a_graph(self):
        layer = self.layer
        layers = [layer("InputLayer", "in", batch_input_shape=[None, 5, 6, 2]),
                  layer("Conv2D", "a", "in", kernel_size=[3, 3], strides=[2, 2], padding="same", activation="relu"),
                  layer("DepthwiseConv2D", "b", "a", kernel_size=[2, 2], strides=[1, 1], padding="valid", activation="linear"),
                  layer("BatchNormalization", "bn", "b", axis=[3], epsilon=0.01),
                  layer("ZeroPadding2D", "z", "bn", padding=[[0, 1], [1, 0]]),
                  layer("Add", "add", "z", "a"),
                  layer("Flatten", "flat", "add"), layer("Dropout", "drop", "flat", rate=0.3),
                  layer("Dense", "fc", "drop", activation="tanh"),
                  layer("Flatten", "flat2", "add"),
                  layer("Concatenate", "cat", "fc", "flat2", axis=-1), layer("Dense", "out", "cat", activation="softmax")]
        kernel, depth, fc, out, bias, mean = (normal(3, 3, 2, 3), normal(2, 2, 3, 1), normal(27, 4), normal(31, 2), normal(3),
                                              normal(3))
        arrays = {"a": {"kernel": kernel, "bias": bias}, "b": {"depthwise_kernel": depth},
                  "bn": {"gamma": bias, "beta": mean, "moving_mean": mean, "moving_variance": abs(bias)},
                  "fc": {"kernel": fc, "bias": normal(4)}, "out": {"kernel": out}}
        path = self.file(layers, arrays, outputs=[["out", 0, 0]])
        x = normal(3, 5, 6, 2)
        a = np.maximum(convolved(same(x, (3, 3), 2), kernel, 2) + bias, 0)
        seen = np.lib.stride_tricks.sliding_window_view(a, (2, 2), (1, 2))
        b = np.einsum("nyxchw,hwc->nyxc", seen, depth[..., 0])
        b = (b - mean) / np.sqrt(abs(bias) + 0.01) * bias + mean
        joined = np.pad(b, [(0, 0), (0, 1), (1, 0), (0, 0)]) + a
        flat = joined.reshape(3, -1)
        y = np.concatenate([np.tanh(flat @ fc + arrays["fc"]["bias"]), flat], 1) @ out
        channels_first = np.ascontiguousarray(np.moveaxis(x, -1, 1))
        self.near(convert.from_keras(path, logits=True), y, channels_first)
        e = np.exp(y - y.max(1, keepdims=True))
        self.near(convert.from_keras(path), e / e.sum(1, keepdims=True), channels_first)

    def test_a_sequence(self):
        layers = [{"class_name": kind, "config": config} for kind, config in (
            ("Conv1D", {"name": "c", "batch_input_shape": [None, 9, 2], "kernel_size": [3], "strides": [1], "padding": "valid",
                        "activation": "relu"}),
            ("MaxPooling1D", {"name": "p", "pool_size": [2], "strides": [2], "padding": "valid"}),
            ("GlobalAveragePooling1D", {"name": "g"}), ("Dense", {"name": "d", "activation": "linear"}))]
        kernel, dense = normal(3, 2, 4), normal(4, 3)
        path = self.file(layers, {"c": {"kernel": kernel}, "d": {"kernel": dense}}, "Sequential")
        x = normal(2, 9, 2)
        c = np.maximum(convolved(x[:, None], kernel[None])[:, 0], 0)
        expected = np.maximum(c[:, 0:6:2], c[:, 1:7:2]).mean(1) @ dense
        self.near(convert.from_keras(path), expected, np.ascontiguousarray(np.moveaxis(x, -1, 1)))

    def test_everything_unknown_is_named(self):
        layer = self.layer
        path = self.file([layer("InputLayer", "in", batch_input_shape=[None, 4, 4, 1]), layer("Lambda", "f", "in"),
                          layer("Conv2D", "c", "f", kernel_size=[1, 1]), layer("ConvLSTM2D", "l", "c"),
                          layer("Activation", "s", "in", activation="swoosh")], {}, outputs=["s", 0, 0])
        self.refused(["layer 1 'f' (Lambda)", "layer 3 'l' (ConvLSTM2D)", "layer 4 's' (Activation): activation 'swoosh'"],
                     convert.from_keras, path)

    def test_weights_alone(self):
        with package("h5py").File(self.folder / "w.h5", "w") as file:
            file.create_group("model_weights")
        with self.assertRaisesRegex(aimc.FormatError, "whole model"):
            convert.from_keras(self.folder / "w.h5")


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        raw = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


class Folded(Case):
    def model(self):
        """Two convolutions of the kinds that ResNets have, a shortcut, and a dense layer behind an image."""
        layers = [{"type": "InputLayer", "name": "in", "inputs": [], "input_shape": [6, 6, 2]},
                  {"type": "Conv2D", "name": "c", "inputs": ["in"], "kernel_size": [3, 3], "strides": [2, 2],
                   "padding": "torch_pad1", "activation": "linear"},
                  {"type": "ShortcutA", "name": "s", "inputs": ["in"], "pad": 1},
                  {"type": "Add", "name": "a", "inputs": ["c", "s"]},
                  {"type": "Flatten", "name": "f", "inputs": ["a"]},
                  {"type": "Dense", "name": "d", "inputs": ["f"], "activation": "linear"}]
        tensors = {"c.weight": normal(4, 18), "c.bias": normal(4), "d.weight": normal(3, 36), "d.bias": normal(3)}
        (self.folder / "m.json").write_text(json.dumps({"folded_layers": layers}))
        write_safetensors(self.folder / "m.folded.safetensors", tensors)
        return tensors

    def expected(self, tensors, x):
        c = convolved(np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), tensors["c.weight"].reshape(4, 3, 3, 2).transpose(1, 2, 3, 0), 2)
        y = c + tensors["c.bias"] + np.pad(x[:, ::2, ::2], [(0, 0)] * 3 + [(1, 1)])
        return y.reshape(len(x), -1) @ tensors["d.weight"].T + tensors["d.bias"]

    def test_same_numbers(self):
        tensors = self.model()
        x = normal(3, 6, 6, 2)
        self.near(convert.read(self.folder / "m.json"), self.expected(tensors, x), np.ascontiguousarray(np.moveaxis(x, -1, 1)))

    def test_the_command(self):
        tensors, out, text = self.model(), self.folder / "out.safetensors", io.StringIO()
        with contextlib.redirect_stdout(text):
            self.assertEqual(convert.main([str(self.folder / "m.json"), str(out)]), 0)
        self.assertIn("conv2d c", text.getvalue())
        x = normal(1, 6, 6, 2)
        self.near(aimc.Network.load(out), self.expected(tensors, x), np.ascontiguousarray(np.moveaxis(x, -1, 1)))
        for arguments, word in (([self.folder / "none.json", out], "none.json"), ([self.folder / "m.txt", out], ".txt"),
                                ([out, self.folder / "o"], "--network")):
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                self.assertEqual(convert.main(list(map(str, arguments))), 1)
            self.assertIn(word, said.getvalue())

    def test_bad_tensors(self):
        tensors = self.model()
        write_safetensors(self.folder / "m.folded.safetensors", {**tensors, "d.weight": normal(3, 35)})
        self.refused(["layer 5 'd' (Dense)"], convert.read, self.folder / "m.json")
        del tensors["c.bias"]
        write_safetensors(self.folder / "m.folded.safetensors", tensors)
        self.refused(["layer 1 'c' (Conv2D)", "c.bias"], convert.read, self.folder / "m.json")
        (self.folder / "m.folded.safetensors").write_bytes(b"\xff" * 40)
        with self.assertRaises(aimc.FormatError):
            convert.read(self.folder / "m.json")


if __name__ == "__main__":
    main()
