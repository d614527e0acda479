# SPDX-License-Identifier: MIT
"""Every op by itself: gradients against central differences, on several threads, trained, and what is refused."""
from common import aimc, main, np, unittest
from op_cases import CASES, IDEAL, ON_MATRICES, SLOW, inputs_of, network

STEP = 0.01
TOLERANCE = 2e-3  # of the gradient: outputs are floats, and their sums of this many digits are divided by the step


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
        for op, shape in (("conv2d", (2**20, 1, 1)), ("conv3d", (2**20, 1, 1, 1)), ("conv_transpose2d", (2**20, 1, 1))):
            few = {"padding": 65535 // 2 + 1} if op != "conv_transpose2d" else {"padding": 32767}
            self.refused(op, [shape], "a weight of shape .* x 65536 x 65536.* is too large", kernel=65536, out_channels=4096, **few)
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
