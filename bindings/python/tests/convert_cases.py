# SPDX-License-Identifier: MIT
"""What the tests of aimc.convert share: models made here, and what they compute."""
import contextlib
import importlib
import io
import json
import pathlib
import tempfile
import warnings

from common import aimc, np, unittest

from aimc import convert

RNG = np.random.default_rng(3)


def package(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        raise unittest.SkipTest(f"there is no Python package {name}") from None


def normal(*shape):
    return RNG.normal(0, 0.5, shape).astype(np.float32)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def near(self, net, expected, *x):
        """net computes this, and so does what is saved and loaded."""
        path = self.folder / "net.safetensors"
        net.save(path)
        for each in (net, aimc.Network.load(path)):
            got = each.run(*x)[0]
            self.assertEqual(got.shape, expected.shape)
            self.assertLess(np.abs(got - expected).max(), 1e-5 * max(np.abs(expected).max(), 1))

    def refused(self, words, function, *arguments, **keywords):
        with self.assertRaises(aimc.UnsupportedError) as caught:
            function(*arguments, **keywords)
        for word in words:
            self.assertIn(word, str(caught.exception))
        return str(caught.exception)


class TorchCase(Case):
    def compare(self, module, *x):
        torch = package("torch")
        with torch.no_grad():
            expected = module(*map(torch.from_numpy, x)).numpy()
        shapes = [each.shape[1:] for each in x]
        net = convert.from_torch(module, shapes[0] if len(x) == 1 else shapes)
        self.near(net, expected, *x)
        return net

    def traced(self, function, **modules):
        """A module that computes this of itself and its input."""
        nn = package("torch").nn

        class Traced(nn.Module):
            def __init__(self):
                super().__init__()
                for name, module in modules.items():
                    setattr(self, name, module)

            def forward(self, x):
                return function(self, x)
        return Traced().eval()


class OnnxCase(Case):
    def model(self, nodes, inputs, outputs, constants, opset=13):
        onnx = package("onnx")
        package("onnx.numpy_helper")
        made = [onnx.helper.make_node(*node[:3], name=f"n{k}", **(node[3] if len(node) > 3 else {}))
                for k, node in enumerate(nodes)]
        info = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(made, "g", [info(name, 1, shape) for name, shape in inputs.items()],
                                       [info(name, 1, None) for name in outputs],
                                       [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()])
        path = self.folder / "model.onnx"
        onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)]), str(path))
        return path

    def exported(self, module, *x):
        """What torch exports of a module computes the same."""
        torch = package("torch")
        package("onnx")
        path = str(self.folder / "torch.onnx")
        names = [f"x{k}" for k in range(len(x))]
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, tuple(map(torch.from_numpy, x)), path, input_names=names,
                              dynamic_axes={name: {0: "n"} for name in names})
        net = convert.from_onnx(path)
        with torch.no_grad():
            self.near(net, module(*map(torch.from_numpy, x)).numpy(), *x)


class KerasCase(Case):
    def file(self, layers, arrays, kind="Functional", outputs=None):
        h5py = package("h5py")
        path = self.folder / "model.h5"
        with h5py.File(path, "w") as file:
            config = {"name": "m", "layers": layers, "output_layers": outputs}
            file.attrs["model_config"] = json.dumps({"class_name": kind, "config": config})
            for layer in layers:
                group = file.create_group(f"model_weights/{layer['config']['name']}")
                for name, array in arrays.get(layer["config"]["name"], {}).items():
                    group.create_dataset(f"{layer['config']['name']}/{name}:0", data=array)
        return path

    @staticmethod
    def layer(kind, name, *inputs, **config):
        return {"class_name": kind, "name": name, "config": {"name": name, **config},
                "inbound_nodes": [[[each, 0, 0, {}] for each in inputs]] if inputs else []}
