# SPDX-License-Identifier: MIT
"""Handles in any order, after close, from two threads, after fork: a clear error, never a crash."""
import gc
import itertools
import os
import pathlib
import pickle
import sys
import tempfile
import threading
import traceback

from common import aimc, main, np, unittest


def lineage(ctx):
    """One of everything, each made from the ones before."""
    device = aimc.Device("soft_bounds", ctx=ctx)
    tile = aimc.Tile(device, 3, 4)
    return {"ctx": ctx, "device": device, "tile": tile, "optimizer": aimc.Optimizer(tile, "c_ttv2")}


def everything(ctx):
    """Every class with a handle, the owners before what belongs to them."""
    device = aimc.Device("soft_bounds", ctx=ctx)
    tile, matrix = aimc.Tile(device, 3, 4), aimc.Matrix(device, 6, 4, {"mapping.max_output_size": 3})
    network = aimc.Network(ctx=ctx).add_linear(3, 4, aimc.Config("layer", ctx=ctx)).add_linear(2, 3)
    noise, measured = aimc.NoiseModel("pcm_like", ctx=ctx), aimc.Measurement(ctx=ctx)
    sweep = np.cumsum([0.1] * 12 + [-0.1] * 12)
    measured.add(0, sweep + 0.001 * np.sin(np.arange(24)), [1] * 12 + [-1] * 12)
    return [ctx, device, tile, aimc.Optimizer(tile, "agad"), matrix, matrix.tiles[1], matrix.optimizer(1), network, network.matrix(0),
            noise, aimc.Population(noise, 5), aimc.Config("tile", ctx=ctx), aimc.Converter(ctx=ctx), aimc.CostModel(ctx=ctx),
            measured, measured.fit("constant_step")]


USES = {"Context": lambda o: o.threads, "Device": lambda o: o.config(), "Tile": lambda o: o.forward(np.ones(4)),
        "Optimizer": lambda o: o.stats, "Matrix": lambda o: o.backward(np.ones(o.shape[0])), "NoiseModel": lambda o: o.info,
        "Network": lambda o: o.predict(np.ones((2, 4))), "Population": lambda o: o.get("target"),
        "Config": lambda o: o.to_json(), "Converter": lambda o: o.quantize(np.ones(3)), "CostModel": lambda o: o.adc,
        "Measurement": len, "Fit": lambda o: o.report}


def use(made):
    """A call that needs the handle."""
    return USES[type(made).__name__](made)


def in_child(function):
    """Exit status of function() in a forked process: 0 when it returns."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            function()
            os._exit(0)
        except BaseException:  # pylint: disable=broad-except
            traceback.print_exc()
            os._exit(1)
    return os.waitpid(pid, 0)[1]


class Lifetimes(unittest.TestCase):
    def test_any_order_of_closing(self):
        names = ("ctx", "device", "tile", "optimizer")
        for order in itertools.permutations(names):
            members = lineage(aimc.Context(threads=2))
            for name in order:
                members[name].close()
                members[name].close()
                self.assertTrue(members[name].closed)

    def test_any_order_of_dropping(self):
        for order in itertools.permutations(("ctx", "device", "tile", "optimizer")):
            members = lineage(aimc.Context())
            for name in order:
                del members[name]
                gc.collect()

    def test_every_class_closes_in_random_orders(self):
        self.assertEqual({cls for cls in vars(aimc).values() if isinstance(cls, type) and issubclass(cls, aimc._handle.Handle)},
                         {type(made) for made in everything(aimc.Context())})
        rng = np.random.default_rng(1)
        for _ in range(30):
            members = everything(aimc.Context(threads=2))
            for k in rng.permutation(len(members)):
                made = members[k]
                made.close()
                made.close()
                with self.assertRaisesRegex(aimc.StateError, "is closed"):
                    use(made)
                self.assertIn("is closed", repr(made))
            members = everything(aimc.Context())
            rng.shuffle(members)
            while members:
                members.pop()
                if rng.random() < 0.2:
                    gc.collect()

    def test_loaded_ones_too(self):
        tile = aimc.Tile("soft_bounds", 3, 4)
        network = aimc.Network().add_linear(3, 4)
        with tempfile.TemporaryDirectory() as folder:
            for made in (tile, network):
                path = pathlib.Path(folder) / "saved.safetensors"
                made.save(path)
                with type(made).load(path, ctx=aimc.Context()) as again:
                    again.describe()
                with self.assertRaisesRegex(aimc.StateError, "is closed"):
                    again.describe()
                with self.assertRaisesRegex(aimc.StateError, "is closed"):
                    again.save(path)

    def test_parents_may_go_first(self):
        members = lineage(aimc.Context())
        members["ctx"].close()
        members["device"].close()
        self.assertEqual(members["tile"].forward(np.zeros(4)).shape, (3,))
        members["optimizer"].step(np.ones(4), np.ones(3), 0.1)

    def test_use_after_close(self):
        members = lineage(aimc.Context())
        tile, optimizer = members["tile"], members["optimizer"]
        tile.close()
        calls = [lambda: tile.forward(np.zeros(4)), lambda: tile.weights, lambda: tile.counters, tile.describe,
                 lambda: tile.pulse(1), lambda: optimizer.step(np.ones(4), np.ones(3), 0.1),
                 lambda: optimizer.stats, lambda: optimizer.matrix_names,
                 lambda: aimc.Optimizer(tile, "sgd"), lambda: setattr(tile, "weights", np.zeros((3, 4)))]
        for call in calls:
            with self.assertRaisesRegex(aimc.StateError, "is closed"):
                call()
        self.assertIn("is closed", repr(tile))
        device = members["device"]
        device.close()
        for call in (lambda: aimc.Tile(device, 2, 2), lambda: device.info, device.config):
            with self.assertRaisesRegex(aimc.StateError, "Device: is closed"):
                call()

    def test_views_keep_their_owner(self):
        tile = aimc.Matrix(None, 6, 6, {"device": "soft_bounds"}).tiles[0]
        gc.collect()
        self.assertEqual(tile.forward(np.zeros(6)).shape, (6,))
        network = aimc.Network().add_linear(3, 4, {"device": "soft_bounds"})
        matrix = network.matrix(0)
        tile, optimizer = matrix.tiles[0], matrix.optimizer(0)
        network.close()
        for call in (lambda: matrix.forward(np.zeros(4)), lambda: tile.weights, lambda: optimizer.stats):
            with self.assertRaises(aimc.StateError):
                call()

    def test_closing_a_view_keeps_the_object(self):
        matrix = aimc.Matrix(None, 6, 6, {"device": "soft_bounds"})
        matrix.tiles[0].close()
        self.assertEqual(matrix.forward(np.zeros(6)).shape, (6,))

    def test_context_manager(self):
        with aimc.Context() as ctx, aimc.Tile("soft_bounds", 2, 2, ctx=ctx) as tile:
            tile.forward(np.zeros(2))
        self.assertTrue(tile.closed and ctx.closed)

    def test_handles_are_not_pickled(self):
        for handle in (aimc.Context(), aimc.Converter(), aimc.Optimizer(aimc.Tile("ideal", 2, 2), "sgd")):
            with self.assertRaises(TypeError):
                pickle.dumps(handle)


class Threads(unittest.TestCase):
    def run_all(self, *functions):
        failures = []

        def guarded(function):
            try:
                function()
            except aimc.StateError:
                pass
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)
        threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_calls_wait_for_each_other(self):
        tile = aimc.Tile("soft_bounds", 32, 32)
        optimizer = aimc.Optimizer(tile, "sgd")
        x = np.ones((10, 32), np.float32)
        self.run_all(lambda: [tile.forward(x) for _ in range(100)], lambda: [tile.backward(x) for _ in range(100)],
                     lambda: [optimizer.step(x, x, 0.01) for _ in range(100)])
        counters = tile.counters
        self.assertEqual((counters.forward_vectors, counters.backward_vectors, counters.updates), (1000, 1000, 1000))

    def test_closing_from_another_thread(self):
        for _ in range(20):
            tile = aimc.Tile("soft_bounds", 64, 64)
            x = np.ones((20, 64), np.float32)
            self.run_all(lambda: [tile.forward(x) for _ in range(50)], lambda: [tile.weights for _ in range(50)],
                         tile.close, tile.close)
            self.assertTrue(tile.closed)

    def test_everything_from_two_threads(self):
        members = everything(aimc.Context(threads=2))

        def use_all():
            for _ in range(10):
                for made in members:
                    use(made)
        self.run_all(use_all, use_all)
        self.run_all(use_all, lambda: [made.close() for made in reversed(members)])
        self.assertTrue(all(made.closed for made in members))

    def test_configurations_are_copied_before_use(self):
        config = aimc.Config("tile")
        self.run_all(lambda: [aimc.Tile("soft_bounds", 2, 2, config) for _ in range(50)],
                     lambda: [config.update({"forward.out_noise": 0.1}) for _ in range(200)])


class Fork(unittest.TestCase):
    def test_child_refuses_old_handles_and_makes_new_ones(self):
        members = lineage(aimc.Context(threads=2))
        aimc.default_context()

        def child():
            for call in (lambda: members["tile"].forward(np.zeros(4)), lambda: members["device"].info,
                         lambda: members["optimizer"].step(np.ones(4), np.ones(3), 0.1)):
                try:
                    call()
                except aimc.StateError as error:
                    assert "before fork()" in str(error), error
                else:
                    raise AssertionError("an old handle works in the child")
            for member in members.values():
                member.close()
            assert aimc.Tile("soft_bounds", 3, 4).forward(np.zeros(4)).shape == (3,)
            assert aimc.Context(threads=2).threads == 2
        self.assertEqual(in_child(child), 0)
        self.assertEqual(members["tile"].forward(np.zeros(4)).shape, (3,))

    def test_child_refuses_every_class(self):
        members = everything(aimc.Context(threads=2))

        def child():
            for made in members:
                try:
                    use(made)
                except aimc.StateError as error:
                    assert "before fork()" in str(error), error
                else:
                    raise AssertionError(f"an old {type(made).__name__} works in the child")
            members.clear()
            gc.collect()
            everything(aimc.Context(threads=2))
        self.assertEqual(in_child(child), 0)
        for made in members:
            use(made)

    def test_fork_in_the_middle_of_a_call(self):
        tile = aimc.Tile("soft_bounds", 256, 256)
        x = np.ones((200, 256), np.float32)
        thread = threading.Thread(target=lambda: [tile.forward(x) for _ in range(20)])
        thread.start()
        status = in_child(lambda: aimc.Tile("soft_bounds", 2, 2).forward(np.zeros(2)))
        thread.join()
        self.assertEqual(status, 0)


class Callbacks(unittest.TestCase):
    def setUp(self):
        self.tile = aimc.Tile("soft_bounds", 3, 4)
        self.optimizer = aimc.Optimizer(self.tile, "sgd")
        self.step = lambda: self.optimizer.step(np.ones(4), np.ones(3), 0.1)

    def test_watcher_sees_steps(self):
        seen = []
        self.optimizer.watch(lambda optimizer, info: seen.append((info.step, self.tile.weights.shape,
                                                                  optimizer.algorithm)))
        self.step()
        self.step()
        self.assertEqual(seen, [(1, (3, 4), "sgd"), (2, (3, 4), "sgd")])
        self.optimizer.watch(None)
        self.step()
        self.assertEqual(len(seen), 2)

    def test_watcher_may_only_look(self):
        for forbidden in (self.step, self.tile.close, self.optimizer.close, lambda: self.tile.forward(np.zeros(4))):
            self.optimizer.watch(lambda optimizer, info, forbidden=forbidden: forbidden())
            with self.assertRaisesRegex(aimc.StateError, "may only look"):
                self.step()
        self.optimizer.watch(None)
        self.step()

    def test_errors_come_out_of_the_call(self):
        self.optimizer.watch(lambda optimizer, info: 1 // 0)
        with self.assertRaises(ZeroDivisionError):
            self.step()

    def test_watcher_outlives_its_handle(self):
        matrix = aimc.Matrix(None, 3, 4, {"device": "soft_bounds"})
        seen = []
        matrix.optimizer(0).watch(lambda optimizer, info: seen.append(info.step))
        gc.collect()
        matrix.step(np.ones(4), np.ones(3), 0.1)
        self.assertEqual(seen, [1])

    def test_user_device(self):
        def pulse(cells):
            cells.w += 0.01 * cells.direction * (1 + cells.parameters[0])

        def populate(cells):
            cells.parameters[0][:] = 0.1 * cells.normals[0]
        device = aimc.Device.from_functions("mine", pulse, granularity=0.01, parameters=["gain"], populate=populate)
        tile = aimc.Tile(device, 20, 20)
        del device
        gc.collect()
        tile.pulse(10)
        np.testing.assert_allclose(tile.weights, 0.1 * (1 + tile.parameter("gain")), rtol=1e-5)
        self.assertGreater(tile.parameter("gain").std(), 0.05)

    def test_user_device_errors(self):
        def pulse(cells):
            if broken:
                raise KeyError("broken")
        broken = []
        tile = aimc.Tile(aimc.Device.from_functions("bad", pulse, granularity=0.01), 2, 2)
        broken.append(True)
        with self.assertRaises(KeyError):
            tile.pulse(1)
        with self.assertRaises(KeyError):
            aimc.Device.from_functions("bad", pulse, granularity=0.01)
        with self.assertRaises(aimc.InvalidError):
            aimc.Device.from_functions("bad", lambda cells: None, granularity=-1.0)

    def test_log(self):
        lines = []
        ctx = aimc.Context(log=lambda level, text: lines.append((level, text)))
        self.assertIn(("info", ctx.describe()), lines)


if __name__ == "__main__":
    main()
