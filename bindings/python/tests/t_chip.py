# SPDX-License-Identifier: MIT
"""What is done to a network so that it runs on a chip."""
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


if __name__ == "__main__":
    main()
