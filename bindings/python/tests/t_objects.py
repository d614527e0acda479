# SPDX-License-Identifier: MIT
"""Each class does what the C functions do, takes arrays as it says, and answers mistakes by an exception."""
import copy
import json
import pathlib
import pickle
import tempfile
import warnings

from common import aimc, main, np, unittest

PERFECT = {"forward.is_perfect": True, "backward.is_perfect": True}


class Configs(unittest.TestCase):
    def test_values_of_every_type(self):
        config = aimc.Config("layer", device="reram_sb")
        config["device.dw_min"] = 0.003
        self.assertAlmostEqual(config["device.dw_min"], 0.003)
        self.assertAlmostEqual(config.nested("device")["dw_min"], 0.003)
        config["forward.is_perfect"] = True
        self.assertIs(config["forward.is_perfect"], True)
        config["optimizer"] = aimc.Config("c_ttv2", fast_lr=0.5)
        self.assertEqual((config["optimizer"]["kind"], config["optimizer.fast_lr"]), ("c_ttv2", 0.5))
        piecewise = aimc.Config("piecewise_step", piecewise_up=[1, 0.5, 0.25])
        self.assertEqual(piecewise["piecewise_up"], [1, 0.5, 0.25])
        self.assertEqual(aimc.Config("sgd")["update.pulse_type"], "STOCHASTIC_COMPRESSED")

    def test_json_makes_it_again(self):
        config = aimc.Config("layer", {"forward.out_noise": 0.123}, device="reram_sb")
        again = aimc.Config("layer")
        again.parse(config.to_dict())
        self.assertEqual(again.to_json(), config.to_json())
        self.assertEqual(config.copy().to_json(), config.to_json())

    def test_mistakes(self):
        config = aimc.Config("soft_bounds")
        for name, value in (("dw_mim", 1), ("dw_min", -1), ("dw_min", float("nan")), ("dw_min", "much")):
            with self.assertRaises(aimc.InvalidError) as caught:
                config[name] = value
            self.assertIn(name, str(caught.exception))
        self.assertIsInstance(caught.exception, ValueError)
        with self.assertRaises(aimc.FormatError):
            config.parse("{")
        with self.assertRaises(aimc.IoError):
            config.load("/nowhere/config.json")

    def test_fields_and_presets(self):
        fields = {field.name: field for field in aimc.Config("soft_bounds").fields()}
        self.assertEqual(fields["dw_min"].type, "number")
        self.assertTrue(fields["dw_min"].doc and fields["dw_min"].source)
        self.assertEqual(aimc.find_preset("ReRamSBPresetDevice").name, "reram_sb")
        self.assertIn("pcm_like", [preset.name for preset in aimc.presets()])
        for preset in aimc.presets("device"):
            self.assertEqual(aimc.Config(preset.name).kind, preset.kind)


    def test_equal_ones_and_what_they_show(self):
        config = aimc.Config("layer", {"forward.out_noise": 0.5}, device="reram_sb", optimizer="agad")
        other = aimc.Config("layer", {"optimizer": "agad", "device": "reram_sb", "forward": {"out_noise": 0.5}})
        self.assertEqual(config, other)
        other["device.dw_min"] = 0.003
        self.assertNotEqual(config, other)
        self.assertNotEqual(aimc.Config("soft_bounds"), aimc.Config("constant_step"))
        for words in ("layer", "forward.out_noise=0.5", "optimizer=agad", "device.dw_min=0.003", "device=soft_bounds"):
            self.assertIn(words, repr(other))
        self.assertEqual(repr(aimc.Config("soft_bounds")), "<aimc.Config soft_bounds>")
        for made in (pickle.loads(pickle.dumps(other)), copy.copy(other), copy.deepcopy(other)):
            self.assertEqual(made, other)

    def test_wrong_types_get_a_sentence(self):
        tile = aimc.Tile("soft_bounds", 2, 3)
        optimizer = aimc.Optimizer(tile, "sgd")
        network = aimc.Network().add_linear(2, 3)
        zeros = np.zeros((1, 3), np.float32)
        for call, words in (
                (lambda: optimizer.step(zeros, np.zeros((1, 2)), "fast"), "lr is 'fast'; a number"),
                (lambda: network.train_batch(zeros, [0], None), "lr is None; a number"),
                (lambda: tile.decay("much"), "alpha is 'much'; a number"),
                (lambda: tile.drift_trained([1]), r"is \[1\]; a number"),
                (lambda: tile.program({"drift": 1} and 5), "'inference'; not 5"),
                (lambda: tile.drift_programmed("day"), "t_s is 'day'; a number"),
                (lambda: tile.reset(0.5), "first_in is 0.5; a whole number"),
                (lambda: tile.find_symmetry_point("many"), "n_pairs is 'many'"),
                (lambda: tile.parameter(3), "text or a path is needed, not 3"),
                (lambda: tile.save(3), "text or a path is needed, not 3"),
                (lambda: aimc.Tile("ideal", 2.5, 3), "n_out is 2.5"),
                (lambda: aimc.Tile("ideal", 2, 3, 7), "not 7"),
                (lambda: aimc.Tile(None, 2, 3), "not None"),
                (lambda: aimc.Device(3), "not 3"),
                (lambda: network.add_linear("2", 3), "n_out is '2'"),
                (lambda: aimc.Matrix("ideal", 3, 2).__class__.load(5), "not 5"),
                (lambda: setattr(aimc.Matrix("ideal", 3, 2, {}), "input_range", "x"), "range is 'x'"),
                (lambda: aimc.Population(aimc.NoiseModel("pcm_like"), 3).read("now"), "t_s is 'now'")):
            with self.assertRaisesRegex(aimc.WrongTypeError, words):
                call()
        self.assertTrue(issubclass(aimc.WrongTypeError, TypeError))


class Arrays(unittest.TestCase):
    def setUp(self):
        self.w = np.arange(12, dtype=np.float32).reshape(3, 4) / 10
        self.tile = aimc.Tile("ideal", 3, 4, PERFECT)
        self.tile.weights = self.w
        self.x = np.linspace(-1, 1, 20, dtype=np.float32).reshape(5, 4)

    def test_shapes_of_products(self):
        tile, w, x = self.tile, self.w, self.x
        close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
        close(tile.forward(x[0]), w @ x[0])
        close(tile.forward(x), x @ w.T)
        close(tile @ x[0], w @ x[0])
        close(tile @ x.T, w @ x.T)
        close(x[:, :3] @ tile, x[:, :3] @ w)
        close(tile.backward(x[0, :3]), x[0, :3] @ w)
        self.assertEqual(tile.forward(x[:0]).shape, (0, 3))
        self.assertEqual(tile.shape, (3, 4))

    def test_layouts_give_the_same(self):
        want = self.tile.forward(self.x)
        read_only = self.x.copy()
        read_only.flags.writeable = False
        for x in (read_only, self.x.astype(np.float64), np.asfortranarray(self.x), self.x.tolist(), np.repeat(self.x, 2, 0)[::2],
                  self.x.astype(">f4"), self.x.astype(np.float32)[::-1][::-1]):
            np.testing.assert_array_equal(self.tile.forward(x), want)

    def test_contiguous_float32_is_not_copied(self):
        from aimc._arrays import taken
        self.assertIs(taken(self.x), self.x)
        self.assertIsNot(taken(self.x[:, ::2]), self.x)
        out = np.empty((5, 3), np.float32)
        self.assertIs(self.tile.forward(self.x, out), out)

    def test_wrong_shapes(self):
        read_only = np.empty(3, np.float32)
        read_only.flags.writeable = False
        for call in (lambda: self.tile.forward(np.zeros(5)), lambda: self.tile.forward(np.zeros((2, 2, 4))),
                     lambda: self.tile.forward(0.5), lambda: self.tile.forward(np.zeros(4), read_only),
                     lambda: self.tile.forward(np.zeros(4), np.empty(3)), lambda: self.tile.pulse(0.5),
                     lambda: self.tile.forward(np.zeros(4), np.empty(6, np.float32)[::2]),
                     lambda: setattr(self.tile, "weights", np.zeros((4, 3)))):
            with self.assertRaises(aimc.ShapeError):
                call()
        with self.assertRaisesRegex(aimc.InvalidError, "not finite"):
            self.tile.forward([0, 0, 0, float("nan")])


class Tiles(unittest.TestCase):
    def test_netlists(self):
        tile = aimc.Tile("ideal", 2, 3, {"forward.wires.model": "NODAL"})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "a.cir")
            tile.write_spice(path, [1, 0, -1])
            self.assertIn(".op", path.read_text())
            tile.write_spice(path, [1, 0, -1], config={"analysis": "TRANSIENT", "c_in": 1e-15, "dialect": "SPECTRE"})
            self.assertIn("tran1 tran", path.read_text())
            with self.assertRaisesRegex(aimc.InvalidError, "c_in"):
                tile.write_spice(path, [1, 0, -1], config={"analysis": "TRANSIENT"})

    def test_pulses_and_parameters(self):
        tile = aimc.Tile(aimc.Device("soft_bounds", dw_min=0.01), 4, 5)
        tile.pulse(3)
        tile.pulse(np.full((4, 5), -1, np.int64))
        self.assertEqual((tile.counters.pulses_up, tile.counters.pulses_down), (60, 20))
        tile.set_parameter("max_bound", np.full((4, 5), 0.001))
        self.assertLessEqual(tile.weights.max(), 0.001 + 1e-9)
        with self.assertRaises(aimc.InvalidError):
            tile.parameter("max_bond")
        tile.clear_counters()
        self.assertEqual(tile.counters.pulses_up, 0)

    def test_symmetry_point_is_where_the_model_says(self):
        device = aimc.Device("soft_bounds", {"up_down": 0.2, "dw_min": 0.01, "dw_min_dtod": 0, "up_down_dtod": 0,
                                             "w_max_dtod": 0, "w_min_dtod": 0, "dw_min_std": 0})
        found = aimc.Tile(device, 2, 2).find_symmetry_point(2000)
        np.testing.assert_allclose(found, device.info.symmetry_point, atol=0.01)

    def test_inside_a_product(self):
        tile = aimc.Tile("constant_step", 3, 4, {"forward.out_noise": 0.0})
        tile.weights = np.full((3, 4), 0.2)
        x = np.array([1, -1, 0.5, 0.25], np.float32)
        stages = tile.inspect(x)
        np.testing.assert_array_equal(stages.result, tile.forward(x))
        self.assertEqual((stages.prepared.shape, stages.code.dtype), ((4,), np.int32))
        with self.assertRaises(aimc.InvalidError):
            tile.inspect(x, cycle=1)
        self.assertEqual((tile.readout().has_dac, tile.readout().has_adc, tile.readout().n_cycles), (1, 1, 1))

    def test_no_codes_without_an_adc(self):
        for fields in ({"is_perfect": True}, {"out_res": 0}, {"out_res": -1.0}):
            tile = aimc.Tile("ideal", 3, 4, {"forward": fields, "backward": fields})
            for direction, n in (("forward", 4), ("backward", 3)):
                self.assertEqual(tile.readout(direction).has_adc, 0)
                self.assertIsNone(tile.inspect(np.ones(n), direction).code)

    def test_save_and_load_go_on_alike(self):
        tile = aimc.Tile("reram_sb", 3, 4)
        tile.pulse(5)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tile.safetensors"
            tile.save(path)
            again = aimc.Tile.load(path)
        for _ in range(3):
            np.testing.assert_array_equal(tile.forward(np.ones(4)), again.forward(np.ones(4)))

    def test_files_may_have_a_limit(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tile"
            aimc.Tile("ideal", 3, 4).save(path)
            size = path.stat().st_size
            self.assertEqual(aimc.Tile.load(path, ctx=aimc.Context(max_file_bytes=size)).shape, (3, 4))
            with self.assertRaisesRegex(aimc.FormatError, f"{size} bytes, at most {size - 1}"):
                aimc.Tile.load(path, ctx=aimc.Context(max_file_bytes=size - 1))
        with self.assertRaisesRegex(ValueError, "max_file_bytes"):
            aimc.Context(max_file_bytes=-1)

    def test_fit_finds_what_made_the_data(self):
        device = aimc.Device("soft_bounds", {"dw_min": 0.02, "w_max": 1, "w_min": -1, "dw_min_std": 0, "dw_min_dtod": 0,
                                             "up_down_dtod": 0, "w_max_dtod": 0, "w_min_dtod": 0})
        tile, states = aimc.Tile(device, 1, 1), []
        for sign in (1, -1):
            for _ in range(100):
                tile.pulse(sign)
                states.append(tile.weights[0, 0])
        _, fit = aimc.fit_device(states, "soft_bounds")
        self.assertAlmostEqual(fit.parameters["dw_min"][0], 0.02, delta=0.001)

    def test_measurement(self):
        device = aimc.Device("soft_bounds", {"dw_min": 0.02, "w_max": 1, "w_min": -1, "dw_min_std": 0.2, "dw_min_dtod": 0.1})
        tile, states = aimc.Tile(device, 1, 6), []
        for sign in [1] * 100 + [-1] * 100:
            tile.pulse(sign)
            states.append(tile.weights[0])
        measured = aimc.Measurement()
        for i, state in enumerate(np.transpose(states)):
            measured.add(i, state, [1] * 100 + [-1] * 100)
        measured.add(0, [2, 1.9, 1.8, 1.75], time=[1, 10, 100, 1000])
        self.assertEqual((len(measured), measured[2].device, measured[6].pulses), (7, 2, None))
        counts = np.logspace(2, 8, 25)
        window = np.maximum(1, counts / 1e5) ** -0.1
        measured.add_endurance(0, counts, window, -window)
        self.assertTrue(measured[7].pulses is None and measured[7].life[3] == counts[3] and measured[7].low[24] == -window[24])
        with self.assertRaises(aimc.ShapeError):
            measured.add_endurance(0, counts, window[1:])
        with self.assertRaises(aimc.InvalidError):
            measured.add(0, [1, 2])
        with self.assertRaises(aimc.ShapeError):
            measured.add(0, [1, 2], [1, 1, 1])
        fit = measured.fit("soft_bounds")
        report = fit.report
        found = {p["name"]: p for p in report["parameters"]}
        self.assertAlmostEqual(found["dw_min"]["value"], 0.02, delta=0.004)
        self.assertTrue(found["dw_min"]["low"] < found["dw_min"]["value"] < found["dw_min"]["high"])
        self.assertGreater(found["drift.nu"]["value"], 0)
        self.assertAlmostEqual(found["endurance.onset"]["value"], 1e5, delta=1e3)
        self.assertAlmostEqual(fit.config["endurance.max_exponent"], 0.1, delta=1e-3)
        self.assertEqual(report["n_fitted"], 6)
        self.assertIsNone(fit.trace(6))
        self.assertEqual(fit.trace(0).weight.shape, (200,))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "mine.json")
            fit.save(path)
            for name in (path, str(path)):
                self.assertEqual(aimc.Device(name).config(), fit.config)
            self.assertEqual(aimc.Device(path, dw_min=0.5).config()["dw_min"], 0.5)
            self.assertEqual(aimc.Config("layer", {"device": str(path)}).nested("device"), fit.config)
            with self.assertRaises(aimc.InvalidError):  # a document opens no file
                aimc.Config("layer").parse({"device": str(path)})
            path.write_text("{}")
            with self.assertRaises(aimc.FormatError):
                aimc.Device(path)

    def test_converter(self):
        adc = aimc.Converter(res=1 / 6, bound=1.0)
        self.assertEqual((adc.min_code, adc.max_code), (-3, 3))
        x = np.linspace(-1.5, 1.5, 11)
        np.testing.assert_allclose(adc.quantize(x), np.clip(np.rint(x * 3), -3, 3) / 3, atol=1e-6)
        np.testing.assert_allclose(adc.decode(adc.encode(x)), adc.quantize(x))
        self.assertLess(adc.linearity().max_dnl, 0.05)
        self.assertAlmostEqual(aimc.find_range([[1, -3], [2, 0]]), 3.0)


class Networks(unittest.TestCase):
    def test_weights_are_not_lost(self):
        tile = aimc.Tile("ideal", 2, 3)
        with self.assertRaisesRegex(ValueError, "read-only"):
            tile.weights[0, 0] = 1.0
        w = tile.weights.copy()
        w[0, 0] = 1.0
        tile.weights = w
        self.assertEqual(tile.weights[0, 0], 1.0)

    def test_wrong_category_is_refused(self):
        self.assertTrue(all(preset.category == "device" for preset in aimc.presets("device")))
        with self.assertRaisesRegex(aimc.InvalidError, "no category 'devices'; there are .*device"):
            aimc.presets("devices")

    def test_matrices_lie_on_tiles(self):
        matrix = aimc.Matrix(None, 7, 5, {"device": "ideal", "mapping.max_output_size": 4, "forward.is_perfect": True})
        self.assertEqual([matrix.tile(k)[1:] for k in range(len(matrix))], [(0, 0), (4, 0)])
        w = np.arange(35, dtype=np.float32).reshape(7, 5) / 100
        matrix.weights = w
        np.testing.assert_allclose(matrix @ np.ones(5), w.sum(1), rtol=1e-5)
        self.assertEqual(matrix.optimizer(0).algorithm, "sgd")
        with self.assertRaises(IndexError):
            matrix.tile(2)

    def test_weights_of_digital_and_analog_layers(self):
        network = aimc.Network().add_linear(3, 4).add_activation("relu").add_linear(2, 3, {"device": "ideal"})
        self.assertEqual(network.info.n_analog, 6)
        w = np.arange(12, dtype=np.float32).reshape(3, 4)
        network.set_weights(0, w, [1, 2, 3])
        np.testing.assert_array_equal(network.get_weights(0)[0], w)
        np.testing.assert_array_equal(network.get_weights(0)[1], [1, 2, 3])
        self.assertIsNone(network.matrix(0))
        network.note = "mine"
        with tempfile.TemporaryDirectory() as folder:
            network.save(pathlib.Path(folder) / "n.safetensors")
            again = aimc.Network.load(pathlib.Path(folder) / "n.safetensors")
        self.assertEqual(again.note, "mine")
        np.testing.assert_array_equal(again.get_weights(0)[0], w)
        for labels in ([0, 2], [0, -1], [0.5, 1], [0]):
            with self.assertRaises(ValueError):
                network.train_batch(np.zeros((2, 4)), labels, 0.1)

    def test_life_on_a_chip(self):
        network = aimc.Network().add_linear(8, 16).add_activation("tanh").add_linear(4, 8)
        network.convert_to_analog({"device": "ideal"})
        programmed = network.program({"compensation.method": "GLOBAL"})
        self.assertEqual(programmed.n_weights, 16 * 8 + 8 * 4)
        drifted = network.drift_programmed(3e7)
        self.assertGreater(drifted.weight_error, programmed.weight_error)
        self.assertLess(network.compensate().weight_error, drifted.weight_error)
        network.unprogram()
        with self.assertRaises(aimc.StateError):
            network.drift_programmed(1.0)

    def test_programming_again_is_another_chip(self):
        tile = aimc.Tile("ideal", 6, 5, {"seed": 4})
        tile.weights = np.linspace(-1, 1, 30).reshape(6, 5)

        def chip(which, **fields):
            which.program(fields)
            return which.weights.copy()
        chips = [chip(tile) for _ in range(25)]
        self.assertGreater(np.std(chips, axis=0).min(), 1e-3)
        again = aimc.Tile.from_bytes(tile.to_bytes())
        np.testing.assert_array_equal(chip(again), chip(tile))
        matrix = aimc.Matrix("ideal", 6, 5, {"mapping.max_input_size": 3})
        matrix.weights = np.linspace(-1, 1, 30).reshape(6, 5)
        first = chip(matrix)
        for made in (copy.deepcopy(matrix), pickle.loads(pickle.dumps(matrix))):
            np.testing.assert_array_equal(chip(made), chip(copy.copy(matrix)))
            self.assertTrue((chip(made) != first).any())
        np.testing.assert_array_equal(chip(tile, seed=3), chip(again, seed=3))
        self.assertTrue((chip(tile, seed=3) != chip(tile, seed=4)).any())

    def test_accuracy_of_fresh_draws(self):
        x, labels = np.random.default_rng(0).uniform(-1, 1, (400, 8)), np.arange(400) % 3
        network = aimc.Network().add_linear(3, 8, {"device": "ideal", "forward.out_noise": 0.3})
        self.assertEqual(network.evaluate(x, labels), network.evaluate(x, labels))
        self.assertGreater(len({network.evaluate(x, labels, fresh=True) for _ in range(8)}), 2)
        found = network.evaluate(x, labels, repeat=16)
        self.assertIsInstance(found, aimc.Accuracy)
        self.assertTrue(0 < found.std_error < 0.02)
        self.assertIsNone(network.evaluate(x, labels, repeat=1).std_error)
        for repeat, error in ((0, aimc.InvalidError), (-1, aimc.ShapeError), (2.5, aimc.WrongTypeError)):
            with self.assertRaisesRegex(error, "repeat"):
                network.evaluate(x, labels, repeat=repeat)

    def test_drift_of_cells_is_the_law(self):
        cells = aimc.Population(aimc.NoiseModel("pcm_like", read_noise_scale=0.0), 2000, seed=3)
        cells.program(20.0)
        nu = cells.get("state")
        np.testing.assert_allclose(cells.read(1e5) / cells.read(1e3), ((1e5 + 20) / (1e3 + 20)) ** -nu, rtol=0.02)



class States(unittest.TestCase):
    """Files, bytes, copies and pickles of tiles, matrices and networks continue with the same bits."""

    def goes_on(self, made):
        x = np.linspace(-1, 1, 5, dtype=np.float32)
        with tempfile.TemporaryDirectory() as folder:
            made.save(pathlib.Path(folder) / "state")
            loaded = type(made).load(pathlib.Path(folder) / "state")
        others = [loaded, type(made).from_bytes(made.to_bytes()), made.copy(), copy.copy(made), copy.deepcopy(made),
                  pickle.loads(pickle.dumps(made))]
        results = []
        for one in (made, *others):
            if isinstance(one, aimc.Network):
                one.train_batch([x, -x], [1, 2], 0.1)
                results.append(one.predict([x]))
            elif isinstance(one, aimc.Matrix):
                one.step([x], [[0.5, 0, -1]], 0.1)
                results.append(one @ x)
            else:
                aimc.Optimizer(one, "ttv2").step(x, [0.5, 0, -1], 0.1)
                results.append(one @ x)
        for result in results[1:]:
            np.testing.assert_array_equal(result, results[0])
        with self.assertRaises(aimc.FormatError):
            type(made).from_bytes(b"nothing at all")
        wrong = aimc.Network if isinstance(made, aimc.Tile) else aimc.Tile
        with self.assertRaisesRegex(aimc.FormatError, "holds a"):
            wrong.from_bytes(made.to_bytes())

    def test_tile(self):
        self.goes_on(aimc.Tile("reram_sb", 3, 5))

    def test_matrix(self):
        self.goes_on(aimc.Matrix(None, 3, 5, {"device": "reram_sb", "optimizer": "c_ttv2", "mapping.max_input_size": 3}))

    def test_network(self):
        self.goes_on(aimc.Network().add_linear(4, 5, {"device": "reram_sb"}).add_activation("tanh").add_linear(3, 4))

    def test_copies_live_alone(self):
        matrix = aimc.Matrix(None, 2, 3, {"device": "ideal"})
        other = matrix.copy()
        other.weights = np.ones((2, 3), np.float32)
        self.assertEqual(np.abs(matrix.weights).max(), 0)
        device = pickle.loads(pickle.dumps(aimc.Device("reram_sb", dw_min=0.003)))
        self.assertAlmostEqual(device.config()["dw_min"], 0.003)
        with self.assertRaisesRegex(aimc.StateError, "no layers"):
            aimc.Network().to_bytes()


class Fitting(unittest.TestCase):
    @staticmethod
    def network():
        return aimc.Network(ctx=aimc.Context(seed=5)).add_linear(3, 4, {"device": "ideal", "forward.is_perfect": True})

    def setUp(self):
        rng = np.random.RandomState(1)
        self.labels = np.sort(rng.randint(0, 3, 60))  # sorted: mini-batches of neighbours see one class each
        self.x = (np.eye(3, 4)[self.labels] + 0.1 * rng.randn(60, 4)).astype(np.float32)

    def test_fit_follows_a_schedule(self):
        fitted, by_hand = (aimc.Network(ctx=aimc.Context(seed=1)).add_linear(3, 4) for _ in range(2))
        x, labels = np.random.RandomState(2).rand(12, 4).astype(np.float32), np.arange(12) % 3
        schedule = aimc.Config("cosine_rate", T_max=6)
        fitted.fit(x, labels, epochs=2, batch=4, lr=0.5, schedule=schedule, shuffle=False)
        rates = [aimc.rate(schedule, 0.5, k) for k in range(6)]
        self.assertLess(rates[-1], 0.1)
        for k, lr in enumerate(rates):
            by_hand.train_batch(x[k % 3 * 4:k % 3 * 4 + 4], labels[k % 3 * 4:k % 3 * 4 + 4], lr)
        self.assertEqual(fitted.to_bytes(), by_hand.to_bytes())
        with self.assertRaisesRegex(aimc.InvalidError, "lr_decay or schedule"):
            fitted.fit(x, labels, schedule="cosine_rate", lr_decay=0.5)

    def test_samples_are_shuffled(self):
        losses = []
        for options in ({}, {}, {"seed": 1}, {"shuffle": False}):
            network = self.network()
            losses.append(network.fit(self.x, self.labels, epochs=2, lr=0.3, **options)[-1].loss)
        self.assertEqual(losses[0], losses[1])
        self.assertEqual(len(set(losses)), 3)
        whole, cut = self.network(), self.network()
        whole.fit(self.x, self.labels, epochs=2)
        cut.fit(self.x, self.labels, epochs=1)
        cut = cut.copy()
        cut.fit(self.x, self.labels, epochs=1)
        np.testing.assert_array_equal(whole.get_weights(0)[0], cut.get_weights(0)[0])

    def test_warnings(self):
        with self.assertWarnsRegex(aimc.AimcWarning, "x goes up to 255"):
            self.network().fit(np.full((4, 4), 255.0), [0, 1, 2, 0], epochs=1)
        with self.assertWarnsRegex(aimc.AimcWarning, "labels are float64"):
            self.network().fit(self.x[:2], [0.0, 1.0], epochs=1)
        with self.assertRaisesRegex(aimc.ShapeError, "whole numbers"):
            self.network().fit(self.x[:2], [0.5, 1.0], epochs=1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.network().fit(self.x, self.labels, epochs=1)


class Energy(unittest.TestCase):
    def test_parts_sum_to_the_total(self):
        with aimc.Tile("constant_step", 20, 30) as tile:
            tile @ np.ones(30, np.float32)
            model = aimc.CostModel()
            report = model.account(tile, accumulations=10)
            self.assertGreater(report.energy_j, 0)
            self.assertAlmostEqual(sum(part.energy_j for part in report.parts.values()) / report.energy_j, 1, delta=1e-12)
            self.assertEqual(report.parts["adc"].count, tile.counters.adc_conversions)
            with self.assertRaisesRegex(aimc.InvalidError, "no such event"):
                model.account(tile, wishes=1)
        self.assertIn("v100_fp16", [machine.name for machine in aimc.baselines()])
        self.assertAlmostEqual(aimc.voltage_for_saving(0.9, 0.3), 0.9 * 0.7**0.5)
        self.assertGreater(model.pulse(1e-7, 3.0, 20e-9), 2 * model.pulse(1e-7, 2.0, 20e-9))
        self.assertTrue(model.assumptions)
        self.assertGreater(model.adc.energy_j, 0)
        self.assertAlmostEqual(model.activity([[1e-6, 2e-6]], [1.0, 0.5]), 2e-6, delta=1e-12)

    def test_chips(self):
        layer = {"n_out": 16, "n_in": 128, "n_steps": 16, "n_column_sets": 8, "n_cells": 8}
        isaac = aimc.CostModel("isaac_32nm")
        report = isaac.account(layers=[layer] * 96)
        self.assertAlmostEqual(report.energy_j / 1.6e-6 / 0.330, 1, delta=0.01)
        parts = isaac.components(layers=[layer] * 96)
        self.assertAlmostEqual(sum(c.energy_j for c in parts) / report.energy_j, 1, delta=1e-12)
        limits = isaac.range(layers=[layer])
        self.assertTrue(limits.low_j < limits.nominal_j < limits.high_j)
        moves = [abs(s.high_j - s.low_j) for s in isaac.sensitivity(layers=[layer])]
        self.assertEqual(moves, sorted(moves, reverse=True))
        plan = isaac.schedule([{**layer, "vectors": 100}, {**layer, "vectors": 50}], copies=[4, 1])
        self.assertEqual(plan.bottleneck, 1)
        self.assertAlmostEqual(plan.interval_s / (50 * 1.6e-6), 1, delta=1e-3)
        with self.assertRaisesRegex(aimc.ShapeError, "copies"):
            isaac.schedule([layer], copies=[1, 2])
        with self.assertRaisesRegex(aimc.InvalidError, "n_outs: no such column"):
            isaac.account(layers=[{"n_outs": 3}])
        # fields of the technology by their own names; documents; a read-out that says otherwise
        self.assertGreater(aimc.CostModel("isaac_32nm", v_read=0.4).account(layers=[layer]).parts["array"].energy_j,
                           3 * isaac.account(layers=[layer]).parts["array"].energy_j)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "chip.json"
            path.write_text(json.dumps({"kind": "chip", "technology": {"kind": "rram_32nm", "v_read": {
                "value": 0.1, "low": 0.05, "high": 0.2, "basis": "published", "source": "us"}}}))
            own = aimc.CostModel(path)
            self.assertIn("v_read", [s.name for s in own.sensitivity(layers=[layer])])
            path.write_text("[1]")
            with self.assertRaisesRegex(aimc.FormatError, "not a JSON object"):
                aimc.CostModel(path)
        tile = aimc.Tile("ideal", 4, 3)
        tile @ np.ones(3, np.float32)
        with self.assertRaisesRegex(aimc.InvalidError, "adc_bits = 3 was set, but what was read has 9"):
            aimc.CostModel(adc_bits=3).account(tile)
        technology = aimc.Config("technology", {"v_read": {"value": 0.1, "basis": "derived", "source": "us"}})
        self.assertEqual(technology.evidence("v_read")[:], (2, 0.1, 0.1, "us"))

    def test_constants_outside_their_range(self):
        model = aimc.CostModel("rram_32nm", adc_bits=1)
        found = {(e.constant, e.variable): e for e in model.extrapolations}
        self.assertEqual((found["survey_energy", "adc_bits"].value, found["survey_energy", "adc_bits"].first), (1, 4))
        self.assertTrue(any("survey_energy at adc_bits = 1" in name for name in model.assumptions))
        self.assertFalse(any("survey_energy" in name for name in aimc.CostModel("rram_32nm").assumptions))
        pcm = aimc.NoiseModel("pcm_like")
        self.assertEqual([pcm.extrapolations(t) for t in (0, 86400)], [[], []])
        self.assertEqual([(e.variable, e.value, e.last) for e in pcm.extrapolations(1e6)], [("t_s", 1e6, 86400)])
        with self.assertRaisesRegex(aimc.InvalidError, "t_s"):
            pcm.extrapolations(-1)

    def test_what_reads_drive(self):
        with aimc.Tile("ideal", 2, 3, {"forward.is_perfect": True}) as tile:
            tile.weights = np.array([[0.5, -1, 0], [0.25, 0, 1]], np.float32)
            tile.count_activity()
            tile @ np.array([1, -0.5, 0.25], np.float32)
            counters = tile.counters
            self.assertEqual(counters.activity_reads, 1)
            self.assertEqual(counters.conductance_activity / aimc._abi.AIMC_ACTIVITY_ONE, 0.75 + 0.5 + 0.25)
            self.assertEqual(counters.input_activity / aimc._abi.AIMC_ACTIVITY_ONE, 2 * 1.75)

    def test_low_supply(self):
        model = aimc.CostModel()
        plain, tmr = model.at_supply(0.75), model.at_supply(0.75, "TMR")
        self.assertAlmostEqual(plain.energy, (0.75 / 0.9) ** 2)
        self.assertAlmostEqual(tmr.energy / plain.energy, 3)
        self.assertAlmostEqual(tmr.uncorrected, 3 * plain.bit_error_rate**2, delta=1e-12)
        with self.assertRaisesRegex(aimc.InvalidError, "SECDED"):
            model.at_supply(0.75, "NOTHING")

    def test_state_as_bytes(self):
        with aimc.Tile("soft_bounds", 4, 5) as tile:
            tile.pulse(np.full((4, 5), 3, np.int32))
            with aimc.Tile.from_bytes(tile.to_bytes()) as other:
                x = np.linspace(-1, 1, 5, dtype=np.float32)
                np.testing.assert_array_equal(tile @ x, other @ x)
        with self.assertRaises(aimc.Error):
            aimc.Tile.from_bytes(b"nothing")


if __name__ == "__main__":
    main()
