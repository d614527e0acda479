# SPDX-License-Identifier: MIT
"""Every op by itself: gradients against central differences, and on tiles what it is digital, trained, saved, programmed."""
import json
import pathlib
import tempfile

from common import aimc, main, np, unittest

STEP = 0.01
TOLERANCE = 2e-3  # of the gradient: outputs are floats, and their sums of this many digits are divided by the step

# op: (configuration, shapes of inputs), of odd shapes; several where an op has ways
CASES = {
    "linear": [({"out_features": 3}, [(5,)]), ({"out_features": 3, "bias": False}, [(3, 7)])],
    "conv1d": [({"out_channels": 3, "kernel": 3, "stride": 2, "padding": [1, 2]}, [(2, 9)])],
    "conv2d": [({"out_channels": 4, "kernel": [3, 2], "stride": [2, 1], "padding": 1, "groups": 2}, [(2, 7, 5)]),
               ({"out_channels": 3, "kernel": 3, "same": "UPPER", "stride": 2}, [(2, 7, 6)])],
    "conv3d": [({"out_channels": 4, "kernel": [2, 3, 1], "stride": [1, 2, 1], "padding": 1, "groups": 2}, [(2, 3, 4, 3)])],
    "conv_transpose1d": [({"out_channels": 3, "kernel": 3, "stride": 2, "padding": 1}, [(2, 5)])],
    "conv_transpose3d": [({"out_channels": 2, "kernel": [1, 3, 2], "stride": [2, 1, 1], "dilation": [1, 1, 2]}, [(2, 2, 3, 3)])],
    "conv_transpose2d": [({"out_channels": 4, "kernel": [3, 2], "stride": [2, 3], "padding": [1, 0], "groups": 2,
                           "output_padding": [1, 2]}, [(2, 5, 3)]),
                         ({"out_channels": 3, "kernel": 3, "dilation": 2, "bias": False}, [(3, 4, 5)])],
    "max_pool1d": [({"kernel": 3, "stride": 2}, [(2, 9)])],
    "max_pool2d": [({"kernel": 3, "stride": 2, "padding": 1}, [(2, 7, 5)])],
    "max_pool3d": [({"kernel": 2, "stride": [1, 2, 2], "padding": 1}, [(2, 3, 4, 3)])],
    "avg_pool3d": [({"kernel": [2, 1, 3], "padding": [1, 1, 0, 0, 1, 1], "count_include_pad": False}, [(2, 3, 2, 4)])],
    "avg_pool1d": [({"kernel": 3, "stride": 2, "padding": 1}, [(2, 9)])],
    "avg_pool2d": [({"kernel": [2, 3], "padding": 1, "count_include_pad": False}, [(2, 7, 5)])],
    "global_avg_pool": [({}, [(3, 5, 3)])],
    "global_max_pool": [({}, [(3, 5, 3)])],
    "batch_norm": [({}, [(3, 5, 3)])],
    "layer_norm": [({}, [(3, 7)]), ({"n_axes": 2, "affine": False}, [(3, 7)])],
    "group_norm": [({"groups": 3}, [(6, 5)])],
    **{op: [({}, [(3, 7)])] for op in ("relu", "relu6", "leaky_relu", "elu", "tanh", "sigmoid", "hard_sigmoid", "hard_swish",
                                       "gelu", "silu", "softmax", "log_softmax")},
    "add": [({}, [(3, 5), (3, 5), (3, 5)])],
    "mul": [({}, [(3, 5), (3, 5)])],
    "concat": [({"axis": 1}, [(3, 5), (3, 2)])],
    "mean": [({"axes": [1]}, [(3, 5)])],
    "flatten": [({}, [(3, 5)])],
    "reshape": [({"shape": [5, -1]}, [(3, 5)])],
    "permute": [({"order": [1, 0]}, [(3, 5)])],
    "slice": [({"start": [1, 0], "step": [1, 2]}, [(3, 5)])],
    "pad": [({"before": [1, 0], "after": [0, 2]}, [(3, 5)])],
    "dropout": [({"p": 0}, [(3, 5)])],
    "embedding": [({"num_embeddings": 5, "embedding_dim": 3}, [(7,)])],
    "rnn": [({"hidden_size": 3}, [(5, 2)]), ({"hidden_size": 3, "reverse": True}, [(5, 2), (1, 3)]), ({"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [(5, 3)])],
    "gru": [({"hidden_size": 3}, [(5, 2)]), ({"hidden_size": 3, "num_layers": 2}, [(4, 2), (2, 3)]),
            ({"hidden_size": 3, "num_layers": 2, "reset_after": False, "bidirectional": True}, [(4, 2), (4, 3)]), ({"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [(5, 3)])],
    "lstm": [({"hidden_size": 3}, [(5, 2)]), ({"hidden_size": 3, "bidirectional": True}, [(5, 2), (2, 3), (2, 3)]), ({"hidden_size": 3, "num_layers": 2, "bidirectional": True}, [(5, 3)])],
    "attention": [({"heads": 2}, [(5, 6)]), ({"heads": 1, "causal": True}, [(5, 3), (7, 3)]),
                  ({"heads": 3, "bias": False}, [(5, 6), (3, 6), (3, 6)])],
}
IDEAL = aimc.Config("layer", {"device": "ideal", "forward": {"is_perfect": True}, "backward": {"is_perfect": True}})
SLOW = aimc.Config("layer", {"device": "soft_bounds", "device.w_max_dtod": 0, "device.w_min_dtod": 0, "optimizer": "c_ttv2",
                             "mapping": {"weight_scaling_omega": 0.5}})
ON_MATRICES = [op for op in CASES if "matrix" in [field.name for field in aimc.Config(op).fields()]]


def network(op, config, shapes, matrix=None, seed=3, threads=0):
    net = aimc.Network(ctx=aimc.Context(seed=seed, threads=threads))
    inputs = [net.add_input(shape) for shape in shapes]
    value = net.add(op, *inputs, name="op", **config, **({"matrix": matrix} if matrix else {}))
    further = {"rnn": 1, "gru": 1, "lstm": 2}.get(op, 0)
    for k in range(1 + further):
        net.add_output(value[k])
    return net


def inputs_of(op, shapes, n, rng):
    """Numbers that are all apart, so that no step goes over a kink or from one maximum to another."""
    if op == "embedding":
        return [rng.randint(0, 5, (n, *shape)).astype(np.float32) for shape in shapes]
    made = []
    for shape in shapes:
        size = n * int(np.prod(shape))
        made.append((rng.permutation(size) - size / 2 + 0.3).reshape(n, *shape).astype(np.float32) * np.float32(8 / size))
    return made


class Gradients(unittest.TestCase):
    def test_every_op_has_a_case(self):
        self.assertEqual(set(CASES), {preset.name for preset in aimc.presets("op")})

    def total(self, net, xs, dys):
        return sum(float((y.astype(np.float64) * dy).sum()) for y, dy in zip(net.run_forward(*xs), dys))

    def slope(self, at):
        """Central differences of two widths: errors of the third order cancel."""
        one, two = ((at(k * STEP) - at(-k * STEP)) / (2 * k * STEP) for k in (1, 2))
        return (4 * one - two) / 3

    def compare(self, gradient, at, value, rng, what):
        """Along the gradient itself, and along a random direction."""
        gradient = gradient.astype(np.float64)
        length = np.linalg.norm(gradient)
        for direction in (gradient / max(length, 1e-9), rng.choice([-1.0, 1.0], gradient.shape)):
            direction = direction / max(np.abs(direction).max(), 1e-9)
            slope = self.slope(lambda h, v=direction: at((value + h * v).astype(np.float32)))
            bound = TOLERANCE * max(length * np.linalg.norm(direction), 0.1)
            self.assertAlmostEqual(slope, float((gradient * direction).sum()), delta=bound, msg=what)

    def check(self, op, config, shapes, n):
        rng = np.random.RandomState(len(op) + n)
        net = network(op, config, shapes)
        net.want_input_gradients()
        xs = inputs_of(op, shapes, n, rng)
        dys = [rng.choice([-1.0, 0.5, 2.0], y.shape).astype(np.float32) for y in net.run_forward(*xs)]
        dxs = net.run_backward(*dys, want_dx=True)
        gradients = {name: net.get_gradient(name) for name, info in net.tensors.items() if info.is_trained}
        for i, dx in enumerate(dxs):
            if op != "embedding":
                self.compare(dx, lambda v, i=i: self.total(net, [*xs[:i], v, *xs[i + 1:]], dys), xs[i], rng, f"input {i}")
        for name, gradient in gradients.items():
            before = net.get_tensor(name)

            def with_tensor(v, name=name):
                net.set_tensor(name, v)
                return self.total(net, xs, dys)
            self.compare(gradient, with_tensor, before, rng, name)
            net.set_tensor(name, before)

    def test_all(self):
        for op, cases in CASES.items():
            for config, shapes in cases:
                for n in (1, 3):
                    with self.subTest(f"{op} {config} {shapes} {n}"):
                        self.check(op, config, shapes, n)


class Threads(unittest.TestCase):
    def test_large_batches_go_to_several_threads(self):
        """To the bits of one thread, and of the samples by themselves."""
        for op, cases in CASES.items():
            if op in ON_MATRICES or op in ("embedding", "dropout", "batch_norm", "layer_norm", "group_norm"):
                continue
            config, shapes = cases[0]
            n = 50000 // sum(int(np.prod(shape)) for shape in shapes)
            with self.subTest(op):
                xs = inputs_of(op, shapes, n, np.random.RandomState(1))
                found = []
                for threads in (1, 3):
                    net = network(op, config, shapes, threads=threads)
                    net.want_input_gradients()
                    ys = net.run_forward(*xs)
                    found.append([*ys, *net.run_backward(*ys, want_dx=True), *net.run(*xs)])
                for a, b in zip(*found):
                    np.testing.assert_array_equal(a, b)
                few = slice(n // 2, n // 2 + 3)
                np.testing.assert_array_equal(net.run(*(x[few] for x in xs))[0], found[0][0][few])


class OnTiles(unittest.TestCase):
    IDEAL, SLOW, OPS = IDEAL, SLOW, ON_MATRICES

    def for_all(self, check):
        for op in self.OPS:
            for config, shapes in CASES[op]:
                for n in (1, 3):
                    with self.subTest(f"{op} {config} {shapes} {n}"):
                        rng = np.random.RandomState(n)
                        check(op, config, shapes, inputs_of(op, shapes, n, rng), rng)

    def train(self, net, xs, dys, steps=2):
        for _ in range(steps):
            net.run_forward(*xs)
            net.run_backward(*dys)
            net.step(0.02)

    def test_ideal_tiles_equal_digital(self):
        self.for_all(self.ideal)

    def ideal(self, op, config, shapes, xs, rng):
        digital, tiles = network(op, config, shapes), network(op, config, shapes, self.IDEAL)
        tiles.load_state_dict(digital.state_dict())
        outputs = digital.run_forward(*xs)
        for a, b in zip(outputs, tiles.run_forward(*xs)):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
        dys = [rng.uniform(-0.1, 0.1, y.shape).astype(np.float32) for y in outputs]
        for net in (digital, tiles):
            net.want_input_gradients()
            net.run_forward(*xs)
        for a, b in zip(digital.run_backward(*dys, want_dx=True), tiles.run_backward(*dys, want_dx=True)):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
        digital.step(0.1)
        tiles.step(0.1)
        for name, value in digital.state_dict().items():
            np.testing.assert_allclose(tiles.get_tensor(name), value, rtol=0, atol=1e-5, err_msg=name)

    def test_conversion_there_and_back(self):
        self.for_all(self.converted)

    def converted(self, op, config, shapes, xs, _):
        net = network(op, config, shapes)
        before, state = net.run(*xs), net.state_dict()
        net.convert(self.IDEAL)
        for a, b in zip(before, net.run(*xs)):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
        net.convert(None)
        for a, b in zip(before, net.run(*xs)):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
        for name, value in state.items():
            np.testing.assert_allclose(net.get_tensor(name), value, rtol=0, atol=1e-6)

    def test_resumes_to_the_same_bits(self):
        self.for_all(self.resumed)

    def resumed(self, op, config, shapes, xs, rng):
        net = network(op, config, shapes, self.SLOW)
        dys = [rng.uniform(-0.1, 0.1, y.shape).astype(np.float32) for y in net.run_forward(*xs)]
        self.train(net, xs, dys)
        other = net.copy()
        self.assertEqual(other.to_bytes(), net.to_bytes())
        before = net.state_dict()
        for one in (net, other):
            self.train(one, xs, dys)
        self.assertEqual(other.to_bytes(), net.to_bytes())
        self.assertTrue(any((value != before[name]).any() for name, value in net.state_dict().items()))

    def test_they_stay_in_their_file(self):
        self.for_all(self.streamed)

    def streamed(self, op, config, shapes, xs, _):
        """Opened, tiles give what those of the loaded network give first, each time."""
        net = network(op, config, shapes, self.SLOW)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "net.safetensors"
            net.save(path)
            opened = aimc.Network.open(path)
            for _ in range(2):
                for ours, theirs in zip(opened.run(*xs), aimc.Network.load(path).run(*xs)):
                    np.testing.assert_array_equal(ours, theirs)
            for call in (lambda: opened.run_forward(*xs), opened.state_dict, opened.copy,
                         lambda: opened.load_state_dict({})):
                with self.assertRaisesRegex(aimc.StateError, "layer by layer"):
                    call()
            opened.close()

    def test_a_file_of_tensors_with_a_document(self):
        """What the package safetensors writes of a state_dict."""
        net = network("conv2d", *CASES["conv2d"][0])
        state, document = net.state_dict(), json.loads(net.to_json())
        header, data = {}, b""
        for name, array in state.items():
            header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
            data += array.tobytes()
        text = json.dumps(header).encode()
        x = np.random.RandomState(0).randn(3, *CASES["conv2d"][0][1][0]).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "state.safetensors"
            path.write_bytes(len(text).to_bytes(8, "little") + text + data)
            np.testing.assert_array_equal(aimc.Network.open(path, document).run(x)[0], net.run(x)[0])
            document["nodes"][0]["name"] = "other"
            document["outputs"] = ["other"]
            with self.assertRaisesRegex(aimc.FormatError, "other.weight"):
                aimc.Network.open(path, document)
            path.write_bytes(len(text).to_bytes(8, "little") + text + np.full(len(data) // 4, np.nan, np.float32).tobytes())
            with self.assertRaisesRegex(aimc.FormatError, "op: .*not finite"):
                aimc.Network.open(path, net.to_json()).run(x)

    def test_passes_add_up_to_the_bits_of_one(self):
        for op in self.OPS:
            for config, shapes in CASES[op]:
                for evaluates in (False, True):
                    with self.subTest(f"{op} {config} {shapes} {evaluates}"):
                        self.accumulated(op, config, shapes, evaluates)

    def accumulated(self, op, config, shapes, evaluates):
        """In parts of 1, 3 and 2 samples, on noisy tiles, beside one pass on all of them."""
        rng = np.random.RandomState(7)
        recurrent = op in ("rnn", "gru", "lstm")
        whole, parts = (network(op, config, shapes, self.IDEAL if recurrent or evaluates else self.SLOW) for _ in range(2))
        xs = inputs_of(op, shapes, 6, rng)
        before = whole.state_dict()
        for _ in range(2):
            dys = [rng.uniform(-0.1, 0.1, y.shape).astype(np.float32) for y in whole.run_forward(*xs)]
            whole.run_backward(*dys)
            whole.step(0.02)
            for part in (slice(0, 1), slice(1, 4), slice(4, 6)):
                parts.run_forward(*(x[part] for x in xs))
                parts.run_backward(*(dy[part] for dy in dys))
                if evaluates:
                    parts.run(*xs)
            parts.step(0.02)
        self.assertEqual(parts.info.n_samples, 12)
        self.assertEqual(parts.info.n_batches, 2)
        for name, value in whole.state_dict().items():
            if name.endswith("bias") or "bias_" in name or recurrent or evaluates:
                np.testing.assert_allclose(parts.get_tensor(name), value, rtol=0, atol=1e-5, err_msg=name)
            else:
                np.testing.assert_array_equal(parts.get_tensor(name), value, err_msg=name)
        self.assertTrue(any((value != before[name]).any() for name, value in whole.state_dict().items()
                            if "weight" in name))
        with self.assertRaisesRegex(aimc.StateError, "backward"):
            parts.step(0.02)

    def test_gradients_are_forgotten(self):
        for matrix in (SLOW, None):
            config, shapes = CASES["conv2d"][0]
            one, other = (network("conv2d", config, shapes, matrix) for _ in range(2))
            x = inputs_of("conv2d", shapes, 2, np.random.RandomState(1))[0]
            dy = np.ones_like(one.predict(x))
            for _ in range(2):
                one.forward(x)
                one.backward(dy)
            with self.assertRaisesRegex(aimc.StateError, "gradients of 4 samples wait"):
                one.convert(None)
            one.zero_grad()
            with self.assertRaisesRegex(aimc.StateError, "backward"):
                one.step(0.1)
            self.assertEqual({name: value.tolist() for name, value in one.state_dict().items()},
                             {name: value.tolist() for name, value in other.state_dict().items()})

    def test_modified_weights_stay_in_training(self):
        """All passes of a step read one draw, evaluations none."""
        config = {"device": "ideal", "forward": {"is_perfect": True}, "backward": {"is_perfect": True},
                  "hwa": {"modifier": {"type": "ADD_NORMAL", "std_dev": 0.5}}}
        net = network("linear", {"out_features": 3}, [(5,)], aimc.Config("layer", config))
        x, dy = np.ones((1, 5)), np.ones((1, 3))
        plain = net.predict(x)
        first = net.forward(x)
        self.assertTrue((first != plain).any())
        np.testing.assert_array_equal(net.predict(x), plain)  # before, it saw the modified weights
        first = net.forward(x)
        net.backward(dy)
        np.testing.assert_array_equal(net.forward(x), first)
        net.backward(dy)
        np.testing.assert_array_equal(net.predict(x), plain)
        net.step(0.01)
        self.assertTrue((net.predict(x) < plain).all())

    def test_programmed_and_compensated(self):
        self.for_all(self.programmed)

    def programmed(self, op, config, shapes, xs, _):
        if len(shapes) > 1:
            return  # compensate() takes one input
        net = network(op, config, shapes, self.IDEAL)
        if op in ("rnn", "gru", "lstm"):
            net = self.with_one_output(op, config, shapes)
        before = net.run(*xs)[0]
        net.program({"noise_model": "pcm_like", "compensation": {"method": "REFIT"}})
        net.drift_programmed(3600 * 24 * 30)
        drifted = net.run(*xs)[0]
        net.compensate(xs[0])
        after = net.run(*xs)[0]
        self.assertLess(np.abs(after - before).mean(), np.abs(drifted - before).mean())
        net.unprogram()
        np.testing.assert_allclose(net.run(*xs)[0], before, rtol=0, atol=1e-5)

    def with_one_output(self, op, config, shapes):
        net = aimc.Network()
        net.add(op, net.add_input(shapes[0]), **config, matrix=self.IDEAL)
        return net


class BiasOnDevices(OnTiles):
    """The same where the bias is a last word line of the arrays."""
    IDEAL, SLOW = IDEAL.copy(), SLOW.copy()
    IDEAL["analog_bias"] = SLOW["analog_bias"] = True
    OPS = [op for op in ON_MATRICES if not op.startswith("conv_transpose")]

    def test_where_it_lies(self):
        net = aimc.Network(ctx=aimc.Context(seed=1))
        net.linear(net.conv1d(net.add_input((2, 5)), out_channels=4, kernel=2, groups=2, matrix=self.SLOW),
                   out_features=3, matrix="digital")
        before = net.state_dict()
        info = net.tensors["conv1d.bias"]
        self.assertTrue(info.is_analog and info.is_trained)
        self.assertFalse(net.tensors["linear.bias"].is_analog)
        self.assertEqual(net.info.n_analog, 4 * 2 + 4)  # of two groups, 2 x (2 + 1) each
        with self.assertRaisesRegex(aimc.UnsupportedError, "conv1d.bias' lies on tiles"):
            net.get_gradient("conv1d.bias")
        w, b = net.get_weights(1)
        np.testing.assert_array_equal(w[:, -1], b)
        np.testing.assert_array_equal(b, before["conv1d.bias"][2:])
        net.set_tensor("conv1d.bias", np.array([0.1, -0.2, 0.3, -0.1], np.float32))
        np.testing.assert_allclose(net.get_tensor("conv1d.bias"), [0.1, -0.2, 0.3, -0.1], rtol=0, atol=1e-6)
        np.testing.assert_array_equal(net.get_tensor("conv1d.weight"), before["conv1d.weight"])
        net.set_tensor("conv1d.weight", before["conv1d.weight"])
        np.testing.assert_allclose(net.get_tensor("conv1d.bias"), [0.1, -0.2, 0.3, -0.1], rtol=0, atol=1e-6)

    def test_a_rate_moves_it_in_steps_of_the_device(self):
        device = {"kind": "constant_step", "dw_min": 0.01, "dw_min_dtod": 0, "dw_min_std": 0, "up_down_dtod": 0, "w_max_dtod": 0, "w_min_dtod": 0}
        net = aimc.Network(ctx=aimc.Context(seed=1))
        net.linear(net.add_input((2,)), out_features=3, matrix={"kind": "layer", "device": device, "analog_bias": True})
        net.set_tensor("linear.bias", np.zeros(3, np.float32))
        x = np.ones((4, 2), np.float32)
        for _ in range(5):
            net.run_forward(x)
            net.run_backward(np.full((4, 3), -1, np.float32))
            net.step(0.01)
        steps = net.get_tensor("linear.bias") / 0.01
        self.assertGreater(steps.min(), 1)
        np.testing.assert_allclose(steps, np.round(steps), rtol=0, atol=1e-3)

    def test_folding(self):
        x = np.random.RandomState(1).randn(20, 2, 5).astype(np.float32)
        net = aimc.Network(ctx=aimc.Context(seed=1))
        net.batch_norm(net.conv1d(net.add_input((2, 5)), out_channels=4, kernel=2, matrix=self.IDEAL))
        net.run_forward(x)  # running means move
        before = net.run(x)[0]
        self.assertEqual(net.fold(), 1)
        np.testing.assert_allclose(net.run(x)[0], before, rtol=0, atol=1e-5)
        self.assertTrue(net.tensors["conv1d.bias"].is_analog)
        np.testing.assert_array_equal(net.copy().run(x)[0], net.run(x)[0])
        net = aimc.Network(ctx=aimc.Context(seed=1))
        net.batch_norm(net.conv1d(net.add_input((2, 5)), out_channels=4, kernel=2, bias=False, matrix=self.IDEAL))
        with self.assertRaisesRegex(aimc.StateError, "no line for the bias"):
            net.fold()

    def test_refused(self):
        net = aimc.Network()
        x = net.add_input((2, 3, 3))
        with self.assertRaisesRegex(aimc.UnsupportedError, "analog_bias: .* transposed convolution is digital"):
            net.conv_transpose2d(x, out_channels=2, kernel=2, matrix=self.IDEAL)
        net.conv_transpose2d(x, out_channels=2, kernel=2)
        with self.assertRaisesRegex(aimc.UnsupportedError, "analog_bias"):
            net.convert(self.IDEAL)
        net.conv_transpose2d(x, out_channels=2, kernel=2, bias=False, matrix=self.IDEAL)
        with self.assertRaisesRegex(aimc.InvalidError, "analog_bias is for layers of networks"):
            aimc.Matrix(None, 3, 2, self.IDEAL)


class Training(unittest.TestCase):
    """An LSTM says which half of a series is larger."""

    def series(self, n=60):
        rng = np.random.RandomState(4)
        x = rng.uniform(-1, 1, (n, 8, 2)).astype(np.float32)
        return x, (x[:, :4].sum((1, 2)) > x[:, 4:].sum((1, 2))).astype(np.uint32)

    def net(self, matrix):
        net = aimc.Network(ctx=aimc.Context(seed=1))
        states = net.lstm(net.add_input((8, 2)), hidden_size=10, matrix=matrix)
        net.linear(net.flatten(states[1]), out_features=2, name="classes")
        return net

    def test_lstm_on_tiles_learns_and_resumes(self):
        x, labels = self.series()
        net = self.net(SLOW)
        losses = [np.mean([net.train_batch(x[i::6], labels[i::6], 0.2) for i in range(6)]) for _ in range(10)]
        self.assertLess(losses[-1], losses[0])
        other = net.copy()
        for one in (net, other):
            one.train_batch(x[:10], labels[:10], 0.2)
        self.assertEqual(net.to_bytes(), other.to_bytes())

    def test_ideal_lstm_is_the_digital_one(self):
        x, labels = self.series()
        digital, tiles = self.net("digital"), self.net(IDEAL)
        tiles.load_state_dict(digital.state_dict())
        for i in range(12):
            a, b = (net.train_batch(x[i % 6::6], labels[i % 6::6], 0.3) for net in (digital, tiles))
            self.assertAlmostEqual(a, b, delta=1e-5)
        for name, value in digital.state_dict().items():
            np.testing.assert_allclose(tiles.get_tensor(name), value, rtol=0, atol=1e-5)


class Refused(unittest.TestCase):
    def refused(self, op, shapes, sentence, **config):
        net = aimc.Network()
        inputs = [net.add_input(shape) for shape in shapes]
        with self.assertRaisesRegex(aimc.Error, sentence):
            net.add(op, *inputs, **config)

    def test_shapes_and_fields(self):
        self.refused("lstm", [(5,)], r"the input is 5; \[length\]\[features\] is needed", hidden_size=3)
        self.refused("attention", [(5, 6)], "6 features are no multiple of 4 heads", heads=4)
        self.refused("lstm", [(5, 3), (1, 4)], "2 inputs; the series alone, or with state and cell", hidden_size=4)
        self.refused("gru", [(5, 3), (1, 4)], "initial state 1 is 1 x 4; .* 2 x 4, is needed", hidden_size=4, num_layers=2)
        self.refused("rnn", [(5, 3)], "reverse and bidirectional", hidden_size=4, reverse=True, bidirectional=True)
        self.refused("attention", [(5, 6)], "0 inputs|1 inputs", masked=True)
        self.refused("attention", [(5, 6), (4,)], "the mask is 4; one number for each of 5 keys", masked=True)
        self.refused("attention", [(5, 6)] * 4, "a mask is read where masked is set")
        self.refused("embedding", [(5,)], "padding_idx = 4 of 4 rows", num_embeddings=4, padding_idx=4)
        self.refused("attention", [(5, 6), (3, 4)], "input 1 is 3 x 4, input 0 5 x 6")
        self.refused("attention", [(5, 6), (3, 6), (4, 6)], "as many values as keys")
        self.refused("conv_transpose2d", [(3, 4)], r"\[channels\]\[height\]\[width\] is needed", kernel=3)
        self.refused("conv_transpose2d", [(3, 4, 4)], "kernel is not given")
        self.refused("conv_transpose1d", [(3, 4)], "kernel has 2 numbers; the image has 1 dimension", kernel=[3, 3])
        self.refused("conv3d", [(3, 4, 4)], r"\[channels\]\[depth\]\[height\]\[width\] is needed", kernel=3)
        self.refused("max_pool3d", [(3, 4, 4, 4)], "stride has 2 numbers; the image has 3 dimensions", kernel=2, stride=[1, 2])
        self.refused("conv_transpose2d", [(3, 4, 4)], "output_padding = 2; less than", kernel=3, output_padding=2)
        self.refused("conv_transpose2d", [(3, 4, 4)], "cuts off all", kernel=1, padding=2)
        self.refused("conv_transpose2d", [(3, 4, 4)], "multiples of 2 groups", kernel=1, groups=2, out_channels=2)

    def test_indices(self):
        net = aimc.Network()
        net.embedding(net.add_input((3,)), num_embeddings=4, embedding_dim=2, name="words")
        for wrong in (4, -1, 1.5):
            x = np.zeros((2, 3), np.float32)
            x[1, 2] = wrong
            with self.assertRaisesRegex(aimc.InvalidError, "words: sample 1, position 2"):
                net.run(x)
            with self.assertRaisesRegex(aimc.InvalidError, "no whole number of 0 ... 3"):
                net.run_forward(x)

    def test_a_mask_leaves_a_key(self):
        net = aimc.Network()
        net.attention(net.add_input((3, 2)), net.add_input((3,)), masked=True, causal=True, name="heads")
        x, mask = np.ones((2, 3, 2)), np.zeros((2, 3))
        net.run(x, mask)
        mask[1, 0] = 1
        with self.assertRaisesRegex(aimc.InvalidError, "heads: sample 1: the mask leaves no key that query 0"):
            net.run(x, mask)

    def test_padding_begins_as_zero(self):
        net = aimc.Network()
        net.embedding(net.add_input((3,)), num_embeddings=4, embedding_dim=2, padding_idx=1, name="words")
        self.assertTrue((net.get_tensor("words.weight")[1] == 0).all())
        self.assertTrue((net.get_tensor("words.weight")[[0, 2, 3]] != 0).all())

    def test_labels_of_every_position(self):
        net = aimc.Network()
        net.linear(net.add_input((5, 4)), out_features=3)
        x, labels = np.random.RandomState(0).randn(6, 5, 4), np.random.RandomState(1).randint(0, 3, (6, 5))
        right = (net.predict(x).argmax(-1) == labels).mean()
        self.assertAlmostEqual(net.evaluate(x, labels), right, 12)
        first = net.fit(x, labels, epochs=30, batch=3, lr=0.5)
        self.assertLess(first[-1].loss, first[0].loss)
        for wrong in (labels[:, 0], labels.T, labels[:, :4]):
            with self.assertRaisesRegex(aimc.ShapeError, "one for every position"):
                net.evaluate(x, wrong)

    def test_classes_along_the_first_axis(self):
        net = aimc.Network()
        net.conv2d(net.add_input((2, 5, 4)), out_channels=3, kernel=1)
        net.set_loss("cross_entropy", axis=0)
        x, labels = np.random.RandomState(0).randn(6, 2, 5, 4), np.random.RandomState(1).randint(0, 3, (6, 5, 4))
        self.assertAlmostEqual(net.evaluate(x, labels), (net.predict(x).argmax(1) == labels).mean(), 12)
        self.assertAlmostEqual(net.evaluate(x, labels, repeat=2).mean, (net.predict(x).argmax(1) == labels).mean(), 12)
        first = net.fit(x, labels, epochs=20, batch=3, lr=0.5)
        self.assertLess(first[-1].loss, first[0].loss)
        with self.assertRaisesRegex(aimc.ShapeError, r"must be \(6, 5, 4\).*axis 0 of the output"):
            net.evaluate(x, labels[:, 0])
        with self.assertRaisesRegex(aimc.InvalidError, r"labels\[119\] = 3 of 3 classes"):
            net.evaluate(x, np.where(np.arange(120).reshape(6, 5, 4) == 119, 3, labels))
        net.set_loss("cross_entropy", axis=3)
        with self.assertRaisesRegex(aimc.ShapeError, "axis = 3 of the loss; the output has 3"):
            net.evaluate(x, labels)

    def test_weights_of_classes(self):
        net = aimc.Network()
        net.linear(net.add_input((3,)), out_features=100)
        x, labels = np.ones((2, 3)), [1, 2]
        net.set_loss("cross_entropy", class_weights=np.linspace(0, 1, 100), label_smoothing=0.1)
        again = aimc.Network.from_json(net.to_json())
        again.load_state_dict(net.state_dict())
        self.assertEqual(net.train_batch(x, labels, 0), again.train_batch(x, labels, 0))
        weighted = net.train_batch(x, labels, 0)
        net.set_loss("cross_entropy", label_smoothing=0.1)  # forgets them
        self.assertNotEqual(net.train_batch(x, labels, 0), weighted)
        self.assertNotIn("loss_weights", net.to_json())
        net.set_loss_weights(np.ones(100))
        self.assertEqual(net.train_batch(x, labels, 0), aimc.Network.from_bytes(net.to_bytes()).train_batch(x, labels, 0))
        before = net.to_json()
        for wrong in (-np.ones(100), np.full(100, np.nan), np.full(100, 1e10)):
            with self.assertRaises(aimc.InvalidError):
                net.set_loss("cross_entropy", class_weights=wrong)
            with self.assertRaisesRegex(aimc.InvalidError, "class_weights"):
                net.set_loss_weights(wrong)
        with self.assertRaises(aimc.Error):
            net.set_loss("mse", class_weights=np.ones(100))
        self.assertEqual(net.to_json(), before)
        net.set_loss_weights(np.ones(99))
        with self.assertRaisesRegex(aimc.ShapeError, "class_weights has 99 numbers for 100 classes"):
            net.train_batch(x, labels, 0.1)
        net.set_loss("mse")
        with self.assertRaisesRegex(aimc.InvalidError, "the loss 'mse' knows no classes"):
            net.set_loss_weights(np.ones(100))
        net.set_loss("bce_with_logits", pos_weight=[1, 2])  # before, the weights were taken in turns
        with self.assertRaisesRegex(aimc.ShapeError, "pos_weight has 2 numbers for 100 classes"):
            net.train_targets(x, np.zeros((2, 100)), 0.1)
        document = net.to_json().replace('"outputs"', '"loss_weights": ["a"], "outputs"')
        with self.assertRaisesRegex(aimc.Error, r"loss_weights\[0\]: a number is expected"):
            aimc.Network.from_json(document)

    def test_targets_have_the_shape_of_the_output(self):
        net = aimc.Network()
        net.relu(net.add_input((4, 3)))
        net.set_loss("mse")
        with self.assertRaisesRegex(aimc.ShapeError, "targets is"):
            net.train_targets(np.ones((2, 4, 3)), np.ones((2, 3, 4)), 0.1)
        net.run_forward(np.ones((2, 4, 3)))
        with self.assertRaisesRegex(aimc.ShapeError, "dy is"):
            net.backward(np.ones((2, 3, 4)))

    def test_graphs_before_their_first_use(self):
        net = aimc.Network()
        x = net.add_input((4,))
        net.linear(x, out_features=2, name="last")
        assert aimc.Network.from_json(net.to_json()).predict(np.ones((1, 4))).shape == (1, 2)
        for name in ("last", "a b", "", "x" * 65):
            with self.assertRaises(aimc.InvalidError):
                net.linear(x, out_features=7, name=name)
        net.set_name(net.inputs[0], "image")
        with self.assertRaisesRegex(aimc.InvalidError, "already"):
            net.set_name(net.inputs[0], "last")
        assert '"inputs": ["image"]' in net.to_json()
        assert net.outputs[0].shape == (2,)
        empty = aimc.Network()
        empty.add_output(empty.add_input((4,)))
        assert empty.outputs[0].shape == (4,)
        with self.assertRaisesRegex(aimc.StateError, "no layers"):
            empty.run(np.ones((1, 4)))

    def test_sizes_are_whole_numbers(self):
        self.refused("conv2d", [(3, 4, 4)], r"kernel\[0\] = 2.5 is not a whole number", kernel=2.5)
        self.refused("conv2d", [(3, 4, 4)], r"padding\[0\] = 0.7 is not a whole number", kernel=2, padding=.7)

    def test_rates(self):
        with self.assertRaisesRegex(aimc.Error, "schedule"):
            aimc.rate("adam", 0.1, 0)
        with self.assertRaises(aimc.InvalidError):
            aimc.rate("step_rate", -1, 0)
        self.assertEqual(aimc.rate("one_cycle", 0.1, 10**6), aimc.rate("one_cycle", 0.1, 99))


if __name__ == "__main__":
    main()
