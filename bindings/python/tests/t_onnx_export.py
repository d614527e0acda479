# SPDX-License-Identifier: MIT
"""Every network recorded from PyTorch as an ONNX model: checked, read back to the same outputs, evaluated by onnx itself."""
import importlib
import json
import pathlib
import tempfile

from common import DATA, aimc, main, np, unittest

from aimc import convert

TOLERANCE = 1e-5


def package(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        raise unittest.SkipTest(f"there is no Python package {name}") from None


class Export(unittest.TestCase):
    def setUp(self):
        package("onnx")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(pathlib.Path(folder.name) / "net.onnx")

    def cases(self):
        for file in ("torch_networks.npz", "torch_more.npz"):
            arrays = np.load(DATA / file)
            for k, case in enumerate(json.loads(str(arrays["cases"]))):
                net = aimc.Network.from_json(case["document"])
                start = f"{k}/state/"
                net.load_state_dict({name[len(start):]: arrays[name] for name in arrays if name.startswith(start)})
                xs = [arrays[f"{k}/x{i}"] for i in range(case["n_inputs"])]
                yield case, net, xs

    def near(self, ours, theirs, what):
        self.assertEqual(ours.shape, theirs.shape, what)
        self.assertLess(np.abs(ours - theirs).max(initial=0.0), TOLERANCE * max(np.abs(theirs).max(), 1), what)

    def test_round_trip(self):
        """Written, and read back: the same outputs."""
        count, ops = 0, set()
        for case, net, xs in self.cases():
            with self.subTest(case["name"]):
                net.to_onnx(self.path)
                again = convert.from_onnx(self.path)
                for i, (a, b) in enumerate(zip(again.run(*xs), net.run(*xs))):
                    self.near(a, b, f"{case['name']}: output {i}")
                count += 1
                ops.update(node["op"] for node in case["document"]["nodes"])
        self.assertGreater(count, 120)
        self.assertEqual({preset.name for preset in aimc.presets("op")} - ops, {"dropout"})

    def evaluated(self, run, known):
        """What another program makes of the models, but for those that it does not know."""
        count = 0
        for case, net, xs in self.cases():
            if not known(case["name"]):
                continue
            with self.subTest(case["name"]):
                net.to_onnx(self.path)
                names = [each["name"] for each in case["document"]["inputs"]]
                for i, (a, b) in enumerate(zip(run(self.path, dict(zip(names, xs))), net.run(*xs))):
                    self.near(a, b, f"{case['name']}: output {i}")
                count += 1
        return count

    def test_by_the_reference_of_onnx(self):
        """It has neither both directions nor cells, nor all of transposed convolutions, and pads "same" otherwise."""
        reference = package("onnx.reference")
        without = ("rnn", "gru", "lstm", "conv_transpose", "conv2d same")
        count = self.evaluated(lambda path, xs: reference.ReferenceEvaluator(path).run(None, xs),
                               lambda name: not name.startswith(without))
        self.assertGreater(count, 60)

    def test_by_onnxruntime(self):
        """It takes no output_padding beyond the stride, and normalises by running means alone."""
        ort = package("onnxruntime")
        without = ('conv_transpose2d {"bias": false, "dilation": 2', 'batch_norm {"affine": false, "track_running_stats": false}')
        count = self.evaluated(lambda path, xs: ort.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, xs),
                               lambda name: not name.startswith(without))
        self.assertGreater(count, 110)

    def test_what_onnx_has_not_is_named(self):
        from aimc import _export_onnx_ops
        net = aimc.Network()
        net.tanh(net.silu(net.tanh(net.add_input((3,)), name="first")), name="last")
        saved = dict(_export_onnx_ops.EXPORTERS)
        try:
            del _export_onnx_ops.EXPORTERS["tanh"]
            with self.assertRaises(aimc.UnsupportedError) as caught:
                net.to_onnx(self.path)
        finally:
            _export_onnx_ops.EXPORTERS.update(saved)
        self.assertEqual(str(caught.exception).splitlines()[1:], [
            "  node 0 'first' (tanh): ONNX has no such operator", "  node 2 'last' (tanh): ONNX has no such operator"])
        self.assertFalse(pathlib.Path(self.path).exists())

    def test_every_op_has_an_operator(self):
        from aimc._export_onnx_ops import EXPORTERS
        self.assertEqual(set(EXPORTERS), {preset.name for preset in aimc.presets("op")})

    def test_names_and_outputs(self):
        """Outputs that are inputs, or given twice; a dropout; names of tensors stay."""
        net = aimc.Network()
        x = net.add_input((3,), "x")
        y = net.dropout(net.linear(x, out_features=2, name="fc"), p=0.25, name="drop")
        for value in (x, y, y):
            net.add_output(value)
        net.to_onnx(self.path)
        again = convert.from_onnx(self.path)
        self.assertEqual(set(again.tensors), set(net.tensors))
        self.assertIn('"p": 0.25', again.to_json())
        xs = np.random.RandomState(0).randn(4, 3).astype(np.float32)
        for a, b in zip(again.run(xs), net.run(xs)):
            self.near(a, b, "output")

    def test_weights_of_the_devices(self):
        """What was programmed is what is written."""
        net = aimc.Network(ctx=aimc.Context(seed=2))
        net.linear(net.add_input((6,)), out_features=4, name="fc",
                   matrix=aimc.Config("layer", {"device": "ideal", "forward": {"is_perfect": True}}))
        before = net.get_tensor("fc.weight")
        net.program({"noise_model": "pcm_like"})
        net.to_onnx(self.path)
        again = convert.from_onnx(self.path)
        np.testing.assert_array_equal(again.get_tensor("fc.weight"), net.get_tensor("fc.weight"))
        self.assertTrue((again.get_tensor("fc.weight") != before).any())
        net.drift_programmed(3600 * 24 * 30)
        net.to_onnx(self.path)
        drifted = convert.from_onnx(self.path).get_tensor("fc.weight")
        self.assertLess(np.abs(drifted).sum(), np.abs(again.get_tensor("fc.weight")).sum())

    def test_the_command(self):
        net = aimc.Network()
        net.linear(net.add_input((3,)), out_features=2, name="fc")
        source = str(pathlib.Path(self.path).with_name("net.safetensors"))
        net.save(source)
        self.assertEqual(convert.main([source, self.path]), 0)
        x = np.ones((1, 3), np.float32)
        self.near(convert.from_onnx(self.path).predict(x), net.predict(x), "by the command")


if __name__ == "__main__":
    main()
