# SPDX-License-Identifier: MIT
"""Every op against what PyTorch made of the same (tests/network/record_torch.py): outputs, gradients, running means."""
import json

from common import DATA, aimc, main, np, unittest

TOLERANCE = 1e-5  # of the largest number of an array, and 1e-6 absolute: sums of floats in another order


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.arrays = dict(np.load(DATA / "torch_networks.npz"))
        cls.cases = json.loads(str(cls.arrays["cases"]))

    def near(self, ours, theirs, what):
        bound = TOLERANCE * max(np.abs(theirs).max(), 0.1)
        self.assertEqual(ours.shape, theirs.shape, what)
        self.assertLess(np.abs(ours - theirs).max(initial=0.0), bound, what)

    def of(self, k, prefix):
        start = f"{k}/{prefix}/"
        return {name[len(start):]: value for name, value in self.arrays.items() if name.startswith(start)}

    def check(self, k, case):
        net = aimc.Network.from_json(case["document"])
        xs = [self.arrays[f"{k}/x{i}"] for i in range(case["n_inputs"])]
        net.load_state_dict(self.of(k, "state"))
        if not case["train"]:
            self.near(net.run(*xs)[0], self.arrays[f"{k}/y"], case["name"])
            return
        net.want_input_gradients()
        y = net.run_forward(*xs)
        self.near(y[0], self.arrays[f"{k}/y"], case["name"])
        dx = net.run_backward(self.arrays[f"{k}/dy"], want_dx=True)
        for i, one in enumerate(dx):
            self.near(one, self.arrays[f"{k}/dx{i}"], f"{case['name']}: gradient of input {i}")
        for name, gradient in self.of(k, "gradient").items():
            self.near(net.get_gradient(name), gradient, f"{case['name']}: gradient of {name}")
        for name, value in self.of(k, "after").items():
            self.near(net.get_tensor(name), value, f"{case['name']}: {name}")

    def test_all(self):
        self.assertGreater(len(self.cases), 60)
        for k, case in enumerate(self.cases):
            with self.subTest(case["name"]):
                self.check(k, case)


if __name__ == "__main__":
    main()
