# SPDX-License-Identifier: MIT
"""Example 03 in Python gives the weights that it gives in C, bit by bit."""
import os
import pathlib
import subprocess
import tempfile

from common import aimc, digits, main, np, unittest


class Digits(unittest.TestCase):
    def test_weights_are_those_of_the_c_example(self):
        train, test = digits()
        self.assertEqual((len(train[0]), len(test[0])), (1438, 359))
        with tempfile.TemporaryDirectory() as folder, aimc.Context() as ctx:
            path = pathlib.Path(folder) / "c.safetensors"
            printed = subprocess.run([os.environ["MLP_WEIGHTS"]], env={**os.environ, "AIMC_NETWORK": str(path)},
                                     check=True, capture_output=True, text=True).stdout
            theirs = aimc.Network.load(path)  # elsewhere: objects of a context are numbered, and seeded so
            layer = aimc.Config("layer", device="gokmen_vlasov", ctx=ctx)
            ours = aimc.Network(ctx=ctx).add_linear(64, 64, layer).add_activation("tanh").add_linear(10, 64, layer)
            history = ours.fit(*train, epochs=10, batch=10, lr=0.1, lr_decay=0.9, test=test, shuffle=False)
        for k in range(2):
            for mine, other in zip(ours.get_weights(k), theirs.get_weights(k)):
                np.testing.assert_array_equal(mine.view(np.uint32), other.view(np.uint32))
        self.assertGreater(np.abs(ours.get_weights(0)[0]).max(), 0.1)
        self.assertEqual(f"{history[-1].accuracy:.4f}", printed.split()[-1])


if __name__ == "__main__":
    main()
