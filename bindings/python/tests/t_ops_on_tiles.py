# SPDX-License-Identifier: MIT
"""Ops with matrices on tiles: what they are digital, trained, resumed, saved, programmed; with biases on devices, too."""
import json
import pathlib
import tempfile

from common import aimc, main, np, unittest
from op_cases import CASES, IDEAL, ON_MATRICES, SLOW, inputs_of, network


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


if __name__ == "__main__":
    main()
