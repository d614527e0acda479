# SPDX-License-Identifier: MIT
"""Every op against what PyTorch made of the same (tests/network/record_torch.py): outputs, gradients, running means."""
import json
import pathlib
import tempfile

from common import DATA, aimc, main, np, unittest

TOLERANCE = 1e-5  # of the largest number of an array, and 1e-6 absolute: sums of floats in another order


class Recorded(unittest.TestCase):
    file = ""

    @classmethod
    def setUpClass(cls):
        cls.arrays = dict(np.load(DATA / cls.file))
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
        self.streamed(net, xs, case["name"])
        if not case["train"]:
            for i, y in enumerate(net.run(*xs)):
                self.near(y, self.arrays[f"{k}/y{i}"], f"{case['name']}: output {i}")
            return
        net.want_input_gradients()
        ys = net.run_forward(*xs)
        for i, y in enumerate(ys):
            self.near(y, self.arrays[f"{k}/y{i}"], f"{case['name']}: output {i}")
        dx = net.run_backward(*(self.arrays[f"{k}/dy{i}"] for i in range(len(ys))), want_dx=True)
        for i, one in enumerate(dx):
            self.near(one, self.arrays[f"{k}/dx{i}"], f"{case['name']}: gradient of input {i}")
        for name, gradient in self.of(k, "gradient").items():
            self.near(net.get_gradient(name), gradient, f"{case['name']}: gradient of {name}")
        for name, value in self.of(k, "after").items():
            self.near(net.get_tensor(name), value, f"{case['name']}: {name}")

    def streamed(self, net, xs, what):
        """A network that stays in its file computes the same bits."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "net.safetensors"
            net.save(path)
            with aimc.Network.open(path) as opened:
                for ours, theirs in zip(opened.run(*xs), net.run(*xs)):
                    np.testing.assert_array_equal(ours, theirs, what)

    def check_all(self):
        for k, case in enumerate(self.cases):
            with self.subTest(case["name"]):
                self.check(k, case)

    def trained(self, prefix, layers):
        """A network with the parameters before, and its inputs and targets."""
        net = aimc.Network()
        x = self.arrays[f"{prefix}/x"]
        value = net.add_input(x.shape[-1:])
        for op, config, name in layers:
            value = net.add(op, value, name=name, **config)
        net.load_state_dict(self.of(prefix, "before"))
        return net, x, self.arrays[f"{prefix}/targets"]

    def after(self, net, prefix, what):
        for name, value in self.of(prefix, "after").items():
            self.near(net.get_tensor(name), value, f"{what}: {name}")


class Cases(Recorded):
    file = "torch_networks.npz"

    def test_all(self):
        self.assertGreater(len(self.cases), 100)
        self.check_all()

    def test_losses(self):
        for k, one in enumerate(json.loads(str(self.arrays["losses"]))):
            with self.subTest(f"{one['loss']} {one['fields']}"):
                layers = [("linear", {"out_features": 4}, "fc"), *([("log_softmax", {}, None)] if one["loss"] == "nll" else [])]
                net, x, targets = self.trained(f"loss/{k}", layers)
                net.set_loss(one["loss"], **one["fields"])
                train = net.train_batch if targets.ndim == 1 else net.train_targets
                self.assertAlmostEqual(train(x, targets, one["lr"]) / one["value"], 1, delta=TOLERANCE)
                self.after(net, f"loss/{k}", one["loss"])

    def test_optimizers(self):
        for k, one in enumerate(json.loads(str(self.arrays["optimizers"]))):
            with self.subTest(f"{one['optimizer']} {one['fields']}"):
                net, x, targets = self.trained(f"optimizer/{k}", [("linear", {"out_features": 4}, "fc1"), ("tanh", {}, None),
                                                                  ("linear", {"out_features": 2}, "fc2")])
                net.set_loss("mse")
                net.set_optimizer(one["optimizer"], **one["fields"])
                for i in range(3):
                    net.train_targets(x[i], targets[i], one["lr"])
                self.after(net, f"optimizer/{k}", one["optimizer"])

    def test_schedules(self):
        for one in json.loads(str(self.arrays["schedules"])):
            with self.subTest(f"{one['schedule']} {one['fields']}"):
                schedule = aimc.Config(one["schedule"], **one["fields"])
                ours = [aimc.rate(schedule, one["lr"], step) for step in range(len(one["rates"]))]
                np.testing.assert_allclose(ours, one["rates"], rtol=1e-9)


class More(Recorded):
    """What came later."""
    file = "torch_more.npz"

    def test_all(self):
        self.assertGreater(len(self.cases), 10)
        self.check_all()

    def test_losses_of_classes_along_the_first_axis(self):
        for k, one in enumerate(json.loads(str(self.arrays["axis"]))):
            with self.subTest(f"{k} {one['loss']} {one['fields']}"):
                prefix = f"axis/{k}"
                x, targets = self.arrays[f"{prefix}/x"], self.arrays[f"{prefix}/targets"]
                net = aimc.Network()
                net.batch_norm(net.add_input(x.shape[1:]), name="norm", track_running_stats=False)
                net.load_state_dict(self.of(prefix, "before"))
                net.set_loss(one["loss"], **one["fields"])
                net = net.copy()  # weights of classes are saved, however many
                train = net.train_batch if targets.dtype.kind == "i" else net.train_targets
                self.assertAlmostEqual(train(x, targets, one["lr"]) / one["value"], 1, delta=TOLERANCE)
                self.after(net, prefix, one["loss"])


if __name__ == "__main__":
    main()
