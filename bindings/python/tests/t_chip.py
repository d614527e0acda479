# SPDX-License-Identifier: MIT
"""What is done to a network so that it runs on a chip."""
import pathlib
import tempfile

from common import aimc, main, np, unittest

PERFECT = {"device": "ideal", "forward": "perfect_io", "mapping.weight_scaling_omega": 1}


def residual(seed=3):
    """Convolution and batch norm, a depthwise one around which a shortcut goes, a transposed one, classes."""
    net = aimc.Network(ctx=aimc.Context(seed=seed))
    x = net.add_input((2, 7, 6))
    x = net.relu(net.batch_norm(net.conv2d(x, out_channels=4, kernel=3, padding=1, bias=False)))
    x = net.add("add", x, net.batch_norm(net.conv2d(x, out_channels=4, kernel=3, padding=1, groups=4)))
    x = net.relu(net.batch_norm(net.conv_transpose2d(x, out_channels=3, kernel=2, stride=2)))
    net.linear(net.flatten(x), out_features=3, name="classes")
    rng = np.random.RandomState(seed)
    for name, info in net.tensors.items():
        if "batch_norm" in name:
            net.set_tensor(name, rng.uniform(0.5, 2, info.shape))
    return net


class Fold(unittest.TestCase):
    def test_same_outputs(self):
        x = np.random.RandomState(1).uniform(-1, 1, (9, 2, 7, 6)).astype(np.float32)
        for layer in (None, PERFECT):
            net = residual()
            if layer:
                net.convert(layer)
            before = net.predict(x)
            self.assertEqual(net.fold(), 3)
            self.assertFalse(any(layer.op == "batch_norm" for layer in net.layers))
            np.testing.assert_allclose(net.predict(x), before, rtol=0, atol=1e-5 * np.abs(before).max())
            self.assertIn("conv2d.bias", net.tensors)
            again = aimc.Network.from_bytes(net.to_bytes())
            np.testing.assert_array_equal(again.predict(x), net.predict(x))

    def test_refused(self):
        net = residual()
        net.set_tensor("batch_norm.running_var", [1, 1, -2, 1])
        with self.assertRaisesRegex(aimc.InvalidError, r"'batch_norm': running_var\[2\] = -2"):
            net.fold()
        self.assertEqual(len(net.layers), 11)


EIGHT_BITS = {"device": "ideal", "mapping.weight_scaling_omega": 1, "forward.inp_res": 1 / 254, "forward.out_res": 1 / 254,
              "forward.out_noise": 0, "forward.noise_management": "NONE", "forward.bound_management": "NONE"}


class Calibration(unittest.TestCase):
    def setUp(self):
        self.x = (5 * np.random.RandomState(1).standard_normal((40, 2, 7, 6))).astype(np.float32)

    def test_converters(self):
        """What eight bits lose, of the largest output: much with the ranges of the configuration, little with any rule."""
        reference = residual()
        exact = reference.predict(self.x)
        errors = {}
        for rule in ("NONE", "MAX", "QUANTILE", "MEAN_SQUARE", "ENTROPY"):
            net = residual()
            net.convert(EIGHT_BITS)
            if rule != "NONE":
                config = aimc.Config("calibration", {"method": "MAX"})
                net.calibrate(self.x, config, out_method=rule)
                self.assertEqual(config["out_method"], "NONE")  # what is given stays
                self.assertEqual(len(net.matrix(0).tile(0)[0].output_ranges()), 1)
                again = aimc.Network.from_bytes(net.to_bytes())
                np.testing.assert_array_equal(again.predict(self.x), net.predict(self.x))
            errors[rule] = np.abs(net.predict(self.x) - exact).mean() / np.abs(exact).max()
        for rule in ("MAX", "QUANTILE", "MEAN_SQUARE", "ENTROPY"):
            self.assertLess(errors[rule], 0.2 * errors["NONE"], rule)

    def test_slices(self):
        """The largest current of every slice, as each product shows it."""
        net = aimc.Network()
        net.linear(net.add_input((5,)), out_features=3, matrix=aimc.Config("layer", {**EIGHT_BITS, "forward.cell_mapping.weight_bits": 6,
                                                                "forward.cell_mapping.n_slices": 3}))
        x = np.random.RandomState(2).uniform(-1, 1, (30, 5)).astype(np.float32)
        net.calibrate(x, method="NONE", out_method="MAX")
        tile = net.matrix(0).tile(0)[0]
        ranges = tile.output_ranges()
        largest = [max(np.abs(tile.inspect(row, cycle=k).noisy).max() for row in x) for k in range(3)]
        np.testing.assert_allclose(ranges, largest, rtol=1e-6)
        tile.set_output_ranges(2 * ranges)
        np.testing.assert_allclose(tile.output_ranges(), 2 * ranges, rtol=1e-6)
        tile.set_output_ranges(None)
        np.testing.assert_array_equal(tile.output_ranges(), [12, 12, 12])
        self.assertEqual(tile.output_ranges("backward").shape, (1,))
        with self.assertRaisesRegex(aimc.ShapeError, "2 ranges; the read-out has 3"):
            tile.set_output_ranges([1, 2])
        with self.assertRaisesRegex(aimc.InvalidError, r"ranges\[1\] = nan"):
            tile.set_output_ranges([1, np.nan, 2])

    def test_matrix(self):
        matrix = aimc.Matrix("ideal", 3, 4, EIGHT_BITS)
        matrix.weights = np.eye(3, 4, dtype=np.float32)
        matrix.watch_outputs({"out_method": "MAX"})
        matrix.forward(np.float32([[0.5, 1, 0.25, 0]]))
        matrix.take_output_ranges()
        self.assertAlmostEqual(matrix.tile(0)[0].output_ranges()[0], 1, 6)
        with self.assertRaisesRegex(aimc.StateError, "not being watched"):
            matrix.take_output_ranges()

    def test_ranges_that_only_calibration_sets(self):
        quiet = {"out_noise": 0, "inp_res": 0, "out_range": "CALIBRATED", "out_res": 1 / 14, "noise_management": "NONE",
                 "bound_management": "NONE", "adc": {"style": "UNSIGNED"}}
        matrix = aimc.Matrix("ideal", 1, 2, config={"forward": quiet})
        matrix.weights = np.float32([[1, 0]])
        x = np.float32([[-0.25, 0], [1, 0], [0.5, 0]])
        tile = matrix.tile(0)[0]
        for refused in (lambda: matrix.forward(x), tile.output_limits, tile.output_ranges):
            with self.assertRaisesRegex(aimc.StateError, "CALIBRATED"):
                refused()
        matrix.watch_outputs({"out_method": "MAX"})
        matrix.forward(x)
        matrix.take_output_ranges()
        np.testing.assert_allclose(tile.output_limits(), [[-0.25], [1]])
        np.testing.assert_allclose(matrix.forward(x), [[-0.25], [1], [0.5]], atol=1e-6)
        tile.set_output_limits([0.25], [0.75])
        np.testing.assert_allclose(matrix.forward(x), [[0.25], [0.75], [0.25 + 8 / 30]], atol=1e-6)
        with self.assertRaisesRegex(aimc.ShapeError, "2 ends"):
            tile.set_output_limits([0, 1], [1])
        with self.assertRaisesRegex(aimc.InvalidError, "low < high"):
            tile.set_output_limits([1], [1])


class Histograms(unittest.TestCase):
    def test_of_numpy(self):
        net = residual()
        x = np.random.RandomState(1).uniform(-1, 1, (9, 2, 7, 6)).astype(np.float32)
        found = net.histograms("output", x, bins=12)
        counts, edges = np.histogram(net.predict(x).astype(float), 12)
        np.testing.assert_array_equal(found["classes"].counts, counts)
        np.testing.assert_allclose(found["classes"].edges, edges, rtol=1e-12)
        np.testing.assert_array_equal(net.histograms("input", x)["conv2d"].counts, np.histogram(x.astype(float), 20)[0])
        self.assertEqual(found["relu"].edges[0], 0)  # works in place, and is not what batch_norm made
        self.assertLess(found["batch_norm"].edges[0], 0)
        np.testing.assert_array_equal(net.histograms("input", x, bins=12)["relu"].counts, found["batch_norm"].counts)
        weights = net.histograms("weight")
        self.assertEqual(set(weights), {"conv2d", "conv2d_1", "conv_transpose2d", "classes"})
        np.testing.assert_array_equal(weights["conv2d_1"].counts, np.histogram(net.get_tensor("conv2d_1.weight").astype(float), 20)[0])

    def test_on_a_chip(self):
        net = residual()
        x = np.random.RandomState(1).uniform(-1, 1, (9, 2, 7, 6)).astype(np.float32)
        net.convert({"device": "ideal", "forward": "standard_io"})
        self.assertEqual(net.histograms("conductance"), {})
        net.program()
        before = net.to_bytes()
        found = net.histograms("conductance")
        g = np.concatenate([tile.conductances.reshape(-1) for tile in net.matrix(0).tiles])
        self.assertEqual(found["conv2d"].edges[[0, -1]].tolist(), [g.min(), g.max()])
        self.assertEqual(found["conv2d"].counts.sum(), g.size)
        net.histograms("output", x)
        self.assertEqual(net.to_bytes(), before)  # nobody looked

    def test_refused(self):
        net = residual()
        with self.assertRaisesRegex(aimc.InvalidError, "colour is none of"):
            net.histograms("colour")
        with self.assertRaisesRegex(aimc.ShapeError, "0 arrays"):
            net.histograms("input")
        with self.assertRaisesRegex(aimc.InvalidError, "n_bins = 0"):
            net.histograms("weight", bins=0)
        with self.assertRaisesRegex(aimc.InvalidError, "n is 0"):
            net.histograms("input", np.empty((0, 2, 7, 6)))


class Conductances(unittest.TestCase):
    def chip(self, seed):
        net = residual()
        net.fold()
        net.convert(PERFECT, "!classes")
        net.program({"seed": seed, "noise_model.read_noise_scale": 0})
        net.drift_programmed(3600)
        return net

    def test_folder(self):
        x = np.random.RandomState(1).uniform(-1, 1, (9, 2, 7, 6)).astype(np.float32)
        for ending in ("npy", "csv"):
            first, second = self.chip(1), self.chip(2)
            with tempfile.TemporaryDirectory() as folder:
                first.save_conductances(folder, ending)
                g = pathlib.Path(folder, f"000.conv2d.tile0.device0.{ending}")
                read = np.load(g) if ending == "npy" else np.loadtxt(g, delimiter=",", dtype=np.float32)
                np.testing.assert_array_equal(read, first.matrix(0).tile(0)[0].conductances[0])
                second.load_conductances(folder)
            np.testing.assert_array_equal(first.predict(x), second.predict(x))
            with self.assertRaisesRegex(aimc.StateError, "set from outside"):
                second.drift_programmed(7200)

    def test_tile(self):
        tile = aimc.Tile("ideal", 2, 3, {"forward": "perfect_io"})
        tile.weights = np.float32([[1, -0.5, 0], [0.25, 0, -1]])
        with self.assertRaisesRegex(aimc.StateError, "not programmed"):
            tile.conductance_info  # pylint: disable=pointless-statement
        tile.program({"noise_model": "generic_noise", "noise_model.prog_magnitude": 0, "noise_model.g_min": 0, "noise_model.g_max": 10})
        self.assertEqual((tile.conductance_info.n_devices, tile.conductance_info.g_max_us), (2, 10))
        np.testing.assert_allclose(tile.conductances[0] - tile.conductances[1], [[10, -5, 0], [2.5, 0, -10]], rtol=1e-6)
        tile.conductances = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
        np.testing.assert_allclose(tile.forward(np.float32([1, 1, 1])), [-1.8, -1.8], rtol=1e-6)
        self.assertEqual(tile.shared_conductances.size, 0)
        with self.assertRaises(aimc.ShapeError):
            tile.conductances = np.zeros((2, 3, 2), np.float32)
        with self.assertRaisesRegex(aimc.InvalidError, "device 0 of the weight of output 0 and input 0"):
            tile.conductances = np.full((2, 2, 3), -1, np.float32)


if __name__ == "__main__":
    main()
