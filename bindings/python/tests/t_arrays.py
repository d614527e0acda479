# SPDX-License-Identifier: MIT
"""What numpy hands over: honoured or refused with a sentence, never misread; and tables from files."""
import os
import pathlib
import tempfile

import numpy as np

from common import aimc, main, unittest

W = np.array([[0.25, -0.5, 0.125], [0.375, 0.0625, -0.25]], np.float32)


class Arrays(unittest.TestCase):
    def setUp(self):
        self.tile = aimc.Tile("ideal", 2, 3, {"forward.is_perfect": True, "backward.is_perfect": True})
        self.tile.weights = W

    def test_layouts_that_are_the_same_numbers(self):
        padded = np.zeros((4, 6), np.float32)
        padded[::2, ::2] = W
        buffer = bytearray(4 * W.size + 1)
        unaligned = np.frombuffer(buffer, np.float32, W.size, 1).reshape(W.shape)
        unaligned[...] = W
        readonly = W.copy()
        readonly.flags.writeable = False
        for same in (W.astype(">f4"), W.astype("<f8"), W.astype("f2"), W.astype(np.longdouble), np.asfortranarray(W),
                     W[::-1][::-1], padded[::2, ::2], unaligned, readonly, W.tolist(), [list(row) for row in W],
                     np.ma.masked_array(W), np.ma.masked_array(W, mask=False), memoryview(W)):
            self.tile.weights = np.zeros_like(W)
            self.tile.weights = same
            np.testing.assert_array_equal(self.tile.weights, W)
        np.testing.assert_array_equal(self.tile.forward(W.astype(">f8")), self.tile.forward(W))
        np.testing.assert_array_equal(self.tile.forward([True, False, True]), self.tile.forward([1, 0, 1]))

    def test_what_is_no_array_of_numbers_is_refused(self):
        records = np.zeros((2, 3), [("a", "f4"), ("b", "f4")])
        single = np.zeros((2, 3), [("a", "f4")])
        masked = np.ma.masked_array(W, mask=W > 0.3)
        for bad, words in ((W.astype(complex), "complex"), (records, "records"), (single, "records"), (masked, "masked"),
                           (W.astype(object), "objects"), (W.astype(str), "text"), (W.astype("S8"), "text"),
                           (np.zeros((2, 3), "M8[s]"), "values"), ([[1, 2, None], [3, 4, 5]], "objects"),
                           ([[1, 2, 3j], [3, 4, 5]], "complex")):
            def assign(what=bad):
                self.tile.weights = what
            ones = np.ones(3, np.float32)
            calls = [assign, lambda: self.tile.forward(bad), lambda: self.tile @ np.asarray(bad).T if words != "masked" else
                     self.tile @ bad.T, lambda: self.tile.write(bad), lambda: self.tile.pulse(bad),
                     lambda: aimc.find_range(bad), lambda: aimc.Converter().quantize(bad),
                     lambda: aimc.CostModel().activity(bad, ones), lambda: aimc.fit_device(bad),
                     lambda: aimc.Config("table_step").update(step_up=bad)]
            for call in calls:
                with self.assertRaisesRegex(aimc.InvalidError, words):
                    call()
            np.testing.assert_array_equal(self.tile.weights, W)

    def test_rows_of_different_lengths(self):
        with self.assertRaises(aimc.Error):
            self.tile.forward([[1, 2, 3], [4, 5]])

    def test_results_go_only_where_they_fit(self):
        buffer = bytearray(4 * 2 + 1)
        for out in (np.empty(2, np.float64), np.empty(3, np.float32), np.empty(4, np.float32)[::2],
                    np.ma.empty(2, np.float32), np.frombuffer(bytes(8), np.float32), np.frombuffer(buffer, np.float32, 2, 1),
                    np.empty(2, ">f4")):
            with self.assertRaises(aimc.ShapeError):
                self.tile.forward(np.ones(3), out=out)

    def test_labels(self):
        net = aimc.Network().add_linear(3, 2)
        x = np.zeros((2, 2), np.float32)
        for bad in (np.ma.masked_array([0, 1], mask=[True, False]), np.array([0, 1j]), np.array(["0", "1"]),
                    np.array([0, None])):
            with self.assertRaises(aimc.InvalidError):
                net.train_batch(x, bad, 0.1)


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, text):
        path = self.folder / "table"
        path.write_text(text, encoding="utf-8")
        return path

    def test_read_table(self):
        table = aimc.read_table(self.path(";up (µS);down\n0;0,5;-1,25\n1;1;2\n"))
        self.assertEqual(table.names, ("up (µS)", "down"))
        np.testing.assert_array_equal(table.values, [[0.5, -1.25], [1, 2]])
        table = aimc.read_table(self.path("1,2,3\n4,5,6\n"), columns="3,1")
        self.assertIsNone(table.names)
        np.testing.assert_array_equal(table.values, [[3, 1], [6, 4]])
        np.save(self.folder / "array.npy", np.asfortranarray(W))
        np.testing.assert_array_equal(aimc.read_table(os.fsencode(self.folder / "array.npy")).values, W)

    def test_what_decides(self):
        path = self.path("0,247\n")
        with self.assertRaisesRegex(aimc.FormatError, "delimiter=comma or decimal=comma"):
            aimc.read_table(path)
        self.assertEqual(aimc.read_table(path, decimal="comma").values.tolist(), [[0.247]])
        self.assertEqual(aimc.read_table(path, delimiter="comma").values.tolist(), [[0, 247]])
        with self.assertRaisesRegex(aimc.InvalidError, "delimiter=x"):
            aimc.read_table(path, delimiter="x")
        with self.assertWarnsRegex(aimc.AimcWarning, "decimal comma"):
            aimc.read_table(self.path("1,234;5,678\n"))

    def test_measured_pulses(self):
        """Distributions over state, voltage and width: read, chosen, kept in a document, refused."""
        rows = [f"{g},{v},100,{change},{abs(change) / 2}" for g in (10, 20)
                for v, change in ((1, 0.2), (1.5, 0.4), (-1, -0.3))]
        table = "G (uS),V (V),width (ns),mean (uS),std (uS)\n" + "\n".join(rows) + "\n"
        config = aimc.Config("measured_step")
        config.load_table(self.path(table))
        self.assertEqual(config["measured_voltage_up"], [1, 1.5])
        config["voltage_up"] = 1.25
        step = aimc.Device(config).info.step_up_at_0
        self.assertAlmostEqual(step, 1.2 * 0.3 / 10, places=12)
        again = aimc.Config("measured_step", **{k: v for k, v in config.to_dict().items() if k != "kind"})
        self.assertEqual(again, config)
        config["voltage_up"] = 2
        with self.assertRaisesRegex(aimc.InvalidError, "voltage_up = 2 V is outside of what was measured, 1 to 1.5 V"):
            aimc.Device(config)
        with self.assertRaisesRegex(aimc.FormatError, "column width is missing"):
            config.load_table(self.path("G,V,dG\n1,1,1\n"))
        config = aimc.Config("measured_step", half_select=True)
        with self.assertRaisesRegex(aimc.FormatError, "half_select: .*0.5 V is outside"):
            config.load_table(self.path(table))

    def test_tables_of_configurations(self):
        steps = aimc.Config("table_step")
        steps.load_table(self.path("step_up;step_down\n1,5;1\n1;0,5\n"))
        self.assertEqual(steps["step_up"], [1.5, 1])
        steps.load_table(self.path("n;step_up;step_down\n3;2;1\n4;1;2\n"), columns="step_up,step_down")
        self.assertEqual(steps["step_up"], [2, 1])
        with self.assertRaises(aimc.FormatError):
            steps.load_table(self.path("n;step_up;step_down\n3;4;1\n4;1;2\n"))
        self.assertEqual(steps["step_up"], [2, 1])
        noise = aimc.Config("noise_table")
        aimc.load_noise_table(noise, self.path("g (uS)\tt (s)\tsigma\n1\t20\t0,5\n"))
        self.assertEqual(noise["sigma_us"], [0.5])
        aimc.load_noise_table(noise, self.path("g,t,sigma,x\n1,20,0.25,y\n"), columns="g,t,sigma", delimiter="comma")
        self.assertEqual(noise["sigma_us"], [0.25])
        with self.assertRaises(aimc.InvalidError):
            aimc.load_noise_table(steps, self.path("g,t\n1,2\n"), columns="1-2")


if __name__ == "__main__":
    main()
